//! What the host passes wrongly is told by name; what the other side says is an outcome; records hold the rules.
use countersign::{
    Transaction,
    otp::ocra::{MutualClient, MutualServer, OcraTask},
};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn misuse<T>(result: Result<T, countersign::Error>, told: &str) {
    let error = result.err().unwrap();
    assert!(error.is_misuse());
    assert_eq!(error.to_string(), told);
}

const NUMERIC: &str = "OCRA-1:HOTP-SHA1-6:QN08";

#[test]
fn questions_are_of_their_suite() {
    for (format, text, rule) in [
        ("QN08", "", "must not be empty"),
        ("QN08", "   ", "must not be empty"),
        (
            "QN08",
            "123456789",
            "must not be longer than its suite says",
        ),
        ("QN08", "1234567a", "must hold digits only"),
        ("QN08", "١٢٣²", "must hold digits only"),
        ("QN08", "-1", "must hold digits only"),
        ("QN08", "\u{200f}\u{2212}1", "must hold digits only"),
        ("QN08", "1\u{2014}", "must hold digits only"),
        ("QN08", "\u{feff}\u{200b}\u{3000}", "must not be empty"),
        ("QN08", "99.50", "must hold digits only"),
        ("QH08", "-", "must hold hexadecimal digits only"),
        ("QH08", "12G", "must hold hexadecimal digits only"),
        ("QH08", "0x12", "must hold hexadecimal digits only"),
        ("QA08", "a--b", "must hold letters and digits only"),
        ("QA08", "a_b", "must hold letters and digits only"),
        ("QA08", "а", "must hold letters and digits only"),
        ("QA08", "a\0b", "must hold letters and digits only"),
        ("QA08", "äb", "must hold letters and digits only"),
    ] {
        let suite = suite(&format!("OCRA-1:HOTP-SHA1-6:{format}"));
        misuse(
            OcraQuestion::typed(&suite, text),
            &format!("ocra question: {rule}"),
        );
    }
    let huge = "7".repeat(10 << 20);
    let rule = "ocra question: must not be longer than its suite says";
    misuse(OcraQuestion::typed(&suite(NUMERIC), &huge), rule);
    misuse(OcraQuestion::typed(&suite(NUMERIC), &"ä".repeat(9)), rule);
}

#[test]
fn the_case_of_letters_counts_and_that_of_hexadecimal_digits_does_not() {
    let of = |format: &str, text: &str| {
        shown(
            &ocra(&format!("OCRA-1:HOTP-SHA1-6:{format}")),
            0,
            text,
            now(),
        )
    };
    assert_eq!(of("QH08", "dead beef"), of("QH08", "DEADBEEF"));
    assert_ne!(of("QA08", "deadbeef"), of("QA08", "DEADBEEF"));
}

/// RFC 6287 5.1 fills up with zeros, so these meet, as everywhere; where a text is signed they are refused.
#[test]
fn numbers_that_meet_are_not_signed() {
    let of = |text: &str| shown(&ocra(NUMERIC), 0, text, now());
    assert_eq!(of("1"), of("00000001"));
    assert_eq!(of("00000001"), of("00000016"));
    let ocra = ocra("OCRA-1:HOTP-SHA1-6:C-QN08").for_signatures();
    let sign = |text| ocra.challenge(&OcraState::default(), OcraTask::sign_text(text), now());
    misuse(
        sign("00000016"),
        "ocra question: must not begin with a zero where it is signed",
    );
    misuse(
        sign("1234567"),
        "ocra question: must be exactly as long as its suite says",
    );
    assert!(sign("10000000").is_ok());
    let ocra = self::ocra("OCRA-1:HOTP-SHA1-6:C-QH08").for_signatures();
    let sign = |text| ocra.challenge(&OcraState::default(), OcraTask::sign_text(text), now());
    misuse(
        sign("ABCDEF0"),
        "ocra question: must be exactly as long as its suite says",
    );
    assert!(sign("00000016").is_ok());
    let ocra = self::ocra("OCRA-1:HOTP-SHA1-6:C-QA08").for_signatures();
    assert!(
        ocra.challenge(&OcraState::default(), OcraTask::sign_text("A1"), now())
            .is_ok()
    );
}

