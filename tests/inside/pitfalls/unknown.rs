//! Who does not exist looks like anybody (pitfall B12).
use crate::support::timed::TimedVerifier;
use std::collections::BTreeSet;

use crate::inside::support::bank::*;
use countersign::{
    Attempt, Change, Factor, Outcome, Subject,
    audit::{EventKind, Reason},
    delivered::{CodeOrder, Issued},
    knowledge::Answers,
};

/// What somebody outside can see of one try: the answer, how much was written, how long it is, and what a monitoring
/// system counts.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    told: String,
    written: usize,
    length: usize,
    measures: Vec<String>,
}

/// Tries one thing after the other as a stranger does, at the same moments.
fn probe(bank: &Bank, whom: &Subject) -> Vec<(&'static str, Seen)> {
    let call = bank.agent();
    let call = call.about(whom);
    let device = bank.device();
    let device = device.about(whom);
    let mut seen = Vec::new();
    let mut see = |name, act: &dyn Fn() -> String| {
        let before = bank.vault.writes();
        bank.measures.take();
        let told = act();
        let written = bank.vault.writes() - before;
        let length = if written == 0 {
            0
        } else {
            bank.vault.last_length()
        };
        seen.push((
            name,
            Seen {
                told,
                written,
                length,
                measures: bank.measures.take(),
            },
        ));
    };
    let outcome = |call: &Call<'_>, attempt: &Attempt| match call.check(attempt) {
        Outcome::Accepted(_) => "accepted".to_owned(),
        other => format!("{other:?}"),
    };
    let issued = |call: &Call<'_>, order| match call.order(order) {
        Issued::Ready(delivery) => {
            let hint = delivery.hint();
            let hint: String = hint
                .chars()
                .filter(|letter| !letter.is_ascii_digit())
                .collect();
            format!("sent to {hint}, until {}", delivery.expires().unix())
        }
        Issued::RateLimited(lock) => format!("{lock:?}"),
    };
    for _ in 0..2 {
        see("app", &|| outcome(&call, &bank.not_shown()));
        see("asked", &|| call.asked().len().to_string());
        see("answers", &|| {
            outcome(&call, &Attempt::Questions(call.wrong()))
        });
        see("no answers", &|| {
            outcome(&call, &Attempt::Questions(Answers::new()))
        });
        see("spoken order", &|| issued(&call, CodeOrder::spoken()));
        see("code", &|| outcome(&call, &delivered("0000000000")));
        see("private order", &|| issued(&device, CodeOrder::private()));
        see("private code", &|| {
            outcome(&device, &delivered("0000000000"))
        });
    }
    for _ in 0..6 {
        see("app until locked", &|| outcome(&call, &bank.not_shown()));
        see("code until locked", &|| {
            outcome(&call, &delivered("0000000000"))
        });
        see("answers until locked", &|| {
            outcome(&call, &Attempt::Questions(call.wrong()))
        });
        see("orders until refused", &|| {
            issued(&call, CodeOrder::spoken())
        });
        bank.wait(20);
    }
    see("standing", &|| {
        let status = bank.verifier.status(whom, &call.ctx()).unwrap();
        let locks: Vec<_> = Factor::ALL
            .iter()
            .map(|factor| (status.is_enrolled(*factor), status.locked(*factor)))
            .collect();
        format!("{} {} {locks:?}", status.is_suspended(), status.epoch())
    });
    seen
}

