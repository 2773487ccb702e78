//! One direction: what is accepted, once, and what never again.
use countersign::{Transaction, otp::ocra::OcraTask};
use proptest::prelude::*;

use super::*;

use Verdict::{Accepted, Exhausted, Expired, Replayed, Wrong};

const ONE_WAY: &str = "OCRA-1:HOTP-SHA1-6:QN08";
const COUNTED: &str = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1";
const TIMED: &str = "OCRA-1:HOTP-SHA512-8:QN08-T1M";
const BOTH: &str = "OCRA-1:HOTP-SHA512-9:C-QA12-PSHA512-T20S";

fn login(ocra: &Ocra, state: &OcraState, when: Timestamp) -> OcraChallenge {
    ocra.challenge(state, OcraTask::authenticate(), when)
        .unwrap()
}

fn answered(ocra: &Ocra, counter: u64, challenge: &OcraChallenge, when: Timestamp) -> String {
    shown(ocra, counter, challenge.question().as_str(), when)
}

#[test]
fn o11_each_suite_works_one_way_and_once() {
    for text in [
        ONE_WAY,
        COUNTED,
        TIMED,
        BOTH,
        "OCRA-1:HOTP-SHA512-0:QH64",
        "OCRA-1:HOTP-SHA1-4:QA04",
    ] {
        let ocra = ocra(text);
        let mut state = OcraState::default();
        for round in 0..3 {
            let challenge = login(&ocra, &state, now());
            let response = answered(&ocra, state.counter(), &challenge, now());
            let verdict = check(&ocra, &mut state, &challenge, &response, now());
            assert_eq!(verdict, Accepted, "{text}");
            assert_eq!(state.round(), round + 1);
            let verdict = check(&ocra, &mut state, &challenge, &response, now());
            assert_eq!(verdict, Replayed, "{text}");
        }
    }
}

#[test]
fn o10_every_number_of_digits_is_compared() {
    for digits in [0, 4, 5, 6, 7, 8, 9] {
        for hash in ["SHA1", "SHA256", "SHA512"] {
            let ocra = ocra(&format!("OCRA-1:HOTP-{hash}-{digits}:QN08"));
            let mut state = OcraState::default();
            let challenge = asked("12345678", 0, now());
            let right = answered(&ocra, 0, &challenge, now());
            let width = match (digits, hash) {
                (0, "SHA1") => 40,
                (0, "SHA256") => 64,
                (0, _) => 128,
                _ => digits,
            };
            assert_eq!(right.len(), width);
            for place in 0..width {
                let mut wrong = right.clone().into_bytes();
                wrong[place] = if wrong[place] == b'7' { b'8' } else { b'7' };
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(check(&ocra, &mut state, &challenge, &wrong, now()), Wrong);
            }
            for wrong in [
                &right[1..],
                &right[..width - 1],
                &format!("0{right}"),
                &format!("{right}0"),
            ] {
                assert_eq!(check(&ocra, &mut state, &challenge, wrong, now()), Wrong);
            }
            let grouped: Vec<_> = right.chars().map(String::from).collect();
            let grouped = grouped.join("- ").to_uppercase();
            assert_eq!(
                check(&ocra, &mut state, &challenge, &grouped, now()),
                Accepted
            );
        }
    }
}

#[test]
fn o11_another_open_question_is_spent_with_the_answered_one() {
    let ocra = ocra(ONE_WAY);
    let mut state = OcraState::default();
    let [first, second] = [login(&ocra, &state, now()), login(&ocra, &state, now())];
    let [one, other] = [&first, &second].map(|asked| answered(&ocra, 0, asked, now()));
    assert_eq!(check(&ocra, &mut state, &second, &other, now()), Accepted);
    assert_eq!(check(&ocra, &mut state, &first, &one, now()), Replayed);
    // And one of a state that was not reached yet: a record that was put back.
    let ahead = asked("12345678", 2, now());
    let response = answered(&ocra, 0, &ahead, now());
    assert_eq!(check(&ocra, &mut state, &ahead, &response, now()), Replayed);
}

#[test]
fn o11_a_question_waits_ten_minutes() {
    let ocra = ocra(ONE_WAY);
    let challenge = asked("12345678", 0, now());
    let response = answered(&ocra, 0, &challenge, now());
    let after = |seconds: i64| at(now().unix().checked_add_signed(seconds).unwrap());
    for (seconds, expected) in [
        (0, Accepted),
        (599, Accepted),
        (600, Expired),
        (1 << 40, Expired),
        // A clock that runs back a little is another server's; one that runs back more gains nothing.
        (-120, Accepted),
        (-121, Expired),
        (-86_400, Expired),
    ] {
        let seconds = seconds.min(200_000_000_000);
        let verdict = check(
            &ocra,
            &mut OcraState::default(),
            &challenge,
            &response,
            after(seconds),
        );
        assert_eq!(verdict, expected, "{seconds}");
    }
}

