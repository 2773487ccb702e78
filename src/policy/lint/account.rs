//! Actions that change the account, against the actions that they then open; and rules that decide nothing.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::error::Error;
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::decide::Piece;
use crate::policy::document::{Aal, Document, Ruling, is_guarded, words};
use crate::policy::lint::context::Lint;
use crate::policy::lint::example::ExampleRequest;
use crate::policy::lint::names::representatives;
use crate::policy::lint::report::{LintFinding, LintKind};

/// Checks that adding and removing authenticators, and recovery, take the highest that any action takes, or wait for a day. The tier
/// does not matter: an authenticator that was added at low risk is there at high risk, too.
pub(crate) fn account(lint: &mut Lint<'_, '_>) -> Result<(), Error> {
    let document = lint.document;
    let speaks = spoken_of(lint);
    let (mut changes, mut opened) = (Vec::new(), Vec::new());
    for ruling in document.rulings() {
        let speaks = speaks.get(ruling.pattern).copied().unwrap_or_default();
        if speaks.of_changes {
            changes.push(ruling);
        }
        if speaks.of_others {
            opened.push(ruling);
        }
    }
    let Some((worth, highest)) = highest(lint, &opened)? else {
        return Ok(());
    };
    let is_enough =
        |example: &ExampleRequest| Worth::of(example, document, Purpose::Recovery) >= worth;
    for change in changes {
        let requirements: Vec<_> = change.rule.requirements().collect();
        let world = lint.world(&requirements);
        // The customer can stop a change that waits.
        let at_once = change
            .rule
            .any
            .iter()
            .filter(|one| one.delay < TIME_TO_STOP);
        let weak = lint.smallest(at_once, &world, &is_enough)?;
        if weak.is_some() {
            let kind = LintKind::WeakRecovery {
                rule: words::rule(document, &highest),
                enough: worth.in_words(),
            };
            lint.found(kind, &change, None, weak);
        }
    }
    Ok(())
}

/// Returns what the rules of each action decide. Rules that decide nothing are dead.
fn spoken_of(lint: &mut Lint<'_, '_>) -> BTreeMap<String, Speaks> {
    let mut speaks: BTreeMap<String, Speaks> = BTreeMap::new();
    for name in representatives(lint.document, lint.document) {
        let Some(ruling) = lint.document.ruling(&name, 0) else {
            continue;
        };
        let family = name.split('.').next().unwrap_or_default();
        let speaks = speaks.entry(ruling.pattern.to_owned()).or_default();
        speaks.of_changes |= CHANGES.contains(&family) && name != LIST;
        speaks.of_others |= !is_guarded(&name);
    }
    for pattern in lint.document.actions.keys() {
        if !speaks.contains_key(pattern) {
            lint.findings.push(LintFinding {
                kind: LintKind::Dead,
                action: pattern.clone(),
                tier: None,
                rule: format!("action.\"{pattern}\""),
                alternative: None,
                example: None,
            });
        }
    }
    speaks
}

/// Returns the rule whose least evidence is worth the most.
fn highest<'d>(
    lint: &mut Lint<'_, '_>,
    opened: &[Ruling<'d>],
) -> Result<Option<(Worth, Ruling<'d>)>, Error> {
    let document = lint.document;
    let mut highest: Option<(Worth, Ruling<'d>)> = None;
    for ruling in opened {
        let requirements: Vec<_> = ruling.rule.requirements().collect();
        let world = lint.world(&requirements);
        let mut least: Option<Worth> = None;
        loop {
            let bar = highest.as_ref().map(|(worth, _)| *worth);
            // It is enough to know that it is not worth more than another one.
            let is_no_less = |example: &ExampleRequest| {
                let worth = Worth::of(example, document, Purpose::Use);
                least.is_some_and(|least| worth >= least)
            };
            let Some(cheaper) = lint.smallest(&ruling.rule.any, &world, &is_no_less)? else {
                break;
            };
            least = Some(Worth::of(&cheaper, document, Purpose::Use));
            if least <= bar {
                break;
            }
        }
        if let Some(least) = least
            && highest.as_ref().is_none_or(|(worth, _)| least > *worth)
        {
            highest = Some((least, *ruling));
        }
    }
    Ok(highest)
}

#[derive(Clone, Copy, Debug, Default)]
struct Speaks {
    /// Adding and removing authenticators, or recovery.
    of_changes: bool,
    /// An action that does not change the account.
    of_others: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Use,
    Recovery,
}

/// The worth of evidence: the level that it would reach on protected channels, and the level without its restricted pieces. Its
/// age does not matter here, nor do approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Worth(Option<Aal>, Option<Aal>);

impl Worth {
    /// Writes evidence of this worth. It says that approvals do not count, since hosts expect a supervisor to stand in.
    fn in_words(self) -> String {
        let words = |level| match level {
            Aal::One => "one factor",
            Aal::Two => "a factor of possession and one of knowledge or inherence",
            Aal::Three => "an external verifier of level 3",
        };
        let Self(any, full) = self;
        let sum = any.map_or("no evidence", words);
        let rest = match full {
            Some(level) if full == any => {
                format!(
                    ", and {} not restricted",
                    if level == Aal::Two { "both" } else { "it is" }
                )
            }
            Some(level) => format!(", of which {} not restricted", words(level)),
            None => String::new(),
        };
        format!(
            "{sum}{rest}, or a delay of a day: approvals do not count as evidence, nor do questions, memorable words and PINs"
        )
    }

    fn of(example: &ExampleRequest, document: &Document, purpose: Purpose) -> Self {
        let case = example.case(document);
        let level = |least| {
            let counts = |piece: &&Piece<'_>| piece.is_factor() && piece.strength >= least;
            let pieces: Vec<_> = case.pieces.iter().filter(counts).collect();
            let has = |class| pieces.iter().any(|piece| piece.class == class);
            let pair = has(FactorClass::Possession)
                && (has(FactorClass::Knowledge) || has(FactorClass::Inherence));
            let alone = pieces.iter().filter_map(|piece| piece.reaches()).max();
            let one = (!pieces.is_empty()).then_some(Aal::One);
            let two = pair.then_some(Aal::Two);
            let codes = (purpose == Purpose::Recovery)
                .then(|| by_codes(&case.pieces, least))
                .flatten();
            one.max(two).max(alone).max(codes)
        };
        Self(level(Strength::Restricted), level(Strength::Full))
    }
}

/// Returns the level that recovery codes are enough for (SP 800-63B-4 4.2.2). One is enough at level 1. Level 2 takes two of
/// different kinds, or one beside a factor. A code that was sent counts as restricted.
fn by_codes(pieces: &[Piece<'_>], least: Strength) -> Option<Aal> {
    let saved = pieces
        .iter()
        .any(|piece| piece.factor == Factor::RecoveryCode);
    let issued = least < Strength::Full
        && pieces
            .iter()
            .any(|piece| piece.factor == Factor::IssuedRecoveryCode);
    let beside = pieces.iter().any(|piece| {
        piece.is_factor() && piece.strength >= least && piece.factor != Factor::RecoveryCode
    });
    match (saved, issued) {
        (true, true) => Some(Aal::Two),
        (false, false) => None,
        _ if beside => Some(Aal::Two),
        _ => Some(Aal::One),
    }
}

/// A day: a customer reads a warning within it.
const TIME_TO_STOP: Duration = Duration::from_secs(86_400);

/// To see which authenticators there are changes none.
const LIST: &str = "authenticator.list";

/// Families of actions that change authenticators: see [`Change::action`](crate::Change::action).
const CHANGES: [&str; 2] = ["authenticator", "recovery"];
