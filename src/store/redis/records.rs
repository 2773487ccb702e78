//! The records: the four duties of a store as requests to nodes.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use redis::{ConnectionAddr, Pipeline, ServerErrorKind, Value};

use super::admission;
use super::layout::{self, Names, Shard};
use super::nodes::{Address, Nodes};
use super::options::RedisOptions;
use super::scripts::{Request, Scripts};
use super::tls;
use super::wire::{Deadline, Failure, Wire, told};
use crate::error::Error;
use crate::store::contract::{Entry, Key, Replaced, Version};
use crate::time::Timestamp;

/// How often a request follows a server's word to another place.
const HOPS: usize = 16;
/// How long a request waits for a slot that is on its way to another node.
const PAUSE: Duration = Duration::from_millis(20);
/// How many indexes are asked in one round trip.
const SHARDS_AT_ONCE: usize = 512;

/// Records in Redis, over one kind of wire.
pub(super) struct Records<W> {
    /// For error texts.
    name: String,
    pub(super) names: Names,
    patience: Duration,
    replicas: usize,
    scripts: Scripts,
    pub(super) nodes: Nodes<W>,
}

/// The server's name. Scripts and nodes would fill a page.
impl<W> fmt::Debug for Records<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<W: Wire> Records<W> {
    /// Connects, and checks the server.
    pub(super) async fn open(options: &RedisOptions) -> Result<Self, Error> {
        if matches!(options.server.addr(), ConnectionAddr::TcpTls { .. }) {
            tls::provide();
        }
        let options = Arc::new(options.clone());
        let records = Self {
            name: format!("redis store {}", options.server.addr()),
            names: options.names.clone(),
            patience: options.patience,
            replicas: options.replicas,
            scripts: Scripts::new(),
            nodes: Nodes::new(options),
        };
        let deadline = records.deadline();
        // Without Redis Cluster the answer is an error of the server, and there is one node.
        let first = records.nodes.first();
        let answers = first.ask_apart(&slots(), deadline).await;
        let answers = answers.map_err(|failure| records.failed(failure, true))?;
        if let Some(answer) = answers.first() {
            records.nodes.learn(answer);
        }
        // Each connection is checked when it is opened.
        for wire in records.nodes.primaries() {
            let answers = wire.exchange(&admission::questions(), None, deadline).await;
            answers.map_err(|failure| records.failed(failure, true))?;
        }
        Ok(records)
    }

