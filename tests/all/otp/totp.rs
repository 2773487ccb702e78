//! Time-based codes: the published values, the window, and each step once.
use std::collections::BTreeMap;

use core::time::Duration;
use countersign::otp::{Algorithm, OtpKey, Totp, TotpState};
use countersign::{
    Code, SecretBytes, Timestamp,
    transition::{CommitResult, Saved, Transition, Verdict},
};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::at;
use crate::support::programs::any_secret;
use Found::{Accepted, Replayed, Wrong};

/// A verdict, with the step that it spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Accepted { step: u64 },
    Replayed,
    Wrong,
}

impl Found {
    fn of(verdict: Verdict, state: &TotpState) -> Self {
        match verdict {
            Verdict::Accepted => Self::Accepted {
                step: state.next_step() - 1,
            },
            Verdict::Replayed => Self::Replayed,
            Verdict::Wrong => Self::Wrong,
            other => panic!("no verdict of an app: {other:?}"),
        }
    }
}

const RFC_SECRET: &[u8] = b"12345678901234567890";

fn rfc_key() -> OtpKey {
    OtpKey::new(SecretBytes::from(RFC_SECRET.to_vec())).unwrap()
}

fn rfc_totp() -> Totp {
    Totp::from(rfc_key())
}

fn shown(totp: &Totp, unix: u64) -> String {
    totp.code_at(at(unix)).expose_text().to_owned()
}

/// Commits, and puts the new state in place as a store would.
#[track_caller]
fn settle(state: &mut TotpState, step: Transition<Verdict, TotpState>) -> Found {
    let told = step.commit(|next| {
        *state = next.clone();
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(verdict)) => Found::of(verdict, state),
        other => panic!("nothing was told: {other:?}"),
    }
}

#[track_caller]
fn try_code(totp: &Totp, state: &mut TotpState, text: &str, unix: u64) -> Found {
    let step = totp.check(state, &Code::typed(text), at(unix));
    settle(state, step)
}

#[derive(Deserialize)]
struct Rfc6238 {
    source: String,
    secrets: BTreeMap<String, String>,
    cases: BTreeMap<String, Rfc6238Case>,
}

#[derive(Deserialize)]
struct Rfc6238Case {
    hash: String,
    time: u64,
    code: String,
}

#[test]
fn o06_rfc_6238_appendix_b() {
    let vectors: Rfc6238 = toml::from_str(include_str!("../../vectors/rfc_6238.toml")).unwrap();
    assert_eq!(vectors.cases.len(), 18, "three hashes at six times");
    for (name, case) in &vectors.cases {
        let place = format!("{}, {name}", vectors.source);
        let secret = vectors.secrets[&case.hash].clone().into_bytes();
        let totp = Totp::from(
            OtpKey::new(SecretBytes::from(secret))
                .unwrap()
                .with_algorithm(match case.hash.as_str() {
                    "SHA1" => Algorithm::Sha1,
                    "SHA256" => Algorithm::Sha256,
                    "SHA512" => Algorithm::Sha512,
                    other => panic!("{place}: {other}"),
                })
                .with_digits(8)
                .unwrap(),
        );
        assert_eq!(shown(&totp, case.time), case.code, "{place}");
        let step = case.time / 30;
        let mut state = TotpState::default();
        let verdict = try_code(&totp, &mut state, &case.code, case.time);
        assert_eq!(verdict, Accepted { step }, "{place}");
        assert_eq!(state.next_step(), step + 1, "{place}");
    }
}

#[derive(Deserialize)]
struct Rfc4226 {
    source: String,
    secret: String,
    cases: BTreeMap<String, Rfc4226Case>,
}

#[derive(Deserialize)]
struct Rfc4226Case {
    counter: u64,
    truncated: u32,
    code: String,
}

