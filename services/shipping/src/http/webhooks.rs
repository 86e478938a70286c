//! What the carrier posts to us.

use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kernel::ShipmentId;
use messaging::{Cause, Tx};
use serde::Deserialize;
use time::OffsetDateTime;
use web::{Problem, RequestError};

use super::Shipping;
use crate::domain::shipment::{Command, Stage};
use crate::{Error, app, store};

#[derive(Debug, Deserialize)]
struct Webhook {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    /// Unix seconds.
    created: i64,
    data: serde_json::Value,
}

#[derive(Debug, Deserialize)]
struct Seen {
    /// The carrier's own name for the parcel.
    shipment: String,
    /// Our shipment id.
    reference: String,
    tracking_number: String,
    status: Status,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    PickedUp,
    InTransit,
    OutForDelivery,
    Delivered,
}

impl Status {
    const fn stage(self) -> Stage {
        match self {
            Self::PickedUp => Stage::Dispatched,
            Self::InTransit => Stage::InTransit,
            Self::OutForDelivery => Stage::OutForDelivery,
            Self::Delivered => Stage::Delivered,
        }
    }
}

/// Receive a webhook of the carrier.
///
/// Signed (`Sandbox-Signature`), not older than five minutes; in any order, and the same event twice
/// changes nothing. Events and parcels that we do not know are taken and ignored.
#[utoipa::path(post, path = "/api/shipping/v1/webhooks", tag = "shipments",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Taken"), (status = 401, body = problem::Body)))]
pub(super) async fn receive_webhook(
    State(shipping): State<Shipping>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    take(&shipping, &headers, &body).await?;
    Ok(StatusCode::OK)
}

async fn take(shipping: &Shipping, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
    web::webhook::verify(&shipping.webhook_secret, headers, body, kernel::unix_seconds())?;
    let webhook: Webhook = serde_json::from_slice(body)
        .map_err(|error| RequestError::MalformedBody(error.to_string()))?;
    let Some((id, seen)) = understood(&webhook) else {
        tracing::info!(event = webhook.id, kind = webhook.kind, "an unknown webhook was ignored");
        return Ok(());
    };
    let mut tx = Tx::begin(&shipping.db).await?;
    let stage = seen.status.stage();
    let command = Command::Track { stage, tracking_number: seen.tracking_number };
    let cause = store::shipments::cause(&mut tx, id).await?.unwrap_or_else(Cause::current);
    let track = app::execute_in(&mut tx, id, command, Some(seen.shipment));
    match cause.resume("hear from the carrier", track).await {
        Err(Error::NoSuchShipment) => tracing::info!(shipment.id = %id, "not a parcel of ours"),
        Err(error) => return Err(error),
        Ok(_) => {
            let at = OffsetDateTime::from_unix_timestamp(webhook.created);
            let at = at.unwrap_or_else(|_| kernel::now());
            store::tracking_events::add(&mut tx, id, stage, at).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn understood(webhook: &Webhook) -> Option<(ShipmentId, Seen)> {
    (webhook.kind == "shipment.tracked").then_some(())?;
    let seen: Seen = serde_json::from_value(webhook.data.clone()).ok()?;
    Some((seen.reference.parse().ok()?, seen))
}
