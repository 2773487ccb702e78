//! The whole way through the bank, in a browser and past it. Time is in a file, so no test waits for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bank;
mod browser;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod support;

use countersign::Timestamp;
use countersign::otp::{KeyUri, Totp};

use bank::{Bank, Folder, between};
use browser::Browser;

const ANNA: (&str, &str) = ("number", "C-1042");
/// On the desk and in the API, her number has another name.
const CALLER: (&str, &str) = ("customer", "C-1042");
const PASSWORD: (&str, &str) = ("password", "eleven purple elephants");
const MIA: (&str, &str) = ("number", "A-7001");
const MIA_AS_CALLER: (&str, &str) = ("customer", "A-7001");
const MIAS_PASSWORD: (&str, &str) = ("password", "seven patient lighthouses");

/// Returns the code that Anna's app shows, from the page of the telephones.
fn app_code(bank: &Bank) -> String {
    between(&bank.get("/telephone", &[]).body, "id=app>", "<").to_owned()
}

/// Returns the last message on the telephones.
fn last_message(bank: &Bank) -> String {
    let page = bank.get("/telephone", &[]).body;
    between(&page, "<li class=message>", "</li>").to_owned()
}

/// Returns the digits of the code in a message.
fn code_in(message: &str) -> String {
    let text = between(message, "Fern Bank: ", "code");
    text.chars().filter(char::is_ascii_digit).collect()
}

fn wrong(code: &str) -> String {
    code.chars()
        .map(|digit| if digit == '9' { '0' } else { '9' })
        .collect()
}

/// Returns a number of `/metrics`.
fn count(bank: &Bank, series: &str) -> u64 {
    let text = bank.metrics();
    let lines = text.lines();
    let mut found = lines.filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.next().map_or(0, |count| count.parse().unwrap())
}

/// Returns the count of checks with this outcome.
fn checks(bank: &Bank, factor: &str, outcome: &str) -> u64 {
    let labels = format!("factor=\"{factor}\",outcome=\"{outcome}\"");
    count(bank, &format!("countersign_checks_total{{{labels}}}"))
}

fn agent_signs_in(browser: &mut Browser, bank: &Bank) {
    browser.open(&bank.at("/agent"));
    assert_eq!(browser.path(), "/agent/sign-in");
    browser.send("/agent/sign-in", &[MIA, MIAS_PASSWORD]);
    browser.expect("One more step");
    let page = bank.get("/telephone", &[]).body;
    let code = between(&page, "id=agent-app>", "<");
    browser.send("/agent/sign-in/app", &[("code", code)]);
    browser.expect("Customer number of the caller");
}

fn sign_in(browser: &mut Browser, bank: &Bank, folder: &Folder) {
    // A code counts once, so this one is of a new step of time.
    folder.pass(30);
    browser.open(&bank.at("/sign-in"));
    browser.send("/sign-in", &[ANNA, PASSWORD]);
    browser.expect("One more step");
    browser.send("/sign-in/app", &[("code", &app_code(bank))]);
    browser.expect("Welcome, Anna Meyer.");
}

#[test]
fn a_customer_signs_in_and_pays_on_two_copies() {
    signs_in_and_pays("sqlite");
}

#[cfg(feature = "redis")]
#[test]
fn a_customer_signs_in_and_pays_on_two_copies_over_redis() {
    if let Some(server) = support::redis::RedisServer::start("the bank over Redis") {
        signs_in_and_pays(&server.url());
    }
}

#[cfg(feature = "redis")]
#[test]
fn a_store_that_is_down_is_no_pass() {
    let Some(mut server) = support::redis::RedisServer::start("a bank whose store is down") else {
        return;
    };
    let folder = Folder::new(&server.url());
    let bank = folder.open(&[]);
    assert_eq!(
        bank.post("/api/token", &[], &[CALLER, PASSWORD]).status,
        200
    );
    let page = bank.get("/sign-in", &[]);
    server.kill();
    let reply = bank.post("/api/token", &[], &[CALLER, PASSWORD]);
    assert_eq!((reply.status, reply.body.as_str()), (503, "{}"));
    let fields = [ANNA, PASSWORD, ("token", page.token())];
    let reply = bank.post("/sign-in", &[("cookie", page.cookie())], &fields);
    assert_eq!((reply.status, reply.header("set-cookie")), (503, None));
    assert!(reply.body.contains("The bank cannot answer at the moment."));
    // This server kept nothing, so the bank answers again, and knows nobody.
    server.start_again();
    assert_eq!(
        bank.post("/api/token", &[], &[CALLER, PASSWORD]).status,
        400
    );
}

