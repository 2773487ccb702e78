//! What evidence is for: a transaction only if the customer confirmed just that, never because the context was bound to one.

use crate::support::timed::TimedContext;
use countersign::{
    Attempt, Decision, Evidence, FactorClass, Outcome, Policy, Request, Strength, Transaction,
    account::ExternalVerification,
    delivered::CodeOrder,
    knowledge::Answers,
    password::{Password, Pin},
};

use crate::inside::account::lengths::Customer;
use crate::inside::support::host::*;

fn payment(reference: &str) -> Transaction {
    Transaction::payment(reference, "Anna Müller", "99.50", "EUR").unwrap()
}

fn passkey() -> ExternalVerification {
    let by = "passkey";
    ExternalVerification::new(by, FactorClass::Possession, Strength::Full).unwrap()
}

/// Everything that can be asked for with `for_transaction = true`, each enough alone.
fn policy() -> Policy {
    let all = [
        r#"class = "possession""#,
        r#"factor = "ocra""#,
        r#"factor = "spoken_code""#,
        r#"factor = "private_code""#,
        r#"factor = "external", external_verifier = "passkey", class = "possession""#,
        r#"factor = "external", external_verifier = "counter", class = "possession""#,
    ];
    let any =
        all.map(|one| format!("{{ all = [{{ {one}, max_age = 900, for_transaction = true }}] }}"));
    let text = format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.pay.every_tier]\nany = [{}]",
        any.join(", ")
    );
    Policy::from_toml(&text).unwrap()
}

fn pays(row: &Row, evidence: &[Evidence], ctx: &TimedContext) -> bool {
    let status = row.account().status(ctx);
    let decision = policy().decide(&Request::new("pay"), evidence, &status, ctx, ctx.now());
    matches!(decision, Decision::Allow(_))
}

#[track_caller]
fn accepted(row: &mut Row, attempt: &Attempt, ctx: &TimedContext) -> Evidence {
    match row.check(attempt, ctx) {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?} to {attempt:?}"),
    }
}

#[test]
fn b55_no_factor_is_for_a_transaction_because_the_context_is() {
    let mut customer = Customer::new();
    let rent = payment("TX-1");
    // Ordered, asked and begun without a transaction; offered in a context that is bound to one.
    let mut all: Vec<_> = customer
        .attempts()
        .into_iter()
        .map(|(right, _, ctx)| (right, ctx))
        .collect();
    let ctx = agent(NOW, 100);
    all.push((
        Attempt::Password(Password::typed("brass kettle on tuesday")),
        ctx,
    ));
    all.push((Attempt::Pin(Pin::typed("739204")), ctx));
    all.push((right_answers(), ctx));
    all.push((Attempt::External(passkey()), ctx));
    let mut factors = Vec::new();
    for (attempt, ctx) in all {
        let (mut row, bound) = (customer.row.clone(), ctx.for_transaction(&rent));
        let evidence = accepted(&mut row, &attempt, &bound);
        assert_eq!(evidence.transaction_digest(), None, "{attempt:?}");
        factors.push(evidence.factor().name());
        assert!(!pays(&row, &[evidence], &bound), "{attempt:?}");
    }
    factors.sort_unstable();
    factors.dedup();
    assert_eq!(factors.len(), 12, "{factors:?}");
}

#[test]
fn b55_what_was_confirmed_for_a_transaction_is_for_that_one() {
    let mut customer = Customer::new();
    let (rent, other) = (payment("TX-1"), payment("TX-2"));
    let ctx = agent(NOW, 100);
    let [here, elsewhere] = [&rent, &other].map(|one| ctx.for_transaction(one));
    let code = customer.sent(&CodeOrder::spoken(), &here);
    let mut row = customer.row;
    let mut rest = vec![accepted(&mut row, &Attempt::Delivered(code), &here)];
    for seen in [here, ctx] {
        // Also where the session that took it was bound to nothing.
        let attempt = Attempt::External(passkey().for_transaction(&rent));
        rest.push(accepted(&mut row, &attempt, &seen));
    }
    for evidence in rest {
        assert_eq!(evidence.transaction_digest(), Some(rent.digest()));
        let evidence = [evidence];
        assert!(pays(&row, &evidence, &here));
        assert!(!pays(&row, &evidence, &elsewhere));
        assert!(!pays(&row, &evidence, &ctx));
    }
}

#[test]
fn b55_an_attestation_for_another_transaction_is_the_host_s_mistake() {
    let customer = Customer::new();
    let (rent, other) = (payment("TX-1"), payment("TX-2"));
    let bound = agent(NOW, 100).for_transaction(&other);
    let attempt = Attempt::External(passkey().for_transaction(&rent));
    let error = customer.row.account().check(&attempt, &bound).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(
        error.to_string(),
        "external verification: must be for the transaction that the context is for, or for none"
    );
    // Nothing is told of who exists.
    let settings = &customer.row.settings;
    let nobody = countersign::Subject::new("bank", "C-9999").unwrap();
    let unknown = crate::inside::own_table::Account::unknown(settings, &nobody, bound.now());
    let told = unknown.unwrap().check(&attempt, &bound).unwrap_err();
    assert_eq!(told.to_string(), error.to_string());
}

#[test]
fn b55_two_statements_are_what_the_last_says_and_answers_are_for_none() {
    let (rent, other) = (payment("TX-1"), payment("TX-2"));
    let said_twice = passkey().for_transaction(&rent).for_transaction(&other);
    let mut row = Customer::new().row;
    let bound = agent(NOW, 100).for_transaction(&other);
    let evidence = accepted(&mut row, &Attempt::External(said_twice), &bound);
    assert_eq!(evidence.transaction_digest(), Some(other.digest()));
    // Empty answers are a wrong try, whatever the context.
    let empty = Attempt::Questions(Answers::new());
    assert!(matches!(row.check(&empty, &bound), Outcome::Denied));
}
