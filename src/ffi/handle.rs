//! Handles: the objects that C holds a pointer to.
//!
//! Each object has a head in front of it: which kind it is, and the text of its last error. A call reads the kind before it
//! touches the object. Objects that live are listed by address, so that freeing looks a pointer up before it follows it.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::failure::Failure;
use super::result::{COUNTERSIGN_ERROR_HANDLE, COUNTERSIGN_ERROR_NULL};

/// An object that C holds.
pub(super) trait Object: Send + Sync + Sized + 'static {
    /// The type that the header names. It has no fields: C sees a pointer only.
    type Tag;
    /// The kind, as it stands in the head. Each is drawn once by hand. A kind looks like no small number and no pointer.
    const KIND: u64;
    /// The argument, as error texts name it.
    const NAME: &str;
}

/// The head of an object. It stands in front of it.
pub(super) struct Head {
    kind: AtomicU64,
    error: Mutex<String>,
}

impl Head {
    /// The kind of an object that was freed.
    const FREED: u64 = 0;

    /// Keeps the text of a failure.
    pub(super) fn keep(&self, failure: &Failure) {
        let mut error = locked(&self.error);
        error.clear();
        error.push_str(&failure.text);
    }

    /// Returns the text of the last failure, or nothing.
    pub(super) fn last_error(&self) -> String {
        locked(&self.error).clone()
    }
}

#[repr(C)]
struct Handle<T> {
    head: Head,
    object: T,
}

type Drop = unsafe fn(*mut c_void);

/// The objects that live, by address, and how each is dropped.
static LIVE: Mutex<BTreeMap<usize, Drop>> = Mutex::new(BTreeMap::new());

/// A lock that a panic has left is taken all the same: each of these values is whole after every line.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives an object to C, which frees it.
pub(super) fn give<T: Object>(object: T) -> *mut T::Tag {
    let head = Head {
        kind: AtomicU64::new(T::KIND),
        error: Mutex::default(),
    };
    let pointer = Box::into_raw(Box::new(Handle { head, object }));
    let _ = locked(&LIVE).insert(pointer.addr(), drop_handle::<T>);
    pointer.cast()
}

/// Drops an object, whose secrets are wiped with it.
///
/// # Safety
/// The pointer came from [`give`] of the same type, and nobody uses it any more.
unsafe fn drop_handle<T: Object>(pointer: *mut c_void) {
    let pointer = pointer.cast::<Handle<T>>();
    // SAFETY: `give` made it, of this type.
    let handle = unsafe { Box::from_raw(pointer) };
    handle.head.kind.store(Head::FREED, Ordering::Release);
    drop(handle);
}

/// Frees an object. Null is nothing to free.
///
/// # Safety
/// No other call uses the object.
pub(super) unsafe fn free(pointer: *mut c_void) -> Result<(), Failure> {
    if pointer.is_null() {
        return Ok(());
    }
    let Some(drop) = locked(&LIVE).remove(&pointer.addr()) else {
        let why = "is no handle, or was freed before";
        return Err(Failure::of(COUNTERSIGN_ERROR_HANDLE, "handle", why));
    };
    // SAFETY: it was listed, so `give` made it, and nobody has freed it. The caller says that nobody uses it.
    unsafe { drop(pointer) };
    Ok(())
}

/// Returns the head and the object that a handle leads to.
///
/// # Safety
/// The handle is null or points to an object that lives, of whatever kind, for as long as the result is used.
pub(super) unsafe fn borrow<'a, T: Object>(
    handle: *const T::Tag,
) -> Result<(&'a Head, &'a T), Failure> {
    // SAFETY: as of this function.
    let head = unsafe { head_of(handle.cast(), T::NAME)? };
    if head.kind.load(Ordering::Acquire) != T::KIND {
        let why = "is of another kind, or was freed";
        return Err(Failure::of(COUNTERSIGN_ERROR_HANDLE, T::NAME, why));
    }
    // SAFETY: its kind says that `give` made it, of this type.
    let handle = unsafe { &*handle.cast::<Handle<T>>() };
    Ok((&handle.head, &handle.object))
}

/// Returns the object that a handle leads to, of a call that keeps its error elsewhere.
///
/// # Safety
/// As [`borrow`].
pub(super) unsafe fn object<'a, T: Object>(handle: *const T::Tag) -> Result<&'a T, Failure> {
    // SAFETY: as of this function.
    let (_, object) = unsafe { borrow::<T>(handle)? };
    Ok(object)
}

/// Returns the head of an object of any kind.
///
/// # Safety
/// As [`borrow`].
pub(super) unsafe fn head_of<'a>(
    handle: *const c_void,
    argument: &str,
) -> Result<&'a Head, Failure> {
    if handle.is_null() {
        let why = "is null";
        return Err(Failure::of(COUNTERSIGN_ERROR_NULL, argument, why));
    }
    let head = handle.cast::<Head>();
    if !head.is_aligned() {
        let why = "is no handle";
        return Err(Failure::of(COUNTERSIGN_ERROR_HANDLE, argument, why));
    }
    // SAFETY: it is aligned, and points to an object that lives. Every object begins with its head.
    Ok(unsafe { &*head })
}
