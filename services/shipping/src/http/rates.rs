//! What sending a parcel costs.

use axum::extract::State;
use kernel::Money;
use messaging::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Check, Json, Problem, Query, RequestError, Staff};

use super::Shipping;
use crate::store::rates::Rate;
use crate::{Error, publish, store};

/// Which rates.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Destined {
    /// ISO 3166-1 alpha-2, upper case.
    country: String,
}

/// What sending a parcel costs by one method.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RateView {
    /// `standard` or `express`.
    method: String,
    /// The country for which it was set; `*`: every country without one of its own.
    country: String,
    /// For people.
    name: String,
    price: Money,
    /// Goods worth at least this are sent free of charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_from: Option<Money>,
}

impl From<Rate> for RateView {
    fn from(rate: Rate) -> Self {
        let Rate { method, country, name, price, free_from, version: _ } = rate;
        Self { method, country, name, price, free_from }
    }
}

/// List the rates for a country.
#[utoipa::path(get, path = "/api/shipping/v1/rates", tag = "rates", params(Destined),
    responses((status = 200, body = Vec<RateView>), (status = 422, body = problem::Body)))]
pub(super) async fn list_rates(
    State(shipping): State<Shipping>,
    Query(destined): Query<Destined>,
) -> Result<Json<Vec<RateView>>, Problem> {
    let mut check = Check::new();
    let country = check.country("country", &destined.country);
    let country = check.take(country)?;
    let mut conn = shipping.db.acquire().await.map_err(RequestError::from)?;
    let rates = store::rates::for_country(&mut conn, &country).await?;
    Ok(Json(rates.into_iter().map(RateView::from).collect()))
}

/// A rate to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRate {
    /// `standard` or `express`.
    method: String,
    /// ISO 3166-1 alpha-2, or `*` for every country without a rate of its own.
    country: String,
    /// For people: `Standard (2 to 3 days)`.
    name: String,
    price: Money,
    /// Goods worth at least this are sent free of charge; never when absent.
    free_from: Option<Money>,
}

/// Set a rate.
///
/// Counts for baskets that are priced from now on. For staff.
#[utoipa::path(post, path = "/api/shipping/v1/rates/set", tag = "rates", request_body = SetRate,
    responses((status = 200, body = RateView), (status = 422, body = problem::Body)))]
pub(super) async fn set_rate(
    State(shipping): State<Shipping>,
    _: Staff,
    Json(body): Json<SetRate>,
) -> Result<Json<RateView>, Problem> {
    let rate = set(&shipping, body).await?;
    Ok(Json(rate.into()))
}

async fn set(shipping: &Shipping, body: SetRate) -> Result<Rate, Error> {
    let mut check = Check::new();
    let known = ["standard", "express"].contains(&body.method.as_str());
    check.that(known, "method", "expected standard or express");
    if body.country != "*" {
        check.country("country", &body.country);
    }
    let name = check.text("name", &body.name, 1..=80);
    check.that(body.price.minor() >= 0, "price.minor", "expected no less than nothing");
    if let Some(free_from) = body.free_from {
        check.that(free_from.minor() > 0, "free_from.minor", "expected more than nothing");
        let same = free_from.currency() == body.price.currency();
        check.that(same, "free_from.currency", "expected the currency of the price");
    }
    let name = check.take(name)?;
    let SetRate { method, country, price, free_from, .. } = body;
    let wanted = Rate { method, country, name, price, free_from, version: 0 };

    let mut tx = Tx::begin(&shipping.db).await?;
    let rate = store::rates::set(&mut tx, &wanted).await?;
    messaging::append(&mut tx, [publish::rate_set(&rate)]).await?;
    tx.commit().await?;
    Ok(rate)
}
