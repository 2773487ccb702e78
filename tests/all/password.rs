//! Passwords, PINs and the room they are stretched in: what is stored, what is judged, and agreement with other programs.

mod check;
mod foreign;
mod pin;
mod properties;
mod room;
mod stored;
