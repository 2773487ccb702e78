//! The layout: the names under which records are kept, and their bytes.
//!
//! A name is `prefix{abc}` and the 32 bytes of the record's key. `abc` are the first twelve bits of the key in hexadecimal. They are the
//! hash tag of Redis Cluster: the name and the index of its shard lie in one hash slot, and 4,096 shards lie in many.
//!
//! A value is the number of the layout, the version, the time, and the sealed bytes.

use crate::error::Error;
use crate::store::contract::{Entry, Key, Version};
use crate::time::Timestamp;

/// The first byte of each value.
const LAYOUT: u8 = 1;
const VERSION_BYTES: usize = 24;
/// Stands for "never": later than all timestamps.
const NEVER: u64 = u64::MAX;
const CORRUPT: &str = "redis record";

/// One of the parts that all records are divided into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard(u16);

impl Shard {
    const COUNT: u16 = 4_096;

    pub(super) const fn of(key: &Key) -> Self {
        let [first, second, ..] = *key.as_bytes();
        Self(u16::from_be_bytes([first, second]) >> 4)
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Returns the twelve bits in hexadecimal.
    fn tag(self) -> [u8; 3] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        [8, 4, 0].map(|shift| {
            let digit = usize::from((self.0 >> shift) & 0xF);
            DIGITS.get(digit).copied().unwrap_or_default()
        })
    }

    /// Returns the hash slot of Redis Cluster: CRC-16/XMODEM of the tag, modulo 16,384.
    pub(super) fn slot(self) -> u16 {
        let sum = self.tag().into_iter().fold(0_u16, |sum, byte| {
            (0..8).fold(sum ^ (u16::from(byte) << 8), |sum, _| {
                (sum << 1) ^ if sum & 0x8000 == 0 { 0 } else { 0x1021 }
            })
        });
        sum & 0x3FFF
    }
}

/// Names under one prefix.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn under(prefix: &str) -> Result<Self, Error> {
        let fits =
            |c: char| c.is_ascii_graphic() && !matches!(c, '{' | '}' | '*' | '?' | '[' | ']');
        if prefix.is_empty() || prefix.len() > 64 || !prefix.chars().all(fits) {
            return Err(Error::misuse(
                "redis prefix",
                "must hold 1 to 64 visible ASCII characters without {}[]*?",
            ));
        }
        Ok(Self {
            prefix: prefix.to_owned(),
        })
    }

    pub(super) fn record(&self, key: &Key) -> Vec<u8> {
        self.named(Shard::of(key), key.as_bytes())
    }

    /// Returns the key of the record with a name. `None` for an index, or a name of another program.
    pub(super) fn key_of(&self, name: &[u8]) -> Option<Key> {
        let rest = name.strip_prefix(self.prefix.as_bytes())?;
        let (_, key) = rest.split_at_checked(5)?;
        let key = Key::from_bytes(key.try_into().ok()?);
        (self.record(&key) == name).then_some(key)
    }

    /// Returns the pattern of all names.
    pub(super) fn pattern(&self) -> String {
        // Of the signs of patterns, a prefix can hold this one.
        let prefix = self.prefix.replace('\\', "\\\\");
        format!("{prefix}{{???}}*")
    }

    /// Returns the name of the index of what expires in a shard: a sorted set of keys by time.
    pub(super) fn index(&self, shard: Shard) -> Vec<u8> {
        self.named(shard, b":expires")
    }

    fn named(&self, shard: Shard, rest: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), b"{", &shard.tag(), b"}", rest].concat()
    }
}

/// Returns the value that keeps an entry.
pub(super) fn value_of(entry: &Entry) -> Vec<u8> {
    let time = entry.expires_at().map_or(NEVER, Timestamp::unix);
    let (version, time) = (entry.version(), time.to_be_bytes());
    [&[LAYOUT], &version.as_bytes()[..], &time, entry.bytes()].concat()
}

/// Reads a value back.
pub(super) fn entry_of(value: &[u8]) -> Result<Entry, Error> {
    let short = || Error::corrupt(CORRUPT, "it is too short");
    let (layout, rest) = value.split_first().ok_or_else(short)?;
    if *layout != LAYOUT {
        return Err(Error::corrupt(
            CORRUPT,
            "it has a layout this version does not know",
        ));
    }
    let (version, rest) = rest
        .split_first_chunk::<VERSION_BYTES>()
        .ok_or_else(short)?;
    let (time, bytes) = rest.split_first_chunk().ok_or_else(short)?;
    let expires_at = match u64::from_be_bytes(*time) {
        NEVER => None,
        time if time <= Timestamp::MAX.unix() => Some(Timestamp::stored(time)),
        _ => return Err(Error::corrupt(CORRUPT, "its expires_at is no timestamp")),
    };
    Ok(Entry::new(
        bytes.to_vec(),
        Version::from_bytes(*version),
        expires_at,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        // `CLUSTER KEYSLOT` of a real server.
        let slot = |tag| Shard(tag).slot();
        assert_eq!((slot(0), slot(0xabc), slot(0xfff)), (13_923, 7_638, 1_063));
    }

    #[test]
    fn shards_lie_in_many_slots() {
        let slots: std::collections::HashSet<_> = Shard::all().map(Shard::slot).collect();
        assert!(slots.len() > 3_000, "{}", slots.len());
    }

    #[test]
    fn a_damaged_value_is_corrupt() {
        let entry = Entry::new(vec![7; 5], Version::from_bytes([1; 24]), None);
        let value = value_of(&entry);
        assert_eq!(entry_of(&value).unwrap(), entry);
        for length in 0..33 {
            assert!(entry_of(&value[..length]).unwrap_err().is_corrupt());
        }
        let mut other = value.clone();
        other[0] = 2;
        assert!(entry_of(&other).unwrap_err().is_corrupt());
        let mut late = value;
        late[25] = 1;
        assert!(entry_of(&late).unwrap_err().is_corrupt());
    }

    #[test]
    fn a_prefix_is_no_pattern() {
        for prefix in ["", "a{b", "a*", "a b", "ä"] {
            assert!(Names::under(prefix).unwrap_err().is_misuse(), "{prefix}");
        }
    }
}
