//! The account against many at once, against random histories, and against input that nobody should send.

mod answers;
mod bad_input;
mod grants;
mod lengths;
mod ocra;
mod properties;
mod race;
mod recovery;
mod secrets;
mod sending;
mod tokens;
mod transactions;
