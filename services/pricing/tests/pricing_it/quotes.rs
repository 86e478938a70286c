//! A quote: its numbers, their reasons, its signature.

use contracts::pricing::QuoteKeyPublished;
use contracts::quote::Quote;
use http::StatusCode;
use kernel::AccountId;
use serde_json::json;
use sqlx::PgPool;
use testkit::TestService;
use web::{PublicKey, Role, Verifier};

use crate::support::{BASKET, coupon, quote, request, shop};

/// What orders reads in a quote, with the keys that pricing has published.
async fn read(shop: &TestService, token: &str) -> Quote {
    let verifier = Verifier::default();
    for said in shop.published().await.iter().filter(|said| said.name() == "QuoteKeyPublished") {
        let key: QuoteKeyPublished = said.read();
        let (id, bytes, not_after) = (key.key_id, key.public_key, key.not_after);
        verifier.learn(&PublicKey { id, bytes, not_after }).unwrap();
    }
    verifier.verify("quote+jwt", "pricing", "orders", token).unwrap()
}

#[sqlx::test]
async fn a_quote_says_what_it_costs_and_why(db: PgPool) {
    let shop = shop(db).await;
    coupon(&shop, json!({"code": "spring10", "percent": 10})).await;

    let answer = quote(&shop, json!({"coupon": " Spring10 "})).await;

    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    insta::assert_json_snapshot!(answer.json, {
        ".quote" => "[jwt]", ".quote_id" => "[id]", ".expires_at" => "[time]",
    });
}

#[sqlx::test]
async fn a_quote_is_signed_and_says_the_same_as_the_answer(db: PgPool) {
    let shop = shop(db).await;
    coupon(&shop, json!({"code": "FIVE", "amount": {"minor": 500, "currency": "EUR"}})).await;

    let answer = quote(&shop, json!({"coupon": "five"})).await;

    let signed = read(&shop, answer.json["quote"].as_str().unwrap()).await;
    assert_eq!(signed.jti.to_string(), answer.json["quote_id"].as_str().unwrap());
    assert_eq!((signed.sub.as_str(), signed.exp - signed.iat), (BASKET, 900));
    assert_eq!((signed.coupon.as_deref(), signed.postal_code.as_str()), (Some("FIVE"), "10115"));
    assert_eq!(signed.discount_minor, 500);
    assert_eq!(json!(signed.money(signed.total_minor)), answer.json["total"]);
    assert_eq!(
        signed.total_minor,
        signed.goods_minor - signed.discount_minor + signed.shipping_minor + signed.tax_minor
    );
    assert_eq!(signed.lines[0].total_minor, 5_000);
    assert_eq!(signed.lines[0].variant_title, "Small / Blue");
}

#[sqlx::test]
async fn whoever_is_signed_in_is_the_principal(db: PgPool) {
    let shop = shop(db).await;
    let account = AccountId::new();
    let token = shop.token(account, &[Role::Shopper]);

    let answer = shop.post("/api/pricing/v1/quotes", &token, &[], &request(json!({}))).await;

    let signed = read(&shop, answer.json["quote"].as_str().unwrap()).await;
    assert_eq!(signed.sub, account.to_string());
}

#[sqlx::test]
async fn every_country_has_its_own_rate_or_that_of_all_others(db: PgPool) {
    let shop = shop(db).await;

    let swiss = quote(&shop, json!({"country": "CH"})).await;
    let american = quote(&shop, json!({"country": "US"})).await;

    assert_eq!(swiss.json["shipping"]["minor"], 1_490);
    // 8.1 % of 59.90 and 14.90.
    assert_eq!(
        (&swiss.json["tax"]["minor"], &swiss.json["total"]["minor"]),
        (&json!(606), &json!(8_086))
    );
    assert_eq!(
        (&american.json["tax"]["minor"], &american.json["total"]["minor"]),
        (&json!(0), &json!(7_480))
    );
    assert_eq!(american.json["shipping_options"].as_array().unwrap().len(), 1);
}

#[sqlx::test]
async fn keys_are_made_once_however_many_quotes_there_are(db: PgPool) {
    let shop = shop(db).await;

    for _ in 0..3 {
        assert_eq!(quote(&shop, json!({})).await.status, StatusCode::OK);
    }

    let names = shop.published_names().await;
    assert_eq!(names.iter().filter(|name| *name == "QuoteKeyPublished").count(), 1);
}
