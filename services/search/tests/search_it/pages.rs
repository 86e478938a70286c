//! The page of one product, variants for baskets, categories.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{self, Shop};

#[sqlx::test(migrations = "./migrations")]
async fn a_product_is_found_by_handle_and_by_id(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.hear(support::category("tops", "Tops", 1)).await;
    shop.sells("Ocean Shirt", "tops", 1_990, 3).await;
    shop.hear(support::picture("ocean-shirt")).await;
    shop.refreshed().await;

    let by_handle = shop.get("products/ocean-shirt").await;
    let by_id = shop.get(&format!("products/{}", support::id("ocean-shirt"))).await;

    assert_eq!(by_handle.status, 200);
    assert_eq!(by_handle.json, by_id.json);
    assert_eq!(by_handle.json["category_name"], "Tops");
    assert_eq!(by_handle.json["media"][0]["url"], "/media/ocean-shirt.svg");
    assert_eq!(
        by_handle.json["variants"][0]["price"],
        json!({ "minor": 1_990, "currency": "EUR" })
    );
    assert_eq!(by_handle.json["variants"][0]["available"], 3);
}

#[sqlx::test(migrations = "./migrations")]
async fn only_what_is_for_sale_is_found(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.hear(support::created("draft", "Draft", "tops")).await;
    shop.hear(support::variant("draft", "m", 1)).await;
    shop.hear(support::priced("draft", "m", 100)).await;
    shop.hear(support::created("unpriced", "Unpriced", "tops")).await;
    shop.hear(support::variant("unpriced", "m", 1)).await;
    shop.hear(support::published("unpriced")).await;
    shop.sells("Gone", "tops", 100, 1).await;
    shop.refreshed().await;
    assert_eq!(shop.get("products/gone").await.status, 200);
    shop.hear(support::archived("gone")).await;
    shop.refreshed().await;

    for handle in ["draft", "unpriced", "gone", "never", "%00", "prd_0"] {
        let answer = shop.get(&format!("products/{handle}")).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "no_such_product"), "{handle}");
    }
    assert!(shop.titles("").await.is_empty());
}

#[sqlx::test(migrations = "./migrations")]
async fn a_change_of_price_or_stock_is_seen(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.sells("Ocean Shirt", "tops", 1_990, 3).await;
    shop.refreshed().await;
    assert_eq!(shop.titles("in_stock=true").await.len(), 1);

    shop.hear(support::priced("ocean-shirt", "m", 1_500)).await;
    shop.hear(support::stocked("ocean-shirt", "m", 0)).await;
    shop.refreshed().await;

    let page = shop.get("products/ocean-shirt").await.json;
    assert_eq!(page["variants"][0]["price"]["minor"], 1_500);
    assert_eq!(page["variants"][0]["available"], 0);
    testkit::eventually(async || shop.titles("in_stock=true").await.is_empty().then_some(())).await;
    let list = shop.get("products").await.json;
    assert_eq!(list["items"][0]["price_from"]["minor"], 1_500);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_price_of_another_list_is_nobodys_business(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.sells("Ocean Shirt", "tops", 1_990, 3).await;
    let mut price = support::priced("ocean-shirt", "m", 1);
    price.price_list = "friends".into();
    shop.hear(price).await;
    shop.refreshed().await;

    let page = shop.get("products/ocean-shirt").await.json;

    assert_eq!(page["variants"][0]["price"]["minor"], 1_990);
}

#[sqlx::test(migrations = "./migrations")]
async fn variants_come_in_the_order_asked_for_and_unknown_ones_not_at_all(db: PgPool) {
    let shop = Shop::new(db).await;
    shop.sells("A", "tops", 100, 1).await;
    shop.sells("B", "tops", 200, 1).await;
    shop.refreshed().await;

    let answer = shop.get("variants?sku=b/m,nobody,a/m").await.json;

    let skus: Vec<_> = answer["items"].as_array().unwrap().iter().map(|v| &v["sku"]).collect();
    assert_eq!(skus, ["b/m", "a/m"]);
    assert_eq!(answer["items"][0]["product_title"], "B");
    let many = vec!["x"; 101].join(",");
    assert_eq!(shop.get(&format!("variants?sku={many}")).await.wrong_fields(), ["sku"]);
    assert_eq!(shop.get("variants?sku=a/m&currency=USD").await.code(), "malformed_query");
}

#[sqlx::test(migrations = "./migrations")]
async fn categories_with_products_are_listed_in_their_order(db: PgPool) {
    let shop = Shop::new(db).await;
    for (slug, name, position) in [("tops", "Tops", 2), ("shoes", "Shoes", 1), ("none", "None", 3)]
    {
        shop.hear(support::category(slug, name, position)).await;
    }
    shop.sells("A", "tops", 100, 1).await;
    shop.sells("B", "shoes", 200, 1).await;
    shop.hear(support::picture("b")).await;
    shop.refreshed().await;

    let answer = shop.get("categories").await.json;

    assert_eq!(
        answer["items"],
        json!([
            { "slug": "shoes", "name": "Shoes", "products": 1, "image_url": "/media/b.svg" },
            { "slug": "tops", "name": "Tops", "products": 1, "image_url": "" },
        ])
    );
}
