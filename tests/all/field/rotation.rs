//! Rotations over a table in memory that stops, lies, and is written beside.
use std::collections::BTreeMap;

use countersign::field::{
    BlindIndex, FieldCipher, Keyring, Rotation, Row, RowChange, SealedRow, SealedTable, SubjectKey,
};
use countersign::{Error, Subject, text::Form, transition::Saved};
use proptest::prelude::*;

use crate::support::fields::{cipher, keyring, long_term, root};

type Stored = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);

type Writer = Box<dyn FnMut(&mut BTreeMap<u32, Stored>)>;

/// Customers by number: a sealed name, a sealed telephone, and its index.
#[derive(Default)]
struct Table {
    rows: BTreeMap<u32, Stored>,
    /// Between each read and its swap a writer comes by.
    writer: Option<Writer>,
    /// After this many changes, the power fails.
    power: Option<usize>,
    largest: usize,
}

fn number(record: &[u8]) -> u32 {
    u32::from_be_bytes(record.try_into().unwrap())
}

impl SealedTable for Table {
    fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error> {
        let from = after.map_or(0, |record| number(record) + 1);
        let found: Vec<SealedRow> = self
            .rows
            .range(from..)
            .take(limit)
            .map(|(id, (name, phone, index))| {
                SealedRow::new(id.to_be_bytes())
                    .sealed(name.clone())
                    .indexed(phone.clone(), index.clone())
            })
            .collect();
        self.largest = self.largest.max(found.len());
        Ok(found)
    }

    fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Saved<Error>>, Error> {
        if let Some(writer) = &mut self.writer {
            writer(&mut self.rows);
        }
        let mut answers = Vec::new();
        for change in changes {
            if let Some(left) = &mut self.power {
                if *left == 0 {
                    return Err(Error::store("the table", "the power failed"));
                }
                *left -= 1;
            }
            let Some(row) = self.rows.get_mut(&number(change.record())) else {
                answers.push(Saved::Conflict);
                continue;
            };
            let stands = [row.0.as_deref(), row.1.as_deref()];
            if change
                .columns()
                .any(|column| stands[column] != change.old_value(column))
            {
                answers.push(Saved::Conflict);
                continue;
            }
            if let Some(name) = change.new_value(0) {
                row.0 = Some(name.to_vec());
                assert!(change.new_index(0).is_none());
            }
            if let Some(phone) = change.new_value(1) {
                row.1 = Some(phone.to_vec());
                row.2 = change.new_index(1).map(<[u8]>::to_vec);
            }
            answers.push(Saved::Stored);
        }
        Ok(answers)
    }
}

fn index(ring: &Keyring) -> BlindIndex {
    BlindIndex::new(
        ring,
        "bank",
        "customers",
        ["customers", "phone"],
        Form::Phone,
        16,
    )
    .unwrap()
}

fn phone(id: u32) -> String {
    format!("+62812{id:07}")
}

fn row(cipher: &FieldCipher, index: &BlindIndex, id: u32) -> Stored {
    let name = format!("customer {id}");
    let record = id.to_be_bytes();
    let mut sealed = Row::new(cipher, "customers", &record)
        .seal(&[("name", name.as_bytes()), ("phone", phone(id).as_bytes())])
        .unwrap();
    let telephone = sealed.pop();
    (sealed.pop(), telephone, Some(index.of(&phone(id)).unwrap()))
}

fn table(count: u32) -> Table {
    let rows = (0..count)
        .map(|id| (id, row(&cipher(1), &index(&keyring(1)), id)))
        .collect();
    Table {
        rows,
        ..Table::default()
    }
}

fn rotated() -> Keyring {
    keyring(1).rotated_to(root(2)).unwrap()
}

fn rotation(ring: &Keyring) -> Rotation {
    let cipher = FieldCipher::new(ring, "bank", "customers").unwrap();
    Rotation::new(&cipher, "customers", &["name", "phone"])
        .unwrap()
        .with_index("phone", &index(ring))
        .unwrap()
        .with_batch(7)
}

/// Every row says what it said, under this root alone.
#[track_caller]
fn all_is_well(table: &Table, active: u32, index: &BlindIndex) {
    for (id, (name, telephone, beside)) in &table.rows {
        let place = |column: &'static [u8]| {
            [
                b"customers".to_vec(),
                column.to_vec(),
                id.to_be_bytes().to_vec(),
            ]
        };
        let opened = |column, sealed: &Option<Vec<u8>>| {
            let parts = place(column);
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let opened = cipher(active)
                .open(&parts, sealed.as_ref().unwrap())
                .unwrap();
            String::from_utf8(opened.expose_bytes().to_vec()).unwrap()
        };
        assert_eq!(opened(b"name", name), format!("customer {id}"));
        assert_eq!(opened(b"phone", telephone), phone(*id));
        let beside = beside.as_ref().unwrap();
        assert!(index.is_of(beside, &phone(*id)) && index.is_current(beside));
    }
}

