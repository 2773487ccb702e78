//! A whole day at a contact centre: a customer is verified, stepped up and served; an impostor is not.
//!
//! ```sh
//! cargo run --example contact_center                      # the story; run it again for the next day
//! cargo run --example contact_center -- --interactive     # you play all parts, with your own authenticator app
//! ```
//!
//! This file is the story, to be read from the top. An agent's questions, with the library's calls, are in `desk.rs`. The parts that
//! a host brings along (a store, keys, a policy, its words, and code that does nothing without a grant) are in `bank.rs`.

mod args;
mod bank;
mod clock;
mod desk;
mod files;
mod page;
mod people;
mod story;
mod words;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use countersign::{Change, Channel, Subject, delivered::CodeOrder, otp::Totp};

use args::Wanted;
use bank::{Bank, REALM, Wish};
use clock::Clock;
use desk::{Call, Got, Shown};
use files::key_file;
use page::Page;
use people::Who::{Impostor, Maya, Policy, System, Tom};
use people::{Pockets, Voices};
use story::Story;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Maya's telephone (a number kept free for stories), her old address and her new one.
const PHONE: &str = "+44 7700 900142";
const OLD_ADDRESS: &str = "3 Mill Lane, Leeds";
const NEW_ADDRESS: &str = "7 Lighthouse Row, Whitby";
/// One more than any lock takes.
const GUESSES: usize = 6;

fn main() -> ExitCode {
    let done = match Wanted::read(std::env::args_os().skip(1)) {
        Ok(Wanted::Help) => std::io::stdout()
            .write_all(args::HELP.as_bytes())
            .map_err(Into::into),
        Ok(Wanted::Day { database, voices }) => live(&database, voices),
        Err(usage) => Err(format!("{usage} (--help tells what there is)").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = words::in_one_line(&*error);
            // If even this cannot be written, the exit code says it.
            let _ = writeln!(std::io::stderr(), "contact_center: {line}");
            ExitCode::FAILURE
        }
    }
}

/// Plays one day: the first, if this file does not know Maya, or else the next.
fn live(database: &Path, voices: Voices) -> Result<()> {
    let mut day = Day::begin(database, voices)?;
    if day.is_first {
        day.maya_enrols()?;
        day.maya_moves_house()?;
    } else {
        day.the_file_still_knows()?;
    }
    day.maya_asks_for_her_balance()?;
    day.the_impostor_repeats_her_code()?;
    if day.is_first {
        day.the_impostor_talks_her_out_of_a_code()?;
    }
    day.the_impostor_guesses_until_it_locks()?;
    day.maya_gets_through()?;
    day.end()
}

struct Day {
    bank: Bank,
    page: Page,
    voices: Voices,
    clock: Clock,
    story: Story,
    pockets: Pockets,
    maya: Subject,
    /// A number that no customer has.
    nobody: Subject,
    /// Whether she has yet to enrol.
    is_first: bool,
}

impl Day {
    fn begin(database: &Path, voices: Voices) -> Result<Self> {
        let bank = Bank::open(database)?;
        let story = Story::read(database)?;
        // The person at the terminal is another customer: her clock is the one on the wall.
        let (maya, nobody, clock) = match voices {
            Voices::Script => {
                let clock = Clock::of_the_story(story.now())?;
                ("C-1042", "C-9999", clock)
            }
            Voices::Terminal => ("C-2001", "C-9998", Clock::Wall),
        };
        let maya = Subject::new(REALM, maya)?;
        let bank = bank.with_clock(&clock);
        let desk = Call::begin(System, &maya, Channel::Agent)?.context();
        let is_first = !bank.knows(&maya, &desk)?;
        if voices == Voices::Script && !is_first && story.now().is_none() {
            return Err("the story file is missing: delete the database as well".into());
        }
        // The decoys of yesterday's callers are dropped. A bank does this once an hour, in one of its processes.
        bank.verifier.purge()?;
        let pockets = Pockets {
            app: story.app()?,
            ..Pockets::default()
        };
        let mut page = Page::new();
        page.title("HARBOUR BANK: a day at the contact centre")?;
        page.remark(&format!(
            "Database {}, keys {} (a real host asks its KMS). Times are UTC.",
            database.display(),
            key_file(database).display()
        ))?;
        if voices == Voices::Terminal {
            page.remark(
                "You play everybody: type what Maya knows and reads, and what the IMPOSTOR tries.",
            )?;
        }
        Ok(Self {
            bank,
            page,
            voices,
            clock,
            story,
            pockets,
            maya,
            nobody: Subject::new(REALM, nobody)?,
            is_first,
        })
    }

