//! The evidence that can be given at all, and the least that meets a requirement.

use core::cell::RefCell;
use std::rc::Rc;

use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::document::{
    Aal, CLASSES, Condition, Document, EvidenceKind, Listed, Requirement, Wanted, factors_of,
};
use crate::policy::lint::example::{ExampleEvidence, ExampleRequest};
use core::time::Duration;

/// Where a policy runs: the factors that subjects can enrol, the external verifiers, and how long a session lasts.
///
/// ```
/// use core::time::Duration;
/// use countersign::{Factor, policy::Deployment};
/// let bank = Deployment::new()
///     .enrolling([Factor::Totp, Factor::SpokenCode, Factor::Questions])
///     .with_external_verifiers(&[])
///     .session(Duration::from_secs(30 * 60));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    factors: Option<Vec<Factor>>,
    external_verifiers: Option<Vec<String>>,
    session: Option<Duration>,
}

impl Deployment {
    /// Makes a deployment in which every factor can be enrolled, and every external verifier of the document attests. The length
    /// of sessions is left open.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            factors: None,
            external_verifiers: None,
            session: None,
        }
    }

    /// Sets the only factors that can be enrolled.
    #[must_use]
    pub fn enrolling(self, factors: impl IntoIterator<Item = Factor>) -> Self {
        let factors = Some(factors.into_iter().collect());
        Self { factors, ..self }
    }

    /// Sets the names of the only external verifiers that attest.
    #[must_use]
    pub fn with_external_verifiers(self, external_verifiers: &[&str]) -> Self {
        let names = external_verifiers.iter().map(|name| (*name).to_owned());
        let external_verifiers = Some(names.collect());
        Self {
            external_verifiers,
            ..self
        }
    }

    /// Sets how long a session lasts.
    #[must_use]
    pub fn session(self, longest: Duration) -> Self {
        let session = Some(longest);
        Self { session, ..self }
    }

    pub(crate) const fn longest_session(&self) -> Option<Duration> {
        self.session
    }

    fn enrols(&self, factor: Factor) -> bool {
        self.factors
            .as_ref()
            .is_none_or(|factors| factors.contains(&factor))
    }

    fn has(&self, by: &str) -> bool {
        self.external_verifiers
            .as_ref()
            .is_none_or(|external_verifiers| external_verifiers.iter().any(|one| one == by))
    }
}

/// The evidence that can be given to one document, as far as it makes a difference to some requirements. Of evidence that is
/// worth the same to all of them, one piece stands for all.
pub(crate) struct World<'a> {
    pub(crate) document: &'a Document,
    deployment: &'a Deployment,
    /// For classes and levels. Of factors that no requirement names, there is one of each worth.
    factors: Vec<Factor>,
    listed: Vec<&'a Listed>,
    unrestricted: bool,
    /// The least sets that were computed already.
    known: RefCell<Vec<(Requirement, Rc<[ExampleRequest]>)>>,
}

impl<'a> World<'a> {
    /// Makes the world of evidence for `document`. The `requirements` are of it or of `other`.
    pub(crate) fn of(
        deployment: &'a Deployment,
        document: &'a Document,
        other: &Document,
        requirements: &[&Requirement],
    ) -> Self {
        let kinds = || {
            requirements.iter().filter_map(|one| match one {
                Requirement::Evidence(wanted) => Some(&wanted.kind),
                _ => None,
            })
        };
        let named = |factor| kinds().any(|kind| *kind == EvidenceKind::Factor(factor));
        let mut factors: Vec<Factor> = Vec::new();
        for factor in Factor::ALL {
            let worth = |one: Factor| {
                let is_for_recovery = one == Factor::RecoveryCode;
                (
                    one.class(),
                    one.strength(),
                    Condition::ALL.map(|condition| condition.can_be_kept_by(one)),
                    is_for_recovery,
                )
            };
            let stood_for = factors
                .iter()
                .any(|one| !named(*one) && worth(*one) == worth(factor));
            if deployment.enrols(factor) && (named(factor) || !stood_for) {
                factors.push(factor);
            }
        }
        let named = |by: &str| kinds().any(|kind| kind.external_verifier() == Some(by));
        let mut listed: Vec<&Listed> = Vec::new();
        for one in &document.external_verifiers {
            let worth = |one: &Listed| {
                let elsewhere = other
                    .external_verifiers
                    .iter()
                    .find(|also| also.by == one.by);
                let worth = |one: &Listed| (one.class, one.at_least, one.reaches);
                (worth(one), elsewhere.map(worth))
            };
            let stood_for = listed
                .iter()
                .any(|also| !named(&also.by) && worth(also) == worth(one));
            if deployment.has(&one.by) && (named(&one.by) || !stood_for) {
                listed.push(one);
            }
        }
        Self {
            document,
            deployment,
            factors,
            listed,
            unrestricted: false,
            known: RefCell::default(),
        }
    }

