//! The settings that only inventory has.

use time::Duration;

/// How long inventory waits for others.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// Seconds for which stock stays set aside for an order that nobody confirms.
    ///
    /// Longer than the order's own deadline, so that it only ever frees what was forgotten.
    #[arg(long, env = "RESERVATION_SECONDS", default_value_t = 1200)]
    pub reservation_seconds: u32,
    /// Seconds for which a SKU that an order names may still be on its way from catalog.
    #[arg(long, env = "UNKNOWN_SKU_PATIENCE_SECONDS", default_value_t = 60)]
    pub unknown_sku_patience_seconds: u32,
}

impl Config {
    pub(crate) fn reservation(&self) -> Duration {
        Duration::seconds(i64::from(self.reservation_seconds))
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::seconds(i64::from(self.unknown_sku_patience_seconds))
    }
}
