//! The checker on real histories: our relay passes it under adversarial writers, the well-known ones do not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test is told its parts by the environment")]

mod naive;
mod writers;

use std::time::Duration;

use e2e::checker::{Report, check};
use messaging::{Relay, RelaySettings, backlog, migrate};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::writers::{Topic, brokers, make_anew, write};

const WRITING: Duration = Duration::from_secs(6);

async fn report(db: &PgPool) -> Report {
    let options = db.connect_options();
    let database = options.get_database().unwrap();
    let server = std::env::var("DATABASE_URL").unwrap();
    let url = format!("{}/{database}", server.rsplit_once('/').unwrap().0);
    check(&[url], &brokers()).await.unwrap()
}

struct Ours;
impl Topic for Ours {
    const NAME: &'static str = "e2e.checker.ours";
}

#[sqlx::test]
async fn our_relay_keeps_order_under_early_xids_rollbacks_and_restarts(db: PgPool) {
    migrate(&db).await.unwrap();
    make_anew(Ours::NAME).await;
    let settings = RelaySettings { lease: Duration::from_millis(600), ..Default::default() };
    let start = || {
        let mut registry = prometheus_client::registry::Registry::default();
        let metrics = messaging::Metrics::register(&mut registry);
        let relay = Relay::new("e2e", &brokers(), db.clone(), settings.clone(), metrics);
        tokio::spawn(relay.run(CancellationToken::new()))
    };
    let writing = tokio::spawn(write::<Ours>(db.clone(), WRITING));
    // Killed and replaced several times while it works.
    for _ in 0..4 {
        let relay = start();
        tokio::time::sleep(WRITING / 5).await;
        relay.abort();
    }
    writing.await.unwrap();
    let relay = start();
    let mut conn = db.acquire().await.unwrap();
    while backlog(&mut conn).await.unwrap().unsent > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    relay.abort();

    let report = report(&db).await;

    assert!(report.events > 500, "{report}");
    assert!(report.is_clean(), "{report}: {:#?}", report.examples);
}

struct Cursor;
impl Topic for Cursor {
    const NAME: &'static str = "e2e.checker.cursor";
}

#[sqlx::test]
async fn a_relay_with_a_cursor_over_sequence_numbers_loses_events(db: PgPool) {
    migrate(&db).await.unwrap();
    make_anew(Cursor::NAME).await;
    let relay = tokio::spawn(naive::by_sequence(db.clone()));
    write::<Cursor>(db.clone(), WRITING).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    relay.abort();

    let report = report(&db).await;

    assert!(report.lost > 0, "{report}");
}

struct Horizon;
impl Topic for Horizon {
    const NAME: &'static str = "e2e.checker.horizon";
}

#[sqlx::test]
async fn the_popular_query_by_transaction_id_inverts_events_of_a_key(db: PgPool) {
    migrate(&db).await.unwrap();
    make_anew(Horizon::NAME).await;
    let relay = tokio::spawn(naive::by_transaction(db.clone()));
    write::<Horizon>(db.clone(), WRITING).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    relay.abort();

    let report = report(&db).await;

    assert!(report.inversions > 0, "{report}");
}
