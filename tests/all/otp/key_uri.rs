//! The key URI: the format's own examples, what is written, and everything that is refused.
use std::collections::BTreeMap;

use crate::support::programs::any_secret;
use core::time::Duration;
use countersign::otp::{Algorithm, Hotp, KeyUri, OtpKey, Totp};
use countersign::{SecretBytes, Timestamp};
use proptest::prelude::*;
use serde::Deserialize;

/// Twenty bytes, "12345678901234567890".
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn key() -> OtpKey {
    OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap()
}

fn totp() -> Totp {
    Totp::from(key())
}

/// Two secrets with the same settings are the same if they show the same codes.
#[track_caller]
fn assert_same(one: &Totp, other: &Totp) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    for unix in [59, 1_111_111_109, 2_000_000_000] {
        let now = Timestamp::from_unix(unix).unwrap();
        assert_eq!(
            one.code_at(now).expose_text(),
            other.code_at(now).expose_text()
        );
    }
}

#[track_caller]
fn read(uri: &str) -> KeyUri {
    KeyUri::parse(uri).unwrap_or_else(|error| panic!("{uri}: {error}"))
}

#[track_caller]
fn totp_of(uri: KeyUri) -> Totp {
    assert!(uri.is_totp());
    Totp::from_key_uri(uri).unwrap()
}

#[track_caller]
fn hotp_of(uri: KeyUri) -> (Hotp, u64) {
    assert!(!uri.is_totp());
    Hotp::from_key_uri(uri).unwrap()
}

#[track_caller]
fn refused(uri: &str) -> String {
    let error = KeyUri::parse(uri).expect_err(uri);
    assert!(error.is_misuse(), "{uri}");
    error.to_string()
}

#[derive(Deserialize)]
struct Vectors {
    source: String,
    uris: BTreeMap<String, Example>,
    labels: BTreeMap<String, Label>,
}

