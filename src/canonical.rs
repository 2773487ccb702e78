//! One form for all spellings: of an answer, and of text that a blind index looks up.

pub(crate) mod characters;
pub(crate) mod day;
pub(crate) mod email;
mod form;
mod label;
mod letters;
pub(crate) mod phone;
pub(crate) mod shown;
pub(crate) mod text;
pub(crate) mod typed;

pub use day::DateOrder;
pub use form::Form;
