//! How many messages a telephone company makes of one text.

/// The alphabet in which a text message travels.
///
/// ```
/// use countersign::delivered::{SmsEncoding, SmsParts};
/// assert_eq!(SmsParts::of("493 021 is your code").encoding(), SmsEncoding::Gsm7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the standard has these two for text"
)]
pub enum SmsEncoding {
    /// The default alphabet of 3GPP TS 23.038: 160 units in one message, 153 in each of several.
    Gsm7,
    /// UTF-16, for all other text: 70 units in one message, 67 in each of several.
    Ucs2,
}

/// The parts into which a text is cut to be sent by SMS. Each part is paid for.
///
/// Some letters of the default alphabet take two units, `€` and `[` among them. No letter is cut in two. Tables for single
/// languages are not counted on: few networks have them.
///
/// ```
/// use countersign::delivered::SmsParts;
/// assert_eq!(SmsParts::of(&"a".repeat(160)).count(), 1);
/// assert_eq!(SmsParts::of(&"a".repeat(161)).count(), 2);
/// assert_eq!(SmsParts::of(&"я".repeat(71)).count(), 2);
/// assert_eq!(SmsParts::of(&"€".repeat(80)).units(), 160);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsParts {
    encoding: SmsEncoding,
    units: usize,
    count: usize,
}

impl SmsParts {
    /// Counts the parts of a text. Give the text that is sent, with all that the host adds to it.
    ///
    /// ```
    /// let greeting = countersign::delivered::SmsParts::of("Olá, não!");
    /// assert_eq!(greeting.count(), 1);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Self {
        let septets: Option<usize> = text.chars().map(septets).sum();
        let (encoding, units, single, part) = match septets {
            Some(units) => (SmsEncoding::Gsm7, units, 160, 153),
            None => (SmsEncoding::Ucs2, text.encode_utf16().count(), 70, 67),
        };
        let width = |letter: char| match encoding {
            SmsEncoding::Gsm7 => septets_of(letter),
            SmsEncoding::Ucs2 => letter.len_utf16(),
        };
        let mut count = 1_usize;
        if units > single {
            let mut met = 0_usize;
            for width in text.chars().map(width) {
                met = met.saturating_add(width);
                if met > part {
                    count = count.saturating_add(1);
                    met = width;
                }
            }
        }
        Self {
            encoding,
            units,
            count,
        }
    }

    /// Returns how many parts there are; one for an empty text.
    ///
    /// ```
    /// assert_eq!(countersign::delivered::SmsParts::of("").count(), 1);
    /// ```
    #[must_use]
    pub const fn count(self) -> usize {
        self.count
    }

    /// Returns how many units of its alphabet the whole text has.
    ///
    /// ```
    /// assert_eq!(countersign::delivered::SmsParts::of("👍").units(), 2);
    /// ```
    #[must_use]
    pub const fn units(self) -> usize {
        self.units
    }

    /// Returns the alphabet. One letter outside the default alphabet, such as `’`, takes the whole text out of it.
    ///
    /// ```
    /// use countersign::delivered::{SmsEncoding, SmsParts};
    /// assert_eq!(SmsParts::of("It’s you").encoding(), SmsEncoding::Ucs2);
    /// ```
    #[must_use]
    pub const fn encoding(self) -> SmsEncoding {
        self.encoding
    }
}

/// How many septets a letter takes in the default alphabet and its extension (3GPP TS 23.038 6.2.1), if it is there.
fn septets(letter: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
    const EXTENSION: &str = "\u{c}^{}\\[~]|€";
    match letter {
        // ASCII but for a grave accent, what stands in the extension, and controls.
        'a'..='z' | 'A'..='Z' | ' '..='#' | '%'..='?' | '\n' | '\r' => Some(1),
        other if BASIC.contains(other) => Some(1),
        other if EXTENSION.contains(other) => Some(2),
        _ => None,
    }
}

fn septets_of(letter: char) -> usize {
    septets(letter).unwrap_or(1)
}
