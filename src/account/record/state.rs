//! The state of a subject.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::budget::Throttles;
use super::evidence::HeldEvidence;
use super::open_challenge::OpenChallenge;
use super::reservation::Reservations;
use super::slot::{Head, Slot};
use super::spent::SpentMarks;
use crate::delivered::{Destination, OpenCode, Purpose};
use crate::epoch::Epoch;
use crate::error::Error;
use crate::knowledge::{AnswerHashes, MemorableWord};
use crate::limits::throttle::{Moment, Steady};
use crate::otp::ocra::{MutualState, OcraDevice};
use crate::otp::{Hotp, Totp, TotpState};
use crate::password::{PasswordHash, PinHash};
use crate::random::Draw;
use crate::recovery::RecoveryCodeHashes;
use crate::secret::MacKey;
use crate::time::Timestamp;
use core::time::Duration;

/// The state of a subject.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Record {
    /// Whether it is of an unknown subject: then no attempt ever matches.
    #[n(0)]
    pub(crate) decoy: bool,
    /// Grows with each write.
    #[n(1)]
    pub(crate) revision: u64,
    /// Raised by a suspension, a revocation, or a clock that was set back. Earlier evidence and grants are void then.
    #[n(2)]
    pub(crate) epoch: u32,
    #[n(3)]
    pub(crate) suspended: bool,
    #[n(4)]
    pub(crate) created: u64,
    /// The moments that steps were taken at.
    #[n(5)]
    pub(crate) clock: Steady,
    /// The record's own key, for its codes' hashes.
    #[cbor(n(6), with = "crate::cbor::wiped")]
    key: Zeroizing<[u8; 32]>,
    #[cbor(n(7), with = "minicbor::bytes")]
    pub(crate) pseudonym: [u8; 16],
    #[n(8)]
    pub(crate) totps: Vec<Slot<Totp, TotpState>>,
    /// The answers, and the questions that stand until they are answered.
    #[n(9)]
    pub(crate) questions: Option<Slot<AnswerHashes, Vec<u16>>>,
    #[n(10)]
    pub(crate) phone: Option<Slot<String>>,
    #[n(11)]
    pub(crate) throttles: Throttles,
    #[n(12)]
    pub(crate) codes: Vec<OpenCode>,
    #[n(13)]
    pub(crate) issued: IssueCount,
    #[n(14)]
    pub(crate) evidence: HeldEvidence,
    #[n(15)]
    pub(crate) reservations: Reservations,
    /// The id of the next authenticator.
    #[n(16)]
    next_id: u16,
    #[n(17)]
    pub(crate) hotps: Vec<Slot<Hotp, u64>>,
    #[n(18)]
    pub(crate) recovery: Option<Slot<RecoveryCodeHashes>>,
    #[n(19)]
    pub(crate) ocra: Vec<Slot<OcraDevice, MutualState>>,
    #[n(20)]
    pub(crate) challenges: Vec<OpenChallenge>,
    #[n(21)]
    pub(crate) email: Option<Slot<String>>,
    #[n(22)]
    pub(crate) password: Option<Slot<PasswordHash>>,
    #[n(23)]
    pub(crate) pin: Option<Slot<PinHash>>,
    #[n(24)]
    pub(crate) word: Option<Slot<MemorableWord>>,
    #[n(25)]
    pub(crate) spent: SpentMarks,
}

/// How many codes were issued lately.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(array)]
pub(crate) struct IssueCount {
    /// When the window began, in steady time.
    #[n(0)]
    pub(crate) since: u64,
    /// On both lanes.
    #[n(1)]
    pub(crate) count: u8,
    /// For interactions without evidence.
    #[n(2)]
    pub(crate) anonymous: u8,
}

impl Record {
    /// A record has so many fields. A longer one is refused: the next write would lose the fields that this reader does not
    /// know.
    pub(crate) const FIELDS: u64 = 26;

