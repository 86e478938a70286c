//! Prices begin with the variant, once.

use contracts::catalog::{ProductTitleChanged, VariantAdded, VariantRemoved};
use contracts::pricing::PriceSet;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{empty_shop, eur, product, quote, shop, variant};

#[sqlx::test]
async fn the_opening_price_counts_once(db: PgPool) {
    let shop = empty_shop(db).await;
    let compared = VariantAdded { compare_at: eur(1_290), ..variant("mug", 990) };

    shop.hear(&compared).await.unwrap();
    shop.hear(&VariantAdded { opening_price: eur(5), ..compared }).await.unwrap();

    let said = shop.published().await;
    let told: PriceSet = said[0].read();
    assert_eq!((said.len(), said[0].version), (1, 1));
    assert_eq!((told.price, told.compare_at), (eur(990), eur(1_290)));
    assert_eq!(told.product_id, product("mug"));
}

#[sqlx::test]
async fn a_comparison_with_a_lower_price_is_none(db: PgPool) {
    let shop = empty_shop(db).await;

    shop.hear(&VariantAdded { compare_at: eur(990), ..variant("mug", 990) }).await.unwrap();

    let told: PriceSet = shop.published().await[0].read();
    assert_eq!(told.compare_at, None);
}

#[sqlx::test]
async fn a_quote_calls_products_what_catalog_calls_them_now(db: PgPool) {
    let shop = shop(db).await;
    let changed =
        ProductTitleChanged { product_id: product("mug"), title: "A better mug".to_owned() };

    shop.hear(&changed).await.unwrap();

    assert_eq!(quote(&shop, json!({})).await.json["lines"][1]["title"], "A better mug");
}

#[sqlx::test]
async fn a_variant_that_comes_back_has_the_price_it_had(db: PgPool) {
    let shop = shop(db).await;
    let removed = VariantRemoved { product_id: product("mug"), sku: "mug".to_owned() };
    shop.hear(&removed).await.unwrap();

    shop.hear(&variant("mug", 5)).await.unwrap();

    assert_eq!(quote(&shop, json!({})).await.json["lines"][1]["unit_price"]["minor"], 990);
}

#[sqlx::test]
async fn an_event_that_says_something_impossible_is_not_passed_over(db: PgPool) {
    let shop = empty_shop(db).await;

    assert!(shop.hear(&VariantAdded { opening_price: None, ..variant("mug", 1) }).await.is_err());
    assert!(shop.hear(&variant("mug", -1)).await.is_err());
    assert!(shop.published_names().await.is_empty());
}
