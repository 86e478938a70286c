//! Importing Shopify files.

use contracts::catalog as said;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Catalog, HEADER};

const TOP: &str = "top,Top,<p>Warm</p>,women,true,Size,S,,,1,60,\n\
                   top,,,,,,M,top-m,shopify,4,60,\n";

#[sqlx::test]
async fn a_file_becomes_products_for_sale(db: PgPool) {
    let catalog = Catalog::new(db).await;

    let import = catalog.import_rows(TOP).await;

    assert_eq!((&import["state"], &import["errors"]), (&json!("done"), &json!([])));
    assert_eq!(import["rows"], json!({ "total": 2, "done": 2 }));
    assert_eq!(import["products"]["created"], 1);
    let published = catalog.service.published().await;
    let names: Vec<_> = published.iter().map(testkit::Published::name).collect();
    assert_eq!(
        names,
        [
            "CategoryDefined",
            "ProductCreated",
            "VariantAdded",
            "VariantAdded",
            "MediaAdded",
            "ProductPublished"
        ]
    );
    let (small, medium): (said::VariantAdded, said::VariantAdded) =
        (published[2].read(), published[3].read());
    assert_eq!((small.sku.as_str(), small.tracked, small.opening_quantity), ("top/s", false, 0));
    assert_eq!((medium.sku.as_str(), medium.tracked, medium.opening_quantity), ("top-m", true, 4));
    assert_eq!(small.opening_price.unwrap().minor, 6_000);
}

#[sqlx::test]
async fn the_same_file_twice_changes_nothing(db: PgPool) {
    let catalog = Catalog::new(db).await;
    catalog.import_rows(TOP).await;
    let before = catalog.service.published().await.len();

    let again = catalog.import_rows(TOP).await;

    assert_eq!(
        again["products"],
        json!({ "total": 1, "done": 1, "created": 0, "changed": 0, "unchanged": 1 })
    );
    assert_eq!(catalog.service.published().await.len(), before);
}

#[sqlx::test]
async fn a_later_file_changes_what_it_says_otherwise(db: PgPool) {
    let catalog = Catalog::new(db).await;
    catalog.import_rows(TOP).await;
    let before = catalog.service.published().await.len();
    let later = "top,Warm Top,<p>Warm</p>,women,false,Size,S,,,1,65,\n\
                 top,,,,,,M,top-m,shopify,9,60,\n\
                 top,,,,,,L,,shopify,2,60,\n";

    let import = catalog.import_rows(later).await;

    assert_eq!(import["products"]["changed"], 1);
    let names = catalog.service.published_names().await;
    assert_eq!(names[before..], ["ProductTitleChanged", "VariantAdded", "ProductArchived"]);
    let notes: Vec<_> =
        import["notes"].as_array().unwrap().iter().map(|n| n["field"].clone()).collect();
    assert_eq!(notes, ["Variant Price", "Variant Inventory Qty"]);
}

#[sqlx::test]
async fn what_people_changed_since_the_last_file_stays(db: PgPool) {
    let catalog = Catalog::new(db).await;
    catalog.import_rows(TOP).await;
    let top = catalog.product("top").await;
    let title = json!({ "title": "By hand" });
    let top = catalog.command(&catalog.staff, &top, "change_title", &title).await.json;
    let top = catalog
        .command(&catalog.staff, &top, "remove_variant", &json!({ "sku": "top-m" }))
        .await
        .json;
    catalog.command(&catalog.staff, &top, "archive", &json!({})).await;

    catalog.import_rows(&TOP.replace("Warm", "Very warm")).await;

    let top = catalog.product("top").await;
    assert_eq!((&top["title"], &top["status"]), (&json!("By hand"), &json!("archived")));
    assert_eq!(top["variants"].as_array().unwrap().len(), 1);
    assert_eq!(top["description_html"], "<p>Very warm</p>");
}

