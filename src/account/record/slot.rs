//! An enrolled authenticator, whatever it is.

use minicbor::{Decode, Encode};

use crate::time::Timestamp;

/// The fields that every enrolled authenticator has. A new one is a line here, and one in the record, which makes heads.
#[derive(Clone, Copy, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Head {
    /// Tells authenticators of one record apart, also those that are gone.
    #[n(0)]
    pub(crate) id: u16,
    /// When an authenticator that waits for its first code stops waiting. Zero once it is confirmed.
    #[n(1)]
    pending_until: u64,
    /// Wrong codes that were to confirm it.
    #[n(2)]
    wrong: u8,
}

impl Head {
    pub(crate) const fn new(id: u16) -> Self {
        Self {
            id,
            pending_until: 0,
            wrong: 0,
        }
    }

    /// Lets it wait for its first code.
    pub(crate) const fn waiting(self, until: Timestamp) -> Self {
        Self {
            pending_until: until.unix(),
            ..self
        }
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

    pub(crate) const fn confirm(&mut self) {
        self.pending_until = 0;
        self.wrong = 0;
    }

    pub(crate) const fn count_wrong_code(&mut self) {
        self.wrong = self.wrong.saturating_add(1);
    }
}

/// An enrolled authenticator: its head, what it is, and what is remembered of its codes.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Slot<A, S = ()> {
    #[n(0)]
    pub(crate) head: Head,
    #[n(1)]
    pub(crate) authenticator: A,
    #[n(2)]
    pub(crate) state: S,
}

impl<A, S> Slot<A, S> {
    pub(crate) const fn new(head: Head, authenticator: A, state: S) -> Self {
        Self {
            head,
            authenticator,
            state,
        }
    }

    pub(crate) const fn is_confirmed(&self) -> bool {
        self.head.is_confirmed()
    }
}
