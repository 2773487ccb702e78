//! One code that was sent and is still open.

use minicbor::{Decode, Encode};
use ring::hmac;

use crate::code::Code;
use crate::compare::ct_eq;
use crate::context::{Binding, Channel, Context, Interaction};
use crate::error::Error;
use crate::factor::Factor;
use crate::random;
use crate::secret::SecretText;
use crate::time::{Lifetime, Timestamp};

/// Who may see a delivered code.
///
/// ```
/// use countersign::{Factor, Kind};
/// assert_eq!(Kind::Private.factor(), Factor::PrivateCode);
/// assert!(Kind::Private.digits() > Kind::Spoken.digits());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a code is either told or it is not"
)]
pub enum Kind {
    /// Typed into the customer's own device; never to be told to anyone.
    #[n(0)]
    Private,
    /// Read to an agent, or keyed in on a phone.
    #[n(1)]
    Spoken,
}

impl Kind {
    /// The factor that a code of this kind shows.
    ///
    /// ```
    /// assert_eq!(countersign::Kind::Spoken.factor(), countersign::Factor::SpokenCode);
    /// ```
    #[must_use]
    pub const fn factor(self) -> Factor {
        match self {
            Self::Private => Factor::PrivateCode,
            Self::Spoken => Factor::SpokenCode,
        }
    }

    /// How many digits: eight where they are typed, six where they are read aloud (SP 800-63B-4 3.1.3.2 asks for six).
    ///
    /// ```
    /// assert_eq!(countersign::Kind::Spoken.digits(), 6);
    /// ```
    #[must_use]
    pub const fn digits(self) -> u8 {
        match self {
            Self::Private => 8,
            Self::Spoken => 6,
        }
    }

    /// Whether a code of this kind belongs on this channel.
    const fn belongs_on(self, channel: Channel) -> bool {
        match self {
            Self::Private => !channel.is_heard(),
            Self::Spoken => channel.is_heard(),
        }
    }
}

/// What a delivered code is for.
///
/// ```
/// assert_eq!(countersign::Purpose::default(), countersign::Purpose::Authenticate);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Purpose {
    /// To verify the customer. Not by e-mail (SP 800-63B-4 3.1.3.1).
    #[default]
    #[n(0)]
    Authenticate,
    /// To let a customer back in who lost an authenticator: an issued recovery code (SP 800-63B-4 4.2.1.2). By e-mail,
    /// too.
    #[n(1)]
    Recover,
    /// To show that an address, new or old, reaches the customer. By e-mail, too.
    #[n(2)]
    ConfirmAddress,
}

/// A code that was sent, as the record keeps it: a keyed hash, and what it is bound to.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(array)]
pub(crate) struct OpenCode {
    #[n(0)]
    pub(crate) kind: Kind,
    #[n(1)]
    pub(crate) purpose: Purpose,
    #[cbor(n(2), with = "minicbor::bytes")]
    interaction: [u8; 16],
    #[n(3)]
    expires: u64,
    /// Whether the interaction held evidence when it asked for the code.
    #[n(4)]
    pub(crate) vouched: bool,
    #[cbor(n(5), with = "minicbor::bytes")]
    challenge: [u8; 8],
    #[cbor(n(6), with = "minicbor::bytes")]
    tag: [u8; 16],
    /// The transaction's tag, for a code that is bound to one.
    #[cbor(n(7), with = "minicbor::bytes")]
    bound: Option<[u8; 16]>,
}

/// What a code is checked against, beside its digits.
pub(crate) struct Surroundings<'a> {
    /// The record's own key.
    pub(crate) key: &'a hmac::Key,
    /// The subject's store key.
    pub(crate) subject: &'a [u8; 32],
}

/// What an offered code is to an open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Another code.
    Nothing,
    /// This code, where it belongs.
    Right,
    /// This code, private, told where somebody hears it.
    Told,
    /// This code, but in another interaction, on the wrong kind of device, or for another transaction.
    Misplaced,
}

impl OpenCode {
    /// SP 800-63B-4 3.1.3.2: valid for ten minutes at most.
    pub(crate) const LIFETIME: Lifetime = Lifetime::minutes(10);

    /// Draws a code for this context.
    pub(crate) fn draw(
        kind: Kind,
        purpose: Purpose,
        vouched: bool,
        around: &Surroundings<'_>,
        ctx: &Context,
    ) -> Result<(Self, SecretText), Error> {
        let digits = random::digits(kind.digits())?;
        let mut open = Self {
            kind,
            purpose,
            interaction: ctx.interaction().to_bytes(),
            expires: ctx.now().plus(Self::LIFETIME).unix(),
            vouched,
            challenge: random::array()?,
            tag: [0; 16],
            bound: None,
        };
        open.tag = open.tag(around, digits.as_bytes());
        open.bound = ctx
            .binding()
            .map(|binding| open.bound_tag(around, &binding));
        Ok((open, SecretText::from(digits)))
    }

    /// What the offered code is to this one. The same work for every code and kind.
    pub(crate) fn find(&self, code: &Code, around: &Surroundings<'_>, ctx: &Context) -> Found {
        let same_digits = ct_eq(&self.tag, &self.tag(around, code.digits()));
        let bound = ctx
            .binding()
            .map(|binding| self.bound_tag(around, &binding));
        // A code without a transaction counts in any context, but gives evidence for none.
        let same_transaction = self
            .bound
            .is_none_or(|tag| bound.is_some_and(|offered| ct_eq(&tag, &offered)));
        if !same_digits {
            Found::Nothing
        } else if self.kind == Kind::Private && ctx.channel().is_heard() {
            Found::Told
        } else if same_transaction
            && self.is_of(ctx.interaction())
            && self.kind.belongs_on(ctx.channel())
        {
            Found::Right
        } else {
            Found::Misplaced
        }
    }

