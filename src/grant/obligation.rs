//! Obligations: tasks of the host that a decision brings.

use core::fmt;

/// A task of the host that a decision brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Obligation {
    /// Tell the customer, on another channel than the one in use.
    Notify,
    /// Have a person look at it.
    Review,
    /// Suspend the subject.
    Suspend,
    /// Keep a record beyond the audit trail's.
    Record,
}

impl Obligation {
    /// All obligations.
    pub const ALL: [Self; 4] = [Self::Notify, Self::Review, Self::Suspend, Self::Record];

    /// Returns the name in a policy document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Review => "review",
            Self::Suspend => "suspend",
            Self::Record => "record",
        }
    }
}

/// Some [obligations](Obligation); often none.
///
/// ```
/// use countersign::account::{Obligation, Obligations};
/// let both: Obligations = [Obligation::Notify, Obligation::Record].into_iter().collect();
/// assert!(both.contains(Obligation::Notify) && !both.contains(Obligation::Suspend));
/// assert_eq!(both.to_string(), "notify, record");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Obligations(u8);

impl Obligations {
    /// Returns whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether this one is among them.
    #[must_use]
    pub const fn contains(self, one: Obligation) -> bool {
        self.0 & bit(one) != 0
    }

    /// Returns each of them.
    pub fn iter(self) -> impl Iterator<Item = Obligation> {
        Obligation::ALL
            .into_iter()
            .filter(move |one| self.contains(*one))
    }
}

impl FromIterator<Obligation> for Obligations {
    fn from_iter<I: IntoIterator<Item = Obligation>>(all: I) -> Self {
        Self(all.into_iter().fold(0, |bits, one| bits | bit(one)))
    }
}

impl fmt::Display for Obligations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Obligation::name).collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Debug for Obligations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

const fn bit(one: Obligation) -> u8 {
    match one {
        Obligation::Notify => 1,
        Obligation::Review => 2,
        Obligation::Suspend => 4,
        Obligation::Record => 8,
    }
}
