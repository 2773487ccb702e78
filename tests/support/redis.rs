//! A Redis server of a test: on a free port, in a folder of its own, gone when the test ends, whichever way it ends.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use countersign::store::redis::RedisOptions;
use tempfile::TempDir;

use super::programs::is_there;

/// Long enough for a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct RedisServer {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RedisServer {
    /// Starts a server that keeps nothing. Without the program there is none, and the test is skipped.
    #[track_caller]
    pub fn start(test: &str) -> Option<Self> {
        Self::start_with(test, &["--save", ""])
    }

    #[track_caller]
    pub fn start_with(test: &str, arguments: &[&str]) -> Option<Self> {
        Self::start_in(test, tempfile::tempdir().unwrap(), arguments)
    }

    /// Starts a server in a folder that holds something already.
    #[track_caller]
    pub fn start_in(test: &str, folder: TempDir, arguments: &[&str]) -> Option<Self> {
        let probe = &mut Command::new("redis-server");
        if !is_there(probe.arg("--version"), "redis-server", test) {
            return None;
        }
        let arguments: Vec<_> = arguments.iter().map(|part| (*part).to_owned()).collect();
        // Somebody else may take a free port first.
        for _ in 0..10 {
            let port = free_port();
            let child = spawn(port, &arguments, &folder);
            let mut server = Self {
                child,
                port,
                arguments: arguments.clone(),
                folder: tempfile::tempdir().unwrap(),
            };
            if server.answers() {
                server.folder = folder;
                return Some(server);
            }
        }
        panic!("redis-server does not start");
    }

    /// Waits until it answers. Says no if it ended instead.
    fn answers(&mut self) -> bool {
        let start = Instant::now();
        loop {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            let client = redis::Client::open(self.url()).unwrap();
            let answer = client
                .get_connection_with_timeout(Duration::from_secs(1))
                .and_then(|mut connection| redis::cmd("PING").query::<String>(&mut connection));
            match answer {
                Ok(_) => return true,
                // It is there, and wants a password.
                Err(error) if error.to_string().contains("NOAUTH") => return true,
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
            assert!(start.elapsed() < PATIENCE, "redis-server does not answer");
        }
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn options(&self) -> RedisOptions {
        RedisOptions::new(&self.url()).unwrap()
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Runs a command beside the store.
    #[track_caller]
    pub fn run<T: redis::FromRedisValue>(&self, command: &str) -> T {
        let mut parts = command.split_ascii_whitespace();
        let mut call = redis::cmd(parts.next().unwrap());
        for part in parts {
            call.arg(part);
        }
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_connection_with_timeout(PATIENCE).unwrap();
        call.query(&mut connection).unwrap()
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, on the same port and folder.
    #[track_caller]
    pub fn start_again(&mut self) {
        let start = Instant::now();
        loop {
            self.child = spawn(self.port, &self.arguments, &self.folder);
            if self.answers() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "redis-server does not start");
        }
    }

    /// Stops it without closing anything: its connections stay, and nothing answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    #[allow(dead_code, reason = "the test of faults asks")]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    #[allow(dead_code, reason = "the test of faults asks")]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        let status = kill.args([signal, &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

fn spawn(port: u16, arguments: &[String], folder: &TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(arguments)
        .arg("--dir")
        .arg(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn free_port() -> u16 {
    // A cluster's bus takes the port 10,000 further.
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if port < 50_000 {
            return port;
        }
    }
}
