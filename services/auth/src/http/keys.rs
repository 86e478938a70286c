//! The public keys for programs outside (JWK Set, RFC 7517); services inside get them as events.

use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Problem, PublicKey};

use crate::app::Auth;

/// A set of public keys.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JwkSet {
    keys: Vec<Jwk>,
}

/// An Ed25519 key as a JWK (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
struct Jwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    kid: String,
    /// 32 bytes in base64url.
    x: String,
}

impl From<PublicKey> for Jwk {
    fn from(key: PublicKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(&key.bytes);
        Self { kty: "OKP", crv: "Ed25519", alg: "EdDSA", purpose: "sig", kid: key.id, x }
    }
}

/// List the keys with which access tokens are verified.
///
/// A key is listed ten minutes before it signs, and the answer may be kept for five.
#[utoipa::path(get, path = "/api/auth/v1/jwks", tag = "keys",
    responses((status = 200, body = JwkSet)))]
pub(super) async fn list_keys(State(auth): State<Auth>) -> Result<impl IntoResponse, Problem> {
    let keys = auth.keyring.public().await?.into_iter().map(Jwk::from).collect();
    Ok(([(CACHE_CONTROL, "public, max-age=300")], Json(JwkSet { keys })))
}
