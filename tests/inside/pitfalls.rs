//! Bugs that others shipped, and what the standards ask: a test each, named after its id. One program, to be linked once.

mod counts;

mod binding;
mod codes;
mod decoys;
mod edges;
mod flight;
mod interactions;
mod limits;
mod locks;
mod orders;
mod policy;
mod questions;
mod records;
mod requirements;
mod secrets;
mod security;
mod sending;
mod turns;
mod unknown;
