//! Pictures: what is taken, and how it is served.

use http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Catalog, PRODUCTS, png};

const MEDIA: &str = "/api/catalog/v1/media";

#[sqlx::test]
async fn a_picture_is_served_under_the_name_of_its_content(db: PgPool) {
    let catalog = Catalog::new(db).await;

    let sent = catalog.send(MEDIA, &catalog.seller, &[], png()).await;
    let again = catalog.send(MEDIA, &catalog.seller, &[], png()).await;

    assert_eq!(sent.status, StatusCode::CREATED);
    assert_eq!(sent.json, again.json, "sent twice is sent once");
    let shown = catalog.service.get(sent.json["url"].as_str().unwrap(), "").await;
    assert_eq!(
        (shown.status.as_u16(), &shown.headers["content-type"]),
        (200, &"image/png".parse().unwrap())
    );
    assert_eq!(shown.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
    assert_eq!(catalog.service.get("/media/none.png", "").await.status, 404);
}

#[sqlx::test]
async fn only_pictures_of_known_kinds_and_size_are_taken(db: PgPool) {
    let catalog = Catalog::new(db).await;
    let mut large = png();
    large.resize(5 * 1024 * 1024 + 1, 0);
    let mut huge = png();
    huge.resize(6 * 1024 * 1024, 0);

    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let svg = catalog.send(MEDIA, &catalog.seller, &[("content-type", "image/png")], svg).await;
    let nobody = catalog.service.send(Method::POST, MEDIA, &[], png()).await;

    assert_eq!((svg.status.as_u16(), svg.code()), (415, "unsupported_media_type"));
    assert_eq!(nobody.status, 401);
    for bytes in [large, huge] {
        let answer = catalog.send(MEDIA, &catalog.seller, &[], bytes).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (413, "body_too_large"));
    }
}

#[sqlx::test]
async fn a_product_gets_pictures_of_its_owner(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let draft = catalog.draft(&catalog.staff).await;
    let path =
        format!("{PRODUCTS}/{}/add_media?alt=A%20bag", draft["product_id"].as_str().unwrap());

    let other = catalog.send(&path, &catalog.seller, &[("if-match", "\"1\"")], png()).await;
    let added = catalog.send(&path, &catalog.staff, &[("if-match", "\"1\"")], png()).await;
    let stale = catalog.send(&path, &catalog.staff, &[("if-match", "\"1\"")], png()).await;

    assert_eq!((other.status.as_u16(), stale.status.as_u16()), (404, 412));
    assert_eq!(
        (&added.json["media"][0]["alt"], &added.json["version"]),
        (&"A bag".into(), &2.into())
    );
    assert_eq!(catalog.service.published_names().await.last().unwrap(), "MediaAdded");
}

#[sqlx::test]
async fn what_is_published_without_a_picture_gets_one_that_we_draw(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let draft = catalog.draft(&catalog.staff).await;
    let variant = json!({ "option_values": ["S"], "price": { "minor": 5_900, "currency": "EUR" } });
    let whole = catalog.command(&catalog.staff, &draft, "add_variant", &variant).await.json;
    assert_eq!(whole["media"], json!([]), "a draft waits for its owner's pictures");

    let sold = catalog.command(&catalog.staff, &whole, "publish", &json!({})).await.json;

    let drawn = &sold["media"][0];
    let shown = catalog.service.get(drawn["url"].as_str().unwrap(), "").await;
    assert_eq!(shown.headers["content-type"], "image/svg+xml");
    assert_eq!((&drawn["alt"], &sold["version"]), (&json!("Deck bag"), &json!(4)));
    let again = catalog.command(&catalog.staff, &sold, "publish", &json!({})).await.json;
    assert_eq!(again, sold);
    let path = format!("{PRODUCTS}/{}/add_media", sold["product_id"].as_str().unwrap());
    let real = catalog.send(&path, &catalog.staff, &[("if-match", "\"4\"")], png()).await.json;
    assert_eq!(real["media"].as_array().unwrap().len(), 1, "a real one takes its place");
    assert!(real["media"][0]["url"].as_str().unwrap().ends_with(".png"));
}
