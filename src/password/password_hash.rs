//! The hash of a password.

use core::fmt;

use minicbor::{Decode, Decoder, decode};

#[cfg(feature = "import")]
use super::imported::Imported;
use super::rules::PasswordRules;
use super::stored::Stored;
use super::text::Password;
use crate::cbor::encode_by;
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
#[derive(Clone)]
pub struct PasswordHash(Kept);

/// A hash, by what made it.
#[derive(Clone)]
enum Kept {
    Stored(Stored),
    /// By an algorithm that is not written here.
    #[cfg(feature = "import")]
    Imported(Imported),
}

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
        Stored::enrolled(form.expose_text().as_bytes(), keyring, cost, permit).map(Self::stored)
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
        Stored::made(form.expose_text().as_bytes(), cost, None, permit).map(Self::stored)
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
        Stored::decoy(keyring, cost).map(Self::stored)
    }

    /// Draws such a hash.
    pub(crate) fn drawn(
        pepper: &DerivedKey,
        cost: Cost,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        Stored::drawn(cost, Some(pepper), draw).map(Self::stored)
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
        let hash = Self::read(phc)?;
        if hash.cost().is_allowed() {
            return Ok(Self::stored(hash));
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
        Self::read(phc).map(Self::stored)
    }

    fn read(phc: &str) -> Result<Stored, Error> {
        Stored::parse(phc).map_err(|why| Error::corrupt(WHAT, why))
    }

    const fn stored(hash: Stored) -> Self {
        Self(Kept::Stored(hash))
    }

    /// Reads a hash that another program made: of Argon2id as [`parse_weak`](Self::parse_weak) does, and those below. Needs the
    /// feature `import`. Nothing is computed, and no memory taken.
    ///
    /// | algorithm | forms | at most |
    /// |---|---|---|
    /// | bcrypt | `$2a$`, `$2b$`, `$2y$`; Django's `bcrypt$` and `bcrypt_sha256$`; `$wp$2y$` of `WordPress` | cost 15 |
    /// | scrypt | `$scrypt$ln=16,r=8,p=1$`; Django's `scrypt$` | 256 MiB, r and p of 64, N r p of 2^22 |
    /// | PBKDF2 | `$pbkdf2-sha256$` of PHC and passlib, and `sha1` and `sha512`; Django's `pbkdf2_sha256$` and `pbkdf2_sha1$` | 5,000,000 rounds |
    /// | Argon2i | `$argon2i$v=19$`, `v=16` or without a version; Django's `argon2$argon2i$`, and `argon2$argon2id$` | 1 GiB, 16 passes, 16 lanes |
    /// | phpass | `$P$`, `$H$` | 2^22 rounds |
    ///
    /// The first right password replaces the hash by Argon2id with the pepper. Until then the hash is as weak as it was. Nothing
    /// here writes another hash of its kind. A text without a [form](Password) is right, and the hash stays.
    ///
    /// A [check](Self::check) computes both this hash and the Argon2id hash, whether the password is right or wrong.
    ///
    /// bcrypt reads 72 bytes. A password that begins like a longer one is right once, and counts whole from then on. A text with
    /// a NUL is never right for bcrypt: it ends there.
    ///
    /// # Errors
    /// Corrupt, if it is truncated, of another algorithm, above the limits of the table, or the mark of an account without a
    /// password. The error names the way out.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash}, transition::{CommitResult, Saved, Verdict}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let of_django = "pbkdf2_sha256$12000$seasalt$Ybw8zsFxqja97tY/o6G+Fy1ksY4U/Hw3DRrGED6Up4s=";
    /// let mut hash = PasswordHash::import(of_django)?;
    /// assert!(hash.is_imported());
    /// let typed = Password::typed("lètmein");
    /// let step = hash.check(&typed, &keyring, Cost::default(), &mut permit)?;
    /// let result = step.commit(|renewed| { hash = renewed.clone(); Saved::<()>::Stored });
    /// assert!(matches!(result, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert!(hash.phc().starts_with("$argon2id$") && !hash.is_imported());
    ///
    /// let hostile = PasswordHash::import("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap_err();
    /// assert!(hostile.is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(feature = "import")]
    pub fn import(text: &str) -> Result<Self, Error> {
        let argon2id = text.strip_prefix("argon2").unwrap_or(text);
        if argon2id.starts_with("$argon2id$") {
            return Self::parse_weak(argon2id);
        }
        let imported = Imported::parse(text).map_err(|why| Error::corrupt(WHAT, why))?;
        Ok(Self(Kept::Imported(imported)))
    }

    /// Returns whether another algorithm than Argon2id made it. No right password was given since it was imported.
    #[must_use]
    pub const fn is_imported(&self) -> bool {
        match &self.0 {
            Kept::Stored(_) => false,
            #[cfg(feature = "import")]
            Kept::Imported(_) => true,
        }
    }

    /// Returns the PHC string, for the database: 115 bytes of ASCII at the default cost, 204 at most. Of an imported hash it
    /// returns the text that was imported.
    #[must_use]
    pub fn phc(&self) -> &str {
        match &self.0 {
            Kept::Stored(hash) => hash.phc(),
            #[cfg(feature = "import")]
            Kept::Imported(hash) => hash.text(),
        }
    }

    /// Returns cost and generation of the pepper. An imported hash has no pepper.
    pub(crate) fn made_with(&self) -> (Cost, Option<u32>) {
        match &self.0 {
            Kept::Stored(hash) => hash.made_with(),
            #[cfg(feature = "import")]
            Kept::Imported(_) => (Cost::default(), None),
        }
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
        let others = match &self.0 {
            Kept::Stored(hash) if hash.is_peppered() => Vec::new(),
            _ => password.others_than_form(),
        };
        let form = password.form().ok().map(bytes);
        let texts = texts(form, &others);
        let step = match &self.0 {
            Kept::Stored(hash) => hash.check(&texts, form, keyring, cost, permit),
            #[cfg(feature = "import")]
            Kept::Imported(hash) => hash.check(&texts, form, keyring, cost, permit),
        };
        Ok(step?.map_state(Self::stored))
    }

    /// Returns whether a right password will replace this hash: it has another cost, an old pepper or none.
    ///
    /// # Errors
    /// Misuse, if the keyring has no pepper.
    pub fn needs_rehash(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        match &self.0 {
            Kept::Stored(hash) => Ok(!hash.is_current(keyring, cost)?),
            #[cfg(feature = "import")]
            Kept::Imported(_) => Ok(true),
        }
    }

    /// Checks that the keyring has the pepper. Call it before a try is charged: a wrong key is not the caller's guess.
    ///
    /// # Errors
    /// Corrupt, if it has not.
    pub fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        match &self.0 {
            Kept::Stored(hash) => hash.pepper(keyring).map(drop),
            // It has none yet.
            #[cfg(feature = "import")]
            Kept::Imported(_) => Ok(()),
        }
    }
}

