//! The customer and the agent that everybody may play.

use countersign::knowledge::{Answers, QuestionId};
use countersign::otp::{KeyUri, Totp};
use countersign::password::Password;
use countersign::{Authority, Change, Changed, Error, ErrorKind, Subject, Timestamp};

use crate::bank::{Bank, Contact, Newcomer, REALM};
use crate::failure::Failure;
use crate::session::Visit;

pub(crate) const NUMBER: &str = "C-1042";
pub(crate) const PASSWORD: &str = "eleven purple elephants";
pub(crate) const NAME: &str = "Anna Meyer";
const PHONE: &str = "+62 812 3456 7834";
pub(crate) const ANSWERS: [&str; 3] = ["Pickwick", "Anggrek Lane", "Ambarawa"];
pub(crate) const AGENT: &str = "A-7001";
pub(crate) const AGENT_PASSWORD: &str = "seven patient lighthouses";
pub(crate) const AGENT_NAME: &str = "Mia Sorensen";
/// Everybody knows both: this is a demonstration.
const APP: &str =
    "otpauth://totp/Fern%20Bank:C-1042?secret=JBSWY3DPFERNBANKJBSWY3DPFERNBANK&issuer=Fern%20Bank";
const AGENT_APP: &str =
    "otpauth://totp/Fern%20Bank:A-7001?secret=JBSWY3DPFERNDESKJBSWY3DPFERNDESK&issuer=Fern%20Bank";

pub(crate) fn app() -> Result<Totp, Error> {
    Totp::from_key_uri(KeyUri::parse(APP)?)
}

pub(crate) fn agent_app() -> Result<Totp, Error> {
    Totp::from_key_uri(KeyUri::parse(AGENT_APP)?)
}

/// Enrols both, if the bank does not have them yet.
pub(crate) async fn seed(bank: &Bank) -> Result<(), Failure> {
    let answers = (1..)
        .zip(ANSWERS)
        .fold(Answers::new(), |all, (number, text)| {
            bank.catalogue.answer(all, QuestionId::new(number), text)
        });
    let anna = Newcomer {
        name: NAME.to_owned(),
        password: Password::typed(PASSWORD),
        contact: Some(Contact {
            phone: PHONE.to_owned(),
            answers,
        }),
    };
    enrol(bank, NUMBER, anna, app()?).await?;
    let mia = Newcomer {
        name: AGENT_NAME.to_owned(),
        password: Password::typed(AGENT_PASSWORD),
        contact: None,
    };
    enrol(bank, AGENT, mia, agent_app()?).await
}

/// Enrols one of them, if the bank does not have it yet. A start that was broken off is made again.
async fn enrol(bank: &Bank, number: &str, newcomer: Newcomer, app: Totp) -> Result<(), Failure> {
    let subject = Subject::new(REALM, number)?;
    if bank.name_of(&subject).await?.is_some() {
        return Ok(());
    }
    bank.verifier.erase(&subject).await?;
    let visit = Visit::begin(None)?;
    bank.enrol(&subject, newcomer, app.clone(), &visit).await?;
    // The code of the step before: that of now is still good for a sign-in.
    let before = Timestamp::from_unix(i64::from(bank.now()?).saturating_sub(30))?;
    let first = Bank::code(app.code_at(before).expose_text());
    let (change, ctx) = (Change::ConfirmTotp(first), visit.on_page());
    match bank
        .verifier
        .change(&subject, &change, &Authority::Host, &ctx)
        .await?
    {
        Changed::Done => Ok(()),
        _ => Err(Failure::Broken(
            "the app of the demonstration was not confirmed".into(),
        )),
    }
}

/// Returns whether an account of this number is there already.
pub(crate) fn is_taken(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(error) if error.kind() == ErrorKind::AlreadyExists)
}
