//! Messages: the kind, the purpose, the warning and the payment are in every one, in any language.
use std::sync::LazyLock;

use core::time::Duration;
use countersign::{
    Code, Error, SecretText, Transaction,
    delivered::{Kind, Message, NoticePhrases, Phrases, Purpose, Wording},
    text::CodeShape,
};
use proptest::prelude::*;

pub static ENGLISH: LazyLock<Wording> = LazyLock::new(|| Wording::new(&Phrases::ENGLISH).unwrap());

const GERMAN: Phrases<'static> = Phrases {
    text: "{from}: {code} ist Ihr Code, um {action}. Er gilt {lifetime}. {warning}",
    text_payment: "{from}: Mit {code} zahlen Sie {amount} {currency} an {payee}. Der Code gilt {lifetime}. {warning}",
    voice: "Hier ist {from}. Ihr Code, um {action}, lautet: {code}. Noch einmal: {code}. {warning}",
    voice_payment: "Hier ist {from}. Ihr Code, um {amount} {currency} an {payee} zu zahlen, lautet: {code}. Noch einmal: {code}. {warning}",
    private_warning: "Nennen Sie ihn niemandem, auch uns nicht.",
    spoken_warning: "Nennen Sie ihn nur, wenn Sie uns angerufen haben.",
    authenticate: "sich auszuweisen",
    recover: "Ihr Konto zurückzuerhalten",
    confirm_address: "diese Adresse zu bestätigen",
    bind_authenticator: "ein neues Gerät zu verbinden",
    minutes: &["{count} Minuten"],
    hours: &["{count} Stunden"],
    days: &["{count} Tage"],
    plural_rule: |_| 0,
    decimal_mark: ',',
    group_mark: Some('.'),
    indian_groups: false,
    digits: [
        "null", "eins", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
    ],
    notices: NoticePhrases::GERMAN,
};

const INDONESIAN: Phrases<'static> = Phrases {
    text: "{from}: {code} adalah kode Anda untuk {action}, berlaku {lifetime}. {warning}",
    text_payment: "{from}: {code} adalah kode Anda untuk membayar {amount} {currency} kepada {payee}, berlaku {lifetime}. {warning}",
    voice: "Ini {from}. Kode Anda untuk {action}: {code}. Sekali lagi: {code}. {warning}",
    voice_payment: "Ini {from}. Kode Anda untuk membayar {amount} {currency} kepada {payee}: {code}. Sekali lagi: {code}. {warning}",
    private_warning: "Jangan berikan kepada siapa pun, termasuk kami.",
    spoken_warning: "Sebutkan hanya jika Anda yang menelepon kami.",
    authenticate: "memastikan ini Anda",
    recover: "memulihkan akun Anda",
    confirm_address: "mengonfirmasi alamat ini",
    bind_authenticator: "menautkan perangkat baru",
    minutes: &["{count} menit"],
    hours: &["{count} jam"],
    days: &["{count} hari"],
    plural_rule: |_| 0,
    decimal_mark: ',',
    group_mark: Some('.'),
    indian_groups: false,
    digits: [
        "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan",
    ],
    notices: NoticePhrases::INDONESIAN,
};

const ARABIC: Phrases<'static> = Phrases {
    text: "{from}: رمزك {code} من أجل {action}. {warning}",
    text_payment: "{from}: رمزك {code} لدفع {amount} {currency} إلى {payee}. {warning}",
    private_warning: "لا تعطه لأحد، ولا لنا.",
    spoken_warning: "لا تذكره إلا إذا اتصلت بنا.",
    ..Phrases::ENGLISH
};

pub fn message<'a>(kind: Kind, purpose: Purpose, code: &str) -> Message<'a> {
    let code = SecretText::from(code.to_owned());
    Message::new(
        kind,
        purpose,
        "Fern Bank",
        &code,
        Duration::from_secs(10 * 60),
    )
    .unwrap()
}

