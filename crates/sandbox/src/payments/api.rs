//! The processor's API for merchants, below `/v1`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::book::{Authorization, Session, Status};
use super::till::{Manner, Refusal, Till, now_ms};
use crate::{Error, signature};

/// The routes of the API.
pub(crate) fn routes() -> Router<Till> {
    Router::new()
        .route("/v1/sessions", post(open_session))
        .route("/v1/sessions/{id}", get(find_session))
        .route("/v1/authorizations", post(authorize).get(list_authorizations))
        .route("/v1/authorizations/{id}/{action}", post(advance))
        .route("/v1/ledger", get(ledger))
}

/// An extractor: the request carries the merchant's key, else 401.
struct Merchant;

impl axum::extract::FromRequestParts<Till> for Merchant {
    type Rejection = Response;
    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        till: &Till,
    ) -> Result<Self, Response> {
        if signature::authorized(&parts.headers, &till.key) {
            return Ok(Self);
        }
        Err(refuse(StatusCode::UNAUTHORIZED, "send the API key as Authorization: Bearer"))
    }
}

#[derive(Deserialize)]
struct Opening {
    amount_minor: i64,
    currency: String,
    reference: String,
    return_url: Url,
}

async fn open_session(
    State(till): State<Till>,
    _: Merchant,
    headers: HeaderMap,
    Json(opening): Json<Opening>,
) -> Result<Response, Error> {
    if opening.amount_minor <= 0 || opening.currency.len() != 3 || opening.reference.is_empty() {
        return Ok(refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "an amount, currency or reference is wrong",
        ));
    }
    let session = Session {
        id: format!("ses_{}", Uuid::new_v4().simple()),
        amount_minor: opening.amount_minor,
        currency: opening.currency,
        reference: opening.reference,
        return_url: opening.return_url.into(),
        card: None,
        challenged: None,
        wrong_codes: 0,
    };
    let session = till.open_session(session, key(&headers)).await?;
    Ok((StatusCode::CREATED, Json(seen(&till, &session))).into_response())
}

async fn find_session(
    State(till): State<Till>,
    _: Merchant,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let session = till.look(|book| book.sessions.get(&id).cloned()).await?;
    Ok(match session {
        Some(session) => Json(seen(&till, &session)).into_response(),
        None => refused(Refusal::Unknown),
    })
}

fn seen(till: &Till, session: &Session) -> serde_json::Value {
    let base = till.public_url.as_str().trim_end_matches('/');
    json!({
        "id": session.id,
        "url": format!("{base}/pay/{}", session.id),
        "amount_minor": session.amount_minor,
        "currency": session.currency,
        "reference": session.reference,
        "card_entered": session.card.is_some(),
    })
}

#[derive(Deserialize)]
struct Asked {
    session: String,
    reference: String,
    amount_minor: i64,
}

async fn authorize(
    State(till): State<Till>,
    _: Merchant,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Result<Response, Error> {
    let Some(key) = key(&headers) else { return Ok(keyless()) };
    let decided = till.authorize(&asked.session, &asked.reference, asked.amount_minor, key).await?;
    Ok(match decided {
        Ok((authorization, Manner::Plain)) => Json(authorization).into_response(),
        Ok((_, Manner::Unheard)) => hang_up(),
        Err(refusal) => refused(refusal),
    })
}

/// An answer whose body fails at once: the connection closes before anything was sent.
fn hang_up() -> Response {
    let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("hung up"))]);
    ([(header::CONTENT_LENGTH, "1000")], Body::from_stream(broken)).into_response()
}

async fn advance(
    State(till): State<Till>,
    _: Merchant,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let to = match action.as_str() {
        "capture" => Status::Captured,
        "void" => Status::Voided,
        "refund" => Status::Refunded,
        _ => return Ok(refused(Refusal::Unknown)),
    };
    let Some(key) = key(&headers) else { return Ok(keyless()) };
    Ok(match till.advance(&id, to, &key).await? {
        Ok(authorization) => Json(authorization).into_response(),
        Err(refusal) => refused(refusal),
    })
}

#[derive(Deserialize)]
struct Wanted {
    reference: String,
}

async fn list_authorizations(
    State(till): State<Till>,
    _: Merchant,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let found: Vec<Authorization> = till
        .look(|book| {
            let ids = book.references.get(&wanted.reference).into_iter().flatten();
            let known = ids.filter_map(|id| book.authorizations.get(id));
            known.map(|known| known.at(now_ms())).collect()
        })
        .await?;
    Ok(Json(json!({ "authorizations": found })).into_response())
}

async fn ledger(State(till): State<Till>, _: Merchant) -> Result<Response, Error> {
    let all: Vec<Authorization> =
        till.look(|book| book.authorizations.values().cloned().collect()).await?;
    Ok(Json(json!({ "authorizations": all })).into_response())
}

fn key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok())?;
    (1..=255).contains(&key.len()).then(|| key.to_owned())
}

fn keyless() -> Response {
    refuse(StatusCode::BAD_REQUEST, "send an Idempotency-Key")
}

fn refused(refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::Unknown => StatusCode::NOT_FOUND,
        Refusal::WrongState => StatusCode::CONFLICT,
        Refusal::KeyReused | Refusal::WrongAmount => StatusCode::UNPROCESSABLE_ENTITY,
    };
    refuse(status, &refusal.to_string())
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        tracing::error!(error = %self, "a request failed");
        refuse(StatusCode::INTERNAL_SERVER_ERROR, "something is wrong here")
    }
}
