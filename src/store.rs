//! Stores of records. A store knows bytes, keys and versions, and nothing of their meaning.
//!
//! An adapter has four small duties: [`load`](Store::load), [`replace`](Store::replace) as a compare-and-swap,
//! [`remove`](Store::remove), [`purge`](Store::purge). An [`AsyncStore`] has the same four, and its answers are waited for. The
//! suite in `store::conformance` (feature `conformance`) checks whether an adapter keeps them.
//!
//! Two more are optional. [`scan`](Store::scan) lets a host walk over all records: for a new root key, for a report.
//! [`replace_all`](Store::replace_all) writes many records with one commit.

mod async_contract;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod high_water;
pub mod memory;
mod offloaded;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use async_contract::AsyncStore;
pub use contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
pub use high_water::{FileHighWater, HighWater, Mark, MemoryHighWater};
pub use offloaded::Offloaded;
