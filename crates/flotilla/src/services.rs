//! The services of the fleet. A new one is a line here.

use std::process::ExitCode;

use runtime::App;
use sqlx::migrate::Migrator;

#[cfg(test)]
mod openapi;

/// A service, as the tools see it.
pub(crate) struct Entry {
    /// The directory, the package, the database, the consumer group and the image.
    pub(crate) name: &'static str,
    /// Its tables; none without a database.
    pub(crate) migrations: fn() -> Option<&'static Migrator>,
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
