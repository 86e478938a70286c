//! The settings that only orders has.

/// How long the order process may take.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Seconds after which an order that is not confirmed is cancelled.
    #[arg(long, env = "ORDER_DEADLINE_SECONDS", default_value_t = 900,
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub order_deadline_seconds: u32,
}