fn transfer() -> Transaction {
    Transaction::payment("TX-1", "Anna Müller", "99.50", "EUR").unwrap()
}

#[track_caller]
fn text(message: &Message<'_>, wording: &Wording) -> String {
    message.text(wording).unwrap().expose_text().to_owned()
}

#[track_caller]
fn voice(message: &Message<'_>, wording: &Wording) -> String {
    message.voice(wording).unwrap().expose_text().to_owned()
}

#[track_caller]
fn refused<T>(given: Result<T, Error>) -> String {
    let Err(error) = given else {
        panic!("not refused")
    };
    assert!(error.is_misuse());
    error.to_string()
}

#[track_caller]
fn refused_words(phrases: &Phrases<'_>) -> String {
    refused(Wording::new(phrases))
}

#[test]
fn a_message_says_its_kind_and_what_it_is_for() {
    for (kind, warning) in [
        (Kind::Private, "Never tell it to anyone, not even us."),
        (Kind::Spoken, "Read it to our agent only if you called us."),
    ] {
        for (purpose, action) in [
            (Purpose::Authenticate, "confirm that it is you"),
            (Purpose::Recover, "recover your account"),
            (Purpose::ConfirmAddress, "confirm this address"),
            (Purpose::BindAuthenticator, "link a new device"),
        ] {
            let message = message(kind, purpose, "493021");
            for said in [text(&message, &ENGLISH), voice(&message, &ENGLISH)] {
                assert!(said.contains(warning), "{said}");
                assert!(said.contains(action), "{said}");
                assert!(said.contains("10 minutes"), "{said}");
                assert!(said.contains("Fern Bank"), "{said}");
            }
        }
    }
}

#[test]
fn codes_are_read_in_groups() {
    for (code, read) in [
        ("493021", "493 021"),
        ("000000", "000 000"),
        ("4930217", "493 0217"),
        ("49302117", "4930 2117"),
        ("7k2m9qrt", "7K2M 9QRT"),
    ] {
        let message = message(Kind::Private, Purpose::Recover, code);
        assert!(text(&message, &ENGLISH).starts_with(&format!("Fern Bank: {read} is your code")));
    }
}

#[test]
fn b32_a_leading_zero_is_said_and_shown() {
    let message = message(Kind::Spoken, Purpose::Authenticate, "07081804");
    assert!(text(&message, &ENGLISH).contains("0708 1804"));
    let said = voice(&message, &ENGLISH);
    let code = "zero, seven, zero, eight; one, eight, zero, four";
    assert_eq!(said.matches(code).count(), 2, "{said}");
}

#[test]
fn voices_speak_german_and_indonesian() {
    let german = Wording::new(&GERMAN).unwrap();
    let indonesian = Wording::new(&INDONESIAN).unwrap();
    let spoken = message(Kind::Spoken, Purpose::Authenticate, "493021");
    assert_eq!(
        voice(&spoken, &german),
        "Hier ist Fern Bank. Ihr Code, um sich auszuweisen, lautet: vier, neun, drei; null, zwo, eins. \
         Noch einmal: vier, neun, drei; null, zwo, eins. Nennen Sie ihn nur, wenn Sie uns angerufen haben."
    );
    assert_eq!(
        voice(&spoken, &indonesian),
        "Ini Fern Bank. Kode Anda untuk memastikan ini Anda: empat, sembilan, tiga; nol, dua, satu. \
         Sekali lagi: empat, sembilan, tiga; nol, dua, satu. Sebutkan hanya jika Anda yang menelepon kami."
    );
    let transfer = transfer();
    let payment = message(Kind::Private, Purpose::Authenticate, "49302117");
    let payment = payment.for_transaction(&transfer).unwrap();
    assert_eq!(
        text(&payment, &german),
        "Fern Bank: Mit 4930 2117 zahlen Sie 99,50 EUR an Anna Müller. Der Code gilt 10 Minuten. \
         Nennen Sie ihn niemandem, auch uns nicht."
    );
    assert_eq!(
        text(&payment, &indonesian),
        "Fern Bank: 4930 2117 adalah kode Anda untuk membayar 99,50 EUR kepada Anna Müller, berlaku 10 menit. \
         Jangan berikan kepada siapa pun, termasuk kami."
    );
}

