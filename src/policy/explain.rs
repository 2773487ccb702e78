//! The explanation of a decision, and pictures of a policy.

pub(crate) mod explanation;
mod mermaid;
pub(crate) mod picture;
mod plain;
