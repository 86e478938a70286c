//! Categories.

use serde_json::json;
use sqlx::PgPool;

use crate::support::Catalog;

const CATEGORIES: &str = "/api/catalog/v1/categories";

#[sqlx::test]
async fn staff_defines_categories_and_everybody_reads_them(db: PgPool) {
    let catalog = Catalog::new(db).await;
    let define = |body: serde_json::Value| {
        let (service, staff) = (&catalog.service, &catalog.staff);
        async move { service.post(CATEGORIES, staff, &[], &body).await }
    };
    define(json!({ "name": "Maps & Books" })).await;
    define(json!({ "name": "Lamps", "position": 0 })).await;
    define(json!({ "name": "Lamps" })).await;
    let renamed = define(json!({ "name": "Lanterns", "slug": "lamps" })).await;

    let list = catalog.service.get(CATEGORIES, "").await.json;
    let seller =
        catalog.service.post(CATEGORIES, &catalog.seller, &[], &json!({ "name": "Hats" })).await;
    let wrong = define(json!({ "name": "", "slug": "A b" })).await;

    let slugs: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|c| c["slug"].clone()).collect();
    assert_eq!(slugs, ["lamps", "maps-books"]);
    assert_eq!((seller.status.as_u16(), seller.code()), (403, "missing_role"));
    assert_eq!(wrong.wrong_fields(), ["name", "slug"]);
    assert_eq!(catalog.service.published_names().await, ["CategoryDefined"; 3]);
    let token = renamed.headers["sync-token"].to_str().unwrap();
    assert!(token.starts_with("catalog.category.v1/lamps;v=2;t="), "{token}");
}
