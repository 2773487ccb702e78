//! Figures of the capacity page (`src/manual/capacity.md`), over servers of its own: `scripts/hot_rows`, `scripts/capacity`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a measurement fails by panicking, and prints"
)]

mod arguments;
mod capacity;
mod counting;
mod hot_rows;
mod machine;
mod people;
mod support;
mod worker;

use arguments::Arguments;

fn main() {
    // `cargo bench` adds this one.
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let words: Vec<_> = words.collect();
    let arguments = Arguments::new(words.get(1..).unwrap_or_default());
    match words.first().map(String::as_str) {
        Some("hot_rows") => hot_rows::run(&arguments),
        Some("worker") => worker::run(&arguments),
        Some("capacity") => capacity::run(&arguments),
        _ => println!("servers: asked for by scripts/hot_rows and scripts/capacity"),
    }
}