#[test]
fn a_task_asks_for_a_suite_that_can_do_it() {
    let transfer = Transaction::new("TX-1").unwrap();
    let of = |text: &str, task| {
        ocra(text)
            .for_signatures()
            .challenge(&OcraState::default(), task, now())
    };
    let digest = "ocra question: must be QH or QA with 32 characters or more to sign a transaction";
    for text in [
        "OCRA-1:HOTP-SHA1-6:QN64",
        "OCRA-1:HOTP-SHA1-6:QH31",
        "OCRA-1:HOTP-SHA1-6:C-QA08",
    ] {
        misuse(of(text, OcraTask::sign(transfer.digest())), digest);
    }
    let again = "ocra suite: must have a counter or a time step to sign a text that may come again";
    misuse(of(NUMERIC, OcraTask::sign_text("12345678")), again);
    let session = "ocra suite: must be without session data to sign (RFC 6287 6.3)";
    misuse(
        of(
            "OCRA-1:HOTP-SHA1-6:C-QN08-S064",
            OcraTask::sign_text("12345678"),
        ),
        session,
    );
    misuse(
        of(
            "OCRA-1:HOTP-SHA1-6:QH64-S064",
            OcraTask::sign(transfer.digest()),
        ),
        session,
    );
}

/// A block has arguments of its own for these, so none is passed over.
#[test]
fn a_block_takes_a_task_alone() {
    let ocra = ocra("OCRA-1:HOTP-SHA1-6:QN08-S064").in_session(b"call");
    let ocra = ocra.unwrap();
    let login = OcraTask::authenticate();
    for task in [login.answering("12345678"), login.in_session(b"call")] {
        misuse(
            ocra.challenge(&OcraState::default(), task, now()),
            "ocra task: must be without a question and session data here: pass them to the block itself",
        );
    }
}

/// A device cannot tell a drawn question from figures to be signed, so no secret answers both.
#[test]
fn a_secret_logs_in_or_signs() {
    let text = "OCRA-1:HOTP-SHA1-6:C-QA64";
    let transfer = Transaction::new("TX-1").unwrap();
    let of = |ocra: Ocra, task| ocra.challenge(&OcraState::default(), task, now());
    let told = "ocra task: must be a signature, as the secret is for signatures";
    misuse(
        of(ocra(text).for_signatures(), OcraTask::authenticate()),
        told,
    );
    let told = "ocra task: must be to authenticate, as the secret is not for signatures";
    for task in [OcraTask::sign(transfer.digest()), OcraTask::sign_text("1")] {
        misuse(of(ocra(text), task), told);
        assert!(of(ocra(text).for_signatures(), task).is_ok());
    }
}

