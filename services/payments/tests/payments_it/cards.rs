//! What becomes of a payment with each test card, and of its order.

use contracts::payments::{PaymentAuthorized, PaymentDeclined};
use kernel::{AccountId, OrderId};
use sqlx::PgPool;

use crate::support::{ACCEPT, CHALLENGE, DECLINE, Shop, enter};

#[sqlx::test]
async fn an_order_is_authorized_and_captured_at_dispatch(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let order = OrderId::new();

    shop.request(order, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    shop.dispatch(order).await;
    shop.said(&["PaymentAuthorized", "PaymentCaptured"]).await;

    let events = shop.service.published().await;
    let authorized: PaymentAuthorized = events[0].read();
    assert_eq!((authorized.order_id, &authorized.payment_id), (order.to_string(), &payment));
    assert_eq!(events[0].key, order.to_string());
    assert_eq!((events[0].version, events[1].version), (2, 4));
    assert_eq!(shop.processor.statuses().await, ["captured"]);
    assert_eq!(shop.status(&payment).await, "captured");
}

#[sqlx::test]
async fn a_declined_card_is_declined_with_the_banks_reason(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(DECLINE).await;

    shop.request(OrderId::new(), &payment).await;
    shop.said(&["PaymentDeclined"]).await;

    let declined: PaymentDeclined = shop.service.published().await[0].read();
    assert_eq!(declined.reason, "the bank refused the card");
    let path = format!("/api/payments/v1/payments/{payment}");
    let seen = shop.service.get(&path, &shop.token()).await.json;
    assert_eq!((&seen["status"], &seen["reason"]), (&"declined".into(), &declined.reason.into()));
}

#[sqlx::test]
async fn a_payment_without_a_card_or_without_its_code_is_declined(db: PgPool) {
    let shop = Shop::open(db).await;
    let none = shop.prepare("k1").await["payment_id"].as_str().unwrap().to_owned();
    let unproven = shop.prepare("k2").await;
    enter(unproven["redirect_url"].as_str().unwrap(), CHALLENGE).await;

    shop.request(OrderId::new(), &none).await;
    shop.request(OrderId::new(), unproven["payment_id"].as_str().unwrap()).await;

    shop.said(&["PaymentDeclined", "PaymentDeclined"]).await;
}

#[sqlx::test]
async fn a_payment_of_somebody_else_or_of_another_amount_is_declined_and_stays(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let mut stolen = shop.wanted(OrderId::new(), &payment);
    stolen.principal = AccountId::new().to_string();
    let mut cheaper = shop.wanted(OrderId::new(), &payment);
    cheaper.amount = Some(kernel::Money::new(1, kernel::Currency::EUR).into());
    let mut unknown = shop.wanted(OrderId::new(), "pay_00000000000000000000000000000000");
    let mut nonsense = unknown.clone();
    unknown.order_id = OrderId::new().to_string();
    nonsense.payment_id = "card".to_owned();

    for wanted in [&stolen, &cheaper, &unknown, &nonsense] {
        shop.service.hear(wanted).await.unwrap();
    }
    // Whoever named it without a right to it cannot cancel it either.
    shop.cancel(stolen.order_id.parse().unwrap(), &payment).await;
    assert_eq!(shop.service.published_names().await, ["PaymentDeclined"; 4]);
    assert_eq!(shop.status(&payment).await, "prepared");

    shop.request(OrderId::new(), &payment).await;
    let mut names = vec!["PaymentDeclined"; 4];
    names.push("PaymentAuthorized");
    shop.said(&names).await;
}

#[sqlx::test]
async fn one_payment_pays_one_order(db: PgPool) {
    let shop = Shop::open(db).await;
    let payment = shop.pay_with(ACCEPT).await;
    let (first, second) = (OrderId::new(), OrderId::new());

    shop.request(first, &payment).await;
    shop.said(&["PaymentAuthorized"]).await;
    shop.request(second, &payment).await;
    shop.request(first, &payment).await;
    shop.cancel(second, &payment).await;
    shop.idle().await;

    assert_eq!(shop.service.published_names().await, ["PaymentAuthorized", "PaymentDeclined"]);
    assert_eq!(shop.processor.statuses().await, ["authorized"]);
}
