//! What nobody should send, through the public API: an error that names the field and the rule, or a denial.
//!
//! After each of them the store is looked at: an error leaves the record byte for byte as it was; a denial changes the
//! count of wrong tries and the revision, and nothing else.
use crate::inside::own_table::Account;
use crate::inside::support::host::*;
use crate::support::maya;
use crate::support::timed::{TimedContext, TimedVerifier};
use core::time::Duration;
use countersign::field::FieldCipher;
use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Error, FactorClass, Policy,
    Request, Settings, Strength, Subject, Timestamp, Transaction,
    account::ExternalVerification,
    delivered::{CodeOrder, Destination, Kind, Route},
    hashing::HashPool,
    knowledge::{AnswerHashes, Answers, QuestionId, WordKey, WordLetters},
    limits::Limits,
    otp::{
        Hotp, KeyUri, OtpKey, Totp,
        ocra::{OcraResponse, OcraTask},
    },
    password::{Password, Pin},
    policy::DenyReason,
};
use proptest::prelude::*;

const TEN_MB: usize = 10 << 20;

/// A bank with its customer, last written at `NOW` in call 1, so that a check there changes what it must and no more.
struct Bank {
    store: MemoryStore,
    totp: Totp,
}

impl Bank {
    fn new() -> Self {
        Self::at(NOW)
    }

    fn at(now: u64) -> Self {
        let bank = Self {
            store: MemoryStore::new(),
            totp: totp(7),
        };
        enrol(&bank.verifier(), &bank.totp, now);
        enrol_answers(&bank.verifier(), now);
        for wrong in [typed(""), delivered(""), wrong_answers(0)] {
            // A wrong try each, so that all counts exist.
            let told = bank.verifier().check(&maya(), &wrong, &agent(now, 1));
            assert_eq!(kind(&told.unwrap()), Said::Denied);
        }
        bank
    }

    fn verifier(&self) -> TimedVerifier<&MemoryStore> {
        TimedVerifier::new(&self.store, settings())
    }

    fn bytes(&self) -> Vec<u8> {
        stored(&self.store).unwrap().bytes().to_vec()
    }

    /// A check at `NOW` that is denied and changes these fields only.
    fn expect_charged(&self, attempt: &Attempt, channel: Channel, fields: &[usize], what: &str) {
        let fresh = Self {
            store: self.copy(),
            totp: self.totp.clone(),
        };
        let wrong = match attempt {
            Attempt::Totp(_) => typed(""),
            Attempt::Delivered(_) => delivered(""),
            _ => wrong_answers(0),
        };
        let ctx = TimedContext::new(at(NOW), channel, call(1));
        let left = row(&settings(), &fresh.store).tries_left(&wrong, &ctx);
        let before = fresh.bytes();
        let told = fresh.verifier().check(&maya(), attempt, &ctx).unwrap();
        assert_eq!(kind(&told), Said::Denied, "{what}");
        let after = fresh.bytes();
        assert_eq!(
            changed_fields(&settings(), &before, &after),
            fields,
            "{what}"
        );
        let now = row(&settings(), &fresh.store).tries_left(&wrong, &ctx);
        assert_eq!(now, left - 1, "{what}");
    }

    fn copy(&self) -> MemoryStore {
        let (store, entry) = (MemoryStore::new(), stored(&self.store).unwrap());
        put(&store, &entry);
        store
    }
}

fn put(store: &MemoryStore, entry: &Entry) {
    let present = stored(store).map(|entry| entry.version());
    let answer = store.replace(&Key::of(&maya()), present.as_ref(), entry);
    assert_eq!(answer.unwrap(), Replaced::Stored);
}

/// The same row with these bytes in place of its own.
fn tampered(store: &MemoryStore, bytes: &[u8]) {
    let entry = stored(store).unwrap();
    put(store, &Entry::new(bytes.to_vec(), entry.version(), None));
}

fn full_width(code: &str) -> String {
    let wide = |digit: char| char::from_u32(u32::from(digit) + 0xff10 - 0x30).unwrap();
    code.chars().map(wide).collect()
}

fn text_of<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

// --- Codes ---------------------------------------------------------------------------------------------------

/// Texts that are no code, each made of one that is right.
fn no_codes(right: &str) -> Vec<(&'static str, String)> {
    let (head, tail) = right.split_at(3);
    vec![
        ("empty", String::new()),
        ("blank", " \t ".into()),
        ("a dash", "-".into()),
        ("10 MB of digits", right.repeat(TEN_MB / right.len())),
        ("10 MB of blanks before it", " ".repeat(TEN_MB) + right),
        ("10 MB behind it", right.to_owned() + &"x".repeat(TEN_MB)),
        ("NUL inside", format!("{head}\0{tail}")),
        ("NUL behind", format!("{right}\0")),
        ("unseen marks alone", "\u{200b}\u{202e}\u{feff}".into()),
        ("a mark and a minus", format!("\u{202e}\u{2212}{right}")),
        ("a dash behind", format!("{right}\u{2014}")),
        ("one superscript digit", format!("\u{b2}{}", &right[1..])),
        ("a digit too many, wide", full_width(&format!("0{right}"))),
        ("an Arabic number sign", format!("\u{6dd}{right}")),
        ("plus", format!("+{right}")),
        ("minus", format!("-{right}")),
        ("minus behind", format!("{right}-")),
        ("two dashes", format!("{head}--{tail}")),
        ("a letter before", format!("a{right}")),
        ("a letter behind", format!("{right}a")),
        ("a letter inside", format!("{head}O{}", &tail[1..])),
        ("hexadecimal", format!("0x{right}")),
        ("a point", format!("{head}.{tail}")),
        ("an exponent", format!("{head}e0")),
        ("a digit too few", right[1..].into()),
        ("a digit too many", format!("0{right}")),
        ("twice", right.repeat(2)),
    ]
}

fn arabic(digit: char) -> char {
    char::from_u32(u32::from(digit) + 0x660 - 0x30).unwrap()
}

