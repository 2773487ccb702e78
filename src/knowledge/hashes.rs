//! The hashes of a subject's answers. They are checked together, with one verdict.
//!
//! A verdict for each answer would let an attacker guess one question at a time (pitfall B33). The number of Argon2id
//! computations is the same, whatever is missing or wrong (B11).

mod answer_hash;
mod bytes;
mod parameters;

use core::fmt;
use core::slice::from_mut;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use zeroize::Zeroizing;

use answer_hash::{AnswerHash, all_differ, bound};
use parameters::Parameters;

use super::answers::Answers;
use super::question::QuestionId;
use crate::compare::ct_eq;
use crate::derivation::PEPPER;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring};
use crate::hashing::{Cost, HashPermit, Tag, shared_out};
use crate::random::{Draw, System};
use crate::secret::SecretText;
use crate::transition::{Transition, Verdict};

/// The hashes of a subject's answers: for each a salt and an Argon2id tag, with a pepper that is not in the database.
///
/// A tag is bound to its question. Each hash keeps its own parameters: canonical form, cost and generation of the pepper.
/// The next right answer replaces a hash with outdated parameters, see [`check`](Self::check). `Debug` shows the questions
/// only.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::knowledge::{AnswerHashes, Answers, QuestionId};
/// use countersign::hashing::{Cost, HashPool};
///
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let stretch = HashPool::new(Cost::default(), 4)?;
/// let answers = Answers::new()
///     .and(QuestionId::new(3), "St. Mary’s")
///     .and(QuestionId::new(7), "Łódź");
/// if let Some(mut permit) = stretch.permit() {
///     let hashes = AnswerHashes::enrol(&answers, &keyring, stretch.cost(), &mut permit)?;
///     assert_eq!(format!("{hashes:?}"), "AnswerHashes(of [3, 7])");
/// }
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct AnswerHashes {
    each: Vec<AnswerHash>,
}

