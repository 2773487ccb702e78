//! Numbers of seconds and of things, in words.

use core::time::Duration;

/// Writes a span in its largest whole unit: `10 minutes`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let whole = units
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds.checked_rem(*size) == Some(0));
    let (size, unit) = whole.unwrap_or((1, "second"));
    count(seconds.checked_div(size).unwrap_or(seconds), unit)
}

/// Writes a number of things: `1 agent`, `2 agents`.
pub(crate) fn count(number: impl Into<u64>, what: &str) -> String {
    let number = number.into();
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
