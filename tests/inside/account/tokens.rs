//! Tokens with a button, and apps whose clock runs ahead: enrolled, checked and found again through the account.

use std::ops::ControlFlow;

use countersign::{
    Attempt, Change, Changed, Code, Error, Factor, Outcome, Settings,
    audit::{EventKind, Reason},
    limits::Limits,
    otp::{Hotp, OtpKey, Totp},
};
use proptest::prelude::*;

use crate::inside::support::host::*;
use crate::inside::support::{token, token_code};

fn once(counter: u64) -> Attempt {
    Attempt::Hotp(token_code(counter))
}

fn pair(first: u64, second: u64) -> Attempt {
    Attempt::HotpPair(token_code(first), token_code(second))
}

/// A customer whose token waits for its first code.
fn with_pending_token(settings: Settings, counter: u64) -> Row {
    let mut row = Row::new(settings);
    let ctx = agent(NOW - 60, 200);
    row.create(&ctx);
    let add = Change::AddHotp(token(), counter);
    assert_eq!(row.change(&add, &ctx), Changed::Done);
    row
}

/// A customer whose token showed its code 0 at enrolment.
fn with_token() -> Row {
    let mut row = with_pending_token(settings(), 0);
    let confirm = Change::ConfirmHotp(token_code(0));
    assert_eq!(row.change(&confirm, &agent(NOW - 60, 200)), Changed::Done);
    row
}

#[track_caller]
fn expect(row: &mut Row, attempt: &Attempt, said: Said) {
    let outcome = row.check(attempt, &agent(NOW, 1));
    assert_eq!(kind(&outcome), said, "{attempt:?}");
    if let Outcome::Accepted(evidence) = outcome {
        assert_eq!(evidence.factor(), Factor::Hotp);
        assert_eq!(evidence.transaction_digest(), None);
    }
}

