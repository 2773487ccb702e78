//! The last line that binds a code in a text message to a web page, so that the browser offers it there and nowhere
//! else (WICG, "Origin-bound one-time codes delivered via SMS").

use crate::canonical::email;
use crate::error::Error;

/// A page's host: a domain name as the browser has it, in small letters; other scripts as their A-labels.
///
/// The rule is that of an e-mail address's domain, and nothing is mapped: what is sent is what was given.
pub(super) fn host(given: &str) -> Result<&str, Error> {
    if email::host(given).is_ok_and(|host| host == given) {
        Ok(given)
    } else {
        let rule = "must be a domain name in small letters, as in `bank.example`";
        Err(Error::misuse("page host", rule))
    }
}

/// What goes between the text and the host, and between the host and the code: single spaces, on a line of its own.
pub(super) const BEFORE_HOST: &str = "\n\n@";
pub(super) const BEFORE_CODE: &str = " #";
