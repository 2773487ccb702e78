//! Answers as they were given, and the verifiers they are judged by: all together, with one verdict.
//!
//! A verdict for each answer would let a guesser take the questions one by one (pitfall B33), so there is none, and as
//! many Argon2id computations are made whatever is missing or wrong (B11).

use core::fmt;

use minicbor::{Decode, Decoder, Encode, decode};
use zeroize::Zeroizing;

use super::question::{Question, QuestionId, Unfit};
use crate::canonical::text::{self as form, canonical};
use crate::compare::ct_eq;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring};
use crate::random::{Draw, System};
use crate::secret::SecretText;
use crate::stretch::{Cost, Permit, Stretch};

/// The answers to several questions, to be enrolled or judged together.
///
/// Each is brought into its canonical form at once, and the text as it was typed is not kept. Text
/// without such a form matches nothing at a check, and is refused at enrolment. `Debug` shows the questions only.
///
/// Answers go into a check, and nowhere else: there is no way to read, print or send one. An agent's screen is made of
/// [`Prompts`](crate::Prompts).
///
/// ```
/// use countersign::{Answers, QuestionId};
/// let answers = Answers::new()
///     .and(QuestionId::new(3), "St. Mary’s")
///     .and(QuestionId::new(7), "Łódź");
/// assert_eq!(format!("{answers:?}"), "Answers(to [3, 7])");
/// ```
///
/// It cannot be printed, serialised or taken apart:
///
/// ```compile_fail
/// println!("{}", countersign::Answers::new());
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// needs_serialize(&countersign::Answers::new());
/// ```
/// ```compile_fail
/// let first = countersign::Answers::new().each;
/// ```
///
/// The same lines on what an agent's screen is made of, to show that nothing else stops them:
///
/// ```
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// let catalogue = countersign::Catalogue::english();
/// let prompts = catalogue.prompts(&[countersign::QuestionId::new(1)])?;
/// println!("{prompts}");
/// needs_serialize(&prompts);
/// let first = prompts.each().next();
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// # The canonical form, version 1
///
/// Two answers are the same if their canonical forms are. The form is made so:
///
/// 1. An answer of more than 256 bytes is refused, and one with a control, private-use or unassigned character.
/// 2. Characters without a look of their own (joiners, direction marks, variation selectors) are dropped. The rest
///    is taken apart and folded to one letter case, twice, as for a compatibility caseless match (Unicode 3.13, D146).
/// 3. Marks go by the script of the letter under them. Latin and Greek letters, digits and Hebrew letters lose theirs;
///    ı, ł, đ, ð, ø, ħ, ŧ, æ, œ and þ become plain. Cyrillic ё becomes е, and й stays. Arabic loses vowel signs
///    and tatweel, and its alefs and yehs are one each. Every other script keeps its marks: there they are letters.
/// 4. Decimal digits of every script become ASCII; punctuation, symbols, white space and spelling apostrophes go,
///    with the marks upon them. What is left is composed (NFC).
/// 5. If nothing is left, the answer is refused.
///
/// So `O’Brien` is `o'brien` and `ISTANBUL` is `İstanbul`; but `Müller`, which is `muller`, is not `Mueller`.
#[derive(Clone, Default)]
pub struct Answers {
    each: Vec<(QuestionId, Result<SecretText, Unfit>)>,
}

impl Answers {
    /// No answers yet.
    ///
    /// ```
    /// assert_eq!(format!("{:?}", countersign::Answers::new()), "Answers(to [])");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and one more. It cannot fail, so that a strange answer at a check is a wrong one, and is charged.
    ///
    /// ```
    /// # use countersign::{Answers, QuestionId};
    /// let answers = Answers::new().and(QuestionId::new(7), "");
    /// ```
    #[must_use]
    pub fn and(mut self, question: QuestionId, text: &str) -> Self {
        let form = canonical(text).map(SecretText::from).map_err(Unfit::Text);
        self.each.push((question, form));
        self
    }

