//! What the others hear of parcels and rates.

use contracts::shipping::{
    ShipmentCancelled, ShipmentDelivered, ShipmentDispatched, ShipmentPrepared,
    ShipmentRecallRefused, ShipmentTracked, ShippingRateSet,
};
use messaging::Outgoing;

use crate::carrier;
use crate::domain::shipment::{Event, Stage};
use crate::store::rates::Rate;
use crate::store::shipments::Record;

/// The public events of a shipment that has just become what `record` says.
pub(crate) fn messages(record: &Record, events: &[Event]) -> Vec<Outgoing> {
    let messages = events.iter().filter_map(|event| message(record, event));
    messages.map(|message| message.version(record.version)).collect()
}

fn message(record: &Record, event: &Event) -> Option<Outgoing> {
    let (order_id, shipment_id) = (record.order.to_string(), record.id.to_string());
    Some(match event {
        Event::Prepared => Outgoing::new(&ShipmentPrepared { order_id, shipment_id }),
        Event::Dispatched => Outgoing::new(&ShipmentDispatched {
            order_id,
            shipment_id,
            carrier: carrier::NAME.to_owned(),
            tracking_number: record.shipment.tracking_number.clone().unwrap_or_default(),
        }),
        Event::Tracked(stage) => {
            let status = words(*stage).to_owned();
            Outgoing::new(&ShipmentTracked { order_id, shipment_id, status })
        }
        Event::Delivered => Outgoing::new(&ShipmentDelivered { order_id, shipment_id }),
        Event::Cancelled => Outgoing::new(&ShipmentCancelled { order_id, shipment_id }),
        Event::RecallRefused => Outgoing::new(&ShipmentRecallRefused { order_id, shipment_id }),
        Event::BookingBegun | Event::Booked { .. } | Event::RecallWanted => return None,
    })
}

/// A stage for people.
pub(crate) const fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepared | Stage::Booking => "Being packed",
        Stage::Booked => "Waiting for the carrier",
        Stage::Dispatched => "Picked up by the carrier",
        Stage::InTransit => "In transit",
        Stage::OutForDelivery => "Out for delivery",
        Stage::Delivered => "Delivered",
        Stage::Cancelled => "Cancelled",
    }
}

/// A rate that counts from now on.
pub(crate) fn rate_set(rate: &Rate) -> Outgoing {
    let event = ShippingRateSet {
        method: rate.method.clone(),
        country: rate.country.clone(),
        name: rate.name.clone(),
        price: Some(rate.price.into()),
        free_from: rate.free_from.map(Into::into),
    };
    Outgoing::new(&event).version(rate.version)
}
