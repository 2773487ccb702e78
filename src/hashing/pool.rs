//! A bounded number of computations, and the memory for them.
//!
//! A computation needs a [`HashPermit`]. There are few; when none is free the answer is "busy", and nothing is
//! charged. The memory is pooled, so that a call need not fault its pages in, and wiped after each use.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroizing, optimization_barrier};

use super::cost::Cost;
use crate::error::Error;
use crate::gate::Gate;
use crate::timer;

/// A bounded number of Argon2id computations at once, with their memory.
///
/// The memory of each is taken when it is first needed, and kept: [`Cost::memory_kib`] for each of the computations that ever ran
/// at once. It need not be faulted in again, and is wiped after each use. A hash that was stored with a higher cost borrows
/// memory. One such computation runs at a time, and its memory goes back to the system. So no stored number makes a process keep
/// more. The peak is `at_once` times the cost and one such computation (1 GiB at most).
///
/// Clones share the places and the memory.
///
/// ```
/// use countersign::hashing::{Cost, HashPool};
/// let pool = HashPool::new(Cost::default(), 1)?;
/// let first = pool.permit();
/// assert!(first.is_some());
/// assert!(pool.permit().is_none(), "busy");
/// drop(first);
/// assert!(pool.permit().is_some());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct HashPool {
    cost: Cost,
    pool: Arc<Pool>,
}

struct Pool {
    places: usize,
    gate: Gate,
    /// Half of the places, for computations of which nothing is stored. Each of these takes a place here first.
    traceless: Gate,
    /// Blocks that are kept for each place.
    blocks: usize,
    memory: Mutex<Vec<Vec<Block>>>,
    /// Held while a computation needs more than that.
    larger: Mutex<()>,
}

impl HashPool {
    /// Bytes of a computed tag (RFC 9106 3.1).
    pub(crate) const TAG: usize = 32;
    /// Bytes of a salt (RFC 9106 3.1).
    pub(crate) const SALT: usize = 16;

    /// Allows at most `at_once` computations of this cost at a time. See [`calibrate`](super::calibrate()) for the cost. More
    /// computations at once than processor cores make none of them faster.
    ///
    /// # Errors
    /// Misuse, if `at_once` is zero.
    pub fn new(cost: Cost, at_once: usize) -> Result<Self, Error> {
        if at_once == 0 {
            return Err(Error::misuse("computations at once", "must be one or more"));
        }
        Ok(Self {
            cost,
            pool: Arc::new(Pool {
                places: at_once,
                gate: Gate::new(at_once),
                traceless: Gate::new((at_once / 2).max(1)),
                blocks: params(cost, Self::TAG)?.block_count(),
                memory: Mutex::new(Vec::new()),
                larger: Mutex::new(()),
            }),
        })
    }

    /// Returns the cost of new hashes.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// Returns how many permits there are, and how many of them are taken.
    pub(crate) fn in_use(&self) -> (usize, usize) {
        let places = self.pool.places;
        (places, places.saturating_sub(self.pool.gate.free()))
    }

    /// Returns the right to one computation at a time. `None` while all are taken. It goes back when dropped.
    #[must_use]
    pub fn permit(&self) -> Option<HashPermit> {
        self.pool.gate.enter().then(|| self.admitted())
    }

