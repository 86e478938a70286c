//! Orders ask for payments and are cancelled.

use contracts::OrderEvent;
use messaging::{Meta, Reaction, Tx};

use crate::domain::payment::Wish;
use crate::{Error, app};

/// Hears `orders.order.v1`.
#[derive(Debug)]
pub(crate) struct OnOrder;

impl Reaction for OnOrder {
    type Event = OrderEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: OrderEvent, _: &Meta) -> Result<(), Error> {
        match event {
            OrderEvent::PaymentRequested(event) => {
                let order = contracts::parse("order_id", &event.order_id)?;
                let amount = contracts::money("amount", event.amount)?;
                app::request(tx, order, &event.payment_id, event.principal, amount).await
            }
            // Without a payment that was asked for there is nothing to give back.
            OrderEvent::OrderCancelled(event) if event.payment_id.is_empty() => Ok(()),
            OrderEvent::OrderCancelled(event) => {
                let order = contracts::parse("order_id", &event.order_id)?;
                app::wish(tx, order, Wish::Release).await
            }
            OrderEvent::OrderPlaced(_)
            | OrderEvent::OrderConfirmed(_)
            | OrderEvent::OrderShipped(_)
            | OrderEvent::OrderDelivered(_) => Ok(()),
        }
    }
}
