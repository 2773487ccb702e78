//! The library's results in words: one kind for the caller, another for the audit trail.

use countersign::{
    Changed, Factor, Outcome, Timestamp,
    account::Lock,
    audit::{Event, EventKind, Reason},
    policy::{StepUpOption, StepUpRequirement},
};

use crate::Result;
use crate::clock;
use crate::page::printable;

/// Returns the answer to the caller. All reasons have one answer.
pub(crate) fn told(outcome: &Outcome, now: Timestamp) -> Result<String> {
    Ok(match outcome {
        Outcome::Accepted(_) => "✔ accepted".to_owned(),
        Outcome::Denied => "✘ denied".to_owned(),
        Outcome::Locked(lock) => locked(*lock, now)?,
        Outcome::InvalidCheckDigit => "… misheard: once more".to_owned(),
        Outcome::Busy { retry_after } => format!("… again in {} s", retry_after.as_secs()),
    })
}

pub(crate) fn told_of_change(changed: &Changed, now: Timestamp) -> Result<String> {
    Ok(match changed {
        Changed::Done => "✔ confirmed".to_owned(),
        Changed::Denied => "✘ denied".to_owned(),
        Changed::Locked(lock) => locked(*lock, now)?,
        Changed::InvalidCheckDigit => "… misheard: once more".to_owned(),
        Changed::Waits(pending) => {
            format!("… done {}", clock::release(pending.effective_at(), now)?)
        }
        Changed::Barred(until) => format!("■ stopped until {}", clock::release(*until, now)?),
    })
}

pub(crate) fn locked(lock: Lock, now: Timestamp) -> Result<String> {
    Ok(match lock {
        Lock::Until(until) => format!("■ locked until {}", clock::release(until, now)?),
        Lock::Indefinite => "■ closed".to_owned(),
    })
}

/// Returns the line of the audit trail.
pub(crate) fn trail(event: &Event) -> String {
    match event.kind {
        EventKind::Accepted { factor } => format!("accepted {factor}"),
        EventKind::Denied {
            reason: Reason::PrivateCodeTold,
            ..
        } => "denied (private code told)".to_owned(),
        EventKind::Denied { factor, reason } => format!("denied {factor} ({})", why(reason)),
        EventKind::Reserved { factor } => format!("charged {factor}"),
        EventKind::Locked { factor, .. } => format!("locked {factor}"),
        EventKind::Issued { factor, sent: true } => format!("issued {factor}"),
        EventKind::Issued {
            factor,
            sent: false,
        } => format!("issued {factor} to nobody"),
        EventKind::IssueRefused { factor } | EventKind::IssueOverBudget { factor, .. } => {
            format!("refused to issue {factor}")
        }
        EventKind::InvalidCheckDigit { factor } => format!("misheard {factor}"),
        EventKind::Changed { action, .. } => format!("changed {action}"),
        other => format!("{other:?}"),
    }
}

/// Returns whether the back office has to look at once.
pub(crate) const fn is_alarm(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Denied {
            reason: Reason::PrivateCodeTold,
            ..
        } | EventKind::IssueAlarm { .. }
    )
}

const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Wrong => "wrong",
        Reason::Replayed => "replayed",
        Reason::Expired => "too late",
        Reason::NothingOpen => "none open",
        Reason::NotEnrolled => "not enrolled",
        Reason::UnknownSubject => "unknown subject",
        Reason::Suspended => "suspended",
        Reason::Superseded => "superseded",
        _ => "another reason",
    }
}

/// Returns the options in words.
pub(crate) fn step_up(ways: &[StepUpOption]) -> String {
    let way = |way: &StepUpOption| {
        let asks: Vec<_> = way.requirements().iter().map(ask).collect();
        asks.join(", then ")
    };
    let ways: Vec<_> = ways.iter().map(way).collect();
    format!("step-up: {}", ways.join("; or "))
}

fn ask(ask: &StepUpRequirement) -> String {
    let factors: Vec<_> = ask.factors().iter().map(|factor| name(*factor)).collect();
    let bound = if ask.is_for_transaction() {
        " for this very request"
    } else {
        ""
    };
    format!("{}{bound}", factors.join(" or "))
}

const fn name(factor: Factor) -> &'static str {
    match factor {
        Factor::Totp => "an app code",
        Factor::PrivateCode => "a private code",
        Factor::SpokenCode => "a spoken code",
        Factor::Questions => "two answers",
        Factor::Hotp => "a token's code",
        Factor::Ocra => "an answer to a challenge",
        Factor::RecoveryCode | Factor::IssuedRecoveryCode => "a recovery code",
        Factor::BindingCode => "a binding code",
        _ => "something attested",
    }
}

/// Returns an error and its causes, each printed once.
pub(crate) fn in_one_line(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Some repeat their cause.
        let news = text.rsplit(": ").next().unwrap_or_default();
        if !line.contains(news) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    if error
        .downcast_ref()
        .is_some_and(countersign::Error::is_corrupt)
    {
        line.push_str(" (is the key file the one that belongs to the database?)");
    }
    printable(&line)
}
