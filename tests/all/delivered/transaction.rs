//! Transactions: what is shown is what is bound, and no two that differ are bound alike.
use countersign::{Error, Transaction};
use proptest::prelude::*;
use serde::Deserialize;

fn payment(payee: &str, amount: &str, currency: &str) -> Result<Transaction, Error> {
    Transaction::payment("TX-1", payee, amount, currency)
}

#[track_caller]
fn refused(given: Result<Transaction, Error>) -> String {
    let error = given.expect_err("refused");
    assert!(error.is_misuse());
    error.to_string()
}

#[derive(Deserialize)]
struct Vectors {
    source: String,
    transactions: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    reference: String,
    payment: Option<[String; 3]>,
    fields: Vec<[String; 2]>,
    binding: String,
}

#[test]
fn p05_bindings_are_those_of_the_published_layout() {
    let vectors: Vectors =
        toml::from_str(include_str!("../../vectors/transaction_v2.toml")).unwrap();
    assert!(vectors.source.contains("layout 2"));
    assert_eq!(vectors.transactions.len(), 4);
    for example in vectors.transactions {
        let mut transaction = match &example.payment {
            Some([payee, amount, currency]) => {
                Transaction::payment(&example.reference, payee, amount, currency).unwrap()
            }
            None => Transaction::new(&example.reference).unwrap(),
        };
        for [name, value] in &example.fields {
            transaction = transaction.with(name, value).unwrap();
        }
        let hex: String = transaction
            .digest()
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, example.binding, "{}", example.reference);
    }
}

#[test]
fn p05_any_change_of_a_payment_changes_its_binding() {
    let bound = payment("Anna", "99.50", "EUR").unwrap().digest();
    for (payee, amount, currency) in [
        ("Anne", "99.50", "EUR"),
        ("anna", "99.50", "EUR"),
        ("Anna", "99.51", "EUR"),
        ("Anna", "99.5", "EUR"),
        ("Anna", "9950", "EUR"),
        ("Anna", "99.50", "USD"),
    ] {
        assert_ne!(payment(payee, amount, currency).unwrap().digest(), bound);
    }
    let other = Transaction::payment("TX-2", "Anna", "99.50", "EUR").unwrap();
    assert_ne!(other.digest(), bound);
    let unchecked = Transaction::new("TX-1").unwrap();
    let unchecked = ["payee", "amount", "currency"]
        .iter()
        .zip(["Anna", "99.50", "EUR"])
        .fold(unchecked, |so_far, (name, value)| {
            so_far.with(name, value).unwrap()
        });
    assert_ne!(unchecked.digest(), bound, "only a payment is shown as one");
    let more = payment("Anna", "99.50", "EUR")
        .unwrap()
        .with("memo", "")
        .unwrap();
    assert_ne!(more.digest(), bound);
}

#[test]
fn p05_what_looks_the_same_is_bound_the_same() {
    let plain = payment("Anna Müller", "1", "EUR").unwrap();
    for payee in [
        "Anna Mu\u{308}ller",
        " Anna  Müller ",
        "Anna\u{a0}Müller",
        "Anna\u{3000}Müller",
    ] {
        let typed = payment(payee, "1", "EUR").unwrap();
        assert_eq!(typed.value("payee"), Some("Anna Müller"));
        assert_eq!(typed.digest(), plain.digest());
    }
}

#[test]
fn p05_what_displays_otherwise_than_it_is_bound_is_refused() {
    for text in [
        "Anna\u{202e}",
        "An\u{200b}na",
        "Anna\nBob",
        "Anna\r",
        "An\u{ad}na",
        "\u{338}Anna",
        "Anna\u{2067}",
        "A\u{fe0f}",
        "A\0",
        "\u{e000}",
        "A\u{2028}B",
    ] {
        assert!(
            refused(payment(text, "1", "EUR")).starts_with("payee: "),
            "{text:?}"
        );
        let told = refused(Transaction::new("TX-1").unwrap().with("to", text));
        assert!(told.starts_with("transaction field: "), "{text:?}");
        let told = refused(Transaction::new("TX-1").unwrap().with(text, "Anna"));
        assert!(told.starts_with("transaction field name: "), "{text:?}");
        assert!(
            refused(Transaction::new(text)).starts_with("transaction reference: "),
            "{text:?}"
        );
    }
    for blank in ["", " ", "\u{3000}", "...", "\u{2800}"] {
        assert!(
            refused(payment(blank, "1", "EUR")).starts_with("payee: "),
            "{blank:?}"
        );
    }
}

