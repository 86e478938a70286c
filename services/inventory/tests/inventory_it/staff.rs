//! What staff see and correct.

use http::{Method, StatusCode};
use kernel::{AccountId, OrderId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, TestService};
use web::Role;

use crate::support::{dispatched, last_level, level, placed, shop_with};

async fn adjust(shop: &TestService, key: &str, body: Value) -> Answer {
    let path = "/api/inventory/v1/stock/adjust";
    shop.post(path, &shop.staff(), &[("idempotency-key", key)], &body).await
}

#[sqlx::test]
async fn stock_is_corrected_by_difference_and_by_count(db: PgPool) {
    let shop = shop_with(db, &[("shirt/small", 5)]).await;
    shop.hear(&placed(OrderId::new(), &[("shirt/small", 2)])).await.unwrap();

    let more = adjust(&shop, "1", json!({"sku": "shirt/small", "delta": 4, "reason": "delivery"}));
    let more = more.await;
    let counted = json!({"sku": "shirt/small", "set_on_hand": 2, "reason": "stocktaking", "location": "main"});
    let counted = adjust(&shop, "2", counted).await;

    assert_eq!((more.status, &more.json["on_hand"]), (StatusCode::OK, &json!(9)));
    assert_eq!((&counted.json["available"], &counted.json["version"]), (&json!(0), &json!(4)));
    assert_eq!(last_level(&shop, "shirt/small").await.on_hand, 2);
    let moved = shop.get("/api/inventory/v1/movements?sku=shirt/small", &shop.staff()).await;
    let items = moved.json["items"].as_array().unwrap().clone();
    let changes: Vec<_> = items.iter().map(|item| (&item["cause"], &item["change"])).collect();
    assert_eq!(
        changes,
        [
            (&json!("adjusted"), &json!(-7)),
            (&json!("adjusted"), &json!(4)),
            (&json!("opening"), &json!(5))
        ]
    );
    assert_eq!(items[0]["reason"], "stocktaking");
    assert!(items[0]["account_id"].as_str().unwrap().starts_with("acc_"));
}

#[sqlx::test]
async fn a_repeated_correction_counts_once(db: PgPool) {
    let shop = shop_with(db, &[("a", 5)]).await;
    let token = shop.staff();
    let body = json!({"sku": "a", "delta": 4, "reason": "delivery"});
    let post = async |body: &Value| {
        let key = [("idempotency-key", "same")];
        shop.post("/api/inventory/v1/stock/adjust", &token, &key, body).await
    };

    let (first, second) = (post(&body).await, post(&body).await);
    let other = post(&json!({"sku": "a", "delta": 5, "reason": "delivery"})).await;

    assert_eq!((first.status, first.text), (second.status, second.text));
    assert_eq!(
        (other.status, other.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
    );
    assert_eq!(level(&shop, "a").await, (9, 0));
}

#[sqlx::test]
async fn what_is_reserved_cannot_be_counted_away(db: PgPool) {
    let shop = shop_with(db, &[("a", 5)]).await;
    shop.hear(&placed(OrderId::new(), &[("a", 3)])).await.unwrap();

    let refused =
        adjust(&shop, "1", json!({"sku": "a", "set_on_hand": 2, "reason": "count"})).await;

    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "stock_is_reserved"));
    assert_eq!(level(&shop, "a").await, (5, 3));
}

#[sqlx::test]
async fn every_wrong_field_of_a_correction_is_named(db: PgPool) {
    let shop = shop_with(db, &[("a", 5)]).await;
    let both = json!({"sku": "a", "delta": 1, "set_on_hand": 1, "reason": " "});
    let negative = json!({"sku": "a", "set_on_hand": -1, "reason": "x"});
    let nowhere = json!({"sku": "a", "delta": 1, "reason": "x", "location": "moon"});
    let overflow = json!({"sku": "a", "delta": i64::MAX, "reason": "x"});
    let unknown = json!({"sku": "b", "delta": 1, "reason": "x"});

    assert_eq!(adjust(&shop, "1", both).await.wrong_fields(), ["reason", "delta"]);
    assert_eq!(adjust(&shop, "2", negative).await.wrong_fields(), ["set_on_hand"]);
    assert_eq!(adjust(&shop, "3", nowhere).await.wrong_fields(), ["location"]);
    assert_eq!(adjust(&shop, "4", overflow).await.wrong_fields(), ["delta"]);
    assert_eq!(adjust(&shop, "5", unknown).await.code(), "unknown_sku");
    assert_eq!(level(&shop, "a").await, (5, 0));
}

#[sqlx::test]
async fn orders_are_picked_from_every_location(db: PgPool) {
    let shop = shop_with(db, &[("a", 2)]).await;
    let north = json!({"code": "north", "name": "Northern store"}).to_string();
    let bearer = format!("Bearer {}", shop.staff());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let added = shop.send(Method::PUT, "/api/inventory/v1/locations", &headers, north).await;
    assert_eq!(added.status, StatusCode::OK);
    adjust(&shop, "1", json!({"sku": "a", "delta": 3, "location": "north", "reason": "new"})).await;
    let order = OrderId::new();

    shop.hear(&placed(order, &[("a", 4)])).await.unwrap();
    shop.hear(&dispatched(order)).await.unwrap();

    let listed = shop.get("/api/inventory/v1/stock?sku=a", &shop.staff()).await;
    let item = &listed.json["items"][0];
    assert_eq!((&item["on_hand"], &item["reserved"]), (&json!(1), &json!(0)));
    assert_eq!(item["locations"][1], json!({"location": "north", "on_hand": 1, "reserved": 0}));
    let all = shop.get("/api/inventory/v1/locations", &shop.staff()).await;
    assert_eq!(all.json[1], json!({"code": "north", "name": "Northern store"}));
}

#[sqlx::test]
async fn stock_is_listed_in_pages_and_found_by_a_part_of_its_name(db: PgPool) {
    let shop = shop_with(db, &[("b/1", 1), ("a/1", 1)]).await;
    let token = shop.staff();

    let first = shop.get("/api/inventory/v1/stock?limit=1", &token).await;
    let next = first.json["next"].as_str().unwrap().to_owned();
    let second = shop.get(&format!("/api/inventory/v1/stock?limit=1&after={next}"), &token).await;
    let found = shop.get("/api/inventory/v1/stock?q=OCEAN", &token).await;
    let none = shop.get("/api/inventory/v1/stock?q=%25", &token).await;

    assert_eq!((next.as_str(), &second.json["items"][0]["sku"]), ("a/1", &json!("b/1")));
    assert!(second.json["next"].is_null());
    assert_eq!(found.json["items"].as_array().unwrap().len(), 2);
    assert_eq!(none.json["items"], json!([]));
}

#[sqlx::test]
async fn stock_is_for_staff(db: PgPool) {
    let shop = shop_with(db, &[("a", 1)]).await;
    let shopper = shop.token(AccountId::new(), &[Role::Shopper]);
    let body = json!({"sku": "a", "delta": 1, "reason": "x"});

    for path in ["stock", "movements?sku=a", "locations"] {
        let path = format!("/api/inventory/v1/{path}");
        assert_eq!(shop.get(&path, "").await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(shop.get(&path, &shopper).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let posted = shop.post("/api/inventory/v1/stock/adjust", &shopper, &[], &body).await;
    assert_eq!(posted.status, StatusCode::FORBIDDEN);
    let keyless = shop.post("/api/inventory/v1/stock/adjust", &shop.staff(), &[], &body).await;
    assert_eq!(keyless.code(), "idempotency_key_required");
}
