//! A text with places in it. It is read once, when the host starts, and filled in for each message.

use crate::canonical::shown;
use crate::error::Error;
use crate::secret::SecretText;

/// A template that keeps its rules.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
    chars: usize,
    leftward: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Place(Place),
}

/// A place that a message fills in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Code,
    From,
    Lifetime,
    Warning,
    Action,
    Payee,
    Amount,
    Currency,
    Reference,
    /// The person who asked for a change.
    Who,
    Authenticator,
    /// The number in the form of a counted unit, and of tries.
    Count,
    /// A field of the transaction, by name.
    Field(String),
}

/// The rules of a template.
pub(super) struct Rules {
    /// Its name in an error's text.
    pub(super) name: &'static str,
    /// The places that it must have, and how often at least.
    pub(super) needed: &'static [(Place, usize)],
    /// The other places that it may have. Fields of a transaction go with its reference.
    pub(super) optional: &'static [Place],
    pub(super) max_chars: usize,
    pub(super) many_lines: bool,
}

impl Rules {
    fn broken(&self, rule: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::misuse(self.name, rule)
    }

    fn allow(&self, place: &Place) -> bool {
        let asked = match place {
            Place::Field(_) => &Place::Reference,
            other => other,
        };
        self.needed.iter().any(|(needed, _)| needed == asked) || self.optional.contains(asked)
    }

    /// The template's text in the form that is shown, line by line.
    fn lines(&self, text: &str) -> Result<String, Error> {
        // No character has more than four bytes. So nothing long is read.
        if text.len() > self.max_chars.saturating_mul(4) {
            return Err(self.too_long());
        }
        let lines: Option<Vec<String>> = text.split('\n').map(shown::line).collect();
        let lines = lines.ok_or_else(|| self.broken(shown::RULE))?;
        if lines.len() > 1 && !self.many_lines {
            return Err(self.broken("must be one line"));
        }
        let shown = lines.join("\n");
        if shown.chars().count() > self.max_chars {
            return Err(self.too_long());
        }
        Ok(shown)
    }

    fn too_long(&self) -> Error {
        self.broken(format!("must hold {} characters at most", self.max_chars))
    }
}

impl Template {
    /// Reads a template: text, and places in braces.
    pub(super) fn parse(text: &str, rules: &Rules) -> Result<Self, Error> {
        let text = rules.lines(text)?;
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| rules.broken("must close each `{`"))?;
            let place = Place::named(name)
                .filter(|place| rules.allow(place))
                .ok_or_else(|| {
                    let start: String = name.chars().take(MAX_ECHO).collect();
                    rules.broken(format!("must not hold `{{{start}}}`"))
                })?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Place(place));
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let template = Self {
            chars: text.chars().count(),
            leftward: shown::runs_leftward(&text),
            pieces,
        };
        if template.texts().any(|text| text.contains('}')) {
            return Err(rules.broken("must open each `}`"));
        }
        if !template.texts().any(shown::says_something) {
            return Err(rules.broken("must hold a letter"));
        }
        for (place, times) in rules.needed {
            if template.count(place) < *times {
                let often = if *times > 1 { " twice" } else { "" };
                let name = place.name();
                return Err(rules.broken(format!("must hold `{{{name}}}`{often}")));
            }
        }
        Ok(template)
    }

    /// Its length before anything is filled in.
    pub(super) const fn chars(&self) -> usize {
        self.chars
    }

    /// Whether any of it is written from right to left.
    pub(super) const fn runs_leftward(&self) -> bool {
        self.leftward
    }

    /// Whether its text is the same as another's.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        self.texts().eq(other.texts())
    }

    /// The places in it.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place(place) => Some(place),
            Piece::Text(_) => None,
        })
    }

    /// Fills in every place. A filled-in value is not read again: a brace in it is a brace.
    ///
    /// If `apart`, marks isolate each value: they keep the direction of its letters from the text around it (UAX #9, first
    /// strong isolate). A code beside a name in Arabic is then read in its order.
    pub(super) fn fill<'v>(
        &self,
        value: impl Fn(&Place) -> Option<&'v str>,
        apart: bool,
    ) -> Result<SecretText, Error> {
        let mut parts: Vec<&str> = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => parts.push(text),
                Piece::Place(place) => {
                    let value = value(place).ok_or_else(|| place.missing())?;
                    // The warning is of the template's own language.
                    let apart = apart && *place != Place::Warning;
                    parts.extend(apart.then_some("\u{2068}"));
                    parts.push(value);
                    parts.extend(apart.then_some("\u{2069}"));
                }
            }
        }
        // In one piece. So it does not move and leave a copy behind.
        Ok(SecretText::from(parts.concat()))
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Place(_) => None,
        })
    }

    fn count(&self, place: &Place) -> usize {
        self.places().filter(|other| *other == place).count()
    }
}

impl Place {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "code" => Self::Code,
            "from" => Self::From,
            "lifetime" => Self::Lifetime,
            "warning" => Self::Warning,
            "action" => Self::Action,
            "payee" => Self::Payee,
            "amount" => Self::Amount,
            "currency" => Self::Currency,
            "reference" => Self::Reference,
            "who" => Self::Who,
            "authenticator" => Self::Authenticator,
            "count" => Self::Count,
            other => Self::Field(
                other
                    .strip_prefix("field.")
                    .filter(|name| !name.is_empty())?
                    .to_owned(),
            ),
        })
    }

    fn name(&self) -> &str {
        match self {
            Self::Code => "code",
            Self::From => "from",
            Self::Lifetime => "lifetime",
            Self::Warning => "warning",
            Self::Action => "action",
            Self::Payee => "payee",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Reference => "reference",
            Self::Who => "who",
            Self::Authenticator => "authenticator",
            Self::Count => "count",
            Self::Field(name) => name,
        }
    }

    fn missing(&self) -> Error {
        Error::misuse(
            "transaction",
            format!("must have the `{}` that the template shows", self.name()),
        )
    }
}

/// Reads a phrase: one line, of at most 100 characters, with a letter or digit.
pub(super) fn phrase(field: &'static str, text: &str) -> Result<String, Error> {
    const MAX: usize = MAX_PHRASE_CHARS;
    let rule = "must be a phrase of 1 to 100 characters on one line";
    Some(text)
        .filter(|text| text.len() <= MAX.saturating_mul(4))
        .and_then(shown::line)
        .filter(|line| shown::says_something(line) && line.chars().count() <= MAX)
        .ok_or_else(|| Error::misuse(field, rule))
}

/// The longest phrase, in characters.
pub(super) const MAX_PHRASE_CHARS: usize = 100;
/// The most characters of an unknown place's name that an error repeats.
const MAX_ECHO: usize = 32;
