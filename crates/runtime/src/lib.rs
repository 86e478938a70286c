//! The process around a service: settings, telemetry, database, servers, health, keys, graceful shutdown.
//!
//! A service implements [`App`]; [`main`] does the rest. Read `app`, then `run`.

mod app;
mod database;
mod error;
mod health;
mod hourly;
pub mod keys;
mod metrics;
pub mod operation;
mod parked;
mod replay;
mod request;
mod run;
mod server;
mod settings;
mod sync;
mod telemetry;
mod withheld;

pub use app::{App, Parts, Service};
pub use database::{migrate, migrate_shared, schema_is_current};
pub use error::Error;
pub use metrics::FleetMetrics;
pub use parked::ParkedView;
pub use replay::{Model, Plan, Rebuild};
pub use run::{main, run};
pub use server::router;
pub use settings::Settings;
pub use sync::{Awaited, Fresh, ReadModel, Seen};
pub use telemetry::init as init_telemetry;
pub use withheld::WithheldView;
