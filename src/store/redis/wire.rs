//! The wire: what the store asks of its connections, blocking or not.

use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use redis::{ConnectionAddr, Pipeline, RedisError, Value};

use super::options::RedisOptions;

/// A connection that lay longer than this is tried before it is used. A server, or a firewall, closes what lies.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// The connections to one node.
///
/// Answers are waited for. Those of a blocking wire are there at once, so the store above is written once for both.
pub(super) trait Wire: Sized + Send + Sync {
    /// Makes a wire to the server that the options name. It connects when it is first used.
    fn to(options: Arc<RedisOptions>) -> Self;

    /// Sends commands, and returns an answer for each. An answer may be an error of the server.
    ///
    /// If the last answer says that something was written, `confirmation` follows over the same connection.
    fn exchange(
        &self,
        commands: &Pipeline,
        confirmation: Option<&Pipeline>,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Vec<Value>, Failure>> + Send;

    /// Sends one command over a connection of its own, also to a replica.
    fn ask_apart(
        &self,
        commands: &Pipeline,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Vec<Value>, Failure>> + Send;

    /// Closes the connections that nobody uses. Those in use are closed after it.
    fn renew(&self);

    /// Waits.
    fn pause(span: Duration) -> impl Future<Output = ()> + Send;
}

/// A call without an answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing was sent.
    Unsent(String),
    /// The connection broke, or its answer did not come in time. The server may have carried it out.
    Lost(String),
}

const PLAIN: &str =
    "if this port does not speak TLS, name the one that does, or begin the address with redis://";
const SILENT: &str = "no answer within the time limit";

impl Failure {
    pub(super) fn unsent(cause: &RedisError) -> Self {
        Self::Unsent(told(cause))
    }

    /// Returns the failure of a connection that was not opened. `None` is a server that did not answer in time.
    ///
    /// A port without TLS waits for more of the greeting, or answers it in text. The way out is named then.
    pub(super) fn unconnected(options: &RedisOptions, cause: Option<&RedisError>) -> Self {
        let why = cause.map_or_else(|| SILENT.to_owned(), told);
        let is_tls = matches!(options.server.addr(), ConnectionAddr::TcpTls { .. });
        if is_tls && (why == SILENT || why.contains("InvalidContentType")) {
            return Self::Unsent(format!("{why}; {PLAIN}"));
        }
        Self::Unsent(why)
    }

    pub(super) fn lost(cause: &RedisError) -> Self {
        Self::Lost(told(cause))
    }

    /// Returns the failure of a server that did not answer in time.
    pub(super) fn silent() -> Self {
        Self::Lost(SILENT.to_owned())
    }

    /// Returns the failure of a call that follows a write: nothing is known of the write.
    pub(super) fn after_a_write(self) -> Self {
        match self {
            Self::Unsent(why) | Self::Lost(why) => Self::Lost(why),
        }
    }

    /// Returns the failure of a wire whose time is over before it sent anything.
    pub(super) fn late() -> Self {
        Self::Unsent("the time limit was over before a connection was free".to_owned())
    }
}

/// Returns whether the last answer is that of a script that wrote.
pub(super) fn has_written(answers: &[Value]) -> bool {
    matches!(answers.last(), Some(Value::Int(1..)))
}

/// Says what failed. A server echoes the arguments of a command that it does not know. They are left out.
pub(super) fn told(cause: &RedisError) -> String {
    if cause.is_timeout() {
        return SILENT.to_owned();
    }
    let text = cause.to_string();
    match text.split_once(", with args") {
        Some((front, _)) => front.to_owned(),
        None => text,
    }
}

/// The moment when a call gives up. It counts over all waits of the call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    start: Instant,
    patience: Duration,
}

impl Deadline {
    pub(super) fn after(patience: Duration) -> Self {
        Self {
            start: Instant::now(),
            patience,
        }
    }

    /// Returns an earlier deadline: after `part`, and not after this.
    pub(super) fn within(self, part: Duration) -> Self {
        Self::after(part.min(self.patience.saturating_sub(self.start.elapsed())))
    }

    /// Returns the time that is left. `None` if it is over.
    pub(super) fn left(self) -> Option<Duration> {
        // The system's time-outs of sockets count microseconds, and zero means none.
        let left = self.patience.checked_sub(self.start.elapsed())?;
        (left >= Duration::from_micros(1)).then_some(left)
    }
}
