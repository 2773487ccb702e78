//! A walk that counts what the accounts have, without any subject's name.

use std::collections::BTreeMap;

use super::authenticators::is_enrolled;
use super::record::state::Record;
use super::rekey::{self, Rekey};
use super::settings::Settings;
use super::walked::{UnreadableRecord, Walked, open};
use crate::error::Error;
use crate::factor::{Factor, FactorClass, Strength};
use crate::field::FieldCipher;
use crate::hashing::Cost;
use crate::password::PasswordHash;
use crate::store::{Entry, Key, ScanPlace};
use crate::time::Timestamp;

/// A state or a weakness of an account that a report counts. An account can have several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Finding {
    /// No factor is enrolled that verifies the customer.
    NoFactor,
    /// All enrolled factors are of one [class](FactorClass), or there is none. Codes that recover or bind do not count.
    NoSecondFactor,
    /// Of possession there are restricted factors alone (SP 800-63B 3.2.9): codes by telephone. Codes that recover or bind do not count.
    OnlyRestricted,
    /// A hash of a password, a PIN or answers has another cost than the settings, or an earlier pepper. The next success renews it.
    WeakHash,
    /// The password still has the hash of another program: see `PasswordHash::import`. It counts as a weak hash, too.
    ImportedHash,
    /// An app or a token waits for its first code.
    Pending,
    /// A factor is locked, and waiting does not end the lock.
    Locked,
    /// The subject is suspended.
    Suspended,
}

impl Finding {
    /// All findings, in the order of their weight.
    pub const ALL: [Self; 8] = [
        Self::NoFactor,
        Self::NoSecondFactor,
        Self::OnlyRestricted,
        Self::WeakHash,
        Self::ImportedHash,
        Self::Pending,
        Self::Locked,
        Self::Suspended,
    ];

    /// Returns the name in JSON and in the C interface: `no_second_factor`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoFactor => "no_factor",
            Self::NoSecondFactor => "no_second_factor",
            Self::OnlyRestricted => "only_restricted",
            Self::WeakHash => "weak_hash",
            Self::ImportedHash => "imported_hash",
            Self::Pending => "pending",
            Self::Locked => "locked",
            Self::Suspended => "suspended",
        }
    }
}

/// Counts over all accounts, by one pass over the store: see [`Verifier::report`](crate::Verifier::report).
///
/// It holds no subject's name. A host that asks for a [list](Self::listing) gets store keys, and joins them to its customers by
/// [`Key::of`].
///
/// ```
/// use countersign::account::{AccountReport, Finding};
/// let report = AccountReport::new().listing(Finding::NoSecondFactor);
/// assert_eq!(report.count(Finding::NoSecondFactor), 0, "nothing is counted yet");
/// ```
#[derive(Debug)]
pub struct AccountReport {
    from: Option<ScanPlace>,
    is_done: bool,
    page: usize,
    wanted: Vec<Finding>,
    accounts: u64,
    unknown_names: u64,
    code_counts: u64,
    factors: [u64; Factor::ALL.len()],
    findings: [u64; Finding::ALL.len()],
    listed: BTreeMap<Finding, Vec<Key>>,
    made: [u64; Self::BANDS],
    last_step: [u64; Self::BANDS],
    sizes: BTreeMap<usize, u64>,
    roots: BTreeMap<u32, u64>,
    word_roots: BTreeMap<u32, u64>,
    generations: BTreeMap<u32, u64>,
    unreadable: Vec<UnreadableRecord>,
    unreadable_count: u64,
}

impl Default for AccountReport {
    fn default() -> Self {
        Self::new()
    }
}

impl AccountReport {
    /// The ends of the spans of time that accounts are counted by, in days. A last span has all that is older.
    pub const DAYS: [u32; 6] = [1, 7, 30, 90, 365, 730];
    const BANDS: usize = Self::DAYS.len() + 1;
    const PAGE: usize = 1_024;
    const LARGEST_PAGE: usize = 16_384;

    /// Begins a report.
    #[must_use]
    pub fn new() -> Self {
        Self {
            from: None,
            is_done: false,
            page: Self::PAGE,
            wanted: Vec::new(),
            accounts: 0,
            unknown_names: 0,
            code_counts: 0,
            factors: [0; Factor::ALL.len()],
            findings: [0; Finding::ALL.len()],
            listed: BTreeMap::new(),
            made: [0; Self::BANDS],
            last_step: [0; Self::BANDS],
            sizes: BTreeMap::new(),
            roots: BTreeMap::new(),
            word_roots: BTreeMap::new(),
            generations: BTreeMap::new(),
            unreadable: Vec::new(),
            unreadable_count: 0,
        }
    }

    /// Lists the accounts with this finding, too, by their store keys. Each takes 32 bytes.
    #[must_use]
    pub fn listing(mut self, finding: Finding) -> Self {
        if !self.wanted.contains(&finding) {
            self.wanted.push(finding);
        }
        self
    }

