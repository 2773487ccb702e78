//! A life of a hash: passwords come and go, costs and peppers change, and only the present password is ever right.
use countersign::field::Keyring;
use countersign::{
    hashing::{Cost, HashPermit},
    password::{Password, PasswordHash, PasswordRules},
    transition::Verdict,
};
use proptest::prelude::*;

use crate::support::passwords::{permit, ring, small, status, told, without_pepper};

#[derive(Clone, Debug)]
enum Deed {
    Set(String),
    TurnPepper,
    ChangeCost(bool),
    Export,
    Right,
    RightDecomposed,
    Wrong(String),
    Reload,
}

fn any_deed() -> impl Strategy<Value = Deed> {
    // Letters with and without marks, spaces, signs; nine or more, none of them twice the same text by chance.
    let text = "[a-zà-öœ字😀 !]{9,24}";
    prop_oneof![
        1 => text.prop_map(Deed::Set),
        2 => Just(Deed::TurnPepper),
        2 => any::<bool>().prop_map(Deed::ChangeCost),
        1 => Just(Deed::Export),
        3 => Just(Deed::Right),
        2 => Just(Deed::RightDecomposed),
        2 => "\\PC{0,24}".prop_map(Deed::Wrong),
        1 => Just(Deed::Reload),
    ]
}

struct Life {
    hash: PasswordHash,
    password: String,
    ring: Keyring,
    generation: u32,
    cost: Cost,
    permit: HashPermit,
}

fn new_hash(text: &str, ring: &Keyring, cost: Cost, permit: &mut HashPermit) -> PasswordHash {
    let rules = PasswordRules::multi_factor();
    PasswordHash::enrol(&Password::typed(text), &rules, ring, cost, permit).unwrap()
}

impl Life {
    fn begun() -> Self {
        let (password, ring, mut permit) = ("eleven elephants", ring(1), permit());
        let cost = Cost::default();
        let hash = new_hash(password, &ring, cost, &mut permit);
        Self {
            hash,
            password: password.to_owned(),
            ring,
            generation: 1,
            cost,
            permit,
        }
    }

    fn live(&mut self, deed: Deed) {
        match deed {
            Deed::Set(text) => {
                self.hash = new_hash(&text, &self.ring, self.cost, &mut self.permit);
                self.password = text;
            }
            Deed::TurnPepper => {
                self.generation += 1;
                self.ring = (1..self.generation).fold(ring(self.generation), |ring, earlier| {
                    ring.with_earlier_secret(status(earlier)).unwrap()
                });
            }
            Deed::ChangeCost(to_small) => {
                self.cost = if to_small { small() } else { Cost::default() };
            }
            Deed::Export => {
                self.hash = without_pepper(&self.password, self.cost);
            }
            Deed::Right => self.try_right(self.password.clone()),
            Deed::RightDecomposed => {
                use unicode_normalization::UnicodeNormalization as _;
                self.try_right(self.password.nfd().collect());
            }
            Deed::Wrong(text) => {
                if text != self.password {
                    let before = self.hash.phc().to_owned();
                    assert_eq!(self.check(&text), Verdict::Wrong, "{text}");
                    assert_eq!(self.hash.phc(), before);
                }
            }
            Deed::Reload => {
                self.hash = PasswordHash::parse(self.hash.phc()).unwrap();
            }
        }
    }

    fn try_right(&mut self, text: String) {
        let old = self.hash.needs_rehash(&self.ring, self.cost).unwrap();
        let before = self.hash.phc().to_owned();
        assert_eq!(self.check(&text), Verdict::Accepted, "{text}");
        assert_eq!(self.hash.phc() != before, old);
        assert!(!self.hash.needs_rehash(&self.ring, self.cost).unwrap());
    }

    fn check(&mut self, text: &str) -> Verdict {
        let typed = Password::typed(text);
        let step = self
            .hash
            .check(&typed, &self.ring, self.cost, &mut self.permit);
        let (verdict, stored) = told(step);
        if let Some(stored) = stored {
            self.hash = stored;
        }
        verdict
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn only_the_present_password_is_right_whatever_happens(deeds in proptest::collection::vec(any_deed(), 1..16)) {
        let mut life = Life::begun();
        for deed in deeds {
            life.live(deed);
        }
        life.live(Deed::Right);
    }
}
