//! The methods of a store, blocking or waited for. Cases and faults ask either, and are written once.

use core::future::ready;

use crate::error::Error;
use crate::store::async_contract::AsyncStore;
use crate::store::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::time::Timestamp;

/// A store of either trait.
pub(super) trait Asked {
    fn load(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send;

    fn remove(
        &self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send;

    fn purge(&self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send;

    fn scan(
        &self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send;

    fn replace_all(
        &self,
        swaps: &[Swap],
    ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send;
}

/// A store that blocks. It has answered before the future is there.
pub(super) struct Direct<S>(pub(super) S);

impl<S: Store> Asked for Direct<S> {
    fn load(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        ready(self.0.load(key))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        ready(self.0.replace(key, expected, entry))
    }

    fn remove(
        &self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        ready(self.0.remove(key, expected))
    }

    fn purge(&self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send {
        ready(self.0.purge(now))
    }

    fn scan(
        &self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send {
        ready(self.0.scan(from, limit))
    }

    fn replace_all(
        &self,
        swaps: &[Swap],
    ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send {
        ready(self.0.replace_all(swaps))
    }
}

/// A store whose answers are waited for.
pub(super) struct Waited<S>(pub(super) S);

impl<S: AsyncStore> Asked for Waited<S> {
    fn load(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        self.0.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        self.0.replace(key, expected, entry)
    }

    fn remove(
        &self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        self.0.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send {
        self.0.purge(now)
    }

    fn scan(
        &self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send {
        self.0.scan(from, limit)
    }

    fn replace_all(
        &self,
        swaps: &[Swap],
    ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send {
        self.0.replace_all(swaps)
    }
}
