//! Locks end: when they were told to, for strangers and customers alike, and wherever a factor is bound anew.
use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use crate::inside::support::{token, token_code};
use crate::support::timed::{TimedContext, TimedVerifier};
use core::time::Duration;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Factor, Interaction, Outcome,
    Policy, Request, SecretBytes, Timestamp,
    account::Lock,
    audit::EventKind,
    delivered::{CodeOrder, Destination, Issued, Kind, Route},
    knowledge::{AnswerBlocklist, MemorableWord, WordKey, WordLetters},
    limits::Limits,
    otp::{
        OtpKey, Totp,
        ocra::{Ocra, OcraResponse},
    },
    password::{Password, PasswordHash, PasswordRules, Pin, PinHash, PinRules},
};

const DAY: i64 = 86_400;

/// A small cap, and a month that does not come first.
fn small_cap() -> Limits {
    Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        10,
        200,
    )
    .unwrap()
}

fn anew(bank: &Bank) -> Call<'_> {
    bank.agent()
}

/// Fails in fresh calls until waiting does not help.
fn closes(bank: &Bank, about: &countersign::Subject) -> u32 {
    let mut wrong = 0;
    loop {
        match anew(bank).about(about).check(&bank.not_shown()) {
            Outcome::Denied => wrong += 1,
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => return wrong,
            other => panic!("{other:?}"),
        }
    }
}

// --- b43: the anonymous lane ---

/// Under the smallest limits strangers leave the customer a try, and what they closed opens for everybody alike.
#[test]
fn b43_no_limits_let_one_wrong_try_of_a_stranger_shut_the_customer_out() {
    let limits = |lock_after, disable_after, per_month| {
        let short = Limits::SHORTEST_WAIT;
        Limits::new(lock_after, short, short, disable_after, per_month)
    };
    for (disable_after, per_month) in [(1, 1), (1, 2), (2, 1), (1, 200), (100, 1)] {
        let error = limits(1, disable_after, per_month).unwrap_err();
        assert!(error.is_misuse() && error.to_string().contains("2 or more"));
    }
    let nobody = subject("C-9999");
    for (lock_after, disable_after, per_month) in [(1, 2, 2), (1, 2, 200), (1, 100, 2), (2, 3, 3)] {
        let bank = Bank::with_limits(limits(lock_after, disable_after, per_month).unwrap());
        let both = [&bank.customer, &nobody];
        for _ in 0..3 {
            for _ in 0..20 {
                for about in both {
                    let _ = anew(&bank).about(about).check(&bank.not_shown());
                }
                bank.wait(60);
            }
            let call = anew(&bank);
            call.accepts(&seen_in_person());
            bank.wait(30);
            call.accepts(&bank.shown());
        }
        bank.wait(i64::try_from(Account::DECOY_LIFETIME.as_secs()).unwrap());
        for about in both {
            anew(&bank).about(about).denies(&bank.not_shown());
        }
    }
}

#[test]
fn b43_the_open_lane_opens_when_a_decoy_is_forgotten() {
    let nobody = subject("C-9999");
    let lifetime = i64::try_from(Account::DECOY_LIFETIME.as_secs()).unwrap();
    let mut told = Vec::new();
    for known in [true, false] {
        let bank = Bank::with_limits(small_cap());
        let about = if known { &bank.customer } else { &nobody };
        assert_eq!(closes(&bank, about), 5);
        let mut said = Vec::new();
        for wait in [lifetime - 3_600, 1_800, 1_800] {
            bank.wait(wait);
            said.push(matches!(
                anew(&bank).about(about).check(&bank.not_shown()),
                Outcome::Locked(Lock::Indefinite)
            ));
        }
        told.push(said);
    }
    assert_eq!(told[0], [true, true, false], "30 days after the last try");
    assert_eq!(told[0], told[1]);
}

#[test]
fn b43_five_wrong_pins_of_a_stranger_do_not_end_an_answering_machine() {
    let bank = Bank::open();
    let mut permit = bank.settings.hash_pool().permit().unwrap();
    let pin = Pin::typed("739204");
    let cost = bank.settings.hash_pool().cost();
    let pin = PinHash::enrol(&pin, &PinRules::new(), &keyring(), cost, &mut permit).unwrap();
    drop(permit);
    bank.changes(&bank.customer, &Change::SetPin(pin));
    let keyed = |digits: &str| {
        let call = bank.begin(Channel::Keypad);
        call.check(&Attempt::Pin(Pin::typed(digits)))
    };
    for _ in 0..5 {
        assert!(matches!(keyed("111999"), Outcome::Denied));
    }
    assert!(matches!(keyed("739204"), Outcome::Locked(Lock::Indefinite)));
    bank.wait(30 * DAY);
    assert!(matches!(keyed("739204"), Outcome::Accepted(_)));
}

