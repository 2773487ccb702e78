//! What follows from evidence: one way in, ages that end, questions that stay (pitfalls B25, B27, B28).
use std::collections::{BTreeMap, BTreeSet};

use crate::inside::support::bank::*;
use countersign::{
    Attempt, Authority, Change, Changed, Decision, Error, Evidence, Factor, Grant, Policy, Request,
    Transaction,
    audit::Reason,
    delivered::{CodeOrder, Destination},
    policy::DenyReason,
};

fn decide(bank: &Bank, call: &Call<'_>, action: &str, evidence: &[Evidence]) -> Decision {
    let policy = Policy::from_toml(POLICY).unwrap();
    let status = bank.verifier.status(&bank.customer, &call.ctx()).unwrap();
    policy.decide(
        &Request::new(action),
        evidence,
        &status,
        &call.ctx(),
        call.ctx().now(),
    )
}

#[track_caller]
fn granted(bank: &Bank, call: &Call<'_>, action: &str, evidence: &[Evidence]) -> Grant {
    match decide(bank, call, action, evidence) {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn steps_up(bank: &Bank, call: &Call<'_>, action: &str, evidence: &[Evidence]) {
    let decision = decide(bank, call, action, evidence);
    assert!(matches!(decision, Decision::StepUp(_)), "{decision:?}");
}

fn change_by(
    bank: &Bank,
    call: &Call<'_>,
    change: &Change,
    grant: &Grant,
) -> Result<Changed, Error> {
    let by = Authority::Granted(grant);
    bank.verifier
        .change(&bank.customer, change, &by, &call.ctx())
}

fn new_phone() -> Change {
    Change::SetPhone(Destination::phone("+15550100199").unwrap())
}

#[test]
fn b25_a_change_takes_a_grant_for_just_that() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    let grant = granted(&bank, &call, "authenticator.add", &evidence);
    let other_action = granted(&bank, &call, "address.change", &evidence);
    let refused = |call: &Call<'_>, change: &Change, grant: &Grant| {
        let before = bank.vault.writes();
        let error = change_by(&bank, call, change, grant).unwrap_err();
        assert!(error.is_misuse(), "{error}");
        assert_eq!(bank.vault.writes(), before, "nothing is written");
    };
    refused(&call, &new_phone(), &other_action);
    refused(&call, &Change::Remove(Factor::Totp), &grant);
    refused(&call, &Change::Suspend, &grant);
    refused(&bank.agent(), &new_phone(), &grant);
    assert_eq!(
        change_by(&bank, &call, &new_phone(), &grant).unwrap(),
        Changed::Done
    );
}

#[test]
fn b25_a_grant_for_another_subject_changes_nothing() {
    let bank = Bank::open();
    let other = subject("C-1043");
    bank.enrols(&other);
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    let grant = granted(&bank, &call, "authenticator.add", &evidence);
    let by = Authority::Granted(&grant);
    let changed = bank.verifier.change(&other, &new_phone(), &by, &call.ctx());
    assert!(changed.unwrap_err().is_misuse());
}

#[test]
fn b25_a_grant_ends() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    let grant = granted(&bank, &call, "authenticator.add", &evidence);
    assert_eq!((grant.until() - bank.now()).as_secs(), 300);
    bank.wait(300);
    assert!(change_by(&bank, &call, &new_phone(), &grant).is_ok());
    bank.wait(1);
    assert!(
        change_by(&bank, &call, &new_phone(), &grant)
            .unwrap_err()
            .is_misuse()
    );
}

#[test]
fn b25_a_suspension_a_removal_or_a_clock_set_back_ends_grants_and_evidence() {
    for end in ["suspend", "removal", "clock"] {
        let bank = Bank::open();
        let call = bank.agent();
        let evidence = [call.accepts(&bank.shown())];
        let grant = granted(&bank, &call, "authenticator.add", &evidence);
        match end {
            "suspend" => {
                bank.changes(&bank.customer, &Change::Suspend);
                bank.changes(&bank.customer, &Change::Resume);
            }
            "removal" => bank.changes(&bank.customer, &Change::Remove(Factor::SpokenCode)),
            _ => {
                bank.wait(-121);
                call.denies(&bank.not_shown());
                bank.wait(121);
            }
        }
        assert!(
            change_by(&bank, &call, &new_phone(), &grant).is_err(),
            "{end}"
        );
        steps_up(&bank, &call, "authenticator.add", &evidence);
    }
}

