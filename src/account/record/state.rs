//! What is kept of a subject, and its bytes.
//!
//! ```text
//! sealed = suite 1 of `field`, context "account", subject id, over:   version (1) | CBOR | zeros
//! ```
//!
//! The zeros fill the sealed record up to a multiple of 128 bytes, counted from the length *before* the step plus what
//! any outcome can add, so the length does not tell the outcome (pitfall B40).

use minicbor::{Decode, Decoder, Encode};
use zeroize::Zeroizing;

use crate::account::authenticators::hashed::HashSlot;
use crate::account::authenticators::several::Slot;
use crate::account::authenticators::word::WordSlot;
use crate::account::record::budget::Budget;
use crate::account::steps::challenge::{OcraSlot, OpenChallenge};
use crate::account::steps::redeem::Spent;
use crate::context::Interaction;
use crate::delivered::{Destination, OpenCode, Purpose};
use crate::derivation::ACCOUNT;
use crate::error::Error;
use crate::factor::{Factor, Strength};
use crate::field::FieldCipher;
use crate::knowledge::{AnswerHashes, Answers, Catalogue, QuestionId};
use crate::limits::throttle::{Lane, Limits, Moment, Steady, Throttle};
use crate::otp::{Hotp, HotpState, Totp, TotpState};
use crate::password::{PasswordHash, PinHash};
use crate::random::Draw;
use crate::recovery::RecoveryCodeHashes;
use crate::secret::{MacKey, Wiped};
use crate::time::Timestamp;
use core::time::Duration;

/// The version of the bytes. A reader refuses every other one.
const VERSION: u8 = 2;

/// How many fields a record has. One with fewer or more is none: a reader would lose a field that it does not know with the
/// next write.
const FIELDS: u64 = 26;

/// Sealed records have lengths of whole steps.
const STEP: usize = 128;
/// No outcome of a check adds more than this: an interaction with evidence, a reservation, numbers that grow.
const MARGIN: usize = 64;
/// A longer record is none.
const MAX_SEALED: usize = 64 << 10;

/// Everything that is kept of a subject.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Record {
    /// For an unknown subject: nothing in here ever matches.
    #[n(0)]
    pub(crate) decoy: bool,
    /// Grows with each write.
    #[n(1)]
    pub(crate) revision: u64,
    /// Raised by a suspension, a revocation, a clock that ran back: evidence and grants of before are void.
    #[n(2)]
    pub(crate) epoch: u32,
    #[n(3)]
    pub(crate) suspended: bool,
    #[n(4)]
    pub(crate) created: u64,
    /// The moments that steps were taken at.
    #[n(5)]
    clock: Steady,
    /// The record's own key, for its codes' hashes.
    #[cbor(n(6), with = "crate::cbor::wiped")]
    key: Zeroizing<[u8; 32]>,
    #[cbor(n(7), with = "minicbor::bytes")]
    pub(crate) pseudonym: [u8; 16],
    #[n(8)]
    pub(crate) totps: Vec<Slot<Totp, TotpState>>,
    #[n(9)]
    pub(crate) questions: Option<QuestionsSlot>,
    #[n(10)]
    phone: Option<String>,
    #[n(11)]
    throttles: Vec<Budgeted>,
    #[n(12)]
    pub(crate) codes: Vec<OpenCode>,
    #[n(13)]
    pub(crate) issued: IssueCount,
    #[n(14)]
    holders: Vec<InteractionEvidence>,
    #[n(15)]
    reservations: Vec<Reservation>,
    /// The id of the next authenticator.
    #[n(16)]
    pub(crate) next_id: u16,
    #[n(17)]
    pub(crate) hotps: Vec<Slot<Hotp, HotpState>>,
    #[n(18)]
    pub(crate) recovery: Option<RecoveryCodeHashes>,
    #[n(19)]
    pub(crate) ocra: Vec<OcraSlot>,
    #[n(20)]
    pub(crate) challenges: Vec<OpenChallenge>,
    /// Empty for none.
    #[n(21)]
    email: String,
    #[n(22)]
    pub(crate) password: Option<HashSlot<PasswordHash>>,
    #[n(23)]
    pub(crate) pin: Option<HashSlot<PinHash>>,
    #[n(24)]
    pub(crate) word: Option<WordSlot>,
    #[n(25)]
    pub(crate) spent: Vec<Spent>,
}

/// The answers, and the questions that are asked until they are answered.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct QuestionsSlot {
    #[n(0)]
    pub(crate) id: u16,
    #[n(1)]
    pub(crate) verifiers: AnswerHashes,
    #[n(2)]
    pub(crate) asked: Vec<u16>,
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

#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Budgeted {
    #[n(0)]
    budget: Budget,
    #[n(1)]
    throttle: Throttle,
}

