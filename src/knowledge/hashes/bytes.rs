//! The bytes of answer hashes: CBOR, in one of two forms. Each set of hashes has one spelling only.
//!
//! ```text
//! all with the same parameters   [form, cost, pepper, check value, [[id, salt, tag], ..]]
//! else                           [[[form, cost, pepper, check value], ..], [[id, salt, tag, parameter id], ..]]
//! cost                           [memory in KiB, passes, lanes]
//! ```
//!
//! A parameter id is the position of a set in the list, counted from 0. The list has two sets or more, each once, in the
//! order in which the answers first name them.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use super::answer_hash::{AnswerHash, all_differ};
use super::parameters::Parameters;
use crate::hashing::{Cost, HashPool};
use crate::knowledge::answers::Answers;
use crate::knowledge::question::QuestionId;

/// The hash of one answer, as it is stored.
#[derive(Encode, Decode)]
#[cbor(array)]
struct StoredHash {
    #[n(0)]
    id: QuestionId,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; HashPool::SALT],
    #[cbor(n(2), with = "minicbor::bytes")]
    tag: [u8; HashPool::TAG],
    /// Its parameter id. `None`, if all hashes have the same parameters.
    #[n(3)]
    set: Option<u8>,
}

impl StoredHash {
    fn of(one: &AnswerHash, set: Option<u8>) -> Self {
        Self {
            id: one.id,
            salt: one.salt,
            tag: one.tag,
            set,
        }
    }

    fn with(self, parameters: Parameters) -> AnswerHash {
        AnswerHash {
            id: self.id,
            parameters,
            salt: self.salt,
            tag: self.tag,
        }
    }
}

/// Writes the hashes of a subject's answers.
pub(super) fn write<C, W: encode::Write>(
    each: &[AnswerHash],
    e: &mut Encoder<W>,
    ctx: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    let sets = sets(each);
    let stored: Vec<StoredHash> = if let [one] = sets.as_slice() {
        e.array(5)?.u8(one.form)?.encode_with(one.cost, ctx)?;
        e.u32(one.pepper)?.u32(one.check_value)?;
        let alike = each.iter().map(|one| StoredHash::of(one, None));
        alike.collect()
    } else {
        e.array(2)?.encode_with(&sets, ctx)?;
        let id_of = |one: &AnswerHash| (0_u8..).zip(&sets).find(|(_, set)| **set == one.parameters);
        let named = |one| StoredHash::of(one, id_of(one).map(|(id, _)| id));
        each.iter().map(named).collect()
    };
    e.encode_with(stored, ctx)?.ok()
}

/// Reads them back. Refuses bytes that [`write`] would not write.
pub(super) fn read<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<AnswerHash>, decode::Error> {
    let each = match d.array()? {
        Some(5) => alike(d, ctx)?,
        Some(2) => unlike(d, ctx)?,
        _ => return refused("hashes of answers have five parts, or two"),
    };
    if let Some(fault) = each.iter().find_map(|one| one.parameters.fault()) {
        return refused(fault);
    }
    let ids: Vec<QuestionId> = each.iter().map(|one| one.id).collect();
    if !(1..=Answers::MAX_QUESTIONS).contains(&ids.len()) || !all_differ(&ids) {
        return refused("not 1 to 16 different questions");
    }
    Ok(each)
}

/// Reads the rest of the form with one set.
fn alike<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<AnswerHash>, decode::Error> {
    let set = Parameters {
        form: d.u8()?,
        cost: Cost::decode(d, ctx)?,
        pepper: d.u32()?,
        check_value: d.u32()?,
    };
    let stored: Vec<StoredHash> = Vec::decode(d, ctx)?;
    if stored.iter().any(|one| one.set.is_some()) {
        return refused("a parameter id without a list");
    }
    Ok(stored.into_iter().map(|one| one.with(set)).collect())
}

/// Reads the rest of the form with a list of sets.
fn unlike<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<AnswerHash>, decode::Error> {
    let listed: Vec<Parameters> = Vec::decode(d, ctx)?;
    let stored: Vec<StoredHash> = Vec::decode(d, ctx)?;
    let mut each = Vec::with_capacity(stored.len());
    for one in stored {
        let Some(set) = one.set.and_then(|id| listed.get(usize::from(id))) else {
            return refused("a parameter id out of range");
        };
        each.push(one.with(*set));
    }
    if listed.len() < 2 || sets(&each) != listed {
        return refused("not the sets of parameters that the answers name");
    }
    Ok(each)
}

/// The different sets of parameters, in the order in which the answers name them.
fn sets(each: &[AnswerHash]) -> Vec<Parameters> {
    let mut sets = Vec::new();
    for one in each {
        if !sets.contains(&one.parameters) {
            sets.push(one.parameters);
        }
    }
    sets
}

fn refused<T>(why: &'static str) -> Result<T, decode::Error> {
    Err(decode::Error::message(why))
}
