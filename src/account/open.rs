//! Opening a record, making one, and drawing one for an unknown subject.

use super::changes::{Change, Changed};
use super::decoy;
use super::draft::{Draft, Opened, Step};
use super::record::bytes;
use super::record::state::Record;
use super::settings::Settings;
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::EventKind;
use crate::field::FieldCipher;
use crate::random::System;
use crate::store::{Key, Version};
use crate::subject::Subject;
use crate::time::Timestamp;

/// Makes a record for a new subject, without any authenticator.
pub(crate) fn create(
    settings: &Settings,
    subject: &Subject,
    over: Option<Version>,
    ctx: &ContextAt,
) -> Result<Step<Changed>, Error> {
    settings.expect_realm(subject)?;
    let record = Record::new(false, ctx.now(), &mut System)?;
    let mut opened = Opened::new(settings, subject, record, over);
    let kind = EventKind::Changed {
        action: Change::CREATE,
        by_host: true,
    };
    let before = opened.record.locks();
    Draft::new(&mut opened, ctx, before).step(kind, Changed::Done)
}

/// Opens a stored record.
pub(crate) fn open(
    settings: &Settings,
    subject: &Subject,
    stored: Vec<u8>,
) -> Result<Opened, Error> {
    settings.expect_realm(subject)?;
    let version = FieldCipher::nonce_of(&stored).map(Version::from_bytes);
    let (record, length) = bytes::open(settings.cipher(), &Key::of(subject), stored)?;
    Ok(Opened {
        length,
        ..Opened::new(settings, subject, record, version)
    })
}

/// Draws the record of a subject that does not exist.
pub(crate) fn unknown(
    settings: &Settings,
    subject: &Subject,
    now: Timestamp,
) -> Result<Opened, Error> {
    settings.expect_realm(subject)?;
    let record = decoy::record(settings, subject, now)?;
    Ok(Opened::new(settings, subject, record, None))
}
