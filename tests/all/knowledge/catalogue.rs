//! Questions of every kind, from the catalogue to the verdict.

use std::collections::BTreeSet;

use countersign::{
    Error,
    hashing::{Cost, HashPermit},
    knowledge::{AnswerBlocklist, AnswerHashes, Answers, Catalogue, Question, QuestionId},
};

use crate::support::questions::{catalogue, id, keyring, permits, subject, typed};

/// What the customer enrolled.
const ENROLLED: [(u16, &str); 5] = [
    (1, "Sankt-Hedwig-Straße"),
    (2, "1.12.1958"),
    (3, "5500 1234 5678 9012"),
    (4, "+62 812 3456 7834"),
    (5, "In the app"),
];

fn known() -> AnswerBlocklist {
    AnswerBlocklist::new()
        .and_known("Maya Sari")
        .and_known("1984-02-29")
        .and_common("Hogwarts")
}

fn enrol(catalogue: &Catalogue, answers: &Answers) -> Result<AnswerHashes, Error> {
    let permit: &mut HashPermit = &mut permits(1)[0];
    catalogue.enrol(answers, &known(), &keyring(), Cost::default(), permit)
}

fn enrolled() -> AnswerHashes {
    let catalogue = catalogue();
    enrol(&catalogue, &typed(&catalogue, &ENROLLED)).unwrap()
}

#[track_caller]
fn judges(hashes: &AnswerHashes, given: &[(u16, &str)]) -> bool {
    let asked: Vec<QuestionId> = given.iter().map(|(number, _)| id(*number)).collect();
    let answers = typed(&catalogue(), given);
    hashes
        .judge(&asked, &answers, &keyring(), &mut permits(2))
        .unwrap()
}

/// One answer changed, the others as they were.
fn but(number: u16, text: &'static str) -> Vec<(u16, &'static str)> {
    let given = |(other, right)| (other, if other == number { text } else { right });
    ENROLLED.map(given).to_vec()
}

#[track_caller]
fn refused(answers: &[(u16, &str)], rule: &str) {
    let catalogue = catalogue();
    let error = enrol(&catalogue, &typed(&catalogue, answers)).unwrap_err();
    assert!(error.is_misuse());
    assert_eq!(error.to_string(), rule);
}

#[test]
fn b61_a_birthday_of_another_calendar_is_refused_with_a_hint() {
    let hint = "answer to question 2: must be a day of the past, by the Gregorian calendar: the year 2554 of the Buddhist \
                era is 2011";
    for typed in [
        "1.12.2501",
        "๑/๑๒/๒๕๐๑",
        "2501-12-01",
        "01122501",
        "1.12.5719",
    ] {
        refused(&but(2, typed), hint);
    }
    refused(
        &but(2, "1.13.2501"),
        "answer to question 2: must be an existing day, as in `29.2.1984`",
    );
    // A later day than today's, where the moment is known.
    let catalogue = catalogue();
    let now = countersign::Timestamp::from_unix(1_800_000_000).unwrap();
    let permit: &mut HashPermit = &mut permits(1)[0];
    for (day, well) in [("1.1.2027", true), ("1.1.2028", false), ("1.12.1958", true)] {
        let answers = typed(&catalogue, &but(2, day));
        let enrolled = catalogue.enrol(
            &answers,
            &known().at(now),
            &keyring(),
            Cost::default(),
            permit,
        );
        match enrolled {
            Ok(_) => assert!(well, "{day}"),
            Err(error) => assert!(!well && error.to_string() == hint, "{day}: {error}"),
        }
    }
    // At a check it is a wrong answer like any other.
    assert!(!judges(&enrolled(), &but(2, "1.12.2501")));
}

#[test]
fn an_answer_of_each_kind_is_known_in_its_spellings() {
    let hashes = enrolled();
    for spelt in [
        [
            (1, "SANKT HEDWIG STRASSE"),
            (2, "01/12/1958"),
            (3, "9012"),
            (4, "+6281234567834"),
            (5, "app"),
        ],
        [
            (1, "sankthedwigstrasse"),
            (2, "1958-12-01"),
            (3, "９０１２"),
            (4, "+62 (812) 3456-7834"),
            (5, "IN THE APP"),
        ],
    ] {
        assert!(judges(&hashes, &spelt), "{spelt:?}");
    }
}

#[test]
fn p02_b11_another_answer_of_any_kind_makes_the_whole_wrong() {
    let hashes = enrolled();
    for given in [
        but(1, "Sankt-Hedwig-Gasse"),
        but(2, "12.1.1958"),
        but(3, "9013"),
        but(4, "+6281234567835"),
        but(5, "post"),
        but(2, "31.2.1958"),
        but(5, "by pigeon"),
        but(4, "0812 3456 7834"),
        but(3, ""),
    ] {
        assert!(!judges(&hashes, &given), "{given:?}");
    }
}

