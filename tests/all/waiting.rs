//! Changes that wait: asked for, warned of, cancelled, paused, and made when their time has come.

mod model;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::account::{Agent, Pending, PendingId};
use countersign::audit::{Event, EventKind};
use countersign::delivered::{
    CodeOrder, Destination, Issued, Kind, Notice, NoticePhrases, Phrases, Wording,
};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::{OtpKey, Totp};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Code, Decision, Error, Factor, Grant,
    Interaction, Outcome, Policy, Request, SecretBytes, Settings, Subject, Timestamp,
};

const START: i64 = 1_800_000_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

const POLICY: &str = r#"
version = 1
grant_lifetime = 300
tiers = ["only"]

[action."authenticator.reset".every_tier]
any = [
    { all = [{ approvals = 2, max_age = 600 }], delay = 86400 },
    { all = [{ factor = "spoken_code", max_age = 600 }], delay = 172800 },
]
barred_after_cancel = 604800

[action."authenticator.add".every_tier]
any = [
    { all = [{ factor = "spoken_code", max_age = 600 }], delay = 86400 },
    { all = [{ factor = "totp", max_age = 600 }] },
]
barred_after_cancel = 604800

[action."authenticator.unlock".every_tier]
any = [{ all = [{ approvals = 1, max_age = 600 }] }]
delay = 60

[action."authenticator.remove".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }]

[action."authenticator.disable".every_tier]
any = [{ all = [{ factor = "spoken_code", max_age = 600 }], delay = 86400 }]
barred_after_cancel = 604800

[action."authenticator.rename".every_tier]
any = [{ all = [{ factor = "spoken_code", max_age = 600 }], delay = 86400 }]

[action."authenticator.list".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }]

[action."account.cancel".every_tier]
any = [{ all = [{ approvals = 1, max_age = 600 }] }]
"#;

fn policy() -> Policy {
    Policy::from_toml(POLICY).unwrap()
}

/// A call with an agent, so many seconds after the start.
fn call(second: i64, tag: u8) -> TimedContext {
    on(Channel::Agent, second, tag)
}

fn on(channel: Channel, second: i64, tag: u8) -> TimedContext {
    let now = Timestamp::from_unix(START + second).unwrap();
    TimedContext::new(now, channel, Interaction::from_bytes([tag; 16]))
}

fn app(tag: u8) -> Totp {
    let key = OtpKey::new(SecretBytes::from(vec![tag; 20])).unwrap();
    Totp::from(key.with_digits(8).unwrap())
}

fn code_of(app: &Totp, ctx: &TimedContext) -> Code {
    Code::typed(app.code_at(ctx.now()).expose_text())
}

fn agent(name: &str) -> Agent {
    Agent::new(name).unwrap()
}

fn settings() -> Settings {
    let long_term = LongTermSecret::from_bytes(1, [9; 32]).unwrap();
    let ring = Keyring::new(RootKey::from_bytes(1, [1; 32]).unwrap(), long_term);
    Settings::new("bank", ring).unwrap()
}

type Trail = Arc<Mutex<Vec<Event>>>;
type Sink = Box<dyn Fn(&Event) -> Result<(), Error> + Send + Sync>;

/// A bank with one customer, who has an app, a telephone and an e-mail address.
struct Bank {
    verifier: TimedVerifier<Arc<MemoryStore>, Sink>,
    anna: Subject,
    trail: Trail,
}

fn verifier(store: Arc<MemoryStore>, trail: &Trail) -> TimedVerifier<Arc<MemoryStore>, Sink> {
    let trail = Arc::clone(trail);
    let sink: Sink = Box::new(move |event: &Event| {
        trail.lock().unwrap().push(event.clone());
        Ok(())
    });
    TimedVerifier::new(store, settings()).with_audit(sink)
}

