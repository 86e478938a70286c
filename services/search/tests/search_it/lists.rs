//! Lists: filters, facets that add up, pages that do not repeat.

use serde_json::Value;
use sqlx::PgPool;

use crate::support::{self, Shop, titles};

async fn thirty(db: PgPool) -> Shop {
    let shop = Shop::new(db).await;
    shop.hear(support::category("tops", "Tops", 1)).await;
    for number in 0..30_i64 {
        let category = if number % 3 == 0 { "tops" } else { "shoes" };
        // Several have the same price, so that the order needs more than the price.
        let minor = 500 + (number / 4) * 1_500;
        shop.sells(&format!("Thing {number:02}"), category, minor, number % 2).await;
    }
    shop.refreshed().await;
    shop
}

fn sum(facet: &Value) -> i64 {
    facet.as_array().unwrap().iter().map(|value| value["count"].as_i64().unwrap()).sum()
}

#[sqlx::test(migrations = "./migrations")]
async fn facets_add_up_and_keep_their_promise(db: PgPool) {
    let shop = thirty(db).await;

    let all = shop.get("products?limit=5").await.json;

    assert_eq!(all["total"], 30);
    assert_eq!(all["facets"]["in_stock"], 15);
    assert_eq!((sum(&all["facets"]["categories"]), sum(&all["facets"]["prices"])), (30, 30));
    for value in all["facets"]["categories"].as_array().unwrap() {
        let path = format!("products?category={}", value["value"].as_str().unwrap());
        assert_eq!(shop.get(&path).await.json["total"], value["count"]);
    }
    for value in all["facets"]["prices"].as_array().unwrap() {
        let (from, to) = value["value"].as_str().unwrap().split_once('-').unwrap();
        let to = to.parse::<i64>().map_or(String::new(), |to| format!("&max_price={}", to - 1));
        let list = shop.get(&format!("products?min_price={from}{to}")).await.json;
        assert_eq!(list["total"], value["count"], "{value}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_facet_counts_what_the_other_filters_leave(db: PgPool) {
    let shop = thirty(db).await;

    let list = shop.get("products?category=tops&in_stock=true&max_price=2499").await.json;

    // Tops with an odd number below 8: 3. Shoes likewise: 1, 5, 7.
    assert_eq!(titles(&list), ["Thing 03"]);
    let categories = list["facets"]["categories"].as_array().unwrap();
    let counts: Vec<_> = categories.iter().map(|c| (&c["label"], &c["count"])).collect();
    assert_eq!(
        format!("{counts:?}"),
        r#"[(String("Tops"), Number(1)), (String("shoes"), Number(3))]"#
    );
    assert_eq!(sum(&list["facets"]["prices"]), 5);
}

#[sqlx::test(migrations = "./migrations")]
async fn pages_show_everything_once_in_every_order(db: PgPool) {
    let shop = thirty(db).await;

    for sort in ["relevance", "newest", "price_ascending", "price_descending"] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let list = shop.get(&format!("products?sort={sort}&limit=7&after={after}")).await.json;
            seen.extend(titles(&list));
            // What comes in between moves nobody across the border of a page.
            let title = format!("Extra {sort} {}", seen.len()).replace('_', " ");
            shop.sells(&title, "tops", 100_000 + i64::try_from(seen.len()).unwrap(), 1).await;
            shop.refreshed().await;
            match list["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let mut things: Vec<_> =
            seen.iter().filter(|title| title.starts_with("Thing")).cloned().collect();
        things.sort();
        things.dedup();
        assert_eq!(things.len(), 30, "{sort}");
        let times = seen.iter().filter(|title| title.starts_with("Thing")).count();
        assert_eq!(times, 30, "{sort}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn prices_are_sorted_both_ways(db: PgPool) {
    let shop = thirty(db).await;

    let cheapest = shop.titles("sort=price_ascending&limit=1").await;
    let dearest = shop.get("products?sort=price_descending&limit=2").await.json;

    assert!(["Thing 00", "Thing 01", "Thing 02", "Thing 03"].contains(&cheapest[0].as_str()));
    assert_eq!(dearest["items"][0]["price_from"]["minor"], 500 + 7 * 1_500);
}

#[sqlx::test(migrations = "./migrations")]
async fn one_seller_can_be_listed(db: PgPool) {
    let shop = Shop::new(db).await;
    let mut created = support::created("mine", "Mine", "tops");
    created.seller_id = "acc_1".into();
    shop.hear(created).await;
    shop.hear(support::variant("mine", "m", 1)).await;
    shop.hear(support::published("mine")).await;
    shop.hear(support::priced("mine", "m", 1)).await;
    shop.sells("Other", "tops", 100, 1).await;
    shop.refreshed().await;

    assert_eq!(shop.titles("seller=acc_1").await, ["Mine"]);
    assert_eq!(shop.titles("").await.len(), 2);
}

#[sqlx::test(migrations = "./migrations")]
async fn wrong_parameters_are_named(db: PgPool) {
    let shop = Shop::new(db).await;

    let answer = shop.get("products?limit=0&min_price=-1&after=nonsense&category=a%00b").await;

    assert_eq!(answer.status, 422);
    assert_eq!(answer.wrong_fields(), ["min_price", "limit", "category", "after"]);
    for query in [
        "limit=many",
        "unknown=1",
        "sort=best",
        "limit=1&limit=2",
        "min_price=99999999999999999999",
    ] {
        let answer = shop.get(&format!("products?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "malformed_query"), "{query}");
    }
}
