//! What the tests stand on: a ring, a room, and short ways to enrol and to check.
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::{
    Error,
    hashing::{Cost, HashPermit, HashPool},
    password::{AcceptedPassword, Password, PasswordHash, PasswordRules},
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
pub fn accepted(text: &str) -> AcceptedPassword {
    PasswordRules::multi_factor()
        .accept(&Password::typed(text))
        .unwrap()
}

#[track_caller]
pub fn enrolled(text: &str, ring: &Keyring) -> PasswordHash {
    PasswordHash::enrol(&accepted(text), ring, Cost::default(), &mut permit()).unwrap()
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
pub fn is_right(verifier: &PasswordHash, text: &str, ring: &Keyring) -> bool {
    let typed = Password::typed(text);
    let step = verifier.check(&typed, ring, Cost::default(), &mut permit());
    told(step).0 == Verdict::Accepted
}
