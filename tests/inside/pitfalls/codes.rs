//! Codes: each counts once, where it belongs, and while it lives (pitfalls B1 to B5, B13, B18, B36).
use std::collections::BTreeSet;

use crate::inside::support::bank::*;
use std::ops::ControlFlow;

use crate::inside::own_table::{Account, PendingCheck};
use crate::inside::support::bank::known;
use countersign::{
    Attempt, Authority, Change, Changed, Code, Factor, Outcome, SecretBytes, Timestamp,
    account::Lock,
    audit::Reason,
    delivered::{CodeOrder, Destination},
    limits::Limits,
    otp::{OtpKey, Totp},
    transition::CommitResult,
};

/// Opens the customer's record as often as there are attempts, then takes all steps, then commits them in turn:
/// the outcomes of those that were stored.
#[track_caller]
fn at_once(
    bank: &Bank,
    call: &Call<'_>,
    attempts: &[Attempt],
) -> Vec<ControlFlow<Outcome, PendingCheck>> {
    let opened: Vec<Account> = attempts.iter().map(|_| bank.account()).collect();
    let steps: Vec<_> = opened
        .iter()
        .zip(attempts)
        .map(|(account, attempt)| account.check(attempt, &call.ctx()).unwrap())
        .collect();
    steps
        .into_iter()
        .filter_map(|step| match bank.commits(step) {
            CommitResult::Stored(told) => Some(told.outcome),
            CommitResult::Conflict => None,
        })
        .collect()
}

fn is_accepted(step: &ControlFlow<Outcome, PendingCheck>) -> bool {
    matches!(step, ControlFlow::Break(Outcome::Accepted(_)))
}

#[test]
fn b01_a_code_counts_once_in_its_window() {
    let bank = Bank::open();
    let shown = bank.shown();
    bank.agent().accepts(&shown);
    for seconds in [0, 29, 30] {
        bank.wait(seconds);
        bank.agent().denies_as(&shown, Reason::Replayed);
    }
    bank.wait(30);
    bank.agent().denies_as(&shown, Reason::Wrong);
}

#[test]
fn b01_a_code_counts_once_whoever_offers_it_where() {
    let bank = Bank::open();
    let shown = bank.shown();
    bank.device().accepts(&shown);
    bank.agent().denies_as(&shown, Reason::Replayed);
    bank.begin(countersign::Channel::Keypad)
        .denies_as(&shown, Reason::Replayed);
}

#[test]
fn b02_another_spelling_is_a_replay() {
    let spellings: [fn(&str, &str) -> String; 7] = [
        |first, last| format!(" {first}{last}"),
        |first, last| format!("{first} {last}\n"),
        |first, last| format!("{first}-{last}"),
        |first, last| format!("{first}\u{a0}{last}"),
        |first, last| format!("\u{2068}{first}\u{2014}{last}\u{2069}"),
        |first, last| format!("\u{feff}{first}\u{200b}{last}"),
        |first, last| {
            let arabic = |digit: char| char::from_u32(u32::from(digit) + 0x630).unwrap();
            first.chars().chain(last.chars()).map(arabic).collect()
        },
    ];
    for spell in spellings {
        let bank = Bank::open();
        let code = bank.app.code_at(bank.now());
        let (first, last) = code.expose_text().split_at(3);
        bank.agent().accepts(&totp(code.expose_text()));
        bank.wait(1);
        bank.agent()
            .denies_as(&totp(&spell(first, last)), Reason::Replayed);
    }
}

#[test]
fn b61_a_code_counts_however_it_is_pasted() {
    let in_script = |code: &str, zero: u32| -> String {
        let digit = |digit: char| char::from_u32(zero + u32::from(digit) - 0x30).unwrap();
        code.chars().map(digit).collect()
    };
    let spellings: [fn(&str, &str) -> String; 8] = [
        |head, tail| format!("{head}\u{3000}{tail}"),
        |head, tail| format!("{head}\u{2028}{tail}\u{b}"),
        |head, tail| format!("\u{feff}{head}{tail}\r\n"),
        |head, tail| format!("\u{202a}{head}\u{ad}{tail}\u{202c}"),
        |head, tail| format!("\u{2066}{head}\u{2060}{tail}\u{2069}"),
        |head, tail| format!("{head}\u{2212}{tail}"),
        |head, tail| format!("{head} \u{ff0d} {tail}"),
        |head, tail| format!("\u{200b}{head}\u{2009}\u{2013}{tail}\u{200f}"),
    ];
    let zeros = [
        0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10, 0x1d7ce, 0x1e950,
    ];
    for spell in spellings {
        for zero in zeros {
            let bank = Bank::open();
            let code = bank.app.code_at(bank.now());
            let (head, tail) = code.expose_text().split_at(3);
            // Digits of two scripts in one code count as well.
            let text = spell(head, &in_script(tail, zero));
            bank.agent().accepts(&totp(&text));
        }
    }
}

