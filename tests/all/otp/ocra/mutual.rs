//! Both directions: who is checked first, and what a recording, a reflection and another's question are worth.
use countersign::{
    Transaction,
    otp::ocra::{MutualClient, MutualServer, OcraTask},
};
use proptest::prelude::*;

use super::*;

const PLAIN: &str = "OCRA-1:HOTP-SHA256-8:QN08";
const PIN: &str = "OCRA-1:HOTP-SHA256-8:QN08-PSHA256";

/// A host and an app, with what they store.
struct Pair {
    host: MutualServer,
    app: MutualClient,
    at_host: MutualState,
    in_app: MutualState,
}

impl Pair {
    fn new(server: &str, client: &str) -> Self {
        let secrets: [&[u8]; 2] = if server == client {
            [SECRET, &[9; 32]]
        } else {
            [SECRET, SECRET]
        };
        let [server, client] = [
            with_secret(server, secrets[0]),
            with_secret(client, secrets[1]),
        ];
        Self {
            host: MutualServer::new(server.clone(), client.clone()).unwrap(),
            app: MutualClient::new(server, client).unwrap(),
            at_host: MutualState::default(),
            in_app: MutualState::default(),
        }
    }

    /// The same, where the customer's answers are signatures.
    fn signing(server: &str, client: &str) -> Self {
        let (server, client) = (ocra(server), ocra(client).for_signatures());
        Self {
            host: MutualServer::new(server.clone(), client.clone()).unwrap(),
            app: MutualClient::new(server, client).unwrap(),
            at_host: MutualState::default(),
            in_app: MutualState::default(),
        }
    }

    fn open(&self) -> OcraChallenge {
        self.app.open(&self.in_app, now()).unwrap()
    }

    /// What the agent reads out.
    #[track_caller]
    fn ask(&mut self, opening: &OcraChallenge, task: OcraTask<'_>) -> (String, OcraChallenge) {
        let step = self
            .host
            .challenge(&self.at_host, opening.question(), task, now())
            .unwrap();
        let (answer, challenge) = settle(&mut self.at_host, step);
        (answer.expose_text().to_owned(), challenge)
    }

    #[track_caller]
    fn hear(
        &mut self,
        opening: &OcraChallenge,
        asked: &OcraQuestion,
        answer: &str,
    ) -> Result<SecretText, Verdict> {
        let answer = OcraResponse::typed(answer);
        let step = self
            .app
            .check(&self.in_app, opening, asked, &answer, now())
            .unwrap();
        settle(&mut self.in_app, step)
    }

