//! Responses to questions (RFC 6287): one side asks, the other answers with the secret, and each answer counts once.
//!
//! [`Ocra`] is one direction: a login by challenge and response, or a signature. [`MutualServer`] and [`MutualClient`]
//! are two, so that a customer can check the host before saying anything.

mod challenge;
mod device;
mod mutual;
mod one_way;
mod question;
mod response;
mod state;
mod suite;

pub(crate) use challenge::TaskKind;
pub use challenge::{OcraChallenge, OcraTask};
pub use device::OcraDevice;
pub(crate) use device::OcraKind;
pub use mutual::{MutualClient, MutualServer, MutualState};
pub use one_way::Ocra;
pub use question::OcraQuestion;
pub use response::OcraResponse;
pub use state::OcraState;
pub use suite::OcraSuite;
