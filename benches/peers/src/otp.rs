//! One-time codes: a window of three of which none matches, beside what totp-rs and liboath do with the same text.

use std::ffi::CString;
use std::hint::black_box;

use countersign::{Code, SecretBytes, Timestamp, otp::{Algorithm, OtpKey, Totp, TotpState}, transition::{CommitResult, Saved, Verdict}};

use crate::liboath::{Liboath, NO_MATCH};
use crate::measure::{Found, Row, compare};

const TOTP_RS: &str = "totp-rs 6.0.0";

pub const ROWS: &[Row] = &[
    Row { name: "totp_sha1_prepared", peer: TOTP_RS, target: 0.4, measure: sha1 },
    Row { name: "totp_sha1_bytes", peer: TOTP_RS, target: 0.55, measure: sha1_bytes },
    Row { name: "totp_sha1_liboath", peer: "liboath 2", target: 0.22, measure: sha1_liboath },
    Row { name: "totp_sha256", peer: TOTP_RS, target: 0.5, measure: sha256 },
    Row { name: "totp_sha512", peer: TOTP_RS, target: 0.6, measure: sha512 },
];

const SECRET: &[u8; 20] = b"12345678901234567890";
const NOW: u64 = 1_800_000_000;

fn ours(algorithm: Algorithm) -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(SECRET.to_vec())).unwrap().with_algorithm(algorithm))
}

fn theirs(algorithm: totp_rs::Algorithm) -> totp_rs::Totp {
    totp_rs::Builder::new().with_algorithm(algorithm).with_secret(SECRET.as_slice()).with_skew(1).build_noncompliant()
}

/// An app whose clock is known to run ahead: its window are three steps, as that of the peers.
fn state() -> TotpState {
    TotpState::stored_ahead(0)
}

fn accepts(totp: &Totp, text: &str) -> bool {
    let step = totp.check(&state(), &Code::typed(text), Timestamp::from_unix(NOW as i64).unwrap());
    let told = step.commit(|_| Saved::<()>::Stored).unwrap();
    matches!(told, CommitResult::Stored(Verdict::Accepted))
}

/// A code that is of none of the three steps; each of their own is taken by both, and that of none around them.
fn wrong(totp: &Totp, peer: &totp_rs::Totp) -> String {
    for (seconds, right) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
        let code = peer.generate(NOW.checked_add_signed(seconds).unwrap()).to_string();
        assert_eq!((accepts(totp, &code), peer.check(&code, NOW).is_some()), (right, right), "{seconds}");
    }
    let mut codes = (0..1_000_000).map(|code| format!("{code:06}"));
    codes.find(|code| !accepts(totp, code) && peer.check(code, NOW).is_none()).unwrap()
}

fn our_check(totp: &Totp, state: &TotpState, text: &str) {
    let now = Timestamp::from_unix(black_box(NOW as i64)).unwrap();
    let _ = black_box(totp.check(black_box(state), &Code::typed(black_box(text)), now));
}

fn prepared(algorithm: Algorithm, peer: totp_rs::Algorithm) -> Option<Found> {
    let (totp, peer, state) = (ours(algorithm), theirs(peer), state());
    let text = wrong(&totp, &peer);
    let ours = || our_check(black_box(&totp), &state, &text);
    let peer = || {
        black_box(black_box(&peer).check(black_box(&text), black_box(NOW)));
    };
    Some(compare(ours, 1, peer, 1))
}

fn sha1() -> Option<Found> {
    prepared(Algorithm::Sha1, totp_rs::Algorithm::SHA1)
}

fn sha256() -> Option<Found> {
    prepared(Algorithm::Sha256, totp_rs::Algorithm::SHA256)
}

fn sha512() -> Option<Found> {
    prepared(Algorithm::Sha512, totp_rs::Algorithm::SHA512)
}

/// From the bytes of the secret; the peer's `Totp` stays, as it hashes the key for each code anyway.
fn sha1_bytes() -> Option<Found> {
    let (peer, state) = (theirs(totp_rs::Algorithm::SHA1), state());
    let text = wrong(&ours(Algorithm::Sha1), &peer);
    let ours = || {
        let totp = Totp::from(OtpKey::new(SecretBytes::from(black_box(SECRET).to_vec())).unwrap());
        our_check(&totp, &state, &text);
    };
    let peer = || {
        black_box(black_box(&peer).check(black_box(&text), black_box(NOW)));
    };
    Some(compare(ours, 1, peer, 1))
}

fn sha1_liboath() -> Option<Found> {
    let liboath = Liboath::load()?;
    let (totp, state) = (ours(Algorithm::Sha1), state());
    let peer = theirs(totp_rs::Algorithm::SHA1);
    let text = wrong(&totp, &peer);
    let code = |text: &str| CString::new(text).unwrap();
    let validate = |text: &str| liboath.totp_validate(SECRET, NOW as i64, 1, &code(text));
    for seconds in [-30, 0, 30] {
        let right = peer.generate(NOW.checked_add_signed(seconds).unwrap()).to_string();
        assert!(validate(&right) >= 0, "{seconds}: {}", validate(&right));
    }
    assert_eq!(validate(&text), NO_MATCH);
    let ours = || our_check(black_box(&totp), &state, &text);
    let code = code(&text);
    let peer = || {
        let told = liboath.totp_validate(black_box(SECRET), black_box(NOW as i64), 1, black_box(&code));
        assert_eq!(told, NO_MATCH);
    };
    Some(compare(ours, 1, peer, 1))
}