    /// Leaves out restricted evidence (SP 800-63B-4 3.2.9).
    pub(crate) fn unrestricted(self) -> Self {
        Self {
            unrestricted: true,
            known: RefCell::default(),
            ..self
        }
    }

    /// Returns the least sets that meet a requirement, the smallest first. Evidence that meets it holds one of them.
    pub(crate) fn least(&self, requirement: &Requirement) -> Rc<[ExampleRequest]> {
        let mut known = self.known.borrow_mut();
        if let Some((_, least)) = known.iter().find(|(one, _)| one == requirement) {
            return Rc::clone(least);
        }
        let mut least = self.least_of(requirement);
        least.sort_by_key(ExampleRequest::size);
        let least: Rc<[ExampleRequest]> = least.into();
        known.push((requirement.clone(), Rc::clone(&least)));
        least
    }

    fn least_of(&self, requirement: &Requirement) -> Vec<ExampleRequest> {
        match requirement {
            Requirement::Evidence(wanted) => self
                .wanted(wanted)
                .into_iter()
                .map(|one| only([one]))
                .collect(),
            Requirement::Classes {
                count,
                at_least,
                max_age,
            } => self.classes(*count, *at_least, *max_age),
            Requirement::Level { level, max_age } => {
                self.level(*level, level.longest_within(*max_age))
            }
            Requirement::Approvals { count, max_age } => vec![ExampleRequest {
                approvals: vec![*max_age; *count],
                ..ExampleRequest::default()
            }],
        }
    }

    fn wanted(&self, wanted: &Wanted) -> Vec<ExampleEvidence> {
        let age = wanted.max_age;
        let pieces = match &wanted.kind {
            EvidenceKind::Factor(factor) => self.by_factors(&[*factor], age),
            EvidenceKind::Class(class, at_least) => {
                self.by_factors(&self.kept(&factors_of(*class, *at_least)), age)
            }
            EvidenceKind::External {
                by,
                class,
                at_least,
            } if self.deployment.has(by) => vec![self.attested(by, *class, *at_least, age)],
            EvidenceKind::External { .. } => Vec::new(),
        };
        pieces
            .into_iter()
            .filter(|piece| wanted.conditions.can_be_kept_by(piece.factor))
            .map(|piece| ExampleEvidence {
                conditions: wanted.conditions,
                ..piece
            })
            .collect()
    }

    fn kept(&self, factors: &[Factor]) -> Vec<Factor> {
        let kept = |factor: &Factor| self.factors.contains(factor);
        factors.iter().copied().filter(kept).collect()
    }

    fn by_factors(&self, factors: &[Factor], age: Duration) -> Vec<ExampleEvidence> {
        let plain = |factor: &Factor| {
            let (class, strength) = (factor.class()?, factor.strength()?);
            let can = self.deployment.enrols(*factor)
                && !(self.unrestricted && strength == Strength::Restricted);
            can.then(|| ExampleEvidence::plain(*factor, class, strength, age))
        };
        factors.iter().filter_map(plain).collect()
    }

