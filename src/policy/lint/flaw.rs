//! What lint finds, as data and in plain English.

use core::fmt;

use super::example::ExampleRequest;
use crate::policy::document::{Document, Ruling};
use crate::policy::words;

/// What is wrong with a policy: see [`Policy::lint`](crate::Policy::lint). `Display` has a line for each.
///
/// ```
/// use countersign::{Policy, policy::{Deployment, Preset}};
/// let flaws = Policy::preset(Preset::NistAal2)?.lint(&Deployment::new())?;
/// assert!(flaws.is_empty(), "{flaws}");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct LintReport {
    flaws: Vec<LintFinding>,
    sets: u64,
}

impl LintReport {
    pub(super) const fn new(flaws: Vec<LintFinding>, sets: u64) -> Self {
        Self { flaws, sets }
    }

    /// Whether nothing is wrong.
    ///
    /// ```
    /// fn may_be_used(flaws: &countersign::policy::LintReport) -> bool { flaws.is_empty() }
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.flaws.is_empty()
    }

    /// Each, in the order of the actions' names.
    ///
    /// ```
    /// fn first(flaws: &countersign::policy::LintReport) -> Option<String> { flaws.iter().next().map(ToString::to_string) }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &LintFinding> {
        self.flaws.iter()
    }

    /// How many sets of evidence have been examined.
    ///
    /// ```
    /// fn effort(flaws: &countersign::policy::LintReport) -> u64 { flaws.sets_examined() }
    /// ```
    #[must_use]
    pub const fn sets_examined(&self) -> u64 {
        self.sets
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for flaw in &self.flaws {
            writeln!(f, "{flaw}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a policy.
///
/// ```
/// fn in_words(flaw: &countersign::policy::LintFinding) -> String {
///     format!("{}, alternative {:?}: {:?}, as {:?} shows", flaw.rule(), flaw.alternative(), flaw.kind(), flaw.example())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    kind: LintKind,
    action: String,
    tier: Option<String>,
    rule: String,
    alternative: Option<usize>,
    example: Option<ExampleRequest>,
    /// Evidence that would be enough, in words.
    enough: Option<String>,
}

/// What is wrong with a rule.
///
/// ```
/// fn is_hole(fault: &countersign::policy::LintKind) -> bool { !matches!(fault, countersign::policy::LintKind::Dead) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LintKind {
    /// What is enough here is not enough at this tier, which is lower.
    AsksForLess(String),
    /// Whoever fills this alternative fills another one, or nobody can; or an action of this pattern is always ruled by
    /// something that says more.
    Dead,
    /// Nobody can ever show what is enough. (What is never done says `never`.)
    Unreachable,
    /// Evidence is enough that was given longer ago than a session lasts.
    BeyondSession,
    /// Authenticators change for less than this rule asks for, which they then open (SP 800-63B-4 4.1.2.1, pitfall B26).
    WeakRecovery(String),
    /// Knowledge questions are enough, or other weak evidence, and the alternative does not say `risk_accepted` (SP 800-63-4 2.3.1,
    /// D2).
    QuestionsAlone,
    /// Something restricted is accepted, and nothing that is not: a code over the telephone network has no alternative (SP
    /// 800-63B-4 3.2.9, N9).
    OnlyRestricted,
}

impl LintFinding {
    pub(super) fn of(fault: LintKind, document: &Document, ruling: &Ruling<'_>) -> Self {
        Self {
            kind: fault,
            action: ruling.pattern.to_owned(),
            tier: ruling.tier.map(|tier| document.tier_name(tier).to_owned()),
            rule: words::rule(document, ruling),
            alternative: None,
            example: None,
            enough: None,
        }
    }

    pub(super) fn of_action(fault: LintKind, pattern: &str) -> Self {
        Self {
            kind: fault,
            action: pattern.to_owned(),
            tier: None,
            rule: format!("action.\"{pattern}\""),
            alternative: None,
            example: None,
            enough: None,
        }
    }

    pub(super) fn at(self, number: usize) -> Self {
        let alternative = Some(number);
        Self {
            alternative,
            ..self
        }
    }

    pub(super) fn with(self, example: Option<ExampleRequest>) -> Self {
        Self { example, ..self }
    }

    pub(super) fn where_enough_is(self, enough: String) -> Self {
        let enough = Some(enough);
        Self { enough, ..self }
    }

    /// What is wrong.
    ///
    /// ```
    /// use countersign::policy::{LintFinding, LintKind};
    /// fn is_about_sms(flaw: &LintFinding) -> bool { *flaw.kind() == LintKind::OnlyRestricted }
    /// ```
    #[must_use]
    pub const fn kind(&self) -> &LintKind {
        &self.kind
    }

    /// With the rule of which action, or of which pattern of actions.
    ///
    /// ```
    /// fn of(flaw: &countersign::policy::LintFinding) -> &str { flaw.action() }
    /// ```
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// At which tier; none, if the rule holds at every one.
    ///
    /// ```
    /// fn tier(flaw: &countersign::policy::LintFinding) -> &str { flaw.tier().unwrap_or("every tier") }
    /// ```
    #[must_use]
    pub fn tier(&self) -> Option<&str> {
        self.tier.as_deref()
    }

    /// The rule, as the document writes its place.
    ///
    /// ```
    /// fn place(flaw: &countersign::policy::LintFinding) -> &str { flaw.rule() }
    /// ```
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Which alternative of the rule, counted from 1 (where an `acr` counts as many as it has), if it is about one.
    ///
    /// ```
    /// fn number(flaw: &countersign::policy::LintFinding) -> usize { flaw.alternative().unwrap_or(0) }
    /// ```
    #[must_use]
    pub const fn alternative(&self) -> Option<usize> {
        self.alternative
    }

    /// A smallest set of evidence that shows it; none where the flaw is that there is no such set.
    ///
    /// ```
    /// fn shown(flaw: &countersign::policy::LintFinding) -> String { flaw.example().map_or_else(String::new, ToString::to_string) }
    /// ```
    #[must_use]
    pub const fn example(&self) -> Option<&ExampleRequest> {
        self.example.as_ref()
    }
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)?;
        if let Some(number) = self.alternative {
            write!(f, ", alternative {number}")?;
        }
        match &self.kind {
            LintKind::AsksForLess(tier) => {
                write!(
                    f,
                    ": asks for less than tier {tier}, where this is not enough"
                )?;
            }
            LintKind::Dead if self.alternative.is_none() => {
                f.write_str(": decides nothing, since other rules speak of all it speaks of")?;
            }
            LintKind::Dead if self.example.is_none() => f.write_str(": nobody can fill it")?,
            LintKind::Dead => f.write_str(": decides nothing, since this fills another one too")?,
            LintKind::Unreachable => f.write_str(": nobody can ever show what is enough")?,
            LintKind::BeyondSession => {
                f.write_str(": takes what is older than a session")?;
            }
            LintKind::WeakRecovery(rule) => write!(
                f,
                ": changes authenticators for less than what they open, {rule}"
            )?,
            LintKind::QuestionsAlone => {
                f.write_str(": takes what is no factor alone, and does not say why")?;
            }
            LintKind::OnlyRestricted => {
                f.write_str(
                    ": takes what is restricted, and the rule has no alternative that is not",
                )?;
            }
        }
        if let Some(example) = &self.example {
            write!(f, ": {example}")?;
        }
        match &self.enough {
            Some(enough) => write!(f, "; enough is {enough}"),
            None => Ok(()),
        }
    }
}
