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
    /// Absent until the carrier has said it.
    pub(crate) tracking_number: Option<String>,
    pub(crate) carrier: String,
    pub(crate) status: String,
    /// The status for people.
    pub(crate) status_text: String,
    /// Where it was seen, the first time first.
    #[serde(default)]
    pub(crate) events: Vec<Seen>,
}

/// The parcel was seen somewhere.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    pub(crate) status: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
}

impl Shipping {
    /// A parcel by its tracking number.
    pub(crate) async fn shipment(&self, number: &str) -> Result<Shipment, Error> {
        let number: String = url::form_urlencoded::byte_serialize(number.as_bytes()).collect();
        let answer = self.0.get(&format!("/api/shipping/v1/shipments/{number}")).send().await?;
        match read(answer) {
            Err(Error::Refused(body)) if matches!(body.status, 400 | 404 | 422) => {
                Err(Error::NotFound)
            }
            answer => answer,
        }
    }
}
