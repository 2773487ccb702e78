//! The hash of a password.

use core::fmt;

use minicbor::{Decode, Encode};

use super::rules::PasswordRules;
use super::stored::Stored;
use super::text::Password;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring};
use crate::hashing::{Cost, HashPermit};
use crate::random::Draw;
use crate::secret::SecretText;
use crate::transition::{Transition, Verdict};

/// The hash of a password: a PHC string of Argon2id, with a pepper that is not in the database.
///
/// ```text
/// $argon2id$v=19$m=19456,t=2,p=1,keyid=<8 bytes>$<salt, 16 bytes>$<tag, 32 bytes>
/// ```
///
/// Bytes are in Base64 without padding. The pepper is the secret value of Argon2 (RFC 9106 3.1, K). `keyid` names it: four bytes
/// for the generation of the [`LongTermSecret`](crate::field::LongTermSecret), big-endian, and four bytes that reveal a wrong
/// one. Argon2id hashes the password's form (see [`Password`]) in UTF-8.
///
/// [`parse`](Self::parse) reads hashes of other programs. A right password replaces those, and hashes with outdated settings,
/// by a present one. The caller counts the tries. For a subject without a password it checks a [`decoy`](Self::decoy).
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash, PasswordRules}, transition::{CommitResult, Saved, Verdict}};
///
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let pool = HashPool::new(Cost::default(), 2)?;
/// let Some(mut permit) = pool.permit() else { return Ok(()) /* busy: ask to come again */ };
///
/// let chosen = Password::typed("eleven purple elephants");
/// let rules = PasswordRules::single_factor();
/// let hash = PasswordHash::enrol(&chosen, &rules, &keyring, pool.cost(), &mut permit)?;
/// let mut column = hash.phc().to_owned();
///
/// let typed = Password::typed("eleven purple elephants");
/// let step = PasswordHash::parse(&column)?.check(&typed, &keyring, pool.cost(), &mut permit)?;
/// let result = step.commit(|renewed| { column = renewed.phc().to_owned(); Saved::<()>::Stored });
/// assert!(matches!(result, Ok(CommitResult::Stored(Verdict::Accepted))));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub struct PasswordHash(#[n(0)] Stored);

