//! Cancelling: in time it undoes everything, too late it changes nothing.

use e2e::shop::{ACCEPTED, SLOW, fresh_key, json};
use serde_json::{Value, json as body};

use crate::support::{AtTheTill, PATIENCE, eventually, product, shop, staff};

#[tokio::test]
async fn an_order_cancelled_while_the_bank_thinks_gives_everything_back() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, "Umbrella", 4).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 2), SLOW, None).await;
    let placed = till.place(&shop, &fresh_key()).await.unwrap();

    assert_eq!(shop.cancel(&placed).await.unwrap(), "cancelled");
    assert_eq!(shop.cancel(&placed).await.unwrap(), "cancelled");

    let order = shop.order(&placed).await.unwrap();
    assert_eq!(order.reason(), Some("by_customer"));
    eventually((4, 0), || async {
        let stock = shop.stock(&staff, &variant.sku).await.unwrap();
        (stock.on_hand, stock.reserved)
    })
    .await;
    shop.mail(&till.email, "Cancelled: your order", PATIENCE).await.unwrap();
    // Whatever the bank said before or after, nothing is held on the card in the end.
    eventually(true, || async {
        till.charges(&shop).await.iter().all(|status| status == "voided")
    })
    .await;
}

#[tokio::test]
async fn a_confirmed_order_can_be_recalled_until_the_carrier_has_it() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, "Raincoat", 4).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), ACCEPTED, None).await;
    let placed = till.place(&shop, &fresh_key()).await.unwrap();
    shop.wait_until(&placed, "confirmed", PATIENCE).await.unwrap();

    let status = shop.cancel(&placed).await.unwrap();

    assert!(["recalling", "cancelled"].contains(&status.as_str()), "{status}");
    // The carrier may have been quicker; then the order goes on, and is paid and delivered.
    let order = shop.wait_until_ended(&placed, PATIENCE).await.unwrap();
    let (left, charge) = match order.status.as_str() {
        "cancelled" => (4, "voided"),
        _ => (3, "captured"),
    };
    eventually(vec![charge.to_owned()], || till.charges(&shop)).await;
    eventually((left, 0), || async {
        let stock = shop.stock(&staff, &variant.sku).await.unwrap();
        (stock.on_hand, stock.reserved)
    })
    .await;
}

#[tokio::test]
async fn a_shipped_order_cannot_be_cancelled() {
    let shop = shop();
    let variant = product(&shop, "Boots", 4).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), ACCEPTED, None).await;
    let placed = till.place(&shop, &fresh_key()).await.unwrap();
    shop.wait_until(&placed, "shipped", PATIENCE).await.unwrap();

    let refused = shop.cancel(&placed).await.unwrap_err();

    assert_eq!(refused.status(), Some(409));
    assert_eq!(refused.code().as_deref(), Some("order_already_shipped"));
    shop.wait_until(&placed, "delivered", PATIENCE).await.unwrap();
    eventually(vec!["captured".to_owned()], || till.charges(&shop)).await;
}

#[tokio::test]
async fn staff_cancel_an_order_and_see_its_story() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, "Barometer", 4).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), SLOW, None).await;
    let placed = till.place(&shop, &fresh_key()).await.unwrap();

    let path = format!("/api/orders/v1/orders/{}", placed.order_id);
    let request = staff.on(shop.post(&format!("{path}/cancel")));
    let cancelled: Value = json(request.json(&body!({}))).await.unwrap();

    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(shop.order(&placed).await.unwrap().reason(), Some("by_staff"));
    let story: Vec<Value> = json(staff.on(shop.get(&format!("{path}/story")))).await.unwrap();
    assert!(story.iter().all(|entry| entry["correlation"].is_string()), "{story:?}");
    let guest = till.buyer.on(shop.get(&format!("{path}/story"))).send().await.unwrap();
    assert_eq!(guest.status().as_u16(), 401);
}
