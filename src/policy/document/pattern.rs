//! Names of actions with wildcards, and which of them says more.

/// The name of an action, or a pattern for several. It has segments between dots. A segment `*` stands for any one segment, and
/// as the last for one or more.
///
/// As the first it never stands for a [guarded](GUARDED) family: actions that change the account have to be named (N19,
/// pitfalls B26, B57).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
    segments: Vec<Segment>,
    /// Whether it ends in `*`.
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Word(String),
    Any,
}

impl Pattern {
    /// Reads a pattern, if its words keep the rule for names.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        if !text.contains('*') {
            named(text)?;
        }
        if text.len() > MOST_NAME_BYTES {
            return Err(format!("must hold 1 to {MOST_NAME_BYTES} bytes"));
        }
        for segment in text.split('.') {
            segments.push(match segment {
                "*" => Segment::Any,
                word if word.contains('*') => {
                    return Err(
                        "must hold `*` as a whole segment only, as in `payment.*`".to_owned()
                    );
                }
                // A name may have empty segments, a pattern may not: it is easier to read without.
                word => {
                    if text.contains('*') {
                        named(word)?;
                    }
                    Segment::Word(word.to_owned())
                }
            });
        }
        Ok(Self {
            text: text.to_owned(),
            open: segments.last() == Some(&Segment::Any),
            segments,
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a plain name.
    pub(crate) fn is_name(&self) -> bool {
        !self.segments.contains(&Segment::Any)
    }

    /// Whether it consists of stars: `*`, `*.*`.
    pub(crate) fn is_catch_all(&self) -> bool {
        self.words() == 0
    }

    pub(crate) fn matches(&self, action: &str) -> bool {
        !(self.begins_with_star() && is_guarded(action)) && self.fits(action)
    }

    /// Whether its segments match, also those of a guarded family.
    fn fits(&self, action: &str) -> bool {
        let mut given = action.split('.');
        for segment in &self.segments {
            match (segment, given.next()) {
                (Segment::Any, Some(some)) if !some.is_empty() => {}
                (Segment::Word(word), Some(other)) if word == other => {}
                _ => return false,
            }
        }
        let mut rest = given.map(|more| self.open && !more.is_empty());
        rest.all(|fits| fits)
    }

    /// Whether it matches all names that `other` matches.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let fits = |(own, others): (&Segment, &Segment)| *own == Segment::Any || own == others;
        let long_enough = match (self.open, other.open) {
            (true, _) => other.segments.len() >= self.segments.len(),
            (false, true) => false,
            (false, false) => other.segments.len() == self.segments.len(),
        };
        long_enough
            && !(self.begins_with_star() && other.is_of_guarded_family())
            && self.segments.iter().zip(&other.segments).all(fits)
    }

    /// Whether both match some action.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let agree = |(one, other): (&Segment, &Segment)| {
            *one == Segment::Any || *other == Segment::Any || one == other
        };
        let (one, two) = (self.segments.len(), other.segments.len());
        let lengths = match (self.open, other.open) {
            (true, true) => true,
            (true, false) => two >= one,
            (false, true) => one >= two,
            (false, false) => one == two,
        };
        lengths
            && !(self.begins_with_star() && other.is_of_guarded_family())
            && !(other.begins_with_star() && self.is_of_guarded_family())
            && self.segments.iter().zip(&other.segments).all(agree)
    }

    /// Returns a name of this pattern, with the words of the given name where the pattern has stars; none, if the name is too short.
    pub(crate) fn as_written(&self, name: &str) -> Option<String> {
        let mut given = name.split('.');
        let mut words = Vec::new();
        for segment in &self.segments {
            let other = given.next()?;
            words.push(match segment {
                Segment::Any => other,
                Segment::Word(word) => word,
            });
        }
        words.extend(given.filter(|_| self.open));
        Some(words.join("."))
    }

    /// Whether it would match, if the family were not guarded.
    pub(crate) fn is_kept_from(&self, action: &str) -> bool {
        self.begins_with_star() && is_guarded(action) && self.fits(action)
    }

    fn begins_with_star(&self) -> bool {
        self.segments.first() == Some(&Segment::Any)
    }

    fn is_of_guarded_family(&self) -> bool {
        matches!(self.segments.first(), Some(Segment::Word(word)) if GUARDED.contains(&word.as_str()))
    }

    /// Whether all that it matches are changes of authenticators.
    pub(crate) fn is_of_authenticators(&self) -> bool {
        matches!(self.segments.first(), Some(Segment::Word(word)) if word == AUTHENTICATOR)
    }

    /// The order of patterns: sorted by this in reverse, a pattern comes before those that cover it.
    pub(crate) fn says(&self) -> (usize, usize) {
        (self.words(), self.segments.len())
    }

    fn words(&self) -> usize {
        let word = |segment: &&Segment| **segment != Segment::Any;
        self.segments.iter().filter(word).count()
    }
}

