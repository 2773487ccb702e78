//! Save, then know: an outcome that cannot be read before its state is stored.
//!
//! A check that answers `bool` leaves the storing to the caller. Callers forget it, do it late, or do it beside another request
//! (pitfalls B1, B3, B6, B13). Here the answer is inside a [`Transition`]. The write is the only way to it.

use core::fmt::LowerHex;

use crate::error::Error;

/// The next state of something, and an outcome that is revealed once that state is stored.
///
/// [`commit`](Self::commit) hands the state to a closure that writes it with a compare-and-swap. Only
/// [`Saved::Stored`] reveals the outcome. A transition cannot be copied, so it is committed once.
///
/// ```
/// use countersign::transition::{CommitResult, Saved, Transition};
/// let step = Transition::to(41 + 1, "accepted");
/// let mut column = 41;
/// let result = step.commit(|next| { column = *next; Saved::<()>::Stored }).unwrap();
/// assert!(matches!(result, CommitResult::Stored("accepted")));
/// assert_eq!(column, 42);
/// ```
///
/// The outcome cannot be read before:
///
/// ```compile_fail
/// let step = countersign::transition::Transition::to(42, "accepted");
/// assert_eq!(step.outcome, "accepted");
/// ```
/// ```compile_fail
/// let step = countersign::transition::Transition::to(42, "accepted");
/// let twice = (step.clone(), step);
/// ```
///
/// A transition that is kept and committed once compiles:
///
/// ```
/// let step = countersign::transition::Transition::to(42, "accepted");
/// let once = (step, ());
/// let result = once.0.commit(|_| countersign::transition::Saved::<()>::Stored);
/// assert!(result.is_ok());
/// ```
#[must_use = "nothing is known until the transition is committed"]
pub struct Transition<O, S> {
    next: Option<S>,
    outcome: O,
}

impl<O, S> Transition<O, S> {
    /// Makes a step to `next`, which reveals `outcome` once that is stored.
    pub const fn to(next: S, outcome: O) -> Self {
        Self {
            next: Some(next),
            outcome,
        }
    }

    /// Makes a step that changes nothing. There is nothing to save, and `commit` reveals the outcome at once.
    pub const fn unchanged(outcome: O) -> Self {
        Self {
            next: None,
            outcome,
        }
    }

    /// Saves the next state with `save`, and reveals the outcome if that stored it.
    ///
    /// # Errors
    /// The error that `save` gave with [`Saved::Failed`]. Whether the state was stored is then unknown: nothing is revealed.
    ///
    /// ```
    /// use countersign::transition::{CommitResult, Saved, Transition};
    /// let lost = Transition::to(42, "accepted").commit(|_| Saved::<()>::Conflict).unwrap();
    /// assert!(matches!(lost, CommitResult::Conflict));
    /// let failed = Transition::to(42, "accepted").commit(|_| Saved::Failed("connection reset"));
    /// assert_eq!(failed.unwrap_err(), "connection reset");
    /// ```
    pub fn commit<E>(self, save: impl FnOnce(&S) -> Saved<E>) -> Result<CommitResult<O>, E> {
        let (next, pending) = self.into_pending();
        match next.as_ref().map_or(Saved::Stored, save) {
            Saved::Stored => Ok(CommitResult::Stored(pending.stored())),
            Saved::Conflict => Ok(CommitResult::Conflict),
            Saved::Failed(cause) => Err(cause),
        }
    }

    /// Takes the step apart for a write that is waited for: the next state, and the outcome until that is stored.
    pub(crate) fn into_pending(self) -> (Option<S>, Pending<O>) {
        (self.next, Pending(self.outcome))
    }

    /// Returns this step with a next state that `wrap` makes of its own.
    pub(crate) fn map_state<T>(self, wrap: impl FnOnce(S) -> T) -> Transition<O, T> {
        Transition {
            next: self.next.map(wrap),
            outcome: self.outcome,
        }
    }

    /// Takes next state and outcome apart, for a room that lifts a block's step into a larger record of its own.
    pub(crate) fn into_parts(self) -> (Option<S>, O) {
        (self.next, self.outcome)
    }
}

impl<S> Transition<Verdict, S> {
    /// Makes the step of something that was right: to `next` if there is one, else to what is stored already.
    pub(crate) const fn accepted(next: Option<S>) -> Self {
        Self {
            next,
            outcome: Verdict::Accepted,
        }
    }
}

impl<O, S> core::fmt::Debug for Transition<O, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Transition(..)")
    }
}

/// An outcome whose state is not stored yet.
#[must_use = "nothing is known until the state is stored"]
pub(crate) struct Pending<O>(O);

impl<O> Pending<O> {
    /// Reveals the outcome. Call it where the store has answered that the state is stored, and nowhere else.
    pub(crate) fn stored(self) -> O {
        self.0
    }
}

/// The result of a write. [`rows`](Saved::rows) reads it from the number of rows that an update changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a store can answer nothing else")]
pub enum Saved<E> {
    /// The state stands in the store, for good.
    Stored,
    /// Another writer was faster. Load again, and check again.
    Conflict,
    /// The write failed, or its end is unknown: a time-out.
    Failed(E),
}

