//! Orders set stock aside when placed, keep it when confirmed, free it when cancelled.

use std::collections::BTreeMap;

use contracts::orders::{OrderLine, OrderPlaced};
use contracts::{ConvertError, OrderEvent};
use kernel::Sku;
use messaging::{Meta, Reaction, Tx};
use time::Duration;

use crate::Config;
use crate::app::{self, Placing};
use crate::domain::reservation::Command;
use crate::error::Error;

/// Hears `orders.order.v1`.
pub(crate) struct OnOrder {
    reservation: Duration,
    patience: Duration,
}

impl OnOrder {
    pub(crate) fn new(config: &Config) -> Self {
        Self { reservation: config.reservation(), patience: config.patience() }
    }

    fn placing(&self, placed: &OrderPlaced, meta: &Meta) -> Result<Placing, Error> {
        let now = kernel::now();
        Ok(Placing {
            order: contracts::parse("order_id", &placed.order_id)?,
            wanted: wanted(&placed.lines)?,
            expires_at: now + self.reservation,
            unknown_is_refused: now - meta.occurred_at >= self.patience,
        })
    }
}

impl Reaction for OnOrder {
    type Event = OrderEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: OrderEvent, meta: &Meta) -> Result<(), Error> {
        let (order_id, command) = match event {
            OrderEvent::OrderPlaced(placed) => {
                return app::place(tx, self.placing(&placed, meta)?).await;
            }
            OrderEvent::OrderConfirmed(confirmed) => (confirmed.order_id, Command::Confirm),
            OrderEvent::OrderCancelled(cancelled) => (cancelled.order_id, Command::Cancel),
            OrderEvent::PaymentRequested(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderDelivered(_) => return Ok(()),
        };
        app::follow(tx, contracts::parse("order_id", &order_id)?, command).await
    }
}

/// Pieces by SKU: two lines of one SKU are one wish.
fn wanted(lines: &[OrderLine]) -> Result<BTreeMap<Sku, i64>, Error> {
    let mut wanted = BTreeMap::<Sku, i64>::new();
    for line in lines {
        if line.quantity < 1 {
            return Err(ConvertError::invalid("quantity", "expected at least 1").into());
        }
        let pieces = wanted.entry(contracts::parse("sku", &line.sku)?).or_default();
        *pieces = pieces.saturating_add(line.quantity);
    }
    Ok(wanted)
}
