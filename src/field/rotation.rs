//! A whole table, brought under the root that writes.

use core::fmt;

use super::blind_index::BlindIndex;
use super::row::Row;
use super::seal::FieldCipher;
use super::subject_key::SubjectKey;
use super::suite::refused;
use super::table::{CellChange, RowChange, SealedRow, SealedTable};
use crate::error::Error;
use crate::secret::SecretBytes;
use crate::transition::Saved;

/// Brings all sealed values of a table under the root that writes, and their indexes to the present generation.
///
/// The values themselves show which of them are left. So a run that was stopped goes on with the next run, and nothing but the
/// table remembers. Each row is swapped by itself, and only if no writer was faster. A pass over the table is repeated until one
/// finds nothing to do, so a row that a writer changed meanwhile is seen again.
///
/// Give the new ring to every process that writes before the rotation begins. Values under a
/// [`SubjectKey`] are left alone. A row is left as it is, and [reported](Progress::refused), in two cases: a value of it does not open, or an
/// index is not that of its value.
///
/// ```
/// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Rotation, RowChange, SealedRow, SealedTable};
/// # use countersign::{Error, transition::Saved};
/// # struct Notes(Vec<Vec<u8>>);
/// # impl SealedTable for Notes {
/// #     fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error> {
/// #         let from = after.map_or(0, |id| usize::from(id[0]) + 1);
/// #         Ok((from..self.0.len()).take(limit).map(|id| SealedRow::new([id as u8]).sealed(Some(self.0[id].clone()))).collect())
/// #     }
/// #     fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Saved<Error>>, Error> {
/// #         for row in changes { self.0[usize::from(row.record()[0])] = row.new_value(0).unwrap().to_vec(); }
/// #         Ok(changes.iter().map(|_| Saved::Stored).collect())
/// #     }
/// # }
/// # let old = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// # let before = FieldCipher::new(&old, "bank", "customers")?;
/// # let mut table = Notes((0..9_u8).map(|id| before.seal(&[b"customers", b"note", &[id]], b"text").unwrap()).collect());
/// # let keyring = old.rotated_to(RootKey::generate(2)?)?;
/// let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
/// for progress in Rotation::new(&cipher, "customers", &["note"])?.over(&mut table) {
///     let progress = progress?;
///     println!("pass {}: {} rows seen, {} moved", progress.pass(), progress.rows(), progress.moved());
/// }
/// # assert!(table.0.iter().all(|sealed| FieldCipher::key_id_of(sealed) == Some(2)));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Rotation {
    cipher: FieldCipher,
    table: String,
    columns: Vec<(String, Option<BlindIndex>)>,
    rescued: Option<u32>,
    after: Option<Vec<u8>>,
    batch: usize,
}

impl Rotation {
    /// How many rows are held in memory at once, unless the host says otherwise.
    pub const BATCH: usize = 500;
    /// More at once are refused.
    pub const MAX_BATCH: usize = 100_000;
    /// A rotation that needs more passes ends with an error: a writer must still use a root that has retired.
    pub const MAX_PASSES: u32 = 16;

    /// Makes a rotation of these columns. Their values were sealed with `[table, column, record]` as context, as
    /// [`Row`](super::Row) and [`Encrypted`](super::Encrypted) do.
    ///
    /// # Errors
    /// Misuse, for no column, or one that is named twice.
    pub fn new(cipher: &FieldCipher, table: &str, columns: &[&str]) -> Result<Self, Error> {
        let mut names = columns.to_vec();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.len() != columns.len() {
            return Err(Error::misuse(
                "rotation",
                "must name one column at least, and each once",
            ));
        }
        Ok(Self {
            cipher: cipher.clone(),
            table: table.to_owned(),
            columns: columns
                .iter()
                .map(|name| ((*name).to_owned(), None))
                .collect(),
            rescued: None,
            after: None,
            batch: Self::BATCH,
        })
    }

    /// Adds the index of one of the columns. Its values are made again where they are missing or of an earlier generation, and
    /// compared where they are not.
    ///
    /// # Errors
    /// Misuse, if the rotation has no such column.
    pub fn with_index(mut self, column: &str, index: &BlindIndex) -> Result<Self, Error> {
        let slot = self
            .columns
            .iter_mut()
            .find(|(name, _)| name == column)
            .ok_or_else(|| Error::misuse("rotation", "has no such column to index"))?;
        slot.1 = Some(index.clone());
        Ok(self)
    }

