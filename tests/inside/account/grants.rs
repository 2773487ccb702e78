//! Grants are redeemed once, where and for what they were given.

use crate::inside::own_table::Account;
use crate::support::timed::{TimedContext, TimedVerifier};
use core::time::Duration;
use countersign::store::conformance::TestStore;
use countersign::store::memory::MemoryStore;
use countersign::store::{Key, Store};
use countersign::{
    Attempt, Authority, Change, Changed, Code, Decision, Error, Evidence, Factor, FactorClass,
    Grant, Outcome, Policy, Redeemed, Request, Strength, Subject, Transaction,
    account::{Agent, Approval, ExternalVerification, RedeemRefusal},
    audit::EventKind,
    delivered::CodeOrder,
    otp::Totp,
    transition::{CommitResult, Saved},
};

use crate::inside::support::host::*;
use crate::support::maya;

fn policy() -> Policy {
    Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action."address.change".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 600 }] }]
        [action."authenticator.add".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 600 }] }]
        [action."account.resume".every_tier]
        any = [{ all = [{ approvals = 1, max_age = 600 }] }]
        [action.payment.every_tier]
        any = [{ all = [{ factor = "spoken_code", max_age = 600, for_transaction = true }] }]
        [action."payment.urgent".every_tier]
        any = [{ all = [{ factor = "spoken_code", max_age = 600, for_transaction = true }] }]
        "#,
    )
    .unwrap()
}

/// A customer with an app and a telephone.
fn customer() -> (Row, Totp) {
    let (store, app) = (MemoryStore::new(), totp(7));
    enrol(&TimedVerifier::new(&store, settings()), &app, NOW);
    (row(&settings(), &store), app)
}

