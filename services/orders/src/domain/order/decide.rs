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

fn cancelled(reason: Why, details: impl Into<String>) -> Vec<Event> {
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
        Command::NotePaymentVoided { payment } if payment == purchase.payment => {
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
        (true, Payment::Authorized) => vec![fact, Event::Confirmed],
        (true, Payment::Requested) | (false, _) => vec![fact],
    }
}

fn matches_purchase(
    purchase: &Purchase,
    payment: kernel::PaymentId,
    amount: Option<kernel::Money>,
) -> Result<(), Rejection> {
    if payment != purchase.payment {
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
        Command::NotePaymentVoided { payment } if *payment == order.purchase().payment => {
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

#[cfg(test)]
mod tests {
    use kernel::PaymentId;

    use super::*;
    use crate::domain::order::world::{given, purchase};
    use crate::domain::order::{Deadline, Parcel};
    use crate::domain::purchase::tests::eur;

    fn when(history: &[Event], command: Command) -> Decision {
        decide(given(history).as_ref(), command)
    }

    fn placed() -> Event {
        let purchase = Box::new(purchase(Some("SPRING")));
        Event::Placed { purchase, deadline: Deadline(900) }
    }

    fn confirmed() -> Vec<Event> {
        use Event::{
            Confirmed, CouponReserved, PaymentAuthorized, PaymentRequested, StockReserved,
        };
        let all = [StockReserved, CouponReserved, PaymentRequested, PaymentAuthorized, Confirmed];
        [vec![placed()], all.to_vec()].concat()
    }

    fn authorized() -> Command {
        let purchase = purchase(None);
        Command::NotePaymentAuthorized { payment: purchase.payment, amount: purchase.totals.total }
    }

    #[test]
    fn the_payment_is_asked_for_once_stock_and_coupon_are_in() {
        let first = when(&[placed()], Command::NoteCouponReserved);
        let second = when(&[placed(), Event::CouponReserved], Command::NoteStockReserved);

        assert_eq!(first, Ok(vec![Event::CouponReserved]));
        assert_eq!(second, Ok(vec![Event::StockReserved, Event::PaymentRequested]));
    }

    #[test]
    fn an_authorized_payment_confirms() {
        let before = &confirmed()[..4];

        let events = when(before, authorized());

        assert_eq!(events, Ok(vec![Event::PaymentAuthorized, Event::Confirmed]));
        assert_eq!(when(&confirmed(), authorized()), Ok(vec![]));
    }

    #[test]
    fn the_first_refusal_cancels_and_the_second_is_nothing() {
        let refused =
            || Command::NoteStockRefused { details: "shirt/blue: 3 wanted, 1 left".into() };

        let events = when(&[placed()], refused()).unwrap();

        let Event::Cancelled { why } = &events[0] else { panic!("{events:?}") };
        assert_eq!(
            (why.reason, why.details.as_str()),
            (Why::OutOfStock, "shirt/blue: 3 wanted, 1 left")
        );
        assert_eq!(when(&[vec![placed()], events].concat(), refused()), Ok(vec![]));
    }

    #[test]
    fn a_foreign_payment_or_amount_is_for_a_person() {
        let payment = purchase(None).payment;
        let wrong = Command::NotePaymentAuthorized { payment, amount: eur(1) };
        let foreign = Command::NotePaymentAuthorized { payment: PaymentId::new(), amount: eur(1) };

        assert_eq!(when(&confirmed()[..4], wrong), Err(Rejection::WrongAmount));
        assert_eq!(when(&confirmed()[..4], foreign.clone()), Err(Rejection::ForeignPayment));
        assert_eq!(when(&confirmed(), foreign), Err(Rejection::ForeignPayment));
    }

    #[test]
    fn a_success_after_the_cancellation_is_followed_until_it_is_given_back() {
        let cancelled = Event::Cancelled {
            why: Cancellation { reason: Why::TimedOut, details: String::new() },
        };
        let history = vec![placed(), cancelled];
        let held = [history.clone(), vec![Event::StockReserved]].concat();
        let given_back = [held.clone(), vec![Event::StockReleased]].concat();

        assert_eq!(when(&history, Command::NoteStockReserved), Ok(vec![Event::StockReserved]));
        assert_eq!(when(&held, Command::NoteStockReserved), Ok(vec![]));
        assert_eq!(when(&held, Command::NoteStockReleased), Ok(vec![Event::StockReleased]));
        assert_eq!(when(&given_back, Command::NoteStockReserved), Ok(vec![]));
        assert_eq!(when(&history, authorized()), Ok(vec![Event::PaymentAuthorized]));
    }

    #[test]
    fn a_confirmed_order_is_called_back_and_shipping_decides() {
        let by = By::Customer;
        let recalled = [confirmed(), vec![Event::Recalled { by }]].concat();
        let parcel = Parcel { carrier: "Heron".into(), tracking_number: "1".into() };
        let dispatched = Command::NoteDispatched { parcel: parcel.clone() };

        assert_eq!(when(&confirmed(), Command::Cancel { by }), Ok(vec![Event::Recalled { by }]));
        assert_eq!(when(&recalled, Command::Cancel { by }), Ok(vec![]));
        assert_eq!(when(&recalled, Command::NoteRecallRefused), Ok(vec![Event::RecallRefused]));
        assert_eq!(
            when(&recalled, Command::NoteShipmentCancelled),
            Ok(cancelled(Why::ByCustomer, ""))
        );
        assert_eq!(
            when(&recalled, dispatched),
            Ok(vec![Event::Shipped { parcel: parcel.clone() }])
        );
        let shipped = [confirmed(), vec![Event::Shipped { parcel }]].concat();
        assert_eq!(when(&shipped, Command::Cancel { by }), Err(Rejection::AlreadyShipped));
        assert_eq!(when(&shipped, Command::NoteDelivered), Ok(vec![Event::Delivered]));
        assert_eq!(when(&confirmed(), Command::NoteDelivered), Err(Rejection::NotShipped));
    }

    #[test]
    fn only_the_timer_of_the_deadline_ends_a_placed_order() {
        let due = |at| Command::Expire { deadline: Deadline(at) };

        assert_eq!(when(&[placed()], due(899)), Ok(vec![]));
        assert_eq!(when(&[placed()], due(900)), Ok(cancelled(Why::TimedOut, "")));
        assert_eq!(when(&confirmed(), due(900)), Ok(vec![]));
    }

    #[test]
    fn nothing_happens_to_an_order_that_nobody_placed_or_twice() {
        let Event::Placed { purchase, deadline } = placed() else { return };

        assert_eq!(when(&[], Command::NoteStockReserved), Err(Rejection::NoSuchOrder));
        let again = Command::Place { purchase, deadline };
        assert_eq!(when(&[placed()], again), Err(Rejection::AlreadyPlaced));
    }

    #[test]
    fn what_a_confirmed_order_stands_on_is_not_taken_away_in_silence() {
        let payment = purchase(None).payment;

        assert_eq!(when(&confirmed(), Command::NoteStockReleased), Err(Rejection::TakenAway));
        let voided = Command::NotePaymentVoided { payment };
        assert_eq!(when(&confirmed(), voided), Err(Rejection::TakenAway));
    }
}