#[derive(Deserialize)]
struct Example {
    uri: String,
    issuer: Option<String>,
    account: Option<String>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Label {
    label: String,
    issuer: String,
    account: String,
}

#[test]
fn o12_the_examples_of_the_format() {
    let vectors: Vectors = toml::from_str(include_str!("../../vectors/key_uri.toml")).unwrap();
    assert_eq!((vectors.uris.len(), vectors.labels.len()), (2, 3));
    for (name, example) in &vectors.uris {
        let place = format!("{}, {name}", vectors.source);
        match KeyUri::parse(&example.uri) {
            Ok(uri) => {
                assert_eq!(example.refused, None, "{place}");
                assert_eq!(uri.issuer(), example.issuer.as_deref(), "{place}");
                assert_eq!(Some(uri.account()), example.account.as_deref(), "{place}");
                // Written again it is the same text, byte for byte.
                assert_eq!(uri.expose_text(), example.uri, "{place}");
                let (issuer, account) =
                    (uri.issuer().unwrap().to_owned(), uri.account().to_owned());
                let again = totp_of(uri).key_uri(&issuer, &account).unwrap();
                assert_eq!(again.expose_text(), example.uri, "{place}");
            }
            Err(error) => {
                assert_eq!(Some(error.to_string()), example.refused, "{place}");
                // By its name it comes in.
                let uri = KeyUri::import_short(&example.uri).unwrap();
                assert_eq!(uri.issuer(), example.issuer.as_deref(), "{place}");
                assert_eq!(Some(uri.account()), example.account.as_deref(), "{place}");
            }
        }
    }
    for (name, case) in &vectors.labels {
        let place = format!("{}, {name}", vectors.source);
        let uri = read(&format!("otpauth://totp/{}?secret={SECRET}", case.label));
        assert_eq!(uri.issuer(), Some(case.issuer.as_str()), "{place}");
        assert_eq!(uri.account(), case.account, "{place}");
    }
}

#[test]
fn o12_every_parameter_is_written() {
    let key = key().with_algorithm(Algorithm::Sha256);
    let totp = Totp::from(key.with_digits(8).unwrap())
        .with_period(Duration::from_secs(60))
        .unwrap();
    let uri = totp
        .key_uri("Müller & Söhne", "a+b c?@x.example/#%")
        .unwrap();
    assert_eq!(
        uri.expose_text(),
        "otpauth://totp/M%C3%BCller%20%26%20S%C3%B6hne:a%2Bb%20c%3F@x.example%2F%23%25\
         ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=M%C3%BCller%20%26%20S%C3%B6hne\
         &algorithm=SHA256&digits=8&period=60"
    );
    let back = read(uri.expose_text());
    assert_eq!(back.issuer(), Some("Müller & Söhne"));
    assert_eq!(back.account(), "a+b c?@x.example/#%");
    assert_same(&totp_of(back), &totp);
}

#[test]
fn o12_base32_is_written_without_padding() {
    for length in 16..=128 {
        let totp = Totp::from(OtpKey::new(SecretBytes::from(vec![0xa5; length])).unwrap());
        let uri = totp.key_uri("Bank", "anna").unwrap();
        assert!(!uri.expose_text().contains("%3D"), "{length}");
        let (_, rest) = uri.expose_text().split_once("secret=").unwrap();
        let secret = rest.split('&').next().unwrap();
        assert_eq!(secret.len(), (length * 8).div_ceil(5));
        assert!(
            secret
                .bytes()
                .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')),
            "{length}"
        );
        assert_same(
            &KeyUri::parse(uri.expose_text())
                .and_then(Totp::from_key_uri)
                .unwrap(),
            &totp,
        );
    }
}

#[test]
fn o12_names_are_checked_before_writing() {
    let long = "x".repeat(129);
    for (name, rule) in [
        ("", "must hold 1 to 128 bytes"),
        (&long, "must hold 1 to 128 bytes"),
        ("Example: Bank", "must not hold a colon"),
        (":", "must not hold a colon"),
        ("Ban\0k", "must not hold control characters"),
        ("Ban\nk", "must not hold control characters"),
        ("Ban\u{85}k", "must not hold control characters"),
        (" Bank", "must not begin or end with white space"),
        ("Bank\u{a0}", "must not begin or end with white space"),
    ] {
        let error = totp().key_uri(name, "anna").unwrap_err();
        assert_eq!(error.to_string(), format!("key uri issuer: {rule}"));
        let error = totp().key_uri("Bank", name).unwrap_err();
        assert_eq!(error.to_string(), format!("key uri account: {rule}"));
    }
    assert!(totp().key_uri(&long[1..], &long[1..]).is_ok());
}

#[test]
fn o12_defaults_fill_what_is_missing() {
    let uri = read(&format!("otpauth://totp/anna?secret={SECRET}"));
    assert_eq!((uri.issuer(), uri.account()), (None, "anna"));
    assert_same(&totp_of(uri), &totp());
}

#[test]
fn what_the_format_allows_is_read() {
    let plain = format!("otpauth://totp/Bank:anna?secret={SECRET}&issuer=Bank");
    for uri in [
        plain.clone(),
        plain.replace("otpauth", "OTPAuth"),
        plain.replace("totp", "TOTP"),
        plain.replace("Bank:anna", "Bank%3Aanna"),
        plain.replace("Bank:anna", "Bank:%20%20anna"),
        plain.replace("Bank:anna", "anna"),
        plain.replace("&issuer=Bank", ""),
        plain
            .replace("?secret", "?issuer=Bank&secret")
            .replacen("&issuer=Bank", "", 1),
        plain.replace("secret=", "%73ecret="),
        plain.replace("issuer=Bank", "issuer=%42ank"),
        plain.clone() + "&algorithm=SHA1&digits=6&period=30",
        plain.clone() + "&algorithm=sha1&digits=06&period=030",
        plain.clone() + "&image=https://example.com/a.png?b=c&counter=7&=&&flag&",
        plain.clone() + "&image=1&image=2",
    ] {
        let read = read(&uri);
        assert_eq!(
            (read.issuer(), read.account()),
            (Some("Bank"), "anna"),
            "{uri}"
        );
        assert_same(&totp_of(read), &totp());
    }
    let settings = totp_of(read(&(plain + "&algorithm=Sha512&digits=7&period=120")));
    let key = key().with_algorithm(Algorithm::Sha512);
    let expected = Totp::from(key.with_digits(7).unwrap())
        .with_period(Duration::from_secs(2 * 60))
        .unwrap();
    assert_same(&settings, &expected);
}

#[test]
fn o12_a_counter_is_written_and_read() {
    let secret = SecretBytes::from(b"12345678901234567890".to_vec());
    let hotp = Hotp::from(
        OtpKey::new(secret)
            .unwrap()
            .with_algorithm(Algorithm::Sha256)
            .with_digits(8)
            .unwrap(),
    );
    let uri = hotp.key_uri(42, "Big Bank", "anna").unwrap();
    assert_eq!(
        uri.expose_text(),
        "otpauth://hotp/Big%20Bank:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Big%20Bank&algorithm=SHA256&digits=8&counter=42"
    );
    let (back, state) = KeyUri::parse(uri.expose_text())
        .and_then(Hotp::from_key_uri)
        .unwrap();
    assert_eq!(state, 42);
    assert_eq!(format!("{back:?}"), format!("{hotp:?}"));
    assert_eq!(
        back.code_at(42).expose_text(),
        hotp.code_at(42).expose_text()
    );

    let uri = read(&format!(
        "OTPAUTH://HOTP/anna?counter=007&period=x&secret={SECRET}"
    ));
    assert_eq!((uri.issuer(), uri.account()), (None, "anna"));
    let (hotp, state) = hotp_of(uri);
    assert_eq!(format!("{hotp:?}"), "Hotp(Sha1, 6 digits, 3 ahead, ..)");
    assert_eq!(state, 7);
}

#[test]
fn o03_the_last_counter_is_told_and_none_after_it() {
    let hotp = Hotp::from(OtpKey::generate().unwrap());
    let last = u64::MAX - 1;
    let uri = hotp.key_uri(last, "Bank", "anna").unwrap();
    let (_, state) = KeyUri::parse(uri.expose_text())
        .and_then(Hotp::from_key_uri)
        .unwrap();
    assert_eq!(state, u64::MAX - 1);
    let error = hotp.key_uri(u64::MAX, "Bank", "anna").unwrap_err();
    assert_eq!(
        error.to_string(),
        "key uri counter: must be a decimal number below 2^64 - 1"
    );
}

#[test]
fn one_type_is_not_taken_for_the_other() {
    let error = KeyUri::parse(&format!("otpauth://hotp/anna?secret={SECRET}&counter=0"))
        .and_then(Totp::from_key_uri);
    assert_eq!(error.unwrap_err().to_string(), "key uri type: must be totp");
    let error = KeyUri::parse(&format!("otpauth://totp/anna?secret={SECRET}&counter=0"))
        .and_then(Hotp::from_key_uri);
    assert_eq!(error.unwrap_err().to_string(), "key uri type: must be hotp");
}

#[test]
fn o01_a_short_secret_is_read_by_name_only() {
    for (kind, tail) in [("totp", "period=30"), ("hotp", "counter=9")] {
        let with = |secret: &str| {
            format!("otpauth://{kind}/anna?secret={secret}&algorithm=SHA1&digits=6&{tail}")
        };
        let short = with("JBSWY3DPEHPK3PXP");
        assert_eq!(refused(&short), "otp secret: must hold 16 to 128 bytes");
        let read = KeyUri::import_short(&short).unwrap();
        assert_eq!(read.expose_text(), short);
        assert!(read.key().has_short_secret());
        match kind {
            "totp" => assert!(totp_of(read).key().has_short_secret()),
            _ => assert_eq!(hotp_of(read).1, 9),
        }
        // Neither a longer one, which needs no exception, nor one that is shorter still.
        for secret in [SECRET, "JBSWY3DPEHPK3"] {
            let error = KeyUri::import_short(&with(secret)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "otp short secret: must hold 10 to 15 bytes"
            );
        }
        let error = KeyUri::import_short(&with(&"A".repeat(16))).unwrap_err();
        assert_eq!(error.to_string(), "otp secret: must not be all zeros");
    }
}

#[test]
fn a_secret_is_read_as_people_write_it() {
    for secret in [
        SECRET.to_lowercase(),
        "gezd gnbv gy3t qojq gezd gnbv gy3t qojq".to_owned(),
        "GEZD%20GNBV%20GY3T%20QOJQ%20GEZD%20GNBV%20GY3T%20QOJQ".to_owned(),
        format!("%20{SECRET}%20"),
        format!("{SECRET}========"),
        format!("{SECRET}%3D%3D"),
    ] {
        let uri = format!("otpauth://totp/anna?secret={secret}");
        assert_same(&totp_of(read(&uri)), &totp());
    }
    // Sixteen bytes leave two bits over; apps that drop them make the same secret of all four.
    for last in ["4A", "4B", "4C", "4D======"] {
        let uri = format!("otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBV{last}");
        let expected =
            Totp::from(OtpKey::new(SecretBytes::from(b"123456789012345\xe0".to_vec())).unwrap());
        assert_same(&totp_of(read(&uri)), &expected);
    }
}

/// As the large issuers and exporters write them: what is read, by which rule.
#[test]
fn b61_the_issuer_is_what_the_parameter_says() {
    let wins = Some("Microsoft");
    for (label, parameter, issuer) in [
        ("Example%20Ltd:anna", "&issuer=Microsoft", wins),
        ("Example%20Ltd%3Aanna", "&issuer=Microsoft", wins),
        ("microsoft:anna", "&issuer=Microsoft", wins),
        ("anna", "&issuer=Microsoft", wins),
        (":anna", "&issuer=Microsoft", wins),
        // What the label says is not looked at where the parameter wins.
        ("%20Example%20%00Ltd:anna", "&issuer=Microsoft", wins),
        // A plus is a space where the label has one, and a plus everywhere else.
        (
            "Example%20Cloud:anna",
            "&issuer=Example+Cloud",
            Some("Example Cloud"),
        ),
        ("A%20B%20C:anna", "&issuer=A+B%20C", Some("A B C")),
        (
            "Example+Cloud:anna",
            "&issuer=Example%20Cloud",
            Some("Example Cloud"),
        ),
        (
            "Example+Cloud:anna",
            "&issuer=Example+Cloud",
            Some("Example+Cloud"),
        ),
        ("Disney+:anna", "&issuer=Disney+", Some("Disney+")),
        ("Disney%2B:anna", "&issuer=Disney%2B", Some("Disney+")),
        ("C%20C:anna", "&issuer=C%2BC", Some("C+C")),
        ("anna", "&issuer=Example+Cloud", Some("Example+Cloud")),
        ("Other:anna", "&issuer=Example+Cloud", Some("Example+Cloud")),
        // An empty one is none.
        ("Bank:anna", "&issuer", Some("Bank")),
        ("Bank:anna", "&issuer=", Some("Bank")),
        ("anna", "&issuer", None),
        ("anna", "&issuer=&digits=6", None),
        (":anna", "", None),
        ("%3Aanna", "", None),
        (":%20anna", "&issuer=", None),
        // In every script.
        (
            "%D0%91:anna",
            "&issuer=%D0%91%D0%B0%D0%BD%D0%BA",
            Some("Банк"),
        ),
    ] {
        let uri = read(&format!(
            "otpauth://totp/{label}?secret={SECRET}{parameter}"
        ));
        assert_eq!(uri.issuer(), issuer, "{label} {parameter}");
        assert_eq!(uri.account(), "anna", "{label} {parameter}");
        let again = read(uri.expose_text());
        assert_eq!(
            (again.issuer(), again.account()),
            (issuer, "anna"),
            "{label} {parameter}"
        );
        assert_same(&totp_of(uri), &totp());
    }
}

#[test]
fn b61_what_stands_around_a_uri_is_no_part_of_it() {
    let plain = format!("otpauth://totp/Bank:anna?secret={SECRET}&issuer=Bank");
    for (before, behind) in [
        ("", "\n"),
        ("", "\r\n"),
        ("\u{feff}", "\r\n"),
        (" \t", " "),
        ("\u{2068}", "\u{2069}"),
        ("\u{200b}\u{3000}", "\u{2028}\u{ad}"),
    ] {
        let uri = read(&format!("{before}{plain}{behind}"));
        assert_eq!((uri.issuer(), uri.account()), (Some("Bank"), "anna"));
        assert_same(&totp_of(uri), &totp());
    }
    for uri in [
        format!("{plain}\n{plain}"),
        format!("otpauth://totp/Bank:an\nna?secret={SECRET}"),
        format!("{plain}\0"),
    ] {
        assert_eq!(refused(&uri), "key uri: must not hold control characters");
    }
}

#[test]
fn b61_a_plus_sign_in_a_secret_is_a_blank() {
    for secret in [
        "GEZD+GNBV+GY3T+QOJQ+GEZD+GNBV+GY3T+QOJQ",
        "gezd+gnbv+gy3t+qojq+gezd+gnbv+gy3t+qojq+",
        "GEZD%20GNBV+GY3T-QOJQ+GEZD+GNBV+GY3T+QOJQ",
    ] {
        let uri = format!("otpauth://totp/anna?secret={secret}");
        assert_same(&totp_of(read(&uri)), &totp());
    }
    let sign = format!("otpauth://totp/anna?secret={SECRET}%2BA");
    assert_eq!(refused(&sign), "key uri secret: must be Base32");
}

#[test]
fn b61_secrets_of_up_to_a_block_are_taken() {
    for length in [64, 65, 80, 100, 127, 128] {
        let secret = SecretBytes::from((0..length).map(|byte| byte as u8 + 1).collect::<Vec<_>>());
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            let totp = Totp::from(
                OtpKey::new(secret.clone())
                    .unwrap()
                    .with_algorithm(algorithm),
            );
            let uri = totp.key_uri("Bank", "anna").unwrap();
            assert_same(&totp_of(read(uri.expose_text())), &totp);
        }
    }
    let long = totp().key_uri("Bank", "anna").unwrap();
    let long = long.expose_text().replace(SECRET, &"GEZDGNBV".repeat(26));
    assert_eq!(refused(&long), "otp secret: must hold 16 to 128 bytes");
}