fn evidence(outcome: Outcome) -> Evidence {
    match outcome {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

fn decided(row: &Row, action: &str, shown: &[Evidence], ctx: &TimedContext) -> Grant {
    let status = row.account().status(ctx);
    match policy().decide(&Request::new(action), shown, &status, ctx, ctx.now()) {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

fn by_app(row: &mut Row, app: &Totp, ctx: &TimedContext) -> Evidence {
    let code = typed(&right_code(app, ctx.now().unix()));
    evidence(row.check(&code, ctx))
}

/// Evidence of a code that was sent for a payment.
fn by_code(row: &mut Row, ctx: &TimedContext) -> Evidence {
    let step = row.account().issue(&CodeOrder::spoken(), ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    let countersign::delivered::Issued::Ready(delivery) = told.outcome else {
        panic!("sent")
    };
    let code = delivery.send(|_, code| code.to_owned()).unwrap();
    evidence(row.check(&Attempt::Delivered(Code::typed(&code)), ctx))
}

fn redemption(row: &mut Row, grant: &Grant, ctx: &TimedContext) -> Result<Redeemed, RedeemRefusal> {
    let step = row.account().redeem(grant, ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    // The trail has the same reason.
    match (&told.outcome, told.event.kind) {
        (Ok(_), EventKind::Redeemed) => {}
        (Err(why), EventKind::RedeemRefused { reason }) => assert_eq!(*why, reason),
        other => panic!("{other:?}"),
    }
    told.outcome
}

fn redeemed(row: &mut Row, grant: &Grant, ctx: &TimedContext) -> Option<Redeemed> {
    redemption(row, grant, ctx).ok()
}

/// Why a grant is not redeemed.
#[track_caller]
fn refusal(row: &mut Row, grant: &Grant, ctx: &TimedContext) -> RedeemRefusal {
    let before = row.version();
    let Err(reason) = redemption(row, grant, ctx) else {
        panic!("it was redeemed")
    };
    assert_eq!(row.version(), before, "a refusal writes nothing");
    reason
}

#[test]
fn b25_a_grant_is_redeemed_once_and_so_is_its_like() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "address.change", &shown, &ctx);
    let done = redeemed(&mut row, &grant, &ctx).expect("the first time");
    assert_eq!(done.action(), "address.change");
    assert_eq!(done.subject(), &maya());
    assert_eq!(refusal(&mut row, &grant, &ctx), RedeemRefusal::Spent);
    let later = agent(NOW + 60, 1);
    let again = decided(&row, "address.change", &shown, &later);
    assert!(
        redeemed(&mut row, &again, &later).is_none(),
        "the same evidence"
    );
    let shown = [by_app(&mut row, &app, &later)];
    let fresh = decided(&row, "address.change", &shown, &later);
    assert!(redeemed(&mut row, &fresh, &later).is_some(), "another code");
}

#[test]
fn p05_what_was_shown_for_a_payment_serves_one_payment() {
    let (mut row, _) = customer();
    let payment = |reference| Transaction::payment(reference, "Anna", "99.50", "EUR").unwrap();
    let first = agent(NOW, 1).for_transaction(&payment("TX-1"));
    let shown = [by_code(&mut row, &first)];
    let urgent = decided(&row, "payment.urgent", &shown, &first);
    let plain = decided(&row, "payment", &shown, &first);
    let done = redeemed(&mut row, &plain, &first).expect("paid");
    assert_eq!(done.transaction_digest(), Some(payment("TX-1").digest()));
    let why = [&urgent, &plain].map(|spent| refusal(&mut row, spent, &first));
    assert_eq!(why, [RedeemRefusal::Spent, RedeemRefusal::CarriedOut]);
}

#[test]
fn b50_a_grant_counts_here_and_now_only_and_says_what_does_not_fit() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "address.change", &shown, &ctx);
    let payment = Transaction::new("TX-1").unwrap();
    for (elsewhere, why) in [
        (agent(NOW, 2), RedeemRefusal::OtherInteraction),
        (
            ctx.for_transaction(&payment),
            RedeemRefusal::OtherTransaction,
        ),
        (agent(NOW + 301, 1), RedeemRefusal::Expired),
        (agent(NOW + 301, 2), RedeemRefusal::OtherInteraction),
    ] {
        assert_eq!(refusal(&mut row, &grant, &elsewhere), why);
    }
    let mut suspended = row.clone();
    for (change, why) in [
        (Change::Suspend, RedeemRefusal::Suspended),
        (Change::Resume, RedeemRefusal::Voided),
    ] {
        assert_eq!(suspended.change(&change, &ctx), Changed::Done);
        assert_eq!(refusal(&mut suspended, &grant, &ctx), why);
    }
    let mut replaced = row.clone();
    assert_eq!(
        replaced.change(&Change::Remove(Factor::Totp), &ctx),
        Changed::Done
    );
    assert_eq!(refusal(&mut replaced, &grant, &ctx), RedeemRefusal::Voided);
    let nobody = Account::unknown(&settings(), &maya(), ctx.now()).unwrap();
    let told = nobody
        .redeem(&grant, &ctx)
        .unwrap()
        .commit(|_| Saved::<()>::Stored);
    let Ok(CommitResult::Stored(told)) = told else {
        panic!("stored")
    };
    assert!(matches!(told.outcome, Err(RedeemRefusal::UnknownSubject)));
    assert!(redeemed(&mut row, &grant, &agent(NOW + 300, 1)).is_some());
    // Spent or not, it is over.
    let late = agent(NOW + 301, 1);
    assert_eq!(refusal(&mut row, &grant, &late), RedeemRefusal::Expired);

    let mut other = Row::new(settings());
    let stranger = Subject::new("bank", "C-1043").unwrap();
    let step = Account::create(&settings(), &stranger, None, &ctx).unwrap();
    other.commit(step, Ending::Stored);
    let entry = other.entry.unwrap();
    let account = Account::open(&settings(), &stranger, entry.bytes()).unwrap();
    let error = account.redeem(&grant, &ctx).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "grant: must be of this subject");
}

fn changed_by(
    row: &mut Row,
    grant: &Grant,
    change: &Change,
    ctx: &TimedContext,
) -> Result<Changed, Error> {
    let by = Authority::Granted(grant);
    let step = row.account().change(change, &by, ctx)?;
    Ok(row.commit(step, Ending::Stored).told.unwrap().outcome)
}

#[test]
fn b25_an_approval_serves_one_change() {
    let (mut row, _) = customer();
    let ctx = agent(NOW, 1);
    let yes = Approval::by(
        Agent::new("eve").unwrap(),
        "account.resume",
        &maya(),
        Duration::from_secs(10 * 60),
        &ctx,
        ctx.now(),
    );
    let request = Request::new("account.resume").handled_by(Agent::new("bob").unwrap());
    let request = request.approved(yes);
    let resume = |row: &mut Row| {
        assert_eq!(row.change(&Change::Suspend, &ctx), Changed::Done);
        let status = row.account().status(&ctx);
        let Decision::Allow(grant) = policy().decide(&request, &[], &status, &ctx, ctx.now())
        else {
            panic!("approved")
        };
        changed_by(row, &grant, &Change::Resume, &ctx)
    };
    assert_eq!(resume(&mut row).unwrap(), Changed::Done);
    let second = resume(&mut row).unwrap_err();
    assert_eq!(
        second.to_string(),
        "grant: was redeemed, or an approval or evidence that it rests on has served: decide again on a fresh one, and \
         give the grant to `change` without redeeming it"
    );
    assert!(row.account().status(&ctx).is_suspended());
}

/// A limit that SECURITY.md tells: what was spent is forgotten with the day that the clock ran ahead.
#[test]
fn b60_an_approval_counts_once_more_after_a_clock_that_was_a_day_ahead() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let yes = Approval::by(
        Agent::new("eve").unwrap(),
        "account.resume",
        &maya(),
        Duration::from_secs(10 * 60),
        &ctx,
        ctx.now(),
    );
    let request = Request::new("account.resume").handled_by(Agent::new("bob").unwrap());
    let request = request.approved(yes);
    let resume = |row: &mut Row, ctx: &TimedContext| {
        assert_eq!(row.change(&Change::Suspend, ctx), Changed::Done);
        let status = row.account().status(ctx);
        let Decision::Allow(grant) = policy().decide(&request, &[], &status, ctx, ctx.now()) else {
            panic!("approved")
        };
        changed_by(row, &grant, &Change::Resume, ctx)
    };
    assert_eq!(resume(&mut row, &ctx).unwrap(), Changed::Done);
    let tomorrow = agent(NOW + 26 * 3_600, 2);
    let _ = row.check(
        &typed(&wrong_code(&app, tomorrow.now().unix(), 1)),
        &tomorrow,
    );
    let back = agent(NOW + 60, 1);
    let _ = row.check(&typed(&wrong_code(&app, back.now().unix(), 1)), &back);
    let twice = resume(&mut row, &back).unwrap();
    assert_eq!(twice, Changed::Done, "what SECURITY.md says is too modest");
    // No later than its end, whatever the clock did.
    let request_is_over = agent(NOW + 601, 1);
    let status = row.account().status(&request_is_over);
    let decision = policy().decide(
        &request,
        &[],
        &status,
        &request_is_over,
        request_is_over.now(),
    );
    assert!(!matches!(decision, Decision::Allow(_)), "{decision:?}");
}

