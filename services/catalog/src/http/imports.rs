//! Imports of Shopify files: taking a file in, and telling how far it is.

use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Currency, ImportId};
use messaging::Tx;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use web::{Json, Path, Problem, Query, RequestError, Staff};

use super::State;
use super::media::whole_body;
use crate::domain::shopify;
use crate::error::Error;
use crate::importer;
use crate::store::imports::{self, Import, Kept};

/// What the file itself does not say.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct About {
    /// Of all prices in the file: three upper-case letters of ISO 4217.
    currency: Currency,
}

/// Where an import stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ImportView {
    import_id: ImportId,
    /// Asks again how far it is.
    status_url: String,
    currency: String,
    /// `received`, `running`, `done` or `refused`; `parked` while it waits for a person.
    state: String,
    rows: Counts,
    products: Products,
    /// What was left out and why, the first thousand.
    errors: Vec<FindingView>,
    /// What the file says and this import cannot change.
    notes: Vec<FindingView>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    finished_at: Option<OffsetDateTime>,
}

/// So many of so many.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Counts {
    total: i64,
    done: i64,
}

/// What became of the products so far.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Products {
    total: i64,
    done: i64,
    created: i64,
    changed: i64,
    unchanged: i64,
}

/// Something about a row.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FindingView {
    /// As a spreadsheet counts: the header is row 1.
    row: i64,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    message: String,
}

/// The latest imports.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Imports {
    items: Vec<ImportView>,
}

fn path(id: ImportId) -> String {
    format!("/api/catalog/v1/imports/{id}")
}

fn view(import: Import, findings: Vec<Kept>) -> ImportView {
    let (errors, notes): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|found| found.kind == "error");
    let views = |findings: Vec<Kept>| {
        let view = |found: Kept| FindingView {
            row: found.row,
            field: found.field,
            message: found.message,
        };
        findings.into_iter().map(view).collect()
    };
    ImportView {
        import_id: import.id,
        status_url: path(import.id),
        currency: import.currency,
        state: import.state,
        rows: Counts { total: import.rows_total, done: import.rows_done },
        products: Products {
            total: import.products_total,
            done: import.products_done,
            created: import.created,
            changed: import.changed,
            unchanged: import.unchanged,
        },
        errors: views(errors),
        notes: views(notes),
        created_at: import.created_at,
        finished_at: import.finished_at,
    }
}

/// Import a Shopify product CSV.
///
/// The file is worked off in the background. The same file twice changes nothing; a later one changes what
/// it says otherwise.
#[utoipa::path(post, path = "/api/catalog/v1/imports", tag = "imports", params(About),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, body = ImportView)))]
pub(super) async fn start_import(
    Extract(state): Extract<State>,
    Staff(caller): Staff,
    Query(about): Query<About>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, HeaderMap, Json<ImportView>), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.unwrap_or_default().to_ascii_lowercase().starts_with("text/csv") {
        return Err(Error::NotCsv.into());
    }
    let file = whole_body(body)?;
    shopify::check(&file).map_err(Error::from)?;
    let mut tx = Tx::begin(&state.db).await.map_err(Error::from)?;
    let id = importer::receive(&mut tx, about.currency, caller.account, &file).await?;
    let import = imports::find(&mut tx, id).await?.ok_or(Error::NoSuchImport)?;
    tx.commit().await.map_err(Error::from)?;
    let mut headers = HeaderMap::new();
    let location = HeaderValue::from_str(&path(id));
    let location = location.map_err(|_| RequestError::NoSuchPath)?;
    headers.insert(header::LOCATION, location);
    Ok((StatusCode::ACCEPTED, headers, Json(view(import, Vec::new()))))
}

/// List the latest imports.
#[utoipa::path(get, path = "/api/catalog/v1/imports", tag = "imports",
    responses((status = 200, body = Imports)))]
pub(super) async fn list_imports(
    Extract(state): Extract<State>,
    _: Staff,
) -> Result<Json<Imports>, Problem> {
    let mut conn = state.db.acquire().await.map_err(Error::from)?;
    let latest = imports::list(&mut conn).await?;
    let items = latest.into_iter().map(|import| view(import, Vec::new())).collect();
    Ok(Json(Imports { items }))
}

/// Find out how far an import is.
#[utoipa::path(get, path = "/api/catalog/v1/imports/{import_id}", tag = "imports",
    params(("import_id" = ImportId, Path)), responses((status = 200, body = ImportView)))]
pub(super) async fn find_import(
    Extract(state): Extract<State>,
    _: Staff,
    Path(id): Path<ImportId>,
) -> Result<Json<ImportView>, Problem> {
    let mut conn = state.db.acquire().await.map_err(Error::from)?;
    let import = imports::find(&mut conn, id).await?.ok_or(Error::NoSuchImport)?;
    let findings = imports::findings(&mut conn, id).await?;
    let parked = imports::parked(&mut conn, &import).await?;
    let mut view = view(import, findings);
    if parked {
        "parked".clone_into(&mut view.state);
    }
    Ok(Json(view))
}
