//! The host's questions: which exist, how many are asked, and which come next.

use super::answers::Answers;
use super::blocklist::AnswerBlocklist;
use super::hashes::AnswerHashes;
use super::prompts::Prompt;
use super::question::{Question, QuestionId, field};
use crate::canonical::DateOrder;
use crate::compare::ct_eq;
use crate::derivation::QUESTIONS;
use crate::error::Error;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPermit};
use crate::random::{self, Draw, Keyed};
use crate::secret::MacKey;
use crate::stand_in;
use crate::subject::Subject;
use core::fmt;

/// The questions of a host, and how many of a subject's are asked in one check.
///
/// The asked questions are drawn, always with the [required](Question::required) ones. They are drawn again only after they
/// were answered rightly (pitfall B28). A wrong answer or a lock draws no others. For a second language, make a second
/// catalogue with the same numbers and kinds.
///
/// Every check asks as many questions as the catalogue says. A question that is [retired](Question::retired), or that left
/// the catalogue, gives way to another enrolled one, even if it was drawn before. It is asked only if too few others are
/// enrolled. A subject who enrolled before the number was raised is asked all of its questions. Let such customers enrol
/// again.
///
/// ```
/// use countersign::{knowledge::{Catalogue, Question, QuestionId}, text::DateOrder};
/// let catalogue = Catalogue::new(2, [
///     Question::text(QuestionId::new(1), "Wie hieß Ihre erste Schule?")?,
///     Question::date(QuestionId::new(2), "Wann wurde Ihre Mutter geboren? (Tag Monat Jahr)", DateOrder::DayMonthYear)?,
///     Question::digits(QuestionId::new(3), "Die letzten vier Ziffern Ihrer ersten Telefonnummer?", 4)?.required(),
/// ])?;
/// assert_eq!(format!("{catalogue:?}"), "Catalogue(2 of [1, 2, 3])");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Catalogue {
    asked: u8,
    questions: Vec<Question>,
}

impl Catalogue {
    /// The most questions of a catalogue.
    pub const MAX_QUESTIONS: usize = 64;

