//! The search as it is defined: every plan that a document's rules leave open, one by one. Tests compare the bounded search
//! with it.

use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::decide::case::{Case, Piece, left};
use crate::policy::decide::met;
use crate::policy::decide::options::{StepUpOption, StepUpRequirement};
use crate::policy::document::{
    Aal, CLASSES, Condition, Conditions, Document, EvidenceKind, Requirement, Rule, factors_of,
};
use crate::status::Status;
use core::time::Duration;

/// Returns the options that this caller can take, in the order of the bounded search.
pub(crate) fn options(
    document: &Document,
    rule: &Rule,
    case: &Case<'_>,
    status: &Status,
) -> Vec<StepUpOption> {
    let mut options: Vec<StepUpOption> = Vec::new();
    for alternative in &rule.any {
        let unmet = |one: &&Requirement| met::one(one, case).is_none();
        let unmet: Vec<_> = alternative.all.iter().filter(unmet).collect();
        let acr = alternative.acr.and_then(|place| document.acrs.get(place));
        for plan in plans(document, &unmet, case) {
            let Some(mut option) = possible(document, plan, case, status) else {
                continue;
            };
            option.acr = acr.map(|acr| acr.value.clone());
            option.delay = Some(alternative.delay).filter(|delay| !delay.is_zero());
            options.retain(|other| option.delay >= other.delay || !asks_for_same(other, &option));
            if !options.iter().any(|other| asks_for_same(other, &option)) {
                options.push(option);
            }
        }
    }
    options.sort_by_key(|option| {
        let places = option.requirements.len();
        (option.locked, option.delay, option.cost, places)
    });
    options.truncate(MOST_OPTIONS);
    options
}

/// Returns the option of these requirements, if this caller can take it.
///
/// A factor is locked for callers of whom nothing else is known. An interaction that holds evidence of another factor still has
/// a try (pitfall B9). So a locked factor is asked for last, and only where other evidence is held or asked for before.
fn possible(
    document: &Document,
    plan: Vec<StepUpRequirement>,
    case: &Case<'_>,
    status: &Status,
) -> Option<StepUpOption> {
    let (mut requirements, mut locked) = (Vec::new(), Vec::new());
    for mut requirement in plan {
        if requirement.approvals > 0 {
            requirements.push(requirement);
            continue;
        }
        let (open, shut): (Vec<_>, Vec<_>) = requirement
            .factors
            .iter()
            .copied()
            .filter(|factor| *factor == Factor::External || status.is_enrolled(*factor))
            .filter(|factor| !status.shut.contains(factor))
            .filter(|factor| {
                let unchanged = requirement.conditions.get(Condition::Unchanged);
                status.may_be_unchanged(*factor, unchanged)
            })
            .partition(|factor| status.locked(*factor).is_none());
        let is_locked = open.is_empty();
        requirement.factors = if is_locked { shut } else { open };
        if is_locked {
            &mut locked
        } else {
            &mut requirements
        }
        .push(requirement);
    }
    // An approval does not make the caller better known.
    let is_alone = requirements
        .iter()
        .all(|requirement| requirement.approvals > 0);
    let any_locked = !locked.is_empty();
    for mut requirement in locked {
        let known = |factor: &Factor| {
            let held = |piece: &Piece<'_>| piece.is_here() && piece.factor != *factor;
            case.pieces.iter().any(held)
        };
        requirement
            .factors
            .retain(|factor| !is_alone || known(factor));
        if requirement.factors.is_empty() {
            return None;
        }
        requirements.push(requirement);
    }
    // Other agents are asked when the caller has given all evidence.
    requirements.sort_by_key(|requirement| requirement.approvals > 0);
    let cost = requirements
        .iter()
        .map(|requirement| cost(document, requirement));
    Some(StepUpOption {
        cost: cost.fold(0, u32::saturating_add),
        requirements,
        locked: any_locked,
        acr: None,
        delay: None,
    })
}

fn cost(document: &Document, requirement: &StepUpRequirement) -> u32 {
    let each = |factor: &Factor| document.cost(*factor, requirement.external_verifier());
    let cheapest = requirement.factors.iter().map(each).min();
    cheapest.unwrap_or_else(|| {
        let count = u32::try_from(requirement.approvals).unwrap_or(u32::MAX);
        document.approval_cost().saturating_mul(count)
    })
}

