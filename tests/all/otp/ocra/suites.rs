//! Suites: what is read is printed, and nothing else is read.
use core::time::Duration;
use countersign::otp::Algorithm;
use proptest::prelude::*;

use super::*;

#[track_caller]
fn refused(text: &str) {
    let error = text.parse::<OcraSuite>().expect_err(text);
    assert!(error.is_misuse());
    let told = error.to_string();
    assert!(told.starts_with("ocra suite: must "), "{text:?}: {told}");
}

const LONGEST: &str = "OCRA-1:HOTP-SHA512-9:C-QH64-PSHA512-S512-T59M";

#[test]
fn o10_a_suite_says_what_it_holds() {
    let full = suite(LONGEST);
    assert_eq!(full.algorithm(), Algorithm::Sha512);
    assert_eq!(full.digits(), Some(9));
    assert!(full.has_counter());
    assert!(OcraQuestion::typed(&full, "0f9A").is_ok());
    assert!(OcraQuestion::typed(&full, "0g9A").is_err());
    assert_eq!(full.question_length(), 64);
    assert_eq!(full.pin_hash(), Some(Algorithm::Sha512));
    assert_eq!(full.session_bytes(), Some(512));
    assert_eq!(full.time_step(), Some(Duration::from_secs(59 * 60)));

    let least = suite("OCRA-1:HOTP-SHA1-0:QA04");
    assert_eq!(least.algorithm(), Algorithm::Sha1);
    assert_eq!(least.digits(), None);
    assert!(!least.has_counter());
    assert!(OcraQuestion::typed(&least, "0g9Z").is_ok());
    assert_eq!(least.question_length(), 4);
    assert_eq!(least.pin_hash(), None);
    assert_eq!(least.session_bytes(), None);
    assert_eq!(least.time_step(), None);
}

/// Every value of every part, alone: those of the RFC are read, all others are refused.
#[test]
fn o10_every_part_has_its_bounds() {
    let within = |text: String, well: bool| match well {
        true => assert_eq!(suite(&text).to_string(), text),
        false => refused(&text),
    };
    for digits in 0..=20 {
        let well = digits == 0 || (4..=9).contains(&digits);
        within(format!("OCRA-1:HOTP-SHA1-{digits}:QN08"), well);
    }
    for length in 0..=99 {
        for format in ["QA", "QN", "QH"] {
            let well = (4..=64).contains(&length);
            within(format!("OCRA-1:HOTP-SHA1-6:{format}{length:02}"), well);
        }
    }
    for bytes in 0..=999 {
        let well = (1..=512).contains(&bytes);
        within(format!("OCRA-1:HOTP-SHA1-6:QN08-S{bytes:03}"), well);
    }
    for count in 0..=120 {
        for (unit, most) in [("S", 59), ("M", 59), ("H", 48)] {
            let well = (1..=most).contains(&count);
            within(format!("OCRA-1:HOTP-SHA1-6:QN08-T{count}{unit}"), well);
        }
    }
}

