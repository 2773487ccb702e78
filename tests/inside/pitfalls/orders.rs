//! Who may spend what on codes, and whose code gives way to whose: orders of strangers leave the customer codes (b41), and leave
//! the codes that are open (b42).

use crate::support::timed::TimedVerifier;
use std::sync::Mutex;

use crate::inside::support::bank::*;
use crate::inside::support::{email, issued_recovery, phone};
use core::time::Duration;
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Error, Outcome, SecretBytes, Subject,
    Timestamp, Transaction,
    account::Lock,
    audit::EventKind,
    delivered::{CodeOrder, Destination, Issued, Kind, Route},
    limits::{Limits, Quota, QuotaScope},
    otp::ocra::{Ocra, OcraTask},
    text::CodeShape,
};

const EMAIL: &str = "maya@fern.example";

fn presets() -> [Limits; 3] {
    [Limits::nist(), Limits::psd2(), Limits::pci()]
}

fn bank(limits: Limits) -> Bank {
    let bank = Bank::with_limits(limits);
    bank.changes(&bank.customer, &Change::SetEmail(email(EMAIL)));
    bank
}

/// A call in which the host has seen the customer.
fn known<'a>(bank: &'a Bank, whom: &'a Subject) -> Call<'a> {
    let call = bank.agent().about(whom);
    call.accepts(&seen_in_person());
    call
}

/// So many customers with a telephone each.
fn customers(bank: &Bank, name: &str, count: u32, number: impl Fn(u32) -> String) -> Vec<Subject> {
    let customer = |place| {
        let subject = subject(&format!("{name}-{place}"));
        bank.verifier.create(&subject, &bank.agent().ctx()).unwrap();
        bank.changes(&subject, &Change::SetPhone(phone(&number(place))));
        subject
    };
    (0..count).map(customer).collect()
}

/// A stranger orders from fresh interactions, of every kind and by every route; how often a code went out.
fn strangers_order(bank: &Bank, whom: &Subject, times: usize) -> usize {
    let orders = [
        CodeOrder::spoken(),
        CodeOrder::private(),
        CodeOrder::spoken().by_voice(),
        CodeOrder::recover(Kind::Spoken, Route::Sms),
    ];
    let all = orders.iter().cycle().take(times);
    all.filter(|order| {
        let call = bank.agent();
        matches!(call.about(whom).order((*order).clone()), Issued::Ready(_))
    })
    .count()
}

/// The customer gets a code, and it is good.
#[track_caller]
fn gets_a_code(bank: &Bank, whom: &Subject) {
    let call = known(bank, whom);
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
}

// --- b41: what strangers may spend ---------------------------------------------------------------------------

#[test]
fn b41_strangers_leave_a_subject_half_of_its_codes() {
    for limits in presets() {
        let bank = bank(limits);
        for jump in [0, 60, -60, 7_200, -3_600, 9_000, -86_400, 3 * 86_400] {
            bank.wait(jump);
            let sent = strangers_order(&bank, &bank.customer, 40);
            assert!(sent <= 4, "{sent} after a jump of {jump}");
            gets_a_code(&bank, &bank.customer);
        }
        // From a new start: four for strangers, four for the customer, and no more for anybody.
        bank.wait(30 * 86_400);
        assert_eq!(strangers_order(&bank, &bank.customer, 40), 4);
        (0..4).for_each(|_| gets_a_code(&bank, &bank.customer));
        known(&bank, &bank.customer).must_wait(CodeOrder::spoken());
        assert_eq!(strangers_order(&bank, &bank.customer, 40), 0);
    }
}

#[test]
fn b41_strangers_leave_a_telephone_half_of_its_codes() {
    for limits in presets() {
        let bank = bank(limits);
        // Others with this telephone, whose subjects have codes left.
        let family = customers(&bank, "F", 6, |_| PHONE.to_owned());
        for jump in [0, 300, -300, 4_400, -4_400, -86_400, 2 * 86_400] {
            bank.wait(jump);
            for subject in family.iter().chain([&bank.customer]) {
                strangers_order(&bank, subject, 12);
            }
            let stranger = bank.agent();
            stranger.about(&family[0]).must_wait(CodeOrder::spoken());
            gets_a_code(&bank, &bank.customer);
        }
        bank.wait(30 * 86_400);
        let sent: usize = family
            .iter()
            .map(|subject| strangers_order(&bank, subject, 12))
            .sum();
        assert_eq!(sent, 5);
        (0..5).for_each(|_| gets_a_code(&bank, &bank.customer));
        known(&bank, &bank.customer).must_wait(CodeOrder::spoken());
    }
}

