//! Secrets: wiped when dropped, redacted in `Debug`, readable by one method.

use core::fmt;

use ring::hmac;
use zeroize::{Zeroizing, optimization_barrier};

/// Secret bytes: a key, a seed, an opened field.
///
/// They are wiped when dropped. `Debug` shows the length only. [`expose_bytes`](Self::expose_bytes) alone reads them.
///
/// ```
/// use countersign::SecretBytes;
/// let seed = SecretBytes::from(b"12345678901234567890".to_vec());
/// assert_eq!(format!("{seed:?}"), "SecretBytes(20 bytes)");
/// assert_eq!(seed.expose_bytes().len(), 20);
/// ```
///
/// It cannot be printed, serialised or compared with `==`:
///
/// ```compile_fail
/// let seed = countersign::SecretBytes::from(vec![1]);
/// println!("{seed}");
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// needs_serialize(&countersign::SecretBytes::from(vec![1]));
/// ```
/// ```compile_fail
/// let (a, b) = (countersign::SecretBytes::from(vec![1]), countersign::SecretBytes::from(vec![1]));
/// let same = a == b;
/// ```
///
/// Its length and its exposed bytes can be, so nothing else stops these lines:
///
/// ```
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// let (a, b) = (countersign::SecretBytes::from(vec![1]), countersign::SecretBytes::from(vec![1]));
/// println!("{}", a.expose_bytes().len());
/// needs_serialize(&a.expose_bytes());
/// let same = countersign::ct_eq(a.expose_bytes(), b.expose_bytes());
/// assert!(same);
/// ```
#[derive(Clone)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Returns the bytes themselves. The name makes a reader stop here.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        &mut self.0
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Zeroizing<Vec<u8>>> for SecretBytes {
    fn from(mut bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(core::mem::take(&mut *bytes))
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // Bytes behind the end are wiped, too.
        self.0.resize(self.0.capacity(), 0);
        wipe(&mut self.0);
    }
}

/// Overwrites bytes with zeros, and keeps the compiler from leaving that out.
#[inline]
pub(crate) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

/// Secret text: a code on its way to a phone, an answer on its way into a check.
///
/// It is wiped when dropped. `Debug` shows nothing. [`expose_text`](Self::expose_text) alone reads it.
///
/// ```
/// use countersign::SecretText;
/// let code = SecretText::from("493021".to_owned());
/// assert_eq!(format!("{code:?}"), "SecretText(..)");
/// assert_eq!(code.expose_text(), "493021");
/// ```
///
/// It cannot be printed, serialised or compared with `==`:
///
/// ```compile_fail
/// println!("{}", countersign::SecretText::from(String::new()));
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// needs_serialize(&countersign::SecretText::from(String::new()));
/// ```
/// ```compile_fail
/// let same = countersign::SecretText::from(String::new()) == countersign::SecretText::from(String::new());
/// ```
///
/// Exposed text can be, so nothing else stops these lines:
///
/// ```
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// let text = countersign::SecretText::from(String::new());
/// println!("{}", text.expose_text());
/// needs_serialize(&text.expose_text());
/// let same = text.expose_text() == text.expose_text();
/// ```
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Returns the text itself. The name makes a reader stop here.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<Zeroizing<String>> for SecretText {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// A key for HMAC-SHA-256, kept as its bytes. `ring` does not wipe a key of its own, so each use makes one.
#[derive(Clone)]
pub(crate) struct MacKey(SecretBytes);

impl MacKey {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(SecretBytes(bytes.to_vec()))
    }

    /// Makes the key ready for one use. Do not keep it.
    pub(crate) fn ready(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_bytes())
    }
}

impl From<&MacKey> for hmac::Key {
    fn from(key: &MacKey) -> Self {
        key.ready()
    }
}

/// A buffer that leaves no copy behind when it grows: the old one is wiped, too.
pub(crate) struct Wiped(SecretBytes);

impl Wiped {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(SecretBytes(Vec::with_capacity(capacity)))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.0.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() > self.0.0.capacity().saturating_sub(self.len()) {
            self.grow_to(self.len().saturating_add(bytes.len()));
        }
        self.0.0.extend_from_slice(bytes);
    }

    pub(crate) fn pad(&mut self, length: usize) {
        self.grow_to(length);
        self.0.0.resize(length, 0);
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        self.0.as_mut_bytes()
    }

    /// Takes the bytes out. They are not secret any more, so they are not wiped.
    pub(crate) fn into_unwiped(mut self) -> Vec<u8> {
        core::mem::take(&mut self.0.0)
    }

    #[cold]
    fn grow_to(&mut self, needed: usize) {
        if needed > self.0.0.capacity() {
            let mut larger = Self::with_capacity(needed.saturating_mul(2));
            larger.0.0.extend_from_slice(&self.0.0);
            *self = larger;
        }
    }
}

impl minicbor::encode::Write for Wiped {
    type Error = core::convert::Infallible;

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.push(bytes);
        Ok(())
    }
}

impl From<Wiped> for SecretBytes {
    fn from(buffer: Wiped) -> Self {
        buffer.0
    }
}
