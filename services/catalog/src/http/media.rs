//! Pictures: sending them, and serving them for ever under the name of their content.

use axum::Router;
use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderName, StatusCode, header};
use kernel::MediaId;
use serde::Serialize;
use web::{Json, Path, Problem, RequestError, SignedIn};

use super::State;
use crate::error::Error;
use crate::{publish, store};

/// A picture that was sent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Uploaded {
    /// Names it in a listing.
    media_id: MediaId,
    url: String,
}

/// The routes for browsers.
pub(crate) fn pages(state: State) -> Router {
    Router::new().route("/media/{file}", get(show_media)).with_state(state)
}

/// A body that arrived whole and is not too large.
pub(super) fn whole_body(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Error> {
    Ok(body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => RequestError::TooLarge,
        _ => RequestError::MalformedBody("the body was cut off".to_owned()),
    })?)
}

/// Send a picture for a listing to come.
///
/// The body is the picture itself: PNG, JPEG or WebP, at most 5 MB. The same picture gets the same id.
#[utoipa::path(post, path = "/api/catalog/v1/media", tag = "media",
    request_body(content = Vec<u8>, content_type = "image/*"),
    responses((status = 201, body = Uploaded)))]
pub(super) async fn upload_media(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Uploaded>), Problem> {
    let bytes = whole_body(body)?;
    let mut tx = state.db.begin().await.map_err(Error::from)?;
    let file = store::pictures::keep(&mut tx, &bytes).await?;
    let media_id = store::pictures::upload(&mut tx, &file, caller.account).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok((StatusCode::CREATED, Json(Uploaded { media_id, url: publish::url(&file) })))
}

async fn show_media(
    Extract(state): Extract<State>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let mut conn = state.db.acquire().await.map_err(Error::from)?;
    let picture = store::pictures::find(&mut conn, &file).await?.ok_or(Error::NoSuchMedia)?;
    let headers = [
        (header::CONTENT_TYPE, picture.content_type.as_str()),
        // The name changes with the content.
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    Ok((headers, picture.bytes).into_response())
}
