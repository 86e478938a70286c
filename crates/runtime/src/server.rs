//! Everything that a service answers, behind the same layers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router, middleware};
use http::StatusCode;
use problem::Problem;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use web::RequestError;

use crate::health::{self, Readiness};
use crate::sync::{self, Readers};
use crate::{Error, FleetMetrics, Parts, Service, operation, parked, request, withheld};

/// Longest time until the head of an answer; bodies may stream on.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Largest body unless a route says otherwise.
const BODY_LIMIT: usize = 256 * 1024;

/// The HTTP side of a service as it is served: its routes, its OpenAPI document, health, layers.
/// Takes the routes out of the service.
pub fn router(name: &str, version: &str, service: &mut Service, parts: &Parts) -> Router {
    assemble(name, version, service, parts, &Readiness::default(), &FleetMetrics::new())
}

pub(crate) fn assemble(
    name: &str,
    version: &str,
    service: &mut Service,
    parts: &Parts,
    ready: &Readiness,
    metrics: &FleetMetrics,
) -> Router {
    let operated = |db: PgPool| parked::routes(name, db.clone()).merge(withheld::routes(name, db));
    let operated = parts.db.clone().map(operated).unwrap_or_default();
    let commands = parts.db.clone().filter(|_| service.commands);
    let operations = commands.map(|db| operation::routes(name, db)).unwrap_or_default();
    let mut api = std::mem::take(&mut service.api);
    if !service.tells.is_empty() {
        sync::document::writes(api.get_openapi_mut());
        let topics = Arc::from(std::mem::take(&mut service.tells));
        api = api.layer(middleware::from_fn_with_state(topics, sync::tell));
    }
    if let Some(readers) = service.readers.clone() {
        sync::document::reads(api.get_openapi_mut());
        api = api.layer(middleware::from_fn_with_state(readers, sync::wait));
    }
    let (api, mut document) = api.merge(operated).merge(operations).split_for_parts();
    document.info.title = name.to_owned();
    document.info.version = version.to_owned();
    let document = axum::Json(document);
    let openapi = format!("/api/{name}/openapi.json");
    let routes = api
        .merge(std::mem::take(&mut service.pages))
        .route(&openapi, get(move || std::future::ready(document.clone())))
        .fallback(|| refuse(RequestError::NoSuchPath))
        .method_not_allowed_fallback(|| refuse(RequestError::MethodNotAllowed));
    layered(routes, parts, metrics).merge(health::router(
        ready.clone(),
        metrics.clone(),
        parts.db.clone(),
    ))
}

/// The gRPC side of a service as it is served.
pub(crate) fn grpc(
    routes: Router,
    readers: Option<Readers>,
    parts: &Parts,
    metrics: &FleetMetrics,
) -> Router {
    let routes = match readers {
        Some(readers) => routes.layer(middleware::from_fn_with_state(readers, sync::wait)),
        None => routes,
    };
    layered(routes, parts, metrics)
}

/// The layers that HTTP and gRPC share.
fn layered(routes: Router, parts: &Parts, metrics: &FleetMetrics) -> Router {
    routes
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(Extension(parts.verifier.clone()))
        .layer(middleware::from_fn_with_state(metrics.clone(), request::around))
}

async fn refuse(error: RequestError) -> Response {
    Problem::from(error).into_response()
}

/// A panic is a bug of ours; the caller gets a problem like any other.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    #[derive(Debug, thiserror::Error)]
    #[error("a request panicked")]
    struct Panicked;
    impl problem::ServiceError for Panicked {
        fn kind(&self) -> problem::ErrorKind {
            problem::ErrorKind::Internal
        }
        fn code(&self) -> &'static str {
            "internal"
        }
    }
    Problem::from(Panicked).into_response()
}

/// Listens; a taken port is an error that names it.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

/// Serves until told to stop, then finishes what is under way.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: CancellationToken,
) -> Result<(), Error> {
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
    });
    let peers = routes.into_make_service();
    axum::serve(listener, peers)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .map_err(|error| Error::other("serving", error))
}
