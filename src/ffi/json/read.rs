//! Reads a JSON form.

use serde::Deserialize;

use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_JSON;

/// Reads a form without secrets. An error says what was found in which place.
pub(crate) fn plain<'a, T: Deserialize<'a>>(argument: &str, text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::of(COUNTERSIGN_ERROR_JSON, argument, &error.to_string()))
}

/// Reads a form that may hold secrets. An error names the place alone: a secret may stand where a key should.
pub(crate) fn secret<'a, T: Deserialize<'a>>(argument: &str, text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let why = format!("has another form than it should, at line {line} column {column}");
        Failure::of(COUNTERSIGN_ERROR_JSON, argument, &why)
    })
}