    /// Makes a catalogue of which `asked` questions are asked in one check.
    ///
    /// # Errors
    /// Misuse, if there are no questions or more than 64, or if a number comes twice. Also if `asked` is zero, above 16,
    /// above the number of questions that are not retired, or below the number of required ones.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, Question, QuestionId};
    /// let one = Question::text(QuestionId::new(1), "Your first school?")?;
    /// assert!(Catalogue::new(2, [one.clone()]).is_err());
    /// assert!(Catalogue::new(1, [one.clone(), one]).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(asked: u8, questions: impl IntoIterator<Item = Question>) -> Result<Self, Error> {
        let questions: Vec<Question> = questions.into_iter().collect();
        if !(1..=Self::MAX_QUESTIONS).contains(&questions.len()) {
            return Err(Error::misuse("catalogue", "must hold 1 to 64 questions"));
        }
        for (place, question) in questions.iter().enumerate() {
            if questions
                .iter()
                .skip(place)
                .filter(|other| other.id() == question.id())
                .count()
                > 1
            {
                return Err(Error::misuse(
                    field(question.id()),
                    "must stand in the catalogue once",
                ));
            }
        }
        let in_use = questions.iter().filter(|question| !question.is_retired());
        let most = in_use.count().min(Answers::MAX_QUESTIONS);
        let required = questions
            .iter()
            .filter(|question| question.is_required())
            .count();
        if !(required.max(1)..=most).contains(&usize::from(asked)) {
            return Err(Error::misuse(
                "questions asked",
                "must be 1 to 16, all that are required, and no more than the catalogue holds that are not retired",
            ));
        }
        Ok(Self { asked, questions })
    }

    /// Makes a catalogue of ten questions in English, of which three are asked. Questions of your own are better: many a
    /// social network answers these.
    ///
    /// ```
    /// let catalogue = countersign::knowledge::Catalogue::english();
    /// assert_eq!(catalogue.questions().len(), 10);
    /// assert_eq!(catalogue.asked(), 3);
    /// ```
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a test builds it")]
    pub fn english() -> Self {
        let catalogue = english();
        #[expect(
            clippy::expect_used,
            reason = "it is the same every time, and a test builds it"
        )]
        catalogue.expect("the catalogue of the library keeps its own rules")
    }

    /// Returns the questions.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Returns how many questions are asked in one check.
    #[must_use]
    pub const fn asked(&self) -> u8 {
        self.asked
    }

    /// Returns the numbers of the questions.
    pub fn ids(&self) -> impl Iterator<Item = QuestionId> {
        self.questions.iter().map(Question::id)
    }

    /// Returns the question of this number.
    #[must_use]
    pub fn question(&self, id: QuestionId) -> Option<&Question> {
        self.questions.iter().find(|question| question.id() == id)
    }

    /// Returns the prompts of these questions, for an agent's screen.
    ///
    /// # Errors
    /// Misuse, if one of them is not in the catalogue. Keep a question that subjects still have enrolled in the catalogue,
    /// as [retired](Question::retired).
    pub fn prompts(&self, asked: &[QuestionId]) -> Result<Vec<Prompt>, Error> {
        let wording = |id: &QuestionId| {
            let rule = "is not in the catalogue: keep its wording there, as `Question::retired`";
            self.question(*id)
                .ok_or_else(|| Error::misuse(field(*id), rule))
        };
        let prompts = asked.iter().map(|id| wording(id).map(Prompt::of));
        prompts.collect()
    }

    /// Adds an answer of the kind that its question takes. If the question is not in the catalogue, the answers hold one too
    /// many. They are then wrong as a whole, and charged.
    #[must_use]
    pub fn answer(&self, answers: Answers, question: QuestionId, typed: &str) -> Answers {
        match self.question(question) {
            Some(question) => answers.and_to(question, typed),
            None => answers.and(question, typed),
        }
    }

    /// Hashes a subject's answers, if none of them is weak.
    ///
    /// # Errors
    /// Misuse, if a question is not in the catalogue or retired, or was not answered by its kind (see [`Answers::and_to`]).
    /// Also if a required one is missing, if fewer are answered than are asked, or if an answer is [weak](AnswerBlocklist).
    /// Else as [`AnswerHashes::enrol`]. The error names the question and the rule, never the answer. Store, if the system
    /// gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// use countersign::{hashing::{Cost, HashPool}, knowledge::{AnswerBlocklist, Answers, Catalogue, Question, QuestionId}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let pet = Question::text(QuestionId::new(1), "What was the name of your first pet?")?;
    /// let catalogue = Catalogue::new(1, [pet.clone()])?;
    /// let stretch = HashPool::new(Cost::default(), 1)?;
    /// if let Some(mut permit) = stretch.permit() {
    ///     let mut enrol = |typed| {
    ///         let answers = Answers::new().and_to(&pet, typed);
    ///         let known = AnswerBlocklist::new().and_known("Maya Sari");
    ///         catalogue.enrol(&answers, &known, &keyring, stretch.cost(), &mut permit)
    ///     };
    ///     assert_eq!(enrol("Rex").unwrap_err().to_string(), "answer to question 1: must not be a common answer");
    ///     assert_eq!(enrol("first pet").unwrap_err().to_string(), "answer to question 1: must not be words of the question");
    ///     assert!(enrol("Sari").is_err() && enrol("Pickwick").is_ok());
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        &self,
        answers: &Answers,
        blocklist: &AnswerBlocklist,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<AnswerHashes, Error> {
        self.expect_strong(answers, blocklist)?;
        AnswerHashes::enrol(answers, keyring, cost, permit)
    }

    /// Draws the questions to ask a subject first, and again after each success: as many as the catalogue asks. Store them
    /// with the hashes. They stay until they are answered rightly.
    ///
    /// Required questions are always among them. A [retired](Question::retired) question, or one that left the catalogue, is
    /// drawn only if too few others are enrolled.
    ///
    /// # Errors
    /// Misuse, if fewer answers are enrolled than are asked. Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, knowledge::{AnswerBlocklist, Answers, Catalogue, QuestionId}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let stretch = HashPool::new(Cost::default(), 1)?;
    /// # let mut permit = stretch.permit().expect("free");
    /// let catalogue = Catalogue::english();
    /// let typed = ["Hillcrest", "Bandung", "Pak Budi", "Jalan Anggrek"];
    /// let answers = catalogue.ids().zip(typed).fold(Answers::new(), |all, (id, typed)| catalogue.answer(all, id, typed));
    /// let hashes = catalogue.enrol(&answers, &AnswerBlocklist::new(), &keyring, stretch.cost(), &mut permit)?;
    /// assert_eq!(catalogue.draw(&hashes)?.len(), 3);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn draw(&self, hashes: &AnswerHashes) -> Result<Vec<QuestionId>, Error> {
        let drawn = self.redraw(hashes)?;
        if drawn.len() < usize::from(self.asked) {
            let rule = format!("must be as many as are asked: {}; enrol again", self.asked);
            return Err(Error::misuse("answers", rule));
        }
        Ok(drawn)
    }

    /// Draws again. A subject who enrolled before more were asked is asked all of its questions.
    pub(crate) fn redraw(&self, hashes: &AnswerHashes) -> Result<Vec<QuestionId>, Error> {
        let key = MacKey::new(&random::array::<32>()?);
        self.select(&[], hashes, &key)
    }

    /// Draws the questions for a subject that does not exist. They are the same whenever the name is the same. Without the
    /// long-term secret, nobody can distinguish them from those of a subject that exists (pitfall B12).
    ///
    /// # Errors
    /// Corrupt, if the keyring lacks its long-term secret.
    pub fn for_unknown(
        &self,
        subject: &Subject,
        keyring: &Keyring,
    ) -> Result<Vec<QuestionId>, Error> {
        self.decoy(subject, &stand_in::key(keyring)?)
            .map(|(_, asked)| asked)
    }

    /// Draws the questions that a subject that does not exist would have enrolled, and those that it is asked. It has one
    /// more than is asked, if there are so many.
    pub(crate) fn decoy(
        &self,
        subject: &Subject,
        key: &MacKey,
    ) -> Result<(Vec<QuestionId>, Vec<QuestionId>), Error> {
        let name = stand_in::name(subject, &[QUESTIONS.as_bytes()]);
        let in_use = self
            .questions
            .iter()
            .filter(|question| !question.is_retired());
        let all: Vec<QuestionId> = in_use.map(Question::id).collect();
        let count = usize::from(self.asked).saturating_add(1);
        let (ranked, _) = self.ranked(&[], &all, key, &name)?;
        Ok((
            chosen(&all, &ranked, count.min(Answers::MAX_QUESTIONS)),
            chosen(&all, &ranked, usize::from(self.asked)),
        ))
    }

    /// The questions to ask, if those of `standing` were drawn before. They are fewer than are asked, if fewer are enrolled.
    ///
    /// Questions that stand are asked again, except for a retired one, which gives way to another. The key alone decides
    /// which one that is.
    pub(crate) fn select(
        &self,
        standing: &[QuestionId],
        hashes: &AnswerHashes,
        key: &MacKey,
    ) -> Result<Vec<QuestionId>, Error> {
        let enrolled: Vec<QuestionId> = hashes.ids().collect();
        self.first(
            standing,
            &enrolled,
            usize::from(self.asked),
            key,
            QUESTIONS.as_bytes(),
        )
    }

    /// So many of these questions, or all that stand and are in use if they are more. Those that stand come first, then the
    /// required ones, then others by chance, and retired ones last. The result has the order of `from`.
    fn first(
        &self,
        standing: &[QuestionId],
        from: &[QuestionId],
        count: usize,
        key: &MacKey,
        name: &[u8],
    ) -> Result<Vec<QuestionId>, Error> {
        let (ranked, stay) = self.ranked(standing, from, key, name)?;
        Ok(chosen(from, &ranked, count.max(stay)))
    }

    /// These questions in the order of asking, and how many of them stand and are in use.
    fn ranked(
        &self,
        standing: &[QuestionId],
        from: &[QuestionId],
        key: &MacKey,
        name: &[u8],
    ) -> Result<(Vec<QuestionId>, usize), Error> {
        let key = key.ready();
        let (mut ranked, mut stay) = (Vec::with_capacity(from.len()), 0_usize);
        // One draw for the questions whose numbers differ in the last two bits.
        let mut drawn: Option<(u16, [[u8; 8]; 4])> = None;
        for id in from {
            let question = self.question(*id);
            let in_use = question.is_some_and(|question| !question.is_retired());
            let stands = standing.contains(id);
            // By its number alone, so that a question that comes or goes moves no other.
            let four = id.number() >> 2;
            let chances = match drawn {
                Some((of, chances)) if of == four => chances,
                _ => {
                    let mut chances = [[0; 8]; 4];
                    Keyed::new(key.clone(), &[name, &four.to_be_bytes()])
                        .fill(chances.as_flattened_mut())?;
                    drawn = Some((four, chances));
                    chances
                }
            };
            let chance = chances.get(usize::from(id.number() & 3)).copied();
            stay = stay.saturating_add(usize::from(in_use && stands));
            let is_required = question.is_some_and(Question::is_required);
            let order = (!in_use, question.is_none(), !stands, !is_required, chance);
            ranked.push((order, *id));
        }
        ranked.sort_unstable();
        Ok((ranked.into_iter().map(|(_, id)| id).collect(), stay))
    }

    fn expect(&self, id: QuestionId) -> Result<&Question, Error> {
        self.question(id)
            .ok_or_else(|| Error::misuse(field(id), "is not in the catalogue"))
    }

    /// Refuses answers that an attacker could give.
    fn expect_strong(&self, answers: &Answers, blocklist: &AnswerBlocklist) -> Result<(), Error> {
        for (id, form) in answers.forms() {
            let question = self.expect(id)?;
            if question.is_retired() {
                let rule = "is retired: enrol another question";
                return Err(Error::misuse(field(id), rule));
            }
            let refuse = |rule| Error::misuse(format!("answer to {}", field(id)), rule);
            let form = form.map_err(|rule| refuse(rule.clone()))?;
            // A canonical form is its own: what is none of this kind was given as another.
            let own = question.canonical(form.expose_text());
            if !own
                .is_ok_and(|own| ct_eq(own.expose_text().as_bytes(), form.expose_text().as_bytes()))
            {
                return Err(refuse(
                    "must be given as the kind that its question takes".into(),
                ));
            }
            if let Some(weak) = blocklist.weakness(question, form) {
                return Err(refuse(weak.rule().into()));
            }
        }
        let given = |id: &QuestionId| answers.forms().any(|(other, _)| other == *id);
        let missing = self
            .questions
            .iter()
            .find(|question| question.is_required() && !given(&question.id()));
        if let Some(question) = missing {
            return Err(Error::misuse(
                format!("answer to {}", field(question.id())),
                "is required",
            ));
        }
        if answers.forms().count() < usize::from(self.asked) {
            let rule = format!("must be as many as are asked: {}", self.asked);
            return Err(Error::misuse("answers", rule));
        }
        Ok(())
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<u16> = self.ids().map(QuestionId::number).collect();
        write!(f, "Catalogue({} of {numbers:?})", self.asked)
    }
}

