//! Staff make, list and end coupons.

use http::StatusCode;
use kernel::AccountId;
use serde_json::json;
use sqlx::PgPool;
use web::Role;

use crate::support::{coupon, create_coupon, empty_shop};

#[sqlx::test]
async fn a_coupon_is_kept_in_upper_case_and_made_once(db: PgPool) {
    let shop = empty_shop(db).await;
    let token = shop.staff();
    let post = async |key: &str| {
        let body = json!({"code": "spring-10", "percent": 10, "use_limit": 5,
            "valid_until": "2120-01-01T00:00:00Z"});
        shop.post("/api/pricing/v1/coupons", &token, &[("idempotency-key", key)], &body).await
    };

    let (first, again, other) = (post("a").await, post("a").await, post("b").await);

    assert_eq!((first.status, &first.json["code"]), (StatusCode::CREATED, &json!("SPRING-10")));
    assert_eq!((again.status, again.text), (first.status, first.text));
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "coupon_exists"));
    let found = shop.get("/api/pricing/v1/coupons/spring-10", &token).await;
    assert_eq!(found.json, first.json);
}

#[sqlx::test]
async fn every_wrong_field_is_named(db: PgPool) {
    let shop = empty_shop(db).await;
    let eur = |minor: i64| json!({"minor": minor, "currency": "EUR"});
    let yen = json!({"minor": 1, "currency": "JPY"});
    let cases = [
        (json!({"code": "A!", "percent": 10}), vec!["code"]),
        (json!({"code": "ABC"}), vec!["percent"]),
        (json!({"code": "ABC", "percent": 10, "amount": eur(1)}), vec!["percent"]),
        (json!({"code": "ABC", "percent": 101}), vec!["percent"]),
        (json!({"code": "ABC", "amount": eur(0)}), vec!["amount"]),
        (json!({"code": "ABC", "amount": eur(1), "minimum_goods": yen}), vec!["minimum_goods"]),
        (json!({"code": "ABC", "percent": 1, "use_limit": 0}), vec!["use_limit"]),
        (
            json!({"code": "ABC", "percent": 1, "valid_from": "2026-01-02T00:00:00Z",
                "valid_until": "2026-01-01T00:00:00Z"}),
            vec!["valid_until"],
        ),
    ];

    for (body, fields) in cases {
        let answer = create_coupon(&shop, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.wrong_fields(), fields, "{body}");
    }
}

#[sqlx::test]
async fn coupons_are_listed_in_pages_and_ended_once(db: PgPool) {
    let shop = empty_shop(db).await;
    let token = shop.staff();
    coupon(&shop, json!({"code": "BBB", "percent": 10})).await;
    let fixed = json!({"code": "AAA", "amount": {"minor": 500, "currency": "EUR"}});
    let key = [("idempotency-key", "2")];
    shop.post("/api/pricing/v1/coupons", &token, &key, &fixed).await;

    let first = shop.get("/api/pricing/v1/coupons?limit=1", &token).await;
    let second = shop.get("/api/pricing/v1/coupons?limit=1&after=AAA", &token).await;
    let end = async || shop.post("/api/pricing/v1/coupons/AAA/end", &token, &[], &json!({})).await;
    let (ended, again) = (end().await, end().await);
    let none = shop.post("/api/pricing/v1/coupons/CCC/end", &token, &[], &json!({})).await;

    assert_eq!(
        (&first.json["items"][0]["code"], &first.json["next"]),
        (&json!("AAA"), &json!("AAA"))
    );
    assert_eq!(second.json["items"][0]["code"], "BBB");
    assert_eq!(ended.json, again.json);
    assert_eq!((none.status, none.code()), (StatusCode::NOT_FOUND, "unknown_coupon"));
}

#[sqlx::test]
async fn coupons_are_for_staff(db: PgPool) {
    let shop = empty_shop(db).await;
    let shopper = shop.token(AccountId::new(), &[Role::Shopper]);

    for path in ["coupons", "coupons/ABC", "prices"] {
        let path = format!("/api/pricing/v1/{path}");
        assert_eq!(shop.get(&path, "").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(shop.get(&path, &shopper).await.status, StatusCode::FORBIDDEN);
    }
    for path in ["coupons", "coupons/ABC/end", "prices/set"] {
        let path = format!("/api/pricing/v1/{path}");
        assert_eq!(shop.post(&path, &shopper, &[], &json!({})).await.status, StatusCode::FORBIDDEN);
    }
}
