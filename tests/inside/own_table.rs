//! Accounts as a host with a table of its own would take their steps: each one is a call, and the test commits it.

use crate::support::timed::TimedContext;
use core::fmt;
use core::time::Duration;

use crate::account::draft::{Opened, Step};
use crate::account::open;
use crate::account::steps::pending_check::CheckStep;
use crate::account::steps::{
    challenge, change, check, issue, prompts, recovery_codes, redeem, settle, status,
};
use countersign::account::{Dialog, RedeemRefusal, Status};
use countersign::delivered::{CodeOrder, Issued};
use countersign::knowledge::{Prompt, QuestionId, WordPrompt};
use countersign::otp::ocra::OcraTask;
use countersign::recovery::RecoveryCodeList;
use countersign::store::Version;
use countersign::{
    Attempt, Authority, Change, Changed, Error, Grant, Outcome, Redeemed, Settings, Subject,
    Timestamp,
};

pub(crate) use crate::account::draft::{Recorded, Sealed};
pub(crate) use crate::account::steps::pending_check::{ComputedCheck, PendingCheck};

/// One subject's record, opened. Each step works in a copy of its own, and yields the next state.
pub(crate) struct Account(Opened);

impl Account {
    pub(crate) const DECOY_LIFETIME: Duration = Opened::DECOY_LIFETIME;

    pub(crate) fn create(
        settings: &Settings,
        subject: &Subject,
        over: Option<Version>,
        ctx: &TimedContext,
    ) -> Result<Step<Changed>, Error> {
        open::create(settings, subject, over, &ctx.at(ctx.now()))
    }

    pub(crate) fn open(
        settings: &Settings,
        subject: &Subject,
        bytes: &[u8],
    ) -> Result<Self, Error> {
        open::open(settings, subject, bytes.to_vec()).map(Self)
    }

    pub(crate) fn unknown(
        settings: &Settings,
        subject: &Subject,
        now: Timestamp,
    ) -> Result<Self, Error> {
        open::unknown(settings, subject, now).map(Self)
    }

    pub(crate) const fn revision(&self) -> u64 {
        self.0.record.revision
    }

    pub(crate) fn check(
        &self,
        attempt: &Attempt,
        ctx: &TimedContext,
    ) -> Result<Step<CheckStep>, Error> {
        check::check(&mut self.0.clone(), attempt, &ctx.at(ctx.now()))
    }

    pub(crate) fn settle(
        &self,
        worked: &ComputedCheck,
        ctx: &TimedContext,
    ) -> Result<Step<Outcome>, Error> {
        settle::settle(&mut self.0.clone(), worked, &ctx.at(ctx.now()))
    }

    pub(crate) fn issue(
        &self,
        order: &CodeOrder,
        ctx: &TimedContext,
    ) -> Result<Step<Issued>, Error> {
        issue::issue(&mut self.0.clone(), order, &ctx.at(ctx.now()))
    }

    pub(crate) fn challenge(
        &self,
        order: &OcraTask<'_>,
        ctx: &TimedContext,
    ) -> Result<Step<Issued<Dialog>>, Error> {
        challenge::challenge(&mut self.0.clone(), order, &ctx.at(ctx.now()))
    }

    pub(crate) fn change(
        &self,
        change: &Change,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<Step<Changed>, Error> {
        change::change(&mut self.0.clone(), change, by, &ctx.at(ctx.now()))
    }

    pub(crate) fn generate_recovery_codes(
        &self,
        count: u8,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<Step<RecoveryCodeList>, Error> {
        recovery_codes::generate(&mut self.0.clone(), count, by, &ctx.at(ctx.now()))
    }

    pub(crate) fn redeem(
        &self,
        grant: &Grant,
        ctx: &TimedContext,
    ) -> Result<Step<Result<Redeemed, RedeemRefusal>>, Error> {
        redeem::redeem(&mut self.0.clone(), grant, &ctx.at(ctx.now()))
    }

    pub(crate) fn status(&self, ctx: &TimedContext) -> Status {
        status::status(&mut self.0.clone(), &ctx.at(ctx.now()))
    }

    pub(crate) fn questions(&self) -> Result<Vec<QuestionId>, Error> {
        prompts::questions(&self.0)
    }

    pub(crate) fn prompts(&self) -> Result<Vec<Prompt>, Error> {
        prompts::prompts(&self.0)
    }

    pub(crate) fn word_prompt(&self) -> Result<WordPrompt, Error> {
        prompts::word_prompt(&self.0)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Opened {
            subject, record, ..
        } = &self.0;
        write!(f, "Account({subject:?}, revision {})", record.revision)
    }
}
