//! What a kept piece says, which lane it opens, and which pieces make room. Each test kills a mutant that lived.

use super::*;
use countersign::account::Lock;
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::otp::ocra::{Ocra, OcraDevice, OcraResponse, OcraState, OcraTask};
use countersign::transition::{CommitResult, Saved};
use countersign::{Factor, SecretBytes};

type Bank = TimedVerifier<Arc<MemoryStore>>;

fn shows(class: FactorClass, strength: Strength, by: &str) -> Attempt {
    Attempt::External(ExternalVerification::new(by, class, strength).unwrap())
}

fn possession(by: &str) -> Attempt {
    shows(FactorClass::Possession, Strength::Full, by)
}

/// So many pieces does the interaction hold.
fn held(bank: &Bank, ctx: &TimedContext) -> usize {
    bank.evidence(&anna(), ctx).unwrap().len()
}

/// A piece keeps the channel of its check. Another channel at the decision makes it no better.
#[test]
fn evidence_keeps_the_channel_of_its_check() {
    let bank = bank();
    let one = call(0, 1).interaction();
    let bare = TimedContext::new(moment(0), Channel::Agent, one);
    gives_code(&bank, &bare);
    assert_eq!(says(&bank, "session.keep", &call(1, 1)), Said::StepUp);
    let read = |ctx: &TimedContext| {
        let all = bank.evidence(&anna(), ctx).unwrap();
        let say = |one: &countersign::Evidence| (one.channel(), one.is_protected());
        all.iter().map(say).collect::<Vec<_>>()
    };
    assert_eq!(read(&call(1, 1)), [(Channel::Agent, false)]);
    // On another channel, on a protected one, and by another factor, it is one more piece.
    let on = |seconds, channel| TimedContext::new(moment(seconds), channel, one);
    gives_code(&bank, &on(30, Channel::Agent).protected());
    gives_code(&bank, &on(60, Channel::Chat).protected());
    accepts(&bank, &possession("key"), &on(61, Channel::Agent));
    let expected = [
        (Channel::Agent, false),
        (Channel::Agent, true),
        (Channel::Chat, true),
        (Channel::Agent, false),
    ];
    assert_eq!(read(&call(62, 1)), expected);
}

/// A letter's code and an app's code on one channel are two pieces.
#[test]
fn evidence_of_two_factors_is_two_pieces() {
    let bank = bank();
    with_phone(&bank);
    let code = orders(&bank, &call(0, 1));
    gives_code(&bank, &call(1, 1));
    accepts(&bank, &Attempt::Delivered(code), &call(2, 1));
    assert_eq!(held(&bank, &call(3, 1)), 2);
}

fn with_phone(bank: &Bank) {
    let phone = Change::SetPhone(Destination::phone("+62 812 3456 7834").unwrap());
    let by = Authority::Host;
    let done = bank.change(&anna(), &phone, &by, &call(-500, 200));
    assert_eq!(done.unwrap(), Changed::Done);
}

fn orders(bank: &Bank, ctx: &TimedContext) -> Code {
    match bank.issue(&anna(), &CodeOrder::private(), ctx).unwrap() {
        Issued::Ready(delivery) => delivery.send(|_, code| Code::typed(code)).unwrap(),
        Issued::RateLimited(lock) => panic!("{lock:?}"),
    }
}

