//! Codes that are sent: for which purpose, by which route, how often, and to whom (SP 800-63B-4 3.1.3, 4.2.1.2; pitfall B30).
use crate::support::timed::TimedVerifier;
use std::collections::BTreeSet;

use crate::inside::support::bank::*;
use crate::inside::support::{email, issued_recovery, phone};
use core::time::Duration;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::{Entry, Store};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Factor, Outcome, Settings, Strength,
    Subject, Timestamp, Transaction,
    account::Lock,
    audit::{EventKind, Reason},
    delivered::{CodeOrder, Delivery, Destination, Issued, Kind, Phrases, Purpose, Route, Wording},
    limits::{Limits, Quota, QuotaScope},
    text::CodeShape,
};

const EMAIL: &str = "Maya@example.com";

/// A bank whose customer has an e-mail address too.
fn bank() -> Bank {
    let bank = Bank::open();
    bank.changes(&bank.customer, &Change::SetEmail(email(EMAIL)));
    bank
}

/// A spoken code of six digits and a check digit.
fn checked() -> CodeOrder {
    CodeOrder::spoken().with_shape(CodeShape::digits_and_check(6).unwrap())
}

/// The same code with another check digit.
fn misheard(code: &str) -> String {
    let (digits, check) = code.split_at(code.len() - 1);
    let other = if check == "9" { "0" } else { "9" };
    format!("{digits}{other}")
}

#[track_caller]
fn confirms(call: &Call<'_>, code: &str) -> Changed {
    let change = Change::ConfirmAddress(Code::typed(code));
    let bank = call.bank;
    bank.verifier
        .change(&bank.customer, &change, &Authority::Host, &call.ctx())
        .unwrap()
}

#[track_caller]
fn waits_until(call: &Call<'_>, order: CodeOrder) -> Timestamp {
    match call.must_wait(order) {
        Lock::Until(when) => when,
        Lock::Indefinite => panic!("closed"),
    }
}

#[track_caller]
fn mishears(call: &Call<'_>, code: &str) {
    let outcome = call.check(&delivered(code));
    assert!(matches!(outcome, Outcome::InvalidCheckDigit), "{outcome:?}");
}

// --- Purposes and routes -------------------------------------------------------------------------------------

// SP 800-63B-4 4.2.1.2
#[test]
fn n18_issued_recovery_codes_last_as_long_as_their_route() {
    for (route, seconds) in [
        (Route::Sms, 600),
        (Route::Voice, 600),
        (Route::Email, 86_400),
        (Route::Post, 21 * 86_400),
    ] {
        for (kind, channel) in [
            (Kind::Spoken, Channel::Agent),
            (Kind::Private, Channel::Chat),
        ] {
            let bank = bank();
            let call = bank.begin(channel);
            let delivery = call.delivery(CodeOrder::recover(kind, route));
            assert_eq!(
                delivery.expires() - bank.now(),
                Duration::from_secs(seconds)
            );
            let code = delivery.send(|_, code| code.to_owned()).unwrap();
            bank.wait(i64::try_from(seconds).unwrap());
            call.denies_as(&issued_recovery(&code), Reason::NothingOpen);
            // As late as can be, in a bank of its own: what is void does not come back with the clock.
            let bank = self::bank();
            let call = bank.begin(channel);
            let code = call.receives(CodeOrder::recover(kind, route));
            bank.wait(i64::try_from(seconds).unwrap() - 1);
            let evidence = call.accepts(&issued_recovery(&code));
            assert_eq!(evidence.factor(), Factor::IssuedRecoveryCode);
        }
    }
}

#[test]
fn n18_what_came_by_e_mail_or_post_counts_in_another_call() {
    for route in [Route::Email, Route::Post] {
        let bank = bank();
        let code = bank
            .agent()
            .receives(CodeOrder::recover(Kind::Spoken, route));
        bank.wait(3_600);
        bank.agent().accepts(&issued_recovery(&code));
    }
    for route in [Route::Sms, Route::Voice] {
        let bank = bank();
        let code = bank
            .agent()
            .receives(CodeOrder::recover(Kind::Spoken, route));
        bank.agent()
            .denies_as(&issued_recovery(&code), Reason::Superseded);
    }
}

#[test]
fn n18_a_recovery_code_goes_where_its_route_leads() {
    let bank = bank();
    let to = |route| {
        let delivery = bank
            .agent()
            .delivery(CodeOrder::recover(Kind::Private, route));
        assert_eq!(
            (delivery.kind(), delivery.purpose()),
            (Kind::Private, Purpose::Recover)
        );
        assert_eq!(delivery.route(), route);
        let hint = delivery.hint().to_owned();
        (
            hint,
            delivery.send(|to, _| to.address().to_owned()).unwrap(),
        )
    };
    let text = |hint: &str, address: &str| (hint.to_owned(), address.to_owned());
    assert_eq!(to(Route::Voice), text("••34", PHONE));
    assert_eq!(to(Route::Email), text("M•••", EMAIL));
    assert_eq!(to(Route::Post), text("•••", ""));
}

// SP 800-63B-4 3.1.3.1
#[test]
fn d03_a_code_by_e_mail_never_authenticates() {
    let bank = bank();
    let call = bank.agent();
    let code = call.receives(CodeOrder::recover(Kind::Spoken, Route::Email));
    call.denies_as(&delivered(&code), Reason::Superseded);
    let evidence = call.accepts(&issued_recovery(&code));
    assert_eq!(evidence.factor(), Factor::IssuedRecoveryCode);
}

#[test]
fn d03_a_code_for_one_purpose_serves_no_other() {
    let bank = bank();
    let call = bank.agent();
    let verifying = call.receives(CodeOrder::spoken());
    let recovering = call.receives(CodeOrder::recover(Kind::Spoken, Route::Sms));
    let confirming = call.receives(CodeOrder::confirm(Kind::Spoken, phone("+15550100199")));
    call.denies_as(&issued_recovery(&verifying), Reason::Superseded);
    call.denies_as(&delivered(&recovering), Reason::Superseded);
    call.denies_as(&delivered(&confirming), Reason::Superseded);
    call.denies_as(&issued_recovery(&confirming), Reason::Superseded);
    bank.wait(120);
    call.accepts(&delivered(&verifying));
    call.accepts(&issued_recovery(&recovering));
    assert_eq!(confirms(&call, &confirming), Changed::Done);
}

