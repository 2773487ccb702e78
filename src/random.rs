//! The only file that draws randomness: always from the system's generator, never from a copied or seeded one.
//!
//! Decoys need draws that come out the same each time; [`Keyed`] gives those from a key, by HMAC in counter mode.

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::error::Error;

/// A source of bytes.
pub(crate) trait Draw {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error>;

    /// Draws a number below `bound`, each equally likely. A bound of zero gives zero.
    fn below(&mut self, bound: u8) -> Result<u8, Error> {
        // Bytes from the last, incomplete run of `bound` values would favour the small ones: drawn again.
        let whole_runs = 256_u16
            .checked_div(u16::from(bound))
            .unwrap_or(0)
            .wrapping_mul(u16::from(bound));
        loop {
            let mut byte = [0_u8; 1];
            self.fill(&mut byte)?;
            if bound == 0 {
                return Ok(0);
            }
            if u16::from(byte[0]) < whole_runs {
                return Ok(byte[0].checked_rem(bound).unwrap_or(0));
            }
        }
    }

    /// Draws `count` distinct values out of `from`, every selection equally likely, in the order of `from`.
    fn choose<T: Copy>(&mut self, from: &[T], count: usize) -> Result<Vec<T>, Error> {
        // Selection sampling: take each value with chance (still wanted) / (still to come).
        let mut picked = Vec::with_capacity(count);
        for (position, value) in from.iter().enumerate() {
            let to_come = u8::try_from(from.len().saturating_sub(position))
                .map_err(|_| Error::misuse("selection", "can be drawn from 255 values at most"))?;
            let wanted = count.saturating_sub(picked.len());
            if usize::from(self.below(to_come)?) < wanted {
                picked.push(*value);
            }
        }
        Ok(picked)
    }
}

/// The system's generator.
pub(crate) struct System;

impl Draw for System {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        SystemRandom::new()
            .fill(buffer)
            .map_err(|_| Error::outside("the system's random generator"))
    }
}

/// Draws `N` bytes.
pub(crate) fn array<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0_u8; N];
    System.fill(&mut bytes)?;
    Ok(bytes)
}

/// Draws `count` symbols out of an ASCII alphabet, every string of them equally likely (pitfall B18).
pub(crate) fn symbols(alphabet: &[u8], count: usize) -> Result<Zeroizing<String>, Error> {
    symbols_from(&mut System, alphabet, count)
}

/// Draws symbols from another source.
pub(crate) fn symbols_from(
    draw: &mut impl Draw,
    alphabet: &[u8],
    count: usize,
) -> Result<Zeroizing<String>, Error> {
    // Bytes from the last, incomplete run of the alphabet would favour its first symbols: they are passed over.
    let whole_runs = 256_usize
        .checked_div(alphabet.len())
        .unwrap_or(0)
        .saturating_mul(alphabet.len());
    if whole_runs == 0 {
        return Err(Error::misuse("alphabet", "must hold 1 to 256 symbols"));
    }
    let mut text = Zeroizing::new(String::with_capacity(count));
    let mut pool = Zeroizing::new([0_u8; 32]);
    while text.len() < count {
        draw.fill(pool.as_mut_slice())?;
        let fair = pool
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < whole_runs)
            .filter_map(|byte| alphabet.get(byte.checked_rem(alphabet.len())?))
            .take(count.saturating_sub(text.len()));
        for symbol in fair {
            text.push(char::from(*symbol));
        }
    }
    Ok(text)
}

/// A stream of bytes that is one for one key and name, and reveals nothing without the key.
pub(crate) struct Keyed {
    /// Lives as long as the draw.
    key: hmac::Key,
    name: Vec<u8>,
    block: u32,
    left: Zeroizing<Vec<u8>>,
}

impl Keyed {
    /// Begins the stream of a name, given in parts.
    pub(crate) fn new(key: impl Into<hmac::Key>, name: &[&[u8]]) -> Self {
        Self {
            key: key.into(),
            name: name.concat(),
            block: 0,
            left: Zeroizing::new(Vec::new()),
        }
    }
}

