//! Save, then know: an outcome that cannot be read before the state that goes with it is stored.
//!
//! Checks that answer `bool` leave the storing to the caller, and callers forget it, do it late, or do it beside
//! another request (pitfalls B1, B3, B6, B13). Here the answer is inside a [`Transition`], and the only way to it
//! leads through the write.

/// The next state of something, and an outcome that is told once that state is stored.
///
/// [`commit`](Self::commit) hands the state to a closure that writes it with a compare-and-swap. Only
/// [`Saved::Stored`] reveals the outcome. A transition cannot be copied, so it is committed once.
///
/// ```
/// use countersign::{Committed, Saved, Transition};
/// let step = Transition::to(41 + 1, "accepted");
/// let mut column = 41;
/// let told = step.commit(|next| { column = *next; Saved::<()>::Stored }).unwrap();
/// assert!(matches!(told, Committed::Known("accepted")));
/// assert_eq!(column, 42);
/// ```
///
/// The outcome cannot be read before:
///
/// ```compile_fail
/// let step = countersign::Transition::to(42, "accepted");
/// assert_eq!(step.outcome, "accepted");
/// ```
/// ```compile_fail
/// let step = countersign::Transition::to(42, "accepted");
/// let twice = (step.clone(), step);
/// ```
///
/// and a transition that is kept and committed once compiles:
///
/// ```
/// let step = countersign::Transition::to(42, "accepted");
/// let once = (step, ());
/// let told = once.0.commit(|_| countersign::Saved::<()>::Stored);
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
    /// let step = countersign::Transition::to("next state", "outcome");
    /// # let _ = step.commit(|_| countersign::Saved::<()>::Stored);
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
    /// use countersign::{Committed, Saved, Transition};
    /// let told = Transition::<_, ()>::unchanged("locked").commit(|()| -> Saved<()> { unreachable!() });
    /// assert!(matches!(told, Ok(Committed::Known("locked"))));
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
    /// use countersign::{Committed, Saved, Transition};
    /// let lost = Transition::to(42, "accepted").commit(|_| Saved::<()>::Conflict).unwrap();
    /// assert!(matches!(lost, Committed::Conflict));
    /// let failed = Transition::to(42, "accepted").commit(|_| Saved::Failed("connection reset"));
    /// assert_eq!(failed.unwrap_err(), "connection reset");
    /// ```
    pub fn commit<E>(self, save: impl FnOnce(&S) -> Saved<E>) -> Result<Committed<O>, E> {
        match self.next.as_ref().map_or(Saved::Stored, save) {
            Saved::Stored => Ok(Committed::Known(self.outcome)),
            Saved::Conflict => Ok(Committed::Conflict),
            Saved::Failed(cause) => Err(cause),
        }
    }

    /// Next state and outcome apart, for a room that lifts a block's step into a larger record of its own.
    pub(crate) fn into_parts(self) -> (Option<S>, O) {
        (self.next, self.outcome)
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
/// use countersign::Saved;
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

impl<E> Saved<E> {
    /// From the number of rows that an `UPDATE .. WHERE version = ?` touched: one is stored, none is a conflict
    /// (pitfall B35).
    ///
    /// ```
    /// use countersign::Saved;
    /// assert_eq!(Saved::rows(Ok::<_, ()>(1)), Saved::Stored);
    /// assert_eq!(Saved::rows(Err("gone")), Saved::Failed("gone"));
    /// ```
    pub fn rows(updated: Result<usize, E>) -> Self {
        match updated {
            Ok(0) => Self::Conflict,
            Ok(_) => Self::Stored,
            Err(cause) => Self::Failed(cause),
        }
    }
}

/// What [`Transition::commit`] tells.
///
/// ```
/// use countersign::{Committed, Saved, Transition};
/// match Transition::to(1, "outcome").commit(|_| Saved::<()>::Stored).unwrap() {
///     Committed::Known(outcome) => assert_eq!(outcome, "outcome"),
///     Committed::Conflict => unreachable!("it was stored"),
/// }
/// ```
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "either it is known or it is not")]
pub enum Committed<O> {
    /// Stored: this is the outcome.
    Known(O),
    /// Not stored, and nothing is known: load the present state and try again.
    Conflict,
}
