//! Messages that wait for a person, for staff: part of every service that has a database.

use axum::extract::State;
use kernel::AccountId;
use messaging::parking::{self, ParkedMessage};
use problem::{ErrorKind, ServiceError};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use web::{Json, Path, Problem, Staff};

/// A message that a consumer could not handle, or one of the same key behind it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ParkedView {
    /// Names it in `retry` and `skip`.
    pub id: i64,
    /// `orders.order.v1`.
    pub topic: String,
    /// The contract's name.
    pub event_type: String,
    /// The key that is held back.
    pub key: String,
    /// Whether it is this message that blocks its key.
    pub blocking: bool,
    /// `retrying` or `person`.
    pub state: String,
    /// Tries so far.
    pub attempts: i32,
    /// What the last try said.
    pub last_error: Option<String>,
    /// When it was parked.
    #[serde(with = "time::serde::rfc3339")]
    pub parked_at: OffsetDateTime,
}

impl From<ParkedMessage> for ParkedView {
    fn from(message: ParkedMessage) -> Self {
        Self {
            id: message.id,
            topic: message.topic,
            event_type: message.event_type,
            key: message.key,
            blocking: message.blocking,
            state: message.state,
            attempts: message.attempts,
            last_error: message.last_error,
            parked_at: message.parked_at,
        }
    }
}

/// Why somebody decides so.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    /// Kept with the decision.
    reason: String,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the message waits no more")]
    NotParked,
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotParked => ErrorKind::NotFound,
            Self::Database(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotParked => "not_parked",
            Self::Database(_) => "database_unavailable",
        }
    }
}

/// `/api/<service>/v1/parked` and what can be done there.
pub(crate) fn routes(service: &str, db: PgPool) -> OpenApiRouter {
    let base = format!("/api/{service}/v1/parked");
    let (list, retry, skip) = (
        axum::routing::get(list_parked),
        axum::routing::post(retry_parked),
        axum::routing::post(skip_parked),
    );
    OpenApiRouter::new()
        .route(&base, list)
        .route(&format!("{base}/{{id}}/retry"), retry)
        .route(&format!("{base}/{{id}}/skip"), skip)
        .with_state(db)
}

async fn list_parked(_: Staff, State(db): State<PgPool>) -> Result<Json<Vec<ParkedView>>, Problem> {
    let mut conn = db.acquire().await.map_err(Error::from)?;
    let messages = parking::list(&mut conn, 200).await.map_err(Error::from)?;
    Ok(Json(messages.into_iter().map(ParkedView::from).collect()))
}

async fn retry_parked(
    Staff(caller): Staff,
    State(db): State<PgPool>,
    Path(id): Path<i64>,
    Json(decision): Json<Decision>,
) -> Result<(), Problem> {
    let (actor, reason) = reason(caller.account, &decision)?;
    let mut conn = db.acquire().await.map_err(Error::from)?;
    decided(parking::retry(&mut conn, id, &actor, &reason).await)
}

async fn skip_parked(
    Staff(caller): Staff,
    State(db): State<PgPool>,
    Path(id): Path<i64>,
    Json(decision): Json<Decision>,
) -> Result<(), Problem> {
    let (actor, reason) = reason(caller.account, &decision)?;
    let mut conn = db.acquire().await.map_err(Error::from)?;
    decided(parking::skip(&mut conn, id, &actor, &reason).await)
}

/// Who decides and why; a decision without a reason is refused.
pub(crate) fn reason(account: AccountId, decision: &Decision) -> Result<(String, String), Problem> {
    let mut check = web::Check::new();
    let reason = check.text("reason", &decision.reason, 1..=500);
    Ok((account.to_string(), check.take(reason)?))
}

fn decided(outcome: Result<bool, sqlx::Error>) -> Result<(), Problem> {
    match outcome {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotParked.into()),
        Err(error) => Err(Error::Database(error).into()),
    }
}
