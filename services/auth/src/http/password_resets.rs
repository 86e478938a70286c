//! Forgotten passwords.

use axum::extract::State;
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Check, Json, Problem};

use crate::app::Auth;
use crate::app::sessions::Visitor;

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestPasswordReset {
    email: String,
}

/// Ask for a mail with which to set a new password.
///
/// The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/api/auth/v1/password-resets", tag = "passwords",
    request_body = RequestPasswordReset,
    responses((status = 202, description = "A mail is on its way if the address has an account")))]
pub(super) async fn request_password_reset(
    State(auth): State<Auth>,
    visitor: Visitor,
    Json(body): Json<RequestPasswordReset>,
) -> Result<StatusCode, Problem> {
    let mut check = Check::new();
    let email = check.email("email", &body.email);
    auth.request_reset(&check.take(email)?, &visitor.network).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of a mail and the password from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmPasswordReset {
    #[schema(value_type = String)]
    token: SecretString,
    /// 8 to 128 characters of any kind.
    #[schema(value_type = String)]
    password: SecretString,
}

/// Set a new password with the token of a mail.
///
/// The token works once, for one hour. Every session of the account ends.
#[utoipa::path(post, path = "/api/auth/v1/password-resets/confirm", tag = "passwords",
    request_body = ConfirmPasswordReset, responses((status = 204, description = "Set")))]
pub(super) async fn confirm_password_reset(
    State(auth): State<Auth>,
    visitor: Visitor,
    Json(body): Json<ConfirmPasswordReset>,
) -> Result<StatusCode, Problem> {
    let ConfirmPasswordReset { token, password } = body;
    auth.confirm_reset(token.expose_secret(), &password, &visitor.network).await?;
    Ok(StatusCode::NO_CONTENT)
}
