//! What the loops count, for `/metrics`.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The counters of every loop of one process; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) windows: Counter,
    pub(crate) sent: Counter,
    pub(crate) relay_failures: Counter,
    pub(crate) leading: Gauge,
    pub(crate) seal_to_ack: Histogram,
    pub(crate) records: Family<RecordLabels, Counter>,
    pub(crate) critical_time: Family<TopicLabels, Histogram, fn() -> Histogram>,
    pub(crate) gaps: Family<TopicLabels, Gauge>,
    pub(crate) batches: Counter,
    pub(crate) batch_failures: Counter,
    pub(crate) jobs: Family<JobLabels, Counter>,
    pub(crate) audited: Counter,
    pub(crate) differences: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RecordLabels {
    pub(crate) topic: &'static str,
    pub(crate) outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TopicLabels {
    pub(crate) topic: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct JobLabels {
    pub(crate) queue: &'static str,
    pub(crate) outcome: &'static str,
}

fn seconds() -> Histogram {
    Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0])
}

impl Metrics {
    /// Registers the counters under `messaging_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            windows: Counter::default(),
            sent: Counter::default(),
            relay_failures: Counter::default(),
            leading: Gauge::default(),
            seal_to_ack: seconds(),
            records: Family::default(),
            critical_time: Family::new_with_constructor(seconds),
            gaps: Family::default(),
            batches: Counter::default(),
            batch_failures: Counter::default(),
            jobs: Family::default(),
            audited: Counter::default(),
            differences: Counter::default(),
        };
        let registry = registry.sub_registry_with_prefix("messaging");
        metrics.register_relay(registry);
        metrics.register_consumer(registry);
        registry.register("jobs", "Jobs by queue and outcome of a try", metrics.jobs.clone());
        metrics.register_audit(registry);
        metrics
    }

    fn register_relay(&self, registry: &mut Registry) {
        registry.register("relay_windows", "Windows acknowledged", self.windows.clone());
        registry.register("relay_events", "Events acknowledged", self.sent.clone());
        registry.register("relay_failures", "Fresh starts", self.relay_failures.clone());
        registry.register("relay_leading", "1 while leading", self.leading.clone());
        let help = "From the seal of a window to the last acknowledgement, in seconds";
        registry.register("relay_seal_to_ack_seconds", help, self.seal_to_ack.clone());
    }

    fn register_consumer(&self, registry: &mut Registry) {
        registry.register("records", "Records by topic and outcome", self.records.clone());
        let help = "From the event to its committed effect, in seconds";
        registry.register("critical_time_seconds", help, self.critical_time.clone());
        let help = "Partitions whose next record does not follow the last one: events are missing";
        registry.register("gaps", help, self.gaps.clone());
        registry.register("batches", "Batches committed", self.batches.clone());
        registry.register("batch_failures", "Batches rolled back", self.batch_failures.clone());
    }

    fn register_audit(&self, registry: &mut Registry) {
        let help = "Events whose record was looked for on its topic";
        registry.register("audit_events", help, self.audited.clone());
        let help = "Differences between topics and outbox, found by this process";
        registry.register("audit_differences", help, self.differences.clone());
    }

    pub(crate) fn record(&self, topic: &'static str, outcome: &'static str) {
        self.records.get_or_create(&RecordLabels { topic, outcome }).inc();
    }

    pub(crate) fn job(&self, queue: &'static str, outcome: &'static str) {
        self.jobs.get_or_create(&JobLabels { queue, outcome }).inc();
    }
}
