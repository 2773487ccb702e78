//! Lists of bytes and of fields, as C gives them.

use core::ffi::c_void;
use core::slice;

use super::failure::Failure;
use super::input::{bytes, text};
use super::output::Buffer;
use super::result::COUNTERSIGN_ERROR_NULL;

/// Bytes or a text of the caller, as a member of a list.
#[repr(C)]
pub struct countersign_bytes {
    /// Where they stand. It may be null if there are none.
    pub data: *const c_void,
    /// How many there are.
    pub length: usize,
}

/// A field of a record.
#[repr(C)]
pub struct countersign_field {
    /// The name of the column: a text.
    pub column: countersign_bytes,
    /// The value in that column.
    pub value: countersign_bytes,
}

/// More parts than these are listed by an allocation, which costs a tenth of sealing a short value.
const FEW: usize = 6;

/// A list of byte strings.
pub(super) struct Parts<'a> {
    /// Up to [`FEW`].
    few: [&'a [u8]; FEW],
    many: Vec<&'a [u8]>,
    count: usize,
    list: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Reads a list.
    ///
    /// # Safety
    /// The pointer is null, or leads to so many members, each of which keeps to the contract of [`bytes`].
    #[inline]
    pub(super) unsafe fn read(
        argument: &str,
        list: *const countersign_bytes,
        count: usize,
    ) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        let (members, list) = unsafe { members(argument, list, count)? };
        let mut parts = Self {
            few: [&[]; FEW],
            many: Vec::new(),
            count,
            list,
        };
        if count > FEW {
            parts.many.reserve_exact(count);
            for part in members {
                // SAFETY: as of this function.
                let part = unsafe { bytes(argument, part.data.cast(), part.length)? };
                parts.many.push(part);
            }
        } else {
            for (slot, part) in parts.few.iter_mut().zip(members) {
                // SAFETY: as of this function.
                *slot = unsafe { bytes(argument, part.data.cast(), part.length)? };
            }
        }
        Ok(parts)
    }

    pub(super) fn as_slice(&self) -> &[&'a [u8]] {
        if self.count > FEW {
            &self.many
        } else {
            self.few.get(..self.count).unwrap_or_default()
        }
    }

    /// Checks that an output overlaps neither the list nor its members.
    pub(super) fn apart_from(&self, output: &Buffer) -> Result<(), Failure> {
        output.apart_from(self.list)?;
        for part in self.as_slice() {
            output.apart_from(part)?;
        }
        Ok(())
    }
}

/// Reads fields: a column and a value each.
///
/// # Safety
/// As [`Parts::read`].
pub(super) unsafe fn fields<'a>(
    argument: &str,
    list: *const countersign_field,
    count: usize,
) -> Result<Vec<(&'a str, &'a [u8])>, Failure> {
    // SAFETY: as of this function.
    let (members, _) = unsafe { members(argument, list, count)? };
    let mut fields = Vec::with_capacity(count);
    for field in members {
        let (column, value) = (&field.column, &field.value);
        // SAFETY: as of this function.
        fields.push(unsafe {
            (
                text(argument, column.data.cast(), column.length)?,
                bytes(argument, value.data.cast(), value.length)?,
            )
        });
    }
    Ok(fields)
}

/// Reads the members of a list, and returns where they stand.
///
/// # Safety
/// The pointer is null, or leads to so many members that nobody writes before the call is over.
unsafe fn members<'a, T>(
    argument: &str,
    list: *const T,
    count: usize,
) -> Result<(&'a [T], &'a [u8]), Failure> {
    let length = count.saturating_mul(size_of::<T>());
    // SAFETY: as of this function.
    let place = unsafe { bytes(argument, list.cast(), length)? };
    if count == 0 {
        return Ok((&[], place));
    }
    if !list.is_aligned() {
        let why = "is not aligned";
        return Err(Failure::of(COUNTERSIGN_ERROR_NULL, argument, why));
    }
    // SAFETY: `bytes` saw that it is not null and ends within memory. It is aligned, and the caller says what is there.
    Ok((unsafe { slice::from_raw_parts(list, count) }, place))
}