#[test]
fn b03_an_earlier_step_is_spent_with_a_later_one() {
    let bank = Bank::open();
    let earlier = bank.shown();
    bank.wait(30);
    bank.agent().accepts(&bank.shown());
    bank.agent().denies_as(&earlier, Reason::Replayed);
    bank.wait(-90);
    bank.agent().denies(&bank.shown());
}

#[test]
fn b03_a_stale_record_cannot_take_a_step_back() {
    let bank = Bank::open();
    let call = bank.agent();
    let stale = bank.account();
    call.accepts(&bank.shown());
    let later = bank.account().revision();
    let step = stale.check(&bank.shown(), &call.ctx()).unwrap();
    assert!(matches!(bank.commits(step), CommitResult::Conflict));
    assert_eq!(bank.account().revision(), later);
    call.denies_as(&bank.shown(), Reason::Replayed);
}

#[test]
fn b03_revisions_only_grow() {
    let bank = Bank::open();
    let call = bank.agent();
    call.accepts(&bank.shown());
    call.denies(&bank.not_shown());
    bank.wait(-10_000);
    call.denies(&bank.not_shown());
    bank.changes(&bank.customer, &Change::Suspend);
    bank.changes(&bank.customer, &Change::Resume);
    let revisions: Vec<u64> = bank
        .trail
        .events()
        .iter()
        .map(|event| event.revision)
        .collect();
    assert!(revisions.len() >= 10, "{revisions:?}");
    assert!(
        revisions.windows(2).all(|pair| pair[0] < pair[1]),
        "{revisions:?}"
    );
}

/// The first second of a step.
fn begin_of(step: i64) -> i64 {
    step * 30
}

/// The secret of the RFCs has 911617 at both these steps.
const TWINS: [i64; 2] = [910_737, 910_738];

fn bank_of_1970() -> Bank {
    let bank = Bank::empty(Limits::nist());
    bank.set_clock(begin_of(TWINS[0]) - 300);
    bank.enrols(&bank.customer);
    bank.set_clock(begin_of(TWINS[0]));
    bank
}

#[test]
fn b04_neighbouring_steps_share_a_code_and_both_count() {
    let bank = bank_of_1970();
    let call = bank.agent();
    assert_eq!(bank.app.code_at(bank.now()).expose_text(), "911617");
    call.accepts(&totp("911617"));
    call.denies_as(&totp("911617"), Reason::Replayed);
    bank.set_clock(begin_of(TWINS[1]));
    assert_eq!(bank.app.code_at(bank.now()).expose_text(), "911617");
    call.accepts(&totp("911617"));
    call.denies_as(&totp("911617"), Reason::Replayed);
    bank.wait(30);
    call.denies_as(&totp("911617"), Reason::Replayed);
}

#[test]
fn b04_the_later_of_two_steps_is_claimed_and_the_earlier_goes_with_it() {
    let bank = bank_of_1970();
    let call = bank.agent();
    bank.set_clock(begin_of(TWINS[1]));
    call.accepts(&totp("911617"));
    call.denies_as(&totp("911617"), Reason::Replayed);
    bank.wait(30);
    call.denies_as(&totp("911617"), Reason::Replayed);
}

#[test]
fn b05_the_code_that_confirms_an_app_is_spent() {
    let bank = Bank::empty(Limits::nist());
    let ctx = bank.agent().ctx();
    bank.verifier.create(&bank.customer, &ctx).unwrap();
    bank.adds_app(&bank.customer, &bank.app);
    let confirming = bank.shown();
    bank.agent().denies_as(&confirming, Reason::Replayed);
    bank.wait(30);
    bank.agent().denies_as(&confirming, Reason::Replayed);
    bank.agent().accepts(&bank.shown());
}

