//! Tests that take the steps of an account apart: they are compiled into the library's unit tests.

pub(crate) mod account;
pub(crate) mod own_table;
pub(crate) mod support;

mod account_record;
mod pitfalls;
