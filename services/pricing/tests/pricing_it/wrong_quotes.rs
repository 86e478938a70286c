//! What cannot be quoted, and how it is said.

use contracts::catalog::{ProductArchived, VariantAdded, VariantRemoved};
use contracts::common::Money;
use http::StatusCode;
use kernel::OrderId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::TestService;

use crate::support::{coupon, offer, placed, product, published, quote, shop, variant};

async fn wrong(shop: &TestService, other: Value) -> Vec<String> {
    let answer = quote(shop, other).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    answer.wrong_fields().into_iter().map(str::to_owned).collect()
}

#[sqlx::test]
async fn every_wrong_line_is_named(db: PgPool) {
    let shop = shop(db).await;
    shop.hear(&variant("hidden", 100)).await.unwrap();
    offer(&shop, "archived", 100).await;
    shop.hear(&ProductArchived { product_id: product("archived") }).await.unwrap();
    offer(&shop, "removed", 100).await;
    let removed = VariantRemoved { product_id: product("removed"), sku: "removed".to_owned() };
    shop.hear(&removed).await.unwrap();
    let dollars = Some(Money { minor: 100, currency: "USD".to_owned() });
    shop.hear(&VariantAdded { opening_price: dollars, ..variant("imported", 0) }).await.unwrap();
    shop.hear(&published("imported")).await.unwrap();
    let skus = ["mug", "unknown", "hidden", "archived", "removed", "imported"];
    let lines: Vec<_> = skus.iter().map(|sku| json!({"sku": sku, "quantity": 1})).collect();

    let answer = quote(&shop, json!({"lines": lines})).await;

    assert_eq!(
        answer.wrong_fields(),
        ["lines[1].sku", "lines[2].sku", "lines[3].sku", "lines[4].sku", "lines[5].sku"]
    );
    assert_eq!(answer.json["errors"][4]["message"], "this is sold in USD");
    shop.hear(&published("archived")).await.unwrap();
    let again = quote(&shop, json!({"lines": [{"sku": "archived", "quantity": 1}]})).await;
    assert_eq!(again.status, StatusCode::OK);
}

#[sqlx::test]
async fn every_wrong_field_is_named(db: PgPool) {
    let shop = shop(db).await;
    let twice = json!([{"sku": "mug", "quantity": 1}, {"sku": "mug", "quantity": 2}]);

    assert_eq!(wrong(&shop, json!({"lines": twice})).await, ["lines[1].sku"]);
    assert_eq!(wrong(&shop, json!({"lines": []})).await, ["lines"]);
    assert_eq!(wrong(&shop, json!({"shipping_method": "pigeon"})).await, ["shipping_method"]);
    assert_eq!(
        wrong(&shop, json!({"basket_id": null, "country": "de", "postal_code": ""})).await,
        ["basket_id", "country", "postal_code"]
    );
    for (field, line) in [
        ("lines[0].quantity", json!({"sku": "mug", "quantity": 0})),
        ("lines[0].quantity", json!({"sku": "mug", "quantity": -1})),
        ("lines[0].quantity", json!({"sku": "mug", "quantity": 1000})),
        ("lines[0].quantity", json!({"sku": "mug", "quantity": 1.5})),
        ("lines[0].sku", json!({"sku": "a b", "quantity": 1})),
    ] {
        assert_eq!(wrong(&shop, json!({"lines": [line]})).await, [field]);
    }
    assert_eq!(wrong(&shop, json!({"currency": "eur"})).await, ["currency"]);
    assert_eq!(
        quote(&shop, json!({"colour": "blue"})).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[sqlx::test]
async fn nothing_is_sent_where_there_is_no_rate_in_the_currency(db: PgPool) {
    let shop = crate::support::empty_shop(db).await;
    offer(&shop, "mug", 990).await;

    let fields = wrong(&shop, json!({"lines": [{"sku": "mug", "quantity": 1}]})).await;

    assert_eq!(fields, ["country"]);
}

#[sqlx::test]
async fn a_sum_that_does_not_fit_is_refused(db: PgPool) {
    let shop = shop(db).await;
    offer(&shop, "gold", i64::MAX).await;

    let once = wrong(&shop, json!({"lines": [{"sku": "gold", "quantity": 2}]})).await;
    let lines = json!([{"sku": "gold", "quantity": 1}, {"sku": "mug", "quantity": 1}]);
    let together = wrong(&shop, json!({"lines": lines})).await;

    assert_eq!((once, together), (vec!["lines[0].quantity".to_owned()], vec!["lines".to_owned()]));
}

#[sqlx::test]
async fn a_coupon_that_takes_nothing_off_says_why(db: PgPool) {
    let shop = shop(db).await;
    let message = async |code: &str| {
        let answer = quote(&shop, json!({"coupon": code})).await;
        assert_eq!(answer.wrong_fields(), ["coupon"], "{code}: {}", answer.text);
        answer.json["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    let make = async |body: Value| {
        let key = body["code"].as_str().unwrap().to_owned();
        let key = [("idempotency-key", key.as_str())];
        let answer = shop.post("/api/pricing/v1/coupons", &shop.staff(), &key, &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    };
    make(json!({"code": "OLD", "percent": 10, "valid_until": "2020-01-01T00:00:00Z"})).await;
    make(json!({"code": "LATER", "percent": 10, "valid_from": "2120-01-01T00:00:00Z"})).await;
    make(
        json!({"code": "RICH", "percent": 10, "minimum_goods": {"minor": 5991, "currency": "EUR"}}),
    )
    .await;
    make(json!({"code": "YEN", "amount": {"minor": 100, "currency": "JPY"}})).await;
    make(json!({"code": "ONCE", "percent": 10, "use_limit": 1})).await;
    shop.hear(&placed(OrderId::new(), "ONCE")).await.unwrap();

    assert_eq!(message("NONE").await, "there is no such coupon");
    assert_eq!(message("OLD").await, "the coupon has ended");
    assert_eq!(message("LATER").await, "the coupon is not valid yet");
    assert_eq!(message("RICH").await, "the coupon needs goods worth at least 59.91 EUR");
    assert_eq!(message("YEN").await, "the coupon is in JPY");
    assert_eq!(message("ONCE").await, "the coupon has been used up");
}

#[sqlx::test]
async fn an_ended_coupon_takes_nothing_off(db: PgPool) {
    let shop = shop(db).await;
    coupon(&shop, json!({"code": "TEN", "percent": 10})).await;
    assert_eq!(quote(&shop, json!({"coupon": "TEN"})).await.status, StatusCode::OK);

    let ended = shop.post("/api/pricing/v1/coupons/ten/end", &shop.staff(), &[], &json!({})).await;

    assert!(ended.json["ended_at"].is_string());
    assert_eq!(wrong(&shop, json!({"coupon": "TEN"})).await, ["coupon"]);
}
