//! Base32 (RFC 4648 6): secrets as people may have to type them.

use zeroize::Zeroizing;

use crate::canonical::characters::is_invisible;
use crate::canonical::typed;
use crate::secret::SecretBytes;

/// Encodes a secret in upper case without padding, as key URIs need it.
pub(super) fn encode(secret: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(totp_rs::Secret::from(secret).to_base32())
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
