//! What stays inside when something fails, is stored, is written down or is compared (pitfalls B14 to B17).
use crate::support::timed::TimedVerifier;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use countersign::store::Key;
use countersign::{
    Attempt, Authority, Change, Code, Error, Policy, Request, SecretText, Transaction,
    delivered::{CodeOrder, Destination},
    knowledge::{AnswerHashes, Answers, QuestionId},
    otp::{KeyUri, OtpKey, Totp, TotpState},
    transition::Saved,
};

#[test]
fn b14_a_store_that_is_down_verifies_nobody() {
    let bank = Bank::open();
    let call = bank.agent();
    let ctx = call.ctx();
    let answers = Attempt::Questions(call.right());
    bank.vault.is_down(true);
    let verifier = &bank.verifier;
    for attempt in [bank.shown(), bank.not_shown(), answers, seen_in_person()] {
        let told = verifier.check(&bank.customer, &attempt, &ctx);
        assert!(told.unwrap_err().is_store(), "{attempt:?}");
    }
    assert!(
        verifier
            .issue(&bank.customer, &CodeOrder::spoken(), &ctx)
            .unwrap_err()
            .is_store()
    );
    assert!(
        verifier
            .status(&bank.customer, &ctx)
            .unwrap_err()
            .is_store()
    );
    assert!(
        verifier
            .questions(&bank.customer, &ctx)
            .unwrap_err()
            .is_store()
    );
    let change = verifier.change(&bank.customer, &Change::Suspend, &Authority::Host, &ctx);
    assert!(change.unwrap_err().is_store());
    bank.vault.is_down(false);
    call.accepts(&bank.shown());
}

#[test]
fn b14_a_trail_that_is_down_withholds_a_pass_and_keeps_the_charge() {
    let bank = Bank::open();
    let call = bank.agent();
    bank.trail.is_down(true);
    let ctx = call.ctx();
    let fails = |attempt: &Attempt| {
        let told = bank.verifier.check(&bank.customer, attempt, &ctx);
        assert!(told.unwrap_err().is_store(), "{attempt:?}");
    };
    fails(&bank.shown());
    (0..5).for_each(|_| fails(&bank.not_shown()));
    let issued = bank
        .verifier
        .issue(&bank.customer, &CodeOrder::spoken(), &ctx);
    assert!(issued.unwrap_err().is_store());
    bank.trail.is_down(false);
    call.waits(&bank.shown());
    bank.wait(30);
    call.accepts(&bank.shown());
}

#[test]
fn b14_a_trail_that_fails_at_the_settlement_withholds_a_pass() {
    let bank = Bank::open();
    let call = bank.agent();
    let lines = std::sync::Mutex::new(0);
    let first_only = |_: &countersign::audit::Event| {
        let mut lines = lines.lock().unwrap();
        *lines += 1;
        if *lines == 1 {
            Ok(())
        } else {
            Err(Error::store("trail", "it is full"))
        }
    };
    let verifier =
        TimedVerifier::new(bank.vault.clone(), bank.settings.clone()).with_audit(first_only);
    let told = verifier.check(
        &bank.customer,
        &Attempt::Questions(call.right()),
        &call.ctx(),
    );
    assert!(told.unwrap_err().is_store());
}

/// Everything that must not be read anywhere, as bytes.
fn secrets(bank: &Bank, codes: &[String]) -> Vec<Vec<u8>> {
    let base32 = bank.app.key_uri("bank", "C-1042").unwrap();
    let base32 = base32.expose_text().split("secret=").nth(1).unwrap();
    let base32 = base32.split('&').next().unwrap().to_owned();
    let mut secrets = vec![
        APP_SECRET.to_vec(),
        base32.into_bytes(),
        PHONE.trim_start_matches('+').as_bytes().to_vec(),
        PHONE.as_bytes()[5..12].to_vec(),
        vec![1; 32],
        vec![2; 32],
        b"[1, 1, 1, 1".to_vec(),
        b"[2, 2, 2, 2".to_vec(),
        b"[49, 50, 51, 52".to_vec(),
    ];
    for (_, text) in ANSWERS {
        secrets.push(text.as_bytes().to_vec());
        let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        secrets.push(letters.to_lowercase().into_bytes());
        secrets.push(letters.to_lowercase().replace('ł', "l").into_bytes());
    }
    secrets.extend(codes.iter().map(|code| code.clone().into_bytes()));
    secrets
}

#[track_caller]
fn expect_nothing_of(secrets: &[Vec<u8>], bytes: &[u8], place: &str) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(
            !found,
            "{place} shows {:?}",
            String::from_utf8_lossy(secret)
        );
    }
}

/// A day with everything in it: codes told, right and wrong; answers the codes.
fn a_day(bank: &Bank) -> Vec<String> {
    let (call, device) = (bank.agent(), bank.device());
    let spoken = call.receives(CodeOrder::spoken());
    let private = device.receives(CodeOrder::private());
    let shown = bank.app.code_at(bank.now()).expose_text().to_owned();
    call.denies(&delivered("999999"));
    call.accepts(&totp(&shown));
    call.denies(&totp(&shown));
    call.accepts(&Attempt::Questions(call.right()));
    call.denies(&Attempt::Questions(call.wrong()));
    call.denies(&delivered(&private));
    call.accepts(&delivered(&spoken));
    vec![spoken, private, shown]
}

