//! The evidence of each interaction, and the lanes that follow from it.

use minicbor::{Decode, Encode, bytes};

use super::budget::Budget;
use crate::authenticator::AuthenticatorId;
use crate::cbor::{as_array, list, optional};
use crate::context::{Channel, ContextAt, Interaction, TransactionDigest};
use crate::evidence::{Evidence, ExternalVerification};
use crate::factor::{Factor, FactorClass, Strength};
use crate::limits::throttle::Lane;
use crate::time::Timestamp;
use core::time::Duration;

/// A piece of evidence. The interaction and the record around it say the rest.
#[derive(Clone)]
pub(crate) struct Piece {
    pub(crate) factor: Factor,
    at: u64,
    pub(crate) channel: Channel,
    pub(crate) protected: bool,
    binding: Option<[u8; 32]>,
    external: Option<External>,
    /// The id of the authenticator that gave it. Zero for none.
    authenticator: u16,
}

as_array!(Piece {
    factor,
    at,
    channel,
    protected,
    binding by bytes,
    external by optional,
    authenticator,
});

/// The statement of a host that verified something itself.
#[derive(Clone, PartialEq, Eq)]
struct External {
    by: String,
    class: FactorClass,
    strength: Strength,
}

as_array!(External {
    by,
    class,
    strength
});

impl Piece {
    /// Makes the piece of a factor that was shown now.
    pub(crate) fn new(
        factor: Factor,
        external: Option<&ExternalVerification>,
        binding: Option<TransactionDigest>,
        authenticator: u16,
        ctx: &ContextAt,
    ) -> Self {
        Self {
            factor,
            authenticator,
            at: ctx.now().unix(),
            channel: ctx.channel(),
            protected: ctx.is_protected(),
            binding: binding.map(|binding| *binding.as_bytes()),
            external: external.map(|given| External {
                by: given.external_verifier.clone(),
                class: given.class,
                strength: given.strength,
            }),
        }
    }

    pub(crate) const fn at(&self) -> Timestamp {
        Timestamp::stored(self.at)
    }

    /// Returns the id of the authenticator that gave it.
    pub(crate) fn authenticator(&self) -> Option<AuthenticatorId> {
        (self.authenticator > 0).then(|| AuthenticatorId::new(self.authenticator))
    }

    pub(crate) const fn is_by(&self, authenticator: u16) -> bool {
        self.authenticator == authenticator
    }

    pub(crate) fn binding(&self) -> Option<TransactionDigest> {
        self.binding.map(TransactionDigest::stored)
    }

    /// Returns the class. A piece without one would be worth the least.
    pub(crate) fn class(&self) -> FactorClass {
        let own = self.factor.class().unwrap_or(FactorClass::Knowledge);
        self.external.as_ref().map_or(own, |given| given.class)
    }

    /// Returns the strength. A piece without one would be worth the least.
    pub(crate) fn strength(&self) -> Strength {
        let own = self.factor.strength().unwrap_or(Strength::Weak);
        self.external.as_ref().map_or(own, |given| given.strength)
    }

    /// Returns the class, if the piece is more than weak.
    fn counted_class(&self) -> Option<FactorClass> {
        (self.strength() > Strength::Weak).then(|| self.class())
    }

    pub(crate) fn external_verifier(&self) -> Option<&str> {
        self.external.as_ref().map(|given| given.by.as_str())
    }

    /// Whether it says the same as an earlier piece, and so takes its place.
    fn is_like(&self, other: &Self) -> bool {
        self.factor == other.factor
            && self.channel == other.channel
            && self.protected == other.protected
            && self.binding == other.binding
            && self.external == other.external
            && self.authenticator == other.authenticator
    }

    /// Whether it opens the lane with evidence. A weak statement of the host does not: a caller's number, say, can be an
    /// attacker's, too.
    fn opens_lane(&self, now: Timestamp) -> bool {
        let is_weak_statement = self.external.is_some() && self.strength() == Strength::Weak;
        !is_weak_statement && now.since(self.at()) <= HOLDING
    }
}

/// The evidence of one interaction.
#[derive(Clone)]
struct InteractionEvidence {
    /// All bytes of its id: a host may give ids of its own that begin alike.
    interaction: [u8; 16],
    /// The latest comes last. Never empty.
    pieces: Vec<Piece>,
}

as_array!(InteractionEvidence { interaction by bytes, pieces by list });

impl InteractionEvidence {
    /// Returns how much it is worth beside others: by its best piece, by its classes, then by its latest piece.
    ///
    /// So an attacker who has learned a password, and signs in again and again, pushes no customer out who has shown more.
    fn worth(&self) -> (Strength, usize, u64) {
        let best = self.pieces.iter().map(Piece::strength).max();
        let latest = self.pieces.iter().map(|piece| piece.at).max();
        let mut classes: Vec<_> = self
            .pieces
            .iter()
            .filter_map(Piece::counted_class)
            .collect();
        classes.sort_unstable();
        classes.dedup();
        (
            best.unwrap_or(Strength::Weak),
            classes.len(),
            latest.unwrap_or(0),
        )
    }

