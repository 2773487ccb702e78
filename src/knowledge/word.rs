//! A memorable word, of which a few letters are asked at a time.

use core::fmt;

use minicbor::{Decode, Decoder, Encode, decode};
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use super::blocklist::AnswerBlocklist;
use super::word_state::WordState;
use crate::canonical::text::{Refused, canonical};
use crate::compare::{ct_eq, gather};
use crate::context::Context;
use crate::derivation::{MEMORABLE_WORD, WORD};
use crate::error::Error;
use crate::field::{FieldCipher, Keyring};
use crate::random::{Draw, System};
use crate::secret::SecretBytes;
use crate::stand_in;
use crate::subject::Subject;
use crate::transition::{Transition, Verdict};

/// A memorable word, sealed: of it three letters are asked at a time, so that nobody hears the whole.
///
/// # What it is worth
///
/// Little, and the types say so. Letters of a word can be compared one by one only if the word can be read: it is sealed
/// under a key of its own and opened inside the check alone, but whoever has the record and the key reads it, where
/// answers and passwords are hashed. Three letters of a word of some language are about ten bits, so one guess in a thousand
/// is right: it needs its budget. And an agent who takes many of a customer's calls puts the word together: so it is counted
/// which letters people have heard, a new word is [asked for](WordState::is_renewal_due) beyond half of them, and
/// [none is taken](WordState::is_spent) once they have heard all. Evidence from it is weak (SP 800-63-4 2.3.1).
///
/// # What a letter is
///
/// What its reader counts as one: `ß`, `é`, `กิ` and `क्ष` are one letter each (a grapheme cluster, UAX 29), and spaces and
/// punctuation are none. Letters are told apart in the canonical form of [`Answers`](crate::knowledge::Answers): case and accents
/// do not count. How the word was cut into letters is kept with it, so a later version of Unicode changes no
/// position.
///
/// # What is kept
///
/// One value of suite 1 (see [`field`](crate::field)), purpose `memorable word`, context `word` and the subject's store key,
/// over 64 bytes: 8 bytes of which bit `i` says that a letter begins at byte `i` of the text, big endian; then the
/// letters' canonical forms, filled up with zeros. Every word is as long as any other there.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{Channel, Context, Interaction, Subject, Timestamp, knowledge::{AnswerBlocklist, WordLetters}, transition::{CommitResult, Saved}};
/// use countersign::{knowledge::{MemorableWord, WordKey}, transition::Verdict};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let key = WordKey::new(&keyring, "bank")?;
/// let maya = Subject::new("bank", "C-1042")?;
/// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new().and_known("Maya Sari"), &maya, &key)?;
///
/// let said: Vec<String> = state.prompt().positions().iter()
///     .filter_map(|position| "NIGHTINGALE".chars().nth(usize::from(*position) - 1))
///     .map(String::from)
///     .collect();
/// let letters = WordLetters::typed(&said);
/// let call = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
/// let mut kept = state.clone();
/// let told = word.check(&state, &letters, &maya, &key, &call)?
///     .commit(|next| { kept = next.clone(); Saved::<()>::Stored }).unwrap();
/// assert!(matches!(told, CommitResult::Stored(Verdict::Accepted)));
/// assert_ne!(kept.prompt(), state.prompt(), "others are asked for next");
/// assert_eq!(kept.exposed_letters(), 3);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct MemorableWord {
    sealed: Vec<u8>,
}

impl MemorableWord {
    /// Bytes that a word is filled up to before it is sealed.
    const PADDED: usize = 64;
    /// Bytes of those for the letters.
    const TEXT: usize = 56;
    /// Fewer different letters than this make a word too easy to guess.
    const LEAST_DIFFERENT: usize = 5;