    /// The same and one more, of the kind that the question takes. It cannot fail either.
    ///
    /// ```
    /// use countersign::{Answers, DateOrder, Question, QuestionId};
    /// let born = Question::date(QuestionId::new(2), "When was your mother born?", DateOrder::DayMonthYear)?;
    /// let answers = Answers::new().and_to(&born, "1. 12. 1958");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn and_to(mut self, question: &Question, typed: &str) -> Self {
        self.each.push((question.id(), question.canonical(typed)));
        self
    }

    /// Each answer's canonical form, or why there is none.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (QuestionId, Result<&SecretText, Unfit>)> {
        self.each
            .iter()
            .map(|(id, form)| (*id, form.as_ref().map_err(|unfit| *unfit)))
    }

    fn to(&self, question: QuestionId) -> Option<&SecretText> {
        let (_, form) = self.each.iter().find(|(id, _)| *id == question)?;
        form.as_ref().ok()
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let questions: Vec<u16> = self.each.iter().map(|(id, _)| id.number()).collect();
        write!(f, "Answers(to {questions:?})")
    }
}

/// What is stored of a subject's answers: for each a salt and an Argon2id tag, with a pepper that is not in the database.
///
/// The tags are bound to their questions. `Debug` shows the questions only.
///
/// ```
/// use countersign::field::{Keyring, Root, StandingSecret};
/// use countersign::{Answers, QuestionId, Verifiers};
/// use countersign::{Cost, Stretch};
///
/// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
/// let stretch = Stretch::new(Cost::default(), 4)?;
/// let answers = Answers::new()
///     .and(QuestionId::new(3), "St. Mary’s")
///     .and(QuestionId::new(7), "Łódź");
/// if let Some(mut permit) = stretch.permit() {
///     let verifiers = Verifiers::enrol(&answers, &keyring, stretch.cost(), &mut permit)?;
///     assert_eq!(format!("{verifiers:?}"), "Verifiers(of [3, 7])");
/// }
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Encode)]
#[cbor(array)]
pub struct Verifiers {
    /// The version of the canonical form.
    #[n(0)]
    form: u8,
    #[n(1)]
    cost: Cost,
    /// The generation of the pepper.
    #[n(2)]
    pepper: u32,
    /// What tells a wrong pepper from wrong answers.
    #[n(3)]
    check_value: u32,
    #[n(4)]
    each: Vec<One>,
}

#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct One {
    #[n(0)]
    id: QuestionId,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; Stretch::SALT],
    #[cbor(n(2), with = "minicbor::bytes")]
    tag: [u8; Stretch::TAG],
}

impl Verifiers {
    /// The purpose of the key that answers are stretched with.
    pub(crate) const PEPPER: &str = "pepper";
    /// More questions than this are not enrolled for one subject.
    pub const MAX_QUESTIONS: usize = 16;

