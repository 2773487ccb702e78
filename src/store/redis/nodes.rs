//! The nodes: which server keeps which hash slots. Without Redis Cluster there is one, and it keeps all.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redis::{ConnectionAddr, Value};

use super::layout::Shard;
use super::options::RedisOptions;
use super::wire::Wire;

/// A host and a port.
pub(super) type Address = (String, u16);

/// The wires to all nodes.
pub(super) struct Nodes<W> {
    options: Arc<RedisOptions>,
    map: RwLock<Map<W>>,
    stale: AtomicBool,
}

struct Map<W> {
    first: Arc<W>,
    wires: HashMap<Address, Arc<W>>,
    /// First slot, last slot, and the primary that keeps them. Empty without Redis Cluster.
    slots: Vec<(u16, u16, Address)>,
    /// All nodes that were named, replicas too: each can say who keeps what.
    known: Vec<Address>,
}

impl<W: Wire> Nodes<W> {
    pub(super) fn new(options: Arc<RedisOptions>) -> Self {
        Self {
            map: RwLock::new(Map {
                first: Arc::new(W::to(Arc::clone(&options))),
                wires: HashMap::new(),
                slots: Vec::new(),
                known: Vec::new(),
            }),
            options,
            stale: AtomicBool::new(false),
        }
    }

    /// Returns the wire to the node that the options name.
    pub(super) fn first(&self) -> Arc<W> {
        self.read(|map| Arc::clone(&map.first))
    }

    /// Returns the wire to the node that keeps a shard.
    pub(super) fn of(&self, shard: Shard) -> Arc<W> {
        self.read(|map| {
            if map.slots.is_empty() {
                return Arc::clone(&map.first);
            }
            let slot = shard.slot();
            let found = map
                .slots
                .iter()
                .find(|(first, last, _)| (*first..=*last).contains(&slot));
            let wire = found.and_then(|(_, _, address)| map.wires.get(address));
            Arc::clone(wire.unwrap_or(&map.first))
        })
    }

    /// Returns the wire to an address.
    pub(super) fn at(&self, address: &Address) -> Arc<W> {
        if let Some(wire) = self.read(|map| map.wires.get(address).map(Arc::clone)) {
            return wire;
        }
        self.write(|map| {
            let wire = map
                .wires
                .entry(address.clone())
                .or_insert_with(|| Arc::new(W::to(self.options_at(address))));
            Arc::clone(wire)
        })
    }

    /// Returns wires to all nodes, for a question that each can answer.
    pub(super) fn all(&self) -> Vec<Arc<W>> {
        let known = self.read(|map| map.known.clone());
        let mut all: Vec<_> = known.iter().map(|address| self.at(address)).collect();
        all.push(self.first());
        all
    }

    /// Returns wires to all nodes that keep slots.
    pub(super) fn primaries(&self) -> Vec<Arc<W>> {
        let mut addresses = self.read(|map| {
            let primaries = map.slots.iter().map(|(_, _, address)| address.clone());
            primaries.collect::<Vec<_>>()
        });
        if addresses.is_empty() {
            return vec![self.first()];
        }
        addresses.sort();
        addresses.dedup();
        addresses.iter().map(|address| self.at(address)).collect()
    }

    /// Returns the number of the map: another one if another node keeps something.
    pub(super) fn number(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.read(|map| map.slots.hash(&mut hasher));
        hasher.finish()
    }

    pub(super) fn is_cluster(&self) -> bool {
        self.read(|map| !map.slots.is_empty())
    }

    /// Reads an answer of `CLUSTER SLOTS`. Returns whether it was one.
    pub(super) fn learn(&self, answer: &Value) -> bool {
        let Value::Array(spans) = answer else {
            return false;
        };
        let mut known = Vec::new();
        let mut slots = Vec::new();
        for span in spans {
            let Value::Array(parts) = span else {
                return false;
            };
            let [Value::Int(first), Value::Int(last), nodes @ ..] = parts.as_slice() else {
                return false;
            };
            let mut addresses = nodes.iter().filter_map(|node| self.address(node));
            let Some(primary) = addresses.next() else {
                return false;
            };
            let (Ok(first), Ok(last)) = (u16::try_from(*first), u16::try_from(*last)) else {
                return false;
            };
            known.push(primary.clone());
            known.extend(addresses);
            slots.push((first, last, primary));
        }
        known.sort();
        known.dedup();
        self.write(|map| {
            map.wires.retain(|address, _| known.contains(address));
            for address in &known {
                if !map.wires.contains_key(address) {
                    let wire = Arc::new(W::to(self.options_at(address)));
                    map.wires.insert(address.clone(), wire);
                }
            }
            map.slots = slots;
            map.known = known;
        });
        self.stale.store(false, Ordering::SeqCst);
        true
    }

    /// Reads a node of `CLUSTER SLOTS`. A node without a name is the one that was asked.
    fn address(&self, node: &Value) -> Option<Address> {
        let Value::Array(parts) = node else {
            return None;
        };
        let [host, Value::Int(port), ..] = parts.as_slice() else {
            return None;
        };
        let host = match host {
            Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
            _ => String::new(),
        };
        Some(self.named(&host, u16::try_from(*port).ok()?))
    }

    /// Reads the address of a redirection.
    pub(super) fn redirected(&self, address: &str) -> Option<Address> {
        let (host, port) = address.rsplit_once(':')?;
        Some(self.named(host, port.parse().ok()?))
    }

    fn named(&self, host: &str, port: u16) -> Address {
        let host = match (host, self.options.server.addr()) {
            ("" | "?", ConnectionAddr::Tcp(own, _)) => own,
            ("" | "?", ConnectionAddr::TcpTls { host: own, .. }) => own,
            _ => host,
        };
        (host.to_owned(), port)
    }

    /// Returns the options with another address. User, password and TLS are those of the first.
    fn options_at(&self, (host, port): &Address) -> Arc<RedisOptions> {
        let address = match self.options.server.addr().clone() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host: host.clone(),
                port: *port,
                insecure,
                tls_params,
            },
            _ => ConnectionAddr::Tcp(host.clone(), *port),
        };
        let mut options = (*self.options).clone();
        options.server = options.server.set_addr(address);
        Arc::new(options)
    }

    /// Says that the map may be wrong: a node does not answer, or is not what it was.
    pub(super) fn doubt(&self) {
        self.stale.store(true, Ordering::SeqCst);
    }

    /// Returns whether the map may be wrong, to one caller: the others go on with it.
    pub(super) fn takes_doubt(&self) -> bool {
        // A plain read first: nearly always there is none.
        self.stale.load(Ordering::SeqCst) && self.stale.swap(false, Ordering::SeqCst)
    }

    fn read<T>(&self, look: impl FnOnce(&Map<W>) -> T) -> T {
        look(&self.map.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Map<W>) -> T) -> T {
        change(&mut self.map.write().unwrap_or_else(PoisonError::into_inner))
    }
}