    /// Includes the values under the revoked root of this id. See [`FieldCipher::reseal_revoked`] for what they are worth.
    ///
    /// # Errors
    /// Misuse, if the ring has no revoked root of this id.
    pub fn rescuing(mut self, root: u32) -> Result<Self, Error> {
        self.cipher.revoked(root)?;
        self.rescued = Some(root);
        Ok(self)
    }

    /// Begins the first pass after this record: [`Progress::cursor`] of a run that was stopped. It only saves time.
    #[must_use]
    pub fn starting_after(mut self, record: impl AsRef<[u8]>) -> Self {
        self.after = Some(record.as_ref().to_vec());
        self
    }

    /// Sets how many rows are read at once, from one to [`MAX_BATCH`](Self::MAX_BATCH).
    #[must_use]
    pub fn with_batch(mut self, rows: usize) -> Self {
        self.batch = rows.clamp(1, Self::MAX_BATCH);
        self
    }

    /// Returns an iterator over the steps of the rotation. Each step reads, reseals and swaps one batch. The iterator ends after a
    /// pass that found nothing to do, or with an error. Nothing happens before its first step.
    pub fn over<T: SealedTable + ?Sized>(
        self,
        table: &mut T,
    ) -> impl Iterator<Item = Result<Progress, Error>> {
        Rotating {
            progress: Progress {
                cursor: self.after.clone(),
                whole: self.after.is_none(),
                ..Progress::default()
            },
            rotation: self,
            table,
            restless: false,
            ended: false,
        }
    }

    /// Returns the change that a row needs, if any.
    fn change(&self, stored: &SealedRow) -> Result<Option<RowChange>, Error> {
        if stored.cells.len() != self.columns.len() {
            return Err(Error::misuse(
                "row",
                "must have one cell for each column of the rotation",
            ));
        }
        let mut due: Vec<(usize, &str, &[u8])> = Vec::new();
        for (number, (cell, (name, index))) in stored.cells.iter().zip(&self.columns).enumerate() {
            let Some(sealed) = &cell.sealed else { continue };
            let own = FieldCipher::key_id_of(sealed) == Some(SubjectKey::KEY_ID);
            let stale = index.as_ref().is_some_and(|index| {
                let stored = cell.index.as_deref();
                !stored.is_some_and(|stored| index.is_current(stored))
            });
            if !own && (self.cipher.needs_reseal(sealed)? || stale) {
                due.push((number, name, sealed));
            }
        }
        if due.is_empty() {
            return Ok(None);
        }
        let row = Row::new(&self.cipher, &self.table, &stored.record);
        let opened = self.open(row, &due)?;
        let mut plain: Vec<(&str, &[u8])> = Vec::with_capacity(due.len());
        let mut cells = Vec::with_capacity(due.len());
        for ((number, name, sealed), text) in due.iter().zip(&opened) {
            plain.push((name, text.expose_bytes()));
            cells.push(CellChange {
                column: *number,
                old: sealed.to_vec(),
                new: Vec::new(),
                index: self.index_of(*number, stored, text)?,
            });
        }
        for (cell, sealed) in cells.iter_mut().zip(row.seal(&plain)?) {
            cell.new = sealed;
        }
        Ok(Some(RowChange {
            record: stored.record.clone(),
            cells,
        }))
    }

    fn open(&self, row: Row<'_>, due: &[(usize, &str, &[u8])]) -> Result<Vec<SecretBytes>, Error> {
        let fields: Vec<(&str, &[u8])> = due
            .iter()
            .map(|(_, name, sealed)| (*name, *sealed))
            .collect();
        row.open_with(&fields, self.rescued)
    }

    fn index_of(
        &self,
        column: usize,
        stored: &SealedRow,
        opened: &SecretBytes,
    ) -> Result<Option<Vec<u8>>, Error> {
        let Some((_, Some(index))) = self.columns.get(column) else {
            return Ok(None);
        };
        let text = core::str::from_utf8(opened.expose_bytes())
            .map_err(|_| Error::corrupt("the sealed value", "it is indexed, and not text"))?;
        let beside = stored
            .cells
            .get(column)
            .and_then(|cell| cell.index.as_deref());
        if beside.is_some_and(|beside| !index.is_of(beside, text)) {
            return Err(refused());
        }
        let index = index
            .of(text)
            .map_err(|_| Error::corrupt("the sealed value", "it has no form to be indexed by"))?;
        Ok(Some(index))
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Rotation({}, {} columns)",
            self.table,
            self.columns.len()
        )
    }
}

