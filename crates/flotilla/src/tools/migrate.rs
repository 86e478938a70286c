//! `flotilla migrate`: the owner role brings tables to this build's schema; services never do.

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::services;

#[derive(Args)]
pub(crate) struct Migrate {
    /// The service, or `all`.
    service: String,
    /// The service's database as its owner.
    #[arg(long, env = "MIGRATE_DATABASE_URL", hide_env_values = true)]
    migrate_database_url: Option<String>,
    /// The same for `all`, with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: Option<String>,
    /// The role that works with the tables; `<service>_app` when absent.
    #[arg(long, env = "APP_ROLE")]
    app_role: Option<String>,
}

impl Migrate {
    pub(crate) async fn run(self) -> Result<()> {
        if self.service == "all" {
            let template =
                self.database_url_template.context("missing setting DATABASE_URL_TEMPLATE")?;
            for service in services::with_database() {
                let url = template.replace("{service}", service.name);
                one(service, url, None).await.with_context(|| service.name.to_owned())?;
            }
            return Ok(());
        }
        let Some(service) = services::find(&self.service) else {
            bail!("no service is called {}", self.service)
        };
        let url = self.migrate_database_url.context("missing setting MIGRATE_DATABASE_URL")?;
        one(service, url, self.app_role).await
    }
}

async fn one(service: &services::Entry, url: String, app_role: Option<String>) -> Result<()> {
    let role = app_role.unwrap_or_else(|| format!("{}_app", service.name));
    Ok((service.migrate)(&url.into(), Some(&role)).await?)
}
