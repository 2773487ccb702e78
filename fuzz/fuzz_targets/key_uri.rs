//! Hostile text in the place of a key URI: an error, or a URI that is written so that it reads the same.
#![no_main]

use countersign::otp::KeyUri;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for read in [KeyUri::parse, KeyUri::import_short] {
        let Ok(uri) = read(text) else { continue };
        let again = read(uri.expose_text()).expect("what is written is read");
        assert_eq!(again.expose_text(), uri.expose_text());
        assert_eq!((again.issuer(), again.account()), (uri.issuer(), uri.account()));
    }
});
