//! Rules on cards and parcels: what the world outside says of each order.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::chaos::facts::{Facts, Hold, Parcel};

/// Delivered: one capture of the order's total and no other hold. Cancelled: nothing was ever taken.
pub(super) fn each_order_is_paid_once_or_never(facts: &Facts) -> Vec<String> {
    let mut holds: HashMap<Uuid, Vec<&Hold>> = HashMap::new();
    for hold in &facts.holds {
        holds.entry(hold.payment.unwrap_or_default()).or_default().push(hold);
    }
    let mut found = Vec::new();
    for order in &facts.orders {
        let of_order = holds.get(&order.payment).map(Vec::as_slice).unwrap_or_default();
        let taken: Vec<i64> =
            of_order.iter().filter(|hold| was_taken(hold)).map(|hold| hold.amount_minor).collect();
        if order.is_delivered() && taken != [order.total_minor] {
            let total = order.total_minor;
            found.push(format!("order {}: delivered for {total}, taken: {taken:?}", order.id));
        }
        if order.is_delivered() && of_order.iter().any(|hold| hold.status == "refunded") {
            found.push(format!("order {}: delivered and given back", order.id));
        }
        if order.is_cancelled() && !taken.is_empty() {
            found.push(format!("order {}: cancelled, taken: {taken:?}", order.id));
        }
    }
    found
}

/// Money left the card at some time.
fn was_taken(hold: &Hold) -> bool {
    matches!(hold.status.as_str(), "captured" | "refunded")
}

/// Nothing stays held on a card, and nothing is taken for a parcel that nobody got.
pub(super) fn no_hold_is_forgotten(facts: &Facts) -> Vec<String> {
    let delivered = facts.orders.iter().filter(|order| order.is_delivered());
    let paid: HashSet<Uuid> = delivered.map(|order| order.payment).collect();
    let wrong = facts.holds.iter().filter_map(|hold| {
        let of_delivered = hold.payment.is_some_and(|payment| paid.contains(&payment));
        let fine = match hold.status.as_str() {
            "captured" => of_delivered,
            status => matches!(status, "voided" | "declined"),
        };
        let Hold { id, status, payment, .. } = hold;
        (!fine).then(|| format!("hold {id} of payment {payment:?} is {status} for ever"))
    });
    wrong.collect()
}

/// Delivered: one parcel, and it arrived. Cancelled: none was taken along. And none of nobody's.
pub(super) fn one_parcel_or_none(facts: &Facts) -> Vec<String> {
    let mut parcels: HashMap<Uuid, Vec<&Parcel>> = HashMap::new();
    for parcel in facts.parcels.iter().filter(|parcel| parcel.counts()) {
        parcels.entry(parcel.order.unwrap_or_default()).or_default().push(parcel);
    }
    let mut found = Vec::new();
    for order in &facts.orders {
        let sent = parcels.remove(&order.id).unwrap_or_default();
        let stages: Vec<&str> = sent.iter().map(|parcel| parcel.stage.as_str()).collect();
        if order.is_delivered() && stages != ["delivered"] {
            found.push(format!("order {}: delivered, parcels: {stages:?}", order.id));
        }
        if order.is_cancelled() && !stages.is_empty() {
            found.push(format!("order {}: cancelled, parcels: {stages:?}", order.id));
        }
    }
    let strays = parcels.into_values().flatten();
    found.extend(strays.map(|parcel| format!("parcel {} belongs to no order", parcel.id)));
    found
}
