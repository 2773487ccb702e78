//! The search as it is defined: every plan that a document's rules leave open, one by one. Tests compare the bounded search with it.

use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::assurance::Aal;
use crate::policy::document::{Document, Rule};
use crate::policy::options::{StepUpOption, StepUpRequirement};
use crate::policy::requirement::{CLASSES, Case, Piece, Requirement, Shown, factors_of, left};
use crate::status::Status;
use core::time::Duration;

/// The ways this caller can take, least burdensome first: nothing locked before something locked, then by cost, then the
/// fewest asks, then as the document has them. Of ways that ask for the same, the first is kept.
pub(in crate::policy) fn ways(
    document: &Document,
    rule: &Rule,
    case: &Case<'_>,
    status: &Status,
) -> Vec<StepUpOption> {
    let mut ways: Vec<StepUpOption> = Vec::new();
    for alternative in &rule.any {
        let lacking = |one: &&Requirement| one.met(case).is_none();
        let lacking: Vec<_> = alternative.all.iter().filter(lacking).collect();
        let acr = alternative.acr.and_then(|place| document.acrs.get(place));
        for plan in plans(document, &lacking, case) {
            let Some(mut way) = possible(document, plan, case, status) else {
                continue;
            };
            way.acr = acr.map(|acr| acr.value.clone());
            if !ways.iter().any(|other| asks_for_same(other, &way)) {
                ways.push(way);
            }
        }
    }
    ways.sort_by_key(|way| (way.locked, way.cost, way.asks.len()));
    ways.truncate(MOST_WAYS);
    ways
}

/// The way along these asks, if this caller can take it.
///
/// A factor is locked for strangers: from an interaction that holds evidence of another factor it still takes a try (pitfall
/// B9). So it is asked for last, and only where other evidence is held or asked for before; not where that does not help.
fn possible(
    document: &Document,
    plan: Vec<StepUpRequirement>,
    case: &Case<'_>,
    status: &Status,
) -> Option<StepUpOption> {
    let (mut asks, mut locked) = (Vec::new(), Vec::new());
    for mut ask in plan {
        if ask.approvals > 0 {
            asks.push(ask);
            continue;
        }
        let (open, shut): (Vec<_>, Vec<_>) = ask
            .factors
            .iter()
            .copied()
            .filter(|factor| *factor == Factor::External || status.is_enrolled(*factor))
            .filter(|factor| !status.shut.contains(factor))
            .partition(|factor| status.locked(*factor).is_none());
        let is_locked = open.is_empty();
        ask.factors = if is_locked { shut } else { open };
        if is_locked { &mut locked } else { &mut asks }.push(ask);
    }
    // An approval makes the caller no better known.
    let is_alone = asks.iter().all(|ask| ask.approvals > 0);
    let any_locked = !locked.is_empty();
    for mut ask in locked {
        let known = |factor: &Factor| {
            let held = |piece: &Piece<'_>| piece.here && piece.factor != *factor;
            case.pieces.iter().any(held)
        };
        ask.factors.retain(|factor| !is_alone || known(factor));
        if ask.factors.is_empty() {
            return None;
        }
        asks.push(ask);
    }
    // Somebody else is asked when the caller has done their part.
    asks.sort_by_key(|ask| ask.approvals > 0);
    let cost = asks.iter().map(|ask| cost(document, ask));
    Some(StepUpOption {
        cost: cost.fold(0, u32::saturating_add),
        asks,
        locked: any_locked,
        acr: None,
    })
}

fn cost(document: &Document, ask: &StepUpRequirement) -> u32 {
    let each = |factor: &Factor| document.cost(*factor, ask.external_verifier());
    let cheapest = ask.factors.iter().map(each).min();
    cheapest.unwrap_or_else(|| {
        let count = u32::try_from(ask.approvals).unwrap_or(u32::MAX);
        document.approval_cost().saturating_mul(count)
    })
}