impl Bank {
    fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new()))
    }

    fn over(store: Arc<MemoryStore>) -> Self {
        let trail = Trail::default();
        let bank = Self {
            verifier: verifier(store, &trail),
            anna: Subject::new("bank", "C-1042").unwrap(),
            trail,
        };
        let before = call(-90 * DAY, 1);
        bank.verifier.create(&bank.anna, &before).unwrap();
        for change in [
            Change::AddTotp(app(1)),
            Change::ConfirmTotp(code_of(&app(1), &before)),
            Change::SetPhone(Destination::phone("+6281234567834").unwrap()),
            Change::SetEmail(Destination::email("maya@example.com").unwrap()),
        ] {
            assert_eq!(bank.by_host(&change, &before), Changed::Done);
        }
        bank.trail.lock().unwrap().clear();
        bank
    }

    fn by_host(&self, change: &Change, ctx: &TimedContext) -> Changed {
        let by = Authority::Host;
        self.verifier.change(&self.anna, change, &by, ctx).unwrap()
    }

    fn checks(&self, attempt: &Attempt, ctx: &TimedContext) -> bool {
        let outcome = self.verifier.check(&self.anna, attempt, ctx).unwrap();
        matches!(outcome, Outcome::Accepted(_))
    }

    /// Whether a code of the app of that tag is accepted.
    fn signs_in(&self, tag: u8, ctx: &TimedContext) -> bool {
        self.checks(&Attempt::Totp(code_of(&app(tag), ctx)), ctx)
    }

    /// Reads a code from the telephone to the agent.
    #[track_caller]
    fn reads_a_code(&self, ctx: &TimedContext) {
        let order = CodeOrder::spoken();
        let Issued::Ready(delivery) = self.verifier.issue(&self.anna, &order, ctx).unwrap() else {
            panic!("not sent")
        };
        let code = delivery.send(|_, code| Code::typed(code)).unwrap();
        assert!(self.checks(&Attempt::Delivered(code), ctx));
    }

    fn approve(&self, name: &str, action: &str, ctx: &TimedContext) {
        let lifetime = Duration::from_secs(600);
        let agent = agent(name);
        let approved = self
            .verifier
            .approve(&self.anna, &agent, action, lifetime, ctx);
        approved.unwrap();
    }

    fn decide(&self, action: &str, ctx: &TimedContext) -> Decision {
        let request = Request::new(action).handled_by(agent("tom"));
        self.verifier
            .decide(&policy(), &request, &self.anna, ctx)
            .unwrap()
    }

    #[track_caller]
    fn grant(&self, action: &str, ctx: &TimedContext) -> Grant {
        match self.decide(action, ctx) {
            Decision::Allow(grant) => grant,
            other => panic!("{other}"),
        }
    }

    #[track_caller]
    fn change(&self, change: &Change, ctx: &TimedContext) -> Changed {
        let grant = self.grant(change.action(), ctx);
        let by = Authority::Granted(&grant);
        self.verifier.change(&self.anna, change, &by, ctx).unwrap()
    }

    /// Two agents approve the reset of the app, and the third asks for it.
    #[track_caller]
    fn asks_for_a_reset(&self, ctx: &TimedContext) -> Changed {
        for name in ["eve", "kim"] {
            self.approve(name, "authenticator.reset", ctx);
        }
        self.change(&Change::Reset(Factor::Totp), ctx)
    }

    fn is_enrolled(&self, factor: Factor, ctx: &TimedContext) -> bool {
        self.verifier
            .status(&self.anna, ctx)
            .unwrap()
            .is_enrolled(factor)
    }

    fn pending(&self, ctx: &TimedContext) -> Vec<Pending> {
        let by = Authority::Host;
        self.verifier.pending(&self.anna, &by, ctx).unwrap()
    }

    fn kinds(&self) -> Vec<EventKind> {
        let trail = core::mem::take(&mut *self.trail.lock().unwrap());
        trail.into_iter().map(|event| event.kind).collect()
    }

    fn names(&self) -> Vec<String> {
        let name = |kind: EventKind| {
            let text = format!("{kind:?}");
            text.split([' ', '{']).next().unwrap().to_owned()
        };
        self.kinds().into_iter().map(name).collect()
    }
}

#[track_caller]
fn waits(changed: Changed) -> Pending {
    match changed {
        Changed::Waits(pending) => *pending,
        other => panic!("{other:?}"),
    }
}

fn after(seconds: i64) -> Timestamp {
    Timestamp::from_unix(START + seconds).unwrap()
}

#[test]
fn a_reset_changes_nothing_until_its_time_and_then_the_next_call_makes_it() {
    let bank = Bank::new();
    let pending = waits(bank.asks_for_a_reset(&call(0, 1)));
    assert_eq!(
        (pending.action(), pending.factor()),
        ("authenticator.reset", Factor::Totp)
    );
    assert_eq!(pending.handled_by(), Some(&agent("tom")));
    assert_eq!(pending.approved_by(), [agent("eve"), agent("kim")]);
    assert_eq!(
        (pending.asked_at(), pending.effective_at()),
        (after(0), after(DAY))
    );
    assert!(!pending.is_paused());
    let listed = bank.pending(&call(1, 2));
    assert_eq!((listed.len(), listed[0].id()), (1, pending.id()));
    assert_eq!(listed[0].effective_at(), pending.effective_at());
    // The app signs in to the last second, and evidence stands.
    for second in [60, HOUR, DAY - 31] {
        assert!(
            bank.signs_in(1, &on(Channel::Device, second, 3)),
            "{second}"
        );
    }
    assert!(bank.is_enrolled(Factor::Totp, &call(DAY - 1, 2)));
    bank.trail.lock().unwrap().clear();
    // Reads show it, and write nothing.
    assert!(!bank.is_enrolled(Factor::Totp, &call(DAY, 2)));
    assert!(bank.pending(&call(DAY - 1, 2)).len() == 1);
    assert_eq!(bank.names(), ["Listed"]);
    assert!(!bank.signs_in(1, &on(Channel::Device, DAY, 3)));
    let trail = core::mem::take(&mut *bank.trail.lock().unwrap());
    let [made, denied] = trail.as_slice() else {
        panic!("{trail:?}")
    };
    let EventKind::ChangeTookEffect { change } = made.kind else {
        panic!("{made:?}")
    };
    assert_eq!(
        (change.id, change.action, change.factor),
        (pending.id(), "authenticator.reset", Factor::Totp)
    );
    let hash = |name| bank.verifier.settings().agent_hash(&agent(name));
    assert_eq!(made.handled_by, Some(hash("tom")));
    assert_eq!(made.approved_by, [hash("eve"), hash("kim")]);
    assert_ne!(hash("eve"), hash("kim"));
    assert!(
        matches!(denied.kind, EventKind::Denied { .. }),
        "{denied:?}"
    );
    assert_eq!(made.revision, denied.revision, "one write");
    assert!(bank.pending(&call(DAY, 2)).is_empty());
    assert!(!bank.is_enrolled(Factor::Totp, &call(DAY, 2)));
}

