//! The rules: what follows from a command, given the order. No events means that nothing changes.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the `_` arms are what the rules refuse or ignore"
)]

use super::{
    By, Cancellation, Command, Event, Held, Hold, Need, Order, Payment, Progress, Rejection, Why,
    evolve,
};
use crate::domain::purchase::Purchase;

type Decision = Result<Vec<Event>, Rejection>;

/// Decides what happens when `command` meets `order`. A repeated command decides nothing, which is
/// how messages that come twice stay harmless.
pub(crate) fn decide(order: Option<&Order>, command: Command) -> Decision {
    match (order, command) {
        (None, Command::Place { purchase, deadline }) => {
            Ok(vec![Event::Placed { purchase, deadline }])
        }
        (None, _) => Err(Rejection::NoSuchOrder),
        (Some(_), Command::Place { .. }) => Err(Rejection::AlreadyPlaced),
        (Some(Order::Placed { deadline, .. }), Command::Expire { deadline: due }) => {
            Ok(if *deadline == due { cancelled(Why::TimedOut, "") } else { vec![] })
        }
        (Some(_), Command::Expire { .. }) => Ok(vec![]),
        (Some(order), Command::Cancel { by }) => cancel(order, by),
        (Some(order), command) if belongs_to_shipping(&command) => parcel(order, command),
        (Some(Order::Placed { purchase, progress, .. }), command) => {
            gather(purchase, *progress, command)
        }
        (Some(Order::Cancelled { purchase, held, .. }), command) => {
            settle(purchase, *held, &command)
        }
        (Some(order), command) => keep(order, &command),
    }
}

fn belongs_to_shipping(command: &Command) -> bool {
    matches!(
        command,
        Command::NoteDispatched { .. }
            | Command::NoteDelivered
            | Command::NoteShipmentCancelled
            | Command::NoteRecallRefused
    )
}

pub(super) fn cancelled(reason: Why, details: impl Into<String>) -> Vec<Event> {
    vec![Event::Cancelled { why: Cancellation { reason, details: details.into() } }]
}

/// A person wants the order back.
fn cancel(order: &Order, by: By) -> Decision {
    match order {
        Order::Placed { .. } => Ok(cancelled(by.into(), "")),
        // Only shipping knows whether the parcel can still be held back.
        Order::Confirmed { .. } => Ok(vec![Event::Recalled { by }]),
        Order::Recalling { .. } | Order::Cancelled { .. } => Ok(vec![]),
        Order::Shipped { .. } | Order::Delivered { .. } => Err(Rejection::AlreadyShipped),
    }
}

/// A placed order gathers what it needs; the first refusal ends it.
fn gather(purchase: &Purchase, progress: Progress, command: Command) -> Decision {
    match command {
        Command::NoteStockReserved if progress.stock == Need::Wanted => {
            Ok(learned(progress, Event::StockReserved))
        }
        Command::NoteCouponReserved if progress.coupon == Need::Wanted => {
            Ok(learned(progress, Event::CouponReserved))
        }
        Command::NotePaymentAuthorized { payment, amount } => {
            matches_purchase(purchase, payment, Some(amount))?;
            let again = progress.payment == Payment::Authorized;
            Ok(if again { vec![] } else { learned(progress, Event::PaymentAuthorized) })
        }
        Command::NoteStockRefused { details } if progress.stock == Need::Wanted => {
            Ok(cancelled(Why::OutOfStock, details))
        }
        Command::NoteCouponRefused { details } if progress.coupon == Need::Wanted => {
            Ok(cancelled(Why::CouponRefused, details))
        }
        Command::NotePaymentDeclined { payment, details } => {
            matches_purchase(purchase, payment, None)?;
            let held = progress.payment == Payment::Authorized;
            Ok(if held { vec![] } else { cancelled(Why::PaymentDeclined, details) })
        }
        // Set aside for too long: what is not there any more cannot be promised.
        Command::NoteStockReleased if progress.stock == Need::Reserved => {
            Ok([cancelled(Why::OutOfStock, ""), vec![Event::StockReleased]].concat())
        }
        Command::NoteCouponReleased if progress.coupon == Need::Reserved => {
            Ok([cancelled(Why::CouponRefused, ""), vec![Event::CouponReleased]].concat())
        }
        Command::NotePaymentVoided { payment } if Some(payment) == purchase.payment => {
            let held = progress.payment == Payment::Authorized;
            let voided = if held { vec![Event::PaymentVoided] } else { vec![] };
            Ok([cancelled(Why::PaymentDeclined, "the hold on the card was given up"), voided]
                .concat())
        }
        _ => Ok(vec![]),
    }
}

