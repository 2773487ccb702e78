//! The small forms of a policy document: numbers with their bounds, words with their meanings.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::factor::{FactorClass, Strength};
use crate::grant::Obligation;
use crate::policy::document::aal::Aal;
use crate::policy::document::near::did_you_mean;
use crate::policy::document::pattern::named;
use core::time::Duration;

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WrittenClass {
    Knowledge,
    Possession,
    Inherence,
}

impl From<WrittenClass> for FactorClass {
    fn from(written: WrittenClass) -> Self {
        match written {
            WrittenClass::Knowledge => Self::Knowledge,
            WrittenClass::Possession => Self::Possession,
            WrittenClass::Inherence => Self::Inherence,
        }
    }
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WrittenStrength {
    Weak,
    Restricted,
    Full,
}

impl From<WrittenStrength> for Strength {
    fn from(written: WrittenStrength) -> Self {
        match written {
            WrittenStrength::Weak => Self::Weak,
            WrittenStrength::Restricted => Self::Restricted,
            WrittenStrength::Full => Self::Full,
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Version;

impl TryFrom<i64> for Version {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        (number == 1).then_some(Self).ok_or("must be 1")
    }
}

/// A span of one second to `MOST` seconds.
pub(crate) struct Seconds<const MOST: i64>(pub(crate) Duration);

impl<const MOST: i64> TryFrom<i64> for Seconds<MOST> {
    type Error = String;

    fn try_from(count: i64) -> Result<Self, String> {
        u32::try_from(count)
            .ok()
            .filter(|_| (1..=MOST).contains(&count))
            .map(|count| Self(Duration::from_secs(u64::from(count))))
            .ok_or_else(|| format!("must be 1 to {MOST} seconds"))
    }
}

impl<'de, const MOST: i64> Deserialize<'de> for Seconds<MOST> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_i64(Span::<MOST>)
    }
}

/// Reads a span. The error for `"5m"` says what is expected in its place.
struct Span<const MOST: i64>;

impl<const MOST: i64> Visitor<'_> for Span<MOST> {
    type Value = Seconds<MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seconds as a whole number, 1 to {MOST}")
    }

    fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<Self::Value, E> {
        Seconds::try_from(count).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Self::Value, E> {
        self.visit_i64(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// A number of `LEAST` to `MOST`.
#[derive(serde::Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Number<const LEAST: i64, const MOST: i64>(pub(crate) u16);

impl<const LEAST: i64, const MOST: i64> TryFrom<i64> for Number<LEAST, MOST> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        u16::try_from(number)
            .ok()
            .filter(|_| (LEAST..=MOST).contains(&number))
            .map(Self)
            .ok_or_else(|| format!("must be {LEAST} to {MOST}"))
    }
}

/// The cost of evidence or an approval.
pub(crate) type Cost = Number<0, 1_000>;

#[derive(serde::Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Level(pub(crate) Aal);

impl TryFrom<i64> for Level {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        let is_it = |level: &Aal| i64::from(level.number()) == number;
        let level = Aal::ALL.into_iter().find(is_it);
        level.map(Self).ok_or("must be 1, 2 or 3")
    }
}

/// An obligation.
#[derive(serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Obliged(pub(crate) Obligation);

impl TryFrom<String> for Obliged {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = Obligation::ALL.map(Obligation::name);
        let one = Obligation::ALL.into_iter().find(|one| one.name() == name);
        one.map(Self).ok_or_else(|| {
            let meant = did_you_mean(&name, &known);
            format!("must be one of {}{meant}", known.join(", "))
        })
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct Tiers(pub(crate) Vec<String>);

impl TryFrom<Vec<String>> for Tiers {
    type Error = String;

    fn try_from(tiers: Vec<String>) -> Result<Self, String> {
        if !(1..=MOST_TIERS).contains(&tiers.len()) {
            return Err(format!("must hold 1 to {MOST_TIERS} tiers"));
        }
        let mut rest = tiers.as_slice();
        while let Some((tier, others)) = rest.split_first() {
            named(tier)?;
            if others.contains(tier) {
                return Err(format!("must not hold `{tier}` twice"));
            }
            rest = others;
        }
        Ok(Self(tiers))
    }
}

const MOST_TIERS: usize = 16;
