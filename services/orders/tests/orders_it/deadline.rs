//! The deadline of the order process.

use contracts::orders::OrderCancelled;
use sqlx::PgPool;
use testkit::eventually;

use crate::support::{Shop, quote};

#[sqlx::test(migrations = "./migrations")]
async fn an_order_that_nobody_confirms_is_cancelled_in_time(db: PgPool) {
    let mut shop = Shop::with(db, &["--order-deadline-seconds", "1"]).await;
    shop.service = shop.service.working();
    let ada = shop.account();
    let confirmed = shop.confirmed(&ada).await;
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    shop.stock_reserved(&placed).await;

    eventually(async || (shop.status(&placed).await == "cancelled").then_some(())).await;

    let said = shop.service.published().await;
    let cancelled = said.iter().find(|one| one.name() == "OrderCancelled").unwrap();
    let event: OrderCancelled = cancelled.read();
    assert_eq!((event.reason, event.payment_id), (4, placed.payment.to_string()));
    assert_eq!(shop.status(&confirmed).await, "confirmed");
    shop.authorized(&placed, 2_990).await;
    assert_eq!(shop.status(&placed).await, "cancelled");
}

#[sqlx::test(migrations = "./migrations")]
async fn the_timer_is_set_in_the_transaction_of_the_order(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;

    let (aggregate, seconds): (String, i64) = sqlx::query_as(
        "select aggregate, extract(epoch from due_at - now())::bigint from messaging.job
         where queue = 'order_deadline'",
    )
    .fetch_one(&db)
    .await
    .unwrap();

    assert_eq!(aggregate, placed.id.to_string());
    assert!((880..=900).contains(&seconds), "{seconds}");
}
