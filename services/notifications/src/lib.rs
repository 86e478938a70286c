//! The mails a shopper gets.
//!
//! Read `consumers` (which event leads to which mail), `domain::mail` (what it says), `send` (how it leaves).

mod config;
mod consumers;
mod domain;
mod error;
mod http;
mod send;
mod store;

use runtime::{Parts, Service};
use sqlx::migrate::Migrator;

pub use config::Config;
pub use error::Error;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The notifications service.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "notifications";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let db = parts.database()?;
        let shop = domain::mail::Shop::new(parts.settings.public_url.as_str());
        Ok(Service::new()
            .http(http::routes(db.clone()))
            .react(consumers::orders::OnCustomerOrder { shop: shop.clone() })
            .react(consumers::auth::OnContact { shop })
            .work(send::SendMail::new(&config, db)?))
    }
}
