//! Bytes that claim to be a ring: an error, or a ring that is written as the same ring again, and a value of it opens.
#![no_main]

use countersign::field::{FieldCipher, Keyring};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = FieldCipher::key_id_of(data);
    let Ok(ring) = Keyring::from_bytes(data) else { return };
    let written = ring.expose_bytes().expect("a ring that was read can be written");
    let again = Keyring::from_bytes(written.expose_bytes()).expect("what was written can be read");
    assert_eq!(again.expose_bytes().expect("bytes").expose_bytes(), written.expose_bytes());
    let Ok(cipher) = FieldCipher::new(&ring, "bank", "customers") else { return };
    let sealed = cipher.seal(&[b"x"], data).expect("the active root seals");
    let opened = cipher.open(&[b"x"], &sealed).expect("and opens");
    assert_eq!(opened.expose_bytes(), data);
    assert!(cipher.open(&[b"x"], data).is_err(), "bytes without the key opened");
});
