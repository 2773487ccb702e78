//! Stored bytes: hostile ones, what they keep of answers, their nonces and their length (pitfalls B31, B33, B34, B40).
use std::collections::BTreeSet;

use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use countersign::store::{Entry, Version};
use countersign::{
    Attempt, Change,
    audit::Reason,
    delivered::{CodeOrder, Destination},
    knowledge::{AnswerHashes, Answers, QuestionId},
    limits::Limits,
    otp::{OtpKey, Totp},
    transition::{CommitResult, Saved},
};

/// Whether the bytes are refused as what they are.
#[track_caller]
fn is_refused(bank: &Bank, bytes: &[u8], what: &dyn Fn() -> String) {
    match Account::open(&bank.settings, &bank.customer, bytes) {
        Ok(account) => panic!("{} opens: {account:?}", what()),
        Err(error) => assert!(error.is_corrupt(), "{}: {error}", what()),
    }
}

#[test]
fn b31_every_truncation_is_refused() {
    let bank = Bank::open();
    let bytes = bank.vault.bytes_of(&bank.customer);
    for length in 0..bytes.len() {
        is_refused(&bank, &bytes[..length], &|| format!("{length} bytes"));
    }
    for more in [vec![0], vec![0; 128], vec![255; 64]] {
        let longer = [bytes.clone(), more].concat();
        is_refused(&bank, &longer, &|| format!("{} bytes", longer.len()));
    }
    assert!(Account::open(&bank.settings, &bank.customer, &bytes).is_ok());
}

#[test]
fn b31_every_flipped_bit_is_refused() {
    let bank = Bank::open();
    let mut bytes = bank.vault.bytes_of(&bank.customer);
    for place in 0..bytes.len() {
        for bit in 0..8 {
            bytes[place] ^= 1 << bit;
            is_refused(&bank, &bytes, &|| format!("byte {place} bit {bit}"));
            bytes[place] ^= 1 << bit;
        }
    }
    assert!(Account::open(&bank.settings, &bank.customer, &bytes).is_ok());
}

proptest::proptest! {
    #[test]
    fn b31_any_bytes_are_refused(bytes in proptest::collection::vec(0_u8..=255, 0..2_048)) {
        let settings = settings(Limits::nist());
        let error = Account::open(&settings, &subject("C-1042"), &bytes).unwrap_err();
        proptest::prop_assert!(error.is_corrupt());
    }
}

#[test]
fn b31_ten_megabytes_are_refused() {
    let bank = Bank::open();
    let bytes = vec![1; 10 << 20];
    is_refused(&bank, &bytes, &|| "10 MiB".to_owned());
}

#[test]
fn b31_a_broken_record_verifies_nobody_and_stays_as_it_is() {
    let bank = Bank::open();
    let mut bytes = bank.vault.bytes_of(&bank.customer);
    bytes[100] ^= 1;
    let version = bank.vault.entry_of(&bank.customer).unwrap().version();
    let broken = Entry::new(bytes, version, None);
    bank.vault.put(&bank.customer, &broken);
    let ctx = bank.agent().ctx();
    for attempt in [bank.shown(), bank.not_shown(), seen_in_person()] {
        let told = bank.verifier.check(&bank.customer, &attempt, &ctx);
        assert!(told.unwrap_err().is_corrupt());
    }
    let created = bank.verifier.create(&bank.customer, &ctx);
    assert!(
        created.unwrap_err().is_corrupt(),
        "no account is made over it"
    );
    assert_eq!(bank.vault.entry_of(&bank.customer), Some(broken));
}

#[test]
fn b31_a_record_under_another_version_verifies_nobody() {
    let bank = Bank::open();
    let bytes = bank.vault.bytes_of(&bank.customer);
    let moved = Entry::new(bytes, Version::from_bytes([9; 24]), None);
    bank.vault.put(&bank.customer, &moved);
    let told = bank
        .verifier
        .check(&bank.customer, &bank.shown(), &bank.agent().ctx());
    assert!(told.unwrap_err().is_corrupt());
}

