//! Notices to customers: something happens to the account. They carry no code.

use core::time::Duration;

use super::message::Message;
use super::sms::SmsParts;
use super::template::{Place, phrase};
use super::wording::Wording;
use crate::canonical::shown;
use crate::error::Error;
use crate::factor::Factor;

/// Something that happens to an account, and of which the customer has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A change was allowed, and waits. The customer can stop it.
    Waits {
        /// The action of the policy, such as `authenticator.reset`.
        action: &'static str,
        /// The factor that it changes.
        factor: Factor,
        /// Whether an agent handled the request.
        by_agent: bool,
        /// How long it can be stopped.
        wait: Duration,
    },
    /// A change that waited was stopped.
    Stopped {
        /// The action of the policy.
        action: &'static str,
        /// The factor that it would have changed.
        factor: Factor,
    },
    /// A change that waited took effect.
    TookEffect {
        /// The action of the policy.
        action: &'static str,
        /// The factor that it changed.
        factor: Factor,
    },
    /// The account was suspended.
    Suspended,
    /// The suspension has ended.
    Resumed,
    /// All sessions were ended, and all that waited was stopped.
    Voided,
    /// So many wrong tries are left before waiting does not help (PSD2 RTS 4(4)). See
    /// [`Event::tries_left`](crate::audit::Event::tries_left).
    TriesLeft {
        /// The factor that is tried.
        factor: Factor,
        /// How many are left. Zero: this was the last.
        left: u8,
    },
}

impl Notice {
    /// Writes the notice. It is as short as a text message may be.
    pub(crate) fn text(&self, from: &str, wording: &Wording) -> Result<String, Error> {
        let from = phrase("sender", from)?;
        let words = wording.notices();
        let (mut action, mut lifetime, mut who, mut count) = Default::default();
        let mut authenticator = "";
        let template = match *self {
            Self::Waits {
                action: of,
                factor,
                by_agent,
                wait,
            } => {
                action = words.action(of, factor)?;
                lifetime = wording.lifetime(wait.max(Message::SHORTEST))?;
                let [customer, agent] = &words.who;
                who = if by_agent { agent } else { customer }.as_str();
                &words.waits
            }
            Self::Stopped { action: of, factor } => {
                action = words.action(of, factor)?;
                &words.stopped
            }
            Self::TookEffect { action: of, factor } => {
                action = words.action(of, factor)?;
                &words.took_effect
            }
            Self::Suspended => &words.suspended,
            Self::Resumed => &words.resumed,
            Self::Voided => &words.voided,
            Self::TriesLeft { factor, left } => {
                authenticator = words.authenticator(factor);
                count = left.to_string();
                &words.tries_left
            }
        };
        let value = |place: &Place| match place {
            Place::From => Some(from.as_str()),
            Place::Action => Some(action.as_str()),
            Place::Who => Some(who),
            Place::Lifetime => Some(lifetime.as_str()),
            Place::Authenticator => Some(authenticator),
            Place::Count => Some(count.as_str()),
            _ => None,
        };
        let leftward = template.runs_leftward()
            || template
                .places()
                .filter_map(value)
                .any(shown::runs_leftward);
        let text = template.fill(value, leftward)?;
        let text = text.expose_text().to_owned();
        let parts = SmsParts::of(&text).count();
        if parts > Message::MAX_SMS_PARTS {
            let rule = format!("must fit in ten SMS parts, and would be cut into {parts}");
            return Err(Error::misuse("notice", rule));
        }
        Ok(text)
    }
}
