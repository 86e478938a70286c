//! An import that is killed in the middle goes on exactly where it was.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use catalog::Importer;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::support::{Catalog, HEADER};

const PRODUCTS: usize = 12;

fn file() -> String {
    let product = |n: usize| {
        format!(
            "p{n:02},P {n},,kind {},true,Size,S,,shopify,{n},5,\np{n:02},,,,,,M,,,1,6,\n",
            n % 3
        )
    };
    format!("{HEADER}{}", (0..PRODUCTS).map(product).collect::<String>())
}

/// Everything that was written, without ids, which differ each time.
async fn written(db: &PgPool) -> Vec<String> {
    let all = "
        select 'p ' || handle || title || category || status || version from products
        union all select 'v ' || sku || price_minor || opening_quantity || position from variants
        union all select 'm ' || file || position from media
        union all select 'c ' || slug || position from categories
        union all select 'i ' || state || rows_done || products_done || created from imports
        union all select 'e ' || type || version || count(*) from messaging.outbox group by type, version
        order by 1";
    sqlx::query_scalar(all).fetch_all(db).await.unwrap()
}

async fn done(db: &PgPool) -> bool {
    let all = "select bool_and(state = 'done') from imports";
    sqlx::query_scalar(all).fetch_one(db).await.unwrap()
}

/// Polls some work so many times, then drops it. True when it came to its end before.
async fn lives(work: impl Future<Output = ()>, mut polls: u32) -> bool {
    let mut work = std::pin::pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(true),
        Poll::Pending if polls == 0 => Poll::Ready(false),
        Poll::Pending => {
            polls -= 1;
            Poll::Pending
        }
    })
    .await
}

#[sqlx::test]
async fn an_import_that_is_dropped_anywhere_ends_as_one_that_was_not(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    catalog.hand_in(file()).await;
    let mut dropped = 0_u32;
    // Each worker lives a little longer than the one before it; most die within a product.
    while !done(&db).await {
        // Connections of its own, which die with it.
        let own = PgPoolOptions::new().connect_lazy_with((*db.connect_options()).clone());
        let worker = Importer::new(own);
        let work = async { while worker.step().await.unwrap() {} };
        // One that finds the import still locked by its dead predecessor has nothing to do.
        if !lives(work, 3 + dropped).await {
            dropped += 1;
        }
    }
    let in_pieces = written(&db).await;

    sqlx::raw_sql(
        "truncate categories, products, variants, media, imports, import_products,
             import_findings, imported_products, messaging.outbox cascade",
    )
    .execute(&db)
    .await
    .unwrap();
    catalog.import(file()).await;
    let in_one_go = written(&db).await;

    assert!(dropped > 15, "dropped only {dropped} times");
    assert_eq!(in_pieces, in_one_go);
    assert_eq!(in_one_go.iter().filter(|row| row.starts_with("p ")).count(), PRODUCTS);
}

#[sqlx::test]
async fn progress_and_product_are_one(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    let status = catalog.hand_in(file()).await;
    let worker = Importer::new(db.clone());
    for _ in 0..6 {
        assert!(worker.step().await.unwrap());
    }

    let seen = catalog.service.get(&status, &catalog.staff).await.json;

    let made: i64 =
        sqlx::query_scalar("select count(*) from products").fetch_one(&db).await.unwrap();
    assert_eq!(
        (made, seen["products"]["done"].as_i64(), seen["rows"]["done"].as_i64()),
        (5, Some(5), Some(10))
    );
}

#[sqlx::test]
async fn two_workers_never_do_the_same_product(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    let status = catalog.hand_in(file()).await;
    let work = || async {
        let worker = Importer::new(db.clone());
        for _ in 0..200 {
            if !worker.step().await.unwrap() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    };

    futures::future::join3(work(), work(), work()).await;

    let seen = catalog.service.get(&status, &catalog.staff).await.json;
    assert_eq!((&seen["state"], seen["products"]["created"].as_i64()), (&"done".into(), Some(12)));
}
