//! Cases: the evidence and approvals that a decision looks at.
//!
//! All of a case is plain numbers and marks. So the same code judges real evidence and the examples by which lint examines
//! a document.

use core::time::Duration;

use crate::factor::{Factor, FactorClass, Strength};
use crate::grant::Agent;
use crate::policy::document::{Aal, Condition, Conditions, Listed};

/// The evidence and approvals that count for a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case<'a> {
    pub(crate) pieces: Vec<Piece<'a>>,
    pub(crate) approvals: Vec<ApprovalFacts<'a>>,
    /// How long ago the subject was last active, if the host says.
    pub(crate) idle: Option<Duration>,
}

/// A piece of evidence, as a decision sees it.
#[derive(Clone, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) factor: Factor,
    pub(crate) class: FactorClass,
    pub(crate) strength: Strength,
    pub(crate) external_verifier: Option<&'a str>,
    /// The document's line on its external verifier, class and strength. Without one, external evidence counts to no class or
    /// level.
    pub(crate) listed: Option<&'a Listed>,
    pub(crate) age: Duration,
    pub(crate) conditions: Conditions,
}

impl Piece<'_> {
    /// Whether it counts as a factor at all (SP 800-63-4 2.3.1; D2: answers never do).
    pub(crate) fn is_factor(&self) -> bool {
        self.strength > Strength::Weak && (self.factor != Factor::External || self.listed.is_some())
    }

    /// The level that the document says it reaches alone.
    pub(crate) fn reaches(&self) -> Option<Aal> {
        self.listed.and_then(|listed| listed.reaches)
    }

    /// Whether it is of the request's own interaction.
    pub(crate) fn is_here(&self) -> bool {
        self.conditions.has(Condition::Interaction)
    }

    /// For how much longer it counts to a number of classes; none, if it does not.
    pub(crate) fn counts_to_classes(
        &self,
        at_least: Strength,
        max_age: Duration,
    ) -> Option<Duration> {
        let fits = self.is_here() && self.is_factor() && self.strength >= at_least;
        fits.then(|| left(max_age, self.age)).flatten()
    }

    /// For how much longer it counts to an assurance level; none, if it does not.
    pub(crate) fn counts_to_a_level(&self, max_age: Duration) -> Option<Duration> {
        let fits = self.conditions.has(Condition::Protected) && self.is_here() && self.is_factor();
        fits.then(|| left(max_age, self.age)).flatten()
    }
}

/// An approval that is for the request, by another agent than the one who handles it.
#[derive(Clone, Debug)]
pub(crate) struct ApprovalFacts<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) age: Duration,
    /// The time until it ends.
    pub(crate) left: Duration,
}

/// How a requirement is met: for how much longer, and by which pieces and approvals of the case, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) left: Duration,
    pub(crate) pieces: Vec<usize>,
    pub(crate) approvals: Vec<usize>,
}

impl Met {
    pub(crate) const fn by(left: Duration, pieces: Vec<usize>) -> Self {
        Self {
            left,
            pieces,
            approvals: Vec::new(),
        }
    }
}

impl Case<'_> {
    /// Returns the piece of a class that counts for the longest: for how long, and its place.
    pub(crate) fn best_of(
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

/// Returns the rest of a span after an age; none, if it is over. Its last second counts.
pub(crate) fn left(most: Duration, age: Duration) -> Option<Duration> {
    let seconds = most.as_secs().checked_sub(age.as_secs())?;
    Some(Duration::from_secs(seconds))
}
