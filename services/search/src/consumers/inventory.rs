//! What inventory says of SKUs.

use contracts::StockEvent;
use messaging::{Meta, Projection};
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::facts::{self, Level, Newest, Stale};

/// Keeps stock levels.
pub(crate) struct OnStock;

impl Projection for OnStock {
    type Event = StockEvent;
    type Error = Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(StockEvent, Meta)],
    ) -> Result<(), Error> {
        let mut levels = Newest::default();
        for (StockEvent::StockLevelChanged(event), meta) in events {
            let level = Level { tracked: event.tracked, available: event.available };
            levels.put(&event.sku, meta.version, level);
        }
        facts::set_stock(conn, &levels).await?;
        facts::mark(conn, Stale::Skus(&levels.names())).await?;
        Ok(())
    }
}