#[test]
fn o03_the_counter_is_looked_for_forward_only() {
    let ocra = ocra(COUNTED).with_look_ahead(2).unwrap();
    for (counter, expected) in [
        (8, Wrong),
        (9, Wrong),
        (10, Accepted),
        (12, Accepted),
        (13, Wrong),
    ] {
        let mut state = OcraState::stored(0, 10, 0);
        let challenge = asked("12345678", 0, now());
        let response = answered(&ocra, counter, &challenge, now());
        assert_eq!(
            check(&ocra, &mut state, &challenge, &response, now()),
            expected
        );
        let next = if expected == Accepted {
            counter + 1
        } else {
            10
        };
        assert_eq!(state.counter(), next);
    }
}

#[test]
fn o03_the_counter_ends_without_beginning_again() {
    let ocra = ocra(COUNTED);
    let challenge = asked("12345678", 0, now());
    let last = u64::MAX - 1;
    let response = answered(&ocra, last, &challenge, now());
    let mut state = OcraState::stored(0, last - 1, 0);
    assert_eq!(
        check(&ocra, &mut state, &challenge, &response, now()),
        Accepted
    );
    assert_eq!(state, OcraState::stored(1, u64::MAX, 0));
    let challenge = asked("12345678", 1, now());
    assert_eq!(
        check(&ocra, &mut state, &challenge, &response, now()),
        Exhausted
    );
    let question = OcraQuestion::typed(ocra.suite(), "12345678").unwrap();
    let error = ocra.respond(&state, &question, now()).unwrap_err();
    assert_eq!(error.to_string(), "ocra counter: must not be used up");
    // The rounds, too.
    let mut state = OcraState::stored(u64::MAX, 0, 0);
    let challenge = asked("12345678", u64::MAX, now());
    assert_eq!(
        check(&ocra, &mut state, &challenge, &response, now()),
        Exhausted
    );
}

/// The one code of the window that no device shows: made by hand, it is not accepted.
#[test]
fn o03_the_last_number_of_all_is_no_counter() {
    let ocra = ocra("OCRA-1:HOTP-SHA256-0:C-QH08");
    let accepted = |counter: u64| {
        let message = [
            b"OCRA-1:HOTP-SHA256-0:C-QH08\0".as_slice(),
            &counter.to_be_bytes(),
            &[0xaa; 4],
            &[0; 124],
        ];
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET);
        let response =
            crate::support::programs::hex(ring::hmac::sign(&key, &message.concat()).as_ref());
        let mut state = OcraState::stored(0, u64::MAX - 1, 0);
        check(
            &ocra,
            &mut state,
            &asked("AAAAAAAA", 0, now()),
            &response,
            now(),
        )
    };
    assert_eq!(accepted(u64::MAX - 1), Accepted);
    assert_eq!(accepted(u64::MAX), Wrong);
}

#[test]
fn b03_no_earlier_time_step_is_accepted_again() {
    let ocra = ocra(TIMED).with_time_window(3, 1).unwrap();
    let mut state = OcraState::default();
    let minute = |count: i64| at((now().unix() / 60).checked_add_signed(count).unwrap() * 60);
    // (the device's minute, the host's minute)
    for (shown_at, checked_at, expected) in [
        (2, 0, Wrong),
        (-4, 0, Wrong),
        (-3, 0, Accepted),
        (1, 0, Accepted),
        (1, 0, Accepted),
        // Steps before the last accepted one are spent, also where the clock runs back.
        (0, 0, Replayed),
        (0, 3, Replayed),
        (0, -1, Replayed),
        (1, 1, Accepted),
        (3, 3, Accepted),
        (2, 3, Replayed),
    ] {
        let challenge = asked("12345678", state.round(), minute(checked_at));
        let response = answered(&ocra, 0, &challenge, minute(shown_at));
        let verdict = check(&ocra, &mut state, &challenge, &response, minute(checked_at));
        assert_eq!(
            verdict, expected,
            "shown at {shown_at}, checked at {checked_at}"
        );
    }
}

