//! RFC 9470 and RFC 8176: challenges, and evidence in a token.

use core::time::Duration;
use countersign::{
    FactorClass, Policy, Request, Strength,
    policy::{Aal, StepUpChallenge},
};
use proptest::prelude::*;

use crate::support::world::{NOW, World, app, at, ctx, options};

const TEXT: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [external_verifier.face]
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
    let asked = options(world.decide(&policy(), &Request::new("order.cancel"), &[], &app(0)));
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
        assert_eq!(read.max_age(), max_age.map(Duration::from_secs), "{header}");
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
    let claims =
        |shown: &[_]| policy().claims(shown, &world.status(&app(100)), &app(100), app(100).now());
    assert_eq!(claims(&[]).acr(), None);
    assert_eq!(claims(&[]).auth_time(), None);
    let (totp, face) = (
        world.totp(&app(60)),
        world.attested("face", FactorClass::Inherence, Strength::Full, &app(90)),
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
        age in prop::option::of(0..=u64::from(u32::MAX)),
    ) {
        let values: Vec<_> = acr.iter().map(String::as_str).collect();
        if let Ok(challenge) = StepUpChallenge::new(&values, age.map(Duration::from_secs)) {
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

const ERROR: &str = "error=\"insufficient_user_authentication\"";

fn read(header: &str) -> Result<(Vec<String>, Option<u64>), String> {
    let read = header.parse::<StepUpChallenge>();
    let read = read.map_err(|error| error.to_string())?;
    let age = read.max_age().map(|age| age.as_secs());
    Ok((read.acr_values().to_vec(), age))
}

/// RFC 9110 5.6.1.2: a recipient ignores empty elements of a list.
#[test]
fn b61_p11_empty_elements_of_a_list_do_not_count() {
    let five = Ok((vec![], Some(5)));
    for header in [
        format!(",Negotiate,Bearer {ERROR}, max_age=5,,,"),
        format!(" ,\t, Bearer {ERROR} ,,\t,max_age=5"),
        format!("Bearer {ERROR},max_age=5,Negotiate,"),
        format!("Bearer ,{ERROR},max_age=5"),
        format!("Bearer {ERROR},max_age=5{}", ",".repeat(8_000)),
        format!("Negotiate YWJj==,,Bearer {ERROR},max_age=5"),
        format!("Digest realm=\"a,b\", qop=\"auth,auth-int\",,Bearer {ERROR},,max_age=\"5\""),
    ] {
        assert_eq!(read(&header), five, "{header}");
    }
    for header in [",,,", " , ", "\t", ",=", ",\"\"", "Bearer,,error"] {
        assert!(read(header).is_err(), "{header}");
    }
}

/// RFC 9110 11.6.1: a resource may be guarded by several schemes; RFC 9470 names none.
#[test]
fn b61_p11_the_same_demand_for_several_schemes_is_one() {
    let demand = format!("{ERROR}, acr_values=\"gold silver\", max_age=5");
    let expected = Ok((vec!["gold".to_owned(), "silver".to_owned()], Some(5)));
    for header in [
        format!("DPoP {demand}, Bearer {demand}, GNAP {demand}"),
        format!("DPoP algs=\"ES256 PS256\", {demand}, Bearer {demand}"),
        format!("Bearer {demand}, Bearer {demand}"),
        format!(
            "Basic realm=\"x\", Bearer {demand}, DPoP error=\"invalid_token\", GNAP {demand}, Negotiate"
        ),
        // The order of what is enough is a preference, and the first is the server's.
        format!("Bearer {demand}, DPoP {ERROR}, acr_values=\"silver gold silver\", max_age=5"),
    ] {
        assert_eq!(read(&header), expected, "{header}");
    }
}

#[test]
fn b61_p11_of_differing_demands_the_strictest_is_read_and_never_a_laxer_one() {
    let strict = "acr_values=\"gold\", max_age=5";
    for lax in [
        "",
        ", max_age=6",
        ", max_age=4294967295",
        ", acr_values=\"gold\"",
        ", acr_values=\"silver gold\"",
        ", acr_values=\"gold silver\", max_age=5",
        ", acr_values=\"\", max_age=5",
    ] {
        let expected = Ok((vec!["gold".to_owned()], Some(5)));
        for header in [
            format!("Bearer {ERROR}, {strict}, DPoP {ERROR}{lax}"),
            format!("Bearer {ERROR}{lax}, DPoP {ERROR}, {strict}"),
            format!(
                "GNAP {ERROR}{lax}, Bearer {ERROR}{lax}, DPoP {ERROR}, {strict}, X {ERROR}{lax}"
            ),
        ] {
            assert_eq!(read(&header), expected, "{header}");
        }
    }
    for (one, other) in [
        ("acr_values=\"gold\"", "max_age=5"),
        ("acr_values=\"gold\"", "acr_values=\"silver\""),
        ("acr_values=\"gold silver\"", "acr_values=\"silver bronze\""),
        (
            "acr_values=\"gold\", max_age=6",
            "acr_values=\"gold silver\", max_age=5",
        ),
        ("acr_values=\"gold\"", "acr_values=\"Gold\""),
    ] {
        for header in [
            format!("Bearer {ERROR}, {one}, DPoP {ERROR}, {other}"),
            format!("Bearer {ERROR}, {other}, DPoP {ERROR}, {one}"),
            format!("Bearer {ERROR}, {other}, DPoP {ERROR}, {one}, GNAP {ERROR}"),
        ] {
            let text = read(&header).unwrap_err();
            assert!(text.contains("that differ"), "{header}: {text}");
        }
        // One that satisfies both may decide, wherever it stands.
        let both = format!("{ERROR}, acr_values=\"gold\", max_age=5");
        let three = [
            format!("Bearer {ERROR}, {one}"),
            format!("DPoP {ERROR}, {other}"),
            format!("GNAP {both}"),
        ];
        if one.contains("gold")
            && !one.contains("silver")
            && (other.contains("max_age=5") || other == "max_age=5")
        {
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
                let header = order.map(|place| three[place].clone()).join(", ");
                assert_eq!(
                    read(&header),
                    Ok((vec!["gold".to_owned()], Some(5))),
                    "{header}"
                );
            }
        }
    }
}

#[test]
fn b61_p11_hostile_headers_are_refused() {
    for header in [
        format!("Negotiate YWJj==, {ERROR}, max_age=5"),
        format!("Bearer {ERROR}, max_age=5, max_age=6, DPoP {ERROR}, max_age=5"),
        format!("Bearer {ERROR}, error=\"invalid_token\""),
        format!("Bearer {ERROR}, acr_values=\"a\\\r\nX: y\""),
        format!("Bearer {ERROR}, acr_values=\"a\\\0b\""),
        format!("Bearer {ERROR}\u{2028}, max_age=5"),
        format!("Beare\u{433} {ERROR}"),
        format!("Bearer {ERROR}\u{ff0c} max_age=5"),
        format!("Bearer {ERROR}; max_age=5"),
        format!("Bearer {ERROR}, max_age=5 Negotiate"),
        format!("Bearer{ERROR}"),
        ",".repeat(10 << 20),
        format!("Bearer {ERROR}, ").repeat(10_000),
    ] {
        assert!(
            read(&header).is_err(),
            "{}",
            &header[..header.len().min(99)]
        );
    }
    // As many as a header holds, each with another class: little work, and an error.
    let many: String = (0..120)
        .map(|n| format!("B {ERROR},acr_values=\"{n}\","))
        .collect();
    assert!(many.len() <= StepUpChallenge::MAX_BYTES);
    assert!(read(&many).unwrap_err().contains("that differ"));
    let long: Vec<_> = (0..2_000).map(|number| format!("c{number}")).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    assert!(
        StepUpChallenge::new(&long, None).is_err(),
        "nobody could read it"
    );
}

proptest! {
    #[test]
    fn b61_p11_what_is_printed_is_read_and_of_two_the_strictest(
        one in prop::collection::vec("[a-d]", 0..4),
        other in prop::collection::vec("[a-d]", 0..4),
        ages in (prop::option::of(0..4_u64), prop::option::of(0..4_u64)),
        commas in " {0,2}(, ?){1,4}",
    ) {
        let build = |values: &[String], age: Option<u64>| {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            StepUpChallenge::new(&values, age.map(Duration::from_secs))
        };
        let (Ok(one), Ok(other)) = (build(&one, ages.0), build(&other, ages.1)) else { return Ok(()) };
        prop_assert_eq!(&one.to_string().parse::<StepUpChallenge>().unwrap(), &one);
        // By a model: everything that fulfils a demand, as pairs of class and age.
        let fulfilling = |demand: &StepUpChallenge| -> Vec<(usize, u64)> {
            let classes = ["a", "b", "c", "d", "none"];
            let fits = |class: &str| demand.acr_values().is_empty() || demand.acr_values().iter().any(|acr| acr == class);
            let places = (0..classes.len()).filter(|place| fits(classes[*place]));
            places.flat_map(|place| (0..5).map(move |age| (place, age)))
                .filter(|(_, age)| demand.max_age().is_none_or(|most| *age <= most.as_secs()))
                .collect()
        };
        let both = format!("{one}{commas}{}", other.to_string().replace("Bearer", "DPoP"));
        let within = |inner: &StepUpChallenge, outer: &StepUpChallenge| {
            let outer = fulfilling(outer);
            fulfilling(inner).iter().all(|pair| outer.contains(pair))
        };
        match both.parse::<StepUpChallenge>() {
            Ok(read) => {
                prop_assert!(read == one || read == other);
                prop_assert!(within(&read, &one) && within(&read, &other), "{both}");
            }
            Err(_) => prop_assert!(!within(&one, &other) && !within(&other, &one), "{both}"),
        }
    }

    #[test]
    fn b61_p11_no_list_makes_it_panic(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "Bearer", "DPoP", " ", ",", "=", "==", "\"", "\\", "error", "=\"insufficient_user_authentication\"",
                "max_age", "acr_values", "5", "a b", "\t", "\u{e9}", "\u{feff}", "\0", "~",
            ]),
            0..40,
        ),
    ) {
        let header = parts.concat();
        if let Ok(challenge) = header.parse::<StepUpChallenge>() {
            prop_assert_eq!(challenge.to_string().parse::<StepUpChallenge>().unwrap(), challenge);
        }
    }
}
