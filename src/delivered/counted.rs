//! Counts and amounts, as a language writes them.

use super::template::{Place, Rules, Template};
use crate::error::Error;

/// The forms of one unit, read and checked.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    forms: Vec<Template>,
    rule: fn(u32) -> usize,
}

impl Counted {
    /// The counts for which a wording is checked. No rule treats larger counts in a way of their own.
    const TRIED: core::ops::RangeInclusive<u32> = 0..=200;

    pub(super) fn parse(
        name: &'static str,
        forms: &[&str],
        rule: fn(u32) -> usize,
    ) -> Result<Self, Error> {
        let rules = Rules { name, ..FORM };
        let parse = |form: &&str| Template::parse(form, &rules);
        let forms = forms.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        for count in Self::TRIED {
            let number = rule(count);
            if number >= forms.len() {
                let fault = format!("must have a form {number}, for {count}");
                return Err(Error::misuse(name, fault));
            }
        }
        for (number, form) in forms.iter().enumerate() {
            let mut counts = Self::TRIED.filter(|count| rule(*count) == number);
            let (first, second) = (counts.next(), counts.next());
            if first.is_none() {
                let fault = format!("must not have a form {number}, which the rule never picks");
                return Err(Error::misuse(name, fault));
            }
            if second.is_some() && form.places().next().is_none() {
                let fault = format!("must hold `{{count}}` in form {number}");
                return Err(Error::misuse(name, fault));
            }
        }
        Ok(Self { forms, rule })
    }

    /// The count with its unit.
    pub(super) fn of(&self, count: u32) -> Result<String, Error> {
        let number = count.to_string();
        let form = self.forms.get((self.rule)(count));
        // A rule may pick a form that is not there for a count above those that were tried.
        let Some(form) = form.or(self.forms.last()) else {
            return Ok(number);
        };
        let text = form.fill(|_| Some(number.as_str()), false)?;
        Ok(text.expose_text().to_owned())
    }
}

const FORM: Rules = Rules {
    name: "unit",
    needed: &[],
    optional: &[Place::Count],
    max_chars: 100,
    many_lines: false,
};

/// The marks in an amount, read and checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amounts {
    decimal: char,
    groups: Option<char>,
    /// Digits of each group, except the one before the decimal mark, which has three.
    group: usize,
}

impl Amounts {
    pub(super) fn new(decimal: char, groups: Option<char>, indian: bool) -> Result<Self, Error> {
        const DECIMALS: [char; 3] = ['.', ',', '\u{66b}'];
        const GROUPS: [char; 8] = [
            '.', ',', '\'', '\u{2019}', '\u{66c}', ' ', '\u{a0}', '\u{202f}',
        ];
        if !DECIMALS.contains(&decimal) {
            return Err(Error::misuse("decimal mark", "must be `.`, `,` or `٫`"));
        }
        if groups.is_some_and(|mark| !GROUPS.contains(&mark)) {
            let rule = "must be `.`, `,`, `'`, `’`, `٬` or a space";
            return Err(Error::misuse("group mark", rule));
        }
        if groups == Some(decimal) {
            return Err(Error::misuse("group mark", "must not be the decimal mark"));
        }
        let group = if indian { 2 } else { 3 };
        Ok(Self {
            decimal,
            groups,
            group,
        })
    }

    /// A decimal number with ASCII digits and a point, with these marks.
    pub(super) fn of(self, amount: &str) -> String {
        let (whole, decimals) = amount
            .split_once('.')
            .map_or((amount, None), |(whole, decimals)| (whole, Some(decimals)));
        let mut text = String::with_capacity(amount.len().saturating_mul(2));
        for (place, digit) in whole.chars().enumerate() {
            let behind = whole.len().saturating_sub(place);
            let is_first =
                behind.saturating_sub(3).checked_rem(self.group) == Some(0) && behind >= 3;
            if let Some(mark) = self.groups.filter(|_| place > 0 && is_first) {
                text.push(mark);
            }
            text.push(digit);
        }
        if let Some(decimals) = decimals {
            text.push(self.decimal);
            text.push_str(decimals);
        }
        text
    }
}
