//! RFC 9470 and RFC 8176: challenges, and what evidence is in a token.

use countersign::{Aal, Class, Lifetime, Policy, Request, StepUpChallenge, Strength};
use proptest::prelude::*;

use crate::world::{NOW, World, app, at, ctx, ways};

const TEXT: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [attester.face]
    class = "inherence"
    amr = "face"
    [[acr]]
    value = "urn:shop:some"
    any = [{ all = [{ class = "possession", max_age = 600 }] }]
    [[acr]]
    value = "urn:shop:strong"
    any = [{ all = [{ aal = 2, max_age = 300 }] }]
    [action."order.cancel".every_tier]
    any = [{ acr = "urn:shop:strong" }, { all = [{ factor = "spoken_code", max_age = 120 }] }]
"#;

fn policy() -> Policy {
    Policy::from_toml(TEXT).unwrap()
}

#[test]
fn p11_a_step_up_is_the_challenge_of_rfc_9470() {
    let world = World::new();
    let asked = ways(world.decide(&policy(), &Request::new("order.cancel"), &[], &app(0)));
    let challenge = StepUpChallenge::of(&asked).unwrap();
    assert_eq!(
        challenge.to_string(),
        "Bearer error=\"insufficient_user_authentication\", \
         error_description=\"more or fresher authentication is required\", \
         acr_values=\"urn:shop:strong\", max_age=\"120\""
    );
    assert_eq!(
        challenge.to_string().parse::<StepUpChallenge>().unwrap(),
        challenge
    );
    assert_eq!(StepUpChallenge::of(&[]), None);
}

/// RFC 9470 3, figures 3 and 4, as sent; then spellings that RFC 9110 11.6.1 allows.
#[test]
fn p11_challenges_are_read_in_every_spelling() {
    let acr = ["myACR"];
    for (header, acr, max_age) in [
        (
            "Bearer error=\"insufficient_user_authentication\", \
             error_description=\"A different authentication level is required\", acr_values=\"myACR\"",
            &acr[..],
            None,
        ),
        (
            "Bearer error=\"insufficient_user_authentication\", \
             error_description=\"More recent authentication is required\", max_age=\"5\"",
            &[],
            Some(5),
        ),
        (
            "bearer ERROR = insufficient_user_authentication ,Max_Age=5",
            &[],
            Some(5),
        ),
        (
            "Negotiate YWJj==, Basic realm=\"a, \\\"b\\\"\", DPoP algs=\"ES256\", error=\"insufficient_user_authentication\", \
             acr_values=\"a  b\"",
            &["a", "b"],
            None,
        ),
        (
            "Bearer error=\"insufficient_user_authentication\"",
            &[],
            None,
        ),
    ] {
        let read: StepUpChallenge = header.parse().unwrap();
        assert_eq!(read.acr_values(), acr, "{header}");
        assert_eq!(read.max_age(), max_age.map(Lifetime::seconds), "{header}");
    }
}

#[test]
fn p11_what_is_no_challenge_is_refused() {
    let error = "error=\"insufficient_user_authentication\"";
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer error=\"invalid_token\"".to_owned(),
        format!("Bearer {error}, {error}"),
        format!("Bearer {error}, Bearer {error}"),
        format!("Bearer {error}, max_age=5, max_age=6"),
        format!("Bearer {error}, max_age=\"-5\""),
        format!("Bearer {error}, max_age=\"+5\""),
        format!("Bearer {error}, max_age=\"4294967296\""),
        format!("Bearer {error}, max_age=\"\""),
        format!("Bearer {error} max_age=5"),
        error.to_string(),
        "Bearer error=\"insufficient_user_authentication".to_owned(),
        format!("Bearer {error}, acr_values=\"\u{e4}\""),
        format!("Bearer {error}, acr_values=\"a\\\"b\""),
        format!("Bearer {error}, x=\"{}\"", "y".repeat(8_192)),
        format!("Bearer {error}\r\nSet-Cookie: a=b"),
    ] {
        assert!(header.parse::<StepUpChallenge>().is_err(), "{header}");
    }
}

#[test]
fn evidence_is_said_in_the_words_of_tokens() {
    let world = World::new();
    let claims = |shown: &[_]| policy().claims(shown, &world.standing(&app(100)), &app(100));
    assert_eq!(claims(&[]).acr(), None);
    assert_eq!(claims(&[]).auth_time(), None);
    let (totp, face) = (
        world.totp(&app(60)),
        world.attested("face", Class::Inherence, Strength::Full, &app(90)),
    );
    let one = claims(std::slice::from_ref(&totp));
    assert_eq!(
        (one.acr(), one.aal()),
        (Some("urn:shop:some"), Some(Aal::One))
    );
    assert_eq!(one.amr(), ["otp"]);
    assert_eq!(one.auth_time(), Some(at(NOW + 60)));
    let both = claims(&[face, totp]);
    assert_eq!(
        (both.acr(), both.aal()),
        (Some("urn:shop:strong"), Some(Aal::Two))
    );
    assert_eq!(both.amr(), ["face", "mfa", "otp"]);
    assert_eq!(
        both.auth_time(),
        Some(at(NOW + 60)),
        "the oldest of what it rests on"
    );
    let by_phone = claims(&[world.totp(&ctx(100))]);
    assert_eq!(
        (by_phone.acr(), by_phone.aal()),
        (Some("urn:shop:some"), None)
    );
}

#[test]
fn classes_are_named_once_and_known() {
    for (from, to, rule) in [
        (
            "urn:shop:strong\"\n",
            "urn:shop:some\"\n",
            "must not be stated twice",
        ),
        (
            "value = \"urn:shop:strong\"",
            "value = \"two words\"",
            "printable ASCII",
        ),
        (
            "{ acr = \"urn:shop:strong\" }",
            "{ acr = \"urn:shop:storng\" }",
            "did you mean `urn:shop:strong`?",
        ),
        (
            "{ all = [{ aal = 2, max_age = 300 }] }",
            "{ acr = \"urn:shop:some\" }",
            "must state `all`, and no other `acr`",
        ),
        ("aal = 2", "aal = 4", "must be 1, 2 or 3"),
        (
            "class = \"inherence\"",
            "clas = \"inherence\"",
            "did you mean `class`?",
        ),
    ] {
        let error = Policy::from_toml(&TEXT.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(rule), "{error}");
    }
}

proptest! {
    #[test]
    fn p11_challenges_survive_the_way(
        acr in prop::collection::vec("[!#-\\[\\]-~]{1,20}", 0..4),
        age in prop::option::of(any::<u32>()),
    ) {
        let values: Vec<_> = acr.iter().map(String::as_str).collect();
        if let Ok(challenge) = StepUpChallenge::new(&values, age.map(Lifetime::seconds)) {
            prop_assert_eq!(challenge.to_string().parse::<StepUpChallenge>().unwrap(), challenge);
        } else {
            prop_assert!(values.is_empty() && age.is_none());
        }
    }

    #[test]
    fn p11_no_header_makes_it_panic(header in "\\PC{0,60}", cut in 0..200_usize) {
        let _ = header.parse::<StepUpChallenge>();
        let sent = format!("Basic a=b, Bearer error=\"insufficient_user_authentication\", max_age=\"5\"{header}");
        let end = (0..=cut.min(sent.len())).rev().find(|end| sent.is_char_boundary(*end)).unwrap();
        let _ = sent[..end].parse::<StepUpChallenge>();
    }
}
