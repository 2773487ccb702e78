//! Where two rules meet: what an attacker tries between the steps.
use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::{
    Attempt, Authority, Change, Channel, Decision, Outcome, Policy, Request, Settings, Subject,
    Transaction,
    account::Lock,
    audit::{EventKind, Reason},
    delivered::{CodeOrder, Issued},
    knowledge::{Answers, QuestionId},
    limits::Limits,
    transition::{CommitResult, Saved},
};

/// A settlement that comes to nothing, for that reason.
#[track_caller]
fn comes_to_nothing(
    bank: &Bank,
    worked: &crate::inside::own_table::ComputedCheck,
    call: &Call<'_>,
    why: Reason,
) {
    let outcome = bank.settles(worked, call);
    assert!(matches!(outcome, Outcome::Denied), "{outcome:?}");
    let what = bank.trail.last().kind;
    assert!(
        matches!(what, EventKind::Denied { reason, .. } if reason == why),
        "{what:?}"
    );
}

#[test]
fn a_right_computation_settles_once() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    assert!(matches!(bank.settles(&worked, &call), Outcome::Accepted(_)));
    comes_to_nothing(&bank, &worked, &call, Reason::Replayed);
}

#[test]
fn a_suspension_meanwhile_voids_a_computation_even_after_the_resumption() {
    let bank = Bank::open();
    let call = bank.agent();
    let first = bank.computes(call.right(), &call);
    let second = bank.computes(call.right(), &call);
    bank.changes(&bank.customer, &Change::Suspend);
    comes_to_nothing(&bank, &first, &call, Reason::Suspended);
    bank.changes(&bank.customer, &Change::Resume);
    comes_to_nothing(&bank, &first, &call, Reason::Superseded);
    comes_to_nothing(&bank, &second, &call, Reason::Superseded);
    call.accepts(&Attempt::Questions(call.right()));
}

#[test]
fn answers_set_anew_meanwhile_void_a_computation() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    bank.changes(&bank.customer, &Change::SetQuestions(verifiers()));
    comes_to_nothing(&bank, &worked, &call, Reason::Superseded);
}

#[test]
fn answers_removed_meanwhile_void_a_computation() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    bank.changes(
        &bank.customer,
        &Change::Remove(countersign::Factor::Questions),
    );
    comes_to_nothing(&bank, &worked, &call, Reason::Superseded);
}

#[test]
fn a_record_made_anew_does_not_settle_an_older_computation() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    assert!(bank.verifier.erase(&bank.customer).unwrap());
    bank.enrols(&bank.customer);
    comes_to_nothing(&bank, &worked, &call, Reason::Superseded);
}

#[test]
fn an_erased_subject_settles_nothing() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    assert!(bank.verifier.erase(&bank.customer).unwrap());
    call.denies(&bank.not_shown());
    comes_to_nothing(&bank, &worked, &call, Reason::UnknownSubject);
}

#[test]
fn another_subject_s_account_settles_nothing() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    let other = subject("C-1043");
    bank.enrols(&other);
    let step = bank
        .account_of(&other)
        .settle(&worked, &call.ctx())
        .unwrap();
    let told = step.commit(|_| Saved::<()>::Stored).unwrap();
    let CommitResult::Stored(told) = told else {
        panic!("it was stored")
    };
    assert!(matches!(told.outcome, Outcome::Denied));
}

#[test]
fn a_computation_settles_in_its_own_interaction_only() {
    let bank = Bank::open();
    let (call, other) = (bank.agent(), bank.agent());
    let worked = bank.computes(call.right(), &call);
    comes_to_nothing(&bank, &worked, &other, Reason::Superseded);
    assert!(matches!(bank.settles(&worked, &call), Outcome::Accepted(_)));
}

#[test]
fn a_computation_that_takes_too_long_is_void() {
    let bank = Bank::open();
    let call = bank.agent();
    let worked = bank.computes(call.right(), &call);
    bank.wait(121);
    comes_to_nothing(&bank, &worked, &call, Reason::Expired);
}

