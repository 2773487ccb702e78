//! The table and its statements.

use crate::error::Error;

/// As many bytes of a name as PostgreSQL keeps. It cuts off the others, and two names become one.
const LONGEST_NAME: usize = 63;

/// A table of records in a schema of the host, with every statement on it.
///
/// Each name is qualified: the search path is a state of the session, which a pooler does not keep.
#[derive(Debug)]
pub(super) struct Table {
    /// For error texts.
    pub(super) name: String,
    pub(super) schema: String,
    pub(super) load: String,
    pub(super) insert: String,
    pub(super) update: String,
    pub(super) remove: String,
    pub(super) purge: String,
    pub(super) scan: String,
    pub(super) update_all: String,
}

impl Table {
    /// The schema that every database has.
    pub(super) fn in_public() -> Self {
        Self::qualified("public")
    }

    /// The table in a schema of any name that PostgreSQL takes.
    pub(super) fn in_schema(schema: &str) -> Result<Self, Error> {
        let rule = if schema.is_empty() || schema.len() > LONGEST_NAME {
            "must hold 1 to 63 bytes"
        } else if schema.contains('\0') {
            "must not hold a zero byte"
        } else if schema.starts_with("pg_") || schema == "information_schema" {
            "must not be a schema of PostgreSQL itself"
        } else {
            return Ok(Self::qualified(schema));
        };
        Err(Error::misuse("postgres schema", rule))
    }

    fn qualified(schema: &str) -> Self {
        let quoted = quoted(schema);
        let table = format!("{quoted}.countersign_records");
        Self {
            name: format!("postgres table {table}"),
            load: format!("SELECT bytes, version, expires_at FROM {table} WHERE key = $1"),
            // The server says how many rows a write changed: none if it lost. A write that returned a row would take the server
            // longer, each time. One that brought the winner's row, by a common table expression, would take it longer still.
            insert: format!(
                "INSERT INTO {table} (key, version, bytes, expires_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (key) DO NOTHING"
            ),
            update: format!(
                "UPDATE {table} SET version = $2, bytes = $3, expires_at = $4
                WHERE key = $1 AND version = $5"
            ),
            remove: format!("DELETE FROM {table} WHERE key = $1 AND version = $2"),
            // A negative time was never written here; nothing follows from it, least of all a deletion.
            purge: format!(
                "WITH dropped AS (DELETE FROM {table} WHERE expires_at BETWEEN 0 AND $1 RETURNING 1)
                SELECT count(*) FROM dropped"
            ),
            // A key of another length was never written here, and no load finds it.
            scan: format!(
                "SELECT bytes, version, expires_at, key FROM {table}
                WHERE key > $1 AND length(key) = 32 ORDER BY key LIMIT $2"
            ),
            update_all: format!(
                "UPDATE {table} AS t SET version = n.version, bytes = n.bytes, expires_at = n.expires_at
                FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::int8[], $5::bytea[])
                    AS n (key, version, bytes, expires_at, expected)
                WHERE t.key = n.key AND t.version = n.expected RETURNING t.key"
            ),
            schema: schema.to_owned(),
        }
    }

    /// The schema's name as it stands in a statement.
    pub(super) fn quoted_schema(&self) -> String {
        quoted(&self.schema)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_has_any_name_that_postgresql_keeps_whole() {
        let table = Table::in_schema("a\"; DROP TABLE b; --").expect("a name");
        assert!(
            table
                .load
                .contains("FROM \"a\"\"; DROP TABLE b; --\".countersign_records")
        );
        let long = "ü".repeat(32);
        for bad in ["", "a\0b", "pg_catalog", "information_schema", &long] {
            assert!(
                Table::in_schema(bad).is_err_and(|error| error.is_misuse()),
                "{bad:?}"
            );
        }
        assert!(Table::in_schema(&long[2..]).is_ok());
    }
}
