//! Password hashes of other programs: read, refused, verified once, and replaced by Argon2id.
use std::process::Command;

use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Context, ErrorKind, Factor, Interaction,
    Outcome, Settings, Verifier,
    account::TypicalEnrolment,
    delivered::Destination,
    hashing::{Cost, HashPool},
    otp::{Hotp, OtpKey},
    password::{Password, PasswordHash},
    transition::Verdict,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::support::passwords::{enrolled, is_right, permit, ring, told};
use crate::support::programs::{ask, cases, hex, is_there};
use crate::support::timed::{TimedContext, TimedVerifier};
use crate::support::{at, keyring, maya, rfc_totp, subject};

#[derive(Deserialize)]
struct Vectors {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    source: String,
    password: String,
    hash: String,
}

fn vectors() -> Vec<Case> {
    let vectors: Vectors = toml::from_str(include_str!("../vectors/imported.toml")).unwrap();
    assert_eq!(vectors.case.len(), 22);
    vectors.case
}

const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[test]
fn hashes_of_other_programs_verify_once_and_become_argon2id() {
    let ring = ring(1);
    for case in vectors() {
        let about = format!("{}, {}", case.name, case.source);
        let hash = PasswordHash::import(&case.hash).unwrap();
        assert_eq!(hash.phc(), case.hash, "{about}");
        assert!(hash.is_imported() && hash.needs_rehash(&ring, Cost::default()).unwrap());
        assert!(PasswordHash::parse_weak(&case.hash).is_err(), "{about}");
        let typed = Password::typed(&case.password);
        let (verdict, next) = told(hash.check(&typed, &ring, Cost::default(), &mut permit()));
        assert_eq!(verdict, Verdict::Accepted, "{about}");
        let next = next.unwrap();
        assert!(
            !next.is_imported() && next.phc().starts_with("$argon2id$"),
            "{about}"
        );
        assert!(
            !next.needs_rehash(&ring, Cost::default()).unwrap(),
            "{about}"
        );
        assert!(is_right(&next, &case.password, &ring), "{about}");
        for wrong in [format!("x{}", case.password), String::new()] {
            let typed = Password::typed(&wrong);
            let (verdict, next) = told(hash.check(&typed, &ring, Cost::default(), &mut permit()));
            assert!(
                verdict == Verdict::Wrong && next.is_none(),
                "{about} {wrong:?}"
            );
        }
    }
}

#[test]
fn a_truncated_hash_is_refused_wherever_it_ends() {
    for case in vectors() {
        for end in 0..case.hash.len() {
            let Some(cut) = case.hash.get(..end) else {
                continue;
            };
            match PasswordHash::import(cut) {
                Err(error) => assert!(error.is_corrupt(), "{cut}: {error}"),
                // The length of a tag is hashed by Argon2, so no text has the shorter one.
                Ok(hash) => {
                    assert!(cut.contains("argon2i$"), "{cut}");
                    assert!(!is_right(&hash, &case.password, &ring(1)), "{cut}");
                }
            }
        }
        for behind in ["$", "=", "\n", " ", "\0", "A"] {
            let longer = format!("{}{behind}", case.hash);
            let is_argon = longer.contains("argon2i$");
            assert!(
                is_argon || PasswordHash::import(&longer).is_err(),
                "{longer:?}"
            );
        }
    }
}

