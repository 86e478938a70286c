//! From the basket to the order's page, without JavaScript.

use axum::http::StatusCode;

use crate::services::ORDER;
use crate::world::World;

const ADDRESS: [(&str, &str); 7] = [
    ("email", "ada@example.org"),
    ("name", "Ada Lovelace"),
    ("line1", "12 Harbour Street"),
    ("line2", ""),
    ("postal_code", "20095"),
    ("city", "Hamburg"),
    ("country", "DE"),
];

async fn with_basket() -> World {
    let world = World::new().await;
    let added = world
        .post(
            "/basket/add",
            &[("sku", "linen-shirt/small"), ("quantity", "2"), ("handle", "linen-shirt")],
        )
        .await;
    assert_eq!(added.leads_to(), "/p/linen-shirt?added=1&sku=linen-shirt%2Fsmall");
    world
}

async fn at_review() -> (World, String) {
    let (world, review, key) = reviewed("ahoy10").await;
    assert!(review.contains("Pay €111.10") && review.contains("Coupon AHOY10 takes 10 %"));
    (world, key)
}

/// The review page with a coupon, and the key in it.
async fn reviewed(coupon: &str) -> (World, String, String) {
    let world = with_basket().await;
    assert_eq!(world.post("/checkout", &ADDRESS).await.leads_to(), "/checkout/delivery");
    let delivery =
        world.post("/checkout/delivery", &[("method", "standard"), ("coupon", coupon)]).await;
    assert_eq!(delivery.leads_to(), "/checkout/review");
    let review = world.get("/checkout/review").await;
    assert_eq!(review.status, StatusCode::OK, "{}", review.text);
    let key = review.text.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let key = key.to_owned();
    (world, review.text, key)
}

#[tokio::test]
async fn a_guest_buys_in_three_steps_and_a_reload_places_nothing_else() {
    let (world, key) = at_review().await;

    let card_page = world.post("/checkout/pay", &[("key", &key)]).await;
    assert_eq!(card_page.leads_to(), "http://127.0.0.1:8121/pay/1");
    let order = world.get("/checkout/return?session=1&result=ok").await;
    let reload = world.get("/checkout/return?session=1&result=ok").await;

    assert_eq!(order.leads_to(), format!("/orders/{ORDER}?t=oat_link"));
    assert_eq!(reload.leads_to(), order.leads_to());
    {
        let told = world.told.lock().unwrap();
        let keys: Vec<_> = told.orders.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [&key, &key]);
        assert_eq!(told.orders[0].1, told.orders[1].1);
        assert_eq!(told.orders[0].1["payment_id"], "pay_1");
        assert_eq!(told.orders[0].1["address"]["city"], "Hamburg");
    }
    let page = world.get(order.leads_to()).await;
    assert!(page.text.contains("F7K2-9QXM") && page.text.contains("aria-live"), "{}", page.text);
    assert!(page.text.contains(&format!(
        "data-events=\"/api/orders/v1/orders/{ORDER}/events?access_token=oat_link\""
    )));
}

#[tokio::test]
async fn where_there_is_nothing_to_pay_no_card_is_asked_for() {
    let (world, review, key) = reviewed("gift").await;
    assert!(review.contains("Place the order") && !review.contains("Pay €"), "{review}");

    let order = world.post("/checkout/pay", &[("key", &key)]).await;
    let again = world.post("/checkout/pay", &[("key", &key)]).await;

    assert_eq!(order.leads_to(), format!("/orders/{ORDER}?t=oat_link"));
    assert_eq!(again.leads_to(), order.leads_to());
    let told = world.told.lock().unwrap();
    assert_eq!(told.orders[0], told.orders[1]);
    assert_eq!((&told.orders[0].0, told.orders[0].1.get("payment_id")), (&key, None));
}

