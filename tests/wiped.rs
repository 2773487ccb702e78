//! What is freed holds no secret: the allocator looks through every block that is given back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/tasks.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "helpers of all tests: each program uses some"
)]
mod tasks;
#[path = "support/timed.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "helpers of all tests: each program uses some"
)]
mod timed;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use timed::{TimedContext, TimedVerifier};

use countersign::field::{
    BlindIndex, FieldCipher, Keyring, LongTermSecret, RootKey, Row, SubjectKey,
};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Channel, Code, Interaction, Outcome, SecretBytes, SecretText,
    Settings, Subject, Timestamp,
    delivered::DeliveredCode,
    hashing::{Cost, HashPool},
    knowledge::{
        AnswerBlocklist, AnswerHashes, Answers, MemorableWord, QuestionId, WordKey, WordLetters,
    },
    otp::{
        Hotp, KeyUri, OtpKey, Totp,
        ocra::{Ocra, OcraDevice},
    },
    password::{Password, PasswordHash, PasswordRules},
    recovery::RecoveryCodes,
    text::Form,
};

use zeroize::Zeroizing;

/// Part of every secret here. Letters that every canonical form leaves alone.
const MARK: &[u8; 12] = b"qzxwvkjqzxwv";
/// The mark in Base32, but for its last bit.
const MARK_IN_A_KEY_URI: &[u8; 19] = b"OF5HQ53WNNVHC6TYO53";
/// The marked memory of Argon2id is not looked through: it is large, and `the_memory_is_wiped_and_used_again` looks at it.
const LARGEST: usize = 1 << 20;

static FOUND: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator. Memory that grows is moved by it as well, and what is left behind is looked at.
struct Looking;

#[expect(unsafe_code, reason = "an allocator is, and this one is a test's")]
// SAFETY: all is handed on to the system's allocator; a block is read only before it is given back, where it is allocated still.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Blocks that nobody wrote hold zeros, and no secret of somebody before.
        // SAFETY: as our caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if (MARK.len()..=LARGEST).contains(&layout.size()) {
            // SAFETY: the block has this size, was zeroed when it was allocated, and is ours until the next line.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            if holds_mark(bytes) {
                FOUND.fetch_add(1, Ordering::SeqCst);
            }
        }
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

fn holds_mark(bytes: &[u8]) -> bool {
    let holds = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    holds(MARK) || holds(MARK_IN_A_KEY_URI)
}

/// How many freed blocks held the mark meanwhile.
fn left_by(work: impl FnOnce()) -> usize {
    let before = FOUND.load(Ordering::SeqCst);
    work();
    FOUND.load(Ordering::SeqCst) - before
}

/// The mark, filled up: never on the heap unless somebody puts it there.
const KEY: [u8; 32] = *b"qzxwvkjqzxwv-0123456789-abcdefgh";
const TEXT: &str = "qzxwvkjqzxwv";
/// So long that a text which begins small has to grow.
const LONG: &str = "qzxwvkjqzxwv and more, ssss, and more";

/// Made on a stack of its own: what a host passes by value stays on the host's stack, and could be taken for ours.
fn keyring() -> Keyring {
    std::thread::spawn(made).join().unwrap()
}

fn made() -> Keyring {
    let root = RootKey::from_bytes(1, KEY).unwrap();
    let mut ring = Keyring::new(root, LongTermSecret::from_bytes(1, KEY).unwrap());
    // So many that lists grow, which moves what is in them.
    for id in 2..=9 {
        let mut key = KEY;
        key[31] = id;
        ring = ring
            .with_readable(RootKey::from_bytes(id.into(), key).unwrap())
            .unwrap();
        key[30] = id;
        ring = ring
            .with_earlier_secret(LongTermSecret::from_bytes(id.into(), key).unwrap())
            .unwrap();
    }
    ring
}

