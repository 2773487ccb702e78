//! Delivered codes: one issued (drawn, keyed, hashed), beside the drawing of its random challenge alone.

use std::hint::black_box;

use countersign::{Channel, Context, Interaction, SecretBytes, Subject, Timestamp, delivered::{CodeOrder, DeliveredCode}, transition::{CommitResult, Saved}};
use ring::rand::{SecureRandom, SystemRandom};

use crate::measure::{Found, Row, compare};

pub const ROWS: &[Row] = &[
    Row { name: "issue", peer: "8 random bytes", target: 6.0, measure: spoken },
    Row { name: "issue_private", peer: "8 random bytes", target: 6.0, measure: private },
];

fn issue(order: &CodeOrder) -> Option<Found> {
    let subject = Subject::new("bank", "C-1042").unwrap();
    let codes = DeliveredCode::new(&SecretBytes::from(vec![7; 32]), &subject).unwrap();
    let now = Timestamp::from_unix(1_800_000_000).unwrap();
    let ctx = Context::new(Channel::Agent, Interaction::from_bytes([7; 16]));
    let ours = || {
        let step = black_box(&codes).issue(black_box(order), &ctx, now).unwrap();
        let Ok(CommitResult::Stored(text)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
        black_box(text);
    };
    let system = SystemRandom::new();
    let peer = || {
        let mut challenge = [0; 8];
        system.fill(&mut challenge).unwrap();
        black_box(challenge);
    };
    Some(compare(ours, 1, peer, 1))
}

fn spoken() -> Option<Found> {
    issue(&CodeOrder::spoken())
}

fn private() -> Option<Found> {
    issue(&CodeOrder::private())
}