    /// The verifiers of these answers. Whether they are easy to guess is not asked here: enrol by a
    /// [`Catalogue`](crate::Catalogue::enrol), which refuses weak ones.
    ///
    /// # Errors
    /// Misuse, if there are no answers or more than 16; if a question is answered twice, or two questions alike; if an
    /// answer is longer than 256 bytes, holds control, private-use or unassigned characters, or has no letter and no
    /// digit. The error names the question and the rule. Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// # use countersign::{Answers, QuestionId, Verifiers};
    /// # use countersign::{Cost, Stretch};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// # let mut permit = Stretch::new(Cost::default(), 1)?.permit().expect("free");
    /// let answers = Answers::new().and(QuestionId::new(7), "...");
    /// let error = Verifiers::enrol(&answers, &keyring, Cost::default(), &mut permit).unwrap_err();
    /// assert_eq!(error.to_string(), "answer to question 7: must hold a letter or a digit");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        answers: &Answers,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut Permit,
    ) -> Result<Self, Error> {
        let texts = enrollable(answers)?;
        if !cost.is_allowed() {
            return Err(Error::misuse(
                "Argon2id cost",
                "must lie in the allowed range",
            ));
        }
        let pepper = keyring.lasting(Self::PEPPER)?;
        let mut verifiers = Self::decoy(&ids(&texts), cost, &pepper, &mut System)?;
        for (one, (id, text)) in verifiers.each.iter_mut().zip(texts) {
            one.tag = *permit.hash(cost, pepper.expose_bytes(), &one.salt, &bound(id, text))?;
        }
        Ok(verifiers)
    }

    /// Verifiers that no answer matches, of the same shape as real ones, with salts and tags as they are drawn.
    pub(crate) fn decoy(
        ids: &[QuestionId],
        cost: Cost,
        pepper: &DerivedKey,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        let mut each = Vec::with_capacity(ids.len());
        for id in ids {
            let mut one = One {
                id: *id,
                salt: [0; Stretch::SALT],
                tag: [0; Stretch::TAG],
            };
            draw.fill(&mut one.salt)?;
            draw.fill(&mut one.tag)?;
            each.push(one);
        }
        Ok(Self {
            form: form::VERSION,
            cost,
            pepper: pepper.number(),
            check_value: pepper.check_value(),
            each,
        })
    }

    /// The pepper these were made with. A standing secret that was replaced under its old generation is an error: with it
    /// every answer would be wrong, and the customer locked out.
    pub(crate) fn pepper(&self, keyring: &Keyring) -> Result<DerivedKey, Error> {
        let pepper = keyring.lasting_of(Self::PEPPER, self.pepper)?;
        if pepper.check_value() == self.check_value {
            return Ok(pepper);
        }
        let why = format!(
            "the standing secret of generation {} is another one",
            self.pepper
        );
        Err(Error::corrupt("the verifier", why))
    }

    /// The questions that can be asked.
    pub(crate) fn ids(&self) -> impl Iterator<Item = QuestionId> {
        self.each.iter().map(|one| one.id)
    }

    /// Whether everything that was asked is answered rightly, and nothing else was given: one verdict for all answers
    /// (pitfall B33).
    ///
    /// There are as many computations as questions asked, whatever is missing, wrong or not enrolled. Several permits
    /// share them out among as many threads; with one there is no thread. Count the attempt before this is called: an
    /// [`Account`](crate::Account) does.
    ///
    /// # Errors
    /// Misuse, without a permit; corrupt, if the keyring lacks the standing secret that the answers were enrolled with.
    ///
    /// ```
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// # use countersign::{Answers, Cost, QuestionId, Stretch, Verifiers};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// # let stretch = Stretch::new(Cost::default(), 2)?;
    /// let asked = [QuestionId::new(3), QuestionId::new(7)];
    /// let enrolled = Answers::new().and(asked[0], "St. Mary’s").and(asked[1], "Łódź");
    /// let mut permits: Vec<_> = (0..2).filter_map(|_| stretch.permit()).collect();
    /// let verifiers = Verifiers::enrol(&enrolled, &keyring, stretch.cost(), &mut permits[0])?;
    ///
    /// let given = Answers::new().and(asked[0], "st marys").and(asked[1], "LODZ");
    /// assert!(verifiers.judge(&asked, &given, &keyring, &mut permits)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn judge(
        &self,
        asked: &[QuestionId],
        given: &Answers,
        keyring: &Keyring,
        permits: &mut [Permit],
    ) -> Result<bool, Error> {
        let pepper = self.pepper(keyring)?;
        let hash = |permit: &mut Permit, guess: &Guess<'_>| {
            permit.hash(self.cost, pepper.expose_bytes(), guess.salt, &guess.text)
        };
        self.judge_with(asked, given, |guesses| shared_out(guesses, permits, hash))
    }

    fn judge_with(
        &self,
        asked: &[QuestionId],
        given: &Answers,
        compute: impl FnOnce(&[Guess<'_>]) -> Result<Vec<Tag>, Error>,
    ) -> Result<bool, Error> {
        let guesses: Vec<Guess<'_>> = asked.iter().map(|id| self.guess(*id, given)).collect();
        let tags = compute(&guesses)?;
        // With no question asked twice and as many answers as questions, each answer is to a question that was asked.
        let mut right = !asked.is_empty()
            & all_differ(asked)
            & (given.each.len() == asked.len())
            & (guesses.len() == tags.len());
        for (guess, computed) in guesses.iter().zip(tags) {
            right &= ct_eq(computed.as_slice(), guess.tag) & guess.is_whole;
        }
        Ok(right)
    }

    /// What is to be computed for one question, and compared.
    fn guess(&self, id: QuestionId, given: &Answers) -> Guess<'_> {
        let text = given.to(id);
        let stored = self.each.iter().find(|one| one.id == id);
        let (salt, tag) = stored.map_or((&[0; Stretch::SALT], &[0; Stretch::TAG]), |one| {
            (&one.salt, &one.tag)
        });
        Guess {
            salt,
            tag,
            // No canonical form is empty, so the stand-in for a missing answer is nobody's answer.
            text: bound(id, text.map_or("", SecretText::expose_text)),
            is_whole: stored.is_some() & text.is_some(),
        }
    }
}