/// Its codes have five letters of an alphabet of its own: an app that was enrolled from such a URI never matches.
#[test]
fn b61_steam_is_refused_by_name() {
    const TOLD: &str = "key uri: must not be Steam's, whose codes are no decimal digits";
    for rest in [
        format!("totp/Steam:anna?secret={SECRET}&issuer=Steam"),
        format!("totp/Steam:anna?secret={SECRET}"),
        format!("totp/steam%3Aanna?secret={SECRET}"),
        format!("totp/anna?secret={SECRET}&issuer=STEAM"),
        format!("totp/Valve:anna?secret={SECRET}&issuer=Steam"),
        format!("totp/Steam:anna?secret={SECRET}&issuer=Steam&digits=5"),
        format!("totp/Steam:anna?secret={SECRET}&issuer=&period=30"),
        format!("totp/anna?secret={SECRET}&encoder=steam"),
        format!("totp/Bank:anna?secret={SECRET}&digits=6&encoder=Steam"),
        format!("steam/Steam:anna?secret={SECRET}&issuer=Steam"),
        format!("STEAM/anna?secret={SECRET}&digits=5"),
    ] {
        for scheme in ["otpauth://", "OTPAUTH://"] {
            assert_eq!(refused(&format!("{scheme}{rest}")), TOLD, "{rest}");
        }
        // Whatever its length.
        let short = format!("otpauth://{}", rest.replace(SECRET, "JBSWY3DPEHPK3PXP"));
        assert_eq!(KeyUri::import_short(&short).unwrap_err().to_string(), TOLD);
    }
    assert_eq!(refused(&format!("steam://{SECRET}")), TOLD);
    // Others by that name, and those who say that they have digits.
    for rest in [
        format!("totp/Steam:anna?secret={SECRET}&issuer=Steam&digits=6"),
        format!("totp/Steam:anna?secret={SECRET}&issuer=Steamboat"),
        format!("totp/steam?secret={SECRET}&issuer=Bank"),
        format!("hotp/Steam:anna?secret={SECRET}&counter=0"),
        format!("totp/Bank:anna?secret={SECRET}&encoder=decimal"),
    ] {
        assert!(
            KeyUri::parse(&format!("otpauth://{rest}")).is_ok(),
            "{rest}"
        );
    }
}

