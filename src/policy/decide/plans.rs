//! The search for the options that ask least of the caller. It is exact up to the number that is offered, and bounded whatever
//! a document states.
//!
//! A plan has few places, and each place takes one of several choices. Take two choices after which the same requirements are
//! left: the one that costs less is never the worse, whatever the other places take. So the third choice of its kind is tried
//! only where the other places take one of their cheapest. Beyond that, more plans are better than are offered.
//!
//! Plans are small numbers until it is known which are offered.

use crate::policy::decide::case::Case;
use crate::policy::decide::met;
use crate::policy::decide::options::StepUpOption;
use crate::policy::decide::plans::table::{Key, MOST_OPTIONS, MOST_TWICE, Part, Plan, Table};
use crate::policy::document::{Condition, Document, Requirement, Rule};
use crate::status::Status;
use core::time::Duration;

#[cfg(test)]
mod model;
mod table;

/// The options that are searched for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Only {
    /// Also those with evidence for the transaction.
    pub(crate) for_transaction: bool,
    /// Also those with approvals by other agents.
    pub(crate) approved: bool,
    /// Also those with evidence that the caller gives.
    pub(crate) evidence: bool,
}

/// Returns the options that this caller can take, the least burdensome first. They are sorted by whether a factor is locked,
/// then by delay, cost and the number of requirements, then as the document has them. Of options that ask for the same, the
/// first is kept. So no option that waits less is left out because of options that wait longer.
pub(crate) fn options(
    document: &Document,
    rule: &Rule,
    case: &Case<'_>,
    status: &Status,
    only: Only,
) -> Vec<StepUpOption> {
    Search::of(document, rule, case, status, only).best()
}

/// The plans of all alternatives.
struct Search<'a> {
    document: &'a Document,
    rule: &'a Rule,
    tables: Vec<Table<'a>>,
    found: Vec<Found>,
    /// The number of plans that were made, whole or in part.
    effort: usize,
}

/// A plan that the caller can take.
#[derive(Clone, Copy)]
struct Found {
    key: Key,
    /// The alternative, by its place among the tables.
    table: usize,
    plan: Plan,
}

impl<'a> Search<'a> {
    fn of(
        document: &'a Document,
        rule: &'a Rule,
        case: &'a Case<'_>,
        status: &'a Status,
        only: Only,
    ) -> Self {
        let mut search = Self {
            document,
            rule,
            tables: Vec::new(),
            found: Vec::new(),
            effort: 0,
        };
        let mut seen: Vec<(Vec<&Requirement>, Duration)> = Vec::new();
        let mut limit = None;
        for (place, alternative) in rule.any.iter().enumerate() {
            let unmet = |one: &&Requirement| met::one(one, case).is_none();
            let unmet: Vec<_> = alternative.all.iter().filter(unmet).collect();
            let delay = alternative.delay;
            let is_no_worse =
                |(other, waits): &(Vec<_>, Duration)| *other == unmet && *waits <= delay;
            if !only.takes(&unmet) || seen.iter().any(is_no_worse) {
                continue;
            }
            let mut table = Table::of(document, case, status, (place, delay));
            table.limit = limit;
            let plans = table.plans(&unmet);
            search.effort = search.effort.saturating_add(table.effort);
            let number = search.tables.len();
            let mut found: Vec<_> = plans
                .into_iter()
                .filter_map(|plan| {
                    let key = table.key(&plan)?;
                    let table = number;
                    Some(Found { key, table, plan })
                })
                .collect();
            found.sort_by_key(|found| found.key);
            found.truncate(MOST_TWICE);
            if found.len() == MOST_TWICE {
                // Of a later alternative, only plans that are better than all of these are offered.
                limit = found
                    .last()
                    .map(|last| last.key)
                    .into_iter()
                    .chain(limit)
                    .min();
            }
            search.found.extend(found);
            search.tables.push(table);
            seen.push((unmet, delay));
        }
        search.found.sort_by_key(|found| found.key);
        search
    }