#[test]
fn b41_strangers_leave_a_block_of_numbers_half_of_its_codes() {
    for limits in presets() {
        let bank = bank(limits);
        // PHONE without its last four digits.
        let neighbours = customers(&bank, "N", 9, |place| format!("+628123456{place:04}"));
        for jump in [0, -300, 4_400, -86_400, 2 * 86_400] {
            bank.wait(jump);
            let all = neighbours.iter().cycle().take(18);
            let sent: usize = all.map(|subject| strangers_order(&bank, subject, 4)).sum();
            assert!(sent <= 25, "{sent} after a jump of {jump}");
            gets_a_code(&bank, &bank.customer);
        }
        let block = QuotaScope::Block;
        let events = bank.trail.events();
        let first = |is: fn(&EventKind, QuotaScope) -> bool| {
            let found = events.iter().position(|event| is(&event.kind, block));
            found.expect("it is in the trail")
        };
        let alarm = first(
            |what, block| matches!(what, EventKind::IssueAlarm { budget, .. } if *budget == block),
        );
        let refused = first(
            |what, block| matches!(what, EventKind::IssueOverBudget { budget, .. } if *budget == block),
        );
        assert!(alarm < refused, "the alarm comes before anybody is refused");
    }
}

/// A host may set any numbers: what strangers leave follows from them.
#[test]
fn b41_the_lanes_follow_from_the_host_s_numbers() {
    let hour = Duration::from_secs(3_600);
    for most in 2..6 {
        let quota = Quota::new(most, hour).unwrap();
        for scope in [QuotaScope::Destination, QuotaScope::Block] {
            let bank = Bank::open();
            let settings = settings(Limits::nist()).with_quota(scope, quota);
            let verifier = TimedVerifier::new(bank.vault.clone(), settings);
            let is_sent = |call: &Call<'_>| {
                let issued = verifier.issue(&bank.customer, &CodeOrder::spoken(), &call.ctx());
                matches!(issued.unwrap(), Issued::Ready(_))
            };
            let strangers = (0..most).filter(|_| is_sent(&bank.agent())).count();
            assert_eq!(strangers, usize::try_from(quota.anonymous()).unwrap());
            let rest = (0..most).filter(|_| is_sent(&known(&bank, &bank.customer)));
            assert_eq!(rest.count() + strangers, usize::try_from(most).unwrap());
        }
    }
}

#[test]
fn b41_orders_under_unknown_names_spend_nothing_of_an_address() {
    let bank = bank(Limits::nist());
    for number in 0..60 {
        let nobody = subject(&format!("X-{number}"));
        for to in [phone(PHONE), email(EMAIL)] {
            for kind in [Kind::Private, Kind::Spoken] {
                let call = bank.agent();
                call.about(&nobody)
                    .order(CodeOrder::confirm(kind, to.clone()));
            }
        }
    }
    let is_about_a_budget = |event: &countersign::audit::Event| {
        matches!(
            event.kind,
            EventKind::IssueAlarm { .. } | EventKind::IssueOverBudget { .. }
        )
    };
    assert!(!bank.trail.events().iter().any(is_about_a_budget));
    // Everything is there: strangers have their five, the customer the rest.
    let family = customers(&bank, "F", 2, |_| PHONE.to_owned());
    let sent: usize = family
        .iter()
        .map(|subject| strangers_order(&bank, subject, 8))
        .sum();
    assert_eq!(sent, 5);
    (0..5).for_each(|_| gets_a_code(&bank, &bank.customer));
    let call = bank.agent();
    call.receives(CodeOrder::recover(Kind::Spoken, Route::Email));
}

