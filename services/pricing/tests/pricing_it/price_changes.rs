//! Many prices at once: accepted commands survive, whatever happens to who carries them out.

use std::time::Duration;

use contracts::pricing::PriceSet;
use http::{Method, StatusCode};
use kernel::AccountId;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use testkit::{Answer, TestService, eventually};
use tokio_util::sync::CancellationToken;
use web::Role;

use crate::support::{empty_shop, published, shop, variant};

const CHANGES: &str = "/api/pricing/v1/price-changes";
const ADJUST: &str = "/api/pricing/v1/price-changes/adjust";

/// Sends a file.
async fn send(shop: &TestService, token: &str, key: &str, file: impl Into<String>) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", key),
        ("content-type", "text/csv"),
    ];
    shop.send(Method::POST, CHANGES, &headers, file.into()).await
}

/// Sends a file that is accepted; gives where to ask how far it is.
async fn accepted(shop: &TestService, token: &str, file: impl Into<String>) -> String {
    let key = kernel::OrderId::new().to_string();
    let answer = send(shop, token, &key, file).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    location(&answer)
}

fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

async fn adjust(shop: &TestService, token: &str, body: Value) -> Answer {
    shop.post(ADJUST, token, &[("idempotency-key", "adjust")], &body).await
}

async fn reaches(shop: &TestService, at: &str, status: &str) -> Answer {
    eventually(|| async {
        let answer = shop.get(at, &shop.staff()).await;
        (answer.json["status"] == status).then_some(answer)
    })
    .await
}

async fn price(shop: &TestService, sku: &str) -> i64 {
    let found = shop.get(&format!("/api/pricing/v1/price?sku={sku}"), "").await;
    found.json["price"]["minor"].as_i64().unwrap()
}

/// SKU, price and version of every price that was told.
async fn told(shop: &TestService) -> Vec<(String, i64, i64)> {
    let said = shop.published().await;
    let prices = said.iter().filter(|said| said.name() == "PriceSet");
    let told = prices.map(|said| {
        let set: PriceSet = said.read();
        (set.sku, set.price.unwrap().minor, said.version)
    });
    told.collect()
}

/// A thousand and more SKUs at 10.00 EUR each, as if catalog had told of them.
async fn stock_up(db: &PgPool, many: i64) {
    let product = kernel::ProductId::derived(b"many");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into products values ('{0}', 'Many', true);
         insert into variants (sku, product_id, variant_title, seller_id, price_version)
             select 'many/' || n, '{0}', n::text, '', 1 from generate_series(1, {many}) n;
         insert into prices (price_list, currency, sku, price_minor)
             select 'default', 'EUR', 'many/' || n, 1000 from generate_series(1, {many}) n;",
        product.uuid()
    )))
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test]
async fn the_good_lines_count_and_the_others_are_named(db: PgPool) {
    let shop = shop(db).await.working();
    let before = told(&shop).await.len();
    let file = "sku,price,compare_at\nmug,10.90,12.90\nno such,1,\nnone,1,\nshirt/small,2x,\n\
                mug,11,\nshirt/small,25.00,\n";

    let answer = send(&shop, &shop.staff(), "k", file).await;
    let done = reaches(&shop, &location(&answer), "succeeded").await;

    assert_eq!(
        (answer.status, &answer.headers["retry-after"]),
        (StatusCode::ACCEPTED, &"1".parse().unwrap())
    );
    assert_eq!(
        (&answer.json["status"], &answer.json["kind"]),
        (&json!("queued"), &json!("price_change"))
    );
    assert_eq!(answer.json["progress"], json!({"total": 6, "done": 3, "failed": 3}));
    assert_eq!(done.json["progress"], json!({"total": 6, "done": 6, "failed": 4}));
    let failures = done.json["failures"].as_array().unwrap();
    let lines: Vec<_> = failures.iter().map(|one| one["line"].as_i64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5, 6], "{failures:?}");
    assert!(done.headers.get("retry-after").is_none());
    assert!(done.json["finished_at"].is_string());
    // The shirt's price stood already.
    assert_eq!(told(&shop).await[before..], [("mug".to_owned(), 1_090, 2)]);
    let mug = shop.get("/api/pricing/v1/price?sku=mug", "").await;
    assert_eq!(mug.json["compare_at"]["minor"], 1_290);
}

