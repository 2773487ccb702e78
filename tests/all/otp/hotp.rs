//! Counter-based codes: the published values, the window that only looks ahead, two codes at once, and each code once.
use std::collections::BTreeMap;

use countersign::{
    Code, SecretBytes,
    transition::{CommitResult, Saved, Transition, Verdict},
};
use countersign::{
    limits::Limits,
    otp::{Algorithm, Hotp, OtpKey},
};
use proptest::prelude::*;
use serde::Deserialize;

use Found::{Accepted, Exhausted, Wrong};

/// A verdict, with the counter that it spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Accepted { counter: u64 },
    Wrong,
    Exhausted,
}

impl Found {
    fn of(verdict: Verdict, state: u64) -> Self {
        match verdict {
            Verdict::Accepted => Self::Accepted { counter: state - 1 },
            Verdict::Wrong => Self::Wrong,
            Verdict::Exhausted => Self::Exhausted,
            other => panic!("no verdict of a token: {other:?}"),
        }
    }
}

const RFC_SECRET: &[u8] = b"12345678901234567890";

/// Two counters of the RFC's secret whose codes are the same, close enough for one window.
const TWINS: (u64, u64) = (103_424, 103_427);

fn rfc_key() -> OtpKey {
    OtpKey::new(SecretBytes::from(RFC_SECRET.to_vec())).unwrap()
}

fn rfc_hotp() -> Hotp {
    Hotp::from(rfc_key())
}

fn shown(hotp: &Hotp, counter: u64) -> String {
    hotp.code_at(counter).expose_text().to_owned()
}

/// Commits, and puts the new state in place as a store would.
#[track_caller]
fn settle(state: &mut u64, step: Transition<Verdict, u64>) -> Found {
    let told = step.commit(|next| {
        *state = *next;
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(verdict)) => Found::of(verdict, *state),
        other => panic!("nothing was told: {other:?}"),
    }
}

#[track_caller]
fn try_code(hotp: &Hotp, state: &mut u64, text: &str) -> Found {
    let step = hotp.check(*state, &Code::typed(text));
    settle(state, step)
}