#[cfg(feature = "postgres")]
#[test]
fn a_customer_signs_in_and_pays_on_two_copies_over_postgres() {
    if let Some(server) = support::postgres::Server::start("the bank over PostgreSQL") {
        signs_in_and_pays(&url(&server));
    }
}

#[cfg(feature = "postgres")]
fn url(server: &support::postgres::Server) -> String {
    use tokio_postgres::config::Host;
    let settings = server.settings();
    let [Host::Unix(folder)] = settings.get_hosts() else {
        panic!("{settings:?}")
    };
    let folder = folder.display().to_string().replace('/', "%2F");
    format!("postgresql://bank@{folder}/postgres")
}

/// Lets bookings fail, or work again.
fn bookings_fail(folder: &Folder, store: &str, fail: bool) {
    #[cfg(feature = "postgres")]
    if store.starts_with("postgres") {
        let change = if fail {
            "ALTER TABLE payments ADD CONSTRAINT none CHECK (false) NOT VALID"
        } else {
            "ALTER TABLE payments DROP CONSTRAINT none"
        };
        let mut client = postgres::Client::connect(store, postgres::NoTls).unwrap();
        return client.batch_execute(change).unwrap();
    }
    let _ = store;
    let change = if fail {
        "CREATE TRIGGER none BEFORE INSERT ON payments BEGIN SELECT RAISE(ABORT, 'no room'); END"
    } else {
        "DROP TRIGGER none"
    };
    let file = rusqlite::Connection::open(folder.file()).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    file.execute_batch(change).unwrap();
}

fn books_in_the_end(store: &str) {
    let folder = Folder::new(store);
    let bank = folder.open(&[]);
    let page = bank.get("/sign-in", &[]);
    let fields = [ANNA, PASSWORD, ("token", page.token())];
    let reply = bank.post("/sign-in", &[("cookie", page.cookie())], &fields);
    let cookie = [("cookie", reply.cookie())];
    let page = bank.get("/account", &cookie);
    let fields = [("code", &*app_code(&bank)), ("token", page.token())];
    assert_eq!(bank.post("/sign-in/app", &cookie, &fields).status, 303);
    let page = bank.get("/pay", &cookie);
    let payee = [
        ("payee", "Fern Ltd"),
        ("amount", "99.50"),
        ("token", page.token()),
    ];
    let page = bank.post("/pay", &cookie, &payee);
    let reference = between(&page.body, "name=\"reference\" value=\"", "\"");
    let code = code_in(&last_message(&bank));
    let more = [("reference", reference), ("code", code.as_str())];
    let fields = [&payee[..], &more].concat();
    let booked = || {
        bank.get("/account", &cookie)
            .body
            .matches(reference)
            .count()
    };

    bookings_fail(&folder, store, true);
    assert_eq!(bank.post("/pay/confirm", &cookie, &fields).status, 503);
    assert_eq!(booked(), 0);
    bookings_fail(&folder, store, false);
    let replies = [(); 3].map(|()| bank.post("/pay/confirm", &cookie, &fields));
    assert_eq!(
        replies[0].header("location"),
        Some("/account"),
        "{}",
        replies[0].body
    );
    for again in &replies[1..] {
        assert!(again.body.contains("This payment was carried out before."));
    }
    assert_eq!(booked(), 1);
    // Another amount under this reference is another payment, which nobody confirmed.
    let other = [("amount", "999.50")];
    let fields = [&fields[..1], &other, &fields[2..]].concat();
    let reply = bank.post("/pay/confirm", &cookie, &fields);
    assert!(
        reply
            .body
            .contains("The code is not right for this payment.")
    );
    assert_eq!(booked(), 1);
}

