//! Evidence of an interaction.

use serde::Serialize;

use super::words;
use super::write::{self, Hex};
use crate::authenticator::AuthenticatorId;
use crate::evidence::Evidence;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;

#[derive(Serialize)]
struct EvidenceForm<'a> {
    id: Hex<'a>,
    factor: &'static str,
    class: &'static str,
    strength: &'static str,
    external_verifier: Option<&'a str>,
    at: u64,
    channel: &'static str,
    is_protected: bool,
    transaction_digest: Option<String>,
    /// The id of an authenticator.
    authenticator: Option<u16>,
    enrolled_at: Option<u64>,
}

/// Writes pieces of evidence, in the order in which they were given.
pub(crate) fn evidence(all: &[Evidence]) -> Result<Text, Failure> {
    let forms: Vec<_> = all.iter().map(EvidenceForm::from).collect();
    write::text(&forms)
}

impl<'a> From<&'a Evidence> for EvidenceForm<'a> {
    fn from(one: &'a Evidence) -> Self {
        let digest = one.transaction_digest();
        Self {
            id: Hex(one.id()),
            factor: one.factor().name(),
            class: words::class(one.class()),
            strength: words::strength(one.strength()),
            external_verifier: one.external_verifier(),
            at: one.at().unix(),
            channel: words::channel(one.channel()),
            is_protected: one.is_protected(),
            authenticator: one.authenticator().map(AuthenticatorId::number),
            enrolled_at: one.enrolled_at().map(|since| since.unix()),
            transaction_digest: digest.map(|digest| Hex(digest.as_bytes()).to_string()),
        }
    }
}
