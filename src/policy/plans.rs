//! The search for the ways that ask least of the caller: exact up to the number that is offered, and bounded whatever a
//! document states.
//!
//! A plan has few places, and each place takes one of several asks. Of two asks that leave the same open, the one that costs
//! less is never the worse, whatever stands in the other places. So an ask that is the third of its kind is only tried
//! where the other places take one of their cheapest: beyond that, more plans are better than are offered. Plans are
//! small numbers until it is known which are offered.

use super::assurance::Aal;
use super::document::{Document, Rule};
use super::options::{Ask, Way};
use super::requirement::{
    CLASSES, Case, Piece, Requirement, Shown, can_be_bound, factors_of, left,
};
use crate::evidence::{Attester, Standing};
use crate::factor::{Class, Factor, Strength};
use crate::time::Lifetime;

#[cfg(test)]
mod every;

/// Which ways are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Only {
    /// Also those with something for the very transaction.
    pub(super) bound: bool,
    /// Also those that somebody else has to approve.
    pub(super) approved: bool,
    /// Also those on which the caller has something to show.
    pub(super) shown: bool,
}

/// The ways this caller can take, least burdensome first: nothing locked before something locked, then by cost, then the
/// fewest asks, then as the document has them. Of ways that ask for the same, the first is kept.
pub(super) fn ways(
    document: &Document,
    rule: &Rule,
    case: &Case<'_>,
    standing: &Standing,
    only: Only,
) -> Vec<Way> {
    Search::of(document, rule, case, standing, only).best()
}

/// The plans of all alternatives.
struct Search<'a> {
    document: &'a Document,
    rule: &'a Rule,
    tables: Vec<Table<'a>>,
    found: Vec<Found>,
    /// How many plans have been put together, whole or in part.
    effort: usize,
}

/// Whether something is locked, what it costs, how much is asked for.
type Key = (bool, u32, usize);

/// A plan that the caller can take.
#[derive(Clone, Copy)]
struct Found {
    key: Key,
    /// The alternative, by its place among those that were planned.
    table: usize,
    plan: Plan,
}

impl<'a> Search<'a> {
    fn of(
        document: &'a Document,
        rule: &'a Rule,
        case: &'a Case<'_>,
        standing: &'a Standing,
        only: Only,
    ) -> Self {
        let mut search = Self {
            document,
            rule,
            tables: Vec::new(),
            found: Vec::new(),
            effort: 0,
        };
        let mut seen: Vec<Vec<&Requirement>> = Vec::new();
        let mut limit = None;
        for (place, alternative) in rule.any.iter().enumerate() {
            let lacking = |one: &&Requirement| one.filled(case).is_none();
            let lacking: Vec<_> = alternative.all.iter().filter(lacking).collect();
            if !only.takes(&lacking) || seen.contains(&lacking) {
                continue;
            }
            let mut table = Table::of(document, case, standing, place);
            table.limit = limit;
            let plans = table.plans(&lacking);
            search.effort = search.effort.saturating_add(table.effort);
            let number = search.tables.len();
            let mut found: Vec<_> = plans
                .into_iter()
                .filter_map(|plan| {
                    let key = table.key(&plan)?;
                    let table = number;
                    Some(Found { key, table, plan })
                })
                .collect();
            found.sort_by_key(|found| found.key);
            found.truncate(MOST_TWICE);
            if found.len() == MOST_TWICE {
                // Of a later alternative only what is better than all of these is offered.
                limit = found
                    .last()
                    .map(|last| last.key)
                    .into_iter()
                    .chain(limit)
                    .min();
            }
            search.found.extend(found);
            search.tables.push(table);
            seen.push(lacking);
        }
        search.found.sort_by_key(|found| found.key);
        search
    }

