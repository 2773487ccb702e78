//! Sealed fields: values one by one, and the fields of a record together.

use core::ffi::c_char;

use super::border::{given, make, of, plain};
use super::bytes::{Parts, countersign_bytes, countersign_field, fields};
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::{bytes, text};
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::{COUNTERSIGN_ERROR_CORRUPT, countersign_result};
use super::values::{Values, countersign_values};
use crate::error::Error;
use crate::field::{FieldCipher, Keyring, Row};
use crate::secret::SecretBytes;

/// A sealed value is this many bytes longer than its text.
pub const COUNTERSIGN_FIELD_OVERHEAD: usize = 77;
/// A longer text is refused.
pub const COUNTERSIGN_FIELD_MAX_PLAINTEXT: usize = 16_777_216;

const _: () = assert!(
    COUNTERSIGN_FIELD_OVERHEAD == FieldCipher::OVERHEAD
        && COUNTERSIGN_FIELD_MAX_PLAINTEXT == FieldCipher::MAX_PLAINTEXT
);

/// Seals and opens values of one purpose, each in the context of its place: table, column, record.
///
/// The context is authenticated, and not stored. A value opens only in the context it was sealed in.
pub struct countersign_field_cipher {
    _private: (),
}

impl Object for FieldCipher {
    type Tag = countersign_field_cipher;
    const KIND: u64 = 0xc5e1_9a07_4d21_0031;
    const NAME: &str = "cipher";
}

/// Makes the cipher of one purpose in one realm. Take a purpose for each kind of data that a process of its own reads.
///
/// # Safety
/// `error` and `keyring` are null or handles that live. `realm` and `purpose` are null or lead to so many bytes. `to` is null or
/// may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_new(
    error: *const countersign_error,
    keyring: *const countersign_keyring,
    realm: *const c_char,
    realm_length: usize,
    purpose: *const c_char,
    purpose_length: usize,
    to: *mut *mut countersign_field_cipher,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (keyring, realm, purpose) = unsafe {
            (
                object::<Keyring>(keyring)?,
                text("realm", realm, realm_length)?,
                text("purpose", purpose, purpose_length)?,
            )
        };
        Ok(FieldCipher::new(keyring, realm, purpose)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Seals a value for its place. The result is `COUNTERSIGN_FIELD_OVERHEAD` bytes longer than the plaintext.
///
/// `context` is a list of `context_count` parts, 255 at most. No two places may have one context.
///
/// # Safety
/// `cipher` is null or a handle that lives. `context` is null or leads to so many members, each null or of so many bytes.
/// `plaintext` is null or leads to so many bytes. `sealed` and `sealed_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_seal(
    cipher: *const countersign_field_cipher,
    context: *const countersign_bytes,
    context_count: usize,
    plaintext: *const u8,
    plaintext_length: usize,
    sealed: *mut u8,
    sealed_length: *mut usize,
) -> countersign_result {
    let body = |cipher: &FieldCipher| {
        // SAFETY: as of this function.
        let (context, plaintext, sealed) = unsafe {
            (
                Parts::read("context", context, context_count)?,
                bytes("plaintext", plaintext, plaintext_length)?,
                Buffer::new("sealed", sealed, sealed_length)?,
            )
        };
        context.apart_from(&sealed)?;
        let needed = plaintext.len().saturating_add(FieldCipher::OVERHEAD);
        sealed.fill(needed, &[plaintext], |room| {
            Ok(cipher.seal_to(context.as_slice(), plaintext, room)?)
        })
    };
    // SAFETY: as of this function.
    unsafe { of(cipher, body) }
}

/// Opens a value. The plaintext is `COUNTERSIGN_FIELD_OVERHEAD` bytes shorter than the sealed value.
///
/// A value that does not open is `COUNTERSIGN_ERROR_CORRUPT`, whatever is wrong: context, suite, a bit. If no key of the ring
/// opens it, the error is `COUNTERSIGN_ERROR_MISSING_KEY`. The plaintext's buffer may hold zeros then, and nothing of the value.
///
/// # Safety
/// As `countersign_field_cipher_seal`, with `sealed` as the input and `plaintext` as the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_open(
    cipher: *const countersign_field_cipher,
    context: *const countersign_bytes,
    context_count: usize,
    sealed: *const u8,
    sealed_length: usize,
    plaintext: *mut u8,
    plaintext_length: *mut usize,
) -> countersign_result {
    let body = |cipher: &FieldCipher| {
        // SAFETY: as of this function.
        let (context, sealed, plaintext) = unsafe {
            (
                Parts::read("context", context, context_count)?,
                bytes("sealed", sealed, sealed_length)?,
                Buffer::new("plaintext", plaintext, plaintext_length)?,
            )
        };
        context.apart_from(&plaintext)?;
        plaintext.fill(FieldCipher::text_length(sealed)?, &[sealed], |room| {
            Ok(cipher.open_to(context.as_slice(), sealed, room)?)
        })
    };
    // SAFETY: as of this function.
    unsafe { of(cipher, body) }
}

