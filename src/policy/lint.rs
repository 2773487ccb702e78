//! Lint and diff: what is wrong with a policy, and what changes from one to another.

mod account;
mod context;
pub(crate) mod diff;
mod example;
mod names;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod search;
pub(crate) mod world;

#[cfg(test)]
mod brute;
#[cfg(test)]
mod tests;
