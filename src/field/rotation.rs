//! A whole table, brought under the root that writes.

use core::fmt;

use super::blind_index::BlindIndex;
use super::row::Row;
use super::seal::FieldCipher;
use crate::error::Error;
use crate::secret::SecretBytes;

/// A host's table, as a rotation reads and changes it. Two statements of SQL; `examples/rotate_keys.rs` has them.
///
/// ```
/// use countersign::field::{Cell, CellChange, RowChange, SealedRow, SealedTable, Swapped};
/// use countersign::Error;
///
/// /// One column of notes, in memory.
/// struct Notes(Vec<Option<Vec<u8>>>);
///
/// impl SealedTable for Notes {
///     fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error> {
///         let number = |id: &[u8]| u32::from_be_bytes(id.try_into().unwrap());
///         let from = after.map_or(0, |id| number(id) + 1);
///         let rows = (from..self.0.len() as u32).take(limit);
///         Ok(rows.map(|id| SealedRow::new(id.to_be_bytes()).and(Cell::sealed(self.0[id as usize].clone()))).collect())
///     }
///
///     fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Swapped>, Error> {
///         // In SQL: update notes set note = new where id = record and note = old
///         Ok(changes.iter().map(|row| {
///             let id = u32::from_be_bytes(row.record().try_into().unwrap());
///             let CellChange { old, new, .. } = &row.cells()[0];
///             if self.0[id as usize].as_ref() != Some(old) {
///                 return Swapped::Overtaken;
///             }
///             self.0[id as usize] = Some(new.clone());
///             Swapped::Stored
///         }).collect())
///     }
/// }
/// ```
pub trait SealedTable {
    /// The rows that follow the record `after`, or the first ones, in an order of the table's own that does not change; at most
    /// `limit`. None are left when the answer is empty.
    ///
    /// # Errors
    /// What the database says, by [`Error::store`].
    fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error>;

    /// Stores the new cells of each row, but only if all the old sealed values stand there still; one answer for each change,
    /// in order. All in one transaction, or each by itself.
    ///
    /// # Errors
    /// What the database says, by [`Error::store`]. Some changes may be stored then; a later run sees what is left.
    fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Swapped>, Error>;
}

/// What became of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new case must break the table's build"
)]
pub enum Swapped {
    /// One row was changed.
    Stored,
    /// A writer was faster: another value stands there, or the row is gone.
    Overtaken,
}

/// A row as it is stored: its record's id, as it stands in the context, and its cells in the order of the rotation's columns.
///
/// ```
/// use countersign::field::{Cell, SealedRow};
/// let row = SealedRow::new("C-1042").and(Cell::sealed(None)).and(Cell::indexed(None, None));
/// assert_eq!(row.record(), b"C-1042");
/// ```
#[derive(Clone, Debug)]
pub struct SealedRow {
    record: Vec<u8>,
    cells: Vec<Cell>,
}

impl SealedRow {
    /// A row without cells.
    ///
    /// ```
    /// let row = countersign::field::SealedRow::new(42_u64.to_be_bytes());
    /// ```
    #[must_use]
    pub fn new(record: impl AsRef<[u8]>) -> Self {
        Self {
            record: record.as_ref().to_vec(),
            cells: Vec::new(),
        }
    }

    /// The same with one more cell.
    ///
    /// ```
    /// # use countersign::field::{Cell, SealedRow};
    /// let row = SealedRow::new("C-1042").and(Cell::sealed(None));
    /// ```
    #[must_use]
    pub fn and(mut self, cell: Cell) -> Self {
        self.cells.push(cell);
        self
    }

    /// The record's id.
    ///
    /// ```
    /// assert_eq!(countersign::field::SealedRow::new("7").record(), b"7");
    /// ```
    #[must_use]
    pub fn record(&self) -> &[u8] {
        &self.record
    }
}

/// A sealed value and its blind index, either of which may be null.
///
/// ```
/// use countersign::field::Cell;
/// let (null, sealed) = (Cell::sealed(None), Cell::indexed(Some(vec![1]), Some(vec![2])));
/// ```
#[derive(Clone, Debug)]
pub struct Cell {
    sealed: Option<Vec<u8>>,
    index: Option<Vec<u8>>,
}

impl Cell {
    /// A value of a column without an index.
    ///
    /// ```
    /// let cell = countersign::field::Cell::sealed(Some(vec![1]));
    /// ```
    #[must_use]
    pub const fn sealed(sealed: Option<Vec<u8>>) -> Self {
        Self {
            sealed,
            index: None,
        }
    }

    /// A value and the index beside it. A missing index is made.
    ///
    /// ```
    /// let cell = countersign::field::Cell::indexed(Some(vec![1]), None);
    /// ```
    #[must_use]
    pub const fn indexed(sealed: Option<Vec<u8>>, index: Option<Vec<u8>>) -> Self {
        Self { sealed, index }
    }
}

