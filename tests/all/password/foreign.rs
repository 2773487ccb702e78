//! Agreement with the programs that most password tables were filled by: the `argon2` tool, argon2-cffi and PHP.
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Stdio};

use base64ct::{Base64Unpadded, Encoding as _};
use countersign::{
    hashing::Cost,
    password::{Password, PasswordHash, PasswordRules},
    transition::Verdict,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use crate::support::passwords::{
    enrolled, is_right, permit, ring, standing_bytes, told, without_pepper,
};
use crate::support::programs::{ask, cases, hex, is_there};

const CASES: usize = 10;

#[derive(Deserialize)]
struct Vectors {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    password: String,
    phc: String,
    #[serde(default)]
    weak: bool,
}

#[test]
fn h03_hashes_of_others_verify_and_are_renewed() {
    let vectors: Vectors = toml::from_str(include_str!("../../vectors/argon2id.toml")).unwrap();
    assert_eq!(vectors.case.len(), 11);
    for case in vectors.case {
        assert_eq!(
            PasswordHash::parse(&case.phc).is_err(),
            case.weak,
            "{}",
            case.name
        );
        let hash = PasswordHash::parse_weak(&case.phc).unwrap();
        assert_eq!(hash.phc(), case.phc);
        let (ring, typed) = (ring(1), Password::typed(&case.password));
        assert!(hash.needs_rehash(&ring, Cost::default()).unwrap());
        let step = hash.check(&typed, &ring, Cost::default(), &mut permit());
        let (verdict, stored) = told(step);
        assert_eq!(verdict, Verdict::Accepted, "{}", case.name);
        assert!(is_right(&stored.unwrap(), &case.password, &ring));
        assert!(
            !is_right(&hash, &format!("{} ", case.password), &ring),
            "{}",
            case.name
        );
    }
}

/// A password as anybody types one: any text, also what we would not take for a new one.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{8,40}",
        "[a-z\u{e9}\u{fc}\u{5b57}\u{1f600} !]{8,40}",
        "[ae\u{301}\u{308}\u{a0}\u{3000}]{8,20}",
        "[\u{1}-\u{1f}a-z]{8,20}",
    ]
}

/// One that our rules take, composed as a keyboard does it.
fn any_new() -> impl Strategy<Value = String> {
    any_text().prop_filter_map("not for a new password", |text| {
        let text: String = text.replace(['\u{a0}', '\u{3000}'], " ").nfc().collect();
        let password = Password::typed(&text);
        PasswordRules::multi_factor().check(&password).ok()?;
        Some(text)
    })
}

fn any_cost() -> impl Strategy<Value = Cost> {
    prop_oneof![
        Just((19_456, 2, 1)),
        Just((7_168, 5, 1)),
        Just((19_460, 2, 3)),
        (12_288_u32..20_000, 3_u32..5, 1_u32..4),
    ]
    .prop_map(|(memory, passes, lanes)| Cost::new(memory, passes, lanes).unwrap())
}

fn numbers(cost: Cost) -> [u32; 3] {
    [cost.memory_kib(), cost.passes(), cost.lanes()]
}

/// Another password than this one.
fn another(text: &str) -> String {
    format!("{text}x")
}

/// Hashes of the program verify here, and ours there.
#[track_caller]
fn agree_both_ways(mut program: impl FnMut() -> Command) {
    let mut answers = |questions: Vec<Value>| -> Vec<Value> {
        let lines: Vec<String> = questions.iter().map(Value::to_string).collect();
        let told = ask(&mut program(), &lines);
        told.iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let theirs = cases(CASES, (any_text(), any_cost()));
    let asked = theirs
        .iter()
        .map(|(text, cost)| json!({"hash": hex(text.as_bytes()), "cost": numbers(*cost)}));
    for (phc, (text, _)) in answers(asked.collect()).iter().zip(&theirs) {
        let hash = PasswordHash::parse(phc.as_str().unwrap()).unwrap();
        assert!(is_right(&hash, text, &ring(1)), "{phc} {text:?}");
        assert!(!is_right(&hash, &another(text), &ring(1)), "{phc} {text:?}");
    }
    let ours: Vec<_> = cases(CASES, (any_new(), any_cost()))
        .into_iter()
        .flat_map(|(text, cost)| {
            let phc = without_pepper(&text, cost).phc().to_owned();
            [
                (phc.clone(), text.clone(), true),
                (phc, another(&text), false),
            ]
        })
        .collect();
    let asked = ours
        .iter()
        .map(|(phc, text, _)| json!({"verify": phc, "password": hex(text.as_bytes())}));
    for (answer, (phc, text, right)) in answers(asked.collect()).iter().zip(&ours) {
        assert_eq!(answer, &json!(right), "{phc} {text:?}");
    }
    // With a pepper there is nothing for them to verify, and they say so.
    let ours = enrolled("eleven purple elephants", &ring(1));
    let asked = json!({"verify": ours.phc(), "password": hex(b"eleven purple elephants")});
    assert_ne!(answers(vec![asked])[0], json!(true));
}

fn argon2_cffi(test: &str) -> Option<Command> {
    let mut probe = Command::new("python3");
    probe.args(["-c", "import argon2"]);
    is_there(&mut probe, "python3 with argon2-cffi from PyPI", test).then(|| {
        let mut script = Command::new("python3");
        script.arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/python/argon2_cffi.py"
        ));
        script
    })
}

