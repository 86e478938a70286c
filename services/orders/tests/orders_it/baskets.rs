//! Baskets of guests and accounts.

use contracts::payments::PaymentDeclined;
use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{Buyer, Shop, quote};

const BASKET: &str = "/api/orders/v1/basket";

async fn post(shop: &Shop, buyer: &Buyer, verb: &str, body: &Value) -> Answer {
    let token = buyer.basket_token.as_deref().map(|token| ("basket-token", token));
    let headers: Vec<_> = token.into_iter().collect();
    shop.service.post(&format!("{BASKET}/{verb}"), &buyer.token, &headers, body).await
}

async fn set(shop: &Shop, buyer: &Buyer, sku: &str, quantity: i64) -> Answer {
    post(shop, buyer, "set_line", &json!({ "sku": sku, "quantity": quantity })).await
}

async fn lines(shop: &Shop, buyer: &Buyer) -> Vec<(String, i64)> {
    let bearer = format!("Bearer {}", buyer.token);
    let header = match &buyer.basket_token {
        Some(token) => ("basket-token", token.as_str()),
        None => ("authorization", bearer.as_str()),
    };
    let answer = shop.service.send(Method::GET, BASKET, &[header], "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let lines = answer.json["lines"].as_array().unwrap().iter();
    lines
        .map(|l| (l["sku"].as_str().unwrap().to_owned(), l["quantity"].as_i64().unwrap()))
        .collect()
}

fn of(lines: &[(&str, i64)]) -> Vec<(String, i64)> {
    lines.iter().map(|(sku, pieces)| ((*sku).to_owned(), *pieces)).collect()
}

#[sqlx::test(migrations = "./migrations")]
async fn lines_are_set_and_the_basket_is_emptied(db: PgPool) {
    let shop = Shop::open(db).await;
    for buyer in [shop.account(), shop.guest().await] {
        assert!(lines(&shop, &buyer).await.is_empty());
        set(&shop, &buyer, "ring", 2).await;
        set(&shop, &buyer, "shirt/blue", 1).await;
        set(&shop, &buyer, "ring", 5).await;
        assert_eq!(lines(&shop, &buyer).await, of(&[("ring", 5), ("shirt/blue", 1)]));
        set(&shop, &buyer, "ring", 0).await;
        assert_eq!(lines(&shop, &buyer).await, of(&[("shirt/blue", 1)]));

        let cleared = post(&shop, &buyer, "clear", &json!({})).await;

        assert_eq!((cleared.status.as_u16(), &cleared.json["lines"]), (200, &json!([])));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn a_basket_opens_only_with_its_token(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let guest = shop.guest().await;
    let token = guest.basket_token.clone().unwrap();
    let other = shop.guest().await;
    let swapped =
        format!("{}.{}", guest.principal, other.basket_token.unwrap().split_once('.').unwrap().1);

    for wrong in [swapped.as_str(), guest.principal.as_str(), "x", ""] {
        let answer = shop.service.send(Method::GET, BASKET, &[("basket-token", wrong)], "").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "no_such_basket"), "{wrong}");
    }
    assert_eq!(shop.service.get(BASKET, "").await.code(), "not_signed_in");
    let kept: Vec<u8> = sqlx::query_scalar("select token_hash from baskets where id = $1")
        .bind(guest.principal.parse::<kernel::BasketId>().unwrap())
        .fetch_one(&db)
        .await
        .unwrap();
    assert!(!token.as_bytes().windows(8).any(|part| kept.windows(8).any(|other| other == part)));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_browser_sends_its_basket_as_a_cookie_and_only_from_this_site(db: PgPool) {
    let shop = Shop::open(db).await;
    let cookie = format!("__Host-basket={}", shop.guest().await.basket_token.unwrap());
    let send = async |method, site| {
        let path =
            if method == Method::GET { BASKET.to_owned() } else { format!("{BASKET}/clear") };
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        shop.service.send(method, &path, &headers, "").await.status.as_u16()
    };

    assert_eq!(send(Method::GET, "cross-site").await, 200);
    assert_eq!(send(Method::POST, "same-origin").await, 200);
    assert_eq!(send(Method::POST, "cross-site").await, 403);
}

#[sqlx::test(migrations = "./migrations")]
async fn wrong_lines_are_named_and_change_nothing(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    set(&shop, &ada, "ring", 1).await;

    for quantity in [-1, 1_000, i64::MAX, i64::MIN] {
        let answer = set(&shop, &ada, "a b", quantity).await;
        assert_eq!((answer.status.as_u16(), answer.wrong_fields()), (422, vec!["sku", "quantity"]));
    }
    let overflow = json!({ "sku": "ring", "quantity": 1e30 });
    assert_eq!(post(&shop, &ada, "set_line", &overflow).await.wrong_fields(), ["quantity"]);
    let unknown = json!({ "sku": "ring", "quantity": 1, "price": 1 });
    assert_eq!(post(&shop, &ada, "set_line", &unknown).await.status, 422);
    assert_eq!(lines(&shop, &ada).await, of(&[("ring", 1)]));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_basket_has_at_most_a_hundred_lines(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let ada = shop.account();
    set(&shop, &ada, "sku-0", 1).await;
    let many: Vec<Value> =
        (0..100).map(|number| json!({ "sku": format!("sku-{number}"), "quantity": 1 })).collect();
    sqlx::query("update baskets set lines = $1").bind(json!(many)).execute(&db).await.unwrap();

    let full = set(&shop, &ada, "sku-100", 1).await;

    assert_eq!((full.status.as_u16(), full.code()), (409, "basket_full"));
    assert_eq!(set(&shop, &ada, "sku-99", 2).await.status, 200);
}

#[sqlx::test(migrations = "./migrations")]
async fn changes_that_come_at_once_are_all_kept(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();

    let skus: Vec<String> = (0..4).map(|number| format!("sku-{number}")).collect();
    let answers = futures::future::join_all(skus.iter().map(|sku| set(&shop, &ada, sku, 1))).await;

    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(lines(&shop, &ada).await.len(), 4);
}

#[sqlx::test(migrations = "./migrations")]
async fn signing_in_brings_the_guests_basket_along_once(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, bob, guest) = (shop.account(), shop.account(), shop.guest().await);
    set(&shop, &ada, "ring", 998).await;
    set(&shop, &guest, "ring", 5).await;
    set(&shop, &guest, "shirt/blue", 1).await;
    let token = json!({ "token": guest.basket_token });

    let first = post(&shop, &ada, "merge", &token).await;
    let again = post(&shop, &ada, "merge", &token).await;

    let merged = of(&[("ring", 999), ("shirt/blue", 1)]);
    assert_eq!((first.status.as_u16(), &first.json), (200, &again.json));
    assert_eq!(lines(&shop, &ada).await, merged);
    assert_eq!(post(&shop, &bob, "merge", &token).await.code(), "no_such_basket");
    assert_eq!(set(&shop, &guest, "ring", 1).await.code(), "no_such_basket");
    assert_eq!(post(&shop, &guest, "merge", &token).await.code(), "not_signed_in");
}

#[sqlx::test(migrations = "./migrations")]
async fn two_tabs_that_sign_in_at_once_merge_once(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, guest) = (shop.account(), shop.guest().await);
    set(&shop, &guest, "ring", 2).await;
    let token = json!({ "token": guest.basket_token });

    let merges = (0..4).map(|_| post(&shop, &ada, "merge", &token));
    let answers = futures::future::join_all(merges).await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(lines(&shop, &ada).await, of(&[("ring", 2)]));
}

/// Runs what changes a basket while somebody else has it locked, and lets go when so many wait for it: all
/// of them have read it by then.
async fn with_all_at_the_row<T>(
    db: &PgPool,
    basket: &str,
    waiting: i64,
    changes: impl Future<Output = T>,
) -> T {
    let mut lock = db.begin().await.unwrap();
    let id: kernel::BasketId = basket.parse().unwrap();
    let row = sqlx::query("select from baskets where id = $1 for update").bind(id);
    assert!(row.fetch_optional(&mut *lock).await.unwrap().is_some());
    let let_go = async {
        testkit::eventually(async || {
            let at_it: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'",
            )
            .fetch_one(db)
            .await
            .unwrap();
            (at_it == waiting).then_some(())
        })
        .await;
        lock.rollback().await.unwrap();
    };
    futures::join!(changes, let_go).0
}

