//! The last line of a text message that binds its code to a web page (WICG, "Origin-bound one-time codes delivered via
//! SMS").
//!
//! The browser offers the code on that page only.

use crate::canonical::email;
use crate::error::Error;

/// Reads a page's host: a domain name as the browser has it, in small letters, with A-labels for other scripts.
///
/// The rule is that of an e-mail address's domain. Nothing is mapped: the message holds the host as it was given.
pub(super) fn host(given: &str) -> Result<&str, Error> {
    if email::host(given).is_ok_and(|host| host == given) {
        Ok(given)
    } else {
        let rule = "must be a domain name in small letters, as in `bank.example`";
        Err(Error::misuse("page host", rule))
    }
}

/// The text before the host and before the code. Both stand on a line of their own, with single spaces.
pub(super) const BEFORE_HOST: &str = "\n\n@";
pub(super) const BEFORE_CODE: &str = " #";
