//! A copy of the program, and a small HTTP client.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A folder with the bank's file, its keys, and the clock that all copies read.
pub struct Folder {
    folder: tempfile::TempDir,
    store: String,
}

impl Folder {
    pub fn new(store: &str) -> Self {
        let folder = Self {
            folder: tempfile::tempdir().unwrap(),
            store: store.to_owned(),
        };
        folder.write_clock(1_800_000_000);
        folder
    }

    /// The file of the bank's tables.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("bank.db")
    }

    fn clock(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    fn write_clock(&self, seconds: u64) {
        let draft = self.folder.path().join("clock.draft");
        std::fs::write(&draft, seconds.to_string()).unwrap();
        std::fs::rename(draft, self.clock()).unwrap();
    }

    pub fn now(&self) -> u64 {
        std::fs::read_to_string(self.clock())
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.write_clock(self.now() + seconds);
    }

    /// Starts a copy of the program on a free port.
    pub fn open(&self, more: &[&str]) -> Bank {
        Bank::start(self.folder.path(), &self.clock(), &self.store, more)
    }
}

/// A running copy of the program.
pub struct Bank {
    program: Child,
    pub address: String,
    metrics: String,
    said: Receiver<String>,
}

impl Bank {
    fn start(folder: &Path, clock: &Path, store: &str, more: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_web_bank"))
            .args(["--listen", "127.0.0.1:0", "--store", store])
            .arg("--data")
            .arg(folder)
            .arg("--clock")
            .arg(clock)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, said) = channel();
        let errors = program.stderr.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                eprintln!("{line}");
                drop(sender.send(line));
            }
        });
        let mut out = BufReader::new(program.stdout.take().unwrap());
        let mut after = |words: &str| {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            let address = line.trim().strip_prefix(words);
            let address = address.unwrap_or_else(|| panic!("the bank did not open: {line}"));
            address.to_owned()
        };
        let metrics = after("metrics are at ");
        let address = after("the bank is open at ");
        let address = address.trim_end_matches('/').to_owned();
        Self {
            program,
            address,
            metrics,
            said,
        }
    }

    /// Waits until the program says this, on its standard error.
    #[track_caller]
    pub fn expect_said(&self, text: &str) {
        let wait = Duration::from_secs(60);
        while !self.said.recv_timeout(wait).unwrap().contains(text) {}
    }

    /// Returns the page of the measures, from its own listener.
    pub fn metrics(&self) -> String {
        let (host, path) = self
            .metrics
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let reply = ask(host, "GET", &format!("/{path}"), &[], "");
        let kind = reply.header("content-type").unwrap();
        assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
        reply.body
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.request("GET", path, headers, "")
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Reply {
        let pairs: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let form = ("content-type", "application/x-www-form-urlencoded");
        self.request("POST", path, &[headers, &[form]].concat(), &pairs.join("&"))
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let host = self.address.strip_prefix("http://").unwrap();
        ask(host, method, path, headers, body)
    }
}

fn ask(host: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{lines}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    /// Returns a header; the first, if there are more.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(given, _)| given.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }

    /// Returns the cookie that the reply sets, as a browser sends it back.
    pub fn cookie(&self) -> &str {
        self.header("set-cookie")
            .unwrap()
            .split(';')
            .next()
            .unwrap()
    }

    /// Returns the token of the first form.
    pub fn token(&self) -> &str {
        between(&self.body, "name=token value=\"", "\"")
    }
}

/// Returns the text after one mark and before another.
#[track_caller]
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no `{from}` in {text}"))
        .1;
    start.split_once(to).unwrap().0
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
