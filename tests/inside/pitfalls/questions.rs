//! As many questions as the host asks, whatever was retired since somebody enrolled.

use crate::support::timed::TimedVerifier;
use std::collections::BTreeSet;

use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use crate::support::questions::id;
use countersign::{
    Attempt, Change, Outcome, Subject,
    knowledge::{AnswerBlocklist, Answers, Catalogue, Question, QuestionId},
    limits::Limits,
};

fn question(number: u16) -> Question {
    Question::text(id(number), &format!("Question {number}?")).unwrap()
}

/// A catalogue of these questions, retired ones, and 7, 8 and 9, which are new.
fn catalogue(asked: u8, in_use: &[u16], retired: &[u16]) -> Catalogue {
    let in_use = in_use
        .iter()
        .chain(&[7, 8, 9])
        .map(|number| question(*number));
    let retired = retired.iter().map(|number| question(*number).retired());
    Catalogue::new(asked, in_use.chain(retired)).unwrap()
}

/// The bank, started again with this catalogue.
fn restarted(mut bank: Bank, catalogue: Catalogue) -> Bank {
    bank.settings = bank.settings.with_catalogue(catalogue);
    let verifier = TimedVerifier::new(bank.vault.clone(), bank.settings.clone());
    bank.verifier = verifier.with_audit(bank.trail.clone());
    bank
}

fn opened() -> Bank {
    let bank = restarted(Bank::empty(Limits::nist()), catalogue(2, &[1, 2, 3], &[]));
    bank.enrols(&bank.customer);
    bank
}

fn asked(bank: &Bank) -> Vec<QuestionId> {
    let asked = bank.agent().asked();
    assert_eq!(asked, bank.agent().asked(), "whoever looks");
    assert_eq!(asked, bank.account().questions().unwrap());
    asked
}

#[test]
fn b58_a_question_that_stands_and_is_retired_gives_way_to_another() {
    let bank = opened();
    let stood = asked(&bank);
    let (goes, stays) = (stood[0], stood[1]);
    let others: Vec<u16> = [1, 2, 3].into_iter().filter(|n| id(*n) != goes).collect();
    let gone = catalogue(2, &others, &[]);
    let retired = catalogue(2, &others, &[goes.number()]);
    let mut bank = bank;
    for catalogue in [gone, retired] {
        bank = restarted(bank, catalogue);
        let now = asked(&bank);
        assert_eq!(now, others.iter().map(|n| id(*n)).collect::<Vec<_>>());
        assert!(now.contains(&stays));
        assert_eq!(bank.account().prompts().unwrap().len(), 2);
        // As before, they stand until they are answered.
        bank.agent()
            .denies(&Attempt::Questions(bank.agent().wrong()));
        bank.wait(86_400);
        assert_eq!(asked(&bank), now);
    }
    bank.agent()
        .accepts(&Attempt::Questions(bank.agent().right()));
    assert_eq!(asked(&bank).len(), 2);
    // Half of the answers is not enough.
    let one = Answers::new().and(stays, ANSWERS[usize::from(stays.number()) - 1].1);
    bank.agent().denies(&Attempt::Questions(one));
}

#[test]
fn b58_retired_questions_fill_up_where_too_few_are_left() {
    for (in_use, retired, shown) in [
        (&[1][..], &[2, 3][..], true),
        (&[], &[1, 2, 3], true),
        (&[3], &[], false),
        (&[], &[], false),
        (&[], &[2, 3], true),
    ] {
        let bank = restarted(opened(), catalogue(2, in_use, retired));
        let now = asked(&bank);
        assert_eq!(now.len(), 2, "{in_use:?} {retired:?}");
        assert!(in_use.iter().all(|number| now.contains(&id(*number))));
        // A question without wording can be asked by a host that has it elsewhere.
        match bank.account().prompts() {
            Ok(prompts) => assert!(shown && prompts.len() == 2),
            Err(error) => {
                let text = error.to_string();
                assert!(!shown && text.contains("Question::retired"), "{text}");
            }
        }
        bank.agent()
            .denies(&Attempt::Questions(bank.agent().wrong()));
        bank.agent()
            .accepts(&Attempt::Questions(bank.agent().right()));
        assert_eq!(asked(&bank).len(), 2, "drawn anew");
    }
}

