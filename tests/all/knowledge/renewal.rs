//! Verifiers whose answers were stretched with different parameters: how they come about, and how they are stored.

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::{
    Error,
    hashing::{Cost, HashPermit},
    knowledge::{AnswerHashes, Answers, QuestionId},
    transition::{CommitResult, Saved, Transition, Verdict},
};
use minicbor::bytes::ByteVec;
use proptest::prelude::*;

use crate::support::questions::{id, permits};

const TEXTS: [(u16, &str); 3] = [(1, "O'Brien"), (2, "Łódź"), (700, "blue")];

/// A ring that writes with this generation, and reads those before it.
fn ring(generation: u8) -> Keyring {
    let standing = |generation: u8| {
        LongTermSecret::from_bytes(generation.into(), [generation + 1; 32]).unwrap()
    };
    let root = RootKey::from_bytes(1, [1; 32]).unwrap();
    (1..generation).fold(Keyring::new(root, standing(generation)), |ring, earlier| {
        ring.with_earlier_secret(standing(earlier)).unwrap()
    })
}

/// The cheapest costs that are allowed, from the least memory on.
fn cost(step: usize) -> Cost {
    let (memory, passes) = [(7_168, 5), (9_216, 4), (12_288, 3)][step % 3];
    Cost::new(memory, passes, 1).unwrap()
}

fn enrolled() -> AnswerHashes {
    AnswerHashes::enrol(&to(&[1, 2, 700]), &ring(1), cost(0), &mut permits(1)[0]).unwrap()
}

/// The right answers to these questions.
fn to(asked: &[u16]) -> Answers {
    let text = |number: u16| TEXTS.iter().find(|(id, _)| *id == number).unwrap().1;
    asked.iter().fold(Answers::new(), |answers, number| {
        answers.and(id(*number), text(*number))
    })
}

fn ids(asked: &[u16]) -> Vec<QuestionId> {
    asked.iter().map(|number| id(*number)).collect()
}

/// What a step tells, and what it wants stored.
#[track_caller]
fn told(step: Result<Transition<Verdict, AnswerHashes>, Error>) -> (Verdict, Option<AnswerHashes>) {
    let mut stored = None;
    let told = step.unwrap().commit(|next| {
        stored = Some(next.clone());
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(verdict)) => (verdict, stored),
        _ => panic!("not stored"),
    }
}

fn bytes(hashes: &AnswerHashes) -> Vec<u8> {
    minicbor::to_vec(hashes).unwrap()
}

type Set = (u8, [u32; 3], u32, u32);
type Alike = (u8, [u32; 3], u32, u32, Vec<(u16, ByteVec, ByteVec)>);
type Unlike = (Vec<Set>, Vec<(u16, ByteVec, ByteVec, u8)>);

/// An answer as it is stored.
struct Shown {
    id: u16,
    pepper: u32,
    memory: u32,
    salt: Vec<u8>,
    tag: Vec<u8>,
}

fn shown(hashes: &AnswerHashes) -> Vec<Shown> {
    let bytes = bytes(hashes);
    if let Ok((_, [memory, ..], pepper, _, each)) = minicbor::decode::<Alike>(&bytes) {
        let one = |(id, salt, tag): (_, ByteVec, ByteVec)| Shown {
            id,
            pepper,
            memory,
            salt: salt.to_vec(),
            tag: tag.to_vec(),
        };
        return each.into_iter().map(one).collect();
    }
    let (sets, each): Unlike = minicbor::decode(&bytes).unwrap();
    let one = |(id, salt, tag, set): (u16, ByteVec, ByteVec, u8)| {
        let (_, [memory, ..], pepper, _) = sets[usize::from(set)];
        Shown {
            id,
            pepper,
            memory,
            salt: salt.to_vec(),
            tag: tag.to_vec(),
        }
    };
    each.into_iter().map(one).collect()
}

