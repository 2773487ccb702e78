//! The page of the forms is right: each example of an input is read, and each output has the keys of its example.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::event::EventForm;
use super::policy::findings;
use super::rules::{BlocklistForm, PasswordRulesForm, PinRulesForm};
use super::{
    attempt, catalogue, change, decision, delivery, evidence, explanation, order, policy, prompts,
    read, request, settings, status, transaction, wording, write,
};
use crate::account::{Attempt, Change, Changed, Outcome};
use crate::audit::Event;
use crate::code::Code;
use crate::context::{Channel, Context};
use crate::delivered::{CodeOrder, Destination, Issued, Phrases, Wording};
use crate::ffi::failure::Failure;
use crate::ffi::handle::{free, give};
use crate::ffi::result::COUNTERSIGN_ERROR_JSON;
use crate::ffi::text::{Text, countersign_text_data};
use crate::field::{Keyring, LongTermSecret, RootKey};
use crate::grant::Authority;
use crate::knowledge::Catalogue;
use crate::otp::Totp;
use crate::otp::ocra::OcraTask;
use crate::policy::Deployment;
use crate::policy::loaded::Policy;
use crate::policy::request::Request;
use crate::store::memory::MemoryStore;
use crate::subject::Subject;
use crate::time::{ManualClock, Timestamp};
use crate::verifier::Verifier;

const PAGE: &str = include_str!("../forms.md");

/// The examples of a form.
fn examples(form: &str) -> Vec<&'static str> {
    let blocks = PAGE.split("```json ").skip(1);
    let examples: Vec<_> = blocks
        .filter_map(|block| block.split_once('\n'))
        .filter(|(name, _)| *name == form)
        .map(|(_, block)| block.split_once("```").unwrap().0)
        .collect();
    assert!(!examples.is_empty(), "no example of {form}");
    examples
}

fn keyring() -> Keyring {
    let (root, secret) = (RootKey::generate(1), LongTermSecret::generate(1));
    Keyring::new(root.unwrap(), secret.unwrap())
}

