//! Rings: lives of roots, limits, exports, and what is refused.
use countersign::field::{FieldCipher, Keyring, RootKey};
use countersign::{Settings, Timestamp};
use proptest::prelude::*;

use crate::support::fields::{keyring, long_term, root};

fn day(number: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + number * 86_400).unwrap()
}

#[track_caller]
fn told(now: i64, roots: impl IntoIterator<Item = RootKey>) -> String {
    match Keyring::dated(day(now), long_term(1), roots) {
        Ok(ring) => format!("{ring:?}"),
        Err(error) => {
            assert!(error.is_misuse());
            error.to_string()
        }
    }
}

#[test]
fn the_newest_root_that_has_begun_writes() {
    let lives = || {
        [
            root(1).created(day(0)).retired(day(90)),
            root(2).created(day(80)),
            root(3).created(day(200)),
        ]
    };
    assert_eq!(
        told(0, lives()),
        "Keyring(1 active, 2 readable, 3 readable, long-term [1])"
    );
    assert_eq!(
        told(80, lives()),
        "Keyring(2 active, 1 readable, 3 readable, long-term [1])"
    );
    assert_eq!(
        told(199, lives()),
        "Keyring(2 active, 1 readable, 3 readable, long-term [1])"
    );
    assert_eq!(
        told(200, lives()),
        "Keyring(3 active, 1 readable, 2 readable, long-term [1])"
    );
    let leaked = [
        root(1).created(day(0)).revoked(day(10)),
        root(2).created(day(5)),
    ];
    assert_eq!(
        told(10, leaked.clone()),
        "Keyring(2 active, 1 revoked, long-term [1])"
    );
    assert_eq!(
        told(9, leaked),
        "Keyring(2 active, 1 readable, long-term [1])"
    );
    let ring = Keyring::dated(day(80), long_term(1), lives()).unwrap();
    let first = ring.roots().next().unwrap();
    assert!(first.id() == 2 && first.is_active() && !first.is_revoked());
    assert_eq!((first.created(), first.retired()), (Some(day(80)), None));
}

/// Where no clock is asked, a date of a root's end counts as if it had come.
#[test]
fn a_root_with_a_date_of_its_end_does_not_write() {
    let ring = Keyring::new(root(1).retired(day(9)), long_term(1));
    assert_eq!(format!("{ring:?}"), "Keyring(1 readable, long-term [1])");
    let cipher = FieldCipher::new(&ring, "bank", "notes").unwrap();
    assert!(cipher.seal(&[], b"text").unwrap_err().is_misuse());
    let ring = Keyring::new(root(1).revoked(day(9)), long_term(1));
    assert_eq!(format!("{ring:?}"), "Keyring(1 revoked, long-term [1])");
    let ring = keyring(1);
    let ended = root(2).created(day(0)).revoked(day(9));
    assert!(ring.clone().rotated_to(ended.clone()).is_err());
    let ring = ring.with_readable(ended).unwrap();
    assert_eq!(
        format!("{ring:?}"),
        "Keyring(1 active, 2 revoked, long-term [1])"
    );
}

