//! A telephone call in which the customer's app checks the agent first, and the agent's desk then checks the customer.
//!
//! ```sh
//! cargo run --example mutual_call
//! ```
//!
//! Banks advise their customers never to trust a caller, and then call them. Here both sides say a few digits, and each
//! screen shows the name of the other side. The call is then played back, answered with its own words, and relayed. All that
//! is printed is checked: if anything is not as it says, the program stops with an error.
//!
//! The desk here keeps its state by itself, to show each step. A host with accounts enrols this `MutualServer` by
//! `Change::SetOcra`, asks by `Verifier::challenge` and checks the customer's response as `Attempt::Ocra`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use countersign::{
    Timestamp,
    otp::ocra::{
        MutualClient, MutualServer, MutualState, Ocra, OcraChallenge, OcraQuestion, OcraResponse,
        OcraSuite, OcraTask,
    },
    transition::{CommitResult, Saved, Transition, Verdict},
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Eight digits in every direction: they can be said on the telephone.
const CALL: &str = "OCRA-1:HOTP-SHA256-8:QN08";
/// With a counter, so that equal figures can be signed again.
const SIGNATURE: &str = "OCRA-1:HOTP-SHA256-8:C-QN08";

fn main() -> Result<()> {
    let (mut app, mut desk) = enrol(false)?;

    println!("── The bank calls Maya ──");
    let tape = call(&mut app, &mut desk)?;

    println!("\n── Somebody has recorded the call, and plays it back ──");
    play_to_maya(&mut app, &tape)?;
    play_to_the_bank(&mut desk, &tape)?;

    println!("\n── Somebody sends the bank its own words back ──");
    reflect(&mut desk)?;

    println!("\n── What this does not stop: somebody in the middle, live ──");
    relay(&mut app, &mut desk)?;

    println!("\n── So what is done is signed, on a screen that shows it ──");
    let (mut app, mut desk) = enrol(true)?;
    sign(&mut app, &mut desk)?;
    Ok(())
}

/// Once, in the branch or over the app's own channel: a secret for each direction, which both sides keep sealed. Calls
/// and signatures have secrets of their own: a customer who logs in can then not sign by mistake.
fn enrol(to_sign: bool) -> Result<(App, Desk)> {
    let bank: OcraSuite = CALL.parse()?;
    let server = Ocra::new(bank.clone(), bank.fresh_secret()?)?;
    let maya: OcraSuite = if to_sign { SIGNATURE } else { CALL }.parse()?;
    let mut client = Ocra::new(maya.clone(), maya.fresh_secret()?)?;
    if to_sign {
        client = client.for_signatures();
    }
    let app = App {
        client: MutualClient::new(server.clone(), client.clone())?,
        stored: MutualState::default(),
    };
    let desk = Desk {
        server: MutualServer::new(server, client)?,
        stored: MutualState::default(),
    };
    Ok((app, desk))
}

/// The words of a call, as a recording has them, and the state that the desk kept for it.
struct Tape {
    bank_answers: String,
    bank_asks: OcraQuestion,
    maya_answers: String,
    challenge: OcraChallenge,
}

fn call(app: &mut App, desk: &mut Desk) -> Result<Tape> {
    say(
        "AGENT",
        "Good morning, Harbour Bank. Please ask me what your app tells you to ask.",
    );
    let opening = app.open()?;
    say(
        "Maya",
        &format!("Answer {}.", grouped(opening.question().as_str())),
    );
    let (bank_answers, challenge) = desk.answer(opening.question(), OcraTask::authenticate())?;
    let bank_asks = challenge.question().clone();
    say(
        "AGENT",
        &format!(
            "{}. And I ask {}.",
            grouped(&bank_answers),
            grouped(bank_asks.as_str())
        ),
    );
    let shown = app.hear(&opening, &bank_asks, &bank_answers)?;
    let maya_answers = shown.ok_or("the app did not know its bank")?;
    say("Maya", &format!("{}.", grouped(&maya_answers)));
    let known = desk.hear(&challenge, &maya_answers)?;
    ensure(known, "the desk did not know Maya")?;
    Ok(Tape {
        bank_answers,
        bank_asks,
        maya_answers,
        challenge,
    })
}

