//! The page of the forms is right: each example of an input is read, and each output has the keys of its example.

#![allow(unsafe_code, reason = "it calls the functions of C")]

use std::collections::BTreeSet;
use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use serde_json::Value;

// The functions are those of the crate.
use countersign as _;

const PAGE: &str = include_str!("../../src/ffi/forms.md");
const JSON: i32 = 8;

type Handle = *mut c_void;
type Text = *const c_char;

unsafe extern "C" {
    fn countersign_free(handle: Handle) -> i32;
    fn countersign_last_error(handle: Handle, text: *mut u8, length: *mut usize) -> i32;
    fn countersign_error_new(to: *mut Handle) -> i32;
    fn countersign_text_data(text: Handle, data: *mut Text, length: *mut usize) -> i32;
    fn countersign_keyring_generate(error: Handle, to: *mut Handle) -> i32;
    fn countersign_settings_new(
        error: Handle,
        form: Text,
        length: usize,
        keyring: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_context_begin(error: Handle, channel: i32, to: *mut Handle) -> i32;
    fn countersign_wording_english(error: Handle, to: *mut Handle) -> i32;
    fn countersign_verifier_warnings(
        verifier: Handle,
        id: Text,
        id_length: usize,
        notice: Text,
        notice_length: usize,
        from: Text,
        from_length: usize,
        wording: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_pending(
        verifier: Handle,
        id: Text,
        id_length: usize,
        by: i32,
        grant: Handle,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_cancel(
        verifier: Handle,
        id: Text,
        id_length: usize,
        pending: u16,
        context: Handle,
        outcome: *mut i32,
    ) -> i32;
    fn countersign_context_for_transaction(
        error: Handle,
        context: Handle,
        form: Text,
        length: usize,
        to: *mut Handle,
    ) -> i32;
    fn countersign_catalogue_new(error: Handle, form: Text, length: usize, to: *mut Handle) -> i32;
    fn countersign_answer_blocklist_new(
        error: Handle,
        form: Text,
        length: usize,
        now: i64,
        to: *mut Handle,
    ) -> i32;
    fn countersign_password_rules_new(
        error: Handle,
        form: Text,
        length: usize,
        is_listed: *const c_void,
        user: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_pin_rules_new(
        error: Handle,
        form: Text,
        length: usize,
        is_listed: *const c_void,
        user: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_wording_new(error: Handle, form: Text, length: usize, to: *mut Handle) -> i32;
    fn countersign_policy_from_toml(
        error: Handle,
        form: Text,
        length: usize,
        to: *mut Handle,
    ) -> i32;
    fn countersign_policy_lint(policy: Handle, form: Text, length: usize, to: *mut Handle) -> i32;
    fn countersign_policy_requires(policy: Handle, form: Text, length: usize) -> i32;
    fn countersign_totp_generate(error: Handle, to: *mut Handle) -> i32;
    fn countersign_totp_code_at(totp: Handle, now: i64, code: *mut u8, length: *mut usize) -> i32;
    fn countersign_verifier_open(
        error: Handle,
        settings: Handle,
        location: Text,
        length: usize,
        callbacks: *const c_void,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_create(of: Handle, id: Text, length: usize, context: Handle) -> i32;
    fn countersign_verifier_add_totp(
        of: Handle,
        id: Text,
        length: usize,
        totp: Handle,
        by: i32,
        grant: Handle,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
    ) -> i32;
    fn countersign_verifier_change(
        of: Handle,
        id: Text,
        length: usize,
        change: i32,
        text: Text,
        text_length: usize,
        by: i32,
        grant: Handle,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
    ) -> i32;
    fn countersign_verifier_change_json(
        of: Handle,
        id: Text,
        length: usize,
        form: Text,
        form_length: usize,
        by: i32,
        grant: Handle,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
    ) -> i32;
    fn countersign_verifier_check(
        of: Handle,
        id: Text,
        length: usize,
        factor: i32,
        text: Text,
        text_length: usize,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
    ) -> i32;
    fn countersign_verifier_check_json(
        of: Handle,
        id: Text,
        length: usize,
        form: Text,
        form_length: usize,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
    ) -> i32;
    fn countersign_verifier_import(
        of: Handle,
        id: Text,
        length: usize,
        changes: Text,
        changes_length: usize,
        context: Handle,
        created: *mut i32,
    ) -> i32;
    fn countersign_verifier_issue(
        of: Handle,
        id: Text,
        length: usize,
        form: Text,
        form_length: usize,
        wording: Handle,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_challenge(
        of: Handle,
        id: Text,
        length: usize,
        form: Text,
        form_length: usize,
        context: Handle,
        outcome: *mut i32,
        until: *mut i64,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_decide(
        of: Handle,
        policy: Handle,
        form: Text,
        form_length: usize,
        id: Text,
        length: usize,
        context: Handle,
        answer: *mut i32,
        grant: *mut Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_explain(
        of: Handle,
        policy: Handle,
        form: Text,
        form_length: usize,
        id: Text,
        length: usize,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_authenticators(
        of: Handle,
        id: Text,
        length: usize,
        by: i32,
        grant: Handle,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_evidence(
        of: Handle,
        id: Text,
        length: usize,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_status(
        of: Handle,
        id: Text,
        length: usize,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_rekey(
        of: Handle,
        place: Text,
        length: usize,
        page: usize,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_report(of: Handle, lists: Text, length: usize, to: *mut Handle) -> i32;
    fn countersign_verifier_export(
        of: Handle,
        id: Text,
        length: usize,
        by: i32,
        grant: Handle,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_prompts(of: Handle, id: Text, length: usize, to: *mut Handle) -> i32;
    fn countersign_verifier_word_prompt(
        of: Handle,
        id: Text,
        length: usize,
        to: *mut Handle,
    ) -> i32;
    fn countersign_verifier_generate_recovery_codes(
        of: Handle,
        id: Text,
        length: usize,
        count: u32,
        by: i32,
        grant: Handle,
        context: Handle,
        to: *mut Handle,
    ) -> i32;
}

/// A text as a pointer and a length.
fn at(text: &str) -> (Text, usize) {
    (text.as_ptr().cast(), text.len())
}

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

/// Makes an object, which must be made.
fn made(call: impl FnOnce(*mut Handle) -> i32) -> Handle {
    let mut handle = null_mut();
    assert_eq!(call(&raw mut handle), 0);
    handle
}

/// The value of a text, which is freed.
fn value(text: Handle) -> Value {
    let (mut data, mut length) = (null(), 0);
    // SAFETY: the object lives, and its text stands until it is freed.
    unsafe {
        assert_eq!(
            countersign_text_data(text, &raw mut data, &raw mut length),
            0
        );
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), length);
        let value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(countersign_free(text), 0);
        value
    }
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

fn assert_on_the_page(form: &str, nth: usize, text: Handle) -> Value {
    let page = serde_json::from_str(examples(form)[nth]).unwrap();
    let actual = value(text);
    assert_same_keys(form, &page, &actual);
    actual
}

/// A verifier with one customer, who has an app.
struct Bank {
    verifier: Handle,
    policy: Handle,
    context: Handle,
    totp: Handle,
    keyring: Handle,
    error: Handle,
    folder: tempfile::TempDir,
}

const POLICY: &str = r#"
version = 1
grant_lifetime = 300
tiers = ["every"]
[action."address.change".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }, { all = [{ factor = "totp", max_age = 300 }] }]
[action."authenticator.reset".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }], delay = 86400 }]
"#;
const ANNA: &str = "C-1042";
const BY_HOST: i32 = 1;

fn bank() -> Bank {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.db");
    let ((form, form_length), (path, path_length)) =
        (at(examples("settings")[0]), at(path.to_str().unwrap()));
    let ((policy, policy_length), (id, length)) = (at(POLICY), at(ANNA));
    // SAFETY: each text stands, and each object lives.
    unsafe {
        let error = made(|to| countersign_error_new(to));
        let keyring = made(|to| countersign_keyring_generate(error, to));
        let settings = made(|to| countersign_settings_new(error, form, form_length, keyring, to));
        let verifier =
            made(|to| countersign_verifier_open(error, settings, path, path_length, null(), to));
        let context = made(|to| countersign_context_begin(error, 1, to));
        let bank = Bank {
            verifier,
            policy: made(|to| countersign_policy_from_toml(error, policy, policy_length, to)),
            context,
            totp: made(|to| countersign_totp_generate(error, to)),
            keyring,
            error,
            folder,
        };
        assert_eq!(countersign_free(settings), 0);
        assert_eq!(
            countersign_verifier_create(verifier, id, length, context),
            0
        );
        bank
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        assert!(self.folder.path().exists());
        let all = [
            self.verifier,
            self.policy,
            self.context,
            self.totp,
            self.keyring,
            self.error,
        ];
        for handle in all {
            // SAFETY: nobody uses it any more.
            assert_eq!(unsafe { countersign_free(handle) }, 0);
        }
    }
}

/// Reads each example: whatever a call says of it, it says nothing of the form. One key more is refused.
fn reads(form: &str, read: impl Fn(Text, usize) -> i32) {
    for example in examples(form) {
        let (text, length) = at(example);
        assert_ne!(read(text, length), JSON, "{form}: {example}");
        let more = example.trim().replacen('{', r#"{"surprise": 1, "#, 1);
        let (text, length) = at(&more);
        assert_eq!(read(text, length), JSON, "{form}: {more}");
    }
}

/// Drops what a call may have made.
fn freed(call: impl FnOnce(*mut Handle) -> i32) -> i32 {
    let mut handle = null_mut();
    let result = call(&raw mut handle);
    // SAFETY: it is null, or an object that lives.
    assert_eq!(unsafe { countersign_free(handle) }, 0);
    result
}

#[test]
fn each_example_of_an_input_is_read() {
    let bank = bank();
    let Bank {
        verifier,
        policy,
        context,
        keyring,
        error,
        ..
    } = bank;
    let (id, id_length) = at(ANNA);
    let (mut outcome, mut until) = (0, 0);
    let (out, end) = (&raw mut outcome, &raw mut until);
    // SAFETY: each text stands, and each object lives.
    unsafe {
        reads("transaction", |text, length| {
            freed(|to| countersign_context_for_transaction(error, context, text, length, to))
        });
        reads("settings", |text, length| {
            freed(|to| countersign_settings_new(error, text, length, keyring, to))
        });
        reads("catalogue", |text, length| {
            freed(|to| countersign_catalogue_new(error, text, length, to))
        });
        reads("wording", |text, length| {
            freed(|to| countersign_wording_new(error, text, length, to))
        });
        let english = made(|to| countersign_wording_english(error, to));
        reads("notice", |text, length| {
            freed(|to| {
                countersign_verifier_warnings(
                    verifier, id, id_length, text, length, id, id_length, english, to,
                )
            })
        });
        assert_eq!(countersign_free(english), 0);
        reads("blocklist", |text, length| {
            freed(|to| countersign_answer_blocklist_new(error, text, length, 0, to))
        });
        reads("password_rules", |text, length| {
            freed(|to| countersign_password_rules_new(error, text, length, null(), null_mut(), to))
        });
        reads("pin_rules", |text, length| {
            freed(|to| countersign_pin_rules_new(error, text, length, null(), null_mut(), to))
        });
        reads("deployment", |text, length| {
            freed(|to| countersign_policy_lint(policy, text, length, to))
        });
        reads("names", |text, length| {
            countersign_policy_requires(policy, text, length)
        });
        reads("attempt", |text, length| {
            countersign_verifier_check_json(
                verifier, id, id_length, text, length, context, out, end,
            )
        });
        reads("change", |text, length| {
            countersign_verifier_change_json(
                verifier,
                id,
                id_length,
                text,
                length,
                BY_HOST,
                null_mut(),
                context,
                out,
                end,
            )
        });
        reads("import", |text, length| {
            countersign_verifier_import(verifier, id, id_length, text, length, context, out)
        });
        reads("order", |text, length| {
            freed(|to| {
                countersign_verifier_issue(
                    verifier,
                    id,
                    id_length,
                    text,
                    length,
                    null_mut(),
                    context,
                    out,
                    end,
                    to,
                )
            })
        });
        reads("task", |text, length| {
            freed(|to| {
                countersign_verifier_challenge(
                    verifier, id, id_length, text, length, context, out, end, to,
                )
            })
        });
        reads("request", |text, length| {
            freed(|to| {
                countersign_verifier_explain(
                    verifier, policy, text, length, id, id_length, context, to,
                )
            })
        });
    }
}

/// The text of the last error of an object.
fn last_error(handle: Handle) -> String {
    let mut text = vec![0; 1024];
    let mut length = text.len();
    // SAFETY: the buffer has so much room.
    assert_eq!(
        unsafe { countersign_last_error(handle, text.as_mut_ptr(), &raw mut length) },
        0
    );
    text.truncate(length.saturating_sub(1));
    String::from_utf8(text).unwrap()
}

#[test]
fn an_error_names_no_secret() {
    let bank = bank();
    let (id, id_length) = at(ANNA);
    for wrong in [
        r#"{"questions": [{"question": "hunter2", "answer": 1}]}"#,
        r#"{"hunter2": 1}"#,
        r#"{"totp_pair": ["1", {"hunter2": 2}]}"#,
        r#"{"totp_pair": "hunter2"}"#,
        r#""hunter2""#,
        "hunter2",
        r#"{"totp_pair": ["hunter2", "\ud83d"]}"#,
    ] {
        let (text, length) = at(wrong);
        let (mut outcome, mut until) = (0, 0);
        // SAFETY: each text stands, and each object lives.
        let result = unsafe {
            countersign_verifier_check_json(
                bank.verifier,
                id,
                id_length,
                text,
                length,
                bank.context,
                &raw mut outcome,
                &raw mut until,
            )
        };
        assert_eq!(result, JSON, "{wrong}");
        let why = last_error(bank.verifier);
        assert!(!why.contains("hunter2") && why.contains("line 1"), "{why}");
    }
}

/// Escapes of JSON are the same password as plain text.
#[test]
fn escapes_are_read() {
    let bank = bank();
    let (id, id_length) = at(ANNA);
    let (mut outcome, mut until) = (0, 0);
    for (escaped, plain) in [
        (
            r#"purple \"elephants\" \\ \/ ninety"#,
            r#"purple "elephants" \ / ninety"#,
        ),
        (
            r"gr\u00fcne Elefanten \ud83d\ude00 neunzig",
            "grüne Elefanten 😀 neunzig",
        ),
    ] {
        let form = format!(r#"{{"set_password": {{"password": "{escaped}"}}}}"#);
        let ((form, form_length), (text, length)) = (at(&form), at(plain));
        // SAFETY: each text stands, and each object lives.
        unsafe {
            let changed = countersign_verifier_change_json(
                bank.verifier,
                id,
                id_length,
                form,
                form_length,
                BY_HOST,
                null_mut(),
                bank.context,
                &raw mut outcome,
                &raw mut until,
            );
            assert_eq!((changed, outcome), (0, 1), "{}", last_error(bank.verifier));
            let checked = countersign_verifier_check(
                bank.verifier,
                id,
                id_length,
                11,
                text,
                length,
                bank.context,
                &raw mut outcome,
                &raw mut until,
            );
            assert_eq!((checked, outcome), (0, 1), "{plain}");
        }
    }
}

#[test]
fn each_example_of_an_output_has_the_keys_of_the_output() {
    let bank = bank();
    let Bank {
        verifier,
        policy,
        context,
        totp,
        ..
    } = bank;
    let (id, id_length) = at(ANNA);
    let none = null_mut();
    let (mut outcome, mut until, mut answer, mut grant) = (0, 0_i64, 0, null_mut());
    let (out, end) = (&raw mut outcome, &raw mut until);
    let now = i64::from(countersign::Timestamp::now().unwrap());
    let code = |moment: i64| {
        let (mut code, mut length) = ([0_u8; 16], 16);
        // SAFETY: the buffer has so much room.
        let result =
            unsafe { countersign_totp_code_at(totp, moment, code.as_mut_ptr(), &raw mut length) };
        assert_eq!(result, 0);
        String::from_utf8(code[..length - 1].to_vec()).unwrap()
    };
    // SAFETY: each text stands, and each object lives.
    unsafe {
        let add = countersign_verifier_add_totp(
            verifier, id, id_length, totp, BY_HOST, none, context, out, end,
        );
        assert_eq!((add, *out), (0, 1));
        for (change, text) in [(2, code(now - 30).as_str()), (8, "+49 30 901820")] {
            let (text, length) = at(text);
            let changed = countersign_verifier_change(
                verifier, id, id_length, change, text, length, BY_HOST, none, context, out, end,
            );
            assert_eq!((changed, *out), (0, 1), "{change}");
        }
        let codes = made(|to| {
            countersign_verifier_generate_recovery_codes(
                verifier, id, id_length, 10, BY_HOST, none, context, to,
            )
        });
        let codes = assert_on_the_page("recovery_codes", 0, codes);
        assert_eq!(codes["codes"].as_array().unwrap().len(), 10);
        let found = made(|to| countersign_policy_lint(policy, null(), 0, to));
        let found = assert_on_the_page("findings", 0, found);
        assert_eq!(found[0]["kind"], "dead");

        let mut decide = |action: &str| {
            let request = format!(r#"{{"action": "{action}"}}"#);
            let (form, form_length) = at(&request);
            let text = made(|to| {
                countersign_verifier_decide(
                    verifier,
                    policy,
                    form,
                    form_length,
                    id,
                    id_length,
                    context,
                    &raw mut answer,
                    &raw mut grant,
                    to,
                )
            });
            assert_eq!(countersign_free(grant), 0);
            text
        };
        assert_on_the_page("decision", 2, decide("address.change"));
        assert_on_the_page("decision", 3, decide("address.chang"));
        let next = code(now);
        let (text, length) = at(&next);
        let checked =
            countersign_verifier_check(verifier, id, id_length, 1, text, length, context, out, end);
        assert_eq!((checked, *out), (0, 1));
        let yes = assert_on_the_page("decision", 0, decide("address.change"));
        assert_eq!(yes["answer"], "yes");
        let waits = assert_on_the_page("decision", 1, decide("authenticator.reset"));
        assert_eq!(
            (&waits["answer"], &waits["delay"]),
            (&"yes".into(), &86_400.into())
        );
        let (form, form_length) = at(r#"{"action": "address.change"}"#);
        let explained = made(|to| {
            countersign_verifier_explain(
                verifier,
                policy,
                form,
                form_length,
                id,
                id_length,
                context,
                to,
            )
        });
        let explained = assert_on_the_page("explanation", 0, explained);
        assert_eq!(explained["allowed_by"], 1);
        let list = |to| {
            let (by, grant) = (BY_HOST, none);
            countersign_verifier_authenticators(verifier, id, id_length, by, grant, context, to)
        };
        let all = assert_on_the_page("authenticators", 0, made(list));
        assert_eq!(all[0]["state"], "active");
        let rename = format!(
            r#"{{"rename_authenticator": {{"id": {}, "label": "Work"}}}}"#,
            all[0]["id"]
        );
        let (form, form_length) = at(&rename);
        let renamed = countersign_verifier_change_json(
            verifier,
            id,
            id_length,
            form,
            form_length,
            BY_HOST,
            none,
            context,
            out,
            end,
        );
        assert_eq!((renamed, *out), (0, 1));
        assert_eq!(
            assert_on_the_page("authenticators", 0, made(list))[0]["label"],
            "Work"
        );
        assert_on_the_page(
            "evidence",
            0,
            made(|to| countersign_verifier_evidence(verifier, id, id_length, context, to)),
        );

        let (form, form_length) = at(r#"{"code": "spoken"}"#);
        let sent = made(|to| {
            countersign_verifier_issue(
                verifier,
                id,
                id_length,
                form,
                form_length,
                none,
                context,
                out,
                end,
                to,
            )
        });
        let sent = assert_on_the_page("delivery", 0, sent);
        assert_eq!(sent["parcel"]["to"], "+4930901820");
        let (form, form_length) = at(r#"{"task": "authenticate"}"#);
        let asked = made(|to| {
            countersign_verifier_challenge(
                verifier,
                id,
                id_length,
                form,
                form_length,
                context,
                out,
                end,
                to,
            )
        });
        assert_on_the_page("dialog", 0, asked);
        assert_on_the_page(
            "prompts",
            0,
            made(|to| countersign_verifier_prompts(verifier, id, id_length, to)),
        );
        assert_on_the_page(
            "word_prompt",
            0,
            made(|to| countersign_verifier_word_prompt(verifier, id, id_length, to)),
        );

        // Wrong tries of a stranger lock.
        let stranger = made(|to| countersign_context_begin(none, 6, to));
        let (text, length) = at("000000");
        for _ in 0..5 {
            let checked = countersign_verifier_check(
                verifier, id, id_length, 1, text, length, stranger, out, end,
            );
            assert_eq!(checked, 0);
        }
        let status = made(|to| countersign_verifier_status(verifier, id, id_length, stranger, to));
        let status = assert_on_the_page("status", 0, status);
        assert_eq!(status["locked"][0]["factor"], "totp");
        assert_eq!(countersign_free(stranger), 0);

        // Walks, and what is kept of her.
        let none_yet = at("");
        let walked = made(|to| countersign_verifier_rekey(verifier, none_yet.0, none_yet.1, 1, to));
        let walked = value(walked);
        assert_eq!(
            (&walked["records"], &walked["moved"]),
            (&1.into(), &0.into())
        );
        let place = walked["place"].as_str().unwrap().to_owned();
        let (place, length) = at(&place);
        let ended = made(|to| countersign_verifier_rekey(verifier, place, length, 0, to));
        assert!(value(ended)["is_done"].as_bool().unwrap());
        let (odd, length) = at("9");
        let mut to = null_mut();
        assert_eq!(
            countersign_verifier_rekey(verifier, odd, length, 0, &raw mut to),
            20
        );
        let (lists, length) = at(r#"["no_second_factor"]"#);
        let report = made(|to| countersign_verifier_report(verifier, lists, length, to));
        let report = value(report);
        assert_eq!(report["accounts"], 1);
        assert!(report["lists"]["no_second_factor"].is_array());
        let kept = made(|to| {
            countersign_verifier_export(verifier, id, id_length, BY_HOST, null_mut(), context, to)
        });
        let kept = assert_on_the_page("export", 0, kept);
        assert_eq!(kept["subject"], ANNA);
    }
}

const RESET: &str = r#"
version = 1
grant_lifetime = 300
tiers = ["every"]
[action."authenticator.reset".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }], delay = 86400 }]
barred_after_cancel = 604800
"#;

#[test]
fn a_change_waits_is_warned_of_and_is_cancelled() {
    const BY_GRANT: i32 = 2;
    const RESET_CHANGE: i32 = 15;
    const WAITS: i32 = 5;
    const BARRED: i32 = 6;
    let bank = bank();
    let Bank {
        verifier,
        context,
        totp,
        error,
        ..
    } = bank;
    let ((id, id_length), none) = (at(ANNA), null_mut());
    let (mut outcome, mut until) = (0, 0_i64);
    let (out, end) = (&raw mut outcome, &raw mut until);
    let now = i64::from(countersign::Timestamp::now().unwrap());
    let code = |moment: i64| {
        let (mut code, mut length) = ([0_u8; 16], 16);
        // SAFETY: the buffer has so much room.
        let result =
            unsafe { countersign_totp_code_at(totp, moment, code.as_mut_ptr(), &raw mut length) };
        assert_eq!(result, 0);
        String::from_utf8(code[..length - 1].to_vec()).unwrap()
    };
    // SAFETY: each text stands, and each object lives.
    unsafe {
        let (policy, policy_length) = at(RESET);
        let policy = made(|to| countersign_policy_from_toml(error, policy, policy_length, to));
        let add = countersign_verifier_add_totp(
            verifier, id, id_length, totp, BY_HOST, none, context, out, end,
        );
        assert_eq!((add, *out), (0, 1));
        for (change, text) in [(2, code(now - 30).as_str()), (8, "+49 30 901820")] {
            let (text, length) = at(text);
            let changed = countersign_verifier_change(
                verifier, id, id_length, change, text, length, BY_HOST, none, context, out, end,
            );
            assert_eq!((changed, *out), (0, 1), "{change}");
        }
        let next = code(now);
        let (text, length) = at(&next);
        let checked =
            countersign_verifier_check(verifier, id, id_length, 1, text, length, context, out, end);
        assert_eq!((checked, *out), (0, 1));
        let ask = |out: *mut i32, end: *mut i64| {
            let (mut answer, mut grant) = (0, null_mut());
            let (form, form_length) =
                at(r#"{"action": "authenticator.reset", "handled_by": "agent-7"}"#);
            let decided = freed(|to| {
                countersign_verifier_decide(
                    verifier,
                    policy,
                    form,
                    form_length,
                    id,
                    id_length,
                    context,
                    &raw mut answer,
                    &raw mut grant,
                    to,
                )
            });
            assert_eq!(decided, 0);
            let (text, length) = at("totp");
            let changed = countersign_verifier_change(
                verifier,
                id,
                id_length,
                RESET_CHANGE,
                text,
                length,
                BY_GRANT,
                grant,
                context,
                out,
                end,
            );
            assert_eq!(changed, 0);
            assert_eq!(countersign_free(grant), 0);
        };
        ask(out, end);
        assert_eq!(*out, WAITS);
        assert!((now + 86_400..now + 86_500).contains(&*end));
        let list = || {
            made(|to| {
                countersign_verifier_pending(verifier, id, id_length, BY_HOST, none, context, to)
            })
        };
        let pending = assert_on_the_page("pending", 0, list());
        assert_eq!(pending[0]["handled_by"], "agent-7");
        assert_eq!(pending[0]["effective_at"], *end);
        let english = made(|to| countersign_wording_english(error, to));
        let ((notice, notice_length), (from, from_length)) =
            (at(examples("notice")[0]), at("Example Bank"));
        let sent = made(|to| {
            countersign_verifier_warnings(
                verifier,
                id,
                id_length,
                notice,
                notice_length,
                from,
                from_length,
                english,
                to,
            )
        });
        let sent = assert_on_the_page("warnings", 0, sent);
        assert_eq!(sent[0]["to"], "+4930901820");
        assert!(sent[0]["text"].as_str().unwrap().contains("in 24 hours"));
        let cancel = |number: u16| {
            let mut outcome = 9;
            let place = &raw mut outcome;
            let told = countersign_verifier_cancel(verifier, id, id_length, number, context, place);
            assert_eq!(told, 0);
            outcome
        };
        assert_eq!((cancel(2), cancel(1), cancel(1)), (0, 1, 0));
        assert_eq!(value(list()), Value::Array(Vec::new()));
        ask(out, end);
        assert_eq!(*out, BARRED);
        assert!(*end > now + 604_000);
        for handle in [english, policy] {
            assert_eq!(countersign_free(handle), 0);
        }
    }
}
