//! What a grant uses up, what it leaves, and how a refusal says so. Each test kills a mutant that lived.

use super::*;
use countersign::account::{Approval, RedeemRefusal};
use countersign::audit::{Event, EventKind};
use countersign::{Decision, Grant};
use std::sync::Mutex;

const DESK: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."stamp".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "passkey", class = "possession", max_age = 86400 }] }]
    [action."stick".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "passkey", class = "possession", max_age = 86400 }] }]
    [action."pay".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }, { factor = "external", external_verifier = "passkey", class = "possession", max_age = 900, for_transaction = true }] }]
    [action."raise".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }, { approvals = 1, max_age = 600 }] }]
"#;

fn desk() -> Policy {
    Policy::from_toml(DESK).unwrap()
}

fn request(action: &str) -> Request {
    Request::new(action).handled_by(Agent::new("tom").unwrap())
}

fn asks<S: Store + Send + Sync>(bank: &TimedVerifier<S>, action: &str, ctx: &TimedContext) -> Said {
    let told = bank.authorize(&desk(), &request(action), &anna(), ctx);
    said(&told.unwrap())
}

fn granted<S: Store + Send + Sync>(
    bank: &TimedVerifier<S>,
    action: &str,
    ctx: &TimedContext,
) -> Grant {
    match bank
        .decide(&desk(), &request(action), &anna(), ctx)
        .unwrap()
    {
        Decision::Allow(grant) => grant,
        other => panic!("{other}"),
    }
}

fn passkey() -> Attempt {
    Attempt::External(verified("passkey", Strength::Full))
}

/// The code of the app serves for payment after payment. What was shown for one payment does not.
#[test]
fn a_payment_uses_up_what_was_shown_for_it_and_nothing_else() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    for number in 0..16 {
        let rent = payment(&format!("TX-{number}"));
        let ctx = call(1 + number, 1).for_transaction(&rent);
        confirms(&bank, &rent, &ctx);
        let grant = granted(&bank, "pay", &ctx);
        assert_eq!(grant.once().len(), 1);
        let of_it = bank.evidence(&anna(), &ctx).unwrap();
        let of_it = of_it
            .iter()
            .find(|one| one.transaction_digest() == Some(rent.digest()));
        assert_eq!(&grant.once()[0], of_it.unwrap().id());
        assert_eq!(asks(&bank, "pay", &ctx), Said::Yes, "{number}");
    }
}

/// A grant is of its action, interaction and transaction, and so is its id.
#[test]
fn evidence_serves_once_for_each_action() {
    let bank = bank();
    accepts(&bank, &passkey(), &call(0, 1));
    let ids = [
        *granted(&bank, "stamp", &call(1, 1)).id(),
        *granted(&bank, "stick", &call(1, 1)).id(),
        *granted(
            &bank,
            "stamp",
            &call(1, 1).for_transaction(&payment("TX-1")),
        )
        .id(),
        *granted(
            &bank,
            "stamp",
            &call(1, 1).for_transaction(&payment("TX-2")),
        )
        .id(),
    ];
    let different: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
    assert_eq!(ids[0], *granted(&bank, "stamp", &call(2, 1)).id());
    for action in ["stamp", "stick"] {
        let told = [1, 2].map(|seconds| asks(&bank, action, &call(seconds, 1)));
        assert_eq!(told, [Said::Yes, Said::StepUp], "{action}");
    }
    // Where a rule says `interaction = "any"`, it serves once in all interactions.
    gives_code(&bank, &call(0, 1));
    let told = [1, 2, 1, 2].map(|number| says(&bank, "card.show", &call(1, number)));
    assert_eq!(told, [Said::Yes, Said::StepUp, Said::StepUp, Said::StepUp]);
}

/// A payment takes two marks. The refusal says when the second one has room, whatever the order of the seconds.
#[test]
fn b50_an_authorization_without_room_is_denied_until_there_is_room() {
    let bank = bank();
    let forgotten = |seconds: i64| moment(seconds + 25 * 3_600 + 1);
    let stamp = |seconds: i64| {
        accepts(&bank, &passkey(), &call(seconds, 1));
        asks(&bank, "stamp", &call(seconds, 1))
    };
    let pay = |reference: &str, seconds: i64| {
        let rent = payment(reference);
        let ctx = call(seconds, 2).for_transaction(&rent);
        confirms(&bank, &rent, &ctx);
        says(&bank, "payment.send", &ctx)
    };
    // Clocks of two machines: the second mark is a minute older than the first.
    for seconds in [60, 0] {
        assert_eq!(stamp(seconds), Said::Yes);
    }
    for number in 0..254 {
        assert_eq!(pay(&format!("TX-{number}"), 100 + number), Said::Yes);
    }
    assert_eq!(stamp(400), Said::Yes);
    let until = |until| Said::No(DenyReason::TooMany { until });
    assert_eq!(pay("TX-A", 401), until(forgotten(0)), "511 and two more");
    assert_eq!(stamp(402), Said::Yes);
    assert_eq!(pay("TX-A", 403), until(forgotten(60)), "512 and two more");
    assert_eq!(stamp(404), until(forgotten(0)));
    let shown = bank.decide(&desk(), &request("stamp"), &anna(), &call(404, 1));
    assert_eq!(
        shown.unwrap().to_string(),
        "denied: too many grants were redeemed today"
    );
}

