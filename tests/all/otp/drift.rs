//! An app whose clock runs ahead: one step, learned at enrolment or from two consecutive codes, and never more.
use countersign::otp::{KeyUri, OtpKey, Totp, TotpState};
use countersign::{
    Code, SecretBytes, Timestamp,
    limits::Limits,
    transition::{CommitResult, Saved, Transition, Verdict},
};
use proptest::prelude::*;

use crate::support::{at, rfc_totp};
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

/// The first second of a step in the middle of nowhere.
const NOW: u64 = 30_000;
const STEP: u64 = NOW / 30;

fn of_step(step: u64) -> Code {
    Code::typed(rfc_totp().code_at(at(step * 30)).expose_text())
}

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
fn login(state: &mut TotpState, code: &Code, unix: u64) -> Found {
    let step = rfc_totp().check(state, code, at(unix));
    settle(state, step)
}

#[track_caller]
fn confirm(state: &mut TotpState, code: &Code, unix: u64) -> Found {
    let step = rfc_totp().confirm(state, code, at(unix));
    settle(state, step)
}

#[track_caller]
fn pair(state: &mut TotpState, first: &Code, second: &Code, unix: u64) -> Found {
    let step = rfc_totp().check_pair(state, first, second, at(unix));
    settle(state, step)
}

fn is_refused(verdict: Found) -> bool {
    matches!(verdict, Replayed | Wrong)
}

/// Which steps around the present one a login takes, each on its own.
fn window(state: &TotpState, unix: u64) -> Vec<i64> {
    let present = unix / 30;
    (-4_i64..=4)
        .filter(|off| {
            let step = present.checked_add_signed(*off).unwrap();
            login(&mut state.clone(), &of_step(step), unix) == Accepted { step }
        })
        .collect()
}

#[test]
fn o08_an_enrolment_learns_one_step_ahead_and_no_more() {
    for (off, learned) in [
        (-2, None),
        (-1, Some(false)),
        (0, Some(false)),
        (1, Some(true)),
        (2, None),
    ] {
        for unix in [NOW, NOW + 29] {
            let mut state = TotpState::default();
            let step = STEP.checked_add_signed(off).unwrap();
            let verdict = confirm(&mut state, &of_step(step), unix);
            match learned {
                Some(learned) => {
                    assert_eq!(verdict, Accepted { step }, "{off}");
                    assert_eq!(state.next_step(), step + 1);
                    assert_eq!(state.runs_ahead(), learned, "{off}");
                }
                None => {
                    assert_eq!(verdict, Wrong, "{off}");
                    assert_eq!((state.next_step(), state.runs_ahead()), (0, false));
                }
            }
        }
    }
}

#[test]
fn o08_a_learned_step_is_added_and_takes_none_away() {
    for unix in [NOW, NOW + 29] {
        assert_eq!(window(&TotpState::default(), unix), [-1, 0]);
        assert_eq!(window(&TotpState::stored_ahead(0), unix), [-1, 0, 1]);
    }
}

#[test]
fn o08_a_login_never_learns() {
    let mut state = TotpState::default();
    for unix in (NOW..NOW + 3_000).step_by(30) {
        assert_eq!(login(&mut state, &of_step(unix / 30 + 1), unix), Wrong);
    }
    assert_eq!((state.next_step(), state.runs_ahead()), (0, false));
    let verdict = login(&mut state, &of_step(STEP), NOW);
    assert_eq!(verdict, Accepted { step: STEP });
    assert!(!state.runs_ahead());
    // And what was learned is not forgotten by one, at whatever step.
    let mut state = TotpState::stored_ahead(0);
    for off in [0, 1, 3] {
        let unix = NOW + off * 30;
        assert!(matches!(
            login(&mut state, &of_step(unix / 30), unix),
            Accepted { .. }
        ));
        assert!(state.runs_ahead());
    }
}

#[test]
fn o08_two_consecutive_codes_learn_one_step_ahead_and_no_more() {
    for (second, learned) in [
        (-2, None),
        (-1, Some(false)),
        (0, Some(false)),
        (1, Some(true)),
        (2, None),
        (3, None),
    ] {
        let step = STEP.checked_add_signed(second).unwrap();
        for before in [TotpState::default(), TotpState::stored_ahead(0)] {
            let mut state = before.clone();
            let verdict = pair(&mut state, &of_step(step - 1), &of_step(step), NOW + 29);
            match learned {
                Some(learned) => {
                    assert_eq!(verdict, Accepted { step }, "{second}");
                    assert_eq!(state.next_step(), step + 1);
                    assert_eq!(state.runs_ahead(), learned || before.runs_ahead());
                }
                None => {
                    assert_eq!(verdict, Wrong, "{second}");
                    assert_eq!(state.next_step(), 0);
                    assert_eq!(state.runs_ahead(), before.runs_ahead());
                }
            }
        }
    }
}

