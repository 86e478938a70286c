//! `flotilla replay`: fills the tables of a read model anew from the events, and swaps them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use messaging::replay::Progress;
use runtime::Rebuild;

use crate::services;

#[derive(Args)]
pub(crate) struct Replay {
    /// The service whose read model it is.
    service: String,
    /// Says what would be read and what replaced, and does nothing.
    #[arg(long)]
    dry_run: bool,
    /// Goes back to the tables that were replaced last, after bringing them up to date.
    #[arg(long, conflicts_with = "dry_run")]
    back: bool,
    /// The service's database as its owner.
    #[arg(long, env = "MIGRATE_DATABASE_URL", hide_env_values = true)]
    migrate_database_url: Option<String>,
    /// The same, with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: Option<String>,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: String,
    /// The role that works with the tables; `<service>_app` when absent.
    #[arg(long, env = "APP_ROLE")]
    app_role: Option<String>,
}

impl Replay {
    pub(crate) async fn run(self) -> Result<()> {
        let Some(service) = services::find(&self.service) else {
            bail!("no service is called {}", self.service)
        };
        let template = || Some(self.database_url_template?.replace("{service}", service.name));
        let url = self.migrate_database_url.or_else(template);
        let url = url.context("missing setting MIGRATE_DATABASE_URL")?;
        let role = self.app_role.unwrap_or_else(|| format!("{}_app", service.name));
        let rebuild = (service.rebuild)(url.into(), self.kafka_brokers, Some(role));
        let name = service.name;
        let rebuild =
            rebuild.with_context(|| format!("{name} has tables that events alone do not make"))?;
        if self.dry_run {
            return plan(&rebuild).await;
        }
        let mut told = Instant::now();
        let tell = move |progress: Progress| {
            if told.elapsed() >= Duration::from_secs(1) {
                told = Instant::now();
                println!("{} read, {} to go", progress.read, progress.left);
            }
        };
        let done = if self.back { rebuild.back(tell).await? } else { rebuild.run(tell).await? };
        let seconds = done.elapsed.as_secs_f32();
        println!("{} read in {seconds:.1} s; the tables are swapped", done.read);
        println!("the others are kept: flotilla replay {name} --back");
        Ok(())
    }
}

async fn plan(rebuild: &Rebuild) -> Result<()> {
    let plan = rebuild.plan().await?;
    println!("would be read:");
    for (topic, records) in plan.records {
        println!("  {records:>12}  {topic}");
    }
    println!("would be replaced:");
    for (table, rows) in plan.rows {
        println!("  {rows:>12}  {table}");
    }
    if plan.replaced {
        println!("the tables that were replaced last would be dropped");
    }
    Ok(())
}
