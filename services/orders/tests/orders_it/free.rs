//! Orders that cost nothing: confirmed without a card, and payments never hears of them.

use contracts::orders::OrderCancelled;
use contracts::quote::Quote;
use contracts::shipping::ShipmentCancelled;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Buyer, Placed, Shop, order, quote};

/// A quote whose coupon is worth everything.
fn free(buyer: &Buyer) -> Quote {
    let quote = quote(&buyer.principal);
    let coupon = Some("SPRING".to_owned());
    Quote { coupon, discount_minor: 2_500, shipping_minor: 0, total_minor: 0, ..quote }
}

fn without_payment(quote: &str) -> Value {
    let mut body = order(quote);
    body.as_object_mut().unwrap().remove("payment_id");
    body
}

async fn placed(shop: &Shop, buyer: &Buyer) -> Placed {
    let body = without_payment(&shop.sign(&free(buyer)));
    let answer = shop.submit(buyer, "k1", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    Placed {
        id: answer.json["order_id"].as_str().unwrap().parse().unwrap(),
        payment: kernel::PaymentId::new(),
        access_token: answer.json["access_token"].as_str().unwrap().to_owned(),
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn an_order_that_costs_nothing_is_confirmed_without_a_card(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let order = placed(&shop, &guest).await;

    shop.stock_reserved(&order).await;
    assert_eq!(shop.status(&order).await, "placed", "the coupon is not set aside yet");
    shop.coupon_reserved(&order).await;
    assert_eq!(shop.status(&order).await, "confirmed");
    shop.dispatched(&order).await;
    shop.delivered(&order).await;

    assert_eq!(shop.status(&order).await, "delivered");
    assert_eq!((shop.said("PaymentRequested").await, shop.said("OrderConfirmed").await), (0, 1));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_free_order_that_is_called_back_names_no_payment(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let order = placed(&shop, &guest).await;
    shop.stock_reserved(&order).await;
    shop.coupon_reserved(&order).await;
    let cancel = order.path(&format!("/cancel?access_token={}", order.access_token));
    shop.service.post(&cancel, "", &[], &json!({})).await;

    let (order_id, shipment_id) = (order.id.to_string(), "shp_1".to_owned());
    shop.service.hear(&ShipmentCancelled { order_id, shipment_id }).await.unwrap();

    let said = shop.service.published().await;
    let cancelled = said.iter().find(|event| event.name() == "OrderCancelled").unwrap();
    assert_eq!(cancelled.read::<OrderCancelled>().payment_id, "");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_payment_is_named_where_there_is_something_to_pay_and_only_there(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let (paid, free) = (shop.sign(&quote(&ada.principal)), shop.sign(&free(&ada)));

    let unpaid = shop.submit(&ada, "k1", &without_payment(&paid)).await;
    let needless = shop.submit(&ada, "k2", &order(&free)).await;

    for refused in [unpaid, needless] {
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(refused.wrong_fields(), ["payment_id"]);
    }
    assert!(shop.service.published_names().await.is_empty());
}

#[sqlx::test(migrations = "./migrations")]
async fn the_table_refuses_an_order_with_a_price_and_no_payment(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    shop.place(&ada, &quote(&ada.principal)).await;

    let lost = sqlx::query("update orders set payment_id = null").execute(&db).await.unwrap_err();

    let constraint = lost.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("orders_without_a_payment_cost_nothing"));
}