#[test]
fn a_change_that_takes_effect_voids_evidence_as_one_that_is_made_at_once() {
    let bank = Bank::new();
    let _ = bank.asks_for_a_reset(&call(0, 1));
    let device = on(Channel::Device, DAY - 60, 3);
    assert!(bank.signs_in(1, &device));
    assert_eq!(
        bank.verifier.evidence(&bank.anna, &device).unwrap().len(),
        1
    );
    let later = on(Channel::Device, DAY, 3);
    assert!(
        bank.verifier
            .evidence(&bank.anna, &later)
            .unwrap()
            .is_empty()
    );
    assert!(matches!(
        bank.decide("authenticator.remove", &later),
        Decision::StepUp(_) | Decision::Deny(_)
    ));
}

#[test]
fn the_same_again_gets_the_same_answer_and_its_time_stands() {
    let bank = Bank::new();
    let first = waits(bank.asks_for_a_reset(&call(0, 1)));
    assert_eq!(first.warnings().len(), 2);
    let again = waits(bank.asks_for_a_reset(&call(HOUR, 2)));
    assert_eq!(
        (again.id(), again.asked_at()),
        (first.id(), first.asked_at())
    );
    assert_eq!(again.effective_at(), first.effective_at());
    assert!(
        again.warnings().is_empty(),
        "one message for a hundred requests"
    );
    // The approvals of the second request have not served. They serve for nothing else.
    assert!(matches!(
        bank.decide("authenticator.reset", &call(HOUR, 2)),
        Decision::Allow(_)
    ));
    // A rule that waits longer does not lengthen it.
    bank.reads_a_code(&call(5 * HOUR, 4));
    let longer = waits(bank.change(&Change::Reset(Factor::Totp), &call(5 * HOUR, 4)));
    assert_eq!(longer.effective_at(), first.effective_at());
    assert_eq!(bank.pending(&call(6 * HOUR, 2)).len(), 1);
    // Another factor waits beside it.
    for name in ["eve", "kim"] {
        bank.approve(name, "authenticator.reset", &call(7 * HOUR, 5));
    }
    let other = waits(bank.change(&Change::Reset(Factor::RecoveryCode), &call(7 * HOUR, 5)));
    assert_ne!(other.id(), first.id());
    assert_eq!(bank.pending(&call(8 * HOUR, 2)).len(), 2);
}

#[test]
fn approvals_of_a_change_that_waits_are_used_up() {
    let bank = Bank::new();
    let _ = bank.asks_for_a_reset(&call(0, 1));
    assert!(!matches!(
        bank.decide("authenticator.reset", &call(1, 1)),
        Decision::Allow(_)
    ));
    assert!(!matches!(
        bank.decide("authenticator.reset", &call(1, 2)),
        Decision::Allow(_)
    ));
}

