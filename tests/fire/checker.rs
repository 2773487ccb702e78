//! Is a history linearizable? The search of Wing and Gong, with the memory of Lowe.
//!
//! A history is linearizable if each call can be given one moment between its beginning and its end, such that the model,
//! which does one call at a time, gives the same answers in that order. A call of which nobody knows the end may have taken
//! effect at any moment after its beginning, or never.

use std::collections::HashSet;
use std::hash::Hash;

use crate::history::Event;

/// What the calls do, one at a time.
pub trait Model {
    type State: Clone + Eq + Hash;
    type Act;
    type Found;

    fn first(&self) -> Self::State;

    /// Returns the state after a call with that answer, or nothing if the answer is none of this state. Without an answer: the
    /// state after the effect of the call, or nothing if it has none.
    fn next(
        &self,
        state: &Self::State,
        act: &Self::Act,
        found: Option<&Self::Found>,
    ) -> Option<Self::State>;
}

/// Where the search got to, if no order explains the history.
#[derive(Debug, PartialEq, Eq)]
pub struct Stuck {
    /// How many calls the best order explains.
    pub explained: usize,
    /// The calls, by their places in the history as given, one of which should have come next.
    pub candidates: Vec<usize>,
}

/// A place of the search: the calls that have taken effect, and the state after them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place<S> {
    state: S,
    /// All calls with an answer below this one have taken effect.
    low: usize,
    /// The others that have, in order: later ones, and those without an answer.
    done: Vec<usize>,
}

/// Calls, each with its place in the history as given.
type Numbered<'h, M> = Vec<(usize, &'h Event<<M as Model>::Act, <M as Model>::Found>)>;

struct Search<'m, 'h, M: Model> {
    model: &'m M,
    /// Calls with an answer, by their beginning.
    told: Numbered<'h, M>,
    /// Calls without one. They stand behind the others in `done`.
    open: Numbered<'h, M>,
    seen: HashSet<Place<M::State>>,
}

/// Finds an order of the calls that the model explains.
pub fn check<M: Model>(model: &M, history: &[Event<M::Act, M::Found>]) -> Result<(), Stuck> {
    let numbered = history.iter().enumerate();
    let (mut told, mut open): (Numbered<'_, M>, Numbered<'_, M>) =
        numbered.partition(|(_, call)| call.found.is_some() && call.end.is_some());
    told.sort_by_key(|(_, call)| call.begin);
    open.sort_by_key(|(_, call)| call.begin);
    let search = Search {
        model,
        told,
        open,
        seen: HashSet::new(),
    };
    search.run()
}

impl<M: Model> Search<'_, '_, M> {
    fn run(mut self) -> Result<(), Stuck> {
        let first = Place {
            state: self.model.first(),
            low: 0,
            done: Vec::new(),
        };
        let mut best = Stuck {
            explained: 0,
            candidates: Vec::new(),
        };
        let mut left = vec![first];
        while let Some(mut place) = left.pop() {
            while let Some(idle) = self.idle(&place) {
                self.take(&mut place, idle);
            }
            if place.low == self.told.len() {
                return Ok(());
            }
            if !self.seen.insert(place.clone()) {
                continue;
            }
            let explained = self.explained(&place);
            if explained >= best.explained {
                let candidates = self.available(&place);
                best = Stuck {
                    explained,
                    candidates: candidates.map(|call| self.told[call].0).collect(),
                };
            }
            // Those that are tried first stand last: calls with an answer before calls without one.
            let open = (self.told.len()..self.told.len() + self.open.len()).rev();
            let until = self.until(&place);
            let open =
                open.filter(|call| !place.done.contains(call) && self.call(*call).begin <= until);
            let told: Vec<_> = self.available(&place).collect();
            for call in open.chain(told.into_iter().rev()) {
                let event = self.call(call);
                if let Some(state) = self
                    .model
                    .next(&place.state, &event.act, event.found.as_ref())
                {
                    let mut next = Place {
                        state,
                        ..place.clone()
                    };
                    self.take(&mut next, call);
                    left.push(next);
                }
            }
        }
        Err(best)
    }

    fn call(&self, number: usize) -> &Event<M::Act, M::Found> {
        let told = self.told.get(number);
        told.map_or_else(|| self.open[number - self.told.len()].1, |told| told.1)
    }

    fn explained(&self, place: &Place<M::State>) -> usize {
        let later = place.done.iter().filter(|call| **call < self.told.len());
        place.low + later.count()
    }

    /// The earliest end of the calls that are left. A call that began later comes after that one.
    fn until(&self, place: &Place<M::State>) -> u64 {
        let mut until = u64::MAX;
        for call in place.low..self.told.len() {
            let event = self.told[call].1;
            if event.begin > until {
                break;
            }
            if !place.done.contains(&call) {
                until = until.min(event.end.unwrap_or(u64::MAX));
            }
        }
        until
    }

    /// The calls with an answer that may come next.
    fn available(&self, place: &Place<M::State>) -> impl Iterator<Item = usize> {
        let until = self.until(place);
        let from = place.low..self.told.len();
        let began = from.take_while(move |call| self.told[*call].1.begin <= until);
        began.filter(|call| !place.done.contains(call))
    }

    /// A call that may come next and changes nothing. To take it at once is never wrong: in every order that explains the rest,
    /// it can stand first.
    fn idle(&self, place: &Place<M::State>) -> Option<usize> {
        self.available(place).find(|call| {
            let event = self.told[*call].1;
            let next = self
                .model
                .next(&place.state, &event.act, event.found.as_ref());
            next.as_ref() == Some(&place.state)
        })
    }

    fn take(&self, place: &mut Place<M::State>, call: usize) {
        let at = place.done.partition_point(|other| *other < call);
        place.done.insert(at, call);
        while place.done.first() == Some(&place.low) && place.low < self.told.len() {
            place.done.remove(0);
            place.low += 1;
        }
    }
}
