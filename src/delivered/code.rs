//! One code that was sent and is still open, and the check of codes.

use minicbor::bytes;
use ring::hmac;

use super::destination::{Destination, Route};
use super::order::{self, CodeOrder, Kind, Purpose};
use crate::cbor::{as_array, optional};
use crate::code::{Code, CodeShape};
use crate::compare::ct_eq;
use crate::context::{ContextAt, Interaction, TransactionDigest};
use crate::derivation::{Mark, leading};
use crate::error::Error;
use crate::factor::Factor;
use crate::limits::throttle::{Lane, Limits};
use crate::random::{self, Keyed};
use crate::secret::SecretText;
use crate::time::Timestamp;
use core::time::Duration;

/// A code that was sent, as it is kept: a keyed hash, its bindings, and the values from which its text is drawn again.
#[derive(Clone)]
pub(crate) struct OpenCode {
    kind: Kind,
    purpose: Purpose,
    /// The only interaction in which it counts. A code that counts in every interaction has none.
    interaction: Option<[u8; 16]>,
    expires: u64,
    /// Whether the interaction held evidence when it asked for the code.
    ordered_with_evidence: bool,
    challenge: [u8; 8],
    tag: [u8; 16],
    /// The transaction's tag, for a code that is bound to one.
    bound: Option<[u8; 16]>,
    sent: Sent,
}

as_array!(OpenCode {
    kind,
    purpose,
    interaction by bytes,
    expires,
    ordered_with_evidence,
    challenge by bytes,
    tag by bytes,
    bound by bytes,
    sent,
});

/// How a code was sent, and its tries since then.
#[derive(Clone)]
struct Sent {
    route: Route,
    shape: CodeShape,
    /// When it was last sent.
    at: u64,
    /// Whether there was somebody to send it to.
    reached: bool,
    /// Wrong tries where it counts.
    wrong: u8,
    /// Tries that were answered with "invalid check digit".
    misheard: u8,
    /// The address that it confirms.
    to: Option<String>,
}

as_array!(Sent {
    route,
    shape,
    at,
    reached,
    wrong,
    misheard,
    to by optional,
});

/// The key and the subject of codes.
pub(crate) struct CodeContext<'a> {
    /// The key of the record, or of the host. It lives as long as one call.
    pub(crate) key: hmac::Key,
    /// The subject's store key.
    pub(crate) subject: &'a [u8; 32],
}

/// A comparison of an offered code with an open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Another code.
    Nothing,
    /// This code, where it belongs.
    Right,
    /// This code. It is private, and the channel reveals it to the host.
    Exposed,
    /// This code, but for another purpose or transaction, in another interaction, or on the wrong kind of device.
    Misplaced,
}

/// The comparison of an offered code with all open ones.
pub(crate) enum Judged {
    /// The code, which is taken out.
    Right(OpenCode),
    /// A private code that the channel reveals to the host. It is taken out.
    Exposed,
    /// An open code, but not for this.
    Misplaced,
    /// None of them, and its check digit is wrong. Nothing is charged.
    InvalidCheckDigit,
    /// None of them.
    Wrong,
    /// No code is open.
    NothingOpen,
}

/// The wrong tries in its interaction that void a code (PSD2 RTS 4(3)(b)).
const MOST_WRONG: u8 = 5;
/// The wrong tries that void a code that counts in every interaction (SP 800-63B-4 3.2.2).
///
/// Tries without evidence do not count here. So no attacker voids a letter, whatever the limits. The throttle counts those
/// tries (pitfall B42).
const MOST_WRONG_UNBOUND: u8 = Limits::MOST_CONSECUTIVE;
/// The tries at a code that are answered with "invalid check digit" and not charged. Further ones are wrong tries.
const MOST_MISHEARD: u8 = 3;

impl OpenCode {
    /// The shortest time before the same code is sent again. A message has to arrive, and a telephone must not ring all the
    /// time (pitfall B30). SP 800-63B-4 has no number for it. This is its shortest wait (3.2.2).
    pub(crate) const COOL_DOWN: Duration = Duration::from_secs(30);

