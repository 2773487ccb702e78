//! A transaction is carried out once, whatever the evidence and wherever it is asked for.

use super::*;
use countersign::account::RedeemRefusal;
use countersign::store::sqlite::SqliteStore;
use countersign::{Decision, Grant};
use std::sync::Barrier;

const DAY: i64 = 86_400;

/// Found by review: `aal` without an age counted 30 days, and a spent mark was kept for 25 hours.
#[test]
fn b50_evidence_that_is_older_than_its_spent_mark_carries_nothing_out_again() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    assert_eq!(says(&bank, "session.keep", &call(1, 1)), Said::Yes);
    for seconds in [2, DAY, DAY + 1, 25 * 3_600, 26 * 3_600, 29 * DAY] {
        assert_eq!(
            says(&bank, "session.keep", &call(seconds, 1)),
            Said::StepUp,
            "{seconds}"
        );
    }
    // The block counts it for no longer than the record does.
    let bank = super::bank();
    let attempt = Attempt::Totp(shown(&call(0, 1)));
    let Outcome::Accepted(evidence) = bank.check(&anna(), &attempt, &call(0, 1)).unwrap() else {
        panic!("it is right")
    };
    let decided = |seconds| {
        let ctx = call(seconds, 1);
        let status = bank.status(&anna(), &ctx).unwrap();
        let request = Request::new("session.keep");
        policy().decide(
            &request,
            core::slice::from_ref(&evidence),
            &status,
            &ctx,
            ctx.now(),
        )
    };
    assert!(matches!(decided(DAY), Decision::Allow(_)));
    assert!(!matches!(decided(DAY + 1), Decision::Allow(_)));
}

/// Found by review: with `interaction = "any"`, a second call made another grant of the same evidence.
#[test]
fn b50_a_second_call_does_not_carry_the_same_payment_out_again() {
    let bank = bank();
    let rent = payment("TX-1");
    let first = call(0, 1).for_transaction(&rent);
    confirms(&bank, &rent, &first);
    assert_eq!(says(&bank, "payment.send", &first), Said::Yes);
    let carried_out = Said::No(DenyReason::CarriedOut);
    for number in 1..10 {
        let again = call(i64::from(number), number).for_transaction(&rent);
        // Nobody is asked for more, and fresh evidence does not help either.
        assert_eq!(
            says(&bank, "payment.send", &again),
            carried_out,
            "call {number}"
        );
        confirms(&bank, &rent, &again);
        assert_eq!(
            says(&bank, "payment.send", &again),
            carried_out,
            "call {number}"
        );
        let request = Request::new("payment.send");
        let shown = bank.decide(&policy(), &request, &anna(), &again).unwrap();
        assert_eq!(
            shown.to_string(),
            "denied: the transaction was carried out before"
        );
    }
    // The same figures under another reference are another payment.
    let next = payment("TX-2");
    let ctx = call(20, 2).for_transaction(&next);
    assert_eq!(says(&bank, "payment.send", &ctx), Said::StepUp);
    confirms(&bank, &next, &ctx);
    assert_eq!(says(&bank, "payment.send", &ctx), Said::Yes);
}

/// Grants that were made beforehand, of different evidence, in different calls.
#[test]
fn b50_of_all_grants_for_one_payment_one_is_redeemed() {
    let bank = bank();
    let rent = payment("TX-1");
    let mut grants = Vec::new();
    for number in 1..6 {
        let ctx = call(i64::from(number), number).for_transaction(&rent);
        confirms(&bank, &rent, &ctx);
        let request = Request::new("payment.send");
        match bank.decide(&policy(), &request, &anna(), &ctx).unwrap() {
            Decision::Allow(grant) => grants.push((grant, ctx)),
            other => panic!("{other}"),
        }
    }
    let redeem = |(grant, ctx): &(Grant, TimedContext)| bank.redeem(grant, ctx).unwrap().err();
    let told: Vec<_> = grants.iter().map(redeem).collect();
    assert_eq!(told[0], None);
    assert!(
        told[1..]
            .iter()
            .all(|why| *why == Some(RedeemRefusal::CarriedOut)),
        "{told:?}"
    );
}

