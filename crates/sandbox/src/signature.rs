//! How a sandbox signs what it posts: `t=<unix seconds>,v1=<hex>`, HMAC-SHA256 over `<t>.<body>` (as Stripe does).

use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// The header that carries the signature.
pub(crate) const HEADER: &str = "sandbox-signature";

/// The header's value for a body that goes out now.
pub(crate) fn sign(secret: &SecretString, body: &str) -> String {
    let time = kernel::unix_seconds();
    let signed = format!("{time}.{body}");
    // HMAC takes keys of every length, so there is always a signature.
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
    let signature = mac.map(|mac| mac.chain_update(signed).finalize().into_bytes());
    format!("t={time},v1={}", signature.map(hex::encode).unwrap_or_default())
}

/// Whether a request carries the right key, as `Authorization: Bearer …`. Digests are compared, so
/// that the time tells nothing about the key.
pub(crate) fn authorized(headers: &axum::http::HeaderMap, key: &SecretString) -> bool {
    let header = headers.get("authorization").and_then(|value| value.to_str().ok());
    let given = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    Sha256::digest(given) == Sha256::digest(key.expose_secret())
}
