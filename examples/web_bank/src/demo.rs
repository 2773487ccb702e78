//! The customer that everybody may play.

use countersign::knowledge::{Answers, QuestionId};
use countersign::otp::{KeyUri, Totp};
use countersign::password::Password;
use countersign::{Authority, Change, Changed, Error, ErrorKind, Subject, Timestamp};

use crate::bank::{Bank, Newcomer, REALM};
use crate::failure::Failure;
use crate::session::Visit;

pub(crate) const NUMBER: &str = "C-1042";
pub(crate) const PASSWORD: &str = "eleven purple elephants";
pub(crate) const NAME: &str = "Anna Meyer";
const PHONE: &str = "+62 812 3456 7834";
pub(crate) const ANSWERS: [&str; 3] = ["Pickwick", "Anggrek Lane", "Ambarawa"];
/// Everybody knows it: this is a demonstration.
const APP: &str =
    "otpauth://totp/Fern%20Bank:C-1042?secret=JBSWY3DPFERNBANKJBSWY3DPFERNBANK&issuer=Fern%20Bank";

pub(crate) fn app() -> Result<Totp, Error> {
    Totp::from_key_uri(KeyUri::parse(APP)?)
}

/// Enrols the customer, if the bank does not have her yet. A start that was broken off is made again.
pub(crate) async fn seed(bank: &Bank) -> Result<(), Failure> {
    let anna = Subject::new(REALM, NUMBER)?;
    if bank.name_of(&anna).await?.is_some() {
        return Ok(());
    }
    bank.verifier.erase(&anna).await?;
    let visit = Visit::begin(None)?;
    let answers = (1..)
        .zip(ANSWERS)
        .fold(Answers::new(), |all, (number, text)| {
            bank.catalogue.answer(all, QuestionId::new(number), text)
        });
    let newcomer = Newcomer {
        name: NAME.to_owned(),
        password: Password::typed(PASSWORD),
        phone: PHONE.to_owned(),
        answers,
    };
    bank.enrol(&anna, newcomer, app()?, &visit).await?;
    // The code of the step before: that of now is still good for a sign-in.
    let before = Timestamp::from_unix(i64::from(bank.now()?).saturating_sub(30))?;
    let first = Bank::code(app()?.code_at(before).expose_text());
    let (change, ctx) = (Change::ConfirmTotp(first), visit.on_page());
    match bank
        .verifier
        .change(&anna, &change, &Authority::Host, &ctx)
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
