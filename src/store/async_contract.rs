//! The trait that a store implements whose answers are waited for.

use core::future::ready;
use std::sync::Arc;

use super::contract::{Entry, Key, Page, Replaced, ScanPlace, Swap, Version, cannot_scan};
use crate::error::Error;
use crate::time::Timestamp;

/// A place for records whose answers are waited for, for an [`AsyncVerifier`](crate::AsyncVerifier).
///
/// It keeps the contract of [`Store`](super::Store). A caller may drop an answer that it waits for. The write has taken place
/// then, or it has not. A half of it is never stored.
///
/// ```
/// use countersign::{Error, Timestamp, store::{AsyncStore, Entry, Key, Replaced, Store, Version, memory::MemoryStore}};
///
/// /// A store behind a connection that is waited for.
/// struct Remote(MemoryStore);
///
/// impl AsyncStore for Remote {
///     async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
///         Store::load(&self.0, key)
///     }
///     async fn replace(&self, key: &Key, expected: Option<&Version>, entry: &Entry) -> Result<Replaced, Error> {
///         Store::replace(&self.0, key, expected, entry)
///     }
///     async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
///         Store::remove(&self.0, key, expected)
///     }
///     async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
///         Store::purge(&self.0, now)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    note = "a `Store` that blocks becomes an `AsyncStore` in `store::Offloaded`"
)]
pub trait AsyncStore: Send + Sync {
    /// Returns the record under `key`.
    ///
    /// # Errors
    /// Store, if the record cannot be read.
    fn load(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    /// Puts `entry` under `key` if the version there is `expected` (`None`: if nothing is there).
    ///
    /// # Errors
    /// Store, if it failed, or its end is unknown.
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send;

    /// Deletes the record under `key` if its version is `expected`.
    ///
    /// # Errors
    /// Store, if it failed, or its end is unknown.
    fn remove(
        &self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send;

    /// Drops every record whose `expires_at` is not after `now`. Returns how many.
    ///
    /// # Errors
    /// Store, if it failed.
    fn purge(&self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send;

    /// Returns about `limit` records from a place on, as [`Store::scan`](super::Store::scan). It is optional.
    ///
    /// # Errors
    /// Not supported, by default. Store, if the records cannot be read. Misuse, for a place of another store.
    fn scan(
        &self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send {
        let _ = (from, limit);
        ready(Err(cannot_scan()))
    }

    /// Carries out many writes, as [`Store::replace_all`](super::Store::replace_all). By default they are carried out one by one.
    ///
    /// # Errors
    /// Store, if it failed, or its end is unknown.
    fn replace_all(
        &self,
        swaps: &[Swap],
    ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send {
        async move {
            let mut answers = Vec::with_capacity(swaps.len());
            for swap in swaps {
                let replaced = self.replace(&swap.key, Some(&swap.expected), &swap.entry);
                answers.push(replaced.await?);
            }
            Ok(answers)
        }
    }
}

macro_rules! hand_on {
    ($($pointer:ty),*) => {$(
        impl<S: AsyncStore + ?Sized> AsyncStore for $pointer {
            fn load(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
                (**self).load(key)
            }
            fn replace(
                &self,
                key: &Key,
                expected: Option<&Version>,
                entry: &Entry,
            ) -> impl Future<Output = Result<Replaced, Error>> + Send {
                (**self).replace(key, expected, entry)
            }
            fn remove(
                &self,
                key: &Key,
                expected: &Version,
            ) -> impl Future<Output = Result<Replaced, Error>> + Send {
                (**self).remove(key, expected)
            }
            fn purge(&self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send {
                (**self).purge(now)
            }
            fn scan(
                &self,
                from: Option<&ScanPlace>,
                limit: usize,
            ) -> impl Future<Output = Result<Page, Error>> + Send {
                (**self).scan(from, limit)
            }
            fn replace_all(
                &self,
                swaps: &[Swap],
            ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send {
                (**self).replace_all(swaps)
            }
        }
    )*};
}
hand_on!(&S, Arc<S>);
