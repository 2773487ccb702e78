//! A store in Redis or Redis Cluster, for many machines.
//!
//! [`RedisStore`] and [`AsyncRedisStore`] keep the same records by the same scripts. They take `redis://`, `rediss://` or
//! `unix://`. The server is Redis 6.2 or newer, or Valkey.
//!
//! # What Redis keeps
//! A record is one string. Its name is the prefix, a hash tag of three letters, and the 32 bytes of its key. The value is the
//! version, the time it expires, and the sealed bytes: 33 bytes more than these. A write is one script, in one round
//! trip. It compares the version. On a conflict it returns the present record.
//!
//! No name has a time to live. The server's clock decides about one, and a server whose clock is ahead would drop a budget of tries early.
//! Instead, each shard has an index of what expires (`{abc}:expires`). Only [`purge`](super::Store::purge) drops, by the
//! host's clock. It reads the indexes alone, and not the records of people.
//!
//! # What the server must be
//! - A primary. A replica is refused: it reads what was.
//! - **One that drops nothing**: `maxmemory-policy noeviction`. When memory is full, writes fail then, and nothing is revealed.
//!   A policy `allkeys-..` is refused: Redis would drop locks, used codes and customers. A policy `volatile-..` drops only what has a
//!   time to live. So it is accepted.
//!   The store reads the policy with `INFO`, which managed servers allow too. If one does not, there is
//!   [`RedisOptions::without_eviction_check`].
//! - **One that writes a log**: `appendonly yes` and `appendfsync always`. The store does not check this. Redis comes without a log, and
//!   then a crash [loses minutes](#what-a-crash-loses).
//!
//! These settings are recommended:
//!
//! ```text
//! appendonly yes
//! appendfsync always
//! maxmemory-policy noeviction
//! # Half of the machine: a rewrite of the log can take as much again. This is for 32 GB.
//! maxmemory 16gb
//! # With replicas only: a primary without any takes no writes then.
//! min-replicas-to-write 1
//! min-replicas-max-lag 10
//! ```
//!
//! # Round trips
//! A call reads the record and writes it: two round trips. Those of many tasks share a connection. For a customer who has shown something,
//! [`Verifier::with_remembered`](crate::Verifier::with_remembered) saves the read. A caller who loses a race needs no further read: the script
//! returns the present record.
//!
//! # The user
//! These rights suffice, with the prefix as the pattern of names:
//!
//! ```text
//! ACL SETUSER countersign on >PASSWORD resetkeys ~countersign:* -@all +ping +info +cluster|slots
//!     +get +getrange +set +del +scan +zadd +zrem +zrangebyscore +eval +evalsha
//! ```
//!
//! [`RedisOptions::with_replicas`] takes `+wait`, too. A database other than 0 takes `+select`.
//! Redis Cluster takes `+asking`. Redis before 7 has no subcommands in `ACL`: say `+cluster` there.
//!
//! # What a crash loses
//! Redis answers before its disk or a replica has the write, unless it is told otherwise. A write that is lost brings a used code back, and
//! forgets wrong tries and enrolments. These settings of the server say how much is lost:
//!
//! | setting | a crash of the process loses | a power cut loses | cost |
//! |---|---|---|---|
//! | `appendonly no` (how Redis comes) | all since the last snapshot: minutes to an hour | the same | none |
//! | `appendonly yes`, `appendfsync everysec` | nothing. Up to two seconds, if the disk is slow: Redis answers without waiting for it | one to two seconds | little |
//! | `appendonly yes`, `appendfsync always` | nothing | nothing | a wait for the disk in each round of writes, about 1 ms on an SSD. Writes of many callers share one |
//!
//! When the disk is full, a Redis with `always` ends before it answers. Let a supervisor start it again. With `everysec` it refuses writes, but the
//! first ones were answered by then, and are not in the log. If the process dies before there is room, they are lost.
//!
//! Use `appendfsync always`, or know that two seconds can come back. A verifier whose record went back accepts a code of these seconds again.
//!
//! # What a fail-over loses
//! Replicas get each write **after** its answer. When the primary dies, a replica takes over without the last writes: usually milliseconds, and more
//! if the replica was behind. A primary that is cut off from its replicas goes on answering until it notices. What it
//! stored meanwhile is lost when it comes back. So Redis with fail-over is not linearizable, and neither is this store over it.
//!
//! - `min-replicas-to-write 1` and `min-replicas-max-lag 10` let a primary refuse writes that has lost its replicas for ten seconds. This bounds what a
//!   cut-off primary can store. It costs service: with too few replicas there are no writes.
//! - [`RedisOptions::with_replicas`] lets each write wait (`WAIT`) until so many replicas have it in memory. It costs a round trip to the
//!   replicas. It makes a loss much less likely, not impossible: a fail-over can choose a replica that does not have the write. An
//!   error of this wait means that the write may have taken place. In an [`AsyncRedisStore`] the wait of one write holds up the others.
//! - A proxy or a service that replicates in both directions (active-active, CRDTs) merges two writes by the last one. **Do not use one.** A code would be
//!   accepted once in each region. Let all regions write to one primary.
//!
//! If a second use of a code after a fail-over is not acceptable, keep the records in a database that replicates before it answers.
//! The manual compares [all set-ups that lose](crate::manual::operating#lost-by-design).
//!
//! # When something fails
//! A call takes no longer than [`RedisOptions::with_patience`] says, in all. The store opens a broken connection anew by itself.
//!
//! - A write whose answer was lost is an error, and the store does not send it again. The verifier reveals nothing then.
//! - A read is sent once more. So is a script that the server has forgotten (`SCRIPT FLUSH`, a restart, a fail-over), and what a node of a cluster sent
//!   elsewhere. A server that answers so has written nothing.
//! - A primary that became a replica refuses writes. The store closes its connections, and looks for the primary under the same name.
//!
//! # Redis Cluster
//! Name any node. The store learns the others, and each connection is checked as above. A record and its index have one hash tag, so no script
//! touches two slots. There are 4,096 tags. `purge` asks every primary. While slots move, the store follows the nodes' answers.
//! User, password and TLS are the same for all nodes.
//!
//! # Walks
//! A walk is `SCAN` over one primary after the other. It shows some records twice. After a restart or a fail-over it walks over that server again,
//! and after a move of slots over all of them. This may take a walk longer, and loses no record. A record can escape it in one case: its slot is on its
//! way to another node while the walk passes. So let no slot move while a walk has to be whole, for example before you destroy a root key.

mod admission;
mod blocking;
mod layout;
mod line;
mod multiplexed;
mod nodes;
mod nonblocking;
mod options;
mod pool;
mod records;
mod scripts;
mod socket;
mod tls;
mod walk;
mod wire;

pub use blocking::RedisStore;
pub use nonblocking::AsyncRedisStore;
pub use options::RedisOptions;
