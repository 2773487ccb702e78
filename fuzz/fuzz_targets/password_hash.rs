//! Text that claims to be a PHC string, a password, or a PIN: an error, or a hash that is written as the same text again.
#![no_main]

use countersign::password::{Password, PasswordHash, PasswordRules, Pin, PinHash, PinRules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Parameters may stand in another order; nothing else may differ.
    let sorted = |text: &str| {
        let mut parts: Vec<_> = text.split(['$', ',']).map(str::to_owned).collect();
        parts.sort_unstable();
        parts
    };
    if let Ok(hash) = PasswordHash::parse_weak(text) {
        assert_eq!(sorted(hash.phc()), sorted(text));
    }
    if let Ok(hash) = PinHash::parse(text) {
        assert_eq!(sorted(hash.phc()), sorted(text));
    }
    let (about, text) = text.split_once('\n').unwrap_or(("", text));
    let rules = PasswordRules::multi_factor().with_context_word(about);
    if rules.check(&Password::typed(text)).is_ok() {
        assert!(text.len() <= Password::MOST_BYTES && !text.contains('\0'));
    }
    let rules = PinRules::new().with_context_word(about);
    if rules.check(&Pin::typed(text)).is_ok() {
        assert!(text.chars().filter(|letter| letter.is_numeric()).count() >= Pin::DEFAULT_DIGITS);
    }
});
