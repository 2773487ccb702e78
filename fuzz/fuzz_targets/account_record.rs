//! Hostile bytes in the place of an account record: an error, or a record whose every step ends without a panic.
//!
//! As they are they never get past the seal, so they are also sealed with the right key, as somebody with the key, or
//! a bug of an older version, could have.
#![no_main]

use core::time::Duration;
use std::sync::{Arc, LazyLock};

use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use countersign::{Attempt, Authority, Change, Channel, Code, Context, Decision, Error, Factor, Interaction, Policy, Request, Settings, Subject, Timestamp, Transaction, Verifier, account::Agent, delivered::{CodeOrder, Destination, Kind, Route}, knowledge::{Answers, WordKey, WordLetters}, otp::{OtpKey, Hotp, Totp, ocra::{Ocra, OcraResponse, OcraTask}}, password::{Password, Pin}, store::{Entry, Key, Replaced, Store, Version}, text::CodeShape, time::ManualClock};
use libfuzzer_sys::fuzz_target;

/// Whatever evidence and approvals a record holds, one of these counts it.
const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["any"]
    [action.evidence.every_tier]
    any = [
        { all = [{ class = "knowledge", max_age = 86400, interaction = "any" }] },
        { all = [{ class = "possession", max_age = 86400, interaction = "any" }] },
        { all = [{ factor = "spoken_code", max_age = 86400, for_transaction = true }] },
    ]
    [action.approval.every_tier]
    any = [{ all = [{ approvals = 1, max_age = 86400 }] }]
"#;

struct Fixture {
    settings: Settings,
    policy: Policy,
    subject: Subject,
    cipher: FieldCipher,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let keyring = Keyring::new(
        RootKey::from_bytes(1, [1; 32]).expect("a root"),
        LongTermSecret::from_bytes(1, [2; 32]).expect("a standing secret"),
    );
    Fixture {
        cipher: insider(&keyring),
        settings: settings(keyring),
        policy: Policy::from_toml(POLICY).expect("a policy"),
        subject: Subject::new("bank", "C-1042").expect("a subject"),
    }
});

fn settings(keyring: Keyring) -> Settings {
    let words = WordKey::new(&keyring, "bank").expect("a key");
    Settings::new("bank", keyring).expect("settings").with_memorable_words(words)
}

/// The cipher of the account records. The library does not hand it out: the ring of that one purpose is exported, and the
/// purpose's name written over with another.
fn insider(keyring: &Keyring) -> FieldCipher {
    let ring = keyring.limited_to(&["account"]).expect("a ring");
    let mut bytes = ring.expose_bytes().expect("its bytes").expose_bytes().to_vec();
    for from in 0..bytes.len() - 7 {
        if &bytes[from..from + 7] == b"account" {
            bytes[from..from + 7].copy_from_slice(b"insider");
        }
    }
    let ring = Keyring::from_bytes(&bytes).expect("the same ring");
    FieldCipher::new(&ring, "bank", "insider").expect("a cipher")
}

fuzz_target!(|data: &[u8]| {
    let Fixture { settings, subject, cipher, .. } = &*FIXTURE;
    let sealed = cipher.seal(&[b"account", Key::of(subject).as_bytes()], data).expect("sealed");
    let payment = Transaction::new("TX-1").expect("a reference");
    // As the golden records were made; long before, and long after.
    let (now, channel) = match data.len() % 4 {
        0 => (0, Channel::Device),
        1 => (253_402_300_799, Channel::Counter),
        _ => (1_800_000_060, Channel::Agent),
    };
    let now = Timestamp::from_unix(now).expect("a time");
    let ctx = Context::new(channel, Interaction::from_bytes([7; 16]));
    let clock = Arc::new(ManualClock::new(now));
    let bare = Verifier::new(Row::of(data), settings.clone()).with_clock(Arc::clone(&clock));
    assert!(bare.status(subject, &ctx).is_err(), "bytes without the key opened");

    let verifier = Verifier::new(Row::of(&sealed), settings.clone()).with_clock(clock);
    if verifier.status(subject, &ctx).is_err() {
        return;
    }
    for ctx in [ctx.clone(), ctx.for_transaction(&payment)] {
        use_in_every_way(&verifier, subject, &payment, &ctx);
    }
});

/// A table whose record of the subject stands, and cannot be written: each step begins at the same bytes, and ends there.
struct Row(Entry);

impl Row {
    /// The version of a record is its nonce, after a byte for the suite and four for the key.
    fn of(sealed: &[u8]) -> Self {
        let nonce = sealed.get(5..29).and_then(|nonce| nonce.try_into().ok());
        Self(Entry::new(sealed.to_vec(), Version::from_bytes(nonce.unwrap_or_default()), None))
    }
}