#[test]
fn a_clock_set_back_voids_computations_codes_and_evidence() {
    let bank = Bank::open();
    let call = bank.agent();
    let policy = Policy::from_toml(POLICY).unwrap();
    let code = call.receives(CodeOrder::spoken());
    bank.wait(300);
    let evidence = vec![call.accepts(&bank.shown())];
    let worked = bank.computes(call.right(), &call);
    let allowed = |bank: &Bank| {
        let status = bank.verifier.status(&bank.customer, &call.ctx()).unwrap();
        let request = Request::new("address.change");
        matches!(
            policy.decide(&request, &evidence, &status, &call.ctx(), call.ctx().now()),
            Decision::Allow(_)
        )
    };
    assert!(allowed(&bank));

    bank.wait(-121);
    comes_to_nothing(&bank, &worked, &call, Reason::Superseded);
    assert!(bank.trail.last().clock_went_back);
    call.denies_as(&delivered(&code), Reason::NothingOpen);
    call.denies(&bank.shown());
    bank.wait(121);
    assert!(!allowed(&bank), "evidence of before counts again");
    call.denies_as(&delivered(&code), Reason::NothingOpen);
    bank.wait(30);
    call.accepts(&bank.shown());
}

#[test]
fn a_clock_within_the_skew_voids_nothing() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    bank.wait(-120);
    call.accepts(&delivered(&code));
    assert!(!bank.trail.last().clock_went_back);
}

#[test]
fn locks_stand_when_the_clock_is_set_back() {
    let bank = Bank::open();
    let call = bank.agent();
    let (_, release) = call.fails_until_locked(|| bank.not_shown());
    bank.wait(-3_000);
    assert_eq!(call.waits(&bank.shown()), release, "the lock that was told");
    bank.wait(-30 * 86_400);
    let told = call.waits(&bank.shown());
    assert_eq!((told - bank.now()).as_secs(), 3_600);
    bank.wait(60);
    assert_eq!(call.waits(&bank.shown()), told, "it does not slide");
}

#[test]
fn waits_for_a_code_end_when_told_after_the_clock_ran_ahead() {
    let bank = Bank::open();
    let call = bank.agent();
    bank.wait(10 * 86_400);
    for _ in 0..4 {
        bank.agent().receives(CodeOrder::spoken());
    }
    bank.wait(-10 * 86_400);
    let Lock::Until(release) = call.must_wait(CodeOrder::spoken()) else {
        panic!("closed")
    };
    assert!((release - bank.now()).as_secs() <= 900);
    bank.wait_until(release);
    call.receives(CodeOrder::spoken());
}

#[test]
fn a_lock_that_issuing_tells_ends_when_told_after_the_clock_ran_ahead() {
    let bank = Bank::open();
    let call = bank.agent();
    bank.wait(10 * 86_400);
    call.fails_until_locked(|| delivered("12345678"));
    bank.wait(-10 * 86_400);
    let Lock::Until(release) = call.must_wait(CodeOrder::spoken()) else {
        panic!("closed")
    };
    assert!((release - bank.now()).as_secs() <= 3_600);
    bank.wait_until(release);
    call.receives(CodeOrder::spoken());
}

#[test]
fn a_private_code_told_to_the_agent_is_burnt() {
    let bank = Bank::open();
    let app = bank.device();
    let code = app.receives(CodeOrder::private());
    let call = bank.agent();
    call.denies_as(&delivered(&code), Reason::PrivateCodeTold);
    app.denies_as(&delivered(&code), Reason::NothingOpen);
    let fresh = app.receives(CodeOrder::private());
    app.accepts(&delivered(&fresh));
}

#[test]
fn a_private_code_told_in_any_way_that_is_heard_is_burnt() {
    for channel in [Channel::Agent, Channel::Keypad, Channel::Counter] {
        let bank = Bank::open();
        let app = bank.device();
        let code = app.receives(CodeOrder::private());
        app.on(channel)
            .denies_as(&delivered(&code), Reason::PrivateCodeTold);
        app.denies(&delivered(&code));
    }
}

#[test]
fn a_spoken_code_typed_into_a_device_is_a_wrong_try_and_stays() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    for channel in [Channel::Device, Channel::Chat] {
        call.on(channel)
            .denies_as(&delivered(&code), Reason::Superseded);
    }
    call.on(Channel::Keypad).accepts(&delivered(&code));
}

#[test]
fn a_code_counts_in_its_own_interaction_only() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    bank.agent()
        .denies_as(&delivered(&code), Reason::Superseded);
    call.accepts(&delivered(&code));
}