/// An order to confirm an address is answered alike for a name that exists and one that does not, also once a count is used up.
#[test]
fn b41_b12_addresses_of_nobody_have_counts_of_their_own() {
    let bank = bank(Limits::nist());
    let nobody = subject("C-9999");
    for whom in [&bank.customer, &nobody] {
        bank.agent().about(whom).denies(&bank.not_shown());
    }
    let told = |whom: &Subject, new: &str| {
        let number = phone(new);
        let mut told = Vec::new();
        for round in 0..12 {
            for order in [
                CodeOrder::confirm(Kind::Private, number.clone()),
                CodeOrder::spoken(),
                CodeOrder::confirm(Kind::Private, email(&format!("{}@new.example", &new[1..]))),
            ] {
                let call = bank.agent();
                let issued = call.about(whom).order(order);
                told.push((round, matches!(issued, Issued::Ready(_))));
            }
            bank.wait(240);
        }
        bank.wait(30 * 86_400);
        told
    };
    let known = told(&bank.customer, "+15550100199");
    assert!(known.iter().any(|(_, sent)| !sent), "{known:?}");
    assert_eq!(told(&nobody, "+15550200199"), known);
}

#[test]
fn b41_what_a_block_refuses_is_not_charged_to_the_telephone() {
    let bank = bank(Limits::nist());
    let neighbours = customers(&bank, "N", 7, |place| format!("+628123456{place:04}"));
    let sent: usize = neighbours
        .iter()
        .map(|subject| strangers_order(&bank, subject, 4))
        .sum();
    assert_eq!(sent, 25, "all that strangers get of the block");
    assert_eq!(strangers_order(&bank, &bank.customer, 40), 0);
    // All ten of the telephone are there for the customer: eight in a quarter of an hour, and two.
    (0..8).for_each(|_| gets_a_code(&bank, &bank.customer));
    bank.wait(901);
    (0..2).for_each(|_| gets_a_code(&bank, &bank.customer));
    known(&bank, &bank.customer).must_wait(CodeOrder::spoken());
}

#[test]
fn b41_orders_that_must_wait_cost_nothing() {
    let bank = bank(Limits::nist());
    let call = bank.agent();
    call.receives(CodeOrder::spoken());
    // The same order is too soon; a stranger may not bind; a suspended customer gets nothing.
    for _ in 0..20 {
        call.must_wait(CodeOrder::spoken());
        assert_eq!(
            bank.agent().must_wait(CodeOrder::binding()),
            Lock::Indefinite
        );
    }
    bank.changes(&bank.customer, &Change::Suspend);
    for _ in 0..20 {
        assert_eq!(
            bank.agent().must_wait(CodeOrder::spoken()),
            Lock::Indefinite
        );
    }
    bank.changes(&bank.customer, &Change::Resume);
    assert_eq!(strangers_order(&bank, &bank.customer, 40), 3);

    // Four letters of strangers are open. A fifth waits, however often, at the beginning of a quarter of an hour too.
    let bank = self::bank(Limits::nist());
    for number in 0..4 {
        let payment = Transaction::new(&format!("TX-{number}")).unwrap();
        let call = bank.agent();
        call.for_transaction(&payment)
            .receives(CodeOrder::recover(Kind::Spoken, Route::Post));
    }
    for back in [0, 901, -60] {
        bank.wait(back);
        for _ in 0..20 {
            let payment = Transaction::new("TX-9").unwrap();
            let call = bank.agent();
            let call = call.for_transaction(&payment);
            call.must_wait(CodeOrder::recover(Kind::Private, Route::Post));
        }
    }
    bank.wait(901);
    assert_eq!(strangers_order(&bank, &bank.customer, 40), 4);
}

/// A store in which somebody else is faster, once, just after a count was charged.
struct Racing<'a> {
    bank: &'a Bank,
    faster: Mutex<Option<Change>>,
}

impl Store for Racing<'_> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.bank.vault.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let replaced = self.bank.vault.replace(key, expected, entry)?;
        if *key != Key::of(&self.bank.customer)
            && let Some(change) = self.faster.lock().unwrap().take()
        {
            self.bank.changes(&self.bank.customer, &change);
        }
        Ok(replaced)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.bank.vault.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.bank.vault.purge(now)
    }
}

/// A store in which the write fails that has so many before it.
struct Failing<'a> {
    bank: &'a Bank,
    before: Mutex<Option<u32>>,
}

impl Store for Failing<'_> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.bank.vault.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let mut before = self.before.lock().unwrap();
        let fails = *before == Some(0);
        *before = before.and_then(|left| left.checked_sub(1));
        if fails {
            return Err(Error::store("a table", "the disk is full"));
        }
        self.bank.vault.replace(key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.bank.vault.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.bank.vault.purge(now)
    }
}

