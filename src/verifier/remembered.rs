//! The entries that a verifier remembers: the last one of each record that an interaction with evidence wrote.
//!
//! A step on a remembered entry saves the read before the write. The store's answer to the write says whether the entry was still
//! there. So an outcome is the store's word, also here: what writes nothing is asked again, of the entry that is loaded.
//!
//! Only interactions with evidence are served. A caller without evidence takes two round trips for each name, so times do
//! not show who is a customer. No decoy holds evidence, so none is remembered.

use core::hash::BuildHasher as _;
use std::collections::hash_map::RandomState;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::context::Interaction;
use crate::store::{Entry, Key};

/// Records that share a lock.
const SHELF: usize = 8;
/// The records of a shelf take no more than so many bytes each, on average.
const BYTES_EACH: usize = 1_024;

/// Sealed entries, by record. They are never opened here.
#[derive(Default)]
pub(super) struct Remembered {
    hasher: RandomState,
    shelves: Box<[Mutex<Shelf>]>,
}

/// A few entries, the oldest first.
struct Shelf {
    most: usize,
    all: Vec<Item>,
}

struct Item {
    key: Key,
    /// A hash of the interaction that wrote it, under a key of this process.
    writer: u64,
    entry: Entry,
}

impl Remembered {
    /// Makes room for the entries of so many records.
    pub(super) fn of(records: usize) -> Self {
        let shelves = records.div_ceil(SHELF);
        // All shelves together hold that many, and each holds nearly as many as another.
        let most = |shelf: usize| {
            let over = usize::from(shelf < records.checked_rem(shelves).unwrap_or(0));
            records
                .checked_div(shelves)
                .unwrap_or(0)
                .saturating_add(over)
        };
        let shelf = |most| {
            Mutex::new(Shelf {
                most,
                all: Vec::new(),
            })
        };
        Self {
            hasher: RandomState::new(),
            shelves: (0..shelves).map(|number| shelf(most(number))).collect(),
        }
    }

    /// Returns whether the last entry of a record is remembered for this interaction.
    pub(super) fn has(&self, key: &Key, interaction: Interaction) -> bool {
        let writer = self.hasher.hash_one(interaction);
        self.shelf(key).is_some_and(|shelf| {
            let of = |item: &Item| item.key == *key && item.writer == writer;
            shelf.all.iter().any(of)
        })
    }

    /// Takes the entry of a record, and gives it out if this interaction wrote it. The caller is about to write the next one.
    pub(super) fn take(&self, key: &Key, interaction: Interaction) -> Option<Entry> {
        let writer = self.hasher.hash_one(interaction);
        let item = self.shelf(key)?.take(key)?;
        (item.writer == writer).then_some(item.entry)
    }

    /// Forgets the entry of a record.
    pub(super) fn forget(&self, key: &Key) {
        if let Some(mut shelf) = self.shelf(key) {
            let _ = shelf.take(key);
        }
    }

    /// Remembers what an interaction with evidence has written.
    pub(super) fn keep(&self, key: &Key, interaction: Interaction, entry: Entry) {
        if let Some(mut shelf) = self.shelf(key) {
            let writer = self.hasher.hash_one(interaction);
            shelf.put(Item {
                key: *key,
                writer,
                entry,
            });
        }
    }

