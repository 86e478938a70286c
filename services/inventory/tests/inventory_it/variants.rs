//! Stock begins with the variant, once.

use contracts::catalog::{VariantAdded, VariantRemoved};
use sqlx::PgPool;

use crate::support::{last_level, level, said, shop, shop_with, variant};

fn removed(sku: &str) -> VariantRemoved {
    VariantRemoved { product_id: variant(sku, 0).product_id, sku: sku.to_owned() }
}

#[sqlx::test]
async fn the_opening_quantity_counts_once(db: PgPool) {
    let shop = shop_with(db, &[("a", 5)]).await;

    shop.hear(&variant("a", 9)).await.unwrap();

    assert_eq!(level(&shop, "a").await, (5, 0));
    assert_eq!(said(&shop, "StockLevelChanged").await, 1);
}

#[sqlx::test]
async fn a_variant_that_comes_back_has_what_it_had(db: PgPool) {
    let shop = shop_with(db, &[("a", 5)]).await;

    shop.hear(&removed("a")).await.unwrap();
    shop.hear(&removed("a")).await.unwrap();
    shop.hear(&variant("a", 9)).await.unwrap();

    let said = last_level(&shop, "a").await;
    assert_eq!((said.on_hand, said.available), (5, 5));
}

#[sqlx::test]
async fn an_impossible_opening_quantity_is_none(db: PgPool) {
    let shop = shop_with(db, &[("a", -2)]).await;

    assert_eq!(level(&shop, "a").await, (0, 0));
}

#[sqlx::test]
async fn an_event_that_says_something_impossible_is_not_passed_over(db: PgPool) {
    let shop = shop(db).await;

    let broken = VariantAdded { sku: "a b".to_owned(), ..variant("a", 1) };

    assert!(shop.hear(&broken).await.is_err());
    assert!(shop.published_names().await.is_empty());
}
