//! Searches for sealed values, without opening them.

use core::ffi::c_char;

use super::border::{given, make, of};
use super::bytes::{Parts, countersign_bytes};
use super::failure::Failure;
use super::field_cipher::countersign_field_cipher;
use super::handle::{Object, object};
use super::input::{bytes, text};
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::values::{Values, countersign_values};
use crate::canonical::Form;
use crate::field::{BlindIndex, FieldCipher, Keyring};
use crate::secret::SecretBytes;

/// Words: names, towns.
pub const COUNTERSIGN_FORM_TEXT: i32 = 1;
/// An e-mail address.
pub const COUNTERSIGN_FORM_EMAIL: i32 = 2;
/// A telephone number.
pub const COUNTERSIGN_FORM_PHONE: i32 = 3;
/// A day: `1984-02-29`.
pub const COUNTERSIGN_FORM_DATE: i32 = 4;
/// The bytes as they are: account numbers, identifiers.
pub const COUNTERSIGN_FORM_EXACT: i32 = 5;

/// A keyed hash of a column's values, cut short. It finds rows by a value that is sealed.
///
/// A search finds false hits by design: open the hits, and compare by `countersign_blind_index_same`.
pub struct countersign_blind_index {
    _private: (),
}

impl Object for BlindIndex {
    type Tag = countersign_blind_index;
    const KIND: u64 = 0xc5e1_9a07_4d21_0032;
    const NAME: &str = "index";
}

/// Makes the index of a column. The purpose is that of the cipher its values are sealed with.
///
/// `form` is a `COUNTERSIGN_FORM_..`: which spellings are one value. `bits` is 1 to 256. The fewer, the less a reader of the
/// database learns, and the more false hits a search has.
///
/// # Safety
/// `error` and `keyring` are null or handles that live. Each text is null or leads to so many bytes. `to` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_new(
    error: *const countersign_error,
    keyring: *const countersign_keyring,
    realm: *const c_char,
    realm_length: usize,
    purpose: *const c_char,
    purpose_length: usize,
    table: *const c_char,
    table_length: usize,
    column: *const c_char,
    column_length: usize,
    form: i32,
    bits: u32,
    to: *mut *mut countersign_blind_index,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (keyring, realm, purpose, table, column) = unsafe {
            (
                object::<Keyring>(keyring)?,
                text("realm", realm, realm_length)?,
                text("purpose", purpose, purpose_length)?,
                text("table", table, table_length)?,
                text("column", column, column_length)?,
            )
        };
        // More bits than the type counts are refused as too many.
        let bits = u16::try_from(bits).unwrap_or(u16::MAX);
        let place = [table, column];
        Ok(BlindIndex::new(
            keyring,
            realm,
            purpose,
            place,
            form_of(form)?,
            bits,
        )?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the index of a value in the present generation, to store beside the sealed value.
///
/// It has four bytes of the generation, and the bits, up to a whole byte.
///
/// # Safety
/// `index` is null or a handle that lives. `value` is null or leads to so many bytes. `stored` and `stored_length` are null or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_of(
    index: *const countersign_blind_index,
    value: *const c_char,
    value_length: usize,
    stored: *mut u8,
    stored_length: *mut usize,
) -> countersign_result {
    let body = |index: &BlindIndex| {
        // SAFETY: as of this function.
        let (value, stored) = unsafe {
            (
                text("value", value, value_length)?,
                Buffer::new("stored", stored, stored_length)?,
            )
        };
        stored.write_bytes(&index.of(value)?, &[value.as_bytes()])
    };
    // SAFETY: as of this function.
    unsafe { of(index, body) }
}

/// Gives the index of a value in each generation of the ring, the present one first. Look for all of them.
///
/// # Safety
/// `index` is null or a handle that lives. `value` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_search(
    index: *const countersign_blind_index,
    value: *const c_char,
    value_length: usize,
    to: *mut *mut countersign_values,
) -> countersign_result {
    let body = |index: &BlindIndex| {
        // SAFETY: as of this function.
        let value = unsafe { text("value", value, value_length)? };
        let found = index.search(value)?;
        Ok(Values(found.into_iter().map(SecretBytes::from).collect()))
    };
    // SAFETY: as of this function.
    unsafe { given(index, to, body) }
}

