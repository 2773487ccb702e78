//! Interactions that a host names itself: two ids that differ in one byte are two interactions, wherever they are compared.

use crate::inside::support::bank::*;
use countersign::{
    Attempt, Change, Channel, Code, Decision, Interaction, Outcome, Policy, Request, SecretBytes,
    account::{Lock, RedeemRefusal},
    audit::Reason,
    delivered::{CodeOrder, Issued, Kind, Route},
    otp::ocra::{Ocra, OcraResponse, OcraState, OcraTask},
    text::CodeShape,
    transition::{CommitResult, Saved},
};

/// The customer's id, and that of a stranger.
fn pairs() -> Vec<(Interaction, Interaction)> {
    let id = Interaction::from_bytes;
    let differ = |place: usize| {
        let mut other = [7; 16];
        other[place] ^= 1;
        (id([7; 16]), id(other))
    };
    let mut all: Vec<_> = (0..16).map(differ).collect();
    let (zeros, ones) = (id([0; 16]), id([0xff; 16]));
    all.extend([(zeros, ones), (ones, zeros), (id([7; 16]), zeros)]);
    // The end of one is the beginning of the other.
    let halves = |first: u8, last: u8| {
        let mut bytes = [first; 16];
        bytes[8..].fill(last);
        id(bytes)
    };
    all.push((halves(1, 2), halves(2, 1)));
    all.push((zeros, halves(0, 1)));
    all.push((halves(1, 0), zeros));
    all
}

/// A bank with a call of the customer, and one of a stranger with such an id.
fn each(show: impl Fn(&Bank, Call<'_>, Call<'_>)) {
    for (own, other) in pairs() {
        let bank = Bank::open();
        let call = |id| bank.agent().within(id);
        show(&bank, call(own), call(other));
    }
}

#[test]
fn b54_evidence_opens_the_lane_of_its_own_interaction() {
    each(|bank, call, stranger| {
        call.accepts(&bank.shown());
        stranger.fails_until_locked(|| delivered("99999999"));
        stranger.waits(&delivered("99999999"));
        call.denies(&delivered("99999999"));
    });
}

#[test]
fn b54_a_binding_code_is_drawn_for_the_interaction_with_evidence() {
    each(|bank, call, stranger| {
        call.accepts(&bank.shown());
        assert_eq!(stranger.must_wait(CodeOrder::binding()), Lock::Indefinite);
        call.receives(CodeOrder::binding());
    });
}

#[test]
fn b54_a_code_counts_in_its_own_interaction() {
    each(|_, call, stranger| {
        let code = call.receives(CodeOrder::spoken());
        // An order of another interaction is no order for this place.
        let other = stranger.receives(CodeOrder::spoken());
        stranger.denies_as(&delivered(&code), Reason::Superseded);
        call.accepts(&delivered(&code));
        stranger.accepts(&delivered(&other));
    });
}

#[test]
fn b54_a_letter_counts_in_every_interaction_and_no_id_makes_a_code_a_letter() {
    each(|_, call, stranger| {
        let letter = call.receives(CodeOrder::recover(Kind::Spoken, Route::Post));
        let code = call.receives(CodeOrder::recover(Kind::Spoken, Route::Sms));
        let recovers = |code: &str| Attempt::IssuedRecoveryCode(Code::typed(code));
        stranger.denies_as(&recovers(&code), Reason::Superseded);
        stranger.accepts(&recovers(&letter));
        call.accepts(&recovers(&code));
    });
}

#[test]
fn b54_only_the_interaction_of_a_code_is_told_that_it_was_misheard() {
    let checked = || CodeOrder::spoken().with_shape(CodeShape::digits_and_check(6).unwrap());
    each(|_, call, stranger| {
        let code = call.receives(checked());
        let (digits, check) = code.split_at(6);
        let misheard = format!("{digits}{}", if check == "9" { '0' } else { '9' });
        stranger.denies_as(&delivered(&misheard), Reason::Wrong);
        for _ in 0..3 {
            assert!(matches!(
                call.check(&delivered(&misheard)),
                Outcome::InvalidCheckDigit
            ));
        }
        call.denies_as(&delivered(&misheard), Reason::Wrong);
    });
}

#[test]
fn b54_a_question_is_answered_where_it_was_asked() {
    each(|bank, call, stranger| {
        let device = || {
            let suite = "OCRA-1:HOTP-SHA256-8:QN08".parse().unwrap();
            Ocra::new(suite, SecretBytes::from(vec![7; 32])).unwrap()
        };
        bank.changes(&bank.customer, &Change::SetOcra(device().into()));
        let asks = |call: &Call<'_>| {
            let order = OcraTask::authenticate();
            let asked = bank.verifier.challenge(&bank.customer, &order, &call.ctx());
            let Issued::Ready(dialog) = asked.unwrap() else {
                panic!("not asked")
            };
            let shown = device().respond(&OcraState::default(), dialog.question(), bank.now());
            match shown.unwrap().commit(|_| Saved::<()>::Stored) {
                Ok(CommitResult::Stored(text)) => {
                    Attempt::Ocra(OcraResponse::typed(text.expose_text()))
                }
                _ => panic!("stored"),
            }
        };
        let response = asks(&call);
        stranger.denies_as(&response, Reason::NothingOpen);
        // A question to another interaction does not take the place of this one.
        asks(&stranger);
        call.accepts(&response);
    });
}

#[test]
fn b54_a_computation_is_settled_in_its_own_interaction() {
    each(|bank, call, stranger| {
        let worked = bank.computes(call.right(), &call);
        assert!(matches!(bank.settles(&worked, &stranger), Outcome::Denied));
        assert!(matches!(bank.settles(&worked, &call), Outcome::Accepted(_)));
    });
}

#[test]
fn b54_evidence_and_grants_count_in_their_own_interaction() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = Request::new("address.change");
    each(|bank, call, stranger| {
        let evidence = [call.accepts(&bank.shown())];
        let decide = |call: &Call<'_>| {
            let status = bank.verifier.status(&bank.customer, &call.ctx());
            policy.decide(
                &request,
                &evidence,
                &status.unwrap(),
                &call.ctx(),
                call.ctx().now(),
            )
        };
        assert!(!matches!(decide(&stranger), Decision::Allow(_)));
        let Decision::Allow(grant) = decide(&call) else {
            panic!("not allowed")
        };
        let redeem = |call: &Call<'_>| bank.verifier.redeem(&grant, &call.ctx());
        let told = redeem(&stranger).unwrap();
        let elsewhere = RedeemRefusal::OtherInteraction;
        assert!(matches!(told, Err(reason) if reason == elsewhere));
        assert!(redeem(&call).unwrap().ok().is_some());
    });
}

/// What is shown in one interaction is forgotten in no other: four of them are remembered, and each by its whole id.
#[test]
fn b54_interactions_that_begin_alike_are_remembered_apart() {
    let bank = Bank::open();
    let calls: Vec<Call<'_>> = (1..=4)
        .map(|last| {
            let mut id = [7; 16];
            id[15] = last;
            bank.begin(Channel::Agent)
                .within(Interaction::from_bytes(id))
        })
        .collect();
    for call in &calls {
        call.accepts(&seen_in_person());
    }
    for call in &calls {
        assert!(matches!(call.order(CodeOrder::binding()), Issued::Ready(_)));
        bank.wait(30);
    }
}
