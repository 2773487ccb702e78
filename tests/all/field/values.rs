//! Values one by one and by the row: sizes, places, and what is left behind.
use std::collections::BTreeSet;

use countersign::field::{BlindIndex, FieldCipher, Keyring, Row};
use countersign::{Settings, text::Form};

use crate::support::fields::{REFUSED, cipher, keyring, long_term, root};

const PLACE: [&[u8]; 3] = [b"customers", b"phone", b"42"];

/// Refused by both ways to open it, with the one error, and nothing left in the buffer.
#[track_caller]
fn is_refused(cipher: &FieldCipher, context: &[&[u8]], sealed: &[u8]) {
    let error = cipher.open(context, sealed).unwrap_err();
    assert!(error.is_corrupt());
    assert_eq!(error.to_string(), REFUSED);
    let mut buffer = sealed.to_vec();
    let error = cipher.open_in_place(context, &mut buffer).unwrap_err();
    assert_eq!(error.to_string(), REFUSED);
    assert_eq!(buffer.len(), sealed.len());
    assert!(
        buffer.iter().all(|byte| *byte == 0),
        "something is left behind"
    );
}

#[test]
fn every_size_comes_back_both_ways() {
    let cipher = cipher(1);
    for size in [
        0,
        1,
        15,
        16,
        17,
        28,
        29,
        30,
        64,
        77,
        64 << 10,
        FieldCipher::MAX_PLAINTEXT,
    ] {
        let text: Vec<u8> = (0..size).map(|place| (place % 251) as u8).collect();
        let mut sealed = cipher.seal(&PLACE, &text).unwrap();
        assert_eq!(sealed.len(), size + FieldCipher::OVERHEAD);
        assert!(
            cipher.open(&PLACE, &sealed).unwrap().expose_bytes() == text,
            "{size}"
        );
        assert!(
            cipher.open_in_place(&PLACE, &mut sealed).unwrap() == text,
            "{size}"
        );
        assert!(
            sealed[size..].iter().all(|byte| *byte == 0),
            "{size}: something stands behind the text"
        );

        for room in [0, FieldCipher::OVERHEAD, 2 * FieldCipher::OVERHEAD] {
            let mut buffer = Vec::with_capacity(size + room);
            buffer.extend_from_slice(&text);
            cipher.seal_in_place(&PLACE, &mut buffer).unwrap();
            assert!(
                cipher.open(&PLACE, &buffer).unwrap().expose_bytes() == text,
                "{size} in place"
            );
        }
    }
}

#[test]
fn too_much_is_refused_with_the_rule() {
    let cipher = cipher(1);
    let mut text = vec![7; FieldCipher::MAX_PLAINTEXT + 1];
    let rule = "field: must hold 16 MiB at most";
    assert_eq!(cipher.seal(&PLACE, &text).unwrap_err().to_string(), rule);
    assert_eq!(
        cipher
            .seal_in_place(&PLACE, &mut text)
            .unwrap_err()
            .to_string(),
        rule
    );
    assert!(
        text.iter().all(|byte| *byte == 7),
        "the caller's text is gone"
    );
    let row = Row::new(&cipher, "customers", "42");
    assert_eq!(row.seal(&[("note", &text)]).unwrap_err().to_string(), rule);
    let parts = vec![b"x".as_slice(); 256];
    assert_eq!(
        cipher.seal(&parts, b"").unwrap_err().to_string(),
        "context: must have 255 parts at most"
    );
    assert!(cipher.seal(&parts[..255], b"").is_ok());
    let names: Vec<String> = (0..=Row::MAX_FIELDS)
        .map(|number| number.to_string())
        .collect();
    let fields: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b"".as_slice()))
        .collect();
    assert_eq!(
        row.seal(&fields).unwrap_err().to_string(),
        "row: must hold 65536 fields at most"
    );
}

