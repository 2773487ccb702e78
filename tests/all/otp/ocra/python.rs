//! Agreement with a reading of the RFC in another language, for suites and questions that the RFC gives no values for.
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::support::programs::{any_secret, ask, cases, hex, is_there};

const CASES: usize = 2_000;

#[derive(Clone, Debug)]
struct Case {
    suite: String,
    secret: Vec<u8>,
    counter: u64,
    question: String,
    pin: String,
    session: Vec<u8>,
    seconds: u64,
}

fn any_hash() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("SHA1"), Just("SHA256"), Just("SHA512")]
}

/// A question of up to its length, with leading zeros as often as not.
fn any_question() -> impl Strategy<Value = (char, usize, String)> {
    let letters = prop_oneof![
        Just(('A', "[0-9A-Za-z]")),
        Just(('N', "[0-9]")),
        Just(('N', "[09]")),
        Just(('H', "[0-9A-F]")),
    ];
    (letters, 4_usize..=64).prop_flat_map(|((format, letter), length)| {
        let text = format!("0{{0,2}}{letter}{{2,{}}}", length - 2);
        let text = proptest::string::string_regex(&text).unwrap();
        (Just(format), Just(length), text)
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let step = (1_u64..=48, prop_oneof![Just('S'), Just('M'), Just('H')]);
    let session = (1_usize..=512).prop_flat_map(|length| {
        let data = proptest::collection::vec(any::<u8>(), 1..=length);
        (Just(length), data)
    });
    (
        (any_hash(), prop_oneof![Just(0), 4..=9], any::<bool>()),
        any_question(),
        proptest::option::of((any_hash(), "[0-9]{4,8}|[a-zäß]{4,8}")),
        proptest::option::of(session),
        proptest::option::of(step),
        (any_secret(), 0..u64::MAX - 1, 0_u64..=253_402_300_799),
    )
        .prop_map(|(function, question, pin, session, step, rest)| {
            let (hash, digits, counts) = function;
            let (format, length, question) = question;
            let (secret, counter, seconds) = rest;
            let mut suite = format!("OCRA-1:HOTP-{hash}-{digits}:");
            suite += if counts { "C-" } else { "" };
            // One digit and two are two suites (RFC 6287 6.4).
            let width = 1 + usize::from(counter % 2 == 0);
            suite += &format!("Q{format}{length:0width$}");
            if let Some((hash, _)) = &pin {
                suite += &format!("-P{hash}");
            }
            if let Some((length, _)) = &session {
                suite += &format!("-S{length:03}");
            }
            if let Some((count, unit)) = step {
                suite += &format!("-T{count}{unit}");
            }
            Case {
                suite,
                secret,
                counter,
                question,
                pin: pin.map_or(String::new(), |(_, pin)| pin),
                session: session.map_or(Vec::new(), |(_, data)| data),
                seconds,
            }
        })
}

impl Case {
    fn ours(&self) -> String {
        let (suite, secret) = (suite(&self.suite), SecretBytes::from(self.secret.clone()));
        let mut ocra = match self.pin.as_str() {
            "" => Ocra::new(suite, secret),
            pin => Ocra::new_with_pin(suite, secret, &SecretText::from(pin.to_owned())),
        }
        .unwrap();
        if !self.session.is_empty() {
            ocra = ocra.in_session(&self.session).unwrap();
        }
        shown(&ocra, self.counter, &self.question, at(self.seconds))
    }

    fn line(&self) -> String {
        let Self {
            suite,
            counter,
            question,
            pin,
            seconds,
            ..
        } = self;
        let [secret, session] = [&self.secret, &self.session].map(|bytes| hex(bytes));
        format!("{suite}\t{secret}\t{counter}\t{question}\t{pin}\t{session}\t{seconds}")
    }
}

#[test]
fn o09_a_reading_in_python_agrees() {
    let mut script = Command::new("python3");
    if !is_there(
        script.arg("--version"),
        "python3",
        "o09_a_reading_in_python_agrees",
    ) {
        return;
    }
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/ocra.py"));
    let cases = cases(CASES, any_case());
    let lines: Vec<_> = cases.iter().map(Case::line).collect();
    let theirs = ask(&mut script, &lines);
    for (case, theirs) in cases.iter().zip(theirs) {
        assert_eq!(case.ours(), theirs, "{case:?}");
    }
    let longest = cases
        .iter()
        .filter(|case| case.suite.contains("QN") && case.question.len() > 38);
    assert!(longest.count() > 50, "numbers of three words");
}
