//! What the carrier takes leaves the shelf.

use contracts::ShipmentEvent;
use messaging::{Meta, Reaction, Tx};

use crate::app;
use crate::domain::reservation::Command;
use crate::error::Error;

/// Hears `shipping.shipment.v1`.
pub(crate) struct OnShipment;

impl Reaction for OnShipment {
    type Event = ShipmentEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ShipmentEvent, _: &Meta) -> Result<(), Error> {
        match event {
            ShipmentEvent::ShipmentDispatched(dispatched) => {
                let order = contracts::parse("order_id", &dispatched.order_id)?;
                app::follow(tx, order, Command::Dispatch).await
            }
            ShipmentEvent::ShipmentPrepared(_)
            | ShipmentEvent::ShipmentTracked(_)
            | ShipmentEvent::ShipmentDelivered(_)
            | ShipmentEvent::ShipmentCancelled(_)
            | ShipmentEvent::ShipmentRecallRefused(_) => Ok(()),
        }
    }
}
