//! Hostile text in the place of a suite, and behind it in the place of a question, a response and a record: an error, or a
//! suite that is printed as it was read and a response that its own check accepts, once.
#![no_main]

use countersign::{SecretBytes, SecretText, Timestamp, otp::ocra::{MutualServer, Ocra, OcraChallenge, OcraQuestion, OcraResponse, OcraState, OcraSuite}, transition::{CommitResult, Saved, Verdict}};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (suite, rest) = text.split_once('\n').unwrap_or((text, ""));
    let _ = minicbor::decode::<Ocra>(rest.as_bytes());
    let _ = minicbor::decode::<MutualServer>(rest.as_bytes());
    let _ = OcraResponse::typed(rest);
    let Ok(suite) = suite.parse::<OcraSuite>() else { return };
    assert_eq!(suite.to_string(), text.split('\n').next().unwrap());

    let secret = SecretBytes::from(b"12345678901234567890".to_vec());
    let mut ocra = match suite.pin_hash() {
        Some(_) => Ocra::new_with_pin(suite.clone(), secret, &SecretText::from("1234".to_owned())),
        None => Ocra::new(suite.clone(), secret),
    }
    .expect("secret and PIN are well");
    if suite.session_bytes().is_some() {
        ocra = ocra.in_session(b"7").expect("one byte is well");
    }
    let Ok(question) = OcraQuestion::typed(&suite, rest) else { return };
    let (mut state, now) = (OcraState::default(), Timestamp::from_unix(1_800_000_000).expect("a time"));
    let step = ocra.respond(&state, &question, now).expect("the question suits");
    let Ok(CommitResult::Stored(shown)) = step.commit(|_| Saved::<()>::Stored) else { unreachable!() };
    let record = minicbor::to_vec((question.as_str(), 0, now.unix(), false)).expect("a record");
    let challenge: OcraChallenge = minicbor::decode(&record).expect("what is written is read");
    for expected in [Verdict::Accepted, Verdict::Replayed] {
        let step = ocra.check(&state, &challenge, &OcraResponse::typed(shown.expose_text()), now).expect("it suits");
        let told = step.commit(|next| {
            state = next.clone();
            Saved::<()>::Stored
        });
        assert!(matches!(told, Ok(CommitResult::Stored(verdict)) if verdict == expected));
    }
});
