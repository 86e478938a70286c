//! How tokens leave: in the body for programs, in cookies for browsers, never in both.

use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::SET_COOKIE;
use kernel::SessionId;
use problem::Problem;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, cookies};

use super::accounts::AccountView;
use crate::Error;
use crate::app::sessions::SignedInto;
use crate::domain::signing::ACCESS_LIFETIME;

/// Where the tokens go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Into the body: the caller is a program, or a server that keeps the cookies itself.
    Body,
    /// Into cookies that scripts cannot read; then the body holds no tokens.
    Cookies,
}

/// A session that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    session_id: SessionId,
    /// Always `Bearer` (RFC 6750).
    token_type: &'static str,
    /// Seconds until the access token runs out.
    expires_in: i64,
    /// Seconds until the refresh token runs out unless it is used.
    refresh_expires_in: i64,
    /// Absent when it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Absent when it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    account: AccountView,
}

/// Hands out the tokens of a session.
pub(super) fn hand_out(signed: SignedInto, carrier: Carrier) -> Response {
    let expires_in = ACCESS_LIFETIME.whole_seconds();
    let refresh_expires_in = signed.refresh_for.whole_seconds();
    let SignedInto { session, access_token, refresh_token, account, .. } = signed;
    let view = |access_token, refresh_token| {
        Json(SessionView {
            session_id: session,
            token_type: "Bearer",
            expires_in,
            refresh_expires_in,
            access_token,
            refresh_token,
            account: account.into(),
        })
    };
    match carrier {
        Carrier::Body => view(Some(access_token), Some(refresh_token)).into_response(),
        Carrier::Cookies => {
            let set = AppendHeaders([
                (SET_COOKIE, cookies::set(cookies::ACCESS, &access_token, expires_in)),
                (SET_COOKIE, cookies::set(cookies::REFRESH, &refresh_token, refresh_expires_in)),
            ]);
            (set, view(None, None)).into_response()
        }
    }
}

/// Takes both cookies away.
pub(super) fn without_cookies(answer: impl IntoResponse) -> Response {
    let clear = AppendHeaders([
        (SET_COOKIE, cookies::clear(cookies::ACCESS)),
        (SET_COOKIE, cookies::clear(cookies::REFRESH)),
    ]);
    (clear, answer).into_response()
}

/// A refused refresh: cookies of a session that has ended are of no use to the browser; those of one
/// that could not be looked at are.
pub(super) fn refused(error: Error, carrier: Carrier) -> Response {
    let ended = matches!(error, Error::SessionEnded);
    let problem = Problem::from(error);
    if ended && carrier == Carrier::Cookies {
        return without_cookies(problem);
    }
    problem.into_response()
}
