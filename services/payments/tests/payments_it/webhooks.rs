//! Webhooks: forged, old, replayed, early, late, twice and unknown ones.

use http::Method;
use kernel::OrderId;
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{ACCEPT, AMOUNT, SECRET, Shop, WEBHOOK_TWICE};

const WEBHOOKS: &str = "/api/payments/v1/webhooks";

async fn post(shop: &Shop, body: &str, secret: &str, age: i64) -> Answer {
    let time = kernel::unix_seconds() - age;
    let signature = web::webhook::sign(&SecretString::from(secret), body.as_bytes(), time).unwrap();
    let headers = [("sandbox-signature", signature.as_str())];
    shop.service.send(Method::POST, WEBHOOKS, &headers, body.to_owned()).await
}

fn event(id: &str, payment: &str, status: &str) -> Value {
    json!({
        "id": id, "type": format!("authorization.{status}"), "created": 0,
        "data": { "id": "aut_1", "session": "ses_1", "reference": payment, "status": status,
                  "amount_minor": AMOUNT, "currency": "EUR", "reason": null },
    })
}

/// A payment whose order has asked for it while the provider cannot be reached.
async fn requested(shop: &mut Shop) -> String {
    let payment = shop.pay_with(ACCEPT).await;
    shop.processor.kill().await;
    shop.request(OrderId::new(), &payment).await;
    payment
}

#[sqlx::test]
async fn a_forged_or_old_webhook_changes_nothing(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = requested(&mut shop).await;
    let body = event("evt_1", &payment, "authorized").to_string();

    let forged = post(&shop, &body, "guess", 0).await;
    let old = post(&shop, &body, SECRET, 301).await;
    let bare = shop.service.send(Method::POST, WEBHOOKS, &[], body.clone()).await;

    assert_eq!((forged.status.as_u16(), forged.code()), (401, "webhook_signature_invalid"));
    assert_eq!((old.status.as_u16(), old.code()), (401, "webhook_too_old"));
    assert_eq!(bare.status, 401);
    assert!(shop.service.published_names().await.is_empty());
    assert_eq!(shop.status(&payment).await, "requested");
}

#[sqlx::test]
async fn a_webhook_may_tell_the_outcome_first_and_again(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = requested(&mut shop).await;
    let body = event("evt_1", &payment, "authorized").to_string();

    for _ in 0..3 {
        assert_eq!(post(&shop, &body, SECRET, 0).await.status, 200);
    }
    let other = event("evt_2", &payment, "authorized").to_string();
    assert_eq!(post(&shop, &other, SECRET, 0).await.status, 200);

    assert_eq!(shop.service.published_names().await, ["PaymentAuthorized"]);
}

#[sqlx::test]
async fn copies_of_a_webhook_ask_the_provider_once(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = requested(&mut shop).await;
    let declined = event("evt_1", &payment, "declined").to_string();
    assert_eq!(post(&shop, &declined, SECRET, 0).await.status, 200);

    let late = event("evt_2", &payment, "authorized").to_string();
    for _ in 0..3 {
        assert_eq!(post(&shop, &late, SECRET, 0).await.status, 200);
    }

    let looks = "select count(*) from messaging.job where job ->> 'what' = 'release'";
    assert_eq!(shop.count(looks).await, 1);
}

#[sqlx::test]
async fn webhooks_that_come_at_once_follow_one_another(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = requested(&mut shop).await;
    let bodies = ["evt_1", "evt_2", "evt_3"];
    let bodies = bodies.map(|id| event(id, &payment, "authorized").to_string());
    // Connections that are there already, so that all begin at once.
    let db = &shop.service.db;
    let (one, two, three) = tokio::join!(db.acquire(), db.acquire(), db.acquire());
    drop((one, two, three));

    let [one, two, three] = bodies.each_ref().map(|body| post(&shop, body, SECRET, 0));
    let (one, two, three) = tokio::join!(one, two, three);

    assert_eq!([one.status, two.status, three.status].map(|status| status.as_u16()), [200; 3]);
    assert_eq!(shop.service.published_names().await, ["PaymentAuthorized"]);
}

#[sqlx::test]
async fn the_name_of_a_hold_is_kept_whoever_tells_it(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.processor.kill().await;
    shop.request(order, &payment).await;
    let body = event("evt_1", &payment, "authorized").to_string();
    assert_eq!(post(&shop, &body, SECRET, 0).await.status, 200);

    shop.dispatch(order).await;

    let kept = "select count(*) from payments where authorization_ref = 'aut_1' and wish = 'take'";
    assert_eq!(shop.count(kept).await, 1);
}

#[sqlx::test]
async fn what_a_webhook_tells_belongs_to_the_request_that_led_to_the_payment(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = requested(&mut shop).await;

    let body = event("evt_1", &payment, "authorized").to_string();
    assert_eq!(post(&shop, &body, SECRET, 0).await.status, 200);

    let same: bool = sqlx::query_scalar(
        "select bool_and(said.correlation = known.correlation)
         from messaging.outbox said cross join payments known",
    )
    .fetch_one(&shop.service.db)
    .await
    .unwrap();
    assert!(same);
}

#[sqlx::test]
async fn what_is_unknown_is_taken_and_ignored(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = requested(&mut shop).await;
    let stranger = event("evt_1", "pay_00000000000000000000000000000000", "authorized");
    let mut novel = event("evt_2", &payment, "authorized");
    novel["type"] = json!("dispute.opened");

    for body in [stranger, novel, event("evt_3", &payment, "framed")] {
        assert_eq!(post(&shop, &body.to_string(), SECRET, 0).await.status, 200, "{body}");
    }
    assert_eq!(post(&shop, "{", SECRET, 0).await.status, 400);
    assert!(shop.service.published_names().await.is_empty());
}

#[sqlx::test]
async fn a_webhook_that_comes_twice_and_after_the_void_stays_without_effect(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(WEBHOOK_TWICE).await;
    let order = OrderId::new();
    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    shop.cancel(order, &payment).await;
    shop.said(&["PaymentAuthorized", "PaymentVoided"]).await;

    let late = || async {
        let posted = shop.posted.lock().unwrap();
        let late = posted.iter().filter(|body| body.contains("authorization.authorized"));
        (late.count() == 2).then_some(())
    };
    testkit::eventually(late).await;
    shop.idle().await;

    assert_eq!(shop.service.published_names().await, ["PaymentAuthorized", "PaymentVoided"]);
    assert_eq!(shop.processor.statuses().await, ["voided"]);
}

#[sqlx::test]
async fn a_hold_that_nobody_knows_of_is_let_go(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    // As if we had given up on an answer that never came.
    sqlx::query("update payments set stage = 'declined'").execute(&shop.service.db).await.unwrap();

    let body = event("evt_9", &payment, "authorized").to_string();
    assert_eq!(post(&shop, &body, SECRET, 0).await.status, 200);

    let voided = || async { (shop.processor.statuses().await == ["voided"]).then_some(()) };
    testkit::eventually(voided).await;
    assert_eq!(shop.status(&payment).await, "declined");
}
