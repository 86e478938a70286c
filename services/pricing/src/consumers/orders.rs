//! Orders set a use of their coupon aside when placed, spend it when confirmed, free it when cancelled.

use contracts::OrderEvent;
use messaging::{Meta, Reaction, Tx};

use crate::app::coupons;
use crate::domain::coupon_use::Command;
use crate::error::Error;

/// Hears `orders.order.v1`.
pub(crate) struct OnOrder;

impl Reaction for OnOrder {
    type Event = OrderEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: OrderEvent, _: &Meta) -> Result<(), Error> {
        let (order_id, command) = match event {
            OrderEvent::OrderPlaced(placed) if placed.coupon_code.is_empty() => return Ok(()),
            OrderEvent::OrderPlaced(placed) => {
                let order = contracts::parse("order_id", &placed.order_id)?;
                return coupons::place(tx, order, &placed.coupon_code).await;
            }
            OrderEvent::OrderConfirmed(confirmed) => (confirmed.order_id, Command::Confirm),
            OrderEvent::OrderCancelled(cancelled) => (cancelled.order_id, Command::Cancel),
            OrderEvent::PaymentRequested(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderDelivered(_) => return Ok(()),
        };
        coupons::follow(tx, contracts::parse("order_id", &order_id)?, command).await
    }
}