#[test]
fn o02_rfc_4226_appendix_d() {
    let vectors: Rfc4226 = toml::from_str(include_str!("../../vectors/rfc_4226.toml")).unwrap();
    assert_eq!(vectors.cases.len(), 10);
    // With steps of one second, the time is the counter.
    let totp = Totp::from(OtpKey::new(SecretBytes::from(vectors.secret.into_bytes())).unwrap())
        .with_period(Duration::from_secs(1))
        .unwrap();
    for (name, case) in &vectors.cases {
        let place = format!("{}, {name}", vectors.source);
        assert_eq!(shown(&totp, case.counter), case.code, "{place}");
        for digits in 6..=8 {
            let key = totp.key().clone().with_digits(digits).unwrap();
            let totp = Totp::from(key).with_period(Duration::from_secs(1)).unwrap();
            let whole = format!("{:08}", case.truncated % 100_000_000);
            let expected = &whole[8 - usize::from(digits)..];
            assert_eq!(shown(&totp, case.counter), expected, "{place}");
        }
    }
}

#[test]
fn b04_neighbouring_steps_share_a_code() {
    let totp = rfc_totp();
    let (first, second) = (910_737_u64, 910_738_u64);
    assert_eq!(shown(&totp, first * 30), "911617");
    assert_eq!(shown(&totp, second * 30), "911617");

    // The first of the two was used in its own period. In the next one, the same digits are a fresh code.
    let mut state = TotpState::default();
    let verdict = try_code(&totp, &mut state, "911617", first * 30);
    assert_eq!(verdict, Accepted { step: first });
    let verdict = try_code(&totp, &mut state, "911617", second * 30);
    assert_eq!(verdict, Accepted { step: second });
    assert_eq!(
        try_code(&totp, &mut state, "911617", second * 30 + 30),
        Replayed
    );

    // Where both are free, the higher one is claimed: the lower one cannot be used afterwards.
    let mut state = TotpState::default();
    let verdict = try_code(&totp, &mut state, "911617", second * 30);
    assert_eq!(verdict, Accepted { step: second });
    assert_eq!(try_code(&totp, &mut state, "911617", second * 30), Replayed);
    assert_eq!(try_code(&totp, &mut state, "911617", first * 30), Replayed);
}

#[test]
fn b01_o07_n11_a_code_is_accepted_once() {
    let totp = rfc_totp();
    let mut state = TotpState::default();
    let code = shown(&totp, 60);
    assert_eq!(try_code(&totp, &mut state, &code, 60), Accepted { step: 2 });
    for unix in [60, 61, 89, 90, 119] {
        assert_eq!(try_code(&totp, &mut state, &code, unix), Replayed, "{unix}");
    }
    assert_eq!(try_code(&totp, &mut state, &code, 120), Wrong);
}

#[test]
fn b02_another_spelling_is_a_replay() {
    let totp = rfc_totp();
    let mut state = TotpState::default();
    let verdict = try_code(&totp, &mut state, "287082", 59);
    assert_eq!(verdict, Accepted { step: 1 });
    for text in [
        "287082",
        " 287082",
        "287082\n",
        "287 082",
        "287-082",
        "2 8 7 0 8 2",
        "287\u{a0}082",
        "287\u{2013}082",
    ] {
        assert_eq!(try_code(&totp, &mut state, text, 59), Replayed, "{text:?}");
    }
}

#[test]
fn b03_a_lost_write_tells_nothing() {
    let totp = rfc_totp();
    let state = TotpState::default();
    let step = totp.check(&state, &Code::typed("287082"), at(59));
    let told = step.commit(|_| Saved::<()>::Conflict);
    assert!(matches!(told, Ok(CommitResult::Conflict)));
}

#[test]
fn b05_the_enrolment_code_is_used_up() {
    let totp = Totp::generate().unwrap();
    let mut state = TotpState::default();
    let code = shown(&totp, 1_800_000_000);
    let confirmed = try_code(&totp, &mut state, &code, 1_800_000_000);
    assert!(matches!(confirmed, Accepted { .. }));
    let login = try_code(&totp, &mut state, &code, 1_800_000_005);
    assert_eq!(login, Replayed);
}