#[test]
fn d03_no_code_of_another_purpose_confirms_an_address() {
    let bank = bank();
    let call = bank.agent();
    let verifying = call.receives(CodeOrder::spoken());
    let recovering = call.receives(CodeOrder::recover(Kind::Spoken, Route::Sms));
    let _ = call.receives(CodeOrder::confirm(Kind::Spoken, phone("+15550100199")));
    for code in [&verifying, &recovering] {
        assert_eq!(confirms(&call, code), Changed::Denied);
    }
    let to = call.delivery(CodeOrder::spoken().by_voice());
    assert_eq!(to.hint(), "••34", "nothing was set");
}

// SP 800-63B-4 3.1.3.3, 3.2.9
#[test]
fn n09_codes_over_the_telephone_are_restricted() {
    let bank = bank();
    for order in [CodeOrder::spoken(), CodeOrder::spoken().by_voice()] {
        let call = bank.agent();
        assert!(order.route().is_restricted());
        let code = call.receives(order);
        let evidence = call.accepts(&delivered(&code));
        assert_eq!(evidence.strength(), Strength::Restricted);
    }
    let call = bank.agent();
    let code = call.receives(CodeOrder::recover(Kind::Spoken, Route::Post));
    assert_eq!(
        call.accepts(&issued_recovery(&code)).strength(),
        Strength::Weak
    );
}

#[test]
fn an_address_is_set_by_its_code_and_not_before() {
    for (to, route) in [
        (phone("+15550100199"), Route::Sms),
        (email("maya@new.example"), Route::Email),
    ] {
        let bank = bank();
        let call = bank.agent();
        let goes_to = |call: &Call<'_>| {
            let delivery = call.delivery(CodeOrder::recover(Kind::Spoken, route));
            delivery.send(|to, _| to.address().to_owned()).unwrap()
        };
        let before = goes_to(&bank.agent());
        bank.wait(30);
        let code = call.receives(CodeOrder::confirm(Kind::Spoken, to.clone()));
        assert_eq!(goes_to(&bank.agent()), before);
        let epoch = bank
            .verifier
            .status(&bank.customer, &call.ctx())
            .unwrap()
            .epoch();
        assert_eq!(confirms(&call, &misheard(&code)), Changed::Denied);
        assert_eq!(confirms(&call, &code), Changed::Done);
        assert_eq!(confirms(&call, &code), Changed::Denied, "once");
        let status = bank.verifier.status(&bank.customer, &call.ctx()).unwrap();
        assert_eq!(status.epoch(), epoch + 1, "evidence of before is void");
        bank.wait(30);
        assert_eq!(goes_to(&bank.agent()), to.address());
    }
}

/// An address is one from the moment it is typed: by its code, on the way, in the record and in its hint.
#[test]
fn b61_an_address_is_confirmed_and_used_however_it_was_typed() {
    for (typed, kept, hint) in [
        ("+maya＠example.com", "+maya@example.com", "•••"),
        ("\u{feff}ｍaya＠NEW．example。", "maya@new.example", "m•••"),
        ("maya@bücher.example", "maya@xn--bcher-kva.example", "m•••"),
        ("x👍@new.example", "x👍@new.example", "•••"),
    ] {
        let bank = bank();
        let code = bank
            .agent()
            .receives(CodeOrder::confirm(Kind::Spoken, email(typed)));
        bank.wait(60);
        let call = bank.agent();
        assert_eq!(confirms(&call, &code), Changed::Done, "{typed}");
        let delivery = bank
            .agent()
            .delivery(CodeOrder::recover(Kind::Spoken, Route::Email));
        assert_eq!(delivery.hint(), hint, "{typed}");
        let to = delivery.send(|to, _| (to.is_email(), to.address().to_owned()));
        assert_eq!(to, Some((true, kept.to_owned())));
    }
}

/// Spellings of one address share its budget; two mailboxes do not.
#[test]
fn b61_a_destination_is_counted_by_the_mailbox_and_not_by_its_spelling() {
    let sent = |spellings: &[&str]| {
        let bank = bank();
        let mut sent = 0;
        for number in 0..60 {
            let to = email(spellings[number % spellings.len()]);
            let order = CodeOrder::confirm(Kind::Spoken, to);
            let subject = Subject::new("bank", &format!("D-{number}")).unwrap();
            let ctx = bank.agent().ctx();
            bank.verifier.create(&subject, &ctx).unwrap();
            sent += usize::from(matches!(
                bank.verifier.issue(&subject, &order, &ctx).unwrap(),
                Issued::Ready(_)
            ));
        }
        sent
    };
    let one = sent(&["weiss@bücher.example"]);
    assert!(one < 60, "a budget ends");
    let spelt = [
        "WEISS@bücher.example",
        "ｗeiss＠xn--bcher-kva.example",
        "Weiss@BU\u{308}CHER。example.",
    ];
    assert_eq!(sent(&spelt), one);
    let two = ["weiss@bücher.example", "weiß@bücher.example"];
    assert!(sent(&two) > one);
}

#[test]
fn the_first_address_is_confirmed_without_voiding_anything() {
    let bank = Bank::empty(Limits::nist());
    let call = bank.agent();
    bank.verifier.create(&bank.customer, &call.ctx()).unwrap();
    let code = call.receives(CodeOrder::confirm(Kind::Spoken, phone(PHONE)));
    assert_eq!(confirms(&call, &code), Changed::Done);
    let status = bank.verifier.status(&bank.customer, &call.ctx()).unwrap();
    assert!(status.is_enrolled(Factor::SpokenCode) && status.epoch() == 0);
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
}

#[test]
fn the_host_s_own_address_is_confirmed_and_nothing_is_set() {
    let bank = bank();
    let call = bank.device();
    let code = call.receives(CodeOrder::confirm(Kind::Private, Destination::post()));
    bank.wait(20 * 86_400);
    let call = bank.device();
    assert_eq!(confirms(&call, &code), Changed::Done);
    assert_eq!(confirms(&call, &code), Changed::Denied);
    assert_eq!(bank.agent().delivery(CodeOrder::spoken()).hint(), "••34");
}

#[test]
fn a_new_address_ends_every_code_and_removing_ends_letters() {
    for change in [
        Change::SetEmail(email("maya@new.example")),
        Change::SetPhone(phone("+15550100199")),
        Change::Remove(Factor::IssuedRecoveryCode),
        Change::Remove(Factor::SpokenCode),
    ] {
        let bank = bank();
        let call = bank.agent();
        let letter = call.receives(CodeOrder::recover(Kind::Spoken, Route::Post));
        bank.changes(&bank.customer, &change);
        call.denies_as(&issued_recovery(&letter), Reason::NothingOpen);
    }
}

