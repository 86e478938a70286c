//! How the back office asks the services: their public API, with the caller's own token.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use web::Caller;
use web::client::{Answer, Call, Client};

use crate::Config;
use crate::error::Error;

/// One client for each service.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    clients: Vec<(&'static str, Client)>,
}

/// A list's page.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

impl Api {
    pub(crate) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let addresses = [
            ("auth", &config.auth_url),
            ("catalog", &config.catalog_url),
            ("inventory", &config.inventory_url),
            ("notifications", &config.notifications_url),
            ("orders", &config.orders_url),
            ("payments", &config.payments_url),
            ("pricing", &config.pricing_url),
            ("search", &config.search_url),
            ("shipping", &config.shipping_url),
        ];
        let clients: Result<Vec<_>, reqwest::Error> = addresses
            .into_iter()
            .map(|(name, url)| Ok((name, Client::new(name, url, Duration::from_secs(10))?)))
            .collect();
        Ok(Self { clients: clients? })
    }

    /// The services that keep parked messages.
    pub(crate) fn services(&self) -> impl Iterator<Item = &'static str> {
        self.clients.iter().map(|(name, _)| *name)
    }

    fn call(&self, method: Method, path: &str, caller: &Caller) -> Result<Call<'_>, Error> {
        let service = path.split('/').nth(2).unwrap_or_default();
        let client = self.clients.iter().find(|(name, _)| *name == service);
        let refused = || Error::Refused {
            status: StatusCode::NOT_FOUND,
            detail: format!("no service answers {path}"),
        };
        let (_, client) = client.ok_or_else(refused)?;
        Ok(client.call(method, path).bearer(&caller.token))
    }

    /// Asks for something, `/api/<service>/…`.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        caller: &Caller,
    ) -> Result<T, Error> {
        let answer = self.call(Method::GET, path, caller)?.send().await?;
        Ok(good(answer)?.json()?)
    }

    /// Has something done. `version`: for `If-Match`; `key`: so that a form sent twice counts once.
    pub(crate) async fn post(
        &self,
        path: &str,
        caller: &Caller,
        version: Option<i64>,
        key: Option<&str>,
        body: &impl Serialize,
    ) -> Result<Value, Error> {
        let mut call = self.call(Method::POST, path, caller)?.json(body);
        if let Some(version) = version {
            call = call.header("if-match", &format!("\"{version}\""));
        }
        if let Some(key) = key {
            call = call.idempotency_key(key);
        }
        let answer = good(call.send().await?)?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Sends a file. `key`: so that a form sent twice counts once.
    pub(crate) async fn upload(
        &self,
        path: &str,
        caller: &Caller,
        kind: &str,
        key: Option<&str>,
        body: bytes::Bytes,
    ) -> Result<Value, Error> {
        let mut call = self.call(Method::POST, path, caller)?.header("content-type", kind);
        if let Some(key) = key {
            call = call.idempotency_key(key);
        }
        let call = call.body(body);
        Ok(good(call.send().await?)?.json()?)
    }
}

/// A good answer, or what the problem says in words.
fn good(answer: Answer) -> Result<Answer, Error> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    if answer.status == StatusCode::UNAUTHORIZED {
        return Err(Error::NotSignedIn);
    }
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut detail = problem["detail"].as_str().unwrap_or("the service refused").to_owned();
    for error in problem["errors"].as_array().into_iter().flatten() {
        let field = error["field"].as_str().unwrap_or("the whole");
        let message = error["message"].as_str().unwrap_or_default();
        detail.push_str(&format!(" — {field}: {message}"));
    }
    Err(Error::Refused { status: answer.status, detail })
}
