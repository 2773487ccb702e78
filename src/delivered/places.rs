//! The place of an order among the open codes, and the codes that give way to it.
//!
//! A code that counts in its own interaction has a place for its interaction and purpose. Only an order of that interaction
//! replaces it.
//!
//! A code that counts in every interaction may be a letter under way. The same order again is the same code, by whichever
//! interaction. A different order of an interaction with evidence replaces all other codes of its purpose and route. A
//! different order without evidence replaces nothing: it has a place beside them, or it waits.
//!
//! There are four places for its purpose and route, and four more for orders with a transaction or an address to confirm.
//! Attackers can make up many of those, so they wait separately.
//!
//! Codes that were ordered with evidence and codes that were ordered without never take places of each other.

use super::code::{CodeContext, OpenCode};
use super::message::Message;
use super::order::CodeOrder;
use crate::context::ContextAt;
use crate::time::Timestamp;
use core::time::Duration;

/// The most codes of one lane that are open at once and count in their own interaction. They end in ten minutes, so nobody
/// waits longer for a place.
const MOST_BOUND: usize = 8;
/// The most codes of one purpose and route that are open at once, were ordered without evidence, and count in every
/// interaction. Plain orders have so many, and orders with something of their own have so many.
pub(super) const MOST_UNBOUND: usize = 4;

/// The time in which a letter is printed, carried, opened and answered. A code that counts for longer goes by post. It is
/// not sent again if it would end sooner.
const BY_POST: Duration = Duration::from_secs(7 * 86_400);

/// Makes a place for an order: takes out the code that is to be sent again, or makes room for a new one.
/// `ordered_with_evidence` is whether the interaction holds evidence.
///
/// # Errors
/// Until when the order has to wait. Nothing has changed then.
pub(crate) fn make_place(
    codes: &mut Vec<OpenCode>,
    order: &CodeOrder,
    ordered_with_evidence: bool,
    around: &CodeContext<'_>,
    ctx: &ContextAt,
) -> Result<Option<OpenCode>, Timestamp> {
    let now = ctx.now();
    let is_same = |open: &&OpenCode| open.is_same(order, around, ctx);
    let cooled_down = codes.iter().filter(is_same).map(OpenCode::cooled_down);
    if let Some(cooled_down) = cooled_down.max().filter(|until| *until > now) {
        return Err(cooled_down);
    }
    // A code that ends too soon to be sent again may still be on its way.
    let gives_way = |open: &OpenCode| {
        open.is_in_place_of(order, ctx)
            && (open.is_bound() || ordered_with_evidence && !is_same(&open))
    };
    // A code that ends sooner cannot be received and typed in time.
    let lasts = now.plus(if order.lifetime() > BY_POST {
        BY_POST
    } else {
        Message::SHORTEST
    });
    let again = codes
        .iter()
        .position(|open| open.expires() >= lasts && is_same(&open));
    if let Some(place) = again {
        let again = codes.remove(place);
        codes.retain(|open| !gives_way(open));
        return Ok(Some(again));
    }
    let is_plain =
        ctx.transaction_digest().is_none() && order.to().is_none_or(|to| to.address().is_empty());
    // The codes of its own lane that compete with it for a place.
    let competes = |open: &&OpenCode| {
        open.is_ordered_with_evidence() == ordered_with_evidence
            && open.is_bound() == order.is_bound()
            && (open.is_bound() || open.is_in_place_of(order, ctx) && open.is_plain() == is_plain)
            && !gives_way(open)
    };
    let most = if order.is_bound() {
        MOST_BOUND
    } else {
        MOST_UNBOUND
    };
    if codes.iter().filter(competes).count() >= most {
        let ends = codes.iter().filter(competes).map(OpenCode::expires);
        return Err(ends.min().unwrap_or(now));
    }
    codes.retain(|open| !gives_way(open));
    Ok(None)
}
