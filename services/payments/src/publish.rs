//! What the others hear of a payment.

use contracts::payments::{
    PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided,
};
use messaging::Outgoing;

use crate::domain::payment::{Event, Wish};
use crate::store::payments::Record;

/// The public events of a payment that has just become what `record` says.
pub(crate) fn messages(record: &Record, events: &[Event]) -> Vec<Outgoing> {
    let Some(order) = record.payment.order else { return Vec::new() };
    let (order_id, payment_id) = (order.to_string(), record.id.to_string());
    let amount = Some(record.payment.amount.into());
    let message = |event: &Event| match event {
        // After a cancellation nobody may take it for a confirmation: the void follows.
        Event::Authorized if record.payment.wish == Wish::Release => None,
        Event::Authorized => Some(Outgoing::new(&PaymentAuthorized {
            order_id: order_id.clone(),
            payment_id: payment_id.clone(),
            amount: amount.clone(),
        })),
        Event::Declined { reason } => Some(Outgoing::new(&PaymentDeclined {
            order_id: order_id.clone(),
            payment_id: payment_id.clone(),
            reason: reason.clone(),
        })),
        Event::Captured => Some(Outgoing::new(&PaymentCaptured {
            order_id: order_id.clone(),
            payment_id: payment_id.clone(),
            amount: amount.clone(),
        })),
        Event::Voided => Some(Outgoing::new(&PaymentVoided {
            order_id: order_id.clone(),
            payment_id: payment_id.clone(),
        })),
        Event::Refunded => Some(Outgoing::new(&PaymentRefunded {
            order_id: order_id.clone(),
            payment_id: payment_id.clone(),
            amount: amount.clone(),
        })),
        Event::Requested { .. } | Event::Wished(_) | Event::Doubted => None,
    };
    let version = record.version;
    events.iter().filter_map(message).map(|message| message.version(version)).collect()
}