fn play_to_maya(app: &mut App, tape: &Tape) -> Result<()> {
    let opening = app.open()?;
    say(
        "Maya",
        &format!("Answer {}.", grouped(opening.question().as_str())),
    );
    say(
        "TAPE",
        &format!("{}. And I ask ..", grouped(&tape.bank_answers)),
    );
    let shown = app.hear(&opening, &tape.bank_asks, &tape.bank_answers)?;
    ensure(shown.is_none(), "the app took a recording for the bank")
}

fn play_to_the_bank(desk: &mut Desk, tape: &Tape) -> Result<()> {
    let question = OcraQuestion::typed(&CALL.parse()?, "1234 5678")?;
    let (_, challenge) = desk.answer(&question, OcraTask::authenticate())?;
    say("TAPE", &format!("{}.", grouped(&tape.maya_answers)));
    let known = desk.hear(&challenge, &tape.maya_answers)?;
    ensure(!known, "the desk took a recording for Maya")?;
    println!("  Not even if the desk is brought to ask its old question once more:");
    let known = desk.hear(&tape.challenge, &tape.maya_answers)?;
    ensure(!known, "a question was answered twice")
}

fn reflect(desk: &mut Desk) -> Result<()> {
    let question = OcraQuestion::typed(&CALL.parse()?, "1234 5678")?;
    say("THIEF", "Maya here. Answer 1234 5678.");
    let (answer, challenge) = desk.answer(&question, OcraTask::authenticate())?;
    say("THIEF", &format!("{}.", grouped(&answer)));
    let known = desk.hear(&challenge, &answer)?;
    ensure(!known, "the desk took its own answer for Maya's")?;

    println!("  On a second line, the thief has the bank answer the bank's own question:");
    let (answer, _) = desk.answer(challenge.question(), OcraTask::authenticate())?;
    say("THIEF", &format!("{}.", grouped(&answer)));
    let known = desk.hear(&challenge, &answer)?;
    ensure(!known, "the desk took its own answer for Maya's")
}

/// A thief has Maya on one line and the bank on the other, and passes every word on. Both screens are right, and it
/// does not help.
fn relay(app: &mut App, desk: &mut Desk) -> Result<()> {
    let opening = app.open()?;
    say("Maya", "Answer .. (and the thief passes it on)");
    let (answer, challenge) = desk.answer(opening.question(), OcraTask::authenticate())?;
    say("AGENT", ".. and I ask .. (and the thief passes it on)");
    let shown = app.hear(&opening, challenge.question(), &answer)?;
    let shown = shown.ok_or("a relayed call looks like a call")?;
    let known = desk.hear(&challenge, &shown)?;
    ensure(known, "a relayed call looks like a call")?;
    println!("  Both are who they say, and a thief is between them, who may now ask for anything.");
    Ok(())
}

/// The thief wants 9,950 to an account that ends in 77; Maya wants 50 to one that ends in 12.
fn sign(app: &mut App, desk: &mut Desk) -> Result<()> {
    let opening = app.open()?;
    let (answer, challenge) = desk.answer(opening.question(), OcraTask::sign_text("77009950"))?;
    let shown = app.hear(&opening, challenge.question(), &answer)?;
    ensure(shown.is_some(), "the bank asks, and the app knows it")?;
    say(
        "Maya",
        "9,950? That is not what I ordered. (She says no digits.)",
    );
    let guessed = desk.hear(&challenge, &answer)?;
    ensure(!guessed, "nobody signed")?;

    let opening = app.open()?;
    let (answer, challenge) = desk.answer(opening.question(), OcraTask::sign_text("12000050"))?;
    let shown = app.hear(&opening, challenge.question(), &answer)?;
    let signed = shown.ok_or("the bank asks, and the app knows it")?;
    say("Maya", &format!("Yes: {}.", grouped(&signed)));
    let done = desk.hear(&challenge, &signed)?;
    ensure(done, "the desk did not take the signature")?;

    println!("  The same order once more, and the same digits, by somebody who heard them:");
    let (_, challenge) = desk.answer(opening.question(), OcraTask::sign_text("12000050"))?;
    let done = desk.hear(&challenge, &signed)?;
    ensure(!done, "a signature was taken twice")?;
    println!("  Who signs without reading cannot be helped by any code.");
    Ok(())
}

