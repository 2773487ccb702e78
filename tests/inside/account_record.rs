//! The bytes of an account record: how many there are, and that those of every released version open for ever.

use crate::support::timed::{TimedContext, TimedVerifier};
use std::path::PathBuf;

use std::ops::ControlFlow;
use std::time::Duration;

use crate::inside::own_table::Account;
use crate::inside::support::token;
use crate::support::{keyring, rfc_totp};
use countersign::field::{FieldCipher, Keyring};
use countersign::store::memory::MemoryStore;
use countersign::store::{Key, Store};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Factor, FactorClass, Grant,
    Interaction, Outcome, Policy, Request, SecretBytes, Settings, Strength, Subject, Timestamp,
    Transaction,
    account::{Agent, ExternalVerification, RedeemRefusal},
    delivered::{CodeOrder, Destination, Issued, Kind, Route},
    hashing::Cost,
    knowledge::{
        AnswerBlocklist, AnswerHashes, Answers, MemorableWord, QuestionId, WordKey, WordLetters,
    },
    otp::{
        Hotp,
        ocra::{Ocra, OcraResponse, OcraState, OcraTask},
    },
    password::{Password, PasswordHash, PasswordRules, Pin, PinHash, PinRules},
    transition::{CommitResult, Saved},
};

fn settings() -> Settings {
    let questions = [1, 2, 3].map(QuestionId::new);
    Settings::new("golden", keyring())
        .unwrap()
        .with_questions(&questions, 2)
        .unwrap()
}

fn subject() -> Subject {
    Subject::new("golden", "C-1042").unwrap()
}

fn at(seconds: i64) -> TimedContext {
    let now = Timestamp::from_unix(1_800_000_000 + seconds).unwrap();
    TimedContext::new(now, Channel::Agent, Interaction::from_bytes([7; 16]))
}

fn answer(question: QuestionId) -> String {
    format!("answer {}", question.number())
}

/// A subject with an app, answers and a telephone.
fn enrolled(store: &MemoryStore) -> TimedVerifier<&MemoryStore> {
    let verifier = TimedVerifier::new(store, settings());
    let (subject, ctx) = (subject(), at(0));
    let change = |change: Change| {
        assert_eq!(
            verifier
                .change(&subject, &change, &Authority::Host, &ctx)
                .unwrap(),
            Changed::Done
        );
    };
    verifier.create(&subject, &ctx).unwrap();
    change(Change::AddTotp(rfc_totp()));
    change(Change::ConfirmTotp(Code::typed(
        rfc_totp().code_at(ctx.now()).expose_text(),
    )));
    let answers = [1, 2, 3].map(QuestionId::new);
    let answers = answers.iter().fold(Answers::new(), |all, question| {
        all.and(*question, &answer(*question))
    });
    let mut permit = verifier.settings().hash_pool().permit().unwrap();
    change(Change::SetQuestions(
        AnswerHashes::enrol(&answers, &keyring(), Cost::default(), &mut permit).unwrap(),
    ));
    change(Change::SetPhone(
        Destination::phone("+6281234567834").unwrap(),
    ));
    let wrong = verifier
        .check(&subject, &Attempt::Totp(Code::typed("000000")), &ctx)
        .unwrap();
    assert!(matches!(wrong, Outcome::Denied));
    verifier
}

/// Shows the app's code of that moment.
fn shows_app(verifier: &TimedVerifier<&MemoryStore>, ctx: &TimedContext) {
    let code = Code::typed(rfc_totp().code_at(ctx.now()).expose_text());
    let told = verifier.check(&subject(), &Attempt::Totp(code), ctx);
    assert!(matches!(told.unwrap(), Outcome::Accepted(_)));
}

fn is_sent(verifier: &TimedVerifier<&MemoryStore>, ctx: &TimedContext) -> Code {
    let issued = verifier.issue(&subject(), &CodeOrder::spoken(), ctx);
    let Issued::Ready(delivery) = issued.unwrap() else {
        panic!("sent")
    };
    delivery.send(|_, code| Code::typed(code)).unwrap()
}

