//! A walk that brings every record under the root that writes.

use std::collections::BTreeMap;

use super::record::bytes;
use super::settings::Settings;
use super::walked::{UnreadableRecord, Walked, open};
use crate::error::Error;
use crate::field::FieldCipher;
use crate::secret::SecretBytes;
use crate::store::{Entry, Key, ScanPlace, Version};

/// A walk over all records that brings them under the root that writes: see [`Verifier::rekey`](crate::Verifier::rekey).
///
/// Each call does one page. Keep the [place](Self::place) after each, to go on from there in another process. A page that was
/// begun and not ended is done again. That does no harm.
///
/// ```
/// use countersign::account::Rekey;
/// use countersign::store::ScanPlace;
/// # fn of_the_file() -> Option<Vec<u8>> { None }
/// let rekey = match of_the_file() {
///     Some(bytes) => Rekey::after(ScanPlace::from_bytes(&bytes)?),
///     None => Rekey::new(),
/// };
/// assert!(!rekey.is_done());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug)]
pub struct Rekey {
    from: Option<ScanPlace>,
    is_whole: bool,
    is_done: bool,
    page: usize,
    told: Told,
}

/// Counts of the pages so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    records: u64,
    moved: u64,
    overtaken: u64,
    roots: BTreeMap<u32, u64>,
    word_roots: BTreeMap<u32, u64>,
    unreadable: Vec<UnreadableRecord>,
    unreadable_count: u64,
}

impl Default for Rekey {
    fn default() -> Self {
        Self::new()
    }
}

impl Rekey {
    /// A walk names so many records that do not open. It counts all.
    pub const MOST_NAMED: usize = 10_000;
    const PAGE: usize = 256;
    const LARGEST_PAGE: usize = 4_096;

    /// Begins a walk over all records.
    #[must_use]
    pub fn new() -> Self {
        Self {
            from: None,
            is_whole: true,
            is_done: false,
            page: Self::PAGE,
            told: Told::default(),
        }
    }

    /// Goes on with a walk that another process began. It tells of the records from there on.
    #[must_use]
    pub fn after(place: ScanPlace) -> Self {
        Self {
            from: Some(place),
            is_whole: false,
            ..Self::new()
        }
    }

    /// Sets how many records a call does: 1 to 4,096, and 256 by default. SQLite and PostgreSQL write those of a page in one
    /// transaction, and other writers of these records wait for it.
    #[must_use]
    pub fn with_page(self, records: usize) -> Self {
        let page = records.clamp(1, Self::LARGEST_PAGE);
        Self { page, ..self }
    }

    /// Returns the place to go on from. `None` before the first page, and after the last one.
    #[must_use]
    pub const fn place(&self) -> Option<&ScanPlace> {
        self.from.as_ref()
    }

    /// Returns whether the walk is over.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns how many records and counts of codes it has passed.
    #[must_use]
    pub const fn records(&self) -> u64 {
        self.told.records
    }

    /// Returns how many of them it has sealed again.
    #[must_use]
    pub const fn moved(&self) -> u64 {
        self.told.moved
    }

    /// Returns how often another writer was faster. The record was tried again.
    #[must_use]
    pub const fn overtaken(&self) -> u64 {
        self.told.overtaken
    }

    /// Returns how many records now need each root. A record that does not open needs the root that it names.
    #[must_use]
    pub const fn roots(&self) -> &BTreeMap<u32, u64> {
        &self.told.roots
    }

    /// Returns how many memorable words need each root of the keyring of [`WordKey`](crate::knowledge::WordKey).
    ///
    /// Without [`Settings::with_memorable_words`](crate::Settings::with_memorable_words) words are counted, and not moved.
    #[must_use]
    pub const fn word_roots(&self) -> &BTreeMap<u32, u64> {
        &self.told.word_roots
    }

    /// Returns whether the walk was whole, is over, and found nothing that needs this root, neither records nor words.
    ///
    /// Then the root can go, if no process writes under it any more. A walk that [goes on](Self::after) is not whole: make
    /// another one. It writes nothing if nothing is left.
    #[must_use]
    pub fn frees(&self, root: u32) -> bool {
        let told = &self.told;
        let needs = told.roots.contains_key(&root) || told.word_roots.contains_key(&root);
        self.is_whole && self.is_done && !needs
    }