#[sqlx::test]
async fn the_same_key_is_the_same_command_and_gets_the_same_answer(db: PgPool) {
    let shop = shop(db).await;
    let token = shop.token(AccountId::new(), &[Role::Staff]);
    let file = "sku,price\nmug,10\n";

    let (one, two) = tokio::join!(send(&shop, &token, "k", file), send(&shop, &token, "k", file));
    let other = send(&shop, &token, "k", "sku,price\nmug,11\n").await;
    let shop = shop.working();
    reaches(&shop, &location(&one), "succeeded").await;
    let later = send(&shop, &token, "k", file).await;

    for answer in [&two, &later] {
        assert_eq!((answer.status, &answer.text), (StatusCode::ACCEPTED, &one.text));
        assert_eq!(location(answer), location(&one));
    }
    assert_eq!(
        (other.status, other.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
    );
    let kept: i64 = sqlx::query_scalar("select count(*) from fleet.operations")
        .fetch_one(&shop.db)
        .await
        .unwrap();
    assert_eq!((kept, price(&shop, "mug").await), (1, 1_000));
}

#[sqlx::test]
async fn sellers_change_their_own_prices_and_nobody_elses(db: PgPool) {
    let shop = shop(db).await.working();
    let grace = AccountId::new();
    let own = contracts::catalog::VariantAdded {
        seller_id: grace.to_string(),
        ..variant("sextant", 7_500)
    };
    shop.hear(&own).await.unwrap();
    shop.hear(&published("sextant")).await.unwrap();
    let token = shop.token(grace, &[Role::Seller]);
    let other = shop.token(AccountId::new(), &[Role::Seller]);
    let shopper = shop.token(AccountId::new(), &[Role::Shopper]);

    let at = accepted(&shop, &token, "sku,price\nmug,1\nsextant,70\n").await;
    let done = reaches(&shop, &at, "succeeded").await;
    let adjusted = adjust(&shop, &token, json!({"currency": "EUR", "basis_points": -1_000})).await;
    reaches(&shop, &location(&adjusted), "succeeded").await;

    assert_eq!(done.json["failures"][0]["line"], 2, "{}", done.text);
    assert_eq!((price(&shop, "mug").await, price(&shop, "sextant").await), (990, 6_300));
    let body = json!({"seller_id": grace, "currency": "EUR", "basis_points": 1});
    assert_eq!(adjust(&shop, &other, body).await.wrong_fields(), ["seller_id"]);
    assert_eq!(send(&shop, &shopper, "k", "sku,price\nmug,1\n").await.code(), "missing_role");
    assert_eq!(shop.get(&at, &token).await.status, StatusCode::OK);
    assert_eq!(shop.get(&at, &other).await.code(), "no_such_operation");
    assert_eq!(shop.get(&at, "").await.code(), "not_signed_in");
}

#[sqlx::test]
async fn staff_adjust_all_prices_of_the_shop_or_of_a_seller(db: PgPool) {
    let shop = shop(db).await.working();
    let staff = shop.staff();

    let body = json!({"currency": "EUR", "basis_points": 250});
    let answer = adjust(&shop, &staff, body).await;
    let done = reaches(&shop, &location(&answer), "succeeded").await;

    assert_eq!(done.json["progress"], json!({"total": 2, "done": 2, "failed": 0}));
    assert_eq!((price(&shop, "mug").await, price(&shop, "shirt/small").await), (1_015, 2_563));
    let nobody = json!({"seller_id": AccountId::new(), "currency": "EUR", "basis_points": 250});
    let headers = [("idempotency-key", "other")];
    let none = shop.post(ADJUST, &staff, &headers, &nobody).await;
    assert_eq!((none.status, none.code()), (StatusCode::UNPROCESSABLE_ENTITY, "nothing_to_change"));
}

#[sqlx::test]
async fn what_cannot_be_used_at_all_is_refused_at_once(db: PgPool) {
    let shop = shop(db).await;
    let staff = shop.staff();
    let long = format!("sku,price\n{}", "a,1\n".repeat(100_001));
    let large = format!("sku,price\n{}", "a,1,                          \n".repeat(600_000));

    for (file, status, code) in [
        ("sku,cost\n", 422, "unusable_file"),
        ("sku,price\n\n", 422, "nothing_to_change"),
        (long.as_str(), 413, "too_many_lines"),
        (large.as_str(), 413, "body_too_large"),
    ] {
        let answer = send(&shop, &staff, "k", file).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text);
    }
    let json = shop.post(CHANGES, &staff, &[("idempotency-key", "k")], &json!({})).await;
    assert_eq!(json.code(), "unsupported_media_type");
    let kept: i64 = sqlx::query_scalar("select count(*) from fleet.operations")
        .fetch_one(&shop.db)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[sqlx::test]
async fn commands_of_one_key_are_carried_out_in_the_order_of_acceptance(db: PgPool) {
    stock_up(&db, 1_200).await;
    let shop = empty_shop(db).await;
    let staff = shop.staff();
    let file = |price: &str| {
        let line = |n| format!("many/{n},{price}\n");
        format!("sku,price\n{}", (1..=1_200).map(line).collect::<String>())
    };
    accepted(&shop, &staff, file("11")).await;
    let second = accepted(&shop, &staff, file("12")).await;

    let shop = shop.working();
    reaches(&shop, &second, "succeeded").await;

    let told = told(&shop).await;
    let second = told.iter().position(|(_, price, _)| *price == 1_200).unwrap();
    assert_eq!((told.len(), second), (2_400, 1_200));
    assert!(told.iter().all(|(_, price, version)| *version == (*price).div_euclid(100) - 9));
}

/// Lets the service's workers live for so long, on connections of their own, and ends them as a
/// `kill -9` does.
async fn live(db: &PgPool, time: Duration) {
    let own = PgPoolOptions::new().connect_lazy_with((*db.connect_options()).clone());
    let workers = TestService::start::<pricing::App>(own, &[]).await.take_workers();
    // The test goes on as soon as the time is over, whatever they were at.
    let _killed = tokio::time::timeout(time, workers.run(CancellationToken::new())).await;
}

#[sqlx::test]
async fn a_command_whose_processes_are_killed_anywhere_is_carried_out_once(db: PgPool) {
    stock_up(&db, 4_000).await;
    let shop = empty_shop(db.clone()).await;
    let body = json!({"currency": "EUR", "basis_points": 1_000});
    let at = location(&adjust(&shop, &shop.staff(), body).await);
    let (mut kills, mut seen) = (0_u32, Vec::new());
    while shop.get(&at, &shop.staff()).await.json["status"] != "succeeded" {
        live(&db, Duration::from_millis(u64::from(8 + 7 * (kills % 20)))).await;
        // Their leases run out.
        let run_out = "update messaging.job set leased_until = '-infinity'";
        sqlx::query(run_out).execute(&db).await.unwrap();
        let progress = shop.get(&at, &shop.staff()).await.json["progress"]["done"].clone();
        let changed = "select count(*) from prices where price_minor = 1100";
        let changed: i64 = sqlx::query_scalar(changed).fetch_one(&db).await.unwrap();
        // What is marked is done, and what is done is marked, unless it went on in between.
        assert!(progress.as_i64().unwrap() <= changed, "{progress} of {changed}");
        seen.push(changed);
        kills += 1;
        assert!(kills < 300, "it does not end; it is at {changed}");
    }

    seen.dedup();
    assert!(kills > 8 && seen.len() > 3, "killed {kills} times, at {seen:?}");
    let told = told(&shop).await;
    assert_eq!(told.len(), 4_000);
    assert!(told.iter().all(|(_, price, version)| (*price, *version) == (1_100, 2)));
    let ids = "select count(distinct event_id) from messaging.outbox";
    let ids: i64 = sqlx::query_scalar(ids).fetch_one(&db).await.unwrap();
    assert_eq!(ids, 4_000);
}

/// A shop where the price of a mug cannot be kept.
async fn broken(db: PgPool) -> TestService {
    let shop = shop(db).await.working();
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'no mugs today'; end $$;
         create trigger no_mugs before insert or update on prices
             for each row when (new.sku = 'mug') execute function refuse();",
    )
    .execute(&shop.db)
    .await
    .unwrap();
    shop
}