#[track_caller]
fn try_pair(hotp: &Hotp, state: &mut u64, first: &str, second: &str) -> Found {
    let step = hotp.check_pair(*state, &Code::typed(first), &Code::typed(second));
    settle(state, step)
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
fn o02_o03_rfc_4226_appendix_d() {
    let vectors: Rfc4226 = toml::from_str(include_str!("../../vectors/rfc_4226.toml")).unwrap();
    assert_eq!(vectors.cases.len(), 10);
    let hotp = Hotp::from(OtpKey::new(SecretBytes::from(vectors.secret.into_bytes())).unwrap());
    let mut state = 0;
    for (name, case) in &vectors.cases {
        let place = format!("{}, {name}", vectors.source);
        assert_eq!(shown(&hotp, case.counter), case.code, "{place}");
        let counter = case.counter;
        let verdict = try_code(&hotp, &mut state, &case.code);
        assert_eq!(verdict, Accepted { counter }, "{place}");
        assert_eq!(state, counter + 1, "{place}");
        for digits in 6..=8 {
            let hotp = Hotp::from(hotp.key().clone().with_digits(digits).unwrap());
            let whole = format!("{:08}", case.truncated % 100_000_000);
            let expected = &whole[8 - usize::from(digits)..];
            assert_eq!(shown(&hotp, counter), expected, "{place}");
        }
    }
}

#[test]
fn o01_short_secrets_are_refused_and_imported_by_name_only() {
    let secret = |length| SecretBytes::from(vec![7; length]);
    for length in [0, 1, 9, 10, 15, 129, 1 << 20] {
        let error = OtpKey::new(secret(length)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "otp secret: must hold 16 to 128 bytes",
            "{length}"
        );
    }
    for length in 16..=128 {
        assert!(!OtpKey::new(secret(length)).unwrap().has_short_secret());
    }
    for length in [0, 9, 16, 20, 64] {
        let error = OtpKey::import_short(secret(length)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "otp short secret: must hold 10 to 15 bytes",
            "{length}"
        );
    }
    for length in 10..16 {
        let hotp = Hotp::from(OtpKey::import_short(secret(length)).unwrap());
        assert!(hotp.key().has_short_secret());
        let mut state = 0;
        let code = shown(&hotp, 0);
        assert_eq!(
            try_code(&hotp, &mut state, &code),
            Accepted { counter: 0 },
            "{length}"
        );
        // Settings do not launder it.
        let key = hotp.key().clone().with_algorithm(Algorithm::Sha512);
        let key = key.with_digits(8).unwrap();
        assert!(Hotp::from(key).key().has_short_secret());
    }
    for zeros in [
        OtpKey::new(SecretBytes::from(vec![0; 20])).map(Hotp::from),
        OtpKey::import_short(SecretBytes::from(vec![0; 10])).map(Hotp::from),
    ] {
        assert_eq!(
            zeros.unwrap_err().to_string(),
            "otp secret: must not be all zeros"
        );
    }
}

#[test]
fn o02_codes_have_six_to_eight_digits() {
    for digits in 0..=u8::MAX {
        let allowed = rfc_key().with_digits(digits).is_ok();
        assert_eq!(allowed, (6..=8).contains(&digits), "{digits}");
    }
}

#[test]
fn o03_the_counter_counts_in_eight_bytes() {
    let hotp = rfc_hotp();
    let low = shown(&hotp, 1);
    for counter in [(1 << 32) + 1, (1 << 56) + 1, (1 << 63) + 1] {
        assert_ne!(shown(&hotp, counter), low, "the high half counts");
        let mut state = counter;
        assert_eq!(try_code(&hotp, &mut state, &low), Wrong);
        let verdict = try_code(&hotp, &mut state, &shown(&hotp, counter));
        assert_eq!(verdict, Accepted { counter });
        assert_eq!(state, counter + 1);
    }
}

#[test]
fn o03_success_sets_the_counter_one_past_the_match() {
    let hotp = rfc_hotp();
    for ahead in 0..=3 {
        let mut state = 20;
        let counter = 20 + ahead;
        let verdict = try_code(&hotp, &mut state, &shown(&hotp, counter));
        assert_eq!(verdict, Accepted { counter });
        assert_eq!(state, counter + 1);
    }
}

#[test]
fn o04_the_look_ahead_is_bounded() {
    for look_ahead in [0, 1, Hotp::DEFAULT_LOOK_AHEAD, Hotp::MAX_LOOK_AHEAD] {
        let hotp = rfc_hotp().with_look_ahead(look_ahead).unwrap();
        assert_eq!(hotp.accepted_codes(), u32::from(look_ahead) + 1);
        let last = 1_000 + u64::from(look_ahead);
        let fresh = |counter| {
            let mut state = 1_000;
            try_code(&hotp, &mut state, &shown(&hotp, counter))
        };
        assert_eq!(fresh(1_000), Accepted { counter: 1_000 });
        assert_eq!(fresh(last), Accepted { counter: last });
        assert_eq!(fresh(last + 1), Wrong, "{look_ahead}");
    }
    assert_eq!(rfc_hotp().accepted_codes(), 4, "the default");
    for look_ahead in Hotp::MAX_LOOK_AHEAD + 1..=u8::MAX {
        let error = rfc_hotp().with_look_ahead(look_ahead).unwrap_err();
        assert_eq!(error.to_string(), "hotp look-ahead: must be 99 at most");
    }
}

#[test]
fn o04_two_consecutive_codes_find_a_token_again() {
    let hotp = rfc_hotp();
    let window = u64::from(Hotp::RESYNC_WINDOW);
    for first in [0, 1, 3, 4, 500, window - 1] {
        let mut state = 7;
        let counter = 7 + first + 1;
        let verdict = try_pair(
            &hotp,
            &mut state,
            &shown(&hotp, 7 + first),
            &shown(&hotp, counter),
        );
        assert_eq!(verdict, Accepted { counter }, "{first}");
        assert_eq!(state, counter + 1);
        // Both are spent.
        for spent in [counter - 1, counter] {
            assert_eq!(try_code(&hotp, &mut state, &shown(&hotp, spent)), Wrong);
        }
        let next = counter + 1;
        let verdict = try_code(&hotp, &mut state, &shown(&hotp, next));
        assert_eq!(verdict, Accepted { counter: next });
    }
}

#[test]
fn o04_what_is_no_pair_moves_nothing_and_tells_nothing() {
    let hotp = rfc_hotp();
    let right = |counter| shown(&hotp, counter);
    let window = u64::from(Hotp::RESYNC_WINDOW);
    for (name, first, second) in [
        ("only the first is right", right(50), "000000".to_owned()),
        ("only the second is right", "000000".to_owned(), right(51)),
        ("the wrong way round", right(51), right(50)),
        ("one between", right(50), right(52)),
        ("one code twice", right(50), right(50)),
        ("the first is spent", right(9), right(10)),
        ("both are spent", right(8), right(9)),
        ("too far", right(10 + window), right(10 + window + 1)),
        ("the second is no code", right(50), String::new()),
        ("the first is no code", "x".to_owned(), right(51)),
        ("neither is a code", String::new(), String::new()),
        ("a digit short", right(50), right(51)[..5].to_owned()),
        ("both in one", right(50) + &right(51), String::new()),
    ] {
        let state = 10;
        let step = hotp.check_pair(state, &Code::typed(&first), &Code::typed(&second));
        let told = step.commit(|_| -> Saved<()> { panic!("{name}: there is nothing to save") });
        assert!(
            matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))),
            "{name}"
        );
    }
}

