//! The service's own database: connections, migrations by the owner, what the app role may do.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::{App, Error, replay};

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
pub async fn migrate<A: App>(
    owner_url: &SecretString,
    app_role: Option<&str>,
) -> Result<(), Error> {
    let mut conn = PgConnection::connect(owner_url.expose_secret()).await?;
    migrate_shared(&mut conn).await?;
    let own = if A::model().is_some() { replay::LIVE } else { "public" };
    if let Some(service) = A::migrations() {
        if own == replay::LIVE {
            sqlx::raw_sql(HOME_OF_A_MODEL).execute(&mut conn).await?;
        }
        migrate_in(&mut conn, own, service).await?;
    }
    if let Some(role) = app_role {
        grant(&mut conn, role, &[own, "messaging", "fleet"]).await?;
    }
    conn.close().await?;
    Ok(())
}

/// The schema of a read model, which everybody who connects finds first. Tables from before it had one
/// move there.
const HOME_OF_A_MODEL: &str = "
    do $$
    declare
        moved text;
    begin
        if to_regnamespace('model') is null then
            create schema model;
            for moved in select tablename from pg_tables where schemaname = 'public' loop
                execute format('alter table public.%I set schema model', moved);
            end loop;
        end if;
        execute format('alter database %I set search_path = model, public', current_database());
    end $$";

/// Brings a service's own tables in one schema to this build's version.
pub(crate) async fn migrate_in(
    conn: &mut PgConnection,
    schema: &str,
    service: &Migrator,
) -> Result<(), Error> {
    let path = format!("set search_path = {schema}, public");
    sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut *conn).await?;
    service.run(&mut *conn).await?;
    sqlx::raw_sql("reset search_path").execute(conn).await?;
    Ok(())
}

/// The tables that every service has: messaging's and the fleet's.
pub async fn migrate_shared(conn: &mut PgConnection) -> Result<(), Error> {
    messaging::migrate(&mut *conn).await?;
    fleet().run(conn).await?;
    Ok(())
}

/// The app role reads and writes rows and changes no table; the outbox may also be rotated by it.
pub(crate) async fn grant(
    conn: &mut PgConnection,
    role: &str,
    schemas: &[&str],
) -> Result<(), Error> {
    let plain = role.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if !plain {
        let reason = "expected lower-case letters and underscores".to_owned();
        return Err(Error::WrongSetting { name: "APP_ROLE", reason });
    }
    for schema in schemas {
        let statements = format!(
            "grant usage on schema {schema} to {role};
             grant select, insert, update, delete on all tables in schema {schema} to {role};
             grant usage on all sequences in schema {schema} to {role};
             grant execute on all functions in schema {schema} to {role};"
        );
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *conn).await?;
    }
    if !schemas.contains(&"messaging") {
        return Ok(());
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
