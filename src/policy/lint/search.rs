//! The search for a smallest example that is enough for one rule, and avoids something else.
//!
//! It is exact, since rules only ask for evidence, never for its absence. Evidence that meets an alternative holds a least set
//! for each of its requirements. Only more evidence can bring what is to be avoided. So if any evidence meets the alternative
//! and avoids it, then some union of least sets does.

use core::time::Duration;
use std::rc::Rc;

use crate::error::Error;
use crate::policy::decide::met;
use crate::policy::document::{Alternative, Document, Requirement};
use crate::policy::lint::example::{ExampleEvidence, ExampleRequest};
use crate::policy::lint::world::World;

/// The number of sets that were examined, and the limit.
#[derive(Debug)]
pub(crate) struct Effort {
    sets: u64,
    most: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            sets: 0,
            most: MOST_SETS,
        }
    }
}

impl Effort {
    #[cfg(test)]
    pub(crate) const fn sets(&self) -> u64 {
        self.sets
    }

    fn one_more(&mut self) -> Result<(), Error> {
        self.sets = self.sets.saturating_add(1);
        let Self { sets, most } = *self;
        if sets <= most {
            return Ok(());
        }
        let rule = format!("must need no more than {most} sets of evidence to be examined");
        Err(Error::misuse("policy", rule))
    }
}

/// Searches for a smallest example that meets one of the alternatives and is not `avoided`. More evidence must never make
/// `avoided` false.
pub(crate) fn smallest<'d>(
    alternatives: impl IntoIterator<Item = &'d Alternative>,
    world: &World<'_>,
    avoided: &dyn Fn(&ExampleRequest) -> bool,
    effort: &mut Effort,
) -> Result<Option<ExampleRequest>, Error> {
    let mut best = None;
    for alternative in alternatives {
        best = smaller(best, wanted(alternative, world).collect(), avoided, effort)?;
    }
    Ok(best)
}

/// The alternatives of a rule, and the evidence that can be given to its document.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) alternatives: &'a [Alternative],
    pub(crate) world: &'a World<'a>,
}

impl Side<'_> {
    /// Whether evidence is enough here for a change that waits at most so long.
    fn is_enough_within(&self, example: &ExampleRequest, delay: Duration) -> bool {
        let case = example.case(self.world.document);
        let mut within = self.alternatives.iter().filter(|one| one.delay <= delay);
        within.any(|one| met::all(&one.all, &case).is_some())
    }
}

/// Searches for a smallest example that is enough for both sides, and with which the change waits less by the one.
///
/// It meets an alternative of each side, and none of the other side that waits as little. So it is exact, too.
pub(crate) fn sooner(
    one: Side<'_>,
    other: Side<'_>,
    effort: &mut Effort,
) -> Result<Option<ExampleRequest>, Error> {
    let mut best = None;
    for alternative in one.alternatives {
        let delay = alternative.delay;
        let avoided = |example: &ExampleRequest| other.is_enough_within(example, delay);
        let longer = other
            .alternatives
            .iter()
            .filter(|later| later.delay > delay);
        for later in longer {
            let both = wanted(alternative, one.world).chain(wanted(later, other.world));
            best = smaller(best, both.collect(), &avoided, effort)?;
        }
    }
    Ok(best)
}

/// Returns a smallest example that meets all that is wanted and is not `avoided`, if it is smaller than the best until now.
fn smaller(
    best: Option<ExampleRequest>,
    all: Vec<Wanted<'_>>,
    avoided: &dyn Fn(&ExampleRequest) -> bool,
    effort: &mut Effort,
) -> Result<Option<ExampleRequest>, Error> {
    let mut search = Search {
        all,
        avoided,
        effort,
        best,
    };
    search.from(0, ExampleRequest::default())?;
    Ok(search.best)
}

/// A requirement of a document.
struct Wanted<'a> {
    requirement: &'a Requirement,
    document: &'a Document,
    /// The least sets that meet it, the smallest first.
    least: Rc<[ExampleRequest]>,
}

