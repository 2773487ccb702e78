//! Any changes lead to the list that a plain table of rows leads to.

use super::world::{START, World, accepted, app, at, code_of, is_denied};
use countersign::account::{AuthenticatorId, AuthenticatorState, Label};
use countersign::{Change, Changed, Factor};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

/// What a host or a customer does. A place is one in the list.
#[derive(Clone, Debug)]
enum Step {
    Add,
    Confirm,
    Rename(usize, String),
    Disable(usize),
    Enable(usize),
    Remove(usize),
    RemoveAll,
    Show(u8),
    Wait(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = || 0_usize..9;
    let step = prop_oneof![
        5 => Just(Step::Add),
        6 => Just(Step::Confirm),
        1 => (place(), "[a-z]{0,8}").prop_map(|(place, name)| Step::Rename(place, name)),
        2 => place().prop_map(Step::Disable),
        2 => place().prop_map(Step::Enable),
        1 => place().prop_map(Step::Remove),
        4 => (1_u8..16).prop_map(Step::Show),
        2 => (1_u16..600).prop_map(Step::Wait),
    ];
    let rarely = prop_oneof![40 => step, 1 => Just(Step::RemoveAll)];
    prop::collection::vec(rarely, 1..80)
}

/// An app, as the table has it.
struct Row {
    id: AuthenticatorId,
    tag: u8,
    label: String,
    waits_until: Option<i64>,
    disabled: bool,
    added: i64,
    since: i64,
    used: Option<i64>,
}

impl Row {
    fn waits(&self) -> bool {
        self.waits_until.is_some()
    }
}

/// The table beside the verifier.
struct Both {
    world: World,
    rows: Vec<Row>,
    now: i64,
    tag: u8,
    /// Whether evidence stands.
    held: bool,
}

impl Both {
    fn forget(&mut self) {
        let now = self.now;
        self.rows
            .retain(|row| row.waits_until.is_none_or(|until| until > now));
    }

    fn change(&self, change: &Change) -> Option<Changed> {
        self.world.try_change(change, &at(self.now)).ok()
    }

    /// Makes a change of one. Returns whether it was made.
    fn change_one(&self, place: usize, change: impl FnOnce(AuthenticatorId) -> Change) -> bool {
        let none = AuthenticatorId::new(0);
        let id = self.rows.get(place).map_or(none, |row| row.id);
        self.change(&change(id)).is_some()
    }

    fn take(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Add => {
                self.tag += 1;
                let confirmed = self.rows.iter().filter(|row| !row.waits()).count();
                let added = self.change(&Change::AddTotp(app(self.tag)));
                assert_eq!(added.is_some(), confirmed < 8);
                if added.is_some() {
                    // One that waited is dropped.
                    self.rows.retain(|row| !row.waits());
                    let listed = self.world.list(&at(now));
                    self.rows.push(Row {
                        id: listed.last().unwrap().id(),
                        tag: self.tag,
                        label: String::new(),
                        waits_until: Some(now + 600),
                        disabled: false,
                        added: now,
                        since: now,
                        used: None,
                    });
                }
            }
            Step::Confirm => {
                let place = self.rows.iter().position(Row::waits);
                let tag = place.map_or(200, |place| self.rows[place].tag);
                let code = code_of(&app(tag), &at(now));
                let done = self.change(&Change::ConfirmTotp(code)) == Some(Changed::Done);
                assert_eq!(done, place.is_some());
                if let Some(row) = place.map(|place| &mut self.rows[place]) {
                    (row.waits_until, row.added, row.since) = (None, now, now);
                }
            }
            Step::Rename(place, name) => {
                let label = Label::new(&name).unwrap();
                let done = self.change_one(place, |id| Change::Rename(id, label));
                let row = self.rows.get_mut(place);
                assert_eq!(done, row.is_some());
                if let Some(row) = row {
                    row.label = name;
                }
            }
            Step::Disable(place) => {
                let done = self.change_one(place, Change::Disable);
                let row = self.rows.get_mut(place).filter(|row| !row.waits());
                assert_eq!(done, row.is_some());
                if let Some(row) = row {
                    self.held &= row.disabled;
                    row.disabled = true;
                }
            }
            Step::Enable(place) => {
                let done = self.change_one(place, Change::Enable);
                let row = self.rows.get_mut(place);
                assert_eq!(done, row.is_some());
                if let Some(row) = row.filter(|row| row.disabled) {
                    (row.disabled, row.since) = (false, now);
                }
            }
            Step::Remove(place) => {
                let done = self.change_one(place, Change::RemoveOne);
                assert_eq!(done, place < self.rows.len());
                if done {
                    self.held &= self.rows.remove(place).waits();
                }
            }
            Step::RemoveAll => {
                assert!(self.change(&Change::Remove(Factor::Totp)).is_some());
                self.rows.clear();
                self.held = false;
            }
            Step::Show(tag) => self.show(tag),
            Step::Wait(seconds) => self.now += i64::from(seconds),
        }
    }

    fn show(&mut self, tag: u8) {
        // Unlocked before, so only the code decides.
        assert!(self.change(&Change::Unlock(Factor::Totp)).is_some());
        let now = self.now;
        let mut rows = self.rows.iter_mut();
        let row = rows.find(|row| row.tag == tag && !row.waits() && !row.disabled);
        let told = self.world.try_app(&app(tag), &at(now));
        let Some(row) = row else {
            assert!(is_denied(&told), "{told:?}");
            return;
        };
        let evidence = accepted(told);
        assert_eq!(evidence.authenticator(), Some(row.id));
        assert_eq!(evidence.enrolled_at(), Some(at(row.since).now()));
        row.used = Some((START + now) / 86_400 * 86_400);
        self.held = true;
    }

    fn compare(&self) {
        let seen = self.world.list(&at(self.now));
        let seen = seen.iter().map(|one| {
            let state = match one.state() {
                AuthenticatorState::Pending { until } => (Some(until), false),
                AuthenticatorState::Disabled => (None, true),
                _ => (None, false),
            };
            let used = one
                .last_used()
                .map(|day| i64::try_from(day.unix()).unwrap());
            (
                one.id(),
                one.label().text().to_owned(),
                state,
                one.added(),
                used,
            )
        });
        let wanted = self.rows.iter().map(|row| {
            let until = row.waits_until.map(|until| at(until).now());
            let state = (until, row.disabled);
            (
                row.id,
                row.label.clone(),
                state,
                at(row.added).now(),
                row.used,
            )
        });
        assert_eq!(seen.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        assert_eq!(self.world.pieces(&at(self.now)) > 0, self.held);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_list_is_that_of_a_plain_table(steps in steps()) {
        let mut both = Both { world: World::new(), rows: Vec::new(), now: 0, tag: 0, held: false };
        for step in steps {
            // Each code is of a step of its own.
            both.now += 60;
            both.forget();
            both.take(step);
            both.forget();
            both.compare();
        }
    }
}
