//! The table `tracking_events`: where the carrier has seen a parcel, and when.

use kernel::ShipmentId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::shipments::stage_name;
use crate::Error;
use crate::domain::shipment::Stage;

/// Keeps a sighting; the first of a stage counts.
pub(crate) async fn add(
    conn: &mut PgConnection,
    id: ShipmentId,
    stage: Stage,
    at: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query(
        "insert into tracking_events (shipment_id, stage, happened_at) values ($1, $2, $3)
         on conflict do nothing",
    )
    .bind(id)
    .bind(stage_name(stage))
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// All sightings of a parcel, the first one first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    id: ShipmentId,
) -> Result<Vec<(String, OffsetDateTime)>, Error> {
    let rows = sqlx::query_as(
        "select stage, happened_at from tracking_events where shipment_id = $1
         order by happened_at, array_position(
             array['dispatched', 'in_transit', 'out_for_delivery', 'delivered'], stage)",
    )
    .bind(id)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