#[test]
fn a_code_counts_for_its_own_subject_only() {
    let bank = Bank::open();
    let other = subject("C-1043");
    bank.enrols(&other);
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    call.about(&other).receives(CodeOrder::spoken());
    call.about(&other)
        .denies_as(&delivered(&code), Reason::Wrong);
}

#[test]
fn a_code_ends_at_the_second() {
    let bank = Bank::open();
    let call = bank.agent();
    let delivery = call.delivery(CodeOrder::spoken());
    let expires = delivery.expires();
    assert_eq!((expires - bank.now()).as_secs(), 600);
    let code = delivery.send(|_, code| code.to_owned()).unwrap();
    bank.wait_until(expires);
    call.denies_as(&delivered(&code), Reason::NothingOpen);
    bank.wait(-1);
    call.denies_as(&delivered(&code), Reason::NothingOpen);

    let second = call.receives(CodeOrder::spoken());
    bank.wait(599);
    call.accepts(&delivered(&second));
}

#[test]
fn a_changed_transaction_is_a_wrong_try() {
    let bank = Bank::open();
    let transfer = |amount| {
        Transaction::new("TX-1")
            .unwrap()
            .with("amount", amount)
            .unwrap()
    };
    let (asked, changed) = (transfer("99.50 EUR"), transfer("999.50 EUR"));
    let call = bank.agent();
    let code = call.for_transaction(&asked).receives(CodeOrder::spoken());
    call.for_transaction(&changed)
        .denies_as(&delivered(&code), Reason::Superseded);
    call.denies_as(&delivered(&code), Reason::Superseded);
    let evidence = call.for_transaction(&asked).accepts(&delivered(&code));
    assert_eq!(evidence.transaction_digest(), Some(asked.digest()));
}

#[test]
fn a_code_without_a_transaction_is_evidence_for_none() {
    let bank = Bank::open();
    let transfer = Transaction::new("TX-1").unwrap();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    let evidence = call.for_transaction(&transfer).accepts(&delivered(&code));
    assert_eq!(evidence.transaction_digest(), None);
}

#[test]
fn a_new_telephone_ends_the_codes_that_went_to_the_old_one() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    let phone = countersign::delivered::Destination::phone("+15550100199").unwrap();
    bank.changes(&bank.customer, &Change::SetPhone(phone));
    call.denies_as(&delivered(&code), Reason::NothingOpen);
}

#[test]
fn a_suspension_ends_open_codes_and_refuses_everything() {
    let bank = Bank::open();
    let call = bank.agent();
    let code = call.receives(CodeOrder::spoken());
    bank.changes(&bank.customer, &Change::Suspend);
    call.denies_as(&bank.shown(), Reason::Suspended);
    call.denies_as(&delivered(&code), Reason::Suspended);
    call.denies_as(&Attempt::Questions(call.right()), Reason::Suspended);
    call.denies_as(&seen_in_person(), Reason::Suspended);
    assert_eq!(call.must_wait(CodeOrder::spoken()), Lock::Indefinite);
    bank.changes(&bank.customer, &Change::Resume);
    call.denies_as(&delivered(&code), Reason::NothingOpen);
    call.accepts(&bank.shown());
}

#[test]
fn an_account_over_a_decoy_starts_afresh() {
    let bank = Bank::empty(Limits::nist());
    let call = bank.agent();
    call.fails_until_locked(|| bank.not_shown());
    let decoy = bank.trail.last().pseudonym;
    bank.enrols(&bank.customer);
    call.accepts(&bank.shown());
    assert_ne!(bank.trail.last().pseudonym, decoy);
    assert_eq!(
        bank.vault.entry_of(&bank.customer).unwrap().expires_at(),
        None
    );
}

#[test]
fn unknown_subjects_above_the_cap_are_denied_without_a_trace() {
    let bank = Bank::empty(Limits::nist());
    let call = bank.agent();
    for number in 0..650 {
        let nobody = subject(&format!("N-{number}"));
        call.about(&nobody).denies(&totp("123456"));
    }
    assert_eq!(bank.vault.writes(), 600);
    bank.wait(60);
    call.denies(&totp("123456"));
    assert_eq!(bank.vault.writes(), 601);
}

