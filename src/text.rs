//! Shapes of codes that people type, and forms of text that people write in many ways.

pub use crate::canonical::{DateOrder, Form};
pub use crate::code::{Alphabet, CodeShape};
