//! The rules of lint, one function each.

use core::time::Duration;

use crate::error::Error;
use crate::factor::Strength;
use crate::policy::decide::met;
use crate::policy::document::{Action, Alternative, Document, Requirement, Rule, Ruling, Wanted};
use crate::policy::lint::account;
use crate::policy::lint::context::Lint;
use crate::policy::lint::example::ExampleRequest;
use crate::policy::lint::report::{LintFinding, LintKind};
use crate::policy::lint::search::{Effort, Side, sooner};
use crate::policy::lint::world::{Deployment, World};

pub(crate) fn lint(
    document: &Document,
    deployment: &Deployment,
    effort: &mut Effort,
) -> Result<Vec<LintFinding>, Error> {
    let mut lint = Lint {
        document,
        deployment,
        effort,
        findings: Vec::new(),
    };
    for (pattern, action) in &document.actions {
        let world = lint.world(&action.requirements());
        for ruling in document.rulings_of(pattern, action) {
            rule(&mut lint, ruling, &world)?;
        }
        tiers(&mut lint, pattern, action, &world)?;
    }
    account::account(&mut lint)?;
    Ok(lint.findings)
}

fn rule<'d>(lint: &mut Lint<'d, '_>, ruling: Ruling<'d>, world: &World<'_>) -> Result<(), Error> {
    let rule = ruling.rule;
    if rule.is_never() {
        return Ok(());
    }
    if lint.smallest(&rule.any, world, &NOTHING)?.is_none() {
        lint.found(LintKind::Unreachable, &ruling, None, None);
        return Ok(());
    }
    dead(lint, ruling, world)?;
    restricted(lint, ruling, world)?;
    for (number, alternative) in (1..).zip(&rule.any) {
        questions(lint, ruling, number, alternative, world)?;
        session(lint, ruling, number, alternative, world)?;
    }
    Ok(())
}

/// An alternative is dead if all evidence that meets it meets another one, which is not dead and waits no longer.
fn dead<'d>(lint: &mut Lint<'d, '_>, ruling: Ruling<'d>, world: &World<'_>) -> Result<(), Error> {
    let document = lint.document;
    let mut living = units(ruling.rule);
    for place in (0..living.len()).rev() {
        let mut others = living.clone();
        let unit = others.remove(place);
        let delay = unit.delay;
        let fills_other = |example: &ExampleRequest| {
            let case = example.case(document);
            let others = others.iter().filter(|other| other.delay <= delay);
            let mut others = others.flat_map(|unit| &unit.alternatives);
            others.any(|other| met::all(&other.all, &case).is_some())
        };
        let own = || unit.alternatives.iter().copied();
        if lint.smallest(own(), world, &fills_other)?.is_none() {
            let example = lint.smallest(own(), world, &NOTHING)?;
            lint.found(LintKind::Dead, &ruling, Some(unit.number), example);
            living = others;
        }
    }
    Ok(())
}

/// SP 800-63B-4 3.2.9: where restricted evidence is enough, some evidence is enough that is not restricted (N9).
fn restricted<'d>(
    lint: &mut Lint<'d, '_>,
    ruling: Ruling<'d>,
    world: &World<'_>,
) -> Result<(), Error> {
    let requirements: Vec<_> = ruling.rule.requirements().collect();
    let free = lint.world(&requirements).unrestricted();
    let mut only_restricted = None;
    for (number, alternative) in (1..).zip(&ruling.rule.any) {
        let one = [alternative];
        if lint.smallest(one, &free, &NOTHING)?.is_some() {
            // An alternative without a factor is not an alternative to one.
            if lint.smallest(one, world, &is_more_than_weak)?.is_none() {
                return Ok(());
            }
        } else if only_restricted.is_none() {
            let example = lint.smallest(one, world, &NOTHING)?;
            only_restricted = example.map(|example| (number, example));
        }
    }
    if let Some((number, example)) = only_restricted {
        let kind = LintKind::OnlyRestricted;
        lint.found(kind, &ruling, Some(number), Some(example));
    }
    Ok(())
}

