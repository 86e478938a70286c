//! What auth reads of a request besides its body: where it comes from, and bodies that may be missing.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use problem::Problem;
use serde::de::DeserializeOwned;
use web::Json;

use crate::app::sessions::Visitor;
use crate::domain::throttle;

/// The client's address as the gateway saw it: the last of `X-Forwarded-For`, else `X-Real-IP`. What
/// stands before the last entry came from the client and says nothing.
fn address(headers: &HeaderMap) -> Option<IpAddr> {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let forwarded = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    let real = headers.get("x-real-ip").and_then(|value| value.to_str().ok());
    [forwarded, real].into_iter().flatten().find_map(|text| text.trim().parse().ok())
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let network = address(&parts.headers).map(throttle::network);
        Ok(Self {
            network: network.unwrap_or_else(|| "unknown".to_owned()),
            user_agent: agent.unwrap_or_default().chars().take(200).collect(),
        })
    }
}

/// A JSON body, or the default when nothing of any type was sent.
#[derive(Debug)]
pub(super) struct MaybeJson<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        Json::from_request(request, state).await.map(|Json(body)| Self(body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        address(&headers).map(|address| address.to_string())
    }

    #[test]
    fn only_what_the_gateway_wrote_counts() {
        assert_eq!(of(&[("x-forwarded-for", "6.6.6.6, 192.0.2.1")]).unwrap(), "192.0.2.1");
        assert_eq!(
            of(&[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1")]).unwrap(),
            "192.0.2.1"
        );
        assert_eq!(of(&[("x-real-ip", "2001:db8::1")]).unwrap(), "2001:db8::1");
        assert_eq!(
            of(&[("x-forwarded-for", "unknown"), ("x-real-ip", "192.0.2.7")]).unwrap(),
            "192.0.2.7"
        );
        assert_eq!(of(&[]), None);
    }
}