#[test]
fn any_factor_that_is_left_cancels_it_in_one_step_and_the_like_is_barred() {
    let bank = Bank::new();
    let id = waits(bank.asks_for_a_reset(&call(0, 1))).id();
    // Nobody without evidence, not with another interaction's, and not what does not wait.
    assert_eq!(
        bank.verifier.cancel(&bank.anna, id, &call(1, 1)).unwrap(),
        Changed::Denied
    );
    assert!(bank.signs_in(1, &call(60, 2)));
    assert_eq!(
        bank.verifier.cancel(&bank.anna, id, &call(61, 3)).unwrap(),
        Changed::Denied
    );
    let none = PendingId::new(id.number() + 1);
    assert_eq!(
        bank.verifier
            .cancel(&bank.anna, none, &call(61, 2))
            .unwrap(),
        Changed::Denied
    );
    assert_eq!(bank.pending(&call(61, 3)).len(), 1);
    bank.kinds();
    // The app that was to be reset stops it, on a call.
    assert_eq!(
        bank.verifier.cancel(&bank.anna, id, &call(62, 2)).unwrap(),
        Changed::Done
    );
    assert_eq!(bank.names(), ["ChangeCancelled"]);
    assert!(bank.pending(&call(63, 3)).is_empty());
    assert!(bank.signs_in(1, &call(2 * DAY, 4)), "it never takes effect");
    // The like is barred for a week from the cancellation on. Asking moves nothing.
    let until = after(62 + 7 * DAY);
    for second in [2 * DAY, 4 * DAY, 62 + 7 * DAY - 1] {
        assert_eq!(
            bank.asks_for_a_reset(&call(second, 5)),
            Changed::Barred(until)
        );
    }
    assert!(bank.names().contains(&"ChangeBarred".to_owned()));
    let pending = waits(bank.asks_for_a_reset(&call(62 + 7 * DAY, 6)));
    assert_eq!(pending.effective_at(), after(62 + 8 * DAY));
    assert_ne!(pending.id(), id, "no id is given again");
}

#[test]
fn an_unknown_subject_has_nothing_that_waits_and_nothing_to_cancel() {
    let bank = Bank::new();
    let nobody = Subject::new("bank", "C-9").unwrap();
    let by = Authority::Host;
    let told = bank
        .verifier
        .cancel(&nobody, PendingId::new(1), &call(0, 1));
    assert_eq!(told.unwrap(), Changed::Denied);
    assert!(bank.verifier.pending(&nobody, &by, &call(0, 1)).is_err());
    let told = bank
        .verifier
        .warnings(&nobody, Notice::Suspended, &call(0, 1));
    assert!(told.unwrap().is_empty());
}

#[test]
fn the_host_and_a_policy_cancel_without_evidence() {
    let bank = Bank::new();
    let id = waits(bank.asks_for_a_reset(&call(0, 1))).id();
    assert_eq!(
        bank.by_host(&Change::Cancel(id), &call(1, 2)),
        Changed::Done
    );
    assert_eq!(
        bank.by_host(&Change::Cancel(id), &call(1, 2)),
        Changed::Denied
    );
    assert!(matches!(
        bank.asks_for_a_reset(&call(2, 3)),
        Changed::Barred(_)
    ));
    let bank = Bank::new();
    let id = waits(bank.asks_for_a_reset(&call(0, 1))).id();
    bank.approve("eve", "account.cancel", &call(1, 2));
    assert_eq!(bank.change(&Change::Cancel(id), &call(2, 2)), Changed::Done);
    assert!(bank.pending(&call(3, 3)).is_empty());
    assert!(
        !matches!(
            bank.decide("account.cancel", &call(3, 2)),
            Decision::Allow(_)
        ),
        "used up"
    );
}

#[test]
fn a_suspension_pauses_what_waits() {
    let bank = Bank::new();
    let id = waits(bank.asks_for_a_reset(&call(0, 1))).id();
    assert_eq!(
        bank.by_host(&Change::Suspend, &call(10 * HOUR, 2)),
        Changed::Done
    );
    let paused = bank.pending(&call(20 * HOUR, 2));
    assert!(paused[0].is_paused());
    assert_eq!(paused[0].effective_at(), after(34 * HOUR), "it moves on");
    // Long after its time it still waits, and suspending once more changes nothing.
    assert_eq!(
        bank.by_host(&Change::Suspend, &call(50 * HOUR, 2)),
        Changed::Done
    );
    assert_eq!(bank.pending(&call(100 * HOUR, 2)).len(), 1);
    assert_eq!(
        bank.by_host(&Change::Resume, &call(110 * HOUR, 2)),
        Changed::Done
    );
    let resumed = bank.pending(&call(110 * HOUR, 2));
    assert!(!resumed[0].is_paused());
    assert_eq!(
        (resumed[0].id(), resumed[0].effective_at()),
        (id, after(124 * HOUR))
    );
    assert!(bank.signs_in(1, &on(Channel::Device, 124 * HOUR - 60, 3)));
    assert!(!bank.is_enrolled(Factor::Totp, &call(124 * HOUR, 2)));
}

#[test]
fn what_was_due_before_a_suspension_took_effect_before_it() {
    let bank = Bank::new();
    let _ = bank.asks_for_a_reset(&call(0, 1));
    bank.kinds();
    assert_eq!(bank.by_host(&Change::Suspend, &call(DAY, 2)), Changed::Done);
    assert_eq!(bank.names(), ["ChangeTookEffect", "Changed"]);
}