    /// Draws a code for this context. `reached` is whether there is somebody to send it to. `ordered_with_evidence` is
    /// whether the interaction holds evidence.
    pub(crate) fn draw(
        order: &CodeOrder,
        reached: bool,
        ordered_with_evidence: bool,
        around: &CodeContext<'_>,
        ctx: &ContextAt,
    ) -> Result<(Self, SecretText), Error> {
        let interaction = order.is_bound().then(|| ctx.interaction().to_bytes());
        let mut open = Self {
            kind: order.kind(),
            purpose: order.purpose(),
            interaction,
            expires: ctx.now().plus(order.lifetime()).unix(),
            ordered_with_evidence,
            challenge: random::array()?,
            tag: [0; 16],
            bound: None,
            sent: Sent {
                route: order.route(),
                shape: order.shape(),
                at: ctx.now().unix(),
                reached,
                wrong: 0,
                misheard: 0,
                to: order.to().map(|to| to.address().to_owned()),
            },
        };
        open.bound = ctx
            .transaction_digest()
            .map(|binding| open.bound_tag(around, &binding));
        let text = open.text(around)?;
        open.tag = open.tag(around, text.expose_text().as_bytes());
        Ok((open, text))
    }

    /// Draws the text from the key and everything that the code is for. So it is the same each time (pitfall B30), and does
    /// not follow from earlier codes (PSD2 RTS 4(2)(b)).
    pub(crate) fn text(&self, around: &CodeContext<'_>) -> Result<SecretText, Error> {
        let name = self.everything(Mark::Text, around);
        self.sent
            .shape
            .draw_from(&mut Keyed::new(around.key.clone(), &[&name]))
    }

    /// Whether an order in this context takes the place of this code. A code has the place of its interaction and purpose. A
    /// code that counts in every interaction has the place of its purpose and route. Codes that bind have one place, by
    /// whatever route.
    pub(crate) fn is_in_place_of(&self, order: &CodeOrder, ctx: &ContextAt) -> bool {
        self.purpose == order.purpose()
            && self.is_bound() == order.is_bound()
            && if order.is_bound() {
                self.counts_in(ctx.interaction())
            } else {
                self.purpose == Purpose::BindAuthenticator || self.sent.route == order.route()
            }
    }

    /// Whether it is bound to the transaction of this context, or neither has one.
    pub(crate) fn is_of_transaction(&self, around: &CodeContext<'_>, ctx: &ContextAt) -> bool {
        match (self.bound, ctx.transaction_digest()) {
            (None, None) => true,
            (Some(tag), Some(binding)) => ct_eq(&tag, &self.bound_tag(around, &binding)),
            _ => false,
        }
    }

    /// Whether this is the ordered code in every detail. Then it can be sent again.
    pub(crate) fn is_same(
        &self,
        order: &CodeOrder,
        around: &CodeContext<'_>,
        ctx: &ContextAt,
    ) -> bool {
        let to = order.to().map(Destination::address);
        self.is_in_place_of(order, ctx)
            && self.is_of_transaction(around, ctx)
            && self.kind == order.kind()
            && self.sent.route == order.route()
            && self.sent.shape == order.shape()
            && self.sent.to.as_deref() == to
    }

    /// When it may be sent again.
    pub(crate) fn cooled_down(&self) -> Timestamp {
        Timestamp::stored(self.sent.at).plus(Self::COOL_DOWN)
    }

    /// Notes that it is sent again. Counted tries stay counted.
    pub(crate) fn send_again(&mut self, ordered_with_evidence: bool, now: Timestamp) {
        self.ordered_with_evidence |= ordered_with_evidence;
        self.sent.at = now.unix();
    }

