//! Hostile bytes in the place of an account record: an error, or an account whose every step ends without a panic.
//!
//! As they are they never get past the seal, so they are also sealed with the right key, as somebody with the key, or
//! a bug of an older version, could have.
#![no_main]

use std::sync::LazyLock;

use countersign::field::{FieldCipher, Keyring, Root, StandingSecret};
use countersign::{
    Account, Answers, Attempt, Authority, Change, Channel, Code, Context, Interaction, Issue, Settings, Subject,
    Timestamp,
};
use libfuzzer_sys::fuzz_target;

struct Fixture {
    settings: Settings,
    subject: Subject,
    cipher: FieldCipher,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let keyring = Keyring::new(
        Root::from_bytes(1, [1; 32]).expect("a root"),
        StandingSecret::from_bytes(1, [2; 32]).expect("a standing secret"),
    );
    Fixture {
        cipher: insider(&keyring),
        settings: Settings::new("bank", keyring).expect("settings"),
        subject: Subject::new("bank", "C-1042").expect("a subject"),
    }
});

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
    let now = Timestamp::from_unix(1_800_000_000).expect("a time");
    for channel in [Channel::Agent, Channel::Device] {
        let ctx = Context::new(now, channel, Interaction::from_bytes([3; 16]));
        let code = Code::typed("123456");
        // Errors are fine (a record at the end of its numbers cannot be written); panics are not.
        let _ = account.check(&Attempt::Totp(code.clone()), &ctx).map(drop);
        let _ = account.check(&Attempt::Delivered(code.clone()), &ctx).map(drop);
        let _ = account.check(&Attempt::Questions(Answers::new()), &ctx).map(drop);
        let _ = account.issue(&Issue::spoken(), &ctx).map(drop);
        let _ = account.change(&Change::ConfirmTotp(code), &Authority::Host, &ctx).map(drop);
        let _ = account.standing(&ctx);
        let _ = account.questions();
    }
});
