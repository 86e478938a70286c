//! Tokens between services: signed by the caller, for one callee, for 60 seconds; the callee lists who may call.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tonic::metadata::MetadataValue;
use tonic::{Request, Status};

use crate::{PublicKey, SigningKey, TokenError, Verifier};

/// Seconds for which a token counts.
const LIFETIME: i64 = 60;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    exp: i64,
}

/// Signs calls of one service to another. Use as a tonic interceptor.
#[derive(Clone, Debug)]
pub struct Signer {
    key: Arc<SigningKey>,
    caller: &'static str,
    callee: &'static str,
    /// The current token and when it was signed: signing takes 30 µs, and a token serves for half its life.
    current: Arc<Mutex<(String, i64)>>,
}

impl Signer {
    /// Signs as `caller` for `callee`.
    #[must_use]
    pub fn new(key: Arc<SigningKey>, caller: &'static str, callee: &'static str) -> Self {
        Self { key, caller, callee, current: Arc::default() }
    }

    fn token(&self) -> Result<String, TokenError> {
        let now = kernel::unix_seconds();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.1 + LIFETIME / 2 < now {
            let claims = Claims {
                iss: self.caller.to_owned(),
                aud: self.callee.to_owned(),
                sub: self.caller.to_owned(),
                iat: now,
                exp: now + LIFETIME,
            };
            *current = (self.key.sign("service+jwt", &claims)?, now);
        }
        Ok(current.0.clone())
    }
}

impl tonic::service::Interceptor for Signer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let token = self.token().map_err(|error| Status::internal(error.to_string()))?;
        let metadata = request.metadata_mut();
        if let Ok(value) = MetadataValue::try_from(format!("Bearer {token}")) {
            metadata.insert("authorization", value);
        }
        for (name, value) in crate::client::context_headers() {
            if let Ok(value) = MetadataValue::try_from(value) {
                metadata.insert(name, value);
            }
        }
        Ok(request)
    }
}

/// Lets named services in, and nobody else. Use as a tonic interceptor.
#[derive(Clone, Debug)]
pub struct Gate {
    callee: &'static str,
    callers: Arc<Vec<(&'static str, Verifier)>>,
}

impl Gate {
    /// `callers` may call `callee`, each with its own key.
    pub fn new(
        callee: &'static str,
        callers: impl IntoIterator<Item = (&'static str, PublicKey)>,
    ) -> Result<Self, TokenError> {
        let callers: Result<Vec<_>, TokenError> = callers
            .into_iter()
            .map(|(name, key)| {
                let verifier = Verifier::default();
                verifier.learn(&key)?;
                Ok((name, verifier))
            })
            .collect();
        Ok(Self { callee, callers: Arc::new(callers?) })
    }

    fn admits(&self, token: &str) -> bool {
        self.callers.iter().any(|(name, verifier)| {
            verifier.verify::<Claims>("service+jwt", name, self.callee, token).is_ok()
        })
    }
}

impl tonic::service::Interceptor for Gate {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let header = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| Status::unauthenticated("send a service token"))?;
        if self.admits(token) {
            return Ok(request);
        }
        Err(Status::permission_denied(format!("{} does not let this caller in", self.callee)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_pair() -> (Arc<SigningKey>, PublicKey) {
        let key = SigningKey::generate();
        let public = key.public(i64::MAX);
        (Arc::new(key), public)
    }

    #[test]
    fn only_named_callers_with_their_own_key_for_this_callee_are_let_in() {
        let (storefront, storefront_public) = key_pair();
        let (orders, _) = key_pair();
        let gate = Gate::new("search", [("storefront", storefront_public)]).unwrap();
        let token = |key: &Arc<SigningKey>, caller, callee| {
            Signer::new(Arc::clone(key), caller, callee).token().unwrap()
        };

        assert!(gate.admits(&token(&storefront, "storefront", "search")));
        assert!(!gate.admits(&token(&storefront, "storefront", "orders")));
        assert!(!gate.admits(&token(&storefront, "backoffice", "search")));
        assert!(!gate.admits(&token(&orders, "storefront", "search")));
        assert!(!gate.admits("token"));
    }
}