    /// Whether it still counts.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        // A code cannot outlive its lifetime from the present clock, whatever was stored.
        now.unix() < self.expires
            && self.expires
                <= now
                    .plus(Self::LIFETIME)
                    .plus(crate::time::CLOCK_SKEW)
                    .unix()
    }

    pub(crate) fn expires(&self) -> Timestamp {
        Timestamp::stored(self.expires)
    }

    pub(crate) fn is_bound(&self) -> bool {
        self.bound.is_some()
    }

    pub(crate) fn is_of(&self, interaction: Interaction) -> bool {
        self.interaction == interaction.to_bytes()
    }

    /// HMAC over everything the code is for; each part has a fixed length, so none can pass for another.
    fn tag(&self, around: &Surroundings<'_>, digits: &[u8]) -> [u8; 16] {
        let mut mac = hmac::Context::with_key(around.key);
        mac.update(&[1, self.kind as u8, self.purpose as u8]);
        mac.update(&self.challenge);
        mac.update(around.subject);
        mac.update(&self.interaction);
        mac.update(digits);
        first_half(mac)
    }

    fn bound_tag(&self, around: &Surroundings<'_>, binding: &Binding) -> [u8; 16] {
        let mut mac = hmac::Context::with_key(around.key);
        mac.update(&[2]);
        mac.update(&self.challenge);
        mac.update(binding.as_bytes());
        first_half(mac)
    }
}

fn first_half(mac: hmac::Context) -> [u8; 16] {
    let mut half = [0_u8; 16];
    half.iter_mut()
        .zip(mac.sign().as_ref())
        .for_each(|(slot, byte)| *slot = *byte);
    half
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Transaction;

    fn around(key: &hmac::Key) -> Surroundings<'_> {
        Surroundings {
            key,
            subject: &[9; 32],
        }
    }

    fn at(seconds: i64, channel: Channel, interaction: u8) -> Context {
        Context::new(
            Timestamp::from_unix(seconds).unwrap(),
            channel,
            Interaction::from_bytes([interaction; 16]),
        )
    }

    #[test]
    fn n07_a_code_has_six_digits_or_more_and_lives_ten_minutes() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
        for kind in [Kind::Private, Kind::Spoken] {
            let ctx = at(1_000, Channel::Agent, 1);
            let (open, digits) =
                OpenCode::draw(kind, Purpose::Authenticate, false, &around(&key), &ctx).unwrap();
            assert!(digits.expose_text().len() >= 6);
            assert!(open.is_open(at(1_599, Channel::Agent, 1).now()));
            assert!(!open.is_open(at(1_600, Channel::Agent, 1).now()));
            assert!(
                !open.is_open(at(0, Channel::Agent, 1).now()),
                "a clock far behind gives no longer life"
            );
        }
    }

    #[test]
    fn a_code_counts_where_it_belongs_and_nowhere_else() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
        let draw = |kind, ctx: &Context| {
            OpenCode::draw(kind, Purpose::Authenticate, false, &around(&key), ctx)
                .map(|(open, digits)| (open, Code::typed(digits.expose_text())))
                .unwrap()
        };
        let call = at(0, Channel::Agent, 1);
        let (spoken, digits) = draw(Kind::Spoken, &call);
        assert_eq!(spoken.find(&digits, &around(&key), &call), Found::Right);
        assert_eq!(
            spoken.find(&digits, &around(&key), &at(0, Channel::Keypad, 1)),
            Found::Right
        );
        assert_eq!(
            spoken.find(&digits, &around(&key), &at(0, Channel::Agent, 2)),
            Found::Misplaced
        );
        assert_eq!(
            spoken.find(&digits, &around(&key), &at(0, Channel::Device, 1)),
            Found::Misplaced
        );
        let other_key = hmac::Key::new(hmac::HMAC_SHA256, &[2; 32]);
        assert_eq!(
            spoken.find(&digits, &around(&other_key), &call),
            Found::Nothing
        );
        assert_eq!(
            spoken.find(
                &digits,
                &Surroundings {
                    key: &key,
                    subject: &[8; 32]
                },
                &call
            ),
            Found::Nothing
        );

        let (private, digits) = draw(Kind::Private, &at(0, Channel::Device, 1));
        assert_eq!(
            private.find(&digits, &around(&key), &at(0, Channel::Device, 1)),
            Found::Right
        );
        assert_eq!(
            private.find(&digits, &around(&key), &at(0, Channel::Agent, 2)),
            Found::Told
        );
        assert_eq!(
            private.find(&Code::typed(""), &around(&key), &at(0, Channel::Device, 1)),
            Found::Nothing
        );
    }

    #[test]
    fn p5_a_changed_transaction_does_not_match() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
        let transfer = Transaction::new("TX-1")
            .unwrap()
            .with("amount", "99.50 EUR")
            .unwrap();
        let changed = Transaction::new("TX-1")
            .unwrap()
            .with("amount", "999.50 EUR")
            .unwrap();
        let call = at(0, Channel::Agent, 1);
        let (open, digits) = OpenCode::draw(
            Kind::Spoken,
            Purpose::Authenticate,
            false,
            &around(&key),
            &call.bound_to(&transfer),
        )
        .unwrap();
        let code = Code::typed(digits.expose_text());
        assert_eq!(
            open.find(&code, &around(&key), &call.bound_to(&transfer)),
            Found::Right
        );
        assert_eq!(
            open.find(&code, &around(&key), &call.bound_to(&changed)),
            Found::Misplaced
        );
        assert_eq!(open.find(&code, &around(&key), &call), Found::Misplaced);
    }
}
