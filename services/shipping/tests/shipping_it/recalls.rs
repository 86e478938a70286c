//! Orders that are wanted back: in time, too late, before they were known.

use kernel::OrderId;
use sqlx::PgPool;

use crate::support::{Depots, SECRET, sighting};

/// Long enough for a test to be over before the carrier moves.
const NEVER_MS: u64 = 600_000;

#[sqlx::test]
async fn a_parcel_that_is_still_packed_is_cancelled_at_once_and_never_booked(db: PgPool) {
    let depots = Depots::open(db, 20, 1).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    let packing = "select due_at > now() + interval '0.5 s' from messaging.job";
    let packing: bool = sqlx::query_scalar(packing).fetch_one(&depots.service.db).await.unwrap();
    assert!(packing, "the carrier is called before the parcel is packed");

    depots.recall(order).await;
    depots.recall(order).await;

    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared", "ShipmentCancelled"]);
    let booked_job_is_gone = || async {
        let jobs: i64 = sqlx::query_scalar("select count(*) from messaging.job")
            .fetch_one(&depots.service.db)
            .await
            .unwrap();
        (jobs == 0).then_some(())
    };
    testkit::eventually(booked_job_is_gone).await;
    assert!(depots.ledger().await.is_empty());
}

#[sqlx::test]
async fn a_booked_parcel_is_held_back_by_the_carrier(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;

    depots.recall(order).await;

    depots.said(&["ShipmentPrepared", "ShipmentCancelled"]).await;
    assert_eq!(depots.stages_at_carrier().await, ["cancelled"]);
}

#[sqlx::test]
async fn the_carriers_name_of_a_parcel_is_kept(db: PgPool) {
    let mut depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;
    let booked = depots.ledger().await[0]["id"].clone();
    depots.kill_carrier().await;

    depots.recall(order).await;

    let kept: Option<String> =
        sqlx::query_scalar("select carrier_ref from shipments where recall = 'wanted'")
            .fetch_one(&depots.service.db)
            .await
            .unwrap();
    assert_eq!(kept.as_deref(), booked.as_str());
}

#[sqlx::test]
async fn a_booking_whose_name_was_lost_is_held_back_too(db: PgPool) {
    let depots = Depots::open(db.clone(), NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;
    sqlx::query("update shipments set carrier_ref = null").execute(&db).await.unwrap();

    depots.recall(order).await;

    depots.said(&["ShipmentPrepared", "ShipmentCancelled"]).await;
    assert_eq!(depots.stages_at_carrier().await, ["cancelled"]);
}

#[sqlx::test]
async fn a_carrier_that_has_the_parcel_already_refuses_the_recall(db: PgPool) {
    let depots = Depots::open(db.clone(), 20, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "delivered").await;
    // As if none of its news had come.
    sqlx::query("update shipments set stage = 'booked'").execute(&db).await.unwrap();

    depots.recall(order).await;

    let refused = || async {
        let names = depots.service.published_names().await;
        (names.last().unwrap() == "ShipmentRecallRefused").then_some(())
    };
    testkit::eventually(refused).await;
}

#[sqlx::test]
async fn a_recall_that_comes_too_late_is_refused_and_the_parcel_goes_on(db: PgPool) {
    let depots = Depots::open(db, 300, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "dispatched").await;

    depots.recall(order).await;
    depots.recall(order).await;
    depots.reaches(order, "delivered").await;

    let names = depots.service.published_names().await;
    let refused = names.iter().filter(|name| *name == "ShipmentRecallRefused").count();
    assert_eq!((refused, names.last().unwrap().as_str()), (1, "ShipmentDelivered"));
}

#[sqlx::test]
async fn a_parcel_that_the_carrier_will_never_fetch_waits_for_a_person_and_can_be_recalled(
    db: PgPool,
) {
    let mut depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.kill_carrier().await;
    depots.confirm(order).await;
    depots.reaches(order, "booking").await;
    // No street: refused with 422.
    sqlx::query("update shipments set line1 = ''").execute(&depots.service.db).await.unwrap();
    depots.restart_carrier().await;
    let given_up = || async {
        let jobs: i64 = sqlx::query_scalar("select count(*) from messaging.job")
            .fetch_one(&depots.service.db)
            .await
            .unwrap();
        (jobs == 0).then_some(())
    };
    testkit::eventually(given_up).await;
    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared"]);

    depots.recall(order).await;

    depots.said(&["ShipmentPrepared", "ShipmentCancelled"]).await;
    assert!(depots.ledger().await.is_empty());
}

#[sqlx::test]
async fn news_of_the_dispatch_answers_a_recall_that_is_still_open(db: PgPool) {
    let depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "booked").await;
    // The carrier is being asked while its own news is on the way.
    sqlx::query("update shipments set recall = 'wanted'")
        .execute(&depots.service.db)
        .await
        .unwrap();

    let seen = sighting("trk_1", order, "picked_up").to_string();
    assert_eq!(depots.post(&seen, SECRET, 0).await.status, 200);

    depots.said(&["ShipmentPrepared", "ShipmentDispatched", "ShipmentRecallRefused"]).await;
}

#[sqlx::test]
async fn an_order_that_was_recalled_before_it_was_confirmed_is_never_sent(db: PgPool) {
    let depots = Depots::open(db, 20, 0).await;
    let order = OrderId::new();

    depots.recall(order).await;
    depots.confirm(order).await;

    assert_eq!(depots.service.published_names().await, ["ShipmentCancelled"]);
    let jobs: i64 = sqlx::query_scalar("select count(*) from messaging.job")
        .fetch_one(&depots.service.db)
        .await
        .unwrap();
    assert_eq!(jobs, 0);
}

#[sqlx::test]
async fn a_recall_while_the_carrier_is_down_is_answered_when_it_is_back(db: PgPool) {
    let mut depots = Depots::open(db, NEVER_MS, 0).await;
    let order = OrderId::new();
    depots.kill_carrier().await;
    depots.confirm(order).await;
    depots.reaches(order, "booking").await;

    depots.recall(order).await;
    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared"]);
    depots.restart_carrier().await;

    depots.said(&["ShipmentPrepared", "ShipmentCancelled"]).await;
    assert!(depots.stages_at_carrier().await.iter().all(|stage| stage == "cancelled"));
}