/// Which questions have another tag, and with it another salt.
#[track_caller]
fn moved(before: &AnswerHashes, after: &AnswerHashes) -> Vec<u16> {
    let mut moved = Vec::new();
    for (before, after) in shown(before).into_iter().zip(shown(after)) {
        let anew = before.tag != after.tag;
        assert_eq!(before.salt != after.salt, anew, "salts are drawn anew");
        if anew {
            moved.push(after.id);
        }
    }
    moved
}

/// Memory in KiB and pepper of each.
fn parameters(hashes: &AnswerHashes) -> Vec<(u32, u32)> {
    let each = shown(hashes).into_iter();
    each.map(|one| (one.memory, one.pepper)).collect()
}

#[test]
fn h01_a_raised_cost_reaches_the_answers_as_they_are_given() {
    let (ring, mut permits) = (ring(1), permits(2));
    let mut hashes = enrolled();
    for (asked, expected, still_old) in [
        (&[700_u16, 1], [9_216, 7_168, 9_216], true),
        (&[1, 2], [9_216, 9_216, 9_216], false),
    ] {
        assert!(hashes.needs_rehash(&ring, cost(1)).unwrap());
        let step = hashes.check(&ids(asked), &to(asked), &ring, cost(1), &mut permits);
        let (verdict, stored) = told(step);
        assert_eq!(verdict, Verdict::Accepted);
        hashes = stored.unwrap();
        let memory = parameters(&hashes).into_iter().map(|(memory, _)| memory);
        assert_eq!(memory.collect::<Vec<u32>>(), expected);
        assert_eq!(
            hashes.needs_rehash(&ring, cost(1)).unwrap(),
            still_old,
            "{asked:?}"
        );
    }
    let asked = [1, 2, 700];
    let (verdict, stored) =
        told(hashes.check(&ids(&asked), &to(&asked), &ring, cost(1), &mut permits));
    assert_eq!(
        (verdict, stored.is_some()),
        (Verdict::Accepted, false),
        "and once"
    );
}

#[test]
fn h03_only_old_answers_are_made_anew_and_only_those_that_were_given() {
    let mut permits = permits(1);
    let (first, now) = (enrolled(), ring(2));
    let mut check = |hashes: &AnswerHashes, asked: &[u16]| {
        told(hashes.check(&ids(asked), &to(asked), &now, cost(0), &mut permits))
            .1
            .unwrap()
    };
    let second = check(&first, &[2]);
    assert_eq!(moved(&first, &second), [2]);
    assert_eq!(parameters(&second), [(7_168, 1), (7_168, 2), (7_168, 1)]);
    let third = check(&second, &[2, 1]);
    assert_eq!(moved(&second, &third), [1], "2 was as it should be");
    let fourth = check(&third, &[700]);
    assert_eq!(moved(&third, &fourth), [700]);
    // Nobody names the first pepper any more: without it they still open, and everything is right.
    let single_factor = Keyring::new(
        RootKey::from_bytes(1, [1; 32]).unwrap(),
        LongTermSecret::from_bytes(2, [3; 32]).unwrap(),
    );
    let opened: AnswerHashes = minicbor::decode(&bytes(&fourth)).unwrap();
    let all = [1, 2, 700];
    assert!(
        opened
            .judge(&ids(&all), &to(&all), &single_factor, &mut permits)
            .unwrap()
    );
}

#[test]
fn b33_wrong_answers_renew_nothing() {
    let (hashes, mut permits) = (enrolled(), permits(2));
    for given in [
        Answers::new(),
        to(&[1]),
        to(&[1]).and(id(2), "Lublin"),
        Answers::new().and(id(1), "Byrne").and(id(2), "Łódź"),
        to(&[1, 2, 700]),
        to(&[1, 700]),
        to(&[1, 2]).and(id(2), "Łódź"),
    ] {
        let step = hashes.check(&ids(&[1, 2]), &given, &ring(2), cost(2), &mut permits);
        let (verdict, stored) = told(step);
        assert_eq!(verdict, Verdict::Wrong, "{given:?}");
        assert!(stored.is_none(), "{given:?}");
    }
}