/// The bytes of a ring, each key in them replaced by the marked one.
fn marked(ring: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut ring = Zeroizing::new(ring.to_vec());
    let mut place = 0;
    while let Some(found) = ring[place..]
        .windows(2)
        .position(|head| head == [0x58, 0x20])
    {
        let key = place + found + 2;
        ring[key..key + KEY.len()].copy_from_slice(&KEY);
        place = key + KEY.len();
    }
    assert!(place > 0, "no key in the ring");
    ring
}

fn answers() -> Answers {
    Answers::new().and(QuestionId::new(1), TEXT)
}

fn device() -> Ocra {
    let suite = "OCRA-1:HOTP-SHA256-8:QN08".parse().unwrap();
    Ocra::new(suite, SecretBytes::from(KEY.to_vec())).unwrap()
}

/// Everything that a subject has, enrolled and used.
fn a_day_at_the_bank() {
    let stretch = HashPool::new(Cost::default(), 1).unwrap();
    let mut permit = stretch.permit().unwrap();
    let verifiers =
        AnswerHashes::enrol(&answers(), &keyring(), stretch.cost(), &mut permit).unwrap();
    let chosen = Password::typed(TEXT);
    let password = PasswordHash::enrol(
        &chosen,
        &PasswordRules::multi_factor(),
        &keyring(),
        stretch.cost(),
        &mut permit,
    )
    .unwrap();
    drop(permit);

    let settings = Settings::new("bank", keyring())
        .unwrap()
        .with_hash_pool(stretch)
        .with_questions(&[QuestionId::new(1)], 1)
        .unwrap()
        .with_memorable_words(WordKey::new(&keyring(), "bank").unwrap());
    let verifier = TimedVerifier::new(MemoryStore::new(), settings);
    let anna = Subject::new("bank", "C-1042").unwrap();
    let key = WordKey::new(&keyring(), "bank").unwrap();
    let word = MemorableWord::enrol(TEXT, &AnswerBlocklist::new(), &anna, &key).unwrap();
    let at = |unix| {
        let call = Interaction::from_bytes(*b"0123456789abcdef");
        TimedContext::new(Timestamp::from_unix(unix).unwrap(), Channel::Device, call)
    };
    let ctx = at(1_800_000_000);
    verifier.create(&anna, &ctx).unwrap();
    let app = Totp::from(OtpKey::new(SecretBytes::from(KEY.to_vec())).unwrap());
    let code = |ctx: &TimedContext| Code::typed(app.code_at(ctx.now()).expose_text());
    for change in [
        Change::AddTotp(app.clone()),
        Change::ConfirmTotp(code(&ctx)),
        Change::SetQuestions(verifiers),
        Change::SetPassword(password),
        Change::SetWord(word),
        Change::SetOcra(OcraDevice::from(device())),
    ] {
        let _ = verifier
            .change(&anna, &change, &Authority::Host, &ctx)
            .unwrap();
    }
    let ctx = at(1_800_000_060);
    for attempt in [
        Attempt::Totp(code(&ctx)),
        Attempt::Questions(answers()),
        Attempt::Password(Password::typed(TEXT)),
    ] {
        let outcome = verifier.check(&anna, &attempt, &ctx).unwrap();
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    }
    let asked = verifier.word_prompt(&anna, &ctx).unwrap();
    let said: Vec<String> = asked
        .positions()
        .map(|place| TEXT[usize::from(place) - 1..usize::from(place)].to_owned())
        .to_vec();
    let letters = Attempt::Word(WordLetters::typed(&said));
    let outcome = verifier.check(&anna, &letters, &ctx).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    let wrong = Attempt::Questions(Answers::new().and(QuestionId::new(1), "qzxwvkjqzxwv and more"));
    assert!(matches!(
        verifier.check(&anna, &wrong, &ctx).unwrap(),
        Outcome::Denied
    ));
}

