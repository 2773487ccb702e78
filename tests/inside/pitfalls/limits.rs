//! Limits: every guess is counted, and counting shuts no customer out (pitfalls B6 to B11, B35, B37, B39).
use std::time::Duration;

use crate::inside::support::bank::*;
use std::ops::ControlFlow;

use crate::inside::own_table::Account;
use countersign::{
    Attempt, Authority, Change, Changed, Code, Factor, Outcome,
    account::Lock,
    audit::Reason,
    delivered::CodeOrder,
    limits::Limits,
    transition::{CommitResult, Saved},
};

type Guess<'a> = Box<dyn Fn() -> Attempt + 'a>;

/// A wrong attempt at each factor that can be guessed.
fn guesses<'a>(call: &'a Call<'a>) -> [(&'static str, Guess<'a>); 3] {
    [
        ("app", Box::new(|| call.bank.not_shown())),
        ("code", Box::new(|| delivered("1234567890"))),
        ("questions", Box::new(|| Attempt::Questions(call.wrong()))),
    ]
}

#[test]
fn b06_guesses_at_once_are_counted_one_by_one() {
    let bank = Bank::open();
    let call = bank.agent();
    // A thousand guesses, eight at a time on the same record: only what was stored is told.
    let (mut told, mut offered) = (0, 0);
    while offered < 1_000 {
        let opened: Vec<Account> = (0..8).map(|_| bank.account()).collect();
        offered += opened.len();
        let steps: Vec<_> = opened
            .iter()
            .map(|account| account.check(&bank.not_shown(), &call.ctx()).unwrap())
            .collect();
        for step in steps {
            if let CommitResult::Stored(known) = bank.commits(step)
                && matches!(known.outcome, ControlFlow::Break(Outcome::Denied))
            {
                told += 1;
            }
        }
    }
    assert_eq!(told, 5, "no more verdicts than guesses before the lock");
}

#[test]
fn b06_a_dear_guess_is_charged_before_it_is_computed() {
    let bank = Bank::open();
    let call = bank.agent();
    for _ in 0..5 {
        // Computed, and never settled.
        let _ = bank.computes(call.wrong(), &call);
    }
    call.waits(&Attempt::Questions(call.right()));
}

#[test]
fn b06_reservations_at_once_are_one() {
    let bank = Bank::open();
    let call = bank.agent();
    let opened: Vec<Account> = (0..30).map(|_| bank.account()).collect();
    let attempt = Attempt::Questions(call.right());
    let steps: Vec<_> = opened
        .iter()
        .map(|account| account.check(&attempt, &call.ctx()).unwrap())
        .collect();
    let reserved = steps
        .into_iter()
        .map(|step| bank.commits(step))
        .filter(|told| matches!(told, CommitResult::Stored(_)))
        .count();
    assert_eq!(reserved, 1);
}

#[test]
fn b06_a_verdict_is_withheld_until_it_is_stored() {
    let bank = Bank::open();
    let call = bank.agent();
    for saved in [Saved::Conflict, Saved::Failed("connection reset")] {
        let step = bank.account().check(&bank.shown(), &call.ctx()).unwrap();
        assert_eq!(format!("{step:?}"), "Transition(..)");
        let told = step.commit(|_| saved);
        assert!(!matches!(told, Ok(CommitResult::Stored(_))), "{saved:?}");
    }
    call.accepts(&bank.shown());
}

#[test]
fn b06_a_lost_answer_reveals_nothing_and_stays_charged() {
    let bank = Bank::open();
    let call = bank.agent();
    bank.vault.loses_answers(true);
    let tell = |attempt| {
        let told = bank.verifier.check(&bank.customer, &attempt, &call.ctx());
        assert!(told.unwrap_err().is_store());
    };
    tell(bank.shown());
    (0..5).for_each(|_| tell(bank.not_shown()));
    bank.vault.loses_answers(false);
    call.waits(&bank.shown());
    bank.wait(30);
    call.accepts(&bank.shown());
}

#[test]
fn b06_busy_charges_nothing_and_says_nothing_about_the_subject() {
    let settings = settings(Limits::nist()).with_permit_wait(Duration::ZERO);
    let bank = Bank::with_settings(settings.unwrap());
    let call = bank.agent();
    let permits: Vec<_> = core::iter::from_fn(|| bank.settings.hash_pool().permit()).collect();
    assert_eq!(permits.len(), 8);
    let writes = bank.vault.writes();
    let nobody = subject("C-9999");
    for _ in 0..20 {
        for call in [call, call.about(&nobody)] {
            let outcome = call.check(&Attempt::Questions(call.wrong()));
            assert!(matches!(outcome, Outcome::Busy { .. }), "{outcome:?}");
        }
    }
    assert_eq!(bank.vault.writes(), writes);
    drop(permits);
    call.accepts(&Attempt::Questions(call.right()));
}

