//! Bad input: ids and labels.

use super::world::{World, app, at};
use countersign::account::{AuthenticatorId, Label};
use countersign::{Authority, Change, ErrorKind, Subject};

#[test]
fn ids_that_are_unknown_gone_or_of_another_subject_are_refused() {
    let world = World::new();
    world.add(&app(1), &at(0));
    let id = world.list(&at(0))[0].id();
    let bert = Subject::new("bank", "C-1043").unwrap();
    world.verifier.create(&bert, &at(0)).unwrap();
    let changes = |id| {
        let name = Change::Rename(id, Label::new("x").unwrap());
        let others = [
            Change::Disable(id),
            Change::Enable(id),
            Change::RemoveOne(id),
        ];
        others.into_iter().chain([name])
    };
    let numbers = (0..300).chain((300..=u16::MAX).step_by(997));
    for number in numbers.chain([u16::MAX]) {
        for change in changes(AuthenticatorId::new(number)) {
            let host = Authority::Host;
            let refused = world.verifier.change(&bert, &change, &host, &at(1));
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::BadInput, "{number}");
        }
    }
    assert_eq!(world.list(&at(2)).len(), 1, "Anna's stands");
    world.change(&Change::RemoveOne(id), &at(3));
    for change in changes(id) {
        assert_eq!(
            world.refused(&change, &at(4)),
            "authenticator: must be one of this subject: `Verifier::authenticators` lists them"
        );
    }
    let nobody = Subject::new("bank", "C-9999").unwrap();
    let list = world
        .verifier
        .authenticators(&nobody, &Authority::Host, &at(5));
    assert_eq!(list.unwrap_err().kind(), ErrorKind::UnknownSubject);
}

#[test]
fn labels_are_one_line_of_64_characters_and_turn_no_page_around() {
    let refused = |text: &str| Label::new(text).unwrap_err().to_string();
    let long = "label: must hold 64 characters at most";
    for text in [
        "a".repeat(10 << 20),
        "\u{301}".repeat(5 << 20),
        "a".repeat(65),
    ] {
        assert_eq!(refused(&text), long);
    }
    let widest = "\u{20bb7}".repeat(64);
    assert_eq!(Label::new(&widest).unwrap().text().len(), 256);
    for text in [
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{200f}b",
        "a\nb",
        "a\tb",
        "\u{0}",
        "a\u{ad}b",
        "\u{e000}",
        "\u{301}",
    ] {
        let refused = refused(text);
        assert!(refused.starts_with("label: must be one line"), "{text:?}");
    }
    let pile = format!("a{}", "\u{32a}".repeat(8));
    assert!(refused(&pile).starts_with("label: must be one line"));
    for (text, form) in [
        ("  Anna's \u{a0} phone ", "Anna's phone"),
        ("Mu\u{308}ller", "Müller"),
        ("هاتف", "هاتف"),
        (" ", ""),
    ] {
        assert_eq!(Label::new(text).unwrap().text(), form);
    }
    let world = World::new();
    world.add(&app(1), &at(0));
    let id = world.list(&at(0))[0].id();
    for label in [Label::new(&widest).unwrap(), Label::default()] {
        world.change(&Change::Rename(id, label.clone()), &at(1));
        assert_eq!(*world.list(&at(1))[0].label(), label);
    }
}