impl Store for Row {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Ok((*key == Key::of(&FIXTURE.subject)).then(|| self.0.clone()))
    }

    fn replace(&self, key: &Key, _: Option<&Version>, _: &Entry) -> Result<Replaced, Error> {
        if *key == Key::of(&FIXTURE.subject) {
            return Err(Error::store("row", "it is written by nobody"));
        }
        // A count of issued codes.
        Ok(Replaced::Stored)
    }

    fn remove(&self, _: &Key, _: &Version) -> Result<Replaced, Error> {
        Ok(Replaced::Stored)
    }

    fn purge(&self, _: Timestamp) -> Result<usize, Error> {
        Ok(0)
    }
}

/// Errors are fine (a record at the end of its numbers cannot be written); panics are not.
fn use_in_every_way(verifier: &Verifier<Row>, subject: &Subject, payment: &Transaction, ctx: &Context) {
    let code = || Code::typed("12345678");
    for attempt in [
        Attempt::Totp(code()),
        Attempt::TotpPair(code(), code()),
        Attempt::Hotp(code()),
        Attempt::HotpPair(code(), code()),
        Attempt::Delivered(code()),
        Attempt::IssuedRecoveryCode(code()),
        Attempt::Ocra(OcraResponse::typed("12345678")),
        Attempt::Recovery(code()),
        Attempt::Questions(Answers::new()),
        Attempt::Word(WordLetters::typed(&["a", "b", "c"])),
        Attempt::Password(Password::typed("brass kettle")),
        Attempt::Pin(Pin::typed("739204")),
    ] {
        let _ = verifier.check(subject, &attempt, ctx);
    }
    let address = Destination::email("maya@new.example").expect("an address");
    for order in [
        CodeOrder::spoken(),
        CodeOrder::private().with_shape(CodeShape::digits_and_check(6).expect("a shape")),
        CodeOrder::recover(Kind::Spoken, Route::Email),
        CodeOrder::recover(Kind::Private, Route::Post),
        CodeOrder::confirm(Kind::Spoken, address.clone()),
    ] {
        let _ = verifier.issue(subject, &order, ctx);
    }
    for task in [OcraTask::authenticate(), OcraTask::sign(payment.digest()), OcraTask::sign_text("12345678")] {
        for order in [task, task.answering("12345678"), task.in_session(b"session")] {
            let _ = verifier.challenge(subject, &order, ctx);
        }
    }
    let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse().expect("a suite");
    let device = Ocra::new(suite, vec![3; 32].into()).expect("a device");
    let mut changes = vec![
        Change::AddTotp(Totp::from(OtpKey::new(vec![3; 20].into()).expect("an app"))),
        Change::ConfirmTotp(code()),
        Change::AddHotp(Hotp::from(OtpKey::new(vec![3; 20].into()).expect("a token")), 0),
        Change::ConfirmHotp(code()),
        Change::ConfirmHotpPair(code(), code()),
        Change::SetOcra(device.into()),
        Change::SetEmail(address),
        Change::ConfirmAddress(code()),
        Change::Suspend,
        Change::Resume,
    ];
    changes.extend(Factor::ALL.map(Change::Remove));
    for change in changes {
        let _ = verifier.change(subject, &change, &Authority::Host, ctx);
    }
    let _ = verifier.generate_recovery_codes(subject, 10, &Authority::Host, ctx);
    decide_in_every_way(verifier, subject, ctx);
    let _ = verifier.status(subject, ctx);
    let _ = (verifier.questions(subject), verifier.prompts(subject), verifier.word_prompt(subject));
}

/// The evidence and approvals of the record: read, decided on, redeemed, and forgotten.
fn decide_in_every_way(verifier: &Verifier<Row>, subject: &Subject, ctx: &Context) {
    let agent = |name| Agent::new(name).expect("an agent");
    // The evidence of a record of which this process keeps nothing.
    let shown = verifier.evidence(subject, ctx.interaction()).unwrap_or_default();
    for piece in &shown {
        assert_eq!((piece.subject(), piece.interaction()), (subject, ctx.interaction()));
    }
    for action in ["evidence", "approval", "account.resume"] {
        let request = Request::new(action).handled_by(agent("mia"));
        if let Ok(Decision::Allow(grant)) = verifier.decide(&FIXTURE.policy, &request, subject, ctx) {
            let _ = verifier.redeem(&grant, ctx);
            let _ = verifier.change(subject, &Change::Suspend, &Authority::Granted(&grant), ctx);
        }
        let _ = verifier.authorize(&FIXTURE.policy, &request, subject, ctx);
        let _ = verifier.approve(subject, &agent("tom"), action, Duration::from_secs(600), ctx);
    }
    let _ = verifier.end(subject, ctx);
}