impl Draw for Keyed {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        for slot in buffer {
            if self.left.is_empty() {
                let mut mac = hmac::Context::with_key(&self.key);
                mac.update(&self.block.to_be_bytes());
                mac.update(&self.name);
                self.left = Zeroizing::new(mac.sign().as_ref().to_vec());
                self.block = self
                    .block
                    .checked_add(1)
                    .ok_or_else(|| Error::misuse("keyed draw", "is exhausted"))?;
            }
            *slot = self.left.pop().unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b18_digits_are_unbiased() {
        // Chi-square over 60,000 digits, nine degrees of freedom: 40 is a chance of about 1 in 130,000.
        let mut seen = [0_u32; 10];
        for _ in 0..7_500 {
            for digit in symbols(b"0123456789", 8).unwrap().bytes() {
                seen[usize::from(digit - b'0')] += 1;
            }
        }
        let chi: f64 = seen
            .iter()
            .map(|n| (f64::from(*n) - 6_000.0).powi(2) / 6_000.0)
            .sum();
        assert!(chi < 40.0, "chi-square {chi}, counts {seen:?}");
    }

    #[test]
    fn b18_symbols_of_any_alphabet_are_unbiased() {
        // 39 and 100 leave long incomplete runs, of 22 and 56 bytes of 256.
        for length in [2_u8, 10, 32, 39, 100] {
            let alphabet: Vec<u8> = (0..length).collect();
            let mut seen = vec![0.0; usize::from(length)];
            let each = 1_000.0;
            for symbol in symbols(&alphabet, usize::from(length) * 1_000)
                .unwrap()
                .bytes()
            {
                seen[usize::from(symbol)] += 1.0;
            }
            let chi: f64 = seen.iter().map(|n| (n - each) * (n - each) / each).sum();
            // Five standard deviations above the mean.
            let freedom = f64::from(length) - 1.0;
            let limit = freedom + 5.0 * (2.0 * freedom).sqrt() + 10.0;
            assert!(chi < limit, "{length}: chi-square {chi}");
        }
        assert!(symbols(b"", 1).unwrap_err().is_misuse());
        assert!(symbols(&[b'a'; 257], 1).unwrap_err().is_misuse());
        assert_eq!(symbols(b"x", 40).unwrap().as_str(), "x".repeat(40));
        assert_eq!(symbols(b"x", 0).unwrap().as_str(), "");
    }

    #[test]
    fn b18_numbers_below_a_bound_are_unbiased() {
        let mut seen = [0_u32; 7];
        for _ in 0..21_000 {
            seen[usize::from(System.below(7).unwrap())] += 1;
        }
        let chi: f64 = seen
            .iter()
            .map(|n| (f64::from(*n) - 3_000.0).powi(2) / 3_000.0)
            .sum();
        assert!(chi < 36.0, "chi-square {chi}, counts {seen:?}");
    }

    #[test]
    fn a_choice_is_distinct_and_every_pair_turns_up() {
        let mut pairs = std::collections::BTreeMap::new();
        for _ in 0..3_000 {
            let pair = System.choose(&[1_u16, 2, 3], 2).unwrap();
            assert_eq!(pair.len(), 2);
            assert!(pair[0] < pair[1]);
            *pairs.entry(pair).or_insert(0_u32) += 1;
        }
        assert_eq!(pairs.len(), 3);
        assert!(
            pairs.values().all(|n| (800..1_200).contains(n)),
            "{pairs:?}"
        );
    }

    #[test]
    fn a_keyed_draw_repeats_for_its_name_only() {
        let key = crate::secret::MacKey::new(&[1; 32]);
        let draw = |name: &[u8]| {
            let mut bytes = [0_u8; 48];
            Keyed::new(&key, &[name]).fill(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(draw(b"a"), draw(b"a"));
        assert_ne!(draw(b"a"), draw(b"b"));
    }

    #[test]
    fn b38_h08_no_feature_reaches_the_generator() {
        // A seeded generator behind a feature can be switched on by somebody else's dependency. There is none.
        let manifest = include_str!("../Cargo.toml");
        let features = manifest
            .split("[features]")
            .nth(1)
            .unwrap()
            .split("\n[")
            .next()
            .unwrap();
        let mut names: Vec<_> = features
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .map(|(name, _)| name.trim())
            .collect();
        // A published manifest is sorted.
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "capi",
                "conformance",
                "ffi",
                "idna",
                "import",
                "json",
                "postgres",
                "qr",
                "redis",
                "sqlite",
                "strength"
            ],
            "a new feature must not touch randomness"
        );
        let source = include_str!("random.rs")
            .split("#[cfg(test)]")
            .next()
            .unwrap();
        assert!(
            !source.contains("cfg("),
            "the generator must not depend on a build option"
        );
    }
}