/// Knowledge questions are not a factor (SP 800-63-4 2.3.1, D2), nor is other weak evidence.
fn questions<'d>(
    lint: &mut Lint<'d, '_>,
    ruling: Ruling<'d>,
    number: usize,
    alternative: &Alternative,
    world: &World<'_>,
) -> Result<(), Error> {
    if alternative.risk_accepted.is_some() {
        return Ok(());
    }
    let alone = lint.smallest([alternative], world, &is_more_than_weak)?;
    if let Some(example) = alone.filter(|example| !example.evidence.is_empty()) {
        let kind = LintKind::QuestionsAlone;
        lint.found(kind, &ruling, Some(number), Some(example));
    }
    Ok(())
}

fn session<'d>(
    lint: &mut Lint<'d, '_>,
    ruling: Ruling<'d>,
    number: usize,
    alternative: &Alternative,
    world: &World<'_>,
) -> Result<(), Error> {
    let Some(session) = lint.deployment.longest_session() else {
        return Ok(());
    };
    let within: Vec<_> = alternative
        .all
        .iter()
        .map(|requirement| within(requirement, session))
        .collect();
    let document = lint.document;
    let is_within = |example: &ExampleRequest| met::all(&within, &example.case(document)).is_some();
    let beyond = lint.smallest([alternative], world, &is_within)?;
    if beyond.is_some() {
        lint.found(LintKind::BeyondSession, &ruling, Some(number), beyond);
    }
    Ok(())
}

/// Evidence that is enough at a tier is enough at every lower tier, and the change waits no longer there. It is enough to
/// compare neighbours.
fn tiers<'d>(
    lint: &mut Lint<'d, '_>,
    pattern: &'d str,
    action: &'d Action,
    world: &World<'_>,
) -> Result<(), Error> {
    let document = lint.document;
    let rulings = document.rulings_of(pattern, action);
    for (lower, higher) in rulings.iter().zip(rulings.iter().skip(1)) {
        let is_enough =
            |example: &ExampleRequest| met::rule(lower.rule, &example.case(document)).is_some();
        let example = lint.smallest(&higher.rule.any, world, &is_enough)?;
        if example.is_some() {
            let tier = lower.tier.map_or("", |tier| document.tier_name(tier));
            let kind = LintKind::AsksForLess(tier.to_owned());
            lint.found(kind, higher, None, example);
        }
        let side = |ruling: &Ruling<'d>| Side {
            alternatives: &ruling.rule.any,
            world,
        };
        let example = sooner(side(higher), side(lower), lint.effort)?;
        if example.is_some() {
            let tier = lower.tier.map_or("", |tier| document.tier_name(tier));
            let kind = LintKind::WaitsLess(tier.to_owned());
            lint.found(kind, higher, None, example);
        }
    }
    Ok(())
}

/// Limits a requirement to evidence that is not older than a session. Approvals are not a part of a session.
fn within(requirement: &Requirement, session: Duration) -> Requirement {
    let mut within = requirement.clone();
    match &mut within {
        Requirement::Evidence(Wanted { max_age, .. }) | Requirement::Classes { max_age, .. } => {
            *max_age = session.min(*max_age);
        }
        Requirement::Level { max_age, .. } => {
            *max_age = Some(max_age.map_or(session, |age| session.min(age)));
        }
        Requirement::Approvals { .. } => {}
    }
    within
}

/// Alternatives that are written as one.
#[derive(Clone)]
struct Unit<'d> {
    /// The number of the first, counted from 1.
    number: usize,
    acr: Option<usize>,
    delay: Duration,
    alternatives: Vec<&'d Alternative>,
}

/// Those of one `acr` live and die together: a rule cannot drop some of them.
fn units(rule: &Rule) -> Vec<Unit<'_>> {
    let mut units: Vec<Unit<'_>> = Vec::new();
    for (number, alternative) in (1..).zip(&rule.any) {
        match units.last_mut() {
            Some(unit)
                if unit.acr.is_some()
                    && unit.acr == alternative.acr
                    && unit.delay == alternative.delay =>
            {
                unit.alternatives.push(alternative);
            }
            _ => units.push(Unit {
                number,
                acr: alternative.acr,
                delay: alternative.delay,
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
        .any(|piece| piece.strength > Strength::Weak)
}

const NOTHING: fn(&ExampleRequest) -> bool = |_| false;
