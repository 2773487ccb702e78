//! A policy that is ready for use.

use crate::context::Context;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::policy::decide::{Decision, Query, decision};
use crate::policy::document::{Document, Preset, read};
use crate::policy::explain::explanation::{self, Explanation};
use crate::policy::explain::picture;
use crate::policy::handbook::language::Language;
use crate::policy::handbook::written;
use crate::policy::http::claims::{self, Claims};
use crate::policy::lint::diff::{self, Difference};
use crate::policy::lint::report::LintFinding;
use crate::policy::lint::rules;
use crate::policy::lint::search::Effort;
use crate::policy::lint::world::Deployment;
use crate::policy::request::Request;
use crate::status::Status;
use crate::time::Timestamp;

/// The rules of a host: which evidence each action takes, for each tier of risk.
///
#[doc = include_str!("language.md")]
#[derive(Clone, Debug)]
pub struct Policy {
    document: Document,
}

impl Policy {
    /// The most bytes of a document: 1 MiB. A longer one is refused unread.
    pub const MAX_BYTES: usize = read::MAX_BYTES;

    /// Reads a document in TOML.
    ///
    /// # Errors
    /// Misuse, if the document breaks a rule above. The error names line, column and key.
    ///
    /// ```
    /// let error = countersign::Policy::from_toml("version = 2").unwrap_err();
    /// assert!(error.is_misuse());
    /// assert_eq!(error.to_string(), "policy, line 1, column 11: must be 1, in `version`");
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        read::toml(text).map(|document| Self { document })
    }

    /// Reads a document in JSON. A table is an object, under the same keys.
    ///
    /// # Errors
    /// Misuse, if the document breaks a rule above. The error names line and column.
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

    /// Reads a preset as it is.
    ///
    /// # Errors
    /// None; a test reads every preset.
    pub fn preset(preset: Preset) -> Result<Self, Error> {
        read::toml(preset.text()).map(|document| Self { document })
    }

    /// Checks that the document knows the actions and tiers that the host names in its requests. Call it when the host starts.
    ///
    /// A slip in such a name fails closed: the action is denied, and the tier is the highest. This check fails before a
    /// customer waits.
    ///
    /// # Errors
    /// Misuse, if the document does not know a name. The error lists all of them, each with the name that was probably meant.
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

    /// Decides whether the subject of `status` may do the requested action, by the evidence that it has given.
    ///
    /// The decision holds for `now`, and for the interaction and the transaction of `ctx`. Ages are computed here and kept
    /// nowhere (pitfall B27). Evidence does not count if it
    ///
    /// - is of another subject or epoch;
    /// - is of another interaction, unless the requirement says `interaction = "any"`;
    /// - comes from the future;
    /// - is bound to a transaction, and `ctx` is bound to another one or to none.
    ///
    /// A grant ends after the document's `grant_lifetime`, or earlier, when its evidence becomes too old. Its last second
    /// counts.
    ///
    /// ```
    /// use countersign::{Context, Decision, Evidence, Policy, Request, Timestamp, account::Status};
    ///
    /// fn answer(policy: &Policy, evidence: &[Evidence], status: &Status, ctx: &Context, now: Timestamp) -> String {
    ///     let request = Request::new("address.change").at_tier("high");
    ///     match policy.decide(&request, evidence, status, ctx, now) {
    ///         Decision::Allow(grant) => format!("{} until {}", grant.action(), grant.until().unix()),
    ///         Decision::StepUp(options) => format!("one of {} options is needed", options.len()),
    ///         denied @ Decision::Deny(_) => denied.to_string(),
    ///     }
    /// }
    /// ```
    pub fn decide(
        &self,
        request: &Request,
        evidence: &[Evidence],
        status: &Status,
        ctx: &Context,
        now: Timestamp,
    ) -> Decision {
        let at = ctx.at(now);
        let query = Query::new(request, evidence, status, &at);
        decision::decide(&self.document, &query)
    }

    /// Decides by what an account's record holds.
    pub(crate) fn decide_on(&self, query: &Query<'_>) -> Decision {
        decision::decide(&self.document, query)
    }

    /// Explains the decision that [`decide`](Self::decide) makes of these arguments.
    #[must_use]
    pub fn explain(
        &self,
        request: &Request,
        evidence: &[Evidence],
        status: &Status,
        ctx: &Context,
        now: Timestamp,
    ) -> Explanation {
        let at = ctx.at(now);
        let query = Query::new(request, evidence, status, &at);
        explanation::explain(&self.document, &query)
    }

    /// Explains what an account's record holds.
    pub(crate) fn explain_on(&self, query: &Query<'_>) -> Explanation {
        explanation::explain(&self.document, query)
    }

    /// Returns the claims of a token for this evidence.
    ///
    /// Levels end after a time without activity (63B-4 2.2.3). The last activity known here is the last piece of evidence.
    #[must_use]
    pub fn claims(
        &self,
        evidence: &[Evidence],
        status: &Status,
        ctx: &Context,
        now: Timestamp,
    ) -> Claims {
        let (nothing, at) = (Request::new(""), ctx.at(now));
        let query = Query::new(&nothing, evidence, status, &at);
        claims::claims(&self.document, &query)
    }

    /// Finds what is wrong with this policy in a deployment. A policy without findings may be used.
    ///
    /// - Evidence that is enough at a tier is enough at every lower tier, and the change waits no longer there.
    /// - No alternative is dead. A dead one is met only by evidence that meets another one, which waits no longer, or by none.
    ///   Each rule has an action.
    /// - No rule asks for evidence that no subject can give there, unless it says `never`.
    /// - Nothing counts for longer than a session, if the deployment says how long a session is.
    /// - Adding, removing and recovering authenticators (`authenticator.*`, `recovery.*`) take the highest level that any action
    ///   takes, or the change waits for a day. Approvals do not make up for it (pitfall B26).
    /// - Weak evidence alone, such as questions, is enough only where the alternative says why: `risk_accepted` (D2).
    /// - Where a restricted code is enough, some evidence is enough that is not restricted (N9).
    ///
    /// The result is exact, for every set of evidence there can be. A rule only asks for evidence, never for its absence. So it is
    /// enough to examine the least sets that meet it, at the ages which the document names. Signals are not examined: the tier
    /// of a request is another question.
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
    /// let findings = policy.lint(&Deployment::new())?;
    /// assert_eq!(
    ///     findings[0].to_string(),
    ///     "action.\"address.change\".tier.high: asks for less than tier low, where this is not enough: \
    ///      totp, 10 minutes old",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn lint(&self, deployment: &Deployment) -> Result<Vec<LintFinding>, Error> {
        rules::lint(&self.document, deployment, &mut Effort::default())
    }

    /// Compares this policy with a newer one: what only one of them allows, and what waits longer by one of them, with a smallest
    /// example of each.
    ///
    /// The result is exact, for every action there can be, every tier of either document, and every set of evidence and
    /// approvals. Obligations, the lifetime of grants and the order of options are not compared.
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
    ///     [action."address.*".every_tier]
    ///     any = [{{ all = [{{ factor = "totp", max_age = {age} }}] }}]
    /// "#));
    /// let differences = policy(300)?.diff(&policy(60)?)?;
    /// assert_eq!(
    ///     differences[0].to_string(),
    ///     "address.other at tier only or none is no longer allowed (from action.\"address.*\".every_tier to \
    ///      action.\"address.*\".every_tier): totp, 5 minutes old",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn diff(&self, newer: &Self) -> Result<Vec<Difference>, Error> {
        diff::diff(&self.document, &newer.document, &mut Effort::default())
    }

    /// Writes the whole policy as tables in Markdown: the evidence that is enough for each action and tier, and what each signal
    /// means.
    #[must_use]
    pub fn table(&self) -> String {
        picture::table(&self.document)
    }

    /// Writes the policy as the procedure that an agent follows, in Markdown: what to ask for, in which order, what to say, and when
    /// to stop.
    ///
    /// The written procedure and the enforced one are then one text. Print it anew with each change of the policy.
    ///
    /// ```
    /// use countersign::{Policy, policy::{Language, Preset}};
    /// let book = Policy::preset(Preset::HelpDesk)?.handbook(Language::German);
    /// assert!(book.contains("Rufen Sie nie eine Nummer zurück, die der Anrufer nennt."));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn handbook(&self, language: Language) -> String {
        written::handbook(&self.document, language)
    }

    /// Draws the whole policy as a graph in Mermaid.
    #[must_use]
    pub fn graph(&self) -> String {
        picture::graph(&self.document)
    }
}
