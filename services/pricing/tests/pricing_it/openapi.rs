//! The document that describes the routes.

use sqlx::PgPool;

#[sqlx::test]
async fn every_operation_is_named_and_summed_up(db: PgPool) {
    let shop = crate::support::empty_shop(db).await;

    let document = shop.get("/api/pricing/openapi.json", "").await.json;

    let paths = document["paths"].as_object().unwrap();
    let operations: Vec<_> = paths.values().flat_map(|path| path.as_object().unwrap()).collect();
    assert_eq!(operations.len(), 11);
    for (method, operation) in operations {
        assert!(operation["summary"].is_string(), "{method} {operation}");
        assert!(operation["operationId"].is_string(), "{method} {operation}");
    }
}