#[test]
fn p05_a_payment_shows_what_is_bound() {
    let typed = Transaction::payment("TX-1", " Anna\u{a0}Mu\u{308}ller", "99.50", "EUR").unwrap();
    assert_eq!(typed.digest(), transfer().digest());
    for kind in [Kind::Private, Kind::Spoken] {
        let payment = message(kind, Purpose::Authenticate, "493021");
        let payment = payment.for_action("get a present").unwrap();
        let payment = payment.for_transaction(&typed).unwrap();
        for said in [text(&payment, &ENGLISH), voice(&payment, &ENGLISH)] {
            assert!(said.contains("to pay 99.50 EUR to Anna Müller"), "{said}");
            assert!(!said.contains("present"), "{said}");
        }
    }
    for purpose in [Purpose::Recover, Purpose::ConfirmAddress] {
        let other = message(Kind::Private, purpose, "493021").for_transaction(&typed);
        assert_eq!(
            refused(other),
            "purpose: must be to authenticate, for a payment: order other codes in a context without one"
        );
    }
}

/// A text that says "confirm that it is you" would be read as a login.
#[test]
fn p05_a_transaction_of_which_nothing_is_shown_is_refused() {
    let silent = Transaction::new("TX-1").unwrap();
    let silent = silent.with("payee", "Anna").unwrap();
    let silent = silent.with("amount", "99.50 EUR").unwrap();
    let plain = message(Kind::Spoken, Purpose::Authenticate, "493021");
    // What the host says beside it is not bound.
    let told = plain.clone().for_action("change your limit").unwrap();
    for message in [plain, told] {
        let message = message.for_transaction(&silent).unwrap();
        for way in [
            message.text(&ENGLISH),
            message.email(&ENGLISH),
            message.voice(&ENGLISH),
        ] {
            assert_eq!(
                refused(way),
                "transaction: must have a field `action` that says what is done, or another that the template shows"
            );
        }
        let phrases = Phrases {
            text: "{code} to {action}: {field.amount} to {field.payee}. {warning}",
            ..Phrases::ENGLISH
        };
        let shown = text(&message, &Wording::new(&phrases).unwrap());
        assert!(shown.contains(": 99.50 EUR to Anna."), "{shown}");
    }
}

/// A code is text: what it is bound to is for the host to say, who made the message.
#[test]
fn p05_a_message_made_by_hand_is_for_the_transaction_that_it_is_given() {
    let transfer = transfer();
    let plain = message(Kind::Spoken, Purpose::Authenticate, "493021");
    assert!(text(&plain, &ENGLISH).contains("to confirm that it is you"));
    let payment = plain.for_transaction(&transfer).unwrap();
    assert!(text(&payment, &ENGLISH).contains("to pay 99.50 EUR to Anna Müller"));
}

#[test]
fn p05_wording_that_hides_a_payment_is_refused() {
    for place in ["payee", "amount", "currency", "code", "warning"] {
        let hole = format!("{{{place}}}");
        let text_payment = Phrases::ENGLISH.text_payment.replace(&hole, "");
        let told = refused_words(&Phrases {
            text_payment: &text_payment,
            ..Phrases::ENGLISH
        });
        assert_eq!(
            told,
            format!("text template for payments: must hold `{hole}`")
        );
        let voice_payment = Phrases::ENGLISH.voice_payment.replace(&hole, "");
        let told = refused_words(&Phrases {
            voice_payment: &voice_payment,
            ..Phrases::ENGLISH
        });
        assert!(told.starts_with(&format!("voice template for payments: must hold `{hole}`")));
    }
}