#[test]
fn b20_a_value_opens_in_its_place_alone() {
    let cipher = cipher(1);
    let sealed = cipher.seal(&[b"ab", b"c"], b"text").unwrap();
    let others: [&[&[u8]]; 8] = [
        &[b"a", b"bc"],
        &[b"abc"],
        &[b"", b"abc"],
        &[b"ab", b"c", b""],
        &[b"ab", b"c\0"],
        &[b"c", b"ab"],
        &[b"ab"],
        &[],
    ];
    for other in others {
        is_refused(&cipher, other, &sealed);
    }
    let row = Row::new(&cipher, "customers", "42")
        .seal(&[("phone", b"1"), ("name", b"2")])
        .unwrap();
    is_refused(&cipher, &[b"customers", b"name", b"42"], &row[0]);
    is_refused(&cipher, &[b"customers", b"phone", b"43"], &row[0]);
    is_refused(&cipher, &[b"cards", b"phone", b"42"], &row[0]);
    assert!(
        Row::new(&cipher, "customers", "43")
            .open(&[("phone", &row[0])])
            .is_err()
    );
    assert!(
        Row::new(&cipher, "customers", "42")
            .open(&[("phone", &row[0]), ("name", &row[1])])
            .is_ok()
    );
    let elsewhere = [
        FieldCipher::new(&keyring(1), "shop", "customers").unwrap(),
        FieldCipher::new(&keyring(1), "bank", "customer").unwrap(),
    ];
    for other in elsewhere {
        is_refused(&other, &[b"ab", b"c"], &sealed);
    }
}

#[test]
fn b21_h05_another_key_under_the_same_id_is_refused_by_the_commitment() {
    let sealed = cipher(1).seal(&PLACE, b"text").unwrap();
    let other = Keyring::new(
        countersign::field::RootKey::from_bytes(1, [0x77; 32]).unwrap(),
        long_term(1),
    );
    let other = FieldCipher::new(&other, "bank", "customers").unwrap();
    is_refused(&other, &PLACE, &sealed);
    // The right key, and a commitment to another one: the tag alone would have let it pass.
    let mut sealed = sealed;
    let foreign = other.seal(&PLACE, b"text").unwrap();
    let end = sealed.len();
    sealed[end - 32..].copy_from_slice(&foreign[end - 32..]);
    is_refused(&cipher(1), &PLACE, &sealed);
}

#[test]
fn b22_suite_and_key_id_cannot_be_exchanged() {
    // Two roots of one ring: the id is authenticated, and belongs to the key.
    let ring = keyring(1).with_readable(root(2)).unwrap();
    let cipher = FieldCipher::new(&ring, "bank", "customers").unwrap();
    let sealed = cipher.seal(&PLACE, b"text").unwrap();
    for suite in (0..=255).filter(|suite| *suite != 1) {
        let mut bent = sealed.clone();
        bent[0] = suite;
        is_refused(&cipher, &PLACE, &bent);
        assert!(cipher.needs_reseal(&bent).is_err());
    }
    for id in [0_u32, 2, 3, 0x8000_0000, u32::MAX] {
        let mut bent = sealed.clone();
        bent[1..5].copy_from_slice(&id.to_be_bytes());
        is_refused(&cipher, &PLACE, &bent);
    }
}

#[test]
fn b23_h04_every_value_and_every_row_draws_its_nonce() {
    let cipher = cipher(1);
    let mut nonces = BTreeSet::new();
    let row = Row::new(&cipher, "customers", "42");
    for _ in 0..500 {
        nonces.insert(cipher.seal(&PLACE, b"").unwrap()[5..29].to_vec());
        for sealed in row.seal(&[("a", b""), ("b", b""), ("c", b"")]).unwrap() {
            nonces.insert(sealed[5..29].to_vec());
        }
    }
    assert_eq!(nonces.len(), 500 * 4, "a nonce came twice");
    let heads: BTreeSet<_> = nonces.iter().map(|nonce| nonce[..12].to_vec()).collect();
    assert_eq!(
        heads.len(),
        500 * 2,
        "a row has one derived key, and no other row has it"
    );
}

#[test]
fn b24_nothing_is_left_of_what_does_not_open() {
    let cipher = cipher(1);
    let sealed = cipher.seal(&PLACE, b"sixteen bytes...").unwrap();
    for length in 0..sealed.len() {
        is_refused(&cipher, &PLACE, &sealed[..length]);
    }
    for bit in 0..sealed.len() * 8 {
        let mut bent = sealed.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        is_refused(&cipher, &PLACE, &bent);
    }
    is_refused(&cipher, &PLACE, &[sealed.clone(), vec![0]].concat());
    is_refused(&cipher, &PLACE, &[vec![1], sealed].concat());
}