#[test]
fn b05_an_app_counts_for_nothing_before_it_is_confirmed() {
    let bank = Bank::empty(Limits::nist());
    let call = bank.agent();
    bank.verifier.create(&bank.customer, &call.ctx()).unwrap();
    bank.changes(&bank.customer, &Change::AddTotp(bank.app.clone()));
    call.denies_as(&bank.shown(), Reason::NotEnrolled);
    bank.wait(600);
    let confirm = Change::ConfirmTotp(bank.shown_code());
    let changed = bank
        .verifier
        .change(&bank.customer, &confirm, &Authority::Host, &call.ctx());
    assert_eq!(changed.unwrap(), Changed::Denied, "it waited ten minutes");
}

#[test]
fn b13_a_delivered_code_counts_once() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
    call.denies_as(&delivered(&code), Reason::NothingOpen);
}

#[test]
fn b13_thirty_at_once_are_one() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    let told = at_once(&bank, &call, &vec![delivered(&code); 30]);
    assert_eq!(told.len(), 1, "one write, one outcome");
    assert!(is_accepted(&told[0]), "{told:?}");
    call.denies(&delivered(&code));
}

#[test]
fn b01_thirty_at_once_are_one_for_the_app_too() {
    let bank = Bank::open();
    let told = at_once(&bank, &bank.agent(), &vec![bank.shown(); 30]);
    assert_eq!(told.len(), 1);
    assert!(is_accepted(&told[0]), "{told:?}");
    bank.agent().denies_as(&bank.shown(), Reason::Replayed);
}

#[test]
fn b13_eight_threads_with_one_code() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    let barrier = std::sync::Barrier::new(8);
    let accepted = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    matches!(call.check(&delivered(&code)), Outcome::Accepted(_))
                })
            })
            .collect();
        tries
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .filter(|accepted| *accepted)
            .count()
    });
    assert_eq!(accepted, 1);
}

#[test]
fn b18_h08_short_or_empty_seeds_are_refused() {
    for secret in [vec![], vec![7; 10], vec![7; 15], vec![7; 129], vec![0; 20]] {
        let length = secret.len();
        let refused = OtpKey::new(SecretBytes::from(secret)).map(Totp::from);
        assert!(refused.unwrap_err().is_misuse(), "{length} bytes");
    }
    for length in [16, 64, 65, 128] {
        assert!(OtpKey::new(SecretBytes::from(vec![7; length])).is_ok());
    }
}

#[test]
fn b18_seeds_differ() {
    let now = Timestamp::from_unix(OPENING).unwrap();
    let codes: BTreeSet<String> = (0..64)
        .map(|_| {
            let app = Totp::from(OtpKey::generate().unwrap().with_digits(8).unwrap());
            app.code_at(now).expose_text().to_owned()
        })
        .collect();
    assert!(codes.len() >= 63, "{codes:?}");
}

#[test]
fn b18_delivered_digits_are_evenly_spread() {
    let bank = Bank::open();
    let call = bank.agent();
    for (order, length) in [(CodeOrder::spoken(), 6), (CodeOrder::private(), 8)] {
        let mut seen = vec![[0_u32; 10]; length];
        for _ in 0..500 {
            let code = call.receives(order.clone());
            assert_eq!(code.len(), length);
            for (place, digit) in code.bytes().enumerate() {
                seen[place][usize::from(digit - b'0')] += 1;
            }
            // Five an hour go to one telephone without evidence, and what is open is sent again as it was.
            bank.wait(900);
        }
        for (place, counts) in seen.iter().enumerate() {
            // Chi-square with nine degrees of freedom: 50 is passed once in ten million runs.
            let chi: f64 = counts
                .iter()
                .map(|count| (f64::from(*count) - 50.0).powi(2) / 50.0)
                .sum();
            assert!(chi < 50.0, "place {place}: {counts:?}");
        }
    }
}

#[test]
fn b36_asking_again_replaces_the_own_code_only() {
    let bank = Bank::open();
    let (victim, other) = (bank.agent(), bank.agent());
    let code = victim.receives(CodeOrder::spoken());
    let first = other.receives(CodeOrder::spoken());
    let second = other.receives(CodeOrder::spoken().by_voice());
    other.denies_as(&delivered(&first), Reason::Wrong);
    victim.accepts(&delivered(&code));
    other.accepts(&delivered(&second));
}

/// Interactions with an open code each: all but the last just before the issuing budget begins anew, the last just after.
fn with_open<'a>(
    bank: &'a Bank,
    count: usize,
    begin: impl Fn() -> Call<'a>,
) -> Vec<(Call<'a>, String)> {
    // The budget's quarter of an hour begins.
    begin().receives(CodeOrder::spoken());
    bank.wait(899);
    let mut opened = |_| {
        let call = begin();
        (call, call.receives(CodeOrder::spoken()))
    };
    let mut open: Vec<_> = (1..count).map(&mut opened).collect();
    bank.wait(1);
    open.push(opened(count));
    open
}

