//! Rules on what others are told: pages, topics, and messages that wait.

use crate::chaos::facts::Facts;

/// Every page shows the price that pricing has and the stock that inventory has.
pub(super) fn pages_agree_with_their_sources(facts: &Facts) -> Vec<String> {
    let mut found = Vec::new();
    for shown in &facts.shown {
        let sku = &shown.sku;
        let price = facts.prices.get(sku).copied();
        if shown.price_minor != price {
            let said = shown.price_minor;
            found.push(format!("{sku} is shown at {said:?} and costs {price:?}"));
        }
        let Some(stock) = facts.stock_after.get(sku) else {
            found.push(format!("{sku} is shown and inventory does not know it"));
            continue;
        };
        let available = if stock.tracked { stock.on_hand - stock.reserved } else { 0 };
        if (shown.tracked, shown.available) != (stock.tracked, available) {
            let said = shown.available;
            found.push(format!("{sku} is shown as {said} available and there are {available}"));
        }
    }
    if facts.shown.is_empty() {
        found.push("no page shows anything".to_owned());
    }
    found
}

/// What was committed was said, once, in order, and nothing else.
pub(super) fn topics_agree_with_outboxes(facts: &Facts) -> Vec<String> {
    let Some(report) = &facts.history else {
        return vec!["the history could not be judged".to_owned()];
    };
    if report.is_clean() {
        return Vec::new();
    }
    let examples = report.examples.iter().take(3).map(|example| {
        let short: String = example.chars().take(300).collect();
        format!("history: {short}")
    });
    std::iter::once(format!("history: {report}")).chain(examples).collect()
}

/// Nothing waits for a person.
pub(super) fn nothing_is_stuck(facts: &Facts) -> Vec<String> {
    facts.stuck.iter().map(|what| format!("stuck: {what}")).collect()
}
