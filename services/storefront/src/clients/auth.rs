//! Accounts and sessions.

use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use web::client::Client;

use super::{accepted, on_behalf, read};
use crate::error::Error;
use crate::visitor::Visitor;

/// Asks auth.
#[derive(Clone, Debug)]
pub(crate) struct Auth(pub(crate) Client);

/// The tokens of a session that was begun.
#[derive(Debug, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) expires_in: i64,
    pub(crate) refresh_token: String,
    pub(crate) refresh_expires_in: i64,
}

/// The account that is signed in.
#[derive(Debug, Deserialize)]
pub(crate) struct Me {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) email_confirmed: bool,
}

/// Where an account is signed in.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user_agent: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) used_at: OffsetDateTime,
    pub(crate) current: bool,
}

impl Auth {
    /// Opens an account.
    pub(crate) async fn sign_up(
        &self,
        visitor: &Visitor,
        (name, email, password): (&str, &str, &str),
    ) -> Result<(), Error> {
        let body = json!({ "name": name, "email": email, "password": password });
        let call = on_behalf(self.0.post("/api/auth/v1/accounts"), visitor).json(&body);
        accepted(call.send().await?).map(drop)
    }

    /// Begins a session.
    pub(crate) async fn sign_in(
        &self,
        visitor: &Visitor,
        email: &str,
        password: &str,
    ) -> Result<Tokens, Error> {
        let body = json!({ "email": email, "password": password });
        let call = on_behalf(self.0.post("/api/auth/v1/sessions"), visitor).json(&body);
        read(call.send().await?)
    }

    /// Ends a session.
    pub(crate) async fn sign_out(&self, refresh_token: &str) -> Result<(), Error> {
        let body = json!({ "refresh_token": refresh_token });
        let call = self.0.post("/api/auth/v1/sessions/end").json(&body);
        accepted(call.send().await?).map(drop)
    }

    /// Ends another session of the account.
    pub(crate) async fn end_session(&self, visitor: &Visitor, id: &str) -> Result<(), Error> {
        let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let path = format!("/api/auth/v1/sessions/{id}/end");
        accepted(on_behalf(self.0.post(&path), visitor).send().await?).map(drop)
    }

    /// The sessions of the account.
    pub(crate) async fn sessions(&self, visitor: &Visitor) -> Result<Vec<Session>, Error> {
        read(on_behalf(self.0.get("/api/auth/v1/sessions"), visitor).send().await?)
    }

    /// The account.
    pub(crate) async fn me(&self, visitor: &Visitor) -> Result<Me, Error> {
        read(on_behalf(self.0.get("/api/auth/v1/me"), visitor).send().await?)
    }

    /// Asks for another mail to confirm the address with.
    pub(crate) async fn confirm_again(&self, visitor: &Visitor) -> Result<(), Error> {
        let call = on_behalf(self.0.post("/api/auth/v1/me/resend_confirmation"), visitor);
        accepted(call.send().await?).map(drop)
    }

    /// Confirms an e-mail address with the token of a mail.
    pub(crate) async fn confirm_email(&self, token: &str) -> Result<(), Error> {
        let call = self.0.post("/api/auth/v1/email-confirmations").json(&json!({ "token": token }));
        accepted(call.send().await?).map(drop)
    }

    /// Asks for a mail with which to set a new password.
    pub(crate) async fn forgot(&self, visitor: &Visitor, email: &str) -> Result<(), Error> {
        let call = on_behalf(self.0.post("/api/auth/v1/password-resets"), visitor);
        accepted(call.json(&json!({ "email": email })).send().await?).map(drop)
    }

    /// Sets a new password with the token of a mail.
    pub(crate) async fn reset(
        &self,
        visitor: &Visitor,
        token: &str,
        password: &str,
    ) -> Result<(), Error> {
        let call = on_behalf(self.0.post("/api/auth/v1/password-resets/confirm"), visitor);
        accepted(call.json(&json!({ "token": token, "password": password })).send().await?)
            .map(drop)
    }
}