fn signs_in_and_pays(store: &str) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new(store);
    // Both find a new folder at the same moment, and one of them makes the bank.
    let (one, other) = std::thread::scope(|threads| {
        let other = threads.spawn(|| folder.open(&[]));
        (folder.open(&[]), other.join().unwrap())
    });

    // A wrong password, a wrong code, the right ones. The session moves to the other copy between the two steps.
    browser.open(&one.at("/"));
    assert_eq!(browser.path(), "/sign-in");
    browser.send("/sign-in", &[ANNA, ("password", "twelve purple elephants")]);
    browser.expect("The customer number or the password is not right.");
    browser.send("/sign-in", &[("number", "C-9999"), PASSWORD]);
    browser.expect("The customer number or the password is not right.");
    browser.send("/sign-in", &[ANNA, PASSWORD]);
    assert_eq!(browser.path(), "/account");
    browser.expect("One more step");
    let code = app_code(&one);
    browser.send("/sign-in/app", &[("code", &wrong(&code))]);
    browser.expect("The code is not right.");
    browser.open(&other.at("/account"));
    browser.expect("One more step");
    browser.send("/sign-in/app", &[("code", &code)]);
    browser.expect("Welcome, Anna Meyer.");
    browser.open(&one.at("/account"));
    browser.expect("No payment yet.");

    // A code that was used is used up, on the other copy as well.
    let stolen = browser.cookies();
    browser.send("/sign-out", &[]);
    assert_eq!(browser.path(), "/sign-in");
    let reply = other.get("/account", &[("cookie", &stolen)]);
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/sign-in"))
    );
    browser.send("/sign-in", &[ANNA, PASSWORD]);
    browser.open(&one.at("/account"));
    let denied = checks(&one, "totp", "denied");
    browser.send("/sign-in/app", &[("code", &code)]);
    browser.expect("A code is good once: wait for the next one.");
    assert_eq!(checks(&one, "totp", "denied"), denied + 1);
    sign_in(&mut browser, &one, &folder);

    // A payment: the code is for this payee and this amount.
    browser.open(&one.at("/pay"));
    browser.send("/pay", &[("payee", "Fern Ltd"), ("amount", "1,000")]);
    browser.expect("amount: must be a decimal number");
    browser.send(
        "/pay",
        &[("payee", "Smith & <b>Sons</b>"), ("amount", "99.50")],
    );
    browser.expect("A code was sent to the telephone ••34.");
    browser.expect("Smith & <b>Sons</b>");
    let message = last_message(&other);
    assert!(message.contains("99.50 EUR"), "{message}");
    let code = code_in(&message);
    browser.send("/pay/confirm", &[("code", &wrong(&code))]);
    browser.expect("The code is not right for this payment.");
    browser.send("/pay/confirm", &[("code", &code), ("amount", "999.50")]);
    browser.expect("The code is not right for this payment.");
    browser.expect("999.50 EUR");
    browser.run("for (const field of document.getElementsByName('amount')) field.value = '99.50'");
    let form = "new URLSearchParams(new FormData(document.querySelector('form[action=\"/pay/confirm\"]'))).toString()";
    let sent = browser.run(form).as_str().unwrap().to_owned();
    browser.send("/pay/confirm", &[("code", &code)]);
    assert_eq!(browser.path(), "/account");
    browser.expect("Smith & <b>Sons</b>");

    // The form is sent again, to both copies: nothing is paid twice.
    let pairs: Vec<(String, String)> = sent
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| {
            let value = value
                .replace("%3C", "<")
                .replace("%3E", ">")
                .replace("%2F", "/")
                .replace("%26", "&")
                .replace('+', " ");
            (
                name.to_owned(),
                if name == "code" { code.clone() } else { value },
            )
        })
        .collect();
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let cookies = browser.cookies();
    for bank in [&one, &other] {
        let reply = bank.post("/pay/confirm", &[("cookie", &cookies)], &pairs);
        assert_eq!(reply.status, 422);
        assert!(
            reply.body.contains("This payment was carried out before."),
            "{}",
            reply.body
        );
    }
    browser.open(&other.at("/account"));
    assert_eq!(
        browser.run("document.querySelectorAll('#payments li').length"),
        1
    );

    browser.open(&other.at("/telephone"));
    browser.expect("to pay 99.50 EUR to Smith & <b>Sons</b>");

    // One copy dies, and the other goes on.
    drop(one);
    browser.open(&other.at("/account"));
    browser.expect("Welcome, Anna Meyer.");

    // A quarter of an hour later the sign-in is too old.
    folder.pass(901);
    browser.open(&other.at("/account"));
    assert_eq!(browser.path(), "/sign-in");

    // After a day the record forgets the payment. The bank's own table does not.
    folder.pass(26 * 3_600);
    sign_in(&mut browser, &other, &folder);
    let (_, reference) = pairs.iter().find(|(name, _)| *name == "reference").unwrap();
    browser.open(&other.at("/pay"));
    browser.run(&format!(
        "document.querySelector('form[action=\"/pay\"]').insertAdjacentHTML('beforeend',
         '<input name=reference value={reference}>')"
    ));
    let again = [("payee", "Smith & <b>Sons</b>"), ("amount", "99.50")];
    browser.send("/pay", &again);
    let code = code_in(&last_message(&other));
    browser.send("/pay/confirm", &[("code", &code)]);
    browser.expect("This payment was carried out before.");
}

