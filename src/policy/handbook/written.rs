//! How a handbook is written: the rules of a document, in the order in which an agent follows them.

use core::time::Duration;

use crate::factor::{Factor, Strength};
use crate::grant::Obligations;
use crate::policy::document::{
    Alternative, CLASSES, Condition, Conditions, Document, EvidenceKind, Pattern, Reading,
    Requirement, Rule, Test, factors_of,
};
use crate::policy::handbook::language::Language;
use crate::policy::handbook::phrases::{Ask, Phrases};
use crate::policy::signals::CallerId;

/// Writes the procedure of a document.
pub(crate) fn handbook(document: &Document, language: Language) -> String {
    let book = Book {
        document,
        phrases: language.phrases(),
    };
    book.lines().join("\n") + "\n"
}

struct Book<'a> {
    document: &'a Document,
    phrases: &'static Phrases,
}

impl Book<'_> {
    fn lines(&self) -> Vec<String> {
        let words = self.phrases;
        let mut lines = vec![format!("# {}", words.title), String::new()];
        lines.push(words.lead.to_owned());
        lines.extend(headed(words.rules));
        lines.extend(words.each_rule.iter().map(|one| format!("- {one}")));
        lines.extend(headed(words.stop));
        lines.extend(words.each_stop.iter().map(|one| format!("- {one}")));
        lines.extend([String::new(), self.say(words.say_on_stop)]);
        lines.extend(self.signals());
        lines.extend(self.asking());
        lines.extend(headed(words.actions));
        for (pattern, action) in &self.document.actions {
            lines.extend([format!("### `{pattern}`"), String::new()]);
            for ruling in self.document.rulings_of(pattern, action) {
                let tier = ruling.tier.map(|tier| self.document.tier_name(tier));
                let risk = tier.map_or_else(
                    || words.at_every_tier.to_owned(),
                    |tier| with(words.at_tier, "{tier}", tier),
                );
                lines.extend([risk, String::new()]);
                lines.extend(self.rule(ruling.rule));
            }
        }
        // The last paragraph ends the page.
        lines.pop();
        lines
    }

    fn say(&self, words: &str) -> String {
        with(self.phrases.then_say, "{say}", words)
    }

    fn signals(&self) -> Vec<String> {
        let words = self.phrases;
        let readings = &self.document.readings;
        if readings.is_empty() {
            return Vec::new();
        }
        let mut lines: Vec<_> = headed(words.signals).into();
        for reading in readings {
            for (tier, test) in &reading.steps {
                let patterns = reading.only_for.iter().map(Pattern::text);
                let patterns: Vec<_> = patterns.map(|text| format!("`{text}`")).collect();
                let actions = if patterns.is_empty() {
                    words.every_action.to_owned()
                } else {
                    patterns.join(", ")
                };
                let line = with(words.signal, "{tier}", self.document.tier_name(*tier));
                let line = with(&line, "{test}", &self.test(reading, *test));
                lines.push(format!("- {}", with(&line, "{actions}", &actions)));
            }
        }
        lines.extend([String::new(), words.unknown_signal.to_owned()]);
        lines
    }

    fn test(&self, reading: &Reading, test: Test) -> String {
        let words = self.phrases;
        let (phrase, value) = match test {
            Test::AtLeast(number) => (words.at_least, number.to_string()),
            Test::AtMost(number) => (words.at_most, number.to_string()),
            Test::Raised => (words.raised, String::new()),
            Test::OrWorse(CallerId::None) => (words.or_worse, "none".to_owned()),
            Test::OrWorse(level) => (words.or_worse, format!("{level:?}")),
            Test::Within(ago) => (words.within, self.span(ago)),
        };
        with(&with(phrase, "{name}", &reading.name), "{value}", &value)
    }

    /// Writes the table of what to ask for, and what to say. It has a row for all that some rule takes.
    fn asking(&self) -> Vec<String> {
        let words = self.phrases;
        let mut lines: Vec<_> = headed(words.asking).into();
        lines.extend([words.asking_head.to_owned(), "|---|---|---|".to_owned()]);
        let actions = self.document.actions.values();
        let all: Vec<_> = actions.flat_map(|action| action.requirements()).collect();
        let is_taken = |factor: &Factor| all.iter().any(|one| takes(one, *factor));
        let row = |mark: &str, ask: Ask| format!("| {mark} | {} | {} |", ask.name, ask.say);
        for factor in Factor::ALL.into_iter().filter(is_taken) {
            lines.push(row(&format!("`{}`", factor.name()), (words.asks)(factor)));
        }
        let is_approval = |one: &&Requirement| matches!(one, Requirement::Approvals { .. });
        if all.iter().any(is_approval) {
            let Ask { name, say } = words.approval;
            lines.push(row("", Ask::new(name, say)));
        }
        lines
    }

    fn rule(&self, rule: &Rule) -> Vec<String> {
        let words = self.phrases;
        let mut lines = Vec::new();
        if rule.is_never() {
            lines.push(words.never.to_owned());
        }
        let mut ways: Vec<_> = rule.any.iter().collect();
        ways.sort_by_key(|one| (one.delay, self.cost(one), one.all.len()));
        for (number, way) in (1_usize..).zip(ways) {
            lines.push(with(words.way, "{number}", &number.to_string()));
            lines.push(String::new());
            let approvals = |one: &&Requirement| matches!(one, Requirement::Approvals { .. });
            let (last, first): (Vec<_>, Vec<_>) = way.all.iter().partition(approvals);
            let steps = first.into_iter().chain(last);
            let steps = (1_usize..).zip(steps);
            lines.extend(steps.map(|(step, one)| format!("{step}. {}", self.step(one))));
            lines.push(String::new());
            if let Some(why) = &way.risk_accepted {
                lines.extend([with(words.risk_accepted, "{why}", why), String::new()]);
            }
            if !way.delay.is_zero() {
                let waits = with(words.waits, "{span}", &self.span(way.delay));
                let say = self.say(words.say_on_wait);
                lines.extend([format!("{waits} {say}"), String::new()]);
            }
        }
        let mut ends = Vec::new();
        if let Some(barred) = rule.barred_after_cancel {
            ends.push(with(words.barred, "{span}", &self.span(barred)));
        }
        if !rule.is_never() {
            ends.push(format!(
                "{} {}",
                words.otherwise,
                self.say(words.say_on_stop)
            ));
        }
        ends.extend(self.obliged(words.if_allowed, rule.on_allow));
        ends.extend(self.obliged(words.if_denied, rule.on_deny));
        lines.extend(ends.into_iter().map(|end| format!("- {end}")));
        lines.push(String::new());
        lines
    }

    fn obliged(&self, phrase: &str, obligations: Obligations) -> Option<String> {
        let each: Vec<_> = obligations.iter().map(self.phrases.obliged).collect();
        (!each.is_empty()).then(|| with(phrase, "{list}", &each.join("; ")))
    }

    /// Returns the cost of a way to the caller, about as options are sorted.
    fn cost(&self, way: &Alternative) -> u32 {
        let document = self.document;
        let cost = |one: &Requirement| match one {
            Requirement::Evidence(wanted) => {
                let by = wanted.kind.external_verifier();
                let factors = wanted.kind.factors().into_iter();
                let each = factors.map(|factor| document.cost(factor, by));
                each.min().unwrap_or_default()
            }
            Requirement::Classes { count, .. } => u32::try_from(*count).unwrap_or(u32::MAX),
            Requirement::Level { level, .. } => level.number().into(),
            Requirement::Approvals { count, .. } => {
                let count = u32::try_from(*count).unwrap_or(u32::MAX);
                document.approval_cost().saturating_mul(count)
            }
        };
        way.all.iter().map(cost).fold(0, u32::saturating_add)
    }

    /// Writes one step: what to ask for, and what of it counts.
    fn step(&self, requirement: &Requirement) -> String {
        let words = self.phrases;
        let mut parts = Vec::new();
        let max_age = match requirement {
            Requirement::Evidence(wanted) => {
                parts.push(self.kind(&wanted.kind, &wanted.conditions));
                parts.extend(self.conditions(&wanted.conditions));
                Some(wanted.max_age)
            }
            Requirement::Classes {
                count,
                at_least,
                max_age,
            } => {
                parts.push(with(words.classes, "{number}", &count.to_string()));
                if *at_least == Strength::Full {
                    parts.push(words.full_only.to_owned());
                }
                Some(*max_age)
            }
            Requirement::Level { level, max_age } => {
                parts.push(with(words.level, "{level}", &level.to_string()));
                *max_age
            }
            Requirement::Approvals { count: 1, max_age } => {
                parts.push(words.one_approval.to_owned());
                Some(*max_age)
            }
            Requirement::Approvals { count, max_age } => {
                parts.push(with(words.approvals, "{number}", &count.to_string()));
                Some(*max_age)
            }
        };
        parts.extend(max_age.map(|age| with(words.oldest, "{span}", &self.span(age))));
        parts.join(", ")
    }

    fn kind(&self, kind: &EvidenceKind, conditions: &Conditions) -> String {
        let words = self.phrases;
        if let EvidenceKind::External { by, class, .. } = kind {
            let by = with(words.verified_by, "{name}", by);
            return format!("{by} ({})", (words.class)(*class));
        }
        let can = |factor: &Factor| conditions.can_be_kept_by(*factor);
        let factors = kind.factors().into_iter().filter(can);
        let names: Vec<_> = factors.map(|factor| (words.asks)(factor).name).collect();
        match names.as_slice() {
            [name] => (*name).to_owned(),
            names => with(words.one_of, "{list}", &self.any_of(names)),
        }
    }

    fn any_of(&self, names: &[&str]) -> String {
        match names {
            [] => String::new(),
            [name] => (*name).to_owned(),
            [first @ .., last] => format!("{} {} {last}", first.join(", "), self.phrases.or),
        }
    }

    fn conditions(&self, asked: &Conditions) -> Vec<String> {
        let words = self.phrases;
        let phrase = |condition: Condition| {
            let amount = asked.get(condition);
            Some(match (condition, amount) {
                (Condition::ForTransaction, 1..) => words.for_transaction.to_owned(),
                (Condition::Independent, 1..) => words.independent.to_owned(),
                (Condition::Protected, 1..) => words.protected.to_owned(),
                (Condition::Interaction, 0) => words.any_interaction.to_owned(),
                (Condition::Unchanged, 1..) => {
                    let within = self.span(Duration::from_secs(amount.into()));
                    with(words.unchanged, "{span}", &within)
                }
                _ => return None,
            })
        };
        Condition::ALL.into_iter().filter_map(phrase).collect()
    }

    /// Writes a span in its largest whole unit.
    fn span(&self, span: Duration) -> String {
        let seconds = span.as_secs();
        let sizes = [86_400, 3_600, 60, 1];
        let whole = |size: &u64| seconds >= *size && seconds.checked_rem(*size) == Some(0);
        let place = sizes.iter().position(whole).unwrap_or(3);
        let size = sizes.get(place).copied().unwrap_or(1);
        let count = seconds.checked_div(size).unwrap_or(seconds);
        let unit = self.phrases.units.get(place);
        let unit = unit.map_or("", |(one, several)| if count == 1 { one } else { several });
        format!("{count} {unit}")
    }
}

/// Whether some evidence by a factor meets a requirement.
fn takes(requirement: &Requirement, factor: Factor) -> bool {
    match requirement {
        Requirement::Evidence(wanted) => {
            wanted.kind.factors().contains(&factor) && wanted.conditions.can_be_kept_by(factor)
        }
        Requirement::Classes { at_least, .. } => {
            let of = |class| factors_of(class, *at_least).contains(&factor);
            CLASSES.into_iter().any(of)
        }
        Requirement::Level { .. } => {
            let of = |class| factors_of(class, Strength::Restricted).contains(&factor);
            CLASSES.into_iter().any(of)
        }
        Requirement::Approvals { .. } => false,
    }
}

/// Fills a place.
fn with(phrase: &str, place: &str, text: &str) -> String {
    phrase.replace(place, text)
}

fn headed(title: &str) -> [String; 3] {
    [String::new(), format!("## {title}"), String::new()]
}
