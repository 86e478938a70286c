//! The signed-in account itself.

use axum::extract::State;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Json, Problem, SignedIn};

use super::accounts::AccountView;
use crate::app::Auth;
use crate::app::sessions::Visitor;

/// Find out who is signed in.
#[utoipa::path(get, path = "/api/auth/v1/me", tag = "me",
    responses((status = 200, body = AccountView)))]
pub(super) async fn find_me(
    State(auth): State<Auth>,
    SignedIn(caller): SignedIn,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(auth.account(&caller).await?.into()))
}

/// The password so far and the one from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    #[schema(value_type = String)]
    current_password: SecretString,
    /// 8 to 128 characters of any kind.
    #[schema(value_type = String)]
    new_password: SecretString,
}

/// Change one's password.
///
/// Every other session ends.
#[utoipa::path(post, path = "/api/auth/v1/me/change_password", tag = "me",
    request_body = ChangePassword, responses((status = 204, description = "Changed")))]
pub(super) async fn change_password(
    State(auth): State<Auth>,
    SignedIn(caller): SignedIn,
    visitor: Visitor,
    Json(body): Json<ChangePassword>,
) -> Result<StatusCode, Problem> {
    let ChangePassword { current_password, new_password } = body;
    auth.change_password(&caller, &current_password, &new_password, &visitor.network).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask for another mail to confirm one's address with.
#[utoipa::path(post, path = "/api/auth/v1/me/resend_confirmation", tag = "me",
    responses((status = 202, description = "A mail is on its way, unless the address is confirmed")))]
pub(super) async fn resend_confirmation(
    State(auth): State<Auth>,
    SignedIn(caller): SignedIn,
) -> Result<StatusCode, Problem> {
    auth.send_confirmation_again(&caller).await?;
    Ok(StatusCode::ACCEPTED)
}