/// Types and schemes of other exporters are named, so that the host can say what to export instead.
#[test]
fn b61_exports_that_are_no_key_uri_are_refused() {
    assert_eq!(
        refused("otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8"),
        "key uri: must be one secret, not an export of many (otpauth-migration)"
    );
    for kind in ["motp", "yaotp", "offline", "t\u{f6}tp", "totp2", ""] {
        let told = refused(&format!("otpauth://{kind}/anna?secret={SECRET}"));
        assert_eq!(told, "key uri type: must be totp or hotp", "{kind}");
    }
    for scheme in [
        "",
        "phonefactor://",
        "mfa://",
        "otpauth:",
        "x\u{feff}otpauth://",
    ] {
        let told = refused(&format!("{scheme}totp/anna?secret={SECRET}"));
        assert_eq!(told, "key uri: must begin with otpauth://", "{scheme}");
    }
}

/// What Aegis, Authy, Bitwarden, `FreeOTP`, Google, Microsoft and 2FAS add to the format is skipped, and what they leave out has
/// its default.
#[test]
fn b61_what_exporters_write_is_read() {
    for (rest, issuer, account, kind) in [
        (
            "totp/Example:anna@example.com?secret=S&issuer=Example&algorithm=SHA1&digits=6&period=30&group=Work&icon=x",
            Some("Example"),
            "anna@example.com",
            "Totp(Sha1, 6 digits, 30 seconds, ..)",
        ),
        (
            "totp/Twilio%3Aanna%40example.com?secret=S&digits=7&period=10&issuer=Twilio",
            Some("Twilio"),
            "anna@example.com",
            "Totp(Sha1, 7 digits, 10 seconds, ..)",
        ),
        (
            "totp/Example:anna?algorithm=SHA256&color=ff0000&image=content%3A%2F%2Fx&lock=true&issuer=Example&secret=S&period=60&digits=8",
            Some("Example"),
            "anna",
            "Totp(Sha256, 8 digits, 60 seconds, ..)",
        ),
        (
            "totp/Amazon%20Web%20Services:root@123456789012?secret=S&issuer=Amazon%20Web%20Services",
            Some("Amazon Web Services"),
            "root@123456789012",
            "Totp(Sha1, 6 digits, 30 seconds, ..)",
        ),
        (
            "totp/Example Ltd:anna smith?secret=s&issuer=Example Ltd",
            Some("Example Ltd"),
            "anna smith",
            "Totp(Sha1, 6 digits, 30 seconds, ..)",
        ),
        (
            "totp/anna?secret=S&algorithm=HmacSHA256",
            None,
            "anna",
            "Totp(Sha256, 6 digits, 30 seconds, ..)",
        ),
        (
            "totp/anna?secret=S&algorithm=SHA-512",
            None,
            "anna",
            "Totp(Sha512, 6 digits, 30 seconds, ..)",
        ),
        (
            "totp/anna?secret=S&algorithm=hmac-sha-1",
            None,
            "anna",
            "Totp(Sha1, 6 digits, 30 seconds, ..)",
        ),
    ] {
        let rest = rest.replace("=S&", &format!("={SECRET}&"));
        let rest = rest.replace("=s&", &format!("={}&", SECRET.to_lowercase()));
        let uri = read(&format!("otpauth://{rest}"));
        assert_eq!((uri.issuer(), uri.account()), (issuer, account), "{rest}");
        assert_eq!(format!("{:?}", totp_of(uri)), kind, "{rest}");
    }
    for algorithm in [
        "SHA", "SHA-", "HMAC", "SHA--1", "SHA224", "SHA3-256", "Hmac", "1",
    ] {
        let told = refused(&format!(
            "otpauth://totp/anna?secret={SECRET}&algorithm={algorithm}"
        ));
        assert_eq!(
            told, "key uri algorithm: must be SHA1, SHA256 or SHA512",
            "{algorithm}"
        );
    }
}

