//! The authority of a change: it is checked before, and used up after.

use super::begin::begin;
use super::spend::{expect_grant, expect_no_delay, use_up};
use crate::account::draft::{Draft, Opened, Step};
use crate::authenticator::AddedBy;
use crate::context::ContextAt;
use crate::error::{Error, ErrorKind};
use crate::event::EventKind;
use crate::grant::Authority;

/// Refuses a subject that does not exist.
pub(super) fn expect_known(opened: &Opened) -> Result<(), Error> {
    if opened.record.decoy {
        let rule = "does not exist: create it first";
        return Err(Error::misuse("subject", rule).of(ErrorKind::UnknownSubject));
    }
    Ok(())
}

const fn added_by(by: &Authority<'_>) -> AddedBy {
    match by {
        Authority::Host => AddedBy::Host,
        Authority::Granted(grant) if grant.handled_by().is_some() => AddedBy::Agent,
        Authority::Granted(_) => AddedBy::Customer,
    }
}

/// Begins a change that is made at once, and refuses it without authority.
pub(super) fn alter<'a>(
    opened: &'a mut Opened,
    action: &str,
    even_if_suspended: bool,
    by: &Authority<'_>,
    ctx: &'a ContextAt,
) -> Result<Draft<'a>, Error> {
    if let Authority::Granted(grant) = by {
        expect_known(opened)?;
        expect_no_delay(grant)?;
    }
    alter_or_wait(opened, action, even_if_suspended, by, ctx)
}

/// Begins a change that may wait, and refuses it without authority.
pub(super) fn alter_or_wait<'a>(
    opened: &'a mut Opened,
    action: &str,
    even_if_suspended: bool,
    by: &Authority<'_>,
    ctx: &'a ContextAt,
) -> Result<Draft<'a>, Error> {
    expect_known(opened)?;
    let draft = begin(opened, ctx)?.with_authority(added_by(by));
    if let Authority::Granted(grant) = by {
        expect_grant(&draft, grant, action)?;
    }
    if draft.next.suspended && !even_if_suspended {
        let rule = "is suspended: resume it first";
        return Err(Error::misuse("subject", rule).of(ErrorKind::Suspended));
    }
    Ok(draft)
}

/// Ends a change. The pieces of its grant that serve once are spent.
pub(super) fn changed<O>(
    mut draft: Draft<'_>,
    action: &'static str,
    by: &Authority<'_>,
    outcome: O,
) -> Result<Step<O>, Error> {
    if let Authority::Granted(grant) = by {
        use_up(&mut draft, grant);
    }
    begun(draft, action, by, outcome)
}

/// Ends a list. It writes something only if its grant rests on pieces that serve once.
pub(super) fn listed<O>(
    mut draft: Draft<'_>,
    by: &Authority<'_>,
    outcome: O,
) -> Result<Step<O>, Error> {
    let by_host = matches!(by, Authority::Host);
    let kind = EventKind::Listed { by_host };
    match by {
        Authority::Granted(grant) if !grant.once().is_empty() => {
            use_up(&mut draft, grant);
            draft.step(kind, outcome)
        }
        _ => draft.tell(kind, outcome),
    }
}

/// Ends a change that is only begun. Its grant will confirm it, too.
pub(super) fn begun<O>(
    draft: Draft<'_>,
    action: &'static str,
    by: &Authority<'_>,
    outcome: O,
) -> Result<Step<O>, Error> {
    let by_host = matches!(by, Authority::Host);
    draft.step(EventKind::Changed { action, by_host }, outcome)
}
