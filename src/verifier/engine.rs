//! The engine: what a call asks for, in which order. Drivers of both kinds run it.
//!
//! Load, step, compare-and-swap, try again if another writer was faster, write the event, then return the outcome. A caller
//! that drops it at a question leaves what is stored by then: a charged try at most.

use core::time::Duration;

use super::authorize::{self, Authorized};
use super::budgets;
use super::metered::{self, Metered};
use super::port::Port;
use super::records::{DecoyPlace, Held, Records};
use super::rollback::{self, PutBack};
use super::shared::Shared;
use super::walk;
use crate::account::draft::{Opened, Recorded, Sealed, Step};
use crate::account::steps::issue_budget::issue_budgets;
use crate::account::steps::pending_check::CheckStep;
use crate::account::steps::{
    approve, begin, cancel, challenge, change, check, export, import, interaction, issue, list,
    prompts, recovery_codes, redeem, settle, status,
};
use crate::account::{
    self, AccountReport, Attempt, Change, Changed, Dialog, Outcome, Rekey, Warning, open,
};
use crate::authenticator::{Authenticator, PendingId};
use crate::context::{Context, ContextAt, Interaction};
use crate::delivered::{CodeOrder, Issued, Notice};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, EventKind, RedeemRefusal};
use crate::evidence::Evidence;
use crate::factor::Factor;
use crate::grant::{Agent, Authority, Grant, Redeemed};
use crate::hashing::HashPermit;
use crate::knowledge::{Prompt, QuestionId, WordPrompt};
use crate::metrics::{Measure, RecordKind};
use crate::otp::ocra::OcraTask;
use crate::policy::Explanation;
use crate::policy::decide::decision::Decision;
use crate::policy::loaded::Policy;
use crate::policy::request::Request;
use crate::recovery::RecoveryCodeList;
use crate::status::{Lock, Status};
use crate::store::{Key, Replaced};
use crate::subject::Subject;
use crate::transition::Pending;

/// How long a caller without a permit should wait. A computation takes less.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A step that is made, and not stored yet.
struct Made<O> {
    next: Option<Sealed>,
    pending: Pending<Recorded<O>>,
    place: DecoyPlace,
    /// Whether the caller's interaction holds evidence in the next record.
    with_evidence: bool,
    /// The event of a record that was put back, and goes on.
    put_back: Option<Event>,
}

/// Makes a step. The opened record is wiped when this returns: before the write is waited for.
fn made<O>(
    mut held: Held,
    at: &ContextAt,
    step: impl Fn(&mut Opened, &ContextAt) -> Result<Step<O>, Error>,
) -> Result<Made<O>, Error> {
    let place = held.place(at.now());
    let restored = EventKind::PutBack { refused: false };
    let put_back = held.put_back == PutBack::Restored;
    let put_back = put_back.then(|| held.opened.note(at, restored));
    let (next, pending) = step(&mut held.opened, at)?.into_pending();
    Ok(Made {
        next: next.filter(|next| place.is_written(next)),
        pending,
        place,
        with_evidence: held.opened.holds_evidence(at),
        put_back,
    })
}

/// The calls of a verifier, over a port.
#[derive(Clone, Copy)]
pub(super) struct Engine<'e, P> {
    shared: &'e Shared,
    records: Records<'e, Metered<'e, P>>,
}

impl<'e, P: Port> Engine<'e, P> {
    pub(super) const fn new(shared: &'e Shared, port: P) -> Self {
        let port = Metered { port, shared };
        let records = Records { shared, port };
        Self { shared, records }
    }

    pub(super) async fn create(self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        let settings = &self.shared.settings;
        let mark = self.shared.mark(&Key::of(subject))?;
        let create = |opened: &mut Opened, at: &ContextAt| {
            import::expect_new(opened)?;
            if mark.is_some() {
                return Err(rollback::missing());
            }
            open::create(settings, subject, opened.version, at)
        };
        self.step(subject, None, ctx, create).await.map(|_| ())
    }