/// Maya's telephone.
struct App {
    client: MutualClient,
    stored: MutualState,
}

impl App {
    fn open(&self) -> Result<OcraChallenge> {
        let opening = self.client.open(&self.stored, Timestamp::now()?)?;
        let question = grouped(opening.question().as_str());
        show(
            "Maya's app",
            &format!("Before you say anything, let them answer {question}"),
        );
        Ok(opening)
    }

    /// Checks the words that Maya hears. Returns her answer if they were the bank's.
    fn hear(
        &mut self,
        opening: &OcraChallenge,
        asked: &OcraQuestion,
        said: &str,
    ) -> Result<Option<String>> {
        let said = OcraResponse::typed(said);
        let step = self
            .client
            .check(&self.stored, opening, asked, &said, Timestamp::now()?)?;
        Ok(match save(&mut self.stored, step)? {
            Ok(shown) => {
                let shown = shown.expose_text().to_owned();
                show("Maya's app", &self.known(asked.as_str(), &shown));
                Some(shown)
            }
            Err(_) => {
                show("Maya's app", "✘ This is not Harbour Bank. Hang up.");
                None
            }
        })
    }

    fn known(&self, asked: &str, shown: &str) -> String {
        let answer = grouped(shown);
        if !self.client.client().signs() {
            return format!(
                "✔ This is Harbour Bank. To {}, say {answer}",
                grouped(asked)
            );
        }
        let (account, amount) = asked.split_at(2);
        let amount = amount.trim_start_matches('0');
        format!("✔ This is Harbour Bank. To PAY {amount} EUR to ..{account}, say {answer}")
    }
}

/// The agent's screen.
struct Desk {
    server: MutualServer,
    stored: MutualState,
}

impl Desk {
    fn answer(
        &mut self,
        asked: &OcraQuestion,
        task: OcraTask<'_>,
    ) -> Result<(String, OcraChallenge)> {
        let step = self
            .server
            .challenge(&self.stored, asked, task, Timestamp::now()?)?;
        let (answer, challenge) = save(&mut self.stored, step)?;
        let answer = answer.expose_text().to_owned();
        let [said, question] = [&answer, challenge.question().as_str()].map(grouped);
        show("agent's desk", &format!("Say {said}, and ask {question}"));
        Ok((answer, challenge))
    }

    fn hear(&mut self, challenge: &OcraChallenge, said: &str) -> Result<bool> {
        let said = OcraResponse::typed(said);
        let step = self
            .server
            .check(&self.stored, challenge, &said, Timestamp::now()?)?;
        let verdict = save(&mut self.stored, step)?;
        let known = verdict == Verdict::Accepted;
        let shown = match (known, self.server.client().signs()) {
            (false, _) => "✘ Not verified.",
            (true, false) => "✔ This is Maya Sari.",
            (true, true) => "✔ Signed by Maya Sari.",
        };
        show("agent's desk", shown);
        Ok(known)
    }
}

/// Stores as a database would: the outcome is readable once the state is stored.
fn save<O, S: Clone>(stored: &mut S, step: Transition<O, S>) -> Result<O> {
    let told = step.commit(|next| {
        *stored = next.clone();
        Saved::<std::convert::Infallible>::Stored
    })?;
    match told {
        CommitResult::Stored(outcome) => Ok(outcome),
        CommitResult::Conflict => Err("nobody else writes here".into()),
    }
}

fn ensure(holds: bool, otherwise: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn say(who: &str, words: &str) {
    println!("{who:>6}  “{words}”");
}

fn show(screen: &str, text: &str) {
    println!("{:>6}  ┃ {screen:<12} ┃ {text}", "");
}

/// Splits digits as people say them: four at a time.
fn grouped(digits: &str) -> String {
    let (first, second) = digits.split_at(digits.len().min(4));
    format!("{first} {second}")
}