#[test]
fn b07_asking_for_another_code_buys_no_guesses() {
    let bank = Bank::open();
    let call = bank.agent();
    let mut code = String::new();
    for _ in 0..4 {
        bank.wait(30);
        code = call.receives(CodeOrder::spoken());
        call.denies(&delivered(&another(&code)));
    }
    call.denies(&delivered(&another(&code)));
    call.waits(&delivered("123456"));
    let Lock::Until(_) = call.must_wait(CodeOrder::spoken()) else {
        panic!("closed")
    };
}

#[test]
fn b07_another_call_buys_no_guesses() {
    let bank = Bank::open();
    for _ in 0..5 {
        bank.agent().denies(&bank.not_shown());
    }
    bank.agent().waits(&bank.shown());
    bank.device().waits(&bank.shown());
}

#[test]
fn b07_the_count_outlives_removing_and_asking_again() {
    let bank = Bank::open();
    let call = bank.agent();
    (0..4).for_each(|_| call.denies(&bank.not_shown()));
    (0..4).for_each(|_| call.denies(&delivered("999999")));
    (0..4).for_each(|_| call.denies(&Attempt::Questions(call.wrong())));

    bank.changes(&bank.customer, &Change::Remove(Factor::Totp));
    bank.changes(&bank.customer, &Change::AddTotp(bank.app.clone()));
    call.receives(CodeOrder::spoken());
    bank.changes(&bank.customer, &Change::Remove(Factor::SpokenCode));
    call.asked();
    bank.wait(30);

    for (name, guess) in guesses(&call) {
        let (tries, _) = call.fails_until_locked(guess);
        assert_eq!(tries, 1, "{name}");
    }
}

#[test]
fn b07_codes_that_went_out_are_limited_too() {
    let bank = Bank::open();
    let sent = (0..50)
        .filter(|_| {
            matches!(
                bank.agent().order(CodeOrder::spoken()),
                countersign::delivered::Issued::Ready(_)
            )
        })
        .count();
    assert_eq!(sent, 4);
    bank.wait(900);
    bank.agent().receives(CodeOrder::spoken());
}

#[test]
fn b08_every_factor_that_can_be_guessed_locks() {
    let bank = Bank::open();
    let call = bank.agent();
    for (name, guess) in guesses(&call) {
        let (tries, release) = call.fails_until_locked(guess);
        assert_eq!(tries, 5, "{name}");
        assert_eq!((release - bank.now()).as_secs(), 30, "{name}");
    }
}

#[test]
fn b08_the_second_factor_locks_as_well() {
    let bank = Bank::open();
    let call = bank.agent();
    call.accepts(&Attempt::Questions(call.right()));
    let (tries, _) = call.fails_until_locked(|| bank.not_shown());
    assert_eq!(tries, 5);
}

#[test]
fn b08_the_code_that_confirms_an_app_is_limited_as_well() {
    let bank = Bank::open();
    let call = bank.agent();
    bank.changes(&bank.customer, &Change::AddTotp(bank.app.clone()));
    let (wrong, right) = (bank.not_shown_code(), bank.shown_code());
    let confirm = |code: &Code| {
        let change = Change::ConfirmTotp(code.clone());
        bank.verifier
            .change(&bank.customer, &change, &Authority::Host, &call.ctx())
            .unwrap()
    };
    for _ in 0..5 {
        assert_eq!(confirm(&wrong), Changed::Denied);
    }
    assert!(matches!(confirm(&right), Changed::Locked(_)));
    call.waits(&bank.shown());
}

#[test]
fn b09_the_factor_locks_and_not_the_subject() {
    let bank = Bank::open();
    let stranger = bank.agent();
    let (_, release) = stranger.fails_until_locked(|| bank.not_shown());
    let call = bank.agent();
    assert_eq!(call.waits(&bank.shown()), release, "the release is told");
    call.accepts(&Attempt::Questions(call.right()));
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
}

#[test]
fn b09_a_lock_on_the_open_lane_is_none_on_the_known_one() {
    let bank = Bank::open();
    let stranger = bank.agent();
    stranger.fails_until_locked(|| bank.not_shown());
    let call = bank.agent();
    call.waits(&bank.shown());
    call.accepts(&Attempt::Questions(call.right()));
    call.accepts(&bank.shown());
    bank.wait(1);
    stranger.waits(&bank.shown());
}