    /// Keeps a piece, in the place of one that says the same.
    fn keep(&mut self, piece: Piece) {
        self.pieces.retain(|other| !piece.is_like(other));
        // Evidence for one transaction serves once. So many payments do not push out what the caller signed in by.
        let worth = |piece: &Piece| (piece.strength(), piece.binding.is_none(), piece.at);
        make_room(&mut self.pieces, KeptEvidence::MOST_PIECES, worth);
        self.pieces.push(piece);
    }
}

/// A piece opens the lane with evidence for an hour.
const HOLDING: Duration = Duration::from_secs(3_600);

/// The evidence of the last day, by interaction.
///
/// If there is no room, what is weak goes first, then what shows fewer classes, then what is oldest. What comes in always has
/// a place: the next factor of a sign-in joins the first.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct KeptEvidence(#[cbor(n(0), with = "crate::cbor::list")] Vec<InteractionEvidence>);

impl KeptEvidence {
    /// So many interactions are kept.
    const MOST: usize = 8;
    /// So many pieces of an interaction are kept.
    const MOST_PIECES: usize = 8;

    /// Returns the lane of a try. Evidence of the same budget does not count.
    pub(crate) fn lane(&self, interaction: Interaction, budget: Budget, now: Timestamp) -> Lane {
        let own = |factor| Budget::of(factor) == Some(budget);
        self.lane_of(interaction, now, |piece| !own(piece.factor))
    }

    /// Returns the lane of an order. Evidence of any factor counts.
    pub(crate) fn order_lane(&self, interaction: Interaction, now: Timestamp) -> Lane {
        self.lane_of(interaction, now, |_| true)
    }

    /// Returns whether an interaction holds evidence that is more than weak.
    pub(crate) fn is_a_factor_of(&self, interaction: Interaction, now: Timestamp) -> bool {
        let strong = |piece: &Piece| piece.strength() > Strength::Weak;
        self.lane_of(interaction, now, strong) == Lane::WithEvidence
    }

    fn lane_of(
        &self,
        interaction: Interaction,
        now: Timestamp,
        counts: impl Fn(&Piece) -> bool,
    ) -> Lane {
        let mut own = self.of(interaction);
        if own.any(|piece| piece.opens_lane(now) && counts(piece)) {
            Lane::WithEvidence
        } else {
            Lane::Anonymous
        }
    }

    /// Returns the pieces of an interaction.
    fn of(&self, interaction: Interaction) -> impl Iterator<Item = &Piece> {
        let name = interaction.to_bytes();
        let own = self.0.iter().filter(move |one| one.interaction == name);
        own.flat_map(|one| &one.pieces)
    }

    /// Returns all pieces, each with its interaction.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Interaction, &Piece)> {
        self.0.iter().flat_map(|one| {
            let interaction = Interaction::from_bytes(one.interaction);
            one.pieces.iter().map(move |piece| (interaction, piece))
        })
    }

    /// Keeps a piece of an interaction.
    pub(crate) fn keep(&mut self, interaction: Interaction, piece: Piece) {
        let name = interaction.to_bytes();
        if let Some(own) = self.0.iter_mut().find(|one| one.interaction == name) {
            own.keep(piece);
            return;
        }
        make_room(&mut self.0, Self::MOST, InteractionEvidence::worth);
        self.0.push(InteractionEvidence {
            interaction: name,
            pieces: vec![piece],
        });
    }

    /// Forgets an interaction. Returns whether it had evidence.
    pub(crate) fn forget(&mut self, interaction: Interaction) -> bool {
        let (name, before) = (interaction.to_bytes(), self.0.len());
        self.0.retain(|one| one.interaction != name);
        self.0.len() < before
    }

    /// Forgets what is too old for any policy.
    pub(crate) fn see(&mut self, now: Timestamp) {
        for one in &mut self.0 {
            let counts = |piece: &Piece| now.since(piece.at()) <= Evidence::LIFETIME;
            one.pieces.retain(counts);
        }
        self.0.retain(|one| !one.pieces.is_empty());
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Makes room for one more: where there is none, drops the item that is worth the least. Of equals it drops the first.
fn make_room<T, W: Ord>(items: &mut Vec<T>, most: usize, worth: impl Fn(&T) -> W) {
    if items.len() < most {
        return;
    }
    let least = items.iter().enumerate();
    let least = least.min_by_key(|(_, item)| worth(item));
    if let Some(place) = least.map(|(place, _)| place) {
        items.remove(place);
    }
}
