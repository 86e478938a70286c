//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the first answer is given again.
//!
//! The key is recorded in the transaction that has the effect, so a crash leaves neither. A second
//! request with the same key waits on the key's row until the first has committed, then gets its answer.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, header};
use messaging::{Tx, Written};
use problem::Problem;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use crate::RequestError;
use crate::sync::{SyncToken, Write};

/// The key that a request carries. Required; missing answers 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Checks a key: 1 to 255 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, RequestError> {
        let fits =
            (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(RequestError::IdempotencyKeyRequired);
        }
        Ok(Self(text.to_owned()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        // The draft writes a structured string ("abc"); most clients send it bare.
        let text = header.unwrap_or_default().trim().trim_matches('"');
        Ok(Self::parse(text)?)
    }
}

/// Which request it is: of whom, to what, with which key and which content.
#[derive(Clone, Debug)]
pub struct Scope {
    principal: String,
    route: &'static str,
    key: String,
    fingerprint: Vec<u8>,
}

impl Scope {
    /// The content is fingerprinted (SHA-256 of its JSON).
    pub fn new(
        principal: impl ToString,
        route: &'static str,
        key: &IdempotencyKey,
        content: &impl Serialize,
    ) -> Self {
        let content = serde_json::to_vec(content).unwrap_or_default();
        Self {
            principal: principal.to_string(),
            route,
            key: key.0.clone(),
            fingerprint: Sha256::digest(&content).to_vec(),
        }
    }
}

/// The answer that was given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: Vec<u8>,
}

impl IntoResponse for Stored {
    fn into_response(self) -> Response {
        let kind = [(header::CONTENT_TYPE, "application/json")];
        (self.status, kind, self.body).into_response()
    }
}

/// Takes the key for this transaction. `None`: go on, and [`finish`] before the commit. `Some`: this
/// is the answer, which also names what the first request [wrote](crate::sync). Waits while another
/// transaction holds the key.
pub async fn begin(conn: &mut PgConnection, scope: &Scope) -> Result<Option<Stored>, RequestError> {
    let taken = sqlx::query(
        "insert into fleet.idempotency_keys (principal, route, key, fingerprint)
         values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(&scope.principal)
    .bind(scope.route)
    .bind(&scope.key)
    .bind(&scope.fingerprint)
    .execute(&mut *conn)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    let (fingerprint, status, body, written): (Vec<u8>, i16, Vec<u8>, String) = sqlx::query_as(
        "select fingerprint, status, body, written from fleet.idempotency_keys
         where principal = $1 and route = $2 and key = $3",
    )
    .bind(&scope.principal)
    .bind(scope.route)
    .bind(&scope.key)
    .fetch_one(conn)
    .await?;
    if fingerprint != scope.fingerprint {
        return Err(RequestError::IdempotencyKeyReused);
    }
    if let Ok(written) = written.parse::<SyncToken>() {
        messaging::wrote_before(written.writes().iter().cloned().map(Written::from));
    }
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    Ok(Some(Stored { status: status.unwrap_or(StatusCode::OK), body }))
}

/// Records the answer under the key, in the transaction that has the effect, with what was appended in it
/// so far.
pub async fn finish(
    tx: &mut Tx,
    scope: &Scope,
    status: StatusCode,
    answer: &impl Serialize,
) -> Result<Stored, RequestError> {
    let body = serde_json::to_vec(answer).unwrap_or_default();
    sqlx::query(
        "update fleet.idempotency_keys set status = $4, body = $5, written = $6
         where principal = $1 and route = $2 and key = $3",
    )
    .bind(&scope.principal)
    .bind(scope.route)
    .bind(&scope.key)
    .bind(i16::try_from(status.as_u16()).unwrap_or(200))
    .bind(&body)
    .bind(SyncToken::of(tx.written().iter().cloned()).to_string())
    .execute(&mut **tx)
    .await?;
    Ok(Stored { status, body })
}

impl From<Write> for Written {
    fn from(Write { topic, subject, version, .. }: Write) -> Self {
        Self { topic, subject, version }
    }
}

/// Forgets keys older than seven days; answers are promised for 24 hours.
pub async fn forget_old(conn: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let old = "delete from fleet.idempotency_keys where created_at < now() - interval '7 days'";
    Ok(sqlx::query(old).execute(conn).await?.rows_affected())
}
