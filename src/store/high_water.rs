//! High water: the highest revision of each record that a host was told, kept apart from the records.

use core::fmt;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::contract::Key;
use crate::error::Error;

/// The mark of a record: which record it is, and its highest revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    record: [u8; 8],
    revision: u64,
}

impl Mark {
    pub(crate) const fn new(record: [u8; 8], revision: u64) -> Self {
        Self { record, revision }
    }

    /// Reads a mark as it was stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
        Self::new([a, b, c, d, e, f, g, h], u64::from_be_bytes(rest))
    }

    /// Returns the bytes to store. The first 8 tell records apart that one key had in turn. The others are the revision, big-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) =
            (self.record, self.revision.to_be_bytes());
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    /// Returns the revision.
    #[must_use]
    pub const fn revision(self) -> u64 {
        self.revision
    }

    /// Returns whether it takes the place of the mark that stands: it is higher, or of another record.
    ///
    /// ```
    /// use countersign::store::Mark;
    /// let mark = |record, revision| Mark::from_bytes([record, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, revision]);
    /// assert!(mark(1, 6).replaces(Some(mark(1, 5))) && mark(2, 1).replaces(Some(mark(1, 5))));
    /// assert!(!mark(1, 4).replaces(Some(mark(1, 5))), "two threads came in another order");
    /// ```
    #[must_use]
    pub fn replaces(self, present: Option<Self>) -> bool {
        present
            .is_none_or(|present| present.record != self.record || present.revision < self.revision)
    }

    pub(crate) const fn record(self) -> [u8; 8] {
        self.record
    }
}

/// A place for the highest revision of each record, apart from the records. A database that was put back is noticed by it.
///
/// Keep it where no restore of the database takes it along: a [file](FileHighWater) on another disk, or a table in another
/// database. A table has the key, 32 bytes, and the [mark](Mark::to_bytes), 16 bytes:
///
/// ```sql
/// INSERT INTO high_water VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET mark = excluded.mark
/// WHERE substr(high_water.mark, 1, 8) <> substr(excluded.mark, 1, 8) OR high_water.mark < excluded.mark
/// ```
///
/// Processes share it if they share the records. It is called within each call of the verifier, and blocks. If it fails, the
/// call fails: nothing is revealed.
pub trait HighWater {
    /// Returns the mark of a record. It sees the last one that was raised.
    ///
    /// # Errors
    /// Store, if it cannot be read.
    fn highest(&self, key: &Key) -> Result<Option<Mark>, Error>;

    /// Raises a mark if it [replaces](Mark::replaces) the one that stands, in one indivisible step.
    ///
    /// # Errors
    /// Store, if it failed.
    fn raise(&self, key: &Key, mark: Mark) -> Result<(), Error>;

    /// Forgets a mark: the record was erased.
    ///
    /// # Errors
    /// Store, if it failed.
    fn forget(&self, key: &Key) -> Result<(), Error>;
}

impl<H: HighWater + ?Sized> HighWater for Arc<H> {
    fn highest(&self, key: &Key) -> Result<Option<Mark>, Error> {
        (**self).highest(key)
    }

    fn raise(&self, key: &Key, mark: Mark) -> Result<(), Error> {
        (**self).raise(key, mark)
    }

    fn forget(&self, key: &Key) -> Result<(), Error> {
        (**self).forget(key)
    }
}

/// Marks in memory. They notice a database that is put back while the process runs.
#[derive(Debug, Default)]
pub struct MemoryHighWater {
    marks: Mutex<HashMap<Key, Mark>>,
}

impl MemoryHighWater {
    /// Makes one without marks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn marks(&self) -> MutexGuard<'_, HashMap<Key, Mark>> {
        // A map operation leaves the map whole even if a thread died beside it.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HighWater for MemoryHighWater {
    fn highest(&self, key: &Key) -> Result<Option<Mark>, Error> {
        Ok(self.marks().get(key).copied())
    }

