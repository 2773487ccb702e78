//! Comparison.

use super::border::plain;
use super::input::bytes;
use super::output::Place;
use super::result::countersign_result;
use crate::compare::ct_eq;

/// Compares two byte strings, in a time that depends on their lengths alone. `equal` is 1 if they are equal, and 0 if not.
///
/// # Safety
/// `a` and `b` are null or lead to so many bytes. `equal` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ct_eq(
    a: *const u8,
    a_length: usize,
    b: *const u8,
    b_length: usize,
    equal: *mut i32,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (a, b) = unsafe { (bytes("a", a, a_length)?, bytes("b", b, b_length)?) };
        // SAFETY: as of this function.
        let equal = unsafe { Place::new(equal, "equal")? };
        equal.write(i32::from(ct_eq(a, b)));
        Ok(())
    })
}