    /// Compares a code with all that are open, for one purpose. Delivered codes are judged nowhere else.
    ///
    /// A match is taken out. A wrong try counts against each code that it could have been, and voids it in the end. Without
    /// evidence it counts only against codes of its own interaction. The work is the same for every code and kind.
    pub(crate) fn judge(
        codes: &mut Vec<Self>,
        code: &Code,
        purpose: Purpose,
        lane: Lane,
        around: &CodeContext<'_>,
        ctx: &ContextAt,
    ) -> Judged {
        if codes.is_empty() {
            return Judged::NothingOpen;
        }
        let found: Vec<Found> = codes
            .iter()
            .map(|open| open.find(code, purpose, around, ctx))
            .collect();
        let is = |wanted: Found| found.contains(&wanted);
        let mut taken = None;
        let mut each = found.iter();
        codes.retain(|open| match each.next() {
            Some(Found::Right) => {
                taken.get_or_insert_with(|| open.clone());
                false
            }
            Some(Found::Exposed) => false,
            _ => true,
        });
        if let Some(right) = taken {
            return Judged::Right(right);
        }
        if !is(Found::Exposed) && !is(Found::Misplaced) {
            let misheard = codes
                .iter_mut()
                .any(|open| open.is_tried(purpose, ctx) && open.is_misheard(code));
            if misheard {
                return Judged::InvalidCheckDigit;
            }
        }
        codes.retain_mut(|open| !open.is_tried(purpose, ctx) || open.stands_wrong_try(lane));
        if is(Found::Exposed) {
            Judged::Exposed
        } else if is(Found::Misplaced) {
            Judged::Misplaced
        } else {
            Judged::Wrong
        }
    }

    /// Compares the offered code with this one.
    fn find(
        &self,
        code: &Code,
        purpose: Purpose,
        around: &CodeContext<'_>,
        ctx: &ContextAt,
    ) -> Found {
        let same_text = ct_eq(
            &self.tag,
            &self.tag(around, self.sent.shape.symbols_of(code)),
        );
        let bound = ctx
            .transaction_digest()
            .map(|binding| self.bound_tag(around, &binding));
        // A code without a transaction counts in any context, but gives evidence for none.
        let same_transaction = self
            .bound
            .is_none_or(|tag| bound.is_some_and(|offered| ct_eq(&tag, &offered)));
        if !same_text {
            Found::Nothing
        } else if self.kind == Kind::Private && ctx.channel().reveals_to_host() {
            Found::Exposed
        } else if same_transaction
            && self.is_tried(purpose, ctx)
            && self.kind.belongs_on(ctx.channel())
        {
            Found::Right
        } else {
            Found::Misplaced
        }
    }

    /// Whether a try for this purpose, in this interaction, is a try at this code.
    fn is_tried(&self, purpose: Purpose, ctx: &ContextAt) -> bool {
        self.purpose == purpose && self.counts_in(ctx.interaction())
    }

    /// Whether the check digit of a try is wrong, and the caller may learn that. Only the interaction of the code may, and
    /// only three times.
    fn is_misheard(&mut self, code: &Code) -> bool {
        let is_bound = self.is_bound();
        let sent = &mut self.sent;
        let may_be_told =
            is_bound && sent.misheard < MOST_MISHEARD && sent.shape.has_wrong_check_digit(code);
        if may_be_told {
            sent.misheard = sent.misheard.saturating_add(1);
        }
        may_be_told
    }

    /// Counts a wrong try. Returns whether the code remains.
    fn stands_wrong_try(&mut self, lane: Lane) -> bool {
        let most = match (self.is_bound(), lane) {
            (true, _) => MOST_WRONG,
            (false, Lane::WithEvidence) => MOST_WRONG_UNBOUND,
            (false, Lane::Anonymous) => return true,
        };
        self.sent.wrong = self.sent.wrong.saturating_add(1);
        self.sent.wrong < most
    }

