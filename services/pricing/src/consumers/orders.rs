//! Orders set a use of their coupon aside when placed, spend it when confirmed, free it when cancelled.

use contracts::OrderEvent;
use messaging::{Handler, Meta};
use sqlx::PgConnection;

use crate::app::coupons;
use crate::domain::coupon_use::Command;
use crate::error::Error;

/// Hears `orders.order.v1`.
pub(crate) struct OnOrder;

impl Handler for OnOrder {
    type Event = OrderEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        event: OrderEvent,
        _: &Meta,
    ) -> Result<(), Error> {
        let (order_id, command) = match event {
            OrderEvent::OrderPlaced(placed) if placed.coupon_code.is_empty() => return Ok(()),
            OrderEvent::OrderPlaced(placed) => {
                let order = contracts::parse("order_id", &placed.order_id)?;
                return coupons::place(conn, order, &placed.coupon_code).await;
            }
            OrderEvent::OrderConfirmed(confirmed) => (confirmed.order_id, Command::Confirm),
            OrderEvent::OrderCancelled(cancelled) => (cancelled.order_id, Command::Cancel),
            OrderEvent::PaymentRequested(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderDelivered(_) => return Ok(()),
        };
        coupons::follow(conn, contracts::parse("order_id", &order_id)?, command).await
    }
}
