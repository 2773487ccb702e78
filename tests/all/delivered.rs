//! Codes that people get and give back: what they look like, what is printed, bound and said.

mod alphabets;
mod example;
mod message;
mod recovery;
mod sms;
mod transaction;
mod web_otp;
mod wording;
