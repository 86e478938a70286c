//! The places where goods lie.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::ToSchema;
use web::{Check, Json, Problem, Staff};

use crate::error::Error;
use crate::store::locations::{self, Location};

/// A place where goods lie.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LocationView {
    /// 1 to 40 lower-case letters, digits and dashes.
    code: String,
    /// For people.
    name: String,
}

/// List locations.
///
/// In the order in which they are picked from. For staff.
#[utoipa::path(get, path = "/api/inventory/v1/locations", tag = "locations",
    responses((status = 200, body = Vec<LocationView>)))]
pub(super) async fn list_locations(
    State(db): State<PgPool>,
    _: Staff,
) -> Result<Json<Vec<LocationView>>, Problem> {
    let mut conn = db.acquire().await.map_err(Error::from)?;
    let all = locations::list(&mut conn).await?;
    Ok(Json(all.into_iter().map(|Location { code, name }| LocationView { code, name }).collect()))
}

/// Add or rename a location.
///
/// The code says which; the same request twice changes nothing. For staff.
#[utoipa::path(put, path = "/api/inventory/v1/locations", tag = "locations",
    request_body = LocationView, responses((status = 200, body = LocationView)))]
pub(super) async fn save_location(
    State(db): State<PgPool>,
    _: Staff,
    Json(body): Json<LocationView>,
) -> Result<Json<LocationView>, Problem> {
    let mut check = Check::new();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = (1..=40).contains(&body.code.len()) && body.code.bytes().all(plain);
    check.that(fits, "code", "expected 1 to 40 lower-case letters, digits and dashes");
    let name = check.text("name", &body.name, 1..=100);
    let location = Location { code: body.code, name: check.take(name)? };
    let mut conn = db.acquire().await.map_err(Error::from)?;
    locations::save(&mut conn, &location).await?;
    Ok(Json(LocationView { code: location.code, name: location.name }))
}
