//! Evidence is kept in the record by interaction, for a day.

use super::*;
use countersign::account::Lock;
use countersign::audit::Event;
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::store::Key;
use countersign::{Context, Decision, Factor, Verifier};
use std::sync::Mutex;

/// Another process has the interaction's 16 bytes, the keyring and the store.
#[test]
fn another_process_goes_on_with_sixteen_bytes() {
    let store = Arc::new(MemoryStore::new());
    let first = TimedVerifier::new(Arc::clone(&store), settings(1));
    enrols(&first, &anna());
    let begun = call(0, 1);
    gives_code(&first, &begun);
    let kept = begun.interaction().to_bytes();

    let second = TimedVerifier::new(store, settings(1));
    let goes_on = visit(60, Interaction::from_bytes(kept));
    let held = second.evidence(&anna(), &goes_on).unwrap();
    let [evidence] = held.as_slice() else {
        panic!("{held:?}")
    };
    assert_eq!(evidence.factor(), Factor::Totp);
    assert_eq!(evidence.at(), moment(0), "age counts from the check");
    assert_eq!(evidence.channel(), Channel::Web);
    assert!(evidence.is_protected());
    assert_eq!(says(&second, "address.change", &goes_on), Said::Yes);
}

#[test]
fn b54_interactions_of_zeros_of_ones_and_equal_but_for_one_bit_are_others() {
    let bank = bank();
    let mut ids = vec![[0; 16], [0xff; 16]];
    for bit in 0..128 {
        let mut id = [0; 16];
        id[bit / 8] = 1 << (bit % 8);
        ids.push(id);
        ids.push(id.map(|byte| !byte));
    }
    for known in [[0; 16], [0xff; 16]] {
        let seconds = if known == [0; 16] { 0 } else { 30 };
        gives_code(&bank, &visit(seconds, Interaction::from_bytes(known)));
        for id in ids.iter().filter(|id| **id != known) {
            let other = visit(seconds, Interaction::from_bytes(*id));
            let is_the_other = seconds == 30 && *id == [0; 16];
            let held = bank.evidence(&anna(), &other).unwrap();
            assert_eq!(held.len(), usize::from(is_the_other), "{id:?}");
        }
    }
}

/// A copied id is worth nothing with another subject, and an unknown subject has no evidence.
#[test]
fn a_copied_interaction_id_holds_nothing_of_another_subject() {
    let bank = bank();
    let other = Subject::new("bank", "C-2000").unwrap();
    enrols(&bank, &other);
    gives_code(&bank, &call(0, 1));
    for subject in [other, Subject::new("bank", "C-9999").unwrap()] {
        assert!(bank.evidence(&subject, &call(0, 1)).unwrap().is_empty());
        let request = Request::new("card.show");
        let told = bank.authorize(&policy(), &request, &subject, &call(0, 1));
        assert_eq!(said(&told.unwrap()), Said::StepUp);
    }
    assert_eq!(says(&bank, "card.show", &call(0, 1)), Said::Yes);
}

#[test]
fn evidence_is_kept_for_a_day_and_not_a_second_longer() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    assert_eq!(says(&bank, "session.keep", &call(86_400, 1)), Said::Yes);
    assert_eq!(bank.evidence(&anna(), &call(86_400, 1)).unwrap().len(), 1);
    assert!(bank.evidence(&anna(), &call(86_401, 1)).unwrap().is_empty());
    assert_eq!(says(&bank, "session.keep", &call(86_401, 1)), Said::StepUp);
}

/// The same thing shown again is one piece, as of now.
#[test]
fn the_latest_of_equal_pieces_is_kept() {
    let bank = bank();
    for seconds in [0, 30, 60] {
        gives_code(&bank, &call(seconds, 1));
        let held = bank.evidence(&anna(), &call(seconds, 1)).unwrap();
        assert_eq!(held.len(), 1);
        assert_eq!(held[0].at(), moment(seconds));
    }
    // On another channel it says something else.
    let agent = TimedContext::new(moment(90), Channel::Agent, call(0, 1).interaction());
    gives_code(&bank, &agent);
    assert_eq!(bank.evidence(&anna(), &agent).unwrap().len(), 2);
}

