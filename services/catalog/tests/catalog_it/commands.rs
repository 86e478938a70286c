//! Commands on products: versions, owners, and what others hear of it.

use contracts::catalog as said;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Catalog, PRODUCTS};

fn variant(sku: &str, size: &str) -> serde_json::Value {
    json!({
        "option_values": [size], "sku": sku, "opening_quantity": 4,
        "price": { "minor": 5_900, "currency": "EUR" },
    })
}

#[sqlx::test]
async fn a_product_goes_from_draft_to_sale_and_says_each_step(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let draft = catalog.draft(&catalog.staff).await;
    let with = catalog.command(&catalog.staff, &draft, "add_variant", &variant("bag-s", "S")).await;
    let titled = json!({ "title": "Sea bag" });
    let with = catalog.command(&catalog.staff, &with.json, "change_title", &titled).await;
    let html = json!({ "description": "<p onclick=x>Dry</p><script>x</script>" });
    let with = catalog.command(&catalog.staff, &with.json, "change_description", &html).await;

    let sold = catalog.command(&catalog.staff, &with.json, "publish", &json!({})).await;
    let gone = catalog.command(&catalog.staff, &sold.json, "archive", &json!({})).await;

    assert_eq!(
        (sold.json["status"].as_str(), gone.json["status"].as_str()),
        (Some("published"), Some("archived"))
    );
    assert_eq!(gone.json["description_html"], "<p>Dry</p>");
    assert_eq!(gone.headers["etag"], "\"7\"");
    let published = catalog.service.published().await;
    let about: Vec<_> = published.iter().map(|e| (e.name().to_owned(), e.version)).collect();
    let expected = [
        ("CategoryDefined", 1),
        ("ProductCreated", 1),
        ("VariantAdded", 2),
        ("ProductTitleChanged", 3),
        ("ProductDescriptionChanged", 4),
        ("MediaAdded", 5),
        ("ProductPublished", 6),
        ("ProductArchived", 7),
    ];
    assert_eq!(about, expected.map(|(name, version)| (name.to_owned(), version)));
    let added: said::VariantAdded = published[2].read();
    assert_eq!((added.sku.as_str(), added.opening_quantity, added.tracked), ("bag-s", 4, true));
}

#[sqlx::test]
async fn a_change_of_an_old_version_is_refused(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let draft = catalog.draft(&catalog.staff).await;
    let title = |text: &str| json!({ "title": text });
    catalog.command(&catalog.staff, &draft, "change_title", &title("First")).await;

    let stale = catalog.command(&catalog.staff, &draft, "change_title", &title("Second")).await;
    let path = format!("{PRODUCTS}/{}/publish", draft["product_id"].as_str().unwrap());
    let blind = catalog.service.post(&path, &catalog.staff, &[], &json!({})).await;

    assert_eq!((stale.status.as_u16(), stale.code()), (412, "stale_version"));
    assert_eq!((blind.status.as_u16(), blind.code()), (428, "if_match_required"));
    assert_eq!(catalog.product("deck-bag").await["title"], "First");
}

#[sqlx::test]
async fn a_repeated_change_says_nothing(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let draft = catalog.draft(&catalog.staff).await;
    let before = catalog.service.published().await.len();

    let same = json!({ "title": draft["title"] });
    let answer = catalog.command(&catalog.staff, &draft, "change_title", &same).await;

    assert_eq!((answer.status.as_u16(), &answer.json["version"]), (200, &draft["version"]));
    assert_eq!(catalog.service.published().await.len(), before);
}

