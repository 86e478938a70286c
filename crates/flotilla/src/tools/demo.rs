//! `flotilla demo`: accounts to try and a catalogue to look at, all through the doors that everybody uses.

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use sqlx::PgPool;

use super::api::Api;
use super::import;

#[derive(Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    api: Api,
    /// The services' databases, with `{service}` in the place of the name.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide_env_values = true)]
    database_url_template: String,
}

/// The categories, in the order in which the shop shows them.
const CATEGORIES: [&str; 8] =
    ["Apparel", "Bags", "Galley", "Home", "Lamps", "Maps and Books", "Tools", "Toys"];

/// The demo shopper. Everybody may know the password: the shop is on a laptop.
const SHOPPER: (&str, &str, &str) = ("ada@flotilla.test", "calm seas ahead", "Ada Lovelace");

impl Demo {
    pub(crate) async fn run(self) -> Result<()> {
        let db = PgPool::connect(&self.database_url_template.replace("{service}", "auth")).await?;
        let Api { staff_email, staff_password, public_url } = &self.api;
        auth::create_staff(&db, staff_email, staff_password, "Grace Hopper").await?;
        auth::create_shopper(&db, SHOPPER.0, SHOPPER.1, SHOPPER.2).await?;

        let session = self.api.sign_in().await?;
        session.known_to(&["catalog", "pricing"]).await?;
        for (position, name) in CATEGORIES.iter().enumerate() {
            let body = json!({ "name": name, "position": position + 1 });
            session.post("/api/catalog/v1/categories", &body).await?;
        }
        import::send(&session, catalog::DEMO_CSV.into(), kernel::Currency::EUR)
            .await
            .context("demo catalogue")?;
        let coupon = json!({
            "code": "WELCOME10",
            "percent": 10,
            "use_limit": 10_000,
        });
        session.post("/api/pricing/v1/coupons", &coupon).await.context("demo coupon")?;

        println!("  shopper   {} / {}", SHOPPER.0, SHOPPER.1);
        println!("  staff     {staff_email} / {staff_password}   at {public_url}/admin");
        println!("  coupon    WELCOME10 takes 10 % off");
        println!("  card      4242 4242 4242 4242, any date to come, any code");
        Ok(())
    }
}
