//! A page of a walk, and a report over all accounts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::read;
use super::write::{self, Hex};
use crate::account::{AccountReport, Finding, Rekey, UnreadableRecord};
use crate::error::ErrorKind;
use crate::factor::Factor;
use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_BAD_INPUT;
use crate::ffi::text::Text;
use crate::store::{Key, ScanPlace};

#[derive(Serialize)]
struct RekeyForm<'a> {
    is_done: bool,
    /// Nothing, after the last page.
    place: Option<Hex<'a>>,
    records: u64,
    moved: u64,
    overtaken: u64,
    roots: &'a BTreeMap<u32, u64>,
    word_roots: &'a BTreeMap<u32, u64>,
    unreadable: Vec<UnreadableForm<'a>>,
}

#[derive(Serialize)]
struct UnreadableForm<'a> {
    key: Hex<'a>,
    root: Option<u32>,
    reason: &'static str,
}

#[derive(Serialize)]
struct ReportForm<'a> {
    accounts: u64,
    unknown_names: u64,
    code_counts: u64,
    factors: BTreeMap<&'static str, u64>,
    findings: BTreeMap<&'static str, u64>,
    lists: BTreeMap<&'static str, Vec<Hex<'a>>>,
    days: [u32; 6],
    made: &'a [u64; 7],
    last_step: &'a [u64; 7],
    sizes: &'a BTreeMap<usize, u64>,
    roots: &'a BTreeMap<u32, u64>,
    word_roots: &'a BTreeMap<u32, u64>,
    generations: &'a BTreeMap<u32, u64>,
    unreadable_count: u64,
    unreadable: Vec<UnreadableForm<'a>>,
}

/// Reads a place. An empty text is the beginning.
pub(crate) fn place(text: &str) -> Result<Option<ScanPlace>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let refused = || {
        let why = "must be that of an earlier answer";
        Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "place", why)
    };
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let digits = str::from_utf8(pair).ok().filter(|_| pair.len() == 2)?;
        u8::from_str_radix(digits, 16).ok()
    };
    let bytes: Option<Vec<u8>> = pairs
        .take(ScanPlace::MAX_BYTES.saturating_add(1))
        .map(byte)
        .collect();
    let bytes = bytes.ok_or_else(refused)?;
    Ok(Some(ScanPlace::from_bytes(&bytes).map_err(|_| refused())?))
}

/// Reads the names of findings. An empty text has none.
pub(crate) fn findings(text: &str) -> Result<Vec<Finding>, Failure> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = read::plain("lists", text)?;
    let finding = |name: &String| {
        let found = Finding::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| {
            let known = Finding::ALL.map(Finding::name).join(", ");
            let why = format!("must hold names of {known}");
            Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "lists", &why)
        })
    };
    names.iter().map(finding).collect()
}

fn unreadable(all: &[UnreadableRecord]) -> Vec<UnreadableForm<'_>> {
    let form = |one| {
        let one: &UnreadableRecord = one;
        UnreadableForm {
            key: Hex(one.key().as_bytes()),
            root: one.root(),
            reason: match one.kind() {
                ErrorKind::MissingKey => "missing_key",
                _ => "corrupt",
            },
        }
    };
    all.iter().map(form).collect()
}

/// Writes a page of a walk.
pub(crate) fn rekey(walk: &Rekey) -> Result<Text, Failure> {
    write::text(&RekeyForm {
        is_done: walk.is_done(),
        place: walk.place().map(|place| Hex(place.as_bytes())),
        records: walk.records(),
        moved: walk.moved(),
        overtaken: walk.overtaken(),
        roots: walk.roots(),
        word_roots: walk.word_roots(),
        unreadable: unreadable(walk.unreadable()),
    })
}

/// Writes a report with these lists.
pub(crate) fn report(report: &AccountReport, lists: &[Finding]) -> Result<Text, Failure> {
    let factors = Factor::ALL
        .into_iter()
        .filter(|factor| !matches!(factor, Factor::External | Factor::BindingCode));
    let keys = |finding: Finding| {
        let keys = report.listed(finding).iter();
        keys.map(|key: &Key| Hex(key.as_bytes())).collect()
    };
    write::text(&ReportForm {
        accounts: report.accounts(),
        unknown_names: report.unknown_names(),
        code_counts: report.code_counts(),
        factors: factors
            .map(|one| (one.name(), report.enrolled(one)))
            .collect(),
        findings: Finding::ALL
            .map(|one| (one.name(), report.count(one)))
            .into(),
        lists: lists.iter().map(|one| (one.name(), keys(*one))).collect(),
        days: AccountReport::DAYS,
        made: report.made(),
        last_step: report.last_step(),
        sizes: report.sizes(),
        roots: report.roots(),
        word_roots: report.word_roots(),
        generations: report.generations(),
        unreadable_count: report.unreadable_count(),
        unreadable: unreadable(report.unreadable()),
    })
}
