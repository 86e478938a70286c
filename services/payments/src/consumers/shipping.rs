//! A parcel on its way is paid for.

use contracts::ShipmentEvent;
use messaging::{Meta, Reaction, Tx};

use crate::domain::payment::Wish;
use crate::{Error, app};

/// Hears `shipping.shipment.v1`.
#[derive(Debug)]
pub(crate) struct OnShipment;

impl Reaction for OnShipment {
    type Event = ShipmentEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ShipmentEvent, _: &Meta) -> Result<(), Error> {
        match event {
            ShipmentEvent::ShipmentDispatched(event) => {
                let order = contracts::parse("order_id", &event.order_id)?;
                app::wish(tx, order, Wish::Take).await
            }
            ShipmentEvent::ShipmentPrepared(_)
            | ShipmentEvent::ShipmentTracked(_)
            | ShipmentEvent::ShipmentDelivered(_)
            | ShipmentEvent::ShipmentCancelled(_)
            | ShipmentEvent::ShipmentRecallRefused(_) => Ok(()),
        }
    }
}
