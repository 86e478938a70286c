//! The auditor's rules: what must be true when everything is quiet, as pure functions over facts.

mod money;
mod reading;
mod stock;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::facts::{Facts, Order};

/// At least so many of a hundred journeys that were meant to succeed must be delivered.
const DELIVERED_PERCENT: usize = 95;

/// Every broken rule, a sentence each; time may mend what is broken, as long as things are under way.
pub(crate) fn judge(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(accepted_orders_are_final(facts));
    found.extend(all_orders_are_final(facts));
    found.extend(one_order_for_each_key(facts));
    found.extend(money::each_order_is_paid_once_or_never(facts));
    found.extend(money::no_hold_is_forgotten(facts));
    found.extend(money::one_parcel_or_none(facts));
    found.extend(stock::stock_adds_up(facts));
    found.extend(stock::coupons_add_up(facts));
    found.extend(reading::pages_agree_with_their_sources(facts));
    found.extend(reading::topics_agree_with_outboxes(facts));
    found.extend(reading::nothing_is_stuck(facts));
    found
}

fn by_id(facts: &Facts) -> HashMap<Uuid, &Order> {
    facts.orders.iter().map(|order| (order.id, order)).collect()
}

/// Every order that a buyer was promised is there, and has come to an end.
fn accepted_orders_are_final(facts: &Facts) -> Vec<String> {
    let orders = by_id(facts);
    let promised = facts.journeys.iter().flat_map(|journey| {
        let mut ids = journey.accepted.clone();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(move |id| (journey.number, id))
    });
    let missing = promised.filter(|(_, id)| !orders.contains_key(id));
    missing.map(|(number, id)| format!("journey {number}: order {id} is lost")).collect()
}

/// No order waits for anything, promised or not.
fn all_orders_are_final(facts: &Facts) -> Vec<String> {
    let open = facts.orders.iter().filter(|order| !order.is_delivered() && !order.is_cancelled());
    open.map(|order| format!("order {} is {} for ever", order.id, order.status)).collect()
}

/// However often a buyer submitted, there is one order, and every answer named it.
fn one_order_for_each_key(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    let mut keys = HashSet::new();
    for journey in &facts.journeys {
        if !keys.insert(journey.key.as_str()) {
            found.push(format!("journey {}: its key was used by another one", journey.number));
        }
        let answered: HashSet<Uuid> = journey.accepted.iter().copied().collect();
        let of_quote = facts.orders.iter().filter(|order| Some(order.quote) == journey.quote);
        let made: HashSet<Uuid> = of_quote.map(|order| order.id).collect();
        if answered.len() > 1 {
            found.push(format!("journey {}: one key, {} orders", journey.number, answered.len()));
        }
        if made.len() > 1 {
            found.push(format!("journey {}: one quote, {} orders", journey.number, made.len()));
        }
        if !answered.is_empty() && answered != made {
            found.push(format!("journey {}: the order is not of its quote", journey.number));
        }
    }
    found
}

/// Faults delay orders; they do not turn buyers away. Of orders that are final, so no time mends it.
pub(crate) fn enough_is_delivered(facts: &Facts) -> Vec<String> {
    let orders = by_id(facts);
    let (mut meant, mut delivered) = (0, 0);
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for journey in facts.journeys.iter().filter(|journey| journey.meant_to_succeed) {
        meant += 1;
        match journey.accepted.first().and_then(|id| orders.get(id)) {
            Some(order) if order.is_delivered() => delivered += 1,
            Some(order) => {
                let why = order.reason.as_deref().unwrap_or(&order.status);
                *others.entry(why).or_default() += 1;
            }
            None => *others.entry("turned away").or_default() += 1,
        }
    }
    if delivered * 100 >= meant * DELIVERED_PERCENT {
        return Vec::new();
    }
    let what = format!("{delivered} of {meant} journeys that were meant to succeed are delivered");
    vec![format!("{what}, the others: {others:?}")]
}