impl AnswerHashes {
    /// Hashes answers. This does not refuse answers that are easy to guess: enrol by
    /// [`Catalogue::enrol`](crate::knowledge::Catalogue::enrol), which does.
    ///
    /// # Errors
    /// Misuse, if there are no answers or more than 16, if a question is answered twice, or if two answers are the same.
    /// Also if an answer is longer than 256 bytes, holds control, private-use or unassigned characters, or has no letter and
    /// no digit. The error names the question and the rule. Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::knowledge::{AnswerHashes, Answers, QuestionId};
    /// # use countersign::hashing::{Cost, HashPool};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let answers = Answers::new().and(QuestionId::new(7), "...");
    /// let error = AnswerHashes::enrol(&answers, &keyring, Cost::default(), &mut permit).unwrap_err();
    /// assert_eq!(error.to_string(), "answer to question 7: must hold a letter or a digit");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        answers: &Answers,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let texts = answers.enrollable()?;
        let present = Present::new(keyring, cost)?;
        let mut each = Vec::with_capacity(texts.len());
        for (id, _) in &texts {
            each.push(AnswerHash::drawn(*id, present.parameters, &mut System)?);
        }
        let texts = texts.into_iter().map(|(_, text)| text);
        present.stretch(each.iter_mut().zip(texts).collect(), from_mut(permit))?;
        Ok(Self { each })
    }

    /// Draws hashes that no answer matches, in the shape of real ones.
    pub(crate) fn decoy(
        ids: &[QuestionId],
        cost: Cost,
        pepper: &DerivedKey,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        let parameters = Parameters::present(cost, pepper);
        let mut each = Vec::with_capacity(ids.len());
        for id in ids {
            each.push(AnswerHash::drawn(*id, parameters, draw)?);
        }
        Ok(Self { each })
    }

    /// Checks that the keyring has the peppers of the asked questions. Call it before a try is charged: a wrong key is not
    /// the caller's guess.
    pub(crate) fn expect_pepper(
        &self,
        asked: &[QuestionId],
        keyring: &Keyring,
    ) -> Result<(), Error> {
        let mut asked = asked.iter().filter_map(|id| self.asked(*id));
        asked.try_for_each(|one| one.parameters.pepper(keyring).map(drop))
    }

    /// The questions that can be asked.
    pub(crate) fn ids(&self) -> impl Iterator<Item = QuestionId> {
        self.each.iter().map(|one| one.id)
    }

    /// Checks answers as [`judge`](Self::judge) does: accepted or wrong. If all are right, the next state replaces the
    /// outdated hashes among those that were asked. Other hashes stay until their question is asked.
    ///
    /// A wrong verdict takes one computation for each question that is asked, whatever is wrong. Each replaced hash takes
    /// one more.
    ///
    /// # Errors
    /// As [`judge`](Self::judge). Misuse, if the cost is out of range or the keyring has no pepper. Store, if the system
    /// gives no randomness or no memory.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, knowledge::{AnswerHashes, Answers, QuestionId}, transition::{CommitResult, Saved, Verdict}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permits = HashPool::new(Cost::default(), 2)?.permits(2);
    /// let (first, second) = (QuestionId::new(3), QuestionId::new(7));
    /// let enrolled = Answers::new().and(first, "St. Mary’s").and(second, "Łódź");
    /// let mut hashes = AnswerHashes::enrol(&enrolled, &keyring, Cost::default(), &mut permits[0])?;
    ///
    /// let dearer = Cost::new(47_104, 1, 1)?;
    /// for (asked, given) in [(first, "st marys"), (second, "LODZ")] {
    ///     assert!(hashes.needs_rehash(&keyring, dearer)?);
    ///     let given = Answers::new().and(asked, given);
    ///     let step = hashes.check(&[asked], &given, &keyring, dearer, &mut permits)?;
    ///     let result = step.commit(|renewed| { hashes = renewed.clone(); Saved::<()>::Stored });
    ///     assert!(matches!(result, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// }
    /// assert!(!hashes.needs_rehash(&keyring, dearer)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        asked: &[QuestionId],
        given: &Answers,
        keyring: &Keyring,
        cost: Cost,
        permits: &mut [HashPermit],
    ) -> Result<Transition<Verdict, Self>, Error> {
        let present = Present::new(keyring, cost)?;
        if !self.judge(asked, given, keyring, permits)? {
            return Ok(Transition::unchanged(Verdict::Wrong));
        }
        self.renewed(given, &present, permits)
            .map(Transition::accepted)
    }

    /// Returns whether a right answer will replace its hash: one has another cost, an old pepper or an old canonical form.
    ///
    /// # Errors
    /// Misuse, if the cost is out of range or the keyring has no pepper.
    pub fn needs_rehash(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        let present = Present::new(keyring, cost)?;
        Ok(self.each.iter().any(|one| present.finds_old(one)))
    }

    /// Returns cost and generation of each hash.
    pub(crate) fn made_with(&self) -> impl Iterator<Item = (Cost, Option<u32>)> {
        let each = self.each.iter().map(|one| one.parameters);
        each.map(|parameters| (parameters.cost, Some(parameters.pepper)))
    }

    /// Returns whether every asked question is answered rightly, and nothing else is given. There is one verdict for all
    /// answers (pitfall B33).
    ///
    /// There is one computation for each asked question, at the cost of its hash, whatever is missing, wrong or not
    /// enrolled. Several permits share the computations among as many threads. One permit starts no thread. Count the try
    /// before this is called, as a [`Verifier`](crate::Verifier) does.
    ///
    /// # Errors
    /// Misuse, without a permit. Corrupt, if the keyring lacks a long-term secret of these hashes.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, knowledge::{AnswerHashes, Answers, QuestionId}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let stretch = HashPool::new(Cost::default(), 2)?;
    /// let asked = [QuestionId::new(3), QuestionId::new(7)];
    /// let enrolled = Answers::new().and(asked[0], "St. Mary’s").and(asked[1], "Łódź");
    /// let mut permits: Vec<_> = (0..2).filter_map(|_| stretch.permit()).collect();
    /// let hashes = AnswerHashes::enrol(&enrolled, &keyring, stretch.cost(), &mut permits[0])?;
    ///
    /// let given = Answers::new().and(asked[0], "st marys").and(asked[1], "LODZ");
    /// assert!(hashes.judge(&asked, &given, &keyring, &mut permits)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn judge(
        &self,
        asked: &[QuestionId],
        given: &Answers,
        keyring: &Keyring,
        permits: &mut [HashPermit],
    ) -> Result<bool, Error> {
        self.judge_with(asked, given, |guesses| {
            let mut peppered = Vec::with_capacity(guesses.len());
            for guess in guesses {
                peppered.push((guess, guess.one.parameters.pepper(keyring)?));
            }
            shared_out(&peppered, permits, |permit, (guess, pepper)| {
                guess.one.tag_of(&guess.text, pepper, permit)
            })
        })
    }

    fn judge_with(
        &self,
        asked: &[QuestionId],
        given: &Answers,
        compute: impl FnOnce(&[Guess<'_>]) -> Result<Vec<Tag>, Error>,
    ) -> Result<bool, Error> {
        let guesses: Vec<Guess<'_>> = asked
            .iter()
            .filter_map(|id| self.guess(*id, given))
            .collect();
        let tags = compute(&guesses)?;
        // If no question is asked twice and there are as many answers as questions, each answer belongs to an asked question.
        let mut right = !asked.is_empty()
            & all_differ(asked)
            & (given.count() == asked.len())
            & (guesses.len() == asked.len())
            & (guesses.len() == tags.len());
        for (guess, computed) in guesses.iter().zip(tags) {
            right &= ct_eq(computed.as_slice(), &guess.one.tag) & guess.is_whole;
        }
        Ok(right)
    }

    /// The computation for one question.
    fn guess(&self, id: QuestionId, given: &Answers) -> Option<Guess<'_>> {
        let one = self.asked(id)?;
        let text = given.to(id);
        Some(Guess {
            one,
            // No canonical form is empty. So nobody's answer matches the stand-in for a missing one.
            text: bound(id, text.map_or("", SecretText::expose_text)),
            is_whole: (one.id == id) & text.is_some(),
        })
    }

    /// The hash for a question. If it is not enrolled, another hash takes its place, and the work is the same.
    fn asked(&self, id: QuestionId) -> Option<&AnswerHash> {
        let enrolled = self.each.iter().find(|one| one.id == id);
        enrolled.or(self.each.first())
    }

    /// The hashes that replace these after right answers, if some are outdated.
    fn renewed(
        &self,
        right: &Answers,
        present: &Present,
        permits: &mut [HashPermit],
    ) -> Result<Option<Self>, Error> {
        let mut next = self.clone();
        let old = next.each.iter_mut().filter(|one| present.finds_old(one));
        let mut old: Vec<(&mut AnswerHash, &SecretText)> = old
            .filter_map(|one| right.to(one.id).map(|text| (one, text)))
            .collect();
        if old.is_empty() {
            return Ok(None);
        }
        for (one, _) in &mut old {
            **one = AnswerHash::drawn(one.id, present.parameters, &mut System)?;
        }
        present.stretch(old, permits)?;
        Ok(Some(next))
    }
}

