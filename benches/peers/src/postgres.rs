//! Whole checks over PostgreSQL, on a server of the bench's own, beside the same work by hand.

use std::hint::black_box;

use countersign::field::FieldCipher;
use countersign::otp::{OtpKey, Totp};
use countersign::store::postgres::AsyncPostgresStore;
use countersign::store::{AsyncStore, Key, Store};
use countersign::{SecretBytes, SecretText};
use postgres::{NoTls, types::Type};

use crate::measure::{Found, Row, compare};
use crate::waited::AsyncDesk;
use crate::verifier::{ByHand, Desk, NOW, SECRET, STEP, at, call, settings, totp};
use server::Server;

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../../tests/support/postgres.rs"]
mod server;

pub const ROWS: &[Row] = &[
    Row { name: "postgres_check", peer: "SELECT, then UPDATE .. RETURNING", target: 1.15, measure: unnamed },
    Row { name: "postgres_check_prepared", peer: "the same, prepared once", target: 1.5, measure: prepared },
    Row { name: "postgres_check_async", peer: "SELECT, then UPDATE .. RETURNING", target: 1.15, measure: waited },
];

/// So many checks have a fresh code.
const CHECKS: usize = 50_000;

const TABLE: &str = "CREATE TABLE by_hand (id text PRIMARY KEY, record bytea NOT NULL)";
const INSERT: &str = "INSERT INTO by_hand VALUES ($1, $2)";
const SELECT: &str = "SELECT record FROM by_hand WHERE id = $1";
const UPDATE: &str = "UPDATE by_hand SET record = $2 WHERE id = $1 RETURNING id";

/// Statements without a name, as a pooler in transaction mode wants them, on both sides.
fn unnamed() -> Option<Found> {
    check(|mut client| {
        Box::new(move |by_hand, code, now| {
            let id = ByHand::NAME;
            let rows = client.query_typed(SELECT, &[(&id, Type::TEXT)]).unwrap();
            let next = by_hand.check(rows[0].get(0), code, now).expect("it is right");
            let values: &[(&(dyn postgres::types::ToSql + Sync), Type)] = &[(&id, Type::TEXT), (&next, Type::BYTEA)];
            assert_eq!(client.query_typed(UPDATE, values).unwrap().len(), 1);
        })
    })
}

/// Statements that the session keeps, which a pooler in transaction mode breaks, by hand.
fn prepared() -> Option<Found> {
    check(|mut client| {
        let (select, update) = (client.prepare(SELECT).unwrap(), client.prepare(UPDATE).unwrap());
        Box::new(move |by_hand, code, now| {
            let id = ByHand::NAME;
            let rows = client.query(&select, &[&id]).unwrap();
            let next = by_hand.check(rows[0].get(0), code, now).expect("it is right");
            assert_eq!(client.query(&update, &[&id, &next]).unwrap().len(), 1);
        })
    })
}

type Hand = Box<dyn FnMut(&ByHand, &str, u64)>;

fn check(hand: impl FnOnce(postgres::Client) -> Hand) -> Option<Found> {
    let server = Server::start("the rows of PostgreSQL")?;
    let store = server.store("bank");
    let desk = Desk::new(&store, settings());
    let app = Totp::from(OtpKey::new(SecretBytes::from(SECRET.to_vec())).unwrap());
    desk.add(&app);
    let time = |check: usize| NOW + STEP * (1 + check as i64);
    let codes: Vec<SecretText> = (0..CHECKS).map(|check| app.code_at(at(time(check)))).collect();
    let mut checked = 0..CHECKS;
    let mut ours = || {
        let check = checked.next().expect("more checks than codes");
        desk.clock.set(at(time(check)));
        black_box(desk.check(&totp(&codes[check]), &call(2)));
    };
    ours();
    let stored = store.load(&Key::of(&desk.anna)).unwrap().unwrap();
    let by_hand = ByHand::new(SECRET);
    let first = by_hand.seal(vec![0; stored.bytes().len() - FieldCipher::OVERHEAD]);
    let mut client = server.client();
    client.batch_execute(TABLE).unwrap();
    client.execute(INSERT, &[&ByHand::NAME, &first]).unwrap();
    let mut hand = hand(client);
    let mut tried = (0..CHECKS).cycle();
    let peer = || {
        let check = tried.next().unwrap();
        hand(&by_hand, codes[check].expose_text(), time(check) as u64);
    };
    Some(compare(ours, 1, peer, 1))
}

/// By `AsyncVerifier` and `tokio-postgres`, in one runtime.
fn waited() -> Option<Found> {
    let server = Server::start("the rows of PostgreSQL")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = AsyncPostgresStore::new(server.settings(), NoTls);
    runtime.block_on(store.migrate()).unwrap();
    let desk = AsyncDesk::new(&store, &runtime);
    let mut ours = desk.checks();
    ours();
    let stored = runtime.block_on(store.load(&Key::of(&desk.anna))).unwrap().unwrap();
    let by_hand = ByHand::new(SECRET);
    let first = by_hand.seal(vec![0; stored.bytes().len() - FieldCipher::OVERHEAD]);
    let (client, connection) = runtime.block_on(server.settings().connect(NoTls)).unwrap();
    runtime.spawn(connection);
    runtime.block_on(client.batch_execute(TABLE)).unwrap();
    runtime.block_on(client.execute(INSERT, &[&ByHand::NAME, &first])).unwrap();
    let id = ByHand::NAME;
    let mut tried = 0..;
    let peer = || {
        let now = NOW + STEP * tried.next().unwrap();
        let code = desk.app.code_at(at(now));
        runtime.block_on(async {
            let rows = client.query_typed(SELECT, &[(&id, Type::TEXT)]).await.unwrap();
            let next = by_hand.check(rows[0].get(0), code.expose_text(), now as u64).expect("it is right");
            let values: &[(&(dyn postgres::types::ToSql + Sync), Type)] = &[(&id, Type::TEXT), (&next, Type::BYTEA)];
            assert_eq!(client.query_typed(UPDATE, values).await.unwrap().len(), 1);
        });
    };
    Some(compare(ours, 1, peer, 1))
}

/// What the tests' server asks for.
mod programs {
    pub fn is_there(probe: &mut std::process::Command, _: &str, _: &str) -> bool {
        probe.output().is_ok_and(|output| output.status.success())
    }
}
