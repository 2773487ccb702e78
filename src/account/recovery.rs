//! Recovery codes in the account: a list that is printed once, of which each code counts once.

use core::fmt;

use super::budget::Budget;
use super::change::Change;
use super::check::Verdict;
use super::{Account, Draft, Sealed, Told};
use crate::code::Code;
use crate::context::Context;
use crate::error::Error;
use crate::event::Reason;
use crate::factor::Factor;
use crate::grant::Authority;
use crate::recovery::{RecoveryCodes, RecoverySet, RecoveryVerdict};
use crate::secret::SecretText;
use crate::time::Timestamp;
use crate::transition::Transition;

/// A list of recovery codes, to be printed and then forgotten: the account keeps hashes only.
///
/// ```
/// fn print(sheet: &countersign::RecoverySheet) {
///     for code in sheet.codes() {
///         println!("{}", code.expose_text());
///     }
/// }
/// ```
pub struct RecoverySheet {
    printed: Timestamp,
    codes: Vec<SecretText>,
}

impl RecoverySheet {
    /// The codes, in groups of four symbols: `7K2M-9QRT-..`.
    ///
    /// ```
    /// fn lines(sheet: &countersign::RecoverySheet) -> usize { sheet.codes().len() }
    /// ```
    #[must_use]
    pub fn codes(&self) -> &[SecretText] {
        &self.codes
    }

    /// When it was printed. On the paper, it tells which list still counts: the newest.
    ///
    /// ```
    /// fn date(sheet: &countersign::RecoverySheet) -> u64 { sheet.printed().unix() }
    /// ```
    #[must_use]
    pub const fn printed(&self) -> Timestamp {
        self.printed
    }
}

impl fmt::Debug for RecoverySheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoverySheet({} codes)", self.codes.len())
    }
}

impl Account {
    /// Draws a new list of `count` recovery codes; one that was printed before is void from then on, and so is evidence of
    /// before.
    ///
    /// Adding an authenticator, and so the action `authenticator.add` of a policy (SP 800-63B-4 4.1.2.1). The codes are
    /// told once the record is stored, and never again.
    ///
    /// # Errors
    /// Misuse, if the authority does not reach that far, the subject does not exist or is frozen, or `count` is not 1 to
    /// 16 ([`RecoveryCodes::MAX_COUNT`]); store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Account, Authority, Channel, Committed, Context, Interaction, RecoveryCodes, Saved, Settings, Subject, Timestamp};
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// # let settings = Settings::new("bank", Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let step = account.print_recovery_codes(RecoveryCodes::DEFAULT_COUNT, &Authority::Host, &ctx)?;
    /// let Ok(Committed::Known(told)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
    /// assert_eq!(told.outcome.codes().len(), 10);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn print_recovery_codes(
        &self,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Transition<Told<RecoverySheet>, Sealed>, Error> {
        let action = Change::ADD;
        let mut draft = self.alter(action, false, by, ctx)?;
        let codes = RecoveryCodes::keyed(draft.next.code_key());
        let (set, codes) = codes.issue(count, ctx.now())?.into_parts();
        let earlier = core::mem::replace(&mut draft.next.recovery, set);
        draft.replaced(earlier.is_some(), Budget::Recovery);
        let printed = ctx.now();
        let sheet = RecoverySheet { printed, codes };
        draft.changed(action, by, ctx, sheet)
    }
}

impl Draft<'_> {
    /// Compares with every code that is left; one that is right leaves the list.
    pub(super) fn judge_recovery(&mut self, code: &Code) -> Verdict {
        let codes = RecoveryCodes::keyed(self.next.code_key());
        let nobody = RecoverySet::empty();
        let set = self.next.recovery.as_ref();
        let (next, verdict) = codes.check(set.unwrap_or(&nobody), code).into_parts();
        match (set, verdict) {
            (None, _) => Err(Reason::NotEnrolled),
            (Some(_), RecoveryVerdict::Wrong) => Err(Reason::Wrong),
            (Some(_), RecoveryVerdict::Accepted) => {
                self.next.recovery = next;
                Ok((Factor::RecoveryCode, None))
            }
        }
    }
}
