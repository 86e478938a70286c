//! What sending a parcel costs, so that a quote asks nobody.

use contracts::{ConvertError, RateEvent};
use messaging::{Handler, Meta};
use sqlx::PgConnection;

use crate::domain::offer::Rate;
use crate::error::Error;
use crate::store::rates;

/// Hears `shipping.rate.v1`.
pub(crate) struct OnRate;

impl Handler for OnRate {
    type Event = RateEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        event: RateEvent,
        _: &Meta,
    ) -> Result<(), Error> {
        let RateEvent::ShippingRateSet(set) = event;
        let price = contracts::money("price", set.price)?;
        let free_from = set.free_from.map(kernel::Money::try_from).transpose()?;
        if price.minor() < 0 || free_from.is_some_and(|from| from.currency() != price.currency()) {
            return Err(ConvertError::invalid("price", "expected amounts of one currency").into());
        }
        let rate = Rate { method: set.method, name: set.name, price, free_from };
        rates::save(conn, &set.country, &rate).await
    }
}
