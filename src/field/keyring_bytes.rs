//! A ring as bytes: what a host's key management wraps, and gives back.
//!
//! ```text
//! CBOR: [1, [[id, state, created or null, retired or null, keys], ..], [[generation, keys], ..]]
//! state: 0 active, 1 readable, 2 revoked         keys: 32 bytes, or [[purpose, 32 bytes], ..]
//! ```

use minicbor::data::Type;
use minicbor::{Decoder, Encoder, decode, encode};
use zeroize::Zeroizing;

use super::keyring::{Keyring, Keys, Member, RootInfo, RootState, Source};
use super::root::{LongTermSecret, RootKey};
use crate::error::Error;
use crate::secret::{SecretBytes, Wiped};
use crate::time::Timestamp;

const VERSION: u8 = 1;
/// A ring of 255 roots with a hundred purposes each is far below this.
const MAX_BYTES: usize = 4 << 20;

impl Keyring {
    /// The whole ring, keys and all, for the host's key management: seal these bytes with its master key.
    ///
    /// # Errors
    /// Misuse, if the ring is too large to be written.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let bytes = keyring.expose_bytes()?;
    /// assert_eq!(format!("{:?}", Keyring::from_bytes(bytes.expose_bytes())?), format!("{keyring:?}"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn expose_bytes(&self) -> Result<SecretBytes, Error> {
        let mut encoder = Encoder::new(Wiped::with_capacity(256));
        self.write(&mut encoder)
            .map_err(|_| Error::misuse("keyring", "cannot be written"))?;
        Ok(SecretBytes::from(encoder.into_writer()))
    }

    /// A ring from the bytes that [`expose_bytes`](Self::expose_bytes) gave.
    ///
    /// # Errors
    /// Corrupt, if the bytes are no ring, or one of a newer version; misuse, if it holds an id twice, no active root or two, or
    /// no long-term secret.
    ///
    /// ```
    /// # use countersign::field::Keyring;
    /// assert!(Keyring::from_bytes(b"not a ring").unwrap_err().is_corrupt());
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_BYTES {
            return Err(corrupt("it is longer than 4 MiB"));
        }
        let mut decoder = Decoder::new(bytes);
        // The decoder's own text can quote what it read; only the place is told.
        let read = Read::parse(&mut decoder)
            .map_err(|_| corrupt(format!("byte {} is not as it must be", decoder.position())))?;
        if read.version != VERSION {
            return Err(corrupt(format!(
                "its version is {}, this is a reader of {VERSION}",
                read.version
            )));
        }
        if decoder.position() != bytes.len() {
            return Err(corrupt("something follows it"));
        }
        read.ring()
    }

    fn write<W: encode::Write>(&self, to: &mut Encoder<W>) -> Result<(), encode::Error<W::Error>> {
        let length = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
        to.array(3)?.u8(VERSION)?;
        to.array(length(self.inner.roots.len()))?;
        for member in &self.inner.roots {
            let info = &member.info;
            to.array(5)?.u32(info.id)?.u8(number_of(info.state))?;
            for at in [info.created, info.retired] {
                match at {
                    Some(at) => to.u64(at.unix())?,
                    None => to.null()?,
                };
            }
            write_keys(to, &member.source.keys)?;
        }
        to.array(length(self.inner.long_term.len()))?;
        for source in &self.inner.long_term {
            to.array(2)?.u32(source.number)?;
            write_keys(to, &source.keys)?;
        }
        Ok(())
    }
}

fn write_keys<W: encode::Write>(
    to: &mut Encoder<W>,
    keys: &Keys,
) -> Result<(), encode::Error<W::Error>> {
    match keys {
        Keys::Whole(bytes) => to.bytes(bytes.as_slice())?.ok(),
        Keys::Derived(keys) => {
            to.array(u64::try_from(keys.len()).unwrap_or(u64::MAX))?;
            for (purpose, bytes) in keys {
                to.array(2)?.str(purpose)?.bytes(bytes.as_slice())?;
            }
            Ok(())
        }
    }
}

