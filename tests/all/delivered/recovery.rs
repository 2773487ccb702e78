//! Recovery codes: once each, in one set, whatever is typed and whoever comes at the same time.
use std::collections::BTreeSet;
use std::sync::{Barrier, Mutex};
use std::thread;

use countersign::{
    Code, SecretBytes, SecretText, Timestamp,
    recovery::{RecoveryCodeHashes, RecoveryCodes},
    text::CodeShape,
    transition::{CommitResult, Saved, Verdict},
};
use proptest::prelude::*;

fn codes() -> RecoveryCodes {
    RecoveryCodes::new(&SecretBytes::from(vec![7; 32])).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_800_000_000).unwrap()
}

/// A column with one set in it, as a host keeps it.
struct Column(Vec<u8>);

impl Column {
    #[track_caller]
    fn issued(count: u8) -> (Self, Vec<String>) {
        let mut column = Self(Vec::new());
        let printed = column.issue(count);
        (column, printed)
    }

    #[track_caller]
    fn issue(&mut self, count: u8) -> Vec<String> {
        let told = codes()
            .issue(count, now())
            .unwrap()
            .commit(|set| self.store(set));
        let Ok(CommitResult::Stored(texts)) = told else {
            panic!("stored")
        };
        texts
            .codes()
            .iter()
            .map(|text| text.expose_text().to_owned())
            .collect()
    }

    fn set(&self) -> RecoveryCodeHashes {
        minicbor::decode(&self.0).unwrap()
    }

    fn store(&mut self, set: &RecoveryCodeHashes) -> Saved<()> {
        self.0 = minicbor::to_vec(set).unwrap();
        Saved::Stored
    }

    #[track_caller]
    fn check(&mut self, text: &str) -> Verdict {
        let step = codes().check(&self.set(), &Code::typed(text));
        match step.commit(|set| self.store(set)) {
            Ok(CommitResult::Stored(verdict)) => verdict,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn n06_a_code_counts_once_and_only_its_hash_is_kept() {
    let (mut column, printed) = Column::issued(10);
    for (used, text) in printed.iter().enumerate() {
        let symbols = text.replace('-', "");
        assert!(!String::from_utf8_lossy(&column.0).contains(&symbols));
        assert_eq!(column.set().left(), 10 - used);
        assert_eq!(column.check(text), Verdict::Accepted);
        assert_eq!(column.check(text), Verdict::Wrong);
        assert_eq!(column.check(&symbols.to_lowercase()), Verdict::Wrong);
    }
    assert_eq!(column.set().left(), 0);
}

#[test]
fn d09_n17_a_code_has_128_bits_or_more_and_reads_in_groups() {
    let (_, printed) = Column::issued(16);
    let mut seen = BTreeSet::new();
    for text in &printed {
        let groups: Vec<&str> = text.split('-').collect();
        assert_eq!(groups.len(), 7);
        assert!(groups.iter().all(|group| group.len() == 4));
        let bits: usize = groups.iter().map(|group| 5 * group.len()).sum();
        assert!(bits >= 128);
        let shape = CodeShape::crockford(28).unwrap();
        assert_eq!(shape.space(), u64::MAX);
        assert!(!text.contains(['I', 'L', 'O', 'U']));
        assert!(seen.insert(text.clone()), "two alike");
    }
}

#[test]
fn n17_a_set_that_runs_out_asks_to_be_replaced() {
    let (mut column, printed) = Column::issued(4);
    assert!(!column.set().needs_renewal());
    column.check(&printed[0]);
    assert!(!column.set().needs_renewal());
    column.check(&printed[3]);
    assert!(column.set().needs_renewal());
    column.check(&printed[1]);
    column.check(&printed[2]);
    assert!(column.set().needs_renewal());
}

#[test]
fn n17_a_new_set_voids_the_old_one() {
    let (mut column, old) = Column::issued(3);
    let new = column.issue(3);
    assert!(old.iter().all(|text| column.check(text) == Verdict::Wrong));
    assert!(
        new.iter()
            .all(|text| column.check(text) == Verdict::Accepted)
    );
}

#[test]
fn b02_every_spelling_is_the_same_code() {
    for spell in [
        str::to_lowercase as fn(&str) -> String,
        |text| text.replace('-', ""),
        |text| text.replace('-', " "),
        |text| text.replace('-', " \u{2013} "),
        |text| text.replace('1', "l").replace('0', "o"),
        |text| format!("\t{}\n", text.replace('1', "I").replace('0', "O")),
    ] {
        let (mut column, printed) = Column::issued(1);
        assert_eq!(column.check(&spell(&printed[0])), Verdict::Accepted);
        assert_eq!(column.check(&printed[0]), Verdict::Wrong);
    }
}

#[test]
fn b13_of_eight_at_once_one_is_accepted() {
    const THREADS: usize = 8;
    for _ in 0..20 {
        let (column, printed) = Column::issued(10);
        let stored = Mutex::new((0_u64, column));
        let loaded = Barrier::new(THREADS);
        let verdicts: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        let (version, set) = {
                            let entry = stored.lock().unwrap();
                            (entry.0, entry.1.set())
                        };
                        loaded.wait();
                        codes()
                            .check(&set, &Code::typed(&printed[4]))
                            .commit(|next| {
                                let mut entry = stored.lock().unwrap();
                                if entry.0 != version {
                                    return Saved::<()>::Conflict;
                                }
                                entry.0 += 1;
                                entry.1.store(next)
                            })
                    })
                })
                .collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let accepted = verdicts
            .iter()
            .filter(|told| matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
        assert_eq!(accepted.count(), 1);
        let lost = verdicts
            .iter()
            .filter(|told| matches!(told, Ok(CommitResult::Conflict)));
        assert_eq!(lost.count(), THREADS - 1);
    }
}

