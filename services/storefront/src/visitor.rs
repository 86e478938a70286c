//! Who asks for a page: an account, a guest with a basket, or anybody.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::SET_COOKIE;
use http::request::Parts;
use web::{Caller, MaybeCaller, cookies};

use crate::error::Error;

/// How many pieces the basket holds, so that no page has to ask for it.
const PIECES: &str = "__Host-pieces";
/// Seconds for which a guest's basket is kept.
const BASKET_SECONDS: i64 = 30 * 24 * 3600;

/// Somebody who looks at the shop.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The account, when somebody is signed in.
    pub(crate) caller: Option<Caller>,
    /// The token of a guest's basket.
    pub(crate) basket: Option<String>,
    /// Pieces in the basket, as far as this browser knows.
    pub(crate) pieces: u32,
    /// What is passed on of the request, so that others know where it came from.
    pub(crate) origin: Vec<(&'static str, String)>,
    /// Path and query.
    pub(crate) here: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let caller = match MaybeCaller::from_request_parts(parts, state).await {
            Ok(MaybeCaller(caller)) => caller,
            Err(_) => None,
        };
        let headers = &parts.headers;
        let kept = |name| cookies::read(headers, name).map(str::to_owned);
        let pieces = kept(PIECES).and_then(|pieces| pieces.parse().ok()).unwrap_or(0);
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { caller, basket: kept(cookies::BASKET), pieces, origin: origin(headers), here })
    }
}

impl Visitor {
    /// The account; nobody gets a sign-in page that leads back here.
    pub(crate) fn signed_in(&self) -> Result<&Caller, Error> {
        self.caller.as_ref().ok_or_else(|| Error::SignIn(self.here.clone()))
    }
}

fn origin(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    ["x-forwarded-for", "x-real-ip", "user-agent"]
        .into_iter()
        .filter_map(|name| Some((name, headers.get(name)?.to_str().ok()?.to_owned())))
        .collect()
}

/// Cookies to be set with an answer.
#[derive(Debug, Default)]
pub(crate) struct Jar(Vec<String>);

impl Jar {
    /// Sets a cookie for so many seconds.
    #[must_use]
    pub(crate) fn set(mut self, name: &str, value: &str, seconds: i64) -> Self {
        self.0.push(cookies::set(name, value, seconds));
        self
    }

    /// Takes a cookie away.
    #[must_use]
    pub(crate) fn clear(mut self, name: &str) -> Self {
        self.0.push(cookies::clear(name));
        self
    }

    /// Remembers a guest's basket.
    #[must_use]
    pub(crate) fn basket(self, token: &str) -> Self {
        self.set(cookies::BASKET, token, BASKET_SECONDS)
    }

    /// Remembers how many pieces the basket holds.
    #[must_use]
    pub(crate) fn pieces(self, pieces: i64) -> Self {
        self.set(PIECES, &pieces.clamp(0, 99_999).to_string(), BASKET_SECONDS)
    }

    /// Puts the cookies onto an answer.
    pub(crate) fn on(self, answer: impl axum::response::IntoResponse) -> axum::response::Response {
        let mut response = answer.into_response();
        for cookie in self.0 {
            if let Ok(cookie) = cookie.parse() {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
        }
        response
    }
}
