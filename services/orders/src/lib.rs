//! Baskets, event-sourced orders and the order process.
//!
//! Read in this order: `domain::order` (the rules), `app` (the one path to change), `store` (the
//! event store and the rows for lists), `publish` (what others hear), `consumers` and `timer` (what
//! moves an order on), `http` (what people ask).

mod app;
mod config;
mod consumers;
mod domain;
mod error;
mod http;
mod live;
mod publish;
mod quotes;
mod store;
mod timer;
mod tokens;

use runtime::{Parts, Service};
use sqlx::migrate::Migrator;

pub use config::Config;
pub use error::Error;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The service.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "orders";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let db = parts.database()?;
        let orders = app::Orders::new(db.clone(), &config);
        let (quotes, live) = (orders.quotes().verifier(), orders.live().clone());
        Ok(Service::new()
            .http(http::routes(orders.clone()))
            .react(consumers::inventory::OnReservation(orders.clone()))
            .react(consumers::payments::OnPayment(orders.clone()))
            .react(consumers::pricing::OnCoupon(orders.clone()))
            .project(consumers::pricing::OnQuoteKey(orders.clone()))
            .react(consumers::shipping::OnShipment(orders.clone()))
            .work(timer::Deadlines(orders))
            .task("quote keys", |stop| {
                runtime::keys::keep_loaded(db, quotes::PURPOSE, quotes, stop)
            })
            .task("order pages", |stop| live.end_with(stop)))
    }
}
