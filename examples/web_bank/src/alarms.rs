//! The audit trail of this demonstration: it raises one alarm. A bank writes all events down as well.

use countersign::Error;
use countersign::audit::{Audit, Event, EventKind, Reason};

pub(crate) struct Alarms;

impl Audit for Alarms {
    fn write(&self, event: &Event) -> Result<(), Error> {
        let told = Reason::PrivateCodeTold;
        if matches!(event.kind, EventKind::Denied { reason, .. } if reason == told) {
            eprintln!("alarm: a private code was told to an agent, and is void");
        }
        Ok(())
    }
}
