//! The example, run as a stranger runs it: the story twice, every bad input, and a person at the terminal.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use crate::support::programs::example;
use countersign::{
    Timestamp,
    otp::{KeyUri, Totp},
};
use tempfile::TempDir;

fn command(folder: &Path) -> Command {
    let mut command = Command::new(example("contact_center"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

fn run<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

/// A day of the story, on the default file in this folder.
#[track_caller]
fn day(folder: &Path) -> String {
    let output = run::<&str>(folder, &[]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
    assert_eq!(error, "");
    String::from_utf8(output.stdout).unwrap()
}

/// What stands in a folder.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into(), fs::read(entry.path()).unwrap()))
        .collect()
}

/// What the first day printed, and what it left behind. It is lived once for all tests.
static FIRST_DAY: LazyLock<(String, BTreeMap<PathBuf, Vec<u8>>)> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    (day(folder.path()), contents(folder.path()))
});

/// A folder as the first day leaves it.
fn after_the_first_day() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, bytes) in &FIRST_DAY.1 {
        fs::write(folder.path().join(path), bytes).unwrap();
    }
    folder
}

/// Refused with one line that holds `words`; nothing is printed, made, changed or lost.
#[track_caller]
fn expect_refusal<A: AsRef<OsStr>>(folder: &Path, arguments: &[A], words: &str) {
    let before = contents(folder);
    let output = run(folder, arguments);
    expect_one_line(&output, words);
    assert_eq!(output.stdout, b"");
    assert!(contents(folder) == before, "a file was made or changed");
}

#[track_caller]
fn expect_one_line(output: &Output, words: &str) {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.matches('\n').count(), 1, "{error}");
    assert!(error.starts_with("contact_center: "), "{error}");
    assert!(error.contains(words), "{words:?} is not in {error:?}");
    assert!(!error.contains("panicked"), "{error}");
}

#[track_caller]
fn expect_words(page: &str, words: &[&str]) {
    // Lines are broken where the page ends.
    let flat: Vec<_> = page.split_whitespace().collect();
    let flat = flat.join(" ");
    for word in words {
        assert!(flat.contains(word), "{word:?} is not in\n{page}");
    }
}

/// Of the summary, the lines of who tried what.
fn told(page: &str, who: &str, what: &str) -> Vec<String> {
    let (_, summary) = page.rsplit_once("What each attempt got").unwrap();
    let of_them = |line: &&str| line.contains(who) && line.contains(what);
    summary.lines().filter(of_them).map(str::to_owned).collect()
}

#[test]
fn the_first_day_tells_the_whole_story() {
    let (page, files) = &*FIRST_DAY;
    expect_words(
        page,
        &[
            "IMPOSTOR",
            "step-up: a spoken code for this very request",
            "allowed: address.change",
            "audit: denied totp (replayed)",
            "audit: denied (private code told)",
            "audit: denied questions (unknown subject)",
            "■ locked until 17:59",
            "allowed: card.replace",
            "7 Lighthouse Row, Whitby (reference HB-",
            "Never tell it to anyone, not even us.",
            "Read it to our agent only if you called us.",
        ],
    );
    assert!(!page.contains("still"), "nothing is known yet");
    assert!(!page.contains('\u{1b}'), "a pipe is no terminal");
    assert!(page.lines().count() <= 130);
    let longest = page.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(100), "{longest:?} columns");

    let got = |who, what| told(page, who, what).len();
    assert_eq!(got("IMPOSTOR", "✘ denied"), 4);
    assert_eq!(got("IMPOSTOR", "■ locked"), 1);
    assert_eq!(got("IMPOSTOR", "✔ accepted"), 0);
    assert_eq!(got("Maya", "✔ accepted"), 5);

    let names: Vec<_> = files.keys().collect();
    let [database, keys, story] =
        ["", ".key", ".story"].map(|end| PathBuf::from(format!("contact_center.db{end}")));
    assert_eq!(names, [&database, &keys, &story]);
}

