//! Redis Cluster on one machine: three primaries, and a node that can follow one of them.

use super::tasks::Waited;
use super::*;

const NODES: usize = 4;

pub struct Cluster {
    nodes: Vec<RedisServer>,
}

impl Cluster {
    pub fn start(test: &str) -> Option<Self> {
        let arguments = [
            "--save",
            "",
            "--cluster-enabled",
            "yes",
            "--cluster-node-timeout",
            "2000",
        ];
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            nodes.push(RedisServer::start_with(test, &arguments)?);
        }
        let cluster = Self { nodes };
        for (node, (first, last)) in
            cluster
                .nodes
                .iter()
                .zip([(0, 5_460), (5_461, 10_922), (10_923, 16_383)])
        {
            node.run::<()>(&format!("CLUSTER ADDSLOTSRANGE {first} {last}"));
            let port = cluster.nodes[0].port();
            node.run::<()>(&format!("CLUSTER MEET 127.0.0.1 {port}"));
        }
        // The fourth node comes without slots.
        let port = cluster.nodes[0].port();
        cluster.nodes[3].run::<()>(&format!("CLUSTER MEET 127.0.0.1 {port}"));
        cluster.settles();
        Some(cluster)
    }

    fn settles(&self) {
        let start = Instant::now();
        let is_ready = |node: &RedisServer| {
            let info: String = node.run("CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:4")
        };
        while !self.nodes.iter().all(is_ready) {
            assert!(start.elapsed() < Duration::from_secs(60), "no cluster");
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn node(&self, number: usize) -> &RedisServer {
        &self.nodes[number]
    }

    fn id(&self, node: usize) -> String {
        self.nodes[node].run("CLUSTER MYID")
    }
}

#[test]
fn redis_cluster_conforms() {
    let Some(cluster) = Cluster::start("redis_cluster_conforms") else {
        return;
    };
    // Any node will do.
    for node in &cluster.nodes {
        conformance::run(|| fresh(node));
    }
    for node in &cluster.nodes[..3] {
        assert!(node.run::<i64>("DBSIZE") > 0, "all keep some");
    }
    // The policy of each node counts.
    cluster.nodes[2].run::<()>("CONFIG SET maxmemory-policy allkeys-lru");
    let error = RedisStore::open(&cluster.nodes[0].url()).unwrap_err();
    assert!(cause(&error).contains("noeviction"), "{error:?}");
}

/// While an operator moves slots, calls go on: they follow, or wait.
#[test]
fn redis_cluster_moves_a_slot_under_calls() {
    let Some(cluster) = Cluster::start("redis_cluster_moves_a_slot_under_calls") else {
        return;
    };
    let options = apart(cluster.nodes[0].options());
    let store = RedisStore::with_options(&options).unwrap();
    let slot: u16 = cluster.nodes[0].run("CLUSTER KEYSLOT x{010}");
    let from = usize::from(slot > 5_460) + usize::from(slot > 10_922);
    let to = (from + 1) % 3;
    let key = |last: u8| {
        let mut bytes = [last; 32];
        bytes[..2].copy_from_slice(&[0x01, 0x00]);
        countersign::store::Key::from_bytes(bytes)
    };
    let soon = Timestamp::from_unix(5).unwrap();
    let until = |tag| Entry::new(vec![tag], version(tag), Some(soon));
    store.replace(&key(1), None, &entry(1)).unwrap();
    store.replace(&key(2), None, &until(1)).unwrap();
    let (source, target) = (cluster.id(from), cluster.id(to));
    cluster.nodes[to].run::<()>(&format!("CLUSTER SETSLOT {slot} IMPORTING {source}"));
    cluster.nodes[from].run::<()>(&format!("CLUSTER SETSLOT {slot} MIGRATING {target}"));
    // What is not there any more, or not yet, is asked for at the other end.
    assert_eq!(store.load(&key(3)).unwrap(), None);
    assert_eq!(
        store.replace(&key(3), None, &entry(3)).unwrap(),
        Replaced::Stored
    );
    assert_eq!(store.load(&key(3)).unwrap(), Some(entry(3)));
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    // A record and an index that are apart have to wait, and the wait ends.
    // A busy machine has to open its connections to all nodes within it, too.
    let waits = RedisStore::with_options(&options.with_patience(Duration::from_secs(1)).unwrap());
    let error = waits
        .unwrap()
        .replace(&key(4), None, &until(4))
        .unwrap_err();
    assert!(cause(&error).contains("Multiple keys"), "{error:?}");
    loop {
        let names: Vec<Vec<u8>> =
            cluster.nodes[from].run(&format!("CLUSTER GETKEYSINSLOT {slot} 10"));
        if names.is_empty() {
            break;
        }
        for name in names {
            let client = redis::Client::open(cluster.nodes[from].url()).unwrap();
            let mut move_it = redis::cmd("MIGRATE");
            move_it
                .arg("127.0.0.1")
                .arg(cluster.nodes[to].port())
                .arg(name)
                .arg(0)
                .arg(5_000);
            move_it
                .query::<()>(&mut client.get_connection().unwrap())
                .unwrap();
        }
    }
    for node in [to, from, 3 - to - from] {
        cluster.nodes[node].run::<()>(&format!("CLUSTER SETSLOT {slot} NODE {target}"));
    }
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    assert_eq!(
        store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap(),
        Replaced::Stored
    );
    assert_eq!(store.purge(soon).unwrap(), 1);
    assert_eq!(store.load(&key(2)).unwrap(), None);
}

/// A primary dies, and its replica takes over. Calls fail until then, and go on after it without being opened anew.
#[test]
fn redis_cluster_goes_on_after_a_fail_over() {
    let Some(mut cluster) = Cluster::start("redis_cluster_goes_on_after_a_fail_over") else {
        return;
    };
    let options = apart(cluster.nodes[1].options());
    let options = options.with_patience(Duration::from_secs(1)).unwrap();
    let store = RedisStore::with_options(&options).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let for_tasks = Waited::open(&options, &runtime);
    let keys: Vec<_> = (0..60).map(|tag| key(tag * 4)).collect();
    for key in &keys {
        store.replace(key, None, &entry(1)).unwrap();
        for_tasks
            .replace(key, Some(&version(1)), &entry(2))
            .unwrap();
    }
    let primary = cluster.id(0);
    cluster.nodes[3].run::<()>(&format!("CLUSTER REPLICATE {primary}"));
    let start = Instant::now();
    let size = |node: &RedisServer| node.run::<i64>("DBSIZE");
    while size(&cluster.nodes[3]) != size(&cluster.nodes[0]) {
        assert!(start.elapsed() < Duration::from_secs(60), "no replication");
        thread::sleep(Duration::from_millis(50));
    }
    cluster.nodes[0].kill();
    let stores: [&dyn Store; 2] = [&store, &for_tasks];
    for store in stores {
        assert!(
            keys.iter().any(|key| store.load(key).is_err()),
            "some are gone"
        );
        assert!(
            keys.iter().any(|key| store.load(key).is_ok()),
            "the others are there"
        );
    }
    cluster.nodes[3].run::<()>("CLUSTER FAILOVER TAKEOVER");
    for (store, tag) in stores.into_iter().zip(2..) {
        let start = Instant::now();
        for key in &keys {
            let swap = || store.replace(key, Some(&version(tag)), &entry(tag + 1));
            while let Err(error) = swap() {
                assert!(start.elapsed() < Duration::from_secs(60), "{error:?}");
                thread::sleep(Duration::from_millis(100));
            }
        }
        assert!(
            keys.iter()
                .all(|key| store.load(key).unwrap() == Some(entry(tag + 1)))
        );
    }
}
