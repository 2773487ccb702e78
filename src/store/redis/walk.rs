//! A walk: `SCAN` over one node after the other, and a read of what it names.
//!
//! `SCAN` returns each name that is there all the time, and some twice. Its cursor is worth nothing to another server process.
//! So a place names the process, and the map of the cluster. After a restart or a fail-over the node is walked again. After a
//! slot has moved to another node, the whole walk begins again.

use std::hash::{DefaultHasher, Hash, Hasher};

use redis::{Pipeline, Value};

use super::records::Records;
use super::wire::{Deadline, Wire};
use crate::error::Error;
use crate::store::contract::{Entry, Key, Page, ScanPlace, misplaced};

/// How many names are read in one round trip.
const READ_AT_ONCE: usize = 256;

/// A place in a walk. Bytes: `R`, then the parts in this order.
#[derive(Clone, Copy, Default)]
struct At {
    /// The number of the cluster's map.
    map: u64,
    /// The number of the server process. Zero before its first page.
    process: u64,
    cursor: u64,
    /// Which of the nodes.
    node: u32,
}

impl At {
    const KIND: u8 = b'R';

    fn read(place: &ScanPlace) -> Result<Self, Error> {
        let wrong = || misplaced("must be of a walk over Redis");
        let rest = place
            .as_bytes()
            .strip_prefix(&[Self::KIND])
            .ok_or_else(wrong)?;
        let (map, rest) = rest.split_first_chunk().ok_or_else(wrong)?;
        let (process, rest) = rest.split_first_chunk().ok_or_else(wrong)?;
        let (cursor, node) = rest.split_first_chunk().ok_or_else(wrong)?;
        Ok(Self {
            map: u64::from_be_bytes(*map),
            process: u64::from_be_bytes(*process),
            cursor: u64::from_be_bytes(*cursor),
            node: u32::from_be_bytes(node.try_into().map_err(|_| wrong())?),
        })
    }

    fn place(self) -> Result<ScanPlace, Error> {
        let (map, process) = (self.map.to_be_bytes(), self.process.to_be_bytes());
        let (cursor, node) = (self.cursor.to_be_bytes(), self.node.to_be_bytes());
        let kind: &[u8] = &[Self::KIND];
        ScanPlace::from_bytes(&[kind, &map, &process, &cursor, &node].concat())
    }
}

/// Returns a page.
pub(super) async fn scan<W: Wire>(
    records: &Records<W>,
    from: Option<&ScanPlace>,
    limit: usize,
) -> Result<Page, Error> {
    let mut at = from.map(At::read).transpose()?.unwrap_or_default();
    let deadline = records.deadline();
    records.settle_doubt(deadline).await;
    let map = records.nodes.number();
    if at.map != map {
        at = At {
            map,
            ..At::default()
        };
    }
    let nodes = records.nodes.primaries();
    let place = usize::try_from(at.node).unwrap_or(usize::MAX);
    let Some(wire) = nodes.get(place) else {
        return Ok(Page::new(Vec::new(), None));
    };
    let mut answer = asked(records, wire.as_ref(), at.cursor, limit, deadline).await?;
    if at.cursor != 0 && at.process != answer.process {
        answer = asked(records, wire.as_ref(), 0, limit, deadline).await?;
    }
    let mut found = Vec::with_capacity(answer.keys.len());
    for keys in answer.keys.chunks(READ_AT_ONCE) {
        read(records, wire.as_ref(), keys, deadline, &mut found).await?;
    }
    at.process = answer.process;
    at.cursor = answer.cursor;
    if answer.cursor == 0 {
        at.node = at.node.saturating_add(1);
    }
    let is_last = answer.cursor == 0 && place.saturating_add(1) >= nodes.len();
    let next = if is_last { None } else { Some(at.place()?) };
    Ok(Page::new(found, next))
}

/// The answer of a node.
struct Named {
    process: u64,
    cursor: u64,
    keys: Vec<Key>,
}

/// Asks a node for names, and which process it is.
async fn asked<W: Wire>(
    records: &Records<W>,
    wire: &W,
    cursor: u64,
    limit: usize,
    deadline: Deadline,
) -> Result<Named, Error> {
    let mut commands: Pipeline = redis::pipe();
    commands.cmd("INFO");
    commands
        .cmd("SCAN")
        .arg(cursor)
        .arg("MATCH")
        .arg(records.names.pattern())
        .arg("COUNT")
        .arg(limit.max(1));
    let answers = wire.exchange(&commands, None, deadline).await;
    let answers = answers.map_err(|failure| records.failed(failure, true))?;
    let [info, page] = answers.as_slice() else {
        return Err(records.odd());
    };
    let page = match page {
        Value::Array(page) => page.as_slice(),
        Value::ServerError(_) => return Err(records.refused(page.clone())),
        _ => return Err(records.odd()),
    };
    let [Value::BulkString(cursor), Value::Array(names)] = page else {
        return Err(records.odd());
    };
    let cursor = str::from_utf8(cursor)
        .ok()
        .and_then(|text| text.parse().ok());
    let name = |name: &Value| match name {
        Value::BulkString(name) => records.names.key_of(name),
        _ => None,
    };
    Ok(Named {
        process: process(records, wire, info)?,
        cursor: cursor.ok_or_else(|| records.odd())?,
        keys: names.iter().filter_map(name).collect(),
    })
}

/// Returns the number of the server process. A server that does not say it has none, and is taken for the one before.
fn process<W: Wire>(records: &Records<W>, wire: &W, info: &Value) -> Result<u64, Error> {
    let Value::BulkString(text) = info else {
        return Ok(0);
    };
    let text = String::from_utf8_lossy(text);
    let field = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    if field("role").is_some_and(|role| role != "master") {
        wire.renew();
        records.nodes.doubt();
        return Err(records.error("it is a replica by now, and a replica reads what was: walk on"));
    }
    let mut hasher = DefaultHasher::new();
    field("run_id").hash(&mut hasher);
    Ok(hasher.finish())
}

/// Reads records of one node. What moved to another node meanwhile is read there.
async fn read<W: Wire>(
    records: &Records<W>,
    wire: &W,
    keys: &[Key],
    deadline: Deadline,
    found: &mut Vec<(Key, Result<Entry, Error>)>,
) -> Result<(), Error> {
    let mut commands = redis::pipe();
    for key in keys {
        commands.cmd("GET").arg(records.names.record(key));
    }
    let answers = wire.exchange(&commands, None, deadline).await;
    let answers = answers.map_err(|failure| records.failed(failure, true))?;
    for (key, answer) in keys.iter().zip(answers) {
        let present = match answer {
            Value::ServerError(_) => records.load(key).await,
            answer => records.present(&answer),
        };
        match present {
            Ok(Some(entry)) => found.push((*key, Ok(entry))),
            Ok(None) => {}
            Err(error) if error.is_corrupt() => found.push((*key, Err(error))),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
