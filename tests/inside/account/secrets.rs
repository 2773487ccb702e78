//! Passwords, PINs and memorable words through the account: charged first, judged alike, renewed on success.

use crate::support::timed::TimedContext;
use std::ops::ControlFlow;

use crate::inside::own_table::Account;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Error, Evidence, Factor, FactorClass, Outcome,
    Settings, Strength,
    audit::{EventKind, Reason},
    hashing::{Cost, HashPool},
    knowledge::{AnswerBlocklist, Catalogue, MemorableWord, WordKey, WordLetters},
    password::{Password, PasswordHash, PasswordRules, Pin, PinHash, PinRules},
};

use crate::inside::support::host::*;
use crate::inside::support::{password, pin};
use crate::support::maya;

const PASSWORD: &str = "brass kettle on tuesday";
const PIN: &str = "739204";
const WORD: &str = "Nightingale";

fn with_words() -> Settings {
    let settings = settings();
    let key = WordKey::new(settings.keyring(), "bank").unwrap();
    settings.with_memorable_words(key)
}

fn password_of(settings: &Settings, text: &str) -> Change {
    let mut permit = settings.hash_pool().permit().unwrap();
    let chosen = Password::typed(text);
    let (keyring, cost) = (settings.keyring(), settings.hash_pool().cost());
    Change::SetPassword(
        PasswordHash::enrol(
            &chosen,
            &PasswordRules::single_factor(),
            keyring,
            cost,
            &mut permit,
        )
        .unwrap(),
    )
}

fn pin_of(settings: &Settings, text: &str) -> Change {
    let mut permit = settings.hash_pool().permit().unwrap();
    let chosen = Pin::typed(text);
    let (keyring, cost) = (settings.keyring(), settings.hash_pool().cost());
    Change::SetPin(PinHash::enrol(&chosen, &PinRules::new(), keyring, cost, &mut permit).unwrap())
}

fn word_of(settings: &Settings, text: &str) -> Change {
    let key = WordKey::new(settings.keyring(), "bank").unwrap();
    let word = MemorableWord::enrol(text, &AnswerBlocklist::new(), &maya(), &key).unwrap();
    Change::SetWord(word)
}

/// A customer with a password, a PIN and a word.
fn customer() -> Row {
    let mut row = Row::new(with_words());
    let ctx = agent(NOW - 60, 200);
    row.create(&ctx);
    let settings = row.settings.clone();
    for change in [
        password_of(&settings, PASSWORD),
        pin_of(&settings, PIN),
        word_of(&settings, WORD),
    ] {
        assert_eq!(row.change(&change, &ctx), Changed::Done);
    }
    row
}

/// The letters that are asked for, as somebody who knows the word says them.
fn letters(row: &Row, word: &str) -> Attempt {
    let positions = row.account().word_prompt().unwrap().positions();
    let said = positions.map(|position| {
        let letter = word.chars().nth(usize::from(position) - 1);
        letter.unwrap().to_string()
    });
    Attempt::Word(WordLetters::typed(&said))
}

fn wrong_letters() -> Attempt {
    Attempt::Word(WordLetters::typed(&["x", "y", "z"]))
}

