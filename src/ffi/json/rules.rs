//! Rules for a new password, PIN or answer.

use serde::Deserialize;

use super::secret::Secret;
use crate::ffi::failure::Failure;
use crate::knowledge::AnswerBlocklist;
use crate::password::{PasswordRules, PinRules};
use crate::time::Timestamp;

/// The subject's id is always a word that a password must not hold.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRulesForm {
    /// Whether the password is one of several factors. Alone it must be longer.
    #[serde(default)]
    multi_factor: bool,
    at_least: Option<usize>,
    #[serde(default)]
    context_words: Vec<Secret>,
    #[serde(default)]
    blocked: Vec<String>,
    at_least_guesses_log10: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinRulesForm {
    at_least: Option<usize>,
    #[serde(default)]
    context_words: Vec<Secret>,
}

/// Facts that are known of the subject, and common answers: none of these is an answer.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlocklistForm {
    #[serde(default)]
    known: Vec<Secret>,
    #[serde(default)]
    common: Vec<Secret>,
}

impl PasswordRulesForm {
    pub(crate) fn made(&self, id: &str) -> Result<PasswordRules<'static>, Failure> {
        let mut rules = if self.multi_factor {
            PasswordRules::multi_factor()
        } else {
            PasswordRules::single_factor()
        };
        if let Some(characters) = self.at_least {
            rules = rules.at_least(characters);
        }
        rules = rules.with_context_word(id);
        for word in &self.context_words {
            rules = rules.with_context_word(word.expose());
        }
        if !self.blocked.is_empty() {
            rules = rules.blocking_words(&self.blocked);
        }
        match self.at_least_guesses_log10 {
            Some(log10) => at_least_guesses(rules, log10),
            None => Ok(rules),
        }
    }
}

#[cfg(feature = "strength")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn at_least_guesses(
    rules: PasswordRules<'static>,
    log10: f64,
) -> Result<PasswordRules<'static>, Failure> {
    Ok(rules.at_least_guesses(log10))
}

#[cfg(not(feature = "strength"))]
fn at_least_guesses(_: PasswordRules<'static>, _: f64) -> Result<PasswordRules<'static>, Failure> {
    Err(Failure::not_built("strength"))
}

impl PinRulesForm {
    pub(crate) fn made(&self) -> Result<PinRules<'static>, Failure> {
        let mut rules = PinRules::new();
        if let Some(digits) = self.at_least {
            rules = rules.at_least(digits)?;
        }
        let words = self.context_words.iter();
        Ok(words.fold(rules, |rules, word| rules.with_context_word(word.expose())))
    }
}

impl BlocklistForm {
    pub(crate) fn made(&self, now: Timestamp) -> AnswerBlocklist {
        let known = self.known.iter().fold(AnswerBlocklist::new(), |list, one| {
            list.and_known(one.expose())
        });
        let common = self.common.iter();
        common
            .fold(known, |list, one| list.and_common(one.expose()))
            .at(now)
    }
}
