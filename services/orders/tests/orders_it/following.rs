//! Following an order: server-sent events.

use http::Method;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{Placed, Shop, quote};

async fn follow(shop: &Shop, order: &Placed, last: Option<&str>) -> Answer {
    let mut headers = vec![("order-token", order.access_token.as_str())];
    headers.extend(last.map(|last| ("last-event-id", last)));
    shop.service.send(Method::GET, &order.path("/events"), &headers, "").await
}

/// Ids and statuses of the events in a stream.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let events = answer.text.split("\n\n").filter(|block| block.contains("event: status"));
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
        line.unwrap_or_else(|| panic!("{name} is missing in {block}"))
    };
    let status = |block: &str| {
        let data: serde_json::Value = serde_json::from_str(&field(block, "data: ")).unwrap();
        data["status"].as_str().unwrap().to_owned()
    };
    events.map(|block| (field(block, "id: "), status(block))).collect()
}

fn of(events: &[(&str, &str)]) -> Vec<(String, String)> {
    events.iter().map(|(id, status)| ((*id).to_owned(), (*status).to_owned())).collect()
}

#[sqlx::test(migrations = "./migrations")]
async fn every_change_is_told_until_the_order_has_ended(db: PgPool) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let placed = shop.place(&guest, &quote(&guest.principal)).await;

    let change = async {
        shop.stock_reserved(&placed).await;
        shop.authorized(&placed, 2_990).await;
        shop.dispatched(&placed).await;
        shop.delivered(&placed).await;
    };
    let (stream, ()) = futures::join!(follow(&shop, &placed, Some("1")), change);

    assert_eq!(
        told(&stream),
        of(&[
            ("2", "placed"),
            ("3", "placed"),
            ("4", "placed"),
            ("5", "confirmed"),
            ("6", "shipped"),
            ("7", "delivered"),
        ])
    );
    let header = |name: &str| stream.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(
        (header("cache-control"), header("x-accel-buffering")),
        ("no-store".into(), "no".into())
    );
    assert!(stream.text.contains("retry: 2000"), "{}", stream.text);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_new_follower_hears_where_the_order_is_and_one_that_comes_back_what_it_missed(
    db: PgPool,
) {
    let shop = Shop::open(db).await;
    let guest = shop.guest().await;
    let placed = shop.confirmed(&guest).await;
    shop.dispatched(&placed).await;
    shop.delivered(&placed).await;

    let new = follow(&shop, &placed, None).await;
    let back = follow(&shop, &placed, Some("5")).await;
    let done = follow(&shop, &placed, Some("7")).await;

    assert_eq!(told(&new), of(&[("7", "delivered")]));
    assert_eq!(told(&back), of(&[("6", "shipped"), ("7", "delivered")]));
    assert_eq!(done.status, 204, "a browser asks no more");
}

#[sqlx::test(migrations = "./migrations")]
async fn a_change_of_another_replica_is_noticed(db: PgPool) {
    let here = Shop::open(db.clone()).await;
    let there = Shop::open(db).await;
    let guest = here.guest().await;
    let placed = here.place(&guest, &quote(&guest.principal)).await;
    let cancel = placed.path(&format!("/cancel?access_token={}", placed.access_token));
    let elsewhere = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        there.service.post(&cancel, "", &[], &serde_json::json!({})).await
    };

    let (stream, _) = futures::join!(follow(&here, &placed, None), elsewhere);

    assert_eq!(told(&stream), of(&[("1", "placed"), ("2", "cancelled")]));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_stream_ends_with_the_token_that_opened_it(db: PgPool) {
    let shop = Shop::open(db).await;
    let ada = shop.account();
    let placed = shop.place(&ada, &quote(&ada.principal)).await;
    let soon = kernel::unix_seconds() + 2;
    let soon = shop.service.token_until(ada.principal.parse().unwrap(), &[], soon);

    let bearer = format!("Bearer {soon}");
    let headers = [("authorization", bearer.as_str())];
    let path = placed.path("/events");
    let stream = shop.service.send(Method::GET, &path, &headers, "");
    let stream = tokio::time::timeout(std::time::Duration::from_secs(6), stream).await;

    assert_eq!(told(&stream.expect("the stream outlives its token")), of(&[("1", "placed")]));
}

#[sqlx::test(migrations = "./migrations")]
async fn a_quiet_stream_says_that_it_is_still_there(db: PgPool) {
    let shop = Shop::with(db, &["--order-heartbeat-ms", "100"]).await;
    let guest = shop.guest().await;
    let placed = shop.place(&guest, &quote(&guest.principal)).await;
    let cancel = placed.path(&format!("/cancel?access_token={}", placed.access_token));

    let quiet_for_a_while = async {
        tokio::time::sleep(std::time::Duration::from_millis(450)).await;
        shop.service.post(&cancel, "", &[], &serde_json::json!({})).await
    };
    let (stream, _) = futures::join!(follow(&shop, &placed, None), quiet_for_a_while);

    let first = stream.text.find("event: status").unwrap();
    let last = stream.text.rfind("event: status").unwrap();
    let quiet = stream.text[first..last].matches(": still here").count();
    assert!((2..=5).contains(&quiet), "{quiet} heartbeats in {}", stream.text);
}

#[test]
fn unless_somebody_says_otherwise_it_does_so_every_15_seconds() {
    use clap::{Args as _, FromArgMatches as _};
    let command = orders::Config::augment_args(clap::Command::new("orders"));

    let config = orders::Config::from_arg_matches(&command.get_matches_from(["orders"])).unwrap();

    assert_eq!(config.order_heartbeat_ms, 15_000);
}
