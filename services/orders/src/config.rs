//! The settings that only orders has.

/// How long the order process may take.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Seconds after which an order that is not confirmed is cancelled.
    #[arg(long, env = "ORDER_DEADLINE_SECONDS", default_value_t = 900,
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub order_deadline_seconds: u32,
    /// Milliseconds after which a quiet stream of an order's changes says that it is still there, so that
    /// proxies keep it open.
    #[arg(long, env = "ORDER_HEARTBEAT_MS", default_value_t = 15_000,
          value_parser = clap::value_parser!(u32).range(50..=60_000))]
    pub order_heartbeat_ms: u32,
}
