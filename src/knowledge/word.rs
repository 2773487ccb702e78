//! A memorable word, of which a few letters are asked at a time.

use core::fmt;

use minicbor::{Decode, Decoder, decode};
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use super::blocklist::AnswerBlocklist;
use super::word_letters::WordLetters;
use super::word_state::{WordPrompt, WordState};
use crate::canonical::text::{Refused, canonical};
use crate::cbor::encode_by;
use crate::compare::ct_eq;
use crate::context::Channel;
use crate::derivation::{MEMORABLE_WORD, WORD};
use crate::error::Error;
use crate::field::{FieldCipher, Keyring};
use crate::random::{Draw, System};
use crate::secret::SecretBytes;
use crate::stand_in;
use crate::subject::Subject;
use crate::transition::{Transition, Verdict};

/// A memorable word, sealed. A check asks for three of its letters, so nobody hears the whole word.
///
/// # Its strength
///
/// It is weak evidence (SP 800-63-4 2.3.1), for three reasons:
///
/// - The word can be read, because single letters are compared. It is sealed under a key of its own, and opened only inside the
///   check. With the record and the key anybody reads it. Answers and passwords are hashed instead.
/// - Three letters of a word are about ten bits, so one guess in a thousand is right. The tries must be limited.
/// - An agent who takes many calls of a customer can put the word together. So the word counts which letters people have heard.
///   A new word [is due](Self::is_renewal_due) beyond half of them. The word [is exhausted](Self::is_exhausted) after all.
///
/// # Its letters
///
/// A letter is a grapheme cluster (UAX 29), as its reader counts it: `ß`, `é`, `กิ` and `क्ष` are one letter each. Spaces and
/// punctuation do not count. Letters are compared in the canonical form of [`Answers`](crate::knowledge::Answers): case and
/// accents do not count. The positions of the letters are kept with the word, so a later version of Unicode changes none.
///
/// # Its bytes
///
/// The sealed part is a value of suite 1 (see [`field`](crate::field)), purpose `memorable word`, with the context `word` and the
/// subject's store key. It has 64 bytes, so every word has the same length there. Bit `i` of the first 8 bytes, big endian, says
/// that a letter begins at byte `i` of the text. The other bytes are the letters' canonical forms, filled up with zeros.
///
/// Beside it stand the letters that are asked for, and those that people have heard. The letters stand until they are given
/// rightly (pitfall B28). A wrong try or a lock draws no others: an attacker could wait for known letters. They are three
/// different letters, each selection as likely as any other, but never the same one twice in a row.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{Channel, Context, Interaction, Subject, Timestamp, knowledge::{AnswerBlocklist, WordLetters}, transition::{CommitResult, Saved}};
/// use countersign::{knowledge::{MemorableWord, WordKey}, transition::Verdict};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let key = WordKey::new(&keyring, "bank")?;
/// let maya = Subject::new("bank", "C-1042")?;
/// let known = AnswerBlocklist::new().and_known("Maya Sari");
/// let mut word = MemorableWord::enrol("Nightingale", &known, &maya, &key)?;
///
/// let asked = word.prompt();
/// println!("Please tell me the {asked} of your memorable word.");
/// let said: Vec<String> = asked.positions().iter()
///     .filter_map(|position| "NIGHTINGALE".chars().nth(usize::from(*position) - 1))
///     .map(String::from)
///     .collect();
/// let step = word.check(&WordLetters::typed(&said), &maya, &key, Channel::Agent)?;
/// let result = step.commit(|next| { word = next.clone(); Saved::<()>::Stored }).unwrap();
/// assert!(matches!(result, CommitResult::Stored(Verdict::Accepted)));
/// assert_ne!(word.prompt(), asked, "others are asked for next");
/// assert_eq!(word.exposed_letters(), 3);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct MemorableWord {
    sealed: Vec<u8>,
    state: WordState,
}

impl MemorableWord {
    /// The bytes to which a word is filled up before it is sealed.
    const PADDED: usize = 64;
    /// A word with fewer different letters is too easy to guess.
    const LEAST_DIFFERENT: usize = 5;

