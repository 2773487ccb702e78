//! Evidence in the words of tokens: `acr`, `amr`, `auth_time`, and the assurance level.

use super::assurance::{self, Aal};
use super::decide::{Asked, CountedEvidence};
use super::document::Document;
use crate::evidence::Evidence;
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

pub(super) fn claims(document: &Document, asked: &Asked<'_>) -> Claims {
    let mut seen = CountedEvidence::of(document, asked);
    // A class says nothing of any one transaction or colleague; it is about what the subject showed here.
    seen.case.approvals.clear();
    let reached = document.acr(&seen.case);
    let acr = reached
        .as_ref()
        .and_then(|(place, _)| document.acrs.get(*place));
    let all = || {
        let here =
            |(place, piece): (usize, &super::requirement::Piece<'_>)| piece.here.then_some(place);
        seen.case
            .pieces
            .iter()
            .enumerate()
            .filter_map(here)
            .collect()
    };
    let places: Vec<usize> = reached
        .as_ref()
        .map_or_else(all, |(_, met)| met.pieces.clone());
    let shown: Vec<_> = places
        .iter()
        .filter_map(|place| seen.evidence(*place))
        .collect();
    let aal = |level: &Aal| assurance::reached(*level, None, &seen.case).is_some();
    Claims {
        acr: acr.map(|acr| acr.value.clone()),
        amr: amr(document, &seen, &places),
        auth_time: shown.iter().map(|evidence| evidence.at()).min(),
        aal: Aal::ALL.into_iter().rev().find(aal),
    }
}

fn amr(document: &Document, seen: &CountedEvidence<'_>, places: &[usize]) -> Vec<String> {
    let word = |evidence: &Evidence| {
        let listed = document
            .listed(evidence)
            .and_then(|listed| listed.amr.clone());
        listed.or_else(|| evidence.amr().map(str::to_owned))
    };
    let shown = places.iter().filter_map(|place| seen.evidence(*place));
    let mut methods: Vec<_> = shown.filter_map(word).collect();
    let pieces = places
        .iter()
        .filter_map(|place| seen.case.pieces.get(*place));
    let mut classes: Vec<_> = pieces
        .filter(|piece| piece.is_factor())
        .map(|piece| piece.class)
        .collect();
    classes.sort_unstable();
    classes.dedup();
    if classes.len() > 1 {
        methods.push("mfa".to_owned());
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}
