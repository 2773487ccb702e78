//! The PAM module of the examples, as `pamtester` drives it. `pam_wrapper` has libpam read the services of a folder here, so
//! nothing of the machine changes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::Timestamp;
use countersign::otp::{KeyUri, Totp};
use tempfile::TempDir;

use crate::programs::{compile_at, root};
use crate::support::programs::is_there;

const PASSWORD: &str = "eleven purple elephants";

/// A machine with one service, and the files of the module.
struct Machine {
    folder: TempDir,
    enrol: PathBuf,
}

/// A user, with the app and the recovery codes.
struct User {
    name: &'static str,
    app: Totp,
    codes: Vec<String>,
}

/// Unix time. It is never at the end of a step: what is computed now is of this step when it arrives.
fn now() -> i64 {
    loop {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        if now % 30 < 26 {
            return now;
        }
        sleep(Duration::from_millis(200));
    }
}

/// The module and the command that enrols, by the last of the compilers. None where PAM is missing.
static PROGRAMS: LazyLock<Option<(PathBuf, PathBuf)>> = LazyLock::new(|| {
    let test = "the PAM module";
    let linked = |name: &str| {
        let mut probe = Command::new("cc");
        let _ = probe.args(["-x", "c", "-shared", "-o", "/dev/null", "/dev/null"]);
        let _ = probe.arg(format!("-l{name}"));
        probe
    };
    let mut headers = Command::new("cc");
    let _ = headers.args([
        "-E",
        "-include",
        "security/pam_ext.h",
        "-x",
        "c",
        "/dev/null",
    ]);
    let mut tester = Command::new("sh");
    let _ = tester.args(["-c", "command -v pamtester"]);
    let there = is_there(&mut tester, "pamtester", test)
        && is_there(&mut headers, "libpam0g-dev", test)
        && is_there(&mut linked("pam"), "libpam0g-dev", test)
        && is_there(&mut linked("pam_wrapper"), "libpam-wrapper", test);
    let source = |name: &str| root().join("examples/c").join(name);
    let made = |compiler| {
        let shared = ["-fPIC", "-shared", "-lpam"];
        let module = compile_at(compiler, "c11", &source("pam_countersign.c"), &shared);
        (
            module,
            compile_at(compiler, "c11", &source("pam_enrol.c"), &[]),
        )
    };
    there.then(|| ["clang", "gcc"].map(made).into_iter().next_back())?
});

impl User {
    fn code_at(&self, now: i64) -> String {
        let now = Timestamp::from_unix(now).unwrap();
        self.app.code_at(now).expose_text().to_owned()
    }

    fn recovery_code(&mut self) -> String {
        self.codes.pop().unwrap()
    }
}

