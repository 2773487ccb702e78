//! Tests of the checker: histories whose answer is known, and a search by brute force that agrees.

use proptest::prelude::*;

use crate::checker::{Model, check};
use crate::customer::Customer;
use crate::history::{Act, Asked, Event, Found, Short};
use crate::plan::{Ask, Call, Told};
use crate::register::Register;

type Step = Event<Act, Found>;

fn event(begin: u64, end: u64, act: Act, found: Found) -> Step {
    Event {
        process: 0,
        begin,
        end: Some(end),
        act,
        found: Some(found),
    }
}

/// A write of which nobody knows whether it took place. It failed at the end, or never ended.
fn unknown(begin: u64, end: Option<u64>, act: Act) -> Step {
    Event {
        process: 0,
        begin,
        end,
        act,
        found: None,
    }
}

fn load(begin: u64, end: u64, present: Option<Short>) -> Step {
    event(begin, end, Act::Load, Found::Present(present))
}

fn swap(expected: Option<Short>, next: Short) -> Act {
    Act::Replace { expected, next }
}

fn stored(begin: u64, end: u64, expected: Option<Short>, next: Short) -> Step {
    event(begin, end, swap(expected, next), Found::Stored)
}

fn lost(begin: u64, end: u64, expected: Option<Short>, present: Option<Short>) -> Step {
    event(begin, end, swap(expected, 99), Found::Lost(present))
}

fn is_good(history: &[Step]) -> bool {
    check(&Register, history).is_ok()
}

#[test]
fn good_histories_are_accepted() {
    let good: [&[Step]; 7] = [
        &[],
        &[load(0, 1, None), stored(2, 3, None, 1), load(4, 5, Some(1))],
        // A load beside a write sees what was before, or what is after.
        &[stored(0, 9, None, 1), load(1, 2, None), load(3, 4, Some(1))],
        // Two writers: the one that lost is told what won.
        &[stored(0, 9, None, 1), lost(0, 9, None, Some(1))],
        // The one that ended first was the second.
        &[
            stored(0, 9, None, 1),
            stored(1, 2, Some(1), 2),
            load(3, 4, Some(2)),
        ],
        // A record that is removed, and made again.
        &[
            stored(0, 1, None, 1),
            event(2, 3, Act::Remove { expected: 1 }, Found::Stored),
            lost(4, 5, Some(1), None),
            stored(6, 7, None, 2),
        ],
        // An end is the beginning of another one.
        &[stored(0, 1, None, 1), load(1, 2, None)],
    ];
    for (number, history) in good.iter().enumerate() {
        assert!(is_good(history), "{number}");
    }
}

#[test]
fn bad_histories_are_refused() {
    let bad: [&[Step]; 8] = [
        // Two writers of one version are told that they won.
        &[stored(0, 9, None, 1), stored(0, 9, None, 2)],
        // A load sees what was before a write that has ended.
        &[stored(0, 1, None, 1), load(2, 3, None)],
        // It sees what no writer wrote.
        &[load(0, 1, Some(7))],
        // What was seen is gone again.
        &[stored(0, 9, None, 1), load(1, 2, Some(1)), load(3, 4, None)],
        // A conflict with a version that is not there.
        &[stored(0, 1, None, 1), lost(2, 3, None, None)],
        // A conflict with the version that was expected.
        &[stored(0, 1, None, 1), lost(2, 3, Some(1), Some(1))],
        // A write that compared nothing.
        &[
            stored(0, 1, None, 1),
            stored(2, 3, Some(1), 2),
            stored(4, 5, Some(1), 3),
        ],
        // The answer of a load to a write.
        &[event(0, 1, swap(None, 1), Found::Present(None))],
    ];
    for (number, history) in bad.iter().enumerate() {
        assert!(!is_good(history), "{number}");
    }
}