#[test]
fn o10_time_steps_are_of_the_suites_length() {
    for (step, seconds) in [
        ("T1S", 1),
        ("T59S", 59),
        ("T1M", 60),
        ("T59M", 3_540),
        ("T1H", 3_600),
        ("T48H", 172_800),
    ] {
        let ocra = ocra(&format!("OCRA-1:HOTP-SHA256-8:QN08-{step}"))
            .with_time_window(0, 0)
            .unwrap();
        let start = now().unix() / seconds * seconds;
        let response = shown(&ocra, 0, "12345678", at(start));
        for (when, expected) in [
            (start, Accepted),
            (start + seconds - 1, Accepted),
            (start + seconds, Wrong),
            (start - 1, Wrong),
        ] {
            let challenge = asked("12345678", 0, at(when));
            let mut state = OcraState::default();
            assert_eq!(
                check(&ocra, &mut state, &challenge, &response, at(when)),
                expected,
                "{step}"
            );
        }
    }
}

#[test]
fn o11_a_session_is_part_of_the_response() {
    let ocra = ocra("OCRA-1:HOTP-SHA256-8:QN08-S064");
    let [here, there] =
        [b"call 4711".as_slice(), b"call 4712"].map(|data| ocra.clone().in_session(data).unwrap());
    let challenge = asked("12345678", 0, now());
    let response = answered(&here, 0, &challenge, now());
    let mut state = OcraState::default();
    assert_eq!(
        check(&there, &mut state, &challenge, &response, now()),
        Wrong
    );
    assert_eq!(
        check(&here, &mut state, &challenge, &response, now()),
        Accepted
    );
    // The zeros stand before the data, so those that are given are the same.
    let mut met = vec![0; 64];
    met[55..].copy_from_slice(b"call 4711");
    let met = ocra.in_session(&met).unwrap();
    assert_eq!(answered(&met, 0, &challenge, now()), response);
}

#[test]
fn o11_another_pin_is_another_response() {
    let pin = |pin: &str| {
        let secret = SecretBytes::from(SECRET.to_vec());
        Ocra::new_with_pin(suite(COUNTED), secret, &SecretText::from(pin.to_owned())).unwrap()
    };
    let right = shown(&pin("1234"), 0, "12345678", now());
    assert_eq!(right, "65347737", "RFC 6287, appendix C");
    for other in ["1235", "12345", "12340", " 1234", "１２３４"] {
        assert_ne!(shown(&pin(other), 0, "12345678", now()), right);
    }
}

fn transfer(amount: &str) -> Transaction {
    let transaction = Transaction::new("TX-1").and_then(|new| new.with("payee", "Anna"));
    transaction
        .and_then(|new| new.with("amount", amount))
        .unwrap()
}

#[test]
fn p05_a_signature_is_of_its_transaction() {
    for text in [
        "OCRA-1:HOTP-SHA256-8:QH64",
        "OCRA-1:HOTP-SHA256-8:QA32",
        "OCRA-1:HOTP-SHA256-8:C-QH40-PSHA1-T1M",
    ] {
        let ocra = ocra(text).for_signatures();
        let mut state = OcraState::default();
        let [small, large] = [transfer("99.50 EUR"), transfer("999.50 EUR")];
        let challenge = ocra
            .challenge(&state, OcraTask::sign(small.digest()), now())
            .unwrap();
        let of = |transaction: &Transaction| {
            OcraQuestion::of_transaction(ocra.suite(), transaction.digest()).unwrap()
        };
        assert_eq!(
            challenge.question(),
            &of(&small),
            "the device computes the same"
        );
        let wrong = shown(&ocra, 0, of(&large).as_str(), now());
        let right = shown(&ocra, 0, of(&small).as_str(), now());
        assert_eq!(check(&ocra, &mut state, &challenge, &wrong, now()), Wrong);
        assert_eq!(
            check(&ocra, &mut state, &challenge, &right, now()),
            Accepted
        );
        assert_eq!(
            check(&ocra, &mut state, &challenge, &right, now()),
            Replayed
        );
    }
}

/// The same figures asked for again: their old signature is worth nothing.
#[test]
fn p05_the_same_text_is_signed_anew() {
    let task = OcraTask::sign_text("40019950");
    for text in [COUNTED, TIMED, "OCRA-1:HOTP-SHA256-8:C-QN08-T1M"] {
        let ocra = ocra(text).for_signatures();
        let mut state = OcraState::default();
        let sign = |state: &OcraState, when| {
            let challenge = ocra.challenge(state, task, when).unwrap();
            let response = answered(&ocra, state.counter(), &challenge, when);
            (challenge, response)
        };
        let (challenge, first) = sign(&state, now());
        assert_eq!(
            check(&ocra, &mut state, &challenge, &first, now()),
            Accepted
        );

        let (challenge, again) = sign(&state, now());
        let replayed = check(&ocra, &mut state, &challenge, &first, now());
        assert!(matches!(replayed, Replayed | Wrong), "{text}: {replayed:?}");
        // A counter tells them apart at once, the time in its next step.
        let later = if ocra.suite().has_counter() {
            now()
        } else {
            at(now().unix() + 60)
        };
        let again = if later == now() {
            again
        } else {
            sign(&state, later).1
        };
        assert_eq!(
            check(&ocra, &mut state, &challenge, &again, later),
            Accepted,
            "{text}"
        );
    }
}

