//! The authenticators of a record: several of a kind, each confirmed or waiting for its first code.
//!
//! All of a kind share one budget, so each makes guessing easier; one that would make it too easy is refused.

use minicbor::{Decode, Encode};

use crate::account::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::state::Record;
use crate::account::steps::check::Verdict;
use crate::error::Error;
use crate::event::Reason;
use crate::factor::Factor;
use crate::otp::{Hotp, HotpState, Totp, TotpState};
use crate::time::Timestamp;
use crate::transition;
use core::time::Duration;

/// An authenticator, and what is remembered of its codes.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Slot<A, S> {
    #[n(0)]
    pub(crate) id: u16,
    #[n(1)]
    pub(crate) authenticator: A,
    #[n(2)]
    pub(crate) state: S,
    /// Until when it waits for its first code; zero once it is confirmed.
    #[n(3)]
    pub(crate) pending_until: u64,
    /// Wrong codes that were to confirm it.
    #[n(4)]
    pub(crate) wrong: u8,
}

impl<A, S> Slot<A, S> {
    pub(crate) const fn is_confirmed(&self) -> bool {
        self.pending_until == 0
    }
}

/// A kind of authenticator of which a subject can have several.
pub(in crate::account) trait Authenticator: Clone {
    type State: Clone + Default;
    const FACTOR: Factor;
    const BUDGET: Budget;
    /// What errors call it.
    const NAME: &str;
    /// How many are enrolled at most.
    const MOST: usize = 4;

    fn slots(record: &Record) -> &[Slot<Self, Self::State>];
    fn slots_mut(record: &mut Record) -> &mut Vec<Slot<Self, Self::State>>;
    /// How many of its codes are right at one moment, of how many.
    fn odds(&self, state: &Self::State) -> (u32, u64);
}

impl Authenticator for Totp {
    type State = TotpState;
    const FACTOR: Factor = Factor::Totp;
    const BUDGET: Budget = Budget::Totp;
    const NAME: &str = "authenticator app";

    fn slots(record: &Record) -> &[Slot<Self, TotpState>] {
        &record.totps
    }

    fn slots_mut(record: &mut Record) -> &mut Vec<Slot<Self, TotpState>> {
        &mut record.totps
    }

    fn odds(&self, state: &TotpState) -> (u32, u64) {
        (self.accepted_codes(state), self.key().space())
    }
}

impl Authenticator for Hotp {
    type State = HotpState;
    const FACTOR: Factor = Factor::Hotp;
    const BUDGET: Budget = Budget::Hotp;
    const NAME: &str = "token";

    fn slots(record: &Record) -> &[Slot<Self, HotpState>] {
        &record.hotps
    }

    fn slots_mut(record: &mut Record) -> &mut Vec<Slot<Self, HotpState>> {
        &mut record.hotps
    }

    fn odds(&self, _: &HotpState) -> (u32, u64) {
        (self.accepted_codes(), self.key().space())
    }
}

/// The rule that an authenticator broke which would be guessed too easily.
pub(in crate::account) const TOO_EASY: &str = "would be guessed more often than once in 50,000 locks or 100 years: see `Limits::guess_chance`. \
    Remove one that is enrolled, take longer codes (`with_digits(8)`), or call `Settings::accepting_worse_guess_chance`";

/// SP 800-63B-4 4.1.2.2: what is to be bound waits ten minutes at most.
const PENDING: Duration = Duration::from_secs(10 * 60);

impl Draft<'_> {
    /// Adds an authenticator, which waits for its first code in the place of another that waited.
    pub(in crate::account) fn add<A: Authenticator>(
        &mut self,
        one_more: &A,
        state: &A::State,
        now: Timestamp,
    ) -> Result<(), Error> {
        A::slots_mut(&mut self.next).retain(Slot::is_confirmed);
        // What is disabled is replaced by the new one, however many there are.
        let replaced = self.is_disabled(A::BUDGET);
        if A::slots(&self.next).len() >= A::MOST && !replaced {
            let rule = format!("is one too many: {} are enrolled", A::MOST);
            return Err(Error::misuse(A::NAME, rule));
        }
        let others = A::slots(&self.next).iter().filter(|_| !replaced);
        if !self.is_hard_to_guess(others, (one_more, state)) {
            return Err(Error::misuse(A::NAME, TOO_EASY));
        }
        let slot = Slot {
            id: self.new_id(),
            authenticator: one_more.clone(),
            state: state.clone(),
            pending_until: now.plus(PENDING).unix(),
            wrong: 0,
        };
        A::slots_mut(&mut self.next).push(slot);
        Ok(())
    }

    /// The authenticator that waits for its first code, and those that do not.
    pub(in crate::account) fn waiting<A: Authenticator>(
        &self,
        now: Timestamp,
    ) -> Option<&Slot<A, A::State>> {
        A::slots(&self.next)
            .iter()
            .find(|slot| slot.pending_until > now.unix())
    }

    /// Whether guessing stays inside the bounds with these and one more, or the host has accepted worse by name.
    fn is_hard_to_guess<'s, A: Authenticator + 's>(
        &self,
        others: impl Iterator<Item = &'s Slot<A, A::State>>,
        one_more: (&'s A, &'s A::State),
    ) -> bool {
        let all = others
            .map(|slot| (&slot.authenticator, &slot.state))
            .chain([one_more])
            .map(|(authenticator, state)| authenticator.odds(state));
        self.within_guess_bounds(A::BUDGET, all)
    }

    /// Whether these may share a budget, each with how many codes of how many are right.
    pub(in crate::account) fn within_guess_bounds(
        &self,
        budget: Budget,
        all: impl Iterator<Item = (u32, u64)>,
    ) -> bool {
        let settings = &self.account.settings;
        settings.accepts_guessing() || !settings.limits_of(budget).are_worse_than_bounds(all)
    }

    /// Whether an app may be followed a step ahead: that makes one more code right at a time.
    pub(in crate::account) fn may_follow_ahead(&self, app: u16) -> bool {
        let ahead = TotpState::stored_ahead(0);
        let others = self.next.totps.iter().filter(|slot| slot.id != app);
        let this = self.next.totps.iter().find(|slot| slot.id == app);
        this.is_some_and(|slot| self.is_hard_to_guess(others, (&slot.authenticator, &ahead)))
    }

    /// Looks at every confirmed authenticator of a kind; where there is none, at one that stands in for it.
    pub(in crate::account) fn judge_each<A: Authenticator>(
        &mut self,
        stand_in: &A,
        check: impl Fn(&A, &A::State) -> (Option<A::State>, transition::Verdict),
    ) -> Verdict {
        let mut verdict = Err(Reason::NotEnrolled);
        for slot in A::slots_mut(&mut self.next)
            .iter_mut()
            .filter(|slot| slot.is_confirmed())
        {
            let (next, shown) = check(&slot.authenticator, &slot.state);
            if let Some(next) = next {
                slot.state = next;
            }
            verdict = match (verdict, shown) {
                (Ok(shown), _) => Ok(shown),
                (_, transition::Verdict::Accepted) => Ok((A::FACTOR, None)),
                (_, transition::Verdict::Replayed) | (Err(Reason::Replayed), _) => {
                    Err(Reason::Replayed)
                }
                _ => Err(Reason::Wrong),
            };
        }
        if verdict == Err(Reason::NotEnrolled) {
            core::hint::black_box(check(stand_in, &A::State::default()));
        }
        verdict
    }
}
