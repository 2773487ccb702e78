//! A ring as bytes, which a host's key management wraps and gives back.
//!
//! ```text
//! CBOR: [1, [[id, state, created or null, retired or null, keys], ..], [[generation, keys], ..]]
//! state: 0 active, 1 readable, 2 revoked         keys: 32 bytes, or [[purpose, 32 bytes], ..]
//! ```

use minicbor::data::Type;
use minicbor::{Decoder, Encoder, decode, encode};
use zeroize::Zeroizing;

use super::member::{Keys, Member, RootInfo, RootState, Source, misuse};
use super::root::{LongTermSecret, RootKey};
use crate::cbor;
use crate::error::Error;
use crate::secret::{SecretBytes, Wiped};
use crate::time::Timestamp;

const VERSION: u8 = 1;
/// A ring of 255 roots with a hundred purposes each is far below this.
const MAX_BYTES: usize = 4 << 20;

/// Writes the members of a ring.
pub(super) fn write(roots: &[Member], long_term: &[Source]) -> Result<SecretBytes, Error> {
    let mut encoder = Encoder::new(Wiped::with_capacity(256));
    encode_ring(&mut encoder, roots, long_term)
        .map_err(|_| Error::misuse("keyring", "cannot be written"))?;
    Ok(SecretBytes::from(encoder.into_writer()))
}

/// Reads the members of a ring, and checks each by itself.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Member>, Vec<Source>), Error> {
    if bytes.len() > MAX_BYTES {
        return Err(corrupt("it is longer than 4 MiB"));
    }
    let mut decoder = Decoder::new(bytes);
    // The decoder's own text can quote the bytes, so the error names only the place.
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
    read.checked()
}

fn encode_ring<W: encode::Write>(
    to: &mut Encoder<W>,
    roots: &[Member],
    long_term: &[Source],
) -> Result<(), encode::Error<W::Error>> {
    let length = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
    to.array(3)?.u8(VERSION)?;
    to.array(length(roots.len()))?;
    for member in roots {
        let info = &member.info;
        to.array(5)?.u32(info.id)?.u8(info.state as u8)?;
        for at in [info.created, info.retired] {
            match at {
                Some(at) => to.u64(at.unix())?,
                None => to.null()?,
            };
        }
        write_keys(to, &member.source.keys)?;
    }
    to.array(length(long_term.len()))?;
    for source in long_term {
        to.array(2)?.u32(source.number)?;
        write_keys(to, &source.keys)?;
    }
    Ok(())
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

/// The parts of the bytes, before they are checked.
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

    fn checked(self) -> Result<(Vec<Member>, Vec<Source>), Error> {
        let active = |member: &Member| member.info.is_active();
        if !self.roots.first().is_some_and(active) || self.roots.iter().skip(1).any(active) {
            return Err(misuse("must hold one active root, and hold it first"));
        }
        if self.long_term.is_empty() {
            return Err(misuse("must hold a long-term secret"));
        }
        for member in &self.roots {
            if let Keys::Whole(bytes) = &member.source.keys {
                RootKey::from_bytes(member.info.id, ***bytes)?;
            }
        }
        for source in &self.long_term {
            if let Keys::Whole(bytes) = &source.keys {
                LongTermSecret::from_bytes(source.number, ***bytes)?;
            }
        }
        Ok((self.roots, self.long_term))
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
    cbor::fixed(from).map(|bytes| Box::new(Zeroizing::new(bytes)))
}

fn moment(from: &mut Decoder<'_>) -> Result<Option<Timestamp>, decode::Error> {
    if from.datatype()? == Type::Null {
        from.null()?;
        return Ok(None);
    }
    Ok(Some(Timestamp::stored(from.u64()?)))
}

/// Returns the length of a list. Whatever length it claims, it ends with the bytes.
fn counted(from: &mut Decoder<'_>) -> Result<u64, decode::Error> {
    from.array()?.ok_or_else(odd)
}

fn expect(from: &mut Decoder<'_>, length: u64) -> Result<(), decode::Error> {
    (counted(from)? == length).then_some(()).ok_or_else(odd)
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