/// An interaction that holds evidence.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct InteractionEvidence {
    /// All bytes of its id: a host may give ids of its own that begin alike.
    #[cbor(n(0), with = "minicbor::bytes")]
    interaction: [u8; 16],
    /// One bit for each factor.
    #[n(1)]
    factors: u16,
    #[n(2)]
    at: u64,
}

/// A dear check that was charged and may be settled, once.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Reservation {
    /// The revision that reserved it: no other has that number.
    #[n(0)]
    revision: u64,
    #[n(1)]
    at: u64,
}

/// How long an interaction counts as known after its last evidence.
const HOLDING: Duration = Duration::from_secs(3_600);
/// How many interactions are remembered.
const MOST_HOLDERS: usize = 4;
/// How long a reserved computation may take.
const RESERVATION: Duration = Duration::from_secs(2 * 60);
/// How many computations can be in flight, under any limits: none of them ever gives way to another.
///
/// Each was charged to its budget before it was reserved, and stands in that budget's month until it is settled and taken
/// back. A month takes `per_month` tries, of both lanes together, so the lists of all expensive budgets are this long at
/// most. (Locks alone let 14 through on a lane in the two minutes of a reservation: ten, and four after releases. A right
/// answer in between opens a lane again.) Only an authority can open a month anew; where it does so again and again, tries
/// wait until the first reservation is over.
const MOST_RESERVATIONS: usize = Budget::EXPENSIVE.len() * Limits::MOST_PER_MONTH as usize;

