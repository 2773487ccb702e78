//! The layout of the tables, and the way from an older one.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::failure::Failure;
use super::link::Link;
use super::table::Table;

/// The layout that this version writes.
const LAYOUT: i32 = 1;

/// How often a migration that another process disturbs begins again. Each time, one of them has got further.
const TRIES: u8 = 50;

/// The columns of both tables, with their types, in the order of their names.
const COLUMNS: [(&str, &str, &str); 5] = [
    ("countersign_layout", "layout", "int4"),
    ("countersign_records", "bytes", "bytea"),
    ("countersign_records", "expires_at", "int8"),
    ("countersign_records", "key", "bytea"),
    ("countersign_records", "version", "bytea"),
];

const SCHEMA: &str = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";

const FOUND: &str = "SELECT c.relname::text, a.attname::text, t.typname::text
    FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = $1 AND c.relname IN ('countersign_layout', 'countersign_records')
        AND a.attnum > 0 AND NOT a.attisdropped";

const UNKNOWN: Failure = Failure::Corrupt(
    "postgres table countersign_records",
    "has a layout this version does not know",
);

/// Makes what is missing. Each statement may run twice, and beside another process, so no lock is needed.
pub(super) async fn migrate(link: &mut dyn Link, table: &Table) -> Result<(), Failure> {
    let mut lost = 0;
    loop {
        match migrate_once(link, table).await {
            Err(failure)
                if failure.is_lost_migration() && !link.is_transaction() && lost < TRIES =>
            {
                lost = lost.saturating_add(1);
            }
            answer => return answer,
        }
    }
}

async fn migrate_once(link: &mut dyn Link, table: &Table) -> Result<(), Failure> {
    let schema = table.quoted_schema();
    let found = link.rows(FOUND, &[(&table.schema, Type::TEXT)]).await?;
    let has = |name: &str| {
        found
            .iter()
            .any(|row| text(row, 0).is_ok_and(|found| found == name))
    };
    // Reads before it writes: a table of another program stays as it was, and a role that may not create
    // needs no privilege where all is there.
    let mut columns = found.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    columns.sort_unstable();
    let known = COLUMNS.iter().filter(|(name, ..)| has(name));
    if !columns.iter().eq(known) {
        return Err(UNKNOWN);
    }
    let layout = if has("countersign_layout") {
        let statement = format!("SELECT max(layout) FROM {schema}.countersign_layout");
        let rows = link.rows(&statement, &[]).await?;
        let newest = rows.first().and_then(|row| row.try_get(0).ok()).flatten();
        newest.unwrap_or(0)
    } else {
        0
    };
    match layout {
        LAYOUT if has("countersign_records") => return Ok(()),
        0..=LAYOUT => {}
        _ => return Err(UNKNOWN),
    }
    if link
        .rows(SCHEMA, &[(&table.schema, Type::TEXT)])
        .await?
        .is_empty()
    {
        let statement = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        link.rows(&statement, &[]).await?;
    }
    for statement in statements(&schema) {
        link.rows(&statement, &[]).await?;
    }
    Ok(())
}

/// The statements of the first layout. Its number is written last: a migration that was killed begins again.
fn statements(schema: &str) -> [String; 4] {
    [
        format!("CREATE TABLE IF NOT EXISTS {schema}.countersign_layout (layout int4 PRIMARY KEY)"),
        // Room in each page keeps a new version of a row beside the old one, and the indexes as they are.
        format!(
            "CREATE TABLE IF NOT EXISTS {schema}.countersign_records (
                key bytea PRIMARY KEY,
                version bytea NOT NULL,
                bytes bytea NOT NULL,
                expires_at int8
            ) WITH (fillfactor = 70)"
        ),
        // Lets `purge` find what may go without reading the records of people.
        format!(
            "CREATE INDEX IF NOT EXISTS countersign_records_expires_at
            ON {schema}.countersign_records (expires_at) WHERE expires_at IS NOT NULL"
        ),
        format!(
            "INSERT INTO {schema}.countersign_layout (layout) VALUES ({LAYOUT})
            ON CONFLICT DO NOTHING"
        ),
    ]
}

fn column(row: &Row) -> Result<(&str, &str, &str), Failure> {
    Ok((text(row, 0)?, text(row, 1)?, text(row, 2)?))
}

fn text(row: &Row, column: usize) -> Result<&str, Failure> {
    row.try_get(column).map_err(|_| UNKNOWN)
}
