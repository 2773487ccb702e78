//! Outputs: single values, and buffers of the caller. They are written on success alone.
//!
//! One convention for every buffer: with a null pointer, the call says how long the buffer must be, and does nothing else. A
//! text ends with NUL, which counts.

use core::ffi::c_char;
use core::ptr;
use core::slice;

use super::failure::Failure;
use super::result::{
    COUNTERSIGN_ERROR_BUFFER_TOO_SMALL, COUNTERSIGN_ERROR_LENGTH, COUNTERSIGN_ERROR_NULL,
    COUNTERSIGN_ERROR_OVERLAP,
};

/// A place for one value.
pub(super) struct Place<T>(*mut T);

impl<T> Place<T> {
    /// Takes the pointer to a place.
    ///
    /// # Safety
    /// The pointer is null, or a value may be written there until the call is over.
    pub(super) unsafe fn new(pointer: *mut T, argument: &str) -> Result<Self, Failure> {
        if pointer.is_null() {
            let why = "is null";
            return Err(Failure::of(COUNTERSIGN_ERROR_NULL, argument, why));
        }
        if !pointer.is_aligned() {
            let why = "is not aligned";
            return Err(Failure::of(COUNTERSIGN_ERROR_NULL, argument, why));
        }
        Ok(Self(pointer))
    }

    /// Writes the value. What stood there is not read.
    pub(super) fn write(self, value: T) {
        // SAFETY: `new` was told that it may be written, and saw that it is aligned.
        unsafe { ptr::write(self.0, value) }
    }
}

/// A buffer of the caller, and its length: how many bytes have room there, and then how many are written or needed.
pub(super) struct Buffer {
    pointer: *mut u8,
    room: usize,
    length: *mut usize,
    argument: &'static str,
}

impl Buffer {
    /// Takes the pointers to a buffer and to its length.
    ///
    /// # Safety
    /// Both pointers are null, or lead to what may be written until the call is over.
    pub(super) unsafe fn new(
        argument: &'static str,
        pointer: *mut u8,
        length: *mut usize,
    ) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        let place = unsafe { Place::new(length, "the length of an output")? };
        // SAFETY: it is not null, is aligned, and the caller has set it.
        let room = if pointer.is_null() {
            0
        } else {
            unsafe { place.0.read() }
        };
        if pointer.addr().checked_add(room).is_none() {
            let why = "its length reaches past the end of memory";
            return Err(Failure::of(COUNTERSIGN_ERROR_LENGTH, argument, why));
        }
        let buffer = Self {
            pointer,
            room,
            length,
            argument,
        };
        if buffer.overlaps(length.addr(), size_of::<usize>()) {
            return Err(buffer.overlap());
        }
        Ok(buffer)
    }

    /// Takes a buffer for a text.
    ///
    /// # Safety
    /// As [`new`](Self::new).
    pub(super) unsafe fn text(
        argument: &'static str,
        pointer: *mut c_char,
        length: *mut usize,
    ) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        unsafe { Self::new(argument, pointer.cast(), length) }
    }

    /// Returns whether the caller asks for the length alone.
    pub(super) fn asks_for_length(&self) -> bool {
        self.pointer.is_null()
    }

    /// Returns the first `needed` bytes of the buffer, or none, if the caller asks for the length alone. Both ways the length
    /// is written. The buffer overlaps none of the inputs.
    pub(super) fn room<'a>(
        self,
        needed: usize,
        inputs: &[&[u8]],
    ) -> Result<Option<&'a mut [u8]>, Failure> {
        let room = self.checked(needed, inputs)?;
        self.write_length(needed);
        Ok(room)
    }

    /// Has the first `needed` bytes of the buffer filled, unless the caller asks for the length alone. If that fails, the length
    /// is not written.
    pub(super) fn fill(
        self,
        needed: usize,
        inputs: &[&[u8]],
        fill: impl FnOnce(&mut [u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if let Some(room) = self.checked(needed, inputs)? {
            fill(room)?;
        }
        self.write_length(needed);
        Ok(())
    }

    /// Checks that the buffer and its length overlap no byte of an input.
    pub(super) fn apart_from(&self, input: &[u8]) -> Result<(), Failure> {
        let (begin, end) = (
            self.length.addr(),
            input.as_ptr().addr().saturating_add(input.len()),
        );
        let touches_length =
            input.as_ptr().addr() < begin.saturating_add(size_of::<usize>()) && begin < end;
        if touches_length || self.overlaps(input.as_ptr().addr(), input.len()) {
            return Err(self.overlap());
        }
        Ok(())
    }

    /// Returns the first `needed` bytes of the buffer, or none, if the caller asks for the length alone.
    fn checked<'a>(
        &self,
        needed: usize,
        inputs: &[&[u8]],
    ) -> Result<Option<&'a mut [u8]>, Failure> {
        for input in inputs {
            self.apart_from(input)?;
        }
        if self.asks_for_length() {
            return Ok(None);
        }
        let room = self.room;
        if room < needed {
            self.write_length(needed);
            let why = format!("has room for {room} bytes, and needs {needed}");
            return Err(Failure::of(
                COUNTERSIGN_ERROR_BUFFER_TOO_SMALL,
                self.argument,
                &why,
            ));
        }
        // SAFETY: `new` was told that so many bytes may be written, and no input is among them.
        Ok(Some(unsafe {
            slice::from_raw_parts_mut(self.pointer, needed)
        }))
    }

    fn write_length(&self, needed: usize) {
        // SAFETY: `new` was told that it may be written, and saw that it is aligned.
        unsafe { ptr::write(self.length, needed) };
    }

    /// Writes a text and its NUL.
    pub(super) fn write_text(self, text: &str, inputs: &[&[u8]]) -> Result<(), Failure> {
        let needed = text.len().saturating_add(1);
        if let Some(room) = self.room(needed, inputs)?
            && let Some((end, start)) = room.split_last_mut()
        {
            start.copy_from_slice(text.as_bytes());
            *end = 0;
        }
        Ok(())
    }

    /// Writes bytes.
    pub(super) fn write_bytes(self, bytes: &[u8], inputs: &[&[u8]]) -> Result<(), Failure> {
        if let Some(room) = self.room(bytes.len(), inputs)? {
            room.copy_from_slice(bytes);
        }
        Ok(())
    }

    fn overlaps(&self, other: usize, length: usize) -> bool {
        let begin = self.pointer.addr();
        let end = begin.saturating_add(self.room);
        !self.asks_for_length() && other < end && begin < other.saturating_add(length)
    }

    fn overlap(&self) -> Failure {
        let why = "overlaps an input or its own length";
        Failure::of(COUNTERSIGN_ERROR_OVERLAP, self.argument, why)
    }
}
