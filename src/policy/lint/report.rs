//! The findings of lint, as data and in plain English.

use core::fmt;

use crate::policy::lint::example::ExampleRequest;

/// One thing that is wrong with a policy: see [`Policy::lint`](crate::Policy::lint). `Display` says it in one line.
///
/// ```
/// use countersign::policy::{LintFinding, LintKind};
/// fn is_about_sms(finding: &LintFinding) -> bool { *finding.kind() == LintKind::OnlyRestricted }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    pub(crate) kind: LintKind,
    pub(crate) action: String,
    pub(crate) tier: Option<String>,
    pub(crate) rule: String,
    pub(crate) alternative: Option<usize>,
    pub(crate) example: Option<ExampleRequest>,
}

/// A kind of thing that is wrong with a rule.
///
/// ```
/// fn is_hole(kind: &countersign::policy::LintKind) -> bool { !matches!(kind, countersign::policy::LintKind::Dead) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LintKind {
    /// Some evidence is enough here, and is not enough at this tier, which is lower.
    AsksForLess(String),
    /// With some evidence a change waits less here than at this tier, which is lower.
    WaitsLess(String),
    /// All evidence that meets this alternative meets another one too, which waits no longer, or none can meet it. Or rules
    /// that say more decide every action of this pattern.
    Dead,
    /// No evidence that can be given is enough. (A rule that forbids says `never`.)
    Unreachable,
    /// Evidence is enough that was given longer ago than a session lasts.
    BeyondSession,
    /// Authenticators change for less than the rule of another action asks for (SP 800-63B-4 4.1.2.1, pitfall B26). The change
    /// does not wait for a day.
    #[non_exhaustive]
    WeakRecovery {
        /// The rule that asks for more, as the document writes its place.
        rule: String,
        /// Evidence that would be enough, in words.
        enough: String,
    },
    /// Knowledge questions or other weak evidence are enough, and the alternative does not say `risk_accepted`
    /// (SP 800-63-4 2.3.1, D2).
    QuestionsAlone,
    /// Restricted evidence is accepted, and no evidence that is not restricted: a code over the telephone network has no
    /// alternative (SP 800-63B-4 3.2.9, N9).
    OnlyRestricted,
}

impl LintFinding {
    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> &LintKind {
        &self.kind
    }

    /// Returns the action whose rule is wrong, or the pattern of actions.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns the tier; none, if the rule holds at every tier.
    #[must_use]
    pub fn tier(&self) -> Option<&str> {
        self.tier.as_deref()
    }

    /// Returns the rule, as the document writes its place.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Returns the alternative of the rule, if it is about one. They are counted from 1; an `acr` counts as many as it has.
    #[must_use]
    pub const fn alternative(&self) -> Option<usize> {
        self.alternative
    }

    /// Returns a smallest set of evidence that proves it, in words; none, if it is that there is no such set.
    #[must_use]
    pub fn example(&self) -> Option<String> {
        self.example.as_ref().map(ToString::to_string)
    }
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)?;
        if let Some(number) = self.alternative {
            write!(f, ", alternative {number}")?;
        }
        f.write_str(match &self.kind {
            LintKind::AsksForLess(_) => ": asks for less than tier ",
            LintKind::WaitsLess(_) => ": waits less than tier ",
            LintKind::WeakRecovery { .. } => {
                ": changes authenticators for less than what they open, "
            }
            LintKind::Dead if self.alternative.is_none() => {
                ": decides nothing, since other rules decide all its actions"
            }
            LintKind::Dead if self.example.is_none() => ": no evidence can meet it",
            LintKind::Dead => ": decides nothing, since this meets another one too",
            LintKind::Unreachable => ": no evidence that can be given is enough",
            LintKind::BeyondSession => ": takes evidence that is older than a session",
            LintKind::QuestionsAlone => ": takes weak evidence alone, and does not say why",
            LintKind::OnlyRestricted => {
                ": takes restricted evidence, and the rule has no alternative without it"
            }
        })?;
        match &self.kind {
            LintKind::AsksForLess(tier) => write!(f, "{tier}, where this is not enough")?,
            LintKind::WaitsLess(tier) => write!(f, "{tier}, where the change waits longer")?,
            LintKind::WeakRecovery { rule, .. } => f.write_str(rule)?,
            _ => {}
        }
        if let Some(example) = &self.example {
            write!(f, ": {example}")?;
        }
        match &self.kind {
            LintKind::WeakRecovery { enough, .. } => write!(f, "; enough is {enough}"),
            _ => Ok(()),
        }
    }
}