/// Returns the lists of requirements that would be enough, for any caller.
fn plans(
    document: &Document,
    unmet: &[&Requirement],
    case: &Case<'_>,
) -> Vec<Vec<StepUpRequirement>> {
    let mut first = Vec::new();
    for requirement in unmet {
        match requirement {
            Requirement::Evidence(wanted) => {
                let can = |factor: &Factor| wanted.conditions.can_be_kept_by(*factor);
                let factors = wanted.kind.factors().into_iter().filter(can);
                first.push(StepUpRequirement {
                    conditions: wanted.conditions.joined(&Conditions::usual()),
                    ..StepUpRequirement::of(
                        factors.collect(),
                        wanted.kind.external_verifier().map(str::to_owned),
                        wanted.max_age,
                    )
                });
            }
            Requirement::Approvals { count, max_age } => {
                let mut fresh: Vec<_> = case
                    .approvals
                    .iter()
                    .filter(|approval| left(*max_age, approval.age).is_some())
                    .map(|approval| approval.agent.name())
                    .collect();
                fresh.sort_unstable();
                fresh.dedup();
                first.push(StepUpRequirement {
                    approvals: count.saturating_sub(fresh.len()),
                    ..StepUpRequirement::of(Vec::new(), None, *max_age)
                });
            }
            Requirement::Classes { .. } | Requirement::Level { .. } => {}
        }
    }
    let mut plans = vec![first];
    for requirement in unmet {
        let more = |plan: Vec<StepUpRequirement>| match requirement {
            Requirement::Classes {
                count,
                at_least,
                max_age,
            } => classes(document, plan, case, *count, *at_least, *max_age),
            Requirement::Level { level, max_age } => {
                levels(document, plan, case, *level, level.longest_within(*max_age))
            }
            Requirement::Evidence(_) | Requirement::Approvals { .. } => vec![plan],
        };
        plans = plans.into_iter().flat_map(more).collect();
    }
    plans
}

/// Returns the plans, each with evidence of so many classes added.
fn classes(
    document: &Document,
    plan: Vec<StepUpRequirement>,
    case: &Case<'_>,
    count: usize,
    at_least: Strength,
    max_age: Duration,
) -> Vec<Vec<StepUpRequirement>> {
    let counts = |piece: &Piece<'_>| piece.counts_to_classes(at_least, max_age);
    let has = |class: FactorClass| {
        let asked =
            |requirement: &StepUpRequirement| shows(document, requirement, at_least) == Some(class);
        case.best_of(class, counts).is_some() || plan.iter().any(asked)
    };
    let (held, absent): (Vec<_>, Vec<_>) = CLASSES.into_iter().partition(|class| has(*class));
    let mut plans = Vec::new();
    // Three classes have few sets.
    for set in 0..1_usize << absent.len() {
        let is_in = |place: usize| set & (1 << place) != 0;
        let chosen: Vec<_> = (0..absent.len()).filter(|place| is_in(*place)).collect();
        if chosen.len().saturating_add(held.len()) != count.max(held.len()) {
            continue;
        }
        let mut longer = vec![plan.clone()];
        for class in chosen.into_iter().filter_map(|place| absent.get(place)) {
            let requirements = of_class(document, *class, at_least, max_age);
            longer = each_with(&longer, &requirements);
        }
        plans.extend(longer);
    }
    plans
}

/// Returns the plans, each with evidence for an assurance level added.
fn levels(
    document: &Document,
    plan: Vec<StepUpRequirement>,
    case: &Case<'_>,
    level: Aal,
    max_age: Duration,
) -> Vec<Vec<StepUpRequirement>> {
    let alone = document
        .external_verifiers
        .iter()
        .filter(|listed| level == Aal::One || listed.reaches >= Some(level))
        .map(|listed| by_external_verifier(listed.by.clone(), max_age).on_protected());
    let alone: Vec<_> = alone.collect();
    let of = |class| {
        let requirements = of_class(document, class, Strength::Restricted, max_age);
        let requirements = requirements
            .into_iter()
            .map(|requirement| requirement.on_protected());
        requirements.collect::<Vec<_>>()
    };
    let given = |class: FactorClass| {
        let counts = |piece: &Piece<'_>| piece.counts_to_a_level(max_age);
        case.best_of(class, counts).is_some()
    };
    let mut plans = match level {
        Aal::Three => Vec::new(),
        Aal::One => {
            let any = CLASSES.into_iter().flat_map(of).collect::<Vec<_>>();
            with_one(document, &plan, &CLASSES, &any)
        }
        Aal::Two => {
            let second = [FactorClass::Knowledge, FactorClass::Inherence];
            let has = (
                given(FactorClass::Possession),
                second.into_iter().any(given),
            );
            let first = || {
                with_one(
                    document,
                    &plan,
                    &[FactorClass::Possession],
                    &of(FactorClass::Possession),
                )
            };
            let others: Vec<_> = second.into_iter().flat_map(of).collect();
            let then = |plan: Vec<StepUpRequirement>| with_one(document, &plan, &second, &others);
            match has {
                (true, false) => then(plan.clone()),
                (false, true) => first(),
                (false, false) => first().into_iter().flat_map(then).collect(),
                // Both are there, but too old. One of them is enough to show that the subject is there (63B 2.2.3).
                (true, true) => {
                    let any: Vec<_> = CLASSES.into_iter().flat_map(of).collect();
                    with_one(document, &plan, &CLASSES, &any)
                }
            }
        }
    };
    plans.extend(each_with(&[plan], &alone));
    plans
}

