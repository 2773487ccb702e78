//! The purposes that keys are derived for: the host's, and the library's own.

use crate::derivation::{
    ACCOUNT, AUDIT, DECOYS, INDEX, INTERACTIONS, KEYS, MEMORABLE_WORD, PASSPORT, PEPPER,
    SUBJECT_KEYS,
};
use crate::error::Error;

/// The library's own purposes. Some are kept for later.
pub(super) const RESERVED: [&str; 6] =
    [ACCOUNT, SUBJECT_KEYS, PASSPORT, AUDIT, MEMORABLE_WORD, KEYS];

/// Checks that a host may name this purpose.
pub(super) fn host_purpose(purpose: &str) -> Result<&str, Error> {
    /// HKDF's info holds a purpose of 255 bytes. That of an index is longer by a word.
    const MAX: usize = 240;
    if purpose.is_empty() || purpose.len() > MAX {
        return Err(Error::misuse("purpose", "must hold 1 to 240 bytes"));
    }
    if RESERVED.contains(&purpose) {
        return Err(Error::misuse(
            "purpose",
            format!("`{purpose}` is the library's own"),
        ));
    }
    Ok(purpose)
}

/// Returns the purposes of long-term secrets that go with a purpose of roots.
pub(super) fn long_term_purposes(purpose: &str) -> Vec<String> {
    match purpose {
        ACCOUNT => vec![
            PEPPER.to_owned(),
            DECOYS.to_owned(),
            INTERACTIONS.to_owned(),
        ],
        _ => vec![index_purpose(purpose)],
    }
}

/// Returns the purpose of the blind indexes beside a purpose's fields.
pub(super) fn index_purpose(purpose: &str) -> String {
    format!("{INDEX}{purpose}")
}
