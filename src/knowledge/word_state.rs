//! What is kept of a memorable word beside it: which letters are asked, and which ones people have heard.

use core::fmt;

use minicbor::{Decode, Decoder, Encode, decode};
use serde::Serialize;

use crate::cbor;
use crate::context::Channel;
use crate::error::Error;
use crate::random::Draw;

/// Which letters of a memorable word are asked for next, and which ones people have heard.
///
/// The letters stand until they have been given rightly (pitfall B28): not for a wrong try, and not for a lock, are others
/// drawn, or a guesser could wait for letters that are known. They are three different ones, every three as likely as any
/// other, but never the same three twice in a row.
///
/// Nine bytes of CBOR, whatever happens. Keep it where the word is kept, under one compare-and-swap.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// # let key = WordKey::new(&keyring, "bank")?;
/// let maya = Subject::new("bank", "C-1042")?;
/// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
/// assert_eq!(state.letters(), 11);
/// assert_eq!(state.prompt().positions().len(), 3);
/// assert_eq!(state.exposed_letters(), 0);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordState {
    /// How many letters the word has.
    letters: u8,
    /// Counted from zero, each larger than the one before.
    asked: [u8; Self::ASKED],
    /// One bit for each letter, the first letter's the lowest.
    heard: u32,
}

impl WordState {
    /// How many letters are asked for.
    pub const ASKED: usize = 3;
    /// The fewest letters a word may have.
    pub(crate) const LEAST: u8 = 8;
    /// The most letters: nobody counts further.
    pub(crate) const MOST: u8 = 24;

    /// A word of so many letters, of which nobody has heard any.
    pub(crate) fn begin(letters: u8, draw: &mut impl Draw) -> Result<Self, Error> {
        let mut state = Self {
            letters,
            asked: [0; Self::ASKED],
            heard: 0,
        };
        state.draw_anew(draw)?;
        Ok(state)
    }

    /// What to ask for, as an agent's screen may show it.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// println!("Please tell me the {} of your memorable word.", state.prompt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn prompt(&self) -> WordPrompt {
        WordPrompt {
            positions: self.asked.map(|place| place.saturating_add(1)),
        }
    }

    /// How many letters the word has.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let (word, state) = MemorableWord::enrol("Weiße Brücke", &AnswerBlocklist::new(), &maya, &key)?;
    /// assert_eq!(state.letters(), 11, "spaces are not counted, and ß is one letter");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn letters(&self) -> u8 {
        self.letters
    }

    /// How many of its letters people have heard, or may have: each one that was asked for when somebody tried on a channel
    /// where a person of the host listens.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Channel, Context, Interaction, Subject, Timestamp, knowledge::{AnswerBlocklist, MemorableWord, WordKey, WordLetters}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// # let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// let call = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let step = word.check(&state, &WordLetters::typed(&["x", "y", "z"]), &maya, &key, &call)?;
    /// step.commit(|next| { assert_eq!(next.exposed_letters(), 3); countersign::transition::Saved::<()>::Stored }).unwrap();
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn exposed_letters(&self) -> u32 {
        self.heard.count_ones()
    }

    /// Whether the word is to be replaced soon: people have heard more than half of its letters.
    ///
    /// One who has heard five letters of eight is asked for nothing but those in 10 of the 56 selections, so about every sixth
    /// time; with four of eight it is every fourteenth.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// assert!(!state.is_renewal_due());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn is_renewal_due(&self) -> bool {
        self.exposed_letters().saturating_mul(2) > u32::from(self.letters)
    }

    /// Whether the word shows nothing any more: people have heard each of its letters. Nothing is accepted then.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// assert!(!state.is_spent());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.exposed_letters() >= u32::from(self.letters)
    }

    pub(crate) const fn asked(&self) -> [u8; Self::ASKED] {
        self.asked
    }

    /// Notes that the letters that stand were told on this channel.
    pub(crate) fn hear(&mut self, channel: Channel) {
        let is_heard_by_a_person = match channel {
            Channel::Agent | Channel::Counter => true,
            Channel::Keypad | Channel::Chat | Channel::Device => false,
        };
        if is_heard_by_a_person {
            self.heard = self.asked.iter().fold(self.heard, |heard, place| {
                heard | 1_u32.wrapping_shl(u32::from(*place))
            });
        }
    }

    /// Draws the letters of the next check: three others, or two others, or one other at least.
    pub(crate) fn draw_anew(&mut self, draw: &mut impl Draw) -> Result<(), Error> {
        let places: Vec<u8> = (0..self.letters).collect();
        loop {
            let drawn = draw.choose(&places, Self::ASKED)?;
            let drawn = <[u8; Self::ASKED]>::try_from(drawn)
                .map_err(|_| Error::misuse("memorable word", TOO_FEW))?;
            if drawn != self.asked {
                self.asked = drawn;
                return Ok(());
            }
        }
    }
}

