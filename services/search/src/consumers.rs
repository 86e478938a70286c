//! What search listens to, one file per service.

pub(crate) mod catalog;
pub(crate) mod inventory;
pub(crate) mod pricing;

use messaging::Projections;

/// All that the read model is made of.
pub(crate) fn all() -> Projections {
    Projections::new()
        .project(catalog::OnProduct)
        .project(catalog::OnCategory)
        .project(pricing::OnPrice)
        .project(inventory::OnStock)
}

#[cfg(test)]
mod tests {
    use contracts::catalog::{
        CategoryDefined, ProductArchived, ProductCreated, ProductTitleChanged,
    };
    use contracts::common::Money;
    use contracts::inventory::StockLevelChanged;
    use contracts::pricing::PriceSet;
    use kernel::ProductId;
    use messaging::{Event, Meta, Projection};
    use sqlx::{PgConnection, PgPool};

    use super::catalog::{OnCategory, OnProduct};
    use super::inventory::OnStock;
    use super::pricing::OnPrice;
    async fn hear<P, E>(conn: &mut PgConnection, projection: P, version: i64, event: E)
    where
        P: Projection,
        E: Event + Into<P::Event>,
    {
        let mut meta = Meta::now(E::TOPIC, E::TYPE, event.key(), event.subject());
        meta.version = version;
        projection.project(conn, &[(event.into(), meta)]).await.unwrap();
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn what_comes_late_changes_nothing(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        let product_id = ProductId::derived(b"shirt").to_string();
        let titled = |title: &str| ProductTitleChanged {
            product_id: product_id.clone(),
            title: title.into(),
        };
        let created =
            || ProductCreated { product_id: product_id.clone(), ..ProductCreated::default() };
        let product = || OnProduct;

        hear(&mut conn, product(), 1, created()).await;
        hear(&mut conn, product(), 5, titled("New")).await;
        hear(&mut conn, product(), 4, titled("Old")).await;
        hear(&mut conn, product(), 3, ProductArchived { product_id: product_id.clone() }).await;
        hear(&mut conn, product(), 1, created()).await;
        for (version, number) in [(7, 70), (6, 60)] {
            let name = number.to_string();
            let category = CategoryDefined { slug: "tops".into(), name, position: 1 };
            hear(&mut conn, OnCategory, version, category).await;
            let price = Some(Money { minor: number, currency: "EUR".into() });
            let price_list = "default".into();
            let price = PriceSet { sku: "a".into(), price_list, price, ..PriceSet::default() };
            hear(&mut conn, OnPrice, version, price).await;
            let level = StockLevelChanged {
                sku: "a".into(),
                tracked: true,
                available: number,
                on_hand: number,
            };
            hear(&mut conn, OnStock, version, level).await;
        }

        let kept: (String, String, i64, String, i64, i64) = sqlx::query_as(
            "select title, state, p.version, name, price_minor, available
             from products p, categories, prices, stock",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        assert_eq!(kept, ("New".into(), "draft".into(), 5, "70".into(), 70, 70));
    }
}
