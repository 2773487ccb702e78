//! Circles among files, and the two rules that keep a house free of them.
//!
//! What is there today stands in a list below, and may only become less.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod look;

use std::collections::BTreeMap;
use std::path::Path;

use look::{Wrong, look};

/// The circles that are left, each by its first file and how many files it binds.
const CIRCLES: &[(&str, usize)] = &[
    ("account", 12),
    ("code", 2),
    ("otp::ocra", 2),
    ("policy::assurance", 2),
    ("policy::explain", 2),
    ("policy::written", 3),
];
/// How many names children still take from their faces, and how many inherent `impl` blocks stand away from their types.
const LEFT: (usize, usize) = (80, 36);

fn house() -> BTreeMap<String, String> {
    fn walk(folder: &Path, root: &Path, house: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, house);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                house.insert(name.to_owned(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut house = BTreeMap::new();
    walk(&root, &root, &mut house);
    assert!(house.len() > 100, "the sources are not where they were");
    house
}

fn planted(files: &[(&str, &str)]) -> Wrong {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    look(&files.collect())
}

#[test]
fn circles_become_fewer() {
    let found = look(&house());
    let circles: Vec<_> = found
        .circles
        .iter()
        .map(|circle| (circle[0].as_str(), circle.len()))
        .collect();
    assert_eq!(circles, CIRCLES, "{:#?}", found.circles);
    let left = (found.faces.len(), found.strays.len());
    assert!(
        left.0 <= LEFT.0 && left.1 <= LEFT.1,
        "{left:?}: {:#?}",
        (found.faces, found.strays)
    );
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
