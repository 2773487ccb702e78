//! What keys are for: the names of purposes, the host's and the library's own.

use crate::error::Error;

/// The purpose of the account records' own seal.
pub(crate) const ACCOUNT: &str = "account";
/// The purpose that memorable words are sealed for.
pub(crate) const MEMORABLE_WORD: &str = "memorable word";
/// The purpose of the key that answers, passwords and PINs are stretched with.
pub(crate) const PEPPER: &str = "pepper";
/// The purpose that keys of subjects are wrapped for.
pub(super) const SUBJECT_KEYS: &str = "subject keys";
/// The library's own purposes, of now and of later.
pub(super) const RESERVED: [&str; 6] = [
    ACCOUNT,
    SUBJECT_KEYS,
    "passport",
    "audit",
    MEMORABLE_WORD,
    "countersign",
];

/// A purpose that a host may name.
pub(super) fn host_purpose(purpose: &str) -> Result<&str, Error> {
    /// HKDF's info holds a purpose of 255 bytes, and that of an index is longer by a word.
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

/// The purposes of long-term secrets that go with a purpose of roots.
pub(super) fn long_term_purposes(purpose: &str) -> Vec<String> {
    match purpose {
        ACCOUNT => vec![PEPPER.to_owned(), "decoys".to_owned()],
        _ => vec![index_purpose(purpose)],
    }
}

/// The purpose that the blind indexes beside a purpose's fields are keyed for.
pub(super) fn index_purpose(purpose: &str) -> String {
    format!("index {purpose}")
}
