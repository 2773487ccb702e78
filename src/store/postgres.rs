//! A store in PostgreSQL, for many machines.
//!
//! [`PostgresStore::migrate`] makes two tables in a schema of the host: `countersign_records`, and `countersign_layout` with the
//! number of its layout. A table with one of these names and other columns is refused before anything is written.
//!
//! The store keeps no state in the session: no setting, no named statement, no lock that outlives a statement. So PgBouncer may
//! stand between, also in transaction mode.
//!
//! # The role
//! These rights suffice for a host, after an owner has called `migrate`:
//!
//! ```sql
//! GRANT USAGE ON SCHEMA verification TO bank;
//! GRANT SELECT ON verification.countersign_layout TO bank; -- for migrate() alone
//! GRANT SELECT, INSERT, UPDATE, DELETE ON verification.countersign_records TO bank;
//! ```
//!
//! The role that makes the tables needs `CREATE` on the schema. If the schema is missing, it needs `CREATE` on the database.
//!
//! # Calls that are left
//! A call can end before its statement: it was too late, its future was dropped, or its connection was cut. The server alone would go on
//! waiting, for a row that another transaction holds, with a backend for each such call. So a store with connections of its own asks
//! the server to cancel the statement. A call is not held up by that. A thread or the host's runtime does it, for a second at most.
//!
//! - The request goes to every server that the configuration names. It is encrypted if `sslmode` is `require`.
//! - **PgBouncer** passes it on. Use 1.19.1 or later: an earlier one may end, or cancel the next statement of another client.
//! - **A pool or a transaction of the host**: the store cancels nothing, because the connection is the host's. Set `lock_timeout` for the
//!   role, below your time-out: `ALTER ROLE bank SET lock_timeout = '2s'`. The next statement of the
//!   connection waits until then.
//! - **Synchronous standbys**: the store cancels nothing where `synchronous_standby_names` is set, as it was when the connection was
//!   opened. A cancelled wait for a standby would leave a write that calls see, and that a fail-over loses. Set `lock_timeout` there.
//! - **A process that is killed** asks nobody, and so does a runtime that ended. From PostgreSQL 14 on, the server finds out by itself:
//!   `ALTER ROLE bank SET client_connection_check_interval = '5s'`.
//!
//! # Lost and kept at a failure
//! | setting | cost of a write | lost at a failure |
//! |---|---|---|
//! | `synchronous_commit = on`, one server (the default) | the server's own disk flushes its log | nothing, while that disk lives |
//! | `synchronous_commit = off` | none | the writes of the last 0.6 s, at a crash of the server |
//! | `fsync = off` | none | the whole database, at a crash of the machine |
//! | asynchronous standbys, fail-over | none | the writes that the standby did not have yet |
//! | `synchronous_standby_names` with `synchronous_commit = on` | one round trip to a standby, and its disk | nothing, at a fail-over to that standby |
//! | `synchronous_commit = remote_apply` | that, and until the standby shows it | nothing more: the store never reads from a standby |
//!
//! A lost write means that a code, a recovery code or a grant can be used once more, and that counted wrong tries are forgotten. A
//! confirmed enrolment can be gone. Where that must not be, fail over to synchronous standbys alone. Do not cancel a backend that
//! waits for a standby: PostgreSQL answers then with a warning, and the standby does not have the write.
//!
//! When the disk is full, writes fail. Without room for its log, PostgreSQL ends, and starts when there is room and its supervisor starts it.
//!
//! Two servers that both take writes are two stores: never let two primaries merge by the last write. Logical replication
//! in both directions does that. The manual compares [all set-ups that lose](crate::manual::operating#lost-by-design).
//!
//! # CockroachDB
//! The statements keep to what CockroachDB has: no advisory lock, and each statement of a migration stands alone. It answers lost
//! races with 40001, which is a conflict here. The tests of this crate do not run it.

mod blocking;
mod cancel;
mod connections;
mod connector;
mod failure;
mod layout;
mod link;
mod nonblocking;
mod records;
mod session;
mod table;
mod tasks;

pub use blocking::PostgresStore;
pub use failure::sqlstate;
pub use nonblocking::AsyncPostgresStore;
