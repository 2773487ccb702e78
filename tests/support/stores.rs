//! Entries of a store, and a folder for a file. The tests of SQLite, which are a program of their own, use them too.

use countersign::store::{Entry, Key, Version};
use tempfile::TempDir;

pub(crate) fn key(tag: u8) -> Key {
    Key::from_bytes([tag; 32])
}

pub(crate) fn version(tag: u8) -> Version {
    Version::from_bytes([tag; 24])
}

pub(crate) fn entry(tag: u8) -> Entry {
    Entry::new(vec![tag; 3], version(tag), None)
}

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}
