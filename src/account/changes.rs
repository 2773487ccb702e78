//! Changes of an account: authenticators come and go, and the subject is suspended and resumed.

use super::pending::Pending;
use crate::authenticator::{AuthenticatorId, Label, PendingId};
use crate::code::Code;
use crate::delivered::Destination;
use crate::factor::Factor;
use crate::knowledge::{AnswerHashes, MemorableWord};
use crate::otp::ocra::OcraDevice;
use crate::otp::{Hotp, Totp};
use crate::password::{PasswordHash, PinHash};
use crate::status::Lock;
use crate::time::Timestamp;

/// A change of an account. Each is an action that a policy can rule on: see [`action`](Self::action).
///
/// To set something that is already there replaces it, and voids earlier evidence.
///
/// ```
/// use countersign::{Change, otp::Totp};
/// assert_eq!(Change::AddTotp(Totp::generate()?).action(), "authenticator.add");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// Adds an authenticator app, which waits ten minutes for its first code. A subject has eight at most, those that are
    /// disabled included.
    ///
    /// Each one more is one more to guess at. From the third app of six digits on, fewer wrong tries are taken before a lock: 3
    /// with three apps, 2 with four or five, 1 with six to eight. So the chance of a guesser stays within the
    /// [bounds](crate::limits::GuessChance). Eight apps of eight digits cost no try.
    AddTotp(Totp),
    /// Confirms the app that waits. The code is spent, so it is not good for a check too (pitfall B5).
    ConfirmTotp(Code),
    /// Adds a token with a button, and the counter it starts at. The token waits ten minutes for its first code. A subject has
    /// eight at most. As with apps, several short ones leave fewer tries before a lock. Of six digits, with the usual look-ahead,
    /// five are the most.
    AddHotp(Hotp, u64),
    /// Confirms the token that waits. The code and all before it are spent.
    ConfirmHotp(Code),
    /// Confirms the token that waits by two consecutive codes, if it is far from the counter it should start at.
    ConfirmHotpPair(Code, Code),
    /// Sets the device that answers questions, or the one that signs (RFC 6287).
    SetOcra(OcraDevice),
    /// Sets the answers to the questions.
    SetQuestions(AnswerHashes),
    /// Sets the memorable word.
    SetWord(MemorableWord),
    /// Sets the password.
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
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Chat)?);
    /// # verifier.create(&anna, &ctx)?;
    /// assert_eq!(choose(&verifier, &anna, "eleven purple elephants", &ctx)?, Some(Changed::Done));
    /// assert!(choose(&verifier, &anna, "short", &ctx).unwrap_err().is_misuse());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    SetPassword(PasswordHash),
    /// Sets the PIN. See [`SetPassword`](Self::SetPassword) for the keyring, cost and permit.
    SetPin(PinHash),
    /// Sets the telephone that codes go to.
    SetPhone(Destination),
    /// Sets the e-mail address that recovery codes go to.
    SetEmail(Destination),
    /// Sets the telephone or e-mail address that a code was sent to, if this is the code. The host keeps postal addresses
    /// itself: for these, the change only says that the code is right.
    ///
    /// The code comes from an [order to confirm an address](crate::delivered::CodeOrder::confirm).
    ConfirmAddress(Code),
    /// Removes all authenticators of a factor. For codes that are sent, that is the telephone; for issued recovery codes,
    /// the e-mail address. With either go all open codes, letters too. Earlier evidence is void.
    Remove(Factor),
    /// Removes all authenticators of a lost factor, so that a new one can be added. It does what [`Remove`](Self::Remove) does.
    ///
    /// It is an action of its own, because a caller who has lost a factor asks for it, and so does an attacker. In a policy, let
    /// it [wait](crate::manual::policies) where it takes less than the factor opens. The customer then has time to stop it.
    Reset(Factor),
    /// Gives an authenticator a name, in the place of an earlier one. [`Verifier::authenticators`](crate::Verifier::authenticators)
    /// lists them.
    Rename(AuthenticatorId, Label),
    /// Disables an authenticator until it is enabled: no attempt matches it. Earlier evidence is void, and so is what waits for
    /// an answer by it.
    ///
    /// A customer who cannot find a phone disables its app, and enables it when the phone turns up.
    Disable(AuthenticatorId),
    /// Enables an authenticator that was disabled. From now on it counts as [changed](crate::Evidence::enrolled_at).
    Enable(AuthenticatorId),
    /// Removes one authenticator. Earlier evidence is void, unless it still waits for its first code. With a telephone or an
    /// e-mail address go all open codes, letters too.
    RemoveOne(AuthenticatorId),
    /// Unlocks a factor on both lanes: its locks end, a closed lane opens, a disabled factor counts again, and the month
    /// starts afresh. Factors that share a budget are unlocked together, such as all codes that are sent. Evidence stands.
    ///
    /// Unlock for a customer who was verified: an attacker who guessed before may guess again. A disabled factor should
    /// rather be rebound (SP 800-63B-4 3.2.2), which unlocks it as well.
    ///
    /// Pass the grant to [`Verifier::change`](crate::Verifier::change) without redeeming it. In a policy, let this action
    /// ask for as much as the most sensitive action does. Ask for an approval in addition: it is not evidence. A locked app
    /// that is not disabled still works in an interaction with other evidence.
    ///
    /// ```
    /// use countersign::{Policy, policy::Deployment};
    /// let policy = Policy::from_toml(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["every"]
    ///
    ///     [action."address.change".every_tier]
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
    /// Denies everything until the subject is resumed. Earlier evidence is void.
    Suspend,
    /// Ends a suspension.
    Resume,
    /// Voids everything that was shown, granted, approved or asked for: evidence, grants, approvals, open codes, and changes that
    /// wait. It is for an incident. Authenticators stay, and so do their locks.
    VoidAll,
    /// Cancels a change that waits, by the host or by a policy. A customer cancels it by
    /// [`Verifier::cancel`](crate::Verifier::cancel).
    Cancel(PendingId),
}

