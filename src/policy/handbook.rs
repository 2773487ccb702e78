//! The handbook: a policy as the procedure that an agent follows.

mod english;
mod german;
mod indonesian;
pub(crate) mod language;
mod phrases;
pub(crate) mod written;