    /// Returns the records that do not open, in the order of the walk. The first [`MOST_NAMED`](Self::MOST_NAMED) are named.
    #[must_use]
    pub fn unreadable(&self) -> &[UnreadableRecord] {
        &self.told.unreadable
    }

    /// Returns how many records do not open.
    #[must_use]
    pub const fn unreadable_count(&self) -> u64 {
        self.told.unreadable_count
    }

    pub(crate) const fn page_size(&self) -> usize {
        self.page
    }

    pub(crate) fn told(&self) -> Told {
        self.told.clone()
    }

    /// Ends a page. Until then, nothing of it is told.
    pub(crate) fn end_page(&mut self, told: Told, next: Option<ScanPlace>) {
        self.told = told;
        self.is_done = next.is_none();
        self.from = next;
    }
}

/// An entry after a walk has passed it.
pub(crate) struct Resealed {
    /// The entry that takes its place. `None`, if it stays.
    pub(crate) next: Option<Entry>,
    /// The root of the entry, and those of the words in it.
    root: Option<u32>,
    word_roots: Vec<u32>,
}

impl Told {
    /// Counts an entry that stands, or stands now.
    pub(crate) fn keeps(&mut self, resealed: &Resealed) {
        self.records = self.records.saturating_add(1);
        count(&mut self.roots, resealed.root);
        for root in &resealed.word_roots {
            count(&mut self.word_roots, Some(*root));
        }
    }

    pub(crate) fn moves(&mut self, resealed: &Resealed) {
        self.moved = self.moved.saturating_add(1);
        self.keeps(resealed);
    }

    pub(crate) const fn loses_race(&mut self) {
        self.overtaken = self.overtaken.saturating_add(1);
    }

    /// Counts an entry that did not get its turn among other writers.
    pub(crate) fn leaves(&mut self, entry: &Entry) {
        self.records = self.records.saturating_add(1);
        count(&mut self.roots, FieldCipher::key_id_of(entry.bytes()));
    }

    pub(crate) fn names(&mut self, unreadable: UnreadableRecord) {
        self.records = self.records.saturating_add(1);
        self.unreadable_count = self.unreadable_count.saturating_add(1);
        count(&mut self.roots, unreadable.root());
        if self.unreadable.len() < Rekey::MOST_NAMED {
            self.unreadable.push(unreadable);
        }
    }
}

pub(super) fn count(roots: &mut BTreeMap<u32, u64>, root: Option<u32>) {
    if let Some(root) = root {
        let count = roots.entry(root).or_default();
        *count = count.saturating_add(1);
    }
}

/// Seals an entry again, if it or the word in it is under a root that does not write any more.
pub(crate) fn reseal(settings: &Settings, key: &Key, entry: &Entry) -> Result<Resealed, Error> {
    let cipher = settings.cipher();
    let root = FieldCipher::key_id_of(entry.bytes());
    let writer = cipher.writing_root()?;
    let is_old = root != Some(writer);
    let (plain, mut record, length) = match open(settings, key, entry.clone())? {
        Walked::Count(plain) => (plain, None, 0),
        Walked::Record {
            plain,
            record,
            length,
        } => (plain, Some(record), length),
    };
    let mut has_moved_word = false;
    let mut word_roots = Vec::new();
    for word in record.iter_mut().flat_map(|record| record.words_mut()) {
        // A word that does not open stays, and needs its root. A check of it says why.
        let moved = settings
            .word_key()
            .map(|words| word.moved(key.as_bytes(), words));
        if let Some(Ok(Some(moved))) = moved {
            *word = moved;
            has_moved_word = true;
        }
        word_roots.extend(word.root());
    }
    let sealed = match record {
        Some(record) if has_moved_word => Some(bytes::seal(&record, cipher, key, length)?),
        _ if is_old => Some(again(cipher, key, &plain)?),
        _ => None,
    };
    Ok(Resealed {
        root: if sealed.is_some() { Some(writer) } else { root },
        next: sealed.map(|(bytes, nonce)| {
            Entry::new(bytes, Version::from_bytes(nonce), entry.expires_at())
        }),
        word_roots,
    })
}

fn again(
    cipher: &FieldCipher,
    key: &Key,
    plain: &SecretBytes,
) -> Result<(Vec<u8>, [u8; 24]), Error> {
    cipher.seal_drawn(&bytes::context(key), plain.expose_bytes())
}
