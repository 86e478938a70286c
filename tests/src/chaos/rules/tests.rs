//! Each rule finds what it is there for, in a small shop where otherwise all is well.

use crate::chaos::facts::{Coupon, Facts, Hold, Journey, Order, Parcel, Shown, Stock};
use crate::checker::Report;

use super::{Uuid, enough_is_delivered, judge};

const DELIVERED: Uuid = Uuid::from_u128(1);
const CANCELLED: Uuid = Uuid::from_u128(2);

fn journey(order: Uuid, meant_to_succeed: bool) -> Journey {
    Journey {
        number: u64::try_from(order.as_u128()).unwrap(),
        key: format!("key-{order}"),
        quote: Some(Uuid::from_u128(order.as_u128() + 100)),
        accepted: vec![order],
        meant_to_succeed,
        gave_up: None,
    }
}

fn order(id: Uuid, status: &str) -> Order {
    Order {
        id,
        status: status.to_owned(),
        reason: None,
        quote: Uuid::from_u128(id.as_u128() + 100),
        payment: Uuid::from_u128(id.as_u128() + 200),
        total_minor: 1_990,
        coupon: Some("TEN".to_owned()),
        confirmed: status == "delivered",
        lines: vec![("shirt".to_owned(), 2)],
    }
}

fn hold(order: Uuid, status: &str) -> Hold {
    let payment = Some(Uuid::from_u128(order.as_u128() + 200));
    Hold { id: format!("aut-{order}"), payment, amount_minor: 1_990, status: status.to_owned() }
}

fn parcel(order: Uuid, stage: &str) -> Parcel {
    Parcel { id: format!("cst-{order}"), order: Some(order), stage: stage.to_owned() }
}

fn stock(on_hand: i64) -> Stock {
    Stock { tracked: true, on_hand, reserved: 0, lowest: on_hand, moved: on_hand }
}

/// One order of two shirts was delivered, one was cancelled after its card was held.
fn shop() -> Facts {
    Facts {
        journeys: vec![journey(DELIVERED, true), journey(CANCELLED, false)],
        orders: vec![order(DELIVERED, "delivered"), order(CANCELLED, "cancelled")],
        holds: vec![hold(DELIVERED, "captured"), hold(CANCELLED, "voided")],
        parcels: vec![parcel(DELIVERED, "delivered"), parcel(CANCELLED, "cancelled")],
        stock_before: [("shirt".to_owned(), stock(10))].into(),
        stock_after: [("shirt".to_owned(), stock(8))].into(),
        coupons: vec![Coupon { code: "TEN".into(), used: 1, reserved: 0, limit: Some(5) }],
        shown: vec![Shown {
            sku: "shirt".into(),
            price_minor: Some(995),
            tracked: true,
            available: 8,
        }],
        prices: [("shirt".to_owned(), 995)].into(),
        history: Some(Report::default()),
        stuck: Vec::new(),
    }
}

/// The one sentence that is said of a shop with one thing wrong.
fn found(wrong: impl FnOnce(&mut Facts)) -> String {
    let mut facts = shop();
    wrong(&mut facts);
    let mut all = judge(&facts);
    all.extend(enough_is_delivered(&facts));
    all.join(" | ")
}

#[test]
fn a_shop_where_all_is_well_breaks_no_rule() {
    assert_eq!(found(|_| ()), "");
}

#[test]
fn a_lost_order_is_found() {
    let lost = found(|facts| facts.journeys[1].accepted = vec![Uuid::from_u128(9)]);
    assert!(lost.contains("journey 2: order 00000000-0000-0000-0000-000000000009 is lost"));
}

#[test]
fn an_order_without_an_end_is_found() {
    let open = found(|facts| facts.orders[1].status = "confirmed".into());
    assert!(open.contains("is confirmed for ever"));
}

#[test]
fn two_orders_of_one_key_are_found() {
    let answered = found(|facts| facts.journeys[0].accepted.push(CANCELLED));
    let made = found(|facts| facts.orders[1].quote = facts.orders[0].quote);
    let shared = found(|facts| facts.journeys[1].key = facts.journeys[0].key.clone());

    assert!(answered.contains("journey 1: one key, 2 orders"), "{answered}");
    assert!(made.contains("journey 1: one quote, 2 orders"), "{made}");
    assert_eq!(shared, "journey 2: its key was used by another one");
}

#[test]
fn a_wrong_payment_is_found() {
    let never = found(|facts| facts.holds[0].status = "voided".into());
    let twice = found(|facts| facts.holds.push(hold(DELIVERED, "captured")));
    let amount = found(|facts| facts.holds[0].amount_minor = 1);
    let kept = found(|facts| facts.holds[1].status = "captured".into());
    let back = found(|facts| facts.holds[1].status = "refunded".into());

    assert!(never.contains("delivered for 1990, taken: []"), "{never}");
    assert!(twice.contains("taken: [1990, 1990]"), "{twice}");
    assert!(amount.contains("taken: [1]"), "{amount}");
    assert!(kept.contains("cancelled, taken: [1990]"), "{kept}");
    assert!(back.contains("cancelled, taken: [1990]"), "{back}");
}