#[sqlx::test(migrations = "./migrations")]
async fn two_people_with_one_guests_token_do_not_both_get_its_basket(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let (ada, bob, guest) = (shop.account(), shop.account(), shop.guest().await);
    set(&shop, &guest, "ring", 2).await;
    let token = json!({ "token": guest.basket_token });

    let merges = futures::future::join(
        post(&shop, &ada, "merge", &token),
        post(&shop, &bob, "merge", &token),
    );
    let (for_ada, for_bob) = with_all_at_the_row(&db, &guest.principal, 2, merges).await;

    let codes = [for_ada.code(), for_bob.code()];
    assert!(codes.contains(&"") && codes.contains(&"no_such_basket"), "{codes:?}");
    let both = [lines(&shop, &ada).await, lines(&shop, &bob).await].concat();
    assert_eq!(both, of(&[("ring", 2)]));
}

#[sqlx::test(migrations = "./migrations")]
async fn two_guests_baskets_that_come_at_once_are_both_kept(db: PgPool) {
    let shop = Shop::open(db.clone()).await;
    let (ada, phone, desk) = (shop.account(), shop.guest().await, shop.guest().await);
    set(&shop, &ada, "cap", 1).await;
    set(&shop, &phone, "ring", 2).await;
    set(&shop, &desk, "shirt/blue", 3).await;
    let account: kernel::BasketId =
        sqlx::query_scalar("select id from baskets where account is not null")
            .fetch_one(&db)
            .await
            .unwrap();

    let merge = |guest: &Buyer| {
        let token = json!({ "token": guest.basket_token });
        let (shop, ada) = (&shop, &ada);
        async move { post(shop, ada, "merge", &token).await }
    };
    let merges = futures::future::join(merge(&phone), merge(&desk));
    let (one, other) = with_all_at_the_row(&db, &account.to_string(), 2, merges).await;

    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    let mut kept = lines(&shop, &ada).await;
    kept.sort();
    assert_eq!(kept, of(&[("cap", 1), ("ring", 2), ("shirt/blue", 3)]));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_declined_card_costs_nobody_their_basket(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    set(&shop, &ada, "ring", 1).await;
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    shop.stock_reserved(&placed).await;
    let (order_id, payment_id) = (placed.id.to_string(), placed.payment.to_string());
    let declined = PaymentDeclined { order_id, payment_id, reason: String::new() };
    shop.service.hear(&declined).await.unwrap();

    assert_eq!(shop.status(&placed).await, "cancelled");
    assert_eq!(lines(&shop, &ada).await, of(&[("ring", 1)]));
}

#[sqlx::test(migrations = "./migrations")]
async fn what_was_bought_leaves_the_basket_and_the_rest_stays(db: PgPool) {
    let shop = Shop::open(db).await;
    for buyer in [shop.account(), shop.guest().await] {
        set(&shop, &buyer, "ring", 1).await;
        set(&shop, &buyer, "shirt/blue", 5).await;
        set(&shop, &buyer, "cap", 1).await;

        shop.confirmed(&buyer).await;

        assert_eq!(lines(&shop, &buyer).await, of(&[("shirt/blue", 3), ("cap", 1)]));
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn what_a_guest_bought_also_leaves_the_basket_it_was_merged_into(db: PgPool) {
    let shop = Shop::open(db).await;
    let (ada, guest) = (shop.account(), shop.guest().await);
    set(&shop, &guest, "ring", 1).await;
    let quote = quote(&guest.principal);
    let placed = shop.place(&guest, &quote).await;
    post(&shop, &ada, "merge", &json!({ "token": guest.basket_token })).await;
    assert_eq!(lines(&shop, &ada).await, of(&[("ring", 1)]));

    shop.stock_reserved(&placed).await;
    shop.authorized(&placed, quote.total_minor).await;

    assert!(lines(&shop, &ada).await.is_empty());
}