#[test]
fn b43_a_disabled_factor_stays_so() {
    let bank = Bank::with_limits(small_cap());
    closes(&bank, &bank.customer);
    let call = bank.agent();
    loop {
        call.accepts(&seen_in_person());
        match call.check(&bank.not_shown()) {
            Outcome::Denied => {}
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => break,
            other => panic!("{other:?}"),
        }
    }
    for days in [0, 30, 400] {
        bank.wait(days * DAY);
        bank.agent().is_closed(&bank.shown());
        call.accepts(&seen_in_person());
        call.is_closed(&bank.shown());
    }
}

/// Numbers that are the same each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, below: u64) -> u64 {
        let turned = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = turned.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A hundred histories of a stranger's requests, over months: a customer who does nothing meanwhile and a name that does
/// not exist are told the same, also when a purge has dropped the decoy.
#[test]
fn b43_months_of_requests_do_not_tell_who_exists() {
    let nobody = subject("C-9999");
    let (mut closed, mut months) = (0, 0);
    for seed in 0..100 {
        let mut draw = Draw(seed);
        let lock_after = u8::try_from(1 + draw.below(4)).unwrap();
        let more = |draw: &mut Draw| lock_after + 1 + u8::try_from(draw.below(16)).unwrap();
        let (cap, month) = (more(&mut draw), more(&mut draw));
        let longest =
            Duration::from_secs(u64::from(u32::try_from(30 + draw.below(86_000)).unwrap()));
        let limits = Limits::new(lock_after, Limits::SHORTEST_WAIT, longest, cap, month).unwrap();
        let bank = Bank::with_limits(limits);
        let mut release = None;
        for _ in 0..40 {
            match draw.below(8) {
                0 => bank.wait(i64::try_from(draw.below(40 * 86_400)).unwrap()),
                1 => bank.wait(i64::try_from(draw.below(4_000)).unwrap()),
                2 => bank.wait(i64::try_from(draw.below(90)).unwrap()),
                3..=5 => {
                    if let Some(then) = release.take().filter(|then| *then > bank.now()) {
                        bank.wait_until(then);
                    }
                }
                6 => bank.wait(30 * DAY),
                _ => bank.wait(0),
            }
            if draw.below(4) == 0 {
                bank.verifier.purge(bank.now()).unwrap();
            }
            let code = draw.below(2) == 0;
            let says = |about| {
                let wrong = if code {
                    bank.not_shown()
                } else {
                    delivered("999999")
                };
                match anew(&bank).about(about).check(&wrong) {
                    Outcome::Denied => None,
                    Outcome::Locked(lock) => Some(lock),
                    other => panic!("{other:?}"),
                }
            };
            let (known, unknown) = (says(&bank.customer), says(&nobody));
            assert_eq!(known, unknown, "history {seed}");
            match known {
                Some(Lock::Until(then)) => {
                    release = Some(then);
                    months += u32::from(then - bank.now() > Duration::from_secs(2 * 86_400));
                }
                Some(Lock::Indefinite) => closed += 1,
                None => {}
            }
        }
    }
    assert!(
        closed > 50 && months > 50,
        "{closed} closed, {months} months"
    );
}

// --- b44: binding anew ---

/// A subject with everything, and what binds each of it anew.
struct Everything {
    bank: Bank,
    verifier: TimedVerifier<Vault, Trail>,
}

impl Everything {
    fn new() -> Self {
        let half_an_hour = Duration::from_secs(30 * 60);
        let limits = Limits::new(3, half_an_hour, Duration::from_secs(3_600), 100, 100).unwrap();
        let bank = Bank::empty(limits);
        let key = WordKey::new(&keyring(), "bank").unwrap();
        let settings = bank.settings.clone().with_memorable_words(key);
        let settings = settings.accepting_worse_guess_chance();
        let verifier =
            TimedVerifier::new(bank.vault.clone(), settings).with_audit(bank.trail.clone());
        bank.enrols(&bank.customer);
        Self { bank, verifier }
    }

