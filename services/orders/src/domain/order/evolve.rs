//! What events mean: the state after each. Events of the store are taken as they are, never judged.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the `_` arms are events that mean nothing in a state"
)]

use super::{Event, Held, Hold, Need, Order, Payment, Progress};

/// The order after an event. An event that means nothing in a state changes nothing.
pub(crate) fn evolve(order: Option<Order>, event: &Event) -> Option<Order> {
    let Some(order) = order else {
        let Event::Placed { purchase, deadline } = event else { return None };
        let progress = Progress::of(purchase);
        return Some(Order::Placed {
            purchase: (**purchase).clone(),
            deadline: *deadline,
            progress,
        });
    };
    Some(match (order, event) {
        (Order::Placed { purchase, .. }, Event::Confirmed) => Order::Confirmed { purchase },
        (Order::Placed { purchase, progress, .. }, Event::Cancelled { why }) => {
            Order::Cancelled { purchase, why: why.clone(), held: held(progress) }
        }
        (Order::Placed { purchase, deadline, progress }, event) => {
            Order::Placed { purchase, deadline, progress: gathered(progress, event) }
        }
        (Order::Confirmed { purchase }, Event::Recalled { by }) => {
            Order::Recalling { purchase, by: *by }
        }
        (Order::Recalling { purchase, .. }, Event::RecallRefused) => Order::Confirmed { purchase },
        (
            Order::Confirmed { purchase } | Order::Recalling { purchase, .. },
            Event::Shipped { parcel },
        ) => Order::Shipped { purchase, parcel: parcel.clone() },
        (
            Order::Confirmed { purchase } | Order::Recalling { purchase, .. },
            Event::Cancelled { why },
        ) => {
            let coupon = hold(purchase.coupon.is_some());
            let payment = hold(purchase.payment.is_some());
            let held = Held { stock: Hold::Held, coupon, payment };
            Order::Cancelled { purchase, why: why.clone(), held }
        }
        (Order::Shipped { purchase, parcel }, Event::Delivered) => {
            Order::Delivered { purchase, parcel }
        }
        (Order::Cancelled { purchase, why, held }, event) => {
            Order::Cancelled { purchase, why, held: settled(held, event) }
        }
        (unchanged, _) => unchanged,
    })
}

/// A placed order's progress after an event.
pub(super) fn gathered(progress: Progress, event: &Event) -> Progress {
    match event {
        Event::StockReserved => Progress { stock: Need::Reserved, ..progress },
        Event::CouponReserved => Progress { coupon: Need::Reserved, ..progress },
        Event::PaymentRequested => Progress { payment: Payment::Requested, ..progress },
        Event::PaymentAuthorized => Progress { payment: Payment::Authorized, ..progress },
        _ => progress,
    }
}

fn held(progress: Progress) -> Held {
    Held {
        stock: hold(progress.stock == Need::Reserved),
        coupon: hold(progress.coupon == Need::Reserved),
        payment: hold(progress.payment == Payment::Authorized),
    }
}

const fn hold(is_held: bool) -> Hold {
    if is_held { Hold::Held } else { Hold::Nothing }
}

fn settled(held: Held, event: &Event) -> Held {
    match event {
        Event::StockReserved => Held { stock: Hold::Held, ..held },
        Event::StockReleased => Held { stock: Hold::GivenBack, ..held },
        Event::CouponReserved => Held { coupon: Hold::Held, ..held },
        Event::CouponReleased => Held { coupon: Hold::GivenBack, ..held },
        Event::PaymentAuthorized => Held { payment: Hold::Held, ..held },
        Event::PaymentVoided => Held { payment: Hold::GivenBack, ..held },
        _ => held,
    }
}
