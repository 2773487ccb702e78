//! The quotas that an issue is charged to, beside the count of the subject: of the destination, and of its block of
//! numbers.
//!
//! Each count has a store key of its own, and stands in a sealed entry of a fixed length. It counts orders of all callers,
//! for all subjects. The keys are hashes under a long-term secret. So a database shows no telephone number, and cannot be
//! searched for one.
//!
//! Orders without evidence spend half of each at most. So do orders to confirm an address that the account does not have
//! (pitfall B41). Orders that reach no destination are counted apart, by subject. So orders under unknown names spend
//! nothing that a customer needs.

use ring::hmac;

use super::begin::begin;
use super::issue::make_room;
use crate::account::authenticators::delivered::{addressee, is_own};
use crate::account::draft::{Opened, Sealed};
use crate::account::record::bytes;
use crate::account::settings::Settings;
use crate::context::ContextAt;
use crate::delivered::{CodeOrder, Destination, Route};
use crate::derivation::{ISSUED, leading};
use crate::error::Error;
use crate::field::FieldCipher;
use crate::limits::QuotaScope;
use crate::limits::quota::{Quota, QuotaDecision, QuotaState};
use crate::limits::throttle::Lane;
use crate::store::{Entry, Key, Version};
use crate::time::Timestamp;
use crate::transition::Transition;

/// A quota, the lane of the order, and the store key of its count.
pub(crate) struct IssueBudget {
    settings: Settings,
    pub(crate) scope: QuotaScope,
    quota: Quota,
    lane: Lane,
    key: Key,
}

impl IssueBudget {
    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns whether nothing is left of the stored count.
    pub(crate) fn refuses(&self, present: Option<&Entry>, now: Timestamp) -> Result<bool, Error> {
        let state = self.state(present, now)?;
        let (_, spend) = self.quota.charge_on(self.lane, &state, now).into_parts();
        Ok(matches!(spend, QuotaDecision::Refused { .. }))
    }

    /// Charges one code to the stored count.
    pub(crate) fn charge(
        &self,
        present: Option<&Entry>,
        now: Timestamp,
    ) -> Result<Transition<QuotaDecision, Sealed>, Error> {
        let state = self.state(present, now)?;
        let (next, spend) = self.quota.charge_on(self.lane, &state, now).into_parts();
        let Some(next) = next else {
            return Ok(Transition::unchanged(spend));
        };
        Ok(Transition::to(self.seal(&next, present)?, spend))
    }

    /// Gives one code back, for an order that was refused after all.
    pub(crate) fn give_back(
        &self,
        present: Option<&Entry>,
        now: Timestamp,
    ) -> Result<Transition<(), Sealed>, Error> {
        let state = self.state(present, now)?;
        let next = self.quota.give_back(self.lane, &state, now);
        Ok(Transition::to(self.seal(&next, present)?, ()))
    }

    /// Opens the stored count.
    fn state(&self, present: Option<&Entry>, now: Timestamp) -> Result<QuotaState, Error> {
        const WHAT: &str = "a count of issued codes";
        // A count that is over is not read: its root may be gone.
        let is_kept = |entry: &&Entry| entry.expires_at().is_none_or(|until| until > now);
        let Some(entry) = present.filter(is_kept) else {
            return Ok(QuotaState::default());
        };
        let nonce = FieldCipher::nonce_of(entry.bytes()).map(Version::from_bytes);
        if nonce != Some(entry.version()) {
            let why = "the store names another version than its bytes hold";
            return Err(Error::corrupt(WHAT, why));
        }
        let cipher = self.settings.cipher();
        let plain = cipher
            .open(&bytes::context(&self.key), entry.bytes())
            .map_err(|error| error.about(WHAT))?;
        let state = match plain.expose_bytes() {
            [bytes::COUNT, state @ ..] => state,
            _ => &[],
        };
        QuotaState::from_bytes(state).map_err(|error| error.about(WHAT))
    }

