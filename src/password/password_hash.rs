//! What a password is judged by.

use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use super::rules::AcceptedPassword;
use super::stored::Stored;
use super::text::Password;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring, PEPPER};
use crate::hashing::{Cost, HashPermit};
use crate::random::{Draw, System};
use crate::secret::SecretText;
use crate::transition::{Transition, Verdict};

/// What is stored of a password: an Argon2id hash with a pepper that is not in the database, as a PHC string.
///
/// ```text
/// $argon2id$v=19$m=19456,t=2,p=1,keyid=<8 bytes>$<salt, 16 bytes>$<tag, 32 bytes>
/// ```
///
/// Bytes are in Base64 without padding. The pepper is the Argon2 secret value (RFC 9106 3.1, K); `keyid` names it: the generation
/// of the [`LongTermSecret`](crate::field::LongTermSecret) in four bytes, big-endian, and four by which a wrong one is
/// noticed. What is stretched is the password's form (see [`Password`]) in UTF-8.
///
/// Hashes of other programs are taken as they are, see [`parse`](Self::parse); those, and ours with settings of
/// yesterday, are made anew at the next right password. Counting the tries is the caller's part, as is a row for those who have no
/// password, see [`decoy`](Self::decoy).
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash, PasswordRules}, transition::{CommitResult, Saved, Verdict}};
///
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let stretch = HashPool::new(Cost::default(), 2)?;
/// let Some(mut permit) = stretch.permit() else { return Ok(()) /* busy: ask to come again */ };
///
/// let chosen = PasswordRules::single_factor().accept(&Password::typed("eleven purple elephants"));
/// let verifier = PasswordHash::enrol(&chosen.unwrap(), &keyring, stretch.cost(), &mut permit)?;
/// let mut column = verifier.phc().to_owned();
///
/// let typed = Password::typed("eleven purple elephants");
/// let step = PasswordHash::parse(&column)?.check(&typed, &keyring, stretch.cost(), &mut permit)?;
/// let told = step.commit(|renewed| { column = renewed.phc().to_owned(); Saved::<()>::Stored });
/// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct PasswordHash(Stored);