    /// Returns the first of all options, each once. Only these are written out.
    fn best(&self) -> Vec<StepUpOption> {
        let mut kept: Vec<(&Found, Vec<Part<'_>>)> = Vec::new();
        for found in &self.found {
            if kept.len() >= MOST_OPTIONS {
                break;
            }
            let table = self.tables.get(found.table);
            let Some(parts) = table.and_then(|table| table.parts(&found.plan)) else {
                continue;
            };
            // Options that ask for the same cost the same. The one that waits least comes first.
            let mut like = kept.iter().filter(|(other, _)| other.is_like(found));
            if !like.any(|(_, other)| Part::are_same(other, &parts)) {
                kept.push((found, parts));
            }
        }
        let option = |(found, parts)| self.option(found, parts);
        kept.into_iter().filter_map(option).collect()
    }

    fn option(&self, found: &Found, parts: Vec<Part<'_>>) -> Option<StepUpOption> {
        let table = self.tables.get(found.table)?;
        let alternative = self.rule.any.get(table.alternative)?;
        let acr = alternative
            .acr
            .and_then(|place| self.document.acrs.get(place));
        let (locked, _, cost, _) = found.key;
        Some(StepUpOption {
            requirements: parts.into_iter().map(Part::requirement).collect(),
            locked,
            cost,
            acr: acr.map(|acr| acr.value.clone()),
            delay: self.rule.delay_of(table.alternative),
        })
    }
}

impl Found {
    /// Whether all but the delay is alike in the order of options.
    fn is_like(&self, other: &Self) -> bool {
        let but_delay = |(locked, _, cost, places): Key| (locked, cost, places);
        but_delay(self.key) == but_delay(other.key)
    }
}

impl Only {
    fn takes(self, unmet: &[&Requirement]) -> bool {
        let is_for_transaction = |one: &&Requirement| matches!(one, Requirement::Evidence(wanted) if wanted.conditions.has(Condition::ForTransaction));
        let is_approved = |one: &&Requirement| matches!(one, Requirement::Approvals { .. });
        (self.for_transaction || !unmet.iter().any(is_for_transaction))
            && (self.approved || !unmet.iter().any(is_approved))
            && (self.evidence || unmet.iter().all(is_approved))
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::factor::Factor;
    use crate::policy::decide::case::Piece;
    use crate::policy::document::condition::Conditions;
    use crate::policy::document::read;
    use crate::status::Lock;
    use crate::subject::Subject;

    const ALL: Only = Only {
        for_transaction: true,
        approved: true,
        evidence: true,
    };

    fn status(enrolled: &[Factor], locked: &[Factor], shut: &[Factor]) -> Status {
        Status {
            subject: Subject::new("bank", "C-1").unwrap(),
            epoch: crate::epoch::Epoch::new([0; 16], 1),
            suspended: false,
            enrolled: enrolled.to_vec(),
            locked: locked.iter().map(|one| (*one, Lock::Indefinite)).collect(),
            shut: shut.to_vec(),
            unchanged: Vec::new(),
            recovery_codes: None,
            word_is_due: false,
        }
    }

    /// Stands between an alternative and its delay.
    const WAITS: &str = " waits ";

    /// A document with these external verifiers, each with its lines, and one rule.
    fn document(external_verifiers: &[String], alternatives: &[String]) -> Document {
        let mut text =
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[cost]\ntotp = 2\npassword = 3\n".to_owned();
        for (number, external_verifier) in external_verifiers.iter().enumerate() {
            writeln!(text, "[external_verifier.a{number}]\n{external_verifier}").unwrap();
        }
        let any: Vec<_> = alternatives
            .iter()
            .map(|all| match all.split_once(WAITS) {
                Some((all, delay)) => format!("{{ all = [{all}], delay = {delay} }}"),
                None => format!("{{ all = [{all}] }}"),
            })
            .collect();
        writeln!(
            text,
            "[action.\"authenticator.a\".every_tier]\nany = [{}]",
            any.join(", ")
        )
        .unwrap();
        read::toml(&text).unwrap()
    }

    fn rule(document: &Document) -> &Rule {
        document.rulings().next().unwrap().rule
    }

    fn piece(factor: Factor, seconds: u32, here: bool, protected: bool) -> Piece<'static> {
        Piece {
            factor,
            class: factor.class().unwrap(),
            strength: factor.strength().unwrap(),
            external_verifier: None,
            listed: None,
            age: Duration::from_secs(u64::from(seconds)),
            conditions: Conditions::by(|one| match one {
                Condition::Interaction => here.into(),
                Condition::Protected => protected.into(),
                _ => 0,
            }),
        }
    }

    const OWN: [Factor; 7] = [
        Factor::Totp,
        Factor::Hotp,
        Factor::SpokenCode,
        Factor::PrivateCode,
        Factor::Password,
        Factor::Pin,
        Factor::Questions,
    ];

    fn some_external_verifier() -> impl Strategy<Value = String> {
        let class = prop::sample::select(vec!["possession", "knowledge", "inherence"]);
        let strength = prop::sample::select(vec!["full", "restricted", "weak"]);
        let level = prop::sample::select(vec!["", "aal = 1", "aal = 2", "aal = 3"]);
        (class, strength, level, 0..4_u32).prop_map(|(class, strength, level, cost)| {
            format!("class = \"{class}\"\nstrength = \"{strength}\"\n{level}\ncost = {cost}")
        })
    }

