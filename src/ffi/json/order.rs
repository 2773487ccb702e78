//! An order of a code, with the message that carries it, and a task for a customer's device.

use serde::Deserialize;

use super::read;
use super::secret::Secret;
use super::transaction::TransactionForm;
use crate::code::CodeShape;
use crate::context::Transaction;
use crate::delivered::{CodeOrder, Destination, Kind, Route};
use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_BAD_INPUT;
use crate::otp::ocra::OcraTask;
use crate::secret::SecretBytes;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderForm {
    code: CodeForm,
    #[serde(default)]
    by_voice: bool,
    shape: Option<ShapeForm>,
    message: Option<MessageForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum CodeForm {
    Spoken,
    Private,
    Recover { kind: KindForm, route: RouteForm },
    Confirm { kind: KindForm, to: DestinationForm },
    Binding,
    BindingOnScreen,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindForm {
    Private,
    Spoken,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RouteForm {
    Sms,
    Voice,
    Email,
    Post,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DestinationForm {
    Phone(String),
    Email(String),
    Post,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShapeForm {
    Digits(u8),
    DigitsAndCheck(u8),
    Crockford(u8),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageForm {
    from: String,
    action: Option<String>,
    transaction: Option<TransactionForm>,
    page: Option<String>,
}

/// The message that is to carry a code.
pub(crate) struct OrderedMessage {
    pub(crate) from: String,
    pub(crate) action: Option<String>,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) page: Option<String>,
}

/// Reads an order, and the message if one is asked for.
pub(crate) fn order(text: &str) -> Result<(CodeOrder, Option<OrderedMessage>), Failure> {
    let form: OrderForm = read::plain("order", text)?;
    let mut order = match form.code {
        CodeForm::Spoken => CodeOrder::spoken(),
        CodeForm::Private => CodeOrder::private(),
        CodeForm::Recover { kind, route } => CodeOrder::recover(kind.made(), route.made()),
        CodeForm::Confirm { kind, to } => CodeOrder::confirm(kind.made(), to.made()?),
        CodeForm::Binding => CodeOrder::binding(),
        CodeForm::BindingOnScreen => CodeOrder::binding_on_screen(),
    };
    if form.by_voice {
        order = order.by_voice();
    }
    if let Some(shape) = form.shape {
        order = order.with_shape(match shape {
            ShapeForm::Digits(count) => CodeShape::digits(count)?,
            ShapeForm::DigitsAndCheck(count) => CodeShape::digits_and_check(count)?,
            ShapeForm::Crockford(count) => CodeShape::crockford(count)?,
        });
    }
    let message = form.message.map(MessageForm::made).transpose()?;
    Ok((order, message))
}

impl KindForm {
    const fn made(self) -> Kind {
        match self {
            Self::Private => Kind::Private,
            Self::Spoken => Kind::Spoken,
        }
    }
}

impl RouteForm {
    const fn made(self) -> Route {
        match self {
            Self::Sms => Route::Sms,
            Self::Voice => Route::Voice,
            Self::Email => Route::Email,
            Self::Post => Route::Post,
        }
    }
}

impl DestinationForm {
    fn made(&self) -> Result<Destination, Failure> {
        Ok(match self {
            Self::Phone(number) => Destination::phone(number)?,
            Self::Email(address) => Destination::email(address)?,
            Self::Post => Destination::post(),
        })
    }
}

impl MessageForm {
    fn made(self) -> Result<OrderedMessage, Failure> {
        let transaction = self.transaction.map(|form| form.made()).transpose()?;
        Ok(OrderedMessage {
            from: self.from,
            action: self.action,
            transaction,
            page: self.page,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskForm {
    task: TaskKindForm,
    answering: Option<String>,
    /// In hexadecimal digits.
    session: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TaskKindForm {
    Authenticate,
    Sign(TransactionForm),
    SignText(String),
}

/// A task, and what it points into.
pub(crate) struct OwnedTask {
    kind: OwnedKind,
    answering: Option<String>,
    session: Option<SecretBytes>,
}

enum OwnedKind {
    Authenticate,
    Sign(Transaction),
    SignText(String),
}

/// Reads a task for a customer's device.
pub(crate) fn task(text: &str) -> Result<OwnedTask, Failure> {
    let form: TaskForm = read::plain("task", text)?;
    let kind = match form.task {
        TaskKindForm::Authenticate => OwnedKind::Authenticate,
        TaskKindForm::Sign(transaction) => OwnedKind::Sign(transaction.made()?),
        TaskKindForm::SignText(text) => OwnedKind::SignText(text),
    };
    let session = form.session.map(|session| {
        let why = "must be hexadecimal digits";
        let wrong = || Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "session", why);
        session.bytes().ok_or_else(wrong)
    });
    Ok(OwnedTask {
        kind,
        answering: form.answering,
        session: session.transpose()?,
    })
}

impl OwnedTask {
    pub(crate) fn task(&self) -> OcraTask<'_> {
        let mut task = match &self.kind {
            OwnedKind::Authenticate => OcraTask::authenticate(),
            OwnedKind::Sign(transaction) => OcraTask::sign(transaction.digest()),
            OwnedKind::SignText(text) => OcraTask::sign_text(text),
        };
        if let Some(question) = &self.answering {
            task = task.answering(question);
        }
        match &self.session {
            Some(session) => task.in_session(session.expose_bytes()),
            None => task,
        }
    }
}
