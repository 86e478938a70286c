//! The carrier, over its HTTP API.

use std::time::Duration;

use kernel::ShipmentId;
use messaging::{Classify, ErrorClass};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use web::client::{Answer, CallError, Client};

use crate::config::Config;
use crate::store::shipments::Destination;

/// The name under which the others know it.
pub(crate) const NAME: &str = "Pronto";

/// A client of the carrier. Copies share its limits.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    client: Client,
    key: SecretString,
}

/// A booking as the carrier writes it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Booking {
    pub(crate) id: String,
    pub(crate) tracking_number: String,
}

#[derive(Deserialize)]
struct Found {
    shipments: Vec<Booking>,
}

/// Why the carrier gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// Nobody was reached: nothing can have happened.
    #[error("not reached")]
    Unreachable(#[source] CallError),
    /// No answer, or one that cannot be read: what happened is unknown.
    #[error("the outcome is unknown")]
    Unknown(#[source] CallError),
    /// The carrier itself is in trouble (5xx, 429).
    #[error("answered {0}")]
    Down(u16),
    /// The parcel has been picked up (409).
    #[error("the parcel has left")]
    TooLate,
    /// The carrier will never accept this (other 4xx).
    #[error("refused with {0}")]
    Refused(u16),
    /// A client cannot be made.
    #[error("no client: {0}")]
    Client(#[from] reqwest::Error),
}

impl From<CallError> for CarrierError {
    fn from(error: CallError) -> Self {
        match &error {
            CallError::Busy(_) => Self::Unreachable(error),
            CallError::NoAnswer { source, .. } if source.is_connect() => Self::Unreachable(error),
            CallError::NoAnswer { .. } | CallError::Unreadable { .. } => Self::Unknown(error),
        }
    }
}

impl Classify for CarrierError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Unreachable(_) | Self::Down(_) => ErrorClass::Unavailable,
            Self::Unknown(_) => ErrorClass::Later,
            Self::TooLate | Self::Refused(_) | Self::Client(_) => ErrorClass::Permanent,
        }
    }
}

impl Carrier {
    pub(crate) fn new(config: &Config) -> Result<Self, CarrierError> {
        let timeout = Duration::from_millis(config.carrier_timeout_ms);
        let client = Client::new("carrier", config.carrier_url.as_str(), timeout)?;
        Ok(Self { client, key: config.carrier_api_key.clone() })
    }

    /// Books a parcel; the same key books it once.
    pub(crate) async fn book(
        &self,
        shipment: ShipmentId,
        method: &str,
        to: &Destination,
        key: &str,
    ) -> Result<Booking, CarrierError> {
        let body = json!({ "reference": shipment, "service": method, "to": to });
        let call = self.client.post("/v1/shipments").bearer(self.key.expose_secret());
        // A plain header: the client must not try again by itself before the outcome was looked up.
        let answer = accepted(call.header("idempotency-key", key).json(&body).send().await?)?;
        Ok(answer.json()?)
    }

    /// The booking of a parcel; `None`: the carrier has never heard of it.
    pub(crate) async fn find(&self, shipment: ShipmentId) -> Result<Option<Booking>, CarrierError> {
        let path = format!("/v1/shipments?reference={shipment}");
        let answer =
            accepted(self.client.get(&path).bearer(self.key.expose_secret()).send().await?)?;
        let found: Found = answer.json()?;
        Ok(found.shipments.into_iter().next_back())
    }

    /// Holds a parcel back; doing it again changes nothing.
    pub(crate) async fn cancel(&self, booking: &str) -> Result<(), CarrierError> {
        let path = format!("/v1/shipments/{booking}/cancel");
        let call = self.client.post(&path).bearer(self.key.expose_secret());
        accepted(call.send().await?).map(drop)
    }
}

fn accepted(answer: Answer) -> Result<Answer, CarrierError> {
    match answer.status.as_u16() {
        200..=299 => Ok(answer),
        409 => Err(CarrierError::TooLate),
        429 | 500..=599 => Err(CarrierError::Down(answer.status.as_u16())),
        400..=499 => Err(CarrierError::Refused(answer.status.as_u16())),
        status => {
            let reason = format!("status {status}");
            Err(CallError::Unreadable { callee: answer.callee, reason }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_asking_again_may_help() {
        let class = |status: u16| {
            let status = http::StatusCode::from_u16(status).unwrap();
            let (headers, body) = (http::HeaderMap::new(), axum::body::Bytes::new());
            let answer = Answer { callee: "carrier", status, headers, body };
            accepted(answer).map(drop).map_err(|error| error.class())
        };

        assert_eq!((class(200), class(201)), (Ok(()), Ok(())));
        for status in [429, 500, 503] {
            assert_eq!(class(status), Err(ErrorClass::Unavailable), "{status}");
        }
        assert_eq!(class(302), Err(ErrorClass::Later));
        assert_eq!(
            (class(400), class(409)),
            (Err(ErrorClass::Permanent), Err(ErrorClass::Permanent))
        );
    }
}