    /// Enrols a word for a subject, and draws the letters to ask for first.
    ///
    /// # Errors
    /// Misuse, if the word holds control, private-use or unassigned characters; if it has fewer than 8 letters, more
    /// than 24, or fewer than five different ones; if its letters need more than 56 bytes in canonical form; or if it is
    /// [guessable](AnswerBlocklist). The error names the rule, never the word. Store, if the system gives no randomness.
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
        guessable: &AnswerBlocklist,
        subject: &Subject,
        key: &WordKey,
    ) -> Result<(Self, WordState), Error> {
        let cut = Cut::of(text).map_err(refuse)?;
        let weak = guessable.weakness_of_word(cut.form());
        weak.map_or(Ok(()), |weak| Err(refuse(weak.rule())))?;
        let word = Self::seal(cut.padded.as_slice(), subject, key)?;
        Ok((word, WordState::begin(cut.letters, &mut System)?))
    }

    /// A word for a subject that does not exist or has none: the same letters are asked for whenever the name is the same
    /// (pitfall B12), and the check does the same work. No letters are ever right.
    ///
    /// # Errors
    /// Corrupt, if the keyring lacks its long-term secret; store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// let (_, state) = MemorableWord::for_unknown(&nobody, &keyring, &key)?;
    /// let (_, tomorrow) = MemorableWord::for_unknown(&nobody, &keyring, &key)?;
    /// assert_eq!(state, tomorrow);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn for_unknown(
        subject: &Subject,
        keyring: &Keyring,
        key: &WordKey,
    ) -> Result<(Self, WordState), Error> {
        /// Words people choose have about so many letters.
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
        Ok((Self::seal(cut.padded.as_slice(), subject, key)?, state))
    }

    /// Judges the letters that were asked for, all together. Takes the same time whichever are wrong, and wherever in the word
    /// they stand.
    ///
    /// Right letters lead to a state that asks for others. The letters that stand count as heard if the channel of `ctx` is
    /// one where a person of the host listens, rightly given or not: who gives two right ones and a wrong one has told
    /// two, and the same three will be told in the end.
    ///
    /// # Errors
    /// Corrupt, if the word does not open: under another key, or for another subject. Store, if the system gives no
    /// randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Channel, Context, Interaction, Subject, Timestamp, knowledge::{AnswerBlocklist, MemorableWord, WordKey, WordLetters}, transition::{CommitResult, Saved, Verdict}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// # let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// let call = Context::new(Timestamp::now()?, Channel::Keypad, Interaction::begin()?);
    /// let step = word.check(&state, &WordLetters::typed(&["x", "y", "z"]), &maya, &key, &call)?;
    /// let told = step.commit(|next| { assert_eq!(*next, state); Saved::<()>::Stored }).unwrap();
    /// assert!(matches!(told, CommitResult::Stored(Verdict::Wrong)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &WordState,
        letters: &WordLetters,
        subject: &Subject,
        key: &WordKey,
        ctx: &Context,
    ) -> Result<Transition<Verdict, WordState>, Error> {
        let right = letters.are_of(&self.open(subject, key)?, state);
        let mut next = state.clone();
        next.hear(ctx.channel());
        let verdict = match right {
            _ if state.is_spent() => Verdict::Exhausted,
            true => Verdict::Accepted,
            false => Verdict::Wrong,
        };
        if verdict == Verdict::Accepted {
            next.draw_anew(&mut System)?;
        }
        Ok(Transition::to(next, verdict))
    }

    /// The same word, sealed anew under the root that writes, if it is under another one.
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
    /// let (word, _) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// let rotated = WordKey::new(&keyring.rotated_to(RootKey::generate(2)?)?, "bank")?;
    /// let moved = word.resealed(&maya, &rotated)?;
    /// assert!(moved.is_some_and(|moved| moved.resealed(&maya, &rotated).is_ok_and(|again| again.is_none())));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn resealed(&self, subject: &Subject, key: &WordKey) -> Result<Option<Self>, Error> {
        if !key.cipher.needs_reseal(&self.sealed).map_err(about)? {
            return Ok(None);
        }
        let opened = self.open(subject, key)?;
        Self::seal(opened.expose_bytes(), subject, key).map(Some)
    }

    fn seal(padded: &[u8], subject: &Subject, key: &WordKey) -> Result<Self, Error> {
        let sealed = key.cipher.seal(&place(subject), padded)?;
        Ok(Self { sealed })
    }

    fn open(&self, subject: &Subject, key: &WordKey) -> Result<SecretBytes, Error> {
        key.cipher
            .open(&place(subject), &self.sealed)
            .map_err(about)
    }
}

impl fmt::Debug for MemorableWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(..)")
    }
}

impl<C> Encode<C> for MemorableWord {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.sealed)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for MemorableWord {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let sealed = decoder.bytes()?.to_vec();
        if sealed.len() != Self::PADDED.saturating_add(FieldCipher::OVERHEAD) {
            return Err(decode::Error::message("a sealed word has 141 bytes"));
        }
        Ok(Self { sealed })
    }
}

/// The key of memorable words: it opens them inside a check, and nowhere else.
///
/// Take it from a keyring of its own, if the host has a second place for keys: one root for both the record's seal and the
/// word's gives one thief both.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// # use countersign::knowledge::WordKey;
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let key = WordKey::new(&keyring, "bank")?;
/// assert_eq!(format!("{key:?}"), "WordKey(FieldCipher(bank, ..))");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct WordKey {
    cipher: FieldCipher,
}