#[test]
fn b15_stored_bytes_hold_nothing_in_plain() {
    let bank = Bank::open();
    let codes = a_day(&bank);
    let secrets = secrets(&bank, &codes);
    let written = bank.vault.written();
    assert!(written.len() > 10);
    for (place, entry) in written.iter().enumerate() {
        expect_nothing_of(&secrets, entry.bytes(), &format!("write {place}"));
        expect_nothing_of(&[b"C-1042".to_vec()], entry.bytes(), "the subject's name");
    }
    let key = Key::of(&bank.customer);
    expect_nothing_of(&[b"C-1042".to_vec()], key.as_bytes(), "the key");
}

#[test]
fn b16_events_and_errors_show_nothing() {
    let bank = Bank::open();
    let codes = a_day(&bank);
    let secrets = secrets(&bank, &codes);
    for event in bank.trail.events() {
        let line = format!("{event:?} {event:#?}");
        expect_nothing_of(&secrets, line.as_bytes(), &line);
        expect_nothing_of(
            &[b"1042".to_vec()],
            line.as_bytes(),
            "an event names the subject",
        );
    }
    let bytes = bank.vault.bytes_of(&bank.customer);
    let broken = &bytes[..bytes.len() - 1];
    let policy = Policy::from_toml("version = 1\n[action.Bluebell]\n");
    let destination = Destination::phone("6281234567834");
    let short =
        OtpKey::new(countersign::SecretBytes::from(APP_SECRET[..12].to_vec())).map(Totp::from);
    let uri = "otpauth://totp/bank:C-1042?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=5";
    let uri = KeyUri::parse(uri).and_then(Totp::from_key_uri);
    let mut permit = bank.settings.hash_pool().permit().unwrap();
    let twice = Answers::new()
        .and(QuestionId::new(1), "Bluebell")
        .and(QuestionId::new(2), "Bluebell");
    let twice = AnswerHashes::enrol(
        &twice,
        bank.settings.keyring(),
        bank.settings.hash_pool().cost(),
        &mut permit,
    );
    let errors: [Error; 5] = [
        Account::open(&bank.settings, &bank.customer, broken).unwrap_err(),
        destination.unwrap_err(),
        short.unwrap_err(),
        uri.unwrap_err(),
        twice.unwrap_err(),
    ];
    assert!(policy.is_err());
    for error in errors {
        let text = format!("{error} {error:?}");
        expect_nothing_of(&secrets, text.as_bytes(), &text);
    }
}

#[test]
fn b16_debug_shows_nothing() {
    let bank = Bank::open();
    let (call, device) = (bank.agent(), bank.device());
    let spoken = call.delivery(CodeOrder::spoken());
    let private = device.receives(CodeOrder::private());
    let shown = bank.app.code_at(bank.now());
    let codes = vec![private.clone(), shown.expose_text().to_owned()];
    let secrets = secrets(&bank, &codes);

    let evidence = call.accepts(&bank.shown());
    let status = bank.verifier.status(&bank.customer, &call.ctx()).unwrap();
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = Request::new("address.change");
    let decision = policy.decide(
        &request,
        core::slice::from_ref(&evidence),
        &status,
        &call.ctx(),
        call.ctx().now(),
    );
    let account = bank.account();
    let answers = Attempt::Questions(call.right());
    let step = account.check(&answers, &call.ctx()).unwrap();
    let shown_step = format!("{step:?}");
    let told = bank.commits(step);
    let shown_told = format!("{told:?}");
    let worked = bank.computes(call.right(), &call);
    let sealed = {
        let mut kept = None;
        let step = bank
            .account()
            .check(&bank.not_shown(), &call.ctx())
            .unwrap();
        let _ = step.commit(|sealed| {
            kept = Some(sealed.clone());
            Saved::<()>::Conflict
        });
        kept.unwrap()
    };
    let phone = Destination::phone(PHONE).unwrap();
    let transfer = Transaction::new("TX-1")
        .unwrap()
        .with("to", "Bluebell")
        .unwrap();
    let things: Vec<(&str, &dyn Debug)> = vec![
        ("account", &account),
        ("answers", &answers),
        ("app", &bank.app),
        ("code", &shown),
        ("committed", &shown_told),
        ("decision", &decision),
        ("delivery", &spoken),
        ("destination", &phone),
        ("evidence", &evidence),
        ("keyring", bank.settings.keyring()),
        ("policy", &policy),
        ("sealed", &sealed),
        ("settings", &bank.settings),
        ("standing", &status),
        ("stretch", bank.settings.hash_pool()),
        ("subject", &bank.customer),
        ("transaction", &transfer),
        ("transition", &shown_step),
        ("verifier", &bank.verifier),
        ("worked", &worked),
    ];
    for (name, thing) in things {
        for text in [format!("{thing:?}"), format!("{thing:#?}")] {
            expect_nothing_of(&secrets, text.as_bytes(), name);
        }
    }
    let changes = [
        Change::AddTotp(bank.app.clone()),
        Change::ConfirmTotp(Code::typed(shown.expose_text())),
        Change::SetQuestions(verifiers()),
        Change::SetPhone(phone),
    ];
    for change in changes {
        expect_nothing_of(&secrets, format!("{change:?}").as_bytes(), "change");
    }
    let texts = [
        format!("{:?}", Code::typed(&private)),
        format!("{:?}", delivered(&private)),
        format!("{:?}", SecretText::from(private)),
        format!("{:?}", countersign::SecretBytes::from(APP_SECRET.to_vec())),
        format!("{:?}", TotpState::default()),
    ];
    for text in texts {
        expect_nothing_of(&secrets, text.as_bytes(), &text);
    }
}

