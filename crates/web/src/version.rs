//! `If-Match` and `ETag` (RFC 9110): a change names the version that it was made for.

use axum::extract::FromRequestParts;
use http::HeaderValue;
use http::header::IF_MATCH;
use http::request::Parts;
use problem::Problem;

use crate::RequestError;

/// The version that the caller has seen. Required; missing answers 428.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
        let version = header
            .and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'))
            .and_then(|digits| digits.parse().ok());
        version.map(Self).ok_or_else(|| RequestError::IfMatchRequired.into())
    }
}

/// The `ETag` of a version: `"3"`.
#[must_use]
pub fn etag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}