#[test]
fn a_table_moves_to_the_new_root_in_bounded_steps() {
    let mut table = table(100);
    let steps: Vec<_> = rotation(&rotated())
        .over(&mut table)
        .map(Result::unwrap)
        .collect();
    assert_eq!(table.largest, 7, "more rows at once than were asked for");
    let last = steps.last().unwrap();
    assert_eq!(
        (last.pass(), last.rows(), last.moved(), last.overtaken()),
        (1, 100, 100, 0)
    );
    assert_eq!(steps[0].rows(), 7);
    assert_eq!(steps[14].cursor(), Some(&99_u32.to_be_bytes()[..]));
    all_is_well(&table, 2, &index(&keyring(1)));
    let before = table.rows.clone();
    let again = rotation(&rotated())
        .over(&mut table)
        .map(Result::unwrap)
        .last()
        .unwrap();
    assert_eq!(
        (again.pass(), again.moved()),
        (0, 0),
        "one pass sees that nothing is to do"
    );
    assert_eq!(table.rows, before);
    let mut empty = Table::default();
    assert!(rotation(&rotated()).over(&mut empty).next().is_none());
}

#[test]
fn a_rotation_that_was_stopped_anywhere_goes_on() {
    for changes in 0..40 {
        let mut table = table(40);
        table.power = Some(changes);
        let steps: Vec<_> = rotation(&rotated()).over(&mut table).collect();
        assert!(
            steps.last().unwrap().as_ref().is_err_and(Error::is_store),
            "{changes}"
        );
        let cursor = steps
            .iter()
            .flatten()
            .last()
            .and_then(|step| step.cursor().map(<[u8]>::to_vec));
        table.power = None;
        let mut next = rotation(&rotated());
        if let Some(cursor) = cursor.filter(|_| changes % 2 == 0) {
            next = next.starting_after(cursor);
        }
        let last = next.over(&mut table).map(Result::unwrap).last().unwrap();
        assert_eq!(
            last.moved(),
            40 - changes as u64,
            "a row was moved twice, or not at all"
        );
        assert_eq!(last.rows(), 40, "the last pass is a whole one");
        all_is_well(&table, 2, &index(&keyring(1)));
    }
}

#[test]
fn a_cursor_that_skips_rows_only_puts_them_off() {
    let mut table = table(20);
    let last = rotation(&rotated())
        .starting_after(30_u32.to_be_bytes())
        .over(&mut table)
        .map(Result::unwrap)
        .last()
        .unwrap();
    assert_eq!((last.moved(), last.rows()), (20, 20));
    all_is_well(&table, 2, &index(&keyring(1)));
}

#[test]
fn a_writer_beside_it_loses_nothing() {
    let mut table = table(50);
    let mut turn = 0_u32;
    table.writer = Some(Box::new(move |rows| {
        turn += 1;
        // While the new ring spreads, one writes with the old root still; rows come and go.
        let writer = cipher(if turn < 6 { 1 } else { 2 });
        for id in [turn % 50, (turn * 7) % 50, 49 - turn % 50] {
            rows.insert(id, row(&writer, &index(&keyring(1)), id));
        }
        rows.remove(&(turn % 11 + 20));
        rows.insert(
            100 + turn % 5,
            row(&writer, &index(&keyring(1)), 100 + turn % 5),
        );
    }));
    let last = rotation(&rotated())
        .over(&mut table)
        .map(Result::unwrap)
        .last()
        .unwrap();
    assert!(last.overtaken() > 0, "no race happened");
    all_is_well(&table, 2, &index(&keyring(1)));
}

#[test]
fn one_who_goes_on_writing_under_the_old_root_is_told() {
    let mut table = table(3);
    table.writer = Some(Box::new(|rows| {
        rows.insert(1, row(&cipher(1), &index(&keyring(1)), 1));
    }));
    let error = rotation(&rotated())
        .over(&mut table)
        .last()
        .unwrap()
        .unwrap_err();
    let told = "rotation: does not end: somebody still writes under a root that has retired";
    assert_eq!(error.to_string(), told);
}

