//! A parcel on its way is paid for.

use contracts::ShipmentEvent;
use messaging::{Handler, Meta};
use sqlx::PgConnection;

use crate::domain::payment::Wish;
use crate::{Error, app};

/// Hears `shipping.shipment.v1`.
#[derive(Debug)]
pub(crate) struct OnShipment;

impl Handler for OnShipment {
    type Event = ShipmentEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        event: ShipmentEvent,
        _: &Meta,
    ) -> Result<(), Error> {
        match event {
            ShipmentEvent::ShipmentDispatched(event) => {
                let order = contracts::parse("order_id", &event.order_id)?;
                app::wish(conn, order, Wish::Take).await
            }
            ShipmentEvent::ShipmentPrepared(_)
            | ShipmentEvent::ShipmentTracked(_)
            | ShipmentEvent::ShipmentDelivered(_)
            | ShipmentEvent::ShipmentCancelled(_)
            | ShipmentEvent::ShipmentRecallRefused(_) => Ok(()),
        }
    }
}