#[test]
fn addresses_of_the_wrong_sort_are_refused() {
    let bank = bank();
    for change in [
        Change::SetPhone(email(EMAIL)),
        Change::SetPhone(Destination::post()),
        Change::SetEmail(phone(PHONE)),
        Change::SetEmail(Destination::post()),
    ] {
        let ctx = bank.agent().ctx();
        let refused = bank
            .verifier
            .change(&bank.customer, &change, &Authority::Host, &ctx);
        assert!(refused.unwrap_err().is_misuse(), "{change:?}");
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused_before_anything_is_charged() {
    let bank = bank();
    let call = bank.agent();
    let writes = bank.vault.writes();
    let letters = CodeShape::crockford(8).unwrap();
    let short = CodeShape::crockford(5).unwrap();
    for order in [
        CodeOrder::spoken().with_shape(letters),
        CodeOrder::recover(Kind::Private, Route::Voice).with_shape(letters),
        CodeOrder::recover(Kind::Private, Route::Email).with_shape(short),
    ] {
        let nobody = subject("C-9999");
        for whom in [&bank.customer, &nobody] {
            let refused = bank.verifier.issue(whom, &order, &call.ctx());
            assert!(refused.unwrap_err().is_misuse(), "{order:?}");
        }
    }
    assert_eq!(bank.vault.writes(), writes);
}

#[test]
fn codes_of_letters_are_read_as_people_write_them() {
    let bank = bank();
    let device = bank.device();
    let shape = CodeShape::crockford(8).unwrap();
    for spell in [str::to_lowercase, |code: &str| {
        format!("{}-{}", &code[..4], &code[4..])
    }] {
        let code = device.receives(CodeOrder::private().with_shape(shape));
        device.denies(&delivered(&code[1..]));
        device.accepts(&delivered(&spell(&code)));
        device.denies_as(&delivered(&code), Reason::NothingOpen);
    }
}

// --- Once, and void after five -------------------------------------------------------------------------------

#[test]
fn b13_a_recovery_code_counts_once_however_many_offer_it_at_once() {
    let bank = bank();
    let code = bank
        .agent()
        .receives(CodeOrder::recover(Kind::Spoken, Route::Email));
    let barrier = std::sync::Barrier::new(8);
    let accepted = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let call = bank.agent();
                    barrier.wait();
                    matches!(call.check(&issued_recovery(&code)), Outcome::Accepted(_))
                })
            })
            .collect();
        tries
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .filter(|was| *was)
            .count()
    });
    assert_eq!(accepted, 1);
}

// PSD2 RTS 4(3)(b)
#[test]
fn p01_five_wrong_tries_in_its_call_void_a_code_whatever_the_limits() {
    let bank = Bank::with_limits(Limits::pci());
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    for _ in 0..5 {
        call.denies_as(&delivered(&another(&code)), Reason::Wrong);
    }
    call.denies_as(&delivered(&code), Reason::NothingOpen);
    bank.wait(30);
    let fresh = call.receives(CodeOrder::spoken());
    assert_ne!(fresh, code, "what is void is not sent again");
    call.accepts(&delivered(&fresh));
}

#[test]
fn b36_a_stranger_s_wrong_tries_void_nothing() {
    let bank = Bank::with_limits(Limits::pci());
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    let letter = call.receives(CodeOrder::recover(Kind::Spoken, Route::Post));
    let stranger = bank.agent();
    for number in 0..9 {
        let text = if number % 2 == 0 {
            &another(&code)
        } else {
            &code
        };
        stranger.denies(&delivered(text));
    }
    stranger.denies(&issued_recovery(&another(&letter)));
    bank.wait(3_600 - 3_001);
    call.waits(&delivered(&code));
    let call = call.on(Channel::Keypad);
    call.accepts(&Attempt::Questions(call.right()));
    call.accepts(&delivered(&code));
    call.accepts(&issued_recovery(&letter));
}

