//! Grants are redeemed once, where and for what they were given.

use countersign::store::conformance::Gate;
use countersign::store::memory::MemoryStore;
use countersign::{
    Agent, Approval, Attempt, Attestation, Attester, Authority, Change, Changed, Class, Code,
    Context, Decision, Error, Evidence, Grant, Issue, Lifetime, Outcome, Policy, Redeemed, Request,
    Strength, Subject, Totp, Transaction, Verifier,
};

use crate::support::*;

fn policy() -> Policy {
    Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action."address.change".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 600 }] }]
        [action."authenticator.add".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 600 }] }]
        [action."account.thaw".every_tier]
        any = [{ all = [{ approvals = 1, max_age = 600 }] }]
        [action.payment.every_tier]
        any = [{ all = [{ factor = "spoken_code", max_age = 600, bound = true }] }]
        [action."payment.urgent".every_tier]
        any = [{ all = [{ factor = "spoken_code", max_age = 600, bound = true }] }]
        "#,
    )
    .unwrap()
}

/// A customer with an app and a telephone.
fn customer() -> (Row, Totp) {
    let (store, app) = (MemoryStore::new(), totp(7));
    enrol(&Verifier::new(&store, settings()), &app, NOW);
    (row(&settings(), &store), app)
}

fn evidence(outcome: Outcome) -> Evidence {
    match outcome {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn decided(row: &Row, action: &str, shown: &[Evidence], ctx: &Context) -> Grant {
    let standing = row.account().standing(ctx);
    match policy().decide(&Request::new(action), shown, &standing, ctx) {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

fn by_app(row: &mut Row, app: &Totp, ctx: &Context) -> Evidence {
    let code = typed(&right_code(app, ctx.now().unix()));
    evidence(row.check(&code, ctx))
}

/// Evidence of a code that was sent for a payment.
fn by_code(row: &mut Row, ctx: &Context) -> Evidence {
    let step = row.account().issue(&Issue::spoken(), ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    let countersign::Issued::Sent(delivery) = told.outcome else {
        panic!("sent")
    };
    let code = delivery.send(|_, code| code.to_owned()).unwrap();
    evidence(row.check(&Attempt::Delivered(Code::typed(&code)), ctx))
}

fn redeemed(row: &mut Row, grant: &Grant, ctx: &Context) -> Option<Redeemed> {
    let step = row.account().redeem(grant, ctx).unwrap();
    row.commit(step, Ending::Stored).told.unwrap().outcome
}

#[test]
fn b25_a_grant_is_redeemed_once_and_so_is_its_like() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "address.change", &shown, &ctx);
    let done = redeemed(&mut row, &grant, &ctx).expect("the first time");
    assert_eq!(done.action(), "address.change");
    assert_eq!(done.subject(), &subject());
    assert!(redeemed(&mut row, &grant, &ctx).is_none());
    let later = agent(NOW + 60, 1);
    let again = decided(&row, "address.change", &shown, &later);
    assert!(
        redeemed(&mut row, &again, &later).is_none(),
        "the same evidence"
    );
    let shown = [by_app(&mut row, &app, &later)];
    let fresh = decided(&row, "address.change", &shown, &later);
    assert!(redeemed(&mut row, &fresh, &later).is_some(), "another code");
}

#[test]
fn p05_what_was_shown_for_a_payment_serves_one_payment() {
    let (mut row, _) = customer();
    let payment = |reference| Transaction::payment(reference, "Anna", "99.50", "EUR").unwrap();
    let first = agent(NOW, 1).bound_to(&payment("TX-1"));
    let shown = [by_code(&mut row, &first)];
    let urgent = decided(&row, "payment.urgent", &shown, &first);
    let plain = decided(&row, "payment", &shown, &first);
    let done = redeemed(&mut row, &plain, &first).expect("paid");
    assert_eq!(done.binding(), Some(payment("TX-1").binding()));
    assert!(
        redeemed(&mut row, &urgent, &first).is_none(),
        "its code is spent"
    );
}

#[test]
fn a_grant_counts_here_and_now_only() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "address.change", &shown, &ctx);
    let payment = Transaction::new("TX-1").unwrap();
    for elsewhere in [agent(NOW, 2), agent(NOW + 301, 1), ctx.bound_to(&payment)] {
        assert!(redeemed(&mut row, &grant, &elsewhere).is_none());
    }
    let mut frozen = row.clone();
    for change in [Change::Freeze, Change::Thaw] {
        assert_eq!(frozen.change(&change, &ctx), Changed::Done);
        assert!(redeemed(&mut frozen, &grant, &ctx).is_none(), "a new epoch");
    }
    assert!(redeemed(&mut row, &grant, &agent(NOW + 300, 1)).is_some());

    let mut other = Row::new(settings());
    let stranger = Subject::new("bank", "C-1043").unwrap();
    let step = countersign::Account::create(&settings(), &stranger, None, &ctx).unwrap();
    other.commit(step, Ending::Stored);
    let entry = other.entry.unwrap();
    let account = countersign::Account::open(&settings(), &stranger, entry.bytes(), 0).unwrap();
    let error = account.redeem(&grant, &ctx).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "grant: must be of this subject");
}

