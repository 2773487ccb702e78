//! How an account changes: authenticators come and go, the subject is suspended and resumed.

use crate::code::Code;
use crate::delivered::Destination;
use crate::factor::Factor;
use crate::knowledge::{AnswerHashes, MemorableWord};
use crate::otp::ocra::OcraDevice;
use crate::otp::{Hotp, Totp};
use crate::password::{PasswordHash, PinHash};
use crate::status::Lock;

/// A change of an account. Each is an action that a policy can rule on, see [`action`](Self::action).
///
/// ```
/// use countersign::{Change, otp::Totp};
/// assert_eq!(Change::AddTotp(Totp::generate()?).action(), "authenticator.add");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// Adds an authenticator app, which waits ten minutes for its first code.
    AddTotp(Totp),
    /// Confirms the app that waits. The code's step is spent: it is not good for a check too (pitfall B5).
    ConfirmTotp(Code),
    /// Adds a token with a button, which waits ten minutes for its first code; and the counter it starts at.
    AddHotp(Hotp, u64),
    /// Confirms the token that waits. The code is spent, and all before it.
    ConfirmHotp(Code),
    /// The same by two consecutive codes, for a token that is far from the counter it was said to start at.
    ConfirmHotpPair(Code, Code),
    /// Sets the device that answers questions, or the one that signs (RFC 6287). In place of another one; evidence of
    /// before is then void.
    SetOcra(OcraDevice),
    /// Sets the answers to the questions. In place of earlier ones; evidence of before is then void.
    SetQuestions(AnswerHashes),
    /// Sets the memorable word, with the letters to ask for first. In place of another one; evidence of before is then void.
    SetWord(MemorableWord),
    /// Sets the password. In place of another one; evidence of before is then void.
    ///
    /// Take keyring, cost and permit from the [`Settings`](crate::Settings) of the verifier. A hash under another keyring
    /// does not open here.
    ///
    /// ```
    /// use countersign::{Authority, Change, Changed, Context, Error, Subject, Verifier, password::{Password, PasswordHash, PasswordRules}};
    /// use countersign::store::memory::MemoryStore;
    ///
    /// fn choose(verifier: &Verifier<MemoryStore>, subject: &Subject, typed: &str, ctx: &Context) -> Result<Option<Changed>, Error> {
    ///     let settings = verifier.settings();
    ///     let rules = PasswordRules::single_factor().with_context_word(subject.id());
    ///     let chosen = Password::typed(typed);
    ///     rules.check(&chosen)?;
    ///     let Some(mut permit) = settings.hash_pool().permit_within(settings.permit_wait()) else {
    ///         return Ok(None); // busy: ask to come again
    ///     };
    ///     let hash = PasswordHash::enrol(&chosen, &rules, settings.keyring(), settings.hash_pool().cost(), &mut permit)?;
    ///     drop(permit);
    ///     verifier.change(subject, &Change::SetPassword(hash), &Authority::Host, ctx).map(Some)
    /// }
    /// # use countersign::{Channel, Interaction, Settings, Timestamp, field::{Keyring, LongTermSecret, RootKey}};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::new(Timestamp::now()?, Channel::Chat, Interaction::begin()?));
    /// # verifier.create(&anna, &ctx)?;
    /// assert_eq!(choose(&verifier, &anna, "eleven purple elephants", &ctx)?, Some(Changed::Done));
    /// assert!(choose(&verifier, &anna, "short", &ctx).unwrap_err().is_misuse());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    SetPassword(PasswordHash),
    /// Sets the PIN. In place of another one; evidence of before is then void. See [`SetPassword`](Self::SetPassword) for the
    /// keyring, cost and permit.
    SetPin(PinHash),
    /// Sets the telephone that codes go to. In place of another one; evidence of before is then void.
    SetPhone(Destination),
    /// Sets the e-mail address that recovery codes go to. In place of another one; evidence of before is then void.
    SetEmail(Destination),
    /// Sets the telephone or e-mail address that a code was sent to by an [order to confirm it](crate::delivered::CodeOrder::confirm), if
    /// this is the code; for the postal address that the host keeps, only says so.
    ConfirmAddress(Code),
    /// Removes all authenticators of a factor: for codes that are sent the telephone, for issued recovery codes the e-mail
    /// address, and then all that are open, letters too. Evidence of before is void.
    Remove(Factor),
    /// Unlocks a factor: its locks end, a closed lane opens, what was disabled counts again, and the month begins anew, on
    /// both lanes. Factors with one budget are unlocked together: codes that are sent, of all kinds. Evidence stands.
    ///
    /// Who guessed before may guess again, at the secret that is there: unlock for a customer who was verified. What was
    /// disabled should rather be bound anew (SP 800-63B-4 3.2.2), which unlocks as well.
    ///
    /// Pass the grant to [`Verifier::change`](crate::Verifier::change) without redeeming it. A policy asks for as much as
    /// its dearest action does. An approval is asked in addition: it is not evidence. A locked app can still be shown in a
    /// call that has given other evidence, unless it is disabled.
    ///
    /// ```
    /// use countersign::{Policy, policy::Deployment};
    /// let policy = Policy::from_toml(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["every"]
    ///
    ///     [action."payment.send".every_tier]
    ///     any = [{ all = [{ factor = "password", max_age = 600 }, { factor = "totp", max_age = 600 }] }]
    ///
    ///     [action."authenticator.unlock".every_tier]
    ///     any = [
    ///         { all = [{ factor = "password", max_age = 600 }, { factor = "totp", max_age = 600 }] },
    ///         { all = [{ factor = "password", max_age = 600 }, { factor = "recovery_code", max_age = 600 }, { approvals = 1, max_age = 600 }] },
    ///     ]
    /// "#)?;
    /// assert!(policy.lint(&Deployment::new())?.is_empty());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    Unlock(Factor),
    /// Refuses everything until the subject is resumed. Evidence of before is void.
    Suspend,
    /// Ends a suspension.
    Resume,
}