#[test]
fn b33_mixed_answers_are_judged_together() {
    let mixed = opened("unlike");
    let mut permits = permits(2);
    let all = [1, 2, 700];
    let mut judge = |given: &Answers| {
        mixed
            .judge(&ids(&all), given, &ring(2), &mut permits)
            .unwrap()
    };
    assert!(judge(&to(&all)));
    for (wrong, _) in TEXTS {
        let others: Vec<u16> = all.into_iter().filter(|other| *other != wrong).collect();
        assert!(!judge(&to(&others).and(id(wrong), "green")), "{wrong}");
        assert!(!judge(&to(&others)), "without {wrong}");
    }
    assert!(!judge(&to(&[1]).and(id(2), "blue").and(id(700), "Łódź")));
}

#[test]
fn h03_a_pepper_is_needed_by_the_answers_it_made_only() {
    let mixed = opened("unlike");
    let mut permits = permits(1);
    let single_factor = Keyring::new(
        RootKey::from_bytes(1, [1; 32]).unwrap(),
        LongTermSecret::from_bytes(2, [3; 32]).unwrap(),
    );
    let mut judge =
        |asked: &[u16]| mixed.judge(&ids(asked), &to(asked), &single_factor, &mut permits);
    assert!(judge(&[2]).unwrap());
    let error = judge(&[1, 2]).unwrap_err();
    assert!(error.is_corrupt());
    assert_eq!(
        error.to_string(),
        "the hash cannot be opened: the keyring has no long-term secret of generation 1"
    );
}

#[test]
fn h01_a_cost_out_of_range_is_refused_whatever_was_given() {
    let weak: Cost = minicbor::decode(&minicbor::to_vec([8_u32, 1, 1]).unwrap()).unwrap();
    let (hashes, mut permits) = (enrolled(), permits(1));
    for given in [to(&[1]), Answers::new()] {
        let step = hashes.check(&ids(&[1]), &given, &ring(1), weak, &mut permits);
        assert!(step.unwrap_err().is_misuse());
    }
    assert!(hashes.needs_rehash(&ring(1), weak).is_err());
}

#[test]
fn a_renewal_that_is_not_stored_tells_nothing() {
    let (hashes, mut permits) = (enrolled(), permits(1));
    let mut step = || {
        hashes
            .check(&ids(&[1]), &to(&[1]), &ring(2), cost(0), &mut permits)
            .unwrap()
    };
    let lost = step().commit(|_| Saved::<()>::Conflict);
    assert!(matches!(lost, Ok(CommitResult::Conflict)));
    assert!(step().commit(|_| Saved::Failed("no disk")).is_err());
    let mut none: [HashPermit; 0] = [];
    let step = hashes.check(&ids(&[1]), &to(&[1]), &ring(2), cost(0), &mut none);
    assert_eq!(
        step.unwrap_err().to_string(),
        "permits: must be one or more"
    );
}

