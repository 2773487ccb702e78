//! Approvals by other agents, until they serve or end.

use minicbor::{Decode, Encode};

use super::spent::{Mark, mark};
use crate::context::TransactionDigest;
use crate::grant::{Agent, Approval};
use crate::subject::Subject;
use crate::time::Timestamp;

/// An approval. The record around it says the subject.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct KeptApproval {
    #[n(0)]
    agent: String,
    #[n(1)]
    action: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    binding: Option<[u8; 32]>,
    #[n(3)]
    at: u64,
    #[n(4)]
    until: u64,
}

impl KeptApproval {
    fn of(&self, subject: &Subject) -> Approval {
        let binding = self.binding.map(TransactionDigest::stored);
        let (at, until) = (Timestamp::stored(self.at), Timestamp::stored(self.until));
        let agent = Agent::stored(self.agent.clone());
        Approval::of(agent, self.action.clone(), subject, binding, at, until)
    }
}

/// The approvals that stand.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct KeptApprovals(#[n(0)] Vec<KeptApproval>);

impl KeptApprovals {
    /// So many stand at once.
    pub(crate) const MOST: usize = 16;

    /// Keeps an approval, in the place of one by the same agent for the same. Returns whether there was room.
    pub(crate) fn keep(&mut self, approval: &Approval) -> bool {
        let kept = KeptApproval {
            agent: approval.agent().name().to_owned(),
            action: approval.action().to_owned(),
            binding: approval.transaction_digest().map(|bound| *bound.as_bytes()),
            at: approval.at().unix(),
            until: approval.until().unix(),
        };
        self.0.retain(|other| {
            other.agent != kept.agent
                || other.action != kept.action
                || other.binding != kept.binding
        });
        let has_room = self.0.len() < Self::MOST;
        if has_room {
            self.0.push(kept);
        }
        has_room
    }

    /// Returns the approvals that stand, of the subject of this record.
    pub(crate) fn of(&self, subject: &Subject) -> Vec<Approval> {
        self.0.iter().map(|kept| kept.of(subject)).collect()
    }

    /// Forgets approvals that have served.
    pub(crate) fn served(&mut self, subject: &Subject, marks: &[Mark]) {
        self.0
            .retain(|kept| !marks.contains(&mark(kept.of(subject).id())));
    }

    /// Forgets approvals that have ended.
    pub(crate) fn see(&mut self, now: Timestamp) {
        self.0.retain(|kept| now.unix() <= kept.until);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
