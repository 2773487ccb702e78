//! SQLite files: between processes, in bad shape, beside other tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test fails by panicking"
)]

#[path = "support/stores.rs"]
mod stores;

use std::collections::HashSet;
use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use countersign::store::sqlite::SqliteStore;
use countersign::store::{Entry, Replaced, Store};
use countersign::{Error, Timestamp};
use rusqlite::Connection;
use stores::{directory, entry, key, version};

// --- Several at once -----------------------------------------------------------------------------------------

/// Long enough for a machine that does much else; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(240);
const PROCESSES: u8 = 4;
const CHILD: &str = "COUNTERSIGN_STORE_CHILD";

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < PATIENCE, "{} never came", path.display());
        thread::sleep(Duration::from_millis(2));
    }
}

/// Files appear whole: written beside, then renamed.
fn leave(path: &Path, text: &str) {
    let beside = path.with_extension("part");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

/// Says "here", waits for the parent's word.
fn meet(directory: &Path, phase: &str, number: u8) {
    leave(&directory.join(format!("{phase}-{number}")), "");
    wait_for(&directory.join(format!("{phase}-go")));
}

/// Not a test by itself: `sqlite_is_swapped_by_one_of_four_processes` runs it in processes of its own.
#[test]
#[ignore = "the other half of a test between processes"]
fn child_swaps_the_same_version() {
    let Ok(value) = std::env::var(CHILD) else {
        return;
    };
    let (number, directory) = value.split_once(':').unwrap();
    let (number, directory) = (number.parse::<u8>().unwrap(), PathBuf::from(directory));

    meet(&directory, "open", number);
    let store = SqliteStore::open(directory.join("records.db")).unwrap();
    let inserted = store.replace(&key(1), None, &entry(10 + number)).unwrap();
    leave(
        &directory.join(format!("inserted-{number}")),
        &told(&inserted),
    );

    wait_for(&directory.join("load-go"));
    let loaded = store.load(&key(1)).unwrap().unwrap().version();
    meet(&directory, "swap", number);
    let swapped = store
        .replace(&key(1), Some(&loaded), &entry(20 + number))
        .unwrap();
    leave(
        &directory.join(format!("swapped-{number}")),
        &told(&swapped),
    );
}

/// `stored`, or the first byte of what stands there instead.
fn told(answer: &Replaced) -> String {
    match answer {
        Replaced::Stored => "stored".into(),
        Replaced::Conflict(present) => present.as_ref().unwrap().bytes()[0].to_string(),
    }
}

struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Children {
    /// Waits until each process has left its file, and reads them. Fails if one of them is gone before.
    fn files(&mut self, directory: &Path, phase: &str) -> Vec<String> {
        let start = Instant::now();
        (0..PROCESSES)
            .map(|number| {
                let path = directory.join(format!("{phase}-{number}"));
                loop {
                    let ended = self.0[usize::from(number)].try_wait().unwrap();
                    if let Ok(text) = fs::read_to_string(&path) {
                        return text;
                    }
                    assert!(ended.is_none(), "process {number} ended before {phase}");
                    assert!(start.elapsed() < PATIENCE, "process {number}: no {phase}");
                    thread::sleep(Duration::from_millis(2));
                }
            })
            .collect()
    }
}

/// One `stored`; everyone else names the winner, whose number is given back.
fn winner(answers: &[String], first_tag: u8) -> u8 {
    let winners: Vec<_> = (first_tag..)
        .zip(answers)
        .filter(|(_, answer)| *answer == "stored")
        .map(|(tag, _)| tag)
        .collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    let losers: HashSet<_> = answers
        .iter()
        .filter(|answer| *answer != "stored")
        .collect();
    assert_eq!(
        losers,
        HashSet::from([&winners[0].to_string()]),
        "{answers:?}"
    );
    winners[0]
}

#[test]
fn sqlite_is_swapped_by_one_of_four_processes() {
    let directory = directory();
    let directory = directory.path();
    let mut children = Children(
        (0..PROCESSES)
            .map(|number| {
                Command::new(std::env::current_exe().unwrap())
                    .args([
                        "--exact",
                        "child_swaps_the_same_version",
                        "--ignored",
                        "--nocapture",
                    ])
                    .env(CHILD, format!("{number}:{}", directory.display()))
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect(),
    );
    // All open a file that does not exist yet, and insert.
    children.files(directory, "open");
    assert!(!directory.join("records.db").exists());
    leave(&directory.join("open-go"), "");
    let inserted = winner(&children.files(directory, "inserted"), 10);
    // All load what won, and swap it.
    leave(&directory.join("load-go"), "");
    children.files(directory, "swap");
    let store = SqliteStore::open(directory.join("records.db")).unwrap();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(inserted)));
    leave(&directory.join("swap-go"), "");
    let swapped = winner(&children.files(directory, "swapped"), 20);
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(swapped)));
    for child in &mut children.0 {
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_new_file_opens_for_many_threads_at_once() {
    for _ in 0..5 {
        let directory = directory();
        let path = directory.path().join("records.db");
        let stored: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|tag| {
                    let path = &path;
                    scope.spawn(move || {
                        let store = SqliteStore::open(path).unwrap();
                        usize::from(
                            store.replace(&key(1), None, &entry(tag)).unwrap() == Replaced::Stored,
                        )
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(stored, 1);
    }
}

#[test]
fn opening_waits_for_the_host() {
    // A file that is not in WAL mode yet cannot be switched while somebody reads or writes it.
    for held in [
        "BEGIN; SELECT * FROM t",
        "BEGIN IMMEDIATE",
        "BEGIN EXCLUSIVE",
    ] {
        let directory = directory();
        let path = directory.path().join("host.db");
        let host = Connection::open(&path).unwrap();
        host.execute_batch("CREATE TABLE t (a)").unwrap();
        host.execute_batch(held).unwrap();
        thread::scope(|scope| {
            let opening = scope.spawn(|| SqliteStore::open(&path));
            thread::sleep(Duration::from_millis(100));
            assert!(!opening.is_finished(), "did not wait for {held}");
            host.execute_batch("COMMIT").unwrap();
            opening.join().unwrap().unwrap();
        });
    }
}

#[test]
fn sqlite_keeps_records_when_closed() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let kept = Entry::new(vec![7; 640], version(2), Some(Timestamp::MAX));
    {
        let store = SqliteStore::open(&path).unwrap();
        store.replace(&key(1), None, &entry(1)).unwrap();
        store.replace(&key(1), Some(&version(1)), &kept).unwrap();
    }
    for store in [SqliteStore::open(&path), SqliteStore::open_unsynced(&path)] {
        assert_eq!(store.unwrap().load(&key(1)).unwrap().as_ref(), Some(&kept));
    }
}

// --- What may go wrong with the file -------------------------------------------------------------------------

/// Every file of a directory, by name.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The error of opening `path`, which must leave everything around it as it was.
fn refused(path: &Path) -> Error {
    let directory = path.parent().unwrap();
    let before = contents(directory);
    let error = SqliteStore::open(path).expect_err("opened");
    assert!(contents(directory) == before, "files changed: {error}");
    error
}

#[test]
fn bad_paths_are_errors_that_name_the_path() {
    let directory = directory();
    let missing = directory.path().join("missing").join("records.db");
    for path in [directory.path(), &missing, Path::new("a\0b")] {
        let error = SqliteStore::open(path).unwrap_err();
        assert!(error.is_store(), "{error}");
        let name = path.display().to_string();
        assert!(error.to_string().contains(&name), "{error}");
        assert!(error.source().is_some());
    }
    assert!(SqliteStore::open("").unwrap_err().is_store());
    assert!(SqliteStore::open(":memory:").unwrap_err().is_misuse());
}

#[test]
fn a_path_is_never_an_address() {
    // Only a relative path can look like one. (All other tests use absolute ones.)
    let (directory, before) = (directory(), std::env::current_dir().unwrap());
    std::env::set_current_dir(directory.path()).unwrap();
    let path = "file:records.db?mode=memory";
    let stored = SqliteStore::open(path)
        .unwrap()
        .replace(&key(1), None, &entry(1));
    let loaded = SqliteStore::open(path).unwrap().load(&key(1));
    std::env::set_current_dir(before).unwrap();
    assert_eq!(stored.unwrap(), Replaced::Stored);
    assert_eq!(loaded.unwrap(), Some(entry(1)));
    assert!(directory.path().join(path).is_file());
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    // (SQLite takes a file of one byte for an empty one.)
    for text in ["my".to_owned(), "dear diary, ".repeat(1_000)] {
        let directory = directory();
        let path = directory.path().join("diary.txt");
        fs::write(&path, text).unwrap();
        let error = refused(&path);
        assert!(error.is_store());
        let cause = error.source().unwrap();
        assert!(cause.is::<rusqlite::Error>());
        assert!(cause.to_string().contains("not a database"), "{cause}");
    }
}

#[test]
fn a_table_of_another_layout_is_left_alone() {
    let ours = {
        let directory = directory();
        let path = directory.path().join("records.db");
        drop(SqliteStore::open(&path).unwrap());
        Connection::open(&path)
            .unwrap()
            .query_row(
                "SELECT sql FROM sqlite_schema WHERE type = 'table'",
                [],
                |row| row.get::<_, String>(0),
            )
            .unwrap()
    };
    let newer = ours.replace("expires_at INTEGER", "expires_at INTEGER, epoch INTEGER");
    assert_ne!(newer, ours);
    for schema in [
        newer.as_str(),
        "CREATE TABLE countersign_records (key, version, bytes, expires_at)",
        "CREATE TABLE Countersign_Records (key BLOB PRIMARY KEY, version BLOB, bytes BLOB, expires_at INTEGER)",
        "CREATE TABLE t (a); CREATE VIEW countersign_records AS SELECT a AS key FROM t",
    ] {
        let directory = directory();
        let path = directory.path().join("records.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch(schema)
            .unwrap();
        let error = refused(&path);
        assert!(error.is_corrupt(), "{error}");
        assert_eq!(
            error.to_string(),
            "sqlite table countersign_records cannot be opened: has a layout this version does not know"
        );
    }
}

#[test]
fn a_read_only_file_is_refused() {
    // A format number that SQLite may read and must not write; unlike permissions, it also binds root.
    const WRITE_VERSION: usize = 18;
    let directory = directory();
    let path = directory.path().join("records.db");
    drop(SqliteStore::open(&path).unwrap());
    let mut bytes = fs::read(&path).unwrap();
    bytes[WRITE_VERSION] = 3;
    fs::write(&path, bytes).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(error.is_store());
    assert_eq!(error.source().unwrap().to_string(), "the file is read-only");
}

#[test]
fn a_file_without_the_right_to_write_is_refused() {
    let directory = directory();
    let path = directory.path().join("records.db");
    drop(SqliteStore::open(&path).unwrap());
    let mut rights = fs::metadata(&path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(&path, rights).unwrap();
    let writable = fs::OpenOptions::new().write(true).open(&path).is_ok();
    match SqliteStore::open(&path) {
        Ok(_) => assert!(writable, "only root may open it"),
        Err(error) => assert!(error.is_store() && !writable, "{error}"),
    }
}

#[test]
fn the_hosts_own_tables_are_left_alone() {
    let directory = directory();
    let path = directory.path().join("host.db");
    let host = Connection::open(&path).unwrap();
    host.execute_batch(
        "CREATE TABLE customers (name TEXT); INSERT INTO customers VALUES ('Mara');
         PRAGMA user_version = 7; PRAGMA application_id = 42;",
    )
    .unwrap();
    let store = SqliteStore::open(&path).unwrap();
    store.replace(&key(1), None, &entry(1)).unwrap();
    drop(store);
    let number = |pragma: &str| {
        host.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!((number("user_version"), number("application_id")), (7, 42));
    let name: String = host
        .query_row("SELECT name FROM customers", [], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "Mara");
    assert_eq!(
        SqliteStore::open(&path).unwrap().load(&key(1)).unwrap(),
        Some(entry(1))
    );
}

#[test]
fn a_version_of_another_size_is_corrupt() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let store = SqliteStore::open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    for (tag, size) in [(1, 0), (2, 23), (3, 25)] {
        other
            .execute(
                "INSERT INTO countersign_records VALUES (?1, zeroblob(?2), x'01', NULL)",
                rusqlite::params![key(tag).as_bytes(), size],
            )
            .unwrap();
        for error in [
            store.load(&key(tag)).unwrap_err(),
            store.replace(&key(tag), None, &entry(1)).unwrap_err(),
            store
                .replace(&key(tag), Some(&version(0)), &entry(1))
                .unwrap_err(),
            store.remove(&key(tag), &version(0)).unwrap_err(),
        ] {
            assert!(error.is_corrupt(), "{error}");
        }
    }
    // A key of another size is nobody's.
    other
        .execute(
            "INSERT INTO countersign_records VALUES (zeroblob(31), zeroblob(24), x'01', NULL)",
            [],
        )
        .unwrap();
    assert_eq!(store.load(&key(0)).unwrap(), None);
    // None of it stands in the way of others.
    assert_eq!(
        store.replace(&key(9), None, &entry(9)).unwrap(),
        Replaced::Stored
    );
}

#[test]
fn deleted_bytes_are_overwritten() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let marker = b"sealed bytes of somebody who left";
    let holds_marker = || {
        let file = fs::read(&path).unwrap();
        file.windows(marker.len()).any(|window| window == marker)
    };
    let with_marker = Entry::new(marker.repeat(300), version(1), None);
    SqliteStore::open(&path)
        .unwrap()
        .replace(&key(1), None, &with_marker)
        .unwrap();
    assert!(holds_marker());
    SqliteStore::open(&path)
        .unwrap()
        .remove(&key(1), &version(1))
        .unwrap();
    assert!(!holds_marker());
}

/// No call on a store that is down is answered with anything but an error.
fn down(store: &SqliteStore) {
    let all: [Result<(), Error>; 5] = [
        store.load(&key(1)).map(drop),
        store.replace(&key(1), None, &entry(2)).map(drop),
        store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .map(drop),
        store.remove(&key(1), &version(1)).map(drop),
        store.purge(Timestamp::MAX).map(drop),
    ];
    for (number, answer) in all.into_iter().enumerate() {
        let error = answer.expect_err(&format!("call {number} was answered"));
        assert!(error.is_store(), "call {number}: {error}");
        assert!(error.source().is_some(), "call {number}: no cause");
    }
}

#[test]
fn b14_a_store_that_is_down_is_an_error() {
    let open = || {
        let directory = directory();
        let path = directory.path().join("records.db");
        let store = SqliteStore::open(&path).unwrap();
        let temporary = Entry::new(vec![1], version(1), Some(Timestamp::from_unix(1).unwrap()));
        store.replace(&key(1), None, &temporary).unwrap();
        assert_eq!(store.load(&key(1)).unwrap(), Some(temporary));
        (directory, path, store)
    };
    // The table is gone.
    let (_directory, path, store) = open();
    Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE countersign_records")
        .unwrap();
    down(&store);
    // The pages are garbage, all but the first.
    let (_directory, path, store) = open();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xAA);
    fs::write(&path, bytes).unwrap();
    down(&SqliteStore::open(&path).unwrap());
}

#[cfg(unix)]
#[test]
fn b14_a_file_replaced_underneath_is_an_error() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let store = SqliteStore::open(&path).unwrap();
    store.replace(&key(1), None, &entry(1)).unwrap();
    // A backup is put in its place: what is written to the old file from now on is lost to everybody else.
    let backup = directory.path().join("backup.db");
    drop(SqliteStore::open(&backup).unwrap());
    fs::rename(&backup, &path).unwrap();
    down(&store);
    fs::remove_file(&path).unwrap();
    down(&store);
}

// --- Two names for one file ----------------------------------------------------------------------------------

/// Not a test by itself: opens the file that it is told of, stores, and leaves what came of it.
#[test]
#[ignore = "the other half of a test between processes"]
fn child_opens_by_another_name() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let path = PathBuf::from(path);
    let answer = SqliteStore::open(&path)
        .and_then(|store| store.replace(&key(1), Some(&version(1)), &entry(2)))
        .map_or_else(
            |error| format!("{error}: {:?}", error.source()),
            |answer| told(&answer),
        );
    leave(&path.with_extension("answer"), &answer);
}

/// Opened in a process of its own, the answer to a replacement of version 1.
fn answer_of_another_process(path: &Path) -> String {
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_opens_by_another_name", "--ignored"])
        .env(CHILD, path)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(ended.success());
    fs::read_to_string(path.with_extension("answer")).unwrap()
}

/// A store whose file holds version 1.
fn with_version_1(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path).unwrap();
    assert_eq!(
        store.replace(&key(1), None, &entry(1)).unwrap(),
        Replaced::Stored
    );
    store
}