    /// Enrols a word for a subject, and draws the letters to ask for first.
    ///
    /// # Errors
    /// Misuse, if the word holds control, private-use or unassigned characters. Also if it has fewer than 8 letters, more than 24,
    /// or fewer than five different ones. Also if its letters need more than 56 bytes in canonical form, or if it is
    /// [weak](AnswerBlocklist). The error names the rule, never the word. Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// let maya = Subject::new("bank", "C-1042")?;
    /// let error = MemorableWord::enrol("Mayflower", &AnswerBlocklist::new().and_common("mayflower"), &maya, &key).unwrap_err();
    /// assert_eq!(error.to_string(), "memorable word: must not be a common answer");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        text: &str,
        blocklist: &AnswerBlocklist,
        subject: &Subject,
        key: &WordKey,
    ) -> Result<Self, Error> {
        let cut = Cut::of(text).map_err(refuse)?;
        let weak = blocklist.weakness_of_word(cut.form());
        weak.map_or(Ok(()), |weak| Err(refuse(weak.rule())))?;
        let state = WordState::begin(cut.letters, &mut System)?;
        Self::seal(cut.padded.as_slice(), state, subject, key)
    }

    /// Makes a word for a subject that does not exist or has none. No letters are ever right.
    ///
    /// It asks for the same letters whenever the name is the same (pitfall B12), and its check does the same work.
    ///
    /// # Errors
    /// Corrupt, if the keyring lacks its long-term secret. Store, if the system gives no randomness.
    pub fn for_unknown(subject: &Subject, keyring: &Keyring, key: &WordKey) -> Result<Self, Error> {
        /// The usual lengths of words that people choose.
        const LENGTHS: core::ops::RangeInclusive<u8> = WordState::LEAST..=13;
        let mut draw = stand_in::draw(&stand_in::key(keyring)?, subject, &[WORD.as_bytes()]);
        let lengths: Vec<u8> = LENGTHS.collect();
        let mut letters = WordState::LEAST;
        for length in draw.choose(&lengths, 1)? {
            letters = length;
        }
        let mut cut = Cut::new();
        for _ in 0..letters {
            cut.push(NOBODYS_LETTER).map_err(refuse)?;
        }
        let state = WordState::begin(letters, &mut draw)?;
        Self::seal(cut.padded.as_slice(), state, subject, key)
    }

    /// Checks the letters that were asked for: accepted, wrong, or exhausted. It takes the same time whichever are wrong, and
    /// wherever they stand in the word.
    ///
    /// After right letters, the next state asks for others, and is sealed under the root that writes.
    ///
    /// The letters count as heard if a person of the host listens on the channel, right or wrong. A customer who gives
    /// two right letters and a wrong one has revealed two. In the end the same three are given rightly.
    ///
    /// # Errors
    /// Corrupt, if the word does not open: under another key, or for another subject. Store, if the system gives no
    /// randomness.
    pub fn check(
        &self,
        letters: &WordLetters,
        subject: &Subject,
        key: &WordKey,
        channel: Channel,
    ) -> Result<Transition<Verdict, Self>, Error> {
        let opened = self.open(subject, key)?;
        let right = letters.are_of(&opened, &self.state);
        let mut next = self.clone();
        next.state.expose(channel);
        let verdict = match right {
            _ if self.is_exhausted() => Verdict::Exhausted,
            true => Verdict::Accepted,
            false => Verdict::Wrong,
        };
        if verdict == Verdict::Accepted {
            next.state.draw_anew(&mut System)?;
            if let Some(moved) = next.resealed(subject, key)? {
                next = moved;
            }
        }
        Ok(Transition::to(next, verdict))
    }

    /// Checks that the word opens under this key, for this subject.
    pub(crate) fn expect_openable(&self, subject: &Subject, key: &WordKey) -> Result<(), Error> {
        self.open(subject, key).map(drop)
    }

    /// Returns the letters that are asked for, as an agent's screen may show them.
    #[must_use]
    pub const fn prompt(&self) -> WordPrompt {
        self.state.prompt()
    }

    /// Returns how many letters the word has.
    #[must_use]
    pub const fn letters(&self) -> u8 {
        self.state.letters()
    }

    /// Returns how many of its letters people have heard, or may have. A letter counts if it was asked for when somebody tried on
    /// a channel where a person of the host listens.
    #[must_use]
    pub const fn exposed_letters(&self) -> u32 {
        self.state.exposed_letters()
    }

    /// Returns whether to ask for a new word soon: people have heard more than half of the letters.
    ///
    /// Of eight letters, somebody who has heard five knows all that are asked for in 10 of the 56 selections, about one in six.
    /// With four it is one in fourteen.
    #[must_use]
    pub fn is_renewal_due(&self) -> bool {
        self.exposed_letters().saturating_mul(2) > u32::from(self.letters())
    }

    /// Returns whether people have heard every letter. Nothing is accepted then.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.exposed_letters() >= u32::from(self.letters())
    }

    /// Returns the word sealed under the root that writes, if it is sealed under another one.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let word = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// let rotated = WordKey::new(&keyring.rotated_to(RootKey::generate(2)?)?, "bank")?;
    /// let moved = word.resealed(&maya, &rotated)?;
    /// assert!(moved.is_some_and(|moved| moved.resealed(&maya, &rotated).is_ok_and(|again| again.is_none())));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn resealed(&self, subject: &Subject, key: &WordKey) -> Result<Option<Self>, Error> {
        self.moved(subject.store_key(), key)
    }

    /// Returns the word as [`resealed`](Self::resealed), for the subject of a store key.
    pub(crate) fn moved(&self, store_key: &[u8; 32], key: &WordKey) -> Result<Option<Self>, Error> {
        if !key.cipher.needs_reseal(&self.sealed).map_err(about)? {
            return Ok(None);
        }
        let sealed = key
            .cipher
            .reseal(&place(store_key), &self.sealed)
            .map_err(about)?;
        let state = self.state.clone();
        Ok(Some(Self { sealed, state }))
    }

    /// Returns the id of the root that the word is sealed under.
    pub(crate) fn root(&self) -> Option<u32> {
        FieldCipher::key_id_of(&self.sealed)
    }

    fn seal(
        padded: &[u8],
        state: WordState,
        subject: &Subject,
        key: &WordKey,
    ) -> Result<Self, Error> {
        let sealed = key.cipher.seal(&place(subject.store_key()), padded)?;
        Ok(Self { sealed, state })
    }

    fn open(&self, subject: &Subject, key: &WordKey) -> Result<SecretBytes, Error> {
        key.cipher
            .open(&place(subject.store_key()), &self.sealed)
            .map_err(about)
    }
}

