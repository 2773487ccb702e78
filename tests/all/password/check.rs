//! Judging passwords: forms, peppers, renewal, decoys.
use countersign::field::{Keyring, LongTermSecret};
use countersign::{
    Error,
    hashing::Cost,
    password::{Password, PasswordHash, PasswordRules, Rejection},
    transition::{CommitResult, Saved, Verdict},
};

use crate::support::passwords::{
    ELEPHANTS, enrolled, is_right, permit, ring, root, small, status, told, try_enrol, turned,
    without_pepper,
};

#[test]
fn only_the_password_is_right() {
    let (hash, ring) = (enrolled(ELEPHANTS, &ring(1)), ring(1));
    assert!(is_right(&hash, ELEPHANTS, &ring));
    for text in [
        "",
        "eleven purple elephant",
        "eleven purple elephants ",
        "Eleven purple elephants",
        "eleven purple elephants\0",
        "eleven purple elephants\u{200b}",
        "eleven purple \u{ff45}lephants",
        &ELEPHANTS.repeat(20),
        &ELEPHANTS.repeat(50_000),
    ] {
        assert!(!is_right(&hash, text, &ring), "{text:.40}");
    }
}

#[test]
fn every_keyboard_types_the_same_password() {
    let ring = ring(1);
    let hash = enrolled("caf\u{e9} \u{d55c}\u{ae00} \u{1f600}!", &ring);
    assert!(is_right(
        &hash,
        "cafe\u{301}\u{a0}\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}\u{3000}\u{1f600}!",
        &ring
    ));
    assert!(!is_right(&hash, "cafe \u{d55c}\u{ae00} \u{1f600}!", &ring));
}

#[test]
fn text_without_a_form_is_wrong_and_no_error() {
    let ring = ring(1);
    let foreign = "$argon2id$v=19$m=65536,t=4,p=1$V243VHVNcFVXUHJMcFJlSg$MHIsJm7gMNK79pKlNc+LmWAvFUubNPz4T0n2t2os334";
    for hash in [
        enrolled(ELEPHANTS, &ring),
        PasswordHash::parse(foreign).unwrap(),
    ] {
        for text in ["", "\0", "\u{378}", "\u{e000}", &"x".repeat(1 << 20)] {
            assert!(!is_right(&hash, text, &ring));
        }
    }
}

/// The hash that a program makes which knows no forms.
fn of_bytes(text: &str) -> PasswordHash {
    use base64ct::{Base64Unpadded, Encoding};
    let salt = b"somesaltsomesalt";
    let mut tag = [0; 32];
    let params = argon2::Params::new(7_168, 5, 1, Some(tag.len())).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    argon2
        .hash_password_into(text.as_bytes(), salt, &mut tag)
        .unwrap();
    let [salt, tag] = [&salt[..], &tag[..]].map(Base64Unpadded::encode_string);
    let phc = format!("$argon2id$v=19$m=7168,t=5,p=1${salt}${tag}");
    PasswordHash::parse(&phc).unwrap()
}

#[test]
fn b61_a_hash_of_others_matches_in_whichever_form_it_was_made() {
    let ring = ring(1);
    let (composed, apart) = ("caf\u{e9} Müller 1453", "cafe\u{301} Mu\u{308}ller 1453");
    let korean = (
        "\u{d55c}\u{ae00} 1453",
        "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af} 1453",
    );
    for (composed, apart) in [(composed, apart), korean] {
        for made_of in [composed, apart] {
            let hash = of_bytes(made_of);
            for typed in [composed, apart] {
                assert!(is_right(&hash, typed, &ring), "{made_of:?} {typed:?}");
            }
            for other in [
                composed.replace('3', "4"),
                composed.replace(' ', ""),
                format!("{composed} "),
                format!("{composed}\u{301}"),
            ] {
                assert!(!is_right(&hash, &other, &ring), "{other:?}");
            }
        }
    }
    // Text in neither form, as it was typed there; it has another blank besides.
    let mixed = "cafe\u{301}\u{a0}M\u{fc}ller 1453";
    assert!(is_right(&of_bytes(mixed), mixed, &ring));
    assert!(is_right(&of_bytes(composed), mixed, &ring));
    // Ours is of one form, and a right password makes one of ours.
    let hash = of_bytes(apart);
    let step = hash.check(
        &Password::typed(composed),
        &ring,
        Cost::default(),
        &mut permit(),
    );
    let (verdict, stored) = told(step);
    assert_eq!(verdict, Verdict::Accepted);
    let stored = stored.unwrap();
    assert!(stored.phc().contains("keyid="));
    for typed in [composed, apart] {
        assert!(is_right(&stored, typed, &ring));
    }
}

#[test]
fn what_others_stored_of_nothing_is_nobodys_password() {
    // The hash of the empty text, by argon2-cffi; and what would be compared with it.
    let empty = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$sZ483VbIIoOwneO8ZsIkXh2bXDPDVnZdV4cu0pKbM8I";
    let hash = PasswordHash::parse(empty).unwrap();
    for text in ["", &"x".repeat(1 << 20)] {
        assert!(!is_right(&hash, text, &ring(1)));
    }
}

#[test]
fn n05_the_pepper_counts_and_a_wrong_one_is_no_wrong_password() {
    let hash = enrolled(ELEPHANTS, &ring(1));
    let check = |ring: &Keyring| {
        let typed = Password::typed(ELEPHANTS);
        hash.check(&typed, ring, Cost::default(), &mut permit())
    };
    let lost = check(&ring(2)).unwrap_err();
    assert!(lost.is_corrupt());
    assert!(hash.expect_pepper(&ring(2)).unwrap_err().is_corrupt());
    let other = Keyring::new(root(), LongTermSecret::from_bytes(1, [9; 32]).unwrap());
    let replaced = check(&other).unwrap_err();
    assert_eq!(
        replaced.to_string(),
        "the hash cannot be opened: the long-term secret of generation 1 is another one"
    );
    assert!(check(&turned(2, 1)).is_ok());
}