/// Families of actions that change the account itself: see [`Change::action`](crate::Change::action).
pub(crate) const GUARDED: [&str; 3] = ["account", AUTHENTICATOR, "recovery"];
/// The family of the changes that can wait. A suspension acts at once, and nothing takes effect meanwhile.
const AUTHENTICATOR: &str = "authenticator";

/// Whether an action changes the account itself.
pub(crate) fn is_guarded(action: &str) -> bool {
    let family = action.split('.').next().unwrap_or_default();
    GUARDED.contains(&family)
}

/// Checks a name of an action, a tier or a signal. `*` is kept free for patterns.
pub(crate) fn named(name: &str) -> Result<(), String> {
    let fits = (1..=MOST_NAME_BYTES).contains(&name.len());
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if fits && name.bytes().all(plain) {
        return Ok(());
    }
    Err(format!(
        "must be 1 to {MOST_NAME_BYTES} lower-case letters, digits, `.`, `-` or `_`"
    ))
}

const MOST_NAME_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn a_star_is_one_segment_and_the_last_one_or_more() {
        for (text, yes, no) in [
            (
                "payment.*",
                &["payment.create", "payment.a.b"][..],
                &["payment", "payment.", "payments.a", "a.payment.b"][..],
            ),
            (
                "*.read",
                &["balance.read"],
                &["read", ".read", "a.b.read", "balance.read.x"],
            ),
            ("a.*.c", &["a.b.c"], &["a.c", "a.b.b.c", "a.b"]),
            ("*", &["a", "a.b"], &[""]),
            ("*.*", &["a.b", "a.b.c"], &["a"]),
        ] {
            assert!(
                yes.iter().all(|action| pattern(text).matches(action)),
                "{text}"
            );
            assert!(
                !no.iter().any(|action| pattern(text).matches(action)),
                "{text}"
            );
        }
    }

    #[test]
    fn b57_a_star_in_the_first_place_reaches_nothing_that_changes_the_account() {
        for family in GUARDED {
            let named = [
                family.to_owned(),
                format!("{family}.add"),
                format!("{family}.a.b"),
            ];
            for text in ["*", "*.*", "*.add", "*.*.b", "*.a.*"] {
                let star = pattern(text);
                assert!(
                    !named.iter().any(|name| star.matches(name)),
                    "{text} {family}"
                );
                assert!(star.matches(text.replace('*', "a").as_str()));
            }
            assert!(pattern(&format!("{family}.*")).matches(&named[1]));
            assert!(pattern("*.add").is_kept_from(&named[1]));
            assert!(!pattern("*.remove").is_kept_from(&named[1]));
            // Elsewhere than in the first place they are words like any other.
            assert!(pattern("*.add").matches("payee.add"));
            assert!(pattern("a.*").matches(&format!("a.{family}")));
        }
    }

    #[test]
    fn stars_inside_words_are_refused() {
        for text in ["pay*", "payment.*x", "**", "a.**", "*.", ".*", "A.*", ""] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    fn some_pattern() -> impl Strategy<Value = Pattern> {
        let segment = prop::sample::select(vec!["a", "b", "account", "*"]);
        prop::collection::vec(segment, 1..4).prop_map(|segments| pattern(&segments.join(".")))
    }

    fn every_name() -> Vec<String> {
        let mut names: Vec<String> = ["a", "b", "c", "account"].map(str::to_owned).to_vec();
        for _ in 0..3 {
            let longer: Vec<_> = names
                .iter()
                .flat_map(|name| ["a", "b", "c", "account"].map(|word| format!("{name}.{word}")))
                .collect();
            names.extend(longer);
            names.sort();
            names.dedup();
        }
        names
    }

    proptest! {
        #[test]
        fn covering_and_meeting_are_what_matching_says(one in some_pattern(), other in some_pattern()) {
            let names = every_name();
            let covers = names.iter().all(|name| one.matches(name) || !other.matches(name));
            let meets = names.iter().any(|name| one.matches(name) && other.matches(name));
            prop_assert_eq!(one.covers(&other), covers);
            prop_assert_eq!(one.meets(&other), meets);
            if one.covers(&other) && one != other {
                prop_assert!(one.says() < other.says());
            }
        }
    }
}
