//! The races of a compare-and-swap: try, and try again if another writer was faster.
//!
//! Threads of one process that meet at one record write it in turns. A caller that has lost a race takes the turn, and no
//! caller begins a try beside it. So a caller loses to no more threads than had begun theirs by then. Other processes see no
//! turns: for them a caller steps back for a moment, longer with each lost race, and by chance.
//!
//! A store that hangs fails each caller after its time-out. Turns would add these up. So if the store fails a caller with the turn,
//! all who wait for it by then go on without it.

use core::time::Duration;

use super::port::Port;
use super::shared::Shared;
use super::turns::{Stripe, Turn};
use crate::error::Error;
use crate::metrics::{Measure, RecordKind};
use crate::random::{Draw, System};
use crate::store::{Entry, Key};

/// After this many lost races a call gives up. With the turn taken, only other processes can win that many.
const MOST_RACES: u32 = 64;
/// After this many lost races a caller takes the turn.
const RACES_BESIDE_OTHERS: u32 = 1;

/// The tries of one caller at one record. Its turn ends when this is dropped.
pub(super) struct Race<'e, P> {
    port: P,
    shared: &'e Shared,
    kind: RecordKind,
    key: &'e Key,
    stripe: &'e Stripe,
    turn: Option<Turn<'e>>,
    lost: u32,
    /// The entry in the store, or none, as far as this caller knows.
    known: Option<Option<Entry>>,
}

impl<'e, P: Port> Race<'e, P> {
    pub(super) fn new(port: P, shared: &'e Shared, kind: RecordKind, key: &'e Key) -> Self {
        Self {
            port,
            shared,
            kind,
            key,
            stripe: shared.turns.stripe(key),
            turn: None,
            lost: 0,
            known: None,
        }
    }

    /// Begins with what the caller has loaded already.
    pub(super) fn knowing(self, present: Option<Entry>) -> Self {
        Self {
            known: Some(present),
            ..self
        }
    }

    /// Returns whether the next try needs the turn, and the caller does not have it.
    ///
    /// No try of this process begins while another caller has the turn.
    pub(super) fn needs_turn(&self) -> bool {
        self.turn.is_none() && (self.lost >= RACES_BESIDE_OTHERS || self.stripe.is_wanted())
    }

    /// Waits for the turn. Whatever the caller has at hand is old then: the caller before has written since.
    ///
    /// If the store has failed a caller with the turn meanwhile, this one makes its next try without it. So it does if the turn
    /// does not come, and so do those who wait beside it.
    pub(super) async fn take_turn(&mut self) {
        let failures = self.stripe.failures();
        let turn = self.port.turn(self.stripe).await;
        if turn.is_none() {
            self.stripe.fail();
        }
        self.turn = turn.filter(|_| self.stripe.failures() == failures);
        self.known = None;
    }

    /// Returns what stands in the store: what won the last race, or what is loaded now.
    pub(super) async fn present(&mut self) -> Result<Option<Entry>, Error> {
        match self.known.take() {
            Some(known) => Ok(known),
            None => self.heard(self.port.load(self.key).await),
        }
    }

    /// Takes an answer of the store. After a failure nobody waits for this caller's turn any more.
    pub(super) fn heard<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if answer.is_err() && self.turn.is_some() {
            self.stripe.fail();
        }
        answer
    }

    /// Notes a lost race. A caller with the turn lost it to another process, and steps back: up to a millisecond, longer with
    /// each, and by chance.
    pub(super) async fn lost_to(&mut self, winner: Option<Entry>) -> Result<(), Error> {
        let lost = self.lost.saturating_add(1);
        let (record, gave_up) = (self.kind, lost >= MOST_RACES);
        self.shared
            .measure(|| Measure::Conflict { record, gave_up });
        if self.turn.is_some() {
            let most = u64::from(self.lost.min(9))
                .saturating_add(1)
                .saturating_mul(100);
            let chance = u64::from(System.below(100)?);
            let span = Duration::from_micros(most.saturating_mul(chance) / 100);
            self.port.pause(span).await;
        }
        self.known = Some(winner);
        self.lost = lost;
        if !gave_up {
            return Ok(());
        }
        Err(Error::outside(
            "the compare-and-swap: too many others write this record, and it",
        ))
    }
}