fn changed_by(
    row: &mut Row,
    grant: &Grant,
    change: &Change,
    ctx: &Context,
) -> Result<Changed, Error> {
    let by = Authority::Granted(grant);
    let step = row.account().change(change, &by, ctx)?;
    Ok(row.commit(step, Ending::Stored).told.unwrap().outcome)
}

#[test]
fn b25_an_approval_serves_one_change() {
    let (mut row, _) = customer();
    let ctx = agent(NOW, 1);
    let yes = Approval::by(
        Agent::new("eve").unwrap(),
        "account.thaw",
        &subject(),
        Lifetime::minutes(10),
        &ctx,
    );
    let request = Request::new("account.thaw").handled_by(Agent::new("bob").unwrap());
    let request = request.approved(yes);
    let thaw = |row: &mut Row| {
        assert_eq!(row.change(&Change::Freeze, &ctx), Changed::Done);
        let standing = row.account().standing(&ctx);
        let Decision::Allow(grant) = policy().decide(&request, &[], &standing, &ctx) else {
            panic!("approved")
        };
        changed_by(row, &grant, &Change::Thaw, &ctx)
    };
    assert_eq!(thaw(&mut row).unwrap(), Changed::Done);
    assert!(thaw(&mut row).unwrap_err().is_misuse(), "a second thaw");
    assert!(row.account().standing(&ctx).is_frozen());
}

/// A limit that SECURITY.md tells: what was spent is forgotten with the day that the clock ran ahead.
#[test]
fn b60_an_approval_counts_once_more_after_a_clock_that_was_a_day_ahead() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let yes = Approval::by(
        Agent::new("eve").unwrap(),
        "account.thaw",
        &subject(),
        Lifetime::minutes(10),
        &ctx,
    );
    let request = Request::new("account.thaw").handled_by(Agent::new("bob").unwrap());
    let request = request.approved(yes);
    let thaw = |row: &mut Row, ctx: &Context| {
        assert_eq!(row.change(&Change::Freeze, ctx), Changed::Done);
        let standing = row.account().standing(ctx);
        let Decision::Allow(grant) = policy().decide(&request, &[], &standing, ctx) else {
            panic!("approved")
        };
        changed_by(row, &grant, &Change::Thaw, ctx)
    };
    assert_eq!(thaw(&mut row, &ctx).unwrap(), Changed::Done);
    let tomorrow = agent(NOW + 26 * 3_600, 2);
    let _ = row.check(
        &typed(&wrong_code(&app, tomorrow.now().unix(), 1)),
        &tomorrow,
    );
    let back = agent(NOW + 60, 1);
    let _ = row.check(&typed(&wrong_code(&app, back.now().unix(), 1)), &back);
    let twice = thaw(&mut row, &back).unwrap();
    assert_eq!(twice, Changed::Done, "what SECURITY.md says is too modest");
    // No later than its end, whatever the clock did.
    let request_is_over = agent(NOW + 601, 1);
    let standing = row.account().standing(&request_is_over);
    let decision = policy().decide(&request, &[], &standing, &request_is_over);
    assert!(!matches!(decision, Decision::Allow(_)), "{decision:?}");
}

