//! Front page, security page and manifest say what the tree keeps.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

const README: &str = include_str!("../../README.md");
const SECURITY: &str = include_str!("../../SECURITY.md");
const CHANGELOG: &str = include_str!("../../CHANGELOG.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");
const MANUAL: &str = include_str!("../../src/manual.md");
const TOUR: &str = include_str!("../../src/manual/tour.md");
const POLICIES: &str = include_str!("../../src/manual/policies.md");
const OPERATING: &str = include_str!("../../src/manual/operating.md");
const CAPACITY: &str = include_str!("../../src/manual/capacity.md");

/// Also the one that Cargo writes into a package: it has the same entries in another order.
fn manifest() -> Table {
    include_str!("../../Cargo.toml").parse().unwrap()
}

/// The text between a heading and the next one.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no section `{heading}`"));
    rest.split("\n## ").next().unwrap()
}

/// The blocks of code of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    text.split(&format!("\n```{language}\n"))
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect()
}

#[test]
fn the_manifest_names_no_place_that_is_not_there() {
    let package = &manifest()["package"];
    // A field comes back when there is a place to name.
    for absent in ["repository", "homepage"] {
        assert!(package.get(absent).is_none(), "{absent}");
    }
    let name = package["name"].as_str().unwrap();
    let documentation = format!("https://docs.rs/{name}");
    assert_eq!(
        package["documentation"].as_str(),
        Some(documentation.as_str())
    );
    assert_eq!(
        package["metadata"]["docs"]["rs"]["all-features"],
        Value::Boolean(true)
    );
    // SECURITY.md sends people to these, as the manifest and the licence call them.
    let authors = package["authors"].as_array().unwrap();
    let authors: Vec<_> = authors
        .iter()
        .map(|author| author.as_str().unwrap())
        .collect();
    assert_eq!(authors, ["the countersign developers"]);
    assert!(section(SECURITY, "Reporting").contains(authors[0]));
    assert!(include_str!("../../LICENSE-MIT").contains(authors[0]));
    // Nobody invented an address: neither of a mailbox nor of a web page.
    for text in ["@", "http"] {
        assert!(!section(SECURITY, "Reporting").contains(text), "{text}");
    }
}

#[test]
fn the_front_page_names_the_oldest_rust() {
    let manifest = manifest();
    let oldest = manifest["package"]["rust-version"].as_str().unwrap();
    assert!(section(README, "Features").contains(&format!("Rust {oldest} or newer")));
}

#[test]
fn the_front_page_lists_every_feature() {
    let manifest = manifest();
    let features: BTreeSet<&str> = manifest["features"]
        .as_table()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let listed: BTreeSet<&str> = section(README, "Features")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(listed, features);
}

#[test]
fn the_front_page_lists_every_module() {
    let modules = include_str!("../../src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.split([';', ' ']).next());
    for module in modules {
        assert!(
            section(README, "Modules").contains(&format!("[`{module}`]")),
            "{module}"
        );
    }
}

/// Hidden lines enrol the customer.
#[test]
fn the_first_example_is_short() {
    let example = blocks(section(README, "A sign-in with a step-up"), "rust")[0];
    let shown = example.lines().filter(|line| !line.starts_with("# "));
    let shown: Vec<_> = shown.filter(|line| !line.is_empty()).collect();
    assert!(shown.len() < 30, "{}", shown.len());
    assert!(shown.iter().any(|line| line.contains("verifier.authorize")));
}

/// A rendered page shows 95 columns of code.
#[test]
fn no_code_is_wider_than_the_page() {
    for page in [README, TOUR, POLICIES, OPERATING, CAPACITY] {
        let mut is_code = false;
        for line in page.lines() {
            is_code ^= line.starts_with("```");
            let is_shown = is_code && !line.starts_with("# ");
            assert!(!is_shown || line.chars().count() <= 95, "{line}");
        }
    }
}

/// The lines to copy are the crate's own, by which its tests are fast.
#[test]
fn the_lines_for_debug_builds_are_the_crates_own() {
    let lines = blocks(section(README, "Debug builds"), "toml");
    assert_eq!(lines.len(), 1);
    let lines: Table = lines[0].parse().unwrap();
    let own = manifest();
    let copied = lines["profile"]["dev"]["package"].as_table().unwrap();
    assert!(copied.contains_key("argon2") && copied.contains_key("blake2"));
    for (package, level) in copied {
        assert_eq!(
            own["profile"]["dev"]["package"].get(package),
            Some(level),
            "{package}"
        );
        assert!(
            own["dependencies"].get(package).is_some(),
            "{package} is no dependency"
        );
    }
}

#[test]
fn pages_name_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, text) in [
        ("README", README),
        ("SECURITY", SECURITY),
        ("CHANGELOG", CHANGELOG),
        ("CONTRIBUTING", CONTRIBUTING),
        ("MANUAL", MANUAL),
        ("TOUR", TOUR),
        ("POLICIES", POLICIES),
        ("OPERATING", OPERATING),
        ("CAPACITY", CAPACITY),
    ] {
        for name in text.split('`').skip(1).step_by(2) {
            let path = name.split([':', ' ']).next().unwrap();
            let named = ["src/", "tests/", "examples/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            assert!(
                !named || root.join(path).exists() || root.join(format!("{path}.rs")).exists(),
                "{page}.md names {path}"
            );
            // Files of the house may be named without `src`.
            let is_of_the_house = path.contains('/') && path.ends_with(".rs");
            assert!(
                !is_of_the_house
                    || [root, &root.join("src")]
                        .iter()
                        .any(|root| root.join(path).exists()),
                "{page}.md names {path}"
            );
        }
    }
}

