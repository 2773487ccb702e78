//! A policy that is ready for use.

use crate::context::Context;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::policy::decide::{Decision, Query, decision};
use crate::policy::document::{Document, Preset, read};
use crate::policy::explain::explanation::{self, Explanation};
use crate::policy::explain::picture;
use crate::policy::http::claims::{self, Claims};
use crate::policy::lint::diff::{self, Difference};
use crate::policy::lint::report::LintFinding;
use crate::policy::lint::rules;
use crate::policy::lint::search::Effort;
use crate::policy::lint::world::Deployment;
use crate::policy::request::Request;
use crate::status::Status;

/// The rules of a host: which evidence each action takes, for each tier of risk.
///
#[doc = include_str!("language.md")]
#[derive(Clone, Debug)]
pub struct Policy {
    document: Document,
}

impl Policy {
    /// A longer document is refused before it is looked at: 1 MiB.
    pub const MAX_BYTES: usize = read::MAX_BYTES;

    /// The policy that a document states.
    ///
    /// # Errors
    /// Misuse, naming line, column and key of what breaks the rules above.
    ///
    /// ```
    /// let error = countersign::Policy::from_toml("version = 2").unwrap_err();
    /// assert!(error.is_misuse());
    /// assert_eq!(error.to_string(), "policy, line 1, column 11: must be 1, in `version`");
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        read::toml(text).map(|document| Self { document })
    }

    /// The same from JSON: a table is an object, under the same keys.
    ///
    /// # Errors
    /// Misuse, naming line and column of what breaks the rules above.
    ///
    /// ```
    /// let policy = countersign::Policy::from_json(r#"{
    ///     "version": 1, "grant_lifetime": 300, "tiers": ["only"],
    ///     "action": { "balance.read": { "every_tier": { "any": [{ "all": [{ "factor": "totp", "max_age": 900 }] }] } } }
    /// }"#)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(feature = "json")]
    pub fn from_json(text: &str) -> Result<Self, Error> {
        read::json(text).map(|document| Self { document })
    }

    /// The policy of a preset, as it is.
    ///
    /// # Errors
    /// None; a test reads every preset.
    ///
    /// ```
    /// use countersign::{Policy, policy::Preset};
    /// let policy = Policy::preset(Preset::ContactCenter)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn preset(preset: Preset) -> Result<Self, Error> {
        read::toml(preset.text()).map(|document| Self { document })
    }

    /// Checks, when the host starts, that the document knows the actions and tiers that the host names in its requests.
    ///
    /// A slip in such a name fails closed: the action is denied, the tier is the highest. Here it fails before a customer waits.
    ///
    /// # Errors
    /// Misuse, naming every action and tier that the document does not know, each with the one that was probably meant.
    ///
    /// ```
    /// use countersign::{Policy, policy::Preset};
    /// let policy = Policy::preset(Preset::BankPsd2)?;
    /// policy.requires(["payment.send", "authenticator.add"], ["low", "high"])?;
    /// let error = policy.requires(["paymnet.send"], ["lwo"]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "policy: must state what the host names, but states no action `paymnet.send` (did you mean `payment.send`?), \
    ///      no tier `lwo` (did you mean `low`?)",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn requires<'n>(
        &self,
        actions: impl IntoIterator<Item = &'n str>,
        tiers: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), Error> {
        let unknown = self.document.unknown(actions, tiers);
        if unknown.is_empty() {
            return Ok(());
        }
        let all = unknown.join(", ");
        let rule = format!("must state what the host names, but states {all}");
        Err(Error::misuse("policy", rule))
    }

    /// Whether the subject of `status` may do what is requested, after what it has shown.
    ///
    /// The answer holds for `ctx`: its moment, its interaction and, if it is bound to one, its transaction; a grant is
    /// for that transaction only. Evidence does not count that is of another subject, epoch or interaction, comes from
    /// the future, or is bound to another transaction than `ctx` (or to one, if `ctx` is to none). Ages are computed
    /// here and nowhere kept (pitfall B27).
    ///
    /// A grant ends after the document's `grant_lifetime`, or when the evidence it rests on becomes too old, whichever
    /// is earlier; its last second counts.
    ///
    /// ```
    /// use countersign::{Context, Decision, Evidence, Policy, Request, account::Status};
    ///
    /// fn answer(policy: &Policy, shown: &[Evidence], status: &Status, ctx: &Context) -> String {
    ///     let request = Request::new("address.change").at_tier("high");
    ///     match policy.decide(&request, shown, status, ctx) {
    ///         Decision::Allow(grant) => format!("{} until {}", grant.action(), grant.until().unix()),
    ///         Decision::StepUp(ways) => format!("one of {} ways to go on", ways.len()),
    ///         Decision::Deny(refusal) => format!("no: {refusal}"),
    ///     }
    /// }
    /// ```
    pub fn decide(
        &self,
        request: &Request,
        evidence: &[Evidence],
        status: &Status,
        ctx: &Context,
    ) -> Decision {
        let query = Query::new(request, evidence, status, ctx);
        decision::decide(&self.document, &query)
    }

    /// Why [`decide`](Self::decide) answers as it does to the same.
    ///
    /// ```
    /// use countersign::{Context, Evidence, Policy, Request, account::Status};
    /// fn why(policy: &Policy, shown: &[Evidence], status: &Status, ctx: &Context) -> String {
    ///     policy.explain(&Request::new("address.change"), shown, status, ctx).to_string()
    /// }
    /// ```
    #[must_use]
    pub fn explain(
        &self,
        request: &Request,
        evidence: &[Evidence],
        status: &Status,
        ctx: &Context,
    ) -> Explanation {
        let query = Query::new(request, evidence, status, ctx);
        explanation::explain(&self.document, &query)
    }

    /// What the evidence amounts to, in the words of tokens. Levels end after their time without activity (63B-4 2.2.3), and
    /// the last activity known here is the last piece of evidence.
    ///
    /// ```
    /// use countersign::{Context, Evidence, Policy, account::Status, policy::Claims};
    /// fn token(policy: &Policy, shown: &[Evidence], status: &Status, ctx: &Context) -> Claims {
    ///     policy.claims(shown, status, ctx)
    /// }
    /// ```
    #[must_use]
    pub fn claims(&self, evidence: &[Evidence], status: &Status, ctx: &Context) -> Claims {
        let nothing = Request::new("");
        let query = Query::new(&nothing, evidence, status, ctx);
        claims::claims(&self.document, &query)
    }

    /// What is wrong with this policy where it is to run; nothing, if it may be used.
    ///
    /// - What is enough at a tier is enough at every lower one.
    /// - No alternative is dead: filled only by those who fill another, or by nobody; and no rule without an action.
    /// - No rule asks for what nobody can show there, unless it says `never`.
    /// - Nothing counts for longer than a session, if the deployment says how long that is.
    /// - Adding, removing and recovering authenticators (`authenticator.*`, `recovery.*`) take the highest level that any action
    ///   takes; approvals do not make up for it (pitfall B26).
    /// - Questions alone, or anything else that is no factor, are enough only where the alternative says `risk_accepted`: why (D2).
    /// - Where a restricted code is taken, something is taken that is not (N9).
    ///
    /// The answer is exact, for every set of evidence there can be: rules only ask for evidence, never for its absence, so
    /// it is enough to examine the least sets that fill them, at the ages which the document names. Signals are not looked at: what
    /// tier a request has is another question.
    ///
    /// # Errors
    /// Misuse, if more than 4,194,304 sets would have to be examined.
    ///
    /// ```
    /// use countersign::{Policy, policy::Deployment};
    /// let policy = Policy::from_toml(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["low", "high"]
    ///     [action."address.change".tier]
    ///     low = { any = [{ all = [{ factor = "totp", max_age = 300 }] }] }
    ///     high = { any = [{ all = [{ factor = "totp", max_age = 600 }] }] }
    /// "#)?;
    /// let flaws = policy.lint(&Deployment::new())?;
    /// assert_eq!(
    ///     flaws.to_string(),
    ///     "action.\"address.change\".tier.high: asks for less than tier low, where this is not enough: \
    ///      totp, 10 minutes old\n",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn lint(&self, deployment: &Deployment) -> Result<Vec<LintFinding>, Error> {
        rules::lint(&self.document, deployment, &mut Effort::default())
    }

    /// What `newer` allows that this policy does not, and the other way, with a smallest example of each.
    ///
    /// It is exact: for every action there can be, every tier of either document, and every set of evidence and approvals.
    /// What is to be done besides (obligations), how long grants last and which way is offered first is not compared.
    ///
    /// # Errors
    /// Misuse, if more than 4,194,304 sets would have to be examined.
    ///
    /// ```
    /// use countersign::Policy;
    /// let policy = |age: u32| Policy::from_toml(&format!(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["only"]
    ///     [action."payment.*".every_tier]
    ///     any = [{{ all = [{{ factor = "totp", max_age = {age} }}] }}]
    /// "#));
    /// let differences = policy(300)?.diff(&policy(60)?)?;
    /// assert_eq!(
    ///     differences.to_string(),
    ///     "payment.other at tier only or none is no longer allowed (from action.\"payment.*\".every_tier to \
    ///      action.\"payment.*\".every_tier): totp, 5 minutes old\n",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn diff(&self, newer: &Self) -> Result<Vec<Difference>, Error> {
        diff::diff(&self.document, &newer.document, &mut Effort::default())
    }

    /// The whole policy as tables in Markdown: what is enough for each action and tier, and what each signal means.
    ///
    /// ```
    /// # use countersign::{Policy, policy::Preset};
    /// let table = Policy::preset(Preset::NistAal2)?.table();
    /// assert!(table.starts_with("| action | tier | enough is |"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn table(&self) -> String {
        picture::table(&self.document)
    }

    /// The whole policy as a graph in Mermaid.
    ///
    /// ```
    /// # use countersign::{Policy, policy::Preset};
    /// let graph = Policy::preset(Preset::NistAal2)?.graph();
    /// assert!(graph.starts_with("flowchart LR\n"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn graph(&self) -> String {
        picture::graph(&self.document)
    }
}
