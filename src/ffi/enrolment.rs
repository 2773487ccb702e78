//! Changes, as they are read: what is hashed or sealed takes keys and permits of the settings.

use super::failure::Failure;
use super::json::attempt::answers;
use super::json::change::{
    ChangeForm, ImportForm, PasswordForm, PinForm, QuestionsForm, RenameForm, WordForm,
};
use super::json::rules::{BlocklistForm, PasswordRulesForm, PinRulesForm};
use super::result::COUNTERSIGN_ERROR_BAD_INPUT;
use crate::account::{Change, Settings};
use crate::authenticator::{AuthenticatorId, Label, PendingId};
use crate::code::Code;
use crate::delivered::Destination;
use crate::error::{Error, ErrorKind};
use crate::hashing::HashPermit;
use crate::knowledge::MemorableWord;
use crate::otp::{Hotp, KeyUri, Totp};
use crate::password::{Password, PasswordHash, Pin, PinHash};
use crate::subject::Subject;
use crate::time::Timestamp;

/// Adds an authenticator app, which waits for its first code. The text is its key URI, `otpauth://totp/..`.
pub const COUNTERSIGN_CHANGE_ADD_TOTP: i32 = 1;
/// Confirms the app that waits. The text is a code.
pub const COUNTERSIGN_CHANGE_CONFIRM_TOTP: i32 = 2;
/// Adds a token with a button, which waits for its first code. The text is its key URI, `otpauth://hotp/..`, with the counter.
pub const COUNTERSIGN_CHANGE_ADD_HOTP: i32 = 3;
/// Confirms the token that waits. The text is a code.
pub const COUNTERSIGN_CHANGE_CONFIRM_HOTP: i32 = 4;
/// Sets the memorable word.
pub const COUNTERSIGN_CHANGE_SET_MEMORABLE_WORD: i32 = 5;
/// Sets the password, by the rules of one that counts alone. The JSON form takes others.
pub const COUNTERSIGN_CHANGE_SET_PASSWORD: i32 = 6;
/// Sets the PIN, of six digits or more. The JSON form takes other rules.
pub const COUNTERSIGN_CHANGE_SET_PIN: i32 = 7;
/// Sets the telephone that codes go to. The text is a number with its country, `+49 30 123456`.
pub const COUNTERSIGN_CHANGE_SET_PHONE: i32 = 8;
/// Sets the e-mail address that recovery codes go to.
pub const COUNTERSIGN_CHANGE_SET_EMAIL: i32 = 9;
/// Sets the address that a code was sent to, if the text is this code.
pub const COUNTERSIGN_CHANGE_CONFIRM_ADDRESS: i32 = 10;
/// Removes all authenticators of a factor. The text is its name in a policy: `totp`, `password`, `private_code`.
pub const COUNTERSIGN_CHANGE_REMOVE: i32 = 11;
/// Unlocks a factor. The text is its name in a policy.
pub const COUNTERSIGN_CHANGE_UNLOCK: i32 = 12;
/// Denies everything until the subject is resumed. The text is empty.
pub const COUNTERSIGN_CHANGE_SUSPEND: i32 = 13;
/// Ends a suspension. The text is empty.
pub const COUNTERSIGN_CHANGE_RESUME: i32 = 14;
/// Removes all authenticators of a lost factor, so that a new one can be added. The text is its name in a policy.
pub const COUNTERSIGN_CHANGE_RESET: i32 = 15;
/// Voids evidence, grants, approvals, open codes, and changes that wait. The text is empty.
pub const COUNTERSIGN_CHANGE_VOID_ALL: i32 = 16;

