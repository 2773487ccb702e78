//! What a whole check costs beside its parts: `cargo bench`.
//!
//! `Verifier::check` of a right TOTP code over a store in memory, against the sum of status, match, seal and swap, each
//! timed alone in the same round. The check is awaited as well. Status loads and opens the record, and asks what is enrolled and locked. Prints the median of the rounds' ratios, and the size of the record.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark fails by panicking, and prints"
)]

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};
use std::time::{Duration, Instant};

use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{
    AsyncVerifier, Attempt, Authority, Change, Channel, Code, Context, Interaction, Outcome,
    Settings, Subject, Timestamp, Verifier,
    delivered::{CodeOrder, Destination, Issued},
    knowledge::{AnswerHashes, Answers, QuestionId},
    otp::{Totp, TotpState},
    time::ManualClock,
};

const ROUNDS: usize = 41;
const CHECKS: usize = 1_500;
const START: i64 = 1_800_000_000;

fn main() {
    let questions = [1, 2, 3].map(QuestionId::new);
    let keyring = Keyring::new(
        RootKey::generate(1).unwrap(),
        LongTermSecret::generate(1).unwrap(),
    );
    let settings = Settings::new("bank", keyring.clone())
        .unwrap()
        .with_questions(&questions, 2)
        .unwrap();
    let cipher = FieldCipher::new(&keyring, "bank", "records").unwrap();
    let store = MemoryStore::new();
    let clock = Arc::new(ManualClock::new(at(0)));
    let verifier = Verifier::new(&store, settings.clone()).with_clock(Arc::clone(&clock));
    let waiting = AsyncVerifier::new(&store, settings.clone()).with_clock(Arc::clone(&clock));
    let ctx = Context::new(Channel::Agent, Interaction::from_bytes([1; 16]));
    let subject = Subject::new("bank", "C-1042").unwrap();
    let totp = enrol(&verifier, &subject, &questions);
    let key = Key::of(&subject);

    let issued = verifier
        .issue(&subject, &CodeOrder::spoken(), &ctx)
        .unwrap();
    assert!(matches!(issued, Issued::Ready(_)));
    let size = store.load(&key).unwrap().unwrap().bytes().len();
    println!(
        "sealed record with TOTP, three questions, a telephone and one open code: {size} bytes (at most 700)"
    );

    let mut step = 1;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let mut next_attempts = || -> Vec<(Timestamp, Attempt, Code)> {
            (0..CHECKS)
                .map(|_| {
                    step += 1;
                    let now = at(step);
                    let code = Code::typed(totp.code_at(now).expose_text());
                    (now, Attempt::Totp(code.clone()), code)
                })
                .collect()
        };
        let attempts = next_attempts();

        let whole = time(&attempts, |(now, attempt, _)| {
            clock.set(*now);
            let outcome = verifier.check(&subject, attempt, &ctx).unwrap();
            assert!(matches!(outcome, Outcome::Accepted(_)));
        });

        let attempts = next_attempts();
        let awaited = time(&attempts, |(now, attempt, _)| {
            clock.set(*now);
            let mut call = pin!(waiting.check(&subject, attempt, &ctx));
            let told = call.as_mut().poll(&mut Task::from_waker(Waker::noop()));
            assert!(matches!(told, Poll::Ready(Ok(Outcome::Accepted(_)))));
        });

        let entry = store.load(&key).unwrap().unwrap();
        let plain = vec![7; entry.bytes().len() - FieldCipher::OVERHEAD];
        let status = time(&attempts, |(now, ..)| {
            clock.set(*now);
            black_box(verifier.status(&subject, &ctx).unwrap());
        });
        let matching = time(&attempts, |(now, _, code)| {
            let _ = black_box(totp.check(&TotpState::default(), code, *now));
        });
        let seal = time(&attempts, |_| {
            black_box(
                cipher
                    .seal(&[b"account", Key::of(&subject).as_bytes()], &plain)
                    .unwrap(),
            );
        });
        let versions = [entry.version(), Version::from_bytes([9; 24])];
        let entries = versions.map(|version| Entry::new(entry.bytes().to_vec(), version, None));
        let mut turn = 0;
        let swap = time(&attempts, |_| {
            let (old, new) = (&entries[turn % 2], &entries[(turn + 1) % 2]);
            assert_eq!(
                store.replace(&key, Some(&old.version()), new).unwrap(),
                Replaced::Stored
            );
            turn += 1;
        });
        rounds.push([whole, status, matching, seal, swap, awaited]);
    }

    let median = |value: &dyn Fn(&[Duration; 6]) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    for (place, name) in [
        "whole check",
        "status",
        "match",
        "seal",
        "swap",
        "awaited check",
    ]
    .iter()
    .enumerate()
    {
        let nanos = median(&|round| round[place].as_nanos() as f64 / CHECKS as f64);
        println!("{name:13} {nanos:8.0} ns");
    }
    let ratio = median(&|round| {
        round[0].as_nanos() as f64 / round[1..5].iter().sum::<Duration>().as_nanos() as f64
    });
    println!("whole check / sum of its parts: {ratio:.2} (at most 1.5)");
    let ratio = median(&|round| round[5].as_nanos() as f64 / round[0].as_nanos() as f64);
    println!("awaited check / whole check: {ratio:.2} (at most 1.2)");
}

fn at(step: i64) -> Timestamp {
    Timestamp::from_unix(START + step * 30).unwrap()
}

fn time<T>(over: &[T], mut work: impl FnMut(&T)) -> Duration {
    let start = Instant::now();
    over.iter().for_each(&mut work);
    start.elapsed()
}

fn enrol(verifier: &Verifier<&MemoryStore>, subject: &Subject, questions: &[QuestionId]) -> Totp {
    let totp = Totp::generate().unwrap();
    let ctx = Context::new(Channel::Agent, Interaction::from_bytes([1; 16]));
    verifier.create(subject, &ctx).unwrap();
    let change = |change: &Change| {
        verifier
            .change(subject, change, &Authority::Host, &ctx)
            .unwrap()
    };
    let _ = change(&Change::AddTotp(totp.clone()));
    let _ = change(&Change::ConfirmTotp(Code::typed(
        totp.code_at(at(0)).expose_text(),
    )));
    let answers = questions.iter().fold(Answers::new(), |answers, question| {
        answers.and(*question, &format!("answer {}", question.number()))
    });
    let settings = verifier.settings();
    let mut permit = settings.hash_pool().permit().unwrap();
    let verifiers = AnswerHashes::enrol(
        &answers,
        settings.keyring(),
        settings.hash_pool().cost(),
        &mut permit,
    )
    .unwrap();
    let _ = change(&Change::SetQuestions(verifiers));
    let _ = change(&Change::SetPhone(
        Destination::phone("+6281234567834").unwrap(),
    ));
    totp
}
