//! Sealed fields in C, and values that cross between C and Rust.

use std::path::Path;
use std::process::Command;

use countersign::field::{BlindIndex, FieldCipher, Keyring, LongTermSecret, RootKey, Row};
use countersign::text::Form;

use super::programs::{compile, run_with, text};

const PLACE: [&[u8]; 3] = [b"customers", b"note", b"42"];
const NOTE: &[u8] = b"prefers mornings";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(line: &str) -> Vec<u8> {
    let digits = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    line.as_bytes().chunks(2).map(digits).collect()
}

#[test]
fn fields_and_indexes_in_c() {
    for compiler in ["gcc", "clang"] {
        let program = compile(compiler, "c11", "fields.c");
        run_with(&program, &[]);
        crosses(&program);
    }
}

/// What Rust seals opens in C, and the other way round.
fn crosses(program: &Path) {
    let root = RootKey::generate(3).unwrap();
    let keyring = Keyring::new(root, LongTermSecret::generate(4).unwrap());
    let cipher = FieldCipher::new(&keyring, "bank", "customers").unwrap();
    let output = Command::new(program)
        .arg(hex(keyring.expose_bytes().unwrap().expose_bytes()))
        .arg(hex(&cipher.seal(&PLACE, NOTE).unwrap()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));

    let printed = String::from_utf8(output.stdout).unwrap();
    let values: Vec<Vec<u8>> = printed.lines().map(unhex).collect();
    let [note, name, row_note, index] = values.as_slice() else {
        panic!("{printed}")
    };
    assert_eq!(cipher.open(&PLACE, note).unwrap().expose_bytes(), NOTE);
    let row = Row::new(&cipher, "customers", "42");
    let opened = row.open(&[("name", name), ("note", row_note)]).unwrap();
    assert_eq!(opened[0].expose_bytes(), b"Maya");
    assert_eq!(opened[1].expose_bytes(), NOTE);
    let column = ["customers", "phone"];
    let phones = BlindIndex::new(&keyring, "bank", "customers", column, Form::Phone, 12).unwrap();
    assert_eq!(&phones.of("+6281234567834").unwrap(), index);
}
