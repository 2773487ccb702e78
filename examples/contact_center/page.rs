//! The page: a hundred columns, the time at the left, the audit trail at the right.

use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Result, Stdout, Write, stdout};

use qrcodegen::{QrCode, QrCodeEcc};

use crate::people::Who;

const WIDTH: usize = 100;
/// Time, name, and a space after each.
const INDENT: usize = 17;
/// The words next to a verdict.
const SAID: usize = 20;
const VERDICT: usize = 20;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31;1";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// One line of the summary.
pub(crate) struct Row {
    pub(crate) time: String,
    pub(crate) who: Who,
    pub(crate) what: &'static str,
    pub(crate) told: String,
    pub(crate) trail: String,
}

impl Row {
    /// Repeats it.
    fn is_like(&self, next: &Self) -> bool {
        (self.who, self.what, &self.told, &self.trail)
            == (next.who, next.what, &next.told, &next.trail)
    }
}

pub(crate) struct Page {
    out: Stdout,
    colours: bool,
    /// The reader has left. The day goes on in silence.
    closed: bool,
    /// The time and name of the last line, so that they are not repeated.
    last: (String, Option<Who>),
    rows: Vec<Row>,
}

impl Page {
    pub(crate) fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colours: stdout().is_terminal() && !plain,
            out: stdout(),
            closed: false,
            last: (String::new(), None),
            rows: Vec::new(),
        }
    }

    pub(crate) fn title(&mut self, title: &str) -> Result<()> {
        let title = self.style(BOLD, title);
        self.line(&title)
    }

    /// Prints a remark of the narrator.
    pub(crate) fn remark(&mut self, text: &str) -> Result<()> {
        for line in wrapped(&printable(text), WIDTH) {
            let line = self.style(DIM, &line);
            self.line(&line)?;
        }
        Ok(())
    }

    pub(crate) fn scene(&mut self, title: &str) -> Result<()> {
        let rule = "─".repeat(WIDTH.saturating_sub(width(title)).saturating_sub(4));
        let line = self.style(BOLD, &format!("── {title} {rule}"));
        self.last = (String::new(), None);
        self.line("")?;
        self.line(&line)
    }

    /// Prints words of a person, or an event.
    pub(crate) fn say(&mut self, time: &str, who: Who, text: &str) -> Result<()> {
        let mut margin = self.margin(time, who);
        for line in wrapped(text, WIDTH.saturating_sub(INDENT)) {
            self.line(&format!("{margin}{line}"))?;
            margin = " ".repeat(INDENT);
        }
        Ok(())
    }

    /// Prints an attempt: the caller's words (if they are not there already), the answer to the caller, and the line of the trail.
    pub(crate) fn attempt(&mut self, said: Option<&str>, row: Row) -> Result<()> {
        let trail = self.style(DIM, &format!("audit: {}", row.trail));
        let margin = " ".repeat(INDENT);
        let line = if let Some(said) = said {
            let margin = self.margin(&row.time, row.who);
            let verdict = self.style(colour_of(&row.told), &padded(&row.told, VERDICT));
            format!("{margin}{} {verdict} {trail}", padded(said, SAID))
        } else {
            let verdict = self.style(colour_of(&row.told), &padded(&row.told, SAID + 1 + VERDICT));
            format!("{margin}{verdict} {trail}")
        };
        self.line(&line)?;
        self.rows.push(row);
        Ok(())
    }

    /// Prints lines as they are.
    pub(crate) fn quote<'a>(&mut self, lines: impl Iterator<Item = &'a str>) -> Result<()> {
        for line in lines {
            let line = self.style(CYAN, line);
            self.line(&format!("{}{line}", " ".repeat(INDENT)))?;
        }
        Ok(())
    }

    /// Prints a word to the person at the terminal.
    pub(crate) fn note(&mut self, text: &str) -> Result<()> {
        let text = self.style(YELLOW, text);
        self.line(&format!("{}{text}", " ".repeat(INDENT)))
    }

    /// Asks the person at the terminal, and leaves the line open.
    pub(crate) fn prompt(&mut self, who: Who, cue: &str) -> Result<()> {
        self.last = (String::new(), None);
        let name = self.style(if who == Who::Impostor { RED } else { BOLD }, who.name());
        self.write(&format!("{}you, as {name}: {cue} > ", " ".repeat(INDENT)))
    }

    /// A QR code in half blocks: two modules, one above the other, in each character.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a QR code has at most 177 modules a side"
    )]
    pub(crate) fn qr(&mut self, text: &str) -> Result<()> {
        const QUIET: i32 = 2;
        let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Low) else {
            return self.note("(too long for a QR code)");
        };
        let modules = -QUIET..code.size() + QUIET;
        for y in modules.clone().step_by(2) {
            let line: String = modules
                .clone()
                .map(
                    |x| match (code.get_module(x, y), code.get_module(x, y + 1)) {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        (false, false) => ' ',
                    },
                )
                .collect();
            // On a screen, black on white by name: many apps read no inverted codes.
            let line = self.style("30;107", &line);
            let line = format!("{}{line}", " ".repeat(INDENT));
            self.line(if self.colours { &line } else { line.trim_end() })?;
        }
        Ok(())
    }

    /// Prints the secret to type and to copy, for a reader who cannot scan.
    pub(crate) fn key(&mut self, uri: &str) -> Result<()> {
        let secret = uri
            .split(['?', '&'])
            .find_map(|part| part.strip_prefix("secret="));
        let mut grouped = String::new();
        for (place, letter) in secret.unwrap_or_default().chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        self.note(&format!("or type the key: {grouped}"))
    }

    /// Prints the result of each attempt.
    pub(crate) fn summary(&mut self) -> Result<()> {
        self.scene("What each attempt got")?;
        let head =
            "time   who        with                 was told              and the audit trail says";
        let head = self.style(DIM, head);
        self.line(&head)?;
        let rows = std::mem::take(&mut self.rows);
        for alike in rows.chunk_by(Row::is_like) {
            let [row, ..] = alike else { continue };
            let what = match alike.len() {
                1 => row.what.to_owned(),
                times => format!("{}, {times} times", row.what),
            };
            let who = self.style(colour_of_name(row.who), &padded(row.who.name(), 10));
            let told = self.style(colour_of(&row.told), &padded(&row.told, 21));
            let (time, what, trail) = (&row.time, padded(&what, 20), &row.trail);
            self.line(&format!("{time}  {who} {what} {told} {trail}"))?;
        }
        Ok(())
    }

    pub(crate) fn line(&mut self, text: &str) -> Result<()> {
        self.write(&format!("{text}\n"))
    }

    /// Writes, and flushes. A reader who has left is not a failure.
    fn write(&mut self, text: &str) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let written = self.out.write_all(text.as_bytes());
        match written.and_then(|()| self.out.flush()) {
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Time and name, unless they are those of the line above.
    fn margin(&mut self, time: &str, who: Who) -> String {
        let (last_time, last_who) = std::mem::replace(&mut self.last, (time.to_owned(), Some(who)));
        let time = if last_time == time { "" } else { time };
        let name = if last_who == Some(who) && time.is_empty() {
            ""
        } else {
            who.name()
        };
        let name = self.style(colour_of_name(who), &padded(name, 9));
        format!("{} {name} ", padded(time, 6))
    }

    fn style(&self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

fn colour_of(told: &str) -> &'static str {
    match told.chars().next() {
        Some('✔') => GREEN,
        Some('✘') => RED,
        _ => YELLOW,
    }
}

const fn colour_of_name(who: Who) -> &'static str {
    match who {
        Who::Impostor => RED,
        Who::System | Who::Policy | Who::Phone => CYAN,
        Who::Maya | Who::Tom | Who::Kim => BOLD,
    }
}

/// Text whose control characters cannot steer a terminal, or make one line two.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            // Writing to a `String` cannot fail.
            let _ = write!(shown, "{}", letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, to: usize) -> String {
    format!("{text:<to$}")
}

/// Whole words, in lines of this width.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if width(line) < most.saturating_sub(width(word)) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
