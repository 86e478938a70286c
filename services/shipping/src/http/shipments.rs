//! Where a parcel is, for everybody who knows its number.

use axum::extract::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use web::{Json, Path, Problem, RequestError};

use super::Shipping;
use crate::store::shipments::stage_name;
use crate::{Error, carrier, publish, store};

/// A parcel, without anything that names a person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShipmentView {
    /// `prepared`, `booking`, `booked`, `dispatched`, `in_transit`, `out_for_delivery`, `delivered`
    /// or `cancelled`.
    status: &'static str,
    /// The status for people.
    status_text: &'static str,
    carrier: &'static str,
    /// What is written on the parcel, once the carrier has said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<String>,
    /// `standard` or `express`.
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// Where it was seen, the first time first.
    events: Vec<SightingView>,
}

/// The parcel was seen somewhere.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SightingView {
    /// As the parcel's status.
    status: String,
    /// UTC.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// Follow a parcel.
///
/// By its tracking number or its id.
#[utoipa::path(get, path = "/api/shipping/v1/shipments/{name}", tag = "shipments",
    params(("name" = String, Path, description = "Tracking number or shipment id")),
    responses((status = 200, body = ShipmentView), (status = 404, body = problem::Body)))]
pub(super) async fn find_shipment(
    State(shipping): State<Shipping>,
    Path(name): Path<String>,
) -> Result<Json<ShipmentView>, Problem> {
    let mut conn = shipping.db.acquire().await.map_err(RequestError::from)?;
    let found = store::shipments::find(&mut conn, &name).await?;
    let record = found.ok_or(Error::NoSuchShipment)?;
    let events = store::tracking_events::list(&mut conn, record.id).await?;
    let (city, country) = record.to.map(|to| (to.city, to.country)).unzip();
    Ok(Json(ShipmentView {
        status: stage_name(record.shipment.stage),
        status_text: publish::words(record.shipment.stage),
        carrier: carrier::NAME,
        tracking_number: record.shipment.tracking_number,
        method: record.method,
        city,
        country,
        events: events.into_iter().map(|(status, at)| SightingView { status, at }).collect(),
    }))
}
