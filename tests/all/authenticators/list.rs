//! The list, and the changes of one.

use std::sync::Mutex;

use super::world::{World, accepted, app, at, code_of, is_denied, settings};
use crate::support::timed::{TimedContext, TimedVerifier};
use countersign::account::{AddedBy, Agent, Authenticator, AuthenticatorState, Label, Lock};
use countersign::audit::{Event, EventKind};
use countersign::delivered::{CodeOrder, Destination, Issued, Notice};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Decision, Factor, Grant, Interaction,
    Policy, Request,
};

fn phone() -> Change {
    Change::SetPhone(Destination::phone("+62 812 3456 7834").unwrap())
}

#[test]
fn the_list_says_what_stands_and_how() {
    let world = World::new();
    world.add(&app(1), &at(0));
    let email = Destination::email("anna@example.com").unwrap();
    world.change(&phone(), &at(10));
    world.change(&Change::SetEmail(email), &at(20));
    world.change(&Change::AddTotp(app(2)), &at(30));
    let all = world.list(&at(40));
    let brief: Vec<_> = all
        .iter()
        .map(|one| (one.factor(), one.state(), one.hint(), one.added()))
        .collect();
    let pending = AuthenticatorState::Pending {
        until: at(630).now(),
    };
    let active = AuthenticatorState::Active;
    assert_eq!(
        brief,
        [
            (Factor::Totp, active, "", at(0).now()),
            (Factor::Totp, pending, "", at(30).now()),
            (Factor::PrivateCode, active, "+62 ••• ••• 34", at(10).now()),
            (
                Factor::IssuedRecoveryCode,
                active,
                "a•••@e•••.com",
                at(20).now()
            ),
        ]
    );
    assert!(all.iter().all(|one| one.added_by() == AddedBy::Host));
    assert!(all.iter().all(|one| one.last_used().is_none()));
    // A success shows by its day. The app that was not confirmed in time is gone.
    let later = at(3 * 86_400 + 5);
    world.show(&app(1), &later);
    let all = world.list(&later);
    assert_eq!(all.len(), 3);
    let day = later.now().unix() / 86_400 * 86_400;
    assert_eq!(all[0].last_used().unwrap().unix(), day);
}

#[test]
fn a_lock_of_the_factor_shows_in_the_list() {
    let world = World::new();
    world.add(&app(1), &at(0));
    let other = Interaction::from_bytes([8; 16]);
    let ctx = TimedContext::new(at(100).now(), Channel::Web, other);
    for _ in 0..5 {
        let wrong = Attempt::Totp(Code::typed("00000000"));
        assert!(is_denied(&world.attempt(&wrong, &ctx)));
    }
    let status = world.verifier.status(&world.anna, &ctx).unwrap();
    let Some(Lock::Until(release)) = status.locked(Factor::Totp) else {
        panic!("no lock")
    };
    let until = Some(release);
    assert_eq!(
        world.list(&ctx)[0].state(),
        AuthenticatorState::Locked { until }
    );
}

#[test]
fn a_disabled_authenticator_matches_nothing_until_it_is_enabled_and_is_new_then() {
    let world = World::new();
    world.add(&app(1), &at(0));
    world.add(&app(2), &at(0));
    let ids: Vec<_> = world.list(&at(0)).iter().map(Authenticator::id).collect();
    world.show(&app(1), &at(100));
    world.change(&Change::Disable(ids[0]), &at(110));
    assert_eq!(world.pieces(&at(110)), 0, "earlier evidence is void");
    assert!(is_denied(&world.try_app(&app(1), &at(200))));
    world.show(&app(2), &at(200));
    // Twice is once: evidence of after stands.
    world.change(&Change::Disable(ids[0]), &at(210));
    assert_eq!(world.pieces(&at(210)), 1);
    world.change(&Change::Disable(ids[1]), &at(220));
    let status = world.verifier.status(&world.anna, &at(220)).unwrap();
    assert!(!status.is_enrolled(Factor::Totp));
    world.change(&Change::Enable(ids[0]), &at(1_000));
    world.change(&Change::Enable(ids[0]), &at(2_000));
    let shown = world.show(&app(1), &at(3_000));
    assert_eq!(shown.enrolled_at(), Some(at(1_000).now()));
    assert_eq!(world.list(&at(3_000))[0].added(), at(0).now());
}

#[test]
fn a_disabled_telephone_gets_no_codes_and_the_same_number_enables_it() {
    let world = World::new();
    world.change(&phone(), &at(0));
    let id = world.list(&at(0))[0].id();
    let open = world.code_to(&CodeOrder::private(), &at(10));
    world.change(&Change::Disable(id), &at(20));
    let told = world.attempt(&Attempt::Delivered(open), &at(30));
    assert!(is_denied(&told), "an open code is void");
    let issued = world
        .verifier
        .issue(&world.anna, &CodeOrder::private(), &at(100));
    let Issued::Ready(delivery) = issued.unwrap() else {
        panic!("locked")
    };
    assert!(delivery.send(|_, _| ()).is_none(), "sent to nobody");
    world.change(&phone(), &at(200));
    assert_eq!(world.list(&at(200))[0].state(), AuthenticatorState::Active);
    let code = world.code_to(&CodeOrder::private(), &at(300));
    let shown = accepted(world.attempt(&Attempt::Delivered(code), &at(300)));
    assert_eq!(shown.enrolled_at(), Some(at(200).now()), "it was changed");
}

