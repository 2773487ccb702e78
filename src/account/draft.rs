//! Drafts: a record as it was opened, the next one, and its bytes.

use super::outcome::lock_of;
use super::record::budget::Budget;
use super::record::bytes;
use super::record::odds::{self, Odds};
use super::record::pending::KeptChange;
use super::record::slot::Head;
use super::record::state::{Locks, Record};
use super::settings::Settings;
use crate::authenticator::AddedBy;
use crate::context::{ContextAt, Interaction};
use crate::error::Error;
use crate::event::{Event, EventKind, PendingChange};
use crate::limits::throttle::{self, Lane, Limits, Terms, Try};
use crate::status::Lock;
use crate::store::{Entry, Key, Version};
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::transition::Transition;
use core::time::Duration;

/// A record that was opened or made, with its settings and subject. A step works in it, so it serves one step.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) settings: Settings,
    pub(crate) subject: Subject,
    pub(crate) record: Box<Record>,
    /// The version in the store, if the record is stored.
    pub(crate) version: Option<Version>,
    /// The length of the record before this step.
    pub(crate) length: usize,
}

impl Opened {
    /// A decoy lives so long after its last step. On any anonymous lane, as long without a wrong try ends the counts.
    pub(crate) const DECOY_LIFETIME: Duration = throttle::MEMORY;

    /// Makes a record that is not stored yet, in the place of `over` if there is something.
    pub(crate) fn new(
        settings: &Settings,
        subject: &Subject,
        record: Box<Record>,
        over: Option<Version>,
    ) -> Self {
        Self {
            settings: settings.clone(),
            subject: subject.clone(),
            record,
            version: over,
            length: 0,
        }
    }

    /// Returns whether a step would store one more decoy.
    pub(crate) fn is_new_decoy(&self, now: Timestamp) -> bool {
        self.record.decoy && (self.version.is_none() || self.is_over(now))
    }

    /// Returns whether it is a decoy whose lifetime is over.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.record.decoy && self.record.unused(now) >= Self::DECOY_LIFETIME
    }

    /// Returns whether the record is that of a customer, and this interaction holds evidence in it.
    pub(crate) fn holds_evidence(&self, ctx: &ContextAt) -> bool {
        let evidence = &self.record.evidence;
        !self.record.decoy
            && evidence.order_lane(ctx.interaction(), ctx.now()) == Lane::WithEvidence
    }

    /// Returns when a stored decoy may be dropped.
    pub(crate) fn remembered_until(&self) -> Timestamp {
        remembered_until(&self.record)
    }

    /// Makes an event that belongs to no step of the record.
    pub(crate) fn note(&self, ctx: &ContextAt, kind: EventKind) -> Event {
        event(&self.record, &self.settings, ctx, kind)
    }
}

/// The next record, in the making. It is made in the record that was opened: a copy would be one more of its secrets.
pub(crate) struct Draft<'a> {
    settings: &'a Settings,
    subject: &'a Subject,
    pub(crate) ctx: &'a ContextAt,
    pub(crate) next: &'a mut Record,
    /// The locks before this step.
    before: Locks,
    version: Option<Version>,
    length: usize,
    clock_went_back: bool,
    by: AddedBy,
    /// The ends of changes that waited, in this step.
    earlier: Vec<(EventKind, Agents)>,
    /// The agents of the change that the event of this step is about.
    agents: Agents,
}

/// The hashes of the agent who handled a change that waits, and of those who approved it.
#[derive(Clone, Default)]
struct Agents {
    handled_by: Option<[u8; 16]>,
    approved_by: Vec<[u8; 16]>,
}

impl<'a> Draft<'a> {
    /// Begins at the context's moment.
    pub(crate) fn new(opened: &'a mut Opened, ctx: &'a ContextAt, before: Locks) -> Self {
        let clock_went_back = opened.record.see(ctx.now());
        Self {
            settings: &opened.settings,
            subject: &opened.subject,
            ctx,
            next: &mut opened.record,
            before,
            version: opened.version,
            length: opened.length,
            clock_went_back,
            by: AddedBy::Host,
            earlier: Vec::new(),
            agents: Agents::default(),
        }
    }

    /// Says by which authority authenticators are added from here on. Returns the one before.
    pub(crate) const fn set_authority(&mut self, by: AddedBy) -> AddedBy {
        core::mem::replace(&mut self.by, by)
    }

    /// Notes what became of a change that waited. The trail says it before the event of this step.
    pub(crate) fn note(
        &mut self,
        kept: &KeptChange,
        kind: impl FnOnce(PendingChange) -> EventKind,
    ) {
        let agents = self.agents_of(kept);
        self.earlier.push((kind(facts(kept)), agents));
    }

