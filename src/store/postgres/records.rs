//! The duties of a store, over any link.

use std::collections::HashSet;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use super::failure::Failure;
use super::link::{Link, Value};
use super::table::Table;
use crate::store::contract::{Entry, Key, Page, Replaced, Swap, Version};
use crate::time::Timestamp;

/// How often a statement that lost a race is sent again, before that is the failure.
const TRIES: u8 = 8;

pub(super) async fn load(
    link: &mut dyn Link,
    table: &Table,
    key: &Key,
) -> Result<Option<Entry>, Failure> {
    let key = key.as_bytes().as_slice();
    let rows = repeated(link, &table.load, &[(&key, Type::BYTEA)]).await?;
    rows.first().map(entry).transpose()
}

pub(super) async fn replace(
    link: &mut dyn Link,
    table: &Table,
    key: &Key,
    expected: Option<&Version>,
    entry: &Entry,
) -> Result<Replaced, Failure> {
    let version = entry.version();
    let (key_bytes, version) = (key.as_bytes().as_slice(), version.as_bytes().as_slice());
    let (bytes, expires_at) = (entry.bytes(), entry.expires_at().map(stored_time));
    let expected_bytes = expected.map(|version| version.as_bytes().as_slice());
    let values: [Value<'_>; 5] = [
        (&key_bytes, Type::BYTEA),
        (&version, Type::BYTEA),
        (&bytes, Type::BYTEA),
        (&expires_at, Type::INT8),
        (&expected_bytes, Type::BYTEA),
    ];
    match expected {
        Some(_) => swap(link, table, key, &table.update, &values).await,
        None => {
            let [values @ .., _] = values;
            swap(link, table, key, &table.insert, &values).await
        }
    }
}

