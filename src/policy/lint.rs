//! What is wrong with a policy, found before it is used.

mod account;
mod example;
mod flaw;
mod names;
mod search;
mod world;

pub(super) use names::representatives;
pub(super) use search::{Effort, smallest};

pub use example::{ExampleEvidence, ExampleRequest};
pub use flaw::{LintFinding, LintKind, LintReport};
pub use world::Deployment;

pub(super) use world::World;

use super::document::{Action, Alternative, Document, Rule, Ruling, met};
use super::requirement::{Requirement, Wanted};
use crate::error::Error;
use crate::factor::Strength;
use core::time::Duration;

pub(super) fn lint(document: &Document, deployment: &Deployment) -> Result<LintReport, Error> {
    let mut lint = Lint {
        document,
        deployment,
        effort: Effort::default(),
        flaws: Vec::new(),
    };
    for (pattern, action) in &document.actions {
        let world = lint.world(&action.requirements());
        for ruling in document.rulings_of(pattern, action) {
            lint.rule(ruling, &world)?;
        }
        lint.tiers(pattern, action, &world)?;
    }
    lint.account()?;
    Ok(LintReport::new(lint.flaws, lint.effort.sets()))
}

struct Lint<'d> {
    document: &'d Document,
    deployment: &'d Deployment,
    effort: Effort,
    flaws: Vec<LintFinding>,
}

impl<'d> Lint<'d> {
    fn world(&self, requirements: &[&Requirement]) -> World<'d> {
        World::of(self.deployment, self.document, self.document, requirements)
    }

    /// A smallest example that fills one of the alternatives, and in which nothing is to be avoided.
    fn smallest<'a>(
        &mut self,
        alternatives: impl IntoIterator<Item = &'a Alternative>,
        world: &World<'_>,
        avoided: &dyn Fn(&ExampleRequest) -> bool,
    ) -> Result<Option<ExampleRequest>, Error> {
        smallest(
            alternatives,
            self.document,
            world,
            avoided,
            &mut self.effort,
        )
    }

    fn found(&mut self, flaw: LintFinding) {
        self.flaws.push(flaw);
    }

    fn rule(&mut self, ruling: Ruling<'d>, world: &World<'_>) -> Result<(), Error> {
        let Ruling { rule, .. } = ruling;
        if rule.is_never() {
            return Ok(());
        }
        if self.smallest(&rule.any, world, &NOTHING)?.is_none() {
            self.found(LintFinding::of(
                LintKind::Unreachable,
                self.document,
                &ruling,
            ));
            return Ok(());
        }
        self.dead(ruling, world)?;
        self.restricted(ruling, world)?;
        for (number, alternative) in (1..).zip(&rule.any) {
            self.questions(ruling, number, alternative, world)?;
            self.session(ruling, number, alternative, world)?;
        }
        Ok(())
    }

    /// An alternative is dead if whoever fills it fills another that is not.
    fn dead(&mut self, ruling: Ruling<'d>, world: &World<'_>) -> Result<(), Error> {
        let mut living = units(ruling.rule);
        for place in (0..living.len()).rev() {
            let mut others = living.clone();
            let unit = others.remove(place);
            let fills_other = |example: &ExampleRequest| {
                let case = example.case(self.document);
                let mut others = others.iter().flat_map(|unit| &unit.alternatives);
                others.any(|other| other.met(&case).is_some())
            };
            let own = || unit.alternatives.iter().copied();
            if smallest(own(), self.document, world, &fills_other, &mut self.effort)?.is_none() {
                let example = self.smallest(own(), world, &NOTHING)?;
                let flaw = LintFinding::of(LintKind::Dead, self.document, &ruling);
                self.found(flaw.at(unit.number).with(example));
                living = others;
            }
        }
        Ok(())
    }

    /// SP 800-63B-4 3.2.9: whoever may show something restricted is offered something that is not (N9).
    fn restricted(&mut self, ruling: Ruling<'d>, world: &World<'_>) -> Result<(), Error> {
        let requirements: Vec<_> = ruling.rule.requirements().collect();
        let free = self.world(&requirements).unrestricted();
        let mut only_restricted = None;
        for (number, alternative) in (1..).zip(&ruling.rule.any) {
            let one = [alternative];
            if self.smallest(one, &free, &NOTHING)?.is_some() {
                // What asks for nothing that counts as a factor is no alternative to one.
                if self.smallest(one, world, &is_more_than_weak)?.is_none() {
                    return Ok(());
                }
            } else if only_restricted.is_none() {
                let example = self.smallest(one, world, &NOTHING)?;
                only_restricted = example.map(|example| (number, example));
            }
        }
        if let Some((number, example)) = only_restricted {
            let flaw = LintFinding::of(LintKind::OnlyRestricted, self.document, &ruling);
            self.found(flaw.at(number).with(Some(example)));
        }
        Ok(())
    }

    /// Knowledge questions are no factor (SP 800-63-4 2.3.1, D2), nor is anything weak.
    fn questions(
        &mut self,
        ruling: Ruling<'d>,
        number: usize,
        alternative: &Alternative,
        world: &World<'_>,
    ) -> Result<(), Error> {
        if alternative.risk_accepted.is_some() {
            return Ok(());
        }
        let alone = self.smallest([alternative], world, &is_more_than_weak)?;
        if let Some(example) = alone.filter(|example| !example.evidence.is_empty()) {
            let flaw = LintFinding::of(LintKind::QuestionsAlone, self.document, &ruling);
            self.found(flaw.at(number).with(Some(example)));
        }
        Ok(())
    }

    fn session(
        &mut self,
        ruling: Ruling<'d>,
        number: usize,
        alternative: &Alternative,
        world: &World<'_>,
    ) -> Result<(), Error> {
        let Some(session) = self.deployment.longest_session() else {
            return Ok(());
        };
        let within: Vec<_> = alternative
            .all
            .iter()
            .map(|requirement| requirement.within(session))
            .collect();
        let is_within =
            |example: &ExampleRequest| met(&within, &example.case(self.document)).is_some();
        let one = [alternative];
        let beyond = smallest(one, self.document, world, &is_within, &mut self.effort)?;
        if beyond.is_some() {
            let flaw = LintFinding::of(LintKind::BeyondSession, self.document, &ruling);
            self.found(flaw.at(number).with(beyond));
        }
        Ok(())
    }

    /// What is enough at a tier is enough at every lower one. Each with its neighbour is enough to look at.
    fn tiers(
        &mut self,
        pattern: &'d str,
        action: &'d Action,
        world: &World<'_>,
    ) -> Result<(), Error> {
        let rulings = self.document.rulings_of(pattern, action);
        for (lower, higher) in rulings.iter().zip(rulings.iter().skip(1)) {
            let is_enough =
                |example: &ExampleRequest| lower.rule.met(&example.case(self.document)).is_some();
            let example = smallest(
                &higher.rule.any,
                self.document,
                world,
                &is_enough,
                &mut self.effort,
            )?;
            if example.is_some() {
                let tier = lower.tier.map_or("", |tier| self.document.tier_name(tier));
                let fault = LintKind::AsksForLess(tier.to_owned());
                self.found(LintFinding::of(fault, self.document, higher).with(example));
            }
        }
        Ok(())
    }
}

