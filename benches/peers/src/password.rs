//! Passwords verified, beside the `argon2` crate alone and `password-auth`; and the memory that a hundred at once take.

use std::hint::black_box;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use countersign::field::Keyring;
use countersign::{hashing::{Cost, HashPermit, HashPool}, password::{Password, PasswordHash, PasswordRules}, transition::Saved};

use crate::field::keyring;
use crate::measure::{Found, Row, compare};

const ARGON2: &str = "argon2 0.6.0";

pub const ROWS: &[Row] = &[
    Row { name: "password_46", peer: ARGON2, target: 0.65, measure: || verify(47_104, 1) },
    Row { name: "password_19", peer: ARGON2, target: 1.02, measure: || verify(19_456, 2) },
    Row { name: "password_19_auth", peer: "password-auth 1.0.0", target: 1.02, measure: verify_auth },
    Row { name: "password_memory", peer: "2 x 19 MiB", target: 1.1, measure: memory },
];

/// The argument by which the program runs [`memory_child`] only.
pub const MEMORY_CHILD: &str = "--memory-child";
const TEXT: &str = "eleven purple elephants";
const AT_ONCE: u32 = 2;
const CALLERS: usize = 100;

struct Desk {
    keyring: Keyring,
    stretch: HashPool,
    verifier: PasswordHash,
}

impl Desk {
    fn new(cost: Cost, at_once: usize) -> Self {
        let (keyring, stretch) = (keyring(), HashPool::new(cost, at_once).unwrap());
        let chosen = Password::typed(TEXT);
        // In a room of its own, so that this one is still empty.
        let mut permit = HashPool::new(cost, 1).unwrap().permit().unwrap();
        let verifier = PasswordHash::enrol(&chosen, &PasswordRules::single_factor(), &keyring, cost, &mut permit).unwrap();
        Self { keyring, stretch, verifier }
    }

    /// From the text that was typed to the verdict.
    fn check(&self, permit: &mut HashPermit) {
        let typed = Password::typed(black_box(TEXT));
        let step = self.verifier.check(&typed, &self.keyring, self.stretch.cost(), permit).unwrap();
        assert!(black_box(step.commit(|_| Saved::<()>::Failed(()))).is_ok(), "right, and nothing to renew");
    }
}

fn verify(memory_kib: u32, passes: u32) -> Option<Found> {
    let desk = Desk::new(Cost::new(memory_kib, passes, 1).unwrap(), 1);
    let ours = || desk.check(&mut desk.stretch.permit().unwrap());
    let params = Params::new(memory_kib, passes, 1, Some(32)).unwrap();
    let peer = || {
        let argon = Argon2::new_with_secret(&[7; 32], Algorithm::Argon2id, Version::V0x13, params.clone()).unwrap();
        let mut tag = [0; 32];
        argon.hash_password_into(black_box(TEXT.as_bytes()), &[9; 16], &mut tag).unwrap();
        black_box(tag == [0; 32]);
    };
    Some(compare(ours, 1, peer, 1))
}

fn verify_auth() -> Option<Found> {
    let desk = Desk::new(Cost::default(), 1);
    let ours = || desk.check(&mut desk.stretch.permit().unwrap());
    let hash = password_auth::generate_hash(TEXT);
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let peer = || password_auth::verify_password(black_box(TEXT), &hash).unwrap();
    Some(compare(ours, 1, peer, 1))
}

/// How far a process of its own grows, in bytes, in the place of nanoseconds.
fn memory() -> Option<Found> {
    let program = std::env::current_exe().ok()?;
    let output = std::process::Command::new(program).arg(MEMORY_CHILD).output().ok()?;
    let grown: f64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    let bound = f64::from(AT_ONCE * Cost::default().memory_kib()) * 1024.0;
    Some(Found { ours_ns: grown, peer_ns: bound, ratio: grown / bound })
}

/// A hundred callers at once, two places: prints by how many bytes the resident memory grew at its peak. Prints nothing where
/// the system does not tell (it is Linux that does).
pub fn memory_child() {
    let status = |field: &str| -> Option<u64> {
        let text = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        line.trim().strip_suffix(" kB")?.trim().parse().ok()
    };
    let desk = Desk::new(Cost::default(), AT_ONCE as usize);
    // The peak begins anew at what is resident now.
    let Ok(()) = std::fs::write("/proc/self/clear_refs", "5") else { return };
    let Some(before) = status("VmRSS:") else { return };
    let together = std::sync::Barrier::new(CALLERS);
    std::thread::scope(|threads| {
        for _ in 0..CALLERS {
            threads.spawn(|| {
                together.wait();
                let mut permit = desk.stretch.permit_within(Duration::from_secs(600)).unwrap();
                desk.check(&mut permit);
            });
        }
    });
    let Some(peak) = status("VmHWM:") else { return };
    println!("{}", peak.saturating_sub(before) * 1024);
}
