//! The state of a subject.

use minicbor::{Decoder, bytes, decode};
use zeroize::Zeroizing;

use super::approvals::KeptApprovals;
use super::budget::Throttles;
use super::evidence::KeptEvidence;
use super::open_challenge::OpenChallenge;
use super::pending::KeptChanges;
use super::reservation::Reservations;
use super::slot::{Head, Slot, counted};
use super::spent::SpentMarks;
use crate::authenticator::AddedBy;
use crate::cbor::{as_array, as_array_in_place, list, optional, wiped};
use crate::delivered::{Destination, OpenCode, Purpose};
use crate::epoch::Epoch;
use crate::error::Error;
use crate::factor::Factor;
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
#[derive(Clone)]
pub(crate) struct Record {
    /// Whether it is of an unknown subject: then no attempt ever matches.
    pub(crate) decoy: bool,
    /// Grows with each write.
    pub(crate) revision: u64,
    /// Raised by a suspension, a revocation, or a clock that was set back. Earlier evidence and grants are void then.
    pub(crate) epoch: u32,
    pub(crate) suspended: bool,
    pub(crate) created: u64,
    /// The moments that steps were taken at.
    pub(crate) clock: Steady,
    /// The record's own key, for its codes' hashes.
    key: Zeroizing<[u8; 32]>,
    pub(crate) pseudonym: [u8; 16],
    pub(crate) totps: Vec<Slot<Totp, TotpState>>,
    /// The answers, and the questions that stand until they are answered.
    pub(crate) questions: Option<Slot<AnswerHashes, Vec<u16>>>,
    pub(crate) phone: Option<Slot<String>>,
    pub(crate) throttles: Throttles,
    pub(crate) codes: Vec<OpenCode>,
    pub(crate) issued: IssueCount,
    pub(crate) evidence: KeptEvidence,
    pub(crate) reservations: Reservations,
    /// The id of the next authenticator.
    next_id: u16,
    pub(crate) hotps: Vec<Slot<Hotp, u64>>,
    pub(crate) recovery: Option<Slot<RecoveryCodeHashes>>,
    pub(crate) ocra: Vec<Slot<OcraDevice, MutualState>>,
    pub(crate) challenges: Vec<OpenChallenge>,
    pub(crate) email: Option<Slot<String>>,
    pub(crate) password: Option<Slot<PasswordHash>>,
    pub(crate) pin: Option<Slot<PinHash>>,
    pub(crate) word: Option<Slot<MemorableWord>>,
    pub(crate) spent: SpentMarks,
    pub(crate) approvals: KeptApprovals,
    pub(crate) pending: KeptChanges,
}

/// The facts that the locks and waits of a record follow from.
pub(crate) struct Locks {
    issued_since: u64,
    clock: Steady,
    throttles: Throttles,
}

/// How many codes were issued lately.
#[derive(Clone, Default)]
pub(crate) struct IssueCount {
    /// When the window began, in steady time.
    pub(crate) since: u64,
    /// On both lanes.
    pub(crate) count: u8,
    /// For interactions without evidence.
    pub(crate) anonymous: u8,
}

// In this order. A new field stands at the end.
as_array_in_place!(Record {
    decoy,
    revision,
    epoch,
    suspended,
    created,
    clock,
    key by wiped,
    pseudonym by bytes,
    totps by list,
    questions by optional,
    phone by optional,
    throttles,
    codes by list,
    issued,
    evidence,
    reservations,
    next_id,
    hotps by list,
    recovery by optional,
    ocra by list,
    challenges by list,
    email by optional,
    password by optional,
    pin by optional,
    word by optional,
    spent,
    approvals,
    pending,
});

as_array!(IssueCount {
    since,
    count,
    anonymous
});

impl Record {
    /// A record has so many fields. A longer one is refused: the next write would lose the fields that this reader does not
    /// know.
    pub(crate) const FIELDS: u64 = Self::CBOR_FIELDS;

    /// A subject has so many apps at most, and so many tokens. Those that are disabled count.
    pub(crate) const MOST_OF_A_KIND: usize = 8;

    /// Makes an empty record, its keys drawn from `draw`.
    pub(crate) fn new(
        decoy: bool,
        now: Timestamp,
        draw: &mut impl Draw,
    ) -> Result<Box<Self>, Error> {
        let mut record = Box::new(Self::blank());
        (record.decoy, record.created) = (decoy, now.unix());
        draw.fill(record.key.as_mut_slice())?;
        draw.fill(&mut record.pseudonym)?;
        Ok(record)
    }

    /// Reads a record.
    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Box<Self>, decode::Error> {
        let mut record = Box::new(Self::blank());
        record.read(from)?;
        Ok(record)
    }

    fn blank() -> Self {
        Self {
            decoy: false,
            revision: 0,
            epoch: 0,
            suspended: false,
            created: 0,
            clock: Steady::default(),
            key: Zeroizing::new([0; 32]),
            pseudonym: [0; 16],
            totps: Vec::new(),
            questions: None,
            phone: None,
            throttles: Throttles::default(),
            codes: Vec::new(),
            issued: IssueCount::default(),
            evidence: KeptEvidence::default(),
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
            approvals: KeptApprovals::default(),
            pending: KeptChanges::new(),
        }
    }

    /// Makes the head of a new authenticator. Zero is not an id, and no id that stands is given again.
    pub(crate) fn head(&mut self, added: Timestamp, by: AddedBy) -> Head {
        let mut id = self.next_id;
        while id == 0 || self.heads().any(|(_, head)| head.id == id) {
            id = id.wrapping_add(1);
        }
        self.next_id = id.wrapping_add(1);
        Head::new(id, added, by)
    }

