//! What the world outside knows: the card processor's ledger and the carrier's.

use serde::Deserialize;

use super::{Error, PreparedPayment, Shop, json};

/// An amount that was asked of a card.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Charge {
    /// The visit to the card page.
    pub session: String,
    /// The shop's name for it: the payment's or the order's id.
    pub reference: String,
    /// In the currency's minor unit.
    pub amount_minor: i64,
    /// `pending`, `authorized`, `declined`, `captured`, `voided` or `refunded`.
    pub status: String,
}

/// A parcel at the carrier's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Parcel {
    /// The shop's name for it.
    pub reference: String,
    /// For the tracking page.
    pub tracking_number: String,
    /// `booked` … `delivered`, or `cancelled`.
    pub stage: String,
}

#[derive(Deserialize)]
struct Charges {
    authorizations: Vec<Charge>,
}

#[derive(Deserialize)]
struct Parcels {
    shipments: Vec<Parcel>,
}

impl Shop {
    /// Everything that was ever asked of a card.
    ///
    /// # Errors
    /// When the processor does not answer.
    pub async fn charges(&self) -> Result<Vec<Charge>, Error> {
        let request = self.http.get(format!("{}/v1/ledger", self.places.provider));
        let request = request.bearer_auth(&self.places.provider_key);
        Ok(json::<Charges>(request).await?.authorizations)
    }

    /// What was asked of the card of one payment.
    ///
    /// # Errors
    /// When the processor does not answer.
    pub async fn charges_of(&self, payment: &PreparedPayment) -> Result<Vec<Charge>, Error> {
        let session = payment.redirect_url.rsplit('/').next().unwrap_or_default();
        let mut all = self.charges().await?;
        all.retain(|charge| charge.session == session);
        Ok(all)
    }

    /// Every parcel that the carrier was ever given.
    ///
    /// # Errors
    /// When the carrier does not answer.
    pub async fn parcels(&self) -> Result<Vec<Parcel>, Error> {
        let request = self.http.get(format!("{}/v1/ledger", self.places.carrier));
        let request = request.bearer_auth(&self.places.carrier_key);
        Ok(json::<Parcels>(request).await?.shipments)
    }
}
