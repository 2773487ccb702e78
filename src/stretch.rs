//! Argon2id with a pepper: the one place that spends memory and time on purpose.
//!
//! A computation needs a [`Permit`]. There are few; when none is free the answer is "busy", and nothing is
//! charged. The memory is pooled, so that a call need not fault its pages in, and wiped after each use.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;

/// What one Argon2id computation costs: memory in KiB, passes, lanes.
///
/// ```
/// use countersign::Cost;
/// assert_eq!(Cost::default(), Cost::new(19_456, 2, 1)?);
/// assert!(Cost::new(47_104, 1, 1).is_ok());
/// assert!(Cost::new(4_096, 3, 1).is_err(), "below what OWASP asks");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cost {
    #[n(0)]
    memory_kib: u32,
    #[n(1)]
    passes: u32,
    #[n(2)]
    lanes: u32,
}

impl Cost {
    /// The cheapest settings, each as strong as the others (OWASP, Password Storage): memory in KiB and passes.
    const CHEAPEST: [(u32, u32); 5] = [
        (47_104, 1),
        (19_456, 2),
        (12_288, 3),
        (9_216, 4),
        (7_168, 5),
    ];
    /// Dearer ones are refused, so that stored or configured numbers cannot take the machine down.
    const DEAREST_KIB: u32 = 1 << 20;
    const MOST_PASSES: u32 = 16;
    const MOST_LANES: u32 = 16;

    /// A cost of `memory_kib` KiB, `passes` over it, `lanes` lanes.
    ///
    /// # Errors
    /// Misuse, if it is cheaper than OWASP's minimum (19 MiB and 2 passes, or an equal), or above 1 GiB, 16 passes or 16
    /// lanes.
    ///
    /// ```
    /// assert!(countersign::Cost::new(u32::MAX, 2, 1).is_err());
    /// ```
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, Error> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        if cost.is_allowed() {
            return Ok(cost);
        }
        Err(Error::misuse(
            "Argon2id cost",
            "must lie between OWASP's minimum and 1 GiB, 16 passes, 16 lanes",
        ))
    }

    /// Whether this lies in the allowed range; stored costs are asked too.
    pub(crate) fn is_allowed(&self) -> bool {
        let strong = Self::CHEAPEST
            .iter()
            .any(|(memory, passes)| self.memory_kib >= *memory && self.passes >= *passes);
        strong
            && self.memory_kib <= Self::DEAREST_KIB
            && self.passes <= Self::MOST_PASSES
            && (1..=Self::MOST_LANES).contains(&self.lanes)
    }

    fn params(&self) -> Result<Params, Error> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(Stretch::TAG))
            .map_err(|_| Error::misuse("Argon2id cost", "is not possible"))
    }
}

impl Default for Cost {
    /// OWASP's minimum: 19 MiB, 2 passes, 1 lane.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

/// A bounded number of Argon2id computations at once, with their memory.
///
/// ```
/// use countersign::{Cost, Stretch};
/// let stretch = Stretch::new(Cost::default(), 1)?;
/// let first = stretch.permit();
/// assert!(first.is_some());
/// assert!(stretch.permit().is_none(), "busy");
/// drop(first);
/// assert!(stretch.permit().is_some());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Stretch {
    cost: Cost,
    pool: Arc<Mutex<Pool>>,
}

struct Pool {
    free: usize,
    memory: Vec<Vec<Block>>,
}

impl Stretch {
    /// Bytes of a computed tag (RFC 9106 3.1).
    pub(crate) const TAG: usize = 32;
    /// Bytes of a salt (RFC 9106 3.1).
    pub(crate) const SALT: usize = 16;

    /// At most `at_once` computations of this cost at the same time.
    ///
    /// # Errors
    /// Misuse, if `at_once` is zero.
    ///
    /// ```
    /// # use countersign::{Cost, Stretch};
    /// assert!(Stretch::new(Cost::default(), 0).is_err());
    /// ```
    pub fn new(cost: Cost, at_once: usize) -> Result<Self, Error> {
        if at_once == 0 {
            return Err(Error::misuse("computations at once", "must be one or more"));
        }
        Ok(Self {
            cost,
            pool: Arc::new(Mutex::new(Pool {
                free: at_once,
                memory: Vec::new(),
            })),
        })
    }