#[cfg(unix)]
#[test]
fn b62_processes_by_two_hard_links_do_not_both_win() {
    let directory = directory();
    let [path, link] = ["records.db", "link.db"].map(|name| directory.path().join(name));
    let store = with_version_1(&path);
    fs::hard_link(&path, &link).unwrap();
    // The other process is refused, and so is the one that was there first: neither can know who else is.
    let answer = answer_of_another_process(&link);
    for part in [
        link.to_str().unwrap(),
        "hard link",
        "remove all names but one",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    down(&store);
    let error = store.load(&key(1)).unwrap_err();
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
    assert!(error.source().unwrap().to_string().contains("hard link"));
    // Opening it again helps neither; a name less does.
    assert!(SqliteStore::open(&path).unwrap_err().is_store());
    fs::remove_file(&link).unwrap();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    assert_eq!(answer_of_another_process(&path), "stored");
    assert_eq!(
        store
            .replace(&key(1), Some(&version(1)), &entry(3))
            .unwrap(),
        Replaced::Conflict(Some(entry(2)))
    );
}

#[cfg(unix)]
#[test]
fn b62_a_file_with_a_hard_link_is_left_alone() {
    // One with records, one that is empty, one that is nobody's.
    for text in [None, Some(""), Some("dear diary, ")] {
        let directory = directory();
        let path = directory.path().join("records.db");
        match text {
            None => drop(with_version_1(&path)),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        fs::hard_link(&path, directory.path().join("link.db")).unwrap();
        let error = refused(&path);
        assert!(error.source().unwrap().to_string().contains("hard link"));
        // Also by a symbolic link to it.
        let soft = directory.path().join("soft.db");
        std::os::unix::fs::symlink(&path, &soft).unwrap();
        assert!(
            refused(&soft)
                .source()
                .unwrap()
                .to_string()
                .contains("hard link")
        );
    }
}

#[cfg(unix)]
#[test]
fn b62_symbolic_links_share_one_log() {
    use std::os::unix::fs::symlink;
    let directory = directory();
    let root = directory.path();
    let [data, folder] = ["data", "folder"].map(|name| root.join(name));
    fs::create_dir(&data).unwrap();
    symlink(&data, &folder).unwrap();
    // Links to a file that is not there yet: a chain, relative and absolute.
    symlink("data/records.db", root.join("first.db")).unwrap();
    symlink(root.join("first.db"), data.join("second.db")).unwrap();
    let names = [
        root.join("first.db"),
        data.join("second.db"),
        folder.join("records.db"),
        folder.join("second.db"),
        data.join("../folder/./records.db"),
        data.join("records.db"),
    ];
    let stores: Vec<_> = names
        .iter()
        .map(|name| SqliteStore::open(name).unwrap())
        .collect();
    with_version_1(&names[0]);
    for (tag, (name, store)) in (1..).zip(names.iter().zip(&stores)) {
        assert_eq!(
            store.load(&key(1)).unwrap(),
            Some(entry(tag)),
            "{}",
            name.display()
        );
        let swapped = store
            .replace(&key(1), Some(&version(tag)), &entry(tag + 1))
            .unwrap();
        assert_eq!(swapped, Replaced::Stored, "{}", name.display());
    }
    // Another process, by a link, sees what is there.
    assert_eq!(answer_of_another_process(&folder.join("second.db")), "7");
    let logs: Vec<_> = [root, &data]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("-wal"))
        .collect();
    assert_eq!(logs, ["records.db-wal"]);
    // A ring of links leads nowhere.
    symlink(root.join("b.db"), root.join("a.db")).unwrap();
    symlink(root.join("a.db"), root.join("b.db")).unwrap();
    assert!(SqliteStore::open(root.join("a.db")).unwrap_err().is_store());
}

#[cfg(unix)]
#[test]
fn b62_a_link_that_is_turned_is_an_error() {
    use std::os::unix::fs::symlink;
    let directory = directory();
    let root = directory.path();
    let [blue, green, current] = ["blue", "green", "current"].map(|name| root.join(name));
    for folder in [&blue, &green] {
        fs::create_dir(folder).unwrap();
        drop(with_version_1(&folder.join("records.db")));
    }
    // A link to the folder, and one to the file.
    let turn = |link: &Path, to: &Path| {
        let _ = fs::remove_file(link);
        symlink(to, link).unwrap();
    };
    for (link, name, first, second) in [
        (
            &current,
            current.join("records.db"),
            blue.clone(),
            green.clone(),
        ),
        (
            &root.join("r.db"),
            root.join("r.db"),
            blue.join("records.db"),
            green.join("records.db"),
        ),
    ] {
        turn(link, &first);
        let store = SqliteStore::open(&name).unwrap();
        assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
        turn(link, &second);
        down(&store);
        fs::remove_file(link).unwrap();
        down(&store);
        // By the name that the file has itself, all is well.
        assert!(
            SqliteStore::open(blue.join("records.db"))
                .unwrap()
                .load(&key(1))
                .unwrap()
                .is_some()
        );
        turn(link, &first);
        assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    }
}

/// In a mount table of its own, where that is possible without rights; elsewhere nothing is shown here.
#[cfg(target_os = "linux")]
#[test]
fn b62_a_file_that_is_mounted_alone_is_refused() {
    let directory = directory();
    let [path, mounted] = ["records.db", "mounted.db"].map(|name| directory.path().join(name));
    drop(with_version_1(&path));
    fs::write(&mounted, "").unwrap();
    let script =
        r#"mount --bind "$1" "$2" && exec "$3" --exact child_opens_by_another_name --ignored"#;
    let ended = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .args([&path, &mounted, &std::env::current_exe().unwrap()])
        .env(CHILD, &mounted)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let Ok(answer) = fs::read_to_string(mounted.with_extension("answer")) else {
        assert!(
            !ended.is_ok_and(|ended| ended.success()),
            "opened, and left nothing"
        );
        return;
    };
    for part in [mounted.to_str().unwrap(), "mount its folder"] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    // By its own name it opens.
    assert_eq!(answer_of_another_process(&path), "stored");
}

#[test]
fn b35_no_row_updated_is_a_conflict() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let store = SqliteStore::open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    let swap = |expected: Option<u8>| {
        let expected = expected.map(version);
        store
            .replace(&key(1), expected.as_ref(), &entry(3))
            .unwrap()
    };
    assert_eq!(swap(Some(1)), Replaced::Conflict(None));
    store.replace(&key(1), None, &entry(1)).unwrap();
    assert_eq!(swap(Some(2)), Replaced::Conflict(Some(entry(1))));
    assert_eq!(swap(None), Replaced::Conflict(Some(entry(1))));
    assert_eq!(
        store.remove(&key(1), &version(2)).unwrap(),
        Replaced::Conflict(Some(entry(1)))
    );
    // Even with the right version: a trigger of the host's lets the statement pass and touches nothing.
    other
        .execute_batch(
            "CREATE TRIGGER frozen BEFORE UPDATE ON countersign_records BEGIN SELECT RAISE(IGNORE); END",
        )
        .unwrap();
    assert_eq!(swap(Some(1)), Replaced::Conflict(Some(entry(1))));
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
}