    /// Sets how many records a call reads: 1 to 16,384, and 1,024 by default.
    #[must_use]
    pub fn with_page(self, records: usize) -> Self {
        let page = records.clamp(1, Self::LARGEST_PAGE);
        Self { page, ..self }
    }

    /// Returns whether the pass is over.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns how many accounts there are.
    #[must_use]
    pub const fn accounts(&self) -> u64 {
        self.accounts
    }

    /// Returns how many records stand for unknown names that callers tried. They are in no other count but those of roots.
    #[must_use]
    pub const fn unknown_names(&self) -> u64 {
        self.unknown_names
    }

    /// Returns how many counts of issued codes there are.
    #[must_use]
    pub const fn code_counts(&self) -> u64 {
        self.code_counts
    }

    /// Returns how many accounts have enrolled a factor.
    #[must_use]
    pub fn enrolled(&self, factor: Factor) -> u64 {
        let mut each = Factor::ALL.iter().zip(&self.factors);
        each.find(|(one, _)| **one == factor)
            .map_or(0, |(_, count)| *count)
    }

    /// Returns how many accounts have this finding.
    #[must_use]
    pub fn count(&self, finding: Finding) -> u64 {
        let mut each = Finding::ALL.iter().zip(&self.findings);
        each.find(|(one, _)| **one == finding)
            .map_or(0, |(_, count)| *count)
    }

    /// Returns the accounts with a finding that a list was [asked](Self::listing) for, by store key. Over Redis an account may
    /// be there twice.
    #[must_use]
    pub fn listed(&self, finding: Finding) -> &[Key] {
        self.listed.get(&finding).map_or(&[], Vec::as_slice)
    }

    /// Returns how many accounts were made within each span of [`DAYS`](Self::DAYS): the last day, the week, and so on. Each
    /// account counts once, and the last number is of those that are older.
    #[must_use]
    pub const fn made(&self) -> &[u64; 7] {
        &self.made
    }

    /// Returns how many accounts took their last step within each span of [`DAYS`](Self::DAYS), counted as by
    /// [`made`](Self::made).
    #[must_use]
    pub const fn last_step(&self) -> &[u64; 7] {
        &self.last_step
    }

    /// Returns how many accounts have a record of each length in bytes.
    #[must_use]
    pub const fn sizes(&self) -> &BTreeMap<usize, u64> {
        &self.sizes
    }

    /// Returns how many records need each root, with those of unknown names and counts of codes.
    #[must_use]
    pub const fn roots(&self) -> &BTreeMap<u32, u64> {
        &self.roots
    }

    /// Returns how many memorable words need each root of the keyring of [`WordKey`](crate::knowledge::WordKey).
    #[must_use]
    pub const fn word_roots(&self) -> &BTreeMap<u32, u64> {
        &self.word_roots
    }

    /// Returns how many accounts have a hash that needs each generation of the long-term secret.
    #[must_use]
    pub const fn generations(&self) -> &BTreeMap<u32, u64> {
        &self.generations
    }

    /// Returns the records that do not open. The first [`Rekey::MOST_NAMED`] are named.
    #[must_use]
    pub fn unreadable(&self) -> &[UnreadableRecord] {
        &self.unreadable
    }

    /// Returns how many records do not open.
    #[must_use]
    pub const fn unreadable_count(&self) -> u64 {
        self.unreadable_count
    }

    pub(crate) const fn place(&self) -> Option<&ScanPlace> {
        self.from.as_ref()
    }

    pub(crate) const fn page_size(&self) -> usize {
        self.page
    }

    pub(crate) fn end_page(&mut self, next: Option<ScanPlace>) {
        self.is_done = next.is_none();
        self.from = next;
    }

    fn name(&mut self, unreadable: UnreadableRecord) {
        self.unreadable_count = self.unreadable_count.saturating_add(1);
        rekey::count(&mut self.roots, unreadable.root());
        if self.unreadable.len() < Rekey::MOST_NAMED {
            self.unreadable.push(unreadable);
        }
    }

    fn find(&mut self, finding: Finding, key: Key) {
        let mut each = Finding::ALL.iter().zip(&mut self.findings);
        if let Some((_, count)) = each.find(|(one, _)| **one == finding) {
            add(count);
        }
        if self.wanted.contains(&finding) {
            self.listed.entry(finding).or_default().push(key);
        }
    }
}

/// Counts the records of a page.
pub(crate) struct Counter<'s> {
    settings: &'s Settings,
    now: Timestamp,
    cost: Cost,
    generation: Option<u32>,
}

impl<'s> Counter<'s> {
    pub(crate) fn new(settings: &'s Settings, now: Timestamp) -> Self {
        Self {
            settings,
            now,
            cost: settings.hash_pool().cost(),
            generation: settings.keyring().generations().next(),
        }
    }

