//! Payments: from the card page to the capture, void or refund, each exactly once.
//!
//! Read `domain/payment.rs` (what may happen), `domain/work.rs` (what the provider is asked for),
//! `app.rs` (the one path to change), `worker.rs` (how the provider is asked), then `http`,
//! `consumers` and `publish` (how others see it).

mod app;
mod config;
mod consumers;
mod domain;
mod error;
mod http;
mod provider;
mod publish;
mod sandbox_provider;
mod store;
mod worker;

use runtime::{Parts, Service};
use sqlx::PgPool;
use sqlx::migrate::Migrator;

pub use config::Config;
pub use error::Error;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The payments service.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "payments";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let db = parts.database()?;
        let provider = sandbox_provider::SandboxProvider::new(&config)
            .map_err(|error| runtime::Error::other("making the provider's client", error))?;
        let state = http::Payments {
            db: db.clone(),
            provider: provider.clone(),
            public_url: parts.settings.public_url.clone(),
            webhook_secret: config.payment_webhook_secret,
        };
        Ok(Service::new()
            .http(http::routes(state))
            .react(consumers::orders::OnOrder)
            .react(consumers::shipping::OnShipment)
            .work(worker::AskProvider::new(db.clone(), provider))
            .hourly("forget old webhooks", move || forget_old_webhooks(db.clone())))
    }
}

async fn forget_old_webhooks(db: PgPool) -> Result<(), Error> {
    store::webhook_events::forget_old(&mut *db.acquire().await?).await?;
    Ok(())
}
