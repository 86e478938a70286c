//! The product read model: text, facets, price and stock, made of what other services said.
//!
//! Read `consumers` (what is heard), `store::facts` (how it is kept), `refresh` and `domain::page` (how
//! a document is made of it), then `http`, `grpc` and `store::listing` (how it is read).

mod catalogue;
mod config;
mod consumers;
mod domain;
mod error;
mod grpc;
mod http;
mod listing;
mod refresh;
mod shown;
mod store;

use contracts::search::search_service_server::SearchServiceServer;
use runtime::{Model, Parts, Service};
use sqlx::migrate::Migrator;

use crate::catalogue::Catalogue;

pub use config::Config;
pub use refresh::{refresh, refresh_in};

/// The tables of the service.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// The search service.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "search";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    fn model() -> Option<Model> {
        let model = Model::new(consumers::all());
        Some(model.settled_by(|conn| Box::pin(refresh_in(conn))))
    }

    async fn service(parts: &Parts, _: Config) -> Result<Service, runtime::Error> {
        let db = parts.database()?;
        let catalogue = Catalogue::new(db.clone());
        let mut service = Service::new()
            .http(http::routes(catalogue.clone()))
            .projecting(consumers::all())
            .shows(shown::Shown::new(db.clone()))
            .task("refresh", move |stop| refresh::keep_fresh(db, stop));
        // Without keys nobody can prove who they are, so nobody is let in.
        if parts.settings.keys_dir.is_some() {
            let gate = parts.gate("search", &["storefront", "backoffice"])?;
            let questions = SearchServiceServer::with_interceptor(grpc::Questions(catalogue), gate);
            service = service.grpc(tonic::service::Routes::new(questions));
        }
        Ok(service)
    }
}