/// A flood of interactions with weak evidence fills no record, and pushes nothing better out.
#[test]
fn ten_thousand_interactions_on_one_record_leave_the_strong_ones() {
    let store = Arc::new(MemoryStore::new());
    let bank = bank_over(&store);
    gives_code(&bank, &call(0, 1));
    let weak = Attempt::External(verified("caller-id", Strength::Weak));
    let length = || {
        let entry = store.load(&Key::of(&anna())).unwrap();
        entry.unwrap().bytes().len()
    };
    let mut longest = 0;
    for number in 0..10_000_u32 {
        let mut id = [9; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let flood = visit(1 + i64::from(number / 20), Interaction::from_bytes(id));
        accepts(&bank, &weak, &flood);
        longest = longest.max(length());
    }
    assert!(longest <= 1_280, "{longest} bytes");
    assert_eq!(bank.evidence(&anna(), &call(600, 1)).unwrap().len(), 1);
    assert_eq!(says(&bank, "address.change", &call(600, 1)), Said::Yes);
}

fn knows(by: &str) -> Attempt {
    let pass = ExternalVerification::new(by, FactorClass::Knowledge, Strength::Full);
    Attempt::External(pass.unwrap())
}

/// Found by attack: with eight better interactions, the first factor of a ninth was forgotten at once. Nobody could sign in.
#[test]
fn b09_a_sign_in_always_has_a_place_for_its_first_factor() {
    let weak = Attempt::External(verified("pin", Strength::Weak));
    for first in [knows("password"), weak] {
        let bank = bank();
        let held = |at, number| bank.evidence(&anna(), &call(at, number)).unwrap().len();
        for number in 0..12_u8 {
            let at = i64::from(number) * 60;
            accepts(&bank, &first, &call(at, number));
            gives_code(&bank, &call(at + 1, number));
            assert_eq!(held(at + 2, number), 2, "sign-in {number}");
        }
        // A flood of the same first factor costs one of the eight, the oldest.
        for number in 0..50 {
            accepts(&bank, &first, &call(700, 100 + number));
        }
        let left: Vec<_> = (0..12).filter(|number| held(701, *number) == 2).collect();
        assert_eq!(left, [5, 6, 7, 8, 9, 10, 11]);
        accepts(&bank, &first, &call(720, 12));
        gives_code(&bank, &call(721, 12));
        assert_eq!(held(722, 12), 2);
    }
}

/// Found by attack: after eight confirmed payments the session had lost what it began with.
#[test]
fn payments_of_one_session_leave_what_it_signed_in_by() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    for number in 0..12_u8 {
        let rent = payment(&format!("TX-{number}"));
        let ctx = call(10 + i64::from(number), 1).for_transaction(&rent);
        confirms(&bank, &rent, &ctx);
        assert_eq!(says(&bank, "payment.send", &ctx), Said::Yes);
    }
    assert_eq!(bank.evidence(&anna(), &call(60, 1)).unwrap().len(), 8);
    assert_eq!(says(&bank, "address.change", &call(60, 1)), Said::Yes);
}

/// Whoever has learned a password and signs in again and again pushes no customer out who has shown two factors.
#[test]
fn b09_sessions_with_one_factor_push_none_with_two_out() {
    let bank = bank();
    accepts(&bank, &knows("password"), &call(0, 1));
    gives_code(&bank, &call(0, 1));
    for number in 0..50 {
        accepts(
            &bank,
            &knows("password"),
            &call(1 + i64::from(number), 10 + number),
        );
    }
    assert_eq!(bank.evidence(&anna(), &call(60, 1)).unwrap().len(), 2);
    // Of the others, the latest are kept.
    let kept = |number| bank.evidence(&anna(), &call(60, number)).unwrap().len();
    assert_eq!((kept(59), kept(53), kept(52), kept(10)), (1, 1, 0, 0));
}

/// So many kinds of evidence in one interaction: the weak ones go first, then the oldest.
#[test]
fn an_interaction_keeps_eight_pieces_the_best_of_them() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    for number in 0..20 {
        let by = format!("line-{number}");
        let weak = Attempt::External(verified(&by, Strength::Weak));
        accepts(&bank, &weak, &call(1 + number, 1));
    }
    let held = bank.evidence(&anna(), &call(30, 1)).unwrap();
    assert_eq!(held.len(), 8);
    assert!(held.iter().any(|one| one.factor() == Factor::Totp));
    for number in 0..8 {
        let by = format!("passkey-{number}");
        let strong = Attempt::External(verified(&by, Strength::Full));
        accepts(&bank, &strong, &call(40 + number, 1));
    }
    let held = bank.evidence(&anna(), &call(60, 1)).unwrap();
    let names: Vec<_> = held
        .iter()
        .filter_map(|one| one.external_verifier())
        .collect();
    assert_eq!(
        names.len(),
        8,
        "the code of the app was the oldest: {names:?}"
    );
    assert!(names.iter().all(|name| name.starts_with("passkey")));
}