    fn some_alternative() -> impl Strategy<Value = String> {
        let together = prop::sample::subsequence(
            vec![
                "{ aal = 2, max_age = 300 }".to_owned(),
                "{ classes = 3, max_age = 300 }".to_owned(),
                "{ classes = 2, strength = \"full\", max_age = 300 }".to_owned(),
                "{ aal = 1 }".to_owned(),
                "{ aal = 3, max_age = 60 }".to_owned(),
            ],
            1..3,
        );
        let pieces = prop::sample::subsequence(
            vec![
                "{ factor = \"totp\", max_age = 60 }".to_owned(),
                "{ factor = \"spoken_code\", max_age = 60, for_transaction = true }".to_owned(),
                "{ class = \"knowledge\", max_age = 60 }".to_owned(),
                "{ factor = \"questions\", max_age = 900 }".to_owned(),
                "{ factor = \"hotp\", max_age = 60, changed_within = 60 }".to_owned(),
                "{ approvals = 2, max_age = 60 }".to_owned(),
                "{ factor = \"external\", external_verifier = \"a0\", class = \"possession\", max_age = 60, independent = true }"
                    .to_owned(),
            ],
            0..3,
        );
        let delay = prop::sample::select(vec![0, 0, 60, 3_600]);
        (together, pieces)
            .prop_flat_map(|(together, pieces)| Just([together, pieces].concat()).prop_shuffle())
            .prop_flat_map(move |all| (Just(all), delay.clone()))
            .prop_map(|(all, delay)| {
                // Requirements that look at all evidence together stand once.
                let mut kept: Vec<String> = Vec::new();
                for one in all {
                    let kind = one.split_whitespace().nth(1).unwrap().to_owned();
                    let stands = ["aal", "classes"].contains(&kind.as_str())
                        && kept
                            .iter()
                            .any(|other| other.contains(&format!(" {kind} ")));
                    if !stands {
                        kept.push(one);
                    }
                }
                let waits = if delay == 0 {
                    String::new()
                } else {
                    format!("{WAITS}{delay}")
                };
                kept.join(", ") + &waits
            })
    }

    fn some_factors() -> impl Strategy<Value = Vec<Factor>> {
        prop::sample::subsequence(OWN.to_vec(), 0..=OWN.len())
    }

    fn some_pieces() -> impl Strategy<Value = Vec<Piece<'static>>> {
        let factor = prop::sample::select(OWN.to_vec());
        let one = (factor, 0..5_u32, any::<bool>(), any::<bool>());
        let one = one
            .prop_map(|(factor, age, here, protected)| piece(factor, age * 100, here, protected));
        prop::collection::vec(one, 0..3)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// The bounded search offers what all plans do, one by one, sorted and cut: no option is lost or out of turn.
        #[test]
        fn b53_the_bounded_search_offers_what_every_plan_would(
            external_verifiers in prop::collection::vec(some_external_verifier(), 0..10),
            alternatives in prop::collection::vec(some_alternative(), 1..5),
            enrolled in some_factors(),
            locked in some_factors(),
            shut in some_factors(),
            pieces in some_pieces(),
            age in prop::sample::select(vec![None, Some(60), Some(61)]),
        ) {
            let document = document(&external_verifiers, &alternatives);
            let age = age.map(|age| (Factor::Hotp, Duration::from_secs(age)));
            let status = Status {
                unchanged: age.into_iter().collect(),
                ..status(&enrolled, &locked, &shut)
            };
            let case = Case { pieces, ..Case::default() };
            let offered = options(&document, rule(&document), &case, &status, ALL);
            prop_assert_eq!(offered, model::options(&document, rule(&document), &case, &status));
        }
    }

    /// The most that a document can ask for: 16 external verifiers, 32 alternatives, a level and three classes, in either order.
    fn largest(first: &str, then: &str, cost: impl Fn(usize) -> usize, count: usize) -> Document {
        let classes = ["possession", "knowledge", "inherence"];
        let external_verifiers: Vec<_> = (0..16)
            .map(|n| {
                format!(
                    "class = \"{}\"\naal = 2\ncost = {}",
                    classes[n % 3],
                    cost(n)
                )
            })
            .collect();
        let extra = ["totp", "hotp", "private_code", "questions", "password"];
        let alternatives: Vec<_> = (0..count)
            .map(|set| {
                let mut all = format!("{first}, {then}");
                for (bit, factor) in extra.iter().enumerate() {
                    if set >> bit & 1 == 1 {
                        write!(all, ", {{ factor = \"{factor}\", max_age = 60 }}").unwrap();
                    }
                }
                all
            })
            .collect();
        document(&external_verifiers, &alternatives)
    }

