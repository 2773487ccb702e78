//! Speakers, and the source of their words: the script, or the person at the terminal.

use std::io::{BufRead, IsTerminal, Read, stdin};

use countersign::{Timestamp, knowledge::QuestionId, otp::Totp};

use crate::Result;
use crate::page::{Page, printable};

/// All people of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Maya,
    Impostor,
    Tom,
    Kim,
    /// The bank's computers.
    System,
    Policy,
    Phone,
}

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Maya => "Maya",
            Self::Impostor => "IMPOSTOR",
            Self::Tom => "agent Tom",
            Self::Kim => "agent Kim",
            Self::System => "bank",
            Self::Policy => "policy",
            Self::Phone => "phone",
        }
    }
}

/// The things that the people of the script carry, and note.
#[derive(Default)]
pub(crate) struct Pockets {
    pub(crate) app: Option<Totp>,
    /// The code in the last message.
    pub(crate) message: String,
    /// The last app code that was read aloud.
    pub(crate) overheard: String,
}

impl Pockets {
    pub(crate) fn app_code(&self, now: Timestamp) -> String {
        let code = self.app.as_ref().map(|app| app.code_at(now));
        code.map_or_else(String::new, |code| grouped(code.expose_text()))
    }
}

/// The answers that Maya enrols.
pub(crate) const fn enrolled(question: QuestionId) -> &'static str {
    match question.number() {
        1 => "Zoë",
        2 => "Ann’s Row",
        _ => "Łódź",
    }
}

/// Answers on the phone: Maya's are hers in other letters, the impostor's are what he has found of her.
pub(crate) fn answer(who: Who, question: QuestionId, try_number: usize) -> &'static str {
    let [pets, streets, cities] = match who {
        Who::Impostor => [
            ["Rex", "Bella", "Oscar", "Luna", "Max"],
            [
                "Mill Lane",
                "Park Road",
                "The Green",
                "Elm Grove",
                "Low Road",
            ],
            ["Leeds", "York", "Hull", "Bath", "Derby"],
        ],
        _ => [["zoe"; 5], ["anns row"; 5], ["LODZ"; 5]],
    };
    let list = match question.number() {
        1 => pets,
        2 => streets,
        _ => cities,
    };
    list.into_iter().cycle().nth(try_number).unwrap_or_default()
}

/// Returns a code as people read it out: in two halves.
pub(crate) fn grouped(code: &str) -> String {
    match code.split_at_checked(code.len() / 2) {
        Some((left, right)) => format!("{left} {right}"),
        None => code.to_owned(),
    }
}

/// Returns the code in a message, as a reader finds it.
pub(crate) fn code_in(message: &str) -> String {
    let before = message.split(" is your code").next().unwrap_or_default();
    before.rsplit(": ").next().unwrap_or_default().to_owned()
}

/// The source of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voices {
    Script,
    Terminal,
}

impl Voices {
    /// A longer line is not an answer.
    const LONGEST_LINE: usize = 1_024;

    /// Returns the words of `who`: from the script, or as they are typed.
    pub(crate) fn hear(
        self,
        page: &mut Page,
        who: Who,
        cue: &str,
        script: impl Into<String>,
    ) -> Result<String> {
        match self {
            Self::Script => Ok(script.into()),
            Self::Terminal => loop {
                page.prompt(who, cue)?;
                let line = Self::line()?;
                if !stdin().is_terminal() {
                    // Words from a pipe are not on the screen yet.
                    page.line(&printable(line.as_deref().unwrap_or_default()))?;
                }
                match line {
                    Ok(line) => return Ok(line),
                    Err(rule) => page.note(rule)?,
                }
            },
        }
    }

    /// Returns one line, or the reason why there is none. The end of the input is an error.
    fn line() -> Result<std::result::Result<String, &'static str>> {
        let mut input = stdin().lock();
        let mut bytes = Vec::new();
        // One byte more, to see that there is more.
        const ENOUGH: u64 = Voices::LONGEST_LINE as u64 + 1;
        input.by_ref().take(ENOUGH).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Err("the input ended before the day did".into());
        }
        if bytes.pop_if(|last| *last == b'\n').is_none() && bytes.len() > Self::LONGEST_LINE {
            input.skip_until(b'\n')?;
            return Ok(Err("That is longer than 1,024 bytes. Again, please."));
        }
        let text = String::from_utf8(bytes).map(|text| text.trim_end_matches('\r').to_owned());
        Ok(text.map_err(|_| "That is no text in UTF-8. Again, please."))
    }
}
