//! Lost answers, slow banks, dead providers, cancellations that race.

use kernel::OrderId;
use sqlx::PgPool;

use crate::support::{ACCEPT, ANSWER_LOST, SLOW, Shop};

#[sqlx::test]
async fn a_lost_answer_is_found_again_and_nothing_is_charged_twice(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ANSWER_LOST).await;
    let order = OrderId::new();
    // Nor does a webhook tell: only a look-up can.
    shop.lose_webhooks();

    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    shop.dispatch(order).await;
    shop.said(&["PaymentAuthorized", "PaymentCaptured"]).await;

    assert_eq!(shop.processor.statuses().await, ["captured"]);
}

#[sqlx::test]
async fn a_bank_slower_than_our_patience_is_waited_for(db: PgPool) {
    let shop = Shop::open_with(db, &["--payment-provider-timeout-ms", "300"]).await;
    let payment = shop.pay_with(SLOW).await;

    shop.request(OrderId::new(), &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    shop.idle().await;

    assert_eq!(shop.processor.ledger().await.len(), 1);
    assert_eq!(shop.service.published_names().await, ["PaymentAuthorized"]);
}

#[sqlx::test]
async fn a_provider_that_is_down_is_waited_for(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    shop.processor.kill().await;

    shop.request(OrderId::new(), &payment).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(shop.service.published_names().await.is_empty());
    shop.processor.restart().await;

    shop.said(&["PaymentAuthorized"]).await;
}

#[sqlx::test]
async fn a_cancellation_releases_what_was_authorized(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;

    shop.cancel(order, &payment).await;
    shop.cancel(order, &payment).await;
    // A dispatch that was never to be changes nothing.
    shop.dispatch(order).await;

    shop.said(&["PaymentAuthorized", "PaymentVoided"]).await;
    shop.idle().await;
    assert_eq!(shop.processor.statuses().await, ["voided"]);
    assert_eq!(shop.status(&payment).await, "voided");
}

#[sqlx::test]
async fn an_authorization_that_comes_after_the_cancellation_is_voided_not_confirmed(db: PgPool) {
    let shop = Shop::open_with(db, &["--payment-provider-timeout-ms", "300"]).await;
    let payment = shop.pay_with(SLOW).await;
    let order = OrderId::new();

    shop.request(order, &payment).await;
    let asked = || async { (!shop.processor.ledger().await.is_empty()).then_some(()) };
    testkit::eventually(asked).await;
    shop.cancel(order, &payment).await;

    shop.said(&["PaymentVoided"]).await;
    shop.idle().await;
    assert_eq!(shop.processor.statuses().await, ["voided"]);
}

#[sqlx::test]
async fn an_order_that_was_cancelled_first_never_reaches_the_card(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();

    shop.cancel(order, &payment).await;
    shop.dispatch(order).await;
    shop.request(order, &payment).await;

    shop.said(&["PaymentVoided"]).await;
    shop.idle().await;
    assert!(shop.processor.ledger().await.is_empty());
}

#[sqlx::test]
async fn of_an_order_that_never_asked_for_a_payment_nothing_is_kept(db: PgPool) {
    let shop = Shop::open(db).await;

    shop.cancel(OrderId::new(), "").await;

    assert_eq!(shop.count("select count(*) from early_wishes").await, 0);
}

#[sqlx::test]
async fn a_hold_that_was_given_up_at_the_provider_is_noticed_at_the_capture(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    shop.idle().await;
    shop.lose_webhooks();
    shop.processor.void_by_hand().await;

    shop.dispatch(order).await;

    shop.said(&["PaymentAuthorized", "PaymentVoided"]).await;
    assert_eq!(shop.processor.statuses().await, ["voided"]);
}

#[sqlx::test]
async fn a_card_that_the_provider_will_never_ask_is_declined(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    sqlx::query("update payments set session = 'ses_x'").execute(&shop.service.db).await.unwrap();

    shop.request(OrderId::new(), &payment).await;

    shop.said(&["PaymentDeclined"]).await;
    assert!(shop.processor.ledger().await.is_empty());
}

#[sqlx::test]
async fn a_cancellation_while_the_provider_is_down_leaves_nothing_held(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.processor.kill().await;
    shop.request(order, &payment).await;
    shop.cancel(order, &payment).await;

    shop.processor.restart().await;

    shop.said(&["PaymentVoided"]).await;
    shop.idle().await;
    assert!(shop.processor.statuses().await.iter().all(|status| status == "voided"));
}

#[sqlx::test]
async fn a_cancellation_after_the_capture_is_refunded(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.request(order, &payment).await;
    shop.dispatch(order).await;
    shop.said(&["PaymentAuthorized", "PaymentCaptured"]).await;

    shop.cancel(order, &payment).await;

    shop.said(&["PaymentAuthorized", "PaymentCaptured", "PaymentRefunded"]).await;
    assert_eq!(shop.processor.statuses().await, ["refunded"]);
}

#[sqlx::test]
async fn a_processor_killed_after_charging_still_knows(db: PgPool) {
    let mut shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();
    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;

    shop.processor.kill().await;
    shop.processor.restart().await;
    shop.dispatch(order).await;

    shop.said(&["PaymentAuthorized", "PaymentCaptured"]).await;
    assert_eq!(shop.processor.statuses().await, ["captured"]);
}
