//! Cancelling, by whom and until when.

use contracts::orders::CustomerOrderCancelled;
use contracts::shipping::{ShipmentCancelled, ShipmentRecallRefused};
use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{Placed, Shop, quote};

async fn cancel(shop: &Shop, order: &Placed, token: &str) -> Answer {
    shop.service.post(&order.path("/cancel"), token, &[], &json!({ "reason": "too late" })).await
}

async fn refuse_recall(shop: &Shop, order: &Placed) {
    let (order_id, shipment_id) = (order.id.to_string(), "shp_1".to_owned());
    shop.service.hear(&ShipmentRecallRefused { order_id, shipment_id }).await.unwrap();
}

async fn hold_back(shop: &Shop, order: &Placed) {
    let (order_id, shipment_id) = (order.id.to_string(), "shp_1".to_owned());
    shop.service.hear(&ShipmentCancelled { order_id, shipment_id }).await.unwrap();
}

#[sqlx::test(migrations = "./migrations")]
async fn a_placed_order_is_cancelled_at_once_and_only_once(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;

    let first = cancel(&shop, &placed, &ada.token).await;
    let again = cancel(&shop, &placed, &ada.token).await;

    assert_eq!((first.status.as_u16(), &first.json["status"]), (200, &json!("cancelled")));
    assert_eq!(first.json, again.json);
    assert_eq!(
        (shop.said("OrderCancelled").await, shop.said("CustomerOrderCancelled").await),
        (1, 1)
    );
    let note: String =
        sqlx::query_scalar("select cancel_note from order_contacts").fetch_one(&db).await.unwrap();
    assert_eq!(note, "too late");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_guest_cancels_with_the_link_and_staff_without(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let first = shop.place(&guest, &quote(&guest.principal)).await;
    let second = shop.place(&guest, &quote(&guest.principal)).await;
    let link = [("order-token", first.access_token.as_str())];

    shop.service.post(&first.path("/cancel"), "", &link, &json!({})).await;
    cancel(&shop, &second, &shop.service.staff()).await;

    let said = shop.service.published().await;
    let reasons: Vec<i32> = said
        .iter()
        .filter(|one| one.name() == "CustomerOrderCancelled")
        .map(|one| one.read::<CustomerOrderCancelled>().reason)
        .collect();
    assert_eq!(reasons, [5, 6]);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_confirmed_order_is_cancelled_once_shipping_has_held_the_parcel_back(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.confirmed(&ada).await;

    let answer = cancel(&shop, &placed, &ada.token).await;
    cancel(&shop, &placed, &ada.token).await;
    assert_eq!(
        (&answer.json["status"], shop.said("OrderCancelled").await),
        (&json!("recalling"), 0)
    );
    assert_eq!(shop.said("CustomerOrderRecalled").await, 1);
    hold_back(&shop, &placed).await;
    hold_back(&shop, &placed).await;

    assert_eq!(shop.status(&placed).await, "cancelled");
    assert_eq!(shop.said("OrderCancelled").await, 1);
}

#[sqlx::test(migrations = "./migrations")]
async fn an_order_that_cannot_be_held_back_goes_on(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.confirmed(&ada).await;
    cancel(&shop, &placed, &ada.token).await;

    refuse_recall(&shop, &placed).await;
    assert_eq!(shop.status(&placed).await, "confirmed");
    shop.dispatched(&placed).await;
    refuse_recall(&shop, &placed).await;
    shop.delivered(&placed).await;

    assert_eq!(shop.status(&placed).await, "delivered");
    assert_eq!(shop.said("OrderCancelled").await, 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_parcel_that_left_during_the_recall_counts_as_sent(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.confirmed(&ada).await;
    cancel(&shop, &placed, &ada.token).await;

    shop.dispatched(&placed).await;

    assert_eq!(shop.status(&placed).await, "shipped");
    let answer = cancel(&shop, &placed, &ada.token).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (409, "order_already_shipped"));
}
