//! Stock by SKU and location, and what orders have set aside of it.
//!
//! Read `domain` first: what may happen to a shelf and to a reservation. Then `app`, the one path to
//! change, and `consumers`, which say when.

mod app;
mod config;
mod consumers;
mod domain;
mod error;
mod expiry;
mod http;
mod publish;
mod store;

use contracts::StockEvent;
use messaging::EventSet as _;
use runtime::{Error, Parts, Service};
use sqlx::migrate::Migrator;

pub use config::Config;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The inventory service.
#[derive(Clone, Copy, Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "inventory";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, Error> {
        Ok(Service::new()
            .http(http::routes(parts.database()?))
            .tells([StockEvent::TOPIC])
            .react(consumers::catalog::OnProduct)
            .react(consumers::orders::OnOrder::new(&config))
            .react(consumers::shipping::OnShipment)
            .work(expiry::Expiry))
    }
}
