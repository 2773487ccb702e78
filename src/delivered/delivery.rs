//! A code on its way: where it goes, and the message that carries it.

use core::fmt;

use super::destination::{Destination, Route};
use super::message::Message;
use super::order::{CodeOrder, Kind, Purpose};
use crate::context::TransactionDigest;
use crate::error::Error;
use crate::secret::SecretText;
use crate::status::Lock;
use crate::time::Timestamp;
use core::time::Duration;

/// The result of an order: a code to deliver or a question to ask, or a time to wait.
///
/// ```
/// use countersign::{account::Lock, delivered::Issued};
/// fn say(issued: &Issued) -> String {
///     match issued {
///         Issued::Ready(delivery) => format!("a code is on its way to {}", delivery.hint()),
///         Issued::RateLimited(Lock::Until(when)) => format!("the next one at {}", when.unix()),
///         Issued::RateLimited(Lock::Indefinite) => "no codes for this account".to_owned(),
///     }
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it is ready or it is not")]
pub enum Issued<T = Delivery> {
    /// It is drawn and stored. Nothing is sent yet: send the delivery, or say the question of the dialog.
    ///
    /// A delivery is empty for an unknown subject, and for a customer without an address for the route. Nothing outside may
    /// reveal that.
    Ready(T),
    /// Nothing may be sent or asked before the end of this lock.
    RateLimited(Lock),
}

/// A code on its way to a destination. It is empty for an unknown subject, and for one without an address, and looks the
/// same.
///
/// The delivery knows the transaction that its code is bound to. So does the message that [`write`](Self::write) makes.
///
/// ```
/// fn send(delivery: countersign::delivered::Delivery) {
///     delivery.send(|to, code| println!("SMS to {}: your code is {code}", to.address()));
/// }
/// ```
pub struct Delivery {
    pub(crate) order: CodeOrder,
    /// The transaction of the context in which it was ordered. A code that is sent again keeps it.
    pub(crate) binding: Option<TransactionDigest>,
    pub(crate) hint: String,
    pub(crate) now: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) parcel: Option<(Destination, SecretText)>,
}

impl Delivery {
    /// Returns where the code goes, masked for an agent.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Returns when the code expires.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Returns how long the code counts from now on, for the message. A code that is sent again has less time left.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.expires.since(self.now)
    }

    /// Returns the kind of the code: the message says who may see it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.order.kind()
    }

    /// Returns the purpose of the code: the message says it.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.order.purpose()
    }

    /// Returns the transaction that the code counts for, if there is one. A text of the host's own must show that
    /// transaction (PSD2 RTS 5).
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.binding
    }

    /// Returns the route of the code.
    #[must_use]
    pub const fn route(&self) -> Route {
        self.order.route()
    }

    /// Hands destination and code to `carrier`, if there is anything to send. Then wipes the code.
    ///
    /// The library cannot check the host's own text. For a code with a [`transaction`](Self::transaction_digest), use
    /// [`write`](Self::write).
    ///
    /// ```
    /// fn send(delivery: countersign::delivered::Delivery) -> Option<String> {
    ///     delivery.send(|to, code| format!("{}: {code}", to.address()))
    /// }
    /// ```
    pub fn send<R>(self, carrier: impl FnOnce(&Destination, &str) -> R) -> Option<R> {
        self.parcel
            .map(|(to, code)| carrier(&to, code.expose_text()))
    }

    /// Hands destination and [`Message`] to `carrier`, if there is anything to send.
    ///
    /// `from` is the host's name as customers know it. The message has the kind and purpose of the code, and the time that
    /// is left.
    ///
    /// If the code is bound to a transaction, pass that one to [`for_transaction`](Message::for_transaction). Without it, or
    /// with another, the message's text is an error. The message of another code has no transaction.
    ///
    /// # Errors
    /// As [`Message::new`].
    ///
    /// ```
    /// use countersign::{Error, SecretText, Transaction, delivered::{Delivery, Wording}};
    /// fn send(delivery: Delivery, payment: &Transaction, english: &Wording) -> Result<Option<(String, SecretText)>, Error> {
    ///     let written = delivery.write("Fern Bank", |to, message| {
    ///         let text = message.for_transaction(payment)?.text(english)?;
    ///         Ok((to.address().to_owned(), text))
    ///     })?;
    ///     written.transpose()
    /// }
    /// ```
    pub fn write<'m, R>(
        self,
        from: &str,
        carrier: impl FnOnce(&Destination, Message<'m>) -> R,
    ) -> Result<Option<R>, Error> {
        let (kind, purpose, lifetime) = (self.kind(), self.purpose(), self.lifetime());
        let binding = self.binding;
        let Some((to, code)) = self.parcel else {
            return Ok(None);
        };
        let message = Message::new(kind, purpose, from, &code, lifetime)?;
        let message = message.with_code_for_transaction(binding);
        Ok(Some(carrier(&to, message)))
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({})", self.hint)
    }
}
