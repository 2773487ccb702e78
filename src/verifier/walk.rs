//! Walks over a store: a page is a call.

use super::port::Port;
use super::shared::Shared;
use crate::account::rekey::{Rekey, reseal};
use crate::account::report::{AccountReport, Counter};
use crate::account::walked::UnreadableRecord;
use crate::error::Error;
use crate::store::{Entry, Key, Replaced, Swap};

/// So often a record is tried again that other writers change. Then it is left under its root, and counted there.
const TRIES: u8 = 16;

/// Does a page, and returns whether there is another one.
pub(super) async fn rekey<P: Port>(
    port: P,
    shared: &Shared,
    walk: &mut Rekey,
) -> Result<bool, Error> {
    if walk.is_done() {
        return Ok(false);
    }
    let settings = &shared.settings;
    let page = port.scan(walk.place(), walk.page_size()).await?;
    let (found, next) = page.into_parts();
    let mut told = walk.told();
    let mut open: Vec<(Key, Entry)> = Vec::with_capacity(found.len());
    for (key, entry) in found {
        match entry {
            Ok(entry) => open.push((key, entry)),
            Err(why) => told.names(UnreadableRecord::new(key, None, &why)),
        }
    }
    for _ in 0..TRIES {
        let (mut swaps, mut moves) = (Vec::new(), Vec::new());
        for (key, entry) in open.drain(..) {
            match reseal(settings, &key, &entry) {
                Ok(mut resealed) => match resealed.next.take() {
                    None => told.keeps(&resealed),
                    Some(next) => {
                        swaps.push(Swap {
                            key,
                            expected: entry.version(),
                            entry: next,
                        });
                        moves.push(resealed);
                    }
                },
                Err(why) if why.is_corrupt() => {
                    told.names(UnreadableRecord::new(key, Some(entry.bytes()), &why));
                }
                Err(why) => return Err(why),
            }
        }
        if swaps.is_empty() {
            break;
        }
        let answers = port.replace_all(&swaps).await?;
        if answers.len() != swaps.len() {
            let why = "it did not answer each write of `replace_all`";
            return Err(Error::store("the store", why));
        }
        for ((swap, resealed), answer) in swaps.iter().zip(&moves).zip(answers) {
            match answer {
                Replaced::Stored => told.moves(resealed),
                Replaced::Conflict(winner) => {
                    told.loses_race();
                    open.extend(winner.map(|winner| (swap.key, winner)));
                }
            }
        }
    }
    for (_, entry) in &open {
        told.leaves(entry);
    }
    walk.end_page(told, next);
    Ok(!walk.is_done())
}

/// Reads a page, and returns whether there is another one.
pub(super) async fn report<P: Port>(
    port: P,
    shared: &Shared,
    report: &mut AccountReport,
) -> Result<bool, Error> {
    if report.is_done() {
        return Ok(false);
    }
    let page = port.scan(report.place(), report.page_size()).await?;
    let (found, next) = page.into_parts();
    let counter = Counter::new(&shared.settings, shared.now()?);
    for (key, entry) in found {
        counter.count(report, key, entry);
    }
    report.end_page(next);
    Ok(!report.is_done())
}