    /// What the app shows for the customer to say.
    #[track_caller]
    fn heard_as_genuine(
        &mut self,
        opening: &OcraChallenge,
        asked: &OcraQuestion,
        answer: &str,
    ) -> String {
        match self.hear(opening, asked, answer) {
            Ok(shown) => shown.expose_text().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check(&mut self, challenge: &OcraChallenge, response: &str) -> Verdict {
        let response = OcraResponse::typed(response);
        let step = self
            .host
            .check(&self.at_host, challenge, &response, now())
            .unwrap();
        settle(&mut self.at_host, step)
    }

    /// A whole call, and everything that was said in it.
    #[track_caller]
    fn call(&mut self, task: OcraTask<'_>) -> (OcraChallenge, OcraChallenge, String, String) {
        let opening = self.open();
        let (answer, challenge) = self.ask(&opening, task);
        let response = self.heard_as_genuine(&opening, challenge.question(), &answer);
        assert_eq!(self.check(&challenge, &response), Verdict::Accepted);
        (opening, challenge, answer, response)
    }
}

fn pairs() -> [Pair; 4] {
    [
        Pair::new(PLAIN, PLAIN),
        Pair::new(PLAIN, PIN),
        Pair::new(
            "OCRA-1:HOTP-SHA512-8:C-QA08",
            "OCRA-1:HOTP-SHA512-8:C-QA08-PSHA1-T1M",
        ),
        Pair::new("OCRA-1:HOTP-SHA1-6:QH64-T1M", "OCRA-1:HOTP-SHA1-0:QH64"),
    ]
}

#[test]
fn o11_both_sides_are_checked_once() {
    for mut pair in pairs() {
        for round in 0..3 {
            let (opening, challenge, answer, response) = pair.call(OcraTask::authenticate());
            let heard = pair.hear(&opening, challenge.question(), &answer);
            assert!(matches!(heard, Err(Verdict::Replayed)));
            assert_eq!(pair.check(&challenge, &response), Verdict::Replayed);
            assert_eq!(pair.in_app.server().round(), round + 1);
            assert_eq!(pair.at_host.client().round(), round + 1);
            assert_eq!(
                pair.in_app.client().counter(),
                pair.at_host.client().counter()
            );
            assert_eq!(
                pair.in_app.server().counter(),
                pair.at_host.server().counter()
            );
        }
    }
}

#[test]
fn o11_a_recorded_call_is_worth_nothing_to_either_side() {
    for mut pair in pairs() {
        let (_, recorded, answer, response) = pair.call(OcraTask::authenticate());
        // To the customer: the next call has another question.
        let opening = pair.open();
        let heard = pair.hear(&opening, recorded.question(), &answer);
        assert!(matches!(heard, Err(Verdict::Wrong)), "{heard:?}");
        // To the host.
        let (_, challenge) = pair.ask(&opening, OcraTask::authenticate());
        assert_eq!(pair.check(&challenge, &response), Verdict::Wrong);
        assert_eq!(pair.check(&recorded, &response), Verdict::Replayed);
    }
}

/// Somebody without a secret lets the host do the work: what it says is sent back, and what it asks is asked of it.
#[test]
fn o11_an_answer_of_one_side_is_none_of_the_other() {
    for mut pair in pairs() {
        let opening = pair.open();
        let (answer, challenge) = pair.ask(&opening, OcraTask::authenticate());
        assert_eq!(pair.check(&challenge, &answer), Verdict::Wrong);
        let (reflected, _) = {
            let step = pair
                .host
                .challenge(
                    &pair.at_host,
                    challenge.question(),
                    OcraTask::authenticate(),
                    now(),
                )
                .unwrap();
            settle(&mut pair.at_host, step)
        };
        assert_eq!(
            pair.check(&challenge, reflected.expose_text()),
            Verdict::Wrong
        );
        // And towards the customer: the own response is no answer of the host.
        let response = pair.heard_as_genuine(&opening, challenge.question(), &answer);
        let opening = pair.open();
        let heard = pair.hear(&opening, challenge.question(), &response);
        assert!(matches!(heard, Err(Verdict::Wrong)));
    }
}

/// With the same two questions, one secret and one suite, an answer would be one of the other side: so they are not built.
#[test]
fn o11_directions_that_could_be_taken_for_one_another_are_refused() {
    let refused = |server: Ocra, client: Ocra, rule: &str| {
        for error in [
            MutualServer::new(server.clone(), client.clone()).unwrap_err(),
            MutualClient::new(server.clone(), client.clone()).unwrap_err(),
        ] {
            assert!(error.is_misuse());
            assert_eq!(error.to_string(), rule);
        }
    };
    let differ = "ocra directions: must differ in suite or secret";
    refused(ocra(PLAIN), ocra(PLAIN), differ);
    // A window makes no other function of it, nor do zeros behind the secret (RFC 2104 2).
    let timed = "OCRA-1:HOTP-SHA256-8:QN08-T1M";
    refused(
        ocra(timed),
        ocra(timed).with_time_window(5, 5).unwrap(),
        differ,
    );
    let met = [SECRET, &[0; 7]].concat();
    refused(ocra(PLAIN), with_secret(PLAIN, &met), differ);
    let one = "ocra directions: must have questions of one format and length";
    for other in ["QN09", "QA08", "QH08"] {
        refused(
            ocra(PLAIN),
            ocra(&format!("OCRA-1:HOTP-SHA256-8:{other}")),
            one,
        );
    }
    let pin = "ocra server suite: must be without a PIN, which is the customer's";
    refused(ocra(PIN), ocra(PLAIN), pin);
    let signs = "ocra server secret: must not be for signatures, which are the customer's";
    refused(ocra(PLAIN).for_signatures(), ocra(PIN), signs);
}

#[test]
fn o11_questions_have_their_exact_length() {
    let suites = ["OCRA-1:HOTP-SHA256-8:QA08", "OCRA-1:HOTP-SHA256-8:QA08-T1M"];
    let pair = Pair::signing(suites[0], suites[1]);
    let opening = pair.open();
    for short in ["1", "1234567"] {
        let question = OcraQuestion::typed(&suite(suites[0]), short).unwrap();
        let error = pair
            .host
            .challenge(
                &pair.at_host,
                &question,
                OcraTask::sign_text("12345678"),
                now(),
            )
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "ocra question: must be exactly as long as its suite says"
        );
        let answer = OcraResponse::typed("12345678");
        assert!(
            pair.app
                .check(&pair.in_app, &opening, &question, &answer, now())
                .is_err()
        );
        let task = OcraTask::sign_text(short);
        let error = pair
            .host
            .challenge(&pair.at_host, opening.question(), task, now())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "ocra question: must be exactly as long as its suite says"
        );
    }
    // Also where they come from a record.
    for (one, other) in [("1234567", "12345678"), ("12345678", "123456789")] {
        let bytes = minicbor::to_vec((one, 0, now().unix(), false, other)).unwrap();
        let challenge: OcraChallenge = minicbor::decode(&bytes).unwrap();
        let answer = OcraResponse::typed("12345678");
        assert!(
            pair.host
                .check(&pair.at_host, &challenge, &answer, now())
                .unwrap_err()
                .is_misuse()
        );
    }
}