/// Writes 1 if a value is to be sealed again: its root opens values, but does not write any more. Else it writes 0.
///
/// # Safety
/// `cipher` is null or a handle that lives. `sealed` is null or leads to so many bytes. `needs` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_needs_reseal(
    cipher: *const countersign_field_cipher,
    sealed: *const u8,
    sealed_length: usize,
    needs: *mut i32,
) -> countersign_result {
    let body = |cipher: &FieldCipher| {
        // SAFETY: as of this function.
        let (sealed, needs) = unsafe {
            (
                bytes("sealed", sealed, sealed_length)?,
                Place::new(needs, "needs")?,
            )
        };
        needs.write(i32::from(cipher.needs_reseal(sealed)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(cipher, body) }
}

/// Seals a value again under the root that writes. The result is as long as the value.
///
/// Swap it for the old one, and only if that is still there.
///
/// # Safety
/// As `countersign_field_cipher_seal`, with `sealed` as the input and `resealed` as the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_reseal(
    cipher: *const countersign_field_cipher,
    context: *const countersign_bytes,
    context_count: usize,
    sealed: *const u8,
    sealed_length: usize,
    resealed: *mut u8,
    resealed_length: *mut usize,
) -> countersign_result {
    let how =
        |cipher: &FieldCipher, context: &[&[u8]], sealed: &[u8]| cipher.reseal(context, sealed);
    // SAFETY: as of this function.
    let body = |cipher: &FieldCipher| unsafe {
        let context = Parts::read("context", context, context_count)?;
        let sealed = bytes("sealed", sealed, sealed_length)?;
        let resealed = Buffer::new("resealed", resealed, resealed_length)?;
        again(cipher, &context, sealed, resealed, how)
    };
    // SAFETY: as of this function.
    unsafe { of(cipher, body) }
}

/// Seals a value again that is under the revoked root with this id. No other call opens it.
///
/// A thief of a revoked root may have made the value. Name the root only for values that were in place before it leaked.
///
/// # Safety
/// As `countersign_field_cipher_reseal`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_reseal_revoked(
    cipher: *const countersign_field_cipher,
    root: u32,
    context: *const countersign_bytes,
    context_count: usize,
    sealed: *const u8,
    sealed_length: usize,
    resealed: *mut u8,
    resealed_length: *mut usize,
) -> countersign_result {
    let how = |cipher: &FieldCipher, context: &[&[u8]], sealed: &[u8]| {
        cipher.reseal_revoked(root, context, sealed)
    };
    // SAFETY: as of this function.
    let body = |cipher: &FieldCipher| unsafe {
        let context = Parts::read("context", context, context_count)?;
        let sealed = bytes("sealed", sealed, sealed_length)?;
        let resealed = Buffer::new("resealed", resealed, resealed_length)?;
        again(cipher, &context, sealed, resealed, how)
    };
    // SAFETY: as of this function.
    unsafe { of(cipher, body) }
}

/// Writes the id of the root that bytes claim to be sealed under. Nothing is checked: they need not open.
///
/// # Safety
/// `sealed` is null or leads to so many bytes. `root` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_root_of(
    sealed: *const u8,
    sealed_length: usize,
    root: *mut u32,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (sealed, root) = unsafe {
            (
                bytes("sealed", sealed, sealed_length)?,
                Place::new(root, "root")?,
            )
        };
        let id = FieldCipher::key_id_of(sealed).ok_or_else(|| {
            Failure::of(COUNTERSIGN_ERROR_CORRUPT, "sealed", "is no sealed value")
        })?;
        root.write(id);
        Ok(())
    })
}

/// Seals the fields of one record together, for less than half the price of sealing them one by one.
///
/// `to` gives the sealed values in the order of the fields. Each opens alone, too, with the context table, column, record.
///
/// # Safety
/// `cipher` is null or a handle that lives. `table` and `record` are null or lead to so many bytes. `list` is null or leads to so
/// many fields, of which each column and value is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_seal_row(
    cipher: *const countersign_field_cipher,
    table: *const c_char,
    table_length: usize,
    record: *const u8,
    record_length: usize,
    list: *const countersign_field,
    count: usize,
    to: *mut *mut countersign_values,
) -> countersign_result {
    let body = |cipher: &FieldCipher| {
        // SAFETY: as of this function.
        let (table, record, fields) = unsafe {
            (
                text("table", table, table_length)?,
                bytes("record", record, record_length)?,
                fields("list", list, count)?,
            )
        };
        let sealed = Row::new(cipher, table, record).seal(&fields)?;
        Ok(Values(sealed.into_iter().map(SecretBytes::from).collect()))
    };
    // SAFETY: as of this function.
    unsafe { given(cipher, to, body) }
}

/// Opens fields of one record. `to` gives the plaintexts in the order of the fields.
///
/// If one of them does not open, none is given.
///
/// # Safety
/// As `countersign_field_cipher_seal_row`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_field_cipher_open_row(
    cipher: *const countersign_field_cipher,
    table: *const c_char,
    table_length: usize,
    record: *const u8,
    record_length: usize,
    list: *const countersign_field,
    count: usize,
    to: *mut *mut countersign_values,
) -> countersign_result {
    let body = |cipher: &FieldCipher| {
        // SAFETY: as of this function.
        let (table, record, fields) = unsafe {
            (
                text("table", table, table_length)?,
                bytes("record", record, record_length)?,
                fields("list", list, count)?,
            )
        };
        Ok(Values(Row::new(cipher, table, record).open(&fields)?))
    };
    // SAFETY: as of this function.
    unsafe { given(cipher, to, body) }
}

/// Seals a value again, into a buffer.
fn again(
    cipher: &FieldCipher,
    context: &Parts<'_>,
    sealed: &[u8],
    to: Buffer,
    how: impl FnOnce(&FieldCipher, &[&[u8]], &[u8]) -> Result<Vec<u8>, Error>,
) -> Result<(), Failure> {
    context.apart_from(&to)?;
    // Its length is checked, as of a sealed value.
    FieldCipher::text_length(sealed)?;
    to.fill(sealed.len(), &[sealed], |room| {
        room.copy_from_slice(&how(cipher, context.as_slice(), sealed)?);
        Ok(())
    })
}