/// The texts that may have the hash: the form if there is one, and the other spellings.
fn texts<'a>(form: Option<&'a [u8]>, others: &'a [SecretText]) -> Vec<&'a [u8]> {
    form.into_iter().chain(others.iter().map(bytes)).collect()
}

fn bytes(text: &SecretText) -> &[u8] {
    text.expose_text().as_bytes()
}

// The text.
encode_by!(PasswordHash, |this, e| e.str(this.phc())?.ok());

impl<'b, C> Decode<'b, C> for PasswordHash {
    fn decode(d: &mut Decoder<'b>, _ctx: &mut C) -> Result<Self, decode::Error> {
        let text = d.str()?;
        #[cfg(feature = "import")]
        if !text.starts_with("$argon2id$") {
            let imported = Imported::parse(text).map_err(decode::Error::message)?;
            return Ok(Self(Kept::Imported(imported)));
        }
        let stored = Stored::parse(text).map_err(decode::Error::message)?;
        Ok(Self::stored(stored))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Stored(hash) => write!(f, "PasswordHash({hash:?})"),
            #[cfg(feature = "import")]
            Kept::Imported(hash) => write!(f, "PasswordHash(imported, {hash:?})"),
        }
    }
}

/// How errors name it.
const WHAT: &str = "the password hash";

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