#[test]
fn b33_weak_answers_are_refused_with_question_and_rule() {
    for (first, rule) in [
        (
            "Ng",
            "must hold three letters or digits (a Chinese or Korean letter counts as two)",
        ),
        ("...", "must hold a letter or a digit"),
        ("aaaa", "must not be one letter over and over"),
        ("First School", "must not be words of the question"),
        ("sari", "must not be what is known of the subject"),
        ("don't know", "must not be a common answer"),
        ("HOGWARTS", "must not be a common answer"),
    ] {
        refused(&but(1, first), &format!("answer to question 1: {rule}"));
    }
    refused(
        &but(2, "29.2.1984"),
        "answer to question 2: must not be what is known of the subject",
    );
    refused(
        &but(2, "30.2.1984"),
        "answer to question 2: must be an existing day, as in `29.2.1984`",
    );
    refused(
        &but(3, "12"),
        "answer to question 3: must be the last 4 digits of a number, or all of it",
    );
    refused(
        &but(3, "4444"),
        "answer to question 3: must not be one letter over and over",
    );
    refused(
        &but(4, "0812"),
        "answer to question 4: must begin with `+` and hold 7 to 15 digits",
    );
    refused(
        &but(5, "by pigeon"),
        "answer to question 5: must be one of the options",
    );
    refused(
        &but(1, "9012"),
        "answer to question 3: must not be the answer to question 1 too",
    );
}

#[test]
fn what_must_be_answered_is_asked_for() {
    refused(
        &[(1, "Hedwig"), (2, "1.12.1958"), (5, "app")],
        "answer to question 3: is required",
    );
    refused(
        &[(1, "Hedwig"), (3, "9012")],
        "answers: must be as many as are asked: 3",
    );
    refused(
        &[(1, "Hedwig"), (3, "9012"), (9, "a")],
        "question 9: is not in the catalogue",
    );
    refused(&[], "answer to question 3: is required");
    // A day given as words has not the form of a day.
    let catalogue = catalogue();
    let answers = typed(&catalogue, &[(1, "Hedwig"), (3, "9012")]).and(id(2), "1.12.1958");
    assert_eq!(
        enrol(&catalogue, &answers).unwrap_err().to_string(),
        "answer to question 2: must be given as the kind that its question takes"
    );
}

#[test]
fn b16_refusals_never_repeat_an_answer() {
    let catalogue = catalogue();
    for secret in ["zyzzyva\0", "zyzzyva\u{e000}", &"zyzzyva".repeat(40)] {
        let answers = typed(&catalogue, &[(1, secret), (3, "9012"), (5, "zyzzyva")]);
        let told = enrol(&catalogue, &answers).unwrap_err();
        assert!(
            !format!("{told}{told:?}{answers:?}").contains("zyzzyva"),
            "{told}"
        );
    }
    let told = format!("{:?}", known());
    assert_eq!(told, "AnswerBlocklist(2 known, 1 common)");
}

#[test]
fn catalogues_that_cannot_be_asked_are_refused_by_their_rule() {
    let text = |number| Question::text(id(number), "What?").unwrap();
    let many = |count: u16| (0..count).map(text).collect::<Vec<_>>();
    let asked = "questions asked: must be 1 to 16, all that are required, and no more than the catalogue holds that are not retired";
    for (catalogue, rule) in [
        (
            Catalogue::new(1, many(0)),
            "catalogue: must hold 1 to 64 questions",
        ),
        (
            Catalogue::new(1, many(65)),
            "catalogue: must hold 1 to 64 questions",
        ),
        (
            Catalogue::new(1, [text(1), text(2), text(1)]),
            "question 1: must stand in the catalogue once",
        ),
        (Catalogue::new(0, many(2)), asked),
        (Catalogue::new(3, many(2)), asked),
        (Catalogue::new(17, many(64)), asked),
        (
            Catalogue::new(1, [text(1).required(), text(2).required()]),
            asked,
        ),
    ] {
        assert_eq!(catalogue.unwrap_err().to_string(), rule);
    }
    assert!(Catalogue::new(16, many(64)).is_ok());
    let unknown = catalogue().prompts(&[id(1), id(77)]).unwrap_err();
    let rule =
        "question 77: is not in the catalogue: keep its wording there, as `Question::retired`";
    assert_eq!(unknown.to_string(), rule);
}

#[test]
fn b28_required_questions_are_in_every_selection_and_every_other_comes() {
    let (catalogue, hashes) = (catalogue(), enrolled());
    let selections: BTreeSet<Vec<QuestionId>> =
        (0..200).map(|_| catalogue.draw(&hashes).unwrap()).collect();
    // Two of four others, in the order of enrolment: 200 draws miss one of six by a chance of 1 in 10^15.
    assert_eq!(selections.len(), 6);
    for selection in selections {
        assert_eq!(selection.len(), 3);
        assert!(selection.contains(&id(3)) && selection.is_sorted());
    }
}