type Tag = Zeroizing<[u8; Stretch::TAG]>;

/// One computation: what is stretched with which salt, and what should come out.
struct Guess<'a> {
    salt: &'a [u8; Stretch::SALT],
    tag: &'a [u8; Stretch::TAG],
    text: Zeroizing<Vec<u8>>,
    /// Whether there are both an answer and an enrolment.
    is_whole: bool,
}

/// Hashes everything, a share for each permit, each further share on a thread of its own.
fn shared_out<G: Sync>(
    guesses: &[G],
    permits: &mut [Permit],
    hash: impl Fn(&mut Permit, &G) -> Result<Tag, Error> + Sync,
) -> Result<Vec<Tag>, Error> {
    let shares = permits.len();
    let Some((own, others)) = permits.split_first_mut() else {
        return Err(Error::misuse("permits", "must be one or more"));
    };
    let hash = |permit: &mut Permit, share: &[G]| -> Result<Vec<Tag>, Error> {
        share.iter().map(|guess| hash(permit, guess)).collect()
    };
    let mut share = guesses.chunks(guesses.len().div_ceil(shares).max(1));
    let first = share.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let begun: Vec<_> = share
            .zip(others)
            .map(|(share, permit)| {
                std::thread::Builder::new()
                    .spawn_scoped(scope, || hash(permit, share))
                    .map_err(|_| share)
            })
            .collect();
        let mut tags = hash(own, first)?;
        for thread in begun {
            let share = match thread {
                Ok(thread) => thread
                    .join()
                    .map_err(|_| Error::outside("the computation of an answer"))?,
                // The system gives no thread: it takes longer.
                Err(share) => hash(own, share),
            };
            tags.extend(share?);
        }
        Ok(tags)
    })
}

impl fmt::Debug for Verifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let questions: Vec<u16> = self.ids().map(QuestionId::number).collect();
        write!(f, "Verifiers(of {questions:?})")
    }
}

impl<'b, C> Decode<'b, C> for Verifiers {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let refused = |why| Err(decode::Error::message(why));
        if d.array()? != Some(5) {
            return refused("verifiers have five parts");
        }
        let verifiers = Self {
            form: d.u8()?,
            cost: Cost::decode(d, ctx)?,
            pepper: d.u32()?,
            check_value: d.u32()?,
            each: Vec::decode(d, ctx)?,
        };
        let ids: Vec<QuestionId> = verifiers.ids().collect();
        if verifiers.form != form::VERSION {
            return refused("unknown canonical form");
        }
        if !verifiers.cost.is_allowed() {
            return refused("Argon2id cost out of range");
        }
        if !(1..=Self::MAX_QUESTIONS).contains(&ids.len()) || !all_differ(&ids) {
            return refused("not 1 to 16 different questions");
        }
        Ok(verifiers)
    }
}

/// The answers, if the rules allow to enrol them.
fn enrollable(answers: &Answers) -> Result<Vec<(QuestionId, &str)>, Error> {
    if !(1..=Verifiers::MAX_QUESTIONS).contains(&answers.each.len()) {
        return Err(Error::misuse("answers", "must be 1 to 16"));
    }
    let mut texts: Vec<(QuestionId, &str)> = Vec::with_capacity(answers.each.len());
    for (id, form) in &answers.each {
        let field = || format!("answer to question {}", id.number());
        let text = form
            .as_ref()
            .map_err(|refused| Error::misuse(field(), refused.rule()))?
            .expose_text();
        for (other, known) in &texts {
            if other == id {
                return Err(Error::misuse(field(), "must be given once"));
            }
            if ct_eq(known.as_bytes(), text.as_bytes()) {
                let rule = format!("must not be the answer to question {} too", other.number());
                return Err(Error::misuse(field(), rule));
            }
        }
        texts.push((*id, text));
    }
    Ok(texts)
}

fn ids(texts: &[(QuestionId, &str)]) -> Vec<QuestionId> {
    texts.iter().map(|(id, _)| *id).collect()
}

