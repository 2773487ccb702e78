//! The bytes of a record.
//!
//! ```text
//! sealed = suite 1 of `field`, context "account", store key, over:   kind (1) | CBOR | zeros
//! ```
//!
//! The context is the place in the store, so a walk over the store can open what it finds, and knows no subject's name. A count
//! of issued codes has the same context, and another kind.
//!
//! The length must not show the outcome of a step (pitfall B40). So zeros fill the sealed record up to a multiple of 128
//! bytes. They are counted from the length before the step, plus the most that an outcome can add.

use minicbor::Decoder;

use super::state::Record;
use crate::derivation::ACCOUNT;
use crate::error::{Error, ErrorKind};
use crate::field::FieldCipher;
use crate::knowledge::Answers;
use crate::secret::{SecretBytes, Wiped};
use crate::store::Key;

/// Begins a count of issued codes.
pub(crate) const COUNT: u8 = 0;
/// Begins a record, and is the version of its bytes. Every other version is refused.
const VERSION: u8 = 1;
/// Sealed records have lengths of whole steps.
const STEP: usize = 128;
/// No outcome of a guess adds more than this: an interaction with a piece of evidence, a reservation, numbers that grow. A
/// piece for a transaction is longer, and takes the place of the code or the question it answers.
const MARGIN: usize = 64;
/// A longer record is refused.
const MAX_SEALED: usize = 64 << 10;
/// How errors name it.
const WHAT: &str = "the account record";

/// Returns the context of what a store keeps under a key.
pub(crate) const fn context(key: &Key) -> [&[u8]; 2] {
    [ACCOUNT.as_bytes(), key.as_bytes()]
}

/// Seals a record, and returns the bytes and their version. `length` is the length of the CBOR before this step.
pub(crate) fn seal(
    record: &Record,
    cipher: &FieldCipher,
    key: &Key,
    length: usize,
) -> Result<(Vec<u8>, [u8; 24]), Error> {
    // As long as it becomes after most steps: no second buffer is made, and none is wiped.
    let padded = |plain: usize| {
        let plain = plain.max(length.saturating_add(MARGIN));
        plain
            .saturating_add(FieldCipher::OVERHEAD)
            .next_multiple_of(STEP)
    };
    let mut buffer = Wiped::with_capacity(padded(0));
    buffer.pad(FieldCipher::HEADER);
    buffer.push(&[VERSION]);
    minicbor::encode(record, &mut buffer)
        .map_err(|_| Error::misuse("account record", "cannot be encoded"))?;
    let sealed = padded(buffer.len().saturating_sub(FieldCipher::HEADER));
    if sealed > MAX_SEALED {
        return Err(Error::misuse("account record", "must hold 64 KiB at most"));
    }
    buffer.pad(sealed.saturating_sub(FieldCipher::TRAILER));
    cipher.seal_behind_header(&context(key), buffer)
}

/// Opens sealed bytes in their place, and returns the record and the length of its CBOR.
pub(crate) fn open(
    cipher: &FieldCipher,
    key: &Key,
    sealed: Vec<u8>,
) -> Result<(Box<Record>, usize), Error> {
    read(&unseal(cipher, key, sealed)?)
}

/// Opens sealed bytes in their place, and returns their text: of a record or of a count.
pub(crate) fn unseal(
    cipher: &FieldCipher,
    key: &Key,
    sealed: Vec<u8>,
) -> Result<SecretBytes, Error> {
    // The most frequent cause at a first start: keys that were drawn again.
    const KEYRING: &str =
        "; if the keyring was generated anew, restore the earlier one: see `Keyring::expose_bytes`";
    if sealed.len() > MAX_SEALED {
        return Err(Error::corrupt(WHAT, "it is longer than 64 KiB"));
    }
    // The error names a missing root: its id is not a secret, and the host must know.
    if let Some(root) = FieldCipher::key_id_of(&sealed).filter(|root| !cipher.reads(*root)) {
        return Err(Error::corrupt(
            WHAT,
            format!("the keyring has no readable root with the id {root}"),
        )
        .of(ErrorKind::MissingKey));
    }
    cipher
        .open_owned(&context(key), sealed)
        .map_err(|error| error.about(WHAT).hinting(KEYRING))
}

/// Reads the text of a sealed record, and returns the record and the length of its CBOR.
pub(crate) fn read(plain: &SecretBytes) -> Result<(Box<Record>, usize), Error> {
    let (version, rest) = plain
        .expose_bytes()
        .split_first()
        .ok_or_else(|| Error::corrupt(WHAT, "it is empty"))?;
    if *version != VERSION {
        return Err(Error::corrupt(
            WHAT,
            format!("its version is {version}, this is a reader of {VERSION}"),
        ));
    }
    decode(rest)
}

fn decode(plain: &[u8]) -> Result<(Box<Record>, usize), Error> {
    let mut decoder = Decoder::new(plain);
    // The decoder's own text can quote what it read. The error names the place alone.
    let broken = |place: usize| Error::corrupt(WHAT, format!("byte {place} is not as it must be"));
    let count = decoder.probe().array().ok().flatten();
    if count != Some(Record::FIELDS) {
        return Err(broken(0));
    }
    let record = Record::decode(&mut decoder).map_err(|_| broken(decoder.position()))?;
    // As many computations as are asked: a check must not take the machine down.
    let asked = record.questions.as_ref().map_or(0, |slot| slot.state.len());
    if asked > Answers::MAX_QUESTIONS {
        return Err(broken(decoder.position()));
    }
    let length = decoder.position();
    let padding = plain.get(length..).unwrap_or_default();
    // All at once, and not byte by byte up to the first.
    if padding.iter().fold(0, |all, byte| all | byte) != 0 {
        return Err(Error::corrupt(
            WHAT,
            "what follows the record is not padding",
        ));
    }
    Ok((record, length))
}