#[test]
fn b31_another_subject_s_record_verifies_nobody() {
    let bank = Bank::open();
    let other = subject("C-1043");
    bank.enrols(&other);
    let entry = bank.vault.entry_of(&other).unwrap();
    bank.vault.put(&bank.customer, &entry);
    let told = bank
        .verifier
        .check(&bank.customer, &bank.shown(), &bank.agent().ctx());
    assert!(told.unwrap_err().is_corrupt());
}

#[test]
fn b33_answers_are_judged_together() {
    let bank = Bank::open();
    let call = bank.agent();
    let asked = call.asked();
    let other = (1..=3)
        .map(QuestionId::new)
        .find(|id| !asked.contains(id))
        .unwrap();
    let text = |id: QuestionId| ANSWERS[usize::from(id.number()) - 1].1;
    let right = |id| (id, text(id));
    let given = |pairs: &[(QuestionId, &str)]| {
        let all = pairs
            .iter()
            .fold(Answers::new(), |all, (id, text)| all.and(*id, text));
        Attempt::Questions(all)
    };
    let (one, two) = (asked[0], asked[1]);
    for wrong in [
        given(&[]),
        given(&[right(one)]),
        given(&[right(one), (two, "wrong")]),
        given(&[(one, "wrong"), right(two)]),
        given(&[(one, text(two)), (two, text(one))]),
        given(&[right(one), right(other)]),
        given(&[right(one), right(one)]),
        given(&[right(one), right(two), right(other)]),
        given(&[right(one), right(two), (two, "wrong")]),
    ] {
        let bank = Bank::open();
        draws_these(&bank, &asked);
        bank.agent().denies_as(&wrong, Reason::Wrong);
    }
    call.accepts(&given(&[right(two), right(one)]));
}

/// Sets the answers anew until just these questions stand.
fn draws_these(bank: &Bank, asked: &[QuestionId]) {
    for _ in 0..200 {
        if bank.agent().asked() == asked {
            return;
        }
        bank.changes(&bank.customer, &Change::SetQuestions(verifiers()));
    }
    panic!("two of three questions, and never these")
}

#[test]
fn b33_two_subjects_with_the_same_answers_store_different_bytes() {
    let given = Answers::new().and(QuestionId::new(1), "Bluebell");
    let stretch = stretch();
    let mut permit = stretch.permit().unwrap();
    let mut enrol = || {
        let enrolled = AnswerHashes::enrol(&given, &keyring(), stretch.cost(), &mut permit);
        minicbor::to_vec(enrolled.unwrap()).unwrap()
    };
    let (one, two) = (enrol(), enrol());
    let same = one.iter().zip(&two).filter(|(a, b)| a == b).count();
    assert!(same < 30, "{same} of {} bytes are the same", one.len());
}

#[test]
fn b34_each_write_has_a_nonce_of_its_own() {
    let bank = Bank::open();
    let call = bank.agent();
    (0..40).for_each(|_| {
        let _ = call.check(&seen_in_person());
    });
    let written = bank.vault.written();
    let versions: BTreeSet<_> = written
        .iter()
        .map(|entry| *entry.version().as_bytes())
        .collect();
    assert_eq!(versions.len(), written.len());
    // The same state sealed twice from the same record differs, too.
    let account = bank.account();
    let mut sealed = Vec::new();
    for _ in 0..2 {
        let step = account.check(&seen_in_person(), &call.ctx()).unwrap();
        let told = step.commit(|next| {
            sealed.push(next.entry().bytes().to_vec());
            Saved::<()>::Conflict
        });
        assert!(matches!(told, Ok(CommitResult::Conflict)));
    }
    let same = sealed[0]
        .iter()
        .zip(&sealed[1])
        .filter(|(a, b)| a == b)
        .count();
    assert!(same < 40, "{same} bytes are the same");
}

/// The length that this attempt would write, without writing it.
fn length_of(bank: &Bank, call: &Call<'_>, attempt: &Attempt) -> usize {
    let step = bank.account().check(attempt, &call.ctx()).unwrap();
    let mut length = 0;
    let _ = step.commit(|sealed| {
        length = sealed.entry().bytes().len();
        Saved::<()>::Conflict
    });
    length
}

