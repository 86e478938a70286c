//! One order and its stock, whatever arrives and however often.

use contracts::inventory::StockRefused;
use kernel::OrderId;
use sqlx::PgPool;
use testkit::TestService;

use crate::support::{
    cancelled, confirmed, dispatched, last_level, level, placed, said, shop, shop_with, variant,
};

#[sqlx::test]
async fn an_order_gets_all_its_lines(db: PgPool) {
    let shop = shop_with(db, &[("a", 3), ("b", 2)]).await;

    shop.hear(&placed(OrderId::new(), &[("b", 2), ("a", 1), ("a", 1)])).await.unwrap();

    assert_eq!((level(&shop, "a").await, level(&shop, "b").await), ((3, 2), (2, 2)));
    let said = last_level(&shop, "a").await;
    assert_eq!((said.tracked, said.on_hand, said.available), (true, 3, 1));
    let names = shop.published_names().await;
    assert_eq!(names[2..], ["StockReserved", "StockLevelChanged", "StockLevelChanged"]);
}

#[sqlx::test]
async fn an_order_gets_nothing_when_one_line_is_short_and_every_short_line_is_named(db: PgPool) {
    let shop = shop_with(db, &[("a", 3), ("b", 2), ("c", 0)]).await;

    shop.hear(&placed(OrderId::new(), &[("a", 1), ("b", 5), ("c", 1)])).await.unwrap();

    assert_eq!((level(&shop, "a").await, level(&shop, "b").await), ((3, 0), (2, 0)));
    let refused: StockRefused = shop.published().await.last().unwrap().read();
    let short: Vec<_> =
        refused.shortages.iter().map(|s| (s.sku.as_str(), s.wanted, s.available)).collect();
    assert_eq!(short, [("b", 5, 2), ("c", 1, 0)]);
}

#[sqlx::test]
async fn a_cancelled_order_frees_its_stock_once(db: PgPool) {
    let shop = shop_with(db, &[("a", 3)]).await;
    let order = OrderId::new();
    shop.hear(&placed(order, &[("a", 2)])).await.unwrap();
    shop.hear(&confirmed(order)).await.unwrap();

    shop.hear(&cancelled(order)).await.unwrap();
    shop.hear(&cancelled(order)).await.unwrap();

    assert_eq!(level(&shop, "a").await, (3, 0));
    assert_eq!(said(&shop, "StockReleased").await, 1);
    assert_eq!(last_level(&shop, "a").await.available, 3);
}

#[sqlx::test]
async fn an_order_cancelled_before_it_was_placed_gets_nothing(db: PgPool) {
    let shop = shop_with(db, &[("a", 3)]).await;
    let order = OrderId::new();

    shop.hear(&cancelled(order)).await.unwrap();
    shop.hear(&placed(order, &[("a", 2)])).await.unwrap();

    assert_eq!(level(&shop, "a").await, (3, 0));
    assert_eq!(shop.published_names().await, ["StockLevelChanged"]);
}

#[sqlx::test]
async fn a_refused_order_is_cancelled_without_a_word(db: PgPool) {
    let shop = shop_with(db, &[("a", 1)]).await;
    let order = OrderId::new();
    shop.hear(&placed(order, &[("a", 2)])).await.unwrap();

    shop.hear(&cancelled(order)).await.unwrap();

    assert_eq!(shop.published_names().await, ["StockLevelChanged", "StockRefused"]);
}

#[sqlx::test]
async fn what_is_sent_leaves_the_shelf_once(db: PgPool) {
    let shop = shop_with(db, &[("a", 3)]).await;
    let order = OrderId::new();
    shop.hear(&placed(order, &[("a", 2)])).await.unwrap();
    shop.hear(&confirmed(order)).await.unwrap();

    shop.hear(&dispatched(order)).await.unwrap();
    shop.hear(&dispatched(order)).await.unwrap();
    shop.hear(&cancelled(order)).await.unwrap();

    assert_eq!(level(&shop, "a").await, (1, 0));
    assert_eq!(said(&shop, "StockDispatched").await, 1);
    let last = last_level(&shop, "a").await;
    assert_eq!((last.on_hand, last.available), (1, 1));
}

