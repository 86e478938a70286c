//! What shipping says: the parcel is sent, has arrived, or was held back.

use contracts::ShipmentEvent;
use messaging::{Meta, Reaction, Tx};

use super::tell;
use crate::Error;
use crate::app::Orders;
use crate::domain::order::{Command, Parcel};

#[derive(Debug)]
pub(crate) struct OnShipment(pub(crate) Orders);

impl Reaction for OnShipment {
    type Event = ShipmentEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ShipmentEvent, _: &Meta) -> Result<(), Error> {
        let (order, command) = match event {
            ShipmentEvent::ShipmentDispatched(event) => {
                let (carrier, tracking_number) = (event.carrier, event.tracking_number);
                let parcel = Parcel { carrier, tracking_number };
                (event.order_id, Command::NoteDispatched { parcel })
            }
            ShipmentEvent::ShipmentDelivered(event) => (event.order_id, Command::NoteDelivered),
            ShipmentEvent::ShipmentCancelled(event) => {
                (event.order_id, Command::NoteShipmentCancelled)
            }
            ShipmentEvent::ShipmentRecallRefused(event) => {
                (event.order_id, Command::NoteRecallRefused)
            }
            // Where the parcel is between those is for shipping's tracking page.
            ShipmentEvent::ShipmentPrepared(_) | ShipmentEvent::ShipmentTracked(_) => return Ok(()),
        };
        tell(&self.0, tx, &order, command).await
    }
}
