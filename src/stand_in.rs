//! Draws of what a subject without one seems to have.
//!
//! Callers who ask for a name that does not exist must not learn so (ASVS 6.3.8, pitfall B12). So each draw comes from one
//! key of the host and the name. The same name is asked the same questions tomorrow, by every process.

use crate::derivation::DECOYS;
use crate::error::Error;
use crate::field::Keyring;
use crate::random::Keyed;
use crate::secret::MacKey;
use crate::subject::Subject;

/// Returns the key of all these draws. It is the oldest of the keyring: a newer secret must not change what is asked.
pub(crate) fn key(keyring: &Keyring) -> Result<MacKey, Error> {
    Ok(keyring.oldest_long_term_key(DECOYS)?.mac_key())
}

/// Begins the draw of one thing for one name.
pub(crate) fn draw(key: &MacKey, subject: &Subject, thing: &[&[u8]]) -> Keyed {
    Keyed::new(key, &[&name(subject, thing)])
}

/// Returns the name that [`draw`] draws by.
pub(crate) fn name(subject: &Subject, thing: &[&[u8]]) -> Vec<u8> {
    [subject.store_key(), thing.concat().as_slice()].concat()
}