    /// Ends with a step about a change that waits.
    pub(crate) fn step_about<O>(
        mut self,
        kept: &KeptChange,
        kind: impl FnOnce(PendingChange) -> EventKind,
        outcome: O,
    ) -> Result<Step<O>, Error> {
        self.agents = self.agents_of(kept);
        self.step(kind(facts(kept)), outcome)
    }

    fn agents_of(&self, kept: &KeptChange) -> Agents {
        let hash = |agent| self.settings.agent_hash(&agent);
        Agents {
            handled_by: kept.handled_by().map(hash),
            approved_by: kept.approved_by().into_iter().map(hash).collect(),
        }
    }

    /// Says by which authority this step adds authenticators.
    pub(crate) const fn with_authority(mut self, by: AddedBy) -> Self {
        self.by = by;
        self
    }

    /// Returns by which authority this step adds authenticators.
    pub(crate) const fn by(&self) -> AddedBy {
        self.by
    }

    /// Makes the head of a new authenticator.
    pub(crate) fn head(&mut self) -> Head {
        self.next.head(self.ctx.now(), self.by)
    }

    pub(crate) const fn settings(&self) -> &'a Settings {
        self.settings
    }

    pub(crate) const fn subject(&self) -> &'a Subject {
        self.subject
    }

    /// Returns the number that the next write will have.
    pub(crate) fn revision(&self) -> u64 {
        self.next.revision.saturating_add(1)
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.ctx.now()
    }

    pub(crate) const fn interaction(&self) -> Interaction {
        self.ctx.interaction()
    }

    /// Returns the lane of an order of this interaction. Evidence of any factor counts.
    pub(crate) fn order_lane(&self) -> Lane {
        self.next
            .evidence
            .order_lane(self.interaction(), self.now())
    }

    /// Returns whether this interaction holds evidence of any factor.
    pub(crate) fn holds_evidence(&self) -> bool {
        self.order_lane() == Lane::WithEvidence
    }

    /// Returns the terms that tries of this interaction are counted by.
    pub(crate) fn terms(&self, budget: Budget) -> Terms {
        Terms {
            lane: self
                .next
                .evidence
                .lane(self.interaction(), budget, self.now()),
            at: self.next.moment(self.now()),
            limits: self.limits_of(budget),
        }
    }

    /// Returns the limits of a budget for what is enrolled.
    fn limits_of(&self, budget: Budget) -> Limits {
        let own = self.settings().limits_of(budget);
        if self.settings().accepts_guessing() {
            return own;
        }
        odds::limits_of(self.next, budget, own)
    }

    /// Returns the lock that keeps this interaction from an order of a budget. An order does not count as a try.
    pub(crate) fn locked(&mut self, budget: Budget, kind: Try) -> Option<Lock> {
        let terms = self.terms(budget);
        let throttle = self.next.throttles.of(budget);
        throttle.refusal_of(kind, &terms).map(lock_of)
    }

    pub(crate) fn is_disabled(&self, budget: Budget) -> bool {
        let limits = self.settings().limits_of(budget);
        self.next.throttles.peek(budget).is_disabled(&limits)
    }

    /// Forgets the counts of a budget on both lanes. Its factor was rebound, or an authority unlocked it.
    pub(crate) fn rebind(&mut self, budget: Budget) {
        self.next.throttles.of(budget).begin_anew();
    }

    /// Ends the enrolment of an authenticator: its budget starts afresh. If it replaced another one, earlier evidence is
    /// void.
    pub(crate) fn replaced(&mut self, something: bool, budget: Budget) {
        if something {
            self.next.void_evidence();
        }
        self.rebind(budget);
    }

    /// Returns whether authenticators may share a budget. Each gives how many codes are right, of how many.
    pub(crate) fn within_guess_bounds(
        &self,
        budget: Budget,
        all: impl Iterator<Item = Odds>,
    ) -> bool {
        let settings = self.settings();
        settings.accepts_guessing() || settings.limits_of(budget).within_bounds(all).is_some()
    }

    /// Returns whether authenticators leave all tries of the host's own limits.
    pub(crate) fn keeps_all_tries(&self, budget: Budget, all: impl Iterator<Item = Odds>) -> bool {
        let limits = self.settings().limits_of(budget);
        self.settings().accepts_guessing() || limits.within_bounds(all) == Some(limits)
    }

    /// Returns whether so many right codes leave as many tries as those before.
    pub(crate) fn costs_no_try(
        &self,
        budget: Budget,
        before: impl Iterator<Item = Odds>,
        then: impl Iterator<Item = Odds>,
    ) -> bool {
        let limits = self.settings().limits_of(budget);
        self.settings().accepts_guessing()
            || limits.within_bounds(before) == limits.within_bounds(then)
    }

    /// Ends with the next record, and an outcome.
    pub(crate) fn step<O>(self, kind: EventKind, outcome: O) -> Result<Step<O>, Error> {
        self.next.revision = self.revision();
        let at = self.next.moment(self.now());
        // Noting a moment asks for nothing that the number of authenticators changes.
        let limits = |budget| self.settings.limits_of(budget);
        self.next.throttles.see(&at, limits);
        let (cipher, key) = (self.settings.cipher(), Key::of(self.subject));
        let (bytes, nonce) = bytes::seal(self.next, cipher, &key, self.length)?;
        let expires_at = self.next.decoy.then(|| remembered_until(self.next));
        let entry = Entry::new(bytes, Version::from_bytes(nonce), expires_at);
        let sealed = Sealed::new(self.version, entry);
        let recorded = Recorded {
            outcome,
            event: self.event(kind),
            earlier: self.earlier_events(),
        };
        Ok(Transition::to(sealed, recorded))
    }

    /// Ends with an outcome that need not be stored.
    ///
    /// It is stored if a clock that was set back has changed a lock: a release that was shown must be kept, or it would
    /// slide. It is stored, too, if a change that waited took effect.
    pub(crate) fn tell<O>(self, kind: EventKind, outcome: O) -> Result<Step<O>, Error> {
        let is_altered = self.clock_went_back || !self.earlier.is_empty();
        if is_altered || !self.next.has_locks(&self.before) {
            return self.step(kind, outcome);
        }
        Ok(Transition::unchanged(Recorded {
            outcome,
            event: self.event(kind),
            earlier: Vec::new(),
        }))
    }

    fn event(&self, kind: EventKind) -> Event {
        Event {
            clock_went_back: self.clock_went_back,
            tries_left: self.tries_left(kind),
            handled_by: self.agents.handled_by,
            approved_by: self.agents.approved_by.clone(),
            ..event(self.next, self.settings(), self.ctx, kind)
        }
    }

    fn earlier_events(&self) -> Vec<Event> {
        let of = |(kind, agents): &(EventKind, Agents)| Event {
            handled_by: agents.handled_by,
            approved_by: agents.approved_by.clone(),
            ..event(self.next, self.settings(), self.ctx, *kind)
        };
        self.earlier.iter().map(of).collect()
    }

    /// Returns how many wrong tries are left before waiting does not help, if they are few.
    fn tries_left(&self, kind: EventKind) -> Option<u8> {
        let (EventKind::Denied { factor, .. } | EventKind::Reserved { factor }) = kind else {
            return None;
        };
        let budget = Budget::of(factor)?;
        let terms = self.terms(budget);
        self.next
            .throttles
            .peek(budget)
            .tries_left(terms.lane, &terms.limits)
            .filter(|left| *left <= Event::WARNED_BEFORE)
    }
}

