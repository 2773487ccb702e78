//! The search for a smallest example: something that is enough for one rule, and avoids something else.
//!
//! It is exact, since rules only ask for evidence, never for its absence. Whatever fills an alternative holds one of the
//! least fillings of each of its requirements; so, if anything fills it and avoids what only more evidence can bring, then
//! some union of least fillings does.

use std::rc::Rc;

use crate::error::Error;
use crate::policy::decide::fill;
use crate::policy::document::{Alternative, Document};
use crate::policy::lint::example::{ExampleEvidence, ExampleRequest};
use crate::policy::lint::world::World;

/// How many sets of evidence have been examined, and the end of it.
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

/// A smallest example that fills one of the alternatives and that nothing is to be `avoided` in; `avoided` must be
/// such that more evidence never makes it false.
pub(crate) fn smallest<'d>(
    alternatives: impl IntoIterator<Item = &'d Alternative>,
    document: &Document,
    world: &World<'_>,
    avoided: &dyn Fn(&ExampleRequest) -> bool,
    effort: &mut Effort,
) -> Result<Option<ExampleRequest>, Error> {
    let mut best = None;
    for alternative in alternatives {
        let fillings = alternative.all.iter().map(|one| world.fillings(one));
        let mut search = Search {
            alternative,
            document,
            fillings: fillings.collect(),
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
    /// Of each requirement, the smallest first.
    fillings: Vec<Rc<[ExampleRequest]>>,
    avoided: &'a dyn Fn(&ExampleRequest) -> bool,
    effort: &'a mut Effort,
    best: Option<ExampleRequest>,
}

impl Search<'_> {
    /// Goes on from an example that fills the requirements before this place.
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
        if fill::one(requirement, &example.case(self.document)).is_some() {
            return self.from(next, example);
        }
        let fillings = self.fillings.get(place).cloned();
        for filling in fillings.iter().flat_map(|fillings| fillings.iter()) {
            // Joined to something else it does not become smaller.
            if !self.is_smaller(filling) {
                break;
            }
            for more in joined(&example, filling) {
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

/// Both together, in every way: what is shown by the same means may be one act or several.
fn joined(example: &ExampleRequest, filling: &ExampleRequest) -> Vec<ExampleRequest> {
    let mut joins = vec![ExampleRequest {
        evidence: example.evidence.clone(),
        approvals: if filling.approvals.is_empty() {
            example.approvals.clone()
        } else {
            filling.approvals.clone()
        },
        last_active: match (example.last_active, filling.last_active) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
    }];
    for showing in &filling.evidence {
        joins = joins
            .into_iter()
            .flat_map(|join| with(join, showing))
            .collect();
    }
    joins
}

fn with(join: ExampleRequest, showing: &ExampleEvidence) -> Vec<ExampleRequest> {
    let mut joins = Vec::new();
    for (place, like) in join.evidence.iter().enumerate() {
        if like.is_like(showing) {
            let mut one_act = join.clone();
            if let Some(act) = one_act.evidence.get_mut(place) {
                *act = like.with(showing);
            }
            joins.push(one_act.without_lesser());
        }
    }
    let mut several = join;
    several.evidence.push(showing.clone());
    joins.push(several.without_lesser());
    joins
}

/// Some seconds of work, where the presets need some hundred.
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
