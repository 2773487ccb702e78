//! countersign beside its peers: see README.md.

mod ciphersweet;
mod delivered;
mod field;
mod knowledge;
mod liboath;
mod measure;
mod ocra;
mod otp;
mod password;
mod policy;
mod postgres;
mod redis_store;
mod sqlite;
mod verifier;
mod waited;
mod walks;

use measure::Row;

fn main() -> std::process::ExitCode {
    let filter = std::env::args().nth(1).unwrap_or_default();
    if filter == password::MEMORY_CHILD {
        password::memory_child();
        return std::process::ExitCode::SUCCESS;
    }
    println!("row\tours_ns\tpeer\tpeer_ns\tratio\ttarget\tok|MISS");
    let rows = [
        field::ROWS,
        ciphersweet::ROWS,
        otp::ROWS,
        ocra::ROWS,
        delivered::ROWS,
        password::ROWS,
        knowledge::ROWS,
        policy::ROWS,
        postgres::ROWS,
        sqlite::ROWS,
        verifier::ROWS,
        waited::ROWS,
        walks::ROWS,
        redis_store::ROWS,
    ]
    .concat();
    let (mut kept, mut missed, mut skipped) = (0, 0, 0);
    for Row { name, peer, target, measure } in rows.iter().filter(|row| row.name.contains(&filter)) {
        match measure() {
            Some(found) => {
                let ok = found.ratio <= *target;
                let (ours, theirs, ratio) = (found.ours_ns, found.peer_ns, found.ratio);
                let verdict = if ok { "ok" } else { "MISS" };
                println!("{name}\t{ours:.1}\t{peer}\t{theirs:.1}\t{ratio:.3}\t{target}\t{verdict}");
                if ok { kept += 1 } else { missed += 1 }
            }
            None => {
                println!("{name}\t-\t{peer}\t-\t-\t{target}\tskipped");
                skipped += 1;
            }
        }
    }
    println!("{kept} ok, {missed} missed, {skipped} skipped");
    std::process::ExitCode::from(u8::from(missed > 0))
}
