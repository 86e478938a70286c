//! The services of the fleet. A new one is a line here.

use std::process::ExitCode;

use futures::future::LocalBoxFuture;
use runtime::{App, Rebuild};
use secrecy::SecretString;
use sqlx::migrate::Migrator;

#[cfg(test)]
mod openapi;

/// As the owner of the database; the role is the one that works with the tables.
type Migrate =
    for<'a> fn(&'a SecretString, Option<&'a str>) -> LocalBoxFuture<'a, Result<(), runtime::Error>>;

/// A service, as the tools see it.
pub(crate) struct Entry {
    /// The directory, the package, the database, the consumer group and the image.
    pub(crate) name: &'static str,
    /// Its tables; none without a database.
    pub(crate) migrations: fn() -> Option<&'static Migrator>,
    /// Brings its database to this build's schema.
    pub(crate) migrate: Migrate,
    /// Rebuilds its read model; none if it has other tables.
    pub(crate) rebuild: fn(SecretString, String, Option<String>) -> Option<Rebuild>,
    /// Runs it with these arguments.
    pub(crate) run: fn(Vec<String>) -> ExitCode,
    /// Its OpenAPI document.
    #[cfg(test)]
    document: openapi::Document,
}

const fn entry<A: App>() -> Entry {
    Entry {
        name: A::NAME,
        migrations: A::migrations,
        migrate: |url, role| Box::pin(runtime::migrate::<A>(url, role)),
        rebuild: Rebuild::of::<A>,
        run: |args| runtime::run::<A>(args),
        #[cfg(test)]
        document: |keys| Box::pin(openapi::document::<A>(keys)),
    }
}

/// Every service.
pub(crate) const ALL: &[Entry] = &[
    entry::<auth::App>(),
    entry::<backoffice::App>(),
    entry::<catalog::App>(),
    entry::<inventory::App>(),
    entry::<notifications::App>(),
    entry::<orders::App>(),
    entry::<payments::App>(),
    entry::<pricing::App>(),
    entry::<search::App>(),
    entry::<shipping::App>(),
    entry::<storefront::App>(),
    // new-service: the next service goes above this line.
];

/// The service of that name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// The services that have a database.
pub(crate) fn with_database() -> impl Iterator<Item = &'static Entry> {
    ALL.iter().filter(|entry| (entry.migrations)().is_some())
}