    const LEVEL: &str = "{ aal = 2, max_age = 300 }";
    const THREE: &str = "{ classes = 3, max_age = 300 }";

    #[test]
    fn b53_the_work_of_one_step_up_has_a_bound() {
        let costs: [fn(usize) -> usize; 4] = [|_| 1, |n| n * n % 31, |n| 16 - n, |n| 1_000 - n];
        for (first, then) in [
            (LEVEL, THREE),
            (THREE, LEVEL),
            ("{ aal = 1 }", THREE),
            (THREE, "{ aal = 1 }"),
        ] {
            for cost in costs {
                for enrolled in [&OWN[..], &[]] {
                    let document = largest(first, then, cost, 32);
                    let (status, case) = (status(enrolled, &[], &[]), Case::default());
                    let search = Search::of(&document, rule(&document), &case, &status, ALL);
                    assert!(
                        search.effort <= MOST_EFFORT,
                        "{} for {first}, {then}",
                        search.effort
                    );
                    assert!(
                        search.found.len() <= 32 * 2 * MOST_OPTIONS,
                        "{}",
                        search.found.len()
                    );
                    assert_eq!(search.best().len(), MOST_OPTIONS);
                }
            }
        }
    }

    /// Of plans that are put together, in the largest document there can be; every plan would be some 120,000, each compared with all others.
    const MOST_EFFORT: usize = 16_384;

    #[test]
    fn b53_of_the_largest_documents_the_same_is_offered() {
        for (first, then) in [(LEVEL, THREE), (THREE, LEVEL)] {
            for locked in [&OWN[..], &[]] {
                let document = largest(first, then, |n| n * n % 31, 1);
                let (status, case) = (status(&OWN, locked, &[]), Case::default());
                let offered = options(&document, rule(&document), &case, &status, ALL);
                assert_eq!(
                    offered,
                    model::options(&document, rule(&document), &case, &status)
                );
            }
        }
    }

    /// Eight times eight: as many as are offered, so the last of each list counts, too.
    #[test]
    fn b53_no_way_is_lost_that_is_among_those_offered() {
        for cost in [|_| 1, |n: usize| n % 8, |n| 8 - n % 8] {
            let external_verifiers: Vec<_> = (0..16)
                .map(|n| {
                    let class = ["possession", "knowledge"][n / 8];
                    format!("class = \"{class}\"\ncost = {}", cost(n))
                })
                .collect();
            let document = document(&external_verifiers, &[LEVEL.to_owned()]);
            let (status, case) = (status(&[], &[], &[]), Case::default());
            let offered = options(&document, rule(&document), &case, &status, ALL);
            assert_eq!(offered.len(), MOST_OPTIONS);
            assert_eq!(
                offered,
                model::options(&document, rule(&document), &case, &status)
            );
        }
    }

    /// Earlier alternatives bound later ones. They never hide a plan that is better, or as good and earlier.
    #[test]
    fn b53_later_alternatives_are_cut_by_earlier_ones_and_rightly() {
        let base = format!("{LEVEL}, {{ classes = 2, max_age = 300 }}");
        let with = |factor: &str| format!("{base}, {{ factor = \"{factor}\", max_age = 60 }}");
        let three = [with("totp"), base.clone(), with("password")];
        let mut cut = 0;
        for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [0, 2, 1], [1, 1, 0]] {
            for cost in [|_| 1, |n: usize| n * n % 31, |n| 16 - n] {
                let classes = ["possession", "knowledge", "inherence"];
                let external_verifiers: Vec<_> = (0..16)
                    .map(|n| {
                        format!(
                            "class = \"{}\"\naal = 2\ncost = {}",
                            classes[n % 3],
                            cost(n)
                        )
                    })
                    .collect();
                let document = document(
                    &external_verifiers,
                    &order.map(|place| three[place].clone()),
                );
                let (status, case) = (status(&OWN, &[Factor::Totp], &[]), Case::default());
                let search = Search::of(&document, rule(&document), &case, &status, ALL);
                cut += usize::from(search.tables.iter().any(|table| table.limit.is_some()));
                let offered = options(&document, rule(&document), &case, &status, ALL);
                assert_eq!(
                    offered,
                    model::options(&document, rule(&document), &case, &status)
                );
            }
        }
        assert!(cut > 5, "{cut}");
    }
}
