//! The generated catalogue: a Shopify product CSV, imported as a merchant would.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::shop::{Account, Error, Shop, json};

/// Categories that the products are spread over.
pub(crate) const CATEGORIES: usize = 20;
/// The longest time that an import may take.
const PATIENCE: Duration = Duration::from_mins(20);
const SIZES: [&str; 3] = ["Small", "Medium", "Large"];

/// The handle of a product.
pub(crate) fn handle(number: usize) -> String {
    format!("bench-{number:05}")
}

/// The SKU of a product's variant.
pub(crate) fn sku(number: usize, size: usize) -> String {
    format!("BENCH-{number:05}-{}", size % SIZES.len())
}

/// The slug of a category.
pub(crate) fn category(number: usize) -> String {
    format!("bench-{}", number % CATEGORIES)
}

/// A file with so many products, each with three sizes, a price, and plenty of stock.
pub(crate) fn csv(products: usize) -> String {
    let mut text =
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,\
                    Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n"
            .to_owned();
    for number in 0..products {
        let handle = handle(number);
        for (place, size) in SIZES.iter().enumerate() {
            let (euros, sku) = (5 + (number * 7 + place) % 200, sku(number, place));
            let about = if place == 0 {
                let category = number % CATEGORIES;
                format!(
                    "Sturdy thing {number},\"<p>Made for heavy seas and light winds, number {number}. \
                     It comes in three sizes and lasts for years.</p>\",Bench Works,Bench {category},\
                     \"sturdy, sea\",true,Size"
                )
            } else {
                ",,,,,,".to_owned()
            };
            // Writing to a String does not fail.
            let _ = writeln!(text, "{handle},{about},{size},{sku},shopify,100000,{euros}.90");
        }
    }
    text
}

#[derive(Deserialize)]
struct Import {
    import_id: String,
    state: String,
    products: Products,
    errors: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Products {
    total: u64,
    done: u64,
}

/// Imports the file and waits until every product is on sale; returns how long that took.
///
/// # Errors
/// As the shop says, or when it takes too long.
pub(crate) async fn import(
    shop: &Shop,
    staff: &Account,
    products: usize,
    mut progress: impl FnMut(u64, u64),
) -> Result<Duration, Error> {
    let begin = Instant::now();
    let request = staff.on(shop.post("/api/catalog/v1/imports?currency=EUR"));
    let request = request.header("content-type", "text/csv").body(csv(products));
    let started: Import = json(request.timeout(PATIENCE)).await?;
    let path = format!("/api/catalog/v1/imports/{}", started.import_id);
    let mut shown = Instant::now();
    loop {
        let import: Import = json(staff.on(shop.get(&path))).await?;
        if !import.errors.is_empty() || import.state == "refused" {
            let state = import.state;
            return Err(Error::Never(format!("import {state}: {:?}", import.errors.first())));
        }
        if import.state == "done" {
            break;
        }
        if shown.elapsed() > Duration::from_secs(10) {
            shown = Instant::now();
            progress(import.products.done, import.products.total);
        }
        patient(begin, "the import's end")?;
        sleep(Duration::from_millis(500)).await;
    }
    // Price and stock reach the pages by event; the last one imported is not the last one shown.
    while !all_on_sale(shop, products).await? {
        patient(begin, "all products on sale")?;
        sleep(Duration::from_millis(250)).await;
    }
    Ok(begin.elapsed())
}

fn patient(begin: Instant, what: &str) -> Result<(), Error> {
    if begin.elapsed() < PATIENCE {
        return Ok(());
    }
    Err(Error::Late { what: what.to_owned(), patience: PATIENCE })
}

#[derive(Deserialize)]
struct Listing {
    total: u64,
    facets: Facets,
}

#[derive(Deserialize)]
struct Facets {
    in_stock: u64,
}

async fn all_on_sale(shop: &Shop, products: usize) -> Result<bool, Error> {
    let (mut total, mut in_stock) = (0, 0);
    for number in 0..CATEGORIES.min(products) {
        let path = format!("/api/search/v1/products?limit=1&category={}", category(number));
        let listing: Listing = json(shop.get(&path)).await?;
        total += listing.total;
        in_stock += listing.facets.in_stock;
    }
    let wanted = u64::try_from(products).unwrap_or(u64::MAX);
    Ok(total == wanted && in_stock == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_as_many_fields_as_the_header() {
        let text = csv(2);
        let mut rows = text.lines();
        let header = rows.next().unwrap().split(',').count();

        // Quoted fields hold the only other commas: one in the description, one in the tags.
        let counts: Vec<usize> = rows.map(|row| row.split(',').count()).collect();
        assert_eq!(header, 13);
        assert_eq!(counts, [15, 13, 13, 15, 13, 13]);
    }
}
