//! An enrolled authenticator, whatever it is.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::authenticator::{AddedBy, Label};
use crate::cbor::{as_array, expect_array, optional};
use crate::time::Timestamp;

/// The fields that every enrolled authenticator has. A new one is a line here, and one in the record, which makes heads.
///
/// It is short, since each authenticator of each record has one.
#[derive(Clone)]
pub(crate) struct Head {
    /// Tells authenticators of one record apart, also those that are gone.
    pub(crate) id: u16,
    /// The second it was added. Zero if nobody knows.
    added: u64,
    added_by: AddedBy,
    /// The day of its last success: how many days after it was added, and one more. Zero before the first.
    used: u32,
    /// None, if all of it is as at first.
    rest: Option<Rest>,
}

as_array!(Head {
    id,
    added,
    added_by,
    used,
    rest by optional,
});

/// The fields that most authenticators leave as they are.
#[derive(Clone, Default, PartialEq, Eq)]
struct Rest {
    /// When an authenticator that waits for its first code stops waiting. Zero once it is confirmed.
    pending_until: u64,
    /// Wrong codes that were to confirm it.
    wrong: u8,
    disabled: bool,
    /// The second it was enabled again. Zero if it never was.
    enabled: u64,
    label: Label,
}

as_array!(Rest {
    pending_until,
    wrong,
    disabled,
    enabled,
    label,
});

impl Head {
    pub(crate) const fn new(id: u16, added: Timestamp, added_by: AddedBy) -> Self {
        Self {
            id,
            added: added.unix(),
            added_by,
            used: 0,
            rest: None,
        }
    }

    /// Changes the fields that most authenticators leave as they are.
    fn alter(&mut self, change: impl FnOnce(&mut Rest)) {
        change(self.rest.get_or_insert_default());
        self.rest.take_if(|rest| *rest == Rest::default());
    }

    /// Lets it wait for its first code.
    pub(crate) fn waiting(mut self, until: Timestamp) -> Self {
        self.alter(|rest| rest.pending_until = until.unix());
        self
    }

    const fn pending_until(&self) -> u64 {
        match &self.rest {
            Some(rest) => rest.pending_until,
            None => 0,
        }
    }

    pub(crate) const fn is_confirmed(&self) -> bool {
        self.pending_until() == 0
    }

    /// Whether it waits for its first code still.
    pub(crate) const fn waits(&self, now: Timestamp) -> bool {
        self.pending_until() > now.unix()
    }

    pub(crate) const fn waits_until(&self) -> Timestamp {
        Timestamp::stored(self.pending_until())
    }

    pub(crate) fn wrong_codes(&self) -> u8 {
        self.rest.as_ref().map_or(0, |rest| rest.wrong)
    }

    /// Ends the wait for its first code. It was added now.
    pub(crate) fn confirm(&mut self, now: Timestamp, by: AddedBy) {
        self.alter(|rest| {
            rest.pending_until = 0;
            rest.wrong = 0;
        });
        (self.added, self.added_by) = (now.unix(), by);
    }

    pub(crate) fn count_wrong_code(&mut self) {
        self.alter(|rest| rest.wrong = rest.wrong.saturating_add(1));
    }

    pub(crate) const fn added(&self) -> Timestamp {
        Timestamp::stored(self.added)
    }

    pub(crate) const fn added_by(&self) -> AddedBy {
        self.added_by
    }

    /// Returns since when it counts as it is: it was added or enabled. `None` if nobody knows.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        let enabled = self.rest.as_ref().map_or(0, |rest| rest.enabled);
        let since = Timestamp::stored(enabled.max(self.added));
        Some(since).filter(|since| since.unix() > 0)
    }

    /// Notes a success.
    pub(crate) fn use_at(&mut self, now: Timestamp) {
        let days = day(now.unix()).saturating_sub(day(self.added));
        self.used = u32::try_from(days).unwrap_or(u32::MAX).saturating_add(1);
    }

    /// Returns the first second of the day of its last success.
    pub(crate) fn last_used(&self) -> Option<Timestamp> {
        let days = u64::from(self.used.checked_sub(1)?);
        let day = day(self.added).saturating_add(days);
        Some(Timestamp::stored(day.saturating_mul(DAY)))
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.disabled)
    }

    /// Returns whether it can be shown: it is confirmed, and not disabled.
    pub(crate) fn counts(&self) -> bool {
        self.is_confirmed() && !self.is_disabled()
    }

    pub(crate) fn disable(&mut self) {
        self.alter(|rest| rest.disabled = true);
    }

    /// Enables it. It counts from now on.
    pub(crate) fn enable(&mut self, now: Timestamp) {
        self.alter(|rest| {
            rest.disabled = false;
            rest.enabled = now.unix();
        });
    }

    pub(crate) fn label(&self) -> Label {
        let rest = self.rest.as_ref();
        rest.map_or_else(Label::default, |rest| rest.label.clone())
    }

    pub(crate) fn rename(&mut self, label: &Label) {
        self.alter(|rest| rest.label = label.clone());
    }
}

const DAY: u64 = 86_400;

fn day(second: u64) -> u64 {
    second.checked_div(DAY).unwrap_or(0)
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

    /// Returns whether it can be shown.
    pub(crate) fn counts(&self) -> bool {
        self.head.counts()
    }
}

/// Returns an authenticator of which a subject has one, if it can be shown.
pub(crate) fn counted<A, S>(slot: &Option<Slot<A, S>>) -> Option<&Slot<A, S>> {
    slot.as_ref().filter(|slot| slot.counts())
}

/// Returns it, to change it.
pub(crate) fn counted_mut<A, S>(slot: &mut Option<Slot<A, S>>) -> Option<&mut Slot<A, S>> {
    slot.as_mut().filter(|slot| slot.counts())
}