#[test]
fn o04_a_pair_is_spent_and_so_is_half_of_the_next() {
    let hotp = rfc_hotp();
    let mut state = 0;
    let (first, second, third) = (shown(&hotp, 600), shown(&hotp, 601), shown(&hotp, 602));
    let verdict = try_pair(&hotp, &mut state, &first, &second);
    assert_eq!(verdict, Accepted { counter: 601 });
    assert_eq!(try_pair(&hotp, &mut state, &first, &second), Wrong);
    assert_eq!(try_pair(&hotp, &mut state, &second, &third), Wrong);
    assert_eq!(state, 602);
}

#[test]
fn o05_the_default_bears_the_limits_it_is_made_for() {
    let chance = |hotp: &Hotp, limits: Limits| {
        let chance = limits.guess_chance(hotp.accepted_codes(), hotp.key().space());
        chance.per_lock <= 1.0 / 50_000.0 && chance.per_year <= 0.01
    };
    assert!(chance(&rfc_hotp(), Limits::nist()));
    assert!(chance(&rfc_hotp(), Limits::psd2()));
    // One more is one too many; eight digits bear the longest look-ahead.
    let longer = rfc_hotp()
        .with_look_ahead(Hotp::DEFAULT_LOOK_AHEAD + 1)
        .unwrap();
    assert!(!chance(&longer, Limits::nist()));
    let longest = Hotp::from(rfc_key().with_digits(8).unwrap())
        .with_look_ahead(Hotp::MAX_LOOK_AHEAD)
        .unwrap();
    assert!(chance(&longest, Limits::nist()));
    // A pair is a worse guess than a single code, whatever the settings: so one count covers both.
    let pairs = f64::from(Hotp::RESYNC_WINDOW) / 1e12;
    assert!(pairs < 1.0 / 1e6);
}

#[test]
fn o05_failures_are_counted_by_the_caller_and_move_nothing() {
    // RFC 4226 7.3 wants them counted across sessions: what is stored does not depend on how often was tried.
    let hotp = rfc_hotp();
    let state = 3;
    for _ in 0..100 {
        let step = hotp.check(state, &Code::typed("000000"));
        let told = step.commit(|_| -> Saved<()> { panic!("there is nothing to save") });
        assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    }
    let mut state = state;
    let verdict = try_code(&hotp, &mut state, "969429");
    assert_eq!(verdict, Accepted { counter: 3 });
}

#[test]
fn b19_the_search_goes_forward_and_failures_burn_nothing() {
    let hotp = rfc_hotp().with_look_ahead(50).unwrap();
    let mut state = 100;
    // Nothing behind the counter is right, however near.
    for counter in 0..100 {
        let code = shown(&hotp, counter);
        let ahead = (100..=150).any(|later| shown(&hotp, later) == code);
        assert!(!ahead, "{counter} would be right for another reason");
        assert_eq!(try_code(&hotp, &mut state, &code), Wrong, "{counter}");
        assert_eq!(state, 100);
    }
    let verdict = try_code(&hotp, &mut state, &shown(&hotp, 100));
    assert_eq!(verdict, Accepted { counter: 100 });
}

#[test]
fn b04_b19_the_last_match_of_the_window_counts() {
    let hotp = rfc_hotp();
    let (first, last) = TWINS;
    let code = shown(&hotp, first);
    assert_eq!(shown(&hotp, last), code, "they are twins");
    assert!(last - first <= u64::from(Hotp::DEFAULT_LOOK_AHEAD));

    let mut state = first;
    let verdict = try_code(&hotp, &mut state, &code);
    assert_eq!(verdict, Accepted { counter: last });
    // Were the first claimed, the same digits would be right again at once.
    assert_eq!(try_code(&hotp, &mut state, &code), Wrong);
    // The token is still at the first, and is pressed until it is past the last.
    for counter in first..=last {
        assert_eq!(try_code(&hotp, &mut state, &shown(&hotp, counter)), Wrong);
    }
    let verdict = try_code(&hotp, &mut state, &shown(&hotp, last + 1));
    assert_eq!(verdict, Accepted { counter: last + 1 });
}

