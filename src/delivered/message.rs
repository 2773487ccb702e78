//! The message that carries a code: its kind, its purpose, and a warning.

use core::fmt;

use zeroize::Zeroizing;

use super::order::{Kind, Purpose};
use super::sms::SmsParts;
use super::template::{Place, Template, phrase};
use super::web_otp;
use super::wording::Wording;
use crate::canonical::shown;
use crate::code::{Code, groups};
use crate::context::{Transaction, TransactionDigest};
use crate::error::Error;
use crate::secret::SecretText;
use core::time::Duration;

/// A code, and what the customer must know with it. It becomes a [`text`](Self::text) message, an [`email`](Self::email) or
/// a letter, or a [`voice`](Self::voice) message.
///
/// The message of a payment shows fields of the [`Transaction`] that the code is bound to. So nobody reads one amount and
/// confirms another (PSD2 RTS 5(1)(a)). The wording decides how an amount is written. Its value is the one that is bound.
///
/// A message of a [`Delivery`](crate::delivered::Delivery) or a [`DeliveredCode`](crate::delivered::DeliveredCode) knows the
/// transaction of its code. It is written for that transaction, or for none if the code has none. Anything else is an error.
/// A message of [`new`](Self::new) knows only the transaction that [`for_transaction`](Self::for_transaction) names.
///
/// ```
/// use core::time::Duration;
/// use countersign::{SecretText, Transaction, delivered::{Kind, Message, Phrases, Purpose, Wording}};
/// let english = Wording::new(&Phrases::ENGLISH)?;
/// let code = SecretText::from("493021".to_owned());
/// let ten_minutes = Duration::from_secs(10 * 60);
///
/// let transfer = Transaction::payment("TX-1", "Anna Müller", "99.50", "EUR")?;
/// let message = Message::new(Kind::Spoken, Purpose::Authenticate, "Fern Bank", &code, ten_minutes)?
///     .for_transaction(&transfer)?;
/// assert_eq!(
///     message.text(&english)?.expose_text(),
///     "Fern Bank: 493 021 is your code to pay 99.50 EUR to Anna Müller. It counts for 10 minutes. \
///      Read it to our agent only if you called us. If somebody called you, hang up.",
/// );
///
/// let message = Message::new(Kind::Private, Purpose::Recover, "Fern Bank", &code, ten_minutes)?;
/// assert_eq!(
///     message.voice(&english)?.expose_text(),
///     "This is Fern Bank. Your code to recover your account is: four, nine, three; zero, two, one. \
///      Once more: four, nine, three; zero, two, one. It counts for 10 minutes. \
///      Never tell it to anyone, not even us.",
/// );
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Message<'a> {
    kind: Kind,
    purpose: Purpose,
    from: String,
    code: Code,
    lifetime: Duration,
    action: Option<String>,
    transaction: Option<&'a Transaction>,
    bound: Bound,
    page: Option<&'a str>,
}

/// The transaction that a code is bound to, as far as it is known.
#[derive(Clone, Copy)]
enum Bound {
    /// The host made the message, and names the transaction itself.
    Unsaid,
    /// The code is bound to this transaction, or to none.
    Said(Option<TransactionDigest>),
}

impl<'a> Message<'a> {
    /// The most characters of an e-mail, letter or voice message.
    pub const MAX_CHARS: usize = 1_600;
    /// The most parts of a text message. Each part is paid for.
    pub const MAX_SMS_PARTS: usize = 10;
    /// The shortest lifetime that a message states. So no language needs a word for one minute, and there is time to type
    /// the code.
    pub(crate) const SHORTEST: Duration = Duration::from_secs(2 * 60);

