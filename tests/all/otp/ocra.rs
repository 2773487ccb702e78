//! Responses to questions (RFC 6287): the published values, the suites, and each question once.
mod example;
mod input;
mod mutual;
mod python;
mod states;
mod suites;
mod vectors;

use crate::support::{at, suite};
use countersign::{
    SecretBytes, SecretText, Timestamp,
    otp::ocra::{
        MutualState, Ocra, OcraChallenge, OcraQuestion, OcraResponse, OcraState, OcraSuite,
    },
    transition::{CommitResult, Saved, Transition, Verdict},
};

const SECRET: &[u8] = b"12345678901234567890123456789012";

/// With the RFC's secret and PIN.
fn ocra(text: &str) -> Ocra {
    with_secret(text, SECRET)
}

fn with_secret(text: &str, secret: &[u8]) -> Ocra {
    let suite = suite(text);
    let secret = SecretBytes::from(secret.to_vec());
    if suite.pin_hash().is_some() {
        Ocra::new_with_pin(suite, secret, &SecretText::from("1234".to_owned())).unwrap()
    } else {
        Ocra::new(suite, secret).unwrap()
    }
}

fn now() -> Timestamp {
    at(1_800_000_000)
}

/// Commits, and puts the new state in place as a store would.
#[track_caller]
fn settle<O, S: Clone>(state: &mut S, step: Transition<O, S>) -> O {
    let told = step.commit(|next| {
        *state = next.clone();
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(outcome)) => outcome,
        _ => panic!("nothing was told"),
    }
}

/// What a device shows that stands at this counter.
#[track_caller]
fn shown(ocra: &Ocra, counter: u64, question: &str, when: Timestamp) -> String {
    let question = OcraQuestion::typed(ocra.suite(), question).unwrap();
    let mut state = OcraState::stored(0, counter, 0);
    let step = ocra.respond(&state, &question, when).unwrap();
    let shown = settle(&mut state, step);
    let moved = u64::from(ocra.suite().has_counter());
    assert_eq!(state.counter(), counter + moved, "the device's counter");
    shown.expose_text().to_owned()
}

/// A challenge with a question of choice, as a record would hold it.
fn asked(question: &str, round: u64, when: Timestamp) -> OcraChallenge {
    minicbor::decode(&challenge_bytes(question, round, when)).unwrap()
}

fn challenge_bytes(question: &str, round: u64, when: Timestamp) -> Vec<u8> {
    minicbor::to_vec((question, round, when.unix(), false)).unwrap()
}

#[track_caller]
fn check(
    ocra: &Ocra,
    state: &mut OcraState,
    challenge: &OcraChallenge,
    text: &str,
    when: Timestamp,
) -> Verdict {
    let step = ocra
        .check(state, challenge, &OcraResponse::typed(text), when)
        .unwrap();
    settle(state, step)
}
