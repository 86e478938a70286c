//! The order process: what other services say, in whatever order, and what follows.

use contracts::inventory::{Shortage, StockRefused};
use contracts::orders::{CustomerOrderConfirmed, OrderCancelled, PaymentRequested};
use contracts::payments::{PaymentDeclined, PaymentVoided};
use contracts::pricing::CouponRefused;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Placed, Shop, quote};

async fn cancelled(shop: &Shop) -> OrderCancelled {
    let said = shop.service.published().await;
    let cancelled: Vec<_> = said.iter().filter(|one| one.name() == "OrderCancelled").collect();
    assert_eq!(cancelled.len(), 1);
    cancelled[0].read()
}

#[sqlx::test(migrations = "./migrations")]
async fn an_order_goes_from_placed_to_delivered(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let placed = shop.confirmed(&guest).await;
    assert_eq!(shop.status(&placed).await, "confirmed");
    shop.dispatched(&placed).await;
    shop.delivered(&placed).await;

    let names = shop.service.published_names().await;

    let expected = [
        "OrderPlaced",
        "CustomerOrderPlaced",
        "PaymentRequested",
        "OrderConfirmed",
        "CustomerOrderConfirmed",
        "OrderShipped",
        "CustomerOrderShipped",
        "OrderDelivered",
        "CustomerOrderDelivered",
    ];
    assert_eq!(names, expected);
    let said = shop.service.published().await;
    let requested: PaymentRequested = said[2].read();
    assert_eq!(
        (requested.payment_id, requested.principal),
        (placed.payment.to_string(), guest.principal)
    );
    assert_eq!(requested.amount.unwrap().minor, 2_990);
    let confirmed: CustomerOrderConfirmed = said[4].read();
    assert_eq!(confirmed.address.unwrap().city, "Berlin");
    assert_eq!(confirmed.card.unwrap().access_token, placed.access_token);
    let shown = shop.show(&placed).await;
    assert_eq!(shown["tracking"], json!({ "carrier": "Heron", "tracking_number": "H-1" }));
    let steps: Vec<_> = shown["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["event"].as_str().unwrap(), step["cause"].as_str().unwrap()))
        .collect();
    assert_eq!(
        steps,
        [
            ("placed", "customer"),
            ("stock_reserved", "inventory"),
            ("payment_requested", "orders"),
            ("payment_authorized", "payments"),
            ("confirmed", "orders"),
            ("shipped", "shipping"),
            ("delivered", "shipping"),
        ]
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn the_payment_waits_for_the_coupon_whichever_comes_first(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let with_coupon =
        || contracts::quote::Quote { coupon: Some("SPRING".into()), ..quote(&ada.principal) };
    let (first, second) =
        (shop.place(&ada, &with_coupon()).await, shop.place(&ada, &with_coupon()).await);

    shop.stock_reserved(&first).await;
    shop.coupon_reserved(&second).await;
    assert_eq!(shop.said("PaymentRequested").await, 0);
    shop.coupon_reserved(&first).await;
    shop.stock_reserved(&second).await;

    assert_eq!(shop.said("PaymentRequested").await, 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn every_message_may_come_twice(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.confirmed(&ada).await;
    for _ in 0..2 {
        shop.stock_reserved(&placed).await;
        shop.authorized(&placed, 2_990).await;
        shop.dispatched(&placed).await;
        shop.delivered(&placed).await;
    }

    assert_eq!(shop.service.published_names().await.len(), 9);
}

#[sqlx::test(migrations = "./migrations")]
async fn missing_stock_cancels_before_any_card_is_touched(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    let shortage = Shortage { sku: "shirt/blue".into(), wanted: 2, available: 1 };
    let refused = StockRefused { order_id: placed.id.to_string(), shortages: vec![shortage] };
    shop.service.hear(&refused).await.unwrap();

    let event = cancelled(&shop).await;

    assert_eq!((event.reason, event.payment_id.as_str()), (1, ""));
    let shown = shop.show(&placed).await;
    assert_eq!(shown["cancellation"]["reason"], "out_of_stock");
    assert_eq!(shown["cancellation"]["details"], "shirt/blue: 2 wanted, 1 left");
    assert_eq!(shop.said("PaymentRequested").await, 0);
}

fn declined(placed: &Placed) -> PaymentDeclined {
    let reason = "The bank refused the card".to_owned();
    PaymentDeclined {
        order_id: placed.id.to_string(),
        payment_id: placed.payment.to_string(),
        reason,
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_declined_card_cancels_and_says_which_payment_must_not_be_kept(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    shop.stock_reserved(&placed).await;
    shop.service.hear(&declined(&placed)).await.unwrap();

    let event = cancelled(&shop).await;

    assert_eq!((event.reason, event.payment_id), (2, placed.payment.to_string()));
    assert_eq!(event.details, "The bank refused the card");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_refused_coupon_cancels(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let quote = contracts::quote::Quote { coupon: Some("SPRING".into()), ..quote(&ada.principal) };
    let placed = shop.place(&ada, &quote).await;
    let (order_id, code, reason) = (placed.id.to_string(), "SPRING".into(), "no use left".into());
    shop.service.hear(&CouponRefused { order_id, code, reason }).await.unwrap();
    // The stock comes after the cancellation: inventory gives it back by itself.
    shop.stock_reserved(&placed).await;
    shop.stock_released(&placed).await;

    assert_eq!(cancelled(&shop).await.reason, 3);
    assert_eq!(shop.said("PaymentRequested").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_authorization_after_the_cancellation_is_followed_until_it_is_voided(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    shop.stock_reserved(&placed).await;
    shop.service.post(&placed.path("/cancel"), &ada.token, &[], &json!({})).await;

    shop.authorized(&placed, 2_990).await;
    let (order_id, payment_id) = (placed.id.to_string(), placed.payment.to_string());
    shop.service.hear(&PaymentVoided { order_id, payment_id }).await.unwrap();
    shop.service.hear(&declined(&placed)).await.unwrap();

    assert_eq!(
        (shop.status(&placed).await.as_str(), shop.said("OrderConfirmed").await),
        ("cancelled", 0)
    );
    let history = shop.show(&placed).await["history"].clone();
    let last: Vec<_> =
        history.as_array().unwrap().iter().rev().take(2).map(|s| s["event"].clone()).collect();
    assert_eq!(last, ["payment_voided", "payment_authorized"]);
    assert_eq!(cancelled(&shop).await.reason, 5);
}

#[sqlx::test(migrations = "./migrations")]
async fn what_contradicts_itself_is_left_to_a_person_and_changes_nothing(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    shop.stock_reserved(&placed).await;
    let before = shop.service.published_names().await;
    let foreign = Placed { payment: kernel::PaymentId::new(), ..placed.clone() };
    let unknown = Placed { id: kernel::OrderId::new(), ..placed.clone() };

    let hear = async |event| shop.service.hear(&event).await;

    assert!(hear(Shop::authorization(&placed, 1)).await.is_err(), "another amount");
    assert!(hear(Shop::authorization(&foreign, 2_990)).await.is_err(), "another payment");
    assert!(hear(Shop::authorization(&unknown, 2_990)).await.is_err(), "another order");
    let mut garbage = Shop::authorization(&placed, 2_990);
    garbage.amount = None;
    assert!(hear(garbage).await.is_err(), "no amount");
    assert_eq!(shop.service.published_names().await, before);
    assert_eq!(shop.status(&placed).await, "placed");
}

#[sqlx::test(migrations = "./migrations")]
async fn messages_that_come_at_once_follow_one_another(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let quote = contracts::quote::Quote { coupon: Some("SPRING".into()), ..quote(&ada.principal) };
    for _ in 0..8 {
        let quote = contracts::quote::Quote { jti: kernel::QuoteId::new(), ..quote.clone() };
        let placed = shop.place(&ada, &quote).await;
        futures::join!(shop.stock_reserved(&placed), shop.coupon_reserved(&placed));
    }

    assert_eq!(shop.said("PaymentRequested").await, 8);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_version_on_record_refuses_a_second_writer(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;

    let second = sqlx::query(
        "insert into order_events (order_id, version, type, data, correlation)
         values ($1, 1, 'confirmed', 'null', $1)",
    );
    let error = second.bind(placed.id.uuid()).execute(&db).await.unwrap_err();

    assert_eq!(error.as_database_error().unwrap().constraint(), Some("order_events_pkey"));
}