/// Reads each example, and refuses each with one more key.
fn reads<T>(form: &str, read: impl Fn(&str) -> Result<T, Failure>) {
    for example in examples(form) {
        if let Err(failure) = read(example) {
            panic!("{form}: {}: {example}", failure.text);
        }
        let more = example.trim().replacen('{', r#"{"surprise": 1, "#, 1);
        let refused = read(&more).err().unwrap();
        assert_eq!(refused.number, COUNTERSIGN_ERROR_JSON, "{form}: {more}");
    }
}

#[test]
fn each_example_of_an_input_is_read() {
    let keyring = keyring();
    let english = Catalogue::english();
    reads("transaction", transaction::transaction);
    reads("settings", |text| settings::settings(text, &keyring));
    reads("deployment", policy::deployment);
    reads("names", policy::names);
    reads("attempt", |text| attempt::attempt(text, Some(&english)));
    reads("change", change::change);
    reads("catalogue", catalogue::catalogue);
    reads("wording", wording::wording);
    reads("order", order::order);
    reads("task", order::task);
    reads("request", request::request);
    reads("catalogue", catalogue::catalogue);
    reads("wording", wording::wording);
    let now = Timestamp::from_unix(1_800_000_000).unwrap();
    reads("blocklist", |text| {
        Ok(read::secret::<BlocklistForm>("list", text)?.made(now))
    });
    reads("password_rules", |text| {
        read::secret::<PasswordRulesForm>("rules", text)?.made("")
    });
    reads("pin_rules", |text| {
        read::secret::<PinRulesForm>("rules", text)?.made()
    });
}

#[test]
fn an_error_names_no_secret() {
    for wrong in [
        r#"{"questions": [{"question": "hunter2", "answer": 1}]}"#,
        r#"{"hunter2": 1}"#,
        r#"{"totp_pair": ["1", {"hunter2": 2}]}"#,
        r#"{"totp_pair": "hunter2"}"#,
        r#""hunter2""#,
        r#"hunter2"#,
    ] {
        let failure = attempt::attempt(wrong, None).err().unwrap();
        assert!(!failure.text.contains("hunter2"), "{}", failure.text);
        assert!(failure.text.contains("line 1"), "{}", failure.text);
    }
    let failure = change::change(r#"{"set_pin": {"pin": "1", "hunter2": 1}}"#);
    let failure = failure.err().unwrap();
    assert!(!failure.text.contains("hunter2"), "{}", failure.text);
}

/// The value of a text that was written for C.
fn written(text: Result<Text, Failure>) -> Value {
    let handle = give(text.ok().unwrap());
    let (mut data, mut length) = (core::ptr::null(), 0);
    // SAFETY: the object lives, and its text stands until it is freed.
    let value = unsafe {
        assert_eq!(
            countersign_text_data(handle, &raw mut data, &raw mut length),
            0
        );
        let bytes = core::slice::from_raw_parts(data.cast::<u8>(), length);
        serde_json::from_slice(bytes).unwrap()
    };
    // SAFETY: nobody uses it any more.
    assert!(unsafe { free(handle.cast()) }.is_ok());
    value
}

/// Finds keys that stand on the page alone, or in the value alone.
fn assert_same_keys(form: &str, page: &Value, actual: &Value) {
    match (page, actual) {
        (Value::Object(page), Value::Object(actual)) => {
            let keys = |of: &serde_json::Map<String, Value>| -> BTreeSet<String> {
                of.keys().cloned().collect()
            };
            assert_eq!(keys(page), keys(actual), "{form}");
            for (key, value) in actual {
                assert_same_keys(form, &page[key], value);
            }
        }
        (Value::Array(page), Value::Array(actual)) => {
            if let (Some(page), Some(actual)) = (page.first(), actual.first()) {
                assert_same_keys(form, page, actual);
            }
        }
        _ => {}
    }
}

fn assert_on_the_page(form: &str, nth: usize, actual: Result<Text, Failure>) -> Value {
    let page = serde_json::from_str(examples(form)[nth]).unwrap();
    let actual = written(actual);
    assert_same_keys(form, &page, &actual);
    actual
}

const POLICY: &str = r#"
version = 1
grant_lifetime = 300
tiers = ["every"]
[action."address.change".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }, { all = [{ factor = "totp", max_age = 300 }] }]
"#;

/// Each output has the keys of its example.
#[test]
fn each_example_of_an_output_has_the_keys_of_the_output() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let trail = Arc::clone(&events);
    let audit = move |event: &Event| {
        let event = write::text(&EventForm::from(event));
        trail.lock().unwrap().push(written(event));
        Ok(())
    };
    let now = Timestamp::from_unix(1_764_322_921).unwrap();
    let made = settings::settings(examples("settings")[0], &keyring());
    let verifier = Verifier::new(MemoryStore::new(), made.ok().unwrap().settings)
        .with_clock(ManualClock::new(now))
        .with_audit(audit);
    let (anna, app) = (
        Subject::new("bank", "anna").unwrap(),
        Totp::generate().unwrap(),
    );
    let ctx = Context::begin(Channel::Agent).unwrap();
    let change = |change| {
        let by = Authority::Host;
        assert_eq!(
            verifier.change(&anna, &change, &by, &ctx).unwrap(),
            Changed::Done
        );
    };
    let code = |at| Code::typed(app.code_at(at).expose_text());
    verifier.create(&anna, &ctx).unwrap();
    change(Change::AddTotp(app.clone()));
    change(Change::ConfirmTotp(code(now)));
    change(Change::SetPhone(
        Destination::phone("+49 30 901820").unwrap(),
    ));
    let codes = verifier.generate_recovery_codes(&anna, 10, &Authority::Host, &ctx);
    let codes = assert_on_the_page(
        "recovery_codes",
        0,
        delivery::recovery_codes(&codes.unwrap()),
    );
    assert_eq!(codes["codes"].as_array().unwrap().len(), 10);

    let policy = Policy::from_toml(POLICY).unwrap();
    let found = policy.lint(&Deployment::new()).unwrap();
    let found = assert_on_the_page("findings", 0, findings(&found));
    assert_eq!(found[0]["kind"], "dead");
    let decide = |action: &str| {
        let decision = verifier
            .decide(&policy, &Request::new(action), &anna, &ctx)
            .unwrap();
        decision::decision(&decision)
    };
    assert_on_the_page("decision", 1, decide("address.change"));
    let no = assert_on_the_page("decision", 2, decide("address.chang"));
    assert_eq!(no["reason"], "unknown_action");
    let attempt = Attempt::Totp(code(now + core::time::Duration::from_secs(30)));
    assert!(matches!(
        verifier.check(&anna, &attempt, &ctx).unwrap(),
        Outcome::Accepted(_)
    ));
    let yes = assert_on_the_page("decision", 0, decide("address.change"));
    assert_eq!(yes["answer"], "yes");
    let request = Request::new("address.change");
    let explained = verifier.explain(&policy, &request, &anna, &ctx).unwrap();
    let explained = assert_on_the_page("explanation", 0, explanation::explanation(&explained));
    assert_eq!(explained["allowed_by"], 1);
    let kept = verifier.evidence(&anna, ctx.interaction()).unwrap();
    assert_on_the_page("evidence", 0, evidence::evidence(&kept));

    let english = Wording::new(&Phrases::ENGLISH).unwrap();
    let ordered = verifier.issue(&anna, &CodeOrder::spoken(), &ctx).unwrap();
    let Issued::Ready(ready) = ordered else {
        panic!("{ordered:?}");
    };
    let sent = assert_on_the_page("delivery", 0, delivery::delivery(ready, None, &english));
    assert_eq!(sent["parcel"]["to"], "+4930901820");
    let task = OcraTask::authenticate();
    let Issued::Ready(asked) = verifier.challenge(&anna, &task, &ctx).unwrap() else {
        panic!("no question");
    };
    assert_on_the_page("dialog", 0, delivery::dialog(&asked));
    let asked = verifier.prompts(&anna).unwrap();
    assert_on_the_page("prompts", 0, prompts::prompts(&asked));
    let asked = verifier.word_prompt(&anna).unwrap();
    assert_on_the_page("word_prompt", 0, prompts::word_prompt(&asked));

    // Wrong tries of a stranger lock, and warn near the end.
    let stranger = Context::begin(Channel::Web).unwrap();
    let wrong = Attempt::Totp(Code::typed("000000"));
    for _ in 0..5 {
        assert!(!matches!(
            verifier.check(&anna, &wrong, &stranger).unwrap(),
            Outcome::Accepted(_)
        ));
    }
    let locked = verifier.status(&anna, &stranger).unwrap();
    let locked = assert_on_the_page("status", 0, status::status(&locked));
    assert_eq!(locked["locked"][0]["factor"], "totp");
    let events = events.lock().unwrap();
    let page: Value = serde_json::from_str(examples("event")[0]).unwrap();
    let denied = events
        .iter()
        .find(|event| event["kind"] == "denied")
        .unwrap();
    let mut denied = denied.clone();
    // It is there for the last tries alone.
    denied["tries_left"] = Value::from(3);
    assert_same_keys("event", &page, &denied);
}