/// A step of an account: a record to store, and the outcome after that.
pub(crate) type Step<O> = Transition<Recorded<O>, Sealed>;

fn event(record: &Record, settings: &Settings, ctx: &ContextAt, kind: EventKind) -> Event {
    Event {
        at: ctx.now(),
        pseudonym: record.pseudonym,
        revision: record.revision,
        channel: ctx.channel(),
        interaction: settings.interaction_hash(ctx.interaction()),
        clock_went_back: false,
        tries_left: None,
        handled_by: None,
        approved_by: Vec::new(),
        kind,
    }
}

/// Returns what an event says of a change that waits.
pub(crate) const fn facts(kept: &KeptChange) -> PendingChange {
    PendingChange {
        id: kept.id(),
        action: kept.alteration.action(),
        factor: kept.alteration.factor(),
    }
}

/// Returns when a decoy may be dropped.
fn remembered_until(record: &Record) -> Timestamp {
    record.clock.latest().plus(Opened::DECOY_LIFETIME)
}

/// A record to store, and the version that it replaces.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    expected: Option<Version>,
    entry: Entry,
}

impl Sealed {
    pub(crate) const fn new(expected: Option<Version>, entry: Entry) -> Self {
        Self { expected, entry }
    }

    /// Returns the version that must stand in the store. `None` means that nothing may stand there.
    pub(crate) const fn expected(&self) -> Option<Version> {
        self.expected
    }

    /// Returns whether it is the record of an account. Decoys and counts expire.
    pub(crate) const fn is_account(&self) -> bool {
        self.entry.expires_at().is_none()
    }

    pub(crate) fn into_entry(self) -> Entry {
        self.entry
    }

    /// Returns the entry to store.
    pub(crate) const fn entry(&self) -> &Entry {
        &self.entry
    }
}

/// An outcome, and the event for the audit trail that goes with it. Write the event first.
#[derive(Debug)]
pub(crate) struct Recorded<O> {
    /// The outcome.
    pub(crate) outcome: O,
    /// The event for the audit trail.
    pub(crate) event: Event,
    /// Events that come before it: of changes that took effect in this step.
    pub(crate) earlier: Vec<Event>,
}