/// Every question of the customer's in use, retired or gone; and every number that can be asked.
#[test]
fn b58_as_many_are_asked_as_the_catalogue_says_and_retired_ones_last() {
    let hashes = enrolled();
    let all = catalogue();
    let new = [9, 10, 11, 12, 13, 14].map(|number| Question::text(id(number), "New?").unwrap());
    for case in 0..3_usize.pow(5) {
        let state = |place: u32| case / 3_usize.pow(place) % 3;
        let of_state = |wanted| {
            let own = all.questions().iter().zip(0..5);
            own.filter(move |(_, place)| state(*place) == wanted)
                .map(|(question, _)| question.clone())
        };
        let in_use: BTreeSet<_> = of_state(0).map(|question| question.id()).collect();
        let retired: BTreeSet<_> = of_state(1).map(|question| question.id()).collect();
        for asked in 1..=6_u8 {
            let questions = of_state(0).chain(of_state(1).map(Question::retired));
            let catalogue = Catalogue::new(asked, questions.chain(new.clone())).unwrap();
            let asked = usize::from(asked);
            let drawn = match catalogue.draw(&hashes) {
                Ok(drawn) => drawn,
                Err(error) => {
                    let rule = "answers: must be as many as are asked: 6; enrol again";
                    assert_eq!((error.to_string().as_str(), asked), (rule, 6));
                    continue;
                }
            };
            assert_eq!(drawn.len(), asked, "{case}");
            assert!(drawn.is_sorted_by(|a, b| a < b));
            let count =
                |of: &BTreeSet<QuestionId>| drawn.iter().filter(|id| of.contains(id)).count();
            assert_eq!(count(&in_use), asked.min(in_use.len()), "{case}");
            let left = asked - count(&in_use);
            assert_eq!(count(&retired), left.min(retired.len()), "{case}");
            // The third is required, as long as it is in use.
            assert!(!in_use.contains(&id(3)) || drawn.contains(&id(3)));
        }
    }
}

#[test]
fn b12_an_unknown_name_is_asked_the_same_again_and_others_otherwise() {
    let (catalogue, ring) = (catalogue(), keyring());
    let asked = |name: &str| catalogue.for_unknown(&subject(name), &ring).unwrap();
    let mut all = BTreeSet::new();
    for name in (0..100).map(|number| format!("N-{number}")) {
        let first = asked(&name);
        assert_eq!(first, asked(&name));
        assert_eq!(first.len(), 3);
        assert!(
            first.contains(&id(3)),
            "what is required is asked of everybody"
        );
        all.insert(first);
    }
    assert_eq!(
        all.len(),
        6,
        "every selection that a known subject can have"
    );
    let rotated = ring
        .clone()
        .rotated_to(countersign::field::RootKey::generate(9).unwrap())
        .unwrap();
    assert_eq!(
        catalogue.for_unknown(&subject("N-1"), &rotated).unwrap(),
        asked("N-1"),
        "a rotation leaves them"
    );
}

#[test]
fn another_language_asks_the_same_questions() {
    let options = [
        ("branch", "In der Filiale"),
        ("app", "In der App"),
        ("post", "Per Post"),
    ];
    let german = Catalogue::new(
        1,
        [Question::choice(id(5), "Wie haben Sie Ihr Konto eröffnet?", &options).unwrap()],
    )
    .unwrap();
    let answers = german.answer(Answers::new(), id(5), "in der app");
    let right = enrolled().judge(&[id(5)], &answers, &keyring(), &mut permits(1));
    assert!(right.unwrap());
}

#[test]
fn the_english_catalogue_can_be_asked() {
    let english = Catalogue::english();
    let prompts = english.prompts(&english.ids().collect::<Vec<_>>()).unwrap();
    assert_eq!(prompts.len(), 10);
}

#[test]
fn bad_input_is_wrong_and_nothing_else() {
    let hashes = enrolled();
    let long = "9".repeat(1 << 20);
    for text in [
        long.as_str(),
        "\u{301}\u{302}",
        "\u{1f600}\u{1f1e9}\u{1f1ea}",
        "\u{378}",
        "\u{e000}",
        "\0",
        "Sаnkt Hedwig Straße",
    ] {
        let given: Vec<(u16, &str)> = ENROLLED.iter().map(|(number, _)| (*number, text)).collect();
        assert!(!judges(&hashes, &given), "{text:.20?}");
    }
}

#[test]
fn b11_only_all_right_answers_are_right_in_any_order() {
    let hashes = enrolled();
    let right = [(1, "sankt hedwig strasse"), (2, "1/12/1958"), (3, "9012")];
    for wrong in 0_u8..8 {
        let mut given: Vec<(u16, &str)> = (0..)
            .zip(right)
            .map(|(bit, (number, right))| {
                (
                    number,
                    if wrong & (1 << bit) == 0 {
                        right
                    } else {
                        "7777"
                    },
                )
            })
            .collect();
        for _ in 0..2 {
            let answers = typed(&catalogue(), &given);
            let right = hashes.judge(&[1, 2, 3].map(id), &answers, &keyring(), &mut permits(3));
            assert_eq!(right.unwrap(), wrong == 0, "{given:?}");
            given.reverse();
        }
    }
}
