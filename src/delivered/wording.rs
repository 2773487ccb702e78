//! What messages say, in one language: a host's own words, or ours in English.

use super::counted::{CountForms, Counted, NumberFormat, PluralCategory};
use super::order::{Kind, Purpose};
use super::template::{Place, Rules, Template};
use crate::canonical::shown;
use crate::error::Error;
use crate::time::whole_seconds;
use core::time::Duration;

/// The words that messages are made of. [`ENGLISH`](Self::ENGLISH) is built in; a host replaces some, or all for another
/// language, and has them checked by [`Wording::new`].
///
/// Templates have places in braces: `{code}`; `{warning}`, the one that goes with the code's kind; `{action}`, what the
/// code is for; `{from}`, who sends it; `{lifetime}`, as in "10 minutes"; for payments `{payee}`, `{amount}` and
/// `{currency}`; and of any transaction `{reference}` and its fields, `{field.street}`. A warning has no place but
/// `{from}`.
///
/// Plural forms, the order of number and unit, the decimal mark and the groups of digits are the language's own.
///
/// ```
/// use countersign::delivered::{CountForms, NumberFormat, Phrases, Wording};
/// let ours = Phrases {
///     text: "{from}: use {code} to {action}. {warning}",
///     ..Phrases::ENGLISH
/// };
/// assert!(Wording::new(&ours).is_ok());
/// let swahili = Phrases {
///     minutes: CountForms::new("dakika {count}"),
///     numbers: NumberFormat::new('.').with_groups(','),
///     ..Phrases::ENGLISH
/// };
/// assert!(Wording::new(&swahili).is_ok());
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a language says all of this, or it is not finished"
)]
pub struct Phrases<'a> {
    /// Text messages, e-mails and letters. Must hold `{code}`, `{action}` and `{warning}`; may have lines.
    pub text: &'a str,
    /// The same for a payment. Must hold `{code}`, `{payee}`, `{amount}`, `{currency}` and `{warning}` (RTS 5(1)(a)).
    pub text_payment: &'a str,
    /// Calls. As `text`, but on one line, and `{code}` at least twice: nobody catches it the first time.
    pub voice: &'a str,
    /// The same for a payment.
    pub voice_payment: &'a str,
    /// The warning of a private code: never tell anyone.
    pub private_warning: &'a str,
    /// The warning of a spoken code: tell it only on a call that you made.
    pub spoken_warning: &'a str,
    /// The action, if no other is given: to verify the customer.
    pub authenticate: &'a str,
    /// The action, if no other is given: to let the customer back in.
    pub recover: &'a str,
    /// The action, if no other is given: to confirm an address.
    pub confirm_address: &'a str,
    /// The action, if no other is given: to add an authenticator on another device.
    pub bind_authenticator: &'a str,
    /// Two or more minutes, with their number.
    pub minutes: CountForms<'a>,
    /// Two or more hours, with their number.
    pub hours: CountForms<'a>,
    /// Two or more days, with their number.
    pub days: CountForms<'a>,
    /// Picks the plural category of a count; [`PluralCategory::uniform`] where all counts from 2 on have one form.
    pub plural_rule: fn(u32) -> PluralCategory,
    /// How an amount of money is written.
    pub numbers: NumberFormat,
    /// The digits from zero to nine, as they are said.
    pub digits: [&'a str; 10],
}

impl Phrases<'static> {
    /// The words in English.
    pub const ENGLISH: Self = Self {
        text: "{from}: {code} is your code to {action}. It counts for {lifetime}. {warning}",
        text_payment: "{from}: {code} is your code to pay {amount} {currency} to {payee}. It counts for {lifetime}. {warning}",
        voice: "This is {from}. Your code to {action} is: {code}. Once more: {code}. It counts for {lifetime}. {warning}",
        voice_payment: "This is {from}. Your code to pay {amount} {currency} to {payee} is: {code}. Once more: {code}. It counts for {lifetime}. {warning}",
        private_warning: "Never tell it to anyone, not even us.",
        spoken_warning: "Read it to our agent only if you called us. If somebody called you, hang up.",
        authenticate: "confirm that it is you",
        recover: "recover your account",
        confirm_address: "confirm this address",
        bind_authenticator: "link a new device",
        minutes: CountForms::new("{count} minutes"),
        hours: CountForms::new("{count} hours"),
        days: CountForms::new("{count} days"),
        plural_rule: PluralCategory::uniform,
        numbers: NumberFormat::PLAIN,
        digits: [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        ],
    };
}

