//! The agents' work: they ask for what the policy requires, and pass on what they hear.

use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Code, Context, Error, Factor,
    Interaction, Outcome, Redeemed, Request, Subject, Transaction,
    delivered::{CodeOrder, Destination, Issued, Kind},
    knowledge::{AnswerHashes, Answers, QuestionId},
};

use crate::bank::{self, Bank, Wish};
use crate::page::Row;
use crate::people::{self, Voices, Who};
use crate::{Day, Result, clock, words};

/// After so many asks in one call an agent gives up.
const PATIENCE: usize = 6;

/// A call, or a visit to the branch or the website.
///
/// The desk keeps its interaction, 16 bytes. The record keeps the evidence.
pub(crate) struct Call {
    caller: Who,
    subject: Subject,
    channel: Channel,
    interaction: [u8; 16],
    /// How often the questions were answered.
    answered: usize,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Accepted,
    Denied,
    /// It is locked, or nothing was sent.
    Nothing,
}

/// The purpose that a message gives for its code.
#[derive(Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// The transaction that the code is bound to.
    Bound(&'a Transaction),
    /// The bank's words, for a code that is bound to nothing.
    Words(&'a str),
}

impl Call {
    pub(crate) fn begin(caller: Who, subject: &Subject, channel: Channel) -> Result<Self> {
        Ok(Self {
            caller,
            subject: subject.clone(),
            channel,
            interaction: Interaction::begin()?.to_bytes(),
            answered: 0,
        })
    }

    pub(crate) const fn context(&self) -> Context {
        Context::new(self.channel, Interaction::from_bytes(self.interaction))
    }

    const fn agent(&self) -> Who {
        match self.caller {
            Who::Impostor => Who::Kim,
            _ => Who::Tom,
        }
    }
}

// Questions to a caller.
impl Day {
    /// Asks for what the policy requires, until it allows the wish, or nothing is left to ask.
    pub(crate) fn until_allowed(
        &mut self,
        call: &mut Call,
        wish: &Wish,
    ) -> Result<Option<Redeemed>> {
        let ctx = call.context().for_transaction(&wish.transaction()?);
        let request = Request::new(wish.action);
        for _ in 0..PATIENCE {
            let Bank {
                verifier, policy, ..
            } = &self.bank;
            let authorized = verifier.authorize(policy, &request, &call.subject, &ctx)?;
            let ways = match authorized {
                Authorized::StepUp(ways) => ways,
                Authorized::Yes(redeemed) => {
                    self.say(Who::Policy, &format!("allowed: {}", wish.action))?;
                    return Ok(Some(redeemed));
                }
                Authorized::No(denial) => {
                    self.say(Who::Policy, &denial.to_string())?;
                    return Ok(None);
                }
            };
            self.say(Who::Policy, &words::step_up(&ways))?;
            // The options come least burdensome first: take the first requirement of the first option.
            let first = ways.first().and_then(|way| way.requirements().first());
            let factors = first.map(|ask| ask.factors()).unwrap_or_default();
            self.clock.pass(20);
            let got = if factors.contains(&Factor::Totp) {
                self.ask_for_app_code(call)?
            } else if factors.contains(&Factor::SpokenCode) {
                self.ask_for_spoken_code(call, wish)?
            } else {
                self.ask_questions(call)?
            };
            if got == Got::Nothing {
                return Ok(None);
            }
        }
        Ok(None)
    }

    pub(crate) fn ask_for_app_code(&mut self, call: &mut Call) -> Result<Got> {
        self.say(call.agent(), "“The code in your app, please.”")?;
        let code = self.pockets.app_code(self.clock.now()?);
        self.take_app_code(call, "the code in your app", code)
    }

    pub(crate) fn take_app_code(
        &mut self,
        call: &mut Call,
        cue: &str,
        script: String,
    ) -> Result<Got> {
        let code = self.hear(call.caller, cue, script)?;
        let ctx = call.context();
        let attempt = Attempt::Totp(Code::typed(&code));
        self.pockets.overheard.clone_from(&code);
        self.check(call, &attempt, &ctx, "app code", &format!("“{code}”"))
    }

    /// Sends a code that is for this wish alone, and checks the answer.
    fn ask_for_spoken_code(&mut self, call: &mut Call, wish: &Wish) -> Result<Got> {
        let transaction = wish.transaction()?;
        if !self.send_code(call, &CodeOrder::spoken(), Shown::Bound(&transaction))? {
            return Ok(Got::Nothing);
        }
        self.clock.pass(30);
        let code = self.hear(
            call.caller,
            "the code in the message",
            self.pockets.message.clone(),
        )?;
        let ctx = call.context().for_transaction(&transaction);
        let attempt = Attempt::Delivered(Code::typed(&code));
        self.check(call, &attempt, &ctx, "spoken code", &format!("“{code}”"))
    }

    /// Gives the private code that was sent last: to an agent, or where it belongs.
    pub(crate) fn take_private_code(&mut self, call: &mut Call, cue: &str) -> Result<Got> {
        let code = self.hear(call.caller, cue, self.pockets.message.clone())?;
        let ctx = call.context();
        let attempt = Attempt::Delivered(Code::typed(&code));
        self.check(call, &attempt, &ctx, "private code", &format!("“{code}”"))
    }

    /// Has a code sent, if one may be sent now. The message depends on who may see the code.
    pub(crate) fn send_code(
        &mut self,
        call: &Call,
        order: &CodeOrder,
        shown: Shown<'_>,
    ) -> Result<bool> {
        let ctx = match shown {
            Shown::Bound(transaction) => call.context().for_transaction(transaction),
            Shown::Words(_) => call.context(),
        };
        let delivery = match self.bank.verifier.issue(&call.subject, order, &ctx)? {
            Issued::Ready(delivery) => delivery,
            Issued::RateLimited(lock) => {
                let lock = words::locked(lock, self.clock.now()?)?;
                self.say(Who::System, &format!("sends no code now: {lock}"))?;
                return Ok(false);
            }
        };
        if order.kind() == Kind::Spoken {
            let hint = delivery.hint().to_owned();
            self.say(
                call.agent(),
                &format!("“I have sent a code to {hint}. Read it to me, please.”"),
            )?;
        }
        // A real host hands it to its message gateway, and keeps no copy.
        let sent = delivery.write(bank::NAME, |to, message| {
            let message = match shown {
                Shown::Bound(transaction) => message.for_transaction(transaction)?,
                Shown::Words(words) => message.for_action(words)?,
            };
            let text = message.text(&self.bank.wording)?;
            Ok::<_, Error>((to.address().to_owned(), text))
        })?;
        if let Some((address, text)) = sent.transpose()? {
            let text = text.expose_text();
            self.say(Who::Phone, &format!("SMS to {address}: “{text}”"))?;
            self.pockets.message = people::code_in(text);
        }
        Ok(true)
    }

    /// Returns the locks for this caller, as the agent's screen has them.
    pub(crate) fn tell_locks(&mut self, call: &Call) -> Result<()> {
        let ctx = call.context();
        let status = self.bank.verifier.status(&call.subject, &ctx)?;
        for factor in Factor::ALL {
            let Some(lock) = status.locked(factor) else {
                continue;
            };
            let lock = words::locked(lock, self.clock.now()?)?;
            let whom = "for callers of whom nothing else is known";
            self.say(Who::System, &format!("{factor}: {lock}, {whom}"))?;
        }
        Ok(())
    }

    pub(crate) fn ask_questions(&mut self, call: &mut Call) -> Result<Got> {
        let asked = self.bank.verifier.questions(&call.subject)?;
        let texts: Vec<_> = asked.iter().map(|id| bank::question(*id)).collect();
        self.say(call.agent(), &format!("“{}”", texts.join(" ")))?;
        self.clock.pass(15);
        self.take_answers(call, &asked)
    }

    /// Returns the questions. They stay until they are answered: these two, again.
    pub(crate) fn answer_again(&mut self, call: &mut Call) -> Result<Got> {
        let asked = self.bank.verifier.questions(&call.subject)?;
        self.take_answers(call, &asked)
    }

    /// Checks all answers together: the caller does not learn which of them was wrong.
    fn take_answers(&mut self, call: &mut Call, asked: &[QuestionId]) -> Result<Got> {
        let (mut answers, mut said) = (Answers::new(), Vec::new());
        for id in asked {
            let script = people::answer(call.caller, *id, call.answered);
            let answer = self.hear(call.caller, bank::question(*id), script)?;
            answers = answers.and(*id, &answer);
            said.push(format!("“{answer}”"));
        }
        call.answered = call.answered.saturating_add(1);
        let ctx = call.context();
        let attempt = Attempt::Questions(answers);
        self.check(call, &attempt, &ctx, "two answers", &said.join(", "))
    }

    /// Checks an attempt: the only place that does. The record keeps the evidence.
    fn check(
        &mut self,
        call: &mut Call,
        attempt: &Attempt,
        ctx: &Context,
        what: &'static str,
        said: &str,
    ) -> Result<Got> {
        let outcome = self.bank.verifier.check(&call.subject, attempt, ctx)?;
        let told = words::told(&outcome, self.clock.now()?)?;
        self.print_attempt(call.caller, what, said, told)?;
        Ok(match outcome {
            Outcome::Accepted(_)
                if call.caller == Who::Impostor && self.voices == Voices::Script =>
            {
                return Err("the story went wrong: the impostor was let in".into());
            }
            Outcome::Accepted(_) => Got::Accepted,
            Outcome::Denied => Got::Denied,
            Outcome::Locked(_) | Outcome::InvalidCheckDigit | Outcome::Busy { .. } => Got::Nothing,
        })
    }
}

// The end of a call.
impl Day {
    /// Ends the interaction: its evidence serves nobody who calls next. A website does this when a customer signs out.
    pub(crate) fn hang_up(&self, call: &Call) -> Result<()> {
        Ok(self.bank.verifier.end(&call.subject, &call.context())?)
    }
}

// Enrolment of a customer. Nothing can be asked for yet, so the host answers for it: `Authority::Host`.
impl Day {
    pub(crate) fn enrol(&self, visit: &Call, change: &Change) -> Result<Changed> {
        let verifier = &self.bank.verifier;
        Ok(verifier.change(&visit.subject, change, &Authority::Host, &visit.context())?)
    }

    /// The app counts once it has shown a code. That code is spent.
    pub(crate) fn confirm_app(&mut self, visit: &Call) -> Result<()> {
        loop {
            self.clock.pass(30);
            let script = self.pockets.app_code(self.clock.now()?);
            let code = self.hear(visit.caller, "the code in your app", script)?;
            let changed = self.enrol(visit, &Change::ConfirmTotp(Code::typed(&code)))?;
            let told = words::told_of_change(&changed, self.clock.now()?)?;
            self.print_attempt(
                visit.caller,
                "app code, to enrol",
                &format!("“{code}”"),
                told.clone(),
            )?;
            match changed {
                Changed::Done => return Ok(()),
                Changed::Denied if self.voices == Voices::Terminal => {}
                _ => return Err(format!("the app was not confirmed: {told}").into()),
            }
        }
    }

    pub(crate) fn enrol_answers(&mut self, visit: &Call) -> Result<()> {
        loop {
            let mut answers = Answers::new();
            for (id, question) in bank::QUESTIONS {
                let answer = self.hear(visit.caller, question, people::enrolled(id))?;
                answers = answers.and(id, &answer);
                if self.voices == Voices::Script {
                    self.say(visit.caller, &format!("{question} “{answer}”"))?;
                }
            }
            let settings = self.bank.verifier.settings();
            let stretch = settings.hash_pool();
            let mut permit = stretch.permit().ok_or("no permit for Argon2id is free")?;
            match AnswerHashes::enrol(&answers, settings.keyring(), stretch.cost(), &mut permit) {
                Ok(verifiers) => {
                    let _done = self.enrol(visit, &Change::SetQuestions(verifiers))?;
                    return Ok(());
                }
                // Two answers alike, or one without a letter: the rule is printed, and the question asked again.
                Err(rule) if rule.is_misuse() && self.voices == Voices::Terminal => {
                    self.page.note(&rule.to_string())?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn enrol_phone(&mut self, visit: &Call, number: &str) -> Result<()> {
        let phone = Destination::phone(number)?;
        let _done = self.enrol(visit, &Change::SetPhone(phone))?;
        self.say(visit.caller, &format!("“My phone is {number}.”"))
    }
}

// Lines of the page.
impl Day {
    pub(crate) fn call(&self, caller: Who, channel: Channel) -> Result<Call> {
        Call::begin(caller, &self.maya, channel)
    }

    pub(crate) fn scene(&mut self, title: &str) -> Result<()> {
        Ok(self.page.scene(title)?)
    }

    pub(crate) fn say(&mut self, who: Who, text: &str) -> Result<()> {
        let time = clock::hour(self.clock.now()?)?;
        Ok(self.page.say(&time, who, text)?)
    }

    fn hear(&mut self, who: Who, cue: &str, script: impl Into<String>) -> Result<String> {
        self.voices.hear(&mut self.page, who, cue, script)
    }

    fn print_attempt(
        &mut self,
        who: Who,
        what: &'static str,
        said: &str,
        told: String,
    ) -> Result<()> {
        let event = self.bank.trail.last();
        let row = Row {
            time: clock::hour(self.clock.now()?)?,
            who,
            what,
            told,
            trail: event.as_ref().map(words::trail).unwrap_or_default(),
        };
        // The terminal shows typed words already.
        let said = (self.voices == Voices::Script).then_some(said);
        self.page.attempt(said, row)?;
        if event.is_some_and(|event| words::is_alarm(&event)) {
            self.say(
                Who::System,
                "FRAUD ALARM, for the back office only: a private code was told. It is burnt.",
            )?;
        }
        Ok(())
    }
}
