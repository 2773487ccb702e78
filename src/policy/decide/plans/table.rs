//! The choices for the places of one alternative's plans, and the plans that are made of them.

use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::decide::case::{Case, Piece, left};
use crate::policy::decide::options::StepUpRequirement;
use crate::policy::document::{
    Aal, CLASSES, Condition, Conditions, Document, EvidenceKind, Requirement, factors_of,
};
use crate::status::Status;
use core::time::Duration;

/// The order of options: whether a factor is locked, the delay, the cost, the number of requirements.
pub(crate) type Key = (bool, Duration, u32, usize);

/// The requirement of one place of a plan.
pub(crate) struct Part<'s> {
    /// Locked factors are asked for when the caller is better known, and other agents at the end.
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

    /// Whether the caller has to do the same for both. The greatest age does not matter to evidence that is given now.
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

/// The choices for the places of one alternative's plans.
pub(crate) struct Table<'a> {
    pub(crate) document: &'a Document,
    pub(crate) case: &'a Case<'a>,
    pub(crate) status: &'a Status,
    pub(crate) alternative: usize,
    /// Of the alternative.
    delay: Duration,
    pub(crate) choices: Vec<Choice>,
    /// Plans that are not better than this are not offered.
    pub(crate) limit: Option<Key>,
    pub(crate) effort: usize,
}

/// A requirement to ask for, and how this caller can meet it.
pub(crate) struct Choice {
    requirement: StepUpRequirement,
    state: State,
    /// The class that it shows, as a factor of this strength or better.
    restricted: Option<FactorClass>,
    full: Option<FactorClass>,
}

#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Other agents are asked.
    Others(u32),
    Open(u32),
    /// Locked for callers of whom nothing else is known. An interaction that holds evidence of another factor still has a try
    /// (pitfall B9). Without other evidence these factors are left, or none.
    Locked(u32, Option<(u32, Vec<Factor>)>),
}

/// One choice for each place.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) choices: [u8; MOST_PLACES],
    pub(crate) places: usize,
    /// The places whose evidence has to come on a protected channel, a bit for each.
    pub(crate) protected: u16,
    /// The number of plans of its kind that are certainly not worse, itself among them.
    pub(crate) no_worse: usize,
    /// It is not better than this, whatever is added to it.
    pub(crate) least: Key,
}

/// Choices for one place. Each has the number of choices of its kind that do not cost more, itself among them.
type Place = Vec<(u8, usize)>;

impl<'a> Table<'a> {
    pub(crate) const fn of(
        document: &'a Document,
        case: &'a Case<'a>,
        status: &'a Status,
        (alternative, delay): (usize, Duration),
    ) -> Self {
        Self {
            document,
            case,
            status,
            alternative,
            delay,
            choices: Vec::new(),
            limit: None,
            effort: 0,
        }
    }

    /// Returns the plans that would meet the unmet requirements, in the order of the document.
    pub(crate) fn plans(&mut self, unmet: &[&Requirement]) -> Vec<Plan> {
        let mut first = Plan::of(self.delay);
        for requirement in unmet {
            let Some(requirement) = stated(requirement, self.case) else {
                continue;
            };
            match self
                .add(requirement)
                .and_then(|choice| self.with(&first, choice, 1))
            {
                Some(plan) => first = plan,
                // This caller can take none.
                None => return Vec::new(),
            }
        }
        let mut plans = vec![first];
        for requirement in unmet {
            plans = match requirement {
                Requirement::Classes {
                    count,
                    at_least,
                    max_age,
                } => self.classes(&plans, *count, *at_least, *max_age),
                Requirement::Level { level, max_age } => {
                    self.levels(&plans, *level, level.longest_within(*max_age))
                }
                Requirement::Evidence(_) | Requirement::Approvals { .. } => plans,
            };
        }
        plans
    }