    fn ctx(&self) -> TimedContext {
        TimedContext::new(
            self.bank.now(),
            Channel::Device,
            Interaction::begin().unwrap(),
        )
    }

    #[track_caller]
    fn changes(&self, change: &Change) {
        let changed =
            self.verifier
                .change(&self.bank.customer, change, &Authority::Host, &self.ctx());
        assert_eq!(changed.unwrap(), Changed::Done, "{change:?}");
    }

    fn check(&self, attempt: &Attempt, ctx: &TimedContext) -> Outcome {
        let customer = &self.bank.customer;
        self.verifier.check(customer, attempt, ctx).unwrap()
    }

    /// Three wrong tries on each lane: both are locked for half an hour.
    #[track_caller]
    fn locks(&self, wrong: &Attempt) {
        let known = self.ctx();
        let shown = self.check(&seen_in_person(), &known);
        assert!(matches!(shown, Outcome::Accepted(_)));
        for ctx in [self.ctx(), known] {
            let told = (0..4).map(|_| self.check(wrong, &ctx)).last();
            assert!(
                matches!(told, Some(Outcome::Locked(_))),
                "{told:?} to {wrong:?}"
            );
        }
    }

    /// A try is looked at on both lanes, and so is another.
    #[track_caller]
    fn is_unlocked(&self, wrong: &Attempt) {
        let known = self.ctx();
        let shown = self.check(&seen_in_person(), &known);
        assert!(matches!(shown, Outcome::Accepted(_)));
        for ctx in [self.ctx(), known] {
            for place in 0..2 {
                let told = self.check(wrong, &ctx);
                assert!(
                    matches!(told, Outcome::Denied),
                    "{place}: {told:?} to {wrong:?}"
                );
            }
        }
    }

    fn password(&self) -> Change {
        let mut permit = self.bank.settings.hash_pool().permit().unwrap();
        let cost = self.bank.settings.hash_pool().cost();
        let typed = Password::typed("brass kettle on tuesday");
        let kept = PasswordHash::enrol(
            &typed,
            &PasswordRules::single_factor(),
            &keyring(),
            cost,
            &mut permit,
        );
        Change::SetPassword(kept.unwrap())
    }

    fn pin(&self) -> Change {
        let mut permit = self.bank.settings.hash_pool().permit().unwrap();
        let cost = self.bank.settings.hash_pool().cost();
        let chosen = Pin::typed("739204");
        Change::SetPin(
            PinHash::enrol(&chosen, &PinRules::new(), &keyring(), cost, &mut permit).unwrap(),
        )
    }

    fn word(&self) -> Change {
        let key = WordKey::new(&keyring(), "bank").unwrap();
        let of = &self.bank.customer;
        let word = MemorableWord::enrol("Nightingale", &AnswerBlocklist::new(), of, &key).unwrap();
        Change::SetWord(word)
    }
}

fn phone() -> Destination {
    Destination::phone(PHONE).unwrap()
}

fn email() -> Destination {
    Destination::email("maya@fern.example").unwrap()
}

#[test]
fn b44_what_binds_a_factor_anew_ends_its_locks() {
    let all = Everything::new();
    let app = Totp::from(OtpKey::new(SecretBytes::from(vec![9; 20])).unwrap());
    let shown = |app: &Totp, at| Code::typed(app.code_at(at).expose_text());
    let device = Ocra::new(
        "OCRA-1:HOTP-SHA256-8:QN08".parse().unwrap(),
        SecretBytes::from(vec![7; 32]),
    );
    let device = device.unwrap();
    let now = all.bank.now();
    let nine = Code::typed("999999");
    let letters = Attempt::Word(WordLetters::typed(&["x", "y", "z"]));
    let call = all.bank.agent();
    let wrong_answers = Attempt::Questions(call.wrong());
    let cases: Vec<(Attempt, Vec<Change>)> = vec![
        (
            Attempt::Totp(nine.clone()),
            vec![
                Change::AddTotp(app.clone()),
                Change::ConfirmTotp(shown(&app, now)),
            ],
        ),
        (
            Attempt::Hotp(nine.clone()),
            vec![
                Change::AddHotp(token(), 0),
                Change::ConfirmHotp(token_code(0)),
            ],
        ),
        (
            Attempt::Hotp(nine.clone()),
            vec![
                Change::Remove(Factor::Hotp),
                Change::AddHotp(token(), 0),
                Change::ConfirmHotpPair(token_code(5), token_code(6)),
            ],
        ),
        (
            Attempt::Ocra(OcraResponse::typed("12345678")),
            vec![Change::SetOcra(device.into())],
        ),
        (wrong_answers, vec![Change::SetQuestions(verifiers())]),
        (letters, vec![all.word()]),
        (
            Attempt::Password(Password::typed("wrong")),
            vec![all.password()],
        ),
        (Attempt::Pin(Pin::typed("111999")), vec![all.pin()]),
        (
            Attempt::Delivered(nine.clone()),
            vec![Change::SetPhone(phone())],
        ),
        (
            Attempt::IssuedRecoveryCode(nine.clone()),
            vec![Change::SetEmail(email())],
        ),
    ];
    for (wrong, changes) in cases {
        all.locks(&wrong);
        changes.iter().for_each(|change| all.changes(change));
        all.is_unlocked(&wrong);
    }
    // A list of recovery codes.
    let wrong = Attempt::Recovery(Code::typed("0000-0000-0000-0000-0000-0000-0000"));
    all.locks(&wrong);
    let (by, ctx) = (Authority::Host, all.ctx());
    all.verifier
        .generate_recovery_codes(&all.bank.customer, 5, &by, &ctx)
        .unwrap();
    all.is_unlocked(&wrong);
}

