//! The pages of the people who run the shop, below `/admin`, and the API documentation at `/api/docs`.
//!
//! Read `pages` (one file per subject) and `api` (how it asks the services, with the caller's own token).

mod api;
mod assets;
mod config;
mod docs;
mod error;
mod pages;

use runtime::{Parts, Service};

pub use config::Config;

/// The back office.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "backoffice";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    async fn service(_: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let failed = |error| runtime::Error::other("making clients", error);
        let api = api::Api::new(&config).map_err(failed)?;
        let sessions = web::browser::Sessions::new(&config.auth_url).map_err(failed)?;
        Ok(Service::new().pages(pages::routes(api, sessions)).pages(docs::routes()))
    }
}