    /// Returns the plans, each with evidence of so many classes added.
    fn classes(
        &mut self,
        plans: &[Plan],
        count: usize,
        at_least: Strength,
        max_age: Duration,
    ) -> Vec<Plan> {
        let counts = |piece: &Piece<'_>| piece.counts_to_classes(at_least, max_age);
        let given = CLASSES.map(|class| self.case.best_of(class, counts).is_some());
        let places = CLASSES.map(|class| self.of_class(class, at_least, max_age));
        let places = places.map(|requirements| self.place(requirements));
        let mut longer = Vec::new();
        for plan in plans {
            let asked = |class| {
                let mut choices = self.chosen(plan);
                choices.any(|choice| choice.shows(at_least) == Some(class))
            };
            let classes = CLASSES.iter().zip(given).zip(&places);
            let (held, absent): (Vec<_>, Vec<_>) =
                classes.partition(|((class, given), _)| *given || asked(**class));
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

    /// Returns the plans, each with evidence for an assurance level added.
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
        let given = |class: FactorClass| {
            let counts = |piece: &Piece<'_>| piece.counts_to_a_level(max_age);
            self.case.best_of(class, counts).is_some()
        };
        let has = (
            given(FactorClass::Possession),
            SECOND.into_iter().any(given),
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
                    // Both are there, but too old. One of them is enough to show that the subject is there (63B 2.2.3).
                    (true, true) => self.with_one(plan, &CLASSES, &any),
                },
            });
            longer.extend(self.each_with(&[*plan], &alone));
        }
        longer
    }

    /// Returns the plan with evidence of one of the classes on a protected channel. Evidence that it asks for already is used.
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

    /// Returns the requirements for evidence of a class: by factors that this crate checks, and by each external verifier.
    fn of_class(
        &self,
        class: FactorClass,
        at_least: Strength,
        max_age: Duration,
    ) -> Vec<StepUpRequirement> {
        let own = StepUpRequirement::of(factors_of(class, at_least), None, max_age);
        let listed = self.document.external_verifiers.iter().filter(|listed| {
            // Their evidence is at least of the strength that they are listed for. It has to be enough.
            listed.class == class && listed.at_least >= at_least
        });
        Some(own)
            .filter(|own| !own.factors.is_empty())
            .into_iter()
            .chain(listed.map(|listed| by_external_verifier(listed.by.clone(), max_age)))
            .collect()
    }

    /// Returns the choices for a place: the requirements that this caller can meet, each with its rank among its kind.
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

    /// Adds a choice, if this caller can meet the requirement.
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

    /// Returns how this caller can meet a requirement; none, if it cannot. Its factors become those that are left.
    fn state(&self, requirement: &mut StepUpRequirement) -> Option<State> {
        if requirement.approvals > 0 {
            let count = u32::try_from(requirement.approvals).unwrap_or(u32::MAX);
            let cost = self.document.approval_cost().saturating_mul(count);
            return Some(State::Others(cost));
        }
        let status = self.status;
        let unchanged = requirement.conditions.get(Condition::Unchanged);
        let (open, locked): (Vec<_>, Vec<_>) = requirement
            .factors
            .iter()
            .copied()
            .filter(|factor| *factor == Factor::External || status.is_enrolled(*factor))
            .filter(|factor| !status.shut.contains(factor))
            .filter(|factor| status.may_be_unchanged(*factor, unchanged))
            .partition(|factor| status.locked(*factor).is_none());
        let by = requirement.external_verifier.clone();
        let cost = |factors: &[Factor]| {
            let each = factors.iter();
            each.map(|factor| self.document.cost(*factor, by.as_deref()))
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

    /// Returns the plan with one place more; none, if enough plans are not worse.
    fn with(&self, plan: &Plan, id: u8, rank: usize) -> Option<Plan> {
        let choice = self.choices.get(usize::from(id))?;
        let (is_locked, delay, cost, places) = plan.least;
        let mut longer = *plan;
        longer.no_worse = plan.no_worse.saturating_mul(rank);
        longer.least = (
            is_locked || matches!(choice.state, State::Locked(..)),
            delay,
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

    /// Whether a plan asks the caller only for locked factors. An approval does not make the caller better known.
    pub(crate) fn is_alone(&self, plan: &Plan) -> bool {
        let mut choices = self.chosen(plan);
        !choices.any(|choice| matches!(choice.state, State::Open(_)))
    }

    /// Returns the order of a plan; none, if this caller cannot take it.
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
        Some((is_locked, self.delay, sum, plan.places))
    }

    /// Returns the requirements of a plan, in the order to ask for them.
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

    /// Returns the kind of a choice. After choices of one kind the same requirements are left, so only the cost tells which is
    /// better.
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

impl Plan {
    const fn of(delay: Duration) -> Self {
        Self {
            choices: [0; MOST_PLACES],
            places: 0,
            protected: 0,
            no_worse: 1,
            least: (false, delay, 0, 0),
        }
    }
}

fn bit(place: usize) -> u16 {
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    1_u16.checked_shl(place).unwrap_or(0)
}

/// Returns the one requirement to ask for; none, if there is a choice.
fn stated(requirement: &Requirement, case: &Case<'_>) -> Option<StepUpRequirement> {
    match requirement {
        Requirement::Evidence(wanted) => {
            let can = |factor: &Factor| wanted.conditions.can_be_kept_by(*factor);
            let factors = wanted.kind.factors().into_iter().filter(can);
            let by = wanted.kind.external_verifier().map(str::to_owned);
            Some(StepUpRequirement {
                // Evidence that is given now is of this interaction.
                conditions: wanted.conditions.joined(&Conditions::usual()),
                ..StepUpRequirement::of(factors.collect(), by, wanted.max_age)
            })
        }
        Requirement::Approvals { count, max_age } => {
            let fresh = case.approvals.iter();
            let fresh = fresh.filter(|approval| left(*max_age, approval.age).is_some());
            let mut fresh: Vec<_> = fresh.map(|approval| approval.agent.name()).collect();
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
pub(crate) const MOST_OPTIONS: usize = 64;
/// An external verifier may stand for a class and for a level that it reaches alone: the same option, twice.
pub(crate) const MOST_TWICE: usize = 2 * MOST_OPTIONS;
/// Twelve requirements; a level takes two places and classes take three.
const MOST_PLACES: usize = 16;