#[test]
fn b01_n11_a_code_is_accepted_once() {
    let hotp = rfc_hotp();
    let mut state = 0;
    for text in ["755224", "287082"] {
        assert!(matches!(try_code(&hotp, &mut state, text), Accepted { .. }));
        for again in ["755224", text, " 755 224"] {
            assert_eq!(try_code(&hotp, &mut state, again), Wrong);
        }
    }
    assert_eq!(state, 2);
}

#[test]
fn b03_a_lost_write_tells_nothing() {
    let hotp = rfc_hotp();
    let state = 0;
    let step = hotp.check(state, &Code::typed("755224"));
    let told = step.commit(|_| Saved::<()>::Conflict);
    assert!(matches!(told, Ok(CommitResult::Conflict)));
    let pair = hotp.check_pair(state, &Code::typed("755224"), &Code::typed("287082"));
    let told = pair.commit(|_| Saved::<()>::Conflict);
    assert!(matches!(told, Ok(CommitResult::Conflict)));
}

#[test]
fn b32_leading_zeros_count() {
    let hotp = rfc_hotp();
    let zeros = (0..1_000_000)
        .find(|counter| shown(&hotp, *counter).starts_with("00"))
        .unwrap();
    let code = shown(&hotp, zeros);
    let fresh = |text: &str| try_code(&hotp, &mut zeros.clone(), text);
    assert_eq!(fresh(&code), Accepted { counter: zeros });
    for text in [&code[1..], &code[2..], &format!("0{code}"), ""] {
        assert_eq!(fresh(text), Wrong, "{text:?}");
    }
}

#[test]
fn the_counter_ends_and_never_begins_again() {
    let hotp = rfc_hotp().with_look_ahead(10).unwrap();
    let last = u64::MAX - 1;
    // Near the end the window is cut: the very last number has no successor, so its code is never right.
    for start in [u64::MAX - 5, last] {
        let mut state = start;
        let beyond = shown(&hotp, u64::MAX);
        assert_eq!(try_code(&hotp, &mut state, &beyond), Wrong);
        for wrapped in 0..10 {
            assert_eq!(try_code(&hotp, &mut state, &shown(&hotp, wrapped)), Wrong);
        }
        let verdict = try_pair(&hotp, &mut state, &shown(&hotp, last), &beyond);
        assert!(matches!(verdict, Wrong | Exhausted));
        assert_eq!(state, start);

        let verdict = try_code(&hotp, &mut state, &shown(&hotp, last));
        assert_eq!(verdict, Accepted { counter: last });
        assert_eq!(state, u64::MAX);
    }
    // At the end nothing is right any more, and nothing is consumed.
    for counter in [0, 1, last, u64::MAX] {
        let mut state = u64::MAX;
        let code = shown(&hotp, counter);
        assert_eq!(try_code(&hotp, &mut state, &code), Exhausted);
        let next = shown(&hotp, counter.wrapping_add(1));
        assert_eq!(try_pair(&hotp, &mut state, &code, &next), Exhausted);
        assert_eq!(state, u64::MAX);
    }
    // The last pair that there is, and none where one number is left.
    let pair = |start| {
        let mut state = start;
        let (first, second) = (shown(&hotp, last - 1), shown(&hotp, last));
        let verdict = try_pair(&hotp, &mut state, &first, &second);
        (verdict, state)
    };
    assert_eq!(pair(last - 1), (Accepted { counter: last }, u64::MAX));
    assert_eq!(pair(last), (Exhausted, last));
}

#[test]
fn text_that_is_no_code_is_wrong() {
    let hotp = rfc_hotp();
    for text in [
        "",
        "75522",
        "7552244",
        "-755224",
        "75522⁴",
        "\u{200f}-755224",
        "755224x",
        "4294967295",
        "0000755224",
    ] {
        let verdict = try_code(&hotp, &mut 0, text);
        assert_eq!(verdict, Wrong, "{text:?}");
    }
}

