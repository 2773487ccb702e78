//! The list of a subject's authenticators.

use super::authority::{alter, listed};
use super::status;
use crate::account::authenticators;
use crate::account::changes::Change;
use crate::account::draft::{Draft, Opened, Step};
use crate::account::record::slot::Head;
use crate::authenticator::{Authenticator, AuthenticatorId, AuthenticatorState};
use crate::context::ContextAt;
use crate::error::Error;
use crate::factor::Factor;
use crate::grant::Authority;
use crate::status::{Lock, Status};

/// Lists the authenticators of a subject.
pub(crate) fn list(
    opened: &mut Opened,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<Vec<Authenticator>>, Error> {
    expect_at_once(by)?;
    let draft = alter(opened, Change::LIST, true, by, ctx)?;
    let status = status::of(draft.next, draft.settings(), draft.subject(), ctx);
    let heads = draft.next.heads();
    let stand = heads.filter(|(_, head)| head.is_confirmed() || head.waits(ctx.now()));
    let all = stand.map(|(factor, head)| one(&draft, factor, head, &status));
    let all = all.collect();
    listed(draft, by, all)
}

/// Refuses a grant that waits: nobody waits for a page.
fn expect_at_once(by: &Authority<'_>) -> Result<(), Error> {
    match by {
        Authority::Granted(grant) if grant.delay().is_some() => {
            let rule = "must not wait: list by a rule of the policy without `delay`";
            Err(Error::misuse("grant", rule))
        }
        _ => Ok(()),
    }
}

fn one(draft: &Draft<'_>, factor: Factor, head: &Head, status: &Status) -> Authenticator {
    Authenticator {
        id: AuthenticatorId::new(head.id),
        factor,
        label: head.label(),
        added: head.added(),
        added_by: head.added_by(),
        last_used: head.last_used(),
        state: state(factor, head, status),
        hint: authenticators::hint(draft.next, factor),
    }
}

fn state(factor: Factor, head: &Head, status: &Status) -> AuthenticatorState {
    if !head.is_confirmed() {
        let until = head.waits_until();
        return AuthenticatorState::Pending { until };
    }
    if head.is_disabled() {
        return AuthenticatorState::Disabled;
    }
    match status.locked(factor) {
        None => AuthenticatorState::Active,
        Some(Lock::Until(until)) => AuthenticatorState::Locked { until: Some(until) },
        Some(Lock::Indefinite) => AuthenticatorState::Locked { until: None },
    }
}
