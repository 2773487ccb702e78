//! Counts of codes when the clock jumps (b51): what was counted stays counted for its window, and nobody waits for longer than that.

use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use core::time::Duration;
use countersign::{
    Change, Subject,
    account::Lock,
    delivered::{CodeOrder, Destination, Issued, Kind, Route},
    limits::Limits,
};

const DAY: i64 = 86_400;
/// Six fifths of an hour, by which telephones are counted.
const HOUR_AND_FIFTH: i64 = 4_320;
/// For each subject.
const WINDOW: i64 = 900;

/// Customers who share one telephone, so that no subject's own count comes first.
fn family(bank: &Bank) -> Vec<Subject> {
    let one = |number| {
        let subject = subject(&format!("F-{number}"));
        bank.verifier.create(&subject, &bank.agent().ctx()).unwrap();
        let phone = Destination::phone("+15550100144").unwrap();
        bank.changes(&subject, &Change::SetPhone(phone));
        subject
    };
    (0..12).map(one).collect()
}

/// Strangers order in fresh interactions, for each of these subjects once; how many codes went out.
fn strangers_order<'s>(bank: &Bank, whom: impl IntoIterator<Item = &'s Subject>) -> usize {
    let orders = whom.into_iter().map(|subject| {
        let call = bank.agent();
        call.about(subject).order(CodeOrder::spoken())
    });
    orders
        .filter(|issued| matches!(issued, Issued::Ready(_)))
        .count()
}

fn evidenced_order(bank: &Bank, whom: &Subject) -> bool {
    let call = bank.agent().about(whom);
    call.accepts(&seen_in_person());
    matches!(call.order(CodeOrder::spoken()), Issued::Ready(_))
}

/// Strangers try every kind and route at one subject.
fn strangers_try(bank: &Bank, whom: &Subject) -> usize {
    let orders = [
        CodeOrder::spoken(),
        CodeOrder::private(),
        CodeOrder::spoken().by_voice(),
        CodeOrder::recover(Kind::Spoken, Route::Sms),
        CodeOrder::recover(Kind::Private, Route::Sms),
    ];
    let all = orders.into_iter().cycle().take(10);
    all.filter(|order| {
        let call = bank.agent();
        matches!(call.about(whom).order(order.clone()), Issued::Ready(_))
    })
    .count()
}

#[test]
fn b51_a_telephone_s_count_is_kept_when_the_clock_goes_back_and_comes_right() {
    for back in [600, 3 * 3_600, 40 * DAY, 4_000 * DAY] {
        let bank = Bank::with_limits(Limits::nist());
        let family = family(&bank);
        assert_eq!(strangers_order(&bank, &family), 5);
        // Both lanes, and the half that is the customers'.
        assert!((0..5).all(|place| evidenced_order(&bank, &family[place])));
        bank.wait(-back);
        for _ in 0..3 {
            bank.wait(60);
            assert_eq!(strangers_order(&bank, &family), 0, "back by {back}");
            assert!(!evidenced_order(&bank, &family[7]), "back by {back}");
            bank.verifier.purge(bank.now()).unwrap();
        }
        bank.wait(back);
        bank.verifier.purge(bank.now()).unwrap();
        assert_eq!(strangers_order(&bank, &family), 0, "back by {back}");
        assert!(!evidenced_order(&bank, &family[7]), "back by {back}");
        bank.wait(HOUR_AND_FIFTH);
        assert_eq!(strangers_order(&bank, &family), 5, "back by {back}");
        assert!((0..5).all(|place| evidenced_order(&bank, &family[place])));
    }
}

#[test]
fn b51_a_telephone_waits_no_longer_than_its_window_after_a_clock_was_ahead() {
    for ahead in [600, 3 * 3_600, 20 * DAY, 4_000 * DAY] {
        let bank = Bank::with_limits(Limits::nist());
        let family = family(&bank);
        bank.wait(ahead);
        assert_eq!(strangers_order(&bank, &family), 5);
        bank.wait(-ahead);
        let mut waited = 0;
        while strangers_order(&bank, &family[7..8]) == 0 {
            bank.wait(60);
            waited += 60;
            assert!(waited <= HOUR_AND_FIFTH + 300, "ahead by {ahead}");
        }
        assert!(waited >= ahead.min(3_600), "ahead by {ahead}: {waited}");
        // When the clock passes where it was, nothing comes back.
        bank.wait(ahead);
        assert!(strangers_order(&bank, &family) >= 4, "ahead by {ahead}");
    }
}

#[test]
fn b51_a_subject_s_own_count_is_kept_when_the_clock_jumps() {
    for back in [130, 600, 3 * 3_600, 40 * DAY] {
        let bank = Bank::with_limits(Limits::nist());
        let whom = &bank.customer;
        assert_eq!(strangers_try(&bank, whom), 4);
        bank.wait(-back);
        for _ in 0..2 {
            bank.wait(60);
            assert_eq!(strangers_try(&bank, whom), 0, "back by {back}");
        }
        bank.wait(back);
        assert_eq!(strangers_try(&bank, whom), 0, "back by {back}");
        assert!((0..4).all(|_| evidenced_order(&bank, whom)), "{back}");
        assert!(!evidenced_order(&bank, whom));
        bank.wait(WINDOW);
        // The telephone has a fifth for strangers, and then counts for itself.
        assert_eq!(strangers_try(&bank, whom), 1, "back by {back}");
    }
}

#[test]
fn b51_a_subject_is_told_when_its_next_code_is_there_and_that_holds() {
    for ahead in [600, 3 * 3_600, 20 * DAY, 4_000 * DAY] {
        let bank = Bank::with_limits(Limits::nist());
        let whom = &bank.customer;
        bank.wait(ahead);
        assert_eq!(strangers_try(&bank, whom), 4);
        bank.wait(-ahead);
        let right = bank.now();
        let mut told = None;
        let until = loop {
            let Issued::RateLimited(Lock::Until(until)) = bank.agent().order(CodeOrder::spoken())
            else {
                panic!("{ahead}: there is none yet")
            };
            assert!(told.is_none_or(|told| until <= told), "it slides: {ahead}");
            told = Some(until);
            bank.wait(30);
            if until <= bank.now() {
                break until;
            }
        };
        assert!(until - right <= Duration::from_secs(900 + 300), "{ahead}");
        bank.agent().receives(CodeOrder::spoken());
    }
}

/// A decoy's counts are in its own record: a purge after the clock came right must not drop it sooner than a customer's.
#[test]
fn b51_a_decoy_is_remembered_when_the_clock_comes_right() {
    let lifetime = i64::try_from(Account::DECOY_LIFETIME.as_secs()).unwrap();
    let nobody = subject("C-9999");
    let mut told = Vec::new();
    for known in [true, false] {
        let bank = Bank::with_limits(Limits::nist());
        let whom = if known { &bank.customer } else { &nobody };
        let mut said = vec![strangers_try(&bank, whom)];
        bank.wait(-2 * lifetime);
        said.push(strangers_try(&bank, whom));
        bank.wait(2 * lifetime + 60);
        bank.verifier.purge(bank.now()).unwrap();
        said.push(strangers_try(&bank, whom));
        told.push(said);
    }
    assert_eq!(told, [[4, 0, 0], [4, 0, 0]]);
}