#[test]
fn hostile_hashes_are_refused_by_name_and_nothing_is_computed() {
    let tag = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let begun = std::time::Instant::now();
    for (hash, rule) in [
        (
            BCRYPT.replace("$05$", "$31$"),
            "its bcrypt cost must be 4 to 15",
        ),
        (
            BCRYPT.replace("$05$", "$16$"),
            "its bcrypt cost must be 4 to 15",
        ),
        (
            BCRYPT.replace("$05$", "$03$"),
            "its bcrypt cost must be 4 to 15",
        ),
        (BCRYPT.replace("$05$", "$5$"), "truncated"),
        (BCRYPT.replace("$05$", "$+5$"), "not plain digits"),
        (BCRYPT.replace("$2a$", "$2x$"), "made with a known bug"),
        (BCRYPT.replace("C.E5", "C=E5"), "not in the Base64"),
        (BCRYPT.replace("C.E5", "é.5"), "not in the Base64"),
        (
            format!("$scrypt$ln=31,r=8,p=1$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=4294967296,r=8,p=1$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=1,r=4294967295,p=1$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=1,r=1,p=4194304$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=19,r=8,p=1$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=17,r=8,p=5$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=0,r=8,p=1$c2FsdA${tag}"),
            "its cost of scrypt",
        ),
        (
            format!("$scrypt$ln=4,r=8$c2FsdA${tag}"),
            "a number of its cost is missing",
        ),
        (format!("$scrypt$r=8,ln=4,p=1$c2FsdA${tag}"), "out of order"),
        (
            format!("$scrypt$ln=4,r=8,p=1,p=1$c2FsdA${tag}"),
            "out of order",
        ),
        (
            format!("scrypt$2147483648$salt$8$1${}", &"A".repeat(86)) + "==",
            "its cost of scrypt",
        ),
        ("scrypt$1000$salt$8$1$AAAA".to_owned(), "a power of two"),
        (
            format!("$pbkdf2-sha256$2147483648$c2FsdA${tag}"),
            "its rounds of PBKDF2",
        ),
        (
            format!("$pbkdf2-sha256$0$c2FsdA${tag}"),
            "its rounds of PBKDF2",
        ),
        (
            format!("$pbkdf2-sha256$i=5000001,l=32$c2FsdA${tag}"),
            "its rounds of PBKDF2",
        ),
        (
            format!("$pbkdf2-sha256$i=1,l=64$c2FsdA${tag}"),
            "its tag is truncated",
        ),
        (
            format!("$pbkdf2-sha512$1$c2FsdA${tag}"),
            "its tag is truncated",
        ),
        (format!("$pbkdf2-sha256$1$${tag}"), "its salt is missing"),
        (
            format!("pbkdf2_sha256$99999999999999999999$salt${tag}="),
            "its rounds of PBKDF2",
        ),
        (
            format!("pbkdf2_md5$1$salt${tag}="),
            "no algorithm that can be imported",
        ),
        (
            format!("$argon2i$v=19$m=4194304,t=3,p=1$c29tZXNhbHQ${tag}"),
            "its cost of Argon2i",
        ),
        (
            format!("$argon2i$v=19$m=64,t=4294967295,p=1$c29tZXNhbHQ${tag}"),
            "its cost of Argon2i",
        ),
        (
            format!("$argon2i$v=19$m=64,t=3,p=1$c2FsdA${tag}"),
            "its salt of Argon2i",
        ),
        (
            format!("$argon2d$v=19$m=64,t=3,p=1$c29tZXNhbHQ${tag}"),
            "no algorithm that can be imported",
        ),
        (
            format!("$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHQ${tag}"),
            "out of range",
        ),
        (
            "$P$zIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0".to_owned(),
            "its rounds of MD5",
        ),
        (
            "$P$*IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0".to_owned(),
            "not plain digits",
        ),
        (
            "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
            "no algorithm that can be imported",
        ),
        (
            "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
            "no algorithm that can be imported",
        ),
        (
            "!Xn2o6ENAJEdJ6bXh8gk2".to_owned(),
            "marks an account without a password",
        ),
        ("*".to_owned(), "marks an account without a password"),
        (String::new(), "no algorithm that can be imported"),
        ("$".repeat(10 << 20), "truncated, or longer"),
        (
            format!("bcrypt_sha256${}", &BCRYPT[1..]),
            "no `$2b$` follows",
        ),
    ] {
        let error = PasswordHash::import(&hash).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(rule), "{:.80}: {text}", hash);
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(hash.len() < 20 || !text.contains(&hash), "{text}");
    }
    assert!(begun.elapsed().as_millis() < 500);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn no_text_breaks_the_reader(
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        with in "[$=,.!A-Za-z0-9\\PC]{0,4}",
    ) {
        let all = vectors();
        let hash = &at.get(&all).hash;
        let places: Vec<_> = hash.char_indices().map(|(place, _)| place).collect();
        let (before, behind) = hash.split_at(*place.get(&places));
        let _ = PasswordHash::import(&format!("{before}{with}{}", behind.get(1..).unwrap_or_default()));
    }
}

