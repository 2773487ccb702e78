//! A bounded number of places. A caller takes one, is refused, or waits in turn.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts free places. Callers that wait are served in the order of coming.
///
/// A place that is given back goes to the first in the queue, and only that thread is woken. So a place is free only
/// while the queue is empty, and no caller overtakes another.
pub(crate) struct Gate {
    places: Mutex<Places>,
}

struct Places {
    free: usize,
    /// Callers that wait, the first to come in front.
    /// By number, so that one of many gives up quickly.
    waiting: BTreeMap<u64, Waiting>,
    /// The number of the next caller that waits.
    next: u64,
}

/// A caller in the queue: a thread, or a task with its waker.
struct Waiting {
    waiter: Arc<Waiter>,
    waker: Option<Waker>,
}

#[derive(Default)]
struct Waiter {
    /// Its number in the queue.
    number: u64,
    /// Whether a place was given to this caller. Written under the lock of the places.
    admitted: AtomicBool,
    /// Whether the bell has to ring. Read and written under the lock of the places.
    sleeps: AtomicBool,
    bell: Condvar,
}

impl Waiter {
    /// So often a caller looks before it sleeps: some microseconds.
    const LOOKS: u32 = 400;

    fn is_admitted(&self) -> bool {
        self.admitted.load(Ordering::Acquire)
    }

    /// Looks again and again for some microseconds.
    fn is_admitted_soon(&self) -> bool {
        (0..Self::LOOKS).any(|_| {
            core::hint::spin_loop();
            self.is_admitted()
        })
    }
}

impl Gate {
    pub(crate) const fn new(places: usize) -> Self {
        Self {
            places: Mutex::new(Places {
                free: places,
                waiting: BTreeMap::new(),
                next: 0,
            }),
        }
    }

    /// Takes a place, if one is free.
    pub(crate) fn enter(&self) -> bool {
        self.lock().take()
    }