#[test]
fn b25_a_grant_that_was_redeemed_changes_nothing() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "authenticator.add", &shown, &ctx);
    let phone = Change::SetPhone(phone());
    assert!(changed_by(&mut row.clone(), &grant, &phone, &ctx).is_ok());
    assert!(redeemed(&mut row, &grant, &ctx).is_some());
    let before = row.version();
    let refused = changed_by(&mut row, &grant, &phone, &ctx).unwrap_err();
    assert!(refused.is_misuse());
    assert_eq!(row.version(), before);
}

#[test]
fn b25_one_grant_begins_and_confirms() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "authenticator.add", &shown, &ctx);
    let another = totp(9);
    let confirm = |text: &str| Change::ConfirmTotp(Code::typed(text));
    let right = confirm(&right_code(&another, NOW));
    for (change, then) in [
        (Change::AddTotp(another.clone()), Changed::Done),
        (confirm(&wrong_code(&another, NOW, 1)), Changed::Denied),
        (right, Changed::Done),
    ] {
        assert_eq!(changed_by(&mut row, &grant, &change, &ctx).unwrap(), then);
    }
}

#[test]
fn b35_nothing_is_redeemed_unless_it_is_stored() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "address.change", &shown, &ctx);
    for ending in [Ending::Failed, Ending::Conflict] {
        let step = row.account().redeem(&grant, &ctx).unwrap();
        assert!(row.commit(step, ending).told.is_none());
    }
    assert!(redeemed(&mut row.clone(), &grant, &ctx).is_some());
    let step = row.account().redeem(&grant, &ctx).unwrap();
    assert!(row.commit(step, Ending::Lost).told.is_none());
    assert!(
        redeemed(&mut row, &grant, &ctx).is_none(),
        "stored, and not told"
    );
}

#[test]
fn b13_a_grant_passes_one_of_eight_threads() {
    let (store, app) = (MemoryStore::new(), totp(7));
    let plain = Verifier::new(&store, settings());
    enrol(&plain, &app, NOW);
    let ctx = agent(NOW, 1);
    let code = typed(&right_code(&app, NOW));
    let shown = [evidence(plain.check(&subject(), &code, &ctx).unwrap())];
    let grant = decided(&row(&settings(), &store), "address.change", &shown, &ctx);
    let gate = Gate::new(&store, 8);
    let verifier = Verifier::new(&gate, settings());
    let redeemed = std::thread::scope(|scope| {
        let each = || verifier.redeem(&grant, &ctx).unwrap().is_some();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
        let told = threads.into_iter().map(|thread| thread.join().unwrap());
        told.filter(|redeemed| *redeemed).count()
    });
    assert_eq!(redeemed, 1);
    assert!(gate.conflicts() >= 7, "there was no race");
}

#[test]
fn what_is_spent_stays_so_for_a_day_and_is_bounded() {
    let (mut row, _) = customer();
    let counter = Attester::new("counter").unwrap();
    let seen = Attempt::Attested(Attestation::new(counter, Class::Possession, Strength::Full));
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action.stamp.every_tier]
        any = [{ all = [{ factor = "attested", attester = "counter", class = "possession", max_age = 86400 }] }]
        "#,
    )
    .unwrap();
    let mut taken = 0;
    for second in 0..300 {
        let ctx = agent(NOW + second, 1);
        let shown = [evidence(row.check(&seen, &ctx))];
        let standing = row.account().standing(&ctx);
        let decision = policy.decide(&Request::new("stamp"), &shown, &standing, &ctx);
        let Decision::Allow(grant) = decision else {
            panic!("{decision:?}")
        };
        taken += usize::from(redeemed(&mut row, &grant, &ctx).is_some());
    }
    assert_eq!(taken, 256);
    let tomorrow = agent(NOW + 26 * 3_600, 2);
    let shown = [evidence(row.check(&seen, &tomorrow))];
    let standing = row.account().standing(&tomorrow);
    let decision = policy.decide(&Request::new("stamp"), &shown, &standing, &tomorrow);
    let Decision::Allow(grant) = decision else {
        panic!("{decision:?}")
    };
    assert!(redeemed(&mut row, &grant, &tomorrow).is_some());
}