    /// Counts what stands under a key.
    pub(crate) fn count(&self, report: &mut AccountReport, key: Key, entry: Result<Entry, Error>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) => return report.name(UnreadableRecord::new(key, None, &why)),
        };
        let (size, root) = (entry.bytes().len(), FieldCipher::key_id_of(entry.bytes()));
        let mut record = match open(self.settings, &key, entry) {
            Ok(Walked::Record { record, .. }) => record,
            Ok(Walked::Count(_)) => {
                rekey::count(&mut report.roots, root);
                return add(&mut report.code_counts);
            }
            Err(why) => return report.name(UnreadableRecord::of(key, root, &why)),
        };
        rekey::count(&mut report.roots, root);
        for word in record.words_mut() {
            rekey::count(&mut report.word_roots, word.root());
        }
        if record.decoy {
            return add(&mut report.unknown_names);
        }
        add(&mut report.accounts);
        add(report.sizes.entry(size).or_default());
        let made = self.now.unix().saturating_sub(record.created);
        let unused = record.unused(self.now).as_secs();
        for (bands, seconds) in [(&mut report.made, made), (&mut report.last_step, unused)] {
            if let Some(count) = bands.get_mut(band(seconds)) {
                add(count);
            }
        }
        self.find(report, key, &record);
    }

    fn find(&self, report: &mut AccountReport, key: Key, record: &Record) {
        let enrolled = |factor: Factor| is_enrolled(record, factor);
        let mut classes = 0_u8;
        let (mut restricted, mut possession) = (false, false);
        for (factor, count) in Factor::ALL.into_iter().zip(&mut report.factors) {
            if !is_held(factor) || !enrolled(factor) {
                continue;
            }
            add(count);
            if !verifies(factor) {
                continue;
            }
            let Some(class) = factor.class() else {
                continue;
            };
            classes |= 1_u8.checked_shl(class as u32).unwrap_or(0);
            if class == FactorClass::Possession {
                match factor.strength() {
                    Some(Strength::Restricted) => restricted = true,
                    _ => possession = true,
                }
            }
        }
        let pending = record.totps.iter().any(|slot| slot.head().waits(self.now))
            || record.hotps.iter().any(|slot| slot.head().waits(self.now));
        let limits = |budget| self.settings.limits_of(budget);
        let locked = record.throttles.any_disabled(limits);
        for (finding, holds) in [
            (Finding::NoFactor, classes == 0),
            (Finding::NoSecondFactor, classes.count_ones() < 2),
            (Finding::OnlyRestricted, restricted && !possession),
            (Finding::WeakHash, self.has_weak_hash(report, record)),
            (Finding::ImportedHash, has_imported_hash(record)),
            (Finding::Pending, pending),
            (Finding::Locked, locked),
            (Finding::Suspended, record.suspended),
        ] {
            if holds {
                report.find(finding, key);
            }
        }
    }

    /// Counts the generations that the hashes of an account need, and returns whether one is outdated.
    fn has_weak_hash(&self, report: &mut AccountReport, record: &Record) -> bool {
        let mut is_weak = false;
        // One account counts once for a generation. Seldom are there two.
        let mut needed = [None; 4];
        let mut add = |(cost, generation): (Cost, Option<u32>)| {
            is_weak |= cost != self.cost || generation != self.generation;
            if !needed.contains(&generation)
                && let Some(free) = needed.iter_mut().find(|slot| slot.is_none())
            {
                *free = generation;
            }
        };
        if let Some(slot) = &record.password {
            add(slot.authenticator.made_with());
        }
        if let Some(slot) = &record.pin {
            add(slot.authenticator.made_with());
        }
        if let Some(slot) = &record.questions {
            slot.authenticator.made_with().for_each(add);
        }
        for generation in needed {
            rekey::count(&mut report.generations, generation);
        }
        is_weak
    }
}

fn has_imported_hash(record: &Record) -> bool {
    let hash = record.password.as_ref().map(|slot| &slot.authenticator);
    hash.is_some_and(PasswordHash::is_imported)
}

/// Returns whether an account holds something of a factor.
const fn is_held(factor: Factor) -> bool {
    !matches!(factor, Factor::External | Factor::BindingCode)
}

/// Returns whether a factor verifies the customer. The others recover and bind.
const fn verifies(factor: Factor) -> bool {
    is_held(factor) && !matches!(factor, Factor::RecoveryCode | Factor::IssuedRecoveryCode)
}

fn band(seconds: u64) -> usize {
    let within = |days: &u32| seconds < u64::from(*days).saturating_mul(86_400);
    let place = AccountReport::DAYS.iter().position(within);
    place.unwrap_or(AccountReport::DAYS.len())
}

const fn add(count: &mut u64) {
    *count = count.saturating_add(1);
}