#[test]
fn b50_two_processes_authorize_one_payment_at_the_same_moment_and_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let open = || TimedVerifier::new(SqliteStore::open(&path).unwrap(), settings(1));
    enrols(&open(), &anna());
    for round in 0..10_u8 {
        let rent = payment(&format!("TX-{round}"));
        let now = i64::from(round);
        for number in [1, 2] {
            confirms(&open(), &rent, &call(now, number).for_transaction(&rent));
        }
        let start = Arc::new(Barrier::new(2));
        let threads = [1, 2].map(|number| {
            let (verifier, start, rent) = (open(), Arc::clone(&start), rent.clone());
            std::thread::spawn(move || {
                let ctx = call(now, number).for_transaction(&rent);
                start.wait();
                says(&verifier, "payment.send", &ctx)
            })
        });
        let mut told = threads.map(|thread| thread.join().unwrap());
        told.sort_by_key(|said| *said != Said::Yes);
        assert_eq!(told, [Said::Yes, Said::No(DenyReason::CarriedOut)]);
    }
}

/// Without a transaction, evidence serves once for an action, and fresh evidence serves again.
#[test]
fn a_form_that_is_sent_twice_changes_once() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    assert_eq!(says(&bank, "address.change", &call(1, 1)), Said::Yes);
    assert_eq!(says(&bank, "address.change", &call(2, 1)), Said::StepUp);
    // It still serves for another action, and decides for a screen.
    assert_eq!(says(&bank, "session.keep", &call(2, 1)), Said::Yes);
    gives_code(&bank, &call(30, 1));
    assert_eq!(says(&bank, "address.change", &call(31, 1)), Said::Yes);
    assert_eq!(says(&bank, "address.change", &call(31, 1)), Said::StepUp);
}

/// Evidence that is left makes another grant. Evidence that has served does not.
#[test]
fn what_has_served_makes_way_for_what_has_not() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    let agent = TimedContext::new(moment(30), Channel::Agent, call(0, 1).interaction());
    gives_code(&bank, &agent);
    // Two pieces: each serves once.
    let told = [1, 2, 3].map(|seconds| says(&bank, "address.change", &call(30 + seconds, 1)));
    assert_eq!(told, [Said::Yes, Said::Yes, Said::StepUp]);
}

/// Found by a newcomer: with a rule of two factors, a password that was typed again made an old code count once more.
#[test]
fn b50_new_evidence_does_not_make_an_old_piece_serve_again() {
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action.move.every_tier]
        any = [{ all = [
            { factor = "totp", max_age = 300 },
            { factor = "external", external_verifier = "passkey", class = "possession", max_age = 300 },
        ] }]
        "#,
    )
    .unwrap();
    let bank = bank();
    let asks = |ctx: &TimedContext| {
        let request = Request::new("move");
        let told = bank.authorize(&policy, &request, &anna(), ctx).unwrap();
        told.to_string()
    };
    let passkey = Attempt::External(verified("passkey", Strength::Full));
    gives_code(&bank, &call(0, 1));
    accepts(&bank, &passkey, &call(0, 1));
    assert_eq!(asks(&call(1, 1)), "allowed: move");
    let both = "not allowed before totp, then a verification by passkey";
    assert_eq!(asks(&call(2, 1)), both);
    accepts(&bank, &passkey, &call(3, 1));
    assert_eq!(asks(&call(4, 1)), "not allowed before totp");
    gives_code(&bank, &call(30, 1));
    assert_eq!(asks(&call(31, 1)), "allowed: move");
    assert_eq!(asks(&call(31, 1)), both);
    // Grants that were decided beforehand, of overlapping evidence: one is redeemed.
    accepts(&bank, &passkey, &call(60, 1));
    gives_code(&bank, &call(60, 1));
    let decide =
        |ctx: &TimedContext| match bank.decide(&policy, &Request::new("move"), &anna(), ctx) {
            Ok(Decision::Allow(grant)) => grant,
            other => panic!("{other:?}"),
        };
    let first = decide(&call(61, 1));
    accepts(&bank, &passkey, &call(62, 1));
    let second = decide(&call(63, 1));
    assert_ne!(first.id(), second.id());
    assert!(bank.redeem(&first, &call(64, 1)).unwrap().is_ok());
    let refused = bank.redeem(&second, &call(64, 1)).unwrap();
    assert_eq!(refused.err(), Some(RedeemRefusal::Spent));
}

