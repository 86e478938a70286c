//! Shoppers who sell: an item of one's own shows up, somebody buys it, and its seller sees the sale.

use e2e::shop::{ACCEPTED, Listing, Product, fresh_key, json, sent};
use serde_json::{Value, json as body};

use crate::support::{PATIENCE, guest, shop};

#[tokio::test]
async fn an_offered_item_shows_up_and_is_sold() {
    let shop = shop();
    let seller = shop.new_account("grace").await.unwrap();
    assert!(seller.account.roles.iter().any(|role| role == "seller"), "{seller:?}");
    let categories: Value = json(shop.get("/api/catalog/v1/categories")).await.unwrap();
    let category = categories["items"][0]["slug"].as_str().unwrap();
    let offer = body!({
        "title": "A sextant that has seen the world",
        "description": "<p>Works.</p><script>alert(1)</script>",
        "category": category, "price": { "minor": 75_00, "currency": "EUR" }, "quantity": 1,
    });
    let key = fresh_key();
    let offering = || {
        let request = shop.post("/api/catalog/v1/listings").header("idempotency-key", &key);
        sent(seller.on(request).json(&offer))
    };
    let (first, second) = (offering().await.unwrap(), offering().await.unwrap());
    let token = second.headers()["sync-token"].to_str().unwrap().to_owned();
    let first: Value = first.json().await.unwrap();
    assert_eq!(first, second.json::<Value>().await.unwrap());

    let handle = first["handle"].as_str().unwrap();
    let path = format!("/api/search/v1/products/{handle}");
    let found: Product = shop.seeing(&path, &token).await.unwrap();
    assert!(found.variants.first().is_some_and(|one| one.buyable(1)), "{found:?}");
    assert_eq!(found.seller_id, seller.account.id);
    let path = "/api/search/v1/products?q=sextant+that+has+seen+the+world&limit=100";
    let hits: Listing = shop.seeing(path, &token).await.unwrap();
    assert!(hits.items.iter().any(|hit| hit.handle == handle), "{hits:?}");
    let page = shop.get(&format!("/p/{handle}")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Works.") && !page.contains("alert(1)"));

    let (buyer, email) = guest(&shop).await;
    let sku = &found.variants.first().unwrap().sku;
    let placed = shop.buy(&buyer, &[(sku.as_str(), 1)], &email, ACCEPTED).await.unwrap();
    shop.wait_until(&placed, "confirmed", PATIENCE).await.unwrap();

    let sales: Value = json(seller.on(shop.get("/api/orders/v1/sales"))).await.unwrap();
    assert_eq!(sales["items"][0]["number"], placed.number);
    assert!(!sales.to_string().contains(&email), "a sale must not name the buyer: {sales}");
}