fn reason(row: &Row, attempt: &Attempt) -> Reason {
    let step = row.account().check(attempt, &agent(NOW, 1)).unwrap();
    let told = row.clone().commit(step, Ending::Stored).told.unwrap();
    match told.event.kind {
        EventKind::Denied { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn o03_a_token_s_code_counts_once_and_those_before_it_never() {
    let mut row = with_token();
    expect(&mut row, &once(0), Said::Denied);
    expect(&mut row, &once(3), Said::Accepted);
    expect(&mut row, &once(3), Said::Denied);
    expect(&mut row, &once(2), Said::Denied);
    expect(&mut row, &once(4), Said::Accepted);
}

#[test]
fn o04_the_look_ahead_is_bounded_and_two_codes_find_a_token_again() {
    let mut row = with_token();
    expect(&mut row, &once(4), Said::Accepted); // the next is 1, and three after it
    expect(&mut row, &once(9), Said::Denied);
    expect(&mut row, &pair(900, 902), Said::Denied);
    expect(&mut row, &pair(901, 900), Said::Denied);
    expect(&mut row, &pair(900, 901), Said::Accepted);
    expect(&mut row, &once(901), Said::Denied);
    expect(&mut row, &once(902), Said::Accepted);
}

#[test]
fn o05_a_pair_is_one_try_and_tells_nothing_of_its_halves() {
    let mut row = with_token();
    let ctx = agent(NOW, 1);
    assert_eq!(row.tries_left(&pair(500, 502), &ctx), 5);
    // The first half right, the second half right, both right in the wrong order: the same denial, the same record.
    let lengths: Vec<_> = [pair(500, 502), pair(502, 501), pair(501, 500)]
        .iter()
        .map(|wrong| {
            assert_eq!(reason(&row, wrong), Reason::Wrong);
            let step = row.account().check(wrong, &ctx).unwrap();
            let mut copy = row.clone();
            copy.commit(step, Ending::Stored);
            copy.entry.unwrap().bytes().len()
        })
        .collect();
    assert!(lengths.iter().all(|length| *length == lengths[0]));
    for _ in 0..5 {
        expect(&mut row, &pair(500, 502), Said::Denied);
    }
    expect(&mut row, &pair(500, 501), Said::Locked(Some(NOW + 30)));
    expect(&mut row, &once(1), Said::Locked(Some(NOW + 30)));
}

#[test]
fn b19_wrong_codes_move_nothing() {
    let mut row = with_token();
    for wrong in [1_000, 2_000, 3_000] {
        expect(&mut row, &once(wrong), Said::Denied);
    }
    expect(&mut row, &once(1), Said::Accepted);
}

#[test]
fn b10_a_token_and_an_app_are_counted_apart() {
    let mut row = with_token();
    let app = totp(7);
    let morning = agent(NOW - 60, 200);
    assert_eq!(
        row.change(&Change::AddTotp(app.clone()), &morning),
        Changed::Done
    );
    let confirm = Change::ConfirmTotp(Code::typed(&right_code(&app, NOW - 60)));
    assert_eq!(row.change(&confirm, &morning), Changed::Done);
    for _ in 0..5 {
        expect(&mut row, &once(1_000), Said::Denied);
    }
    expect(&mut row, &once(1), Said::Locked(Some(NOW + 30)));
    let outcome = row.check(&typed(&right_code(&app, NOW)), &agent(NOW, 1));
    assert_eq!(kind(&outcome), Said::Accepted);
}

#[test]
fn b05_the_code_that_confirms_a_token_is_spent() {
    for (confirm, spent, next) in [
        (Change::ConfirmHotp(token_code(2)), 2, 3),
        (
            Change::ConfirmHotpPair(token_code(700), token_code(701)),
            701,
            702,
        ),
    ] {
        let mut row = with_pending_token(settings(), 0);
        let ctx = agent(NOW - 30, 200);
        expect(&mut row, &once(0), Said::Denied); // not yet enrolled
        assert_eq!(
            row.change(&Change::ConfirmHotp(token_code(99)), &ctx),
            Changed::Denied
        );
        assert_eq!(row.change(&confirm, &ctx), Changed::Done);
        expect(&mut row, &once(spent), Said::Denied);
        expect(&mut row, &once(next), Said::Accepted);
    }
}

#[test]
fn n16_a_token_waits_ten_minutes_and_starts_where_it_was_said_to() {
    let mut row = with_pending_token(settings(), 4_000_000_000);
    let late = agent(NOW - 60 + 600, 200);
    let mut slow = row.clone();
    let confirm = Change::ConfirmHotp(token_code(4_000_000_000));
    assert_eq!(slow.change(&confirm, &late), Changed::Denied);
    assert_eq!(row.change(&confirm, &agent(NOW, 200)), Changed::Done);
    expect(&mut row, &once(4_000_000_001), Said::Accepted);
}

#[test]
fn a_token_at_its_last_counter_is_denied_and_changes_nothing() {
    let mut row = with_pending_token(settings(), u64::MAX - 2);
    let ctx = agent(NOW - 60, 200);
    assert_eq!(
        row.change(&Change::ConfirmHotp(token_code(u64::MAX - 2)), &ctx),
        Changed::Done
    );
    expect(&mut row, &once(u64::MAX - 1), Said::Accepted);
    for attempt in [once(u64::MAX), once(0), pair(u64::MAX - 1, u64::MAX)] {
        expect(&mut row, &attempt, Said::Denied);
    }
}

#[test]
fn whoever_has_no_token_is_denied_like_one_who_has() {
    let mut row = Row::new(settings());
    row.create(&agent(NOW - 60, 200));
    assert_eq!(reason(&row, &once(0)), Reason::NotEnrolled);
    for attempt in [
        once(0),
        pair(0, 1),
        Attempt::TotpPair(token_code(0), token_code(1)),
    ] {
        let outcome = row.check(&attempt, &agent(NOW, 1));
        assert_eq!(kind(&outcome), Said::Denied);
    }
    assert!(
        !row.account()
            .status(&agent(NOW, 1))
            .is_enrolled(Factor::Hotp)
    );
    assert!(
        with_token()
            .account()
            .status(&agent(NOW, 1))
            .is_enrolled(Factor::Hotp)
    );
}

#[test]
fn removing_a_token_leaves_the_app() {
    let mut row = with_token();
    let ctx = agent(NOW, 1);
    assert_eq!(
        row.change(&Change::Remove(Factor::Hotp), &ctx),
        Changed::Done
    );
    expect(&mut row, &once(1), Said::Denied);
}

// --- Guessing ------------------------------------------------------------------------------------------------

fn add_another(settings: Settings, another: Hotp) -> Result<(), Error> {
    let mut row = with_pending_token(settings, 0);
    let ctx = agent(NOW - 60, 200);
    assert_eq!(
        row.change(&Change::ConfirmHotp(token_code(0)), &ctx),
        Changed::Done
    );
    let add = Change::AddHotp(another, 0);
    let by = countersign::Authority::Host;
    row.account().change(&add, &by, &ctx).map(drop)
}

#[test]
fn every_token_of_a_subject_counts_as_a_chance_to_guess() {
    // Four codes of six digits are right at once: as many as the limits bear. A second token costs tries.
    assert!(add_another(settings(), token_of_six()).is_ok());
    let wide = token_of_six().with_look_ahead(9).unwrap();
    let error = add_another(settings(), wide).unwrap_err();
    assert_eq!(
        error.to_string(),
        "token: would be guessed more often than once in 50,000 locks or 100 years: see `Limits::guess_chance`. \
         Remove one that is enrolled, take longer codes (`with_digits(8)`), or call `Settings::accepting_worse_guess_chance`"
    );
    let eight = Hotp::from(OtpKey::generate().unwrap().with_digits(8).unwrap());
    assert!(add_another(settings(), eight.clone()).is_ok());
    let accepting = settings().accepting_worse_guess_chance();
    assert!(add_another(accepting, eight).is_ok());
    let strict = Limits::new(
        2,
        Limits::SHORTEST_WAIT,
        Limits::nist().first_wait(),
        20,
        20,
    );
    assert!(add_another(settings().with_limits(strict.unwrap()), token_of_six()).is_ok());
}

fn token_of_six() -> Hotp {
    Hotp::from(OtpKey::generate().unwrap())
}

// --- Apps that run ahead -------------------------------------------------------------------------------------

fn ahead(app: &Totp, now: u64) -> Code {
    Code::typed(&right_code(app, now + 30))
}

/// A customer whose apps are confirmed, the first of them (or all) by a clock that runs a step ahead.
fn with_apps(tags: &[(u8, bool)]) -> Row {
    let mut row = Row::new(settings());
    let ctx = agent(NOW - 60, 200);
    row.create(&ctx);
    for (tag, fast) in tags {
        let app = totp(*tag);
        assert_eq!(
            row.change(&Change::AddTotp(app.clone()), &ctx),
            Changed::Done
        );
        let shown = right_code(&app, NOW - 60 + if *fast { 30 } else { 0 });
        let confirm = Change::ConfirmTotp(Code::typed(&shown));
        assert_eq!(row.change(&confirm, &ctx), Changed::Done);
    }
    row
}

#[test]
fn o08_a_drift_is_learned_when_an_app_is_confirmed() {
    let app = totp(7);
    let early = Attempt::Totp(ahead(&app, NOW));
    let mut fast = with_apps(&[(7, true)]);
    assert_eq!(kind(&fast.check(&early, &agent(NOW, 1))), Said::Accepted);
    let mut exact = with_apps(&[(7, false)]);
    assert_eq!(kind(&exact.check(&early, &agent(NOW, 1))), Said::Denied);
}

#[test]
fn o08_a_drift_is_learned_by_two_consecutive_codes_and_by_nothing_else() {
    let app = totp(7);
    let mut row = with_apps(&[(7, false)]);
    let ctx = agent(NOW, 1);
    let [first, second] = [NOW, NOW + 30].map(|now| Code::typed(&right_code(&app, now)));
    let turned = Attempt::TotpPair(second.clone(), first.clone());
    assert_eq!(kind(&row.check(&turned, &ctx)), Said::Denied);
    let step = row
        .account()
        .check(&Attempt::TotpPair(first, second), &ctx)
        .unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    let ControlFlow::Break(Outcome::Accepted(evidence)) = told.outcome else {
        panic!("{told:?}")
    };
    assert_eq!(evidence.factor(), Factor::Totp);
    let next = Attempt::Totp(ahead(&app, NOW + 30));
    assert_eq!(kind(&row.check(&next, &agent(NOW + 30, 1))), Said::Accepted);
}

#[test]
fn no_drift_is_learned_that_would_make_guessing_easy() {
    // Two apps: two codes each are as many as six digits bear, so neither is followed ahead.
    let mut row = with_apps(&[(7, false), (8, false)]);
    let app = totp(8);
    let [first, second] = [NOW, NOW + 30].map(|now| Code::typed(&right_code(&app, now)));
    let found = row.check(&Attempt::TotpPair(first, second), &agent(NOW, 1));
    assert_eq!(
        kind(&found),
        Said::Accepted,
        "the pair counts for this once"
    );
    let next = Attempt::Totp(ahead(&app, NOW + 30));
    assert_eq!(kind(&row.check(&next, &agent(NOW + 30, 1))), Said::Denied);

    // And a second app cannot be confirmed by the code of the next step.
    let mut row = with_apps(&[(7, false)]);
    let ctx = agent(NOW, 200);
    assert_eq!(
        row.change(&Change::AddTotp(app.clone()), &ctx),
        Changed::Done
    );
    let confirm = Change::ConfirmTotp(ahead(&app, NOW));
    assert_eq!(row.change(&confirm, &ctx), Changed::Denied);
    let confirm = Change::ConfirmTotp(Code::typed(&right_code(&app, NOW)));
    assert_eq!(row.change(&confirm, &ctx), Changed::Done);
}

#[test]
fn a_second_app_stands_beside_one_that_runs_ahead() {
    let row = with_apps(&[(7, true)]);
    let by = countersign::Authority::Host;
    let add = Change::AddTotp(totp(8));
    assert!(row.account().change(&add, &by, &agent(NOW, 1)).is_ok());
}

// --- Histories -----------------------------------------------------------------------------------------------

#[derive(Clone, Debug)]
enum Act {
    Once(u64),
    Pair(u64, u64),
    Wait(u64),
    Back(u64),
}

fn act() -> impl Strategy<Value = (Act, Ending)> {
    let near = || 0_u64..40;
    let act = prop_oneof![
        4 => near().prop_map(Act::Once),
        2 => near().prop_map(|first| Act::Pair(first, first + 1)),
        1 => (near(), near()).prop_map(|(first, second)| Act::Pair(first, second)),
        2 => (0_u64..4_000).prop_map(Act::Wait),
        1 => (0_u64..4_000).prop_map(Act::Back),
    ];
    let ending = prop_oneof![
        5 => Just(Ending::Stored),
        1 => Just(Ending::Conflict),
        1 => Just(Ending::Failed),
        1 => Just(Ending::Lost),
    ];
    (act, ending)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is typed, however writes end and wherever the clock goes: a counter is accepted once, and never one
    /// below another that was.
    #[test]
    fn b03_no_history_takes_a_counter_back(history in proptest::collection::vec(act(), 1..40)) {
        let mut row = with_token();
        let (mut now, mut next) = (NOW, 1_u64);
        for (act, ending) in history {
            let (attempt, last) = match act {
                Act::Wait(seconds) => { now += seconds; continue }
                Act::Back(seconds) => { now -= seconds; continue }
                Act::Once(counter) => (once(counter), counter),
                Act::Pair(first, second) => (pair(first, second), second),
            };
            let step = row.account().check(&attempt, &agent(now, 1)).unwrap();
            let done = row.commit(step, ending);
            if let Some(told) = done.told {
                if let ControlFlow::Break(Outcome::Accepted(_)) = told.outcome {
                    prop_assert!(last >= next, "{attempt:?} at {next}");
                    next = last + 1;
                }
            } else if done.wrote && ending == Ending::Lost {
                // Stored, and nobody heard so.
                let spent = row.clone().check(&attempt, &agent(now, 1));
                prop_assert_ne!(kind(&spent), Said::Accepted, "{:?} is spent, wrong or locked", attempt);
            }
        }
    }
}

#[test]
fn b05_what_waits_for_its_first_code_does_not_outlive_a_suspension_or_a_clock_set_back() {
    let app = totp(7);
    let mut row = with_pending_token(settings(), 0);
    let enrolment = agent(NOW - 60, 200);
    assert_eq!(
        row.change(&Change::AddTotp(app.clone()), &enrolment),
        Changed::Done
    );
    let early = NOW - 86_400;
    let suspended_and_resumed = |row: &mut Row| {
        for change in [Change::Suspend, Change::Resume] {
            assert_eq!(row.change(&change, &enrolment), Changed::Done);
        }
        NOW
    };
    let set_back = |_: &mut Row| early;
    let nothing = |_: &mut Row| NOW;
    let ends: [&dyn Fn(&mut Row) -> u64; 3] = [&suspended_and_resumed, &set_back, &nothing];
    let then = [Changed::Denied, Changed::Denied, Changed::Done];
    for (end, then) in ends.into_iter().zip(then) {
        let mut row = row.clone();
        let now = end(&mut row);
        let right = Change::ConfirmTotp(Code::typed(&right_code(&app, now)));
        for confirm in [right, Change::ConfirmHotp(token_code(0))] {
            assert_eq!(row.change(&confirm, &agent(now, 200)), then);
        }
    }
}
