//! A response to a question, beside the HMAC in it: everything else should cost next to nothing.

use std::hint::black_box;

use countersign::{SecretBytes, SecretText, Timestamp, otp::ocra::{Ocra, OcraQuestion, OcraState, OcraSuite}, transition::{CommitResult, Saved}};
use ring::hmac;

use crate::measure::{Found, Row, compare};

pub const ROWS: &[Row] = &[Row { name: "ocra", peer: "ring's HMAC alone", target: 1.3, measure: one_way }];

const SUITE: &str = "OCRA-1:HOTP-SHA256-8:QN08";
const SECRET: &[u8; 32] = b"12345678901234567890123456789012";

fn respond(ocra: &Ocra, question: &OcraQuestion) -> SecretText {
    let now = Timestamp::from_unix(black_box(1_800_000_000)).unwrap();
    let step = ocra.respond(&OcraState::default(), question, now).unwrap();
    match step.commit(|_| Saved::<()>::Stored) {
        Ok(CommitResult::Stored(shown)) => shown,
        _ => unreachable!("nothing is stored"),
    }
}

/// Eight digits of a question, from text to the response's own eight; and the same message, ready to be signed.
fn one_way() -> Option<Found> {
    let suite: OcraSuite = SUITE.parse().unwrap();
    let ocra = Ocra::new(suite.clone(), SecretBytes::from(SECRET.to_vec())).unwrap();
    let question = OcraQuestion::typed(&suite, "98765432").unwrap();

    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let mut message = [SUITE.as_bytes(), &[0; 129]].concat();
    // 98765432 is hexadecimal 5E30A78.
    let at = SUITE.len() + 1;
    message[at..at + 4].copy_from_slice(&[0x5e, 0x30, 0xa7, 0x80]);
    let mac = hmac::sign(&key, &message);
    let offset = usize::from(mac.as_ref()[31] & 0x0f);
    let word = u32::from_be_bytes(mac.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    assert_eq!(respond(&ocra, &question).expose_text(), format!("{:08}", word % 100_000_000));

    let ours = || {
        black_box(respond(black_box(&ocra), black_box(&question)));
    };
    let peer = || {
        black_box(hmac::sign(black_box(&key), black_box(&message)));
    };
    Some(compare(ours, 1, peer, 1))
}