#[track_caller]
fn accepted(row: &mut Row, attempt: &Attempt, ctx: &TimedContext) -> Evidence {
    match row.check(attempt, ctx) {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn denied(row: &mut Row, attempt: &Attempt, ctx: &TimedContext) {
    let outcome = row.check(attempt, ctx);
    assert_eq!(kind(&outcome), Said::Denied, "{attempt:?}");
}

/// Why the trail says a cheap attempt was denied.
fn reason(row: &Row, attempt: &Attempt, ctx: &TimedContext) -> Reason {
    let step = row.account().check(attempt, ctx).unwrap();
    let told = row.clone().commit(step, Ending::Stored).told.unwrap();
    match told.event.kind {
        EventKind::Denied { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_gives_evidence_of_its_own_worth() {
    let mut row = customer();
    let ctx = agent(NOW, 1);
    let word = letters(&row, WORD);
    for (attempt, factor, strength) in [
        (password(PASSWORD), Factor::Password, Strength::Full),
        (pin(PIN), Factor::Pin, Strength::Weak),
        (word, Factor::Word, Strength::Weak),
    ] {
        let evidence = accepted(&mut row, &attempt, &ctx);
        assert_eq!(evidence.factor(), factor);
        assert_eq!(evidence.class(), FactorClass::Knowledge);
        assert_eq!(evidence.strength(), strength);
    }
}

#[test]
fn b10_each_has_a_budget_of_its_own_and_a_lock_is_not_looked_behind() {
    let mut row = customer();
    let ctx = agent(NOW, 1);
    for _ in 0..5 {
        denied(&mut row, &password("brass kettle on wednesday"), &ctx);
    }
    let said = kind(&row.check(&password(PASSWORD), &ctx));
    assert_eq!(said, Said::Locked(Some(NOW + 30)));
    accepted(&mut row, &pin(PIN), &ctx);
    let said_letters = letters(&row, WORD);
    accepted(&mut row, &said_letters, &ctx);
    accepted(&mut row, &password(PASSWORD), &agent(NOW + 30, 1));
}

#[test]
fn n14_a_right_password_gives_its_charge_back() {
    let mut row = customer();
    let ctx = agent(NOW, 1);
    for _ in 0..3 {
        for _ in 0..4 {
            denied(&mut row, &password("not this one, I think"), &ctx);
        }
        accepted(&mut row, &password(PASSWORD), &ctx);
    }
}

#[test]
fn n15_a_pin_takes_ten_wrong_tries_and_then_none() {
    let mut row = customer();
    let mut now = NOW;
    let mut wrong = 0;
    // Each time in a call that is known by something else, so that the anonymous lane's half does not close first.
    for turn in 0..40 {
        let ctx = agent(now, 1);
        accepted(&mut row, &password(PASSWORD), &ctx);
        match kind(&row.check(&pin("100000"), &ctx)) {
            Said::Denied => wrong += 1,
            Said::Locked(Some(release)) => now = release,
            Said::Locked(None) => break,
            said => panic!("{said:?} at {turn}"),
        }
    }
    assert_eq!(wrong, 10);
    let later = agent(now + 40 * 86_400, 1);
    assert_eq!(kind(&row.check(&pin(PIN), &later)), Said::Locked(None));
    let anew = pin_of(&row.settings.clone(), "538021");
    assert_eq!(row.change(&anew, &later), Changed::Done);
    accepted(&mut row, &pin("538021"), &later);
}

#[test]
fn b06_what_is_computed_is_settled_once_and_where_it_was_reserved() {
    let mut row = customer();
    let ctx = agent(NOW, 1);
    let step = row.account().check(&password(PASSWORD), &ctx).unwrap();
    let ControlFlow::Continue(reserved) = row.commit(step, Ending::Stored).told.unwrap().outcome
    else {
        panic!("dear")
    };
    let mut permits = row.settings.hash_pool().permits(1);
    let worked = reserved.work(&mut permits).unwrap();
    for (place, said) in [
        (agent(NOW, 2), Said::Denied),
        (ctx, Said::Accepted),
        (ctx, Said::Denied),
    ] {
        let step = row.account().settle(&worked, &place).unwrap();
        let told = row.commit(step, Ending::Stored).told.unwrap();
        assert_eq!(kind(&told.outcome), said);
    }
}

#[test]
fn b06_a_password_that_was_replaced_meanwhile_is_void() {
    let mut row = customer();
    let ctx = agent(NOW, 1);
    let step = row.account().check(&password(PASSWORD), &ctx).unwrap();
    let ControlFlow::Continue(reserved) = row.commit(step, Ending::Stored).told.unwrap().outcome
    else {
        panic!("dear")
    };
    let other = password_of(&row.settings.clone(), "copper kettle, thursdays");
    assert_eq!(row.change(&other, &ctx), Changed::Done);
    let mut permit = row.settings.hash_pool().permit().unwrap();
    let worked = reserved.work(std::slice::from_mut(&mut permit)).unwrap();
    let step = row.account().settle(&worked, &ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    assert_eq!(kind(&told.outcome), Said::Denied);
}

#[test]
fn h03_a_password_of_another_cost_is_made_anew_by_a_right_one_only() {
    let mut row = customer();
    let dearer = HashPool::new(Cost::new(9_216, 4, 1).unwrap(), PERMITS).unwrap();
    row.settings = row.settings.clone().with_hash_pool(dearer);
    let ctx = agent(NOW, 1);
    let field = |row: &Row| fields(&row.settings, row.entry.as_ref().unwrap().bytes())[22].clone();
    let before = field(&row);
    denied(&mut row, &password("brass kettle on friday"), &ctx);
    assert_eq!(field(&row), before);
    accepted(&mut row, &password(PASSWORD), &ctx);
    let after = field(&row);
    let text = String::from_utf8_lossy(&after).into_owned();
    assert!(text.contains("m=9216,t=4,p=1"), "{text}");
    accepted(&mut row, &password(PASSWORD), &ctx);
    assert_eq!(field(&row), after, "and once");
}

#[test]
fn d01_n01_a_password_counts_in_its_normal_form_and_only_whole() {
    let mut row = Row::new(with_words());
    let ctx = agent(NOW, 1);
    row.create(&ctx);
    let set = password_of(&row.settings.clone(), "Zo\u{eb} likes 17 tea kettles");
    assert_eq!(row.change(&set, &ctx), Changed::Done);
    accepted(&mut row, &password("Zoe\u{308} likes 17 tea kettles"), &ctx);
    for other in [
        "zo\u{eb} likes 17 tea kettles",
        "Zo\u{eb} likes 17 tea kettles ",
        "Zo\u{eb} likes 17 tea kettle",
        "",
    ] {
        denied(&mut row, &password(other), &agent(NOW + 3_600, 1));
    }
    let huge = "k".repeat(1 << 20);
    assert!(matches!(
        row.check(&password(&huge), &agent(NOW + 90_000, 1)),
        Outcome::Denied
    ));
}

#[test]
fn b12_who_has_none_of_them_is_judged_like_one_who_has() {
    let settings = with_words();
    let mut row = Row::new(settings.clone());
    let ctx = agent(NOW, 1);
    row.create(&ctx);
    for attempt in [password(PASSWORD), pin(PIN)] {
        let step = row.account().check(&attempt, &ctx).unwrap();
        let told = row.commit(step, Ending::Stored).told.unwrap();
        let ControlFlow::Continue(reserved) = told.outcome else {
            panic!("{:?} took no computation", told.outcome)
        };
        let mut permit = settings.hash_pool().permit().unwrap();
        let worked = reserved.work(std::slice::from_mut(&mut permit)).unwrap();
        let step = row.account().settle(&worked, &ctx).unwrap();
        let told = row.commit(step, Ending::Stored).told.unwrap();
        assert_eq!(kind(&told.outcome), Said::Denied);
    }
    let prompt = row.account().word_prompt().unwrap();
    denied(&mut row, &wrong_letters(), &ctx);
    assert_eq!(row.account().word_prompt().unwrap(), prompt, "they stand");
    let nobody = Account::unknown(&settings, &maya(), at(NOW)).unwrap();
    assert_eq!(nobody.word_prompt().unwrap(), prompt, "the name decides");
    let step = nobody.check(&password(PASSWORD), &ctx).unwrap();
    let mut unknown = Row::new(settings);
    let told = unknown.commit(step, Ending::Stored).told.unwrap();
    assert!(matches!(told.outcome, ControlFlow::Continue(_)));
}

#[test]
fn b28_the_letters_stand_until_they_are_given_and_then_are_others() {
    let mut row = customer();
    let keypad = |now| TimedContext::new(at(now), Channel::Keypad, call(1));
    let first = row.account().word_prompt().unwrap();
    denied(&mut row, &wrong_letters(), &keypad(NOW));
    assert_eq!(row.account().word_prompt().unwrap(), first);
    for _ in 0..4 {
        denied(&mut row, &wrong_letters(), &keypad(NOW));
    }
    assert!(matches!(
        row.check(&wrong_letters(), &keypad(NOW)),
        Outcome::Locked(_)
    ));
    assert_eq!(
        row.account().word_prompt().unwrap(),
        first,
        "nor after a lock"
    );
    let said = letters(&row, &WORD.to_uppercase());
    accepted(&mut row, &said, &keypad(NOW + 30));
    assert_ne!(row.account().word_prompt().unwrap(), first);
}

#[test]
fn b28_what_people_hear_is_counted_until_the_word_is_spent() {
    let mut row = customer();
    let mut now = NOW;
    let due = |row: &Row| row.account().status(&agent(now, 1)).is_word_due();
    assert!(!due(&row));
    let mut seen_due = false;
    for _ in 0..200 {
        let ctx = agent(now, 1);
        let said = letters(&row, WORD);
        if reason_or_pass(&row, &said, &ctx) == Some(Reason::WordSpent) {
            break;
        }
        accepted(&mut row, &said, &ctx);
        seen_due |= row.account().status(&ctx).is_word_due();
        now += 60;
    }
    assert!(seen_due, "renewal is asked for before the word is spent");
    let ctx = agent(now, 1);
    let said = letters(&row, WORD);
    assert_eq!(reason(&row, &said, &ctx), Reason::WordSpent);
    let other = word_of(&row.settings.clone(), "Kingfisher");
    assert_eq!(row.change(&other, &ctx), Changed::Done);
    let said = letters(&row, "Kingfisher");
    accepted(&mut row, &said, &ctx);
}

fn reason_or_pass(row: &Row, attempt: &Attempt, ctx: &TimedContext) -> Option<Reason> {
    let step = row.account().check(attempt, ctx).unwrap();
    let told = row.clone().commit(step, Ending::Stored).told.unwrap();
    match told.event.kind {
        EventKind::Denied { reason, .. } => Some(reason),
        _ => None,
    }
}

#[test]
fn a_word_of_somebody_else_or_without_a_key_is_refused() {
    let row = customer();
    let ctx = agent(NOW, 1);
    let key = WordKey::new(row.settings.keyring(), "bank").unwrap();
    let other = countersign::Subject::new("bank", "C-1043").unwrap();
    let word = MemorableWord::enrol(WORD, &AnswerBlocklist::new(), &other, &key).unwrap();
    let change = Change::SetWord(word);
    let refused = |row: &Row, change: &Change| -> Error {
        let step = row.account().change(change, &Authority::Host, &ctx);
        step.map(drop).unwrap_err()
    };
    assert!(refused(&row, &change).is_corrupt());

    let mut plain = Row::new(settings());
    plain.create(&ctx);
    let error = refused(&plain, &word_of(&plain.settings, WORD));
    assert_eq!(
        error.to_string(),
        "memorable words: must have a key for them: see `Settings::with_memorable_words`"
    );
    assert!(plain.account().word_prompt().unwrap_err().is_misuse());
    assert!(plain.account().check(&wrong_letters(), &ctx).is_err());
}

#[test]
fn b40_a_word_s_outcomes_write_as_much() {
    let row = customer();
    let written = |attempt: &Attempt| {
        let mut copy = row.clone();
        let step = copy.account().check(attempt, &agent(NOW, 1)).unwrap();
        copy.commit(step, Ending::Stored);
        copy.entry.unwrap().bytes().len()
    };
    assert_eq!(written(&letters(&row, WORD)), written(&wrong_letters()));
}

#[test]
fn removing_one_leaves_the_others() {
    let mut row = customer();
    let ctx = agent(NOW, 1);
    for (factor, attempt) in [
        (Factor::Password, password(PASSWORD)),
        (Factor::Pin, pin(PIN)),
    ] {
        assert!(row.account().status(&ctx).is_enrolled(factor));
        assert_eq!(row.change(&Change::Remove(factor), &ctx), Changed::Done);
        assert!(!row.account().status(&ctx).is_enrolled(factor));
        denied(&mut row, &attempt, &ctx);
    }
    let said = letters(&row, WORD);
    accepted(&mut row, &said, &ctx);
}

#[test]
fn required_questions_are_asked_of_everybody() {
    let catalogue = Catalogue::english();
    let settings = settings().with_catalogue(catalogue.clone());
    let nobody = Account::unknown(&settings, &maya(), at(NOW)).unwrap();
    let asked: Vec<String> = nobody
        .prompts()
        .unwrap()
        .iter()
        .map(|prompt| prompt.text().to_owned())
        .collect();
    assert_eq!(asked.len(), usize::from(catalogue.asked()));
    for question in catalogue.questions().iter().filter(|one| one.is_required()) {
        assert!(asked.iter().any(|text| text == question.prompt()));
    }
}