impl Requirement {
    /// The same, of evidence that is no older than a session. Approvals are no part of one.
    fn within(&self, session: Duration) -> Self {
        let mut within = self.clone();
        match &mut within {
            Self::Piece(Wanted { max_age, .. }) | Self::Classes { max_age, .. } => {
                *max_age = session.min(*max_age);
            }
            Self::Level { max_age, .. } => {
                *max_age = Some(max_age.map_or(session, |age| session.min(age)));
            }
            Self::Approvals { .. } => {}
        }
        within
    }
}

/// Alternatives that are written as one.
#[derive(Clone)]
struct Unit<'d> {
    /// Of the first, counted from 1.
    number: usize,
    acr: Option<usize>,
    alternatives: Vec<&'d Alternative>,
}

/// Those of one `acr` live and die together: a rule cannot drop some of them.
fn units(rule: &Rule) -> Vec<Unit<'_>> {
    let mut units: Vec<Unit<'_>> = Vec::new();
    for (number, alternative) in (1..).zip(&rule.any) {
        match units.last_mut() {
            Some(unit) if unit.acr.is_some() && unit.acr == alternative.acr => {
                unit.alternatives.push(alternative);
            }
            _ => units.push(Unit {
                number,
                acr: alternative.acr,
                alternatives: vec![alternative],
            }),
        }
    }
    units
}

fn is_more_than_weak(example: &ExampleRequest) -> bool {
    example
        .evidence
        .iter()
        .any(|showing| showing.strength > Strength::Weak)
}

const NOTHING: fn(&ExampleRequest) -> bool = |_| false;

#[cfg(test)]
mod brute;