#[test]
fn b25_a_grant_for_a_transaction_allows_a_change_for_that_one_only() {
    let bank = Bank::open();
    let (asked, changed) = (
        Transaction::new("NUMBER-1").unwrap(),
        Transaction::new("NUMBER-2").unwrap(),
    );
    let call = bank.agent();
    let call = call.for_transaction(&asked);
    let evidence = [call.accepts(&bank.shown())];
    let grant = granted(&bank, &call, "authenticator.add", &evidence);
    assert_eq!(grant.transaction_digest(), Some(asked.digest()));
    let other = call.for_transaction(&changed);
    assert!(change_by(&bank, &other, &new_phone(), &grant).is_err());
    assert!(change_by(&bank, &call, &new_phone(), &grant).is_ok());
}

#[test]
fn b25_a_suspended_subject_is_denied_by_every_path() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    bank.changes(&bank.customer, &Change::Suspend);
    let decision = decide(&bank, &call, "address.change", &evidence);
    assert!(
        matches!(
            decision,
            Decision::Deny(countersign::policy::Denial {
                reason: DenyReason::Suspended,
                ..
            })
        ),
        "{decision:?}"
    );
    for attempt in [
        bank.shown(),
        seen_in_person(),
        Attempt::Questions(call.right()),
    ] {
        call.denies_as(&attempt, Reason::Suspended);
    }
    let changed = bank
        .verifier
        .change(&bank.customer, &new_phone(), &Authority::Host, &call.ctx());
    assert!(changed.unwrap_err().is_misuse());
}

#[test]
fn b25_the_whole_way_needs_both_factors() {
    let bank = Bank::open();
    let call = bank.agent();
    steps_up(&bank, &call, "address.change", &[]);
    let questions = call.accepts(&Attempt::Questions(call.right()));
    steps_up(
        &bank,
        &call,
        "address.change",
        core::slice::from_ref(&questions),
    );
    let code = call.receives(CodeOrder::spoken());
    let code = call.accepts(&delivered(&code));
    steps_up(&bank, &call, "address.change", core::slice::from_ref(&code));
    steps_up(
        &bank,
        &call,
        "address.change",
        &[code.clone(), code.clone()],
    );
    granted(&bank, &call, "address.change", &[questions, code]);
}

#[test]
fn b25_evidence_counts_in_its_own_call_and_for_its_own_subject() {
    let bank = Bank::open();
    let other = subject("C-1043");
    bank.enrols(&other);
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    steps_up(&bank, &bank.agent(), "address.change", &evidence);
    let others = [call.about(&other).accepts(&bank.shown())];
    steps_up(&bank, &call, "address.change", &others);
    granted(&bank, &call, "address.change", &evidence);
}

#[test]
fn b25_a_payment_takes_a_code_for_that_payment() {
    let bank = Bank::open();
    let transfer = |amount| {
        Transaction::new("TX-1")
            .unwrap()
            .with("amount", amount)
            .unwrap()
    };
    let (asked, changed) = (transfer("99.50 EUR"), transfer("999.50 EUR"));
    let call = bank.agent();
    let bound = call.for_transaction(&asked);
    let unbound = call.receives(CodeOrder::spoken());
    let unbound = [bound.accepts(&delivered(&unbound))];
    steps_up(&bank, &bound, "payment.send", &unbound);
    let code = bound.receives(CodeOrder::spoken());
    let evidence = [bound.accepts(&delivered(&code))];
    steps_up(
        &bank,
        &call.for_transaction(&changed),
        "payment.send",
        &evidence,
    );
    let grant = granted(&bank, &bound, "payment.send", &evidence);
    assert_eq!(grant.transaction_digest(), Some(asked.digest()));
}