/// What messages say in one language, read and checked: make it once, when the host starts.
///
/// ```
/// use countersign::delivered::{Phrases, Wording};
/// let english = Wording::new(&Phrases::ENGLISH)?;
/// let silent = Phrases { text: "Your code to {action}: {code}", ..Phrases::ENGLISH };
/// let error = Wording::new(&silent).unwrap_err();
/// assert_eq!(error.to_string(), "text template: must hold `{warning}`");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Wording {
    text: Template,
    text_payment: Template,
    voice: Template,
    voice_payment: Template,
    private_warning: Template,
    spoken_warning: Template,
    actions: [String; 4],
    units: [Counted; 3],
    numbers: NumberFormat,
    digits: Vec<String>,
}

impl Wording {
    /// The longest template, in characters, its warning included: about six text messages in any script.
    pub const MAX_TEMPLATE_CHARS: usize = 400;
    /// The longest action, the longest form of a unit, and the longest name of a digit, in characters.
    pub const MAX_PHRASE_CHARS: usize = 100;

    /// Reads a language's words.
    ///
    /// # Errors
    /// Misuse, if a template has a brace that is not closed or opened, a place that is unknown or does not belong there, or
    /// lacks one that must be there; if it is too long; if a phrase is empty, longer than 100 characters, or not on one
    /// line; if both warnings are the same, or two digits are; for characters that are not shown as they are
    /// (controls, and what has no look of its own); if a unit lacks a form that the plural rule picks for a count from 2 to
    /// 200, has one that it never picks, or hides its number; or if the marks of numbers are none, or one. The form `Other` is
    /// exempt: every unit has it, whether the rule picks it or not.
    ///
    /// ```
    /// use countersign::delivered::{Phrases, Wording};
    /// let typo = Phrases { voice: "{code}, {cod}. To {action}. {warning}", ..Phrases::ENGLISH };
    /// assert_eq!(Wording::new(&typo).unwrap_err().to_string(), "voice template: must not hold `{cod}`");
    /// ```
    pub fn new(phrases: &Phrases<'_>) -> Result<Self, Error> {
        let wording = Self {
            text: Template::parse(phrases.text, &TEXT)?,
            text_payment: Template::parse(phrases.text_payment, &TEXT_PAYMENT)?,
            voice: Template::parse(phrases.voice, &VOICE)?,
            voice_payment: Template::parse(phrases.voice_payment, &VOICE_PAYMENT)?,
            private_warning: Template::parse(phrases.private_warning, &PRIVATE_WARNING)?,
            spoken_warning: Template::parse(phrases.spoken_warning, &SPOKEN_WARNING)?,
            actions: [
                phrase("action", phrases.authenticate)?,
                phrase("action", phrases.recover)?,
                phrase("action", phrases.confirm_address)?,
                phrase("action", phrases.bind_authenticator)?,
            ],
            units: [
                Counted::parse("minutes", &phrases.minutes, phrases.plural_rule)?,
                Counted::parse("hours", &phrases.hours, phrases.plural_rule)?,
                Counted::parse("days", &phrases.days, phrases.plural_rule)?,
            ],
            numbers: phrases.numbers.checked()?,
            digits: phrases
                .digits
                .iter()
                .map(|word| phrase("digit", word))
                .collect::<Result<_, _>>()?,
        };
        wording.agrees_with_itself()?;
        Ok(wording)
    }

    fn agrees_with_itself(&self) -> Result<(), Error> {
        let warnings = [&self.private_warning, &self.spoken_warning];
        if self.private_warning.says_the_same_as(&self.spoken_warning) {
            let rule = "must differ between private and spoken codes";
            return Err(Error::misuse("warnings", rule));
        }
        let longest = warnings.map(Template::chars).into_iter().max().unwrap_or(0);
        for (template, rules) in [
            (&self.text, TEXT),
            (&self.text_payment, TEXT_PAYMENT),
            (&self.voice, VOICE),
            (&self.voice_payment, VOICE_PAYMENT),
        ] {
            if template.chars().saturating_add(longest) > Self::MAX_TEMPLATE_CHARS {
                let rule = "must hold 400 characters at most, its warning included";
                return Err(Error::misuse(rules.name, rule));
            }
        }
        let mut words: Vec<String> = self.digits.iter().map(|word| word.to_lowercase()).collect();
        words.sort();
        words.dedup();
        if words.len() < self.digits.len() {
            return Err(Error::misuse("digits", "must have ten different words"));
        }
        Ok(())
    }