/// What people type and paste, and machines group.
fn groupings(right: &str) -> Vec<String> {
    let (head, tail) = right.split_at(3);
    vec![
        right.into(),
        format!(" {head} {tail}\r\n"),
        format!("{head}-{tail}"),
        format!("{head} - {tail}"),
        format!("{head}\u{2013}{tail}"),
        format!("{head}\u{a0}{tail}"),
        format!("{head}\t{tail}"),
        format!("{head}\u{3000}{tail}"),
        format!("{head}\u{2009}\u{2212}\u{2009}{tail}"),
        format!("\u{feff}{right}"),
        format!("\u{202e}{head}\u{200b}{tail}\u{200f}"),
        format!("\u{2068}{head}\u{ad}{tail}\u{2069}\u{2029}"),
        right.chars().map(arabic).collect(),
        full_width(right),
        full_width(head) + "\u{ff0d}" + &tail.chars().map(arabic).collect::<String>(),
    ]
}

#[test]
fn totp_codes_that_are_none_are_denied_and_charged() {
    let bank = Bank::new();
    for (what, text) in no_codes(&right_code(&bank.totp, NOW)) {
        bank.expect_charged(&typed(&text), Channel::Agent, &[REVISION, THROTTLES], what);
    }
    for text in groupings(&right_code(&bank.totp, NOW)) {
        let verifier = TimedVerifier::new(bank.copy(), settings());
        let told = verifier.check(&maya(), &typed(&text), &agent(NOW, 1));
        assert_eq!(kind(&told.unwrap()), Said::Accepted, "{text:?}");
    }
}

#[test]
fn delivered_codes_that_are_none_are_denied_and_charged() {
    for (order, channel) in [
        (CodeOrder::spoken(), Channel::Agent),
        (CodeOrder::spoken(), Channel::Keypad),
        (CodeOrder::private(), Channel::Device),
        (CodeOrder::private(), Channel::Chat),
    ] {
        let bank = Bank::new();
        let ctx = TimedContext::new(at(NOW), channel, call(1));
        let code = sent(&bank.verifier(), &order, &ctx);
        for (what, text) in no_codes(&code) {
            // The wrong try is counted for the code that is open, too.
            let changed = [REVISION, THROTTLES, CODES];
            bank.expect_charged(&delivered(&text), channel, &changed, what);
        }
        for text in groupings(&code) {
            let verifier = TimedVerifier::new(bank.copy(), settings());
            let told = verifier.check(&maya(), &delivered(&text), &ctx);
            assert_eq!(kind(&told.unwrap()), Said::Accepted, "{text:?}");
        }
    }
}

#[test]
fn an_app_is_not_confirmed_by_what_is_no_code() {
    let new = totp(8);
    let bank = Bank::new();
    let change = |verifier: &TimedVerifier<MemoryStore>, change: Change| {
        let ctx = agent(NOW, 1);
        verifier
            .change(&maya(), &change, &Authority::Host, &ctx)
            .unwrap()
    };
    for (what, text) in no_codes(&right_code(&new, NOW)) {
        let verifier = TimedVerifier::new(bank.copy(), settings());
        assert_eq!(
            change(&verifier, Change::AddTotp(new.clone())),
            Changed::Done
        );
        let code = Code::typed(&text);
        let told = change(&verifier, Change::ConfirmTotp(code));
        assert_eq!(told, Changed::Denied, "{what}");
        // The try was charged, and the app still waits for its first code.
        let right = Code::typed(&right_code(&new, NOW));
        assert_eq!(change(&verifier, Change::ConfirmTotp(right)), Changed::Done);
    }
}

// --- Answers -------------------------------------------------------------------------------------------------

fn hostile_answers() -> Vec<(&'static str, String)> {
    vec![
        ("empty", String::new()),
        ("blank", " \u{3000}\t".trim_end_matches('\t').into()),
        ("marks only", "?!-".into()),
        ("10 MB", "blue".repeat(TEN_MB / 4)),
        (
            "10 MB of marks on one letter",
            "e".to_owned() + &"\u{301}".repeat(TEN_MB / 2),
        ),
        ("257 bytes", "b".repeat(257)),
        ("NUL", "blue\0".into()),
        ("only NUL", "\0".into()),
        ("right-to-left text", "\u{5db}\u{5d7}\u{5d5}\u{5dc}".into()),
        ("right-to-left override", "\u{202e}eulb".into()),
        ("private use", "blue\u{e000}".into()),
        ("unassigned", "blue\u{378}".into()),
    ]
}

/// An answer that cannot be read is a wrong answer, and takes the same work; a reservation stays for two minutes.
#[test]
fn answers_that_are_none_are_denied_and_charged() {
    const FIELDS: [usize; 3] = [REVISION, THROTTLES, RESERVATIONS];
    let bank = Bank::new();
    for (what, text) in hostile_answers() {
        let attempt = Attempt::Questions(answers("Marie Curie", &text));
        bank.expect_charged(&attempt, Channel::Agent, &FIELDS, what);
    }
    let question = QuestionId::new;
    for (what, given) in [
        ("none", Answers::new()),
        ("one of two", Answers::new().and(question(1), "Marie Curie")),
        (
            "one too many",
            answers("Marie Curie", "blue").and(question(3), "x"),
        ),
        (
            "one twice",
            answers("Marie Curie", "blue").and(question(1), "Marie Curie"),
        ),
        (
            "a thousand",
            (0..1_000).fold(Answers::new(), |all, id| all.and(question(id), "blue")),
        ),
    ] {
        bank.expect_charged(&Attempt::Questions(given), Channel::Agent, &FIELDS, what);
    }
    // Invisible marks that keyboards add around text do not make an answer another one.
    let marked = Attempt::Questions(answers(
        "\u{200f}Marie Curie\u{200f}",
        "\u{2067}blue\u{2069}",
    ));
    let told = bank.verifier().check(&maya(), &marked, &agent(NOW, 1));
    assert_eq!(kind(&told.unwrap()), Said::Accepted);
}

