//! Evidence in the words of tokens: `acr`, `amr`, `auth_time`, and the assurance level.

use crate::evidence::Evidence;
use crate::policy::decide::{CountedEvidence, Query, assurance, fill};
use crate::policy::document::{Aal, Document};
use crate::time::Timestamp;

/// What evidence amounts to, in the words of a token (RFC 9470 5, RFC 8176, `OpenID` Connect Core 2).
///
/// Only what counts for the subject now is in it: of this subject and epoch, of this interaction, not from the future.
///
/// ```
/// use countersign::policy::Claims;
/// fn payload(claims: &Claims) -> String {
///     let acr = claims.acr().unwrap_or("0"); // as `OpenID` Connect writes "no level"
///     let time = claims.auth_time().map_or(0, |at| at.unix());
///     format!(r#"{{"acr":"{acr}","amr":{:?},"auth_time":{time}}}"#, claims.amr())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    acr: Option<String>,
    amr: Vec<String>,
    auth_time: Option<Timestamp>,
    aal: Option<Aal>,
}

impl Claims {
    /// The strongest context class of the document that is reached.
    ///
    /// ```
    /// fn is_strong(claims: &countersign::policy::Claims) -> bool { claims.acr() == Some("urn:bank:sca") }
    /// ```
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// The methods, each once, sorted: `mfa` among them where they are of two classes.
    ///
    /// ```
    /// fn by_two(claims: &countersign::policy::Claims) -> bool { claims.amr().iter().any(|method| method == "mfa") }
    /// ```
    #[must_use]
    pub fn amr(&self) -> &[String] {
        &self.amr
    }

    /// When the subject was authenticated: the oldest of what the class rests on, or of everything if no class is reached. So a
    /// `max_age` is never met by less than all of it. None, if nothing counts.
    ///
    /// ```
    /// fn time(claims: &countersign::policy::Claims) -> Option<u64> { claims.auth_time().map(|at| at.unix()) }
    /// ```
    #[must_use]
    pub const fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    /// The assurance level, if any is reached.
    ///
    /// ```
    /// fn is_two(claims: &countersign::policy::Claims) -> bool { claims.aal() >= Some(countersign::policy::Aal::Two) }
    /// ```
    #[must_use]
    pub const fn aal(&self) -> Option<Aal> {
        self.aal
    }
}

pub(crate) fn claims(document: &Document, query: &Query<'_>) -> Claims {
    let mut counted = CountedEvidence::of(document, query);
    // A class says nothing of any one transaction or colleague. It is about what the subject showed here.
    counted.case.approvals.clear();
    let reached = fill::acr(document, &counted.case);
    let acr = reached
        .as_ref()
        .and_then(|(place, _)| document.acrs.get(*place));
    let all = || {
        let pieces = counted.case.pieces.iter().enumerate();
        let here = pieces.filter(|(_, piece)| piece.is_here());
        here.map(|(place, _)| place).collect()
    };
    let places: Vec<usize> = reached
        .as_ref()
        .map_or_else(all, |(_, met)| met.pieces.clone());
    let shown = places.iter().filter_map(|place| counted.evidence(*place));
    let aal = |level: &Aal| assurance::reached(*level, None, &counted.case).is_some();
    Claims {
        acr: acr.map(|acr| acr.value.clone()),
        amr: amr(&counted, &places),
        auth_time: shown.map(Evidence::at).min(),
        aal: Aal::ALL.into_iter().rev().find(aal),
    }
}

fn amr(counted: &CountedEvidence<'_>, places: &[usize]) -> Vec<String> {
    let mut methods = Vec::new();
    let mut classes = Vec::new();
    for place in places {
        let piece = counted.case.pieces.get(*place);
        let listed = piece.and_then(|piece| piece.listed);
        let listed = listed.and_then(|listed| listed.amr.clone());
        let own = counted.evidence(*place).and_then(Evidence::amr);
        methods.extend(listed.or_else(|| own.map(str::to_owned)));
        classes.extend(
            piece
                .filter(|piece| piece.is_factor())
                .map(|piece| piece.class),
        );
    }
    classes.sort_unstable();
    classes.dedup();
    if classes.len() > 1 {
        methods.push("mfa".to_owned());
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}
