//! Tells a subject's pseudonym in the trail, and all that is kept of it in words. Each is noted in the trail.

use super::authority::alter;
use super::spend::use_up;
use crate::account::draft::{Opened, Step};
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::Authority;

/// The action of a policy that allows both.
const ACTION: &str = "account.export";

/// Returns the pseudonym of the record.
pub(crate) fn pseudonym(
    opened: &mut Opened,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<[u8; 16]>, Error> {
    let pseudonym = opened.record.pseudonym;
    told(opened, by, ctx, pseudonym)
}

/// Returns what is kept of a subject, as JSON.
#[cfg(feature = "json")]
pub(crate) fn export(
    opened: &mut Opened,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<String>, Error> {
    let kept = kept::of(opened)?;
    told(opened, by, ctx, kept)
}

/// Tells something of an account under an authority. A suspended subject has the same right to its data.
fn told<O>(
    opened: &mut Opened,
    by: &Authority<'_>,
    ctx: &ContextAt,
    outcome: O,
) -> Result<Step<O>, Error> {
    let mut draft = alter(opened, ACTION, true, by, ctx)?;
    if let Authority::Granted(grant) = by {
        use_up(&mut draft, grant);
    }
    let by_host = matches!(by, Authority::Host);
    draft.step(EventKind::Exported { by_host }, outcome)
}

#[cfg(feature = "json")]
mod kept {
    //! The words for what a record holds. No secret is among them.

    use serde::Serialize;

    use crate::account::draft::Opened;
    use crate::account::record::pending::KeptChange;
    use crate::account::record::slot::Slot;
    use crate::account::record::state::Record;
    use crate::error::Error;
    use crate::factor::Factor;
    use crate::grant::Agent;

    #[derive(Serialize)]
    struct Kept<'a> {
        realm: &'a str,
        subject: &'a str,
        /// The name in the audit trail.
        pseudonym: String,
        created: u64,
        last_step: u64,
        writes: u64,
        is_suspended: bool,
        authenticators: Vec<Authenticator>,
        phone: Option<String>,
        email: Option<String>,
        /// The questions by their numbers. The answers are kept as hashes.
        questions: Vec<u16>,
        evidence: Vec<Piece>,
        approvals: Vec<Approval>,
        /// Changes that wait until they take effect.
        waiting: Vec<Waiting>,
        open_codes: usize,
        open_challenges: usize,
        notes: [&'static str; 5],
    }

    #[derive(Serialize)]
    struct Authenticator {
        id: u16,
        factor: &'static str,
        label: String,
        added: u64,
        /// The first second of a day.
        last_used: Option<u64>,
        is_disabled: bool,
        kept: &'static str,
    }

    #[derive(Serialize)]
    struct Piece {
        factor: &'static str,
        at: u64,
    }

    #[derive(Serialize)]
    struct Waiting {
        action: &'static str,
        factor: &'static str,
        asked: u64,
        takes_effect: u64,
        handled_by: Option<String>,
        approved_by: Vec<String>,
    }

    #[derive(Serialize)]
    struct Approval {
        agent: String,
        action: String,
        until: u64,
    }

    const NOTES: [&str; 5] = [
        "Times are Unix times in seconds.",
        "Counts of wrong tries are kept for each factor, to lock it.",
        "Counts of sent codes are kept under a hash of each address, for some days. They name no customer.",
        "Marks of transactions that were carried out are kept for 25 hours. They are hashes.",
        "The audit trail is the host's. It has events of this pseudonym, without a name or an address.",
    ];

    /// Returns the record in words.
    pub(super) fn of(opened: &Opened) -> Result<String, Error> {
        let (record, subject) = (&opened.record, &opened.subject);
        let authenticators = record.heads().map(|(factor, head)| Authenticator {
            id: head.id,
            factor: factor.name(),
            label: head.label().text().to_owned(),
            added: head.added().unix(),
            last_used: head.last_used().map(|day| day.unix()),
            is_disabled: head.is_disabled(),
            kept: words(factor),
        });
        let address = |slot: &Option<Slot<String>>| Some(slot.as_ref()?.authenticator.clone());
        let kept = Kept {
            realm: subject.realm(),
            subject: subject.id(),
            pseudonym: record
                .pseudonym
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            created: record.created,
            last_step: record.clock.latest().unix(),
            writes: record.revision,
            is_suspended: record.suspended,
            authenticators: authenticators.collect(),
            phone: address(&record.phone),
            email: address(&record.email),
            questions: questions(record),
            evidence: record
                .evidence
                .all()
                .map(|(_, piece)| Piece {
                    factor: piece.factor.name(),
                    at: piece.at().unix(),
                })
                .collect(),
            approvals: record
                .approvals
                .of(subject)
                .iter()
                .map(|approval| Approval {
                    agent: approval.agent().name().to_owned(),
                    action: approval.action().to_owned(),
                    until: approval.until().unix(),
                })
                .collect(),
            waiting: waiting(record),
            open_codes: record.codes.len(),
            open_challenges: record.challenges.len(),
            notes: NOTES,
        };
        serde_json::to_string_pretty(&kept)
            .map_err(|_| Error::misuse("export", "cannot be written as JSON"))
    }

    fn waiting(record: &Record) -> Vec<Waiting> {
        let name = |agent: Agent| agent.name().to_owned();
        let one = |kept: &KeptChange| Waiting {
            action: kept.alteration.action(),
            factor: kept.alteration.factor().name(),
            asked: kept.asked,
            takes_effect: record.pending.due_of(kept, &record.clock),
            handled_by: kept.handled_by().map(name),
            approved_by: kept.approved_by().into_iter().map(name).collect(),
        };
        record.pending.all().iter().map(one).collect()
    }

    fn questions(record: &Record) -> Vec<u16> {
        let slot = record.questions.as_ref();
        let ids = slot.into_iter().flat_map(|slot| slot.authenticator.ids());
        ids.map(|id| id.number()).collect()
    }

    /// Says what is kept of an authenticator.
    const fn words(factor: Factor) -> &'static str {
        match factor {
            Factor::Totp => "the secret of an app, and the last time step that was used",
            Factor::Hotp => "the secret of a token, and the next count",
            Factor::Ocra => "the secret of a device, and how many responses were accepted",
            Factor::PrivateCode | Factor::SpokenCode => "the telephone number below",
            Factor::IssuedRecoveryCode => "the e-mail address below",
            Factor::RecoveryCode => "keyed hashes of recovery codes",
            Factor::Questions => "salted hashes of answers",
            Factor::Word => "the memorable word, sealed, and which letters people have heard",
            Factor::Password => "a salted hash of the password",
            Factor::Pin => "a salted hash of the PIN",
            Factor::BindingCode | Factor::External => "nothing",
        }
    }
}
