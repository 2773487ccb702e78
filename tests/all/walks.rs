//! Walks over all accounts: a new root beside writers, and a report.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::fields::{long_term, root};
use crate::support::tasks::wait_for;
use countersign::account::{AccountReport, Finding, Rekey};
use countersign::delivered::{CodeOrder, Destination};
use countersign::field::{FieldCipher, Keyring};
use countersign::hashing::Cost;
use countersign::knowledge::{AnswerBlocklist, MemorableWord, WordKey};
use countersign::otp::Totp;
use countersign::password::{Password, PasswordHash, PasswordRules};
use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{Entry, Key, Replaced, ScanPlace, Store, Version, conformance::TestStore};
use countersign::{
    AsyncVerifier, Attempt, Authority, Change, Changed, Channel, Code, Context, Decision, Error,
    ErrorKind, Factor, Outcome, Policy, Request, Settings, Subject, Timestamp, Verifier,
};

fn ring(active: u32) -> Keyring {
    (2..=active).fold(Keyring::new(root(1), long_term(1)), |ring, id| {
        ring.rotated_to(root(id)).unwrap()
    })
}

fn settings(ring: Keyring) -> Settings {
    let words = WordKey::new(&ring, "bank").unwrap();
    Settings::new("bank", ring)
        .unwrap()
        .with_memorable_words(words)
}

fn customer(number: u32) -> Subject {
    Subject::new("bank", &format!("C-{number}")).unwrap()
}

fn ctx() -> Context {
    Context::begin(Channel::Agent).unwrap()
}

/// Customers with apps; each tenth with a word.
fn filled<S: Store>(verifier: &Verifier<S>, customers: u32) {
    let words = WordKey::new(verifier.settings().keyring(), "bank").unwrap();
    for number in 1..=customers {
        let (subject, ctx) = (customer(number), ctx());
        verifier.create(&subject, &ctx).unwrap();
        if number % 10 == 0 {
            let word =
                MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &subject, &words);
            let change = Change::SetWord(word.unwrap());
            let _ = verifier
                .change(&subject, &change, &Authority::Host, &ctx)
                .unwrap();
        }
    }
}

fn roots_in(store: &impl Store) -> BTreeSet<u32> {
    let page = store.scan(None, 100_000).unwrap();
    let roots = page.found().iter().filter_map(|(_, entry)| {
        let entry = entry.as_ref().ok()?;
        FieldCipher::key_id_of(entry.bytes())
    });
    roots.collect()
}

#[test]
fn a_walk_brings_records_words_and_counts_under_the_new_root() {
    let store = MemoryStore::new();
    let before = Verifier::new(&store, settings(ring(1)));
    filled(&before, 50);
    // A count of codes, and the record of a name that nobody has.
    let phone = Change::SetPhone(Destination::phone("+6281234567834").unwrap());
    let _ = before
        .change(&customer(1), &phone, &Authority::Host, &ctx())
        .unwrap();
    let _ = before
        .issue(&customer(1), &CodeOrder::spoken(), &ctx())
        .unwrap();
    let nobody = Subject::new("bank", "nobody").unwrap();
    let _ = before
        .check(&nobody, &Attempt::Totp(Code::typed("000000")), &ctx())
        .unwrap();

    let after = Verifier::new(&store, settings(ring(2)));
    let mut walk = Rekey::new().with_page(7);
    while after.rekey(&mut walk).unwrap() {
        assert!(!walk.frees(1), "it is not over");
    }
    assert!(
        walk.records() > 52 && walk.moved() == walk.records(),
        "{walk:?}"
    );
    assert!(walk.frees(1) && !walk.frees(2), "{walk:?}");
    assert_eq!(walk.word_roots().get(&2), Some(&5));
    assert_eq!(roots_in(&store), BTreeSet::from([2]));
    assert_eq!(walk.unreadable_count(), 0);

    // The old root is destroyed. All is as it was.
    let alone = settings(Keyring::new(root(2), long_term(1)));
    let alone = Verifier::new(&store, alone);
    for number in 1..=50 {
        let status = alone.status(&customer(number), &ctx()).unwrap();
        assert_eq!(status.is_enrolled(Factor::Word), number % 10 == 0);
    }
    let issued = alone.issue(&customer(1), &CodeOrder::spoken(), &ctx());
    assert!(issued.is_ok());
    // A second walk writes nothing.
    let mut again = Rekey::new();
    while alone.rekey(&mut again).unwrap() {}
    assert!(again.moved() == 0 && again.frees(1));
}

