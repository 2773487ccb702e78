//! Which evidence and approvals count for a request.

use crate::context::ContextAt;
use crate::evidence::Evidence;
use crate::grant::{Agent, Approval, Proof};
use crate::policy::decide::case::{ApprovalFacts, Case, Met, Piece};
use crate::policy::document::{Conditions, Document};
use crate::policy::request::Request;
use crate::status::Status;

/// A request with everything the decision looks at.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) request: &'a Request,
    pub(crate) evidence: &'a [Evidence],
    pub(crate) status: &'a Status,
    pub(crate) ctx: &'a ContextAt,
    /// Approvals that stand beside those of the request.
    pub(crate) approvals: &'a [Approval],
    /// The ids of approvals that have served.
    pub(crate) served: &'a [[u8; 16]],
}

impl<'a> Query<'a> {
    pub(crate) const fn new(
        request: &'a Request,
        evidence: &'a [Evidence],
        status: &'a Status,
        ctx: &'a ContextAt,
    ) -> Self {
        Self {
            request,
            evidence,
            status,
            ctx,
            approvals: &[],
            served: &[],
        }
    }

    /// Adds approvals that stand beside those of the request, and the ids of those that have served.
    pub(crate) const fn with_approvals(
        self,
        approvals: &'a [Approval],
        served: &'a [[u8; 16]],
    ) -> Self {
        Self {
            approvals,
            served,
            ..self
        }
    }
}

/// The evidence and approvals that count, as a case and as they were given.
#[derive(Default)]
pub(crate) struct CountedEvidence<'a> {
    pub(crate) case: Case<'a>,
    /// In the order of the pieces of the case.
    evidence: Vec<&'a Evidence>,
    approvals: Vec<&'a Approval>,
}

impl<'a> CountedEvidence<'a> {
    pub(crate) fn of(document: &'a Document, query: &Query<'a>) -> Self {
        let Query {
            request,
            evidence,
            status,
            ctx,
            approvals,
            served,
        } = *query;
        let now = ctx.now();
        let mut counted = Self::default();
        counted.evidence.reserve(evidence.len());
        counted.case.pieces.reserve(evidence.len());
        for evidence in evidence {
            if discounted(evidence, status, ctx).is_none() {
                let (class, strength) = (evidence.class(), evidence.strength());
                let listed = document.listed(evidence.external_verifier(), class, strength);
                counted.evidence.push(evidence);
                counted.case.pieces.push(Piece {
                    factor: evidence.factor(),
                    class,
                    strength,
                    external_verifier: evidence.external_verifier(),
                    listed,
                    age: now.since(evidence.at()),
                    conditions: Conditions::by(|one| one.held_by(evidence, ctx)),
                });
            }
        }
        for approval in request.approvals.iter().chain(approvals) {
            let by_another = request
                .handled_by
                .as_ref()
                .is_some_and(|handling| handling != approval.agent());
            let is_left = !served.contains(approval.id());
            if by_another && is_left && approval.is_for(&request.action, status.subject(), ctx) {
                counted.approvals.push(approval);
                counted.case.approvals.push(ApprovalFacts {
                    agent: approval.agent(),
                    age: now.since(approval.at()),
                    left: approval.until().since(now),
                });
            }
        }
        counted.case.idle = request
            .last_active
            .filter(|active| *active <= now)
            .map(|active| now.since(active));
        counted
    }

    /// Returns the evidence at that place of the case.
    pub(crate) fn evidence(&self, place: usize) -> Option<&'a Evidence> {
        self.evidence.get(place).copied()
    }

    /// Returns the approval at that place of the case.
    pub(crate) fn approval(&self, place: usize) -> Option<&'a Approval> {
        self.approvals.get(place).copied()
    }

    /// Returns the agents whose approvals meet it, each once.
    pub(crate) fn agents(&self, met: &Met) -> Vec<Agent> {
        let approvals = met
            .approvals
            .iter()
            .filter_map(|place| self.approval(*place));
        let mut agents: Vec<_> = approvals.map(|approval| approval.agent().clone()).collect();
        agents.sort_unstable_by(|one, other| one.name().cmp(other.name()));
        agents.dedup();
        agents
    }

    pub(crate) fn proofs(&self, met: &Met) -> Vec<Proof> {
        let evidence = met.pieces.iter().filter_map(|place| self.evidence(*place));
        let approvals = met
            .approvals
            .iter()
            .filter_map(|place| self.approval(*place));
        evidence
            .map(|evidence| Proof {
                id: *evidence.id(),
                once: evidence.transaction_digest().is_some(),
            })
            .chain(approvals.map(|approval| Proof {
                id: *approval.id(),
                once: true,
            }))
            .collect()
    }
}

/// Why evidence does not count for a request at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Discount {
    OtherSubject,
    OtherEpoch,
    Future,
    OtherTransaction,
}

pub(crate) fn discounted(
    evidence: &Evidence,
    status: &Status,
    ctx: &ContextAt,
) -> Option<Discount> {
    if evidence.subject() != status.subject() {
        Some(Discount::OtherSubject)
    } else if !evidence.is_of_epoch(status.epoch) {
        Some(Discount::OtherEpoch)
    } else if evidence.at() > ctx.now() {
        Some(Discount::Future)
    } else if evidence.transaction_digest().is_some()
        && evidence.transaction_digest() != ctx.transaction_digest()
    {
        Some(Discount::OtherTransaction)
    } else {
        None
    }
}
