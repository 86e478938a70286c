//! Parcels on their way.

use serde::Deserialize;
use time::OffsetDateTime;
use web::client::Client;

use super::read;
use crate::error::Error;

/// Asks shipping.
#[derive(Clone, Debug)]
pub(crate) struct Shipping(pub(crate) Client);

/// A parcel.
#[derive(Debug, Deserialize)]
pub(crate) struct Shipment {
    pub(crate) tracking_number: String,
    #[serde(default)]
    pub(crate) carrier: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) events: Vec<Seen>,
}

/// Where the parcel was seen.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    #[serde(default, alias = "description", alias = "text")]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) location: String,
    #[serde(with = "time::serde::rfc3339", alias = "occurred_at")]
    pub(crate) at: OffsetDateTime,
}

impl Shipping {
    /// A parcel by its tracking number.
    pub(crate) async fn shipment(&self, number: &str) -> Result<Shipment, Error> {
        let number: String = url::form_urlencoded::byte_serialize(number.as_bytes()).collect();
        let answer = self.0.get(&format!("/api/shipping/v1/shipments/{number}")).send().await?;
        match read(answer) {
            Err(Error::Refused(body)) if matches!(body.status, 400 | 404 | 422) => Err(Error::NotFound),
            answer => answer,
        }
    }
}