#[test]
fn b13_nothing_is_told_before_it_is_stored() {
    let (column, printed) = Column::issued(1);
    let code = Code::typed(&printed[0]);
    let step = codes().check(&column.set(), &code);
    assert_eq!(
        step.commit(|_| Saved::Failed("time-out")).unwrap_err(),
        "time-out"
    );
    let issued = codes().issue(1, now()).unwrap();
    let told = issued.commit(|_| Saved::<()>::Conflict).unwrap();
    assert!(
        matches!(told, CommitResult::Conflict),
        "nobody prints codes that are not stored"
    );
}

#[test]
fn codes_of_another_key_or_column_do_not_count() {
    let (mut mine, _) = Column::issued(2);
    let (_, other) = Column::issued(2);
    assert!(other.iter().all(|text| mine.check(text) == Verdict::Wrong));
    let (column, printed) = Column::issued(1);
    let key = RecoveryCodes::new(&SecretBytes::from(vec![8; 32])).unwrap();
    let told = key
        .check(&column.set(), &Code::typed(&printed[0]))
        .commit(|_| Saved::<()>::Stored);
    assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
}

#[test]
fn what_is_no_code_is_wrong_and_changes_nothing() {
    let (mut column, printed) = Column::issued(2);
    let before = column.0.clone();
    let long = "A".repeat(10 << 20);
    let cut = &printed[0][..33];
    let longer = format!("{}A", printed[0]);
    for text in [
        "",
        "-",
        "493021",
        "U",
        "\u{0}",
        "４９３０",
        cut,
        &longer,
        &long,
    ] {
        assert_eq!(column.check(text), Verdict::Wrong, "{text:.40?}");
    }
    assert_eq!(column.0, before);
}

#[test]
fn sizes_are_bounded_and_keys_are_keys() {
    for count in [0, 17, u8::MAX] {
        let error = codes().issue(count, now()).unwrap_err();
        assert_eq!(error.to_string(), "recovery codes: must be 1 to 16");
    }
    for key in [vec![], vec![7; 31], vec![0; 32]] {
        assert!(
            RecoveryCodes::new(&SecretBytes::from(key))
                .unwrap_err()
                .is_misuse()
        );
    }
    assert_eq!(format!("{:?}", codes()), "RecoveryCodes(..)");
}

#[test]
fn a_set_is_small_and_reads_back() {
    let (column, _) = Column::issued(RecoveryCodes::DEFAULT_COUNT);
    assert_eq!(column.0.len(), 1 + 9 + 5 + 2 + 160);
    assert_eq!(minicbor::to_vec(column.set()).unwrap(), column.0);
    assert_eq!(column.set().created(), now());
}