    fn raise(&self, key: &Key, mark: Mark) -> Result<(), Error> {
        let mut marks = self.marks();
        if mark.replaces(marks.get(key).copied()) {
            marks.insert(*key, mark);
        }
        Ok(())
    }

    fn forget(&self, key: &Key) -> Result<(), Error> {
        self.marks().remove(key);
        Ok(())
    }
}

/// Marks in a file, for one process. They are in memory, too: about 100 bytes for each record.
///
/// Each mark that is raised is appended. A file that holds more old lines than marks is written anew when it is opened. The
/// disk is not waited for: a power cut may take the last marks, and then they notice a little less.
///
/// ```
/// use countersign::store::FileHighWater;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("high_water");
/// let marks = FileHighWater::open(&path)?;
/// assert!(FileHighWater::open(&path).unwrap_err().is_store(), "it is for one process");
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct FileHighWater {
    state: Mutex<FileState>,
}

struct FileState {
    marks: HashMap<Key, Mark>,
    file: File,
    /// Whether a line may stand there in part. Nothing is appended to it.
    is_broken: bool,
}

/// The bytes of a line: key, mark, and their sum. A mark of zeros stands for one that was forgotten.
const LINE: usize = 32 + 16 + 4;
const NAME: &str = "high water file";

impl FileHighWater {
    /// Opens the file, or makes it, and locks it.
    ///
    /// A line at its end that was not written whole is dropped.
    ///
    /// # Errors
    /// Store, if it cannot be opened, or if another process has it. Corrupt, if a line in it is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let failed = |cause: std::io::Error| Error::store(NAME, cause);
        let mut options = File::options();
        let file = options
            .read(true)
            .append(true)
            .create(true)
            .open(path.as_ref());
        let file = file.map_err(failed)?;
        file.try_lock().map_err(|cause| match cause {
            TryLockError::WouldBlock => Error::store(NAME, "another process has it"),
            TryLockError::Error(cause) => failed(cause),
        })?;
        let (marks, lines, rest) = read(&file)?;
        let whole = lines.saturating_mul(LINE as u64);
        if rest > 0 {
            file.set_len(whole).map_err(failed)?;
        }
        let mut state = FileState {
            marks,
            file,
            is_broken: false,
        };
        let most = (state.marks.len() as u64)
            .saturating_mul(2)
            .saturating_add(1_024);
        if lines > most {
            state.write_anew()?;
        }
        let state = Mutex::new(state);
        Ok(Self { state })
    }

    fn state(&self) -> MutexGuard<'_, FileState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the marks, the number of lines, and how many bytes follow the last one.
fn read(file: &File) -> Result<(HashMap<Key, Mark>, u64, usize), Error> {
    let mut marks = HashMap::new();
    let (mut lines, mut line) = (0_u64, [0_u8; LINE]);
    let mut from = BufReader::new(file);
    loop {
        let mut filled = 0;
        while let Some(free) = line.get_mut(filled..).filter(|free| !free.is_empty()) {
            let read = from.read(free).map_err(|cause| Error::store(NAME, cause))?;
            if read == 0 {
                return Ok((marks, lines, filled));
            }
            filled = filled.saturating_add(read);
        }
        let (key, mark) = parsed(&line).ok_or_else(|| {
            Error::corrupt(
                NAME,
                "a line of it is damaged: restore it, or begin another file",
            )
        })?;
        match mark {
            Some(mark) => marks.insert(key, mark),
            None => marks.remove(&key),
        };
        lines = lines.saturating_add(1);
    }
}

fn written(key: &Key, mark: Option<Mark>) -> [u8; LINE] {
    let mut line = [0; LINE];
    let bytes = key.as_bytes().iter().copied();
    let bytes = bytes.chain(mark.map_or([0; 16], Mark::to_bytes));
    line.iter_mut()
        .zip(bytes)
        .for_each(|(slot, byte)| *slot = byte);
    if let Some((body, sum)) = line.split_last_chunk_mut() {
        *sum = sum_of(body);
    }
    line
}