/// The first interactions, then seven that have shown a passkey, then one more. Returns which of the first are left.
fn left(first: &[(&Attempt, i64, u8)]) -> Vec<u8> {
    let bank = bank();
    let mut numbers: Vec<_> = first.iter().map(|(_, _, number)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for (attempt, seconds, number) in first {
        accepts(&bank, attempt, &call(*seconds, *number));
    }
    let rest = 9_u8.saturating_sub(u8::try_from(numbers.len()).unwrap());
    for number in 0..rest {
        let ctx = call(500 + i64::from(number), 100 + number);
        accepts(&bank, &possession("key"), &ctx);
    }
    numbers.retain(|number| held(&bank, &call(600, *number)) > 0);
    numbers
}

#[test]
fn what_makes_room_is_weak_then_of_fewer_classes_then_oldest_by_its_latest_piece() {
    let sms = shows(FactorClass::Possession, Strength::Restricted, "sms");
    let (key, other) = (possession("key"), possession("other"));
    let pin = shows(FactorClass::Knowledge, Strength::Weak, "pin");
    let word = shows(FactorClass::Knowledge, Strength::Full, "password");
    // A restricted piece goes before a full one, though it is later.
    assert_eq!(left(&[(&key, 0, 1), (&sms, 10, 2)]), [1]);
    // Two pieces of one class are one class, and a weak one is none: the older goes.
    assert_eq!(left(&[(&key, 0, 1), (&other, 1, 1), (&key, 10, 2)]), [2]);
    assert_eq!(left(&[(&key, 0, 1), (&pin, 1, 1), (&key, 10, 2)]), [2]);
    assert_eq!(left(&[(&key, 0, 1), (&word, 1, 1), (&key, 10, 2)]), [1]);
    // Its latest piece says how old it is, and not the place or the first.
    let again = [(&key, 0, 1), (&key, 10, 2), (&other, 20, 1)];
    assert_eq!(left(&again), [1]);
}

/// After a day nothing of an interaction is left, not even its id.
#[test]
fn an_interaction_without_evidence_takes_no_bytes() {
    let store = Arc::new(MemoryStore::new());
    let bank = bank_over(&store);
    let length = || {
        let entry = store.load(&countersign::store::Key::of(&anna())).unwrap();
        entry.unwrap().bytes().len()
    };
    accepts(&bank, &possession("key"), &call(0, 1));
    let one = length();
    for number in 2..9 {
        accepts(&bank, &possession("key"), &call(0, number));
    }
    assert!(length() > one + 128, "{} after {one}", length());
    // A step fills its record up to what it could hold, so the second one is shorter.
    for seconds in 86_401..86_404 {
        accepts(&bank, &possession("key"), &call(seconds, 100));
    }
    assert_eq!(length(), one);
}

/// The lane with evidence is the lane of an interaction that holds some, for an hour and not a second longer.
#[test]
fn b09_a_lane_is_of_its_interaction_and_another_factor() {
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    confirms(&bank, &payment("TX-1"), &call(0, 2));
    let wrong = Attempt::Totp(Code::typed("000000"));
    for number in 0..10 {
        let _ = bank.check(&anna(), &wrong, &call(1, 50 + number)).unwrap();
    }
    let is_locked = |seconds, number| {
        let status = bank.status(&anna(), &call(seconds, number)).unwrap();
        status.locked(Factor::Totp).is_some()
    };
    let told = [3, 1, 2].map(|number| is_locked(2, number));
    // A stranger, one who has shown this factor only, one who has shown another.
    assert_eq!(told, [true, true, false]);
    assert!(matches!(
        bank.status(&anna(), &call(2, 3))
            .unwrap()
            .locked(Factor::Totp),
        Some(Lock::Until(_))
    ));
    let of = |seconds, number| match bank.check(&anna(), &wrong, &call(seconds, number)).unwrap() {
        Outcome::Locked(_) => "locked",
        Outcome::Denied => "denied",
        other => panic!("{other:?}"),
    };
    let lock_again = || {
        for number in 0..10 {
            let _ = bank
                .check(&anna(), &wrong, &call(3_599, 60 + number))
                .unwrap();
        }
    };
    lock_again();
    assert_eq!((of(3_600, 2), of(3_600, 3)), ("denied", "locked"));
    lock_again();
    assert_eq!(of(3_601, 2), "locked");
}

#[test]
fn b56_two_agents_approve_two_actions_side_by_side() {
    let rules = POLICY.replace("approvals = 1", "approvals = 2");
    let two = Policy::from_toml(&rules).unwrap();
    let bank = bank();
    for (agent, action) in [
        ("eve", "limit.raise"),
        ("eve", "account.resume"),
        ("ann", "limit.raise"),
        ("ann", "account.resume"),
    ] {
        approves(&bank, agent, action, &call(0, 2)).unwrap();
    }
    for action in ["limit.raise", "account.resume"] {
        let request = Request::new(action).handled_by(Agent::new("tom").unwrap());
        let ask = || {
            said(
                &bank
                    .authorize(&two, &request, &anna(), &call(1, 1))
                    .unwrap(),
            )
        };
        assert_eq!((ask(), ask()), (Said::Yes, Said::StepUp), "{action}");
    }
}

/// Each action carries it out once, also if their names are of one length.
#[test]
fn b50_two_actions_each_carry_one_transaction_out_once() {
    let rule = "any = [{ all = [{ factor = \"totp\", max_age = 900 }] }]";
    let rules = format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n\
         [action.\"pay\".every_tier]\n{rule}\n[action.\"get\".every_tier]\n{rule}\n"
    );
    let policy = Policy::from_toml(&rules).unwrap();
    let bank = bank();
    gives_code(&bank, &call(0, 1));
    let ask = |action: &str, of: &str| {
        let ctx = call(1, 1).for_transaction(&payment(of));
        let told = bank.authorize(&policy, &Request::new(action), &anna(), &ctx);
        said(&told.unwrap())
    };
    let again = Said::No(DenyReason::CarriedOut);
    for of in ["TX-1", "TX-2"] {
        for action in ["pay", "get"] {
            assert_eq!(
                (ask(action, of), ask(action, of)),
                (Said::Yes, again),
                "{action} {of}"
            );
        }
    }
}

/// Also without any evidence: the code of a first sign-in and the question to a device are void.
#[test]
fn an_interaction_that_ends_before_any_evidence_leaves_no_code_and_no_question() {
    let bank = bank();
    with_phone(&bank);
    let code = orders(&bank, &call(0, 1));
    bank.end(&anna(), &call(1, 1)).unwrap();
    let given = bank.check(&anna(), &Attempt::Delivered(code), &call(2, 1));
    assert!(matches!(given, Ok(Outcome::Denied)), "{given:?}");

    let secret = SecretBytes::from(vec![7; 32]);
    let device = Ocra::new(crate::support::suite("OCRA-1:HOTP-SHA256-8:QN08"), secret).unwrap();
    let set = Change::SetOcra(OcraDevice::from(device.clone()));
    let _ = bank
        .change(&anna(), &set, &Authority::Host, &call(3, 200))
        .unwrap();
    let asked = |ctx: &TimedContext| {
        let Issued::Ready(dialog) = bank
            .challenge(&anna(), &OcraTask::authenticate(), ctx)
            .unwrap()
        else {
            panic!("it is the first")
        };
        let state = OcraState::default();
        let step = device
            .respond(&state, dialog.question(), ctx.now())
            .unwrap();
        match step.commit(|_| Saved::<()>::Stored) {
            Ok(CommitResult::Stored(text)) => {
                Attempt::Ocra(OcraResponse::typed(text.expose_text()))
            }
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (asked(&call(4, 1)), asked(&call(4, 2)));
    bank.end(&anna(), &call(5, 1)).unwrap();
    let given = bank.check(&anna(), &first, &call(6, 1));
    assert!(matches!(given, Ok(Outcome::Denied)), "{given:?}");
    accepts(&bank, &second, &call(6, 2));
}
