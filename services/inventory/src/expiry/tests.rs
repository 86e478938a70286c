//! The timer frees what nobody confirmed, and only that.

use std::collections::BTreeMap;

use kernel::{OrderId, ProductId};
use sqlx::{PgConnection, PgPool};

use super::*;
use crate::app::Placing;
use crate::domain::shelf::Shelf;
use crate::store::stock::{self, NewItem};

async fn shelf(conn: &mut PgConnection) -> Shelf {
    let sku = "shirt".parse().unwrap();
    stock::lock(conn, &[sku]).await.unwrap().into_values().next().unwrap()
}

/// An order of two shirts of three, and its timer settled after `command`.
async fn settle_after(db: PgPool, command: Option<Command>) -> Shelf {
    runtime::migrate_shared(&mut db.acquire().await.unwrap()).await.unwrap();
    let mut tx = Tx::begin(&db).await.unwrap();
    let item = NewItem {
        sku: "shirt".parse().unwrap(),
        product: ProductId::new(),
        title: "Shirt".to_owned(),
        tracked: true,
        opening_quantity: 3,
    };
    app::open(&mut tx, &item).await.unwrap();
    let order = OrderId::new();
    let placing = Placing {
        order,
        wanted: BTreeMap::from([(item.sku, 2)]),
        expires_at: kernel::now(),
        unknown_is_refused: false,
    };
    app::place(&mut tx, placing).await.unwrap();
    assert_eq!(shelf(&mut tx).await.available(), 1);
    if let Some(command) = command {
        app::follow(&mut tx, order, command).await.unwrap();
    }

    let timers = "select job from messaging.job where queue = 'expire_reservation'";
    let job: serde_json::Value = sqlx::query_scalar(timers).fetch_one(&mut *tx).await.unwrap();
    let job: Expire = serde_json::from_value(job).unwrap();
    Expiry.settle(&mut tx, &job, Ok(&())).await.unwrap();
    Expiry.settle(&mut tx, &job, Ok(&())).await.unwrap();

    let shelf = shelf(&mut tx).await;
    tx.commit().await.unwrap();
    shelf
}

#[sqlx::test]
async fn an_unconfirmed_reservation_is_free_again_when_its_time_is_up(db: PgPool) {
    let shelf = settle_after(db.clone(), None).await;

    assert_eq!((shelf.on_hand(), shelf.reserved()), (3, 0));
    let said = testkit::published(&db).await;
    assert_eq!(said.iter().filter(|event| event.name() == "StockReleased").count(), 1);
}

#[sqlx::test]
async fn a_confirmed_reservation_outlives_its_timer(db: PgPool) {
    let shelf = settle_after(db, Some(Command::Confirm)).await;

    assert_eq!((shelf.on_hand(), shelf.reserved()), (3, 2));
}

#[sqlx::test]
async fn a_confirmation_later_than_the_timer_gets_the_stock_back(db: PgPool) {
    let expired = settle_after(db.clone(), Some(Command::Expire)).await;
    assert_eq!(expired.reserved(), 0);

    let mut tx = Tx::begin(&db).await.unwrap();
    let order = sqlx::query_scalar("select order_id from reservations").fetch_one(&db).await;
    let order: OrderId = order.unwrap();
    app::follow(&mut tx, order, Command::Confirm).await.unwrap();

    assert_eq!(shelf(&mut tx).await.reserved(), 2);
}

#[sqlx::test]
async fn a_confirmation_later_than_the_timer_is_for_a_person_when_the_stock_is_gone(db: PgPool) {
    settle_after(db.clone(), None).await;
    let mut tx = Tx::begin(&db).await.unwrap();
    let order: OrderId =
        sqlx::query_scalar("select order_id from reservations").fetch_one(&db).await.unwrap();
    let other = Placing {
        order: OrderId::new(),
        wanted: BTreeMap::from([("shirt".parse().unwrap(), 2)]),
        expires_at: kernel::now(),
        unknown_is_refused: false,
    };
    app::place(&mut tx, other).await.unwrap();

    let refused = app::follow(&mut tx, order, Command::Confirm).await.unwrap_err();

    assert!(matches!(refused, Error::Short { wanted: 2, available: 1, .. }), "{refused}");
}