    /// Whether it still counts.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        // A code cannot outlive its lifetime from the present clock, whatever was stored.
        let longest = order::lifetime(self.purpose, self.sent.route);
        now.unix() < self.expires
            && self.expires <= now.plus(longest).plus(crate::time::CLOCK_SKEW).unix()
    }

    pub(crate) fn expires(&self) -> Timestamp {
        Timestamp::stored(self.expires)
    }

    /// The factor of the code.
    pub(crate) const fn factor(&self) -> Factor {
        order::factor(self.kind, self.purpose)
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether it counts for one transaction only.
    pub(crate) const fn is_for_transaction(&self) -> bool {
        self.bound.is_some()
    }

    /// Whether it has neither a transaction nor an address of its own.
    pub(crate) fn is_plain(&self) -> bool {
        self.bound.is_none() && self.sent.to.as_deref().is_none_or(str::is_empty)
    }

    /// Whether it counts in its own interaction only.
    pub(crate) const fn is_bound(&self) -> bool {
        self.interaction.is_some()
    }

    /// Whether the interaction that asked for it held evidence.
    pub(crate) const fn is_ordered_with_evidence(&self) -> bool {
        self.ordered_with_evidence
    }

    /// Whether there was somebody to send it to.
    pub(crate) const fn has_reached(&self) -> bool {
        self.sent.reached
    }

    /// The address that it confirms.
    pub(crate) fn confirms(&self) -> Option<Destination> {
        let to = self.sent.to.as_deref()?;
        Destination::stored(to)
    }

    /// The route that it took, and its address if it has one of its own.
    pub(crate) fn sent_to(&self) -> (Route, Option<&str>) {
        (self.sent.route, self.sent.to.as_deref())
    }

    /// Whether it counts in this interaction and in no other.
    pub(crate) fn is_only_of(&self, interaction: Interaction) -> bool {
        self.interaction == Some(interaction.to_bytes())
    }

    /// Whether it counts in this interaction.
    fn counts_in(&self, interaction: Interaction) -> bool {
        self.interaction
            .is_none_or(|only| only == interaction.to_bytes())
    }

    /// HMAC over everything the code is for, and its text.
    fn tag(&self, around: &CodeContext<'_>, text: &[u8]) -> [u8; 16] {
        let mut mac = hmac::Context::with_key(&around.key);
        mac.update(&self.everything(Mark::Tag, around));
        mac.update(text);
        leading(mac.sign())
    }

    fn bound_tag(&self, around: &CodeContext<'_>, binding: &TransactionDigest) -> [u8; 16] {
        let mut mac = hmac::Context::with_key(&around.key);
        mac.update(&[Mark::Bound as u8]);
        mac.update(&self.challenge);
        mac.update(binding.as_bytes());
        leading(mac.sign())
    }

    /// Everything that the code is for. Each part has a fixed length, or its length before it, so no two parts can be
    /// confused.
    fn everything(&self, mark: Mark, around: &CodeContext<'_>) -> Vec<u8> {
        let sent = &self.sent;
        let mut all = Vec::with_capacity(160);
        all.extend([mark as u8, self.kind as u8, self.purpose as u8]);
        all.extend(self.challenge);
        all.extend(around.subject);
        all.push(u8::from(self.interaction.is_some()));
        all.extend(self.interaction.unwrap_or_default());
        let length = u8::try_from(sent.shape.length()).unwrap_or(u8::MAX);
        all.extend([sent.route as u8, sent.shape.alphabet() as u8, length]);
        all.extend(self.expires.to_be_bytes());
        all.push(u8::from(self.bound.is_some()));
        all.extend(self.bound.unwrap_or_default());
        let to = sent.to.as_deref().unwrap_or_default();
        all.extend(u16::try_from(to.len()).unwrap_or(u16::MAX).to_be_bytes());
        all.extend(to.as_bytes());
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::context::{Channel, Transaction};
    use crate::secret::MacKey;

    const KEY: [u8; 32] = [1; 32];

    fn key() -> MacKey {
        MacKey::new(&KEY)
    }

    fn around(key: &MacKey) -> CodeContext<'_> {
        CodeContext {
            key: key.ready(),
            subject: &[9; 32],
        }
    }

    fn at(seconds: i64, channel: Channel, interaction: u8) -> ContextAt {
        let interaction = Interaction::from_bytes([interaction; 16]);
        let now = Timestamp::from_unix(seconds).unwrap();
        Context::new(channel, interaction).at(now)
    }

    /// In one call with an agent.
    fn bound_to(transaction: &Transaction) -> ContextAt {
        let call = Interaction::from_bytes([1; 16]);
        let call = Context::new(Channel::Agent, call).for_transaction(transaction);
        call.at(Timestamp::from_unix(0).unwrap())
    }

    fn draw(order: &CodeOrder, ctx: &ContextAt) -> (OpenCode, Code) {
        let (open, text) = OpenCode::draw(order, true, false, &around(&key()), ctx).unwrap();
        (open, Code::typed(text.expose_text()))
    }

    #[track_caller]
    fn finds(open: &OpenCode, code: &Code, ctx: &ContextAt, expected: Found) {
        let found = open.find(code, open.purpose, &around(&key()), ctx);
        assert_eq!(found, expected);
    }

    #[test]
    fn n07_a_code_has_six_digits_or_more_and_lives_ten_minutes() {
        for order in [CodeOrder::private(), CodeOrder::spoken()] {
            let ctx = at(1_000, Channel::Agent, 1);
            let (open, text) = OpenCode::draw(&order, true, false, &around(&key()), &ctx).unwrap();
            assert!(text.expose_text().len() >= 6);
            assert!(open.is_open(at(1_599, Channel::Agent, 1).now()));
            assert!(!open.is_open(at(1_600, Channel::Agent, 1).now()));
            assert!(
                !open.is_open(at(0, Channel::Agent, 1).now()),
                "a clock far behind gives no longer life"
            );
        }
    }

    #[test]
    fn b30_the_text_is_the_same_each_time_and_another_for_each_challenge() {
        let key = key();
        for order in [CodeOrder::private(), CodeOrder::spoken()] {
            let call = at(0, Channel::Agent, 1);
            let (open, text) = OpenCode::draw(&order, true, false, &around(&key), &call).unwrap();
            for _ in 0..3 {
                assert_eq!(
                    open.text(&around(&key)).unwrap().expose_text(),
                    text.expose_text()
                );
            }
            let others: std::collections::BTreeSet<String> = (0..64)
                .map(|_| {
                    let drawn = OpenCode::draw(&order, true, false, &around(&key), &call);
                    drawn.unwrap().1.expose_text().to_owned()
                })
                .collect();
            assert!(others.len() >= 63, "{others:?}");
        }
    }

    #[test]
    fn p04_the_text_hangs_on_everything_that_the_code_is_for() {
        let (key, other_key) = (key(), MacKey::new(&[2; 32]));
        let call = at(0, Channel::Agent, 1);
        let order = CodeOrder::private().with_shape(CodeShape::crockford(32).unwrap());
        let (open, text) = OpenCode::draw(&order, true, false, &around(&key), &call).unwrap();
        let changed = |change: &dyn Fn(&mut OpenCode)| {
            let mut other = open.clone();
            change(&mut other);
            other.text(&around(&key)).unwrap().expose_text().to_owned()
        };
        let mut texts = vec![
            text.expose_text().to_owned(),
            open.text(&around(&other_key))
                .unwrap()
                .expose_text()
                .to_owned(),
            changed(&|open| open.kind = Kind::Spoken),
            changed(&|open| open.purpose = Purpose::Recover),
            changed(&|open| open.interaction = Some([2; 16])),
            changed(&|open| open.interaction = Some([0; 16])),
            changed(&|open| open.interaction = None),
            changed(&|open| open.expires += 1),
            changed(&|open| open.challenge[0] ^= 1),
            changed(&|open| open.bound = Some([0; 16])),
            changed(&|open| open.bound = Some([1; 16])),
            changed(&|open| open.sent.route = Route::Voice),
            changed(&|open| open.sent.to = Some("+15550100199".to_owned())),
        ];
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }

    #[test]
    fn a_code_counts_where_it_belongs_and_nowhere_else() {
        let key = key();
        let call = at(0, Channel::Agent, 1);
        let (spoken, digits) = draw(&CodeOrder::spoken(), &call);
        finds(&spoken, &digits, &call, Found::Right);
        finds(&spoken, &digits, &at(0, Channel::Keypad, 1), Found::Right);
        finds(
            &spoken,
            &digits,
            &at(0, Channel::Agent, 2),
            Found::Misplaced,
        );
        finds(
            &spoken,
            &digits,
            &at(0, Channel::Device, 1),
            Found::Misplaced,
        );
        for purpose in [
            Purpose::Recover,
            Purpose::ConfirmAddress,
            Purpose::BindAuthenticator,
        ] {
            let found = spoken.find(&digits, purpose, &around(&key), &call);
            assert_eq!(found, Found::Misplaced, "{purpose:?}");
        }
        let other_key = MacKey::new(&[2; 32]);
        let other_subject = CodeContext {
            key: key.ready(),
            subject: &[8; 32],
        };
        for around in [around(&other_key), other_subject] {
            let found = spoken.find(&digits, Purpose::Authenticate, &around, &call);
            assert_eq!(found, Found::Nothing);
        }

        let (private, digits) = draw(&CodeOrder::private(), &at(0, Channel::Device, 1));
        finds(&private, &digits, &at(0, Channel::Device, 1), Found::Right);
        finds(&private, &digits, &at(0, Channel::Agent, 2), Found::Exposed);
        finds(
            &private,
            &Code::typed(""),
            &at(0, Channel::Device, 1),
            Found::Nothing,
        );
    }

    #[test]
    fn n18_what_outlives_the_call_counts_in_any_other() {
        for (route, seconds) in [(Route::Email, 86_400), (Route::Post, 21 * 86_400)] {
            let order = CodeOrder::recover(Kind::Spoken, route);
            let (open, digits) = draw(&order, &at(0, Channel::Agent, 1));
            let last = at(seconds - 1, Channel::Keypad, 2);
            assert!(open.is_open(last.now()));
            finds(&open, &digits, &last, Found::Right);
            assert!(!open.is_open(at(seconds, Channel::Keypad, 2).now()));
        }
    }

    #[test]
    fn p05_a_changed_transaction_does_not_match() {
        let transfer = |amount| {
            let transfer = Transaction::new("TX-1").unwrap();
            transfer.with("amount", amount).unwrap()
        };
        let (asked, changed) = (transfer("99.50 EUR"), transfer("999.50 EUR"));
        let call = at(0, Channel::Agent, 1);
        let (open, code) = draw(&CodeOrder::spoken(), &bound_to(&asked));
        finds(&open, &code, &bound_to(&asked), Found::Right);
        finds(&open, &code, &bound_to(&changed), Found::Misplaced);
        finds(&open, &code, &call, Found::Misplaced);
    }

    #[test]
    fn b30_any_difference_is_another_order() {
        let (key, call) = (key(), at(0, Channel::Agent, 1));
        let transfer = Transaction::new("TX-1").unwrap();
        let (open, _) = draw(&CodeOrder::spoken(), &call);
        let same = |order: &CodeOrder, ctx: &ContextAt| open.is_same(order, &around(&key), ctx);
        assert!(same(&CodeOrder::spoken(), &call));
        assert!(same(&CodeOrder::spoken(), &at(99, Channel::Device, 1)));
        let checked = CodeShape::digits_and_check(6).unwrap();
        for other in [
            CodeOrder::private(),
            CodeOrder::spoken().by_voice(),
            CodeOrder::spoken().with_shape(checked),
            CodeOrder::recover(Kind::Spoken, Route::Sms),
            CodeOrder::recover(Kind::Spoken, Route::Email),
        ] {
            assert!(!same(&other, &call), "{other:?}");
        }
        let eight = CodeOrder::spoken().with_shape(CodeShape::EIGHT_DIGITS);
        let (long, _) = draw(&eight, &call);
        assert!(long.is_same(&eight, &around(&key), &call));
        assert!(
            !long.is_same(&CodeOrder::private(), &around(&key), &call),
            "kind alone"
        );
        assert!(!same(&CodeOrder::spoken(), &at(0, Channel::Agent, 2)));
        assert!(!same(&CodeOrder::spoken(), &bound_to(&transfer)));
        let (open, _) = draw(&CodeOrder::spoken(), &bound_to(&transfer));
        let same = |ctx: &ContextAt| open.is_same(&CodeOrder::spoken(), &around(&key), ctx);
        assert!(same(&bound_to(&transfer)) && !same(&call));
        assert!(!same(&bound_to(&Transaction::new("TX-2").unwrap())));
    }
}
