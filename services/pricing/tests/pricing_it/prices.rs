//! Staff change prices; everybody may see them.

use contracts::pricing::PriceSet;
use http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, TestService};

use crate::support::{quote, shop};

async fn set(shop: &TestService, version: &str, body: Value) -> Answer {
    let seen = [("if-match", version)];
    shop.post("/api/pricing/v1/prices/set", &shop.staff(), &seen, &body).await
}

fn eur(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

#[sqlx::test]
async fn a_price_that_staff_set_is_quoted_and_told(db: PgPool) {
    let shop = shop(db).await;
    let before = shop.get("/api/pricing/v1/price?sku=mug", "").await;
    assert_eq!(
        (&before.json["price"], &before.headers["etag"]),
        (&eur(990), &"\"1\"".parse().unwrap())
    );

    let body = json!({"sku": "mug", "price": eur(1_090), "compare_at": eur(1_290)});
    let after = set(&shop, "\"1\"", body).await;

    assert_eq!((after.status, &after.json["version"]), (StatusCode::OK, &json!(2)));
    let said = shop.published().await;
    let said = said.iter().rfind(|said| said.name() == "PriceSet").unwrap();
    let told: PriceSet = said.read();
    assert_eq!((said.version, said.key.as_str(), told.price_list.as_str()), (2, "mug", "default"));
    assert_eq!(told.price.unwrap().minor, 1_090);
    assert_eq!(quote(&shop, json!({})).await.json["goods"], eur(6_090));
}

#[sqlx::test]
async fn a_change_made_for_an_old_price_is_refused_and_a_repeated_one_is_not(db: PgPool) {
    let shop = shop(db).await;
    let body = json!({"sku": "mug", "price": eur(1_090)});
    assert_eq!(set(&shop, "\"1\"", body.clone()).await.status, StatusCode::OK);
    let said = shop.published().await.len();

    let again = set(&shop, "\"1\"", body.clone()).await;
    let stale = set(&shop, "\"1\"", json!({"sku": "mug", "price": eur(1_190)})).await;
    let none = shop.post("/api/pricing/v1/prices/set", &shop.staff(), &[], &body).await;

    assert_eq!((again.status, &again.json["version"]), (StatusCode::OK, &json!(2)));
    assert_eq!((stale.status, stale.code()), (StatusCode::PRECONDITION_FAILED, "price_is_stale"));
    assert_eq!(none.code(), "if_match_required");
    assert_eq!(shop.published().await.len(), said);
}

#[sqlx::test]
async fn a_sku_may_have_prices_in_several_currencies(db: PgPool) {
    let shop = shop(db).await;
    let dollars = json!({"minor": 1_200, "currency": "USD"});

    let set = set(&shop, "\"1\"", json!({"sku": "mug", "price": dollars})).await;

    assert_eq!(set.status, StatusCode::OK, "{}", set.text);
    let in_dollars = shop.get("/api/pricing/v1/price?sku=mug&currency=USD", "").await;
    let in_euros = shop.get("/api/pricing/v1/price?sku=mug", "").await;
    assert_eq!((&in_dollars.json["price"], &in_euros.json["price"]), (&dollars, &eur(990)));
}

#[sqlx::test]
async fn every_wrong_field_is_named(db: PgPool) {
    let shop = shop(db).await;
    let yen = json!({"minor": 1_200, "currency": "JPY"});
    let cases = [
        (json!({"sku": "mug", "price": eur(-1)}), vec!["price.minor"]),
        (json!({"sku": "mug", "price": eur(i64::MAX)}), vec!["price.minor"]),
        (json!({"sku": "mug", "price": eur(5), "compare_at": eur(5)}), vec!["compare_at.minor"]),
        (json!({"sku": "mug", "price": eur(5), "compare_at": yen}), vec!["compare_at.currency"]),
        (json!({"sku": "mug", "price": {"minor": 1.5, "currency": "EUR"}}), vec!["price.minor"]),
    ];

    for (body, fields) in cases {
        assert_eq!(set(&shop, "\"1\"", body.clone()).await.wrong_fields(), fields, "{body}");
    }
    let unknown = set(&shop, "\"1\"", json!({"sku": "none", "price": eur(5)})).await;
    assert_eq!((unknown.status, unknown.code()), (StatusCode::NOT_FOUND, "unknown_sku"));
}

#[sqlx::test]
async fn prices_are_listed_in_pages_and_found_by_a_part_of_their_name(db: PgPool) {
    let shop = shop(db).await;
    let token = shop.staff();

    let first = shop.get("/api/pricing/v1/prices?limit=1", &token).await;
    let next = first.json["next"].as_str().unwrap();
    let second = shop.get(&format!("/api/pricing/v1/prices?limit=1&after={next}"), &token).await;
    let found = shop.get("/api/pricing/v1/prices?q=SHIRT", &token).await;

    assert_eq!((next, &second.json["items"][0]["sku"]), ("mug~EUR", &json!("shirt/small")));
    assert!(second.json["next"].is_null());
    assert_eq!(found.json["items"].as_array().unwrap().len(), 1);
    assert_eq!(found.json["items"][0]["for_sale"], true);
}

fn token(answer: &Answer) -> &str {
    let token = answer.headers.get("sync-token").map(|token| token.to_str().unwrap());
    token.map_or("", |token| token.split(";t=").next().unwrap())
}

#[sqlx::test]
async fn the_answer_to_a_change_names_it_also_when_it_is_repeated(db: PgPool) {
    let shop = shop(db).await;
    let body = json!({"sku": "mug", "price": eur(1_090)});

    let first = set(&shop, "\"1\"", body.clone()).await;
    let again = set(&shop, "\"1\"", body).await;
    let refused = set(&shop, "\"1\"", json!({"sku": "mug", "price": eur(1_190)})).await;
    let read = shop.get("/api/pricing/v1/price?sku=mug", "").await;

    assert_eq!(token(&first), "pricing.price.v1/mug;v=2");
    assert_eq!(token(&again), "pricing.price.v1/mug;v=2");
    assert_eq!((token(&refused), token(&read)), ("", ""));
}
