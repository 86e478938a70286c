//! Coupons: which there are, how often they were used, and a new one.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use kernel::Money;
use serde::Deserialize;
use serde_json::json;

use super::{Done, StaffPage, done, page};
use crate::api::{Api, Listing};
use crate::error::Error;

#[derive(Debug, Deserialize)]
struct Coupon {
    code: String,
    #[serde(default)]
    percent: Option<i32>,
    #[serde(default)]
    amount: Option<Money>,
    #[serde(default)]
    use_limit: Option<i64>,
    #[serde(default)]
    used: i64,
    #[serde(default)]
    reserved: i64,
}

impl Coupon {
    /// "10 %" or "5.00 EUR".
    fn value(&self) -> String {
        let percent = self.percent.map(|percent| format!("{percent} %"));
        percent.or_else(|| self.amount.map(|amount| amount.to_string())).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "coupons.html")]
struct CouponsPage {
    title: &'static str,
    section: &'static str,
    done: String,
    coupons: Vec<Coupon>,
    key: String,
}

pub(super) async fn list(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Query(note): Query<Done>,
) -> Result<Response, Error> {
    let found: Listing<Coupon> = api.get("/api/pricing/v1/coupons?limit=100", &caller).await?;
    let key = kernel::QuoteId::new().to_string();
    let title = "Coupons";
    page(&CouponsPage { title, section: "coupons", done: note.done, coupons: found.items, key })
}

#[derive(Debug, Deserialize)]
pub(super) struct NewCoupon {
    code: String,
    /// `percent` or `fixed`.
    kind: String,
    /// "10" percent or "5.00" of the currency.
    value: String,
    currency: String,
    #[serde(default)]
    use_limit: String,
    /// So that a form sent twice counts once.
    key: String,
}

pub(super) async fn create(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Form(form): Form<NewCoupon>,
) -> Result<Response, Error> {
    let refused =
        |detail: String| Error::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, detail };
    let currency = form.currency.parse().map_err(|error| refused(format!("currency: {error}")))?;
    let mut body = json!({ "code": form.code });
    if form.kind == "fixed" {
        let amount = Money::parse_decimal(&form.value, currency);
        body["amount"] = json!(amount.map_err(|error| refused(format!("value: {error}")))?);
    } else {
        let percent = form.value.trim().parse::<i32>();
        body["percent"] =
            json!(percent.map_err(|_| refused("value: expected whole percent".to_owned()))?);
    }
    if !form.use_limit.trim().is_empty() {
        let limit: i64 = form
            .use_limit
            .trim()
            .parse()
            .map_err(|_| refused("uses: expected a whole number".to_owned()))?;
        body["use_limit"] = json!(limit);
    }
    api.post("/api/pricing/v1/coupons", &caller, None, Some(&form.key), &body).await?;
    Ok(done("/admin/coupons", &format!("the coupon {} is there", form.code)))
}
