//! Lint and diff against brute force: small random policies, every small set of concrete evidence, and the real decision.
//!
//! Nothing here uses lint's own search, its world or its examples' own judgement.

#[cfg(test)]
mod tests {
    use core::cell::RefCell;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use crate::context::{Channel, Interaction, Transaction};
    use crate::evidence::{Evidence, Facts, external_verifier};
    use crate::factor::{Factor, FactorClass, Strength};
    use crate::grant::{Agent, Approval};
    use crate::policy::document::aal::Aal;
    use crate::policy::document::condition::{Condition, Conditions};
    use crate::policy::document::read;
    use crate::policy::lint::diff::{self, Found};
    use crate::policy::lint::example::{ExampleEvidence, ExampleRequest};
    use crate::policy::lint::report::{LintFinding, LintKind};
    use crate::policy::lint::search::Effort;
    use crate::policy::lint::world::Deployment;
    use crate::status::Status;
    use crate::subject::Subject;
    use crate::support::timed::TimedContext;
    use crate::time::Timestamp;
    use crate::{Decision, Policy, Request};
    use core::time::Duration;

    const NOW: u64 = 1_800_000_000;
    /// Between them lies AAL2's hour without activity.
    const EPOCH: crate::epoch::Epoch = crate::epoch::Epoch::new([0; 16], 7);
    const AGES: [u64; 3] = [1_800, 3_600, 7_200];
    const CHANGED: [u32; 2] = [86_400, 604_800];
    const SESSION: u64 = 3_600;
    const FACTORS: [Factor; 3] = [Factor::Totp, Factor::PrivateCode, Factor::Questions];

    fn ago(seconds: u64) -> TimedContext {
        let at = Timestamp::from_unix(i64::try_from(NOW - seconds).unwrap()).unwrap();
        TimedContext::new(at, Channel::Agent, Interaction::from_bytes([1; 16]))
            .for_transaction(&Transaction::new("TX-1").unwrap())
    }

    fn subject() -> Subject {
        Subject::new("bank", "C-1").unwrap()
    }

    fn counter() -> String {
        external_verifier("counter").unwrap()
    }

    /// One thing that can be there or not.
    #[derive(Clone, Debug)]
    enum Thing {
        Evidence(Evidence),
        Yes(usize, u64),
        Active(u64),
    }

    /// Things that are there, as a decision takes them.
    #[derive(Clone, Debug, Default)]
    struct Set {
        shown: Vec<Evidence>,
        others: Vec<Thing>,
    }

    impl Set {
        fn of<'a>(things: impl IntoIterator<Item = &'a Thing>) -> Self {
            let mut set = Self::default();
            things.into_iter().for_each(|thing| set.push(thing));
            set
        }

        fn push(&mut self, thing: &Thing) {
            match thing {
                Thing::Evidence(evidence) => self.shown.push(evidence.clone()),
                other => self.others.push(other.clone()),
            }
        }

        fn pop(&mut self, thing: &Thing) {
            match thing {
                Thing::Evidence(_) => drop(self.shown.pop()),
                _ => drop(self.others.pop()),
            }
        }