#[test]
fn b32_leading_zeros_count() {
    let totp = Totp::from(rfc_key().with_digits(8).unwrap());
    assert_eq!(shown(&totp, 1_111_111_109), "07081804");
    let try_fresh = |text| try_code(&totp, &mut TotpState::default(), text, 1_111_111_109);
    assert!(matches!(try_fresh("07081804"), Accepted { .. }));
    for text in ["7081804", "007081804", "81804", ""] {
        assert_eq!(try_fresh(text), Wrong, "{text:?}");
    }
}

#[test]
fn text_that_is_no_code_is_wrong() {
    let totp = rfc_totp();
    for text in [
        "",
        "28708",
        "2870820",
        "-287082",
        "28708²",
        "\u{200f}-287082",
        "287082x",
        "4294967295",
        "0000287082",
    ] {
        let verdict = try_code(&totp, &mut TotpState::default(), text, 59);
        assert_eq!(verdict, Wrong, "{text:?}");
    }
}

#[test]
fn nothing_is_not_the_code_of_zeros() {
    let totp = rfc_totp();
    let (step, unix) = (349_495, 349_495 * 30);
    assert_eq!(shown(&totp, unix), "000000");
    let try_fresh = |text| try_code(&totp, &mut TotpState::default(), text, unix);
    for text in ["", "0", "00000", "0000000", "x", "-000000"] {
        assert_eq!(try_fresh(text), Wrong, "{text:?}");
    }
    assert_eq!(try_fresh("000000"), Accepted { step });
}

#[test]
fn a_refusal_leaves_the_state_alone() {
    let totp = rfc_totp();
    for (state, text) in [
        (TotpState::default(), "000000"),
        (TotpState::stored(2), "287082"),
    ] {
        let step = totp.check(&state, &Code::typed(text), at(59));
        let told = step.commit(|_| -> Saved<()> { panic!("{text}: there is nothing to save") });
        assert!(matches!(
            told,
            Ok(CommitResult::Stored(Verdict::Wrong | Verdict::Replayed))
        ));
    }
}

#[test]
fn d05_the_window_is_now_and_one_back() {
    let totp = rfc_totp();
    // From step 8 to 12, seen at the first and the last second of step 10.
    for now in [300, 329] {
        for step in 8..=12 {
            let verdict = try_code(
                &totp,
                &mut TotpState::default(),
                &shown(&totp, step * 30),
                now,
            );
            let expected = match step {
                9 | 10 => Accepted { step },
                _ => Wrong,
            };
            assert_eq!(verdict, expected, "step {step} at {now}");
        }
    }
}

#[test]
fn an_older_code_after_a_newer_one_is_refused() {
    let totp = rfc_totp();
    let mut state = TotpState::default();
    let (older, newer) = (shown(&totp, 270), shown(&totp, 300));
    assert_eq!(
        try_code(&totp, &mut state, &newer, 300),
        Accepted { step: 10 }
    );
    assert_eq!(try_code(&totp, &mut state, &older, 300), Replayed);
}

#[test]
fn the_first_second_of_1970_works() {
    let totp = rfc_totp();
    let mut state = TotpState::default();
    let code = shown(&totp, 0);
    assert_eq!(code, "755224");
    assert_eq!(try_code(&totp, &mut state, &code, 0), Accepted { step: 0 });
    assert_eq!(try_code(&totp, &mut state, &code, 0), Replayed);
    assert_eq!(try_code(&totp, &mut state, &code, 30), Replayed);
    assert_eq!(
        try_code(&totp, &mut state, "287082", 30),
        Accepted { step: 1 }
    );
}

