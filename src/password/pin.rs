//! PINs: short secrets of digits, keyed in on a telephone, and the rules for new ones.

use core::fmt;

use zeroize::Zeroizing;

use super::lists::Lists;
use super::rejection::Rejection;
use crate::canonical::text::letters;
use crate::code::Code;
use crate::derivation::PIN;
use crate::error::Error;

/// A PIN that somebody keyed in or typed.
///
/// It has four to ten digits, of any script. Blanks, invisible marks, and dashes between digits are ignored as in a [`Code`].
/// Typing cannot fail: anything else matches nothing at a check, and is refused as a new PIN. `Debug` shows none of it, and it is
/// wiped when dropped.
///
/// ```
/// use countersign::password::Pin;
/// assert_eq!(format!("{:?}", Pin::typed("80 21 94")), "Pin(..)");
/// ```
#[derive(Clone)]
pub struct Pin(Code);

impl Pin {
    /// The shortest PIN that SP 800-63B-4 3.2.10 permits.
    pub const LEAST_DIGITS: usize = 4;
    /// The shortest PIN that SP 800-63B-4 3.2.10 recommends. It is the default.
    pub const DEFAULT_DIGITS: usize = 6;
    /// The wrong tries in a row that disable a PIN until rebound (SP 800-63B-4 3.2.10). Pass it to
    /// [`Limits::new`](crate::limits::Limits::new) as `disable_after`.
    pub const MOST_FAILURES: u8 = 10;

    /// Takes the text as it was typed.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(Code::typed(text))
    }

    fn digits(&self) -> &[u8] {
        self.0.digits()
    }

    /// The bytes that are hashed, if there are enough digits.
    pub(super) fn text(&self) -> Option<Zeroizing<Vec<u8>>> {
        let digits = self.digits();
        (digits.len() >= Self::LEAST_DIGITS)
            .then(|| Zeroizing::new([PIN.as_bytes(), digits].concat()))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Rules for new PINs (SP 800-63B-4 3.2.10, 3.1.1.2): long enough, on no block list, and not a number of the subject.
///
/// A repeated digit (`111111`) and a run (`123456`, `654321`) are always blocked.
///
/// ```
/// use countersign::password::{Pin, PinRules, Rejection};
/// let rules = PinRules::new().with_blocklist(|pin| pin == "112233").with_context_word("28.03.1970");
/// let why = |text| rules.check(&Pin::typed(text)).unwrap_err();
/// assert_eq!(why("8021"), Rejection::TooShort { at_least: 6 });
/// assert_eq!(why("345678"), Rejection::Blocked);
/// assert_eq!(why("112233"), Rejection::Blocked);
/// assert_eq!(why("031970"), Rejection::OfContext);
/// assert!(rules.check(&Pin::typed("802194")).is_ok());
/// ```
pub struct PinRules<'a> {
    at_least: usize,
    lists: Lists<'a>,
}

impl<'a> PinRules<'a> {
    /// Makes rules for PINs of six digits or more, without a list of the host.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            at_least: Pin::DEFAULT_DIGITS,
            lists: Lists::new(),
        }
    }

    /// Sets the least number of digits: 4 to 10. With four, one guess in 2,000 is right before the first lock, after five wrong
    /// tries.
    ///
    /// # Errors
    /// Misuse, for less than 4 or more than 10.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules};
    /// assert!(PinRules::new().at_least(4)?.check(&Pin::typed("8021")).is_ok());
    /// assert!(PinRules::new().at_least(3).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn at_least(mut self, digits: usize) -> Result<Self, Error> {
        if !(Pin::LEAST_DIGITS..=Code::MAX_DIGITS).contains(&digits) {
            return Err(Error::misuse("digits of a PIN", "must be 4 to 10"));
        }
        self.at_least = digits;
        Ok(self)
    }

    /// Adds a block list: a function that returns whether a whole PIN is on it.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules, Rejection};
    /// let rules = PinRules::new().with_blocklist(|pin| ["121212", "159753"].contains(&pin));
    /// assert_eq!(rules.check(&Pin::typed("159 753")).unwrap_err(), Rejection::Blocked);
    /// ```
    #[must_use]
    pub fn with_blocklist(mut self, list: impl Fn(&str) -> bool + Send + Sync + 'a) -> Self {
        self.lists.add_blocklist(list);
        self
    }

    /// Adds a number of the subject: a date of birth, a telephone number, a customer number. A PIN that occurs in its digits is
    /// refused.
    ///
    /// Digits of every script and style count (`٢٨`, `２８`, `२८`, `②⑧`). Everything else is left out. A word of fewer than
    /// four digits is dropped, because no PIN occurs in it.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules, Rejection};
    /// let rules = PinRules::new().with_context_word("+49 30 901820");
    /// assert_eq!(rules.check(&Pin::typed("901820")).unwrap_err(), Rejection::OfContext);
    /// ```
    #[must_use]
    pub fn with_context_word(mut self, word: &str) -> Self {
        let mut digits = letters(word);
        digits.retain(|letter| letter.is_ascii_digit());
        if digits.len() >= Pin::LEAST_DIGITS {
            self.lists.add_words([digits]);
        }
        self
    }

    /// Checks a new PIN. [`PinHash::enrol`](crate::password::PinHash::enrol) checks it again.
    ///
    /// # Errors
    /// The reason why it is refused.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules, Rejection};
    /// assert_eq!(PinRules::new().check(&Pin::typed("secret")).unwrap_err(), Rejection::NotDigits);
    /// ```
    pub fn check(&self, pin: &Pin) -> Result<(), Rejection> {
        self.accepted(pin).map(drop)
    }

    /// The bytes that are hashed of a PIN that these rules accept.
    pub(super) fn accepted(&self, pin: &Pin) -> Result<Zeroizing<Vec<u8>>, Rejection> {
        let digits = core::str::from_utf8(pin.digits()).unwrap_or_default();
        if digits.is_empty() {
            return Err(Rejection::NotDigits);
        }
        let long_enough = pin.text().filter(|_| digits.len() >= self.at_least);
        let text = long_enough.ok_or(Rejection::TooShort {
            at_least: self.at_least,
        })?;
        if is_run(pin.digits()) || self.lists.block(&[digits]) {
            return Err(Rejection::Blocked);
        }
        if self.lists.words().any(|word| word.contains(digits)) {
            return Err(Rejection::OfContext);
        }
        Ok(text)
    }
}

impl Default for PinRules<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PinRules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinRules({} digits, {})", self.at_least, self.lists)
    }
}

/// Whether the digits are all the same, or each is one above or one below the digit before it.
fn is_run(digits: &[u8]) -> bool {
    let step = |pair: &[u8]| match pair {
        [a, b] => i16::from(*b).wrapping_sub(i16::from(*a)),
        _ => i16::MAX,
    };
    let first = digits.get(..2).map_or(i16::MAX, step);
    first.abs() <= 1 && digits.windows(2).all(|pair| step(pair) == first)
}