/// The lists of asks that would fill what is lacking, whoever the caller is.
fn plans(
    document: &Document,
    lacking: &[&Requirement],
    case: &Case<'_>,
) -> Vec<Vec<StepUpRequirement>> {
    let mut first = Vec::new();
    for requirement in lacking {
        match requirement {
            Requirement::Piece(wanted) => {
                let bindable = |factor: &Factor| !wanted.for_transaction || factor.is_bindable();
                let factors = wanted.shown.factors().into_iter().filter(bindable);
                first.push(StepUpRequirement {
                    for_transaction: wanted.for_transaction,
                    independent: wanted.independent,
                    ..StepUpRequirement::of(
                        factors.collect(),
                        wanted.shown.external_verifier().cloned(),
                        wanted.max_age,
                    )
                });
            }
            Requirement::Approvals { count, max_age } => {
                let mut fresh: Vec<_> = case
                    .approvals
                    .iter()
                    .filter(|yes| left(*max_age, yes.age).is_some())
                    .map(|yes| yes.agent.name())
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
    for requirement in lacking {
        let more = |plan: Vec<StepUpRequirement>| match requirement {
            Requirement::Classes {
                count,
                at_least,
                max_age,
            } => classes(document, plan, case, *count, *at_least, *max_age),
            Requirement::Level { level, max_age } => {
                let max_age = max_age.map_or(level.longest(), |age| age.min(level.longest()));
                levels(document, plan, case, *level, max_age)
            }
            Requirement::Piece(_) | Requirement::Approvals { .. } => vec![plan],
        };
        plans = plans.into_iter().flat_map(more).collect();
    }
    plans
}

/// The plans that go on to evidence of so many classes.
fn classes(
    document: &Document,
    plan: Vec<StepUpRequirement>,
    case: &Case<'_>,
    count: usize,
    at_least: Strength,
    max_age: Duration,
) -> Vec<Vec<StepUpRequirement>> {
    let counts = |piece: &Piece<'_>| {
        let fits = piece.here && piece.is_factor() && piece.strength >= at_least;
        fits.then(|| left(max_age, piece.age)).flatten()
    };
    let has = |class: FactorClass| {
        let asked = |ask: &StepUpRequirement| shows(document, ask, at_least) == Some(class);
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
            let asks = of_class(document, *class, at_least, max_age);
            longer = each_with(&longer, &asks);
        }
        plans.extend(longer);
    }
    plans
}

/// The plans that go on to an assurance level.
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
        .map(|listed| by_external_verifier(listed.by.clone(), max_age).on_protected(true));
    let alone: Vec<_> = alone.collect();
    let of = |class| {
        let asks = of_class(document, class, Strength::Restricted, max_age);
        let asks = asks.into_iter().map(|ask| ask.on_protected(true));
        asks.collect::<Vec<_>>()
    };
    let shown = |class: FactorClass| {
        let counts = |piece: &Piece<'_>| {
            let fits = piece.protected && piece.here && piece.is_factor();
            fits.then(|| left(max_age, piece.age)).flatten()
        };
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
                shown(FactorClass::Possession),
                second.into_iter().any(shown),
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
                // Both are there, but too long ago: one of them shows that the subject is (63B 2.2.3).
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

/// The plan with something of one of the classes on a protected channel: what it asks for already, if it does.
fn with_one(
    document: &Document,
    plan: &[StepUpRequirement],
    classes: &[FactorClass],
    asks: &[StepUpRequirement],
) -> Vec<Vec<StepUpRequirement>> {
    let mut plan = plan.to_vec();
    let fits = |ask: &&mut StepUpRequirement| {
        shows(document, ask, Strength::Restricted).is_some_and(|class| classes.contains(&class))
    };
    if let Some(ask) = plan.iter_mut().find(fits) {
        ask.protected = true;
        return vec![plan];
    }
    each_with(&[plan], asks)
}

fn each_with(
    plans: &[Vec<StepUpRequirement>],
    asks: &[StepUpRequirement],
) -> Vec<Vec<StepUpRequirement>> {
    let with = |plan: &Vec<StepUpRequirement>, ask: &StepUpRequirement| {
        plan.iter().chain([ask]).cloned().collect()
    };
    let every = |plan| asks.iter().map(move |ask| with(plan, ask));
    plans.iter().flat_map(every).collect()
}

/// Asks for something of a class: by what this crate checks, and by each external verifier of it.
fn of_class(
    document: &Document,
    class: FactorClass,
    at_least: Strength,
    max_age: Duration,
) -> Vec<StepUpRequirement> {
    let own = StepUpRequirement::of(factors_of(class, at_least), None, max_age);
    let listed = document.external_verifiers.iter().filter(|listed| {
        // What is asked of them is at least what they are listed for; it has to be enough.
        listed.class == class && listed.at_least >= at_least
    });
    Some(own)
        .filter(|own| !own.factors.is_empty())
        .into_iter()
        .chain(listed.map(|listed| by_external_verifier(listed.by.clone(), max_age)))
        .collect()
}

fn by_external_verifier(by: ExternalVerifier, max_age: Duration) -> StepUpRequirement {
    StepUpRequirement::of(vec![Factor::External], Some(by), max_age)
}

/// The class that whatever fills this ask shows, as a factor of this strength; none, if that cannot be told.
fn shows(document: &Document, ask: &StepUpRequirement, at_least: Strength) -> Option<FactorClass> {
    if let Some(by) = &ask.external_verifier {
        let listed = document
            .external_verifiers
            .iter()
            .find(|listed| listed.by == *by)?;
        return Some(listed.class).filter(|_| listed.at_least >= at_least);
    }
    let class = ask.factors.first()?.class()?;
    let shown = Shown::Class(class, at_least).factors();
    let all = ask.factors.iter().all(|factor| shown.contains(factor));
    all.then_some(class)
}

/// No desk offers more; those that cost most are left out.
const MOST_WAYS: usize = 64;

/// Whether the caller has to do the same on both.
fn asks_for_same(one: &StepUpOption, other: &StepUpOption) -> bool {
    one.asks.len() == other.asks.len()
        && one.asks.iter().zip(&other.asks).all(|(one, other)| {
            // How old it may be is the same to whoever shows it now.
            let max_age = one.max_age;
            *one == StepUpRequirement {
                max_age,
                ..other.clone()
            }
        })
}
