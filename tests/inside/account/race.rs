//! Many at once: threads and processes that offer the same code, and guesses that come together.
//!
//! Each race is forced: nobody goes on until everybody has loaded the same version, and the test counts the conflicts
//! that follow from it.
use crate::support::timed::TimedVerifier;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::inside::support::host::*;
use std::ops::ControlFlow;

use crate::inside::own_table::Sealed;
use crate::support::maya;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::conformance::TestStore;
use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{Key, Replaced, Store};
use countersign::{
    Attempt, Authority, Change, Changed, Code, Error, FactorClass, Outcome, SecretText, Settings,
    Strength,
    account::ExternalVerification,
    audit::{Event, EventKind, Reason},
    delivered::CodeOrder,
    limits::Limits,
    otp::{Hotp, KeyUri, OtpKey, Totp},
    transition::{CommitResult, Saved},
};

/// How many take part in a race between threads.
const THREADS: usize = 8;
/// All have loaded the same before anybody writes. Whoever lost once takes the turn, and who waits for that loads anew. So
/// there are seven conflicts, or a turn after one.
const RACES: usize = 1;
/// How many guesses a flood has.
const GUESSES: usize = 1_000;
/// What the NIST limits let through before it locks, and for how long it then does.
const LIMIT: usize = 5;
const FIRST_LOCK: Said = Said::Locked(Some(NOW + 30));