#[sqlx::test]
async fn repeated_events_change_nothing(db: PgPool) {
    let shop = shop_with(db, &[("a", 3)]).await;
    let placing = placed(OrderId::new(), &[("a", 2)]);
    shop.hear(&placing).await.unwrap();
    let before = shop.published().await;

    shop.hear(&placing).await.unwrap();
    shop.hear(&variant("a", 3)).await.unwrap();

    assert_eq!(level(&shop, "a").await, (3, 2));
    assert_eq!(shop.published().await, before);
}

#[sqlx::test]
async fn what_is_not_counted_is_always_reserved(db: PgPool) {
    let shop = shop(db).await;
    let uncounted = contracts::catalog::VariantAdded { tracked: false, ..variant("gift", 7) };
    shop.hear(&uncounted).await.unwrap();
    let order = OrderId::new();

    shop.hear(&placed(order, &[("gift", 999)])).await.unwrap();
    shop.hear(&confirmed(order)).await.unwrap();
    shop.hear(&dispatched(order)).await.unwrap();

    assert_eq!(level(&shop, "gift").await, (0, 0));
    assert_eq!(
        shop.published_names().await,
        ["StockLevelChanged", "StockReserved", "StockDispatched"]
    );
    assert!(!last_level(&shop, "gift").await.tracked);
}

#[sqlx::test]
async fn a_sku_that_is_still_on_its_way_is_waited_for(db: PgPool) {
    let shop = shop(db).await;
    let placing = placed(OrderId::new(), &[("new", 1)]);

    assert!(shop.hear(&placing).await.is_err());
    assert_eq!(shop.published_names().await, Vec::<String>::new());
    shop.hear(&variant("new", 1)).await.unwrap();
    shop.hear(&placing).await.unwrap();

    assert_eq!(said(&shop, "StockReserved").await, 1);
}

#[sqlx::test]
async fn a_sku_that_stays_unknown_is_refused(db: PgPool) {
    let flags = ["--unknown-sku-patience-seconds", "0"];
    let shop = TestService::start::<inventory::App>(db, &flags).await;

    shop.hear(&placed(OrderId::new(), &[("never", 1)])).await.unwrap();

    let refused: StockRefused = shop.published().await.last().unwrap().read();
    assert_eq!((refused.shortages[0].wanted, refused.shortages[0].available), (1, 0));
}

#[sqlx::test]
async fn a_confirmation_without_stock_is_not_passed_over(db: PgPool) {
    let shop = shop_with(db, &[("a", 1)]).await;
    let order = OrderId::new();
    shop.hear(&placed(order, &[("a", 2)])).await.unwrap();

    assert!(shop.hear(&confirmed(order)).await.is_err());
    assert!(shop.hear(&dispatched(order)).await.is_err());
    assert!(shop.hear(&dispatched(OrderId::new())).await.is_err());
}

#[sqlx::test]
async fn an_order_that_nobody_confirms_gives_its_stock_back_by_itself(db: PgPool) {
    let flags = ["--reservation-seconds", "0"];
    let shop = TestService::start::<inventory::App>(db, &flags).await.working();
    shop.hear(&variant("a", 3)).await.unwrap();

    shop.hear(&placed(OrderId::new(), &[("a", 2)])).await.unwrap();

    testkit::eventually(|| async { (level(&shop, "a").await == (3, 0)).then_some(()) }).await;
    assert_eq!(said(&shop, "StockReleased").await, 1);
}

#[sqlx::test]
async fn a_parcel_that_left_although_its_stock_was_freed_is_taken_off_the_shelf(db: PgPool) {
    let shop = shop_with(db, &[("a", 3)]).await;
    let order = OrderId::new();
    shop.hear(&placed(order, &[("a", 2)])).await.unwrap();
    shop.hear(&cancelled(order)).await.unwrap();

    shop.hear(&dispatched(order)).await.unwrap();

    assert_eq!(level(&shop, "a").await, (1, 0));
    assert_eq!(last_level(&shop, "a").await.on_hand, 1);
    assert_eq!(said(&shop, "StockDispatched").await, 1);
}
