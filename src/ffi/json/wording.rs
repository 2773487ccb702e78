//! The words of one language, for messages that carry codes.

use serde::Deserialize;

use super::read;
use crate::delivered::{NoticePhrases, Phrases, Wording};
use crate::ffi::failure::Failure;

/// Every key is needed, except for `group_mark` and `indian_groups`: a language says all of this, or it is not finished.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordingForm {
    text: String,
    text_payment: String,
    voice: String,
    voice_payment: String,
    private_warning: String,
    spoken_warning: String,
    authenticate: String,
    recover: String,
    confirm_address: String,
    bind_authenticator: String,
    minutes: Vec<String>,
    hours: Vec<String>,
    days: Vec<String>,
    plural_rule: PluralRule,
    decimal_mark: char,
    group_mark: Option<char>,
    #[serde(default)]
    indian_groups: bool,
    digits: [String; 10],
    notices: NoticesForm,
}

/// The words of notices, which carry no code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticesForm {
    waits: String,
    stopped: String,
    took_effect: String,
    suspended: String,
    resumed: String,
    voided: String,
    tries_left: String,
    customer: String,
    agent: String,
    remove: String,
    add: String,
    unlock: String,
    other: String,
    authenticators: [String; 11],
}

/// Which form a count takes, by the rules of CLDR for whole numbers.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PluralRule {
    /// One form: Chinese, Japanese, Turkish after a number.
    Other,
    /// One, and others: English, German, Spanish.
    OneOther,
    /// Zero and one together, and others: French, Portuguese of Brazil.
    ZeroOneOther,
    /// 1 and 21, 2 to 4, and others: Russian, Ukrainian, Serbian.
    EastSlavic,
    /// 1, 2 to 4 and 22 to 24, and others: Polish.
    Polish,
    /// 1, 2 to 4, and others: Czech, Slovak.
    Czech,
    /// 1, 2, 3 to 4, and others, of hundreds: Slovenian.
    Slovenian,
    /// 1 and 21, 2 to 9, and others: Lithuanian.
    Lithuanian,
    /// 0, 1, 2, 3 to 10, 11 to 99, and others: Arabic.
    Arabic,
}

impl PluralRule {
    fn function(self) -> fn(u32) -> usize {
        match self {
            Self::Other => |_| 0,
            Self::OneOther => |count| usize::from(count != 1),
            Self::ZeroOneOther => |count| usize::from(count > 1),
            Self::EastSlavic => |count| match (count % 10, count % 100) {
                (1, 0..=10 | 12..=99) => 0,
                (2..=4, 0..=11 | 15..=99) => 1,
                _ => 2,
            },
            Self::Polish => |count| match (count, count % 10, count % 100) {
                (1, ..) => 0,
                (_, 2..=4, 0..=11 | 15..=99) => 1,
                _ => 2,
            },
            Self::Czech => |count| match count {
                1 => 0,
                2..=4 => 1,
                _ => 2,
            },
            Self::Slovenian => |count| match count % 100 {
                1 => 0,
                2 => 1,
                3 | 4 => 2,
                _ => 3,
            },
            Self::Lithuanian => |count| match (count % 10, count % 100) {
                (1, 0..=10 | 20..=99) => 0,
                (2..=9, 0..=10 | 20..=99) => 1,
                _ => 2,
            },
            Self::Arabic => |count| match (count, count % 100) {
                (0, _) => 0,
                (1, _) => 1,
                (2, _) => 2,
                (_, 3..=10) => 3,
                (_, 11..=99) => 4,
                _ => 5,
            },
        }
    }
}

/// Reads a wording.
pub(crate) fn wording(text: &str) -> Result<Wording, Failure> {
    read::plain::<WordingForm>("wording", text)?.made()
}

impl WordingForm {
    fn made(&self) -> Result<Wording, Failure> {
        let (minutes, hours, days) = (forms(&self.minutes), forms(&self.hours), forms(&self.days));
        Ok(Wording::new(&Phrases {
            text: &self.text,
            text_payment: &self.text_payment,
            voice: &self.voice,
            voice_payment: &self.voice_payment,
            private_warning: &self.private_warning,
            spoken_warning: &self.spoken_warning,
            authenticate: &self.authenticate,
            recover: &self.recover,
            confirm_address: &self.confirm_address,
            bind_authenticator: &self.bind_authenticator,
            minutes: &minutes,
            hours: &hours,
            days: &days,
            plural_rule: self.plural_rule.function(),
            decimal_mark: self.decimal_mark,
            group_mark: self.group_mark,
            indian_groups: self.indian_groups,
            digits: self.digits.each_ref().map(String::as_str),
            notices: self.notices.phrases(),
        })?)
    }
}

impl NoticesForm {
    fn phrases(&self) -> NoticePhrases<'_> {
        NoticePhrases {
            waits: &self.waits,
            stopped: &self.stopped,
            took_effect: &self.took_effect,
            suspended: &self.suspended,
            resumed: &self.resumed,
            voided: &self.voided,
            tries_left: &self.tries_left,
            customer: &self.customer,
            agent: &self.agent,
            remove: &self.remove,
            add: &self.add,
            unlock: &self.unlock,
            other: &self.other,
            authenticators: self.authenticators.each_ref().map(String::as_str),
        }
    }
}

fn forms(of: &[String]) -> Vec<&str> {
    of.iter().map(String::as_str).collect()
}
