//! Accounts, sessions and signing keys. Read `domain` (the rules), `app` (the one path to change), `http`, `store`.

mod admin;
mod app;
mod config;
mod domain;
mod error;
mod hashing;
mod http;
mod keyring;
mod publish;
mod store;

pub use admin::{create_account, create_shopper, create_staff};
pub use config::Config;
pub use error::Error;
pub use hashing::Passwords;

use kernel::Clock;
use runtime::{Parts, Service};
use sqlx::migrate::Migrator;

use crate::app::Auth;
use crate::keyring::Keyring;

static MIGRATOR: Migrator = sqlx::migrate!();

/// The auth service.
#[derive(Debug)]
pub struct App;

impl runtime::App for App {
    const NAME: &'static str = "auth";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;

    fn migrations() -> Option<&'static Migrator> {
        Some(&MIGRATOR)
    }

    async fn service(parts: &Parts, config: Config) -> Result<Service, runtime::Error> {
        let passwords = Passwords::new(config.hashes_at_once, config.hashes_waiting);
        service(parts, &config, Clock::default(), passwords)
    }
}

/// Everything that auth consists of, on a clock that a test may set.
///
/// # Errors
/// A missing `DATABASE_URL`.
pub fn service(
    parts: &Parts,
    config: &Config,
    clock: Clock,
    passwords: Passwords,
) -> Result<Service, runtime::Error> {
    let db = parts.database()?;
    let period = time::Duration::days(config.signing_key_days);
    let keyring = Keyring::new(db.clone(), clock.clone(), period, parts.verifier.clone());
    let auth = Auth {
        db,
        clock,
        passwords,
        keyring: keyring.clone(),
        network_burst: config.network_burst,
    };
    Ok(Service::new()
        .http(http::routes(auth.clone()))
        .task("rotate keys", |stop| keyring.rotate(stop))
        .hourly("forget old rows", move || forget_old(auth.clone())))
}

async fn forget_old(auth: Auth) -> Result<(), Error> {
    auth.forget_old(auth.clock.now()).await
}
