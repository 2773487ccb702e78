//! PINs: length, lists, and what is stored.
use core::time::Duration;
use countersign::{
    hashing::Cost,
    limits::Limits,
    password::{PasswordHash, Pin, PinHash, PinRules, Rejection},
    transition::Verdict,
};

use crate::support::passwords::{
    enrolled as password, is_right, permit, ring, small, told, turned,
};

#[track_caller]
fn enrolled(text: &str) -> PinHash {
    let pin = Pin::typed(text);
    PinHash::enrol(
        &pin,
        &PinRules::new(),
        &ring(1),
        Cost::default(),
        &mut permit(),
    )
    .unwrap()
}

#[track_caller]
fn is_pin(hash: &PinHash, text: &str) -> bool {
    let step = hash.check(&Pin::typed(text), &ring(1), Cost::default(), &mut permit());
    told(step).0 == Verdict::Accepted
}

#[test]
fn n15_six_digits_unless_the_host_says_four_or_more() {
    let why = |rules: &PinRules<'_>, text: &str| rules.check(&Pin::typed(text)).err();
    let short = |at_least| Some(Rejection::TooShort { at_least });
    assert_eq!(why(&PinRules::new(), "80219"), short(6));
    assert_eq!(why(&PinRules::default(), "802194"), None);
    let four = PinRules::new().at_least(4).unwrap();
    assert_eq!(why(&four, "802"), short(4));
    assert_eq!(why(&four, "8021"), None);
    assert_eq!(why(&four, "8021945673"), None);
    for digits in [0, 3, 11, usize::MAX] {
        let error = PinRules::new().at_least(digits).unwrap_err();
        assert_eq!(error.to_string(), "digits of a PIN: must be 4 to 10");
    }
}

#[test]
fn n15_ten_failures_are_limits_that_build() {
    assert_eq!(Pin::MOST_FAILURES, 10);
    let (first, longest) = (Duration::from_secs(60), Duration::from_secs(3_600));
    assert!(Limits::new(5, first, longest, Pin::MOST_FAILURES, Pin::MOST_FAILURES).is_ok());
}

#[test]
fn n04_common_and_known_pins_are_refused_with_the_reason() {
    let rules = PinRules::new()
        .at_least(4)
        .unwrap()
        .with_blocklist(|pin| pin == "2580")
        .with_context_word("28.03.1970")
        .with_context_word("+49 (30) 901820")
        .with_context_word("no digits");
    let why = |text: &str| rules.check(&Pin::typed(text));
    for text in [
        "1111",
        "000000",
        "1234",
        "4321",
        "987654",
        "0123456789",
        "25 80",
    ] {
        assert_eq!(why(text), Err(Rejection::Blocked), "{text}");
    }
    for text in ["2803", "1970", "031970", "9018", "4930", "901820"] {
        assert_eq!(why(text), Err(Rejection::OfContext), "{text}");
    }
    for text in ["1112", "1243", "890123", "2581", "1357", "9753"] {
        assert_eq!(why(text), Ok(()), "{text}");
    }
}

#[test]
fn b61_what_is_known_is_known_in_digits_of_every_script() {
    for word in [
        "28.03.1970",
        "٢٨.٠٣.١٩٧٠",
        "۲۸/۰۳/۱۹۷۰",
        "２８．０３．１９７０",
        "२८-०३-१९७०",
        "২৮ ০৩ ১৯৭০",
        "๒๘๐๓๑๙๗๐",
        "𝟐𝟖.𝟎𝟑.𝟏𝟗𝟕𝟎",
        "②⑧.⓪③.①⑨⑦⓪",
        "²⁸·⁰³·¹⁹⁷⁰",
        "28.٠٣.１９７０",
        "\u{202b}28\u{200f}03\u{feff}1970\u{202c}",
        "geboren am 28.03.1970 in Łódź",
    ] {
        let rules = PinRules::new().at_least(4).unwrap().with_context_word(word);
        for pin in ["031970", "280319", "2803", "1970", "٠٣١٩٧٠"] {
            let refused = rules.check(&Pin::typed(pin));
            assert_eq!(refused.map(drop), Err(Rejection::OfContext), "{word} {pin}");
        }
        for pin in ["802194", "8021", "197028"] {
            assert!(rules.check(&Pin::typed(pin)).is_ok(), "{word} {pin}");
        }
    }
}

