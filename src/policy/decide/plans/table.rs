//! What can be asked for in the places of one alternative's plans, and the plans that are put together of it.

use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::decide::case::{Case, Piece, left};
use crate::policy::decide::options::StepUpRequirement;
use crate::policy::document::{
    Aal, CLASSES, Condition, Conditions, Document, Requirement, Shown, factors_of,
};
use crate::status::Status;
use core::time::Duration;

/// Whether something is locked, what it costs, how much is asked for.
pub(crate) type Key = (bool, u32, usize);

/// What one place of a plan asks for.
pub(crate) struct Part<'s> {
    /// What is locked is asked for when the caller is better known, and somebody else at the end.
    pub(crate) turn: u8,
    pub(crate) requirement: &'s StepUpRequirement,
    pub(crate) factors: &'s [Factor],
    pub(crate) conditions: Conditions,
}

impl Part<'_> {
    pub(crate) fn requirement(self) -> StepUpRequirement {
        StepUpRequirement {
            factors: self.factors.to_vec(),
            conditions: self.conditions,
            ..self.requirement.clone()
        }
    }

    /// Whether the caller has to do the same for both. How old it may be is the same to whoever shows it now.
    pub(crate) fn are_same(these: &[Self], those: &[Self]) -> bool {
        let is_same = |(one, other): (&Self, &Self)| {
            one.factors == other.factors
                && one.conditions == other.conditions
                && one.requirement.external_verifier == other.requirement.external_verifier
                && one.requirement.approvals == other.requirement.approvals
        };
        these.len() == those.len() && these.iter().zip(those).all(is_same)
    }
}

/// What can be asked for in the places of one alternative's plans.
pub(crate) struct Table<'a> {
    pub(crate) document: &'a Document,
    pub(crate) case: &'a Case<'a>,
    pub(crate) status: &'a Status,
    pub(crate) alternative: usize,
    pub(crate) choices: Vec<Choice>,
    /// What is no better is not offered.
    pub(crate) limit: Option<Key>,
    pub(crate) effort: usize,
}

/// Something to ask for, and how this caller stands to it.
pub(crate) struct Choice {
    requirement: StepUpRequirement,
    state: State,
    /// The class that it shows, as a factor of that strength or better.
    restricted: Option<FactorClass>,
    full: Option<FactorClass>,
}

#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Somebody else is asked.
    Others(u32),
    Open(u32),
    /// Locked for strangers: from an interaction that holds evidence of another factor it still takes a try (pitfall B9).
    /// Without other evidence these factors are left, or none.
    Locked(u32, Option<(u32, Vec<Factor>)>),
}

/// One choice for each place.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) choices: [u8; MOST_PLACES],
    pub(crate) places: usize,
    /// The places whose ask has to be shown on a protected channel, a bit for each.
    pub(crate) protected: u16,
    /// So many plans of its kind, itself among them, are certainly no worse.
    pub(crate) no_worse: usize,
    /// It is no better than this, whatever it goes on to.
    pub(crate) least: Key,
}

/// Choices for one place, each with how many of its kind, itself among them, cost no more.
type Place = Vec<(u8, usize)>;

impl<'a> Table<'a> {
    pub(crate) const fn of(
        document: &'a Document,
        case: &'a Case<'a>,
        status: &'a Status,
        alternative: usize,
    ) -> Self {
        Self {
            document,
            case,
            status,
            alternative,
            choices: Vec::new(),
            limit: None,
            effort: 0,
        }
    }