#[test]
fn b44_an_address_is_confirmed_though_codes_are_locked() {
    for removed in [false, true] {
        let bank = Bank::open();
        let stranger = bank.agent();
        stranger.fails_until_locked(|| delivered("999999"));
        let call = bank.agent();
        if removed {
            // The customer's own tries, too, where the telephone is taken out first.
            call.accepts(&seen_in_person());
            call.fails_until_locked(|| delivered("999999"));
            bank.changes(&bank.customer, &Change::Remove(Factor::PrivateCode));
        }
        let new = Destination::phone("+6281234567999").unwrap();
        let Issued::Ready(sent) = call.order(CodeOrder::confirm(Kind::Spoken, new)) else {
            panic!("no code")
        };
        let code = sent.send(|_, code| code.to_owned()).unwrap();
        if !removed {
            stranger.waits(&delivered(&code));
        }
        let change = Change::ConfirmAddress(Code::typed(&code));
        let changed = bank
            .verifier
            .change(&bank.customer, &change, &Authority::Host, &call.ctx());
        assert_eq!(changed.unwrap(), Changed::Done);
        stranger.denies(&delivered("999999"));
        bank.agent()
            .receives(CodeOrder::recover(Kind::Spoken, Route::Sms));
    }
}

#[test]
fn b44_wrong_codes_that_should_confirm_an_address_are_charged_and_lock() {
    let bank = Bank::open();
    let call = bank.agent();
    let new = || Destination::phone("+6281234567999").unwrap();
    let code = call.receives(CodeOrder::confirm(Kind::Spoken, new()));
    let confirms = |code: &str| {
        let change = Change::ConfirmAddress(Code::typed(code));
        let (by, ctx) = (Authority::Host, bank.agent().ctx());
        bank.verifier
            .change(&bank.customer, &change, &by, &ctx)
            .unwrap()
    };
    for _ in 0..5 {
        assert_eq!(confirms(&another(&code)), Changed::Denied);
    }
    assert!(matches!(confirms(&code), Changed::Locked(Lock::Until(_))));
}

#[test]
fn b44_a_stranger_s_codes_keep_no_app_from_being_confirmed() {
    let bank = Bank::open();
    let fresh = Totp::generate().unwrap();
    bank.changes(&bank.customer, &Change::AddTotp(fresh.clone()));
    bank.agent().fails_until_locked(|| bank.not_shown());
    let code = Code::typed(fresh.code_at(bank.now()).expose_text());
    bank.changes(&bank.customer, &Change::ConfirmTotp(code));
    bank.wait(30);
    bank.agent().accepts(&Attempt::Totp(Code::typed(
        fresh.code_at(bank.now()).expose_text(),
    )));
}