#[test]
fn rings_without_a_writer_are_refused() {
    assert_eq!(told(0, []), "keyring: has no root that may write");
    assert_eq!(
        told(0, [root(1).created(day(1))]),
        "keyring: has no root that may write"
    );
    assert_eq!(
        told(9, [root(1).created(day(0)).retired(day(9))]),
        "keyring: has no root that may write",
        "a retired root is asked to write"
    );
    assert_eq!(
        told(9, [root(1).created(day(0)).revoked(day(3))]),
        "keyring: has no root that may write"
    );
    assert_eq!(
        told(
            9,
            [
                root(1).created(day(3)).retired(day(2)),
                root(2).created(day(0))
            ]
        ),
        "keyring: the root 1 retired before it was created"
    );
    assert_eq!(
        told(9, [root(1).created(day(3)), root(2).created(day(3))]),
        "keyring: has two newest roots, created in the same second"
    );
    assert_eq!(
        told(9, [root(1).created(day(3)), root(1).created(day(2))]),
        "keyring: already has the root 1"
    );
    assert_eq!(
        told(9, [root(1)]),
        "keyring: the root 1 has no moment of creation"
    );
    let copied = RootKey::from_bytes(7, *root(1).expose_bytes()).unwrap();
    assert_eq!(
        told(9, [root(1).created(day(3)), copied.created(day(2))]),
        "keyring: has one key twice, as root 1 and 7"
    );
    let rule = "number of the root: must lie between 1 and 2147483647";
    for id in [0, RootKey::FIRST_RESERVED_ID, u32::MAX] {
        assert_eq!(
            RootKey::from_bytes(id, [1; 32]).unwrap_err().to_string(),
            rule
        );
    }
    assert_eq!(
        keyring(1).with_revoked(root(1)).unwrap_err().to_string(),
        "keyring: already has the root 1"
    );
    assert!(keyring(1).rotated_to(root(1)).is_err());
    assert!(keyring(1).with_earlier_secret(long_term(1)).is_err());
}

#[test]
fn a_rotated_ring_writes_with_the_new_root_and_reads_both() {
    let before = crate::support::fields::cipher(1)
        .seal(&[b"x"], b"text")
        .unwrap();
    let ring = keyring(1)
        .with_revoked(root(9))
        .unwrap()
        .rotated_to(root(2))
        .unwrap();
    assert_eq!(
        format!("{ring:?}"),
        "Keyring(2 active, 1 readable, 9 revoked, long-term [1])"
    );
    let cipher = FieldCipher::new(&ring, "bank", "customers").unwrap();
    assert!(cipher.needs_reseal(&before).unwrap());
    let after = cipher.reseal(&[b"x"], &before).unwrap();
    assert_eq!(FieldCipher::key_id_of(&after), Some(2));
    assert!(!cipher.needs_reseal(&after).unwrap());
    assert!(
        crate::support::fields::cipher(2)
            .open(&[b"x"], &after)
            .is_ok()
    );
    assert!(
        crate::support::fields::cipher(2)
            .open(&[b"x"], &before)
            .is_err(),
        "the old root is gone"
    );
}

#[test]
fn a_revoked_root_opens_only_by_its_name() {
    let old = crate::support::fields::cipher(1)
        .seal(&[b"x"], b"text")
        .unwrap();
    let ring = keyring(2).with_revoked(root(1)).unwrap();
    let cipher = FieldCipher::new(&ring, "bank", "customers").unwrap();
    assert_eq!(
        cipher.open(&[b"x"], &old).unwrap_err().to_string(),
        crate::support::fields::REFUSED
    );
    assert!(cipher.reseal(&[b"x"], &old).is_err());
    assert!(cipher.reseal_revoked(1, &[b"y"], &old).is_err());
    for other in [2, 3] {
        assert!(
            cipher
                .reseal_revoked(other, &[b"x"], &old)
                .unwrap_err()
                .is_misuse()
        );
    }
    let moved = cipher.reseal_revoked(1, &[b"x"], &old).unwrap();
    assert_eq!(
        cipher.open(&[b"x"], &moved).unwrap().expose_bytes(),
        b"text"
    );
}

#[test]
fn a_limited_ring_holds_no_more() {
    let ring = keyring(1)
        .with_readable(root(2))
        .unwrap()
        .with_earlier_secret(long_term(2))
        .unwrap();
    let desk = ring.limited_to(&["notes", "account"]).unwrap();
    let text = "keyring: holds no key for the purpose `customers`";
    assert_eq!(
        FieldCipher::new(&desk, "bank", "customers")
            .unwrap_err()
            .to_string(),
        text
    );
    assert!(Settings::new("bank", desk.clone()).is_ok());
    assert!(Settings::new("bank", ring.limited_to(&["notes"]).unwrap()).is_err());
    assert!(ring.limited_to(&[]).is_err());
    assert!(desk.limited_to(&["customers"]).is_err());
    assert!(desk.limited_to(&["notes"]).is_ok());
    let whole = FieldCipher::new(&ring, "bank", "notes").unwrap();
    let part = FieldCipher::new(&desk, "bank", "notes").unwrap();
    let sealed = part.seal(&[b"x"], b"text").unwrap();
    assert!(whole.open(&[b"x"], &sealed).is_ok());
    let bytes = desk.expose_bytes().unwrap();
    for secret in [
        root(1).expose_bytes(),
        root(2).expose_bytes(),
        long_term(1).expose_bytes(),
    ] {
        assert!(
            !bytes
                .expose_bytes()
                .windows(32)
                .any(|window| window == secret),
            "a root is in it"
        );
    }
}

