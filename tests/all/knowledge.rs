//! What a caller knows: answers, catalogues, memorable words, and what an agent sees of them.

mod answers;
mod catalogue;
mod example;
mod renewal;
mod screen;
mod word;