#[tokio::test]
async fn every_wrong_field_of_the_address_is_named_and_the_rest_kept() {
    let world = with_basket().await;

    let page =
        world.post("/checkout", &[("email", "ada"), ("name", "Ada"), ("country", "XX")]).await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["email", "line1", "postal_code", "city", "country"] {
        assert!(page.text.contains(&format!("aria-describedby=\"{field}-wrong\"")), "{field}");
        assert!(page.text.contains(&format!("id=\"{field}-wrong\"")), "{field}");
    }
    assert!(!page.text.contains("id=\"name-wrong\"") && page.text.contains("value=\"Ada\""));
}

#[tokio::test]
async fn a_wrong_coupon_is_named_at_its_field() {
    let world = with_basket().await;
    world.post("/checkout", &ADDRESS).await;

    let page =
        world.post("/checkout/delivery", &[("method", "express"), ("coupon", "wrong")]).await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.text.contains("There is no such coupon.") && page.text.contains("value=\"WRONG\"")
    );
    assert!(page.text.contains("value=\"express\" required checked"), "{}", page.text);
}

#[tokio::test]
async fn a_quantity_that_cannot_be_is_refused_with_a_reason() {
    let world = with_basket().await;

    let page =
        world.post("/basket/set", &[("sku", "linen-shirt/small"), ("quantity", "many")]).await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("expected a quantity from 0 to 999"), "{}", page.text);
    assert!(page.text.contains("Linen Shirt"));
}

#[tokio::test]
async fn what_was_not_reviewed_is_not_paid() {
    let (world, _) = at_review().await;

    let page = world.post("/checkout/pay", &[("key", "of another tab")]).await;

    assert_eq!(page.leads_to(), "/checkout/review?why=changed");
    assert_eq!(world.get("/checkout/return?result=ok").await.leads_to(), "/basket");
    assert!(world.told.lock().unwrap().orders.is_empty());
}

#[tokio::test]
async fn a_price_for_another_address_is_not_paid() {
    let (world, key) = at_review().await;
    let mut elsewhere = ADDRESS;
    elsewhere[6] = ("country", "US");
    world.post("/checkout", &elsewhere).await;

    let page = world.post("/checkout/pay", &[("key", &key)]).await;

    assert_eq!(page.leads_to(), "/checkout/review?why=changed");
}

#[tokio::test]
async fn leaving_the_card_page_leads_back_to_the_review() {
    let (world, key) = at_review().await;
    world.post("/checkout/pay", &[("key", &key)]).await;

    let page = world.get("/checkout/return?result=failed").await;

    assert_eq!(page.leads_to(), "/checkout/review?why=payment");
    assert!(world.get(page.leads_to()).await.text.contains("Nothing was charged"));
}

#[tokio::test]
async fn a_declined_order_says_so_and_leads_to_the_basket_that_was_kept() {
    let world = with_basket().await;
    world.told.lock().unwrap().status = "cancelled";

    let page = world.get(&format!("/orders/{ORDER}?t=oat_link")).await.text;

    assert!(page.contains("Your card was declined.") && page.contains("Back to the basket"));
    assert!(!page.contains("data-events") && !page.contains("http-equiv"));
    assert!(world.get("/basket").await.text.contains("Linen Shirt"));
}

#[tokio::test]
async fn an_order_without_its_link_is_for_its_account() {
    let world = World::new().await;

    let page = world.get(&format!("/orders/{ORDER}")).await;

    assert!(page.leads_to().starts_with("/sign-in?next=%2Forders%2F"));
    assert_eq!(world.get(&format!("/orders/{ORDER}?t=wrong")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_parcel_is_followed_by_its_number() {
    let world = World::new().await;

    let page = world.get("/track/GE123456").await.text;

    assert!(page.contains("On its way.") && page.contains("21 November 2026, 14:05 UTC"), "{page}");
    assert!(page.find("In transit").unwrap() < page.find("Dispatched").unwrap());
    assert_eq!(world.get("/track/none").await.status, StatusCode::NOT_FOUND);
}