#[test]
fn a_ring_comes_back_from_its_bytes() {
    let dated = [
        root(3).created(day(0)),
        root(4).created(day(-9)).retired(day(0)),
    ];
    let ring = Keyring::dated(day(1), long_term(3), dated)
        .unwrap()
        .with_revoked(root(5))
        .unwrap()
        .with_earlier_secret(long_term(1))
        .unwrap();
    for ring in [
        ring.clone(),
        ring.limited_to(&["customers", "account"]).unwrap(),
    ] {
        let bytes = ring.expose_bytes().unwrap();
        let again = Keyring::from_bytes(bytes.expose_bytes()).unwrap();
        assert_eq!(
            format!("{again:?}"),
            "Keyring(3 active, 4 readable, 5 revoked, long-term [3, 1])"
        );
        assert!(again.roots().eq(ring.roots()));
        assert_eq!(
            again.expose_bytes().unwrap().expose_bytes(),
            bytes.expose_bytes()
        );
        let sealed = FieldCipher::new(&ring, "bank", "customers")
            .unwrap()
            .seal(&[], b"x")
            .unwrap();
        assert!(
            FieldCipher::new(&again, "bank", "customers")
                .unwrap()
                .open(&[], &sealed)
                .is_ok()
        );
    }
}

#[test]
fn bytes_that_are_no_ring_are_refused() {
    let ring = keyring(1).with_readable(root(2)).unwrap();
    let bytes = ring.expose_bytes().unwrap().expose_bytes().to_vec();
    for length in 0..bytes.len() {
        assert!(
            Keyring::from_bytes(&bytes[..length])
                .unwrap_err()
                .is_corrupt(),
            "{length}"
        );
    }
    let error = Keyring::from_bytes(&[bytes.clone(), vec![0]].concat()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the keyring cannot be opened: something follows it"
    );
    assert!(
        Keyring::from_bytes(&vec![0; 5 << 20])
            .unwrap_err()
            .is_corrupt()
    );
    // [1, a list that claims 2^32 - 1 roots, ..]; a key that claims 4 GiB.
    assert!(Keyring::from_bytes(b"\x83\x01\x9a\xff\xff\xff\xff").is_err());
    assert!(Keyring::from_bytes(b"\x83\x01\x81\x85\x01\x00\xf6\xf6\x5a\xff\xff\xff\xff").is_err());
    let newer = [&[0x83, 2], &bytes[2..]].concat();
    assert_eq!(
        Keyring::from_bytes(&newer).unwrap_err().to_string(),
        "the keyring cannot be opened: its version is 2, this is a reader of 1"
    );
    // No active root, and two: the states of the roots stand here.
    for (place, was, state) in [(5, 0, 1), (5, 0, 2), (44, 1, 0)] {
        let mut bent = bytes.clone();
        assert_eq!(bent[place], was, "the state is not where it was");
        bent[place] = state;
        let told = Keyring::from_bytes(&bent).unwrap_err().to_string();
        assert_eq!(
            told,
            "keyring: must hold one active root, and hold it first"
        );
    }
}

proptest! {
    #[test]
    fn bent_bytes_of_a_ring_never_panic(place in 0_usize..150, byte in 0_u8..=255) {
        let mut bytes = keyring(1).with_readable(root(2)).unwrap().expose_bytes().unwrap().expose_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = Keyring::from_bytes(&bytes);
    }
}