#[test]
fn b58_whoever_has_enrolled_too_few_is_asked_all() {
    let own = [id(1), id(2), id(3)];
    let mut bank = opened();
    for number in [3, 4, 16] {
        let more: Vec<u16> = (1..=6).chain(10..=20).collect();
        bank = restarted(bank, catalogue(number, &more, &[]));
        assert_eq!(asked(&bank), own);
        assert_eq!(bank.account().prompts().unwrap().len(), 3);
        let two = own[..2].iter().zip(ANSWERS);
        let two = two.fold(Answers::new(), |all, (id, (_, text))| all.and(*id, text));
        bank.agent().denies(&Attempt::Questions(two));
        bank.agent()
            .denies(&Attempt::Questions(bank.agent().wrong()));
        bank.agent()
            .accepts(&Attempt::Questions(bank.agent().right()));
        assert_eq!(asked(&bank), own);
    }
}

#[test]
fn b58_nobody_enrols_what_is_retired() {
    let bank = restarted(opened(), catalogue(2, &[1], &[2, 3]));
    let call = bank.agent();
    let again = Change::SetQuestions(verifiers());
    let host = countersign::Authority::Host;
    let error = bank
        .verifier
        .change(&bank.customer, &again, &host, &call.ctx());
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "answers: must be as many as are asked: 2");
    let catalogue = bank.settings.clone();
    let mut permit = catalogue.hash_pool().permit().unwrap();
    let answers = Answers::new()
        .and(id(1), "Saint Mary")
        .and(id(2), "Wodzisław");
    let (list, ring, cost) = (AnswerBlocklist::new(), keyring(), stretch().cost());
    let asked = self::catalogue(2, &[1], &[2, 3]);
    let error = asked.enrol(&answers, &list, &ring, cost, &mut permit);
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "question 2: is retired: enrol another question");
    assert!(Catalogue::new(2, [question(1), question(2).retired()]).is_err());
    assert!(Catalogue::new(1, [question(1), question(2).required().retired()]).is_ok());
}

#[test]
fn b58_unknown_names_move_as_little_as_customers_do() {
    let bank = opened();
    let names: Vec<Subject> = (0..200).map(|n| subject(&format!("N-{n}"))).collect();
    let each = |catalogue: Catalogue| -> Vec<Vec<QuestionId>> {
        let settings = bank.settings.clone().with_catalogue(catalogue);
        let of = |name| Account::unknown(&settings, name, bank.now()).unwrap();
        names
            .iter()
            .map(|name| of(name).questions().unwrap())
            .collect()
    };
    let before = each(catalogue(2, &[1, 2, 3], &[]));
    for (after, gone) in [
        (catalogue(2, &[2, 3], &[1]), Some(id(1))),
        (catalogue(2, &[2, 3], &[]), Some(id(1))),
        (catalogue(2, &[1, 2, 3, 4], &[]), None),
    ] {
        let mut moved = 0;
        for (before, after) in before.iter().zip(each(after)) {
            let set: BTreeSet<_> = before.iter().collect();
            let kept = after.iter().filter(|id| set.contains(id)).count();
            assert_eq!(after.len(), 2);
            assert!(gone.is_none_or(|gone| !after.contains(&gone)));
            // One that was retired is replaced, and the other one stays.
            let replaced = gone.map_or(after.contains(&id(4)), |gone| before.contains(&gone));
            assert_eq!(kept, 2 - usize::from(replaced), "{before:?} {after:?}");
            moved += usize::from(replaced);
        }
        assert!((20..120).contains(&moved), "{moved}");
    }
    // As the customers are, they are asked by the verifier.
    let nobody = bank.agent();
    let nobody = nobody.about(&names[0]);
    let outcome = nobody.check(&Attempt::Questions(nobody.wrong()));
    assert!(matches!(outcome, Outcome::Denied));
    assert_eq!(nobody.asked(), before[0]);
}
