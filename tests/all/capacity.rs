//! Figures of the page on capacity that a test can hold.

use std::sync::Mutex;

use crate::support::timed::{TimedContext, TimedVerifier};
use crate::support::{keyring, maya};
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{Authority, Change, Channel, Error, Interaction, Settings, Timestamp};

/// A store that notes what is written beside the record of Maya.
#[derive(Debug, Default)]
struct Beside {
    store: MemoryStore,
    lengths: Mutex<Vec<usize>>,
}

impl Store for Beside {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Store::load(&self.store, key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        if *key != Key::of(&maya()) {
            self.lengths.lock().unwrap().push(entry.bytes().len());
        }
        Store::replace(&self.store, key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        Store::remove(&self.store, key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        Store::purge(&self.store, now)
    }
}

#[test]
fn a_count_of_codes_has_the_bytes_that_the_page_says() {
    let page = include_str!("../../src/manual/capacity.md");
    let store = Beside::default();
    let verifier = TimedVerifier::new(&store, Settings::new("bank", keyring()).unwrap());
    let now = Timestamp::from_unix(1_800_000_000).unwrap();
    let ctx = TimedContext::new(now, Channel::Web, Interaction::from_bytes([1; 16]));
    verifier.create(&maya(), &ctx).unwrap();
    let phone = Change::SetPhone(Destination::phone("+6281234567834").unwrap());
    let _ = verifier
        .change(&maya(), &phone, &Authority::Host, &ctx)
        .unwrap();
    let issued = verifier.issue(&maya(), &CodeOrder::private(), &ctx);
    assert!(matches!(issued.unwrap(), Issued::Ready(_)));
    let lengths = store.lengths.lock().unwrap();
    assert_eq!(
        lengths.len(),
        2,
        "one for the destination, one for its block"
    );
    assert!(page.contains("Each count of codes has some 160 bytes more"));
    for length in lengths.iter() {
        assert!(length.abs_diff(160) < 8, "{length}");
    }
}
