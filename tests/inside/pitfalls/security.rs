//! Statements of SECURITY.md that no pitfall or requirement shows by itself: how far the protection goes, and where it ends.

use countersign::field::FieldCipher;
use countersign::store::Key;
use countersign::{
    Attempt, FactorClass, Strength, Subject,
    account::ExternalVerification,
    audit::EventKind,
    delivered::CodeOrder,
    limits::{GuessChance, Limits},
    otp::{Totp, TotpState},
};

use crate::inside::support::bank::*;

#[test]
fn b60_by_default_a_guess_succeeds_once_in_50_000_locks_and_100_years() {
    let app = Totp::generate().unwrap();
    let (right, of) = (app.accepted_codes(&TotpState::default()), app.key().space());
    let chance = Limits::default().guess_chance(right, of);
    assert!(chance.per_lock <= 1.0 / 50_000.0, "{chance:?}");
    assert!(chance.per_year <= 0.01, "{chance:?}");
    // Worse ones are refused, see d06; and by these bounds.
    assert_eq!(
        (GuessChance::ONE_IN_PER_LOCK, GuessChance::ONE_IN_PER_YEAR),
        (50_000, 100)
    );
}

#[test]
fn b60_whoever_reads_the_keys_of_rows_can_test_a_guess_at_a_customer_number() {
    let bank = Bank::open();
    let row = Key::of(&bank.customer);
    assert_ne!(bank.vault.bytes_of(&bank.customer), b"");
    // No secret goes into the key, so the numbers can be tried one after another.
    let found = (1_000..1_100)
        .map(|number| subject(&format!("C-{number}")))
        .find(|guess| Key::of(guess) == row);
    assert_eq!(found.as_ref().map(Subject::id), Some("C-1042"));
}

#[test]
fn b60_one_guess_at_each_of_many_subjects_locks_nobody_and_is_in_the_trail() {
    let bank = Bank::empty(Limits::nist());
    let customers: Vec<_> = (0..20)
        .map(|number| subject(&format!("C-{number}")))
        .collect();
    for customer in &customers {
        bank.enrols(customer);
    }
    let before = bank.trail.events().len();
    for customer in &customers {
        bank.agent().about(customer).denies(&bank.not_shown());
    }
    let events = bank.trail.events();
    let denied = events[before..].iter();
    let denied = denied.filter(|event| matches!(event.kind, EventKind::Denied { .. }));
    assert_eq!(denied.count(), customers.len());
    for customer in &customers {
        bank.agent().about(customer).accepts(&bank.shown());
    }
}

#[test]
fn b60_a_code_that_was_passed_on_counts_in_the_call_it_was_ordered_in() {
    let bank = Bank::open();
    let fraudster = bank.agent();
    let read_out = fraudster.receives(CodeOrder::spoken());
    fraudster.accepts(&delivered(&read_out));
    // In the customer's own call it would not have.
    let fraudster = bank.agent();
    bank.wait(60);
    let read_out = fraudster.receives(CodeOrder::spoken());
    bank.agent().denies(&delivered(&read_out));
}

#[test]
fn b60_whoever_knows_the_answers_can_use_up_the_tries_of_the_app() {
    let bank = Bank::open();
    let caller = bank.agent();
    caller.accepts(&Attempt::Questions(caller.right()));
    caller.fails_until_locked(|| bank.not_shown());
    // That is the lane of everybody who has shown something.
    let customer = bank.agent();
    customer.accepts(&Attempt::External(
        ExternalVerification::new("voice", FactorClass::Inherence, Strength::Full).unwrap(),
    ));
    customer.waits(&bank.shown());
}

#[test]
fn b60_an_unknown_name_is_inserted_where_a_known_one_is_updated() {
    let bank = Bank::open();
    let rows = || bank.vault.entries();
    let before = rows();
    bank.agent().denies(&bank.not_shown());
    assert_eq!(rows(), before);
    bank.agent()
        .about(&subject("nobody"))
        .denies(&totp("123456"));
    assert_eq!(rows(), before + 1);
}

#[test]
fn b60_lengths_that_show_are_those_that_the_security_page_tells() {
    assert_eq!(FieldCipher::OVERHEAD, 77);
    let bank = Bank::open();
    let enrolled = bank.vault.bytes_of(&bank.customer).len();
    assert_eq!(enrolled % 128, 0);
    let plain = subject("C-1043");
    bank.verifier.create(&plain, &bank.agent().ctx()).unwrap();
    let bare = bank.vault.bytes_of(&plain).len();
    assert_eq!(bare % 128, 0);
    assert!(bare < enrolled, "what is enrolled shows roughly");
}
