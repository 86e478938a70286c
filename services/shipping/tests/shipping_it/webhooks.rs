//! Webhooks: forged, old, replayed, out of order and unknown ones.

use kernel::OrderId;
use sqlx::PgPool;

use crate::support::{Depots, SECRET, sighting};

const NEVER_MS: u64 = 600_000;

#[sqlx::test]
async fn a_forged_or_old_webhook_changes_nothing(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;
    let body = sighting("trk_1", order, "delivered").to_string();

    let forged = depots.post(&body, "guess", 0).await;
    let old = depots.post(&body, SECRET, 301).await;

    assert_eq!((forged.status.as_u16(), forged.code()), (401, "webhook_signature_invalid"));
    assert_eq!((old.status.as_u16(), old.code()), (401, "webhook_too_old"));
    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared"]);
}

#[sqlx::test]
async fn news_in_any_order_and_twice_tell_one_story(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;

    for (id, status) in [
        ("trk_3", "out_for_delivery"),
        ("trk_3", "out_for_delivery"),
        ("trk_4", "delivered"),
        ("trk_1", "picked_up"),
        ("trk_2", "in_transit"),
        ("trk_4", "delivered"),
        ("trk_5", "delivered"),
    ] {
        let body = sighting(id, order, status).to_string();
        assert_eq!(depots.post(&body, SECRET, 0).await.status, 200);
    }

    assert_eq!(
        depots.service.published_names().await,
        ["ShipmentPrepared", "ShipmentDispatched", "ShipmentTracked", "ShipmentDelivered"]
    );
    depots.reaches(order, "delivered").await;
}

#[sqlx::test]
async fn news_that_overtakes_the_booking_is_believed(db: PgPool) {
    let mut depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.kill_carrier().await;
    depots.confirm(order).await;
    depots.reaches(order, "booking").await;

    let body = sighting("trk_4", order, "delivered").to_string();
    assert_eq!(depots.post(&body, SECRET, 0).await.status, 200);

    assert_eq!(
        depots.service.published_names().await,
        ["ShipmentPrepared", "ShipmentDispatched", "ShipmentDelivered"]
    );
    let kept: Option<String> = sqlx::query_scalar("select carrier_ref from shipments")
        .fetch_one(&depots.service.db)
        .await
        .unwrap();
    assert_eq!(kept.as_deref(), Some("cst_1"));
}

#[sqlx::test]
async fn a_sighting_has_the_carriers_time_and_the_first_one_counts(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;

    for (id, status, created) in [
        ("trk_3", "delivered", 1_700_000_000),
        ("trk_1", "picked_up", 1_700_000_000),
        ("trk_9", "picked_up", 1_800_000_000),
        ("trk_2", "in_transit", i64::MAX),
    ] {
        let mut seen = sighting(id, order, status);
        seen["created"] = created.into();
        assert_eq!(depots.post(&seen.to_string(), SECRET, 0).await.status, 200);
    }

    let seen = depots.reaches(order, "delivered").await;
    let events = seen["events"].as_array().unwrap();
    let told: Vec<_> = events.iter().map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["dispatched", "delivered", "in_transit"]);
    assert_eq!(events[0]["at"], "2023-11-14T22:13:20Z");
}

#[sqlx::test]
async fn news_that_comes_at_once_is_told_once(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;
    let body = sighting("trk_1", order, "picked_up").to_string();

    let post = || depots.post(&body, SECRET, 0);
    tokio::join!(post(), post(), post(), post(), post(), post(), post(), post());

    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared", "ShipmentDispatched"]);
}

#[sqlx::test]
async fn what_is_unknown_is_taken_and_ignored(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    let mut novel = sighting("trk_2", order, "picked_up");
    novel["type"] = "shipment.insured".into();

    for body in [
        sighting("trk_1", OrderId::new(), "picked_up"),
        novel,
        sighting("trk_3", order, "lost_at_sea"),
    ] {
        assert_eq!(depots.post(&body.to_string(), SECRET, 0).await.status, 200, "{body}");
    }
    assert_eq!(depots.post("[]", SECRET, 0).await.status, 400);
    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared"]);
}