#[test]
fn b61_words_that_can_refuse_no_pin_are_not_kept() {
    let huge = "x".repeat(1 << 20);
    let mut rules = PinRules::new();
    for word in [
        "",
        "Maya",
        "…",
        "\0",
        "\u{378}",
        "\u{301}",
        "12",
        "٢٨٣",
        "号二八",
        &huge,
    ] {
        rules = rules.with_context_word(word);
    }
    let shown = format!("{rules:?}");
    assert!(shown.ends_with(" 0 context words)"), "{shown}");
    let rules = rules
        .with_context_word(&"1".repeat(1 << 20))
        .with_context_word("7391");
    assert!(format!("{rules:?}").ends_with(" 2 context words)"));
    assert!(rules.check(&Pin::typed("802194")).is_ok());
}

#[test]
fn what_is_no_pin_is_refused() {
    for text in [
        "",
        "secret",
        "12345a",
        "-802194",
        "802194\0",
        "\u{200f}\u{2212}802194",
        "802194²",
        "八〇二一九四",
        "\u{200b}\u{feff}",
        "80219456731",
        "８０２１９４５６７３１",
        &"8".repeat(1 << 20),
    ] {
        let refused = PinRules::new().check(&Pin::typed(text));
        assert_eq!(refused.unwrap_err(), Rejection::NotDigits, "{text:.20}");
    }
}

#[test]
fn only_the_pin_is_right_and_leading_zeros_count() {
    let hash = enrolled("080219");
    for text in [
        "080219",
        "08 02 19",
        "08-02-19",
        "０８０２１９",
        "٠٨٠٢١٩",
        "\u{2068}08\u{2009}02\u{3000}19\u{2069}",
        "\u{feff}08\u{2014}02\u{2212}19\u{200f}",
    ] {
        assert!(is_pin(&hash, text), "{text}");
    }
    for text in [
        "80219",
        "0802190",
        "080218",
        "",
        "secret",
        "\0",
        &"0".repeat(1 << 20),
    ] {
        assert!(!is_pin(&hash, text), "{text:.20}");
    }
}

#[test]
fn a_pin_is_stored_with_a_pepper_and_renewed() {
    let hash = enrolled("802194");
    assert!(hash.phc().contains("keyid=AAAAA"));
    for (ring, cost, renews) in [
        (ring(1), Cost::default(), false),
        (turned(2, 1), Cost::default(), true),
        (ring(1), small(), true),
    ] {
        let step = hash.check(&Pin::typed("802194"), &ring, cost, &mut permit());
        let (verdict, stored) = told(step);
        assert_eq!((verdict, stored.is_some()), (Verdict::Accepted, renews));
        if let Some(new) = stored {
            assert!(!new.needs_rehash(&ring, cost).unwrap());
            let again = new.check(&Pin::typed("802194"), &ring, cost, &mut permit());
            assert_eq!(told(again).0, Verdict::Accepted);
        }
    }
    assert!(hash.expect_pepper(&ring(2)).unwrap_err().is_corrupt());
}

#[test]
fn b20_the_hash_of_a_pin_is_none_of_a_password() {
    let moved = PasswordHash::parse(enrolled("80219456").phc()).unwrap();
    assert!(!is_right(&moved, "80219456", &ring(1)));
    let password = password("80219456", &ring(1));
    assert!(is_right(&password, "80219456", &ring(1)));
    let moved = PinHash::parse(password.phc()).unwrap();
    assert!(!is_pin(&moved, "80219456"));
}

#[test]
fn b12_nothing_matches_a_decoy() {
    let decoy = PinHash::decoy(&ring(1), Cost::default()).unwrap();
    assert_eq!(decoy.phc().len(), enrolled("802194").phc().len());
    for text in ["", "802194", "000000"] {
        assert!(!is_pin(&decoy, text));
    }
}

#[test]
fn b16_debug_shows_no_digit_and_no_length() {
    assert_eq!(format!("{:?}", Pin::typed("802194")), "Pin(..)");
    assert_eq!(
        format!("{:?}", enrolled("802194")),
        "PinHash(19456 KiB, 2 passes, 1 lanes, pepper 1)"
    );
    let rules = PinRules::new().with_context_word("1970");
    assert_eq!(
        format!("{rules:?}"),
        "PinRules(6 digits, 0 block lists, 1 context words)"
    );
}
