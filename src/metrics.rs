//! Measures of a verifier, for a monitoring system. Their labels are few and fixed, and hold nothing of a customer.
//!
//! A verifier gives [`Metrics`] one [`Measure`] for each check, order, authorization, redemption, lost race, wait and call of its
//! store. A verifier that [remembers](crate::Verifier::with_remembered) gives one for each write by a remembered record, too. A decision by [`decide`](crate::Verifier::decide) has none.
//! [`Gauges`] are read when somebody asks. Without [`with_metrics`](crate::Verifier::with_metrics) nothing is measured, and no
//! clock is read for it.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Arc, Mutex};
//! use countersign::metrics::{Measure, Metrics};
//!
//! /// A monitoring system of its own. Yours has counters and histograms by name and labels.
//! #[derive(Default)]
//! struct Counters(Mutex<BTreeMap<String, u64>>);
//!
//! impl Metrics for Counters {
//!     fn record(&self, measure: Measure) {
//!         let labels: Vec<_> = measure.labels().map(|(name, value)| format!("{name}={value}")).collect();
//!         let series = format!("{} {}", measure.name(), labels.join(" "));
//!         *self.0.lock().unwrap().entry(series).or_default() += 1;
//!     }
//! }
//! # use countersign::{Attempt, Channel, Code, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
//! # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
//! let counters = Arc::new(Counters::default());
//! let verifier = Verifier::new(MemoryStore::new(), settings).with_metrics(Arc::clone(&counters));
//!
//! let (anna, call) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Agent)?);
//! let _ = verifier.check(&anna, &Attempt::Totp(Code::typed("123456")), &call)?;
//! assert_eq!(counters.0.lock().unwrap()["check factor=totp outcome=denied"], 1);
//! assert_eq!(counters.0.lock().unwrap()["store call=replace outcome=done"], 1);
//! # Ok::<(), countersign::Error>(())
//! ```
//!
//! # Names and labels
//! | name | labels | time |
//! |---|---|---|
//! | `check` | `factor`; `outcome`: `accepted`, `denied`, `locked`, `invalid_check_digit`, `busy`, `error` | |
//! | `issue` | `factor`; `outcome`: `issued`, `rate_limited`, `error` | |
//! | `authorize` | `outcome`: `redeemed`, `step_up`, `refused`, `error` | |
//! | `redeem` | `outcome`: `redeemed`, `refused`, `error` | |
//! | `conflict` | `record`: `account`, `count`; `outcome`: `retried`, `gave_up` | |
//! | `remembered` | `outcome`: `current`, `stale` | |
//! | `wait` | `for`: `permit`, `turn`; `outcome`: `admitted`, `gave_up` | yes |
//! | `store` | `call`: `load`, `replace`, `replace_all`, `remove`, `scan`, `purge`; `outcome`: `done`, `conflict`, `error` | yes |
//!
//! The labels `factor` are [names of factors](Factor::name).
//!
//! # Readers of measures
//! A measure says no more than the outcome that the caller sees: there is no reason of a denial, and no name. An unknown
//! subject makes the measures of a known one. These sums tell more to a reader who sees them before and after one try of his own:
//!
//! - [`Gauges::decoys_alive`] grows with a first try at an unknown name.
//! - In a flood of unknown names no decoy is stored: `replace` is missing then.
//! - A check of a suspended subject writes nothing and computes nothing. Its outcome, a denial, comes sooner, too.
//!
//! So give measures to your monitoring system, and to nobody else.

use core::time::Duration;
use std::sync::Arc;

use crate::factor::Factor;

/// The place where measures go: an adapter to the host's monitoring system.
///
/// A closure is one, and so is an [`Arc`] of one.
///
/// # Duties
/// Count and return. A measure is recorded within the call that it is about, in its thread or task. No lock of the library is held,
/// but the caller may have its [turn](Wait::Turn) at the record. So callers of that record wait for a slow implementation.
///
/// Never call the verifier from it: that call could wait for the turn that its own caller has.
///
/// A panic goes through to the caller of the verifier. It leaves what a [dropped call](crate::AsyncVerifier#calls-that-are-dropped)
/// leaves: a charged try at most, or an outcome that nobody saw. Turns and permits are free again.
pub trait Metrics {
    /// Records one measure.
    fn record(&self, measure: Measure);
}

impl<F: Fn(Measure)> Metrics for F {
    fn record(&self, measure: Measure) {
        self(measure);
    }
}

impl<M: Metrics + ?Sized> Metrics for Arc<M> {
    fn record(&self, measure: Measure) {
        (**self).record(measure);
    }
}

