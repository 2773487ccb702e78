//! Keys of subjects: what is erased with them, and what is not.
use countersign::Subject;
use countersign::field::{FieldCipher, Keyring, Row, SubjectKey};

use crate::support::fields::{REFUSED, keyring, long_term, root};
use crate::support::maya;

const PLACE: [&[u8]; 3] = [b"customers", b"phone", b"42"];

fn unwrapped(wrapped: &[u8], ring: &Keyring) -> Result<SubjectKey, countersign::Error> {
    SubjectKey::unwrap(&maya(), wrapped, ring)
}

#[test]
fn fields_of_a_destroyed_key_do_not_open_with_everything_else_in_hand() {
    let ring = keyring(1);
    let key = SubjectKey::create(&maya()).unwrap();
    let mut wrapped = key.wrap(&ring).unwrap();
    let old_rows = [
        key.cipher("customers")
            .unwrap()
            .seal(&PLACE, b"+62 812")
            .unwrap(),
        Row::new(&key.cipher("customers").unwrap(), "customers", "42")
            .seal(&[("phone", b"+62 812")])
            .unwrap()
            .remove(0),
    ];
    assert!(
        unwrapped(&wrapped, &ring)
            .unwrap()
            .cipher("customers")
            .unwrap()
            .open(&PLACE, &old_rows[0])
            .is_ok()
    );

    key.destroy(&mut wrapped);
    assert_eq!(unwrapped(&wrapped, &ring).unwrap_err().to_string(), REFUSED);
    // Every cipher that the ring, the subject and new keys of hers give.
    let anew = SubjectKey::create(&maya()).unwrap();
    let again = unwrapped(&anew.wrap(&ring).unwrap(), &ring).unwrap();
    let ciphers = [
        FieldCipher::new(&ring, "bank", "customers").unwrap(),
        FieldCipher::new(
            &ring.clone().rotated_to(root(2)).unwrap(),
            "bank",
            "customers",
        )
        .unwrap(),
        anew.cipher("customers").unwrap(),
        again.cipher("customers").unwrap(),
    ];
    for sealed in &old_rows {
        assert_eq!(FieldCipher::key_id_of(sealed), Some(SubjectKey::KEY_ID));
        for cipher in &ciphers {
            assert_eq!(
                cipher.open(&PLACE, sealed).unwrap_err().to_string(),
                REFUSED
            );
        }
    }
}

#[test]
fn an_old_copy_of_the_wrapped_key_opens_until_its_root_is_revoked() {
    let ring = keyring(1);
    let (erased, kept) = (maya(), Subject::new("bank", "C-1043").unwrap());
    let key = SubjectKey::create(&erased).unwrap();
    let mut wrapped = key.wrap(&ring).unwrap();
    let backup = wrapped.clone();
    let sealed = key
        .cipher("customers")
        .unwrap()
        .seal(&PLACE, b"+62 812")
        .unwrap();
    let other = SubjectKey::create(&kept).unwrap();
    let others = other
        .cipher("customers")
        .unwrap()
        .seal(&PLACE, b"+62 813")
        .unwrap();
    let survivor = other.wrap(&ring).unwrap();
    key.destroy(&mut wrapped);

    let opens = |ring: &Keyring| {
        let key = unwrapped(&backup, ring)?;
        key.cipher("customers")?.open(&PLACE, &sealed)
    };
    assert_eq!(
        opens(&ring).unwrap().expose_bytes(),
        b"+62 812",
        "a backup opens"
    );
    let rotated = ring.rotated_to(root(2)).unwrap();
    assert!(
        opens(&rotated).is_ok(),
        "and still does while the root is readable"
    );
    assert!(SubjectKey::needs_rewrap(&survivor, &rotated).unwrap());
    let survivor = SubjectKey::rewrap(&kept, &survivor, &rotated).unwrap();

    let revoked = Keyring::new(root(2), long_term(1))
        .with_revoked(root(1))
        .unwrap();
    let gone = Keyring::new(root(2), long_term(1));
    for ring in [revoked, gone] {
        assert_eq!(opens(&ring).unwrap_err().to_string(), REFUSED);
        assert!(SubjectKey::rewrap(&erased, &backup, &ring).is_err());
        assert!(!SubjectKey::needs_rewrap(&survivor, &ring).unwrap());
        let key = SubjectKey::unwrap(&kept, &survivor, &ring).unwrap();
        assert_eq!(
            key.cipher("customers")
                .unwrap()
                .open(&PLACE, &others)
                .unwrap()
                .expose_bytes(),
            b"+62 813"
        );
    }
}

#[test]
fn a_wrapped_key_is_its_subjects_alone() {
    let ring = keyring(1);
    let wrapped = SubjectKey::create(&maya()).unwrap().wrap(&ring).unwrap();
    for (realm, id) in [("bank", "C-1043"), ("shop", "C-1042")] {
        let other = Subject::new(realm, id).unwrap();
        assert_eq!(
            SubjectKey::unwrap(&other, &wrapped, &ring)
                .unwrap_err()
                .to_string(),
            REFUSED
        );
    }
    for bit in 0..wrapped.len() * 8 {
        let mut bent = wrapped.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(unwrapped(&bent, &ring).unwrap_err().to_string(), REFUSED);
    }
    for length in 0..wrapped.len() {
        assert!(unwrapped(&wrapped[..length], &ring).is_err());
    }
    assert!(SubjectKey::needs_rewrap(b"", &ring).is_err());
    let part = ring.limited_to(&[SubjectKey::PURPOSE]).unwrap();
    assert!(
        unwrapped(&wrapped, &part).is_ok(),
        "a process that only unwraps"
    );
    assert!(
        unwrapped(&wrapped, &ring.limited_to(&["customers"]).unwrap())
            .unwrap_err()
            .is_misuse()
    );
}

#[test]
fn the_rotation_of_roots_leaves_values_of_subjects_alone() {
    let sealed = SubjectKey::create(&maya())
        .unwrap()
        .cipher("customers")
        .unwrap()
        .seal(&PLACE, b"x")
        .unwrap();
    assert!(
        !crate::support::fields::cipher(2)
            .needs_reseal(&sealed)
            .unwrap()
    );
    assert!(
        SubjectKey::create(&maya())
            .unwrap()
            .cipher("account")
            .is_err(),
        "a purpose of the library"
    );
}