#[test]
fn b41_a_count_that_cannot_be_stored_costs_the_others_nothing() {
    let bank = Bank::open();
    let store = Failing {
        bank: &bank,
        before: Mutex::new(None),
    };
    let two = Quota::new(2, Duration::from_secs(3_600)).unwrap();
    let settings = bank
        .settings
        .clone()
        .with_quota(QuotaScope::Destination, two);
    let verifier = TimedVerifier::new(&store, settings);
    let order = || verifier.issue(&bank.customer, &CodeOrder::spoken(), &bank.agent().ctx());
    for before in [0, 1, 1] {
        *store.before.lock().unwrap() = Some(before);
        assert!(order().unwrap_err().is_store());
    }
    assert!(
        matches!(order(), Ok(Issued::Ready(_))),
        "nothing was charged"
    );
    assert!(matches!(order(), Ok(Issued::RateLimited(_))));
}

#[test]
fn b41_an_order_that_loses_a_race_is_charged_once_or_not_at_all() {
    let hour = Duration::from_secs(3_600);
    let two = Quota::new(2, hour).unwrap();
    for (change, is_sent) in [
        (Change::Suspend, false),
        (Change::Remove(countersign::Factor::Totp), true),
    ] {
        let bank = Bank::open();
        let racing = Racing {
            bank: &bank,
            faster: Mutex::new(Some(change)),
        };
        let settings = settings(Limits::nist())
            .with_quota(QuotaScope::Destination, two)
            .with_quota(QuotaScope::Block, two);
        let verifier: TimedVerifier<_> = TimedVerifier::new(racing, settings);
        let order = || {
            let issued = verifier.issue(&bank.customer, &CodeOrder::spoken(), &bank.agent().ctx());
            matches!(issued.unwrap(), Issued::Ready(_))
        };
        assert_eq!(order(), is_sent);
        if !is_sent {
            bank.changes(&bank.customer, &Change::Resume);
            assert!(order(), "the one that was taken is there again");
        }
        assert!(!order(), "half of two is one");
    }
}

#[test]
fn b41_an_alarm_that_nobody_heard_comes_again() {
    let bank = Bank::empty(Limits::nist());
    let neighbours = customers(&bank, "N", 13, |place| format!("+99450555{place:04}"));
    for subject in &neighbours[..11] {
        bank.agent().about(subject).receives(CodeOrder::spoken());
    }
    let twelfth = |subject: &Subject| {
        let ctx = bank.agent().ctx();
        bank.verifier.issue(subject, &CodeOrder::spoken(), &ctx)
    };
    bank.trail.is_down(true);
    for _ in 0..3 {
        assert!(twelfth(&neighbours[11]).is_err());
    }
    bank.trail.is_down(false);
    assert!(matches!(twelfth(&neighbours[12]), Ok(Issued::Ready(_))));
    let alarms = bank.trail.events().into_iter().filter(|event| {
        let budget = QuotaScope::Block;
        matches!(event.kind, EventKind::IssueAlarm { budget: of, .. } if of == budget)
    });
    assert_eq!(alarms.count(), 1);
}

/// Evidence of an account opens the other half of its own addresses, and of no others.
#[test]
fn b41_no_customer_uses_up_the_telephone_of_another() {
    let bank = bank(Limits::nist());
    let mallory = |place: u32| format!("+62812999{place}0000");
    let thieves = customers(&bank, "thief", 6, mallory);
    let confirms = |whom: &Subject, to: Destination| {
        let order = CodeOrder::confirm(Kind::Spoken, to);
        matches!(known(&bank, whom).order(order), Issued::Ready(_))
    };
    for to in [phone(PHONE), email(EMAIL)] {
        let all = thieves.iter().cycle().take(18);
        let sent = all.filter(|thief| confirms(thief, to.clone())).count();
        assert_eq!(sent, 5, "{to:?}");
    }
    (0..2).for_each(|_| gets_a_code(&bank, &bank.customer));
    known(&bank, &bank.customer).receives(CodeOrder::recover(Kind::Spoken, Route::Email));
    // What is the account's already is confirmed out of the whole.
    assert!(confirms(&bank.customer, phone(PHONE)));
    assert!(confirms(&bank.customer, email(EMAIL)));
    // The block is another's as well.
    let neighbours = (0..30).map(|place| format!("+628123456{place:04}"));
    bank.wait(7_200);
    let all = neighbours.zip(thieves.iter().cycle());
    let sent = all.filter(|(number, thief)| confirms(thief, phone(number)));
    assert_eq!(sent.count(), 25);
    gets_a_code(&bank, &bank.customer);
}

