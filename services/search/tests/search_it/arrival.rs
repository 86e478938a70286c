//! Whatever the order in which topics arrive, and however often, the rows are the same.

use contracts::catalog::{
    MediaReplaced, ProductArchived, ProductCategoryChanged, ProductDescriptionChanged,
    ProductTitleChanged, VariantRemoved,
};
use kernel::MediaId;
use sqlx::PgPool;
use testkit::{Corpus, any_order_leads_to_the_same_rows};

use crate::support::{self, Shop};

fn corpus() -> Corpus {
    let mut corpus = Corpus::new()
        .say(&support::category("tops", "Old name", 5))
        .say(&support::category("tops", "Tops", 1))
        .say(&support::category("shoes", "Shoes", 2));
    for handle in ["shirt", "shoe", "gone"] {
        corpus = about(handle, corpus);
        for size in ["s", "m", "l"] {
            for minor in [100, 300, 200] {
                corpus = corpus.say(&support::priced(handle, size, minor));
            }
            for left in [5, 4, 0] {
                corpus = corpus.say(&support::stocked(handle, size, left));
            }
        }
    }
    corpus.say(&ProductArchived { product_id: support::id("gone") })
}

/// The whole life of a product, as catalog tells it.
fn about(handle: &str, corpus: Corpus) -> Corpus {
    let product_id = support::id(handle);
    let title = |title: &str| ProductTitleChanged {
        product_id: product_id.clone(),
        title: title.to_owned(),
    };
    corpus
        .say(&support::created(handle, handle, "tops"))
        .say(&support::variant(handle, "s", 1))
        .say(&support::variant(handle, "m", 2))
        .say(&support::variant(handle, "l", 3))
        .say(&support::picture(handle))
        .say(&support::published(handle))
        .say(&title("Better"))
        .say(&VariantRemoved { product_id: product_id.clone(), sku: format!("{handle}/l") })
        .say(&VariantRemoved { product_id: product_id.clone(), sku: format!("{handle}/s") })
        .say(&title("Best"))
        .say(&support::variant(handle, "s", 4))
        .say(&ProductDescriptionChanged {
            product_id: product_id.clone(),
            description_html: "<p>Again.</p>".to_owned(),
        })
        .say(&ProductCategoryChanged { product_id: product_id.clone(), category: "shoes".into() })
        .say(&MediaReplaced {
            product_id: product_id.clone(),
            media_id: MediaId::derived(handle.as_bytes()).to_string(),
            url: "/media/real.jpg".into(),
        })
}

async fn rows(shop: &Shop) -> Vec<String> {
    let all = "select to_jsonb(d)::text from documents d order by product_id";
    sqlx::query_scalar(all).fetch_all(&shop.service.db).await.unwrap()
}

#[sqlx::test(migrations = "./migrations")]
async fn every_order_of_arrival_gives_the_same_rows(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    let prepare = async |conn: &mut _| search::refresh_in(conn).await.unwrap();
    // What is still to be prepared, and how often something was.
    let passing = ["stale", "generation"];

    let handlers = shop.service.handlers();
    any_order_leads_to_the_same_rows(&db, handlers, &corpus(), &passing, prepare).await;
}

#[sqlx::test(migrations = "./migrations")]
async fn an_event_that_says_something_impossible_is_refused(db: PgPool) {
    let shop = Shop::new(db).await;
    let mut nameless = support::created("x", "X", "tops");
    nameless.product_id = "x".into();
    let mut priceless = support::priced("x", "m", 1);
    priceless.price = None;

    assert!(shop.service.hear(&nameless).await.is_err());
    assert!(shop.service.hear(&priceless).await.is_err());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_product_told_again_from_the_beginning_stays_as_it_is(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.sells("Ocean Shirt", "tops", 1_990, 3).await;
    shop.refreshed().await;
    let before = rows(&shop).await;

    shop.sells("Ocean Shirt", "tops", 1_990, 3).await;
    shop.refreshed().await;

    assert_eq!(before.len(), 1);
    assert_eq!(rows(&shop).await, before, "and keeps its place among the newest");
}

#[sqlx::test(migrations = "./migrations")]
async fn documents_are_prepared_by_one_at_a_time(db: PgPool) {
    let shop = Shop::new(db.clone()).await;
    shop.sells("Ocean Shirt", "tops", 1_990, 3).await;
    let mut other = db.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('search.refresh', 0))")
        .execute(&mut *other)
        .await
        .unwrap();

    let refresh = tokio::spawn({
        let db = db.clone();
        async move { search::refresh(&db).await.unwrap() }
    });
    testkit::eventually(async || {
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
             and database = (select oid from pg_database where datname = current_database())";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&db).await.unwrap();
        (waiting == 1).then_some(())
    })
    .await;
    assert!(rows(&shop).await.is_empty());
    other.rollback().await.unwrap();
    refresh.await.unwrap();

    assert_eq!(rows(&shop).await.len(), 1);
}
