//! Recovery codes in the account: a list that is printed once, of which each code counts once.

use crate::account::record::budget::Budget;
use crate::account::steps::change::Change;
use crate::account::steps::check::Verdict;
use crate::account::{Account, Draft, Recorded, Sealed};
use crate::code::Code;
use crate::context::Context;
use crate::error::Error;
use crate::event::Reason;
use crate::factor::Factor;
use crate::grant::Authority;
use crate::recovery::{RecoveryCodeHashes, RecoveryCodeList, RecoveryCodes};
use crate::transition::{self, Transition};

impl Account {
    /// Draws a new list of `count` recovery codes; one that was printed before is void from then on, and so is evidence of
    /// before.
    ///
    /// Adding an authenticator, and so the action `authenticator.add` of a policy (SP 800-63B-4 4.1.2.1). The codes are
    /// told once the record is stored, and never again.
    ///
    /// # Errors
    /// Misuse, if the authority does not reach that far, the subject does not exist or is suspended, or `count` is not 1 to
    /// 16 ([`RecoveryCodes::MAX_COUNT`]); store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Authority, Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, recovery::RecoveryCodes, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let step = account.generate_recovery_codes(RecoveryCodes::DEFAULT_COUNT, &Authority::Host, &ctx)?;
    /// let Ok(CommitResult::Stored(told)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
    /// assert_eq!(told.outcome.codes().len(), 10);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate_recovery_codes(
        &self,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Transition<Recorded<RecoveryCodeList>, Sealed>, Error> {
        let action = Change::ADD;
        let mut draft = self.alter(action, false, by, ctx)?;
        let codes = RecoveryCodes::keyed(draft.next.code_key());
        let (set, list) = codes.issue(count, ctx.now())?.into_parts();
        let earlier = core::mem::replace(&mut draft.next.recovery, set);
        draft.replaced(earlier.is_some(), Budget::Recovery);
        draft.changed(action, by, ctx, list)
    }
}

impl Draft<'_> {
    /// Compares with every code that is left; one that is right leaves the list.
    pub(in crate::account) fn judge_recovery(&mut self, code: &Code) -> Verdict {
        let codes = RecoveryCodes::keyed(self.next.code_key());
        let nobody = RecoveryCodeHashes::empty();
        let set = self.next.recovery.as_ref();
        let (next, verdict) = codes.check(set.unwrap_or(&nobody), code).into_parts();
        match (set, verdict) {
            (None, _) => Err(Reason::NotEnrolled),
            (Some(_), transition::Verdict::Accepted) => {
                self.next.recovery = next;
                Ok((Factor::RecoveryCode, None))
            }
            (Some(_), _) => Err(Reason::Wrong),
        }
    }
}