/// A rotation under way.
struct Rotating<'t, T: ?Sized> {
    rotation: Rotation,
    table: &'t mut T,
    progress: Progress,
    /// This pass changed something, or was overtaken: another must follow.
    restless: bool,
    ended: bool,
}

impl<T: SealedTable + ?Sized> Rotating<'_, T> {
    fn step(&mut self) -> Result<Option<Progress>, Error> {
        let progress = &mut self.progress;
        let rows = self
            .table
            .read(progress.cursor.as_deref(), self.rotation.batch)?;
        let Some(last) = rows.last() else {
            return self.next_pass();
        };
        if Some(&last.record) == progress.cursor.as_ref() {
            return Err(Error::misuse(
                "table",
                "must give the rows after the cursor",
            ));
        }
        let last = last.record.clone();
        let mut changes = Vec::new();
        for row in &rows {
            match self.rotation.change(row) {
                Ok(change) => changes.extend(change),
                Err(error) if error.is_corrupt() => {
                    progress.refused.push(row.record.clone());
                }
                Err(error) => return Err(error),
            }
        }
        let answers = if changes.is_empty() {
            Vec::new()
        } else {
            self.table.swap(&changes)?
        };
        if answers.len() != changes.len() {
            return Err(Error::misuse("table", "must answer each change once"));
        }
        for answer in answers {
            self.restless = true;
            match answer {
                Saved::Stored => progress.moved = progress.moved.saturating_add(1),
                Saved::Conflict => progress.overtaken = progress.overtaken.saturating_add(1),
                Saved::Failed(error) => return Err(error),
            }
        }
        let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        progress.rows = progress.rows.saturating_add(seen);
        progress.cursor = Some(last);
        let report = progress.clone();
        progress.refused.clear();
        Ok(Some(report))
    }

    /// Starts the next pass, unless a whole pass found nothing to do.
    fn next_pass(&mut self) -> Result<Option<Progress>, Error> {
        if self.progress.whole && !self.restless {
            return Ok(None);
        }
        if self.progress.pass >= Rotation::MAX_PASSES {
            return Err(Error::misuse(
                "rotation",
                "does not end: somebody still writes under a root that has retired",
            ));
        }
        self.restless = false;
        self.progress.whole = true;
        self.progress.pass = self.progress.pass.saturating_add(1);
        self.progress.rows = 0;
        self.progress.cursor = None;
        self.step()
    }
}

impl<T: SealedTable + ?Sized> Iterator for Rotating<'_, T> {
    type Item = Result<Progress, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step().transpose();
        self.ended = !matches!(step, Some(Ok(_)));
        step
    }
}

/// The progress of a rotation, after one step.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pass: u32,
    /// This pass began at the table's start.
    whole: bool,
    rows: u64,
    moved: u64,
    overtaken: u64,
    cursor: Option<Vec<u8>>,
    refused: Vec<Vec<u8>>,
}

impl Progress {
    /// Returns the number of the pass over the table, from zero. The last pass finds nothing to do.
    #[must_use]
    pub const fn pass(&self) -> u32 {
        self.pass
    }

    /// Returns how many rows this pass has seen.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns how many rows were changed, in all passes.
    #[must_use]
    pub const fn moved(&self) -> u64 {
        self.moved
    }

    /// Returns how many changes came too late, in all passes. Their rows are seen again.
    #[must_use]
    pub const fn overtaken(&self) -> u64 {
        self.overtaken
    }

    /// Returns the last record of this step, for [`Rotation::starting_after`].
    #[must_use]
    pub fn cursor(&self) -> Option<&[u8]> {
        self.cursor.as_deref()
    }

    /// Returns the records of this step that were left as they are: a value does not open, or an index is not that of its value.
    /// Each pass reports them again.
    #[must_use]
    pub fn refused(&self) -> &[Vec<u8>] {
        &self.refused
    }
}