#[sqlx::test]
async fn wrong_rows_are_named_and_the_rest_is_imported(db: PgPool) {
    let catalog = Catalog::new(db).await;
    catalog.import_rows("other,Other,,bags,true,,,taken,,1,5,\n").await;
    let rows = "a,A,,bags,true,Size,S,,,x,5,\n\
                a,,,,,,M,taken,,1,5,\n\
                a,,,,,,L,,,1,5,\n\
                ,,,,,,,,,,,\n\
                b,,,bags,true,,,,,1,5,\n\
                c,C,,bags,true,,,,,1,5,\n";

    let import = catalog.import_rows(rows).await;

    let errors: Vec<(Value, Value)> = import["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["row"].clone(), error["field"].clone()))
        .collect();
    let named = |row: u64, field: &str| (json!(row), json!(field));
    assert_eq!(
        errors,
        [named(2, "Variant Inventory Qty"), named(3, "Variant SKU"), named(6, "Title")]
    );
    assert_eq!(
        (&import["products"]["created"], &import["rows"]),
        (&json!(2), &json!({ "total": 6, "done": 6 }))
    );
    assert_eq!(catalog.product("a/").await["variants"].as_array().unwrap().len(), 1);
    let corrected = rows.replace("taken", "").replace(",x,", ",2,");
    catalog.import_rows(&corrected).await;
    assert_eq!(catalog.product("a/").await["variants"].as_array().unwrap().len(), 3);
}

#[sqlx::test]
async fn a_sellers_listing_is_not_taken_over_by_a_file(db: PgPool) {
    let catalog = Catalog::stocked(db).await;
    let own = catalog.draft(&catalog.seller).await;
    let handle = own["handle"].as_str().unwrap();

    let import = catalog.import_rows(&format!("{handle},Taken,,bags,true,,,,,1,5,\n")).await;

    assert_eq!(import["errors"][0]["field"], "Handle");
    assert_eq!(catalog.product(handle).await["title"], "Deck bag");
}

#[sqlx::test]
async fn what_is_no_product_file_is_refused_at_once(db: PgPool) {
    let catalog = Catalog::new(db).await;
    let path = "/api/catalog/v1/imports?currency=EUR";
    let csv = [("content-type", "text/csv")];

    let columns = catalog.send(path, &catalog.staff, &csv, "Handle,Name\na,A\n").await;
    let latin = catalog.send(path, &catalog.staff, &csv, b"Handle,T\xe9tle\n".to_vec()).await;
    let json =
        catalog.send(path, &catalog.staff, &[("content-type", "application/json")], "{}").await;
    let seller = catalog.send(path, &catalog.seller, &csv, HEADER).await;
    let currency =
        catalog.send("/api/catalog/v1/imports?currency=eur", &catalog.staff, &csv, HEADER).await;
    let large = catalog.send(path, &catalog.staff, &csv, vec![b'a'; 20 * 1024 * 1024 + 1]).await;

    assert_eq!((columns.status.as_u16(), columns.code()), (422, "unusable_file"));
    assert!(columns.text.contains("Title, Variant Price"), "{}", columns.text);
    assert!(latin.text.contains("not UTF-8"), "{}", latin.text);
    assert_eq!((json.status.as_u16(), seller.status.as_u16()), (415, 403));
    assert_eq!((currency.status.as_u16(), large.status.as_u16()), (400, 413));
}

#[sqlx::test]
async fn real_shopify_files_are_imported_without_a_fault(db: PgPool) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/shopify");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let catalog = Catalog::new(db).await;
    for file in files.filter(|file| file.path().extension().is_some_and(|e| e == "csv")) {
        let bytes = std::fs::read(file.path()).unwrap();

        let import = catalog.import(bytes.clone()).await;
        let before = catalog.service.published().await.len();
        let again = catalog.import(bytes).await;

        assert_eq!((&import["state"], &import["errors"]), (&json!("done"), &json!([])));
        assert!(import["products"]["created"].as_i64().unwrap() > 10);
        assert_eq!(again["products"]["unchanged"], again["products"]["total"]);
        assert_eq!(catalog.service.published().await.len(), before);
    }
}