#[test]
fn the_next_days_still_know_the_first() {
    let folder = after_the_first_day();
    expect_words(
        &day(folder.path()),
        &[
            "■ locked until 17:59",
            "The lock of the last run still stands",
            "She is still enrolled",
            "She still lives at 7 Lighthouse Row, Whitby.",
            "yesterday's is still refused",
            "allowed: balance.read",
            "allowed: card.replace",
        ],
    );
    let third = day(folder.path());
    assert_eq!(told(&third, "IMPOSTOR", "✔ accepted").len(), 0);
    expect_words(
        &third,
        &["lock of the last run still stands", "allowed: card.replace"],
    );
    let keys = PathBuf::from("contact_center.db.key");
    assert_eq!(contents(folder.path())[&keys], FIRST_DAY.1[&keys]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    run(folder.path(), &["--interactive"]);
    let keys = fs::metadata(folder.path().join("contact_center.db.key")).unwrap();
    assert_eq!(keys.permissions().mode() & 0o777, 0o600);
    assert_eq!(keys.len(), 64);
}

#[test]
fn the_database_holds_nothing_in_plain() {
    let (page, files) = &*FIRST_DAY;
    let bytes = &files[Path::new("contact_center.db")];
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds("C-1042"), "the bank's own table has the number");
    let (_, key) = page.split_once("or type the key: ").unwrap();
    let key = key.lines().next().unwrap().replace(' ', "");
    for secret in [
        &key,
        "otpauth",
        "Lighthouse",
        "7700900142",
        "Ann’s",
        "Zoë",
        "zoe",
    ] {
        assert!(!holds(secret), "{secret} stands there in plain");
    }
}