#[test]
fn bcrypt_counts_72_bytes_once_and_the_whole_text_from_then_on() {
    let ring = ring(1);
    let long = vectors()
        .into_iter()
        .find(|case| case.password.len() > 72)
        .unwrap();
    let hash = PasswordHash::import(&long.hash).unwrap();
    let beginning = &long.password[..72];
    assert!(is_right(&hash, beginning, &ring) && !is_right(&hash, &long.password[..71], &ring));
    let typed = Password::typed(&long.password);
    let (_, next) = told(hash.check(&typed, &ring, Cost::default(), &mut permit()));
    let next = next.unwrap();
    assert!(is_right(&next, &long.password, &ring) && !is_right(&next, beginning, &ring));
    // bcrypt repeats a short text with its NUL, so these have the hash of "U*U".
    let hash = PasswordHash::import(BCRYPT).unwrap();
    assert!(is_right(&hash, "U*U", &ring));
    for alias in ["U*U\0U*U", "U*U\0", "U*U\0x"] {
        assert!(!is_right(&hash, alias, &ring), "{alias:?}");
    }
}

#[test]
fn a_salt_with_spare_bits_is_read_as_other_programs_read_it() {
    let spare = BCRYPT.replace("CC.E5", "CC/E5");
    assert!(is_right(
        &PasswordHash::import(&spare).unwrap(),
        "U*U",
        &ring(1)
    ));
}

#[test]
fn a_text_without_a_form_is_right_and_the_hash_stays() {
    // A control character: some programs took it.
    let ring = ring(1);
    let php = "$2y$04$NUwCB.nZDsfkXSPV4Mnnh.MxCEVO1C2NSBhASudwYQRYudM.RZCYm";
    let hash = PasswordHash::import(php).unwrap();
    let typed = Password::typed("tab\tulator");
    let (verdict, next) = told(hash.check(&typed, &ring, Cost::default(), &mut permit()));
    assert!(verdict == Verdict::Accepted && next.is_none());
}

/// Each kind with a password, as another program hashes it.
#[track_caller]
fn agree(program: &mut Command, kinds: &[&str]) {
    let any = prop_oneof![
        "\\PC{1,18}",
        "[a-z\u{e9}\u{fc}\u{5b57} !]{1,20}",
        "[ -~]{1,60}"
    ];
    let texts = cases(
        kinds.len() * 4,
        any.prop_filter("bcrypt", |text| text.len() <= 72),
    );
    let asked: Vec<_> = texts.iter().zip(kinds.iter().cycle()).collect();
    let lines: Vec<_> = asked
        .iter()
        .map(|(text, kind)| json!({"kind": kind, "password": hex(text.as_bytes())}).to_string())
        .collect();
    for (line, (text, kind)) in ask(program, &lines).iter().zip(&asked) {
        let hash: String = serde_json::from_str(line).unwrap();
        let hash = PasswordHash::import(&hash).unwrap();
        assert!(is_right(&hash, text, &ring(1)), "{kind} {text:?} {line}");
        assert!(
            !is_right(&hash, &format!("{text}x"), &ring(1)),
            "{kind} {text:?} {line}"
        );
    }
}

#[test]
fn php_agrees() {
    let mut probe = Command::new("php");
    probe.args(["-r", "exit(defined('PASSWORD_ARGON2I') ? 0 : 1);"]);
    if is_there(
        &mut probe,
        "Debian's php-cli with Argon2",
        "import::php_agrees",
    ) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/php/imported_hashes.php");
        let kinds = [
            "bcrypt",
            "django_bcrypt",
            "wordpress",
            "argon2i",
            "phpass",
            "phpbb",
        ];
        agree(Command::new("php").arg(script), &kinds);
    }
}

#[test]
fn python_agrees() {
    let mut probe = Command::new("python3");
    probe.args(["-c", "import hashlib; hashlib.scrypt"]);
    if is_there(&mut probe, "python3 with OpenSSL", "import::python_agrees") {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/python/imported_hashes.py"
        );
        let kinds = [
            "pbkdf2_sha1",
            "pbkdf2_sha256",
            "passlib_sha1",
            "passlib_sha256",
            "passlib_sha512",
            "phc_sha256",
            "phc_sha512",
            "scrypt",
            "django_scrypt",
        ];
        agree(Command::new("python3").arg(script), &kinds);
    }
}

