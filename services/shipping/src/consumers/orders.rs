//! Confirmed orders are sent; recalled ones are held back.

use contracts::CustomerOrderEvent;
use contracts::common::Address;
use messaging::{Meta, Reaction, Tx};
use time::Duration;

use crate::Error;
use crate::app::{self, Parcel};
use crate::store::shipments::Destination;

/// Hears `orders.customer_order.v1`.
#[derive(Debug)]
pub(crate) struct OnCustomerOrder {
    /// Time for packing, before the carrier is called.
    packing: Duration,
}

impl OnCustomerOrder {
    pub(crate) const fn new(packing: Duration) -> Self {
        Self { packing }
    }
}

impl Reaction for OnCustomerOrder {
    type Event = CustomerOrderEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: CustomerOrderEvent, _: &Meta) -> Result<(), Error> {
        match event {
            CustomerOrderEvent::CustomerOrderConfirmed(event) => {
                let order = contracts::parse("order_id", &event.order_id)?;
                let address = event.address.ok_or(contracts::ConvertError::Missing("address"))?;
                let parcel =
                    Parcel { order, method: event.shipping_method, to: destination(address) };
                app::prepare(tx, parcel, self.packing).await
            }
            CustomerOrderEvent::CustomerOrderRecalled(event) => {
                app::recall(tx, contracts::parse("order_id", &event.order_id)?).await
            }
            CustomerOrderEvent::CustomerOrderPlaced(_)
            | CustomerOrderEvent::CustomerOrderCancelled(_)
            | CustomerOrderEvent::CustomerOrderShipped(_)
            | CustomerOrderEvent::CustomerOrderDelivered(_) => Ok(()),
        }
    }
}

fn destination(address: Address) -> Destination {
    Destination {
        name: address.name,
        line1: address.line1,
        line2: address.line2,
        postal_code: address.postal_code,
        city: address.city,
        country: address.country,
    }
}
