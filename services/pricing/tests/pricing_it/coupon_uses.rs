//! Orders and the uses of their coupons: exact, whatever arrives and however often.

use contracts::pricing::CouponRefused;
use futures::future::join_all;
use kernel::OrderId;
use serde_json::json;
use sqlx::PgPool;
use testkit::TestService;

use crate::support::{cancelled, confirmed, coupon, empty_shop, placed, said_of_coupons};

/// How often a coupon was used, and how many uses are set aside.
async fn counts(shop: &TestService) -> (i64, i64) {
    sqlx::query_as("select used, reserved from coupons").fetch_one(&shop.db).await.unwrap()
}

async fn shop_with_five(db: PgPool) -> TestService {
    let shop = empty_shop(db).await;
    coupon(&shop, json!({"code": "FIVE", "percent": 10, "use_limit": 5})).await;
    shop
}

#[sqlx::test]
async fn a_coupon_with_five_uses_is_used_five_times_by_thirty_two_orders_at_once(db: PgPool) {
    let shop = shop_with_five(db).await;
    let orders: Vec<_> = (0..32).map(|_| OrderId::new()).collect();

    let tell = async |order: OrderId| {
        shop.hear(&placed(order, "FIVE")).await.unwrap();
        shop.hear(&confirmed(order)).await.unwrap();
    };
    join_all(orders.into_iter().map(tell)).await;

    assert_eq!(counts(&shop).await, (5, 0));
    let said = said_of_coupons(&shop).await;
    let count = |name: &str| said.iter().filter(|said| *said == name).count();
    assert_eq!(
        (count("CouponReserved"), count("CouponRefused"), count("CouponRedeemed")),
        (5, 27, 5)
    );
}

#[sqlx::test]
async fn a_cancelled_order_gives_its_use_back_once(db: PgPool) {
    let shop = shop_with_five(db).await;
    let order = OrderId::new();

    for _ in 0..2 {
        shop.hear(&placed(order, "FIVE")).await.unwrap();
    }
    assert_eq!(counts(&shop).await, (0, 1));
    for _ in 0..2 {
        shop.hear(&cancelled(order)).await.unwrap();
    }
    shop.hear(&placed(order, "FIVE")).await.unwrap();

    assert_eq!(counts(&shop).await, (0, 0));
    assert_eq!(said_of_coupons(&shop).await, ["CouponReserved", "CouponReleased"]);
}

#[sqlx::test]
async fn a_spent_use_stays_spent(db: PgPool) {
    let shop = shop_with_five(db).await;
    let order = OrderId::new();
    shop.hear(&placed(order, "FIVE")).await.unwrap();
    for _ in 0..2 {
        shop.hear(&confirmed(order)).await.unwrap();
    }

    shop.hear(&cancelled(order)).await.unwrap();

    assert_eq!(counts(&shop).await, (1, 0));
    assert_eq!(said_of_coupons(&shop).await, ["CouponReserved", "CouponRedeemed"]);
}

#[sqlx::test]
async fn an_order_cancelled_before_it_was_placed_gets_no_use(db: PgPool) {
    let shop = shop_with_five(db).await;
    let order = OrderId::new();

    shop.hear(&cancelled(order)).await.unwrap();
    shop.hear(&placed(order, "FIVE")).await.unwrap();

    assert_eq!(counts(&shop).await, (0, 0));
    assert_eq!(said_of_coupons(&shop).await, Vec::<String>::new());
}

#[sqlx::test]
async fn a_refused_order_says_why_and_is_cancelled_without_a_word(db: PgPool) {
    let shop = empty_shop(db).await;
    let order = OrderId::new();

    shop.hear(&placed(order, "NONE")).await.unwrap();
    shop.hear(&cancelled(order)).await.unwrap();

    let said = shop.published().await;
    let refused: CouponRefused = said[0].read();
    assert_eq!((said.len(), refused.reason.as_str()), (1, "there is no such coupon"));
    assert_eq!(
        (said[0].key.as_str(), said[0].subject.as_str()),
        (order.to_string().as_str(), "NONE")
    );
}

#[sqlx::test]
async fn an_ended_coupon_is_refused(db: PgPool) {
    let shop = shop_with_five(db).await;
    shop.post("/api/pricing/v1/coupons/FIVE/end", &shop.staff(), &[], &json!({})).await;

    shop.hear(&placed(OrderId::new(), "FIVE")).await.unwrap();

    let refused: CouponRefused = shop.published().await.last().unwrap().read();
    assert_eq!(refused.reason, "the coupon has ended");
}

#[sqlx::test]
async fn an_order_without_a_coupon_is_nothing_to_pricing(db: PgPool) {
    let shop = shop_with_five(db).await;
    let order = OrderId::new();

    shop.hear(&placed(order, "")).await.unwrap();
    shop.hear(&confirmed(order)).await.unwrap();

    assert!(shop.published_names().await.is_empty());
}
