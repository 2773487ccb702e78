//! Files on the disk: the keys, and the bank's own table beside the library's records.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use countersign::Subject;
use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::Result;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS harbour_customers (number TEXT PRIMARY KEY, address BLOB NOT NULL) STRICT;
";

/// The bank's tables. Addresses are sealed, each for its own row.
pub(crate) struct Tables {
    connection: Connection,
    cipher: FieldCipher,
}

impl Tables {
    /// Opens the tables and the keys; makes them, if nothing was stored yet.
    pub(crate) fn open(database: &Path, realm: &str) -> Result<(Self, Keyring)> {
        // A path is a path: no `SQLITE_OPEN_URI`.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(std::path::absolute(database)?, flags)?;
        connection.execute_batch(TABLE)?;
        let is_new: bool = connection.query_row(
            "SELECT NOT EXISTS (SELECT 1 FROM harbour_customers)",
            [],
            |row| row.get(0),
        )?;
        let keyring = keys(&key_file(database), is_new)?;
        let cipher = FieldCipher::new(&keyring, realm, "customers")?;
        Ok((Self { connection, cipher }, keyring))
    }

    pub(crate) fn address(&self, customer: &Subject) -> Result<Option<String>> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .query_row(
                "SELECT address FROM harbour_customers WHERE number = ?1",
                [customer.id()],
                |row| row.get(0),
            )
            .optional()?;
        sealed
            .map(|sealed| self.unseal(&[b"address", customer.id().as_bytes()], &sealed))
            .transpose()
    }

    pub(crate) fn set_address(&self, customer: &Subject, address: &str) -> Result<()> {
        let context: [&[u8]; 2] = [b"address", customer.id().as_bytes()];
        let sealed = self.cipher.seal(&context, address.as_bytes())?;
        self.connection.execute(
            "INSERT INTO harbour_customers VALUES (?1, ?2) ON CONFLICT DO UPDATE SET address = excluded.address",
            params![customer.id(), sealed],
        )?;
        Ok(())
    }

    fn unseal(&self, context: &[&[u8]], sealed: &[u8]) -> Result<String> {
        let opened = self.cipher.open(context, sealed)?;
        Ok(str::from_utf8(opened.expose_bytes())?.to_owned())
    }
}

/// The file with the keys of a database. A real host asks its key management instead.
pub(crate) fn key_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

const KEY: usize = 32;

/// The root key and the long-term secret, one after the other. They are drawn once, and never for a database that has others.
fn keys(path: &Path, may_draw: bool) -> Result<Keyring> {
    let failed = |cause: std::io::Error| format!("the key file {}: {cause}", path.display());
    let refused = |cause: countersign::Error| format!("the key file {}: {cause}", path.display());
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => {
            // One byte more than it may hold, to see that it holds more.
            const ENOUGH: u64 = 2 * KEY as u64 + 1;
            file.take(ENOUGH).read_to_end(&mut bytes).map_err(failed)?;
        }
        Err(cause) if cause.kind() == ErrorKind::NotFound && may_draw => {
            let (root, status) = (RootKey::generate(1)?, LongTermSecret::generate(1)?);
            bytes.extend_from_slice(root.expose_bytes());
            bytes.extend_from_slice(status.expose_bytes());
            write_private(path, &bytes).map_err(failed)?;
        }
        Err(cause) => return Err(failed(cause).into()),
    }
    let halves = bytes
        .split_first_chunk::<KEY>()
        .and_then(|(root, rest)| Some((*root, rest.try_into().ok()?)));
    let (root, status) = halves.ok_or_else(|| {
        format!(
            "the key file {}: must hold 64 bytes, and nothing else",
            path.display()
        )
    })?;
    let root = RootKey::from_bytes(1, root).map_err(refused)?;
    let status = LongTermSecret::from_bytes(1, status).map_err(refused)?;
    Ok(Keyring::new(root, status))
}

/// Writes a new file that only its owner can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