#[test]
fn b24_an_index_that_was_swapped_is_refused_alike() {
    let cipher = cipher(1);
    let phones = |bits| {
        BlindIndex::new(
            &keyring(1),
            "bank",
            "customers",
            ["customers", "phone"],
            Form::Phone,
            bits,
        )
        .unwrap()
    };
    let sealed = cipher.seal(&PLACE, b"+6281234567834").unwrap();
    let index = phones(32).of("+62 812 3456 7834").unwrap();
    assert!(phones(32).open(&cipher, &PLACE, &sealed, &index).is_ok());
    let strange = phones(32).of("+62 812 0000 0000").unwrap();
    let mut bent = index.clone();
    bent[7] ^= 1;
    for other in [&strange[..], &bent, b"", &index[..7]] {
        let error = phones(32)
            .open(&cipher, &PLACE, &sealed, other)
            .unwrap_err();
        assert_eq!(error.to_string(), REFUSED);
    }
    assert!(phones(31).open(&cipher, &PLACE, &sealed, &index).is_err());
    let binary = cipher.seal(&PLACE, &[0xff, 0xfe]).unwrap();
    let error = phones(32)
        .open(&cipher, &PLACE, &binary, &index)
        .unwrap_err();
    assert_eq!(error.to_string(), REFUSED);
}

#[test]
fn b34_rows_of_any_size_open_field_by_field() {
    let cipher = cipher(1);
    for count in [0, 1, 2, 32, 33, 300] {
        let names: Vec<String> = (0..count)
            .map(|number| format!("column {number}"))
            .collect();
        let fields: Vec<(&str, &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), name.as_bytes()))
            .collect();
        let sealed = Row::new(&cipher, "t", "r").seal(&fields).unwrap();
        assert_eq!(sealed.len(), count);
        for (name, value) in names.iter().zip(&sealed) {
            let opened = cipher.open(&[b"t", name.as_bytes(), b"r"], value).unwrap();
            assert_eq!(opened.expose_bytes(), name.as_bytes());
        }
        let mut twice = fields.clone();
        twice.extend(fields.first());
        assert_eq!(
            Row::new(&cipher, "t", "r").seal(&twice).is_err(),
            count > 0,
            "{count}"
        );
    }
    // Fields of several rows, roots and single seals in one call.
    let ring = keyring(2).with_readable(root(1)).unwrap();
    let later = FieldCipher::new(&ring, "bank", "customers").unwrap();
    let first = Row::new(&cipher, "t", "r")
        .seal(&[("a", b"1"), ("b", b"2")])
        .unwrap();
    let second = Row::new(&later, "t", "r")
        .seal(&[("c", b"3"), ("d", b"4")])
        .unwrap();
    let single = later.seal(&[b"t", b"e", b"r"], b"5").unwrap();
    let fields: [(&str, &[u8]); 5] = [
        ("a", &first[0]),
        ("c", &second[0]),
        ("b", &first[1]),
        ("e", &single),
        ("d", &second[1]),
    ];
    let opened = Row::new(&later, "t", "r").open(&fields).unwrap();
    let texts: Vec<&[u8]> = opened.iter().map(|text| text.expose_bytes()).collect();
    assert_eq!(texts, [b"1", b"3", b"2", b"5", b"4"]);
}

#[test]
fn purposes_of_the_library_are_its_own() {
    for purpose in FieldCipher::RESERVED_PURPOSES {
        let told = FieldCipher::new(&keyring(1), "bank", purpose)
            .unwrap_err()
            .to_string();
        assert_eq!(told, format!("purpose: `{purpose}` is the library's own"));
    }
    for purpose in ["", &"x".repeat(241)] {
        let told = FieldCipher::new(&keyring(1), "bank", purpose)
            .unwrap_err()
            .to_string();
        assert_eq!(told, "purpose: must hold 1 to 240 bytes");
    }
    assert!(FieldCipher::new(&keyring(1), "bank", &"x".repeat(240)).is_ok());
    assert!(Settings::new("bank", keyring(1)).is_ok());
}

#[test]
fn no_debug_shows_what_is_inside() {
    let cipher = cipher(1);
    let shown = format!(
        "{cipher:?} {:?} {:?}",
        Row::new(&cipher, "customers", "C-1042"),
        root(1)
    );
    assert_eq!(shown, "FieldCipher(bank, ..) Row(customers, ..) RootKey(1)");
}
