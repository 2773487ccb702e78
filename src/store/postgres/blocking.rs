//! The store for threads that block.

use core::fmt;
use core::num::NonZeroUsize;
use core::ops::DerefMut;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Config, Socket};

use super::connections::Connections;
use super::connector::Connector;
use super::failure::Failure;
use super::link::Link;
use super::table::Table;
use super::{layout, records};
use crate::error::Error;
use crate::store::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::time::Timestamp;

/// Records in a table of PostgreSQL, for any number of machines.
///
/// The store has three kinds of ways to the database:
///
/// - [`new`](Self::new): connections of its own. Everything has a time limit, and lost connections are opened again.
/// - [`pooled`](Self::pooled): connections that the host's pool lends.
/// - [`in_transaction`](Self::in_transaction): the host's open transaction.
///
/// Each call sends one statement. A call whose race was lost sends one more at most, to load the row that won.
///
/// ```no_run
/// use countersign::store::postgres::PostgresStore;
/// use tokio_postgres::{Config, NoTls};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config: Config = "host=db1,db2 user=bank dbname=bank connect_timeout=2".parse()?;
/// let store = PostgresStore::new(config, NoTls).in_schema("verification")?;
/// store.migrate()?;
/// # Ok(())
/// # }
/// ```
pub struct PostgresStore<'t> {
    table: Table,
    way: Way<'t>,
}

type Work<'w> = &'w mut dyn FnMut(&mut dyn Link);
type Lend = dyn Fn(Work<'_>) -> Result<(), Failure> + Send + Sync;

enum Way<'t> {
    Own(Box<Connections>),
    Pooled(Box<Lend>),
    Transaction(Mutex<&'t mut (dyn Link + 't)>),
}

impl PostgresStore<'static> {
    /// Makes a store with up to eight connections of its own, and five seconds for a call. Nothing is opened yet.
    ///
    /// `tls` is the host's choice: `tokio_postgres::NoTls`, or a connector of `tokio-postgres-rustls` or
    /// `postgres-native-tls`. If `config` names several servers, the store uses the one that takes writes.
    ///
    /// An async task must not block. It would panic in the first call.
    pub fn new<T>(config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let connections = Connections::new(Connector::new(config, tls));
        Self::by(Way::Own(Box::new(connections)))
    }

    /// Makes a store over connections that `lend` takes from the host's pool. Each call takes one and drops it.
    ///
    /// The crate `postgres` cannot end the wait for an answer. So the host sets the limits: `connect_timeout` and
    /// `tcp_user_timeout` in the configuration, `statement_timeout` for the role. The store cancels nothing: the connection is the host's.
    ///
    /// ```
    /// use countersign::store::postgres::PostgresStore;
    /// # struct Pool;
    /// # impl Pool { fn get(&self) -> Result<Box<postgres::Client>, std::io::Error> { Err(std::io::Error::other("empty")) } }
    /// # let pool = Pool;
    /// // With the crate `r2d2_postgres`, `pool` is an `r2d2::Pool`.
    /// let store = PostgresStore::pooled(move || pool.get());
    /// # assert!(store.migrate().unwrap_err().is_store());
    /// ```
    pub fn pooled<C, E>(lend: impl Fn() -> Result<C, E> + Send + Sync + 'static) -> Self
    where
        C: DerefMut<Target = postgres::Client>,
    {
        Self::by(Way::Pooled(Box::new(move |work| {
            // The text of the pool may hold a connection string.
            let mut client = lend()
                .map_err(|_| Failure::Unanswered("the pool lends no connection".to_owned()))?;
            work(&mut *client);
            Ok(())
        })))
    }
}

