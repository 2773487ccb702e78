//! One value of a JSON text. Nothing of the text is copied except the value, which is wiped.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::secret::Secret;
use super::{read, write};
use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_JSON;

/// Finds the value that a JSON Pointer (RFC 6901) names. A text comes without its quotes.
pub(crate) fn with_value<T>(
    json: &str,
    pointer: &str,
    use_it: impl FnOnce(&str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut found = read::secret::<&RawValue>("json", json)?.get();
    let steps = match pointer.strip_prefix('/') {
        Some(steps) => Some(steps.split('/')),
        None if pointer.is_empty() => None,
        None => return Err(at("must be empty or begin with /")),
    };
    for step in steps.into_iter().flatten() {
        found = child(found, step).ok_or_else(|| at("leads to nothing in this JSON"))?;
    }
    if found.starts_with('"') {
        let text: Secret = read::secret("json", found)?;
        return use_it(text.expose());
    }
    use_it(found)
}

/// Returns the member or element of this name.
fn child<'a>(parent: &'a str, step: &str) -> Option<&'a str> {
    let found = if parent.starts_with('[') {
        // An index has no sign and no leading zero.
        let index: usize = step.parse().ok()?;
        if index.to_string() != step {
            return None;
        }
        let list: Vec<&'a RawValue> = serde_json::from_str(parent).ok()?;
        list.get(index).copied()?
    } else {
        // The order counts: `~01` is `~1`, and not `/`.
        let name = step.replace("~1", "/").replace("~0", "~");
        let members: HashMap<String, &'a RawValue> = serde_json::from_str(parent).ok()?;
        members.get(&name).copied()?
    };
    Some(found.get())
}

fn at(why: &str) -> Failure {
    Failure::of(COUNTERSIGN_ERROR_JSON, "pointer", why)
}

/// Writes a text as JSON.
pub(crate) fn quoted<T>(
    text: &str,
    use_it: impl FnOnce(&str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let json = write::json(&text)?;
    use_it(str::from_utf8(&json).map_err(|_| at("cannot be written as JSON"))?)
}
