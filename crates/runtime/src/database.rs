//! The service's own database: connections, migrations by the owner, what the app role may do.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::Error;

static FLEET: Migrator = sqlx::migrate!();

/// The fleet's tables have a list of migrations of their own, so that no list misses the other's files.
fn fleet() -> Migrator {
    let mut migrator = Migrator::with_migrations(FLEET.iter().cloned().collect());
    migrator.create_schema("fleet");
    migrator.dangerous_set_table_name("fleet.migrations");
    migrator
}

/// Opens the pool. Connections are made when needed: a service starts while its database is down.
pub(crate) fn pool(url: &SecretString, most: u32, service: &str) -> Result<PgPool, Error> {
    let options: PgConnectOptions = url.expose_secret().parse().map_err(|error: sqlx::Error| {
        Error::WrongSetting { name: "DATABASE_URL", reason: error.to_string() }
    })?;
    let options = options.application_name(service).options([
        ("statement_timeout", "15s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "10s"),
        // Compiling a statement takes 100 ms and more; none of ours runs that long.
        ("jit", "off"),
    ]);
    Ok(PgPoolOptions::new()
        .max_connections(most)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(3))
        .test_before_acquire(false)
        .connect_lazy_with(options))
}

/// Brings a database to this build's schema, as its owner: messaging's tables, the fleet's, the
/// service's own; then says what the app role may do with them.
pub async fn migrate(
    owner_url: &SecretString,
    service: Option<&Migrator>,
    app_role: Option<&str>,
) -> Result<(), Error> {
    let mut conn = PgConnection::connect(owner_url.expose_secret()).await?;
    migrate_shared(&mut conn).await?;
    if let Some(service) = service {
        service.run(&mut conn).await?;
    }
    if let Some(role) = app_role {
        grant(&mut conn, role).await?;
    }
    conn.close().await?;
    Ok(())
}

/// The tables that every service has: messaging's and the fleet's.
pub async fn migrate_shared(conn: &mut PgConnection) -> Result<(), Error> {
    messaging::migrate(&mut *conn).await?;
    fleet().run(conn).await?;
    Ok(())
}

/// The app role reads and writes rows and changes no table; the outbox may also be rotated by it.
async fn grant(conn: &mut PgConnection, role: &str) -> Result<(), Error> {
    let plain = role.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !plain {
        let reason = "expected lower-case letters and underscores".to_owned();
        return Err(Error::WrongSetting { name: "APP_ROLE", reason });
    }
    for schema in ["public", "messaging", "fleet"] {
        let statements = format!(
            "grant usage on schema {schema} to {role};
             grant select, insert, update, delete on all tables in schema {schema} to {role};
             grant usage on all sequences in schema {schema} to {role};
             grant execute on all functions in schema {schema} to {role};"
        );
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *conn).await?;
    }
    let rotate = format!("grant truncate on all tables in schema messaging to {role}");
    sqlx::raw_sql(AssertSqlSafe(rotate)).execute(&mut *conn).await?;
    Ok(())
}

/// Refuses a schema that this build was not made for. A newer one is fine: migrations only expand.
pub async fn schema_is_current(db: &PgPool, service: &Migrator) -> Result<(), Error> {
    let mut conn = db.acquire().await?;
    let applied = conn.list_applied_migrations(&service.table_name).await?;
    let found = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    let wanted = service.iter().map(|migration| migration.version).max().unwrap_or(0);
    if found < wanted {
        return Err(Error::SchemaMismatch { found, wanted });
    }
    Ok(())
}
