//! A database, an owner and an app role for each service on one server: what a cluster's operator does in production.

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::services;

#[derive(Args)]
pub(crate) struct Databases {
    /// A superuser's URL of the server.
    #[arg(long, env = "ADMIN_DATABASE_URL", hide_env_values = true)]
    admin_database_url: String,
    /// The password of the roles that own tables.
    #[arg(long, env = "DATABASE_OWNER_PASSWORD", hide_env_values = true)]
    database_owner_password: String,
    /// The password of the roles that services work as.
    #[arg(long, env = "DATABASE_APP_PASSWORD", hide_env_values = true)]
    database_app_password: String,
}

impl Databases {
    pub(crate) async fn run(self) -> Result<()> {
        let mut conn =
            PgConnection::connect(&self.admin_database_url).await.context("ADMIN_DATABASE_URL")?;
        for service in services::with_database() {
            self.make(&mut conn, service.name).await.with_context(|| service.name.to_owned())?;
        }
        Ok(())
    }

    async fn make(&self, conn: &mut PgConnection, service: &str) -> Result<()> {
        let (owner, app) = (format!("{service}_owner"), format!("{service}_app"));
        role(conn, &owner, &self.database_owner_password).await?;
        role(conn, &app, &self.database_app_password).await?;
        let known: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(service)
                .fetch_one(&mut *conn)
                .await?;
        if !known {
            run(conn, format!("create database {service} owner {owner}")).await?;
        }
        run(conn, format!("revoke connect, temporary on database {service} from public")).await?;
        run(conn, format!("grant connect on database {service} to {app}, {owner}")).await
    }
}

async fn role(conn: &mut PgConnection, name: &str, password: &str) -> Result<()> {
    let plain = password.bytes().all(|byte| byte.is_ascii_alphanumeric());
    ensure!(plain && !password.is_empty(), "passwords of local roles are letters and digits");
    let known: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(name)
        .fetch_one(&mut *conn)
        .await?;
    let verb = if known { "alter" } else { "create" };
    run(conn, format!("{verb} role {name} login password '{password}'")).await
}

async fn run(conn: &mut PgConnection, statement: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await?;
    Ok(())
}
