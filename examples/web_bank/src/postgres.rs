//! The payments in PostgreSQL, beside the records: one transaction writes both.

use std::sync::Arc;

use countersign::Authorized;
use countersign::store::postgres::AsyncPostgresStore;
use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls};

use crate::bank::Bank;
use crate::bookings::{Asked, Settled, authorize, for_this, refusal};
use crate::failure::Failure;
use crate::tables::Payment;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS payments (customer TEXT NOT NULL, reference TEXT NOT NULL, payee TEXT NOT NULL,
        amount TEXT NOT NULL, currency TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (customer, reference))";
const BOOK: &str = "INSERT INTO payments VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const READ: &str = "SELECT reference, payee, amount, currency FROM payments
    WHERE customer = $1 ORDER BY at DESC, reference";

/// A connection of the bank's own. A bank has a pool.
pub(crate) struct Payments {
    config: Config,
    client: Mutex<Option<Client>>,
}

impl Payments {
    /// Connects, and makes the table that is missing.
    pub(crate) async fn open(store: &str) -> Result<Self, Failure> {
        let payments = Self {
            config: store.parse().map_err(broken)?,
            client: Mutex::new(None),
        };
        let client = payments.lend().await?;
        client_of(&client)?
            .batch_execute(TABLE)
            .await
            .map_err(broken)?;
        drop(client);
        Ok(payments)
    }

    /// Returns the connection. One that was closed is opened again.
    async fn lend(&self) -> Result<MutexGuard<'_, Option<Client>>, Failure> {
        let mut client = self.client.lock().await;
        if client.as_ref().is_none_or(Client::is_closed) {
            let (opened, connection) = self.config.connect(NoTls).await.map_err(broken)?;
            tokio::spawn(connection);
            *client = Some(opened);
        }
        Ok(client)
    }

    /// Redeems the grant and books the payment: both, or neither.
    pub(crate) async fn settle(&self, bank: &Arc<Bank>, asked: &Asked) -> Result<Settled, Failure> {
        let mut client = self.lend().await?;
        let client = client.as_mut().ok_or_else(closed)?;
        // Dropped without a commit, on any error below, it is rolled back.
        let transaction = client.transaction().await.map_err(broken)?;
        let inside = bank
            .verifier
            .on(AsyncPostgresStore::in_transaction(&transaction));
        let authorized = authorize(bank, &inside, asked).await?;
        drop(inside);
        let settled = match authorized {
            Authorized::Yes(redeemed) => {
                let redeemed = for_this(redeemed, asked)?;
                let (customer, reference) = (redeemed.subject().id(), asked.payment.reference());
                let [payee, amount, currency] = ["payee", "amount", "currency"]
                    .map(|name| asked.payment.value(name).unwrap_or_default());
                let now = i64::from(bank.now()?);
                let row: [&(dyn ToSql + Sync); 6] =
                    [&customer, &reference, &payee, &amount, &currency, &now];
                if transaction.execute(BOOK, &row).await.map_err(broken)? == 0 {
                    // The record forgets a payment after 25 hours. The table does not.
                    transaction.rollback().await.map_err(broken)?;
                    return Ok(Settled::Before);
                }
                Settled::Booked
            }
            Authorized::StepUp(_) => Settled::StepUp,
            Authorized::No(denial) => refusal(&denial.reason),
        };
        transaction.commit().await.map_err(broken)?;
        Ok(settled)
    }

    /// Returns the payments of a customer, the last first.
    pub(crate) async fn of(&self, customer: &str) -> Result<Vec<Payment>, Failure> {
        let client = self.lend().await?;
        let rows = client_of(&client)?.query(READ, &[&customer]).await;
        let rows = rows.map_err(broken)?;
        let payments = rows.iter().map(|row| {
            Ok(Payment {
                reference: row.try_get(0)?,
                payee: row.try_get(1)?,
                amount: row.try_get(2)?,
                currency: row.try_get(3)?,
            })
        });
        payments.collect::<Result<_, _>>().map_err(broken)
    }
}

fn client_of(client: &Option<Client>) -> Result<&Client, Failure> {
    client.as_ref().ok_or_else(closed)
}

fn closed() -> Failure {
    Failure::Broken("the connection of the payments is closed".into())
}

fn broken(cause: tokio_postgres::Error) -> Failure {
    Failure::Broken(cause.into())
}
