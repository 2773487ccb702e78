//! Approvals of other agents are kept in the record, and count once.

use super::*;
use countersign::account::Approval;
use countersign::{Error, ErrorKind};

/// The approver's process needs nothing but the record.
#[test]
fn an_approval_of_another_process_counts_once() {
    let store = Arc::new(MemoryStore::new());
    let desk = TimedVerifier::new(Arc::clone(&store), settings(1));
    enrols(&desk, &anna());
    assert_eq!(says(&desk, "limit.raise", &call(0, 1)), Said::StepUp);
    let lead = TimedVerifier::new(store, settings(1));
    approves(&lead, "eve", "limit.raise", &call(1, 2)).unwrap();
    assert_eq!(says(&desk, "limit.raise", &call(2, 1)), Said::Yes);
    assert_eq!(says(&desk, "limit.raise", &call(3, 1)), Said::StepUp);
}

/// [`Policy::explain`] sees what the host gives it. The record has more, and less: what has served does not count.
#[test]
fn an_explanation_of_the_record_knows_its_approvals() {
    let bank = bank();
    let explained = |ctx: &TimedContext| {
        let request = Request::new("limit.raise").handled_by(Agent::new("tom").unwrap());
        bank.explain(&policy(), &request, &anna(), ctx).unwrap()
    };
    let before = explained(&call(0, 1));
    assert_eq!(before.allowed_by(), None);
    assert!(!before.options().is_empty());
    approves(&bank, "eve", "limit.raise", &call(1, 2)).unwrap();
    assert!(explained(&call(2, 1)).allowed_by().is_some());
    assert_eq!(says(&bank, "limit.raise", &call(3, 1)), Said::Yes);
    assert_eq!(explained(&call(4, 1)).allowed_by(), None, "it has served");
}

#[test]
fn b56_an_approval_is_by_another_agent_for_this_action_and_transaction_and_ends() {
    let limit = |ctx: TimedContext| ctx.for_transaction(&payment("TX-1"));
    for (agent, action, given, asked, expected) in [
        ("eve", "limit.raise", call(0, 2), call(900, 1), Said::Yes),
        ("eve", "limit.raise", call(0, 2), call(901, 1), Said::StepUp),
        ("tom", "limit.raise", call(0, 2), call(1, 1), Said::StepUp),
        ("TOM", "limit.raise", call(0, 2), call(1, 1), Said::StepUp),
        ("eve", "limit.lower", call(0, 2), call(1, 1), Said::StepUp),
        (
            "eve",
            "limit.raise",
            limit(call(0, 2)),
            call(1, 1),
            Said::StepUp,
        ),
        (
            "eve",
            "limit.raise",
            call(0, 2),
            limit(call(1, 1)),
            Said::StepUp,
        ),
        (
            "eve",
            "limit.raise",
            limit(call(0, 2)),
            limit(call(1, 1)),
            Said::Yes,
        ),
    ] {
        let bank = bank();
        approves(&bank, agent, action, &given).unwrap();
        let told = says(&bank, "limit.raise", &asked);
        assert_eq!(told, expected, "{agent} {action} {given:?} {asked:?}");
    }
    // Nobody handles it, so nobody else approves it.
    let bank = bank();
    approves(&bank, "eve", "limit.raise", &call(0, 2)).unwrap();
    let told = bank.authorize(
        &policy(),
        &Request::new("limit.raise"),
        &anna(),
        &call(1, 1),
    );
    assert_eq!(said(&told.unwrap()), Said::No(DenyReason::NoAgent));
}

#[test]
fn an_approval_that_is_given_again_lasts_longer_and_counts_once() {
    let bank = bank();
    for seconds in [0, 600] {
        approves(&bank, "eve", "limit.raise", &call(seconds, 2)).unwrap();
    }
    assert_eq!(says(&bank, "limit.raise", &call(1_500, 1)), Said::Yes);
    assert_eq!(says(&bank, "limit.raise", &call(1_500, 1)), Said::StepUp);
}

#[test]
fn bad_approvals_are_refused_and_say_why() {
    let bank = bank();
    let refused = |subject: &Subject, action: &str, seconds: u64| {
        let agent = Agent::new("eve").unwrap();
        let lasts = Duration::from_secs(seconds);
        let told = bank.approve(subject, &agent, action, lasts, &call(0, 2));
        told.unwrap_err()
    };
    let nobody = Subject::new("bank", "C-9999").unwrap();
    assert_eq!(refused(&nobody, "a", 60).kind(), ErrorKind::UnknownSubject);
    let long = "a".repeat(129);
    for (action, seconds, text) in [
        ("", 60, "action: must hold 1 to 128 bytes"),
        (long.as_str(), 60, "action: must hold 1 to 128 bytes"),
        (
            "a",
            86_401,
            "lifetime of the approval: must be a day at most: no policy counts an older approval",
        ),
    ] {
        let error = refused(&anna(), action, seconds);
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::BadInput, text)
        );
    }
    let other_realm = Subject::new("shop", "C-1042").unwrap();
    assert_eq!(refused(&other_realm, "a", 60).kind(), ErrorKind::BadInput);
}