#[test]
fn wording_without_code_warning_or_action_is_refused() {
    for place in ["code", "warning", "action"] {
        let hole = format!("{{{place}}}");
        let text = Phrases::ENGLISH.text.replace(&hole, "");
        let told = refused_words(&Phrases {
            text: &text,
            ..Phrases::ENGLISH
        });
        assert_eq!(told, format!("text template: must hold `{hole}`"));
        let voice = Phrases::ENGLISH.voice.replace(&hole, "");
        let told = refused_words(&Phrases {
            voice: &voice,
            ..Phrases::ENGLISH
        });
        assert!(told.starts_with(&format!("voice template: must hold `{hole}`")));
    }
    let once = Phrases::ENGLISH.voice.replacen("{code}", "", 1);
    let told = refused_words(&Phrases {
        voice: &once,
        ..Phrases::ENGLISH
    });
    assert_eq!(told, "voice template: must hold `{code}` twice");
}

#[test]
fn templates_are_refused_with_their_fault() {
    let with = |text: &str| {
        refused_words(&Phrases {
            text,
            ..Phrases::ENGLISH
        })
    };
    let rest = "to {action}, {warning}";
    for (start, told) in [
        ("{code} {from ", "must not hold `{from to {action}`"),
        ("{code} {", "must not hold `{to {action}`"),
        ("{code}} ", "must open each `}`"),
        ("{{code}} ", "must not hold `{{code}`"),
        ("{code} {} ", "must not hold `{}`"),
        ("{code} {CODE} ", "must not hold `{CODE}`"),
        ("{code} { code } ", "must not hold `{ code }`"),
        ("{code} {minutes} ", "must not hold `{minutes}`"),
        ("{code} {payee} ", "must not hold `{payee}`"),
        ("{code} {field.} ", "must not hold `{field.}`"),
        (
            "{code} \u{202e}",
            "must be one line without control, invisible, private-use or unassigned characters",
        ),
        (
            "{code} \t",
            "must be one line without control, invisible, private-use or unassigned characters",
        ),
    ] {
        assert_eq!(
            with(&format!("{start}{rest}")),
            format!("text template: {told}")
        );
    }
    assert_eq!(
        with("{action} {warning} {code"),
        "text template: must close each `{`"
    );
    assert_eq!(
        with("{code}{action}{warning}"),
        "text template: must hold a letter"
    );
    assert_eq!(with(""), "text template: must hold a letter");
    let long = format!("{{code}} {rest} {}", "x".repeat(10 << 20));
    assert_eq!(
        with(&long),
        "text template: must hold 400 characters at most"
    );
    let odd = format!("{{{}}}", "x".repeat(60));
    assert_eq!(
        with(&odd),
        format!("text template: must not hold `{{{}}}`", "x".repeat(32))
    );
    let lines = Phrases::ENGLISH.voice.replace(". ", ".\n");
    let told = refused_words(&Phrases {
        voice: &lines,
        ..Phrases::ENGLISH
    });
    assert_eq!(told, "voice template: must be one line");
}

#[test]
fn templates_leave_room_for_their_warning() {
    let fits = |template: usize, warning: usize| {
        let text = format!(
            "{{code}} {{action}} {{warning}} {}",
            "x".repeat(template - 26)
        );
        let private_warning = "w".repeat(warning);
        let phrases = Phrases {
            text: &text,
            private_warning: &private_warning,
            ..Phrases::ENGLISH
        };
        Wording::new(&phrases).is_ok()
    };
    assert!(fits(300, 100));
    assert!(!fits(301, 100));
    assert!(!fits(300, 101));
    assert!(fits(200, 200));
    assert!(!fits(100, 201));
}

