//! Measures of a verifier's calls: the one place where a port is timed, and where an outcome becomes a label.

use core::time::Duration;
use std::time::Instant;

use super::authorize::Authorized;
use super::port::Port;
use super::shared::Shared;
use super::turns::{Stripe, Turn};
use crate::account::Outcome;
use crate::account::steps::pending_check::{ComputedCheck, PendingCheck};
use crate::delivered::Issued;
use crate::error::Error;
use crate::event::{Event, RedeemRefusal};
use crate::grant::Redeemed;
use crate::hashing::{HashPermit, HashPool};
use crate::metrics::{CallOutcome, Measure, StoreCall, StoreOutcome, Wait};
use crate::store::{Entry, Key, Page, Replaced, ScanPlace, Swap, Version};
use crate::time::Timestamp;

/// A port that measures what it asks another port for.
#[derive(Clone, Copy)]
pub(super) struct Metered<'e, P> {
    pub(super) port: P,
    pub(super) shared: &'e Shared,
}

impl<'e, P: Port> Metered<'e, P> {
    /// Begins to measure a call, before it is made: a port that blocks makes it at once.
    fn begin(self) -> Begun<'e> {
        let shared = self.shared;
        let at = shared.is_metered().then(Instant::now);
        Begun { at, shared }
    }
}

/// A call that has begun. Without metrics no clock is read.
struct Begun<'e> {
    at: Option<Instant>,
    shared: &'e Shared,
}

impl Begun<'_> {
    /// Waits for the answer, and records what `measure` makes of it and of its time.
    async fn until<T: Send>(
        self,
        answer: impl Future<Output = T> + Send,
        measure: impl FnOnce(&T, Duration) -> Measure + Send,
    ) -> T {
        let answer = answer.await;
        if let Some(at) = self.at {
            self.shared.measure(|| measure(&answer, at.elapsed()));
        }
        answer
    }
}

impl<P: Port> Port for Metered<'_, P> {
    fn load(self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        let begun = self.begin();
        begun.until(self.port.load(key), |loaded, took| {
            store(StoreCall::Load, done(loaded), took)
        })
    }

    fn replace(
        self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        let begun = self.begin();
        begun.until(self.port.replace(key, expected, entry), |replaced, took| {
            store(StoreCall::Replace, swapped(replaced), took)
        })
    }

    fn remove(
        self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        let begun = self.begin();
        begun.until(self.port.remove(key, expected), |removed, took| {
            store(StoreCall::Remove, swapped(removed), took)
        })
    }

    fn purge(self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send {
        let begun = self.begin();
        begun.until(self.port.purge(now), |purged, took| {
            store(StoreCall::Purge, done(purged), took)
        })
    }

    fn scan(
        self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send {
        let begun = self.begin();
        begun.until(self.port.scan(from, limit), |page, took| {
            store(StoreCall::Scan, done(page), took)
        })
    }

    fn replace_all(
        self,
        swaps: &[Swap],
    ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send {
        let begun = self.begin();
        begun.until(self.port.replace_all(swaps), |replaced, took| {
            store(StoreCall::ReplaceAll, done(replaced), took)
        })
    }

    fn note(self, event: &Event) -> impl Future<Output = Result<(), Error>> + Send {
        self.port.note(event)
    }

    fn permit(
        self,
        pool: &HashPool,
        patience: Duration,
        traceless: bool,
    ) -> impl Future<Output = Option<HashPermit>> + Send {
        let begun = self.begin();
        let permit = self.port.permit(pool, patience, traceless);
        begun.until(permit, |permit, took| {
            waited(Wait::Permit, permit.is_some(), took)
        })
    }

    fn compute(
        self,
        reserved: PendingCheck,
        permit: Option<HashPermit>,
    ) -> impl Future<Output = Result<ComputedCheck, Error>> + Send {
        self.port.compute(reserved, permit)
    }

    fn turn(self, stripe: &Stripe) -> impl Future<Output = Option<Turn<'_>>> + Send {
        let begun = self.begin();
        begun.until(self.port.turn(stripe), |turn, took| {
            waited(Wait::Turn, turn.is_some(), took)
        })
    }

    fn pause(self, span: Duration) -> impl Future<Output = ()> + Send {
        self.port.pause(span)
    }
}

const fn store(call: StoreCall, outcome: StoreOutcome, took: Duration) -> Measure {
    Measure::Store {
        call,
        outcome,
        took,
    }
}

const fn waited(wait: Wait, admitted: bool, took: Duration) -> Measure {
    Measure::Wait {
        wait,
        admitted,
        took,
    }
}

const fn done<T>(answer: &Result<T, Error>) -> StoreOutcome {
    match answer {
        Ok(_) => StoreOutcome::Done,
        Err(_) => StoreOutcome::Error,
    }
}

const fn swapped(answer: &Result<Replaced, Error>) -> StoreOutcome {
    match answer {
        Ok(Replaced::Stored) => StoreOutcome::Done,
        Ok(Replaced::Conflict(_)) => StoreOutcome::Conflict,
        Err(_) => StoreOutcome::Error,
    }
}

pub(super) const fn of_check(checked: &Result<Outcome, Error>) -> CallOutcome {
    match checked {
        Ok(Outcome::Accepted(_)) => CallOutcome::Accepted,
        Ok(Outcome::Denied) => CallOutcome::Denied,
        Ok(Outcome::Locked(_)) => CallOutcome::Locked,
        Ok(Outcome::InvalidCheckDigit) => CallOutcome::InvalidCheckDigit,
        Ok(Outcome::Busy { .. }) => CallOutcome::Busy,
        Err(_) => CallOutcome::Error,
    }
}

pub(super) const fn of_issue<T>(issued: &Result<Issued<T>, Error>) -> CallOutcome {
    match issued {
        Ok(Issued::Ready(_)) => CallOutcome::Issued,
        Ok(Issued::RateLimited(_)) => CallOutcome::RateLimited,
        Err(_) => CallOutcome::Error,
    }
}

pub(super) const fn of_authorize(authorized: &Result<Authorized, Error>) -> CallOutcome {
    match authorized {
        Ok(Authorized::Yes(_)) => CallOutcome::Redeemed,
        Ok(Authorized::StepUp(_)) => CallOutcome::StepUp,
        Ok(Authorized::No(_)) => CallOutcome::Refused,
        Err(_) => CallOutcome::Error,
    }
}

pub(super) const fn of_redeem(
    redeemed: &Result<Result<Redeemed, RedeemRefusal>, Error>,
) -> CallOutcome {
    match redeemed {
        Ok(Ok(_)) => CallOutcome::Redeemed,
        Ok(Err(_)) => CallOutcome::Refused,
        Err(_) => CallOutcome::Error,
    }
}