impl Change {
    pub(crate) const CREATE: &str = "account.create";
    pub(crate) const ADD: &str = "authenticator.add";
    pub(crate) const LIST: &str = "authenticator.list";

    /// Returns the name of this change as an action of a policy. A change of authenticators asks for the account's own
    /// level (SP 800-63B-4 4.1.2.1, pitfall B26).
    ///
    /// | change | action |
    /// |---|---|
    /// | each `Add..`, `Set..` and `Confirm..`, and [recovery codes](crate::Verifier::generate_recovery_codes) | `authenticator.add` |
    /// | [`Remove`](Self::Remove) | `authenticator.remove` |
    /// | [`Reset`](Self::Reset) | `authenticator.reset` |
    /// | [`RemoveOne`](Self::RemoveOne) | `authenticator.remove` |
    /// | [`Rename`](Self::Rename) | `authenticator.rename` |
    /// | [`Disable`](Self::Disable) | `authenticator.disable` |
    /// | [`Enable`](Self::Enable) | `authenticator.enable` |
    /// | [`Unlock`](Self::Unlock) | `authenticator.unlock` |
    /// | [`Suspend`](Self::Suspend) | `account.suspend` |
    /// | [`Resume`](Self::Resume) | `account.resume` |
    /// | [`VoidAll`](Self::VoidAll) | `account.void` |
    /// | [`Cancel`](Self::Cancel) | `account.cancel` |
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
            Self::Reset(_) => "authenticator.reset",
            Self::Remove(_) | Self::RemoveOne(_) => "authenticator.remove",
            Self::Rename(..) => "authenticator.rename",
            Self::Disable(_) => "authenticator.disable",
            Self::Enable(_) => "authenticator.enable",
            Self::Unlock(_) => "authenticator.unlock",
            Self::Suspend => "account.suspend",
            Self::Resume => "account.resume",
            Self::VoidAll => "account.void",
            Self::Cancel(_) => "account.cancel",
        }
    }
}

/// The outcome of a change.
///
/// ```
/// use countersign::Changed;
/// fn say(changed: &Changed) -> &'static str {
///     match changed {
///         Changed::Done => "done",
///         Changed::Denied => "the code of the new app does not match",
///         Changed::Locked(_) => "too many wrong codes",
///         Changed::InvalidCheckDigit => "say it again, please",
///         Changed::Waits(_) => "done tomorrow, unless you stop it",
///         Changed::Barred(_) => "this was stopped lately",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new outcome must break the code that decides on it"
)]
pub enum Changed {
    /// It is done.
    Done,
    /// The code that should confirm it is wrong, or nothing waits for one. A cancellation is denied if nothing of its id waits, or
    /// the interaction holds no evidence.
    Denied,
    /// The code was not compared.
    Locked(Lock),
    /// The check digit of the code is wrong: it was misread or misheard. Ask for it again. Nothing was charged.
    InvalidCheckDigit,
    /// It was allowed, and waits: the policy's rule has a `delay`. Nothing has changed yet. Send the
    /// [warnings](Pending::warnings).
    ///
    /// If one like it waits already, this is that one. Its time and its content stand.
    Waits(Box<Pending>),
    /// One like it was cancelled lately. It may wait again from then on.
    Barred(Timestamp),
}
