//! What the tables refuse, whatever the code says.

use kernel::OrderId;
use sqlx::PgPool;

use crate::support::Depots;

const WRONG: [(&str, &str); 11] = [
    ("update rates set method = 'pigeon' where method = 'express'", "methods_are_known"),
    ("update rates set country = 'de' where country = 'DE'", "countries_are_codes"),
    ("update rates set price_minor = -1", "prices_are_not_negative"),
    ("update rates set free_from_minor = 0", "thresholds_are_positive"),
    ("update rates set country = 'FR'", "rates_pkey"),
    ("update shipments set stage = 'lost', tracking_number = shipment_id", "stages_are_known"),
    ("update shipments set recall = 'maybe'", "recalls_are_known"),
    ("update shipments set stage = 'booked'", "parcels_on_their_way_have_a_number"),
    ("update shipments set tracking_number = 'PN1'", "tracking_numbers_are_unique"),
    (
        "update shipments set order_id = '00000000-0000-0000-0000-000000000001'",
        "an_order_has_one_shipment",
    ),
    (
        "insert into tracking_events (shipment_id, stage, happened_at)
         values ('00000000-0000-0000-0000-000000000001', 'delivered', now())",
        "tracking_events_shipment_id_fkey",
    ),
];

#[sqlx::test]
async fn rows_that_cannot_be_are_refused(db: PgPool) {
    let depots = Depots::open(db, 20, 600).await;
    for order in [OrderId::new(), OrderId::new()] {
        depots.confirm(order).await;
    }

    for (change, constraint) in WRONG {
        let refused = sqlx::query(change).execute(&depots.service.db).await.expect_err(constraint);
        let named = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(named, Some(constraint), "{refused}");
    }
}
