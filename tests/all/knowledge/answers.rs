//! Answers, as a host enrols and stores them.

use countersign::{
    Error,
    hashing::{Cost, HashPool},
    knowledge::{AnswerHashes, Answers, QuestionId},
};

use crate::support::questions::keyring;

fn enrol(answers: &Answers) -> Result<AnswerHashes, Error> {
    let mut permit = HashPool::new(Cost::default(), 1)?.permit().unwrap();
    AnswerHashes::enrol(answers, &keyring(), Cost::default(), &mut permit)
}

fn answers(texts: &[(u16, &str)]) -> Answers {
    texts.iter().fold(Answers::new(), |answers, (id, text)| {
        answers.and(QuestionId::new(*id), text)
    })
}

fn stored() -> Vec<u8> {
    minicbor::to_vec(enrol(&answers(&[(1, "O'Brien "), (700, "Łódź")])).unwrap()).unwrap()
}

#[test]
fn refusals_name_the_question_and_the_rule() {
    let long = "secret".repeat(43);
    let many: Vec<String> = (0..17).map(|n| format!("secret{n}")).collect();
    let many: Vec<(u16, &str)> = (0..).zip(many.iter().map(String::as_str)).collect();
    for (texts, rule) in [
        (&[] as &[(u16, &str)], "answers: must be 1 to 16"),
        (&many, "answers: must be 1 to 16"),
        (
            &[(7, "secret"), (8, "b"), (7, "c")],
            "answer to question 7: must be given once",
        ),
        (
            &[(7, "secret’s"), (8, "b"), (9, "SECRETS ")],
            "answer to question 9: must not be the answer to question 7 too",
        ),
        (
            &[(1, "secret"), (7, "...")],
            "answer to question 7: must hold a letter or a digit",
        ),
        (
            &[(7, "secret\0")],
            "answer to question 7: must not hold control, private-use or unassigned characters",
        ),
        (
            &[(7, &long)],
            "answer to question 7: must hold 256 bytes at most",
        ),
    ] {
        let error = enrol(&answers(texts)).unwrap_err();
        assert!(error.is_misuse());
        assert_eq!(error.to_string(), rule);
    }
    assert!(enrol(&answers(&many[..16])).is_ok());
}

#[test]
fn h01_a_cost_below_the_minimum_is_not_enrolled() {
    // A cost from somebody's configuration file can be anything.
    let weak: Cost = minicbor::decode(&minicbor::to_vec([8_u32, 1, 1]).unwrap()).unwrap();
    let mut permit = HashPool::new(Cost::default(), 1).unwrap().permit().unwrap();
    let error =
        AnswerHashes::enrol(&answers(&[(1, "a")]), &keyring(), weak, &mut permit).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Argon2id cost: must lie in the allowed range"
    );
}

#[test]
fn b33_stored_bytes_hold_no_answer() {
    let bytes = stored();
    for text in ["O'Brien", "obrien", "Łódź", "lodz"] {
        let found = bytes
            .windows(text.len())
            .any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
        assert!(!found, "{text} can be read back");
    }
    assert_ne!(bytes, stored(), "the same answers look the same");
}

#[test]
fn b16_debug_shows_no_answer() {
    let given = answers(&[(1, "O'Brien"), (7, "\0")]);
    assert_eq!(format!("{given:?}"), "Answers(to [1, 7])");
    let hashes = enrol(&answers(&[(1, "O'Brien"), (7, "Lodz")])).unwrap();
    assert_eq!(format!("{hashes:?}"), "AnswerHashes(of [1, 7])");
}

#[test]
fn stored_bytes_open_again_and_are_few() {
    let bytes = stored();
    let opened: AnswerHashes = minicbor::decode(&bytes).unwrap();
    assert_eq!(format!("{opened:?}"), "AnswerHashes(of [1, 700])");
    assert_eq!(minicbor::to_vec(&opened).unwrap(), bytes);
    // Fifteen bytes, then for each answer 16 of salt, 32 of tag and up to 7 of frame.
    assert!(bytes.len() <= 15 + 2 * 55, "{} bytes", bytes.len());
}

#[test]
fn b31_hostile_bytes_are_an_error_or_harmless() {
    let bytes = stored();
    for length in 0..bytes.len() {
        assert!(
            minicbor::decode::<AnswerHashes>(&bytes[..length]).is_err(),
            "cut at {length}"
        );
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(opened) = minicbor::decode::<AnswerHashes>(&flipped) {
            let again = minicbor::to_vec(&opened).unwrap();
            assert!(
                minicbor::decode::<AnswerHashes>(&again).is_ok(),
                "bit {bit} gave what cannot be stored"
            );
        }
    }
}

#[test]
fn b31_stored_parts_out_of_range_are_refused() {
    type Part<'a> = (
        u16,
        &'a minicbor::bytes::ByteSlice,
        &'a minicbor::bytes::ByteSlice,
    );
    let (salt, tag, cost) = ([3; 16], [4; 32], [19_456, 2, 1]);
    let one = |id| -> Part<'_> { (id, (&salt[..]).into(), (&tag[..]).into()) };
    let opens = |form: u8, cost: [u32; 3], each: Vec<Part<'_>>| {
        let bytes = minicbor::to_vec((form, cost, 1_u32, 7_u32, each)).unwrap();
        minicbor::decode::<AnswerHashes>(&bytes).is_ok()
    };
    assert!(opens(1, cost, vec![one(1), one(2)]));
    assert!(opens(1, cost, (0..16).map(one).collect()));
    assert!(!opens(0, cost, vec![one(1)]), "unknown form");
    assert!(!opens(2, cost, vec![one(1)]), "unknown form");
    assert!(!opens(1, [8, 1, 1], vec![one(1)]), "too cheap");
    assert!(!opens(1, [u32::MAX, 2, 1], vec![one(1)]), "too dear");
    assert!(!opens(1, cost, vec![]), "no question");
    assert!(!opens(1, cost, (0..17).map(one).collect()), "too many");
    assert!(!opens(1, cost, vec![one(1), one(1)]), "a question twice");
    let short: Part<'_> = (1, (&salt[..15]).into(), (&tag[..]).into());
    assert!(!opens(1, cost, vec![short]), "short salt");
    let long: Part<'_> = (1, (&salt[..]).into(), [0; 33].as_slice().into());
    assert!(!opens(1, cost, vec![long]), "long tag");
}
