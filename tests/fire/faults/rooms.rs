//! Namespaces of a test: a machine for the servers, with a small disk, and a host for each worker, on a wire of its own.
//!
//! A container may forbid namespaces. Each fault has a weaker form then, which needs no right, and the test says which form ran.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, io, process, thread};

use super::proxy::{Mode, Proxy, Upstream};

/// Set in a test that runs in namespaces of its own.
const INSIDE: &str = "COUNTERSIGN_FIRE_INSIDE";
/// Set to `no`, it lets the tests run as where namespaces are forbidden.
const NAMESPACES: &str = "COUNTERSIGN_FIRE_NAMESPACES";
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(240);

/// Runs the body in namespaces of its own, if there are any: this test is started once more within them.
///
/// `needs_root`: a server that refuses to be started by the root of a user namespace.
#[track_caller]
pub fn inside(test: &str, needs_root: bool, body: impl FnOnce(&Rooms)) {
    if env::var_os(INSIDE).is_some() {
        end_with_the_test();
        // A new network finds even its own machine unreachable.
        let network = ip("link set lo up");
        assert!(network.is_ok(), "{network:?}");
        return body(&Rooms { are_own: true });
    }
    let is_root = run(Command::new("id").arg("-u")).is_ok_and(|told| told.trim() == "0");
    let unshare: &[&str] = if is_root { &["-mn"] } else { &["-rmn"] };
    let probe = || run(Command::new("unshare").args(unshare).arg("true"));
    let why = match probe() {
        _ if env::var_os(NAMESPACES).is_some_and(|set| set == "no") => {
            Some(format!("{NAMESPACES} says no"))
        }
        Ok(_) if is_root || !needs_root => None,
        Ok(_) => Some("the server refuses the root of a user namespace".to_owned()),
        Err(why) => Some(why),
    };
    if let Some(why) = why {
        say(&format!("{test}: without namespaces, because: {why}"));
        return body(&Rooms { are_own: false });
    }
    // The name of the test as the harness knows it.
    let name = thread::current().name().unwrap().to_owned();
    let mut child = Command::new("unshare")
        .args(unshare)
        .arg(env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(INSIDE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let read = child.stdout.take().unwrap().read_to_string(&mut told);
    read.unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "inside its namespaces: {status}\n{told}");
    assert!(told.contains("1 passed"), "{name} did not run: {told}");
}

/// Ends this process if the test that started it is gone, or takes too long.
fn end_with_the_test() {
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        process::exit(1);
    });
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        say("the test takes too long");
        process::exit(1);
    });
}

/// Past the test harness, which would swallow what `println!` writes.
pub fn say(text: &str) {
    io::stderr()
        .write_all(format!("{text}\n").as_bytes())
        .unwrap();
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|cause| format!("{:?}: {cause}", command.get_program()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("no reason").to_owned())
}

fn ip(arguments: &str) -> Result<String, String> {
    run(Command::new("ip").args(arguments.split(' ')))
}

/// Where a test runs.
pub struct Rooms {
    are_own: bool,
}

/// Addresses behind a wire at which nobody answers.
pub const SILENT: [&str; 2] = ["10.97.0.7", "10.97.0.8"];

impl Rooms {
    /// Gives a name these silent addresses. Says no where there are no namespaces.
    pub fn names(&self, name: &str, addresses: &[&str]) -> bool {
        if !self.are_own {
            return false;
        }
        let wire = ip("link add silent type veth peer name other")
            .and_then(|_| ip("addr add 10.97.0.1/24 dev silent"))
            .and_then(|_| ip("link set other up"))
            .and_then(|_| ip("link set silent up"));
        if let Err(why) = wire {
            say(&format!("skipped: no silent addresses, because: {why}"));
            return false;
        }
        let lines = addresses
            .iter()
            .map(|address| format!("{address} {name}\n"));
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), lines.collect::<String>()).unwrap();
        let mut mount = Command::new("mount");
        run(mount.arg("--bind").arg(file.path()).arg("/etc/hosts")).unwrap();
        true
    }

    /// Makes a disk of so many megabytes at a folder, which is there.
    pub fn disk(&self, folder: &Path, megabytes: u32) -> Disk {
        let size = format!("size={megabytes}m,mode=700");
        let mounted = if self.are_own {
            let mut mount = Command::new("mount");
            mount
                .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
                .arg(folder);
            run(&mut mount).map(|_| ())
        } else {
            Err("there are no namespaces".to_owned())
        };
        Disk {
            folder: folder.to_owned(),
            form: match mounted {
                Ok(()) => DiskForm::Tmpfs(megabytes),
                Err(why) => DiskForm::Limit(why),
            },
        }
    }

    /// Makes so many hosts, each with a proxy before the server.
    pub fn hosts(&self, count: usize, upstream: &Upstream) -> Hosts {
        let wired = if self.are_own {
            (0..count).map(Wire::new).collect()
        } else {
            Err("there are no namespaces".to_owned())
        };
        match wired {
            Ok(wires) => {
                let wires: Vec<Wire> = wires;
                let hosts = wires.into_iter().map(|wire| Host {
                    proxy: Proxy::before(upstream.clone(), wire.server()),
                    wire: Some(wire),
                });
                Hosts {
                    hosts: hosts.collect(),
                    form: "network namespaces, a wire is down".to_owned(),
                }
            }
            Err(why) => {
                let hosts = (0..count).map(|_| Host {
                    proxy: Proxy::before(upstream.clone(), Ipv4Addr::LOCALHOST),
                    wire: None,
                });
                Hosts {
                    hosts: hosts.collect(),
                    form: format!("fallback, a proxy holds what is said ({why})"),
                }
            }
        }
    }
}

