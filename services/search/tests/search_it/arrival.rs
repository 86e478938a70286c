//! Whatever the order in which topics arrive, and however often, the rows are the same.

use std::collections::VecDeque;

use contracts::catalog::{MediaReplaced, ProductTitleChanged, VariantRemoved};
use kernel::MediaId;
use sqlx::PgPool;
use told::Told;

use crate::support::{self, Shop};

/// Any event, so that events of different topics fit into one list.
mod told {
    use contracts::catalog::*;
    use contracts::inventory::StockLevelChanged;
    use contracts::pricing::PriceSet;

    use crate::support::Shop;

    macro_rules! told {
        ($($name:ident)*) => {
            #[derive(Clone)]
            pub(super) enum Told { $($name($name)),* }
            $(impl From<$name> for Told {
                fn from(event: $name) -> Self { Self::$name(event) }
            })*
            impl Told {
                pub(super) async fn hear(self, shop: &Shop) {
                    match self { $(Self::$name(event) => shop.hear(event).await),* }
                }
            }
        };
    }
    told!(CategoryDefined ProductCreated ProductTitleChanged VariantAdded VariantRemoved MediaAdded
        MediaReplaced ProductPublished PriceSet StockLevelChanged);
}

/// One list per key and topic: within it, the order is kept.
fn streams() -> Vec<VecDeque<Told>> {
    let mut streams: Vec<VecDeque<Told>> = vec![
        [
            support::category("tops", "Old name", 5).into(),
            support::category("tops", "Tops", 1).into(),
        ]
        .into(),
    ];
    for handle in ["shirt", "shoe"] {
        let title = |title: &str| ProductTitleChanged {
            product_id: support::id(handle),
            title: title.to_owned(),
        };
        streams.push(
            [
                support::created(handle, handle, "tops").into(),
                support::variant(handle, "s", 1).into(),
                support::variant(handle, "m", 2).into(),
                support::variant(handle, "l", 3).into(),
                support::picture(handle).into(),
                support::published(handle).into(),
                title("Better").into(),
                VariantRemoved { product_id: support::id(handle), sku: format!("{handle}/l") }
                    .into(),
                title("Best").into(),
                MediaReplaced {
                    product_id: support::id(handle),
                    media_id: MediaId::derived(handle.as_bytes()).to_string(),
                    url: "/media/real.jpg".into(),
                }
                .into(),
            ]
            .into(),
        );
        for size in ["s", "m", "l"] {
            let prices = [100, 300, 200].map(|minor| support::priced(handle, size, minor).into());
            let stock = [5, 4, 0].map(|left| support::stocked(handle, size, left).into());
            streams.extend([VecDeque::from(prices), VecDeque::from(stock)]);
        }
    }
    streams
}

/// A small generator (`SplitMix64`), so that a seed names an order.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

async fn rows(shop: &Shop) -> Vec<String> {
    // When something was published is the clock's business, not that of the order of arrival.
    sqlx::query_scalar(
        "select concat_ws(' | ', product_id, handle, title, category, price_minor, available, words,
             card, page, encode(page_message, 'hex')) from documents order by product_id",
    )
    .fetch_all(&shop.service.db)
    .await
    .unwrap()
}

async fn hear_all(shop: &Shop, seed: u64) {
    let mut dice = Dice(seed);
    let mut streams = streams();
    while !streams.is_empty() {
        let chosen = dice.roll(streams.len());
        if let Some(event) = streams[chosen].pop_front() {
            event.clone().hear(shop).await;
            if dice.roll(8) == 0 {
                shop.refreshed().await;
            }
        } else {
            streams.swap_remove(chosen);
        }
    }
    shop.refreshed().await;
}

#[sqlx::test(migrations = "./migrations")]
async fn every_order_of_arrival_gives_the_same_rows(db: PgPool) {
    let shop = Shop::new(db).await;
    hear_all(&shop, 1).await;
    let first = rows(&shop).await;
    assert_eq!(first.len(), 2);
    assert!(
        first[0].contains("Best") && first[0].contains("real.jpg") && first[0].contains("Tops")
    );

    for seed in 2..14 {
        search::rebuild(&shop.service.db).await.unwrap();
        hear_all(&shop, seed).await;

        assert_eq!(rows(&shop).await, first, "seed {seed}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_rebuild_forgets_everything_and_how_far_it_was_heard(db: PgPool) {
    let shop = Shop::new(db).await;
    hear_all(&shop, 1).await;
    sqlx::query(
        "insert into messaging.consumer_progress (consumer, topic, partition, kafka_offset)
         values ('search', 'catalog.product.v1', 0, 7), ('search', 'auth.signing_key.v1', 0, 7)",
    )
    .execute(&shop.service.db)
    .await
    .unwrap();

    search::rebuild(&shop.service.db).await.unwrap();

    assert!(rows(&shop).await.is_empty());
    let left: Vec<String> = sqlx::query_scalar("select topic from messaging.consumer_progress")
        .fetch_all(&shop.service.db)
        .await
        .unwrap();
    assert_eq!(left, ["auth.signing_key.v1"]);
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
    let history: Vec<Told> = streams().remove(1).into();
    hear_all(&shop, 1).await;
    let before = rows(&shop).await;
    let published = || async {
        let all = "select published_at from documents order by product_id";
        let all: Vec<time::OffsetDateTime> =
            sqlx::query_scalar(all).fetch_all(&shop.service.db).await.unwrap();
        all
    };
    let first_published = published().await;

    // Out of order as well: each of them is older than what is known, or says the same again.
    for event in history.iter().rev().chain(&history) {
        event.clone().hear(&shop).await;
        shop.refreshed().await;
    }

    assert_eq!(rows(&shop).await, before);
    assert_eq!(published().await, first_published, "it keeps its place among the newest");
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