#[test]
fn phrases_are_refused_with_their_fault() {
    let long = "x".repeat(101);
    for word in ["", " ", "...", "a\nb", "a\u{200b}b", &long] {
        let phrases = Phrases {
            recover: word,
            ..Phrases::ENGLISH
        };
        assert_eq!(
            refused_words(&phrases),
            "action: must be a phrase of 1 to 100 characters on one line"
        );
        let phrases = Phrases {
            days: &[word],
            ..Phrases::ENGLISH
        };
        assert!(refused_words(&phrases).starts_with("days: "));
        let mut digits = Phrases::ENGLISH.digits;
        digits[7] = word;
        assert!(
            refused_words(&Phrases {
                digits,
                ..Phrases::ENGLISH
            })
            .starts_with("digit: ")
        );
    }
    let mut digits = Phrases::ENGLISH.digits;
    digits[1] = "Nine";
    let told = refused_words(&Phrases {
        digits,
        ..Phrases::ENGLISH
    });
    assert_eq!(told, "digits: must have ten different words");
    let phrases = Phrases {
        spoken_warning: Phrases::ENGLISH.private_warning,
        ..Phrases::ENGLISH
    };
    assert_eq!(
        refused_words(&phrases),
        "warnings: must differ between private and spoken codes"
    );
    let phrases = Phrases {
        private_warning: "Secret: {code}",
        ..Phrases::ENGLISH
    };
    assert_eq!(
        refused_words(&phrases),
        "warning of private codes: must not hold `{code}`"
    );
    let phrases = Phrases {
        spoken_warning: "",
        ..Phrases::ENGLISH
    };
    assert_eq!(
        refused_words(&phrases),
        "warning of spoken codes: must hold a letter"
    );
}

#[test]
fn what_is_no_code_is_not_sent() {
    for code in [
        "",
        " ",
        "-1",
        "12U4",
        "493021\n@evil.example #1",
        &"1".repeat(40),
    ] {
        let code = SecretText::from(code.to_owned());
        let given = Message::new(
            Kind::Private,
            Purpose::Recover,
            "Bank",
            &code,
            Duration::from_secs(3_600),
        );
        assert_eq!(refused(given), "code: must be one that was drawn");
    }
    let lettered = message(Kind::Private, Purpose::Recover, "7K2M9QRT");
    assert_eq!(
        refused(lettered.voice(&ENGLISH)),
        "code: must be of digits, to be said"
    );
    let code = SecretText::from("493021".to_owned());
    for from in ["", "\u{202e}Bank", "Bank\n", &"x".repeat(101)] {
        let given = Message::new(
            Kind::Private,
            Purpose::Recover,
            from,
            &code,
            Duration::from_secs(3_600),
        );
        assert!(refused(given).starts_with("sender: "), "{from:?}");
    }
    let given = Message::new(
        Kind::Private,
        Purpose::Recover,
        "Bank",
        &code,
        Duration::from_secs(119),
    );
    assert_eq!(refused(given), "lifetime: must be two minutes or more");
    let given = message(Kind::Private, Purpose::Recover, "493021").for_action("\u{7}");
    assert!(refused(given).starts_with("action: "));
}

#[test]
fn n18_lifetimes_are_said_in_the_largest_unit_without_a_word_for_one() {
    for (lifetime, said) in [
        (Duration::from_secs(2 * 60), "2 minutes"),
        (Duration::from_secs(10 * 60), "10 minutes"),
        (Duration::from_secs(659), "10 minutes"),
        (Duration::from_secs(7_199), "119 minutes"),
        (Duration::from_secs(3_600), "60 minutes"),
        (Duration::from_secs(24 * 3_600), "24 hours"),
        (Duration::from_secs(21 * 86_400), "21 days"),
        (Duration::from_secs(u64::from(u32::MAX)), "49710 days"),
    ] {
        let code = SecretText::from("493021".to_owned());
        let message =
            Message::new(Kind::Private, Purpose::Recover, "Bank", &code, lifetime).unwrap();
        assert!(text(&message, &ENGLISH).contains(&format!("counts for {said}.")));
    }
}