fn together<T: Send>(act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let act = &act;
        let threads: Vec<_> = (0..THREADS)
            .map(|number| scope.spawn(move || act(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Runs a test on an empty store of each kind.
fn on_each_store(test: impl Fn(&Shared)) {
    test(&MemoryStore::new());
    let directory = tempfile::tempdir().unwrap();
    test(&SqliteStore::open_unsynced(directory.path().join("bank.db")).unwrap());
}

type Shared = dyn Store + Sync;

/// Ten wrong tries before a lock, so that seven losers are all denied.
fn patient() -> Settings {
    settings().with_limits(Limits::pci())
}

/// No two events tell the same write.
fn assert_each_write_is_its_own(events: &[Event]) {
    let mut revisions: Vec<u64> = events
        .iter()
        .filter(|event| !matches!(event.kind, EventKind::Locked { .. }))
        .map(|event| event.revision)
        .collect();
    revisions.sort_unstable();
    let count = revisions.len();
    revisions.dedup();
    assert_eq!(revisions.len(), count, "two writes with one revision");
}

// --- The same right code, by threads -------------------------------------------------------------------------

/// Eight offer the same; one is accepted, the others are denied for `reason`, and the race did happen.
fn assert_accepted_once(store: &Shared, attempt: &Attempt, reason: Reason) {
    let (gate, trail) = (TestStore::racing(store, THREADS), Trail::default());
    let verifier = TimedVerifier::new(&gate, patient()).with_audit(&trail);
    let ctx = agent(NOW, 1);
    let told = together(|_| kind(&verifier.check(&maya(), attempt, &ctx).unwrap()));
    assert_eq!(count(&told, Said::Accepted), 1, "{told:?}");
    assert_eq!(count(&told, Said::Denied), THREADS - 1, "{told:?}");
    assert!(gate.conflicts() >= RACES, "there was no race");

    let events = trail.events();
    assert_each_write_is_its_own(&events);
    let denied = events.iter().filter(
        |event| matches!(event.kind, EventKind::Denied { reason: why, .. } if why == reason),
    );
    assert_eq!(denied.count(), THREADS - 1, "{events:?}");
    // What was accepted is stored: nobody is accepted later either.
    let again = verifier.check(&maya(), attempt, &ctx).unwrap();
    assert_eq!(kind(&again), Said::Denied);
}

#[test]
fn b03_a_right_totp_code_passes_one_of_eight_threads() {
    on_each_store(|store| {
        let totp = totp(7);
        enrol(&TimedVerifier::new(store, settings()), &totp, NOW);
        assert_accepted_once(store, &typed(&right_code(&totp, NOW)), Reason::Replayed);
        let later = agent(NOW + 30, 1);
        let next = typed(&right_code(&totp, NOW + 30));
        let told = TimedVerifier::new(store, patient()).check(&maya(), &next, &later);
        assert_eq!(
            kind(&told.unwrap()),
            Said::Accepted,
            "the next code is free"
        );
    });
}

#[test]
fn b13_a_spoken_code_passes_one_of_eight_threads() {
    on_each_store(|store| {
        let verifier = TimedVerifier::new(store, settings());
        enrol(&verifier, &totp(7), NOW);
        let code = sent(&verifier, &CodeOrder::spoken(), &agent(NOW, 1));
        assert_accepted_once(store, &delivered(&code), Reason::NothingOpen);
    });
}

#[test]
fn b13_a_recovery_code_passes_one_of_eight_threads() {
    on_each_store(|store| {
        let verifier = TimedVerifier::new(store, patient());
        let ctx = agent(NOW - 60, 200);
        verifier.create(&maya(), &ctx).unwrap();
        let sheet = verifier.generate_recovery_codes(&maya(), 3, &Authority::Host, &ctx);
        let sheet = sheet.unwrap();
        let [first, second, _] = sheet.codes() else {
            panic!("three")
        };
        let attempt = |code: &SecretText| Attempt::Recovery(Code::typed(code.expose_text()));
        assert_accepted_once(store, &attempt(first), Reason::Wrong);
        let told = verifier.check(&maya(), &attempt(second), &agent(NOW + 30, 1));
        assert_eq!(
            kind(&told.unwrap()),
            Said::Accepted,
            "the next code is free"
        );
    });
}

#[test]
fn b13_a_token_s_code_passes_one_of_eight_threads() {
    on_each_store(|store| {
        let verifier = TimedVerifier::new(store, patient());
        let ctx = agent(NOW - 60, 200);
        let token = Hotp::from(OtpKey::generate().unwrap())
            .with_look_ahead(1)
            .unwrap();
        let code = |counter| Code::typed(token.code_at(counter).expose_text());
        verifier.create(&maya(), &ctx).unwrap();
        for change in [
            Change::AddHotp(token.clone(), 0),
            Change::ConfirmHotp(code(0)),
        ] {
            let changed = verifier.change(&maya(), &change, &Authority::Host, &ctx);
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        assert_accepted_once(store, &Attempt::Hotp(code(1)), Reason::Wrong);
    });
}

#[test]
fn b13_eight_connections_to_one_file_accept_a_code_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bank.db");
    let totp = totp(7);
    let store = SqliteStore::open_unsynced(&path).unwrap();
    enrol(&TimedVerifier::new(&store, settings()), &totp, NOW);
    let (meeting, attempt) = (Meeting::of(THREADS), typed(&right_code(&totp, NOW)));
    let told = together(|_| {
        let store = Held::new(SqliteStore::open_unsynced(&path).unwrap(), || {
            meeting.wait();
        });
        let told = TimedVerifier::new(&store, patient()).check(&maya(), &attempt, &agent(NOW, 1));
        (kind(&told.unwrap()), store.conflicts())
    });
    let (told, conflicts): (Vec<Said>, Vec<usize>) = told.into_iter().unzip();
    assert_eq!(count(&told, Said::Accepted), 1, "{told:?}");
    assert_eq!(count(&told, Said::Denied), THREADS - 1, "{told:?}");
    assert!(conflicts.iter().sum::<usize>() >= THREADS - 1, "no race");
}

/// Answers are good more than once, so several may be accepted. But each computation is charged before it is made, and
/// no more are begun without a success than the limit lets.
#[test]
fn b06_right_answers_at_once_stay_in_their_budget() {
    on_each_store(|store| {
        let verifier = TimedVerifier::new(store, settings());
        enrol(&verifier, &totp(7), NOW);
        enrol_answers(&verifier, NOW);
        let (gate, trail) = (TestStore::racing(store, THREADS), Trail::default());
        let verifier = TimedVerifier::new(&gate, settings()).with_audit(&trail);
        let ctx = agent(NOW, 1);
        let told = together(|_| kind(&verifier.check(&maya(), &right_answers(), &ctx).unwrap()));
        let accepted = count(&told, Said::Accepted);
        assert!(accepted >= LIMIT, "{told:?}");
        assert_eq!(accepted + count(&told, FIRST_LOCK), THREADS, "{told:?}");
        assert!(gate.conflicts() >= RACES, "there was no race");

        let mut events = trail.events();
        assert_each_write_is_its_own(&events);
        events.sort_by_key(|event| event.revision);
        let (mut run, mut reserved) = (0, 0);
        for event in &events {
            match event.kind {
                EventKind::Reserved { .. } => (run, reserved) = (run + 1, reserved + 1),
                EventKind::Accepted { .. } => run = 0,
                _ => {}
            }
            assert!(
                run <= LIMIT,
                "{run} computations without a success: {events:?}"
            );
        }
        assert_eq!(reserved, accepted, "one settlement each");
        // Every charge was given back.
        let later = agent(NOW + 3_600, 2);
        let left = row(&settings(), store).tries_left(&wrong_answers(0), &later);
        assert_eq!(left, LIMIT);
    });
}

/// One computation, settled by eight at once: it counts once.
#[test]
fn b06_a_reservation_settles_once() {
    on_each_store(|store| {
        let settings = settings();
        let verifier = TimedVerifier::new(store, settings.clone());
        enrol(&verifier, &totp(7), NOW);
        enrol_answers(&verifier, NOW);
        let ctx = agent(NOW, 1);
        let key = Key::of(&maya());
        let step = row(&settings, store).account();
        let step = step.check(&right_answers(), &ctx).unwrap();
        let save =
            |sealed: &Sealed| match store.replace(&key, sealed.expected().as_ref(), sealed.entry())
            {
                Ok(Replaced::Stored) => Saved::Stored,
                Ok(Replaced::Conflict(_)) => Saved::Conflict,
                Err(cause) => Saved::Failed(cause),
            };
        let CommitResult::Stored(told) = step.commit(save).unwrap() else {
            panic!("nobody else writes")
        };
        let ControlFlow::Continue(reserved) = told.outcome else {
            panic!("answers are dear")
        };
        let mut permit = settings.hash_pool().permit().unwrap();
        let worked = reserved.work(std::slice::from_mut(&mut permit)).unwrap();

        let meeting = Meeting::of(THREADS);
        let told = together(|_| {
            let mut account = row(&settings, store).account();
            meeting.wait();
            let mut conflicts = 0;
            loop {
                let step = account.settle(&worked, &ctx).unwrap();
                if let CommitResult::Stored(told) = step.commit(save).unwrap() {
                    return (kind(&told.outcome), conflicts);
                }
                conflicts += 1;
                account = row(&settings, store).account();
            }
        });
        let (told, conflicts): (Vec<Said>, Vec<usize>) = told.into_iter().unzip();
        assert_eq!(count(&told, Said::Accepted), 1, "{told:?}");
        assert_eq!(count(&told, Said::Denied), THREADS - 1, "{told:?}");
        assert_eq!(conflicts.iter().sum::<usize>(), THREADS - 1, "no race");
    });
}

// --- The same right code, by processes -----------------------------------------------------------------------

const PROCESSES: usize = 4;
const CHILD: &str = "COUNTERSIGN_RACE_CHILD";
/// Long enough for a machine that does much else; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(240);

/// Files appear whole: written beside, then renamed.
fn leave(path: &Path, bytes: impl AsRef<[u8]>) {
    let beside = path.with_extension("part");
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, path).unwrap();
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < PATIENCE, "{} never came", path.display());
        thread::sleep(Duration::from_millis(2));
    }
}

/// The bank of the processes: its keys and its customer's app are in files.
fn bank_in(directory: &Path) -> (Settings, Totp) {
    let read = |name: &str| fs::read(directory.join(name)).unwrap();
    let root = RootKey::from_bytes(9, read("root").try_into().unwrap()).unwrap();
    let long_term = LongTermSecret::from_bytes(9, read("standing").try_into().unwrap()).unwrap();
    let uri = String::from_utf8(read("key-uri")).unwrap();
    let settings = settings_with(Keyring::new(root, long_term));
    (
        settings,
        KeyUri::parse(&uri).and_then(Totp::from_key_uri).unwrap(),
    )
}

/// Not a test by itself: `b13_four_processes_accept_each_code_once` runs it in processes of its own.
#[test]
#[ignore = "the other half of a test between processes"]
fn child_offers_the_right_codes() {
    let Ok(value) = std::env::var(CHILD) else {
        return;
    };
    let (number, directory) = value.split_once(':').unwrap();
    let directory = PathBuf::from(directory);
    let (settings, _) = bank_in(&directory);
    for (phase, offer) in [
        ("totp", typed as fn(&str) -> Attempt),
        ("spoken", delivered),
    ] {
        let code = fs::read_to_string(directory.join(phase)).unwrap();
        let file = SqliteStore::open_unsynced(directory.join("bank.db")).unwrap();
        let store = Held::new(file, || {
            leave(&directory.join(format!("{phase}-loaded-{number}")), "");
            wait_for(&directory.join(format!("{phase}-go")));
        });
        let verifier = TimedVerifier::new(&store, settings.clone());
        let told = verifier.check(&maya(), &offer(&code), &agent(NOW, 1));
        let told = format!("{:?} {}", kind(&told.unwrap()), store.conflicts());
        leave(&directory.join(format!("{phase}-told-{number}")), told);
        // The next race begins when all have run this one.
        wait_for(&directory.join(format!("{phase}-over")));
    }
}

struct Children(Vec<Child>);

impl Children {
    fn spawn(directory: &Path) -> Self {
        let spawn = |number| {
            Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "inside::account::race::child_offers_the_right_codes",
                    "--ignored",
                ])
                .env(CHILD, format!("{number}:{}", directory.display()))
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        Self((0..PROCESSES).map(spawn).collect())
    }

    /// Waits for a file of each process, and reads them. Fails if one of them is gone before.
    fn files(&mut self, directory: &Path, name: &str) -> Vec<String> {
        let start = Instant::now();
        let file = |number: usize, child: &mut Child| {
            let path = directory.join(format!("{name}-{number}"));
            loop {
                let ended = child.try_wait().unwrap();
                if let Ok(text) = fs::read_to_string(&path) {
                    return text;
                }
                assert!(ended.is_none(), "process {number} ended before {name}");
                assert!(start.elapsed() < PATIENCE, "process {number}: no {name}");
                thread::sleep(Duration::from_millis(2));
            }
        };
        let each = self.0.iter_mut().enumerate();
        each.map(|(number, child)| file(number, child)).collect()
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn b13_four_processes_accept_each_code_once() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let (root, long_term) = (
        RootKey::generate(9).unwrap(),
        LongTermSecret::generate(9).unwrap(),
    );
    leave(&directory.join("root"), root.expose_bytes());
    leave(&directory.join("standing"), long_term.expose_bytes());
    let uri = Totp::generate().unwrap().key_uri("Bank", "C-1042").unwrap();
    leave(&directory.join("key-uri"), uri.expose_text());

    let (settings, totp) = bank_in(directory);
    let store = SqliteStore::open_unsynced(directory.join("bank.db")).unwrap();
    let verifier = TimedVerifier::new(&store, settings.clone());
    enrol(&verifier, &totp, NOW);
    leave(&directory.join("totp"), right_code(&totp, NOW));
    leave(
        &directory.join("spoken"),
        sent(&verifier, &CodeOrder::spoken(), &agent(NOW, 1)),
    );

    let mut children = Children::spawn(directory);
    for phase in ["totp", "spoken"] {
        children.files(directory, &format!("{phase}-loaded"));
        let before = row(&settings, &store).account().revision();
        leave(&directory.join(format!("{phase}-go")), "");
        let told = children.files(directory, &format!("{phase}-told"));
        let mut said = Vec::new();
        let mut conflicts = 0;
        for answer in &told {
            let (one, lost) = answer.split_once(' ').unwrap();
            said.push(one);
            conflicts += lost.parse::<usize>().unwrap();
        }
        said.sort_unstable();
        assert_eq!(said, ["Accepted", "Denied", "Denied", "Denied"], "{phase}");
        assert!(conflicts >= PROCESSES - 1, "{phase}: there was no race");
        let after = row(&settings, &store).account().revision();
        assert_eq!(after - before, 4, "{phase}: one write each");
        leave(&directory.join(format!("{phase}-over")), "");
    }
    for child in &mut children.0 {
        assert!(child.wait().unwrap().success());
    }
}

// --- Floods of guesses ---------------------------------------------------------------------------------------

/// Eight threads make `guesses` in all, the first of each at the same moment; answers what each was told.
fn flood(
    store: &Shared,
    guesses: usize,
    check: impl Fn(&TimedVerifier<&TestStore<&Shared>>, usize) -> Said + Sync,
) -> Vec<Said> {
    let gate = TestStore::racing(store, THREADS);
    let verifier = TimedVerifier::new(&gate, settings());
    let told = together(|thread| {
        (thread..guesses)
            .step_by(THREADS)
            .map(|number| check(&verifier, number))
            .collect::<Vec<_>>()
    });
    assert!(gate.conflicts() >= RACES, "there was no race");
    let told = told.concat();
    assert_eq!(told.len(), guesses);
    told
}

fn guess(totp: &Totp, number: usize) -> Attempt {
    let code = wrong_code(totp, NOW, u32::try_from(number).unwrap());
    typed(&code)
}

#[test]
fn b06_a_thousand_totp_guesses_get_five_verdicts() {
    on_each_store(|store| {
        let totp = totp(7);
        let verifier = TimedVerifier::new(store, settings());
        enrol(&verifier, &totp, NOW);
        let ctx = agent(NOW, 1);
        let told = flood(store, GUESSES, |verifier, number| {
            kind(
                &verifier
                    .check(&maya(), &guess(&totp, number), &ctx)
                    .unwrap(),
            )
        });
        assert_eq!(count(&told, Said::Denied), LIMIT);
        assert_eq!(count(&told, FIRST_LOCK), GUESSES - LIMIT);

        // While locked nothing is compared, and the right code is not spent by it.
        let right = typed(&right_code(&totp, NOW));
        let locked = verifier.check(&maya(), &right, &agent(NOW + 29, 1));
        assert_eq!(kind(&locked.unwrap()), FIRST_LOCK);
        let free = verifier.check(&maya(), &right, &agent(NOW + 30, 1));
        assert_eq!(kind(&free.unwrap()), Said::Accepted);
    });
}

#[test]
fn b10_guesses_at_two_factors_have_two_budgets() {
    on_each_store(|store| {
        let totp = totp(7);
        let verifier = TimedVerifier::new(store, settings());
        enrol(&verifier, &totp, NOW);
        let ctx = agent(NOW, 1);
        let code = sent(&verifier, &CodeOrder::spoken(), &ctx);
        let told = flood(store, GUESSES, |verifier, number| {
            let attempt = if (number / THREADS).is_multiple_of(2) {
                guess(&totp, number)
            } else {
                delivered(&other_than(
                    core::slice::from_ref(&code),
                    u32::try_from(number).unwrap(),
                ))
            };
            kind(&verifier.check(&maya(), &attempt, &ctx).unwrap())
        });
        assert_eq!(count(&told, Said::Denied), 2 * LIMIT);
        assert_eq!(count(&told, FIRST_LOCK), GUESSES - 2 * LIMIT);
        for attempt in [typed(&right_code(&totp, NOW)), delivered(&code)] {
            let told = verifier.check(&maya(), &attempt, &ctx).unwrap();
            assert_eq!(kind(&told), FIRST_LOCK, "both are locked");
        }
    });
}

#[test]
fn b39_guesses_on_the_open_lane_leave_the_known_one() {
    on_each_store(|store| {
        let totp = totp(7);
        let verifier = TimedVerifier::new(store, settings());
        enrol(&verifier, &totp, NOW);
        let known = agent(NOW, 1);
        let seen =
            ExternalVerification::new("counter", FactorClass::Possession, Strength::Full).unwrap();
        let told = verifier.check(&maya(), &Attempt::External(seen), &known);
        assert_eq!(kind(&told.unwrap()), Said::Accepted);

        // Half of the threads guess in the customer's call, half in one that has shown nothing.
        let told = flood(store, GUESSES, |verifier, number| {
            let ctx = agent(NOW, if number % THREADS < THREADS / 2 { 1 } else { 2 });
            kind(
                &verifier
                    .check(&maya(), &guess(&totp, number), &ctx)
                    .unwrap(),
            )
        });
        assert_eq!(count(&told, Said::Denied), 2 * LIMIT, "five on each lane");
        assert_eq!(count(&told, FIRST_LOCK), GUESSES - 2 * LIMIT);
    });
}

#[test]
fn b06_guesses_at_answers_get_five_verdicts() {
    on_each_store(|store| {
        let verifier = TimedVerifier::new(store, settings());
        enrol(&verifier, &totp(7), NOW);
        enrol_answers(&verifier, NOW);
        let ctx = agent(NOW, 1);
        let guesses = 5 * THREADS;
        let told = flood(store, guesses, |verifier, number| {
            let attempt = wrong_answers(number);
            kind(&verifier.check(&maya(), &attempt, &ctx).unwrap())
        });
        assert_eq!(count(&told, Said::Denied), LIMIT);
        assert_eq!(count(&told, FIRST_LOCK), guesses - LIMIT);
    });
}

// --- Writes that go wrong ------------------------------------------------------------------------------------

/// A row with an app and a telephone, last written at `NOW`; the spoken code that is open, and the app.
fn customer() -> (Row, Totp, String) {
    let (store, totp) = (MemoryStore::new(), totp(7));
    let verifier = TimedVerifier::new(&store, settings());
    enrol(&verifier, &totp, NOW);
    let code = sent(&verifier, &CodeOrder::spoken(), &agent(NOW, 1));
    (row(&settings(), &store), totp, code)
}

#[test]
fn an_account_reveals_nothing_unless_it_is_stored() {
    let (row, totp, spoken) = customer();
    let ctx = agent(NOW, 1);
    for (right, wrong) in [
        (typed(&right_code(&totp, NOW)), guess(&totp, 0)),
        (
            delivered(&spoken),
            delivered(&other_than(core::slice::from_ref(&spoken), 0)),
        ),
    ] {
        for is_right in [true, false] {
            let attempt = if is_right { &right } else { &wrong };
            for ending in [Ending::Conflict, Ending::Failed, Ending::Lost] {
                let mut row = row.clone();
                let step = row.account().check(attempt, &ctx).unwrap();
                let done = row.commit(step, ending);
                assert!(done.told.is_none(), "{ending:?} told something");
                assert_eq!(done.wrote, ending == Ending::Lost);
                let left = row.tries_left(&wrong, &ctx);
                let again = kind(&row.check(&right, &ctx));
                if !done.wrote {
                    assert_eq!((left, again), (LIMIT, Said::Accepted), "{ending:?}");
                } else if is_right {
                    assert_eq!((left, again), (LIMIT, Said::Denied), "consumed");
                } else {
                    assert_eq!((left, again), (LIMIT - 1, Said::Accepted), "charged");
                }
            }
        }
    }
}

#[test]
fn b14_a_verifier_reveals_nothing_when_a_write_fails() {
    let ctx = agent(NOW, 1);
    let (totp, ring) = (totp(7), settings());
    let fresh = || {
        let store = TestStore::new(MemoryStore::new());
        let verifier = TimedVerifier::new(&store, settings());
        enrol(&verifier, &totp, NOW);
        let code = sent(&verifier, &CodeOrder::spoken(), &ctx);
        (store, code)
    };
    for offers_totp in [true, false] {
        let offer = |code: &str| {
            if offers_totp {
                (typed(&right_code(&totp, NOW)), guess(&totp, 0))
            } else {
                let wrong = other_than(&[code.to_owned()], 0);
                (delivered(code), delivered(&wrong))
            }
        };
        // A conflict is tried again, and costs nothing.
        let (store, code) = fresh();
        let (right, wrong) = offer(&code);
        store.conflict_next(20);
        let told = TimedVerifier::new(&store, settings()).check(&maya(), &right, &ctx);
        assert_eq!(kind(&told.unwrap()), Said::Accepted);
        assert_eq!(store.pending(), 0);
        assert_eq!(row(&ring, &store).tries_left(&wrong, &ctx), LIMIT);

        // Too many of them are an error; nothing was written.
        let (store, code) = fresh();
        let (right, _) = offer(&code);
        let before = stored(&store);
        store.conflict_next(1_000);
        let verifier = TimedVerifier::new(&store, settings());
        assert!(
            verifier
                .check(&maya(), &right, &ctx)
                .unwrap_err()
                .is_store()
        );
        assert!(store.pending() > 0, "it tries without end");
        assert_eq!(stored(&store), before);

        // A failure is an error; the record is as it was, and the code still good.
        let (store, code) = fresh();
        let (right, wrong) = offer(&code);
        let before = stored(&store);
        let verifier = TimedVerifier::new(&store, settings());
        for attempt in [&right, &wrong, &right] {
            store.fail_next(1);
            let error = verifier.check(&maya(), attempt, &ctx).unwrap_err();
            assert!(error.is_store(), "{error}");
            assert_eq!(stored(&store), before);
        }
        assert_eq!(
            kind(&verifier.check(&maya(), &right, &ctx).unwrap()),
            Said::Accepted
        );

        // A lost answer is an error; the code is spent.
        let (store, code) = fresh();
        let (right, _) = offer(&code);
        let verifier = TimedVerifier::new(&store, settings());
        store.lose_next(1);
        assert!(
            verifier
                .check(&maya(), &right, &ctx)
                .unwrap_err()
                .is_store()
        );
        let again = verifier.check(&maya(), &right, &ctx).unwrap();
        assert_eq!(kind(&again), Said::Denied, "consumed by the lost write");

        // Five lost answers to wrong codes are five charges.
        let (store, code) = fresh();
        let (right, wrong) = offer(&code);
        let verifier = TimedVerifier::new(&store, settings());
        store.lose_next(LIMIT);
        for _ in 0..LIMIT {
            assert!(
                verifier
                    .check(&maya(), &wrong, &ctx)
                    .unwrap_err()
                    .is_store()
            );
        }
        let told = verifier.check(&maya(), &right, &ctx).unwrap();
        assert_eq!(kind(&told), FIRST_LOCK, "nothing was un-charged");
    }
}

/// A trail that breaks the store as soon as a computation is reserved.
fn fails_at_settlement<'a>(
    store: &'a TestStore<MemoryStore>,
    break_next: fn(&TestStore<MemoryStore>, usize),
) -> impl Fn(&Event) -> Result<(), Error> + 'a {
    move |event| {
        if matches!(event.kind, EventKind::Reserved { .. }) {
            break_next(store, 1);
        }
        Ok(())
    }
}