#[test]
fn rows_that_do_not_open_are_told_and_left() {
    let mut table = table(20);
    let whole = table.rows.clone();
    table.rows.get_mut(&3).unwrap().0.as_mut().unwrap()[50] ^= 1;
    table.rows.get_mut(&8).unwrap().1 = whole[&9].1.clone();
    table.rows.get_mut(&11).unwrap().2 = whole[&12].2.clone();
    table.rows.get_mut(&14).unwrap().0 = Some(b"a name in plain".to_vec());
    table.rows.get_mut(&15).unwrap().0 = None;
    table.rows.get_mut(&16).unwrap().2 = None;
    let record = 17_u32.to_be_bytes();
    let own = SubjectKey::create(&Subject::new("bank", "17").unwrap())
        .unwrap()
        .cipher("customers")
        .unwrap();
    table.rows.get_mut(&17).unwrap().0 = Some(
        own.seal(&[b"customers", b"name", &record], b"customer 17")
            .unwrap(),
    );
    let record = 18_u32.to_be_bytes();
    let sealed = own.seal(&[b"customers", b"phone", &record], phone(18).as_bytes());
    table.rows.get_mut(&18).unwrap().1 = Some(sealed.unwrap());
    table.rows.get_mut(&18).unwrap().2 = None;
    let before = table.rows.clone();
    let steps: Vec<_> = rotation(&rotated())
        .over(&mut table)
        .map(Result::unwrap)
        .collect();
    let pass = |pass| {
        let told = steps.iter().filter(move |step| step.pass() == pass);
        told.flat_map(|step| step.refused().iter().map(|record| number(record)))
            .collect::<Vec<_>>()
    };
    assert_eq!(pass(0), [3, 8, 11, 14]);
    assert_eq!(pass(1), [3, 8, 11, 14]);
    for id in [3, 8, 11, 14] {
        assert_eq!(table.rows.remove(&id), before.get(&id).cloned(), "{id}");
    }
    assert_eq!(
        table.rows[&17].0, before[&17].0,
        "a value of a subject's own key"
    );
    assert!(table.rows.remove(&15).unwrap().0.is_none());
    assert_eq!(table.rows[&18].1, before[&18].1);
    assert_eq!(table.rows[&18].2, None, "nor is it indexed by the way");
    table.rows.remove(&17);
    table.rows.remove(&18);
    all_is_well(&table, 2, &index(&keyring(1)));
}

#[test]
fn indexes_move_to_the_present_generation_beside_the_values() {
    let ring = Keyring::new(root(1), long_term(2))
        .with_earlier_secret(long_term(1))
        .unwrap();
    let mut table = table(30);
    let last = rotation(&ring)
        .over(&mut table)
        .map(Result::unwrap)
        .last()
        .unwrap();
    assert_eq!(last.moved(), 30);
    all_is_well(&table, 1, &index(&Keyring::new(root(1), long_term(2))));
}

#[test]
fn a_revoked_root_is_rescued_by_name_alone() {
    let ring = keyring(2).with_revoked(root(1)).unwrap();
    let mut table = table(10);
    let refused: usize = rotation(&ring)
        .over(&mut table)
        .map(|step| step.unwrap().refused().len())
        .sum();
    assert_eq!(refused, 10);
    assert!(rotation(&ring).rescuing(2).is_err() && rotation(&ring).rescuing(3).is_err());
    let last = rotation(&ring)
        .rescuing(1)
        .unwrap()
        .over(&mut table)
        .map(Result::unwrap)
        .last()
        .unwrap();
    assert_eq!(last.moved(), 10);
    all_is_well(&table, 2, &index(&keyring(1)));
}

#[test]
fn a_table_that_lies_is_refused() {
    struct Liar(u8);
    impl SealedTable for Liar {
        fn read(&mut self, _: Option<&[u8]>, _: usize) -> Result<Vec<SealedRow>, Error> {
            let sealed = cipher(1)
                .seal(&[b"customers", b"name", b"x"], b"text")
                .unwrap();
            let row = SealedRow::new("x");
            Ok(vec![if self.0 == 1 {
                row
            } else {
                row.sealed(Some(sealed))
            }])
        }
        fn swap(&mut self, _: &[RowChange]) -> Result<Vec<Saved<Error>>, Error> {
            Ok(if self.0 == 2 {
                Vec::new()
            } else {
                vec![Saved::Stored]
            })
        }
    }
    for (lie, told) in [
        (0, "table: must give the rows after the cursor"),
        (1, "row: must have one cell for each column of the rotation"),
        (2, "table: must answer each change once"),
    ] {
        let cipher = FieldCipher::new(&rotated(), "bank", "customers").unwrap();
        let rotation = Rotation::new(&cipher, "customers", &["name"]).unwrap();
        let error = rotation.over(&mut Liar(lie)).last().unwrap().unwrap_err();
        assert_eq!(error.to_string(), told);
    }
    let cipher = cipher(1);
    assert!(Rotation::new(&cipher, "customers", &[]).is_err());
    let rotation = Rotation::new(&cipher, "customers", &["name"]).unwrap();
    assert!(rotation.with_index("phone", &index(&keyring(1))).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Rows under any root, killed at any changes, in batches of any size: nothing is lost, and all ends under the new root.
    #[test]
    fn any_history_of_kills_ends_well(
        roots in proptest::collection::vec(1_u32..=3, 1..25),
        kills in proptest::collection::vec(0_usize..12, 0..5),
        batch in 1_usize..9,
    ) {
        let ring = keyring(3).with_readable(root(2)).unwrap().with_readable(root(1)).unwrap();
        let rows = (0_u32..).zip(&roots);
        let rows = rows.map(|(id, root)| (id, row(&cipher(*root), &index(&keyring(1)), id))).collect();
        let mut table = Table { rows, ..Table::default() };
        for changes in kills {
            table.power = Some(changes);
            let _ = rotation(&ring).with_batch(batch).over(&mut table).last();
        }
        table.power = None;
        for step in rotation(&ring).with_batch(batch).over(&mut table) {
            prop_assert!(step.is_ok_and(|step| step.refused().is_empty()));
        }
        all_is_well(&table, 3, &index(&keyring(1)));
    }
}