#[test]
fn b31_bytes_that_are_no_set_are_refused() {
    let (column, _) = Column::issued(16);
    let good = column.0;
    for length in 0..good.len() {
        assert!(minicbor::decode::<RecoveryCodeHashes>(&good[..length]).is_err());
    }
    for (id, created, tags) in [
        (7, 0, 16),
        (9, 0, 16),
        (8, 1_u64 << 63, 16),
        (8, 253_402_300_800, 16),
        (8, 0, 15),
        (8, 0, 17),
        (8, 0, 17 * 16),
        (8, 0, 1 << 20),
    ] {
        let bytes = encoded(id, created, tags);
        assert!(
            minicbor::decode::<RecoveryCodeHashes>(&bytes).is_err(),
            "{id} {created} {tags}"
        );
    }
    let empty = encoded(8, 0, 0);
    assert_eq!(
        minicbor::decode::<RecoveryCodeHashes>(&empty)
            .unwrap()
            .left(),
        0
    );
    let mut longer = good.clone();
    longer[0] = 0x84;
    assert!(minicbor::decode::<RecoveryCodeHashes>(&longer).is_err());
}

fn encoded(id: usize, created: u64, tags: usize) -> Vec<u8> {
    let mut encoder = minicbor::Encoder::new(Vec::new());
    encoder.array(3).unwrap().bytes(&vec![1; id]).unwrap();
    encoder.u64(created).unwrap().bytes(&vec![2; tags]).unwrap();
    encoder.into_writer()
}

/// What may happen to a set: a code of this or an earlier set is offered in some spelling, its write may be lost, the
/// set may be replaced.
#[derive(Clone, Debug)]
enum Move {
    Offer {
        code: usize,
        lower: bool,
        lost: bool,
    },
    Renew(u8),
    Noise(String),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        6 => (0_usize..40, any::<bool>(), any::<bool>())
            .prop_map(|(code, lower, lost)| Move::Offer { code, lower, lost }),
        1 => (1_u8..=4).prop_map(Move::Renew),
        1 => any::<String>().prop_map(Move::Noise),
    ];
    proptest::collection::vec(one, 1..60)
}

proptest! {
    #[test]
    fn n06_nothing_is_accepted_twice(moves in moves()) {
        let (mut column, mut all) = Column::issued(4);
        let mut valid: BTreeSet<String> = all.iter().cloned().collect();
        for one in moves {
            match one {
                Move::Offer { code, lower, lost } => {
                    let text = all[code % all.len()].clone();
                    let typed = if lower { text.to_lowercase() } else { text.clone() };
                    let step = codes().check(&column.set(), &Code::typed(&typed));
                    let told = step.commit(|set| if lost { Saved::Conflict } else { column.store(set) });
                    let right = valid.contains(&text);
                    match told.unwrap() {
                        CommitResult::Stored(verdict) => {
                            prop_assert_eq!(verdict == Verdict::Accepted, right);
                            valid.remove(&text);
                        }
                        CommitResult::Conflict => prop_assert!(right && lost),
                    }
                }
                Move::Renew(count) => {
                    let printed = column.issue(count);
                    valid = printed.iter().cloned().collect();
                    all.extend(printed);
                }
                Move::Noise(text) => prop_assert_eq!(column.check(&text), Verdict::Wrong),
            }
            prop_assert_eq!(column.set().left(), valid.len());
            prop_assert_eq!(column.set().needs_renewal(), valid.len() <= RecoveryCodes::RENEW_AT);
        }
    }

    #[test]
    fn b31_a_flipped_byte_panics_nowhere(at in 0_usize..177, flip in 1_u8..) {
        let (mut column, printed) = Column::issued(10);
        column.0[at] ^= flip;
        if let Ok(set) = minicbor::decode::<RecoveryCodeHashes>(&column.0) {
            let step = codes().check(&set, &Code::typed(&printed[0]));
            let _ = step.commit(|_| Saved::<()>::Stored);
        }
    }
}

#[test]
fn b16_codes_are_not_shown() {
    let issued = codes().issue(2, now()).unwrap();
    assert_eq!(format!("{issued:?}"), "Transition(..)");
    let Ok(CommitResult::Stored(texts)) = issued.commit(|_| Saved::<()>::Stored) else {
        panic!("stored")
    };
    let _: &[SecretText] = texts.codes();
    assert_eq!(format!("{texts:?}"), "RecoveryCodeList(2 codes)");
}
