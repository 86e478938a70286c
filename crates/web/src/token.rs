//! Access tokens: JWTs (RFC 7519, RFC 9068) signed with EdDSA, verified with public keys that came as events.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{AccountId, SessionId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Role;

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Always `auth`.
    pub iss: String,
    /// Always `flotilla`.
    pub aud: String,
    /// The account.
    pub sub: AccountId,
    /// The session, which ends all its tokens when it ends.
    pub sid: SessionId,
    /// What the account may do.
    pub roles: Vec<Role>,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
}

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No key of that name is known, or it has ended.
    #[error("signed with an unknown key")]
    UnknownKey,
    /// Wrong signature, audience, type or time.
    #[error("not valid: {0}")]
    Invalid(#[from] jsonwebtoken::errors::Error),
    /// Not an Ed25519 key.
    #[error("a key must be 32 bytes of Ed25519 (RFC 8032)")]
    BadKey,
}

/// A private key that signs tokens of one type.
pub struct SigningKey {
    id: String,
    secret: ed25519_dalek::SigningKey,
    encoding: EncodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A public key and the time until which it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Names the key in a token's header (`kid`).
    pub id: String,
    /// Ed25519, 32 bytes.
    pub bytes: Vec<u8>,
    /// Unix seconds; tokens signed with it are refused from then on.
    pub not_after: i64,
}

impl SigningKey {
    /// Takes the 32 bytes of an Ed25519 seed. The key's id is derived from its public half.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        // PKCS#8 version 1 for Ed25519 (RFC 8410): a fixed head and the seed.
        const HEAD: &[u8] = &[
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ];
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let encoding = EncodingKey::from_ed_der(&[HEAD, seed].concat());
        let id = URL_SAFE_NO_PAD.encode(&secret.verifying_key().as_bytes()[..9]);
        Self { id, secret, encoding }
    }

    /// Makes a new key from the machine's randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_seed(&rand::random())
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The seed, to be kept where only its owner reads.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.secret.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self, not_after: i64) -> PublicKey {
        let bytes = self.secret.verifying_key().as_bytes().to_vec();
        PublicKey { id: self.id.clone(), bytes, not_after }
    }

    /// Signs claims as a token of a type: `at+jwt` for access, `quote+jwt`, `service+jwt`.
    pub fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<String, TokenError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.id.clone());
        header.typ = Some(kind.to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &self.encoding)?)
    }
}

/// A key by its id, with the time until which it counts.
type Keys = HashMap<String, (Arc<DecodingKey>, i64)>;

/// Verifies tokens with the public keys it has been told of. Copies share their keys.
#[derive(Clone, Default)]
pub struct Verifier {
    keys: Arc<RwLock<Keys>>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    /// Learns a key.
    pub fn learn(&self, key: &PublicKey) -> Result<(), TokenError> {
        if key.bytes.len() != 32 {
            return Err(TokenError::BadKey);
        }
        let decoding = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(&key.bytes))?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key.id.clone(), (Arc::new(decoding), key.not_after));
        Ok(())
    }

    /// True as long as no key at all is known: nobody's token can be told from a forged one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// True when a key of that id is known.
    #[must_use]
    pub fn knows(&self, key_id: &str) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).contains_key(key_id)
    }

    /// Checks an access token.
    pub fn access(&self, token: &str) -> Result<AccessClaims, TokenError> {
        self.verify("at+jwt", "auth", "flotilla", token)
    }

    /// Checks a token's type, signature, issuer, audience and times. Only EdDSA is accepted, and keys
    /// only by an id that is known: what else the header offers (`jwk`, `jku`, `x5u`) is ignored.
    pub fn verify<C: DeserializeOwned>(
        &self,
        kind: &str,
        issuer: &str,
        audience: &str,
        token: &str,
    ) -> Result<C, TokenError> {
        let header = jsonwebtoken::decode_header(token)?;
        let id = header.kid.ok_or(TokenError::UnknownKey)?;
        let (key, not_after) = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            keys.get(&id).cloned().ok_or(TokenError::UnknownKey)?
        };
        if kernel::unix_seconds() >= not_after || header.typ.as_deref() != Some(kind) {
            return Err(TokenError::UnknownKey);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 5;
        Ok(jsonwebtoken::decode(token, &key, &validation)?.claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: i64) -> AccessClaims {
        AccessClaims {
            iss: "auth".into(),
            aud: "flotilla".into(),
            sub: AccountId::new(),
            sid: SessionId::new(),
            roles: vec![Role::Shopper],
            iat: kernel::unix_seconds(),
            exp,
        }
    }

    fn soon() -> i64 {
        kernel::unix_seconds() + 600
    }

    fn told(key: &SigningKey) -> Verifier {
        let verifier = Verifier::default();
        verifier.learn(&key.public(soon())).unwrap();
        verifier
    }

    #[test]
    fn a_signed_token_is_accepted() {
        let key = SigningKey::generate();
        let token = key.sign("at+jwt", &claims(soon())).unwrap();

        assert_eq!(told(&key).access(&token).unwrap().roles, [Role::Shopper]);
    }

    #[test]
    fn a_token_that_is_wrong_in_any_one_way_is_refused() {
        let key = SigningKey::generate();
        let good = claims(soon());
        let other_audience = AccessClaims { aud: "elsewhere".into(), ..good.clone() };
        let other_issuer = AccessClaims { iss: "elsewhere".into(), ..good.clone() };
        let signed = key.sign("at+jwt", &good).unwrap();
        let (front, signature) = signed.rsplit_once('.').unwrap();
        let none = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD
                .encode(format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{}"}}"#, key.id())),
            front.split_once('.').unwrap().1,
        );
        let wrong = [
            key.sign("at+jwt", &claims(kernel::unix_seconds() - 60)).unwrap(),
            key.sign("quote+jwt", &good).unwrap(),
            key.sign("at+jwt", &other_audience).unwrap(),
            key.sign("at+jwt", &other_issuer).unwrap(),
            SigningKey::generate().sign("at+jwt", &good).unwrap(),
            format!("{front}.{}", signature.chars().rev().collect::<String>()),
            none,
            String::new(),
        ];

        for token in wrong {
            assert!(told(&key).access(&token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_key_that_has_ended_signs_nothing_more() {
        let key = SigningKey::generate();
        let verifier = Verifier::default();
        verifier.learn(&key.public(kernel::unix_seconds() - 1)).unwrap();

        let token = key.sign("at+jwt", &claims(soon())).unwrap();

        assert!(matches!(verifier.access(&token), Err(TokenError::UnknownKey)));
    }
}
