//! A host's table, as a rotation reads and changes it.

use crate::error::Error;
use crate::transition::Saved;

/// A host's table, as a rotation reads and changes it: two statements of SQL. `examples/rotate_keys.rs` has them.
///
/// ```
/// use countersign::field::{RowChange, SealedRow, SealedTable};
/// use countersign::{Error, transition::Saved};
///
/// /// One column of notes, in memory.
/// struct Notes(Vec<Option<Vec<u8>>>);
///
/// impl SealedTable for Notes {
///     fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error> {
///         let number = |id: &[u8]| u32::from_be_bytes(id.try_into().unwrap());
///         let from = after.map_or(0, |id| number(id) + 1);
///         let rows = (from..self.0.len() as u32).take(limit);
///         Ok(rows.map(|id| SealedRow::new(id.to_be_bytes()).sealed(self.0[id as usize].clone())).collect())
///     }
///
///     fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Saved<Error>>, Error> {
///         // In SQL: update notes set note = new where id = record and note = old
///         Ok(changes.iter().map(|row| {
///             let id = u32::from_be_bytes(row.record().try_into().unwrap());
///             if self.0[id as usize].as_deref() != row.old_value(0) {
///                 return Saved::Conflict;
///             }
///             self.0[id as usize] = row.new_value(0).map(<[u8]>::to_vec);
///             Saved::Stored
///         }).collect())
///     }
/// }
/// ```
pub trait SealedTable {
    /// Returns the rows that follow the record `after`, or the first ones: at most `limit`, in an order of the table's own that
    /// does not change. An empty answer ends the pass.
    ///
    /// # Errors
    /// The database's error, by [`Error::store`].
    fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error>;

    /// Stores the new values of each row, but only if all its old values stand there still. Returns one answer for each change,
    /// in order. A writer that was faster is a [`Conflict`](Saved::Conflict). [`Saved::Failed`] ends the rotation.
    ///
    /// Write all in one transaction, or each by itself.
    ///
    /// # Errors
    /// The database's error, by [`Error::store`]. Some changes may be stored then. A later run sees the rest.
    fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Saved<Error>>, Error>;
}

/// A row as it is stored: its record's id, as it stands in the context, and its values in the order of the rotation's columns.
///
/// ```
/// use countersign::field::SealedRow;
/// let row = SealedRow::new("C-1042").sealed(Some(vec![1])).indexed(Some(vec![2]), None);
/// ```
#[derive(Clone, Debug)]
pub struct SealedRow {
    pub(super) record: Vec<u8>,
    pub(super) cells: Vec<Cell>,
}

/// A sealed value and its blind index, either of which may be null.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) index: Option<Vec<u8>>,
}

impl SealedRow {
    /// Makes a row without values.
    #[must_use]
    pub fn new(record: impl AsRef<[u8]>) -> Self {
        Self {
            record: record.as_ref().to_vec(),
            cells: Vec::new(),
        }
    }

    /// Adds the value of a column without an index.
    #[must_use]
    pub fn sealed(self, sealed: Option<Vec<u8>>) -> Self {
        self.indexed(sealed, None)
    }

    /// Adds a value and the index beside it. The rotation makes an index that is missing.
    #[must_use]
    pub fn indexed(mut self, sealed: Option<Vec<u8>>, index: Option<Vec<u8>>) -> Self {
        self.cells.push(Cell { sealed, index });
        self
    }
}

/// A change of one row: the columns that change, each by its number in the order of the rotation's columns. The others stay as
/// they are.
///
/// ```
/// # use countersign::{Error, field::RowChange, transition::Saved};
/// fn swap(change: &RowChange, update: impl Fn([Option<&[u8]>; 4]) -> Result<usize, std::io::Error>) -> Saved<Error> {
///     // update customers set name = coalesce(?2, name), phone = coalesce(?3, phone)
///     // where id = ?1 and coalesce(name = ?4, true) and coalesce(phone = ?5, true)
///     Saved::rows(update([change.new_value(0), change.new_value(1), change.old_value(0), change.old_value(1)]))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RowChange {
    pub(super) record: Vec<u8>,
    pub(super) cells: Vec<CellChange>,
}

#[derive(Clone, Debug)]
pub(super) struct CellChange {
    pub(super) column: usize,
    pub(super) old: Vec<u8>,
    pub(super) new: Vec<u8>,
    pub(super) index: Option<Vec<u8>>,
}

impl RowChange {
    /// Returns the record's id.
    #[must_use]
    pub fn record(&self) -> &[u8] {
        &self.record
    }

    /// Returns the columns that change, one at least.
    pub fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.cells.iter().map(|cell| cell.column)
    }

    /// Returns the sealed value of a column that must stand there still. `None` if the column does not change.
    #[must_use]
    pub fn old_value(&self, column: usize) -> Option<&[u8]> {
        self.cell(column).map(|cell| cell.old.as_slice())
    }

    /// Returns the sealed value of a column that is to be stored. `None` if the column does not change.
    #[must_use]
    pub fn new_value(&self, column: usize) -> Option<&[u8]> {
        self.cell(column).map(|cell| cell.new.as_slice())
    }

    /// Returns the index to store beside the new value. `None` if the column does not change, or has no index.
    #[must_use]
    pub fn new_index(&self, column: usize) -> Option<&[u8]> {
        self.cell(column).and_then(|cell| cell.index.as_deref())
    }

    fn cell(&self, column: usize) -> Option<&CellChange> {
        self.cells.iter().find(|cell| cell.column == column)
    }
}