/// An approval of one second is the same one: it has served. A fresh one of a colleague counts instead.
#[test]
fn b56_an_approval_that_has_served_makes_way_for_one_that_has_not() {
    let bank = bank();
    approves(&bank, "eve", "limit.raise", &call(0, 2)).unwrap();
    assert_eq!(says(&bank, "limit.raise", &call(0, 1)), Said::Yes);
    approves(&bank, "eve", "limit.raise", &call(0, 2)).unwrap();
    let (ann, lasts) = (Agent::new("ann").unwrap(), Duration::from_secs(800));
    bank.approve(&anna(), &ann, "limit.raise", lasts, &call(0, 2))
        .unwrap();
    let told = [1, 2].map(|seconds| says(&bank, "limit.raise", &call(seconds, 1)));
    assert_eq!(told, [Said::Yes, Said::StepUp]);
}

/// The rule's age of an approval counts, and the approval's own end.
#[test]
fn b56_an_approval_ends_by_its_age_and_by_its_own_end_and_so_does_the_grant() {
    let approved = |lasts: u64| {
        let bank = bank();
        let eve = Agent::new("eve").unwrap();
        let lasts = Duration::from_secs(lasts);
        gives_code(&bank, &call(0, 1));
        bank.approve(&anna(), &eve, "raise", lasts, &call(0, 2))
            .unwrap();
        bank
    };
    let bank = approved(86_400);
    assert_eq!(granted(&bank, "raise", &call(500, 1)).until(), moment(600));
    assert_eq!(asks(&bank, "raise", &call(601, 1)), Said::StepUp);
    assert_eq!(asks(&bank, "raise", &call(600, 1)), Said::Yes);
    let bank = approved(100);
    assert_eq!(granted(&bank, "raise", &call(50, 1)).until(), moment(100));
    let grant = granted(&bank, "raise", &call(50, 1));
    let late = bank.redeem(&grant, &call(101, 1)).unwrap();
    assert!(matches!(late, Err(RedeemRefusal::Expired)), "{late:?}");
}

/// Clocks of one host differ a little. What is shown later than now counts from then on.
#[test]
fn evidence_of_the_future_does_not_count_yet() {
    for ahead in [1, 120] {
        let bank = bank();
        gives_code(&bank, &call(ahead, 1));
        let told = [0, ahead].map(|seconds| says(&bank, "address.change", &call(seconds, 1)));
        assert_eq!(told, [Said::StepUp, Said::Yes], "{ahead}");
    }
}

/// An unknown name has approvals only from the host, and is told what a customer without a way is told.
#[test]
fn b43_a_grant_for_nobody_is_no_option() {
    let bank = bank();
    let nobody = Subject::new("bank", "C-9999").unwrap();
    let (eve, lasts) = (Agent::new("eve").unwrap(), Duration::from_secs(900));
    let held = Approval::by(eve, "limit.raise", &nobody, lasts, &call(0, 2), moment(0));
    let asked = request("limit.raise").approved(held);
    let told = bank
        .authorize(&policy(), &asked, &nobody, &call(1, 1))
        .unwrap();
    assert_eq!(said(&told), Said::No(DenyReason::NoOption));
}

/// A grant of one customer is not the authority over another.
#[test]
fn b25_a_change_by_a_grant_of_another_subject_says_so() {
    let bank = bank();
    let other = Subject::new("bank", "C-2000").unwrap();
    enrols(&bank, &other);
    approves(&bank, "eve", "account.resume", &call(0, 2)).unwrap();
    let asked = bank.decide(&policy(), &request("account.resume"), &anna(), &call(1, 1));
    let Decision::Allow(grant) = asked.unwrap() else {
        panic!("it is approved")
    };
    let by = Authority::Granted(&grant);
    let told = bank.change(&other, &Change::Resume, &by, &call(1, 1));
    assert_eq!(
        told.unwrap_err().to_string(),
        "grant: must be of this subject"
    );
}

/// A day is the longest, and each step has its own event.
#[test]
fn b23_each_answer_of_authorize_has_an_event_of_its_own() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let events = Arc::clone(&events);
        move |event: &Event| {
            events.lock().unwrap().push(event.kind);
            Ok(())
        }
    };
    let store = Arc::new(MemoryStore::new());
    let _ = bank_over(&store);
    let bank = TimedVerifier::new(store, settings(1)).with_audit(sink);
    let ask = |action: &str, seconds| {
        let told = bank.authorize(&policy(), &request(action), &anna(), &call(seconds, 1));
        said(&told.unwrap())
    };
    let (eve, day) = (Agent::new("eve").unwrap(), Duration::from_secs(86_400));
    assert_eq!(ask("limit.raise", 0), Said::StepUp);
    bank.approve(&anna(), &eve, "limit.raise", day, &call(0, 2))
        .unwrap();
    assert_eq!(ask("limit.raise", 1), Said::Yes);
    assert_eq!(ask("nonsense", 2), Said::No(DenyReason::UnknownAction));
    bank.end(&anna(), &call(3, 1)).unwrap();
    let kinds = events.lock().unwrap();
    assert!(
        matches!(
            kinds.as_slice(),
            [
                EventKind::StepUpRequired,
                EventKind::Approved,
                EventKind::Redeemed,
                EventKind::Unauthorized,
                EventKind::Ended
            ]
        ),
        "{kinds:?}"
    );
}
