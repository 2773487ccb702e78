//! A desk at which the agent never learns an answer: the screen of the agent, and the check behind it.
//!
//! ```sh
//! cargo run --example agent_desk
//! ```
//!
//! Two customers call, a German and an Indonesian one, and a caller under an unknown name. The accounts are in memory. The
//! program prints what each side sees. It stops with an error if anything is not as it says. The memorable word is kept
//! beside the accounts, to show how it wears out. In an account it is `Change::SetWord` and `Attempt::Word`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::cell::RefCell;

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Context, Outcome, Policy, Request,
    Settings, Subject, Timestamp, Verifier,
    knowledge::{
        AnswerBlocklist, Answers, Catalogue, MemorableWord, Prompt, Question, QuestionId, WordKey,
        WordLetters, WordPrompt,
    },
    text::DateOrder,
    transition::{CommitResult, Saved, Verdict},
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SCHOOL: QuestionId = QuestionId::new(1);
const MOTHER_BORN: QuestionId = QuestionId::new(2);
const OLD_NUMBER: QuestionId = QuestionId::new(3);
const OPENED: QuestionId = QuestionId::new(4);

/// Answers of each customer: at the opening of the account, and today.
type Spellings = [(QuestionId, &'static str); 4];
const FRAU_KRUEGER: Spellings = [
    (SCHOOL, "St.-Hedwig-Grundschule"),
    (MOTHER_BORN, "1.12.1958"),
    (OLD_NUMBER, "030 / 55 37 41"),
    (OPENED, "In der Filiale"),
];
const FRAU_KRUEGER_TODAY: Spellings = [
    (SCHOOL, "st hedwig grundschule"),
    (MOTHER_BORN, "01-12-1958"),
    (OLD_NUMBER, "3741"),
    (OPENED, "in der filiale"),
];
const PAK_BUDI: Spellings = [
    (SCHOOL, "SDN Sukajadi III"),
    (MOTHER_BORN, "17/8/1961"),
    (OLD_NUMBER, "(022) 200 8316"),
    (OPENED, "Lewat aplikasi"),
];
const WORD: &str = "Nachtigall";

/// Answers are weak. They are enough to block a card, and nothing that a thief wants.
const POLICY: &str = r#"
    version = 1
    grant_lifetime = 120
    tiers = ["any"]
    [action."card.block".every_tier]
    any = [{ all = [{ factor = "questions", max_age = 900 }] }]
    [action."address.change".every_tier]
    any = [{ all = [{ factor = "questions", max_age = 900 }, { class = "possession", max_age = 900 }] }]
"#;

fn main() -> Result<()> {
    let bank = Bank::open()?;
    let (german, indonesian) = (german()?, indonesian()?);
    let (krueger, budi) = (subject("K-2001")?, subject("K-2002")?);
    let desk = Desk::default();

    println!("── Frau Krüger chooses her answers, on her own screen ──");
    let known = AnswerBlocklist::new()
        .and_known("Erika Krüger")
        .and_known("1984-02-29")
        .at(Timestamp::now()?);
    for (question, typed) in [
        (SCHOOL, "Schule"),
        (SCHOOL, "Krüger"),
        (MOTHER_BORN, "29.2.1984"),
        (MOTHER_BORN, "31.2.1958"),
        (OLD_NUMBER, "1234"),
    ] {
        let weak = german.answer(Answers::new(), question, typed);
        let told = bank.enrol(&krueger, &german, &weak, &known).err();
        println!(
            "{OWN} {typed}\n{BANK} {}",
            told.ok_or("a weak answer was taken")?
        );
    }
    bank.verifier
        .create(&krueger, &Context::begin(Channel::Web)?)?;
    bank.enrol(&krueger, &german, &say(&german, FRAU_KRUEGER), &known)?;
    println!("{BANK} four answers enrolled, hashed; the catalogue asks for two of them at a time");
    bank.verifier
        .create(&budi, &Context::begin(Channel::Web)?)?;
    bank.enrol(
        &budi,
        &indonesian,
        &say(&indonesian, PAK_BUDI),
        &AnswerBlocklist::new(),
    )?;

    println!("\n── She calls. What she types goes past the agent ──");
    let call = Context::begin(Channel::Agent)?;
    let asked = bank.verifier.questions(&krueger)?;
    let mut given = Answers::new();
    desk.show(german.prompts(&asked)?, &Answers::new())?;
    for (question, typed) in FRAU_KRUEGER_TODAY {
        if asked.contains(&question) {
            println!("{OWN} {typed}");
            given = german.answer(given, question, typed);
            desk.show(german.prompts(&asked)?, &given)?;
        }
    }
    let outcome = bank.check(&krueger, given, &call)?;
    desk.tell(&outcome);
    let Outcome::Accepted(evidence) = outcome else {
        return Err("her answers were right".into());
    };
    println!(
        "{BANK} evidence: {}, strength {:?}",
        evidence.factor(),
        evidence.strength()
    );
    for (action, expected) in [
        ("card.block", "allowed: card.block"),
        (
            "address.change",
            "denied: the subject can give no evidence that would be enough",
        ),
    ] {
        let told = bank.ask(&krueger, action, &call)?;
        expect(told == expected, &told)?;
        println!("{BANK} asked for {action}: {told}");
    }

    println!("\n── Pak Budi calls, and is mistaken in one answer ──");
    let call = Context::begin(Channel::Agent)?;
    let asked = bank.verifier.questions(&budi)?;
    desk.show(indonesian.prompts(&asked)?, &Answers::new())?;
    let mut wrong = PAK_BUDI;
    for (_, text) in wrong.iter_mut().filter(|(id, _)| asked.first() == Some(id)) {
        *text = "lupa";
    }
    let given = say_to(&indonesian, &asked, wrong);
    desk.show(indonesian.prompts(&asked)?, &given)?;
    desk.tell(&bank.check(&budi, given, &call)?);
    let again = bank.verifier.questions(&budi)?;
    expect(
        again == asked,
        "the same questions stand until they are answered",
    )?;
    let outcome = bank.check(&budi, say_to(&indonesian, &asked, PAK_BUDI), &call)?;
    desk.tell(&outcome);
    expect(
        matches!(outcome, Outcome::Accepted(_)),
        "his answers are right now",
    )?;

    println!("\n── Somebody gives a customer number that does not exist ──");
    let call = Context::begin(Channel::Agent)?;
    let nobody = subject("K-9999")?;
    let asked = bank.verifier.questions(&nobody)?;
    desk.show(german.prompts(&asked)?, &Answers::new())?;
    let given = say_to(&german, &asked, FRAU_KRUEGER);
    desk.tell(&bank.check(&nobody, given, &call)?);
    let tomorrow = bank.verifier.questions(&nobody)?;
    expect(asked == tomorrow, "the same name is asked the same")?;
    println!("{BANK} asked and denied like anybody else, and tomorrow the same again");

    println!("\n── Her memorable word: here the agent hears letters, and it is counted ──");
    bank.wear_out(&krueger, &desk)?;

    desk.expect_ignorance()?;
    println!("\nNo answer is in anything that the agent's screen was given.");
    Ok(())
}

const OWN: &str = "        customer │";
const BANK: &str = "            bank │";

/// The agent's side. It receives prompts, masks and outcomes, and has no way to anything else.
#[derive(Default)]
struct Desk {
    /// All that the screen ever received, as it came over the wire.
    seen: RefCell<String>,
}

impl Desk {
    fn show(&self, prompts: Vec<Prompt>, given: &Answers) -> Result<()> {
        let prompts = prompts.into_iter().map(|prompt| prompt.with_given(given));
        let prompts: Vec<Prompt> = prompts.collect();
        // A web desktop would get this.
        self.seen
            .borrow_mut()
            .push_str(&serde_json::to_string(&prompts)?);
        for (number, prompt) in (1..).zip(&prompts) {
            self.print(&format!("{number}. {prompt}"));
        }
        Ok(())
    }

    fn ask_for(&self, letters: &WordPrompt) {
        self.print(&format!("Your memorable word: the {letters}, please."));
    }

    fn tell(&self, outcome: &Outcome) {
        self.print(match outcome {
            Outcome::Accepted(_) => "✔ verified",
            Outcome::Denied => "✘ not verified",
            Outcome::InvalidCheckDigit => "? please say that again",
            Outcome::Locked(_) => "■ locked",
            Outcome::Busy { .. } => "… busy",
        });
    }

    fn print(&self, line: &str) {
        self.seen.borrow_mut().push_str(line);
        println!("           agent │ {line}");
    }

    fn expect_ignorance(&self) -> Result<()> {
        let seen = self.seen.borrow().to_lowercase();
        for secret in [
            "hedwig",
            "1958",
            "3741",
            "sukajadi",
            "1961",
            "8316",
            "nachtigall",
        ] {
            expect(!seen.contains(secret), "the agent's screen shows no answer")?;
        }
        Ok(())
    }
}

/// The host: keys, accounts, and the only place that receives answers.
struct Bank {
    keyring: Keyring,
    verifier: Verifier<MemoryStore>,
    policy: Policy,
}

impl Bank {
    fn open() -> Result<Self> {
        let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
        let questions = [SCHOOL, MOTHER_BORN, OLD_NUMBER, OPENED];
        let settings = Settings::new("bank", keyring.clone())?.with_questions(&questions, 2)?;
        Ok(Self {
            keyring,
            verifier: Verifier::new(MemoryStore::new(), settings),
            policy: Policy::from_toml(POLICY)?,
        })
    }

    fn enrol(
        &self,
        subject: &Subject,
        catalogue: &Catalogue,
        answers: &Answers,
        known: &AnswerBlocklist,
    ) -> Result<()> {
        let settings = self.verifier.settings();
        let stretch = settings.hash_pool();
        let mut permit = stretch.permit().ok_or("busy")?;
        let verifiers = catalogue.enrol(
            answers,
            known,
            settings.keyring(),
            stretch.cost(),
            &mut permit,
        )?;
        let change = Change::SetQuestions(verifiers);
        let page = Context::begin(Channel::Web)?;
        let changed = self
            .verifier
            .change(subject, &change, &Authority::Host, &page)?;
        expect(changed == Changed::Done, "the answers are enrolled")
    }

    fn check(&self, subject: &Subject, answers: Answers, call: &Context) -> Result<Outcome> {
        let attempt = Attempt::Questions(answers);
        Ok(self.verifier.check(subject, &attempt, call)?)
    }

    /// Carries out an action, if the policy allows it by what the record holds of this call. Returns the decision in words.
    fn ask(&self, subject: &Subject, action: &str, call: &Context) -> Result<String> {
        let request = Request::new(action);
        let authorized = self
            .verifier
            .authorize(&self.policy, &request, subject, call)?;
        let told = authorized.to_string();
        if let Authorized::Yes(redeemed) = authorized {
            let _redeemed = redeemed.expect(action, subject)?;
            // Block the card here.
        }
        Ok(told)
    }

    /// Call after call, until people have heard too much of the word.
    fn wear_out(&self, subject: &Subject, desk: &Desk) -> Result<()> {
        let key = WordKey::new(&self.keyring, "bank")?;
        let mut word = MemorableWord::enrol(WORD, &AnswerBlocklist::new(), subject, &key)?;
        while !word.is_renewal_due() {
            let asked = word.prompt();
            desk.ask_for(&asked);
            let said: Vec<String> = asked
                .positions()
                .iter()
                .filter_map(|position| WORD.chars().nth(usize::from(*position).checked_sub(1)?))
                .map(String::from)
                .collect();
            println!("{OWN} {}", said.join(", "));
            let letters = WordLetters::typed(&said);
            let step = word.check(&letters, subject, &key, Channel::Agent)?;
            let result = step.commit(|next| {
                word = next.clone();
                Saved::<String>::Stored
            })?;
            expect(
                matches!(result, CommitResult::Stored(Verdict::Accepted)),
                "these are her letters",
            )?;
            println!(
                "{BANK} people have heard {} of {} letters",
                word.exposed_letters(),
                word.letters()
            );
        }
        println!("{BANK} more than half: she is asked for a new word");
        Ok(())
    }
}

/// The answers to all questions.
fn say(catalogue: &Catalogue, texts: Spellings) -> Answers {
    say_to(catalogue, &texts.map(|(id, _)| id), texts)
}

/// The answers to the questions that are asked.
fn say_to(catalogue: &Catalogue, asked: &[QuestionId], texts: Spellings) -> Answers {
    let answered = texts.into_iter().filter(|(id, _)| asked.contains(id));
    answered.fold(Answers::new(), |answers, (id, typed)| {
        catalogue.answer(answers, id, typed)
    })
}

fn german() -> Result<Catalogue> {
    let ways = [
        ("branch", "In der Filiale"),
        ("phone", "Am Telefon"),
        ("app", "In der App"),
    ];
    Ok(Catalogue::new(
        2,
        [
            Question::text(SCHOOL, "Wie hieß Ihre erste Schule?")?,
            Question::date(
                MOTHER_BORN,
                "Wann wurde Ihre Mutter geboren? (Tag, Monat, Jahr)",
                DateOrder::DayMonthYear,
            )?,
            Question::digits(
                OLD_NUMBER,
                "Die letzten vier Ziffern Ihrer ersten Telefonnummer?",
                4,
            )?,
            Question::choice(OPENED, "Wie haben Sie Ihr Konto eröffnet?", &ways)?,
        ],
    )?)
}

fn indonesian() -> Result<Catalogue> {
    let ways = [
        ("branch", "Di kantor cabang"),
        ("phone", "Lewat telepon"),
        ("app", "Lewat aplikasi"),
    ];
    Ok(Catalogue::new(
        2,
        [
            Question::text(SCHOOL, "Apa nama sekolah dasar Anda?")?,
            Question::date(
                MOTHER_BORN,
                "Kapan ibu Anda lahir? (tanggal, bulan, tahun)",
                DateOrder::DayMonthYear,
            )?,
            Question::digits(
                OLD_NUMBER,
                "Empat angka terakhir nomor telepon pertama Anda?",
                4,
            )?,
            Question::choice(OPENED, "Bagaimana Anda membuka rekening?", &ways)?,
        ],
    )?)
}

fn subject(number: &str) -> Result<Subject> {
    Ok(Subject::new("bank", number)?)
}

/// Stops the story if it is not true.
fn expect(so: bool, what: &str) -> Result<()> {
    if so {
        Ok(())
    } else {
        Err(format!("not so: {what}").into())
    }
}
