//! Binding codes: from a session that was verified to the device where an authenticator is added (SP 800-63B-4 4.1.2.2).
use crate::inside::support::bank::*;
use crate::inside::support::issued_recovery;
use crate::support::timed::TimedVerifier;
use core::time::Duration;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Evidence, Factor, FactorClass,
    Grant, Policy, Request, SecretBytes, Strength,
    account::{ExternalVerification, Lock},
    audit::{EventKind, Reason},
    delivered::{CodeOrder, Kind, Purpose, Route},
    limits::{Limits, Quota, QuotaScope},
    otp::{OtpKey, Totp},
    text::CodeShape,
};

fn binding(code: &str) -> Attempt {
    Attempt::BindingCode(Code::typed(code))
}

fn orders() -> [CodeOrder; 2] {
    [CodeOrder::binding(), CodeOrder::binding_on_screen()]
}

/// A session on the customer's old device, verified by the app.
fn verified(bank: &Bank) -> Call<'_> {
    let old = bank.device();
    bank.wait(30);
    old.accepts(&bank.shown());
    old
}

/// What a policy with this rule for adding an authenticator says to what was shown.
fn decides(bank: &Bank, call: &Call<'_>, rule: &str, shown: &[Evidence]) -> Decision {
    let policy = format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.\"authenticator.add\".every_tier]\nany = [{{ all = [{rule}] }}]"
    );
    let policy = Policy::from_toml(&policy).unwrap();
    let status = bank.account().status(&call.ctx());
    policy.decide(
        &Request::new("authenticator.add"),
        shown,
        &status,
        &call.ctx(),
        call.ctx().now(),
    )
}

