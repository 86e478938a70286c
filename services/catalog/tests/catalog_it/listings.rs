//! Offering an item in one go.

use contracts::catalog as said;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{Catalog, png};

fn item() -> Value {
    json!({
        "title": "Old sextant", "description": "<b>Brass</b><script>x</script>", "category": "bags",
        "price": { "minor": 12_000, "currency": "EUR" }, "quantity": 1,
    })
}

async fn offer(catalog: &Catalog, key: &str, body: &Value) -> Answer {
    let path = "/api/catalog/v1/listings";
    catalog.service.post(path, &catalog.seller, &[("idempotency-key", key)], body).await
}

#[sqlx::test]
async fn an_item_is_for_sale_at_once_and_belongs_to_who_offered_it(db: PgPool) {
    let catalog = Catalog::stocked(db).await;

    let offered = offer(&catalog, "k1", &item()).await;

    assert_eq!((offered.status.as_u16(), &offered.json["version"]), (201, &json!(4)));
    let product = catalog.product("old-sextant").await;
    assert_eq!(
        (&product["status"], &product["description_html"]),
        (&json!("published"), &json!("<b>Brass</b>"))
    );
    assert_eq!(product["handle"], offered.json["handle"]);
    assert!(product["media"][0]["stand_in"].as_bool().unwrap());
    let published = catalog.service.published().await;
    let names: Vec<_> = published.iter().skip(1).map(|event| event.name()).collect();
    assert_eq!(names, ["ProductCreated", "VariantAdded", "MediaAdded", "ProductPublished"]);
    let created: said::ProductCreated = published[1].read();
    assert_eq!(created.seller_id, catalog.seller_id.to_string());
}

#[sqlx::test]
async fn the_same_key_offers_the_item_once(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let body = item();

    let (a, b, c, d) = futures::future::join4(
        offer(&catalog, "k", &body),
        offer(&catalog, "k", &body),
        offer(&catalog, "k", &body),
        offer(&catalog, "k", &body),
    )
    .await;
    let mut other = item();
    other["title"] = json!("Another");
    let other = offer(&catalog, "k", &other).await;
    let path = "/api/catalog/v1/listings";
    let keyless = catalog.service.post(path, &catalog.seller, &[], &body).await;

    assert!([&b, &c, &d].iter().all(|answer| (answer.status, &answer.text) == (a.status, &a.text)));
    assert_eq!(
        catalog.service.published_names().await.iter().filter(|n| *n == "ProductCreated").count(),
        1
    );
    assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_key_reused"));
    assert_eq!(keyless.code(), "idempotency_key_required");
}

#[sqlx::test]
async fn a_picture_must_be_the_sellers_own(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let send = |token: &str| {
        let token = token.to_owned();
        let catalog = &catalog;
        async move { catalog.send("/api/catalog/v1/media", &token, &[], png()).await.json }
    };
    let (own, others) = (send(&catalog.seller).await, send(&catalog.staff).await);
    let with = |picture: &Value| {
        let mut item = item();
        item["picture"] = picture["media_id"].clone();
        item
    };

    let stolen = offer(&catalog, "k1", &with(&others)).await;
    let fine = offer(&catalog, "k2", &with(&own)).await;

    assert_eq!(stolen.wrong_fields(), ["picture"]);
    assert_eq!(fine.status, 201);
    assert_eq!(catalog.product("old-sextant").await["media"][0]["url"], own["url"]);
}

#[sqlx::test]
async fn a_wrong_item_leaves_nothing_behind(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let before = catalog.service.published().await.len();
    let wrong = json!({
        "title": " ", "category": "hats", "quantity": 0,
        "price": { "minor": -5, "currency": "EUR" },
    });

    let answer = offer(&catalog, "k", &wrong).await;

    assert_eq!(answer.wrong_fields(), ["title", "price", "quantity", "category"]);
    assert_eq!(catalog.service.published().await.len(), before);
    assert_eq!(offer(&catalog, "k", &item()).await.status, 201);
}

#[sqlx::test]
async fn the_answer_names_what_was_written_also_when_it_is_given_again(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let token = |answer: &Answer| {
        let token = answer.headers.get("sync-token").map(|token| token.to_str().unwrap());
        token.unwrap_or_default().split(";t=").next().unwrap().to_owned()
    };

    let first = offer(&catalog, "k", &item()).await;
    let again = offer(&catalog, "k", &item()).await;
    let refused = offer(&catalog, "other", &json!({ "title": "" })).await;

    let id = first.json["product_id"].as_str().unwrap();
    assert_eq!(token(&first), format!("catalog.product.v1/{id};v=4"));
    assert_eq!((&again.text, token(&again)), (&first.text, token(&first)));
    assert_eq!(token(&refused), "");
}
