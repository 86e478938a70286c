//! Rules on what is counted: stock and coupons.

use std::collections::HashMap;

use crate::chaos::facts::Facts;

/// What was there is there, or was delivered; nothing is set aside any more, nothing below zero.
pub(super) fn stock_adds_up(facts: &Facts) -> Vec<String> {
    let mut sold: HashMap<&str, i64> = HashMap::new();
    for order in facts.orders.iter().filter(|order| order.is_delivered()) {
        for (sku, pieces) in &order.lines {
            *sold.entry(sku).or_default() += pieces;
        }
    }
    let mut found = Vec::new();
    for (sku, before) in &facts.stock_before {
        let Some(after) = facts.stock_after.get(sku) else {
            found.push(format!("stock of {sku} is gone"));
            continue;
        };
        let sold = if before.tracked { sold.get(sku.as_str()).copied().unwrap_or(0) } else { 0 };
        if before.on_hand != after.on_hand + sold {
            let (was, is) = (before.on_hand, after.on_hand);
            found.push(format!("stock of {sku}: {was} before, {is} now, {sold} delivered"));
        }
        if after.reserved != 0 {
            found.push(format!("stock of {sku}: {} stay set aside", after.reserved));
        }
        if after.lowest < 0 {
            found.push(format!("stock of {sku} is negative: {}", after.lowest));
        }
        if after.moved != after.on_hand {
            let (moved, is) = (after.moved, after.on_hand);
            found.push(format!("stock of {sku}: movements make {moved}, there are {is}"));
        }
    }
    found
}

/// Each confirmed order with a coupon used it once, and the limit holds.
pub(super) fn coupons_add_up(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    for coupon in &facts.coupons {
        let with = facts.orders.iter().filter(|order| {
            order.confirmed && order.coupon.as_deref().is_some_and(|code| code == coupon.code)
        });
        let confirmed = i64::try_from(with.count()).unwrap_or(i64::MAX);
        let code = &coupon.code;
        if coupon.used != confirmed {
            let used = coupon.used;
            found.push(format!("coupon {code}: used {used} times by {confirmed} orders"));
        }
        if coupon.reserved != 0 {
            found.push(format!("coupon {code}: {} uses stay set aside", coupon.reserved));
        }
        if coupon.limit.is_some_and(|limit| coupon.used + coupon.reserved > limit) {
            found.push(format!("coupon {code}: used beyond its limit"));
        }
    }
    found
}
