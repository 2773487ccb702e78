//! The languages of the handbook.

use crate::policy::handbook::phrases::Phrases;
use crate::policy::handbook::{english, german, indonesian};

/// A language of [`Policy::handbook`](crate::Policy::handbook).
///
/// ```
/// use countersign::policy::Language;
/// let tags = Language::ALL.map(Language::tag);
/// assert_eq!(tags, ["en", "id", "de"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// Indonesian.
    Indonesian,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::Indonesian, Self::German];

    /// Returns its tag (BCP 47): `en`, `id` or `de`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Indonesian => "id",
            Self::German => "de",
        }
    }

    pub(super) const fn phrases(self) -> &'static Phrases {
        match self {
            Self::English => &english::PHRASES,
            Self::Indonesian => &indonesian::PHRASES,
            Self::German => &german::PHRASES,
        }
    }
}
