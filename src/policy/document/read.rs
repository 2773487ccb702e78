//! The reader of documents. Its errors name the place that breaks a rule.

use crate::error::Error;
use crate::policy::document::pattern::named;
use crate::policy::document::rules::Document;
use crate::policy::document::written::{Head, Written, suggested};

/// A longer document is refused unread.
pub(crate) const MAX_BYTES: usize = 1 << 20;

pub(crate) fn toml(text: &str) -> Result<Document, Error> {
    // The version comes first. So the error of a later document names its version, not its unknown keys.
    read(text, |text| {
        toml::from_str::<Head>(text)
            .and_then(|_| toml::from_str(text))
            .map_err(|error| of_toml(error, text))
    })
}

#[cfg(feature = "json")]
pub(crate) fn json(text: &str) -> Result<Document, Error> {
    read(text, |text| {
        serde_json::from_str::<Head>(text)
            .and_then(|_| serde_json::from_str(text))
            .map_err(|error| of_json(&error, text))
    })
}

/// Reads a document, and first the preset that it extends. A preset extends nothing; a test reads them all.
fn read(text: &str, by: impl Fn(&str) -> Result<Written, Error>) -> Result<Document, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::misuse("policy", "must hold at most 1 MiB"));
    }
    let written = by(unmarked(text))?;
    let base = written.preset().map(|preset| toml(preset.text()));
    written.checked(base.transpose()?)
}

/// Returns the text without the byte-order marks that some editors put in front of it. They are not a part of the document, and
/// have no column.
fn unmarked(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// Returns the parser's message on one line, with line, column and key as far as it knows them.
fn of_toml(mut error: toml::de::Error, text: &str) -> Error {
    let mut suggestion = suggested(error.message());
    let is_in_action = error.message().ends_with(NO_TIER);
    // Without its input the error does not draw the line, but still names the key.
    error.set_input(None);
    let mut message = error.to_string().trim_end().replace('\n', ", ");
    let mut place = "policy".to_owned();
    if let Some(span) = error.span() {
        let before = text.get(..span.start).unwrap_or(text);
        let start_of_line = before.rsplit('\n').next().unwrap_or_default();
        let line = before.matches('\n').count().saturating_add(1);
        let column = start_of_line.chars().count().saturating_add(1);
        place = format!("policy, line {line}, column {column}");
        if is_in_action && suggestion.is_empty() {
            let rest = text.get(before.len()..).unwrap_or_default();
            let rest = rest.lines().next().unwrap_or_default();
            suggestion = format!(
                "; quote a name that has a dot: {}",
                quoted(start_of_line, rest)
            );
        }
        let found = text.get(span).unwrap_or_default();
        if message == error.message() && !found.is_empty() && !message.contains(found) {
            message = format!("{message}, at `{found}`");
        }
    }
    Error::misuse(place, escaped(&message, &suggestion))
}

/// Returns the header of an action with its name in quotes: that of the line, or an example if the line is not such a header.
fn quoted(start: &str, rest: &str) -> String {
    let line = format!("{start}{rest}");
    let header = line.trim().strip_prefix("[action.");
    let header = header
        .and_then(|line| line.split_once(']'))
        .map(|(header, _)| header);
    let parts = header.and_then(|header| {
        let end = header
            .strip_suffix(".every_tier")
            .map(|name| (name, "every_tier".to_owned()));
        end.or_else(|| {
            header
                .rsplit_once(".tier.")
                .map(|(name, tier)| (name, format!("tier.{tier}")))
        })
    });
    match parts {
        Some((name, end)) if named(name).is_ok() && named(&end).is_ok() => {
            format!("[action.\"{name}\".{end}]")
        }
        _ => "[action.\"payment.send\".every_tier]".to_owned(),
    }
}

#[cfg(feature = "json")]
fn of_json(error: &serde_json::Error, text: &str) -> Error {
    let (line, bytes) = (error.line(), error.column());
    let whole = error.to_string();
    let end = format!(" at line {line} column {bytes}");
    let message = whole.strip_suffix(&end).unwrap_or(&whole);
    // The parser counts bytes, an editor characters.
    let found = text.split('\n').nth(line.saturating_sub(1));
    let places = found.unwrap_or_default().char_indices();
    let column = places.take_while(|(place, _)| *place < bytes).count();
    let place = format!("policy, line {line}, column {column}");
    Error::misuse(place, escaped(message, &suggested(message)))
}

/// Returns a message with the text of the document escaped and cut.
fn escaped(message: &str, suggestion: &str) -> String {
    let mut escaped = String::new();
    for char in message.chars().take(MOST_MESSAGE_CHARS) {
        // An invisible letter could turn the line around it.
        let plain = char.escape_debug().len() == 1 || matches!(char, '"' | '\'' | '\\');
        if !plain {
            escaped.extend(char.escape_default());
        } else {
            escaped.push(char);
        }
    }
    escaped + suggestion
}

/// The end of a reader's message on an unknown key of an action.
const NO_TIER: &str = ", expected `every_tier` or `tier`";
/// The most letters of a parser's message that are passed on.
const MOST_MESSAGE_CHARS: usize = 320;