/// RFC 6287 6.4 writes `QH8`, where 6.3 asks for two digits.
#[test]
fn b63_one_digit_is_a_length_too_and_the_text_stays_as_read() {
    let suite_of = |text: &str| {
        let read = suite(text);
        assert_eq!(read.as_str(), text);
        read
    };
    for format in ["QA", "QN", "QH"] {
        for length in 0..=9 {
            let text = format!("OCRA-1:HOTP-SHA1-4:{format}{length}-S512");
            match length {
                4.. => assert_eq!(suite_of(&text).question_length(), length),
                _ => refused(&text),
            }
        }
        for length in [
            "", "00", "03", "008", "８", "٨", "+8", " 8", "8 ", "8\0", "65", "100",
        ] {
            refused(&format!("OCRA-1:HOTP-SHA1-4:{format}{length}-S512"));
        }
    }
    refused(&format!("OCRA-1:HOTP-SHA1-4:QH{}", "8".repeat(1 << 20)));
    // Computed by `tests/python/ocra.py`. Each spelling is a function of its own, as the text goes into the response.
    let secret = b"12345678901234567890";
    for (text, response) in [
        ("OCRA-1:HOTP-SHA1-4:QH8-S512", "5260"),
        ("OCRA-1:HOTP-SHA1-4:QH08-S512", "5409"),
    ] {
        let ocra = with_secret(suite_of(text).as_str(), secret);
        let ocra = ocra.in_session(b"call 4711").unwrap();
        assert_eq!(shown(&ocra, 0, "DEADBEEF", now()), response);
        assert_eq!(shown(&ocra, 0, "dead beef", now()), response);
        let long = OcraQuestion::typed(ocra.suite(), "DEADBEEF0");
        assert!(long.unwrap_err().is_misuse());
    }
    // A mutual suite, and one that is kept: the text is what is stored.
    let drawn = suite("OCRA-1:HOTP-SHA256-8:C-QN4-PSHA1");
    let ocra = with_secret(drawn.as_str(), SECRET);
    let challenge = ocra.challenge(
        &OcraState::default(),
        countersign::otp::ocra::OcraTask::authenticate(),
        now(),
    );
    assert_eq!(challenge.unwrap().question().as_str().len(), 4);
}

/// Erratum 3730.
#[test]
fn o10_ten_digits_are_refused() {
    refused("OCRA-1:HOTP-SHA1-10:QN08");
}

#[test]
fn o10_a_suite_cut_anywhere_is_refused_or_another_suite() {
    for end in 0..LONGEST.len() {
        let cut = &LONGEST[..end];
        if let Ok(shorter) = cut.parse::<OcraSuite>() {
            assert_eq!(shorter.to_string(), cut);
            let whole_part = LONGEST[end..].starts_with('-');
            assert!(whole_part || cut.ends_with("QH6"), "{cut}");
        }
    }
    // With a letter left out it is refused, save for the time step (T5M and T9M are steps, too) and the question's length
    // (QH6 and QH4 are questions, too).
    let length = LONGEST.find("64").unwrap();
    for at in (0..LONGEST.len() - 3).filter(|at| !(length..length + 2).contains(at)) {
        refused(&format!("{}{}", &LONGEST[..at], &LONGEST[at + 1..]));
    }
}

#[test]
fn o10_every_letter_counts() {
    for at in 0..LONGEST.len() {
        let letter = &LONGEST[at..=at];
        let lower = letter.to_lowercase();
        if lower != letter {
            refused(&format!("{}{lower}{}", &LONGEST[..at], &LONGEST[at + 1..]));
        }
        for strange in ["", " ", "\0", "Ｑ", "-", ":", "²"] {
            let bent = format!("{}{strange}{letter}{}", &LONGEST[..at], &LONGEST[at + 1..]);
            if bent != LONGEST {
                refused(&bent);
            }
        }
    }
    for end in [" ", "\n", "\0", "-", ":", "-X"] {
        refused(&format!("{LONGEST}{end}"));
    }
}

