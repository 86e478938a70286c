//! Preparing a payment: who may, what is refused, the card page, the same key.

use http::Method;
use kernel::{AccountId, BasketId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;
use web::Role;

use crate::support::{ACCEPT, CHALLENGE, Shop, enter, post_form};

const PAYMENTS: &str = "/api/payments/v1/payments";

async fn prepare(shop: &Shop, token: &str, key: &str, body: &Value) -> Answer {
    shop.service.post(PAYMENTS, token, &[("idempotency-key", key)], body).await
}

fn body() -> Value {
    json!({ "amount": { "minor": 100, "currency": "EUR" }, "return_url": "http://shop.test/x" })
}

#[sqlx::test]
async fn the_same_key_opens_one_card_page(db: PgPool) {
    let shop = Shop::open(db).await;
    let token = shop.token();
    let body = body();

    let (one, two) =
        tokio::join!(prepare(&shop, &token, "same", &body), prepare(&shop, &token, "same", &body));
    let other = prepare(&shop, &token, "other", &body).await;
    let mut changed = body.clone();
    changed["amount"]["minor"] = json!(101);
    let reused = prepare(&shop, &token, "same", &changed).await;

    assert_eq!((one.status.as_u16(), &one.json), (201, &two.json));
    assert_ne!(one.json["payment_id"], other.json["payment_id"]);
    assert_eq!(reused.code(), "idempotency_key_reused");
}

#[sqlx::test]
async fn a_page_that_was_opened_before_a_crash_is_the_one_that_is_given(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let first = shop.prepare("k").await;
    // As if the process had died between the provider's answer and our commit.
    for table in ["delete from fleet.idempotency_keys", "delete from payments"] {
        sqlx::query(table).execute(&db).await.unwrap();
    }

    let second = shop.prepare("k").await;

    assert_eq!((first, shop.processor.card_pages()), (second, 1));
}

#[sqlx::test]
async fn every_wrong_field_is_named(db: PgPool) {
    let shop = Shop::open(db).await;
    let body = json!({
        "amount": { "minor": 0, "currency": "EUR" }, "return_url": "http://evil.test/",
    });

    let wrong = prepare(&shop, "", "k", &body).await;
    let keyless = shop.service.post(PAYMENTS, &shop.token(), &[], &body).await;

    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.wrong_fields(), ["amount.minor", "return_url", "basket_id"]);
    assert_eq!(keyless.code(), "idempotency_key_required");
}

#[sqlx::test]
async fn a_card_number_is_refused_wherever_it_is_and_not_repeated(db: PgPool) {
    let shop = Shop::open(db).await;
    let bodies = [
        json!({ "card": { "number": "4242 4242 4242 4242" }, "amount": { "minor": 1, "currency": "EUR" } }),
        json!({ "amount": { "minor": 4_242_424_242_424_242_i64, "currency": "EUR" } }),
        json!({ "return_url": "http://shop.test/?card=4242424242424242" }),
    ];

    for body in bodies {
        let refused = prepare(&shop, &shop.token(), "k", &body).await;

        assert_eq!((refused.status.as_u16(), refused.code()), (422, "card_number_refused"));
        assert_eq!(refused.wrong_fields().len(), 1);
        assert!(!refused.text.replace(' ', "").contains("4242424242"), "{}", refused.text);
    }
    let broken = shop
        .service
        .send(
            Method::POST,
            PAYMENTS,
            &[("content-type", "application/json"), ("idempotency-key", "k")],
            "{\"number\": 4242424242424242",
        )
        .await;
    assert_eq!(broken.code(), "card_number_refused");
    let named = prepare(&shop, &shop.token(), "k", &json!({ "4242424242424242": true })).await;
    assert_eq!(named.code(), "card_number_refused");
}

#[sqlx::test]
async fn a_payment_is_seen_by_its_owner_and_staff_only(db: PgPool) {
    let shop = Shop::open(db).await;
    let basket = BasketId::new();
    let mut guests = body();
    guests["basket_id"] = json!(basket);
    let own = prepare(&shop, &shop.token(), "k", &guests).await.json;
    let guests = prepare(&shop, "", "k", &guests).await.json;
    let path = |payment: &Value| format!("{PAYMENTS}/{}", payment["payment_id"].as_str().unwrap());
    let stranger = shop.service.token(AccountId::new(), &[Role::Shopper]);

    let status =
        async |path: &str, token: &str| shop.service.get(path, token).await.status.as_u16();

    assert_eq!(status(&path(&own), &shop.token()).await, 200);
    assert_eq!(status(&path(&own), &shop.service.staff()).await, 200);
    assert_eq!(status(&path(&own), &stranger).await, 404);
    assert_eq!(status(&path(&own), "").await, 404);
    assert_eq!(status(&format!("{}?basket_id={basket}", path(&own)), "").await, 404);
    assert_eq!(status(&format!("{}?basket_id={basket}", path(&guests)), "").await, 200);
    assert_eq!(status(&format!("{}?basket_id={}", path(&guests), BasketId::new()), "").await, 404);
    assert_eq!(status(&format!("{PAYMENTS}/pay_x"), &shop.token()).await, 404);
}

#[sqlx::test]
async fn a_dead_provider_means_try_again_and_nothing_half_done(db: PgPool) {
    let mut shop = Shop::open(db).await;
    shop.processor.kill().await;

    let dead = prepare(&shop, &shop.token(), "k", &body()).await;
    shop.processor.restart().await;
    let alive = prepare(&shop, &shop.token(), "k", &body()).await;

    assert_eq!((dead.status.as_u16(), dead.code()), (503, "payment_provider_unavailable"));
    assert!(dead.headers.contains_key("retry-after"));
    assert_eq!(alive.status, 201);

    // What was answered before needs no provider.
    shop.processor.kill().await;
    let again = prepare(&shop, &shop.token(), "k", &body()).await;
    assert_eq!((again.status.as_u16(), &again.json), (201, &alive.json));
}

#[sqlx::test]
async fn the_card_page_leads_back_to_the_shop(db: PgPool) {
    let shop = Shop::open(db).await;
    let prepared = shop.prepare("k").await;
    let page = prepared["redirect_url"].as_str().unwrap();

    let wrong = enter(page, "4242424242424241").await;
    let right = enter(page, ACCEPT).await;

    assert!(wrong.starts_with("422"), "{wrong}");
    assert!(right.starts_with("http://shop.test/checkout?session=ses_"), "{right}");
    assert!(right.ends_with("&result=ok"));
}

#[sqlx::test]
async fn three_d_secure_wants_the_code_and_gives_up_after_three_wrong_ones(db: PgPool) {
    let shop = Shop::open(db).await;
    let (one, two) = (shop.prepare("k1").await, shop.prepare("k2").await);
    let (one, two) = (one["redirect_url"].as_str().unwrap(), two["redirect_url"].as_str().unwrap());
    assert!(enter(one, CHALLENGE).await.ends_with("/challenge"));
    assert!(enter(two, CHALLENGE).await.ends_with("/challenge"));

    let right = post_form(&format!("{one}/challenge"), &[("code", "123456")]).await;
    let mut wrong = Vec::new();
    for _ in 0..3 {
        wrong.push(post_form(&format!("{two}/challenge"), &[("code", "000000")]).await);
    }
    let late = post_form(&format!("{two}/challenge"), &[("code", "123456")]).await;

    assert!(right.ends_with("result=ok"), "{right}");
    assert!(wrong[0].starts_with("422") && wrong[2].ends_with("result=failed"), "{wrong:?}");
    assert!(late.ends_with("result=failed"), "{late}");
}
