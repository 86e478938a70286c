//! Sessions: signing in, refreshing, signing out, and the list of them.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use kernel::SessionId;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use web::{Check, Json, MaybeCaller, Path, Problem, RequestError, SignedIn, cookies, same_site};

use super::request::MaybeJson;
use super::tokens::{Carrier, SessionView, hand_out, refused, without_cookies};
use crate::Error;
use crate::app::Auth;
use crate::app::sessions::{SignedInto, Visitor};

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
    /// Puts the tokens into cookies instead of the body; the header `x-session: cookie` does the same.
    #[serde(default)]
    cookies: bool,
}

/// The token of the session that goes on, or ends. Browsers send it as a cookie.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowToken {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<SecretString>,
}

/// A browser or program that is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedSession {
    id: SessionId,
    /// What the program calls itself.
    user_agent: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was last refreshed.
    #[serde(with = "time::serde::rfc3339")]
    used_at: OffsetDateTime,
    /// True for the session that asks.
    current: bool,
}

fn from_own_page(headers: &HeaderMap) -> Result<(), RequestError> {
    if same_site(&Method::POST, headers) { Ok(()) } else { Err(RequestError::CrossSite) }
}

/// The refresh token, and where it came from. A cookie counts only on requests of our own pages.
fn shown(
    headers: &HeaderMap,
    body: ShowToken,
) -> Result<Option<(SecretString, Carrier)>, RequestError> {
    if let Some(token) = body.refresh_token {
        return Ok(Some((token, Carrier::Body)));
    }
    let Some(token) = cookies::read(headers, cookies::REFRESH) else { return Ok(None) };
    from_own_page(headers)?;
    Ok(Some((SecretString::from(token), Carrier::Cookies)))
}

/// Sign in.
///
/// An unknown address and a wrong password get the same answer. After many wrong passwords from one
/// network the answer is 429 there; elsewhere the right password still works.
#[utoipa::path(post, path = "/api/auth/v1/sessions", tag = "sessions",
    request_body = SignIn, responses((status = 200, body = SessionView)))]
pub(super) async fn sign_in(
    State(auth): State<Auth>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Result<Response, Problem> {
    let mut check = Check::new();
    let email = check.email("email", &body.email);
    let email = check.take(email)?;
    let header = headers.get("x-session").is_some_and(|value| value == "cookie");
    let carrier = if body.cookies || header { Carrier::Cookies } else { Carrier::Body };
    if carrier == Carrier::Cookies {
        from_own_page(&headers)?;
    }
    let signed: SignedInto = auth.sign_in(&email, &body.password, &visitor).await?;
    Ok(hand_out(signed, carrier))
}

/// Continue a session.
///
/// Each refresh token works once and is answered with its successor. The same token again within
/// 20 seconds gets the same successor, as two tabs will do; later it ends the session, for somebody
/// else may have a copy. Tokens come back the way they came: in the body or in cookies.
#[utoipa::path(post, path = "/api/auth/v1/sessions/refresh", tag = "sessions",
    request_body = ShowToken, responses((status = 200, body = SessionView)))]
pub(super) async fn refresh_session(
    State(auth): State<Auth>,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<ShowToken>,
) -> Result<Response, Problem> {
    let (token, carrier) = shown(&headers, body)?.ok_or(RequestError::NotSignedIn)?;
    match auth.refresh(token.expose_secret()).await {
        Ok(signed) => Ok(hand_out(signed, carrier)),
        Err(error) => Ok(refused(error, carrier)),
    }
}

/// Sign out.
///
/// Ends the session of the refresh token, or else of the access token, and clears the cookies.
/// Signing out twice has no further effect.
#[utoipa::path(post, path = "/api/auth/v1/sessions/end", tag = "sessions",
    request_body = ShowToken, responses((status = 204, description = "Signed out")))]
pub(super) async fn sign_out(
    State(auth): State<Auth>,
    headers: HeaderMap,
    MaybeCaller(caller): MaybeCaller,
    MaybeJson(body): MaybeJson<ShowToken>,
) -> Result<Response, Problem> {
    if let Some((token, _)) = shown(&headers, body)? {
        auth.sign_out(token.expose_secret()).await?;
    }
    if let Some(caller) = caller {
        match auth.end_session(&caller, caller.session).await {
            Ok(()) | Err(Error::NoSuchSession) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(without_cookies(StatusCode::NO_CONTENT))
}

/// List where one is signed in.
#[utoipa::path(get, path = "/api/auth/v1/sessions", tag = "sessions",
    responses((status = 200, body = Vec<ListedSession>)))]
pub(super) async fn list_sessions(
    State(auth): State<Auth>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Vec<ListedSession>>, Problem> {
    let live = auth.sessions(&caller).await?.into_iter().map(|session| ListedSession {
        id: session.id,
        user_agent: session.user_agent,
        created_at: session.created_at,
        used_at: session.used_at,
        current: session.id == caller.session,
    });
    Ok(Json(live.collect()))
}

/// End one of one's sessions.
#[utoipa::path(post, path = "/api/auth/v1/sessions/{session_id}/end", tag = "sessions",
    params(("session_id" = SessionId, Path)),
    responses((status = 204, description = "Ended")))]
pub(super) async fn end_session(
    State(auth): State<Auth>,
    SignedIn(caller): SignedIn,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    auth.account(&caller).await?;
    auth.end_session(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