/// A call is over when it is answered, whatever it was answered with: nothing of it stays open to stand in the way of others.
#[test]
fn a_write_that_fails_or_loses_holds_nobody_up() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let store = SqliteStore::open(&path).unwrap();
    store.replace(&key(1), None, &entry(1)).unwrap();
    let other = Connection::open(&path).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    // Nobody reads or writes: the log is taken into the file, and emptied.
    let free = || {
        let busy = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = other.query_row(busy, [], |row| row.get(0)).unwrap();
        assert_eq!(busy, 0, "a reader or a writer is left");
    };
    for end in ["ABORT", "ROLLBACK"] {
        let trigger = format!(
            "CREATE TRIGGER t AFTER UPDATE ON countersign_records BEGIN SELECT RAISE({end}, 'no'); END"
        );
        other.execute_batch(&trigger).unwrap();
        let error = store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap_err();
        assert!(error.is_store(), "{end}: {error}");
        free();
        other.execute_batch("DROP TRIGGER t").unwrap();
        assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)), "{end}");
    }
    let lost = store.replace(&key(1), Some(&version(9)), &entry(2));
    assert_eq!(lost.unwrap(), Replaced::Conflict(Some(entry(1))));
    free();
    let stored = store.replace(&key(1), Some(&version(1)), &entry(2));
    assert_eq!(stored.unwrap(), Replaced::Stored);
    free();
}