    pub(super) async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let name = self.names.record(key);
        let answer = self
            .ask(Shard::of(key), &Request::Load(&name), self.deadline())
            .await?;
        self.present(&answer)
    }

    pub(super) async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let value = layout::value_of(entry);
        let expected = expected.map_or(&[][..], |version| version.as_bytes());
        let mut names = vec![self.names.record(key)];
        // The index is named only if it is written: while a slot moves, a call with two names has to wait.
        let time = match entry.expires_at() {
            Some(time) => {
                names.push(self.names.index(Shard::of(key)));
                time.unix().to_string()
            }
            None => String::new(),
        };
        let values = [expected, &value, time.as_bytes(), key.as_bytes()];
        let values = if names.len() > 1 {
            &values[..]
        } else {
            values.get(..2).unwrap_or(&values)
        };
        self.swap(
            key,
            &Request::Run {
                script: &self.scripts.swap,
                names: &names,
                values,
            },
        )
        .await
    }

    pub(super) async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.swap(
            key,
            &Request::Run {
                script: &self.scripts.remove,
                names: &[self.names.record(key)],
                values: &[expected.as_bytes()],
            },
        )
        .await
    }

    async fn swap(&self, key: &Key, request: &Request<'_>) -> Result<Replaced, Error> {
        let answer = self.ask(Shard::of(key), request, self.deadline()).await?;
        match answer {
            Value::Int(1) => Ok(Replaced::Stored),
            answer => self.present(&answer).map(Replaced::Conflict),
        }
    }

    /// Each shard has a deadline of its own: a purge is as long as there is something to drop.
    pub(super) async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        let mut dropped = 0_usize;
        let shards: Vec<_> = Shard::all().collect();
        for shards in shards.chunks(SHARDS_AT_ONCE) {
            for (shard, answer) in self.look(shards, now).await? {
                dropped = dropped.saturating_add(self.sweep(shard, answer, now).await?);
            }
        }
        Ok(dropped)
    }

    /// Asks many indexes at once, each node for those it keeps.
    async fn look(&self, shards: &[Shard], now: Timestamp) -> Result<Vec<(Shard, Value)>, Error> {
        let mut by_node: Vec<(Arc<W>, Vec<Shard>)> = Vec::new();
        for shard in shards {
            let wire = self.nodes.of(*shard);
            match by_node
                .iter_mut()
                .find(|(other, _)| Arc::ptr_eq(other, &wire))
            {
                Some((_, group)) => group.push(*shard),
                None => by_node.push((wire, vec![*shard])),
            }
        }
        let mut found = Vec::new();
        for (wire, group) in by_node {
            let mut commands = redis::pipe();
            for shard in &group {
                let index = self.names.index(*shard);
                commands.add_command(due(&index, now).command(false));
            }
            let answers = match wire.exchange(&commands, None, self.deadline()).await {
                Ok(answers) => answers,
                Err(failure) => return Err(self.failed(failure, true)),
            };
            for (shard, answer) in group.into_iter().zip(answers) {
                // A server's error is met again below, where it is followed or told.
                if !matches!(&answer, Value::Array(due) if due.is_empty()) {
                    found.push((shard, answer));
                }
            }
        }
        Ok(found)
    }

    /// Drops what is due in a shard.
    async fn sweep(&self, shard: Shard, first: Value, now: Timestamp) -> Result<usize, Error> {
        let index = self.names.index(shard);
        let mut dropped = 0_usize;
        let mut answer = first;
        loop {
            if matches!(answer, Value::ServerError(_)) {
                answer = self.ask(shard, &due(&index, now), self.deadline()).await?;
            }
            let keys = keys_of(&answer).ok_or_else(|| self.odd())?;
            if keys.is_empty() {
                return Ok(dropped);
            }
            let now_text = now.unix().to_string();
            let mut names = vec![index.clone()];
            names.extend(keys.iter().map(|key| self.names.record(key)));
            let mut values = vec![now_text.as_bytes()];
            values.extend(keys.iter().map(|key| &key.as_bytes()[..]));
            let request = Request::Run {
                script: &self.scripts.drop,
                names: &names,
                values: &values,
            };
            match self.ask(shard, &request, self.deadline()).await? {
                Value::Int(count) => {
                    dropped = dropped.saturating_add(usize::try_from(count).unwrap_or(0));
                }
                _ => return Err(self.odd()),
            }
            answer = self.ask(shard, &due(&index, now), self.deadline()).await?;
        }
    }

    /// Sends a request to the node that keeps a shard, and follows where the servers send it.
    ///
    /// It is sent again only if a server refused it, so that it was not carried out, or if it only reads.
    async fn ask(
        &self,
        shard: Shard,
        request: &Request<'_>,
        deadline: Deadline,
    ) -> Result<Value, Error> {
        self.settle_doubt(deadline).await;
        let mut wire = self.nodes.of(shard);
        let (mut asking, mut whole_script, mut rereads) = (false, false, request.reads());
        let confirmation = self.confirmation(request);
        let mut hops = 0..HOPS;
        while hops.next().is_some() {
            let mut commands = redis::pipe();
            if asking {
                commands.cmd("ASKING");
            }
            commands.add_command(request.command(whole_script));
            let confirmation = confirmation.as_ref();
            let answers = match wire.exchange(&commands, confirmation, deadline).await {
                Ok(answers) => answers,
                Err(Failure::Lost(_)) if rereads && deadline.left().is_some() => {
                    rereads = false;
                    continue;
                }
                Err(failure) => {
                    if self.nodes.is_cluster() {
                        self.nodes.doubt();
                    }
                    return Err(self.failed(failure, request.reads()));
                }
            };
            let mut answers = answers.into_iter().skip(usize::from(asking));
            let answer = answers.next().ok_or_else(|| self.odd())?;
            asking = false;
            let Value::ServerError(error) = &answer else {
                return match answers.next() {
                    Some(replicas) => self.confirmed(answer, &replicas),
                    None => Ok(answer),
                };
            };
            let address = error
                .details()
                .and_then(|details| details.split_ascii_whitespace().nth(1))
                .and_then(|address| self.nodes.redirected(address));
            match (error.kind(), address) {
                (Some(ServerErrorKind::NoScript), _) if !whole_script => whole_script = true,
                (Some(ServerErrorKind::Moved), Some(address)) => {
                    Box::pin(self.moved(&address, deadline)).await?;
                    wire = self.nodes.at(&address);
                }
                (Some(ServerErrorKind::Ask), Some(address)) => {
                    wire = self.nodes.at(&address);
                    asking = true;
                }
                (Some(ServerErrorKind::TryAgain), _)
                    if deadline.left().is_some_and(|left| left > PAUSE) =>
                {
                    Box::pin(W::pause(PAUSE)).await;
                    // The time bounds the waits.
                    hops = 0..HOPS;
                    wire = self.nodes.of(shard);
                }
                (kind, _) => {
                    // It was demoted, or its cluster is about to choose another one.
                    if kind == Some(ServerErrorKind::ReadOnly)
                        || error
                            .details()
                            .is_some_and(|details| details.contains("READONLY"))
                    {
                        wire.renew();
                    }
                    if self.nodes.is_cluster() {
                        self.nodes.doubt();
                    }
                    return Err(self.refused(answer));
                }
            }
        }
        Err(self.error("the servers of the cluster disagree about who keeps the record"))
    }

    /// Returns the command that waits for replicas, if a write has to.
    fn confirmation(&self, request: &Request<'_>) -> Option<Pipeline> {
        if self.replicas == 0 || request.reads() {
            return None;
        }
        let mut wait = redis::pipe();
        // Half of the time, so that its answer is there before the caller gives up.
        let half = (self.patience.as_millis() / 2).max(1).to_string();
        wait.cmd("WAIT").arg(self.replicas).arg(half);
        Some(wait)
    }

    /// Takes the answer of a write with the number of replicas that have it.
    fn confirmed(&self, answer: Value, replicas: &Value) -> Result<Value, Error> {
        match replicas {
            Value::Int(count)
                if usize::try_from(*count).is_ok_and(|count| count >= self.replicas) =>
            {
                Ok(answer)
            }
            Value::Int(_) => Err(self.error(
                "fewer replicas than RedisOptions::with_replicas have confirmed the write; whether it lasts is unknown",
            )),
            _ => Err(self.refused(replicas.clone())),
        }
    }

    /// Asks a node that redirected here who keeps what.
    async fn moved(&self, to: &Address, deadline: Deadline) -> Result<(), Error> {
        let answers = self.nodes.at(to).ask_apart(&slots(), deadline).await;
        match answers.map_err(|failure| self.failed(failure, true))?.pop() {
            Some(answer @ Value::ServerError(_)) => Err(self.refused(answer)),
            Some(answer) if self.nodes.learn(&answer) => Ok(()),
            _ => Err(self.odd()),
        }
    }

    /// Asks who keeps what, if the map may be wrong.
    pub(super) async fn settle_doubt(&self, deadline: Deadline) {
        if self.nodes.takes_doubt() {
            // A future is moved by each caller that waits for it. What is seldom needed is apart.
            Box::pin(self.survey(deadline)).await;
        }
    }

    /// Asks all nodes who keeps what, until one answers. Without an answer the map stays, and the doubt too.
    async fn survey(&self, deadline: Deadline) {
        for wire in self.nodes.all() {
            let deadline = deadline.within(self.patience.checked_div(4).unwrap_or_default());
            if let Ok(answers) = wire.ask_apart(&slots(), deadline).await
                && answers
                    .first()
                    .is_some_and(|answer| self.nodes.learn(answer))
            {
                return;
            }
        }
        self.nodes.doubt();
    }

    /// Reads the record in an answer.
    pub(super) fn present(&self, answer: &Value) -> Result<Option<Entry>, Error> {
        match answer {
            Value::Nil => Ok(None),
            Value::BulkString(value) => layout::entry_of(value).map(Some),
            _ => Err(self.odd()),
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.patience)
    }

    pub(super) fn failed(&self, failure: Failure, reads: bool) -> Error {
        match failure {
            Failure::Lost(why) if !reads => {
                self.error(format!("{why}; whether the write took place is unknown"))
            }
            Failure::Unsent(why) | Failure::Lost(why) => self.error(why),
        }
    }

    pub(super) fn refused(&self, answer: Value) -> Error {
        match answer.extract_error() {
            Err(error) => self.error(told(&error)),
            Ok(_) => self.odd(),
        }
    }

    pub(super) fn odd(&self) -> Error {
        self.error("an answer that is none of these commands'")
    }

    pub(super) fn error(&self, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::store(self.name.clone(), why)
    }
}

fn slots() -> Pipeline {
    let mut commands = redis::pipe();
    commands.cmd("CLUSTER").arg("SLOTS");
    commands
}

fn due(index: &[u8], now: Timestamp) -> Request<'_> {
    Request::Due {
        index,
        now: now.unix(),
    }
}

/// Reads the keys in an answer of an index.
fn keys_of(answer: &Value) -> Option<Vec<Key>> {
    let Value::Array(members) = answer else {
        return None;
    };
    let key = |member: &Value| match member {
        Value::BulkString(bytes) => Some(Key::from_bytes(bytes.as_slice().try_into().ok()?)),
        _ => None,
    };
    members.iter().map(key).collect()
}
