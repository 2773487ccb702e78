//! The last line that binds a code in a text message to a web page, so that the browser offers it there and nowhere
//! else (WICG, "Origin-bound one-time codes delivered via SMS").

use crate::error::Error;

/// A page's host: a domain name in small letters, as the browser has it (RFC 1123 2.1; other scripts in Punycode).
pub(super) fn host(given: &str) -> Result<&str, Error> {
    const MAX_NAME: usize = 253;
    const MAX_LABEL: usize = 63;
    let label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let fits = given.len() <= MAX_NAME
        && given.split('.').all(label)
        && given
            .rsplit_once('.')
            .is_some_and(|(_, last)| last.bytes().any(|byte| byte.is_ascii_lowercase()));
    if fits {
        Ok(given)
    } else {
        let rule = "must be a domain name in small letters, as in `bank.example`";
        Err(Error::misuse("page host", rule))
    }
}

/// What goes between the text and the host, and between the host and the code: single spaces, on a line of its own.
pub(super) const BEFORE_HOST: &str = "\n\n@";
pub(super) const BEFORE_CODE: &str = " #";