#[test]
fn a_day_that_was_cut_off_is_followed_by_another() {
    let folder = TempDir::new().unwrap();
    for milliseconds in [20, 100, 200, 400, 800] {
        let mut child = command(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    expect_words(&day(folder.path()), &["allowed: card.replace"]);
}

#[test]
fn a_reader_may_leave_early() {
    let folder = after_the_first_day();
    let mut child = command(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = child.stdout.take().unwrap();
    reader.read_exact(&mut [0; 6]).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"");
}

#[test]
fn help_tells_every_option() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["--help"]);
    assert!(output.status.success());
    let page = String::from_utf8(output.stdout).unwrap();
    expect_words(&page, &["--interactive", "--database PATH", "--help"]);
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_bad_command_line_is_refused() {
    let folder = TempDir::new().unwrap();
    for (arguments, words) in [
        (&["--nope"][..], "invalid option '--nope'"),
        (&["-x"], "invalid option '-x'"),
        (&["stray"], "unexpected argument"),
        (&["--database"], "missing argument"),
        (&["--interactive=yes"], "unexpected argument"),
        (&["--database", "a", "--database", "b"], "given twice"),
    ] {
        expect_refusal(folder.path(), arguments, words);
    }
}

#[test]
fn a_bad_path_is_refused() {
    let folder = TempDir::new().unwrap();
    let text = vec![b'x'; 4_096];
    fs::write(folder.path().join("text.db"), text).unwrap();
    fs::create_dir(folder.path().join("folder.db")).unwrap();
    for (path, words) in [
        ("no/such/folder/day.db", "No such file or directory"),
        ("text.db", "file is not a database"),
        ("folder.db", "unable to open database file"),
        ("", "empty path"),
        (":memory:", "must name a file"),
        ("two\nlines/day.db", "two\\nlines"),
    ] {
        expect_refusal(folder.path(), &["--database", path], words);
    }
}

#[cfg(unix)]
#[test]
fn a_path_is_taken_as_it_stands() {
    let folder = TempDir::new().unwrap();
    let path = "file:day.db?mode=memory";
    let output = run(folder.path(), &["--interactive", "--database", path]);
    expect_one_line(&output, "the input ended");
    assert!(folder.path().join(path).is_file());
    assert!(folder.path().join(format!("{path}.key")).is_file());
}

#[test]
fn other_keys_are_refused() {
    let folder = after_the_first_day();
    let file = folder.path().join("contact_center.db.key");
    let keys = fs::read(&file).unwrap();

    for (other, words) in [
        (vec![7; 64], "cannot be opened"),
        (vec![0; 64], "must not be all zeros"),
        (Vec::new(), "must hold 64 bytes"),
        (keys[..63].to_vec(), "must hold 64 bytes"),
        (keys[..32].to_vec(), "must hold 64 bytes"),
        (keys.repeat(2), "must hold 64 bytes"),
        (vec![7; 10 << 20], "must hold 64 bytes"),
    ] {
        fs::write(&file, other).unwrap();
        expect_refusal::<&str>(folder.path(), &[], words);
    }
    fs::remove_file(&file).unwrap();
    expect_refusal::<&str>(folder.path(), &[], "contact_center.db.key");
    expect_refusal(folder.path(), &["--interactive"], "contact_center.db.key");

    fs::write(&file, &keys).unwrap();
    assert!(contents(folder.path()) == FIRST_DAY.1, "something was lost");
}

#[test]
fn an_altered_record_is_refused() {
    let folder = after_the_first_day();
    let database = rusqlite::Connection::open(folder.path().join("contact_center.db")).unwrap();
    let flipped = "UPDATE countersign_records
        SET bytes = CAST(substr(bytes, 1, 100) || x'2a2a' || substr(bytes, 103) AS BLOB)";
    assert!(database.execute(flipped, []).unwrap() > 0);
    drop(database);
    expect_refusal::<&str>(folder.path(), &[], "cannot be opened");
}

/// A person at the terminal: reads until something is asked, and types.
struct Terminal {
    child: Child,
    /// Everything that was printed so far.
    page: String,
    key: Option<String>,
    code: String,
}

impl Terminal {
    fn sit_down(folder: &Path) -> Self {
        let child = command(folder)
            .arg("--interactive")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            page: String::new(),
            key: None,
            code: String::new(),
        }
    }

    /// What is asked next; nothing at the end of the day.
    fn question(&mut self) -> Option<String> {
        let output = self.child.stdout.as_mut().unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b" > ") {
            let mut next = [0; 4_096];
            let read = output.read(&mut next).unwrap();
            if read == 0 {
                break;
            }
            bytes.extend_from_slice(&next[..read]);
        }
        let new = String::from_utf8(bytes).unwrap();
        self.page.push_str(&new);
        if let Some((_, key)) = new.split_once("or type the key: ") {
            self.key = key.lines().next().map(str::to_owned);
        }
        let question = new.strip_suffix(" > ")?.lines().last()?;
        Some(question.trim().to_owned())
    }

    fn answer(&mut self, text: &[u8]) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(text).unwrap();
        input.write_all(b"\n").unwrap();
    }

    /// What the app shows, or showed a step ago: a step is good once, and a test has no time to wait for the next.
    fn app_code(&mut self, seconds_ago: u64) -> String {
        let key = self.key.as_ref().unwrap().replace(' ', "");
        let app = KeyUri::parse(&format!("otpauth://totp/Maya?secret={key}"))
            .and_then(Totp::from_key_uri)
            .unwrap();
        let then = Timestamp::now().unwrap().unix() - seconds_ago;
        let then = Timestamp::from_unix(i64::try_from(then).unwrap()).unwrap();
        self.code = app.code_at(then).expose_text().to_owned();
        self.code.clone()
    }

    /// The code in the last message.
    fn message(&self) -> String {
        let (before, _) = self.page.rsplit_once(" is your code to").unwrap();
        before.rsplit(": ").next().unwrap().to_owned()
    }

    /// As whoever is asked would answer who knows everything, save that the impostor does not.
    fn honest_answer(&mut self, question: &str) -> String {
        let enrolling = !self.page.contains("confirmed");
        match question {
            "you, as Maya: the code in your app" if enrolling => self.app_code(30),
            "you, as Maya: the code in your app" => self.app_code(0),
            _ if question.ends_with("just read out") => self.code.clone(),
            _ if question.contains("the private code") => self.message(),
            _ if question.ends_with("the code in the message") => self.message(),
            "you, as Maya: What was your first pet called?" => "Mr. Fox".to_owned(),
            "you, as Maya: Which street did you grow up in?" => "Straße 5".to_owned(),
            "you, as Maya: In which city were you born?" => "Kraków".to_owned(),
            _ if question.starts_with("you, as IMPOSTOR: ") => "no idea".to_owned(),
            other => panic!("{other:?} is no question of this day"),
        }
    }

    /// The rest of the day, all questions answered by `answer`.
    fn live(&mut self, mut answer: impl FnMut(&mut Self, &str) -> String) {
        for _ in 0..100 {
            let Some(question) = self.question() else {
                return;
            };
            let text = answer(self, &question);
            self.answer(text.as_bytes());
        }
        panic!("the day does not end: {}", self.page);
    }

    /// Closes the input, and sees how it ended.
    fn leave(mut self) -> (String, Output) {
        drop(self.child.stdin.take());
        while self.question().is_some() {}
        let output = self.child.wait_with_output().unwrap();
        (self.page, output)
    }
}

