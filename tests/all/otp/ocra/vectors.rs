//! RFC 6287, appendix C: each value as its mode computes and checks it.
use std::collections::BTreeMap;

use countersign::otp::ocra::{MutualClient, MutualServer};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Rfc6287 {
    source: String,
    secrets: BTreeMap<String, String>,
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    kind: String,
    suite: String,
    secret: String,
    step: Option<u64>,
    pin: Option<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    counter: Option<u64>,
    question: String,
    response: String,
}

fn published() -> Rfc6287 {
    toml::from_str(include_str!("../../../vectors/rfc_6287.toml")).unwrap()
}

/// All cases of a kind, each with its block and a name.
fn of_kind(kind: &str) -> Vec<(Ocra, Option<u64>, Case, String)> {
    let Rfc6287 {
        source,
        secrets,
        group,
    } = published();
    let groups = group.into_iter().filter(|group| group.kind == kind);
    groups
        .flat_map(|group| {
            let place = format!("{source}, {kind}, {}", group.suite);
            let ocra = with_secret(&group.suite, secrets[&group.secret].as_bytes());
            assert_eq!(group.pin.is_some(), ocra.suite().pin_hash().is_some());
            group.cases.into_iter().map(move |case| {
                let place = format!("{place}, {}", case.question);
                (ocra.clone(), group.step, case, place)
            })
        })
        .collect()
}

#[test]
fn o09_all_seventy_values_are_there() {
    let count = |kind: &str| of_kind(kind).len();
    assert_eq!(count("one_way"), 40);
    assert_eq!((count("mutual_server"), count("mutual_client")), (10, 10));
    assert_eq!(count("signature"), 10);
}

/// One-way, and plain signatures: shown by a device, and accepted once by a host.
#[test]
fn o11_rfc_6287_one_way_and_signature() {
    for (ocra, step, case, place) in of_kind("one_way").into_iter().chain(of_kind("signature")) {
        let when = at(step.unwrap_or(30_000_000) * 60);
        let counter = case.counter.unwrap_or(0);
        let text = shown(&ocra, counter, &case.question, when);
        assert_eq!(text, case.response, "{place}");

        let mut state = OcraState::stored(7, counter, 0);
        let challenge = asked(&case.question, 7, when);
        let verdict = check(&ocra, &mut state, &challenge, &case.response, when);
        assert_eq!(verdict, Verdict::Accepted, "{place}");
        let counter = case.counter.map_or(0, |counter| counter + 1);
        let expected = OcraState::stored(8, counter, step.unwrap_or(0));
        assert_eq!(state, expected, "{place}");
        let verdict = check(&ocra, &mut state, &challenge, &case.response, when);
        assert_eq!(verdict, Verdict::Replayed, "{place}");
    }
}

/// Both sides, with the RFC's questions. Where the RFC has one suite and one secret for both directions, which is refused
/// here, the direction that is not looked at has another secret.
#[test]
fn o11_rfc_6287_mutual() {
    let clients = of_kind("mutual_client");
    let mut answered = 0;
    for ((server, _, heard, place), (client, _, said, _)) in
        of_kind("mutual_server").into_iter().zip(clients)
    {
        let (client_question, server_question) = heard.question.split_at(8);
        assert_eq!(said.question, format!("{server_question}{client_question}"));
        let one_secret = server.suite() == client.suite();
        let unless = |ocra: &Ocra, looked_at: bool| match looked_at || !one_secret {
            true => ocra.clone(),
            false => with_secret(ocra.suite().as_str(), &[9; 32]),
        };

        let app = MutualClient::new(unless(&server, true), unless(&client, false)).unwrap();
        let opening = challenge_bytes(client_question, 0, now());
        let opening: OcraChallenge = minicbor::decode(&opening).unwrap();
        let asked = OcraQuestion::typed(server.suite(), server_question).unwrap();
        let response = OcraResponse::typed(&heard.response);
        let mut state = MutualState::default();
        let step = app.check(&state, &opening, &asked, &response, now());
        let Ok(shown) = settle(&mut state, step.unwrap()) else {
            panic!("{place}")
        };
        if !one_secret {
            assert_eq!(shown.expose_text(), said.response, "{place}");
            answered += 1;
        }

        let host = MutualServer::new(unless(&server, false), unless(&client, true)).unwrap();
        let challenge = (server_question, 0, now().unix(), false, client_question);
        let challenge = minicbor::to_vec(challenge).unwrap();
        let challenge: OcraChallenge = minicbor::decode(&challenge).unwrap();
        let response = OcraResponse::typed(&said.response);
        let mut state = MutualState::default();
        let step = host.check(&state, &challenge, &response, now()).unwrap();
        assert_eq!(settle(&mut state, step), Verdict::Accepted, "{place}");
    }
    assert_eq!(answered, 5);
}

/// The RFC's own pair of directions, of one suite and one secret, is not built.
#[test]
fn o11_the_rfcs_one_secret_for_both_directions_is_refused() {
    let one = ocra("OCRA-1:HOTP-SHA256-8:QA08");
    let error = MutualServer::new(one.clone(), one).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ocra directions: must differ in suite or secret"
    );
}
