//! A bank with one customer, who can give evidence.

use crate::support::timed::{TimedContext, TimedVerifier};
use core::time::Duration;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Channel, Code, Decision, Evidence, FactorClass, Grant, Interaction,
    Outcome, Policy, Request, Settings, Strength, Subject, Timestamp, Transaction,
    account::{Agent, Approval, ExternalVerification, Status},
    delivered::{CodeOrder, Destination, Issued},
    otp::Totp,
    policy::{DenyReason, StepUpOption},
};

pub const NOW: i64 = 1_800_000_000;

pub struct World {
    verifier: TimedVerifier<MemoryStore>,
    pub anna: Subject,
    app: Totp,
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

/// The call in which everything happens.
pub fn call() -> Interaction {
    Interaction::from_bytes([1; 16])
}

pub fn transfer(reference: &str) -> Transaction {
    Transaction::new(reference).unwrap()
}

/// So many seconds after `NOW`, on the phone with an agent.
pub fn ctx(seconds: i64) -> TimedContext {
    TimedContext::new(at(NOW + seconds), Channel::Agent, call())
}

/// So many seconds after `NOW`, in the customer's app, which is a protected channel.
pub fn app(seconds: i64) -> TimedContext {
    TimedContext::new(at(NOW + seconds), Channel::Device, call()).protected()
}

impl World {
    /// A customer who has had an app and a telephone for a long time.
    pub fn new() -> Self {
        let keyring = Keyring::new(
            RootKey::generate(1).unwrap(),
            LongTermSecret::generate(1).unwrap(),
        );
        let verifier =
            TimedVerifier::new(MemoryStore::new(), Settings::new("bank", keyring).unwrap());
        let world = Self {
            verifier,
            anna: Subject::new("bank", "C-1").unwrap(),
            app: Totp::generate().unwrap(),
        };
        let before = ctx(-100 * 86_400);
        world.verifier.create(&world.anna, &before).unwrap();
        let first = Code::typed(world.app.code_at(before.now()).expose_text());
        for change in [
            Change::AddTotp(world.app.clone()),
            Change::ConfirmTotp(first),
            Change::SetPhone(Destination::phone("+6281234567834").unwrap()),
        ] {
            let by = Authority::Host;
            let _ = world
                .verifier
                .change(&world.anna, &change, &by, &before)
                .unwrap();
        }
        world
    }

    pub const fn verifier(&self) -> &TimedVerifier<MemoryStore> {
        &self.verifier
    }

    pub fn status(&self, ctx: &TimedContext) -> Status {
        self.verifier.status(&self.anna, ctx).unwrap()
    }

    #[track_caller]
    fn shown(&self, attempt: &Attempt, ctx: &TimedContext) -> Evidence {
        match self.verifier.check(&self.anna, attempt, ctx).unwrap() {
            Outcome::Accepted(evidence) => evidence,
            other => panic!("{other:?}"),
        }
    }

    /// A code of the app.
    #[track_caller]
    pub fn totp(&self, ctx: &TimedContext) -> Evidence {
        let code = Code::typed(self.app.code_at(ctx.now()).expose_text());
        self.shown(&Attempt::Totp(code), ctx)
    }

    /// A wrong code of the app.
    pub fn mistypes(&self, ctx: &TimedContext) {
        let wrong = Attempt::Totp(Code::typed("00000a"));
        assert!(matches!(
            self.verifier.check(&self.anna, &wrong, ctx).unwrap(),
            Outcome::Denied
        ));
    }

    /// A code that was sent to the telephone.
    #[track_caller]
    pub fn sent(&self, order: CodeOrder, ctx: &TimedContext) -> Evidence {
        let Issued::Ready(delivery) = self.verifier.issue(&self.anna, &order, ctx).unwrap() else {
            panic!("not sent")
        };
        let code = delivery.send(|_, code| Code::typed(code)).unwrap();
        self.shown(&Attempt::Delivered(code), ctx)
    }

    #[track_caller]
    pub fn attested(
        &self,
        by: &str,
        class: FactorClass,
        strength: Strength,
        ctx: &TimedContext,
    ) -> Evidence {
        self.shown(
            &Attempt::External(ExternalVerification::new(by, class, strength).unwrap()),
            ctx,
        )
    }

    pub fn suspends(&self, ctx: &TimedContext) {
        let by = Authority::Host;
        let _ = self
            .verifier
            .change(&self.anna, &Change::Suspend, &by, ctx)
            .unwrap();
    }

    pub fn decide(
        &self,
        policy: &Policy,
        request: &Request,
        shown: &[Evidence],
        ctx: &TimedContext,
    ) -> Decision {
        policy.decide(request, shown, &self.status(ctx), ctx, ctx.now())
    }

    /// Whether `a` is allowed after that.
    pub fn allows(&self, policy: &Policy, shown: &[Evidence], ctx: &TimedContext) -> bool {
        matches!(
            self.decide(policy, &Request::new("a"), shown, ctx),
            Decision::Allow(_)
        )
    }

    pub fn yes(&self, agent_name: &str, action: &str, ctx: &TimedContext) -> Approval {
        Approval::by(
            agent(agent_name),
            action,
            &self.anna,
            Duration::from_secs(10 * 60),
            ctx,
            ctx.now(),
        )
    }
}

pub fn agent(name: &str) -> Agent {
    Agent::new(name).unwrap()
}

/// A policy of one tier and action `a`, with one alternative. The head stands before the actions.
pub fn policy(head: &str, all: &str) -> Policy {
    let text = format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n{head}\n[action.a.every_tier]\nany = [{{ all = [{all}] }}]"
    );
    Policy::from_toml(&text).unwrap()
}

#[track_caller]
pub fn granted(decision: Decision) -> Grant {
    match decision {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub fn options(decision: Decision) -> Vec<StepUpOption> {
    match decision {
        Decision::StepUp(options) => options,
        other => panic!("{other:?}"),
    }
}

/// The options in words.
#[track_caller]
pub fn in_words(decision: Decision) -> Vec<String> {
    options(decision)
        .iter()
        .map(StepUpOption::to_string)
        .collect()
}

#[track_caller]
pub fn refused(decision: Decision) -> DenyReason {
    match decision {
        Decision::Deny(denial) => denial.reason,
        other => panic!("{other:?}"),
    }
}