#[test]
fn o10_parts_are_in_order_and_once() {
    for data in [
        "",
        "-",
        "C",
        "C-",
        "QN08-C",
        "C-C-QN08",
        "QN08-QN08",
        "QN08-QA08",
        "PSHA1",
        "PSHA1-QN08",
        "QN08-PSHA1-PSHA1",
        "QN08-PSHA1-PSHA256",
        "QN08-S064-PSHA1",
        "QN08-S064-S064",
        "QN08-T1M-S064",
        "QN08-T1M-T1M",
        "QN08-T1M-PSHA1",
        "QN08--T1M",
        "QN3",
        "QN008",
        "QN8A",
        "QN+8",
        "Q08",
        "QX08",
        "N08",
        "QN08-PSHA",
        "QN08-PSHA384",
        "QN08-PMD5",
        "QN08-P",
        "QN08-S",
        "QN08-S64",
        "QN08-S0064",
        "QN08-S+64",
        "QN08-T",
        "QN08-T1",
        "QN08-TM",
        "QN08-T01M",
        "QN08-T1D",
        "QN08-T-1M",
        "QN08-T+1M",
        "QN08-T1M1",
        "QN08-T99999999999999999999S",
        "QN08-TéM",
        "QN08-T1é",
    ] {
        refused(&format!("OCRA-1:HOTP-SHA1-6:{data}"));
    }
    for head in [
        "",
        "OCRA",
        "OCRA-1",
        "OCRA-1:",
        "OCRA-2:HOTP-SHA1-6:",
        "OCRA-1:HOTP-SHA1-6",
        "OCRA-1:HOTP-SHA1:",
        "OCRA-1:HOTP-SHA1-:",
        "OCRA-1:HOTP-SHA1-06:",
        "OCRA-1:HOTP-SHA1-+6:",
        "OCRA-1:HOTP-SHA224-6:",
        "OCRA-1:HOTP-SHA-1-6:",
        "OCRA-1:HOTP-SHA384-6:",
        "OCRA-1:TOTP-SHA1-6:",
        "OCRA-1:HOTP-SHA1-6::",
        "OCRA-1:OCRA-1:HOTP-SHA1-6:",
        "OCRA-1:HOTP-SHA1-6-6:",
        "OCRA-01:HOTP-SHA1-6:",
        " OCRA-1:HOTP-SHA1-6:",
    ] {
        refused(&format!("{head}QN08"));
    }
    refused(&"OCRA-1:".repeat(1 << 20));
    refused(&format!(
        "OCRA-1:HOTP-SHA1-6:QN08{}",
        "-T1M".repeat(1 << 20)
    ));
}

proptest! {
    /// Any suite that the RFC knows is printed as it was read, and says what was put in.
    #[test]
    fn o10_any_suite_is_printed_as_it_was_read(
        hash in prop_oneof![Just("SHA1"), Just("SHA256"), Just("SHA512")],
        digits in prop_oneof![Just(0_u8), 4_u8..=9],
        counter: bool,
        format in prop_oneof![Just('A'), Just('N'), Just('H')],
        length in 4_u8..=64,
        width in 1_usize..=2,
        pin in proptest::option::of(prop_oneof![Just("SHA1"), Just("SHA256"), Just("SHA512")]),
        session in proptest::option::of(1_u16..=512),
        step in proptest::option::of((1_u32..=48, prop_oneof![Just(('S', 1)), Just(('M', 60)), Just(('H', 3_600))])),
    ) {
        let mut text = format!("OCRA-1:HOTP-{hash}-{digits}:");
        if counter { text += "C-"; }
        text += &format!("Q{format}{length:0width$}");
        if let Some(hash) = pin { text += &format!("-P{hash}"); }
        if let Some(bytes) = session { text += &format!("-S{bytes:03}"); }
        if let Some((count, (unit, _))) = step { text += &format!("-T{count}{unit}"); }
        let read = suite(&text);
        prop_assert_eq!(read.to_string(), text.as_str());
        prop_assert_eq!(read.as_str(), text.as_str());
        prop_assert_eq!(read.digits().unwrap_or(0), digits);
        prop_assert_eq!(read.has_counter(), counter);
        prop_assert_eq!(read.question_length(), length);
        prop_assert_eq!(read.pin_hash().is_some(), pin.is_some());
        prop_assert_eq!(read.session_bytes(), session);
        let seconds = step.map(|(count, (_, seconds))| Duration::from_secs(u64::from(count * seconds)));
        prop_assert_eq!(read.time_step(), seconds);
    }

    #[test]
    fn o10_hostile_text_never_panics(text in "(OCRA-1:)?(HOTP-SHA1-6:)?[CQNAHPST0-9:-]{0,30}") {
        if let Ok(read) = text.parse::<OcraSuite>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}