#[test]
fn b44_an_app_that_waits_takes_five_wrong_codes_and_then_must_be_added_again() {
    let bank = Bank::open();
    let fresh = Totp::generate().unwrap();
    let confirms = |code: Code| {
        let (by, ctx) = (Authority::Host, bank.agent().ctx());
        let change = Change::ConfirmTotp(code);
        bank.verifier
            .change(&bank.customer, &change, &by, &ctx)
            .unwrap()
    };
    let right = || Code::typed(fresh.code_at(bank.now()).expose_text());
    bank.changes(&bank.customer, &Change::AddTotp(fresh.clone()));
    for _ in 0..5 {
        assert_eq!(confirms(Code::typed("")), Changed::Denied);
    }
    let Changed::Locked(Lock::Until(release)) = confirms(right()) else {
        panic!("not locked")
    };
    assert_eq!(release - bank.now(), Duration::from_secs(10 * 60));
    bank.changes(&bank.customer, &Change::AddTotp(fresh.clone()));
    assert_eq!(confirms(right()), Changed::Done);
}

// --- b44: unlocking ---

#[test]
fn b44_an_authority_unlocks_a_factor() {
    // A lock; a closed lane; disabled for everybody; the month spent.
    let one = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        10,
    )
    .unwrap();
    for (limits, tries) in [
        (Limits::nist(), 5),
        (small_cap(), 5),
        (small_cap(), 10),
        (one, 10),
    ] {
        let bank = Bank::with_limits(limits);
        let known = bank.agent();
        let mut wrong = 0;
        while wrong < tries {
            known.accepts(&seen_in_person());
            let open = bank.agent();
            let call = if wrong < 5 { &open } else { &known };
            match call.check(&bank.not_shown()) {
                Outcome::Denied => wrong += 1,
                Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
                other => panic!("{other:?}"),
            }
        }
        let shut = bank.agent().check(&bank.shown());
        assert!(matches!(shut, Outcome::Locked(_)), "{shut:?}");
        bank.changes(&bank.customer, &Change::Unlock(Factor::Totp));
        let what = bank.trail.last().kind;
        assert_eq!(
            what,
            EventKind::Changed {
                action: "authenticator.unlock",
                by_host: true
            }
        );
        bank.agent().accepts(&bank.shown());
        known.accepts(&seen_in_person());
        bank.wait(30);
        known.accepts(&bank.shown());
    }
}

#[test]
fn b44_unlocking_is_an_action_of_its_own_and_leaves_evidence() {
    let bank = Bank::open();
    let call = bank.agent();
    let epoch = call.accepts(&bank.shown()).epoch();
    let evidence = [call.accepts(&Attempt::Questions(call.right()))];
    let unlock = Change::Unlock(Factor::Totp);
    assert_eq!(unlock.action(), "authenticator.unlock");
    let grant = |action: &str| {
        let policy = format!(
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.\"{action}\".every_tier]\n\
             any = [{{ all = [{{ factor = \"questions\", max_age = 600 }}] }}]"
        );
        let status = bank.account().status(&call.ctx());
        let policy = Policy::from_toml(&policy).unwrap();
        match policy.decide(
            &Request::new(action),
            &evidence,
            &status,
            &call.ctx(),
            call.ctx().now(),
        ) {
            Decision::Allow(grant) => grant,
            other => panic!("{other:?}"),
        }
    };
    let tries = |action: &str| {
        let grant = grant(action);
        let by = Authority::Granted(&grant);
        bank.verifier
            .change(&bank.customer, &unlock, &by, &call.ctx())
    };
    bank.agent().fails_until_locked(|| bank.not_shown());
    for other in [
        "authenticator.add",
        "authenticator.remove",
        "account.resume",
    ] {
        assert!(tries(other).unwrap_err().is_misuse(), "{other}");
    }
    bank.agent().waits(&bank.shown());
    assert_eq!(tries("authenticator.unlock").unwrap(), Changed::Done);
    bank.wait(30);
    bank.agent().accepts(&bank.shown());
    assert_eq!(bank.account().status(&call.ctx()).epoch(), epoch);
}

#[test]
fn b44_what_cannot_be_unlocked_is_refused() {
    let bank = Bank::open();
    let call = bank.agent();
    let tries = |about: &countersign::Subject, factor| {
        let (by, change) = (Authority::Host, Change::Unlock(factor));
        let told = bank.verifier.change(about, &change, &by, &call.ctx());
        told.map_err(|error| error.to_string())
    };
    let refused = |factor| tries(&bank.customer, factor).unwrap_err();
    assert_eq!(
        refused(Factor::External),
        "factor: is never locked: the host verifies it"
    );
    assert_eq!(
        refused(Factor::BindingCode),
        "factor: has no locks of its own: unlock the codes that are sent"
    );
    assert_eq!(
        tries(&subject("C-9999"), Factor::Totp).unwrap_err(),
        "subject: does not exist: create it first"
    );
    // What was never tried is unlocked all the same.
    assert_eq!(tries(&bank.customer, Factor::Pin), Ok(Changed::Done));
    assert_eq!(
        tries(&bank.customer, Factor::RecoveryCode),
        Ok(Changed::Done)
    );
    bank.changes(&bank.customer, &Change::Suspend);
    assert_eq!(
        refused(Factor::Totp),
        "subject: is suspended: resume it first"
    );
}

