//! The main job over HTTP: an imported file, a shopper who finds, buys, pays and receives, and staff at work.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use e2e::shop::{
    ACCEPTED, Account, Address, Product, Shop, Variant, fresh_email, fresh_key, until,
};

use crate::support::{PATIENCE, euro, eventually, shop, staff};

/// The file of products: `SHOPIFY_CSV`, else ours.
pub(crate) fn shopify_path() -> PathBuf {
    let path = std::env::var_os("SHOPIFY_CSV").unwrap_or("tests/fixtures/harbour.csv".into());
    // `./dev` was called in the project's folder, which is not where tests run.
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::canonicalize(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is in it.
pub(crate) fn shopify_file() -> Vec<u8> {
    std::fs::read(shopify_path()).unwrap()
}

/// Handles and titles of the products that a file offers.
fn offered(file: &[u8]) -> Vec<(String, String)> {
    let mut rows = csv::Reader::from_reader(file);
    let headers = rows.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (handle, title) = (column("Handle"), column("Title"));
    let rows = rows.records().map(Result::unwrap);
    rows.filter(|row| !row[title].trim().is_empty())
        .map(|row| (row[handle].to_owned(), row[title].trim().to_owned()))
        .collect()
}

/// A product of the file of which two variants can be bought, and those variants.
pub(crate) async fn two_variants(shop: &Shop, file: &[u8]) -> (Product, [Variant; 2]) {
    for (handle, title) in offered(file) {
        let what = format!("{title} in the shop");
        let found = until(&what, PATIENCE, || shop.find_product(&handle)).await.unwrap();
        let can_be_bought = || found.variants.iter().filter(|variant| variant.buyable(1));
        if let [one, other, ..] = can_be_bought().cloned().collect::<Vec<_>>().as_slice() {
            return (found, [one.clone(), other.clone()]);
        }
    }
    panic!("no product of the file has two variants that can be bought")
}

/// Imports the file, twice; the second time changes nothing.
pub(crate) async fn import(shop: &Shop, staff: &Account, file: &[u8]) {
    let first = shop.import_csv(staff, file.to_vec()).await.unwrap();
    assert_eq!((first.state.as_str(), &first.errors), ("done", &vec![]));
    assert!(first.products.total > 0);
    let second = shop.import_csv(staff, file.to_vec()).await.unwrap();
    let products = &second.products;
    assert_eq!((products.created, products.changed), (0, 0), "{second:?}");
    assert_eq!(products.unchanged, products.total);
}

#[tokio::test]
async fn a_shopper_finds_buys_pays_and_receives() {
    let shop = shop();
    let staff = staff(&shop).await;
    let file = shopify_file();
    import(&shop, &staff, &file).await;
    let (product, [one, other]) = two_variants(&shop, &file).await;
    until("the product among the hits", PATIENCE, || async {
        let hits = shop.search(&product.title).await?;
        Ok(hits.into_iter().find(|hit| hit.handle == product.handle))
    })
    .await
    .unwrap();

    let (email, password) = (fresh_email("ada"), "correct horse battery");
    shop.sign_up(&email, password, "Ada").await.unwrap();
    shop.confirm_email(&email).await.unwrap();
    let ada = shop.sign_in(&email, password).await.unwrap();
    assert!(ada.account.email_confirmed);

    let key = fresh_key();
    let code = format!("STORY-{}", key.get(..8).unwrap().to_uppercase());
    shop.create_coupon(&staff, &code, 10, Some(1)).await.unwrap();
    let counted = [&one, &other].into_iter().find(|variant| variant.tracked);
    let before = match counted {
        Some(variant) => Some(shop.stock(&staff, &variant.sku).await.unwrap()),
        None => None,
    };

    let buyer = ada.into();
    shop.set_line(&buyer, &one.sku, 1).await.unwrap();
    let basket = shop.set_line(&buyer, &other.sku, 1).await.unwrap();
    let lines: Vec<_> =
        basket.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    let to = Address::default();
    let quote = shop.quote(&buyer, &lines, &to, Some(&code)).await.unwrap();
    assert!(quote.discount.minor() > 0, "{quote:?}");
    let payment = shop.prepare_payment(&buyer, quote.total).await.unwrap();
    let back = shop.enter_card(&payment.redirect_url, ACCEPTED).await.unwrap();
    assert!(back.contains("result=ok"), "{back}");
    let order = (&quote, &payment);
    let placed = shop.place(&buyer, order, (&email, &to), &fresh_key()).await.unwrap();
    let order = shop.wait_until(&placed, "delivered", PATIENCE).await.unwrap();

    for status in ["placed", "confirmed", "shipped", "delivered"] {
        assert!(order.reached(status), "{order:?}");
    }
    let number = order.tracking.unwrap().tracking_number;
    let parcels = shop.parcels().await.unwrap();
    assert_eq!(parcels.iter().filter(|parcel| parcel.tracking_number == number).count(), 1);
    eventually(vec![("captured".to_owned(), quote.total.minor())], || async {
        let charges = shop.charges_of(&payment).await.unwrap();
        charges.into_iter().map(|charge| (charge.status, charge.amount_minor)).collect()
    })
    .await;
    eventually((1, 0), || async {
        let coupon = shop.coupon(&staff, &code).await.unwrap();
        (coupon.used, coupon.reserved)
    })
    .await;
    if let (Some(variant), Some(before)) = (counted, before) {
        let after = shop.stock(&staff, &variant.sku).await.unwrap();
        // Other journeys may buy of it at the same time, so it may be more than one.
        assert!(after.on_hand < before.on_hand, "{before:?} became {after:?}");
    }
    mails_arrived_in_order(&shop, &email, &placed.number).await;
    eventually(true, || async { shop.basket(&buyer).await.unwrap().lines.is_empty() }).await;
}

async fn mails_arrived_in_order(shop: &Shop, email: &str, number: &str) {
    let expected = [
        "Please confirm your e-mail address".to_owned(),
        "Welcome aboard".to_owned(),
        format!("We have your order {number}"),
        format!("Confirmed: your order {number}"),
        format!("On its way: your order {number}"),
        format!("Delivered: your order {number}"),
    ];
    eventually(expected.to_vec(), || async {
        let mails = shop.mails(email).await.unwrap();
        mails.into_iter().map(|mail| mail.subject).collect()
    })
    .await;
}

#[tokio::test]
async fn a_new_price_and_stock_show_within_two_seconds() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = shop.new_product(&staff, "Lantern of brass", euro(40_00), 50).await.unwrap();
    let handle = variant.sku.split('/').next().unwrap().to_owned();
    let page = || async {
        let answer = shop.get(&format!("/p/{handle}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer.text().await.unwrap()
    };
    let found = shop.product(&handle).await.unwrap();
    assert_eq!(found.variants.first().unwrap().price, Some(euro(40_00)));
    assert!(page().await.contains("40.00"));

    let began = Instant::now();
    shop.set_price(&staff, &variant.sku, euro(12_345)).await.unwrap();
    shop.set_stock(&staff, &variant.sku, 3).await.unwrap();
    loop {
        let found = shop.product(&handle).await.unwrap();
        let shown = found.variants.first().unwrap();
        let page = page().await;
        let fresh = (shown.price, shown.available) == (Some(euro(12_345)), 3);
        if fresh && page.contains("123.45") && page.contains("Only 3 left") {
            break;
        }
        let late = began.elapsed() > Duration::from_secs(2);
        assert!(!late, "after {:?} the page still says {shown:?}", began.elapsed());
    }
}