#[test]
fn guesses_lock_on_all_copies() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("sqlite");
    let copies = [folder.open(&[]), folder.open(&[])];
    for (guess, copy) in (0..5).zip(copies.iter().cycle()) {
        browser.open(&copy.at("/sign-in"));
        browser.send(
            "/sign-in",
            &[ANNA, ("password", &format!("guess number {guess}"))],
        );
        browser.expect("The customer number or the password is not right.");
    }
    for copy in &copies {
        browser.open(&copy.at("/sign-in"));
        browser.send("/sign-in", &[ANNA, PASSWORD]);
        browser.expect("Too many tries. Please try again at 08:15 UTC.");
    }
    assert_eq!(checks(&copies[0], "password", "locked"), 1);
    folder.pass(15 * 60);
    sign_in(&mut browser, &copies[1], &folder);
}

#[test]
fn an_agent_verifies_a_caller() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("sqlite");
    let bank = folder.open(&[]);

    // The desk is for agents. A customer has no sign-in there, and an agent none on the customers' page.
    browser.open(&bank.at("/agent"));
    assert_eq!(browser.path(), "/agent/sign-in");
    browser.send("/agent/sign-in", &[ANNA, PASSWORD]);
    browser.expect("The agent number or the password is not right.");
    browser.send(
        "/agent/sign-in",
        &[MIA, ("password", "six patient lighthouses")],
    );
    browser.expect("The agent number or the password is not right.");
    browser.open(&bank.at("/sign-in"));
    browser.send("/sign-in", &[MIA, MIAS_PASSWORD]);
    browser.expect("The customer number or the password is not right.");
    agent_signs_in(&mut browser, &bank);

    // Answers are enough to block the card, and for nothing else.
    browser.send("/agent/begin", &[MIA_AS_CALLER]);
    browser.expect("That is not the form of a customer number.");
    browser.send("/agent/begin", &[CALLER]);
    browser.expect("Caller says");
    browser.expect("Block the card: not before");
    let fields = answers(&mut browser);
    let guessed: Vec<_> = fields
        .iter()
        .map(|(name, _)| (name.as_str(), "no idea"))
        .collect();
    browser.send("/agent/answers", &guessed);
    browser.expect("The answers are not right.");
    let right: Vec<_> = fields
        .iter()
        .map(|(name, answer)| (name.as_str(), *answer))
        .collect();
    browser.send("/agent/answers", &right);
    browser.expect("Block the card: allowed");
    browser.expect("Tell the balance: not before app code, or before spoken code");
    browser.send("/agent/block", &[]);
    browser.expect("The card is blocked.");
    browser.expect("Block the card: done");

    // A code that she reads out is enough for the balance.
    browser.send("/agent/send", &[]);
    browser.expect("A code was sent to the telephone ••34.");
    let code = code_in(&last_message(&bank));
    browser.send("/agent/code", &[("code", &wrong(&code))]);
    browser.expect("The code is not right.");
    browser.send("/agent/code", &[("code", &code)]);
    assert_eq!(browser.text_of("#balance"), "1,204.50 EUR");
    browser.send("/agent/end", &[]);
    browser.expect("Customer number of the caller");

    // The next call begins with nothing. An unknown number has a screen, too.
    for number in ["C-1042", "C-9999"] {
        browser.send("/agent/begin", &[("customer", number)]);
        browser.expect("Tell the balance: not before");
        browser.expect("By answers");
        browser.send("/agent/end", &[]);
    }

    // The app is good on a call, too.
    browser.send("/agent/begin", &[CALLER]);
    browser.send("/agent/app", &[("code", &app_code(&bank))]);
    assert_eq!(browser.text_of("#balance"), "1,204.50 EUR");
    browser.send("/agent/end", &[]);

    // A code for her own page is told to an agent: it is void, and an alarm is raised.
    sign_in(&mut browser, &bank, &folder);
    browser.expect("blocked");
    browser.open(&bank.at("/pay"));
    browser.send("/pay", &[("payee", "Mallory"), ("amount", "900")]);
    let code = code_in(&last_message(&bank));
    browser.open(&bank.at("/agent"));
    browser.send("/agent/begin", &[CALLER]);
    browser.send("/agent/code", &[("code", &code)]);
    browser.expect("The code is not right.");
    bank.expect_said("alarm: a private code was told to an agent");

    // A call is nothing without its desk, and ends with the agent's shift.
    let call = browser.cookies();
    let calls: Vec<_> = call
        .split("; ")
        .filter(|pair| pair.starts_with("call="))
        .collect();
    let alone = bank.get("/agent", &[("cookie", calls[0])]);
    assert_eq!(alone.header("location"), Some("/agent/sign-in"));
    folder.pass(8 * 3_600 + 1);
    browser.open(&bank.at("/agent"));
    assert_eq!(browser.path(), "/agent/sign-in");
    agent_signs_in(&mut browser, &bank);
    browser.send("/agent/sign-out", &[]);
    assert_eq!(browser.path(), "/agent/sign-in");
}

