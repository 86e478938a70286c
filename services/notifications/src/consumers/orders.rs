//! Each step of an order that its shopper wants to know of becomes a mail.

use contracts::CustomerOrderEvent;
use contracts::orders::{CancellationReason, OrderCard};
use messaging::{Meta, Reaction, Tx};

use crate::domain::mail::{Kind, Shop};
use crate::domain::order;
use crate::{Error, send};

/// Hears `orders.customer_order.v1`.
pub(crate) struct OnCustomerOrder {
    pub(crate) shop: Shop,
}

impl OnCustomerOrder {
    async fn tell(
        &self,
        tx: &mut Tx,
        kind: Kind,
        order_id: &str,
        card: Option<OrderCard>,
        story: &str,
    ) -> Result<(), Error> {
        let card = card.ok_or(Error::Missing("card"))?;
        let mail = order::mail(&self.shop, kind, order_id, &card, story)?;
        send::later(tx, mail).await
    }
}

impl Reaction for OnCustomerOrder {
    type Event = CustomerOrderEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: CustomerOrderEvent, _: &Meta) -> Result<(), Error> {
        match event {
            CustomerOrderEvent::CustomerOrderPlaced(placed) => {
                let story = "Thank you! We have your order and are making sure of stock and payment. \
                             You will hear from us in a moment.";
                self.tell(tx, Kind::OrderPlaced, &placed.order_id, placed.card, story).await
            }
            CustomerOrderEvent::CustomerOrderConfirmed(confirmed) => {
                let story = "Everything is settled: your order is confirmed and is being packed.";
                self.tell(tx, Kind::OrderConfirmed, &confirmed.order_id, confirmed.card, story)
                    .await
            }
            CustomerOrderEvent::CustomerOrderShipped(shipped) => {
                let link = self.shop.link(&format!("/track/{}", shipped.tracking_number));
                let story = format!(
                    "Your parcel is on its way with {}. Its number is {}: {link}",
                    shipped.carrier, shipped.tracking_number
                );
                self.tell(tx, Kind::OrderShipped, &shipped.order_id, shipped.card, &story).await
            }
            CustomerOrderEvent::CustomerOrderDelivered(delivered) => {
                let story = "Your parcel has arrived. Enjoy it!";
                self.tell(tx, Kind::OrderDelivered, &delivered.order_id, delivered.card, story)
                    .await
            }
            CustomerOrderEvent::CustomerOrderCancelled(cancelled) => {
                let reason = CancellationReason::try_from(cancelled.reason);
                let reason = reason.unwrap_or(CancellationReason::Unspecified);
                let story = order::cancelled(reason, &cancelled.details);
                self.tell(tx, Kind::OrderCancelled, &cancelled.order_id, cancelled.card, &story)
                    .await
            }
            // The answer to it is what the shopper wants to know.
            CustomerOrderEvent::CustomerOrderRecalled(_) => Ok(()),
        }
    }
}