/// What stands in the bytes, before it is judged.
struct Read {
    version: u8,
    roots: Vec<Member>,
    long_term: Vec<Source>,
}

impl Read {
    fn parse(from: &mut Decoder<'_>) -> Result<Self, decode::Error> {
        expect(from, 3)?;
        let mut read = Self {
            version: from.u8()?,
            roots: Vec::new(),
            long_term: Vec::new(),
        };
        if read.version != VERSION {
            return Ok(read);
        }
        for _ in 0..counted(from)? {
            expect(from, 5)?;
            let id = from.u32()?;
            let state = state_of(from.u8()?).ok_or_else(odd)?;
            let (created, retired) = (moment(from)?, moment(from)?);
            let keys = read_keys(from)?;
            read.roots.push(Member {
                source: Source { number: id, keys },
                info: RootInfo {
                    id,
                    state,
                    created,
                    retired,
                },
            });
        }
        for _ in 0..counted(from)? {
            expect(from, 2)?;
            read.long_term.push(Source {
                number: from.u32()?,
                keys: read_keys(from)?,
            });
        }
        Ok(read)
    }

    fn ring(self) -> Result<Keyring, Error> {
        let active = |member: &Member| member.info.state == RootState::Active;
        if !self.roots.first().is_some_and(active) || self.roots.iter().skip(1).any(active) {
            return Err(Error::misuse(
                "keyring",
                "must hold one active root, and hold it first",
            ));
        }
        if self.long_term.is_empty() {
            return Err(Error::misuse("keyring", "must hold a long-term secret"));
        }
        let mut ring = Keyring::empty();
        for member in self.roots {
            if let Keys::Whole(bytes) = &member.source.keys {
                RootKey::from_bytes(member.info.id, ***bytes)?;
            }
            ring = ring.and(member)?;
        }
        for source in self.long_term {
            if let Keys::Whole(bytes) = &source.keys {
                LongTermSecret::from_bytes(source.number, ***bytes)?;
            }
            ring = ring.and_source(source)?;
        }
        Ok(ring)
    }
}

fn read_keys(from: &mut Decoder<'_>) -> Result<Keys, decode::Error> {
    if from.datatype()? == Type::Bytes {
        return key(from).map(Keys::Whole);
    }
    let mut keys = Vec::new();
    for _ in 0..counted(from)? {
        expect(from, 2)?;
        keys.push((from.str()?.to_owned(), key(from)?));
    }
    Ok(Keys::Derived(keys))
}

fn key(from: &mut Decoder<'_>) -> Result<Box<Zeroizing<[u8; 32]>>, decode::Error> {
    let bytes: [u8; 32] = from.bytes()?.try_into().map_err(|_| odd())?;
    Ok(Box::new(Zeroizing::new(bytes)))
}

fn moment(from: &mut Decoder<'_>) -> Result<Option<Timestamp>, decode::Error> {
    if from.datatype()? == Type::Null {
        from.null()?;
        return Ok(None);
    }
    Ok(Some(Timestamp::stored(from.u64()?)))
}

/// The length of a list, which ends with the bytes whatever it claims.
fn counted(from: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    from.array()?.ok_or_else(odd)
}

fn expect(from: &mut Decoder<'_>, length: u64) -> Result<(), decode::Error> {
    (counted(from)? == length).then_some(()).ok_or_else(odd)
}

const fn number_of(state: RootState) -> u8 {
    match state {
        RootState::Active => 0,
        RootState::Readable => 1,
        RootState::Revoked => 2,
    }
}

const fn state_of(number: u8) -> Option<RootState> {
    match number {
        0 => Some(RootState::Active),
        1 => Some(RootState::Readable),
        2 => Some(RootState::Revoked),
        _ => None,
    }
}

fn odd() -> decode::Error {
    decode::Error::message("not a ring")
}

fn corrupt(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::corrupt("the keyring", why)
}
