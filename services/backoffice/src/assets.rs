//! The one stylesheet of the back office, and its icon.

use axum::response::{IntoResponse, Response};
use http::header;

/// The stylesheet, addressed by version, so that browsers may keep it.
pub(crate) async fn stylesheet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../static/admin.css")).into_response()
}

/// The icon in the browser's tab.
pub(crate) async fn icon() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, include_str!("../static/icon.svg")).into_response()
}
