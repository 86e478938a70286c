//! Webhooks that others sign: `t=<unix seconds>,v1=<hex>`, HMAC-SHA256 (RFC 2104) over `<t>.<body>`.

use hmac::{Hmac, Mac as _};
use http::HeaderMap;
use problem::{ErrorKind, ServiceError};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The header that carries the signature.
pub const SIGNATURE: &str = "sandbox-signature";
/// Seconds by which a webhook's time may differ from ours; an older one may be a replay.
const WINDOW: i64 = 300;

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// No signature, or not made with our secret over this body.
    #[error("the signature is not valid")]
    Forged,
    /// Signed more than five minutes ago, or for a time to come.
    #[error("the signature is too old")]
    Stale,
}

impl ServiceError for WebhookError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forged | Self::Stale => ErrorKind::Unauthenticated,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forged => "webhook_signature_invalid",
            Self::Stale => "webhook_too_old",
        }
    }
}

/// Believes a webhook only if its body was signed with `secret` within five minutes of `now`
/// (unix seconds). Takes the same time whatever is wrong with the signature.
pub fn verify(
    secret: &SecretString,
    headers: &HeaderMap,
    body: &[u8],
    now: i64,
) -> Result<(), WebhookError> {
    let header = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    let (time, signature) = header.and_then(parts).ok_or(WebhookError::Forged)?;
    let mut mac = keyed(secret)?;
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    mac.verify_slice(&signature).map_err(|_| WebhookError::Forged)?;
    if now.abs_diff(time) > WINDOW.unsigned_abs() {
        return Err(WebhookError::Stale);
    }
    Ok(())
}

/// The signature header's value for a body at a time (unix seconds).
pub fn sign(secret: &SecretString, body: &[u8], time: i64) -> Result<String, WebhookError> {
    let mut mac = keyed(secret)?;
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    Ok(format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes())))
}

fn keyed(secret: &SecretString) -> Result<Hmac<Sha256>, WebhookError> {
    // HMAC takes keys of every length; an empty one would let everybody sign.
    let key = Some(secret.expose_secret().as_bytes()).filter(|key| !key.is_empty());
    let key = key.ok_or(WebhookError::Forged)?;
    Hmac::new_from_slice(key).map_err(|_| WebhookError::Forged)
}

fn parts(header: &str) -> Option<(i64, Vec<u8>)> {
    let (time, signature) = header.split_once(',')?;
    let time = time.trim().strip_prefix("t=")?.parse().ok()?;
    let signature = hex::decode(signature.trim().strip_prefix("v1=")?).ok()?;
    Some((time, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn checked(secret: &str, header: &str, body: &[u8]) -> Result<(), WebhookError> {
        let headers = [(SIGNATURE.parse().unwrap(), header.parse().unwrap())].into_iter().collect();
        verify(&SecretString::from(secret), &headers, body, NOW)
    }

    fn signed(time: i64) -> String {
        sign(&SecretString::from("secret"), b"{}", time).unwrap()
    }

    #[test]
    fn only_the_same_secret_and_the_same_body_pass() {
        assert_eq!(checked("secret", &signed(NOW), b"{}"), Ok(()));
        assert_eq!(checked("other", &signed(NOW), b"{}"), Err(WebhookError::Forged));
        assert_eq!(checked("secret", &signed(NOW), b"{ }"), Err(WebhookError::Forged));
        assert_eq!(checked("", &signed(NOW), b"{}"), Err(WebhookError::Forged));
        for header in ["", "t=1", "v1=00,t=1", "t=x,v1=00", "t=1,v1=zz"] {
            assert_eq!(checked("secret", header, b"{}"), Err(WebhookError::Forged), "{header}");
        }
    }

    #[test]
    fn the_time_is_signed_and_must_be_near() {
        assert_eq!(checked("secret", &signed(NOW - 299), b"{}"), Ok(()));
        assert_eq!(checked("secret", &signed(NOW - 301), b"{}"), Err(WebhookError::Stale));
        assert_eq!(checked("secret", &signed(NOW + 301), b"{}"), Err(WebhookError::Stale));

        let refreshed = signed(NOW - 400).replace("t=1799999600", "t=1800000000");
        assert_eq!(checked("secret", &refreshed, b"{}"), Err(WebhookError::Forged));
    }
}
