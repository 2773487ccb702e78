//! The scripts. Redis runs a script from its start to its end before it answers anybody else.

use redis::Cmd;

/// Compares the version and writes. Answers 1, or the present value, or nothing if there is none.
///
/// The index is written first. A name in it that is not due, or leads nowhere, does no harm.
const SWAP: &str = "\
if redis.call('GETRANGE', KEYS[1], 1, 24) ~= ARGV[1] then return redis.call('GET', KEYS[1]) end
if KEYS[2] then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1";

/// Compares the version and deletes. It leaves the index alone, so it needs one name only.
const REMOVE: &str = "\
if redis.call('GETRANGE', KEYS[1], 1, 24) ~= ARGV[1] then return redis.call('GET', KEYS[1]) end
return redis.call('DEL', KEYS[1])";

/// Drops what is due of the names that the index held, and answers how many. The time in the record itself decides: another
/// writer may have replaced it since. What is no record is not touched.
const DROP: &str = "\
local dropped = 0
for i = 2, #KEYS do
  local head = redis.call('GETRANGE', KEYS[i], 0, 32)
  local time = math.huge
  if #head == 33 and string.byte(head, 1) == 1 then
    time = 0
    for at = 26, 33 do time = time * 256 + string.byte(head, at) end
  end
  redis.call('ZREM', KEYS[1], ARGV[i])
  if time <= tonumber(ARGV[1]) then
    dropped = dropped + redis.call('DEL', KEYS[i])
  elseif time < 253402300800 then
    redis.call('ZADD', KEYS[1], time, ARGV[i])
  end
end
return dropped";

/// A script, and the name by which a server that has it knows it.
#[derive(Debug)]
pub(super) struct Script {
    text: &'static str,
    digest: String,
}

impl Script {
    fn new(text: &'static str) -> Self {
        let digest = redis::Script::new(text).get_hash().to_owned();
        Self { text, digest }
    }

    /// Returns the call by digest, or by the whole text, which the server then keeps.
    fn call(&self, whole: bool, names: &[Vec<u8>], values: &[&[u8]]) -> Cmd {
        let mut call = if whole {
            let mut call = redis::cmd("EVAL");
            call.arg(self.text);
            call
        } else {
            let mut call = redis::cmd("EVALSHA");
            call.arg(&self.digest);
            call
        };
        call.arg(names.len());
        for name in names {
            call.arg(name.as_slice());
        }
        for value in values {
            call.arg(*value);
        }
        call
    }
}

/// All scripts, each with its digest.
pub(super) struct Scripts {
    pub(super) swap: Script,
    pub(super) remove: Script,
    pub(super) drop: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            swap: Script::new(SWAP),
            remove: Script::new(REMOVE),
            drop: Script::new(DROP),
        }
    }
}

/// A request to one node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request<'a> {
    /// Reads the value under a name.
    Load(&'a [u8]),
    /// Reads what is due in an index.
    Due { index: &'a [u8], now: u64 },
    /// Writes.
    Run {
        script: &'a Script,
        names: &'a [Vec<u8>],
        values: &'a [&'a [u8]],
    },
}

impl Request<'_> {
    /// How many names of an index are read at once. A script that drops them holds up the others for about a millisecond.
    pub(super) const BATCH: usize = 256;

    /// Returns whether it can be sent again if its answer is lost.
    pub(super) const fn reads(&self) -> bool {
        matches!(self, Self::Load(_) | Self::Due { .. })
    }

    pub(super) fn command(&self, whole_script: bool) -> Cmd {
        match self {
            Self::Load(name) => {
                let mut command = redis::cmd("GET");
                command.arg(*name);
                command
            }
            Self::Due { index, now } => {
                let mut command = redis::cmd("ZRANGEBYSCORE");
                command.arg(*index).arg("-inf").arg(*now);
                command.arg("LIMIT").arg(0).arg(Self::BATCH);
                command
            }
            Self::Run {
                script,
                names,
                values,
            } => script.call(whole_script, names, values),
        }
    }
}