impl fmt::Debug for MemorableWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemorableWord(..)")
    }
}

encode_by!(MemorableWord, |this, encoder| {
    encoder.array(2)?.bytes(&this.sealed)?;
    encoder.encode(&this.state)?.ok()
});

impl<'b, C> Decode<'b, C> for MemorableWord {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        if decoder.array()? != Some(2) {
            return Err(decode::Error::message("a word has two parts"));
        }
        let sealed = decoder.bytes()?.to_vec();
        if sealed.len() != Self::PADDED.saturating_add(FieldCipher::OVERHEAD) {
            return Err(decode::Error::message("a sealed word has 141 bytes"));
        }
        let state = decoder.decode()?;
        Ok(Self { sealed, state })
    }
}

/// The key of memorable words. It opens them inside a check, and nowhere else.
///
/// Take it from another keyring than the account's, if the host has a second place for keys. A thief of one root then has only one
/// of the two.
#[derive(Clone)]
pub struct WordKey {
    cipher: FieldCipher,
}

impl WordKey {
    /// Derives the key for the words of a realm.
    ///
    /// # Errors
    /// Misuse, if the name of the realm is invalid, or if the ring does not hold the keys of the purpose `memorable word`.
    pub fn new(keyring: &Keyring, realm: &str) -> Result<Self, Error> {
        Ok(Self {
            cipher: FieldCipher::internal(keyring, realm, MEMORABLE_WORD)?,
        })
    }
}