/// A small disk that can be full.
pub struct Disk {
    folder: PathBuf,
    form: DiskForm,
}

enum DiskForm {
    Tmpfs(u32),
    /// Files cannot grow, as with a quota.
    Limit(String),
}

impl Disk {
    pub fn form(&self) -> String {
        match &self.form {
            DiskForm::Tmpfs(megabytes) => format!("tmpfs of {megabytes} MB"),
            DiskForm::Limit(why) => format!("fallback, RLIMIT_FSIZE of the server ({why})"),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    /// Leaves no room. `processes` are those of the server; `as_user` starts a program with its rights.
    pub fn fill(&self, processes: &[String], as_user: &dyn Fn(&str) -> Command) {
        match self.form {
            DiskForm::Tmpfs(_) => {
                let mut file = fs::File::create(self.ballast()).unwrap();
                for block in [1 << 16, 1 << 10, 1] {
                    while file.write_all(&vec![1; block]).is_ok() {}
                }
            }
            DiskForm::Limit(_) => limit(processes, "1", as_user),
        }
    }

    /// Gives the room back.
    pub fn free(&self, processes: &[String], as_user: &dyn Fn(&str) -> Command) {
        match self.form {
            DiskForm::Tmpfs(_) => fs::remove_file(self.ballast()).unwrap(),
            DiskForm::Limit(_) => limit(processes, "unlimited", as_user),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if matches!(self.form, DiskForm::Tmpfs(_)) {
            let _ = run(Command::new("umount").arg("-l").arg(&self.folder));
        }
    }
}

/// A process may be gone meanwhile: then there is nothing to limit.
fn limit(processes: &[String], size: &str, as_user: &dyn Fn(&str) -> Command) {
    for process in processes {
        let mut command = as_user("prlimit");
        command.args(["--pid", process, &format!("--fsize={size}:")]);
        let _ = run(&mut command);
    }
}

/// The hosts of the workers.
pub struct Hosts {
    hosts: Vec<Host>,
    form: String,
}

pub struct Host {
    pub proxy: Proxy,
    wire: Option<Wire>,
}

impl Hosts {
    pub fn form(&self) -> &str {
        &self.form
    }

    pub fn all(&self) -> &[Host] {
        &self.hosts
    }
}

impl Host {
    /// What stands before a command of this host.
    pub fn enter(&self) -> Vec<String> {
        self.wire.as_ref().map_or_else(Vec::new, Wire::enter)
    }

    /// Parts it from the server: nothing arrives, and nothing is refused.
    pub fn part(&self) {
        match &self.wire {
            Some(wire) => wire.set("down"),
            None => self.proxy.set(Mode::Hold),
        }
    }

    pub fn join(&self) {
        match &self.wire {
            Some(wire) => wire.set("up"),
            None => self.proxy.set(Mode::Pass),
        }
    }
}

/// A network namespace with a wire to the servers' one. A process holds it, and ends with this one.
struct Wire {
    number: usize,
    holder: Child,
}

impl Drop for Wire {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Wire {
    fn new(number: usize) -> Result<Self, String> {
        let mut holder = Command::new("unshare")
            .args(["-n", "sh", "-c", "echo; read _"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| cause.to_string())?;
        let mut line = String::new();
        let read = BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line);
        let wire = Self { number, holder };
        if read.is_err() || line.is_empty() {
            return Err("unshare -n is not allowed".to_owned());
        }
        let (name, there) = (wire.name(), wire.holder.id());
        ip(&format!(
            "link add {name} type veth peer name wire netns {there}"
        ))?;
        ip(&format!("addr add {}/30 dev {name}", wire.server()))?;
        ip(&format!("link set {name} up"))?;
        for step in [
            "link set lo up".to_owned(),
            format!("addr add 10.99.{number}.2/30 dev wire"),
            "link set wire up".to_owned(),
        ] {
            let mut command = Command::new("nsenter");
            command.args(["-t", &there.to_string(), "-n", "ip"]);
            run(command.args(step.split(' ')))?;
        }
        Ok(wire)
    }

    fn name(&self) -> String {
        format!("wire{}", self.number)
    }

    /// The server as the host sees it.
    fn server(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 99, u8::try_from(self.number).unwrap(), 1)
    }

    fn enter(&self) -> Vec<String> {
        let there = self.holder.id().to_string();
        ["nsenter", "-t", &there, "-n"].map(str::to_owned).to_vec()
    }

    /// The end at the servers goes up or down. The host's own end stays up: it sees silence.
    fn set(&self, state: &str) {
        ip(&format!("link set {} {state}", self.name())).unwrap();
    }
}
