//! What happens around every request: its correlation id, span, metrics and security headers.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use messaging::Cause;
use tracing::{Instrument as _, field};
use uuid::Uuid;

use crate::{FleetMetrics, telemetry};

const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");

/// Headers that every answer has exactly once. Pages set a content security policy of their own.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

pub(crate) async fn around(
    State(metrics): State<FleetMetrics>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let correlation = correlation(request.headers());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let route = route.to_owned();
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = field::Empty,
        correlation.id = %correlation,
        trace.id = field::Empty,
        order.id = field::Empty,
    );
    telemetry::adopt_request(&span, request.headers());
    if let Some(trace) = telemetry::trace_id(&span) {
        span.record("trace.id", trace);
    }
    let cause = Cause { correlation, causation: None, traceparent: None };
    let answer = messaging::announcing(cause.scope(next.run(request)));
    let answer = problem::correlated(correlation.to_string(), answer);
    // A task of its own: a client that goes away must not stop a request between two statements, nor
    // leave a connection behind in a transaction that the pool knows nothing of.
    let answer = tokio::spawn(answer.instrument(span.clone()));
    let stopped = || StatusCode::SERVICE_UNAVAILABLE.into_response();
    let mut response = answer.await.unwrap_or_else(|_| stopped());

    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    metrics.answered(method.as_str(), &route, status, started.elapsed());
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if let Ok(value) = HeaderValue::from_str(&correlation.to_string()) {
        headers.insert(CORRELATION, value);
    }
    response
}

/// The id that the gateway or a calling service gave; a new one otherwise.
fn correlation(headers: &HeaderMap) -> Uuid {
    let given = headers.get(CORRELATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|text| Uuid::try_parse(text).ok());
    given.unwrap_or_else(|| Cause::root().correlation)
}