fn wanted<'a>(
    alternative: &'a Alternative,
    world: &'a World<'a>,
) -> impl Iterator<Item = Wanted<'a>> {
    alternative.all.iter().map(|requirement| Wanted {
        requirement,
        document: world.document,
        least: world.least(requirement),
    })
}

struct Search<'a> {
    all: Vec<Wanted<'a>>,
    avoided: &'a dyn Fn(&ExampleRequest) -> bool,
    effort: &'a mut Effort,
    best: Option<ExampleRequest>,
}

impl Search<'_> {
    /// Goes on from an example that meets the requirements before this place.
    fn from(&mut self, place: usize, example: ExampleRequest) -> Result<(), Error> {
        if !self.is_smaller(&example) {
            return Ok(());
        }
        self.effort.one_more()?;
        if (self.avoided)(&example) {
            return Ok(());
        }
        let Some(wanted) = self.all.get(place) else {
            self.best = Some(example);
            return Ok(());
        };
        let next = place.saturating_add(1);
        if met::one(wanted.requirement, &example.case(wanted.document)).is_some() {
            return self.from(next, example);
        }
        let least = Rc::clone(&wanted.least);
        for set in least.iter() {
            // A union is not smaller than its parts.
            if !self.is_smaller(set) {
                break;
            }
            for more in joined(&example, set) {
                self.from(next, more)?;
            }
        }
        Ok(())
    }

    /// Whether it is smaller than the best that was found.
    fn is_smaller(&self, example: &ExampleRequest) -> bool {
        let best = self.best.as_ref();
        best.is_none_or(|best| example.size() < best.size())
    }
}

/// Returns the unions of both. Evidence by the same means may be of one act or of several.
fn joined(example: &ExampleRequest, set: &ExampleRequest) -> Vec<ExampleRequest> {
    let mut joins = vec![ExampleRequest {
        evidence: example.evidence.clone(),
        approvals: if set.approvals.is_empty() {
            example.approvals.clone()
        } else {
            set.approvals.clone()
        },
        last_active: match (example.last_active, set.last_active) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
    }];
    for piece in &set.evidence {
        joins = joins
            .into_iter()
            .flat_map(|join| with(join, piece))
            .collect();
    }
    joins
}

fn with(join: ExampleRequest, piece: &ExampleEvidence) -> Vec<ExampleRequest> {
    let mut joins = Vec::new();
    for (place, like) in join.evidence.iter().enumerate() {
        if like.is_like(piece) {
            let mut one_act = join.clone();
            if let Some(act) = one_act.evidence.get_mut(place) {
                *act = like.with(piece);
            }
            joins.push(one_act.without_lesser());
        }
    }
    let mut several = join;
    several.evidence.push(piece.clone());
    joins.push(several.without_lesser());
    joins
}

/// Some seconds of work. The presets need some hundred sets.
const MOST_SETS: u64 = 1 << 22;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::document::read;
    use crate::policy::lint::world::Deployment;

    const TEXT: &str = "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.a.every_tier]\n\
        any = [{ all = [{ factor = \"totp\", max_age = 60 }, { factor = \"questions\", max_age = 60 }] }]";

    fn searched(most: u64) -> Result<Option<ExampleRequest>, Error> {
        let document = read::toml(TEXT).unwrap();
        let rule = document.rulings().next().unwrap().rule;
        let requirements: Vec<_> = rule.requirements().collect();
        let deployment = Deployment::new();
        let world = World::of(&deployment, &document, &document, &requirements);
        let mut effort = Effort { sets: 0, most };
        smallest(&rule.any, &world, &|_| false, &mut effort)
    }

    #[test]
    fn too_much_work_is_refused_and_not_cut_short() {
        assert_eq!(searched(3).unwrap().unwrap().evidence.len(), 2);
        let error = searched(2).unwrap_err();
        assert!(error.is_misuse());
        assert_eq!(
            error.to_string(),
            "policy: must need no more than 2 sets of evidence to be examined"
        );
    }
}
