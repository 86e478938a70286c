//! What sending a parcel costs, so that a quote asks nobody.

use contracts::shipping::ShippingRateSet;
use contracts::{ConvertError, RateEvent};
use messaging::{Meta, Projection};
use sqlx::PgConnection;

use crate::domain::offer::Rate;
use crate::error::Error;
use crate::store::rates;

/// Hears `shipping.rate.v1`.
pub(crate) struct OnRate;

impl Projection for OnRate {
    type Event = RateEvent;
    type Error = Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(RateEvent, Meta)],
    ) -> Result<(), Error> {
        for (RateEvent::ShippingRateSet(set), _) in events {
            rates::save(conn, &set.country, &rate(set.clone())?).await?;
        }
        Ok(())
    }
}

fn rate(set: ShippingRateSet) -> Result<Rate, Error> {
    let price = contracts::money("price", set.price)?;
    let free_from = set.free_from.map(kernel::Money::try_from).transpose()?;
    if price.minor() < 0 || free_from.is_some_and(|from| from.currency() != price.currency()) {
        return Err(ConvertError::invalid("price", "expected amounts of one currency").into());
    }
    Ok(Rate { method: set.method, name: set.name, price, free_from })
}
