//! A lint under way: the document, where it is to run, and what was found so far.

use crate::error::Error;
use crate::policy::document::{Alternative, Document, Requirement, Ruling, words};
use crate::policy::lint::example::ExampleRequest;
use crate::policy::lint::report::{LintFinding, LintKind};
use crate::policy::lint::search::{Effort, smallest};
use crate::policy::lint::world::{Deployment, World};

pub(crate) struct Lint<'d, 'e> {
    pub(crate) document: &'d Document,
    pub(crate) deployment: &'d Deployment,
    pub(crate) effort: &'e mut Effort,
    pub(crate) findings: Vec<LintFinding>,
}

impl<'d> Lint<'d, '_> {
    pub(crate) fn world(&self, requirements: &[&Requirement]) -> World<'d> {
        World::of(self.deployment, self.document, self.document, requirements)
    }

    /// Searches for a smallest example that meets one of the alternatives, and in which nothing is to be avoided.
    pub(crate) fn smallest<'a>(
        &mut self,
        alternatives: impl IntoIterator<Item = &'a Alternative>,
        world: &World<'_>,
        avoided: &dyn Fn(&ExampleRequest) -> bool,
    ) -> Result<Option<ExampleRequest>, Error> {
        smallest(alternatives, world, avoided, self.effort)
    }

    /// Notes that this is wrong with a rule.
    pub(crate) fn found(
        &mut self,
        kind: LintKind,
        ruling: &Ruling<'_>,
        alternative: Option<usize>,
        example: Option<ExampleRequest>,
    ) {
        let tier = ruling.tier.map(|tier| self.document.tier_name(tier));
        self.findings.push(LintFinding {
            kind,
            action: ruling.pattern.to_owned(),
            tier: tier.map(str::to_owned),
            rule: words::rule(self.document, ruling),
            alternative,
            example,
        });
    }
}
