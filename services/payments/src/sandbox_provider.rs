//! The provider that the sandbox plays, over its HTTP API.

use std::time::Duration;

use kernel::{Money, PaymentId};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;
use web::client::{Answer, CallError, Client};

use crate::config::Config;
use crate::domain::payment::Fact;
use crate::domain::work::{Seen, SeenStatus};
use crate::provider::{Provider, ProviderError, Session};

/// A client of the sandbox. Copies share its limits.
#[derive(Clone, Debug)]
pub(crate) struct SandboxProvider {
    client: Client,
    key: SecretString,
}

/// An authorization as the sandbox writes it, in answers and in webhooks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Authorization {
    pub(crate) id: String,
    /// Our payment id.
    pub(crate) reference: String,
    status: Status,
    reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Pending,
    Authorized,
    Declined,
    Captured,
    Voided,
    Refunded,
}

#[derive(Deserialize)]
struct Opened {
    id: String,
    url: String,
}

#[derive(Deserialize)]
struct Found {
    authorizations: Vec<Authorization>,
}

impl From<Authorization> for Seen {
    fn from(known: Authorization) -> Self {
        let status = match known.status {
            Status::Pending => SeenStatus::Pending,
            Status::Authorized => SeenStatus::Settled(Fact::Authorized),
            Status::Captured => SeenStatus::Settled(Fact::Captured),
            Status::Voided => SeenStatus::Settled(Fact::Voided),
            Status::Refunded => SeenStatus::Settled(Fact::Refunded),
            Status::Declined => {
                let reason = known.reason.unwrap_or_else(|| "the card was refused".to_owned());
                SeenStatus::Settled(Fact::Declined { reason })
            }
        };
        Self { authorization: known.id, status }
    }
}

impl SandboxProvider {
    pub(crate) fn new(config: &Config) -> Result<Self, ProviderError> {
        let timeout = Duration::from_millis(config.payment_provider_timeout_ms);
        let base = config.payment_provider_url.as_str();
        let client = Client::new("payment provider", base, timeout)?;
        Ok(Self { client, key: config.payment_api_key.clone() })
    }

    async fn advance(
        &self,
        authorization: &str,
        action: &str,
        key: &str,
    ) -> Result<Seen, ProviderError> {
        let path = format!("/v1/authorizations/{authorization}/{action}");
        let call = self.client.post(&path).bearer(self.key.expose_secret());
        // A plain header: the client must not try again by itself before the outcome was looked up.
        let answer = accepted(call.header("idempotency-key", key).send().await?)?;
        Ok(answer.json::<Authorization>()?.into())
    }
}

impl Provider for SandboxProvider {
    async fn open_session(
        &self,
        payment: PaymentId,
        amount: Money,
        return_url: &Url,
        key: &str,
    ) -> Result<Session, ProviderError> {
        let body = json!({
            "amount_minor": amount.minor(),
            "currency": amount.currency(),
            "reference": payment,
            "return_url": return_url,
        });
        let call = self.client.post("/v1/sessions").bearer(self.key.expose_secret());
        let answer = accepted(call.idempotency_key(key).json(&body).send().await?)?;
        let Opened { id, url } = answer.json()?;
        Ok(Session { id, url })
    }

    async fn authorize(
        &self,
        payment: PaymentId,
        session: &str,
        amount: Money,
        key: &str,
    ) -> Result<Seen, ProviderError> {
        let body =
            json!({ "session": session, "reference": payment, "amount_minor": amount.minor() });
        let call = self.client.post("/v1/authorizations").bearer(self.key.expose_secret());
        let answer = accepted(call.header("idempotency-key", key).json(&body).send().await?)?;
        Ok(answer.json::<Authorization>()?.into())
    }

    async fn capture(&self, authorization: &str, key: &str) -> Result<Seen, ProviderError> {
        self.advance(authorization, "capture", key).await
    }

    async fn void(&self, authorization: &str, key: &str) -> Result<Seen, ProviderError> {
        self.advance(authorization, "void", key).await
    }

    async fn refund(&self, authorization: &str, key: &str) -> Result<Seen, ProviderError> {
        self.advance(authorization, "refund", key).await
    }

    async fn find(&self, payment: PaymentId) -> Result<Option<Seen>, ProviderError> {
        let path = format!("/v1/authorizations?reference={payment}");
        let answer =
            accepted(self.client.get(&path).bearer(self.key.expose_secret()).send().await?)?;
        let found: Found = answer.json()?;
        Ok(found.authorizations.into_iter().next_back().map(Seen::from))
    }
}

fn accepted(answer: Answer) -> Result<Answer, ProviderError> {
    match answer.status.as_u16() {
        200..=299 => Ok(answer),
        409 => Err(ProviderError::WrongState),
        429 | 500..=599 => Err(ProviderError::Down(answer.status.as_u16())),
        400..=499 => Err(ProviderError::Refused(answer.status.as_u16())),
        status => {
            let reason = format!("status {status}");
            Err(CallError::Unreadable { callee: answer.callee, reason }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use messaging::{Classify as _, ErrorClass};

    use super::*;

    #[test]
    fn a_status_says_whether_asking_again_may_help() {
        let class = |status: u16| {
            let status = http::StatusCode::from_u16(status).unwrap();
            let (headers, body) = (http::HeaderMap::new(), axum::body::Bytes::new());
            let answer = Answer { callee: "provider", status, headers, body };
            accepted(answer).map(drop).map_err(|error| error.class())
        };

        assert_eq!((class(200), class(201)), (Ok(()), Ok(())));
        for status in [429, 500, 503] {
            assert_eq!(class(status), Err(ErrorClass::Unavailable), "{status}");
        }
        assert_eq!((class(409), class(302)), (Err(ErrorClass::Later), Err(ErrorClass::Later)));
        assert_eq!(
            (class(400), class(404)),
            (Err(ErrorClass::Permanent), Err(ErrorClass::Permanent))
        );
    }
}
