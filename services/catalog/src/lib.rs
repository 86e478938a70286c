//! Products, variants, categories, media and sellers' listings.
//!
//! Read in this order: `domain` (the rules), `app` (the one path to change), `publish` (what others
//! hear), `http` (what callers ask), `importer` (how a Shopify file becomes products), `fetcher` (how
//! pictures come from elsewhere), `picture` (how we draw our own).

mod app;
mod config;
mod domain;
mod error;
mod fetcher;
mod http;
mod image;
mod importer;
mod picture;
mod publish;
mod store;

use contracts::{CategoryEvent, ProductEvent};
use messaging::EventSet as _;
use runtime::{Parts, Service};
use sqlx::migrate::Migrator;

pub use config::Config;
pub use importer::{importing, take_over};

static MIGRATOR: Migrator = sqlx::migrate!();

/// The demo shop's products, in Shopify's own format.
pub const DEMO_CSV: &str = include_str!("../demo/products.csv");

/// The catalog service.
#[derive(Clone, Copy, Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "catalog";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let db = parts.database()?;
        let state = http::State { db: db.clone() };
        Ok(importing(Service::new())
            .http(http::routes(state.clone()))
            .tells([ProductEvent::TOPIC, CategoryEvent::TOPIC])
            .pages(http::media::pages(state))
            .work(fetcher::Fetcher::new(config.pictures_allowed_from)?)
            .hourly("imports without a job", move || take_over(db.clone())))
    }
}
