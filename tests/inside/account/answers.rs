//! Answers through the account: those that were given move to the present cost and pepper, and nothing else moves.

use crate::support::timed::TimedContext;
use std::ops::ControlFlow;

use crate::inside::own_table::ComputedCheck;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::{
    Attempt, Change, Changed, Settings,
    hashing::{Cost, HashPool},
    knowledge::{AnswerHashes, Answers, QuestionId},
};

use minicbor::bytes::ByteVec;

use crate::inside::support::host::*;

/// The field of the record that holds the answers and what is asked.
const QUESTIONS: usize = 9;
const TEXTS: [&str; 3] = ["Marie Curie", "blue", "Bandung"];

/// A bank that asks two of three questions, with that generation's pepper and the cost of `memory` KiB.
fn bank(generation: u8, memory: u32, passes: u32) -> Settings {
    let status = |number: u8| LongTermSecret::from_bytes(number.into(), [number; 32]).unwrap();
    let root = RootKey::from_bytes(1, [1; 32]).unwrap();
    let ring = Keyring::new(root, status(generation));
    let ring = (1..generation).fold(ring, |ring, earlier| {
        ring.with_earlier_secret(status(earlier)).unwrap()
    });
    Settings::new("bank", ring)
        .unwrap()
        .with_hash_pool(HashPool::new(Cost::new(memory, passes, 1).unwrap(), PERMITS).unwrap())
        .with_questions(&[1, 2, 3].map(QuestionId::new), 2)
        .unwrap()
}

fn customer() -> Row {
    let mut row = Row::new(bank(1, 7_168, 5));
    let ctx = agent(NOW - 60, 200);
    row.create(&ctx);
    let given = right(&[1, 2, 3].map(QuestionId::new));
    let (settings, mut permit) = (&row.settings, row.settings.hash_pool().permit().unwrap());
    let cost = settings.hash_pool().cost();
    let verifiers = AnswerHashes::enrol(&given, settings.keyring(), cost, &mut permit).unwrap();
    assert_eq!(
        row.change(&Change::SetQuestions(verifiers), &ctx),
        Changed::Done
    );
    row
}

fn right(asked: &[QuestionId]) -> Answers {
    asked.iter().fold(Answers::new(), |answers, id| {
        answers.and(*id, TEXTS[usize::from(id.number()) - 1])
    })
}

fn asked(row: &Row) -> Vec<QuestionId> {
    row.account().questions().unwrap()
}

fn said(row: &mut Row, answers: Answers, ctx: &TimedContext) -> Said {
    kind(&row.check(&Attempt::Questions(answers), ctx))
}

fn field(row: &Row) -> Vec<u8> {
    fields(&row.settings, row.entry.as_ref().unwrap().bytes())[QUESTIONS].clone()
}

/// The verifiers' own bytes in that field.
fn verifiers(row: &Row) -> Vec<u8> {
    let field = field(row);
    let mut decoder = minicbor::Decoder::new(&field);
    decoder.array().unwrap();
    // The head of every authenticator.
    decoder.skip().unwrap();
    let start = decoder.position();
    decoder.skip().unwrap();
    field[start..decoder.position()].to_vec()
}

type Set = (u8, [u32; 3], u32, u32);
type Alike = (u8, [u32; 3], u32, u32, Vec<(u16, ByteVec, ByteVec)>);
type Unlike = (Vec<Set>, Vec<(u16, ByteVec, ByteVec, u8)>);

/// For each answer memory in KiB and generation of the pepper.
fn parameters(row: &Row) -> Vec<(u32, u32)> {
    let bytes = verifiers(row);
    if let Ok((_, [memory, ..], pepper, _, each)) = minicbor::decode::<Alike>(&bytes) {
        return each.iter().map(|_| (memory, pepper)).collect();
    }
    let (sets, each): Unlike = minicbor::decode(&bytes).unwrap();
    let set = each.iter().map(|(_, _, _, id)| sets[usize::from(*id)]);
    set.map(|(_, [memory, ..], pepper, _)| (memory, pepper))
        .collect()
}

fn worked(row: &mut Row, ctx: &TimedContext) -> ComputedCheck {
    let answers = Attempt::Questions(right(&asked(row)));
    let step = row.account().check(&answers, ctx).unwrap();
    let ControlFlow::Continue(reserved) = row.commit(step, Ending::Stored).told.unwrap().outcome
    else {
        panic!("dear")
    };
    let mut permits = row.settings.hash_pool().permits(2);
    reserved.work(&mut permits).unwrap()
}

fn settled(row: &mut Row, worked: &ComputedCheck, ctx: &TimedContext) -> Said {
    let step = row.account().settle(worked, ctx).unwrap();
    kind(&row.commit(step, Ending::Stored).told.unwrap().outcome)
}

