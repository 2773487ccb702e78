//! The life of a record up to now: evidence and grants of another one count for nothing.

/// A record, and how often its evidence was voided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    record: [u8; 16],
    number: u32,
}

impl Epoch {
    /// Makes the epoch of a record. A record that is erased and made again has another identity.
    pub(crate) const fn new(record: [u8; 16], number: u32) -> Self {
        Self { record, number }
    }

    pub(crate) const fn number(self) -> u32 {
        self.number
    }

    /// Returns the bytes to hash.
    pub(crate) fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let (record, number) = bytes.split_at_mut(16);
        record.copy_from_slice(&self.record);
        number.copy_from_slice(&self.number.to_be_bytes());
        bytes
    }
}
