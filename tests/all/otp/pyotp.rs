//! Agreement with `pyotp`, which many servers write their key URIs with: codes and URIs, both ways.
use std::process::Command;

use core::time::Duration;
use countersign::{
    Code, SecretBytes, Timestamp,
    otp::{Algorithm, Hotp, KeyUri, OtpKey, Totp, TotpState},
    transition::{CommitResult, Saved, Verdict},
};
use proptest::prelude::*;

use crate::support::programs::{any_algorithm, any_secret, ask, cases, is_there};

const CASES: usize = 300;

/// Its script, run by the first `python3` of the path, if that has pyotp.
fn pyotp(test: &str) -> Option<Command> {
    let mut probe = Command::new("python3");
    probe.args(["-c", "import pyotp"]);
    if !is_there(&mut probe, "python3 with pyotp from PyPI", test) {
        return None;
    }
    let mut script = Command::new("python3");
    script.arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/python/cross_check.py"
    ));
    Some(script)
}

/// An authenticator of either type, and whom it is for.
#[derive(Clone, Debug)]
struct Case {
    secret: Vec<u8>,
    algorithm: (Algorithm, &'static str),
    digits: u8,
    /// Thirty, where a counter is counted.
    period: u32,
    /// Zero, where time is.
    counter: u64,
    counts: bool,
    issuer: String,
    account: String,
}

fn any_case() -> impl Strategy<Value = Case> {
    let name = || "[ -9;-~äéñßЖ中🔑]{1,20}";
    (
        any_secret(),
        any_algorithm(),
        6_u8..=8,
        prop_oneof![Just(30_u32), 1_u32..=120],
        prop_oneof![0..=100_u64, 0..u64::MAX],
        any::<bool>(),
        (name(), name()),
    )
        .prop_map(
            |(secret, algorithm, digits, period, counter, counts, (issuer, account))| Case {
                secret,
                algorithm,
                digits,
                period: if counts { 30 } else { period },
                counter: if counts { counter } else { 0 },
                counts,
                issuer: format!("B{}k", issuer),
                account: format!("a{}", account.trim_end()),
            },
        )
}

impl Case {
    fn key(&self) -> OtpKey {
        OtpKey::new(SecretBytes::from(self.secret.clone()))
            .and_then(|key| {
                key.with_algorithm(self.algorithm.0)
                    .with_digits(self.digits)
            })
            .unwrap()
    }

    fn totp(&self) -> Totp {
        Totp::from(self.key())
            .with_period(Duration::from_secs(u64::from(self.period)))
            .unwrap()
    }

    fn hotp(&self) -> Hotp {
        Hotp::from(self.key())
    }

    fn uri(&self) -> KeyUri {
        if self.counts {
            let state = self.counter;
            self.hotp().key_uri(state, &self.issuer, &self.account)
        } else {
            self.totp().key_uri(&self.issuer, &self.account)
        }
        .unwrap()
    }

    /// What stands in the URI, for neither side gives it out otherwise.
    fn base32(&self) -> String {
        let uri = self.uri();
        let (_, rest) = uri.expose_text().split_once("?secret=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    }

    /// The fields that all questions begin with.
    fn fields(&self) -> String {
        let kind = if self.counts { "hotp" } else { "totp" };
        let (secret, hash) = (self.base32(), self.algorithm.1);
        format!("{kind}\t{secret}\t{hash}\t{}\t{}", self.digits, self.period)
    }

    /// The fields of a whole URI.
    fn all_fields(&self) -> String {
        format!(
            "{}\t{}\t{}\t{}",
            self.fields(),
            self.counter,
            self.issuer,
            self.account
        )
    }
}

#[test]
fn pyotp_shows_and_takes_the_same_codes() {
    let Some(mut pyotp) = pyotp("pyotp_shows_and_takes_the_same_codes") else {
        return;
    };
    let moments = (any_case(), 0..=Timestamp::MAX.unix());
    let cases: Vec<_> = cases(CASES, moments)
        .into_iter()
        .map(|(case, unix)| {
            let moment = if case.counts { case.counter } else { unix };
            let now = Timestamp::from_unix(i64::try_from(unix).unwrap()).unwrap();
            (case, moment, now)
        })
        .collect();
    let mut questions = Vec::new();
    for (case, moment, now) in &cases {
        let code = if case.counts {
            case.hotp().code_at(*moment)
        } else {
            case.totp().code_at(*now)
        };
        let code = code.expose_text();
        // The last digit turned.
        let last = (code.as_bytes()[code.len() - 1] - b'0' + 1) % 10;
        let wrong = format!("{}{last}", &code[..code.len() - 1]);
        let fields = case.fields();
        questions.push(format!("code\t{fields}\t{moment}"));
        questions.push(format!("verify\t{fields}\t{moment}\t{code}"));
        questions.push(format!("verify\t{fields}\t{moment}\t{wrong}"));
    }
    let answers = ask(&mut pyotp, &questions);
    for ((case, moment, now), answers) in cases.iter().zip(answers.chunks(3)) {
        assert_eq!(answers[1..], ["yes", "no"], "{case:?} at {moment}");
        let theirs = Code::typed(&answers[0]);
        if case.counts {
            let state = *moment;
            let told = case.hotp().check(state, &theirs);
            let told = told.commit(|next| {
                assert_eq!(*next, moment + 1, "{case:?} at {moment}");
                Saved::<()>::Stored
            });
            assert!(
                matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))),
                "{case:?} at {moment}"
            );
        } else {
            let told = case.totp().check(&TotpState::default(), &theirs, *now);
            let told = told.commit(|next| {
                let step = moment / u64::from(case.period);
                assert_eq!(next.next_step(), step + 1, "{case:?} at {moment}");
                Saved::<()>::Stored
            });
            assert!(
                matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))),
                "{case:?} at {moment}"
            );
        }
    }
}

#[test]
fn o12_pyotp_reads_our_uris() {
    let Some(mut pyotp) = pyotp("o12_pyotp_reads_our_uris") else {
        return;
    };
    let cases = cases(CASES, any_case());
    let questions: Vec<_> = cases
        .iter()
        .map(|case| format!("read\t{}", case.uri().expose_text()))
        .collect();
    let answers = ask(&mut pyotp, &questions);
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(*answer, case.all_fields());
    }
}

#[test]
fn o12_we_read_the_uris_of_pyotp() {
    let Some(mut pyotp) = pyotp("o12_we_read_the_uris_of_pyotp") else {
        return;
    };
    let cases = cases(CASES, any_case());
    let questions: Vec<_> = cases
        .iter()
        .map(|case| format!("write\t{}", case.all_fields()))
        .collect();
    let answers = ask(&mut pyotp, &questions);
    for (case, theirs) in cases.iter().zip(&answers) {
        let read = KeyUri::parse(theirs).unwrap_or_else(|error| panic!("{theirs}: {error}"));
        // They leave out what is a default, so the texts differ; written by us, all is there.
        assert_eq!(read.expose_text(), case.uri().expose_text(), "{theirs}");
        assert_eq!(read.issuer(), Some(case.issuer.as_str()), "{theirs}");
        assert_eq!(read.account(), case.account, "{theirs}");
        assert_eq!(read.is_totp(), !case.counts, "{theirs}");
    }
}