    fn attested(
        &self,
        by: &str,
        class: FactorClass,
        least: Strength,
        age: Duration,
    ) -> ExampleEvidence {
        let strength = match least {
            Strength::Restricted if self.unrestricted => Strength::Full,
            other => other,
        };
        ExampleEvidence {
            external_verifier: Some(by.to_owned()),
            ..ExampleEvidence::plain(Factor::External, class, strength, age)
        }
    }

    /// Returns the evidence that counts as a factor of this class, at this strength or better.
    fn of_class(
        &self,
        class: FactorClass,
        at_least: Strength,
        age: Duration,
    ) -> Vec<ExampleEvidence> {
        let mut pieces = self.by_factors(&self.kept(&factors_of(class, at_least)), age);
        let attested = self.listed.iter().filter(|listed| listed.class == class);
        pieces.extend(attested.map(|listed| self.of_listed(listed, at_least, age)));
        pieces
    }

    fn of_listed(&self, listed: &Listed, at_least: Strength, age: Duration) -> ExampleEvidence {
        let least = listed.at_least.max(at_least).max(Strength::Restricted);
        self.attested(&listed.by, listed.class, least, age)
    }

    fn classes(&self, count: usize, at_least: Strength, age: Duration) -> Vec<ExampleRequest> {
        let mut least = vec![ExampleRequest::default()];
        let mut complete = Vec::new();
        for class in CLASSES {
            let of_class = self.of_class(class, at_least, age);
            let mut longer = Vec::new();
            for set in &least {
                longer.extend(of_class.iter().map(|one| and(set, one)));
            }
            let (full, rest) = longer
                .into_iter()
                .partition(|set| set.evidence.len() >= count);
            complete.extend::<Vec<_>>(full);
            least.extend::<Vec<_>>(rest);
        }
        complete
    }

    /// Returns the least sets for a level (SP 800-63B-4 2.1.1, 2.2.1, 2.3.1), with activity (2.2.3, 2.3.3).
    fn level(&self, level: Aal, longest: Duration) -> Vec<ExampleRequest> {
        let of_class = |class, age| self.of_class(class, Strength::Restricted, age);
        let any = |age| {
            CLASSES
                .into_iter()
                .flat_map(move |class| of_class(class, age))
        };
        let alone = self
            .listed
            .iter()
            .filter(|listed| listed.reaches >= Some(level))
            .map(|listed| self.of_listed(listed, Strength::Restricted, longest));
        let mut bases: Vec<ExampleRequest> = match level {
            Aal::One => any(longest).map(|one| only([one])).collect(),
            Aal::Two | Aal::Three => alone.map(|one| only([one])).collect(),
        };
        if level == Aal::Two {
            for second in [FactorClass::Knowledge, FactorClass::Inherence] {
                for one in of_class(FactorClass::Possession, longest) {
                    let pair = |other: ExampleEvidence| only([one.clone(), other]);
                    bases.extend(of_class(second, longest).into_iter().map(pair));
                }
            }
        }
        let mut least = Vec::new();
        match level.longest_idle().filter(|most| *most < longest) {
            None => least = bases,
            Some(most) => {
                for base in bases {
                    // To give evidence is to be active, too.
                    let active = any(most).map(|one| and(&base, &one).without_lesser());
                    least.extend(active);
                    least.push(ExampleRequest {
                        last_active: Some(most),
                        ..base
                    });
                }
            }
        }
        for piece in least.iter_mut().flat_map(|set| &mut set.evidence) {
            piece.conditions = piece.conditions.with(Condition::Protected, 1);
        }
        least
    }
}

fn only<const COUNT: usize>(pieces: [ExampleEvidence; COUNT]) -> ExampleRequest {
    ExampleRequest {
        evidence: pieces.to_vec(),
        ..ExampleRequest::default()
    }
}

fn and(set: &ExampleRequest, piece: &ExampleEvidence) -> ExampleRequest {
    let mut longer = set.clone();
    longer.evidence.push(piece.clone());
    longer
}
