//! The carrier's API for senders, below `/v1`, and the page on which everybody follows a parcel.

use askama::Template;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::depot::{Depot, Recall};
use super::shipment::{Destination, Shipment, Stage};
use crate::page::page;
use crate::{Error, signature};

pub(crate) fn routes() -> Router<Depot> {
    Router::new()
        .route("/v1/shipments", post(book).get(list))
        .route("/v1/shipments/{id}/cancel", post(cancel))
        .route("/v1/ledger", get(ledger))
        .route("/track/{number}", get(track))
}

/// An extractor: the request carries the sender's key, else 401.
struct Sender;

impl FromRequestParts<Depot> for Sender {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, depot: &Depot) -> Result<Self, Response> {
        if signature::authorized(&parts.headers, &depot.key) {
            return Ok(Self);
        }
        Err(refuse(StatusCode::UNAUTHORIZED, "send the API key as Authorization: Bearer"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Booking {
    reference: String,
    service: String,
    to: Destination,
}

async fn book(
    State(depot): State<Depot>,
    _: Sender,
    headers: HeaderMap,
    Json(booking): Json<Booking>,
) -> Result<Response, Error> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let Some(key) = key.filter(|key| (1..=255).contains(&key.len())) else {
        return Ok(refuse(StatusCode::BAD_REQUEST, "send an Idempotency-Key"));
    };
    if booking.to.line1.is_empty() || booking.to.country.len() != 2 {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, "the destination is no address"));
    }
    let digits = Uuid::new_v4().as_u128().rem_euclid(1_000_000_000_000);
    let shipment = Shipment {
        id: format!("cst_{}", Uuid::new_v4().simple()),
        tracking_number: format!("PN{digits:012}"),
        reference: booking.reference,
        service: booking.service,
        to: booking.to,
        stage: Stage::Booked,
        steps: Vec::new(),
        told: 0,
    };
    let booked = depot.book(shipment, key.to_owned()).await?;
    Ok((StatusCode::CREATED, Json(booked)).into_response())
}

#[derive(Deserialize)]
struct Wanted {
    reference: String,
}

async fn list(
    State(depot): State<Depot>,
    _: Sender,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let found = depot.with_reference(&wanted.reference).await?;
    Ok(Json(json!({ "shipments": found })).into_response())
}

async fn cancel(
    State(depot): State<Depot>,
    _: Sender,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(match depot.cancel(&id).await? {
        Recall::Unknown => refuse(StatusCode::NOT_FOUND, "there is no such shipment"),
        Recall::Cancelled(shipment) => Json(shipment).into_response(),
        Recall::TooLate(stage) => refuse(StatusCode::CONFLICT, stage.words()),
    })
}

async fn ledger(State(depot): State<Depot>, _: Sender) -> Response {
    Json(json!({ "shipments": depot.all() })).into_response()
}

#[derive(Template)]
#[template(path = "track.html")]
struct TrackPage {
    shipment: Shipment,
    steps: Vec<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage;

async fn track(State(depot): State<Depot>, Path(number): Path<String>) -> Response {
    let Some(shipment) = depot.with_number(&number) else {
        return page(StatusCode::NOT_FOUND, &GonePage);
    };
    let steps = shipment.steps.iter().map(|step| (clock(step.at), step.stage.words())).collect();
    page(StatusCode::OK, &TrackPage { shipment, steps })
}

/// A time for people, UTC.
fn clock(unix_seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(unix_seconds);
    let time = time.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!("{} {:02}:{:02} UTC", time.date(), time.hour(), time.minute())
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
