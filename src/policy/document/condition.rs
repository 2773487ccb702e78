//! The conditions that evidence may have to keep: one table, with a row for each.
//!
//! The reader, the words, decisions, explanations, options and lint all walk this table. A row has the key in a document, and
//! how much of the condition a piece of evidence holds. It also has the words, and the [`Unmet`] of a condition that is not kept.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;

use crate::context::ContextAt;
use crate::evidence::Evidence;
use crate::factor::Factor;
use crate::policy::document::spans::span;

/// A condition of one piece of evidence. Its number is its place in [`Conditions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    ForTransaction,
    Independent,
    Interaction,
    /// The authenticator was added and changed longer ago than so many seconds.
    Unchanged,
    Protected,
}

impl Condition {
    /// All of them, in the order of their words.
    pub(crate) const ALL: [Self; 5] = [
        Self::ForTransaction,
        Self::Independent,
        Self::Interaction,
        Self::Unchanged,
        Self::Protected,
    ];

    /// The order in which an explanation gives conditions up, until a piece of evidence fits.
    pub(crate) const GIVEN_UP: [Self; 5] = [
        Self::Independent,
        Self::ForTransaction,
        Self::Interaction,
        Self::Unchanged,
        Self::Protected,
    ];

    /// The key in a document; none, if only `aal` asks for it.
    pub(crate) const fn key(self) -> Option<&'static str> {
        match self {
            Self::ForTransaction => Some("for_transaction"),
            Self::Independent => Some("independent"),
            Self::Interaction => Some("interaction"),
            Self::Unchanged => Some("changed_within"),
            Self::Protected => None,
        }
    }

    /// How much of it is asked for if a document does not state it.
    pub(crate) fn usual(self) -> u32 {
        u32::from(self == Self::Interaction)
    }

    /// How much of it a piece of evidence holds. More is never worse.
    pub(crate) fn held_by(self, evidence: &Evidence, ctx: &ContextAt) -> u32 {
        u32::from(match self {
            Self::ForTransaction => evidence.transaction_digest().is_some(),
            Self::Independent => evidence.channel().is_independent_of(ctx.channel()),
            Self::Interaction => evidence.interaction() == ctx.interaction(),
            Self::Unchanged => {
                let age = evidence.enrolled_at().map(|since| ctx.now().since(since));
                return age.map_or(0, unchanged_for);
            }
            Self::Protected => evidence.is_protected(),
        })
    }

    /// Whether evidence by a factor can keep it.
    pub(crate) fn can_be_kept_by(self, factor: Factor) -> bool {
        match self {
            Self::ForTransaction => factor.is_bindable(),
            // Nobody knows when the host's own authenticators were changed.
            Self::Unchanged => factor != Factor::External,
            Self::Independent | Self::Interaction | Self::Protected => true,
        }
    }

    /// The words for so much of it; none, if they need not be said. `other` is the word for evidence that may be of another
    /// interaction.
    fn words(self, amount: u32, other: &'static str) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match (self, amount) {
            (Self::ForTransaction, 1..) => "for this transaction",
            (Self::Independent, 1..) => "on an independent channel",
            (Self::Protected, 1..) => "on a protected channel",
            (Self::Interaction, 0) => other,
            (Self::Unchanged, 1..) => {
                let within = span(Duration::from_secs(amount.into()));
                return Some(format!("by an authenticator not changed within {within}").into());
            }
            _ => return None,
        }))
    }

    /// Why the evidence of this number does not meet a requirement, if it keeps all but this condition.
    pub(crate) const fn unmet(self, number: usize) -> Unmet {
        match self {
            Self::ForTransaction => Unmet::NotForTransaction(number),
            Self::Independent => Unmet::NotIndependent(number),
            Self::Interaction => Unmet::OtherInteraction(number),
            Self::Unchanged => Unmet::Changed(number),
            Self::Protected => Unmet::NotGiven,
        }
    }
}

/// How much of each condition is asked for, or held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conditions([u32; Condition::ALL.len()]);

impl Conditions {
    /// Returns what is asked for if a document states nothing: evidence of this interaction.
    pub(crate) fn usual() -> Self {
        Self::by(Condition::usual)
    }

    pub(crate) fn by(amount: impl Fn(Condition) -> u32) -> Self {
        Self(Condition::ALL.map(amount))
    }

    pub(crate) fn get(&self, condition: Condition) -> u32 {
        self.0.get(condition as usize).copied().unwrap_or(0)
    }

    pub(crate) fn has(&self, condition: Condition) -> bool {
        self.get(condition) > 0
    }

    pub(crate) fn with(mut self, condition: Condition, amount: u32) -> Self {
        if let Some(place) = self.0.get_mut(condition as usize) {
            *place = amount;
        }
        self
    }

    /// Whether evidence that holds this keeps all that is asked for.
    pub(crate) fn keep(&self, asked: &Self) -> bool {
        self.0
            .iter()
            .zip(&asked.0)
            .all(|(held, least)| held >= least)
    }

    /// Whether evidence by a factor can keep all that is asked for.
    pub(crate) fn can_be_kept_by(&self, factor: Factor) -> bool {
        let asked = Condition::ALL.into_iter().filter(|one| self.has(*one));
        asked.into_iter().all(|one| one.can_be_kept_by(factor))
    }

    /// Returns the more of the two, for each condition.
    pub(crate) fn joined(&self, other: &Self) -> Self {
        Self::by(|one| self.get(one).max(other.get(one)))
    }

    /// Returns the words for what is asked for, each after `before`.
    pub(crate) fn asked(&self, before: &str) -> String {
        self.words(before, "of any interaction")
    }

    /// Returns the words for what evidence holds, each after `before`.
    pub(crate) fn held(&self, before: &str) -> String {
        self.words(before, "of another interaction")
    }

    fn words(&self, before: &str, other: &'static str) -> String {
        let words = Condition::ALL.into_iter();
        let words = words.filter_map(|one| one.words(self.get(one), other));
        let each = words.flat_map(|words| [Cow::Borrowed(before), words]);
        each.collect()
    }
}

/// Returns how much of [`Condition::Unchanged`] an authenticator of this age keeps. A change of just so long ago is within.
pub(crate) fn unchanged_for(age: Duration) -> u32 {
    u32::try_from(age.as_secs().saturating_sub(1)).unwrap_or(u32::MAX)
}

/// Why a requirement is not met. Evidence is named by its number in the list that was given, counted from 1.
///
/// ```
/// assert_eq!(countersign::policy::Unmet::TooOld(2).to_string(), "evidence 2 is too old");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unmet {
    /// No evidence comes near it.
    NotGiven,
    /// This evidence would meet it, but it is too old.
    TooOld(usize),
    /// This evidence would meet it, but it is not for this transaction.
    NotForTransaction(usize),
    /// This evidence would meet it, but it came on a channel that is not independent of the one in use.
    NotIndependent(usize),
    /// This evidence would meet it, but it is of another interaction.
    OtherInteraction(usize),
    /// This evidence would meet it, but its authenticator was added or changed lately, or nobody knows when.
    Changed(usize),
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGiven => f.write_str("not given"),
            Self::TooOld(number) => write!(f, "evidence {number} is too old"),
            Self::NotForTransaction(number) => write!(f, "evidence {number} is for no transaction"),
            Self::NotIndependent(number) => {
                write!(f, "evidence {number} came on the channel in use")
            }
            Self::OtherInteraction(number) => {
                write!(f, "evidence {number} is of another interaction")
            }
            Self::Changed(number) => {
                write!(
                    f,
                    "evidence {number} is by an authenticator that is too new"
                )
            }
        }
    }
}
