//! Payments: authorized once, and booked once.
//!
//! - SQLite and PostgreSQL keep records and payments in one database. One transaction redeems the grant and books the payment.
//! - With another store the record's mark comes first: it authorizes a payment once. The booking follows, under a key that only one
//!   payment has. If this program dies between the two, the form that is sent again books what was authorized.

use std::sync::Arc;

use countersign::policy::DenyReason;
use countersign::store::AsyncStore;
use countersign::{
    AsyncVerifier, Authorized, Context, Error, Redeemed, Request, Subject, Transaction,
};
use tokio::runtime::Handle;

use crate::alarms::Alarms;
use crate::bank::Bank;
use crate::failure::Failure;
use crate::inside::Inside;
use crate::store::Records;
use crate::tables::{End, Payment, Tables};

const ACTION: &str = "payment.send";

/// The payments, wherever they are.
#[allow(clippy::large_enum_variant, reason = "there is one value of it")]
pub(crate) enum Bookings {
    /// In the file of the records.
    File,
    #[cfg(feature = "postgres")]
    Postgres(crate::postgres::Payments),
    /// In the bank's file, while the records are elsewhere.
    Beside,
}

/// The answer to a payment that was asked for.
pub(crate) enum Settled {
    Booked,
    /// It was booked before, and not again.
    Before,
    StepUp,
    Refused,
}

/// A payment that somebody asks for.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) subject: Subject,
    pub(crate) payment: Transaction,
    pub(crate) ctx: Context,
}

impl Bookings {
    /// Opens the payments beside the records.
    pub(crate) async fn open(store: &str, records: &Records) -> Result<Self, Failure> {
        let _ = store;
        Ok(match records {
            Records::Sqlite(_) => Self::File,
            #[cfg(feature = "postgres")]
            Records::Postgres(_) => Self::Postgres(crate::postgres::Payments::open(store).await?),
            _ => Self::Beside,
        })
    }

    /// Authorizes the payment, and books it.
    pub(crate) async fn settle(&self, bank: &Arc<Bank>, asked: Asked) -> Result<Settled, Failure> {
        match self {
            Self::File => in_file(Arc::clone(bank), asked).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(payments) => payments.settle(bank, &asked).await,
            Self::Beside => beside(bank, asked).await,
        }
    }

    /// Returns the payments of a customer, the last first.
    pub(crate) async fn of(
        &self,
        tables: &Tables,
        customer: &str,
    ) -> Result<Vec<Payment>, Failure> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(payments) => payments.of(customer).await,
            Self::File | Self::Beside => {
                let customer = customer.to_owned();
                let read = move |tables: &Tables| tables.payments(&customer);
                Ok(tables.call(read).await?)
            }
        }
    }
}

/// Asks the verifier of the bank, or one that is inside a transaction.
pub(crate) async fn authorize<S: AsyncStore>(
    bank: &Bank,
    verifier: &AsyncVerifier<S, Alarms>,
    asked: &Asked,
) -> Result<Authorized, Error> {
    let request = Request::new(ACTION);
    verifier
        .authorize(&bank.policy, &request, &asked.subject, &asked.ctx)
        .await
}

/// Returns the redeemed grant if it is for this payment: no other payment is booked by it.
pub(crate) fn for_this(redeemed: Redeemed, asked: &Asked) -> Result<Redeemed, Error> {
    redeemed.expect_transaction(ACTION, &asked.subject, &asked.payment)
}

/// Returns the answer for one who was not authorized.
pub(crate) fn refusal(reason: &DenyReason) -> Settled {
    match reason {
        DenyReason::CarriedOut => Settled::Before,
        _ => Settled::Refused,
    }
}

/// Both in one transaction of the file, on a thread that may block.
async fn in_file(bank: Arc<Bank>, asked: Asked) -> Result<Settled, Failure> {
    let runtime = Handle::current();
    let tables = bank.tables.clone();
    let settle = move || {
        tables.atomically(|connection| {
            let inside = bank.verifier.on(Inside::new(&mut *connection));
            let authorized = runtime.block_on(authorize(&bank, &inside, &asked))?;
            drop(inside);
            Ok(match authorized {
                Authorized::Yes(redeemed) => {
                    let redeemed = for_this(redeemed, &asked)?;
                    let (customer, now) = (redeemed.subject().id(), bank.now()?);
                    match Tables::book(connection, customer, &asked.payment, now)? {
                        true => End::Commit(Settled::Booked),
                        // The record forgets a payment after 25 hours. The table does not.
                        false => End::RollBack(Settled::Before),
                    }
                }
                Authorized::StepUp(_) => End::Commit(Settled::StepUp),
                Authorized::No(denial) => End::Commit(refusal(&denial.reason)),
            })
        })
    };
    tokio::task::spawn_blocking(settle)
        .await
        .map_err(|cause| Failure::Broken(cause.into()))?
}

/// The mark of the record first, then the booking.
async fn beside(bank: &Arc<Bank>, asked: Asked) -> Result<Settled, Failure> {
    match authorize(bank, &bank.verifier, &asked).await? {
        Authorized::Yes(redeemed) => {
            for_this(redeemed, &asked)?;
        }
        Authorized::StepUp(_) => return Ok(Settled::StepUp),
        Authorized::No(denial) => match denial.reason {
            // This customer confirmed this very payment. It is booked if that was left undone.
            DenyReason::CarriedOut => {}
            _ => return Ok(Settled::Refused),
        },
    }
    let now = bank.now()?;
    let book = move |tables: &Tables| {
        tables.on(|connection| Tables::book(connection, asked.subject.id(), &asked.payment, now))
    };
    Ok(match bank.tables.call(book).await? {
        true => Settled::Booked,
        false => Settled::Before,
    })
}
