//! Where a trial takes place: a fresh database and fresh topics on a Postgres and a Kafka.

use std::time::Duration;

use messaging::{TopicSpec, create_topics, migrate};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::identity::{ECHOES, FACTS, PARTITIONS};

const PATIENCE: Duration = Duration::from_secs(40);

/// What the harness keeps: aggregates, the writers' and the worker's truth, the effects, calls outside,
/// and the keys that handlers refuse.
const TABLES: &str = "
    create table aggregate (key text primary key, version bigint not null default 0);
    create table ledger (key text, version bigint, nonce uuid, readable boolean);
    create table effect (seq bigint generated always as identity, key text, version bigint, nonce uuid);
    create table echo (seq bigint generated always as identity, key text, version bigint, nonce uuid);
    create table called (idempotency_key uuid, nonce uuid);
    create table poison (key text primary key);";

/// Where the parts are, and which database is the trial's.
#[derive(Clone, Debug)]
pub struct Ground {
    server: PgConnectOptions,
    /// The name of the trial's database, and of the consumer.
    pub name: String,
    /// Kafka's bootstrap servers.
    pub brokers: String,
}

impl Ground {
    /// A place on these parts; `url` is a superuser's.
    ///
    /// # Errors
    /// It is no URL.
    pub fn new(url: &str, brokers: &str, name: &str) -> Result<Self, Error> {
        let server = url.parse()?;
        Ok(Self { server, name: name.to_owned(), brokers: brokers.to_owned() })
    }

    /// Connects to the trial's database.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name).options([("jit", "off")])
    }

    /// Connects to another database of the same server.
    #[must_use]
    pub fn neighbour(&self) -> PgConnectOptions {
        self.server.clone().database("postgres")
    }

    /// A pool for those who may stay in a transaction for as long as they like.
    #[must_use]
    pub fn patient_pool(&self, most: u32) -> PgPool {
        PgPoolOptions::new().max_connections(most).connect_lazy_with(self.options())
    }

    /// A pool as a service has it.
    #[must_use]
    pub fn pool(&self, most: u32) -> PgPool {
        let options = self.options().options([
            ("statement_timeout", "15s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "10s"),
        ]);
        PgPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(Duration::from_secs(3))
            .test_before_acquire(false)
            .connect_lazy_with(options)
    }

    /// Makes database, tables and topics anew.
    ///
    /// # Errors
    /// A part does not do it.
    pub async fn prepare(&self) -> Result<(), Error> {
        let mut conn = self.neighbour().connect().await?;
        let name = &self.name;
        for statement in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name}"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await?;
        }
        conn.close().await?;
        let mut conn = PgConnection::connect_with(&self.options()).await?;
        migrate(&mut conn).await?;
        sqlx::raw_sql(TABLES).execute(&mut conn).await?;
        conn.close().await?;
        self.fresh_topics().await
    }

    async fn fresh_topics(&self) -> Result<(), Error> {
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.brokers).create()?;
        let _absent = admin.delete_topics(&[FACTS, ECHOES], &AdminOptions::new()).await?;
        let spec = |name: &str| TopicSpec {
            name: name.to_owned(),
            partitions: PARTITIONS,
            retention_ms: -1,
        };
        let until = Instant::now() + PATIENCE;
        for spec in [spec(FACTS), spec(ECHOES)] {
            // The old one goes in its own time.
            loop {
                let made = create_topics(&self.brokers, std::slice::from_ref(&spec)).await;
                if made.is_ok_and(|made| made.created.len() == 1) {
                    break;
                }
                if Instant::now() > until {
                    return Err(Error::Overdue(format!("{} was not made anew", spec.name)));
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }
}
