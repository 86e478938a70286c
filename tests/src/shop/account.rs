//! Accounts: signing up, confirming the address from the mail, signing in.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::json;

use super::{Error, Shop, fresh_key, json, sent, until};

/// An account as it sees itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccountView {
    /// `acc_…`.
    pub id: String,
    /// Where its mails go.
    pub email: String,
    /// How mails address it.
    pub name: String,
    /// True once the link of the mail was used.
    pub email_confirmed: bool,
    /// `shopper`, `seller`, `staff`.
    pub roles: Vec<String>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// Who it is.
    pub account: AccountView,
    /// For `Authorization: Bearer`; valid for `expires_in` seconds.
    pub access_token: String,
    /// For the next access token.
    pub refresh_token: String,
    /// Seconds.
    pub expires_in: i64,
}

impl Account {
    /// Puts the account's token on a request.
    pub fn on(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.access_token)
    }
}

/// An address that nobody has yet: `ada-3f…@shopper.test`.
#[must_use]
pub fn fresh_email(name: &str) -> String {
    let key = fresh_key();
    format!("{name}-{}@shopper.test", key.get(..12).unwrap_or(&key))
}

impl Shop {
    /// Opens an account.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn sign_up(&self, email: &str, password: &str, name: &str) -> Result<(), Error> {
        let body = json!({ "email": email, "password": password, "name": name });
        sent(self.post("/api/auth/v1/accounts").json(&body)).await.map(drop)
    }

    /// Waits for the mail that asks to confirm an address, and does what it asks.
    ///
    /// # Errors
    /// When there is no such mail in time, or its token is refused.
    pub async fn confirm_email(&self, email: &str) -> Result<(), Error> {
        let what = format!("a mail with a link to confirm {email}");
        let token = until(&what, Duration::from_secs(30), || async {
            let mails = self.mails(email).await?;
            Ok(mails.iter().find_map(|mail| mail.parameter("/confirm-email?token=")))
        });
        let body = json!({ "token": token.await? });
        sent(self.post("/api/auth/v1/email-confirmations").json(&body)).await.map(drop)
    }

    /// Signs in.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Account, Error> {
        let body = json!({ "email": email, "password": password });
        json(self.post("/api/auth/v1/sessions").json(&body)).await
    }

    /// Signs in as the people who run the shop.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn sign_in_staff(&self) -> Result<Account, Error> {
        let (email, password) = &self.places.staff;
        self.sign_in(email, password).await
    }

    /// A new account, confirmed and signed in.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn new_account(&self, name: &str) -> Result<Account, Error> {
        let email = fresh_email(name);
        let password = format!("a long password of {name}");
        self.sign_up(&email, &password, name).await?;
        self.confirm_email(&email).await?;
        self.sign_in(&email, &password).await
    }
}