#[test]
fn to_void_all_stops_what_waits_and_what_was_shown() {
    for is_suspended in [false, true] {
        let bank = Bank::new();
        let _ = bank.asks_for_a_reset(&call(0, 1));
        let device = on(Channel::Device, 60, 3);
        assert!(bank.signs_in(1, &device));
        let grant = bank.grant("authenticator.remove", &device);
        bank.approve("eve", "authenticator.reset", &call(60, 4));
        if is_suspended {
            assert_eq!(bank.by_host(&Change::Suspend, &call(61, 2)), Changed::Done);
        }
        bank.kinds();
        assert_eq!(bank.by_host(&Change::VoidAll, &call(62, 2)), Changed::Done);
        assert_eq!(bank.names(), ["ChangeDropped", "Changed"]);
        if is_suspended {
            assert_eq!(bank.by_host(&Change::Resume, &call(63, 2)), Changed::Done);
        }
        assert!(bank.pending(&call(64, 2)).is_empty());
        let later = on(Channel::Device, 64, 3);
        assert!(
            bank.verifier
                .evidence(&bank.anna, &later)
                .unwrap()
                .is_empty()
        );
        let by = Authority::Granted(&grant);
        let voided = bank
            .verifier
            .change(&bank.anna, &Change::Remove(Factor::Totp), &by, &later);
        assert!(voided.is_err());
        // Nothing is barred: the customer may need the reset now. The approval is void.
        assert!(!matches!(
            bank.decide("authenticator.reset", &call(65, 4)),
            Decision::Allow(_)
        ));
        let _ = waits(bank.asks_for_a_reset(&call(66, 5)));
        assert!(
            bank.signs_in(1, &on(Channel::Device, 120, 6)),
            "authenticators stay"
        );
    }
}

#[test]
fn a_new_app_shows_its_first_code_then_waits_and_counts_from_its_time_on() {
    let bank = Bank::new();
    let desk = call(0, 1);
    bank.reads_a_code(&desk);
    let new = app(2);
    assert_eq!(
        bank.change(&Change::AddTotp(new.clone()), &desk),
        Changed::Done
    );
    assert_eq!(
        bank.change(&Change::ConfirmTotp(Code::typed("00000000")), &desk),
        Changed::Denied
    );
    let pending = waits(bank.change(&Change::ConfirmTotp(code_of(&new, &desk)), &desk));
    assert_eq!(
        (pending.action(), pending.factor()),
        ("authenticator.add", Factor::Totp)
    );
    // The old one signs in, the new one does not, and nothing waits for a code.
    assert!(!bank.signs_in(2, &on(Channel::Device, HOUR, 3)));
    assert!(bank.signs_in(1, &on(Channel::Device, HOUR, 3)));
    let again = bank.verifier.change(
        &bank.anna,
        &Change::ConfirmTotp(code_of(&new, &call(60, 1))),
        &Authority::Host,
        &call(60, 1),
    );
    assert_eq!(again.unwrap(), Changed::Denied);
    // A second one by a delay meets the first, before it shows a code.
    let again = call(2 * HOUR, 4);
    bank.reads_a_code(&again);
    assert_eq!(
        waits(bank.change(&Change::AddTotp(app(3)), &again)).id(),
        pending.id()
    );
    // At its time both count. The code that confirmed it is spent.
    assert!(bank.signs_in(2, &on(Channel::Device, DAY, 5)));
    assert!(bank.signs_in(1, &on(Channel::Device, DAY, 5)));
    let evidence = bank
        .verifier
        .evidence(&bank.anna, &on(Channel::Device, DAY, 5))
        .unwrap();
    let since: Vec<_> = evidence.iter().map(|one| one.enrolled_at()).collect();
    assert!(since.contains(&Some(after(DAY))), "{since:?}");
}

#[test]
fn a_new_address_waits_and_the_old_one_is_warned() {
    let bank = Bank::new();
    let desk = call(0, 1);
    bank.reads_a_code(&desk);
    let new = Destination::phone("+49301234567").unwrap();
    let order = CodeOrder::confirm(Kind::Private, new);
    let Issued::Ready(delivery) = bank.verifier.issue(&bank.anna, &order, &desk).unwrap() else {
        panic!("not sent")
    };
    let code = delivery.send(|_, code| Code::typed(code)).unwrap();
    // The code goes to the new telephone, which the caller holds. It is keyed in on a device.
    let device = on(Channel::Device, 1, 1);
    let pending = waits(bank.change(&Change::ConfirmAddress(code.clone()), &device));
    assert_eq!(pending.factor(), Factor::PrivateCode);
    let warned: Vec<_> = pending
        .warnings()
        .iter()
        .map(|one| one.to().address())
        .collect();
    assert_eq!(warned, ["+6281234567834", "maya@example.com"]);
    let again = bank.verifier.change(
        &bank.anna,
        &Change::ConfirmAddress(code),
        &Authority::Host,
        &device,
    );
    assert_eq!(again.unwrap(), Changed::Denied, "the code has served");
    let sent_to = |ctx: &TimedContext| {
        let order = CodeOrder::spoken();
        let Issued::Ready(delivery) = bank.verifier.issue(&bank.anna, &order, ctx).unwrap() else {
            panic!("not sent")
        };
        delivery.send(|to, _| to.address().to_owned()).unwrap()
    };
    assert_eq!(sent_to(&call(HOUR, 4)), "+6281234567834");
    assert_eq!(sent_to(&call(DAY + 1, 5)), "+49301234567");
}