#[test]
fn b61_secrets_are_read_with_blanks_and_marks() {
    for secret in [
        "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ".to_owned(),
        SECRET.to_lowercase() + "%20%20==",
        format!("%EF%BB%BF{SECRET}"),
        "GEZDGNBVGY3TQOJQ\u{a0}GEZDGNBVGY3TQOJQ".to_owned(),
        "GEZDGNBVGY3TQOJQ\u{2009}\u{2013}\u{2009}GEZDGNBVGY3TQOJQ\u{200b}".to_owned(),
        "\u{2068}GEZDGNBVGY3TQOJQ\u{3000}GEZDGNBVGY3TQOJQ\u{2069}======".to_owned(),
        "ＧＥＺＤＧＮＢＶＧＹ３ＴＱＯＪＱGEZDGNBVGY3TQOJQ".to_owned(),
    ] {
        let uri = format!("otpauth://totp/anna?secret={secret}");
        assert_same(&totp_of(read(&uri)), &totp());
    }
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let with = |tail: &str| format!("otpauth://totp/Bank:anna?secret={SECRET}{tail}");
    let labelled = |label: &str| format!("otpauth://totp/{label}?secret={SECRET}");
    let keyed = |secret: &str| format!("otpauth://totp/anna?secret={secret}");
    let counted = |tail: &str| format!("otpauth://hotp/Bank:anna?secret={SECRET}{tail}");
    const COUNTER: &str = "key uri counter: must be a decimal number below 2^64 - 1";
    let name = "x".repeat(129);
    for (uri, told) in [
        (String::new(), "key uri: must begin with otpauth://"),
        ("otpauth:/".into(), "key uri: must begin with otpauth://"),
        (
            "https://totp/anna".into(),
            "key uri: must begin with otpauth://",
        ),
        (
            "otpauth:\u{ff0f}/totp/".into(),
            "key uri: must begin with otpauth://",
        ),
        ("otpauth://".into(), "key uri type: must be totp or hotp"),
        (
            "otpauth://motp/anna?counter=0".into(),
            "key uri type: must be totp or hotp",
        ),
        (
            "otpauth://hotp/anna?counter=0".into(),
            "key uri secret: is missing",
        ),
        (
            "-otpauth://totp/anna".into(),
            "key uri: must begin with otpauth://",
        ),
        (
            "otpauth://totp".into(),
            "key uri account: must hold 1 to 128 bytes",
        ),
        // The label.
        (labelled(""), "key uri account: must hold 1 to 128 bytes"),
        (
            labelled("Bank:"),
            "key uri account: must hold 1 to 128 bytes",
        ),
        (
            labelled("Bank:%20"),
            "key uri account: must hold 1 to 128 bytes",
        ),
        (labelled(&name), "key uri account: must hold 1 to 128 bytes"),
        (
            labelled("Bank:an:na"),
            "key uri account: must not hold a colon",
        ),
        (
            labelled("Bank%3Aan%3Ana"),
            "key uri account: must not hold a colon",
        ),
        (
            labelled("Bank%20:anna"),
            "key uri issuer: must not begin or end with white space",
        ),
        (
            labelled("anna%00"),
            "key uri account: must not hold control characters",
        ),
        (
            labelled("anna%0A"),
            "key uri account: must not hold control characters",
        ),
        (labelled("%ff"), "key uri label: must be UTF-8"),
        // The issuer.
        (
            with(&format!("&issuer={name}")),
            "key uri issuer: must hold 1 to 128 bytes",
        ),
        (
            with("&issuer=%20"),
            "key uri issuer: must not begin or end with white space",
        ),
        (
            with("&issuer=Bank%0A"),
            "key uri issuer: must not hold control characters",
        ),
        (
            with("&issuer=Ba%3Ank"),
            "key uri issuer: must not hold a colon",
        ),
        (with("&issuer=%C3%28"), "key uri issuer: must be UTF-8"),
        // The secret.
        ("otpauth://totp/anna".into(), "key uri secret: is missing"),
        (
            "otpauth://totp/anna?digits=6".into(),
            "key uri secret: is missing",
        ),
        (
            "otpauth://totp/anna?Secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into(),
            "key uri secret: is missing",
        ),
        (keyed(""), "otp secret: must hold 16 to 128 bytes"),
        (keyed("========"), "otp secret: must hold 16 to 128 bytes"),
        (
            keyed("JBSWY3DPEHPK3PXP"),
            "otp secret: must hold 16 to 128 bytes",
        ),
        (keyed(&"A".repeat(32)), "otp secret: must not be all zeros"),
        (
            keyed(&"B".repeat(208)),
            "otp secret: must hold 16 to 128 bytes",
        ),
        (
            keyed(&format!("{SECRET}A")),
            "key uri secret: must be Base32",
        ),
        (
            keyed("GEZDGNBVGY3TQOJQ=GEZDGNBVGY3TQOJQ"),
            "key uri secret: must be Base32",
        ),
        (
            keyed("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0"),
            "key uri secret: must be Base32",
        ),
        (
            keyed("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ%00"),
            "key uri secret: must be Base32",
        ),
        (
            keyed("GEZDGNBVGY3TQOJQ%2BGEZDGNBVGY3TQOJQ"),
            "key uri secret: must be Base32",
        ),
        (
            keyed("ГEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "key uri secret: must be Base32",
        ),
        (keyed("%ff%fe"), "key uri secret: must be UTF-8"),
        // The settings.
        (
            with("&algorithm=MD5"),
            "key uri algorithm: must be SHA1, SHA256 or SHA512",
        ),
        (
            with("&algorithm="),
            "key uri algorithm: must be SHA1, SHA256 or SHA512",
        ),
        (
            with("&algorithm=SHA1%00"),
            "key uri algorithm: must be SHA1, SHA256 or SHA512",
        ),
        (with("&digits=0"), "otp digits: must be 6, 7 or 8"),
        (with("&digits=5"), "otp digits: must be 6, 7 or 8"),
        (with("&digits=11"), "otp digits: must be 6, 7 or 8"),
        (with("&digits=262"), "otp digits: must be 6, 7 or 8"),
        (with("&digits="), "key uri digits: must be a decimal number"),
        (with("&digits"), "key uri digits: must be a decimal number"),
        (
            with("&digits=six"),
            "key uri digits: must be a decimal number",
        ),
        (
            with("&digits=%2B6"),
            "key uri digits: must be a decimal number",
        ),
        (
            with("&digits=-6"),
            "key uri digits: must be a decimal number",
        ),
        (
            with("&digits=6.0"),
            "key uri digits: must be a decimal number",
        ),
        (
            with("&digits=\u{ff16}"),
            "key uri digits: must be a decimal number",
        ),
        (
            with("&period=0"),
            "otp period: must lie between 1 and 120 seconds",
        ),
        (
            with("&period=121"),
            "otp period: must lie between 1 and 120 seconds",
        ),
        (
            with("&period=4294967296"),
            "key uri period: must be a decimal number",
        ),
        (
            with("&period=30s"),
            "key uri period: must be a decimal number",
        ),
        // The counter.
        (counted(""), "key uri counter: is missing"),
        (counted("&period=30"), "key uri counter: is missing"),
        (counted("&counter"), COUNTER),
        (counted("&counter="), COUNTER),
        (counted("&counter=one"), COUNTER),
        (counted("&counter=-1"), COUNTER),
        (counted("&counter=%2B1"), COUNTER),
        (counted("&counter=0x1"), COUNTER),
        (counted("&counter=1.0"), COUNTER),
        (counted("&counter=18446744073709551615"), COUNTER),
        (counted("&counter=18446744073709551616"), COUNTER),
        (counted(&format!("&counter={}", "9".repeat(300))), COUNTER),
        (counted("&counter=%ff"), "key uri counter: must be UTF-8"),
        // The whole.
        (
            with("&digits=6%"),
            "key uri: must have two hexadecimal digits after each percent sign",
        ),
        (
            with("&image=%2"),
            "key uri: must have two hexadecimal digits after each percent sign",
        ),
        (
            with("&%zz=1"),
            "key uri: must have two hexadecimal digits after each percent sign",
        ),
        (
            labelled("%+1"),
            "key uri: must have two hexadecimal digits after each percent sign",
        ),
        (
            labelled("%é"),
            "key uri: must have two hexadecimal digits after each percent sign",
        ),
        (with("#top"), "key uri: must not have a fragment"),
        (with("\0"), "key uri: must not hold control characters"),
        (
            with("\n&digits=6"),
            "key uri: must not hold control characters",
        ),
    ] {
        assert_eq!(refused(&uri), told, "{uri}");
    }
}

#[test]
fn a_parameter_given_twice_is_refused() {
    for (name, value, other) in [
        ("secret", SECRET, "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"),
        ("issuer", "Bank", "Bank"),
        ("algorithm", "SHA1", "SHA256"),
        ("digits", "6", "8"),
        ("period", "30", "30"),
        ("counter", "0", "0"),
    ] {
        let secret = format!("secret={SECRET}&");
        let first = if name == "secret" {
            ""
        } else {
            secret.as_str()
        };
        let escaped = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
        for second in [name, escaped.as_str()] {
            // Also where the type has no use for the parameter.
            for kind in ["totp", "hotp"] {
                let uri =
                    format!("otpauth://{kind}/Bank:anna?{first}{name}={value}&{second}={other}");
                assert_eq!(refused(&uri), format!("key uri {name}: must be given once"));
            }
        }
    }
}

#[test]
fn long_text_is_refused_before_any_work() {
    let start = format!("otpauth://totp/anna?secret={SECRET}&image=");
    let fits = start.clone() + &"x".repeat(KeyUri::MAX_BYTES - start.len());
    assert!(KeyUri::parse(&fits).is_ok());
    // Broken in other ways as well: the length is told, because nothing else was looked at.
    let huge = "%\0".repeat(5 << 20);
    for uri in [&(fits + "x"), &(start + &huge), &huge] {
        let error = KeyUri::parse(uri).unwrap_err();
        assert_eq!(error.to_string(), "key uri: must hold 2048 bytes at most");
    }
}

#[test]
fn no_error_echoes_the_text() {
    let marked = "ZZMARKERZZ";
    for uri in [
        marked.to_owned(),
        format!("otpauth://{marked}/x"),
        format!("otpauth://totp/{marked}:a:b?secret={SECRET}"),
        format!("otpauth://totp/a?secret={marked}"),
        format!("otpauth://totp/a?secret={marked}0"),
        format!("otpauth://totp/a?secret={SECRET}&algorithm={marked}"),
        format!("otpauth://totp/a?secret={SECRET}&digits={marked}"),
        format!("otpauth://totp/a?secret={SECRET}&period={marked}"),
        format!("otpauth://hotp/a?secret={SECRET}&counter={marked}"),
        format!("otpauth://totp/a:b?secret={SECRET}&issuer={marked}%00"),
        format!("otpauth://totp/a:b?secret={marked}&issuer=Steam"),
        format!("otpauth-migration://offline?data={marked}"),
        format!("steam://{marked}"),
        format!("otpauth://totp/a?secret={marked}&secret={marked}"),
        format!("otpauth://totp/a?secret={marked}%ff"),
    ] {
        let error = KeyUri::parse(&uri).expect_err(&uri);
        let told = format!("{error} {error:?}");
        assert!(!told.to_uppercase().contains("MARKER"), "{told}");
        assert!(!told.contains(SECRET), "{told}");
    }
    let kept = format!(
        "{:?}",
        read(&format!("otpauth://totp/{marked}?secret={SECRET}"))
    );
    assert_eq!(kept, "KeyUri(..)");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        secret in any_secret(),
        algorithm in prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)],
        digits in 6_u8..=8,
        period in 1_u32..=120,
        issuer in "\\PC{1,30}",
        account in "\\PC{1,30}",
    ) {
        let totp = Totp::from(OtpKey::new(SecretBytes::from(secret)).unwrap()
            .with_algorithm(algorithm)
            .with_digits(digits).unwrap())
            .with_period(Duration::from_secs(u64::from(period))).unwrap();
        let allowed = |name: &str| !name.contains(':') && name.trim() == name && name.len() <= 128;
        match totp.key_uri(&issuer, &account) {
            Ok(uri) => {
                prop_assert!(uri.expose_text().is_ascii());
                let back = KeyUri::parse(uri.expose_text()).unwrap();
                prop_assert_eq!(back.issuer(), Some(issuer.as_str()));
                prop_assert_eq!(back.account(), account);
                prop_assert_eq!(back.expose_text(), uri.expose_text());
                assert_same(&totp_of(back), &totp);
            }
            Err(_) => prop_assert!(!allowed(&issuer) || !allowed(&account)),
        }
    }

    #[test]
    fn a_counter_that_is_written_is_read_back(
        secret in any_secret(),
        algorithm in prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)],
        digits in 6_u8..=8,
        counter in prop_oneof![0..=100_u64, 0..u64::MAX],
    ) {
        let hotp = Hotp::from(OtpKey::new(SecretBytes::from(secret)).unwrap()
            .with_algorithm(algorithm)
            .with_digits(digits).unwrap());
        let uri = hotp.key_uri(counter, "Bank", "anna").unwrap();
        let (back, state) = KeyUri::parse(uri.expose_text()).and_then(Hotp::from_key_uri).unwrap();
        prop_assert_eq!(state, counter);
        prop_assert_eq!(format!("{:?}", back), format!("{:?}", hotp));
        let shown = |hotp: &Hotp| hotp.code_at(counter).expose_text().to_owned();
        prop_assert_eq!(shown(&back), shown(&hotp));
    }

    #[test]
    fn what_was_read_is_written_so_that_it_reads_the_same(
        kind in "(totp|hotp)",
        label in "(Bank:|Bank%3A%20|)[a-z@%20]{1,8}",
        parameters in proptest::collection::vec(
            "(issuer=Bank|digits=0?[678]|algorithm=sha(1|256|512)|period=[1-9][0-9]?|counter=[0-9]{1,20}|image=%41)",
            0..6,
        ),
    ) {
        let uri = format!("otpauth://{kind}/{label}?secret={SECRET}&{}", parameters.join("&"));
        if let Ok(uri) = KeyUri::parse(&uri) {
            let again = read(uri.expose_text());
            prop_assert_eq!(again.expose_text(), uri.expose_text());
            prop_assert_eq!((again.issuer(), again.account()), (uri.issuer(), uri.account()));
        }
    }

    #[test]
    fn hostile_text_never_panics(text in ".{0,80}", tail in "(&?(secret|issuer|digits|%[0-9a-g]{0,2}|=|:|é)){0,12}") {
        let _ = KeyUri::parse(&text);
        let _ = KeyUri::parse(&format!("otpauth://{text}{tail}"));
        let _ = KeyUri::parse(&format!("otpauth://totp/{tail}?secret={SECRET}&{tail}{text}"));
        let _ = KeyUri::parse(&format!("otpauth://hotp/{tail}?secret={SECRET}&counter={tail}{text}"));
    }
}