    /// The cost of new verifiers.
    ///
    /// ```
    /// # use countersign::{Cost, Stretch};
    /// assert_eq!(Stretch::new(Cost::default(), 2)?.cost(), Cost::default());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// The right to one computation at a time; `None` while all are taken. It goes back when dropped.
    ///
    /// ```
    /// # use countersign::{Cost, Stretch};
    /// let stretch = Stretch::new(Cost::default(), 2)?;
    /// let (one, two) = (stretch.permit(), stretch.permit());
    /// assert!(stretch.permit().is_none());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn permit(&self) -> Option<Permit> {
        let mut pool = lock(&self.pool);
        pool.free = pool.free.checked_sub(1)?;
        Some(Permit {
            blocks: pool.memory.pop().unwrap_or_default(),
            pool: Arc::clone(&self.pool),
        })
    }
}

impl fmt::Debug for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Stretch({:?}, {} free)",
            self.cost,
            lock(&self.pool).free
        )
    }
}

/// The right to compute, with the memory to do it in. See [`Stretch::permit`].
///
/// ```
/// # use countersign::{Cost, Stretch};
/// let permit = Stretch::new(Cost::default(), 1)?.permit();
/// assert!(permit.is_some());
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Permit {
    blocks: Vec<Block>,
    pool: Arc<Mutex<Pool>>,
}

impl Permit {
    /// Argon2id of `text`. The memory is wiped before this returns, whatever happens.
    pub(crate) fn hash(
        &mut self,
        cost: Cost,
        pepper: &[u8; 32],
        salt: &[u8; Stretch::SALT],
        text: &[u8],
    ) -> Result<Zeroizing<[u8; Stretch::TAG]>, Error> {
        let params = cost.params()?;
        let needed = params.block_count();
        if self.blocks.len() < needed {
            self.blocks = vec![Block::new(); needed];
        }
        let memory = self.blocks.get_mut(..needed).unwrap_or_default();
        let mut tag = Zeroizing::new([0_u8; Stretch::TAG]);
        let result = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
            .and_then(|argon| {
                argon.hash_password_into_with_memory(text, salt, tag.as_mut_slice(), &mut *memory)
            });
        memory.iter_mut().for_each(Zeroize::zeroize);
        result.map_err(|_| Error::misuse("answer", "cannot be stretched"))?;
        Ok(tag)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut pool = lock(&self.pool);
        pool.memory.push(core::mem::take(&mut self.blocks));
        pool.free = pool.free.saturating_add(1);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit(..)")
    }
}

fn lock(pool: &Mutex<Pool>) -> MutexGuard<'_, Pool> {
    // Nothing under this lock can panic half-way; a poisoned pool is still a whole one.
    pool.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_wiped_and_used_again() {
        let stretch = Stretch::new(Cost::default(), 1).unwrap();
        let mut permit = stretch.permit().unwrap();
        let first = permit
            .hash(Cost::default(), &[1; 32], &[2; 16], b"blue")
            .unwrap();
        assert!(
            permit
                .blocks
                .iter()
                .all(|block| block.as_ref().iter().all(|word| *word == 0)),
            "not wiped"
        );
        let place = permit.blocks.as_ptr();
        drop(permit);
        let mut permit = stretch.permit().unwrap();
        assert_eq!(permit.blocks.as_ptr(), place, "not pooled");
        assert_eq!(
            *first,
            *permit
                .hash(Cost::default(), &[1; 32], &[2; 16], b"blue")
                .unwrap()
        );
        assert_ne!(
            *first,
            *permit
                .hash(Cost::default(), &[9; 32], &[2; 16], b"blue")
                .unwrap(),
            "the pepper counts"
        );
    }

    #[test]
    fn h1_cheaper_than_the_minimum_is_refused() {
        for (memory, passes) in Cost::CHEAPEST {
            assert!(Cost::new(memory, passes, 1).is_ok());
            assert!(
                Cost::new(memory - 1, passes, 1).is_err(),
                "{memory} KiB, {passes} passes, less one KiB"
            );
        }
        for (memory, passes, lanes) in [
            (0, 0, 0),
            (u32::MAX, 2, 1),
            (19_456, u32::MAX, 1),
            (19_456, 2, 0),
            (19_456, 2, 1 << 24),
        ] {
            assert!(Cost::new(memory, passes, lanes).is_err());
        }
    }
}