#[test]
fn recovery_codes_wait_too() {
    let bank = Bank::new();
    let desk = call(0, 1);
    let first = bank
        .verifier
        .generate_recovery_codes(&bank.anna, 4, &Authority::Host, &desk);
    let first = first.unwrap();
    assert_eq!(first.counts_from(), None);
    bank.reads_a_code(&desk);
    let grant = bank.grant("authenticator.add", &desk);
    let by = Authority::Granted(&grant);
    let new = bank
        .verifier
        .generate_recovery_codes(&bank.anna, 4, &by, &desk)
        .unwrap();
    assert_eq!(new.counts_from(), Some(after(DAY)));
    let once_more = bank
        .verifier
        .generate_recovery_codes(&bank.anna, 4, &by, &desk);
    assert!(once_more.unwrap_err().to_string().contains("wait already"));
    let code = |list: &countersign::recovery::RecoveryCodeList| {
        Attempt::Recovery(Code::typed(list.codes()[0].expose_text()))
    };
    assert!(!bank.checks(&code(&new), &call(HOUR, 2)));
    assert!(bank.checks(&code(&first), &call(HOUR, 2)));
    assert!(bank.checks(&code(&new), &call(DAY, 3)));
    assert!(!bank.checks(&code(&first), &call(DAY, 4)));
}

#[test]
fn what_cannot_be_made_any_more_is_dropped_and_the_trail_says_so() {
    // Made at once meanwhile, it does not undo what the customer did after it.
    let bank = Bank::new();
    let _ = bank.asks_for_a_reset(&call(0, 1));
    bank.kinds();
    let device = on(Channel::Device, 60, 3);
    assert!(bank.signs_in(1, &device));
    assert_eq!(
        bank.change(&Change::Remove(Factor::Totp), &device),
        Changed::Done
    );
    assert_eq!(bank.names(), ["Accepted", "ChangeDropped", "Changed"]);
    // More apps than there is room for.
    let bank = Bank::new();
    let desk = call(0, 1);
    bank.reads_a_code(&desk);
    assert_eq!(bank.change(&Change::AddTotp(app(2)), &desk), Changed::Done);
    let _ = waits(bank.change(&Change::ConfirmTotp(code_of(&app(2), &desk)), &desk));
    for tag in 10..18 {
        let ctx = on(Channel::Device, i64::from(tag) * 60, tag);
        let by = Authority::Host;
        let added = bank
            .verifier
            .change(&bank.anna, &Change::AddTotp(app(tag)), &by, &ctx);
        if added.is_err() {
            break;
        }
        let confirmed = bank.by_host(&Change::ConfirmTotp(code_of(&app(tag), &ctx)), &ctx);
        assert_eq!(confirmed, Changed::Done);
    }
    bank.kinds();
    assert!(!bank.signs_in(2, &on(Channel::Device, DAY, 5)));
    assert_eq!(bank.names(), ["ChangeDropped", "Denied"]);
    assert!(bank.signs_in(1, &on(Channel::Device, DAY, 5)));
}

#[test]
fn four_wait_at_most() {
    let bank = Bank::new();
    let factors = [
        Factor::Totp,
        Factor::Hotp,
        Factor::Password,
        Factor::Pin,
        Factor::Word,
    ];
    for (place, factor) in factors.into_iter().enumerate() {
        let ctx = call(
            i64::try_from(place).unwrap(),
            u8::try_from(place).unwrap() + 1,
        );
        for name in ["eve", "kim"] {
            bank.approve(name, "authenticator.reset", &ctx);
        }
        let grant = bank.grant("authenticator.reset", &ctx);
        let by = Authority::Granted(&grant);
        let told = bank
            .verifier
            .change(&bank.anna, &Change::Reset(factor), &by, &ctx);
        assert_eq!(told.is_ok(), place < 4, "{told:?}");
    }
}

