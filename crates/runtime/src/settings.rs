//! The settings that every service has. Each is an environment variable, and a flag of the same name.

use std::net::SocketAddr;
use std::path::PathBuf;

use messaging::GroupProtocol;
use secrecy::SecretString;
use url::Url;

/// Settings of the process, whatever the service.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where HTTP is served.
    #[arg(long, env = "HTTP_ADDR", default_value = "127.0.0.1:8080")]
    pub http_addr: SocketAddr,
    /// Where gRPC is served, by services that are asked something.
    #[arg(long, env = "GRPC_ADDR", default_value = "127.0.0.1:9080")]
    pub grpc_addr: SocketAddr,
    /// The service's own database, as the role that may not change tables.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// Most connections to the database.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 10)]
    pub database_connections: u32,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    /// Threads that requests, handlers and workers share; what computes for long has others.
    #[arg(long, env = "WORKER_THREADS", default_value_t = 2)]
    pub worker_threads: usize,
    /// Partitions of every topic; fixed when a database and its topics are made.
    #[arg(long, env = "TOPIC_PARTITIONS", default_value_t = 12)]
    pub topic_partitions: i32,
    /// Transactions that handle events side by side. Fewer make larger batches.
    #[arg(long, env = "CONSUMER_STRANDS", default_value_t = 1)]
    pub consumer_strands: usize,
    /// Who decides which process of a service has which partitions: `classic`, its consumers among
    /// themselves; `consumer`, the broker (KIP-848).
    #[arg(long, env = "CONSUMER_GROUP_PROTOCOL", default_value_t = GroupProtocol::Classic)]
    pub consumer_group_protocol: GroupProtocol,
    /// The name under which this process gets its partitions back when it is started again. Only for
    /// names that stay, such as those of a `StatefulSet`'s pods: what has one gives nothing up when it
    /// stops.
    #[arg(long, env = "CONSUMER_INSTANCE_ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub consumer_instance_id: Option<String>,
    /// After how many seconds of silence a process's partitions are given to others (`classic` only,
    /// at least 6).
    #[arg(long, env = "CONSUMER_SESSION_SECONDS", default_value_t = 6,
        value_parser = clap::value_parser!(u64).range(6..=300))]
    pub consumer_session_seconds: u64,
    /// How often what was sent is compared with the outbox; 0 is never.
    #[arg(long, env = "AUDIT_SECONDS", default_value_t = 10)]
    pub audit_seconds: u64,
    /// Under load, the relay, the handlers and the workers each begin a transaction at most this often, so
    /// that more shares one: it costs less and waits longer. The first after a pause is at once.
    #[arg(long, env = "BATCH_SPACING_MS", default_value_t = 20)]
    pub batch_spacing_ms: u64,
    /// The folder with this service's private key and the public keys of its callers.
    #[arg(long, env = "KEYS_DIR")]
    pub keys_dir: Option<PathBuf>,
    /// The shop's address as browsers see it.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://localhost:8080")]
    pub public_url: Url,
    /// Traces go there (OTLP over gRPC) when it is set.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<Url>,
    /// `json` for machines, `human` for people.
    #[arg(long, env = "LOG_FORMAT", default_value = "json")]
    pub log_format: LogFormat,
    /// What is logged, as in `info,orders=debug`.
    #[arg(long, env = "RUST_LOG", default_value = "info,rdkafka=error,librdkafka=error,sqlx=warn")]
    pub log: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Short coloured lines.
    Human,
}