/// What happened, without the reason.
fn outwardly(what: &EventKind) -> String {
    match what {
        EventKind::Denied { factor, .. } => format!("denied {factor}"),
        EventKind::Issued { factor, .. } => format!("issued {factor}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn b12_an_unknown_subject_looks_like_a_known_one() {
    let bank = Bank::open();
    let opened = bank.now();
    let enrolled = bank.trail.events().len();
    let known = probe(&bank, &bank.customer);
    let middle = bank.trail.events().len();
    bank.wait_until(opened);
    let unknown = probe(&bank, &subject("C-9999"));
    let events = bank.trail.events();
    assert_eq!(known.len(), unknown.len());
    for ((name, known), (_, unknown)) in known.iter().zip(&unknown) {
        assert_eq!(known.told, unknown.told, "{name}");
        assert_eq!(known.written, unknown.written, "{name}");
        assert!(!known.measures.is_empty(), "{name}");
        assert_eq!(known.measures, unknown.measures, "{name}");
    }
    let kinds = |events: &[countersign::audit::Event]| -> Vec<String> {
        events.iter().map(|event| outwardly(&event.kind)).collect()
    };
    assert_eq!(
        kinds(&events[enrolled..middle]),
        kinds(&events[middle..]),
        "the trail has the same kinds of lines"
    );
}

#[test]
fn b12_records_of_unknown_subjects_are_as_long_as_others_are() {
    let bank = Bank::open();
    let known = probe(&bank, &bank.customer);
    let bank = Bank::open();
    let unknown = probe(&bank, &subject("C-9999"));
    for ((name, known), (_, unknown)) in known.iter().zip(&unknown) {
        // Subjects differ by a step among themselves, by what they have enrolled.
        assert!(
            known.length.abs_diff(unknown.length) <= 128,
            "{name}: {} and {}",
            known.length,
            unknown.length
        );
    }
}

#[test]
fn b12_the_same_name_is_asked_the_same_tomorrow() {
    let bank = Bank::open();
    let nobody = subject("C-9999");
    let call = bank.agent();
    let call = call.about(&nobody);
    let asked = call.asked();
    assert_eq!(asked.len(), 2);
    let hint = call.delivery(CodeOrder::spoken()).hint().to_owned();
    for _ in 0..2 {
        call.denies_as(&Attempt::Questions(call.wrong()), Reason::UnknownSubject);
        assert_eq!(call.asked(), asked);
        bank.wait(86_400);
        assert_eq!(call.asked(), asked);
        assert_eq!(call.delivery(CodeOrder::spoken()).hint(), hint);
    }
    bank.wait(31 * 86_400);
    assert_eq!(call.asked(), asked, "when it was forgotten");
    let others: BTreeSet<_> = (0..40)
        .map(|number| {
            let name = subject(&format!("N-{number}"));
            bank.agent().about(&name).asked()
        })
        .collect();
    assert!(others.len() > 5, "each name has its own: {others:?}");
}

#[test]
fn b12_locks_of_unknown_subjects_are_real_and_their_own() {
    let bank = Bank::open();
    let (nobody, other) = (subject("C-9999"), subject("C-9998"));
    let call = bank.agent();
    let (tries, release) = call.about(&nobody).fails_until_locked(|| bank.not_shown());
    assert_eq!(tries, 5);
    call.about(&other).denies(&bank.not_shown());
    bank.wait_until(release);
    call.about(&nobody).denies(&bank.not_shown());
    call.about(&nobody).waits(&bank.not_shown());
}

#[test]
fn b12_nothing_is_sent_to_an_unknown_subject() {
    let bank = Bank::open();
    let nobody = subject("C-9999");
    let delivery = bank.agent().about(&nobody).delivery(CodeOrder::spoken());
    assert_eq!((delivery.expires() - bank.now()).as_secs(), 600);
    assert_eq!(delivery.hint().chars().count(), 4);
    assert!(delivery.send(|_, _| ()).is_none());
}

#[test]
fn b12_a_factor_that_is_not_enrolled_looks_like_one_that_is() {
    let full = Bank::open();
    let known = probe(&full, &full.customer);
    let bank = Bank::open();
    for factor in [Factor::Totp, Factor::Questions, Factor::SpokenCode] {
        bank.changes(&bank.customer, &Change::Remove(factor));
    }
    let bare = probe(&bank, &bank.customer);
    for ((name, known), (_, bare)) in known.iter().zip(&bare) {
        // The standing is for the policy, and says what is enrolled.
        if *name != "standing" {
            assert_eq!(
                (&known.told, known.written),
                (&bare.told, bare.written),
                "{name}"
            );
        }
    }
}

#[test]
fn b12_what_a_host_attests_of_nobody_is_denied() {
    let bank = Bank::open();
    let nobody = subject("C-9999");
    bank.agent()
        .about(&nobody)
        .denies_as(&seen_in_person(), Reason::UnknownSubject);
}

#[test]
fn b49_strangers_fill_the_store_up_to_a_limit() {
    const LIMIT: usize = 5;
    let bank = Bank::open();
    let settings = bank.settings.clone();
    assert!(
        settings
            .clone()
            .with_decoy_limit(0)
            .unwrap_err()
            .is_misuse()
    );
    let settings = settings.with_decoy_limit(LIMIT as u32).unwrap();
    let process = || TimedVerifier::new(bank.vault.clone(), settings.clone());
    let customers = bank.vault.entries();
    let attempt = bank.not_shown();
    let asks_for = |verifier: &TimedVerifier<Vault>, names: core::ops::Range<u32>| {
        let ctx = bank.agent().ctx();
        for name in names {
            let nobody = subject(&format!("N-{name}"));
            let outcome = verifier.check(&nobody, &attempt, &ctx).unwrap();
            assert!(matches!(outcome, Outcome::Denied), "{outcome:?}");
            verifier.issue(&nobody, &CodeOrder::spoken(), &ctx).unwrap();
            verifier.status(&nobody, &ctx).unwrap();
        }
        bank.vault.entries() - customers
    };
    // A decoy, and the counts of its destination and of its block of numbers.
    let (first, second) = (process(), process());
    assert_eq!(asks_for(&first, 0..40), 3 * LIMIT);
    assert_eq!(asks_for(&first, 20..60), 3 * LIMIT, "however often");
    assert_eq!(asks_for(&first, 0..LIMIT as u32), 3 * LIMIT);
    // Names that have a decoy lock; others are denied without a trace. The customer is verified all the same.
    let outcome = |name: &str| {
        let ctx = bank.agent().ctx();
        let name = subject(name);
        let tries = (0..6).map(|_| first.check(&name, &attempt, &ctx).unwrap());
        tries.last().unwrap()
    };
    assert!(matches!(outcome("N-0"), Outcome::Locked(_)));
    assert!(matches!(outcome("N-30"), Outcome::Denied));
    bank.agent().accepts(&bank.shown());
    let ctx = bank.agent().ctx();
    first.create(&subject("N-31"), &ctx).unwrap();
    assert!(first.erase(&subject("N-31")).unwrap());
    // Each process has the limit to itself.
    assert_eq!(asks_for(&second, 100..140), 6 * LIMIT);

    // Counts go after hours, decoys after a month; neither makes room before its time, nor by a clock that is set back.
    bank.wait(86_400);
    assert_eq!(first.purge(bank.now()).unwrap(), 4 * LIMIT);
    assert_eq!(first.purge(bank.now()).unwrap(), 0);
    assert_eq!(asks_for(&first, 200..240), 2 * LIMIT);
    bank.wait(-40 * 86_400);
    assert_eq!(asks_for(&first, 200..240), 2 * LIMIT);
    bank.wait(40 * 86_400 + 31 * 86_400);
    assert_eq!(asks_for(&first, 300..340), 5 * LIMIT, "not yet purged");
    assert_eq!(first.purge(bank.now()).unwrap(), 2 * LIMIT);
    assert_eq!(asks_for(&first, 300..340), 3 * LIMIT);
    // One that is past its time and not dropped yet is one more when it is asked for again.
    bank.wait(31 * 86_400);
    asks_for(&first, 300..340);
    first.purge(bank.now()).unwrap();
    assert_eq!(bank.vault.entries() - customers, 3 * LIMIT);
    bank.agent().accepts(&bank.shown());
}

#[test]
fn b49_only_decoys_that_are_stored_take_room() {
    let bank = Bank::empty(countersign::limits::Limits::nist());
    let settings = bank.settings.clone().with_decoy_limit(1).unwrap();
    let verifier = TimedVerifier::new(bank.vault.clone(), settings);
    let ctx = bank.agent().ctx();
    for customer in 0..5 {
        let customer = subject(&format!("C-{customer}"));
        assert!(!verifier.status(&customer, &ctx).unwrap().is_suspended());
        verifier.create(&customer, &ctx).unwrap();
    }
    let tries = |name: &str| {
        let name = subject(name);
        let outcomes = (0..6).map(|_| verifier.check(&name, &totp("100001"), &ctx).unwrap());
        outcomes.last().unwrap()
    };
    assert!(matches!(tries("N-0"), Outcome::Locked(_)), "the one decoy");
    assert!(matches!(tries("N-1"), Outcome::Denied), "no room");
}