#[test]
fn answers_that_are_none_cannot_be_enrolled() {
    let settings = settings();
    let enrol = |given: &Answers| {
        let mut permit = settings.hash_pool().permit().unwrap();
        let cost = settings.hash_pool().cost();
        text_of(AnswerHashes::enrol(
            given,
            settings.keyring(),
            cost,
            &mut permit,
        ))
    };
    let long = "blue".repeat(TEN_MB / 4);
    for (text, rule) in [
        ("", "must hold a letter or a digit"),
        ("?!", "must hold a letter or a digit"),
        (long.as_str(), "must hold 256 bytes at most"),
        (
            "blue\0",
            "must not hold control, private-use or unassigned characters",
        ),
        ("Marie CURIE", "must not be the answer to question 1 too"),
    ] {
        let told = enrol(&answers("Marie Curie", text));
        assert_eq!(told, format!("answer to question 2: {rule}"));
    }
    assert_eq!(enrol(&Answers::new()), "answers: must be 1 to 16");
    let twice = answers("Marie Curie", "blue").and(QuestionId::new(2), "red");
    assert_eq!(enrol(&twice), "answer to question 2: must be given once");

    // Good answers, to questions that the bank does not ask.
    let bank = Bank::new();
    let before = bank.bytes();
    for (given, rule) in [
        (
            Answers::new()
                .and(QuestionId::new(9), "blue")
                .and(QuestionId::new(1), "x1"),
            "question 9: is not in the catalogue of the settings",
        ),
        (
            Answers::new().and(QuestionId::new(1), "blue"),
            "answers: must be as many as are asked: 2",
        ),
    ] {
        let mut permit = settings.hash_pool().permit().unwrap();
        let cost = settings.hash_pool().cost();
        let verifiers = AnswerHashes::enrol(&given, settings.keyring(), cost, &mut permit).unwrap();
        let change = Change::SetQuestions(verifiers);
        let ctx = agent(NOW, 1);
        let told = bank
            .verifier()
            .change(&maya(), &change, &Authority::Host, &ctx);
        assert_eq!(text_of(told), rule);
        assert_eq!(bank.bytes(), before, "an error changes nothing");
    }
}

// --- Key URIs ------------------------------------------------------------------------------------------------