impl Record {
    /// An empty record, its keys drawn from `draw`.
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
            throttles: Vec::new(),
            codes: Vec::new(),
            issued: IssueCount::default(),
            holders: Vec::new(),
            reservations: Vec::new(),
            next_id: 1,
            hotps: Vec::new(),
            email: String::new(),
            recovery: None,
            ocra: Vec::new(),
            challenges: Vec::new(),
            password: None,
            pin: None,
            word: None,
            spent: Vec::new(),
        })
    }

    /// Notes the present moment. A clock that was set back by more than the skew voids what is open: codes, held
    /// evidence, reservations, and by the epoch all evidence and grants. Locks and claimed steps stand.
    pub(crate) fn see(&mut self, now: Timestamp) -> bool {
        let went_back = self.clock.see(now);
        if went_back {
            self.void_evidence();
            self.clear_questions();
        } else {
            self.codes.retain(|code| code.is_open(now));
            self.challenges.retain(|open| open.is_open(now));
            self.spent.retain(|gone| gone.is_kept(now));
            self.holders
                .retain(|holder| now.since(Timestamp::stored(holder.at)) <= HOLDING);
            self.reservations
                .retain(|held| now.since(Timestamp::stored(held.at)) <= RESERVATION);
        }
        went_back
    }

    /// Starts a new epoch: evidence, grants and reservations of before no longer count, and neither does a binding code,
    /// which rests on such evidence.
    pub(crate) fn void_evidence(&mut self) {
        self.epoch = self.epoch.saturating_add(1);
        self.clear_binding_code();
        self.holders.clear();
        self.reservations.clear();
    }

    pub(crate) fn clear_binding_code(&mut self) {
        self.codes
            .retain(|open| open.purpose() != Purpose::BindAuthenticator);
    }

    /// Whatever was asked and not answered counts no more, the first code of a new authenticator included.
    pub(crate) fn clear_questions(&mut self) {
        self.codes.clear();
        self.challenges.clear();
        self.totps.retain(Slot::is_confirmed);
        self.hotps.retain(Slot::is_confirmed);
    }

    pub(crate) fn code_key(&self) -> MacKey {
        MacKey::new(self.key.as_slice())
    }

    pub(crate) fn phone(&self) -> Option<Destination> {
        self.phone.as_deref().and_then(Destination::stored_phone)
    }

    pub(crate) fn set_phone(&mut self, phone: &Destination) {
        self.phone = Some(phone.address().to_owned());
    }

    pub(crate) fn clear_phone(&mut self) {
        self.phone = None;
    }

    pub(crate) fn email(&self) -> Option<Destination> {
        Destination::stored_email(&self.email)
    }

    pub(crate) fn set_email(&mut self, email: &Destination) {
        email.address().clone_into(&mut self.email);
    }

    pub(crate) fn clear_email(&mut self) {
        self.email.clear();
    }

    /// The count of a budget, begun if it is new.
    pub(crate) fn throttle(&mut self, budget: Budget) -> &mut Throttle {
        let place = self.throttles.iter().position(|slot| slot.budget == budget);
        let place = place.unwrap_or_else(|| {
            self.throttles.push(Budgeted {
                budget,
                throttle: Throttle::default(),
            });
            self.throttles.len().saturating_sub(1)
        });
        #[expect(clippy::indexing_slicing, reason = "the place was found or made above")]
        &mut self.throttles[place].throttle
    }

    /// The present moment, which was noted, to count by.
    pub(crate) const fn moment(&self, now: Timestamp) -> Moment {
        Moment::new(now, self.clock)
    }

    /// The time that counts go by.
    pub(crate) const fn steady(&self) -> &Steady {
        &self.clock
    }

    /// The moment that was noted last.
    pub(crate) const fn seen(&self) -> Timestamp {
        self.clock.seen()
    }

    /// How much time has passed since the last step.
    pub(crate) fn unused(&self, now: Timestamp) -> Duration {
        self.clock.passed(now)
    }

    /// All counts note the moment: what is written is as it stands then, also of factors that were not tried.
    pub(crate) fn see_throttles(&mut self, now: Timestamp, limits: impl Fn(Budget) -> Limits) {
        let at = self.moment(now);
        for slot in &mut self.throttles {
            slot.throttle.see(&at, &limits(slot.budget));
        }
    }

    /// The count of a budget as it is.
    pub(crate) fn peek_throttle(&self, budget: Budget) -> Throttle {
        self.throttles
            .iter()
            .find(|slot| slot.budget == budget)
            .map(|slot| slot.throttle.clone())
            .unwrap_or_default()
    }

    /// Whether locks and waits are told as by another record.
    pub(crate) fn has_locks_of(&self, other: &Self) -> bool {
        let alike = |budget: &Budget| {
            let before = other.peek_throttle(*budget);
            self.peek_throttle(*budget).tells_like(&before)
        };
        self.issued.since == other.issued.since
            && self.clock.goes_like(&other.clock)
            && Budget::ALL.iter().all(alike)
    }

    /// Which lane a try comes in on: known, if the interaction holds evidence that this budget does not count.
    pub(crate) fn lane(&self, interaction: Interaction, budget: Budget) -> Lane {
        let own = Factor::ALL
            .iter()
            .filter(|factor| Budget::of(**factor) == Some(budget));
        let others = own.fold(self.held(interaction), |bits, factor| {
            bits & !factor_bit(*factor)
        });
        if others == 0 {
            Lane::Anonymous
        } else {
            Lane::WithEvidence
        }
    }

    /// Which lane an order comes in on: known, if the interaction holds evidence of any factor.
    pub(crate) fn order_lane(&self, interaction: Interaction) -> Lane {
        if self.holds_evidence(interaction) {
            Lane::WithEvidence
        } else {
            Lane::Anonymous
        }
    }

    /// Whether an interaction holds evidence of any factor.
    pub(crate) fn holds_evidence(&self, interaction: Interaction) -> bool {
        self.held(interaction) != 0
    }

    /// Whether an interaction holds evidence that is more than weak. (Of what the host attests, only that is held.)
    pub(crate) fn holds_a_factor(&self, interaction: Interaction) -> bool {
        let weak = Factor::ALL
            .into_iter()
            .filter(|factor| factor.strength() == Some(Strength::Weak));
        weak.fold(self.held(interaction), |bits, factor| {
            bits & !factor_bit(factor)
        }) != 0
    }

    fn held(&self, interaction: Interaction) -> u16 {
        let name = interaction.to_bytes();
        self.holders
            .iter()
            .filter(|holder| holder.interaction == name)
            .fold(0, |bits, holder| bits | holder.factors)
    }

    /// An interaction has shown a factor.
    pub(crate) fn hold(&mut self, interaction: Interaction, factor: Factor, now: Timestamp) {
        let held = self.held(interaction);
        let name = interaction.to_bytes();
        self.holders.retain(|holder| holder.interaction != name);
        if self.holders.len() >= MOST_HOLDERS {
            self.holders.remove(0);
        }
        self.holders.push(InteractionEvidence {
            interaction: name,
            factors: held | factor_bit(factor),
            at: now.unix(),
        });
    }

    /// When there is room for one more computation in flight, if there is none now.
    pub(crate) fn computations_release(&self) -> Option<Timestamp> {
        let first = self.reservations.iter().map(|held| held.at).min()?;
        let is_full = self.reservations.len() >= MOST_RESERVATIONS;
        is_full.then(|| {
            Timestamp::stored(first)
                .plus(RESERVATION)
                .plus(Duration::from_secs(1))
        })
    }

    /// Reserves a computation under the revision that is about to be written.
    pub(crate) fn reserve(&mut self, revision: u64, now: Timestamp) {
        self.reservations.push(Reservation {
            revision,
            at: now.unix(),
        });
    }

    /// Whether a computation that was reserved then came too late, by the latest moment that this record has seen.
    pub(crate) fn is_too_late(&self, reserved: Timestamp) -> bool {
        self.seen().since(reserved) > RESERVATION
    }

    /// Takes a reservation, if it is still there.
    pub(crate) fn take_reservation(&mut self, revision: u64) -> bool {
        let before = self.reservations.len();
        self.reservations.retain(|held| held.revision != revision);
        self.reservations.len() < before
    }

    /// The questions to ask: those that stand, each retired one replaced where the subject has another.
    pub(crate) fn asked(&self, catalogue: Option<&Catalogue>) -> Result<Vec<QuestionId>, Error> {
        let Some(slot) = &self.questions else {
            return Ok(Vec::new());
        };
        let status: Vec<_> = slot.asked.iter().copied().map(QuestionId::new).collect();
        match catalogue {
            Some(catalogue) => catalogue.select(&status, &slot.verifiers, &self.code_key()),
            None => Ok(status),
        }
    }

    /// The bytes, sealed, and their version; `length` is that of the CBOR before this step.
    pub(crate) fn seal(
        &self,
        cipher: &FieldCipher,
        subject: &str,
        length: usize,
    ) -> Result<(Vec<u8>, [u8; 24]), Error> {
        // As much as most steps need: what is reserved is also what has to be wiped.
        let mut buffer = Wiped::with_capacity(length.saturating_add(MARGIN).saturating_add(STEP));
        buffer.push(&[VERSION]);
        minicbor::encode(self, &mut buffer)
            .map_err(|_| Error::misuse("account record", "cannot be encoded"))?;
        let least = buffer
            .len()
            .max(length.saturating_add(MARGIN))
            .saturating_add(FieldCipher::OVERHEAD);
        let sealed = least.next_multiple_of(STEP);
        if sealed > MAX_SEALED {
            return Err(Error::misuse("account record", "must hold 64 KiB at most"));
        }
        buffer.pad(sealed.saturating_sub(FieldCipher::OVERHEAD));
        cipher.seal_drawn(&[ACCOUNT.as_bytes(), subject.as_bytes()], buffer.as_bytes())
    }

    /// Opens sealed bytes: the record, and the length of its CBOR.
    pub(crate) fn open(
        cipher: &FieldCipher,
        subject: &str,
        sealed: &[u8],
    ) -> Result<(Self, usize), Error> {
        const WHAT: &str = "the account record";
        // The most frequent cause at a first start: keys that were drawn again.
        const KEYRING: &str = "; if the keyring was generated anew, restore the earlier one: see `Keyring::expose_bytes`";
        if sealed.len() > MAX_SEALED {
            return Err(Error::corrupt(WHAT, "it is longer than 64 KiB"));
        }
        // A missing root is told: its id is no secret, and the host must know.
        if let Some(root) = FieldCipher::key_id_of(sealed).filter(|root| !cipher.reads(*root)) {
            return Err(Error::corrupt(
                WHAT,
                format!("the keyring has no readable root with the id {root}"),
            ));
        }
        let plain = cipher
            .open(&[ACCOUNT.as_bytes(), subject.as_bytes()], sealed)
            .map_err(|error| error.about(WHAT).hinting(KEYRING))?;
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
        let mut decoder = Decoder::new(rest);
        // The decoder's own text can quote what it read; only the place is told.
        let broken =
            |place: usize| Error::corrupt(WHAT, format!("byte {place} is not as it must be"));
        let count = decoder.probe().array().ok().flatten();
        if count != Some(FIELDS) {
            return Err(broken(0));
        }
        let record: Self = decoder.decode().map_err(|_| broken(decoder.position()))?;
        // As many computations as are asked: a check must not take the machine down.
        let asked = record.questions.as_ref().map_or(0, |slot| slot.asked.len());
        if asked > Answers::MAX_QUESTIONS {
            return Err(broken(decoder.position()));
        }
        let length = decoder.position();
        let padding = rest.get(length..).unwrap_or_default();
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Error::corrupt(
                WHAT,
                "what follows the record is not padding",
            ));
        }
        Ok((record, length))
    }
}

const fn factor_bit(factor: Factor) -> u16 {
    1_u16.wrapping_shl(factor.number() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::System;

    /// Only a month that an authority opened anew leads here.
    #[test]
    fn b47_a_list_of_computations_that_is_full_keeps_them_and_says_when_it_has_room() {
        let at = |second| Timestamp::from_unix(1_800_000_000 + second).unwrap();
        let mut record = Record::new(false, at(0), &mut System).unwrap();
        for revision in 0..600 {
            assert_eq!(record.computations_release(), None, "{revision}");
            record.reserve(revision, at(i64::from(revision >= 1)));
        }
        assert_eq!(record.computations_release(), Some(at(121)));
        record.see(at(120));
        assert_eq!(record.computations_release(), Some(at(121)));
        record.see(at(121));
        assert_eq!(record.computations_release(), None);
        assert!(record.is_too_late(at(0)) && !record.take_reservation(0));
        assert!(!record.is_too_late(at(1)) && record.take_reservation(1));
    }
}
