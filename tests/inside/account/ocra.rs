//! Questions and responses through the account: each answered once, where it was asked, for what it was asked.

use crate::support::timed::TimedContext;
use std::ops::ControlFlow;

use crate::inside::own_table::Account;
use countersign::{
    Attempt, Change, Changed, Code, Evidence, Factor, FactorClass, Outcome, SecretBytes, Settings,
    Strength, Transaction,
    account::{Dialog, ExternalVerification, Lock},
    audit::{EventKind, Reason},
    delivered::Issued,
    limits::Limits,
    otp::ocra::{
        MutualClient, MutualServer, MutualState, Ocra, OcraChallenge, OcraDevice, OcraQuestion,
        OcraResponse, OcraState, OcraTask,
    },
    transition::{CommitResult, Saved},
};
use proptest::prelude::*;

use crate::inside::support::host::*;
use crate::support::{maya, suite};

const ONE_WAY: &str = "OCRA-1:HOTP-SHA256-8:QN08";
const SIGNING: &str = "OCRA-1:HOTP-SHA256-8:QH64";

fn ocra(text: &str, tag: u8) -> Ocra {
    Ocra::new(suite(text), SecretBytes::from(vec![tag; 32])).unwrap()
}

fn mutual_settings() -> Settings {
    settings()
        .with_ocra(suite(ONE_WAY), suite(SIGNING))
        .and_then(|settings| settings.with_mutual_ocra(Some(suite(ONE_WAY)), None))
        .unwrap()
}

fn with_device(settings: Settings, device: OcraDevice) -> Row {
    let mut row = Row::new(settings);
    let ctx = agent(NOW - 60, 200);
    row.create(&ctx);
    assert_eq!(row.change(&Change::SetOcra(device), &ctx), Changed::Done);
    row
}

fn one_way(text: &str) -> Row {
    with_device(settings(), OcraDevice::from(ocra(text, 7)))
}

/// A customer whose app asks first, and that app.
fn mutual() -> (Row, App) {
    let [host, customer] = [ocra(ONE_WAY, 1), ocra(ONE_WAY, 2)];
    let server = MutualServer::new(host.clone(), customer.clone()).unwrap();
    let row = with_device(mutual_settings(), server.into());
    (row, App::new(MutualClient::new(host, customer).unwrap()))
}

/// The customer's app: it asks, checks the host, and only then shows what to say.
struct App {
    client: MutualClient,
    state: MutualState,
}

impl App {
    fn new(client: MutualClient) -> Self {
        Self {
            client,
            state: MutualState::default(),
        }
    }

    fn asks(&self, now: u64) -> OcraChallenge {
        self.client.open(&self.state, at(now)).unwrap()
    }

    fn hears(&mut self, opening: &OcraChallenge, dialog: &Dialog, now: u64) -> Option<String> {
        let heard = OcraResponse::typed(dialog.answer().unwrap().expose_text());
        let step = self
            .client
            .check(&self.state, opening, dialog.question(), &heard, at(now))
            .unwrap();
        let told = step.commit(|next| {
            self.state = next.clone();
            Saved::<()>::Stored
        });
        match told {
            Ok(CommitResult::Stored(Ok(shown))) => Some(shown.expose_text().to_owned()),
            _ => None,
        }
    }
}

fn challenged(row: &mut Row, order: &OcraTask<'_>, ctx: &TimedContext) -> Issued<Dialog> {
    let step = row.account().challenge(order, ctx).unwrap();
    row.commit(step, Ending::Stored).told.unwrap().outcome
}

#[track_caller]
fn asked(row: &mut Row, order: &OcraTask<'_>, ctx: &TimedContext) -> Dialog {
    match challenged(row, order, ctx) {
        Issued::Ready(dialog) => dialog,
        Issued::RateLimited(lock) => panic!("{lock:?}"),
    }
}

fn login() -> OcraTask<'static> {
    OcraTask::authenticate()
}

