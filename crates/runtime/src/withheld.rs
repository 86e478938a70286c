//! Events that Kafka does not take, for staff: part of every service that has a database.

use axum::extract::State;
use messaging::withheld::{self, WithheldEvent};
use problem::{ErrorKind, ServiceError};
use serde::Serialize;
use sqlx::PgPool;
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use web::{Json, Path, Problem, Staff};

use crate::parked::{Decision, reason};

/// An event that is not on its topic although it was committed.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WithheldView {
    /// Names it in `release` and `skip`.
    pub id: i64,
    /// `orders.order.v1`.
    pub topic: String,
    /// The contract's name.
    pub event_type: String,
    /// The key that is held back.
    pub key: String,
    /// `topic`, `person` or `releasing`.
    pub state: String,
    /// What Kafka said, if it refused this very event.
    pub refusal: Option<String>,
    /// When it was withheld.
    #[serde(with = "time::serde::rfc3339")]
    pub withheld_at: OffsetDateTime,
}

impl From<WithheldEvent> for WithheldView {
    fn from(event: WithheldEvent) -> Self {
        Self {
            id: event.id,
            topic: event.topic,
            event_type: event.event_type,
            key: event.key,
            state: event.state,
            refusal: event.refusal,
            withheld_at: event.withheld_at,
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the event does not wait for a person")]
    NotWithheld,
    #[error("database unavailable")]
    Database(#[from] sqlx::Error),
}

impl ServiceError for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotWithheld => ErrorKind::NotFound,
            Self::Database(_) => ErrorKind::Unavailable,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotWithheld => "not_withheld",
            Self::Database(_) => "database_unavailable",
        }
    }
}

/// `/api/<service>/v1/withheld` and what can be done there.
pub(crate) fn routes(service: &str, db: PgPool) -> OpenApiRouter {
    let base = format!("/api/{service}/v1/withheld");
    let (list, release, skip) = (
        axum::routing::get(list_withheld),
        axum::routing::post(release_withheld),
        axum::routing::post(skip_withheld),
    );
    OpenApiRouter::new()
        .route(&base, list)
        .route(&format!("{base}/{{id}}/release"), release)
        .route(&format!("{base}/{{id}}/skip"), skip)
        .with_state(db)
}

async fn list_withheld(
    _: Staff,
    State(db): State<PgPool>,
) -> Result<Json<Vec<WithheldView>>, Problem> {
    let mut conn = db.acquire().await.map_err(Error::from)?;
    let events = withheld::list(&mut conn, 200).await.map_err(Error::from)?;
    Ok(Json(events.into_iter().map(WithheldView::from).collect()))
}

async fn release_withheld(
    Staff(caller): Staff,
    State(db): State<PgPool>,
    Path(id): Path<i64>,
    Json(decision): Json<Decision>,
) -> Result<(), Problem> {
    let (actor, reason) = reason(caller.account, &decision)?;
    let mut conn = db.acquire().await.map_err(Error::from)?;
    decided(withheld::release(&mut conn, id, &actor, &reason).await)
}

async fn skip_withheld(
    Staff(caller): Staff,
    State(db): State<PgPool>,
    Path(id): Path<i64>,
    Json(decision): Json<Decision>,
) -> Result<(), Problem> {
    let (actor, reason) = reason(caller.account, &decision)?;
    let mut conn = db.acquire().await.map_err(Error::from)?;
    decided(withheld::skip(&mut conn, id, &actor, &reason).await)
}

fn decided(outcome: Result<bool, sqlx::Error>) -> Result<(), Problem> {
    match outcome {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotWithheld.into()),
        Err(error) => Err(Error::Database(error).into()),
    }
}
