//! Accounts: opening one, confirming its address, letting it do more.

use axum::extract::State;
use http::StatusCode;
use kernel::AccountId;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Check, Json, Path, Problem, RequestError, Role, Staff};

use crate::app::Auth;
use crate::app::registration::Applicant;
use crate::app::sessions::Visitor;
use crate::domain::password;
use crate::store::accounts::Account;

/// An account, as its owner and staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountView {
    id: AccountId,
    email: String,
    name: String,
    /// True once the owner has used the link in the mail; selling needs it.
    email_confirmed: bool,
    roles: Vec<Role>,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { id, email, name, email_confirmed, roles, .. } = account;
        Self { id, email, name, email_confirmed, roles }
    }
}

/// Somebody who wants an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterAccount {
    email: String,
    /// 8 to 128 characters of any kind.
    #[schema(value_type = String)]
    password: SecretString,
    /// How mails address the owner, 1 to 200 characters.
    name: String,
}

impl RegisterAccount {
    fn check(self) -> Result<Applicant, RequestError> {
        let mut check = Check::new();
        let email = check.email("email", &self.email);
        let name = check.text("name", &self.name, 1..=200);
        let owner = email.as_deref().unwrap_or_default();
        if let Err(weakness) = password::judge(self.password.expose_secret(), owner) {
            check.wrong("password", weakness);
        }
        let (email, name) = check.take(email.zip(name))?;
        Ok(Applicant { email, name, password: self.password })
    }
}

/// Open an account.
///
/// The answer is the same whether or not the address has an account already; its owner gets a mail
/// either way: a link to confirm the address, or one to set a new password. A new account can sign in
/// and buy at once, and sell once its address is confirmed.
#[utoipa::path(post, path = "/api/auth/v1/accounts", tag = "accounts",
    request_body = RegisterAccount, responses((status = 202, description = "A mail is on its way")))]
pub(super) async fn register_account(
    State(auth): State<Auth>,
    visitor: Visitor,
    Json(body): Json<RegisterAccount>,
) -> Result<StatusCode, Problem> {
    auth.sign_up(body.check()?, &visitor.network).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The token of a mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfirmEmail {
    #[schema(value_type = String)]
    token: SecretString,
}

/// Confirm an e-mail address.
///
/// The token works once, for 24 hours. Tokens that are signed from then on carry the role of a seller.
#[utoipa::path(post, path = "/api/auth/v1/email-confirmations", tag = "accounts",
    request_body = ConfirmEmail, responses((status = 204, description = "Confirmed")))]
pub(super) async fn confirm_email(
    State(auth): State<Auth>,
    Json(body): Json<ConfirmEmail>,
) -> Result<StatusCode, Problem> {
    auth.confirm_email(body.token.expose_secret()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the account may do in addition.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantRole {
    role: Role,
}

/// Let an account do more.
///
/// For staff. Granting twice has no further effect; tokens that are signed from then on carry the role.
#[utoipa::path(post, path = "/api/auth/v1/accounts/{account_id}/grant_role", tag = "accounts",
    params(("account_id" = AccountId, Path)),
    request_body = GrantRole, responses((status = 200, body = AccountView)))]
pub(super) async fn grant_role(
    State(auth): State<Auth>,
    Staff(caller): Staff,
    Path(id): Path<AccountId>,
    Json(body): Json<GrantRole>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(auth.grant_role(&caller, id, body.role).await?.into()))
}