#[test]
fn b06_a_charge_stands_when_the_settlement_fails() {
    let ctx = agent(NOW, 1);
    let ring = settings();
    let fresh = || {
        let store = TestStore::new(MemoryStore::new());
        let verifier = TimedVerifier::new(&store, ring.clone());
        enrol(&verifier, &totp(7), NOW);
        enrol_answers(&verifier, NOW);
        store
    };
    let left =
        |store: &TestStore<MemoryStore>| row(&ring, store).tries_left(&wrong_answers(0), &ctx);

    // The reservation fails: nothing was charged. Its answer is lost: the charge stands, and no guess was made.
    type BreakNext = fn(&TestStore<MemoryStore>, usize);
    let breaks: [(BreakNext, usize); 2] = [(TestStore::fail_next, 0), (TestStore::lose_next, 1)];
    for (break_next, charged) in breaks {
        let store = fresh();
        break_next(&store, 1);
        let verifier = TimedVerifier::new(&store, ring.clone());
        let error = verifier.check(&maya(), &right_answers(), &ctx).unwrap_err();
        assert!(error.is_store(), "{error}");
        assert_eq!(left(&store), LIMIT - charged, "{charged}");
    }
    // The settlement fails: the charge stands, although the answers were right.
    let store = fresh();
    let verifier = TimedVerifier::new(&store, ring.clone())
        .with_audit(fails_at_settlement(&store, TestStore::fail_next));
    let error = verifier.check(&maya(), &right_answers(), &ctx).unwrap_err();
    assert!(error.is_store() && store.pending() == 0, "{error}");
    assert_eq!(left(&store), LIMIT - 1);
    // Its answer is lost: nothing is told, and nobody else can settle it.
    let store = fresh();
    let verifier = TimedVerifier::new(&store, ring.clone())
        .with_audit(fails_at_settlement(&store, TestStore::lose_next));
    let error = verifier.check(&maya(), &right_answers(), &ctx).unwrap_err();
    assert!(error.is_store() && store.pending() == 0, "{error}");
    // It meets a conflict: it is settled on what stands there.
    let store = fresh();
    let verifier = TimedVerifier::new(&store, ring.clone())
        .with_audit(fails_at_settlement(&store, TestStore::conflict_next));
    let told = verifier.check(&maya(), &right_answers(), &ctx).unwrap();
    assert_eq!((kind(&told), store.pending()), (Said::Accepted, 0));
    assert_eq!(left(&store), LIMIT, "given back once");
}