/// The parameters and the pepper of new hashes.
struct Present {
    parameters: Parameters,
    pepper: DerivedKey,
}

impl Present {
    fn new(keyring: &Keyring, cost: Cost) -> Result<Self, Error> {
        cost.expect_allowed()?;
        let pepper = keyring.long_term_key(PEPPER)?;
        Ok(Self {
            parameters: Parameters::present(cost, &pepper),
            pepper,
        })
    }

    fn finds_old(&self, one: &AnswerHash) -> bool {
        one.parameters != self.parameters
    }

    /// Computes the tag of each answer.
    fn stretch(
        &self,
        mut each: Vec<(&mut AnswerHash, &SecretText)>,
        permits: &mut [HashPermit],
    ) -> Result<(), Error> {
        let tags = shared_out(&each, permits, |permit, (one, text)| {
            one.tag_of(&bound(one.id, text.expose_text()), &self.pepper, permit)
        })?;
        for ((one, _), computed) in each.iter_mut().zip(tags) {
            one.tag = *computed;
        }
        Ok(())
    }
}

/// One computation: its hash, and the bytes to hash.
struct Guess<'a> {
    one: &'a AnswerHash,
    text: Zeroizing<Vec<u8>>,
    /// Whether the question is enrolled and answered.
    is_whole: bool,
}

impl fmt::Debug for AnswerHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let questions: Vec<u16> = self.ids().map(QuestionId::number).collect();
        write!(f, "AnswerHashes(of {questions:?})")
    }
}

