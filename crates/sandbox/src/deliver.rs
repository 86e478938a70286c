//! Delivers a webhook until it is taken: pauses grow from 0.1 s to 5 s, each try is signed anew.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Semaphore;
use url::Url;

use crate::{Error, signature};

/// Most webhooks under way at once.
const AT_ONCE: usize = 16;
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Posts to one address. Copies share the limit.
#[derive(Clone, Debug)]
pub(crate) struct Courier {
    http: reqwest::Client,
    url: Url,
    secret: SecretString,
    places: Arc<Semaphore>,
}

impl Courier {
    pub(crate) fn new(url: Url, secret: SecretString) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, url, secret, places: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Returns when the receiver has answered 2xx.
    pub(crate) async fn deliver(&self, body: &str) {
        let mut pause = SHORTEST;
        while !self.once(body).await {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    async fn once(&self, body: &str) -> bool {
        let _place = self.places.acquire().await;
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(signature::HEADER, signature::sign(&self.secret, body))
            .body(body.to_owned());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::info!(status = answer.status().as_u16(), "webhook refused; again later");
                false
            }
            Err(error) => {
                tracing::info!(%error, "webhook not delivered; again later");
                false
            }
        }
    }
}
