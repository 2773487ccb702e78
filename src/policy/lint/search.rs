//! The search for a smallest example that is enough for one rule, and avoids something else.
//!
//! It is exact, since rules only ask for evidence, never for its absence. Evidence that meets an alternative holds a least set
//! for each of its requirements. Only more evidence can bring what is to be avoided. So if any evidence meets the alternative
//! and avoids it, then some union of least sets does.

use std::rc::Rc;

use crate::error::Error;
use crate::policy::decide::met;
use crate::policy::document::{Alternative, Document};
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
    document: &Document,
    world: &World<'_>,
    avoided: &dyn Fn(&ExampleRequest) -> bool,
    effort: &mut Effort,
) -> Result<Option<ExampleRequest>, Error> {
    let mut best = None;
    for alternative in alternatives {
        let least = alternative.all.iter().map(|one| world.least(one));
        let mut search = Search {
            alternative,
            document,
            least: least.collect(),
            avoided,
            effort,
            best: best.take(),
        };
        search.from(0, ExampleRequest::default())?;
        best = search.best;
    }
    Ok(best)
}

struct Search<'a> {
    alternative: &'a Alternative,
    document: &'a Document,
    /// The least sets of each requirement, the smallest first.
    least: Vec<Rc<[ExampleRequest]>>,
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
        let Some(requirement) = self.alternative.all.get(place) else {
            self.best = Some(example);
            return Ok(());
        };
        let next = place.saturating_add(1);
        if met::one(requirement, &example.case(self.document)).is_some() {
            return self.from(next, example);
        }
        let least = self.least.get(place).cloned();
        for set in least.iter().flat_map(|least| least.iter()) {
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
        smallest(&rule.any, &document, &world, &|_| false, &mut effort)
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
