//! Passwords and PINs: what is taken, how it is stored, and how it is judged (SP 800-63B-4 3.1.1, 3.2.10).
//!
//! No rule asks for a capital or a digit, and nothing expires (3.1.1.2): length, a block list and what belongs to the subject are
//! all that is looked at. What is stored is a PHC string of Argon2id with a pepper, made anew when its settings are old.
//!
//! Only what [`PasswordRules`] or [`PinRules`] accepted can be enrolled. Judging takes a [`HashPermit`](crate::hashing::HashPermit) for the
//! memory. A password is a factor; a PIN that a host checks is weak evidence.

mod password_hash;
mod pin;
mod rejection;
mod rules;
mod stored;
#[cfg(feature = "strength")]
mod strength;
mod text;

pub use password_hash::PasswordHash;
pub use pin::{AcceptedPin, Pin, PinHash, PinRules};
pub use rejection::Rejection;
pub use rules::{AcceptedPassword, PasswordRules};
pub use text::Password;
