//! Prices, coupons, tax, and the signed quotes that orders rely on.
//!
//! Read `domain::quote` first: how a basket gets its price, with the reason for each number. Then
//! `http::quotes`, which answers with it, and `app`, the one path to change.

mod app;
mod config;
mod consumers;
mod domain;
mod error;
mod http;
mod publish;
mod store;

use contracts::PriceEvent;
use messaging::EventSet as _;
use runtime::{Error, Parts, Service};
use sqlx::migrate::Migrator;

pub use config::Config;

use crate::app::price_changes::ChangePrices;
use crate::app::signer::Signer;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The pricing service.
#[derive(Clone, Copy, Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "pricing";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, Error> {
        let db = parts.database()?;
        let signer = Signer::new(db.clone());
        let shop = http::Shop::new(db, signer.clone(), &config);
        Ok(Service::new()
            .http(http::routes(shop))
            .tells([PriceEvent::TOPIC])
            .command::<ChangePrices>()
            .react(consumers::catalog::OnProduct)
            .react(consumers::orders::OnOrder)
            .project(consumers::shipping::OnRate)
            .task("quote keys", |stop| signer.keep_keys(stop)))
    }
}