#[test]
fn secrets_pins_sessions_and_windows_are_of_their_suite() {
    let secret = |bytes: usize| SecretBytes::from(vec![7; bytes]);
    for bytes in [0, 15, 129, 1 << 20] {
        misuse(
            Ocra::new(suite(NUMERIC), secret(bytes)),
            "otp secret: must hold 16 to 128 bytes",
        );
    }
    for bytes in [16, 20, 32, 64, 65, 128] {
        assert!(Ocra::new(suite(NUMERIC), secret(bytes)).is_ok());
        let zeros = SecretBytes::from(vec![0; bytes]);
        misuse(
            Ocra::new(suite(NUMERIC), zeros),
            "otp secret: must not be all zeros",
        );
    }
    let pin = |text: &str, pin: &str| {
        Ocra::new_with_pin(suite(text), secret(20), &SecretText::from(pin.to_owned()))
    };
    misuse(
        pin(NUMERIC, "1234"),
        "ocra pin: must not be given, as the suite has none",
    );
    let with_pin = "OCRA-1:HOTP-SHA1-6:QN08-PSHA1";
    misuse(
        Ocra::new(suite(with_pin), secret(20)),
        "ocra pin: must be given, as the suite has one",
    );
    for text in ["", "123", &"1".repeat(65)] {
        misuse(pin(with_pin, text), "ocra pin: must hold 4 to 64 bytes");
    }

    let with_session = ocra("OCRA-1:HOTP-SHA1-6:QN08-S008");
    misuse(
        ocra(NUMERIC).in_session(b"x"),
        "ocra session: must not be given, as the suite has none",
    );
    misuse(
        with_session.clone().in_session(b""),
        "ocra session: must not be empty",
    );
    misuse(
        with_session.clone().in_session(&[7; 9]),
        "ocra session: must not be longer than the suite says",
    );
    let needed = "ocra session: must be given, as the suite has one";
    let question = OcraQuestion::typed(with_session.suite(), "12345678").unwrap();
    misuse(
        with_session.respond(&OcraState::default(), &question, now()),
        needed,
    );
    let challenge = asked("12345678", 0, now());
    let response = OcraResponse::typed("123456");
    misuse(
        with_session.check(&OcraState::default(), &challenge, &response, now()),
        needed,
    );

    misuse(
        ocra(NUMERIC).with_look_ahead(1),
        "ocra look-ahead: must not be given, as the suite has no counter",
    );
    misuse(
        ocra(NUMERIC).with_time_window(1, 0),
        "ocra time window: must not be given, as the suite has no time step",
    );
    let both = ocra("OCRA-1:HOTP-SHA1-6:C-QN08-T1M");
    misuse(
        both.clone().with_look_ahead(100),
        "ocra look-ahead: must be 99 at most",
    );
    misuse(
        both.clone().with_time_window(61, 0),
        "ocra time window: must be 60 at most either way",
    );
    misuse(
        both.clone().with_time_window(0, 61),
        "ocra time window: must be 60 at most either way",
    );
    let widest = both
        .with_look_ahead(99)
        .unwrap()
        .with_time_window(60, 60)
        .unwrap();
    assert_eq!(widest.accepted_codes(), 100 * 121);
}

#[test]
fn a_challenge_of_another_suite_is_misuse() {
    let numeric = ocra(NUMERIC);
    for question in ["ABCD", "123456789"] {
        let challenge = asked(question, 0, now());
        let response = OcraResponse::typed("123456");
        let error = numeric
            .check(&OcraState::default(), &challenge, &response, now())
            .unwrap_err();
        assert!(error.is_misuse() && !error.to_string().contains(question));
    }
}

#[test]
fn b16_debug_tells_no_secret() {
    let ocra = ocra("OCRA-1:HOTP-SHA1-6:QN08-PSHA1-S008")
        .in_session(b"9876543")
        .unwrap();
    let other = self::ocra(NUMERIC);
    let pair = MutualServer::new(other.clone(), ocra.clone()).unwrap();
    let app = MutualClient::new(other, ocra.clone()).unwrap();
    let challenge = asked("55667788", 0, now());
    let told = format!(
        "{ocra:?} {pair:?} {app:?} {:?} {challenge:?} {:?}",
        OcraResponse::typed("998877"),
        app.open(&MutualState::default(), now()).unwrap(),
    );
    for secret in [
        "123456789",
        "1234,",
        "7110",
        "9876543",
        "57, 56",
        "998877",
        "55667788",
        "49, 50",
    ] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
    assert!(
        told.contains("Ocra(OCRA-1:HOTP-SHA1-6:QN08-PSHA1-S008, ..)"),
        "{told}"
    );
    assert!(told.contains("OcraResponse(6 characters)"), "{told}");
}

