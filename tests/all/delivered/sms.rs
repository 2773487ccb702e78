//! The number of SMS parts, and the limit on it.
use core::time::Duration;
use countersign::{
    SecretText, Transaction,
    delivered::{Kind, Message, Phrases, Purpose, SmsParts, Wording},
};
use proptest::prelude::*;

use crate::delivered::message::message;

#[track_caller]
fn is(text: &str, is_gsm7: bool, units: usize, count: usize) {
    let parts = SmsParts::of(text);
    assert_eq!(
        (parts.is_gsm7(), parts.units(), parts.count()),
        (is_gsm7, units, count),
        "{text:.40}"
    );
}

#[test]
fn b61_parts_are_counted_as_they_are_sent() {
    const GSM7: bool = true;
    const UTF16: bool = false;
    for (letter, times, units, count) in [
        ("a", 1, 1, 1),
        ("a", 160, 160, 1),
        ("a", 161, 161, 2),
        ("a", 306, 306, 2),
        ("a", 307, 307, 3),
        ("a", 1_530, 1_530, 10),
        ("a", 1_531, 1_531, 11),
        ("a", 1_600, 1_600, 11),
        ("é", 160, 160, 1),
        ("@", 160, 160, 1),
        ("\n", 161, 161, 2),
        ("€", 80, 160, 1),
        ("€", 81, 162, 2),
        // 153 is odd: the last septet of a part stays free.
        ("€", 152, 304, 2),
        ("€", 153, 306, 3),
        ("[", 81, 162, 2),
    ] {
        is(&letter.repeat(times), GSM7, units, count);
    }
    for (letter, times, units, count) in [
        ("я", 70, 70, 1),
        ("я", 71, 71, 2),
        ("я", 134, 134, 2),
        ("я", 135, 135, 3),
        ("ع", 670, 670, 10),
        ("ع", 671, 671, 11),
        ("ع", 1_534, 1_534, 23),
        ("ç", 70, 70, 1),
        ("`", 71, 71, 2),
        ("👍", 35, 70, 1),
        ("👍", 36, 72, 2),
        // 67 is odd: no pair is cut in two.
        ("👍", 66, 132, 2),
        ("👍", 67, 134, 3),
        ("\u{2068}", 71, 71, 2),
    ] {
        is(&letter.repeat(times), UTF16, units, count);
    }
    is("", GSM7, 0, 1);
    is(&format!("{}’", "a".repeat(159)), UTF16, 160, 3);
    is(&format!("{}€", "a".repeat(152)), GSM7, 154, 1);
    is(
        &format!("{}€{}", "a".repeat(152), "a".repeat(152)),
        GSM7,
        306,
        3,
    );
    is(&"👍".repeat(1 << 16), UTF16, 1 << 17, 1_986);
}

/// The default alphabet has 127 characters besides its escape, and nine more behind it.
#[test]
fn b61_the_short_alphabet_is_whole() {
    let gsm: Vec<char> = (char::MIN..=char::MAX)
        .filter(|letter| SmsParts::of(letter.encode_utf8(&mut [0; 4])).is_gsm7())
        .collect();
    let double = gsm
        .iter()
        .filter(|letter| SmsParts::of(&letter.to_string()).units() == 2);
    let double: String = double.collect();
    assert_eq!(double, "\u{c}[\\]^{|}~€");
    assert_eq!(gsm.len(), 127 + 10);
    for letter in
        "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà\n\r".chars()
    {
        assert!(gsm.contains(&letter), "{letter}");
    }
    for letter in "`ç’–“áÁíóúêőčśżğ\u{a0}\u{202f}\t\u{1b}".chars() {
        assert!(!gsm.contains(&letter), "{letter}");
    }
}

fn memo(text: &str) -> Transaction {
    Transaction::new("1").unwrap().with("memo", text).unwrap()
}