    fn seal(&self, next: &QuotaState, present: Option<&Entry>) -> Result<Sealed, Error> {
        let cipher = self.settings.cipher();
        let plain = [&[bytes::COUNT], next.to_bytes().as_slice()].concat();
        let (bytes, nonce) = cipher.seal_drawn(&bytes::context(&self.key), &plain)?;
        // By then all of it is forgotten, also if the clock lags and comes right.
        let window = self.quota.window();
        let expires_at = next.latest().plus(window).plus(window);
        let entry = Entry::new(bytes, Version::from_bytes(nonce), Some(expires_at));
        Ok(Sealed::new(present.map(Entry::version), entry))
    }
}

/// Returns the counts that an issue is charged to, the narrowest first. Returns an empty list if the account itself refuses the
/// order. So orders that are refused spend nothing that others need.
pub(crate) fn issue_budgets(
    opened: &Opened,
    order: &CodeOrder,
    ctx: &ContextAt,
) -> Result<Vec<IssueBudget>, Error> {
    order.expect_fit(ctx.channel())?;
    // The order itself takes its step later.
    let mut copy = opened.clone();
    let mut draft = begin(&mut copy, ctx)?;
    let to = addressee(&draft, order)?;
    // A code on a screen is not sent.
    if make_room(&mut draft, order).is_err() || order.route() == Route::Screen {
        return Ok(Vec::new());
    }
    // Evidence of this account says nothing of an address that it does not have: the other half is for its owner.
    let lane = if is_own(draft.next, order.to()) {
        draft.order_lane()
    } else {
        Lane::Anonymous
    };
    // An order that reaches no destination is counted as if each such subject had a destination and a block of its own. Its
    // address does not matter: nothing is sent there.
    let address = to.real.as_ref().or_else(|| order.to());
    let address = address.and_then(Destination::canonical);
    let to = Counted {
        by_phone: order.route().is_restricted(),
        by_post: order.route() == Route::Post,
        address: address.as_deref(),
        reached: to.real.is_some(),
    };
    let mut budgets = vec![issue_budget(opened, QuotaScope::Destination, lane, to)];
    if to.by_phone {
        let address = to.address.map(block);
        let to = Counted { address, ..to };
        budgets.push(issue_budget(opened, QuotaScope::Block, lane, to));
    }
    Ok(budgets)
}

fn issue_budget(
    opened: &Opened,
    scope: QuotaScope,
    lane: Lane,
    counted: Counted<'_>,
) -> IssueBudget {
    let settings = &opened.settings;
    let realm = settings.realm().as_bytes();
    let mut mac = hmac::Context::with_key(&settings.decoys().ready());
    // A keyed draw has a zero for its first byte.
    mac.update(ISSUED.as_bytes());
    mac.update(&[u8::try_from(realm.len()).unwrap_or(u8::MAX)]);
    mac.update(realm);
    mac.update(&[
        scope as u8,
        u8::from(counted.by_phone),
        u8::from(counted.by_post),
        u8::from(counted.reached),
    ]);
    if !counted.is_shared() {
        mac.update(opened.subject.store_key());
    }
    mac.update(counted.address.unwrap_or_default().as_bytes());
    IssueBudget {
        settings: settings.clone(),
        scope,
        quota: settings.quota(scope),
        lane,
        key: Key::from_bytes(leading(mac.sign())),
    }
}

/// Orders that are counted together.
#[derive(Clone, Copy)]
struct Counted<'a> {
    by_phone: bool,
    by_post: bool,
    /// A number, its beginning, or an e-mail address. None means the subject's own, whatever it is.
    address: Option<&'a str>,
    /// Whether it reaches a destination.
    reached: bool,
}

impl Counted<'_> {
    /// Returns whether it is counted for all subjects together.
    const fn is_shared(&self) -> bool {
        self.reached && self.address.is_some()
    }
}

/// Returns the beginning that a block of numbers shares: all but the last four digits.
fn block(number: &str) -> &str {
    let end = number.len().saturating_sub(4);
    number.get(..end).unwrap_or(number)
}
