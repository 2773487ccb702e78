//! Trials: a try that was admitted is judged, then counted. A step needs the count.

use super::draft::Draft;
use super::outcome::lock_of;
use super::record::budget::Budget;
use super::record::slot::Head;
use crate::limits::throttle::{Admitted, Charge, Lane, Try};
use crate::status::Lock;

/// The result of an admission.
pub(crate) enum Admission<'a> {
    /// The try is to be judged.
    Trial(Trial<'a>),
    /// The try is not judged.
    Locked(Draft<'a>, Lock),
}

/// A draft in which one try is judged.
///
/// Only [`right`](Self::right), [`wrong`](Self::wrong) and [`no_try`](Self::no_try) give the draft back, and a step needs
/// the draft. So a try that is not counted leads to no step. `scripts/uncounted` shows that such code does not compile.
#[must_use = "a try that is admitted is right, wrong, or none"]
pub(crate) struct Trial<'a> {
    draft: Draft<'a>,
    admitted: Admitted,
    budget: Budget,
}

impl<'a> Trial<'a> {
    /// Admits a try of a factor.
    pub(crate) fn of(draft: Draft<'a>, budget: Budget) -> Admission<'a> {
        let terms = draft.terms(budget);
        let throttle = draft.next.throttles.of(budget);
        let admitted = throttle.admit(Try::Guess, terms).map_err(lock_of);
        Self::begin(draft, admitted, budget)
    }

    /// Admits a code that confirms something, and so rebinds it.
    ///
    /// An authenticator that waits for its first code has a count of its own, so no earlier wrong codes keep it from being
    /// confirmed. If none waits, the count of the budget decides. Disabled factors are rebound by this, and locks of the
    /// anonymous lane do not prevent it.
    pub(crate) fn of_confirmation(
        draft: Draft<'a>,
        budget: Budget,
        waiting: Option<Head>,
    ) -> Admission<'a> {
        let terms = draft.terms(budget);
        // The authenticator that waits is guessed alone.
        let own = draft.settings().limits_of(budget);
        let is_used_up = |head: &Head| head.wrong_codes() >= own.lock_after();
        let throttle = draft.next.throttles.of(budget);
        let admitted = match waiting {
            Some(head) if is_used_up(&head) => Err(Lock::Until(head.waits_until())),
            Some(_) => throttle.admit(Try::Counted, terms).map_err(lock_of),
            None => throttle.admit(Try::Binding, terms).map_err(lock_of),
        };
        Self::begin(draft, admitted, budget)
    }

    fn begin(draft: Draft<'a>, admitted: Result<Admitted, Lock>, budget: Budget) -> Admission<'a> {
        match admitted {
            Ok(admitted) => Admission::Trial(Self {
                draft,
                admitted,
                budget,
            }),
            Err(lock) => Admission::Locked(draft, lock),
        }
    }

    /// Judges the try.
    pub(crate) fn judge<V>(&mut self, judge: impl FnOnce(&mut Draft<'a>, Lane) -> V) -> V {
        judge(&mut self.draft, self.admitted.lane())
    }

    pub(crate) const fn budget(&self) -> Budget {
        self.budget
    }

    pub(crate) const fn draft(&self) -> &Draft<'a> {
        &self.draft
    }

    /// Ends the run of wrong tries.
    pub(crate) fn right(self) -> Draft<'a> {
        self.draft
            .next
            .throttles
            .of(self.budget)
            .right(self.admitted);
        self.draft
    }

    /// Charges the try: it was wrong, or it is computed first.
    pub(crate) fn wrong(self) -> (Draft<'a>, Charge) {
        let charge = self
            .draft
            .next
            .throttles
            .of(self.budget)
            .wrong(self.admitted);
        (self.draft, charge)
    }

    /// Leaves the counts as they are. Nothing was compared.
    pub(crate) fn no_try(self) -> Draft<'a> {
        self.admitted.no_try();
        self.draft
    }
}
