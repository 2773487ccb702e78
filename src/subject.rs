//! The subject: a customer in a realm.

use core::fmt;
use std::sync::Arc;

use ring::hmac;
use unicode_normalization::UnicodeNormalization;

use crate::canonical::characters::{is_blank_sign, is_invisible, is_readable};
use crate::derivation::leading;
use crate::error::Error;

/// A customer: the host's own identifier for a person, inside a realm.
///
/// A realm keeps the customers of two brands, tenants or environments apart: nothing sealed for one opens in
/// another. The identifier is the host's own key (a customer number, a UUID). It is compared byte by byte in Unicode's
/// form NFC: letter case, width and letters that look alike count. If people type something else than the key, look the key up
/// first. `Debug` keeps the identifier back.
///
/// ```
/// use countersign::Subject;
/// let subject = Subject::new("bank", "C-1042")?;
/// assert_eq!(subject.id(), "C-1042");
/// assert_eq!(format!("{subject:?}"), "Subject(bank, ..)");
/// assert!(Subject::new("bank", "C-1042\0").is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    inner: Arc<Inner>,
}

#[derive(PartialEq, Eq, Hash)]
struct Inner {
    realm: String,
    id: String,
    store_key: [u8; 32],
}

impl Subject {
    /// A longer realm name is refused.
    pub const MAX_REALM_BYTES: usize = 64;
    /// A longer identifier is refused.
    pub const MAX_ID_BYTES: usize = 128;

    /// Makes the subject `id` in `realm`.
    ///
    /// # Errors
    /// Misuse, if either is empty, too long, begins or ends with white space, or holds control, invisible, private-use or
    /// unassigned characters.
    pub fn new(realm: &str, id: &str) -> Result<Self, Error> {
        let (realm, id) = (
            realm_name(realm)?,
            plain("subject id", id, Self::MAX_ID_BYTES)?,
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, realm.as_bytes());
        let store_key = leading(hmac::sign(&key, id.as_bytes()));
        let inner = Inner {
            realm,
            id,
            store_key,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns the host's identifier, in form NFC.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Returns the realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.inner.realm
    }

    /// Returns the key a store keeps this subject under: HMAC-SHA-256 of the identifier under the realm's name.
    ///
    /// It puts no customer number into the database, and has one length for all. It is not a secret: a reader of the
    /// database can test a guess at a customer number.
    pub(crate) fn store_key(&self) -> &[u8; 32] {
        &self.inner.store_key
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({}, ..)", self.inner.realm)
    }
}

/// Checks the name of a realm.
pub(crate) fn realm_name(realm: &str) -> Result<String, Error> {
    plain("realm", realm, Subject::MAX_REALM_BYTES)
}

fn plain(field: &'static str, text: &str, most: usize) -> Result<String, Error> {
    if text.is_empty() || text.len() > most {
        return Err(Error::misuse(field, format!("must hold 1 to {most} bytes")));
    }
    // An unassigned character could get another form NFC with newer tables, and the subject another key.
    let fits = |letter: char| {
        let is_unseen = is_invisible(letter) || is_blank_sign(letter);
        is_readable(letter) && !is_unseen && !matches!(letter, '\u{2028}' | '\u{2029}')
    };
    if !text.chars().all(fits) {
        return Err(Error::misuse(
            field,
            "must not hold control, invisible, private-use or unassigned characters",
        ));
    }
    if text.trim() != text {
        return Err(Error::misuse(
            field,
            "must not begin or end with white space",
        ));
    }
    Ok(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_one_key() {
        let composed = Subject::new("bank", "Zo\u{eb}").unwrap();
        let decomposed = Subject::new("bank", "Zoe\u{308}").unwrap();
        assert_eq!(composed.store_key(), decomposed.store_key());
        assert_ne!(
            composed.store_key(),
            Subject::new("shop", "Zo\u{eb}").unwrap().store_key()
        );
        assert_ne!(
            composed.store_key(),
            Subject::new("bank", "zo\u{eb}").unwrap().store_key()
        );
    }

    #[test]
    fn bad_names_are_refused_with_the_rule() {
        for (id, rule) in [
            (String::new(), "subject id: must hold 1 to 128 bytes"),
            ("x".repeat(10 << 20), "subject id: must hold 1 to 128 bytes"),
            (
                "a\0b".to_owned(),
                "subject id: must not hold control, invisible, private-use or unassigned characters",
            ),
            (
                " a".to_owned(),
                "subject id: must not begin or end with white space",
            ),
        ] {
            assert_eq!(Subject::new("bank", &id).unwrap_err().to_string(), rule);
        }
        assert!(Subject::new("", "a").is_err());
    }
}