pub(super) async fn remove(
    link: &mut dyn Link,
    table: &Table,
    key: &Key,
    expected: &Version,
) -> Result<Replaced, Failure> {
    let (key_bytes, version) = (key.as_bytes().as_slice(), expected.as_bytes().as_slice());
    let values: [Value<'_>; 2] = [(&key_bytes, Type::BYTEA), (&version, Type::BYTEA)];
    swap(link, table, key, &table.remove, &values).await
}

pub(super) async fn purge(
    link: &mut dyn Link,
    table: &Table,
    now: Timestamp,
) -> Result<usize, Failure> {
    let now = stored_time(now);
    let rows = repeated(link, &table.purge, &[(&now, Type::INT8)]).await?;
    let dropped: i64 = field(rows.first().ok_or(NO_ANSWER)?, 0)?;
    Ok(usize::try_from(dropped).unwrap_or_default())
}

/// Returns a page of the records after a key. Before all keys stands nothing.
pub(super) async fn scan(
    link: &mut dyn Link,
    table: &Table,
    after: Option<Key>,
    limit: usize,
) -> Result<Page, Failure> {
    let after = after.as_ref().map_or(&[][..], |key| key.as_bytes());
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [Value<'_>; 2] = [(&after, Type::BYTEA), (&most, Type::INT8)];
    let rows = repeated(link, &table.scan, &values).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push((
            key(row, 3)?,
            entry(row).map_err(|failure| failure.error(&table.name)),
        ));
    }
    Ok(Page::by_key(found, limit))
}

/// Sends many writes in one statement, and then loads the rows that stayed as they were.
pub(super) async fn replace_all(
    link: &mut dyn Link,
    table: &Table,
    swaps: &[Swap],
) -> Result<Vec<Replaced>, Failure> {
    let versions: Vec<Version> = swaps.iter().map(|swap| swap.entry.version()).collect();
    let keys: Vec<&[u8]> = swaps.iter().map(|swap| &swap.key.as_bytes()[..]).collect();
    let next: Vec<&[u8]> = versions.iter().map(|next| &next.as_bytes()[..]).collect();
    let bytes: Vec<&[u8]> = swaps.iter().map(|swap| swap.entry.bytes()).collect();
    let times = swaps
        .iter()
        .map(|swap| swap.entry.expires_at().map(stored_time));
    let times: Vec<Option<i64>> = times.collect();
    let expected = swaps.iter().map(|swap| &swap.expected.as_bytes()[..]);
    let expected: Vec<&[u8]> = expected.collect();
    let values: [Value<'_>; 5] = [
        (&keys, Type::BYTEA_ARRAY),
        (&next, Type::BYTEA_ARRAY),
        (&bytes, Type::BYTEA_ARRAY),
        (&times, Type::INT8_ARRAY),
        (&expected, Type::BYTEA_ARRAY),
    ];
    let rows = match link.rows(&table.update_all, &values).await {
        Ok(rows) => rows,
        // The database took all of them back. Each is tried by itself.
        Err(failure) if failure.is_lost_race() && !link.is_transaction() => {
            let mut answers = Vec::with_capacity(swaps.len());
            for swap in swaps {
                let (key, expected) = (&swap.key, Some(&swap.expected));
                answers.push(replace(link, table, key, expected, &swap.entry).await?);
            }
            return Ok(answers);
        }
        Err(failure) => return Err(failure),
    };
    let stored = rows.iter().map(|row| key(row, 0));
    let stored: HashSet<Key> = stored.collect::<Result<_, _>>()?;
    let mut answers = Vec::with_capacity(swaps.len());
    for swap in swaps {
        answers.push(if stored.contains(&swap.key) {
            Replaced::Stored
        } else {
            load(link, table, &swap.key).await.map(Replaced::Conflict)?
        });
    }
    Ok(answers)
}

/// Sends a write. If it lost its race, the row that is there now is loaded.
async fn swap(
    link: &mut dyn Link,
    table: &Table,
    key: &Key,
    statement: &str,
    values: &[Value<'_>],
) -> Result<Replaced, Failure> {
    match link.changes(statement, values).await {
        Ok(0) => {}
        Ok(1) => return Ok(Replaced::Stored),
        Ok(_) => return Err(NO_ANSWER),
        // The database took it back, whole.
        Err(failure) if failure.is_lost_race() && !link.is_transaction() => {}
        Err(failure) => return Err(failure),
    }
    load(link, table, key).await.map(Replaced::Conflict)
}

/// Sends a statement that changes nothing if it is carried out twice, until it loses no race.
async fn repeated(
    link: &mut dyn Link,
    statement: &str,
    values: &[Value<'_>],
) -> Result<Vec<Row>, Failure> {
    let mut lost = 0;
    loop {
        match link.rows(statement, values).await {
            Err(failure) if failure.is_lost_race() && !link.is_transaction() && lost < TRIES => {
                lost = lost.saturating_add(1);
            }
            answer => return answer,
        }
    }
}

const NO_ANSWER: Failure = Failure::Corrupt(
    "postgres record",
    "several records are under one key: its primary key is missing",
);

/// Reads an entry from the columns of `load`.
fn entry(row: &Row) -> Result<Entry, Failure> {
    let wrong = |why| Failure::Corrupt("postgres record", why);
    let (bytes, version): (&[u8], &[u8]) = (field(row, 0)?, field(row, 1)?);
    let version = version
        .try_into()
        .map_err(|_| wrong("its version is not 24 bytes long"))?;
    let expires_at: Option<i64> = field(row, 2)?;
    let expires_at = expires_at
        .map(Timestamp::from_unix)
        .transpose()
        .map_err(|_| wrong("its expires_at is not a timestamp"))?;
    Ok(Entry::new(
        bytes.to_vec(),
        Version::from_bytes(version),
        expires_at,
    ))
}

fn key(row: &Row, column: usize) -> Result<Key, Failure> {
    let key: &[u8] = field(row, column)?;
    let bytes = key.try_into().map_err(|_| NO_ANSWER)?;
    Ok(Key::from_bytes(bytes))
}

fn field<'r, T: FromSql<'r>>(row: &'r Row, column: usize) -> Result<T, Failure> {
    row.try_get(column)
        .map_err(|_| Failure::Corrupt("postgres record", "a column has a type that none wrote"))
}

/// Timestamps end with the year 9999, far below what the column holds.
fn stored_time(time: Timestamp) -> i64 {
    i64::try_from(time.unix()).unwrap_or(i64::MAX)
}