/// A customer whose record is longer by that many bytes: in the app's secret, a second one's, the telephone number.
fn bank_of_size(more: usize, opening: i64) -> Bank {
    const MOST: usize = 48;
    let bank = Bank::empty(Limits::nist());
    bank.set_clock(opening);
    let customer = &bank.customer;
    bank.verifier.create(customer, &bank.agent().ctx()).unwrap();
    bank.changes(customer, &Change::SetQuestions(verifiers()));
    let digits = 7 + more.saturating_sub(2 * MOST).min(8);
    let phone = Destination::phone(&format!("+49{}", "1".repeat(digits - 2))).unwrap();
    bank.changes(customer, &Change::SetPhone(phone));
    // So that the sizes lie on both sides of a step.
    let email = Destination::email("anna@bank.example").unwrap();
    bank.changes(customer, &Change::SetEmail(email));
    for part in [more.saturating_sub(MOST).min(MOST), more.min(MOST)] {
        let secret = countersign::SecretBytes::from(vec![7; 16 + part]);
        bank.adds_app(
            customer,
            &Totp::from(OtpKey::new(secret).unwrap().with_digits(8).unwrap()),
        );
    }
    bank.adds_app(customer, &eight_digits(&bank.app));
    bank.wait(60);
    bank
}

fn eight_digits(app: &Totp) -> Totp {
    Totp::from(app.key().clone().with_digits(8).unwrap())
}

#[test]
fn b40_right_and_wrong_write_as_much() {
    // 2027, and a time whose seconds take more than 32 bits.
    for opening in [OPENING, 4_400_000_000] {
        let mut fresh = BTreeSet::new();
        for more in 0..=104 {
            let bank = bank_of_size(more, opening);
            fresh.insert(bank.vault.last_length());
            let app = eight_digits(&bank.app);
            let shown = || totp(app.code_at(bank.now()).expose_text());
            let (call, device) = (bank.agent(), bank.device());
            let spoken = call.receives(CodeOrder::spoken());
            let private = device.receives(CodeOrder::private());
            for state in 0..5 {
                let own = [shown(), totp("12345678"), totp("")];
                let heard = [&spoken, &private, "9999999999"].map(delivered);
                let typed = [&private, &spoken, "9999999999"].map(delivered);
                for (call, attempts) in [(&call, own), (&call, heard), (&device, typed)] {
                    let seen = attempts.map(|attempt| length_of(&bank, call, &attempt));
                    assert_eq!(seen[0] % 128, 0);
                    assert!(
                        seen.iter().all(|length| *length == seen[0]),
                        "{more} bytes more, state {state}: {seen:?}"
                    );
                }
                match state {
                    0 => call.denies(&totp("")),
                    1 => device.denies(&delivered("")),
                    2 => drop(call.accepts(&shown())),
                    3 => drop(device.accepts(&delivered(&private))),
                    _ => {}
                }
            }
        }
        assert!(fresh.len() > 1, "no size crossed a step: {fresh:?}");
    }
}

#[test]
fn b40_right_and_wrong_write_as_much_whatever_the_revision() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    for _ in 0..300 {
        bank.changes(&bank.customer, &Change::Resume);
        let app = [bank.shown(), bank.not_shown()].map(|try_| length_of(&bank, &call, &try_));
        let spoken = [&code, "999999"].map(|code| length_of(&bank, &call, &delivered(code)));
        assert_eq!(app[0], app[1]);
        assert_eq!(spoken[0], spoken[1]);
    }
}

#[test]
fn b40_a_reservation_is_as_long_for_right_and_wrong_answers() {
    let bank = Bank::open();
    let call = bank.agent();
    let right = length_of(&bank, &call, &Attempt::Questions(call.right()));
    let wrong = length_of(&bank, &call, &Attempt::Questions(call.wrong()));
    assert_eq!(right, wrong);
    assert!(right > 0);
}
