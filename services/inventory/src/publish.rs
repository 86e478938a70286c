//! What the other services get to hear.

use contracts::inventory::{
    Shortage as SaidShortage, StockDispatched, StockLevelChanged, StockRefused, StockReleased,
    StockReserved,
};
use messaging::Outgoing;

use crate::domain::shelf::{Shelf, Shortage};
use crate::store::reservations::Known;

/// What became of a reservation.
#[derive(Debug)]
pub(crate) enum Outcome {
    Reserved,
    Refused(Vec<Shortage>),
    Released,
    Dispatched,
}

/// How much of a SKU there is now.
pub(crate) fn level(shelf: &Shelf) -> Outgoing {
    let changed = StockLevelChanged {
        sku: shelf.sku.as_str().to_owned(),
        tracked: shelf.tracked,
        on_hand: shelf.on_hand(),
        available: shelf.available(),
    };
    Outgoing::new(&changed).version(shelf.version)
}

/// What became of an order's reservation with the change after `known`.
pub(crate) fn outcome(known: Known, outcome: Outcome) -> Outgoing {
    let order_id = known.order.to_string();
    let outgoing = match outcome {
        Outcome::Reserved => Outgoing::new(&StockReserved { order_id }),
        Outcome::Refused(shortages) => {
            let shortages = shortages.into_iter().map(said).collect();
            Outgoing::new(&StockRefused { order_id, shortages })
        }
        Outcome::Released => Outgoing::new(&StockReleased { order_id }),
        Outcome::Dispatched => Outgoing::new(&StockDispatched { order_id }),
    };
    outgoing.version(known.version + 1)
}

fn said(Shortage { sku, wanted, available }: Shortage) -> SaidShortage {
    SaidShortage { sku: sku.as_str().to_owned(), wanted, available }
}