/// Each form of the desk, without a sign-in: of nobody, of a customer, and of an agent who has given a password alone.
#[test]
fn the_desk_is_for_agents_alone() {
    let folder = Folder::new("memory");
    let bank = folder.open(&[]);
    let page = bank.get("/agent/sign-in", &[]);
    let cookie = [("cookie", page.cookie())];
    let fields = [MIA, MIAS_PASSWORD, ("token", page.token())];
    let half = bank.post("/agent/sign-in", &cookie, &fields);
    assert_eq!(half.header("location"), Some("/agent"));
    let page = bank.get("/sign-in", &[]);
    let cookie = [("cookie", page.cookie())];
    let fields = [ANNA, PASSWORD, ("token", page.token())];
    let customer = bank.post("/sign-in", &cookie, &fields);
    let as_desk = customer.cookie().replace("visit=", "desk=");
    for path in ["begin", "send", "code", "app", "answers", "block", "end"] {
        let path = format!("/agent/{path}");
        for cookie in ["", customer.cookie(), &as_desk] {
            let reply = bank.post(&path, &[("cookie", cookie)], &[CALLER]);
            let place = reply.header("location");
            assert_eq!(
                (reply.status, place),
                (303, Some("/agent/sign-in")),
                "{path}"
            );
        }
        let reply = bank.post(&path, &[("cookie", half.cookie())], &[CALLER]);
        assert!(
            reply.body.contains("One more step"),
            "{path}: {}",
            reply.body
        );
        assert!(!reply.body.contains("Caller says"), "{path}");
    }
}

/// A sign-in, a replay and a lock-out, as the monitoring system sees them.
#[test]
fn metrics_tell_outcomes_and_nothing_of_a_person() {
    let folder = Folder::new("sqlite");
    let bank = folder.open(&[]);
    assert_eq!(bank.get("/metrics", &[]).status, 404, "open to the world");
    // The demonstration itself made no check.
    assert_eq!(checks(&bank, "password", "accepted"), 0);
    let token = bank.post("/api/token", &[], &[CALLER, PASSWORD]);
    let bearer = between(&token.body, "\"access_token\":\"", "\"");
    let bearer = format!("Bearer {bearer}");
    let bearer = [("authorization", bearer.as_str())];
    let code = app_code(&bank);
    for (status, outcome) in [(204, "accepted"), (400, "denied")] {
        let reply = bank.post("/api/step-up", &bearer, &[("code", &code)]);
        assert_eq!((reply.status, checks(&bank, "totp", outcome)), (status, 1));
    }
    for guess in 0..6 {
        let password = format!("guess number {guess}");
        bank.post("/api/token", &[], &[CALLER, ("password", &password)]);
    }
    assert_eq!(checks(&bank, "password", "accepted"), 1);
    assert_eq!(checks(&bank, "password", "denied"), 5);
    assert_eq!(checks(&bank, "password", "locked"), 1);
    let waits = "countersign_wait_seconds_count{for=\"permit\",outcome=\"admitted\"}";
    assert_eq!(count(&bank, waits), 7, "each password, and no code");
    let writes = "countersign_store_seconds_count{call=\"replace\",outcome=\"done\"}";
    assert!(count(&bank, writes) > 8);
    assert_eq!(count(&bank, "countersign_decoys_alive"), 0);
    let stranger = [("customer", "C-55667788"), PASSWORD];
    assert_eq!(bank.post("/api/token", &[], &stranger).status, 400);
    assert_eq!(checks(&bank, "password", "denied"), 6, "as of a customer");
    assert_eq!(count(&bank, "countersign_decoys_alive"), 1);

    let text = bank.metrics();
    assert!(text.ends_with("# EOF\n"), "{text}");
    for (kind, names) in [
        ("counter", &["checks"][..]),
        ("gauge", &["decoys_alive", "permits", "permits_in_use"]),
        ("histogram", &["store_seconds", "wait_seconds"]),
    ] {
        for name in names {
            let line = format!("# TYPE countersign_{name} {kind}\n");
            assert!(text.contains(&line), "{name}: {text}");
        }
    }
    for personal in [
        "1042",
        "7001",
        "C-",
        "A-",
        "55667788",
        "fern",
        "Anna",
        "Meyer",
        "Mia",
        "812",
        "guess",
        "elephants",
        &code,
    ] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}

