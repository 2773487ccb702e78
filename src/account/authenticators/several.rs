//! Authenticators of which a subject can have several. Each is confirmed, or waits for its first code.
//!
//! All of a kind share one budget, so each makes guessing easier. One that would make it too easy is refused.

use super::verdict::{Confirmation, Enrolment, Right, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::{Head, Slot};
use crate::account::record::state::Record;
use crate::error::Error;
use crate::event::Reason;
use crate::factor::Factor;
use crate::transition;
use core::time::Duration;

/// A kind of authenticator of which a subject can have several.
pub(super) trait Several: Clone {
    type State: Clone + Default;
    const FACTOR: Factor;
    const BUDGET: Budget;
    /// How errors name it.
    const NAME: &str;

    fn slots(record: &Record) -> &[Slot<Self, Self::State>];
    fn slots_mut(record: &mut Record) -> &mut Vec<Slot<Self, Self::State>>;
    /// Returns how many of its codes are right at one moment, and how many codes there are.
    fn odds(&self, state: &Self::State) -> (u32, u64);
}

/// The answer of an authenticator to a code.
type Judged<A> = transition::Transition<transition::Verdict, <A as Several>::State>;

/// The rule that an authenticator broke if it is guessed too easily.
pub(in crate::account) const TOO_EASY: &str = "would be guessed more often than once in 50,000 locks or 100 years: see `Limits::guess_chance`. \
    Remove one that is enrolled, take longer codes (`with_digits(8)`), or call `Settings::accepting_worse_guess_chance`";

/// A new authenticator waits ten minutes at most (SP 800-63B-4 4.1.2.2).
const PENDING: Duration = Duration::from_secs(10 * 60);

/// Adds an authenticator, which waits for its first code. One that waited before is dropped.
pub(super) fn add<A: Several>(
    draft: &mut Draft<'_>,
    one_more: &A,
    state: &A::State,
) -> Result<Enrolment<'static>, Error> {
    let head = draft.head().waiting(draft.now().plus(PENDING));
    push(draft, head, one_more, state)?;
    Ok(Enrolment::Waits)
}

/// Adds an authenticator that another system has confirmed.
pub(super) fn import<A: Several>(
    draft: &mut Draft<'_>,
    one_more: &A,
    state: &A::State,
) -> Result<Enrolment<'static>, Error> {
    let head = draft.head();
    push(draft, head, one_more, state)?;
    Ok(Enrolment::Done)
}

fn push<A: Several>(
    draft: &mut Draft<'_>,
    head: Head,
    one_more: &A,
    state: &A::State,
) -> Result<(), Error> {
    A::slots_mut(draft.next).retain(Slot::is_confirmed);
    expect_room(draft, (one_more, state))?;
    let slot = Slot::new(head, one_more.clone(), state.clone());
    A::slots_mut(draft.next).push(slot);
    Ok(())
}

/// Refuses one authenticator too many, and one that makes guessing too easy.
fn expect_room<A: Several>(draft: &Draft<'_>, one_more: (&A, &A::State)) -> Result<(), Error> {
    // The new one replaces disabled ones, however many there are.
    let replaced = draft.is_disabled(A::BUDGET);
    let most = Record::MOST_OF_A_KIND;
    if A::slots(draft.next).len() >= most && !replaced {
        let rule = format!("is one too many: {most} are enrolled");
        return Err(Error::misuse(A::NAME, rule));
    }
    let others = A::slots(draft.next).iter();
    let others = others.filter(|slot| !replaced && slot.counts());
    if !is_hard_to_guess(draft, others, one_more) {
        return Err(Error::misuse(A::NAME, TOO_EASY));
    }
    Ok(())
}

/// Returns the authenticator that waits for its first code.
pub(super) fn waiting<'d, A: Several>(draft: &'d Draft<'_>) -> Option<&'d Slot<A, A::State>> {
    let mut slots = A::slots(draft.next).iter();
    slots.find(|slot| slot.head.waits(draft.now()))
}