#[test]
fn an_old_pepper_or_cost_is_renewed_by_the_right_password_only() {
    let old = enrolled(ELEPHANTS, &ring(1));
    for (ring, cost, renews) in [
        (ring(1), Cost::default(), false),
        (turned(2, 1), Cost::default(), true),
        (ring(1), small(), true),
        (turned(2, 1), small(), true),
    ] {
        assert_eq!(old.needs_rehash(&ring, cost).unwrap(), renews);
        let check = |hash: &PasswordHash, text: &str| {
            told(hash.check(&Password::typed(text), &ring, cost, &mut permit()))
        };
        let (verdict, stored) = check(&old, "wrong");
        assert_eq!((verdict, stored.is_some()), (Verdict::Wrong, false));
        let (verdict, stored) = check(&old, ELEPHANTS);
        assert_eq!((verdict, stored.is_some()), (Verdict::Accepted, renews));
        let Some(new) = stored else { continue };
        assert!(!new.needs_rehash(&ring, cost).unwrap());
        assert_eq!(check(&new, ELEPHANTS).0, Verdict::Accepted);
        assert_eq!(check(&new, "wrong").0, Verdict::Wrong);
    }
}

#[test]
fn a_renewal_that_is_not_stored_tells_nothing() {
    let old = enrolled(ELEPHANTS, &ring(1));
    let step = || {
        let typed = Password::typed(ELEPHANTS);
        old.check(&typed, &turned(2, 1), Cost::default(), &mut permit())
            .unwrap()
    };
    assert!(matches!(
        step().commit(|_| Saved::<()>::Conflict),
        Ok(CommitResult::Conflict)
    ));
    assert!(
        step()
            .commit(|_| Saved::Failed("the disk is gone"))
            .is_err()
    );
}

#[test]
fn a_hash_of_others_is_renewed_with_a_pepper() {
    let ring = ring(1);
    let plain = without_pepper(ELEPHANTS, Cost::default());
    let plain = PasswordHash::parse(plain.phc()).unwrap();
    let step = plain.check(
        &Password::typed(ELEPHANTS),
        &ring,
        Cost::default(),
        &mut permit(),
    );
    let (verdict, stored) = told(step);
    assert_eq!(verdict, Verdict::Accepted);
    let stored = stored.unwrap();
    assert!(stored.phc().contains(",keyid=AAAAA"));
    assert!(is_right(&stored, ELEPHANTS, &ring));
    // It needs no pepper itself.
    assert!(plain.expect_pepper(&self::ring(9)).is_ok());
}

#[test]
fn b12_a_decoy_looks_like_another_and_nothing_matches() {
    let ring = ring(1);
    let (decoy, real) = (
        PasswordHash::decoy(&ring, Cost::default()).unwrap(),
        enrolled(ELEPHANTS, &ring),
    );
    assert_eq!(decoy.phc().len(), real.phc().len());
    let settings = |hash: &PasswordHash| hash.phc().split('$').nth(3).map(str::to_owned);
    assert_eq!(settings(&decoy), settings(&real));
    assert_eq!(format!("{decoy:?}"), format!("{real:?}"));
    for text in ["", ELEPHANTS, "\0"] {
        assert!(!is_right(&decoy, text, &ring));
    }
    let again = PasswordHash::decoy(&ring, Cost::default()).unwrap();
    assert_ne!(again.phc(), decoy.phc());
}

#[test]
fn n01_n04_nothing_is_enrolled_that_the_rules_refuse() {
    // There is no way to enrol but by rules.
    let rules = PasswordRules::single_factor()
        .with_blocklist(|whole| whole == "correct horse battery staple");
    let why = |text: &str| {
        let typed = Password::typed(text);
        let why = rules.check(&typed).unwrap_err();
        let (ring, cost) = (ring(1), Cost::default());
        let error = PasswordHash::enrol(&typed, &rules, &ring, cost, &mut permit()).unwrap_err();
        assert_eq!(error.to_string(), Error::from(why).to_string());
        let error = PasswordHash::enrol_without_pepper(&typed, &rules, cost, &mut permit());
        assert_eq!(error.unwrap_err().to_string(), Error::from(why).to_string());
        why
    };
    assert_eq!(why("14 code points"), Rejection::TooShort { at_least: 15 });
    assert_eq!(why("Correct Horse Battery Staple"), Rejection::Blocked);
}

#[test]
fn a_cost_from_stored_bytes_makes_no_weak_hash() {
    // `Cost` can be decoded; what is out of range is refused where it would be used.
    for bytes in [[8_u32, 1, 1], [u32::MAX, 2, 1], [19_456, 2, 1 << 24]] {
        let cost: Cost = minicbor::decode(&minicbor::to_vec(bytes).unwrap()).unwrap();
        let enrolled = try_enrol(ELEPHANTS, &ring(1), cost);
        assert!(enrolled.unwrap_err().is_misuse());
        assert!(PasswordHash::decoy(&ring(1), cost).unwrap_err().is_misuse());
    }
}

#[test]
fn a_limited_ring_without_a_pepper_is_an_error() {
    let hash = enrolled(ELEPHANTS, &ring(1));
    let limited = Keyring::new(root(), status(1))
        .limited_to(&["notes"])
        .unwrap();
    let typed = Password::typed(ELEPHANTS);
    assert!(
        hash.check(&typed, &limited, Cost::default(), &mut permit())
            .is_err()
    );
}