/// A line of the golden file.
fn golden(name: &str) -> Vec<u8> {
    let text = include_str!("../../vectors/answers_v1.txt");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    let digits = line.unwrap().as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn opened(name: &str) -> AnswerHashes {
    minicbor::decode(&golden(name)).unwrap()
}

#[test]
fn h03_bytes_of_version_one_open_and_are_written_as_they_were() {
    let mut permits = permits(2);
    for (name, expected) in [
        ("alike", [(7_168, 1); 3]),
        ("unlike", [(7_168, 1), (9_216, 2), (7_168, 1)]),
    ] {
        let hashes = opened(name);
        assert_eq!(bytes(&hashes), golden(name), "{name}");
        assert_eq!(parameters(&hashes), expected);
        let all = [1, 2, 700];
        let right = hashes.judge(&ids(&all), &to(&all), &ring(2), &mut permits);
        assert!(right.unwrap(), "{name}");
    }
    // A list of two sets and three parameter ids are all that is added.
    let more = golden("unlike").len() - golden("alike").len();
    assert!(more <= 2 * 17 + 3, "{more} bytes");
}

#[test]
fn b31_hostile_bytes_of_mixed_answers_are_an_error_or_harmless() {
    let bytes = golden("unlike");
    for length in 0..bytes.len() {
        let cut = minicbor::decode::<AnswerHashes>(&bytes[..length]);
        assert!(cut.is_err(), "cut at {length}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(opened) = minicbor::decode::<AnswerHashes>(&flipped) {
            let again = minicbor::to_vec(&opened).unwrap();
            assert!(
                minicbor::decode::<AnswerHashes>(&again).is_ok(),
                "bit {bit} gave what cannot be stored"
            );
        }
    }
}

fn set(pepper: u32) -> Set {
    (1, [19_456, 2, 1], pepper, 7)
}

/// Whether hashes open that list these sets, and have an answer for each of these parameter ids.
fn opens(sets: &[Set], ids: &[u8]) -> bool {
    let one = |(id, set)| {
        let (salt, tag) = (ByteVec::from(vec![3; 16]), ByteVec::from(vec![4; 32]));
        (id, salt, tag, set)
    };
    let each: Vec<_> = (1_u16..).zip(ids.iter().copied()).map(one).collect();
    minicbor::decode::<AnswerHashes>(&minicbor::to_vec((sets, each)).unwrap()).is_ok()
}

#[test]
fn b31_sets_of_parameters_out_of_range_are_refused() {
    let many: Vec<Set> = (1..=17).map(set).collect();
    let numbers: Vec<u8> = (0..17).collect();
    assert!(opens(&many[..2], &[0, 1]));
    assert!(opens(&many[..2], &[0, 1, 1, 0]));
    assert!(opens(&many[..16], &numbers[..16]), "each of its own");
    for (sets, ids, what) in [
        (&many[..0], &[0_u8, 0] as &[u8], "an empty list"),
        (&many[..0], &[], "nothing at all"),
        (&many[..2], &[], "no answers"),
        (&many[..2], &[0, 2], "an id beyond the list"),
        (&many[..2], &[0, 1, u8::MAX], "an id far beyond the list"),
        (&many[..1], &[0, 0], "a list of one"),
        (&many[..2], &[0, 0], "a set that nothing names"),
        (&many[..2], &[1, 0], "another order"),
        (&[set(1), set(1)], &[0, 1], "a set twice"),
        (&many[..16], &[0, 1], "too many sets"),
        (&many, &numbers, "too many sets and answers"),
        (
            &many[..2],
            &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
            "too many answers",
        ),
    ] {
        assert!(!opens(sets, ids), "{what}");
    }
}

#[test]
fn b31_each_set_of_parameters_is_looked_at() {
    for bad in [
        (0, [19_456, 2, 1], 1, 7),
        (2, [19_456, 2, 1], 1, 7),
        (u8::MAX, [19_456, 2, 1], 1, 7),
        (1, [8, 1, 1], 1, 7),
        (1, [u32::MAX, 2, 1], 1, 7),
        (1, [19_456, u32::MAX, 1], 1, 7),
        (1, [19_456, 2, 1 << 24], 1, 7),
    ] {
        assert!(!opens(&[bad, set(2)], &[0, 1]), "{bad:?}");
        assert!(!opens(&[set(2), bad], &[0, 1]), "{bad:?}");
    }
}

#[test]
fn b31_the_two_forms_are_not_mixed() {
    let one = |set: Option<u8>| {
        let (salt, tag) = (ByteVec::from(vec![3; 16]), ByteVec::from(vec![4; 32]));
        (1_u16, salt, tag, set)
    };
    let alike = |each| minicbor::to_vec((1_u8, [19_456, 2, 1], 1, 7, each)).unwrap();
    let opens = |bytes: &[u8]| minicbor::decode::<AnswerHashes>(bytes).is_ok();
    assert!(!opens(&alike(vec![one(Some(0))])), "an id without a list");
    let unnamed = (vec![set(1), set(2)], vec![one(Some(0)), one(None)]);
    assert!(!opens(&minicbor::to_vec(unnamed).unwrap()), "no id");
    for parts in [0_u32, 1, 3, 4, 6] {
        let parts: Vec<u32> = (0..parts).collect();
        assert!(!opens(&minicbor::to_vec(&parts).unwrap()), "{parts:?}");
    }
}

#[derive(Clone, Debug)]
enum Deed {
    TurnPepper,
    ChangeCost(usize),
    /// These of the three are asked, and answered rightly.
    Right(Vec<u16>),
    /// The same, but the one at this place.
    Wrong(Vec<u16>, usize),
    Reload,
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let asked = || proptest::sample::subsequence(vec![1_u16, 2, 700], 1..=2).prop_shuffle();
    prop_oneof![
        2 => Just(Deed::TurnPepper),
        2 => (0..3_usize).prop_map(Deed::ChangeCost),
        4 => asked().prop_map(Deed::Right),
        2 => (asked(), 0..2_usize).prop_map(|(asked, place)| Deed::Wrong(asked, place)),
        1 => Just(Deed::Reload),
    ]
}

/// Verifiers, and what is known of each answer's parameters.
struct Life {
    hashes: AnswerHashes,
    known: Vec<(u32, u32)>,
    generation: u8,
    cost: Cost,
}

impl Life {
    fn live(&mut self, deed: Deed, permits: &mut [HashPermit]) {
        match deed {
            Deed::TurnPepper => self.generation += 1,
            Deed::ChangeCost(step) => self.cost = cost(step),
            Deed::Right(asked) => {
                let given = to(&asked);
                self.check(&asked, &given, Verdict::Accepted, permits);
            }
            Deed::Wrong(asked, place) => {
                let wrong = asked[place % asked.len()];
                let others: Vec<u16> = asked.iter().copied().filter(|id| *id != wrong).collect();
                let given = to(&others).and(id(wrong), "green");
                self.check(&asked, &given, Verdict::Wrong, permits);
            }
            Deed::Reload => {
                self.hashes = minicbor::decode(&bytes(&self.hashes)).unwrap();
            }
        }
    }

    fn check(
        &mut self,
        asked: &[u16],
        given: &Answers,
        expected: Verdict,
        permits: &mut [HashPermit],
    ) {
        let ring = ring(self.generation);
        let present = (self.cost.memory_kib(), u32::from(self.generation));
        let step = self
            .hashes
            .check(&ids(asked), given, &ring, self.cost, permits);
        let (verdict, stored) = told(step);
        assert_eq!(verdict, expected, "{asked:?}");
        let mut renews = false;
        for ((id, _), known) in TEXTS.iter().zip(&mut self.known) {
            if verdict == Verdict::Accepted && asked.contains(id) {
                renews |= *known != present;
                *known = present;
            }
        }
        assert_eq!(stored.is_some(), renews);
        self.hashes = stored.unwrap_or_else(|| self.hashes.clone());
        assert_eq!(parameters(&self.hashes), self.known);
        let old = self.known.iter().any(|known| *known != present);
        assert_eq!(self.hashes.needs_rehash(&ring, self.cost).unwrap(), old);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn h03_each_answer_keeps_what_it_was_made_with_until_it_is_given(deeds in proptest::collection::vec(any_deed(), 1..12)) {
        let mut permits = permits(2);
        let mut life = Life { hashes: enrolled(), known: vec![(7_168, 1); 3], generation: 1, cost: cost(0) };
        for deed in deeds {
            life.live(deed, &mut permits);
        }
        life.live(Deed::Right(vec![1, 2, 700]), &mut permits);
    }
}

/// Once, never over a released one.
#[test]
#[ignore = "writes tests/vectors/answers_v1.txt"]
fn write_the_golden_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/answers_v1.txt");
    let alike = enrolled();
    let step = alike.check(&ids(&[2]), &to(&[2]), &ring(2), cost(1), &mut permits(1));
    let unlike = told(step).1.unwrap();
    let hex = |hashes: &AnswerHashes| -> String {
        let each = bytes(hashes).into_iter();
        each.map(|byte| format!("{byte:02x}")).collect()
    };
    let golden = std::fs::read_to_string(path).unwrap();
    let about = golden.split("alike = ").next().unwrap();
    let text = format!(
        "{about}alike = {}\nunlike = {}\n",
        hex(&alike),
        hex(&unlike)
    );
    std::fs::write(path, text).unwrap();
}
