//! Values that a call gives as an object: how many there are is known after the call alone.

use super::border::of;
use super::failure::Failure;
use super::handle::Object;
use super::output::{Buffer, Place};
use super::result::{COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_result};
use crate::secret::SecretBytes;

/// Values that a call has given, in their order. They are wiped when they are freed.
pub struct countersign_values {
    _private: (),
}

pub(super) struct Values(pub(super) Vec<SecretBytes>);

impl Values {
    fn at(&self, index: usize) -> Result<&[u8], Failure> {
        let value = self.0.get(index).map(SecretBytes::expose_bytes);
        value.ok_or_else(|| {
            let why = format!("must be less than {}, the number of values", self.0.len());
            Failure::of(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, "index", &why)
        })
    }
}

impl Object for Values {
    type Tag = countersign_values;
    const KIND: u64 = 0xc5e1_9a07_4d21_0033;
    const NAME: &str = "values";
}

/// Writes how many values there are.
///
/// # Safety
/// `values` is null or a handle that lives. `count` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_values_count(
    values: *const countersign_values,
    count: *mut usize,
) -> countersign_result {
    let body = |values: &Values| {
        // SAFETY: as of this function.
        let count = unsafe { Place::new(count, "count")? };
        count.write(values.0.len());
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(values, body) }
}

/// Writes where the value with this index stands, and how many bytes it has. The first index is 0.
///
/// The bytes stand until the object is freed. Do not write them.
///
/// # Safety
/// `values` is null or a handle that lives. `data` and `length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_values_data(
    values: *const countersign_values,
    index: usize,
    data: *mut *const u8,
    length: *mut usize,
) -> countersign_result {
    let body = |values: &Values| {
        // SAFETY: as of this function.
        let (data, length) = unsafe { (Place::new(data, "data")?, Place::new(length, "length")?) };
        let value = values.at(index)?;
        data.write(value.as_ptr());
        length.write(value.len());
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(values, body) }
}

/// Copies the value with this index into a buffer.
///
/// # Safety
/// `values` is null or a handle that lives. `copy` and `copy_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_values_copy(
    values: *const countersign_values,
    index: usize,
    copy: *mut u8,
    copy_length: *mut usize,
) -> countersign_result {
    let body = |values: &Values| {
        // SAFETY: as of this function.
        let copy = unsafe { Buffer::new("copy", copy, copy_length)? };
        copy.write_bytes(values.at(index)?, &[])
    };
    // SAFETY: as of this function.
    unsafe { of(values, body) }
}