#[test]
fn a_word_under_an_old_root_is_found_in_a_record_under_the_new_one() {
    let store = MemoryStore::new();
    filled(&Verifier::new(&store, settings(ring(1))), 10);
    let after = Verifier::new(&store, settings(ring(2)));
    // A step writes the record under the new root, and leaves the word.
    let wrong = after.check(&customer(10), &Attempt::Totp(Code::typed("000000")), &ctx());
    assert!(matches!(wrong.unwrap(), Outcome::Denied));
    let mut report = AccountReport::new();
    while after.report(&mut report).unwrap() {}
    assert_eq!(report.word_roots().get(&1), Some(&1));
    let mut walk = Rekey::new();
    while after.rekey(&mut walk).unwrap() {}
    assert_eq!(walk.moved(), 10);
    assert!(walk.frees(1));
    // Without the key of words they are counted, and the root is still needed.
    let store = MemoryStore::new();
    filled(&Verifier::new(&store, settings(ring(1))), 10);
    let plain = Verifier::new(&store, Settings::new("bank", ring(2)).unwrap());
    let mut walk = Rekey::new();
    while plain.rekey(&mut walk).unwrap() {}
    assert!(!walk.frees(1) && walk.roots().get(&1).is_none());
}

#[test]
fn a_corrupt_record_in_the_middle_is_named_skipped_and_counted() {
    let store = MemoryStore::new();
    filled(&Verifier::new(&store, settings(ring(1))), 30);
    let bad = Key::of(&customer(7));
    let spoil = |key: &Key, bytes: Vec<u8>| {
        let present = store.load(key).unwrap().unwrap();
        let entry = Entry::new(bytes, present.version(), None);
        let expected = Some(present.version());
        assert_eq!(
            store.replace(key, expected.as_ref(), &entry).unwrap(),
            Replaced::Stored
        );
    };
    let mut bytes = store.load(&bad).unwrap().unwrap().bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    spoil(&bad, bytes);
    // One record in the place of another, and one that is none.
    let other = store.load(&Key::of(&customer(8))).unwrap().unwrap();
    spoil(&Key::of(&customer(9)), other.bytes().to_vec());
    spoil(&Key::of(&customer(11)), b"text".to_vec());

    let after = Verifier::new(&store, settings(ring(2)));
    let mut walk = Rekey::new().with_page(4);
    while after.rekey(&mut walk).unwrap() {}
    let named: BTreeSet<Key> = walk.unreadable().iter().map(|one| *one.key()).collect();
    let wanted = [7, 9, 11].map(|number| Key::of(&customer(number)));
    assert_eq!(named, BTreeSet::from(wanted));
    assert_eq!((walk.unreadable_count(), walk.moved()), (3, 27));
    assert!(
        walk.unreadable()
            .iter()
            .all(|one| one.kind() == ErrorKind::Corrupt)
    );
    assert!(!walk.frees(1), "they may be repaired");
    let mut report = AccountReport::new();
    while after.report(&mut report).unwrap() {}
    assert_eq!((report.accounts(), report.unreadable_count()), (27, 3));

    // A keyring without the root: each record is named, and none is touched.
    let stranger = Keyring::new(root(5), long_term(1));
    let stranger = Verifier::new(&store, settings(stranger));
    let mut walk = Rekey::new();
    while stranger.rekey(&mut walk).unwrap() {}
    assert_eq!((walk.unreadable_count(), walk.moved()), (30, 0));
    let missing = walk
        .unreadable()
        .iter()
        .filter(|one| one.kind() == ErrorKind::MissingKey);
    assert_eq!(missing.clone().count(), 28);
    assert!(missing.clone().all(|one| one.root().is_some()));
}

#[test]
fn a_walk_goes_on_after_a_failure_and_in_another_process() {
    let store = TestStore::new(MemoryStore::new());
    filled(&Verifier::new(&store, settings(ring(1))), 40);
    let after = Verifier::new(&store, settings(ring(2)));
    let mut walk = Rekey::new().with_page(10);
    assert!(after.rekey(&mut walk).unwrap());
    // The answer of a write is lost. The page is done again.
    store.lose_next(1);
    let place = walk.place().unwrap().clone();
    assert!(after.rekey(&mut walk).unwrap_err().is_store());
    assert_eq!((walk.records(), walk.place()), (10, Some(&place)));
    store.conflict_next(3);
    assert!(after.rekey(&mut walk).unwrap());
    assert_eq!((walk.records(), walk.overtaken()), (20, 3));
    // The process is killed. The next one has the place of the file.
    let kept = ScanPlace::from_bytes(walk.place().unwrap().as_bytes()).unwrap();
    let mut walk = Rekey::after(kept);
    while after.rekey(&mut walk).unwrap() {}
    assert_eq!(walk.moved(), 20);
    assert!(!walk.frees(1), "it has not seen all of them");
    assert_eq!(roots_in(&store), BTreeSet::from([2]));
    // A place of another store is refused.
    let odd = ScanPlace::from_bytes(b"R1").unwrap();
    assert!(after.rekey(&mut Rekey::after(odd)).unwrap_err().is_misuse());
}