#[test]
fn b25_a_grant_that_was_redeemed_changes_nothing() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "authenticator.add", &shown, &ctx);
    let phone = Change::SetPhone(phone());
    assert!(changed_by(&mut row.clone(), &grant, &phone, &ctx).is_ok());
    assert!(redeemed(&mut row, &grant, &ctx).is_some());
    let before = row.version();
    let refused = changed_by(&mut row, &grant, &phone, &ctx).unwrap_err();
    assert!(refused.is_misuse());
    assert_eq!(row.version(), before);
}

#[test]
fn b25_one_grant_begins_and_confirms() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "authenticator.add", &shown, &ctx);
    let another = totp(9);
    let confirm = |text: &str| Change::ConfirmTotp(Code::typed(text));
    let right = confirm(&right_code(&another, NOW));
    for (change, then) in [
        (Change::AddTotp(another.clone()), Changed::Done),
        (confirm(&wrong_code(&another, NOW, 1)), Changed::Denied),
        (right, Changed::Done),
    ] {
        assert_eq!(changed_by(&mut row, &grant, &change, &ctx).unwrap(), then);
    }
}

#[test]
fn b35_nothing_is_redeemed_unless_it_is_stored() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "address.change", &shown, &ctx);
    for ending in [Ending::Failed, Ending::Conflict] {
        let step = row.account().redeem(&grant, &ctx).unwrap();
        assert!(row.commit(step, ending).told.is_none());
    }
    assert!(redeemed(&mut row.clone(), &grant, &ctx).is_some());
    let step = row.account().redeem(&grant, &ctx).unwrap();
    assert!(row.commit(step, Ending::Lost).told.is_none());
    assert!(
        redeemed(&mut row, &grant, &ctx).is_none(),
        "stored, and not told"
    );
}

