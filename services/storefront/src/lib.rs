//! The shop's pages, rendered here; everything works without JavaScript.
//!
//! Read `shop` (what a page can ask), `visitor` (who asks), `frame` (what every page has), then `pages`.

mod assets;
mod clients;
mod config;
mod draft;
mod error;
mod forms;
mod frame;
mod guard;
mod pages;
mod problems;
mod shop;
mod show;
mod visitor;

use runtime::{Parts, Service};
use web::browser::Sessions;

use crate::guard::Guard;
use crate::shop::Shop;

pub use config::Config;

/// The storefront.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "storefront";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let signer = parts.signer("storefront", "search")?;
        let wrong = |error: reqwest::Error| runtime::Error::other("making clients", error);
        let sessions = Sessions::new(config.auth_url.as_str()).map_err(wrong)?;
        let guard = Guard::new(&config, &parts.settings.public_url);
        let shop = Shop::new(&config, parts.settings.public_url.clone(), signer)?;
        Ok(Service::new().pages(pages::routes(shop, sessions, guard)))
    }
}
