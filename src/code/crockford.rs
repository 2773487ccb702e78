//! Crockford's base 32 (<https://www.crockford.com/base32.html>): ten digits and the letters without I, L, O and U.

/// The symbols, by value.
pub(super) const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Returns the symbol that a person means by a character. Small letters are capitals, I and L are one, O is zero, and U
/// is nothing.
pub(super) fn read(letter: char) -> Option<u8> {
    let symbol = match u8::try_from(letter).ok()?.to_ascii_uppercase() {
        b'I' | b'L' => b'1',
        b'O' => b'0',
        other => other,
    };
    SYMBOLS.contains(&symbol).then_some(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_crockfords() {
        // The page's table, "decode symbol" by value: 0 and 1 with their look-alikes, then each letter in both cases.
        assert_eq!("0Oo".chars().map(read).collect::<Vec<_>>(), [Some(b'0'); 3]);
        assert_eq!(
            "1IiLl".chars().map(read).collect::<Vec<_>>(),
            [Some(b'1'); 5]
        );
        for (value, symbol) in (b'2'..=b'9').chain(*b"ABCDEFGHJKMNPQRSTVWXYZ").enumerate() {
            assert_eq!(SYMBOLS[value + 2], symbol);
            assert_eq!(read(char::from(symbol)), Some(symbol));
            assert_eq!(read(char::from(symbol.to_ascii_lowercase())), Some(symbol));
        }
    }

    #[test]
    fn nothing_else_is_read() {
        let read = (char::MIN..=char::MAX).filter(|letter| read(*letter).is_some());
        assert_eq!(read.count(), 10 + 2 * 25, "all but U");
    }
}