/// Reads the changes that import an account.
pub(super) fn of_import(forms: Vec<ImportForm>) -> Result<Vec<Change>, Failure> {
    forms
        .into_iter()
        .map(|form| {
            Ok(match form {
                ImportForm::ImportPassword(hash) => Change::SetPassword(imported(hash.expose())?),
                ImportForm::AddTotp(uri) => {
                    Change::AddTotp(Totp::from_key_uri(KeyUri::parse(uri.expose())?)?)
                }
                ImportForm::AddHotp(uri) => {
                    let (token, counter) = Hotp::from_key_uri(KeyUri::parse(uri.expose())?)?;
                    Change::AddHotp(token, counter)
                }
                ImportForm::SetOcra(device) => Change::SetOcra(device.made()?),
                ImportForm::SetPhone(number) => Change::SetPhone(Destination::phone(&number)?),
                ImportForm::SetEmail(address) => Change::SetEmail(Destination::email(&address)?),
                ImportForm::Suspend => Change::Suspend,
            })
        })
        .collect()
}

/// Reads a hash of Argon2id, or with the feature `import` of another algorithm.
fn imported(text: &str) -> Result<PasswordHash, Error> {
    #[cfg(feature = "import")]
    if !text.contains("$argon2id$") {
        return PasswordHash::import(text);
    }
    PasswordHash::parse(text)
}

/// Reads changes of a subject.
pub(super) struct Enrolment<'a> {
    pub(super) settings: &'a Settings,
    pub(super) subject: &'a Subject,
    pub(super) now: Timestamp,
}

