//! Measures of the verifier, in the text format of Prometheus.
//!
//! They are not for customers: `/metrics` has a listener of its own, on a loopback address.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use countersign::metrics::{Gauges, Measure, Metrics};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::bank::Bank;
use crate::failure::Answer;

/// Seconds. A store on loopback takes less than a millisecond, and a permit is waited for two seconds at most.
const BUCKETS: [f64; 12] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 2.5,
];

type Labels = Vec<(&'static str, &'static str)>;
type Counters = Family<Labels, Counter>;
type Times = Family<Labels, Histogram>;

/// The monitoring system of this process.
pub(crate) struct Prometheus {
    registry: Registry,
    checks: Counters,
    orders: Counters,
    authorizations: Counters,
    redemptions: Counters,
    conflicts: Counters,
    remembered: Counters,
    waits: Times,
    store: Times,
    permits: Gauge,
    permits_in_use: Gauge,
    decoys_alive: Gauge,
}

impl Prometheus {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("countersign");
        let times = || Times::new_with_constructor(|| Histogram::new(BUCKETS));
        let new = Self {
            checks: Counters::default(),
            orders: Counters::default(),
            authorizations: Counters::default(),
            redemptions: Counters::default(),
            conflicts: Counters::default(),
            remembered: Counters::default(),
            waits: times(),
            store: times(),
            permits: Gauge::default(),
            permits_in_use: Gauge::default(),
            decoys_alive: Gauge::default(),
            registry: Registry::default(),
        };
        for (name, help, counters) in [
            ("checks", "Checks, by factor and outcome", &new.checks),
            (
                "orders",
                "Codes and challenges that were asked for",
                &new.orders,
            ),
            (
                "authorizations",
                "Actions that were asked for",
                &new.authorizations,
            ),
            (
                "redemptions",
                "Grants that were redeemed or refused",
                &new.redemptions,
            ),
            ("conflicts", "Writes that lost their race", &new.conflicts),
            (
                "remembered",
                "Writes by a remembered record",
                &new.remembered,
            ),
        ] {
            registry.register(name, help, counters.clone());
        }
        for (name, help, times) in [
            ("wait", "Waits for permits and turns", &new.waits),
            ("store", "Calls of the store", &new.store),
        ] {
            registry.register_with_unit(name, help, Unit::Seconds, times.clone());
        }
        for (name, help, gauge) in [
            ("permits", "Permits of Argon2id", &new.permits),
            (
                "permits_in_use",
                "Permits that are taken",
                &new.permits_in_use,
            ),
            (
                "decoys_alive",
                "Records of unknown names",
                &new.decoys_alive,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
        Self { registry, ..new }
    }

    /// Returns all of it, with the gauges of this moment.
    fn text(&self, gauges: &Gauges) -> Result<String, fmt::Error> {
        let set = |gauge: &Gauge, value: usize| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.permits, gauges.permits);
        set(&self.permits_in_use, gauges.permits_in_use);
        self.decoys_alive.set(i64::from(gauges.decoys_alive));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Metrics for Prometheus {
    fn record(&self, measure: Measure) {
        let labels: Labels = measure.labels().collect();
        let counters = match measure {
            Measure::Check { .. } => &self.checks,
            Measure::Issue { .. } => &self.orders,
            Measure::Authorize { .. } => &self.authorizations,
            Measure::Redeem { .. } => &self.redemptions,
            Measure::Conflict { .. } => &self.conflicts,
            Measure::Remembered { .. } => &self.remembered,
            Measure::Wait { took, .. } => {
                let wait = self.waits.get_or_create(&labels);
                return wait.observe(took.as_secs_f64());
            }
            Measure::Store { took, .. } => {
                let call = self.store.get_or_create(&labels);
                return call.observe(took.as_secs_f64());
            }
            _ => return,
        };
        counters.get_or_create(&labels).inc();
    }
}

/// The page that the monitoring system reads.
pub(crate) async fn page(State(bank): State<Arc<Bank>>) -> Answer {
    let gauges = bank.verifier.gauges()?;
    let text = bank.prometheus.text(&gauges);
    Ok(response(text.map_err(Box::from)?))
}

fn response(text: String) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