impl<'t> PostgresStore<'t> {
    /// Makes a store inside the host's open transaction, for [`Verifier::on`](crate::Verifier::on). The commit makes its writes
    /// durable, and a roll-back takes them back. The store cancels nothing there.
    ///
    /// A lost race is a conflict here too, and the transaction stays whole. With `REPEATABLE READ` or `SERIALIZABLE` it
    /// is an error with the SQLSTATE 40001: [`sqlstate`](super::sqlstate) tells it. The host repeats the whole transaction then.
    ///
    /// ```no_run
    /// # use countersign::{Context, Grant, Verifier, store::{Store, postgres::PostgresStore}};
    /// # fn book(database: &mut postgres::Client, verifier: &Verifier<impl Store>, grant: Grant, ctx: &Context)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let mut transaction = database.transaction()?;
    /// let inside = verifier.on(PostgresStore::in_transaction(&mut transaction));
    /// let redeemed = inside.redeem(&grant, ctx)?.map_err(|refused| format!("{refused:?}"))?;
    /// transaction.execute("INSERT INTO bookings VALUES ($1)", &[&"TX-1"])?;
    /// transaction.commit()?;
    /// # let _ = redeemed;
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_transaction(transaction: &'t mut postgres::Transaction<'_>) -> Self {
        Self::by(Way::Transaction(Mutex::new(transaction)))
    }

    fn by(way: Way<'t>) -> Self {
        Self {
            table: Table::in_public(),
            way,
        }
    }

    /// Sets the schema of the table. Without it, that is `public`.
    ///
    /// # Errors
    /// Misuse, if PostgreSQL does not keep the name whole, or the schema is its own.
    pub fn in_schema(self, schema: &str) -> Result<Self, Error> {
        let table = Table::in_schema(schema)?;
        Ok(Self { table, ..self })
    }

    /// Sets how long a call may take in all, over connections of the store's own. Without it, that is five seconds.
    ///
    /// A write that came too late is an error: whether it took place is unknown. The store then has the server cancel it: see
    /// [calls that are left](super#calls-that-are-left).
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        if let Way::Own(connections) = &mut self.way {
            connections.set_patience(patience);
        }
        self
    }

    /// Sets how many connections of its own the store opens at most. Without it, that is eight.
    #[must_use]
    pub fn with_connections(mut self, limit: NonZeroUsize) -> Self {
        if let Way::Own(connections) = &mut self.way {
            connections.set_limit(limit.get());
        }
        self
    }

    /// Makes the schema and the tables that are missing. Any number of processes may call it at once, and again.
    ///
    /// The role needs the privilege to create them. If everything is there, it needs `SELECT` on `countersign_layout` alone: see
    /// [the role](super#the-role).
    ///
    /// # Errors
    /// Corrupt, if a table has a layout that this version does not know. Store, if it failed.
    pub fn migrate(&self) -> Result<(), Error> {
        self.run(async |link| layout::migrate(link, &self.table).await)
    }

    fn run<T>(
        &self,
        work: impl AsyncFnOnce(&mut dyn Link) -> Result<T, Failure>,
    ) -> Result<T, Error> {
        let answer = match &self.way {
            Way::Own(connections) => connections.with(work),
            Way::Pooled(lend) => {
                let (mut work, mut answer) = (Some(work), None);
                let lent = lend(&mut |link| {
                    answer = work.take().map(|work| at_once(work(link)));
                });
                lent.and_then(|()| answer.unwrap_or_else(|| Err(waits())))
            }
            Way::Transaction(transaction) => {
                // A transaction that a panic cut off is not committed.
                let mut link = transaction.lock().unwrap_or_else(PoisonError::into_inner);
                at_once(work(&mut **link))
            }
        };
        answer.map_err(|failure| failure.error(&self.table.name))
    }
}

/// Runs work over a link that blocks: each answer is there at once.
fn at_once<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(waits()),
    }
}

fn waits() -> Failure {
    Failure::Unanswered("the connection does not answer at once".to_owned())
}

impl Store for PostgresStore<'_> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.run(async |link| records::load(link, &self.table, key).await)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.run(async |link| records::replace(link, &self.table, key, expected, entry).await)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.run(async |link| records::remove(link, &self.table, key, expected).await)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.run(async |link| records::purge(link, &self.table, now).await)
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        let after = from.map(ScanPlace::key).transpose()?;
        self.run(async |link| records::scan(link, &self.table, after, limit).await)
    }

    fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        self.run(async |link| records::replace_all(link, &self.table, swaps).await)
    }
}

impl fmt::Debug for PostgresStore<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresStore({})", self.table.name)
    }
}
