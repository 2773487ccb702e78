//! Changes whose time has come: they take effect in the next step of any kind.

use super::alter::{remove, unlock};
use super::one;
use crate::account::authenticators;
use crate::account::draft::Draft;
use crate::account::record::pending::Alteration;
use crate::authenticator::{AddedBy, AuthenticatorId};
use crate::error::Error;
use crate::event::EventKind;

/// Lets the changes take effect that are due. One that cannot be made any more is dropped.
pub(super) fn take_effect(draft: &mut Draft<'_>) -> Result<(), Error> {
    let clock = draft.next.clock;
    while let Some(kept) = draft.next.pending.take_due(&clock) {
        let before = draft.next.clone();
        let by = match kept.handled_by() {
            Some(_) => AddedBy::Agent,
            None => AddedBy::Customer,
        };
        let by = draft.set_authority(by);
        let made = make(draft, &kept.alteration);
        let _ = draft.set_authority(by);
        match made {
            Ok(()) => draft.note(&kept, |change| EventKind::ChangeTookEffect { change }),
            Err(error) if error.is_misuse() => {
                *draft.next = before;
                draft.note(&kept, |change| EventKind::ChangeDropped { change });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a change by the function that makes it at once.
fn make(draft: &mut Draft<'_>, alteration: &Alteration) -> Result<(), Error> {
    match alteration {
        Alteration::Remove(factor) | Alteration::Reset(factor) => remove(draft, *factor),
        Alteration::RemoveOne(id, _) => one::remove(draft, AuthenticatorId::new(*id)),
        Alteration::Disable(id, _) => one::disable(draft, AuthenticatorId::new(*id)),
        Alteration::Enable(id, _) => one::enable(draft, AuthenticatorId::new(*id)),
        Alteration::Unlock(factor) => unlock(draft, *factor),
        enrols => authenticators::enrol_kept(draft, enrols),
    }
}