#[test]
fn a_person_plays_the_whole_day_and_is_known_the_next() {
    let folder = TempDir::new().unwrap();
    let mut person = Terminal::sit_down(folder.path());
    person.live(|person, question| person.honest_answer(question));
    let key = person.key.clone();
    let (page, output) = person.leave();
    assert!(output.status.success(), "{output:?}\n{page}");
    expect_words(
        &page,
        &[
            "allowed: address.change",
            "allowed: balance.read",
            "denied totp (replayed)",
            "denied (private code told)",
            "■ locked until",
            "allowed: card.replace",
        ],
    );
    // The app's step is spent, and there is no time to wait for the next: so a wrong code, then the phone.
    let mut again = Terminal::sit_down(folder.path());
    again.key = key;
    again.live(|person, question| match question {
        "you, as Maya: the code in your app" => "000 000".to_owned(),
        other => person.honest_answer(other),
    });
    let (page, output) = again.leave();
    assert!(output.status.success(), "{output:?}\n{page}");
    assert!(!page.contains("type the key"), "enrolled already");
    expect_words(
        &page,
        &[
            "She is still enrolled",
            "locked questions",
            "allowed: card.replace",
        ],
    );
    // The story has a customer of its own on the same file.
    expect_words(
        &day(folder.path()),
        &["Maya opens an account", "allowed: card.replace"],
    );
}

#[test]
fn a_person_who_is_always_wrong_gets_nothing() {
    let folder = TempDir::new().unwrap();
    let mut person = Terminal::sit_down(folder.path());
    person.live(|person, question| {
        let is_enrolled = person.page.contains("My phone is");
        match (is_enrolled, question) {
            (false, question) => person.honest_answer(question),
            (true, _) => "-0 \u{202e}１２３".to_owned(),
        }
    });
    let (page, output) = person.leave();
    assert!(output.status.success(), "{output:?}\n{page}");
    assert!(!page.contains("allowed: "), "{page}");
    expect_words(&page, &["I am sorry", "■ locked until"]);
}

#[test]
fn an_impostor_who_knows_the_answers_has_no_more_than_those() {
    let folder = TempDir::new().unwrap();
    let mut person = Terminal::sit_down(folder.path());
    person.live(|person, question| {
        let knows = question.contains('?') && !question.contains(" > ");
        let asked = question.replace("IMPOSTOR", "Maya");
        person.honest_answer(if knows { &asked } else { question })
    });
    let (page, output) = person.leave();
    assert!(output.status.success(), "{output:?}\n{page}");
    assert_eq!(told(&page, "IMPOSTOR", "✔ accepted").len(), 1, "{page}");
    assert_eq!(page.matches("allowed: ").count(), 3, "Maya's own");
}

#[test]
fn answers_that_break_a_rule_are_asked_again() {
    let folder = TempDir::new().unwrap();
    let mut person = Terminal::sit_down(folder.path());
    for answer in [
        None,
        Some("..."),
        None,
        None,
        Some("alike"),
        Some("Alike!"),
        None,
        None,
        None,
        None,
    ] {
        let question = person.question().unwrap();
        let honest = person.honest_answer(&question);
        person.answer(answer.unwrap_or(&honest).as_bytes());
    }
    let (page, _) = person.leave();
    expect_words(
        &page,
        &["must hold a letter or a digit", "must not", "My phone is"],
    );
}