impl Change {
    pub(crate) const CREATE: &str = "account.create";
    pub(crate) const ADD: &str = "authenticator.add";

    /// The name of this change as an action of a policy: changing authenticators asks for the account's own level
    /// (SP 800-63B-4 4.1.2.1, pitfall B26).
    ///
    /// ```
    /// assert_eq!(countersign::Change::Suspend.action(), "account.suspend");
    /// ```
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::AddTotp(_)
            | Self::ConfirmTotp(_)
            | Self::AddHotp(..)
            | Self::ConfirmHotp(_)
            | Self::ConfirmHotpPair(..)
            | Self::SetOcra(_)
            | Self::SetQuestions(_)
            | Self::SetWord(..)
            | Self::SetPassword(_)
            | Self::SetPin(_)
            | Self::SetPhone(_)
            | Self::SetEmail(_)
            | Self::ConfirmAddress(_) => Self::ADD,
            Self::Remove(_) => "authenticator.remove",
            Self::Unlock(_) => "authenticator.unlock",
            Self::Suspend => "account.suspend",
            Self::Resume => "account.resume",
        }
    }
}

/// What became of a change.
///
/// ```
/// use countersign::Changed;
/// fn say(changed: Changed) -> &'static str {
///     match changed {
///         Changed::Done => "done",
///         Changed::Denied => "the code of the new app does not match",
///         Changed::Locked(_) => "too many wrong codes",
///         Changed::InvalidCheckDigit => "say it again, please",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new outcome must break the code that decides on it"
)]
pub enum Changed {
    /// It is done.
    Done,
    /// The code that should confirm it is wrong, or nothing waits for one.
    Denied,
    /// The code was not looked at.
    Locked(Lock),
    /// The code was misheard: its check digit is wrong. Ask for it again; nothing was charged.
    InvalidCheckDigit,
}
