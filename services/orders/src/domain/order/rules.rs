//! The rules, one by one: given what happened, when a command comes, then these events.

use kernel::PaymentId;

use super::decide::cancelled;
use super::world::{free, given, purchase};
use super::{By, Cancellation, Command, Deadline, Event, Parcel, Rejection, Why, decide};
use crate::domain::purchase::tests::eur;

fn when(history: &[Event], command: Command) -> Result<Vec<Event>, Rejection> {
    decide(given(history).as_ref(), command)
}

fn placed() -> Event {
    let purchase = Box::new(purchase(Some("SPRING")));
    Event::Placed { purchase, deadline: Deadline(900) }
}

fn confirmed() -> Vec<Event> {
    use Event::{Confirmed, CouponReserved, PaymentAuthorized, PaymentRequested, StockReserved};
    let all = [StockReserved, CouponReserved, PaymentRequested, PaymentAuthorized, Confirmed];
    [vec![placed()], all.to_vec()].concat()
}

fn authorized() -> Command {
    let purchase = purchase(None);
    Command::NotePaymentAuthorized {
        payment: purchase.payment.unwrap(),
        amount: purchase.totals.total,
    }
}

#[test]
fn the_payment_is_asked_for_once_stock_and_coupon_are_in() {
    let first = when(&[placed()], Command::NoteCouponReserved);
    let second = when(&[placed(), Event::CouponReserved], Command::NoteStockReserved);

    assert_eq!(first, Ok(vec![Event::CouponReserved]));
    assert_eq!(second, Ok(vec![Event::StockReserved, Event::PaymentRequested]));
}

#[test]
fn an_order_that_costs_nothing_is_confirmed_without_a_payment() {
    let purchase = Box::new(free(Some("SPRING")));
    let placed = Event::Placed { purchase, deadline: Deadline(900) };

    let first = when(std::slice::from_ref(&placed), Command::NoteStockReserved);
    let last = when(&[placed.clone(), Event::StockReserved], Command::NoteCouponReserved);

    assert_eq!(first, Ok(vec![Event::StockReserved]));
    assert_eq!(last, Ok(vec![Event::CouponReserved, Event::Confirmed]));
    assert_eq!(when(&[placed], authorized()), Err(Rejection::ForeignPayment));
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
    let refused = || Command::NoteStockRefused { details: "shirt/blue: 3 wanted, 1 left".into() };

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
    let payment = purchase(None).payment.unwrap();
    let wrong = Command::NotePaymentAuthorized { payment, amount: eur(1) };
    let foreign = Command::NotePaymentAuthorized { payment: PaymentId::new(), amount: eur(1) };

    assert_eq!(when(&confirmed()[..4], wrong), Err(Rejection::WrongAmount));
    assert_eq!(when(&confirmed()[..4], foreign.clone()), Err(Rejection::ForeignPayment));
    assert_eq!(when(&confirmed(), foreign), Err(Rejection::ForeignPayment));
}

#[test]
fn a_success_after_the_cancellation_is_followed_until_it_is_given_back() {
    let cancelled =
        Event::Cancelled { why: Cancellation { reason: Why::TimedOut, details: String::new() } };
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
    assert_eq!(when(&recalled, Command::NoteShipmentCancelled), Ok(cancelled(Why::ByCustomer, "")));
    assert_eq!(when(&recalled, dispatched), Ok(vec![Event::Shipped { parcel: parcel.clone() }]));
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
    let payment = purchase(None).payment.unwrap();

    assert_eq!(when(&confirmed(), Command::NoteStockReleased), Err(Rejection::TakenAway));
    let voided = Command::NotePaymentVoided { payment };
    assert_eq!(when(&confirmed(), voided), Err(Rejection::TakenAway));
}