impl Saved<Error> {
    /// Reads the number of rows that an `UPDATE .. WHERE id = ? AND version = ?` changed, in whichever integer the driver
    /// counts them. One row is stored, none is a conflict (pitfall B35). Any other number is an error.
    ///
    /// Roll back a write that changed several rows, if you can: its `WHERE` does not name one record.
    ///
    /// ```
    /// use countersign::transition::Saved;
    /// assert!(matches!(Saved::rows(Ok::<u64, &str>(1)), Saved::Stored));
    /// assert!(matches!(Saved::rows(Ok::<i32, &str>(0)), Saved::Conflict));
    /// assert!(matches!(Saved::rows(Ok::<usize, &str>(2)), Saved::Failed(_)));
    /// assert!(matches!(Saved::rows(Err::<i64, _>("the connection is gone")), Saved::Failed(_)));
    /// ```
    ///
    /// A `bool` that says whether something changed cannot tell one row from two:
    ///
    /// ```compile_fail
    /// let saved = countersign::transition::Saved::rows(Ok::<bool, &str>(true));
    /// ```
    // `LowerHex` keeps out `bool` and `char`, which are converted to integers too.
    pub fn rows<N: TryInto<u64> + LowerHex>(
        updated: Result<N, impl Into<Box<dyn core::error::Error + Send + Sync>>>,
    ) -> Self {
        const WHAT: &str = "the compare-and-swap";
        match updated.map(TryInto::try_into) {
            Ok(Ok(0)) => Self::Conflict,
            Ok(Ok(1)) => Self::Stored,
            Ok(_) => Self::Failed(Error::store(
                WHAT,
                "the update did not change one row or none: let its WHERE name one record, by a unique key and the version",
            )),
            Err(cause) => Self::Failed(Error::store(WHAT, cause)),
        }
    }
}

/// The verdict of a check. Its reason is for the log: show the person who typed only that it was refused.
///
/// ```
/// use countersign::transition::Verdict;
/// fn to_the_outside(verdict: Verdict) -> &'static str {
///     if verdict == Verdict::Accepted { "welcome" } else { "denied" }
/// }
/// assert_eq!(to_the_outside(Verdict::Replayed), to_the_outside(Verdict::Wrong));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new verdict must break the caller's build"
)]
pub enum Verdict {
    /// It is right, and it counts this once.
    Accepted,
    /// It is wrong.
    Wrong,
    /// It is right, and was accepted before.
    Replayed,
    /// It is of a question or a code whose time is over.
    Expired,
    /// Nothing is compared: a counter is at its end, or a memorable word has no letters left. Enrol it again.
    Exhausted,
    /// No code or question waits for it.
    NothingOpen,
    /// Its check digit is wrong: it was misread. Ask again.
    InvalidCheckDigit,
    /// It is a private code on a channel that reveals it to the host.
    PrivateCodeTold,
}

/// The result of [`Transition::commit`].
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "either it is known or it is not")]
pub enum CommitResult<O> {
    /// Stored: this is the outcome.
    Stored(O),
    /// Not stored, and nothing is known: load the present state and try again.
    Conflict,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As each driver counts: rusqlite in `usize`, crates for `PostgreSQL` in `u64`, ODBC in `i64`, C in `i32`.
    #[test]
    fn b59_one_row_is_stored_and_any_other_number_is_not() {
        fn each<N: TryFrom<i64> + TryInto<u64> + LowerHex>(numbers: &[i64]) {
            for number in numbers {
                let Ok(count) = N::try_from(*number) else {
                    panic!("{number} is not of this type")
                };
                let saved = Saved::rows(Ok::<_, Error>(count));
                let is_expected = match number {
                    0 => matches!(saved, Saved::Conflict),
                    1 => matches!(saved, Saved::Stored),
                    _ => is_not_one(&saved),
                };
                assert!(is_expected, "{number}: {saved:?}");
                let told = Transition::to((), "accepted").commit(|()| saved);
                let is_known = matches!(told, Ok(CommitResult::Stored(_)));
                assert_eq!(is_known, *number == 1, "{number}");
            }
        }
        let unsigned = [0, 1, 2, 3, 127];
        each::<u8>(&unsigned);
        each::<u16>(&unsigned);
        each::<u32>(&unsigned);
        each::<u64>(&[0, 1, 2, i64::MAX]);
        each::<u128>(&[0, 1, 2, i64::MAX]);
        each::<usize>(&unsigned);
        let signed = [0, 1, 2, 127, -1, -2, -128];
        each::<i8>(&signed);
        each::<i16>(&signed);
        each::<i32>(&[0, 1, 2, i64::from(i32::MAX), i64::from(i32::MIN), -1]);
        each::<i64>(&[0, 1, 2, i64::MAX, i64::MIN, -1]);
        each::<i128>(&[0, 1, 2, i64::MAX, i64::MIN, -1]);
        each::<isize>(&signed);
        // Numbers beyond 64 bits, and those whose low bits alone are a one.
        for count in [u128::MAX, (1 << 64) + 1] {
            assert!(is_not_one(&Saved::rows(Ok::<_, Error>(count))));
        }
    }

    #[track_caller]
    fn cause(saved: &Saved<Error>) -> String {
        let Saved::Failed(error) = saved else {
            panic!("{saved:?}")
        };
        assert!(error.is_store());
        let cause = core::error::Error::source(error).expect("a cause");
        cause.to_string()
    }

    fn is_not_one(saved: &Saved<Error>) -> bool {
        cause(saved).contains("unique key")
    }

    #[test]
    fn b59_the_error_of_the_driver_is_handed_on() {
        let failed = std::io::Error::other("the line is cut");
        assert_eq!(
            cause(&Saved::rows(Err::<u64, _>(failed))),
            "the line is cut"
        );
    }
}
