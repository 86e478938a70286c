//! An import that is killed in the middle goes on exactly where it was.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::support::{Catalog, HEADER, importer};

const PRODUCTS: usize = 60;

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

/// Products that were made, and products that are marked as done, at one moment.
async fn made_and_marked(db: &PgPool) -> (i64, i64) {
    let both = "select (select count(*) from products), products_done from imports";
    sqlx::query_as(both).fetch_one(db).await.unwrap()
}

/// Lets a worker live for so long, on connections of its own, and ends it as a `kill -9` does.
async fn live(db: &PgPool, time: Duration) {
    let own = PgPoolOptions::new().connect_lazy_with((*db.connect_options()).clone());
    let _killed = tokio::time::timeout(time, importer(&own).run(CancellationToken::new())).await;
    // Its lease runs out.
    let run_out = "update messaging.job set leased_until = '-infinity'";
    sqlx::query(run_out).execute(db).await.unwrap();
}

#[sqlx::test]
async fn an_import_that_is_killed_anywhere_ends_as_one_that_was_not(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    catalog.hand_in(file()).await;
    let (mut kills, mut seen) = (0_u32, Vec::new());
    // Each worker lives a little longer than the one before it; most die within a lot of products.
    while !done(&db).await {
        live(&db, Duration::from_millis(u64::from(10 + 11 * kills))).await;
        let (made, marked) = made_and_marked(&db).await;
        assert_eq!(made, marked, "a product and its mark are one");
        seen.push(made);
        kills += 1;
        assert!(kills < 100, "it does not end; it is at {made}");
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

    seen.dedup();
    assert!(kills > 5 && seen.len() > 3, "killed {kills} times, at {seen:?}");
    assert_eq!(in_pieces, in_one_go);
    assert_eq!(in_one_go.iter().filter(|row| row.starts_with("p ")).count(), PRODUCTS);
    let ids = "select count(*) - count(distinct event_id) from messaging.outbox";
    assert_eq!(sqlx::query_scalar::<_, i64>(ids).fetch_one(&db).await.unwrap(), 0);
}

#[sqlx::test]
async fn two_workers_never_do_the_same_product(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    let status = catalog.hand_in(file()).await;
    let stop = CancellationToken::new();
    let [one, two] = [(); 2].map(|()| tokio::spawn(importer(&db).run(stop.clone())));

    let seen = catalog.ended(&status).await;

    stop.cancel();
    one.await.unwrap().unwrap();
    two.await.unwrap().unwrap();
    let products = i64::try_from(PRODUCTS).unwrap();
    assert_eq!(
        (&seen["state"], seen["products"]["created"].as_i64()),
        (&"done".into(), Some(products))
    );
}

#[sqlx::test]
async fn an_import_that_fails_is_parked_and_a_person_has_it_go_on(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    let status = catalog.hand_in(file()).await;
    sqlx::raw_sql("alter table products add constraint broken check (handle <> 'p15')")
        .execute(&db)
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let working = tokio::spawn(importer(&db).run(stop.clone()));
    let parked = "/api/catalog/v1/parked";
    let held = eventually(|| async {
        let held = catalog.service.get(parked, &catalog.staff).await.json;
        held.as_array().unwrap().first().cloned()
    })
    .await;
    let waits = catalog.service.get(&status, &catalog.staff).await.json;

    sqlx::raw_sql("alter table products drop constraint broken").execute(&db).await.unwrap();
    let retry = format!("{parked}/{}/retry", held["id"]);
    let body = serde_json::json!({ "reason": "mended" });
    assert_eq!(catalog.service.post(&retry, &catalog.staff, &[], &body).await.status, 200);
    let ended = catalog.ended(&status).await;

    stop.cancel();
    working.await.unwrap().unwrap();
    assert_eq!((&waits["state"], &held["event_type"]), (&"parked".into(), &"imports".into()));
    assert_eq!(waits["products"]["done"], 10, "whole lots only");
    assert_eq!(ended["products"]["created"].as_u64(), u64::try_from(PRODUCTS).ok());
}

#[sqlx::test]
async fn an_import_from_before_there_were_jobs_is_taken_over(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;
    let status = catalog.hand_in(file()).await;
    sqlx::raw_sql("delete from messaging.job; update imports set job_id = null")
        .execute(&db)
        .await
        .unwrap();

    catalog::take_over(db.clone()).await.unwrap();
    catalog::take_over(db.clone()).await.unwrap();
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from messaging.job").fetch_one(&db).await.unwrap();
    let stop = CancellationToken::new();
    let working = tokio::spawn(importer(&db).run(stop.clone()));
    catalog.ended(&status).await;

    stop.cancel();
    working.await.unwrap().unwrap();
    assert_eq!(jobs, 1);
}
