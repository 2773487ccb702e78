//! Our own vectors, generated once and frozen; and a reader in another language, made from the text of the format alone.
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::field::{BlindIndex, FieldCipher, Keyring, Row, SubjectKey};
use countersign::text::Form;
use serde::Deserialize;

use crate::support::fields::{long_term, root};
use crate::support::maya;

#[derive(Deserialize)]
struct Vectors {
    realm: String,
    purpose: String,
    roots: Vec<Key>,
    long_term: Key,
    value: Vec<Value>,
    index: Vec<Index>,
    subject: Erasable,
}

#[derive(Deserialize)]
struct Key {
    id: u32,
    bytes: String,
}

#[derive(Deserialize)]
struct Value {
    name: String,
    context: Vec<String>,
    plaintext: String,
    sealed: String,
}

#[derive(Deserialize)]
struct Index {
    column: [String; 2],
    form: String,
    bits: u16,
    value: String,
    canonical: String,
    index: String,
}

#[derive(Deserialize)]
struct Erasable {
    id: String,
    store_key: String,
    wrapped: String,
    value: Value,
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/field_v1.toml")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    let pair = |from| u8::from_str_radix(&hex[from..from + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

fn ring() -> Keyring {
    Keyring::new(root(2), long_term(7))
        .with_readable(root(1))
        .unwrap()
}

#[test]
fn the_frozen_vectors_open() {
    let vectors: Vectors = toml::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap();
    for (key, own) in vectors.roots.iter().zip([root(2), root(1)]) {
        assert_eq!(
            (key.id, bytes(&key.bytes)),
            (own.id(), own.expose_bytes().to_vec())
        );
    }
    assert_eq!(
        bytes(&vectors.long_term.bytes),
        long_term(vectors.long_term.id).expose_bytes()
    );
    let cipher = FieldCipher::new(&ring(), &vectors.realm, &vectors.purpose).unwrap();
    let opens = |cipher: &FieldCipher, value: &Value| {
        let parts: Vec<Vec<u8>> = value.context.iter().map(|part| bytes(part)).collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let opened = cipher.open(&parts, &bytes(&value.sealed)).unwrap();
        assert_eq!(
            hex(opened.expose_bytes()),
            value.plaintext,
            "{}",
            value.name
        );
    };
    assert!(vectors.value.len() >= 8);
    for value in &vectors.value {
        opens(&cipher, value);
    }
    for index in &vectors.index {
        let [table, column] = &index.column;
        let form = [
            Form::Text,
            Form::Email,
            Form::Phone,
            Form::Date,
            Form::Exact,
        ]
        .into_iter()
        .find(|form| format!("{form:?} 1").to_lowercase() == index.form)
        .unwrap();
        let own = BlindIndex::new(
            &ring(),
            &vectors.realm,
            &vectors.purpose,
            [table, column],
            form,
            index.bits,
        )
        .unwrap();
        for spelling in [&index.value, &index.canonical] {
            assert_eq!(hex(&own.of(spelling).unwrap()), index.index);
        }
    }
    let erasable = &vectors.subject;
    assert_eq!(erasable.id, maya().id());
    let key = SubjectKey::unwrap(&maya(), &bytes(&erasable.wrapped), &ring()).unwrap();
    opens(&key.cipher(&vectors.purpose).unwrap(), &erasable.value);
    assert_eq!(erasable.store_key.len(), 64);
}

#[test]
#[ignore = "writes tests/vectors/field_v1.toml, once: frozen from the first release on"]
fn write_the_vectors() {
    let mut out = String::from(
        "# Sealed fields, suite 1, and blind indexes: the format is described in the crate's documentation, module `field`.\n\
         # All byte strings are hexadecimal.\n\
         realm = \"bank\"\npurpose = \"customers\"\n",
    );
    let key = |out: &mut String, head, id, bytes: &[u8]| {
        writeln!(out, "\n{head}\nid = {id}\nbytes = \"{}\"", hex(bytes)).unwrap();
    };
    for root in [root(2), root(1)] {
        key(&mut out, "[[roots]]", root.id(), root.expose_bytes());
    }
    key(&mut out, "[long_term]", 7, long_term(7).expose_bytes());
    let cipher = FieldCipher::new(&ring(), "bank", "customers").unwrap();
    let old = FieldCipher::new(&Keyring::new(root(1), long_term(7)), "bank", "customers").unwrap();
    let value = |out: &mut String,
                 head,
                 name: &str,
                 context: &[&[u8]],
                 plain: &[u8],
                 sealed: &[u8]| {
        let parts: Vec<String> = context
            .iter()
            .map(|part| format!("\"{}\"", hex(part)))
            .collect();
        let (parts, plain, sealed) = (parts.join(", "), hex(plain), hex(sealed));
        writeln!(
            out,
            "\n{head}\nname = \"{name}\"\ncontext = [{parts}]\nplaintext = \"{plain}\"\nsealed = \"{sealed}\""
        )
        .unwrap();
    };
    let place: [&[u8]; 3] = [b"customers", b"phone", b"42"];
    type Single<'a> = (&'a str, &'a FieldCipher, &'a [&'a [u8]], &'a [u8]);
    let single: [Single<'_>; 6] = [
        ("a telephone number", &cipher, &place, b"+6281234567834"),
        ("nothing", &cipher, &place, b""),
        ("no context", &cipher, &[], b"text"),
        ("empty parts", &cipher, &[b"", b"", b""], b"text"),
        ("one whole block", &cipher, &place, b"sixteen bytes..."),
        (
            "under the root that only reads",
            &old,
            &place,
            b"+6281234567834",
        ),
    ];
    for (name, cipher, context, plain) in single {
        let sealed = cipher.seal(context, plain).unwrap();
        value(&mut out, "[[value]]", name, context, plain, &sealed);
    }
    let fields: [(&str, &[u8]); 3] = [
        ("name", b"Maya"),
        ("phone", b"+6281234567834"),
        ("note", b""),
    ];
    let row = Row::new(&cipher, "customers", "42").seal(&fields).unwrap();
    for ((column, plain), sealed) in fields.iter().zip(&row) {
        let context: [&[u8]; 3] = [b"customers", column.as_bytes(), b"42"];
        value(
            &mut out,
            "[[value]]",
            &format!("{column}, of a row"),
            &context,
            plain,
            sealed,
        );
    }
    for (column, form, name, bits, given, canonical) in [
        (
            "phone",
            Form::Phone,
            "phone 1",
            16,
            "+62 812-3456-7834",
            "+6281234567834",
        ),
        ("name", Form::Text, "text 1", 12, "O’Brien", "obrien"),
        (
            "email",
            Form::Email,
            "email 1",
            31,
            " Maya@Example.com",
            "maya@example.com",
        ),
        ("born", Form::Date, "date 1", 9, "1984-02-29", "1984-02-29"),
        (
            "iban",
            Form::Exact,
            "exact 1",
            256,
            "DE89 3704",
            "DE89 3704",
        ),
    ] {
        let index = BlindIndex::new(
            &ring(),
            "bank",
            "customers",
            ["customers", column],
            form,
            bits,
        )
        .unwrap();
        let index = hex(&index.of(given).unwrap());
        writeln!(
            out,
            "\n[[index]]\ncolumn = [\"customers\", \"{column}\"]\nform = \"{name}\"\nbits = {bits}\nvalue = \"{given}\"\n\
             canonical = \"{canonical}\"\nindex = \"{index}\""
        )
        .unwrap();
    }
    let key = SubjectKey::create(&maya()).unwrap();
    let wrapped = hex(&key.wrap(&ring()).unwrap());
    let store_key = hex(ring::hmac::sign(
        &ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"bank"),
        b"C-1042",
    )
    .as_ref());
    writeln!(
        out,
        "\n[subject]\nid = \"C-1042\"\nstore_key = \"{store_key}\"\nwrapped = \"{wrapped}\""
    )
    .unwrap();
    let sealed = key
        .cipher("customers")
        .unwrap()
        .seal(&place, b"+6281234567834")
        .unwrap();
    value(
        &mut out,
        "[subject.value]",
        "under the subject's own key",
        &place,
        b"+6281234567834",
        &sealed,
    );
    std::fs::write(file(), out).unwrap();
}

#[test]
fn a_reader_in_python_opens_them() {
    let ready = Command::new("python3")
        .args(["-c", "import cryptography, tomllib"])
        .output();
    if !ready.is_ok_and(|output| output.status.success()) {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(
            !ci,
            "python3 with `cryptography` must be installed where CI=true"
        );
        // Past the test harness, which would swallow what `println!` writes.
        writeln!(
            std::io::stderr(),
            "skipped: a_reader_in_python_opens_them, because python3 with `cryptography` is not installed"
        )
        .unwrap();
        return;
    }
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_fields.py");
    let lines = std::fs::read_to_string(&reader).unwrap().lines().count();
    assert!(
        lines <= 60,
        "the reader has {lines} lines: is the format still simple?"
    );
    let output = Command::new("python3")
        .arg(&reader)
        .arg(file())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        told.trim(),
        "10 values opened, 5 indexes computed, 1000 bent values refused"
    );
}
