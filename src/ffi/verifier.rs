//! A verifier, as C holds it: over one store, with the clock and the audit trail of the host.

use core::ffi::c_char;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::audit::HostAudit;
use super::border::{make, of, told};
use super::callbacks::{Callbacks, countersign_callbacks};
use super::clock::HostClock;
use super::context::countersign_context;
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::text;
use super::json::settings::VerifierSettings;
use super::last_error::countersign_error;
use super::result::{COUNTERSIGN_ERROR_FORKED, countersign_result};
use super::settings::countersign_settings;
use super::store::{OwnStore, migrate};
use crate::context::Context;
use crate::subject::Subject;
use crate::verifier::Verifier;

/// Verifies subjects over a store. Threads share it, and processes share the store.
pub struct countersign_verifier {
    _private: (),
}

/// A verifier of the process that opened it.
pub(super) struct Opened {
    pub(super) verifier: Verifier<OwnStore, HostAudit>,
    pub(super) clock: HostClock,
    /// Tells it apart from others whose callbacks run.
    number: u64,
    process: u32,
}

impl Object for Opened {
    type Tag = countersign_verifier;
    const KIND: u64 = 0xc5e1_9a07_4d21_0044;
    const NAME: &str = "verifier";
}

impl Opened {
    /// Names a subject of the verifier's realm.
    ///
    /// # Safety
    /// As [`text`].
    pub(super) unsafe fn subject(
        &self,
        id: *const c_char,
        length: usize,
    ) -> Result<Subject, Failure> {
        // SAFETY: as of this function.
        let id = unsafe { text("subject", id, length)? };
        Ok(Subject::new(self.verifier.settings().realm(), id)?)
    }

    fn expect_usable(&self) -> Result<(), Failure> {
        if self.process != std::process::id() {
            let why = "was opened before a fork: open another one in this process";
            return Err(Failure::of(COUNTERSIGN_ERROR_FORKED, "verifier", why));
        }
        Callbacks::expect_outside(self.number)
    }
}

/// Runs a call of a verifier, unless this process is a fork, or a callback of the verifier runs.
///
/// # Safety
/// As [`of`].
pub(super) unsafe fn call(
    verifier: *const countersign_verifier,
    body: impl FnOnce(&Opened) -> Result<(), Failure>,
) -> countersign_result {
    let checked = |opened: &Opened| {
        opened.expect_usable()?;
        body(opened)
    };
    // SAFETY: as of this function.
    unsafe { of(verifier, checked) }
}

/// Returns the context that a handle leads to.
///
/// # Safety
/// As [`object`].
pub(super) unsafe fn context_of<'a>(
    context: *const countersign_context,
) -> Result<&'a Context, Failure> {
    // SAFETY: as of this function.
    unsafe { object::<Context>(context) }
}

/// Opens a verifier over a store. Make one for a process, and share it: it counts the records of unknown names.
///
/// | location | store |
/// |---|---|
/// | a path | a SQLite file, which several processes of this machine share |
/// | `redis://..`, `rediss://..` | a Redis server or cluster |
/// | `postgres://..` | a PostgreSQL server, without TLS, with the tables of `countersign_postgres_migrate` |
/// | empty | the functions `load` and `replace` of `callbacks` |
///
/// A process must not open the SQLite file by another copy of SQLite while a verifier has it open. Two copies in one process break
/// each other's locks, and so the file (SQLite, "How To Corrupt An SQLite Database File", 2.2.1).
///
/// `callbacks` may be null: then the clock is the machine's, and there is no audit trail. The settings and the callbacks are
/// copied. What `user` leads to must outlive the verifier.
///
/// # Safety
/// `error` and `settings` are null or handles that live. `location` is null or leads to so many bytes. `callbacks` is null or
/// leads to a struct that says its size. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_open(
    error: *const countersign_error,
    settings: *const countersign_settings,
    location: *const c_char,
    location_length: usize,
    callbacks: *const countersign_callbacks,
    to: *mut *mut countersign_verifier,
) -> countersign_result {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let made = || {
        let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        // SAFETY: as of this function.
        let (settings, location, callbacks) = unsafe {
            (
                object::<VerifierSettings>(settings)?,
                text("location", location, location_length)?,
                Arc::new(Callbacks::read(callbacks, number)?),
            )
        };
        let store = OwnStore::open(location, &callbacks)?;
        let clock = HostClock(Arc::clone(&callbacks));
        let verifier = Verifier::new(store, settings.settings.clone())
            .with_remembered(settings.remembered)
            .with_clock(clock.clone())
            .with_audit(HostAudit(callbacks));
        Ok(Opened {
            verifier,
            clock,
            number,
            process: std::process::id(),
        })
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes the tables of a store in PostgreSQL, or brings them to the layout of this version. It needs the right to make tables.
///
/// # Safety
/// `error` is null or a handle that lives. `url` is null or leads to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_postgres_migrate(
    error: *const countersign_error,
    url: *const c_char,
    url_length: usize,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { told(error, || migrate(text("url", url, url_length)?)) }
}