/// Writes the bytes of the format in `bytes.rs`.
impl<C> Encode<C> for AnswerHashes {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        bytes::write(&self.each, e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for AnswerHashes {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        bytes::read(d, ctx).map(|each| Self { each })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{LongTermSecret, RootKey};
    use crate::hashing::HashPool;
    use crate::random::Keyed;
    use ring::digest;

    const ASKED: [QuestionId; 2] = [QuestionId::new(1), QuestionId::new(3)];

    fn keyring() -> Keyring {
        Keyring::new(
            RootKey::from_bytes(1, [1; 32]).unwrap(),
            LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
        )
    }

    fn permit() -> HashPermit {
        HashPool::new(Cost::default(), 1).unwrap().permit().unwrap()
    }

    fn three() -> Answers {
        Answers::new()
            .and(QuestionId::new(1), "O'Brien ")
            .and(QuestionId::new(2), "Łódź")
            .and(QuestionId::new(3), "blue")
    }

    fn enrolled() -> AnswerHashes {
        AnswerHashes::enrol(&three(), &keyring(), Cost::default(), &mut permit()).unwrap()
    }

    /// Verifiers whose hash is cheap, with that hash.
    fn cheap() -> AnswerHashes {
        let mut hashes = AnswerHashes::decoy(
            &[QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)],
            Cost::default(),
            &keyring().long_term_key(PEPPER).unwrap(),
            &mut System,
        )
        .unwrap();
        let given = three();
        for (one, (id, form)) in hashes.each.iter_mut().zip(given.forms()) {
            let text = form.unwrap();
            one.tag = *digest_of(&one.salt, &bound(id, text.expose_text()));
        }
        hashes
    }

    fn digest_of(salt: &[u8; 16], text: &[u8]) -> Zeroizing<[u8; 32]> {
        let bytes = [salt.as_slice(), text].concat();
        let digest = digest::digest(&digest::SHA256, &bytes);
        Zeroizing::new(digest.as_ref().try_into().unwrap())
    }

    fn digests_of(guesses: &[Guess<'_>]) -> Vec<Tag> {
        let digest = |guess: &Guess<'_>| digest_of(&guess.one.salt, &guess.text);
        guesses.iter().map(digest).collect()
    }

    /// The verdict, and for how many texts a hash was asked.
    fn verdict(asked: &[QuestionId], given: &Answers) -> (bool, usize) {
        let mut computed = 0;
        let right = cheap()
            .judge_with(asked, given, |guesses| {
                computed = guesses.len();
                Ok(digests_of(guesses))
            })
            .unwrap();
        (right, computed)
    }

    fn to_first(text: &str) -> Answers {
        Answers::new().and(QuestionId::new(1), text)
    }

    #[test]
    fn b33_two_of_three_are_judged_together() {
        let (hashes, keyring, mut permit) = (enrolled(), keyring(), permit());
        let mut judge = |given: &Answers| {
            hashes
                .judge(&ASKED, given, &keyring, from_mut(&mut permit))
                .unwrap()
        };
        assert!(judge(&to_first("o’brien").and(QuestionId::new(3), "BLUE!")));
        assert!(judge(
            &Answers::new()
                .and(QuestionId::new(3), "Blue")
                .and(QuestionId::new(1), "OBrien")
        ));
        assert!(!judge(
            &to_first("O'Brien").and(QuestionId::new(3), "green")
        ));
        assert!(!judge(&to_first("Byrne").and(QuestionId::new(3), "blue")));
        assert!(
            !judge(&to_first("blue").and(QuestionId::new(3), "O'Brien")),
            "swapped"
        );
        assert!(!judge(&three()), "one more than was asked");
    }

    #[test]
    fn b11_the_work_and_the_verdict_hide_which_answer_was_wrong() {
        let right = to_first("O'Brien").and(QuestionId::new(3), "blue");
        assert_eq!(verdict(&ASKED, &right), (true, 2));
        let long = "x".repeat(257);
        for (what, given) in [
            ("nothing given", Answers::new()),
            (
                "first missing",
                Answers::new().and(QuestionId::new(3), "blue"),
            ),
            ("second missing", to_first("O'Brien")),
            (
                "first wrong",
                to_first("Byrne").and(QuestionId::new(3), "blue"),
            ),
            (
                "second wrong",
                to_first("O'Brien").and(QuestionId::new(3), "red"),
            ),
            (
                "both wrong",
                to_first("Byrne").and(QuestionId::new(3), "red"),
            ),
            ("empty", to_first("O'Brien").and(QuestionId::new(3), "")),
            (
                "too long",
                to_first("O'Brien").and(QuestionId::new(3), &long),
            ),
            (
                "unreadable",
                to_first("O'Brien").and(QuestionId::new(3), "bl\0ue"),
            ),
            (
                "another question",
                to_first("O'Brien").and(QuestionId::new(2), "Łódź"),
            ),
            (
                "one too many",
                right.clone().and(QuestionId::new(2), "Łódź"),
            ),
            (
                "not enrolled",
                right.clone().and(QuestionId::new(9), "blue"),
            ),
            (
                "twice, both right",
                right.clone().and(QuestionId::new(3), "blue"),
            ),
            (
                "twice, first right",
                right.clone().and(QuestionId::new(3), "red"),
            ),
            (
                "first twice",
                to_first("O'Brien").and(QuestionId::new(1), "O'Brien"),
            ),
        ] {
            assert_eq!(verdict(&ASKED, &given), (false, 2), "{what}");
        }
    }

    #[test]
    fn b11_the_work_is_that_of_the_questions_whatever_is_given() {
        let mut mixed = cheap();
        let dearer = Cost::new(47_104, 1, 1).unwrap();
        mixed.each[2].parameters.cost = dearer;
        let right = to_first("O'Brien").and(QuestionId::new(3), "blue");
        let work = |asked: &[QuestionId], given: &Answers| {
            let mut costs = Vec::new();
            let judged = mixed.judge_with(asked, given, |guesses| {
                costs.extend(guesses.iter().map(|guess| guess.one.parameters.cost));
                Ok(digests_of(guesses))
            });
            (judged.unwrap(), costs)
        };
        let both = vec![Cost::default(), dearer];
        assert_eq!(work(&ASKED, &right), (true, both.clone()));
        for given in [
            Answers::new(),
            to_first("O'Brien"),
            to_first("Byrne").and(QuestionId::new(3), "blue"),
            to_first("O'Brien").and(QuestionId::new(3), "red"),
            to_first("O'Brien").and(QuestionId::new(9), "blue"),
            three(),
        ] {
            assert_eq!(work(&ASKED, &given), (false, both.clone()), "{given:?}");
        }
        // AnswerHash that is not enrolled is as dear as the first.
        let strange = [QuestionId::new(9), QuestionId::new(3)];
        assert_eq!(work(&strange, &right), (false, both));
    }

    #[test]
    fn strange_questions_are_never_right() {
        let right = to_first("O'Brien");
        assert_eq!(verdict(&[], &Answers::new()), (false, 0), "none asked");
        assert_eq!(verdict(&[], &right), (false, 0));
        let nine = QuestionId::new(9);
        assert_eq!(
            verdict(&[nine], &Answers::new().and(nine, "blue")),
            (false, 1)
        );
        assert_eq!(verdict(&[nine], &Answers::new().and(nine, "")), (false, 1));
        let twice = [QuestionId::new(1), QuestionId::new(1)];
        assert_eq!(verdict(&twice, &right), (false, 2));
        assert_eq!(
            verdict(&twice, &right.clone().and(QuestionId::new(1), "OBrien")),
            (false, 2)
        );
        assert_eq!(
            verdict(&twice, &right.and(QuestionId::new(2), "unknown")),
            (false, 2)
        );
    }

    #[test]
    fn a_stand_in_for_a_missing_answer_is_nobodys() {
        // A tag of the stand-in itself, as a hostile database could hold it.
        let mut hashes = cheap();
        for one in &mut hashes.each {
            one.tag = *digest_of(&one.salt, &bound(one.id, ""));
        }
        for given in [Answers::new(), to_first("").and(QuestionId::new(3), "")] {
            let right = hashes.judge_with(&ASKED, &given, |guesses| Ok(digests_of(guesses)));
            assert!(!right.unwrap());
        }
        // And what takes the place of a question that is not enrolled is never right, even if its tag came out.
        let other = cheap().judge_with(
            &[QuestionId::new(9)],
            &Answers::new().and(QuestionId::new(9), "a"),
            |guesses| Ok(vec![Zeroizing::new(guesses[0].one.tag)]),
        );
        assert!(!other.unwrap());
        // Nor does a computation that comes back short leave anything unjudged.
        let right = to_first("O'Brien").and(QuestionId::new(3), "blue");
        let short = cheap().judge_with(&ASKED, &right, |guesses| Ok(digests_of(&guesses[..1])));
        assert!(!short.unwrap());
    }

    #[test]
    fn tags_are_bound_to_question_pepper_and_salt() {
        let (hashes, keyring, mut permit, mut spare) = (enrolled(), keyring(), permit(), permit());
        let given = to_first("O'Brien").and(QuestionId::new(3), "blue");
        let mut judge = |hashes: &AnswerHashes, keyring: &Keyring| {
            hashes.judge(&ASKED, &given, keyring, from_mut(&mut permit))
        };
        assert!(judge(&hashes, &keyring).unwrap());

        // Salt and tag of question 1 moved to question 3, answered as question 1 is.
        let mut moved = hashes.clone();
        moved.each[2].salt = moved.each[0].salt;
        moved.each[2].tag = moved.each[0].tag;
        let alike = to_first("O'Brien").and(QuestionId::new(3), "O'Brien");
        assert!(
            !moved
                .judge(&ASKED, &alike, &keyring, from_mut(&mut spare))
                .unwrap()
        );

        let mut salted = hashes.clone();
        salted.each[0].salt[15] ^= 1;
        assert!(!judge(&salted, &keyring).unwrap());

        let other = Keyring::new(
            RootKey::from_bytes(1, [1; 32]).unwrap(),
            LongTermSecret::from_bytes(2, [3; 32]).unwrap(),
        );
        assert!(
            judge(&hashes, &other).unwrap_err().is_corrupt(),
            "no such pepper"
        );
        let both = other
            .with_earlier_secret(LongTermSecret::from_bytes(1, [2; 32]).unwrap())
            .unwrap();
        assert!(
            judge(&hashes, &both).unwrap(),
            "an earlier pepper is still read"
        );
    }

    #[test]
    fn permits_share_the_work_and_change_nothing() {
        let (hashes, keyring) = (enrolled(), keyring());
        let asked = [1, 2, 3].map(QuestionId::new);
        let first = |text| Answers::new().and(QuestionId::new(1), text);
        let others = |given: Answers, text| given.and(asked[1], "Lodz").and(asked[2], text);
        let stretch = HashPool::new(Cost::default(), 5).unwrap();
        for permits in 1..=5 {
            let mut permits: Vec<HashPermit> =
                (0..permits).filter_map(|_| stretch.permit()).collect();
            let mut judge = |given: &Answers| hashes.judge(&asked, given, &keyring, &mut permits);
            assert!(judge(&others(first("obrien"), "blue")).unwrap());
            assert!(
                !judge(&others(first("Byrne"), "blue")).unwrap(),
                "the first"
            );
            assert!(!judge(&others(first("obrien"), "red")).unwrap(), "the last");
        }
        let none = hashes.judge(&asked, &three(), &keyring, &mut []);
        assert_eq!(
            none.unwrap_err().to_string(),
            "permits: must be one or more"
        );
    }

    #[test]
    fn h02_salts_are_fresh_and_sizes_are_those_of_rfc_9106() {
        let (first, second) = (enrolled(), enrolled());
        let mut salts: Vec<[u8; 16]> = first
            .each
            .iter()
            .chain(&second.each)
            .map(|one| one.salt)
            .collect();
        salts.sort_unstable();
        salts.dedup();
        assert_eq!(salts.len(), 6, "a salt was used twice");
        let tags: Vec<[u8; 32]> = first.each.iter().map(|one| one.tag).collect();
        assert!(
            tags.iter()
                .all(|tag| second.each.iter().all(|one| one.tag != *tag))
        );
    }

    #[test]
    fn a_replaced_pepper_is_told_from_wrong_answers() {
        let other = Keyring::new(
            RootKey::from_bytes(1, [1; 32]).unwrap(),
            LongTermSecret::from_bytes(1, [77; 32]).unwrap(),
        );
        let asked = [QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)];
        let error = enrolled()
            .judge(&asked, &three(), &other, from_mut(&mut permit()))
            .unwrap_err();
        assert!(error.is_corrupt());
        assert_eq!(
            error.to_string(),
            "the hash cannot be opened: the long-term secret of generation 1 is another one"
        );
    }

    #[test]
    fn b12_decoys_have_the_shape_of_real_ones_and_repeat() {
        let key = crate::secret::MacKey::new(&[7; 32]);
        let decoy = |name: &[u8]| {
            let ids: Vec<QuestionId> = enrolled().ids().collect();
            let mut draw = Keyed::new(&key, &[name]);
            let pepper = keyring().long_term_key(PEPPER).unwrap();
            AnswerHashes::decoy(&ids, Cost::default(), &pepper, &mut draw).unwrap()
        };
        let bytes = |hashes: &AnswerHashes| minicbor::to_vec(hashes).unwrap();
        let unknown = decoy(b"C-1042");
        assert_eq!(bytes(&unknown).len(), bytes(&enrolled()).len());
        assert_eq!(bytes(&unknown), bytes(&decoy(b"C-1042")));
        assert_ne!(bytes(&unknown), bytes(&decoy(b"C-1043")));
        let given = to_first("O'Brien").and(QuestionId::new(3), "blue");
        assert!(
            !unknown
                .judge(&ASKED, &given, &keyring(), from_mut(&mut permit()))
                .unwrap()
        );
    }
}