/// What is stretched: the question, then the answer. A tag is worth nothing under another question.
fn bound(id: QuestionId, text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().saturating_add(2)));
    bytes.extend_from_slice(&id.number().to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn all_differ(ids: &[QuestionId]) -> bool {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() == ids.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Root, StandingSecret};
    use crate::random::Keyed;
    use core::slice::from_mut;
    use ring::{digest, hmac};

    const ASKED: [QuestionId; 2] = [QuestionId::new(1), QuestionId::new(3)];

    fn keyring() -> Keyring {
        Keyring::new(
            Root::from_bytes(1, [1; 32]).unwrap(),
            StandingSecret::from_bytes(1, [2; 32]).unwrap(),
        )
    }

    fn permit() -> Permit {
        Stretch::new(Cost::default(), 1).unwrap().permit().unwrap()
    }

    fn three() -> Answers {
        Answers::new()
            .and(QuestionId::new(1), "O'Brien ")
            .and(QuestionId::new(2), "Łódź")
            .and(QuestionId::new(3), "blue")
    }

    fn enrolled() -> Verifiers {
        Verifiers::enrol(&three(), &keyring(), Cost::default(), &mut permit()).unwrap()
    }

    /// Verifiers whose hash is cheap, with that hash.
    fn cheap() -> Verifiers {
        let mut verifiers = Verifiers::decoy(
            &[QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)],
            Cost::default(),
            &keyring().lasting(Verifiers::PEPPER).unwrap(),
            &mut System,
        )
        .unwrap();
        for (one, (id, form)) in verifiers.each.iter_mut().zip(three().each) {
            let text = form.unwrap();
            one.tag = *digest_of(&one.salt, &bound(id, text.expose_text()));
        }
        verifiers
    }

    fn digest_of(salt: &[u8; 16], text: &[u8]) -> Zeroizing<[u8; 32]> {
        let bytes = [salt.as_slice(), text].concat();
        let digest = digest::digest(&digest::SHA256, &bytes);
        Zeroizing::new(digest.as_ref().try_into().unwrap())
    }

    fn digests_of(guesses: &[Guess<'_>]) -> Vec<Tag> {
        let digest = |guess: &Guess<'_>| digest_of(guess.salt, &guess.text);
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
        let (verifiers, keyring, mut permit) = (enrolled(), keyring(), permit());
        let mut judge = |given: &Answers| {
            verifiers
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
        let mut verifiers = cheap();
        for one in &mut verifiers.each {
            one.tag = *digest_of(&one.salt, &bound(one.id, ""));
        }
        for given in [Answers::new(), to_first("").and(QuestionId::new(3), "")] {
            let right = verifiers.judge_with(&ASKED, &given, |guesses| Ok(digests_of(guesses)));
            assert!(!right.unwrap());
        }
        // And for questions that are not enrolled the dummy tag is none, whatever it is compared with.
        let zero = cheap().judge_with(
            &[QuestionId::new(9)],
            &Answers::new().and(QuestionId::new(9), "a"),
            |_| Ok(vec![Zeroizing::new([0; 32])]),
        );
        assert!(!zero.unwrap());
        // Nor does a computation that comes back short leave anything unjudged.
        let right = to_first("O'Brien").and(QuestionId::new(3), "blue");
        let short = cheap().judge_with(&ASKED, &right, |guesses| Ok(digests_of(&guesses[..1])));
        assert!(!short.unwrap());
    }

    #[test]
    fn tags_are_bound_to_question_pepper_and_salt() {
        let (verifiers, keyring, mut permit, mut spare) =
            (enrolled(), keyring(), permit(), permit());
        let given = to_first("O'Brien").and(QuestionId::new(3), "blue");
        let mut judge = |verifiers: &Verifiers, keyring: &Keyring| {
            verifiers.judge(&ASKED, &given, keyring, from_mut(&mut permit))
        };
        assert!(judge(&verifiers, &keyring).unwrap());

        // Salt and tag of question 1 moved to question 3, answered as question 1 is.
        let mut moved = verifiers.clone();
        moved.each[2].salt = moved.each[0].salt;
        moved.each[2].tag = moved.each[0].tag;
        let alike = to_first("O'Brien").and(QuestionId::new(3), "O'Brien");
        assert!(
            !moved
                .judge(&ASKED, &alike, &keyring, from_mut(&mut spare))
                .unwrap()
        );

        let mut salted = verifiers.clone();
        salted.each[0].salt[15] ^= 1;
        assert!(!judge(&salted, &keyring).unwrap());

        let other = Keyring::new(
            Root::from_bytes(1, [1; 32]).unwrap(),
            StandingSecret::from_bytes(2, [3; 32]).unwrap(),
        );
        assert!(
            judge(&verifiers, &other).unwrap_err().is_corrupt(),
            "no such pepper"
        );
        let both = other
            .and_standing(StandingSecret::from_bytes(1, [2; 32]).unwrap())
            .unwrap();
        assert!(
            judge(&verifiers, &both).unwrap(),
            "an earlier pepper is still read"
        );
    }

    #[test]
    fn permits_share_the_work_and_change_nothing() {
        let (verifiers, keyring) = (enrolled(), keyring());
        let asked = [1, 2, 3].map(QuestionId::new);
        let first = |text| Answers::new().and(QuestionId::new(1), text);
        let others = |given: Answers, text| given.and(asked[1], "Lodz").and(asked[2], text);
        let stretch = Stretch::new(Cost::default(), 5).unwrap();
        for permits in 1..=5 {
            let mut permits: Vec<Permit> = (0..permits).filter_map(|_| stretch.permit()).collect();
            let mut judge =
                |given: &Answers| verifiers.judge(&asked, given, &keyring, &mut permits);
            assert!(judge(&others(first("obrien"), "blue")).unwrap());
            assert!(
                !judge(&others(first("Byrne"), "blue")).unwrap(),
                "the first"
            );
            assert!(!judge(&others(first("obrien"), "red")).unwrap(), "the last");
        }
        let none = verifiers.judge(&asked, &three(), &keyring, &mut []);
        assert_eq!(
            none.unwrap_err().to_string(),
            "permits: must be one or more"
        );
    }

    #[test]
    fn every_guess_is_hashed_once_and_in_its_place() {
        let stretch = Stretch::new(Cost::default(), 4).unwrap();
        let mut permits: Vec<Permit> = (0..4).filter_map(|_| stretch.permit()).collect();
        for (count, permits_taken) in
            (0..=9_u8).flat_map(|count| (1..=4).map(move |most| (count, most)))
        {
            let guesses: Vec<u8> = (0..count).collect();
            let seen = std::sync::Mutex::new(std::collections::HashSet::new());
            let tags = shared_out(&guesses, &mut permits[..permits_taken], |_, guess| {
                seen.lock().unwrap().insert(std::thread::current().id());
                Ok(Zeroizing::new([*guess; 32]))
            });
            let tags: Vec<u8> = tags.unwrap().iter().map(|tag| tag[0]).collect();
            assert_eq!(tags, guesses);
            assert!(seen.into_inner().unwrap().len() <= permits_taken);
        }
        let failing = shared_out(&[1, 2, 3], &mut permits, |_, guess| match guess {
            3 => Err(Error::outside("the third")),
            _ => Ok(Zeroizing::new([0; 32])),
        });
        assert!(failing.is_err(), "an error on a thread is an error");
    }

    #[test]
    fn h2_salts_are_fresh_and_sizes_are_those_of_rfc_9106() {
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
            Root::from_bytes(1, [1; 32]).unwrap(),
            StandingSecret::from_bytes(1, [77; 32]).unwrap(),
        );
        let asked = [QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)];
        let error = enrolled()
            .judge(&asked, &three(), &other, from_mut(&mut permit()))
            .unwrap_err();
        assert!(error.is_corrupt());
        assert_eq!(
            error.to_string(),
            "the verifier cannot be opened: the standing secret of generation 1 is another one"
        );
    }

    #[test]
    fn b12_decoys_have_the_shape_of_real_ones_and_repeat() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let decoy = |name: &[u8]| {
            let ids: Vec<QuestionId> = enrolled().ids().collect();
            let mut draw = Keyed::new(&key, name);
            let pepper = keyring().lasting(Verifiers::PEPPER).unwrap();
            Verifiers::decoy(&ids, Cost::default(), &pepper, &mut draw).unwrap()
        };
        let bytes = |verifiers: &Verifiers| minicbor::to_vec(verifiers).unwrap();
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
