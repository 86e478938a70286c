//! Problems as HTTP answers: `application/problem+json` (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::{ErrorKind, ServiceError, correlation};

/// A field of the request that is wrong, or a wrong whole when no field is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The field's path: `lines[0].quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was expected.
    pub message: String,
}

impl FieldError {
    /// A wrong field.
    pub fn new(field: impl Into<String>, message: impl ToString) -> Self {
        Self { field: Some(field.into()), message: message.to_string() }
    }
}

/// The body of a failed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Body {
    /// `/problems/<code>`: a page that explains the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable name of what went wrong.
    pub code: String,
    /// What went wrong this time.
    pub detail: String,
    /// Every wrong field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Finds the request in logs and traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

/// An error on its way to a caller. Handlers return it; `?` makes it of any [`ServiceError`] and logs
/// what is our own fault.
#[derive(Debug)]
pub struct Problem {
    kind: ErrorKind,
    body: Box<Body>,
    retry_after: Option<u64>,
}

impl<E: ServiceError> From<E> for Problem {
    fn from(error: E) -> Self {
        let (kind, status) = (error.kind(), error.kind().status());
        if kind.ours() {
            log(&error);
        }
        let detail = if kind == ErrorKind::Unavailable {
            "a part of the shop is not available; try again".to_owned()
        } else if kind == ErrorKind::Internal {
            "something went wrong on our side".to_owned()
        } else {
            error.to_string()
        };
        let body = Body {
            kind: format!("/problems/{}", error.code()),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: error.code().to_owned(),
            detail,
            errors: error.fields(),
            correlation_id: correlation(),
        };
        let retry_after = error.retry_after().or_else(|| kind.retryable().then_some(1));
        Self { kind, body: Box::new(body), retry_after }
    }
}

impl Problem {
    /// What the caller should do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the caller gets to see.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        if let Some(after) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after));
        }
        response
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, serde_json::to_vec(&self).unwrap_or_default()).into_response()
    }
}

/// Logs an error of ours with all its causes, once.
fn log(error: &dyn ServiceError) {
    let mut causes = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push_str(": ");
        causes.push_str(&cause.to_string());
        source = cause.source();
    }
    if error.kind() == ErrorKind::Internal {
        tracing::error!(code = error.code(), "{error}{causes}");
    } else {
        tracing::warn!(code = error.code(), "{error}{causes}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("password of the database is hunter2")]
    struct Leaky(ErrorKind);

    impl ServiceError for Leaky {
        fn kind(&self) -> ErrorKind {
            self.0
        }
        fn code(&self) -> &'static str {
            "internal"
        }
    }

    #[test]
    fn callers_never_see_the_cause_of_a_failure_of_ours() {
        for kind in [ErrorKind::Internal, ErrorKind::Unavailable] {
            let body = Problem::from(Leaky(kind)).body().clone();

            assert!(!body.detail.contains("hunter2"));
            assert_eq!(body.kind, "/problems/internal");
        }
    }

    #[test]
    fn what_is_worth_another_try_says_when() {
        let retry = Problem::from(Leaky(ErrorKind::Unavailable)).into_response();
        let never = Problem::from(Leaky(ErrorKind::Invalid)).into_response();

        assert_eq!(retry.headers()[header::RETRY_AFTER], "1");
        assert!(!never.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(never.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