#[test]
fn the_end_of_the_input_ends_the_day() {
    for answers in [0, 1, 5, 9] {
        let folder = TempDir::new().unwrap();
        let mut person = Terminal::sit_down(folder.path());
        for _ in 0..answers {
            let question = person.question().unwrap();
            let text = person.honest_answer(&question);
            person.answer(text.as_bytes());
        }
        let (_, output) = person.leave();
        expect_one_line(&output, "the input ended before the day did");
    }
}

#[test]
fn a_line_that_is_no_text_is_asked_for_again() {
    let folder = TempDir::new().unwrap();
    let mut person = Terminal::sit_down(folder.path());
    for (line, told) in [
        (vec![b'7'; 10 << 20], "longer than 1,024 bytes"),
        (vec![b'7'; 1_025], "longer than 1,024 bytes"),
        (vec![0xff, 0xfe], "no text in UTF-8"),
        (b"\xed\xa0\x80".to_vec(), "no text in UTF-8"),
    ] {
        let before = person.question().unwrap();
        person.answer(&line);
        assert!(before.ends_with("the code in your app"), "{before}");
        let seen = person.page.len();
        let again = person.question().unwrap();
        assert_eq!(again, before);
        assert!(
            person.page[seen..].contains(told),
            "{}",
            &person.page[seen..]
        );
        person.answer(b"");
    }
    let (page, output) = person.leave();
    expect_one_line(&output, "the input ended");
    assert_eq!(
        page.matches("audit: denied totp (wrong)").count(),
        4,
        "{page}"
    );
}

#[test]
fn what_is_typed_cannot_steer_the_terminal() {
    let folder = TempDir::new().unwrap();
    let mut person = Terminal::sit_down(folder.path());
    person.question().unwrap();
    person.answer(b"\x1b[2J\0\x07 12");
    let (page, _) = person.leave();
    assert!(page.contains("\\u{1b}[2J\\u{0}"), "{page}");
    assert!(!page.contains('\u{1b}'));
}

/// The lines between two headings of an example. Every line counts: blank ones and comments, too.
fn lines_of_the_adapter(text: &str, needed: [&str; 3]) -> usize {
    let (_, from) = text.split_once("// --- The adapter -").unwrap();
    let (adapter, _) = from.split_once("// --- The bank -").unwrap();
    let (_, adapter) = adapter.split_once('\n').unwrap();
    for needed in needed {
        assert!(adapter.contains(needed), "{needed} stands elsewhere");
    }
    adapter.trim().lines().count()
}

/// The statements in SQL stand above.
#[test]
fn the_adapter_of_a_table_of_ones_own_has_fewer_than_40_lines() {
    let text = include_str!("../../examples/own_table.rs");
    let needed = ["struct OwnTable", "impl Store for OwnTable", "fn purge"];
    let lines = lines_of_the_adapter(text, needed);
    assert!((20..40).contains(&lines), "{lines}");
}

/// Nothing stands above.
#[test]
fn the_adapter_of_a_custom_store_has_fewer_than_60_lines() {
    let text = include_str!("../../examples/custom_store.rs");
    let needed = ["const RECORDS", "impl Store for RedbStore", "fn purge"];
    let lines = lines_of_the_adapter(text, needed);
    assert!((20..60).contains(&lines), "{lines}");
}

#[test]
fn a_custom_store_passes_the_suite_and_outlives_its_process() {
    let output = Command::new(example("custom_store")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    expect_words(
        &page,
        &[
            "the adapter passes the suite",
            "the next process knows that the code was used: denied",
        ],
    );
}

#[test]
fn a_table_of_ones_own_runs_the_right_way_and_both_wrong_ones() {
    let output = Command::new(example("own_table")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    expect_words(
        &page,
        &[
            "the table passes the suite",
            "not allowed before 1 approval approved in another process, and booked",
            "approved again: denied: the transaction was carried out before",
            "50 of 50 guesses are judged",
            "outside a transaction, 5 of 50 are judged",
            "2 orders for one payment leave the bank",
        ],
    );
}
