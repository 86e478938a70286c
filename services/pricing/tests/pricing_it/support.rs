//! A shop with prices, rates and coupons.

use contracts::catalog::{ProductPublished, VariantAdded};
use contracts::common::Money;
use contracts::orders::{CancellationReason, OrderCancelled, OrderConfirmed, OrderPlaced};
use contracts::shipping::ShippingRateSet;
use http::StatusCode;
use kernel::{OrderId, ProductId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, TestService};

pub(crate) const BASKET: &str = "bsk_0192f0c1000070008000000000000000";

pub(crate) async fn empty_shop(db: PgPool) -> TestService {
    TestService::start::<pricing::App>(db, &[]).await
}

/// A shop that sells `shirt/small` for 25.00 EUR and `mug` for 9.90 EUR, and sends parcels.
pub(crate) async fn shop(db: PgPool) -> TestService {
    let shop = empty_shop(db).await;
    offer(&shop, "shirt/small", 2_500).await;
    offer(&shop, "mug", 990).await;
    for (method, country, price, free_from) in [
        ("standard", "*", 1_490, None),
        ("standard", "DE", 490, Some(8_000)),
        ("express", "DE", 1_290, None),
    ] {
        shop.hear(&rate(method, country, price, free_from)).await.unwrap();
    }
    shop
}

pub(crate) fn eur(minor: i64) -> Option<Money> {
    Some(Money { minor, currency: "EUR".to_owned() })
}

pub(crate) fn product(sku: &str) -> String {
    ProductId::derived(sku.as_bytes()).to_string()
}

pub(crate) fn variant(sku: &str, minor: i64) -> VariantAdded {
    VariantAdded {
        product_id: product(sku),
        sku: sku.to_owned(),
        option_values: vec!["Small".to_owned(), "Blue".to_owned()],
        opening_price: eur(minor),
        product_title: format!("A {sku}"),
        seller_id: String::new(),
        ..VariantAdded::default()
    }
}

pub(crate) fn published(sku: &str) -> ProductPublished {
    ProductPublished { product_id: product(sku) }
}

pub(crate) async fn offer(shop: &TestService, sku: &str, minor: i64) {
    shop.hear(&variant(sku, minor)).await.unwrap();
    shop.hear(&published(sku)).await.unwrap();
}

pub(crate) fn rate(method: &str, country: &str, price: i64, free: Option<i64>) -> ShippingRateSet {
    ShippingRateSet {
        method: method.to_owned(),
        country: country.to_owned(),
        name: format!("By {method}"),
        price: eur(price),
        free_from: free.and_then(eur),
    }
}

/// Makes a coupon such as `{"code": "TEN", "percent": 10}`.
pub(crate) async fn coupon(shop: &TestService, body: Value) {
    let answer = create_coupon(shop, &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
}

pub(crate) async fn create_coupon(shop: &TestService, body: &Value) -> Answer {
    let key = [("idempotency-key", "make-it")];
    shop.post("/api/pricing/v1/coupons", &shop.staff(), &key, body).await
}

/// A guest's request for two shirts and a mug to Germany, with other fields in the place of these.
pub(crate) fn request(other: Value) -> Value {
    let mut body = json!({
        "basket_id": BASKET,
        "currency": "EUR",
        "country": "DE",
        "postal_code": "10115",
        "shipping_method": "standard",
        "lines": [{"sku": "shirt/small", "quantity": 2}, {"sku": "mug", "quantity": 1}],
    });
    if let (Some(body), Value::Object(other)) = (body.as_object_mut(), other) {
        body.extend(other);
    }
    body
}

pub(crate) async fn quote(shop: &TestService, other: Value) -> Answer {
    shop.post("/api/pricing/v1/quotes", "", &[], &request(other)).await
}

pub(crate) fn placed(order: OrderId, coupon: &str) -> OrderPlaced {
    OrderPlaced {
        order_id: order.to_string(),
        coupon_code: coupon.to_owned(),
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

/// The names of what was said of coupons.
pub(crate) async fn said_of_coupons(shop: &TestService) -> Vec<String> {
    let said = shop.published().await;
    let of_coupons = said.iter().filter(|event| event.topic == "pricing.coupon.v1");
    of_coupons.map(|event| event.name().to_owned()).collect()
}