#[test]
fn b13_a_grant_passes_one_of_eight_threads() {
    let (store, app) = (MemoryStore::new(), totp(7));
    let plain = TimedVerifier::new(&store, settings());
    enrol(&plain, &app, NOW);
    let ctx = agent(NOW, 1);
    let code = typed(&right_code(&app, NOW));
    let shown = [evidence(plain.check(&maya(), &code, &ctx).unwrap())];
    let grant = decided(&row(&settings(), &store), "address.change", &shown, &ctx);
    let gate = TestStore::racing(&store, 8);
    let verifier = TimedVerifier::new(&gate, settings());
    let redeemed = std::thread::scope(|scope| {
        let each = || verifier.redeem(&grant, &ctx).unwrap().ok().is_some();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(each)).collect();
        let told = threads.into_iter().map(|thread| thread.join().unwrap());
        told.filter(|redeemed| *redeemed).count()
    });
    assert_eq!(redeemed, 1);
    assert!(gate.conflicts() >= 2, "there was no race");
}

/// A host that stamps something for whoever was seen at the counter within a day.
struct Stamps {
    row: Row,
    policy: Policy,
}

impl Stamps {
    fn new() -> Self {
        let policy = Policy::from_toml(
            r#"
            version = 1
            grant_lifetime = 300
            tiers = ["only"]
            [action.stamp.every_tier]
            any = [{ all = [{ factor = "external", external_verifier = "counter", class = "possession", max_age = 86400 }] }]
            [action.seal.every_tier]
            any = [{ all = [{ factor = "external", external_verifier = "counter", class = "possession", max_age = 86400, for_transaction = true }] }]
            "#,
        );
        Self {
            row: customer().0,
            policy: policy.unwrap(),
        }
    }

    /// A grant of an action for what the counter sees now.
    fn grant(&mut self, action: &str, seen: ExternalVerification, ctx: &TimedContext) -> Grant {
        let shown = [evidence(self.row.check(&Attempt::External(seen), ctx))];
        let status = self.row.account().status(ctx);
        match self
            .policy
            .decide(&Request::new(action), &shown, &status, ctx, ctx.now())
        {
            Decision::Allow(grant) => grant,
            other => panic!("{other:?}"),
        }
    }

    fn stamp(&mut self, ctx: &TimedContext) -> Result<Redeemed, RedeemRefusal> {
        let grant = self.grant("stamp", counter(), ctx);
        redemption(&mut self.row, &grant, ctx)
    }
}

fn counter() -> ExternalVerification {
    let by = "counter";
    ExternalVerification::new(by, FactorClass::Possession, Strength::Full).unwrap()
}

#[test]
fn b50_too_many_spent_tells_when_there_is_room_and_there_is_then() {
    const KEPT: u64 = 25 * 3_600;
    let mut stamps = Stamps::new();
    // The first two at one second, the others one by one.
    for number in 0..512 {
        let ctx = agent(NOW + u64::max(1, number) - 1, u8::from(number == 1));
        let told = stamps.stamp(&ctx);
        assert!(told.is_ok(), "{number}: {told:?}");
    }
    let told = |stamps: &mut Stamps, ctx: &TimedContext| match stamps.stamp(ctx) {
        Err(RedeemRefusal::TooMany { until }) => Some(until),
        Ok(_) => None,
        other @ Err(_) => panic!("{other:?}"),
    };
    let room = at(NOW + KEPT + 1);
    for second in [NOW + 600, NOW + KEPT] {
        assert_eq!(told(&mut stamps, &agent(second, 3)), Some(room), "{second}");
    }
    let ctx = agent(NOW + KEPT + 1, 3);
    assert_eq!(told(&mut stamps, &ctx), None, "the first went");
    assert_eq!(
        told(&mut stamps, &agent(NOW + KEPT + 1, 4)),
        None,
        "and the second"
    );
    let next = at(NOW + KEPT + 2);
    assert_eq!(told(&mut stamps, &agent(NOW + KEPT + 1, 5)), Some(next));
    assert_eq!(told(&mut stamps, &agent(NOW + KEPT + 2, 6)), None);
}