#[test]
fn b09_evidence_of_the_same_factor_opens_no_lane_of_its_own() {
    let bank = Bank::open();
    let call = bank.agent();
    call.accepts(&bank.shown());
    bank.agent().fails_until_locked(|| bank.not_shown());
    bank.wait(29);
    call.waits(&bank.shown());
}

#[test]
fn b09_locks_grow_and_end() {
    let bank = Bank::open();
    let call = bank.agent();
    let (_, mut release) = call.fails_until_locked(|| bank.not_shown());
    let mut waits = vec![(release - bank.now()).as_secs()];
    for _ in 0..8 {
        bank.wait_until(release);
        bank.wait(-1);
        assert_eq!(call.waits(&bank.shown()), release);
        bank.wait(1);
        call.denies(&bank.not_shown());
        release = call.waits(&bank.not_shown());
        waits.push((release - bank.now()).as_secs());
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    bank.wait_until(release);
    call.accepts(&bank.shown());
}

/// A stranger who knows the customer's number tries that often, as soon as each lock lets go; answers how many
/// of the tries were looked at.
fn hammers(bank: &Bank, tries: u32, guess: impl Fn(&Call<'_>) -> Attempt) -> u32 {
    let mut looked_at = 0;
    for _ in 0..tries {
        let stranger = bank.agent();
        match stranger.check(&guess(&stranger)) {
            Outcome::Denied => looked_at += 1,
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => bank.wait(60),
            other => panic!("{other:?}"),
        }
    }
    looked_at
}

#[test]
fn b39_a_thousand_tries_at_one_factor_shut_nobody_out() {
    let bank = Bank::open();
    let looked_at = hammers(&bank, 1_000, |call| call.bank.not_shown());
    assert_eq!(
        looked_at, 50,
        "half the cap, then the anonymous lane is closed"
    );
    let call = bank.agent();
    call.is_closed(&bank.shown());
    call.accepts(&Attempt::Questions(call.right()));
    call.accepts(&bank.shown());
    bank.wait(30 * 86_400);
    bank.agent().accepts(&bank.shown());
}

#[test]
fn b39_a_thousand_tries_at_every_factor_leave_the_known_lane() {
    let bank = Bank::open();
    hammers(&bank, 1_000, |call| call.bank.not_shown());
    hammers(&bank, 300, |_| delivered("12345678"));
    hammers(&bank, 300, |call| Attempt::Questions(call.wrong()));
    let call = bank.agent();
    call.is_closed(&Attempt::Questions(call.right()));
    call.is_closed(&bank.shown());
    assert_eq!(call.must_wait(CodeOrder::spoken()), Lock::Indefinite);

    call.accepts(&seen_in_person());
    call.accepts(&Attempt::Questions(call.right()));
    call.accepts(&bank.shown());
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
}

#[test]
fn b39_a_stranger_s_tries_keep_nobody_from_binding_an_app() {
    let bank = Bank::open();
    for _ in 0..200 {
        match bank.agent().check(&bank.not_shown()) {
            Outcome::Denied => {}
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => break,
            other => panic!("{other:?}"),
        }
    }
    bank.wait(3_600);
    bank.adds_app(&bank.customer, &bank.app);
}

#[test]
fn b10_only_the_factor_that_was_tried_is_charged() {
    for (place, (name, _)) in guesses(&Bank::open().agent()).into_iter().enumerate() {
        let bank = Bank::open();
        let call = bank.agent();
        let (_, guess) = &guesses(&call)[place];
        call.fails_until_locked(guess);
        for (other, guess) in guesses(&call) {
            if other != name {
                let (tries, _) = call.fails_until_locked(guess);
                assert_eq!(tries, 5, "{other} after {name}");
            }
        }
    }
}

#[test]
fn b10_success_resets_what_was_used_and_nothing_else() {
    let bank = Bank::open();
    let call = bank.agent();
    (0..4).for_each(|_| call.denies(&bank.not_shown()));
    (0..4).for_each(|_| call.denies(&delivered("999999")));
    bank.agent().accepts(&bank.shown());
    let tries = |guess: &dyn Fn() -> Attempt| call.fails_until_locked(guess).0;
    assert_eq!(tries(&|| bank.not_shown()), 5, "reset");
    assert_eq!(tries(&|| delivered("999999")), 1, "not reset");
}

#[test]
fn b11_while_locked_a_right_code_is_not_looked_at() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    // In another call: five wrong tries in its own would void the code.
    let stranger = bank.agent();
    let spoken = stranger.fails_until_locked(|| delivered(&another(&code))).1;
    let app = call.fails_until_locked(|| bank.not_shown()).1;
    let questions = call
        .fails_until_locked(|| Attempt::Questions(call.wrong()))
        .1;
    let writes = bank.vault.writes();
    for _ in 0..20 {
        assert_eq!(call.waits(&delivered(&code)), spoken);
        assert_eq!(call.waits(&delivered(&another(&code))), spoken);
        assert_eq!(call.waits(&bank.shown()), app);
        assert_eq!(call.waits(&bank.not_shown()), app);
        assert_eq!(call.waits(&Attempt::Questions(call.right())), questions);
        assert_eq!(call.waits(&Attempt::Questions(call.wrong())), questions);
    }
    assert_eq!(bank.vault.writes(), writes, "nothing was written");
    bank.wait_until(spoken.max(app).max(questions));
    call.accepts(&delivered(&code));
    call.accepts(&bank.shown());
    call.accepts(&Attempt::Questions(call.right()));
}

#[test]
fn b11_a_private_code_told_while_locked_is_not_looked_at_either() {
    let bank = Bank::open();
    let device = bank.device();
    let code = device.receives(CodeOrder::private());
    let call = bank.agent();
    let (_, release) = call.fails_until_locked(|| delivered("999999"));
    call.waits(&delivered(&code));
    bank.wait_until(release);
    device.accepts(&delivered(&code));
}

#[test]
fn b11_which_answer_was_wrong_cannot_be_told() {
    let wrong_at = |place: Option<usize>| {
        move |at: usize, right: &str| {
            if place.is_none_or(|place| place == at) {
                "none of these".to_owned()
            } else {
                right.to_owned()
            }
        }
    };
    let mut seen = Vec::new();
    for which in [Some(0), Some(1), None] {
        let bank = Bank::open();
        let call = bank.agent();
        let writes = bank.vault.writes();
        let given = call.answers(wrong_at(which));
        call.denies_as(&Attempt::Questions(given), Reason::Wrong);
        seen.push((
            bank.vault.writes() - writes,
            bank.vault.last_length(),
            bank.trail.events().len(),
        ));
    }
    let bank = Bank::open();
    let call = bank.agent();
    let writes = bank.vault.writes();
    let one = call.asked()[0];
    let given = countersign::knowledge::Answers::new().and(one, "none of these");
    call.denies_as(&Attempt::Questions(given), Reason::Wrong);
    seen.push((
        bank.vault.writes() - writes,
        bank.vault.last_length(),
        bank.trail.events().len(),
    ));
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

#[test]
fn b35_no_row_updated_reveals_nothing() {
    let bank = Bank::open();
    let call = bank.agent();
    let step = bank.account().check(&bank.shown(), &call.ctx()).unwrap();
    let told = step
        .commit(|_| Saved::rows(Ok::<_, countersign::Error>(0)))
        .unwrap();
    assert!(matches!(told, CommitResult::Conflict), "{told:?}");
    let order = bank
        .account()
        .issue(&CodeOrder::spoken(), &call.ctx())
        .unwrap();
    let told = order
        .commit(|_| Saved::rows(Ok::<_, countersign::Error>(0)))
        .unwrap();
    assert!(matches!(told, CommitResult::Conflict), "{told:?}");
    call.accepts(&bank.shown());
}

#[test]
fn b37_daily_success_gives_a_patient_guesser_nothing() {
    let bank = Bank::open();
    let mut looked_at = 0;
    for _ in 0..365 {
        // The customer signs in every morning: questions, then the app.
        let call = bank.agent();
        call.accepts(&seen_in_person());
        call.accepts(&bank.shown());
        for _ in 0..4 {
            bank.wait(60);
            match bank.agent().check(&bank.not_shown()) {
                Outcome::Denied => looked_at += 1,
                Outcome::Locked(_) => {}
                other => panic!("{other:?}"),
            }
        }
        bank.wait(86_400 - 240);
    }
    assert!(looked_at <= 13 * 50, "{looked_at} guesses in a year");
}

#[test]
fn b37_a_month_s_cap_ends_when_told() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        10,
    );
    let bank = Bank::with_limits(limits.unwrap());
    let call = bank.agent();
    for _ in 0..5 {
        call.denies(&bank.not_shown());
    }
    bank.wait(86_400);
    let release = call.waits(&bank.shown());
    assert!((release - bank.now()).as_secs() >= 29 * 86_400);
    assert!((release - bank.now()).as_secs() <= u64::try_from(MONTH).unwrap());
    bank.wait_until(release);
    call.accepts(&bank.shown());
}
