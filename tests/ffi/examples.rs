//! The desks in C, C++ and Python, on the file of the desk in Rust: each sees what the others have written.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::rc::Rc;
use std::sync::LazyLock;

use countersign::audit::{Audit, Event, EventKind, Reason};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::knowledge::QuestionId;
use countersign::limits::Limits;
use countersign::otp::{KeyUri, Totp};
use countersign::store::sqlite::SqliteStore;
use countersign::time::ManualClock;
use countersign::{
    Attempt, Channel, Code, Context, Error, Factor, Outcome, Settings, Subject, Timestamp, Verifier,
};
use tempfile::TempDir;

use crate::programs::{cargo, compile_at, library, root, target, text};
use crate::support::programs::is_there;

const DATABASE: &str = "contact_center.db";
const DAY: i64 = 86_400;
/// When Maya gives a code of her app to a desk that opens in the evening: 17:51:20.
const HER_CODE: i64 = 17 * 3_600 + 51 * 60 + 20;

/// The example in Rust.
static RUST: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = cargo()
        .args(["build", "--quiet", "--example", "contact_center"])
        .arg("--target-dir")
        .arg(target())
        .current_dir(root())
        .status()
        .unwrap();
    assert!(built.success(), "the example is not built");
    target().join("debug/examples/contact_center")
});

fn c(compiler: &str) -> Command {
    let source = root().join("examples/c/verify_caller.c");
    Command::new(compile_at(compiler, "c11", &source, &[]))
}

fn cpp(compiler: &str) -> Command {
    let source = root().join("examples/cpp/verify_caller.cpp");
    Command::new(compile_at(compiler, "c++17", &source, &[]))
}

fn python(arguments: &[&str]) -> Command {
    let mut python = Command::new("python3");
    python
        .args(["-B", "-W", "error"])
        .args(arguments)
        .env("COUNTERSIGN_LIBRARY", library().join("libcountersign.so"));
    python
}

fn python_desk() -> Command {
    let program = root().join("examples/python/verify_caller.py");
    python(&[program.to_str().unwrap()])
}

/// A folder with the file that all desks work on.
struct Evening {
    folder: TempDir,
}

impl Evening {
    fn begin() -> Self {
        let evening = Self {
            folder: TempDir::new().unwrap(),
        };
        let _first_day = evening.rust();
        evening
    }

    fn path(&self, end: &str) -> PathBuf {
        self.folder.path().join(format!("{DATABASE}{end}"))
    }

    /// A day of the story in Rust.
    #[track_caller]
    fn rust(&self) -> String {
        self.page(&mut Command::new(RUST.as_path()))
    }

    /// A few minutes of a desk in another language.
    #[track_caller]
    fn desk(&self, mut desk: Command) -> String {
        desk.arg(DATABASE)
            .arg(root().join("examples/contact_center"));
        self.page(&mut desk)
    }

