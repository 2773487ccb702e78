//! The words of messages in one language: a host's own, or ours in English.

use super::counted::{Amounts, Counted};
use super::notice_phrases::{NoticePhrases, NoticeWording};
use super::order::{Kind, Purpose};
use super::template::{MAX_PHRASE_CHARS, Place, Rules, Template, phrase};
use crate::error::Error;
use crate::time::whole_seconds;
use core::time::Duration;

/// The words that messages consist of, in one language. [`ENGLISH`](Self::ENGLISH) is built in. A host replaces some of them, or
/// all for another language, and [`Wording::new`] checks them.
///
/// Templates have places in braces:
///
/// | place | holds |
/// |---|---|
/// | `{code}` | the code |
/// | `{warning}` | the warning that goes with the code's kind |
/// | `{action}` | what the code is for |
/// | `{from}` | the name of the host |
/// | `{lifetime}` | the time for which the code counts, as in "10 minutes" |
/// | `{payee}`, `{amount}`, `{currency}` | fields of a payment |
/// | `{reference}`, `{field.street}` | the reference and a field of any transaction |
///
/// A warning has no place but `{from}`.
///
/// # Plural forms
///
/// A unit has a list of forms, such as `{count} minutes`. `plural_rule` picks the form of a count by its position, from 0 on. It
/// is the rule of gettext's `Plural-Forms`, so the forms of a translation can be copied. Messages count from 2 on.
///
/// A form may leave the number out if it serves one count only, as the Arabic dual does.
///
/// ```
/// use countersign::delivered::{Phrases, Wording};
/// let ours = Phrases {
///     text: "{from}: use {code} to {action}. {warning}",
///     ..Phrases::ENGLISH
/// };
/// assert!(Wording::new(&ours).is_ok());
/// // Polish: 2 minuty, 5 minut, 12 minut, 22 minuty.
/// let polish = Phrases {
///     plural_rule: |count| match (count % 10, count % 100) {
///         _ if count == 1 => 0,
///         (2..=4, rest) if !(12..=14).contains(&rest) => 1,
///         _ => 2,
///     },
///     minutes: &["{count} minuta", "{count} minuty", "{count} minut"],
///     hours: &["{count} godzina", "{count} godziny", "{count} godzin"],
///     days: &["{count} dzień", "{count} dni", "{count} dni"],
///     decimal_mark: ',',
///     group_mark: Some(' '),
///     ..Phrases::ENGLISH
/// };
/// assert!(Wording::new(&polish).is_ok());
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a language says all of this, or it is not finished"
)]
pub struct Phrases<'a> {
    /// The template of text messages, e-mails and letters. It must hold `{code}`, `{action}` and `{warning}`. It may have lines.
    pub text: &'a str,
    /// The template of texts for a payment. It must hold `{code}`, `{payee}`, `{amount}`, `{currency}` and `{warning}`
    /// (RTS 5(1)(a)).
    pub text_payment: &'a str,
    /// The template of calls: as `text`, but on one line, and with `{code}` twice. Few people remember it the first time.
    pub voice: &'a str,
    /// The template of calls for a payment: as `text_payment`, but on one line, and with `{code}` twice.
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
    /// The forms of minutes, with `{count}` for their number.
    pub minutes: &'a [&'a str],
    /// The forms of hours, with `{count}` for their number.
    pub hours: &'a [&'a str],
    /// The forms of days, with `{count}` for their number.
    pub days: &'a [&'a str],
    /// Returns the position of a count's form. `|_| 0` is the rule of one form for all counts.
    pub plural_rule: fn(u32) -> usize,
    /// The decimal mark of an amount: `.`, `,` or `٫`.
    pub decimal_mark: char,
    /// The mark between groups of digits in an amount, if it has groups: `.`, `,`, `'`, `’`, `٬`, or a space of any width.
    ///
    /// A space other than the plain one makes a text message about twice as expensive: it is not in the short alphabet of SMS.
    pub group_mark: Option<char>,
    /// Whether groups are those of India: three digits before the decimal mark, then two each, as in `12,34,567.50`.
    pub indian_groups: bool,
    /// The digits from zero to nine, as they are said.
    pub digits: [&'a str; 10],
    /// The words of notices, which carry no code.
    pub notices: NoticePhrases<'a>,
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
        minutes: &["{count} minutes"],
        hours: &["{count} hours"],
        days: &["{count} days"],
        plural_rule: |_| 0,
        decimal_mark: '.',
        group_mark: None,
        indian_groups: false,
        digits: [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        ],
        notices: NoticePhrases::ENGLISH,
    };
}

/// The words of messages in one language, read and checked. Make it once, when the host starts.
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
    amounts: Amounts,
    digits: Vec<String>,
    notices: NoticeWording,
}

impl Wording {
    /// The longest template, in characters, its warning included: about six text messages in any script.
    pub const MAX_TEMPLATE_CHARS: usize = 400;
    /// The longest action, form of a unit, and name of a digit, in characters.
    pub const MAX_PHRASE_CHARS: usize = MAX_PHRASE_CHARS;

    /// Reads a language's words.
    ///
    /// # Errors
    /// Misuse, if one of these rules is broken:
    ///
    /// - A template closes and opens each brace. It has its own places only, and all that it must hold. It is not too long.
    /// - A phrase has 1 to 100 characters on one line.
    /// - The two warnings differ, and so do the ten digits.
    /// - All characters are shown as they are: no controls, and no invisible ones.
    /// - A unit has each form that the plural rule picks for a count up to 200, and no other. A form for several counts
    ///   shows the number.
    /// - The decimal mark and the group mark are in their lists, and differ.
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
                Counted::parse("minutes", phrases.minutes, phrases.plural_rule)?,
                Counted::parse("hours", phrases.hours, phrases.plural_rule)?,
                Counted::parse("days", phrases.days, phrases.plural_rule)?,
            ],
            amounts: Amounts::new(
                phrases.decimal_mark,
                phrases.group_mark,
                phrases.indian_groups,
            )?,
            digits: phrases
                .digits
                .iter()
                .map(|word| phrase("digit", word))
                .collect::<Result<_, _>>()?,
            notices: NoticeWording::new(&phrases.notices)?,
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

    /// The lifetime in the largest unit of which there are two or more. So no language needs a form for one.
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

    pub(super) const fn notices(&self) -> &NoticeWording {
        &self.notices
    }

    /// An amount as the language writes it.
    pub(super) fn amount(&self, amount: &str) -> String {
        self.amounts.of(amount)
    }

    /// The word for an ASCII digit.
    pub(super) fn digit(&self, digit: u8) -> Option<&str> {
        let value = usize::from(digit.checked_sub(b'0')?);
        self.digits.get(value).map(String::as_str)
    }
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
