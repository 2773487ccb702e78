//! What an issue is charged to beside the subject: the destination, and the block of numbers it is in.
//!
//! Each is counted under a store key of its own, in a sealed entry of a fixed length: whoever ordered, in whichever
//! subject's name. The keys are hashes under a standing secret, so a database shows no telephone number, and
//! cannot be asked for one.

use ring::hmac;

use super::{Account, Sealed, Settings};
use crate::context::Context;
use crate::delivered::{Issue, Route};
use crate::error::Error;
use crate::event::{Event, Happened, IssueBudget};
use crate::field::FieldCipher;
use crate::quota::{Quota, QuotaState, Spend};
use crate::store::{Entry, Key, Version};
use crate::time::Timestamp;
use crate::transition::Transition;

/// A quota, and where its count is kept.
pub(crate) struct Purse {
    settings: Settings,
    pub(crate) budget: IssueBudget,
    quota: Quota,
    key: Key,
}

impl Purse {
    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// Takes one code's worth from what stands in the store.
    pub(crate) fn charge(
        &self,
        present: Option<&Entry>,
        now: Timestamp,
    ) -> Result<Transition<Spend, Sealed>, Error> {
        const WHAT: &str = "a count of issued codes";
        let context: [&[u8]; 2] = [b"issued", self.key.as_bytes()];
        let cipher = self.settings.cipher();
        let state = match present {
            None => QuotaState::default(),
            // Forgotten, and perhaps of a root that is gone.
            Some(entry) if entry.keep_until().is_some_and(|until| until <= now) => {
                QuotaState::default()
            }
            Some(entry) => {
                let nonce = FieldCipher::nonce_of(entry.bytes()).map(Version::from_bytes);
                if nonce != Some(entry.version()) {
                    let why = "the store names another version than its bytes hold";
                    return Err(Error::corrupt(WHAT, why));
                }
                let plain = cipher
                    .open(&context, entry.bytes())
                    .map_err(|error| error.about(WHAT))?;
                QuotaState::from_bytes(plain.expose_bytes()).map_err(|error| error.about(WHAT))?
            }
        };
        let (next, spend) = self.quota.charge(&state, now).into_parts();
        let Some(next) = next else {
            return Ok(Transition::unchanged(spend));
        };
        let (bytes, nonce) = cipher.seal_drawn(&context, &next.to_bytes())?;
        // By then all of it is forgotten.
        let window = self.quota.window();
        let keep_until = now.plus(window).plus(window);
        let sealed = Sealed {
            expected: present.map(Entry::version),
            entry: Entry::new(bytes, Version::from_bytes(nonce), Some(keep_until)),
        };
        Ok(Transition::to(sealed, spend))
    }
}

impl Account {
    /// What an issue is to be charged to, the narrowest first; nothing, if the account itself would refuse it, so that
    /// nobody can spend what others need on orders that come to nothing.
    pub(crate) fn purses(&self, order: &Issue, ctx: &Context) -> Result<Vec<Purse>, Error> {
        order.expect_fit(ctx.channel())?;
        let mut draft = self.draft(ctx)?;
        let to = draft.addressee(order)?;
        // What is shown on a screen is not sent.
        if draft.make_room(order, ctx).is_err() || order.route() == Route::Screen {
            return Ok(Vec::new());
        }
        // What goes to nobody is counted as if each such subject had a destination and a block of numbers to itself.
        let address = to
            .real
            .or_else(|| order.to().cloned())
            .and_then(|to| to.canonical());
        let limits = self.settings.issue_limits();
        let to = Counted {
            by_phone: order.route().is_restricted(),
            by_post: order.route() == Route::Post,
            address: address.as_deref(),
        };
        let mut purses = vec![self.purse(IssueBudget::Destination, *limits.destination(), to)];
        if to.by_phone {
            let address = to.address.map(block);
            let block = Counted { address, ..to };
            purses.push(self.purse(IssueBudget::Block, *limits.block(), block));
        }
        Ok(purses)
    }

    /// A line for the audit trail about what is no step of the record.
    pub(crate) fn note(&self, ctx: &Context, what: Happened) -> Event {
        Event {
            at: ctx.now(),
            pseudonym: self.record.pseudonym,
            revision: self.record.revision,
            channel: ctx.channel(),
            interaction: ctx.interaction(),
            clock_went_back: false,
            tries_left: None,
            what,
        }
    }

    fn purse(&self, budget: IssueBudget, quota: Quota, counted: Counted<'_>) -> Purse {
        let realm = self.settings.realm().as_bytes();
        let mut mac = hmac::Context::with_key(&self.settings.decoys().ready());
        // A keyed draw has a zero for its first byte.
        mac.update(b"issued");
        mac.update(&[u8::try_from(realm.len()).unwrap_or(u8::MAX)]);
        mac.update(realm);
        mac.update(&[
            budget as u8,
            u8::from(counted.by_phone),
            u8::from(counted.by_post),
            u8::from(counted.address.is_some()),
        ]);
        match counted.address {
            Some(address) => mac.update(address.as_bytes()),
            None => mac.update(self.subject.store_key()),
        }
        let mut key = [0; 32];
        key.copy_from_slice(mac.sign().as_ref());
        Purse {
            settings: self.settings.clone(),
            budget,
            quota,
            key: Key::from_bytes(key),
        }
    }
}

/// What is counted together.
#[derive(Clone, Copy)]
struct Counted<'a> {
    by_phone: bool,
    by_post: bool,
    /// A number, its beginning, or an e-mail address; none: this subject's, whatever it is.
    address: Option<&'a str>,
}

/// All numbers that differ in their last four digits only.
fn block(number: &str) -> &str {
    let end = number.len().saturating_sub(4);
    number.get(..end).unwrap_or(number)
}
