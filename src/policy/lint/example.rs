//! Examples: sets of evidence by which rules are examined.

use core::fmt;
use std::sync::LazyLock;

use crate::factor::{Factor, FactorClass, Strength};
use crate::grant::Agent;
use crate::policy::decide::{ApprovalFacts, Case, Piece};
use crate::policy::document::{Conditions, Document, class_name, spans};
use core::time::Duration;

/// Evidence, approvals and activity that a caller could have. It is not evidence, and nothing takes it as such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExampleRequest {
    /// The pieces of evidence.
    pub(crate) evidence: Vec<ExampleEvidence>,
    /// The ages of approvals by different agents, none of whom handles the request.
    pub(crate) approvals: Vec<Duration>,
    /// How long ago the subject was last active, if that matters.
    pub(crate) last_active: Option<Duration>,
}

/// One piece of evidence of an [`ExampleRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExampleEvidence {
    pub(crate) factor: Factor,
    pub(crate) external_verifier: Option<String>,
    pub(crate) class: FactorClass,
    pub(crate) strength: Strength,
    pub(crate) age: Duration,
    pub(crate) conditions: Conditions,
}

impl ExampleRequest {
    /// Returns the example as a document sees it.
    pub(crate) fn case<'a>(&'a self, document: &'a Document) -> Case<'a> {
        let approval = |(agent, age): (&'static Agent, &Duration)| ApprovalFacts {
            agent,
            age: *age,
            left: Duration::from_secs(0),
        };
        Case {
            pieces: self
                .evidence
                .iter()
                .map(|piece| piece.piece(document))
                .collect(),
            approvals: AGENTS.iter().zip(&self.approvals).map(approval).collect(),
            idle: self.last_active,
        }
    }

    /// Returns the number of its parts. Of two examples, the one with fewer is the smaller.
    pub(crate) fn size(&self) -> usize {
        let others = usize::from(self.last_active.is_some());
        let given = self.evidence.len().saturating_add(self.approvals.len());
        given.saturating_add(others)
    }

    /// Drops each piece if another one is worth as much.
    pub(crate) fn without_lesser(mut self) -> Self {
        let mut kept: Vec<ExampleEvidence> = Vec::new();
        for piece in self.evidence {
            if !kept.iter().any(|other| piece.is_within(other)) {
                kept.retain(|other| !other.is_within(&piece));
                kept.push(piece);
            }
        }
        self.evidence = kept;
        self
    }
}

impl ExampleEvidence {
    /// Makes evidence of this age that is not better than it has to be.
    pub(crate) fn plain(
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
            conditions: Conditions::usual(),
        }
    }

    fn piece<'a>(&'a self, document: &'a Document) -> Piece<'a> {
        let by = self.external_verifier.as_deref();
        let listed = document.listed(by, self.class, self.strength);
        Piece {
            factor: self.factor,
            class: self.class,
            strength: self.strength,
            external_verifier: by,
            listed,
            age: self.age,
            conditions: self.conditions,
        }
    }

    /// Whether one act of one person could give either.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.factor == other.factor
            && self.external_verifier == other.external_verifier
            && self.class == other.class
    }

    /// Whether the other is worth all that this is worth.
    fn is_within(&self, other: &Self) -> bool {
        self.is_like(other)
            && self.strength <= other.strength
            && self.age >= other.age
            && other.conditions.keep(&self.conditions)
    }

    /// Returns one piece that is worth both.
    pub(crate) fn with(&self, other: &Self) -> Self {
        Self {
            strength: self.strength.max(other.strength),
            age: self.age.min(other.age),
            conditions: self.conditions.joined(&other.conditions),
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
                write!(f, "{worth}{class} verified by {}", by)?;
            }
        }
        let conditions = self.conditions.held(", ");
        write!(f, ", {} old{conditions}", spans::span(self.age))
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
            let agents = spans::count(self.approvals.len() as u64, "other agent");
            parts.push(format!(
                "approval by {agents}, {} old",
                spans::span(*oldest)
            ));
        }
        if let Some(ago) = self.last_active {
            parts.push(format!("last active {} ago", spans::span(ago)));
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
