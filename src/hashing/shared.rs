//! Several computations, shared out to as many threads as there are permits.

use zeroize::Zeroizing;

use super::pool::{HashPermit, HashPool};
use crate::error::Error;

/// The result of Argon2id.
pub(crate) type Tag = Zeroizing<[u8; HashPool::TAG]>;

/// Hashes everything, a share for each permit, each further share on a thread of its own.
pub(crate) fn shared_out<G: Sync>(
    guesses: &[G],
    permits: &mut [HashPermit],
    hash: impl Fn(&mut HashPermit, &G) -> Result<Tag, Error> + Sync,
) -> Result<Vec<Tag>, Error> {
    let shares = permits.len();
    let Some((own, others)) = permits.split_first_mut() else {
        return Err(Error::misuse("permits", "must be one or more"));
    };
    let hash = |permit: &mut HashPermit, share: &[G]| -> Result<Vec<Tag>, Error> {
        share.iter().map(|guess| hash(permit, guess)).collect()
    };
    let mut share = guesses.chunks(guesses.len().div_ceil(shares).max(1));
    let first = share.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let begun: Vec<_> = share
            .zip(others)
            .map(|(share, permit)| {
                std::thread::Builder::new()
                    .spawn_scoped(scope, || hash(permit, share))
                    .map_err(|_| share)
            })
            .collect();
        let mut tags = hash(own, first)?;
        for thread in begun {
            let share = match thread {
                Ok(thread) => thread
                    .join()
                    .map_err(|_| Error::outside("the computation of an answer"))?,
                // The system gives no thread: it takes longer.
                Err(share) => hash(own, share),
            };
            tags.extend(share?);
        }
        Ok(tags)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashing::Cost;

    #[test]
    fn every_guess_is_hashed_once_and_in_its_place() {
        let stretch = HashPool::new(Cost::default(), 4).unwrap();
        let mut permits: Vec<HashPermit> = (0..4).filter_map(|_| stretch.permit()).collect();
        for (count, permits_taken) in
            (0..=9_u8).flat_map(|count| (1..=4).map(move |most| (count, most)))
        {
            let guesses: Vec<u8> = (0..count).collect();
            let seen = std::sync::Mutex::new(std::collections::HashSet::new());
            let tags = shared_out(&guesses, &mut permits[..permits_taken], |_, guess| {
                seen.lock().unwrap().insert(std::thread::current().id());
                Ok(Zeroizing::new([*guess; 32]))
            });
            let tags: Vec<u8> = tags.unwrap().iter().map(|tag| tag[0]).collect();
            assert_eq!(tags, guesses);
            assert!(seen.into_inner().unwrap().len() <= permits_taken);
        }
        let failing = shared_out(&[1, 2, 3], &mut permits, |_, guess| match guess {
            3 => Err(Error::outside("the third")),
            _ => Ok(Zeroizing::new([0; 32])),
        });
        assert!(failing.is_err(), "an error on a thread is an error");
    }
}
