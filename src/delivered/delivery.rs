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

/// What became of the wish for a code.
///
/// ```
/// use countersign::{account::Lock, delivered::Issued};
/// fn say(issued: &Issued) -> String {
///     match issued {
///         Issued::Sent(delivery) => format!("a code is on its way to {}", delivery.hint()),
///         Issued::RateLimited(Lock::Until(when)) => format!("the next one at {}", when.unix()),
///         Issued::RateLimited(Lock::Indefinite) => "no codes for this account".to_owned(),
///     }
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it is sent or it is not")]
pub enum Issued {
    /// Drawn and stored: send it. Nothing has been sent yet. The delivery is empty for a customer without an address for
    /// this route, and for an unknown subject, and nothing outside may show which.
    Sent(Delivery),
    /// Not now.
    RateLimited(Lock),
}

/// A code on its way. For an unknown subject, or one without an address to send it to, it is empty and looks the same.
///
/// It knows which transaction its code is bound to, and so does the message that [`write`](Self::write) makes.
///
/// ```
/// fn send(delivery: countersign::delivered::Delivery) {
///     delivery.send(|to, code| println!("SMS to {}: your code is {code}", to.address()));
/// }
/// ```
pub struct Delivery {
    pub(crate) order: CodeOrder,
    /// That of the context it was ordered in; a code that is sent again has the same.
    pub(crate) binding: Option<TransactionDigest>,
    pub(crate) hint: String,
    pub(crate) now: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) parcel: Option<(Destination, SecretText)>,
}

impl Delivery {
    /// Where it goes, as far as an agent may see.
    ///
    /// ```
    /// fn show(delivery: &countersign::delivered::Delivery) -> String { format!("sent to {}", delivery.hint()) }
    /// ```
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Until when the code counts.
    ///
    /// ```
    /// fn show(delivery: &countersign::delivered::Delivery) -> u64 { delivery.expires().unix() }
    /// ```
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// How long the code counts from now on, for the message: less than at first, if it is sent again.
    ///
    /// ```
    /// fn show(delivery: &countersign::delivered::Delivery) -> u64 { delivery.lifetime().as_secs() / 60 }
    /// ```
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.expires.since(self.now)
    }

    /// Of which kind the code is: the message says who may see it.
    ///
    /// ```
    /// fn warning(delivery: &countersign::delivered::Delivery) -> &'static str {
    ///     match delivery.kind() {
    ///         countersign::delivered::Kind::Private => "never tell it to anyone",
    ///         countersign::delivered::Kind::Spoken => "read it to us only if you called us",
    ///     }
    /// }
    /// ```
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.order.kind()
    }

    /// What the code is for: the message says so.
    ///
    /// ```
    /// fn is_recovery(delivery: &countersign::delivered::Delivery) -> bool { delivery.purpose() == countersign::delivered::Purpose::Recover }
    /// ```
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.order.purpose()
    }

    /// Returns the transaction that the code counts for, if there is one. A text of the host's own shows this one (PSD2 RTS 5).
    ///
    /// ```
    /// use countersign::{Transaction, delivered::Delivery};
    /// fn is_for(delivery: &Delivery, payment: &Transaction) -> bool { delivery.transaction_digest() == Some(payment.digest()) }
    /// ```
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.binding
    }

    /// How it travels.
    ///
    /// ```
    /// fn is_call(delivery: &countersign::delivered::Delivery) -> bool { delivery.route() == countersign::delivered::Route::Voice }
    /// ```
    #[must_use]
    pub const fn route(&self) -> Route {
        self.order.route()
    }

    /// Hands destination and code to whoever sends it, if there is anything to send. The code is wiped afterwards.
    ///
    /// What the host's own text says cannot be checked: for a code with a [`binding`](Self::binding) take
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

    /// The same with the [`Message`] that carries the code: from `from`, the host's name as customers know it, of this kind,
    /// for this purpose, with the time that is left.
    ///
    /// The message is written only for the transaction that the code is bound to: give it to
    /// [`for_transaction`](Message::for_transaction). Without it, or for another, its text is an error. A code that is bound to
    /// no transaction has a message without one.
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
