//! A website between whose requests nothing is kept but 16 bytes, and a context that is kept for a day.

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use crate::support::stores::directory;
use crate::support::{keyring, rfc_totp};
use countersign::account::{Agent, Lock, RedeemRefusal};
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::policy::DenyReason;
use countersign::store::Store;
use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::time::{Clock, ManualClock};
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Code, Context, Decision, Grant,
    Interaction, Outcome, Policy, Request, Settings, Subject, Timestamp, Transaction, Verifier,
};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const POLICY: &str = r#"
    version = 1
    grant_lifetime = 120
    tiers = ["any"]
    [action."address.change".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
    [action."payment.send".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 3600 },
                    { factor = "private_code", max_age = 300, for_transaction = true }] }]
    [action."limit.raise".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 86400 }] }]
"#;

/// A process of the bank. It keeps nothing of any customer.
struct Process<S> {
    verifier: Verifier<S>,
    policy: Policy,
    clock: Arc<ManualClock>,
}

impl<S: Store> Process<S> {
    fn over(store: S, clock: &Arc<ManualClock>) -> Self {
        let settings = Settings::new("bank", keyring()).unwrap();
        Self {
            verifier: Verifier::new(store, settings).with_clock(Arc::clone(clock)),
            policy: Policy::from_toml(POLICY).unwrap(),
            clock: Arc::clone(clock),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now().unwrap()
    }

    fn passes(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn enrols(&self, subject: &Subject, phone: &str) {
        let branch = Context::begin(Channel::Counter).unwrap();
        self.verifier.create(subject, &branch).unwrap();
        for change in [
            Change::AddTotp(rfc_totp()),
            Change::ConfirmTotp(self.app_code()),
            Change::SetPhone(Destination::phone(phone).unwrap()),
        ] {
            let by = Authority::Host;
            let changed = self.verifier.change(subject, &change, &by, &branch);
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        // The step of the code that confirmed the app is spent.
        self.passes(30);
    }

    fn app_code(&self) -> Code {
        Code::typed(rfc_totp().code_at(self.now()).expose_text())
    }

    fn gives_app_code(&self, subject: &Subject, ctx: &Context) -> Outcome {
        let attempt = Attempt::Totp(self.app_code());
        self.verifier.check(subject, &attempt, ctx).unwrap()
    }

    fn gives(&self, code: &str, subject: &Subject, ctx: &Context) -> Outcome {
        let attempt = Attempt::Delivered(Code::typed(code));
        self.verifier.check(subject, &attempt, ctx).unwrap()
    }

    #[track_caller]
    fn sends_code(&self, subject: &Subject, ctx: &Context) -> String {
        match self.verifier.issue(subject, &CodeOrder::private(), ctx) {
            Ok(Issued::Ready(delivery)) => delivery.send(|_, code| code.to_owned()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn decides(&self, action: &str, subject: &Subject, ctx: &Context) -> Decision {
        let request = Request::new(action).handled_by(Agent::new("mia").unwrap());
        self.verifier
            .decide(&self.policy, &request, subject, ctx)
            .unwrap()
    }

    #[track_caller]
    fn grants(&self, action: &str, subject: &Subject, ctx: &Context) -> Grant {
        match self.decides(action, subject, ctx) {
            Decision::Allow(grant) => grant,
            other => panic!("{other}"),
        }
    }

    fn authorizes(&self, action: &str, subject: &Subject, ctx: &Context) -> Authorized {
        let request = Request::new(action).handled_by(Agent::new("mia").unwrap());
        self.verifier
            .authorize(&self.policy, &request, subject, ctx)
            .unwrap()
    }

    fn evidence(&self, subject: &Subject, ctx: &Context) -> usize {
        let held = self.verifier.evidence(subject, ctx.interaction());
        held.unwrap().len()
    }
}

fn anna() -> Subject {
    Subject::new("bank", "C-1042").unwrap()
}

fn ben() -> Subject {
    Subject::new("bank", "C-2001").unwrap()
}

fn noon() -> Arc<ManualClock> {
    let noon = Timestamp::from_unix(1_800_000_000).unwrap();
    Arc::new(ManualClock::new(noon))
}

/// A bank in one process, with a customer and a context that is made once.
fn bank() -> (Process<MemoryStore>, Context) {
    let bank = Process::over(MemoryStore::new(), &noon());
    bank.enrols(&anna(), "+6281234567834");
    (bank, Context::begin(Channel::Web).unwrap())
}

#[track_caller]
fn accepted(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

#[track_caller]
fn denied(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Denied), "{outcome:?}");
}

#[track_caller]
fn steps_up(authorized: &Authorized) {
    assert!(matches!(authorized, Authorized::StepUp(_)), "{authorized}");
}

#[track_caller]
fn denied_for(authorized: &Authorized, reason: DenyReason) {
    match authorized {
        Authorized::No(denial) => assert_eq!(denial.reason, reason),
        other => panic!("{other}"),
    }
}

mod a_context_kept_for_a_day {
    use super::*;

    #[test]
    fn releases_locks_by_the_clock() {
        let (bank, kept) = bank();
        let wrong = Attempt::Totp(Code::typed("000000"));
        let release = loop {
            match bank.verifier.check(&anna(), &wrong, &kept).unwrap() {
                Outcome::Denied => {}
                Outcome::Locked(Lock::Until(release)) => break release,
                other => panic!("{other:?}"),
            }
        };
        let left = (release - bank.now()).as_secs();
        bank.passes(left - 1);
        let early = bank.gives_app_code(&anna(), &kept);
        assert!(matches!(early, Outcome::Locked(_)), "{early:?}");
        bank.passes(1);
        accepted(&bank.gives_app_code(&anna(), &kept));
    }

    #[test]
    fn lets_codes_expire_by_the_clock() {
        for (seconds, counts) in [(9 * MINUTE, true), (10 * MINUTE + 1, false), (DAY, false)] {
            let (bank, kept) = bank();
            let code = bank.sends_code(&anna(), &kept);
            bank.passes(seconds);
            let outcome = bank.gives(&code, &anna(), &kept);
            assert_eq!(matches!(outcome, Outcome::Accepted(_)), counts, "{seconds}");
        }
    }

    #[test]
    fn lets_evidence_age_by_the_clock() {
        let (bank, kept) = bank();
        accepted(&bank.gives_app_code(&anna(), &kept));
        bank.passes(15 * MINUTE);
        let _grant = bank.grants("address.change", &anna(), &kept);
        bank.passes(1);
        steps_up(&bank.authorizes("address.change", &anna(), &kept));
        assert_eq!(bank.evidence(&anna(), &kept), 1);
        bank.passes(DAY - 15 * MINUTE);
        assert_eq!(bank.evidence(&anna(), &kept), 0);
        // And it serves for another day.
        accepted(&bank.gives_app_code(&anna(), &kept));
        let Authorized::Yes(redeemed) = bank.authorizes("address.change", &anna(), &kept) else {
            panic!("the code is fresh")
        };
        redeemed.expect("address.change", &anna()).unwrap();
    }

    #[test]
    fn ends_grants_by_the_clock() {
        for (seconds, counts) in [(2 * MINUTE, true), (2 * MINUTE + 1, false), (DAY, false)] {
            let (bank, kept) = bank();
            accepted(&bank.gives_app_code(&anna(), &kept));
            let grant = bank.grants("address.change", &anna(), &kept);
            bank.passes(seconds);
            match bank.verifier.redeem(&grant, &kept).unwrap() {
                Ok(_) => assert!(counts, "{seconds}"),
                Err(reason) => {
                    assert_eq!(
                        (reason, counts),
                        (RedeemRefusal::Expired, false),
                        "{seconds}"
                    );
                }
            }
        }
    }

    #[test]
    fn ends_approvals_by_the_clock() {
        let (bank, kept) = bank();
        let (tom, lifetime) = (Agent::new("tom").unwrap(), Duration::from_secs(HOUR));
        bank.verifier
            .approve(&anna(), &tom, "limit.raise", lifetime, &kept)
            .unwrap();
        bank.passes(HOUR);
        let _grant = bank.grants("limit.raise", &anna(), &kept);
        bank.passes(1);
        steps_up(&bank.authorizes("limit.raise", &anna(), &kept));
    }

    /// A time in it would set the record's clock back, which voids what younger calls have shown.
    #[test]
    fn voids_nothing_of_a_younger_one() {
        let (bank, kept) = bank();
        accepted(&bank.gives_app_code(&anna(), &kept));
        bank.passes(DAY);
        let young = Context::begin(Channel::Web).unwrap();
        accepted(&bank.gives_app_code(&anna(), &young));
        denied(&bank.gives("000000", &anna(), &kept));
        bank.verifier.status(&anna(), &kept).unwrap();
        let _grant = bank.grants("address.change", &anna(), &young);
        steps_up(&bank.authorizes("address.change", &anna(), &kept));
    }
}

/// All that the browser holds: a cookie with the id of its interaction, sealed in a real host.
struct Cookie([u8; 16]);

impl Cookie {
    fn of_a_new_visit() -> Self {
        Self(Interaction::begin().unwrap().to_bytes())
    }

    /// Each request makes its context anew.
    fn context(&self) -> Context {
        Context::new(Channel::Web, Interaction::from_bytes(self.0))
    }
}

/// Processes over one file. Their machines have one time.
fn process(file: &Path, clock: &Arc<ManualClock>) -> Process<SqliteStore> {
    Process::over(SqliteStore::open(file).unwrap(), clock)
}

fn invoice() -> Transaction {
    Transaction::payment("TX-1", "Fern Ltd", "99.50", "EUR").unwrap()
}

/// Each request is served by the other process.
#[test]
fn a_visit_goes_on_in_another_process_with_sixteen_bytes() {
    let folder = directory();
    let (file, clock) = (folder.path().join("records.db"), noon());
    let [one, two] = [process(&file, &clock), process(&file, &clock)];
    one.enrols(&anna(), "+6281234567834");

    let cookie = Cookie::of_a_new_visit();
    steps_up(&one.authorizes("address.change", &anna(), &cookie.context()));
    accepted(&two.gives_app_code(&anna(), &cookie.context()));
    let Authorized::Yes(redeemed) = one.authorizes("address.change", &anna(), &cookie.context())
    else {
        panic!("the record holds the code")
    };
    redeemed.expect("address.change", &anna()).unwrap();
    // The form was sent twice.
    steps_up(&two.authorizes("address.change", &anna(), &cookie.context()));

    // A payment: ordered here, its code typed there, and carried out by one of both.
    let paying = || cookie.context().for_transaction(&invoice());
    steps_up(&one.authorizes("payment.send", &anna(), &paying()));
    let code = one.sends_code(&anna(), &paying());
    accepted(&two.gives(&code, &anna(), &paying()));
    denied_for(
        &two.authorizes("payment.send", &anna(), &cookie.context()),
        DenyReason::NoTransaction,
    );
    let Authorized::Yes(redeemed) = one.authorizes("payment.send", &anna(), &paying()) else {
        panic!("both were given")
    };
    let redeemed = redeemed.expect_transaction("payment.send", &anna(), &invoice());
    assert_eq!(redeemed.unwrap().subject(), &anna());
    denied_for(
        &two.authorizes("payment.send", &anna(), &paying()),
        DenyReason::CarriedOut,
    );
}

#[test]
fn a_visit_outlives_the_processes() {
    let folder = directory();
    let (file, clock) = (folder.path().join("records.db"), noon());
    let cookie = Cookie::of_a_new_visit();
    let before = process(&file, &clock);
    before.enrols(&anna(), "+6281234567834");
    accepted(&before.gives_app_code(&anna(), &cookie.context()));
    drop(before);

    let after = process(&file, &clock);
    after.passes(15 * MINUTE);
    let _grant = after.grants("address.change", &anna(), &cookie.context());
    after.passes(1);
    let late = after.authorizes("address.change", &anna(), &cookie.context());
    steps_up(&late);
}

#[test]
fn a_sign_out_in_one_process_ends_the_visit_in_all() {
    let folder = directory();
    let (file, clock) = (folder.path().join("records.db"), noon());
    let [one, two] = [process(&file, &clock), process(&file, &clock)];
    one.enrols(&anna(), "+6281234567834");
    let [laptop, phone] = [Cookie::of_a_new_visit(), Cookie::of_a_new_visit()];
    for cookie in [&laptop, &phone] {
        accepted(&one.gives_app_code(&anna(), &cookie.context()));
        one.passes(30);
    }
    let code = one.sends_code(&anna(), &laptop.context());

    two.verifier.end(&anna(), &laptop.context()).unwrap();
    for process in [&one, &two] {
        assert_eq!(process.evidence(&anna(), &laptop.context()), 0);
        let decision = process.decides("address.change", &anna(), &laptop.context());
        assert!(matches!(decision, Decision::StepUp(_)), "{decision}");
        denied(&process.gives(&code, &anna(), &laptop.context()));
        // She is still signed in on her telephone.
        let _grant = process.grants("address.change", &anna(), &phone.context());
    }
}

/// A cookie that was stolen or copied names an interaction, and proves nothing of anybody else.
#[test]
fn a_copied_cookie_holds_nothing_of_another_subject() {
    let folder = directory();
    let (file, clock) = (folder.path().join("records.db"), noon());
    let [one, two] = [process(&file, &clock), process(&file, &clock)];
    one.enrols(&anna(), "+6281234567834");
    one.enrols(&ben(), "+6281234567835");
    let cookie = Cookie::of_a_new_visit();
    let paying = cookie.context().for_transaction(&invoice());
    accepted(&one.gives_app_code(&anna(), &cookie.context()));
    let code = one.sends_code(&anna(), &paying);

    let nobody = Subject::new("bank", "C-9999").unwrap();
    for other in [&ben(), &nobody] {
        assert_eq!(two.evidence(other, &cookie.context()), 0);
        let asked = two.authorizes("address.change", other, &cookie.context());
        steps_up(&asked);
        denied(&two.gives(&code, other, &paying));
    }
    let grant = one.grants("address.change", &anna(), &cookie.context());
    assert_eq!(grant.subject(), &anna());
    let Authorized::Yes(redeemed) = two.authorizes("address.change", &anna(), &cookie.context())
    else {
        panic!("it is Anna's own")
    };
    assert!(redeemed.expect("address.change", &ben()).is_err());
    // The tries in Ben's name took nothing from Anna.
    accepted(&two.gives(&code, &anna(), &paying));
}