    /// Makes the head of a stand-in.
    pub(crate) fn drawn_head(&mut self) -> Head {
        self.head(Timestamp::stored(self.created), AddedBy::Host)
    }

    /// Returns the heads of all authenticators, each with its factor. A telephone is listed once, as private codes.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (Factor, &Head)> {
        let apps = self.totps.iter().map(|slot| (Factor::Totp, &slot.head));
        let tokens = self.hotps.iter().map(|slot| (Factor::Hotp, &slot.head));
        let devices = self.ocra.iter().map(|slot| (Factor::Ocra, &slot.head));
        let single = [
            (Factor::PrivateCode, self.phone.as_ref().map(Slot::head)),
            (
                Factor::IssuedRecoveryCode,
                self.email.as_ref().map(Slot::head),
            ),
            (Factor::RecoveryCode, self.recovery.as_ref().map(Slot::head)),
            (Factor::Questions, self.questions.as_ref().map(Slot::head)),
            (Factor::Word, self.word.as_ref().map(Slot::head)),
            (Factor::Password, self.password.as_ref().map(Slot::head)),
            (Factor::Pin, self.pin.as_ref().map(Slot::head)),
        ];
        let single = single
            .into_iter()
            .filter_map(|(factor, head)| Some((factor, head?)));
        apps.chain(tokens).chain(devices).chain(single)
    }

    /// Returns the memorable word, and those that wait to take its place.
    pub(crate) fn words_mut(&mut self) -> impl Iterator<Item = &mut MemorableWord> {
        let present = self.word.as_mut().map(|slot| &mut slot.authenticator);
        present.into_iter().chain(self.pending.words_mut())
    }

    /// Returns the head of an authenticator, to change it.
    pub(crate) fn head_mut(&mut self, id: u16) -> Option<&mut Head> {
        let several = self.totps.iter_mut().map(Slot::head_mut);
        let several = several.chain(self.hotps.iter_mut().map(Slot::head_mut));
        let several = several.chain(self.ocra.iter_mut().map(Slot::head_mut));
        let single = [
            self.phone.as_mut().map(Slot::head_mut),
            self.email.as_mut().map(Slot::head_mut),
            self.recovery.as_mut().map(Slot::head_mut),
            self.questions.as_mut().map(Slot::head_mut),
            self.word.as_mut().map(Slot::head_mut),
            self.password.as_mut().map(Slot::head_mut),
            self.pin.as_mut().map(Slot::head_mut),
        ];
        let mut all = several.chain(single.into_iter().flatten());
        all.find(|head| head.id == id)
    }

    /// Notes the present moment, and returns whether the clock was set back.
    ///
    /// A clock that was set back by more than the skew voids open codes, evidence, approvals and reservations. By the epoch it
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
            self.approvals.see(now);
            self.reservations.see(now);
        }
        went_back
    }

    /// Starts a new epoch. Earlier evidence, approvals, grants and reservations no longer count. Neither does a binding code, which
    /// rests on evidence.
    pub(crate) fn void_evidence(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
        self.clear_binding_code();
        self.evidence.clear();
        self.approvals.clear();
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
        let slot = counted(&self.phone)?;
        Destination::stored_phone(&slot.authenticator)
    }

    /// Returns the telephone and the e-mail address, also one that is disabled: an impostor who disables it could keep a warning
    /// from the customer.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Destination> {
        let phone = self.phone.as_ref();
        let phone = phone.and_then(|slot| Destination::stored_phone(&slot.authenticator));
        let email = self.email.as_ref();
        let email = email.and_then(|slot| Destination::stored_email(&slot.authenticator));
        phone.into_iter().chain(email)
    }

    pub(crate) fn has_phone(&self) -> bool {
        let slot = counted(&self.phone);
        slot.is_some_and(|slot| Destination::is_stored_phone(&slot.authenticator))
    }

    pub(crate) fn has_email(&self) -> bool {
        let slot = counted(&self.email);
        slot.is_some_and(|slot| Destination::is_stored_email(&slot.authenticator))
    }

    pub(crate) fn email(&self) -> Option<Destination> {
        let slot = counted(&self.email)?;
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

    /// Returns its locks and waits, to compare them later.
    pub(crate) fn locks(&self) -> Locks {
        Locks {
            issued_since: self.issued.since,
            clock: self.clock,
            throttles: self.throttles.clone(),
        }
    }

    /// Returns whether it has these locks and waits.
    pub(crate) fn has_locks(&self, before: &Locks) -> bool {
        self.issued.since == before.issued_since
            && self.clock.goes_like(&before.clock)
            && self.throttles.tells_like(&before.throttles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::System;

    #[test]
    fn ids_are_drawn_without_end_and_none_that_stands_is_given_again() {
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        let mut record = Record::new(false, now, &mut System).unwrap();
        let slot = |record: &mut Record| {
            let head = record.head(now, AddedBy::Host);
            Slot::new(head, String::new(), ())
        };
        record.phone = Some(slot(&mut record));
        for _ in 0..1_000 {
            slot(&mut record);
        }
        record.email = Some(slot(&mut record));
        let stand = [1, 1_002];
        let mut last = 1_002;
        for drawn in 0..2 * 65_536 {
            let head = record.head(now, AddedBy::Host);
            assert!(head.id > 0 && !stand.contains(&head.id), "{drawn}");
            assert_ne!(head.id, last, "{drawn}");
            last = head.id;
        }
    }

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
