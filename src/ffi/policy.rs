//! Policies: the rules of a host.

use core::ffi::c_char;

use super::border::{make, of};
use super::failure::Failure;
use super::handle::{Object, give, object};
use super::input::text;
use super::json::policy::{deployment, differences, findings, names};
use super::last_error::countersign_error;
use super::output::Place;
use super::result::{COUNTERSIGN_ERROR_BAD_INPUT, countersign_result};
use super::text::{Text, countersign_text};
use crate::policy::loaded::Policy;
use crate::policy::{Language, Preset};

/// The rules of a host: which evidence each action takes, for each tier of risk.
pub struct countersign_policy {
    _private: (),
}

impl Object for Policy {
    type Tag = countersign_policy;
    const KIND: u64 = 0xc5e1_9a07_4d21_0042;
    const NAME: &str = "policy";
}

/// Reads a policy document in TOML.
///
/// # Safety
/// `error` is null or a handle that lives. `document` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_from_toml(
    error: *const countersign_error,
    document: *const c_char,
    document_length: usize,
    to: *mut *mut countersign_policy,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let document = unsafe { text("document", document, document_length)? };
        Ok(Policy::from_toml(document)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads a policy document in JSON, under the keys of TOML.
///
/// # Safety
/// As `countersign_policy_from_toml`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_from_json(
    error: *const countersign_error,
    document: *const c_char,
    document_length: usize,
    to: *mut *mut countersign_policy,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let document = unsafe { text("document", document, document_length)? };
        Ok(Policy::from_json(document)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads a preset: `contact_center`, `bank_psd2`, `nist_aal2` or `help_desk`.
///
/// # Safety
/// `error` is null or a handle that lives. `name` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_preset(
    error: *const countersign_error,
    name: *const c_char,
    name_length: usize,
    to: *mut *mut countersign_policy,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let name = unsafe { text("name", name, name_length)? };
        let preset = Preset::ALL.into_iter().find(|preset| preset.name() == name);
        let preset = preset.ok_or_else(|| {
            let known = Preset::ALL.map(Preset::name).join(", ");
            let why = format!("must be one of {known}");
            Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "name", &why)
        })?;
        Ok(Policy::preset(preset)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Finds what is wrong with a policy. The forms are `deployment` and `findings`. Without findings, the list is empty.
///
/// No deployment means that everything can be enrolled, and that no session is too long.
///
/// # Safety
/// `policy` is null or a handle that lives. `deployment` is null or leads to so many bytes. `findings` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_lint(
    policy: *const countersign_policy,
    deployment: *const c_char,
    deployment_length: usize,
    findings: *mut *mut countersign_text,
) -> countersign_result {
    let body = |policy: &Policy| {
        // SAFETY: as of this function.
        let (form, to) = unsafe {
            (
                text("deployment", deployment, deployment_length)?,
                Place::new(findings, "findings")?,
            )
        };
        let form = if form.is_empty() { "{}" } else { form };
        let found = policy.lint(&self::deployment(form)?)?;
        to.write(give(self::findings(&found)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(policy, body) }
}

/// Compares a policy with a newer one: a list of texts, each with a smallest example of what only one of them allows.
///
/// # Safety
/// `policy` and `newer` are null or handles that live. `differences` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_diff(
    policy: *const countersign_policy,
    newer: *const countersign_policy,
    differences: *mut *mut countersign_text,
) -> countersign_result {
    let body = |policy: &Policy| {
        // SAFETY: as of this function.
        let (newer, to) = unsafe {
            (
                object::<Policy>(newer)?,
                Place::new(differences, "differences")?,
            )
        };
        to.write(give(self::differences(&policy.diff(newer)?)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(policy, body) }
}

/// Checks that a policy states each action and each tier that the host names. The form is `names`. Call it at the start.
///
/// # Safety
/// `policy` is null or a handle that lives. `names` is null or leads to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_requires(
    policy: *const countersign_policy,
    names: *const c_char,
    names_length: usize,
) -> countersign_result {
    let body = |policy: &Policy| {
        // SAFETY: as of this function.
        let form = unsafe { text("names", names, names_length)? };
        let form = self::names(form)?;
        let (actions, tiers) = (form.actions.iter(), form.tiers.iter());
        Ok(policy.requires(actions.map(String::as_str), tiers.map(String::as_str))?)
    };
    // SAFETY: as of this function.
    unsafe { of(policy, body) }
}

/// Writes a policy as the procedure that an agent follows, in Markdown. The language is `en`, `id` or `de`.
///
/// # Safety
/// `policy` is null or a handle that lives. `language` is null or leads to so many bytes. `handbook` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_handbook(
    policy: *const countersign_policy,
    language: *const c_char,
    language_length: usize,
    handbook: *mut *mut countersign_text,
) -> countersign_result {
    let body = |policy: &Policy| {
        // SAFETY: as of this function.
        let (tag, to) = unsafe {
            (
                text("language", language, language_length)?,
                Place::new(handbook, "handbook")?,
            )
        };
        let known = Language::ALL;
        let language = known.into_iter().find(|one| one.tag() == tag);
        let language = language.ok_or_else(|| {
            let why = format!("must be one of {}", known.map(Language::tag).join(", "));
            Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "language", &why)
        })?;
        to.write(give(Text::new(&policy.handbook(language))));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(policy, body) }
}

/// Writes a policy as tables in Markdown: the evidence that is enough for each action and tier.
///
/// # Safety
/// `policy` is null or a handle that lives. `table` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_policy_table(
    policy: *const countersign_policy,
    table: *mut *mut countersign_text,
) -> countersign_result {
    let body = |policy: &Policy| {
        // SAFETY: as of this function.
        let to = unsafe { Place::new(table, "table")? };
        to.write(give(Text::new(&policy.table())));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(policy, body) }
}
