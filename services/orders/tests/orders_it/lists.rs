//! Lists: my orders, everybody's, my sales.

use serde_json::Value;
use sqlx::PgPool;
use web::Role;

use crate::support::{ORDERS, Shop, quote, seller};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["order_id"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "./migrations")]
async fn my_orders_come_in_pages_newest_first(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, bob) = (shop.account(), shop.account());
    let mut mine = Vec::new();
    for _ in 0..5 {
        mine.insert(0, shop.place(&ada, &quote(&ada.principal)).await.id.to_string());
    }
    shop.place(&bob, &quote(&bob.principal)).await;

    let first = shop.service.get(&format!("{ORDERS}?limit=3"), &ada.token).await.json;
    let after = first["next"].as_str().unwrap();
    let second =
        shop.service.get(&format!("{ORDERS}?limit=3&after={after}"), &ada.token).await.json;

    assert_eq!([ids(&first), ids(&second)].concat(), mine);
    assert!(second["next"].is_null());
    assert_eq!(first["items"][0]["total"]["minor"], 2_990);
    assert!(first["items"][0]["email"].is_null());
    assert_eq!(shop.service.get(ORDERS, "").await.status, 401);
}

#[sqlx::test(migrations = "./migrations")]
async fn staff_finds_orders_by_status_number_and_address(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, guest, staff) = (shop.account(), shop.guest().await, shop.service.staff());
    let placed = shop.place(&guest, &quote(&guest.principal)).await;
    let confirmed = shop.confirmed(&ada).await;
    let number = shop.show(&placed).await["number"].as_str().unwrap().to_lowercase();
    let search = async |query: &str| {
        ids(&shop.service.get(&format!("{ORDERS}?all{query}"), &staff).await.json)
    };
    let (placed, confirmed) = (placed.id.to_string(), confirmed.id.to_string());

    assert_eq!(search("").await, [confirmed.clone(), placed.clone()]);
    assert_eq!(search("&status=confirmed").await, [confirmed.as_str()]);
    assert_eq!(search(&format!("&q={number}")).await, [placed.as_str()]);
    assert_eq!(search("&q=ADA@example.org").await, [confirmed, placed]);
    assert!(search("&q=bob@example.org").await.is_empty());
    assert_eq!(shop.service.get(&format!("{ORDERS}?all"), &ada.token).await.code(), "missing_role");
}

#[sqlx::test(migrations = "./migrations")]
async fn wrong_filters_are_named(db: PgPool) {
    let shop = Shop::open(db).await;
    let staff = shop.service.staff();

    let answer =
        shop.service.get(&format!("{ORDERS}?all&after=1&status=lost&q=hello"), &staff).await;

    assert_eq!(
        (answer.status.as_u16(), answer.wrong_fields()),
        (422, vec!["after", "status", "q"])
    );
    assert_eq!(shop.service.get(&format!("{ORDERS}?limit=-1"), &staff).await.status, 400);
    assert_eq!(shop.service.get(&format!("{ORDERS}?page=1"), &staff).await.status, 400);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_seller_sees_own_lines_and_nothing_of_the_buyer(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    let token = shop.service.token(seller(), &[Role::Shopper, Role::Seller]);

    let sales = shop.service.get("/api/orders/v1/sales", &token).await;

    let sale = &sales.json["items"][0];
    assert_eq!(sale["order_id"], placed.id.to_string());
    let skus: Vec<_> = sale["lines"].as_array().unwrap().iter().map(|line| &line["sku"]).collect();
    assert_eq!(skus, ["ring"]);
    for word in ["Ada", "ada@", "Berlin", ada.principal.as_str()] {
        assert!(!sales.text.contains(word), "{word}");
    }
    let others = shop.service.get("/api/orders/v1/sales", &ada.token).await;
    assert!(ids(&others.json).is_empty());
}