/// One thing that happened in a verifier.
///
/// A call that is dropped before its end is not measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// A [check](crate::Verifier::check) has ended.
    Check {
        /// The factor of the attempt. A delivered code counts by its channel, whatever code the customer had.
        factor: Factor,
        /// Its outcome.
        outcome: CallOutcome,
    },
    /// An [order of a code](crate::Verifier::issue) or of a [challenge](crate::Verifier::challenge) has ended.
    Issue {
        /// The factor of the code. A challenge is for `ocra`.
        factor: Factor,
        /// Its outcome.
        outcome: CallOutcome,
    },
    /// An [authorization](crate::Verifier::authorize) has ended.
    Authorize {
        /// Its outcome.
        outcome: CallOutcome,
    },
    /// A [redemption](crate::Verifier::redeem) has ended.
    Redeem {
        /// Its outcome.
        outcome: CallOutcome,
    },
    /// A write has lost its race: another caller wrote the record first.
    Conflict {
        /// The kind of the record.
        record: RecordKind,
        /// Whether this was one race too many, and the call is an error. Otherwise it is tried again.
        gave_up: bool,
    },
    /// A write went by a [remembered](crate::Verifier::with_remembered) record, and not by one that was just loaded.
    ///
    /// If many are stale, customers move between processes, and it saves few reads.
    Remembered {
        /// Whether another process had written the record since. Nothing was written then, and the call goes on with the present record.
        stale: bool,
    },
    /// A caller has waited.
    Wait {
        /// The thing that it waited for.
        wait: Wait,
        /// Whether it was admitted. Otherwise it gave up, and nothing was charged.
        admitted: bool,
        /// The time that it waited.
        took: Duration,
    },
    /// The store has answered.
    Store {
        /// The call.
        call: StoreCall,
        /// Its outcome.
        outcome: StoreOutcome,
        /// The time until the answer.
        took: Duration,
    },
}

impl Measure {
    /// Returns the name of the counter, or of the histogram if the measure [took](Self::took) time.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Check { .. } => "check",
            Self::Issue { .. } => "issue",
            Self::Authorize { .. } => "authorize",
            Self::Redeem { .. } => "redeem",
            Self::Conflict { .. } => "conflict",
            Self::Remembered { .. } => "remembered",
            Self::Wait { .. } => "wait",
            Self::Store { .. } => "store",
        }
    }

    /// Returns the labels, each with its value. Measures of one name have the same labels.
    pub fn labels(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let (first, second) = match *self {
            Self::Check { factor, outcome } | Self::Issue { factor, outcome } => {
                (Some(("factor", factor.name())), ("outcome", outcome.name()))
            }
            Self::Authorize { outcome } | Self::Redeem { outcome } => {
                (None, ("outcome", outcome.name()))
            }
            Self::Conflict { record, gave_up } => {
                let then = if gave_up { "gave_up" } else { "retried" };
                (Some(("record", record.name())), ("outcome", then))
            }
            Self::Remembered { stale } => {
                let state = if stale { "stale" } else { "current" };
                (None, ("outcome", state))
            }
            Self::Wait { wait, admitted, .. } => {
                let end = if admitted { "admitted" } else { "gave_up" };
                (Some(("for", wait.name())), ("outcome", end))
            }
            Self::Store { call, outcome, .. } => {
                (Some(("call", call.name())), ("outcome", outcome.name()))
            }
        };
        first.into_iter().chain([second])
    }

    /// Returns the time that it took, if it is measured.
    #[must_use]
    pub const fn took(&self) -> Option<Duration> {
        match *self {
            Self::Wait { took, .. } | Self::Store { took, .. } => Some(took),
            _ => None,
        }
    }
}

/// The outcome of a call, as its caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallOutcome {
    /// The attempt was right.
    Accepted,
    /// The attempt was not right.
    Denied,
    /// The factor is locked.
    Locked,
    /// The check digit is wrong: the code was misread.
    InvalidCheckDigit,
    /// No permit came free.
    Busy,
    /// A code or a challenge was drawn and stored.
    Issued,
    /// None was drawn: too many, or too soon.
    RateLimited,
    /// A grant was redeemed.
    Redeemed,
    /// The action takes more evidence.
    StepUp,
    /// The action is denied, or its grant was refused.
    Refused,
    /// The call was an error.
    Error,
}

impl CallOutcome {
    /// Returns the name, as a label has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Denied => "denied",
            Self::Locked => "locked",
            Self::InvalidCheckDigit => "invalid_check_digit",
            Self::Busy => "busy",
            Self::Issued => "issued",
            Self::RateLimited => "rate_limited",
            Self::Redeemed => "redeemed",
            Self::StepUp => "step_up",
            Self::Refused => "refused",
            Self::Error => "error",
        }
    }
}

/// The kind of a record that callers race for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordKind {
    /// The record of a subject. Known and unknown subjects have one.
    Account,
    /// A count of issued codes, by subject, destination or block of numbers.
    Count,
}

impl RecordKind {
    /// Returns the name, as a label has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Count => "count",
        }
    }
}

/// The thing that a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// A permit of the [pool](crate::hashing::HashPool), before Argon2id.
    Permit,
    /// The turn at a record, after a lost race: callers of one process write it one after the other.
    Turn,
}