/// What a device with that secret shows.
fn shown(device: &Ocra, question: &OcraQuestion, now: u64) -> String {
    let step = device
        .respond(&OcraState::default(), question, at(now))
        .unwrap();
    match step.commit(|_| Saved::<()>::Stored) {
        Ok(CommitResult::Stored(text)) => text.expose_text().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn response(text: &str) -> Attempt {
    Attempt::Ocra(OcraResponse::typed(text))
}

#[track_caller]
fn accepted(row: &mut Row, text: &str, ctx: &TimedContext) -> Evidence {
    match row.check(&response(text), ctx) {
        Outcome::Accepted(evidence) => evidence,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn denied_as(row: &mut Row, text: &str, ctx: &TimedContext, expected: Reason) {
    let step = row.account().check(&response(text), ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    let factor = Factor::Ocra;
    let what = EventKind::Denied {
        factor,
        reason: expected,
    };
    assert_eq!(told.event.kind, what);
}

#[test]
fn o11_a_question_is_answered_once_and_gives_evidence() {
    let mut row = one_way(ONE_WAY);
    let ctx = agent(NOW, 1);
    let dialog = asked(&mut row, &login(), &ctx);
    assert!(dialog.answer().is_none());
    assert_eq!(dialog.expires(), at(NOW + 600));
    let answer = shown(&ocra(ONE_WAY, 7), dialog.question(), NOW);
    let evidence = accepted(&mut row, &answer, &ctx);
    assert_eq!(evidence.factor(), Factor::Ocra);
    assert_eq!(evidence.class(), FactorClass::Possession);
    assert_eq!(evidence.strength(), Strength::Full);
    assert_eq!(evidence.channel(), ctx.channel());
    assert_eq!(evidence.transaction_digest(), None);
    denied_as(&mut row, &answer, &ctx, Reason::NothingOpen);
    let again = asked(&mut row, &login(), &ctx);
    assert_ne!(again.question(), dialog.question());
    denied_as(&mut row, &answer, &ctx, Reason::Wrong);
}

#[test]
fn o11_both_sides_check_one_another() {
    let (mut row, mut app) = mutual();
    let ctx = agent(NOW, 1);
    let opening = app.asks(NOW);
    let order = login().answering(opening.question().as_str());
    let dialog = asked(&mut row, &order, &ctx);
    let answer = app
        .hears(&opening, &dialog, NOW)
        .expect("the host is right");
    accepted(&mut row, &answer, &ctx);

    // The recording, played to the host in another call: another question stands.
    let later = agent(NOW + 60, 2);
    let replayed = asked(&mut row, &order, &later);
    assert_ne!(replayed.question(), dialog.question());
    denied_as(&mut row, &answer, &later, Reason::Wrong);
    // And to the customer: the app asks something else.
    let opening = app.asks(NOW + 60);
    assert!(app.hears(&opening, &dialog, NOW + 60).is_none());
}

#[test]
fn b03_the_host_s_own_counter_moves_too() {
    let counting = "OCRA-1:HOTP-SHA256-8:C-QN08";
    let [host, customer] = [ocra(counting, 1), ocra(counting, 2)];
    let server = MutualServer::new(host.clone(), customer.clone()).unwrap();
    let mut row = with_device(mutual_settings(), server.into());
    let mut app = App::new(MutualClient::new(host, customer).unwrap());
    for turn in 0..3 {
        let now = NOW + turn;
        let opening = app.asks(now);
        let order = login().answering(opening.question().as_str());
        let dialog = asked(&mut row, &order, &agent(now, 1));
        let answer = app.hears(&opening, &dialog, now).expect("a new counter");
        accepted(&mut row, &answer, &agent(now, 1));
    }
}

#[test]
fn o11_an_answer_sent_back_is_wrong() {
    let (mut row, app) = mutual();
    let ctx = agent(NOW, 1);
    let opening = app.asks(NOW);
    let order = login().answering(opening.question().as_str());
    let dialog = asked(&mut row, &order, &ctx);
    let reflected = dialog.answer().unwrap().expose_text().to_owned();
    denied_as(&mut row, &reflected, &ctx, Reason::Wrong);
    // Nor does the host answer its own question so that the answer would do.
    let own = login().answering(dialog.question().as_str());
    let mirror = asked(&mut row, &own, &agent(NOW, 2));
    let mirrored = mirror.answer().unwrap().expose_text().to_owned();
    denied_as(&mut row, &mirrored, &ctx, Reason::Wrong);
}

#[test]
fn p05_a_signature_counts_for_its_transaction_only() {
    let payment = |reference: &str, amount: &str| {
        Transaction::payment(reference, "Anna", amount, "EUR").unwrap()
    };
    let transfer = payment("TX-1", "99.50");
    let signer = ocra(SIGNING, 7).for_signatures();
    let mut row = with_device(settings(), signer.clone().into());
    let call = agent(NOW, 1);
    let dialog = asked(&mut row, &OcraTask::sign(transfer.digest()), &call);
    let answer = shown(&signer, dialog.question(), NOW);
    for other in [payment("TX-1", "999.50"), payment("TX-2", "99.50")] {
        denied_as(
            &mut row,
            &answer,
            &call.for_transaction(&other),
            Reason::Superseded,
        );
    }
    denied_as(&mut row, &answer, &call, Reason::Superseded);
    let evidence = accepted(&mut row, &answer, &call.for_transaction(&transfer));
    assert_eq!(evidence.transaction_digest(), Some(transfer.digest()));
}

#[test]
fn p05_nothing_is_signed_in_the_context_of_another_transaction() {
    let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR").unwrap();
    let other = Transaction::payment("TX-2", "Anna", "99.50", "EUR").unwrap();
    let signer = ocra(SIGNING, 7).for_signatures();
    let mut row = with_device(settings(), signer.clone().into());
    let call = agent(NOW, 1);
    let sign = OcraTask::sign(transfer.digest());
    let refused = row
        .account()
        .challenge(&sign, &call.for_transaction(&other));
    assert_eq!(
        refused.err().unwrap().to_string(),
        "context: must be bound to the transaction that is signed, or to none"
    );
    let call = call.for_transaction(&transfer);
    let dialog = asked(&mut row, &sign, &call);
    let answer = shown(&signer, dialog.question(), NOW);
    let evidence = accepted(&mut row, &answer, &call);
    assert_eq!(evidence.transaction_digest(), Some(transfer.digest()));
}

#[test]
fn p05_who_logs_in_and_signs_does_so_by_two_secrets() {
    let signer = ocra(SIGNING, 8).for_signatures();
    let mut row = one_way(ONE_WAY);
    let ctx = agent(NOW, 1);
    let epoch = row.account().status(&ctx).epoch();
    let add = Change::SetOcra(signer.clone().into());
    assert_eq!(row.change(&add, &ctx), Changed::Done);
    assert_eq!(
        row.account().status(&ctx).epoch(),
        epoch,
        "nothing was replaced"
    );
    let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR").unwrap();
    let waiting = asked(&mut row, &login(), &agent(NOW, 2));
    let dialog = asked(&mut row, &OcraTask::sign(transfer.digest()), &ctx);
    let signature = shown(&signer, dialog.question(), NOW);
    accepted(&mut row, &signature, &ctx.for_transaction(&transfer));
    // The other device's question still waits, and takes no signature.
    denied_as(&mut row, &signature, &agent(NOW, 2), Reason::Wrong);
    let answer = shown(&ocra(ONE_WAY, 7), waiting.question(), NOW);
    accepted(&mut row, &answer, &agent(NOW, 2));
}

#[test]
fn p05_signed_figures_are_evidence_for_their_transaction_only() {
    let suite = "OCRA-1:HOTP-SHA256-8:C-QN08";
    let signer = ocra(suite, 8).for_signatures();
    let mut row = with_device(settings(), signer.clone().into());
    let ctx = agent(NOW, 1);
    let order = OcraTask::sign_text("40019950");
    let error = row.account().challenge(&order, &ctx).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "context: must be bound to the transaction whose figures are signed"
    );
    let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR").unwrap();
    let bound = ctx.for_transaction(&transfer);
    let dialog = asked(&mut row, &order, &bound);
    let answer = shown(&signer, dialog.question(), NOW);
    denied_as(&mut row, &answer, &ctx, Reason::Superseded);
    let evidence = accepted(&mut row, &answer, &bound);
    assert_eq!(evidence.transaction_digest(), Some(transfer.digest()));
}

#[test]
fn p05_one_secret_does_not_log_in_and_sign() {
    let mut row = one_way(ONE_WAY);
    let ctx = agent(NOW, 1);
    let by = countersign::Authority::Host;
    let same = Change::SetOcra(ocra(ONE_WAY, 7).for_signatures().into());
    let error = row.account().change(&same, &by, &ctx).map(drop);
    assert_eq!(
        error.unwrap_err().to_string(),
        "ocra device: must not sign and log in by one secret under one suite"
    );
    for other in [ocra(SIGNING, 7), ocra(ONE_WAY, 8)] {
        let add = Change::SetOcra(other.for_signatures().into());
        assert_eq!(row.change(&add, &ctx), Changed::Done);
    }
}

#[test]
fn p05_a_login_is_no_signature() {
    let mut row = one_way(ONE_WAY);
    let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR").unwrap();
    let call = agent(NOW, 1).for_transaction(&transfer);
    let dialog = asked(&mut row, &login(), &call);
    let answer = shown(&ocra(ONE_WAY, 7), dialog.question(), NOW);
    assert_eq!(
        accepted(&mut row, &answer, &call).transaction_digest(),
        None
    );
}

#[test]
fn a_question_belongs_to_its_call_and_lives_ten_minutes() {
    let mut row = one_way(ONE_WAY);
    let call = agent(NOW, 1);
    let dialog = asked(&mut row, &login(), &call);
    let answer = shown(&ocra(ONE_WAY, 7), dialog.question(), NOW);
    denied_as(&mut row, &answer, &agent(NOW, 2), Reason::NothingOpen);
    denied_as(&mut row, &answer, &agent(NOW + 600, 1), Reason::NothingOpen);

    let mut row = one_way(ONE_WAY);
    let dialog = asked(&mut row, &login(), &call);
    let answer = shown(&ocra(ONE_WAY, 7), dialog.question(), NOW);
    accepted(&mut row, &answer, &agent(NOW + 599, 1));
}

#[test]
fn b36_a_stranger_s_questions_leave_the_customer_s() {
    let mut row = one_way(ONE_WAY);
    let dialog = asked(&mut row, &login(), &agent(NOW, 1));
    for call in 2..9 {
        asked(&mut row, &login(), &agent(NOW + 1, call));
    }
    let full = challenged(&mut row, &login(), &agent(NOW + 1, 9));
    assert!(matches!(full, Issued::RateLimited(Lock::Until(end)) if end == at(NOW + 600)));
    let answer = shown(&ocra(ONE_WAY, 7), dialog.question(), NOW);
    accepted(&mut row, &answer, &agent(NOW + 2, 1));
    // With the customer known, nothing of the strangers' is left.
    denied_as(&mut row, &answer, &agent(NOW + 2, 5), Reason::NothingOpen);
}

#[test]
fn b07_five_wrong_responses_lock_whatever_is_asked() {
    let mut row = one_way(ONE_WAY);
    for number in 0..5 {
        let call = agent(NOW, number);
        asked(&mut row, &login(), &call);
        denied_as(&mut row, "", &call, Reason::Wrong);
    }
    let call = agent(NOW, 6);
    let wait = challenged(&mut row, &login(), &call);
    assert!(matches!(wait, Issued::RateLimited(Lock::Until(end)) if end == at(NOW + 30)));
    let said = kind(&row.check(&response("12345678"), &call));
    assert_eq!(said, Said::Locked(Some(NOW + 30)));
}

#[test]
fn b12_an_unknown_subject_is_asked_and_answered_alike() {
    let app = MutualClient::new(ocra(ONE_WAY, 1), ocra(ONE_WAY, 2)).unwrap();
    let opening = app.open(&MutualState::default(), at(NOW)).unwrap();
    let order = login().answering(opening.question().as_str());
    let ctx = agent(NOW, 1);
    let settings = mutual_settings();
    let nobody = Account::unknown(&settings, &maya(), at(NOW)).unwrap();
    let mut row = Row::new(settings);
    let step = nobody.challenge(&order, &ctx).unwrap();
    let Issued::Ready(dialog) = row.commit(step, Ending::Stored).told.unwrap().outcome else {
        panic!("asked")
    };
    assert_eq!(dialog.answer().unwrap().expose_text().len(), 8);
    assert_eq!(dialog.question().as_str().len(), 8);
    denied_as(&mut row, "12345678", &ctx, Reason::UnknownSubject);

    // The same for a customer without a device.
    let mut row = Row::new(mutual_settings());
    row.create(&ctx);
    assert!(asked(&mut row, &order, &ctx).answer().is_some());
    denied_as(&mut row, "12345678", &ctx, Reason::NotEnrolled);
}

#[test]
fn a_device_in_place_of_another_voids_what_was_asked() {
    let mut row = one_way(ONE_WAY);
    let ctx = agent(NOW, 1);
    let dialog = asked(&mut row, &login(), &ctx);
    let epoch = row.account().status(&ctx).epoch();
    let other = Change::SetOcra(OcraDevice::from(ocra(ONE_WAY, 8)));
    assert_eq!(row.change(&other, &ctx), Changed::Done);
    assert_eq!(row.account().status(&ctx).epoch(), epoch + 1);
    for tag in [7, 8] {
        let answer = shown(&ocra(ONE_WAY, tag), dialog.question(), NOW);
        denied_as(&mut row, &answer, &ctx, Reason::NothingOpen);
    }
    for change in [Change::Suspend, Change::Resume] {
        let dialog = asked(&mut row, &login(), &agent(NOW, 2));
        let answer = shown(&ocra(ONE_WAY, 8), dialog.question(), NOW);
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        if matches!(change, Change::Suspend) {
            let suspended = challenged(&mut row, &login(), &ctx);
            assert!(matches!(suspended, Issued::RateLimited(Lock::Indefinite)));
            assert_eq!(row.change(&Change::Resume, &ctx), Changed::Done);
            denied_as(&mut row, &answer, &agent(NOW, 2), Reason::NothingOpen);
        }
    }
    assert_eq!(
        row.change(&Change::Remove(Factor::Ocra), &ctx),
        Changed::Done
    );
    assert!(!row.account().status(&ctx).is_enrolled(Factor::Ocra));
}

#[test]
fn a_device_that_is_easy_to_guess_is_refused() {
    let by = countersign::Authority::Host;
    let ctx = agent(NOW, 1);
    let set = |settings: Settings, device: Ocra| {
        let mut row = Row::new(settings);
        row.create(&ctx);
        let change = Change::SetOcra(device.into());
        row.account().change(&change, &by, &ctx).map(drop)
    };
    let four = "OCRA-1:HOTP-SHA1-4:QN08";
    assert_eq!(
        set(settings(), ocra(four, 1)).unwrap_err().to_string(),
        "ocra device: would be guessed more often than once in 50,000 locks or 100 years: see `Limits::guess_chance`. \
         Remove one that is enrolled, take longer codes (`with_digits(8)`), or call `Settings::accepting_worse_guess_chance`"
    );
    assert!(set(settings().accepting_worse_guess_chance(), ocra(four, 1)).is_ok());
    let six = "OCRA-1:HOTP-SHA1-6:C-QN08-T1M";
    assert!(set(settings(), ocra(six, 1)).is_err(), "eight of a million");
    assert!(set(settings(), ocra("OCRA-1:HOTP-SHA1-0:QN08", 1)).is_ok());
    // Four of a million each: alone, and not beside one another.
    let [login, signer] = [1, 2].map(|tag| ocra("OCRA-1:HOTP-SHA1-6:C-QN08", tag));
    let mut row = with_device(settings(), login.into());
    let add = Change::SetOcra(signer.for_signatures().into());
    assert!(row.account().change(&add, &by, &ctx).is_err());
    assert_eq!(
        row.change(&Change::Remove(Factor::Ocra), &ctx),
        Changed::Done
    );
    assert_eq!(row.change(&add, &ctx), Changed::Done);
}

#[test]
fn what_is_no_question_changes_nothing() {
    let (row, app) = mutual();
    let ctx = agent(NOW, 1);
    let refused = |order: &OcraTask<'_>| {
        let error = row.account().challenge(order, &ctx).map(drop).unwrap_err();
        assert!(error.is_misuse());
        error.to_string()
    };
    assert_eq!(
        refused(&login()),
        "challenge: must answer the question that this device asks first"
    );
    let long = "1".repeat(1 << 20);
    for text in ["", "1234567", "123456789", "1234567a", &long] {
        let told = refused(&login().answering(text));
        assert!(told.starts_with("ocra question: must "), "{told}");
        assert!(!told.contains("1234"), "{told}");
    }
    let question = app.asks(NOW);
    let in_session = login()
        .answering(question.question().as_str())
        .in_session(b"call");
    assert!(refused(&in_session).starts_with("ocra session: must not be given"));

    let row = one_way(ONE_WAY);
    let order = login().answering("12345678");
    let error = row.account().challenge(&order, &ctx).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "challenge: must not answer a question: this device asks none"
    );
}

#[test]
fn o09_session_data_and_counters_go_through_the_account() {
    let text = "OCRA-1:HOTP-SHA256-8:C-QN08-S064-T1M";
    let mut row = one_way(text);
    let device = ocra(text, 7).in_session(b"tls").unwrap();
    let mut state = OcraState::default();
    for turn in 0..3 {
        let now = NOW + 120 * turn;
        let ctx = agent(now, 1);
        let dialog = asked(&mut row, &login().in_session(b"tls"), &ctx);
        let step = device.respond(&state, dialog.question(), at(now)).unwrap();
        let told = step.commit(|next| {
            state = next.clone();
            Saved::<()>::Stored
        });
        let Ok(CommitResult::Stored(answer)) = told else {
            panic!("answered")
        };
        accepted(&mut row, answer.expose_text(), &ctx);
    }
    // Another session's data: another response.
    let ctx = agent(NOW + 600, 1);
    let dialog = asked(&mut row, &login().in_session(b"other"), &ctx);
    let step = device.respond(&state, dialog.question(), at(NOW + 600));
    let Ok(CommitResult::Stored(answer)) = step.unwrap().commit(|_| Saved::<()>::Stored) else {
        panic!("answered")
    };
    denied_as(&mut row, answer.expose_text(), &ctx, Reason::Wrong);
}

#[test]
fn other_attempts_are_no_responses() {
    let mut row = one_way(ONE_WAY);
    let ctx = agent(NOW, 1);
    let dialog = asked(&mut row, &login(), &ctx);
    let answer = shown(&ocra(ONE_WAY, 7), dialog.question(), NOW);
    for attempt in [Attempt::Totp(Code::typed(&answer)), delivered(&answer)] {
        assert_eq!(kind(&row.check(&attempt, &ctx)), Said::Denied);
    }
    accepted(&mut row, &answer, &ctx);
}

#[derive(Clone, Debug)]
enum Act {
    Ask(u8),
    Answer(u8, usize),
    Wait(u64),
    Back(u64),
}

fn act() -> impl Strategy<Value = (Act, Ending)> {
    let act = prop_oneof![
        3 => (0_u8..3).prop_map(Act::Ask),
        5 => (0_u8..3, 0_usize..6).prop_map(|(call, back)| Act::Answer(call, back)),
        1 => (0_u64..700).prop_map(Act::Wait),
        1 => (0_u64..700).prop_map(Act::Back),
    ];
    let ending = prop_oneof![
        5 => Just(Ending::Stored),
        1 => Just(Ending::Conflict),
        1 => Just(Ending::Failed),
        1 => Just(Ending::Lost),
    ];
    (act, ending)
}

// SP 800-63B-4 3.2.2: what was disabled stays so; what takes its place is bound anew.
#[test]
fn n13_a_new_device_does_not_revive_the_disabled_one_beside_it() {
    let signer = ocra(SIGNING, 8).for_signatures();
    let payment = Transaction::new("TX-1").unwrap();
    let ctx = agent(NOW, 1).for_transaction(&payment);
    let sign = OcraTask::sign(payment.digest());
    for disabled in [false, true] {
        let limits = Limits::new(2, Limits::SHORTEST_WAIT, Limits::LONGEST_WAIT, 2, 200);
        let settings = settings().with_limits(limits.unwrap());
        let mut row = with_device(settings, ocra(ONE_WAY, 7).into());
        let change = Change::SetOcra(signer.clone().into());
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        let external_verifier = "counter";
        let seen =
            ExternalVerification::new(external_verifier, FactorClass::Possession, Strength::Full)
                .unwrap();
        if disabled {
            // One wrong answer on each lane.
            assert_eq!(kind(&row.check(&response(""), &ctx)), Said::Denied);
            let known = row.check(&Attempt::External(seen), &ctx);
            assert_eq!(kind(&known), Said::Accepted);
            assert_eq!(kind(&row.check(&response(""), &ctx)), Said::Denied);
            let shut = row.account().status(&ctx).locked(Factor::Ocra);
            assert_eq!(shut, Some(Lock::Indefinite));
        }
        let change = Change::SetOcra(ocra(ONE_WAY, 9).into());
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        let dialog = asked(&mut row, &sign, &ctx);
        let answer = shown(&signer, dialog.question(), NOW);
        let said = kind(&row.check(&response(&answer), &ctx));
        let then = if disabled {
            Said::Denied
        } else {
            Said::Accepted
        };
        assert_eq!(said, then);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked and answered, in whichever call, however writes end and wherever the clock goes: no response is
    /// accepted twice, and none in a call that was not asked for it.
    #[test]
    fn b13_no_history_takes_a_response_twice(history in proptest::collection::vec(act(), 1..50)) {
        let mut row = one_way(ONE_WAY);
        let device = ocra(ONE_WAY, 7);
        let mut now = NOW;
        let mut answers: Vec<(u8, String)> = Vec::new();
        let mut accepted: Vec<String> = Vec::new();
        for (act, ending) in history {
            match act {
                Act::Wait(seconds) => now += seconds,
                Act::Back(seconds) => now -= seconds,
                Act::Ask(call) => {
                    let step = row.account().challenge(&login(), &agent(now, call)).unwrap();
                    if let Some(told) = row.commit(step, ending).told
                        && let Issued::Ready(dialog) = told.outcome
                    {
                        answers.push((call, shown(&device, dialog.question(), now)));
                    }
                }
                Act::Answer(call, back) => {
                    let Some((asked_in, answer)) = answers.iter().rev().nth(back) else { continue };
                    let step = row.account().check(&response(answer), &agent(now, call)).unwrap();
                    if let Some(told) = row.commit(step, ending).told
                        && let ControlFlow::Break(Outcome::Accepted(_)) = told.outcome
                    {
                        prop_assert_eq!(*asked_in, call);
                        prop_assert!(!accepted.contains(answer), "twice");
                        accepted.push(answer.clone());
                    }
                }
            }
        }
    }
}
