//! Shipping: rates, one parcel for each confirmed order, and where it is.
//!
//! Read `domain/shipment.rs` (what may happen), `app.rs` (the one path to change), `worker.rs` (how
//! the carrier is asked), `rates.rs` (how rates reach the others), then `http`, `consumers` and `publish`.

mod app;
mod carrier;
mod config;
mod consumers;
mod domain;
mod error;
mod http;
mod publish;
mod rates;
mod store;
mod worker;

use runtime::{Parts, Service};
use sqlx::migrate::Migrator;

pub use config::Config;
pub use error::Error;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The shipping service.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "shipping";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let db = parts.database()?;
        let carrier = carrier::Carrier::new(&config)
            .map_err(|error| runtime::Error::other("making the carrier's client", error))?;
        let handling = time::Duration::seconds(i64::from(config.shipping_handling_seconds));
        let state =
            http::Shipping { db: db.clone(), webhook_secret: config.carrier_webhook_secret };
        let announced = db.clone();
        Ok(Service::new()
            .http(http::routes(state))
            .react(consumers::orders::OnCustomerOrder::new(handling))
            .work(worker::AskCarrier::new(db, carrier))
            .task("rates", move |stop| rates::announce(announced, stop)))
    }
}