    /// Takes a place in turn, and waits for it no longer than that.
    pub(crate) fn enter_within(&self, patience: Duration) -> bool {
        let mut places = self.lock();
        if places.take() {
            return true;
        }
        if patience.is_zero() {
            return false;
        }
        let begun = Instant::now();
        let waiter = places.waiter();
        places.enqueue(&waiter, None);
        if places.waiting.len() == 1 {
            // A short work ends before a thread has gone to sleep and is woken.
            drop(places);
            if waiter.is_admitted_soon() {
                return true;
            }
            places = self.lock();
        }
        waiter.sleeps.store(true, Ordering::Relaxed);
        loop {
            if waiter.is_admitted() {
                return true;
            }
            let Some(left) = patience
                .checked_sub(begun.elapsed())
                .filter(|left| !left.is_zero())
            else {
                places.forget(&waiter);
                return false;
            };
            (places, _) = waiter
                .bell
                .wait_timeout(places, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a place in turn, for a task: no thread waits.
    pub(crate) const fn entering(&self) -> Entering<'_> {
        Entering {
            gate: self,
            waiter: None,
        }
    }

    /// Gives a place back: to the first in the queue, if there is one.
    pub(crate) fn leave(&self) {
        let mut places = self.lock();
        let Some((_, first)) = places.waiting.pop_first() else {
            places.free = places.free.saturating_add(1);
            return;
        };
        first.waiter.admitted.store(true, Ordering::Release);
        if first.waiter.sleeps.load(Ordering::Relaxed) {
            first.waiter.bell.notify_one();
        }
        // A waker may run what it likes, and that may come here.
        drop(places);
        if let Some(waker) = first.waker {
            waker.wake();
        }
    }

    pub(crate) fn free(&self) -> usize {
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

    fn enqueue(&mut self, waiter: &Arc<Waiter>, waker: Option<Waker>) {
        let waiter = Arc::clone(waiter);
        self.waiting
            .insert(waiter.number, Waiting { waiter, waker });
    }

    fn forget(&mut self, waiter: &Arc<Waiter>) {
        self.waiting.remove(&waiter.number);
    }

    /// Makes the next waiter. Its number is its place in the queue.
    fn waiter(&mut self) -> Arc<Waiter> {
        let number = self.next;
        self.next = number.wrapping_add(1);
        Arc::new(Waiter {
            number,
            ..Waiter::default()
        })
    }
}

/// A task on its way through the gate. It is ready once it has a place, which its caller gives back.
///
/// A task that is dropped before is out of the queue, and a place that it was given goes to the next.
#[must_use = "nobody enters before it is polled"]
pub(crate) struct Entering<'g> {
    gate: &'g Gate,
    /// Its place in the queue, while it waits.
    waiter: Option<Arc<Waiter>>,
}

impl Future for Entering<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let gate = self.gate;
        let mut places = gate.lock();
        let Some(waiter) = &self.waiter else {
            if places.take() {
                return Poll::Ready(());
            }
            let waiter = places.waiter();
            places.enqueue(&waiter, Some(task.waker().clone()));
            self.waiter = Some(waiter);
            return Poll::Pending;
        };
        if waiter.is_admitted() {
            self.waiter = None;
            return Poll::Ready(());
        }
        // A task may have moved to another executor: the last waker counts.
        if let Some(own) = places.waiting.get_mut(&waiter.number) {
            own.waker = Some(task.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Entering<'_> {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else {
            return;
        };
        let mut places = self.gate.lock();
        if !waiter.is_admitted() {
            places.forget(&waiter);
            return;
        }
        drop(places);
        self.gate.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    const LONG: Duration = Duration::from_secs(60);

    fn waiting(gate: &Gate) -> usize {
        gate.lock().waiting.len()
    }

    /// Waits until so many wait at the gate.
    #[track_caller]
    fn until_waiting(gate: &Gate, count: usize) {
        let begun = Instant::now();
        while waiting(gate) != count {
            assert!(begun.elapsed() < LONG, "nobody came");
            thread::yield_now();
        }
    }

    #[test]
    fn callers_that_wait_are_served_in_turn_and_nobody_overtakes() {
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

    /// Counts how often a task was woken.
    #[derive(Default)]
    struct Woken(std::sync::atomic::AtomicUsize);

    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn tasks_and_threads_wait_in_one_queue() {
        let gate = Gate::new(1);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut task = Context::from_waker(&waker);
        let mut poll = |entering: &mut Entering<'_>| Pin::new(entering).poll(&mut task).is_ready();
        let (mut first, mut second) = (gate.entering(), gate.entering());
        assert!(poll(&mut first), "a place is free");
        assert!(!poll(&mut second) && !poll(&mut second));
        assert_eq!(waiting(&gate), 1);
        thread::scope(|threads| {
            let thread = threads.spawn(|| gate.enter_within(LONG));
            until_waiting(&gate, 2);
            let mut third = gate.entering();
            assert!(!poll(&mut third));
            gate.leave();
            assert_eq!(woken.0.load(Ordering::SeqCst), 1);
            assert!(!gate.enter(), "overtaken");
            assert!(poll(&mut second) && !poll(&mut third));
            gate.leave();
            assert!(thread.join().unwrap());
            assert!(!poll(&mut third));
            gate.leave();
            assert!(poll(&mut third));
        });
        gate.leave();
        assert_eq!(gate.free(), 1);
    }

    #[test]
    fn a_task_that_is_dropped_is_out_of_the_way_and_hands_its_place_on() {
        let gate = Gate::new(1);
        let mut task = Context::from_waker(Waker::noop());
        let mut poll = |entering: &mut Entering<'_>| Pin::new(entering).poll(&mut task).is_ready();
        assert!(gate.enter());
        let (mut waits, mut is_given, mut next) =
            (gate.entering(), gate.entering(), gate.entering());
        assert!(!poll(&mut waits) && !poll(&mut is_given) && !poll(&mut next));
        drop(waits);
        assert_eq!(waiting(&gate), 2);
        gate.leave();
        drop(is_given);
        assert!(poll(&mut next));
        drop(next);
        assert_eq!(
            gate.free(),
            0,
            "who has entered gives its place back itself"
        );
        gate.leave();
        assert_eq!(gate.free(), 1);
    }

    #[test]
    fn a_place_that_is_given_back_belongs_to_the_first_that_waits() {
        let gate = Gate::new(1);
        assert!(gate.enter());
        thread::scope(|threads| {
            let first = threads.spawn(|| gate.enter_within(LONG));
            until_waiting(&gate, 1);
            gate.leave();
            // Whether or not that thread has woken up yet.
            assert!(!gate.enter(), "overtaken");
            assert!(!gate.enter_within(Duration::ZERO), "overtaken");
            assert!(first.join().unwrap());
        });
        gate.leave();
        assert!(gate.enter());
    }

    #[test]
    fn a_caller_that_gives_up_is_out_of_the_way() {
        let gate = Gate::new(1);
        assert!(gate.enter());
        assert!(!gate.enter_within(Duration::ZERO));
        assert!(!gate.enter_within(Duration::from_millis(1)));
        assert_eq!(waiting(&gate), 0);
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

    /// A place is given at the moment the patience ends: it is taken, or it stays free, and is never lost.
    #[test]
    fn no_place_is_lost_where_callers_come_give_up_and_are_served_at_once() {
        let gate = Gate::new(2);
        thread::scope(|threads| {
            for number in 0..6_u64 {
                let gate = &gate;
                threads.spawn(move || {
                    for round in 0..300 {
                        let patience = Duration::from_micros((number * 37 + round * 11) % 90);
                        if gate.enter_within(patience) {
                            thread::sleep(Duration::from_micros(round % 50));
                            gate.leave();
                        }
                    }
                });
            }
        });
        assert_eq!((gate.free(), waiting(&gate)), (2, 0));
    }
}