/// A restore puts a copy in the place of the file while a write waits for its turn. An answer of success would be of a file
/// that nobody opens any more.
#[test]
fn a_write_that_waits_is_refused_if_the_file_is_moved_meanwhile() {
    let directory = directory();
    let path = directory.path().join("records.db");
    let store = SqliteStore::open(&path).unwrap();
    store.replace(&key(1), None, &entry(1)).unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE")
        .unwrap();
    let told = thread::scope(|scope| {
        let write = scope.spawn(|| store.replace(&key(1), Some(&version(1)), &entry(2)));
        // It waits for the lock by now, or comes later and finds the file gone: both are refused.
        thread::sleep(Duration::from_millis(300));
        let place = |name: &str| directory.path().join(name);
        fs::copy(&path, place("copy.db")).unwrap();
        for end in ["", "-wal", "-shm"] {
            let (from, to) = (format!("records.db{end}"), format!("aside.db{end}"));
            fs::rename(place(&from), place(&to)).unwrap();
        }
        fs::rename(place("copy.db"), &path).unwrap();
        other.execute_batch("ROLLBACK").unwrap();
        write.join().unwrap()
    });
    assert!(told.unwrap_err().is_store());
    let restored = SqliteStore::open(&path).unwrap();
    assert_eq!(restored.load(&key(1)).unwrap(), Some(entry(1)));
    let again = restored.replace(&key(1), Some(&version(1)), &entry(3));
    assert_eq!(again.unwrap(), Replaced::Stored, "it wins once");
}
