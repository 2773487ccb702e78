//! The state of a memorable word: the letters that are asked for, and those that people have heard.

use core::fmt;

use minicbor::{Decode, Decoder, decode};
use serde::Serialize;

use crate::cbor;
use crate::cbor::encode_by;
use crate::context::Channel;
use crate::error::Error;
use crate::random::Draw;

/// The letters of a memorable word that are asked for next, and those that people have heard. It has nine bytes of CBOR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WordState {
    /// The number of letters.
    letters: u8,
    /// Positions, counted from zero, in ascending order.
    asked: [u8; Self::ASKED],
    /// The letters that people have heard: one bit each, the lowest for the first letter.
    exposed: u32,
}

impl WordState {
    /// How many letters are asked for.
    pub(super) const ASKED: usize = 3;
    /// The fewest letters of a word.
    pub(super) const LEAST: u8 = 8;
    /// The most letters of a word. Nobody counts further.
    pub(super) const MOST: u8 = 24;

    /// The state of a word of so many letters, of which nobody has heard any.
    pub(super) fn begin(letters: u8, draw: &mut impl Draw) -> Result<Self, Error> {
        let mut state = Self {
            letters,
            asked: [0; Self::ASKED],
            exposed: 0,
        };
        state.draw_anew(draw)?;
        Ok(state)
    }

    #[cfg(test)]
    pub(super) const fn of(letters: u8, asked: [u8; Self::ASKED], exposed: u32) -> Self {
        Self {
            letters,
            asked,
            exposed,
        }
    }

    pub(super) const fn prompt(&self) -> WordPrompt {
        let [first, second, third] = self.asked;
        WordPrompt {
            positions: [
                first.saturating_add(1),
                second.saturating_add(1),
                third.saturating_add(1),
            ],
        }
    }

    pub(super) const fn letters(&self) -> u8 {
        self.letters
    }

    pub(super) const fn exposed_letters(&self) -> u32 {
        self.exposed.count_ones()
    }

    pub(super) const fn asked(&self) -> [u8; Self::ASKED] {
        self.asked
    }

    /// Notes that the letters that are asked for were given on this channel.
    pub(super) fn expose(&mut self, channel: Channel) {
        let is_heard_by_a_person = match channel {
            Channel::Agent | Channel::Counter => true,
            Channel::Keypad | Channel::Chat | Channel::Device | Channel::Web => false,
        };
        if is_heard_by_a_person {
            self.exposed = self.asked.iter().fold(self.exposed, |exposed, place| {
                exposed | 1_u32.wrapping_shl(u32::from(*place))
            });
        }
    }

    /// Draws the letters of the next check. At least one of them is another.
    pub(super) fn draw_anew(&mut self, draw: &mut impl Draw) -> Result<(), Error> {
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

encode_by!(WordState, |this, encoder| {
    let [first, second, third] = this.asked;
    let [a, b, c, d] = this.exposed.to_be_bytes();
    encoder
        .bytes(&[this.letters, first, second, third, a, b, c, d])?
        .ok()
});

impl<'b, C> Decode<'b, C> for WordState {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let refused = |why| decode::Error::message(why);
        let [letters, first, second, third, exposed @ ..] = cbor::fixed::<8>(decoder)?;
        let exposed = u32::from_be_bytes(exposed);
        if !(Self::LEAST..=Self::MOST).contains(&letters) {
            return Err(refused("a word has 8 to 24 letters"));
        }
        if !(first < second && second < third && third < letters) {
            return Err(refused("not three different letters of the word"));
        }
        if exposed.wrapping_shr(u32::from(letters)) != 0 {
            return Err(refused("letters were heard that the word has not"));
        }
        Ok(Self {
            letters,
            asked: [first, second, third],
            exposed,
        })
    }
}

/// The letters that are asked for, as an agent's screen may show them. As JSON: `{"positions":[2,5,11]}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WordPrompt {
    positions: [u8; WordState::ASKED],
}

impl WordPrompt {
    /// Returns the positions, counted from one, for a prompt in another language than English.
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

    #[test]
    fn letters_are_named_by_their_ordinals() {
        let prompt = |asked| WordState::of(24, asked, 0).prompt().to_string();
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
            let mut state = WordState::of(8, [1, 4, 7], 0);
            state.expose(channel);
            assert_eq!(state.exposed_letters(), heard, "{channel:?}");
        }
        let mut twice = WordState::of(8, [1, 4, 7], 0b10);
        twice.expose(Channel::Agent);
        assert_eq!(
            twice.exposed, 0b1001_0010,
            "a letter heard twice is one letter"
        );
    }

    #[test]
    fn b31_b40_every_state_has_nine_bytes_and_hostile_ones_are_refused() {
        let whole = minicbor::to_vec(WordState::of(24, [0, 11, 23], 0xff_ffff)).unwrap();
        let fresh = minicbor::to_vec(WordState::of(8, [0, 1, 2], 0)).unwrap();
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
                let before = state.exposed;
                state.expose(if heard { Channel::Agent } else { Channel::Keypad });
                prop_assert_eq!(state.exposed & before, before, "what was heard stays heard");
                state.draw_anew(&mut System).unwrap();
                let again: WordState = decode(&minicbor::to_vec(&state).unwrap()).unwrap();
                prop_assert_eq!(&again, &state);
            }
        }
    }
}
