//! What one has written is what one reads next, through the gateway, at once.

use e2e::shop::{Product, fresh_key, json, sent, until};
use reqwest::Response;
use serde_json::{Value, json as body};

use crate::support::{PATIENCE, euro, product, shop, staff};

/// How often in a row.
const TIMES: i64 = 50;

fn token(answer: &Response) -> String {
    answer.headers()["sync-token"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_price_that_was_just_set_is_the_price_that_is_read() {
    let shop = shop();
    let staff = staff(&shop).await;
    let sku = product(&shop, "A chronometer that keeps time", 5).await.sku;
    let hits = shop.search("chronometer that keeps time").await.unwrap();
    let handle = sku.split('/').next().unwrap();
    let hit = hits.iter().find(|hit| hit.handle == handle).unwrap();
    let path = format!("/api/search/v1/products/{}", hit.handle);
    let list = "/api/search/v1/products?q=chronometer+that+keeps+time&limit=100";

    let mut old = 0;
    for n in 1..=TIMES {
        let price = euro(20_00 + n);
        let seen = shop.price(&sku).await.unwrap().version;
        let set = staff.on(shop.post("/api/pricing/v1/prices/set"));
        let set = set.header("if-match", format!("\"{seen}\""));
        let set = sent(set.json(&body!({ "sku": sku, "price": price }))).await.unwrap();
        let token = token(&set);

        let unaware: Product = json(shop.get(&path)).await.unwrap();
        old += i64::from(unaware.variants[0].price != Some(price));
        let aware: Product = shop.seeing(&path, &token).await.unwrap();
        let listed: Value = shop.seeing(list, &token).await.unwrap();

        assert_eq!(aware.variants[0].price, Some(price), "{n}");
        let items = listed["items"].as_array().unwrap();
        let card = items.iter().find(|item| item["handle"] == *hit.handle).unwrap();
        assert_eq!(card["price_from"]["minor"], price.minor(), "{n}");
    }
    assert!(old > 0, "the journey shows nothing if nobody ever reads an old price");
}

#[tokio::test]
async fn an_item_is_there_for_who_has_just_offered_it() {
    let shop = shop();
    let seller = shop.new_account("amelia").await.unwrap();
    let categories: Value = json(shop.get("/api/catalog/v1/categories")).await.unwrap();
    let offer = body!({
        "title": "A kite for light winds", "category": categories["items"][0]["slug"],
        "price": euro(12_00), "quantity": 2,
    });
    for _ in 0..10 {
        let request = shop.post("/api/catalog/v1/listings").header("idempotency-key", fresh_key());
        let offered = sent(seller.on(request).json(&offer)).await.unwrap();
        let token = token(&offered);
        let offered: Value = offered.json().await.unwrap();
        let path = format!("/api/search/v1/products/{}", offered["handle"].as_str().unwrap());

        let found: Product = shop.seeing(&path, &token).await.unwrap();

        let variant = found.variants.first().unwrap();
        assert!(variant.buyable(2) && variant.price == Some(euro(12_00)), "{found:?}");
    }
}

#[tokio::test]
async fn the_next_page_of_a_browser_shows_what_its_form_changed() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, "A sounding lead with a line", 5).await;
    let handle = variant.sku.split('/').next().unwrap();
    let found = shop.product(handle).await.unwrap();
    for n in 1..=10 {
        let seen = shop.price(&variant.sku).await.unwrap().version;
        let form = [
            ("sku", variant.sku.clone()),
            ("price", format!("30.{n:02}")),
            ("currency", "EUR".to_owned()),
            ("version", seen.to_string()),
        ];
        let access = format!("__Host-access={}", staff.access_token);
        let posted = shop
            .post(&format!("/admin/products/{}/price", found.product_id))
            .header("cookie", &access)
            .header("sec-fetch-site", "same-origin")
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(posted.status().as_u16(), 303, "{posted:?}");
        let cookies = posted.headers().get_all("set-cookie").iter();
        let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
        let cookie = cookies.find(|cookie| cookie.starts_with("__Host-sync=")).unwrap();

        let next = until("the next page", PATIENCE, || async {
            let page = shop.get(&format!("/p/{handle}"));
            let page = page.header("cookie", cookie.split(';').next().unwrap_or_default());
            let page = sent(page).await?.text().await?;
            // On a busy machine; but never old without saying so.
            Ok((!page.contains("still on its way")).then_some(page))
        });
        let page = next.await.unwrap();

        assert!(page.contains(&format!("30.{n:02}")), "{n}: {page}");
    }
}