#[test]
fn a_fresh_secret_is_new_each_time() {
    let texts: std::collections::BTreeSet<_> = (0..100)
        .map(|_| {
            let hotp = Hotp::from(OtpKey::generate().unwrap());
            let uri = hotp.key_uri(0, "Bank", "anna").unwrap();
            let (_, secret) = uri.expose_text().split_once("secret=").unwrap();
            secret.split('&').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(texts.len(), 100);
    assert!(texts.iter().all(|text| text.len() == 32), "160 bits");
}

#[test]
fn debug_keeps_the_secret_back() {
    let shown = format!("{:?}", rfc_hotp());
    assert_eq!(shown, "Hotp(Sha1, 6 digits, 3 ahead, ..)");
}

/// What somebody types: one code or two, of counters near the present one or of none.
#[derive(Clone, Debug)]
enum Try {
    One(Result<i64, u32>),
    Two(i64, i64),
}

fn any_try() -> impl Strategy<Value = Try> {
    prop_oneof![
        6 => (-6_i64..=8).prop_map(|off| Try::One(Ok(off))),
        1 => any::<u32>().prop_map(|number| Try::One(Err(number))),
        2 => (-6_i64..=1_010).prop_map(|off| Try::Two(off, off + 1)),
        1 => (-6_i64..=20, -6_i64..=20).prop_map(|(first, second)| Try::Two(first, second)),
    ]
}

proptest! {
    #[test]
    fn no_code_is_accepted_twice_and_the_counter_never_goes_back(
        digits in 6_u8..=8,
        look_ahead in 0_u8..=5,
        // Around the twins, and at the very end.
        start in prop_oneof![Just(TWINS.0 - 5), Just(u64::MAX - 1_000), Just(u64::MAX - 10), Just(0_u64)],
        tries in proptest::collection::vec(any_try(), 1..12),
    ) {
        let hotp = Hotp::from(rfc_key().with_digits(digits).unwrap()).with_look_ahead(look_ahead).unwrap();
        let mut state = start;
        for offer in tries {
            let before = state;
            let text = |off: i64| shown(&hotp, before.saturating_add_signed(off));
            let usable = |counter: &u64| *counter < u64::MAX;
            let ahead = |window: u64| (0..window).filter_map(move |off| before.checked_add(off));
            let (verdict, matching): (_, Vec<u64>) = match offer {
                Try::One(offer) => {
                    let typed = match offer {
                        Ok(off) => text(off),
                        Err(number) => format!("{number:06}"),
                    };
                    let matching = ahead(u64::from(look_ahead) + 1)
                        .filter(usable)
                        .filter(|counter| shown(&hotp, *counter) == typed)
                        .collect();
                    (try_code(&hotp, &mut state, &typed), matching)
                }
                Try::Two(first, second) => {
                    let (first, second) = (text(first), text(second));
                    let matching = ahead(1_000)
                        .filter_map(|counter| counter.checked_add(1))
                        .filter(usable)
                        .filter(|counter| shown(&hotp, counter - 1) == first && shown(&hotp, *counter) == second)
                        .collect();
                    (try_pair(&hotp, &mut state, &first, &second), matching)
                }
            };
            match verdict {
                Accepted { counter } => {
                    prop_assert_eq!(Some(&counter), matching.last(), "the last match counts");
                    prop_assert!(counter >= before, "forward only, so never a counter twice");
                    prop_assert_eq!(state, counter + 1);
                }
                Wrong | Exhausted => {
                    // Nobody with a right and unused code is turned away, and a refusal changes nothing.
                    prop_assert_eq!(matching, Vec::<u64>::new());
                    prop_assert_eq!(state, before);
                    prop_assert!(verdict == Wrong || before >= u64::MAX - 1);
                }
            }
        }
    }

    #[test]
    fn another_secret_or_hash_shows_other_codes(
        secret in proptest::collection::vec(1_u8..=255, 16..=64),
        counter: u64,
    ) {
        let key = OtpKey::new(SecretBytes::from(secret.clone())).unwrap().with_digits(8).unwrap();
        let mut other = secret;
        other[0] ^= 0x80;
        let other = Hotp::from(OtpKey::new(SecretBytes::from(other)).unwrap().with_digits(8).unwrap());
        let codes = [
            shown(&Hotp::from(key.clone()), counter),
            shown(&other, counter),
            shown(&Hotp::from(key.clone().with_algorithm(Algorithm::Sha256)), counter),
            shown(&Hotp::from(key.with_algorithm(Algorithm::Sha512)), counter),
        ];
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        // One pair of four may meet by chance, in one of many million cases.
        prop_assert!(different.len() >= 3);
    }
}