    /// Makes a message from `from`, the host's name as customers know it, with a code that counts for `lifetime`.
    ///
    /// It is for no transaction, unless [`for_transaction`](Self::for_transaction) names one. A code is text, so this cannot
    /// check which transaction it is bound to. [`Delivery::write`](crate::delivered::Delivery::write) and
    /// [`DeliveredCode::message`](crate::delivered::DeliveredCode::message) make messages that are checked.
    ///
    /// # Errors
    /// Misuse, if `from` is not a phrase of 1 to 100 characters on one line. Also if the code is not one that this crate
    /// draws, or if the lifetime is less than two minutes.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, delivered::{Kind, Message, Purpose}};
    /// let code = SecretText::from("4930-21!".to_owned());
    /// let error = Message::new(Kind::Spoken, Purpose::Recover, "Bank", &code, Duration::from_secs(10 * 60)).unwrap_err();
    /// assert_eq!(error.to_string(), "code: must be one that was drawn");
    /// ```
    pub fn new(
        kind: Kind,
        purpose: Purpose,
        from: &str,
        code: &SecretText,
        lifetime: Duration,
    ) -> Result<Self, Error> {
        let code = Code::typed(code.expose_text());
        if code.symbols().is_empty() {
            return Err(Error::misuse("code", "must be one that was drawn"));
        }
        if lifetime < Self::SHORTEST {
            return Err(Error::misuse("lifetime", "must be two minutes or more"));
        }
        Ok(Self {
            kind,
            purpose,
            from: phrase("sender", from)?,
            code,
            lifetime,
            action: None,
            transaction: None,
            bound: Bound::Unsaid,
            page: None,
        })
    }

    /// Names the transaction that the code is bound to. The message then shows no other.
    pub(crate) fn with_code_for_transaction(self, binding: Option<TransactionDigest>) -> Self {
        Self {
            bound: Bound::Said(binding),
            ..self
        }
    }