const TOO_FEW: &str = "has fewer letters than are asked for";

impl<C> Encode<C> for WordState {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let [first, second, third] = self.asked;
        let [a, b, c, d] = self.heard.to_be_bytes();
        encoder
            .bytes(&[self.letters, first, second, third, a, b, c, d])?
            .ok()
    }
}

impl<'b, C> Decode<'b, C> for WordState {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let refused = |why| decode::Error::message(why);
        let [letters, first, second, third, heard @ ..] = cbor::fixed::<8>(decoder)?;
        let heard = u32::from_be_bytes(heard);
        if !(Self::LEAST..=Self::MOST).contains(&letters) {
            return Err(refused("a word has 8 to 24 letters"));
        }
        if !(first < second && second < third && third < letters) {
            return Err(refused("not three different letters of the word"));
        }
        if heard.wrapping_shr(u32::from(letters)) != 0 {
            return Err(refused("letters were heard that the word has not"));
        }
        Ok(Self {
            letters,
            asked: [first, second, third],
            heard,
        })
    }
}

/// Which letters are asked for, as an agent's screen may show it. As JSON: `{"positions":[2,5,11]}`.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// # let key = WordKey::new(&keyring, "bank")?;
/// # let maya = Subject::new("bank", "C-1042")?;
/// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
/// assert!(state.prompt().to_string().ends_with(" letters"));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WordPrompt {
    positions: [u8; WordState::ASKED],
}

impl WordPrompt {
    /// The positions, counted from one, for a prompt in another language than English.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{Subject, knowledge::{AnswerBlocklist, MemorableWord, WordKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let key = WordKey::new(&keyring, "bank")?;
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let (word, state) = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &maya, &key)?;
    /// assert!(state.prompt().positions().iter().all(|position| (1..=11).contains(position)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn positions(&self) -> [u8; WordState::ASKED] {
        self.positions
    }
}

impl fmt::Display for WordPrompt {
    /// In English: `2nd, 5th and 11th letters`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = self.positions.map(Ordinal);
        write!(f, "{first}, {second} and {third} letters")
    }
}

