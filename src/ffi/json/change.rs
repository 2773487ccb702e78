//! Changes of several parts. A change of one text does not go through JSON.

use serde::Deserialize;

use super::attempt::AnswerForm;
use super::read;
use super::rules::{BlocklistForm, PasswordRulesForm, PinRulesForm};
use super::secret::Secret;
use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_BAD_INPUT;
use crate::otp::ocra::{MutualServer, Ocra, OcraDevice};

/// A change of several parts.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeForm {
    ConfirmHotpPair(Secret, Secret),
    SetOcra(OcraForm),
    SetQuestions(QuestionsForm),
    SetMemorableWord(WordForm),
    SetPassword(PasswordForm),
    /// A hash of another program, or of this library.
    ImportPassword(Secret),
    SetPin(PinForm),
    RenameAuthenticator(RenameForm),
    /// By its id.
    DisableAuthenticator(u16),
    EnableAuthenticator(u16),
    RemoveAuthenticator(u16),
    CancelPending(u16),
}

/// A new name of an authenticator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameForm {
    pub(crate) id: u16,
    pub(crate) label: Secret,
}

/// An authenticator of an account of another system. Nothing of it is hashed.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportForm {
    ImportPassword(Secret),
    /// Key URIs.
    AddTotp(Secret),
    AddHotp(Secret),
    SetOcra(OcraForm),
    SetPhone(String),
    SetEmail(String),
    Suspend,
}

/// A device that logs in or signs. If it asks first, `host` is the other direction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OcraForm {
    customer: SideForm,
    host: Option<SideForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SideForm {
    suite: String,
    /// In hexadecimal digits.
    secret: Secret,
    pin: Option<Secret>,
    #[serde(default)]
    signs: bool,
    look_ahead: Option<u8>,
    /// Steps back, and steps ahead.
    time_window: Option<(u8, u8)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionsForm {
    pub(crate) answers: Vec<AnswerForm>,
    #[serde(default)]
    pub(crate) blocklist: BlocklistForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordForm {
    pub(crate) word: Secret,
    #[serde(default)]
    pub(crate) blocklist: BlocklistForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordForm {
    pub(crate) password: Secret,
    #[serde(default)]
    pub(crate) rules: PasswordRulesForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinForm {
    pub(crate) pin: Secret,
    #[serde(default)]
    pub(crate) rules: PinRulesForm,
}

/// Reads a change of several parts.
pub(crate) fn change(text: &str) -> Result<ChangeForm, Failure> {
    read::secret("change", text)
}

/// Reads all that an account of another system has.
pub(crate) fn import(text: &str) -> Result<Vec<ImportForm>, Failure> {
    read::secret("changes", text)
}

impl OcraForm {
    pub(crate) fn made(self) -> Result<OcraDevice, Failure> {
        let customer = self.customer.made()?;
        Ok(match self.host {
            None => OcraDevice::from(customer),
            Some(host) => OcraDevice::from(MutualServer::new(host.made()?, customer)?),
        })
    }
}

impl SideForm {
    fn made(self) -> Result<Ocra, Failure> {
        let why = "must be hexadecimal digits";
        let wrong = || Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "secret", why);
        let (suite, secret) = (self.suite.parse()?, self.secret.bytes().ok_or_else(wrong)?);
        let mut ocra = match self.pin {
            Some(pin) => Ocra::new_with_pin(suite, secret, &pin.into_text())?,
            None => Ocra::new(suite, secret)?,
        };
        if let Some(look_ahead) = self.look_ahead {
            ocra = ocra.with_look_ahead(look_ahead)?;
        }
        if let Some((back, ahead)) = self.time_window {
            ocra = ocra.with_time_window(back, ahead)?;
        }
        Ok(if self.signs {
            ocra.for_signatures()
        } else {
            ocra
        })
    }
}