    fn maya_enrols(&mut self) -> Result<()> {
        let today = self.next_morning()?;
        self.scene(&format!("{today}: Maya opens an account at the branch"))?;
        let visit = self.call(Maya, Channel::Counter)?;
        // An enrolment that an earlier visit began and did not finish is dropped.
        self.bank.verifier.erase(&self.maya)?;
        self.bank.verifier.create(&self.maya, &visit.context())?;
        self.say(
            Tom,
            "“Welcome, Maya. Please scan this with your authenticator app.”",
        )?;
        let app = Totp::generate()?;
        let uri = app.key_uri("Harbour", self.maya.id())?;
        self.page.qr(uri.expose_text())?;
        self.page.key(uri.expose_text())?;
        let _waits = self.enrol(&visit, &Change::AddTotp(app.clone()))?;
        if self.voices == Voices::Script {
            self.story.keep_app(uri.expose_text())?;
            self.pockets.app = Some(app);
        }
        self.confirm_app(&visit)?;

        self.clock.at(9, 4)?;
        self.say(
            Tom,
            "“Now your answers to three questions. We will ask for two of them.”",
        )?;
        self.enrol_answers(&visit)?;
        self.clock.at(9, 7)?;
        self.enrol_phone(&visit, PHONE)?;
        self.bank.tables.set_address(&self.maya, OLD_ADDRESS)
    }

    fn maya_moves_house(&mut self) -> Result<()> {
        self.clock.at(10, 12)?;
        self.scene("Maya calls: she has moved")?;
        let mut call = self.call(Maya, Channel::Agent)?;
        let hello = format!("“Hello, this is Maya Okafor, customer {}.”", self.maya.id());
        self.say(Maya, &hello)?;
        self.ask_questions(&mut call)?;
        self.say(Maya, &format!("“I live at {NEW_ADDRESS} now.”"))?;
        self.say(Policy, "policy.toml rules:")?;
        self.page.quote(bank::rule("address.change"))?;

        let now = self.clock.now()?;
        let wish = Wish::new(
            &self.maya,
            "address.change",
            "change your address to",
            NEW_ADDRESS,
            now,
        )?;
        let Some(redeemed) = self.until_allowed(&mut call, &wish)? else {
            return self.turn_away(&call);
        };
        self.bank.change_address(redeemed, &wish)?;
        self.say(Tom, "“It is changed. We will write to you there.”")?;
        self.hang_up(&call)
    }

    /// The second day begins in the evening of the first, while its lock stands.
    fn the_file_still_knows(&mut self) -> Result<()> {
        if let Some(yesterday) = self.clock.yesterday() {
            let evening = clock::day(yesterday);
            self.scene(&format!(
                "{evening}, after closing: the IMPOSTOR tries once more"
            ))?;
            let mut call = self.call(Impostor, Channel::Agent)?;
            if self.ask_questions(&mut call)? == Got::Nothing {
                self.say(
                    System,
                    "The lock of the last run still stands: it is in the file.",
                )?;
            }
            self.tell_locks(&call)?;
        }
        let today = self.next_morning()?;
        self.scene(&format!("{today}: the file still knows Maya"))?;
        let address = self.bank.tables.address(&self.maya)?.unwrap_or_default();
        self.say(
            System,
            "She is still enrolled: her app, her three questions, her phone.",
        )?;
        self.say(System, &format!("She still lives at {address}."))
    }

    fn maya_asks_for_her_balance(&mut self) -> Result<()> {
        self.clock.at(17, 30)?;
        self.scene("Maya calls from the train, with people around her")?;
        let mut call = self.call(Maya, Channel::Agent)?;
        self.say(Maya, "“What is my balance, please?”")?;
        let wish = Wish::new(
            &self.maya,
            "balance.read",
            "hear",
            "your balance",
            self.clock.now()?,
        )?;
        let Some(redeemed) = self.until_allowed(&mut call, &wish)? else {
            return self.turn_away(&call);
        };
        let balance = self.bank.read_balance(redeemed, &wish)?;
        self.say(Tom, &format!("“{balance} pounds.”"))?;
        self.hang_up(&call)
    }

