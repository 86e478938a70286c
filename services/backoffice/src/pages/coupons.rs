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
    kind: String,
    #[serde(default)]
    basis_points: Option<i64>,
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
        match (self.basis_points, self.amount) {
            (_, Some(amount)) => amount.to_string(),
            (Some(points), None) => {
                format!("{}.{:02} %", points.div_euclid(100), points.rem_euclid(100))
            }
            (None, None) => self.kind.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "coupons.html")]
struct CouponsPage {
    title: &'static str,
    section: &'static str,
    done: String,
    coupons: Vec<Coupon>,
}

pub(super) async fn list(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Query(note): Query<Done>,
) -> Result<Response, Error> {
    let found: Listing<Coupon> = api.get("/api/pricing/v1/coupons?limit=100", &caller).await?;
    page(&CouponsPage {
        title: "Coupons",
        section: "coupons",
        done: note.done,
        coupons: found.items,
    })
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
}

pub(super) async fn create(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Form(form): Form<NewCoupon>,
) -> Result<Response, Error> {
    let refused =
        |detail: String| Error::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, detail };
    let currency = form.currency.parse().map_err(|error| refused(format!("currency: {error}")))?;
    // Percent with two digits and an amount of euros are written alike: 7.50.
    let hundredths = Money::parse_decimal(&form.value, currency);
    let hundredths = hundredths.map_err(|error| refused(format!("value: {error}")))?;
    let mut body = json!({ "code": form.code.trim().to_uppercase(), "kind": form.kind });
    if form.kind == "fixed" {
        body["amount"] = json!(hundredths);
    } else {
        body["basis_points"] = json!(hundredths.minor());
    }
    if !form.use_limit.trim().is_empty() {
        let limit: i64 = form
            .use_limit
            .trim()
            .parse()
            .map_err(|_| refused("uses: expected a whole number".to_owned()))?;
        body["use_limit"] = json!(limit);
    }
    api.post("/api/pricing/v1/coupons", &caller, None, None, &body).await?;
    Ok(done("/admin/coupons", &format!("the coupon {} is there", form.code)))
}
