//! A policy in the words of the web: step-up challenges and token claims.

pub(crate) mod challenge;
pub(crate) mod claims;