    fn the_impostor_repeats_her_code(&mut self) -> Result<()> {
        self.clock.pass(5);
        self.scene("The IMPOSTOR sits two seats away, and calls at once")?;
        let mut call = self.call(Impostor, Channel::Agent)?;
        let overheard = self.pockets.overheard.clone();
        self.take_app_code(&mut call, "the code that Maya has just read out", overheard)?;
        let Some(yesterday) = self.clock.yesterday().filter(|_| !self.is_first) else {
            return Ok(());
        };
        let old = self.pockets.app_code(clock::moment(yesterday, (17, 30))?);
        self.take_app_code(&mut call, "a code of yesterday", old)?;
        self.say(
            System,
            "Today's is replayed, and yesterday's is still refused.",
        )
    }

    fn the_impostor_talks_her_out_of_a_code(&mut self) -> Result<()> {
        self.clock.at(17, 34)?;
        self.scene(
            "Maya signs in on the web; the IMPOSTOR rings her: “This is your bank's security desk”",
        )?;
        let mut visit = self.call(Maya, Channel::Web)?;
        if !self.send_code(
            &visit,
            &CodeOrder::private(),
            Shown::Words("sign in at harbour.example"),
        )? {
            return Ok(());
        }
        self.say(Maya, "(tells it to him)")?;
        self.clock.pass(60);
        let mut call = self.call(Impostor, Channel::Agent)?;
        self.say(Impostor, "“Maya again. You have sent me a code.”")?;
        self.take_private_code(&mut call, "the private code, to the agent")?;
        self.clock.pass(60);
        self.say(
            Maya,
            "(types it into the website as well, where it belonged)",
        )?;
        self.take_private_code(&mut visit, "the private code, on the website")?;
        Ok(())
    }

    fn the_impostor_guesses_until_it_locks(&mut self) -> Result<()> {
        self.clock.at(17, 40)?;
        self.scene("The IMPOSTOR guesses")?;
        let number = self.nobody.id();
        self.say(
            Impostor,
            &format!("“Customer {number}.” (There is no such customer.)"),
        )?;
        let mut call = Call::begin(Impostor, &self.nobody, Channel::Agent)?;
        self.ask_questions(&mut call)?;

        self.say(Impostor, &format!("“I mean {}.”", self.maya.id()))?;
        let mut call = self.call(Impostor, Channel::Agent)?;
        let mut got = self.ask_questions(&mut call)?;
        for _ in 0..GUESSES {
            if got != Got::Denied {
                break;
            }
            self.clock.pass(60);
            got = self.answer_again(&mut call)?;
        }
        Ok(())
    }

    fn maya_gets_through(&mut self) -> Result<()> {
        self.clock.at(17, 47)?;
        self.scene("Maya calls: what locks a stranger out does not lock her out")?;
        let mut call = self.call(Maya, Channel::Agent)?;
        self.say(Maya, "“Somebody rang me for a code. I want a new card.”")?;
        self.tell_locks(&call)?;
        let wish = Wish::new(
            &self.maya,
            "card.replace",
            "replace",
            "your card",
            self.clock.now()?,
        )?;
        let Some(redeemed) = self.until_allowed(&mut call, &wish)? else {
            return self.turn_away(&call);
        };
        self.bank.replace_card(redeemed, &wish)?;
        self.say(
            Tom,
            "“It is on its way. And never tell anyone a private code, not even us.”",
        )?;
        self.hang_up(&call)
    }

    fn end(&mut self) -> Result<()> {
        self.page.summary()?;
        self.page.line("")?;
        self.page.remark("Callers and agents hear the column in the middle. The reasons are in the audit trail alone.")?;
        self.page.remark("Run it again: the next day begins, and the file knows the customer, her spent codes, the lock.")?;
        Ok(())
    }

    /// Begins another day of the story. It is stored at once: whatever happens, no day begins twice.
    fn next_morning(&mut self) -> Result<String> {
        let date = self.clock.next_morning()?;
        if self.voices == Voices::Script {
            self.story.begin_day(date)?;
        }
        Ok(clock::day(date))
    }

    /// Maya was not served. A person at the terminal may have wanted that; the script did not.
    fn turn_away(&mut self, call: &Call) -> Result<()> {
        match self.voices {
            Voices::Script => return Err("the story went wrong: Maya was turned away".into()),
            Voices::Terminal => self.say(Tom, "“I am sorry, I cannot do that for you now.”")?,
        }
        self.hang_up(call)
    }
}
