//! A request for an action, with its signals of risk.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::read;
use crate::error::Error;
use crate::ffi::failure::Failure;
use crate::grant::Agent;
use crate::policy::request::Request;
use crate::policy::{CallerId, Signals};
use crate::time::Timestamp;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestForm {
    action: String,
    tier: Option<String>,
    #[serde(default)]
    signals: SignalsForm,
    handled_by: Option<String>,
    /// Unix time in seconds.
    last_active: Option<i64>,
}

#[derive(Default, Deserialize)]
struct SignalsForm {
    anomaly_score: Option<f64>,
    new_device: Option<bool>,
    new_payee: Option<bool>,
    caller_id: Option<CallerId>,
    voice_score: Option<f64>,
    /// In seconds.
    sim_changed: Option<u64>,
    unusual_call: Option<bool>,
    /// Signals of the host's own.
    #[serde(flatten)]
    own: BTreeMap<String, OwnSignal>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OwnSignal {
    Flag(bool),
    Number(f64),
}

/// Reads a request.
pub(crate) fn request(text: &str) -> Result<Request, Failure> {
    let form: RequestForm = read::plain("request", text)?;
    Ok(form.made()?)
}

impl RequestForm {
    fn made(self) -> Result<Request, Error> {
        let mut request = Request::new(self.action).with_signals(self.signals.made());
        if let Some(tier) = self.tier {
            request = request.at_tier(tier);
        }
        if let Some(agent) = self.handled_by {
            request = request.handled_by(Agent::new(&agent)?);
        }
        if let Some(at) = self.last_active {
            request = request.last_active(Timestamp::from_unix(at)?);
        }
        Ok(request)
    }
}

impl SignalsForm {
    fn made(self) -> Signals {
        /// Adds a signal, if it is given.
        fn and<T>(all: Signals, add: fn(Signals, T) -> Signals, given: Option<T>) -> Signals {
            match given {
                Some(value) => add(all, value),
                None => all,
            }
        }
        let mut all = and(Signals::new(), Signals::anomaly_score, self.anomaly_score);
        all = and(all, Signals::new_device, self.new_device);
        all = and(all, Signals::new_payee, self.new_payee);
        all = and(all, Signals::caller_id, self.caller_id);
        all = and(all, Signals::voice_score, self.voice_score);
        let ago = self.sim_changed.map(Duration::from_secs);
        all = and(all, Signals::sim_changed, ago);
        all = and(all, Signals::unusual_call, self.unusual_call);
        self.own
            .into_iter()
            .fold(all, |all, (name, value)| match value {
                OwnSignal::Flag(is_raised) => all.with_flag(name, is_raised),
                OwnSignal::Number(number) => all.with_number(name, number),
            })
    }
}
