//! One requirement of a rule, and which evidence fills it.

use crate::evidence::{Attester, Evidence};
use crate::factor::{Class, Factor, Strength};
use crate::time::{Lifetime, Timestamp};

/// What a rule asks for once: something shown, not too long ago, perhaps for this very transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) shown: Shown,
    pub(super) max_age: Lifetime,
    pub(super) bound: bool,
}

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// This factor, checked by this crate; never `Attested`, which names its attester below.
    Factor(Factor),
    /// Any factor of this class, checked by this crate.
    Class(Class),
    /// What the host verified itself: by whom, of what class, of what strength or better.
    Attested {
        by: Attester,
        class: Class,
        at_least: Strength,
    },
}

impl Requirement {
    /// The last second for which this evidence fills the requirement; none, if it does not at `now`.
    ///
    /// Whether the evidence counts for the request at all, and is not from the future, is looked at before.
    pub(super) fn filled_until(&self, evidence: &Evidence, now: Timestamp) -> Option<Timestamp> {
        let fresh = now.since(evidence.at()) <= self.max_age;
        let bound = evidence.binding().is_some() || !self.bound;
        (fresh && bound && self.shown.is_by(evidence)).then(|| evidence.at().plus(self.max_age))
    }
}

/// Whether evidence by this factor can be for one transaction: the code of an app and an answer say nothing of one.
pub(super) const fn can_be_bound(factor: Factor) -> bool {
    matches!(
        factor,
        Factor::PrivateCode | Factor::SpokenCode | Factor::Attested
    )
}

impl Shown {
    /// Whether one piece of evidence could show both: then they do not belong into one alternative.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Attested { by: one, .. }, Self::Attested { by: other, .. }) => one == other,
            _ => {
                let others = other.factors();
                self == other || self.factors().iter().any(|factor| others.contains(factor))
            }
        }
    }

    /// The factors that can show it.
    pub(super) fn factors(&self) -> Vec<Factor> {
        match self {
            Self::Factor(factor) => vec![*factor],
            Self::Class(class) => Factor::ALL
                .into_iter()
                .filter(|factor| {
                    factor.class() == Some(*class) && factor.strength() > Some(Strength::Weak)
                })
                .collect(),
            Self::Attested { .. } => vec![Factor::Attested],
        }
    }

    /// Who has to attest it, if somebody has to.
    pub(super) const fn attester(&self) -> Option<&Attester> {
        match self {
            Self::Attested { by, .. } => Some(by),
            Self::Factor(_) | Self::Class(_) => None,
        }
    }

    /// What the document calls it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Factor(factor) => factor.name(),
            Self::Class(Class::Knowledge) => "knowledge",
            Self::Class(Class::Possession) => "possession",
            Self::Class(Class::Inherence) => "inherence",
            Self::Attested { by, .. } => by.name(),
        }
    }

    /// Whether this is what the evidence shows. Attested evidence shows nothing but what names its attester.
    fn is_by(&self, evidence: &Evidence) -> bool {
        match self {
            Self::Factor(factor) => evidence.factor() == *factor,
            Self::Class(class) => {
                evidence.factor() != Factor::Attested
                    && evidence.class() == *class
                    && evidence.strength() > Strength::Weak
            }
            Self::Attested {
                by,
                class,
                at_least,
            } => {
                evidence.factor() == Factor::Attested
                    && evidence.attester() == Some(by)
                    && evidence.class() == *class
                    && evidence.strength() >= *at_least
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d02_a_class_lists_no_weak_factor() {
        assert_eq!(
            Shown::Class(Class::Possession).factors(),
            [
                Factor::Totp,
                Factor::Hotp,
                Factor::Ocra,
                Factor::PrivateCode,
                Factor::SpokenCode,
                Factor::RecoveryCode
            ]
        );
        assert_eq!(Shown::Class(Class::Knowledge).factors(), [Factor::Password]);
    }
}