impl Machine {
    fn new() -> Option<Self> {
        let (module, enrol) = PROGRAMS.as_ref()?;
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("services");
        std::fs::create_dir(&services).unwrap();
        let service = format!(
            "auth required {} store={} keys={}\n",
            module.display(),
            folder.path().join("pam.db").display(),
            folder.path().join("keys").display()
        );
        std::fs::write(services.join("login"), &service).unwrap();
        // Without it, libpam writes that it is missing.
        std::fs::write(services.join("other"), &service).unwrap();
        Some(Self {
            folder,
            enrol: enrol.clone(),
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn enrol(&self, name: &'static str) -> User {
        let mut enrol = Command::new(&self.enrol)
            .args([self.file("pam.db"), self.file("keys"), name.into()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut typed = enrol.stdin.take().unwrap();
        let mut shown = BufReader::new(enrol.stdout.take().unwrap()).lines();
        writeln!(typed, "{PASSWORD}").unwrap();
        let uri = shown
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.starts_with("otpauth://"))
            .unwrap();
        let app = Totp::from_key_uri(KeyUri::parse(&uri).unwrap()).unwrap();
        let mut user = User {
            name,
            app,
            codes: Vec::new(),
        };
        // The step before, so that the code of this one is left for a login.
        let first = user.code_at(now() - 30);
        writeln!(typed, "{first}").unwrap();
        let last = shown.map(Result::unwrap).last().unwrap();
        assert!(enrol.wait().unwrap().success());
        let codes: serde_json::Value = serde_json::from_str(&last).unwrap();
        let codes = codes["codes"].as_array().unwrap().iter();
        user.codes = codes
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        user
    }

    /// Begins a login. It asks, and waits for what is typed.
    fn begin(&self, user: &str) -> Child {
        Command::new("pamtester")
            .args(["login", user, "authenticate"])
            .env("LD_PRELOAD", "libpam_wrapper.so")
            .env("PAM_WRAPPER", "1")
            .env("PAM_WRAPPER_SERVICE_DIR", self.file("services"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Logs in, and returns all that the user sees.
    fn login(&self, user: &str, password: &str, code: &str) -> String {
        let mut session = self.begin(user);
        typed(&mut session, password, code);
        seen(session)
    }
}

fn typed(session: &mut Child, password: &str, code: &str) {
    let mut stdin = session.stdin.take().unwrap();
    stdin
        .write_all(format!("{password}\n{code}\n").as_bytes())
        .unwrap();
}

/// All that the user sees, in one line: prompts and messages, and then how it ended.
#[expect(clippy::print_stdout, reason = "the transcript is what the test shows")]
fn seen(session: Child) -> String {
    let output = session.wait_with_output().unwrap();
    let lines = |bytes| {
        String::from_utf8_lossy(bytes)
            .trim_end()
            .replace('\n', " | ")
    };
    let text = format!("{}{}", lines(&output.stderr), lines(&output.stdout));
    let passed = output.status.success();
    assert_eq!(passed, text.contains(PASSED), "{text}");
    println!("{text}");
    text
}

const PASSED: &str = "pamtester: successfully authenticated";
const REFUSED: &str = "pamtester: Authentication failure";
const LOCKED: &str = "Too many wrong tries. Wait, and try again. | pamtester: Have exhausted maximum number of retries for service";
const UNAVAILABLE: &str = "pamtester: Authentication service cannot retrieve authentication info";

#[track_caller]
fn ends(seen: &str, with: &str) {
    assert!(seen.ends_with(with), "{seen}");
}

#[test]
fn a_login_with_a_password_and_a_code() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let mut anna = machine.enrol("anna");
    let mode = std::fs::metadata(machine.file("keys"))
        .unwrap()
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let login = |code: &str| machine.login("anna", PASSWORD, code);

    let code = anna.code_at(now());
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    ends(&login(&wrong), REFUSED);
    ends(
        &machine.login("anna", "twelve elephants", "123456"),
        REFUSED,
    );
    ends(&login(&code), PASSED);
    ends(&login(&code), REFUSED);
    let code = anna.recovery_code();
    ends(&login(&code), PASSED);
    ends(&login(&code), REFUSED);
    // A code that was shown beside a wrong password is spent.
    let code = anna.recovery_code();
    ends(&machine.login("anna", "twelve elephants", &code), REFUSED);
    ends(&login(&code), REFUSED);
    for (password, code) in [
        ("", ""),
        (PASSWORD, ""),
        ("", "123456"),
        ("\u{7f}\t", "none"),
    ] {
        ends(&machine.login("anna", password, code), REFUSED);
    }
    // No name is one of the store's, whatever is typed.
    ends(&machine.login("an\u{200b}na", PASSWORD, "123456"), REFUSED);
}

#[test]
fn tries_lock_and_a_name_that_does_not_exist_looks_the_same() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let mut berta = machine.enrol("berta");
    for _ in 0..5 {
        let known = machine.login(berta.name, "twelve elephants", "123456");
        let unknown = machine.login("nobody", "twelve elephants", "123456");
        ends(&known, REFUSED);
        assert_eq!(known, unknown);
    }
    let known = machine.login(berta.name, PASSWORD, &berta.code_at(now()));
    let unknown = machine.login("nobody", PASSWORD, "123456");
    ends(&known, LOCKED);
    assert_eq!(known, unknown);
    ends(
        &machine.login(berta.name, PASSWORD, &berta.recovery_code()),
        LOCKED,
    );
}

#[test]
fn of_two_sessions_with_one_code_one_is_opened() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let mut carla = machine.enrol("carla");
    let mut codes = vec![carla.code_at(now())];
    codes.extend((0..4).map(|_| carla.recovery_code()));
    for code in codes {
        let mut sessions = [machine.begin(carla.name), machine.begin(carla.name)];
        for session in &mut sessions {
            typed(session, PASSWORD, &code);
        }
        let passed = sessions.map(|session| seen(session).ends_with(PASSED));
        assert_eq!(passed.iter().filter(|passed| **passed).count(), 1);
    }
}

#[test]
fn nobody_passes_without_the_keys_or_the_store() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let mut dora = machine.enrol("dora");
    let keys = machine.file("keys");
    let kept = machine.file("kept");
    // Without a system log, `pam_wrapper` shows what the module writes there.
    let refused = |why: &str| {
        let seen = machine.login("dora", PASSWORD, "123456");
        assert!(
            seen.contains(why) && seen.ends_with(UNAVAILABLE),
            "{why}: {seen}"
        );
    };
    let allow = |file: &Path, mode: u32| {
        std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
    };
    for mode in [0o640, 0o604, 0o620, 0o602, 0o601] {
        allow(&keys, mode);
        refused("others may use the file of keys");
    }
    allow(&keys, 0o600);
    std::fs::rename(&keys, &kept).unwrap();
    refused("No such file");
    std::os::unix::fs::symlink(&kept, &keys).unwrap();
    refused("symbolic links");
    std::fs::remove_file(&keys).unwrap();
    std::fs::create_dir(&keys).unwrap();
    allow(&keys, 0o700);
    refused("not a plain file");
    std::fs::remove_dir(&keys).unwrap();
    std::fs::write(&keys, b"no keyring").unwrap();
    allow(&keys, 0o600);
    refused("holds no keyring");
    // Keys of another store open no record here.
    let other = Machine::new().unwrap();
    let _ = other.enrol("dora");
    let _ = std::fs::copy(other.file("keys"), &keys).unwrap();
    refused("the account record cannot be opened");
    let _ = std::fs::copy(&kept, &keys).unwrap();
    ends(
        &machine.login("dora", PASSWORD, &dora.recovery_code()),
        PASSED,
    );
    std::fs::write(machine.file("pam.db"), b"no store").unwrap();
    refused("file is not a database");
}
