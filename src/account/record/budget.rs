//! Budgets: tries that are counted together, the limits they are counted by, and the counts.

use minicbor::{Decode, Encode};

use crate::cbor::as_array;
use crate::factor::Factor;
use crate::limits::throttle::{Lane, Limits, Moment, Refusal, Throttle};
use crate::password::Pin;

/// Tries that are counted together: one budget for a factor, shared by all its authenticators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Budget {
    #[n(1)]
    Totp,
    /// Both kinds: a private code that was exposed is a try like any other.
    #[n(2)]
    Delivered,
    #[n(3)]
    Questions,
    #[n(4)]
    Hotp,
    #[n(5)]
    Ocra,
    #[n(6)]
    Recovery,
    #[n(7)]
    Word,
    #[n(8)]
    Password,
    #[n(9)]
    Pin,
}

impl Budget {
    /// Budgets whose tries are computed with Argon2id.
    pub(crate) const EXPENSIVE: [Self; 3] = [Self::Questions, Self::Password, Self::Pin];

    /// Budgets that many authenticators share.
    pub(crate) const SHARED: [Self; 2] = [Self::Totp, Self::Hotp];

    pub(crate) const fn of(factor: Factor) -> Option<Self> {
        match factor {
            Factor::Totp => Some(Self::Totp),
            Factor::Hotp => Some(Self::Hotp),
            Factor::Ocra => Some(Self::Ocra),
            Factor::PrivateCode
            | Factor::SpokenCode
            | Factor::IssuedRecoveryCode
            | Factor::BindingCode => Some(Self::Delivered),
            Factor::RecoveryCode => Some(Self::Recovery),
            Factor::Questions => Some(Self::Questions),
            Factor::Word => Some(Self::Word),
            Factor::Password => Some(Self::Password),
            Factor::Pin => Some(Self::Pin),
            Factor::External => None,
        }
    }

    /// Returns the limits that this budget is counted by.
    pub(crate) const fn limits(self, limits: &Limits) -> Limits {
        match self {
            // 64 bits and more cannot be guessed: locked for 30 seconds at a time, and never disabled.
            Self::Recovery => limits.never_disabling(),
            Self::Pin => limits.disabling_after(Pin::MOST_FAILURES),
            _ => *limits,
        }
    }
}

#[derive(Clone)]
struct Budgeted {
    budget: Budget,
    throttle: Throttle,
}

as_array!(Budgeted { budget, throttle });

/// The count of each budget that was begun.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Throttles(#[cbor(n(0), with = "crate::cbor::list")] Vec<Budgeted>);

impl Throttles {
    /// Returns the count of a budget, and begins it if it is new.
    pub(crate) fn of(&mut self, budget: Budget) -> &mut Throttle {
        let place = self.0.iter().position(|slot| slot.budget == budget);
        let place = place.unwrap_or_else(|| {
            self.0.push(Budgeted {
                budget,
                throttle: Throttle::default(),
            });
            self.0.len().saturating_sub(1)
        });
        #[expect(clippy::indexing_slicing, reason = "the place was found or made above")]
        &mut self.0[place].throttle
    }

    /// Returns the count of a budget as it is, if it was begun.
    fn begun(&self, budget: Budget) -> Option<&Throttle> {
        let slot = self.0.iter().find(|slot| slot.budget == budget)?;
        Some(&slot.throttle)
    }

    /// Returns the count of a budget as it is.
    pub(crate) fn peek(&self, budget: Budget) -> Throttle {
        self.begun(budget).cloned().unwrap_or_default()
    }

    /// Returns whether a count is closed until rebound.
    pub(crate) fn any_disabled(&self, limits: impl Fn(Budget) -> Limits) -> bool {
        let mut all = self.0.iter();
        all.any(|slot| slot.throttle.is_disabled(&limits(slot.budget)))
    }

    /// Returns which counts refuse a guess now. Each has the lane that the closure says.
    ///
    /// A count that was not begun refuses none.
    pub(crate) fn refusals(
        &mut self,
        at: &Moment,
        lane: impl Fn(Budget) -> Lane,
        limits: impl Fn(Budget) -> Limits,
    ) -> Vec<(Budget, Refusal)> {
        let refusal = |slot: &mut Budgeted| {
            let (budget, limits) = (slot.budget, limits(slot.budget));
            let refusal = slot.throttle.refusal(lane(budget), at, &limits)?;
            Some((budget, refusal))
        };
        self.0.iter_mut().filter_map(refusal).collect()
    }

    /// Lets all counts note the moment. So the counts of factors that were not tried are written as of now, too.
    pub(crate) fn see(&mut self, at: &Moment, limits: impl Fn(Budget) -> Limits) {
        for slot in &mut self.0 {
            slot.throttle.see(at, &limits(slot.budget));
        }
    }

    /// Returns whether these counts give the locks that the earlier ones gave.
    pub(crate) fn tells_like(&self, before: &Self) -> bool {
        // A count that was not begun has no lock.
        let none = Throttle::default();
        self.0.iter().all(|slot| {
            let then = before.begun(slot.budget).unwrap_or(&none);
            slot.throttle.tells_like(then)
        })
    }
}