impl fmt::Debug for WordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WordKey({:?})", self.cipher)
    }
}

/// A word that is cut into letters.
struct Cut {
    /// The bytes to seal.
    padded: Zeroizing<[u8; MemorableWord::PADDED]>,
    letters: u8,
    /// Bytes of text so far.
    length: usize,
}

impl Cut {
    fn new() -> Self {
        Self {
            padded: Zeroizing::new([0; MemorableWord::PADDED]),
            letters: 0,
            length: 0,
        }
    }

    /// Cuts a word that keeps the rules.
    fn of(text: &str) -> Result<Self, &'static str> {
        const NUMBER: &str = "must hold 8 to 24 letters or digits";
        canonical(text).map_err(Refused::rule)?;
        let mut cut = Self::new();
        let mut forms: Vec<Zeroizing<String>> = Vec::with_capacity(usize::from(WordState::MOST));
        for letter in text.graphemes(true) {
            // A space or punctuation has no form, and does not count.
            if let Ok(form) = canonical(letter) {
                if cut.letters >= WordState::MOST {
                    return Err(NUMBER);
                }
                cut.push(form.as_bytes())?;
                forms.push(form);
            }
        }
        if cut.letters < WordState::LEAST {
            return Err(NUMBER);
        }
        forms.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        forms.dedup_by(|a, b| ct_eq(a.as_bytes(), b.as_bytes()));
        if forms.len() < MemorableWord::LEAST_DIFFERENT {
            return Err("must hold five different letters");
        }
        Ok(cut)
    }

    /// Adds a letter.
    fn push(&mut self, letter: &[u8]) -> Result<(), &'static str> {
        let whole = self.length.saturating_add(letter.len());
        if letter.len() > WordLetters::BYTES || whole > WordLetters::TEXT {
            return Err("must need 56 bytes at most, and each of its letters 24");
        }
        let start = 1_u64.wrapping_shl(u32::try_from(self.length).unwrap_or(0));
        let (starts, text) = self
            .padded
            .split_at_mut(MemorableWord::PADDED.saturating_sub(WordLetters::TEXT));
        for (byte, bits) in starts.iter_mut().zip(start.to_be_bytes()) {
            *byte |= bits;
        }
        for (slot, byte) in text.iter_mut().skip(self.length).zip(letter) {
            *slot = *byte;
        }
        self.length = whole;
        self.letters = self.letters.saturating_add(1);
        Ok(())
    }

    /// The canonical form of the whole.
    fn form(&self) -> &str {
        let from = MemorableWord::PADDED.saturating_sub(WordLetters::TEXT);
        let text = self.padded.get(from..from.saturating_add(self.length));
        core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }
}

/// A control character: no canonical form holds one.
const NOBODYS_LETTER: &[u8] = b"\x01";

/// The place of a sealed word. It does not open elsewhere.
const fn place(store_key: &[u8; 32]) -> [&[u8]; 2] {
    [WORD.as_bytes(), store_key]
}

fn refuse(rule: &'static str) -> Error {
    Error::misuse("memorable word", rule)
}

fn about(error: Error) -> Error {
    error.about("the memorable word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_is_due_beyond_half_and_all_is_the_end() {
        for (letters, exposed, due, spent) in [
            (8, 0, false, false),
            (8, 4, false, false),
            (8, 5, true, false),
            (9, 4, false, false),
            (9, 5, true, false),
            (8, 7, true, false),
            (8, 8, true, true),
            (24, 24, true, true),
        ] {
            let state = WordState::of(
                letters,
                [0, 1, 2],
                u32::MAX >> (32_u32.saturating_sub(exposed).min(31))
                    & if exposed == 0 { 0 } else { u32::MAX },
            );
            let word = MemorableWord {
                sealed: Vec::new(),
                state,
            };
            assert_eq!(word.exposed_letters(), exposed);
            assert_eq!(
                (word.is_renewal_due(), word.is_exhausted()),
                (due, spent),
                "{exposed} of {letters}"
            );
        }
    }
}