#[cfg(test)]
mod tests {
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};
    use std::sync::Mutex;

    use super::*;
    use crate::account::Settings;
    use crate::account::steps::pending_check::{ComputedCheck, PendingCheck};
    use crate::event::Event;
    use crate::field::{Keyring, LongTermSecret, RootKey};
    use crate::hashing::{HashPermit, HashPool};
    use crate::store::{Page, Replaced, ScanPlace, Swap, Version};
    use crate::time::Timestamp;

    /// Counts what a race asks for.
    #[derive(Default)]
    struct Asked {
        loads: u32,
        turns: u32,
        pauses: Vec<Duration>,
    }

    impl Port for &Mutex<Asked> {
        async fn load(self, _: &Key) -> Result<Option<Entry>, Error> {
            self.lock().unwrap().loads += 1;
            Ok(Some(entry(0)))
        }

        async fn replace(self, _: &Key, _: Option<&Version>, _: &Entry) -> Result<Replaced, Error> {
            Ok(Replaced::Stored)
        }

        async fn remove(self, _: &Key, _: &Version) -> Result<Replaced, Error> {
            Ok(Replaced::Stored)
        }

        async fn purge(self, _: Timestamp) -> Result<usize, Error> {
            Ok(0)
        }

        async fn scan(self, _: Option<&ScanPlace>, _: usize) -> Result<Page, Error> {
            Ok(Page::new(Vec::new(), None))
        }

        async fn replace_all(self, _: &[Swap]) -> Result<Vec<Replaced>, Error> {
            Ok(Vec::new())
        }

        async fn note(self, _: &Event) -> Result<(), Error> {
            Ok(())
        }

        async fn permit(self, _: &HashPool, _: Duration, _: bool) -> Option<HashPermit> {
            None
        }

        async fn compute(
            self,
            _: PendingCheck,
            _: Option<HashPermit>,
        ) -> Result<ComputedCheck, Error> {
            Err(Error::outside("nothing is computed here"))
        }

        async fn turn(self, stripe: &Stripe) -> Option<Turn<'_>> {
            self.lock().unwrap().turns += 1;
            stripe.take()
        }

        async fn pause(self, span: Duration) {
            self.lock().unwrap().pauses.push(span);
        }
    }

    fn entry(tag: u8) -> Entry {
        Entry::new(vec![tag], Version::from_bytes([tag; 24]), None)
    }

    fn shared() -> Shared {
        let root = RootKey::from_bytes(1, [1; 32]).unwrap();
        let long_term = LongTermSecret::from_bytes(1, [2; 32]).unwrap();
        Shared::new(Settings::new("bank", Keyring::new(root, long_term)).unwrap())
    }

    fn told<T>(work: impl Future<Output = T>) -> T {
        match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(told) => told,
            Poll::Pending => panic!("nothing here is waited for"),
        }
    }

    /// Loses each race, as the engine does it, until the race gives up. Returns how many it lost.
    fn loses_all(asked: &Mutex<Asked>) -> u32 {
        let (shared, key) = (shared(), Key::from_bytes([7; 32]));
        let mut race = Race::new(asked, &shared, RecordKind::Account, &key);
        for lost in 1..1_000 {
            if race.needs_turn() {
                told(race.take_turn());
            }
            let present = told(race.present()).unwrap();
            // The first race is lost without the turn, and what the turn found is loaded. The others begin with the winner.
            let winner = u8::try_from(lost % 250).unwrap();
            let expected = if lost <= 2 { 0 } else { winner - 1 };
            assert_eq!(present, Some(entry(expected)), "{lost}");
            if let Err(error) = told(race.lost_to(Some(entry(winner)))) {
                assert!(error.is_store(), "{error}");
                return lost;
            }
        }
        panic!("it never gives up")
    }

    #[test]
    fn a_caller_gives_up_after_64_lost_races_and_loads_twice() {
        let asked = Mutex::default();
        assert_eq!(loses_all(&asked), MOST_RACES);
        assert_eq!(MOST_RACES, 64);
        let asked = asked.into_inner().unwrap();
        // Once to begin with, and once in the turn. After that, each conflict brings the entry.
        assert_eq!((asked.loads, asked.turns), (2, 1));
    }

    #[test]
    fn pauses_are_by_chance_longer_with_each_lost_race_and_at_most_a_millisecond() {
        const ROUNDS: usize = 40;
        let rounds: Vec<Vec<Duration>> = (0..ROUNDS)
            .map(|_| {
                let asked = Mutex::default();
                loses_all(&asked);
                asked.into_inner().unwrap().pauses
            })
            .collect();
        // None for the first race, which is lost without the turn.
        assert!(rounds.iter().all(|pauses| pauses.len() == 63));
        for number in 0..63 {
            let most = 100 * (number as u64 + 2).min(10);
            let pauses = || {
                rounds
                    .iter()
                    .map(|pauses| pauses[number].as_micros() as u64)
            };
            let (least, longest) = (pauses().min().unwrap(), pauses().max().unwrap());
            assert!(longest < most, "{number}: {longest} of {most}");
            // Of 40 draws, that all lie in one half comes about once in 10^11 runs for each number.
            assert!(longest >= most / 2, "{number}: {longest} of {most}");
            assert!(least < most / 2, "{number}: {least} of {most}");
        }
    }

    #[test]
    fn a_caller_begins_with_what_it_knows() {
        let (shared, key, asked) = (shared(), Key::from_bytes([7; 32]), Mutex::default());
        let race = Race::new(&asked, &shared, RecordKind::Account, &key);
        let mut race = race.knowing(Some(entry(9)));
        assert_eq!(told(race.present()).unwrap(), Some(entry(9)));
        assert_eq!(
            told(race.present()).unwrap(),
            Some(entry(0)),
            "it is used once"
        );
        // That nothing is there is known, too.
        let mut race = race.knowing(None);
        assert_eq!(told(race.present()).unwrap(), None);
        // Another caller had the turn, and has written since.
        let mut race = race.knowing(Some(entry(9)));
        assert!(!race.needs_turn());
        told(race.take_turn());
        assert_eq!(told(race.present()).unwrap(), Some(entry(0)));
        assert_eq!(asked.into_inner().unwrap().loads, 2);
    }

    /// A task with the turn may never be polled again. Others go on without it, each after the same second.
    #[test]
    fn b52_a_turn_that_is_kept_for_ever_holds_callers_up_for_a_second() {
        let (shared, key, asked) = (shared(), Key::from_bytes([7; 32]), Mutex::default());
        let kept = shared.turns.stripe(&key).take();
        assert!(kept.is_some());
        let begun = std::time::Instant::now();
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    let mut race = Race::new(&asked, &shared, RecordKind::Account, &key);
                    assert!(race.needs_turn());
                    told(race.take_turn());
                    assert!(race.turn.is_none());
                    assert_eq!(told(race.present()).unwrap(), Some(entry(0)));
                });
            }
        });
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(1), "{took:?}");
        assert!(took < Duration::from_secs(4), "one after another: {took:?}");
        // A task waits no longer than a thread.
        let waits = shared.turns.stripe(&key).taken();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        assert!(runtime.block_on(waits).is_none());
        drop(kept);
        // Nobody who gave up has left a second turn behind.
        let next = shared.turns.stripe(&key).take();
        assert!(next.is_some());
        let other = shared.turns.stripe(&key);
        assert!(std::thread::scope(|threads| {
            threads.spawn(|| other.take().is_none()).join().unwrap()
        }));
    }
}