/// A payment leaves two marks, that of the transaction and that of the evidence for it.
#[test]
fn b50_two_hundred_and_fifty_six_payments_fit_into_a_day() {
    let mut stamps = Stamps::new();
    let payment = |number| {
        let reference = format!("TX-{number}");
        Transaction::payment(&reference, "Anna", "99.50", "EUR").unwrap()
    };
    let mut first = None;
    for number in 0..=256 {
        let transaction = payment(number);
        let ctx = agent(NOW + number, 1).for_transaction(&transaction);
        let grant = stamps.grant("seal", counter().for_transaction(&transaction), &ctx);
        let told = redemption(&mut stamps.row, &grant, &ctx);
        if number < 256 {
            assert!(told.is_ok(), "{number}: {told:?}");
        } else {
            let too_many = RedeemRefusal::TooMany {
                until: at(NOW + 25 * 3_600 + 1),
            };
            assert!(matches!(told, Err(reason) if reason == too_many));
        }
        first.get_or_insert(grant);
    }
    let (grant, again) = (first.unwrap(), payment(0));
    let ctx = agent(NOW + 256, 1).for_transaction(&again);
    assert_eq!(
        refusal(&mut stamps.row, &grant, &ctx),
        RedeemRefusal::CarriedOut,
        "the first payment, once more"
    );
}

#[test]
fn b50_a_change_that_a_grant_does_not_allow_says_which_part_does_not_fit() {
    let (mut row, app) = customer();
    let ctx = agent(NOW, 1);
    let shown = [by_app(&mut row, &app, &ctx)];
    let grant = decided(&row, "authenticator.add", &shown, &ctx);
    let address = decided(&row, "address.change", &shown, &ctx);
    let change = Change::SetPhone(phone());
    let payment = Transaction::new("TX-1").unwrap();
    let says = |row: &mut Row, grant: &Grant, ctx: &TimedContext, part: &str| {
        let before = row.version();
        let error = changed_by(row, grant, &change, ctx).unwrap_err();
        assert!(error.is_misuse());
        let text = error.to_string();
        assert!(text.starts_with("grant: ") && text.contains(part), "{text}");
        assert_eq!(row.version(), before, "{text}");
    };
    says(
        &mut row,
        &address,
        &ctx,
        "`address.change`: ask the policy for `authenticator.add`",
    );
    says(&mut row, &grant, &agent(NOW, 2), "in the interaction");
    says(
        &mut row,
        &grant,
        &ctx.for_transaction(&payment),
        "Context::for_transaction",
    );
    says(&mut row, &grant, &agent(NOW + 301, 1), "has ended");
    let mut resumed = row.clone();
    for change in [Change::Suspend, Change::Resume] {
        assert_eq!(resumed.change(&change, &ctx), Changed::Done);
    }
    says(&mut resumed, &grant, &ctx, "verify the subject again");
    let mut spent = row.clone();
    assert!(redeemed(&mut spent, &grant, &ctx).is_some());
    says(
        &mut spent,
        &grant,
        &ctx,
        "was redeemed: decide again on fresh evidence, and give the grant to `change` without redeeming it",
    );
    assert!(changed_by(&mut row, &grant, &change, &ctx).is_ok());
}

#[test]
fn b50_erasing_says_whether_there_was_an_account() {
    let (store, app) = (MemoryStore::new(), totp(7));
    let verifier = TimedVerifier::new(&store, settings());
    enrol(&verifier, &app, NOW);
    let stranger = Subject::new("bank", "C-9999").unwrap();
    let guess = typed("123456");
    let _ = verifier.check(&stranger, &guess, &agent(NOW, 1)).unwrap();
    let stands = |subject: &Subject| store.load(&Key::of(subject)).unwrap().is_some();
    assert!(stands(&stranger), "a decoy");
    assert!(!verifier.erase(&stranger).unwrap());
    assert!(!stands(&stranger));
    assert!(verifier.erase(&maya()).unwrap());
    assert!(!verifier.erase(&maya()).unwrap());
}
