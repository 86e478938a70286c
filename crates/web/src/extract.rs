//! `Json`, `Path` and `Query` whose rejections are problems and name the field.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{StatusCode, header};
use problem::{FieldError, Problem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::RequestError;

/// A JSON body, in or out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// The parameters of the path. A value that cannot be an id answers 404: there is nothing.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

/// The query string.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// Reads JSON, and says which field does not fit.
pub(crate) fn from_slice<T: DeserializeOwned>(body: &[u8]) -> Result<T, RequestError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        match cause.classify() {
            serde_json::error::Category::Data => {
                let field = (path != ".").then_some(path);
                let message = cause.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
                RequestError::InvalidFields(vec![FieldError { field, message }])
            }
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => RequestError::MalformedBody(cause.to_string()),
        }
    })?;
    json.end().map_err(|error| RequestError::MalformedBody(error.to_string()))?;
    Ok(value)
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let essence = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = essence.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(RequestError::NotJson.into());
        }
        let body = Bytes::from_request(request, state).await.map_err(too_large)?;
        Ok(Self(from_slice(&body)?))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn too_large(rejection: BytesRejection) -> RequestError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => RequestError::TooLarge,
        _ => RequestError::MalformedBody("the body was cut off".to_owned()),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|_| RequestError::NoSuchPath.into())
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|query| Self(query.0))
            .map_err(|rejection| RequestError::MalformedQuery(rejection.body_text()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[expect(dead_code, reason = "only read by serde")]
        lines: Vec<Line>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[expect(dead_code, reason = "only read by serde")]
        quantity: u8,
    }

    fn wrong(body: &[u8]) -> (Option<String>, String) {
        let Err(RequestError::InvalidFields(mut fields)) = from_slice::<Wanted>(body) else {
            panic!("accepted, or not even JSON")
        };
        let first = fields.remove(0);
        (first.field, first.message)
    }

    #[test]
    fn the_wrong_field_is_named_with_its_path() {
        let (field, message) = wrong(br#"{"lines":[{"quantity":1},{"quantity":-1}]}"#);

        assert_eq!(field.as_deref(), Some("lines[1].quantity"));
        assert!(message.starts_with("invalid value: integer `-1`"), "{message}");
    }

    #[test]
    fn unknown_duplicate_and_overflowing_fields_are_refused() {
        assert!(wrong(br#"{"lines":[],"linse":[]}"#).1.contains("unknown field"));
        assert!(wrong(br#"{"lines":[],"lines":[]}"#).1.contains("duplicate field"));
        assert!(wrong(br#"{"lines":[{"quantity":300}]}"#).1.contains("300"));
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for body in [&b"{"[..], b"", b"{\"lines\":[]} x", b"{\"lines\":[\"\xff\"]}"] {
            assert!(matches!(from_slice::<Wanted>(body), Err(RequestError::MalformedBody(_))));
        }
    }
}