#[test]
fn b06_a_crash_before_the_settlement_leaves_the_charge() {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings());
    enrol(&verifier, &totp(7), NOW);
    enrol_answers(&verifier, NOW);
    let mut row = row(&settings(), &store);
    let ctx = agent(NOW, 1);
    for charged in 1..=LIMIT {
        let step = row.account().check(&right_answers(), &ctx).unwrap();
        let told = row.commit(step, Ending::Stored).told.unwrap();
        assert!(matches!(told.outcome, ControlFlow::Continue(_)));
        drop(told); // the process ends here
        assert_eq!(row.tries_left(&wrong_answers(0), &ctx), LIMIT - charged);
    }
    assert_eq!(kind(&row.check(&right_answers(), &ctx)), FIRST_LOCK);
    let told = row.check(&right_answers(), &agent(NOW + 30, 1));
    assert_eq!(kind(&told), Said::Accepted, "one try after the lock");
}

/// A computation that comes late, twice, or after the record was made anew counts for nothing.
#[test]
fn b06_a_settlement_counts_where_it_was_reserved_only() {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings());
    enrol(&verifier, &totp(7), NOW);
    enrol_answers(&verifier, NOW);
    let mut row = row(&settings(), &store);
    let ctx = agent(NOW, 1);
    let step = row.account().check(&right_answers(), &ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    let ControlFlow::Continue(reserved) = told.outcome else {
        panic!("answers are dear")
    };
    let mut permit = row.settings.hash_pool().permit().unwrap();
    let worked = reserved.work(std::slice::from_mut(&mut permit)).unwrap();
    let settle = |row: &mut Row, now: u64, ending: Ending| {
        let step = row.account().settle(&worked, &agent(now, 1)).unwrap();
        row.commit(step, ending)
            .told
            .map(|told| kind(&told.outcome))
    };
    // A write that did not happen can be made up for; one that did cannot be repeated.
    let mut twice = row.clone();
    assert_eq!(settle(&mut twice, NOW, Ending::Failed), None);
    assert_eq!(settle(&mut twice, NOW, Ending::Conflict), None);
    assert_eq!(settle(&mut twice, NOW, Ending::Lost), None);
    assert_eq!(settle(&mut twice, NOW, Ending::Stored), Some(Said::Denied));
    // In time, and too late.
    let in_time = settle(&mut row.clone(), NOW + 120, Ending::Stored);
    assert_eq!(in_time, Some(Said::Accepted));
    let late = settle(&mut row.clone(), NOW + 121, Ending::Stored);
    assert_eq!(late, Some(Said::Denied));
    // On another record of the same subject.
    let mut anew = Row::new(settings());
    anew.create(&ctx);
    let changed = anew.change(
        &Change::SetQuestions(enrolled_answers(&anew.settings)),
        &ctx,
    );
    assert_eq!(changed, Changed::Done);
    assert_eq!(settle(&mut anew, NOW, Ending::Stored), Some(Said::Denied));
}

#[test]
fn b14_a_trail_that_fails_withholds_a_pass() {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings());
    enrol(&verifier, &totp(7), NOW);
    let full = TimedVerifier::new(&store, settings())
        .with_audit(|_: &Event| Err(Error::store("the trail", "the disk is full")));
    let right = typed(&right_code(&totp(7), NOW));
    let ctx = agent(NOW, 1);
    assert!(full.check(&maya(), &right, &ctx).unwrap_err().is_store());
    let again: Outcome = verifier.check(&maya(), &right, &ctx).unwrap();
    assert_eq!(
        kind(&again),
        Said::Denied,
        "it was stored before the trail was asked"
    );
}
