//! Changing many prices: send a CSV or a rule, watch it being worked off.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::imports::unreadable;
use super::{StaffPage, encode, page};
use crate::api::Api;
use crate::error::Error;

#[derive(Template)]
#[template(path = "prices_form.html")]
struct FormPage {
    title: &'static str,
    section: &'static str,
    done: String,
    /// So that a form sent twice counts once.
    keys: [String; 2],
}

pub(super) async fn form(_: StaffPage) -> Result<Response, Error> {
    let key = || kernel::OperationId::new().to_string();
    let (title, done) = ("Change prices", String::new());
    page(&FormPage { title, section: "prices", done, keys: [key(), key()] })
}

fn refused(detail: &str) -> Error {
    Error::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, detail: detail.to_owned() }
}

/// To the page of an operation that was accepted.
fn follow(operation: &Value) -> Response {
    let id = operation["operation_id"].as_str().unwrap_or_default();
    Redirect::to(&format!("/admin/prices/{}", encode(id))).into_response()
}

pub(super) async fn upload(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    mut form: Multipart,
) -> Result<Response, Error> {
    let (mut currency, mut key, mut file) = (String::new(), String::new(), None);
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| unreadable(&error))?;
        match name.as_str() {
            "currency" => currency = String::from_utf8_lossy(&bytes).trim().to_uppercase(),
            "key" => key = String::from_utf8_lossy(&bytes).into_owned(),
            "file" => file = Some(bytes),
            _ => {}
        }
    }
    let file = file.filter(|file| !file.is_empty());
    let file = file.ok_or_else(|| refused("file: choose a CSV file"))?;
    let path = format!("/api/pricing/v1/price-changes?currency={}", encode(&currency));
    Ok(follow(&api.upload(&path, &caller, "text/csv", Some(&key), file).await?))
}

#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    #[serde(default)]
    seller: String,
    currency: String,
    percent: String,
    key: String,
}

pub(super) async fn adjust(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Form(rule): Form<Rule>,
) -> Result<Response, Error> {
    let points = basis_points(&rule.percent);
    let points = points.ok_or_else(|| refused("percent: expected a number such as 2.5 or -10"))?;
    let currency = rule.currency.trim().to_uppercase();
    let mut body = json!({ "currency": currency, "basis_points": points });
    if !rule.seller.trim().is_empty() {
        body["seller_id"] = json!(rule.seller.trim());
    }
    let path = "/api/pricing/v1/price-changes/adjust";
    Ok(follow(&api.post(path, &caller, None, Some(&rule.key), &body).await?))
}

/// Percent as people type them, in hundredths: `2.5` is 250, `-10` is -1000.
fn basis_points(percent: &str) -> Option<i32> {
    let percent = percent.trim();
    let (sign, digits) = match percent.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, percent.strip_prefix('+').unwrap_or(percent)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 2 || !plain(whole) || !plain(part) {
        return None;
    }
    format!("{whole}{part:0<2}").parse::<i32>().ok().map(|points| sign * points)
}

#[derive(Debug, Deserialize)]
struct Failure {
    line: u64,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Progress {
    total: u64,
    done: u64,
    failed: u64,
}

#[derive(Debug, Deserialize)]
struct Operation {
    status: String,
    detail: Option<String>,
    progress: Progress,
    failures: Vec<Failure>,
}

#[derive(Template)]
#[template(path = "price_change.html")]
struct ChangePage {
    title: &'static str,
    section: &'static str,
    done: String,
    change: Operation,
    running: bool,
}

pub(super) async fn show(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let path = format!("/api/pricing/v1/operations/{}", encode(&id));
    let change: Operation = api.get(&path, &caller).await?;
    let running = matches!(change.status.as_str(), "queued" | "running");
    let (title, done) = ("Price change", String::new());
    page(&ChangePage { title, section: "prices", done, change, running })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_read_exactly() {
        let read = ["2.5", "-10", "+0.25", " 3 "].map(basis_points);
        assert_eq!(read, [Some(250), Some(-1_000), Some(25), Some(300)]);
        for wrong in ["", "-", "1,5", "0.125", "1e2", "--1", "99999999999"] {
            assert_eq!(basis_points(wrong), None, "{wrong}");
        }
    }
}