/// Returns whether guessing stays within the bounds with one more authenticator, or the host accepts worse. Alone it may not
/// cost a try: only several together take fewer before a lock.
pub(super) fn is_hard_to_guess<'s, A: Several + 's>(
    draft: &Draft<'_>,
    others: impl Iterator<Item = &'s Slot<A, A::State>>,
    one_more: (&'s A, &'s A::State),
) -> bool {
    let own = one_more.0.odds(one_more.1);
    let others = others.map(|slot| slot.authenticator.odds(&slot.state));
    draft.keeps_all_tries(A::BUDGET, [own].into_iter())
        && draft.within_guess_bounds(A::BUDGET, others.chain([own]))
}

/// Judges a code by every authenticator of a kind that counts. If there is none, the stand-in takes as long.
pub(super) fn judge_each<A: Several>(
    draft: &mut Draft<'_>,
    stand_in: &A,
    check: impl Fn(&A, &A::State) -> Judged<A>,
) -> Verdict {
    let mut best: Option<(transition::Verdict, Right)> = None;
    let slots = A::slots_mut(draft.next).iter_mut();
    for slot in slots.filter(|slot| slot.counts()) {
        let (next, verdict) = check(&slot.authenticator, &slot.state).into_parts();
        if let Some(next) = next {
            slot.state = next;
        }
        let stands = match best {
            Some((transition::Verdict::Accepted, _)) => true,
            Some((transition::Verdict::Replayed, _)) => verdict != transition::Verdict::Accepted,
            _ => false,
        };
        if !stands {
            best = Some((verdict, Right::by(A::FACTOR, &slot.head)));
        }
    }
    let Some((verdict, right)) = best else {
        drop(core::hint::black_box(check(stand_in, &A::State::default())));
        return Verdict::not_enrolled();
    };
    Verdict::of(verdict, right)
}

/// Takes a code that confirms the authenticator that waits, if it is right.
pub(super) fn confirmation<'c, A: Several>(
    draft: &Draft<'_>,
    check: impl Fn(&A, &A::State) -> Judged<A> + 'c,
) -> Enrolment<'c> {
    Enrolment::Confirms(Confirmation {
        factor: A::FACTOR,
        budget: A::BUDGET,
        waiting: waiting::<A>(draft).map(|slot| slot.head.clone()),
        judge: Box::new(move |draft, _| confirm(draft, check)),
    })
}

fn confirm<A: Several>(
    draft: &mut Draft<'_>,
    check: impl Fn(&A, &A::State) -> Judged<A>,
) -> Verdict {
    let (now, by) = (draft.now(), draft.by());
    let mut slots = A::slots_mut(draft.next).iter_mut();
    let Some(slot) = slots.find(|slot| slot.head.waits(now)) else {
        return Verdict::not_enrolled();
    };
    let (next, verdict) = check(&slot.authenticator, &slot.state).into_parts();
    let (Some(next), transition::Verdict::Accepted) = (next, verdict) else {
        slot.head.count_wrong_code();
        return Verdict::Wrong(Reason::Wrong);
    };
    slot.state = next;
    slot.head.confirm(now, by);
    let right = Right::by(A::FACTOR, &slot.head);
    count_newest::<A>(draft);
    Verdict::Right(right)
}

/// Lets the newest authenticator count.
fn count_newest<A: Several>(draft: &mut Draft<'_>) {
    if draft.is_disabled(A::BUDGET) {
        // SP 800-63B-4 3.2.2: disabled ones stay disabled. The new one replaces them.
        let slots = A::slots_mut(draft.next);
        let newest = slots.pop();
        *slots = newest.into_iter().collect();
    }
    draft.rebind(A::BUDGET);
}

/// Adds an authenticator that was confirmed before, and has waited. It counts from now on.
pub(super) fn add_confirmed<A: Several>(
    draft: &mut Draft<'_>,
    kept: &Slot<A, A::State>,
) -> Result<(), Error> {
    expect_room(draft, (&kept.authenticator, &kept.state))?;
    let mut slot = kept.clone();
    slot.head.confirm(draft.now(), draft.by());
    if draft.next.heads().any(|(_, head)| head.id == slot.head.id) {
        slot.head = draft.head();
    }
    A::slots_mut(draft.next).push(slot);
    count_newest::<A>(draft);
    Ok(())
}
