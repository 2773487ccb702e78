//! Passwords and PINs: rules for new ones, their hashes, and checks (SP 800-63B-4 3.1.1, 3.2.10).
//!
//! No rule asks for a capital or a digit, and nothing expires (3.1.1.2). The rules look at the length, block lists, and words
//! about the subject. A hash is a PHC string of Argon2id with a pepper. A right password replaces an outdated hash.
//!
//! [`PasswordRules`] and [`PinRules`] decide which passwords and PINs may be hashed. A hash takes a
//! [`HashPermit`](crate::hashing::HashPermit) for the memory. A password is a factor. A PIN that a host checks is weak evidence.

#[cfg(feature = "import")]
mod forms;
#[cfg(feature = "import")]
mod imported;
mod lists;
mod password_hash;
mod pin;
mod pin_hash;
mod rejection;
mod rules;
#[cfg(feature = "import")]
mod scheme;
mod stored;
#[cfg(feature = "strength")]
mod strength;
mod text;

pub use password_hash::PasswordHash;
pub use pin::{Pin, PinRules};
pub use pin_hash::PinHash;
pub use rejection::Rejection;
pub use rules::PasswordRules;
pub use text::Password;