#[test]
fn h01_h03_given_answers_move_to_the_present_cost_and_pepper_until_all_have() {
    for (generation, memory, passes) in [(1, 9_216, 4), (2, 7_168, 5), (3, 12_288, 3)] {
        let mut row = customer();
        row.settings = bank(generation, memory, passes);
        let (old, new) = ((7_168, 1), (memory, u32::from(generation)));
        let mut expected = [old; 3];
        for turn in 0..200 {
            let ctx = agent(NOW + turn, 1);
            let asked = asked(&row);
            assert_eq!(said(&mut row, right(&asked), &ctx), Said::Accepted);
            for id in asked {
                expected[usize::from(id.number()) - 1] = new;
            }
            assert_eq!(parameters(&row), expected, "after {turn}");
            if expected == [new; 3] {
                break;
            }
        }
        assert_eq!(expected, [new; 3]);
        let all = verifiers(&row);
        let again = asked(&row);
        assert_eq!(
            said(&mut row, right(&again), &agent(NOW + 300, 1)),
            Said::Accepted
        );
        assert_eq!(verifiers(&row), all, "and once");
    }
}

#[test]
fn b33_wrong_answers_change_nothing_of_what_is_kept() {
    let mut row = customer();
    row.settings = bank(2, 9_216, 4);
    let before = field(&row);
    let ctx = agent(NOW, 1);
    let asked = asked(&row);
    for given in [
        Answers::new(),
        right(&asked[..1]),
        right(&asked[..1]).and(asked[1], "green"),
        right(&[1, 2, 3].map(QuestionId::new)),
    ] {
        assert_eq!(said(&mut row, given, &ctx), Said::Denied);
        assert_eq!(field(&row), before);
    }
}

#[test]
fn b40_a_wrong_answer_is_settled_without_a_write_also_where_a_right_one_renews() {
    let mut row = customer();
    row.settings = bank(2, 9_216, 4);
    let ctx = agent(NOW, 1);
    let wrong = Attempt::Questions(right(&asked(&row)[..1]));
    let step = row.account().check(&wrong, &ctx).unwrap();
    let ControlFlow::Continue(reserved) = row.commit(step, Ending::Stored).told.unwrap().outcome
    else {
        panic!("dear")
    };
    let worked = reserved
        .work(&mut [row.settings.hash_pool().permit().unwrap()])
        .unwrap();
    let step = row.account().settle(&worked, &ctx).unwrap();
    let done = row.commit(step, Ending::Stored);
    assert!(!done.wrote);
    assert_eq!(kind(&done.told.unwrap().outcome), Said::Denied);
}

#[test]
fn b06_what_is_suspended_or_enrolled_anew_meanwhile_is_not_renewed() {
    let ctx = agent(NOW, 1);
    let enrolled = customer();
    let anew = {
        let mut permit = enrolled.settings.hash_pool().permit().unwrap();
        let given = Answers::new()
            .and(QuestionId::new(1), "Lise Meitner")
            .and(QuestionId::new(2), "red");
        let cost = enrolled.settings.hash_pool().cost();
        AnswerHashes::enrol(&given, enrolled.settings.keyring(), cost, &mut permit).unwrap()
    };
    for change in [Change::Suspend, Change::SetQuestions(anew)] {
        let mut row = enrolled.clone();
        row.settings = bank(2, 9_216, 4);
        let worked = worked(&mut row, &ctx);
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        let before = field(&row);
        assert_eq!(settled(&mut row, &worked, &ctx), Said::Denied);
        assert_eq!(field(&row), before, "{change:?}");
    }
}

#[test]
fn h03_two_renewals_at_once_leave_answers_that_are_right() {
    let mut row = customer();
    row.settings = bank(2, 9_216, 4);
    let (first, second) = (agent(NOW, 1), agent(NOW, 2));
    let (one, other) = (worked(&mut row, &first), worked(&mut row, &second));
    assert_eq!(settled(&mut row, &one, &first), Said::Accepted);
    assert_eq!(settled(&mut row, &other, &second), Said::Accepted);
    for turn in 1..=4 {
        let asked = asked(&row);
        let now = agent(NOW + turn, 3);
        assert_eq!(said(&mut row, right(&asked), &now), Said::Accepted);
    }
}

#[test]
fn h03_a_pepper_that_is_missing_is_noticed_before_anything_is_charged() {
    let mut row = customer();
    row.settings = bank(2, 7_168, 5);
    let ctx = agent(NOW, 1);
    let asked = asked(&row);
    assert_eq!(said(&mut row, right(&asked), &ctx), Said::Accepted);
    let lost = Keyring::new(
        RootKey::from_bytes(1, [1; 32]).unwrap(),
        LongTermSecret::from_bytes(2, [2; 32]).unwrap(),
    );
    row.settings = Settings::new("bank", lost)
        .unwrap()
        .with_questions(&[1, 2, 3].map(QuestionId::new), 2)
        .unwrap();
    // Of three questions two were made anew; if the third is asked, its pepper is missed.
    for turn in 0..40 {
        let now = agent(NOW + 1 + turn, 1);
        let asked = self::asked(&row);
        let attempt = Attempt::Questions(right(&asked));
        let needs_third = parameters(&row)
            .iter()
            .zip(1_u16..)
            .any(|((_, pepper), id)| *pepper == 1 && asked.contains(&QuestionId::new(id)));
        if needs_third {
            let error = row.account().check(&attempt, &now).unwrap_err();
            assert!(error.is_corrupt(), "{error}");
            return;
        }
        assert_eq!(kind(&row.check(&attempt, &now)), Said::Accepted);
    }
    panic!("the third was never asked");
}
