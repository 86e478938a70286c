//! Keeps browsers signed in: a request whose access token ran out is refreshed on its way, forms included.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::client::Client;
use crate::{Verifier, cookies};

/// Seconds for which a browser keeps its refresh token unless it is used: the idle time of a session.
const REFRESH_SECONDS: i64 = 14 * 24 * 3600;

/// Refreshes sessions at auth.
#[derive(Clone, Debug)]
pub struct Sessions {
    auth: Client,
}

/// New tokens.
#[derive(Debug, Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: i64,
    refresh_token: String,
}

/// What auth said to a refresh token.
enum Refreshed {
    Tokens(Tokens),
    /// The session has ended: the cookies go.
    Ended,
    /// Auth does not answer: the cookies stay, and this request is nobody's.
    Unknown,
}

impl Sessions {
    /// Refreshes at the auth service at this address.
    pub fn new(auth_url: &str) -> Result<Self, reqwest::Error> {
        Ok(Self { auth: Client::new("auth", auth_url, Duration::from_secs(3))? })
    }

    async fn refresh(&self, token: &str) -> Refreshed {
        let body = serde_json::json!({ "refresh_token": token });
        // The same token again within seconds gets the same answer, so another try is safe.
        let call = self.auth.post("/api/auth/v1/sessions/refresh").json(&body);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "a session could not be refreshed");
                return Refreshed::Unknown;
            }
        };
        match answer.status {
            StatusCode::OK => answer.json().map_or(Refreshed::Unknown, Refreshed::Tokens),
            StatusCode::UNAUTHORIZED => Refreshed::Ended,
            _ => Refreshed::Unknown,
        }
    }
}

/// Middleware for pages: see the module.
pub async fn keep_signed_in(
    State(sessions): State<Sessions>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(refresh) = stale(&request).map(str::to_owned) else { return next.run(request).await };
    let fresh = match sessions.refresh(&refresh).await {
        Refreshed::Tokens(tokens) => {
            replace(request.headers_mut(), cookies::ACCESS, &tokens.access_token);
            replace(request.headers_mut(), cookies::REFRESH, &tokens.refresh_token);
            vec![
                cookies::set(cookies::ACCESS, &tokens.access_token, tokens.expires_in),
                cookies::set(cookies::REFRESH, &tokens.refresh_token, REFRESH_SECONDS),
            ]
        }
        Refreshed::Ended => vec![cookies::clear(cookies::ACCESS), cookies::clear(cookies::REFRESH)],
        Refreshed::Unknown => Vec::new(),
    };
    let mut response = next.run(request).await;
    // A page that signs in or out has the last word.
    let said = response.headers().get_all(SET_COOKIE).iter();
    let said = said.filter_map(|cookie| cookie.to_str().ok());
    if !said.into_iter().any(|cookie| cookie.starts_with(cookies::ACCESS)) {
        for cookie in fresh.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

/// The refresh token of a browser whose access token is gone or no longer counts.
fn stale(request: &Request) -> Option<&str> {
    let headers = request.headers();
    let verifier = request.extensions().get::<Verifier>()?;
    let access = cookies::read(headers, cookies::ACCESS);
    if access.is_some_and(|token| verifier.access(token).is_ok()) {
        return None;
    }
    cookies::read(headers, cookies::REFRESH)
}

/// Replaces one cookie of a request.
fn replace(headers: &mut HeaderMap, name: &str, value: &str) {
    let others: Vec<String> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .map(str::trim)
        .filter(|pair| pair.split_once('=').is_some_and(|(known, _)| known != name))
        .map(str::to_owned)
        .chain([format!("{name}={value}")])
        .collect();
    if let Ok(header) = HeaderValue::from_str(&others.join("; ")) {
        headers.insert(COOKIE, header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_is_replaced_and_the_others_stay() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; __Host-access=old"));
        headers.append(COOKIE, HeaderValue::from_static("b=2"));

        replace(&mut headers, cookies::ACCESS, "new");

        assert_eq!(headers.get_all(COOKIE).iter().count(), 1);
        assert_eq!(headers[COOKIE], "a=1; b=2; __Host-access=new");
    }
}