#[test]
fn o08_what_is_no_pair_moves_nothing_and_tells_nothing() {
    let text = Code::typed;
    for (name, first, second) in [
        ("only the first is right", of_step(STEP), text("000000")),
        ("only the second is right", text("000000"), of_step(STEP)),
        ("the wrong way round", of_step(STEP + 1), of_step(STEP)),
        ("one between", of_step(STEP - 1), of_step(STEP + 1)),
        ("one code twice", of_step(STEP), of_step(STEP)),
        ("the second is no code", of_step(STEP), text("")),
        ("the first is no code", text("x"), of_step(STEP)),
        ("neither is a code", text(""), text("")),
    ] {
        let state = TotpState::default();
        let step = rfc_totp().check_pair(&state, &first, &second, at(NOW));
        let told = step.commit(|_| -> Saved<()> { panic!("{name}: there is nothing to save") });
        assert!(
            matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))),
            "{name}"
        );
    }
}

#[test]
fn n11_a_pair_takes_unused_codes_only() {
    let steps = [STEP - 1, STEP, STEP + 1];
    let [first, second, third] = steps.map(of_step);
    // The first of the two logged in before.
    let mut state = TotpState::default();
    assert!(matches!(login(&mut state, &first, NOW), Accepted { .. }));
    assert_eq!(pair(&mut state, &first, &second, NOW), Replayed);
    let verdict = pair(&mut state, &second, &third, NOW);
    assert_eq!(verdict, Accepted { step: STEP + 1 });
    // Nothing of it can be used again, alone or with another.
    for unix in [NOW, NOW + 30, NOW + 60] {
        for code in [&first, &second, &third] {
            assert!(is_refused(login(&mut state, code, unix)));
        }
        assert!(is_refused(pair(&mut state, &second, &third, unix)));
        let fourth = of_step(STEP + 2);
        assert!(is_refused(pair(&mut state, &third, &fourth, unix)));
    }
    assert_eq!(state.next_step(), STEP + 2);
}

#[test]
fn b05_a_code_that_confirmed_an_enrolment_is_used_up() {
    let mut state = TotpState::default();
    let code = of_step(STEP + 1);
    assert!(matches!(confirm(&mut state, &code, NOW), Accepted { .. }));
    // Its own period has not begun yet; when it does, and when it is over, the code stays used.
    for unix in [NOW, NOW + 29, NOW + 30, NOW + 60, NOW + 89] {
        assert_eq!(login(&mut state, &code, unix), Replayed, "{unix}");
        assert_eq!(confirm(&mut state, &code, unix), Replayed, "{unix}");
    }
}

#[test]
fn o08_a_learned_step_counts_for_the_chance_of_a_guess() {
    let chance = |state: &TotpState| {
        let right = rfc_totp().accepted_codes(state);
        Limits::nist()
            .guess_chance(right, rfc_totp().key().space())
            .per_lock
    };
    let (fresh, ahead) = (TotpState::default(), TotpState::stored_ahead(0));
    assert!((chance(&ahead) / chance(&fresh) - 1.5).abs() < 1e-9);
    assert!(chance(&ahead) <= 1.0 / 50_000.0);
}

#[test]
fn o08_the_first_periods_of_1970_and_the_last_of_9999() {
    let mut state = TotpState::default();
    assert_eq!(pair(&mut state, &of_step(0), &of_step(0), 0), Wrong);
    let verdict = pair(&mut state, &of_step(0), &of_step(1), 0);
    assert_eq!(verdict, Accepted { step: 1 });
    assert!(state.runs_ahead());

    let last = Timestamp::MAX.unix() / 30;
    let mut state = TotpState::stored_ahead(0);
    let verdict = login(&mut state, &of_step(last), Timestamp::MAX.unix());
    assert_eq!(verdict, Accepted { step: last });
    // A state from the far end accepts nothing, and does not overflow.
    let mut state = TotpState::stored_ahead(u64::MAX);
    assert_eq!(login(&mut state, &of_step(STEP), NOW), Replayed);
    let verdict = pair(&mut state, &of_step(STEP), &of_step(STEP + 1), NOW);
    assert_eq!(verdict, Replayed);
    assert_eq!(state.next_step(), u64::MAX);
}

