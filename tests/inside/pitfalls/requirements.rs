//! What the standards ask, by the ids of the requirements table, where a host meets it.
use crate::inside::support::bank::*;
use crate::support::timed::TimedVerifier;
use core::time::Duration;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Evidence, FactorClass, Outcome,
    Policy, Request, SecretBytes, Strength, Timestamp,
    account::Lock,
    audit::Reason,
    delivered::{CodeOrder, Destination, Kind},
    hashing::Cost,
    limits::Limits,
    otp::{Algorithm, Hotp, OtpKey, Totp},
    policy::DenyReason,
};

fn code_of(app: &Totp, at: Timestamp) -> Attempt {
    Attempt::Totp(Code::typed(app.code_at(at).expose_text()))
}

// SP 800-63B-4 3.1.3.2
#[test]
fn n07_delivered_codes_have_six_digits_or_more_for_ten_minutes_at_most() {
    let bank = Bank::open();
    let (call, device) = (bank.agent(), bank.device());
    for (call, order) in [(call, CodeOrder::spoken()), (device, CodeOrder::private())] {
        let delivery = call.delivery(order);
        assert!(delivery.expires() - bank.now() <= Duration::from_secs(10 * 60));
        let code = delivery.send(|_, code| code.to_owned()).unwrap();
        assert!(code.len() >= 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        bank.wait(600);
        call.denies(&delivered(&code));
    }
}

// SP 800-63B-4 3.1.3.2
#[test]
fn n08_a_new_code_does_not_reset_the_failure_count() {
    let bank = Bank::open();
    let call = bank.agent();
    call.denies(&delivered("99999999"));
    for _ in 0..3 {
        call.receives(CodeOrder::spoken());
        call.denies(&delivered("99999999"));
        bank.wait(30);
    }
    let code = call.receives(CodeOrder::spoken());
    call.denies(&delivered("99999999"));
    call.waits(&delivered(&code));
}

// SP 800-63B-4 3.1.4.1
#[test]
fn n10_app_secrets_digits_and_periods_have_bounds() {
    let app = |bytes| OtpKey::new(SecretBytes::from(vec![7; bytes])).map(Totp::from);
    assert!(app(13).is_err(), "104 bits");
    assert!(app(16).is_ok());
    let app = app(20).unwrap();
    for digits in [0, 1, 4, 5, 9, 255] {
        assert!(
            app.key().clone().with_digits(digits).is_err(),
            "{digits} digits"
        );
    }
    assert!(app.clone().with_period(Duration::from_secs(120)).is_ok());
    for period in [0, 121, u32::MAX] {
        assert!(
            app.clone()
                .with_period(Duration::from_secs(u64::from(period)))
                .is_err(),
            "{period} seconds"
        );
    }
}

// SP 800-63B-4 3.1.4.2, RFC 6238 5.2
#[test]
fn n11_o07_a_code_is_accepted_once_while_valid() {
    for (algorithm, digits, period) in [
        (Algorithm::Sha1, 6, 30),
        (Algorithm::Sha256, 8, 60),
        (Algorithm::Sha512, 7, 120),
    ] {
        let bank = Bank::empty(Limits::nist());
        let ctx = bank.agent().ctx();
        bank.verifier.create(&bank.customer, &ctx).unwrap();
        let app = Totp::from(
            OtpKey::generate()
                .unwrap()
                .with_algorithm(algorithm)
                .with_digits(digits)
                .unwrap(),
        )
        .with_period(Duration::from_secs(period))
        .unwrap();
        bank.adds_app(&bank.customer, &app);
        bank.wait(i64::try_from(period).unwrap() * 2);
        let shown = code_of(&app, bank.now());
        bank.agent().accepts(&shown);
        bank.agent().denies_as(&shown, Reason::Replayed);
        bank.wait(i64::try_from(period).unwrap());
        bank.agent().denies_as(&shown, Reason::Replayed);
        bank.agent().accepts(&code_of(&app, bank.now()));
    }
}

// SP 800-63B-4 3.2.2
#[test]
fn n12_a_hundred_in_a_row_disable_until_bound_anew() {
    // A month's cap that does not come first.
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        190,
    )
    .unwrap();
    let bank = Bank::with_limits(limits);
    let mut wrong = 0;
    let stranger = bank.agent();
    loop {
        match stranger.check(&bank.not_shown()) {
            Outcome::Denied => wrong += 1,
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(wrong, 50, "the anonymous lane");
    let call = bank.agent();
    loop {
        // Evidence is held for an hour.
        call.accepts(&seen_in_person());
        match call.check(&bank.not_shown()) {
            Outcome::Denied => wrong += 1,
            Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
            Outcome::Locked(Lock::Indefinite) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(wrong, 100);
    bank.wait(400 * 86_400);
    call.accepts(&seen_in_person());
    call.is_closed(&bank.shown());

    let fresh = Totp::generate().unwrap();
    bank.adds_app(&bank.customer, &fresh);
    bank.wait(30);
    bank.agent().denies_as(&bank.shown(), Reason::Wrong);
    bank.agent().accepts(&code_of(&fresh, bank.now()));
}

// SP 800-63B-4 3.2.2
#[test]
fn n12_what_is_disabled_can_be_bound_anew_under_every_preset() {
    for limits in [Limits::nist(), Limits::psd2(), Limits::pci()] {
        let bank = Bank::with_limits(limits);
        let call = bank.agent();
        loop {
            // Fails on both lanes, and comes back when the month lets it.
            match bank.agent().check(&bank.not_shown()) {
                Outcome::Denied | Outcome::Locked(Lock::Indefinite) => {}
                Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
                other => panic!("{other:?}"),
            }
            call.accepts(&seen_in_person());
            match call.check(&bank.not_shown()) {
                Outcome::Denied => {}
                Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
                Outcome::Locked(Lock::Indefinite) => break,
                other => panic!("{other:?}"),
            }
        }
        bank.wait(MONTH);
        bank.adds_app(&bank.customer, &Totp::generate().unwrap());
    }
}

// SP 800-63B-4 3.2.2
#[test]
fn n13_waits_grow_from_thirty_seconds_to_an_hour() {
    let bank = Bank::open();
    let call = bank.agent();
    let (_, first) = call.fails_until_locked(|| bank.not_shown());
    assert_eq!(first - bank.now(), Duration::from_secs(30));
    let mut last = first;
    for _ in 0..12 {
        bank.wait_until(last);
        call.denies(&bank.not_shown());
        last = call.waits(&bank.not_shown());
        assert!(last - bank.now() <= Duration::from_secs(3_600));
    }
    assert_eq!(last - bank.now(), Duration::from_secs(3_600));
}

// SP 800-63B-4 3.2.2
#[test]
fn n14_success_resets_the_count_of_what_was_used() {
    let bank = Bank::open();
    let call = bank.agent();
    for _ in 0..3 {
        (0..4).for_each(|_| call.denies(&bank.not_shown()));
        call.accepts(&bank.shown());
        bank.wait(30);
    }
    (0..4).for_each(|_| call.denies(&Attempt::Questions(call.wrong())));
    call.accepts(&bank.shown());
    call.denies(&Attempt::Questions(call.wrong()));
    call.waits(&Attempt::Questions(call.right()));
}

// RFC 6238 4.1, 4.2
#[test]
fn o06_a_time_beyond_2106_is_a_time_like_others() {
    for opening in [4_294_967_280, 20_000_000_000, 253_402_300_000] {
        let bank = Bank::empty(Limits::nist());
        bank.set_clock(opening);
        bank.enrols(&bank.customer);
        let call = bank.agent();
        call.accepts(&bank.shown());
        call.denies_as(&bank.shown(), Reason::Replayed);
        let code = call.receives(CodeOrder::spoken());
        call.accepts(&delivered(&code));
        call.accepts(&Attempt::Questions(call.right()));
    }
    assert!(Timestamp::from_unix(-1).is_err());
    assert!(Timestamp::from_unix(i64::MIN).is_err());
    assert!(Timestamp::from_unix(253_402_300_800).is_err());
}

#[test]
fn o06_the_first_second_of_1970_is_a_time_like_others() {
    let bank = Bank::empty(Limits::nist());
    bank.set_clock(0);
    bank.enrols(&bank.customer);
    bank.agent().accepts(&bank.shown());
    bank.agent().denies_as(&bank.shown(), Reason::Replayed);
    bank.set_clock(0);
    bank.agent().denies(&bank.shown());
}

// PSD2 RTS 4(3)(b)
#[test]
fn p01_five_wrong_tries_and_a_block() {
    let bank = Bank::with_limits(Limits::psd2());
    let call = bank.agent();
    for guess in [bank.not_shown(), delivered("999999")] {
        let (tries, release) = call.fails_until_locked(|| guess.clone());
        assert_eq!(tries, 5);
        assert!(release - bank.now() >= Duration::from_secs(15 * 60));
    }
}

// PSD2 RTS 4(3)(a)
#[test]
fn p02_which_element_was_wrong_is_not_shown() {
    let bank = Bank::open();
    let (call, device) = (bank.agent(), bank.device());
    let spoken = call.receives(CodeOrder::spoken());
    let private = device.receives(CodeOrder::private());
    let spent = bank.shown();
    call.accepts(&spent);
    let nobody = subject("C-9999");
    // Wrong, replayed, not open, of another call, told to the wrong one, of nobody, in part right.
    let told = [
        call.check(&bank.not_shown()),
        call.check(&spent),
        call.check(&totp("no code")),
        device.check(&delivered(&spoken)),
        call.check(&delivered(&private)),
        call.check(&delivered("999999")),
        call.about(&nobody).check(&bank.shown()),
        call.check(&Attempt::Questions(call.answers(|place, right| {
            if place == 0 {
                right.to_owned()
            } else {
                "wrong".to_owned()
            }
        }))),
    ];
    for outcome in told {
        assert_eq!(format!("{outcome:?}"), "Denied");
    }
}

// PCI DSS 8.3.4
#[test]
fn p07_ten_wrong_tries_and_half_an_hour() {
    let bank = Bank::with_limits(Limits::pci());
    let call = bank.agent();
    let (tries, release) = call.fails_until_locked(|| bank.not_shown());
    assert_eq!(tries, 10);
    assert_eq!(release - bank.now(), Duration::from_secs(30 * 60));
}

// ASVS 6.3.8
#[test]
fn p10_nobody_is_asked_and_answered_like_anybody() {
    let bank = Bank::open();
    let nobody = subject("C-9999");
    let (call, unknown) = (bank.agent(), bank.agent());
    let unknown = unknown.about(&nobody);
    assert_eq!(call.asked().len(), unknown.asked().len());
    for _ in 0..2 {
        let outcome = |call: &Call<'_>| {
            [
                call.check(&bank.not_shown()),
                call.check(&delivered("999999")),
                call.check(&Attempt::Questions(call.wrong())),
            ]
            .map(|outcome| format!("{outcome:?}"))
        };
        assert_eq!(outcome(&call), outcome(&unknown));
        let delivery = |call: &Call<'_>| call.delivery(CodeOrder::spoken()).expires();
        assert_eq!(delivery(&call), delivery(&unknown));
        bank.wait(30);
    }
}

// SP 800-63-4 2.3.1, ASVS 6.4.2
#[test]
fn d02_questions_are_evidence_and_no_factor() {
    let bank = Bank::open();
    let call = bank.agent();
    let evidence = call.accepts(&Attempt::Questions(call.right()));
    assert_eq!(evidence.strength(), Strength::Weak);
    assert_eq!(evidence.class(), FactorClass::Knowledge);
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action.a.every_tier]
        any = [{ all = [{ class = "knowledge", max_age = 600 }] }]
        "#,
    )
    .unwrap();
    let status = bank.verifier.status(&bank.customer, &call.ctx()).unwrap();
    let decision = policy.decide(
        &Request::new("a"),
        &[evidence],
        &status,
        &call.ctx(),
        call.ctx().now(),
    );
    assert!(
        matches!(
            decision,
            Decision::Deny(countersign::policy::Denial {
                reason: DenyReason::NoOption,
                ..
            })
        ),
        "{decision:?}"
    );
}

#[test]
fn d04_two_numbers_for_each_factor() {
    let nist = Limits::default();
    assert_eq!(nist, Limits::nist());
    assert_eq!(nist.lock_after(), 5);
    assert_eq!(nist.first_wait(), Duration::from_secs(30));
    let limits = |lock, first, longest, disable, month| {
        Limits::new(lock, first, longest, disable, month).is_ok()
    };
    let (half_minute, hour) = (Duration::from_secs(30), Duration::from_secs(3_600));
    assert!(limits(10, half_minute, hour, 100, 200));
    assert!(!limits(0, half_minute, hour, 100, 100));
    assert!(!limits(11, half_minute, hour, 100, 100));
    assert!(!limits(5, Duration::from_secs(29), hour, 100, 100));
    assert!(!limits(5, hour, half_minute, 100, 100));
    assert!(!limits(
        5,
        half_minute,
        Duration::from_secs(25 * 3_600),
        100,
        100
    ));
    assert!(
        !limits(5, half_minute, hour, 101, 100),
        "never above a hundred"
    );
    assert!(!limits(5, half_minute, hour, 4, 100));
    assert!(!limits(5, half_minute, hour, 100, 201));
}

// RFC 6238 5.2, ASVS 6.5.5
#[test]
fn d05_now_and_one_back_and_nothing_ahead() {
    let bank = Bank::open();
    let at = |seconds: i64| {
        let now = i64::try_from(bank.now().unix()).unwrap();
        code_of(&bank.app, Timestamp::from_unix(now + seconds).unwrap())
    };
    for seconds in [-90, -60, 30, 60, 90] {
        bank.agent().denies_as(&at(seconds), Reason::Wrong);
        bank.agent().accepts(&at(0));
        bank.wait(90);
    }
    bank.agent().accepts(&at(-30));
    bank.agent().accepts(&at(0));
}

#[test]
fn d06_eight_digits_where_they_are_typed_and_six_where_they_are_spoken() {
    let bank = Bank::open();
    assert_eq!(bank.agent().receives(CodeOrder::spoken()).len(), 6);
    assert_eq!(bank.device().receives(CodeOrder::private()).len(), 8);
    assert_eq!((Kind::Spoken.digits(), Kind::Private.digits()), (6, 8));
}

#[test]
fn d06_what_is_guessed_too_easily_is_refused_unless_asked_for() {
    let bank = Bank::open();
    let wide = Hotp::from(OtpKey::generate().unwrap()).with_look_ahead(99);
    let wide = Change::AddHotp(wide.unwrap(), 0);
    let ctx = bank.agent().ctx();
    let by = Authority::Host;
    let refused = bank.verifier.change(&bank.customer, &wide, &by, &ctx);
    assert!(refused.unwrap_err().is_misuse());
    let settings = bank.settings.clone().accepting_worse_guess_chance();
    let verifier = TimedVerifier::new(bank.vault.clone(), settings);
    let changed = verifier.change(&bank.customer, &wide, &by, &ctx);
    assert_eq!(changed.unwrap(), Changed::Done);
}

// OWASP, Password Storage
#[test]
fn d07_h01_argon2id_is_never_cheaper_than_the_minimum() {
    for (memory, passes) in [
        (19_456, 2),
        (47_104, 1),
        (12_288, 3),
        (9_216, 4),
        (7_168, 5),
    ] {
        assert!(
            Cost::new(memory, passes, 1).is_ok(),
            "{memory} KiB, {passes}"
        );
        assert!(Cost::new(memory - 1, passes, 1).is_err());
        assert!(Cost::new(memory, passes - 1, 1).is_err());
    }
    assert!(Cost::new(19_456, 2, 0).is_err());
    assert_eq!(Cost::default(), Cost::new(19_456, 2, 1).unwrap());
}

// RFC 9106 3.1, 4
#[test]
fn h02_salts_have_16_bytes_and_tags_32() {
    let bytes = minicbor::to_vec(verifiers()).unwrap();
    // In CBOR: the head of a byte string of 16, and of one of 32.
    let heads = |head: &[u8]| {
        bytes
            .windows(head.len())
            .filter(|part| *part == head)
            .count()
    };
    assert!(heads(&[0x50]) >= 3);
    assert!(heads(&[0x58, 32]) >= 3);
}

// PSD2 RTS 4(3)(d): access ends after five minutes without the payer.
#[test]
fn p03_what_was_shown_and_what_was_granted_end_after_five_minutes() {
    let bank = Bank::with_limits(Limits::psd2());
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action."authenticator.add".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 300 }] }]
        "#,
    )
    .unwrap();
    let call = bank.agent();
    let shown = [call.accepts(&bank.shown())];
    let decide = || {
        let status = bank.account().status(&call.ctx());
        policy.decide(
            &Request::new("authenticator.add"),
            &shown,
            &status,
            &call.ctx(),
            call.ctx().now(),
        )
    };
    bank.wait(1);
    let Decision::Allow(grant) = decide() else {
        panic!("just shown")
    };
    bank.wait(299);
    let phone = Change::SetPhone(Destination::phone("+6281234567835").unwrap());
    let by = Authority::Granted(&grant);
    assert!(bank.account().change(&phone, &by, &call.ctx()).is_ok());
    bank.wait(1);
    assert!(bank.account().change(&phone, &by, &call.ctx()).is_err());
    assert!(matches!(decide(), Decision::StepUp(_)));
}

