//! Claims of tokens: `acr`, `amr`, `auth_time`, and the assurance level.

use crate::evidence::Evidence;
use crate::policy::decide::{CountedEvidence, Query, assurance, met};
use crate::policy::document::{Aal, Document};
use crate::time::Timestamp;

/// The claims of a token for some evidence (RFC 9470 5, RFC 8176, `OpenID` Connect Core 2).
///
/// Only evidence that counts for the subject now is in them. It is of this subject, epoch and interaction, and not from the
/// future.
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
    /// Returns the strongest context class of the document that the evidence reaches.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// Returns the methods, each once, sorted. `mfa` is among them if the evidence is of two classes.
    #[must_use]
    pub fn amr(&self) -> &[String] {
        &self.amr
    }

    /// Returns when the subject was authenticated; none, if no evidence counts.
    ///
    /// It is the time of the oldest evidence that the class rests on, or of the oldest evidence if no class is reached. So a
    /// `max_age` is met only if all of this evidence meets it.
    #[must_use]
    pub const fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    /// Returns the assurance level, if one is reached.
    #[must_use]
    pub const fn aal(&self) -> Option<Aal> {
        self.aal
    }
}

pub(crate) fn claims(document: &Document, query: &Query<'_>) -> Claims {
    let mut counted = CountedEvidence::of(document, query);
    // A class says nothing of any one transaction or colleague. It is about what the subject showed here.
    counted.case.approvals.clear();
    let reached = met::acr(document, &counted.case);
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
    let evidence = places.iter().filter_map(|place| counted.evidence(*place));
    let aal = |level: &Aal| assurance::reached(*level, None, &counted.case).is_some();
    Claims {
        acr: acr.map(|acr| acr.value.clone()),
        amr: amr(&counted, &places),
        auth_time: evidence.map(Evidence::at).min(),
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