#[test]
fn p09_an_action_that_is_bound_goes_before_one_that_is_told() {
    let change = Transaction::new("REQ-7").unwrap();
    let change = change
        .with("action", "change your limit")
        .unwrap()
        .with("limit", "5000")
        .unwrap();
    let told = message(Kind::Spoken, Purpose::Authenticate, "493021")
        .for_action("read your balance")
        .unwrap();
    assert!(text(&told, &ENGLISH).contains("to read your balance."));
    let bound = told.for_transaction(&change).unwrap();
    assert!(text(&bound, &ENGLISH).contains("to change your limit."));

    let phrases = Phrases {
        text: "{code} to {action} to {field.limit}, {reference}. {warning}",
        ..Phrases::ENGLISH
    };
    let shown = text(&bound, &Wording::new(&phrases).unwrap());
    assert!(
        shown.starts_with("493 021 to change your limit to 5000, REQ-7. Read"),
        "{shown}"
    );
    let phrases = Phrases {
        text: "{code} to {action}: {field.street}. {warning}",
        ..Phrases::ENGLISH
    };
    let other = Wording::new(&phrases).unwrap();
    let told = "transaction: must have the `street` that the template shows";
    assert_eq!(refused(bound.text(&other)), told);
    let unbound = message(Kind::Spoken, Purpose::Authenticate, "493021");
    assert_eq!(refused(unbound.text(&other)), told);
    let long = Transaction::new("REQ-7")
        .unwrap()
        .with("action", &"x".repeat(101))
        .unwrap();
    assert!(refused(unbound.for_transaction(&long)).starts_with("action: "));
}

#[test]
fn what_is_filled_in_is_not_read_again() {
    let sly = Transaction::payment("{code}", "{code} {warning}", "1", "EUR").unwrap();
    let payment = message(Kind::Spoken, Purpose::Authenticate, "493021");
    let payment = payment.for_transaction(&sly).unwrap();
    let said = text(&payment, &ENGLISH);
    assert!(
        said.contains("to pay 1 EUR to {code} {warning}. It counts"),
        "{said}"
    );
    assert_eq!(said.matches("493 021").count(), 1);
}

#[test]
fn p05_letters_from_the_right_do_not_move_code_or_amount() {
    let transfer = Transaction::payment("TX-1", "محمد 7", "99.50", "EUR").unwrap();
    let payment = message(Kind::Spoken, Purpose::Authenticate, "493021");
    let payment = payment.for_transaction(&transfer).unwrap();
    let shown = text(&payment, &ENGLISH);
    for value in ["493 021", "99.50", "EUR", "محمد 7", "Fern Bank"] {
        assert!(
            shown.contains(&format!("\u{2068}{value}\u{2069}")),
            "{shown:?}"
        );
    }
    assert!(!voice(&payment, &ENGLISH).contains(['\u{2068}', '\u{2069}']));
    let arabic = Wording::new(&ARABIC).unwrap();
    let plain = message(Kind::Private, Purpose::Authenticate, "493021");
    assert!(text(&plain, &arabic).contains("\u{2068}493 021\u{2069}"));
    let phrases = Phrases {
        text: ARABIC.text,
        ..Phrases::ENGLISH
    };
    let mixed = Wording::new(&phrases).unwrap();
    assert!(text(&plain, &mixed).contains("\u{2068}493 021\u{2069}"));
    assert!(!text(&plain, &ENGLISH).contains(['\u{2068}', '\u{2069}']));
}

#[test]
fn long_messages_are_refused() {
    let phrases = Phrases {
        text: "{code} to {action}: {field.memo} {field.memo}. {warning}",
        ..Phrases::ENGLISH
    };
    let wording = Wording::new(&phrases).unwrap();
    let plain = message(Kind::Spoken, Purpose::Authenticate, "493021");
    let memo = |length| {
        Transaction::new("1")
            .unwrap()
            .with("memo", &"x".repeat(length))
            .unwrap()
    };
    let (short, long) = (memo(700), memo(1_000));
    assert!(
        plain
            .clone()
            .for_transaction(&short)
            .unwrap()
            .text(&wording)
            .is_ok()
    );
    let told = refused(plain.for_transaction(&long).unwrap().text(&wording));
    assert_eq!(
        told,
        "message: must fit in ten SMS parts, and would be cut into 14"
    );
}

