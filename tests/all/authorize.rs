//! Decisions on what a record holds: by interaction, for a day, once.

mod approvals;
mod histories;
mod kept;
mod once;
mod pieces;
mod security;
mod served;

use core::time::Duration;
use std::sync::Arc;

use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::account::{Agent, ExternalVerification};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::Totp;
use countersign::policy::DenyReason;
use countersign::store::Store;
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Code, FactorClass, Interaction,
    Outcome, Policy, Request, Settings, Strength, Subject, Timestamp, Transaction,
};

/// Far after the start of 1970, for clocks that jump back.
pub const NOW: i64 = 1_800_000_000;

pub const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."address.change".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
    [action."card.show".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900, interaction = "any" }] }]
    [action."payment.send".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "passkey", class = "possession", max_age = 86400, for_transaction = true, interaction = "any" }] }]
    [action."session.keep".every_tier]
    any = [{ all = [{ aal = 1 }] }]
    [action."limit.raise".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
    [action."account.resume".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
"#;

pub fn policy() -> Policy {
    Policy::from_toml(POLICY).unwrap()
}

pub fn anna() -> Subject {
    Subject::new("bank", "C-1042").unwrap()
}

pub fn settings(tag: u8) -> Settings {
    let root = RootKey::from_bytes(1, [tag; 32]).unwrap();
    let long_term = LongTermSecret::from_bytes(1, [tag; 32]).unwrap();
    Settings::new("bank", Keyring::new(root, long_term)).unwrap()
}

/// A bank whose customer has an app.
pub fn bank() -> TimedVerifier<Arc<MemoryStore>> {
    bank_over(&Arc::default())
}

/// Such a bank, over a store that the test looks into.
pub fn bank_over(store: &Arc<MemoryStore>) -> TimedVerifier<Arc<MemoryStore>> {
    let verifier = TimedVerifier::new(Arc::clone(store), settings(1));
    enrols(&verifier, &anna());
    verifier
}

pub fn enrols<S: Store + Send + Sync>(verifier: &TimedVerifier<S>, subject: &Subject) {
    let before = call(-600, 200);
    verifier.create(subject, &before).unwrap();
    for change in [Change::AddTotp(app()), Change::ConfirmTotp(shown(&before))] {
        let by = Authority::Host;
        let changed = verifier.change(subject, &change, &by, &before).unwrap();
        assert_eq!(changed, Changed::Done);
    }
}

pub fn app() -> Totp {
    crate::support::rfc_totp()
}

/// The code that the app shows at that moment.
pub fn shown(ctx: &TimedContext) -> Code {
    Code::typed(app().code_at(ctx.now()).expose_text())
}

pub fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds).unwrap()
}

/// So many seconds after `NOW`, in the interaction of that number.
pub fn call(seconds: i64, number: u8) -> TimedContext {
    visit(seconds, Interaction::from_bytes([number; 16]))
}

pub fn visit(seconds: i64, interaction: Interaction) -> TimedContext {
    TimedContext::new(moment(seconds), Channel::Web, interaction).protected()
}

pub fn payment(reference: &str) -> Transaction {
    Transaction::payment(reference, "Fern Ltd", "99.50", "EUR").unwrap()
}

#[track_caller]
pub fn accepts<S: Store + Send + Sync>(
    verifier: &TimedVerifier<S>,
    attempt: &Attempt,
    ctx: &TimedContext,
) {
    let outcome = verifier.check(&anna(), attempt, ctx).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

/// The customer gives the app's code.
#[track_caller]
pub fn gives_code<S: Store + Send + Sync>(verifier: &TimedVerifier<S>, ctx: &TimedContext) {
    accepts(verifier, &Attempt::Totp(shown(ctx)), ctx);
}

pub fn verified(by: &str, strength: Strength) -> ExternalVerification {
    ExternalVerification::new(by, FactorClass::Possession, strength).unwrap()
}

/// The customer confirms a payment by a passkey.
#[track_caller]
pub fn confirms<S: Store + Send + Sync>(
    verifier: &TimedVerifier<S>,
    of: &Transaction,
    ctx: &TimedContext,
) {
    let passkey = verified("passkey", Strength::Full).for_transaction(of);
    accepts(verifier, &Attempt::External(passkey), ctx);
}

pub fn authorize<S: Store + Send + Sync>(
    verifier: &TimedVerifier<S>,
    action: &str,
    ctx: &TimedContext,
) -> Authorized {
    let request = Request::new(action).handled_by(Agent::new("tom").unwrap());
    verifier
        .authorize(&policy(), &request, &anna(), ctx)
        .unwrap()
}

/// The end of an authorization, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Yes,
    StepUp,
    No(DenyReason),
}

pub fn said(authorized: &Authorized) -> Said {
    match authorized {
        Authorized::Yes(_) => Said::Yes,
        Authorized::StepUp(_) => Said::StepUp,
        Authorized::No(denial) => Said::No(denial.reason),
    }
}

pub fn says<S: Store + Send + Sync>(
    verifier: &TimedVerifier<S>,
    action: &str,
    ctx: &TimedContext,
) -> Said {
    said(&authorize(verifier, action, ctx))
}

pub fn approves<S: Store + Send + Sync>(
    verifier: &TimedVerifier<S>,
    agent: &str,
    action: &str,
    ctx: &TimedContext,
) -> Result<(), countersign::Error> {
    let (agent, lasts) = (Agent::new(agent).unwrap(), Duration::from_secs(900));
    verifier.approve(&anna(), &agent, action, lasts, ctx)
}
