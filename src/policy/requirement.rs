//! One requirement of a rule, and what fills it.
//!
//! A requirement looks at a [`Case`] and at nothing else, and all of a case is plain numbers and marks. So the same code
//! judges real evidence and evidence that was only thought up, to examine a document.

use super::assurance::{self, Aal};
use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::grant::Agent;
use core::time::Duration;

/// What a rule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Requirement {
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
pub(super) struct Wanted {
    pub(super) shown: Shown,
    pub(super) max_age: Duration,
    /// For this very transaction.
    pub(super) for_transaction: bool,
    /// On a channel independent of the one in use.
    pub(super) independent: bool,
    /// Also from another interaction.
    pub(super) anywhere: bool,
}

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
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

/// What a decision looks at. Only what counts for the request at all is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Case<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) approvals: Vec<ApprovalFacts<'a>>,
    /// How long ago the subject was last active, if the host says.
    pub(super) idle: Option<Duration>,
}

/// A piece of evidence, as a decision sees it.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub(super) factor: Factor,
    pub(super) class: FactorClass,
    pub(super) strength: Strength,
    pub(super) external_verifier: Option<&'a ExternalVerifier>,
    /// The level that the document says it reaches alone.
    pub(super) reaches: Option<Aal>,
    /// Whether the document lists its external verifier, class and strength, so that it counts towards classes and levels.
    pub(super) listed: bool,
    pub(super) age: Duration,
    pub(super) for_transaction: bool,
    pub(super) independent: bool,
    /// Whether it is from the request's own interaction.
    pub(super) here: bool,
    pub(super) protected: bool,
}

impl Piece<'_> {
    /// Whether it counts as a factor at all (SP 800-63-4 2.3.1; D2: answers never do).
    pub(super) fn is_factor(&self) -> bool {
        self.strength > Strength::Weak && (self.factor != Factor::External || self.listed)
    }
}

/// An approval that is for the request, by another agent than the one who handles it.
#[derive(Clone, Debug)]
pub(super) struct ApprovalFacts<'a> {
    pub(super) agent: &'a Agent,
    pub(super) age: Duration,
    /// Until its own end.
    pub(super) left: Duration,
}

/// How a requirement is filled: for how much longer, and by which of the case's pieces and approvals, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) left: Duration,
    pub(super) pieces: Vec<usize>,
    pub(super) approvals: Vec<usize>,
}

impl Requirement {
    /// Adds how it is filled to how others are; none, if it is not.
    pub(super) fn add_to(&self, case: &Case<'_>, others: &mut Filled) -> Option<()> {
        let Self::Piece(wanted) = self else {
            let met = self.met(case)?;
            others.left = others.left.min(met.left);
            others.pieces.extend(met.pieces);
            others.approvals.extend(met.approvals);
            return Some(());
        };
        // The most frequent by far: without a list of its own.
        let (left, place) = wanted.best(case)?;
        others.left = others.left.min(left);
        others.pieces.push(place);
        Some(())
    }

    /// How it is filled, for the longest; none, if it is not.
    pub(super) fn met(&self, case: &Case<'_>) -> Option<Filled> {
        match self {
            Self::Piece(wanted) => wanted
                .best(case)
                .map(|(left, place)| Filled::by(left, vec![place])),
            Self::Classes {
                count,
                at_least,
                max_age,
            } => {
                let counts = |piece: &Piece<'_>| {
                    let fits = piece.here && piece.is_factor() && piece.strength >= *at_least;
                    fits.then(|| left(*max_age, piece.age)).flatten()
                };
                let mut best: Vec<_> = CLASSES
                    .into_iter()
                    .filter_map(|class| case.best_of(class, counts))
                    .collect();
                best.sort_unstable_by(|one, other| other.cmp(one));
                best.truncate(*count);
                let least = best.last().filter(|_| best.len() == *count)?.0;
                Some(Filled::by(
                    least,
                    best.into_iter().map(|(_, place)| place).collect(),
                ))
            }
            Self::Level { level, max_age } => assurance::reached(*level, *max_age, case),
            Self::Approvals { count, max_age } => approvals(*count, *max_age, &case.approvals),
        }
    }

    /// Whether one piece of evidence could fill both: then they do not belong into one alternative.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
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
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Piece(wanted) => wanted.shown.name(),
            Self::Classes { .. } => "classes",
            Self::Level { .. } => "aal",
            Self::Approvals { .. } => "approvals",
        }
    }
}

impl Wanted {
    /// The piece that fills it for the longest, and its place.
    fn best(&self, case: &Case<'_>) -> Option<(Duration, usize)> {
        let fits = |(place, piece)| self.left(piece).map(|left| (left, place));
        case.pieces.iter().enumerate().filter_map(fits).max()
    }

