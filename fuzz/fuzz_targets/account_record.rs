//! Hostile bytes in the place of an account record: an error, or an account whose every step ends without a panic.
//!
//! As they are they never get past the seal, so they are also sealed with the right key, as somebody with the key, or
//! a bug of an older version, could have.
#![no_main]

use std::sync::LazyLock;

use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use countersign::{Attempt, Authority, Change, Channel, Code, Context, Factor, Interaction, Settings, Subject, Timestamp, Transaction, account::Account, delivered::{CodeOrder, Destination, Kind, Route}, knowledge::{Answers, WordKey, WordLetters}, otp::{OtpKey, Hotp, Totp, ocra::{Ocra, OcraResponse, OcraTask}}, password::{Password, Pin}, text::CodeShape};
use libfuzzer_sys::fuzz_target;

struct Fixture {
    settings: Settings,
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
    let Fixture { settings, subject, cipher } = &*FIXTURE;
    assert!(Account::open(settings, subject, data, 0).is_err(), "bytes without the key opened");

    let sealed = cipher.seal(&[b"account", subject.id().as_bytes()], data).expect("sealed");
    let Ok(account) = Account::open(settings, subject, &sealed, 0) else { return };
    let payment = Transaction::new("TX-1").expect("a reference");
    // As the golden records were made; long before, and long after.
    let (now, channel) = match data.len() % 4 {
        0 => (0, Channel::Device),
        1 => (253_402_300_799, Channel::Counter),
        _ => (1_800_000_060, Channel::Agent),
    };
    let now = Timestamp::from_unix(now).expect("a time");
    let ctx = Context::new(now, channel, Interaction::from_bytes([7; 16]));
    for ctx in [ctx.clone(), ctx.for_transaction(&payment)] {
        use_in_every_way(&account, &payment, &ctx);
    }
});

/// Errors are fine (a record at the end of its numbers cannot be written); panics are not.
fn use_in_every_way(account: &Account, payment: &Transaction, ctx: &Context) {
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
        let _ = account.check(&attempt, ctx).map(drop);
    }
    let address = Destination::email("maya@new.example").expect("an address");
    for order in [
        CodeOrder::spoken(),
        CodeOrder::private().with_shape(CodeShape::digits_and_check(6).expect("a shape")),
        CodeOrder::recover(Kind::Spoken, Route::Email),
        CodeOrder::recover(Kind::Private, Route::Post),
        CodeOrder::confirm(Kind::Spoken, address.clone()),
    ] {
        let _ = account.issue(&order, ctx).map(drop);
    }
    for task in [OcraTask::authenticate(), OcraTask::sign(payment.digest()), OcraTask::sign_text("12345678")] {
        for order in [task, task.answering("12345678"), task.in_session(b"session")] {
            let _ = account.challenge(&order, ctx).map(drop);
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
        let _ = account.change(&change, &Authority::Host, ctx).map(drop);
    }
    let _ = account.generate_recovery_codes(10, &Authority::Host, ctx).map(drop);
    let _ = account.status(ctx);
    let _ = (account.questions(), account.prompts(), account.word_prompt());
}
