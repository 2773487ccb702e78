//! Evidence and grants belong to one record: none outlives it, and none comes from another keyring or store.

use crate::support::timed::{TimedContext, TimedVerifier};
use std::collections::BTreeSet;

use countersign::account::{ExternalVerification, RedeemRefusal};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Channel, Decision, Evidence, FactorClass, Grant, Interaction, Outcome, Policy,
    Request, Settings, Strength, Subject, Timestamp,
};
use proptest::prelude::*;

const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."address.change".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "counter", class = "possession", max_age = 900 }] }]
"#;

fn anna() -> Subject {
    Subject::new("bank", "C-1042").unwrap()
}

fn verifier(tag: u8) -> TimedVerifier<MemoryStore> {
    let root = RootKey::from_bytes(1, [tag; 32]).unwrap();
    let long_term = LongTermSecret::from_bytes(1, [tag; 32]).unwrap();
    let settings = Settings::new("bank", Keyring::new(root, long_term)).unwrap();
    TimedVerifier::new(MemoryStore::new(), settings)
}

fn at(seconds: i64) -> TimedContext {
    let now = Timestamp::from_unix(1_800_000_000 + seconds).unwrap();
    TimedContext::new(now, Channel::Counter, Interaction::from_bytes([7; 16]))
}

fn evidence(verifier: &TimedVerifier<MemoryStore>, ctx: &TimedContext) -> Evidence {
    let seen = ExternalVerification::new("counter", FactorClass::Possession, Strength::Full);
    let attempt = Attempt::External(seen.unwrap());
    match verifier.check(&anna(), &attempt, ctx).unwrap() {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn decide(
    verifier: &TimedVerifier<MemoryStore>,
    evidence: &Evidence,
    ctx: &TimedContext,
) -> Decision {
    let status = verifier.status(&anna(), ctx).unwrap();
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = Request::new("address.change");
    policy.decide(
        &request,
        core::slice::from_ref(evidence),
        &status,
        ctx,
        ctx.now(),
    )
}

fn grant(verifier: &TimedVerifier<MemoryStore>, evidence: &Evidence, ctx: &TimedContext) -> Grant {
    match decide(verifier, evidence, ctx) {
        Decision::Allow(grant) => grant,
        other => panic!("{other}"),
    }
}

/// A thief's session does not come back with the account.
#[test]
fn an_account_that_is_erased_and_made_again_knows_no_evidence_and_no_grant_of_before() {
    let verifier = verifier(1);
    verifier.create(&anna(), &at(0)).unwrap();
    let shown = evidence(&verifier, &at(0));
    let granted = grant(&verifier, &shown, &at(0));
    assert!(verifier.erase(&anna()).unwrap());
    verifier.create(&anna(), &at(1)).unwrap();

    assert!(!matches!(
        decide(&verifier, &shown, &at(1)),
        Decision::Allow(_)
    ));
    assert!(matches!(
        verifier.redeem(&granted, &at(1)).unwrap(),
        Err(RedeemRefusal::Voided)
    ));
    // What is shown to the new account counts.
    let fresh = evidence(&verifier, &at(1));
    let granted = grant(&verifier, &fresh, &at(1));
    assert!(verifier.redeem(&granted, &at(1)).unwrap().is_ok());
}

/// Ten lines made evidence under a keyring of one's own, and the real policy took it.
#[test]
fn evidence_of_another_keyring_or_store_is_not_of_this_record() {
    let (real, own, twin) = (verifier(1), verifier(2), verifier(1));
    for verifier in [&real, &own, &twin] {
        verifier.create(&anna(), &at(0)).unwrap();
    }
    for other in [&own, &twin] {
        let minted = evidence(other, &at(0));
        let granted = grant(other, &minted, &at(0));
        assert!(!matches!(
            decide(&real, &minted, &at(0)),
            Decision::Allow(_)
        ));
        assert!(matches!(
            real.redeem(&granted, &at(0)).unwrap(),
            Err(RedeemRefusal::Voided)
        ));
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Show,
    Decide(usize),
    Redeem(usize),
    Erase,
    Create,
}

fn any_op() -> impl Strategy<Value = (usize, Op)> {
    let op = prop_oneof![
        4 => Just(Op::Show),
        3 => (0..8_usize).prop_map(Op::Decide),
        3 => (0..8_usize).prop_map(Op::Redeem),
        1 => Just(Op::Erase),
        1 => Just(Op::Create),
    ];
    (0..3_usize, op)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Three records of one name: two keyrings, two stores. Whatever happens, only what the present record has seen counts.
    #[test]
    fn nothing_of_another_life_counts(ops in prop::collection::vec(any_op(), 1..60)) {
        let places = [verifier(1), verifier(1), verifier(2)];
        // The model: which life each place is in (none: erased), and of which place and life each thing is.
        let mut lives: [Option<u32>; 3] = [None; 3];
        let mut next = 0;
        let (mut shown, mut granted, mut spent) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (second, (place, op)) in (0..).zip(ops) {
            let (verifier, ctx) = (&places[place], at(second));
            match op {
                Op::Create => {
                    let is_new = lives[place].is_none();
                    prop_assert_eq!(verifier.create(&anna(), &ctx).is_ok(), is_new);
                    if is_new {
                        lives[place] = Some(next);
                        next += 1;
                    }
                }
                Op::Erase => {
                    prop_assert_eq!(verifier.erase(&anna()).unwrap(), lives[place].is_some());
                    lives[place] = None;
                }
                Op::Show => if let Some(life) = lives[place] {
                    shown.push((life, evidence(verifier, &ctx)));
                },
                Op::Decide(which) => if let Some((life, evidence)) = shown.iter().rev().nth(which) {
                    let is_allowed = match decide(verifier, evidence, &ctx) {
                        Decision::Allow(grant) => {
                            granted.push((*life, grant));
                            true
                        }
                        _ => false,
                    };
                    prop_assert_eq!(is_allowed, lives[place] == Some(*life));
                },
                Op::Redeem(which) => {
                    let count = granted.len();
                    if count == 0 {
                        continue;
                    }
                    let at = which % count;
                    let id = *granted[at].1.id();
                    let of_this_life = lives[place] == Some(granted[at].0);
                    // A second decision on the same facts gives an equal grant: it is spent, too.
                    let is_spent = spent.contains(&id);
                    let redeemed = verifier.redeem(&granted[at].1, &ctx).unwrap();
                    prop_assert_eq!(redeemed.is_ok(), of_this_life && !is_spent);
                    if redeemed.is_ok() {
                        spent.insert(id);
                    }
                }
            }
        }
    }
}