    pub(super) const fn text(&self, is_payment: bool) -> &Template {
        if is_payment {
            &self.text_payment
        } else {
            &self.text
        }
    }

    pub(super) const fn voice(&self, is_payment: bool) -> &Template {
        if is_payment {
            &self.voice_payment
        } else {
            &self.voice
        }
    }

    pub(super) const fn warning(&self, kind: Kind) -> &Template {
        match kind {
            Kind::Private => &self.private_warning,
            Kind::Spoken => &self.spoken_warning,
        }
    }

    pub(super) fn action(&self, purpose: Purpose) -> &str {
        let [authenticate, recover, confirm_address, bind] = &self.actions;
        match purpose {
            Purpose::Authenticate => authenticate,
            Purpose::Recover => recover,
            Purpose::ConfirmAddress => confirm_address,
            Purpose::BindAuthenticator => bind,
        }
    }

    /// In the largest unit of which there are two or more, so that no language needs a form for one.
    pub(super) fn lifetime(&self, span: Duration) -> Result<String, Error> {
        let [minutes, hours, days] = &self.units;
        let count = |unit: u32| whole_seconds(span).checked_div(unit).unwrap_or(0);
        let in_days = count(86_400);
        let in_hours = count(3_600);
        if in_days >= 2 {
            days.of(in_days)
        } else if in_hours >= 2 {
            hours.of(in_hours)
        } else {
            minutes.of(count(60))
        }
    }

    /// An amount as the language writes it.
    pub(super) fn amount(&self, amount: &str) -> String {
        self.numbers.of(amount)
    }

    /// The word for an ASCII digit.
    pub(super) fn digit(&self, digit: u8) -> Option<&str> {
        let value = usize::from(digit.checked_sub(b'0')?);
        self.digits.get(value).map(String::as_str)
    }
}

/// One line of at most so many characters that says something.
pub(super) fn phrase(field: &'static str, text: &str) -> Result<String, Error> {
    const MAX: usize = Wording::MAX_PHRASE_CHARS;
    let rule = "must be a phrase of 1 to 100 characters on one line";
    Some(text)
        .filter(|text| text.len() <= MAX.saturating_mul(4))
        .and_then(shown::line)
        .filter(|line| shown::says_something(line) && line.chars().count() <= MAX)
        .ok_or_else(|| Error::misuse(field, rule))
}

const TEXT: Rules = Rules {
    name: "text template",
    needed: &[(Place::Code, 1), (Place::Action, 1), (Place::Warning, 1)],
    optional: &[Place::From, Place::Lifetime, Place::Reference],
    max_chars: Wording::MAX_TEMPLATE_CHARS,
    many_lines: true,
};
const TEXT_PAYMENT: Rules = Rules {
    name: "text template for payments",
    needed: &[
        (Place::Code, 1),
        (Place::Payee, 1),
        (Place::Amount, 1),
        (Place::Currency, 1),
        (Place::Warning, 1),
    ],
    ..TEXT
};
const VOICE: Rules = Rules {
    name: "voice template",
    needed: &[(Place::Code, 2), (Place::Action, 1), (Place::Warning, 1)],
    many_lines: false,
    ..TEXT
};
const VOICE_PAYMENT: Rules = Rules {
    name: "voice template for payments",
    needed: &[
        (Place::Code, 2),
        (Place::Payee, 1),
        (Place::Amount, 1),
        (Place::Currency, 1),
        (Place::Warning, 1),
    ],
    many_lines: false,
    ..TEXT
};
const PRIVATE_WARNING: Rules = Rules {
    name: "warning of private codes",
    needed: &[],
    optional: &[Place::From],
    max_chars: 200,
    many_lines: false,
};
const SPOKEN_WARNING: Rules = Rules {
    name: "warning of spoken codes",
    ..PRIVATE_WARNING
};