#[test]
fn h03_argon2_cffi_agrees_both_ways() {
    if argon2_cffi("h03_argon2_cffi_agrees_both_ways").is_some() {
        agree_both_ways(|| argon2_cffi("h03_argon2_cffi_agrees_both_ways").unwrap());
    }
}

#[test]
fn h03_php_agrees_both_ways() {
    let mut probe = Command::new("php");
    probe.args(["-r", "exit(defined('PASSWORD_ARGON2ID') ? 0 : 1);"]);
    if is_there(
        &mut probe,
        "Debian's php-cli with Argon2",
        "h03_php_agrees_both_ways",
    ) {
        agree_both_ways(|| {
            let mut script = Command::new("php");
            script.arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/php/password_hash.php"
            ));
            script
        });
    }
}

/// The documentation is enough to compute a peppered hash: another language does it from the long-term secret.
#[test]
fn n05_argon2_cffi_computes_our_peppered_hashes() {
    let Some(mut script) = argon2_cffi("n05_argon2_cffi_computes_our_peppered_hashes") else {
        return;
    };
    let mut expected = Vec::new();
    let mut asked = Vec::new();
    for (text, generation) in cases(CASES, (any_new(), 1_u32..100)) {
        let phc = enrolled(&text, &ring(generation)).phc().to_owned();
        for (tried, right) in [(text.clone(), true), (another(&text), false)] {
            let status = hex(&standing_bytes(generation));
            let line =
                json!({"verify": phc, "password": hex(tried.as_bytes()), "standing": status});
            asked.push(line.to_string());
            expected.push(right.to_string());
        }
    }
    assert_eq!(ask(&mut script, &asked), expected);
}

/// What the tool makes of a password and a salt.
#[track_caller]
fn argon2_tool(text: &str, salt: &[u8], cost: Cost) -> String {
    let [memory, passes, lanes] = numbers(cost).map(|number| number.to_string());
    let mut tool = Command::new("argon2")
        .arg(OsStr::from_bytes(salt))
        .args(["-id", "-e", "-k", &memory, "-t", &passes, "-p", &lanes])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = tool.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

#[test]
fn h03_the_argon2_tool_agrees_both_ways() {
    // Asked for help it fails, so it is asked for a hash.
    let mut probe = Command::new("sh");
    probe.args(["-c", "printf password | argon2 somesalt"]);
    let test = "h03_the_argon2_tool_agrees_both_ways";
    if !is_there(&mut probe, "Debian's argon2", test) {
        return;
    }
    // It reads 127 bytes.
    let short = |text: &String| text.len() < 127;
    for (text, cost) in cases(CASES, (any_text().prop_filter("short", short), any_cost())) {
        let phc = argon2_tool(&text, b"pepper and salt", cost);
        let hash = PasswordHash::parse(&phc).unwrap();
        assert!(is_right(&hash, &text, &ring(1)), "{phc} {text:?}");
        assert!(
            !is_right(&hash, &another(&text), &ring(1)),
            "{phc} {text:?}"
        );
    }
    for (text, cost) in cases(CASES, (any_new().prop_filter("short", short), any_cost())) {
        // It takes salts from the command line, so ours must have no zero.
        let (ours, salt) = std::iter::repeat_with(|| {
            let ours = without_pepper(&text, cost).phc().to_owned();
            let salt = Base64Unpadded::decode_vec(ours.split('$').nth(4).unwrap()).unwrap();
            (ours, salt)
        })
        .find(|(_, salt)| !salt.contains(&0))
        .unwrap();
        assert_eq!(argon2_tool(&text, &salt, cost), ours, "{text:?}");
    }
}