#[test]
fn o06_steps_beyond_32_bits() {
    let totp = rfc_totp().with_period(Duration::from_secs(1)).unwrap();
    for unix in [
        u64::from(u32::MAX),
        u64::from(u32::MAX) + 1,
        1 << 33,
        Timestamp::MAX.unix(),
    ] {
        let code = shown(&totp, unix);
        let verdict = try_code(&totp, &mut TotpState::default(), &code, unix);
        assert_eq!(verdict, Accepted { step: unix });
    }
    assert_ne!(
        shown(&totp, 1),
        shown(&totp, (1 << 32) + 1),
        "the high half counts"
    );
}

#[test]
fn a_clock_set_back_gives_nothing_back() {
    let totp = rfc_totp();
    let mut state = TotpState::default();
    let ahead = shown(&totp, 3_600);
    assert_eq!(
        try_code(&totp, &mut state, &ahead, 3_600),
        Accepted { step: 120 }
    );
    for unix in (0..3_600).step_by(30) {
        let verdict = try_code(&totp, &mut state, &shown(&totp, unix), unix);
        assert_eq!(verdict, Replayed, "{unix}");
    }
    let verdict = try_code(&totp, &mut state, &shown(&totp, 3_630), 3_630);
    assert_eq!(verdict, Accepted { step: 121 });

    // A state from the far end accepts nothing, and does not overflow.
    let mut state = TotpState::stored(u64::MAX);
    let verdict = try_code(&totp, &mut state, &shown(&totp, 3_630), 3_630);
    assert_eq!(verdict, Replayed);
}

#[test]
fn n10_weak_settings_are_refused() {
    let secret = |length| OtpKey::new(SecretBytes::from(vec![7; length])).map(Totp::from);
    for length in [0, 1, 10, 13, 14, 15, 129, 1 << 20] {
        let error = secret(length).unwrap_err();
        assert!(error.is_misuse());
        assert_eq!(
            error.to_string(),
            "otp secret: must hold 16 to 128 bytes",
            "{length}"
        );
    }
    for length in [16, 20, 32, 64, 65, 128] {
        assert!(secret(length).is_ok(), "{length}");
    }
    let error = OtpKey::new(SecretBytes::from(vec![0; 20])).unwrap_err();
    assert_eq!(error.to_string(), "otp secret: must not be all zeros");
    for digits in 0..=u8::MAX {
        let allowed = rfc_key().with_digits(digits).is_ok();
        assert_eq!(allowed, (6..=8).contains(&digits), "{digits}");
    }
    for seconds in [0, 1, 30, 60, 120, 121, 3_600, u32::MAX] {
        let allowed = rfc_totp()
            .with_period(Duration::from_secs(u64::from(seconds)))
            .is_ok();
        assert_eq!(allowed, (1..=120).contains(&seconds), "{seconds}");
    }
}

#[test]
fn settings_come_in_any_order() {
    let minute = Duration::from_secs(60);
    let of = |key| Totp::from(key).with_period(minute).unwrap();
    let one = of(rfc_key()
        .with_algorithm(Algorithm::Sha256)
        .with_digits(8)
        .unwrap());
    let other = of(rfc_key()
        .with_digits(8)
        .unwrap()
        .with_algorithm(Algorithm::Sha256));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    assert_eq!(shown(&one, 59), shown(&other, 59));
    assert_eq!(shown(&one, 59), shown(&one, 0), "a step of a minute");
}

