//! Checks by `AsyncVerifier`: over the store in memory, beside `Verifier`.

use std::hint::black_box;
use std::sync::Arc;

use countersign::otp::{OtpKey, Totp};
use countersign::store::{AsyncStore, memory::MemoryStore};
use countersign::time::ManualClock;
use countersign::{AsyncVerifier, Authority, Change, Code, Outcome, SecretBytes, Subject};
use tokio::runtime::Runtime;

use crate::measure::{Found, Row, compare};
use crate::verifier::{Desk, NOW, SECRET, STEP, at, call, settings, totp};

pub const ROWS: &[Row] =
    &[Row { name: "check_async", peer: "our own, blocking", target: 1.2, measure: memory }];

/// A verifier that is waited for, with a clock that is set by hand, and a customer with an app.
pub struct AsyncDesk<'r, S> {
    verifier: AsyncVerifier<S>,
    clock: Arc<ManualClock>,
    runtime: &'r Runtime,
    pub app: Totp,
    pub anna: Subject,
}

fn app() -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(SECRET.to_vec())).unwrap())
}

impl<'r, S: AsyncStore> AsyncDesk<'r, S> {
    pub fn new(store: S, runtime: &'r Runtime) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOW)));
        let verifier = AsyncVerifier::new(store, settings()).with_clock(Arc::clone(&clock));
        let desk = Self { verifier, clock, runtime, app: app(), anna: Subject::new("bank", "C-1042").unwrap() };
        runtime.block_on(async {
            desk.verifier.create(&desk.anna, &call(1)).await.unwrap();
            let shown = Code::typed(desk.app.code_at(at(NOW)).expose_text());
            for change in [Change::AddTotp(desk.app.clone()), Change::ConfirmTotp(shown)] {
                let _ = desk.verifier.change(&desk.anna, &change, &Authority::Host, &call(1)).await.unwrap();
            }
        });
        desk
    }

    /// A check of a fresh code, with each call.
    pub fn checks(&self) -> impl FnMut() {
        let mut steps = 1..;
        move || {
            let now = at(NOW + STEP * steps.next().unwrap());
            self.clock.set(now);
            let attempt = totp(&self.app.code_at(now));
            let context = call(2);
            let outcome = self.runtime.block_on(self.verifier.check(&self.anna, &attempt, &context)).unwrap();
            assert!(matches!(black_box(outcome), Outcome::Accepted(_)));
        }
    }
}

/// The same checks by both verifiers, each over a store in memory of its own.
fn memory() -> Option<Found> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let desk = AsyncDesk::new(MemoryStore::new(), &runtime);
    let blocking = Desk::new(MemoryStore::new(), settings());
    let app = app();
    blocking.add(&app);
    let mut steps = 1..;
    let peer = || {
        let now = at(NOW + STEP * steps.next().unwrap());
        blocking.clock.set(now);
        black_box(blocking.check(&totp(&app.code_at(now)), &call(2)));
    };
    Some(compare(desk.checks(), 1, peer, 1))
}
