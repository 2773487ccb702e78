//! Rules as a host meets them: kinds of errors, redeemed grants, what an enrolment takes and voids.

use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::account::Agent;
use countersign::delivered::Destination;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::knowledge::WordLetters;
use countersign::otp::{OtpKey, Totp};
use countersign::password::{Password, PasswordHash, PasswordRules};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Error, ErrorKind, Interaction,
    Policy, Redeemed, Request, SecretBytes, Settings, Subject, Timestamp, Transaction,
};

fn at(unix: i64) -> TimedContext {
    let now = Timestamp::from_unix(unix).unwrap();
    TimedContext::new(now, Channel::Counter, Interaction::from_bytes([7; 16]))
}

fn ring(root: u32) -> Keyring {
    let long_term = LongTermSecret::from_bytes(1, [9; 32]).unwrap();
    let tag = u8::try_from(root).unwrap();
    Keyring::new(RootKey::from_bytes(root, [tag; 32]).unwrap(), long_term)
}

fn settings(root: u32) -> Settings {
    Settings::new("bank", ring(root)).unwrap()
}

fn kind<O: core::fmt::Debug>(result: Result<O, Error>) -> ErrorKind {
    result.expect_err("refused").kind()
}

#[test]
fn each_case_has_its_kind() {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings(1));
    let (anna, ctx) = (Subject::new("bank", "C-1042").unwrap(), at(1_800_000_000));
    let change = |change: &Change| verifier.change(&anna, change, &Authority::Host, &ctx);
    let phone = Change::SetPhone(Destination::phone("+62 812 3456 7834").unwrap());

    assert_eq!(kind(Subject::new("bank", "")), ErrorKind::BadInput);
    assert_eq!(kind(change(&phone)), ErrorKind::UnknownSubject);
    verifier.create(&anna, &ctx).unwrap();
    assert_eq!(kind(verifier.create(&anna, &ctx)), ErrorKind::AlreadyExists);
    assert_eq!(
        kind(verifier.prompts(&anna, &ctx)),
        ErrorKind::MissingSetting
    );
    let word = Attempt::Word(WordLetters::typed(&["a", "b", "c"]));
    assert_eq!(
        kind(verifier.check(&anna, &word, &ctx)),
        ErrorKind::MissingSetting
    );
    let _ = change(&Change::Suspend).unwrap();
    assert_eq!(kind(change(&phone)), ErrorKind::Suspended);

    let other = TimedVerifier::new(&store, settings(2));
    assert_eq!(kind(other.status(&anna, &ctx)), ErrorKind::MissingKey);
    let weak = PasswordHash::parse("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA");
    let refused = weak.expect_err("refused");
    assert!(refused.to_string().contains("parse_weak"), "{refused}");
    let failed = Error::store("my table", "gone");
    assert_eq!(failed.kind(), ErrorKind::Store);
    assert_eq!(
        std::error::Error::source(&failed).unwrap().to_string(),
        "gone"
    );
}

/// With the wrong bytes for a root of the same number, nothing opens: that is not told from altered bytes.
#[test]
fn altered_bytes_and_a_ring_with_other_bytes_are_corrupt() {
    let store = MemoryStore::new();
    let (anna, ctx) = (Subject::new("bank", "C-1042").unwrap(), at(1_800_000_000));
    TimedVerifier::new(&store, settings(1))
        .create(&anna, &ctx)
        .unwrap();
    let long_term = LongTermSecret::from_bytes(1, [9; 32]).unwrap();
    let ring = Keyring::new(RootKey::from_bytes(1, [77; 32]).unwrap(), long_term);
    let other = TimedVerifier::new(&store, Settings::new("bank", ring).unwrap());
    assert_eq!(kind(other.status(&anna, &ctx)), ErrorKind::Corrupt);
    // A setting that is too weak says so, and is not lost.
    let rules = PasswordRules::multi_factor();
    assert!(rules.check(&Password::typed("short")).is_err());
}

