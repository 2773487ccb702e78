//! Counts and amounts, as a language writes them.

use super::template::{Place, Rules, Template};
use crate::error::Error;

/// The plural categories of Unicode's CLDR. A language uses some of them, by a rule of its own.
///
/// The rule is a function of the host. It may be written by hand, as here, or call a crate with CLDR's rules, such as
/// `icu_plurals`. Messages count from 2 on.
///
/// ```
/// use countersign::delivered::PluralCategory;
/// /// Polish: 2 minuty, 5 minut, 12 minut, 22 minuty.
/// fn polish(count: u32) -> PluralCategory {
///     match (count % 10, count % 100) {
///         (2..=4, rest) if !(12..=14).contains(&rest) => PluralCategory::Few,
///         _ => PluralCategory::Many,
///     }
/// }
/// assert_eq!(polish(22), PluralCategory::Few);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "CLDR has these six")]
pub enum PluralCategory {
    /// In Latvian 10 and 20.
    Zero,
    /// In Russian 21 and 31.
    One,
    /// In Arabic 2.
    Two,
    /// In Polish 2, 3, 4 and 22; in Arabic 3 to 10.
    Few,
    /// In Polish 5 to 21; in Arabic 11 to 99.
    Many,
    /// All counts that no other category takes.
    Other,
}

impl PluralCategory {
    /// Returns `Other`: the rule of languages with one form for all counts from 2 on, such as English, German and Swahili.
    ///
    /// ```
    /// use countersign::delivered::{Phrases, PluralCategory};
    /// assert_eq!((Phrases::ENGLISH.plural_rule)(2), PluralCategory::uniform(30));
    /// ```
    #[must_use]
    pub const fn uniform(_count: u32) -> Self {
        Self::Other
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

/// A count with its unit, such as "10 minutes", in each plural form that a language needs.
///
/// A form is a short text with `{count}` where the number goes. A form may leave the number out if it serves one count only,
/// as the Arabic dual does.
///
/// ```
/// use countersign::delivered::{CountForms, PluralCategory};
/// let polish = CountForms::new("{count} minuty").with(PluralCategory::Many, "{count} minut").with(PluralCategory::Few, "{count} minuty");
/// let swahili = CountForms::new("dakika {count}");
/// # let _ = (polish, swahili);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CountForms<'a> {
    zero: Option<&'a str>,
    one: Option<&'a str>,
    two: Option<&'a str>,
    few: Option<&'a str>,
    many: Option<&'a str>,
    other: &'a str,
}

impl<'a> CountForms<'a> {
    /// Makes the form of the category `Other`. A language with one plural needs no other.
    ///
    /// ```
    /// const MINUTES: countersign::delivered::CountForms<'static> = countersign::delivered::CountForms::new("{count} Minuten");
    /// # let _ = MINUTES;
    /// ```
    #[must_use]
    pub const fn new(other: &'a str) -> Self {
        Self {
            zero: None,
            one: None,
            two: None,
            few: None,
            many: None,
            other,
        }
    }

    /// Adds the form of one more category, or replaces it.
    ///
    /// ```
    /// use countersign::delivered::{CountForms, PluralCategory};
    /// let arabic = CountForms::new("{count} دقيقة")
    ///     .with(PluralCategory::Two, "دقيقتان")
    ///     .with(PluralCategory::Few, "{count} دقائق")
    ///     .with(PluralCategory::Many, "{count} دقيقة");
    /// # let _ = arabic;
    /// ```
    #[must_use]
    pub const fn with(mut self, category: PluralCategory, form: &'a str) -> Self {
        match category {
            PluralCategory::Zero => self.zero = Some(form),
            PluralCategory::One => self.one = Some(form),
            PluralCategory::Two => self.two = Some(form),
            PluralCategory::Few => self.few = Some(form),
            PluralCategory::Many => self.many = Some(form),
            PluralCategory::Other => self.other = form,
        }
        self
    }

    fn all(&self) -> impl Iterator<Item = (PluralCategory, &'a str)> {
        [
            (PluralCategory::Zero, self.zero),
            (PluralCategory::One, self.one),
            (PluralCategory::Two, self.two),
            (PluralCategory::Few, self.few),
            (PluralCategory::Many, self.many),
            (PluralCategory::Other, Some(self.other)),
        ]
        .into_iter()
        .filter_map(|(category, form)| Some((category, form?)))
    }
}

/// The forms of one unit, read and checked.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    forms: Vec<(PluralCategory, Template)>,
    rule: fn(u32) -> PluralCategory,
}

impl Counted {
    /// The counts whose forms are asked for when a wording is read. In larger numbers no rule has a category of its own.
    const TRIED: core::ops::RangeInclusive<u32> = 2..=200;