#[test]
fn a_write_without_an_answer_may_take_effect_late_or_never() {
    let wrote = unknown(0, Some(1), swap(None, 1));
    let never_ended = unknown(0, None, swap(None, 1));
    for write in [wrote, never_ended] {
        let with = |rest: &[Step]| is_good(&[std::slice::from_ref(&write), rest].concat());
        assert!(with(&[]));
        assert!(with(&[load(2, 3, None)]), "never, or later");
        assert!(with(&[load(2, 3, Some(1))]), "at once");
        assert!(with(&[load(2, 3, None), load(4, 5, Some(1))]), "late");
        assert!(!with(&[load(2, 3, Some(1)), load(4, 5, None)]), "once");
        assert!(with(&[stored(2, 3, None, 2), load(4, 5, Some(2))]), "lost");
        assert!(!with(&[stored(2, 3, None, 2), load(4, 5, Some(1))]));
        assert!(with(&[stored(2, 3, Some(1), 2), load(4, 5, Some(2))]));
    }
    // It takes no effect before it begins.
    let late = unknown(5, None, swap(None, 1));
    assert!(!is_good(&[load(0, 1, Some(1)), late]));
}

/// Where the search stops, a reader finds the calls that no order explains.
#[test]
fn a_refusal_names_the_calls_that_do_not_fit() {
    let history = [stored(0, 1, None, 1), load(2, 3, Some(1)), load(4, 5, None)];
    let stuck = check(&Register, &history).unwrap_err();
    assert_eq!((stuck.explained, stuck.candidates), (2, vec![2]));
}

/// Many writes without an answer, beside long chains of others: the search stays short.
#[test]
fn a_long_history_with_many_unknown_ends_takes_no_time() {
    let mut history = Vec::new();
    for round in 0..1_000_u64 {
        let (time, before) = (round * 100, (round > 0).then_some(round));
        history.push(stored(time, time + 50, before, round + 1));
        for other in 0..32 {
            history.push(lost(time, time + 60 + other, before, Some(round + 1)));
        }
        history.push(load(time, time + 60, before));
        // Writes that lost and never said so.
        history.push(unknown(time, None, swap(before, 1_000_000 + round)));
    }
    assert!(is_good(&history));
    // One load too old, at the end.
    history.push(load(200_000, 200_001, Some(7)));
    assert!(!is_good(&history));
}

fn asked(begin: u64, end: u64, at: i64, ask: Ask, found: Option<Told>) -> Event<Asked, Told> {
    let call = Call::new(0, ask);
    Event {
        process: 0,
        begin,
        end: Some(end),
        act: Asked { task: 0, at, call },
        found,
    }
}

#[test]
fn a_code_that_passes_twice_is_refused_and_an_unknown_end_explains_a_denial() {
    const AT: i64 = 1_800_000_000;
    let enrol = asked(0, 1, AT, Ask::Enrol, Some(Told::Done));
    let code = |begin, found| asked(begin, 9, AT + 60, Ask::Totp, found);
    let is_good = |rest: &[Event<Asked, Told>]| {
        let history = [std::slice::from_ref(&enrol), rest].concat();
        check(&Customer, &history).is_ok()
    };
    let (accepted, denied) = (Some(Told::Accepted), Some(Told::Denied));
    assert!(is_good(&[
        code(2, accepted.clone()),
        code(2, denied.clone())
    ]));
    assert!(!is_good(&[
        code(2, accepted.clone()),
        code(2, accepted.clone())
    ]));
    assert!(
        !is_good(&[code(2, denied.clone())]),
        "no other call used it"
    );
    assert!(is_good(&[code(2, None), code(3, denied)]), "the first did");
    assert!(is_good(&[code(2, None), code(3, accepted)]), "it did not");
    // The sixth wrong code of a minute is locked, and no other answer explains that.
    let wrong = |begin, found| asked(begin, begin + 1, AT + 60, Ask::Wrong, Some(found));
    let five: Vec<_> = (0..5)
        .map(|number| wrong(10 + 2 * number, Told::Denied))
        .collect();
    assert!(is_good(&[&five[..], &[wrong(20, Told::Locked)]].concat()));
    assert!(!is_good(&[&five[..], &[wrong(20, Told::Denied)]].concat()));
    assert!(!is_good(&[&five[..4], &[wrong(20, Told::Locked)]].concat()));
}