impl PasswordHash {
    /// Hashes a new password, if the rules accept it.
    ///
    /// Call [`PasswordRules::check`] first, without a permit, to show the customer why a password is refused.
    ///
    /// For an account, take keyring, cost and permit from the verifier's [`Settings`](crate::Settings):
    /// [`Change::SetPassword`](crate::Change::SetPassword) has an example of all steps.
    ///
    /// # Errors
    /// Misuse, if the rules refuse the password, if the cost is out of range, or if the keyring has no pepper. Store, if the
    /// system gives no randomness or no memory.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash, PasswordRules}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let rules = PasswordRules::single_factor();
    /// let refused = PasswordHash::enrol(&Password::typed("too short"), &rules, &keyring, Cost::default(), &mut permit);
    /// assert_eq!(refused.unwrap_err().to_string(), "new password or PIN: must hold 15 characters at least");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    ///
    /// Without rules no hash is made:
    ///
    /// ```compile_fail
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let hash = PasswordHash::enrol(&Password::typed("too short"), &keyring, Cost::default(), &mut permit)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        password: &Password,
        rules: &PasswordRules<'_>,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let form = rules.accepted(password)?;
        Stored::enrolled(form.expose_text().as_bytes(), keyring, cost, permit).map(Self)
    }

    /// Hashes a new password without a pepper, for programs that cannot use one.
    ///
    /// A stolen database is then enough to guess at it (requirement N5). The next right password here adds the pepper.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol), but needs no pepper.
    pub fn enrol_without_pepper(
        password: &Password,
        rules: &PasswordRules<'_>,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let form = rules.accepted(password)?;
        Stored::made(form.expose_text().as_bytes(), cost, None, permit).map(Self)
    }

    /// Makes a hash that no password matches, for a subject that has none or does not exist. A check of it takes as long as a
    /// check of another hash of this cost.
    ///
    /// A hash that still has another cost takes another time. If nobody may see that, ask those customers for a new password
    /// now, and do not wait for the next right one.
    ///
    /// # Errors
    /// Misuse, if the cost is out of range or the keyring has no pepper. Store, if the system gives no randomness.
    pub fn decoy(keyring: &Keyring, cost: Cost) -> Result<Self, Error> {
        Stored::decoy(keyring, cost).map(Self)
    }

    /// Draws such a hash.
    pub(crate) fn drawn(
        pepper: &DerivedKey,
        cost: Cost,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        Stored::drawn(cost, Some(pepper), draw).map(Self)
    }

    /// Reads the PHC string of [`phc`](Self::phc), or of another program: the `argon2` tool, argon2-cffi, PHP's
    /// `password_hash` and others.
    ///
    /// It reads Argon2id of version 19 only. The parameters are `m`, `t`, `p` and our own `keyid`, each once and in any
    /// order. The salt has 8 to 48 bytes, and the tag 16 to 64. [`phc`](Self::phc) writes the parameters in our order.
    ///
    /// Nothing may stand around the string. A line end from a file, and the NULs and blanks of a column of fixed width, are
    /// refused by name. Trim them: a column with them never equals the string that is written back.
    ///
    /// A string without `keyid` has no pepper. Other programs hash the text as it was typed. So such a string is checked
    /// against the form, the typed text, and its decomposition (NFD), as far as they differ.
    ///
    /// # Errors
    /// Corrupt, if it is anything else. Misuse, if its cost is below OWASP's minimum: see [`parse_weak`](Self::parse_weak).
    /// Nothing is computed, and no memory taken.
    ///
    /// ```
    /// use countersign::password::PasswordHash;
    /// let of_php = "$argon2id$v=19$m=65536,t=4,p=1$eWZJUVBLQ0NRSUwvTXk3eA$AM/E/eyo2B5gQqQGMfZ+Lr1R2cDKKbWbZ8ExlPiPRbk";
    /// assert!(PasswordHash::parse(of_php).is_ok());
    /// let error = PasswordHash::parse("$2y$10$abcdefghijklmnopqrstuv").unwrap_err();
    /// assert_eq!(error.to_string(), "the password hash cannot be opened: it is no PHC string");
    /// ```
    pub fn parse(phc: &str) -> Result<Self, Error> {
        let hash = Self::parse_weak(phc)?;
        if hash.0.cost().is_allowed() {
            return Ok(hash);
        }
        Err(Error::misuse(
            "password hash",
            "must cost OWASP's minimum, or be read by `parse_weak`",
        ))
    }

    /// Reads the hash of a weaker system, of any cost. The next right password replaces it. Replace it sooner if you can.
    ///
    /// # Errors
    /// Corrupt, as [`parse`](Self::parse); also above 1 GiB, 16 passes or 16 lanes.
    ///
    /// ```
    /// use countersign::password::PasswordHash;
    /// let of_the_tool = "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$qLml5cbqFAO6YxVHhrSBHP0UWdxrIxkNcM8aMX3blzU";
    /// assert!(PasswordHash::parse(of_the_tool).unwrap_err().is_misuse());
    /// assert!(PasswordHash::parse_weak(of_the_tool).is_ok());
    /// let hostile = of_the_tool.replace("m=4096", "m=4294967295");
    /// assert!(PasswordHash::parse_weak(&hostile).unwrap_err().is_corrupt());
    /// ```
    pub fn parse_weak(phc: &str) -> Result<Self, Error> {
        Stored::parse(phc)
            .map(Self)
            .map_err(|why| Error::corrupt("the password hash", why))
    }

    /// Returns the PHC string, for the database: 115 bytes of ASCII at the default cost, 204 at most.
    #[must_use]
    pub fn phc(&self) -> &str {
        self.0.phc()
    }

    /// Returns cost and generation of the pepper.
    pub(crate) fn made_with(&self) -> (Cost, Option<u32>) {
        self.0.made_with()
    }

    /// Checks a password: accepted or wrong. If it is right and this hash is outdated, the next state is a present one.
    ///
    /// A wrong password takes one computation, whatever is wrong with it. A hash without a pepper takes one more for each other
    /// spelling: the text as it was typed, and its decomposition. ASCII has none of them, other text two at most.
    ///
    /// # Errors
    /// Corrupt, if the keyring does not have the pepper. Misuse, if the cost is out of range. Store, if the system gives no
    /// randomness or no memory.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash}, transition::{CommitResult, Saved, Verdict}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let of_the_tool = "$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ$qLml5cbqFAO6YxVHhrSBHP0UWdxrIxkNcM8aMX3blzU";
    /// let mut hash = PasswordHash::parse_weak(of_the_tool)?;
    /// let step = hash.check(&Password::typed("password"), &keyring, Cost::default(), &mut permit)?;
    /// let result = step.commit(|renewed| { hash = renewed.clone(); Saved::<()>::Stored });
    /// assert!(matches!(result, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert!(!hash.needs_rehash(&keyring, Cost::default())?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        password: &Password,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Transition<Verdict, Self>, Error> {
        // Our hash is of the form. Other programs hash the typed text.
        let others = if self.0.is_peppered() {
            Vec::new()
        } else {
            password.others_than_form()
        };
        let form = password.form().ok().map(bytes);
        let step = self
            .0
            .check(&texts(form, &others), form, keyring, cost, permit)?;
        Ok(step.map_state(Self))
    }

    /// Returns whether a right password will replace this hash: it has another cost, an old pepper or none.
    ///
    /// # Errors
    /// Misuse, if the keyring has no pepper.
    pub fn needs_rehash(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        Ok(!self.0.is_current(keyring, cost)?)
    }

    /// Checks that the keyring has the pepper. Call it before a try is charged: a wrong key is not the caller's guess.
    ///
    /// # Errors
    /// Corrupt, if it has not.
    pub fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        self.0.pepper(keyring).map(drop)
    }
}

/// The texts that may have the hash: the form if there is one, and the other spellings.
fn texts<'a>(form: Option<&'a [u8]>, others: &'a [SecretText]) -> Vec<&'a [u8]> {
    form.into_iter().chain(others.iter().map(bytes)).collect()
}

fn bytes(text: &SecretText) -> &[u8] {
    text.expose_text().as_bytes()
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stored::computed;
    use super::*;

    #[test]
    fn there_is_a_computation_whatever_was_typed() {
        let peppered = |text: &str| {
            let password = Password::typed(text);
            computed(&texts(password.form().ok().map(bytes), &[])).len()
        };
        let plain = |text: &str| {
            let password = Password::typed(text);
            let others = password.others_than_form();
            computed(&texts(password.form().ok().map(bytes), &others)).len()
        };
        for text in [
            "",
            "blue",
            "e\u{301}",
            "\0",
            "\u{378}",
            &"x".repeat(1 << 20),
        ] {
            assert_eq!(peppered(text), 1, "{text:.9?}");
        }
        for text in [
            "",
            "blue",
            "\0",
            "\u{378}",
            &"x".repeat(1_000),
            &"x".repeat(1 << 20),
        ] {
            assert_eq!(plain(text), 1, "{text:.9?}");
        }
        for text in ["e\u{301}", "\u{e9}", "a\u{a0}b", "\u{e9}\0"] {
            assert_eq!(plain(text), 2, "{text:?}");
        }
        assert_eq!(plain("a\u{a0}\u{e9}"), 3);
    }
}
