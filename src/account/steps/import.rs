//! An account of another system: it is made with its authenticators, in one step.

use crate::account::authenticators;
use crate::account::changes::Change;
use crate::account::draft::{Draft, Opened, Step};
use crate::account::record::state::Record;
use crate::context::ContextAt;
use crate::error::{Error, ErrorKind};
use crate::event::EventKind;
use crate::random::System;

/// Refuses a subject that has an account.
pub(crate) fn expect_new(opened: &Opened) -> Result<(), Error> {
    if opened.record.decoy {
        return Ok(());
    }
    let rule = "has an account already";
    Err(Error::misuse("subject", rule).of(ErrorKind::AlreadyExists))
}

/// Makes an account with these authenticators, in the place of a decoy. Nothing is computed.
pub(crate) fn import(
    opened: &Opened,
    changes: &[Change],
    ctx: &ContextAt,
) -> Result<Step<()>, Error> {
    let (settings, subject) = (&opened.settings, &opened.subject);
    let record = Record::new(false, ctx.now(), &mut System)?;
    let mut made = Opened::new(settings, subject, record, opened.version);
    let before = made.record.locks();
    let mut draft = Draft::new(&mut made, ctx, before);
    for change in changes {
        if matches!(change, Change::Suspend) {
            draft.next.suspended = true;
        } else if !authenticators::import(&mut draft, change)? {
            let rule = "must add or set something, or suspend: what is to be confirmed or removed comes by `change`";
            return Err(Error::misuse("change to import", rule));
        }
    }
    let kind = EventKind::Changed {
        action: Change::CREATE,
        by_host: true,
    };
    draft.step(kind, ())
}