/// One test, because what another one frees would be counted.
#[test]
fn b60_secrets_are_wiped_when_dropped() {
    // The search finds what is left, also by memory that grew.
    assert_eq!(left_by(|| drop(KEY.to_vec())), 1);
    assert_eq!(left_by(|| drop(TEXT.repeat(2))), 1);
    let mut grown = KEY.to_vec();
    assert_eq!(left_by(|| grown.reserve(1_000)), 1);
    grown.fill(0);

    let secret = || SecretBytes::from(KEY.to_vec());
    let place: [&[u8]; 1] = [b"row"];
    let work: [(&str, &dyn Fn()); 12] = [
        ("bytes", &|| drop(secret().clone())),
        ("text", &|| drop(SecretText::from(TEXT.to_owned()).clone())),
        ("app", &|| {
            drop(Totp::from(OtpKey::new(secret()).unwrap()).clone());
        }),
        ("token", &|| {
            drop(Hotp::from(OtpKey::new(secret()).unwrap()).clone());
        }),
        ("long password", &|| {
            let rules = PasswordRules::single_factor().with_context_word("more");
            rules.check(&Password::typed(LONG)).unwrap();
        }),
        ("key uri", &|| {
            let uri = Totp::from(OtpKey::new(secret()).unwrap())
                .key_uri("bank", "anna")
                .unwrap();
            drop(KeyUri::parse(uri.expose_text()).unwrap());
        }),
        ("keyring", &|| {
            let ring = keyring();
            let bytes = ring.expose_bytes().unwrap();
            drop(
                Keyring::from_bytes(bytes.expose_bytes())
                    .unwrap()
                    .rotated_to(RootKey::generate(10).unwrap()),
            );
        }),
        ("limited ring", &|| {
            // A ring that holds keys of purposes only; here they are marked ones.
            let ring = keyring()
                .limited_to(&["customers", "account", "decoys"])
                .unwrap();
            let bytes = ring.expose_bytes().unwrap();
            let ring = Keyring::from_bytes(&marked(bytes.expose_bytes())).unwrap();
            let cipher = FieldCipher::new(&ring, "bank", "customers").unwrap();
            let cipher = cipher.clone();
            drop(
                cipher
                    .open(&place, &cipher.seal(&place, b"Maya").unwrap())
                    .unwrap(),
            );
            let column = ["customers", "name"];
            drop(BlindIndex::new(&ring, "bank", "customers", column, Form::Text, 12).unwrap());
            drop(Settings::new("bank", ring).unwrap());
        }),
        ("field", &|| {
            let cipher = FieldCipher::new(&keyring(), "bank", "customers").unwrap();
            let sealed = cipher.seal(&place, &KEY).unwrap();
            drop(cipher.open(&place, &sealed).unwrap());
            let row = Row::new(&cipher, "customers", "42");
            let sealed = row
                .seal(&[("name", KEY.as_slice()), ("phone", KEY.as_slice())])
                .unwrap();
            drop(row.open(&[
                ("name", sealed[0].as_slice()),
                ("phone", sealed[1].as_slice()),
            ]));
            let subject = Subject::new("bank", "C-1042").unwrap();
            let own = SubjectKey::create(&subject)
                .unwrap()
                .cipher("customers")
                .unwrap();
            drop(own.open(&place, &own.seal(&place, &KEY).unwrap()).unwrap());
        }),
        ("index", &|| {
            let column = ["customers", "name"];
            let index =
                BlindIndex::new(&keyring(), "bank", "customers", column, Form::Text, 12).unwrap();
            drop(index.of(TEXT).unwrap());
        }),
        ("keys of the host", &|| {
            let subject = Subject::new("bank", "C-1042").unwrap();
            drop(DeliveredCode::new(&secret(), &subject).unwrap());
            drop(RecoveryCodes::new(&secret()).unwrap().clone());
        }),
        ("a day at the bank", &a_day_at_the_bank),
    ];
    let left: Vec<_> = work
        .iter()
        .map(|(name, work)| (*name, left_by(work)))
        .collect();
    let clean: Vec<_> = work.iter().map(|(name, _)| (*name, 0)).collect();
    assert_eq!(left, clean);
}
