//! The model of a store: one register for each record, with load and compare-and-swap.

use crate::checker::{Model, Stuck, check};
use crate::history::{Act, Found, History, Short};

/// A record. Its state is the version that is there.
pub struct Register;

impl Model for Register {
    type State = Option<Short>;
    type Act = Act;
    type Found = Found;

    fn first(&self) -> Option<Short> {
        None
    }

    fn next(
        &self,
        state: &Option<Short>,
        act: &Act,
        found: Option<&Found>,
    ) -> Option<Option<Short>> {
        let (expected, next) = match *act {
            Act::Load => {
                let present = found.filter(|found| **found == Found::Present(*state));
                return present.map(|_| *state);
            }
            Act::Replace { expected, next } => (expected, Some(next)),
            Act::Remove { expected } => (Some(expected), None),
        };
        let is_expected = *state == expected;
        match found {
            Some(Found::Stored) | None => is_expected.then_some(next),
            Some(Found::Lost(present)) => (!is_expected && present == state).then_some(*state),
            Some(Found::Present(_)) => None,
        }
    }
}

/// Checks the history of every record of a store that was empty. Returns how many calls there were.
pub fn check_records(history: &History) -> Result<usize, (Short, Stuck)> {
    for (key, acts) in &history.acts {
        check(&Register, acts).map_err(|stuck| (*key, stuck))?;
    }
    Ok(history.acts.values().map(Vec::len).sum())
}