#[test]
fn o11_no_response_without_a_genuine_host() {
    for mut pair in pairs() {
        let opening = pair.open();
        let (answer, challenge) = pair.ask(&opening, OcraTask::authenticate());
        let before = pair.in_app.clone();
        let mut wrong = answer.clone().into_bytes();
        wrong[0] = if wrong[0] == b'7' { b'8' } else { b'7' };
        let wrong = String::from_utf8(wrong).unwrap();
        let other = pair.open();
        for said in [wrong.as_str(), "", "trust me", &answer[1..]] {
            assert!(matches!(
                pair.hear(&opening, challenge.question(), said),
                Err(Verdict::Wrong)
            ));
        }
        let bent = other.question();
        assert!(
            matches!(pair.hear(&opening, bent, &answer), Err(Verdict::Wrong)),
            "another question"
        );
        assert!(
            matches!(
                pair.hear(&other, challenge.question(), &answer),
                Err(Verdict::Wrong)
            ),
            "another opening"
        );
        assert_eq!(pair.in_app, before);
        pair.heard_as_genuine(&opening, challenge.question(), &answer);
    }
}

#[test]
fn b01_nothing_is_told_before_it_is_stored() {
    let pair = Pair::new(
        "OCRA-1:HOTP-SHA512-8:C-QA08",
        "OCRA-1:HOTP-SHA512-8:C-QA08-PSHA1",
    );
    let opening = pair.open();
    let challenge = || {
        pair.host.challenge(
            &pair.at_host,
            opening.question(),
            OcraTask::authenticate(),
            now(),
        )
    };
    let told = challenge().unwrap().commit(|_| Saved::<()>::Conflict);
    assert!(matches!(told, Ok(CommitResult::Conflict)));
    assert!(
        challenge()
            .unwrap()
            .commit(|_| Saved::Failed("gone"))
            .is_err()
    );
}

#[test]
fn o04_lost_answers_are_looked_over() {
    let mut pair = Pair::new(
        "OCRA-1:HOTP-SHA512-8:C-QA08",
        "OCRA-1:HOTP-SHA512-8:C-QA08-PSHA1",
    );
    let opening = pair.open();
    for _ in 0..3 {
        pair.ask(&opening, OcraTask::authenticate());
    }
    let (answer, challenge) = pair.ask(&opening, OcraTask::authenticate());
    pair.heard_as_genuine(&opening, challenge.question(), &answer);
    assert_eq!(
        pair.in_app.server().counter(),
        pair.at_host.server().counter()
    );
    // Four in a row are one too many.
    let opening = pair.open();
    for _ in 0..4 {
        pair.ask(&opening, OcraTask::authenticate());
    }
    let (answer, challenge) = pair.ask(&opening, OcraTask::authenticate());
    assert!(matches!(
        pair.hear(&opening, challenge.question(), &answer),
        Err(Verdict::Wrong)
    ));
}

