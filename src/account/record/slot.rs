//! An enrolled authenticator, whatever it is.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::authenticator::{AddedBy, Label};
use crate::cbor::{as_array, expect_array};
use crate::time::Timestamp;

/// The fields that every enrolled authenticator has. A new one is a line here, and one in the record, which makes heads.
#[derive(Clone)]
pub(crate) struct Head {
    /// Tells authenticators of one record apart, also those that are gone.
    pub(crate) id: u16,
    /// When an authenticator that waits for its first code stops waiting. Zero once it is confirmed.
    pending_until: u64,
    /// Wrong codes that were to confirm it.
    wrong: u8,
    /// The second it was added. Zero if nobody knows.
    added: u64,
    added_by: AddedBy,
    /// The second since which it counts as it is: it was added or enabled. Zero if nobody knows.
    since: u64,
    /// The day of its last success, counted from 1970. Zero before the first.
    last_used: u32,
    disabled: bool,
    label: Label,
}

as_array!(Head {
    id,
    pending_until,
    wrong,
    added,
    added_by,
    since,
    last_used,
    disabled,
    label,
});

const DAY: u64 = 86_400;

impl Head {
    pub(crate) fn new(id: u16, added: Timestamp, added_by: AddedBy) -> Self {
        Self {
            id,
            pending_until: 0,
            wrong: 0,
            added: added.unix(),
            added_by,
            since: added.unix(),
            last_used: 0,
            disabled: false,
            label: Label::default(),
        }
    }

    /// Lets it wait for its first code.
    pub(crate) fn waiting(self, until: Timestamp) -> Self {
        Self {
            pending_until: until.unix(),
            ..self
        }
    }

    /// Returns since when it counts as it is, if anybody knows.
    pub(crate) const fn since(&self) -> Option<Timestamp> {
        known(self.since)
    }

    /// Notes a success.
    pub(crate) fn use_at(&mut self, now: Timestamp) {
        let day = now.unix().checked_div(DAY).unwrap_or(0);
        self.last_used = u32::try_from(day).unwrap_or(u32::MAX);
    }

    pub(crate) const fn is_confirmed(&self) -> bool {
        self.pending_until == 0
    }

    /// Whether it waits for its first code still.
    pub(crate) const fn waits(&self, now: Timestamp) -> bool {
        self.pending_until > now.unix()
    }

    pub(crate) const fn waits_until(&self) -> Timestamp {
        Timestamp::stored(self.pending_until)
    }

    pub(crate) const fn wrong_codes(&self) -> u8 {
        self.wrong
    }

    /// Ends the wait for its first code. It was added now.
    pub(crate) fn confirm(&mut self, now: Timestamp, by: AddedBy) {
        *self = Self {
            label: core::mem::take(&mut self.label),
            ..Self::new(self.id, now, by)
        };
    }

    pub(crate) const fn count_wrong_code(&mut self) {
        self.wrong = self.wrong.saturating_add(1);
    }
}

const fn known(second: u64) -> Option<Timestamp> {
    match second {
        0 => None,
        second => Some(Timestamp::stored(second)),
    }
}

/// An enrolled authenticator: its head, what it is, and what is remembered of its codes.
#[derive(Clone)]
pub(crate) struct Slot<A, S = ()> {
    pub(crate) head: Head,
    pub(crate) authenticator: A,
    pub(crate) state: S,
}

/// The array of a slot has so many items.
const ITEMS: u64 = 3;

impl<C, A: Encode<C>, S: Encode<C>> Encode<C> for Slot<A, S> {
    fn encode<W: encode::Write>(
        &self,
        to: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        to.array(ITEMS)?;
        self.head.encode(to, context)?;
        self.authenticator.encode(to, context)?;
        self.state.encode(to, context)
    }
}

impl<'b, C, A: Decode<'b, C>, S: Decode<'b, C>> Decode<'b, C> for Slot<A, S> {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        expect_array(from, ITEMS)?;
        Ok(Self {
            head: Head::decode(from, context)?,
            authenticator: A::decode(from, context)?,
            state: S::decode(from, context)?,
        })
    }
}

impl<A, S> Slot<A, S> {
    pub(crate) const fn new(head: Head, authenticator: A, state: S) -> Self {
        Self {
            head,
            authenticator,
            state,
        }
    }

    pub(crate) const fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) const fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    pub(crate) const fn is_confirmed(&self) -> bool {
        self.head.is_confirmed()
    }
}