#[test]
fn an_unlock_waits_and_opens_the_lock_at_its_time() {
    let bank = Bank::new();
    // So many that the lock lasts for some minutes.
    for attempt in -11..=0 {
        let ctx = call(attempt * HOUR, 9);
        assert!(!bank.checks(&Attempt::Totp(Code::typed("00000000")), &ctx));
    }
    let locked = |ctx: &TimedContext| {
        let status = bank.verifier.status(&bank.anna, ctx).unwrap();
        status.locked(Factor::Totp).is_some()
    };
    assert!(locked(&call(10, 8)));
    bank.approve("eve", "authenticator.unlock", &call(10, 1));
    let pending = waits(bank.change(&Change::Unlock(Factor::Totp), &call(10, 1)));
    assert_eq!(pending.effective_at(), after(70));
    assert!(locked(&call(69, 8)));
    assert!(!locked(&call(70, 8)));
}

#[test]
fn one_authenticator_of_several_waits_beside_another_one() {
    let bank = Bank::new();
    let before = call(-80 * DAY, 1);
    let confirm = Change::ConfirmTotp(code_of(&app(2), &before));
    for change in [Change::AddTotp(app(2)), confirm] {
        assert_eq!(bank.by_host(&change, &before), Changed::Done);
    }
    let by = Authority::Host;
    let desk = call(0, 1);
    let all = bank
        .verifier
        .authenticators(&bank.anna, &by, &desk)
        .unwrap();
    let apps = all.iter().filter(|one| one.factor() == Factor::Totp);
    let ids: Vec<_> = apps.map(|one| one.id()).collect();
    assert_eq!(ids.len(), 2);
    bank.reads_a_code(&desk);
    let first = waits(bank.change(&Change::Disable(ids[0]), &desk));
    assert_eq!(
        (first.action(), first.factor()),
        ("authenticator.disable", Factor::Totp)
    );
    assert_eq!(
        waits(bank.change(&Change::Disable(ids[0]), &desk)).id(),
        first.id()
    );
    let second = waits(bank.change(&Change::Disable(ids[1]), &desk));
    assert_ne!(second.id(), first.id());
    // A name that nobody sees before tomorrow would help nobody.
    let grant = bank.grant("authenticator.rename", &desk);
    let name = Change::Rename(ids[0], countersign::account::Label::new("old").unwrap());
    let told = bank
        .verifier
        .change(&bank.anna, &name, &Authority::Granted(&grant), &desk);
    assert!(told.unwrap_err().to_string().contains("cannot wait"));
    // One is stopped, and one takes effect. The like of it is barred for the whole factor.
    let device = on(Channel::Device, 60, 3);
    assert!(bank.signs_in(1, &device));
    let told = bank.verifier.cancel(&bank.anna, second.id(), &device);
    assert_eq!(told.unwrap(), Changed::Done);
    assert!(matches!(
        bank.asks_for_a_reset(&call(70, 4)),
        Changed::Barred(_)
    ));
    assert!(!bank.signs_in(1, &on(Channel::Device, DAY, 5)));
    assert!(bank.signs_in(2, &on(Channel::Device, DAY, 5)));
}

/// Two resets at one moment from two processes: one stands, and both callers hear of it.
#[test]
fn of_two_resets_at_one_moment_one_stands() {
    for _ in 0..20 {
        let store = Arc::new(MemoryStore::new());
        let bank = Bank::over(Arc::clone(&store));
        let other = Bank {
            verifier: verifier(store, &bank.trail),
            anna: bank.anna.clone(),
            trail: Arc::clone(&bank.trail),
        };
        for (place, name) in ["eve", "kim", "lou", "max"].into_iter().enumerate() {
            bank.approve(
                name,
                "authenticator.reset",
                &call(0, u8::try_from(place).unwrap()),
            );
        }
        let ask = |bank: &Bank, tag| {
            let ctx = call(1, tag);
            let Decision::Allow(grant) = bank.decide("authenticator.reset", &ctx) else {
                return None;
            };
            let by = Authority::Granted(&grant);
            let change = Change::Reset(Factor::Totp);
            // The loser of the race has a grant whose approvals have served.
            match bank.verifier.change(&bank.anna, &change, &by, &ctx) {
                Ok(changed) => Some(waits(changed).id()),
                Err(_) => None,
            }
        };
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| ask(&bank, 1));
            let two = scope.spawn(|| ask(&other, 2));
            (one.join().unwrap(), two.join().unwrap())
        });
        let pending = bank.pending(&call(2, 3));
        assert_eq!(pending.len(), 1);
        assert!(one.is_some() || two.is_some());
        for told in [one, two].into_iter().flatten() {
            assert_eq!(told, pending[0].id());
        }
        let asked = bank.names();
        assert_eq!(
            asked.iter().filter(|name| *name == "ChangeWaits").count(),
            1
        );
    }
}

