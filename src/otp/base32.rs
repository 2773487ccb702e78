//! Base32 (RFC 4648 6): secrets as people may have to type them.

use zeroize::Zeroizing;

use crate::canonical::characters::is_invisible;
use crate::canonical::typed;
use crate::secret::SecretBytes;

const ALPHABET: [char; 32] = [
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S',
    'T', 'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7',
];

/// Encodes a secret in upper case without padding, as key URIs need it.
///
/// The text has its room from the start. A text that grows, as that of `totp_rs` does, leaves copies of the secret behind.
pub(super) fn encode(secret: &[u8]) -> Zeroizing<String> {
    let letters = secret.len().saturating_mul(8).div_ceil(5);
    let mut text = Zeroizing::new(String::with_capacity(letters));
    let mut put = |bits: u32| {
        let letter = usize::try_from(bits & 31).ok();
        text.extend(letter.and_then(|place| ALPHABET.get(place)));
    };
    // Bits that no letter has yet. They stand at the end, and are fewer than five after each byte.
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in secret {
        bits = (bits << 8) | u32::from(*byte);
        count = count.saturating_add(8);
        while let Some(left) = count.checked_sub(5) {
            put(bits.wrapping_shr(left));
            count = left;
        }
    }
    if count > 0 {
        put(bits.wrapping_shl(5_u32.saturating_sub(count)));
    }
    text
}

/// Decodes Base32 as people and programs write it: in groups, in lower case, with padding at the end, and with blanks
/// and invisible marks as in a [`Code`](crate::Code).
///
/// Bits left over at the end are dropped, as apps do. A length that no number of bytes has gives nothing.
pub(super) fn decode(text: &str) -> Option<SecretBytes> {
    let mut letters = Zeroizing::new(String::with_capacity(text.len().saturating_add(8)));
    let text = text.trim_end_matches(|letter: char| {
        letter == '=' || letter.is_whitespace() || is_invisible(letter)
    });
    typed::symbols(text, text.len(), |letter| {
        letters.push(letter.to_ascii_uppercase());
        Some(())
    })?;
    if matches!(letters.len() % 8, 1 | 3 | 6) {
        return None;
    }
    let length = letters.len().saturating_mul(5) / 8;
    // Filled up with zero bits, so that the decoder's buffer is full and is not moved to a smaller one unwiped.
    while !letters.len().is_multiple_of(8) {
        letters.push('A');
    }
    let filled = totp_rs::Secret::try_from_base32(letters.as_str()).ok()?;
    let bytes = filled.as_bytes().get(..length)?;
    Some(SecretBytes::from(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_follows_rfc_4648() {
        // RFC 4648 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY======"),
            ("fo", "MZXQ===="),
            ("foo", "MZXW6==="),
            ("foob", "MZXW6YQ="),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI======"),
        ] {
            for text in [text, text.trim_end_matches('='), &text.to_lowercase()] {
                let read = decode(text).unwrap();
                assert_eq!(read.expose_bytes(), bytes.as_bytes(), "{text}");
            }
            let written = encode(bytes.as_bytes());
            assert_eq!(*written, text.trim_end_matches('='));
        }
    }

    #[test]
    fn a_secret_of_any_length_is_written_and_read() {
        for length in 0..=64_u8 {
            let secret: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(197)).collect();
            let written = encode(&secret);
            assert_eq!(written.capacity(), written.len(), "it has grown");
            assert_eq!(*written, totp_rs::Secret::from(secret.clone()).to_base32());
            assert_eq!(decode(&written).unwrap().expose_bytes(), secret);
        }
    }

    #[test]
    fn what_is_not_base32_is_refused() {
        for text in [
            "M",
            "MZX",
            "MZXW6Y",
            "MZXW6YTBO",
            "M1",
            "M0",
            "M8",
            "M9",
            "MZ=Q",
            "=MZXQ",
            "-MZXQ",
            "MZ--XQ",
            "MZXQ-",
            "MZ+Q",
            "MZ_Q",
            "ＭＺ＝",
            "МZ",
            "ſZ",
            "M\u{0}",
        ] {
            assert!(decode(text).is_none(), "{text:?}");
        }
    }
}
