//! Text that claims to be a PHC string, a password, or a PIN: an error, or a verifier that is written as the same text again.
#![no_main]

use countersign::{Password, PasswordRules, PasswordVerifier, Pin, PinRules, PinVerifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(verifier) = PasswordVerifier::parse_weak(text) {
        assert_eq!(verifier.phc(), text);
    }
    if let Ok(verifier) = PinVerifier::parse(text) {
        assert_eq!(verifier.phc(), text);
    }
    let (about, text) = text.split_once('\n').unwrap_or(("", text));
    let rules = PasswordRules::within_mfa().about(about);
    if rules.accept(&Password::typed(text)).is_ok() {
        assert!(text.len() <= Password::MOST_BYTES && !text.contains('\0'));
    }
    let rules = PinRules::new().about(about);
    if rules.accept(&Pin::typed(text)).is_ok() {
        assert!(text.bytes().filter(u8::is_ascii_digit).count() >= Pin::DEFAULT_DIGITS);
    }
});