fn length(store: &MemoryStore) -> usize {
    let entry = store.load(&Key::of(&subject())).unwrap().unwrap();
    entry.bytes().len()
}

#[test]
fn a_full_record_has_at_most_700_bytes() {
    let store = MemoryStore::new();
    let verifier = enrolled(&store);
    shows_app(&verifier, &at(30));
    let _ = is_sent(&verifier, &at(40));
    assert!(length(&store) <= 700, "{} bytes", length(&store));
    assert_eq!(length(&store) % 128, 0);
}

#[test]
fn a_record_with_two_interactions_of_two_pieces_each_has_at_most_768_bytes() {
    let store = MemoryStore::new();
    let verifier = enrolled(&store);
    for (number, seconds) in [(7, 30), (8, 90)] {
        let now = at(seconds).now();
        let call = Interaction::from_bytes([number; 16]);
        let ctx = TimedContext::new(now, Channel::Agent, call).for_transaction(&transfer());
        shows_app(&verifier, &ctx);
        let code = is_sent(&verifier, &ctx);
        let told = verifier.check(&subject(), &Attempt::Delivered(code), &ctx);
        assert!(matches!(told.unwrap(), Outcome::Accepted(_)));
        let held = verifier.evidence(&subject(), &ctx).unwrap();
        assert_eq!(held.len(), 2);
    }
    let _ = is_sent(&verifier, &at(200));
    assert!(length(&store) <= 768, "{} bytes", length(&store));
}

const WORD: &str = "Nightingale";
const PASSWORD: &str = "brass kettle on tuesday";
const PIN: &str = "739204";

fn settings_2() -> Settings {
    settings().with_memorable_words(WordKey::new(&keyring(), "golden").unwrap())
}

fn ocra(signs: bool) -> Ocra {
    let suite = if signs {
        "OCRA-1:HOTP-SHA256-8:QH64"
    } else {
        "OCRA-1:HOTP-SHA256-8:C-QN08"
    };
    let secret = SecretBytes::from(vec![u8::from(signs) + 1; 32]);
    let ocra = Ocra::new(suite.parse().unwrap(), secret).unwrap();
    if signs { ocra.for_signatures() } else { ocra }
}

fn transfer() -> Transaction {
    let transfer = Transaction::new("TX-1").unwrap();
    transfer.with("amount", "99.50 EUR").unwrap()
}

/// A call beside that of [`at`], about a transfer.
fn about_transfer(seconds: i64) -> TimedContext {
    let call = Interaction::from_bytes([8; 16]);
    TimedContext::new(at(seconds).now(), Channel::Device, call).for_transaction(&transfer())
}

