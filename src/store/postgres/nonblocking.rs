//! The store for tasks.

use core::fmt;
use core::num::NonZeroUsize;
use core::pin::Pin;
use core::time::Duration;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Socket, Transaction};

use super::connector::{Connector, PATIENCE};
use super::failure::Failure;
use super::link::{Lent, Link};
use super::table::Table;
use super::tasks::TaskConnections;
use super::{layout, records};
use crate::error::Error;
use crate::store::async_contract::AsyncStore;
use crate::store::contract::{Entry, Key, Page, Replaced, ScanPlace, Swap, Version};
use crate::time::Timestamp;

/// A [`PostgresStore`](super::PostgresStore) whose calls are waited for. Both work on the same tables, by the same statements.
///
/// It needs a Tokio runtime with I/O and time. A call that is dropped may have written. If it has not, the server is asked to
/// [cancel](super#calls-that-are-left) it.
///
/// ```no_run
/// use countersign::store::postgres::AsyncPostgresStore;
/// use tokio_postgres::{Config, NoTls};
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let config: Config = "host=db1,db2 user=bank dbname=bank connect_timeout=2".parse()?;
/// let store = AsyncPostgresStore::new(config, NoTls).in_schema("verification")?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
pub struct AsyncPostgresStore<'t> {
    table: Table,
    patience: Duration,
    way: Way<'t>,
}

type Lending = Pin<Box<dyn Future<Output = Result<Box<dyn Link>, Failure>> + Send>>;
type Lend = dyn Fn() -> Lending + Send + Sync;

enum Way<'t> {
    Own(Box<TaskConnections>),
    Pooled(Box<Lend>),
    Transaction(&'t Transaction<'t>),
}

impl AsyncPostgresStore<'static> {
    /// Makes a store with up to eight connections of its own: see [`PostgresStore::new`](super::PostgresStore::new).
    pub fn new<T>(config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let connections = TaskConnections::new(Connector::new(config, tls));
        Self::by(Way::Own(Box::new(connections)))
    }

    /// Makes a store over connections that `lend` takes from the host's pool. Each call takes one and drops it.
    ///
    /// `client` finds the client in what the pool lends. For `deadpool-postgres` and `bb8-postgres` it is `|lent| lent`.
    ///
    /// ```
    /// use countersign::store::postgres::AsyncPostgresStore;
    /// # #[derive(Clone)]
    /// # struct Pool;
    /// # impl Pool { async fn get(&self) -> Result<Box<tokio_postgres::Client>, std::io::Error> { Err(std::io::Error::other("empty")) } }
    /// # let pool = Pool;
    /// let lend = move || {
    ///     let pool = pool.clone();
    ///     async move { pool.get().await }
    /// };
    /// let store = AsyncPostgresStore::pooled(lend, |lent| lent);
    /// # let _ = store;
    /// ```
    pub fn pooled<L, C, E>(
        lend: impl Fn() -> L + Send + Sync + 'static,
        client: impl Fn(&C) -> &Client + Send + Sync + 'static,
    ) -> Self
    where
        L: Future<Output = Result<C, E>> + Send + 'static,
        C: Send + Sync + 'static,
    {
        let client = Arc::new(client);
        Self::by(Way::Pooled(Box::new(move || {
            let (lending, client) = (lend(), Arc::clone(&client));
            Box::pin(async move {
                // The text of the pool may hold a connection string.
                let lent = lending
                    .await
                    .map_err(|_| Failure::Unanswered("the pool lends no connection".to_owned()))?;
                let link: Box<dyn Link> = Box::new(Lent(lent, client));
                Ok(link)
            })
        })))
    }
}