// --- b42: whose code gives way -------------------------------------------------------------------------------

/// Everything that differs from any other order in one thing at least.
fn different_orders(shapes: bool) -> Vec<CodeOrder> {
    let long = CodeShape::digits(10).unwrap();
    let letters = CodeShape::crockford(10).unwrap();
    let mut all = vec![
        CodeOrder::spoken(),
        CodeOrder::private(),
        CodeOrder::binding(),
        CodeOrder::binding_on_screen(),
        CodeOrder::confirm(Kind::Private, Destination::post()),
    ];
    for kind in [Kind::Private, Kind::Spoken] {
        for route in [Route::Email, Route::Post, Route::Sms, Route::Voice] {
            all.push(CodeOrder::recover(kind, route));
        }
        for route in [Route::Email, Route::Post].into_iter().filter(|_| shapes) {
            all.push(CodeOrder::recover(kind, route).with_shape(long));
            all.push(CodeOrder::recover(kind, route).with_shape(letters));
        }
        all.push(CodeOrder::confirm(kind, phone("+15550100199")));
        all.push(CodeOrder::confirm(kind, email("thief@other.example")));
    }
    all
}

/// Strangers order all of that, and more of it for many transactions and addresses, from fresh interactions, for some days.
fn strangers_order_everything(bank: &Bank, days: i64, shapes: bool) {
    let orders = different_orders(shapes);
    let mut all = orders.iter().cycle();
    for round in 0..days * 12 {
        let payment = Transaction::new(&format!("TX-{round}")).unwrap();
        for _ in 0..7 {
            let order = all.next().unwrap();
            let call = bank.begin(Channel::Device);
            call.order(order.clone());
            call.for_transaction(&payment).order(order.clone());
            let address = email(&format!("thief{round}@other.example"));
            call.order(CodeOrder::confirm(Kind::Private, address));
        }
        bank.wait(7_200);
    }
}

#[test]
fn b42_no_order_of_a_stranger_voids_a_letter_or_an_e_mail() {
    for by_known in [false, true] {
        for route in [Route::Post, Route::Email] {
            for kind in [Kind::Spoken, Kind::Private] {
                let bank = bank(Limits::nist());
                let call = bank.begin(Channel::Device);
                if by_known {
                    call.accepts(&seen_in_person());
                }
                let code = call.receives(CodeOrder::recover(kind, route));
                let days = if route == Route::Post { 4 } else { 0 };
                strangers_order_everything(&bank, days, true);
                bank.wait(-60);
                strangers_order_everything(&bank, 0, true);
                bank.wait(60);
                let orders = different_orders(true);
                for order in orders {
                    bank.begin(Channel::Device).order(order);
                }
                let channel = match kind {
                    Kind::Spoken => Channel::Agent,
                    Kind::Private => Channel::Device,
                };
                bank.begin(channel).accepts(&issued_recovery(&code));
            }
        }
    }
}

#[test]
fn b42_strangers_cannot_fill_the_places_of_a_customer() {
    let bank = bank(Limits::nist());
    strangers_order_everything(&bank, 20, true);
    // With evidence there is a place for everything, and each of them is good.
    for (order, is_recovery) in [
        (CodeOrder::recover(Kind::Spoken, Route::Post), true),
        (CodeOrder::recover(Kind::Spoken, Route::Email), true),
        (CodeOrder::recover(Kind::Spoken, Route::Sms), true),
        (CodeOrder::spoken(), false),
    ] {
        let call = known(&bank, &bank.customer);
        let code = call.receives(order);
        let attempt = if is_recovery {
            issued_recovery(&code)
        } else {
            delivered(&code)
        };
        call.accepts(&attempt);
        bank.wait(901);
    }
    let call = known(&bank, &bank.customer);
    let code = call.receives(CodeOrder::confirm(Kind::Spoken, email("maya@new.example")));
    let confirm = Change::ConfirmAddress(Code::typed(&code));
    let changed = bank
        .verifier
        .change(&bank.customer, &confirm, &Authority::Host, &call.ctx());
    assert_eq!(changed.unwrap(), Changed::Done);
}

