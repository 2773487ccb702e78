//! Changes that wait until they take effect, and what was cancelled lately.
//!
//! Times are of the record's steady clock. So a clock that is set back ends no wait earlier.

use core::time::Duration;

use minicbor::{Decode, Encode};

use super::slot::Slot;
use crate::authenticator::PendingId;
use crate::cbor::{as_array, list, optional};
use crate::factor::Factor;
use crate::grant::Agent;
use crate::knowledge::{AnswerHashes, MemorableWord};
use crate::limits::throttle::Steady;
use crate::otp::ocra::OcraDevice;
use crate::otp::{Hotp, Totp, TotpState};
use crate::password::{PasswordHash, PinHash};
use crate::recovery::RecoveryCodeHashes;

/// A change that was checked. Nothing of it counts before it takes effect.
#[derive(Clone, Encode, Decode)]
pub(crate) enum Alteration {
    #[n(0)]
    Remove(#[n(0)] Factor),
    #[n(1)]
    Reset(#[n(0)] Factor),
    #[n(2)]
    Unlock(#[n(0)] Factor),
    /// It has shown its first code.
    #[n(3)]
    App(#[n(0)] Slot<Totp, TotpState>),
    /// It has shown its first code, or two.
    #[n(4)]
    Token(#[n(0)] Slot<Hotp, u64>),
    #[n(5)]
    Ocra(#[n(0)] OcraDevice),
    #[n(6)]
    Questions(#[n(0)] AnswerHashes),
    #[n(7)]
    Word(#[n(0)] MemorableWord),
    #[n(8)]
    Password(#[n(0)] PasswordHash),
    #[n(9)]
    Pin(#[n(0)] PinHash),
    #[n(10)]
    Phone(#[n(0)] String),
    #[n(11)]
    Email(#[n(0)] String),
    /// A code by post was right. The host keeps the address.
    #[n(12)]
    Post,
    #[n(13)]
    RecoveryCodes(#[n(0)] RecoveryCodeHashes),
    /// One authenticator, by its id, and its factor.
    #[n(14)]
    RemoveOne(#[n(0)] u16, #[n(1)] Factor),
    #[n(15)]
    Disable(#[n(0)] u16, #[n(1)] Factor),
    #[n(16)]
    Enable(#[n(0)] u16, #[n(1)] Factor),
}

/// The effect that a change has on its factor.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Effect {
    /// It takes authenticators away. A reset that was cancelled is a removal under another name.
    #[n(0)]
    TakesAway,
    #[n(1)]
    Unlocks,
    #[n(2)]
    Adds,
    #[n(3)]
    Enables,
}

/// The effect of a change, and what it is on. A change is the same as another one if these are the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) effect: Effect,
    pub(crate) factor: Factor,
    /// The authenticator, if it is one of several.
    pub(crate) one: Option<u16>,
}

impl Target {
    /// Makes the target of a change that is on all authenticators of a factor, or on a new one.
    pub(crate) const fn all(effect: Effect, factor: Factor) -> Self {
        Self {
            effect,
            factor: of_address(factor),
            one: None,
        }
    }
}

impl Alteration {
    pub(crate) const fn target(&self) -> Target {
        let (effect, one) = match self {
            Self::Remove(_) | Self::Reset(_) => (Effect::TakesAway, None),
            Self::RemoveOne(id, _) | Self::Disable(id, _) => (Effect::TakesAway, Some(*id)),
            Self::Enable(id, _) => (Effect::Enables, Some(*id)),
            Self::Unlock(_) => (Effect::Unlocks, None),
            _ => (Effect::Adds, None),
        };
        Target {
            effect,
            factor: self.factor(),
            one,
        }
    }

    /// Returns the factor. A telephone is that of private codes, whichever code it got.
    pub(crate) const fn factor(&self) -> Factor {
        match self {
            Self::Remove(factor)
            | Self::Reset(factor)
            | Self::Unlock(factor)
            | Self::RemoveOne(_, factor)
            | Self::Disable(_, factor)
            | Self::Enable(_, factor) => of_address(*factor),
            Self::App(_) => Factor::Totp,
            Self::Token(_) => Factor::Hotp,
            Self::Ocra(_) => Factor::Ocra,
            Self::Questions(_) => Factor::Questions,
            Self::Word(_) => Factor::Word,
            Self::Password(_) => Factor::Password,
            Self::Pin(_) => Factor::Pin,
            Self::Phone(_) => Factor::PrivateCode,
            Self::Email(_) | Self::Post => Factor::IssuedRecoveryCode,
            Self::RecoveryCodes(_) => Factor::RecoveryCode,
        }
    }

    /// Returns the action of a policy that this change is.
    pub(crate) const fn action(&self) -> &'static str {
        match self {
            Self::Remove(_) | Self::RemoveOne(..) => "authenticator.remove",
            Self::Disable(..) => "authenticator.disable",
            Self::Enable(..) => "authenticator.enable",
            Self::Reset(_) => "authenticator.reset",
            Self::Unlock(_) => "authenticator.unlock",
            _ => "authenticator.add",
        }
    }
}

/// Returns the factor under which the list of authenticators has it.
const fn of_address(factor: Factor) -> Factor {
    match factor {
        Factor::SpokenCode => Factor::PrivateCode,
        other => other,
    }
}

/// A change that waits.
#[derive(Clone)]
pub(crate) struct KeptChange {
    /// Tells the changes of one record apart, also those that are gone.
    id: u16,
    pub(crate) alteration: Alteration,
    /// The agent who handled the request. None, if the customer asked.
    handled_by: Option<String>,
    approved_by: Vec<String>,
    /// The reading of the clock when it was asked for.
    pub(crate) asked: u64,
    /// The steady time at which it takes effect.
    pub(crate) due: u64,
    /// So many seconds it may not be asked for again, if it is cancelled.
    barred: u64,
}

as_array!(KeptChange {
    id,
    alteration,
    handled_by by optional,
    approved_by,
    asked,
    due,
    barred,
});

impl KeptChange {
    pub(crate) const fn id(&self) -> PendingId {
        PendingId::new(self.id)
    }

    pub(crate) fn handled_by(&self) -> Option<Agent> {
        self.handled_by.clone().map(Agent::stored)
    }

    pub(crate) fn approved_by(&self) -> Vec<Agent> {
        self.approved_by
            .iter()
            .cloned()
            .map(Agent::stored)
            .collect()
    }
}

/// A change like one that was cancelled lately. It may not wait again.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Bar {
    #[n(0)]
    effect: Effect,
    #[n(1)]
    factor: Factor,
    /// In steady time.
    #[n(2)]
    until: u64,
}

impl Bar {
    fn is_for(&self, target: Target) -> bool {
        self.effect == target.effect && self.factor == target.factor
    }
}

/// A request for a change that is to wait: by whom it was handled and approved, and for how long it waits.
pub(crate) struct Asked<'g> {
    pub(crate) handled_by: Option<&'g Agent>,
    pub(crate) approved_by: &'g [Agent],
    pub(crate) at: u64,
    pub(crate) delay: Duration,
    pub(crate) barred: Duration,
}

/// The changes that wait, and the bars.
#[derive(Clone)]
pub(crate) struct KeptChanges {
    all: Vec<KeptChange>,
    bars: Vec<Bar>,
    next_id: u16,
    /// The steady time of the suspension that lasts. Zero, if none does.
    paused: u64,
}

as_array!(KeptChanges { all by list, bars, next_id, paused });

impl KeptChanges {
    /// So many wait at once.
    pub(crate) const MOST: usize = 4;

    pub(crate) const fn new() -> Self {
        Self {
            all: Vec::new(),
            bars: Vec::new(),
            next_id: 1,
            paused: 0,
        }
    }

    /// Returns the changes that wait.
    pub(crate) fn all(&self) -> &[KeptChange] {
        &self.all
    }

    /// Returns the memorable words that wait, to seal them again.
    pub(crate) fn words_mut(&mut self) -> impl Iterator<Item = &mut MemorableWord> {
        self.all
            .iter_mut()
            .filter_map(|kept| match &mut kept.alteration {
                Alteration::Word(word) => Some(word),
                _ => None,
            })
    }

    /// Returns the same change that waits.
    pub(crate) fn like(&self, target: Target) -> Option<&KeptChange> {
        let mut all = self.all.iter();
        all.find(|kept| kept.alteration.target() == target)
    }

    /// Returns until which steady time such a change may not wait, if one like it was cancelled. A change of one authenticator is
    /// like one of all.
    pub(crate) fn barred(&self, target: Target, clock: &Steady) -> Option<u64> {
        let mut bars = self.bars.iter();
        let bar = bars.find(|bar| bar.is_for(target))?;
        Some(bar.until).filter(|until| clock.time() < *until)
    }

    /// Keeps a change, and returns it. Returns `None` if there is no room.
    pub(crate) fn keep(
        &mut self,
        alteration: Alteration,
        asked: &Asked<'_>,
        clock: &Steady,
    ) -> Option<&KeptChange> {
        if self.all.len() >= Self::MOST {
            return None;
        }
        let mut id = self.next_id;
        while id == 0 || self.all.iter().any(|kept| kept.id == id) {
            id = id.wrapping_add(1);
        }
        self.next_id = id.wrapping_add(1);
        let name = |agent: &Agent| agent.name().to_owned();
        self.all.push(KeptChange {
            id,
            alteration,
            handled_by: asked.handled_by.map(name),
            approved_by: asked.approved_by.iter().map(name).collect(),
            asked: asked.at,
            due: clock.time().saturating_add(asked.delay.as_secs()),
            barred: asked.barred.as_secs(),
        });
        self.all.last()
    }

    /// Takes out a change that is due. The first that was due comes first. While the account is suspended, none is.
    pub(crate) fn take_due(&mut self, clock: &Steady) -> Option<KeptChange> {
        if self.paused > 0 {
            return None;
        }
        let due = self.all.iter().enumerate();
        let due = due.filter(|(_, kept)| kept.due <= clock.time());
        let (place, _) = due.min_by_key(|(_, kept)| kept.due)?;
        Some(self.all.remove(place))
    }

    /// Takes out the changes that this one leaves nothing to do for.
    pub(crate) fn take_like(&mut self, target: Target) -> Vec<KeptChange> {
        let is_like = |kept: &mut KeptChange| {
            let other = kept.alteration.target();
            let is_of_all = target.one.is_none();
            other == target
                || (is_of_all && other.effect == target.effect && other.factor == target.factor)
        };
        self.all.extract_if(.., is_like).collect()
    }

    /// Cancels a change, and bars the like of it. A bar that stands longer stands.
    pub(crate) fn cancel(&mut self, id: PendingId, clock: &Steady) -> Option<KeptChange> {
        let place = self.all.iter().position(|kept| kept.id() == id)?;
        let kept = self.all.remove(place);
        let target = kept.alteration.target();
        let until = clock.time().saturating_add(kept.barred);
        // Those that are over are forgotten here. There are as many as factors have effects, at most.
        self.bars.retain(|other| clock.time() < other.until);
        let mut bars = self.bars.iter_mut();
        match bars.find(|bar| bar.is_for(target)) {
            Some(earlier) => earlier.until = earlier.until.max(until),
            None if kept.barred > 0 => self.bars.push(Bar {
                effect: target.effect,
                factor: target.factor,
                until,
            }),
            None => {}
        }
        Some(kept)
    }

    /// Forgets all changes that wait, and returns them.
    pub(crate) fn take_all(&mut self) -> Vec<KeptChange> {
        core::mem::take(&mut self.all)
    }

    /// Lets all changes wait until the account is resumed.
    pub(crate) fn pause(&mut self, clock: &Steady) {
        if self.paused == 0 {
            self.paused = clock.time().max(1);
        }
    }

    /// Ends the pause. All changes wait for as long as they would have without it.
    pub(crate) fn resume(&mut self, clock: &Steady) {
        if self.paused == 0 {
            return;
        }
        let lasted = clock.time().saturating_sub(self.paused);
        for kept in &mut self.all {
            kept.due = kept.due.saturating_add(lasted);
        }
        self.paused = 0;
    }

    /// Returns the reading at which a change takes effect, if the account is not suspended until then.
    pub(crate) fn due_of(&self, kept: &KeptChange, clock: &Steady) -> u64 {
        let lasted = if self.paused == 0 {
            0
        } else {
            clock.time().saturating_sub(self.paused)
        };
        clock.reading(kept.due.saturating_add(lasted)).unix()
    }
}