const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."address.change".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
    [action."payment.send".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
"#;

fn redeemed(action: &str, payment: Option<&Transaction>) -> Redeemed {
    let verifier = TimedVerifier::new(MemoryStore::new(), settings(1));
    let (anna, ctx) = (Subject::new("bank", "C-1042").unwrap(), at(1_800_000_000));
    let ctx = payment.map_or(ctx, |payment| ctx.for_transaction(payment));
    verifier.create(&anna, &ctx).unwrap();
    let agent = |name| Agent::new(name).unwrap();
    let life = core::time::Duration::from_secs(600);
    let approval =
        countersign::account::Approval::by(agent("tom"), action, &anna, life, &ctx, ctx.now());
    let request = Request::new(action)
        .handled_by(agent("mia"))
        .approved(approval);
    let policy = Policy::from_toml(POLICY).unwrap();
    let status = verifier.status(&anna, &ctx).unwrap();
    let Decision::Allow(grant) = policy.decide(&request, &[], &status, &ctx, ctx.now()) else {
        panic!("approved")
    };
    verifier.redeem(&grant, &ctx).unwrap().unwrap()
}

/// A `Redeemed` of one action compiles as the parameter of any other: it is asked for its own.
#[test]
fn a_redeemed_grant_is_for_its_own_action_subject_and_transaction() {
    let anna = Subject::new("bank", "C-1042").unwrap();
    let bert = Subject::new("bank", "C-1043").unwrap();
    let payment = Transaction::new("TX-1").unwrap();
    let other = Transaction::new("TX-2").unwrap();
    let text = |result: Result<Redeemed, Error>| result.expect_err("refused").to_string();
    let address = || redeemed("address.change", None);
    let paid = || redeemed("payment.send", Some(&payment));

    assert!(address().expect("address.change", &anna).is_ok());
    assert!(
        paid()
            .expect_transaction("payment.send", &anna, &payment)
            .is_ok()
    );
    for (result, rule) in [
        (
            address().expect("payment.send", &anna),
            "is for `address.change`, not for `payment.send`",
        ),
        (
            address().expect("address.change", &bert),
            "is of another subject",
        ),
        (
            paid().expect("payment.send", &anna),
            "is for one transaction: call `expect_transaction`",
        ),
        (
            address().expect_transaction("address.change", &anna, &payment),
            "is for no transaction: see `Context::for_transaction`",
        ),
        (
            paid().expect_transaction("payment.send", &anna, &other),
            "is for another transaction",
        ),
    ] {
        assert_eq!(text(result), format!("redeemed grant: {rule}"));
    }
}

/// SP 800-63B-4 3.2.2 counts tries for each authenticator: each one more is one more to guess at.
#[test]
fn a_ninth_app_is_one_too_many() {
    let verifier = TimedVerifier::new(MemoryStore::new(), settings(1));
    let (anna, ctx) = (Subject::new("bank", "C-1042").unwrap(), at(1_800_000_000));
    let change = |change: &Change| verifier.change(&anna, change, &Authority::Host, &ctx);
    verifier.create(&anna, &ctx).unwrap();
    let app = |tag: u8| {
        let key = OtpKey::new(SecretBytes::from(vec![tag; 20])).unwrap();
        Totp::from(key.with_digits(8).unwrap())
    };
    for tag in 1..=8 {
        let code = app(tag).code_at(ctx.now()).expose_text().to_owned();
        let _ = change(&Change::AddTotp(app(tag))).unwrap();
        let confirmed = change(&Change::ConfirmTotp(Code::typed(&code))).unwrap();
        assert_eq!(confirmed, Changed::Done);
    }
    let ninth = change(&Change::AddTotp(app(9))).unwrap_err();
    assert_eq!(
        ninth.to_string(),
        "authenticator app: is one too many: 8 are enrolled"
    );
}

/// The same number again replaces nothing, so nobody has to be verified again. Another number does.
#[test]
fn the_same_address_again_voids_no_evidence() {
    let verifier = TimedVerifier::new(MemoryStore::new(), settings(1));
    let (anna, ctx) = (Subject::new("bank", "C-1042").unwrap(), at(1_800_000_000));
    verifier.create(&anna, &ctx).unwrap();
    let epoch_with = |number: &str| {
        let phone = Change::SetPhone(Destination::phone(number).unwrap());
        let _ = verifier
            .change(&anna, &phone, &Authority::Host, &ctx)
            .unwrap();
        verifier.status(&anna, &ctx).unwrap().epoch()
    };
    let first = epoch_with("+62 812 3456 7834");
    assert_eq!(epoch_with("+6281234567834"), first);
    assert_eq!(epoch_with("+62 812 3456 7835"), first + 1);
}
