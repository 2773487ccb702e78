//! The rules of the house, over `src`; and planted houses that break each.

use std::path::PathBuf;

use super::counts::{self, Files};
use super::look::{Wrong, look, public_paths};

const RULES: [&str; 8] = [
    "no circle among files",
    "a face defines nothing that its children take",
    "an inherent `impl` stands in the file of its type",
    "an item has one public path",
    "no doc of src starts with The same, What, Who",
    "no doc of an example starts with The same, What, Who",
    "no sentence of src is long",
    "no sentence of a page or an example is long",
];
/// Types that are declared `pub`, and names that stand at the root: at most so many.
const PUBLIC_TYPES: usize = 206;
const NAMES_AT_THE_ROOT: usize = 31;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn house() -> Files {
    let house = counts::read(&root().join("src"), ".rs");
    assert!(house.len() > 100, "the sources are not where they were");
    house
}

fn texts(files: &[(&str, &str)]) -> Files {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    files.iter().map(own).collect()
}

fn planted(files: &[(&str, &str)]) -> Wrong {
    look(&texts(files))
}

#[test]
fn the_house_keeps_its_rules() {
    let (house, pages) = (house(), counts::pages(&root()));
    assert!(pages.len() > 8, "the pages are not where they were");
    let wrong = look(&house);
    let circles = wrong.circles.iter().map(|circle| circle.join(", "));
    let found: [Vec<String>; 8] = [
        circles.collect(),
        wrong.faces.into_iter().collect(),
        wrong.strays.into_iter().collect(),
        wrong.twice.into_iter().collect(),
        counts::openings(&house),
        counts::openings(&pages),
        counts::long_sentences(&house),
        counts::long_sentences(&pages),
    ];
    let broken: Vec<String> = RULES
        .iter()
        .zip(found)
        .filter(|(_, found)| !found.is_empty())
        .map(|(rule, found)| format!("{rule}: {found:#?}"))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_file_is_longer_than_500_lines_of_code() {
    let lines = counts::code_lines(&house());
    assert!(
        lines.values().sum::<usize>() > 20_000,
        "lines are not counted any more"
    );
    let long: Vec<_> = lines
        .iter()
        .filter(|(_, count)| **count > counts::LONGEST_FILE)
        .collect();
    assert!(long.is_empty(), "two concepts? {long:?}");
}

#[test]
fn public_items_are_few() {
    let house = house();
    let (types, names) = (
        counts::public_types(&house),
        counts::names_at_the_root(&house),
    );
    assert!(types.len() <= PUBLIC_TYPES, "{}: {types:?}", types.len());
    assert!(
        names.len() <= NAMES_AT_THE_ROOT,
        "{}: {names:?}",
        names.len()
    );
    assert!(
        types.len() > 50 && names.len() > 10,
        "they are not read any more"
    );
}

#[test]
fn pages_name_public_paths_that_exist() {
    let paths = public_paths(&house());
    assert!(paths.len() > 150, "they are not read any more: {paths:?}");
    let mut count = 0;
    for (page, text) in counts::pages(&root()) {
        let named = text.split('`').skip(1).step_by(2);
        for name in named.filter(|_| page.ends_with(".md")) {
            let path = name.split(['(', '<', ' ']).next().unwrap();
            let parts: Vec<&str> = path.split("::").collect();
            let is_lower =
                |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
            let modules = parts.iter().take_while(|part| is_lower(part)).count();
            // A module, and then a type.
            if modules > 0
                && parts[0] != "super"
                && parts
                    .get(modules)
                    .is_some_and(|part| part.starts_with(char::is_uppercase))
            {
                let path = parts[..=modules].join("::");
                assert!(paths.contains(&path), "{page} names {path}");
                count += 1;
            }
        }
    }
    assert!(count > 100, "pages are not read any more: {count}");
}

/// A reader sees where each name comes from.
#[test]
fn nothing_is_imported_by_a_star() {
    let folders = ["src", "tests", "examples", "benches", "fuzz"];
    let mut files: Files = folders
        .iter()
        .flat_map(|folder| counts::read(&root().join(folder), ".rs"))
        .collect();
    files.extend(counts::pages(&root()));
    assert!(files.len() > 200, "the sources are not where they were");
    let found = stars(&files);
    assert!(found.is_empty(), "{found:?}");
}

/// The lines that import everything of the crate, or of one of its modules.
fn stars(files: &Files) -> Vec<String> {
    let is_star = |line: &str| {
        let line = line.trim_start_matches(['/', '!', ' ', '#']);
        let path = line.strip_prefix("pub ").unwrap_or(line);
        path.strip_prefix("use countersign::")
            .is_some_and(|path| path.contains('*'))
    };
    let mut found = Vec::new();
    for (path, text) in files {
        for line in text.lines().filter(|line| is_star(line)) {
            found.push(format!("{path}: {line}"));
        }
    }
    found
}

#[test]
fn a_circle_of_two_files_is_seen() {
    let wrong = planted(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A; fn f(_: B) {}"),
        ("b.rs", "pub struct B; fn g() { let _ = crate::a::A; }"),
    ]);
    assert_eq!(wrong.circles, [["a", "b"]]);
    assert!(wrong.faces.is_empty() && wrong.strays.is_empty());
}