#[test]
fn a_walk_and_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let open = || SqliteStore::open_unsynced(&path).unwrap();
    let writer = Verifier::new(open(), settings(ring(1)));
    filled(&writer, 60);
    let apps: Vec<Totp> = (0..60).map(|_| Totp::generate().unwrap()).collect();
    for (number, app) in (1..).zip(&apps) {
        let add = Change::AddTotp(app.clone());
        let _ = writer
            .change(&customer(number), &add, &Authority::Host, &ctx())
            .unwrap();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Another process, that has both roots, and writes under the new one. Each app is confirmed meanwhile.
        let beside = scope.spawn(|| {
            let verifier = Verifier::new(open(), settings(ring(2)));
            for (number, app) in (1..).zip(&apps) {
                let now = Timestamp::now().unwrap();
                let code = Change::ConfirmTotp(Code::typed(app.code_at(now).expose_text()));
                let by = Authority::Host;
                let _ = verifier
                    .change(&customer(number), &code, &by, &ctx())
                    .unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        let verifier = Verifier::new(open(), settings(ring(2)));
        loop {
            let was_done = done.load(Ordering::SeqCst);
            let mut walk = Rekey::new().with_page(5);
            while verifier.rekey(&mut walk).unwrap() {}
            assert_eq!(walk.records(), 60);
            if was_done {
                assert!(walk.frees(1));
                break;
            }
        }
        beside.join().unwrap();
    });
    let alone = Keyring::new(root(2), long_term(1));
    let verifier = Verifier::new(open(), settings(alone));
    for number in 1..=60 {
        let status = verifier.status(&customer(number), &ctx()).unwrap();
        assert!(status.is_enrolled(Factor::Totp), "{number}");
    }
}

#[test]
fn a_report_counts_without_a_name() {
    let store = MemoryStore::new();
    let verifier = Verifier::new(&store, settings(ring(1)));
    let host = Authority::Host;
    let change = |number: u32, change: Change| {
        let _ = verifier
            .change(&customer(number), &change, &host, &ctx())
            .unwrap();
    };
    let now = Timestamp::now().unwrap();
    for number in 1..=5 {
        verifier.create(&customer(number), &ctx()).unwrap();
    }
    let password = |cost: Cost| {
        let pool = verifier.settings().hash_pool();
        let mut permit = pool.permit().unwrap();
        let (rules, keys) = (PasswordRules::multi_factor(), verifier.settings().keyring());
        let typed = Password::typed("brass kettle on tuesday");
        let hash = PasswordHash::enrol(&typed, &rules, keys, cost, &mut permit);
        Change::SetPassword(hash.unwrap())
    };
    let phone = || Change::SetPhone(Destination::phone("+6281234567834").unwrap());
    // 1: an app that waits. 2: a telephone. 3: a telephone and a password. 4: an app, a weak hash. 5: suspended.
    change(2, phone());
    change(3, phone());
    change(3, password(Cost::default()));
    let app = Totp::generate().unwrap();
    change(4, Change::AddTotp(app.clone()));
    change(
        4,
        Change::ConfirmTotp(Code::typed(app.code_at(now).expose_text())),
    );
    change(4, password(Cost::new(19_456, 3, 1).unwrap()));
    change(1, Change::AddTotp(Totp::generate().unwrap()));
    change(5, Change::Suspend);
    let nobody = Subject::new("bank", "nobody").unwrap();
    let _ = verifier
        .check(&nobody, &Attempt::Totp(Code::typed("000000")), &ctx())
        .unwrap();

    let begun = || {
        Finding::ALL
            .into_iter()
            .fold(AccountReport::new().with_page(2), AccountReport::listing)
    };
    let mut report = begun();
    while verifier.report(&mut report).unwrap() {}
    assert_eq!((report.accounts(), report.unknown_names()), (5, 1));
    let found = |finding, wanted: &[u32]| {
        let keys: BTreeSet<Key> = report.listed(finding).iter().copied().collect();
        let wanted: BTreeSet<Key> = wanted
            .iter()
            .map(|number| Key::of(&customer(*number)))
            .collect();
        assert_eq!(keys, wanted, "{finding:?}");
        assert_eq!(report.count(finding), wanted.len() as u64, "{finding:?}");
    };
    found(Finding::NoFactor, &[1, 5]);
    found(Finding::NoSecondFactor, &[1, 2, 5]);
    found(Finding::OnlyRestricted, &[2, 3]);
    found(Finding::WeakHash, &[4]);
    found(Finding::Pending, &[1]);
    found(Finding::Locked, &[]);
    found(Finding::Suspended, &[5]);
    assert_eq!(report.enrolled(Factor::Totp), 1);
    assert_eq!(report.enrolled(Factor::SpokenCode), 2);
    assert_eq!((report.made()[0], report.last_step()[0]), (5, 5));
    assert_eq!(report.sizes().values().sum::<u64>(), 5);
    assert_eq!(report.roots().get(&1), Some(&6));
    assert_eq!(report.generations().get(&1), Some(&2));
    let shown = format!("{report:?}");
    assert!(
        !shown.contains("C-") && !shown.contains("812345678"),
        "{shown}"
    );

    // The other driver reads the same.
    let waited = AsyncVerifier::new(&store, settings(ring(1)));
    let mut again = begun();
    wait_for(async { while waited.report(&mut again).await.unwrap() {} });
    assert_eq!(format!("{again:?}"), shown);
    let mut walk = Rekey::new();
    wait_for(async { while waited.rekey(&mut walk).await.unwrap() {} });
    assert_eq!((walk.records(), walk.moved()), (6, 0));
}

/// A new word that waits for its day is sealed under a root as well.
#[test]
fn a_word_that_waits_is_moved_too() {
    let store = MemoryStore::new();
    let before = Verifier::new(&store, settings(ring(1)));
    before.create(&customer(1), &ctx()).unwrap();
    let policy = r#"
        version = 1
        grant_lifetime = 300
        tiers = ["every"]
        [action."authenticator.add".every_tier]
        delay = 86400
        any = [{ all = [{ factor = "totp", max_age = 600 }] }]
    "#;
    let policy = Policy::from_toml(policy).unwrap();
    let (app, call, host) = (Totp::generate().unwrap(), ctx(), Authority::Host);
    let now = Timestamp::now().unwrap();
    let earlier = Timestamp::from_unix(i64::try_from(now.unix()).unwrap() - 30).unwrap();
    let code = |at| Code::typed(app.code_at(at).expose_text());
    for change in [
        Change::AddTotp(app.clone()),
        Change::ConfirmTotp(code(earlier)),
    ] {
        let _ = before.change(&customer(1), &change, &host, &call).unwrap();
    }
    let told = before.check(&customer(1), &Attempt::Totp(code(now)), &call);
    assert!(matches!(told.unwrap(), Outcome::Accepted(_)));
    let request = Request::new("authenticator.add");
    let Decision::Allow(grant) = before
        .decide(&policy, &request, &customer(1), &call)
        .unwrap()
    else {
        panic!("a grant that waits");
    };
    let words = WordKey::new(before.settings().keyring(), "bank").unwrap();
    let word = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), &customer(1), &words);
    let change = Change::SetWord(word.unwrap());
    let by = Authority::Granted(&grant);
    let told = before.change(&customer(1), &change, &by, &call).unwrap();
    assert!(matches!(told, Changed::Waits(_)), "{told:?}");

    let after = Verifier::new(&store, settings(ring(2)));
    let mut walk = Rekey::new();
    while after.rekey(&mut walk).unwrap() {}
    assert_eq!(walk.word_roots().get(&2), Some(&1));
    assert!(walk.frees(1));
}

/// A store of the four duties alone.
struct Four(MemoryStore);

impl Store for Four {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Store::load(&self.0, key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        Store::replace(&self.0, key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        Store::remove(&self.0, key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        Store::purge(&self.0, now)
    }
}

#[test]
fn a_store_without_a_walk_says_so() {
    let verifier = Verifier::new(Four(MemoryStore::new()), settings(ring(1)));
    let error = verifier.rekey(&mut Rekey::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert!(error.to_string().contains("`Store::scan`"), "{error}");
    let error = verifier.report(&mut AccountReport::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
}
