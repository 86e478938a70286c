//! A thousand prices at once: accepted, carried out in the background, and seen by shoppers.

use std::fmt::Write as _;

use e2e::shop::{Shop, fresh_key, until};

use crate::support::{PATIENCE, euro, guest, shop, staff};

const PRODUCTS: usize = 40;
const VARIANTS: usize = 25;

/// Products with many variants each, of a name that no other run has.
fn goods(name: &str) -> String {
    let mut file = "Handle,Title,Type,Published,Option1 Name,Option1 Value,Variant SKU,\
                    Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n"
        .to_owned();
    for product in 0..PRODUCTS {
        for variant in 0..VARIANTS {
            let about = match variant {
                0 => format!("Rope {product} {name},rope,true,Length"),
                _ => ",,,".to_owned(),
            };
            let sku = format!("{name}/{product}/{variant}");
            writeln!(file, "{name}-{product},{about},{variant} m,{sku},shopify,5,10.00").unwrap();
        }
    }
    file
}

/// A price for each variant: 20.00 and as many cents as its number.
fn prices(name: &str) -> String {
    let skus = (0..PRODUCTS).flat_map(|p| (0..VARIANTS).map(move |v| (p, v)));
    let lines = skus.map(|(p, v)| format!("{name}/{p}/{v},20.{v:02}\n"));
    format!("sku,price\nno such sku,1\n{}", lines.collect::<String>())
}

/// Waits until shoppers see the new price of each variant of a product.
async fn seen(shop: &Shop, handle: &str) {
    until(&format!("the new prices of {handle}"), PATIENCE, || async {
        let found = shop.product(handle).await?;
        let new = |variant: &e2e::shop::Variant| {
            let number: i64 = variant.sku.rsplit('/').next().unwrap().parse().unwrap();
            variant.price == Some(euro(20_00 + number))
        };
        Ok(found.variants.iter().all(new).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_thousand_prices_change_by_one_file() {
    let shop = shop();
    let staff = staff(&shop).await;
    let key = fresh_key();
    let name = format!("rope-{}", &key[..12]);
    let import = shop.import_csv(&staff, goods(&name).into_bytes()).await.unwrap();
    assert_eq!(import.products.created, i64::try_from(PRODUCTS).unwrap(), "{:?}", import.errors);
    let last = format!("{name}/{}/{}", PRODUCTS - 1, VARIANTS - 1);
    until("pricing knows all", PATIENCE, || async { Ok(shop.price(&last).await.ok()) })
        .await
        .unwrap();

    let accepted = shop.change_prices(&staff, &key, prices(&name)).await.unwrap();
    let again = shop.change_prices(&staff, &key, prices(&name)).await.unwrap();
    assert_eq!((&accepted, accepted.status.as_str()), (&again, "queued"));
    let done = shop.wait_for_operation(&staff, &accepted, PATIENCE).await.unwrap();

    assert_eq!(
        (done.status.as_str(), done.progress.total, done.progress.failed),
        ("succeeded", 1_001, 1)
    );
    assert_eq!(done.failures[0]["line"], 2, "{:?}", done.failures);
    for product in 0..PRODUCTS {
        seen(&shop, &format!("{name}-{product}")).await;
    }
    let (buyer, _) = guest(&shop).await;
    let to = e2e::shop::Address::default();
    let quote = shop.quote(&buyer, &[(last.as_str(), 1)], &to, None).await.unwrap();
    assert!(quote.total.minor() >= 20_24, "{:?}", quote.total);
}
