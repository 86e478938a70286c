//! Many orders at once: exact, complete, without deadlocks.

use futures::future::join_all;
use kernel::OrderId;
use sqlx::PgPool;
use testkit::TestService;

use crate::support::{
    cancelled, confirmed, dispatched, last_level, level, placed, said, shop_with,
};

async fn place_at_once(shop: &TestService, orders: usize) {
    let orders = (0..orders).map(|_| placed(OrderId::new(), &[("shirt/small", 1)]));
    let orders: Vec<_> = orders.collect();
    let heard = join_all(orders.iter().map(|order| shop.hear(order))).await;
    heard.into_iter().for_each(|outcome| outcome.unwrap());
}

#[sqlx::test]
async fn sixteen_orders_at_once_get_exactly_the_ten_that_are_there(db: PgPool) {
    let shop = shop_with(db, &[("shirt/small", 10)]).await;

    place_at_once(&shop, 16).await;

    assert_eq!(level(&shop, "shirt/small").await, (10, 10));
    assert_eq!((said(&shop, "StockReserved").await, said(&shop, "StockRefused").await), (10, 6));
    assert_eq!(last_level(&shop, "shirt/small").await.available, 0);
}

#[sqlx::test]
async fn sixty_four_orders_at_once_get_exactly_the_ten_that_are_there(db: PgPool) {
    let shop = shop_with(db, &[("shirt/small", 10)]).await;

    place_at_once(&shop, 64).await;

    assert_eq!(level(&shop, "shirt/small").await, (10, 10));
    assert_eq!((said(&shop, "StockReserved").await, said(&shop, "StockRefused").await), (10, 54));
}

#[sqlx::test]
async fn lines_in_any_order_at_once_neither_deadlock_nor_reserve_halves(db: PgPool) {
    let shop = shop_with(db, &[("a", 20), ("b", 15), ("c", 100)]).await;
    let lines = [("a", 1), ("b", 1), ("c", 1)];
    let orders: Vec<_> = (0..40)
        .map(|turn| {
            let mut lines = lines;
            lines.rotate_left(turn % 3);
            if turn.is_multiple_of(2) {
                lines.reverse();
            }
            placed(OrderId::new(), &lines)
        })
        .collect();

    let heard = join_all(orders.iter().map(|order| shop.hear(order))).await;

    heard.into_iter().for_each(|outcome| outcome.unwrap());
    for (sku, on_hand) in [("a", 20), ("b", 15), ("c", 100)] {
        assert_eq!(level(&shop, sku).await, (on_hand, 15));
    }
}

/// Whatever arrives at once and however often: the books add up.
#[sqlx::test]
async fn stories_told_at_once_and_twice_leave_the_books_in_order(db: PgPool) {
    let shop = shop_with(db, &[("a", 30), ("b", 25)]).await;
    let story = async |turn: usize| {
        let order = OrderId::new();
        let lines =
            if turn.is_multiple_of(2) { [("a", 2), ("b", 1)] } else { [("b", 1), ("a", 1)] };
        let placed = placed(order, &lines);
        for _ in 0..2 {
            shop.hear(&placed).await.unwrap();
        }
        // A refused order is never confirmed or sent: the attempt fails and changes nothing.
        let _ = shop.hear(&confirmed(order)).await;
        match turn % 3 {
            0 => shop.hear(&cancelled(order)).await.unwrap(),
            1 => {
                let parcel = dispatched(order);
                let _ = (shop.hear(&parcel).await, shop.hear(&parcel).await);
            }
            _ => {}
        }
    };

    join_all((0..30).map(story)).await;

    for (sku, opening) in [("a", 30), ("b", 25)] {
        let (on_hand, reserved) = level(&shop, sku).await;
        let open: Option<i64> = sqlx::query_scalar(
            "select sum(quantity)::bigint from reservation_lines join reservations using (order_id)
             where sku = $1 and state in ('reserved', 'held')",
        )
        .bind(sku)
        .fetch_one(&shop.db)
        .await
        .unwrap();
        let gone: Option<i64> = sqlx::query_scalar(
            "select -sum(change)::bigint from stock_movements where sku = $1 and cause = 'dispatched'",
        )
        .bind(sku)
        .fetch_one(&shop.db)
        .await
        .unwrap();
        assert_eq!(reserved, open.unwrap_or(0), "{sku}");
        assert_eq!(on_hand + gone.unwrap_or(0), opening, "{sku}");
        let said = last_level(&shop, sku).await;
        assert_eq!((said.on_hand, said.available), (on_hand, on_hand - reserved));
    }
}