#[test]
fn b51_a_clock_that_jumps_a_year_between_decide_and_authorize_allows_nothing() {
    const YEAR: i64 = 365 * 86_400;
    for jump in [YEAR, -YEAR] {
        let bank = bank();
        gives_code(&bank, &call(0, 1));
        let request = Request::new("address.change");
        let decided = bank.decide(&policy(), &request, &anna(), &call(1, 1));
        let Decision::Allow(grant) = decided.unwrap() else {
            panic!("it is fresh")
        };
        let jumped = call(jump, 1);
        assert_eq!(says(&bank, "address.change", &jumped), Said::StepUp);
        assert!(bank.redeem(&grant, &jumped).unwrap().is_err());
        // The clock is set right again. Nothing of before comes back.
        let _ = bank.check(&anna(), &Attempt::Totp(Code::typed("000000")), &jumped);
        let right = call(2, 1);
        assert_eq!(
            says(&bank, "address.change", &right),
            Said::StepUp,
            "{jump}"
        );
        assert!(bank.evidence(&anna(), &right).unwrap().is_empty());
        assert!(bank.redeem(&grant, &right).unwrap().is_err());
    }
}

#[test]
fn what_voids_evidence_empties_the_record() {
    for change in [Change::Suspend, Change::Remove(Factor::Totp)] {
        let bank = bank();
        gives_code(&bank, &call(0, 1));
        approves(&bank, "eve", "limit.raise", &call(0, 2)).unwrap();
        let by = Authority::Host;
        let _ = bank.change(&anna(), &change, &by, &call(1, 3)).unwrap();
        let _ = bank
            .change(&anna(), &Change::Resume, &by, &call(1, 3))
            .unwrap();
        assert!(bank.evidence(&anna(), &call(2, 1)).unwrap().is_empty());
        assert_ne!(says(&bank, "address.change", &call(2, 1)), Said::Yes);
        assert_eq!(says(&bank, "limit.raise", &call(2, 1)), Said::StepUp);
    }
}

/// Sign-out: evidence, codes and questions of the interaction are gone, those of another stay.
#[test]
fn an_interaction_that_ends_is_forgotten() {
    let bank = bank();
    let phone = Change::SetPhone(Destination::phone("+62 812 3456 7834").unwrap());
    let by = Authority::Host;
    let _ = bank.change(&anna(), &phone, &by, &call(-500, 200)).unwrap();
    gives_code(&bank, &call(0, 1));
    gives_code(&bank, &call(30, 2));
    let order = |ctx| match bank.issue(&anna(), &CodeOrder::private(), ctx).unwrap() {
        Issued::Ready(delivery) => delivery.send(|_, code| Code::typed(code)).unwrap(),
        Issued::RateLimited(lock) => panic!("{lock:?}"),
    };
    let (first, second) = (order(&call(60, 1)), order(&call(60, 2)));
    bank.end(&anna(), &call(61, 1)).unwrap();
    assert!(bank.evidence(&anna(), &call(61, 1)).unwrap().is_empty());
    assert_eq!(bank.evidence(&anna(), &call(61, 2)).unwrap().len(), 1);
    assert_eq!(says(&bank, "address.change", &call(61, 1)), Said::StepUp);
    let given = |code: &Code, ctx: &TimedContext| {
        let outcome = bank.check(&anna(), &Attempt::Delivered(code.clone()), ctx);
        matches!(outcome.unwrap(), Outcome::Accepted(_))
    };
    assert!(!given(&first, &call(62, 1)), "its code is void");
    let outcome = bank.check(&anna(), &Attempt::Delivered(second.clone()), &call(62, 2));
    assert!(
        matches!(outcome, Ok(Outcome::Accepted(_))),
        "{outcome:?} {first:?} {second:?}"
    );
    // To end twice is nothing, and an unknown name can sign out.
    bank.end(&anna(), &call(63, 1)).unwrap();
    let nobody = Subject::new("bank", "C-9999").unwrap();
    bank.end(&nobody, &call(63, 1)).unwrap();
}