#[test]
fn deciding_writes_nothing_and_spends_nothing() {
    let store = Arc::new(MemoryStore::new());
    let bank = bank_over(&store);
    gives_code(&bank, &call(0, 1));
    let entry = || store.load(&countersign::store::Key::of(&anna())).unwrap();
    let before = entry();
    for _ in 0..3 {
        let request = Request::new("address.change");
        let decided = bank
            .decide(&policy(), &request, &anna(), &call(1, 1))
            .unwrap();
        assert!(matches!(decided, Decision::Allow(_)));
    }
    assert_eq!(before, entry());
    assert_eq!(says(&bank, "address.change", &call(1, 1)), Said::Yes);
}

/// A decision is the authority of a change, of a suspended subject, too.
#[test]
fn a_decision_resumes_a_suspended_subject_and_authorizes_nothing_else() {
    let bank = bank();
    let _ = bank
        .change(&anna(), &Change::Suspend, &Authority::Host, &call(0, 9))
        .unwrap();
    let desk = call(1, 9);
    approves(&bank, "eve", "account.resume", &desk).unwrap();
    assert_eq!(
        says(&bank, "address.change", &desk),
        Said::No(DenyReason::Suspended)
    );
    assert_eq!(
        says(&bank, "account.resume", &desk),
        Said::No(DenyReason::Suspended)
    );
    let request = Request::new("account.resume").handled_by(Agent::new("tom").unwrap());
    let Decision::Allow(grant) = bank.decide(&policy(), &request, &anna(), &desk).unwrap() else {
        panic!("it is approved")
    };
    let by = Authority::Granted(&grant);
    assert_eq!(
        bank.change(&anna(), &Change::Resume, &by, &desk).unwrap(),
        Changed::Done
    );
    assert!(!bank.status(&anna(), &desk).unwrap().is_suspended());
}

#[test]
fn an_unknown_name_is_asked_like_a_customer_who_has_shown_nothing() {
    let bank = bank();
    let nobody = Subject::new("bank", "C-9999").unwrap();
    let words = |subject: &Subject| {
        let request = Request::new("address.change");
        let told = bank
            .authorize(&policy(), &request, subject, &call(0, 1))
            .unwrap();
        told.to_string()
    };
    assert_eq!(words(&nobody), words(&anna()));
    assert_eq!(words(&nobody), "not allowed before totp");
}

/// The security page tells it: the jump drops the marks, and voids all evidence. The customer has to confirm anew.
#[test]
fn b60_a_payment_is_carried_out_once_more_after_a_clock_that_was_a_day_ahead_if_it_is_confirmed_anew()
 {
    let bank = bank();
    let rent = payment("TX-1");
    let ctx = |seconds| call(seconds, 1).for_transaction(&rent);
    confirms(&bank, &rent, &ctx(0));
    assert_eq!(says(&bank, "payment.send", &ctx(1)), Said::Yes);
    gives_code(&bank, &ctx(26 * 3_600));
    assert_eq!(says(&bank, "payment.send", &ctx(2)), Said::StepUp);
    confirms(&bank, &rent, &ctx(3));
    assert_eq!(says(&bank, "payment.send", &ctx(4)), Said::Yes);
}
