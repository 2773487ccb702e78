//! The bank of one process: a verifier over the store of its plan, and the calls that its tasks make.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::account::{Agent, ExternalVerification};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::{OtpKey, Totp};
use countersign::time::Clock;
use countersign::{
    AsyncVerifier, Attempt, Authority, Authorized, Change, Changed, Channel, Code, Context,
    Decision, Error, FactorClass, Grant, Interaction, Outcome, Policy, Request, SecretBytes,
    Settings, Strength, Subject, Timestamp, Transaction, Verifier,
};
use tokio::runtime::Runtime;

use crate::history::Scribe;
use crate::plan::{Ask, Call, Driver, Plan, Told};
use crate::recorded::{BlockingStore, Faulty, Recorded, WaitedStore};

const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."address.change".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
    [action."card.show".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900, interaction = "any" }] }]
    [action."payment.send".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "passkey", class = "possession", max_age = 86400, for_transaction = true, interaction = "any" }] }]
    [action."limit.raise".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
"#;

/// How long an approval of a test lasts.
const APPROVED: Duration = Duration::from_secs(900);

/// The codes of the customers' app at one moment.
struct Codes {
    still: i64,
    now: String,
    before: String,
    /// The others that are or may be right.
    near: Vec<String>,
}

impl Codes {
    fn at(still: i64) -> Self {
        let app = app();
        let code = |steps: i64| {
            let moment = Timestamp::from_unix(still + 30 * steps).unwrap();
            app.code_at(moment).expose_text().to_owned()
        };
        Self {
            still,
            now: code(0),
            before: code(-1),
            near: (-20..=20).map(code).collect(),
        }
    }
}

/// The clock of a process. It stands still at a moment, or goes with that of the machine.
#[derive(Debug)]
struct BankClock {
    still: AtomicI64,
    ahead: AtomicI64,
}

/// In the place of a moment: the clock goes.
const GOES: i64 = i64::MIN;

impl BankClock {
    /// The moment by the customers' apps, which are right.
    fn right(&self) -> Timestamp {
        match self.still.load(Ordering::SeqCst) {
            GOES => Timestamp::now().unwrap(),
            still => Timestamp::from_unix(still).unwrap(),
        }
    }
}

impl Clock for BankClock {
    fn now(&self) -> Result<Timestamp, Error> {
        Timestamp::from_unix(
            i64::try_from(self.right().unix()).unwrap() + self.ahead.load(Ordering::SeqCst),
        )
    }
}

enum Calls {
    Threads(Verifier<Recorded<Faulty<BlockingStore>>>),
    Tasks(AsyncVerifier<Recorded<WaitedStore>>, Runtime),
}

/// Calls by the driver of the plan.
macro_rules! by {
    ($bank:expr, $verifier:ident => $call:expr) => {
        match &$bank.calls {
            Calls::Threads($verifier) => $call,
            Calls::Tasks($verifier, _) => $call.await,
        }
    };
}

pub struct Bank {
    calls: Calls,
    clock: Arc<BankClock>,
    policy: Policy,
    scribe: Arc<Scribe>,
    plan: Plan,
    codes: Mutex<Arc<Codes>>,
    customers: Mutex<HashMap<u32, Subject>>,
    guesses: AtomicU64,
    grants: Mutex<HashMap<(u8, u32), Grant>>,
}

impl Bank {
    pub fn open(plan: Plan) -> Self {
        let scribe = Arc::new(Scribe::new(&plan.history, plan.mortal));
        let clock = Arc::new(BankClock {
            still: AtomicI64::new(GOES),
            ahead: AtomicI64::new(plan.clock_ahead),
        });
        let keyring = Keyring::new(
            RootKey::from_bytes(1, [1; 32]).unwrap(),
            LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
        );
        let settings = Settings::new("bank", keyring).unwrap();
        let (by, time) = (Arc::clone(&scribe), Arc::clone(&clock));
        let calls = match plan.driver {
            Driver::Threads => {
                let store = Faulty::new(BlockingStore::open(&plan), &plan);
                let verifier = Verifier::new(Recorded::new(store, by), settings);
                Calls::Threads(verifier.with_clock(time).with_remembered(plan.remembered))
            }
            Driver::Tasks => {
                assert!(plan.planted.is_none(), "planted faults are for threads");
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                    .unwrap();
                let store = runtime.block_on(WaitedStore::open(&plan));
                let verifier = AsyncVerifier::new(Recorded::new(store, by), settings);
                Calls::Tasks(
                    verifier.with_clock(time).with_remembered(plan.remembered),
                    runtime,
                )
            }
        };
        Self {
            calls,
            clock,
            policy: Policy::from_toml(POLICY).unwrap(),
            scribe,
            plan,
            codes: Mutex::new(Arc::new(Codes::at(1_800_000_000))),
            customers: Mutex::default(),
            guesses: AtomicU64::new(0),
            grants: Mutex::default(),
        }
    }

    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The runtime of its tasks, if it has tasks.
    pub const fn runtime(&self) -> Option<&Runtime> {
        match &self.calls {
            Calls::Threads(_) => None,
            Calls::Tasks(_, runtime) => Some(runtime),
        }
    }

    /// Lets the clock stand still at a moment, or go.
    pub fn set_clock(&self, at: Option<i64>) {
        self.clock.still.store(at.unwrap_or(GOES), Ordering::SeqCst);
        let _ = self.codes();
    }

    /// Writes what is left of the history.
    pub fn flush(&self) {
        self.scribe.flush();
    }

    /// The codes of this moment. They cost much, so they are kept.
    fn codes(&self) -> Arc<Codes> {
        let moment = i64::try_from(self.clock.right().unix()).unwrap();
        let mut codes = self.codes.lock().unwrap();
        if codes.still != moment {
            *codes = Arc::new(Codes::at(moment));
        }
        Arc::clone(&codes)
    }

    fn customer(&self, number: u32) -> Subject {
        let mut customers = self.customers.lock().unwrap();
        let kept = customers.entry(number);
        kept.or_insert_with(|| Subject::new("bank", &format!("C-{number}")).unwrap())
            .clone()
    }

    /// Sets how many seconds the clock of this process is ahead.
    pub fn set_ahead(&self, seconds: i64) {
        self.clock.ahead.store(seconds, Ordering::SeqCst);
    }

    /// Makes a call, and writes it down.
    pub async fn make(&self, task: u8, call: &Call) -> Told {
        let at = i64::try_from(self.clock.now().unwrap().unix()).unwrap();
        let id = self.scribe.begin_call(task, at, call);
        let told = self.ask(task, call).await;
        let told = told.unwrap_or_else(|error| {
            let cause = std::error::Error::source(&error);
            let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
            Told::Failed(format!("{error}{cause}"))
        });
        self.scribe.end_call(id, &told);
        told
    }

    async fn ask(&self, task: u8, call: &Call) -> Result<Told, Error> {
        let subject = self.customer(call.customer);
        let ctx = self.context(task, call);
        match &call.ask {
            Ask::Enrol => return self.enrol(&subject, &ctx).await,
            Ask::Totp => {
                return self
                    .check(
                        &subject,
                        Attempt::Totp(Code::typed(&self.codes().now)),
                        &ctx,
                    )
                    .await;
            }
            Ask::Shown(seconds) => {
                let right = i64::try_from(self.clock.right().unix()).unwrap();
                let shown = app().code_at(Timestamp::from_unix(right + seconds)?);
                let attempt = Attempt::Totp(Code::typed(shown.expose_text()));
                return self.check(&subject, attempt, &ctx).await;
            }
            Ask::Wrong => {
                let wrong = Attempt::Totp(self.wrong(task));
                return self.check(&subject, wrong, &ctx).await;
            }
            Ask::Recovery(code) => {
                let attempt = Attempt::Recovery(Code::typed(code));
                return self.check(&subject, attempt, &ctx).await;
            }
            Ask::Confirm(of) => {
                let passkey =
                    ExternalVerification::new("passkey", FactorClass::Possession, Strength::Full)?;
                let attempt = Attempt::External(passkey.for_transaction(&transaction(of)));
                return self.check(&subject, attempt, &ctx).await;
            }
            Ask::Approve(agent, action) => {
                let agent = Agent::new(agent)?;
                by!(self, verifier => verifier.approve(&subject, &agent, action, APPROVED, &ctx))?;
            }
            Ask::Authorize(action, of) => {
                let (request, ctx) = (request(action), for_transaction(ctx, of.as_deref()));
                let (policy, subject) = (&self.policy, &subject);
                let told =
                    by!(self, verifier => verifier.authorize(policy, &request, subject, &ctx))?;
                return Ok(match told {
                    Authorized::Yes(_) => Told::Yes,
                    Authorized::StepUp(_) => Told::StepUp,
                    Authorized::No(denial) => Told::No(denial.to_string()),
                });
            }
            Ask::Decide(action, of) => {
                let (request, ctx) = (request(action), for_transaction(ctx, of.as_deref()));
                let (policy, subject) = (&self.policy, &subject);
                let told = by!(self, verifier => verifier.decide(policy, &request, subject, &ctx))?;
                let grant = match told {
                    Decision::Allow(grant) => grant,
                    Decision::StepUp(_) => return Ok(Told::StepUp),
                    Decision::Deny(denial) => return Ok(Told::No(denial.to_string())),
                };
                let place = (task, call.customer);
                self.grants.lock().unwrap().insert(place, grant);
                return Ok(Told::Granted);
            }
            Ask::Redeem(_, of) => {
                let ctx = for_transaction(ctx, of.as_deref());
                let grant = self.grants.lock().unwrap().remove(&(task, call.customer));
                let grant = grant.expect("a grant was decided before");
                let told = by!(self, verifier => verifier.redeem(&grant, &ctx))?;
                return Ok(match told {
                    Ok(_) => Told::Yes,
                    Err(refusal) => Told::No(format!("{refusal:?}")),
                });
            }
            Ask::Status => {
                let _ = by!(self, verifier => verifier.status(&subject, &ctx))?;
            }
        }
        Ok(Told::Done)
    }

    async fn check(
        &self,
        subject: &Subject,
        attempt: Attempt,
        ctx: &Context,
    ) -> Result<Told, Error> {
        Ok(
            match by!(self, verifier => verifier.check(subject, &attempt, ctx))? {
                Outcome::Accepted(_) => Told::Accepted,
                Outcome::Locked(_) => Told::Locked,
                Outcome::Busy { .. } => Told::Busy,
                _ => Told::Denied,
            },
        )
    }

    /// Makes a customer with an app. The code before the present one confirms it.
    async fn enrol(&self, subject: &Subject, ctx: &Context) -> Result<Told, Error> {
        by!(self, verifier => verifier.create(subject, ctx))?;
        let first = Code::typed(&self.codes().before);
        for change in [Change::AddTotp(app()), Change::ConfirmTotp(first)] {
            let by = Authority::Host;
            let changed = by!(self, verifier => verifier.change(subject, &change, &by, ctx))?;
            if changed != Changed::Done {
                return Ok(Told::Denied);
            }
        }
        Ok(Told::Done)
    }

    /// Draws recovery codes for a customer.
    pub async fn recovery_codes(&self, number: u32, count: u8) -> Vec<String> {
        let (subject, ctx) = (
            self.customer(number),
            self.context(0, &Call::new(number, Ask::Status)),
        );
        let by = Authority::Host;
        let codes =
            by!(self, verifier => verifier.generate_recovery_codes(&subject, count, &by, &ctx));
        let codes = codes.unwrap();
        let texts = codes.codes().iter();
        texts.map(|code| code.expose_text().to_owned()).collect()
    }

    fn context(&self, task: u8, call: &Call) -> Context {
        let own = [0, self.plan.process + 1, task + 1];
        let bytes = call.interaction.map_or_else(
            || {
                let mut bytes = [0; 16];
                bytes[..3].copy_from_slice(&own);
                bytes
            },
            |number| [number; 16],
        );
        Context::new(Channel::Web, Interaction::from_bytes(bytes)).protected()
    }

    /// A code that no app shows about now.
    fn wrong(&self, task: u8) -> Code {
        let codes = self.codes();
        let lane = u64::from(self.plan.process) * u64::from(self.plan.tasks) + u64::from(task);
        loop {
            let number = self.guesses.fetch_add(1, Ordering::Relaxed);
            let text = format!("{:06}", (number * 64 + lane) % 1_000_000);
            if !codes.near.contains(&text) {
                return Code::typed(&text);
            }
        }
    }
}

/// The app of every customer, with the secret of RFC 6238.
fn app() -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap())
}

fn transaction(reference: &str) -> Transaction {
    Transaction::payment(reference, "Fern Ltd", "99.50", "EUR").unwrap()
}

fn for_transaction(ctx: Context, of: Option<&str>) -> Context {
    of.map_or(ctx, |of| ctx.for_transaction(&transaction(of)))
}

fn request(action: &str) -> Request {
    Request::new(action).handled_by(Agent::new("tom").unwrap())
}