/// What is to be stored in one row.
///
/// ```
/// # use countersign::field::{RowChange, Swapped};
/// fn swap(change: &RowChange) -> Swapped {
///     for cell in change.cells() {
///         println!("column {} of {:?}", cell.column, change.record());
///     }
///     Swapped::Overtaken
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RowChange {
    record: Vec<u8>,
    cells: Vec<CellChange>,
}

impl RowChange {
    /// The record's id.
    ///
    /// ```
    /// # use countersign::field::RowChange;
    /// fn id(change: &RowChange) -> String {
    ///     String::from_utf8_lossy(change.record()).into_owned()
    /// }
    /// ```
    #[must_use]
    pub fn record(&self) -> &[u8] {
        &self.record
    }

    /// The cells that change, one at least. The others stay as they are.
    ///
    /// ```
    /// # use countersign::field::RowChange;
    /// fn columns(change: &RowChange) -> Vec<usize> {
    ///     change.cells().iter().map(|cell| cell.column).collect()
    /// }
    /// ```
    #[must_use]
    pub fn cells(&self) -> &[CellChange] {
        &self.cells
    }
}

/// A cell that changes.
///
/// ```
/// # use countersign::field::CellChange;
/// fn parameters(cell: &CellChange) -> (&[u8], &[u8]) {
///     (&cell.new, &cell.old)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CellChange {
    /// The number of the column, in the order of the rotation's columns.
    pub column: usize,
    /// The sealed value that must stand there still.
    pub old: Vec<u8>,
    /// The one to be stored.
    pub new: Vec<u8>,
    /// The index to be stored with it, for a column that has one.
    pub index: Option<Vec<u8>>,
}

/// Brings all sealed values of a table under the root that writes, and their indexes to the present generation.
///
/// Which values are left is told by the values themselves, so a run that was stopped, however, goes on with the next one:
/// nothing but the table remembers. Each row is swapped by itself, and only if no writer was faster. A pass over the
/// table is repeated until one found nothing to do, so a row that a writer changed meanwhile is seen again.
///
/// Give the new ring to every process that writes before the rotation begins. Values under a
/// [`SubjectKey`](super::SubjectKey) are left alone. A row with a value that does not open, or whose index is not its
/// own, is left as it is and [told](Progress::refused).
///
/// ```
/// # use countersign::field::{Cell, FieldCipher, Keyring, LongTermSecret, RootKey, Rotation, RowChange, SealedRow, SealedTable, Swapped};
/// # use countersign::Error;
/// # struct Notes(Vec<Vec<u8>>);
/// # impl SealedTable for Notes {
/// #     fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error> {
/// #         let from = after.map_or(0, |id| usize::from(id[0]) + 1);
/// #         Ok((from..self.0.len()).take(limit).map(|id| SealedRow::new([id as u8]).and(Cell::sealed(Some(self.0[id].clone())))).collect())
/// #     }
/// #     fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Swapped>, Error> {
/// #         for row in changes { self.0[usize::from(row.record()[0])] = row.cells()[0].new.clone(); }
/// #         Ok(vec![Swapped::Stored; changes.len()])
/// #     }
/// # }
/// # let old = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// # let before = FieldCipher::new(&old, "bank", "customers")?;
/// # let mut table = Notes((0..9_u8).map(|id| before.seal(&[b"customers", b"note", &[id]], b"text").unwrap()).collect());
/// # let keyring = old.rotated_to(RootKey::generate(2)?)?;
/// let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
/// for progress in Rotation::new(&cipher, "customers", &["note"])?.over(&mut table) {
///     println!("{} rows seen, {} moved", progress.as_ref().map_or(0, |p| p.rows()), progress?.moved());
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
    /// After so many passes somebody must be writing under a root that has retired.
    pub const MAX_PASSES: u32 = 16;

    /// A rotation of these columns, whose values were sealed with `[table, column, record]` as context, as
    /// [`Row`](super::Row) and [`Encrypted`](super::Encrypted) do.
    ///
    /// # Errors
    /// Misuse, for no column, or one that is named twice.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Rotation};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// assert!(Rotation::new(&cipher, "customers", &["note", "note"]).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
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

    /// The same, with the index of one of its columns: its values are made anew where they are missing or of an earlier
    /// generation, and compared where they are not.
    ///
    /// # Errors
    /// Misuse, if the rotation has no such column.
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, FieldCipher, Keyring, LongTermSecret, RootKey, Rotation};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let phones = BlindIndex::new(&keyring, "bank", "customers", ["customers", "phone"], Form::Phone, 16)?;
    /// let rotation = Rotation::new(&cipher, "customers", &["name", "phone"])?.with_index("phone", &phones)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_index(mut self, column: &str, index: &BlindIndex) -> Result<Self, Error> {
        let slot = self
            .columns
            .iter_mut()
            .find(|(name, _)| name == column)
            .ok_or_else(|| Error::misuse("rotation", "has no such column to index"))?;
        slot.1 = Some(index.clone());
        Ok(self)
    }

    /// The same, taking along values under the revoked root of this id, too. See [`FieldCipher::reseal_revoked`] for what they
    /// are worth.
    ///
    /// # Errors
    /// Misuse, if the ring has no revoked root of this id.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Rotation};
    /// # let keyring = Keyring::new(RootKey::generate(2)?, LongTermSecret::generate(1)?).with_revoked(RootKey::generate(1)?)?;
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let rotation = Rotation::new(&cipher, "customers", &["note"])?.rescuing(1)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn rescuing(mut self, root: u32) -> Result<Self, Error> {
        self.cipher.revoked(root)?;
        self.rescued = Some(root);
        Ok(self)
    }

    /// The same, with the first pass beginning after this record: [`Progress::cursor`] of a run that was stopped. It only saves
    /// time.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Rotation};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let rotation = Rotation::new(&cipher, "customers", &["note"])?.starting_after("C-1042");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn starting_after(mut self, record: impl AsRef<[u8]>) -> Self {
        self.after = Some(record.as_ref().to_vec());
        self
    }

    /// The same, with this many rows at once, from one to [`MAX_BATCH`](Self::MAX_BATCH).
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Rotation};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let rotation = Rotation::new(&cipher, "customers", &["note"])?.with_batch(2_000);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_batch(mut self, rows: usize) -> Self {
        self.batch = rows.clamp(1, Self::MAX_BATCH);
        self
    }

    /// Begins. Nothing happens until the iterator is asked for its first step; each step reads, reseals and swaps one batch.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Rotation, SealedTable};
    /// fn run(rotation: Rotation, table: &mut dyn SealedTable) -> Result<(), countersign::Error> {
    ///     rotation.over(table).try_for_each(|step| step.map(drop))
    /// }
    /// ```
    pub fn over<T: SealedTable + ?Sized>(self, table: &mut T) -> Rotating<'_, T> {
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

    /// The change a row needs, if any.
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
            let own = FieldCipher::key_id_of(sealed) == Some(super::SubjectKey::KEY_ID);
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
        let row = self.cipher.row(&self.table, &stored.record);
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
            return Err(super::suite::refused());
        }
        let index = index
            .of(text)
            .map_err(|_| Error::corrupt("the sealed value", "it has no form to be indexed by"))?;
        Ok(Some(index.as_bytes().to_vec()))
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

