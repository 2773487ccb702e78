//! Save, then know: an outcome that cannot be read before the state that goes with it is stored.
//!
//! Checks that answer `bool` leave the storing to the caller, and callers forget it, do it late, or do it beside
//! another request (pitfalls B1, B3, B6, B13). Here the answer is inside a [`Transition`], and the only way to it
//! leads through the write.

use core::fmt::LowerHex;

use crate::error::Error;

/// The next state of something, and an outcome that is told once that state is stored.
///
/// [`commit`](Self::commit) hands the state to a closure that writes it with a compare-and-swap. Only
/// [`Saved::Stored`] reveals the outcome. A transition cannot be copied, so it is committed once.
///
/// ```
/// use countersign::transition::{CommitResult, Saved, Transition};
/// let step = Transition::to(41 + 1, "accepted");
/// let mut column = 41;
/// let told = step.commit(|next| { column = *next; Saved::<()>::Stored }).unwrap();
/// assert!(matches!(told, CommitResult::Stored("accepted")));
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
/// and a transition that is kept and committed once compiles:
///
/// ```
/// let step = countersign::transition::Transition::to(42, "accepted");
/// let once = (step, ());
/// let told = once.0.commit(|_| countersign::transition::Saved::<()>::Stored);
/// assert!(told.is_ok());
/// ```
#[must_use = "nothing is known until the transition is committed"]
pub struct Transition<O, S> {
    next: Option<S>,
    outcome: O,
}

impl<O, S> Transition<O, S> {
    /// A step to `next`, which tells `outcome` once that is stored.
    ///
    /// ```
    /// let step = countersign::transition::Transition::to("next state", "outcome");
    /// # let _ = step.commit(|_| countersign::transition::Saved::<()>::Stored);
    /// ```
    pub const fn to(next: S, outcome: O) -> Self {
        Self {
            next: Some(next),
            outcome,
        }
    }

    /// A step that changes nothing: there is nothing to save, and `commit` tells at once.
    ///
    /// ```
    /// use countersign::transition::{CommitResult, Saved, Transition};
    /// let told = Transition::<_, ()>::unchanged("locked").commit(|()| -> Saved<()> { unreachable!() });
    /// assert!(matches!(told, Ok(CommitResult::Stored("locked"))));
    /// ```
    pub const fn unchanged(outcome: O) -> Self {
        Self {
            next: None,
            outcome,
        }
    }

    /// Saves the next state with `save`, and tells the outcome if that stored it.
    ///
    /// # Errors
    /// What `save` gave with [`Saved::Failed`]. Whether the state was stored is then unknown: nothing is revealed.
    ///
    /// ```
    /// use countersign::transition::{CommitResult, Saved, Transition};
    /// let lost = Transition::to(42, "accepted").commit(|_| Saved::<()>::Conflict).unwrap();
    /// assert!(matches!(lost, CommitResult::Conflict));
    /// let failed = Transition::to(42, "accepted").commit(|_| Saved::Failed("connection reset"));
    /// assert_eq!(failed.unwrap_err(), "connection reset");
    /// ```
    pub fn commit<E>(self, save: impl FnOnce(&S) -> Saved<E>) -> Result<CommitResult<O>, E> {
        match self.next.as_ref().map_or(Saved::Stored, save) {
            Saved::Stored => Ok(CommitResult::Stored(self.outcome)),
            Saved::Conflict => Ok(CommitResult::Conflict),
            Saved::Failed(cause) => Err(cause),
        }
    }

