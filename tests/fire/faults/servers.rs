//! The server of a run, of either kind, on a small disk of its own.

use std::process::Command;
use std::sync::Mutex;

use postgres::NoTls;

use super::proxy::Upstream;
use super::rooms::{Disk, Rooms};
use crate::support::postgres::Server;
use crate::support::redis::RedisServer;

/// A disk of Redis, in megabytes. Its log is all that grows.
const REDIS_DISK: u32 = 24;
/// A new database of PostgreSQL takes 23 MB, and its log at most 8.
const POSTGRES_DISK: u32 = 64;

pub enum Servers {
    Redis(Box<Mutex<RedisServer>>, Disk),
    Postgres(Box<Server>, Disk),
}

impl Servers {
    /// A Redis that has written each change to its log before it answers.
    #[track_caller]
    pub fn redis(test: &str, rooms: &Rooms) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = rooms.disk(folder.path(), REDIS_DISK);
        let log = [
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ];
        let server = RedisServer::start_in(test, folder, &log)?;
        Some(Self::Redis(Box::new(Mutex::new(server)), disk))
    }

    #[track_caller]
    pub fn postgres(test: &str, rooms: &Rooms) -> Option<Self> {
        let disk = Mutex::new(None);
        let server = Server::start_on(test, &|data| {
            *disk.lock().unwrap() = Some(rooms.disk(data, POSTGRES_DISK));
        })?;
        for setting in ["max_wal_size = '4MB'", "min_wal_size = '2MB'"] {
            let mut client = server.client();
            let set = format!("ALTER SYSTEM SET {setting}");
            client.batch_execute(&set).unwrap();
            client.batch_execute("SELECT pg_reload_conf()").unwrap();
        }
        let disk = disk.into_inner().unwrap().expect("a disk was made");
        Some(Self::Postgres(Box::new(server), disk))
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Redis(..) => "Redis",
            Self::Postgres(..) => "PostgreSQL",
        }
    }

    pub fn upstream(&self) -> Upstream {
        match self {
            Self::Redis(server, _) => Upstream::Tcp(server.lock().unwrap().port()),
            Self::Postgres(server, _) => Upstream::Unix(server.socket()),
        }
    }

    /// The address of the store behind a proxy.
    pub fn url(&self, proxy: std::net::SocketAddr) -> String {
        match self {
            Self::Redis(..) => format!("redis://{proxy}"),
            Self::Postgres(..) => format!("postgres://bank@{proxy}/postgres"),
        }
    }

    pub fn kill(&self) {
        match self {
            Self::Redis(server, _) => server.lock().unwrap().kill(),
            Self::Postgres(server, _) => server.kill(),
        }
    }

    pub fn start_again(&self) {
        match self {
            Self::Redis(server, _) => server.lock().unwrap().start_again(),
            Self::Postgres(server, _) => server.resume(),
        }
    }

    /// Stops all its processes, without closing anything.
    pub fn freeze(&self) {
        match self {
            Self::Redis(server, _) => server.lock().unwrap().freeze(),
            Self::Postgres(server, _) => server.signal("STOP"),
        }
    }

    pub fn thaw(&self) {
        match self {
            Self::Redis(server, _) => server.lock().unwrap().thaw(),
            Self::Postgres(server, _) => server.signal("CONT"),
        }
    }

    /// Starts it again if it has ended by itself, as the supervisor of a host does. Says whether it had.
    pub fn supervise(&self) -> bool {
        let has_ended = match self {
            Self::Redis(server, _) => server.lock().unwrap().has_ended(),
            Self::Postgres(server, _) => server.has_ended(),
        };
        if has_ended {
            self.start_again();
        }
        has_ended
    }

    /// Lets a full disk be felt. Redis ends at its first write, and its supervisor starts it again. PostgreSQL goes on in the log that it
    /// has, so another program writes, too, until there is no room for its log.
    pub fn press(&self) {
        match self {
            Self::Redis(..) => drop(self.supervise()),
            Self::Postgres(server, _) => {
                let Ok(mut other) = server.config().connect(NoTls) else {
                    return;
                };
                let write = "SELECT pg_logical_emit_message(true, 'other', repeat('x', 500000))";
                let has_room = |_: &i32| other.batch_execute(write).is_ok();
                (0..50).take_while(has_room).for_each(drop);
            }
        }
    }

    fn disk(&self) -> &Disk {
        match self {
            Self::Redis(_, disk) | Self::Postgres(_, disk) => disk,
        }
    }

    pub fn disk_form(&self) -> String {
        self.disk().form()
    }

    fn processes(&self) -> Vec<String> {
        match self {
            Self::Redis(server, _) => vec![server.lock().unwrap().process().to_string()],
            Self::Postgres(server, _) => server.processes(),
        }
    }

    fn as_user(&self, program: &str) -> Command {
        match self {
            Self::Redis(..) => Command::new(program),
            Self::Postgres(server, _) => server.as_user(program),
        }
    }

    /// Takes the room on its disk.
    pub fn fill(&self) {
        self.disk()
            .fill(&self.processes(), &|program| self.as_user(program));
    }

    pub fn free(&self) {
        self.disk()
            .free(&self.processes(), &|program| self.as_user(program));
    }
}
