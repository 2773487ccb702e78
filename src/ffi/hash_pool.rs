//! Argon2id computations: how many at once, at which cost, and the permits for them.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use super::border::{given, make, told};
use super::failure::Failure;
use super::handle::Object;
use super::last_error::countersign_error;
use super::output::Place;
use super::result::{COUNTERSIGN_ERROR_BUSY, countersign_result};
use crate::error::Error;
use crate::hashing::{Cost, HashPermit, HashPool, calibrate};

/// A bounded number of Argon2id computations at once, with their memory and their cost.
pub struct countersign_hash_pool {
    _private: (),
}

impl Object for HashPool {
    type Tag = countersign_hash_pool;
    const KIND: u64 = 0xc5e1_9a07_4d21_001a;
    const NAME: &str = "pool";
}

/// The right to compute, with the memory to do it in. It goes back when it is freed: free it after each check.
pub struct countersign_hash_permit {
    _private: (),
}

/// Permits of a pool, and the cost of new hashes there.
pub(super) struct Permit {
    cost: Cost,
    permits: Mutex<Vec<HashPermit>>,
}

impl Object for Permit {
    type Tag = countersign_hash_permit;
    const KIND: u64 = 0xc5e1_9a07_4d21_001b;
    const NAME: &str = "permit";
}

impl Permit {
    /// Computes with all permits. Threads that share them compute one after the other.
    pub(super) fn all<R>(
        &self,
        compute: impl FnOnce(Cost, &mut [HashPermit]) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        // A permit that a panic has left is whole: its memory is wiped all the same.
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(compute(self.cost, &mut permits)?)
    }

    /// Computes with one permit.
    pub(super) fn one<R>(
        &self,
        compute: impl FnOnce(Cost, &mut HashPermit) -> Result<R, Error>,
    ) -> Result<R, Failure> {
        self.all(|cost, permits| match permits.first_mut() {
            Some(permit) => compute(cost, permit),
            None => Err(Error::misuse("permit", "must be one or more")),
        })
    }
}

/// Allows at most `at_once` computations at a time, each of so many KiB of memory, so many passes over it and so many lanes.
///
/// Three zeros are OWASP's minimum: 19 MiB, 2 passes, 1 lane. A cost below it is refused, and one above 1 GiB, 16 passes or 16
/// lanes.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hash_pool_new(
    error: *const countersign_error,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    at_once: usize,
    to: *mut *mut countersign_hash_pool,
) -> countersign_result {
    let made = || {
        let cost = match (memory_kib, passes, lanes) {
            (0, 0, 0) => Cost::default(),
            _ => Cost::new(memory_kib, passes, lanes)?,
        };
        Ok(HashPool::new(cost, at_once)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Waits up to `patience_ms` milliseconds for a permit. `COUNTERSIGN_ERROR_BUSY` if none is free: nothing was tried, so charge
/// nothing.
///
/// # Safety
/// `pool` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hash_pool_permit(
    pool: *const countersign_hash_pool,
    patience_ms: u32,
    to: *mut *mut countersign_hash_permit,
) -> countersign_result {
    let body = |pool: &HashPool| {
        let patience = Duration::from_millis(patience_ms.into());
        let permit = if patience.is_zero() {
            pool.permit()
        } else {
            pool.permit_within(patience)
        };
        taken(pool, permit.into_iter().collect())
    };
    // SAFETY: as of this function.
    unsafe { given(pool, to, body) }
}

/// Takes as many permits as are free, up to `most`, as one object: several threads share the answers of one check then.
/// `COUNTERSIGN_ERROR_BUSY` if none is free.
///
/// # Safety
/// As `countersign_hash_pool_permit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hash_pool_permits(
    pool: *const countersign_hash_pool,
    most: usize,
    to: *mut *mut countersign_hash_permit,
) -> countersign_result {
    let body = |pool: &HashPool| {
        if most == 0 {
            return Err(Error::misuse("most", "must be one or more").into());
        }
        taken(pool, pool.permits(most))
    };
    // SAFETY: as of this function.
    unsafe { given(pool, to, body) }
}

/// Writes the highest cost, with memory up to `most_kib`, of which one computation takes `target_ms` milliseconds at most on this
/// machine. It is never below OWASP's minimum. It measures for some ten times that long: call it once.
///
/// # Safety
/// `error` is null or a handle that lives. `memory_kib`, `passes` and `lanes` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hash_calibrate(
    error: *const countersign_error,
    target_ms: u32,
    most_kib: u32,
    memory_kib: *mut u32,
    passes: *mut u32,
    lanes: *mut u32,
) -> countersign_result {
    let body = || {
        // SAFETY: as of this function.
        let (memory_kib, passes, lanes) = unsafe {
            (
                Place::new(memory_kib, "memory_kib")?,
                Place::new(passes, "passes")?,
                Place::new(lanes, "lanes")?,
            )
        };
        let cost = calibrate(Duration::from_millis(target_ms.into()), most_kib)?;
        memory_kib.write(cost.memory_kib());
        passes.write(cost.passes());
        lanes.write(cost.lanes());
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { told(error, body) }
}

fn taken(pool: &HashPool, permits: Vec<HashPermit>) -> Result<Permit, Failure> {
    if permits.is_empty() {
        let why = "has no permit that is free: nothing was tried, so call again";
        return Err(Failure::of(COUNTERSIGN_ERROR_BUSY, "pool", why));
    }
    Ok(Permit {
        cost: pool.cost(),
        permits: Mutex::new(permits),
    })
}