#[test]
fn b42_a_customer_without_evidence_gets_codes_in_spite_of_strangers_letters() {
    let bank = bank(Limits::nist());
    // Letters for transactions that strangers make up, as many as there is place for.
    for number in 0..8 {
        let payment = Transaction::new(&format!("TX-{number}")).unwrap();
        let call = bank.agent();
        let call = call.for_transaction(&payment);
        call.order(CodeOrder::recover(Kind::Spoken, Route::Post));
        bank.wait(300);
    }
    let plain = bank.device();
    plain.receives(CodeOrder::recover(Kind::Private, Route::Post));
    // A host has one shape for each kind; strangers choose the rest.
    strangers_order_everything(&bank, 3, false);
    // What counts in the call has its place at once; the letter that strangers ordered is the customer's as well.
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    call.accepts(&delivered(&code));
    let order = CodeOrder::recover(Kind::Private, Route::Post);
    let letter = bank.device().receives(order.clone());
    bank.wait(30);
    assert_eq!(bank.device().receives(order), letter);
    bank.device().accepts(&issued_recovery(&letter));
}

/// A letter that a stranger ordered and the customer ordered again is no stranger's any more.
#[test]
fn b42_who_ordered_first_has_no_say_over_a_letter() {
    for customer_is_known in [false, true] {
        let bank = bank(Limits::nist());
        let order = || CodeOrder::recover(Kind::Spoken, Route::Post);
        let (stranger, call) = (bank.agent(), bank.agent());
        let letter = stranger.receives(order());
        bank.wait(30);
        if customer_is_known {
            call.accepts(&seen_in_person());
        }
        assert_eq!(call.receives(order()), letter);
        let shape = CodeShape::digits(10).unwrap();
        stranger.receives(order().with_shape(shape));
        let payment = Transaction::new("TX-1").unwrap();
        stranger.for_transaction(&payment).receives(order());
        bank.agent().accepts(&issued_recovery(&letter));
    }
}

/// A stranger's letter of long ago makes no letter of the customer's arrive when it counts no more.
#[test]
fn b42_a_letter_that_would_arrive_too_late_is_another_one() {
    const DAY: i64 = 86_400;
    for customer_is_known in [false, true] {
        let bank = bank(Limits::nist());
        let order = || CodeOrder::recover(Kind::Spoken, Route::Post);
        let early = bank.agent().receives(order());
        bank.wait(14 * DAY);
        assert_eq!(bank.agent().receives(order()), early, "a week is left");
        bank.wait(60);
        let call = bank.agent();
        if customer_is_known {
            call.accepts(&seen_in_person());
        }
        let delivery = call.delivery(order());
        assert_eq!(delivery.lifetime(), Duration::from_secs(21 * 86_400));
        let late = delivery.send(|_, code| code.to_owned()).unwrap();
        assert_ne!(late, early);
        bank.wait(30);
        assert_eq!(bank.agent().receives(order()), late, "there is one again");
        // The early one may arrive yet, and counts to its end; so does the late one.
        bank.wait(6 * DAY);
        bank.agent().accepts(&issued_recovery(&early));
        bank.wait(7 * DAY);
        bank.agent().accepts(&issued_recovery(&late));
    }
}

#[test]
fn b42_an_order_with_evidence_replaces_what_is_in_its_place() {
    let bank = bank(Limits::nist());
    let letter = bank
        .agent()
        .receives(CodeOrder::recover(Kind::Spoken, Route::Post));
    let mail = bank
        .agent()
        .receives(CodeOrder::recover(Kind::Spoken, Route::Email));
    let customer = known(&bank, &bank.customer);
    let shape = CodeShape::digits(10).unwrap();
    let new = customer.receives(CodeOrder::recover(Kind::Spoken, Route::Post).with_shape(shape));
    bank.agent().denies(&issued_recovery(&letter));
    bank.agent().accepts(&issued_recovery(&new));
    bank.agent().accepts(&issued_recovery(&mail));
}

