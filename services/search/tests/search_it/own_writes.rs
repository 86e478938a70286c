//! Who says what was written sees it, or hears by how much the answer is behind.

use std::time::{Duration, Instant};

use axum::http::Method;
use messaging::{Event, Meta, Tx};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{self, Shop};

/// Says an event of a version of its aggregate.
async fn hear<E: Event>(shop: &Shop, version: i64, event: E) {
    let mut meta = Meta::now(E::TOPIC, E::TYPE, event.key(), event.subject());
    meta.version = version;
    let mut tx = Tx::begin(&shop.service.db).await.unwrap();
    let handlers = shop.service.handlers();
    handlers.deliver(&mut tx, &[(meta, event.encode())]).await.unwrap();
    tx.commit().await.unwrap();
}

/// Asks for a page as somebody who has written this.
async fn ask(shop: &Shop, path: &str, token: &str, prefer: &str) -> (Answer, Duration) {
    let begun = Instant::now();
    let headers = [("sync-token", token), ("prefer", prefer)];
    let path = format!("/api/search/v1/{path}");
    let answer = shop.service.send(Method::GET, &path, &headers, "").await;
    (answer, begun.elapsed())
}

fn price(answer: &Answer) -> i64 {
    answer.json["variants"][0]["price"]["minor"].as_i64().unwrap()
}

fn lag(answer: &Answer) -> Option<&str> {
    answer.headers.get("sync-lag").map(|lag| lag.to_str().unwrap())
}

/// A shirt that costs 19.90, of which version 1 of everything is known.
async fn shirt(db: PgPool) -> Shop {
    let shop = Shop::new(db).await;
    for (version, title) in [(1, "Shirt"), (1, "Shoe")] {
        let handle = title.to_lowercase();
        hear(&shop, version, support::created(&handle, title, "tops")).await;
        hear(&shop, version, support::variant(&handle, "m", 1)).await;
        hear(&shop, version, support::published(&handle)).await;
        hear(&shop, version, support::priced(&handle, "m", 19_90)).await;
        hear(&shop, version, support::stocked(&handle, "m", 3)).await;
    }
    shop.refreshed().await;
    shop
}

const NEW_PRICE: &str = "pricing.price.v1/shirt/m;v=2";

#[sqlx::test(migrations = "./migrations")]
async fn without_the_token_an_old_page_is_shown_and_with_it_the_new_one(db: PgPool) {
    let shop = shirt(db).await;
    hear(&shop, 2, support::priced("shirt", "m", 25_00)).await;

    let unaware = shop.get("products/shirt").await;
    let asked = ask(&shop, "products/shirt", NEW_PRICE, "wait=2");
    let preparing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        shop.refreshed().await;
    };
    let ((aware, waited), ()) = tokio::join!(asked, preparing);

    assert_eq!(price(&unaware), 19_90);
    assert_eq!((price(&aware), lag(&aware)), (25_00, None));
    assert!(waited >= Duration::from_millis(300), "{waited:?}");
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_reader_waits_while_the_consumer_is_held_and_is_answered_right_after(db: PgPool) {
    let shop = shirt(db.clone()).await;
    // Whoever keeps the price waits for this lock.
    let mut held = db.begin().await.unwrap();
    sqlx::query("lock table prices in exclusive mode").execute(&mut *held).await.unwrap();

    let consumer = async {
        hear(&shop, 2, support::priced("shirt", "m", 25_00)).await;
        shop.refreshed().await;
        Instant::now()
    };
    let release = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        held.rollback().await.unwrap();
    };
    let asked = async {
        let answer = ask(&shop, "products/shirt", NEW_PRICE, "wait=2").await;
        (answer, Instant::now())
    };
    let (shown, (), ((answer, waited), answered)) = tokio::join!(consumer, release, asked);

    assert_eq!((price(&answer), lag(&answer)), (25_00, None));
    assert!(waited >= Duration::from_millis(500), "{waited:?}");
    let later = answered.saturating_duration_since(shown);
    assert!(later < Duration::from_millis(500), "{later:?}");
}

#[sqlx::test(migrations = "./migrations")]
async fn who_cannot_wait_any_longer_hears_by_how_much_the_answer_is_behind(db: PgPool) {
    let shop = shirt(db).await;
    let written = kernel::now().unix_timestamp_nanos() / 1_000_000 - 3_000;
    let token = format!("pricing.price.v1/shirt/m;v=4;t={written}, catalog.product.v1/x;v=1");

    let (answer, waited) = ask(&shop, "products/shirt", &token, "wait=1").await;

    assert_eq!((answer.status.as_u16(), price(&answer)), (200, 19_90));
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    let lag = lag(&answer).unwrap();
    let age = lag.strip_prefix("pricing.price.v1/shirt/m;behind=3;age=").unwrap();
    assert!((4.0..10.0).contains(&age.parse::<f64>().unwrap()), "{lag}");

    let (refused, _) = ask(&shop, "products/shirt", &token, "wait=0, handling=strict").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "read_model_behind"));
    assert!(refused.json["detail"].as_str().unwrap().contains("behind=3"), "{}", refused.text);
    assert!(
        refused.headers.contains_key("sync-lag") && refused.headers.contains_key("retry-after")
    );
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_heard_of_and_is_not_prepared_is_behind_by_no_version(db: PgPool) {
    let shop = shirt(db).await;
    hear(&shop, 2, support::priced("shirt", "m", 25_00)).await;

    let (answer, _) = ask(&shop, "products/shirt", NEW_PRICE, "wait=0").await;

    assert_eq!(lag(&answer), Some("pricing.price.v1/shirt/m;behind=0"));
}