#[test]
fn o11_signatures_with_server_authentication() {
    let transfer = Transaction::new("TX-1")
        .and_then(|new| new.with("amount", "99.50 EUR"))
        .unwrap();
    let mut pair = Pair::signing(
        "OCRA-1:HOTP-SHA256-8:QH64",
        "OCRA-1:HOTP-SHA256-8:QH64-PSHA1",
    );
    let (_, challenge, _, signed) = pair.call(OcraTask::sign(transfer.digest()));
    let suite = pair.host.client().suite().clone();
    let expected = OcraQuestion::of_transaction(&suite, transfer.digest()).unwrap();
    assert_eq!(challenge.question(), &expected);
    // The same one again has the customer's fresh question in it.
    let (_, challenge, _, again) = pair.call(OcraTask::sign(transfer.digest()));
    assert_eq!(challenge.question(), &expected);
    assert_ne!(signed, again);

    let mut pair = Pair::signing(PLAIN, "OCRA-1:HOTP-SHA256-8:C-QN08");
    let (_, challenge, ..) = pair.call(OcraTask::sign_text("40019950"));
    assert_eq!(challenge.question().as_str(), "40019950");
    // A customer's question may be a recorded one: so a text needs a counter or a time of the customer's.
    let pair = Pair::signing("OCRA-1:HOTP-SHA256-8:C-QN08", PLAIN);
    let opening = pair.open();
    let error = pair.host.challenge(
        &pair.at_host,
        opening.question(),
        OcraTask::sign_text("40019950"),
        now(),
    );
    assert!(error.unwrap_err().is_misuse());
}

#[test]
fn o11_a_session_goes_into_the_directions_that_have_one() {
    let with = "OCRA-1:HOTP-SHA256-8:QN08-S016";
    for (server, client) in [
        (with, PLAIN),
        (PLAIN, with),
        (with, "OCRA-1:HOTP-SHA256-8:QN08-S032"),
    ] {
        let Pair { host, app, .. } = Pair::new(server, client);
        let opening = app.open(&MutualState::default(), now()).unwrap();
        let in_call = |data: &[u8]| Pair {
            host: host.clone().in_session(data).unwrap(),
            app: app.clone().in_session(data).unwrap(),
            at_host: MutualState::default(),
            in_app: MutualState::default(),
        };
        in_call(b"call 4711").call(OcraTask::authenticate());
        let mut mixed = Pair {
            host: in_call(b"call 4712").host,
            ..in_call(b"call 4711")
        };
        let (answer, challenge) = mixed.ask(&opening, OcraTask::authenticate());
        match mixed.hear(&opening, challenge.question(), &answer) {
            Ok(shown) => {
                assert_eq!(server, PLAIN);
                assert_eq!(mixed.check(&challenge, shown.expose_text()), Verdict::Wrong);
            }
            other => assert!(matches!(other, Err(Verdict::Wrong))),
        }
        assert!(host.clone().in_session(&[7; 17]).is_err() || client.ends_with("032"));
    }
    let plain = Pair::new(PLAIN, PLAIN);
    assert!(plain.host.in_session(b"x").unwrap_err().is_misuse());
    assert!(plain.app.in_session(b"x").unwrap_err().is_misuse());
    let Pair {
        host,
        app,
        at_host,
        in_app,
    } = Pair::new(with, PLAIN);
    let opening = app.open(&in_app, now()).unwrap();
    let step = host.challenge(
        &at_host,
        opening.question(),
        OcraTask::authenticate(),
        now(),
    );
    assert_eq!(
        step.unwrap_err().to_string(),
        "ocra session: must be given, as the suite has one"
    );
}

