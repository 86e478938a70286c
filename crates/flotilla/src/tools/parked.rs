//! `flotilla parked list|retry|skip`: messages that a consumer could not handle wait for a person.

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use sqlx::{Connection as _, PgConnection};

use crate::services;

#[derive(Subcommand)]
pub(crate) enum Parked {
    /// Lists what waits, in every service.
    List(Database),
    /// Has a key tried again now, from its first message on.
    Retry(Decision),
    /// Gives a message up and goes on with those behind it.
    Skip(Decision),
}

#[derive(Args)]
pub(crate) struct Database {
    /// The services' databases, with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: String,
}

#[derive(Args)]
pub(crate) struct Decision {
    /// The service that holds the message.
    service: String,
    /// The message's number in the list.
    pub(super) id: i64,
    /// Why; kept with the decision.
    #[arg(long)]
    pub(super) reason: String,
    /// Who decides.
    #[arg(long, env = "USER", default_value = "unknown")]
    pub(super) actor: String,
    #[command(flatten)]
    database: Database,
}

impl Database {
    pub(super) async fn connect(&self, service: &str) -> Result<PgConnection> {
        let url = self.database_url_template.replace("{service}", service);
        PgConnection::connect(&url).await.with_context(|| service.to_owned())
    }
}

impl Parked {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::List(database) => list(&database).await,
            Self::Retry(decision) => {
                let mut conn = decision.connect().await?;
                let Decision { id, actor, reason, .. } = &decision;
                let done = messaging::parking::retry(&mut conn, *id, actor, reason).await?;
                ensure!(done, "message {id} waits no more");
                println!("message {id} and those behind it are tried again");
                Ok(())
            }
            Self::Skip(decision) => {
                let mut conn = decision.connect().await?;
                let Decision { id, actor, reason, .. } = &decision;
                let done = messaging::parking::skip(&mut conn, *id, actor, reason).await?;
                ensure!(done, "message {id} waits no more");
                println!("message {id} is given up");
                Ok(())
            }
        }
    }
}

impl Decision {
    pub(super) async fn connect(&self) -> Result<PgConnection> {
        let known = services::with_database().any(|service| service.name == self.service);
        if !known {
            bail!("no service with a database is called {}", self.service);
        }
        self.database.connect(&self.service).await
    }
}

async fn list(database: &Database) -> Result<()> {
    let mut found = 0;
    for service in services::with_database() {
        let mut conn = database.connect(service.name).await?;
        for message in messaging::parking::list(&mut conn, 100).await? {
            found += 1;
            let error = message.last_error.as_deref().unwrap_or("waits behind another");
            println!(
                "{:<13} {:>6}  {:<9} {} {} {}: {error}",
                service.name,
                message.id,
                message.state,
                message.event_type,
                message.key,
                message.parked_at.date(),
            );
        }
    }
    println!("{found} messages wait");
    Ok(())
}