#[test]
fn a_clock_that_is_set_back_makes_it_wait_no_shorter() {
    let bank = Bank::new();
    let _ = bank.asks_for_a_reset(&call(0, 1));
    // Half a day later the clock is set back by ten days, and runs on from there.
    assert!(bank.signs_in(1, &on(Channel::Device, 12 * HOUR, 2)));
    let back = 12 * HOUR - 10 * DAY;
    assert!(bank.is_enrolled(Factor::Totp, &call(back, 3)));
    let pending = bank.pending(&call(back, 3));
    assert_eq!(pending.len(), 1);
    // Calls that write: the record sees the clock run on.
    for second in [back, back + 11 * HOUR] {
        bank.approve("eve", "none", &call(second, 4));
    }
    // A clock that comes right ends nothing early either.
    assert!(bank.is_enrolled(Factor::Totp, &call(23 * HOUR, 3)));
    assert!(!bank.is_enrolled(Factor::Totp, &call(DAY, 3)));
}

#[test]
fn a_clock_that_is_ahead_ends_the_wait_as_it_ends_locks() {
    let bank = Bank::new();
    let _ = bank.asks_for_a_reset(&call(0, 1));
    assert!(!bank.is_enrolled(Factor::Totp, &call(DAY, 3)));
    // Nothing is written by a read. A step by that clock is: it stands when the clock is right again.
    assert!(bank.is_enrolled(Factor::Totp, &call(HOUR, 3)));
    assert!(!bank.signs_in(1, &on(Channel::Device, DAY, 2)));
    assert!(!bank.is_enrolled(Factor::Totp, &call(HOUR, 3)));
}

#[test]
fn a_grant_that_waits_is_for_a_change_alone() {
    let bank = Bank::new();
    let desk = call(0, 1);
    for name in ["eve", "kim"] {
        bank.approve(name, "authenticator.reset", &desk);
    }
    let grant = bank.grant("authenticator.reset", &desk);
    assert!(bank.verifier.redeem(&grant, &desk).unwrap().is_err());
    let request = Request::new("authenticator.reset").handled_by(agent("tom"));
    let told = bank
        .verifier
        .authorize(&policy(), &request, &bank.anna, &desk);
    assert!(matches!(told.unwrap(), Authorized::No(_)));
    let by = Authority::Granted(&grant);
    let changed = bank
        .verifier
        .change(&bank.anna, &Change::Reset(Factor::Totp), &by, &desk);
    let _ = waits(changed.unwrap());
}

#[test]
fn warnings_say_who_asked_and_until_when_in_each_language() {
    let bank = Bank::new();
    let pending = waits(bank.asks_for_a_reset(&call(0, 1)));
    let [phone, email] = pending.warnings() else {
        panic!("{pending:?}")
    };
    assert!(phone.to().is_phone() && email.to().is_email());
    assert_eq!(format!("{phone:?}").matches("6281234567834").count(), 0);
    let english = Wording::new(&Phrases::ENGLISH).unwrap();
    assert_eq!(
        phone.text("Fern Bank", &english).unwrap(),
        "Fern Bank: someone who spoke to our agent asked us to remove your authenticator app. We will do so in 24 hours. \
         If this is not your wish, stop it before then: sign in, or call us on the number that you know. \
         Nobody from Fern Bank will ask you to let it happen.",
    );
    let notices = [
        phone.notice(),
        Notice::Stopped {
            action: "authenticator.add",
            factor: Factor::Password,
        },
        Notice::TookEffect {
            action: "authenticator.unlock",
            factor: Factor::Pin,
        },
        Notice::Suspended,
        Notice::Resumed,
        Notice::Voided,
        Notice::TriesLeft {
            factor: Factor::Totp,
            left: 1,
        },
    ];
    for language in [
        NoticePhrases::ENGLISH,
        NoticePhrases::GERMAN,
        NoticePhrases::INDONESIAN,
    ] {
        let wording = Wording::new(&Phrases {
            notices: language,
            ..Phrases::ENGLISH
        })
        .unwrap();
        for notice in notices {
            let sent = bank
                .verifier
                .warnings(&bank.anna, notice, &call(1, 2))
                .unwrap();
            assert_eq!(sent.len(), 2);
            let text = sent[0].text("Fern Bank", &wording).unwrap();
            assert!(text.contains("Fern Bank") && !text.contains('{'), "{text}");
        }
        for factor in Factor::ALL {
            let notice = Notice::TookEffect {
                action: "authenticator.reset",
                factor,
            };
            let sent = bank
                .verifier
                .warnings(&bank.anna, notice, &call(1, 2))
                .unwrap();
            assert!(sent[1].text("Fern Bank", &wording).is_ok());
        }
    }
    let silent = NoticePhrases {
        waits: "{from} tells you: {action}",
        ..NoticePhrases::ENGLISH
    };
    let told = Wording::new(&Phrases {
        notices: silent,
        ..Phrases::ENGLISH
    })
    .unwrap_err();
    assert_eq!(
        told.to_string(),
        "notice of a change that waits: must hold `{who}`"
    );
}