fn verifier() -> Verifier<MemoryStore> {
    let settings = Settings::new("bank", keyring()).unwrap();
    let settings = settings.with_hash_pool(HashPool::new(Cost::default(), 1).unwrap());
    Verifier::new(MemoryStore::new(), settings)
}

#[test]
fn an_account_counts_tries_at_an_imported_hash_and_keeps_argon2id_after_a_right_one() {
    let (verifier, ctx) = (verifier(), Context::begin(Channel::Device).unwrap());
    verifier.create(&maya(), &ctx).unwrap();
    let change = Change::SetPassword(PasswordHash::import(BCRYPT).unwrap());
    let _ = verifier
        .change(&maya(), &change, &Authority::Host, &ctx)
        .unwrap();
    let check = |text: &str| {
        let attempt = Attempt::Password(Password::typed(text));
        verifier.check(&maya(), &attempt, &ctx).unwrap()
    };
    // A permit is needed, as for any other.
    let all = verifier.settings().hash_pool().permit().unwrap();
    let busy = verifier.check(&maya(), &Attempt::Password(Password::typed("U*U")), &ctx);
    assert!(matches!(busy.unwrap(), Outcome::Busy { .. }));
    drop(all);
    assert!(matches!(check("wrong"), Outcome::Denied));
    assert!(matches!(check("U*U"), Outcome::Accepted(_)));
    assert!(matches!(check("U*U"), Outcome::Accepted(_)));
    let mut tries = 0;
    while matches!(check("wrong"), Outcome::Denied) {
        tries += 1;
    }
    assert!((1..100).contains(&tries));
    assert!(matches!(check("U*U"), Outcome::Locked(_)));
}

/// The moment of these tests.
const NOW: u64 = 1_800_000_000;

#[test]
fn an_import_that_is_begun_again_overwrites_nothing() {
    let bank = TimedVerifier::new(
        MemoryStore::new(),
        Settings::new("bank", keyring()).unwrap(),
    );
    let ctx = |second| {
        let interaction = Interaction::from_bytes([second as u8; 16]);
        TimedContext::new(at(NOW + second), Channel::Device, interaction)
    };
    let (app, token) = (rfc_totp(), Hotp::from(OtpKey::generate().unwrap()));
    let hash = PasswordHash::import(BCRYPT).unwrap();
    let phone = Destination::phone("+49 30 901820").unwrap();
    let all = [
        Change::SetPassword(hash),
        Change::AddTotp(app.clone()),
        Change::AddHotp(token.clone(), 7),
        Change::SetPhone(phone),
    ];
    // A name that was tried before has a decoy. It gives way.
    let attempt = Attempt::Password(Password::typed("U*U"));
    assert!(matches!(
        bank.check(&maya(), &attempt, &ctx(0)).unwrap(),
        Outcome::Denied
    ));
    assert!(bank.import(&maya(), &all, &ctx(1)).unwrap());
    let status = bank.status(&maya(), &ctx(1)).unwrap();
    let factors = [
        Factor::Password,
        Factor::Totp,
        Factor::Hotp,
        Factor::SpokenCode,
    ];
    assert!(factors.iter().all(|factor| status.is_enrolled(*factor)));
    // The code of this moment may be spent in the other system.
    let code = |second| Attempt::Totp(Code::typed(app.code_at(at(NOW + second)).expose_text()));
    assert!(matches!(
        bank.check(&maya(), &code(1), &ctx(1)).unwrap(),
        Outcome::Denied
    ));
    assert!(matches!(
        bank.check(&maya(), &code(60), &ctx(60)).unwrap(),
        Outcome::Accepted(_)
    ));
    let button = |counter| Attempt::Hotp(Code::typed(token.code_at(counter).expose_text()));
    assert!(matches!(
        bank.check(&maya(), &button(6), &ctx(60)).unwrap(),
        Outcome::Denied
    ));
    assert!(matches!(
        bank.check(&maya(), &button(7), &ctx(60)).unwrap(),
        Outcome::Accepted(_)
    ));
    assert!(matches!(
        bank.check(&maya(), &attempt, &ctx(61)).unwrap(),
        Outcome::Accepted(_)
    ));
    // Again, with other things: what was renewed and spent stays so.
    for again in [&all[..], &[], &[Change::Suspend]] {
        assert!(!bank.import(&maya(), again, &ctx(62)).unwrap());
    }
    assert!(matches!(
        bank.check(&maya(), &code(60), &ctx(62)).unwrap(),
        Outcome::Denied
    ));
    assert!(matches!(
        bank.check(&maya(), &button(7), &ctx(62)).unwrap(),
        Outcome::Denied
    ));
    assert!(matches!(
        bank.check(&maya(), &attempt, &ctx(62)).unwrap(),
        Outcome::Accepted(_)
    ));
}