    #[track_caller]
    fn page(&self, command: &mut Command) -> String {
        let output = command.current_dir(&self.folder).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        assert!(output.stderr.is_empty(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The day that the story has come to, and Maya's app.
    fn story(&self) -> (i64, Totp) {
        let story = std::fs::read_to_string(self.path(".story")).unwrap();
        let (now, app) = story
            .trim_end()
            .strip_prefix("now ")
            .and_then(|rest| rest.split_once("\napp "))
            .unwrap();
        let now: i64 = now.parse().unwrap();
        let app = Totp::from_key_uri(KeyUri::parse(app).unwrap()).unwrap();
        (now - now % DAY, app)
    }

    /// The library in Rust, on the same file, at this second of the story's day.
    fn library(&self, second: i64) -> Library {
        let keys = std::fs::read(self.path(".key")).unwrap();
        let half = |from: usize| keys[from..from + 32].try_into().unwrap();
        let root = RootKey::from_bytes(1, half(0)).unwrap();
        let secret = LongTermSecret::from_bytes(1, half(32)).unwrap();
        let settings = Settings::new("harbour", Keyring::new(root, secret))
            .unwrap()
            .with_limits(Limits::psd2())
            .with_questions(&[1, 2, 3].map(QuestionId::new), 2)
            .unwrap();
        let (day, app) = self.story();
        let now = Timestamp::from_unix(day + second).unwrap();
        let trail = Trail::default();
        let verifier = Verifier::new(SqliteStore::open(self.path("")).unwrap(), settings)
            .with_clock(ManualClock::new(now))
            .with_audit(trail.clone());
        Library {
            verifier,
            trail,
            call: Context::begin(Channel::Agent).unwrap(),
            maya: Subject::new("harbour", "C-1042").unwrap(),
            code: app.code_at(now).expose_text().to_owned(),
        }
    }
}

#[derive(Clone, Default)]
struct Trail(Rc<RefCell<Option<EventKind>>>);

impl Audit for Trail {
    fn write(&self, event: &Event) -> Result<(), Error> {
        self.0.replace(Some(event.kind));
        Ok(())
    }
}

struct Library {
    verifier: Verifier<SqliteStore, Trail>,
    trail: Trail,
    call: Context,
    maya: Subject,
    /// What her app shows.
    code: String,
}

impl Library {
    fn check(&self, code: &str) -> Outcome {
        let attempt = Attempt::Totp(Code::typed(code));
        let Self { maya, call, .. } = self;
        self.verifier.check(maya, &attempt, call).unwrap()
    }

    /// The code that was given to a desk of another language is used.
    #[track_caller]
    fn finds_the_code_used(&self) {
        assert!(matches!(self.check(&self.code), Outcome::Denied));
        let denied = EventKind::Denied {
            factor: Factor::Totp,
            reason: Reason::Replayed,
        };
        assert_eq!(self.trail.0.take(), Some(denied));
    }
}

#[track_caller]
fn expect(page: &str, lines: &[&str]) {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = squeezed(page);
    for line in lines {
        assert!(page.contains(&squeezed(line)), "{line:?} is not in {page}");
    }
}

const GUESS: &str = "a guess      denied";

#[test]
fn rust_and_c_take_turns_on_one_file() {
    let evening = Evening::begin();
    let first = evening.desk(c("gcc"));
    expect(
        &first,
        &[
            // The lock of Rust.
            "two answers locked until 17:59 audit: locked questions",
            "app code denied audit: denied totp (wrong)",
            "policy: step up: totp or private_code or spoken_code",
            "app code accepted audit: accepted totp",
            "policy: allowed, this once: balance.read",
            "app code denied audit: denied totp (replayed)",
            "a guess locked until 18:06 audit: locked totp",
            "SMS to +447700900142:",
            "sent code accepted audit: accepted spoken_code",
            "two answers accepted audit: accepted questions",
            "policy: allowed, this once: card.replace",
        ],
    );
    assert_eq!(first.matches(GUESS).count(), 4);

    expect(
        &evening.rust(),
        &[
            "The lock of the last run still stands",
            // The lock of C.
            "totp: ■ locked until 18:06",
            "yesterday's is still refused",
            "allowed: balance.read",
            "allowed: card.replace",
        ],
    );

    // Rust takes the code that Maya will give to C, and two wrong ones.
    let library = evening.library(HER_CODE);
    assert!(matches!(library.check(&library.code), Outcome::Accepted(_)));
    for _ in 0..2 {
        assert!(matches!(library.check("000000"), Outcome::Denied));
    }
    let second = evening.desk(c("clang"));
    expect(
        &second,
        &[
            "app code denied audit: denied totp (replayed) 17:51 \"I am sorry",
            "a guess locked until",
            "policy: allowed, this once: card.replace",
        ],
    );
    // Two tries of Rust and three of C are five: no guess is judged.
    assert_eq!(second.matches(GUESS).count(), 0);
    let status = library.verifier.status(&library.maya, &library.call);
    assert!(status.unwrap().locked(Factor::Totp).is_some());
}

#[test]
fn cpp_and_python_take_turns_on_one_file() {
    let evening = Evening::begin();
    let used = &[
        "app code: accepted, audit: accepted totp",
        "\"1,204.50 pounds.\"",
        "app code: denied, audit: denied totp (replayed)",
    ];
    expect(&evening.desk(cpp("g++")), used);
    evening.library(HER_CODE).finds_the_code_used();

    let python = evening.desk(python_desk());
    expect(&python, used);
    expect(
        &python,
        &[
            "two answers: locked until 17:59, audit: locked questions",
            "sent code: accepted, audit: accepted spoken_code",
            "policy: allowed, this once: card.replace",
        ],
    );
    evening.library(HER_CODE + 6 * 60).finds_the_code_used();

    expect(&evening.desk(cpp("clang++")), used);
    evening.library(HER_CODE + 12 * 60).finds_the_code_used();
    expect(&evening.rust(), &["allowed: card.replace"]);
}

/// The order of the page: the app is locked by guesses at the desk in C, so the policy asks for other factors.
#[test]
fn each_desk_gets_along_with_the_lock_of_another() {
    let evening = Evening::begin();
    expect(&evening.desk(c("gcc")), &["a guess locked until 18:06"]);
    for desk in [cpp("g++"), python_desk()] {
        expect(
            &evening.desk(desk),
            &[
                "policy: step up: private_code or spoken_code",
                "sent code: accepted, audit: accepted spoken_code",
                "\"1,204.50 pounds.\"",
                "app code: locked until 18:06, audit: locked totp",
            ],
        );
    }
}

/// Refused with one line that holds `words`.
#[track_caller]
fn expect_one_line(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", text(output));
    assert!(output.stdout.is_empty(), "{}", text(output));
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(error.matches('\n').count(), 1, "{error}");
    assert!(error.starts_with("verify_caller: "), "{error}");
    assert!(error.contains(words), "{words:?} is not in {error:?}");
}

#[test]
fn bad_arguments_are_refused_in_one_line() {
    let evening = Evening::begin();
    let bank = root().join("examples/contact_center");
    let bank = bank.to_str().unwrap();
    let desks: [fn() -> Command; 3] = [|| c("gcc"), || cpp("g++"), python_desk];
    let run = |desk: fn() -> Command, arguments: &[&str]| {
        let mut command = desk();
        command.args(arguments).current_dir(&evening.folder);
        command.output().unwrap()
    };
    let keys = std::fs::read(evening.path(".key")).unwrap();
    let story = std::fs::read(evening.path(".story")).unwrap();
    for desk in desks {
        for arguments in [&[][..], &["--help"], &[DATABASE, bank, "more"]] {
            expect_one_line(&run(desk, arguments), "usage: verify_caller");
        }
        expect_one_line(&run(desk, &["other.db", bank]), "other.db");
        expect_one_line(&run(desk, &[DATABASE, "nowhere"]), "nowhere");
        assert!(!evening.folder.path().join("other.db").exists());
        for (end, wrong, words) in [
            (".key", &[7; 64][..], "cannot be opened"),
            (".key", &keys[..63], "64 bytes"),
            (".story", b"tomorrow", "now"),
        ] {
            std::fs::write(evening.path(end), wrong).unwrap();
            expect_one_line_after_the_title(&run(desk, &[DATABASE, bank]), words);
            std::fs::write(evening.path(".key"), &keys).unwrap();
            std::fs::write(evening.path(".story"), &story).unwrap();
        }
    }
}

/// Refused with one line on stderr. Some errors show at the first call alone.
#[track_caller]
fn expect_one_line_after_the_title(output: &Output, words: &str) {
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!told.contains("policy"), "{told}");
    let output = Output {
        stdout: Vec::new(),
        ..output.clone()
    };
    expect_one_line(&output, words);
}

#[test]
fn the_module_for_python_keeps_its_promises() {
    let test = root().join("tests/ffi/module.py");
    let output = python(&[test.to_str().unwrap()])
        .arg(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_module_for_python_is_typed() {
    let python = || Command::new("python3");
    if !is_there(
        python().args(["-m", "mypy", "--version"]),
        "mypy",
        "types of Python",
    ) {
        return;
    }
    let folder = root().join("examples/python");
    let output = python()
        .args([
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            "--cache-dir",
        ])
        .arg(target().join("ffi/mypy"))
        .args(["countersign.py", "verify_caller.py"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

/// The commands of the page name files that are there.
#[test]
fn the_page_names_the_programs() {
    let page = include_str!("../../src/ffi/examples.md");
    for program in [
        "examples/c/verify_caller.c",
        "examples/cpp/verify_caller.cpp",
        "examples/python/verify_caller.py",
        "examples/python/countersign.py",
    ] {
        assert!(page.contains(program), "{program} is not on the page");
        assert!(Path::new(&root()).join(program).is_file());
    }
}
