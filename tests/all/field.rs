//! Fields of customers: sealed, found, rotated, erased. Also what others shipped (pitfalls B20 to B24) and hostile bytes.

mod encrypted;
mod erasure;
mod index;
mod primitives;
mod ring;
mod rotation;
mod values;
mod vectors;