#[test]
fn o01_n10_short_secrets_are_imported_by_name_only() {
    let secret = |length| SecretBytes::from(vec![7; length]);
    for length in [0, 9, 16, 20, 64] {
        let error = OtpKey::import_short(secret(length)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "otp short secret: must hold 10 to 15 bytes",
            "{length}"
        );
    }
    for length in 10..16 {
        assert!(OtpKey::new(secret(length)).is_err());
        let key = OtpKey::import_short(secret(length)).unwrap();
        assert!(key.has_short_secret());
        // It is not laundered by settings or by a key URI.
        let totp = Totp::from(key.with_digits(8).unwrap());
        assert!(totp.key().has_short_secret());
        let uri = totp.key_uri("Bank", "anna").unwrap();
        assert!(
            KeyUri::parse(uri.expose_text())
                .and_then(Totp::from_key_uri)
                .is_err()
        );
        let code = Code::typed(totp.code_at(at(NOW)).expose_text());
        let told = totp
            .check(&TotpState::default(), &code, at(NOW))
            .commit(|next| {
                assert_eq!(next.next_step(), STEP + 1);
                Saved::<()>::Stored
            });
        assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    }
    let error = OtpKey::import_short(SecretBytes::from(vec![0; 10])).unwrap_err();
    assert_eq!(error.to_string(), "otp secret: must not be all zeros");
}

/// One code or two, of steps near the present one; the clock may stand anywhere.
fn any_try() -> impl Strategy<Value = (u64, i64, Option<i64>)> {
    (
        0_u64..12,
        -3_i64..=3,
        prop_oneof![
            3 => Just(None),
            2 => Just(Some(1)),
            1 => (-3_i64..=3).prop_map(Some),
        ],
    )
}

proptest! {
    #[test]
    fn no_step_is_accepted_twice_whatever_was_learned(
        ahead: bool,
        tries in proptest::collection::vec(any_try(), 1..40),
    ) {
        // Around the pair of steps that share a code; the clock jumps back and forth among twelve steps.
        let mut state = if ahead { TotpState::stored_ahead(0) } else { TotpState::default() };
        let mut spent = 0;
        for (step, off, second) in tries {
            let present = 910_732 + step;
            let now = present * 30;
            let (before, was_ahead) = (state.next_step(), state.runs_ahead());
            let named = present.checked_add_signed(off).unwrap();
            let (verdict, firsts) = match second {
                None => (login(&mut state, &of_step(named), now), 0),
                Some(off) => {
                    let second = of_step(named.checked_add_signed(off).unwrap());
                    (pair(&mut state, &of_step(named), &second, now), 1)
                }
            };
            if let Accepted { step } = verdict {
                // All that it claims lies above all that was claimed, and in its window.
                prop_assert!(step - firsts >= spent);
                let furthest = present + u64::from(was_ahead || second.is_some());
                prop_assert!((present - 1..=furthest).contains(&step));
                prop_assert_eq!(state.next_step(), step + 1);
                prop_assert_eq!(state.runs_ahead(), was_ahead || step > present);
                spent = step + 1;
            } else {
                prop_assert_eq!((state.next_step(), state.runs_ahead()), (before, was_ahead));
            }
        }
    }

    #[test]
    fn a_clock_set_back_gains_nothing(back in 1_u64..100, ahead: bool) {
        let mut state = if ahead { TotpState::stored_ahead(0) } else { TotpState::default() };
        prop_assert_eq!(login(&mut state, &of_step(STEP), NOW), Accepted { step: STEP });
        let then = NOW - back * 30;
        for step in then / 30 - 3..=STEP {
            let codes = (&of_step(step - 1), &of_step(step));
            prop_assert!(is_refused(login(&mut state, codes.1, then)));
            prop_assert!(is_refused(confirm(&mut state, codes.1, then)));
            prop_assert!(is_refused(pair(&mut state, codes.0, codes.1, then)));
        }
        prop_assert_eq!(state.next_step(), STEP + 1);
    }
}