    /// Returns as many permits as are free, up to `most`: for the answers of one check, which several threads can share.
    ///
    /// ```
    /// # use countersign::hashing::{Cost, HashPool};
    /// let pool = HashPool::new(Cost::default(), 2)?;
    /// assert_eq!(pool.permits(3).len(), 2);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn permits(&self, most: usize) -> Vec<HashPermit> {
        (0..most).map_while(|_| self.permit()).collect()
    }

    /// Waits up to `patience` for a permit, and blocks the thread. Callers that wait are served in the order of coming, and
    /// [`permit`](Self::permit) does not overtake them.
    #[must_use]
    pub fn permit_within(&self, patience: Duration) -> Option<HashPermit> {
        self.pool
            .gate
            .enter_within(patience)
            .then(|| self.admitted())
    }

    /// Waits for a permit of a computation of which nothing is stored. These hold half of the
    /// places together, and one at least. Above that they wait before the queue of the others, not in it.
    pub(crate) fn traceless_permit_within(&self, patience: Duration) -> Option<HashPermit> {
        let begun = Instant::now();
        let half = Traceless::enter(&self.pool, patience)?;
        let mut permit = self.permit_within(patience.saturating_sub(begun.elapsed()))?;
        permit.traceless = Some(half);
        Some(permit)
    }

    /// Waits up to `patience` for a permit, for a task: no thread waits. A computation of which nothing is stored waits as in
    /// [`traceless_permit_within`](Self::traceless_permit_within).
    pub(crate) async fn permit_of_task(
        &self,
        patience: Duration,
        is_traceless: bool,
    ) -> Option<HashPermit> {
        timer::within(patience, async {
            let mut half = None;
            if is_traceless {
                self.pool.traceless.entering().await;
                half = Some(Traceless(Arc::clone(&self.pool)));
            }
            self.pool.gate.entering().await;
            let mut permit = self.admitted();
            permit.traceless = half;
            permit
        })
        .await
    }

    /// Makes a permit for a caller that has a place.
    fn admitted(&self) -> HashPermit {
        HashPermit {
            blocks: lock(&self.pool.memory).pop().unwrap_or_default(),
            pool: Arc::clone(&self.pool),
            traceless: None,
        }
    }
}

/// A place among the computations of which nothing is stored.
struct Traceless(Arc<Pool>);

impl Traceless {
    fn enter(pool: &Arc<Pool>, patience: Duration) -> Option<Self> {
        pool.traceless
            .enter_within(patience)
            .then(|| Self(Arc::clone(pool)))
    }
}

impl Drop for Traceless {
    fn drop(&mut self) {
        self.0.traceless.leave();
    }
}

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HashPool({:?}, {} free)",
            self.cost,
            self.pool.gate.free()
        )
    }
}

/// The right to compute, with the memory to do it in. See [`HashPool::permit`].
pub struct HashPermit {
    /// None yet, or as many as the pool keeps for each place.
    blocks: Vec<Block>,
    pool: Arc<Pool>,
    /// Given back with the permit.
    traceless: Option<Traceless>,
}

impl HashPermit {
    /// Computes Argon2id of `text`. The memory is wiped before this returns, also after a panic.
    pub(crate) fn hash(
        &mut self,
        cost: Cost,
        pepper: &[u8; 32],
        salt: &[u8; HashPool::SALT],
        text: &[u8],
    ) -> Result<Zeroizing<[u8; HashPool::TAG]>, Error> {
        let mut tag = Zeroizing::new([0_u8; HashPool::TAG]);
        self.hash_into(cost, Some(pepper), salt, text, tag.as_mut_slice())?;
        Ok(tag)
    }

    /// Computes the hash of another program: perhaps without a pepper, with salt and tag of another length.
    pub(crate) fn hash_into(
        &mut self,
        cost: Cost,
        pepper: Option<&[u8; 32]>,
        salt: &[u8],
        text: &[u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        let params = params(cost, tag.len())?;
        let argon = match pepper {
            Some(pepper) => {
                Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
                    .map_err(|_| impossible())?
            }
            None => Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
        };
        self.compute(&argon, salt, text, tag)
    }

    /// Computes a kind of Argon2 that other programs wrote, and this one does not.
    #[cfg(feature = "import")]
    pub(crate) fn hash_old(
        &mut self,
        kind: OldArgon2,
        cost: Cost,
        salt: &[u8],
        text: &[u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        let (algorithm, version) = match kind {
            OldArgon2::I => (Algorithm::Argon2i, Version::V0x13),
            OldArgon2::IVersion16 => (Algorithm::Argon2i, Version::V0x10),
        };
        let argon = Argon2::new(algorithm, version, params(cost, tag.len())?);
        self.compute(&argon, salt, text, tag)
    }

    /// Runs a computation that takes memory of its own. One such computation runs at a time.
    #[cfg(feature = "import")]
    pub(crate) fn with_other_memory<T>(&mut self, compute: impl FnOnce() -> T) -> T {
        let _one_at_a_time = lock(&self.pool.larger);
        compute()
    }

    fn compute(
        &mut self,
        argon: &Argon2<'_>,
        salt: &[u8],
        text: &[u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        let needed = argon.params().block_count();
        let mut compute = |memory: &mut [Block]| {
            let memory = Wiping(memory);
            argon
                .hash_password_into_with_memory(text, salt, tag, &mut *memory.0)
                .map_err(|_| impossible())
        };
        if needed > self.pool.blocks {
            let _one_at_a_time = lock(&self.pool.larger);
            return compute(&mut blocks(needed)?);
        }
        if self.blocks.is_empty() {
            self.blocks = blocks(self.pool.blocks)?;
        }
        compute(self.blocks.get_mut(..needed).unwrap_or_default())
    }
}

/// A kind of Argon2 that other programs wrote.
#[cfg(feature = "import")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OldArgon2 {
    /// Argon2i, version 19.
    I,
    /// Argon2i before it had versions.
    IVersion16,
}

impl Drop for HashPermit {
    fn drop(&mut self) {
        if !self.blocks.is_empty() {
            lock(&self.pool.memory).push(core::mem::take(&mut self.blocks));
        }
        self.pool.gate.leave();
    }
}

impl fmt::Debug for HashPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashPermit(..)")
    }
}

