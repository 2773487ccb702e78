//! Canonical forms beside plain NFKC, and three answers on two cores beside one.

use std::hint::black_box;

use countersign::{hashing::{Cost, HashPermit, HashPool}, knowledge::{AnswerHashes, Answers, Catalogue, QuestionId}};
use unicode_normalization::UnicodeNormalization;

use crate::field::keyring;
use crate::measure::{Found, Row, compare, medians, time};

pub const ROWS: &[Row] = &[
    Row { name: "canonical", peer: "unicode-normalization 0.1.25, NFKC", target: 4.0, measure: canonical },
    Row { name: "canonical_ascii", peer: "unicode-normalization 0.1.25, NFKC", target: 4.0, measure: canonical_ascii },
    Row { name: "answers_3", peer: "one answer", target: 2.2, measure: answers_3 },
];

/// Ours holds the finished answer, as a check gets it: in a buffer that is wiped, beside its question.
fn form(text: &'static str) -> Option<Found> {
    assert_eq!(text.chars().count(), 20);
    let catalogue = Catalogue::english();
    let question = catalogue.questions()[0].clone();
    let ours = move || drop(black_box(Answers::new().and_to(&question, black_box(text))));
    let peer = move || drop(black_box(black_box(text).nfkc().collect::<String>()));
    Some(compare(ours, 1, peer, 1))
}

fn canonical() -> Option<Found> {
    form("Łódź, Straße O’Brien")
}

fn canonical_ascii() -> Option<Found> {
    form("St. Mary's, Sheffiel")
}

/// Argon2id of some tens of milliseconds: more rounds of one call each, instead of rounds of many.
const ROUNDS: usize = 61;

fn answers_3() -> Option<Found> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        return None;
    }
    let (ring, stretch) = (keyring(), HashPool::new(Cost::default(), 2).unwrap());
    let mut permits: Vec<HashPermit> = (0..2).filter_map(|_| stretch.permit()).collect();
    let ids = [1, 2, 3].map(QuestionId::new);
    let all = |ids: &[QuestionId]| ids.iter().fold(Answers::new(), |all, id| all.and(*id, &format!("answer {}", id.number())));
    let verifiers = AnswerHashes::enrol(&all(&ids), &ring, stretch.cost(), &mut permits[0]).unwrap();
    let mut judge = |asked: &[QuestionId], given: &Answers| {
        time(&mut || assert!(verifiers.judge(asked, given, &ring, &mut permits).unwrap()), 1)
    };
    let (three, one) = (all(&ids), all(&ids[..1]));
    let rounds = (0..ROUNDS).map(|_| (judge(&ids, &three), judge(&ids[..1], &one))).collect();
    Some(medians(rounds))
}
