//! The demo shop.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{Catalog, PRODUCTS};

#[sqlx::test]
async fn the_demo_shop_is_whole(db: PgPool) {
    let catalog = Catalog::new(db.clone()).await;

    let import = catalog.import(catalog::DEMO_CSV).await;

    assert_eq!((&import["errors"], &import["notes"]), (&json!([]), &json!([])));
    assert!(import["products"]["created"].as_i64().unwrap() >= 64);
    let categories = catalog.service.get("/api/catalog/v1/categories", "").await.json;
    assert_eq!(categories["items"].as_array().unwrap().len(), 8);
    let page = catalog.service.get(&format!("{PRODUCTS}?limit=100"), &catalog.staff).await.json;
    for product in page["items"].as_array().unwrap() {
        assert_eq!(
            (&product["status"], &product["media"][0]["stand_in"]),
            (&json!("published"), &json!(false))
        );
        let picture = catalog.service.get(product["media"][0]["url"].as_str().unwrap(), "").await;
        assert_eq!(picture.headers["content-type"], "image/svg+xml");
        assert!(picture.text.len() < 6_000 && picture.text.starts_with("<svg"));
    }
    let jobs: i64 =
        sqlx::query_scalar("select count(*) from messaging.job").fetch_one(&db).await.unwrap();
    assert_eq!(jobs, 0);
}