/// Memory that is zeros again when this is dropped, also by a panic.
///
/// The crate's own way wipes word by word; filled block by block it takes about half of that.
struct Wiping<'a>(&'a mut [Block]);

impl Drop for Wiping<'_> {
    fn drop(&mut self) {
        for block in &mut *self.0 {
            block.as_mut().fill(0);
        }
        // The memory may be freed next. Without this the compiler could leave out the writes.
        optimization_barrier(self.0);
    }
}

/// Takes so many blocks, their pages faulted in. Too much for the system is an error here, and does not abort.
fn blocks(count: usize) -> Result<Vec<Block>, Error> {
    let mut blocks = Vec::new();
    blocks
        .try_reserve_exact(count)
        .map_err(|_| Error::outside("taking the memory for Argon2id"))?;
    blocks.resize(count, Block::new());
    Ok(blocks)
}

fn params(cost: Cost, tag: usize) -> Result<Params, Error> {
    Params::new(cost.memory_kib(), cost.passes(), cost.lanes(), Some(tag))
        .map_err(|_| Error::misuse("Argon2id cost", "is not possible"))
}

fn impossible() -> Error {
    Error::misuse("text or salt", "cannot be hashed")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks leaves its value half-way; a poisoned one is still whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEPPER: [u8; 32] = [1; 32];

    fn small_pool() -> HashPool {
        HashPool::new(Cost::default(), 1).unwrap()
    }

    #[track_caller]
    fn blue(permit: &mut HashPermit, cost: Cost) -> Zeroizing<[u8; 32]> {
        permit.hash(cost, &PEPPER, &[2; 16], b"blue").unwrap()
    }

    fn is_zero(blocks: &[Block]) -> bool {
        blocks
            .iter()
            .all(|block| block.as_ref().iter().all(|word| *word == 0))
    }

    #[test]
    fn the_memory_is_wiped_and_used_again() {
        let pool = small_pool();
        let mut permit = pool.permit().unwrap();
        let first = blue(&mut permit, Cost::default());
        assert!(is_zero(&permit.blocks), "not wiped");
        let place = permit.blocks.as_ptr();
        drop(permit);
        let mut permit = pool.permit().unwrap();
        assert_eq!(permit.blocks.as_ptr(), place, "not pooled");
        assert_eq!(*first, *blue(&mut permit, Cost::default()));
        let other = permit.hash(Cost::default(), &[9; 32], &[2; 16], b"blue");
        assert_ne!(*first, *other.unwrap(), "the pepper counts");
    }

    #[test]
    fn the_memory_is_wiped_by_a_panic_too() {
        let mut memory = vec![Block::new(); 3];
        let fill = |memory: &mut [Block]| {
            let memory = Wiping(memory);
            memory.0[2].as_mut()[127] = 7;
            panic!("half-way");
        };
        let caught = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| fill(&mut memory)));
        assert!(caught.is_err());
        assert!(is_zero(&memory));
    }

    #[test]
    fn a_dearer_cost_is_computed_and_its_memory_not_kept() {
        let pool = small_pool();
        let dearer = Cost::new(65_536, 1, 1).unwrap();
        let mut permit = pool.permit().unwrap();
        let tag = blue(&mut permit, dearer);
        assert!(permit.blocks.is_empty(), "kept");
        let _ = blue(&mut permit, Cost::default());
        assert_eq!(permit.blocks.len(), 19_456);
        assert_eq!(*blue(&mut permit, dearer), *tag);
        drop(permit);
        let kept: usize = lock(&pool.pool.memory).iter().map(Vec::capacity).sum();
        assert_eq!(kept, 19_456);
        let own = HashPool::new(dearer, 1).unwrap();
        assert_eq!(
            *blue(&mut own.permit().unwrap(), dearer),
            *tag,
            "the place does not count"
        );
    }

    #[test]
    fn a_cheaper_cost_uses_what_is_there() {
        let pool = HashPool::new(Cost::new(65_536, 1, 1).unwrap(), 1).unwrap();
        let mut permit = pool.permit().unwrap();
        let tag = blue(&mut permit, Cost::default());
        assert_eq!(permit.blocks.len(), 65_536);
        assert_eq!(
            *blue(&mut small_pool().permit().unwrap(), Cost::default()),
            *tag
        );
    }

    #[test]
    fn memory_is_taken_once_for_each_that_run_at_once() {
        let pool = HashPool::new(Cost::default(), 8).unwrap();
        for _ in 0..3 {
            let (mut one, mut two) = (pool.permit().unwrap(), pool.permit().unwrap());
            let _ = (
                blue(&mut one, Cost::default()),
                blue(&mut two, Cost::default()),
            );
        }
        assert_eq!(lock(&pool.pool.memory).len(), 2);
        drop(pool.permit());
        assert_eq!(
            lock(&pool.pool.memory).len(),
            2,
            "an unused permit changed the pool"
        );
    }

    #[test]
    fn b46_traceless_computations_hold_half_of_the_places_and_one_at_least() {
        let brief = Duration::from_millis(1);
        for (places, half) in [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4)] {
            let pool = HashPool::new(Cost::default(), places).unwrap();
            let take = || pool.traceless_permit_within(brief);
            let held: Vec<_> = core::iter::from_fn(take).collect();
            assert_eq!(held.len(), half);
            let others: Vec<_> = core::iter::from_fn(|| pool.permit()).collect();
            assert_eq!(others.len(), places - half);
            drop(held);
            // A caller that finds no place in the second queue gives back its place in the first.
            let all: Vec<_> = core::iter::from_fn(|| pool.permit()).collect();
            assert!(take().is_none() && take().is_none());
            drop((all, others));
            let held: Vec<_> = core::iter::from_fn(take).collect();
            assert_eq!(held.len(), half);
        }
    }

    #[test]
    fn b46_a_panic_gives_the_permit_back() {
        let pool = small_pool();
        let fall = || {
            let _permit = pool.traceless_permit_within(Duration::ZERO).unwrap();
            panic!("half-way");
        };
        assert!(std::panic::catch_unwind(core::panic::AssertUnwindSafe(fall)).is_err());
        assert!(pool.traceless_permit_within(Duration::ZERO).is_some());
    }

    #[test]
    fn memory_that_cannot_be_had_is_an_error() {
        assert!(blocks(usize::MAX / 2048).unwrap_err().is_store());
        assert!(blocks(usize::MAX).unwrap_err().is_store());
    }

    #[test]
    fn what_cannot_be_hashed_is_an_error_and_the_permit_stays_good() {
        let mut permit = small_pool().permit().unwrap();
        let mut tag = [0; 32];
        for (salt, tag_length) in [(7, 32), (0, 32), (16, 3), (16, 0)] {
            let refused = permit.hash_into(
                Cost::default(),
                None,
                &[0; 16][..salt],
                b"blue",
                &mut tag[..tag_length],
            );
            assert!(refused.unwrap_err().is_misuse());
        }
        let _ = blue(&mut permit, Cost::default());
    }
}