    /// The first of all ways, each once. Only these are put into words.
    fn best(&self) -> Vec<Way> {
        let mut kept: Vec<(&Found, Vec<Part<'_>>)> = Vec::new();
        for found in &self.found {
            if kept.len() >= MOST_WAYS {
                break;
            }
            let table = self.tables.get(found.table);
            let Some(parts) = table.and_then(|table| table.parts(&found.plan)) else {
                continue;
            };
            // What asks for the same costs the same, and stands beside it.
            let like = kept.iter().rev();
            let mut like = like.take_while(|(other, _)| other.key == found.key);
            if !like.any(|(_, other)| Part::are_same(other, &parts)) {
                kept.push((found, parts));
            }
        }
        let way = |(found, parts)| self.way(found, parts);
        kept.into_iter().filter_map(way).collect()
    }

    fn way(&self, found: &Found, parts: Vec<Part<'_>>) -> Option<Way> {
        let table = self.tables.get(found.table)?;
        let alternative = self.rule.any.get(table.alternative)?;
        let acr = alternative
            .acr
            .and_then(|place| self.document.acrs.get(place));
        let (locked, cost, _) = found.key;
        Some(Way {
            asks: parts.into_iter().map(Part::ask).collect(),
            locked,
            cost,
            acr: acr.map(|acr| acr.value.clone()),
        })
    }
}

/// What one place of a plan asks for.
struct Part<'s> {
    /// What is locked is asked for when the caller is better known, and somebody else at the end.
    turn: u8,
    ask: &'s Ask,
    factors: &'s [Factor],
    protected: bool,
}

impl Part<'_> {
    fn ask(self) -> Ask {
        Ask {
            factors: self.factors.to_vec(),
            protected: self.protected,
            ..self.ask.clone()
        }
    }

    /// Whether the caller has to do the same for both. How old it may be is the same to whoever shows it now.
    fn are_same(these: &[Self], those: &[Self]) -> bool {
        let is_same = |(one, other): (&Self, &Self)| {
            one.factors == other.factors
                && one.protected == other.protected
                && one.ask.attester == other.ask.attester
                && one.ask.approvals == other.ask.approvals
                && one.ask.bound == other.ask.bound
                && one.ask.independent == other.ask.independent
        };
        these.len() == those.len() && these.iter().zip(those).all(is_same)
    }
}

impl Only {
    fn takes(self, lacking: &[&Requirement]) -> bool {
        let is_bound =
            |one: &&Requirement| matches!(one, Requirement::Piece(wanted) if wanted.bound);
        let is_approved = |one: &&Requirement| matches!(one, Requirement::Approvals { .. });
        (self.bound || !lacking.iter().any(is_bound))
            && (self.approved || !lacking.iter().any(is_approved))
            && (self.shown || lacking.iter().all(is_approved))
    }
}

/// What can be asked for in the places of one alternative's plans.
struct Table<'a> {
    document: &'a Document,
    case: &'a Case<'a>,
    standing: &'a Standing,
    alternative: usize,
    choices: Vec<Choice>,
    /// What is no better is not offered.
    limit: Option<Key>,
    effort: usize,
}

/// Something to ask for, and how this caller stands to it.
struct Choice {
    ask: Ask,
    state: State,
    /// The class that it shows, as a factor of that strength or better.
    restricted: Option<Class>,
    full: Option<Class>,
}

#[derive(Clone, Debug)]
enum State {
    /// Somebody else is asked.
    Others(u32),
    Open(u32),
    /// Locked for strangers: from an interaction that holds evidence of another factor it still takes a try (pitfall B9).
    /// Without other evidence these factors are left, or none.
    Locked(u32, Option<(u32, Vec<Factor>)>),
}

/// One choice for each place.
#[derive(Clone, Copy)]
struct Plan {
    choices: [u8; MOST_PLACES],
    places: usize,
    /// The places whose ask has to be shown on a protected channel, a bit for each.
    protected: u16,
    /// So many plans of its kind, itself among them, are certainly no worse.
    no_worse: usize,
    /// It is no better than this, whatever it goes on to.
    least: Key,
}

/// Choices for one place, each with how many of its kind, itself among them, cost no more.
type Place = Vec<(u8, usize)>;

impl<'a> Table<'a> {
    const fn of(
        document: &'a Document,
        case: &'a Case<'a>,
        standing: &'a Standing,
        alternative: usize,
    ) -> Self {
        Self {
            document,
            case,
            standing,
            alternative,
            choices: Vec::new(),
            limit: None,
            effort: 0,
        }
    }