/// A fact, and what it completes.
fn learned(before: Progress, fact: Event) -> Vec<Event> {
    let after = evolve::gathered(before, &fact);
    let ready = after.stock == Need::Reserved && after.coupon != Need::Wanted;
    match (ready, after.payment) {
        (true, Payment::NotAsked) => vec![fact, Event::PaymentRequested],
        (true, Payment::NotNeeded | Payment::Authorized) => vec![fact, Event::Confirmed],
        (true, Payment::Requested) | (false, _) => vec![fact],
    }
}

fn matches_purchase(
    purchase: &Purchase,
    payment: kernel::PaymentId,
    amount: Option<kernel::Money>,
) -> Result<(), Rejection> {
    if Some(payment) != purchase.payment {
        return Err(Rejection::ForeignPayment);
    }
    if amount.is_some_and(|amount| amount != purchase.totals.total) {
        return Err(Rejection::WrongAmount);
    }
    Ok(())
}

/// A cancelled order follows what is held for it until all is given back. Whoever said the success
/// gives it back, see [`Order`]; a late failure means nothing.
fn settle(purchase: &Purchase, held: Held, command: &Command) -> Decision {
    let came = |hold: Hold, event: Event| if hold == Hold::Nothing { vec![event] } else { vec![] };
    let went = |hold: Hold, event: Event| if hold == Hold::Held { vec![event] } else { vec![] };
    match command {
        Command::NoteStockReserved => Ok(came(held.stock, Event::StockReserved)),
        Command::NoteStockReleased => Ok(went(held.stock, Event::StockReleased)),
        Command::NoteCouponReserved => Ok(came(held.coupon, Event::CouponReserved)),
        Command::NoteCouponReleased => Ok(went(held.coupon, Event::CouponReleased)),
        Command::NotePaymentAuthorized { payment, .. } => {
            matches_purchase(purchase, *payment, None)?;
            Ok(came(held.payment, Event::PaymentAuthorized))
        }
        Command::NotePaymentVoided { .. } => Ok(went(held.payment, Event::PaymentVoided)),
        _ => Ok(vec![]),
    }
}

/// A confirmed order and those behind it stand on what was reserved: repeated successes and late
/// failures are nothing, a loss is for a person.
fn keep(order: &Order, command: &Command) -> Decision {
    match command {
        Command::NoteStockReleased => Err(Rejection::TakenAway),
        Command::NotePaymentVoided { payment } if Some(*payment) == order.purchase().payment => {
            Err(Rejection::TakenAway)
        }
        Command::NotePaymentAuthorized { payment, .. } => {
            matches_purchase(order.purchase(), *payment, None).map(|()| vec![])
        }
        _ => Ok(vec![]),
    }
}

/// What shipping says. Its events share a topic and a key, so they come in the order in which it
/// said them; against our own they may overtake.
fn parcel(order: &Order, command: Command) -> Decision {
    match (order, command) {
        (Order::Confirmed { .. } | Order::Recalling { .. }, Command::NoteDispatched { parcel }) => {
            Ok(vec![Event::Shipped { parcel }])
        }
        (Order::Shipped { .. }, Command::NoteDelivered) => Ok(vec![Event::Delivered]),
        (Order::Recalling { by, .. }, Command::NoteShipmentCancelled) => {
            Ok(cancelled((*by).into(), ""))
        }
        (Order::Confirmed { .. }, Command::NoteShipmentCancelled) => {
            Ok(cancelled(Why::ByStaff, "the parcel was stopped in the warehouse"))
        }
        (Order::Recalling { .. }, Command::NoteRecallRefused) => Ok(vec![Event::RecallRefused]),
        (Order::Placed { .. }, Command::NoteDispatched { .. } | Command::NoteDelivered) => {
            Err(Rejection::NotConfirmed)
        }
        (Order::Confirmed { .. } | Order::Recalling { .. }, Command::NoteDelivered) => {
            Err(Rejection::NotShipped)
        }
        (Order::Cancelled { .. }, Command::NoteDispatched { .. } | Command::NoteDelivered) => {
            Err(Rejection::SentAlthoughCancelled)
        }
        _ => Ok(vec![]),
    }
}