/// Evidence of another factor opens the lane with evidence for an hour, also from the record.
#[test]
fn b09_evidence_that_is_kept_opens_the_lane_for_an_hour() {
    let bank = bank();
    confirms(&bank, &payment("TX-1"), &call(0, 1));
    let wrong = Attempt::Totp(Code::typed("000000"));
    let mut stranger = None;
    for number in 0..10 {
        if let Outcome::Locked(lock) = bank.check(&anna(), &wrong, &call(1, 50 + number)).unwrap() {
            stranger = Some(lock);
        }
    }
    assert!(stranger.is_some(), "the lane of strangers is locked");
    gives_code(&bank, &call(3_600, 1));
    let weak = Attempt::External(verified("caller-id", Strength::Weak));
    accepts(&bank, &weak, &call(3_600, 4));
    let lock = |ctx: &TimedContext| bank.status(&anna(), ctx).unwrap().locked(Factor::Totp);
    assert_eq!(lock(&call(3_600, 1)), None);
    for number in 0..20 {
        let _ = bank
            .check(&anna(), &wrong, &call(3_601, 60 + number))
            .unwrap();
    }
    assert!(matches!(
        lock(&call(3_602, 4)),
        Some(Lock::Until(_) | Lock::Indefinite)
    ));
    assert!(
        lock(&call(3_602, 1)).is_some(),
        "its piece of another factor is older than an hour"
    );
}

/// An id may stand in a cookie. Whoever reads a log must not get it.
#[test]
fn events_debug_and_errors_never_show_an_interaction() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = {
        let events = Arc::clone(&events);
        move |event: &Event| {
            events.lock().unwrap().push(event.clone());
            Ok(())
        }
    };
    let settings = settings(1);
    let verifier = Verifier::new(MemoryStore::new(), settings.clone()).with_audit(sink);
    let id: [u8; 16] = core::array::from_fn(|place| 0xa1 + place as u8);
    let ctx = Context::new(Channel::Web, Interaction::from_bytes(id));
    verifier.create(&anna(), &ctx).unwrap();
    let passkey = Attempt::External(verified("passkey", Strength::Full));
    let outcome = verifier.check(&anna(), &passkey, &ctx).unwrap();
    let request = Request::new("address.change");
    let decided = verifier.decide(&policy(), &request, &anna(), &ctx).unwrap();
    let authorized = verifier
        .authorize(&policy(), &request, &anna(), &ctx)
        .unwrap();
    let evidence = verifier.evidence(&anna(), ctx.interaction()).unwrap();
    verifier.end(&anna(), &ctx).unwrap();
    let events = events.lock().unwrap();
    let texts = [
        format!("{:?}", ctx.interaction()),
        format!("{ctx:?} {outcome:?} {decided:?} {authorized:?} {evidence:?}"),
        format!("{events:?}"),
        format!("{verifier:?}"),
    ];
    let shows = |text: &str| {
        let bytes = id.windows(3);
        let spelled = bytes.flat_map(|part| {
            let [a, b, c] = [part[0], part[1], part[2]];
            [format!("{a:02x}{b:02x}{c:02x}"), format!("{a}, {b}, {c}")]
        });
        let lower = text.to_lowercase();
        spelled.into_iter().any(|spelled| lower.contains(&spelled))
    };
    assert!(shows("[161, 162, 163]") && shows("Interaction(A1A2A3A4..)"));
    for text in &texts {
        assert!(!shows(text), "{text}");
    }
    // All events of one interaction name it alike, by the keyed hash.
    let name = settings.interaction_hash(ctx.interaction());
    assert!(events.len() >= 4 && events.iter().all(|event| event.interaction == name));
    let others = [super::settings(2), super::settings(3)];
    assert!(
        others
            .iter()
            .all(|other| other.interaction_hash(ctx.interaction()) != name)
    );
    let again = Interaction::from_bytes(id);
    assert_eq!(
        format!("{again:?}"),
        texts[0],
        "one id looks alike in one process"
    );
    assert_ne!(format!("{:?}", call(0, 1).interaction()), texts[0]);
}
