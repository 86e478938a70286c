//! What Prometheus reads at `/metrics`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoLabels {}

/// The metrics of a process, whatever its service.
#[derive(Clone)]
pub struct FleetMetrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<Route, Histogram, fn() -> Histogram>,
    oldest_unsent: Family<NoLabels, Gauge<f64, AtomicU64>>,
    parked: Gauge,
    withheld: Gauge,
    oldest_withheld: Family<NoLabels, Gauge<f64, AtomicU64>>,
    compared: Family<NoLabels, Gauge<f64, AtomicU64>>,
    differences: Gauge,
    /// Metrics of the event backbone.
    pub messaging: messaging::Metrics,
}

impl std::fmt::Debug for FleetMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FleetMetrics")
    }
}

fn seconds() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0])
}

impl Default for FleetMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl FleetMetrics {
    /// A registry with the metrics that every process has.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let messaging = messaging::Metrics::register(&mut registry);
        let requests = Family::new_with_constructor(seconds as fn() -> Histogram);
        let oldest_unsent = Family::<NoLabels, Gauge<f64, AtomicU64>>::default();
        let parked = Gauge::default();
        let withheld = Gauge::default();
        let oldest_withheld = Family::<NoLabels, Gauge<f64, AtomicU64>>::default();
        let compared = Family::<NoLabels, Gauge<f64, AtomicU64>>::default();
        let differences = Gauge::default();
        registry.register(
            "http_server_request_duration_seconds",
            "Duration of HTTP requests",
            requests.clone(),
        );
        registry.register(
            "outbox_oldest_unsent_seconds",
            "Age of the oldest event that Kafka has not acknowledged",
            oldest_unsent.clone(),
        );
        registry.register(
            "parked_messages",
            "Keys and jobs that wait for a person",
            parked.clone(),
        );
        registry.register(
            "outbox_withheld_events",
            "Events that Kafka refuses, or whose topic is missing",
            withheld.clone(),
        );
        registry.register(
            "outbox_oldest_withheld_seconds",
            "For how long the oldest of them has been withheld",
            oldest_withheld.clone(),
        );
        registry.register(
            "topics_compared_age_seconds",
            "Since the service's own topics were last compared with its outbox to the end",
            compared.clone(),
        );
        registry.register(
            "topic_differences",
            "Differences between the service's own topics and its outbox, ever",
            differences.clone(),
        );
        Self {
            registry: Arc::new(Mutex::new(registry)),
            requests,
            oldest_unsent,
            parked,
            withheld,
            oldest_withheld,
            compared,
            differences,
            messaging,
        }
    }

    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let route = Route { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&route).observe(took.as_secs_f64());
    }

    pub(crate) fn backlog(&self, backlog: &messaging::Backlog) {
        let age = backlog.oldest_unsent.map_or(0.0, |age| age.as_secs_f64());
        self.oldest_unsent.get_or_create(&NoLabels {}).set(age);
        self.parked.set(backlog.parked_for_a_person + backlog.stuck_jobs);
        self.withheld.set(backlog.withheld);
        let age = backlog.oldest_withheld.map_or(0.0, |age| age.as_secs_f64());
        self.oldest_withheld.get_or_create(&NoLabels {}).set(age);
        if let Some(age) = backlog.compared {
            self.compared.get_or_create(&NoLabels {}).set(age.as_secs_f64());
        }
        self.differences.set(backlog.differences);
    }

    /// In the `OpenMetrics` text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        match encode(&mut text, &registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "metrics could not be written");
                String::new()
            }
        }
    }
}
