//! What is still missing, as ways for the caller to go on.

use super::requirement::{Requirement, can_be_bound};
use crate::evidence::{Attester, Evidence, Standing};
use crate::factor::Factor;
use crate::time::Lifetime;

/// One way to what was requested: everything on it has to be shown.
///
/// ```
/// fn in_words(way: &countersign::Way) -> String {
///     let asks: Vec<_> = way.asks().iter().map(|ask| format!("{:?}", ask.factors())).collect();
///     asks.join(", then ")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    asks: Vec<Ask>,
    /// Something on it is locked for a caller of whom nothing else is known.
    locked: bool,
}

impl Way {
    /// What is missing, in the order to ask for it; never empty.
    ///
    /// ```
    /// fn how_many(way: &countersign::Way) -> usize { way.asks().len() }
    /// ```
    #[must_use]
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Whether the caller has to do the same on both.
    fn asks_for_same(&self, other: &Self) -> bool {
        let to_do = |ask: &Ask| (ask.factors.clone(), ask.attester.clone(), ask.bound);
        self.asks.iter().map(to_do).eq(other.asks.iter().map(to_do))
    }

    /// Whether something on it has to be bound to a transaction.
    pub(super) fn is_bound(&self) -> bool {
        self.asks.iter().any(Ask::is_bound)
    }
}

/// One thing to ask the caller for.
///
/// ```
/// use countersign::{Ask, Factor};
/// fn prompt(ask: &Ask) -> &'static str {
///     match ask.factors() {
///         [Factor::Questions] => "we have a few questions for you",
///         [Factor::Attested] => "one moment, please",
///         _ => "a code, please",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    factors: Vec<Factor>,
    attester: Option<Attester>,
    max_age: Lifetime,
    bound: bool,
}

impl Ask {
    /// One of these is enough; never empty. They are enrolled, save attested evidence, of which no account knows.
    ///
    /// ```
    /// fn takes_app(ask: &countersign::Ask) -> bool { ask.factors().contains(&countersign::Factor::Totp) }
    /// ```
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// Who has to attest it, where the factor is [`Attested`](Factor::Attested).
    ///
    /// ```
    /// fn whom(ask: &countersign::Ask) -> Option<&str> { ask.attester().map(|attester| attester.name()) }
    /// ```
    #[must_use]
    pub const fn attester(&self) -> Option<&Attester> {
        self.attester.as_ref()
    }

    /// How old it may be when the request is decided again.
    ///
    /// ```
    /// fn seconds(ask: &countersign::Ask) -> u32 { ask.max_age().as_seconds() }
    /// ```
    #[must_use]
    pub const fn max_age(&self) -> Lifetime {
        self.max_age
    }

    /// Whether it has to be shown for the very transaction: checked under a context bound to it.
    ///
    /// ```
    /// fn for_this_payment(ask: &countersign::Ask) -> bool { ask.is_bound() }
    /// ```
    #[must_use]
    pub const fn is_bound(&self) -> bool {
        self.bound
    }

    fn for_one(requirement: &Requirement, factors: Vec<Factor>) -> Self {
        Self {
            factors,
            attester: requirement.shown.attester().cloned(),
            max_age: requirement.max_age,
            bound: requirement.bound,
        }
    }
}

/// The ways this caller can take, least burdensome first: nothing locked before something locked, then the fewest asks,
/// then as the document has them. Of ways that ask for the same, the first is kept. `missing` is what each alternative lacks.
pub(super) fn ways(
    missing: &[Vec<&Requirement>],
    counting: &[&Evidence],
    standing: &Standing,
) -> Vec<Way> {
    let mut ways: Vec<Way> = Vec::new();
    for way in missing
        .iter()
        .filter_map(|lacking| way(lacking, counting, standing))
    {
        if !ways.iter().any(|other| other.asks_for_same(&way)) {
            ways.push(way);
        }
    }
    ways.sort_by_key(|way| (way.locked, way.asks.len()));
    ways
}

/// The way along these requirements, if this caller can take it.
///
/// A factor is locked for strangers: from an interaction that holds evidence of another factor it still takes a try (pitfall
/// B9). So it is asked for last, and only where other evidence is held or asked for before; not where that does not help.
fn way(lacking: &[&Requirement], counting: &[&Evidence], standing: &Standing) -> Option<Way> {
    let (mut asks, mut locked) = (Vec::new(), Vec::new());
    for requirement in lacking {
        let (open, shut): (Vec<_>, Vec<_>) = requirement
            .shown
            .factors()
            .into_iter()
            .filter(|factor| !requirement.bound || can_be_bound(*factor))
            .filter(|factor| *factor == Factor::Attested || standing.is_enrolled(*factor))
            .filter(|factor| !standing.shut.contains(factor))
            .partition(|factor| standing.locked(*factor).is_none());
        if open.is_empty() {
            locked.push(Ask::for_one(requirement, shut));
        } else {
            asks.push(Ask::for_one(requirement, open));
        }
    }
    let is_alone = asks.is_empty();
    let any_locked = !locked.is_empty();
    for mut ask in locked {
        let known = |factor: &Factor| counting.iter().any(|held| held.factor() != *factor);
        ask.factors.retain(|factor| !is_alone || known(factor));
        if ask.factors.is_empty() {
            return None;
        }
        asks.push(ask);
    }
    Some(Way {
        asks,
        locked: any_locked,
    })
}