/// Tries every order of the calls, with and without each that has no answer.
fn by_brute_force(history: &[Step], state: Option<Short>, done: &mut Vec<usize>) -> bool {
    let is_told = |call: &Step| call.found.is_some() && call.end.is_some();
    let left = |done: &[usize]| {
        let all = 0..history.len();
        all.filter(|call| !done.contains(call)).collect::<Vec<_>>()
    };
    let open = left(done);
    if open.iter().all(|call| !is_told(&history[*call])) {
        return true;
    }
    for &call in &open {
        let event = &history[call];
        let comes_later = open.iter().any(|other| {
            let other = &history[*other];
            is_told(other) && other.end.unwrap() < event.begin
        });
        if comes_later {
            continue;
        }
        if let Some(next) = Register.next(&state, &event.act, event.found.as_ref()) {
            done.push(call);
            if by_brute_force(history, next, done) {
                return true;
            }
            done.pop();
        }
    }
    false
}

fn any_version() -> impl Strategy<Value = Option<Short>> {
    prop_oneof![Just(None), (1..4_u64).prop_map(Some)]
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Load),
        4 => (any_version(), 1..4_u64).prop_map(|(expected, next)| swap(expected, next)),
        1 => (1..4_u64).prop_map(|expected| Act::Remove { expected }),
    ]
}

fn any_found() -> impl Strategy<Value = Option<Found>> {
    prop_oneof![
        1 => Just(None),
        3 => Just(Some(Found::Stored)),
        2 => any_version().prop_map(|version| Some(Found::Lost(version))),
        2 => any_version().prop_map(|version| Some(Found::Present(version))),
    ]
}

/// The answer of a register.
fn answer(state: &mut Option<Short>, act: Act) -> Found {
    let (expected, next) = match act {
        Act::Load => return Found::Present(*state),
        Act::Replace { expected, next } => (expected, Some(next)),
        Act::Remove { expected } => (Some(expected), None),
    };
    if *state == expected {
        *state = next;
        return Found::Stored;
    }
    Found::Lost(*state)
}

/// Acts, each with the times before and after its moment, whether its answer is lost, and one answer that may be changed.
fn any_history() -> impl Strategy<Value = (Vec<Step>, bool)> {
    let one = (any_act(), 0..30_u64, 0..30_u64, 0..12_u8);
    let acts = proptest::collection::vec(one, 1..7);
    let slip = proptest::option::weighted(0.7, (0..7_usize, any_found()));
    (acts, slip).prop_map(|(acts, slip)| {
        let mut state = None;
        let mut history = Vec::new();
        for (number, (act, before, after, luck)) in acts.into_iter().enumerate() {
            let moment = 30 + 4 * u64::try_from(number).unwrap();
            // Most writes are of the version that is there: so versions come back, and many orders have to be tried.
            let act = match act {
                Act::Replace { next, .. } if luck % 4 > 0 => swap(state, next),
                act => act,
            };
            let found = Some(answer(&mut state, act)).filter(|_| luck > 0);
            let (begin, end) = (moment - before, (luck > 1).then_some(moment + after));
            history.push(Event {
                process: 0,
                begin,
                end: end.or(found.map(|_| moment + after)),
                act,
                found,
            });
        }
        let is_true = slip.is_none();
        if let Some((number, found)) = slip
            && let Some(event) = history.get_mut(number)
        {
            event.found = found;
        }
        (history, is_true)
    })
}

#[test]
fn the_search_agrees_with_brute_force() {
    let (mut good, mut bad) = (0, 0);
    for (history, is_true) in crate::support::programs::cases(4_000, any_history()) {
        let found = is_good(&history);
        let expected = by_brute_force(&history, None, &mut Vec::new());
        assert_eq!(found, expected, "{history:?}");
        assert!(found || !is_true, "{history:?}");
        if found { good += 1 } else { bad += 1 }
    }
    assert!(good > 500 && bad > 500, "{good} good, {bad} bad");
}
