//! One requirement of a rule.

use core::time::Duration;

use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::document::aal::Aal;
use crate::policy::document::condition::Conditions;

/// A requirement of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requirement {
    /// One piece of evidence. In one alternative, no piece meets two of these.
    Evidence(Wanted),
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
    /// Approvals by this many agents, none of whom handles the request.
    Approvals { count: usize, max_age: Duration },
}

/// A wanted piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) kind: EvidenceKind,
    pub(crate) max_age: Duration,
    pub(crate) conditions: Conditions,
}

/// The factor or class that evidence has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EvidenceKind {
    /// This factor, checked by this crate. Never `External`, which stands below with its external verifier.
    Factor(Factor),
    /// Any factor of this class, checked by this crate, of this strength or better. Never weak.
    Class(FactorClass, Strength),
    /// External evidence of this class, of this strength or better, that this external verifier attests.
    External {
        by: String,
        class: FactorClass,
        at_least: Strength,
    },
}

impl Requirement {
    /// Whether one piece of evidence could meet both. Then they may not stand in one alternative.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Evidence(one), Self::Evidence(other)) => one.kind.overlaps(&other.kind),
            // Requirements that look at all evidence together are stated once.
            (Self::Classes { .. }, Self::Classes { .. })
            | (Self::Level { .. }, Self::Level { .. })
            | (Self::Approvals { .. }, Self::Approvals { .. }) => true,
            _ => false,
        }
    }

    /// Returns its name in a document.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Evidence(wanted) => wanted.kind.name(),
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

impl EvidenceKind {
    /// Whether one piece of evidence could show both.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::External { by: one, .. }, Self::External { by: other, .. }) => one == other,
            (Self::Class(one, _), Self::Class(other, _)) => one == other,
            _ => {
                let others = other.factors();
                self == other || self.factors().iter().any(|factor| others.contains(factor))
            }
        }
    }

    /// Returns the factors that can show it.
    pub(crate) fn factors(&self) -> Vec<Factor> {
        match self {
            Self::Factor(factor) => vec![*factor],
            Self::Class(class, at_least) => factors_of(*class, *at_least),
            Self::External { .. } => vec![Factor::External],
        }
    }

    /// Returns the external verifier that has to attest it, if one has to.
    pub(crate) fn external_verifier(&self) -> Option<&str> {
        match self {
            Self::External { by, .. } => Some(by),
            Self::Factor(_) | Self::Class(..) => None,
        }
    }

    /// Returns its name in a document.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Factor(factor) => factor.name(),
            Self::Class(class, _) => class_name(*class),
            Self::External { by, .. } => by,
        }
    }
}

/// Returns the factors that show a class at this strength or better, of those that this crate checks. Never weak ones.
pub(crate) fn factors_of(class: FactorClass, at_least: Strength) -> Vec<Factor> {
    let strong = |factor: &Factor| {
        factor.class() == Some(class)
            && factor.strength() > Some(Strength::Weak)
            && factor.strength() >= Some(at_least)
    };
    Factor::ALL.into_iter().filter(strong).collect()
}

/// Returns the name of a class in a document.
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
        let factors = EvidenceKind::Class(FactorClass::Possession, Strength::Restricted).factors();
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