// --- b45: recovery codes ---

#[test]
fn b45_recovery_codes_wait_thirty_seconds_at_most() {
    for limits in [Limits::nist(), Limits::psd2(), Limits::pci()] {
        let bank = Bank::with_limits(limits);
        let (by, ctx) = (Authority::Host, bank.agent().ctx());
        let sheet = bank
            .verifier
            .generate_recovery_codes(&bank.customer, 1, &by, &ctx);
        let right = Attempt::Recovery(Code::typed(sheet.unwrap().codes()[0].expose_text()));
        let wrong = Attempt::Recovery(Code::typed("0000-0000-0000-0000-0000-0000-0000"));
        // One wrong try an hour for a week, and then many at once.
        for tries in 0..300 {
            match bank.agent().check(&wrong) {
                Outcome::Denied => {}
                Outcome::Locked(Lock::Until(release)) => {
                    assert!(release - bank.now() <= Duration::from_secs(30));
                    bank.wait_until(release);
                }
                other => panic!("{other:?}"),
            }
            bank.wait(if tries < 200 { 3_600 } else { 0 });
        }
        if let Outcome::Locked(Lock::Until(release)) = bank.agent().check(&wrong) {
            bank.wait_until(release);
        } else {
            bank.wait(30);
        }
        bank.agent().accepts(&right);
    }
}

// --- b51: clocks ---

/// Locked until then, and what is told stays so, second by second.
#[track_caller]
fn is_told(bank: &Bank, call: &Call<'_>, release: Timestamp) {
    let left = i64::try_from((release - bank.now()).as_secs()).unwrap();
    for step in [0, 1, left / 2, left - left / 2 - 2] {
        bank.wait(step);
        assert_eq!(call.waits(&bank.shown()), release);
    }
    bank.wait(1);
}

#[test]
fn b51_a_lock_lasts_no_longer_than_told_after_a_clock_was_set_back() {
    for back in [50, 3_000, 3_600, 30 * DAY] {
        let bank = Bank::open();
        let call = bank.agent();
        let (_, mut release) = call.fails_until_locked(|| bank.not_shown());
        for _ in 0..8 {
            bank.wait_until(release);
            call.denies(&bank.not_shown());
            release = call.waits(&bank.not_shown());
        }
        assert_eq!(release - bank.now(), Duration::from_secs(3_600));
        bank.wait(-back);
        let release = call.waits(&bank.shown());
        assert!(release - bank.now() <= Duration::from_secs(3_600), "{back}");
        is_told(&bank, &call, release);
        call.denies(&bank.not_shown());
    }
}

#[test]
fn b51_a_lock_that_was_served_does_not_come_back() {
    for ahead in [7 * DAY, 3_650 * DAY] {
        let bank = Bank::open();
        bank.wait(ahead);
        let call = bank.agent();
        call.fails_until_locked(|| bank.not_shown());
        bank.wait(-ahead);
        let release = call.waits(&bank.shown());
        is_told(&bank, &call, release);
        call.accepts(&bank.shown());
        for _ in 0..400 {
            bank.wait(1_800);
            let status = bank.account().status(&bank.agent().ctx());
            assert_eq!(status.locked(Factor::Totp), None);
        }
        bank.set_clock(OPENING + ahead);
        bank.agent().accepts(&bank.shown());
    }
}

#[test]
fn b51_the_month_is_not_lost_when_the_clock_goes_back_and_comes_right() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        10,
    )
    .unwrap();
    for back in [DAY, 40 * DAY, 400 * DAY] {
        let bank = Bank::with_limits(limits);
        bank.agent().fails_until_locked(|| bank.not_shown());
        let spent = bank.now();
        bank.wait(-back);
        bank.agent().waits(&bank.not_shown());
        bank.wait(back);
        for _ in 0..29 {
            bank.wait(DAY);
            bank.agent().waits(&bank.not_shown());
        }
        bank.wait_until(spent + Duration::from_secs(36 * 86_400));
        bank.agent().denies(&bank.not_shown());
    }
}
