//! A secret text in a JSON form. The parser of JSON would leave copies behind, so its escapes are read here.

use core::str::Chars;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::secret::{SecretBytes, SecretText};

/// A text that is wiped when it is dropped.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> SecretText {
        SecretText::from(self.0)
    }

    /// Reads it as bytes, in hexadecimal digits.
    pub(crate) fn bytes(&self) -> Option<SecretBytes> {
        let digits = self.0.as_bytes();
        if !digits.len().is_multiple_of(2) {
            return None;
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
        for pair in digits.chunks_exact(2) {
            let mut byte = 0_u32;
            for digit in pair {
                byte = (byte << 4) | char::from(*digit).to_digit(16)?;
            }
            bytes.push(u8::try_from(byte).ok()?);
        }
        Some(SecretBytes::from(core::mem::take(&mut *bytes)))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(from)?;
        let text = unescaped(raw.get()).ok_or_else(|| D::Error::custom("must be a text"))?;
        Ok(Self(text))
    }
}

/// Reads a text of JSON with its quotes. The parser has seen that its syntax is right.
fn unescaped(raw: &str) -> Option<Zeroizing<String>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    // A text is never longer than with its escapes, so it does not grow.
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '\\' => escaped(&mut letters)?,
            other => other,
        };
        text.push(letter);
    }
    Some(text)
}

fn escaped(letters: &mut Chars<'_>) -> Option<char> {
    Some(match letters.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let first = unit(letters)?;
            if let Some(letter) = char::from_u32(first) {
                return Some(letter);
            }
            // A pair of surrogates.
            if letters.next()? != '\\' || letters.next()? != 'u' {
                return None;
            }
            let units = [
                u16::try_from(first).ok()?,
                u16::try_from(unit(letters)?).ok()?,
            ];
            char::decode_utf16(units).next()?.ok()?
        }
        other => other,
    })
}

fn unit(letters: &mut Chars<'_>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = (unit << 4) | letters.next()?.to_digit(16)?;
    }
    Some(unit)
}