/// The code of a file of `src`, without its tests and comments, by line.
fn code_of(path: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    text.lines()
        .map(|line| line.split("//").next().unwrap().to_owned())
        .collect()
}

/// Where secrets are compared.
const JUDGES: [&str; 9] = [
    "otp/totp.rs",
    "otp/hotp.rs",
    "otp/ocra/one_way.rs",
    "delivered/code.rs",
    "knowledge/answers.rs",
    "knowledge/hashes.rs",
    "knowledge/word.rs",
    "knowledge/word_letters.rs",
    "field/suite.rs",
];
/// Where secrets are at hand.
const KEEPERS: [&str; 18] = [
    "account/authenticators/delivered.rs",
    "account/authenticators/hashed.rs",
    "account/authenticators/ocra.rs",
    "account/authenticators/several.rs",
    "account/record/bytes.rs",
    "account/record/state.rs",
    "account/steps/issue.rs",
    "account/steps/settle.rs",
    "code/typed.rs",
    "secret.rs",
    "otp/key.rs",
    "field/derive.rs",
    "field/keyring.rs",
    "field/keyring_bytes.rs",
    "field/member.rs",
    "field/root.rs",
    "hashing/pool.rs",
    "knowledge/hashes/answer_hash.rs",
];

#[test]
fn b17_h09_secrets_are_compared_in_one_place() {
    for file in JUDGES {
        let code = code_of(file).join("\n");
        assert!(
            code.contains("ct_eq(") || code.contains("highest_match("),
            "{file} compares elsewhere"
        );
    }
    /// Names that secrets go by. What a guess is compared with bears one of them.
    const NAMES: [&str; 11] = [
        "tag",
        "digest",
        "commitment",
        "mac",
        "secret",
        "offered",
        "computed",
        "digits()",
        "key.0",
        "expose_",
        "same_digits",
    ];
    for file in JUDGES.iter().chain(&KEEPERS) {
        for line in code_of(file) {
            let compares = ["==", "!=", ".eq(", ".ne(", ".cmp(", "matches!"]
                .iter()
                .any(|sign| line.contains(sign));
            if !compares {
                continue;
            }
            let words: BTreeSet<&str> = line
                .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '(' | ')')))
                .flat_map(|word| word.split('('))
                .collect();
            let named = NAMES
                .iter()
                .find(|name| words.contains(*name) || line.contains(&format!(".{name}")));
            let all_zero = line.contains("*byte == 0") || line.contains("*byte != 0");
            assert!(named.is_none() || all_zero, "{file}: {line}");
        }
    }
}

#[test]
fn b17_types_with_secrets_have_no_equality() {
    for (file, name) in [
        ("code/typed.rs", "Code"),
        ("secret.rs", "SecretBytes"),
        ("secret.rs", "SecretText"),
        ("otp/key.rs", "OtpKey"),
        ("otp/totp.rs", "Totp"),
        ("otp/hotp.rs", "Hotp"),
        ("otp/ocra/one_way.rs", "Ocra"),
        ("delivered/code.rs", "OpenCode"),
        ("knowledge/answers.rs", "Answers"),
        ("knowledge/hashes.rs", "AnswerHashes"),
        ("knowledge/hashes/answer_hash.rs", "AnswerHash"),
        ("knowledge/word.rs", "MemorableWord"),
        ("knowledge/word_letters.rs", "WordLetters"),
        ("field/root.rs", "RootKey"),
        ("field/root.rs", "LongTermSecret"),
        ("account/record/state.rs", "Record"),
    ] {
        let lines = code_of(file);
        let place = lines
            .iter()
            .position(|line| {
                let head = format!("struct {name}");
                line.contains(&head) && !line.contains(&format!("{head}s"))
            })
            .unwrap_or_else(|| panic!("{file} has no {name}"));
        let attributes = lines[..place]
            .iter()
            .rev()
            .take_while(|line| !line.trim().is_empty() && !line.starts_with('}'));
        for attribute in attributes {
            assert!(!attribute.contains("PartialEq"), "{name}: {attribute}");
        }
        let by_hand = format!("PartialEq for {name}");
        assert!(lines.iter().all(|line| !line.contains(&by_hand)), "{name}");
    }
}