/// What strangers try at a letter, for as long as it counts, under the limits that let them try most, and least.
#[test]
fn b42_no_stranger_s_tries_void_a_letter_under_any_limits() {
    let short = Limits::SHORTEST_WAIT;
    let day = Limits::LONGEST_WAIT;
    let mut most_tries = 0;
    for (first, longest) in [(short, short), (short, day), (day, day)] {
        for lock_after in [1, Limits::MOST_BEFORE_LOCK] {
            for disable_after in [lock_after.max(2), Limits::MOST_CONSECUTIVE] {
                for per_month in [lock_after.max(2), Limits::MOST_PER_MONTH] {
                    let limits =
                        Limits::new(lock_after, first, longest, disable_after, per_month).unwrap();
                    most_tries = most_tries.max(tries_at_a_letter(limits));
                }
            }
        }
    }
    assert!(most_tries >= 100, "{most_tries}");
}

/// How often strangers are denied in a letter's life. The customer is right in between, which opens what they closed.
fn tries_at_a_letter(limits: Limits) -> u32 {
    let bank = bank(limits);
    let letter = bank
        .agent()
        .receives(CodeOrder::recover(Kind::Spoken, Route::Post));
    let until = bank.now() + Duration::from_secs(20 * 86_400);
    let mut tries = 0;
    while bank.now() < until {
        match bank.agent().check(&issued_recovery(&another(&letter))) {
            Outcome::Denied => tries += 1,
            Outcome::Locked(Lock::Until(release)) if release < until => bank.wait_until(release),
            Outcome::Locked(_) => {
                let call = known(&bank, &bank.customer);
                if let Issued::Ready(delivery) = call.order(CodeOrder::spoken()) {
                    let code = delivery.send(|_, code| code.to_owned()).unwrap();
                    call.accepts(&delivered(&code));
                }
                bank.wait(86_400);
            }
            other => panic!("{other:?}"),
        }
    }
    bank.wait_until(until);
    known(&bank, &bank.customer).accepts(&issued_recovery(&letter));
    tries
}

#[test]
fn b42_no_stranger_s_tries_void_the_confirmation_of_an_address() {
    let short = Limits::SHORTEST_WAIT;
    let bank = bank(Limits::new(10, short, short, 100, 200).unwrap());
    let code = bank
        .agent()
        .receives(CodeOrder::confirm(Kind::Spoken, Destination::post()));
    let confirms = |call: &Call<'_>, code: &str| {
        let change = Change::ConfirmAddress(Code::typed(code));
        let changed = bank
            .verifier
            .change(&bank.customer, &change, &Authority::Host, &call.ctx());
        changed.unwrap()
    };
    let mut tries = 0;
    while tries < 120 {
        match confirms(&bank.agent(), &another(&code)) {
            Changed::Denied => tries += 1,
            Changed::Locked(Lock::Until(release)) => bank.wait_until(release),
            other => panic!("{other:?}"),
        }
    }
    let call = known(&bank, &bank.customer);
    assert_eq!(confirms(&call, &code), Changed::Done);
}

/// Questions to a device have a place for each interaction too, and eight on each lane.
#[test]
fn b42_questions_of_strangers_take_no_place_of_the_customer_s_and_lose_none() {
    let bank = bank(Limits::nist());
    let suite = "OCRA-1:HOTP-SHA256-8:QN08".parse().unwrap();
    let device = Ocra::new(suite, SecretBytes::from(vec![7; 32])).unwrap();
    bank.changes(&bank.customer, &Change::SetOcra(device.into()));
    let asks = |call: &Call<'_>| {
        let order = OcraTask::authenticate();
        let asked = bank.verifier.challenge(&bank.customer, &order, &call.ctx());
        matches!(asked.unwrap(), Issued::Ready(_))
    };
    let strangers: Vec<Call<'_>> = (0..8).map(|_| bank.agent()).collect();
    assert!(strangers.iter().all(asks));
    assert!(!asks(&bank.agent()), "a ninth waits");
    assert!((0..8).all(|_| asks(&known(&bank, &bank.customer))));
    // None of the strangers' questions is gone: an answer to each is a wrong one, and not one to nothing.
    for stranger in &strangers[..4] {
        let answer = Attempt::Ocra(countersign::otp::ocra::OcraResponse::typed("00000000"));
        stranger.denies_as(&answer, countersign::audit::Reason::Wrong);
    }
}