    /// Makes an empty record, its keys drawn from `draw`.
    pub(crate) fn new(decoy: bool, now: Timestamp, draw: &mut impl Draw) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; 32]);
        draw.fill(key.as_mut_slice())?;
        let mut pseudonym = [0; 16];
        draw.fill(&mut pseudonym)?;
        Ok(Self {
            decoy,
            revision: 0,
            epoch: 0,
            suspended: false,
            created: now.unix(),
            clock: Steady::default(),
            key,
            pseudonym,
            totps: Vec::new(),
            questions: None,
            phone: None,
            throttles: Throttles::default(),
            codes: Vec::new(),
            issued: IssueCount::default(),
            evidence: HeldEvidence::default(),
            reservations: Reservations::default(),
            next_id: 1,
            hotps: Vec::new(),
            email: None,
            recovery: None,
            ocra: Vec::new(),
            challenges: Vec::new(),
            password: None,
            pin: None,
            word: None,
            spent: SpentMarks::default(),
        })
    }

    /// Makes the head of a new authenticator.
    pub(crate) const fn head(&mut self) -> Head {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        Head::new(id)
    }

    /// Notes the present moment, and returns whether the clock was set back.
    ///
    /// A clock that was set back by more than the skew voids open codes, held evidence and reservations. By the epoch it
    /// voids all evidence and grants. Locks and claimed steps stand.
    pub(crate) fn see(&mut self, now: Timestamp) -> bool {
        let went_back = self.clock.see(now);
        if went_back {
            self.void_evidence();
            self.clear_questions();
        } else {
            self.codes.retain(|code| code.is_open(now));
            self.challenges.retain(|open| open.is_open(now));
            self.spent.see(now);
            self.evidence.see(now);
            self.reservations.see(now);
        }
        went_back
    }

    /// Starts a new epoch. Earlier evidence, grants and reservations no longer count. Neither does a binding code, which
    /// rests on evidence.
    pub(crate) fn void_evidence(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
        self.clear_binding_code();
        self.evidence.clear();
        self.reservations.clear();
    }

    pub(crate) fn clear_binding_code(&mut self) {
        self.codes
            .retain(|open| open.purpose() != Purpose::BindAuthenticator);
    }

    /// Drops everything that waits for an answer, and authenticators that wait for their first code.
    pub(crate) fn clear_questions(&mut self) {
        self.codes.clear();
        self.challenges.clear();
        self.totps.retain(Slot::is_confirmed);
        self.hotps.retain(Slot::is_confirmed);
    }

    /// Returns which record this is, and in which epoch.
    pub(crate) const fn epoch(&self) -> Epoch {
        Epoch::new(self.pseudonym, self.epoch)
    }

    pub(crate) fn code_key(&self) -> MacKey {
        MacKey::new(self.key.as_slice())
    }

    pub(crate) fn phone(&self) -> Option<Destination> {
        let slot = self.phone.as_ref()?;
        Destination::stored_phone(&slot.authenticator)
    }

    pub(crate) fn email(&self) -> Option<Destination> {
        let slot = self.email.as_ref()?;
        Destination::stored_email(&slot.authenticator)
    }

    /// Returns the present moment, as it was noted, to count by.
    pub(crate) const fn moment(&self, now: Timestamp) -> Moment {
        Moment::new(now, self.clock)
    }

    /// Returns how much time has passed since the last step.
    pub(crate) fn unused(&self, now: Timestamp) -> Duration {
        self.clock.passed(now)
    }

    /// Returns whether it has the locks and waits of another record.
    pub(crate) fn has_locks_of(&self, other: &Self) -> bool {
        self.issued.since == other.issued.since
            && self.clock.goes_like(&other.clock)
            && self.throttles.tells_like(&other.throttles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::System;

    /// Only a month that an authority started afresh leads here.
    #[test]
    fn b47_a_list_of_computations_that_is_full_keeps_them_and_says_when_it_has_room() {
        let at = |second| Timestamp::from_unix(1_800_000_000 + second).unwrap();
        let mut record = Record::new(false, at(0), &mut System).unwrap();
        for revision in 0..600 {
            assert_eq!(record.reservations.release(), None, "{revision}");
            record
                .reservations
                .add(revision, at(i64::from(revision >= 1)));
        }
        assert_eq!(record.reservations.release(), Some(at(121)));
        record.see(at(120));
        assert_eq!(record.reservations.release(), Some(at(121)));
        record.see(at(121));
        assert_eq!(record.reservations.release(), None);
        let seen = record.clock.seen();
        assert!(Reservations::is_too_late(at(0), seen) && !record.reservations.take(0));
        assert!(!Reservations::is_too_late(at(1), seen) && record.reservations.take(1));
    }
}