/// A rotation under way: an iterator over its steps. It ends after a pass that found nothing to do, or with an error.
///
/// ```
/// # use countersign::field::{Rotation, SealedTable};
/// fn first_step(rotation: Rotation, table: &mut dyn SealedTable) {
///     let _ = rotation.over(table).next();
/// }
/// ```
pub struct Rotating<'t, T: ?Sized> {
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
                Swapped::Stored => progress.moved = progress.moved.saturating_add(1),
                Swapped::Overtaken => progress.overtaken = progress.overtaken.saturating_add(1),
            }
        }
        let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        progress.rows = progress.rows.saturating_add(seen);
        progress.cursor = Some(last);
        let told = progress.clone();
        progress.refused.clear();
        Ok(Some(told))
    }

    /// Begins anew at the start of the table, unless a whole pass found nothing to do.
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

impl<T: ?Sized> fmt::Debug for Rotating<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rotating({:?}, {:?})", self.rotation, self.progress)
    }
}

/// How far a rotation is.
///
/// ```
/// # use countersign::field::Progress;
/// fn show(progress: &Progress) {
///     println!("pass {}: {} rows, {} moved", progress.pass(), progress.rows(), progress.moved());
/// }
/// ```
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
    /// Which pass over the table this is, from zero. The last one finds nothing to do.
    ///
    /// ```
    /// assert_eq!(countersign::field::Progress::default().pass(), 0);
    /// ```
    #[must_use]
    pub const fn pass(&self) -> u32 {
        self.pass
    }

    /// How many rows this pass has seen.
    ///
    /// ```
    /// assert_eq!(countersign::field::Progress::default().rows(), 0);
    /// ```
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows were changed, in all passes.
    ///
    /// ```
    /// assert_eq!(countersign::field::Progress::default().moved(), 0);
    /// ```
    #[must_use]
    pub const fn moved(&self) -> u64 {
        self.moved
    }

    /// How many changes came too late, in all passes. Their rows are seen again.
    ///
    /// ```
    /// assert_eq!(countersign::field::Progress::default().overtaken(), 0);
    /// ```
    #[must_use]
    pub const fn overtaken(&self) -> u64 {
        self.overtaken
    }

    /// The last record of this step, for [`Rotation::starting_after`].
    ///
    /// ```
    /// assert_eq!(countersign::field::Progress::default().cursor(), None);
    /// ```
    #[must_use]
    pub fn cursor(&self) -> Option<&[u8]> {
        self.cursor.as_deref()
    }

    /// The records of this step that were left as they are, because a value does not open or an index is not its value's. Each
    /// pass tells them again.
    ///
    /// ```
    /// assert!(countersign::field::Progress::default().refused().is_empty());
    /// ```
    #[must_use]
    pub fn refused(&self) -> &[Vec<u8>] {
        &self.refused
    }
}
