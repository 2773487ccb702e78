//! Codes that were sent, offered: to verify, to recover, to bind, or to confirm an address.

use crate::account::outcome::Outcome;
use crate::account::record::budget::Budget;
use crate::account::steps::change::{Change, Changed};
use crate::account::steps::check::Verdict;
use crate::account::steps::settle::CheckStep;
use crate::account::{Draft, Recorded, Sealed};
use crate::code::Code;
use crate::context::Context;
use crate::delivered::{CodeContext, Destination, Judged, Kind, OpenCode, Purpose};
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::factor::Factor;
use crate::grant::Authority;
use crate::limits::throttle::{Admission, Lane};
use crate::status::Lock;
use crate::transition::Transition;

impl Draft<'_> {
    /// Judges a code that verifies, recovers or binds. What was misheard is told, and not charged; to a decoy like to anybody.
    pub(in crate::account) fn check_delivered(
        mut self,
        code: &Code,
        purpose: Purpose,
        lane: Lane,
        tried: Factor,
        ctx: &Context,
    ) -> Result<Transition<Recorded<CheckStep>, Sealed>, Error> {
        let verdict: Verdict = match self.judge_delivered(code, purpose, lane, ctx) {
            Judged::InvalidCheckDigit => {
                let what = EventKind::InvalidCheckDigit { factor: tried };
                return self.step(ctx, what, CheckStep::Known(Outcome::InvalidCheckDigit));
            }
            // A code that was drawn and sent to nobody is no evidence, even if it is guessed.
            Judged::Right(open) if open.has_reached() => {
                let binding = ctx
                    .transaction_digest()
                    .filter(|_| open.is_for_transaction());
                Ok((open.factor(), binding))
            }
            other => Err(reason(&other)),
        };
        self.conclude(verdict, Budget::Delivered, lane, tried, ctx)
    }

    /// Judges the code that confirms an address, and makes it the account's.
    pub(in crate::account) fn confirm_address(
        mut self,
        code: &Code,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Changed>, Sealed>, Error> {
        let budget = Budget::Delivered;
        let heard = ctx.channel().reveals_to_host();
        let kind = if heard { Kind::Spoken } else { Kind::Private };
        let factor = kind.factor();
        let limits = self.account.settings.limits_of(budget);
        // What is disabled is bound anew by just this, and a stranger's lock does not keep it out.
        let lane = self.next.lane(ctx.interaction(), budget);
        let at = self.next.moment(ctx.now());
        let admission = self.next.throttle(budget).admit_binding(lane, &at, &limits);
        if let Admission::Until(until) = admission {
            let until_then = Some(until);
            let what = EventKind::Locked {
                factor,
                until: until_then,
            };
            return self.tell(ctx, what, Changed::Locked(Lock::Until(until)));
        }
        let judged = self.judge_delivered(code, Purpose::ConfirmAddress, lane, ctx);
        let confirmed = match &judged {
            Judged::InvalidCheckDigit => {
                return self.step(
                    ctx,
                    EventKind::InvalidCheckDigit { factor },
                    Changed::InvalidCheckDigit,
                );
            }
            Judged::Right(open) => open.confirms(),
            _ => None,
        };
        if let Some(address) = confirmed {
            self.set_address(&address);
            return self.changed(Change::ADD, by, ctx, Changed::Done);
        }
        self.next
            .throttle(budget)
            .charge_binding(lane, &at, &limits);
        let reason = reason(&judged);
        self.step(ctx, EventKind::Denied { factor, reason }, Changed::Denied)
    }

    /// Sets the telephone or e-mail address. What was sent to another is void, and so is evidence of before.
    pub(in crate::account) fn set_address(&mut self, to: &Destination) {
        let earlier = if to.is_phone() {
            self.next.phone()
        } else if to.is_email() {
            self.next.email()
        } else {
            // The host's own: there is nothing to set.
            self.rebind(Budget::Delivered);
            return;
        };
        if earlier.is_some_and(|earlier| earlier != *to) {
            self.next.void_evidence();
        }
        if to.is_phone() {
            self.next.set_phone(to);
        } else {
            self.next.set_email(to);
        }
        self.next.codes.clear();
        self.rebind(Budget::Delivered);
    }

    /// Compares with every open code of either kind; takes what matches out of the record, right or told.
    fn judge_delivered(
        &mut self,
        code: &Code,
        purpose: Purpose,
        lane: Lane,
        ctx: &Context,
    ) -> Judged {
        let key = self.next.code_key();
        let subject = self.account.subject.store_key();
        let around = CodeContext {
            key: key.ready(),
            subject,
        };
        OpenCode::judge(&mut self.next.codes, code, purpose, lane, &around, ctx)
    }
}

/// Why a code did not pass.
const fn reason(judged: &Judged) -> Reason {
    match judged {
        Judged::Right(_) => Reason::NotEnrolled,
        Judged::Told => Reason::PrivateCodeTold,
        Judged::Misplaced => Reason::Superseded,
        Judged::InvalidCheckDigit | Judged::Wrong => Reason::Wrong,
        Judged::NothingOpen => Reason::NothingOpen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Attempt, Settings};
    use crate::context::{Channel, Interaction};
    use crate::delivered::CodeOrder;
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
        let ctx = Context::new(now, Channel::Agent, Interaction::begin().unwrap());
        let mut bytes = Vec::new();
        let created = Account::create(&settings, &subject, None, &ctx).unwrap();
        let stored = created.commit(|sealed| {
            bytes = sealed.entry().bytes().to_vec();
            Saved::<()>::Stored
        });
        assert!(stored.is_ok());
        let mut account = Account::open(&settings, &subject, &bytes, 0).unwrap();
        let key = account.record.code_key();
        let around = CodeContext {
            key: key.ready(),
            subject: subject.store_key(),
        };
        let (open, text) =
            OpenCode::draw(&CodeOrder::spoken(), false, false, &around, &ctx).unwrap();
        account.record.codes.push(open);
        let guessed = Attempt::Delivered(Code::typed(text.expose_text()));
        let (_, told) = account.check(&guessed, &ctx).unwrap().into_parts();
        assert!(matches!(told.outcome, CheckStep::Known(Outcome::Denied)));
        let denied = EventKind::Denied {
            factor: Factor::SpokenCode,
            reason: Reason::NotEnrolled,
        };
        assert_eq!(told.event.kind, denied);
    }
}
