//! Who is asking: the account behind an access token, from `Authorization: Bearer` or a browser's cookie.

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method};
use kernel::{AccountId, SessionId};
use problem::Problem;
use serde::{Deserialize, Serialize};

use crate::{AccessClaims, RequestError, Verifier, cookies};

/// What an account may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys.
    Shopper,
    /// Offers items of its own.
    Seller,
    /// Runs the shop.
    Staff,
}

impl Role {
    /// As tokens, tables and events write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shopper => "shopper",
            Self::Seller => "seller",
            Self::Staff => "staff",
        }
    }
}

/// The account that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The session in which it asks.
    pub session: SessionId,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The access token itself, for calls on the account's behalf.
    pub token: String,
}

impl Caller {
    /// True for the people who run the shop.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.roles.contains(&Role::Staff)
    }

    fn new(claims: AccessClaims, token: &str) -> Self {
        let AccessClaims { sub, sid, roles, .. } = claims;
        Self { account: sub, session: sid, roles, token: token.to_owned() }
    }
}

/// An extractor: somebody is signed in, else 401.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Caller);

/// An extractor: the caller runs the shop, else 401 or 403.
#[derive(Clone, Debug)]
pub struct Staff(pub Caller);

/// An extractor: the caller sells items of its own (or runs the shop), else 401 or 403.
#[derive(Clone, Debug)]
pub struct Seller(pub Caller);

/// An extractor: the caller, if anybody is signed in. A token that is not valid counts as none.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Option<Caller>);

/// A browser says where a request comes from; one from another site may not use its cookies.
///
/// The rule: a request that changes something must be `same-origin` (or typed by the user, `none`) by
/// `Sec-Fetch-Site` (W3C Fetch Metadata); browsers without that header must send an `Origin` of this host.
pub fn same_site(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let host = text("x-forwarded-host").or_else(|| text(HOST.as_str()));
    match (text(ORIGIN.as_str()), host) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        _ => false,
    }
}

fn caller(parts: &Parts) -> Result<Caller, RequestError> {
    let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = match bearer {
        Some(header) => header.strip_prefix("Bearer ").ok_or(RequestError::NotSignedIn)?,
        None => {
            let cookie = cookies::read(&parts.headers, cookies::ACCESS);
            let cookie = cookie.ok_or(RequestError::NotSignedIn)?;
            if !same_site(&parts.method, &parts.headers) {
                return Err(RequestError::CrossSite);
            }
            cookie
        }
    };
    let verifier = parts.extensions.get::<Verifier>().ok_or(RequestError::NotSignedIn)?;
    let claims = verifier.access(token).map_err(|error| {
        tracing::debug!(%error, "access token refused");
        // Taking somebody who is signed in for a guest would be worse than no answer.
        if verifier.is_empty() { RequestError::Starting } else { RequestError::NotSignedIn }
    })?;
    Ok(Caller::new(claims, token))
}

fn with_role(parts: &Parts, role: Role) -> Result<Caller, RequestError> {
    let caller = caller(parts)?;
    if caller.roles.contains(&role) || caller.is_staff() {
        return Ok(caller);
    }
    tracing::warn!(account.id = %caller.account, role = role.as_str(), path = parts.uri.path(), "refused");
    Err(RequestError::MissingRole(role.as_str()))
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(caller(parts)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(with_role(parts, Role::Staff)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Seller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(with_role(parts, Role::Seller)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeCaller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match caller(parts) {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(error @ (RequestError::CrossSite | RequestError::Starting)) => Err(error.into()),
            Err(_) => Ok(Self(None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    async fn maybe(verifier: &Verifier) -> Option<http::StatusCode> {
        let request = http::Request::builder().header("authorization", "Bearer a.b.c");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(verifier.clone());
        let refused = MaybeCaller::from_request_parts(&mut parts, &()).await.err()?;
        Some(axum::response::IntoResponse::into_response(refused).status())
    }

    #[tokio::test]
    async fn a_token_that_comes_before_the_keys_is_answered_with_later() {
        let verifier = Verifier::default();
        assert_eq!(maybe(&verifier).await, Some(http::StatusCode::SERVICE_UNAVAILABLE));

        verifier.learn(&crate::SigningKey::generate().public(i64::MAX)).unwrap();
        assert_eq!(maybe(&verifier).await, None);
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let own = headers(&[("sec-fetch-site", "same-origin")]);
        let other = headers(&[("sec-fetch-site", "cross-site")]);
        let sibling = headers(&[("sec-fetch-site", "same-site")]);
        let old = headers(&[("origin", "http://shop.test"), ("host", "shop.test")]);
        let old_other = headers(&[("origin", "http://evil.test"), ("host", "shop.test")]);
        let silent = headers(&[("host", "shop.test")]);

        let allowed = |headers: &HeaderMap| same_site(&Method::POST, headers);

        assert!(allowed(&own) && allowed(&old));
        assert!(
            !allowed(&other) && !allowed(&sibling) && !allowed(&old_other) && !allowed(&silent)
        );
        assert!(same_site(&Method::GET, &other));
    }
}