    fn shelf(&self, key: &Key) -> Option<MutexGuard<'_, Shelf>> {
        let count = u64::try_from(self.shelves.len()).ok()?;
        let number = self.hasher.hash_one(key).checked_rem(count)?;
        let shelf = self.shelves.get(usize::try_from(number).ok()?)?;
        // A shelf is whole after each change of it.
        Some(shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelf {
    fn take(&mut self, key: &Key) -> Option<Item> {
        let place = self.all.iter().position(|item| item.key == *key)?;
        Some(self.all.remove(place))
    }

    /// Puts an entry in place of an earlier one of its record. The oldest entries make room.
    fn put(&mut self, item: Item) {
        let _ = self.take(&item.key);
        let most_bytes = self.most.saturating_mul(BYTES_EACH);
        let mut bytes = item.entry.bytes().len();
        if bytes > most_bytes {
            return;
        }
        let room = self.most.saturating_sub(1);
        let fits = |old: &&Item| {
            bytes = bytes.saturating_add(old.entry.bytes().len());
            bytes <= most_bytes
        };
        let kept = self.all.iter().rev().take(room).take_while(fits).count();
        let old = self.all.len().saturating_sub(kept);
        self.all.drain(..old);
        self.all.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Version;

    fn key(tag: u16) -> Key {
        let [high, low] = tag.to_be_bytes();
        let mut bytes = [0; 32];
        (bytes[0], bytes[1]) = (high, low);
        Key::from_bytes(bytes)
    }

    fn call(tag: u8) -> Interaction {
        Interaction::from_bytes([tag; 16])
    }

    fn entry(length: usize, tag: u8) -> Entry {
        Entry::new(vec![tag; length], Version::from_bytes([tag; 24]), None)
    }

    /// How many entries are kept, and how many bytes.
    fn kept(all: &Remembered) -> (usize, usize) {
        all.shelves.iter().fold((0, 0), |(count, bytes), shelf| {
            let shelf = shelf.lock().unwrap();
            let own: usize = shelf.all.iter().map(|item| item.entry.bytes().len()).sum();
            (count + shelf.all.len(), bytes + own)
        })
    }

    #[test]
    fn an_entry_is_for_the_interaction_that_wrote_it_and_is_taken_once() {
        let all = Remembered::of(1);
        all.keep(&key(1), call(1), entry(5, 1));
        assert!(all.has(&key(1), call(1)));
        assert!(!all.has(&key(1), call(2)) && !all.has(&key(2), call(1)));
        assert_eq!(all.take(&key(2), call(1)), None);
        assert_eq!(all.take(&key(1), call(1)), Some(entry(5, 1)));
        assert_eq!(all.take(&key(1), call(1)), None);
        // Another interaction is about to write: what is remembered is old.
        all.keep(&key(1), call(1), entry(5, 1));
        assert_eq!(all.take(&key(1), call(2)), None);
        assert_eq!(all.take(&key(1), call(1)), None);
        // One entry for each record: the last.
        all.keep(&key(1), call(1), entry(5, 1));
        all.keep(&key(1), call(2), entry(5, 2));
        assert_eq!(kept(&all), (1, 5));
        assert!(all.has(&key(1), call(2)) && !all.has(&key(1), call(1)));
        all.forget(&key(1));
        assert_eq!(kept(&all), (0, 0));
    }

    #[test]
    fn entries_are_bounded_in_number_and_in_bytes() {
        for records in [0, 1, 7, 8, 9, 16, 100, 1_000] {
            let all = Remembered::of(records);
            let room: usize = all
                .shelves
                .iter()
                .map(|shelf| shelf.lock().unwrap().most)
                .sum();
            assert_eq!(room, records);
            for number in 0..4_000 {
                all.keep(&key(number), call(1), entry(700, 1));
            }
            assert_eq!(kept(&all), (records, 700 * records), "small ones fill it");
            for number in 0..4_000 {
                let length = 900 + usize::from(number % 7) * 400;
                all.keep(&key(number), call(1), entry(length, 1));
                let (count, bytes) = kept(&all);
                assert!(count <= records && bytes <= records * 1_024);
            }
        }
    }

    #[test]
    fn the_oldest_entries_make_room() {
        let all = Remembered::of(8);
        for number in 0..10 {
            all.keep(&key(number), call(1), entry(100, 1));
        }
        let here = |number| all.has(&key(number), call(1));
        assert_eq!(
            (0..10).filter(|number| here(*number)).collect::<Vec<_>>(),
            [2, 3, 4, 5, 6, 7, 8, 9]
        );
        // One that is written again is the youngest.
        all.keep(&key(2), call(1), entry(100, 1));
        all.keep(&key(10), call(1), entry(100, 1));
        assert!(here(2) && !here(3));
        // A long one takes the room of several. One that is longer than all of it is not kept, and neither is its old one.
        all.keep(&key(11), call(1), entry(7_900, 1));
        assert_eq!(kept(&all), (3, 8_100));
        assert!(here(2) && here(10) && here(11));
        all.keep(&key(2), call(1), entry(8_193, 1));
        assert_eq!(kept(&all), (2, 8_000));
        assert!(!here(2));
    }
}
