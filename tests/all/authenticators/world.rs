//! A customer with some authenticators.

use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::account::Authenticator;
use countersign::delivered::{CodeOrder, Issued};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::{OtpKey, Totp};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Error, Evidence, Interaction, Outcome,
    SecretBytes, Settings, Subject, Timestamp,
};

pub const START: i64 = 1_800_000_000;

pub fn at(second: i64) -> TimedContext {
    let now = Timestamp::from_unix(START + second).unwrap();
    TimedContext::new(now, Channel::Device, Interaction::from_bytes([7; 16]))
}

pub fn settings() -> Settings {
    let long_term = LongTermSecret::from_bytes(1, [9; 32]).unwrap();
    let ring = Keyring::new(RootKey::from_bytes(1, [1; 32]).unwrap(), long_term);
    Settings::new("bank", ring).unwrap()
}

fn key(tag: u8) -> OtpKey {
    OtpKey::new(SecretBytes::from(vec![tag; 20])).unwrap()
}

/// An app of eight digits.
pub fn app(tag: u8) -> Totp {
    Totp::from(key(tag).with_digits(8).unwrap())
}

/// An app of six digits.
pub fn short_app(tag: u8) -> Totp {
    Totp::from(key(tag))
}

pub fn code_of(app: &Totp, ctx: &TimedContext) -> Code {
    Code::typed(app.code_at(ctx.now()).expose_text())
}

pub struct World {
    pub verifier: TimedVerifier<MemoryStore>,
    pub anna: Subject,
}

impl World {
    pub fn new() -> Self {
        Self::with(settings())
    }

    pub fn with(settings: Settings) -> Self {
        let verifier = TimedVerifier::new(MemoryStore::new(), settings);
        let anna = Subject::new("bank", "C-1042").unwrap();
        verifier.create(&anna, &at(0)).unwrap();
        Self { verifier, anna }
    }

    pub fn try_change(&self, change: &Change, ctx: &TimedContext) -> Result<Changed, Error> {
        self.verifier
            .change(&self.anna, change, &Authority::Host, ctx)
    }

    pub fn change(&self, change: &Change, ctx: &TimedContext) {
        assert_eq!(self.try_change(change, ctx).unwrap(), Changed::Done);
    }

    pub fn refused(&self, change: &Change, ctx: &TimedContext) -> String {
        self.try_change(change, ctx)
            .expect_err("refused")
            .to_string()
    }

    pub fn add(&self, app: &Totp, ctx: &TimedContext) {
        self.change(&Change::AddTotp(app.clone()), ctx);
        self.change(&Change::ConfirmTotp(code_of(app, ctx)), ctx);
    }

    pub fn list(&self, ctx: &TimedContext) -> Vec<Authenticator> {
        let host = Authority::Host;
        let list = self.verifier.authenticators(&self.anna, &host, ctx);
        list.unwrap()
    }

    pub fn attempt(&self, attempt: &Attempt, ctx: &TimedContext) -> Outcome {
        self.verifier.check(&self.anna, attempt, ctx).unwrap()
    }

    /// Tries the present code of an app.
    pub fn try_app(&self, app: &Totp, ctx: &TimedContext) -> Outcome {
        self.attempt(&Attempt::Totp(code_of(app, ctx)), ctx)
    }

    pub fn show(&self, app: &Totp, ctx: &TimedContext) -> Evidence {
        accepted(self.try_app(app, ctx))
    }

    pub fn code_to(&self, order: &CodeOrder, ctx: &TimedContext) -> Code {
        match self.verifier.issue(&self.anna, order, ctx).unwrap() {
            Issued::Ready(delivery) => delivery.send(|_, code| Code::typed(code)).unwrap(),
            Issued::RateLimited(lock) => panic!("{lock:?}"),
        }
    }

    /// How many pieces of evidence stand.
    pub fn pieces(&self, ctx: &TimedContext) -> usize {
        self.verifier.evidence(&self.anna, ctx).unwrap().len()
    }
}

pub fn accepted(outcome: Outcome) -> Evidence {
    match outcome {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

pub const fn is_denied(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Denied)
}