/// Each way to lose a write by design is there, with the setting that avoids it. Both stores, their contract and the pages lead there.
#[test]
fn what_is_lost_by_design_is_told_with_the_settings_that_avoid_it() {
    let lost = OPERATING.split("\n# Lost by design\n").nth(1).unwrap();
    let lost = lost.split("\n# ").next().unwrap();
    let redis = include_str!("../../src/store/redis.rs");
    let postgres = include_str!("../../src/store/postgres.rs");
    for (place, text, words) in [
        (
            "the manual",
            lost,
            &[
                "synchronous replication",
                "fail-over",
                "`appendfsync everysec`",
                "`appendfsync always`",
                "`synchronous_commit = off`",
                "`synchronous_commit = on`",
                "`synchronous_standby_names`",
                "`WAIT`",
                "`min-replicas-to-write`",
                "`min-replicas-max-lag`",
                "last writer wins",
                "DynamoDB",
                "MREC",
                "MRSC",
                "CockroachDB",
                "Read replicas",
                "Several regions",
                "backup",
                "Eviction",
            ][..],
        ),
        (
            "store::redis",
            redis,
            &[
                "`appendfsync everysec`",
                "`appendfsync always`",
                "fail-over",
                "`WAIT`",
                "`min-replicas-to-write 1`",
                "`min-replicas-max-lag 10`",
                "active-active",
                "region",
            ],
        ),
        (
            "store::postgres",
            postgres,
            &[
                "`synchronous_commit = on`",
                "`synchronous_commit = off`",
                "`synchronous_commit = remote_apply`",
                "`synchronous_standby_names`",
                "`fsync = off`",
                "asynchronous standbys, fail-over",
                "Logical replication",
            ],
        ),
        (
            "SECURITY.md",
            section(SECURITY, "What it does not guard"),
            &["Redis", "PostgreSQL", "fail-over", "`manual::operating`"],
        ),
    ] {
        for word in words {
            assert!(text.contains(word), "{place} does not say {word}");
        }
    }
    let contract = include_str!("../../src/store/contract.rs");
    let front = section(README, "In production");
    for page in [redis, postgres, contract, front] {
        assert!(page.contains("manual::operating#lost-by-design"), "{page}");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests that `cargo test` runs by itself.
fn tests() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut files,
        );
    }
    let mut names = BTreeSet::new();
    for file in files {
        let (text, mut is_test) = (std::fs::read_to_string(file).unwrap(), false);
        for line in text.lines().map(str::trim_start) {
            if line.starts_with("#[test]") {
                is_test = true;
            } else if line.starts_with("#[ignore") {
                is_test = false;
            } else if let Some(rest) = line.strip_prefix("fn ") {
                if is_test {
                    names.insert(rest.split('(').next().unwrap().to_owned());
                }
                is_test = false;
            }
        }
    }
    assert!(
        names.len() > 1_000,
        "tests are not where they were: {}",
        names.len()
    );
    names
}

/// Rows of tables and items of lists, each in one line.
fn statements(section: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in section.lines() {
        if line.starts_with("- ") || (line.starts_with("| ") && !line.starts_with("| somebody who"))
        {
            found.push(line.to_owned());
        } else if line.starts_with("  ") {
            found.last_mut().unwrap().push_str(line);
        }
    }
    found
}

/// What stands between marks of code at the end of a statement: after its last bracket, or in its last column.
fn shown_by(statement: &str) -> Vec<&str> {
    let row = statement.starts_with("| ").then(|| statement.rfind("| `"));
    let start = row.unwrap_or_else(|| statement.rfind('('));
    let Some(list) = start.and_then(|start| statement.get(start..)) else {
        return Vec::new();
    };
    list.split('`').skip(1).step_by(2).collect()
}

#[test]
fn b60_each_statement_of_the_security_page_names_tests_that_are_there() {
    let tests = tests();
    let mut count = 0;
    for heading in ["What countersign guards", "What it does not guard", "Keys"] {
        for statement in statements(section(SECURITY, heading)) {
            let named = shown_by(&statement);
            assert!(!named.is_empty(), "no test shows this: {statement}");
            for name in named {
                assert!(tests.contains(name), "no test `{name}`: {statement}");
            }
            count += 1;
        }
    }
    assert!(count > 40, "the page is not read any more: {count}");
    // What no test shows stands by itself, and is short.
    assert!(statements(section(SECURITY, "What no test shows")).len() < 5);
    let how = section(SECURITY, "How to read this page");
    assert!(how.contains("b60_each_statement_of_the_security_page_names_tests_that_are_there"));
}

#[test]
fn b60_each_promise_of_the_front_page_names_tests_that_are_there() {
    let tests = tests();
    let promises = statements(section(README, "What it promises"));
    assert!(promises.len() >= 5, "{promises:?}");
    for promise in promises {
        let named = shown_by(&promise);
        assert!(!named.is_empty(), "no test shows this: {promise}");
        for name in named {
            // An id is the beginning of its tests' names.
            let mut all = tests.range(name.to_owned()..);
            let is_there = all
                .next()
                .is_some_and(|test| test == name || test.starts_with(&format!("{name}_")));
            assert!(is_there, "no test `{name}`: {promise}");
        }
    }
}
