//! Every test card: what is charged, and what an order becomes.

use e2e::shop::{ACCEPTED, ANSWER_LOST, CHALLENGED, DECLINED, SLOW, WEBHOOK_TWICE, fresh_key};

use crate::support::{AtTheTill, PATIENCE, eventually, guest, product, shop, staff};

/// Buys with a card that is accepted sooner or later; exactly one charge comes of it.
async fn one_charge_with(card: &str, title: &str) {
    let shop = shop();
    let variant = product(&shop, title, 3).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), card, None).await;

    let placed = till.place(&shop, &fresh_key()).await.unwrap();

    shop.wait_until(&placed, "delivered", PATIENCE).await.unwrap();
    eventually(vec!["captured".to_owned()], || till.charges(&shop)).await;
}

#[tokio::test]
async fn a_slow_card_is_waited_for() {
    one_charge_with(SLOW, "Clock of the harbour").await;
}

#[tokio::test]
async fn an_answer_lost_after_charging_leads_to_one_charge() {
    one_charge_with(ANSWER_LOST, "Message in a bottle").await;
}

#[tokio::test]
async fn a_webhook_that_comes_late_and_twice_does_no_harm() {
    one_charge_with(WEBHOOK_TWICE, "Echo sounder").await;
}

#[tokio::test]
async fn a_card_with_three_d_secure_needs_the_right_code() {
    let shop = shop();
    let variant = product(&shop, "Signal flag", 3).await;
    let (buyer, _) = guest(&shop).await;
    let to = e2e::shop::Address::default();
    let quote = shop.quote(&buyer, &[(variant.sku.as_str(), 1)], &to, None).await.unwrap();
    let payment = shop.prepare_payment(&buyer, quote.total).await.unwrap();

    let page = &payment.redirect_url;
    let back = shop.enter_card_with_code(page, CHALLENGED, "000000").await.unwrap();

    assert!(back.contains("result=failed"), "{back}");
    assert_eq!(shop.charges_of(&payment).await.unwrap(), []);
    one_charge_with(CHALLENGED, "Signal flag with a code").await;
}

#[tokio::test]
async fn a_declined_card_keeps_the_basket_and_touches_no_stock() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, "Captain's hat", 3).await;
    let sku = variant.sku.as_str();
    let (buyer, email) = guest(&shop).await;
    shop.set_line(&buyer, sku, 2).await.unwrap();

    let placed = shop.buy(&buyer, &[(sku, 2)], &email, DECLINED).await.unwrap();
    let order = shop.wait_until(&placed, "cancelled", PATIENCE).await.unwrap();

    assert_eq!(order.reason(), Some("payment_declined"));
    let basket = shop.basket(&buyer).await.unwrap();
    assert_eq!(basket.lines.first().map(|line| line.quantity), Some(2), "{basket:?}");
    eventually((3, 0), || async {
        let stock = shop.stock(&staff, sku).await.unwrap();
        (stock.on_hand, stock.reserved)
    })
    .await;
    shop.mail(&email, "Cancelled: your order", PATIENCE).await.unwrap();

    // The basket is still there for another card.
    let placed = shop.buy(&buyer, &[(sku, 2)], &email, ACCEPTED).await.unwrap();
    shop.wait_until(&placed, "confirmed", PATIENCE).await.unwrap();
    eventually(true, || async { shop.basket(&buyer).await.unwrap().lines.is_empty() }).await;
}