#[test]
fn a_customer_is_enrolled_even_when_no_decoy_may_be_stored() {
    let bank = Bank::empty(Limits::nist());
    for number in 0..650 {
        let nobody = subject(&format!("N-{number}"));
        bank.agent().about(&nobody).denies(&totp("123456"));
    }
    bank.enrols(&bank.customer);
    bank.agent().accepts(&bank.shown());
}

#[test]
fn records_of_another_realm_are_refused() {
    let bank = Bank::open();
    let bytes = bank.vault.bytes_of(&bank.customer);
    let shop = Settings::new("shop", keyring()).unwrap();
    let stranger = Subject::new("shop", "C-1042").unwrap();
    assert!(
        Account::open(&shop, &stranger, &bytes)
            .unwrap_err()
            .is_corrupt()
    );
    assert!(
        Account::open(&shop, &bank.customer, &bytes)
            .unwrap_err()
            .is_misuse()
    );
    assert!(
        bank.verifier
            .check(&stranger, &bank.shown(), &bank.agent().ctx())
            .unwrap_err()
            .is_misuse()
    );
    assert!(
        bank.verifier
            .questions(&stranger, &bank.agent().ctx())
            .unwrap_err()
            .is_misuse()
    );
    let other = TimedVerifier::new(bank.vault.clone(), shop);
    let outcome = other
        .check(&stranger, &bank.shown(), &bank.agent().ctx())
        .unwrap();
    assert!(matches!(outcome, Outcome::Denied), "nobody there");
}

#[test]
fn an_older_record_opens_and_the_revisions_of_its_events_go_back() {
    let bank = Bank::open();
    let old = bank.vault.entry_of(&bank.customer);
    let spent = bank.shown();
    bank.agent().accepts(&spent);
    bank.agent().denies(&totp("123456"));
    let seen = bank.trail.last().revision;
    // A database that is rolled back: the code that was spent since counts again.
    bank.vault.put(&bank.customer, &old.unwrap());
    bank.agent().accepts(&spent);
    assert!(bank.trail.last().revision < seen);
}

#[test]
fn a_catalogue_that_asks_for_more_than_is_enrolled_does_not_shut_the_customer_out() {
    let bank = Bank::open();
    let more = bank
        .settings
        .clone()
        .with_questions(&CATALOGUE.map(QuestionId::new), 4)
        .unwrap();
    let verifier = TimedVerifier::new(bank.vault.clone(), more);
    let ctx = bank.agent().ctx();
    let asked = verifier.questions(&bank.customer, &ctx).unwrap();
    assert_eq!(asked.len(), ANSWERS.len(), "all there are");
    let answers = asked.iter().zip(ANSWERS);
    let right = answers.fold(Answers::new(), |all, (id, (_, text))| all.and(*id, text));
    let outcome = verifier.check(&bank.customer, &Attempt::Questions(right), &ctx);
    assert!(matches!(outcome, Ok(Outcome::Accepted(_))), "{outcome:?}");
}

#[test]
fn unknown_subjects_cannot_be_changed() {
    let bank = Bank::empty(Limits::nist());
    let error = bank
        .verifier
        .change(
            &bank.customer,
            &Change::Suspend,
            &Authority::Host,
            &bank.agent().ctx(),
        )
        .unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(bank.vault.writes(), 0);
}

#[test]
fn a_code_that_goes_nowhere_looks_like_one_that_does() {
    let bank = Bank::open();
    bank.changes(
        &bank.customer,
        &Change::Remove(countersign::Factor::SpokenCode),
    );
    let call = bank.agent();
    let Issued::Ready(delivery) = call.order(CodeOrder::spoken()) else {
        panic!("it tells")
    };
    assert_eq!(delivery.hint().chars().count(), 4);
    assert!(delivery.send(|_, _| ()).is_none());
    call.denies(&Attempt::Delivered(countersign::Code::typed("123456")));
}

#[test]
fn a_realm_is_the_same_however_it_is_written() {
    let keyring = countersign::field::Keyring::new(
        countersign::field::RootKey::generate(1).unwrap(),
        countersign::field::LongTermSecret::generate(1).unwrap(),
    );
    let settings = Settings::new("zoe\u{308}", keyring).unwrap();
    let subject = Subject::new("zoe\u{308}", "C-1042").unwrap();
    let call = countersign::Interaction::begin().unwrap();
    let now = countersign::Timestamp::from_unix(OPENING).unwrap();
    let ctx = TimedContext::new(now, Channel::Agent, call);
    assert!(Account::create(&settings, &subject, None, &ctx).is_ok());
}