    /// The plans that would fill what is lacking, in the order of the document.
    fn plans(&mut self, lacking: &[&Requirement]) -> Vec<Plan> {
        let mut first = Plan::default();
        for requirement in lacking {
            let Some(ask) = stated(requirement, self.case) else {
                continue;
            };
            match self
                .add(ask)
                .and_then(|choice| self.with(&first, choice, 1))
            {
                Some(plan) => first = plan,
                // This caller cannot take any.
                None => return Vec::new(),
            }
        }
        let mut plans = vec![first];
        for requirement in lacking {
            plans = match requirement {
                Requirement::Classes {
                    count,
                    at_least,
                    max_age,
                } => self.classes(&plans, *count, *at_least, *max_age),
                Requirement::Level { level, max_age } => {
                    let max_age = max_age.map_or(level.longest(), |age| age.min(level.longest()));
                    self.levels(&plans, *level, max_age)
                }
                Requirement::Piece(_) | Requirement::Approvals { .. } => plans,
            };
        }
        plans
    }

    /// The plans that go on to evidence of so many classes.
    fn classes(
        &mut self,
        plans: &[Plan],
        count: usize,
        at_least: Strength,
        max_age: Lifetime,
    ) -> Vec<Plan> {
        let counts = |piece: &Piece<'_>| {
            let fits = piece.here && piece.is_factor() && piece.strength >= at_least;
            fits.then(|| left(max_age, piece.age)).flatten()
        };
        let shown = CLASSES.map(|class| self.case.best_of(class, counts).is_some());
        let places = CLASSES.map(|class| self.of_class(class, at_least, max_age));
        let places = places.map(|asks| self.place(asks));
        let mut longer = Vec::new();
        for plan in plans {
            let asked = |class| {
                let mut choices = self.chosen(plan);
                choices.any(|choice| choice.shows(at_least) == Some(class))
            };
            let classes = CLASSES.iter().zip(shown).zip(&places);
            let (held, absent): (Vec<_>, Vec<_>) =
                classes.partition(|((class, shown), _)| *shown || asked(**class));
            // Three classes have few sets.
            for set in 0..1_usize << absent.len() {
                let is_in = |place: usize| set & (1 << place) != 0;
                let chosen = (0..absent.len()).filter(|place| is_in(*place));
                let chosen: Vec<_> = chosen.filter_map(|place| absent.get(place)).collect();
                if chosen.len().saturating_add(held.len()) != count.max(held.len()) {
                    continue;
                }
                let mut some = vec![*plan];
                for (_, place) in chosen {
                    some = self.each_with(&some, place);
                }
                longer.extend(some);
            }
        }
        longer
    }

    /// The plans that go on to an assurance level.
    fn levels(&mut self, plans: &[Plan], level: Aal, max_age: Lifetime) -> Vec<Plan> {
        const SECOND: [Class; 2] = [Class::Knowledge, Class::Inherence];
        let alone = self
            .document
            .attesters
            .iter()
            .filter(|listed| level == Aal::One || listed.reaches >= Some(level))
            .map(|listed| by_attester(listed.by.clone(), max_age).on_protected(true));
        let alone = alone.collect();
        let alone = self.place(alone);
        let mut of = |classes: &[Class]| {
            let asks = |class: &Class| self.of_class(*class, Strength::Restricted, max_age);
            let asks = classes.iter().flat_map(asks);
            let asks = asks.map(|ask| ask.on_protected(true)).collect();
            self.place(asks)
        };
        let (any, first) = (of(&CLASSES), of(&[Class::Possession]));
        let others = of(&SECOND);
        let shown = |class: Class| {
            let counts = |piece: &Piece<'_>| {
                let fits = piece.protected && piece.here && piece.is_factor();
                fits.then(|| left(max_age, piece.age)).flatten()
            };
            self.case.best_of(class, counts).is_some()
        };
        let has = (shown(Class::Possession), SECOND.into_iter().any(shown));
        let mut longer = Vec::new();
        for plan in plans {
            longer.extend(match level {
                Aal::Three => Vec::new(),
                Aal::One => self.with_one(plan, &CLASSES, &any),
                Aal::Two => match has {
                    (true, false) => self.with_one(plan, &SECOND, &others),
                    (false, true) => self.with_one(plan, &[Class::Possession], &first),
                    (false, false) => {
                        let mut both = Vec::new();
                        for one in self.with_one(plan, &[Class::Possession], &first) {
                            both.extend(self.with_one(&one, &SECOND, &others));
                        }
                        both
                    }
                    // Both are there, but too long ago: one of them shows that the subject is (63B 2.2.3).
                    (true, true) => self.with_one(plan, &CLASSES, &any),
                },
            });
            longer.extend(self.each_with(&[*plan], &alone));
        }
        longer
    }

    /// The plan with something of one of the classes on a protected channel: what it asks for already, if it does.
    fn with_one(&mut self, plan: &Plan, classes: &[Class], place: &Place) -> Vec<Plan> {
        let fits = |choice: &Choice| {
            let class = choice.shows(Strength::Restricted);
            class.is_some_and(|class| classes.contains(&class))
        };
        let asked = self.chosen(plan).position(fits);
        let Some(asked) = asked else {
            return self.each_with(&[*plan], place);
        };
        let protected = plan.protected | bit(asked);
        vec![Plan { protected, ..*plan }]
    }

    /// Asks for something of a class: by what this crate checks, and by each attester of it.
    fn of_class(&self, class: Class, at_least: Strength, max_age: Lifetime) -> Vec<Ask> {
        let own = Ask::of(factors_of(class, at_least), None, max_age);
        let listed = self.document.attesters.iter().filter(|listed| {
            // What is asked of them is at least what they are listed for; it has to be enough.
            listed.class == class && listed.at_least >= at_least
        });
        Some(own)
            .filter(|own| !own.factors.is_empty())
            .into_iter()
            .chain(listed.map(|listed| by_attester(listed.by.clone(), max_age)))
            .collect()
    }

    /// What a place takes: the asks that this caller can fill, each with its rank among those that leave the same open.
    fn place(&mut self, asks: Vec<Ask>) -> Place {
        let added: Vec<u8> = asks.into_iter().filter_map(|ask| self.add(ask)).collect();
        let chosen = |id: &u8| self.choices.get(usize::from(*id));
        let rank = |(number, id): (usize, &u8)| {
            let own = chosen(id)?;
            let others = added.iter().enumerate();
            let no_worse = others.filter(|(place, other)| {
                chosen(other).is_some_and(|other| {
                    other.kind() == own.kind() && (other.cost(), *place) <= (own.cost(), number)
                })
            });
            Some((*id, no_worse.count()))
        };
        added.iter().enumerate().filter_map(rank).collect()
    }

    /// Takes note of an ask, if this caller can fill it.
    fn add(&mut self, mut ask: Ask) -> Option<u8> {
        let (restricted, full) = [Strength::Restricted, Strength::Full]
            .map(|at_least| shows(self.document, &ask, at_least))
            .into();
        let state = self.state(&mut ask)?;
        let id = u8::try_from(self.choices.len()).ok()?;
        self.choices.push(Choice {
            ask,
            state,
            restricted,
            full,
        });
        Some(id)
    }

    /// How this caller stands to an ask, whose factors become those that are left; none, if it cannot be filled.
    fn state(&self, ask: &mut Ask) -> Option<State> {
        if ask.approvals > 0 {
            let count = u32::try_from(ask.approvals).unwrap_or(u32::MAX);
            let cost = self.document.approval_cost().saturating_mul(count);
            return Some(State::Others(cost));
        }
        let standing = self.standing;
        let (open, locked): (Vec<_>, Vec<_>) = ask
            .factors
            .iter()
            .copied()
            .filter(|factor| *factor == Factor::Attested || standing.is_enrolled(*factor))
            .filter(|factor| !standing.shut.contains(factor))
            .partition(|factor| standing.locked(*factor).is_none());
        let by = ask.attester.clone();
        let cost = |factors: &[Factor]| {
            let each = factors.iter();
            each.map(|factor| self.document.cost(*factor, by.as_ref()))
                .min()
        };
        if let Some(cost) = cost(&open) {
            ask.factors = open;
            return Some(State::Open(cost));
        }
        let known = |factor: &Factor| {
            let held = |piece: &Piece<'_>| piece.here && piece.factor != *factor;
            self.case.pieces.iter().any(held)
        };
        let known: Vec<_> = locked.iter().copied().filter(known).collect();
        let alone = cost(&known).map(|cost| (cost, known));
        let state = State::Locked(cost(&locked)?, alone);
        ask.factors = locked;
        Some(state)
    }

    fn each_with(&mut self, plans: &[Plan], place: &Place) -> Vec<Plan> {
        let table = &*self;
        let with = |plan| {
            let choices = place.iter();
            choices.filter_map(move |(choice, rank)| table.with(plan, *choice, *rank))
        };
        let longer: Vec<_> = plans.iter().flat_map(with).collect();
        self.effort = self.effort.saturating_add(longer.len());
        longer
    }

    /// The plan with one place more; none, if enough plans are no worse.
    fn with(&self, plan: &Plan, id: u8, rank: usize) -> Option<Plan> {
        let choice = self.choices.get(usize::from(id))?;
        let (is_locked, cost, places) = plan.least;
        let mut longer = *plan;
        longer.no_worse = plan.no_worse.saturating_mul(rank);
        longer.least = (
            is_locked || matches!(choice.state, State::Locked(..)),
            cost.saturating_add(choice.cost()),
            places.saturating_add(1),
        );
        *longer.choices.get_mut(plan.places)? = id;
        longer.places = plan.places.saturating_add(1);
        let is_among = self.limit.is_none_or(|limit| longer.least < limit);
        (longer.no_worse <= MOST_WAYS && is_among).then_some(longer)
    }

    fn chosen(&self, plan: &Plan) -> impl Iterator<Item = &Choice> {
        let ids = plan.choices.into_iter().take(plan.places);
        ids.filter_map(|id| self.choices.get(usize::from(id)))
    }

    /// Whether a plan asks the caller for nothing that is open. An approval makes the caller no better known.
    fn is_alone(&self, plan: &Plan) -> bool {
        let mut choices = self.chosen(plan);
        !choices.any(|choice| matches!(choice.state, State::Open(_)))
    }

    /// What plans are sorted by; none, if this caller cannot take this one.
    fn key(&self, plan: &Plan) -> Option<Key> {
        let is_alone = self.is_alone(plan);
        let (mut is_locked, mut sum) = (false, 0_u32);
        for choice in self.chosen(plan) {
            let cost = match &choice.state {
                State::Others(cost) | State::Open(cost) => *cost,
                State::Locked(cost, alone) => {
                    is_locked = true;
                    if is_alone { alone.as_ref()?.0 } else { *cost }
                }
            };
            sum = sum.saturating_add(cost);
        }
        Some((is_locked, sum, plan.places))
    }

    /// What a plan asks for, in the order to ask.
    fn parts(&self, plan: &Plan) -> Option<Vec<Part<'_>>> {
        let is_alone = self.is_alone(plan);
        let mut parts = Vec::with_capacity(plan.places);
        for (place, choice) in self.chosen(plan).enumerate() {
            let ask = &choice.ask;
            let (turn, factors) = match &choice.state {
                State::Open(_) => (0, &ask.factors),
                State::Locked(_, alone) if is_alone => (1, &alone.as_ref()?.1),
                State::Locked(..) => (1, &ask.factors),
                State::Others(_) => (2, &ask.factors),
            };
            parts.push(Part {
                turn,
                ask,
                factors,
                protected: ask.protected || plan.protected & bit(place) != 0,
            });
        }
        parts.sort_by_key(|part| part.turn);
        Some(parts)
    }
}