impl WordKey {
    /// The key for the words of a realm.
    ///
    /// # Errors
    /// Misuse, if the realm is no realm's name, or if the ring does not hold the keys of the purpose `memorable word`.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::knowledge::WordKey;
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// assert!(WordKey::new(&keyring.limited_to(&["account"])?, "bank").is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
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

/// The letters that somebody gave, in the order they were asked for.
///
/// Each is brought into its canonical form at once. Letters go into a check, and nowhere else: they cannot be printed or
/// serialised, and are wiped when dropped. `Debug` shows how many there are.
///
/// ```
/// use countersign::knowledge::WordLetters;
/// assert_eq!(format!("{:?}", WordLetters::typed(&["N", "i", "g"])), "Letters(3)");
/// ```
///
/// ```compile_fail
/// println!("{}", countersign::knowledge::WordLetters::typed(&["a"]));
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// needs_serialize(&countersign::knowledge::WordLetters::typed(&["a"]));
/// ```
///
/// The same lines on what an agent's screen shows of a word, to show that nothing else stops them:
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// # let key = WordKey::new(&keyring, "bank")?;
/// # let maya = Subject::new("bank", "C-1042")?;
/// # let (_, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// println!("{}", state.prompt());
/// needs_serialize(&state.prompt());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct WordLetters {
    /// In canonical form, filled up with zeros; all zeros for what is no letter.
    each: [Zeroizing<[u8; Self::BYTES]>; WordState::ASKED],
    count: usize,
}

impl WordLetters {
    /// The most bytes of one letter's canonical form. A letter of more marks than that is no word's.
    const BYTES: usize = 24;

    /// The letters as they were typed or heard. It cannot fail: what is no letter is a wrong one, and is charged.
    ///
    /// ```
    /// # use countersign::knowledge::WordLetters;
    /// let letters = WordLetters::typed(&["क्ष", "ß", ""]);
    /// ```
    #[must_use]
    pub fn typed(letters: &[impl AsRef<str>]) -> Self {
        let mut typed = Self {
            each: core::array::from_fn(|_| Zeroizing::new([0; Self::BYTES])),
            count: letters.len(),
        };
        for (slot, letter) in typed.each.iter_mut().zip(letters) {
            let form = canonical(letter.as_ref()).ok();
            if let Some(form) = form.filter(|form| form.len() <= Self::BYTES) {
                slot.iter_mut()
                    .zip(form.bytes())
                    .for_each(|(slot, byte)| *slot = byte);
            }
        }
        typed
    }

    /// Whether these are the letters of an opened word that its state asks for.
    fn are_of(&self, opened: &SecretBytes, state: &WordState) -> bool {
        let Some((starts, text)) = opened.expose_bytes().split_first_chunk() else {
            return false;
        };
        let starts = u64::from_be_bytes(*starts);
        let mut right = (self.count == WordState::ASKED) & (text.len() == MemorableWord::TEXT);
        for (place, offered) in state.asked().into_iter().zip(&self.each) {
            let letter = gather::<{ Self::BYTES }>(text, starts, place);
            // A letter that the word does not have is zeros, like what is no letter: neither is right.
            let both_are_none = ct_eq(letter.as_slice(), &[0; Self::BYTES]);
            right &= ct_eq(letter.as_slice(), offered.as_slice()) & !both_are_none;
        }
        right
    }
}

impl fmt::Debug for WordLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letters({})", self.count)
    }
}

/// A word, cut into letters.
struct Cut {
    /// What is sealed.
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

    /// The letters of a word that keeps the rules.
    fn of(text: &str) -> Result<Self, &'static str> {
        const NUMBER: &str = "must hold 8 to 24 letters or digits";
        canonical(text).map_err(Refused::rule)?;
        let mut cut = Self::new();
        let mut forms: Vec<Zeroizing<String>> = Vec::with_capacity(usize::from(WordState::MOST));
        for letter in text.graphemes(true) {
            // What has no form is a space, or punctuation: nobody counts it.
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

    /// One more letter.
    fn push(&mut self, letter: &[u8]) -> Result<(), &'static str> {
        let whole = self.length.saturating_add(letter.len());
        if letter.len() > WordLetters::BYTES || whole > MemorableWord::TEXT {
            return Err("must need 56 bytes at most, and each of its letters 24");
        }
        let start = 1_u64.wrapping_shl(u32::try_from(self.length).unwrap_or(0));
        let (starts, text) = self
            .padded
            .split_at_mut(MemorableWord::PADDED.saturating_sub(MemorableWord::TEXT));
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
        let from = MemorableWord::PADDED.saturating_sub(MemorableWord::TEXT);
        let text = self.padded.get(from..from.saturating_add(self.length));
        core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }
}

/// A control character: no canonical form holds one.
const NOBODYS_LETTER: &[u8] = b"\x01";

/// What a sealed word must not be moved away from.
fn place(subject: &Subject) -> [&[u8]; 2] {
    [WORD.as_bytes(), subject.store_key()]
}

fn refuse(rule: &'static str) -> Error {
    Error::misuse("memorable word", rule)
}

fn about(error: Error) -> Error {
    error.about("the memorable word")
}