impl PasswordHash {
    /// The verifier of a new password.
    ///
    /// For an account, take keyring, cost and permit from the verifier's [`Settings`](crate::Settings):
    /// [`Change::SetPassword`](crate::Change::SetPassword) shows all steps.
    ///
    /// # Errors
    /// Misuse, if the cost is out of range or the keyring has no pepper. Store, if the system gives no randomness or no
    /// memory.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash, PasswordRules}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let chosen = PasswordRules::single_factor().accept(&Password::typed("eleven purple elephants")).unwrap();
    /// let verifier = PasswordHash::enrol(&chosen, &keyring, Cost::default(), &mut permit)?;
    /// assert!(verifier.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAAA"));
    /// assert_eq!(format!("{verifier:?}"), "PasswordVerifier(19456 KiB, 2 passes, 1 lanes, pepper 1)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        password: &AcceptedPassword,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        Self::made(
            password.password(),
            cost,
            Some(&keyring.long_term_key(PEPPER)?),
            permit,
        )
    }

    /// The same without a pepper, for a hash that other programs must verify. Whoever steals the database can guess
    /// at it (requirement N5), and it is made anew, with a pepper, at the next right password here.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    ///
    /// ```
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash, PasswordRules}};
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let chosen = PasswordRules::single_factor().accept(&Password::typed("eleven purple elephants")).unwrap();
    /// let verifier = PasswordHash::enrol_without_pepper(&chosen, Cost::default(), &mut permit)?;
    /// assert!(verifier.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol_without_pepper(
        password: &AcceptedPassword,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        Self::made(password.password(), cost, None, permit)
    }

    fn made(
        password: &Password,
        cost: Cost,
        pepper: Option<&DerivedKey>,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let form = password
            .form()
            .map_err(|unfit| Error::misuse("password", unfit.to_string()))?;
        Stored::made(form.expose_text().as_bytes(), cost, pepper, permit).map(Self)
    }

    /// A verifier that no password matches, for a subject that has none or does not exist: checking it takes as long as
    /// checking another of this cost.
    ///
    /// A verifier that still has another cost takes another time. Where that must not show, ask for a new password instead of
    /// waiting for the next right one.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Password, PasswordHash}, transition::{CommitResult, Saved, Verdict}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let nobody = PasswordHash::decoy(&keyring, Cost::default())?;
    /// let step = nobody.check(&Password::typed("anything"), &keyring, Cost::default(), &mut permit)?;
    /// let told = step.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn decoy(keyring: &Keyring, cost: Cost) -> Result<Self, Error> {
        Self::drawn(&keyring.long_term_key(PEPPER)?, cost, &mut System)
    }

    /// The same, as it is drawn.
    pub(crate) fn drawn(
        pepper: &DerivedKey,
        cost: Cost,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        Stored::drawn(cost, Some(pepper), draw).map(Self)
    }

    /// From its PHC string, as [`phc`](Self::phc) tells it, or as another program made it: the `argon2` tool, argon2-cffi,
    /// PHP's `password_hash` and the like.
    ///
    /// Only Argon2id of version 19 is read, with the parameters `m`, `t`, `p` and our own `keyid`, each once and in any
    /// order, a salt of 8 to 48 bytes and a tag of 16 to 64. [`phc`](Self::phc) tells it in our order.
    ///
    /// Nothing may stand around the string. A line end from a file, or the NULs and blanks of a column of fixed width, are
    /// refused by name: trim them, since a column that is kept so never equals what is written back.
    ///
    /// A string without `keyid` has no pepper, and another program made it of a text in no form. So it is judged by
    /// the form, by the text as it was typed, and by the text taken apart (NFD), as far as they differ.
    ///
    /// # Errors
    /// Corrupt, if it is anything else. Misuse, if its cost is below OWASP's minimum: see
    /// [`parse_weak`](Self::parse_weak). Nothing is computed, and no memory taken.
    ///
    /// ```
    /// use countersign::password::PasswordHash;
    /// let of_php = "$argon2id$v=19$m=65536,t=4,p=1$eWZJUVBLQ0NRSUwvTXk3eA$AM/E/eyo2B5gQqQGMfZ+Lr1R2cDKKbWbZ8ExlPiPRbk";
    /// assert!(PasswordHash::parse(of_php).is_ok());
    /// let error = PasswordHash::parse("$2y$10$abcdefghijklmnopqrstuv").unwrap_err();
    /// assert_eq!(error.to_string(), "the password hash cannot be opened: it is no PHC string");
    /// ```
    pub fn parse(phc: &str) -> Result<Self, Error> {
        let verifier = Self::parse_weak(phc)?;
        if verifier.0.cost().is_allowed() {
            return Ok(verifier);
        }
        Err(Error::misuse(
            "password hash",
            "must cost OWASP's minimum, or be parsed as a weak one",
        ))
    }

    /// The same for the hash of a weaker system, of any cost: to be made anew at the next right password, and better
    /// replaced before that.
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

    /// The PHC string, for the database: 115 bytes of ASCII at the default cost, 204 at most.
    ///
    /// ```
    /// # use countersign::password::PasswordHash;
    /// # let text = "$argon2id$v=19$m=65536,t=4,p=1$eWZJUVBLQ0NRSUwvTXk3eA$AM/E/eyo2B5gQqQGMfZ+Lr1R2cDKKbWbZ8ExlPiPRbk";
    /// assert_eq!(PasswordHash::parse(text)?.phc(), text);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn phc(&self) -> &str {
        self.0.phc()
    }

    /// Judges a password. If it is right and this verifier is old, the next state is a new one: with the present pepper,
    /// cost and form.
    ///
    /// A wrong password takes one computation, whatever is wrong with it. If there is no pepper, each other spelling takes one
    /// more: the text as it was typed, and taken apart. There are none for ASCII, and two at most.
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
    /// let mut verifier = PasswordHash::parse_weak(of_the_tool)?;
    /// let step = verifier.check(&Password::typed("password"), &keyring, Cost::default(), &mut permit)?;
    /// let told = step.commit(|renewed| { verifier = renewed.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert!(!verifier.needs_rehash(&keyring, Cost::default())?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        password: &Password,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Transition<Verdict, Self>, Error> {
        if !self.judge(password, keyring, permit)? {
            return Ok(Transition::unchanged(Verdict::Wrong));
        }
        self.renewed(password, keyring, cost, permit)
            .map(Transition::accepted)
    }

    /// Whether the password is right.
    pub(crate) fn judge(
        &self,
        password: &Password,
        keyring: &Keyring,
        permit: &mut HashPermit,
    ) -> Result<bool, Error> {
        let pepper = self.0.pepper(keyring)?;
        let form = password.form().ok();
        // Ours is made of the form. What others made is made of what was typed there.
        let others = if self.0.is_peppered() {
            Vec::new()
        } else {
            password.others_than_form()
        };
        let mut right = false;
        for text in candidates(form, &others) {
            // Nothing is nobody's password, even if somebody stored its hash.
            let offered = text.map_or("", SecretText::expose_text);
            right |= self
                .0
                .matches(pepper.as_ref(), offered.as_bytes(), permit)?
                & text.is_some();
        }
        Ok(right)
    }

    /// The verifier to take the place of this one, after a right password; none, if this one is as it should be, or the
    /// password has no form to make a new one of.
    pub(crate) fn renewed(
        &self,
        right: &Password,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Option<Self>, Error> {
        if right.form().is_err() || !self.needs_rehash(keyring, cost)? {
            return Ok(None);
        }
        let pepper = keyring.long_term_key(PEPPER)?;
        Self::made(right, cost, Some(&pepper), permit).map(Some)
    }

    /// Whether a right password will make a new verifier: this one has another cost, an old pepper or none.
    ///
    /// # Errors
    /// Misuse, if the keyring has no pepper.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::Cost, password::PasswordHash};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let verifier = PasswordHash::decoy(&keyring, Cost::default())?;
    /// assert!(!verifier.needs_rehash(&keyring, Cost::default())?);
    /// assert!(verifier.needs_rehash(&keyring, Cost::new(65_536, 3, 1)?)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn needs_rehash(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        Ok(!self.0.is_current(keyring, cost)?)
    }

    /// Whether the keyring has the pepper: to be asked before a try is charged, for a wrong key is not the caller's guess.
    ///
    /// # Errors
    /// Corrupt, if it has not.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::Cost, password::PasswordHash};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let verifier = PasswordHash::decoy(&keyring, Cost::default())?;
    /// assert!(verifier.expect_pepper(&keyring).is_ok());
    /// let other = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// assert!(verifier.expect_pepper(&other).unwrap_err().is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        self.0.pepper(keyring).map(drop)
    }
}

/// What is computed: the form, other spellings, or both; and if there is neither, as much work.
fn candidates<'a>(
    form: Option<&'a SecretText>,
    others: &'a [SecretText],
) -> impl Iterator<Item = Option<&'a SecretText>> {
    let nothing = form.is_none() && others.is_empty();
    form.into_iter()
        .chain(others)
        .map(Some)
        .chain(nothing.then_some(None))
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordVerifier({:?})", self.0)
    }
}

/// As its PHC string.
impl<C> Encode<C> for PasswordHash {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.str(self.phc())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PasswordHash {
    fn decode(d: &mut Decoder<'b>, _ctx: &mut C) -> Result<Self, decode::Error> {
        Stored::parse(d.str()?)
            .map(Self)
            .map_err(decode::Error::message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_computation_whatever_was_typed() {
        let peppered = |text: &str| candidates(Password::typed(text).form().ok(), &[]).count();
        let plain = |text: &str| {
            let password = Password::typed(text);
            candidates(password.form().ok(), &password.others_than_form()).count()
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