#[test]
fn b61_a_text_message_has_ten_parts_with_all_that_is_in_it() {
    let phrases = Phrases {
        text: "x{code} {action} {field.memo}{warning}",
        voice: "{code}{code}{action}{field.memo}{warning} x",
        private_warning: "w",
        authenticate: "a",
        ..Phrases::ENGLISH
    };
    let wording = Wording::new(&phrases).unwrap();
    let plain = message(Kind::Private, Purpose::Authenticate, "49302117");
    // One, nine for the code, three for the action and its spaces, one for the warning.
    let longest = "x".repeat(1_000);
    let sent = |phrases: &Phrases<'_>, memo: &Transaction, page: bool| {
        let message = plain.clone().for_transaction(memo).unwrap();
        let message = if page {
            message.for_page("bank.example").unwrap()
        } else {
            message
        };
        let wording = Wording::new(phrases).unwrap();
        message
            .text(&wording)
            .map(|text| SmsParts::of(text.expose_text()).count())
    };
    let once = memo(&longest);
    assert_eq!(sent(&phrases, &once, false).unwrap(), 7);
    let twice = Phrases {
        text: "x{code} {action} {field.memo}{field.memo}{warning}",
        ..phrases
    };
    let fits = memo(&"x".repeat(758));
    assert_eq!(sent(&twice, &fits, false).unwrap(), 10);
    let told = sent(&twice, &fits, true).unwrap_err().to_string();
    assert_eq!(
        told,
        "message: must fit in ten SMS parts, and would be cut into 11"
    );
    let arabic = memo(&"ع".repeat(500));
    assert_eq!(sent(&phrases, &arabic, false).unwrap(), 8);
    let told = sent(&twice, &arabic, false).unwrap_err().to_string();
    assert_eq!(
        told,
        "message: must fit in ten SMS parts, and would be cut into 16"
    );
    // An e-mail of it is in order, and so is a call, of which neither is cut.
    let message = plain.clone().for_transaction(&arabic).unwrap();
    assert!(message.email(&Wording::new(&twice).unwrap()).is_ok());
    assert!(message.voice(&wording).is_ok());
    let long = memo(&"x".repeat(1_000));
    let message = plain.clone().for_transaction(&long).unwrap();
    let told = message.email(&Wording::new(&twice).unwrap()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "message: must hold 1,600 characters at most"
    );
    let voice = Phrases {
        voice: "{code}{code}{action}{field.memo}{field.memo}{warning} x",
        ..phrases
    };
    let told = message.voice(&Wording::new(&voice).unwrap()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "message: must hold 1,600 characters at most"
    );
}

#[test]
fn b61_the_host_sees_the_parts_beforehand() {
    let english = Wording::new(&Phrases::ENGLISH).unwrap();
    let plain = message(Kind::Private, Purpose::Authenticate, "49302117");
    let parts = plain.sms_parts(&english).unwrap();
    let text = plain.text(&english).unwrap();
    assert_eq!(parts, SmsParts::of(text.expose_text()));
    assert!(parts.count() == 1 && parts.is_gsm7());
    let paged = plain
        .for_page("bank.example")
        .unwrap()
        .sms_parts(&english)
        .unwrap();
    assert_eq!(
        paged.units(),
        parts.units() + "\n\n@bank.example #49302117".len()
    );
    let spaced = Phrases {
        decimal_mark: ',',
        group_mark: Some('\u{a0}'),
        ..Phrases::ENGLISH
    };
    let rent = Transaction::payment("1", "Anna", "1234.50", "EUR").unwrap();
    let code = SecretText::from("493021".to_owned());
    let message = Message::new(
        Kind::Spoken,
        Purpose::Authenticate,
        "Bank",
        &code,
        Duration::from_secs(10 * 60),
    )
    .unwrap();
    let message = message.for_transaction(&rent).unwrap();
    let parts = |phrases: &Phrases<'_>| message.sms_parts(&Wording::new(phrases).unwrap()).unwrap();
    assert!(parts(&Phrases::ENGLISH).is_gsm7());
    assert!(!parts(&spaced).is_gsm7());
}

proptest! {
    #[test]
    fn b61_no_message_is_longer_than_it_says(payee in "\\PC{1,140}|[ء-ي ]{1,140}|[a-z€\\[ ]{1,140}|👍{1,140}x", page in "[a-z]{1,60}(\\.[a-z]{1,60}){1,3}") {
        let english = Wording::new(&Phrases::ENGLISH).unwrap();
        if let Ok(transfer) = Transaction::payment("TX-1", &payee, "99.50", "EUR") {
            let message = message(Kind::Private, Purpose::Authenticate, "49302117").for_transaction(&transfer).unwrap();
            let message = message.for_page(&page).unwrap();
            if let Ok(text) = message.text(&english) {
                let parts = SmsParts::of(text.expose_text());
                prop_assert!(parts.count() <= Message::MAX_SMS_PARTS);
                let marks = text.expose_text().contains(['\u{2068}', '\u{2069}']);
                let bare = text.expose_text().replace(['\u{2068}', '\u{2069}'], "");
                // Marks of direction stand only where the short alphabet is lost already.
                prop_assert!(!marks || !SmsParts::of(&bare).is_gsm7());
            }
        }
    }

    #[test]
    fn parts_are_no_fewer_than_their_units_need(text in any::<String>(), more in "[a-zя€👍]{0,400}") {
        for text in [text.clone() + &more, more] {
            let parts = SmsParts::of(&text);
            let (single, part) = if parts.is_gsm7() { (160, 153) } else { (70, 67) };
            if parts.units() <= single {
                prop_assert_eq!(parts.count(), 1);
            } else {
                prop_assert!(parts.count() >= parts.units().div_ceil(part));
                prop_assert!(parts.count() <= parts.units().div_ceil(part - 1));
            }
        }
    }
}