/// The booking fails after the payment was authorized. Sent again, it is booked once.
#[test]
fn a_booking_that_fails_is_made_up_for() {
    books_in_the_end("sqlite");
}

#[cfg(feature = "redis")]
#[test]
fn a_booking_that_fails_is_made_up_for_over_redis() {
    if let Some(server) = support::redis::RedisServer::start("bookings over Redis") {
        books_in_the_end(&server.url());
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_booking_that_fails_is_made_up_for_over_postgres() {
    if let Some(server) = support::postgres::Server::start("bookings over PostgreSQL") {
        books_in_the_end(&url(&server));
    }
}

/// Returns the fields of the questions on the page, each with the right answer.
fn answers(browser: &mut Browser) -> Vec<(String, &'static str)> {
    let names = "[...document.querySelectorAll('form[action=\"/agent/answers\"] input[name^=answer]')].map(f => f.name)";
    let names = browser.run(names);
    let names = names
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned());
    let answered = names.map(|name| {
        let answer = match name.as_str() {
            "answer1" => "pickwick",
            "answer2" => "Anggrek lane",
            _ => "Ambarawa",
        };
        (name, answer)
    });
    let answered: Vec<_> = answered.collect();
    assert_eq!(answered.len(), 2);
    answered
}

#[test]
fn a_newcomer_scans_the_app() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new("memory");
    let bank = folder.open(&[]);
    browser.open(&bank.at("/sign-up"));
    let fields = [
        ("name", "Budi Santoso"),
        ("phone", "+62 812 3456 7835"),
        ("answer1", "Momo the cat"),
        ("answer2", "Bamboo Lane"),
        ("answer3", "Salatiga"),
    ];
    browser.send(
        "/sign-up",
        &[&fields[..], &[("password", "short")]].concat(),
    );
    browser.expect("must hold 8 characters at least");
    browser.send(
        "/sign-up",
        &[&fields[..], &[("password", "seven quiet rivers")]].concat(),
    );
    browser.expect("Scan this with an authenticator app");
    let (number, uri) = (browser.text_of("#number"), browser.text_of("#uri"));
    assert_eq!(
        browser.run("document.querySelectorAll('.qr svg').length"),
        1
    );
    let app = Totp::from_key_uri(KeyUri::parse(&uri).unwrap()).unwrap();
    let code = || {
        app.code_at(Timestamp::from_unix(folder.now() as i64).unwrap())
            .expose_text()
            .to_owned()
    };
    browser.send("/sign-up/app", &[("code", &wrong(&code()))]);
    browser.expect("The code is not right.");
    browser.send("/sign-up/app", &[("code", &code())]);
    browser.expect("You are a customer now.");
    folder.pass(30);
    browser.send(
        "/sign-in",
        &[("number", &number), ("password", "seven quiet rivers")],
    );
    browser.send("/sign-in/app", &[("code", &code())]);
    browser.expect("Welcome, Budi Santoso.");
}

