//! The shop's public API, as tools use it: through the gateway, signed in like anybody else.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};
use web::client::{Answer, Client};

/// Where the shop is and who asks.
#[derive(Args)]
pub(crate) struct Api {
    /// The shop's address.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://localhost:8080")]
    pub(crate) public_url: String,
    /// E-mail of a staff account.
    #[arg(long, env = "STAFF_EMAIL", default_value = "staff@flotilla.test")]
    pub(crate) staff_email: String,
    /// Its password.
    #[arg(long, env = "STAFF_PASSWORD", hide_env_values = true, default_value = "anchors aweigh")]
    pub(crate) staff_password: String,
}

/// A signed-in session.
pub(crate) struct Session {
    client: Client,
    token: String,
}

impl Api {
    pub(crate) async fn sign_in(&self) -> Result<Session> {
        let client = Client::new("the shop", &self.public_url, Duration::from_secs(30))?;
        let body = json!({ "email": self.staff_email, "password": self.staff_password });
        let answer = client.post("/api/auth/v1/sessions").json(&body).send().await?;
        let answer = good(answer).with_context(|| format!("signing in as {}", self.staff_email))?;
        let token = answer["access_token"].as_str().context("no access token")?.to_owned();
        Ok(Session { client, token })
    }
}

impl Session {
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        good(self.client.get(path).bearer(&self.token).send().await?)
            .with_context(|| path.to_owned())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let key = kernel::QuoteId::new().to_string();
        let call = self.client.post(path).bearer(&self.token).idempotency_key(&key).json(body);
        good(call.send().await?).with_context(|| path.to_owned())
    }

    /// Waits until services have heard of the key that signed this session's token: on the first start
    /// of a fleet that takes a moment.
    pub(crate) async fn known_to(&self, services: &[&str]) -> Result<()> {
        for service in services {
            let path = format!("/api/{service}/v1/parked");
            let mut tries = 0;
            while let Err(error) = self.get(&path).await {
                tries += 1;
                if tries == 100 {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }

    pub(crate) async fn upload(&self, path: &str, kind: &str, body: Vec<u8>) -> Result<Value> {
        let call = self.client.post(path).bearer(&self.token).header("content-type", kind);
        good(call.body(body).send().await?).with_context(|| path.to_owned())
    }
}

/// The answer's JSON, or the problem in words.
fn good(answer: Answer) -> Result<Value> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        return Ok(json);
    }
    let detail = json["detail"].as_str().unwrap_or("no detail");
    let errors = json["errors"].as_array().map(|errors| json!(errors).to_string());
    bail!("{} {detail} {}", answer.status, errors.unwrap_or_default())
}
