//! A transaction, as it is displayed and as codes are bound to it: one value for both.

use core::fmt;

use ring::digest;

use crate::canonical::shown;
use crate::canonical::text::caseless;
use crate::derivation::{TRANSACTION, leading};
use crate::error::Error;

/// A transaction in the host's words: a payment, a change of address.
///
/// PSD2 RTS 5 asks for a display of amount and payee, and for a code that is specific to both. Any change voids the code.
/// So the values are kept in one form. The [digest](Self::digest) and the text of a
/// [`Message`](crate::delivered::Message) are both made of it. The reference is the host's, and unique: two equal payments differ.
///
/// An action carries out a transaction once, whatever the evidence. The record remembers it for 25 hours. For all later days
/// the host keeps the references of what it has carried out. A unique index refuses a reference that is there.
///
/// The one form of a text is Unicode's NFC, with one space for a run of blanks, and none at the ends. Control characters, line
/// breaks, marks of writing direction, joiners and all other characters without a look of their own are refused.
///
/// `Debug` keeps the values back.
///
/// ```
/// use countersign::Transaction;
/// let transfer = Transaction::payment("TX-1", "Anna Müller", "99.50", "EUR")?;
/// let changed = Transaction::payment("TX-1", "Anna Müller", "999.50", "EUR")?;
/// assert_ne!(transfer.digest(), changed.digest());
/// assert_eq!(transfer.value("amount"), Some("99.50"));
///
/// let address = Transaction::new("REQ-7")?.with("action", "change your address")?.with("street", "1 High Street")?;
/// assert_eq!(address.value("street"), Some("1 High Street"));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Transaction {
    reference: String,
    is_payment: bool,
    /// In the order they were given; names differ.
    fields: Vec<(String, String)>,
}

impl Transaction {
    /// A longer reference, field name or value is refused.
    pub const MAX_FIELD_BYTES: usize = 1_024;
    /// More fields are refused: a customer does not read them all. A payment's payee, amount and currency are three of them.
    pub const MAX_FIELDS: usize = 16;
    /// The longest payee, in characters (ISO 20022, `Max140Text`).
    pub const MAX_PAYEE_CHARS: usize = 140;
    /// ISO 20022, `ActiveCurrencyAndAmount`: so many digits in all, and so many of them after the point.
    const AMOUNT_DIGITS: (usize, usize) = (18, 5);

    /// Makes a transaction with the host's unique reference for it.
    ///
    /// # Errors
    /// Misuse, if the reference is empty, longer than 1,024 bytes, or no one line of readable text.
    pub fn new(reference: &str) -> Result<Self, Error> {
        const FIELD: &str = "transaction reference";
        let reference = line(FIELD, reference)?;
        if reference.is_empty() {
            return Err(Error::misuse(FIELD, "must not be empty"));
        }
        Ok(Self {
            reference,
            is_payment: false,
            fields: Vec::new(),
        })
    }