        /// Without what is older than a session.
        fn young(&self) -> Self {
            let oldest = ago(SESSION).now();
            let mut young = self.clone();
            young.shown.retain(|evidence| evidence.at() >= oldest);
            young
        }
    }

    fn evidence(showing: &ExampleEvidence) -> Thing {
        let ctx = ago(showing.age.as_secs());
        let facts = Evidence::of(
            &subject(),
            EPOCH,
            showing.factor,
            None,
            None,
            &ctx.at(ctx.now()),
        );
        Thing::Evidence(Evidence::vouch(Facts {
            class: showing.class,
            strength: showing.strength,
            external_verifier: showing.external_verifier.clone(),
            channel: if showing.conditions.has(Condition::Independent) {
                Channel::Device
            } else {
                Channel::Agent
            },
            interaction: Interaction::from_bytes(
                [if showing.conditions.has(Condition::Interaction) {
                    1
                } else {
                    2
                }; 16],
            ),
            binding: ctx
                .transaction_digest()
                .filter(|_| showing.conditions.has(Condition::ForTransaction)),
            protected: showing.conditions.has(Condition::Protected),
            enrolled_at: match showing.conditions.get(Condition::Unchanged) {
                0 => None,
                within => Some(ago(u64::from(within) + 1).now()),
            },
            ..facts
        }))
    }

    fn things(example: &ExampleRequest) -> Vec<Thing> {
        let shown = example.evidence.iter().map(evidence);
        let yeses = example.approvals.iter().enumerate();
        let yeses = yeses.map(|(number, age)| Thing::Yes(number, age.as_secs()));
        let active = example.last_active.map(|ago| Thing::Active(ago.as_secs()));
        shown.chain(yeses).chain(active).collect()
    }

    fn is_allowed(policy: &Policy, action: &str, tier: &str, set: &Set) -> bool {
        wait(policy, action, tier, set) < NEVER
    }

    const NEVER: Duration = Duration::MAX;

    /// How long the change then waits.
    fn wait(policy: &Policy, action: &str, tier: &str, set: &Set) -> Duration {
        let handling = Agent::new("handling").unwrap();
        let mut request = Request::new(action).at_tier(tier).handled_by(handling);
        for thing in &set.others {
            match thing {
                Thing::Evidence(one) => panic!("{one:?} is kept apart"),
                Thing::Yes(agent, age) => {
                    let agent = Agent::new(&format!("colleague {agent}")).unwrap();
                    let long = Duration::from_secs(86_400);
                    let yes =
                        Approval::by(agent, action, &subject(), long, &ago(*age), ago(*age).now());
                    request = request.approved(yes);
                }
                Thing::Active(age) => request = request.last_active(ago(*age).now()),
            }
        }
        let decision = policy.decide(&request, &set.shown, &STANDING, &ago(0), ago(0).now());
        match decision {
            Decision::Allow(grant) => grant.delay().unwrap_or_default(),
            Decision::StepUp(_) | Decision::Deny(_) => NEVER,
        }
    }

    /// Nothing is enrolled: what is asked for does not matter here.
    static STANDING: LazyLock<Status> = LazyLock::new(|| Status {
        subject: subject(),
        epoch: EPOCH,
        suspended: false,
        enrolled: Vec::new(),
        locked: Vec::new(),
        shut: Vec::new(),
        unchanged: Vec::new(),
        word_is_due: false,
        recovery_codes: None,
    });

    /// Everything that can make a difference to a document, by what its text speaks of.
    fn universe(text: &str) -> Vec<Thing> {
        let speaks = |word: &str| text.contains(word);
        let both = |varies: bool, plain: bool| {
            if varies {
                vec![false, true]
            } else {
                vec![plain]
            }
        };
        let mut universe = Vec::new();
        let mut kinds: Vec<(Factor, FactorClass, Strength)> = FACTORS
            .iter()
            .map(|factor| (*factor, factor.class().unwrap(), factor.strength().unwrap()))
            .collect();
        for strength in [Strength::Weak, Strength::Restricted, Strength::Full] {
            if strength > Strength::Weak || speaks("\"weak\"") {
                kinds.push((Factor::External, FactorClass::Inherence, strength));
            }
        }
        let unchanged = |factor: Factor| {
            let stated = CHANGED.into_iter();
            let stated = stated.filter(|within| speaks(&format!("changed_within = {within}")));
            let own = stated.filter(|_| factor != Factor::External);
            [0].into_iter().chain(own).collect::<Vec<_>>().into_iter()
        };
        let ages = AGES
            .into_iter()
            .filter(|age| speaks("aal") || speaks(&format!("max_age = {age}")));
        for age in ages {
            for (factor, class, strength) in &kinds {
                let can_be_bound = matches!(factor, Factor::PrivateCode | Factor::External);
                for for_transaction in both(speaks("for_transaction") && can_be_bound, false) {
                    for independent in both(speaks("independent"), false) {
                        for here in both(speaks("\"any\""), true) {
                            for (protected, unchanged) in both(speaks("aal"), false)
                                .into_iter()
                                .flat_map(|protected| {
                                    unchanged(*factor).map(move |within| (protected, within))
                                })
                            {
                                universe.push(evidence(&ExampleEvidence {
                                    factor: *factor,
                                    external_verifier: (*factor == Factor::External).then(counter),
                                    class: *class,
                                    strength: *strength,
                                    age: Duration::from_secs(age),
                                    conditions: Conditions::by(|one| match one {
                                        Condition::ForTransaction => for_transaction.into(),
                                        Condition::Independent => independent.into(),
                                        Condition::Interaction => here.into(),
                                        Condition::Unchanged => unchanged,
                                        Condition::Protected => protected.into(),
                                    }),
                                }));
                            }
                        }
                    }
                }
            }
            if speaks("approvals") {
                universe.extend([Thing::Yes(1, age), Thing::Yes(2, age)]);
            }
            if speaks("aal") {
                universe.push(Thing::Active(age));
            }
        }
        universe
    }

    /// The smallest set of at most so many things for which something holds, if there is one.
    fn first(universe: &[Thing], most: usize, holds: &dyn Fn(&Set) -> bool) -> Option<usize> {
        fn go(rest: &[Thing], left: usize, set: &mut Set, holds: &dyn Fn(&Set) -> bool) -> bool {
            if left == 0 {
                return holds(set);
            }
            rest.iter().enumerate().any(|(place, thing)| {
                set.push(thing);
                let found = go(&rest[place + 1..], left - 1, set, holds);
                set.pop(thing);
                found
            })
        }
        (0..=most).find(|size| go(universe, *size, &mut Set::default(), holds))
    }

    /// Lint's example, or its absence, against every set of up to three things: it holds, and nothing smaller does.
    #[track_caller]
    fn agree(
        found: Option<&ExampleRequest>,
        universe: &[Thing],
        holds: &dyn Fn(&Set) -> bool,
    ) -> Result<(), TestCaseError> {
        match found {
            Some(example) => {
                let things = things(example);
                prop_assert!(holds(&Set::of(&things)), "{example} does not hold");
                let smaller = things.len().saturating_sub(1).min(MOST);
                if !things.is_empty() {
                    let found = first(universe, smaller, holds);
                    prop_assert!(found.is_none(), "{example} is not a smallest: {found:?}");
                }
            }
            None => {
                let found = first(universe, MOST, holds);
                prop_assert!(found.is_none(), "missed one of {found:?} things");
            }
        }
        Ok(())
    }

    const MOST: usize = 3;

    /// Requirements; and a delay, which begins with this.
    type Alternatives = Vec<Vec<String>>;

    const DELAY: &str = "delay = ";
    const DAY: u64 = 86_400;

    fn rule(alternatives: &[Vec<String>]) -> String {
        let any: Vec<_> = alternatives
            .iter()
            .map(|all| {
                let is_delay = |one: &&String| one.starts_with(DELAY);
                let delay = all.iter().find(is_delay).map(|delay| format!(", {delay}"));
                let all: Vec<_> = all.iter().filter(|one| !is_delay(one)).cloned().collect();
                let (all, delay) = (all.join(", "), delay.unwrap_or_default());
                format!("{{ all = [{all}]{delay} }}")
            })
            .collect();
        format!("{{ any = [{}] }}", any.join(",\n"))
    }

    #[derive(Clone, Debug)]
    struct Rules {
        head: &'static str,
        action: &'static str,
        low: Alternatives,
        high: Alternatives,
        add: Alternatives,
    }

    impl Rules {
        fn text(&self) -> String {
            format!(
                "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n{}\n\
             [action.\"{}\".tier]\nlow = {}\nhigh = {}\n[action.\"authenticator.add\"]\nevery_tier = {}\n",
                self.head,
                self.action,
                rule(&self.low),
                rule(&self.high),
                rule(&self.add)
            )
        }

        /// With this rule alone for `a`.
        fn only(&self, rule: &[Vec<String>]) -> Policy {
            let (low, high) = (rule.to_vec(), rule.to_vec());
            let only = Self {
                low,
                high,
                ..self.clone()
            };
            Policy::from_toml(&only.text()).unwrap()
        }
    }

    /// Each theme has conditions of its own, so that the universe stays small.
    fn some_requirement(theme: usize) -> impl Strategy<Value = String> {
        let extra = [
            "",
            ", for_transaction = true",
            ", independent = true",
            ", interaction = \"any\"",
            "",
            "",
            ", changed_within = ",
            "",
        ];
        let extra = extra[theme];
        let age = || prop::sample::select(vec![AGES[0], AGES[2]]);
        let strength = |among: &[&'static str]| prop::sample::select(among.to_vec());
        let piece = prop_oneof![
        Just("factor = \"totp\"".to_owned()),
        Just("factor = \"private_code\"".to_owned()),
        Just("factor = \"questions\"".to_owned()),
        strength(&["restricted", "full"])
            .prop_map(|least| format!("class = \"possession\", strength = \"{least}\"")),
        strength(&["weak", "restricted", "full"]).prop_map(|least| format!(
            "factor = \"external\", external_verifier = \"counter\", class = \"inherence\", strength = \"{least}\""
        )),
    ];
        let within = prop::sample::select(CHANGED.to_vec());
        let piece = (piece, age(), any::<bool>(), within);
        let piece = piece.prop_map(move |(piece, age, with, within)| {
            let is_bindable = !piece.contains("totp") && !piece.contains("questions");
            let is_own = !piece.contains("external");
            let extra = match theme {
                _ if !with => String::new(),
                1 if !is_bindable => String::new(),
                6 if !is_own => String::new(),
                6 => format!("{extra}{within}"),
                _ => extra.to_owned(),
            };
            format!("{{ {piece}, max_age = {age}{extra} }}")
        });
        let classes =
            (1..3, age(), strength(&["restricted", "full"])).prop_map(|(count, age, least)| {
                format!("{{ classes = {count}, strength = \"{least}\", max_age = {age} }}")
            });
        let together = match theme {
            4 => (1..3, age())
                .prop_map(|(count, age)| format!("{{ approvals = {count}, max_age = {age} }}"))
                .boxed(),
            5 => (1..3, age())
                .prop_map(|(level, age)| format!("{{ aal = {level}, max_age = {age} }}"))
                .boxed(),
            _ => classes.clone().boxed(),
        };
        prop_oneof![6 => piece, 1 => classes, 2 => together]
    }

    fn some_alternatives(theme: usize) -> impl Strategy<Value = Alternatives> {
        let all = prop::collection::vec(some_requirement(theme), 1..3);
        let one = (all, some_delay()).prop_map(move |(all, delay)| {
            let delay = delay.filter(|_| theme == 7);
            all.into_iter().chain(delay).collect::<Vec<_>>()
        });
        prop::collection::vec(one, 1..4)
    }

    fn some_delay() -> impl Strategy<Value = Option<String>> {
        let seconds = prop::sample::select(vec![None, Some(60), Some(DAY - 1), Some(DAY)]);
        seconds.prop_map(|seconds| seconds.map(|seconds| format!("{DELAY}{seconds}")))
    }

    fn some_rules() -> impl Strategy<Value = Rules> {
        (0..8_usize).prop_flat_map(some_rules_of)
    }

    fn some_rules_of(theme: usize) -> impl Strategy<Value = Rules> {
        let heads = vec![
            "",
            "[external_verifier.counter]\nclass = \"inherence\"\nstrength = \"restricted\"",
            "[external_verifier.counter]\nclass = \"inherence\"\naal = 2",
        ];
        let rules = || some_alternatives(theme);
        (prop::sample::select(heads), rules(), rules(), rules())
            .prop_map(move |(head, low, high, add)| Rules {
                head,
                action: if theme == 7 { "authenticator.a" } else { "a" },
                low,
                high,
                add,
            })
            .prop_filter("asks for one thing twice", |rules| {
                Policy::from_toml(&rules.text()).is_ok()
            })
    }

    fn linted(policy: &Policy) -> Vec<LintFinding> {
        let deployment = Deployment::new()
            .enrolling(FACTORS)
            .with_external_verifiers(&[&counter()])
            .session(Duration::from_secs(SESSION));
        policy.lint(&deployment).unwrap()
    }

    fn is_evidence(thing: &Thing, of: impl Fn(&Evidence) -> bool) -> bool {
        matches!(thing, Thing::Evidence(evidence) if of(evidence))
    }

    /// The level of these pieces, by the policy's own claims, as if all were fresh, here and on a protected channel.
    fn level(policy: &Policy, set: &Set, least: Strength) -> Option<Aal> {
        let fresh = set.shown.iter().filter(|one| one.strength() >= least);
        let fresh = fresh.map(|one| {
            Evidence::vouch(Facts {
                class: one.class(),
                strength: one.strength(),
                external_verifier: one.external_verifier().map(str::to_owned),
                protected: true,
                ..Evidence::of(
                    &subject(),
                    EPOCH,
                    one.factor(),
                    None,
                    None,
                    &ago(0).at(ago(0).now()),
                )
            })
        });
        let fresh: Vec<_> = fresh.collect();
        policy
            .claims(&fresh, &STANDING, &ago(0), ago(0).now())
            .aal()
    }

    fn worth(policy: &Policy, things: &Set) -> (Option<Aal>, Option<Aal>) {
        let of = |least| level(policy, things, least);
        (of(Strength::Restricted), of(Strength::Full))
    }

    /// More by `PROPTEST_CASES`, best in a release build.
    fn config() -> ProptestConfig {
        let more = std::env::var_os("PROPTEST_CASES").map(|_| ProptestConfig::default().cases);
        ProptestConfig {
            failure_persistence: None,
            cases: more.unwrap_or(12),
            ..ProptestConfig::default()
        }
    }

    fn example_of<'a>(
        flaws: &'a [LintFinding],
        fault: &LintKind,
        action: &str,
        tier: Option<&str>,
    ) -> Option<&'a ExampleRequest> {
        flaws
            .iter()
            .find(|flaw| flaw.kind() == fault && flaw.action() == action && flaw.tier() == tier)
            .map(|flaw| flaw.example.as_ref().unwrap())
    }

    fn numbers(flaws: &[LintFinding], fault: &LintKind, tier: &str) -> Vec<usize> {
        flaws
            .iter()
            .filter(|flaw| flaw.kind() == fault && flaw.tier() == Some(tier))
            .map(|flaw| flaw.alternative().unwrap_or(0))
            .collect()
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn higher_risk_asks_for_less_if_brute_force_says_so(rules in some_rules()) {
            let text = rules.text();
            let policy = Policy::from_toml(&text).unwrap();
            let flaws = linted(&policy);
            let fault = LintKind::AsksForLess("low".to_owned());
            let example = example_of(&flaws, &fault, rules.action, Some("high"));
            agree(example, &universe(&text), &|things| {
                is_allowed(&policy, rules.action, "high", things) && !is_allowed(&policy, rules.action, "low", things)
            })?;
        }

        #[test]
        fn higher_risk_waits_less_if_brute_force_says_so(rules in some_rules_of(7)) {
            let text = rules.text();
            let policy = Policy::from_toml(&text).unwrap();
            let flaws = linted(&policy);
            let fault = LintKind::WaitsLess("low".to_owned());
            let example = example_of(&flaws, &fault, rules.action, Some("high"));
            agree(example, &universe(&text), &|things| {
                let wait = |tier: &str| wait(&policy, rules.action, tier, things);
                wait("high") < wait("low") && wait("low") < NEVER
            })?;
        }

        #[test]
        fn nobody_can_reach_what_brute_force_cannot(rules in some_rules()) {
            let text = rules.text();
            let policy = Policy::from_toml(&text).unwrap();
            let flaws = linted(&policy);
            let is_reached = first(&universe(&text), MOST, &|things| {
                is_allowed(&policy, rules.action, "high", things)
            });
            let is_found = !numbers(&flaws, &LintKind::Unreachable, "high").is_empty();
            prop_assert_eq!(is_found, is_reached.is_none());
        }

        #[test]
        fn dead_alternatives_make_no_difference_and_all_others_do(rules in some_rules()) {
            let text = rules.text();
            let policy = Policy::from_toml(&text).unwrap();
            let flaws = linted(&policy);
            prop_assume!(numbers(&flaws, &LintKind::Unreachable, "high").is_empty());
            let dead = numbers(&flaws, &LintKind::Dead, "high");
            let without = |more: usize| -> Alternatives {
                let numbered = (1..).zip(&rules.high);
                let kept = numbered.filter(|(number, _)| *number != more && !dead.contains(number));
                kept.map(|(_, all)| all.clone()).collect()
            };
            let universe = universe(&text);
            let differs = |other: &Policy, most: usize| {
                first(&universe, most, &|things| {
                    let wait = |policy: &Policy| wait(policy, rules.action, "high", things);
                    wait(&policy) < wait(other)
                })
            };
            prop_assert_eq!(differs(&rules.only(&without(0)), MOST), None);
            for number in (1..=rules.high.len()).filter(|number| !dead.contains(number)) {
                let rest = without(number);
                if !rest.is_empty() {
                    let differs = differs(&rules.only(&rest), MOST + 1);
                    prop_assert!(differs.is_some(), "{number} is dead");
                }
            }
        }

        #[test]
        fn d02_questions_are_alone_where_brute_force_says_so(rules in some_rules()) {
            let text = rules.text();
            let flaws = linted(&Policy::from_toml(&text).unwrap());
            prop_assume!(numbers(&flaws, &LintKind::Unreachable, "high").is_empty());
            let weak: Vec<_> = universe(&text)
                .into_iter()
                .filter(|thing| !is_evidence(thing, |one| one.strength() > Strength::Weak))
                .collect();
            let mut alone = Vec::new();
            for (number, alternative) in (1..).zip(&rules.high) {
                let one = rules.only(std::slice::from_ref(alternative));
                let nothing: Vec<_> = weak.iter().filter(|thing| !is_evidence(thing, |_| true)).cloned().collect();
                let enough = |things: &Set| is_allowed(&one, rules.action, "high", things);
                if first(&weak, MOST, &enough).is_some() && first(&nothing, MOST, &enough).is_none() {
                    alone.push(number);
                }
            }
            prop_assert_eq!(numbers(&flaws, &LintKind::QuestionsAlone, "high"), alone);
        }

        #[test]
        fn n09_restricted_has_an_alternative_if_brute_force_says_so(rules in some_rules()) {
            let text = rules.text();
            let flaws = linted(&Policy::from_toml(&text).unwrap());
            prop_assume!(numbers(&flaws, &LintKind::Unreachable, "high").is_empty());
            let universe = universe(&text);
            let but = |strengths: &[Strength]| -> Vec<_> {
                let is_out = |thing: &&Thing| is_evidence(thing, |one| strengths.contains(&one.strength()));
                universe.iter().filter(|thing| !is_out(thing)).cloned().collect()
            };
            let unrestricted = but(&[Strength::Restricted]);
            let weak = but(&[Strength::Restricted, Strength::Full]);
            let (mut is_offered, mut is_asked) = (false, false);
            for alternative in &rules.high {
                let one = rules.only(std::slice::from_ref(alternative));
                let enough = |things: &Set| is_allowed(&one, rules.action, "high", things);
                let without = first(&unrestricted, MOST, &enough).is_some();
                is_asked |= !without && first(&universe, MOST, &enough).is_some();
                is_offered |= without && first(&weak, MOST, &enough).is_none();
            }
            let found = !numbers(&flaws, &LintKind::OnlyRestricted, "high").is_empty();
            prop_assert_eq!(found, is_asked && !is_offered);
        }

        #[test]
        fn what_is_older_than_a_session_counts_where_brute_force_says_so(rules in some_rules()) {
            let text = rules.text();
            let flaws = linted(&Policy::from_toml(&text).unwrap());
            prop_assume!(numbers(&flaws, &LintKind::Unreachable, "high").is_empty());
            for (number, alternative) in (1..).zip(&rules.high) {
                let one = rules.only(std::slice::from_ref(alternative));
                let found = flaws.iter().find(|flaw| {
                    *flaw.kind() == LintKind::BeyondSession
                        && flaw.tier() == Some("high")
                        && flaw.alternative() == Some(number)
                });
                agree(found.map(|flaw| flaw.example.as_ref().unwrap()), &universe(&text), &|things| {
                    is_allowed(&one, rules.action, "high", things) && !is_allowed(&one, rules.action, "high", &things.young())
                })?;
            }
        }

        #[test]
        fn b26_recovery_is_weaker_if_brute_force_says_so(
            mut rules in (0..7_usize).prop_flat_map(some_rules_of),
            delays in prop::collection::vec(some_delay(), 3),
        ) {
            for (all, delay) in rules.add.iter_mut().zip(delays) {
                all.extend(delay);
            }
            let text = rules.text();
            let policy = Policy::from_toml(&text).unwrap();
            let flaws = linted(&policy);
            // How old it is makes no difference to what it is worth.
            let mut universe = universe(&format!("{text} max_age = {}", AGES[0]));
            universe.retain(|thing| match thing {
                Thing::Evidence(one) => one.at() == ago(AGES[0]).now(),
                Thing::Yes(_, age) | Thing::Active(age) => *age == AGES[0],
            });
            let least = |tier: &str| {
                let mut worths = Vec::new();
                let all = RefCell::new(&mut worths);
                first(&universe, MOST, &|things| {
                    if is_allowed(&policy, rules.action, tier, things) {
                        all.borrow_mut().push(worth(&policy, things));
                    }
                    false
                });
                worths.into_iter().min()
            };
            let need = least("low").max(least("high"));
            let weak = flaws.iter().find(|flaw| matches!(flaw.kind(), LintKind::WeakRecovery { .. }));
            agree(weak.map(|flaw| flaw.example.as_ref().unwrap()), &universe, &|things| {
                wait(&policy, "authenticator.add", "low", things) < Duration::from_secs(DAY)
                    && Some(worth(&policy, things)) < need
            })?;
        }

        #[test]
        fn diff_finds_what_brute_force_finds(
            (old, new) in (0..8_usize).prop_flat_map(|theme| (some_rules_of(theme), some_rules_of(theme))),
        ) {
            let (text, action) = (old.text() + &new.text(), old.action);
            let documents = [&old, &new].map(|rules| read::toml(&rules.text()).unwrap());
            let [old, new] = [old, new].map(|rules| Policy::from_toml(&rules.text()).unwrap());
            let universe: Vec<_> = universe(&text);
            let [before, now] = &documents;
            let differences = diff::answers(before, now, &mut Effort::default()).unwrap();
            for tier in ["low", "high"] {
                for allowed_now in [true, false] {
                    let found = differences.iter().filter(|one| {
                        one.action == action
                            && one.is_allowed_now == allowed_now
                            && one.pair.tiers.contains(&tier)
                    });
                    let (mut allowed, mut sooner) = (None, None);
                    for one in found {
                        match &one.found {
                            Found::Allowed(example) => allowed = Some(example),
                            Found::Sooner(example) => sooner = Some(example),
                            Found::Barred(..) => {}
                        }
                    }
                    let waits = |things: &Set| {
                        let [old, new] = [&old, &new].map(|policy| wait(policy, action, tier, things));
                        if allowed_now { (new, old) } else { (old, new) }
                    };
                    agree(allowed, &universe, &|things| {
                        let (allows, denies) = waits(things);
                        allows < NEVER && denies == NEVER
                    })?;
                    agree(sooner, &universe, &|things| {
                        let (one, other) = waits(things);
                        one < other && other < NEVER
                    })?;
                }
            }
        }
    }
}
