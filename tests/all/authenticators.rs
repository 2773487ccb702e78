//! Authenticators one by one: which one gave a piece of evidence, the list, and the changes of one.

mod evidence;
mod guessing;
mod input;
mod list;
mod model;
mod world;
