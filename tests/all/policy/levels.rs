//! Classes and assurance levels: SP 800-63-4 2.3.1, SP 800-63B-4 2.1 to 2.3.

use crate::support::timed::TimedContext;
use core::time::Duration;
use countersign::{
    Evidence, Factor, FactorClass, Policy, Request, Strength, delivered::CodeOrder, policy::Aal,
};

use crate::support::world::{NOW, World, app, at, ctx, in_words, options, policy};

const ATTESTERS: &str = r#"
    [external_verifier.face]
    class = "inherence"
    [external_verifier.token]
    class = "possession"
    aal = 3
    [external_verifier.pin]
    class = "knowledge"
    strength = "restricted"
"#;

fn level(number: u8) -> Policy {
    policy(ATTESTERS, &format!("{{ aal = {number} }}"))
}

fn face(world: &World, ctx: &TimedContext) -> Evidence {
    world.attested("face", FactorClass::Inherence, Strength::Full, ctx)
}

fn pin(world: &World, ctx: &TimedContext) -> Evidence {
    world.attested("pin", FactorClass::Knowledge, Strength::Full, ctx)
}

#[test]
fn n20_each_level_ends_after_its_time() {
    let world = World::new();
    let (one, two) = (
        vec![world.totp(&app(0))],
        vec![world.totp(&app(60)), pin(&world, &app(60))],
    );
    for (number, shown, since, seconds) in [(1, &one, 0, 86_400), (2, &two, 60, 86_400)] {
        let at_end = |extra: i64| {
            let now = since + seconds + extra;
            // Active all the while: the end is the level's own.
            let request = Request::new("a").last_active(at(NOW + now));
            let decided = world.decide(&level(number), &request, shown, &app(now));
            matches!(decided, countersign::Decision::Allow(_))
        };
        assert!(at_end(0), "AAL{number}: the last second counts");
        assert!(!at_end(1), "AAL{number}");
    }
    let token = [world.attested("token", FactorClass::Possession, Strength::Full, &app(0))];
    let at_end = |now: i64| {
        let request = Request::new("a").last_active(at(NOW + now));
        let decided = world.decide(&level(3), &request, &token, &app(now));
        matches!(decided, countersign::Decision::Allow(_))
    };
    assert!(at_end(43_200) && !at_end(43_201), "AAL3");
}

#[test]
fn n21_levels_end_without_activity() {
    let world = World::new();
    let shown = [world.totp(&app(0)), pin(&world, &app(0))];
    assert!(world.allows(&level(2), &shown, &app(3_600)));
    assert!(!world.allows(&level(2), &shown, &app(3_601)));
    let token = [world.attested("token", FactorClass::Possession, Strength::Full, &app(0))];
    assert!(world.allows(&level(3), &token, &app(900)));
    assert!(!world.allows(&level(3), &token, &app(901)));
    assert!(
        world.allows(&level(1), &token, &app(901)),
        "AAL1 does not end so"
    );
    let from_the_future = Request::new("a").last_active(at(NOW + 9_999));
    let decided = world.decide(&level(2), &from_the_future, &shown, &app(3_601));
    assert!(matches!(decided, countersign::Decision::StepUp(_)));
}

#[test]
fn n21_one_factor_is_enough_after_a_pause() {
    let world = World::new();
    let mut shown = vec![world.totp(&app(0)), pin(&world, &app(0))];
    let asked = options(world.decide(&level(2), &Request::new("a"), &shown, &app(7_200)));
    assert!(
        asked.iter().all(|option| option.requirements().len() == 1),
        "{asked:?}"
    );
    shown.push(pin(&world, &app(7_200)));
    assert!(world.allows(&level(2), &shown, &app(7_200)));
}

#[test]
fn n22_what_is_not_the_subject_s_any_more_counts_for_nothing() {
    let world = World::new();
    let shown = [world.totp(&app(0))];
    assert!(world.allows(&level(1), &shown, &app(0)));
    world.suspends(&app(1));
    let epoch_later = world.status(&app(1));
    assert_ne!(shown[0].epoch(), epoch_later.epoch());
    let claims = level(1).claims(&shown, &epoch_later, &app(1), app(1).now());
    assert_eq!((claims.aal(), claims.auth_time()), (None, None));
}

#[test]
fn n23_two_of_one_class_are_one() {
    let world = World::new();
    let two_haves = [
        world.totp(&app(0)),
        world.sent(CodeOrder::private(), &app(0)),
    ];
    assert!(!world.allows(&level(2), &two_haves, &app(0)));
    let classes = policy("", "{ classes = 2, max_age = 600 }");
    assert!(!world.allows(&classes, &two_haves, &app(0)));
    let claims = level(2).claims(&two_haves, &world.status(&app(0)), &app(0), app(0).now());
    assert_eq!(claims.aal(), Some(Aal::One));
    assert_eq!(claims.amr(), ["otp", "sms"], "and no mfa");
}

#[test]
fn what_the_subject_is_counts_only_beside_what_it_has() {
    let world = World::new();
    let (face, pin) = (face(&world, &app(0)), pin(&world, &app(0)));
    assert!(!world.allows(&level(2), &[face.clone(), pin.clone()], &app(0)));
    let totp = world.totp(&app(0));
    assert!(world.allows(&level(2), &[face, totp.clone()], &app(0)));
    assert!(world.allows(&level(2), &[pin, totp], &app(0)));
}

