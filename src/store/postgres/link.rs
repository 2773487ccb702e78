//! A way to the database, blocking or not, in a transaction or not: it carries one statement, and brings the rows.

use core::future::ready;
use core::pin::Pin;
use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::failure::Failure;

/// A value of a statement. Its type is named, so the server need not be asked for it first.
pub(super) type Value<'v> = (&'v (dyn ToSql + Sync), Type);

type Answer<'r, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'r>>;
type Rows<'r> = Answer<'r, Vec<Row>>;

/// A way to the database. A blocking one answers at once.
///
/// Statements have no name: a named one is a state of the session, which a pooler does not keep.
pub(super) trait Link: Send {
    /// Sends a statement with its values, in one round trip.
    fn rows<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Rows<'r>;

    /// Sends a statement that brings no rows. Returns how many it changed.
    fn changes<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Answer<'r, u64>;

    /// Whether a failed statement breaks those that follow it: this is an open transaction.
    fn is_transaction(&self) -> bool;
}

impl Link for tokio_postgres::Client {
    fn rows<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Rows<'r> {
        Box::pin(async move {
            let rows = self.query_typed(statement, values).await;
            rows.map_err(|cause| Failure::of(&cause))
        })
    }

    fn changes<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Answer<'r, u64> {
        Box::pin(async move {
            let count = self.execute_typed(statement, values).await;
            count.map_err(|cause| Failure::of(&cause))
        })
    }

    fn is_transaction(&self) -> bool {
        false
    }
}

impl Link for postgres::Client {
    fn rows<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Rows<'r> {
        let rows = self.query_typed(statement, values);
        Box::pin(ready(rows.map_err(|cause| Failure::of(&cause))))
    }

    fn changes<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Answer<'r, u64> {
        let count = self.execute_typed(statement, values);
        Box::pin(ready(count.map_err(|cause| Failure::of(&cause))))
    }

    fn is_transaction(&self) -> bool {
        false
    }
}

impl Link for postgres::Transaction<'_> {
    fn rows<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Rows<'r> {
        let rows = self.query_typed(statement, values);
        Box::pin(ready(rows.map_err(|cause| Failure::of(&cause))))
    }

    fn changes<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Answer<'r, u64> {
        let count = self.execute_typed(statement, values);
        Box::pin(ready(count.map_err(|cause| Failure::of(&cause))))
    }

    fn is_transaction(&self) -> bool {
        true
    }
}

impl Link for &tokio_postgres::Transaction<'_> {
    fn rows<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Rows<'r> {
        Box::pin(async move {
            let rows = self.query_typed(statement, values).await;
            rows.map_err(|cause| Failure::of(&cause))
        })
    }

    fn changes<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Answer<'r, u64> {
        Box::pin(async move {
            let count = self.execute_typed(statement, values).await;
            count.map_err(|cause| Failure::of(&cause))
        })
    }

    fn is_transaction(&self) -> bool {
        true
    }
}

/// A connection that a pool lends, and the way to the client in it.
pub(super) struct Lent<C, F>(pub(super) C, pub(super) Arc<F>);

impl<C, F> Link for Lent<C, F>
where
    C: Send + Sync,
    F: Fn(&C) -> &tokio_postgres::Client + Send + Sync,
{
    fn rows<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Rows<'r> {
        Box::pin(async move {
            let rows = (self.1)(&self.0).query_typed(statement, values).await;
            rows.map_err(|cause| Failure::of(&cause))
        })
    }

    fn changes<'r>(&'r mut self, statement: &'r str, values: &'r [Value<'r>]) -> Answer<'r, u64> {
        Box::pin(async move {
            let count = (self.1)(&self.0).execute_typed(statement, values).await;
            count.map_err(|cause| Failure::of(&cause))
        })
    }

    fn is_transaction(&self) -> bool {
        false
    }
}
