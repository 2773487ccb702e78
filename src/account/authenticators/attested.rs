//! Verifications by the host itself.

use super::verdict::{Right, Verdict};
use crate::context::ContextAt;
use crate::error::Error;
use crate::evidence::ExternalVerification;
use crate::factor::Factor;

/// Takes a verification by the host. It is not guessed, so there is nothing to count and nothing to lock.
pub(crate) fn judge(attested: &ExternalVerification, ctx: &ContextAt) -> Result<Verdict, Error> {
    let binding = attested.transaction_digest_in(ctx)?;
    Ok(Verdict::Right(Right {
        factor: Factor::External,
        authenticator: 0,
        binding,
    }))
}