#[test]
fn levels_count_protected_channels_only() {
    let world = World::new();
    for seconds in [0, 60] {
        let by_phone = [world.totp(&ctx(seconds)), pin(&world, &app(seconds))];
        assert!(!world.allows(&level(2), &by_phone, &app(seconds)));
    }
    let keypad = TimedContext::new(
        at(NOW),
        countersign::Channel::Keypad,
        crate::support::world::call(),
    )
    .protected();
    assert!(
        !world
            .attested("pin", FactorClass::Knowledge, Strength::Full, &keypad)
            .is_protected()
    );
    let words = in_words(world.decide(&level(1), &Request::new("a"), &[], &ctx(0)));
    assert!(
        words
            .iter()
            .all(|option| option.contains("on a protected channel")),
        "{words:?}"
    );
}

#[test]
fn attested_evidence_counts_as_it_is_listed_only() {
    let world = World::new();
    let classes = policy(ATTESTERS, "{ classes = 2, max_age = 600 }");
    let totp = world.totp(&ctx(0));
    let with = |by: &str, class, strength| {
        let other = world.attested(by, class, strength, &ctx(0));
        world.allows(&classes, &[totp.clone(), other], &ctx(0))
    };
    assert!(with("face", FactorClass::Inherence, Strength::Full));
    assert!(!with("face", FactorClass::Inherence, Strength::Restricted));
    assert!(
        !with("face", FactorClass::Knowledge, Strength::Full),
        "listed as another class"
    );
    assert!(
        !with("voice", FactorClass::Inherence, Strength::Full),
        "not listed"
    );
    assert!(with("pin", FactorClass::Knowledge, Strength::Restricted));
    assert!(!with("pin", FactorClass::Knowledge, Strength::Weak));
}

#[test]
fn level_three_is_what_the_document_says_of_an_attester() {
    let world = World::new();
    let everything = [
        world.totp(&app(0)),
        pin(&world, &app(0)),
        face(&world, &app(0)),
    ];
    assert!(!world.allows(&level(3), &everything, &app(0)));
    let asked = options(world.decide(&level(3), &Request::new("a"), &everything, &app(0)));
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].to_string(),
        "a verification by token on a protected channel"
    );
    let token = [world.attested("token", FactorClass::Possession, Strength::Full, &app(0))];
    assert!(world.allows(&level(3), &token, &app(0)));
    assert!(world.allows(&level(2), &token, &app(0)));
}

#[test]
fn n09_what_is_not_restricted_is_asked_for_by_strength() {
    let world = World::new();
    let full = policy(
        "",
        "{ class = \"possession\", strength = \"full\", max_age = 600 }",
    );
    assert!(!world.allows(&full, &[world.sent(CodeOrder::spoken(), &ctx(0))], &ctx(0)));
    assert!(world.allows(&full, &[world.totp(&ctx(0))], &ctx(0)));
    let asked = options(world.decide(&full, &Request::new("a"), &[], &ctx(0)));
    assert_eq!(
        asked[0].requirements()[0].factors(),
        [Factor::Totp],
        "of what is enrolled"
    );
}

#[test]
fn an_independent_channel_is_not_the_one_in_use() {
    let world = World::new();
    let apart = policy(
        "",
        "{ factor = \"totp\", max_age = 600, independent = true }",
    );
    let (on_the_call, in_the_app) = (world.totp(&ctx(0)), world.totp(&app(60)));
    assert!(!world.allows(&apart, std::slice::from_ref(&on_the_call), &ctx(60)));
    assert!(world.allows(&apart, std::slice::from_ref(&in_the_app), &ctx(60)));
    assert!(!world.allows(&apart, std::slice::from_ref(&in_the_app), &app(60)));
    assert!(world.allows(&apart, &[on_the_call], &app(60)));
}

#[test]
fn another_interaction_counts_only_where_the_document_says_so() {
    let world = World::new();
    let shown = [world.totp(&ctx(0))];
    let later = TimedContext::new(
        at(NOW + 10),
        countersign::Channel::Agent,
        countersign::Interaction::from_bytes([2; 16]),
    );
    let same = policy(
        "",
        "{ factor = \"totp\", max_age = 600, interaction = \"same\" }",
    );
    let any = policy(
        "",
        "{ factor = \"totp\", max_age = 600, interaction = \"any\" }",
    );
    assert!(!world.allows(&same, &shown, &later));
    assert!(world.allows(&any, &shown, &later));
    let protected = [world.totp(&app(60))];
    let later = TimedContext::new(at(NOW + 70), later.channel(), later.interaction());
    assert!(!world.allows(&level(1), &protected, &later));
    let classes = policy("", "{ classes = 1, max_age = 600 }");
    assert!(!world.allows(&classes, &protected, &later));
    assert!(world.allows(&classes, &protected, &ctx(70)));
}

#[test]
fn ages_of_the_document_may_shorten_a_level_and_not_lengthen_it() {
    let world = World::new();
    let short = policy(ATTESTERS, "{ aal = 1, max_age = 60 }");
    let shown = [world.totp(&app(0))];
    assert!(world.allows(&short, &shown, &app(60)));
    assert!(!world.allows(&short, &shown, &app(61)));
    assert_eq!(Aal::Two.longest(), Duration::from_secs(24 * 3_600));
}