#[test]
fn responses_are_digits_in_groups_and_nothing_else() {
    let length = |text: &str| format!("{:?}", OcraResponse::typed(text));
    for text in [
        "237653",
        " 237 653 ",
        "237-653",
        "2 - 3 7 6 5 3\n",
        "237\u{2013}653",
        "237\u{a0}653",
        "237\u{3000}653",
        "237\u{2014}653",
        "237\u{2212}653",
        "237\u{ff0d}653",
        "\u{2068}237\u{2009}653\u{2069}",
        "\u{feff}23\u{ad}76\u{2060}53\u{200f}",
        "２３７６５３",
        "٢٣٧۶५3",
    ] {
        assert_eq!(length(text), "OcraResponse(6 characters)", "{text:?}");
    }
    for text in [
        "",
        " ",
        "-237653",
        "237653-",
        "237--653",
        "+237653",
        "237.653",
        "237653g",
        "\u{202e}-237653",
        "237\u{ff0e}653",
        "²³⁷⁶⁵³",
        "\u{200b}\u{feff}",
        "237\u{0}653",
        &"1".repeat(129),
        &"1 ".repeat(600),
        &"1".repeat(10 << 20),
    ] {
        assert_eq!(length(text), "OcraResponse(nothing)", "{text:?}");
    }
    assert_eq!(length(&"f".repeat(128)), "OcraResponse(128 characters)");
}

/// Pinned: old records must open.
#[test]
fn records_are_compact_and_come_back() {
    let ocra = with_secret(
        "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1-T1M",
        b"12345678901234567890",
    )
    .with_look_ahead(9)
    .unwrap()
    .with_time_window(2, 1)
    .unwrap();
    let bytes = minicbor::to_vec(ocra.clone().for_signatures()).unwrap();
    let hash = b"\x71\x10\xed\xa4\xd0\x9e\x06\x2a\xa5\xe4\xa3\x90\xb0\xa5\x72\xac\x0d\x2c\x02\x20";
    let expected = [
        b"\x85\x78\x23OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1-T1M\x5412345678901234567890\x54".as_slice(),
        hash,
        b"\x83\x09\x02\x01\xf5",
    ]
    .concat();
    assert_eq!(bytes, expected);
    let back: Ocra = minicbor::decode(&bytes).unwrap();
    assert!(back.signs());
    assert_eq!(back.accepted_codes(), 10 * 4);
    assert_eq!(
        shown(&back, 3, "12345678", now()),
        shown(&ocra, 3, "12345678", now())
    );

    let plain = minicbor::to_vec(with_secret(NUMERIC, b"12345678901234567890")).unwrap();
    assert_eq!(
        plain,
        b"\x85\x77OCRA-1:HOTP-SHA1-6:QN08\x5412345678901234567890\xf6\x83\x03\x01\x00\xf4"
    );
    assert_eq!(
        minicbor::to_vec(OcraState::stored(1, 2, 3)).unwrap(),
        b"\x83\x01\x02\x03"
    );
    let state = MutualState::stored(OcraState::stored(1, 2, 3), OcraState::stored(4, 5, 6));
    assert_eq!(
        minicbor::to_vec(&state).unwrap(),
        b"\x82\x83\x01\x02\x03\x83\x04\x05\x06"
    );
    assert_eq!(
        minicbor::decode::<MutualState>(b"\x82\x83\x01\x02\x03\x83\x04\x05\x06").unwrap(),
        state
    );
    let challenge = b"\x84\x6812345678\x07\x1a\x6b\x49\xd2\x00\xf4";
    assert_eq!(
        minicbor::to_vec(asked("12345678", 7, now())).unwrap(),
        challenge
    );
    assert!(minicbor::decode::<OcraChallenge>(challenge).is_ok());
}

#[test]
fn a_pair_comes_back_by_the_rules_of_the_constructor() {
    let [one, other] = [SECRET, &[9; 32]].map(|secret| with_secret(NUMERIC, secret));
    let bytes = minicbor::to_vec(MutualServer::new(one.clone(), other).unwrap()).unwrap();
    assert!(minicbor::decode::<MutualServer>(&bytes).is_ok());
    assert!(minicbor::decode::<MutualClient>(&bytes).is_ok());
    for cut in 0..bytes.len() {
        assert!(
            minicbor::decode::<MutualServer>(&bytes[..cut]).is_err(),
            "{cut}"
        );
    }
    let same = minicbor::to_vec((&one, &one)).unwrap();
    let told = minicbor::decode::<MutualServer>(&same).unwrap_err();
    assert!(!told.to_string().contains("1234567"));
    assert!(minicbor::decode::<MutualServer>(&minicbor::to_vec((&one,)).unwrap()).is_err());
}