    /// Next state and outcome apart, for a room that lifts a block's step into a larger record of its own.
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

/// What became of a write.
///
/// ```
/// use countersign::transition::Saved;
/// let rows: Result<usize, &str> = Ok(0);
/// assert!(matches!(Saved::rows(rows), Saved::Conflict), "0 rows updated is no success");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a store can answer nothing else")]
pub enum Saved<E> {
    /// The state stands in the store, for good.
    Stored,
    /// Somebody else wrote first: load again, and check again.
    Conflict,
    /// The write failed, or nobody knows (a time-out).
    Failed(E),
}

impl<E> Saved<RowsError<E>> {
    /// Reads the number of rows that an `UPDATE .. WHERE id = ? AND version = ?` changed, in whichever integer the driver
    /// counts them: one is stored, none is a conflict (pitfall B35). Any other number is an error.
    ///
    /// Roll back what changed several rows, if you can: the statement does not name one record.
    ///
    /// ```
    /// use countersign::transition::{RowsError, Saved};
    /// assert_eq!(Saved::rows(Ok::<u64, ()>(1)), Saved::Stored);
    /// assert_eq!(Saved::rows(Ok::<i32, ()>(0)), Saved::Conflict);
    /// assert_eq!(Saved::rows(Ok::<usize, ()>(2)), Saved::Failed(RowsError::NotOne));
    /// assert_eq!(Saved::rows(Err::<i64, _>("gone")), Saved::Failed(RowsError::Failed("gone")));
    /// ```
    ///
    /// A `bool` that says whether something changed cannot tell one row from two:
    ///
    /// ```compile_fail
    /// let saved = countersign::transition::Saved::rows(Ok::<bool, ()>(true));
    /// ```
    // `LowerHex` keeps out `bool` and `char`, which are converted to integers too.
    pub fn rows<N: TryInto<u64> + LowerHex>(updated: Result<N, E>) -> Self {
        match updated.map(TryInto::try_into) {
            Ok(Ok(0)) => Self::Conflict,
            Ok(Ok(1)) => Self::Stored,
            Ok(_) => Self::Failed(RowsError::NotOne),
            Err(cause) => Self::Failed(RowsError::Failed(cause)),
        }
    }
}

/// Why [`Saved::rows`] takes a write for failed.
///
/// It becomes an [`Error`] by `?`, if the driver's error can stand in a box.
///
/// ```
/// use countersign::{Error, transition::{CommitResult, Saved, Transition}};
/// fn save(rows: Result<u64, std::io::Error>) -> Result<Option<&'static str>, Error> {
///     match Transition::to(42, "accepted").commit(|_| Saved::rows(rows))? {
///         CommitResult::Stored(outcome) => Ok(Some(outcome)),
///         CommitResult::Conflict => Ok(None),
///     }
/// }
/// assert_eq!(save(Ok(1)).unwrap(), Some("accepted"));
/// assert_eq!(save(Ok(0)).unwrap(), None);
/// assert!(save(Ok(2)).unwrap_err().is_store());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a count is right, wrong, or was not given"
)]
pub enum RowsError<E> {
    /// The driver's own error.
    #[error("the update failed")]
    Failed(#[source] E),
    /// The update changed several rows, or a number of rows below zero.
    #[error(
        "the update did not change one row or none: let its WHERE name one record, by a unique key and the version"
    )]
    NotOne,
}

impl<E: Into<Box<dyn core::error::Error + Send + Sync>>> From<RowsError<E>> for Error {
    fn from(error: RowsError<E>) -> Self {
        const WHAT: &str = "the compare-and-swap";
        match error {
            RowsError::Failed(cause) => Self::store(WHAT, cause),
            RowsError::NotOne => Self::store(WHAT, RowsError::<Self>::NotOne.to_string()),
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
    /// Its check digit is wrong. It was misread or misheard: ask again.
    InvalidCheckDigit,
    /// It is a private code on a channel where somebody else hears it.
    PrivateCodeTold,
}

/// What [`Transition::commit`] tells.
///
/// ```
/// use countersign::transition::{CommitResult, Saved, Transition};
/// match Transition::to(1, "outcome").commit(|_| Saved::<()>::Stored).unwrap() {
///     CommitResult::Stored(outcome) => assert_eq!(outcome, "outcome"),
///     CommitResult::Conflict => unreachable!("it was stored"),
/// }
/// ```
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
                let saved = Saved::rows(Ok::<_, ()>(count));
                let expected = match number {
                    0 => Saved::Conflict,
                    1 => Saved::Stored,
                    _ => Saved::Failed(RowsError::NotOne),
                };
                assert_eq!(saved, expected, "{number}");
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
            let saved = Saved::rows(Ok::<_, ()>(count));
            assert_eq!(saved, Saved::Failed(RowsError::NotOne));
        }
    }

    #[test]
    fn b59_the_error_says_what_to_look_at() {
        let error = Error::from(RowsError::<Error>::NotOne);
        assert!(error.is_store());
        let cause = core::error::Error::source(&error).expect("a cause");
        assert!(cause.to_string().contains("unique key"), "{cause}");
        let cause = std::io::Error::other("the line is cut");
        let error = Error::from(RowsError::Failed(cause));
        let cause = core::error::Error::source(&error).expect("a cause");
        assert_eq!(cause.to_string(), "the line is cut");
    }
}