    /// Names what the code is for, such as "change your address". It replaces the wording's phrase for the purpose.
    ///
    /// A transaction's own field `action` takes precedence. Do not use this instead of a transaction: an action is not bound
    /// to the code.
    ///
    /// # Errors
    /// Misuse, if it is not a phrase of 1 to 100 characters on one line.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, delivered::{Kind, Message, Phrases, Purpose, Wording}};
    /// let code = SecretText::from("493021".to_owned());
    /// let message = Message::new(Kind::Spoken, Purpose::Authenticate, "Bank", &code, Duration::from_secs(10 * 60))?
    ///     .for_action("change your address")?;
    /// let text = message.text(&Wording::new(&Phrases::ENGLISH)?)?;
    /// assert!(text.expose_text().starts_with("Bank: 493 021 is your code to change your address."));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn for_action(self, action: &str) -> Result<Self, Error> {
        Ok(Self {
            action: Some(phrase("action", action)?),
            ..self
        })
    }

    /// Sets the transaction that the code is bound to. The message of a payment shows its payee and its amount. For another
    /// transaction it shows the field `action`, or the fields that the template names.
    ///
    /// The message checks that it is the code's own when it is written.
    ///
    /// # Errors
    /// Misuse, for a payment, if the code's purpose is not to authenticate; or if the field `action` is not a phrase of 1 to
    /// 100 characters.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, Transaction, delivered::{Kind, Message, Phrases, Purpose, Wording}};
    /// let code = SecretText::from("493021".to_owned());
    /// let change = Transaction::new("REQ-7")?.with("action", "change your limit")?;
    /// let message = Message::new(Kind::Spoken, Purpose::Authenticate, "Bank", &code, Duration::from_secs(10 * 60))?
    ///     .for_transaction(&change)?;
    /// let text = message.text(&Wording::new(&Phrases::ENGLISH)?)?;
    /// assert!(text.expose_text().starts_with("Bank: 493 021 is your code to change your limit."));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn for_transaction(self, transaction: &'a Transaction) -> Result<Self, Error> {
        if transaction.is_payment() && self.purpose != Purpose::Authenticate {
            return Err(Error::misuse(
                "purpose",
                "must be to authenticate, for a payment: order other codes in a context without one",
            ));
        }
        if let Some(action) = transaction.value("action") {
            phrase("action", action)?;
        }
        Ok(Self {
            transaction: Some(transaction),
            ..self
        })
    }

    /// Adds a last line that binds the code to a page at this host (`WebOTP`). A browser then offers the code on that page
    /// only. The line is for text messages; a voice message has none.
    ///
    /// # Errors
    /// Misuse, for a spoken code, which belongs on no page; or if `host` is not a domain name in small letters.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, delivered::{Kind, Message, Phrases, Purpose, Wording}};
    /// let code = SecretText::from("49302117".to_owned());
    /// let message = Message::new(Kind::Private, Purpose::Authenticate, "Bank", &code, Duration::from_secs(10 * 60))?
    ///     .for_page("bank.example")?;
    /// let text = message.text(&Wording::new(&Phrases::ENGLISH)?)?;
    /// assert!(text.expose_text().ends_with("not even us.\n\n@bank.example #49302117"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn for_page(self, host: &'a str) -> Result<Self, Error> {
        if self.kind != Kind::Private {
            return Err(Error::misuse("page host", "is for private codes only"));
        }
        Ok(Self {
            page: Some(web_otp::host(host)?),
            ..self
        })
    }

    /// Writes a text message (SMS), with the code in groups.
    ///
    /// If any of it is written from right to left, marks of direction isolate each value. A code or an amount beside it is
    /// then read in its own order. Such text never fits the short alphabet, so the marks do not make it more expensive.
    ///
    /// # Errors
    /// Misuse, if the template shows a field that the transaction lacks, or if the message would be cut into more than ten
    /// parts. Marks and the line for a page count too.
    ///
    /// Misuse, if the code is bound to a transaction, and none or another is given. Also if the code is bound to none and
    /// one is given, or if the message would show nothing of the given one.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, delivered::{Kind, Message, Phrases, Purpose, Wording}};
    /// let code = SecretText::from("49302117".to_owned());
    /// let message = Message::new(Kind::Private, Purpose::ConfirmAddress, "Bank", &code, Duration::from_secs(24 * 3_600))?;
    /// let text = message.text(&Wording::new(&Phrases::ENGLISH)?)?;
    /// assert!(text.expose_text().starts_with("Bank: 4930 2117 is your code to confirm this address. It counts for 24 hours."));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn text(&self, wording: &Wording) -> Result<SecretText, Error> {
        let body = self.written(wording)?;
        let text = match self.page {
            Some(host) => self.with_page(body.expose_text(), host),
            None => body,
        };
        let parts = SmsParts::of(text.expose_text()).count();
        if parts > Self::MAX_SMS_PARTS {
            let rule = format!("must fit in ten SMS parts, and would be cut into {parts}");
            return Err(Error::misuse("message", rule));
        }
        Ok(text)
    }

    /// Returns the parts of the text message, to see its cost beforehand.
    ///
    /// # Errors
    /// Misuse, as for [`text`](Self::text).
    pub fn sms_parts(&self, wording: &Wording) -> Result<SmsParts, Error> {
        Ok(SmsParts::of(self.text(wording)?.expose_text()))
    }

    /// Writes an e-mail or a letter, with the words of a text message and without the line for a page.
    ///
    /// # Errors
    /// Misuse, if the template shows a field that the transaction lacks, or if the message would be longer than 1,600
    /// characters. For a transaction as [`text`](Self::text).
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, delivered::{Kind, Message, Phrases, Purpose, Wording}};
    /// let code = SecretText::from("49302117".to_owned());
    /// let message = Message::new(Kind::Private, Purpose::Recover, "Bank", &code, Duration::from_secs(21 * 86_400))?;
    /// let letter = message.email(&Wording::new(&Phrases::ENGLISH)?)?;
    /// assert!(letter.expose_text().contains("It counts for 21 days."));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn email(&self, wording: &Wording) -> Result<SecretText, Error> {
        bounded(self.written(wording)?)
    }

    fn written(&self, wording: &Wording) -> Result<SecretText, Error> {
        let groups: Vec<&str> = groups(self.symbols()).collect();
        let code = SecretText::from(groups.join(" "));
        let template = wording.text(self.is_payment());
        self.render(template, wording, code.expose_text(), true)
    }

    fn with_page(&self, body: &str, host: &str) -> SecretText {
        let (before_host, before_code) = (web_otp::BEFORE_HOST, web_otp::BEFORE_CODE);
        SecretText::from([body, before_host, host, before_code, self.symbols()].concat())
    }

    fn symbols(&self) -> &str {
        core::str::from_utf8(self.code.symbols()).unwrap_or_default()
    }

    /// Writes the words of a call. The code is read digit by digit, twice at least, with commas between digits and
    /// semicolons between groups for the pauses.
    ///
    /// # Errors
    /// Misuse, as for [`email`](Self::email). Also if the code holds letters, because many sound alike.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{SecretText, delivered::{Kind, Message, Phrases, Purpose, Wording}};
    /// let code = SecretText::from("493021".to_owned());
    /// let message = Message::new(Kind::Spoken, Purpose::Authenticate, "Bank", &code, Duration::from_secs(10 * 60))?;
    /// let said = message.voice(&Wording::new(&Phrases::ENGLISH)?)?;
    /// assert_eq!(said.expose_text().matches("four, nine, three; zero, two, one").count(), 2);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn voice(&self, wording: &Wording) -> Result<SecretText, Error> {
        if self.code.digits().is_empty() {
            return Err(Error::misuse("code", "must be of digits, to be said"));
        }
        // Room for the longest words. So the text does not move and leave a copy behind.
        let most = Wording::MAX_PHRASE_CHARS
            .saturating_mul(4)
            .saturating_mul(self.code.symbols().len());
        let mut code = Zeroizing::new(String::with_capacity(most));
        for (place, group) in groups(self.symbols()).enumerate() {
            code.push_str(if place > 0 { "; " } else { "" });
            for (place, digit) in group.bytes().enumerate() {
                code.push_str(if place > 0 { ", " } else { "" });
                code.push_str(wording.digit(digit).unwrap_or_default());
            }
        }
        bounded(self.render(wording.voice(self.is_payment()), wording, &code, false)?)
    }

    fn render(
        &self,
        template: &Template,
        wording: &Wording,
        code: &str,
        is_read: bool,
    ) -> Result<SecretText, Error> {
        self.expect_shown(template)?;
        let lifetime = wording.lifetime(self.lifetime)?;
        let amount = self.transaction.filter(|tx| tx.is_payment());
        let amount = amount
            .and_then(|tx| tx.value("amount"))
            .map(|amount| wording.amount(amount));
        let field = |name: &str| self.transaction.and_then(|tx| tx.value(name));
        let action = field("action")
            .or(self.action.as_deref())
            .unwrap_or_else(|| wording.action(self.purpose));
        let sender = |place: &Place| (*place == Place::From).then_some(self.from.as_str());
        let warning = wording.warning(self.kind);
        let warning = warning.fill(sender, is_read && warning.runs_leftward())?;
        let value = |place: &Place| match place {
            Place::Code => Some(code),
            Place::From => Some(self.from.as_str()),
            Place::Lifetime => Some(lifetime.as_str()),
            Place::Warning => Some(warning.expose_text()),
            Place::Action => Some(action),
            Place::Payee => field("payee"),
            Place::Amount => amount.as_deref(),
            Place::Currency => field("currency"),
            Place::Reference => self.transaction.map(Transaction::reference),
            Place::Field(name) => field(name),
            Place::Who | Place::Authenticator | Place::Count => None,
        };
        let leftward = template.runs_leftward()
            || template
                .places()
                .filter_map(value)
                .any(shown::runs_leftward);
        template.fill(value, is_read && leftward)
    }

    /// Refuses a message that shows another transaction than the code's own, or nothing of it (PSD2 RTS 5(1)(a)).
    fn expect_shown(&self, template: &Template) -> Result<(), Error> {
        let refused = |rule| Err(Error::misuse("transaction", rule));
        let given = self.transaction.map(Transaction::digest);
        match (self.bound, given) {
            (Bound::Said(Some(_)), None) => {
                return refused(
                    "must be shown, as the code is bound to one: give it to `for_transaction`",
                );
            }
            (Bound::Said(None), Some(_)) => {
                return refused(
                    "must not be given for a code that is bound to none: order it in a context made by `for_transaction`",
                );
            }
            (Bound::Said(Some(bound)), Some(given)) if bound != given => {
                return refused(
                    "must be the one that the code is bound to: give that one to `for_transaction`, or order a code for this one",
                );
            }
            _ => {}
        }
        let Some(transaction) = self.transaction else {
            return Ok(());
        };
        let is_of_it = |place: &Place| match place {
            Place::Action => transaction.value("action").is_some(),
            Place::Payee | Place::Amount | Place::Currency | Place::Reference | Place::Field(_) => {
                true
            }
            Place::Code
            | Place::From
            | Place::Lifetime
            | Place::Warning
            | Place::Who
            | Place::Authenticator
            | Place::Count => false,
        };
        if !template.places().any(is_of_it) {
            return refused(
                "must have a field `action` that says what is done, or another that the template shows",
            );
        }
        Ok(())
    }

    fn is_payment(&self) -> bool {
        self.transaction.is_some_and(Transaction::is_payment)
    }
}

/// Refuses an e-mail, letter or voice message that is too long.
fn bounded(text: SecretText) -> Result<SecretText, Error> {
    if text.expose_text().chars().count() > Message::MAX_CHARS {
        let rule = "must hold 1,600 characters at most";
        return Err(Error::misuse("message", rule));
    }
    Ok(text)
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?}, {:?}, ..)", self.kind, self.purpose)
    }
}