#[test]
fn an_import_takes_no_permit_and_stores_all_or_nothing() {
    let bank = TimedVerifier::new(
        MemoryStore::new(),
        Settings::new("bank", keyring()).unwrap(),
    );
    let ctx = TimedContext::new(at(NOW), Channel::Device, Interaction::from_bytes([1; 16]));
    let permits = bank.settings().hash_pool().permits(64);
    let hash = Change::SetPassword(PasswordHash::import(BCRYPT).unwrap());
    for wrong in [
        Change::ConfirmTotp(Code::typed("755224")),
        Change::Remove(Factor::Totp),
        Change::Unlock(Factor::Totp),
        Change::Resume,
    ] {
        let error = bank
            .import(&maya(), &[hash.clone(), wrong], &ctx)
            .unwrap_err();
        assert!(error.is_misuse() && error.to_string().starts_with("change to import: must add"));
    }
    let too_many = vec![Change::AddTotp(rfc_totp()); 20];
    assert!(
        bank.import(&maya(), &too_many, &ctx)
            .unwrap_err()
            .is_misuse()
    );
    assert!(
        bank.import(&maya(), &[hash, Change::Suspend], &ctx)
            .unwrap()
    );
    drop(permits);
    let attempt = Attempt::Password(Password::typed("U*U"));
    assert!(matches!(
        bank.check(&maya(), &attempt, &ctx).unwrap(),
        Outcome::Denied
    ));
    let resumed = bank.change(&maya(), &Change::Resume, &Authority::Host, &ctx);
    assert_eq!(resumed.unwrap(), Changed::Done);
    assert!(matches!(
        bank.check(&maya(), &attempt, &ctx).unwrap(),
        Outcome::Accepted(_)
    ));
}

#[test]
fn threads_that_import_the_same_table_make_each_account_once() {
    let verifier = verifier();
    let made: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let ctx = Context::begin(Channel::Device).unwrap();
                    let hash = Change::SetPassword(PasswordHash::import(BCRYPT).unwrap());
                    let import = |number: &usize| {
                        let name = subject(&format!("C-{number}"));
                        verifier
                            .import(&name, core::slice::from_ref(&hash), &ctx)
                            .unwrap()
                    };
                    (0..200).filter(import).count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(made, 200);
}

#[test]
fn b12_an_unknown_name_computes_an_imported_hash_as_often_as_customers_have_one() {
    // So expensive that its time is seen: many times that of Argon2id at this cost.
    let bcrypt = PasswordHash::import(&BCRYPT.replace("$05$", "$12$")).unwrap();
    let typical = TypicalEnrolment::new()
        .with_profile(100, &[Factor::Password])
        .and_then(|typical| typical.with_imported(&bcrypt, 50))
        .unwrap();
    let settings = Settings::new("bank", keyring()).unwrap();
    let settings = settings.with_typical_enrolment(typical.clone()).unwrap();
    let verifier = Verifier::new(MemoryStore::new(), settings);
    let ctx = Context::begin(Channel::Device).unwrap();
    let attempt = Attempt::Password(Password::typed("U*U"));
    let mut times: Vec<_> = (0..12)
        .map(|number| {
            let begun = std::time::Instant::now();
            let outcome = verifier.check(&subject(&format!("N-{number}")), &attempt, &ctx);
            // Also where the text has the hash: nobody is verified.
            assert!(matches!(outcome.unwrap(), Outcome::Denied));
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    assert!(times[11] > times[0] * 3, "{times:?}");
    for (like, percent) in [
        (&bcrypt, 0),
        (&bcrypt, 51),
        (&enrolled("eleven purple elephants", &ring(1)), 1),
    ] {
        assert!(
            typical
                .clone()
                .with_imported(like, percent)
                .unwrap_err()
                .is_misuse()
        );
    }
    assert!(typical.with_imported(&bcrypt, 50).is_ok());
}
