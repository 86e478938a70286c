//! What payments says: the card is held, refused or free again.

use contracts::PaymentEvent;
use messaging::{Meta, Reaction, Tx};

use super::tell;
use crate::Error;
use crate::app::Orders;
use crate::domain::order::Command;

#[derive(Debug)]
pub(crate) struct OnPayment(pub(crate) Orders);

impl Reaction for OnPayment {
    type Event = PaymentEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: PaymentEvent, _: &Meta) -> Result<(), Error> {
        let (order, command) = match event {
            PaymentEvent::PaymentAuthorized(event) => {
                let payment = contracts::parse("payment_id", &event.payment_id)?;
                let amount = contracts::money("amount", event.amount)?;
                (event.order_id, Command::NotePaymentAuthorized { payment, amount })
            }
            PaymentEvent::PaymentDeclined(event) => {
                let payment = contracts::parse("payment_id", &event.payment_id)?;
                let details = event.reason;
                (event.order_id, Command::NotePaymentDeclined { payment, details })
            }
            PaymentEvent::PaymentVoided(event) => {
                let payment = contracts::parse("payment_id", &event.payment_id)?;
                (event.order_id, Command::NotePaymentVoided { payment })
            }
            // Money that is taken or given back changes nothing in how an order goes on.
            PaymentEvent::PaymentCaptured(_) | PaymentEvent::PaymentRefunded(_) => return Ok(()),
        };
        tell(&self.0, tx, &order, command).await
    }
}