async fn parked(shop: &TestService) -> Vec<Value> {
    let parked = shop.get("/api/pricing/v1/parked", &shop.staff()).await;
    parked.json.as_array().unwrap().clone()
}

async fn decide(shop: &TestService, message: &Value, decision: &str) {
    let path = format!("/api/pricing/v1/parked/{}/{decision}", message["id"]);
    let body = json!({"reason": "looked at it"});
    let answer = shop.post(&path, &shop.staff(), &[], &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[sqlx::test]
async fn a_command_that_cannot_be_carried_out_is_parked_and_healed_by_a_person(db: PgPool) {
    let shop = broken(db).await;
    let staff = shop.staff();
    let first = accepted(&shop, &staff, "sku,price\nmug,10\nshirt/small,20\n").await;
    let second = accepted(&shop, &staff, "sku,price\nmug,11\n").await;

    let waits = reaches(&shop, &first, "parked").await;
    let held = parked(&shop).await;
    assert_eq!(waits.headers["retry-after"], "60");
    assert!(waits.json["detail"].as_str().unwrap().contains("person"), "{}", waits.text);
    assert!(!waits.text.contains("mugs"), "no cause for the outside: {}", waits.text);
    assert_eq!((held.len(), &held[0]["event_type"]), (1, &json!("price_change")));
    assert!(held[0]["last_error"].as_str().unwrap().contains("no mugs today"), "{held:?}");
    assert_eq!(shop.get(&second, &staff).await.json["status"], "queued");
    assert_eq!((price(&shop, "mug").await, price(&shop, "shirt/small").await), (990, 2_500));

    sqlx::query("drop trigger no_mugs on prices").execute(&shop.db).await.unwrap();
    decide(&shop, &held[0], "retry").await;
    reaches(&shop, &second, "succeeded").await;

    let mugs: Vec<_> = told(&shop).await.into_iter().filter(|(sku, _, _)| sku == "mug").collect();
    let mug = |price, version| ("mug".to_owned(), price, version);
    assert_eq!(mugs, [mug(990, 1), mug(1_000, 2), mug(1_100, 3)]);
    assert_eq!(shop.get(&first, &staff).await.json["status"], "succeeded");
    assert_eq!(parked(&shop).await, [] as [Value; 0]);
}

#[sqlx::test]
async fn a_parked_command_that_a_person_drops_has_failed_and_the_next_one_goes_on(db: PgPool) {
    let shop = broken(db).await;
    let staff = shop.staff();
    let first = accepted(&shop, &staff, "sku,price\nmug,10\n").await;
    let second = accepted(&shop, &staff, "sku,price\nshirt/small,20\n").await;
    reaches(&shop, &first, "parked").await;

    decide(&shop, &parked(&shop).await[0], "skip").await;
    let failed = reaches(&shop, &first, "failed").await;
    reaches(&shop, &second, "succeeded").await;

    assert_eq!(failed.json["detail"], "looked at it");
    assert!(failed.headers.get("retry-after").is_none());
    assert_eq!((price(&shop, "mug").await, price(&shop, "shirt/small").await), (990, 2_000));
}