impl Choice {
    const fn shows(&self, at_least: Strength) -> Option<Class> {
        match at_least {
            Strength::Full => self.full,
            Strength::Weak | Strength::Restricted => self.restricted,
        }
    }

    /// Choices of one kind leave the same open, so that nothing but their cost tells which is the better.
    const fn kind(&self) -> (bool, Option<Class>, Option<Class>) {
        let is_locked = matches!(self.state, State::Locked(..));
        (is_locked, self.restricted, self.full)
    }

    const fn cost(&self) -> u32 {
        match &self.state {
            State::Others(cost) | State::Open(cost) | State::Locked(cost, _) => *cost,
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            choices: [0; MOST_PLACES],
            places: 0,
            protected: 0,
            no_worse: 1,
            least: (false, 0, 0),
        }
    }
}

fn bit(place: usize) -> u16 {
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    1_u16.checked_shl(place).unwrap_or(0)
}

/// What a requirement asks for that leaves no choice; none, if it leaves one.
fn stated(requirement: &Requirement, case: &Case<'_>) -> Option<Ask> {
    match requirement {
        Requirement::Piece(wanted) => {
            let bindable = |factor: &Factor| !wanted.bound || can_be_bound(*factor);
            let factors = wanted.shown.factors().into_iter().filter(bindable);
            let by = wanted.shown.attester().cloned();
            Some(Ask {
                bound: wanted.bound,
                independent: wanted.independent,
                ..Ask::of(factors.collect(), by, wanted.max_age)
            })
        }
        Requirement::Approvals { count, max_age } => {
            let fresh = case.approvals.iter();
            let fresh = fresh.filter(|yes| left(*max_age, yes.age).is_some());
            let mut fresh: Vec<_> = fresh.map(|yes| yes.agent.name()).collect();
            fresh.sort_unstable();
            fresh.dedup();
            Some(Ask {
                approvals: count.saturating_sub(fresh.len()),
                ..Ask::of(Vec::new(), None, *max_age)
            })
        }
        Requirement::Classes { .. } | Requirement::Level { .. } => None,
    }
}