/// `1st`, `2nd`, `3rd`, `4th` ..
struct Ordinal(u8);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = match self.0 {
            11..=13 => "th",
            number => match number % 10 {
                1 => "st",
                2 => "nd",
                3 => "rd",
                _ => "th",
            },
        };
        write!(f, "{}{ending}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::System;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn state(letters: u8, asked: [u8; 3], heard: u32) -> WordState {
        WordState {
            letters,
            asked,
            heard,
        }
    }

    #[test]
    fn letters_are_named_by_their_ordinals() {
        let prompt = |asked| state(24, asked, 0).prompt().to_string();
        assert_eq!(prompt([0, 1, 2]), "1st, 2nd and 3rd letters");
        assert_eq!(prompt([3, 10, 11]), "4th, 11th and 12th letters");
        assert_eq!(prompt([12, 20, 21]), "13th, 21st and 22nd letters");
        assert_eq!(prompt([7, 22, 23]), "8th, 23rd and 24th letters");
    }

    #[test]
    fn b28_every_three_letters_come_and_never_the_same_three_twice_running() {
        let mut state = WordState::begin(8, &mut System).unwrap();
        let mut seen = BTreeMap::new();
        // 56 selections, 200 of each expected: chi-square with 55 degrees of freedom, 120 is a chance below one in a million.
        for _ in 0..11_200 {
            let before = state.asked;
            state.draw_anew(&mut System).unwrap();
            assert_ne!(before, state.asked);
            assert!(state.asked.is_sorted_by(|a, b| a < b) && state.asked[2] < 8);
            *seen.entry(state.asked).or_insert(0_u32) += 1;
        }
        assert_eq!(seen.len(), 56);
        let chi: f64 = seen
            .values()
            .map(|n| (f64::from(*n) - 200.0).powi(2) / 200.0)
            .sum();
        assert!(chi < 120.0, "chi-square {chi}");
    }

    #[test]
    fn only_what_people_hear_is_counted() {
        for (channel, heard) in [
            (Channel::Agent, 3),
            (Channel::Counter, 3),
            (Channel::Keypad, 0),
            (Channel::Chat, 0),
            (Channel::Device, 0),
        ] {
            let mut state = state(8, [1, 4, 7], 0);
            state.hear(channel);
            assert_eq!(state.exposed_letters(), heard, "{channel:?}");
        }
        let mut twice = state(8, [1, 4, 7], 0b10);
        twice.hear(Channel::Agent);
        assert_eq!(
            twice.heard, 0b1001_0010,
            "a letter heard twice is one letter"
        );
    }

    #[test]
    fn renewal_is_due_beyond_half_and_all_is_the_end() {
        for (letters, heard, due, spent) in [
            (8, 0, false, false),
            (8, 4, false, false),
            (8, 5, true, false),
            (9, 4, false, false),
            (9, 5, true, false),
            (8, 7, true, false),
            (8, 8, true, true),
            (24, 24, true, true),
        ] {
            let state = state(
                letters,
                [0, 1, 2],
                u32::MAX >> (32_u32.saturating_sub(heard).min(31))
                    & if heard == 0 { 0 } else { u32::MAX },
            );
            assert_eq!(state.exposed_letters(), heard);
            assert_eq!(
                (state.is_renewal_due(), state.is_spent()),
                (due, spent),
                "{heard} of {letters}"
            );
        }
    }

    #[test]
    fn b31_b40_every_state_has_nine_bytes_and_hostile_ones_are_refused() {
        let whole = minicbor::to_vec(state(24, [0, 11, 23], 0xff_ffff)).unwrap();
        let fresh = minicbor::to_vec(state(8, [0, 1, 2], 0)).unwrap();
        assert_eq!((whole.len(), fresh.len()), (9, 9));
        let opens = |bytes: [u8; 8]| {
            let bytes = minicbor::to_vec(minicbor::bytes::ByteArray::from(bytes)).unwrap();
            decode::<WordState>(&bytes).is_ok()
        };
        assert!(opens([8, 0, 1, 2, 0, 0, 0, 0xff]));
        for (what, bytes) in [
            ("too few letters", [7, 0, 1, 2, 0, 0, 0, 0]),
            ("too many letters", [25, 0, 1, 2, 0, 0, 0, 0]),
            ("a letter twice", [8, 1, 1, 2, 0, 0, 0, 0]),
            ("out of order", [8, 2, 1, 3, 0, 0, 0, 0]),
            ("behind the end", [8, 0, 1, 8, 0, 0, 0, 0]),
            ("heard behind the end", [8, 0, 1, 2, 0, 0, 1, 0]),
        ] {
            assert!(!opens(bytes), "{what}");
        }
        for length in 0..whole.len() {
            assert!(decode::<WordState>(&whole[..length]).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_opens_as_it_was(letters in 8_u8..=24, channels in prop::collection::vec(any::<bool>(), 0..40)) {
            let mut state = WordState::begin(letters, &mut System).unwrap();
            for heard in channels {
                let before = state.heard;
                state.hear(if heard { Channel::Agent } else { Channel::Keypad });
                prop_assert_eq!(state.heard & before, before, "what was heard stays heard");
                state.draw_anew(&mut System).unwrap();
                let again: WordState = decode(&minicbor::to_vec(&state).unwrap()).unwrap();
                prop_assert_eq!(&again, &state);
            }
        }
    }
}
