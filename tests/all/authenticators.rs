//! Authenticators one by one: which one gave a piece of evidence, the list, and the changes of one.

use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::{OtpKey, Totp};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Evidence, Interaction, Outcome,
    SecretBytes, Settings, Subject, Timestamp,
};

const START: i64 = 1_800_000_000;

fn at(second: i64) -> TimedContext {
    let now = Timestamp::from_unix(START + second).unwrap();
    TimedContext::new(now, Channel::Device, Interaction::from_bytes([7; 16]))
}

struct World {
    verifier: TimedVerifier<MemoryStore>,
    anna: Subject,
}

fn app(tag: u8) -> Totp {
    let key = OtpKey::new(SecretBytes::from(vec![tag; 20])).unwrap();
    Totp::from(key.with_digits(8).unwrap())
}

fn code_of(app: &Totp, ctx: &TimedContext) -> Code {
    Code::typed(app.code_at(ctx.now()).expose_text())
}

impl World {
    fn new() -> Self {
        let long_term = LongTermSecret::from_bytes(1, [9; 32]).unwrap();
        let ring = Keyring::new(RootKey::from_bytes(1, [1; 32]).unwrap(), long_term);
        let verifier = TimedVerifier::new(MemoryStore::new(), Settings::new("bank", ring).unwrap());
        let anna = Subject::new("bank", "C-1042").unwrap();
        verifier.create(&anna, &at(0)).unwrap();
        Self { verifier, anna }
    }

    fn change(&self, change: &Change, ctx: &TimedContext) {
        let changed = self
            .verifier
            .change(&self.anna, change, &Authority::Host, ctx);
        assert_eq!(changed.unwrap(), Changed::Done);
    }

    fn add(&self, app: &Totp, ctx: &TimedContext) {
        self.change(&Change::AddTotp(app.clone()), ctx);
        self.change(&Change::ConfirmTotp(code_of(app, ctx)), ctx);
    }

    fn check(&self, attempt: &Attempt, ctx: &TimedContext) -> Evidence {
        match self.verifier.check(&self.anna, attempt, ctx).unwrap() {
            Outcome::Accepted(evidence) => evidence,
            other => panic!("{other:?}"),
        }
    }

    fn code_to(&self, order: &CodeOrder, ctx: &TimedContext) -> Code {
        match self.verifier.issue(&self.anna, order, ctx).unwrap() {
            Issued::Ready(delivery) => delivery.send(|_, code| Code::typed(code)).unwrap(),
            Issued::RateLimited(lock) => panic!("{lock:?}"),
        }
    }
}

#[test]
fn evidence_says_which_authenticator_gave_it_and_since_when_that_counts() {
    let world = World::new();
    world.add(&app(1), &at(0));
    world.add(&app(2), &at(1_000));
    let first = world.check(&Attempt::Totp(code_of(&app(1), &at(2_000))), &at(2_000));
    let second = world.check(&Attempt::Totp(code_of(&app(2), &at(2_000))), &at(2_000));
    assert_ne!(first.authenticator(), second.authenticator());
    assert_ne!(first.id(), second.id(), "two pieces of one second");
    assert_eq!(first.enrolled_at(), Some(at(0).now()));
    assert_eq!(second.enrolled_at(), Some(at(1_000).now()));
    // Both pieces stand: one by a new app takes nothing away from one by an old app.
    let kept = world.verifier.evidence(&world.anna, &at(2_000)).unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|piece| (*piece.id(), piece.enrolled_at()))
        .collect();
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&(*first.id(), first.enrolled_at())));
    assert!(kept.contains(&(*second.id(), second.enrolled_at())));
}

#[test]
fn a_code_that_was_sent_is_of_the_address_it_went_to() {
    let world = World::new();
    let set = |number: &str, second| {
        let phone = Change::SetPhone(Destination::phone(number).unwrap());
        world.change(&phone, &at(second));
    };
    let show = |second| {
        let code = world.code_to(&CodeOrder::private(), &at(second));
        world.check(&Attempt::Delivered(code), &at(second))
    };
    set("+62 812 3456 7834", 0);
    let first = show(1_000);
    assert_eq!(first.enrolled_at(), Some(at(0).now()));
    // The number that stands was not changed, so a code that went there is not of a new number.
    set("+6281234567834", 2_000);
    let again = show(2_100);
    assert_eq!(again.authenticator(), first.authenticator());
    assert_eq!(again.enrolled_at(), first.enrolled_at());
    set("+62 812 3456 7835", 3_000);
    let other = show(3_100);
    assert_ne!(other.authenticator(), first.authenticator());
    assert_eq!(other.enrolled_at(), Some(at(3_000).now()));
}
