//! How many bits an index should keep, and what it tells then.

use core::fmt;

use super::blind_index::BlindIndex;
use crate::error::Error;

/// How the values of a column are spread over its rows.
///
/// ```
/// use countersign::field::Values;
/// let days_of_birth = Values::Even(365 * 80);
/// let towns = Values::Counts(&[90_000, 40_000, 12_000, 900]);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Values<'a> {
    /// No value occurs twice: telephone numbers, account numbers.
    Unique,
    /// This many values, each about as frequent: days of birth.
    Even(u64),
    /// The frequency of each value, in any unit: names, towns.
    Counts(&'a [u64]),
}

/// How many bits of a blind index to keep for a column, what searching it costs, and what it tells an observer of the
/// database.
///
/// The plan keeps as many bits as it can while for each row with the same value two with another share its index, and a
/// search finds two false hits or more. It is arithmetic on estimates, for a person to read; write the number of bits into
/// your code, and plan anew when the population has grown tenfold.
///
/// ```
/// use countersign::field::{IndexPlan, Values};
/// let phones = IndexPlan::new(200_000, Values::Unique)?;
/// assert_eq!(phones.bits(), 16);
/// assert!((phones.false_hits() - 3.05).abs() < 0.01);
/// let sexes = IndexPlan::new(200_000, Values::Even(2));
/// assert!(sexes.is_err(), "an index would tell nearly everything");
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
    /// A plan for this many rows. More than 2^53 are counted as that.
    ///
    /// # Errors
    /// Misuse, for no rows or no values, or if there are so few values that even one bit would tell them apart.
    ///
    /// ```
    /// use countersign::field::{IndexPlan, Values};
    /// assert!(IndexPlan::new(0, Values::Unique).is_err());
    /// assert!(IndexPlan::new(1_000_000, Values::Even(365 * 80))?.bits() > 10);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(population: u64, values: Values<'_>) -> Result<Self, Error> {
        let rows = float(population);
        let shares: Vec<(f64, f64)> = match values {
            Values::Unique => vec![(1.0 / rows, rows)],
            Values::Even(distinct) => vec![(1.0 / float(distinct), float(distinct))],
            Values::Counts(counts) => {
                let all: f64 = counts.iter().map(|count| float(*count)).sum();
                counts
                    .iter()
                    .filter(|count| **count > 0)
                    .map(|count| (float(*count) / all, 1.0))
                    .collect()
            }
        };
        if population == 0
            || shares.is_empty()
            || shares.iter().any(|(share, _)| !share.is_normal())
        {
            return Err(Error::misuse("index plan", "must have rows and values"));
        }
        let mut plan = Self {
            population: rows,
            shares,
            bits: 1,
        };
        let hides = |plan: &Self| plan.same_value_chance() <= 1.0 / 3.0 && plan.false_hits() >= 2.0;
        if !hides(&plan) {
            return Err(Error::misuse(
                "index plan",
                "has so few values that an index would tell them",
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

    /// The same with another number of bits, to see what that would cost and tell.
    ///
    /// ```
    /// use countersign::field::{IndexPlan, Values};
    /// let plan = IndexPlan::new(200_000, Values::Unique)?.with_bits(32);
    /// assert!(plan.false_hits() < 0.001);
    /// assert!(plan.same_value_chance() > 0.99, "equal index values are equal values");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_bits(mut self, bits: u16) -> Self {
        self.bits = bits.clamp(1, BlindIndex::MAX_BITS);
        self
    }

    /// How many bits to keep.
    ///
    /// ```
    /// # use countersign::field::{IndexPlan, Values};
    /// assert_eq!(IndexPlan::new(200_000, Values::Even(365 * 80))?.bits(), 13);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn bits(&self) -> u16 {
        self.bits
    }

    /// How many rows of other values a search finds, on average over the rows.
    ///
    /// ```
    /// # use countersign::field::{IndexPlan, Values};
    /// assert!(IndexPlan::new(200_000, Values::Even(365 * 80))?.false_hits() < 25.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn false_hits(&self) -> f64 {
        self.population * (1.0 - self.repeat()) / self.buckets()
    }

    /// How many rows of the value itself a search finds, on average over the rows.
    ///
    /// ```
    /// # use countersign::field::{IndexPlan, Values};
    /// assert!((IndexPlan::new(200_000, Values::Even(20_000))?.hits() - 10.0).abs() < 0.01);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn hits(&self) -> f64 {
        self.population * self.repeat()
    }

    /// What an observer learns of two rows with one index value: the chance, from 0 to 1, that their values are one.
    ///
    /// ```
    /// # use countersign::field::{IndexPlan, Values};
    /// assert!(IndexPlan::new(200_000, Values::Even(20_000))?.same_value_chance() <= 1.0 / 3.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn same_value_chance(&self) -> f64 {
        let same = self.repeat();
        same / (same + (1.0 - same) / self.buckets())
    }

    /// The share of rows, from 0 to 1, whose value is so frequent that its index value stands out from the others by four
    /// standard deviations: an observer who knows which values are frequent can name it.
    ///
    /// ```
    /// # use countersign::field::{IndexPlan, Values};
    /// let mut surnames = vec![30_000];
    /// surnames.extend([10; 17_000]);
    /// assert!(IndexPlan::new(200_000, Values::Counts(&surnames))?.recognisable() > 0.1, "the most frequent one");
    /// assert_eq!(IndexPlan::new(200_000, Values::Unique)?.recognisable(), 0.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
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

    /// The chance that two rows have the same value.
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
