//! The number of messages that a telephone company makes of one text.

/// The parts into which a text is cut to be sent by SMS. Each part is paid for.
///
/// A text travels in one of two alphabets. The short one is the default alphabet of 3GPP TS 23.038 (GSM 7-bit), with 160 units in
/// one message and 153 in each of several. All other text is UTF-16, with 70 units in one message and 67 in each of several.
///
/// Some letters of the short alphabet take two units, `€` and `[` among them. No letter is cut in two. Tables for single
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
    is_gsm7: bool,
    units: usize,
    count: usize,
}

impl SmsParts {
    /// Counts the parts of a text. Pass the text that is sent, with all that the host adds to it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let septets: Option<usize> = text.chars().map(septets).sum();
        let (units, single, part) = match septets {
            Some(units) => (units, 160, 153),
            None => (text.encode_utf16().count(), 70, 67),
        };
        let is_gsm7 = septets.is_some();
        let width = |letter: char| {
            if is_gsm7 {
                self::septets(letter).unwrap_or(1)
            } else {
                letter.len_utf16()
            }
        };
        let mut count = 1_usize;
        if units > single {
            let mut filled = 0_usize;
            for width in text.chars().map(width) {
                filled = filled.saturating_add(width);
                if filled > part {
                    count = count.saturating_add(1);
                    filled = width;
                }
            }
        }
        Self {
            is_gsm7,
            units,
            count,
        }
    }

    /// Returns how many parts there are. An empty text has one.
    #[must_use]
    pub const fn count(self) -> usize {
        self.count
    }

    /// Returns how many units of its alphabet the whole text has.
    #[must_use]
    pub const fn units(self) -> usize {
        self.units
    }

    /// Returns whether the text travels in the short alphabet. One other letter, such as `’`, takes the whole text out of it.
    ///
    /// ```
    /// use countersign::delivered::SmsParts;
    /// assert!(SmsParts::of("It's you").is_gsm7());
    /// assert!(!SmsParts::of("It’s you").is_gsm7());
    /// ```
    #[must_use]
    pub const fn is_gsm7(self) -> bool {
        self.is_gsm7
    }
}

/// The septets of a letter in the default alphabet and its extension (3GPP TS 23.038 6.2.1), if it has any.
fn septets(letter: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
    const EXTENSION: &str = "\u{c}^{}\\[~]|€";
    match letter {
        // ASCII without the grave accent, the letters of the extension, and controls.
        'a'..='z' | 'A'..='Z' | ' '..='#' | '%'..='?' | '\n' | '\r' => Some(1),
        other if BASIC.contains(other) => Some(1),
        other if EXTENSION.contains(other) => Some(2),
        _ => None,
    }
}
