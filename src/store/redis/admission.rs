//! Checks of a server before it keeps a record.

use redis::{Pipeline, ServerErrorKind, Value};

use super::options::RedisOptions;
use super::wire::told;

const EVICTS: &str =
    "its maxmemory-policy drops records when memory is full: set `maxmemory-policy noeviction`";
const SILENT: &str = "it does not say its maxmemory-policy: allow this user the command INFO, or know that the policy is noeviction and use RedisOptions::without_eviction_check";
const REPLICA: &str = "it is a replica, and a replica reads what was: name the primary";

/// Returns the commands that each new connection sends first.
pub(super) fn questions() -> Pipeline {
    let mut questions = redis::pipe();
    questions.cmd("INFO");
    questions
}

/// Judges the answers. A connection that is refused is closed.
pub(super) fn judge(options: &RedisOptions, answers: &[Value]) -> Result<(), String> {
    let text = match answers {
        [Value::BulkString(text)] => String::from_utf8_lossy(text),
        // The command is not allowed, or not there.
        [Value::ServerError(error)]
            if matches!(
                error.kind(),
                Some(ServerErrorKind::NoPerm | ServerErrorKind::ResponseError)
            ) =>
        {
            "".into()
        }
        // It is loading its file, or wants a password.
        [Value::ServerError(error)] => return Err(told(&error.clone().into())),
        _ => "".into(),
    };
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    if field("role").is_some_and(|role| role != "master") {
        return Err(REPLICA.to_owned());
    }
    if !options.checks_eviction {
        return Ok(());
    }
    match field("maxmemory_policy") {
        // These drop names with a time to live only. A record has none: the host's clock says when it goes.
        Some(policy) if policy == "noeviction" || policy.starts_with("volatile-") => Ok(()),
        Some(_) => Err(EVICTS.to_owned()),
        None => Err(SILENT.to_owned()),
    }
}