fn by_attester(by: Attester, max_age: Lifetime) -> Ask {
    Ask::of(vec![Factor::Attested], Some(by), max_age)
}

/// The class that whatever fills this ask shows, as a factor of this strength; none, if that cannot be told.
fn shows(document: &Document, ask: &Ask, at_least: Strength) -> Option<Class> {
    if let Some(by) = &ask.attester {
        let listed = document.attesters.iter().find(|listed| listed.by == *by)?;
        return Some(listed.class).filter(|_| listed.at_least >= at_least);
    }
    let class = ask.factors.first()?.class()?;
    let shown = Shown::Class(class, at_least).factors();
    let all = ask.factors.iter().all(|factor| shown.contains(factor));
    all.then_some(class)
}

/// No desk offers more; those that cost most are left out.
const MOST_WAYS: usize = 64;
/// An attester may come up as one of a class and as one who reaches a level alone: the same ways, twice.
const MOST_TWICE: usize = 2 * MOST_WAYS;
/// Twelve requirements, of which a level takes two places and classes take three.
const MOST_PLACES: usize = 16;

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::evidence::Lock;
    use crate::subject::Subject;

    const ALL: Only = Only {
        bound: true,
        approved: true,
        shown: true,
    };

    fn standing(enrolled: &[Factor], locked: &[Factor], shut: &[Factor]) -> Standing {
        Standing {
            subject: Subject::new("bank", "C-1").unwrap(),
            epoch: 1,
            frozen: false,
            enrolled: enrolled.to_vec(),
            locked: locked.iter().map(|one| (*one, Lock::Closed)).collect(),
            shut: shut.to_vec(),
            recovery_codes: None,
            word_is_due: false,
        }
    }

    /// A document with these attesters, each with its line, and one rule.
    fn document(attesters: &[String], alternatives: &[String]) -> Document {
        let mut text =
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[cost]\ntotp = 2\npassword = 3\n".to_owned();
        for (number, attester) in attesters.iter().enumerate() {
            writeln!(text, "[attester.a{number}]\n{attester}").unwrap();
        }
        let any: Vec<_> = alternatives
            .iter()
            .map(|all| format!("{{ all = [{all}] }}"))
            .collect();
        writeln!(text, "[action.a.every_tier]\nany = [{}]", any.join(", ")).unwrap();
        Document::from_toml(&text).unwrap()
    }

    fn rule(document: &Document) -> &Rule {
        document.rulings().next().unwrap().rule
    }

    fn piece(factor: Factor, seconds: u32, here: bool, protected: bool) -> Piece<'static> {
        Piece {
            factor,
            class: factor.class().unwrap(),
            strength: factor.strength().unwrap(),
            attester: None,
            reaches: None,
            listed: false,
            age: Lifetime::seconds(seconds),
            bound: false,
            independent: false,
            here,
            protected,
        }
    }

    const OWN: [Factor; 7] = [
        Factor::Totp,
        Factor::Hotp,
        Factor::SpokenCode,
        Factor::PrivateCode,
        Factor::Password,
        Factor::Pin,
        Factor::Questions,
    ];

    fn some_attester() -> impl Strategy<Value = String> {
        let class = prop::sample::select(vec!["possession", "knowledge", "inherence"]);
        let strength = prop::sample::select(vec!["full", "restricted", "weak"]);
        let level = prop::sample::select(vec!["", "aal = 1", "aal = 2", "aal = 3"]);
        (class, strength, level, 0..4_u32).prop_map(|(class, strength, level, cost)| {
            format!("class = \"{class}\"\nstrength = \"{strength}\"\n{level}\ncost = {cost}")
        })
    }

    fn some_alternative() -> impl Strategy<Value = String> {
        let together = prop::sample::subsequence(
            vec![
                "{ aal = 2, max_age = 300 }".to_owned(),
                "{ classes = 3, max_age = 300 }".to_owned(),
                "{ classes = 2, strength = \"full\", max_age = 300 }".to_owned(),
                "{ aal = 1 }".to_owned(),
                "{ aal = 3, max_age = 60 }".to_owned(),
            ],
            1..3,
        );
        let pieces = prop::sample::subsequence(
            vec![
                "{ factor = \"totp\", max_age = 60 }".to_owned(),
                "{ factor = \"spoken_code\", max_age = 60, bound = true }".to_owned(),
                "{ class = \"knowledge\", max_age = 60 }".to_owned(),
                "{ factor = \"questions\", max_age = 900 }".to_owned(),
                "{ approvals = 2, max_age = 60 }".to_owned(),
                "{ factor = \"attested\", attester = \"a0\", class = \"possession\", max_age = 60, independent = true }"
                    .to_owned(),
            ],
            0..3,
        );
        (together, pieces)
            .prop_flat_map(|(together, pieces)| Just([together, pieces].concat()).prop_shuffle())
            .prop_map(|all| {
                // Of what looks at everything together, each stands once.
                let mut kept: Vec<String> = Vec::new();
                for one in all {
                    let kind = one.split_whitespace().nth(1).unwrap().to_owned();
                    let stands = ["aal", "classes"].contains(&kind.as_str())
                        && kept
                            .iter()
                            .any(|other| other.contains(&format!(" {kind} ")));
                    if !stands {
                        kept.push(one);
                    }
                }
                kept.join(", ")
            })
    }

    fn some_factors() -> impl Strategy<Value = Vec<Factor>> {
        prop::sample::subsequence(OWN.to_vec(), 0..=OWN.len())
    }

    fn some_pieces() -> impl Strategy<Value = Vec<Piece<'static>>> {
        let factor = prop::sample::select(OWN.to_vec());
        let one = (factor, 0..5_u32, any::<bool>(), any::<bool>());
        let one = one
            .prop_map(|(factor, age, here, protected)| piece(factor, age * 100, here, protected));
        prop::collection::vec(one, 0..3)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Every plan, one by one, sorted and cut, is what the bounded search offers: no way is lost, none is out of turn.
        #[test]
        fn b53_the_bounded_search_offers_what_every_plan_would(
            attesters in prop::collection::vec(some_attester(), 0..10),
            alternatives in prop::collection::vec(some_alternative(), 1..4),
            enrolled in some_factors(),
            locked in some_factors(),
            shut in some_factors(),
            pieces in some_pieces(),
        ) {
            let document = document(&attesters, &alternatives);
            let standing = standing(&enrolled, &locked, &shut);
            let case = Case { pieces, ..Case::default() };
            let offered = ways(&document, rule(&document), &case, &standing, ALL);
            prop_assert_eq!(offered, every::ways(&document, rule(&document), &case, &standing));
        }
    }

    /// The most that a document can ask for: 16 attesters, 32 alternatives, a level and three classes, in either order.
    fn largest(first: &str, then: &str, cost: impl Fn(usize) -> usize, count: usize) -> Document {
        let classes = ["possession", "knowledge", "inherence"];
        let attesters: Vec<_> = (0..16)
            .map(|n| {
                format!(
                    "class = \"{}\"\naal = 2\ncost = {}",
                    classes[n % 3],
                    cost(n)
                )
            })
            .collect();
        let extra = ["totp", "hotp", "private_code", "questions", "password"];
        let alternatives: Vec<_> = (0..count)
            .map(|set| {
                let mut all = format!("{first}, {then}");
                for (bit, factor) in extra.iter().enumerate() {
                    if set >> bit & 1 == 1 {
                        write!(all, ", {{ factor = \"{factor}\", max_age = 60 }}").unwrap();
                    }
                }
                all
            })
            .collect();
        document(&attesters, &alternatives)
    }

    const LEVEL: &str = "{ aal = 2, max_age = 300 }";
    const THREE: &str = "{ classes = 3, max_age = 300 }";

    #[test]
    fn b53_the_work_of_one_step_up_has_a_bound() {
        let costs: [fn(usize) -> usize; 4] = [|_| 1, |n| n * n % 31, |n| 16 - n, |n| 1_000 - n];
        for (first, then) in [
            (LEVEL, THREE),
            (THREE, LEVEL),
            ("{ aal = 1 }", THREE),
            (THREE, "{ aal = 1 }"),
        ] {
            for cost in costs {
                for enrolled in [&OWN[..], &[]] {
                    let document = largest(first, then, cost, 32);
                    let (standing, case) = (standing(enrolled, &[], &[]), Case::default());
                    let search = Search::of(&document, rule(&document), &case, &standing, ALL);
                    assert!(
                        search.effort <= MOST_EFFORT,
                        "{} for {first}, {then}",
                        search.effort
                    );
                    assert!(
                        search.found.len() <= 32 * 2 * MOST_WAYS,
                        "{}",
                        search.found.len()
                    );
                    assert_eq!(search.best().len(), MOST_WAYS);
                }
            }
        }
    }

    /// Of plans that are put together, in the largest document there can be; every plan would be some 120,000, each compared with all others.
    const MOST_EFFORT: usize = 16_384;

    #[test]
    fn b53_of_the_largest_documents_the_same_is_offered() {
        for (first, then) in [(LEVEL, THREE), (THREE, LEVEL)] {
            for locked in [&OWN[..], &[]] {
                let document = largest(first, then, |n| n * n % 31, 1);
                let (standing, case) = (standing(&OWN, locked, &[]), Case::default());
                let offered = ways(&document, rule(&document), &case, &standing, ALL);
                assert_eq!(
                    offered,
                    every::ways(&document, rule(&document), &case, &standing)
                );
            }
        }
    }

    /// Eight times eight: as many as are offered, so the last of each list counts, too.
    #[test]
    fn b53_no_way_is_lost_that_is_among_those_offered() {
        for cost in [|_| 1, |n: usize| n % 8, |n| 8 - n % 8] {
            let attesters: Vec<_> = (0..16)
                .map(|n| {
                    let class = ["possession", "knowledge"][n / 8];
                    format!("class = \"{class}\"\ncost = {}", cost(n))
                })
                .collect();
            let document = document(&attesters, &[LEVEL.to_owned()]);
            let (standing, case) = (standing(&[], &[], &[]), Case::default());
            let offered = ways(&document, rule(&document), &case, &standing, ALL);
            assert_eq!(offered.len(), MOST_WAYS);
            assert_eq!(
                offered,
                every::ways(&document, rule(&document), &case, &standing)
            );
        }
    }

    /// What earlier alternatives offer bounds the later ones, and never hides what is better or as good and earlier.
    #[test]
    fn b53_later_alternatives_are_cut_by_earlier_ones_and_rightly() {
        let base = format!("{LEVEL}, {{ classes = 2, max_age = 300 }}");
        let with = |factor: &str| format!("{base}, {{ factor = \"{factor}\", max_age = 60 }}");
        let three = [with("totp"), base.clone(), with("password")];
        let mut cut = 0;
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [0, 2, 1], [1, 1, 0]] {
            for cost in [|_| 1, |n: usize| n * n % 31, |n| 16 - n] {
                let classes = ["possession", "knowledge", "inherence"];
                let attesters: Vec<_> = (0..16)
                    .map(|n| {
                        format!(
                            "class = \"{}\"\naal = 2\ncost = {}",
                            classes[n % 3],
                            cost(n)
                        )
                    })
                    .collect();
                let document = document(&attesters, &order.map(|place| three[place].clone()));
                let (standing, case) = (standing(&OWN, &[Factor::Totp], &[]), Case::default());
                let search = Search::of(&document, rule(&document), &case, &standing, ALL);
                cut += usize::from(search.tables.iter().any(|table| table.limit.is_some()));
                let offered = ways(&document, rule(&document), &case, &standing, ALL);
                assert_eq!(
                    offered,
                    every::ways(&document, rule(&document), &case, &standing)
                );
            }
        }
        assert!(cut > 5, "{cut}");
    }
}
