//! What callers get to see of an operation.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use kernel::OperationId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use web::Json;
use web::idempotency::Stored;

/// Most failures that an answer lists.
pub(super) const MOST: usize = 1_000;

/// A command that was accepted, and how far it is.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Operation {
    /// Names it.
    pub operation_id: OperationId,
    /// What is done, such as `price_change`.
    pub kind: String,
    /// Where it stands.
    pub status: Status,
    /// Tells again how far it is.
    pub status_url: String,
    /// Why it is parked or has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// What was wrong with lines that were of no use, the first thousand.
    pub failures: Vec<Failure>,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its first lines were done.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    #[serde(
        default,
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub finished_at: Option<OffsetDateTime>,
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OperationStatus)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted; nothing is done yet.
    Queued,
    /// Some lines are done.
    Running,
    /// Every line was dealt with; `failures` names those that were of no use.
    Succeeded,
    /// A person gave it up. What was done before stays.
    Failed,
    /// It failed too often to be tried again by itself, and waits for a person of the shop.
    Parked,
}

/// So many lines of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OperationProgress)]
pub struct Progress {
    /// Lines that were sent.
    pub total: i64,
    /// Lines that are dealt with.
    pub done: i64,
    /// Of these, lines that were of no use.
    pub failed: i64,
}

/// What was wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OperationFailure)]
pub struct Failure {
    /// As a spreadsheet counts: the header is line 1.
    pub line: u64,
    /// What was wrong with it.
    pub message: String,
}

impl Failure {
    /// Something was wrong with a line.
    pub fn new(line: u64, message: impl ToString) -> Self {
        Self { line, message: message.to_string() }
    }
}

pub(super) fn path(service: &str, id: OperationId) -> String {
    format!("/api/{service}/v1/operations/{id}")
}

/// The answer to a command: 202 with `Location`, the same each time for the same idempotency key.
#[derive(Clone, Debug)]
pub struct Accepted(pub(super) Stored);

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let said: Result<Operation, _> = serde_json::from_slice(&self.0.body);
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(SOON));
        let location = said.ok().and_then(|said| HeaderValue::try_from(said.status_url).ok());
        if let Some(location) = location {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

/// Seconds after which it is worth asking again while it is worked off.
const SOON: u64 = 1;
/// Seconds after which it is worth asking again while a person has to decide.
const LATER: u64 = 60;

impl IntoResponse for Operation {
    fn into_response(self) -> Response {
        let again = match self.status {
            Status::Queued | Status::Running => Some(SOON),
            Status::Parked => Some(LATER),
            Status::Succeeded | Status::Failed => None,
        };
        let mut response = Json(self).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(again) = again {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(again));
        }
        response
    }
}