#[test]
fn letters_have_lines() {
    let phrases = Phrases {
        text: "Dear customer,\n\n  your code to {action} is\n{code}\n\n{warning}",
        ..Phrases::ENGLISH
    };
    let letter = message(Kind::Private, Purpose::Recover, "493021");
    assert_eq!(
        text(&letter, &Wording::new(&phrases).unwrap()),
        "Dear customer,\n\nyour code to recover your account is\n493 021\n\nNever tell it to anyone, not even us."
    );
}

#[test]
fn b16_messages_are_not_shown() {
    let message = message(Kind::Private, Purpose::Recover, "493021");
    assert_eq!(format!("{message:?}"), "Message(Private, Recover, ..)");
    assert_eq!(
        format!("{:?}", message.text(&ENGLISH).unwrap()),
        "SecretText(..)"
    );
}

fn shape() -> impl Strategy<Value = CodeShape> {
    prop_oneof![
        (6_u8..=10).prop_map(|count| CodeShape::digits(count).unwrap()),
        (6_u8..=9).prop_map(|count| CodeShape::digits_and_check(count).unwrap()),
        (4_u8..=32).prop_map(|count| CodeShape::crockford(count).unwrap()),
    ]
}

proptest! {
    #[test]
    fn a_code_can_be_typed_as_it_is_shown_and_as_it_is_said(shape in shape()) {
        let drawn = shape.draw().unwrap();
        let sent = message(Kind::Private, Purpose::Recover, drawn.expose_text());
        let phrases = Phrases { text: "|{code}|{action}|{warning}|a", voice: "|{code}|{code}|{action}|{warning}|a", ..Phrases::ENGLISH };
        let wording = Wording::new(&phrases).unwrap();
        let shown = text(&sent, &wording);
        let read: String = shown.split('|').nth(1).unwrap().split(' ').collect();
        prop_assert_eq!(read.as_str(), drawn.expose_text());
        prop_assert!(!shape.has_wrong_check_digit(&Code::typed(&read)));
        if read.bytes().all(|byte| byte.is_ascii_digit()) && read.len() <= Code::MAX_DIGITS {
            let said = voice(&sent, &wording);
            let heard: String = said
                .split('|')
                .nth(1)
                .unwrap()
                .split([',', ';'])
                .map(|word| Phrases::ENGLISH.digits.iter().position(|digit| *digit == word.trim()).unwrap().to_string())
                .collect();
            prop_assert_eq!(heard.as_str(), drawn.expose_text());
        } else {
            prop_assert!(sent.voice(&wording).is_err());
        }
    }

    #[test]
    fn no_template_panics(template in "[{}a-z.\\n ]{0,40}|.{0,60}", other in any::<String>()) {
        let _ = Wording::new(&Phrases { text: &template, ..Phrases::ENGLISH });
        let _ = Wording::new(&Phrases { private_warning: &other, recover: &template, ..Phrases::ENGLISH });
        let code = SecretText::from(other.clone());
        let _ = Message::new(Kind::Private, Purpose::Recover, &template, &code, Duration::from_secs(3_600));
    }

    #[test]
    fn p05_whatever_is_paid_is_in_the_text(payee in "\\PC{1,40}", amount in 0_u32.., cents in 0_u8..100) {
        let amount = format!("{amount}.{cents:02}");
        if let Ok(transfer) = Transaction::payment("TX-1", &payee, &amount, "EUR") {
            let payment = message(Kind::Spoken, Purpose::Authenticate, "493021");
            let payment = payment.for_transaction(&transfer).unwrap();
            let shown: String = text(&payment, &ENGLISH).chars().filter(|c| !matches!(c, '\u{2068}' | '\u{2069}')).collect();
            let payee = transfer.value("payee").unwrap();
            let wanted = format!("your code to pay {amount} EUR to {payee}. It counts");
            prop_assert!(shown.contains(&wanted));
        }
    }
}
