//! Rules for new passwords and PINs (SP 800-63B-4 3.1.1.2, 3.2.10).

use core::ffi::{c_char, c_void};

use super::block_list::{List, countersign_is_listed};
use super::border::{make, of};
use super::handle::Object;
use super::input::text;
use super::json::read;
use super::json::rules::{PasswordRulesForm, PinRulesForm};
use super::last_error::countersign_error;
use super::output::Place;
use super::result::countersign_result;
use crate::password::{Password, PasswordRules, Pin, PinRules, Rejection};

/// Rules for new passwords.
pub struct countersign_password_rules {
    _private: (),
}

impl Object for PasswordRules<'static> {
    type Tag = countersign_password_rules;
    const KIND: u64 = 0xc5e1_9a07_4d21_001c;
    const NAME: &str = "rules";
}

/// Rules for new PINs.
pub struct countersign_pin_rules {
    _private: (),
}

impl Object for PinRules<'static> {
    type Tag = countersign_pin_rules;
    const KIND: u64 = 0xc5e1_9a07_4d21_001d;
    const NAME: &str = "rules";
}

/// The rules accept it.
pub const COUNTERSIGN_REJECTION_NONE: i32 = 0;
/// It has too few characters, or digits of a PIN.
pub const COUNTERSIGN_REJECTION_TOO_SHORT: i32 = 1;
/// It has more than 1,024 bytes or 256 characters.
pub const COUNTERSIGN_REJECTION_TOO_LONG: i32 = 2;
/// It holds control, private-use or unassigned characters.
pub const COUNTERSIGN_REJECTION_UNREADABLE: i32 = 3;
/// A PIN does not consist of 4 to 10 digits.
pub const COUNTERSIGN_REJECTION_NOT_DIGITS: i32 = 4;
/// It is on a block list.
pub const COUNTERSIGN_REJECTION_BLOCKED: i32 = 5;
/// It is made of words or numbers that belong to the subject or the service.
pub const COUNTERSIGN_REJECTION_OF_CONTEXT: i32 = 6;
/// It withstands too few guesses.
pub const COUNTERSIGN_REJECTION_GUESSABLE: i32 = 7;

/// Makes rules for passwords. The form is `password_rules`: `{"multi_factor": true}` for example.
///
/// `is_listed` may be null. It is called with up to six spellings of a new password, while the rules live.
///
/// # Safety
/// `error` is null or a handle that lives. `rules` is null or leads to so many bytes. `is_listed` keeps to its contract, and takes
/// `user`, until `to` is freed. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_rules_new(
    error: *const countersign_error,
    rules: *const c_char,
    rules_length: usize,
    is_listed: countersign_is_listed,
    user: *mut c_void,
    to: *mut *mut countersign_password_rules,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (rules, list) = unsafe {
            (
                text("rules", rules, rules_length)?,
                List::new(is_listed, user),
            )
        };
        // A word without letters is no context word.
        let rules = read::secret::<PasswordRulesForm>("rules", rules)?.made("")?;
        Ok(match list {
            Some(list) => rules.with_blocklist(move |word| list.has(word)),
            None => rules,
        })
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes why the rules refuse a new password, or `COUNTERSIGN_REJECTION_NONE`. Show the customer the reason.
///
/// # Safety
/// `rules` is null or a handle that lives. `password` is null or leads to so many bytes. `rejection` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_rules_check(
    rules: *const countersign_password_rules,
    password: *const c_char,
    password_length: usize,
    rejection: *mut i32,
) -> countersign_result {
    let body = |rules: &PasswordRules<'static>| {
        // SAFETY: as of this function.
        let (password, rejection) = unsafe {
            (
                Password::typed(text("password", password, password_length)?),
                Place::new(rejection, "rejection")?,
            )
        };
        rejection.write(number(rules.check(&password)));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(rules, body) }
}

/// Makes rules for PINs. The form is `pin_rules`: `{"at_least": 6}` for example.
///
/// # Safety
/// As `countersign_password_rules_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_rules_new(
    error: *const countersign_error,
    rules: *const c_char,
    rules_length: usize,
    is_listed: countersign_is_listed,
    user: *mut c_void,
    to: *mut *mut countersign_pin_rules,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (rules, list) = unsafe {
            (
                text("rules", rules, rules_length)?,
                List::new(is_listed, user),
            )
        };
        let rules = read::secret::<PinRulesForm>("rules", rules)?.made()?;
        Ok(match list {
            Some(list) => rules.with_blocklist(move |pin| list.has(pin)),
            None => rules,
        })
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes why the rules refuse a new PIN, or `COUNTERSIGN_REJECTION_NONE`.
///
/// # Safety
/// `rules` is null or a handle that lives. `pin` is null or leads to so many bytes. `rejection` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_rules_check(
    rules: *const countersign_pin_rules,
    pin: *const c_char,
    pin_length: usize,
    rejection: *mut i32,
) -> countersign_result {
    let body = |rules: &PinRules<'static>| {
        // SAFETY: as of this function.
        let (pin, rejection) = unsafe {
            (
                Pin::typed(text("pin", pin, pin_length)?),
                Place::new(rejection, "rejection")?,
            )
        };
        rejection.write(number(rules.check(&pin)));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(rules, body) }
}

fn number(checked: Result<(), Rejection>) -> i32 {
    let Err(rejection) = checked else {
        return COUNTERSIGN_REJECTION_NONE;
    };
    match rejection {
        Rejection::TooShort { .. } => COUNTERSIGN_REJECTION_TOO_SHORT,
        Rejection::TooLong => COUNTERSIGN_REJECTION_TOO_LONG,
        Rejection::Unreadable => COUNTERSIGN_REJECTION_UNREADABLE,
        Rejection::NotDigits => COUNTERSIGN_REJECTION_NOT_DIGITS,
        Rejection::Blocked => COUNTERSIGN_REJECTION_BLOCKED,
        Rejection::OfContext => COUNTERSIGN_REJECTION_OF_CONTEXT,
        Rejection::Guessable => COUNTERSIGN_REJECTION_GUESSABLE,
    }
}
