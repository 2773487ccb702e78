//! What the host verified itself.

use super::verdict::Verdict;
use crate::context::Context;
use crate::error::Error;
use crate::evidence::ExternalVerification;
use crate::factor::Factor;

/// Takes what the host says. It is not guessed: there is nothing to count, and nothing to lock.
pub(crate) fn judge(attested: &ExternalVerification, ctx: &Context) -> Result<Verdict, Error> {
    let binding = attested.transaction_digest_in(ctx)?;
    Ok(Verdict::Right(Factor::External, binding))
}