fn parsed(line: &[u8; LINE]) -> Option<(Key, Option<Mark>)> {
    let (body, sum) = line.split_last_chunk()?;
    let (key, mark) = body.split_first_chunk()?;
    let mark: [u8; 16] = mark.try_into().ok()?;
    let mark = (mark != [0; 16]).then(|| Mark::from_bytes(mark));
    (*sum == sum_of(body)).then_some((Key::from_bytes(*key), mark))
}

/// Tells a damaged line. Nobody is kept from writing a line: who can write the file can take it away.
fn sum_of(body: &[u8]) -> [u8; 4] {
    let step = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    body.iter().fold(0x811C_9DC5, step).to_be_bytes()
}

impl FileState {
    fn append(&mut self, key: &Key, mark: Option<Mark>) -> Result<(), Error> {
        if self.is_broken {
            return Err(Error::store(NAME, "an earlier write failed: open it anew"));
        }
        self.is_broken = true;
        let line = written(key, mark);
        self.file
            .write_all(&line)
            .map_err(|cause| Error::store(NAME, cause))?;
        self.is_broken = false;
        Ok(())
    }

    /// Writes each mark once. The file is short meanwhile. A process that dies then knows fewer marks.
    fn write_anew(&mut self) -> Result<(), Error> {
        let failed = |cause| Error::store(NAME, cause);
        let lines = self
            .marks
            .iter()
            .map(|(key, mark)| written(key, Some(*mark)));
        let bytes: Vec<u8> = lines.flatten().collect();
        self.file.set_len(0).map_err(failed)?;
        self.file.write_all(&bytes).map_err(failed)?;
        self.file.sync_all().map_err(failed)
    }
}

impl HighWater for FileHighWater {
    fn highest(&self, key: &Key) -> Result<Option<Mark>, Error> {
        Ok(self.state().marks.get(key).copied())
    }

    fn raise(&self, key: &Key, mark: Mark) -> Result<(), Error> {
        let mut state = self.state();
        if mark.replaces(state.marks.get(key).copied()) {
            state.append(key, Some(mark))?;
            state.marks.insert(*key, mark);
        }
        Ok(())
    }

    fn forget(&self, key: &Key) -> Result<(), Error> {
        let mut state = self.state();
        if state.marks.contains_key(key) {
            state.append(key, None)?;
            state.marks.remove(key);
        }
        Ok(())
    }
}

impl fmt::Debug for FileHighWater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileHighWater({} marks)", self.state().marks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(record: u8, revision: u64) -> Mark {
        Mark::new([record; 8], revision)
    }

    #[test]
    fn a_file_keeps_the_highest_mark_of_each_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("high_water");
        let key = |tag| Key::from_bytes([tag; 32]);
        let marks = FileHighWater::open(&path).unwrap();
        for (tag, mark) in [
            (1, mark(1, 5)),
            (1, mark(1, 4)),
            (2, mark(2, 9)),
            (1, mark(1, 6)),
        ] {
            marks.raise(&key(tag), mark).unwrap();
        }
        marks.forget(&key(2)).unwrap();
        marks.raise(&key(3), mark(3, 1)).unwrap();
        drop(marks);
        // The last line was not written whole.
        let mut torn = File::options().append(true).open(&path).unwrap();
        torn.write_all(&[7; 20]).unwrap();
        drop(torn);
        let marks = FileHighWater::open(&path).unwrap();
        assert_eq!(marks.highest(&key(1)).unwrap(), Some(mark(1, 6)));
        assert_eq!(marks.highest(&key(2)).unwrap(), None);
        marks.raise(&key(1), mark(1, 7)).unwrap();
        // Many lines of one record are written anew.
        for revision in 8..2_000 {
            marks.raise(&key(1), mark(1, revision)).unwrap();
        }
        drop(marks);
        let marks = FileHighWater::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 2 * LINE as u64);
        assert_eq!(marks.highest(&key(1)).unwrap(), Some(mark(1, 1_999)));
        assert_eq!(marks.highest(&key(3)).unwrap(), Some(mark(3, 1)));
        drop(marks);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(FileHighWater::open(&path).unwrap_err().is_corrupt());
    }
}
