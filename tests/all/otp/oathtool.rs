//! Agreement with `oathtool` of the OATH Toolkit, the implementation most systems ship.
use std::process::Command;

use core::time::Duration;
use countersign::{
    Code, SecretBytes, Timestamp,
    otp::{Hotp, OtpKey, Totp},
    transition::{CommitResult, Saved, Verdict},
};
use proptest::prelude::*;

use crate::support::programs::{any_algorithm, any_secret, cases, hex, is_there};

const CASES: usize = 500;

fn oathtool_is_there(test: &str) -> bool {
    is_there(
        Command::new("oathtool").arg("--version"),
        "Debian's oathtool",
        test,
    )
}

/// What it prints; nothing, if it finds no match.
#[track_caller]
fn oathtool(arguments: &[String]) -> Option<String> {
    let output = Command::new("oathtool").args(arguments).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            error.contains("not found in range"),
            "{arguments:?}: {error}"
        );
        return None;
    }
    Some(told)
}

#[test]
fn oathtool_agrees() {
    if !oathtool_is_there("oathtool_agrees") {
        return;
    }
    let settings = (
        any_secret(),
        any_algorithm(),
        6_u8..=8,
        prop_oneof![Just(30_u32), 1_u32..=120],
        prop_oneof![0..=4_000_000_000_u64, 0..=Timestamp::MAX.unix()],
    );
    for (secret, (algorithm, name), digits, period, unix) in cases(CASES, settings) {
        let arguments = [
            format!("--totp={name}"),
            format!("--digits={digits}"),
            format!("--time-step-size={period}s"),
            format!("--now=@{unix}"),
            hex(&secret),
        ];
        let theirs = oathtool(&arguments).unwrap();
        let totp = Totp::from(
            OtpKey::new(SecretBytes::from(secret))
                .unwrap()
                .with_algorithm(algorithm)
                .with_digits(digits)
                .unwrap(),
        )
        .with_period(Duration::from_secs(u64::from(period)))
        .unwrap();
        let now = Timestamp::from_unix(i64::try_from(unix).unwrap()).unwrap();
        assert_eq!(
            totp.code_at(now).expose_text(),
            theirs.trim_end(),
            "{arguments:?}"
        );
    }
}

/// A secret, the number of digits, the counter and the look-ahead. It knows HOTP with SHA-1 only.
fn any_token() -> impl Strategy<Value = (Vec<u8>, u8, u64, u8)> {
    let counter = prop_oneof![0..=100_u64, 0..=u64::MAX - 2_000];
    (any_secret(), 6_u8..=8, counter, 0..=Hotp::MAX_LOOK_AHEAD)
}

fn token(secret: Vec<u8>, digits: u8, look_ahead: u8) -> Hotp {
    Hotp::from(
        OtpKey::new(SecretBytes::from(secret))
            .unwrap()
            .with_digits(digits)
            .unwrap(),
    )
    .with_look_ahead(look_ahead)
    .unwrap()
}

#[test]
fn o03_oathtool_agrees_on_every_code_of_a_window() {
    if !oathtool_is_there("o03_oathtool_agrees_on_every_code_of_a_window") {
        return;
    }
    for (secret, digits, counter, look_ahead) in cases(CASES / 5, any_token()) {
        // One more than the window holds.
        let arguments = [
            format!("--digits={digits}"),
            format!("--counter={counter}"),
            format!("--window={}", u64::from(look_ahead) + 1),
            hex(&secret),
        ];
        let theirs = oathtool(&arguments).unwrap();
        let theirs: Vec<_> = theirs.lines().collect();
        assert_eq!(theirs.len(), usize::from(look_ahead) + 2);
        let hotp = token(secret, digits, look_ahead);
        let state = counter;
        for (counter, code) in (counter..).zip(&theirs) {
            assert_eq!(hotp.code_at(counter).expose_text(), *code, "{arguments:?}");
            let last = theirs[..=usize::from(look_ahead)]
                .iter()
                .rposition(|other| other == code);
            let expected = match last {
                Some(_) => Verdict::Accepted,
                None => Verdict::Wrong,
            };
            let told = hotp.check(state, &Code::typed(code)).commit(|next| {
                let place = u64::try_from(last.unwrap()).unwrap();
                assert_eq!(*next, state + place + 1);
                Saved::<()>::Stored
            });
            assert!(
                matches!(told, Ok(CommitResult::Stored(verdict)) if verdict == expected),
                "{arguments:?}: {told:?}"
            );
        }
    }
}

#[test]
fn o04_oathtool_finds_our_code_where_we_find_it() {
    if !oathtool_is_there("o04_oathtool_finds_our_code_where_we_find_it") {
        return;
    }
    let settings = (any_token(), 0_u64..130);
    for ((secret, digits, counter, look_ahead), ahead) in cases(CASES, settings) {
        let hotp = token(secret.clone(), digits, look_ahead);
        let code = hotp.code_at(counter + ahead).expose_text().to_owned();
        let arguments = [
            format!("--digits={digits}"),
            format!("--counter={counter}"),
            format!("--window={look_ahead}"),
            hex(&secret),
            code.clone(),
        ];
        let theirs = oathtool(&arguments).map(|told| told.trim_end().parse::<u64>().unwrap());
        let mut state = counter;
        let told = hotp.check(state, &Code::typed(&code)).commit(|next| {
            state = *next;
            Saved::<()>::Stored
        });
        match (told, theirs) {
            (Ok(CommitResult::Stored(Verdict::Accepted)), Some(theirs)) => {
                // It stops at the first match, and we take the last.
                assert!(counter + theirs < state, "{arguments:?}");
                let found = hotp.code_at(counter + theirs);
                assert_eq!(found.expose_text(), code, "{arguments:?}");
            }
            (Ok(CommitResult::Stored(Verdict::Wrong)), None) => {
                assert!(ahead > u64::from(look_ahead), "{arguments:?}");
            }
            (ours, theirs) => panic!("{arguments:?}: {ours:?} against {theirs:?}"),
        }
    }
}

#[test]
fn o04_two_codes_of_oathtool_find_the_token_again() {
    if !oathtool_is_there("o04_two_codes_of_oathtool_find_the_token_again") {
        return;
    }
    let settings = (any_token(), 0_u64..1_100);
    for ((secret, digits, counter, look_ahead), ahead) in cases(CASES / 5, settings) {
        let arguments = [
            format!("--digits={digits}"),
            format!("--counter={}", counter + ahead),
            "--window=1".to_owned(),
            hex(&secret),
        ];
        let theirs = oathtool(&arguments).unwrap();
        let theirs: Vec<_> = theirs.lines().map(Code::typed).collect();
        let told = token(secret, digits, look_ahead)
            .check_pair(counter, &theirs[0], &theirs[1])
            .commit(|next| {
                assert_eq!(*next, counter + ahead + 2);
                Saved::<()>::Stored
            });
        let expected = if ahead < u64::from(Hotp::RESYNC_WINDOW) {
            Verdict::Accepted
        } else {
            Verdict::Wrong
        };
        assert!(
            matches!(told, Ok(CommitResult::Stored(verdict)) if verdict == expected),
            "{arguments:?}: {told:?}"
        );
    }
}
