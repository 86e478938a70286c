//! A JSON body without card numbers: whoever sends one here is told off before it is read any further.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use problem::FieldError;
use serde::de::DeserializeOwned;
use serde_json::Value;
use web::{Json, Problem, RequestError};

use crate::Error;
use crate::domain::card_number::looks_like_one;

/// An extractor: a JSON body in which nothing looks like a card number, else 422.
#[derive(Debug)]
pub(super) struct CardFree<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for CardFree<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let bytes = Bytes::from_request(whole, state).await.map_err(|_| RequestError::TooLarge)?;
        let mut wrong = Vec::new();
        match serde_json::from_slice(&bytes) {
            Ok(value) => look(&value, "", &mut wrong),
            Err(_) if looks_like_one(&String::from_utf8_lossy(&bytes)) => {
                wrong.push(FieldError { field: None, message: MESSAGE.to_owned() });
            }
            Err(_) => {}
        }
        if !wrong.is_empty() {
            return Err(Error::CardNumber(wrong).into());
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        Json::from_request(request, state).await.map(|Json(body)| Self(body))
    }
}

const MESSAGE: &str = "this looks like a card number; cards are entered on the provider's page";

/// Names every field, at any depth, that holds or is called a card number.
fn look(value: &Value, path: &str, wrong: &mut Vec<FieldError>) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, &format!("{path}[{index}]"), wrong);
            }
            return;
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                look(field, &format!("{path}{dot}{name}"), wrong);
                if looks_like_one(name) {
                    wrong.push(FieldError { field: None, message: MESSAGE.to_owned() });
                }
            }
            return;
        }
        Value::Null | Value::Bool(_) => return,
    };
    if looks_like_one(&text) {
        wrong.push(FieldError::new(path, MESSAGE));
    }
}
