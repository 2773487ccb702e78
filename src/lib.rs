#![doc = include_str!("../README.md")]
// docs.rs has a compiler that can say which feature an item needs; others ignore this line.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test fails by panicking"
    )
)]

pub mod account;
pub mod audit;
mod authenticator;
mod canonical;
mod cbor;
mod code;
mod compare;
mod context;
pub mod delivered;
mod derivation;
mod epoch;
mod error;
mod event;
mod evidence;
mod factor;
// Unit tests link this crate beside itself. Its names in C would be there twice.
#[cfg(all(feature = "ffi", not(test)))]
mod ffi;
pub mod field;
mod gate;
mod grant;
pub mod hashing;
pub mod knowledge;
pub mod limits;
pub mod mask;
pub mod metrics;
mod offload;
pub mod otp;
pub mod password;
pub mod policy;
mod random;
pub mod recovery;
mod secret;
mod stand_in;
mod status;
pub mod store;
mod subject;
pub mod text;
pub mod time;
mod timer;
pub mod transition;
mod verifier;

#[doc = include_str!("manual.md")]
pub mod manual {
    #[doc = include_str!("manual/tour.md")]
    pub mod tour {}

    #[doc = include_str!("manual/policies.md")]
    pub mod policies {}

    #[doc = include_str!("manual/operating.md")]
    pub mod operating {}

    #[doc = include_str!("manual/capacity.md")]
    pub mod capacity {}

    #[cfg(feature = "import")]
    #[doc = include_str!("manual/import.md")]
    pub mod import {}

    #[doc = include_str!("ffi/contract.md")]
    #[doc = include_str!("ffi/examples.md")]
    #[doc = include_str!("ffi/forms.md")]
    pub mod c {}
}

// Tests that take steps apart need what no host sees. They name the library as a host does, where they can.
#[cfg(test)]
extern crate self as countersign;
#[cfg(test)]
#[path = "../tests/inside/mod.rs"]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::print_stderr,
    clippy::print_stdout,
    unreachable_pub,
    reason = "tests share helpers, and may print"
)]
mod inside;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "helpers of all tests: each program uses some"
)]
mod support;

// One door: a customer's record over a store, and the words to ask it with.
pub use account::attempt::Attempt;
pub use account::changes::{Change, Changed};
pub use account::outcome::Outcome;
pub use account::settings::Settings;
pub use verifier::authorize::Authorized;
pub use verifier::{AsyncVerifier, Verifier};

// The subject, the conversation, and the transaction it is about.
pub use context::{Channel, Context, Interaction, Transaction, TransactionDigest};
pub use error::{Error, ErrorKind};
pub use subject::Subject;
pub use time::timestamp::Timestamp;

// Evidence, and the decision that rests on it.
pub use evidence::Evidence;
pub use factor::{Factor, FactorClass, Strength};
pub use grant::{Authority, Grant, Redeemed};
pub use policy::decide::decision::Decision;
pub use policy::loaded::Policy;
pub use policy::request::Request;

// Texts that are typed or kept, and their comparison.
pub use code::Code;
pub use compare::ct_eq;
pub use secret::{SecretBytes, SecretText};