    /// The plans that would fill what is lacking, in the order of the document.
    pub(crate) fn plans(&mut self, lacking: &[&Requirement]) -> Vec<Plan> {
        let mut first = Plan::default();
        for requirement in lacking {
            let Some(requirement) = stated(requirement, self.case) else {
                continue;
            };
            match self
                .add(requirement)
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
                    self.levels(&plans, *level, level.longest_within(*max_age))
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
        max_age: Duration,
    ) -> Vec<Plan> {
        let counts = |piece: &Piece<'_>| piece.counts_to_classes(at_least, max_age);
        let shown = CLASSES.map(|class| self.case.best_of(class, counts).is_some());
        let places = CLASSES.map(|class| self.of_class(class, at_least, max_age));
        let places = places.map(|requirements| self.place(requirements));
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
    fn levels(&mut self, plans: &[Plan], level: Aal, max_age: Duration) -> Vec<Plan> {
        const SECOND: [FactorClass; 2] = [FactorClass::Knowledge, FactorClass::Inherence];
        let alone = self
            .document
            .external_verifiers
            .iter()
            .filter(|listed| level == Aal::One || listed.reaches >= Some(level))
            .map(|listed| by_external_verifier(listed.by.clone(), max_age).on_protected());
        let alone = alone.collect();
        let alone = self.place(alone);
        let mut of = |classes: &[FactorClass]| {
            let requirements =
                |class: &FactorClass| self.of_class(*class, Strength::Restricted, max_age);
            let requirements = classes.iter().flat_map(requirements);
            let requirements = requirements
                .map(|requirement| requirement.on_protected())
                .collect();
            self.place(requirements)
        };
        let (any, first) = (of(&CLASSES), of(&[FactorClass::Possession]));
        let others = of(&SECOND);
        let shown = |class: FactorClass| {
            let counts = |piece: &Piece<'_>| piece.counts_to_a_level(max_age);
            self.case.best_of(class, counts).is_some()
        };
        let has = (
            shown(FactorClass::Possession),
            SECOND.into_iter().any(shown),
        );
        let mut longer = Vec::new();
        for plan in plans {
            longer.extend(match level {
                Aal::Three => Vec::new(),
                Aal::One => self.with_one(plan, &CLASSES, &any),
                Aal::Two => match has {
                    (true, false) => self.with_one(plan, &SECOND, &others),
                    (false, true) => self.with_one(plan, &[FactorClass::Possession], &first),
                    (false, false) => {
                        let mut both = Vec::new();
                        for one in self.with_one(plan, &[FactorClass::Possession], &first) {
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
    fn with_one(&mut self, plan: &Plan, classes: &[FactorClass], place: &Place) -> Vec<Plan> {
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

    /// Asks for something of a class: by what this crate checks, and by each external verifier of it.
    fn of_class(
        &self,
        class: FactorClass,
        at_least: Strength,
        max_age: Duration,
    ) -> Vec<StepUpRequirement> {
        let own = StepUpRequirement::of(factors_of(class, at_least), None, max_age);
        let listed = self.document.external_verifiers.iter().filter(|listed| {
            // What is asked of them is at least what they are listed for; it has to be enough.
            listed.class == class && listed.at_least >= at_least
        });
        Some(own)
            .filter(|own| !own.factors.is_empty())
            .into_iter()
            .chain(listed.map(|listed| by_external_verifier(listed.by.clone(), max_age)))
            .collect()
    }

    /// What a place takes: the asks that this caller can fill, each with its rank among those that leave the same open.
    fn place(&mut self, requirements: Vec<StepUpRequirement>) -> Place {
        let added: Vec<u8> = requirements
            .into_iter()
            .filter_map(|requirement| self.add(requirement))
            .collect();
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

    /// Takes note of an requirement, if this caller can fill it.
    fn add(&mut self, mut requirement: StepUpRequirement) -> Option<u8> {
        let (restricted, full) = [Strength::Restricted, Strength::Full]
            .map(|at_least| shows(self.document, &requirement, at_least))
            .into();
        let state = self.state(&mut requirement)?;
        let id = u8::try_from(self.choices.len()).ok()?;
        self.choices.push(Choice {
            requirement,
            state,
            restricted,
            full,
        });
        Some(id)
    }

    /// How this caller stands to an requirement, whose factors become those that are left; none, if it cannot be filled.
    fn state(&self, requirement: &mut StepUpRequirement) -> Option<State> {
        if requirement.approvals > 0 {
            let count = u32::try_from(requirement.approvals).unwrap_or(u32::MAX);
            let cost = self.document.approval_cost().saturating_mul(count);
            return Some(State::Others(cost));
        }
        let status = self.status;
        let (open, locked): (Vec<_>, Vec<_>) = requirement
            .factors
            .iter()
            .copied()
            .filter(|factor| *factor == Factor::External || status.is_enrolled(*factor))
            .filter(|factor| !status.shut.contains(factor))
            .partition(|factor| status.locked(*factor).is_none());
        let by = requirement.external_verifier.clone();
        let cost = |factors: &[Factor]| {
            let each = factors.iter();
            each.map(|factor| self.document.cost(*factor, by.as_ref()))
                .min()
        };
        if let Some(cost) = cost(&open) {
            requirement.factors = open;
            return Some(State::Open(cost));
        }
        let known = |factor: &Factor| {
            let held = |piece: &Piece<'_>| piece.is_here() && piece.factor != *factor;
            self.case.pieces.iter().any(held)
        };
        let known: Vec<_> = locked.iter().copied().filter(known).collect();
        let alone = cost(&known).map(|cost| (cost, known));
        let state = State::Locked(cost(&locked)?, alone);
        requirement.factors = locked;
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
        (longer.no_worse <= MOST_OPTIONS && is_among).then_some(longer)
    }

    pub(crate) fn chosen(&self, plan: &Plan) -> impl Iterator<Item = &Choice> {
        let ids = plan.choices.into_iter().take(plan.places);
        ids.filter_map(|id| self.choices.get(usize::from(id)))
    }

    /// Whether a plan asks the caller for nothing that is open. An approval makes the caller no better known.
    pub(crate) fn is_alone(&self, plan: &Plan) -> bool {
        let mut choices = self.chosen(plan);
        !choices.any(|choice| matches!(choice.state, State::Open(_)))
    }

    /// What plans are sorted by; none, if this caller cannot take this one.
    pub(crate) fn key(&self, plan: &Plan) -> Option<Key> {
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

    /// What a plan asks for, in the order to requirement.
    pub(crate) fn parts(&self, plan: &Plan) -> Option<Vec<Part<'_>>> {
        let is_alone = self.is_alone(plan);
        let mut parts = Vec::with_capacity(plan.places);
        for (place, choice) in self.chosen(plan).enumerate() {
            let requirement = &choice.requirement;
            let (turn, factors) = match &choice.state {
                State::Open(_) => (0, &requirement.factors),
                State::Locked(_, alone) if is_alone => (1, &alone.as_ref()?.1),
                State::Locked(..) => (1, &requirement.factors),
                State::Others(_) => (2, &requirement.factors),
            };
            let conditions = if plan.protected & bit(place) == 0 {
                requirement.conditions
            } else {
                requirement.conditions.with(Condition::Protected, 1)
            };
            parts.push(Part {
                turn,
                requirement,
                factors,
                conditions,
            });
        }
        parts.sort_by_key(|part| part.turn);
        Some(parts)
    }
}

impl Choice {
    const fn shows(&self, at_least: Strength) -> Option<FactorClass> {
        match at_least {
            Strength::Full => self.full,
            Strength::Weak | Strength::Restricted => self.restricted,
        }
    }

    /// Choices of one kind leave the same open, so that nothing but their cost tells which is the better.
    const fn kind(&self) -> (bool, Option<FactorClass>, Option<FactorClass>) {
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
fn stated(requirement: &Requirement, case: &Case<'_>) -> Option<StepUpRequirement> {
    match requirement {
        Requirement::Piece(wanted) => {
            let can = |factor: &Factor| wanted.conditions.can_be_kept_by(*factor);
            let factors = wanted.shown.factors().into_iter().filter(can);
            let by = wanted.shown.external_verifier().cloned();
            Some(StepUpRequirement {
                // Evidence that is given now is of this interaction.
                conditions: wanted.conditions.joined(&Conditions::usual()),
                ..StepUpRequirement::of(factors.collect(), by, wanted.max_age)
            })
        }
        Requirement::Approvals { count, max_age } => {
            let fresh = case.approvals.iter();
            let fresh = fresh.filter(|yes| left(*max_age, yes.age).is_some());
            let mut fresh: Vec<_> = fresh.map(|yes| yes.agent.name()).collect();
            fresh.sort_unstable();
            fresh.dedup();
            Some(StepUpRequirement {
                approvals: count.saturating_sub(fresh.len()),
                ..StepUpRequirement::of(Vec::new(), None, *max_age)
            })
        }
        Requirement::Classes { .. } | Requirement::Level { .. } => None,
    }
}

fn by_external_verifier(by: ExternalVerifier, max_age: Duration) -> StepUpRequirement {
    StepUpRequirement::of(vec![Factor::External], Some(by), max_age)
}

/// The class that whatever fills this ask shows, as a factor of this strength; none, if that cannot be told.
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
    let shown = Shown::Class(class, at_least).factors();
    let all = requirement
        .factors
        .iter()
        .all(|factor| shown.contains(factor));
    all.then_some(class)
}

/// No desk offers more; those that cost most are left out.
pub(crate) const MOST_OPTIONS: usize = 64;
/// An external verifier may come up as one of a class and as one who reaches a level alone: the same options, twice.
pub(crate) const MOST_TWICE: usize = 2 * MOST_OPTIONS;
/// Twelve requirements, of which a level takes two places and classes take three.
const MOST_PLACES: usize = 16;