/// An impostor who may disable the telephone could otherwise keep a warning from the customer.
#[test]
fn a_disabled_telephone_is_warned_all_the_same() {
    let world = World::new();
    world.change(&phone(), &at(0));
    let id = world.list(&at(0))[0].id();
    world.change(&Change::Disable(id), &at(10));
    let warned = world
        .verifier
        .warnings(&world.anna, Notice::Suspended, &at(20))
        .unwrap();
    assert_eq!(warned.len(), 1);
    assert_eq!(warned[0].to().address(), "+6281234567834");
}

#[test]
fn one_is_removed_and_the_others_stay() {
    let world = World::new();
    for tag in 1..=3 {
        world.add(&app(tag), &at(0));
    }
    let ids: Vec<_> = world.list(&at(0)).iter().map(Authenticator::id).collect();
    world.change(&Change::RemoveOne(ids[1]), &at(10));
    let left: Vec<_> = world.list(&at(10)).iter().map(Authenticator::id).collect();
    assert_eq!(left, [ids[0], ids[2]]);
    assert!(is_denied(&world.try_app(&app(2), &at(100))));
    // One that waits for its first code was shown by nobody: its removal signs nobody out.
    world.show(&app(3), &at(200));
    world.change(&Change::AddTotp(app(4)), &at(210));
    let waits = world.list(&at(210))[2].id();
    let refused = world.refused(&Change::Disable(waits), &at(220));
    assert!(refused.contains("first code"), "{refused}");
    world.change(&Change::RemoveOne(waits), &at(230));
    assert_eq!(world.pieces(&at(230)), 1);
}

const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."authenticator.list".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
    [action."authenticator.rename".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
    [action."authenticator.add".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
"#;

fn grant(world: &World, action: &str) -> Grant {
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = match action {
        "authenticator.add" => Request::new(action).handled_by(Agent::new("mia").unwrap()),
        _ => Request::new(action),
    };
    let decision = world
        .verifier
        .decide(&policy, &request, &world.anna, &at(110));
    match decision.unwrap() {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_grant_lists_by_its_own_action_and_adds_for_the_agent_who_handles_it() {
    let world = World::new();
    world.add(&app(1), &at(0));
    world.show(&app(1), &at(100));
    let (list, rename, add) = (
        grant(&world, "authenticator.list"),
        grant(&world, "authenticator.rename"),
        grant(&world, "authenticator.add"),
    );
    let listed = |grant: &Grant| {
        let by = Authority::Granted(grant);
        world.verifier.authenticators(&world.anna, &by, &at(120))
    };
    let all = listed(&list).unwrap();
    let refused = listed(&rename).unwrap_err().to_string();
    assert!(
        refused.starts_with("grant: is for `authenticator.rename`"),
        "{refused}"
    );
    let name = Change::Rename(all[0].id(), Label::new("phone").unwrap());
    for (change, grant) in [
        (name, &rename),
        (Change::AddTotp(app(2)), &add),
        (Change::ConfirmTotp(code_of(&app(2), &at(140))), &add),
    ] {
        let by = Authority::Granted(grant);
        let changed = world.verifier.change(&world.anna, &change, &by, &at(140));
        assert_eq!(changed.unwrap(), Changed::Done);
    }
    let all = world.list(&at(150));
    assert_eq!(all[0].label().text(), "phone");
    assert_eq!(all[0].added_by(), AddedBy::Host);
    assert_eq!(all[1].added_by(), AddedBy::Agent);
}

#[test]
fn the_trail_says_which_change_it_was() {
    let trail = Mutex::new(Vec::new());
    let sink = |event: &Event| {
        trail.lock().unwrap().push(event.kind);
        Ok(())
    };
    let verifier = TimedVerifier::new(MemoryStore::new(), settings()).with_audit(sink);
    let anna = World::new().anna;
    verifier.create(&anna, &at(0)).unwrap();
    let host = Authority::Host;
    let change = |change: &Change| verifier.change(&anna, change, &host, &at(1)).unwrap();
    let _ = change(&phone());
    let id = verifier.authenticators(&anna, &host, &at(1)).unwrap()[0].id();
    let _ = change(&Change::Rename(id, Label::default()));
    let _ = change(&Change::Disable(id));
    let _ = change(&Change::Enable(id));
    let _ = change(&Change::RemoveOne(id));
    let changed = |action| EventKind::Changed {
        action,
        by_host: true,
    };
    assert_eq!(
        trail.lock().unwrap()[2..],
        [
            EventKind::Listed { by_host: true },
            changed("authenticator.rename"),
            changed("authenticator.disable"),
            changed("authenticator.enable"),
            changed("authenticator.remove"),
        ]
    );
}
