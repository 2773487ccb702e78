//! A text that a call gives as an object: what it drew or stored is not drawn again to learn a length.

use core::ffi::c_char;

use zeroize::Zeroizing;

use super::border::of;
use super::handle::Object;
use super::output::{Buffer, Place};
use super::result::countersign_result;

/// A text that a call has given. It is wiped when it is freed.
pub struct countersign_text {
    _private: (),
}

/// The text, and a NUL behind it.
pub(super) struct Text(Zeroizing<String>);

impl Text {
    pub(super) fn new(text: &str) -> Self {
        // Room for all, so that the text never moves and leaves a copy behind.
        let mut whole = Zeroizing::new(String::with_capacity(text.len().saturating_add(1)));
        whole.push_str(text);
        whole.push('\0');
        Self(whole)
    }

    fn without_nul(&self) -> &str {
        self.0.strip_suffix('\0').unwrap_or_default()
    }
}

impl Object for Text {
    type Tag = countersign_text;
    const KIND: u64 = 0xc5e1_9a07_4d21_0010;
    const NAME: &str = "text";
}

/// Writes where the text stands, and how many bytes it has. A NUL follows them, and does not count here.
///
/// The bytes stand until the object is freed. Do not write them.
///
/// # Safety
/// `text` is null or a handle that lives. `data` and `length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_text_data(
    text: *const countersign_text,
    data: *mut *const c_char,
    length: *mut usize,
) -> countersign_result {
    let body = |text: &Text| {
        // SAFETY: as of this function.
        let (data, length) = unsafe { (Place::new(data, "data")?, Place::new(length, "length")?) };
        let whole = text.without_nul();
        data.write(whole.as_ptr().cast());
        length.write(whole.len());
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(text, body) }
}

/// Copies the text into a buffer.
///
/// # Safety
/// `text` is null or a handle that lives. `copy` and `copy_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_text_copy(
    text: *const countersign_text,
    copy: *mut c_char,
    copy_length: *mut usize,
) -> countersign_result {
    let body = |text: &Text| {
        // SAFETY: as of this function.
        let copy = unsafe { Buffer::text("copy", copy, copy_length)? };
        copy.write_text(text.without_nul(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(text, body) }
}