#[test]
fn key_uris_that_are_none_name_the_field_and_the_rule() {
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let with = |query: &str| format!("otpauth://totp/Bank:C-1042?{query}");
    let all = format!("secret={SECRET}&issuer=Bank&algorithm=SHA1&digits=6&period=30");
    assert!(KeyUri::parse(&with(&all)).is_ok());
    let again = |more: &str| with(&format!("{all}&{more}"));
    let long = "1".repeat(TEN_MB);
    for (uri, told) in [
        (String::new(), "key uri: must begin with otpauth://"),
        (
            format!("{}{long}", with(&all)),
            "key uri: must hold 2048 bytes at most",
        ),
        (
            with(&all).replace("Bank:", "Ba\0nk:"),
            "key uri: must not hold control characters",
        ),
        (
            format!("{}#x", with(&all)),
            "key uri: must not have a fragment",
        ),
        (
            with("secret=%zz"),
            "key uri: must have two hexadecimal digits after each percent sign",
        ),
        (
            with(&all).replace("totp", "motp"),
            "key uri type: must be totp or hotp",
        ),
        ("otpauth://".into(), "key uri type: must be totp or hotp"),
        // Missing.
        (
            "otpauth://totp".into(),
            "key uri account: must hold 1 to 128 bytes",
        ),
        (
            format!("otpauth://totp/?{all}"),
            "key uri account: must hold 1 to 128 bytes",
        ),
        (
            format!("otpauth://totp/Bank:?{all}"),
            "key uri account: must hold 1 to 128 bytes",
        ),
        (
            format!("otpauth://totp/:C:1042?{all}"),
            "key uri account: must not hold a colon",
        ),
        (
            with(
                &all.replace("issuer=Bank", "issuer=Steam")
                    .replace("&digits=6", ""),
            ),
            "key uri: must not be Steam's, whose codes are no decimal digits",
        ),
        (with(""), "key uri secret: is missing"),
        (with("issuer=Bank&digits=6"), "key uri secret: is missing"),
        (
            with("Secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "key uri secret: is missing",
        ),
        // Doubled, also under an escaped name.
        (
            again("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "key uri secret: must be given once",
        ),
        (
            again("%73ecret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "key uri secret: must be given once",
        ),
        (again("secret"), "key uri secret: must be given once"),
        (again("issuer=Bank"), "key uri issuer: must be given once"),
        (
            again("algorithm=SHA1"),
            "key uri algorithm: must be given once",
        ),
        (again("digits=6"), "key uri digits: must be given once"),
        (again("period=30"), "key uri period: must be given once"),
        (
            with(&all.replace("issuer=Bank", "issuer=Shop%00")),
            "key uri issuer: must not hold control characters",
        ),
        // Too short, too long, not what it should be.
        (with("secret="), "otp secret: must hold 16 to 128 bytes"),
        (
            with("secret=GEZDGNBV"),
            "otp secret: must hold 16 to 128 bytes",
        ),
        (
            with("secret=GEZDGNBVGY3TQOJQGEZDGNBV"),
            "otp secret: must hold 16 to 128 bytes",
        ),
        (
            with(&format!("secret={}", "GEZDGNBV".repeat(26))),
            "otp secret: must hold 16 to 128 bytes",
        ),
        (
            with(&format!("secret={}", "A".repeat(32))),
            "otp secret: must not be all zeros",
        ),
        (
            with("secret=GEZDGNBVGY3TQOJ0GEZDGNBVGY3TQOJ1"),
            "key uri secret: must be Base32",
        ),
        (with("secret=%00%00"), "key uri secret: must be Base32"),
        (with("secret=%ff"), "key uri secret: must be UTF-8"),
        (
            with(&all.replace("SHA1", "MD5")),
            "key uri algorithm: must be SHA1, SHA256 or SHA512",
        ),
        (
            with(&all.replace("digits=6", "digits=5")),
            "otp digits: must be 6, 7 or 8",
        ),
        (
            with(&all.replace("digits=6", "digits=-6")),
            "key uri digits: must be a decimal number",
        ),
        (
            with(&all.replace("digits=6", "digits=262")),
            "otp digits: must be 6, 7 or 8",
        ),
        (
            with(&all.replace("period=30", "period=0")),
            "otp period: must lie between 1 and 120 seconds",
        ),
        (
            with(&all.replace("period=30", "period=")),
            "key uri period: must be a decimal number",
        ),
    ] {
        let error = KeyUri::parse(&uri).unwrap_err();
        let shown = &uri[..uri.len().min(120)];
        assert!(error.is_misuse());
        assert_eq!(error.to_string(), told, "{shown}");
        assert_eq!(
            text_of(KeyUri::parse(&uri).and_then(Totp::from_key_uri)),
            told,
            "{shown}"
        );
        assert!(
            !format!("{error:?}").contains("GEZD"),
            "the secret is shown"
        );
    }
    let short = countersign::SecretBytes::from(vec![1; 15]);
    assert_eq!(
        text_of(OtpKey::new(short).map(Totp::from)),
        "otp secret: must hold 16 to 128 bytes"
    );
}

// --- Records -------------------------------------------------------------------------------------------------

/// The version of the records that are written.
const VERSION: u8 = 1;

const REFUSED: &str = "the account record cannot be opened: the key, the context or the bytes are not those it was sealed with; \
     if the keyring was generated anew, restore the earlier one: see `Keyring::expose_bytes`";

/// Opens bytes that must be refused; answers why.
fn refused(settings: &Settings, bytes: &[u8]) -> String {
    let error = Account::open(settings, &maya(), bytes).unwrap_err();
    assert!(error.is_corrupt(), "{error}");
    error.to_string()
}

/// Every call of a verifier on such a record is the same error, and leaves it as it is.
fn expect_verifier_refuses(bank: &Bank, bytes: &[u8], told: &str) {
    let store = bank.copy();
    tampered(&store, bytes);
    let before = stored(&store);
    let verifier = TimedVerifier::new(&store, settings());
    let (ctx, subject) = (agent(NOW, 1), maya());
    let right = typed(&right_code(&bank.totp, NOW));
    let suspend = Change::Suspend;
    assert_eq!(text_of(verifier.check(&subject, &right, &ctx)), told);
    assert_eq!(
        text_of(verifier.issue(&subject, &CodeOrder::spoken(), &ctx)),
        told
    );
    assert_eq!(
        text_of(verifier.change(&subject, &suspend, &Authority::Host, &ctx)),
        told
    );
    assert_eq!(text_of(verifier.create(&subject, &ctx)), told);
    assert_eq!(text_of(verifier.questions(&subject, &ctx)), told);
    assert_eq!(text_of(verifier.status(&subject, &ctx)), told);
    assert_eq!(stored(&store), before, "an error changes nothing");
}

#[test]
fn a_record_cut_off_anywhere_is_refused() {
    let bank = Bank::new();
    let (settings, bytes) = (settings(), bank.bytes());
    for length in 0..bytes.len() {
        assert_eq!(refused(&settings, &bytes[..length]), REFUSED, "{length}");
        if length % 61 == 0 {
            expect_verifier_refuses(&bank, &bytes[..length], REFUSED);
        }
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(refused(&settings, &longer), REFUSED);
    let huge = vec![1; TEN_MB];
    let told = "the account record cannot be opened: it is longer than 64 KiB";
    assert_eq!(refused(&settings, &huge), told);
    expect_verifier_refuses(&bank, &huge, told);
}

#[test]
fn a_record_with_any_bit_flipped_is_refused() {
    let bank = Bank::new();
    let (settings, bytes) = (settings(), bank.bytes());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let key_id = (1..5).contains(&(bit / 8));
        let told = refused(&settings, &flipped);
        if key_id {
            let id = u32::from_be_bytes(flipped[1..5].try_into().unwrap());
            let missing = format!("the keyring has no readable root with the id {id}");
            assert_eq!(
                told,
                format!("the account record cannot be opened: {missing}")
            );
        } else {
            assert_eq!(told, REFUSED, "bit {bit}");
        }
        if bit % 509 == 0 {
            // The store's version is that of the record as it was; the bytes are refused before that is compared.
            expect_verifier_refuses(&bank, &flipped, &told);
        }
    }
}

#[test]
fn b20_a_record_of_others_is_refused() {
    let bank = Bank::new();
    let (settings, bytes) = (settings(), bank.bytes());
    assert!(Account::open(&settings, &maya(), &bytes).is_ok());

    // Another subject's record in this row.
    let other = Subject::new("bank", "C-1043").unwrap();
    assert_eq!(text_of(Account::open(&settings, &other, &bytes)), REFUSED);
    let key = Key::of(&other);
    let entry = stored(&bank.store).unwrap();
    assert_eq!(
        bank.store.replace(&key, None, &entry).unwrap(),
        Replaced::Stored
    );
    let told = bank
        .verifier()
        .check(&other, &typed("123456"), &agent(NOW, 1));
    assert_eq!(text_of(told), REFUSED);
    assert_eq!(bank.store.load(&key).unwrap(), Some(entry));

    // Another realm, with the same keys and the same number.
    let shop = Settings::new("shop", keyring(1)).unwrap();
    let same = Subject::new("shop", maya().id()).unwrap();
    assert_eq!(text_of(Account::open(&shop, &same, &bytes)), REFUSED);
    let told = text_of(Account::open(&shop, &maya(), &bytes));
    assert_eq!(
        told,
        "subject: must be of the realm that the settings are for"
    );
    let told = bank
        .verifier()
        .check(&same, &typed("123456"), &agent(NOW, 1));
    assert_eq!(
        text_of(told),
        "subject: must be of the realm that the settings are for"
    );

    // A value that was sealed for another purpose, or in another place.
    let plain = plain_text(&settings, &bytes);
    let (id, ring) = (maya(), settings.keyring());
    let seal = |purpose, context: &[&[u8]]| {
        let cipher = match purpose {
            "account" => insider(ring),
            other => FieldCipher::new(ring, "bank", other).unwrap(),
        };
        cipher.seal(context, &plain).unwrap()
    };
    let key = Key::of(&id);
    let context: [&[u8]; 2] = [b"account", key.as_bytes()];
    assert_eq!(refused(&settings, &seal("accounts", &context)), REFUSED);
    assert_eq!(refused(&settings, &seal("account", &context[..1])), REFUSED);
    let swapped = [context[1], context[0]];
    assert_eq!(refused(&settings, &seal("account", &swapped)), REFUSED);
    assert!(Account::open(&settings, &id, &seal("account", &context)).is_ok());
}

#[test]
fn a_record_of_another_key_names_the_one_that_is_missing() {
    let bank = Bank::new();
    let bytes = bank.bytes();
    let told = refused(&settings_with(keyring(2)), &bytes);
    let missing =
        "the account record cannot be opened: the keyring has no readable root with the id 1";
    assert_eq!(told, missing);
    let strange = TimedVerifier::new(&bank.store, settings_with(keyring(2)));
    let before = stored(&bank.store);
    let told = strange.check(&maya(), &typed("123456"), &agent(NOW, 1));
    assert_eq!(text_of(told), missing);
    assert_eq!(stored(&bank.store), before);

    // Another key under the same id: the commitment tells.
    let root = countersign::field::RootKey::from_bytes(1, [0x77; 32]).unwrap();
    let status = countersign::field::LongTermSecret::from_bytes(1, [0x5a; 32]).unwrap();
    let ring = countersign::field::Keyring::new(root, status);
    assert_eq!(refused(&settings_with(ring), &bytes), REFUSED);

    // The old root beside the new one opens it.
    let root = countersign::field::RootKey::from_bytes(1, [1; 32]).unwrap();
    let ring = keyring(2).with_readable(root).unwrap();
    assert!(Account::open(&settings_with(ring), &maya(), &bytes).is_ok());
}

#[test]
fn a_store_that_mixes_up_versions_is_told() {
    let bank = Bank::new();
    let before = bank.bytes();
    let told = bank.verifier().check(&maya(), &typed("1"), &agent(NOW, 1));
    assert_eq!(kind(&told.unwrap()), Said::Denied);
    tampered(&bank.store, &before);
    let told =
        "the account record cannot be opened: the store names another version than its bytes hold";
    let checked = bank.verifier().check(&maya(), &typed("1"), &agent(NOW, 1));
    assert_eq!(text_of(checked), told);
    assert_eq!(bank.bytes(), before);
}

// --- Records by somebody who has the keys --------------------------------------------------------------------

#[test]
fn a_record_of_another_version_is_refused_by_its_number() {
    let bank = Bank::new();
    let settings = settings();
    let plain = plain_text(&settings, &bank.bytes());
    assert_eq!(plain[0], VERSION, "the present version");
    assert!(Account::open(&settings, &maya(), &sealed(&settings, &plain)).is_ok());
    for version in [0, VERSION + 1, VERSION + 2, 0x7f, 0xff] {
        let mut newer = plain.clone();
        newer[0] = version;
        let bytes = sealed(&settings, &newer);
        let why = format!("its version is {version}, this is a reader of {VERSION}");
        let told = format!("the account record cannot be opened: {why}");
        assert_eq!(refused(&settings, &bytes), told);
        expect_newest_stays(&bank, &bytes, &told);
        // Whatever follows: another version may be nothing like this one.
        assert_eq!(refused(&settings, &sealed(&settings, &[version])), told);
    }
    let told = "the account record cannot be opened: it is empty";
    assert_eq!(refused(&settings, &sealed(&settings, &[])), told);
}

/// As `expect_verifier_refuses`, with the version that belongs to the bytes.
fn expect_newest_stays(bank: &Bank, bytes: &[u8], told: &str) {
    let store = bank.copy();
    let nonce: [u8; 24] = bytes[5..29].try_into().unwrap();
    let version = countersign::store::Version::from_bytes(nonce);
    let entry = Entry::new(bytes.to_vec(), version, None);
    put(&store, &entry);
    let verifier = TimedVerifier::new(&store, settings());
    let right = typed(&right_code(&bank.totp, NOW));
    let checked = verifier.check(&maya(), &right, &agent(NOW, 1));
    assert_eq!(text_of(checked), told);
    assert_eq!(stored(&store), Some(entry));
}

#[test]
fn b31_hostile_plain_texts_are_corrupt() {
    let settings = settings();
    let open = |body: &[u8]| {
        let plain = [[VERSION].as_slice(), body].concat();
        refused(&settings, &sealed(&settings, &plain))
    };
    // Lengths that no memory has, as arrays, byte strings, texts and maps; nests as deep as a record may be long.
    for head in [0x5b_u8, 0x7b, 0x9b, 0xbb, 0xdb] {
        let mut body = vec![head];
        body.extend([0xff; 8]);
        open(&body);
        body.splice(..0, [0x91]);
        open(&body);
        body[2] = 0x00;
        open(&body);
    }
    for byte in [
        0x81, 0x91, 0x9f, 0xa1, 0xbf, 0x5f, 0x7f, 0xc0, 0xd8, 0xff, 0xf6, 0x00, 0x1b,
    ] {
        for length in [0, 1, 2, 16, 17, 4_096, 60_000] {
            open(&vec![byte; length]);
        }
    }
    // The record, cut off and sealed again: everything up to its last byte is missing something.
    let bank = Bank::new();
    let plain = plain_text(&settings, &bank.bytes());
    let end = 1 + minicbor_end(&plain[1..]);
    assert!(plain[end..].iter().all(|byte| *byte == 0));
    for length in 1..end {
        let told = refused(&settings, &sealed(&settings, &plain[..length]));
        assert!(
            told.starts_with("the account record cannot be opened: byte "),
            "{told}"
        );
        assert!(told.ends_with(" is not as it must be"), "{told}");
    }
    assert!(Account::open(&settings, &maya(), &sealed(&settings, &plain[..end])).is_ok());
    // What follows the record is zeros, however many.
    let told = "the account record cannot be opened: what follows the record is not padding";
    for place in [end, end + 1, plain.len()] {
        let mut trailing = plain.clone();
        trailing.resize(plain.len() + 1, 0);
        trailing[place] = 1;
        assert_eq!(refused(&settings, &sealed(&settings, &trailing)), told);
    }
    // One field more, one field less.
    let fields = fields(&settings, &bank.bytes());
    let count = u8::try_from(fields.len()).unwrap();
    assert_eq!(plain[1..3], [0x98, count], "an array of the fields");
    for (count, parts) in [
        (count - 1, &fields[..fields.len() - 1]),
        (count - 1, &fields[..]),
        (count + 1, &fields[..]),
    ] {
        let body = [[0x98, count].as_slice(), &parts.concat()].concat();
        open(&body);
    }
}

fn minicbor_end(body: &[u8]) -> usize {
    let mut decoder = minicbor::Decoder::new(body);
    decoder.skip().unwrap();
    decoder.position()
}

/// Does everything that can be done with an account; whatever comes of it, it is an outcome or an error.
fn use_in_every_way(bytes: &[u8], now: u64) {
    let words = WordKey::new(settings().keyring(), "bank").unwrap();
    let settings = settings().with_memorable_words(words);
    let Ok(account) = Account::open(&settings, &maya(), bytes) else {
        return;
    };
    let payment = Transaction::new("TX-1").unwrap();
    let ctx = agent(now, 1).for_transaction(&payment);
    let seen =
        ExternalVerification::new("counter", FactorClass::Possession, Strength::Full).unwrap();
    let code = || Code::typed("12345678");
    for attempt in [
        typed("123456"),
        Attempt::TotpPair(code(), code()),
        Attempt::Hotp(code()),
        Attempt::HotpPair(code(), code()),
        delivered("123456"),
        Attempt::BindingCode(Code::typed("7K2M9QRT")),
        Attempt::IssuedRecoveryCode(code()),
        Attempt::Ocra(OcraResponse::typed("12345678")),
        Attempt::Recovery(code()),
        right_answers(),
        Attempt::Word(WordLetters::typed(&["a", "b", "c"])),
        Attempt::Password(Password::typed("brass kettle")),
        Attempt::Pin(Pin::typed("739204")),
        Attempt::External(seen),
    ] {
        let _ = account.check(&attempt, &ctx);
    }
    let email = Destination::email("maya@new.example").unwrap();
    for order in [
        CodeOrder::spoken(),
        CodeOrder::private(),
        CodeOrder::recover(Kind::Spoken, Route::Email),
        CodeOrder::confirm(Kind::Spoken, email.clone()),
        CodeOrder::binding(),
    ] {
        let _ = account.issue(&order, &ctx);
    }
    for task in [
        OcraTask::authenticate(),
        OcraTask::sign(payment.digest()),
        OcraTask::sign_text("12345678"),
    ] {
        for order in [
            task,
            task.answering("12345678"),
            task.in_session(b"session"),
        ] {
            let _ = account.challenge(&order, &ctx);
        }
    }
    let token = Hotp::from(OtpKey::new(countersign::SecretBytes::from(vec![9; 20])).unwrap());
    let changes = [
        Change::AddTotp(totp(9)),
        Change::ConfirmTotp(Code::typed("123456")),
        Change::AddHotp(token, 0),
        Change::ConfirmHotp(code()),
        Change::ConfirmHotpPair(code(), code()),
        Change::SetPhone(phone()),
        Change::SetEmail(email),
        Change::ConfirmAddress(code()),
        Change::Suspend,
        Change::Resume,
    ];
    for change in changes
        .into_iter()
        .chain(countersign::Factor::ALL.map(Change::Remove))
    {
        let _ = account.change(&change, &Authority::Host, &ctx);
    }
    let _ = account.generate_recovery_codes(10, &Authority::Host, &ctx);
    let _ = (
        account.questions(),
        account.word_prompt(),
        account.status(&ctx),
        format!("{account:?}"),
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Random bytes, sealed with the right keys, are refused; a few of them may begin like a record.
    #[test]
    fn b31_random_plain_texts_never_panic(
        body in proptest::collection::vec(any::<u8>(), 0..600),
        like_a_record: bool,
    ) {
        let starts: [&[u8]; 2] = if like_a_record { [b"\x01\x98\x1a\xf4", b"\x02\x98\x1a\xf4"] } else { [b"\x01", b"\x02"] };
        for start in starts {
            use_in_every_way(&sealed(&settings(), &[start, &body].concat()), NOW);
        }
    }

    /// A real record with some bytes changed, sealed with the right keys: whatever it says is borne.
    #[test]
    fn b31_changed_records_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        now in prop_oneof![Just(0), Just(NOW), Just(Timestamp::MAX.unix())],
    ) {
        let settings = settings();
        let mut plain = plain_text(&settings, sample());
        let end = 1 + minicbor_end(&plain[1..]);
        for (place, byte) in changes {
            plain[1 + place.index(end - 1)] = byte;
        }
        use_in_every_way(&sealed(&settings, &plain), now);
    }
}

/// A record with something in every field, and with authenticators of every kind.
fn sample() -> &'static [u8] {
    static SAMPLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    SAMPLE.get_or_init(crate::inside::account::lengths::full_record)
}

// --- Clocks --------------------------------------------------------------------------------------------------

#[test]
fn a_clock_before_1970_is_refused() {
    let told = "timestamp: must lie between the start of 1970 and the end of 9999";
    let last = i64::try_from(Timestamp::MAX.unix()).unwrap();
    for seconds in [-1, -86_400, i64::MIN, last + 1, i64::MAX] {
        let error = Timestamp::from_unix(seconds).unwrap_err();
        assert!(error.is_misuse());
        assert_eq!(error.to_string(), told);
    }
    assert_eq!(Timestamp::from_unix(0).unwrap().unix(), 0);
    assert_eq!(Timestamp::from_unix(last).unwrap(), Timestamp::MAX);
}

/// A whole visit at that moment: enrolment, each factor, a lock and its end.
fn visit(now: u64) {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings());
    let totp = totp(7);
    enrol(&verifier, &totp, now);
    enrol_answers(&verifier, now);
    let check = |attempt: &Attempt, now: u64| {
        let told = verifier.check(&maya(), attempt, &agent(now, 1));
        kind(&told.unwrap())
    };
    let right = typed(&right_code(&totp, now));
    assert_eq!(check(&right, now), Said::Accepted);
    assert_eq!(check(&right, now), Said::Denied, "spent");
    let code = sent(&verifier, &CodeOrder::spoken(), &agent(now, 1));
    assert_eq!(check(&delivered(&code), now + 599), Said::Accepted);
    let late = sent(&verifier, &CodeOrder::spoken(), &agent(now + 600, 1));
    assert_eq!(
        check(&delivered(&late), now + 1_200),
        Said::Denied,
        "too late"
    );
    assert_eq!(check(&right_answers(), now + 1_200), Said::Accepted);

    // On the anonymous lane of another call.
    let guess = |number, now: u64| {
        let wrong = typed(&wrong_code(&totp, now, number));
        let told = verifier.check(&maya(), &wrong, &agent(now, 2));
        kind(&told.unwrap())
    };
    let now = now + 1_200;
    // One wrong try, the spent code, is there already.
    for number in 1..5 {
        assert_eq!(guess(number, now), Said::Denied);
    }
    assert_eq!(guess(5, now), Said::Locked(Some(now + 30)));
    assert_eq!(guess(5, now + 29), Said::Locked(Some(now + 30)));
    assert_eq!(guess(5, now + 30), Said::Denied);
    assert_eq!(guess(6, now + 30), Said::Locked(Some(now + 90)));
    let right = typed(&right_code(&totp, now + 90));
    assert_eq!(
        check(&right, now + 90),
        Said::Accepted,
        "on the lane with evidence"
    );
}

#[test]
fn clocks_from_1970_to_9999_work() {
    // The 32-bit ends of 2038 and 2106, from before, across, and after them; the first and the last year.
    let (signed, unsigned) = (1_u64 << 31, 1_u64 << 32);
    let last = Timestamp::MAX.unix();
    for now in [
        60,
        signed - 600,
        signed + 7,
        unsigned - 630,
        unsigned,
        unsigned + 123_456_789,
        last - 86_400,
        last - 1_290,
    ] {
        visit(now);
    }
}

/// A clock that is set to 1970 and comes right again has lost no lock and let nothing in twice.
#[test]
fn a_clock_that_starts_at_zero_re_admits_nothing() {
    let bank = Bank::new();
    let right = typed(&right_code(&bank.totp, NOW));
    let check = |attempt: &Attempt, now| {
        let told = bank.verifier().check(&maya(), attempt, &agent(now, 1));
        kind(&told.unwrap())
    };
    assert_eq!(check(&right, NOW), Said::Accepted);
    let spoken = sent(&bank.verifier(), &CodeOrder::spoken(), &agent(NOW, 1));
    let at_zero = typed(&right_code(&bank.totp, 0));
    assert_eq!(
        check(&at_zero, 0),
        Said::Denied,
        "an earlier step than the spent one"
    );
    assert_eq!(check(&delivered(&spoken), 0), Said::Denied, "void");
    assert_eq!(check(&right, NOW), Said::Denied, "spent");
    assert_eq!(check(&delivered(&spoken), NOW), Said::Denied, "still void");
}

// --- Policies ------------------------------------------------------------------------------------------------

const POLICY: &str = "version = 1
grant_lifetime = 300
tiers = [\"low\", \"high\"]

[action.\"address.change\"]
every_tier = { any = [{ all = [{ factor = \"totp\", max_age = 600 }] }] }
";

#[test]
fn policies_that_are_none_say_where_and_why() {
    assert!(Policy::from_toml(POLICY).is_ok());
    let rule = "{ any = [{ all = [{ factor = \"totp\", max_age = 600 }] }] }";
    let add = |text: &str| format!("{POLICY}{text}\n");
    let swap = |from: &str, to: &str| POLICY.replace(from, to);
    const IN_ALL: &str = "in `action.address.change.every_tier.any.all`";
    const KEYS: &str = "expected one of `factor`, `class`, `classes`, `aal`, `approvals`, `external_verifier`, `strength`, \
        `max_age`, `for_transaction`, `independent`, `interaction`, `changed_within`";
    let at =
        |line: u8, column: u8, rule: &str| format!("policy, line {line}, column {column}: {rule}");
    let in_action = |name: &str, rule: &str| format!("policy, action `{name}`: {rule}");
    let one_of_two = "must state either `every_tier` or `tier`";
    for (text, told) in [
        // Unknown keys, at every depth.
        (
            swap("tiers =", "tires ="),
            at(3, 1, "unknown field `tires`, expected one of `version`, `extends`, `grant_lifetime`, `tiers`, `known_actions`, `cost`, \
                `external_verifier`, `signal`, `acr`, `action`; did you mean `tiers`?"),
        ),
        (
            add("everytier = 1"),
            at(7, 1, "unknown field `everytier`, expected `every_tier` or `tier`, in `action.address.change`; did you mean `every_tier`?"),
        ),
        (
            swap("any =", "some ="),
            at(6, 16, "unknown field `some`, expected one of `any`, `never`, `delay`, `barred_after_cancel`, `on_allow`, `on_deny`, in `action.address.change.every_tier`"),
        ),
        (
            swap("all =", "every ="),
            at(6, 25, "unknown field `every`, expected one of `all`, `acr`, `risk_accepted`, `delay`, in `action.address.change.every_tier.any`"),
        ),
        (
            swap("max_age", "maxage"),
            at(6, 51, &format!("unknown field `maxage`, {KEYS}, {IN_ALL}; did you mean `max_age`?")),
        ),
        (
            swap("max_age", "for_transaktion = true, max_age"),
            at(6, 51, &format!("unknown field `for_transaktion`, {KEYS}, {IN_ALL}; did you mean `for_transaction`?")),
        ),
        // Two rules for one action.
        (
            add(&format!("every_tier = {rule}")),
            at(7, 1, "duplicate key, at `every_tier`"),
        ),
        (
            add(&format!("[action.\"address.change\"]\nevery_tier = {rule}")),
            at(7, 9, "duplicate key, at `\"address.change\"`"),
        ),
        (
            add(&format!("[action.\"address.change\".tier]\nlow = {rule}\nhigh = {rule}")),
            in_action("address.change", one_of_two),
        ),
        (
            add(&format!("[action.a.tier]\nlow = {rule}\nlow = {rule}\nhigh = {rule}")),
            at(9, 1, "duplicate key, at `low`"),
        ),
        // None for one, or for a tier; one for a tier that is none.
        (add("[action.a]"), in_action("a", one_of_two)),
        (
            add(&format!("[action.a.tier]\nlow = {rule}")),
            in_action("a", "must state a rule for tier `high` too"),
        ),
        (
            add(&format!("[action.a.tier]\nlow = {rule}\nhigh = {rule}\nhigher = {rule}")),
            in_action("a", "must name no tier but `low`, `high`; did you mean `high`?"),
        ),
        // A version, a name, a number, a factor that is none.
        (swap("version = 1", "version = 2"), at(1, 11, "must be 1, in `version`")),
        (swap("version = 1\n", ""), at(1, 1, "missing field `version`")),
        (
            swap("address.change", "Address Change"),
            "policy, name of an action `Address Change`: must be 1 to 64 lower-case letters, digits, `.`, `-` or `_`".into(),
        ),
        (
            swap("max_age = 600", "max_age = 0"),
            at(6, 61, "must be 1 to 86400 seconds, in `action.address.change.every_tier.any.all.max_age`"),
        ),
        (
            swap("\"totp\"", "\"sms\""),
            at(6, 32, &format!("factor: must be one of {}; did you mean `private_code` or `spoken_code`?, {IN_ALL}", countersign::Factor::ALL.map(countersign::Factor::name).join(", "))),
        ),
        (
            swap("grant_lifetime = 300", "grant_lifetime = -1"),
            at(2, 18, "must be 1 to 3600 seconds, in `grant_lifetime`"),
        ),
        (String::new(), at(1, 1, "missing field `version`")),
        ("x".repeat(TEN_MB), "policy: must hold at most 1 MiB".into()),
    ] {
        let error = Policy::from_toml(&text).unwrap_err();
        assert!(error.is_misuse());
        assert_eq!(error.to_string(), told);
    }
    // What is not even TOML: the parser's words, with the place, and not more of the text than a line.
    for text in [
        swap("max_age = 600", "max_age = 99999999999999999999"),
        "\0".into(),
        "\u{202e}version = 1".into(),
        "\u{ff56}ersion = 1".into(),
        "[".repeat(100_000),
        "a = ".to_owned() + &"[".repeat(100_000),
        "a = ".to_owned() + &"{ a = ".repeat(100_000),
        "x".repeat(1 << 20),
        format!("{POLICY}\nb = \"{}", "x".repeat(100_000)),
    ] {
        let error = Policy::from_toml(&text).unwrap_err();
        let told = error.to_string();
        assert!(
            error.is_misuse() && told.starts_with("policy, line "),
            "{told}"
        );
        assert!(told.len() < 1_000 && !told.contains(['\0', '\n']), "{told}");
    }
}

#[test]
fn an_unknown_action_is_denied() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let bank = Bank::new();
    let ctx = agent(NOW, 1);
    let right = typed(&right_code(&bank.totp, NOW));
    let told = bank.verifier().check(&maya(), &right, &ctx).unwrap();
    let countersign::Outcome::Accepted(evidence) = told else {
        panic!("it is right")
    };
    let before = bank.bytes();
    let status = bank.verifier().status(&maya(), &ctx).unwrap();
    let decide = |action: &str| {
        let request = Request::new(action);
        policy.decide(
            &request,
            core::slice::from_ref(&evidence),
            &status,
            &ctx,
            ctx.now(),
        )
    };
    assert!(matches!(decide("address.change"), Decision::Allow(_)));
    let long = "address.change".repeat(TEN_MB / 14);
    for action in [
        "",
        "address",
        "address.change ",
        "Address.change",
        "address.change\0",
        "\u{202e}address.change",
        "*",
        "action",
        &long,
    ] {
        let denied = matches!(
            decide(action),
            Decision::Deny(countersign::policy::Denial {
                reason: DenyReason::UnknownAction,
                ..
            })
        );
        assert!(denied, "{action:.30?}");
    }
    assert_eq!(bank.bytes(), before, "decisions write nothing");
}

// --- Names and numbers ---------------------------------------------------------------------------------------

#[test]
fn names_and_numbers_name_the_field_and_the_rule() {
    let long = "x".repeat(TEN_MB);
    for (id, rule) in [
        ("", "must hold 1 to 128 bytes"),
        (long.as_str(), "must hold 1 to 128 bytes"),
        (
            "C\0",
            "must not hold control, invisible, private-use or unassigned characters",
        ),
        (" C", "must not begin or end with white space"),
    ] {
        assert_eq!(
            text_of(Subject::new("bank", id)),
            format!("subject id: {rule}")
        );
    }
    assert_eq!(
        text_of(Subject::new("", "C")),
        "realm: must hold 1 to 64 bytes"
    );
    for number in [
        "",
        "+",
        "0812 3456",
        "+0123456789",
        "+12345",
        "+1234567890123456",
        &long,
    ] {
        let told = "phone number: must begin with `+` and hold 7 to 15 digits";
        assert_eq!(text_of(Destination::phone(number)), told, "{number:.30}");
    }
    for number in [
        "+62812345a",
        "+1 555 010 0199 ext. 5",
        "+1 555 010 0199 #5",
        "+1-800-FLOWERS",
    ] {
        let told = "phone number: must hold digits behind its `+`: no letters, no extension, no other signs than spaces, dashes, brackets, stops and slashes";
        assert_eq!(text_of(Destination::phone(number)), told, "{number}");
    }
    for address in ["anna(at)bank", "anna at bank.example", "anna"] {
        let told = "e-mail address: must have an `@` between its name and its domain; `(at)` and the like are not read as one";
        assert_eq!(text_of(Destination::email(address)), told, "{address}");
    }
    for name in ["", "Counter", "voice id", &long] {
        let told = "external verifier: must be 1 to 32 lower-case letters, digits, `-` or `_`";
        assert_eq!(
            text_of(ExternalVerification::new(
                name,
                FactorClass::Possession,
                Strength::Full
            )),
            told,
            "{name:.30}"
        );
    }
    assert_eq!(
        text_of(Transaction::new("")),
        "transaction reference: must not be empty"
    );
    let told = "transaction reference: must hold 1,024 bytes at most";
    assert_eq!(text_of(Transaction::new(&long)), told);
    let transaction = Transaction::new("TX-1").unwrap();
    let told = "transaction field: must hold 1,024 bytes at most";
    assert_eq!(text_of(transaction.with("amount", &long)), told);
    let minute = Duration::from_secs(60);
    let told = "lock_after: must lie between 1 and 10";
    assert_eq!(text_of(Limits::new(0, minute, minute, 10, 10)), told);
    let stretch = HashPool::new(settings().hash_pool().cost(), 0);
    assert_eq!(
        text_of(stretch),
        "computations at once: must be one or more"
    );
}

#[test]
fn a_refused_change_leaves_the_record_alone() {
    let bank = Bank::new();
    let verifier = bank.verifier();
    let ctx = agent(NOW, 1);
    let change = |change: &Change| verifier.change(&maya(), change, &Authority::Host, &ctx);
    let before = bank.bytes();
    let attested = Change::Remove(countersign::Factor::External);
    assert_eq!(
        text_of(change(&attested)),
        "factor: is not enrolled here: the host verifies it"
    );
    assert_eq!(
        text_of(verifier.create(&maya(), &ctx)),
        "subject: has an account already"
    );
    assert_eq!(bank.bytes(), before);

    assert_eq!(change(&Change::Suspend).unwrap(), Changed::Done);
    let suspended = bank.bytes();
    let told = text_of(change(&Change::SetPhone(phone())));
    assert_eq!(told, "subject: is suspended: resume it first");
    assert_eq!(bank.bytes(), suspended);

    let nobody = Subject::new("bank", "C-9999").unwrap();
    let told = verifier.change(&nobody, &Change::Suspend, &Authority::Host, &ctx);
    assert_eq!(text_of(told), "subject: does not exist: create it first");
    assert!(bank.store.load(&Key::of(&nobody)).unwrap().is_none());
}
