//! Decoys: records of unknown subjects. They look and work like any other, and no attempt ever matches.
//!
//! The enrolment of a decoy is drawn from a key and the name, as often as customers have it (pitfall B48). Its locks are
//! real.

use super::authenticators;
use super::record::state::Record;
use super::settings::Settings;
use crate::error::Error;
use crate::stand_in;
use crate::subject::Subject;
use crate::time::Timestamp;

/// Makes a decoy's record, with what its name has drawn.
pub(super) fn record(
    settings: &Settings,
    subject: &Subject,
    now: Timestamp,
) -> Result<Box<Record>, Error> {
    let mut draw = stand_in::draw(settings.decoys(), subject, &[]);
    let mut record = Record::new(true, now, &mut draw)?;
    for factor in settings.drawn_enrolment(subject)? {
        authenticators::enrol_stand_in(&mut record, factor, (settings, subject), now)?;
    }
    Ok(record)
}