#[sqlx::test]
async fn sellers_see_and_change_only_what_is_theirs(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let own = catalog.draft(&catalog.seller).await;
    let shops = catalog.draft(&catalog.staff).await;
    let path = |product: &serde_json::Value| {
        format!("{PRODUCTS}/{}", product["product_id"].as_str().unwrap())
    };
    let title = json!({ "title": "Mine now" });

    let mine = catalog.command(&catalog.seller, &own, "change_title", &title).await;
    let listed = catalog.service.get(PRODUCTS, &catalog.seller).await.json;

    assert_eq!(mine.status, 200);
    assert_eq!(own["seller_id"], catalog.seller_id.to_string());
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        catalog.service.get(&path(&shops), &catalog.seller).await.code(),
        "product_not_found"
    );
    assert_eq!(catalog.service.get(&path(&own), &catalog.staff).await.status, 200);
    assert_eq!(catalog.service.get(&path(&own), "").await.status, 401);
    for verb in [
        "change_title",
        "change_description",
        "change_category",
        "add_variant",
        "publish",
        "archive",
        "remove_variant",
    ] {
        let body = match verb {
            "change_title" => title.clone(),
            "change_description" => json!({ "description": "x" }),
            "change_category" => json!({ "category": "bags" }),
            "add_variant" => variant("stolen", "S"),
            "remove_variant" => json!({ "sku": "bag-s" }),
            _ => json!({}),
        };
        let answer = catalog.command(&catalog.seller, &shops, verb, &body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "product_not_found"), "{verb}");
    }
}

#[sqlx::test]
async fn a_sku_belongs_to_one_product_and_its_stock_counts_once(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let (one, other) = (catalog.draft(&catalog.staff).await, catalog.draft(&catalog.staff).await);
    let one = catalog.command(&catalog.staff, &one, "add_variant", &variant("bag-s", "S")).await;

    let taken =
        catalog.command(&catalog.staff, &other, "add_variant", &variant("bag-s", "S")).await;
    let sku = json!({ "sku": "bag-s" });
    let less = catalog.command(&catalog.staff, &one.json, "remove_variant", &sku).await;
    let still =
        catalog.command(&catalog.staff, &other, "add_variant", &variant("bag-s", "S")).await;
    let again =
        catalog.command(&catalog.staff, &less.json, "add_variant", &variant("bag-s", "S")).await;

    assert_eq!((taken.code(), still.code()), ("sku_taken", "sku_taken"));
    assert_eq!(less.json["variants"], json!([]));
    let variant_again = &again.json["variants"][0];
    assert_eq!(variant_again["opening_quantity"], 0);
    assert_eq!(variant_again["variant_id"], one.json["variants"][0]["variant_id"]);
}

#[sqlx::test]
async fn every_wrong_field_is_named(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let body = json!({
        "title": "", "handle": "Deck Bag", "category": "bags", "tags": ["ok", ""],
        "vendor": "a\nb", "description": "x".repeat(200_000),
    });

    let large = catalog.service.post(PRODUCTS, &catalog.staff, &[], &body).await;
    let unknown = json!({ "title": "A", "category": "hats" });
    let unknown = catalog.service.post(PRODUCTS, &catalog.staff, &[], &unknown).await;
    let draft = catalog.draft(&catalog.staff).await;
    let bad = json!({
        "option_values": [""], "opening_quantity": -1, "price": { "minor": 0, "currency": "EUR" },
        "compare_at": { "minor": 1, "currency": "USD" },
    });
    let bad = catalog.command(&catalog.staff, &draft, "add_variant", &bad).await;

    let fields = ["title", "handle", "description", "vendor", "tags[1]"];
    assert_eq!((large.status.as_u16(), large.wrong_fields()), (422, fields.to_vec()));
    assert_eq!((unknown.code(), unknown.wrong_fields()), ("no_such_category", vec!["category"]));
    let fields = ["option_values[0]", "price", "compare_at", "opening_quantity"];
    assert_eq!(bad.wrong_fields(), fields);
}

#[sqlx::test]
async fn lists_go_on_where_they_stopped(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    for _ in 0..3 {
        catalog.draft(&catalog.staff).await;
    }
    let staff = &catalog.staff;
    let first = catalog.service.get(&format!("{PRODUCTS}?limit=2"), staff).await.json;
    let next = first["next"].as_str().unwrap();
    let path = format!("{PRODUCTS}?limit=2&after={next}");
    let second = catalog.service.get(&path, staff).await.json;

    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert_eq!((second["items"].as_array().unwrap().len(), second.get("next")), (1, None));
    let none = catalog.service.get(&format!("{PRODUCTS}?q=100%25"), staff).await.json;
    assert_eq!(none["items"], json!([]));
    let wrong = catalog.service.get(&format!("{PRODUCTS}?after=x"), staff).await;
    assert_eq!(wrong.wrong_fields(), ["after"]);
}
