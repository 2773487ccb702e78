//! One requirement of a rule.

use core::time::Duration;

use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::document::aal::Aal;
use crate::policy::document::condition::Conditions;

/// What a rule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    /// One piece of evidence; no piece fills two of these in one alternative.
    Piece(Wanted),
    /// Evidence of this many different classes.
    Classes {
        count: usize,
        at_least: Strength,
        max_age: Duration,
    },
    /// An assurance level.
    Level {
        level: Aal,
        max_age: Option<Duration>,
    },
    /// Yeses of this many agents, none of whom handles the request.
    Approvals { count: usize, max_age: Duration },
}

/// One piece of evidence that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) shown: Shown,
    pub(crate) max_age: Duration,
    pub(crate) conditions: Conditions,
}

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// This factor, checked by this crate; never `Attested`, which names its external verifier below.
    Factor(Factor),
    /// Any factor of this class, checked by this crate, of this strength or better; never weak.
    Class(FactorClass, Strength),
    /// What the host verified itself: by whom, of what class, of what strength or better.
    Attested {
        by: ExternalVerifier,
        class: FactorClass,
        at_least: Strength,
    },
}

impl Requirement {
    /// Whether one piece of evidence could fill both: then they do not belong into one alternative.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Piece(one), Self::Piece(other)) => one.shown.overlaps(&other.shown),
            // What looks at all evidence together is stated once.
            (Self::Classes { .. }, Self::Classes { .. })
            | (Self::Level { .. }, Self::Level { .. })
            | (Self::Approvals { .. }, Self::Approvals { .. }) => true,
            _ => false,
        }
    }

    /// What the document calls it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Piece(wanted) => wanted.shown.name(),
            Self::Classes { .. } => "classes",
            Self::Level { .. } => "aal",
            Self::Approvals { .. } => "approvals",
        }
    }
}

pub(crate) const CLASSES: [FactorClass; 3] = [
    FactorClass::Knowledge,
    FactorClass::Possession,
    FactorClass::Inherence,
];

impl Shown {
    /// Whether one piece of evidence could show both.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Attested { by: one, .. }, Self::Attested { by: other, .. }) => one == other,
            (Self::Class(one, _), Self::Class(other, _)) => one == other,
            _ => {
                let others = other.factors();
                self == other || self.factors().iter().any(|factor| others.contains(factor))
            }
        }
    }

    /// The factors that can show it.
    pub(crate) fn factors(&self) -> Vec<Factor> {
        match self {
            Self::Factor(factor) => vec![*factor],
            Self::Class(class, at_least) => factors_of(*class, *at_least),
            Self::Attested { .. } => vec![Factor::External],
        }
    }

    /// Who has to attest it, if somebody has to.
    pub(crate) const fn external_verifier(&self) -> Option<&ExternalVerifier> {
        match self {
            Self::Attested { by, .. } => Some(by),
            Self::Factor(_) | Self::Class(..) => None,
        }
    }

    /// What the document calls it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Factor(factor) => factor.name(),
            Self::Class(class, _) => class_name(*class),
            Self::Attested { by, .. } => by.name(),
        }
    }
}

/// The factors this crate checks that show a class, at this strength or better; never weak ones.
pub(crate) fn factors_of(class: FactorClass, at_least: Strength) -> Vec<Factor> {
    let strong = |factor: &Factor| {
        factor.class() == Some(class)
            && factor.strength() > Some(Strength::Weak)
            && factor.strength() >= Some(at_least)
    };
    Factor::ALL.into_iter().filter(strong).collect()
}

/// What the document calls a class.
pub(crate) const fn class_name(class: FactorClass) -> &'static str {
    match class {
        FactorClass::Knowledge => "knowledge",
        FactorClass::Possession => "possession",
        FactorClass::Inherence => "inherence",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d02_a_class_lists_no_weak_factor() {
        let factors = Shown::Class(FactorClass::Possession, Strength::Restricted).factors();
        assert!(factors.contains(&Factor::Totp) && factors.contains(&Factor::SpokenCode));
        for class in CLASSES {
            for factor in factors_of(class, Strength::Weak) {
                assert!(factor.strength() > Some(Strength::Weak), "{factor}");
            }
        }
    }

    #[test]
    fn n09_what_is_not_restricted_lists_no_code_over_the_telephone_network() {
        let factors = factors_of(FactorClass::Possession, Strength::Full);
        assert!(factors.contains(&Factor::Totp));
        assert!(!factors.contains(&Factor::SpokenCode) && !factors.contains(&Factor::PrivateCode));
    }
}
