//! The model of a customer: what a verifier answers if it does one call at a time.
//!
//! It is written from the promises alone: a code passes once, wrong codes lock, a transaction is carried out once, evidence and
//! approvals serve once for an action. It knows no versions and no records. All calls are of interactions without
//! evidence of another factor.

use std::collections::{BTreeMap, BTreeSet};

use crate::checker::{Model, Stuck, check};
use crate::history::{Asked, History};
use crate::plan::{Ask, Told};

/// After so many wrong codes in a row, the next one has to wait.
const LOCK_AFTER: u32 = 5;
/// After so many without evidence, waiting does not help.
const CLOSED_AFTER: u32 = 50;
const FIRST_WAIT: i64 = 30;
const LONGEST_WAIT: i64 = 3_600;

/// The wrong codes of a factor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Wrong {
    in_a_row: u32,
    locked_until: i64,
}

impl Wrong {
    const fn is_locked(&self, at: i64) -> bool {
        at < self.locked_until
    }

    /// Counts one more. The wait doubles, up to the longest.
    fn count(&mut self, at: i64, longest: i64) {
        self.in_a_row += 1;
        let doublings = self.in_a_row.checked_sub(LOCK_AFTER);
        if let Some(doublings) = doublings {
            let wait = FIRST_WAIT.checked_shl(doublings.min(20)).unwrap();
            self.locked_until = at + wait.min(longest);
        }
    }
}

/// What is known of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    is_enrolled: bool,
    /// The last step of time whose code was used.
    used_step: i64,
    wrong_totp: Wrong,
    used_recovery: BTreeSet<String>,
    wrong_recovery: Wrong,
    /// Codes that passed and have not served for the action, by interaction. The model knows one action for them.
    fresh: BTreeMap<u8, u32>,
    confirmed: BTreeSet<String>,
    carried_out: BTreeSet<(String, String)>,
    approvals: BTreeMap<String, u32>,
}

/// What a customer is told, one call at a time.
pub struct Customer;

fn no(why: &str) -> Told {
    Told::No(why.to_owned())
}

const CARRIED_OUT: &str = "denied: the transaction was carried out before";

impl Customer {
    /// Makes a call. Each has one answer.
    fn make(state: &mut State, asked: &Asked) -> Told {
        let at = asked.at;
        match &asked.call.ask {
            Ask::Enrol => {
                state.is_enrolled = true;
                state.used_step = (at - 30) / 30;
                Told::Done
            }
            Ask::Totp | Ask::Wrong => {
                let is_right = asked.call.ask == Ask::Totp && at / 30 > state.used_step;
                let wrong = &mut state.wrong_totp;
                if wrong.in_a_row >= CLOSED_AFTER || wrong.is_locked(at) {
                    return Told::Locked;
                }
                if !is_right {
                    wrong.count(at, LONGEST_WAIT);
                    return Told::Denied;
                }
                wrong.in_a_row = 0;
                state.used_step = at / 30;
                if let Some(interaction) = asked.call.interaction {
                    *state.fresh.entry(interaction).or_default() += 1;
                }
                Told::Accepted
            }
            Ask::Recovery(code) => {
                let wrong = &mut state.wrong_recovery;
                if wrong.is_locked(at) {
                    return Told::Locked;
                }
                if !state.used_recovery.insert(code.clone()) {
                    wrong.count(at, FIRST_WAIT);
                    return Told::Denied;
                }
                wrong.in_a_row = 0;
                Told::Accepted
            }
            Ask::Confirm(transaction) => {
                state.confirmed.insert(transaction.clone());
                Told::Accepted
            }
            Ask::Approve(_, action) => {
                *state.approvals.entry(action.clone()).or_default() += 1;
                Told::Done
            }
            Ask::Authorize(action, Some(of)) => match Self::of_transaction(state, action, of) {
                Told::Granted => {
                    state.carried_out.insert((action.clone(), of.clone()));
                    Told::Yes
                }
                other => other,
            },
            Ask::Decide(action, Some(of)) => Self::of_transaction(state, action, of),
            Ask::Redeem(action, of) => {
                let of = of.clone().unwrap_or_default();
                if state.carried_out.insert((action.clone(), of)) {
                    Told::Yes
                } else {
                    no("CarriedOut")
                }
            }
            Ask::Authorize(action, None) => {
                let approvals = state.approvals.get_mut(action);
                let interaction = asked.call.interaction;
                let codes = interaction.and_then(|number| state.fresh.get_mut(&number));
                match approvals.or(codes).filter(|left| **left > 0) {
                    Some(left) => {
                        *left -= 1;
                        Told::Yes
                    }
                    None => Told::StepUp,
                }
            }
            Ask::Decide(_, None) | Ask::Shown(_) => panic!("the model does not know it"),
            Ask::Status => Told::Done,
        }
    }

    fn of_transaction(state: &State, action: &str, of: &str) -> Told {
        if state
            .carried_out
            .contains(&(action.to_owned(), of.to_owned()))
        {
            no(CARRIED_OUT)
        } else if state.confirmed.contains(of) {
            Told::Granted
        } else {
            Told::StepUp
        }
    }
}

impl Model for Customer {
    type State = State;
    type Act = Asked;
    type Found = Told;

    fn first(&self) -> State {
        State::default()
    }

    fn next(&self, state: &State, asked: &Asked, found: Option<&Told>) -> Option<State> {
        let mut next = state.clone();
        let told = Self::make(&mut next, asked);
        match found {
            Some(found) => (told == *found).then_some(next),
            // Nobody saw the answer. A call that changes nothing has no effect.
            None => (next != *state).then_some(next),
        }
    }
}

/// Checks the history of every customer, whose clocks stood still. Returns how many calls there were.
pub fn check_customers(history: &History) -> Result<usize, (u32, Stuck)> {
    for (customer, calls) in &history.calls {
        check(&Customer, calls).map_err(|stuck| (*customer, stuck))?;
    }
    Ok(history.calls.values().map(Vec::len).sum())
}