    pub(super) async fn import(
        self,
        subject: &Subject,
        changes: &[Change],
        ctx: &Context,
    ) -> Result<bool, Error> {
        let mark = self.shared.mark(&Key::of(subject))?;
        let import = |opened: &mut Opened, at: &ContextAt| {
            import::expect_new(opened)?;
            if mark.is_some() {
                return Err(rollback::missing());
            }
            import::import(opened, changes, at)
        };
        match self.step(subject, None, ctx, import).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn change(
        self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        self.step(subject, None, ctx, |opened, at| {
            change::change(opened, change, by, at)
        })
        .await
    }

    pub(super) async fn authenticators(
        self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Vec<Authenticator>, Error> {
        self.step(subject, None, ctx, |opened, at| list::list(opened, by, at))
            .await
    }

    pub(super) async fn pending(
        self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Vec<account::Pending>, Error> {
        self.step(subject, None, ctx, |opened, at| {
            cancel::list(opened, by, at)
        })
        .await
    }

    pub(super) async fn cancel(
        self,
        subject: &Subject,
        id: PendingId,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        self.step(subject, None, ctx, |opened, at| {
            cancel::cancel(opened, id, at)
        })
        .await
    }

    pub(super) async fn warnings(
        self,
        subject: &Subject,
        notice: Notice,
    ) -> Result<Vec<Warning>, Error> {
        Ok(cancel::warnings(&self.read(subject).await?, notice))
    }

    pub(super) async fn generate_recovery_codes(
        self,
        subject: &Subject,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<RecoveryCodeList, Error> {
        self.step(subject, None, ctx, |opened, at| {
            recovery_codes::generate(opened, count, by, at)
        })
        .await
    }

    pub(super) async fn check(
        self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Outcome, Error> {
        let checked = self.checked(subject, attempt, ctx).await;
        self.shared.measure(|| Measure::Check {
            factor: attempt.factor(ctx.channel()),
            outcome: metered::of_check(&checked),
        });
        checked
    }

    async fn checked(
        self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Outcome, Error> {
        let (mut held, mut permit) = (None, None);
        if attempt.needs_hashing() {
            // The permit comes before anything is charged or compared. The subject counts in one case only: an unknown name
            // in a flood of such names. No such name is remembered.
            let remembered = &self.shared.remembered;
            if !remembered.has(&Key::of(subject), ctx.interaction()) {
                held = Some(self.records.load(subject, self.shared.now()?).await?);
            }
            let traceless = held.as_ref().is_some_and(|held| held.traceless);
            permit = self.permit(traceless).await;
            if permit.is_none() {
                return Ok(Outcome::Busy {
                    retry_after: RETRY_AFTER,
                });
            }
        }
        let check = |opened: &mut Opened, at: &ContextAt| check::check(opened, attempt, at);
        let reserved = match self.step(subject, held, ctx, check).await? {
            CheckStep::Break(outcome) => return Ok(outcome),
            CheckStep::Continue(reserved) => reserved,
        };
        let computed = self.records.port.compute(reserved, permit).await?;
        let settle = |opened: &mut Opened, at: &ContextAt| settle::settle(opened, &computed, at);
        self.step(subject, None, ctx, settle).await
    }

    pub(super) async fn issue(
        self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Issued, Error> {
        let issued = self.issued(subject, order, ctx).await;
        self.shared.measure(|| Measure::Issue {
            factor: order.factor(),
            outcome: metered::of_issue(&issued),
        });
        issued
    }

    async fn issued(
        self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Issued, Error> {
        let at = ctx.at(self.shared.now()?);
        let held = self.records.load(subject, at.now()).await?;
        if held.put_back == PutBack::Refused {
            // The step refuses it, and nothing is charged.
            let issue = |opened: &mut Opened, at: &ContextAt| issue::issue(opened, order, at);
            return self.step(subject, Some(held), ctx, issue).await;
        }
        let traceless = held.traceless;
        let charged = issue_budgets(&held.opened, order, &at)?;
        let wait = budgets::charge(self.records, &charged, &held, order, &at).await?;
        if let Some(until) = wait {
            return Ok(Issued::RateLimited(Lock::Until(until)));
        }
        let issue = |opened: &mut Opened, at: &ContextAt| issue::issue(opened, order, at);
        let issued = self.step(subject, Some(held), ctx, issue).await?;
        if matches!(issued, Issued::RateLimited(_)) {
            // Another call was faster, and the record has no place left. Nothing was sent.
            let charged: Vec<_> = charged.iter().collect();
            budgets::give_back(self.records, &charged, traceless, at.now()).await?;
        }
        Ok(issued)
    }

    pub(super) async fn challenge(
        self,
        subject: &Subject,
        task: &OcraTask<'_>,
        ctx: &Context,
    ) -> Result<Issued<Dialog>, Error> {
        let challenge =
            |opened: &mut Opened, at: &ContextAt| challenge::challenge(opened, task, at);
        let issued = self.step(subject, None, ctx, challenge).await;
        self.shared.measure(|| Measure::Issue {
            factor: Factor::Ocra,
            outcome: metered::of_issue(&issued),
        });
        issued
    }

    pub(super) async fn questions(self, subject: &Subject) -> Result<Vec<QuestionId>, Error> {
        prompts::questions(&self.read(subject).await?)
    }

    pub(super) async fn prompts(self, subject: &Subject) -> Result<Vec<Prompt>, Error> {
        prompts::prompts(&self.read(subject).await?)
    }

    pub(super) async fn word_prompt(self, subject: &Subject) -> Result<WordPrompt, Error> {
        prompts::word_prompt(&self.read(subject).await?)
    }

    pub(super) async fn status(self, subject: &Subject, ctx: &Context) -> Result<Status, Error> {
        let at = ctx.at(self.shared.now()?);
        let mut opened = self.records.read(subject, at.now()).await?;
        Ok(status::status(&mut opened, &at))
    }

    pub(super) async fn evidence(
        self,
        subject: &Subject,
        of: Interaction,
    ) -> Result<Vec<Evidence>, Error> {
        let now = self.shared.now()?;
        let mut opened = self.records.read(subject, now).await?;
        interaction::of_interaction(&mut opened, of, now)
    }

    pub(super) async fn decide(
        self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Decision, Error> {
        let at = ctx.at(self.shared.now()?);
        let mut opened = self.records.read(subject, at.now()).await?;
        authorize::decide(&mut opened, policy, request, &at)
    }

    pub(super) async fn explain(
        self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Explanation, Error> {
        let at = ctx.at(self.shared.now()?);
        let mut opened = self.records.read(subject, at.now()).await?;
        authorize::explain(&mut opened, policy, request, &at)
    }

    pub(super) async fn authorize(
        self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Authorized, Error> {
        let authorize =
            |opened: &mut Opened, at: &ContextAt| authorize::authorize(opened, policy, request, at);
        let authorized = self.step(subject, None, ctx, authorize).await;
        self.shared.measure(|| Measure::Authorize {
            outcome: metered::of_authorize(&authorized),
        });
        authorized
    }

    pub(super) async fn approve(
        self,
        subject: &Subject,
        agent: &Agent,
        action: &str,
        lifetime: Duration,
        ctx: &Context,
    ) -> Result<(), Error> {
        self.step(subject, None, ctx, |opened, at| {
            approve::approve(opened, agent, action, lifetime, at)
        })
        .await
    }

    pub(super) async fn end(self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        self.step(subject, None, ctx, interaction::end).await
    }

    pub(super) async fn redeem(
        self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Result<Redeemed, RedeemRefusal>, Error> {
        let redeem = |opened: &mut Opened, at: &ContextAt| redeem::redeem(opened, grant, at);
        let redeemed = self.step(grant.subject(), None, ctx, redeem).await;
        self.shared.measure(|| Measure::Redeem {
            outcome: metered::of_redeem(&redeemed),
        });
        redeemed
    }

    pub(super) async fn erase(self, subject: &Subject) -> Result<bool, Error> {
        self.records.erase(subject).await
    }

    pub(super) async fn purge(self) -> Result<usize, Error> {
        self.records.purge(self.shared.now()?).await
    }

    pub(super) async fn pseudonym(
        self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<[u8; 16], Error> {
        let told = |opened: &mut Opened, at: &ContextAt| export::pseudonym(opened, by, at);
        self.step(subject, None, ctx, told).await
    }

    #[cfg(feature = "json")]
    pub(super) async fn export(
        self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<String, Error> {
        let told = |opened: &mut Opened, at: &ContextAt| export::export(opened, by, at);
        self.step(subject, None, ctx, told).await
    }

    pub(super) async fn rekey(self, walk: &mut Rekey) -> Result<bool, Error> {
        walk::rekey(self.records.port, self.shared, walk).await
    }

    pub(super) async fn report(self, report: &mut AccountReport) -> Result<bool, Error> {
        walk::report(self.records.port, self.shared, report).await
    }

    async fn read(self, subject: &Subject) -> Result<Opened, Error> {
        let now = self.shared.now()?;
        let mut opened = self.records.read(subject, now).await?;
        begin::make_due(&mut opened, now)?;
        Ok(opened)
    }

    /// Takes a step on the account, stores it, and writes its event. It tries again as long as another writer was faster. The
    /// first try is for `held`, if the record is at hand, or for the entry that this verifier remembers.
    ///
    /// The store has to say each outcome. If a step on a remembered entry writes nothing, or is an error, the record is loaded,
    /// and the step is made again.
    ///
    /// The turn is over before the event, so a sink may call this verifier. A sink that fails withholds the outcome.
    async fn step<O>(
        self,
        subject: &Subject,
        held: Option<Held>,
        ctx: &Context,
        step: impl Fn(&mut Opened, &ContextAt) -> Result<Step<O>, Error>,
    ) -> Result<O, Error> {
        let records = self.records;
        let at = ctx.at(self.shared.now()?);
        let key = Key::of(subject);
        let mut race = records.race(RecordKind::Account, &key);
        let mut at_hand = held;
        // Read before the record, and before the entry that is remembered.
        let mark = self.shared.mark(&key)?;
        // Taken, and not read: after a failure, or a caller that hangs up, nobody knows what stands in the store.
        let mut remembered = self.shared.remembered.take(&key, ctx.interaction());
        let told = loop {
            if race.needs_turn() {
                race.take_turn().await;
                (at_hand, remembered) = (None, None);
            }
            let is_loaded = at_hand.is_some() || remembered.is_none();
            let made = match (at_hand.take(), remembered.take()) {
                (Some(held), _) => self.made(held, &at, &step).await?,
                (None, Some(entry)) => {
                    // One that is older than its mark is that of an earlier step.
                    let held = records.hold(subject, Some(entry), mark, at.now());
                    let held = held.ok().filter(|held| held.put_back == PutBack::No);
                    match held.map(|held| made(held, &at, &step)) {
                        Some(Ok(made)) if made.next.is_some() => made,
                        _ => continue,
                    }
                }
                (None, None) => {
                    let present = race.present().await?;
                    let held = records.hold(subject, present, mark, at.now())?;
                    self.made(held, &at, &step).await?
                }
            };
            let next = made.next.as_ref();
            let counted = next.map(|next| records.count_decoy(next, made.place));
            let replaced = race.heard(records.save(&key, next).await)?;
            if !is_loaded {
                let stale = matches!(replaced, Replaced::Conflict(_));
                self.shared.measure(|| Measure::Remembered { stale });
            }
            match replaced {
                Replaced::Stored => {
                    let is_account = made.next.as_ref().is_some_and(Sealed::is_account);
                    if let Some(next) = made.next.filter(|_| made.with_evidence) {
                        let entry = next.into_entry();
                        self.shared.remembered.keep(&key, ctx.interaction(), entry);
                    }
                    break (made.pending.stored(), is_account, made.put_back);
                }
                Replaced::Conflict(winner) => {
                    if let Some(counted) = counted {
                        records.take_back(counted);
                    }
                    if is_loaded {
                        race.lost_to(winner).await?;
                    } else {
                        // No race was lost: somebody wrote after this verifier did.
                        race = race.knowing(winner);
                    }
                }
            }
        };
        drop(race);
        let (told, is_account, put_back) = told;
        // Raised before anything is revealed. If it fails, nothing is.
        if let Some(rollback) = self.shared.rollback.as_ref().filter(|_| is_account) {
            rollback.raise(&key, &told.event)?;
        }
        if let Some(put_back) = put_back {
            records.port.note(&put_back).await?;
        }
        for event in &told.earlier {
            records.port.note(event).await?;
        }
        records.port.note(&told.event).await?;
        Ok(told.outcome)
    }

    /// Makes a step, unless the record was put back and is refused. The trail says so.
    async fn made<O>(
        self,
        held: Held,
        at: &ContextAt,
        step: &impl Fn(&mut Opened, &ContextAt) -> Result<Step<O>, Error>,
    ) -> Result<Made<O>, Error> {
        if held.put_back == PutBack::Refused {
            let refused = EventKind::PutBack { refused: true };
            let event = held.opened.note(at, refused);
            drop(held);
            self.records.port.note(&event).await?;
            return Err(rollback::refused());
        }
        made(held, at, step)
    }

    /// Waits for the permit of one computation.
    async fn permit(self, traceless: bool) -> Option<HashPermit> {
        let settings = &self.shared.settings;
        let (pool, patience) = (settings.hash_pool(), settings.permit_wait());
        self.records.port.permit(pool, patience, traceless).await
    }
}
