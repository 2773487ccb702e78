//! Columns as types: their place, their serde forms, and hostile bytes in their stead.
use countersign::SecretText;
use countersign::field::{Column, Encrypted, FieldCipher, FieldValue};
use serde::{Deserialize, Serialize};

use crate::support::fields::{REFUSED, cipher};

struct Phone;

impl Column for Phone {
    type Value = SecretText;
    const TABLE: &'static str = "customers";
    const COLUMN: &'static str = "phone";
}

struct Note;

impl Column for Note {
    type Value = String;
    const TABLE: &'static str = "customers";
    const COLUMN: &'static str = "note";
}

#[derive(Serialize, Deserialize)]
struct Customer {
    id: u32,
    phone: Encrypted<Phone>,
}

fn phone() -> SecretText {
    SecretText::from("+62 812 3456 7834".to_owned())
}

#[test]
fn a_value_is_of_its_column_and_record() {
    let cipher = cipher(1);
    let sealed = Encrypted::<Phone>::seal(&phone(), "42", &cipher).unwrap();
    assert_eq!(
        sealed.open("42", &cipher).unwrap().expose_text(),
        "+62 812 3456 7834"
    );
    assert_eq!(sealed.open("43", &cipher).unwrap_err().to_string(), REFUSED);
    let elsewhere = Encrypted::<Note>::from_bytes(sealed.as_bytes().to_vec()).unwrap();
    assert_eq!(
        elsewhere.open("42", &cipher).unwrap_err().to_string(),
        REFUSED
    );
    let single_factor = cipher.open(&[b"customers", b"phone", b"42"], sealed.as_bytes());
    assert!(
        single_factor.is_ok(),
        "the context is table, column, record"
    );
    let binary = cipher
        .seal(&[b"customers", b"note", b"42"], &[0xff])
        .unwrap();
    let binary = Encrypted::<Note>::from_bytes(binary).unwrap();
    assert_eq!(
        binary.open("42", &cipher).unwrap_err().to_string(),
        REFUSED,
        "no text"
    );
    assert_eq!(format!("{sealed:?}"), "Encrypted(94 bytes)");
}

#[test]
fn it_travels_as_bytes_or_base64() {
    let cipher = cipher(1);
    let maya = Customer {
        id: 42,
        phone: Encrypted::seal(&phone(), "42", &cipher).unwrap(),
    };
    let json = serde_json::to_string(&maya).unwrap();
    assert_eq!(
        json.len(),
        r#"{"id":42,"phone":""}"#.len() + 94_usize.div_ceil(3) * 4
    );
    let back: Customer = serde_json::from_str(&json).unwrap();
    assert_eq!(back.phone.as_bytes(), maya.phone.as_bytes());
    assert!(back.phone.open("42", &cipher).is_ok());

    let cbor = minicbor_serde::to_vec(&maya).unwrap();
    assert!(cbor.len() < 94 + 16, "{} bytes for 94", cbor.len());
    let back: Customer = minicbor_serde::from_slice(&cbor).unwrap();
    assert_eq!(back.id, 42);
    assert_eq!(back.phone.as_bytes(), maya.phone.as_bytes());
}

#[test]
fn what_is_no_sealed_value_is_refused_and_not_repeated() {
    let sealed = Encrypted::<Phone>::seal(&phone(), "42", &cipher(1)).unwrap();
    let json = serde_json::to_string(&sealed).unwrap();
    for bad in [
        "\"\"",
        "\"+62 812 3456 7834\"",
        "\"AQID\"",
        "null",
        "42",
        "[1,2]",
        &json[..json.len() - 2],
        &json.replace('=', ""),
    ] {
        let told = serde_json::from_str::<Encrypted<Phone>>(bad)
            .unwrap_err()
            .to_string();
        assert!(!told.contains("+62 812"), "{told}");
    }
    for length in 0..FieldCipher::OVERHEAD {
        assert!(Encrypted::<Phone>::from_bytes(sealed.as_bytes()[..length].to_vec()).is_err());
    }
    let mut other_suite = sealed.as_bytes().to_vec();
    other_suite[0] = 2;
    assert!(Encrypted::<Phone>::from_bytes(other_suite).is_err());
    let long = vec![1; FieldCipher::MAX_PLAINTEXT + FieldCipher::OVERHEAD + 1];
    assert!(Encrypted::<Phone>::from_bytes(long).is_err());
    // CBOR bytes that claim 4 GiB, and a list that does.
    for hostile in [
        &b"\x5a\xff\xff\xff\xff\x01"[..],
        b"\x9a\xff\xff\xff\xff\x01\x01",
    ] {
        assert!(minicbor_serde::from_slice::<Encrypted<Phone>>(hostile).is_err());
    }
}

#[test]
fn values_come_back_as_what_they_were() {
    fn round<T: FieldValue>(value: T) -> T {
        T::from_field(value.to_field()).unwrap()
    }
    assert_eq!(round(i64::MIN), i64::MIN);
    assert_eq!(round(u64::MAX), u64::MAX);
    assert_eq!(round(vec![1_u8, 2]), [1, 2]);
    assert_eq!(round("Zoë".to_owned()), "Zoë");
    assert!(i64::from_field("seven".to_owned().to_field()).is_none());
    assert!(String::from_field(vec![0xff_u8].to_field()).is_none());
}
