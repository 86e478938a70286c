//! The settings that only auth has.

/// Settings of auth.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Days for which a key signs access tokens before the next one takes over.
    #[arg(long, env = "SIGNING_KEY_DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(i64).range(1..=365))]
    pub signing_key_days: i64,
    /// Sign-ins, sign-ups and resets that one network may ask for at once; then one in two seconds.
    #[arg(long, env = "NETWORK_BURST", default_value_t = 200,
          value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub network_burst: i64,
    /// Passwords hashed at the same time; each takes 19 MiB.
    #[arg(long, env = "HASHES_AT_ONCE", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(1..=64))]
    pub hashes_at_once: u32,
    /// Passwords that may wait for their turn; more are told to come back.
    #[arg(long, env = "HASHES_WAITING", default_value_t = 32,
          value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub hashes_waiting: u32,
}
