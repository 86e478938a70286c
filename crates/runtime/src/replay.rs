//! Rebuilding a read model from the log: tables made anew beside the live ones, which they replace.
//!
//! A service whose own tables are all made of other services' events keeps them in a schema of their
//! own. The same migrations make them again under another name, a replay fills them, and renaming the
//! schemas swaps them in one transaction with the consumer's marks.

use std::time::Duration;

use futures::future::BoxFuture;
use messaging::Projections;
use messaging::replay::{Progress, Replay, Start, Tables};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::{App, Error, database};

/// The schema that the service works with.
pub(crate) const LIVE: &str = "model";
/// The one that a replay fills.
const NEW: &str = "model_new";
/// The one that was live before, kept for the way back.
const REPLACED: &str = "model_replaced";

/// What a service does with its rows after projecting.
type Settle = for<'a> fn(&'a mut PgConnection) -> BoxFuture<'a, Result<(), Error>>;

/// A read model: all tables of a service, made of events by projections and nothing else.
#[derive(Debug)]
pub struct Model {
    projections: Projections,
    settle: Settle,
}

impl Model {
    /// What these projections keep.
    #[must_use]
    pub fn new(projections: Projections) -> Self {
        Self { projections, settle: |_| Box::pin(async { Ok(()) }) }
    }

    /// The projections.
    #[must_use]
    pub fn projections(&self) -> Projections {
        self.projections.clone()
    }

    /// And what is made of that in a further step.
    #[must_use]
    pub fn settled_by(self, settle: Settle) -> Self {
        Self { settle, ..self }
    }
}

/// A read model that is to be rebuilt, as the owner of its database.
#[derive(Debug)]
pub struct Rebuild {
    service: &'static str,
    model: Model,
    migrations: &'static sqlx::migrate::Migrator,
    url: SecretString,
    brokers: String,
    role: Option<String>,
}

/// What a rebuild would do.
#[derive(Debug)]
pub struct Plan {
    /// Records of each topic that would be read.
    pub records: Vec<(&'static str, u64)>,
    /// Rows of each table that would be replaced.
    pub rows: Vec<(String, i64)>,
    /// Whether there are replaced tables to go back to.
    pub replaced: bool,
}

impl Rebuild {
    /// A rebuild of the service's read model; none if it has other tables too, or none at all. `role`
    /// is the one that works with the tables.
    pub fn of<A: App>(url: SecretString, brokers: String, role: Option<String>) -> Option<Self> {
        let (model, migrations) = (A::model()?, A::migrations()?);
        Some(Self { service: A::NAME, model, migrations, url, brokers, role })
    }

    /// Looks what there is, and changes nothing.
    pub async fn plan(&self) -> Result<Plan, Error> {
        let mut conn = PgConnection::connect(self.url.expose_secret()).await?;
        let mut rows = Vec::new();
        for table in tables(&mut conn, LIVE).await? {
            let count = AssertSqlSafe(format!("select count(*) from {LIVE}.{table}"));
            rows.push((table, sqlx::query_scalar(count).fetch_one(&mut conn).await?));
        }
        let replaced = exists(&mut conn, REPLACED).await?;
        let records = self.replay(NEW).await?.records().await?;
        Ok(Plan { records, rows, replaced })
    }

    /// Fills tables anew from the first event on, beside the live ones, and replaces them.
    pub async fn run(self, tell: impl FnMut(Progress) + Send) -> Result<Progress, Error> {
        self.swap_for(NEW, Start::TheBeginning, tell).await
    }

    /// Brings the replaced tables up to date and goes back to them; the others are replaced then.
    pub async fn back(self, tell: impl FnMut(Progress) + Send) -> Result<Progress, Error> {
        self.swap_for(REPLACED, Start::Replaced, tell).await
    }

    async fn swap_for(
        self,
        schema: &'static str,
        from: Start,
        tell: impl FnMut(Progress) + Send,
    ) -> Result<Progress, Error> {
        let mut conn = PgConnection::connect(self.url.expose_secret()).await?;
        let alone = "select pg_try_advisory_lock(hashtextextended('flotilla replay', 0))";
        if !sqlx::query_scalar::<_, bool>(alone).fetch_one(&mut conn).await? {
            return Err(Error::other("replaying", "another replay is at work"));
        }
        if from == Start::TheBeginning {
            let make = format!("drop schema if exists {NEW} cascade; create schema {NEW}");
            sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut conn).await?;
        } else if !exists(&mut conn, REPLACED).await? {
            return Err(Error::other("going back", "no tables were replaced"));
        }
        database::migrate_in(&mut conn, schema, self.migrations).await?;
        if let Some(role) = &self.role {
            database::grant(&mut conn, role, &[schema]).await?;
        }
        let swap = Swap { schema, settle: self.model.settle };
        let replay = self.replay(schema).await?;
        let done = replay.run(from, &swap, tell).await?;
        conn.close().await?;
        Ok(done)
    }

    async fn replay(&self, schema: &str) -> Result<Replay, Error> {
        let options: PgConnectOptions = self.url.expose_secret().parse()?;
        let path = format!("{schema},public");
        // The swap flushes everything before it, and nobody else needs these rows.
        let options = options.application_name("replay").options([
            ("search_path", path.as_str()),
            ("synchronous_commit", "off"),
            ("jit", "off"),
        ]);
        let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(Duration::from_secs(10));
        let pool: PgPool = pool.connect_with(options).await?;
        Ok(Replay::new(self.service, &self.brokers, pool, self.model.projections.clone()))
    }
}

/// The schemas of a rebuild.
struct Swap {
    schema: &'static str,
    settle: Settle,
}

impl Tables for Swap {
    async fn settle(&self, conn: &mut PgConnection) -> Result<(), messaging::Error> {
        (self.settle)(conn).await.map_err(|error| messaging::Error::Replay(error.to_string()))
    }

    async fn lock(&self, conn: &mut PgConnection) -> Result<(), messaging::Error> {
        for table in tables(conn, LIVE).await? {
            let lock = format!("lock table {LIVE}.{table} in share row exclusive mode");
            sqlx::query(AssertSqlSafe(lock)).execute(&mut *conn).await?;
        }
        Ok(())
    }

    async fn swap(&self, conn: &mut PgConnection) -> Result<(), messaging::Error> {
        let forget = if self.schema == NEW {
            format!("drop schema if exists {REPLACED} cascade;")
        } else {
            String::new()
        };
        let rename = format!(
            "{forget} alter schema {LIVE} rename to model_leaving;
             alter schema {} rename to {LIVE};
             alter schema model_leaving rename to {REPLACED}",
            self.schema,
        );
        sqlx::raw_sql(AssertSqlSafe(rename)).execute(conn).await?;
        Ok(())
    }
}

/// The tables of a schema, quoted, in one order.
async fn tables(conn: &mut PgConnection, schema: &str) -> Result<Vec<String>, sqlx::Error> {
    let tables = "select quote_ident(tablename) from pg_tables where schemaname = $1 order by 1";
    sqlx::query_scalar(tables).bind(schema).fetch_all(conn).await
}

async fn exists(conn: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select to_regnamespace($1) is not null").bind(schema).fetch_one(conn).await
}
