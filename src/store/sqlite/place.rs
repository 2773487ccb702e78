//! The place of a database file. A file with two names is refused.
//!
//! SQLite keeps its write-ahead log beside the name that it opened. Two names of one file have two logs, and two
//! connections then do not see one another's writes. Links are therefore followed once, before SQLite opens the file.

use std::io;
use std::path::{Path, PathBuf};

type Cause = Box<dyn std::error::Error + Send + Sync>;

const MOVED: &str =
    "the file was moved, replaced or deleted, or its link was turned: open it again";

#[cfg(unix)]
const HARD_LINK: &str = "the file has a second name (a hard link), and each name has a log of its own: remove all names but one, or copy the file; two names for one file may be symbolic links";

#[cfg(target_os = "linux")]
const FILE_MOUNT: &str =
    "the file is mounted alone, so its log stays outside the mount: mount its folder";

/// The name that the host gave, and the file it led to when it was opened.
#[derive(Debug)]
pub(super) struct Place {
    named: PathBuf,
    /// Without links.
    real: PathBuf,
    file: Option<imp::File>,
}

impl Place {
    /// Follows the links of a path. A file that is seen to be mounted alone is refused before it is opened.
    pub(super) fn find(path: &Path) -> Result<Self, Cause> {
        // Absolute, so that nothing in it reads as an address or as one of SQLite's special names.
        let named = std::path::absolute(path)?;
        let real = imp::resolve(&named)?;
        #[cfg(target_os = "linux")]
        if std::fs::read("/proc/self/mountinfo").is_ok_and(|table| is_mounted(&table, &real)) {
            return Err(FILE_MOUNT.into());
        }
        Ok(Self {
            named,
            real,
            file: None,
        })
    }

    /// The path for SQLite.
    pub(super) fn real(&self) -> &Path {
        &self.real
    }

    /// Remembers which file was opened. SQLite must say afterwards that it is the one at this path.
    pub(super) fn settle(&mut self) -> Result<(), Cause> {
        self.file = Some(imp::look(&self.real)?.0);
        Ok(())
    }

    /// Checks that both paths lead to the file that was opened, and that it has one name.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let (file, names) = imp::look(&self.real).map_err(|_| MOVED)?;
        if self.file.as_ref() != Some(&file) {
            return Err(MOVED);
        }
        if names > 1 {
            return Err(imp::SECOND_NAME);
        }
        if self.named != self.real && !imp::look(&self.named).is_ok_and(|(named, _)| named == file)
        {
            return Err(MOVED);
        }
        Ok(())
    }
}

#[cfg(unix)]
mod imp {
    use std::os::unix::fs::MetadataExt;

    use super::{Path, PathBuf, io};

    pub(super) const SECOND_NAME: &str = super::HARD_LINK;

    /// Device and inode.
    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct File(u64, u64);

    /// Which file is there, and how many names it has. The file is not opened: closing it would end SQLite's locks.
    pub(super) fn look(path: &Path) -> io::Result<(File, u64)> {
        let found = std::fs::metadata(path)?;
        // Folders have more links than one.
        let names = if found.is_file() { found.nlink() } else { 1 };
        Ok((File(found.dev(), found.ino()), names))
    }

    /// Follows links, also to a file that is not there yet.
    pub(super) fn resolve(named: &Path) -> io::Result<PathBuf> {
        /// As many as the kernel follows.
        const LINKS: usize = 40;
        let mut path = named.to_owned();
        for _ in 0..LINKS {
            match std::fs::canonicalize(&path) {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                other => return other,
            }
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return Ok(path);
            };
            let folder = std::fs::canonicalize(folder)?;
            path = folder.join(name);
            match std::fs::read_link(&path) {
                Ok(target) => path = folder.join(target),
                Err(_) => return Ok(path),
            }
        }
        Err(io::Error::other("too many links lead to the file"))
    }
}

/// Elsewhere an open file cannot be moved, and the standard library does not count names.
#[cfg(not(unix))]
mod imp {
    use super::{Path, PathBuf, io};

    pub(super) const SECOND_NAME: &str = super::MOVED;

    #[derive(Debug, PartialEq, Eq)]
    pub(super) struct File;

    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(super) fn look(_: &Path) -> io::Result<(File, u64)> {
        Ok((File, 1))
    }

    /// SQLite follows links itself, to the same file each time.
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(super) fn resolve(named: &Path) -> io::Result<PathBuf> {
        Ok(named.to_owned())
    }
}

/// Whether the file itself, and not a folder above it, is a mount point in Linux's table of mounts.
#[cfg(target_os = "linux")]
fn is_mounted(table: &[u8], file: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;

    /// The fifth of a line's fields is the mount point.
    const POINT: usize = 4;
    table.split(|byte| *byte == b'\n').any(|line| {
        let point = line.split(|byte| *byte == b' ').nth(POINT);
        point.is_some_and(|point| unescaped(point).eq(file.as_os_str().as_bytes().iter().copied()))
    })
}

/// Blanks, line ends and backslashes stand in the table as a backslash and three octal digits.
#[cfg(target_os = "linux")]
fn unescaped(point: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = point;
    core::iter::from_fn(move || {
        let byte = match *rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                rest = rest.get(3..).unwrap_or_default();
                ((a & 7) << 6) | ((b & 7) << 3) | (c & 7)
            }
            [byte, ..] => byte,
            [] => return None,
        };
        rest = rest.get(1..).unwrap_or_default();
        Some(byte)
    })
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b62_a_file_mounted_alone_is_known_by_the_table() {
        let table = b"36 35 98:0 / / rw,noatime master:1 - ext3 /dev/root rw\n\
            40 36 98:0 /srv/data /data rw - ext4 /dev/sda rw\n\
            41 36 98:0 /srv/records.db /app/records.db rw - ext4 /dev/sda rw\n\
            42 36 98:0 /x /app/my\\040records\\134.db rw - ext4 /dev/sda rw\n\
            short line\n\n43 36 98:0 /x /app/\\9\\04";
        for (path, mounted) in [
            ("/app/records.db", true),
            ("/app/my records\\.db", true),
            ("/app/\\9\\04", true),
            ("/data/records.db", false),
            ("/app/records.db2", false),
            ("/app/records", false),
            ("", false),
        ] {
            assert_eq!(is_mounted(table, Path::new(path)), mounted, "{path}");
        }
        assert!(!is_mounted(b"", Path::new("")));
    }
}