#[test]
fn sixteen_approvals_stand_at_once_and_one_that_serves_or_ends_makes_room() {
    let bank = bank();
    let limit = |number: u8| payment(&format!("TX-{number}"));
    let approve = |number: u8, seconds| -> Result<(), Error> {
        let ctx = call(seconds, 2).for_transaction(&limit(number));
        approves(&bank, "eve", "limit.raise", &ctx)
    };
    for number in 0..16 {
        approve(number, 0).unwrap();
    }
    let full = approve(16, 1).unwrap_err();
    let text = "approvals: must be 16 at most at once: use one, or wait until one ends";
    assert_eq!(full.to_string(), text);
    // The same again is not one more.
    approve(3, 2).unwrap();
    let served = call(3, 1).for_transaction(&limit(5));
    assert_eq!(says(&bank, "limit.raise", &served), Said::Yes);
    approve(16, 4).unwrap();
    assert!(approve(17, 4).is_err());
    approve(17, 901).unwrap();
}

/// Eve's approval, as a host holds it itself.
fn held_by_host(seconds: i64, lasts: u64) -> Approval {
    let (eve, lasts) = (Agent::new("eve").unwrap(), Duration::from_secs(lasts));
    let desk = call(seconds, 2);
    Approval::by(eve, "limit.raise", &anna(), lasts, &desk, moment(seconds))
}

fn raises<S: Store + Send + Sync>(
    bank: &TimedVerifier<S>,
    held: Approval,
    count: u8,
    ctx: &TimedContext,
) -> Said {
    let counts = format!("approvals = {count}");
    let policy = Policy::from_toml(&POLICY.replace("approvals = 1", &counts)).unwrap();
    let request = Request::new("limit.raise").handled_by(Agent::new("tom").unwrap());
    let told = bank.authorize(&policy, &request.approved(held), &anna(), ctx);
    said(&told.unwrap())
}

/// The same agent's, kept and given: two are still one agent, and equal ones serve once.
#[test]
fn b56_an_approval_that_is_kept_and_given_is_by_one_agent_and_serves_once() {
    let bank = bank();
    approves(&bank, "eve", "limit.raise", &call(0, 2)).unwrap();
    for lasts in [900, 800] {
        let told = raises(&bank, held_by_host(0, lasts), 2, &call(1, 1));
        assert_eq!(told, Said::StepUp, "{lasts}");
    }
    let given = |seconds| raises(&bank, held_by_host(0, 900), 1, &call(seconds, 1));
    assert_eq!(given(1), Said::Yes);
    assert_eq!(given(2), Said::StepUp);
    assert_eq!(says(&bank, "limit.raise", &call(2, 1)), Said::StepUp);
}

/// The security page tells it. `what_voids_evidence_empties_the_record` shows that one in the record ends.
#[test]
fn b60_an_approval_that_the_host_holds_outlives_a_suspension_and_the_record() {
    let bank = bank();
    for change in [Change::Suspend, Change::Resume] {
        let by = Authority::Host;
        let _ = bank.change(&anna(), &change, &by, &call(1, 9)).unwrap();
    }
    let given = |seconds| raises(&bank, held_by_host(0, 900), 1, &call(seconds, 1));
    assert_eq!(given(2), Said::Yes);
    assert_eq!(given(3), Said::StepUp);
    bank.erase(&anna()).unwrap();
    bank.create(&anna(), &call(4, 9)).unwrap();
    assert_eq!(given(5), Said::Yes);
}

/// An approval that the host gives along and that has served hides none that is kept in the record.
#[test]
fn b56_an_approval_by_value_that_has_served_makes_way() {
    let bank = bank();
    let (eve, ann) = (Agent::new("eve").unwrap(), Agent::new("ann").unwrap());
    let lasts = Duration::from_secs(900);
    let asks = |ctx: &TimedContext| {
        let given = Approval::by(
            eve.clone(),
            "limit.raise",
            &anna(),
            lasts,
            &call(0, 2),
            moment(0),
        );
        let request = Request::new("limit.raise").handled_by(Agent::new("tom").unwrap());
        let told = bank.authorize(&policy(), &request.approved(given), &anna(), ctx);
        said(&told.unwrap())
    };
    assert_eq!(asks(&call(1, 1)), Said::Yes);
    assert_eq!(asks(&call(2, 1)), Said::StepUp, "a fresh one is asked for");
    bank.approve(&anna(), &ann, "limit.raise", lasts, &call(3, 2))
        .unwrap();
    assert_eq!(asks(&call(4, 1)), Said::Yes);
    assert_eq!(asks(&call(5, 1)), Said::StepUp);
}
