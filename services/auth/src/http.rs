//! The route table.

mod accounts;
mod keys;
mod me;
mod password_resets;
mod request;
mod sessions;
mod tokens;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Auth;

/// Everything below `/api/auth/v1`.
pub(crate) fn routes(auth: Auth) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(accounts::register_account))
        .routes(routes!(accounts::confirm_email))
        .routes(routes!(accounts::grant_role))
        .routes(routes!(sessions::sign_in, sessions::list_sessions))
        .routes(routes!(sessions::refresh_session))
        .routes(routes!(sessions::sign_out))
        .routes(routes!(sessions::end_session))
        .routes(routes!(me::find_me))
        .routes(routes!(me::change_password))
        .routes(routes!(me::resend_confirmation))
        .routes(routes!(password_resets::request_password_reset))
        .routes(routes!(password_resets::confirm_password_reset))
        .routes(routes!(keys::list_keys))
        .with_state(auth)
}