#[test]
fn b36_a_ninth_interaction_waits_and_the_eight_stay() {
    let bank = Bank::open();
    let open = with_open(&bank, 8, || known(&bank));
    let ninth = known(&bank);
    let writes = bank.vault.writes();
    let Lock::Until(free) = ninth.must_wait(CodeOrder::spoken()) else {
        panic!("closed")
    };
    assert_eq!(bank.vault.writes(), writes, "nothing was written");
    assert_eq!((free - bank.now()).as_secs(), 599, "the first to end");
    for (call, code) in &open {
        call.accepts(&delivered(code));
    }
}

#[test]
fn b36_b42_what_is_open_on_one_lane_takes_no_place_of_the_other() {
    let bank = Bank::open();
    let customers = with_open(&bank, 8, || known(&bank));
    known(&bank).must_wait(CodeOrder::spoken());
    let stranger = bank.agent();
    let code = stranger.receives(CodeOrder::spoken());
    for (call, code) in customers.iter().chain(&[(stranger, code)]) {
        call.accepts(&delivered(code));
    }

    let bank = Bank::open();
    let strangers = with_open(&bank, 4, || bank.agent());
    let first = known(&bank);
    let code = first.receives(CodeOrder::spoken());
    for (call, code) in strangers.iter().chain(&[(first, code)]) {
        call.accepts(&delivered(code));
    }
}

#[test]
fn b36_codes_of_the_past_make_room_first() {
    let bank = Bank::open();
    let open = with_open(&bank, 8, || known(&bank));
    bank.wait(598);
    known(&bank).must_wait(CodeOrder::spoken());
    bank.wait(1);
    let fresh = known(&bank);
    let code = fresh.receives(CodeOrder::spoken());
    fresh.accepts(&delivered(&code));
    let (call, code) = &open[7];
    call.accepts(&delivered(code));
}

#[test]
fn a_text_that_is_no_code_is_a_wrong_try() {
    let bank = Bank::open();
    let shown = bank.app.code_at(bank.now());
    let shown = shown.expose_text();
    let long = "9".repeat(10 << 20);
    let full_width: String = shown
        .chars()
        .map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap())
        .collect();
    for text in [
        "",
        "\0",
        &format!("{shown}\0"),
        &format!("+{shown}"),
        &format!("\u{202e}-{shown}"),
        &format!("0{full_width}"),
        &format!("0{shown}"),
        &shown[1..],
        &long,
    ] {
        let bank = Bank::open();
        let call = bank.agent();
        call.denies_as(&totp(text), Reason::Wrong);
        let others = (0..4).map(|_| totp(text));
        others.for_each(|attempt| call.denies(&attempt));
        call.waits(&bank.shown());
    }
}

#[test]
fn a_second_app_with_its_own_secret_counts_by_itself() {
    let bank = Bank::open();
    let second = Totp::generate().unwrap();
    bank.adds_app(&bank.customer, &second);
    bank.wait(30);
    let code = |app: &Totp| Attempt::Totp(Code::typed(app.code_at(bank.now()).expose_text()));
    bank.agent().accepts(&code(&second));
    bank.agent().accepts(&code(&bank.app));
    bank.agent().denies_as(&code(&second), Reason::Replayed);
    bank.agent().denies_as(&code(&bank.app), Reason::Replayed);
}

#[test]
fn the_same_secret_twice_counts_once() {
    let bank = Bank::open();
    bank.adds_app(&bank.customer, &bank.app);
    bank.wait(30);
    bank.agent().accepts(&bank.shown());
    bank.agent().denies_as(&bank.shown(), Reason::Replayed);
}

#[test]
fn what_is_removed_counts_no_more() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    for factor in [Factor::Totp, Factor::SpokenCode, Factor::Questions] {
        bank.changes(&bank.customer, &Change::Remove(factor));
    }
    call.denies_as(&bank.shown(), Reason::NotEnrolled);
    call.denies(&delivered(&code));
    call.denies_as(&Attempt::Questions(call.right()), Reason::NotEnrolled);
    let phone = Change::SetPhone(Destination::phone(PHONE).unwrap());
    bank.changes(&bank.customer, &phone);
    call.denies(&delivered(&code));
}