    pub(super) fn parse(
        name: &'static str,
        forms: &CountForms<'_>,
        rule: fn(u32) -> PluralCategory,
    ) -> Result<Self, Error> {
        let rules = Rules { name, ..FORM };
        let forms = forms
            .all()
            .map(|(category, form)| Ok((category, Template::parse(form, &rules)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        for (category, form) in &forms {
            let mut counts = Self::TRIED.filter(|count| rule(*count) == *category);
            let (first, second) = (counts.next(), counts.next());
            let category = category.name();
            if first.is_none() && category != "other" {
                let fault =
                    format!("must not have the form `{category}`, which the rule never picks");
                return Err(Error::misuse(name, fault));
            }
            if second.is_some() && form.places().next().is_none() {
                let fault = format!("must hold `{{count}}` in the form `{category}`");
                return Err(Error::misuse(name, fault));
            }
        }
        for count in Self::TRIED {
            let category = rule(count);
            if !forms.iter().any(|(other, _)| *other == category) {
                let category = category.name();
                let fault = format!("must have the form `{category}`, for {count}");
                return Err(Error::misuse(name, fault));
            }
        }
        Ok(Self { forms, rule })
    }

    /// The count with its unit.
    pub(super) fn of(&self, count: u32) -> Result<String, Error> {
        let number = count.to_string();
        let category = (self.rule)(count);
        let form = self.forms.iter().find(|(other, _)| *other == category);
        // For a count beyond those that were tried: `Other` is always there, and last.
        let Some((_, form)) = form.or(self.forms.last()) else {
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

/// How a language writes the amount of a payment: its decimal mark, and the marks between groups of digits.
///
/// The transaction stays bound to the amount as it was given, `1234.50`. A message shows the same value.
///
/// A space that is not a plain one makes a text message cost about double: such spaces are not in its short alphabet.
///
/// ```
/// use countersign::delivered::NumberFormat;
/// const GERMAN: NumberFormat = NumberFormat::new(',').with_groups('.'); // 1.234,50
/// const HINDI: NumberFormat = NumberFormat::new('.').with_indian_groups(','); // 12,34,567.50
/// # let _ = (GERMAN, HINDI);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberFormat {
    decimal: char,
    groups: Option<char>,
    /// Digits of each group but the one before the decimal mark, which has three.
    group: usize,
}

impl NumberFormat {
    /// The amount as it is bound: `1234.50`.
    pub const PLAIN: Self = Self::new('.');

    /// Makes a format with this decimal mark, `.`, `,` or `٫`, and no groups.
    ///
    /// ```
    /// assert_eq!(countersign::delivered::NumberFormat::new('.'), countersign::delivered::NumberFormat::PLAIN);
    /// ```
    #[must_use]
    pub const fn new(decimal: char) -> Self {
        Self {
            decimal,
            groups: None,
            group: 3,
        }
    }

    /// Sets the mark between thousands, millions and so on: `.`, `,`, `'`, `’`, `٬`, or a space of any width.
    ///
    /// ```
    /// let swiss = countersign::delivered::NumberFormat::new('.').with_groups('’'); // 1’234’567.50
    /// # let _ = swiss;
    /// ```
    #[must_use]
    pub const fn with_groups(mut self, mark: char) -> Self {
        self.groups = Some(mark);
        self.group = 3;
        self
    }

    /// Sets the mark between thousands, lakhs and crores: three digits, then two each.
    ///
    /// ```
    /// let indian = countersign::delivered::NumberFormat::new('.').with_indian_groups(','); // 12,34,567.50
    /// # let _ = indian;
    /// ```
    #[must_use]
    pub const fn with_indian_groups(mut self, mark: char) -> Self {
        self.groups = Some(mark);
        self.group = 2;
        self
    }

    pub(super) fn checked(self) -> Result<Self, Error> {
        const DECIMALS: [char; 3] = ['.', ',', '\u{66b}'];
        const GROUPS: [char; 8] = [
            '.', ',', '\'', '\u{2019}', '\u{66c}', ' ', '\u{a0}', '\u{202f}',
        ];
        let refused = |rule| Err(Error::misuse("numbers", rule));
        if !DECIMALS.contains(&self.decimal) {
            return refused("must have the decimal mark `.`, `,` or `٫`");
        }
        if self.groups.is_some_and(|mark| !GROUPS.contains(&mark)) {
            return refused("must have groups apart by `.`, `,`, `'`, `’`, `٬` or a space");
        }
        if self.groups == Some(self.decimal) {
            return refused("must have groups apart by another mark than the decimal mark");
        }
        Ok(self)
    }

    /// A decimal number with ASCII digits and a point, in this format.
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
