//! A check: an attempt leads to evidence, or to a denial.

use super::accept::accept;
use super::begin::begin;
use super::interaction::Shown;
use super::pending_check::{CheckStep, PendingCheck, Ticket};
use crate::account::attempt::Attempt;
use crate::account::authenticators;
use crate::account::authenticators::guess::HashedGuess;
use crate::account::authenticators::verdict::Verdict;
use crate::account::draft::{Draft, Opened, Step};
use crate::account::outcome::{Outcome, release_of};
use crate::account::record::budget::Budget;
use crate::account::trial::{Admission, Trial};
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::factor::Factor;
use crate::limits::throttle::Charge;
use crate::status::Lock;

/// Takes an attempt.
pub(crate) fn check(
    opened: &mut Opened,
    attempt: &Attempt,
    ctx: &ContextAt,
) -> Result<Step<CheckStep>, Error> {
    let draft = begin(opened, ctx)?;
    let factor = attempt.factor(ctx.channel());
    if draft.next.suspended {
        let reason = Reason::Suspended;
        let denied = CheckStep::Break(Outcome::Denied);
        return draft.tell(EventKind::Denied { factor, reason }, denied);
    }
    let Some(budget) = Budget::of(factor) else {
        return attested(draft, attempt);
    };
    let mut trial = match Trial::of(draft, budget) {
        Admission::Trial(trial) => trial,
        Admission::Locked(draft, lock) => return locked(draft, factor, lock),
    };
    let verdict = trial.judge(|draft, lane| authenticators::judge(draft, attempt, lane))?;
    let is_decoy = trial.draft().next.decoy;
    let reason = match verdict {
        Verdict::CheckDigitWrong => {
            let told = CheckStep::Break(Outcome::InvalidCheckDigit);
            let draft = trial.no_try();
            return draft.step(EventKind::InvalidCheckDigit { factor }, told);
        }
        Verdict::Compute(guess) => return reserve(trial, guess),
        Verdict::Right(right) if !is_decoy => {
            let shown = Shown {
                factor: right.factor,
                authenticator: right.authenticator,
                attested: None,
                binding: right.binding,
            };
            return accept(trial.right(), shown, CheckStep::Break);
        }
        Verdict::Wrong(reason) if !is_decoy => reason,
        Verdict::Right(..) | Verdict::Wrong(_) => Reason::UnknownSubject,
    };
    let (draft, _) = trial.wrong();
    denied(draft, factor, reason)
}

/// Takes a verification by the host. It is not guessed, so there is nothing to count and nothing to lock.
fn attested(mut draft: Draft<'_>, attempt: &Attempt) -> Result<Step<CheckStep>, Error> {
    let factor = Factor::External;
    let Attempt::External(given) = attempt else {
        return denied(draft, factor, Reason::Wrong);
    };
    // Judged for unknown subjects, too: an error must not depend on the subject.
    let lane = draft.order_lane();
    match authenticators::judge(&mut draft, attempt, lane)? {
        Verdict::Right(right) if !draft.next.decoy => {
            let shown = Shown {
                factor: right.factor,
                authenticator: right.authenticator,
                attested: Some(given),
                binding: right.binding,
            };
            accept(draft, shown, CheckStep::Break)
        }
        _ => denied(draft, factor, Reason::UnknownSubject),
    }
}

/// Charges a guess and reserves its computation.
fn reserve(trial: Trial<'_>, guess: Box<HashedGuess>) -> Result<Step<CheckStep>, Error> {
    let settings = trial.draft().settings();
    guess.expect_pepper(settings.keyring())?;
    let factor = guess.factor();
    if let Some(until) = trial.draft().next.reservations.release() {
        return locked(trial.no_try(), factor, Lock::Until(until));
    }
    let budget = trial.budget();
    let (draft, charge) = trial.wrong();
    let revision = draft.revision();
    draft.next.reservations.add(revision, draft.now());
    let pending = PendingCheck {
        guess,
        keyring: settings.keyring().clone(),
        cost: settings.hash_pool().cost(),
        ticket: ticket(&draft, factor, (budget, charge)),
    };
    let kind = EventKind::Reserved { factor };
    draft.step(kind, CheckStep::Continue(pending))
}

fn ticket(draft: &Draft<'_>, factor: Factor, (budget, charge): (Budget, Charge)) -> Ticket {
    let enrolment = authenticators::enrolment(draft.next, factor);
    Ticket {
        pseudonym: draft.next.pseudonym,
        revision: draft.revision(),
        epoch: draft.next.epoch(),
        at: draft.now(),
        interaction: draft.interaction(),
        factor,
        budget,
        enrolment: enrolment.filter(|_| !draft.next.decoy),
        charge,
    }
}

fn locked(draft: Draft<'_>, factor: Factor, lock: Lock) -> Result<Step<CheckStep>, Error> {
    let until = release_of(lock);
    let told = CheckStep::Break(Outcome::Locked(lock));
    draft.tell(EventKind::Locked { factor, until }, told)
}

fn denied(draft: Draft<'_>, tried: Factor, reason: Reason) -> Result<Step<CheckStep>, Error> {
    let factor = match reason {
        Reason::PrivateCodeTold => Factor::PrivateCode,
        _ => tried,
    };
    let kind = EventKind::Denied { factor, reason };
    draft.step(kind, CheckStep::Break(Outcome::Denied))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::open::{create, open};
    use crate::account::settings::Settings;
    use crate::code::Code;
    use crate::context::{Channel, Context};
    use crate::delivered::{CodeContext, CodeOrder, OpenCode};
    use crate::field::{Keyring, LongTermSecret, RootKey};
    use crate::subject::Subject;
    use crate::time::Timestamp;
    use crate::transition::Saved;

    #[test]
    fn a_code_that_was_sent_to_nobody_is_no_evidence() {
        let keyring = Keyring::new(
            RootKey::generate(1).unwrap(),
            LongTermSecret::generate(1).unwrap(),
        );
        let settings = Settings::new("bank", keyring).unwrap();
        let subject = Subject::new("bank", "C-1042").unwrap();
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        let ctx = Context::begin(Channel::Agent).unwrap().at(now);
        let mut bytes = Vec::new();
        let created = create(&settings, &subject, None, &ctx).unwrap();
        let stored = created.commit(|sealed| {
            bytes = sealed.entry().bytes().to_vec();
            Saved::<()>::Stored
        });
        assert!(stored.is_ok());
        let mut opened = open(&settings, &subject, bytes).unwrap();
        let key = opened.record.code_key();
        let around = CodeContext {
            key: key.ready(),
            subject: subject.store_key(),
        };
        let (open, text) =
            OpenCode::draw(&CodeOrder::spoken(), false, false, &around, &ctx).unwrap();
        opened.record.codes.push(open);
        let guessed = Attempt::Delivered(Code::typed(text.expose_text()));
        let (_, told) = check(&mut opened, &guessed, &ctx).unwrap().into_parts();
        assert!(matches!(told.outcome, CheckStep::Break(Outcome::Denied)));
        let denied = EventKind::Denied {
            factor: Factor::SpokenCode,
            reason: Reason::NotEnrolled,
        };
        assert_eq!(told.event.kind, denied);
    }
}
