//! The verifier in C, and the library in Rust on the file that it left.

use std::path::Path;

use countersign::field::Keyring;
use countersign::knowledge::{Catalogue, WordKey};
use countersign::password::{Password, Pin};
use countersign::store::sqlite::SqliteStore;
use countersign::time::ManualClock;
use countersign::{
    Attempt, Channel, Context, Factor, Outcome, Settings, Subject, Timestamp, Verifier,
};

use crate::programs::{compile, run_with};
use crate::support::{postgres::Server, redis::RedisServer};

/// Opens the file of the C program by its keys, and finds what the program has done.
fn agrees(folder: &Path) {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let keyring = Keyring::from_bytes(&read("keys")).unwrap();
    let words = WordKey::new(&keyring, "bank").unwrap();
    let settings = Settings::new("bank", keyring).unwrap();
    let settings = settings
        .with_catalogue(Catalogue::english())
        .with_memorable_words(words)
        .accepting_worse_guess_chance();
    let now: i64 = String::from_utf8(read("now")).unwrap().parse().unwrap();
    let store = SqliteStore::open(folder.join("bank.db")).unwrap();
    let clock = ManualClock::new(Timestamp::from_unix(now).unwrap());
    let verifier = Verifier::new(store, settings).with_clock(clock);

    let anna = Subject::new("bank", "C-1042").unwrap();
    let ctx = Context::begin(Channel::Web).unwrap();
    let status = verifier.status(&anna, &ctx).unwrap();
    let enrolled = [
        Factor::Totp,
        Factor::Ocra,
        Factor::Questions,
        Factor::Word,
        Factor::Password,
        Factor::Pin,
        Factor::SpokenCode,
    ];
    assert!(enrolled.iter().all(|factor| status.is_enrolled(*factor)));
    assert!(!status.is_enrolled(Factor::Hotp), "it was removed");
    assert_eq!(status.recovery_codes(), Some(9), "one of ten was used");
    assert!(!status.is_suspended(), "it was resumed");
    let check = |attempt| verifier.check(&anna, &attempt, &ctx).unwrap();
    let password = |text| Attempt::Password(Password::typed(text));
    assert!(matches!(
        check(password("eleven purple elephants")),
        Outcome::Accepted(_)
    ));
    assert!(matches!(
        check(password("twelve purple elephants")),
        Outcome::Denied
    ));
    assert!(matches!(
        check(Attempt::Pin(Pin::typed("290417"))),
        Outcome::Accepted(_)
    ));
    let stranger = Subject::new("bank", "C-9999").unwrap();
    assert!(!verifier.erase(&stranger).unwrap());
}

#[test]
fn the_verifier_in_c_by_each_compiler() {
    for compiler in ["gcc", "clang"] {
        let folder = tempfile::tempdir().unwrap();
        let program = compile(compiler, "c11", "verifier.c");
        run_with(&program, &[folder.path()]);
        agrees(folder.path());
    }
}

/// The main job, and then eight threads at once. The tables of the former are there.
fn over_a_server(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let program = compile("gcc", "c11", "verifier.c");
    run_with(&program, &[folder.path(), Path::new(url)]);
    let program = compile("clang", "c11", "threads.c");
    run_with(&program, &[Path::new(url)]);
}

#[test]
fn the_verifier_in_c_over_redis() {
    if let Some(server) = RedisServer::start("the verifier in C over Redis") {
        over_a_server(&server.url());
    }
}

#[test]
#[cfg(unix)]
fn the_verifier_in_c_over_postgresql() {
    if let Some(server) = Server::start("the verifier in C over PostgreSQL") {
        over_a_server(&server.url());
    }
}
