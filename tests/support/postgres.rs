//! A PostgreSQL server of the test's own: in a temporary folder, on a socket there. It ends with the test program, however that ends.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use countersign::store::postgres::PostgresStore;
use postgres::{Client, Config, NoTls};
use tempfile::TempDir;

use super::programs::is_there;

/// Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program until its standard input is closed: that is when the test ends, even by a signal.
/// Its folder goes too, if nobody else will remove it.
const GUARD: &str =
    r#""$@" & child=$!; read _; kill -$0 $child; wait $child; [ -z "$LEFT" ] || rm -rf "$LEFT""#;

/// As whom the programs run: PostgreSQL and PgBouncer refuse root.
#[derive(Clone, Copy)]
struct User(Option<(u32, u32)>);

impl User {
    fn find() -> Self {
        let id = |of: &[&str]| -> Option<u32> {
            let output = Command::new("id").args(of).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            output
                .status
                .success()
                .then(|| text.trim().parse().unwrap())
        };
        if id(&["-u"]) != Some(0) {
            return Self(None);
        }
        let of = |name| id(&["-u", name]).zip(id(&["-g", name]));
        Self(of("postgres").or_else(|| of("nobody")))
    }

    fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
        command.current_dir("/");
        command
    }

    fn owns(self, path: &Path) {
        if let Self(Some((user, group))) = self {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }
}

/// A program that ends when this is dropped, or when the test process is gone.
struct Guarded(Child);

impl Guarded {
    fn start(user: User, signal: &str, left: &OsStr, log: &Path, program: &[OsString]) -> Self {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        let child = user
            .command("sh")
            .args(["-c", GUARD, signal])
            .env("LEFT", left)
            .args(program)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A server, and its databases.
pub struct Server {
    running: Mutex<Option<Guarded>>,
    programs: PathBuf,
    user: User,
    /// Whether the folder stays when this is dropped: a static never is.
    is_shared: bool,
    /// Settings beside those of all tests. They win.
    settings: Vec<&'static str>,
    folder: TempDir,
}

impl Server {
    /// Starts a server of this test alone. Without the program the test is skipped.
    #[track_caller]
    #[allow(dead_code, reason = "a program may share one alone")]
    pub fn start(test: &str) -> Option<Self> {
        Self::make(test, false, &|_| (), &[])
    }

    /// Starts a server whose data lie in a folder that is prepared before, such as a disk of its own.
    #[track_caller]
    #[allow(dead_code, reason = "the test of faults does")]
    pub fn start_on(test: &str, prepare: &dyn Fn(&Path)) -> Option<Self> {
        Self::make(test, false, prepare, &[])
    }

    /// Starts a server with settings of its own.
    #[track_caller]
    #[allow(dead_code, reason = "measurements take it")]
    pub fn start_with(test: &str, settings: &[&'static str]) -> Option<Self> {
        Self::make(test, false, &|_| (), settings)
    }

    #[track_caller]
    fn make(
        test: &str,
        is_shared: bool,
        prepare: &dyn Fn(&Path),
        settings: &[&'static str],
    ) -> Option<Self> {
        let programs = programs();
        let mut probe = Command::new(programs.join("postgres"));
        if !is_there(probe.arg("--version"), "postgresql", test) {
            return None;
        }
        let user = User::find();
        let folder = tempfile::tempdir().unwrap();
        user.owns(folder.path());
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        prepare(&data);
        user.owns(&data);
        let made = user
            .command(programs.join("initdb"))
            .args([
                "--auth=trust",
                "--username=bank",
                "--no-sync",
                "--locale=C",
                "--encoding=UTF8",
                // Small, for disks that are.
                "--wal-segsize=1",
            ])
            .arg("-D")
            .arg(&data)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let server = Self {
            running: Mutex::new(None),
            programs,
            user,
            is_shared,
            settings: settings.to_vec(),
            folder,
        };
        server.resume();
        Some(server)
    }

    /// The server that the tests of this program share.
    #[track_caller]
    pub fn shared(test: &str) -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        let shared = SHARED
            .get_or_init(|| Self::make(test, true, &|_| (), &[]))
            .as_ref();
        if shared.is_none() {
            // Says for this test, too, that it is skipped.
            let mut probe = Command::new(programs().join("postgres"));
            assert!(!is_there(probe.arg("--version"), "postgresql", test));
        }
        shared
    }

    /// Starts it again on what it had.
    pub fn resume(&self) {
        let folder = self.folder.path();
        let start = Instant::now();
        loop {
            let mut program: Vec<OsString> = vec![self.programs.join("postgres").into()];
            program.extend(["-D".into(), folder.join("data").into()]);
            program.extend(["-k".into(), folder.into()]);
            for setting in [
                "listen_addresses=",
                // The machine does not fail in a test, only the server does.
                "fsync=off",
                "shared_buffers=16MB",
                "max_connections=100",
            ]
            .iter()
            .chain(&self.settings)
            {
                program.extend(["-c".into(), (*setting).into()]);
            }
            let left = if self.is_shared {
                folder.as_os_str()
            } else {
                OsStr::new("")
            };
            let log = folder.join("log");
            let running = Guarded::start(self.user, "QUIT", left, &log, &program);
            *self.running.lock().unwrap() = Some(running);
            let attempt = Instant::now();
            while attempt.elapsed() < Duration::from_secs(5) {
                if self.config().connect(NoTls).is_ok() {
                    return;
                }
                thread::sleep(Duration::from_millis(20));
            }
            let log = fs::read_to_string(folder.join("log")).unwrap();
            assert!(
                start.elapsed() < PATIENCE,
                "the server does not start: {log}"
            );
        }
    }

    /// Kills the server and all its processes at once.
    pub fn kill(&self) {
        self.signal("KILL");
        self.running.lock().unwrap().take();
    }

    /// The server and all its processes, the first one first.
    pub fn processes(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("data/postmaster.pid"));
        // The server removes the file when it ends.
        let text = text.unwrap_or_default();
        let Some(server) = text.lines().next().map(str::to_owned) else {
            return Vec::new();
        };
        let mut all = vec![server.clone()];
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(stat) = fs::read_to_string(process.path().join("stat")) else {
                continue;
            };
            // After the name in brackets: the state, and the parent.
            let parent = stat
                .rsplit(") ")
                .next()
                .and_then(|rest| rest.split(' ').nth(1));
            if parent == Some(&server) {
                all.push(process.file_name().into_string().unwrap());
            }
        }
        all
    }

    /// Sends a signal to the server and all its processes.
    pub fn signal(&self, name: &str) {
        // The first one has the others as children: one call for all.
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .args(self.processes())
            .output();
        assert!(sent.is_ok());
    }

    /// Whether the server has ended by itself.
    #[allow(dead_code, reason = "the test of faults asks")]
    pub fn has_ended(&self) -> bool {
        let first = self.processes().into_iter().next();
        let stat = first.map(|server| fs::read_to_string(format!("/proc/{server}/stat")));
        // One that nobody has waited for yet is dead, too.
        !stat.is_some_and(|stat| stat.is_ok_and(|stat| !stat.contains(") Z ")))
    }

    /// A program with the rights of the server.
    #[allow(dead_code, reason = "the test of faults asks")]
    pub fn as_user(&self, program: &str) -> Command {
        self.user.command(program)
    }

    /// The socket that the server listens at.
    #[allow(dead_code, reason = "the test of faults asks")]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.folder.path())
            .user("bank")
            .dbname("postgres")
            .connect_timeout(Duration::from_secs(5));
        config
    }

