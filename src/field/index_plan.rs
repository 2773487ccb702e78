//! How many bits a blind index should keep, and what it reveals then.

use core::fmt;

use super::blind_index::BlindIndex;
use crate::error::Error;

/// How many bits of a blind index to keep for a column. It says what a search costs then, and what the index reveals to an
/// observer of the database.
///
/// The plan keeps as many bits as it can under two conditions. Two rows with one index value have
/// one value with a chance of a third at most. A search finds two false hits or more. It is arithmetic on estimates, for a person to read. Write the number of bits into your
/// code, and plan again when the population has grown tenfold.
///
/// ```
/// use countersign::field::IndexPlan;
/// let phones = IndexPlan::unique(200_000)?;
/// assert_eq!(phones.bits(), 16);
/// assert!((phones.false_hits() - 3.05).abs() < 0.01);
/// let sexes = IndexPlan::even(200_000, 2);
/// assert!(sexes.is_err(), "an index would reveal nearly everything");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct IndexPlan {
    population: f64,
    /// The frequency of each value, with how many values have it.
    shares: Vec<(f64, f64)>,
    bits: u16,
}

impl IndexPlan {
    /// Plans for this many rows in which no value occurs twice: telephone numbers, account numbers. More than 2^53 rows count as
    /// 2^53, here and below.
    ///
    /// # Errors
    /// Misuse, if there are so few values that even one bit would separate them.
    pub fn unique(rows: u64) -> Result<Self, Error> {
        Self::of(rows, vec![(1.0 / float(rows), float(rows))])
    }

    /// Plans for this many rows of so many values, each about as frequent: days of birth.
    ///
    /// # Errors
    /// As [`unique`](Self::unique); also for no rows or no values.
    pub fn even(rows: u64, values: u64) -> Result<Self, Error> {
        Self::of(rows, vec![(1.0 / float(values), float(values))])
    }

    /// Plans for this many rows of values with these frequencies, in any unit: names, towns.
    ///
    /// # Errors
    /// As [`even`](Self::even).
    ///
    /// ```
    /// # use countersign::field::IndexPlan;
    /// let mut surnames = vec![30_000];
    /// surnames.extend([10; 17_000]);
    /// assert!(IndexPlan::counted(200_000, &surnames)?.recognisable() > 0.1, "the most frequent one");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn counted(rows: u64, frequencies: &[u64]) -> Result<Self, Error> {
        let all: f64 = frequencies.iter().map(|count| float(*count)).sum();
        let present = frequencies.iter().filter(|count| **count > 0);
        Self::of(
            rows,
            present.map(|count| (float(*count) / all, 1.0)).collect(),
        )
    }

    fn of(rows: u64, shares: Vec<(f64, f64)>) -> Result<Self, Error> {
        if rows == 0 || shares.is_empty() || shares.iter().any(|(share, _)| !share.is_normal()) {
            return Err(Error::misuse("index plan", "must have rows and values"));
        }
        let mut plan = Self {
            population: float(rows),
            shares,
            bits: 1,
        };
        let hides = |plan: &Self| plan.same_value_chance() <= 1.0 / 3.0 && plan.false_hits() >= 2.0;
        if !hides(&plan) {
            return Err(Error::misuse(
                "index plan",
                "has so few values that an index would reveal them",
            ));
        }
        while plan.bits < BlindIndex::MAX_BITS {
            let more = plan.clone().with_bits(plan.bits.saturating_add(1));
            if !hides(&more) {
                break;
            }
            plan = more;
        }
        Ok(plan)
    }

    /// Sets another number of bits, to see what that would cost and reveal.
    #[must_use]
    pub fn with_bits(mut self, bits: u16) -> Self {
        self.bits = bits.clamp(1, BlindIndex::MAX_BITS);
        self
    }

    /// Returns how many bits to keep.
    #[must_use]
    pub const fn bits(&self) -> u16 {
        self.bits
    }

    /// Returns how many rows of other values a search finds, on average over the rows.
    #[must_use]
    pub fn false_hits(&self) -> f64 {
        self.population * (1.0 - self.repeat()) / self.buckets()
    }

    /// Returns how many rows of the value itself a search finds, on average over the rows.
    #[must_use]
    pub fn hits(&self) -> f64 {
        self.population * self.repeat()
    }

    /// Returns the chance, from 0 to 1, that two rows with one index value have one value. An observer learns it.
    #[must_use]
    pub fn same_value_chance(&self) -> f64 {
        let same = self.repeat();
        same / (same + (1.0 - same) / self.buckets())
    }

    /// Returns the share of rows, from 0 to 1, whose value is frequent enough to be named by its index value.
    ///
    /// Such an index value stands out from the others by four standard deviations. An observer who knows which values are frequent
    /// can name its value.
    #[must_use]
    pub fn recognisable(&self) -> f64 {
        let stands_out = |share: f64| {
            let others = (self.repeat() - share * share).max(0.0);
            let noise = self.population * (others / self.buckets()).sqrt();
            let rows = self.population * share;
            rows >= 2.0 && rows > 4.0 * noise
        };
        self.shares
            .iter()
            .filter(|(share, _)| stands_out(*share))
            .fold(0.0, |sum, (share, values)| sum + share * values)
    }

    /// Returns the chance that two rows have one value.
    fn repeat(&self) -> f64 {
        self.shares
            .iter()
            .map(|(share, values)| share * share * values)
            .sum()
    }

    fn buckets(&self) -> f64 {
        f64::from(self.bits).exp2()
    }
}

/// The plan in words.
impl fmt::Display for IndexPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bits for {} rows: a search finds {:.1} rows of the value and {:.1} of others; two rows with one index value \
             have one value with a chance of {:.0} %; {:.0} % of the rows have a value that its frequency gives away",
            self.bits,
            self.population,
            self.hits(),
            self.false_hits(),
            self.same_value_chance() * 100.0,
            self.recognisable() * 100.0,
        )
    }
}

/// Whole numbers up to 2^53 are exact.
fn float(number: u64) -> f64 {
    const EXACT: u64 = 1 << 53;
    let (high, low) = (number.min(EXACT) >> 32, number.min(EXACT) & 0xffff_ffff);
    f64::from(u32::try_from(high).unwrap_or(u32::MAX)) * 4_294_967_296.0
        + f64::from(u32::try_from(low).unwrap_or(u32::MAX))
}
