//! The C interface. The header is `src/ffi/countersign.h`, and its contract is [`manual::c`](crate::manual::c).
//!
//! This is the only room with unsafe code. A function here checks pointers and lengths, calls the library, and writes what it
//! gives. It decides nothing.

// Each function and each of its types is exported: C sees what no Rust path leads to.
#![expect(
    unsafe_code,
    unreachable_pub,
    non_camel_case_types,
    reason = "C calls these, by the names that C uses"
)]

mod answer_hashes;
mod answers;
mod audit;
mod authorize;
mod blind_index;
mod block_list;
mod border;
mod bytes;
mod callback_failed;
mod callbacks;
mod catalogue;
mod changes;
mod check;
mod clock;
mod compare;
mod context;
mod delivered;
mod enrolment;
mod entry;
mod error;
mod factor;
mod failure;
mod field_cipher;
mod grant;
mod handle;
mod hash_pool;
mod hotp;
mod import;
mod input;
mod issue;
mod json;
mod json_part;
mod key_uri;
mod keyring;
mod last_error;
mod ocra;
mod ocra_challenge;
mod ocra_mutual;
mod ocra_suite;
mod otp_key;
mod outcome;
mod output;
mod password_hash;
mod password_rules;
mod pin;
mod pin_hash;
mod policy;
mod reads;
mod recovery;
mod result;
mod settings;
mod state;
mod store;
mod store_callbacks;
mod text;
mod time;
mod totp;
mod values;
mod verifier;
mod version;
mod waiting;
mod walk;
mod word;
mod wording;