#[test]
fn b36_no_stranger_voids_a_letter() {
    let bank = bank();
    let letter = bank
        .agent()
        .receives(CodeOrder::recover(Kind::Spoken, Route::Post));
    // All that the anonymous lane takes in the letter's life.
    let until = bank.now() + Duration::from_secs(20 * 86_400);
    let mut tries = 0;
    while bank.now() < until {
        match bank.agent().check(&issued_recovery(&another(&letter))) {
            Outcome::Denied => tries += 1,
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(tries >= 40, "{tries}");
    bank.wait_until(until);
    let call = bank.agent();
    call.accepts(&Attempt::Questions(call.right()));
    call.accepts(&issued_recovery(&letter));
}

// SP 800-63B-4 3.2.2
#[test]
fn n12_what_is_disabled_is_bound_anew_by_a_confirmed_address() {
    let shut = Limits::new(1, Limits::SHORTEST_WAIT, Duration::from_secs(3_600), 2, 200);
    let bank = Bank::with_limits(shut.unwrap());
    let call = bank.agent();
    call.denies(&delivered("999999"));
    bank.wait(30);
    call.is_closed(&delivered("999999"));
    assert_eq!(call.must_wait(CodeOrder::spoken()), Lock::Indefinite);
    let code = call.receives(CodeOrder::confirm(Kind::Spoken, phone("+15550100199")));
    assert_eq!(confirms(&call, &code), Changed::Done);
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
}

// PSD2 RTS 4(1), 4(2)
#[test]
fn p04_a_code_is_accepted_once_and_the_next_is_another() {
    let bank = bank();
    let mut seen = BTreeSet::new();
    for _ in 0..8 {
        let device = bank.device();
        let code = device.receives(CodeOrder::private());
        device.accepts(&delivered(&code));
        device.denies_as(&delivered(&code), Reason::NothingOpen);
        assert!(seen.insert(code));
        bank.wait(900);
    }
}

fn transfer(reference: &str, amount: &str) -> Transaction {
    let transfer = Transaction::new(reference).unwrap();
    transfer
        .with("payee", "Anna")
        .unwrap()
        .with("amount", amount)
        .unwrap()
}

// PSD2 RTS 5
#[test]
fn p05_a_changed_transaction_is_a_wrong_try_and_five_void_the_code() {
    let bank = Bank::with_limits(Limits::pci());
    let (asked, changed) = (
        transfer("TX-1", "99.50 EUR"),
        transfer("TX-1", "999.50 EUR"),
    );
    let call = bank.agent();
    let code = call.for_transaction(&asked).receives(CodeOrder::spoken());
    for _ in 0..5 {
        call.for_transaction(&changed)
            .denies_as(&delivered(&code), Reason::Superseded);
    }
    call.for_transaction(&asked)
        .denies_as(&delivered(&code), Reason::NothingOpen);
}

#[test]
fn p05_evidence_carries_the_transaction_that_the_code_was_for() {
    let bank = bank();
    let asked = transfer("TX-1", "99.50 EUR");
    let call = bank.agent();
    let code = call.for_transaction(&asked).receives(CodeOrder::spoken());
    call.for_transaction(&transfer("TX-1", "99.51 EUR"))
        .denies(&delivered(&code));
    let evidence = call.for_transaction(&asked).accepts(&delivered(&code));
    assert_eq!(evidence.transaction_digest(), Some(asked.digest()));
}

// ASVS 6.6.2
#[test]
fn p09_two_equal_payments_have_two_codes() {
    let bank = bank();
    let (first, second) = (transfer("TX-1", "99.50 EUR"), transfer("TX-2", "99.50 EUR"));
    let call = bank.agent();
    let code = call.for_transaction(&first).receives(CodeOrder::spoken());
    call.for_transaction(&second)
        .denies_as(&delivered(&code), Reason::Superseded);
    // Another transaction is another order: it waits for nothing, and replaces the code.
    let other = call.for_transaction(&second).receives(CodeOrder::spoken());
    call.for_transaction(&first).denies(&delivered(&code));
    call.for_transaction(&second).accepts(&delivered(&other));
}

#[test]
fn p09_a_code_counts_where_it_was_asked_for_and_nowhere_else() {
    let bank = bank();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    bank.agent()
        .denies_as(&delivered(&code), Reason::Superseded);
    bank.begin(Channel::Chat)
        .denies_as(&delivered(&code), Reason::Superseded);
    call.accepts(&delivered(&code));
}

#[test]
fn b32_leading_zeros_count() {
    let bank = bank();
    for _ in 0..2_000 {
        let device = bank.device();
        let code = device.receives(CodeOrder::private());
        if code.starts_with('0') {
            device.denies_as(&delivered(code.trim_start_matches('0')), Reason::Wrong);
            device.accepts(&delivered(&code));
            return;
        }
        bank.wait(900);
    }
    panic!("no code of 2,000 begins with a zero");
}

#[test]
fn what_is_no_code_is_a_wrong_try_for_every_purpose() {
    let bank = bank();
    let call = bank.agent();
    let code = call.receives(CodeOrder::recover(Kind::Spoken, Route::Email));
    let new = call.receives(CodeOrder::confirm(Kind::Spoken, email("maya@new.example")));
    let huge = "9".repeat(10 << 20);
    let odd = [
        "",
        "\0",
        &huge,
        "\u{202e}-123456",
        "１２３４５６７８９０１",
        "+12345678",
    ];
    for text in odd {
        let bank = self::bank();
        let call = bank.agent();
        call.receives(CodeOrder::recover(Kind::Spoken, Route::Email));
        call.receives(CodeOrder::confirm(Kind::Spoken, email("maya@new.example")));
        call.denies_as(&issued_recovery(text), Reason::Wrong);
        assert_eq!(confirms(&call, text), Changed::Denied);
        (0..3).for_each(|_| call.denies(&issued_recovery(text)));
        call.waits(&issued_recovery(text));
    }
    call.accepts(&issued_recovery(&code));
    assert_eq!(confirms(&call, &new), Changed::Done);
}

// --- Misheard ------------------------------------------------------------------------------------------------

#[test]
fn a_misheard_code_is_told_three_times_and_charged_after_that() {
    let bank = bank();
    let call = bank.agent();
    let code = call.receives(checked());
    assert_eq!(code.len(), 7);
    for _ in 0..3 {
        mishears(&call, &misheard(&code));
        let what = bank.trail.last().kind;
        assert!(
            matches!(
                what,
                EventKind::InvalidCheckDigit {
                    factor: Factor::SpokenCode
                }
            ),
            "{what:?}"
        );
    }
    // Nothing was charged: all five tries are there, the fifth of them voids the code.
    (0..4).for_each(|_| call.denies_as(&delivered(&misheard(&code)), Reason::Wrong));
    call.accepts(&delivered(&code));
}

#[test]
fn only_who_ordered_a_check_digit_is_told() {
    let bank = bank();
    let call = bank.agent();
    let code = call.receives(checked());
    bank.agent()
        .denies_as(&delivered(&misheard(&code)), Reason::Wrong);
    call.denies_as(&issued_recovery(&misheard(&code)), Reason::Wrong);
    mishears(&call, &misheard(&code));

    let plain = bank.agent();
    plain.receives(CodeOrder::spoken());
    plain.denies_as(&delivered(&misheard(&code)), Reason::Wrong);
    let letter = bank.agent();
    let shape = CodeShape::digits_and_check(8).unwrap();
    let code = letter.receives(CodeOrder::recover(Kind::Spoken, Route::Post).with_shape(shape));
    letter.denies_as(&issued_recovery(&misheard(&code)), Reason::Wrong);
}

#[test]
fn b11_while_locked_nothing_is_misheard() {
    let bank = bank();
    let call = bank.agent();
    let code = call.receives(checked());
    bank.agent().fails_until_locked(|| delivered("999999"));
    call.waits(&delivered(&misheard(&code)));
}

#[test]
fn b12_an_unknown_subject_is_misheard_like_anybody() {
    let bank = bank();
    let nobody = subject("C-9999");
    let bare = subject("C-2000");
    let call = bank.agent();
    bank.verifier.create(&bare, &call.ctx()).unwrap();
    let told = |whom: &Subject| {
        let call = bank.agent();
        let call = call.about(whom);
        call.order(checked());
        // 000 000 and 0 is right by its check digit, 000 000 and 1 is not.
        let texts = ["0000001"; 5].into_iter().chain(["0000000", "000000"]);
        texts
            .map(|text| {
                let outcome = call.check(&delivered(text));
                (format!("{outcome:?}"), bank.vault.last_length() % 128)
            })
            .collect::<Vec<_>>()
    };
    let known = told(&bank.customer);
    assert_eq!(known[2].0, "InvalidCheckDigit");
    assert_eq!(known[3].0, "Denied");
    assert_eq!(told(&nobody), known);
    assert_eq!(told(&bare), known);
}

#[test]
fn b40_every_outcome_of_a_code_writes_as_much() {
    let lengths: BTreeSet<usize> = ["right", "wrong", "misheard", "told", "other call"]
        .into_iter()
        .map(|what| {
            let bank = bank();
            let (call, device) = (bank.agent(), bank.device());
            let code = call.receives(checked());
            let letter = call.receives(CodeOrder::recover(Kind::Spoken, Route::Post));
            let private = device.receives(CodeOrder::private());
            match what {
                "right" => drop(call.accepts(&delivered(&code))),
                "wrong" => call.denies(&delivered(&letter)),
                "misheard" => mishears(&call, &misheard(&code)),
                "told" => call.denies_as(&delivered(&private), Reason::PrivateCodeTold),
                _ => bank.agent().denies(&delivered(&code)),
            }
            bank.vault.last_length()
        })
        .collect();
    assert_eq!(lengths.len(), 1, "{lengths:?}");
}

// --- Again, and how often ------------------------------------------------------------------------------------

#[test]
fn b30_the_same_order_again_is_the_same_code_with_its_old_end() {
    let bank = bank();
    for order in [
        CodeOrder::spoken(),
        CodeOrder::private(),
        checked().by_voice(),
        CodeOrder::recover(Kind::Spoken, Route::Sms),
        CodeOrder::recover(Kind::Private, Route::Email),
        CodeOrder::recover(Kind::Private, Route::Post)
            .with_shape(CodeShape::crockford(10).unwrap()),
        CodeOrder::confirm(Kind::Private, email("maya@new.example")),
    ] {
        bank.wait(4_500);
        let call = bank.agent();
        let first = call.delivery(order.clone());
        let expires = first.expires();
        let code = first.send(|_, code| code.to_owned()).unwrap();
        for _ in 0..3 {
            bank.wait(30);
            let again = call.delivery(order.clone());
            assert_eq!(again.expires(), expires, "{order:?}");
            assert_eq!(
                again.send(|_, code| code.to_owned()).unwrap(),
                code,
                "{order:?}"
            );
        }
    }
}

#[test]
fn b30_a_code_in_its_last_two_minutes_gives_way_to_another() {
    let bank = bank();
    let call = bank.agent();
    let first = call.receives(CodeOrder::spoken());
    bank.wait(480);
    assert_eq!(call.receives(CodeOrder::spoken()), first);
    bank.wait(29);
    waits_until(&call, CodeOrder::spoken());
    bank.wait(1);
    let delivery = call.delivery(CodeOrder::spoken());
    assert_eq!(delivery.lifetime(), Duration::from_secs(10 * 60));
    let second = delivery.send(|_, code| code.to_owned()).unwrap();
    call.denies_as(&delivered(&first), Reason::Wrong);
    call.accepts(&delivered(&second));
}

#[test]
fn p05_the_message_of_a_delivery_says_what_the_code_is_for_and_how_long() {
    let bank = bank();
    let call = bank.agent();
    let english = Wording::new(&Phrases::ENGLISH).unwrap();
    let payment = Transaction::payment("TX-1", "Anna", "99.50", "EUR").unwrap();
    let bound = call.for_transaction(&payment);
    bound.receives(CodeOrder::spoken());
    bank.wait(240);
    let delivery = bound.delivery(CodeOrder::spoken());
    let written = delivery.write("Fern Bank", |to, message| {
        let text = message.for_transaction(&payment).unwrap().text(&english);
        (to.address().to_owned(), text.unwrap())
    });
    let (to, text) = written.unwrap().unwrap();
    let text = text.expose_text();
    assert_eq!(to, PHONE);
    for part in [
        "pay 99.50 EUR to Anna",
        "for 6 minutes",
        "only if you called us",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let code: String = text.chars().skip(11).take(7).collect();
    bound.accepts(&delivered(&code));
}

/// What the text, the e-mail and the call of a delivery say, for a transaction or for none.
fn said(delivery: Delivery, shown: Option<&Transaction>) -> [Result<String, String>; 3] {
    let english = Wording::new(&Phrases::ENGLISH).unwrap();
    let written = delivery.write("Fern Bank", |_, message| {
        let message = match shown {
            Some(transaction) => message.for_transaction(transaction).unwrap(),
            None => message,
        };
        let ways = [
            message.text(&english),
            message.email(&english),
            message.voice(&english),
        ];
        assert_eq!(message.sms_parts(&english).is_ok(), ways[0].is_ok());
        ways.map(|way| match way {
            Ok(text) => Ok(text.expose_text().to_owned()),
            Err(error) => Err(error.to_string()),
        })
    });
    written.unwrap().unwrap()
}

#[test]
fn p05_a_message_is_written_for_the_transaction_of_its_code_and_for_no_other() {
    let bank = bank();
    let anna = Transaction::payment("TX-1", "Anna", "10", "PLN").unwrap();
    let mallory = Transaction::payment("TX-1", "Mallory", "9999", "PLN").unwrap();
    let again = Transaction::payment("TX-2", "Anna", "10", "PLN").unwrap();
    let change = Transaction::new("TX-1")
        .unwrap()
        .with("action", "change your limit")
        .unwrap();
    let all = [&anna, &mallory, &again, &change];
    for order in [
        CodeOrder::spoken(),
        CodeOrder::private(),
        CodeOrder::spoken().by_voice(),
    ] {
        for bound in [Some(&anna), Some(&change), None] {
            let call = bank.device();
            let call = match bound {
                Some(transaction) => call.for_transaction(transaction),
                None => call,
            };
            for shown in all.map(Some).into_iter().chain([None]) {
                // Also when it is sent again, and whoever else has ordered in between.
                bank.wait(1_000);
                let delivery = call.delivery(order.clone());
                let binding = bound.map(Transaction::digest);
                assert_eq!(delivery.transaction_digest(), binding);
                let is_it = shown.map(Transaction::digest) == binding;
                let rule = match (bound, shown) {
                    (Some(_), None) => {
                        "must be shown, as the code is bound to one: give it to `for_transaction`"
                    }
                    (Some(_), Some(_)) => {
                        "must be the one that the code is bound to: give that one to `for_transaction`"
                    }
                    (None, _) => {
                        "must not be given for a code that is bound to none: order it in a context"
                    }
                };
                for way in said(delivery, shown) {
                    match way {
                        Ok(text) => assert!(
                            is_it && text.contains("code to"),
                            "{bound:?} {shown:?}: {text}"
                        ),
                        Err(told) => {
                            assert!(
                                !is_it && told.starts_with(&format!("transaction: {rule}")),
                                "{bound:?} {shown:?}: {told}"
                            );
                            assert!(
                                !told.contains("Mallory") && !told.contains("Anna"),
                                "{told}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn p05_a_code_that_is_sent_again_shows_its_transaction_still() {
    let bank = bank();
    let anna = Transaction::payment("TX-1", "Anna", "10", "PLN").unwrap();
    let other = Transaction::payment("TX-2", "Mallory", "9999", "PLN").unwrap();
    let call = bank.agent().for_transaction(&anna);
    call.receives(CodeOrder::spoken());
    bank.wait(60);
    let refused = said(call.delivery(CodeOrder::spoken()), Some(&other));
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    bank.wait(60);
    let [text, ..] = said(call.delivery(CodeOrder::spoken()), Some(&anna));
    let text = text.unwrap();
    assert!(text.contains("to pay 10 PLN to Anna"), "{text}");
    let code: String = text.chars().skip(11).take(7).collect();
    call.accepts(&delivered(&code));
}

#[test]
fn p05_codes_that_recover_and_confirm_show_their_transaction_too() {
    let bank = bank();
    bank.changes(&bank.customer, &Change::SetEmail(email("maya@old.example")));
    let payment = Transaction::payment("TX-1", "Anna", "10", "PLN").unwrap();
    let change = Transaction::new("REQ-7")
        .unwrap()
        .with("action", "move to another address")
        .unwrap();
    for order in [
        CodeOrder::recover(Kind::Private, Route::Email),
        CodeOrder::confirm(Kind::Private, email("maya@new.example")),
    ] {
        bank.wait(4_500);
        let call = bank.device().for_transaction(&change);
        let refused = said(call.delivery(order.clone()), None);
        assert!(refused.iter().all(Result::is_err), "{refused:?}");
        bank.wait(60);
        for text in said(call.delivery(order.clone()), Some(&change)) {
            let text = text.unwrap();
            assert!(text.contains("code to move to another address"), "{text}");
        }
        bank.wait(4_500);
        let delivery = bank.device().for_transaction(&payment).delivery(order);
        let told = delivery.write("Fern Bank", |_, message| {
            message.for_transaction(&payment).unwrap_err().to_string()
        });
        let told = told.unwrap().unwrap();
        assert!(
            told.ends_with("order other codes in a context without one"),
            "{told}"
        );
    }
}

#[test]
fn b30_the_same_order_waits_for_half_a_minute() {
    let bank = bank();
    let call = bank.agent();
    let first = bank.now();
    call.receives(CodeOrder::spoken());
    for seconds in [0, 1, 28] {
        bank.wait(seconds);
        let when = waits_until(&call, CodeOrder::spoken());
        assert_eq!(when - first, Duration::from_secs(30));
    }
    bank.wait(1);
    call.receives(CodeOrder::spoken());
    bank.wait(29);
    waits_until(&call, CodeOrder::spoken());
}

#[test]
fn b30_sending_again_resets_no_count() {
    let bank = Bank::with_limits(Limits::pci());
    let call = bank.agent();
    let code = call.receives(checked());
    mishears(&call, &misheard(&code));
    call.denies(&delivered("9999999999"));
    for _ in 0..3 {
        call.denies(&delivered("9999999999"));
        bank.wait(30);
        assert_eq!(call.receives(checked()), code);
    }
    mishears(&call, &misheard(&code));
    mishears(&call, &misheard(&code));
    call.denies_as(&delivered(&misheard(&code)), Reason::Wrong);
    call.denies_as(&delivered(&code), Reason::NothingOpen);
}

#[test]
fn b30_a_different_order_is_another_code() {
    let bank = bank();
    let call = bank.agent();
    let first = call.receives(CodeOrder::spoken());
    let second = call.receives(checked());
    call.denies_as(&delivered(&first), Reason::Wrong);
    call.accepts(&delivered(&second));
    let spent = call.receives(checked());
    assert_ne!(spent, second, "what was accepted is not sent again");
}

#[test]
fn b30_a_letter_is_the_same_for_every_call_that_orders_it() {
    let bank = bank();
    let order = CodeOrder::recover(Kind::Spoken, Route::Post);
    let code = bank.agent().receives(order.clone());
    waits_until(&bank.agent(), order.clone());
    bank.wait(86_400);
    assert_eq!(bank.agent().receives(order.clone()), code);
    // A stranger's order for it is no other code, so it makes the letter under way no wrong one.
    bank.wait(86_400);
    bank.agent().accepts(&issued_recovery(&code));
}

#[test]
fn b30_sending_again_is_charged_to_the_subject() {
    let bank = bank();
    let call = bank.agent();
    let opened = bank.now();
    for _ in 0..4 {
        call.receives(CodeOrder::spoken());
        bank.wait(30);
    }
    let when = waits_until(&call, CodeOrder::spoken());
    assert_eq!(when - opened, Duration::from_secs(15 * 60));
}

/// Ten customers with one telephone.
fn family(bank: &Bank, number: &str) -> Vec<Subject> {
    (0..10)
        .map(|member| {
            let subject = subject(&format!("F-{member}"));
            let ctx = bank.agent().ctx();
            bank.verifier.create(&subject, &ctx).unwrap();
            bank.changes(&subject, &Change::SetPhone(phone(number)));
            subject
        })
        .collect()
}

/// Orders until it is refused; how many were sent, and until when.
fn order_until_refused(bank: &Bank, whom: &mut dyn Iterator<Item = &Subject>) -> (u32, Timestamp) {
    let mut sent = 0;
    for subject in whom {
        let call = bank.agent();
        match call.about(subject).order(CodeOrder::spoken()) {
            Issued::Ready(delivery) => {
                sent += 1;
                assert!(delivery.send(|_, _| ()).is_some());
            }
            Issued::RateLimited(Lock::Until(when)) => return (sent, when),
            Issued::RateLimited(Lock::Indefinite) => panic!("closed"),
        }
    }
    panic!("never refused: {sent} sent")
}

#[test]
fn b30_b41_one_telephone_is_sent_five_codes_an_hour_whatever_strangers_order() {
    let bank = Bank::empty(Limits::nist());
    let family = family(&bank, "+15550100199");
    let (sent, when) = order_until_refused(&bank, &mut family.iter().cycle());
    assert_eq!(sent, 5);
    assert!((3_600..=4_320).contains(&(when - bank.now()).as_secs()));
    let what = bank.trail.last().kind;
    assert!(
        matches!(
            what,
            EventKind::IssueOverBudget {
                budget: QuotaScope::Destination,
                ..
            }
        ),
        "{what:?}"
    );
    bank.wait_until(when);
    let call = bank.agent();
    assert!(matches!(
        call.about(&family[0]).order(CodeOrder::spoken()),
        Issued::Ready(_)
    ));
}

#[test]
fn b30_a_clock_set_back_gives_no_code_back() {
    let bank = Bank::empty(Limits::nist());
    let family = family(&bank, "+15550100199");
    order_until_refused(&bank, &mut family.iter().cycle());
    for back in [-60, -3_600, -86_400] {
        bank.wait(back);
        let call = bank.agent();
        let Issued::RateLimited(Lock::Until(when)) =
            call.about(&family[9]).order(CodeOrder::spoken())
        else {
            panic!("sent")
        };
        // As long again as the clock was set back, where no order comes in meanwhile.
        assert!(
            when - bank.now() <= Duration::from_secs(2 * 4_320 + 120),
            "no endless wait"
        );
    }
}

/// Customers with a number each, all in one block.
fn neighbours(bank: &Bank, count: u32) -> Vec<Subject> {
    (0..count)
        .map(|number| {
            let subject = subject(&format!("N-{number}"));
            let ctx = bank.agent().ctx();
            bank.verifier.create(&subject, &ctx).unwrap();
            let number = format!("+99450555{number:04}");
            bank.changes(&subject, &Change::SetPhone(phone(&number)));
            subject
        })
        .collect()
}

#[test]
fn b30_a_block_of_numbers_alarms_before_it_is_refused() {
    let bank = Bank::empty(Limits::nist());
    let neighbours = neighbours(&bank, 51);
    let (sent, _) = order_until_refused(&bank, &mut neighbours.iter());
    assert_eq!(sent, 25);
    let events = bank.trail.events();
    let alarms: Vec<usize> = (0..events.len())
        .filter(|place| {
            let budget = QuotaScope::Block;
            let factor = Factor::SpokenCode;
            events[*place].kind == EventKind::IssueAlarm { factor, budget }
        })
        .collect();
    assert_eq!(alarms.len(), 1);
    let sent_before = events[..alarms[0]]
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Issued { .. }))
        .count();
    assert_eq!(sent_before, 11, "it comes with the twelfth");
    let last = bank.trail.last().kind;
    assert!(matches!(
        last,
        EventKind::IssueOverBudget {
            budget: QuotaScope::Block,
            ..
        }
    ));
    // Another block is not concerned, and neither are e-mails and letters.
    let call = bank.agent();
    bank.changes(&neighbours[50], &Change::SetPhone(phone("+994505560000")));
    call.about(&neighbours[50]).receives(CodeOrder::spoken());
    call.about(&neighbours[1])
        .receives(CodeOrder::recover(Kind::Spoken, Route::Post));
}

#[test]
fn b30_of_twelve_at_once_five_are_sent() {
    let bank = Bank::empty(Limits::nist());
    let mut family = family(&bank, "+15550100199");
    for member in 10..12 {
        let subject = subject(&format!("F-{member}"));
        bank.verifier.create(&subject, &bank.agent().ctx()).unwrap();
        bank.changes(&subject, &Change::SetPhone(phone("+15550100199")));
        family.push(subject);
    }
    let barrier = std::sync::Barrier::new(family.len());
    let sent = std::thread::scope(|scope| {
        let orders: Vec<_> = family
            .iter()
            .map(|member| {
                let (bank, barrier) = (&bank, &barrier);
                scope.spawn(move || {
                    let call = bank.agent();
                    barrier.wait();
                    matches!(
                        call.about(member).order(CodeOrder::spoken()),
                        Issued::Ready(_)
                    )
                })
            })
            .collect();
        let told = orders.into_iter().map(|thread| thread.join().unwrap());
        told.filter(|sent| *sent).count()
    });
    assert_eq!(sent, 5);
}

#[test]
fn a_count_under_a_root_that_is_gone_is_an_error_until_it_is_over() {
    let bank = bank();
    bank.agent().receives(CodeOrder::spoken());
    let ring = Keyring::new(
        RootKey::from_bytes(2, [3; 32]).unwrap(),
        LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
    );
    let verifier = TimedVerifier::new(bank.vault.clone(), Settings::new("bank", ring).unwrap());
    let other = subject("C-2000");
    let ctx = bank.agent().ctx();
    verifier.create(&other, &ctx).unwrap();
    let phone = Change::SetPhone(phone(PHONE));
    let changed = verifier.change(&other, &phone, &Authority::Host, &ctx);
    assert_eq!(changed.unwrap(), Changed::Done);
    let issue = || verifier.issue(&other, &CodeOrder::spoken(), &bank.agent().ctx());
    assert!(issue().unwrap_err().is_corrupt());
    bank.wait(7_200);
    assert!(matches!(issue().unwrap(), Issued::Ready(_)));
}

#[test]
fn b30_orders_that_come_to_nothing_spend_nothing_of_others() {
    let bank = Bank::empty(Limits::nist());
    let family = family(&bank, "+15550100199");
    let call = bank.agent();
    for _ in 0..100 {
        call.about(&family[0]).order(CodeOrder::spoken());
    }
    let (sent, _) = order_until_refused(&bank, &mut family[1..].iter().cycle());
    assert_eq!(sent, 4, "the first of the family was sent one");
}

#[test]
fn b30_the_limits_are_the_host_s() {
    let hour = Duration::from_secs(3_600);
    let bank = Bank::empty(Limits::nist());
    let settings = settings(Limits::nist())
        .with_quota(QuotaScope::Destination, Quota::new(4, hour).unwrap())
        .with_quota(QuotaScope::Block, Quota::new(6, hour).unwrap());
    let verifier = TimedVerifier::new(bank.vault.clone(), settings);
    let family = family(&bank, "+15550100199");
    let neighbour = subject("C-1042");
    let ctx = bank.agent().ctx();
    bank.verifier.create(&neighbour, &ctx).unwrap();
    bank.changes(&neighbour, &Change::SetPhone(phone("+15550100198")));
    let is_sent = |whom: &Subject| {
        let ctx = bank.agent().ctx();
        matches!(
            verifier.issue(whom, &CodeOrder::spoken(), &ctx).unwrap(),
            Issued::Ready(_)
        )
    };
    assert!(is_sent(&family[0]) && is_sent(&family[1]));
    assert!(!is_sent(&family[2]), "the telephone's");
    assert!(is_sent(&neighbour));
    assert!(!is_sent(&neighbour), "the block's");
}

#[test]
fn b14_nothing_is_sent_when_a_count_cannot_be_stored() {
    let bank = bank();
    let call = bank.agent();
    bank.vault.is_down(true);
    let failed = bank
        .verifier
        .issue(&bank.customer, &CodeOrder::spoken(), &call.ctx());
    assert!(failed.unwrap_err().is_store());
    bank.vault.is_down(false);
    bank.vault.loses_answers(true);
    let failed = bank
        .verifier
        .issue(&bank.customer, &CodeOrder::spoken(), &call.ctx());
    assert!(failed.unwrap_err().is_store());
    bank.vault.loses_answers(false);
    call.denies_as(&delivered("123456"), Reason::NothingOpen);
}

#[test]
fn b31_a_count_that_was_changed_sends_nothing() {
    let bank = bank();
    let before = bank.vault.writes();
    bank.agent().receives(CodeOrder::spoken());
    let count = bank.vault.written()[before].clone();
    let key = bank.vault.key_of(&count);
    for bytes in [vec![], vec![0; 134], count.bytes()[..133].to_vec()] {
        let hostile = Entry::new(bytes, count.version(), count.expires_at());
        bank.vault.put_at(&key, &hostile);
        let failed = bank
            .verifier
            .issue(&bank.customer, &CodeOrder::spoken(), &bank.agent().ctx());
        assert!(failed.unwrap_err().is_corrupt());
    }
    // Another's count does not open in its place.
    let other = bank.vault.written()[before + 1].clone();
    bank.vault.put_at(&key, &other);
    let failed = bank
        .verifier
        .issue(&bank.customer, &CodeOrder::spoken(), &bank.agent().ctx());
    assert!(failed.unwrap_err().is_corrupt());
    bank.vault.put_at(&key, &count);
    bank.agent().receives(CodeOrder::spoken());
}

#[test]
fn b30_an_alarm_that_cannot_be_written_sends_nothing() {
    let bank = Bank::empty(Limits::nist());
    let neighbours = neighbours(&bank, 12);
    for subject in &neighbours[..11] {
        let call = bank.agent();
        call.about(subject).receives(CodeOrder::spoken());
    }
    let (call, last) = (bank.agent(), &neighbours[11]);
    bank.trail.is_down(true);
    assert!(
        bank.verifier
            .issue(last, &CodeOrder::spoken(), &call.ctx())
            .is_err()
    );
    bank.trail.is_down(false);
    call.about(last)
        .denies_as(&delivered("123456"), Reason::NothingOpen);
}

#[test]
fn b12_orders_for_nobody_make_the_same_calls_to_the_store() {
    let bank = bank();
    let nobody = subject("C-9999");
    let bare = subject("C-2000");
    bank.verifier.create(&bare, &bank.agent().ctx()).unwrap();
    // Everybody has been seen once.
    for whom in [&bank.customer, &nobody, &bare] {
        bank.agent().about(whom).denies(&bank.not_shown());
    }
    let orders: [fn(&Subject) -> CodeOrder; 5] = [
        |_| CodeOrder::spoken(),
        |_| CodeOrder::private().by_voice(),
        |_| CodeOrder::recover(Kind::Spoken, Route::Email),
        |_| CodeOrder::recover(Kind::Private, Route::Post),
        |whom| CodeOrder::confirm(Kind::Private, email(&format!("{}@new.example", whom.id()))),
    ];
    for order in orders {
        let opened = bank.now();
        let seen = |whom: &Subject| {
            bank.wait_until(opened);
            let call = bank.agent();
            let call = call.about(whom);
            let mut seen = Vec::new();
            for _ in 0..7 {
                bank.vault.calls();
                let told = match call.order(order(whom)) {
                    Issued::Ready(delivery) => {
                        let hint = delivery
                            .hint()
                            .chars()
                            .map(|letter| letter.is_alphanumeric());
                        format!(
                            "sent {:?} {:?}",
                            hint.collect::<Vec<_>>(),
                            delivery.expires()
                        )
                    }
                    Issued::RateLimited(lock) => format!("{lock:?}"),
                };
                let calls = bank.vault.calls();
                // Records differ in length by what is enrolled; counts are all alike.
                let counts: Vec<usize> = calls
                    .iter()
                    .map(|(_, length)| *length)
                    .filter(|length| length % 128 != 0)
                    .collect();
                let kinds: Vec<&str> = calls.iter().map(|(kind, _)| *kind).collect();
                seen.push((told, kinds, counts));
                bank.wait(40);
            }
            seen
        };
        let known = seen(&bank.customer);
        assert!(known[0].0.starts_with("sent"), "{known:?}");
        assert_eq!(seen(&nobody), known);
        assert_eq!(seen(&bare), known);
        bank.wait(7_200);
    }
}

#[test]
fn b30_unknown_subjects_do_not_spend_what_customers_need() {
    let bank = bank();
    for number in 0..120 {
        let nobody = subject(&format!("X-{number}"));
        let call = bank.agent();
        assert!(matches!(
            call.about(&nobody).order(CodeOrder::spoken()),
            Issued::Ready(_)
        ));
    }
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
}

#[test]
fn b15_counts_show_no_number_and_are_dropped_in_time() {
    let bank = bank();
    let before = bank.vault.writes();
    bank.agent().receives(CodeOrder::spoken());
    let written = &bank.vault.written()[before..];
    assert_eq!(written.len(), 3, "the telephone, its block, the record");
    let counts: Vec<_> = written
        .iter()
        .filter_map(|entry| entry.expires_at())
        .collect();
    assert_eq!(counts.len(), 2);
    for entry in written {
        let bytes = entry.bytes();
        for shown in [&PHONE.as_bytes()[1..], &PHONE.as_bytes()[1..8]] {
            assert!(!bytes.windows(shown.len()).any(|part| part == shown));
        }
    }
    assert!(
        counts
            .iter()
            .all(|until| *until - bank.now() >= Duration::from_secs(3_600))
    );
    assert_eq!(bank.vault.purge(bank.now()).unwrap(), 0);
    assert_eq!(bank.vault.purge(*counts.iter().max().unwrap()).unwrap(), 2);
}
