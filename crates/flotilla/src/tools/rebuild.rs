//! `flotilla search-rebuild`: empties the product read model, so that search reads all events again.

use anyhow::Result;
use clap::Args;
use sqlx::PgPool;

#[derive(Args)]
pub(crate) struct Rebuild {
    /// The services' databases, with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: String,
}

impl Rebuild {
    pub(crate) async fn run(self) -> Result<()> {
        let db =
            PgPool::connect(&self.database_url_template.replace("{service}", "search")).await?;
        search::rebuild(&db).await?;
        println!("the read model is empty; start search and it reads every event again");
        Ok(())
    }
}
