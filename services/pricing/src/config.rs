//! The settings that only pricing has.

/// How long a quote holds.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// Seconds for which a signed quote may be ordered at its prices.
    #[arg(long, env = "QUOTE_SECONDS", default_value_t = 900,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub quote_seconds: u32,
}
