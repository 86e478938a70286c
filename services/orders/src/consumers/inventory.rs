//! What inventory says: stock is set aside, refused or free again.

use contracts::ReservationEvent;
use contracts::inventory::Shortage;
use messaging::{Meta, Reaction, Tx};

use super::tell;
use crate::Error;
use crate::app::Orders;
use crate::domain::order::Command;

#[derive(Debug)]
pub(crate) struct OnReservation(pub(crate) Orders);

impl Reaction for OnReservation {
    type Event = ReservationEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ReservationEvent, _: &Meta) -> Result<(), Error> {
        let (order, command) = match event {
            ReservationEvent::StockReserved(event) => (event.order_id, Command::NoteStockReserved),
            ReservationEvent::StockRefused(event) => {
                let details = shortages(&event.shortages);
                (event.order_id, Command::NoteStockRefused { details })
            }
            ReservationEvent::StockReleased(event) => (event.order_id, Command::NoteStockReleased),
            // Shipping tells of the parcel itself.
            ReservationEvent::StockDispatched(_) => return Ok(()),
        };
        tell(&self.0, tx, &order, command).await
    }
}

/// For people: `shirt/blue: 3 wanted, 1 left`.
fn shortages(shortages: &[Shortage]) -> String {
    let line = |s: &Shortage| format!("{}: {} wanted, {} left", s.sku, s.wanted, s.available);
    shortages.iter().map(line).collect::<Vec<_>>().join("; ")
}