    pub fn client(&self) -> Client {
        self.config().connect(NoTls).unwrap()
    }

    /// The address of its socket, for other processes.
    #[allow(dead_code, reason = "some programs have one process alone")]
    pub fn url(&self) -> String {
        let folder = self.folder.path().to_str().unwrap().replace('/', "%2F");
        format!("postgres://bank@{folder}/postgres")
    }

    pub fn settings(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(self.folder.path())
            .user("bank")
            .dbname("postgres");
        config
    }

    /// A store of its own, in the schema, with the tables.
    pub fn store(&self, schema: &str) -> PostgresStore<'static> {
        let store = PostgresStore::new(self.settings(), NoTls)
            .in_schema(schema)
            .unwrap();
        store.migrate().unwrap();
        store
    }

    /// A PgBouncer in transaction mode before the server: two connections for all. Without the program the test is skipped.
    #[track_caller]
    pub fn bouncer(&self, test: &str) -> Option<Bouncer> {
        let program = ["pgbouncer", "/usr/sbin/pgbouncer"]
            .into_iter()
            .find(|program| Command::new(program).arg("--version").output().is_ok());
        let mut probe = Command::new(program.unwrap_or("pgbouncer"));
        if !is_there(probe.arg("--version"), "pgbouncer", test) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        self.user.owns(folder.path());
        let settings = folder.path().join("pgbouncer.ini");
        let (server, own) = (self.folder.path().display(), folder.path().display());
        fs::File::create(&settings)
            .unwrap()
            .write_all(
                format!(
                    "[databases]\npostgres = host={server} user=bank\n[pgbouncer]\nunix_socket_dir = {own}\n\
                     listen_port = 5432\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
                )
                .as_bytes(),
            )
            .unwrap();
        let program = [probe.get_program().to_owned(), settings.into()];
        let log = folder.path().join("log");
        let running = Guarded::start(self.user, "TERM", OsStr::new(""), &log, &program);
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(folder.path())
            .user("bank")
            .dbname("postgres");
        let start = Instant::now();
        while Config::from(config.clone()).connect(NoTls).is_err() {
            let log = fs::read_to_string(folder.path().join("log")).unwrap();
            assert!(
                start.elapsed() < PATIENCE,
                "PgBouncer does not start: {log}"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Some(Bouncer {
            settings: config,
            _running: running,
            _folder: folder,
        })
    }
}

/// A pooler that keeps no state between transactions.
pub struct Bouncer {
    pub settings: tokio_postgres::Config,
    _running: Guarded,
    _folder: TempDir,
}

/// In the path, or where Debian has the newest.
fn programs() -> PathBuf {
    let found = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = found
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    newest.map_or_else(PathBuf::new, |version| {
        PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))
    })
}

/// A name that no other test of this program has.
pub fn fresh_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("bank_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