impl Enrolment<'_> {
    /// Reads a change of one text. Nothing means that no permit came free to hash it.
    pub(super) fn of_text(&self, change: i32, text: &str) -> Result<Option<Change>, Failure> {
        let code = || Code::typed(text);
        Ok(Some(match change {
            COUNTERSIGN_CHANGE_ADD_TOTP => {
                Change::AddTotp(Totp::from_key_uri(KeyUri::parse(text)?)?)
            }
            COUNTERSIGN_CHANGE_CONFIRM_TOTP => Change::ConfirmTotp(code()),
            COUNTERSIGN_CHANGE_ADD_HOTP => {
                let (token, counter) = Hotp::from_key_uri(KeyUri::parse(text)?)?;
                Change::AddHotp(token, counter)
            }
            COUNTERSIGN_CHANGE_CONFIRM_HOTP => Change::ConfirmHotp(code()),
            COUNTERSIGN_CHANGE_SET_MEMORABLE_WORD => self.word(text, &BlocklistForm::default())?,
            COUNTERSIGN_CHANGE_SET_PASSWORD => {
                return self.password(text, &PasswordRulesForm::default());
            }
            COUNTERSIGN_CHANGE_SET_PIN => return self.pin(text, &PinRulesForm::default()),
            COUNTERSIGN_CHANGE_SET_PHONE => Change::SetPhone(Destination::phone(text)?),
            COUNTERSIGN_CHANGE_SET_EMAIL => Change::SetEmail(Destination::email(text)?),
            COUNTERSIGN_CHANGE_CONFIRM_ADDRESS => Change::ConfirmAddress(code()),
            COUNTERSIGN_CHANGE_REMOVE => Change::Remove(text.parse()?),
            COUNTERSIGN_CHANGE_RESET => Change::Reset(text.parse()?),
            COUNTERSIGN_CHANGE_UNLOCK => Change::Unlock(text.parse()?),
            COUNTERSIGN_CHANGE_SUSPEND if text.is_empty() => Change::Suspend,
            COUNTERSIGN_CHANGE_RESUME if text.is_empty() => Change::Resume,
            COUNTERSIGN_CHANGE_VOID_ALL if text.is_empty() => Change::VoidAll,
            COUNTERSIGN_CHANGE_SUSPEND
            | COUNTERSIGN_CHANGE_RESUME
            | COUNTERSIGN_CHANGE_VOID_ALL => {
                let why = "must be empty for this change";
                return Err(Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "text", why));
            }
            _ => return Err(Failure::unknown("change", "COUNTERSIGN_CHANGE_..")),
        }))
    }

    /// Makes the change of a form. Nothing means that no permit came free to hash it.
    pub(super) fn of_form(&self, form: ChangeForm) -> Result<Option<Change>, Failure> {
        Ok(Some(match form {
            ChangeForm::ConfirmHotpPair(first, second) => {
                Change::ConfirmHotpPair(Code::typed(first.expose()), Code::typed(second.expose()))
            }
            ChangeForm::CancelPending(id) => Change::Cancel(PendingId::new(id)),
            ChangeForm::SetOcra(device) => Change::SetOcra(device.made()?),
            ChangeForm::SetQuestions(form) => return self.questions(&form),
            ChangeForm::SetMemorableWord(WordForm { word, blocklist }) => {
                self.word(word.expose(), &blocklist)?
            }
            ChangeForm::SetPassword(PasswordForm { password, rules }) => {
                return self.password(password.expose(), &rules);
            }
            ChangeForm::ImportPassword(phc) => Change::SetPassword(imported(phc.expose())?),
            ChangeForm::SetPin(PinForm { pin, rules }) => return self.pin(pin.expose(), &rules),
            ChangeForm::RenameAuthenticator(RenameForm { id, label }) => {
                Change::Rename(AuthenticatorId::new(id), Label::new(label.expose())?)
            }
            ChangeForm::DisableAuthenticator(id) => Change::Disable(AuthenticatorId::new(id)),
            ChangeForm::EnableAuthenticator(id) => Change::Enable(AuthenticatorId::new(id)),
            ChangeForm::RemoveAuthenticator(id) => Change::RemoveOne(AuthenticatorId::new(id)),
        }))
    }

    fn permit(&self) -> Option<HashPermit> {
        let (pool, patience) = (self.settings.hash_pool(), self.settings.permit_wait());
        pool.permit_within(patience)
    }

    fn password(&self, text: &str, rules: &PasswordRulesForm) -> Result<Option<Change>, Failure> {
        let (rules, password) = (rules.made(self.subject.id())?, Password::typed(text));
        // A password that the rules refuse needs no permit.
        rules.check(&password).map_err(Error::from)?;
        let Some(mut permit) = self.permit() else {
            return Ok(None);
        };
        let (keyring, cost) = (self.settings.keyring(), self.settings.hash_pool().cost());
        let hash = PasswordHash::enrol(&password, &rules, keyring, cost, &mut permit)?;
        Ok(Some(Change::SetPassword(hash)))
    }

    fn pin(&self, text: &str, rules: &PinRulesForm) -> Result<Option<Change>, Failure> {
        let (rules, pin) = (rules.made()?, Pin::typed(text));
        rules.check(&pin).map_err(Error::from)?;
        let Some(mut permit) = self.permit() else {
            return Ok(None);
        };
        let (keyring, cost) = (self.settings.keyring(), self.settings.hash_pool().cost());
        let hash = PinHash::enrol(&pin, &rules, keyring, cost, &mut permit)?;
        Ok(Some(Change::SetPin(hash)))
    }

    fn questions(&self, form: &QuestionsForm) -> Result<Option<Change>, Failure> {
        let catalogue = self.settings.expect_catalogue()?;
        let answers = answers(&form.answers, Some(catalogue));
        let Some(mut permit) = self.permit() else {
            return Ok(None);
        };
        let (keyring, cost) = (self.settings.keyring(), self.settings.hash_pool().cost());
        let blocklist = form.blocklist.made(self.now);
        let hashes = catalogue.enrol(&answers, &blocklist, keyring, cost, &mut permit)?;
        Ok(Some(Change::SetQuestions(hashes)))
    }

    fn word(&self, text: &str, blocklist: &BlocklistForm) -> Result<Change, Failure> {
        let key = self.settings.word_key().ok_or_else(|| {
            let rule = "must be in the settings first: `memorable_words`";
            Error::misuse("memorable words", rule).of(ErrorKind::MissingSetting)
        })?;
        let blocklist = blocklist.made(self.now);
        let word = MemorableWord::enrol(text, &blocklist, self.subject, key)?;
        Ok(Change::SetWord(word))
    }
}