#[test]
fn a_record_outside_the_rules_is_refused() {
    let secret = minicbor::bytes::ByteVec::from(b"12345678901234567890".to_vec());
    let hash = |length: usize| Some(minicbor::bytes::ByteVec::from(vec![7; length]));
    let read = |suite: &str, secret: &minicbor::bytes::ByteVec, hash, windows: [u8; 3]| {
        let bytes = minicbor::to_vec((suite, secret, hash, windows, false)).unwrap();
        minicbor::decode::<Ocra>(&bytes)
    };
    let pin = "OCRA-1:HOTP-SHA1-6:QN08-PSHA1";
    assert!(read(NUMERIC, &secret, None, [3, 1, 0]).is_ok());
    assert!(read(pin, &secret, hash(20), [99, 60, 60]).is_ok());
    let short = minicbor::bytes::ByteVec::from(b"123456789012345".to_vec());
    for (name, bent) in [
        (
            "suite",
            read("OCRA-1:HOTP-SHA1-10:QN08", &secret, None, [3, 1, 0]),
        ),
        ("secret", read(NUMERIC, &short, None, [3, 1, 0])),
        ("zeros", read(NUMERIC, &vec![0; 20].into(), None, [3, 1, 0])),
        ("no pin", read(pin, &secret, None, [3, 1, 0])),
        ("a pin", read(NUMERIC, &secret, hash(20), [3, 1, 0])),
        ("another hash", read(pin, &secret, hash(32), [3, 1, 0])),
        ("look-ahead", read(NUMERIC, &secret, None, [100, 1, 0])),
        ("back", read(NUMERIC, &secret, None, [3, 61, 0])),
        ("ahead", read(NUMERIC, &secret, None, [3, 1, 61])),
    ] {
        let error = bent.map(|_| ()).expect_err(name);
        assert!(!format!("{error} {error:?}").contains("12345678"), "{name}");
    }
    for (text, round) in [("", 0), ("1234 678", 0), ("ä", 0), (&"1".repeat(65), 0)] {
        assert!(minicbor::decode::<OcraChallenge>(&challenge_bytes(text, round, now())).is_err());
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..120),
        start in 0_usize..4,
    ) {
        let starts: [&[u8]; 4] = [b"", b"\x85\x77OCRA-1:HOTP-SHA1-6:QN08\x54", b"\x84\x6812345678", b"\x82\x85"];
        bytes.splice(0..0, starts[start].iter().copied());
        let _ = minicbor::decode::<Ocra>(&bytes);
        let _ = minicbor::decode::<MutualServer>(&bytes);
        let _ = minicbor::decode::<OcraState>(&bytes);
        let _ = minicbor::decode::<MutualState>(&bytes);
        if let Ok(challenge) = minicbor::decode::<OcraChallenge>(&bytes) {
            let _ = ocra(NUMERIC).check(&OcraState::default(), &challenge, &OcraResponse::typed("1"), now());
        }
        let _ = minicbor::decode::<OcraChallenge>(&bytes);
    }

    #[test]
    fn hostile_text_never_panics(text: String, format in prop_oneof![Just("QA08"), Just("QN64"), Just("QH07")]) {
        let suite = suite(&format!("OCRA-1:HOTP-SHA1-6:C-{format}"));
        if let Ok(question) = OcraQuestion::typed(&suite, &text) {
            let state = OcraState::default();
            prop_assert!(ocra(suite.as_str()).respond(&state, &question, now()).is_ok());
        }
        let _ = ocra(suite.as_str()).challenge(&OcraState::default(), OcraTask::sign_text(&text), now());
        let _ = OcraResponse::typed(&text);
    }
}