/// So many of the ranked ones, in the order of `from`.
fn chosen(from: &[QuestionId], ranked: &[QuestionId], count: usize) -> Vec<QuestionId> {
    let chosen = ranked.get(..count).unwrap_or(ranked);
    let is_chosen = |id: &QuestionId| chosen.contains(id);
    from.iter().copied().filter(is_chosen).collect()
}

/// Questions whose answers stay the same, are known to few people, and can be said aloud.
fn english() -> Result<Catalogue, Error> {
    let id = QuestionId::new;
    let opened = [
        ("branch", "In a branch"),
        ("telephone", "By telephone"),
        ("post", "By post"),
        ("website", "On the website"),
        ("app", "In the app"),
        ("partner", "Through a partner"),
    ];
    Catalogue::new(
        3,
        [
            Question::text(id(1), "Which was the first school you went to?")?,
            Question::text(id(2), "In which town or village did your parents meet?")?,
            Question::text(id(3), "What was the surname of the teacher you liked best?")?,
            Question::text(id(4), "In which street did you live when you were ten?")?,
            Question::text(id(5), "Who gave you your first paid work?")?,
            Question::text(id(6), "What did your family call you when you were small?")?,
            Question::text(id(7), "Which was the first concert or match you went to?")?,
            Question::date(
                id(8),
                "On which day was your eldest brother, sister or cousin born? (day, month, year)",
                DateOrder::DayMonthYear,
            )?,
            Question::digits(
                id(9),
                "What are the last four digits of the first telephone number you remember?",
                4,
            )?,
            Question::choice(
                id(10),
                "How did you open your first account with us?",
                &opened,
            )?,
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// For every catalogue, every enrolment, every draw of before and every retirement since.
        #[test]
        fn b58_b28_a_selection_keeps_its_promises(
            kinds in prop::collection::vec((any::<bool>(), any::<bool>()), 1..20),
            enrolled in prop::collection::btree_set(0_u16..24, 0..16),
            stood in prop::collection::btree_set(0_u16..24, 0..6),
            asked in 1_u8..=16,
            name in any::<[u8; 4]>(),
        ) {
            let question = |(number, (required, retired)): (u16, &(bool, bool))| {
                let question = Question::text(QuestionId::new(number), "What?").unwrap();
                let question = if *required { question.required() } else { question };
                if *retired { question.retired() } else { question }
            };
            let Ok(catalogue) = Catalogue::new(asked, (0..).zip(&kinds).map(question)) else {
                return Ok(());
            };
            let ids = |numbers: &BTreeSet<u16>| numbers.iter().copied().map(QuestionId::new).collect::<Vec<_>>();
            let (enrolled, stood) = (ids(&enrolled), ids(&stood));
            let key = MacKey::new(&[1; 32]);
            let asked = usize::from(asked);
            let in_use = |id: &QuestionId| catalogue.question(*id).is_some_and(|question| !question.is_retired());
            for standing in [vec![], stood] {
                let select = || catalogue.first(&standing, &enrolled, asked, &key, &name).unwrap();
                let selected = select();
                prop_assert_eq!(&selected, &select(), "the key and the name are all that it depends on");
                prop_assert!(selected.is_sorted_by(|a, b| a < b), "in the order of enrolment, each once");
                prop_assert!(selected.iter().all(|id| enrolled.contains(id)));
                let stands: Vec<_> = standing.iter().filter(|id| enrolled.contains(id) && in_use(id)).collect();
                prop_assert_eq!(selected.len(), asked.min(enrolled.len()).max(stands.len()));
                prop_assert!(stands.iter().all(|id| selected.contains(id)), "what stands, stays");
                let known = enrolled.iter().filter(|id| in_use(id)).count();
                let asked_in_use = selected.iter().filter(|id| in_use(id)).count();
                prop_assert_eq!(asked_in_use, selected.len().min(known), "what is retired fills up only");
                let required = |id: &&QuestionId| catalogue.question(**id).is_some_and(Question::is_required);
                if stands.is_empty() {
                    prop_assert!(enrolled.iter().filter(required).all(|id| selected.contains(id)));
                }
                // A selection stands when it is selected again.
                let again = catalogue.first(&selected, &enrolled, asked, &key, b"another").unwrap();
                prop_assert_eq!(selected, again);
            }
        }
    }
}
