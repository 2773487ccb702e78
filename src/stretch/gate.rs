//! A door with few places behind it: who asks is let in, refused, or waits in turn.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts free places. Who waits is served in the order of coming, and nobody overtakes.
pub(super) struct Gate {
    places: Mutex<Places>,
    freed: Condvar,
}

struct Places {
    free: usize,
    /// The tickets of those who wait, the first to come in front.
    waiting: VecDeque<u64>,
    next_ticket: u64,
}

impl Gate {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places: Mutex::new(Places {
                free: places,
                waiting: VecDeque::new(),
                next_ticket: 0,
            }),
            freed: Condvar::new(),
        }
    }

    /// Takes a place, if one is free and nobody waits for it.
    pub(super) fn enter(&self) -> bool {
        let mut places = self.lock();
        places.waiting.is_empty() && places.take()
    }

    /// Takes a place, in turn, waiting for it no longer than that.
    pub(super) fn enter_within(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        let mut places = self.lock();
        let ticket = places.queue_up();
        loop {
            if places.waiting.front() == Some(&ticket) && places.take() {
                places.leave_queue(ticket);
                // The next in the queue may find a place, too.
                self.freed.notify_all();
                return true;
            }
            let Some(left) = patience
                .checked_sub(begun.elapsed())
                .filter(|left| !left.is_zero())
            else {
                places.leave_queue(ticket);
                self.freed.notify_all();
                return false;
            };
            (places, _) = self
                .freed
                .wait_timeout(places, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives a place back.
    pub(super) fn leave(&self) {
        let mut places = self.lock();
        places.free = places.free.saturating_add(1);
        self.freed.notify_all();
    }

    pub(super) fn free(&self) -> usize {
        self.lock().free
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing under this lock can panic half-way; a poisoned count is still a whole one.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn take(&mut self) -> bool {
        let left = self.free.checked_sub(1);
        self.free = left.unwrap_or(0);
        left.is_some()
    }

    fn queue_up(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        self.waiting.push_back(ticket);
        ticket
    }

    fn leave_queue(&mut self, ticket: u64) {
        self.waiting.retain(|other| *other != ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    const LONG: Duration = Duration::from_secs(60);

    /// Waits until so many wait at the gate.
    #[track_caller]
    fn until_waiting(gate: &Gate, count: usize) {
        let begun = Instant::now();
        while gate.lock().waiting.len() != count {
            assert!(begun.elapsed() < LONG, "nobody came");
            thread::yield_now();
        }
    }

    #[test]
    fn who_waits_is_served_in_turn_and_nobody_overtakes() {
        let gate = Gate::new(1);
        assert!(gate.enter());
        let (served, order) = mpsc::channel();
        thread::scope(|threads| {
            for number in 0..5 {
                let (gate, served) = (&gate, served.clone());
                threads.spawn(move || {
                    assert!(gate.enter_within(LONG));
                    served.send(number).unwrap();
                    gate.leave();
                });
                until_waiting(gate, number + 1);
            }
            assert!(!gate.enter(), "no place");
            gate.leave();
        });
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(gate.free(), 1);
    }

    #[test]
    fn a_place_that_somebody_waits_for_is_not_free() {
        let gate = Gate::new(1);
        let ticket = gate.lock().queue_up();
        assert!(!gate.enter(), "overtaken");
        assert!(!gate.enter_within(Duration::ZERO), "overtaken");
        gate.lock().leave_queue(ticket);
        assert!(gate.enter());
    }

    #[test]
    fn who_gives_up_is_out_of_the_way() {
        let gate = Gate::new(1);
        assert!(gate.enter());
        assert!(!gate.enter_within(Duration::ZERO));
        assert!(!gate.enter_within(Duration::from_millis(1)));
        gate.leave();
        assert!(
            gate.enter_within(Duration::ZERO),
            "a free place needs no patience"
        );
        gate.leave();
        assert!(gate.enter());
    }

    #[test]
    fn two_places_freed_serve_two() {
        let gate = Gate::new(2);
        assert!(gate.enter() && gate.enter());
        thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| assert!(gate.enter_within(LONG)));
            }
            until_waiting(&gate, 2);
            gate.leave();
            gate.leave();
        });
        assert_eq!(gate.free(), 0);
    }
}
