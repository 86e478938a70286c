//! `flotilla admin create-staff`: the first account that runs the shop, made where the database is.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use sqlx::PgPool;

#[derive(Subcommand)]
pub(crate) enum Admin {
    /// Makes an account that runs the shop; a known one gets the role and keeps its password.
    CreateStaff(Staff),
}

#[derive(Args)]
pub(crate) struct Staff {
    /// The account's e-mail address.
    #[arg(long)]
    email: String,
    /// The account's name.
    #[arg(long, default_value = "Staff")]
    name: String,
    /// Its password; at least 8 characters.
    #[arg(long, env = "STAFF_PASSWORD", hide_env_values = true)]
    password: String,
    /// The database of auth.
    #[arg(long, env = "AUTH_DATABASE_URL", hide_env_values = true)]
    auth_database_url: Option<String>,
    /// The same with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: Option<String>,
}

impl Admin {
    pub(crate) async fn run(self) -> Result<()> {
        let Self::CreateStaff(staff) = self;
        let url = staff
            .auth_database_url
            .or_else(|| staff.database_url_template.map(|url| url.replace("{service}", "auth")))
            .context("missing setting AUTH_DATABASE_URL")?;
        let db = PgPool::connect(&url).await?;
        let account = auth::create_staff(&db, &staff.email, &staff.password, &staff.name).await?;
        println!("{account} runs the shop as {}", staff.email);
        Ok(())
    }
}
