//! What pricing says of SKUs.

use contracts::{PriceEvent, money};
use kernel::Money;
use messaging::{Handler, Meta};
use sqlx::PgConnection;

use crate::error::Error;
use crate::refresh::Wake;
use crate::store::facts::{self, Stale};

/// The list whose prices everybody sees.
const PUBLIC_LIST: &str = "default";

/// Keeps prices.
pub(crate) struct OnPrice(pub(crate) Wake);

impl Handler for OnPrice {
    type Event = PriceEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        PriceEvent::PriceSet(event): PriceEvent,
        meta: &Meta,
    ) -> Result<(), Error> {
        if event.price_list != PUBLIC_LIST {
            return Ok(());
        }
        let price = money("price", event.price)?;
        let compare_at = event.compare_at.map(Money::try_from).transpose()?;
        facts::set_price(conn, &event.sku, price, compare_at, meta.version).await?;
        facts::mark(conn, Stale::Sku(&event.sku)).await?;
        self.0.up();
        Ok(())
    }
}
