//! The keys, in a file. A real host asks its key management instead.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

use countersign::field::{Keyring, LongTermSecret, RootKey};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Draws keys that are not kept.
pub(crate) fn drawn() -> Result<Keyring, countersign::Error> {
    Ok(Keyring::new(
        RootKey::generate(1)?,
        LongTermSecret::generate(1)?,
    ))
}

/// Reads the keys, or draws them and writes the file. A caller holds the lock of the folder.
pub(crate) fn kept(path: &Path) -> Result<Keyring, Failed> {
    let named = |cause: &dyn std::fmt::Display| format!("the key file {}: {cause}", path.display());
    if !path.exists() {
        let (root, status) = (RootKey::generate(1)?, LongTermSecret::generate(1)?);
        let bytes = [&root.expose_bytes()[..], &status.expose_bytes()[..]].concat();
        write_private(path, &bytes).map_err(|cause| named(&cause))?;
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(|cause| named(&cause))?;
    file.read_to_end(&mut bytes)
        .map_err(|cause| named(&cause))?;
    let halves = bytes
        .split_first_chunk::<32>()
        .and_then(|(root, rest)| Some((*root, <[u8; 32]>::try_from(rest).ok()?)));
    let (root, status) = halves.ok_or_else(|| named(&"must hold 64 bytes, and nothing else"))?;
    let root = RootKey::from_bytes(1, root)?;
    Ok(Keyring::new(root, LongTermSecret::from_bytes(1, status)?))
}

/// Writes a new file that only its owner can read. A crash leaves a whole file, or none.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let drafted = path.with_extension("draft");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&drafted)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(drafted, path)
}
