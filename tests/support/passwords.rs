//! What the tests stand on: a ring, a room, and short ways to enrol and to check.
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::{
    Error,
    hashing::{Cost, HashPermit, HashPool},
    password::{Password, PasswordHash, PasswordRules},
    transition::{CommitResult, Saved, Transition, Verdict},
};

pub const ELEPHANTS: &str = "eleven purple elephants";

/// A ring with the long-term secret of that generation.
pub fn ring(generation: u32) -> Keyring {
    Keyring::new(root(), status(generation))
}

pub fn root() -> RootKey {
    RootKey::from_bytes(1, [1; 32]).unwrap()
}

pub fn status(generation: u32) -> LongTermSecret {
    LongTermSecret::from_bytes(generation, standing_bytes(generation)).unwrap()
}

pub fn standing_bytes(generation: u32) -> [u8; 32] {
    [u8::try_from(generation % 100).unwrap() + 100; 32]
}

/// A ring that writes with `present` and reads `earlier`.
pub fn turned(present: u32, earlier: u32) -> Keyring {
    ring(present).with_earlier_secret(status(earlier)).unwrap()
}

/// OWASP's equal of the default that takes the least memory.
pub fn small() -> Cost {
    Cost::new(7_168, 5, 1).unwrap()
}

pub fn permit() -> HashPermit {
    HashPool::new(Cost::default(), 1).unwrap().permit().unwrap()
}

#[track_caller]
pub fn enrolled(text: &str, ring: &Keyring) -> PasswordHash {
    try_enrol(text, ring, Cost::default()).unwrap()
}

pub fn try_enrol(text: &str, ring: &Keyring, cost: Cost) -> Result<PasswordHash, Error> {
    let rules = PasswordRules::multi_factor();
    PasswordHash::enrol(&Password::typed(text), &rules, ring, cost, &mut permit())
}

#[track_caller]
pub fn without_pepper(text: &str, cost: Cost) -> PasswordHash {
    let rules = PasswordRules::multi_factor();
    PasswordHash::enrol_without_pepper(&Password::typed(text), &rules, cost, &mut permit()).unwrap()
}

/// What a step tells, and what it wants stored.
#[track_caller]
pub fn told<S: Clone>(step: Result<Transition<Verdict, S>, Error>) -> (Verdict, Option<S>) {
    let mut stored = None;
    let told = step.unwrap().commit(|next| {
        stored = Some(next.clone());
        Saved::<()>::Stored
    });
    let Ok(CommitResult::Stored(verdict)) = told else {
        panic!("stored")
    };
    (verdict, stored)
}

/// Whether `text` is the password, by a check at the default cost.
#[track_caller]
pub fn is_right(hash: &PasswordHash, text: &str, ring: &Keyring) -> bool {
    let typed = Password::typed(text);
    let step = hash.check(&typed, ring, Cost::default(), &mut permit());
    told(step).0 == Verdict::Accepted
}
