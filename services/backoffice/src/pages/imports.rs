//! Importing a Shopify product CSV: send the file, watch it being worked off.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use super::{StaffPage, encode, page};
use crate::api::Api;
use crate::error::Error;

#[derive(Template)]
#[template(path = "import_form.html")]
struct FormPage {
    title: &'static str,
    section: &'static str,
    done: String,
}

pub(super) async fn form(_: StaffPage) -> Result<Response, Error> {
    page(&FormPage { title: "Import products", section: "imports", done: String::new() })
}

pub(super) fn unreadable(error: &axum::extract::multipart::MultipartError) -> Error {
    Error::Refused { status: error.status(), detail: error.body_text() }
}

pub(super) async fn upload(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    mut form: Multipart,
) -> Result<Response, Error> {
    let (mut currency, mut file) = (String::new(), None);
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| unreadable(&error))?;
        match name.as_str() {
            "currency" => currency = String::from_utf8_lossy(&bytes).trim().to_uppercase(),
            "file" => file = Some(bytes),
            _ => {}
        }
    }
    let missing = || Error::Refused {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        detail: "file: choose a CSV file".to_owned(),
    };
    let file = file.filter(|file| !file.is_empty()).ok_or_else(missing)?;
    let path = format!("/api/catalog/v1/imports?currency={}", encode(&currency));
    let import = api.upload(&path, &caller, "text/csv", None, file).await?;
    let id = import["import_id"].as_str().unwrap_or_default();
    Ok(Redirect::to(&format!("/admin/imports/{}", encode(id))).into_response())
}

#[derive(Debug, Deserialize)]
struct Finding {
    row: i64,
    field: Option<String>,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Rows {
    total: i64,
    done: i64,
}

#[derive(Debug, Deserialize)]
struct Products {
    created: i64,
    changed: i64,
    unchanged: i64,
}

#[derive(Debug, Deserialize)]
struct Import {
    state: String,
    rows: Rows,
    products: Products,
    errors: Vec<Finding>,
    notes: Vec<Finding>,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    title: &'static str,
    section: &'static str,
    done: String,
    import: Import,
    running: bool,
}

pub(super) async fn show(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let path = format!("/api/catalog/v1/imports/{}", encode(&id));
    let import: Import = api.get(&path, &caller).await?;
    let running = !matches!(import.state.as_str(), "done" | "refused");
    let title = "Import";
    page(&ImportPage { title, section: "imports", done: String::new(), import, running })
}