/// All that was said so far, in the hands of somebody who has no secret.
#[derive(Clone, Debug)]
enum Move {
    Open,
    Ask {
        opening: usize,
    },
    Hear {
        opening: usize,
        challenge: usize,
        said: usize,
    },
    Check {
        challenge: usize,
        said: usize,
    },
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        1 => Just(Move::Open),
        2 => (0_usize..4).prop_map(|opening| Move::Ask { opening }),
        3 => (0_usize..4, 0_usize..6, 0_usize..12)
            .prop_map(|(opening, challenge, said)| Move::Hear { opening, challenge, said }),
        3 => (0_usize..6, 0_usize..12).prop_map(|(challenge, said)| Move::Check { challenge, said }),
    ]
}

proptest! {
    /// Whatever is passed on to whom: an app takes an answer for genuine only if the host gave it to this opening with this
    /// question; a host accepts a response only if the app gave it to this challenge, and each once.
    #[test]
    fn o11_words_passed_around_are_taken_from_their_speaker_only(
        which in 0_usize..4,
        moves in proptest::collection::vec(any_move(), 1..40),
    ) {
        let mut pair = pairs().into_iter().nth(which).unwrap();
        let (mut openings, mut challenges) = (vec![pair.open()], Vec::new());
        // What was said, with the numbers of opening and challenge, and by whom.
        let mut said: Vec<(String, usize, usize, bool)> = Vec::new();
        let (mut heard, mut accepted) = (Vec::new(), Vec::new());
        for step in moves {
            match step {
                Move::Open => openings.push(pair.open()),
                Move::Ask { opening } => {
                    let Some(asked) = openings.get(opening) else { continue };
                    let (answer, challenge) = pair.ask(&asked.clone(), OcraTask::authenticate());
                    said.push((answer, opening, challenges.len(), true));
                    challenges.push(challenge);
                }
                Move::Hear { opening, challenge, said: word } => {
                    let (Some(asked), Some(question), Some((text, of, with, by_host))) =
                        (openings.get(opening).cloned(), challenges.get(challenge).cloned(), said.get(word).cloned())
                    else { continue };
                    if let Ok(shown) = pair.hear(&asked, question.question(), &text) {
                        prop_assert!(by_host && (of, with) == (opening, challenge));
                        prop_assert!(!heard.contains(&opening), "an opening was answered twice");
                        heard.push(opening);
                        said.push((shown.expose_text().to_owned(), opening, challenge, false));
                    }
                }
                Move::Check { challenge, said: word } => {
                    let (Some(asked), Some((text, _, with, by_host))) =
                        (challenges.get(challenge).cloned(), said.get(word).cloned())
                    else { continue };
                    if pair.check(&asked, &text) == Verdict::Accepted {
                        prop_assert!(!by_host && with == challenge);
                        prop_assert!(!accepted.contains(&challenge), "a challenge was accepted twice");
                        accepted.push(challenge);
                    }
                }
            }
        }
    }
}

/// One type holds the questions of one direction and of two, so a mix-up is refused by name.
#[test]
fn a_challenge_of_one_kind_is_not_checked_by_the_other() {
    let mut pair = Pair::new(PLAIN, PLAIN);
    let opening = pair.open();
    let (_, challenge) = pair.ask(&opening, OcraTask::authenticate());
    let response = OcraResponse::typed("12345678");
    let one_way = pair.host.client();
    let alone = one_way
        .challenge(&OcraState::default(), OcraTask::authenticate(), now())
        .unwrap();
    let error = pair.host.check(&pair.at_host, &alone, &response, now());
    assert_eq!(
        error.unwrap_err().to_string(),
        "ocra challenge: must be one of `MutualServer::challenge`"
    );
    let rule = "ocra challenge: must not be one of `MutualServer::challenge`";
    let error = one_way.check(&OcraState::default(), &challenge, &response, now());
    assert_eq!(error.unwrap_err().to_string(), rule);
    let asked = challenge.question();
    let error = pair
        .app
        .check(&pair.in_app, &challenge, asked, &response, now());
    assert_eq!(error.unwrap_err().to_string(), rule);
}
