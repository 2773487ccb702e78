//! Codes of ours, validated by `liboath` in a C program: what a PAM module or a mail server does with them.
use std::path::Path;
use std::process::Command;

use core::time::Duration;
use countersign::{
    SecretBytes, Timestamp,
    otp::{Algorithm, Hotp, OtpKey, Totp},
};
use proptest::prelude::*;

use crate::support::programs::{any_algorithm, any_secret, ask, cases, hex, is_there};

const CASES: usize = 500;

/// The compiled program, if there is a compiler and the library.
fn validator(test: &str) -> Option<Command> {
    let mut header = Command::new("cc");
    header.args(["-E", "-x", "c", "-include", "liboath/oath.h", "/dev/null"]);
    if !is_there(&mut header, "a C compiler with Debian's liboath-dev", test) {
        return None;
    }
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/validate_oath.c");
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([&program, &source])
        .arg("-loath")
        .output()
        .unwrap();
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    Some(Command::new(program))
}

#[test]
fn o03_liboath_takes_our_counter_codes() {
    let Some(mut validator) = validator("o03_liboath_takes_our_counter_codes") else {
        return;
    };
    let counter = prop_oneof![0..=100_u64, 0..=u64::MAX - 2_000];
    let settings = (any_secret(), 6_u8..=8, counter, 0_u64..20, 0_u64..25);
    let cases = cases(CASES, settings);
    let questions: Vec<_> = cases
        .iter()
        .map(|(secret, digits, counter, window, ahead)| {
            let hotp = Hotp::from(
                OtpKey::new(SecretBytes::from(secret.clone()))
                    .unwrap()
                    .with_digits(*digits)
                    .unwrap(),
            );
            let code = hotp.code_at(counter + ahead);
            let code = code.expose_text();
            format!("hotp {} {counter} {window} {code}", hex(secret))
        })
        .collect();
    let answers = ask(&mut validator, &questions);
    for (((.., window, ahead), question), answer) in cases.iter().zip(&questions).zip(&answers) {
        let expected = if ahead <= window {
            ahead.to_string()
        } else {
            "no".to_owned()
        };
        assert_eq!(*answer, expected, "{question}");
    }
}

#[test]
fn o06_liboath_takes_our_time_codes() {
    let Some(mut validator) = validator("o06_liboath_takes_our_time_codes") else {
        return;
    };
    let settings = (
        any_secret(),
        any_algorithm(),
        6_u8..=8,
        prop_oneof![Just(30_u32), 1_u32..=120],
        1_000..=Timestamp::MAX.unix() - 1_000,
        -3_i64..=3,
    );
    let cases = cases(CASES, settings);
    let questions: Vec<_> = cases
        .iter()
        .map(|(secret, (algorithm, _), digits, period, unix, off)| {
            let totp = Totp::from(
                OtpKey::new(SecretBytes::from(secret.clone()))
                    .unwrap()
                    .with_algorithm(*algorithm)
                    .with_digits(*digits)
                    .unwrap(),
            )
            .with_period(Duration::from_secs(u64::from(*period)))
            .unwrap();
            let then = i64::try_from(*unix).unwrap() + off * i64::from(*period);
            let code = totp.code_at(Timestamp::from_unix(then).unwrap());
            let hash = match algorithm {
                Algorithm::Sha1 => 1,
                Algorithm::Sha256 => 256,
                Algorithm::Sha512 => 512,
                other => panic!("{other:?}"),
            };
            let (secret, code) = (hex(secret), code.expose_text());
            format!("totp {secret} {hash} {unix} {period} 1 {code}")
        })
        .collect();
    let answers = ask(&mut validator, &questions);
    for (((.., period, unix, off), question), answer) in cases.iter().zip(&questions).zip(&answers)
    {
        let present = i64::try_from(unix / u64::from(*period)).unwrap();
        let expected = if (-1..=1).contains(off) {
            (present + off).to_string()
        } else {
            "no".to_owned()
        };
        assert_eq!(*answer, expected, "{question}");
    }
}