#[test]
fn the_api_asks_for_a_step_up() {
    let folder = Folder::new("sqlite");
    let (one, other) = (folder.open(&[]), folder.open(&[]));
    let refused = one.get("/api/balance", &[]);
    assert_eq!(
        (refused.status, refused.header("www-authenticate")),
        (401, Some("Bearer"))
    );
    assert_eq!(
        one.post("/api/token", &[], &[CALLER, ("password", "no")])
            .status,
        400
    );
    let token = one.post("/api/token", &[], &[CALLER, PASSWORD]);
    let bearer = format!(
        "Bearer {}",
        between(&token.body, "\"access_token\":\"", "\"")
    );
    let bearer = [("authorization", bearer.as_str())];
    assert_eq!(
        one.get("/api/balance", &bearer).body,
        r#"{"balance":"1204.50","currency":"EUR"}"#
    );

    let refused = other.get("/api/statement", &bearer);
    assert_eq!(refused.status, 401);
    let asked = refused.header("www-authenticate").unwrap();
    assert!(
        asked.starts_with("Bearer error=\"insufficient_user_authentication\""),
        "{asked}"
    );
    assert!(
        asked.ends_with("acr_values=\"urn:fern-bank:sca\", max_age=\"900\""),
        "{asked}"
    );
    let code = app_code(&one);
    assert_eq!(
        other
            .post("/api/step-up", &bearer, &[("code", &wrong(&code))])
            .status,
        400
    );
    assert_eq!(
        other
            .post("/api/step-up", &bearer, &[("code", &code)])
            .status,
        204
    );
    assert_eq!(
        one.get("/api/statement", &bearer).body,
        r#"{"payments":[]}"#
    );
    assert_eq!(
        one.post("/api/step-up", &bearer, &[("code", &code)]).status,
        400,
        "a replay"
    );
    // A token of one place is nothing in another.
    let cookie = bearer[0].1.replace("Bearer ", "visit=");
    assert_eq!(
        one.get("/account", &[("cookie", &cookie)])
            .header("location"),
        Some("/sign-in")
    );
}

#[test]
fn a_form_of_another_visit_is_refused() {
    let folder = Folder::new("memory");
    let bank = folder.open(&[]);
    let (mine, theirs) = (bank.get("/sign-in", &[]), bank.get("/sign-in", &[]));
    let cookie = [("cookie", mine.cookie())];
    let post = |headers: &[_], token: &str| {
        bank.post("/sign-in", headers, &[ANNA, PASSWORD, ("token", token)])
    };
    assert_eq!(post(&[], mine.token()).status, 403, "no cookie");
    assert_eq!(post(&cookie, "").status, 403, "no token");
    assert_eq!(
        post(&cookie, theirs.token()).status,
        403,
        "another visit's token"
    );
    let (head, tail) = mine.cookie().split_at(20);
    let other = if tail.starts_with('A') { "B" } else { "A" };
    let changed = [head, other, &tail[1..]].concat();
    assert_eq!(
        post(&[("cookie", &changed)], mine.token()).status,
        403,
        "a changed cookie"
    );
    let reply = post(&cookie, mine.token());
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/account"))
    );
    // The sign-in began a visit of its own: the form of before is no form of it.
    let after = [("cookie", reply.cookie())];
    assert_eq!(
        post(&after, mine.token()).status,
        403,
        "a token of before the sign-in"
    );
    assert!(
        mine.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    assert_eq!(mine.header("cache-control"), Some("no-store"));
}

#[test]
fn cookies_are_secure_behind_tls() {
    let folder = Folder::new("memory");
    let cookie = |more: &[&str]| {
        folder
            .open(more)
            .get("/sign-in", &[])
            .header("set-cookie")
            .unwrap()
            .to_owned()
    };
    let plain = cookie(&[]);
    assert!(
        plain.starts_with("visit=") && plain.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{plain}"
    );
    let secure = cookie(&["--behind-tls"]);
    assert!(
        secure.starts_with("__Host-visit=")
            && secure.ends_with("; HttpOnly; SameSite=Strict; Secure"),
        "{secure}"
    );
    for open in [
        &["--listen", "0.0.0.0:0"][..],
        &["--behind-tls", "--metrics", "0.0.0.0:0"],
    ] {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_web_bank"));
        let everywhere = program.args(open).output().unwrap();
        assert!(!everywhere.status.success());
        let said = String::from_utf8_lossy(&everywhere.stderr);
        assert!(said.contains("must be a loopback address"), "{said}");
    }
}
