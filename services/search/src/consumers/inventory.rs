//! What inventory says of SKUs.

use contracts::StockEvent;
use messaging::{Handler, Meta};
use sqlx::PgConnection;

use crate::error::Error;
use crate::refresh::Wake;
use crate::store::facts::{self, Level, Stale};

/// Keeps stock levels.
pub(crate) struct OnStock(pub(crate) Wake);

impl Handler for OnStock {
    type Event = StockEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        StockEvent::StockLevelChanged(event): StockEvent,
        meta: &Meta,
    ) -> Result<(), Error> {
        let level = Level { tracked: event.tracked, available: event.available };
        facts::set_stock(conn, &event.sku, level, meta.version).await?;
        facts::mark(conn, Stale::Sku(&event.sku)).await?;
        self.0.up();
        Ok(())
    }
}