/// Returns the plan with evidence of one of the classes on a protected channel. Evidence that it asks for already is used.
fn with_one(
    document: &Document,
    plan: &[StepUpRequirement],
    classes: &[FactorClass],
    requirements: &[StepUpRequirement],
) -> Vec<Vec<StepUpRequirement>> {
    let mut plan = plan.to_vec();
    let fits = |requirement: &&mut StepUpRequirement| {
        shows(document, requirement, Strength::Restricted)
            .is_some_and(|class| classes.contains(&class))
    };
    if let Some(requirement) = plan.iter_mut().find(fits) {
        requirement.conditions = requirement.conditions.with(Condition::Protected, 1);
        return vec![plan];
    }
    each_with(&[plan], requirements)
}

fn each_with(
    plans: &[Vec<StepUpRequirement>],
    requirements: &[StepUpRequirement],
) -> Vec<Vec<StepUpRequirement>> {
    let with = |plan: &Vec<StepUpRequirement>, requirement: &StepUpRequirement| {
        plan.iter().chain([requirement]).cloned().collect()
    };
    let every = |plan| {
        requirements
            .iter()
            .map(move |requirement| with(plan, requirement))
    };
    plans.iter().flat_map(every).collect()
}

/// Returns the requirements for evidence of a class: by factors that this crate checks, and by each external verifier.
fn of_class(
    document: &Document,
    class: FactorClass,
    at_least: Strength,
    max_age: Duration,
) -> Vec<StepUpRequirement> {
    let own = StepUpRequirement::of(factors_of(class, at_least), None, max_age);
    let listed = document.external_verifiers.iter().filter(|listed| {
        // Their evidence is at least of the strength that they are listed for. It has to be enough.
        listed.class == class && listed.at_least >= at_least
    });
    Some(own)
        .filter(|own| !own.factors.is_empty())
        .into_iter()
        .chain(listed.map(|listed| by_external_verifier(listed.by.clone(), max_age)))
        .collect()
}

fn by_external_verifier(by: String, max_age: Duration) -> StepUpRequirement {
    StepUpRequirement::of(vec![Factor::External], Some(by), max_age)
}

/// Returns the class that all evidence for this requirement shows, as a factor of this strength; none, if that is open.
fn shows(
    document: &Document,
    requirement: &StepUpRequirement,
    at_least: Strength,
) -> Option<FactorClass> {
    if let Some(by) = &requirement.external_verifier {
        let listed = document
            .external_verifiers
            .iter()
            .find(|listed| listed.by == *by)?;
        return Some(listed.class).filter(|_| listed.at_least >= at_least);
    }
    let class = requirement.factors.first()?.class()?;
    let given = EvidenceKind::Class(class, at_least).factors();
    let all = requirement
        .factors
        .iter()
        .all(|factor| given.contains(factor));
    all.then_some(class)
}

/// No desk offers more options. Those that cost most are left out.
const MOST_OPTIONS: usize = 64;

/// Whether the caller has to do the same on both.
fn asks_for_same(one: &StepUpOption, other: &StepUpOption) -> bool {
    one.requirements.len() == other.requirements.len()
        && one
            .requirements
            .iter()
            .zip(&other.requirements)
            .all(|(one, other)| {
                // The greatest age does not matter to evidence that is given now.
                let max_age = one.max_age;
                *one == StepUpRequirement {
                    max_age,
                    ..other.clone()
                }
            })
}