/// What somebody tries in the property: any open or old challenge, with any response seen so far, the right one, or a guess,
/// at any time.
#[derive(Clone, Debug)]
enum Move {
    Ask {
        repeat: bool,
    },
    Answer {
        challenge: usize,
        ahead: u64,
        steps: i64,
    },
    Replay {
        challenge: usize,
        response: usize,
    },
    Guess {
        challenge: usize,
        text: String,
    },
    Wait {
        seconds: i64,
    },
}

fn any_move() -> impl Strategy<Value = Move> {
    let seconds = prop_oneof![0_i64..=60, -300_i64..=700];
    prop_oneof![
        2 => any::<bool>().prop_map(|repeat| Move::Ask { repeat }),
        3 => (0_usize..8, 0_u64..=4, -3_i64..=2).prop_map(|(challenge, ahead, steps)| Move::Answer { challenge, ahead, steps }),
        3 => (0_usize..8, 0_usize..20).prop_map(|(challenge, response)| Move::Replay { challenge, response }),
        1 => (0_usize..8, "[0-9a-f -]{0,20}").prop_map(|(challenge, text)| Move::Guess { challenge, text }),
        1 => seconds.prop_map(|seconds| Move::Wait { seconds }),
    ]
}

proptest! {
    /// No challenge is accepted twice; no response is accepted for what it was not computed for; the state only grows.
    #[test]
    fn b03_nothing_is_accepted_twice_and_the_state_never_goes_back(
        text in prop_oneof![Just(ONE_WAY), Just(COUNTED), Just(TIMED), Just(BOTH), Just("OCRA-1:HOTP-SHA256-0:QH08-T30S")],
        signs: bool,
        moves in proptest::collection::vec(any_move(), 1..40),
    ) {
        let mut ocra = ocra(text);
        let repeatable = text == COUNTED || text == TIMED;
        if repeatable && signs { ocra = ocra.for_signatures(); }
        let (mut state, mut time) = (OcraState::default(), now());
        let mut challenges: Vec<(OcraChallenge, bool)> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let mut accepted_texts: Vec<(String, String)> = Vec::new();
        for step in moves {
            let (index, offered) = match step {
                Move::Ask { repeat } => {
                    let task = match (ocra.signs(), repeat) {
                        (false, _) => OcraTask::authenticate(),
                        (true, false) => OcraTask::sign_text("12345678"),
                        (true, true) => OcraTask::sign_text("40019950"),
                    };
                    challenges.push((ocra.challenge(&state, task, time).unwrap(), false));
                    continue;
                }
                Move::Wait { seconds } => {
                    time = at(time.unix().checked_add_signed(seconds).unwrap());
                    continue;
                }
                Move::Answer { challenge, ahead, steps } => {
                    let Some((asked, _)) = challenges.get(challenge) else { continue };
                    let length = ocra.suite().time_step().map_or(1, |step| i64::try_from(step.as_secs()).unwrap());
                    let when = at(time.unix().checked_add_signed(steps * length).unwrap());
                    let counter = state.counter().saturating_add(ahead);
                    let right = answered(&ocra, counter, asked, when);
                    seen.push(right.clone());
                    (challenge, right)
                }
                Move::Replay { challenge, response } => {
                    let Some(old) = seen.get(response) else { continue };
                    (challenge, old.clone())
                }
                Move::Guess { challenge, text } => (challenge, text),
            };
            let Some((challenge, spent)) = challenges.get_mut(index) else { continue };
            let before = state.clone();
            let verdict = check(&ocra, &mut state, challenge, &offered, time);
            if verdict == Accepted {
                prop_assert!(!*spent, "accepted twice");
                *spent = true;
                let signed = (challenge.question().as_str().to_owned(), offered);
                prop_assert!(!accepted_texts.contains(&signed), "one response to one question twice");
                accepted_texts.push(signed);
                prop_assert_eq!(state.round(), before.round() + 1);
                prop_assert!(!ocra.suite().has_counter() || state.counter() > before.counter());
                prop_assert!(state.step() >= before.step());
            } else {
                prop_assert_eq!(&state, &before);
            }
        }
    }
}