impl<'t> AsyncPostgresStore<'t> {
    /// Makes a store inside the host's open transaction: see
    /// [`PostgresStore::in_transaction`](super::PostgresStore::in_transaction).
    ///
    /// ```no_run
    /// # use countersign::{AsyncVerifier, Context, Grant, store::{AsyncStore, postgres::AsyncPostgresStore}};
    /// # async fn book(database: &mut tokio_postgres::Client, verifier: &AsyncVerifier<impl AsyncStore>, grant: Grant, ctx: &Context)
    /// # -> Result<(), Box<dyn std::error::Error>> {
    /// let transaction = database.transaction().await?;
    /// let inside = verifier.on(AsyncPostgresStore::in_transaction(&transaction));
    /// let redeemed = inside.redeem(&grant, ctx).await?.map_err(|refused| format!("{refused:?}"))?;
    /// transaction.execute("INSERT INTO bookings VALUES ($1)", &[&"TX-1"]).await?;
    /// transaction.commit().await?;
    /// # let _ = redeemed;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_transaction(transaction: &'t Transaction<'_>) -> Self {
        Self::by(Way::Transaction(transaction))
    }

    fn by(way: Way<'t>) -> Self {
        Self {
            table: Table::in_public(),
            patience: PATIENCE,
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

    /// Sets how long a call may take in all. Without it, that is five seconds.
    ///
    /// A write that came too late is an error: whether it took place is unknown. In a transaction, roll back then. Over
    /// connections of its own, the store has the server [cancel](super#calls-that-are-left) it, in the host's runtime.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sets how many connections of its own the store opens at most. Without it, that is eight.
    #[must_use]
    pub fn with_connections(mut self, limit: NonZeroUsize) -> Self {
        if let Way::Own(connections) = &mut self.way {
            connections.set_limit(limit.get());
        }
        self
    }

    /// Makes the schema and the tables that are missing: see [`PostgresStore::migrate`](super::PostgresStore::migrate).
    ///
    /// # Errors
    /// Corrupt, if a table has a layout that this version does not know. Store, if it failed.
    pub async fn migrate(&self) -> Result<(), Error> {
        self.run(Migrate).await
    }

    async fn run<C: Call>(&self, call: C) -> Result<C::Answer, Error> {
        let Ok(runtime) = Handle::try_current() else {
            let outside = "the call is outside a Tokio runtime".to_owned();
            return Err(Failure::Unanswered(outside).error(&self.table.name));
        };
        let work = async {
            match &self.way {
                Way::Own(connections) => {
                    let mut lent = connections.lend(runtime).await?;
                    let (link, watch) = lent.session()?.split();
                    let answer = watch.over(call.over(link, &self.table)).await;
                    lent.end(&answer);
                    answer
                }
                Way::Pooled(lend) => call.over(&mut *lend().await?, &self.table).await,
                Way::Transaction(transaction) => {
                    let mut link = *transaction;
                    call.over(&mut link, &self.table).await
                }
            }
        };
        let answer = tokio::time::timeout(self.patience, work).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Failure::Unanswered(format!(
                "there is no answer after {:?}",
                self.patience
            )))
        });
        if let (Way::Own(connections), Err(Failure::Unanswered(_))) = (&self.way, &answer) {
            connections.forget_idle();
        }
        answer.map_err(|failure| failure.error(&self.table.name))
    }
}

/// A call as a value: it is made over each way to the database.
trait Call: Send {
    type Answer: Send;

    fn over(
        self,
        link: &mut dyn Link,
        table: &Table,
    ) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

struct Migrate;

impl Call for Migrate {
    type Answer = ();

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<(), Failure> {
        layout::migrate(link, table).await
    }
}

struct Load<'c>(&'c Key);

impl Call for Load<'_> {
    type Answer = Option<Entry>;

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<Option<Entry>, Failure> {
        records::load(link, table, self.0).await
    }
}

struct Replace<'c>(&'c Key, Option<&'c Version>, &'c Entry);

impl Call for Replace<'_> {
    type Answer = Replaced;

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<Replaced, Failure> {
        records::replace(link, table, self.0, self.1, self.2).await
    }
}

struct Remove<'c>(&'c Key, &'c Version);

impl Call for Remove<'_> {
    type Answer = Replaced;

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<Replaced, Failure> {
        records::remove(link, table, self.0, self.1).await
    }
}

struct Purge(Timestamp);

impl Call for Purge {
    type Answer = usize;

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<usize, Failure> {
        records::purge(link, table, self.0).await
    }
}

struct Scan(Option<Key>, usize);

impl Call for Scan {
    type Answer = Page;

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<Page, Failure> {
        records::scan(link, table, self.0, self.1).await
    }
}

struct ReplaceAll<'c>(&'c [Swap]);

impl Call for ReplaceAll<'_> {
    type Answer = Vec<Replaced>;

    async fn over(self, link: &mut dyn Link, table: &Table) -> Result<Vec<Replaced>, Failure> {
        records::replace_all(link, table, self.0).await
    }
}

impl AsyncStore for AsyncPostgresStore<'_> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.run(Load(key)).await
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.run(Replace(key, expected, entry)).await
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.run(Remove(key, expected)).await
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.run(Purge(now)).await
    }

    async fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        let after = from.map(ScanPlace::key).transpose()?;
        self.run(Scan(after, limit)).await
    }

    async fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        self.run(ReplaceAll(swaps)).await
    }
}

impl fmt::Debug for AsyncPostgresStore<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncPostgresStore({})", self.table.name)
    }
}