impl Wait {
    /// Returns the name, as a label has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Turn => "turn",
        }
    }
}

/// A call of a [store](crate::store::Store).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreCall {
    /// [`load`](crate::store::Store::load).
    Load,
    /// [`replace`](crate::store::Store::replace).
    Replace,
    /// [`remove`](crate::store::Store::remove).
    Remove,
    /// [`purge`](crate::store::Store::purge).
    Purge,
    /// A page of a walk.
    Scan,
    /// Many compare-and-swaps with one commit.
    ReplaceAll,
}

impl StoreCall {
    /// Returns the name, as a label has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::Purge => "purge",
            Self::Scan => "scan",
            Self::ReplaceAll => "replace_all",
        }
    }
}

/// The outcome of a call of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreOutcome {
    /// It was done. A load does not say whether there was a record: that tells known names from unknown ones.
    Done,
    /// Another writer was faster.
    Conflict,
    /// It failed.
    Error,
}

impl StoreOutcome {
    /// Returns the name, as a label has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Conflict => "conflict",
            Self::Error => "error",
        }
    }
}

/// The state of a process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gauges {
    /// Permits of the [pool](crate::hashing::HashPool). Verifiers that share a pool share them.
    pub permits: usize,
    /// Permits that are taken.
    pub permits_in_use: usize,
    /// Records of unknown names that this process stored, and that have not expired. Not those of before its start.
    pub decoys_alive: u32,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TOOK: Duration = Duration::from_millis(1);

    /// All values of a type. A new variant does not compile without its place.
    macro_rules! all {
        ($name:ident: $($variant:ident),+) => {{
            let _complete = |one: $name| match one { $($name::$variant)|+ => () };
            [$($name::$variant),+]
        }};
    }

    /// Makes all measures that there can be, apart from their times.
    fn every() -> Vec<Measure> {
        let outcomes = all!(CallOutcome: Accepted, Denied, Locked, InvalidCheckDigit, Busy, Issued, RateLimited, Redeemed,
            StepUp, Refused, Error);
        let calls = all!(StoreCall: Load, Replace, Remove, Purge, Scan, ReplaceAll);
        let ends = all!(StoreOutcome: Done, Conflict, Error);
        let mut every = Vec::new();
        for outcome in outcomes {
            for factor in Factor::ALL {
                every.push(Measure::Check { factor, outcome });
                every.push(Measure::Issue { factor, outcome });
            }
            every.push(Measure::Authorize { outcome });
            every.push(Measure::Redeem { outcome });
        }
        for yes in [false, true] {
            every.push(Measure::Remembered { stale: yes });
            for record in all!(RecordKind: Account, Count) {
                let gave_up = yes;
                every.push(Measure::Conflict { record, gave_up });
            }
            for wait in all!(Wait: Permit, Turn) {
                let (admitted, took) = (yes, TOOK);
                every.push(Measure::Wait {
                    wait,
                    admitted,
                    took,
                });
            }
        }
        for (call, outcome) in calls.iter().flat_map(|call| ends.map(|end| (*call, end))) {
            let took = TOOK;
            every.push(Measure::Store {
                call,
                outcome,
                took,
            });
        }
        every
    }

    /// The one list of all values of labels. Another value is another series in every monitoring system.
    const VALUES: &str = "accepted account admitted binding_code busy conflict count current denied done error external gave_up hotp \
        invalid_check_digit issued issued_recovery_code load locked memorable_word ocra password permit pin private_code purge \
        questions rate_limited recovery_code redeemed refused remove replace replace_all retried scan spoken_code stale step_up totp turn";

    #[test]
    fn the_values_of_all_labels_are_a_fixed_list() {
        let every = every();
        let values: BTreeSet<_> = every
            .iter()
            .flat_map(Measure::labels)
            .map(|(_, value)| value)
            .collect();
        assert_eq!(values.into_iter().collect::<Vec<_>>().join(" "), VALUES);
        let series: BTreeSet<_> = every
            .iter()
            .map(|measure| (measure.name(), measure.labels().collect::<Vec<_>>()))
            .collect();
        assert_eq!(series.len(), every.len(), "two measures are one series");
    }

    #[test]
    fn measures_of_one_name_have_the_same_labels_and_a_time_or_none() {
        let shapes: BTreeSet<_> = every()
            .iter()
            .map(|measure| {
                let names: Vec<_> = measure.labels().map(|(name, _)| name).collect();
                format!(
                    "{} {} {}",
                    measure.name(),
                    names.join(" "),
                    measure.took().is_some()
                )
            })
            .collect();
        let expected = [
            "authorize outcome false",
            "check factor outcome false",
            "conflict record outcome false",
            "issue factor outcome false",
            "redeem outcome false",
            "remembered outcome false",
            "store call outcome true",
            "wait for outcome true",
        ];
        assert!(shapes.iter().eq(expected), "{shapes:?}");
    }
}
