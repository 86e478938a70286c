//! A shop with stock, and the events that reach it.

use contracts::catalog::VariantAdded;
use contracts::inventory::StockLevelChanged;
use contracts::orders::{
    CancellationReason, OrderCancelled, OrderConfirmed, OrderLine, OrderPlaced,
};
use contracts::shipping::ShipmentDispatched;
use kernel::{OrderId, ProductId, ShipmentId};
use sqlx::PgPool;
use testkit::TestService;

pub(crate) async fn shop(db: PgPool) -> TestService {
    TestService::start::<inventory::App>(db, &[]).await
}

/// A shop with these SKUs and so many of each.
pub(crate) async fn shop_with(db: PgPool, stock: &[(&str, i64)]) -> TestService {
    let shop = shop(db).await;
    for (sku, pieces) in stock {
        shop.hear(&variant(sku, *pieces)).await.unwrap();
    }
    shop
}

pub(crate) fn variant(sku: &str, pieces: i64) -> VariantAdded {
    VariantAdded {
        product_id: ProductId::derived(sku.as_bytes()).to_string(),
        sku: sku.to_owned(),
        option_values: vec!["Small".to_owned()],
        tracked: true,
        opening_quantity: pieces,
        product_title: "Ocean Blue Shirt".to_owned(),
        ..VariantAdded::default()
    }
}

pub(crate) fn placed(order: OrderId, lines: &[(&str, i64)]) -> OrderPlaced {
    let line = |(sku, quantity): &(&str, i64)| OrderLine {
        sku: (*sku).to_owned(),
        quantity: *quantity,
        ..OrderLine::default()
    };
    OrderPlaced {
        order_id: order.to_string(),
        lines: lines.iter().map(line).collect(),
        ..OrderPlaced::default()
    }
}

pub(crate) fn confirmed(order: OrderId) -> OrderConfirmed {
    OrderConfirmed { order_id: order.to_string() }
}

pub(crate) fn cancelled(order: OrderId) -> OrderCancelled {
    OrderCancelled {
        order_id: order.to_string(),
        reason: CancellationReason::ByCustomer.into(),
        ..OrderCancelled::default()
    }
}

pub(crate) fn dispatched(order: OrderId) -> ShipmentDispatched {
    ShipmentDispatched {
        order_id: order.to_string(),
        shipment_id: ShipmentId::new().to_string(),
        ..ShipmentDispatched::default()
    }
}

/// On hand and reserved, over all locations.
pub(crate) async fn level(shop: &TestService, sku: &str) -> (i64, i64) {
    let sums =
        "select sum(on_hand)::bigint, sum(reserved)::bigint from stock_levels where sku = $1";
    sqlx::query_as(sums).bind(sku).fetch_one(&shop.db).await.unwrap()
}

/// How often an event was said.
pub(crate) async fn said(shop: &TestService, name: &str) -> usize {
    shop.published_names().await.iter().filter(|said| *said == name).count()
}

/// Checks that the levels that were said of a SKU have versions 1, 2, 3, … and gives the last.
pub(crate) async fn last_level(shop: &TestService, sku: &str) -> StockLevelChanged {
    let said = shop.published().await;
    let levels: Vec<_> = said
        .iter()
        .filter(|event| event.name() == "StockLevelChanged" && event.key == sku)
        .collect();
    let versions: Vec<i64> = levels.iter().map(|event| event.version).collect();
    let steady: Vec<i64> = (1..).take(levels.len()).collect();
    assert_eq!(versions, steady, "{sku}");
    levels.last().unwrap().read()
}