#[test]
fn a_fresh_secret_is_new_each_time() {
    let texts: std::collections::BTreeSet<_> = (0..100)
        .map(|_| {
            let uri = Totp::generate().unwrap().key_uri("Bank", "anna").unwrap();
            let (_, secret) = uri.expose_text().split_once("secret=").unwrap();
            secret.split('&').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(texts.len(), 100);
    assert!(texts.iter().all(|text| text.len() == 32), "160 bits");
}

#[test]
fn debug_keeps_the_secret_back() {
    let shown = format!("{:?} {:#?}", rfc_totp(), rfc_totp());
    assert_eq!(
        shown,
        "Totp(Sha1, 6 digits, 30 seconds, ..) Totp(Sha1, 6 digits, 30 seconds, ..)"
    );
}

fn any_algorithm() -> impl Strategy<Value = (Algorithm, totp_rs::Algorithm)> {
    prop_oneof![
        Just((Algorithm::Sha1, totp_rs::Algorithm::SHA1)),
        Just((Algorithm::Sha256, totp_rs::Algorithm::SHA256)),
        Just((Algorithm::Sha512, totp_rs::Algorithm::SHA512)),
    ]
}

proptest! {
    #[test]
    fn another_implementation_agrees(
        secret in any_secret(),
        (algorithm, theirs) in any_algorithm(),
        digits in 6_u8..=8,
        period in 1_u32..=120,
        unix in 0..=Timestamp::MAX.unix(),
        steps_off in -3_i64..=3,
    ) {
        let totp = Totp::from(OtpKey::new(SecretBytes::from(secret.clone())).unwrap()
            .with_algorithm(algorithm)
            .with_digits(digits).unwrap())
            .with_period(Duration::from_secs(u64::from(period))).unwrap();
        let other = totp_rs::Builder::new()
            .with_algorithm(theirs)
            .with_secret(secret)
            .with_digits(digits)
            .with_step_duration(u64::from(period))
            .with_skew(1)
            .build_noncompliant();
        prop_assert_eq!(shown(&totp, unix), other.generate(unix).to_string());

        let period = i64::from(period);
        let elsewhere = i64::try_from(unix).unwrap() + steps_off * period;
        let elsewhere = u64::try_from(elsewhere).unwrap_or(0);
        let code = other.generate(elsewhere).to_string();
        let ours = try_code(&totp, &mut TotpState::default(), &code, unix);
        let present = unix / u64::try_from(period).unwrap();
        // The other takes one step ahead as well, and the lowest step that matches.
        match (ours, other.check(&code, unix)) {
            (Accepted { step }, Some(lowest)) => {
                prop_assert!(lowest <= step && step <= present);
                let begin = step * u64::try_from(period).unwrap();
                prop_assert_eq!(other.generate(begin).to_string(), code);
            }
            (Wrong, None) => {}
            (Wrong, Some(lowest)) => prop_assert_eq!(lowest, present + 1),
            (ours, theirs) => prop_assert!(false, "{:?} against {:?}", ours, theirs),
        }
    }

    #[test]
    fn no_step_is_accepted_twice(
        digits in 6_u8..=8,
        tries in proptest::collection::vec(
            (0_u64..12, 0_u64..30, prop_oneof![
                8 => (-3_i64..=3).prop_map(Ok),
                1 => any::<u32>().prop_map(Err),
            ]),
            1..40,
        ),
    ) {
        // Around the pair of steps that share a code; the clock jumps back and forth among twelve steps.
        let totp = Totp::from(rfc_key().with_digits(digits).unwrap());
        let mut state = TotpState::default();
        let mut accepted = Vec::new();
        for (step, second, offer) in tries {
            let present = 910_732 + step;
            let now = present * 30 + second;
            let text = match offer {
                Ok(off) => shown(&totp, present.checked_add_signed(off).unwrap() * 30),
                Err(number) => format!("{number:06}"),
            };
            let before = state.next_step();
            let matching: Vec<_> = [present - 1, present]
                .into_iter()
                .filter(|step| shown(&totp, step * 30) == text)
                .collect();
            match try_code(&totp, &mut state, &text, now) {
                Accepted { step } => {
                    prop_assert!(matching.contains(&step));
                    prop_assert!(accepted.last().is_none_or(|last| *last < step));
                    prop_assert_eq!(state.next_step(), step + 1);
                    accepted.push(step);
                }
                verdict => {
                    // Nobody with a right and unused code is turned away, and a refusal changes nothing.
                    prop_assert!(matching.iter().all(|step| *step < before));
                    prop_assert_eq!(verdict == Replayed, !matching.is_empty());
                    prop_assert_eq!(state.next_step(), before);
                }
            }
        }
    }
}
