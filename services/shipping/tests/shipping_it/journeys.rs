//! A parcel on its way, through outages of the carrier.

use contracts::shipping::ShipmentDispatched;
use kernel::OrderId;
use sqlx::PgPool;

use crate::support::{Depots, shipment_of};

const WHOLE: [&str; 5] = [
    "ShipmentPrepared",
    "ShipmentDispatched",
    "ShipmentTracked",
    "ShipmentTracked",
    "ShipmentDelivered",
];

#[sqlx::test]
async fn a_confirmed_order_is_sent_and_followed_until_delivered(db: PgPool) {
    let depots = Depots::open(db, 50, 0).await;
    let order = OrderId::new();

    depots.confirm(order).await;
    depots.confirm(order).await;
    depots.said(&WHOLE).await;

    let events = depots.service.published().await;
    let dispatched: ShipmentDispatched = events[1].read();
    let booked = depots.ledger().await;
    assert_eq!(booked.len(), 1);
    assert_eq!(dispatched.tracking_number, booked[0]["tracking_number"]);
    assert_eq!(dispatched.shipment_id, shipment_of(order).to_string());
    assert!(events.iter().all(|event| event.key == order.to_string()));
    assert_eq!(booked[0]["to"]["line1"], "12 Analytical Row");
    assert_eq!(booked[0]["service"], "express");
}

#[sqlx::test]
async fn news_of_a_parcel_belongs_to_the_story_of_its_order(db: PgPool) {
    let depots = Depots::open(db.clone(), 20, 0).await;

    depots.confirm(OrderId::new()).await;
    depots.said(&WHOLE).await;

    let stories: i64 =
        sqlx::query_scalar("select count(distinct correlation) from messaging.outbox")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(stories, 1);
}

#[sqlx::test]
async fn tracking_shows_the_way_and_nothing_personal(db: PgPool) {
    let depots = Depots::open(db, 20, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    let by_id = depots.reaches(order, "delivered").await;

    let number = by_id["tracking_number"].as_str().unwrap();
    let by_number = depots.service.get(&format!("/api/shipping/v1/shipments/{number}"), "").await;
    let unknown = depots.service.get("/api/shipping/v1/shipments/PN000000000000", "").await;

    assert_eq!(by_number.json, by_id);
    assert_eq!((by_id["city"].as_str(), by_id["country"].as_str()), (Some("Berlin"), Some("DE")));
    let stages: Vec<_> =
        by_id["events"].as_array().unwrap().iter().map(|event| event["status"].clone()).collect();
    assert_eq!(stages, ["dispatched", "in_transit", "out_for_delivery", "delivered"]);
    for personal in ["Ada", "Analytical", "10115"] {
        assert!(!by_number.text.contains(personal), "{}", by_number.text);
    }
    assert_eq!((unknown.status.as_u16(), unknown.code()), (404, "shipment_not_found"));
}

#[sqlx::test]
async fn a_carrier_that_is_down_is_waited_for(db: PgPool) {
    let mut depots = Depots::open(db, 20, 0).await;
    depots.kill_carrier().await;

    depots.confirm(OrderId::new()).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(depots.service.published_names().await, ["ShipmentPrepared"]);
    depots.restart_carrier().await;

    depots.said(&WHOLE).await;
    assert_eq!(depots.ledger().await.len(), 1);
}

#[sqlx::test]
async fn a_carrier_killed_on_the_way_goes_on_where_it_was(db: PgPool) {
    let mut depots = Depots::open(db, 300, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.reaches(order, "dispatched").await;

    depots.kill_carrier().await;
    depots.restart_carrier().await;

    depots.said(&WHOLE).await;
    assert_eq!(depots.ledger().await.len(), 1);
}

#[sqlx::test]
async fn a_booking_whose_answer_was_lost_is_found_again(db: PgPool) {
    let depots = Depots::open(db.clone(), 20, 0).await;
    let order = OrderId::new();
    depots.confirm(order).await;
    depots.said(&WHOLE).await;
    // As if the process had died between the carrier's answer and our commit, twice.
    sqlx::query(
        "insert into messaging.job (id, queue, aggregate, job, idempotency_key, due_at, retry_at,
             attempts, correlation)
         select gen_random_uuid(), 'carrier', $1, $2::jsonb, gen_random_uuid(), now(), now(), 1,
             gen_random_uuid()",
    )
    .bind(shipment_of(order).to_string())
    .bind(format!(r#"{{"shipment":"{}","task":"book"}}"#, shipment_of(order)))
    .execute(&db)
    .await
    .unwrap();
    sqlx::query("update shipments set stage = 'booking', tracking_number = null")
        .execute(&db)
        .await
        .unwrap();

    let found = depots.reaches(order, "booked").await;

    assert_eq!(depots.ledger().await.len(), 1);
    assert_eq!(found["tracking_number"], depots.ledger().await[0]["tracking_number"]);
}
