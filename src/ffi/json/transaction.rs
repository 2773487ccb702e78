//! A transaction in the host's words.

use serde::Deserialize;

use super::read;
use crate::context::Transaction;
use crate::ffi::failure::Failure;

/// A transaction: a payment, or anything else with its own fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionForm {
    reference: String,
    payment: Option<PaymentForm>,
    /// Names and values, in an order that counts.
    #[serde(default)]
    fields: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentForm {
    payee: String,
    amount: String,
    currency: String,
}

impl TransactionForm {
    pub(crate) fn made(&self) -> Result<Transaction, Failure> {
        let begun = match &self.payment {
            Some(payment) => {
                let PaymentForm {
                    payee,
                    amount,
                    currency,
                } = payment;
                Transaction::payment(&self.reference, payee, amount, currency)
            }
            None => Transaction::new(&self.reference),
        };
        let fields = self.fields.iter();
        Ok(fields.fold(begun, |all, (name, value)| all?.with(name, value))?)
    }
}

/// Reads a transaction.
pub(crate) fn transaction(text: &str) -> Result<Transaction, Failure> {
    read::plain::<TransactionForm>("transaction", text)?.made()
}