/// A grant for what was attested at second 30.
fn grant(account: &Account) -> Grant {
    let external_verifier = "counter";
    let seen = Attempt::External(
        ExternalVerification::new(external_verifier, FactorClass::Possession, Strength::Full)
            .unwrap(),
    );
    let shown = match known(account.check(&seen, &at(30)).unwrap()) {
        ControlFlow::Break(Outcome::Accepted(evidence)) => [evidence],
        other => panic!("{other:?}"),
    };
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action.stamp.every_tier]
        any = [{ all = [{ factor = "external", external_verifier = "counter", class = "possession", max_age = 600 }] }]
        "#,
    );
    let status = account.status(&at(30));
    match policy.unwrap().decide(
        &Request::new("stamp"),
        &shown,
        &status,
        &at(30),
        at(30).now(),
    ) {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

/// Everything there is in version 1, in the middle of its life: the lines of the golden file.
fn everything() -> (Vec<u8>, Vec<(&'static str, String)>) {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings_2());
    let (subject, ctx) = (subject(), at(0));
    let change = |change: Change| {
        let changed = verifier.change(&subject, &change, &Authority::Host, &ctx);
        assert_eq!(changed.unwrap(), Changed::Done);
    };
    verifier.create(&subject, &ctx).unwrap();
    let (ring, cost) = (keyring(), Cost::default());
    let answers = [1, 2, 3].map(QuestionId::new).into_iter();
    let answers = answers.fold(Answers::new(), |all, question| {
        all.and(question, &answer(question))
    });
    let key = WordKey::new(&ring, "golden").unwrap();
    let word = MemorableWord::enrol(WORD, &AnswerBlocklist::new(), &subject, &key).unwrap();
    let password = Password::typed(PASSWORD);
    let pin = Pin::typed(PIN);
    let mut permit = verifier.settings().hash_pool().permit().unwrap();
    let dear = [
        Change::SetQuestions(AnswerHashes::enrol(&answers, &ring, cost, &mut permit).unwrap()),
        Change::SetPassword(
            PasswordHash::enrol(
                &password,
                &PasswordRules::single_factor(),
                &ring,
                cost,
                &mut permit,
            )
            .unwrap(),
        ),
        Change::SetPin(PinHash::enrol(&pin, &PinRules::new(), &ring, cost, &mut permit).unwrap()),
    ];
    drop(permit);
    for step in [
        Change::AddTotp(rfc_totp()),
        Change::ConfirmTotp(Code::typed(rfc_totp().code_at(ctx.now()).expose_text())),
        Change::AddHotp(token(), 0),
        Change::ConfirmHotp(Code::typed(token().code_at(0).expose_text())),
        Change::SetOcra(ocra(false).into()),
        Change::SetOcra(ocra(true).into()),
        Change::SetWord(word),
        Change::SetPhone(Destination::phone("+6281234567834").unwrap()),
        Change::SetEmail(Destination::email("maya@fern.example").unwrap()),
    ] {
        change(step);
    }
    dear.into_iter().for_each(change);
    let sheet = verifier
        .generate_recovery_codes(&subject, 2, &Authority::Host, &ctx)
        .unwrap();
    let saved = |place: usize| sheet.codes()[place].expose_text().to_owned();
    let attempts = [
        Attempt::Totp(Code::typed("000000")),
        Attempt::Recovery(Code::typed(&saved(0))),
        Attempt::Totp(Code::typed(rfc_totp().code_at(at(30).now()).expose_text())),
    ];
    let told = attempts.map(|attempt| verifier.check(&subject, &attempt, &at(30)).unwrap());
    let [Outcome::Denied, Outcome::Accepted(_), Outcome::Accepted(_)] = told else {
        panic!("{told:?}")
    };
    let bytes = || {
        store
            .load(&Key::of(&subject))
            .unwrap()
            .unwrap()
            .bytes()
            .to_vec()
    };
    let account = Account::open(&settings_2(), &subject, &bytes()).unwrap();
    let redeemed = verifier.redeem(&grant(&account), &at(30)).unwrap();
    assert!(redeemed.ok().is_some());

    let sent =
        |order: &CodeOrder, ctx: &TimedContext| match verifier.issue(&subject, order, ctx).unwrap()
        {
            Issued::Ready(delivery) => delivery.send(|_, code| code.to_owned()).unwrap(),
            Issued::RateLimited(lock) => panic!("{lock:?}"),
        };
    let asked = |task: OcraTask<'_>, ctx: &TimedContext, device: &Ocra| {
        let Issued::Ready(dialog) = verifier.challenge(&subject, &task, ctx).unwrap() else {
            panic!("asked")
        };
        let shown = device.respond(&OcraState::default(), dialog.question(), ctx.now());
        match shown.unwrap().commit(|_| Saved::<()>::Stored) {
            Ok(CommitResult::Stored(text)) => text.expose_text().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let by_email = CodeOrder::recover(Kind::Private, Route::Email);
    let sign = OcraTask::sign(transfer().digest());
    let lines = vec![
        ("code", sent(&CodeOrder::spoken(), &at(40))),
        (
            "code of the transfer",
            sent(&CodeOrder::private(), &about_transfer(40)),
        ),
        ("issued recovery code", sent(&by_email, &at(40))),
        (
            "response",
            asked(OcraTask::authenticate(), &at(40), &ocra(false)),
        ),
        ("signature", asked(sign, &about_transfer(40), &ocra(true))),
        ("recovery code", saved(1)),
        ("spent recovery code", saved(0)),
    ];
    (bytes(), lines)
}

#[test]
fn a_record_of_version_one_opens_and_works() {
    let text = include_str!("../vectors/account_record_v1.txt");
    let line = |name: &str| {
        let start = format!("{name} = ");
        text.lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap()
    };
    let bytes = unhex(line("sealed"));
    let account = || Account::open(&settings_2(), &subject(), &bytes).unwrap();
    let status = account().status(&at(50));
    for factor in Factor::ALL {
        assert!(status.is_enrolled(factor), "{factor}");
    }
    assert_eq!(status.recovery_codes(), Some(1));

    let code = |name: &str| Code::typed(line(name));
    let response = |name: &str| Attempt::Ocra(OcraResponse::typed(line(name)));
    let private =
        |seconds| TimedContext::new(at(seconds).now(), Channel::Device, at(0).interaction());
    let here = at(60);
    let positions = account().word_prompt().unwrap().positions();
    let letters = positions.map(|place| WORD[usize::from(place) - 1..][..1].to_owned());
    let shown = |token: &Hotp, counter| Code::typed(token.code_at(counter).expose_text());
    let app = |seconds| Code::typed(rfc_totp().code_at(at(seconds).now()).expose_text());
    let given = account().questions().unwrap().into_iter();
    let given = given.fold(Answers::new(), |all, asked| all.and(asked, &answer(asked)));
    for (attempt, ctx, right) in [
        (Attempt::Totp(app(60)), here, true),
        (Attempt::Totp(app(30)), here, false),
        (Attempt::Hotp(shown(&token(), 1)), here, true),
        (Attempt::Hotp(shown(&token(), 0)), here, false),
        (Attempt::Delivered(code("code")), here, true),
        (
            Attempt::Delivered(code("code of the transfer")),
            about_transfer(60),
            true,
        ),
        (
            Attempt::Delivered(code("code of the transfer")),
            private(60),
            false,
        ),
        (
            Attempt::IssuedRecoveryCode(code("issued recovery code")),
            private(60),
            true,
        ),
        (response("response"), here, true),
        (response("response"), about_transfer(60), false),
        (response("signature"), about_transfer(60), true),
        (response("signature"), here, false),
        (Attempt::Recovery(code("recovery code")), here, true),
        (Attempt::Recovery(code("spent recovery code")), here, false),
        (Attempt::Word(WordLetters::typed(&letters)), here, true),
        (
            Attempt::Word(WordLetters::typed(&["x", "y", "z"])),
            here,
            false,
        ),
        (Attempt::Questions(given), here, true),
        (Attempt::Password(Password::typed(PASSWORD)), here, true),
        (Attempt::Password(Password::typed(PIN)), here, false),
        (Attempt::Pin(Pin::typed(PIN)), here, true),
        (Attempt::Pin(Pin::typed("739205")), here, false),
    ] {
        let outcome = checked(&account(), &attempt, &ctx);
        assert_eq!(
            matches!(outcome, Outcome::Accepted(_)),
            right,
            "{attempt:?}"
        );
    }

    let spent = grant(&account());
    let again = known(account().redeem(&spent, &at(30)).unwrap());
    assert!(matches!(again, Err(RedeemRefusal::Spent)));
}

/// A check to its end, dear or not.
fn checked(account: &Account, attempt: &Attempt, ctx: &TimedContext) -> Outcome {
    let mut stored = Vec::new();
    let told = account.check(attempt, ctx).unwrap().commit(|sealed| {
        stored = sealed.entry().bytes().to_vec();
        Saved::<()>::Stored
    });
    let Ok(CommitResult::Stored(told)) = told else {
        panic!("stored")
    };
    match told.outcome {
        ControlFlow::Break(outcome) => outcome,
        ControlFlow::Continue(reserved) => {
            let mut permit = settings_2().hash_pool().permit().unwrap();
            let worked = reserved.work(std::slice::from_mut(&mut permit)).unwrap();
            let account = Account::open(&settings_2(), &subject(), &stored).unwrap();
            known(account.settle(&worked, ctx).unwrap())
        }
    }
}

/// Writes the golden file of the present version, and the seeds of the fuzzer: once for each version, never over a
/// released one.
#[test]
#[ignore = "writes tests/vectors/account_record_v1.txt and fuzz/seeds/account_record"]
fn write_the_golden_file() {
    let (bytes, lines) = everything();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::from(
        "An account record of version 1: realm golden, subject C-1042, root 1 = 01.., long-term secret 1 = 02..\n",
    );
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    for (name, value) in lines.iter().chain([&("sealed", hex)]) {
        text += &format!("{name} = {value}\n");
    }
    std::fs::write(root.join("tests/vectors/account_record_v1.txt"), text).unwrap();
    write_seed("everything", &bytes);
    write_seed("full", &full());
}

/// As much evidence as a record keeps, and as many approvals.
fn full() -> Vec<u8> {
    let store = MemoryStore::new();
    let verifier = enrolled(&store);
    for call in 0..8 {
        let call = Interaction::from_bytes([call; 16]);
        let ctx = TimedContext::new(at(30).now(), Channel::Agent, call);
        for name in 0..8 {
            let name = format!("engine-{name}");
            let seen = ExternalVerification::new(&name, FactorClass::Inherence, Strength::Full);
            let attempt = Attempt::External(seen.unwrap());
            let told = verifier.check(&subject(), &attempt, &ctx).unwrap();
            assert!(matches!(told, Outcome::Accepted(_)));
        }
        let _ = is_sent(&verifier, &ctx);
    }
    for number in 0..16 {
        let agent = Agent::new(&format!("agent-{number}")).unwrap();
        let day = Duration::from_secs(86_400);
        verifier
            .approve(&subject(), &agent, "approval", day, &at(30))
            .unwrap();
    }
    let stored = store.load(&Key::of(&subject())).unwrap().unwrap();
    stored.bytes().to_vec()
}

fn seed(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("fuzz/seeds/account_record").join(name)
}

fn write_seed(name: &str, sealed: &[u8]) {
    let plain = insider()
        .open(&[b"account", Key::of(&subject()).as_bytes()], sealed)
        .unwrap();
    std::fs::write(seed(name), plain.expose_bytes()).unwrap();
}

/// A seed that does not open tries nothing.
#[test]
fn the_seeds_of_the_fuzzer_open() {
    if !seed("full").parent().is_some_and(std::path::Path::exists) {
        eprintln!("skipped: a published package has no seeds of the fuzzer");
        return;
    }
    for name in ["everything", "full"] {
        let plain = std::fs::read(seed(name)).unwrap();
        let sealed = insider()
            .seal(&[b"account", Key::of(&subject()).as_bytes()], &plain)
            .unwrap();
        let account = Account::open(&settings_2(), &subject(), &sealed).unwrap();
        assert!(account.status(&at(60)).is_enrolled(Factor::Totp), "{name}");
    }
}

/// The cipher of the records. The library hands out none for its own purpose: it goes by another name here.
fn insider() -> FieldCipher {
    let ring = keyring().limited_to(&["account"]).unwrap();
    let mut exported = ring.expose_bytes().unwrap().expose_bytes().to_vec();
    for from in 0..exported.len() - 7 {
        if &exported[from..from + 7] == b"account" {
            exported[from..from + 7].copy_from_slice(b"insider");
        }
    }
    let ring = Keyring::from_bytes(&exported).unwrap();
    FieldCipher::new(&ring, "golden", "insider").unwrap()
}

#[track_caller]
fn known<O>(
    step: countersign::transition::Transition<
        crate::inside::own_table::Recorded<O>,
        crate::inside::own_table::Sealed,
    >,
) -> O {
    match step.commit(|_| Saved::<()>::Stored) {
        Ok(CommitResult::Stored(told)) => told.outcome,
        _ => panic!("not stored"),
    }
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
