//! `/livez`, `/readyz` and `/metrics`: for the cluster, unreachable from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use sqlx::PgPool;

use crate::FleetMetrics;

/// Whether the process takes requests. It asks no shared dependency: if the database is down, every
/// replica is as good as any other, and each request is answered with 503.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    pub(crate) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }
}

#[derive(Clone)]
struct Health {
    ready: Readiness,
    metrics: FleetMetrics,
    db: Option<PgPool>,
}

pub(crate) fn router(ready: Readiness, metrics: FleetMetrics, db: Option<PgPool>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "live\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(scrape))
        .with_state(Health { ready, metrics, db })
}

async fn readyz(State(health): State<Health>) -> (StatusCode, &'static str) {
    match health.ready.0.load(Ordering::Acquire) {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}

async fn scrape(State(health): State<Health>) -> Response {
    if let Some(db) = &health.db
        && let Err(error) = look(db, &health.metrics).await
    {
        tracing::debug!(%error, "the backlog could not be read");
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], health.metrics.text()).into_response()
}

async fn look(db: &PgPool, metrics: &FleetMetrics) -> Result<(), sqlx::Error> {
    let mut conn = db.acquire().await?;
    metrics.backlog(&messaging::backlog(&mut conn).await?);
    Ok(())
}
