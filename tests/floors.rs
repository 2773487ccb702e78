//! The house has floors: a file imports only from floors below its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "floors/counts.rs"]
mod counts;
#[path = "floors/look.rs"]
mod look;
#[path = "floors/rules.rs"]
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms by floor. A room is a file of `src` with the folder of its name; store adapters are rooms of their own.
const FLOORS: [&[&str]; 11] = [
    &["cbor", "derivation", "error"],
    &["canonical"],
    &[
        "compare",
        "gate",
        "offload",
        "random",
        "secret",
        "epoch",
        "subject",
        "time",
        "timer",
        "transition",
    ],
    &["code", "context", "factor", "field", "mask", "hashing"],
    &[
        "authenticator",
        "grant",
        "limits",
        "stand_in",
        "store",
        "text",
    ],
    &["event", "evidence", "metrics", "status"],
    &[
        "audit",
        "delivered",
        "knowledge",
        "otp",
        "recovery",
        "password",
        "store/conformance",
        "store/memory",
        "store/redis",
        "store/sqlite",
    ],
    &["account", "policy"],
    &["verifier"],
    &["ffi"],
    &["lib"],
];

fn floor(room: &str) -> usize {
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("the room `{room}` has no floor yet"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The files of the library, without those that are tests only.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = counts::read(&root.join("src"), ".rs");
    let tests = counts::test_files(&texts);
    let found: Vec<_> = texts
        .keys()
        .filter(|path| !tests.contains(path))
        .map(|path| root.join(path))
        .collect();
    assert!(found.len() > 100, "the sources are not where they were");
    found
}

/// The room a path (of a file, or of an import) belongs to.
fn room(parts: &[&str]) -> String {
    match parts {
        ["store", adapter, ..] if FLOORS[6].contains(&format!("store/{adapter}").as_str()) => {
            format!("store/{adapter}")
        }
        [room, ..] => (*room).to_owned(),
        [] => panic!("a path without a room"),
    }
}

fn room_of_file(path: &Path) -> String {
    let relative = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap()
        .with_extension("");
    let parts: Vec<String> = relative
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    room(&parts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The code of a file, without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    counts::without_tests(&text)
        .lines()
        .map(|line| line.split("//").next().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `crate::a::b` in the code, as the list of its parts.
fn imports(code: &str) -> Vec<Vec<String>> {
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            let path: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            path.split("::")
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

/// Every `super::a::b` that leads out of the room, as a path from the crate's root.
fn imports_by_super(module: &[String], code: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (place, _) in code.match_indices("super::") {
        let before = &code[..place];
        if before.ends_with("::") || before.ends_with(is_name) {
            continue; // a later `super` of one path, or a name that ends so
        }
        let path: String = code[place..]
            .chars()
            .take_while(|c| is_name(*c) || *c == ':')
            .collect();
        let parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
        let up = parts.iter().take_while(|part| **part == "super").count();
        let here = &module[..module.len().saturating_sub(up)];
        let there = parts[up..].iter().map(|part| (*part).to_owned());
        let whole: Vec<String> = here.iter().cloned().chain(there).collect();
        // Inside a module of the file itself, one `super` is the file.
        let is_room = |name: &String| FLOORS.iter().any(|rooms| rooms.contains(&name.as_str()));
        if whole.first().is_some_and(is_room) {
            found.push(whole);
        }
    }
    found
}

fn module_of_file(path: &Path) -> Vec<String> {
    let relative = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap()
        .with_extension("");
    relative
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_import_by_super_is_an_arrow_too() {
    let module = |parts: &[&str]| {
        parts
            .iter()
            .map(|part| (*part).to_owned())
            .collect::<Vec<_>>()
    };
    let of = |parts: &[&str], code| imports_by_super(&module(parts), code);
    assert_eq!(
        of(&["stand_in"], "use super::account::Attempt;"),
        [["account", "Attempt"]]
    );
    let by_two = of(&["otp", "totp"], "use super::super::account::Attempt;");
    assert_eq!(by_two, [["account", "Attempt"]]);
    assert_eq!(
        of(&["otp", "totp"], "use super::key::OtpKey;"),
        [["otp", "key", "OtpKey"]]
    );
    assert!(of(&["cbor"], "mod wiped { fn f() { super::fixed(); } }").is_empty());
}

/// A star hides which names a file takes, and from where.
#[test]
fn no_file_of_src_imports_by_a_star() {
    for path in sources() {
        let code = code(&path);
        let uses = code.split("use ").skip(1);
        let stars: Vec<_> = uses
            .filter_map(|rest| rest.split(';').next())
            .filter(|tree| tree.contains('*') && !tree.contains('('))
            .collect();
        let is_test = path.ends_with("tests.rs") || code.contains("proptest");
        assert!(stars.is_empty() || is_test, "{}: {stars:?}", path.display());
    }
}

#[test]
fn every_import_runs_down() {
    let mut wrong = Vec::new();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources() {
        let from = room_of_file(&path);
        if from == "lib" {
            continue;
        }
        let text = code(&path);
        let by_super = imports_by_super(&module_of_file(&path), &text);
        for import in imports(&text).into_iter().chain(by_super) {
            let parts: Vec<&str> = import.iter().map(String::as_str).collect();
            assert!(
                !parts.is_empty(),
                "{}: import by `crate::{{..}}` hides its rooms",
                path.display()
            );
            let to = room(&parts);
            assert!(
                to.chars().next().unwrap().is_lowercase(),
                "{}: `crate::{to}` goes through the front door: name its room",
                path.display()
            );
            if to != from && floor(&to) >= floor(&from) {
                wrong.push(format!(
                    "{} ({}) -> {to} ({})",
                    path.display(),
                    floor(&from),
                    floor(&to)
                ));
            }
            arrows.entry(from.clone()).or_default().insert(to);
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that run up or along a floor:\n{}",
        wrong.join("\n")
    );
    assert!(
        arrows.len() > 15,
        "imports are not read any more: {arrows:?}"
    );
}

#[test]
fn the_page_for_contributors_has_every_floor() {
    let page = include_str!("../CONTRIBUTING.md");
    for (number, rooms) in FLOORS.iter().enumerate() {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {number} | ")))
            .unwrap_or_else(|| panic!("no floor {number}"));
        let listed: BTreeSet<_> = row
            .split('|')
            .nth(2)
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        let rooms: BTreeSet<_> = rooms
            .iter()
            .copied()
            .filter(|room| !room.contains('/'))
            .collect();
        assert_eq!(listed, rooms, "floor {number}");
    }
}

#[test]
fn dangerous_names_stand_in_one_file_each() {
    for (name, home) in [
        ("subtle::", "compare.rs"),
        ("SystemRandom", "random.rs"),
        ("SystemTime", "timestamp.rs"),
        ("argon2::", "pool.rs"),
        ("LessSafeKey", "suite.rs"),
    ] {
        let homes: Vec<_> = sources()
            .into_iter()
            .filter(|path| code(path).contains(name))
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(homes, [home], "`{name}`");
    }
}

/// `ring` does not wipe its keys, so none is kept: what lives on is the key's bytes, which are.
#[test]
fn b60_keys_of_ring_are_made_for_one_use() {
    let mut kept = Vec::new();
    for path in sources() {
        let code = code(&path);
        for line in code.lines().map(str::trim) {
            let is_field = !line.contains("fn ") && line.contains(": ") && !line.contains("::new");
            if is_field && line.contains("hmac::Key") && !line.contains('&') {
                kept.push((room_of_file(&path), line.to_owned()));
            }
        }
        assert!(
            !code.contains("ring::hmac::"),
            "{}: import `ring::hmac`",
            path.display()
        );
    }
    // A draw, and what a code is checked against, live for one call.
    let lived = [
        ("delivered", "pub(crate) key: hmac::Key,"),
        ("random", "key: hmac::Key,"),
    ];
    assert_eq!(
        kept,
        lived.map(|(room, line)| (room.to_owned(), line.to_owned()))
    );
}

/// Evidence and grants are made in one place each, so that there is one door and one policy (pitfall B25).
#[test]
fn b25_proofs_are_made_in_one_place_each() {
    for (call, home, count) in [
        ("Evidence::vouch(", "account/steps/interaction.rs", 1),
        ("Grant::allow(", "policy/", 1),
        ("Redeemed::of(", "account/steps/redeem.rs", 1),
    ] {
        let callers: Vec<_> = sources()
            .into_iter()
            .map(|path| {
                (
                    path.display().to_string(),
                    code(&path).matches(call).count(),
                )
            })
            .filter(|(_, calls)| *calls > 0)
            .collect();
        let calls: usize = callers.iter().map(|(_, calls)| calls).sum();
        assert_eq!(calls, count, "{call} {callers:?}");
        assert!(callers[0].0.contains(home), "{call} {callers:?}");
    }
}

#[test]
fn nothing_is_left_undone() {
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for mark in [
            "todo!(",
            "unimplemented!(",
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
        ] {
            let hits = text
                .lines()
                .filter(|line| line.contains(mark) && !line.trim_start().starts_with("///"))
                .count();
            assert_eq!(hits, 0, "{}: {mark}", path.display());
        }
    }
}

/// HMAC-SHA-1 is for one-time codes, whose apps know nothing else, and for nothing beside them.
#[test]
fn d08_sha_1_is_for_one_time_codes_and_imported_hashes_only() {
    let uses: Vec<_> = sources()
        .into_iter()
        .filter(|path| {
            ["sha1::", "SHA1_FOR"]
                .iter()
                .any(|name| code(path).contains(name))
        })
        .filter(|path| !path.ends_with("password/scheme.rs"))
        .map(|path| room_of_file(&path))
        .collect();
    assert!(uses.len() > 1, "SHA-1 is not where it was: {uses:?}");
    assert!(uses.iter().all(|room| room == "otp"), "{uses:?}");
}

/// The ids that a line of code begins with, if it declares a test that shows something: `fn b17_h09_secrets_..`.
fn shown(line: &str) -> Vec<&str> {
    let Some(name) = line.trim_start().strip_prefix("fn ") else {
        return Vec::new();
    };
    let name = name.split('(').next().unwrap();
    name.split('_').take_while(|part| is_id(part)).collect()
}

fn is_id(part: &str) -> bool {
    matches!(part.as_bytes(), [b'b' | b'd' | b'h' | b'n' | b'o' | b'p', tens, ones]
        if tens.is_ascii_digit() && ones.is_ascii_digit())
}

/// For each id, the files with a test of it.
fn files_by_id() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in ["src", "tests"]
        .iter()
        .flat_map(|folder| files(&root.join(folder)))
    {
        let text = std::fs::read_to_string(&path).unwrap();
        let parts: Vec<_> = path.strip_prefix(root).unwrap().iter().collect();
        let name = parts
            .iter()
            .map(|part| part.to_str().unwrap())
            .collect::<Vec<_>>()
            .join("/");
        for id in text.lines().flat_map(shown) {
            found.entry(id.to_owned()).or_default().insert(name.clone());
        }
    }
    found
}

/// The lines of the manual's tables: an id, and the cells after it.
fn manual() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut lines = BTreeMap::new();
    for line in include_str!("../src/manual.md").lines() {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if is_id(cells[0]) {
            let earlier = lines.insert(cells[0], cells[1..].to_vec());
            assert!(earlier.is_none(), "{} has two lines", cells[0]);
        }
    }
    lines
}

/// What the manual says cannot happen, or is asked, has a test that says so by its name, in the file the manual names.
#[test]
fn each_line_of_the_manual_has_its_test() {
    let (tests, manual) = (files_by_id(), manual());
    assert!(manual.len() > 90, "the tables are not where they were");
    for (id, cells) in manual {
        let files = tests.get(id);
        let files = files.unwrap_or_else(|| panic!("no test shows {id}"));
        if !id.starts_with('b') {
            let named = cells.last().unwrap().trim_matches('`');
            assert!(
                files.contains(named),
                "{id} is shown in {files:?}, not in {named}"
            );
        }
    }
}

#[test]
fn each_id_of_a_test_has_its_line_in_the_manual() {
    let manual = manual();
    for (id, files) in files_by_id() {
        assert!(
            manual.contains_key(id.as_str()),
            "the manual lacks {id}, of {files:?}"
        );
    }
}