#[test]
fn a_forgotten_hold_is_found() {
    let held = found(|facts| facts.holds[1].status = "authorized".into());
    let stray = found(|facts| {
        facts.holds.push(Hold { payment: None, ..hold(Uuid::from_u128(7), "captured") });
    });

    assert!(held.ends_with("is authorized for ever"), "{held}");
    assert!(stray.ends_with("of payment None is captured for ever"), "{stray}");
}

#[test]
fn a_wrong_parcel_is_found() {
    let none = found(|facts| facts.parcels.clear());
    let two = found(|facts| facts.parcels.push(parcel(DELIVERED, "in_transit")));
    let sent = found(|facts| facts.parcels[1].stage = "picked_up".into());
    let stray = found(|facts| facts.parcels.push(parcel(Uuid::from_u128(8), "booked")));

    assert!(none.contains("delivered, parcels: []"), "{none}");
    assert!(two.contains(r#"parcels: ["delivered", "in_transit"]"#), "{two}");
    assert!(sent.contains(r#"cancelled, parcels: ["picked_up"]"#), "{sent}");
    assert!(stray.contains("belongs to no order"), "{stray}");
}

#[test]
fn wrong_stock_is_found() {
    let lost = found(|facts| {
        facts.stock_after.insert("shirt".into(), stock(7));
        facts.shown[0].available = 7;
    });
    let gone = found(|facts| facts.stock_after.clear());
    let kept = found(|facts| facts.stock_after.get_mut("shirt").unwrap().reserved = 1);
    let negative = found(|facts| facts.stock_after.get_mut("shirt").unwrap().lowest = -1);
    let silent = found(|facts| facts.stock_after.get_mut("shirt").unwrap().moved = 9);

    assert_eq!(lost, "stock of shirt: 10 before, 7 now, 2 delivered");
    assert!(gone.contains("stock of shirt is gone"), "{gone}");
    assert!(kept.contains("1 stay set aside"), "{kept}");
    assert!(negative.contains("is negative: -1"), "{negative}");
    assert!(silent.contains("movements make 9, there are 8"), "{silent}");
}

#[test]
fn untracked_stock_does_not_change() {
    let untracked = found(|facts| {
        let stock = Stock { tracked: false, ..stock(10) };
        facts.stock_before.insert("shirt".into(), stock);
        facts.stock_after.insert("shirt".into(), stock);
        facts.shown[0] = Shown { tracked: false, available: 0, ..facts.shown[0].clone() };
    });
    assert_eq!(untracked, "");
}

#[test]
fn wrong_coupons_are_found() {
    let used = found(|facts| facts.coupons[0].used = 2);
    let kept = found(|facts| facts.coupons[0].reserved = 1);
    let beyond = found(|facts| facts.coupons[0].limit = Some(0));

    assert_eq!(used, "coupon TEN: used 2 times by 1 orders");
    assert_eq!(kept, "coupon TEN: 1 uses stay set aside");
    assert_eq!(beyond, "coupon TEN: used beyond its limit");
}

#[test]
fn pages_that_say_something_else_are_found() {
    let price = found(|facts| facts.shown[0].price_minor = Some(1));
    let number = found(|facts| facts.shown[0].available = 9);
    let empty = found(|facts| facts.shown.clear());

    assert_eq!(price, "shirt is shown at Some(1) and costs Some(995)");
    assert_eq!(number, "shirt is shown as 9 available and there are 8");
    assert_eq!(empty, "no page shows anything");
}

#[test]
fn a_history_with_faults_is_found() {
    let lost = found(|facts| facts.history.as_mut().unwrap().lost = 1);
    let unknown = found(|facts| facts.history = None);

    assert!(lost.starts_with("history: lost=1 ghosts=0"), "{lost}");
    assert_eq!(unknown, "the history could not be judged");
}

#[test]
fn whatever_waits_for_a_person_is_found() {
    let stuck = found(|facts| facts.stuck.push("orders: 1 message is parked".into()));
    assert_eq!(stuck, "stuck: orders: 1 message is parked");
}

#[test]
fn too_few_deliveries_are_found() {
    let turned_away = found(|facts| facts.journeys[1].meant_to_succeed = true);
    let none = found(|facts| {
        facts.journeys[1] = Journey { accepted: Vec::new(), ..journey(CANCELLED, true) };
    });

    let said = "1 of 2 journeys that were meant to succeed are delivered, the others: ";
    assert_eq!(turned_away, format!("{said}{{\"cancelled\": 1}}"));
    assert_eq!(none, format!("{said}{{\"turned away\": 1}}"));
}
