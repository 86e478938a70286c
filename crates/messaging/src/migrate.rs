//! The crate's own tables, in the schema `messaging` of the service's database.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{Acquire, Postgres};

// Not in `migrations`, from where `sqlx::test` would apply them as if they were a service's own.
static MIGRATIONS: Migrator = sqlx::migrate!("./schema");

/// Creates or updates the schema `messaging`. Takes a pool or a connection, and keeps its own
/// record of what was done, in `messaging.migrations`, apart from the service's.
///
/// # Errors
/// The database refused a migration, or has one that this build does not know in another form.
pub async fn migrate<'a, A>(database: A) -> Result<(), MigrateError>
where
    A: Acquire<'a, Database = Postgres>,
{
    let mut migrations = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrations.create_schema("messaging");
    migrations.dangerous_set_table_name("messaging.migrations");
    migrations.run(database).await
}
