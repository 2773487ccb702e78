//! A set of evidence that was only thought up, to examine rules with.

use core::fmt;
use std::sync::LazyLock;

use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::grant::Agent;
use crate::policy::document::Document;
use crate::policy::requirement::{ApprovalFacts, Case, Piece, class_name};
use crate::policy::words;
use core::time::Duration;

/// What a caller could have shown, as an example for what a policy then says. It is no evidence, and nothing takes it as
/// such. `Display` says it in plain English.
///
/// ```
/// fn how_much(example: &countersign::policy::ExampleRequest) -> usize { example.evidence.len() + example.approvals.len() }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleRequest {
    /// What has been shown.
    pub evidence: Vec<ExampleEvidence>,
    /// How old the approvals are, each by another agent than the rest and than the one who handles the request.
    pub approvals: Vec<Duration>,
    /// How long ago the subject was last active, where that matters.
    pub last_active: Option<Duration>,
}

/// One piece of evidence of an [`ExampleRequest`].
///
/// ```
/// fn is_code(showing: &countersign::policy::ExampleEvidence) -> bool { showing.factor == countersign::Factor::SpokenCode }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleEvidence {
    /// By what.
    pub factor: Factor,
    /// Who attested it.
    pub external_verifier: Option<ExternalVerifier>,
    /// What kind of thing it shows.
    pub class: FactorClass,
    /// How much it is worth.
    pub strength: Strength,
    /// How old it is.
    pub age: Duration,
    /// Whether it is for the very transaction of the request.
    pub for_transaction: bool,
    /// Whether it came on a channel independent of the one in use.
    pub independent: bool,
    /// Whether it is of the request's own interaction.
    pub here: bool,
    /// Whether it came on a channel that the host marks as protected.
    pub protected: bool,
}

impl ExampleRequest {
    /// The example as a document sees it.
    pub(in crate::policy) fn case(&self, document: &Document) -> Case<'_> {
        let yes = |(agent, age): (&'static Agent, &Duration)| ApprovalFacts {
            agent,
            age: *age,
            left: Duration::from_secs(0),
        };
        Case {
            pieces: self
                .evidence
                .iter()
                .map(|showing| showing.piece(document))
                .collect(),
            approvals: AGENTS.iter().zip(&self.approvals).map(yes).collect(),
            idle: self.last_active,
        }
    }

    /// Of two examples, the one of less is the smaller.
    pub(super) fn size(&self) -> usize {
        let others = usize::from(self.last_active.is_some());
        let shown = self.evidence.len().saturating_add(self.approvals.len());
        shown.saturating_add(others)
    }

    /// The same without what another showing is worth as much as.
    pub(super) fn without_lesser(mut self) -> Self {
        let mut kept: Vec<ExampleEvidence> = Vec::new();
        for showing in self.evidence {
            if !kept.iter().any(|other| showing.is_within(other)) {
                kept.retain(|other| !other.is_within(&showing));
                kept.push(showing);
            }
        }
        self.evidence = kept;
        self
    }
}

impl ExampleEvidence {
    /// Evidence of this age, and no better than it has to be.
    pub(super) fn plain(
        factor: Factor,
        class: FactorClass,
        strength: Strength,
        age: Duration,
    ) -> Self {
        Self {
            factor,
            external_verifier: None,
            class,
            strength,
            age,
            for_transaction: false,
            independent: false,
            here: true,
            protected: false,
        }
    }

    fn piece(&self, document: &Document) -> Piece<'_> {
        let listed = self.external_verifier.as_ref().and_then(|by| {
            document.external_verifiers.iter().find(|one| {
                one.by == *by && one.class == self.class && self.strength >= one.at_least
            })
        });
        Piece {
            factor: self.factor,
            class: self.class,
            strength: self.strength,
            external_verifier: self.external_verifier.as_ref(),
            reaches: listed.and_then(|listed| listed.reaches),
            listed: listed.is_some(),
            age: self.age,
            for_transaction: self.for_transaction,
            independent: self.independent,
            here: self.here,
            protected: self.protected,
        }
    }

    /// Whether one person's one act could show either.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.factor == other.factor
            && self.external_verifier == other.external_verifier
            && self.class == other.class
    }

    /// Whether the other shows all that this shows.
    fn is_within(&self, other: &Self) -> bool {
        self.is_like(other)
            && self.strength <= other.strength
            && self.age >= other.age
            && self.for_transaction <= other.for_transaction
            && self.independent <= other.independent
            && self.here <= other.here
            && self.protected <= other.protected
    }

    /// One showing that is worth both.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            strength: self.strength.max(other.strength),
            age: self.age.min(other.age),
            for_transaction: self.for_transaction || other.for_transaction,
            independent: self.independent || other.independent,
            here: self.here || other.here,
            protected: self.protected || other.protected,
            ..self.clone()
        }
    }
}

impl fmt::Display for ExampleEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.external_verifier {
            None => f.write_str(self.factor.name())?,
            Some(by) => {
                let worth = match self.strength {
                    Strength::Full => "",
                    Strength::Restricted => "restricted ",
                    Strength::Weak => "weak ",
                };
                let class = class_name(self.class);
                write!(f, "{worth}{class} attested by {}", by.name())?;
            }
        }
        write!(f, ", {} old", words::span(self.age))?;
        for (is_so, word) in [
            (self.for_transaction, ", for this transaction"),
            (self.independent, ", on an independent channel"),
            (!self.here, ", of another interaction"),
            (self.protected, ", on a protected channel"),
        ] {
            if is_so {
                f.write_str(word)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ExampleRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<_> = self
            .evidence
            .iter()
            .map(ExampleEvidence::to_string)
            .collect();
        if let Some(oldest) = self.approvals.iter().max() {
            let agents = words::count(self.approvals.len() as u64, "other agent");
            parts.push(format!(
                "approval by {agents}, {} old",
                words::span(*oldest)
            ));
        }
        if let Some(ago) = self.last_active {
            parts.push(format!("last active {} ago", words::span(ago)));
        }
        if parts.is_empty() {
            parts.push("nothing".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}

/// As many as a requirement can ask for; their names do not matter.
static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
    (1..=MOST_AGENTS)
        .filter_map(|number| Agent::new(&format!("agent {number}")).ok())
        .collect()
});

const MOST_AGENTS: usize = 5;
