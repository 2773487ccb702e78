//! Writes a JSON form, and leaves no copy of it behind.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_OTHER;
use crate::ffi::text::Text;

/// Writes a form as an object for C.
pub(crate) fn text(form: &impl Serialize) -> Result<Text, Failure> {
    let json = json(form)?;
    let json = str::from_utf8(&json).map_err(|_| cannot())?;
    Ok(Text::new(json))
}

/// Writes a form as bytes of UTF-8. They do not grow, since growing would leave copies of secrets behind.
pub(crate) fn json(form: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, form).map_err(|_| cannot())?;
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *json, form).map_err(|_| cannot())?;
    Ok(json)
}

fn cannot() -> Failure {
    Failure::of(
        COUNTERSIGN_ERROR_OTHER,
        "result",
        "cannot be written as JSON",
    )
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl core::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
