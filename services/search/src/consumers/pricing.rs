//! What pricing says of SKUs.

use contracts::{PriceEvent, money};
use kernel::Money;
use messaging::{Meta, Projection};
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::facts::{self, Newest, Price, Stale};

/// The list whose prices everybody sees.
const PUBLIC_LIST: &str = "default";

/// Keeps prices.
pub(crate) struct OnPrice;

impl Projection for OnPrice {
    type Event = PriceEvent;
    type Error = Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(PriceEvent, Meta)],
    ) -> Result<(), Error> {
        let mut prices = Newest::default();
        for (PriceEvent::PriceSet(event), meta) in events {
            if event.price_list != PUBLIC_LIST {
                continue;
            }
            let price = money("price", event.price.clone())?;
            let compare_at = event.compare_at.clone().map(Money::try_from).transpose()?;
            prices.put(&event.sku, meta.version, Price { price, compare_at });
        }
        facts::set_prices(conn, &prices).await?;
        facts::mark(conn, Stale::Skus(&prices.names())).await?;
        Ok(())
    }
}