// PSD2 RTS 4(4): the payer is alerted before the block is permanent.
#[test]
fn p06_the_trail_tells_before_a_factor_is_shut_for_good() {
    for limits in [Limits::nist(), Limits::psd2(), Limits::pci()] {
        let bank = Bank::with_limits(limits);
        let stranger = bank.agent();
        let mut told = Vec::new();
        loop {
            match stranger.check(&bank.not_shown()) {
                Outcome::Denied => told.push(bank.trail.last().tries_left),
                Outcome::Locked(Lock::Until(release)) => bank.wait_until(release),
                Outcome::Locked(Lock::Indefinite) => break,
                other => panic!("{other:?}"),
            }
        }
        let (quiet, loud) = told.split_at(told.len() - 6);
        assert_eq!(loud, [5, 4, 3, 2, 1, 0].map(Some));
        assert!(quiet.iter().all(Option::is_none), "{quiet:?}");
    }
}

// PCI DSS 8.5.1: no replay, and all factors before access.
#[test]
fn p08_several_factors_are_all_shown_and_none_twice() {
    let bank = Bank::with_limits(Limits::pci());
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action."card.show".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 300 }, { factor = "spoken_code", max_age = 300 }] }]
        "#,
    )
    .unwrap();
    let call = bank.agent();
    let decide = |shown: &[Evidence]| {
        let status = bank.account().status(&call.ctx());
        policy.decide(
            &Request::new("card.show"),
            shown,
            &status,
            &call.ctx(),
            call.ctx().now(),
        )
    };
    let app = bank.shown();
    let first = call.accepts(&app);
    call.denies_as(&app, Reason::Replayed);
    for shown in [
        vec![],
        vec![first.clone()],
        vec![first.clone(), first.clone()],
    ] {
        assert!(matches!(decide(&shown), Decision::StepUp(_)));
    }
    let code = call.receives(CodeOrder::spoken());
    let second = call.accepts(&delivered(&code));
    call.denies(&delivered(&code));
    assert!(matches!(
        decide(std::slice::from_ref(&second)),
        Decision::StepUp(_)
    ));
    assert!(matches!(decide(&[second, first]), Decision::Allow(_)));
}

// RFC 6238 5.2
#[test]
fn o07_a_second_code_of_the_step_is_refused_whoever_types_it() {
    let bank = Bank::open();
    let shown = bank.shown();
    bank.agent().accepts(&shown);
    for other in [bank.agent(), bank.device(), bank.begin(Channel::Chat)] {
        other.denies_as(&shown, Reason::Replayed);
    }
    bank.wait(29);
    bank.agent().denies_as(&shown, Reason::Replayed);
}
