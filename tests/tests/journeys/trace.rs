//! One trace from the click to the mail, as the separate processes tell it to a collector.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use e2e::shop::{ACCEPTED, Placed, fresh_key, json};
use serde_json::json as body;

use crate::otlp::{Collector, Seen};
use crate::support::{AtTheTill, PATIENCE, product, shop};

/// The click: a trace that begins here (W3C Trace Context).
struct Click {
    trace: Vec<u8>,
    span: Vec<u8>,
    traceparent: String,
}

fn click() -> Click {
    let trace: [u8; 16] = rand::random();
    let span: [u8; 8] = rand::random();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let traceparent = format!("00-{}-{}-01", hex(&trace), hex(&span));
    Click { trace: trace.to_vec(), span: span.to_vec(), traceparent }
}

/// Waits until a trace holds spans with all these names (service and span).
async fn all_of(collector: &Collector, click: &Click, wanted: &[(&str, &str)]) -> Vec<Seen> {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let spans = collector.trace(&click.trace);
        let missing: Vec<_> = wanted
            .iter()
            .filter(|(service, name)| {
                !spans.iter().any(|span| span.service == *service && span.name.contains(name))
            })
            .collect();
        if missing.is_empty() {
            return spans;
        }
        let names: BTreeSet<_> = spans.iter().map(|span| (&span.service, &span.name)).collect();
        let late = tokio::time::Instant::now() >= end;
        assert!(!late, "the trace lacks {missing:?}; it has {names:#?}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// The spans whose parent is not in the trace. Spans arrive in batches, so it is asked again for a while.
async fn no_orphans(collector: &Collector, click: &Click) {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let spans = collector.trace(&click.trace);
        let known: HashSet<_> = spans.iter().map(|span| &span.id).chain([&click.span]).collect();
        let orphans: Vec<_> = spans.iter().filter(|span| !known.contains(&span.parent)).collect();
        if orphans.is_empty() {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "spans without a parent: {orphans:#?}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// One test, because two collectors cannot listen at one place.
#[tokio::test]
async fn a_click_is_one_trace_through_every_process() {
    let collector = Collector::start().await;
    an_order_is_one_trace_up_to_its_mails(&collector).await;
    a_page_is_one_trace_with_what_it_asks(&collector).await;
}

async fn an_order_is_one_trace_up_to_its_mails(collector: &Collector) {
    let shop = shop();
    let variant = product(&shop, "Log line", 3).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), ACCEPTED, None).await;
    let click = click();
    let order = body!({
        "quote": till.quote.quote, "payment_id": till.payment.payment_id,
        "email": till.email, "address": till.to,
    });
    let request = shop.post("/api/orders/v1/orders").header("idempotency-key", fresh_key());
    let request = request.header("traceparent", &click.traceparent);
    let placed: Placed = json(till.buyer.on(request).json(&order)).await.unwrap();
    shop.wait_until(&placed, "confirmed", PATIENCE).await.unwrap();
    shop.mail(&till.email, "Confirmed: your order", PATIENCE).await.unwrap();

    let wanted = [
        ("orders", "POST /api/orders/v1/orders"),
        ("inventory", "process orders.order.v1"),
        ("orders", "process inventory."),
        ("payments", "process orders."),
        ("payments", "work "),
        ("orders", "process payments."),
        ("shipping", "process orders."),
        ("shipping", "work "),
        ("notifications", "process orders.customer_order.v1"),
        ("notifications", "work "),
    ];
    all_of(collector, &click, &wanted).await;
    no_orphans(collector, &click).await;
}

async fn a_page_is_one_trace_with_what_it_asks(collector: &Collector) {
    let shop = shop();
    let click = click();
    let page = shop.get("/").header("traceparent", &click.traceparent).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);

    all_of(collector, &click, &[("storefront", "GET /"), ("search", "")]).await;
    no_orphans(collector, &click).await;
}
