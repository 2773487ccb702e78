//! One decision: five rules or five hundred, two pieces of evidence, allowed; beside Cedar with its request made beforehand.

use std::hint::black_box;
use std::sync::Arc;

use cedar_policy::{Authorizer, Context as CedarContext, Decision as CedarDecision, Entities, PolicySet};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::{Attempt, Authority, Change, Channel, Code, Context, Decision, Evidence, Interaction, Outcome, Policy, Request, Settings, Subject, Timestamp, Transaction, Verifier, account::Status, delivered::{CodeOrder, Destination, Issued}, otp::Totp, time::ManualClock};

use crate::measure::{Found, Row, compare};

const CEDAR: &str = "cedar-policy 4.14.1";

pub const ROWS: &[Row] = &[
    Row { name: "decide_5", peer: CEDAR, target: 0.05, measure: decide_5 },
    Row { name: "decide_500", peer: "our own at 5", target: 1.5, measure: decide_500 },
];

fn decide_5() -> Option<Found> {
    let asked = Asked::new();
    let (policy, request) = (policy(5), Request::new("action2"));
    assert!(asked.is_allowed(&policy, &request));
    let (cedar, entities) = (Authorizer::new(), Entities::empty());
    let (policies, cedar_request) = (cedar_policies(5), cedar_request());
    let is_allowed = || {
        let response = cedar.is_authorized(black_box(&cedar_request), &policies, &entities);
        response.decision() == CedarDecision::Allow
    };
    assert!(is_allowed());
    Some(compare(
        || assert!(asked.is_allowed(black_box(&policy), black_box(&request))),
        1,
        || assert!(is_allowed()),
        1,
    ))
}

fn decide_500() -> Option<Found> {
    let asked = Asked::new();
    let (few, many) = (policy(5), policy(500));
    let (of_few, of_many) = (Request::new("action2"), Request::new("action250"));
    Some(compare(
        || assert!(asked.is_allowed(black_box(&many), black_box(&of_many))),
        1,
        || assert!(asked.is_allowed(black_box(&few), black_box(&of_few))),
        1,
    ))
}

/// What our decision looks at: evidence of an app and of a code for this transaction.
struct Asked {
    shown: [Evidence; 2],
    status: Status,
    ctx: Context,
    now: Timestamp,
}

impl Asked {
    fn new() -> Self {
        let keyring = Keyring::new(RootKey::generate(1).unwrap(), LongTermSecret::generate(1).unwrap());
        let verifier = Verifier::new(MemoryStore::new(), Settings::new("bank", keyring).unwrap());
        let (anna, app) = (Subject::new("bank", "C-1042").unwrap(), Totp::generate().unwrap());
        let transfer = Transaction::new("TX-1").unwrap();
        let at = |seconds: i64| Timestamp::from_unix(1_800_000_000 + seconds).unwrap();
        let clock = Arc::new(ManualClock::new(at(0)));
        let verifier = verifier.with_clock(Arc::clone(&clock));
        let ctx = Context::new(Channel::Agent, Interaction::from_bytes([1; 16])).for_transaction(&transfer);
        let code = |now| Code::typed(app.code_at(now).expose_text());
        verifier.create(&anna, &ctx).unwrap();
        for change in [
            Change::AddTotp(app.clone()),
            Change::ConfirmTotp(code(at(0))),
            Change::SetPhone(Destination::phone("+6281234567834").unwrap()),
        ] {
            let _ = verifier.change(&anna, &change, &Authority::Host, &ctx).unwrap();
        }
        let check = |attempt: Attempt| match verifier.check(&anna, &attempt, &ctx).unwrap() {
            Outcome::Accepted(evidence) => evidence,
            other => panic!("{other:?}"),
        };
        clock.set(at(60));
        let by_app = check(Attempt::Totp(code(at(60))));
        clock.set(at(120));
        let Issued::Ready(delivery) = verifier.issue(&anna, &CodeOrder::spoken(), &ctx).unwrap() else {
            panic!("no code was sent")
        };
        let sent = delivery.send(|_, code| Code::typed(code)).unwrap();
        let shown = [by_app, check(Attempt::Delivered(sent))];
        Self { shown, status: verifier.status(&anna, &ctx).unwrap(), ctx, now: at(120) }
    }

    fn is_allowed(&self, policy: &Policy, request: &Request) -> bool {
        let decision = policy.decide(request, black_box(&self.shown), &self.status, &self.ctx, self.now);
        matches!(decision, Decision::Allow(_))
    }
}

/// So many actions: each by a fresh code of the app, or by an older one and a code for this transaction.
pub fn policy(actions: usize) -> Policy {
    let rules: String = (0..actions)
        .map(|number| {
            format!(
                "[action.action{number}.every_tier]\nany = [{{ all = [{{ factor = \"totp\", max_age = 30 }}] }},\n\
                 {{ all = [{{ factor = \"totp\", max_age = 600 }}, \
                 {{ factor = \"spoken_code\", max_age = 300, for_transaction = true }}] }}]\n"
            )
        })
        .collect();
    Policy::from_toml(&format!("version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n{rules}")).unwrap()
}

/// The same rules in Cedar: ages and binding are in the request's context, computed by its host.
fn cedar_policies(actions: usize) -> PolicySet {
    let rules: String = (0..actions)
        .map(|number| {
            format!(
                "permit(principal, action == Action::\"action{number}\", resource) when {{ \
                   context.suspended == false && ( \
                     (context has totp && context.totp.age <= 30) || \
                     (context has totp && context.totp.age <= 600 && \
                      context has spoken_code && context.spoken_code.age <= 300 && context.spoken_code.bound)) }};\n"
            )
        })
        .collect();
    rules.parse().unwrap()
}

fn cedar_request() -> cedar_policy::Request {
    let context = r#"{ "suspended": false, "totp": { "age": 60, "bound": false }, "spoken_code": { "age": 0, "bound": true } }"#;
    let context = CedarContext::from_json_str(context, None).unwrap();
    let [principal, action, resource] =
        ["Customer::\"C-1042\"", "Action::\"action2\"", "Account::\"C-1042\""].map(|uid| uid.parse().unwrap());
    cedar_policy::Request::new(principal, action, resource, context, None).unwrap()
}