#[test]
fn a_circle_through_a_face_that_hands_on_is_seen() {
    let wrong = planted(&[
        ("lib.rs", "mod room;"),
        ("room.rs", "mod a; mod b; pub use a::A; pub use b::B;"),
        ("room/a.rs", "use super::B; pub struct A; fn f(_: B) {}"),
        ("room/b.rs", "pub struct B; fn g(_: super::A) {}"),
    ]);
    assert_eq!(wrong.circles, [["room::a", "room::b"]]);
}

#[test]
fn a_face_that_defines_what_its_child_takes_is_seen() {
    let wrong = planted(&[
        ("lib.rs", "mod room;"),
        ("room.rs", "mod a; pub struct Base;"),
        ("room/a.rs", "fn f(_: super::Base) {}"),
    ]);
    assert_eq!(
        wrong.faces.into_iter().collect::<Vec<_>>(),
        ["room::a takes Base of room"]
    );
    assert!(wrong.circles.is_empty());
}

#[test]
fn an_impl_away_from_its_type_is_seen() {
    let wrong = planted(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub struct A; impl A { fn near() {} } trait T {} "),
        (
            "b.rs",
            "use crate::a::A; impl A { fn far() {} } impl Clone for A { fn clone(&self) -> A { A } }",
        ),
    ]);
    assert_eq!(
        wrong.strays.into_iter().collect::<Vec<_>>(),
        ["impl A of a in b"]
    );
}

#[test]
fn tests_and_handing_on_make_no_arrow() {
    let wrong = planted(&[
        ("lib.rs", "mod room;"),
        ("room.rs", "mod a; mod b; pub use a::A;"),
        (
            "room/a.rs",
            "use super::b::B; pub struct A(B); #[cfg(test)] mod tests { use crate::room::Base; }",
        ),
        (
            "room/b.rs",
            "pub struct B; #[cfg(test)] mod tests { use super::super::a::A; }",
        ),
    ]);
    assert_eq!(wrong, Wrong::default());
}

#[test]
fn an_item_with_two_public_paths_is_seen() {
    let wrong = planted(&[
        (
            "lib.rs",
            "pub mod room; mod shed; pub use room::a::A; pub use shed::C;",
        ),
        (
            "room.rs",
            "pub mod a; mod b; pub use b::B; pub(crate) use b::D;",
        ),
        ("room/a.rs", "pub struct A; pub(crate) struct Hidden;"),
        ("room/b.rs", "pub struct B; pub struct D;"),
        ("shed.rs", "pub struct C;"),
    ]);
    assert_eq!(
        wrong.twice.into_iter().collect::<Vec<_>>(),
        ["A of room::a: A, room::a::A"]
    );
}

#[test]
fn a_text_that_breaks_a_rule_is_seen() {
    let many = ["word"; 26].join(" ");
    let long = format!("/// {many}.\nfn f() {{}}\n");
    let files = texts(&[
        (
            "a.rs",
            "/// The same with salt.\nfn f() {}\n\n    /// Who knows.\n",
        ),
        (
            "b.rs",
            "/// Sets the salt.\n/// What follows is no start.\nfn f() {}\n",
        ),
        ("c.rs", "/// Whatever.\nfn f() {}\n"),
        ("d.rs", &long),
        (
            "e.rs",
            &format!("/// ```\n/// {many}\n/// ```\n// {many}\n"),
        ),
        (
            "page.md",
            &format!("# {many}\n\n| {many} |\n\n- a: {many}\n  on: and on\n"),
        ),
    ]);
    assert_eq!(
        counts::openings(&files),
        ["a.rs:1: The same with salt.", "a.rs:4: Who knows."]
    );
    let places: Vec<_> = counts::long_sentences(&files)
        .iter()
        .map(|found| found.split(" words").next().unwrap().to_owned())
        .collect();
    assert_eq!(places, ["d.rs:1: 26", "page.md:3: 26", "page.md:5: 27"]);
}

#[test]
fn a_star_is_seen() {
    let files = texts(&[
        (
            "a.rs",
            "use countersign::*;\n/// use countersign::otp::*;\nuse countersign::{otp, Code};\n",
        ),
        ("page.md", "```rust\n# use countersign::*;\n```\n"),
    ]);
    assert_eq!(stars(&files).len(), 3);
}

/// Code is counted without docs, comments, blank lines and tests, those in files of their own included.
#[test]
fn lines_of_code_are_counted() {
    let files = texts(&[
        (
            "src/a.rs",
            "//! Docs.\n\n#[cfg(test)]\nmod model;\nfn f() {} // one\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n",
        ),
        ("src/a/model.rs", "fn h() {}\n"),
        ("src/a/model/deep.rs", "fn h() {}\n"),
        ("src/a/b.rs", "fn h() {}\n// no line\n"),
    ]);
    let counted: Vec<_> = counts::code_lines(&files).into_iter().collect();
    assert_eq!(
        counted,
        [("src/a.rs".to_owned(), 3), ("src/a/b.rs".to_owned(), 1)]
    );
}