/// Writes 1 if a stored index is that of the value, in the generation it names. Else it writes 0.
///
/// # Safety
/// `index` is null or a handle that lives. `stored` and `value` are null or lead to so many bytes. `is_of` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_is_of(
    index: *const countersign_blind_index,
    stored: *const u8,
    stored_length: usize,
    value: *const c_char,
    value_length: usize,
    is_of: *mut i32,
) -> countersign_result {
    let body = |index: &BlindIndex| {
        // SAFETY: as of this function.
        let (stored, value, is_of) = unsafe {
            (
                bytes("stored", stored, stored_length)?,
                text("value", value, value_length)?,
                Place::new(is_of, "is_of")?,
            )
        };
        is_of.write(i32::from(index.is_of(stored, value)));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(index, body) }
}

/// Writes 1 if a stored index is of the present generation. Else it writes 0: replace it.
///
/// # Safety
/// `index` is null or a handle that lives. `stored` is null or leads to so many bytes. `is_current` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_is_current(
    index: *const countersign_blind_index,
    stored: *const u8,
    stored_length: usize,
    is_current: *mut i32,
) -> countersign_result {
    let body = |index: &BlindIndex| {
        // SAFETY: as of this function.
        let (stored, is_current) = unsafe {
            (
                bytes("stored", stored, stored_length)?,
                Place::new(is_current, "is_current")?,
            )
        };
        is_current.write(i32::from(index.is_current(stored)));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(index, body) }
}

/// Writes 1 if two spellings are one value, else 0. It separates a hit from a false hit.
///
/// # Safety
/// `index` is null or a handle that lives. `one` and `other` are null or lead to so many bytes. `same` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_same(
    index: *const countersign_blind_index,
    one: *const c_char,
    one_length: usize,
    other: *const c_char,
    other_length: usize,
    same: *mut i32,
) -> countersign_result {
    let body = |index: &BlindIndex| {
        // SAFETY: as of this function.
        let (one, other, same) = unsafe {
            (
                text("one", one, one_length)?,
                text("other", other, other_length)?,
                Place::new(same, "same")?,
            )
        };
        same.write(i32::from(index.same(one, other)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(index, body) }
}

/// Opens a value, and compares the index stored beside it. If the index was swapped for another row's, the value does not open.
///
/// # Safety
/// `index` and `cipher` are null or handles that live. `context` is null or leads to so many members, each null or of so many
/// bytes. `sealed` and `stored` are null or lead to so many bytes. `plaintext` and `plaintext_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_blind_index_open(
    index: *const countersign_blind_index,
    cipher: *const countersign_field_cipher,
    context: *const countersign_bytes,
    context_count: usize,
    sealed: *const u8,
    sealed_length: usize,
    stored: *const u8,
    stored_length: usize,
    plaintext: *mut u8,
    plaintext_length: *mut usize,
) -> countersign_result {
    let body = |index: &BlindIndex| {
        // SAFETY: as of this function.
        let (cipher, context, sealed, stored, plaintext) = unsafe {
            (
                object::<FieldCipher>(cipher)?,
                Parts::read("context", context, context_count)?,
                bytes("sealed", sealed, sealed_length)?,
                bytes("stored", stored, stored_length)?,
                Buffer::new("plaintext", plaintext, plaintext_length)?,
            )
        };
        context.apart_from(&plaintext)?;
        let needed = FieldCipher::text_length(sealed)?;
        plaintext.fill(needed, &[sealed, stored], |room| {
            let opened = index.open(cipher, context.as_slice(), sealed, stored)?;
            room.copy_from_slice(opened.expose_bytes());
            Ok(())
        })
    };
    // SAFETY: as of this function.
    unsafe { of(index, body) }
}

fn form_of(number: i32) -> Result<Form, Failure> {
    Ok(match number {
        COUNTERSIGN_FORM_TEXT => Form::Text,
        COUNTERSIGN_FORM_EMAIL => Form::Email,
        COUNTERSIGN_FORM_PHONE => Form::Phone,
        COUNTERSIGN_FORM_DATE => Form::Date,
        COUNTERSIGN_FORM_EXACT => Form::Exact,
        _ => return Err(Failure::unknown("form", "COUNTERSIGN_FORM_..")),
    })
}