#[test]
fn b12_an_unknown_subject_s_record_opens_whatever_is_asked() {
    let catalogue: Vec<QuestionId> = (1..=20).map(QuestionId::new).collect();
    let settings = settings(Limits::nist());
    assert!(settings.clone().with_questions(&catalogue, 17).is_err());
    let settings = settings.with_questions(&catalogue, 16).unwrap();
    let (bank, vault) = (Bank::empty(Limits::nist()), Vault::default());
    let verifier = TimedVerifier::new(vault.clone(), settings);
    let nobody = subject("C-9999");
    for _ in 0..2 {
        let outcome = verifier.check(&nobody, &bank.not_shown(), &bank.agent().ctx());
        assert!(matches!(outcome, Ok(Outcome::Denied)), "{outcome:?}");
    }
}

#[test]
fn b39_a_weak_attestation_makes_no_stranger_known() {
    let bank = Bank::open();
    let caller_number = Attempt::External(
        countersign::account::ExternalVerification::new(
            "caller-number",
            countersign::FactorClass::Possession,
            countersign::Strength::Weak,
        )
        .unwrap(),
    );
    for _ in 0..5 {
        let stranger = bank.agent();
        stranger.accepts(&caller_number);
        stranger.denies(&bank.not_shown());
    }
    let customer = bank.agent();
    customer.accepts(&Attempt::Questions(customer.right()));
    customer.accepts(&bank.shown());
}

#[test]
fn a_stranger_locks_open_lanes_and_what_the_host_attests_goes_around() {
    let bank = Bank::open();
    for _ in 0..5 {
        let stranger = bank.agent();
        stranger.denies(&bank.not_shown());
        stranger.denies(&delivered("000000"));
        stranger.denies(&Attempt::Questions(Answers::new()));
    }
    let customer = bank.agent();
    customer.waits(&bank.shown());
    customer.waits(&Attempt::Questions(customer.right()));
    customer.accepts(&Attempt::External(
        countersign::account::ExternalVerification::new(
            "voice",
            countersign::FactorClass::Inherence,
            countersign::Strength::Full,
        )
        .unwrap(),
    ));
    customer.accepts(&bank.shown());
}

/// The clock is found set back by a try at another factor; then a lock that is told must be kept, or it would slide.
#[test]
fn a_release_told_after_the_clock_ran_ahead_does_not_slide() {
    let bank = Bank::open();
    bank.wait(10 * 86_400);
    let stranger = bank.agent();
    for _ in 0..5 {
        stranger.denies(&bank.not_shown());
    }
    bank.wait(-10 * 86_400);
    bank.agent().denies(&delivered("000000"));
    let told = bank.agent().waits(&bank.not_shown());
    bank.wait(60);
    assert_eq!(bank.agent().waits(&bank.not_shown()), told);
}

/// Decoys are those of the eldest long-term secret: a rotation asks an unknown name nothing new.
#[test]
fn b12_a_rotation_leaves_the_questions_of_unknown_names() {
    use countersign::field::{Keyring, LongTermSecret, RootKey};
    let first = || LongTermSecret::from_bytes(1, [1; 32]).unwrap();
    let second = LongTermSecret::from_bytes(2, [2; 32]).unwrap();
    let root = || RootKey::from_bytes(1, [1; 32]).unwrap();
    let catalogue: Vec<_> = (1..=40).map(QuestionId::new).collect();
    let asked = |keyring: Keyring| {
        let settings = Settings::new("bank", keyring).unwrap();
        let settings = settings.with_questions(&catalogue, 5).unwrap();
        let nobody = Subject::new("bank", "C-9999").unwrap();
        let now = countersign::Timestamp::from_unix(OPENING).unwrap();
        Account::unknown(&settings, &nobody, now)
            .unwrap()
            .questions()
            .unwrap()
    };
    let before = asked(Keyring::new(root(), first()));
    let after = asked(
        Keyring::new(root(), second)
            .with_earlier_secret(first())
            .unwrap(),
    );
    assert_eq!(before, after);
}
