//! Codes bound to a web page: the last line, as browsers parse it.
use countersign::{
    Transaction,
    delivered::{Kind, Phrases, Purpose, Wording},
    text::CodeShape,
};
use proptest::prelude::*;
use serde::Deserialize;

use crate::delivered::message::{ENGLISH, message};

#[derive(Deserialize)]
struct Vectors {
    source: String,
    valid: Vec<Valid>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
struct Valid {
    message: String,
    host: String,
    code: String,
    embedded: Option<String>,
}

#[derive(Deserialize)]
struct Invalid {
    message: String,
}

/// What a browser makes of a message: host, code, embedded host. By the parsing section of the specification.
fn parse(message: &str) -> Option<(&str, &str, Option<&str>)> {
    let last = message.rsplit('\n').next()?;
    let mut words = last.split(' ');
    let host = words
        .next()?
        .strip_prefix('@')
        .filter(|host| !host.is_empty())?;
    let code = words
        .next()?
        .strip_prefix('#')
        .filter(|code| !code.is_empty())?;
    let embedded = words.next().and_then(|word| word.strip_prefix('@'));
    Some((host, code, embedded))
}

fn vectors() -> Vectors {
    toml::from_str(include_str!("../../vectors/webotp.toml")).unwrap()
}

#[test]
fn o13_the_published_messages_are_parsed_as_published() {
    let vectors = vectors();
    assert!(vectors.source.contains("sms-one-time-codes"));
    assert_eq!((vectors.valid.len(), vectors.invalid.len()), (3, 3));
    for one in &vectors.valid {
        let read = parse(&one.message);
        assert_eq!(
            read,
            Some((
                one.host.as_str(),
                one.code.as_str(),
                one.embedded.as_deref()
            ))
        );
    }
    for one in &vectors.invalid {
        assert_eq!(parse(&one.message), None, "{}", one.message);
    }
}

#[test]
fn o13_our_last_line_is_that_of_the_published_message() {
    let vectors = vectors();
    let published = &vectors.valid[0];
    let phrases = Phrases {
        text: "{code} is your ExampleCo authentication code to {action}. {warning}",
        ..Phrases::ENGLISH
    };
    let ours = message(Kind::Private, Purpose::Authenticate, &published.code)
        .for_page(&published.host)
        .unwrap()
        .text(&Wording::new(&phrases).unwrap())
        .unwrap();
    let (text, last) = ours.expose_text().split_once("\n\n").unwrap();
    assert!(text.starts_with("747 723 is your ExampleCo authentication code"));
    assert_eq!(last, published.message.split_once("\n\n").unwrap().1);
}

#[test]
fn o13_spoken_codes_are_bound_to_no_page() {
    let spoken = message(Kind::Spoken, Purpose::Authenticate, "747723");
    let error = spoken.for_page("example.com").unwrap_err();
    assert_eq!(error.to_string(), "page host: is for private codes only");
}

#[test]
fn o13_a_host_is_a_domain_name() {
    let private = message(Kind::Private, Purpose::Authenticate, "747723");
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}.b", "a".repeat(59));
    assert_eq!(longest.len(), 253);
    for host in [
        "example.com",
        "a.b",
        "xn--mller-kva.example",
        "1.example",
        &longest,
    ] {
        assert!(private.clone().for_page(host).is_ok(), "{host}");
    }
    let (long_label, long) = (format!("{label}a.example"), format!("a{longest}"));
    for host in [
        "",
        "localhost",
        "Example.com",
        "example.com.",
        ".example.com",
        "exa mple.com",
        "example..com",
        "-a.example",
        "a-.example",
        "https://example.com",
        "example.com/",
        "example.com:443",
        "müller.example",
        "192.0.2.1",
        "[::1]",
        "@example.com",
        "example.com #1",
        "example.com\n",
        "evil.com\u{200b}",
        "exam_ple.com",
        "ab--c.example",
        "xn--a.example",
        "xn--.example",
        "xn--yp8h.example",
        "bank.example。",
        "ｂank.example",
        "bank.1",
        &long_label,
        &long,
    ] {
        let error = private.clone().for_page(host).unwrap_err();
        let told = "page host: must be a domain name in small letters, as in `bank.example`";
        assert_eq!(error.to_string(), told, "{host}");
    }
}

proptest! {
    #[test]
    fn o13_a_browser_reads_our_host_and_code(payee in any::<String>(), lettered in any::<bool>()) {
        let shape = if lettered { CodeShape::crockford(8) } else { CodeShape::digits(8) }.unwrap();
        let code = shape.draw().unwrap();
        let transfer = Transaction::payment("TX-1", &payee, "1", "EUR");
        let sent = message(Kind::Private, Purpose::Authenticate, code.expose_text());
        let sent = match &transfer {
            Ok(transfer) => sent.for_transaction(transfer).unwrap(),
            Err(_) => sent,
        };
        let sent = sent.for_page("bank.example").unwrap();
        let text = sent.text(&ENGLISH).unwrap();
        let read = parse(text.expose_text());
        prop_assert_eq!(read, Some(("bank.example", code.expose_text(), None)));
    }

    #[test]
    fn o13_nobody_but_the_host_writes_the_last_line(payee in any::<String>(), action in any::<String>()) {
        // Without a page, nothing that is filled in makes one up.
        let plain = message(Kind::Private, Purpose::Authenticate, "747723");
        let sent = plain.clone().for_action(&action).unwrap_or(plain);
        let transfer = Transaction::payment("TX-1", &payee, "1", "EUR");
        let sent = match &transfer {
            Ok(transfer) => sent.for_transaction(transfer).unwrap(),
            Err(_) => sent,
        };
        let text = sent.text(&ENGLISH).unwrap();
        prop_assert_eq!(parse(text.expose_text()), None);
    }
}
