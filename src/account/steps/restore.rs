//! A record that was put back: what it may have spent since is closed.

use crate::account::record::pending::KeptChanges;
use crate::account::record::state::Record;
use crate::time::Timestamp;

/// The treatment of a record that is older than high water: the database was put back.
///
/// The choice holds for each such record, at its next step. The trail says so by
/// [`PutBack`](crate::audit::EventKind::PutBack). A record from before its subject was erased is always refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterRestore {
    /// Every call about the subject is an error of the kind [`PutBack`](crate::ErrorKind::PutBack). It ends if the host erases
    /// the record, or chooses one of the others.
    Refuse,
    /// The account goes on, and every code that may be spent counts as spent.
    ///
    /// Codes of apps count from the next minute on. Tokens that count, and lists of recovery codes, are removed: nobody
    /// knows how far they were. Open codes, challenges, evidence, approvals, grants and changes that wait are void. What was changed since comes
    /// back as it was: an earlier password, a removed app. So do earlier counts of wrong tries.
    KeepSpent,
    /// The subject has to be verified anew: all authenticators are removed, and the account stands. Take this if authenticators
    /// were removed or replaced since, for example after a fraud.
    VerifyAnew,
}

/// A step begins two epochs at most, and one for each change that takes effect in it.
const EPOCHS: u64 = 2_u64.saturating_add(KeptChanges::MOST as u64);

/// Closes what a record may have spent or voided since, up to a revision.
pub(crate) fn restore(record: &mut Record, after: AfterRestore, highest: u64, now: Timestamp) {
    let lost = highest.saturating_sub(record.revision);
    record.void_evidence();
    record.clear_questions();
    // A change that was cancelled since would take effect after all.
    drop(record.pending.take_all());
    // A grant of an epoch that was lost must not count.
    let epochs = u32::try_from(lost.saturating_mul(EPOCHS)).unwrap_or(u32::MAX);
    record.epoch = record.epoch.saturating_add(epochs);
    record.revision = record.revision.max(highest);
    match after {
        AfterRestore::Refuse => {}
        AfterRestore::KeepSpent => {
            for slot in &mut record.totps {
                slot.state = slot.authenticator.spent_until(&slot.state, now);
            }
            record.hotps.clear();
            record.recovery = None;
        }
        AfterRestore::VerifyAnew => {
            record.totps.clear();
            record.hotps.clear();
            record.ocra.clear();
            record.recovery = None;
            record.questions = None;
            record.word = None;
            record.password = None;
            record.pin = None;
            record.phone = None;
            record.email = None;
        }
    }
}