    /// For how much longer this piece fills it; none, if it does not.
    pub(super) fn left(&self, piece: &Piece<'_>) -> Option<Duration> {
        let fits = (piece.for_transaction || !self.for_transaction)
            && (piece.independent || !self.independent)
            && (piece.here || self.anywhere)
            && self.shown.is_by(piece);
        fits.then(|| left(self.max_age, piece.age)).flatten()
    }
}

pub(super) const CLASSES: [FactorClass; 3] = [
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
    pub(super) fn factors(&self) -> Vec<Factor> {
        match self {
            Self::Factor(factor) => vec![*factor],
            Self::Class(class, at_least) => factors_of(*class, *at_least),
            Self::Attested { .. } => vec![Factor::External],
        }
    }

    /// Who has to attest it, if somebody has to.
    pub(super) const fn external_verifier(&self) -> Option<&ExternalVerifier> {
        match self {
            Self::Attested { by, .. } => Some(by),
            Self::Factor(_) | Self::Class(..) => None,
        }
    }

    /// What the document calls it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Factor(factor) => factor.name(),
            Self::Class(class, _) => class_name(*class),
            Self::Attested { by, .. } => by.name(),
        }
    }

    /// Whether this is what the evidence shows. Attested evidence shows nothing but what names its external verifier.
    fn is_by(&self, piece: &Piece<'_>) -> bool {
        match self {
            Self::Factor(factor) => piece.factor == *factor,
            Self::Class(class, at_least) => {
                piece.factor != Factor::External
                    && piece.class == *class
                    && piece.strength >= *at_least
                    && piece.is_factor()
            }
            Self::Attested {
                by,
                class,
                at_least,
            } => {
                piece.factor == Factor::External
                    && piece.external_verifier == Some(by)
                    && piece.class == *class
                    && piece.strength >= *at_least
            }
        }
    }
}

/// The factors this crate checks that show a class, at this strength or better; never weak ones.
pub(super) fn factors_of(class: FactorClass, at_least: Strength) -> Vec<Factor> {
    let strong = |factor: &Factor| {
        factor.class() == Some(class)
            && factor.strength() > Some(Strength::Weak)
            && factor.strength() >= Some(at_least)
    };
    Factor::ALL.into_iter().filter(strong).collect()
}

/// What the document calls a class.
pub(super) const fn class_name(class: FactorClass) -> &'static str {
    match class {
        FactorClass::Knowledge => "knowledge",
        FactorClass::Possession => "possession",
        FactorClass::Inherence => "inherence",
    }
}

impl Filled {
    pub(super) const fn by(left: Duration, pieces: Vec<usize>) -> Self {
        Self {
            left,
            pieces,
            approvals: Vec::new(),
        }
    }
}

impl Case<'_> {
    /// The piece of a class that counts for the longest, with its place.
    pub(super) fn best_of(
        &self,
        class: FactorClass,
        counts: impl Fn(&Piece<'_>) -> Option<Duration>,
    ) -> Option<(Duration, usize)> {
        let of_class = |(_, piece): &(usize, &Piece<'_>)| piece.class == class;
        self.pieces
            .iter()
            .enumerate()
            .filter(of_class)
            .filter_map(|(place, piece)| counts(piece).map(|left| (left, place)))
            .max()
    }
}

/// What is left of a span after an age; its last second counts.
pub(super) fn left(most: Duration, age: Duration) -> Option<Duration> {
    let seconds = most.as_secs().checked_sub(age.as_secs())?;
    Some(Duration::from_secs(seconds))
}

/// The approvals of different agents that count for the longest.
fn approvals(count: usize, max_age: Duration, given: &[ApprovalFacts<'_>]) -> Option<Filled> {
    let mut fresh: Vec<_> = given
        .iter()
        .enumerate()
        .filter_map(|(place, yes)| Some((left(max_age, yes.age)?.min(yes.left), place, yes.agent)))
        .collect();
    fresh.sort_unstable_by_key(|(left, place, _)| (core::cmp::Reverse(*left), *place));
    let mut chosen: Vec<(Duration, usize, &Agent)> = Vec::new();
    for yes in fresh {
        if chosen.len() < count && !chosen.iter().any(|(_, _, agent)| *agent == yes.2) {
            chosen.push(yes);
        }
    }
    let least = chosen.last().filter(|_| chosen.len() == count)?.0;
    Some(Filled {
        left: least,
        pieces: Vec::new(),
        approvals: chosen.into_iter().map(|(_, place, _)| place).collect(),
    })
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