#[sqlx::test(migrations = "./migrations")]
async fn later_changes_of_the_same_thing_do_not_have_to_be_waited_for(db: PgPool) {
    let shop = shirt(db).await;
    hear(&shop, 2, support::priced("shirt", "m", 25_00)).await;

    let asked = ask(&shop, "products/shirt", NEW_PRICE, "wait=2");
    let busy = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        // Whenever somebody looks there is another note, of a later price than the one waited for.
        let mut conn = shop.service.db.acquire().await.unwrap();
        let note = "insert into stale (sku) values ('shirt/m')";
        sqlx::query(note).execute(&mut *conn).await.unwrap();
        sqlx::query("delete from stale where id < (select max(id) from stale)")
            .execute(&mut *conn)
            .await
            .unwrap();
    };
    let ((answer, waited), ()) = tokio::join!(asked, busy);

    assert_eq!(lag(&answer), None);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_list_is_as_new_as_what_was_written(db: PgPool) {
    let shop = shirt(db).await;
    let kept = shop.get("products?sort=price_ascending").await;
    hear(&shop, 2, support::priced("shoe", "m", 5_00)).await;
    hear(&shop, 2, support::stocked("shoe", "m", 0)).await;
    shop.refreshed().await;

    let unaware = shop.get("products?sort=price_ascending").await;
    let token = "pricing.price.v1/shoe/m;v=2,inventory.stock.v1/shoe/m;v=2";
    let (aware, _) = ask(&shop, "products?sort=price_ascending", token, "wait=2").await;

    assert_eq!(unaware.text, kept.text, "kept for a moment for everybody");
    assert_eq!(support::titles(&aware.json), ["Shoe", "Shirt"]);
    assert_eq!((aware.json["facets"]["in_stock"].as_i64(), lag(&aware)), (Some(1), None));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_new_product_is_there_once_it_has_its_first_price_and_stock(db: PgPool) {
    let shop = shirt(db).await;
    let token = format!("catalog.product.v1/{};v=3", support::id("hat"));
    hear(&shop, 1, support::created("hat", "Hat", "tops")).await;
    hear(&shop, 2, support::variant("hat", "m", 1)).await;
    hear(&shop, 3, support::published("hat")).await;
    hear(&shop, 1, support::priced("hat", "m", 5_00)).await;
    shop.refreshed().await;

    let (sold_out, _) = ask(&shop, "products/hat", &token, "wait=0").await;
    hear(&shop, 1, support::stocked("hat", "m", 3)).await;
    let (unprepared, _) = ask(&shop, "products/hat", &token, "wait=0").await;
    shop.refreshed().await;
    let (whole, _) = ask(&shop, "products/hat", &token, "wait=0").await;

    assert!(lag(&sold_out).is_some() && lag(&unprepared).is_some());
    assert_eq!((lag(&whole), whole.json["variants"][0]["available"].as_i64()), (None, Some(3)));
}

#[sqlx::test(migrations = "./migrations")]
async fn categories_are_waited_for_too_and_what_is_not_shown_here_is_not(db: PgPool) {
    let shop = shirt(db).await;
    hear(&shop, 5, support::category("tops", "Old", 1)).await;
    hear(&shop, 6, support::category("tops", "Shirts and such", 1)).await;
    shop.refreshed().await;

    let token =
        "catalog.category.v1/tops;v=6, orders.order.v1/ord_1;v=9, catalog.product.v1/no-id;v=9";
    let (shown, _) = ask(&shop, "products/shirt", token, "wait=0").await;
    let (missing, _) = ask(&shop, "products/shirt", "catalog.category.v1/tops;v=7", "wait=0").await;

    assert_eq!((lag(&shown), &shown.json["category_name"]), (None, &"Shirts and such".into()));
    assert_eq!(lag(&missing), Some("catalog.category.v1/tops;behind=1"));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_token_that_cannot_be_read_is_refused(db: PgPool) {
    let shop = shirt(db).await;

    for token in ["", "shirt", "pricing.price.v1/shirt/m", "pricing.price.v1/shirt/m;v=two"] {
        let (answer, _) = ask(&shop, "products/shirt", token, "wait=2").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "malformed_sync_token"),
            "{token}"
        );
    }
}
