//! One file for each factor: how it is judged, enrolled, confirmed and removed.

pub(super) mod delivered;
pub(super) mod hashed;
pub(super) mod several;
pub(super) mod word;