#[track_caller]
fn granted(bank: &Bank, call: &Call<'_>, shown: &[Evidence]) -> Grant {
    let rule = r#"{ factor = "binding_code", max_age = 600 }"#;
    match decides(bank, call, rule, shown) {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn changes(call: &Call<'_>, change: &Change, grant: &Grant) {
    let bank = call.bank;
    let by = Authority::Granted(grant);
    let changed = bank
        .verifier
        .change(&bank.customer, change, &by, &call.ctx());
    assert_eq!(changed.unwrap(), Changed::Done);
}

#[test]
fn n16_a_new_device_is_linked_by_a_code_from_a_session_on_the_old_one() {
    for order in orders() {
        let bank = Bank::open();
        let code = verified(&bank).receives(order);
        let new = bank.device();
        let evidence = new.accepts(&binding(&code));
        assert_eq!(evidence.factor(), Factor::BindingCode);
        let grant = granted(&bank, &new, &[evidence]);
        let app = Totp::from(OtpKey::new(SecretBytes::from(vec![9; 20])).unwrap());
        changes(&new, &Change::AddTotp(app.clone()), &grant);
        let first = Code::typed(app.code_at(bank.now()).expose_text());
        changes(&new, &Change::ConfirmTotp(first), &grant);
        bank.wait(60);
        new.accepts(&totp(app.code_at(bank.now()).expose_text()));
    }
}

#[test]
fn n16_a_binding_code_has_40_bits_and_counts_for_ten_minutes() {
    for order in orders() {
        let bank = Bank::open();
        let delivery = verified(&bank).delivery(order.clone());
        assert_eq!(
            delivery.expires() - bank.now(),
            Duration::from_secs(10 * 60)
        );
        let code = delivery.send(|_, code| code.to_owned()).unwrap();
        // Eight symbols of 32.
        assert_eq!(code.len(), 8);
        let is_symbol = |symbol: char| symbol.is_ascii_alphanumeric() && !"ILOU".contains(symbol);
        assert!(code.chars().all(is_symbol), "{code}");
        bank.wait(600);
        bank.device()
            .denies_as(&binding(&code), Reason::NothingOpen);
        // As late as can be, and as people type.
        let bank = Bank::open();
        let code = verified(&bank).receives(order);
        bank.wait(599);
        let typed = format!("{} {}", &code[..4], &code[4..]).to_lowercase();
        bank.device().accepts(&binding(&typed));
    }
}

#[test]
fn n16_fewer_than_40_bits_are_refused() {
    let bank = Bank::open();
    let old = verified(&bank);
    for shape in [CodeShape::crockford(7), CodeShape::digits(10)] {
        let shape = shape.unwrap();
        for order in orders() {
            let order = order.with_shape(shape);
            let refused = bank.verifier.issue(&bank.customer, &order, &old.ctx());
            assert!(refused.unwrap_err().is_misuse());
        }
    }
    let longer = CodeOrder::binding().with_shape(CodeShape::crockford(23).unwrap());
    assert_eq!(old.receives(longer).len(), 23);
}

#[test]
fn n16_a_binding_code_counts_once() {
    let bank = Bank::open();
    let code = verified(&bank).receives(CodeOrder::binding());
    let new = bank.device();
    new.accepts(&binding(&code));
    for again in [new, bank.device()] {
        again.denies_as(&binding(&code), Reason::NothingOpen);
    }
}

#[test]
fn n16_there_is_one_binding_code_whoever_orders_the_next() {
    let bank = Bank::open();
    let first = verified(&bank).receives(CodeOrder::binding());
    bank.wait(30);
    let second = verified(&bank).receives(CodeOrder::binding_on_screen());
    bank.device().denies_as(&binding(&first), Reason::Wrong);
    bank.device().accepts(&binding(&second));
}

#[test]
fn n16_a_binding_code_serves_no_other_purpose_and_no_other_code_serves_it() {
    for is_old in [true, false] {
        let bank = Bank::open();
        let old = verified(&bank);
        let code = old.receives(CodeOrder::binding());
        let call = if is_old { old } else { bank.device() };
        call.denies_as(&delivered(&code), Reason::Superseded);
        call.denies_as(&issued_recovery(&code), Reason::Superseded);
        let change = Change::ConfirmAddress(Code::typed(&code));
        let confirmed =
            bank.verifier
                .change(&bank.customer, &change, &Authority::Host, &call.ctx());
        assert_eq!(confirmed.unwrap(), Changed::Denied);
    }
    let bank = Bank::open();
    let old = verified(&bank);
    let code = old.receives(CodeOrder::binding());
    for other in [
        CodeOrder::private(),
        CodeOrder::recover(Kind::Private, Route::Sms),
        CodeOrder::recover(Kind::Private, Route::Post),
    ] {
        let other = old.receives(other);
        old.denies_as(&binding(&other), Reason::Superseded);
    }
    bank.device().accepts(&binding(&code));
}

#[test]
fn n16_only_a_session_that_was_verified_orders_a_binding_code() {
    for order in orders() {
        let bank = Bank::open();
        let stranger = bank.device();
        let before = bank.vault.writes();
        assert_eq!(stranger.must_wait(order.clone()), Lock::Indefinite);
        let refused = EventKind::IssueRefused {
            factor: Factor::BindingCode,
        };
        assert_eq!(bank.trail.last().kind, refused);
        assert_eq!(bank.vault.writes(), before, "nothing is counted");
        // What is weak is not enough.
        stranger.accepts(&Attempt::Questions(stranger.right()));
        assert_eq!(stranger.must_wait(order.clone()), Lock::Indefinite);
        let number = "caller-id";
        let number =
            ExternalVerification::new(number, FactorClass::Possession, Strength::Weak).unwrap();
        stranger.accepts(&Attempt::External(number));
        assert_eq!(stranger.must_wait(order.clone()), Lock::Indefinite);
        let recovery = CodeOrder::recover(Kind::Private, Route::Sms);
        let recovery = stranger.receives(recovery);
        stranger.accepts(&issued_recovery(&recovery));
        assert_eq!(stranger.must_wait(order.clone()), Lock::Indefinite);
        // Evidence of another session neither.
        let old = verified(&bank);
        assert_eq!(stranger.must_wait(order.clone()), Lock::Indefinite);
        let code = old.receives(order.clone());
        // And who was let in by such a code orders no other.
        let new = bank.device();
        new.accepts(&binding(&code));
        assert_eq!(new.must_wait(order), Lock::Indefinite);
    }
}

#[test]
fn n16_what_a_session_held_an_hour_ago_orders_no_binding_code() {
    let bank = Bank::open();
    let old = verified(&bank);
    bank.wait(3_600);
    old.receives(CodeOrder::binding());
    bank.wait(601);
    assert_eq!(old.must_wait(CodeOrder::binding()), Lock::Indefinite);
}

#[test]
fn n16_who_does_not_exist_is_refused_like_a_stranger() {
    let bank = Bank::open();
    let nobody = subject("C-9999");
    for order in orders() {
        let device = bank.device();
        let call = device.about(&nobody);
        let before = bank.vault.writes();
        assert_eq!(call.must_wait(order), Lock::Indefinite);
        assert_eq!(bank.vault.writes(), before);
        call.denies(&binding("00000000"));
        assert_eq!(bank.vault.writes(), before + 1);
        let told = |whom| {
            let status = bank.verifier.status(whom, &device.ctx()).unwrap();
            status.is_enrolled(Factor::BindingCode)
        };
        assert_eq!(told(&nobody), told(&bank.customer));
    }
}

#[test]
fn n16_a_stranger_s_orders_do_not_spend_what_the_telephone_may_be_sent() {
    let once = Quota::new(1, Duration::from_secs(3_600)).unwrap();
    let mut bank = Bank::open();
    let settings = settings(Limits::nist()).with_quota(QuotaScope::Destination, once);
    bank.verifier = TimedVerifier::new(bank.vault.clone(), settings).with_audit(bank.trail.clone());
    let bank = bank;
    for _ in 0..3 {
        assert_eq!(
            bank.device().must_wait(CodeOrder::binding()),
            Lock::Indefinite
        );
    }
    let old = verified(&bank);
    // What is shown is not sent, and spends nothing either.
    old.receives(CodeOrder::binding_on_screen());
    old.receives(CodeOrder::binding());
    old.must_wait(CodeOrder::private());
    let over = EventKind::IssueOverBudget {
        factor: Factor::PrivateCode,
        budget: QuotaScope::Destination,
    };
    assert_eq!(bank.trail.last().kind, over);
}

#[test]
fn n16_a_binding_code_goes_to_the_telephone_or_the_screen_and_never_by_e_mail() {
    let bank = Bank::open();
    let to = countersign::delivered::Destination::email("maya@example.com").unwrap();
    bank.changes(&bank.customer, &Change::SetEmail(to));
    for (order, route, address) in [
        (CodeOrder::binding(), Route::Sms, PHONE),
        (CodeOrder::binding().by_voice(), Route::Sms, PHONE),
        (CodeOrder::binding_on_screen(), Route::Screen, ""),
        (CodeOrder::binding_on_screen().by_voice(), Route::Screen, ""),
    ] {
        let delivery = verified(&bank).delivery(order);
        assert_eq!(
            (delivery.kind(), delivery.purpose(), delivery.route()),
            (Kind::Private, Purpose::BindAuthenticator, route)
        );
        let sent = delivery.send(|to, _| to.address().to_owned());
        assert_eq!(sent.as_deref(), Some(address));
        bank.wait(60);
    }
    // An agent's screen is not the customer's.
    let call = bank.agent();
    call.accepts(&bank.shown());
    let refused = bank
        .verifier
        .issue(&bank.customer, &CodeOrder::binding_on_screen(), &call.ctx());
    assert!(refused.unwrap_err().is_misuse());
    call.receives(CodeOrder::binding());
}

#[test]
fn n16_a_binding_code_that_is_told_is_void() {
    for channel in [Channel::Agent, Channel::Keypad, Channel::Counter] {
        let bank = Bank::open();
        let code = verified(&bank).receives(CodeOrder::binding());
        let call = bank.begin(channel);
        call.denies_as(&binding(&code), Reason::PrivateCodeTold);
        bank.device()
            .denies_as(&binding(&code), Reason::NothingOpen);
    }
}

#[test]
fn n16_a_binding_code_is_void_with_the_evidence_it_rests_on() {
    for end in [
        Change::Remove(Factor::BindingCode),
        Change::Remove(Factor::Totp),
        Change::Remove(Factor::Questions),
        Change::SetPhone(countersign::delivered::Destination::phone("+15550100199").unwrap()),
        Change::Suspend,
    ] {
        let bank = Bank::open();
        let code = verified(&bank).receives(CodeOrder::binding_on_screen());
        bank.changes(&bank.customer, &end);
        if matches!(end, Change::Suspend) {
            bank.changes(&bank.customer, &Change::Resume);
        }
        bank.device()
            .denies_as(&binding(&code), Reason::NothingOpen);
    }
}

#[test]
fn n16_a_binding_code_counts_as_no_factor() {
    let bank = Bank::open();
    let code = verified(&bank).receives(CodeOrder::binding());
    let new = bank.device();
    let shown = [new.accepts(&binding(&code))];
    for rule in [
        r#"{ class = "possession", max_age = 600 }"#,
        "{ aal = 1 }",
        r#"{ factor = "private_code", max_age = 600 }"#,
    ] {
        let decision = decides(&bank, &new, rule, &shown);
        assert!(matches!(decision, Decision::StepUp(_)), "{decision:?}");
    }
    granted(&bank, &new, &shown);
}

#[test]
fn n16_binding_codes_are_guessed_at_like_any_that_are_sent() {
    let bank = Bank::open();
    let code = verified(&bank).receives(CodeOrder::binding());
    let stranger = bank.device();
    let (tries, _) = stranger.fails_until_locked(|| binding("ZZZZZZZZ"));
    assert!(tries <= 5, "{tries}");
    stranger.waits(&delivered("00000000"));
    // Who holds other evidence is not locked with the stranger.
    let old = verified(&bank);
    old.accepts(&binding(&code));
}