#[test]
fn b27_evidence_ages_and_ends() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    assert_eq!(evidence[0].at(), bank.now());
    bank.wait(600);
    granted(&bank, &call, "address.change", &evidence);
    bank.wait(1);
    steps_up(&bank, &call, "address.change", &evidence);
}

#[test]
fn b27_other_checks_do_not_make_evidence_younger() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    let from = bank.now();
    for _ in 0..6 {
        bank.wait(100);
        call.accepts(&seen_in_person());
        call.denies(&delivered("999999"));
        let grant = granted(&bank, &call, "address.change", &evidence);
        assert!((grant.until() - from).as_secs() <= 600);
    }
    bank.wait(1);
    steps_up(&bank, &call, "address.change", &evidence);
}

#[test]
fn b27_evidence_of_the_future_does_not_count() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = [call.accepts(&bank.shown())];
    bank.wait(-1);
    steps_up(&bank, &call, "address.change", &evidence);
}

#[test]
fn b28_wrong_answers_and_locks_do_not_draw_anew() {
    let bank = Bank::open();
    let call = bank.agent();
    let asked = call.asked();
    let (tries, release) = call.fails_until_locked(|| Attempt::Questions(call.wrong()));
    assert_eq!(tries, 5);
    assert_eq!(call.asked(), asked);
    assert_eq!(bank.agent().asked(), asked, "in another call");
    bank.wait_until(release);
    call.denies(&Attempt::Questions(call.wrong()));
    assert_eq!(call.asked(), asked, "after the lock");
    // Other factors, given up computations, other people's writes.
    call.accepts(&bank.shown());
    bank.wait(60);
    let _ = bank.computes(call.right(), &call);
    assert_eq!(call.asked(), asked);
    bank.wait(7 * 86_400);
    assert_eq!(call.asked(), asked, "next week");
    call.accepts(&Attempt::Questions(call.right()));
}

#[test]
fn b28_success_draws_anew_and_every_selection_comes() {
    let bank = Bank::open();
    let mut drawn: BTreeMap<Vec<u16>, u32> = BTreeMap::new();
    let mut stayed = 0;
    let mut last = Vec::new();
    for _ in 0..50 {
        let call = bank.agent();
        let asked: Vec<u16> = call.asked().iter().map(|id| id.number()).collect();
        let different: BTreeSet<_> = asked.iter().collect();
        assert_eq!(different.len(), 2, "no question twice: {asked:?}");
        stayed += u32::from(asked == last);
        *drawn.entry(asked.clone()).or_default() += 1;
        last = asked;
        call.accepts(&Attempt::Questions(call.right()));
    }
    // One of the three pairs stays away from fifty draws once in a hundred million runs.
    assert_eq!(drawn.len(), 3, "{drawn:?}");
    assert!(stayed < 45, "drawn anew each time: {stayed}");
}

#[test]
fn a_step_up_offers_nothing_that_is_locked_for_this_very_caller() {
    let policy = Policy::from_toml(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n\
         [action.a.every_tier]\nany = [{ all = [{ factor = \"totp\", max_age = 600 }] }]",
    )
    .unwrap();
    let bank = Bank::open();
    let caller = bank.agent();
    let known = [caller.accepts(&Attempt::Questions(caller.right()))];
    for _ in 0..5 {
        caller.denies(&bank.not_shown());
    }
    let request = Request::new("a");
    let ctx = caller.ctx();
    let decision = policy.decide(
        &request,
        &known,
        &bank.account().status(&ctx),
        &ctx,
        ctx.now(),
    );
    assert!(
        matches!(
            decision,
            Decision::Deny(countersign::policy::Denial {
                reason: DenyReason::NoOption,
                ..
            })
        ),
        "{decision:?}"
    );
    let other = bank.agent().ctx();
    let decision = policy.decide(
        &request,
        &[],
        &bank.account().status(&other),
        &other,
        other.now(),
    );
    assert!(matches!(decision, Decision::StepUp(_)), "{decision:?}");
}