    /// Makes a payment. It has the fields `payee`, `amount` and `currency`, and no message about it leaves one out.
    ///
    /// The amount is decimal, `99.50`: ASCII digits, with a point if there are decimals, no sign, no separators, no
    /// superfluous zero in front. It has 18 digits at most, 5 of them after the point. It is kept as it is given: `99.5`
    /// and `99.50` are two texts, and so two transactions. The currency is a code of ISO 4217, `EUR`.
    ///
    /// # Errors
    /// Misuse, if
    ///
    /// - the amount or the currency has another form;
    /// - the payee holds no letter or digit, or more than 140 characters;
    /// - a text is refused as in [`new`](Self::new).
    ///
    /// ```
    /// use countersign::Transaction;
    /// assert!(Transaction::payment("TX-1", "Anna", "0.99", "EUR").is_ok());
    /// let error = Transaction::payment("TX-1", "Anna", "1,000.00", "EUR").unwrap_err();
    /// assert_eq!(error.to_string(), "amount: must be a decimal number such as `99.50`");
    /// let error = Transaction::payment("TX-1", "Anna\u{202e}", "1", "EUR").unwrap_err();
    /// assert!(error.to_string().starts_with("payee: must be one line without control, invisible"));
    /// ```
    pub fn payment(
        reference: &str,
        payee: &str,
        amount: &str,
        currency: &str,
    ) -> Result<Self, Error> {
        let payee = line("payee", payee)?;
        if !shown::says_something(&payee) || payee.chars().count() > Self::MAX_PAYEE_CHARS {
            let rule = "must hold a letter or digit, and 140 characters at most";
            return Err(Error::misuse("payee", rule));
        }
        if !is_amount(amount) {
            let rule = "must be a decimal number such as `99.50`";
            return Err(Error::misuse("amount", rule));
        }
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let rule = "must be three capital letters, as in ISO 4217";
            return Err(Error::misuse("currency", rule));
        }
        let mut payment = Self::new(reference)?;
        payment.is_payment = true;
        payment.fields = vec![
            ("payee".to_owned(), payee),
            ("amount".to_owned(), amount.to_owned()),
            ("currency".to_owned(), currency.to_owned()),
        ];
        Ok(payment)
    }

    /// Adds a field. The order counts.
    ///
    /// # Errors
    /// Misuse, if
    ///
    /// - the name or the value is longer than 1,024 bytes, or no one line of readable text;
    /// - the name is empty or taken (letter case and width do not count);
    /// - there are 16 fields already.
    ///
    /// ```
    /// use countersign::Transaction;
    /// let a = Transaction::new("1")?.with("ab", "c")?;
    /// let b = Transaction::new("1")?.with("a", "bc")?;
    /// assert_ne!(a.digest(), b.digest());
    /// assert!(a.with("ab", "d").is_err(), "which of the two would be displayed?");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, Error> {
        const NAME: &str = "transaction field name";
        let name = line(NAME, name)?;
        let value = line("transaction field", value)?;
        if name.is_empty() {
            return Err(Error::misuse(NAME, "must not be empty"));
        }
        let folded = caseless(&name);
        if self
            .fields
            .iter()
            .any(|(known, _)| caseless(known) == folded)
        {
            return Err(Error::misuse(
                NAME,
                "must not be there already, in whatever letter case",
            ));
        }
        if self.fields.len() >= Self::MAX_FIELDS {
            return Err(Error::misuse("transaction", "must hold 16 fields at most"));
        }
        self.fields.push((name, value));
        Ok(self)
    }

    /// Returns the host's reference.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Returns whether [`payment`](Self::payment) made it. Payee, amount and currency are then there, and checked.
    #[must_use]
    pub const fn is_payment(&self) -> bool {
        self.is_payment
    }

    /// Returns the value of a field, in the form that codes are bound to. Display this one, on every screen.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the digest of all fields so far. Two transactions that differ anywhere have two digests.
    ///
    /// It is SHA-256 over a name of this form, a byte for payments, the reference, and each field's name and value. Each text has its length in bytes before it (four bytes, big-endian).
    #[must_use]
    pub fn digest(&self) -> TransactionDigest {
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(TRANSACTION.as_bytes());
        digest.update(&[u8::from(self.is_payment)]);
        absorb(&mut digest, &self.reference);
        for (name, value) in &self.fields {
            absorb(&mut digest, name);
            absorb(&mut digest, value);
        }
        TransactionDigest(leading(digest.finish()))
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transaction({:?})", self.digest())
    }
}

/// The digest of a [`Transaction`], which a code or a piece of evidence is bound to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionDigest([u8; 32]);

impl TransactionDigest {
    /// Reads a stored digest.
    pub(crate) const fn stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the SHA-256 over the transaction's fields.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TransactionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "TransactionDigest({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// Returns the one form of a text. Its length is bounded before and after that.
fn line(field: &'static str, text: &str) -> Result<String, Error> {
    let too_long = || Error::misuse(field, "must hold 1,024 bytes at most");
    if text.len() > Transaction::MAX_FIELD_BYTES {
        return Err(too_long());
    }
    let form = shown::line(text).ok_or_else(|| Error::misuse(field, shown::RULE))?;
    if form.len() > Transaction::MAX_FIELD_BYTES {
        return Err(too_long());
    }
    Ok(form)
}

fn is_amount(text: &str) -> bool {
    let (most, most_decimals) = Transaction::AMOUNT_DIGITS;
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let after = decimals.map_or(0, str::len);
    is_number(whole)
        && decimals.is_none_or(is_number)
        && (whole == "0" || !whole.starts_with('0'))
        && after <= most_decimals
        && whole.len().saturating_add(after) <= most
}

fn absorb(digest: &mut digest::Context, text: &str) {
    // `line` lets no longer text in than four bytes can count.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    digest.update(&length.to_be_bytes());
    digest.update(text.as_bytes());
}