#[test]
fn p05_an_amount_has_one_way_to_be_written() {
    for amount in [
        "0",
        "1",
        "10",
        "0.99",
        "0.00",
        "99.50",
        "99.5",
        "999999999999999999",
        "9999999999999.99999",
    ] {
        assert_eq!(
            payment("Anna", amount, "EUR").unwrap().value("amount"),
            Some(amount)
        );
    }
    let long = "9".repeat(10 << 20);
    for amount in [
        "",
        ".",
        "1.",
        ".5",
        "00",
        "01",
        "00.5",
        "1.2.3",
        "1,5",
        "1 000",
        "1_000",
        "+1",
        "-1",
        "1e5",
        "0x1",
        "１",
        "٣",
        " 1",
        "1 ",
        "1\u{200b}",
        "1.123456",
        "1999999999999999999",
        "99999999999999.99999",
        "NaN",
        "inf",
        &long,
    ] {
        let told = refused(payment("Anna", amount, "EUR"));
        assert_eq!(
            told, "amount: must be a decimal number such as `99.50`",
            "{amount:.30}"
        );
    }
}

#[test]
fn p05_a_currency_is_three_capitals() {
    for currency in ["EUR", "IDR", "XAU"] {
        assert!(payment("Anna", "1", currency).is_ok());
    }
    for currency in ["", "EU", "EURO", "eur", "€", "E R", "ЕUR", "EU1"] {
        let told = refused(payment("Anna", "1", currency));
        assert_eq!(
            told, "currency: must be three capital letters, as in ISO 4217",
            "{currency}"
        );
    }
}

#[test]
fn a_field_has_one_value_and_there_are_few() {
    let transfer = payment("Anna", "1", "EUR").unwrap();
    for name in ["payee", "amount", "currency", "\u{a0}payee "] {
        let told = refused(transfer.clone().with(name, "Bob"));
        assert_eq!(
            told,
            "transaction field name: must not be there already, in whatever letter case"
        );
    }
    assert_eq!(
        refused(transfer.clone().with(" ", "x")),
        "transaction field name: must not be empty"
    );
    let full = (0..13)
        .try_fold(transfer, |so_far, n| so_far.with(&format!("f{n}"), "x"))
        .unwrap();
    assert_eq!(
        refused(full.with("f13", "x")),
        "transaction: must hold 16 fields at most"
    );
}

#[test]
fn lengths_are_bounded_before_and_after() {
    let payee = "ä".repeat(Transaction::MAX_PAYEE_CHARS);
    assert!(payment(&payee, "1", "EUR").is_ok());
    assert!(payment(&format!("{payee}a"), "1", "EUR").is_err());
    let most = "x".repeat(Transaction::MAX_FIELD_BYTES);
    assert!(Transaction::new(&most).unwrap().with(&most, &most).is_ok());
    // Form NFC takes U+0958 apart: from three bytes to six.
    let grows = "\u{958}".repeat(300);
    assert!(refused(Transaction::new(&grows)).ends_with("must hold 1,024 bytes at most"));
    let huge = "x".repeat(10 << 20);
    assert!(
        refused(Transaction::new("1").unwrap().with("a", &huge)).ends_with("1,024 bytes at most")
    );
}

#[test]
fn b16_values_are_not_shown() {
    let text = format!("{:?}", payment("Anna", "99.50", "EUR").unwrap());
    assert!(!text.contains("Anna") && !text.contains("99.50"), "{text}");
}

/// Short texts of one letter, so that only the borders between them tell two transactions apart.
fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::vec(("a{1,3}", "a{0,3}"), 0..4)
}

fn build(reference: &str, fields: &[(String, String)]) -> Option<Transaction> {
    let begun = Transaction::new(reference).ok()?;
    fields
        .iter()
        .try_fold(begun, |so_far, (name, value)| so_far.with(name, value).ok())
}

proptest! {
    #[test]
    fn p05_two_that_differ_are_bound_differently(a in ("a{1,3}", fields()), b in ("a{1,3}", fields())) {
        if let (Some(one), Some(other)) = (build(&a.0, &a.1), build(&b.0, &b.1)) {
            prop_assert_eq!(one.digest() == other.digest(), a == b);
        }
    }

    #[test]
    fn p05_what_is_kept_is_bound(payee in any::<String>(), memo in any::<String>()) {
        let built = payment(&payee, "1", "EUR").and_then(|transfer| transfer.with("memo", &memo));
        if let Ok(transfer) = built {
            let value = |name| transfer.value(name).unwrap();
            let again = payment(value("payee"), value("amount"), value("currency"));
            let again = again.unwrap().with("memo", value("memo")).unwrap();
            prop_assert_eq!(again.digest(), transfer.digest());
        }
    }
}
