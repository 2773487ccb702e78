//! Codes for people: as they are drawn, and as a person types or says them.

mod crockford;
mod damm;
mod shape;
mod typed;

pub(crate) use shape::groups;
pub use shape::{Alphabet, CodeShape};
pub use typed::Code;
